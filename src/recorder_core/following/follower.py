"""Looking at the recordings that are followed, each in its turn."""

from __future__ import annotations

import logging
import math
import threading
from types import TracebackType
from typing import Any, Self

from recorder_core.clock import Deadline
from recorder_core.daemons import begin_thread
from recorder_core.errors import (
    AuthenticationError,
    ConfigurationError,
    DeadlineExceeded,
    PermissionDenied,
    RecorderError,
)
from recorder_core.following.schedule import Turn
from recorder_core.following.telling import UNHELD_S, Telling
from recorder_core.following.watch import Watch
from recorder_core.models import EventKind, EventSource, Recording, RecordingEvent

__all__ = ["Follower"]

logger = logging.getLogger("recorder_core.following")

FINAL = (AuthenticationError, PermissionDenied, ConfigurationError)
"""Errors of a look that no other look would mend."""
TRIES = 3
"""Looks in a row that may fail in another way that isn't `retryable`."""
BUSY_S = 0.1
"""Real seconds after which somebody who waits for the workers looks whether to go on waiting."""


class Follower(Telling):
    """Follows recordings, whichever these are: what a fleet and a worker have in common. Thread-safe.

    Args:
        watch: the recorder's.
        workers: threads that look; with 0 whoever takes events does.
        only: the id of the recording whose events are heard. None: all that are followed.
        raises: whether a look's error that no other would mend is raised, in place of an event.
    """

    _stays = False
    """Whether there is something to wait for though nothing is followed."""

    def __init__(self, watch: Watch, *, workers: int, only: str | None = None, raises: bool = False) -> None:
        self._workers = workers
        self._raises = raises
        super().__init__(watch, only)

    def _begin(self) -> None:
        super()._begin()
        self._threads: list[threading.Thread] = []
        self._leading = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What is taken

    def _take(self, deadline: Deadline) -> RecordingEvent | None:
        self._refuse_parents()
        while True:
            self._watch.relay.pull()
            with self._guard:
                self._news.clear()
                event = self._outbox.take()
                if event is not None:
                    self._handed(event)
                if event is not None or not (self._lives or self._stays):
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

    # What is done

    def _set_out(self) -> None:
        with self._guard:
            while len(self._threads) < self._workers and not self._is_closed:
                self._threads.append(begin_thread(self._run, name="recorder-fleet", end=self._end))

    def _end(self) -> None:
        """The process ends: nothing is looked at any more."""
        self._is_closed = True
        self._changed()

    def _run(self) -> None:
        while not self._is_closed:
            # One worker waits for the next turn; the others wait for it.
            with self._leading:
                self._work.clear()
                self._watch.relay.pull()
                recording_id = self._next()
                if recording_id is None and not self._is_closed:
                    self._pause(self._work, math.inf)
            if recording_id is not None:
                self._look(recording_id)

    def _next(self) -> str | None:
        """The recording that is to be looked at now, after everything was told that is due."""
        self._release()
        with self._guard:
            now = self._clock.time()
            while (recording_id := self._turns.take(now)) is not None:
                turn = self._turn(self._lives[recording_id], now)
                if not self._holds(recording_id):
                    turn = Turn(turn.rank, now + UNHELD_S)
                if turn.due <= now:
                    return recording_id
                self._turns.plan(recording_id, turn)  # later: callbacks have come since it was planned
            return None

    def _pause(self, signal: threading.Event, most: float) -> None:
        """Wait for the next thing that is due, or for a signal, or for so many seconds."""
        with self._guard:
            seconds = min(self._turns.due, self._timers.due) - self._clock.time()
        if not self._lives and most == math.inf:
            signal.wait()
        elif seconds > 0:
            self._watch.relay.wait(signal, min(seconds, most))

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
            is_followed = recording.id in self._lives
            if is_followed:
                self._forget(recording.id)
            self._changed()
        if is_followed:
            self._left(recording.id, has_ended=False)
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
