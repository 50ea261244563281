"""One recording's life as one list of events: what callbacks tell, what looks find, what operations of ours do."""

from __future__ import annotations

from collections.abc import Iterable

from recorder_core.following.ordering import GRACE_S, Order
from recorder_core.following.waiting import PROGRESS
from recorder_core.models import (
    Ending,
    EventKind,
    EventSource,
    FileStatus,
    RecordedFile,
    RecordingEvent,
    RecordingState,
    RecordingStatus,
)

__all__ = ["Life", "with_outcome"]

LAST_WORD_S = 60.0
"""A recording that the vendor doesn't know any more is given up when its callbacks have been silent for so long: the
last of them tell what became of it."""

KINDS = {
    RecordingState.STARTING: EventKind.STATUS,
    RecordingState.RECORDING: EventKind.RECORDING,
    RecordingState.PAUSED: EventKind.PAUSED,
    RecordingState.STOPPING: EventKind.STOPPED,
    RecordingState.UPLOADING: EventKind.UPLOAD_STARTED,
    RecordingState.UNREACHABLE: EventKind.STATUS,
}
"""What it is called that a look found a recording in a state."""
ANNOUNCING = frozenset(
    {
        *(EventKind.STARTED, EventKind.RECORDING, EventKind.PAUSED, EventKind.RESUMED, EventKind.STOPPED),
        *(EventKind.UPLOAD_STARTED, EventKind.FILE_STARTED, EventKind.STATUS),
    }
)
"""Kinds that say nothing beyond their state, their files and the cause of an end."""
SETTLED = frozenset({FileStatus.UPLOADED, FileStatus.BACKUP, FileStatus.LOST})
RUNNING = frozenset({RecordingState.RECORDING, RecordingState.PAUSED})


