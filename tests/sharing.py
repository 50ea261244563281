"""Processes that share a budget through a real Redis, in driven time: their clocks disagree, and none is right."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from unittest.mock import patch

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from recorder_core.budget import PACE, Admitted, Limit, shared
from recorder_core.budget.link import Script
from recorder_core.budget.shared import SharedBudget
from servers import RedisServer

__all__ = ["CHANGE", "PAUSE", "SLOT", "START", "STATUS", "STOP", "TEN", "Process", "World", "driven"]

STOP, START, CHANGE, STATUS = range(4)
TEN = Limit(operations=("stop", "start", "change", "status"), calls=10)
SLOT = 0.1 / PACE
PAUSE = 1.26
"""Seconds in which no call is made where others may have been made before: a span, and the way of the last one."""


class World:
    """What happens when, and a Redis whose clock goes with it.

    Attributes:
        now: seconds.
        redis_ahead: by which the Redis's clock is ahead.
        arrivals: when calls arrived at the vendor.
    """

    def __init__(self, server: RedisServer) -> None:
        self.now = 1_000_000.0
        self.redis_ahead = 700_000_000.0
        self.arrivals: list[float] = []
        self.server = server
        self.redis = redis.Redis.from_url(server.url, decode_responses=True, retry=Retry(NoBackoff(), 0))
        self.random = random.Random(7)
        self._planned: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, instant: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._planned, (instant, next(self._order), action))

    def run(self, seconds: float) -> None:
        """Let everything happen that is planned for the next seconds."""
        until = self.now + seconds
        while self._planned and self._planned[0][0] <= until:
            self.now, _, action = heapq.heappop(self._planned)
            action()
        self.now = until

    def set_clock(self) -> None:
        """Tell the Redis, if it runs, what time it is."""
        seconds, microseconds = divmod(round((self.now + self.redis_ahead) * 1_000_000), 1_000_000)
        with suppress(redis.RedisError):
            self.redis.hset("clock", mapping={"seconds": seconds, "microseconds": microseconds})

    def process(self, url: str = "", **rates: float) -> Process:
        """One more process; `every` is the rate of all operations."""
        return Process(self, url or self.server.url, {name.replace("every", "*"): rate for name, rate in rates.items()})

    def processes(self, count: int) -> list[Process]:
        return [self.process() for _ in range(count)]

    def held(self, part: str) -> dict[str, str]:
        """What the Redis holds of the first limit."""
        (name,) = self.redis.keys(f"*:stop}}:{part}") or [""]
        return self.redis.hgetall(name)


class Process:
    """One process, whose clock shows what it likes."""

    def __init__(self, world: World, url: str, rates: dict[str, float]) -> None:
        self.world = world
        self._ahead = world.random.uniform(-1e5, 1e5)
        self.budget = SharedBudget(url, (TEN,), rates, provider="paper", account="account-1", clock=self)
        (self.slots,) = self.budget._shared

    def monotonic(self) -> float:
        return self.world.now + self._ahead

    time = monotonic

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps here")

    def wait(self, *_: object) -> bool:
        raise AssertionError("nobody waits here")

    def ask(self, urgency: int = STATUS, left: float = math.inf) -> Admitted | float:
        """Ask once: a place, or after how many seconds to ask again."""
        self.world.set_clock()
        return self.slots.ask(urgency, left)

    def call(self, urgency: int = STATUS) -> float:
        """Make one call, which is answered at once; the seconds that it had to wait."""
        began = self.world.now
        while isinstance(answer := self.ask(urgency), float):
            self.world.run(answer)
        assert not answer.late
        answer.leaves()
        answer.answered()
        self.world.arrivals.append(self.world.now)
        return self.world.now - began

    def calls(
        self,
        urgency: int = STATUS,
        *,
        count: int | None = None,
        way: Callable[[], float] = lambda: 0.01,
        late: Callable[[], float] = lambda: 0.0,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        """Plan calls, one after the other, as from now.

        Args:
            urgency: of the operation.
            count: how many; None: for ever.
            way: how long each is on its way there, and how long its answer is.
            late: how much later than it wanted the process wakes, and how long it takes to write a call.
            told: called for each call that has got its place.
        """
        world = self.world
        left = itertools.count() if count is None else iter(range(count))

        def attempt() -> None:
            answer = self.ask(urgency)
            if isinstance(answer, float):
                world.at(world.now + answer + late(), attempt)
                return
            assert not answer.late
            told()
            leaves = world.now + late()
            arrives = leaves + way()
            ends = arrives + way()
            world.at(leaves, answer.leaves)
            world.at(arrives, lambda: world.arrivals.append(world.now))
            world.at(ends, answer.answered)
            if next(left, None) is not None:
                world.at(ends, attempt)

        if next(left, None) is not None:
            world.at(world.now, attempt)


@contextmanager
def driven(server: RedisServer) -> Iterator[World]:
    """A world with this Redis."""
    text = shared.TAKE.text.replace("redis.call('TIME')", "redis.call('HMGET', 'clock', 'seconds', 'microseconds')")
    assert text != shared.TAKE.text
    world = World(server)
    with patch.object(shared, "TAKE", Script(text)):
        yield world
    world.redis.close()
