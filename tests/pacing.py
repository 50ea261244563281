"""What a vendor that counts strictly would see."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

__all__ = ["most_in_a_second"]


def most_in_a_second(instants: Sequence[float]) -> int:
    """The most calls that any stretch of one second holds; the instants are sorted."""
    return max(bisect_left(instants, since + 1) - index for index, since in enumerate(instants))
