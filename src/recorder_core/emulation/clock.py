"""The emulators' time: real until it is driven."""

import threading
import time
from collections.abc import Callable


class EmulatorClock:
    """Wall time plus an offset that only the test moves; it satisfies `recorder_core.clock.Clock`.

    A plain recorder works against it in real time; a recorder that is given this clock never really waits,
    because its `sleep` moves the offset. With `frozen=True` time stands still between two moves, so that
    every instant of a test is exact. Thread-safe.
    """

    def __init__(self, *, frozen: bool = False, start: float | None = None) -> None:
        """`start` is the first instant in Unix seconds; by default it is now."""
        wall = time.time()
        self._frozen_at = (wall if start is None else start) if frozen else None
        self._offset = 0.0 if start is None or frozen else start - wall
        self._moved = 0.0
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def time(self) -> float:
        """The emulated instant, in Unix seconds."""
        with self._lock:
            base = time.time() if self._frozen_at is None else self._frozen_at
            return base + self._offset + self._moved

    def monotonic(self) -> float:
        """Seconds that never run backwards; they move along with `advance` and `sleep`."""
        with self._lock:
            return (time.monotonic() if self._frozen_at is None else 0.0) + self._moved

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
        """Move time forward by `seconds` and return at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds` (0 or more) and tell every listener.

        Raises:
            ValueError: `seconds` is negative or not finite.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"the clock moves forward by a finite number of seconds, 0 or more; got {seconds!r}")
        with self._lock:
            self._moved += seconds
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every move; the returned function ends that."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe
