"""Deadlines: what is left, and which one holds."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor

from recorder_core.clock import Clock, Deadline, SystemClock, answering, current_deadline, deadline_scope, is_answering


class HandClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        self.sleep(seconds)
        return signal.is_set()


def test_deadline_counts_down_on_its_clock() -> None:
    """What remains shrinks as the clock goes on, and never falls below 0."""
    clock: Clock = HandClock()
    deadline = Deadline(clock, 10)
    assert (deadline.seconds, deadline.remaining(), deadline.expired) == (10.0, 10.0, False)
    clock.sleep(4)
    assert deadline.remaining() == 6.0
    clock.sleep(20)
    assert (deadline.remaining(), deadline.expired) == (0.0, True)


def test_no_deadline_never_comes() -> None:
    """None leaves infinity, whatever the clock does."""
    clock = HandClock()
    deadline = Deadline(clock, None)
    clock.sleep(1e9)
    assert deadline.seconds == deadline.remaining() == math.inf
    assert not deadline.expired


def test_zero_and_less_have_passed() -> None:
    """A deadline of 0 s or less has expired when it is made."""
    assert Deadline(HandClock(), 0).expired
    assert Deadline(HandClock(), -1).expired


def test_outside_of_a_scope_there_is_no_deadline() -> None:
    """Without a scope the current deadline never comes."""
    assert current_deadline().remaining() == math.inf


def test_scope_holds_inside_and_ends_outside() -> None:
    """A scope's deadline is current inside it, and the one before is afterwards, even after an error."""
    deadline = Deadline(HandClock(), 5)
    try:
        with deadline_scope(deadline) as held:
            assert held is deadline is current_deadline()
            raise KeyError
    except KeyError:
        assert current_deadline().remaining() == math.inf


def test_inner_scope_shortens_and_never_lengthens() -> None:
    """Of two nested scopes the deadline that comes sooner holds."""
    clock = HandClock()
    outer, sooner, later = Deadline(clock, 5), Deadline(clock, 3), Deadline(clock, 60)
    with deadline_scope(outer):
        with deadline_scope(sooner):
            assert current_deadline() is sooner
        with deadline_scope(later) as held:
            assert held is outer is current_deadline()


def test_scope_is_of_its_own_thread() -> None:
    """Another thread doesn't see this one's deadline."""
    with deadline_scope(Deadline(HandClock(), 5)), ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: current_deadline().remaining()).result() == math.inf


def test_system_clock_tells_time_and_takes_negative_sleeps() -> None:
    """The system's clock goes forward, and a sleep that is over already returns at once."""
    clock: Clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(-5)
    assert clock.monotonic() >= before
    assert clock.time() > 1.7e9


def test_answering_is_known_in_its_context_alone() -> None:
    """Within the block, and not after it nor in another thread."""
    with answering(), ThreadPoolExecutor(1) as pool:
        assert is_answering()
        assert not pool.submit(is_answering).result()
    assert not is_answering()
