"""What a test drives of an emulated service: rooms, people and recordings in time, and what is told of them."""

import math
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar

from recorder_core.agenda import Agenda
from recorder_core.emulation.callbacks import CallbackSender
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.faults import CALLBACK, Faults
from recorder_core.emulation.journal import mask, readable
from recorder_core.emulation.posting import checked_url
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.room import Participant, Room, id_of
from recorder_core.emulation.timed import Timed

__all__ = ["Stage"]


class Stage(ABC):
    """Rooms and recordings of a service as time passes. Everything that a test calls runs under one lock.

    A vendor's emulator gives its recordings to `watch`. Each says when something will happen to it next, and is asked
    when that instant has come, when its room changes, and after `replan`.

    Args:
        clock: emulated time; by default real until driven.
        callback_url: where notifications go; None: nowhere, until an address is set.
        webhook_secret: by which they are signed; None: made up.
        callback_kinds: the vendor's numbers of the events that are sent, as ticked in its console; None: all.

    Raises:
        ValueError: an address that is none, an empty secret, or the number of an event that the vendor doesn't have.
    """

    name: ClassVar[str]
    operations: ClassVar[frozenset[str]] = frozenset()
    """The names that `operation` gives to known requests; faults for others are refused. Empty: unchecked."""
    secret_names: ClassVar[frozenset[str]] = frozenset()
    """Keys of bodies whose values the journal and the deliveries mask, at any depth and in any case."""
    callback_events: ClassVar[frozenset[int]] = frozenset()
    """The vendor's numbers of its events; others can't be ticked. Empty: unchecked."""
    callback_retries: ClassVar[tuple[float, ...]] = ()
    """Seconds before each repeat of a notification that wasn't accepted."""
    outage_s: ClassVar[float] = 30.0
    """Seconds from the loss of a server until another one goes on."""

    def __init__(
        self,
        *,
        clock: EmulatorClock | None = None,
        callback_url: str | None = None,
        webhook_secret: str | None = None,
        callback_kinds: Collection[int] | None = None,
    ) -> None:
        if webhook_secret == "":
            raise ValueError("webhook_secret has at least one character; None makes one up")
        unknown = set(callback_kinds or ()) - self.callback_events if self.callback_events else set()
        if unknown:
            raise ValueError(
                f"callback_kinds: {self.name} has no event {', '.join(map(str, sorted(unknown)))}; "
                f"there are {', '.join(map(str, sorted(self.callback_events)))}"
            )
        self.clock = clock or EmulatorClock()
        self.webhook_secret = webhook_secret or secrets.token_hex(16)
        self.faults = Faults()
        self._lock = threading.RLock()
        self._rooms: dict[str, Room] = {}
        self._agenda: Agenda[Timed] = Agenda()
        self._watched: dict[str | None, dict[Timed, None]] = {}
        self._room_of: dict[Timed, str | None] = {}
        self._callback_url = None if callback_url is None else checked_url(callback_url)
        self.callbacks = CallbackSender(
            self.clock,
            faults=self.faults,
            kinds=callback_kinds,
            retries=self.callback_retries,
            accepts=self.callback_accepts,
            lock=self._lock,
            settle=self._settle,
            masked=lambda body: mask(readable(body), self.secret_names, {self.webhook_secret}),
        )

    # What a vendor's emulator fulfils

    @abstractmethod
    def emulated_recordings(self) -> list[EmulatedRecording]:
        """All recordings since the service began, oldest first."""

    def callback_accepts(self, status: int) -> bool:
        """Whether an answer with this HTTP status tells the vendor that a notification was received."""
        return 200 <= status < 300

    def lose_server(self, room: str, now: float, outage: float) -> None:
        """Take the server away from the recordings of a room; another one goes on after `outage` seconds.

        Called under the lock, with at least one recording running there, which is settled and planned anew afterwards.

        Raises:
            ValueError: this vendor's recordings don't move.
        """
        raise ValueError(f"recordings of {self.name} don't move to another server")

    # What a test does

    @property
    def recordings(self) -> list[EmulatedRecording]:
        """All recordings as they stand now, oldest first."""
        with self._lock:
            self.settle(self.clock.time())
            return self.emulated_recordings()

    @property
    def rooms(self) -> MappingProxyType[str, Room]:
        """The rooms that were ever spoken of, by name."""
        return MappingProxyType(self._rooms)

    def room(self, name: str) -> Room:
        """The room of that name, empty when it is new.

        Raises:
            TypeError: the name is no text.
            ValueError: it is empty.
        """
        with self._lock:
            return self._rooms.setdefault(name, Room(name))

    def present(self, room: str) -> tuple[Participant, ...]:
        """Who is in the room now, in join order."""
        with self._lock:
            return self.room(room).present(self.clock.time())

    def join(self, room: str, participant: str | int | Participant, **attributes: Any) -> Participant:
        """Let somebody join now; `attributes` are fields of `Participant`, such as `camera=False`.

        Here and below a whole number names somebody by its digits: 1001 is "1001". Each waits until the callbacks
        that it causes have been answered.

        Raises:
            TypeError: the room or the participant is nothing that names one, or there is no such field.
            ValueError: a name is empty.
        """
        if not isinstance(participant, Participant):
            participant = Participant.of(participant, **attributes)
        elif attributes:
            participant = replace(participant, **attributes)
        joining = participant
        self._change(room, lambda now: self.room(room).join(joining, now))
        return participant

    def leave(self, room: str, participant: str | int | Participant) -> None:
        """Let somebody leave now.

        Raises:
            TypeError: as `join`.
            ValueError: they aren't there, or a name is empty.
        """
        self._change(room, lambda now: self.room(room).leave(id_of(participant), now))

    def set_media(
        self,
        room: str,
        participant: str | int | Participant,
        *,
        camera: bool | None = None,
        microphone: bool | None = None,
    ) -> None:
        """Turn somebody's camera or microphone on or off now; None leaves it as it is.

        Raises:
            TypeError: as `join`.
            ValueError: they aren't there, or a name is empty.
        """
        self._change(
            room,
            lambda now: self.room(room).set_media(id_of(participant), now, camera=camera, microphone=microphone),
        )

    def migrate(self, room: str, outage: float | None = None) -> None:
        """Let the server of the room's recordings be lost now; another one goes on after `outage` seconds.

        None: as long as the vendor takes.

        Raises:
            TypeError: the room is nothing that names one.
            ValueError: nothing is recorded there, its recordings can't move, or `outage` is no number from 0 to 3600.
        """
        seconds = self.outage_s if outage is None else outage
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
            raise ValueError(f"outage is a number of seconds, 0 to 3600; got {outage!r}")

        def lose(now: float) -> None:
            name = self.room(room).name
            if not any(recording.running and recording.room == name for recording in self.emulated_recordings()):
                raise ValueError(f"nothing is recorded in room {name!r}")
            self.lose_server(name, now, float(seconds))

        self._change(room, lose)

    def fail_next(self, operation: str, fault: str, times: int = 1) -> None:
        """Let the next `times` requests of `operation` (`*` for any) fail by `fault`, named as in `faults`.

        `callback` stands for notifications, for which there are faults of their own.

        Raises:
            ValueError: an unknown operation or fault, or `times` below 1.
        """
        if self.operations and operation not in self.operations | {"*", CALLBACK}:
            known = ", ".join(sorted(self.operations))
            raise ValueError(f"unknown operation {operation!r}; there are {known} and *, and {CALLBACK}")
        self.faults.fail_next(operation, fault, times)

    # What a vendor's emulator uses, under the lock

    def watch(self, recording: Timed, room: str | None) -> None:
        """Let time and the changes of a room reach a new recording, until it is over; None: it has no room."""
        self._watched.setdefault(room, {})[recording] = None
        self._room_of[recording] = room
        self.replan(recording)

    def replan(self, recording: Timed) -> None:
        """Settle a watched recording after a request has changed it, and ask it anew when something happens next.

        Raises:
            RuntimeError: it names an instant that isn't after now, at which it would be asked for ever.
        """
        now = self.clock.time()
        recording.settle(now)
        self._plan(recording, now)

    def settle(self, now: float) -> None:
        """Let happen what is due by `now` (Unix s), at its own instant.

        Called before each request, before `recordings`, and before and after every change of clock or rooms.
        """
        for recording in self._agenda.take(now):
            recording.settle(now)
            self._plan(recording, now)

    def next_due(self, now: float) -> float | None:
        """The first instant after `now` (Unix s) at which something happens by itself; None: nothing will."""
        due = self._agenda.due
        return None if due == math.inf else due

    @contextmanager
    def acting(self) -> Iterator[float]:
        """What a test does at the instant that is given (Unix s): under the lock, with all settled before and after.

        Afterwards the callbacks that it caused are waited for. Recordings that it changed are the emulator's to replan.
        """
        with self._lock:
            now = self.clock.time()
            # What was due before must not see it.
            self.settle(now)
            yield now
            self.settle(now)
        self.callbacks.wake()
        self.callbacks.wait()

    # The machinery

    def _plan(self, recording: Timed, now: float) -> None:
        if recording.over:
            self._agenda.plan(recording, None)
            if recording in self._room_of:
                room = self._room_of.pop(recording)
                del self._watched[room][recording]
            return
        due = recording.next_due(now)
        if due is not None and due <= now:
            raise RuntimeError(f"{recording!r} was settled at {now!r} and says that it is due at {due!r}")
        self._agenda.plan(recording, due)

    def _settle(self) -> float | None:
        """Let happen what is due by now; the next instant at which something will by itself."""
        with self._lock:
            now = self.clock.time()
            self.settle(now)
            return self.next_due(now)

    def _moved(self) -> None:
        self._settle()
        self.callbacks.wake()

    def _next_stop(self) -> float | None:
        """Where a move of the clock stops: where a notification is due, or what may cause one."""
        if not self.callbacks.active:
            return None
        with self._lock:
            dues = (self.next_due(self.clock.time()), self.callbacks.next_due())
        return min((due for due in dues if due is not None), default=None)

    def _change(self, room: str, change: Callable[[float], None]) -> None:
        with self.acting() as now:
            change(now)
            for recording in tuple(self._watched.get(room, ())):
                self.replan(recording)
