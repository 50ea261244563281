"""What a recorder keeps for each recording: whose turn it is, and what is known of it."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from recorder_core.clock import Deadline
from recorder_core.errors import DeadlineExceeded
from recorder_core.models import FileStatus, RecordedFile, Recording, RecordingState, RecordingStatus

__all__ = ["Outcomes", "Turns"]

REMEMBERED_STATUSES = 1024


class _Turn:
    """Whose turn it is on one recording."""

    def __init__(self) -> None:
        self.lock = threading.RLock()


class Turns:
    """One operation at a time on one recording: a stop that overlaps a look can lose a vendor's file list."""

    def __init__(self) -> None:
        self._turns: weakref.WeakValueDictionary[str, _Turn] = weakref.WeakValueDictionary()
        self._guard = threading.Lock()

    @contextmanager
    def of(self, recording_id: str, deadline: Deadline) -> Iterator[None]:
        """Wait for the turn, at most until the deadline.

        Raises:
            DeadlineExceeded: another operation took all the time.
        """
        with self._guard:
            turn = self._turns.setdefault(recording_id, _Turn())
        if not turn.lock.acquire(timeout=min(deadline.remaining(), threading.TIMEOUT_MAX)):
            raise DeadlineExceeded(
                f"another operation on the recording took the deadline of {deadline.seconds:g} s; nothing was sent",
                retryable=True,
                hint="Wait for the other operation, or give a longer deadline.",
            )
        try:
            yield
        finally:
            turn.lock.release()


class Outcomes:
    """What this process learnt of each recording, for vendors that forget. The latest 1024 are kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, RecordingStatus] = OrderedDict()
        self._guard = threading.Lock()

    def of(self, recording: Recording) -> RecordingStatus | None:
        """How it ended, where that is known: nothing follows an end."""
        known = self._known.get(_one_start(recording))
        return known if known and known.state in (RecordingState.COMPLETED, RecordingState.FAILED) else None

    def learn(self, recording: Recording, status: RecordingStatus) -> RecordingStatus:
        """Keep a status; one without files is given those that were seen before."""
        with self._guard:
            start = _one_start(recording)
            known = self._known.get(start)
            if known and known.files and not status.files:
                files = known.files if status.state is not RecordingState.GONE else tuple(map(_last_seen, known.files))
                status = status.model_copy(update={"files": files})
            self._known[start] = status
            self._known.move_to_end(start)
            while len(self._known) > REMEMBERED_STATUSES:
                self._known.popitem(last=False)
        return status

    def forget(self, recording: Recording) -> None:
        """What was known of an earlier recording that was started with the same key isn't known of this one."""
        with self._guard:
            self._known.pop(_one_start(recording), None)


def _last_seen(file: RecordedFile) -> RecordedFile:
    """A file of a recording that the vendor forgot: whether one that was on its way has arrived isn't known."""
    on_its_way = file.status in (FileStatus.RECORDING, FileStatus.UPLOADING)
    return file.model_copy(update={"status": FileStatus.UNKNOWN}) if on_its_way else file


def _one_start(recording: Recording) -> str:
    """What tells a recording from an earlier one that was started with the same key, in whichever process."""
    return f"{recording.id} {recording.started_at.isoformat()}"
