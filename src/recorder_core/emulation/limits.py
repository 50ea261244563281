"""The vendors' call limits."""

import threading
from collections import deque
from collections.abc import Hashable


class RateLimit:
    """At most `calls` per key in each window of `seconds`. Thread-safe."""

    def __init__(self, calls: int, seconds: float = 1.0) -> None:
        self.calls = calls
        self.seconds = seconds
        self._lock = threading.Lock()
        self._allowed: dict[Hashable, deque[float]] = {}

    def allow(self, key: Hashable, now: float, *, sliding: bool = False) -> bool:
        """Count one call of `key` at `now` (Unix s); False when the window is full.

        A window begins at a whole multiple of its length, so that twice the calls fit around its edge. With
        `sliding`, every stretch of its length is one.
        """
        with self._lock:
            allowed = self._allowed.setdefault(key, deque(maxlen=self.calls))
            if len(allowed) == self.calls:
                oldest = allowed[0]
                if now - oldest < self.seconds if sliding else now // self.seconds == oldest // self.seconds:
                    return False
            allowed.append(now)
            return True
