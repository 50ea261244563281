"""What every emulated recording is, whatever its mode: its states over time, its moves, its end, its upload.

Times from the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026): its guides on files and on
best practices, its page on callback events, and the reference of stop. Where they are silent, the choices are these:

* where it says "a few seconds", a number was chosen;
* a lost server's files end with it, the next one's begin when it goes on; the recorder doesn't say anew that it
  started, and of what arrives and is recorded it tells as after any start;
* the fourth loss is the end: what was recorded stays, and event 1 says that no server started in time;
* what was recorded is uploaded at the end, so a bucket that refuses is noticed then;
* an interruption finishes a slice, which is uploaded at once;
* without a file there is no upload to tell of;
* whoever ends with all files uploaded exits normally, whatever ended it.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, Generic, TypeVar

from recorder_agora.emulator.callbacks import EventType, Notifier, Outbox
from recorder_agora.emulator.ends import DOOMED_S, Doom, End, Error
from recorder_agora.emulator.plans import Plans
from recorder_agora.emulator.reel import Reel
from recorder_agora.emulator.storage import Destination, prefix_of
from recorder_agora.emulator.tracks import Server, Track
from recorder_agora.emulator.upload import Upload
from recorder_agora.wire.requests import UpdateClientRequest, WebUpdateClientRequest
from recorder_agora.wire.storage import StorageConfig
from recorder_core.emulation.delivery import Delivery
from recorder_core.emulation.service import EmulatedService

__all__ = ["READY_S", "SYNCHRONOUS_S", "Identity", "Session", "in_force"]

READY_S: Final = 3.0
"""From start to status 4: a few seconds."""
LEAVING_S: Final = 5.0
"""From the end to the exit: stop is answered with code 49."""
SYNCHRONOUS_S: Final = 20.0
"""How long a synchronous stop waits for the upload."""
MOST_MOVES: Final = 3
"""How often a recording moves to another server."""
TO_BUCKET, TO_BACKUP = 31, 32
"""`warnCode`: where a slice was sent again."""

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
        notifier: tells what happens.
        storage: where the files go.
        started_at: when start was answered.
        controllable_until: when calls stop to reach it, while it goes on.
        upload_s: how long the upload takes after the end.
        with_prefix: whether file lists name files with their prefix.
        backup: whether the vendor keeps what the bucket refused.
        updates_survive: whether what was updated holds on the next server too.
        doom: what is wrong with a parameter that is only checked after start was answered.
        ended_at: None while it records.
    """

    mode: ClassVar[str]
    """As in the path."""
    first_slice_s: ClassVar[float]
    """Seconds from the beginning of a stream to its first slice."""
    recording_mode: ClassVar[int | None] = None
    """`recordingMode` of event 3; no page has one for web pages."""

    identity: Identity
    service: EmulatedService
    notifier: Notifier
    storage: StorageConfig
    started_at: float
    controllable_until: float
    upload_s: float = 0.0
    with_prefix: bool = True
    backup: bool = True
    updates_survive: bool = False
    doom: Doom | None = None
    ended_at: float | None = None
    _moves: int = 0
    _has_started: bool = False
    _stopped: bool = False
    _lost: bool = False
    _plans: Plans = field(default_factory=Plans)

    def __post_init__(self) -> None:
        identity = self.identity
        self._outbox = Outbox(self.notifier, cname=identity.cname, uid=identity.uid, sid=identity.sid)
        playlists = self._listed_playlists if self._has_playlists else None
        self._reel = Reel(self._outbox, self._plans, first_slice_s=self.first_slice_s, playlists=playlists)
        self.upload = Upload(self.service, backup=self.backup)
        if self.doom is None:
            self._plans.add("ready", self.ready_at, self._begin)
        else:
            self._plans.add("doom", self.started_at + self.doom.noticed_s, partial(self._notice, doom=self.doom))
            self._plans.add("exit", self.started_at + DOOMED_S, self._die)

    # What a mode fulfils

    @abstractmethod
    def check_update(self, change: Change, *, strict: bool) -> None:
        """Refuse an update that doesn't fit this recording."""

    @abstractmethod
    def update(self, now: float, change: Change) -> None:
        """Carry out what update changes besides the storage."""

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
    def _join(self, at: float) -> None:
        """What the recorder does first on a server."""

    @abstractmethod
    def _look(self, now: float) -> None:
        """Let what is recorded, and what was told, follow what is so now. Nothing happens where nothing changed."""

    @abstractmethod
    def _forget_updates(self, now: float) -> None:
        """Go back to what start asked for."""

    @abstractmethod
    def _tell_start(self, at: float) -> None:
        """Send the event that the recorder has started."""

    @abstractmethod
    def _tell_end(self, at: float, end: End) -> None:
        """Send the event that the recorder has ended, where this mode has one for that end."""

    @abstractmethod
    def _playlists(self, track: Track) -> Iterator[str]:
        """The name of a track's playlist, then those of others that appear with it."""

    @abstractmethod
    def _upload_details(self) -> dict[str, Any]:
        """What the event of a finished upload says besides its status."""

    @abstractmethod
    def _files(self, destination: Destination) -> Iterator[Delivery]:
        """Make and store the files of what was recorded."""

    # What calls and tests change

    def renew_storage(self, storage: StorageConfig) -> None:
        """Upload with these credentials."""
        self.storage = storage

    def stop(self, now: float, *, wait: bool) -> None:
        """End as a call of stop does; a synchronous one waits for the upload, and query finds it no more."""
        self._stopped = wait
        if wait and self.upload_s <= SYNCHRONOUS_S:
            self.upload_s = 0.0
        self._end(now, End.STOPPED)
        if wait and self.upload_s and "upload" in self._plans:
            self._plans.add("late", now + SYNCHRONOUS_S, partial(self._tell_error, error=Error.UPLOAD_LATE))
        self.settle(now)

    def lose_server(self, now: float, outage: float) -> None:
        """Go on at another server after `outage` seconds, unless it is between two of them already."""
        if self.doom is not None or self.ended_at is not None or self.is_away:
            return
        self._part(now)
        self._moves += 1
        if self._moves <= MOST_MOVES:
            self._plans.add("move", now + outage, self._go_on)
            return
        self.ended_at = now
        self._lost = True
        self._plans.add("upload", now, self._store)
        self._plans.add("exit", now + outage, self._give_up)

    def expire_token(self, now: float) -> None:
        """Leave the room, which the recorder can't enter again."""
        if self.is_away:
            self._plans.add("move", self._plans.at("move"), self._lose_token)
        elif self.doom is None and self.ended_at is None:
            self._lose_token(now)

    def tell(self, at: float, event: int, **details: Any) -> None:
        """Send any event."""
        self._outbox.send(at, event, **details)

    def complain(self, now: float) -> None:
        """Tell that a call doesn't suit its state."""
        mode = {} if self.recording_mode is None else {"recordingMode": self.recording_mode}
        self.tell(now, EventType.STATUS, status=self.status(now), **mode, fileList=self._reel.newest or "")

    # What time changes

    @property
    def over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.ended_at is not None and self._plans.next_at is None

    def next_due(self, now: float) -> float | None:
        """When something happens next by itself."""
        return self._plans.next_at

    def settle(self, now: float) -> None:
        """Let happen at its own instant what is due by `now`."""
        self._plans.run(now)
        if self._reel.server is not None:
            self._look(now)
            # What is seen may be the end, and an upload takes no time by default.
            self._plans.run(now)

    def _begin(self, at: float) -> None:
        """Record from now on, on the server of this moment."""
        self._reel.server = Server(self._moves, at)
        if not self._has_started:
            self._has_started = True
            self._tell_start(at)
        self._join(at)
        self._look(at)

    def _go_on(self, at: float) -> None:
        """Record on another server, under another uid."""
        uid = secrets.randbelow(2**32 - 1) + 1
        self.tell(at, EventType.FAILOVER, newUid=uid)
        self._outbox.uid = str(uid)
        if not self.updates_survive:
            self._forget_updates(at)
        self._begin(at)

    def _part(self, at: float) -> None:
        """Record no more, and plan anew."""
        self._plans.clear()
        self._reel.part(at)

    def _end(self, at: float, end: End) -> None:
        progress_at = self._plans.at("progress")
        self._part(at)
        self.ended_at = at
        self._tell_end(at, end)
        if self.has_recorded:
            self.tell(at, EventType.UPLOADER_STARTED, status=0)
            self._plans.add("upload", at + self.upload_s, self._upload)
            if progress_at < at + self.upload_s:
                self._plans.add("progress", progress_at, self._reel.tell_progress)
        self._plans.add("exit", at + max(LEAVING_S, self.upload_s), self._exit)

    def _notice(self, at: float, *, doom: Doom) -> None:
        if doom.error is not None:
            self._tell_error(at, error=doom.error)
        if doom.end is not None:
            self._tell_end(at, doom.end)

    def _die(self, at: float) -> None:
        self.ended_at = at
        self.tell(at, EventType.EXIT, exitStatus=1)

    def _give_up(self, at: float) -> None:
        self._tell_error(at, error=Error.START_LATE)
        self.tell(at, EventType.EXIT, exitStatus=1)

    def _lose_token(self, at: float) -> None:
        self._tell_error(at, error=Error.TOKEN_EXPIRED)
        self._end(at, End.NEVER_JOINED if self._reel.server is None else End.PUT_OUT)

    def _exit(self, at: float) -> None:
        self.tell(at, EventType.EXIT, exitStatus=int(self.upload.has_failed))

    def _tell_error(self, at: float, *, error: Error) -> None:
        self.tell(at, EventType.ERROR, **error.details())

    def _upload(self, at: float) -> None:
        self._store(at)
        for track in self._reel.tracks:
            self._reel.announce(at, track=track)
        if self.upload.is_refused:
            self.tell(at, EventType.WARNING, module=1, warnCode=TO_BUCKET)
            if self.upload.has_failed:
                self._tell_error(at, error=Error.UPLOAD_FAILED)
                return
            self.tell(at, EventType.WARNING, module=1, warnCode=TO_BACKUP)
        event = EventType.BACKED_UP if self.upload.is_refused else EventType.UPLOADED
        self.tell(at, event, status=0, **self._upload_details())

    def _store(self, at: float) -> None:
        self.upload.take(self.storage, at, self._files)

    # How it stands

    @property
    def uid(self) -> str:
        """The recorder's: another one on each server."""
        return self._outbox.uid

    @property
    def ready_at(self) -> float:
        """When the recorder is ready to record."""
        return self.started_at + READY_S

    def status(self, now: float) -> int:
        """`serverResponse.status`."""
        if self.ended_at is not None:
            return min(8, 6 + int(now - self.ended_at))
        starting = int(4 * (now - self.started_at) / (self.ready_at - self.started_at))
        if self.doom is not None:
            return min(starting, 2)
        return 5 if self._has_uploaded else min(starting, 4)

    @property
    def is_away(self) -> bool:
        """Whether its server is lost, and the next one doesn't record yet."""
        return "move" in self._plans

    @property
    def is_leaving(self) -> bool:
        """Whether it has ended and not exited yet."""
        return self.ended_at is not None and "exit" in self._plans and not self._lost

    @property
    def answers_query(self) -> bool:
        """Whether query finds it."""
        return not self.is_away and (self.ended_at is None or (self.is_leaving and not self._stopped))

    @property
    def has_recorded(self) -> bool:
        """Whether it has ended with something to upload."""
        return self.ended_at is not None and any(map(self.lists, self._reel.tracks))

    def lists(self, track: Track) -> bool:
        """Whether lists have the files of a track: it was told of, or has ended with something in it."""
        return track.listed or (self.ended_at is not None and track.seconds(self.ended_at) > 0)

    @property
    def _has_uploaded(self) -> bool:
        """Whether a file lies in the bucket while it records."""
        return self._reel.newest is not None

    @property
    def _has_playlists(self) -> bool:
        """Whether there is more than pictures."""
        return True

    def _listed_playlists(self, track: Track) -> Iterator[str]:
        return map(self._listed, self._playlists(track))

    def _listed(self, name: str) -> str:
        """A file's name as lists have it."""
        return prefix_of(self.storage) + name if self.with_prefix else name


_Item = TypeVar("_Item")


def in_force(history: Sequence[tuple[float, _Item]], at: float) -> _Item:
    """What was set last at `at`, in a history of (instant, value); before all of them, the first."""
    return next((item for since, item in reversed(history) if since <= at), history[0][1])
