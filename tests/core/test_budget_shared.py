"""A budget that processes share: one pace and one order of urgency for all, whatever becomes of one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from hashlib import sha256

import pytest

from pacing import most_in_a_second
from recorder_core.budget import Admitted
from servers import RedisServer
from sharing import CHANGE, PAUSE, SLOT, START, STATUS, STOP, World, driven

GRACE = 0.25
"""Seconds for which a process that is late for its turn is waited for."""
LONGEST_WAY = 1.0
"""Seconds after which a call that nobody tells of has arrived."""


@pytest.fixture
def world(redis_server: RedisServer) -> Iterator[World]:
    """A world whose Redis is empty."""
    with driven(redis_server) as found:
        yield found


@pytest.fixture
def rested(world: World) -> World:
    """A world in which the limit is known, and nobody has used it for a while."""
    world.process().call()
    world.run(70)
    world.arrivals.clear()
    return world


def paced(instants: list[float]) -> float:
    """Calls in a second."""
    return (len(instants) - 1) / (instants[-1] - instants[0])


def test_one_pace_for_all(rested: World) -> None:
    """Two calls after a rest go at once, as in one process alone; then one goes in each slot of 97 %."""
    first, second = rested.processes(2)
    waits = [process.call() for process in (first, second) * 11]
    assert waits[:2] == [0, 0]
    assert waits[2:10] == pytest.approx([SLOT] * 8, rel=1e-4)
    assert most_in_a_second(rested.arrivals) == 10


@pytest.mark.parametrize(("jitter_s", "late_s", "least"), [(0.0, 0.0, 9.65), (0.02, 0.005, 9.6), (0.02, 0.05, 9.0)])
def test_no_call_too_many_reaches_the_vendor(rested: World, jitter_s: float, late_s: float, least: float) -> None:
    """Eight processes, whose clocks disagree, with jitter there and back, however late each wakes: ten in a second."""
    for process in rested.processes(8):
        process.calls(
            way=lambda: 0.03 + rested.random.random() * jitter_s, late=lambda: rested.random.random() * late_s
        )
    rested.run(20)
    instants = sorted(rested.arrivals)
    assert most_in_a_second(instants) == 10
    assert paced([instant for instant in instants if instant > instants[0] + 6]) >= least  # by then the way is known


def test_machines_at_different_distances(rested: World) -> None:
    """A call from far away may be overtaken by ten from nearby, and still they are ten in a second."""
    for process, way in zip(rested.processes(4), (0.001, 0.001, 0.04, 0.08), strict=True):
        process.calls(way=lambda way=way: way + rested.random.random() * 0.005)
    rested.run(20)
    assert most_in_a_second(sorted(rested.arrivals)) == 10


def test_a_connection_that_has_to_be_made_first(rested: World) -> None:
    """A call counts from when it is written: ten that wait for their connections, and ten that don't, are twenty."""
    slow, quick = rested.processes(2)
    slow.calls(count=10, late=lambda: 0.4, way=lambda: 0.0)
    rested.run(0.9)
    quick.calls(way=lambda: 0.0)
    rested.run(5)
    assert most_in_a_second(sorted(rested.arrivals)) == 10


def test_a_vendor_that_stands_still(rested: World) -> None:
    """What was sent while the vendor didn't answer arrives all at once: as many more aren't sent behind it."""
    for process in rested.processes(8):
        process.calls(way=lambda: max(0.005, 1_000_075.0 - rested.now if rested.now > 1_000_074.2 else 0.0))
    rested.run(10)
    assert most_in_a_second(sorted(rested.arrivals)) == 10


def test_the_most_urgent_goes_first(rested: World) -> None:
    """Whoever came first, in whichever process: a stop goes before a start, a start before a change, then a look."""
    order: list[int] = []
    rested.process().call(), rested.process().call()
    for after, urgency in enumerate((STATUS, STATUS, CHANGE, START, STATUS, STOP, START)):
        plan = partial(rested.process().calls, urgency, count=1, told=partial(order.append, urgency))
        rested.at(rested.now + after * 0.001, plan)
    rested.run(2)
    assert order == [STOP, START, START, CHANGE, STATUS, STATUS, STATUS]


def test_a_stop_that_comes_late_goes_next(rested: World) -> None:
    """Seven processes wait for looks; a stop of another one takes the next slot."""
    order: list[int] = []
    for process in rested.processes(7):
        process.calls(told=partial(order.append, STATUS))
    rested.run(3 + SLOT / 2)
    del order[:]
    rested.process().calls(STOP, count=1, told=partial(order.append, STOP))
    rested.run(1)
    assert order[0] == STOP


def test_equals_take_turns(rested: World) -> None:
    """Processes that always have something to ask get equally much."""
    calls: Counter[int] = Counter()
    for number, process in enumerate(rested.processes(5)):
        process.calls(told=partial(calls.update, [number]))
    rested.run(10)
    assert max(calls.values()) - min(calls.values()) <= 1


def test_a_process_that_dies_while_it_waits(rested: World) -> None:
    """However urgent its caller was, the others wait for it a quarter of a second longer, once."""
    dead, alive = rested.processes(2)
    alive.call(), alive.call()
    assert isinstance(dead.ask(STOP), float)
    waits = [alive.call() for _ in range(8)]
    assert waits[0] <= SLOT + GRACE + SLOT
    assert sum(waits) <= 8 * SLOT + GRACE
    assert waits[4:] == pytest.approx([SLOT] * 4, rel=0.01)


