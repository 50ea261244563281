"""The driven clock."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from recorder_core.clock import Deadline
from recorder_core.emulation.clock import EmulatorClock


def wait(clock: EmulatorClock, seconds: Any) -> bool:
    """Wait for what never comes."""
    return clock.wait(threading.Event(), seconds)


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
@pytest.mark.parametrize("move", [EmulatorClock.advance, EmulatorClock.sleep, wait])
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
        clock.sleep(30)
        assert not wait(clock, 20)
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


def test_a_wait_ends_with_its_signal() -> None:
    """It is looked for before time moves and at every stop; what is left of the wait doesn't pass."""
    clock = EmulatorClock(frozen=True, start=1000.1)
    signal = threading.Event()
    stops = [1003.3, 1007.7, 1060.0]
    seen: list[float] = []

    def moved() -> None:
        seen.append(clock.time())
        if len(seen) == 2:
            signal.set()

    clock.subscribe(moved, next_due=lambda: min((stop for stop in stops if stop > clock.time()), default=None))
    monotonic = clock.monotonic()
    assert clock.wait(signal, 120)
    assert (seen, clock.time()) == ([1003.3, 1007.7], 1007.7)
    assert clock.monotonic() - monotonic == pytest.approx(7.6)
    assert clock.wait(signal, 0)
    assert seen == [1003.3, 1007.7]
    signal.clear()
    assert not clock.wait(signal, 0)
    assert not clock.wait(signal, 2.3)
    assert clock.time() == pytest.approx(1010.0)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_move_stops_where_something_is_due(frozen: bool) -> None:
    """Every follower's instants are met in order, on a frozen clock to the bit, and the move is as long as asked."""
    clock = EmulatorClock(frozen=frozen, start=1_700_000_000.7)
    start = clock.time()
    dues = {"a": [start + 0.1, start + 33.3], "b": [start + 7.7, start + 1e6]}
    met: list[tuple[str, float]] = []

    def follow(name: str) -> None:
        def moved() -> None:
            while dues[name] and dues[name][0] <= clock.time():
                met.append((name, clock.time() - dues[name].pop(0)))

        clock.subscribe(moved, next_due=lambda: dues[name][0] if dues[name] else None)

    follow("a")
    follow("b")
    clock.advance(100)
    assert [name for name, _ in met] == ["a", "b", "a"]
    assert all(late == 0 if frozen else 0 <= late < 5 for _, late in met)
    assert clock.time() >= start + 100
    assert clock.time() == start + 100 or not frozen


def test_time_goes_on_when_everybody_has_done_what_was_due() -> None:
    """What rests is waited for before the first step and after each, until nobody had anything left."""
    clock = EmulatorClock(frozen=True, start=0.0)
    log: list[str] = []
    left = {"one": 1, "two": 2}

    def resting(name: str) -> Callable[[], bool]:
        def rest() -> bool:
            if left[name] == 0:
                return False
            left[name] -= 1
            log.append(f"{name} at {clock.time():g}")
            return True

        return rest

    clock.subscribe(lambda: left.update(one=1), rest=resting("one"), next_due=lambda: 5.0 if clock.time() < 5 else None)
    clock.subscribe(rest=resting("two"))
    clock.sleep(8)
    assert log == ["one at 0", "two at 0", "two at 0", "one at 5", "one at 8"]
