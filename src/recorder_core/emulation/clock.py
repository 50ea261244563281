"""The emulators' time: real until it is driven."""

import threading
import time
from collections.abc import Callable
from typing import Final

LONGEST_MOVE_S: Final = 10 * 365 * 86_400
"""Seconds that one move may take: ten years of 365 days."""


class _Thread(threading.local):
    """What a clock knows of the thread that looks."""

    slept = 0.0


class EmulatorClock:
    """Wall time plus an offset that only the test moves; it satisfies `recorder_core.clock.Clock`.

    A plain recorder works against it in real time; a recorder that is given this clock never really waits,
    because its `sleep` moves the offset. With `frozen=True` time stands still between two moves, so that
    every instant of a test is exact.

    Thread-safe. Both moves are everybody's for `time`, but not for `monotonic`, which deadlines are measured by:

    - `advance` is the test driving time: it moves `monotonic` in every thread.
    - `sleep` is one thread waiting: it moves `monotonic` in that thread only, because threads that really wait do so
      side by side. Otherwise one thread's waits would use up another's deadline.
    """

    def __init__(self, *, frozen: bool = False, start: float | None = None) -> None:
        """`start` is the first instant in Unix seconds; by default it is now."""
        wall = time.time()
        self._frozen_at = (wall if start is None else start) if frozen else None
        self._offset = 0.0 if start is None or frozen else start - wall
        self._moved = 0.0
        self._advanced = 0.0
        self._own = _Thread()
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def time(self) -> float:
        """The emulated instant, in Unix seconds."""
        with self._lock:
            base = time.time() if self._frozen_at is None else self._frozen_at
            return base + self._offset + self._moved

    def monotonic(self) -> float:
        """Seconds that never run backwards in one thread; those of two threads can't be compared.

        They move along with every `advance`, and with what the calling thread slept itself.
        """
        with self._lock:
            return (time.monotonic() if self._frozen_at is None else 0.0) + self._advanced + self._own.slept

    def wall(self) -> float:
        """The true wall time in Unix seconds, by which signatures and credentials are judged."""
        return time.time()

    def paced(self) -> float:
        """True wall time plus every move, in Unix seconds, by which rate limits count.

        A driven wait spaces calls as a real one would; between two moves real time counts, on a frozen clock too.
        """
        with self._lock:
            return time.time() + self._moved

    def sleep(self, seconds: float) -> None:
        """Move time forward by `seconds` and return at once; other threads' `monotonic` stays as it is.

        Raises:
            ValueError: as `advance`.
        """
        _check(seconds)
        self._own.slept += seconds
        self._move(seconds)

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds` (0 to ten years) for everybody and tell every listener.

        Raises:
            ValueError: `seconds` is no number, or one out of that range.
        """
        _check(seconds)
        self._move(seconds, advanced=seconds)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every move; the returned function ends that."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def _move(self, seconds: float, *, advanced: float = 0.0) -> None:
        with self._lock:
            self._moved += seconds
            self._advanced += advanced
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()


def _check(seconds: object) -> None:
    if not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_MOVE_S:
        raise ValueError(
            f"the clock moves forward by a number of seconds, 0 to {LONGEST_MOVE_S} (ten years); got {seconds!r}"
        )
