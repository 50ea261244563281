"""The vendors' call limits: fixed windows of time."""

import threading
from collections.abc import Hashable


class RateLimit:
    """At most `calls` per key in each window of `seconds`, which begins at a whole multiple of its length."""

    def __init__(self, calls: int, seconds: float = 1.0) -> None:
        self.calls = calls
        self.seconds = seconds
        self._lock = threading.Lock()
        self._windows: dict[Hashable, tuple[int, int]] = {}

    def allow(self, key: Hashable, now: float) -> bool:
        """Count one call of `key` at `now` (Unix s); False when the window is full."""
        window = int(now // self.seconds)
        with self._lock:
            last, used = self._windows.get(key, (window, 0))
            if last != window:
                used = 0
            if used >= self.calls:
                return False
            self._windows[key] = (window, used + 1)
            return True
