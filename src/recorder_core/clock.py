"""Time as the library sees it: a clock that tests may drive, and the deadline of the running operation."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from recorder_core.forking import in_children

__all__ = ["Clock", "Deadline", "SystemClock", "current_deadline"]


class Clock(Protocol):
    """What waits, deadlines and time windows are measured by."""

    def time(self) -> float:
        """Seconds since 1970-01-01 UTC."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes backwards."""

    def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed on this clock."""

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Return when the signal is set, or so many seconds have passed on this clock; whether it is set."""


class SystemClock:
    """The computer's own clock."""

    def time(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread; a time that has passed already takes none."""
        time.sleep(max(seconds, 0.0))

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Block the calling thread until the signal is set, or so many seconds have passed; whether it is set."""
        return signal.wait(min(max(seconds, 0.0), threading.TIMEOUT_MAX))


class Deadline:
    """A moment on a clock after which an operation gives up.

    Args:
        clock: the clock that counts.
        seconds: from now; 0 or less has passed already, None never comes.

    Attributes:
        seconds: as given, infinity for None.
    """

    __slots__ = ("_at", "_clock", "seconds")

    def __init__(self, clock: Clock, seconds: float | None) -> None:
        self.seconds = math.inf if seconds is None else float(seconds)
        self._clock = clock
        self._at = clock.monotonic() + self.seconds

    def remaining(self) -> float:
        """Seconds left, never less than 0; infinity where there is no deadline."""
        return max(self._at - self._clock.monotonic(), 0.0)

    @property
    def expired(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0

    def __repr__(self) -> str:
        return f"Deadline({self.seconds:g} s, {self.remaining():.3f} s left)"


# In the core, for whoever receives a callback and the emulator that has sent it mustn't know one another: receiving may
# move the emulator's time, which would then wait for every answer, the one that this context is about to give included.
_answering: ContextVar[bool] = ContextVar("recorder_core_answering", default=False)
in_children(lambda: _answering.set(False))


def is_answering() -> bool:
    """Whether this context is about to answer a callback, so that nothing in it may wait for that answer."""
    return _answering.get()


@contextmanager
def answering() -> Iterator[None]:
    """For as long as it lasts, somebody waits for this context to answer a callback."""
    token = _answering.set(True)
    try:
        yield
    finally:
        _answering.reset(token)


_NEVER = Deadline(SystemClock(), None)
_current: ContextVar[Deadline] = ContextVar("recorder_core_deadline", default=_NEVER)
in_children(lambda: _current.set(_NEVER))


def current_deadline() -> Deadline:
    """The deadline of the operation that runs in this context; outside of one, one that never comes."""
    return _current.get()


@contextmanager
def deadline_scope(deadline: Deadline) -> Iterator[Deadline]:
    """Make a deadline the current one; yields the one that holds.

    Within another scope it may come sooner than that one's, never later.
    """
    outer = _current.get()
    held = deadline if deadline.remaining() <= outer.remaining() else outer
    token = _current.set(held)
    try:
        yield held
    finally:
        _current.reset(token)
