"""Following many recordings to their end with few threads, or one recording with none."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from recorder_core.clock import Clock, Deadline
from recorder_core.errors import (
    AuthenticationError,
    ConfigurationError,
    DeadlineExceeded,
    PermissionDenied,
    RecorderError,
)
from recorder_core.following.merging import Life, with_outcome
from recorder_core.following.outbox import Outbox
from recorder_core.following.schedule import YOUNG_S, Rank, Schedule, Turn, turn_of
from recorder_core.known import Known
from recorder_core.listening import Listeners
from recorder_core.models import EventKind, EventSource, Recording, RecordingEvent, RecordingState, RecordingStatus
from recorder_core.provider import Provider
from recorder_core.refusals import seconds

__all__ = ["Fleet", "Watch", "follow"]

logger = logging.getLogger("recorder_core.following")

FINAL = (AuthenticationError, PermissionDenied, ConfigurationError)
"""Errors of a look that no other look would mend."""
TRIES = 3
"""Looks in a row that may fail in another way that isn't `retryable`."""
BUSY_S = 0.1
"""Real seconds after which somebody who waits for the workers looks whether to go on waiting."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What followers need of a recorder.

    Attributes:
        provider: whose recordings they are.
        clock: the recorder's.
        known: what this process knows of them.
        listeners: by whom callbacks, operations and looks are told.
        check: refuses a handle that isn't this recorder's.
        look: asks for the status, and tells it.
        restore: sends again what a move to another server may have lost; the state is as in `Provider.restore`.
        event: makes an event of a recording: `event(recording, kind, source, **fields)`.
        notify: tells the hooks of an event.
    """

    provider: Provider
    clock: Clock
    known: Known
    listeners: Listeners
    check: Callable[[Recording], None]
    look: Callable[[Recording], RecordingStatus]
    restore: Callable[[Recording, RecordingState | None], bool]
    event: Callable[..., RecordingEvent]
    notify: Callable[[RecordingEvent], None]


