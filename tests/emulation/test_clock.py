"""The driven clock."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from recorder_core.clock import Deadline
from recorder_core.emulation.clock import EmulatorClock


def test_time_runs_by_itself_until_it_is_driven() -> None:
    """An undriven clock shows wall time, so that a plain recorder works in real time."""
    before = time.time()
    shown = EmulatorClock().time()
    assert before <= shown <= time.time()


def test_a_day_passes_at_once() -> None:
    """`advance` and `sleep` move both times by the same amount without waiting."""
    clock = EmulatorClock(frozen=True, start=1000.0)
    monotonic = clock.monotonic()
    clock.advance(86400)
    clock.sleep(1.5)
    assert clock.time() == 1000.0 + 86401.5
    assert clock.monotonic() == monotonic + 86401.5


def test_an_unfrozen_clock_may_start_elsewhere() -> None:
    """`start` shifts a running clock to that instant."""
    assert 5000 <= EmulatorClock(start=5000.0).time() < 5060


def test_wall_time_is_not_driven() -> None:
    """Signatures and credentials are judged by the true time, whatever the emulated one."""
    clock = EmulatorClock()
    clock.advance(1e6)
    assert clock.wall() < time.time() + 1


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e9, 10**400, "60", None, timedelta(minutes=1)])
@pytest.mark.parametrize("move", [EmulatorClock.advance, EmulatorClock.sleep])
def test_a_move_is_a_number_of_seconds(move: Callable[[EmulatorClock, Any], None], seconds: Any) -> None:
    """A move that is negative, longer than ten years or no number is refused and changes nothing."""
    clock = EmulatorClock(frozen=True, start=0.0)
    with pytest.raises(ValueError, match=r"forward by a number of seconds, 0 to 315360000 \(ten years\); got "):
        move(clock, seconds)
    assert (clock.time(), clock.monotonic()) == (0, 0)


def test_a_sleep_uses_up_nobody_elses_time() -> None:
    """`advance` moves every thread's monotonic time, whoever calls it, `sleep` only the sleeper's; both move `time`."""
    clock = EmulatorClock(frozen=True, start=0.0)
    mine = Deadline(clock, 60)

    def wait_and_drive() -> float:
        own = Deadline(clock, 60)
        clock.sleep(50)
        clock.advance(3)
        return own.remaining()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(wait_and_drive).result() == 7
    assert mine.remaining() == 57
    clock.sleep(2)
    assert mine.remaining() == 55
    assert clock.time() == 55


def test_listeners_hear_every_move_until_they_unsubscribe() -> None:
    """Whoever subscribed is called after each move."""
    clock = EmulatorClock(frozen=True, start=0.0)
    heard: list[float] = []
    unsubscribe = clock.subscribe(lambda: heard.append(clock.time()))
    clock.advance(1)
    clock.sleep(2)
    unsubscribe()
    unsubscribe()
    clock.advance(4)
    assert heard == [1, 3]
