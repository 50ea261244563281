"""A shared budget whose Redis can't be used: each process goes on with a part of its own, never all with too much."""

from __future__ import annotations

import logging
import os
import random
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import combinations

import pytest
import redis

from pacing import most_in_a_second
from recorder_core.budget.shared import SharedBudget
from servers import REDIS_PASSWORD, RedisServer
from sharing import PAUSE, STATUS, TEN, Process, World, driven

APART = 3.5
"""Seconds for which all keep to their parts when the Redis is back."""
SILENCE = 2.5
"""Seconds after which a process tries again in any case."""


@pytest.fixture
def world(redis_server: RedisServer) -> Iterator[World]:
    """A world whose Redis is empty."""
    with driven(redis_server) as found:
        yield found
        with suppress(redis.ConnectionError):  # it was killed
            unlocked(found)


def killed(world: World) -> None:
    world.server.kill()


def started(world: World) -> None:
    """It is empty."""
    world.server.start()


def locked(world: World) -> None:
    """It lets nobody in, and keeps its data."""
    world.redis.config_set("requirepass", "another")
    world.redis.client_kill_filter(_type="normal", skipme=True)


def unlocked(world: World) -> None:
    world.redis.config_set("requirepass", REDIS_PASSWORD)


@pytest.mark.parametrize(
    ("count", "goes", "comes"),
    [(8, killed, started), (8, locked, unlocked), (20, killed, started), (3, locked, unlocked)],
)
def test_all_go_on_without_it(
    world: World,
    caplog: pytest.LogCaptureFixture,
    count: int,
    goes: Callable[[World], None],
    comes: Callable[[World], None],
) -> None:
    """Their parts are never too much altogether: not when it goes, not without it, and not when it is back."""

    def late() -> float:
        return world.random.random() * 0.01

    for process in world.processes(count):
        process.calls(way=lambda: 0.01 + world.random.random() * 0.01, late=late)
    world.run(6)
    goes(world)
    gone_at = world.now
    world.run(10)
    comes(world)
    back_at = world.now
    world.run(15)
    assert most_in_a_second(sorted(world.arrivals)) <= 10
    without = [instant for instant in world.arrivals if gone_at + 1.5 <= instant < back_at]
    assert len(without) / (back_at - gone_at - 1.5) >= 7.5
    again = [instant for instant in world.arrivals if instant >= back_at + SILENCE + APART + PAUSE]
    assert len(again) / (world.now - again[0]) >= 9.5
    said = [record.getMessage() for record in caplog.records]
    assert sum("can't be used" in message for message in said) == count
    assert sum("can be used again" in message for message in said) == count
    assert not any(REDIS_PASSWORD in message for message in said)


def test_whoever_slept_meanwhile(world: World) -> None:
    """A process that didn't notice keeps to its part too, as long as others may."""
    for process in world.processes(4):
        process.calls()
    idle = world.process()
    idle.call()
    world.run(4)
    locked(world)
    world.run(6)
    unlocked(world)
    while world.held("state")["apart"] == "0":
        world.run(0.1)
    assert idle.call() == pytest.approx(PAUSE)
    world.run(10)
    assert most_in_a_second(sorted(world.arrivals)) <= 10


def test_one_that_is_cut_off_alone(world: World) -> None:
    """Nobody else slows down, neither then nor when it comes back; it has a part of its own meanwhile."""
    user, password = "lonely", "password-of-the-lonely"
    world.redis.acl_setuser(user, enabled=True, passwords=[f"+{password}"], categories=["+@all"], keys=["*"])
    others = world.processes(3)
    alone = world.process(world.server.url.replace(f":{REDIS_PASSWORD}", f"{user}:{password}"))
    times: list[float] = []
    alone.calls(told=lambda: times.append(world.now))
    for process in others:
        process.calls()
    world.run(5)
    world.redis.acl_setuser(user, enabled=False)
    world.redis.client_kill_filter(_type="normal", skipme=True)
    world.run(5)
    del world.arrivals[:]
    del times[:]
    world.run(5)
    by_others = len(world.arrivals) - len(times)
    assert by_others / 5 >= 9.5
    assert 1 <= len(times) / 5 <= 2.5
    world.redis.acl_setuser(user, enabled=True)
    del world.arrivals[:]
    world.run(10)
    assert len(world.arrivals) / 10 >= 9.3


