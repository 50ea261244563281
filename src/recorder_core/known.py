"""What this process knows of each recording: its handle, whose ids are whose, and what was seen of it last."""

from __future__ import annotations

import zlib
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recorder_core.forking import Guarded
from recorder_core.models import Recording, RecordingEvent, RecordingStatus
from recorder_core.models.base import FrozenMapping
from recorder_core.models.recording import ids_of
from recorder_core.seen import ENDED, Seen, Trouble

__all__ = ["Entry", "Known"]

REMEMBERED = 1024
"""Recordings that nobody follows; the latest are kept."""
NOTHING: FrozenMapping[str, Any] = FrozenMapping()


@dataclass(slots=True)
class Entry:
    """One start of one recording."""

    handle: Recording | bytes
    started_at: float
    revision: int
    ids: tuple[str, ...]
    """The vendor's, the start's own first."""
    status: RecordingStatus | bytes | None = None
    is_compact: bool = False
    """Whether handle and status are kept as text, which takes a tenth of the memory of objects, and more time."""
    has_ended: bool = False
    """Whether the status is that of an end whose outcome is known."""
    trouble: Trouble | None = None
    is_claimed: bool = False
    written: Any = None
    """Where there is a ledger: what it says of it, as far as it isn't here. None: what is known isn't all there."""

    @classmethod
    def of(cls, recording: Recording, native_key: str) -> Entry:
        """A start of which nothing was seen yet."""
        return cls(recording, recording.started_at.timestamp(), recording.revision, recording.ids_under(native_key))

    @property
    def recording(self) -> Recording:
        """The newest handle."""
        if isinstance(self.handle, Recording):
            return self.handle
        return Recording.model_validate_json(zlib.decompress(self.handle))

    def compact(self) -> None:
        """Take little memory from now on: there may be thousands like it."""
        recording, seen, self.is_compact = self.recording, self.seen, True
        self.change(recording)
        self.seen = seen

    def change(self, recording: Recording) -> None:
        """Keep a handle."""
        self.handle = _compact(recording) if self.is_compact else recording
        self.revision = max(self.revision, recording.revision)

    @property
    def seen(self) -> Seen:
        """What was seen of it."""
        status = self.status
        if isinstance(status, bytes):
            status = RecordingStatus.model_validate_json(status)
        return Seen(status, self.trouble, self.is_claimed)

    @seen.setter
    def seen(self, seen: Seen) -> None:
        status = seen.status
        if status is not None:
            if status.raw and not status.state.terminal:  # the vendor's answer is kept only of the end
                status = status.model_copy(update={"raw": NOTHING})
            self.status = status.model_dump_json(exclude_defaults=True).encode() if self.is_compact else status
        self.has_ended = status is not None and status.state in ENDED
        self.trouble, self.is_claimed = seen.trouble, seen.is_claimed