class Fleet:
    """Many recordings, followed to their end: a context manager, and their events one by one.

        with recorder.fleet(recordings) as fleet:
            for event in fleet:
                ...

    A recording is followed from `add` until it has ended, or to `discard`. Iterating waits for events and ends when no
    recording is followed and every event was taken; then it can be iterated anew. Events of one recording come in their
    order. The last one has the whole outcome: state, all files, reason, fault and ending.

    Recordings are looked at as often as the vendor advises, as far as the account's limits allow: those first that have
    just been started, are ending, or had something unproven told about them; then those that can't be found or whose
    callbacks have stopped; those whose callbacks come least often. A look that fails in a way that may pass is repeated
    in time. Where it can't pass (`AuthenticationError`, …), an event of kind `error` says so, and the recording isn't
    followed any more: it may well run on.

    Thread-safe. Events may be taken by several threads. If nobody takes them, 32 of each recording are kept: the oldest
    are dropped, which a `warning` tells.
    """

    def __init__(self, watch: Watch, *, workers: int, only: str | None = None, raises: bool = False) -> None:
        self._watch = watch
        self._clock = watch.clock
        self._workers = workers
        self._raises = raises
        self._lives: dict[str, Life] = {}
        self._turns = Schedule()
        self._timers = Schedule()
        self._outbox = Outbox()
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self._guard = threading.Lock()
        self._leading = threading.Lock()
        # Set whenever something has changed: for whoever waits for events, and for the worker that waits for a turn.
        self._news = threading.Event()
        self._work = threading.Event()
        self._unsubscribe = (
            watch.listeners.subscribe(self._hear, only),
            watch.listeners.subscribe(self._saw, only, looks=True),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Follow nothing any more. The recordings go on. Whoever iterates gets what has come, and then the end."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        with self._guard:
            self._is_closed = True
            for recording_id in tuple(self._lives):
                self._forget(recording_id)
            self._changed()

    def __len__(self) -> int:
        """How many recordings are followed."""
        return len(self._lives)

    def __contains__(self, recording: object) -> bool:
        """Whether a recording is followed."""
        return isinstance(recording, Recording) and recording.id in self._lives

    def add(self, *recordings: Recording) -> None:
        """Follow recordings too. Those that are followed already stay as they are, with the newer handle.

        Raises:
            ConfigurationError: one belongs to another provider or account, or the fleet is closed.
        """
        for recording in recordings:
            self._watch.check(recording)
        for recording in recordings:
            with self._guard:
                if self._is_closed:
                    raise ConfigurationError("the fleet is closed", recording_id=recording.id)
                if recording.id in self._lives:
                    self._watch.known.remember(recording)
                    continue
                self._watch.known.pin(recording)
                life = self._lives[recording.id] = Life(recording.started_at.timestamp())
                self._turns.plan(recording.id, self._turn(life, self._clock.time()))
                self._changed()
        self._begin()

    def discard(self, *recordings: Recording) -> None:
        """Follow recordings no more, and drop those of their events that nobody took."""
        with self._guard:
            for recording in recordings:
                if recording.id in self._lives:
                    self._forget(recording.id)
                self._outbox.drop(recording.id)
            self._changed()

    def __iter__(self) -> Iterator[RecordingEvent]:
        """The events, as they come."""
        while (event := self.take()) is not None:
            yield event

    def take(self, *, timeout: float | None = None) -> RecordingEvent | None:
        """Wait for the next event; None: nothing is followed, and nothing is left to be told.

        Args:
            timeout: seconds; None: as long as it takes.

        Raises:
            DeadlineExceeded: none came in that time.
            ConfigurationError: the timeout isn't more than 0 seconds.
        """
        return self._take(Deadline(self._clock, None if timeout is None else seconds("timeout", timeout)))

    def _take(self, deadline: Deadline) -> RecordingEvent | None:
        while True:
            with self._guard:
                self._news.clear()
                event = self._outbox.take()
                if event is not None or not self._lives:
                    return event
            left = deadline.remaining()
            if left <= 0:
                raise DeadlineExceeded(f"no event came within {deadline.seconds:g} s", retryable=True)
            if self._workers:
                self._await_workers(left)
            elif (recording_id := self._next()) is not None:
                self._look(recording_id)
            else:
                self._pause(self._news, left)

    # What is told

    def _hear(self, event: RecordingEvent) -> None:
        """A callback came, or an operation was done; in whichever thread."""
        self._tell(event, Life.told)

    def _saw(self, look: RecordingEvent) -> None:
        """A status was looked up; in whichever thread, for whomever."""
        self._notify(self._tell(look, Life.saw))

    def _notify(self, events: Iterable[RecordingEvent]) -> None:
        """Tell the hooks what looks have found; what callbacks told they know already."""
        for event in events:
            if event.source is EventSource.LOOK:
                self._watch.notify(event)

    def _tell(
        self, event: RecordingEvent, merge: Callable[[Life, RecordingEvent, float], list[RecordingEvent]]
    ) -> list[RecordingEvent]:
        recording_id = event.recording_id or ""
        with self._guard:
            life = self._lives.get(recording_id)
            if life is None:
                return []
            now = self._clock.time()
            return self._put(recording_id, life, merge(life, event, now), now)

    def _put(self, recording_id: str, life: Life, events: Iterable[RecordingEvent], now: float) -> list[RecordingEvent]:
        """Keep what is told, until it is taken, and see what follows from it."""
        told = [self._whole(recording_id, life, event) for event in events]
        for event in told:
            self._outbox.put(recording_id, event)
        if life.is_over(now):
            self._forget(recording_id)
        else:
            self._turns.hasten(recording_id, self._turn(life, now))
            due = min(life.order.due, math.inf if life.ends_at is None else life.ends_at)
            if due < math.inf:
                self._timers.plan(recording_id, Turn(Rank.URGENT, due))
        self._changed()
        return told

    def _whole(self, recording_id: str, life: Life, event: RecordingEvent) -> RecordingEvent:
        """The event; that of an end with all that is known of it, and with what may have killed one that died young."""
        if event.state is None or not event.state.terminal:
            return event
        status = self._watch.known.last(recording_id)
        if status is None:
            return event
        event = with_outcome(event, status)
        died_young = not life.came_up and self._clock.time() - life.started_at < YOUNG_S
        recording = self._watch.known.handle(recording_id)
        if not died_young or recording is None or event.fault or event.state is RecordingState.COMPLETED:
            return event
        return event.model_copy(update={"causes": self._watch.provider.causes(recording, status)})

    def _turn(self, life: Life, now: float) -> Turn:
        provider = self._watch.provider
        if life.ends_at is not None and (life.failures or not life.is_doubtful):
            return Turn(Rank.STEADY, math.inf)
        is_behind = self._turns.is_behind(now, provider.watch_interval)
        return turn_of(life, now, provider.poll_delays, provider.watch_interval, is_behind=is_behind)

    def _forget(self, recording_id: str) -> None:
        del self._lives[recording_id]
        self._turns.drop(recording_id)
        self._timers.drop(recording_id)
        self._watch.known.unpin(recording_id)

    def _changed(self) -> None:
        self._news.set()
        self._work.set()

    # What is done

    def _begin(self) -> None:
        with self._guard:
            while len(self._threads) < self._workers and not self._is_closed:
                thread = threading.Thread(target=self._run, name="recorder-fleet", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _run(self) -> None:
        while not self._is_closed:
            # One worker waits for the next turn; the others wait for it.
            with self._leading:
                self._work.clear()
                recording_id = self._next()
                if recording_id is None and not self._is_closed:
                    self._pause(self._work, math.inf)
            if recording_id is not None:
                self._look(recording_id)

    def _next(self) -> str | None:
        """The recording that is to be looked at now, after everything was told that is due."""
        told: list[RecordingEvent] = []
        with self._guard:
            now = self._clock.time()
            while (recording_id := self._timers.take(now)) is not None:
                life = self._lives[recording_id]
                told += self._put(recording_id, life, life.release(now), now)
        self._notify(told)
        with self._guard:
            while (recording_id := self._turns.take(now)) is not None:
                turn = self._turn(self._lives[recording_id], now)
                if turn.due <= now:
                    return recording_id
                self._turns.plan(recording_id, turn)  # callbacks have come since it was planned
            return None

    def _pause(self, signal: threading.Event, most: float) -> None:
        """Wait for the next thing that is due, or for a signal, or for so many seconds."""
        with self._guard:
            seconds = min(self._turns.due, self._timers.due) - self._clock.time()
        if min(seconds, most) == math.inf:
            signal.wait()
        elif seconds > 0:
            self._clock.wait(signal, min(seconds, most))

    def _await_workers(self, most: float) -> None:
        with self._guard:
            is_due = min(self._turns.due, self._timers.due) <= self._clock.time()
        if is_due:
            self._news.wait(BUSY_S)
        else:
            self._pause(self._news, most)

    def _look(self, recording_id: str) -> None:
        """Look at a recording, whose turn was taken, and give it its next one."""
        recording = self._watch.known.handle(recording_id)
        if recording is None:
            return
        try:
            self._restore(recording)
            self._watch.look(recording)
        except RecorderError as error:
            self._failed(recording, error)
        except Exception as error:
            if self._raises:
                raise
            logger.exception("a look at recording %s failed", recording_id)
            self._failed(recording, RecorderError(f"{type(error).__name__}: {error}"))
        finally:
            with self._guard:
                if (life := self._lives.get(recording_id)) is not None:
                    self._turns.plan(recording_id, self._turn(life, self._clock.time()))
                    self._changed()

    def _restore(self, recording: Recording) -> None:
        """Send again what was changed since the start, if the recording has moved to another server."""
        with self._guard:
            life = self._lives.get(recording.id)
            if life is None or not life.has_moved:
                return
            life.has_moved = False
            held = life.held
        if recording.revision == 0 and held is None:
            return
        try:
            self._watch.restore(recording, held)
        except RecorderError as error:
            logger.warning("recording %s has moved, and its changes couldn't be sent again: %s", recording.id, error)
            self._find(
                recording,
                EventKind.WARNING,
                fault=error.fault,
                reason="the vendor moved it to another server, and what was changed since its start couldn't be sent "
                f"again: {error.message}",
            )

    def _failed(self, recording: Recording, error: RecorderError) -> None:
        with self._guard:
            life = self._lives.get(recording.id)
            if life is None:
                return
            life.failed(self._clock.time())
            if life.ends_at is not None:  # it has ended all the same
                return
            if not isinstance(error, FINAL) and (error.retryable or life.failures < TRIES):
                return
        if not self._raises:
            reason = f"it isn't followed any more, for it can't be looked at: {error.message}"
            self._find(recording, EventKind.ERROR, fault=error.fault or "caller", reason=reason)
        with self._guard:
            if recording.id in self._lives:
                self._forget(recording.id)
            self._changed()
        if self._raises:
            raise error

    def _find(self, recording: Recording, kind: EventKind, **fields: Any) -> None:
        """Tell what was found while looking."""
        event = self._watch.event(recording, kind, EventSource.LOOK, **fields)
        with self._guard:
            if recording.id in self._lives:
                self._outbox.put(recording.id, event)
                self._changed()
        self._watch.notify(event)


def follow(watch: Watch, recording: Recording, deadline: Deadline) -> Iterator[RecordingEvent]:
    """The events of one recording to its end, found in the calling thread.

    Raises:
        DeadlineExceeded: it hasn't ended by then.
        RecorderError: it can't be looked at, and no other look would mend that.
    """
    with Fleet(watch, workers=0, only=recording.id, raises=True) as fleet:
        fleet.add(recording)
        while (event := _next_event(fleet, recording, deadline)) is not None:
            yield event


def _next_event(fleet: Fleet, recording: Recording, deadline: Deadline) -> RecordingEvent | None:
    try:
        return fleet._take(deadline)
    except DeadlineExceeded:
        raise DeadlineExceeded(
            f"the recording hasn't ended within {deadline.seconds:g} s",
            recording_id=recording.id,
            retryable=True,
            hint="It goes on. Follow it again, with a longer timeout or none.",
        ) from None