def test_a_redis_that_was_never_there(redis_server: RedisServer) -> None:
    """Nobody knows how many share the limit: each process takes one call in a span, and none is lost."""
    redis_server.kill()
    with driven(redis_server) as world:
        process = world.process()
        assert [process.call() for _ in range(3)] == pytest.approx([PAUSE, 1.01, 1.01], abs=0.03)


@pytest.mark.parametrize(("count", "pause", "least", "most"), [(1, 0.3, 11, 17), (8, 0.0, 8 * 12, 8 * 20)])
def test_attempts(world: World, count: int, pause: float, least: int, most: int) -> None:
    """Whoever needn't wait for its slots tries to reach the Redis every 2.5 s; whoever waits does it rather oftener."""
    processes = world.processes(count)
    for process in processes:
        process.calls(way=lambda: 0.005 + pause / 2)
    world.run(5)
    locked(world)
    before = world.redis.info("stats")["total_connections_received"]
    world.run(30)
    assert least <= world.redis.info("stats")["total_connections_received"] - before <= most


def replica(world: World) -> None:
    world.redis.replicaof("127.0.0.1", "1")


def full(world: World) -> None:
    world.redis.config_set("maxmemory", "1")


def forgotten(world: World) -> None:
    world.redis.config_set("requirepass", "another")


def stopped(world: World) -> None:
    os.kill(world.server.pid, signal.SIGSTOP)


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (replica, "READONLY"),
        (full, "OOM command"),
        (forgotten, "AuthenticationError"),
        (killed, "Connection refused"),
        (stopped, "TimeoutError"),
    ],
)
def test_whatever_is_wrong(caplog: pytest.LogCaptureFixture, happens: Callable[[World], None], said: str) -> None:
    """No call is lost, and the log says once what it is, without the password."""
    server = RedisServer()
    try:
        with driven(server) as world:
            process = world.process()
            world.set_clock()
            happens(world)
            assert process.slots.ask(STATUS, 60) == pytest.approx(PAUSE - 1, abs=1)
            assert process.slots.ask(STATUS, 60) == pytest.approx(PAUSE - 1, abs=1)
    finally:
        server.kill()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert said in record.getMessage()
    assert REDIS_PASSWORD not in record.getMessage()


def test_a_redis_that_reads_its_data(caplog: pytest.LogCaptureFixture) -> None:
    """While a Redis that has just been started answers LOADING, it can't be used yet."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with closing(connection):
                while connection.recv(4096):
                    connection.sendall(b"-LOADING Redis is loading the dataset in memory\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        budget = SharedBudget(
            f"redis://127.0.0.1:{listener.getsockname()[1]}", (TEN,), {}, provider="paper", account="account-1"
        )
        (slots,) = budget._shared
        assert isinstance(slots.ask(STATUS, 60), float)
        thread.join(10)
    assert "BusyLoadingError" in caplog.text


def test_parts_never_overlap(world: World) -> None:
    """Whoever comes, goes, sleeps or dies: no two processes have a slot in common."""
    generator = random.Random(11)
    processes: list[Process] = []
    for _ in range(300):
        if len(processes) < 2 or (len(processes) < 12 and generator.random() < 0.1):
            processes.append(world.process())
        process = generator.choice(processes)
        if generator.random() < 0.03:
            processes.remove(process)
            if generator.random() < 0.5:
                process.budget.close()
            continue
        process.ask(left=0.001)
        world.run(generator.choice((0.3, 1.0, 7.0)))
        known = [one for one in processes if one.monotonic() - one.slots._joined_at <= 60 and one.slots._seat.cycle]
        for one, other in combinations((one.slots._seat for one in known), 2):
            assert (one.number - other.number) % min(one.cycle, other.cycle) != 0
