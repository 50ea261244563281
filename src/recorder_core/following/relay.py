"""What callbacks told other processes, brought from the ledger to those who wait in this one."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from recorder_core.clock import Clock
from recorder_core.errors import LedgerUnavailable
from recorder_core.forking import Guarded
from recorder_core.known import Known
from recorder_core.listening import Listeners

if TYPE_CHECKING:
    from recorder_core.ledger import Ledger

__all__ = ["Relay"]

logger = logging.getLogger("recorder_core.following")

PULL_S = 1.0
"""Seconds between two questions to the ledger. One question is for all recordings of a process, whose number is nothing
to the database, so that it could be asked more often: but what it brings waits for up to six seconds for its order."""


class Relay(Guarded):
    """Tells those who wait and follow here what callbacks told other processes. Thread-safe.

    There is no thread for it: whoever waits asks the ledger meanwhile, and nobody does where nobody waits. Without a
    ledger there is nothing to be asked.
    """

    def __init__(self, ledger: Ledger | None, clock: Clock, known: Known, listeners: Listeners) -> None:
        super().__init__()
        self._ledger = ledger
        self._clock = clock
        self._known = known
        self._listeners = listeners
        self._begin()

    def _begin(self) -> None:
        self._asking = threading.Lock()
        self._attending: set[object] = set()
        self._cursor: int | None = None
        self._asked_at = -math.inf
        self._is_gone = False

    def _forked(self) -> None:
        """Whoever waits in the parent does so there."""
        super()._forked()
        self._begin()

    def attend(self) -> Callable[[], None]:
        """Miss nothing from now on, however seldom the ledger is asked.

        What was told before anybody attended is nobody's news: the status says it.

        Returns:
            What ends it; it may be called twice.
        """
        leave = object()
        with self._guard:
            if not self._attending:
                self._cursor, self._asked_at = None, -math.inf
            self._attending.add(leave)
        self.pull()
        return lambda: self._attending.discard(leave)

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """As `Clock.wait`, and for ever where `seconds` is infinity; the ledger is asked meanwhile."""
        if self._ledger is None:
            return signal.wait() if seconds == math.inf else self._clock.wait(signal, seconds)
        until = self._clock.monotonic() + seconds
        while not signal.is_set() and (left := until - self._clock.monotonic()) > 0:
            self._clock.wait(signal, min(left, PULL_S))
            self.pull()
        return signal.is_set()

    def pull(self) -> None:
        """Ask the ledger, unless somebody has within a second, or asks just now."""
        if self._ledger is None or self._asked_at <= self._clock.time() < self._asked_at + PULL_S:
            return
        if self._asking.acquire(blocking=False):
            try:
                self._asked_at = self._clock.time()
                self._ask(self._ledger)
            finally:
                self._asking.release()

    def _ask(self, ledger: Ledger) -> None:
        try:
            if self._cursor is None:
                self._cursor = ledger.cursor()
                return
            self._cursor, events = ledger.events_since(self._cursor)
        except LedgerUnavailable as error:
            if not self._is_gone:
                logger.warning("callbacks that other processes receive aren't heard of for now: %s", error.message)
            self._is_gone = True
            return
        self._is_gone = False
        for event in events:
            if event.recording_id in self._known:
                self._known.tell(event)
                self._listeners.tell(event)
