"""What every emulated recording is, whatever its mode: its states over time, its end, its upload.

Times from the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026): its guides on files and on
best practices, and the reference of stop. Where it says "a few seconds", a number was chosen.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar

from recorder_agora.emulator.storage import Destination, prefix_of
from recorder_agora.wire.requests import UpdateClientRequest, WebUpdateClientRequest
from recorder_agora.wire.storage import StorageConfig
from recorder_core.emulation.bucket import BucketRefused
from recorder_core.emulation.delivery import Delivery
from recorder_core.emulation.service import EmulatedService

__all__ = ["READY_S", "SYNCHRONOUS_S", "Identity", "Session", "in_force"]

READY_S: Final = 3.0
"""From start to status 4: a few seconds."""
DOOMED_S: Final = 30.0
"""From a start whose parameters turn out wrong to its 404."""
LEAVING_S: Final = 5.0
"""From the end to the exit: stop is answered with code 49."""
SYNCHRONOUS_S: Final = 20.0
"""How long a synchronous stop waits for the upload."""

Change = TypeVar("Change", UpdateClientRequest, WebUpdateClientRequest)
"""What update changes in this mode."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a recording on the wire."""

    cname: str
    uid: str
    resource_id: str
    sid: str

    def echo(self) -> dict[str, str]:
        """As answers repeat it."""
        return {"cname": self.cname, "uid": self.uid, "resourceId": self.resource_id, "sid": self.sid}


@dataclass(kw_only=True, eq=False)
class Session(ABC, Generic[Change]):
    """A recording from its start to its exit. Instants are Unix seconds of the emulated clock.

    Attributes:
        identity: its names.
        service: makes the files.
        storage: where they go.
        started_at: when start was answered.
        controllable_until: when calls stop to reach it, while it goes on.
        upload_s: how long the upload takes after the end.
        with_prefix: whether file lists name files with their prefix.
        doomed: a parameter that is only checked after start was answered is wrong.
        ended_at: None while it records.
    """

    mode: ClassVar[str]
    """As in the path."""

    identity: Identity
    service: EmulatedService
    storage: StorageConfig
    started_at: float
    controllable_until: float
    upload_s: float = 0.0
    with_prefix: bool = True
    doomed: bool = False
    ended_at: float | None = None
    _deliveries: tuple[Delivery, ...] | None = None
    _stopped: bool = False

    # What a mode fulfils

    @abstractmethod
    def check_update(self, change: Change, *, strict: bool) -> None:
        """Refuse an update that doesn't fit this recording."""

    @abstractmethod
    def update(self, now: float, change: Change) -> None:
        """Carry out what update changes besides the storage."""

    @abstractmethod
    def began(self, until: float) -> float | None:
        """When the files begin, by `until` and before the end; None: nothing was recorded yet."""

    @abstractmethod
    def content(self, now: float) -> dict[str, Any]:
        """`serverResponse` of query, without the status."""

    @abstractmethod
    def outcome(self, now: float) -> dict[str, Any]:
        """`serverResponse` of a stop that waited for the files."""

    @abstractmethod
    def undecided(self) -> dict[str, Any]:
        """`serverResponse` of a stop that didn't, or in vain."""

    @abstractmethod
    def _ends(self, now: float) -> Iterator[float | None]:
        """When it ends by itself, for each reason that there is."""

    @abstractmethod
    def _has_uploaded(self, now: float) -> bool:
        """Whether a file lies in the bucket while it records."""

    @abstractmethod
    def _files(self, destination: Destination, ended_at: float) -> Iterator[Delivery]:
        """Make and store the files of what was recorded, if anything."""

    # What calls change

    def renew_storage(self, storage: StorageConfig) -> None:
        """Upload with these credentials."""
        self.storage = storage

    def stop(self, now: float, *, wait: bool) -> None:
        """End as a call of stop does; a synchronous one waits for the upload, and query finds it no more."""
        self._stopped = wait
        if wait and self.upload_s <= SYNCHRONOUS_S:
            self.upload_s = 0.0
        self._end(now)

    # What time changes

    def settle(self, now: float) -> None:
        """Let happen at its own instant what is due by `now`."""
        if self.ended_at is None:
            ends = [self.started_at + DOOMED_S] if self.doomed else self._ends(now)
            due = [at for at in ends if at is not None and at <= now]
            if due:
                self._end(min(due))
        self._upload(now)

    def _end(self, at: float) -> None:
        self.ended_at = at
        self._upload(at)

    def _upload(self, now: float) -> None:
        if self._deliveries is not None or self.ended_at is None or now < self.ended_at + self.upload_s:
            return
        self._deliveries = ()
        if self.began(self.ended_at) is None:
            return
        try:
            destination = Destination.of(self.storage, self.service, self.ended_at + self.upload_s)
        except BucketRefused as refused:
            self._deliveries = (Delivery(files=(), refused=str(refused)),)
        else:
            self._deliveries = tuple(self._files(destination, self.ended_at))

    @property
    def ready_at(self) -> float:
        """When the recorder is ready to record."""
        return self.started_at + READY_S

    def status(self, now: float) -> int:
        """`serverResponse.status`."""
        if self.ended_at is not None:
            return min(8, 6 + int(now - self.ended_at))
        starting = int(4 * (now - self.started_at) / (self.ready_at - self.started_at))
        if self.doomed:
            return min(starting, 2)
        return 5 if self._has_uploaded(now) else min(starting, 4)

    def is_leaving(self, now: float) -> bool:
        """Whether it has ended and not exited yet."""
        return self.ended_at is not None and not self.doomed and now < self.ended_at + max(LEAVING_S, self.upload_s)

    def answers_query(self, now: float) -> bool:
        """Whether query finds it."""
        return self.ended_at is None or (self.is_leaving(now) and not self._stopped)

    # What was recorded

    @property
    def is_empty(self) -> bool:
        """Whether it ended without a file."""
        return self._deliveries is not None and not any(
            delivery.files or delivery.refused is not None for delivery in self._deliveries
        )

    @property
    def uploading_status(self) -> str:
        """`uploadingStatus`."""
        if self._deliveries is None:
            return "unknown"
        return "uploaded" if all(delivery.refused is None for delivery in self._deliveries) else "backuped"

    @property
    def keys(self) -> tuple[str, ...]:
        """What lies in the bucket, slices included."""
        stored = [delivery for delivery in self._deliveries or () if delivery.refused is None]
        return tuple(file.key for delivery in stored for file in delivery.files)

    def _listed(self, name: str) -> str:
        """A file's name as lists have it."""
        return prefix_of(self.storage) + name if self.with_prefix else name


_Item = TypeVar("_Item")


def in_force(history: Sequence[tuple[float, _Item]], at: float) -> _Item:
    """What was set last at `at`, in a history of (instant, value); before all of them, the first."""
    return next((item for since, item in reversed(history) if since <= at), history[0][1])
