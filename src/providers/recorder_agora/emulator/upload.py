"""What became of a recording's files when they were uploaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from recorder_agora.emulator.storage import Destination
from recorder_agora.wire.storage import StorageConfig
from recorder_core.emulation.bucket import BucketRefused
from recorder_core.emulation.delivery import Delivery
from recorder_core.emulation.service import EmulatedService

__all__ = ["Upload"]


class Upload:
    """The upload at the end of one recording.

    Args:
        service: makes the files.
        backup: whether the vendor keeps what the bucket refused.
    """

    def __init__(self, service: EmulatedService, *, backup: bool) -> None:
        self._service = service
        self._backup = backup
        self._deliveries: tuple[Delivery, ...] | None = None

    def take(self, storage: StorageConfig, at: float, make: Callable[[Destination], Iterable[Delivery]]) -> None:
        """Make and store the files at that instant (Unix s)."""
        try:
            destination = Destination.of(storage, self._service, at)
        except BucketRefused as refused:
            self._deliveries = (Delivery(files=(), refused=str(refused)),)
        else:
            self._deliveries = tuple(make(destination))

    @property
    def is_refused(self) -> bool:
        """Whether the bucket didn't take all of them."""
        return any(delivery.refused is not None for delivery in self._deliveries or ())

    @property
    def has_failed(self) -> bool:
        """Whether any of them is in neither place."""
        return self.is_refused and not self._backup

    @property
    def status(self) -> str:
        """`uploadingStatus`; no page says what it is where the backup failed too."""
        if self._deliveries is None or self.has_failed:
            return "unknown"
        return "backuped" if self.is_refused else "uploaded"

    @property
    def keys(self) -> tuple[str, ...]:
        """What lies in the bucket, slices included."""
        stored = [delivery for delivery in self._deliveries or () if delivery.refused is None]
        return tuple(file.key for delivery in stored for file in delivery.files)
