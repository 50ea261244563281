"""A vendor's limit, and the place that a call gets in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from recorder_core.clock import Deadline

__all__ = ["Limit"]

PACE = 0.97
"""The part of a limit that is used."""
SLACK = 1.01
"""By how much a span is taken for longer than it is."""
USUAL_WAY_S = 0.25
"""A call arrives within this time, as a rule."""


class Admitted:
    """A place for one call.

    Attributes:
        late: seconds for which a call would have to wait, longer than its deadline: it must not be sent. 0: it may.
    """

    __slots__ = ("late",)

    def __init__(self, *, late: float = 0.0) -> None:
        self.late = late

    def leaves(self) -> None:
        """The connection stands, and the call is being written."""

    def answered(self) -> None:
        """The call was answered."""

    def lost(self) -> None:
        """The call has failed: no answer came."""


Admit = Callable[[str, Deadline], Admitted]
"""Waits until a call of an operation may be sent, or says that it may not before the deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How often a vendor may be called by one account.

    Attributes:
        operations: the operations that share the limit, the most urgent first.
        calls: how many of them are allowed, all together, 1 or more.
        seconds: in every span of this length.
    """

    operations: tuple[str, ...]
    calls: int
    seconds: float = 1.0

    @property
    def between(self) -> float:
        """Seconds between two slots."""
        return self.seconds / PACE / self.calls

    @property
    def span(self) -> float:
        """Seconds that lie between a call's arrival and the leaving of the one that is a whole limit after it."""
        return self.seconds * SLACK

    def at(self, calls_per_second: float) -> Limit:
        """The limit with another rate: as many whole calls as fit into a second, or one in a longer time."""
        calls = max(1, math.floor(calls_per_second))
        return replace(self, calls=calls, seconds=calls / calls_per_second)
