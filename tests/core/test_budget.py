"""The account's budget: calls in slots, the most urgent first, and never one too many for the vendor."""

from __future__ import annotations

import heapq
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from forked import begun_in_child
from pacing import most_in_a_second
from recorder_core import ConfigurationError, ProviderConfig
from recorder_core.budget import PACE, Budget, Limit
from recorder_core.clock import Deadline

URGENCIES = ("stop", "start", "change", "status")
TEN = Limit(operations=URGENCIES, calls=10)


class OversleepingClock:
    """A clock that moves by sleeping alone, and every sleep takes longer than was asked for.

    On its way it does what was planned, at its own instant.
    """

    def __init__(self, late: Callable[[], float] = lambda: 0.0) -> None:
        self.now = 10_000.0
        self._late = late
        self._planned: list[tuple[float, int, Callable[[], None]]] = []

    def at(self, instant: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._planned, (instant, len(self._planned), action))

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds + self._late()
        while self._planned and self._planned[0][0] <= until:
            self.now, _, action = heapq.heappop(self._planned)
            action()
        self.now = until

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        raise AssertionError("a budget sleeps")


class GatedClock(OversleepingClock):
    """A clock whose sleeps last until the gate opens; `sleepers` counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.sleepers = threading.Semaphore(0)

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        self.sleepers.release()
        assert self.gate.wait(10)
        self.now = max(self.now, until)


def budget_of(clock: Any, *limits: Limit, **rates: float) -> Budget:
    return Budget(limits or (TEN,), clock, {name.replace("every", "*"): rate for name, rate in rates.items()})


def sent(budget: Budget, clock: OversleepingClock, count: int, operation: str = "status") -> list[float]:
    """When so many calls were let through, from the first one on; each is answered at once."""
    never = Deadline(clock, None)
    began, instants = clock.now, []
    for _ in range(count):
        admitted = budget.admit(operation, never)
        admitted.answered()
        assert not admitted.late
        instants.append(clock.now - began)
    return instants


def arrived(budget: Budget, clock: OversleepingClock, count: int, way: Callable[[], float]) -> list[float]:
    """When so many calls arrive, each of which takes a time there and another one back."""
    never = Deadline(clock, None)
    instants = []
    for _ in range(count):
        admitted = budget.admit("status", never)
        instants.append(clock.now + way())
        clock.at(instants[-1] + way(), admitted.answered)
    return sorted(instants)


def test_calls_are_paced_below_the_limit() -> None:
    """Two calls after a rest go at once, as an acquire and its start do; then one goes in each slot of 97 %."""
    clock = OversleepingClock()
    instants = sent(budget_of(clock), clock, 22)
    slot = 0.1 / PACE
    assert instants[:2] == [0, 0]
    assert instants[2:10] == pytest.approx([slot * number for number in range(1, 9)])
    assert most_in_a_second(instants) == 10
    clock.now += 60
    assert sent(budget_of(clock), clock, 3) == pytest.approx([0, 0, slot])


@pytest.mark.parametrize("late_s", [0.004, 0.02])
def test_a_late_call_moves_no_other(late_s: float) -> None:
    """However late each thread wakes, the slots stay where they are: at least 95 % of the limit is used."""
    generator = random.Random(1)
    clock = OversleepingClock(late=lambda: generator.random() * late_s)
    instants = sent(budget_of(clock), clock, 1000)
    assert 999 / instants[-1] >= 9.5


@pytest.mark.parametrize(
    ("jitter_s", "late_s", "least"),
    [(0.0, 0.0, 9.69), (0.02, 0.005, 9.6), (0.02, 0.05, 9.4)],
)
def test_no_call_too_many_reaches_the_vendor(jitter_s: float, late_s: float, least: float) -> None:
    """With jitter on its way there and on that of the answer, and however late it leaves: ten in a second."""
    generator = random.Random(2)
    clock = OversleepingClock(late=lambda: generator.random() * late_s)
    instants = arrived(budget_of(clock), clock, 2000, lambda: 0.03 + generator.random() * jitter_s)
    assert most_in_a_second(instants) == 10
    assert 1999 / (instants[-1] - instants[0]) >= least


def test_the_vendors_own_work_is_no_way() -> None:
    """A synchronous stop that takes 20 s arrived long ago, as later calls were answered: it holds up hardly anybody."""
    clock = OversleepingClock()
    budget = budget_of(clock)
    sent(budget, clock, 10)
    for _ in range(3):
        clock.at(clock.now + 20, budget.admit("stop", Deadline(clock, None)).answered)
    instants = sent(budget, clock, 300)
    assert 299 / instants[-1] >= 9.5


def test_every_call_takes_long() -> None:
    """Starts that take most of a second at the vendor, and never less, are no reason to wait for one another."""
    clock = OversleepingClock()
    budget = budget_of(clock)
    never = Deadline(clock, None)
    generator = random.Random(3)
    sent(budget, clock, 10)
    began = clock.now
    for _ in range(200):
        admitted = budget.admit("start", never)
        clock.at(clock.now + 0.8 + generator.random() * 0.02, admitted.answered)
    assert 199 / (clock.now - began) >= 9.3


def test_a_vendor_that_stands_still() -> None:
    """What was sent while the vendor didn't answer arrives all at once: as many more aren't sent behind it."""
    clock = OversleepingClock()
    budget = budget_of(clock)
    never = Deadline(clock, None)
    instants = []
    for _ in range(100):
        admitted = budget.admit("status", never)
        instants.append(clock.now + (max(10_003.9 - clock.now, 0.005) if clock.now > 10_003 else 0.005))
        clock.at(instants[-1] + 0.005, admitted.answered)
    assert most_in_a_second(sorted(instants)) == 10


def test_a_connection_that_has_to_be_made_first() -> None:
    """A call counts from when it is written: ten that wait for their connections, and ten that don't, are twenty."""
    clock = OversleepingClock()
    budget = budget_of(clock)
    never = Deadline(clock, None)
    instants = []
    for number in range(40):
        admitted = budget.admit("status", never)
        instants.append(clock.now + (0.4 if number < 10 else 0.0))
        clock.at(instants[-1], admitted.leaves)
        clock.at(instants[-1], admitted.answered)
    assert most_in_a_second(sorted(instants)) == 10


