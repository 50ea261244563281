"""How an emulated service behaves where the vendor's documents leave two readings, and what of it fails."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["Readings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What every task is told of the service that it belongs to.

    Attributes:
        buckets: the buckets that the customer's clouds have; None for any. Files for others go to the vendor's backup.
        missing_images: the addresses of images that can't be downloaded.
        forgets_at_once: whether a task that has ended is forgotten at once, not when its files are uploaded.
        layout_survives: whether a change of layout and participants survives the move to another server.
        upload_member: what event 305 calls its status: `Status` or `LeaveCode`.
    """

    buckets: Collection[str] | None = None
    missing_images: Collection[str] = ()
    forgets_at_once: bool = False
    layout_survives: bool = True
    upload_member: str = "Status"

    def __post_init__(self) -> None:
        if self.upload_member not in ("Status", "LeaveCode"):
            raise ValueError(f"upload_member is Status or LeaveCode, not {self.upload_member!r}")
