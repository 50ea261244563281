"""Those who wait in this process for the slots of one limit, the most urgent first."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from recorder_core.budget.limit import Admitted
from recorder_core.clock import Deadline
from recorder_core.forking import Guarded


class Source(Protocol):
    """Where the slots of a limit come from. Asked by one caller of the process at a time, as a rule; thread-safe.

    Attributes:
        between: seconds between two slots.
    """

    between: float

    def ask(self, urgency: int, left: float) -> Admitted | float:
        """A place for a call, or that there is none within the seconds that are left; else when to ask again.

        Args:
            urgency: 0 for the most urgent operation of the limit.
            left: seconds for which the caller may wait, more than 0.
        """

    def least(self) -> float:
        """Seconds until the next slot, at the least."""

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds, or for less where there is a reason to ask sooner."""


@dataclass(order=True, slots=True)
class _Waiter:
    urgency: int
    order: int
    turn: threading.Event | None = field(default=None, compare=False)


class Queue(Guarded):
    """The callers of one process who want slots of one limit: whoever is the first asks for the next slot.

    Args:
        operations: those that share the limit, the most urgent first.
        source: where slots come from.
    """

    def __init__(self, operations: Sequence[str], source: Source) -> None:
        super().__init__()
        self._source = source
        self._urgency = {operation: rank for rank, operation in enumerate(operations)}
        self._order = itertools.count()
        self._waiting: list[_Waiter] = []

    def _forked(self) -> None:
        """Those who wait do so in the parent."""
        super()._forked()
        self._waiting = []

    def admit(self, operation: str, deadline: Deadline) -> Admitted:
        """As `Admit`."""
        with self._guard:
            waiter = _Waiter(self._urgency[operation], next(self._order))
            heapq.heappush(self._waiting, waiter)
        try:
            return self._wait(waiter, deadline)
        finally:
            with self._guard:
                self._waiting.remove(waiter)
                heapq.heapify(self._waiting)
                if self._waiting and self._waiting[0].turn is not None:
                    self._waiting[0].turn.set()

    def _wait(self, waiter: _Waiter, deadline: Deadline) -> Admitted:
        """Sleep until the slot when it is the first in the queue, and wait to become the first until then."""
        source = self._source
        while True:
            left = deadline.remaining()  # before a slot is taken: nobody may wait for the call any more
            ahead, turn = self._ahead_of(waiter)
            if ahead or left <= 0:
                delay = source.least() + source.between * ahead
                if left <= 0 or delay >= left:
                    return Admitted(late=max(delay, source.between))
            if turn is not None:
                # Not on the clock: on a driven one the first one's sleep takes no time, and two sleeps would add up.
                turn.wait(min(left, threading.TIMEOUT_MAX))
                continue
            answer = source.ask(waiter.urgency, left)
            if isinstance(answer, Admitted):
                return answer
            source.sleep(answer)

    def _ahead_of(self, waiter: _Waiter) -> tuple[int, threading.Event | None]:
        """How many go before it, and what tells it that it is the first; nothing does if it is."""
        with self._guard:
            if self._waiting[0] is waiter:
                return 0, None
            if waiter.turn is None:
                waiter.turn = threading.Event()
            waiter.turn.clear()
            return sum(other < waiter for other in self._waiting), waiter.turn