def test_calls_that_fail_say_nothing_of_the_way() -> None:
    """A refused connection is quick, and the way to the vendor isn't any faster for it: the rate stays what it was."""
    clock = OversleepingClock()
    budget = budget_of(clock)
    never = Deadline(clock, None)
    clock.at(clock.now + 0.2, budget.admit("status", never).answered)
    budget.admit("status", never).lost()
    instants = arrived(budget, clock, 300, lambda: 0.1)
    assert 299 / (instants[-1] - instants[0]) >= 9.6


def test_no_time_is_left() -> None:
    """A deadline that has passed gets no place, though one is free behind somebody else."""
    clock = GatedClock()
    budget = budget_of(clock)
    with queued(clock, budget, "change"):
        assert budget.admit("stop", Deadline(clock, 0)).late > 0


def test_a_call_that_is_never_answered_is_forgotten() -> None:
    """A caller that dies in the middle of a call takes a quarter of a second from the others, once."""
    clock = OversleepingClock()
    budget = budget_of(clock)
    sent(budget, clock, 10)
    budget.admit("status", Deadline(clock, None))
    assert sent(budget, clock, 30)[-1] <= 30 * 0.1 / PACE + 0.25


def test_a_limit_of_its_own_for_each_operation() -> None:
    """Operations that share no limit don't wait for one another, and one without a limit waits for nobody."""
    clock = OversleepingClock()
    budget = budget_of(clock, Limit(operations=("a",), calls=10), Limit(operations=("b",), calls=50))
    sent(budget, clock, 20, "a")
    assert sent(budget, clock, 2, "b") == [0, 0]
    assert sent(budget, clock, 100, "c")[-1] == 0


@contextmanager
def queued(clock: GatedClock, budget: Budget, operations: str) -> Iterator[list[str]]:
    """Callers that queue in this order, one behind the other; in the list they are in the order of their slots."""
    order: list[str] = []

    def call(operation: str) -> None:
        assert not budget.admit(operation, Deadline(clock, None)).late
        order.append(operation)

    sent(budget, clock, 2)
    with ThreadPoolExecutor(max_workers=16) as pool:
        waiting = []
        for operation in operations.split():
            waiting.append(pool.submit(call, operation))
            queue = budget._queues[operation]
            while len(queue._waiting) < len(waiting):
                threading.Event().wait(0.001)
        yield order
        clock.gate.set()
        for caller in waiting:
            caller.result(timeout=10)


def test_the_most_urgent_goes_first() -> None:
    """Whoever came first, a stop goes before a start, a start before a change, and that before a look."""
    clock = GatedClock()
    with queued(clock, budget_of(clock), "status status change start status stop start") as order:
        pass
    assert order == ["stop", "start", "start", "change", "status", "status", "status"]


def test_the_deadline_bounds_the_wait() -> None:
    """A call that can't be sent in time is refused at once, with the time that it would take; its slot stays free."""
    clock = OversleepingClock()
    budget = budget_of(clock)
    sent(budget, clock, 2)
    began = clock.now
    assert budget.admit("status", Deadline(clock, 0.05)).late == pytest.approx(0.1 / PACE)
    assert clock.now == began
    assert sent(budget, clock, 1) == pytest.approx([0.1 / PACE])


