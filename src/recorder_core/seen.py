"""What was seen of one recording, and by which rules a look or a callback adds to it.

Vendors forget: some list no files after the end, and some don't know a recording any more a minute later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from recorder_core.errors import Fault
from recorder_core.models import (
    Ending,
    EventKind,
    FileStatus,
    RecordedFile,
    RecordingEvent,
    RecordingState,
    RecordingStatus,
)

__all__ = ["ENDED", "Seen", "Trouble"]

ON_ITS_WAY = (FileStatus.RECORDING, FileStatus.UPLOADING)
ASKED_FOR = (Ending.IDLE, Ending.LIMIT)
"""Ends that are no failures, though a vendor's status may not tell them from one when they leave no file."""
DEAD = (RecordingState.FAILED, RecordingState.GONE)
ENDED = (RecordingState.COMPLETED, RecordingState.FAILED)
ARRIVED = {EventKind.UPLOADED: FileStatus.UPLOADED, EventKind.BACKED_UP: FileStatus.BACKUP}
"""Where the files are after an event that names none of them."""

Trouble: TypeAlias = tuple[str | None, Fault]
"""The reason and the fault of something that went wrong."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known of one recording but its handle."""

    status: RecordingStatus | None = None
    """What was seen last. None: nothing was."""
    trouble: Trouble | None = None
    """The last thing that went wrong: what killed it, should it die without another cause."""
    is_claimed: bool = False
    """Whether its end is known from a callback alone whose signature doesn't cover it."""
    is_missed: bool = False
    """Whether the vendor doesn't know it any more, which alone proves no more of a claimed end than that it is over."""

    @property
    def has_ended(self) -> bool:
        """Whether it has come to an end whose outcome is known, be it only claimed."""
        return self.status is not None and self.status.state in ENDED

    @property
    def outcome(self) -> RecordingState | None:
        """How it ended. None: it hasn't, or a callback alone says so, which may be forged."""
        if self.status is None or not self.status.state.terminal:
            return None
        if self.is_claimed:
            return RecordingState.GONE if self.is_missed else None
        return self.status.state

    @property
    def shown(self) -> RecordingStatus | None:
        """What was seen last. What went wrong isn't kept with it, for the recording may turn out well all the same."""
        return None if self.status is None else _with_trouble(self.status, self.trouble)

    @property
    def told(self) -> tuple[object, ...]:
        """What makes it another than before: the same look a second later is no news."""
        status = self.status
        if status is None:
            return None, self.trouble, self.is_claimed, self.is_missed
        details = (status.state, status.files, status.ending, status.reason, status.fault, status.ended_at)
        return *details, self.trouble, self.is_claimed, self.is_missed

    def learn(self, status: RecordingStatus) -> Seen:
        """A look's status, with the files and the cause of the end that were seen before."""
        before, trouble, is_claimed = self.status, self.trouble, self.is_claimed
        if is_claimed and status.state.running:  # the end that was told isn't true
            before = trouble = None
        if status.state in ENDED or status.state.running:
            is_claimed = False
        is_missed = is_claimed and (self.is_missed or status.state is RecordingState.GONE)
        if before and before.state in ENDED and status.state not in ENDED:  # a callback has overtaken the look
            status = before.model_copy(update={"ending": before.ending or status.ending})
        return Seen(_with_what_was_seen(status, before), trouble, is_claimed, is_missed)

    def tell(self, event: RecordingEvent, started_at: datetime) -> Seen:
        """What a verified event says about state, files, end, and what went wrong.

        Args:
            event: of this recording.
            started_at: when the recording started.
        """
        if not event.verified or event.kind is EventKind.SNAPSHOT:  # no list of a recording's files has its pictures
            return self
        kept = replace(self, trouble=(event.reason, event.fault)) if event.fault else self
        if not (event.state or event.files or event.ending):
            return kept
        before = _explained(self.status, event)
        state = event.state or (before.state if before else RecordingState.STARTING)
        if before and before.state.terminal and (before.state is not RecordingState.GONE or not state.terminal):
            state = before.state
        if before and before.state.ending and state.running:  # it came late
            state = before.state
        if event.kind is EventKind.ENDED and _has_failed(event, before):
            state = RecordingState.FAILED
        is_over = state.terminal or event.ending is not None
        ended_at = event.occurred_at if is_over and not (before and before.ended_at) else None
        arrived = ARRIVED.get(event.kind)
        if arrived and before and not event.files:
            before = before.model_copy(update={"files": tuple(_arrived(file, arrived) for file in before.files)})
        reason = event.reason
        if before and before.state is state:
            # After an end the event may only say less; before it, the latest counts.
            reason = before.reason or reason if state in ENDED else reason or before.reason
        told = RecordingStatus(
            state=state,
            files=event.files,
            started_at=started_at,
            ended_at=ended_at or (before.ended_at if before else None),
            reason=reason,
            fault=event.fault if event.state or event.ending else None,
            ending=event.ending,
            raw=event.raw,
        )
        is_claimed = self.is_claimed
        if state in ENDED:
            is_first = not (before and before.state in ENDED)
            proves = event.nonce is None or bool(event.confirmed)
            is_claimed = not proves and (is_first or is_claimed)
        return Seen(_with_what_was_seen(told, before), kept.trouble, is_claimed)


