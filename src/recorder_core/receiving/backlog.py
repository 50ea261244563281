"""What is done after the answer: jobs that wait for one background thread, a bounded number of them."""

from __future__ import annotations

import atexit
import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from recorder_core.forking import Guarded

__all__ = ["DRAIN_S", "Backlog"]

logger = logging.getLogger("recorder_core.receiving")

DRAIN_S = 10.0
"""Seconds that `close` gives to what is waiting; as long as web servers give their workers, or less."""

Job = TypeVar("Job")


@dataclass(order=True, slots=True)
class _Waiting:
    """A job, in the order in which jobs are done."""

    due: float
    number: int
    job: Any = field(compare=False)
    tries: int = field(default=0, compare=False)


class Backlog(Guarded, Generic[Job]):
    """Jobs for one thread, which is started at the first of them. Thread-safe.

    A forked child begins with an empty backlog and a thread of its own: the parent does the parent's jobs. At the end
    of the process what waits is done, for up to `DRAIN_S` seconds.

    Args:
        work: does a job; given how often it was tried before, and whether this is its last try, because the backlog
            closes. Returns the seconds after which to try it again, None if it is done.
        size: jobs that aren't done yet, those that are tried again among them; more are refused.
    """

    def __init__(self, work: Callable[[Job, int, bool], float | None], size: int) -> None:
        super().__init__()
        self._work = work
        self._size = size
        self.closing = False
        self._begin()

    def _begin(self) -> None:
        self._waiting: list[_Waiting] = []
        self._unfinished = 0
        self._numbers = itertools.count()
        self._changed = threading.Condition(self._guard)
        self._thread: threading.Thread | None = None

    @property
    def accepts(self) -> bool:
        """Whether a job would be taken now."""
        return not self.closing and self._unfinished < self._size

    def add(self, job: Job) -> bool:
        """Take a job; False: there are too many, or it closes."""
        with self._changed:
            if not (self.accepts and self._has_thread()):
                return False
            heapq.heappush(self._waiting, _Waiting(time.monotonic(), next(self._numbers), job))
            self._unfinished += 1
            self._changed.notify_all()
        return True

    def settle(self, timeout: float) -> bool:
        """Wait until no job is due; whether that was so after some waiting, and within so many seconds."""
        with self._changed:
            if not self._is_busy() or self._thread is threading.current_thread():
                return False
            return self._changed.wait_for(lambda: not self._is_busy(), timeout)

    def open(self) -> None:
        """Take jobs, again after `close`."""
        with self._changed:
            self.closing = False

    def close(self, timeout: float = DRAIN_S) -> None:
        """Take no more jobs and do those that wait, at once, also if they would be tried again only later.

        Args:
            timeout: seconds after which those that aren't done are given up, and logged.
        """
        with self._changed:
            self.closing = True
            thread = self._thread
            self._changed.notify_all()
        atexit.unregister(self.close)
        if thread is None or thread is threading.current_thread():
            return
        thread.join(timeout)
        if self._unfinished:
            logger.error("%d callbacks were answered and not processed within %g s", self._unfinished, timeout)

    def _forked(self) -> None:
        """The parent does the parent's jobs."""
        super()._forked()
        self._begin()

    def _is_busy(self) -> bool:
        is_working = self._unfinished > len(self._waiting)
        return is_working or (bool(self._waiting) and self._waiting[0].due <= time.monotonic())

    def _has_thread(self) -> bool:
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name="recorder-callbacks", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter is at its end
                return False
            self._thread = thread
            atexit.unregister(self.close)
            atexit.register(self.close)
        return True

    def _run(self) -> None:
        while (coming := self._next()) is not None:
            waiting, is_last = coming
            again = None
            try:
                again = self._work(waiting.job, waiting.tries, is_last)
            except BaseException:
                logger.exception("a callback couldn't be processed")
            with self._changed:
                if again is None or is_last:
                    self._unfinished -= 1
                else:
                    waiting.due, waiting.tries = time.monotonic() + again, waiting.tries + 1
                    heapq.heappush(self._waiting, waiting)
                self._changed.notify_all()

    def _next(self) -> tuple[_Waiting, bool] | None:
        """The next job when its time has come, and whether it is its last try; None: there will be none."""
        with self._changed:
            while True:
                if not self._waiting:
                    if self.closing:
                        return None
                    self._changed.wait()
                    continue
                pause = self._waiting[0].due - time.monotonic()
                if pause <= 0 or self.closing:
                    return heapq.heappop(self._waiting), self.closing
                self._changed.wait(pause)
