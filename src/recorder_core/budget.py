"""The account's budget of calls: kept below the vendor's limits, paced, the most urgent first.

A limit is spent in slots: absolute instants, `1 / (PACE x rate)` apart, each of which takes one call. Callers queue for
the next slot before it comes, so that a thread that wakes late uses its own slot late and moves nobody else's. The
instants of the last calls make sure that a late one brings none too many into any span of the limit's length.

Libraries were tried first (pyrate-limiter 4.5, throttled-py 3.5, limits 5.8): each judges a call when it comes, so that
callers try again and again and what is lost between two tries is lost for good (8 threads with up to 20 ms of jitter
used 66 and 51 % of 10 calls per second; the third one doesn't wait at all), none knows urgencies, and an uncontended
call costs 7 to 17 us. This costs about 1.
"""

from __future__ import annotations

import heapq
import itertools
import math
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from recorder_core.clock import Clock, Deadline
from recorder_core.errors import ConfigurationError

__all__ = ["PACE", "Admit", "Budget", "Limit"]

PACE = 0.97
"""The part of a limit that is used. What is left out is 31 ms of every second: two calls that are a whole limit apart
may come that much closer on their way to the vendor."""
EVERY = "*"

Admit = Callable[[str, Deadline], float]
"""Waits until a call of an operation may be sent. 0: it may. More: nothing may be sent before the deadline, and so many
seconds after this moment something could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How often a vendor may be called by one account.

    Attributes:
        operations: the operations that share the limit, the most urgent first.
        calls: how many of them are allowed, all together, 1 or more.
        seconds: in every span of this length.
    """

    operations: tuple[str, ...]
    calls: int
    seconds: float = 1.0

    def at(self, calls_per_second: float) -> Limit:
        """The limit with another rate: as many whole calls as fit into a second, or one in a longer time."""
        calls = max(1, math.floor(calls_per_second))
        return replace(self, calls=calls, seconds=calls / calls_per_second)


class Budget:
    """The calls of one account in this process. Thread-safe.

    Where several processes share an account, each needs its share of the limits (`calls_per_second`).

    Args:
        limits: the vendor's. An operation that none of them names isn't paced.
        clock: by its `time`, which is the same in all threads. Where that is set back, at most one span is waited.
        calls_per_second: other rates by operation, `*` for all; infinity lifts a limit. A rate of one operation is that
            of all that share its limit.

    Raises:
        ConfigurationError: a rate is for an operation that has no limit.
    """

    def __init__(self, limits: Sequence[Limit], clock: Clock, calls_per_second: Mapping[str, float]) -> None:
        known = {operation for limit in limits for operation in limit.operations}
        if unknown := calls_per_second.keys() - known - {EVERY}:
            raise ConfigurationError(
                f"calls_per_second: there is no limit for {', '.join(sorted(unknown))}",
                fault="caller",
                hint=f"There are limits for {', '.join(sorted(known)) or 'nothing'}; {EVERY} stands for all.",
            )
        self._queues: dict[str, _Queue] = {}
        for limit in limits:
            rates = [calls_per_second[name] for name in (*limit.operations, EVERY) if name in calls_per_second]
            if rates and math.isinf(rates[0]):
                continue
            queue = _Queue(limit.at(rates[0]) if rates else limit, clock)
            self._queues.update(dict.fromkeys(limit.operations, queue))

    def admit(self, operation: str, deadline: Deadline) -> float:
        """As `Admit`."""
        queue = self._queues.get(operation)
        return 0.0 if queue is None else queue.admit(operation, deadline)


@dataclass(order=True, slots=True)
class _Waiter:
    urgency: int
    order: int
    first: threading.Event = field(default_factory=threading.Event, compare=False)


class _Queue:
    """Those who wait for the slots of one limit."""

    def __init__(self, limit: Limit, clock: Clock) -> None:
        self._clock = clock
        self._span = limit.seconds / PACE
        self._between = self._span / limit.calls
        self._urgency = {operation: rank for rank, operation in enumerate(limit.operations)}
        self._slot = -math.inf
        self._sent = deque([-math.inf] * limit.calls, maxlen=limit.calls)
        self._waiting: list[_Waiter] = []
        self._order = itertools.count()
        self._guard = threading.Lock()

    def admit(self, operation: str, deadline: Deadline) -> float:
        with self._guard:
            now = self._clock.time()
            delay = self._delay(now)
            if delay <= 0 and not self._waiting:
                self._take(now)
                return 0.0
            waiter = _Waiter(self._urgency[operation], next(self._order))
            delay += self._between * sum(other < waiter for other in self._waiting)
            if delay >= deadline.remaining():
                return delay
            heapq.heappush(self._waiting, waiter)
        try:
            return self._wait(waiter, deadline)
        finally:
            with self._guard:
                self._waiting.remove(waiter)
                heapq.heapify(self._waiting)
                if self._waiting:
                    self._waiting[0].first.set()

    def _wait(self, waiter: _Waiter, deadline: Deadline) -> float:
        """Sleep until the slot when it is the first in the queue, and wait to become the first until then."""
        while True:
            with self._guard:
                is_first = self._waiting[0] is waiter
                now = self._clock.time()
                delay = self._delay(now)
                if is_first and delay <= 0:
                    self._take(now)
                    return 0.0
                if delay >= deadline.remaining():
                    return delay
                if not is_first:
                    waiter.first.clear()
            if is_first:
                self._clock.sleep(delay)
            else:
                # Not on the clock: on a driven one the first one's sleep takes no time, and two sleeps would add up.
                waiter.first.wait(min(deadline.remaining(), threading.TIMEOUT_MAX))

    def _delay(self, now: float) -> float:
        """Seconds until the next call may be sent."""
        if self._slot > now + self._span:  # the clock was set back
            self._slot = now + self._span
            self._sent.extend([-math.inf] * len(self._sent))
        return max(self._slot, self._sent[0] + self._span) - now

    def _take(self, now: float) -> None:
        self._sent.append(now)
        # A slot that was missed by less than the time between two can still be used by the next call.
        self._slot = max(self._slot, now - self._between) + self._between
