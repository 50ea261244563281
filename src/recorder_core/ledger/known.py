"""What this process knows of each recording, and what other processes have written into the ledger."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from recorder_core.errors import LedgerUnavailable
from recorder_core.known import Entry, Known
from recorder_core.ledger.sight import Sight, Written
from recorder_core.models import Recording, RecordingEvent, RecordingState, RecordingStatus
from recorder_core.seen import Seen

if TYPE_CHECKING:
    from recorder_core.ledger.handles import Glance
    from recorder_core.ledger.ledger import Ledger

__all__ = ["LedgerKnown"]

logger = logging.getLogger("recorder_core.ledger")

DOUBTFUL = (RecordingState.STARTING, RecordingState.UNREACHABLE, RecordingState.GONE)
"""What a vendor's "not found" is taken for, unless another process has learnt the outcome."""
NOTHING_SEEN = Written(version=0, outcome=None, ended_at=None)


class LedgerKnown(Known):
    """What is known, here and in the ledger: what changes is written there, what isn't known here is read there.

    A ledger that can't be used costs nobody a recording that runs: what can't be written or read is logged, and what
    is known here counts. It is written with the next thing that is learnt.
    """

    def __init__(self, native_key: str, ledger: Ledger) -> None:
        super().__init__(native_key)
        self._ledger = ledger

    def begin(self, recording: Recording) -> None:
        """Know a recording that was just started; its handle is written down."""
        super().begin(recording)
        try:
            self._ledger.started(recording)
            with self._guard:
                if (entry := self._entry_of(recording)) is not None:
                    entry.written = NOTHING_SEEN
        except LedgerUnavailable as error:
            logger.error("the handle of recording %s isn't in the ledger: %s", recording.id, error.message)

    def change(self, recording: Recording) -> None:
        """Know and write down the handle that a change has just made."""
        super().change(recording)
        try:
            super().change(self._ledger.change(super().newest(recording)))
        except LedgerUnavailable as error:
            logger.error("the newest handle of recording %s isn't in the ledger: %s", recording.id, error.message)
            self._is_missing(recording)

    def teach(self, recording: Recording, native: Mapping[str, Any]) -> Recording:
        """Know and write down ids that came after the start; returns the handle with all that are known."""
        self._look_up(recording)
        before = super().newest(recording)
        taught = super().teach(recording, native)
        if taught.native == before.native:
            return taught
        try:
            taught = self._ledger.teach(taught)
        except LedgerUnavailable as error:
            logger.error("the ids that recording %s has now aren't in the ledger: %s", recording.id, error.message)
            self._is_missing(recording)
        else:
            super().change(taught)
        return taught

    def pin(self, recording: Recording) -> None:
        """Keep what is known of it, here and in the ledger, until `unpin`."""
        self._look_up(recording)
        super().pin(recording)

    def handle(self, recording_id: str) -> Recording | None:
        """The newest handle, whichever process has made it."""
        with self._guard:
            entry = self._find(recording_id)
        if entry is None:
            self._read(recording_id=recording_id)
        else:
            self._look_up(entry.recording)
        return super().handle(recording_id)

    def newest(self, recording: Recording) -> Recording:
        """The handle, or that of the same start which more changes have made, in whichever process."""
        self._look_up(recording)
        return super().newest(recording)

    def outcome(self, recording: Recording) -> RecordingStatus | None:
        """How it ended, where any process knows that; its files may have been deleted since."""
        self._look_up(recording)
        return super().outcome(recording)

    def status(self, recording: Recording) -> RecordingStatus | None:
        """What was seen last, by whichever process where this one has seen nothing."""
        self._know(recording.id)
        return super().status(recording)

    def last(self, recording_id: str) -> RecordingStatus | None:
        """What was seen last of the newest start, by whichever process where this one has seen nothing."""
        self._know(recording_id)
        return super().last(recording_id)

    def learn(self, recording: Recording, status: RecordingStatus) -> RecordingStatus:
        """Keep a status with all that any process has seen before, and write down what is new; returns it so."""
        self.remember(recording)
        seen = self._see(recording, lambda seen: seen.learn(status), is_doubtful=status.state in DOUBTFUL)
        return super().learn(recording, status) if seen is None else seen.shown or status

    def tell(self, event: RecordingEvent) -> None:
        """Keep what a verified event says, and write down what is new."""
        recording_id = event.recording_id
        if recording_id is None:
            return
        self._know(recording_id)
        with self._guard:
            entry = self._find(recording_id)
        if entry is None:
            return
        started_at = datetime.fromtimestamp(entry.started_at, UTC)
        if self._see(entry.recording, lambda seen: seen.tell(event, started_at)) is None:
            super().tell(event)

    def overhear(self, event: RecordingEvent) -> None:
        """Keep what an event says, if the recording is known here; whoever was told has written it down."""
        super().tell(event)

    def named(self, event: RecordingEvent) -> RecordingEvent:
        """The event with our id of the recording, where any process knows it."""
        ids = self._ids_of(event)
        if not any(super(LedgerKnown, self).knows(one) for one in ids):
            for one in ids:
                self._read(native_id=one)
        return super().named(event)

    def handle_under(self, native_id: str) -> Recording | None:
        """The newest handle of a recording, by any of the vendor's ids, whichever process knows it; None: none does.

        Raises:
            LedgerUnavailable: the ledger can't say.
        """
        if (known := super().handle_under(native_id)) is not None:
            return known
        glance = self._ledger.glance(native_id=native_id)
        self._take(glance)
        return None if glance is None else super().newest(glance.recording)

    def knows(self, native_id: str) -> bool:
        """Whether a vendor's id of a recording is one that this process or the ledger knows.

        Raises:
            LedgerUnavailable: the ledger can't say; a recording that isn't known may be taken for a lost one.
        """
        if super().knows(native_id):
            return True
        glance = self._ledger.glance(native_id=native_id)
        self._take(glance)
        return glance is not None

    def _know(self, recording_id: str) -> None:
        with self._guard:
            is_here = self._find(recording_id) is not None
        if not is_here:
            self._read(recording_id=recording_id)

    def _look_up(self, recording: Recording) -> None:
        """Know what other processes have written since."""
        version = revision = -1
        with self._guard:
            entry = self._entry_of(recording)
            if entry is not None and entry.written is not None:
                version, revision = entry.written.version, entry.revision
        self._read(native_id=self._ledger.native_id(recording), version=version, revision=revision)

    def _read(self, **which: Any) -> None:
        try:
            self._take(self._ledger.glance(**which))
        except LedgerUnavailable as error:
            logger.warning("what other processes know isn't known here for now: %s", error.message)

    def _take(self, glance: Glance | None) -> None:
        if glance is None:
            return
        with self._guard:
            self._entry(glance.recording)
            entry = self._entry_of(glance.recording)
            if entry is None:
                return
            if _is_unwritten(entry):
                entry.seen = _with(entry.seen, glance.sight.seen)
            elif entry.written is None or entry.written.version < glance.sight.written.version:
                entry.seen, entry.written = glance.sight.seen, glance.sight.written

    def _see(self, recording: Recording, change: Callable[[Seen], Seen], *, is_doubtful: bool = False) -> Seen | None:
        """Change what was seen, in the ledger and here. None: the ledger can't be used.

        Args:
            recording: the handle.
            change: as in `Ledger.see`.
            is_doubtful: whether another process may know better, so that the row is read in any case.
        """
        sight, missed = None, Seen()
        with self._guard:
            entry = self._entry_of(recording)
            if entry is not None and _is_unwritten(entry):
                missed = entry.seen
            elif entry is not None and entry.written is not None and not is_doubtful:
                sight = Sight(entry.written, entry.seen)
        try:
            if entry is not None and entry.written is None and entry.revision:
                self._write_handle(entry.recording)
            sight, _ = self._ledger.see(recording, lambda seen: change(_with(missed, seen)), sight)
        except LedgerUnavailable as error:
            logger.error("what becomes of recording %s isn't in the ledger: %s", recording.id, error.message)
            self._is_missing(recording)
            return None
        with self._guard:
            entry = self._entry_of(recording)
            if entry is not None and (entry.written is None or entry.written.version <= sight.written.version):
                entry.seen, entry.written = sight.seen, sight.written
        return sight.seen

    def _write_handle(self, recording: Recording) -> None:
        """Write down the handle of a change that couldn't be, unless another process has changed it further."""
        glance = self._ledger.glance(native_id=self._ledger.native_id(recording))
        if glance is None or glance.recording.revision < recording.revision:
            self._ledger.change(recording)
        else:
            self._ledger.teach(recording)

    def _is_missing(self, recording: Recording) -> None:
        """Not all that is known of it is in the ledger."""
        with self._guard:
            if (entry := self._entry_of(recording)) is not None:
                entry.written = None

    def _entry_of(self, recording: Recording) -> Entry | None:
        """What is known here of this very start."""
        entry = self._find(recording.id)
        return entry if entry is not None and entry.started_at == recording.started_at.timestamp() else None


def _is_unwritten(entry: Entry) -> bool:
    """Whether something was seen that the ledger, which couldn't be used, doesn't have."""
    return entry.written is None and (entry.status is not None or entry.trouble is not None)


def _with(missed: Seen, seen: Seen) -> Seen:
    """What the ledger says was seen, and what couldn't be written there; of ends only those that are proven."""
    if missed.status is not None and not missed.is_claimed:
        if seen.status is not None and seen.has_ended:  # nothing follows an end but what was seen before it
            seen = replace(seen, status=Seen(missed.status).learn(seen.status).status)
        else:
            seen = seen.learn(missed.status)
    return seen if missed.trouble is None else replace(seen, trouble=missed.trouble)
