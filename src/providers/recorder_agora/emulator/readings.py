"""What one emulated project and account is, and which of two readings of the vendor's pages the service takes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["Readings"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Readings:
    """The arguments of `AgoraEmulator`, which documents them. Secrets are among them, so there is no repr."""

    app_id: str
    customer_id: str
    customer_secret: str
    tokens: Collection[str] | None
    encryption: tuple[int, str, str | None] | None
    buckets: Collection[str] | None
    concurrent: int
    concurrent_pages: int
    upload_s: float
    backup: bool
    sid_in_201: bool
    prefix_in_file_names: bool
    frame_stays: bool
    page_ready_s: float
    layout_survives: bool
    addresses: tuple[str, ...]
