"""What this process knows of each recording: its handle, whose ids are whose, and what was seen of it last.

Vendors forget: some list no files after the end, and some don't know a recording any more a minute later.
"""

from __future__ import annotations

import threading
import zlib
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recorder_core.errors import Fault
from recorder_core.models import (
    Ending,
    EventKind,
    FileStatus,
    RecordedFile,
    Recording,
    RecordingEvent,
    RecordingState,
    RecordingStatus,
)

__all__ = ["Known"]

REMEMBERED = 1024
"""Recordings that nobody follows; the latest are kept."""
ON_ITS_WAY = (FileStatus.RECORDING, FileStatus.UPLOADING)
OPEN = (*ON_ITS_WAY, FileStatus.UNKNOWN)
"""Where a file is that may still arrive, or of which nothing is told; what was told of its arrival before stays."""
ASKED_FOR = (Ending.IDLE, Ending.LIMIT)
"""Ends that are no failures, though a vendor's status may not tell them from one when they leave no file."""
DEAD = (RecordingState.FAILED, RecordingState.GONE)
ENDED = (RecordingState.COMPLETED, RecordingState.FAILED)
SETTLED = {EventKind.UPLOADED: FileStatus.UPLOADED, EventKind.BACKED_UP: FileStatus.BACKUP}
"""Where the files are after an event that names none of them."""


@dataclass(slots=True)
class _Entry:
    """One start of one recording. Handle and status are kept as text, which takes a tenth of the memory of objects."""

    handle: bytes
    started_at: float
    revision: int
    native: str
    status: bytes | None = None
    has_ended: bool = False
    """Whether the status is that of an end whose outcome is known."""
    trouble: tuple[str | None, Fault] | None = None
    """The reason and the fault of the last thing that went wrong: what killed it, should it die without another."""
    is_claimed: bool = False
    """Whether its end is known from a callback alone whose signature doesn't cover it."""


