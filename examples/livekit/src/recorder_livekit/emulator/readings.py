"""How the emulated service behaves where the vendor's sources leave two readings, and what of it fails."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["CLOUD_LIMITS", "Readings"]

CLOUD_LIMITS = {"file_outputs": 10_800.0, "segment_outputs": 43_200.0, "stream_outputs": 43_200.0}
"""Seconds of LiveKit Cloud, by kind of output: three hours of files, twelve of HLS and streams ("Quotas and limits",
LiveKit Cloud docs, 2025)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What every egress is told of the service that it belongs to.

    Attributes:
        buckets: the buckets that the customer's clouds have; None for any.
        backup: whether the server has a storage of its own that takes what the customer's refused.
        missing_pages: addresses of pages that can't be loaded. Others can.
        templates_follow: whether the vendor's own templates take UpdateLayout up, as its documents say and its source
            (2026-08-21) doesn't.
        cloud_limits: whether an egress may last as long as in LiveKit Cloud, rather than as long as it likes.
        departure_timeout: seconds from the last one's leaving until a room ends.
        empty_timeout: seconds until a room ends that nobody has joined.
    """

    buckets: Collection[str] | None = None
    backup: bool = False
    missing_pages: Collection[str] = ()
    templates_follow: bool = False
    cloud_limits: bool = False
    departure_timeout: float = 20.0
    empty_timeout: float = 300.0
