"""What this process knows of each recording: its handle, whose ids are whose, and what was seen of it last.

Vendors forget: some list no files after the end, and some don't know a recording any more a minute later.
"""

from __future__ import annotations

import threading
import zlib
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

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
ASKED_FOR = (Ending.IDLE, Ending.LIMIT)
"""Ends that are no failures, though a vendor's status may not tell them from one when they leave no file."""
RUNNING = (RecordingState.STARTING, RecordingState.RECORDING, RecordingState.PAUSED)
ENDING = (RecordingState.STOPPING, RecordingState.UPLOADING)
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

    def forget(self, recording: Recording) -> None:
        """What was known of an earlier recording that was started with the same key isn't known of this one."""
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
        """How it ended, where that is known: nothing follows an end."""
        status = self.status(recording)
        return status if status and status.state in (RecordingState.COMPLETED, RecordingState.FAILED) else None

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
            status = _with_what_was_seen(status, _status_of(entry))
            entry.status = _kept(status)
        return status

    def tell(self, event: RecordingEvent) -> None:
        """Keep what a verified event says about state, files and end."""
        if event.recording_id is None or not event.verified or not (event.state or event.files or event.ending):
            return
        if event.kind is EventKind.SNAPSHOT:  # no list of a recording's files has its pictures
            return
        with self._guard:
            entry = self._find(event.recording_id)
            if entry is None:
                return
            before = _status_of(entry)
            state = event.state or (before.state if before else RecordingState.STARTING)
            if before and before.state.terminal and (before.state is not RecordingState.GONE or not state.terminal):
                state = before.state
            if before and before.state in ENDING and state in RUNNING:  # it came late
                state = before.state
            is_over = state.terminal or event.ending is not None
            ended_at = event.occurred_at if is_over and not (before and before.ended_at) else None
            settled = SETTLED.get(event.kind)
            if settled and before and not event.files:
                before = before.model_copy(
                    update={"files": tuple(file.model_copy(update={"status": settled}) for file in before.files)}
                )
            told = RecordingStatus(
                state=state,
                files=event.files,
                started_at=datetime.fromtimestamp(entry.started_at, UTC),
                ended_at=ended_at or (before.ended_at if before else None),
                reason=event.reason or (before.reason if before and before.state is state else None),
                fault=event.fault or (before.fault if before else None),
                ending=event.ending,
                raw=event.raw,
            )
            entry.status = _kept(_with_what_was_seen(told, before))

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


def _kept(status: RecordingStatus) -> bytes:
    """A status as it is kept: the vendor's answer is that of its end alone."""
    left = None if status.state.terminal else {"raw"}
    return status.model_dump_json(exclude_defaults=True, exclude=left).encode()


def _status_of(entry: _Entry) -> RecordingStatus | None:
    return None if entry.status is None else RecordingStatus.model_validate_json(entry.status)


def _with_what_was_seen(status: RecordingStatus, before: RecordingStatus | None) -> RecordingStatus:
    """A status with the files and the cause of the end that were known before it."""
    if before is None:
        return status
    files = _union(before.files, status.files, status.state)
    ending = status.ending or before.ending
    if status.state is RecordingState.FAILED and not files and ending in ASKED_FOR:
        reason = status.reason if status.ending else before.reason
        return status.model_copy(update={"state": RecordingState.COMPLETED, "ending": ending, "reason": reason})
    if files == status.files and ending == status.ending:
        return status
    return status.model_copy(update={"files": files, "ending": ending})


def _union(
    before: tuple[RecordedFile, ...], now: tuple[RecordedFile, ...], state: RecordingState
) -> tuple[RecordedFile, ...]:
    """All files ever seen: one that the vendor moved away from isn't in its latest list, and yet it was recorded.

    Whether a file that isn't listed any more has arrived isn't known once the recording has ended.
    """
    if not before:
        return now
    listed = {file.name for file in now}
    earlier = tuple(
        file.model_copy(update={"status": FileStatus.UNKNOWN}) if state.terminal and file.status in ON_ITS_WAY else file
        for file in before
        if file.name not in listed
    )
    return (*earlier, *now)
