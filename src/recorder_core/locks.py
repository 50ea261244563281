"""One operation at a time on a recording."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from recorder_core.clock import Deadline
from recorder_core.errors import DeadlineExceeded
from recorder_core.forking import Guarded

__all__ = ["Locks"]


class Locks(Guarded):
    """One operation at a time on one recording: a stop that overlaps a look can lose a vendor's file list."""

    def __init__(self) -> None:
        super().__init__()
        self._locks: weakref.WeakValueDictionary[str, threading.RLock] = weakref.WeakValueDictionary()

    def _forked(self) -> None:
        """In a child no operation goes on."""
        super()._forked()
        self._locks = weakref.WeakValueDictionary()

    @contextmanager
    def of(self, recording_id: str, deadline: Deadline) -> Iterator[None]:
        """Hold the recording's lock; wait for it at most until the deadline.

        Raises:
            DeadlineExceeded: another operation took all the time.
        """
        with self._guard:
            lock = self._locks.setdefault(recording_id, threading.RLock())
        if not lock.acquire(timeout=min(deadline.remaining(), threading.TIMEOUT_MAX)):
            raise DeadlineExceeded(
                f"another operation on the recording goes on for more than {deadline.seconds:g} s; nothing was sent",
                retryable=True,
                hint="Wait for the other operation, or give a longer deadline.",
            )
        try:
            yield
        finally:
            lock.release()
