"""The slots of a limit that one process has for itself."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence

from recorder_core.budget.limit import Admitted, Limit
from recorder_core.budget.queue import Queue, Source
from recorder_core.budget.ways import Call, Ways
from recorder_core.clock import Clock, Deadline
from recorder_core.errors import ConfigurationError
from recorder_core.forking import Guarded

EVERY = "*"


class Budget:
    """The calls of one account in this process. Thread-safe.

    Where several processes share an account, each needs its share of the limits (`calls_per_second`), or all of them a
    `SharedBudget`. A forked child has a budget of its own.

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
        self._clock = clock
        self._queues: dict[str, Queue] = {}
        self._free = Admitted()
        for limit in limits:
            rates = [calls_per_second[name] for name in (*limit.operations, EVERY) if name in calls_per_second]
            if rates and math.isinf(rates[0]):
                continue
            queue = Queue(limit.operations, self._source(limit.at(rates[0]) if rates else limit))
            self._queues.update(dict.fromkeys(limit.operations, queue))

    def admit(self, operation: str, deadline: Deadline) -> Admitted:
        """As `Admit`."""
        queue = self._queues.get(operation)
        return self._free if queue is None else queue.admit(operation, deadline)

    def close(self) -> None:
        """Give up what others could use. A closed budget goes on working."""

    def _source(self, limit: Limit) -> Source:
        return Slots(limit, self._clock)


class _Call(Call):
    """A place in a limit that is this process's own."""

    __slots__ = ("_slots",)

    def __init__(self, slots: Slots, operation: int) -> None:
        super().__init__(operation)
        self._slots = slots

    def leaves(self) -> None:
        self._slots.leaves(self)

    def answered(self) -> None:
        self._slots.ends(self, is_answered=True)

    def lost(self) -> None:
        self._slots.ends(self, is_answered=False)


class Slots(Guarded):
    """As `Source`: all slots of a limit."""

    def __init__(self, limit: Limit, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._limit = limit
        self.between = limit.between
        self._slot = -math.inf
        self._ways: Ways[Call] = Ways()
        self._arrivals: list[float] = []  # sorted

    def ask(self, urgency: int, left: float) -> Admitted | float:
        """As `Source.ask`."""
        with self._guard:
            now = self._clock.time()
            delay = self._delay(now)
            if delay <= 0:
                return self._take(urgency, now)
        return delay if delay < left else Admitted(late=delay)

    def least(self) -> float:
        """As `Source.least`."""
        with self._guard:
            return max(0.0, self._delay(self._clock.time()))

    def sleep(self, seconds: float) -> None:
        """As `Source.sleep`, on the clock."""
        self._clock.sleep(seconds)

    def leaves(self, call: Call) -> None:
        """A call is being written."""
        with self._guard:
            before = call.arrived_by
            if self._ways.leaves(call, self._clock.time()):
                self._replace(before, call.arrived_by)

    def ends(self, call: Call, *, is_answered: bool) -> None:
        """A call was answered, or has failed."""
        with self._guard:
            for known, before in self._ways.ends(call, self._clock.time(), is_answered=is_answered).items():
                self._replace(before, known.arrived_by)

    def _delay(self, now: float) -> float:
        """Seconds until the next call may be sent."""
        if self._slot > now + self._limit.span:  # the clock was set back
            self._slot = now + self._limit.span
            self._arrivals.clear()
        if len(self._arrivals) < self._limit.calls:
            return self._slot - now
        # Of those that count when this one arrives, all but one less than the limit must have gone by.
        return max(self._slot, self._arrivals[-self._limit.calls] + self._limit.span - self._ways.there) - now

    def _take(self, urgency: int, now: float) -> _Call:
        call = _Call(self, urgency)
        self._ways.begins(call, now)
        insort(self._arrivals, call.arrived_by)
        if len(self._arrivals) > 4 * self._limit.calls:
            del self._arrivals[: 2 * self._limit.calls]
        # A slot that was missed by less than the time between two can still be used by the next call.
        self._slot = max(self._slot, now - self.between) + self.between
        return call

    def _replace(self, before: float, arrived_by: float) -> None:
        """More is known of a call, if it still counts."""
        index = bisect_left(self._arrivals, before)
        if index < len(self._arrivals) and self._arrivals[index] == before:
            del self._arrivals[index]
            insort(self._arrivals, arrived_by)