class Life:
    """What whoever follows a recording was told of it. Not thread-safe. Instants are Unix seconds.

    A state never goes back: a callback that comes late, or a look that was overtaken, is told without one. What one
    source has told isn't told again by another. An end is told once, by whoever knows first; callbacks have a moment to
    say more about it.

    Args:
        started_at: when the recording was started.

    Attributes:
        state: as it was told last; None: nothing was told.
        looks: looks since the start, or since the state changed.
        looked_at: when it was looked at last; 0: never.
        is_doubtful: something unproven was told, which a look decides.
        heard_at: when a callback came last; 0: never.
        rhythm: seconds between two callbacks, the latest counting most; 0: isn't known.
        failures: looks in a row that failed; `looked_at` is that of the last one.
        is_missing: it was there, and can't be found at the moment.
        has_moved: it goes on at another server of the vendor, which may not know what was changed since the start.
        ends_at: when nothing more is told, because it has ended; None: it hasn't.
        order: its callbacks.
    """

    __slots__ = (
        *("_announced", "_files", "_reached", "ends_at", "failures", "has_moved", "heard_at", "is_doubtful"),
        *("is_missing", "looked_at", "looks", "order", "rhythm", "started_at", "state"),
    )

    def __init__(self, started_at: float) -> None:
        self.started_at = started_at
        self.state: RecordingState | None = None
        self.looks = self.failures = 0
        self.looked_at = self.heard_at = self.rhythm = 0.0
        self.is_doubtful = self.is_missing = self.has_moved = False
        self.ends_at: float | None = None
        self.order = Order()
        self._reached = RecordingState.STARTING
        self._files: dict[str, FileStatus] = {}
        self._announced: dict[RecordingState, float] = {}

    def is_over(self, now: float) -> bool:
        """Whether nothing more will be told."""
        return self.ends_at is not None and now >= self.ends_at

    def told(self, event: RecordingEvent, now: float) -> list[RecordingEvent]:
        """What is new in an event that a callback or an operation of this process told."""
        if self.is_over(now):
            return []
        if not event.verified:
            self.is_doubtful = True
            return []
        if event.source is not EventSource.CALLBACK:
            return self._announce(event, now)
        if self.heard_at:
            gap = now - self.heard_at
            self.rhythm = (self.rhythm + gap) / 2 if self.rhythm else gap
        self.heard_at = now
        released, is_late = self.order.take(event, now)
        return self._pass_on(released, now, is_late=is_late)

    def release(self, now: float) -> list[RecordingEvent]:
        """What is new in callbacks that have waited long enough for those before them."""
        return [] if self.is_over(now) else self._pass_on(self.order.release(now), now)

    def saw(self, look: RecordingEvent, now: float) -> list[RecordingEvent]:
        """What is new in a look: an event of kind `status` with the state and all files."""
        self.looks += 1
        self.looked_at, self.failures, self.is_doubtful = now, 0, False
        if self.is_over(now) or look.state is None:
            return []
        if look.state is RecordingState.GONE and now - self.heard_at < LAST_WORD_S:
            self._miss()
            return []
        if look.state.terminal:
            return self._end(look, now)
        state: RecordingState | None = look.state
        if PROGRESS[look.state] < PROGRESS[self._reached]:
            if look.state not in RUNNING:  # else the look was overtaken
                self._miss()
            state = look.state if look.state is RecordingState.UNREACHABLE else self.state
        elif look.state is RecordingState.UNREACHABLE:
            self._miss()
        else:
            self._find(look.state)
        files = self._news(look.files)
        if state is self.state and not files:
            return []
        kind = self._kind(state, files)
        if state is not None and state is not RecordingState.UNREACHABLE:
            self._announced[state] = now
        return [self._tell(look.model_copy(update={"kind": kind, "state": state, "files": files}), now)]

    def _kind(self, state: RecordingState | None, files: tuple[RecordedFile, ...]) -> EventKind:
        """What it is called that a look found a state and files."""
        if state is None or state is self.state:
            return EventKind.STATUS if all(file.status in SETTLED for file in files) else EventKind.FILE_STARTED
        if self.state is RecordingState.UNREACHABLE and state is self._reached:
            return EventKind.STATUS
        if state is RecordingState.RECORDING and self._reached is RecordingState.PAUSED:
            return EventKind.RESUMED
        return KINDS[state]

    def _end(self, look: RecordingEvent, now: float) -> list[RecordingEvent]:
        """A look found the end: nothing is waited for any more."""
        passed = self._pass_on(self.order.flush(), now)
        if self.ends_at is None:
            passed.append(self._tell(look.model_copy(update={"kind": EventKind.ENDED}), now))
        self.ends_at = now
        return passed

    def _announce(self, event: RecordingEvent, now: float) -> list[RecordingEvent]:
        """What an operation did, unless it was told already."""
        state = event.state
        if state is not None:
            if state is self.state or PROGRESS[state] < PROGRESS[self._reached]:
                return []
            self._announced[state] = now
        return [self._tell(event, now)]

    def _pass_on(self, events: Iterable[RecordingEvent], now: float, *, is_late: bool = False) -> list[RecordingEvent]:
        """What is new in callbacks. One that is late, or behind what was told, changes no state."""
        passed = []
        for event in events:
            files = self._news(event.files)
            if files or not self._is_known(event):
                is_behind = event.state is not None and PROGRESS[event.state] < PROGRESS[self._reached]
                if is_late or is_behind:
                    event = event.model_copy(update={"state": None})
                passed.append(self._tell(event, now))
        return passed

    def _is_known(self, event: RecordingEvent) -> bool:
        """Whether a look or an operation has told already what a callback says."""
        if event.kind not in ANNOUNCING or event.fault or event.ending not in (None, Ending.STOPPED):
            return False
        if event.files and event.state in (None, self.state):
            return True
        happened = event.occurred_at.timestamp() if event.occurred_at else 0.0
        return event.state is not None and any(
            (state is event.state or PROGRESS[state] > PROGRESS[event.state]) and happened <= told_at + GRACE_S
            for state, told_at in self._announced.items()
        )

    def _news(self, files: tuple[RecordedFile, ...]) -> tuple[RecordedFile, ...]:
        """Those that weren't told yet, or of which it wasn't known where they end up."""
        news = []
        for file in files:
            before = self._files.get(file.name)
            if before is None or (file.status in SETTLED and file.status is not before):
                self._files[file.name] = file.status
                news.append(file)
        return tuple(news)

    def _tell(self, event: RecordingEvent, now: float) -> RecordingEvent:
        """Know that the event is told."""
        if event.kind is EventKind.MIGRATED:
            self.has_moved, self.is_missing = True, False
        if self.ends_at is not None:
            self.ends_at = now if event.kind is EventKind.ENDED else self.ends_at
            return event.model_copy(update={"state": self.state})
        state = event.state
        if state is None:
            return event
        if self.state not in (None, state):
            self.looks = 0
        if state is not RecordingState.UNREACHABLE:
            self._find(state)
            self._reached = state
        self.state = state
        if state.terminal:
            self.ends_at = now if event.kind is EventKind.ENDED else now + GRACE_S
        return event

    def failed(self, now: float) -> None:
        """A look failed."""
        self.failures += 1
        self.looked_at = now

    def _miss(self) -> None:
        """It can't be found."""
        if not self.is_missing:
            self.is_missing, self.looks = True, 0

    def _find(self, state: RecordingState) -> None:
        """It is there; if it couldn't be found for a while, it goes on at another server."""
        if self.is_missing:
            self.is_missing, self.has_moved = False, self.has_moved or {state, self._reached} <= RUNNING


def with_outcome(event: RecordingEvent, status: RecordingStatus) -> RecordingEvent:
    """The event of an end with all that is known of the outcome."""
    return event.model_copy(
        update={
            "state": status.state if status.state.terminal else event.state,
            "files": status.files or event.files,
            "reason": event.reason or status.reason,
            "fault": event.fault or status.fault,
            "ending": event.ending or status.ending,
        }
    )