def test_a_process_that_dies_in_the_middle_of_a_call(rested: World) -> None:
    """Nobody knows whether its call has arrived: the one that is a whole limit after it waits a second longer, once."""
    dead, alive = rested.processes(2)
    assert isinstance(dead.ask(), Admitted)
    waits = [alive.call() for _ in range(30)]
    assert sum(waits) <= 30 * SLOT + LONGEST_WAY
    assert sum(waits[-10:]) <= 10 * SLOT * 1.001


def test_the_deadline_bounds_the_wait(rested: World) -> None:
    """A call that can't be sent in time is refused at once, with the time that it would take; its slot stays free."""
    first, second = rested.processes(2)
    first.call(), first.call()
    answer = second.ask(left=0.05)
    assert isinstance(answer, Admitted)
    assert answer.late == pytest.approx(SLOT, rel=1e-4)
    assert rested.held("waiting") == {}
    assert first.call() == pytest.approx(SLOT, rel=1e-4)


def test_those_ahead_count_for_the_deadline(rested: World) -> None:
    """A caller behind three of other processes knows that four slots are too many; a more urgent one isn't behind."""
    rested.process().call(), rested.process().call()
    for process in rested.processes(3):
        assert isinstance(process.ask(CHANGE), float)
    late = rested.process()
    answer = late.ask(STATUS, left=0.3)
    assert isinstance(answer, Admitted)
    assert answer.late == pytest.approx(4 * SLOT, rel=1e-4)
    assert late.ask(STOP, left=0.3) == pytest.approx(SLOT, rel=1e-4)


def test_a_redis_that_has_lost_its_data(world: World) -> None:
    """Where nobody knows what was called lately, nobody calls for as long as that would count."""
    processes = world.processes(3)
    assert processes[0].call() == pytest.approx(PAUSE)
    for process in processes:
        process.calls()
    world.run(5)
    world.redis.flushall()
    world.run(5)
    assert most_in_a_second(world.arrivals) == 10
    assert paced(world.arrivals) == pytest.approx(10 / (1 + PAUSE / 10), abs=0.5)


@pytest.mark.parametrize("seconds", [-3600.0, -0.5, 3600.0, 3.0])
def test_a_redis_whose_clock_is_set(rested: World, seconds: float) -> None:
    """Set back or forward: never a burst, and nobody waits for much longer than a span."""
    for process in rested.processes(3):
        process.calls()
    rested.run(5)
    rested.redis_ahead += seconds
    rested.run(5)
    assert most_in_a_second(rested.arrivals) == 10
    assert len(rested.arrivals) >= 10 * (10 - 2 * PAUSE) * 0.95


def test_another_redis_takes_the_place(rested: World) -> None:
    """A failover ends the connections and loses the last calls, though all seems to be whole: they are waited for."""
    first, second = rested.processes(2)
    first.call()
    names = rested.redis.keys("recorder-core*")
    for name in names:
        rested.redis.copy(name, f"copy:{name}")
    for process in (first, second) * 4:
        process.call()
    for name in names:
        rested.redis.copy(f"copy:{name}", name, replace=True)
    rested.redis.client_kill_filter(_type="normal", skipme=True)
    rested.run(0.01)
    assert first.call() == pytest.approx(PAUSE, abs=0.01)
    assert second.call() == pytest.approx(SLOT, abs=0.01)
    assert most_in_a_second(rested.arrivals) <= 10


def test_the_strictest_limit_counts(rested: World) -> None:
    """Where processes disagree, all keep to the lowest rate, until who has it leaves or is silent for a minute."""
    raised, lowered = rested.process(), rested.process(every=5.0)
    lowered.call(), lowered.call()
    assert [raised.call() for _ in range(3)] == pytest.approx([2 * SLOT] * 3, rel=0.01)
    lowered.budget.close()
    rested.run(1.1)
    raised.call(), raised.call()
    assert [raised.call() for _ in range(3)] == pytest.approx([SLOT] * 3, rel=0.01)
    rested.process(every=5.0).call()
    raised.call(), raised.call()
    assert raised.call() == pytest.approx(2 * SLOT, rel=0.01)
    rested.run(61)
    raised.call(), raised.call()
    assert raised.call() == pytest.approx(SLOT, rel=0.01)


def test_few_round_trips(rested: World) -> None:
    """A call that waits for nobody asks once, and once tells that it has arrived."""
    process = rested.process()
    process.call()
    rested.redis.config_resetstat()
    for _ in range(10):
        rested.run(1)
        process.call()
    counts = rested.redis.info("commandstats")
    assert counts["cmdstat_evalsha"]["calls"] == 10
    assert counts["cmdstat_zadd"]["calls"] == 10 + 10  # those of the script are among them


def test_scripts_that_were_forgotten(rested: World) -> None:
    """A Redis that doesn't know the scripts any more is told them again."""
    process = rested.process()
    process.call()
    rested.redis.script_flush()
    assert process.call() == 0


def test_what_is_left_in_the_redis(world: World) -> None:
    """Every key expires, all of a limit are of one slot of a cluster, and none tells the account."""
    world.process().call()
    world.process().ask()
    names = world.redis.keys("recorder-core*")
    assert {name.rpartition(":")[2] for name in names} == {"state", "arrivals", "waiting", "sharing"}
    assert {name.partition("{")[2].partition("}")[0] for name in names} == {
        f"paper:{sha256(b'account-1').hexdigest()[:16]}:stop"
    }
    assert all(0 < world.redis.ttl(name) <= 30 * 86_400 for name in names)