class Known:
    """What is known, by the recording's id. Thread-safe.

    Args:
        native_key: as in `Provider`.
    """

    def __init__(self, native_key: str) -> None:
        self._native_key = native_key
        self._recent: OrderedDict[str, _Entry] = OrderedDict()
        self._pinned: dict[str, _Entry] = {}
        self._pins: Counter[str] = Counter()
        self._ids: dict[str, str] = {}
        self._guard = threading.Lock()

    def remember(self, recording: Recording) -> None:
        """Know a handle; of two of one start the one with more changes counts."""
        with self._guard:
            self._entry(recording)

    def change(self, recording: Recording) -> None:
        """Know the handle that a change of the recording has just made: it counts, whichever handle was changed."""
        with self._guard:
            entry = self._entry(recording)
            if entry.started_at == recording.started_at.timestamp():
                entry.handle, entry.revision = _compact(recording), max(entry.revision, recording.revision)

    def begin(self, recording: Recording) -> None:
        """Know a recording that was just started, and nothing of an earlier one with the same key."""
        with self._guard:
            self._remove(recording.id)
            self._entry(recording)

    def pin(self, recording: Recording) -> None:
        """Keep what is known of it until `unpin`, however many others come."""
        with self._guard:
            entry = self._entry(recording)
            self._pins[recording.id] += 1
            self._pinned[recording.id] = entry
            self._recent.pop(recording.id, None)

    def unpin(self, recording_id: str) -> None:
        """End one `pin`."""
        with self._guard:
            self._pins[recording_id] -= 1
            if self._pins[recording_id] <= 0:
                del self._pins[recording_id]
                if (entry := self._pinned.pop(recording_id, None)) is not None:
                    self._keep(recording_id, entry)

    def handle(self, recording_id: str) -> Recording | None:
        """The newest handle of a recording; None: it isn't known."""
        with self._guard:
            entry = self._find(recording_id)
        return None if entry is None else Recording.model_validate_json(zlib.decompress(entry.handle))

    def outcome(self, recording: Recording) -> RecordingStatus | None:
        """How it ended, where that is known: nothing follows an end.

        A callback whose signature doesn't cover it is not enough: forged, it would keep a recording from being stopped.
        """
        with self._guard:
            entry = self._find(recording.id)
            is_known = entry is not None and entry.has_ended and not entry.is_claimed
        return self.status(recording) if is_known else None

    def status(self, recording: Recording) -> RecordingStatus | None:
        """What was seen last; None: nothing was."""
        with self._guard:
            entry = self._find(recording.id)
        return _status_of(entry) if entry and entry.started_at == recording.started_at.timestamp() else None

    def last(self, recording_id: str) -> RecordingStatus | None:
        """What was seen last of the newest start; None: nothing was."""
        with self._guard:
            entry = self._find(recording_id)
        return None if entry is None else _status_of(entry)

    def learn(self, recording: Recording, status: RecordingStatus) -> RecordingStatus:
        """Keep a status, with the files and the cause of the end that were seen before; returns it so."""
        with self._guard:
            entry = self._entry(recording)
            if entry.started_at != recording.started_at.timestamp():
                return status  # of an earlier start with the same key
            before = _seen(entry)
            if entry.is_claimed and status.state.running:  # the end that was told isn't true
                before = entry.trouble = None
            if status.state in ENDED or status.state.running:
                entry.is_claimed = False
            if before and before.state in ENDED and status.state not in ENDED:  # a callback has overtaken the look
                status = before.model_copy(update={"ending": before.ending or status.ending})
            status = _with_what_was_seen(status, before)
            _keep(entry, status)
            return _with_trouble(status, entry.trouble)

    def tell(self, event: RecordingEvent) -> None:
        """Keep what a verified event says about state, files, end, and what went wrong."""
        tells = event.state or event.files or event.ending or event.fault
        if event.recording_id is None or not event.verified or not tells:
            return
        if event.kind is EventKind.SNAPSHOT:  # no list of a recording's files has its pictures
            return
        with self._guard:
            entry = self._find(event.recording_id)
            if entry is None:
                return
            entry.trouble = (event.reason, event.fault) if event.fault else entry.trouble
            if not (event.state or event.files or event.ending):
                return
            before = _explained(_seen(entry), event)
            state = event.state or (before.state if before else RecordingState.STARTING)
            if before and before.state.terminal and (before.state is not RecordingState.GONE or not state.terminal):
                state = before.state
            if before and before.state.ending and state.running:  # it came late
                state = before.state
            if event.kind is EventKind.ENDED and _has_failed(event, before):
                state = RecordingState.FAILED
            is_over = state.terminal or event.ending is not None
            ended_at = event.occurred_at if is_over and not (before and before.ended_at) else None
            settled = SETTLED.get(event.kind)
            if settled and before and not event.files:
                before = before.model_copy(
                    update={"files": tuple(file.model_copy(update={"status": settled}) for file in before.files)}
                )
            reason = event.reason
            if before and before.state is state:
                # After an end the event may only say less; before it, the latest counts.
                reason = before.reason or reason if state in ENDED else reason or before.reason
            told = RecordingStatus(
                state=state,
                files=event.files,
                started_at=datetime.fromtimestamp(entry.started_at, UTC),
                ended_at=ended_at or (before.ended_at if before else None),
                reason=reason,
                fault=event.fault if event.state or event.ending else None,
                ending=event.ending,
                raw=event.raw,
            )
            _keep(entry, _with_what_was_seen(told, before))
            if state in ENDED:
                is_first = not (before and before.state in ENDED)
                proves = event.nonce is None or bool(event.confirmed)
                entry.is_claimed = not proves and (is_first or entry.is_claimed)

    def named(self, event: RecordingEvent) -> RecordingEvent:
        """The event with our id of the recording, where it is known."""
        native = event.native.get(self._native_key)
        with self._guard:
            found = self._ids.get(native) if isinstance(native, str) else None
        return event if found is None else event.model_copy(update={"recording_id": found})

    def _find(self, recording_id: str) -> _Entry | None:
        return self._pinned.get(recording_id) or self._recent.get(recording_id)

    def _entry(self, recording: Recording) -> _Entry:
        """What is known of the recording, which is known from now on."""
        entry = self._find(recording.id)
        started_at = recording.started_at.timestamp()
        if entry is None or entry.started_at < started_at:
            self._remove(recording.id)
            native = str(recording.native.get(self._native_key, ""))
            entry = _Entry(_compact(recording), started_at, recording.revision, native)
            self._ids[native] = recording.id
        elif entry.started_at == started_at and recording.revision > entry.revision:
            entry.handle, entry.revision = _compact(recording), recording.revision
        self._keep(recording.id, entry)
        return entry

    def _keep(self, recording_id: str, entry: _Entry) -> None:
        if recording_id in self._pins:
            self._pinned[recording_id] = entry
            return
        self._recent[recording_id] = entry
        self._recent.move_to_end(recording_id)
        while len(self._recent) > REMEMBERED:
            self._remove(next(iter(self._recent)))

    def _remove(self, recording_id: str) -> None:
        entry = self._pinned.pop(recording_id, None) or self._recent.pop(recording_id, None)
        if entry is not None and self._ids.get(entry.native) == recording_id:
            del self._ids[entry.native]


def _compact(recording: Recording) -> bytes:
    # Whole: without its defaults a layout wouldn't say of which kind it is.
    return zlib.compress(recording.model_dump_json().encode(), level=1)


def _keep(entry: _Entry, status: RecordingStatus) -> None:
    """Keep a status; the vendor's answer only that of the end."""
    left = None if status.state.terminal else {"raw"}
    entry.status = status.model_dump_json(exclude_defaults=True, exclude=left).encode()
    entry.has_ended = status.state in ENDED


def _seen(entry: _Entry) -> RecordingStatus | None:
    return None if entry.status is None else RecordingStatus.model_validate_json(entry.status)


def _status_of(entry: _Entry) -> RecordingStatus | None:
    """What was seen last. What went wrong isn't kept with it, for the recording may turn out well all the same."""
    seen = _seen(entry)
    return None if seen is None else _with_trouble(seen, entry.trouble)


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


def _with_trouble(status: RecordingStatus, trouble: tuple[str | None, Fault] | None) -> RecordingStatus:
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
    settled = {file.name: file for file in before if file.status not in OPEN}
    latest = tuple(settled.get(file.name, file) if file.status in OPEN else file for file in now)
    listed = {file.name for file in now}
    found = (*(file for file in before if file.name not in listed), *latest)
    if not state.terminal:
        return found
    return tuple(
        file.model_copy(update={"status": FileStatus.UNKNOWN}) if file.status in ON_ITS_WAY else file for file in found
    )