def _explained(before: RecordingStatus | None, event: RecordingEvent) -> RecordingStatus | None:
    """What was seen of an end, with its cause where that is told only now: until then nothing did, or a look guessed.

    What went wrong with the files stays the fault: it is what can be mended.
    """
    if before is None or before.state not in ENDED or event.ending is None or not event.reason:
        return before
    if before.ending is not None and (before.ending is not event.ending or before.fault or not event.fault):
        return before
    known = before.reason if before.fault else None
    reasons = dict.fromkeys(text for text in (event.reason, known) if text)
    return before.model_copy(update={"reason": "; ".join(reasons), "fault": before.fault or event.fault})


def _has_failed(event: RecordingEvent, before: RecordingStatus | None) -> bool:
    """Whether a fault has ended it before there was a file: the last word of a vendor may not tell so."""
    if before is None or before.state in ENDED or before.files or event.files:
        return False
    return Ending.FAULT in (before.ending, event.ending)


def _with_what_was_seen(status: RecordingStatus, before: RecordingStatus | None) -> RecordingStatus:
    """A status with the files that were known before it, and with what ended it as it was told first."""
    if before is None:
        return status
    files = _union(before.files, status.files, status.state)
    seen: dict[str, Any] = {"files": files, "ending": before.ending or status.ending, "reason": _reason(status, before)}
    if before.ending or before.state in ENDED:
        fault = before.fault or status.fault if before.state in ENDED else status.fault or before.fault
        seen |= {"fault": fault, "ended_at": before.ended_at or status.ended_at}
    if status.state is RecordingState.FAILED and not files and seen["ending"] in ASKED_FOR:
        seen["state"] = RecordingState.COMPLETED
    changed = {name: value for name, value in seen.items() if value != getattr(status, name)}
    return status.model_copy(update=changed) if changed else status


def _reason(status: RecordingStatus, before: RecordingStatus) -> str | None:
    """Why it is so: what ended it by itself, as it was told first, and what else went wrong after that."""
    if before.ending in (None, Ending.STOPPED) or not before.reason:
        return status.reason
    is_new = status.fault and status.reason and status.reason not in before.reason
    return f"{before.reason}; {status.reason}" if is_new else before.reason


def _with_trouble(status: RecordingStatus, trouble: Trouble | None) -> RecordingStatus:
    """A status; that of a death of which it tells no cause, with what went wrong before."""
    if trouble is None or status.fault is not None or status.state not in DEAD:
        return status
    reason, fault = trouble
    reasons = dict.fromkeys(text for text in (reason, status.reason) if text)
    return status.model_copy(update={"fault": fault, "reason": "; ".join(reasons) or None})


def _union(
    before: tuple[RecordedFile, ...], now: tuple[RecordedFile, ...], state: RecordingState
) -> tuple[RecordedFile, ...]:
    """All files ever seen: one that the vendor moved away from isn't in its latest list, and yet it was recorded.

    Whether a file that isn't listed any more has arrived isn't known once the recording has ended.
    """
    known = {file.name: file for file in before}
    latest = tuple(_latest(known.get(file.name), file) for file in now)
    listed = {file.name for file in now}
    found = (*(file for file in before if file.name not in listed), *latest)
    if not state.terminal:
        return found
    return tuple(
        file.model_copy(update={"status": FileStatus.UNKNOWN}) if file.status in ON_ITS_WAY else file for file in found
    )


def _latest(before: RecordedFile | None, now: RecordedFile) -> RecordedFile:
    """A file as it is: what has settled isn't on its way again, and what has expired doesn't come back."""
    if before is None or now.status is FileStatus.EXPIRED:
        return now
    if before.status is FileStatus.EXPIRED or (before.status.settled and not now.status.settled):
        return before
    return now


def _arrived(file: RecordedFile, status: FileStatus) -> RecordedFile:
    """A file of which an event says, without naming it, where it is."""
    return file if file.status is FileStatus.EXPIRED else file.model_copy(update={"status": status})
