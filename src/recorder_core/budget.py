"""The account's budget of calls: kept below the vendor's limits, paced, the most urgent first.

A limit is spent in slots: absolute instants, `1 / (PACE x rate)` apart, each of which takes one call. Callers queue for
the next slot before it comes, so that a thread that wakes late uses its own slot late and moves nobody else's.

What counts for the vendor is when calls arrive. That isn't known, but it is no later than the answer, less the time of
the fastest way there and back. A call isn't sent before a whole span has passed since the call that is a whole limit
before it has arrived, so that a slow network or a busy process doesn't bring them closer together than is allowed.

Libraries were tried first (pyrate-limiter 4.5, throttled-py 3.5, limits 5.8): each judges a call when it comes, so that
callers try again and again and what is lost between two tries is lost for good (8 threads with up to 20 ms of jitter
used 66 and 51 % of 10 calls per second; the third one doesn't wait at all), none knows urgencies or when calls arrive,
and an uncontended call costs 7 to 17 us. This costs about 2.
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

__all__ = ["Limit"]

PACE = 0.97
"""The part of a limit that is used."""
SLACK = 1.01
"""By how much a span is taken for longer than it is."""
LONGEST_WAY_S = 0.25
"""A call that isn't answered after this time has arrived: what takes longer is the vendor's own work."""
FORGETTING = 1.001
"""By how much the fastest way is taken for slower with every call: networks change."""
EVERY = "*"


class Admitted:
    """A place for one call.

    Attributes:
        late: seconds for which a call would have to wait, longer than its deadline: it must not be sent. 0: it may.
    """

    __slots__ = ("ended_at", "late", "left_at")

    def __init__(self, left_at: float = -math.inf, *, late: float = 0.0) -> None:
        self.left_at = left_at
        self.ended_at: float | None = None
        self.late = late

    def leaves(self) -> None:
        """The connection stands, and the call is being written."""

    def answered(self) -> None:
        """The call was answered."""

    def lost(self) -> None:
        """The call has failed: no answer came."""


Admit = Callable[[str, Deadline], Admitted]
"""Waits until a call of an operation may be sent, or says that it may not before the deadline."""


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
        self._free = Admitted()
        for limit in limits:
            rates = [calls_per_second[name] for name in (*limit.operations, EVERY) if name in calls_per_second]
            if rates and math.isinf(rates[0]):
                continue
            queue = _Queue(limit.at(rates[0]) if rates else limit, clock)
            self._queues.update(dict.fromkeys(limit.operations, queue))

    def admit(self, operation: str, deadline: Deadline) -> Admitted:
        """As `Admit`."""
        queue = self._queues.get(operation)
        return self._free if queue is None else queue.admit(operation, deadline)


@dataclass(order=True, slots=True)
class _Waiter:
    urgency: int
    order: int
    first: threading.Event = field(default_factory=threading.Event, compare=False)


class _Call(Admitted):
    """A place in a queue's limit."""

    __slots__ = ("_queue",)

    def __init__(self, queue: _Queue, left_at: float) -> None:
        super().__init__(left_at)
        self._queue = queue

    def leaves(self) -> None:
        self._queue.leaves(self)

    def answered(self) -> None:
        self._queue.ends(self, is_answered=True)

    def lost(self) -> None:
        self._queue.ends(self, is_answered=False)


class _Queue:
    """Those who wait for the slots of one limit."""

    def __init__(self, limit: Limit, clock: Clock) -> None:
        self._clock = clock
        self._span = limit.seconds * SLACK
        self._between = limit.seconds / PACE / limit.calls
        self._urgency = {operation: rank for rank, operation in enumerate(limit.operations)}
        self._slot = -math.inf
        self._fastest: float | None = None
        self._calls = deque([Admitted()] * limit.calls, maxlen=limit.calls)
        self._waiting: list[_Waiter] = []
        self._order = itertools.count()
        self._guard = threading.Lock()

    def admit(self, operation: str, deadline: Deadline) -> Admitted:
        with self._guard:
            now = self._clock.time()
            delay = self._delay(now)
            if delay <= 0 and not self._waiting:
                return self._take(now)
            waiter = _Waiter(self._urgency[operation], next(self._order))
            delay += self._between * sum(other < waiter for other in self._waiting)
            left = deadline.remaining()
            if left <= 0 or delay >= left:
                return self._refused(delay)
            heapq.heappush(self._waiting, waiter)
        try:
            return self._wait(waiter, deadline)
        finally:
            with self._guard:
                self._waiting.remove(waiter)
                heapq.heapify(self._waiting)
                if self._waiting:
                    self._waiting[0].first.set()

    def leaves(self, call: Admitted) -> None:
        with self._guard:
            call.left_at = self._clock.time()

    def ends(self, call: Admitted, *, is_answered: bool) -> None:
        with self._guard:
            call.ended_at = self._clock.time()
            if is_answered:
                took = max(0.0, call.ended_at - call.left_at)
                self._fastest = took if self._fastest is None else min(took, self._fastest * FORGETTING)

    def _wait(self, waiter: _Waiter, deadline: Deadline) -> Admitted:
        """Sleep until the slot when it is the first in the queue, and wait to become the first until then."""
        while True:
            left = deadline.remaining()  # before a slot is taken: nobody may wait for the call any more
            with self._guard:
                is_first = self._waiting[0] is waiter
                now = self._clock.time()
                delay = self._delay(now)
                if is_first and delay <= 0:
                    return self._take(now)
                if left <= 0 or delay >= left:
                    return self._refused(delay)
                if not is_first:
                    waiter.first.clear()
            if is_first:
                self._clock.sleep(delay)
            else:
                # Not on the clock: on a driven one the first one's sleep takes no time, and two sleeps would add up.
                waiter.first.wait(min(left, threading.TIMEOUT_MAX))

    def _delay(self, now: float) -> float:
        """Seconds until the next call may be sent."""
        if self._slot > now + self._span:  # the clock was set back
            self._slot = now + self._span
            self._calls.extend([Admitted()] * len(self._calls))
        return max(self._slot, self._arrived(self._calls[0], now) + self._span) - now

    def _arrived(self, call: Admitted, now: float) -> float:
        """The latest instant at which a call can have arrived."""
        way = (call.ended_at or now) - call.left_at - (self._fastest or 0.0)
        return call.left_at + min(max(way, 0.0), LONGEST_WAY_S)

    def _refused(self, delay: float) -> Admitted:
        return Admitted(late=max(delay, self._between))

    def _take(self, now: float) -> _Call:
        call = _Call(self, now)
        self._calls.append(call)
        # A slot that was missed by less than the time between two can still be used by the next call.
        self._slot = max(self._slot, now - self._between) + self._between
        return call