def test_those_ahead_count_for_the_deadline() -> None:
    """A caller behind three others knows that four slots are too many for its deadline; a more urgent one isn't."""
    clock = GatedClock()
    budget = budget_of(clock)
    with queued(clock, budget, "change change change"):
        assert budget.admit("status", Deadline(clock, 0.3)).late == pytest.approx(0.4 / PACE)
        with ThreadPoolExecutor(max_workers=1) as pool:
            stopping = pool.submit(budget.admit, "stop", Deadline(clock, 0.3))
            clock.gate.set()
            assert not stopping.result(timeout=10).late


def test_whoever_is_overtaken_gives_up_in_time() -> None:
    """More urgent callers that come later may take all the time of one who waits already."""
    clock = GatedClock()
    budget = budget_of(clock)
    sent(budget, clock, 2)
    with ThreadPoolExecutor(max_workers=8) as pool:
        look = pool.submit(budget.admit, "status", Deadline(clock, 0.15))
        clock.sleepers.acquire()
        stops = [pool.submit(budget.admit, "stop", Deadline(clock, None)) for _ in range(3)]
        clock.sleepers.acquire()  # the first stop; the others wait behind it
        clock.gate.set()
        assert [stop.result(timeout=10).late for stop in stops] == [0, 0, 0]
        assert look.result(timeout=10).late > 0


def test_an_interrupted_caller_leaves_the_queue() -> None:
    """An exception in the middle of the wait, such as Ctrl-C, holds up nobody else."""
    clock = OversleepingClock()
    budget = budget_of(clock)
    sent(budget, clock, 2)
    clock.sleep = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        budget.admit("status", Deadline(clock, None))
    del clock.sleep  # type: ignore[method-assign]
    assert sent(budget, clock, 1) == pytest.approx([0.1 / PACE])


def interrupted(_: float) -> None:
    raise KeyboardInterrupt


def test_a_forked_child_has_a_queue_of_its_own() -> None:
    """Those who wait do so in the parent; the child has the whole limit for itself."""
    clock = GatedClock()
    budget = budget_of(clock)

    def work() -> int:
        clock.gate, clock.sleepers = threading.Event(), threading.Semaphore(0)  # those have locks of the parent's
        clock.gate.set()
        return len(sent(budget, clock, 20, "status"))

    with queued(clock, budget, "stop change"):
        assert begun_in_child(work)() == 20


def test_a_clock_that_is_set_back_costs_one_span() -> None:
    """Where the wall clock is set back by an hour, nobody waits for an hour."""
    clock = OversleepingClock()
    budget = budget_of(clock)
    sent(budget, clock, 5)
    clock.now -= 3600
    assert sent(budget, clock, 1) == pytest.approx([1.0], rel=0.05)


@pytest.mark.parametrize(
    ("rates", "expected_s"),
    [
        ({"every": 100.0}, 0.01 / PACE),
        ({"status": 20.0}, 0.05 / PACE),
        ({"stop": 20.0, "every": 1.0}, 0.05 / PACE),
        ({"every": 0.25}, 4 / PACE),
        ({"every": 2.5}, 0.4 / PACE),
        ({"every": float("inf")}, 0.0),
    ],
)
def test_other_rates(rates: dict[str, float], expected_s: float) -> None:
    """A configured rate takes the place of the vendor's: an operation's is that of all that share its limit."""
    clock = OversleepingClock()
    instants = sent(budget_of(clock, **rates), clock, 80)
    assert (instants[-1] - instants[1]) / 78 == pytest.approx(expected_s, rel=0.025)


def test_a_rate_for_nothing_is_refused() -> None:
    """A misspelt operation would leave the limit as it is, in silence; the error names those that there are."""
    with pytest.raises(ConfigurationError, match="no limit for stopp") as caught:
        budget_of(OversleepingClock(), stopp=5.0)
    assert "change, start, status, stop" in str(caught.value)


class Config(ProviderConfig):
    env_prefix = "V_"


def test_rates_from_the_environment() -> None:
    """`name=rate`, comma-separated."""
    assert Config.from_env({"V_CALLS_PER_SECOND": "query=20, *=2.5"}).calls_per_second == {"query": 20, "*": 2.5}


@pytest.mark.parametrize("value", ["query", "query=", "query=fast", "query=0", "*=-1", "*=nan"])
def test_rates_that_are_none(value: str) -> None:
    """A rate that is no number above 0 is refused by name."""
    with pytest.raises(ConfigurationError, match="calls_per_second"):
        Config.from_env({"V_CALLS_PER_SECOND": value})
