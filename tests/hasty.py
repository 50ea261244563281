"""Time that flies, for recorders in other processes than the emulator whose clock they can't share."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from recorder_core.clock import SystemClock
from recorder_core.emulation.service import EmulatedService

__all__ = ["HastyClock", "flying"]

SPEED = 200.0
TICK_S = 0.05


class HastyClock(SystemClock):
    """Waits are short, and time flies as it does at the service. Deadlines are measured in true seconds."""

    def __init__(self) -> None:
        self._began = time.time()

    def time(self) -> float:
        return self._began + (super().time() - self._began) * SPEED

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / SPEED)

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        return super().wait(signal, seconds / SPEED)


@contextmanager
def flying(service: EmulatedService) -> Iterator[None]:
    """Time at a service flies for the length of the block."""
    is_over = threading.Event()

    def fly() -> None:
        while not is_over.wait(TICK_S):
            service.clock.advance(TICK_S * SPEED)

    thread = threading.Thread(target=fly)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