class Known(Guarded):
    """What is known, by the recording's id. Thread-safe.

    Args:
        native_key: as in `Provider`.
    """

    def __init__(self, native_key: str) -> None:
        super().__init__()
        self._native_key = native_key
        self._recent: OrderedDict[str, Entry] = OrderedDict()
        self._pinned: dict[str, Entry] = {}
        self._pins: Counter[str] = Counter()
        self._ids: dict[str, str] = {}

    def remember(self, recording: Recording) -> None:
        """Know a handle; of two of one start the one with more changes counts."""
        with self._guard:
            self._entry(recording)

    def change(self, recording: Recording) -> None:
        """Know the handle that a change of the recording has just made: it counts, whichever handle was changed."""
        with self._guard:
            entry = self._entry(recording)
            if entry.started_at == recording.started_at.timestamp():
                self._change(entry, recording)

    def teach(self, recording: Recording, native: Mapping[str, Any]) -> Recording:
        """Know ids that came after the start; returns the handle with all that are known.

        What was seen until then is nothing any more if it was an end: it was one of a part.

        Args:
            recording: the handle.
            native: ids by their names.
        """
        with self._guard:
            entry = self._entry(recording)
            if entry.started_at != recording.started_at.timestamp():
                return recording.taught(native, self._native_key)
            before = entry.recording
            taught = before.taught(native, self._native_key)
            if taught is not before:
                self._change(entry, taught)
            return taught

    def begin(self, recording: Recording) -> None:
        """Know a recording that was just started, and nothing of an earlier one with the same key."""
        with self._guard:
            self._remove(recording.id)
            self._entry(recording)

    def pin(self, recording: Recording) -> None:
        """Keep what is known of it until `unpin`, however many others come."""
        with self._guard:
            entry = self._entry(recording)
            if not entry.is_compact:
                entry.compact()
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

    def __contains__(self, recording_id: object) -> bool:
        """Whether this process itself knows a recording."""
        with self._guard:
            return isinstance(recording_id, str) and self._find(recording_id) is not None

    def handle(self, recording_id: str) -> Recording | None:
        """The newest handle of a recording; None: it isn't known."""
        with self._guard:
            entry = self._find(recording_id)
        return None if entry is None else entry.recording

    def newest(self, recording: Recording) -> Recording:
        """The handle, or that of the same start which more changes have made."""
        with self._guard:
            entry = self._find(recording.id)
        if entry is None or entry.started_at != recording.started_at.timestamp():
            return recording
        newest = recording if entry.revision <= recording.revision else entry.recording
        return newest.taught({self._native_key: entry.ids}, self._native_key)

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
        return entry.seen.shown if entry and entry.started_at == recording.started_at.timestamp() else None

    def last(self, recording_id: str) -> RecordingStatus | None:
        """What was seen last of the newest start; None: nothing was."""
        with self._guard:
            entry = self._find(recording_id)
        return None if entry is None else entry.seen.shown

    def learn(self, recording: Recording, status: RecordingStatus) -> RecordingStatus:
        """Keep a status, with the files and the cause of the end that were seen before; returns it so."""
        with self._guard:
            entry = self._entry(recording)
            if entry.started_at != recording.started_at.timestamp():
                return status  # of an earlier start with the same key
            seen = entry.seen = entry.seen.learn(status)
            return seen.shown or status

    def tell(self, event: RecordingEvent) -> None:
        """Keep what a verified event says about state, files, end, and what went wrong."""
        with self._guard:
            entry = self._find(event.recording_id) if event.recording_id else None
            if entry is None:
                return
            before = entry.seen
            seen = before.tell(event, datetime.fromtimestamp(entry.started_at, UTC))
            if seen is not before:
                entry.seen = seen

    def overhear(self, event: RecordingEvent) -> None:
        """Keep what an event says that another process was told, if the recording is known here."""
        self.tell(event)

    def named(self, event: RecordingEvent) -> RecordingEvent:
        """The event with our id of the recording, where it is known."""
        with self._guard:
            found = next((self._ids[one] for one in self._ids_of(event) if one in self._ids), None)
        return event if found is None else event.model_copy(update={"recording_id": found})

    def knows(self, native_id: str) -> bool:
        """Whether a vendor's id of a recording is one of these."""
        with self._guard:
            return native_id in self._ids

    def handle_under(self, native_id: str) -> Recording | None:
        """The newest handle of a recording, by any of the vendor's ids; None: it isn't known."""
        with self._guard:
            found = self._ids.get(native_id)
        return None if found is None else self.handle(found)

    def _ids_of(self, event: RecordingEvent) -> tuple[str, ...]:
        """The vendor's ids that an event names."""
        return ids_of(event.native.get(self._native_key))

    def _find(self, recording_id: str) -> Entry | None:
        return self._pinned.get(recording_id) or self._recent.get(recording_id)

    def _entry(self, recording: Recording) -> Entry:
        """What is known of the recording, which is known from now on."""
        entry = self._find(recording.id)
        started_at = recording.started_at.timestamp()
        if entry is None or entry.started_at < started_at:
            self._remove(recording.id)
            entry = Entry.of(recording, self._native_key)
            self._ids.update(dict.fromkeys(entry.ids, recording.id))
        elif entry.started_at == started_at and recording.revision > entry.revision:
            self._change(entry, recording)
        self._keep(recording.id, entry)
        return entry

    def _change(self, entry: Entry, recording: Recording) -> None:
        """Keep another handle of the same start, with the ids that either has."""
        key = self._native_key
        entry.change(recording.taught({key: entry.ids}, key) if len(entry.ids) > 1 else recording)
        further = tuple(one for one in recording.ids_under(key) if one not in entry.ids)
        if further:
            entry.ids = (*entry.ids, *further)
            self._ids.update(dict.fromkeys(further, recording.id))
            if entry.has_ended:
                entry.seen = Seen(trouble=entry.trouble)

    def _keep(self, recording_id: str, entry: Entry) -> None:
        if recording_id in self._pins:
            self._pinned[recording_id] = entry
            return
        self._recent[recording_id] = entry
        self._recent.move_to_end(recording_id)
        while len(self._recent) > REMEMBERED:
            self._remove(next(iter(self._recent)))

    def _remove(self, recording_id: str) -> None:
        entry = self._pinned.pop(recording_id, None) or self._recent.pop(recording_id, None)
        for one in () if entry is None else entry.ids:
            if self._ids.get(one) == recording_id:
                del self._ids[one]


def _compact(recording: Recording) -> bytes:
    # Whole: without its defaults a layout wouldn't say of which kind it is.
    return zlib.compress(recording.model_dump_json().encode(), level=1)
