"""Threads that keep no process from its end, and end before it: one that ran Python code then could break it off.

At the end of the process each is told to end, and waited for a moment. One that waits for a host isn't waited for any
longer: it runs no code, and ends with the process.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable

__all__ = ["begin_thread"]

GRACE_S = 1.0
"""Seconds that all of them have together."""

_running: weakref.WeakKeyDictionary[threading.Thread, Callable[[], Callable[[], object] | None]] = (
    weakref.WeakKeyDictionary()
)


def begin_thread(work: Callable[[], object], *, name: str, end: Callable[[], object] | None = None) -> threading.Thread:
    """Begin to work in a thread.

    Args:
        work: what it does.
        name: of the thread.
        end: a method that tells it to end, called at the end of the process; None: it ends soon by itself.

    Raises:
        RuntimeError: the process ends.
    """
    thread = threading.Thread(target=work, name=name, daemon=True)
    # Weakly, for what the method is of may hold the thread.
    _running[thread] = (lambda: None) if end is None else weakref.WeakMethod(end)
    thread.start()
    return thread


def _end() -> None:
    threads = [thread for reference in _running.keyrefs() if (thread := reference()) is not None]
    for thread in threads:
        end = _running[thread]()
        if end is not None:
            end()
    until = time.monotonic() + GRACE_S
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


# Connections that nobody has closed are closed by finalizers, which Python calls at its end too. What is registered
# first comes last, so that no thread opens one afterwards.
weakref.finalize(_end, int)
atexit.register(_end)
