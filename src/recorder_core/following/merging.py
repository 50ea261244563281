"""One recording's life as one list of events: what callbacks tell, what looks find, what operations of ours do."""

from __future__ import annotations

import math
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

REPEATED_S = 30.0
"""A callback that wasn't accepted comes again for up to so long, and some vendors date it by its last delivery."""
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
PAUSES = frozenset({EventKind.PAUSED, EventKind.RESUMED})
UP = frozenset({RecordingState.RECORDING, RecordingState.PAUSED})
"""States that a recording has come to by itself or by a pause."""


class Life:
    """What whoever follows a recording was told of it. Not thread-safe. Instants are Unix seconds.

    A state never goes back: a callback that comes late, or a look that was overtaken, is told without one. What one
    source has told isn't told again by another. An end has a moment in which callbacks say more about it; where they
    come, they have it also before what a look has found is told as the end.

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
        held: `paused` or `recording`, as it was before it moved; None: it was never paused.
        came_up: it was seen to record, or to be on hold.
        ends_at: when the last is told, because it has ended; None: it hasn't.
        order: its callbacks.
    """

    __slots__ = (
        *("_announced", "_files", "_found", "_has_ended", "_has_paused", "_is_explained", "_reached", "_unsaid"),
        *("ends_at", "failures", "has_moved", "heard_at", "held", "is_doubtful", "is_missing", "looked_at"),
        *("came_up", "looks", "order", "rhythm", "started_at", "state"),
    )

    def __init__(self, started_at: float) -> None:
        self.started_at = started_at
        self.state: RecordingState | None = None
        self.looks = self.failures = 0
        self.came_up = False
        self.looked_at = self.heard_at = self.rhythm = 0.0
        self.is_doubtful = self.is_missing = self.has_moved = self._has_paused = False
        self.held: RecordingState | None = None
        self.ends_at: float | None = None
        self.order = Order()
        self._reached = RecordingState.STARTING
        self._files: dict[str, FileStatus] = {}
        self._announced: dict[RecordingState, float] = {}
        self._unsaid = False  # that it turned from paused to recording, or back, was told by another kind of event
        self._found: RecordingEvent | None = None  # the end as it was found, while more may be told of it
        self._has_ended = False  # an event of kind `ended` was told
        self._is_explained = False  # what ended it was told

    def resume(self, seen: RecordingStatus, looked_at: float) -> None:
        """Go on where somebody else has left off, who has told what was seen until then.

        Args:
            seen: the status as it was known last, which is none of an end.
            looked_at: when that counts as looked up.
        """
        if seen.state is not RecordingState.UNREACHABLE:
            self.state = self._reached = seen.state
            self._announced[seen.state] = looked_at
        self.came_up = self.state not in (None, RecordingState.STARTING)
        self._has_paused = self.state is RecordingState.PAUSED
        self._files = {file.name: file.status for file in seen.files}
        if self.state in UP:
            self.looked_at = looked_at

    @property
    def is_steady(self) -> bool:
        """Whether it runs, and nothing about it is in question."""
        is_in_question = self.is_doubtful or self.is_missing or self.has_moved or self.failures
        return self.state in UP and self.ends_at is None and not is_in_question

    def is_over(self, now: float) -> bool:
        """Whether nothing more will be told."""
        return self.ends_at is not None and now >= self.ends_at and self._found is None

    def told(self, event: RecordingEvent, now: float) -> list[RecordingEvent]:
        """What is new in an event that a callback or an operation of this process told."""
        if self.is_over(now):
            return []
        if not event.verified:
            self.is_doubtful = True
            return []
        if event.source is not EventSource.CALLBACK:
            self._is_explained = self._is_explained or event.ending is not None
            return self._announce(event, now)
        if self.heard_at:
            gap = now - self.heard_at
            self.rhythm = (self.rhythm + gap) / 2 if self.rhythm else gap
        self.heard_at = now
        released, is_late = self.order.take(event, now)
        return self._pass_on(released, now, is_late=is_late)

    def release(self, now: float) -> list[RecordingEvent]:
        """What is new in callbacks that have waited long enough for those before them, and an end that has."""
        if self.is_over(now):
            return []
        passed = self._pass_on(self.order.release(now), now)
        if self._found is not None and self.ends_at is not None and now >= self.ends_at:
            passed += self._conclude(self._found, now)
        return passed

    def saw(self, look: RecordingEvent, now: float) -> list[RecordingEvent]:
        """What is new in a look: an event of kind `status` with the state and all files."""
        self.looks += 1
        self.looked_at, self.failures, self.is_doubtful = now, 0, False
        if self.is_over(now) or look.state is None:
            return []
        if self.state is not None and self.state.terminal and not look.state.terminal:  # the look was overtaken
            return []
        if look.state in UP and self._found is not None and self._found.source is EventSource.CALLBACK:
            self._found = self.ends_at = None  # the end that was claimed isn't true
            self._is_explained = False
        if look.state is RecordingState.GONE and self._may_hear_more(now):
            self._miss()
            return []
        if look.state.terminal:
            return self._end(look, now)
        state: RecordingState | None = look.state
        if PROGRESS[look.state] < PROGRESS[self._reached]:
            if look.state not in UP:  # else the look was overtaken
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

    def _may_hear_more(self, now: float) -> bool:
        """Whether callbacks come, and haven't been silent for long since the last one or since its end began."""
        ending = (told_at for state, told_at in self._announced.items() if state.ending)
        return bool(self.heard_at) and now - max(self.heard_at, *ending, 0.0) < LAST_WORD_S

    def _kind(self, state: RecordingState | None, files: tuple[RecordedFile, ...]) -> EventKind:
        """What it is called that a look found a state and files."""
        if state is None or state is self.state:
            return EventKind.STATUS if all(file.status.settled for file in files) else EventKind.FILE_STARTED
        if self.state is RecordingState.UNREACHABLE and state is self._reached:
            return EventKind.STATUS
        if state is RecordingState.RECORDING and self._reached is RecordingState.PAUSED:
            return EventKind.RESUMED
        return KINDS[state]

    def _end(self, look: RecordingEvent, now: float) -> list[RecordingEvent]:
        """A look found the end. Where callbacks come, they have a moment to tell it: they know more of it.

        So they have where a fault ended it and the look doesn't know which: the first callback may be the one that
        does.
        """
        says_more = look.state is not self.state or look.ending is not None or self._news(look.files)
        if self._has_ended or not says_more:
            return []
        is_explained = look.ending is not Ending.FAULT or look.fault is not None
        if look.state is RecordingState.GONE or (not self.heard_at and is_explained):
            return self._conclude(look, now)
        self._found = look
        if self.ends_at is None:
            self.ends_at = now + GRACE_S
        return []

    def _conclude(self, look: RecordingEvent, now: float) -> list[RecordingEvent]:
        """Tell the end that a look has found, after all that callbacks told: nothing is waited for any more."""
        passed = self._pass_on(self.order.flush(), now)
        self._found = None
        if not any(event.kind is EventKind.ENDED for event in passed):
            passed.append(self._tell(look.model_copy(update={"kind": EventKind.ENDED}), now))
        self.ends_at = now
        return passed

    def _announce(self, event: RecordingEvent, now: float) -> list[RecordingEvent]:
        """What an operation did, unless it was told already."""
        state = event.state
        if event.kind in PAUSES and (self.is_missing or self.has_moved):
            self.held = state  # the latest wish counts
        if state is not None:
            is_known = state is self.state and not (self._unsaid and event.kind in PAUSES)
            if is_known or PROGRESS[state] < PROGRESS[self._reached]:
                return []
            self._announced[state] = now
        return [self._tell(event, now)]

    def _pass_on(self, events: Iterable[RecordingEvent], now: float, *, is_late: bool = False) -> list[RecordingEvent]:
        """What is new in callbacks. One that is late, or behind what was told, changes no state."""
        passed = []
        for event in events:
            # Pictures come by the thousand, and each of them once.
            is_news = event.kind is not EventKind.SNAPSHOT and self._news(event.files)
            if is_news or not self._is_known(event):
                is_behind = event.state is not None and PROGRESS[event.state] < PROGRESS[self._reached]
                if is_late or is_behind:
                    event = event.model_copy(update={"state": None})
                wants_a_look = self._wants_a_look(event)
                self.is_doubtful = self.is_doubtful or wants_a_look or event.is_partial
                if wants_a_look and event.kind is EventKind.ENDED:
                    self._found, self.ends_at = event, self.ends_at or now + GRACE_S
                else:
                    passed.append(self._tell(event, now))
            self._is_explained = self._is_explained or event.ending is not None
        return passed

    def _wants_a_look(self, event: RecordingEvent) -> bool:
        """Whether it tells an end that its signature doesn't prove and nothing before it explains.

        The status may know more, or deny it. Its last word is withheld for that moment.
        """
        tells_end = event.state is not None and event.state.terminal
        return tells_end and event.nonce is not None and event.confirmed is None and not self._is_explained

    def _is_known(self, event: RecordingEvent) -> bool:
        """Whether a look or an operation has told already what a callback says."""
        if event.kind not in ANNOUNCING or event.fault or event.ending not in (None, Ending.STOPPED):
            return False
        if event.state is None:
            return bool(event.files)
        happened = event.occurred_at.timestamp() if event.occurred_at else 0.0
        known = event.state is self.state or any(
            (state is event.state or PROGRESS[state] > PROGRESS[event.state]) and happened <= told_at + GRACE_S
            for state, told_at in self._announced.items()
        )
        if event.kind in PAUSES:
            # One callback belongs to one turn that was told: the next like it tells of another turn.
            turned_at = self._announced.pop(event.state, -math.inf)
            if not known and happened <= turned_at + REPEATED_S:
                known = self.is_doubtful = True
        return known or (event.kind is EventKind.STOPPED and self.state is not None and self.state.ending)

    def _news(self, files: tuple[RecordedFile, ...]) -> tuple[RecordedFile, ...]:
        """Those that weren't told yet, or of which it wasn't known where they end up."""
        news = []
        for file in files:
            before = self._files.get(file.name)
            if before is None or (file.status.settled and before not in (file.status, FileStatus.EXPIRED)):
                self._files[file.name] = file.status
                news.append(file)
        return tuple(news)

    def _tell(self, event: RecordingEvent, now: float) -> RecordingEvent:
        """Know that the event is told."""
        if event.kind is EventKind.MIGRATED:
            self._leave()
            self.has_moved, self.is_missing = True, False
        # Not where nobody knows yet what ended it: the callback that does may come after the one that says so.
        is_last = event.kind is EventKind.ENDED and (event.ending is not None or self._found is not None)
        if event.kind is EventKind.ENDED:
            self._found, self._has_ended = None, True
        if self.state is not None and self.state.terminal:
            self.ends_at = now if event.kind is EventKind.ENDED else self.ends_at
            return event.model_copy(update={"state": self.state})
        state = event.state
        if state is None:
            return event
        if self.state not in (None, state):
            self.looks = 0
            self._unsaid = {self.state, state} <= UP and event.kind not in PAUSES
        elif event.kind in PAUSES:
            self._unsaid = False
        if state is not RecordingState.UNREACHABLE:
            self._find(state)
            self._reached = state
            self.came_up = self.came_up or state in UP
        self._has_paused = self._has_paused or state is RecordingState.PAUSED
        self.state = state
        if state.terminal:
            self.ends_at = now if is_last else now + GRACE_S
        return event

    def failed(self, now: float) -> None:
        """A look failed."""
        self.failures += 1
        self.looked_at = now

    def _miss(self) -> None:
        """It can't be found."""
        if not self.is_missing:
            self._leave()
            self.is_missing, self.looks = True, 0

    def _leave(self) -> None:
        """It leaves its server; what it did there is to go on at the next one."""
        if not self.is_missing and not self.has_moved:
            self.held = self._reached if self._has_paused and self._reached in UP else None

    def _find(self, state: RecordingState) -> None:
        """It is there; if it couldn't be found for a while, it goes on at another server."""
        if self.is_missing:
            self.is_missing, self.has_moved = False, self.has_moved or {state, self._reached} <= UP


def with_outcome(event: RecordingEvent, status: RecordingStatus) -> RecordingEvent:
    """The event of an end with all that is known of the outcome."""
    return event.model_copy(
        update={
            "state": status.state if status.state.terminal else event.state,
            "files": status.files or event.files,
            "reason": status.reason or event.reason,
            "fault": status.fault or event.fault,
            "ending": status.ending or event.ending,
        }
    )
