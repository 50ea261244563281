"""Which recordings are followed, and what is told of them until it is taken."""

from __future__ import annotations

import itertools
import math
import threading
import zlib
from collections.abc import Callable, Iterable

from recorder_core.errors import ConfigurationError
from recorder_core.following.merging import Life, with_outcome
from recorder_core.following.outbox import Outbox
from recorder_core.following.schedule import YOUNG_S, Rank, Schedule, Turn, turn_of
from recorder_core.following.watch import Watch
from recorder_core.forking import Guarded
from recorder_core.models import EventSource, Recording, RecordingEvent, RecordingState, RecordingStatus

__all__ = ["UNHELD_S", "Telling"]

UNHELD_S = 1.0
"""Seconds after which it is looked again whether it is for this process to follow a recording."""


class Telling(Guarded):
    """The recordings that are followed, and their events, from whichever source. Thread-safe.

    Args:
        watch: the recorder's.
        only: the id of the recording whose events are heard. None: all that are followed.
    """

    def __init__(self, watch: Watch, only: str | None) -> None:
        super().__init__()
        self._watch = watch
        self._clock = watch.clock
        self._is_parents = False
        self._is_closed = False
        self._begin()
        self._unsubscribe = (
            watch.listeners.subscribe(self._hear, only),
            watch.listeners.subscribe(self._saw, only, looks=True),
            watch.relay.attend(),
        )

    def _begin(self) -> None:
        self._lives: dict[str, Life] = {}
        self._turns = Schedule()
        self._timers = Schedule()
        self._outbox = Outbox()
        # Set whenever something has changed: for whoever waits for events, and for the worker that waits for a turn.
        self._news = threading.Event()
        self._work = threading.Event()

    def _forked(self) -> None:
        """The parent goes on following; two that follow would tell everything twice."""
        super()._forked()
        self._is_parents = self._is_closed = True
        self._begin()

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

    # Who is followed

    def _follow(self, recording: Recording, seen: RecordingStatus | None = None, *, at_once: bool = False) -> None:
        """Follow a recording too; of one that is followed already the newer handle counts.

        Args:
            recording: a handle of this account.
            seen: what somebody else has told of it before; it isn't told again, unless it is the end.
            at_once: whether it is looked at now, whatever was told of it.
        """
        self._refuse_parents()
        if self._is_closed:
            raise ConfigurationError(
                f"the {type(self).__name__.lower()} is closed", recording_id=recording.id, fault="caller"
            )
        if recording.id in self._lives:
            self._watch.known.remember(recording)
            return
        self._watch.known.pin(recording)  # which may ask a ledger: not under the lock
        with self._guard:
            if self._is_closed or recording.id in self._lives:  # somebody was faster
                self._watch.known.unpin(recording.id)
                return
            now = self._clock.time()
            life = self._lives[recording.id] = Life(recording.started_at.timestamp())
            if seen is not None and not seen.state.terminal:
                life.resume(seen, now - _phase(recording.id) * self._watch.provider.watch_interval)
            life.is_doubtful = at_once
            self._turns.plan(recording.id, self._turn(life, now))
            self._changed()

    def _drop(self, recording_ids: Iterable[str]) -> None:
        """Follow recordings no more, and drop those of their events that nobody took."""
        with self._guard:
            for recording_id in recording_ids:
                if recording_id in self._lives:
                    self._forget(recording_id)
                self._outbox.drop(recording_id)
            self._changed()

    def _part_with(self, count: int) -> list[str]:
        """Follow up to so many recordings no more, of which nothing is to be expected soon, and nothing waits."""
        with self._guard:
            spare = (
                recording_id
                for recording_id, life in self._lives.items()
                if life.is_steady and recording_id not in self._outbox
            )
            parted = list(itertools.islice(spare, count))
            for recording_id in parted:
                self._forget(recording_id)
            return parted

    def _holds(self, recording_id: str) -> bool:
        """Whether it is for this process to look at it and to tell of it, at this moment."""
        return True

    def _handed(self, event: RecordingEvent) -> None:
        """Somebody takes an event. Called under the lock."""

    def _left(self, recording_id: str, *, has_ended: bool) -> None:
        """A recording isn't followed any more: all was told of its end, or it can't be looked at."""

    def _refuse_parents(self) -> None:
        if self._is_parents:
            raise ConfigurationError(
                f"this process was forked, and the {type(self).__name__.lower()} is its parent's, which goes on "
                "following",
                fault="caller",
                hint="Make another one in this process.",
            )

    # What is told

    def _hear(self, event: RecordingEvent) -> None:
        """A callback came, or an operation was done; in whichever thread."""
        self._tell(event, Life.told)

    def _saw(self, look: RecordingEvent) -> None:
        """A status was looked up; in whichever thread, for whomever."""
        self._tell(look, Life.saw)

    def _notify(self, events: Iterable[RecordingEvent]) -> None:
        """Tell the hooks what looks have found; what callbacks told they know already."""
        for event in events:
            if event.source is EventSource.LOOK:
                self._watch.notify(event)

    def _tell(
        self, event: RecordingEvent, merge: Callable[[Life, RecordingEvent, float], list[RecordingEvent]]
    ) -> None:
        recording_id = event.recording_id or ""
        with self._guard:
            life = self._lives.get(recording_id)
            if life is None or not self._holds(recording_id):
                return
            now = self._clock.time()
            told = self._put(recording_id, life, merge(life, event, now), now)
            is_over = recording_id not in self._lives
        self._notify(told)
        if is_over:
            self._left(recording_id, has_ended=True)

    def _release(self) -> None:
        """Tell what has waited long enough for something before it."""
        told: list[RecordingEvent] = []
        over: list[str] = []
        with self._guard:
            now = self._clock.time()
            while (recording_id := self._timers.take(now)) is not None:
                if not self._holds(recording_id):
                    self._timers.plan(recording_id, Turn(Rank.URGENT, now + UNHELD_S))
                    continue
                life = self._lives[recording_id]
                told += self._put(recording_id, life, life.release(now), now)
                if recording_id not in self._lives:
                    over.append(recording_id)
        self._notify(told)
        for recording_id in over:
            self._left(recording_id, has_ended=True)

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
        if not died_young or event.fault or event.state is RecordingState.COMPLETED:
            return event
        recording = self._watch.known.handle(recording_id)
        if recording is None:
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


def _phase(recording_id: str) -> float:
    """A part of an interval, the same for a recording every time: many that come at once aren't looked at together."""
    return zlib.crc32(recording_id.encode()) / 2**32
