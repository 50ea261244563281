"""The way to the Redis of a shared budget: addresses, secrets, threads, forks, clusters."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from forked import begun_in_child, held_elsewhere
from recorder_core import ConfigurationError, SystemClock
from recorder_core.budget import Budget, Limit, open_budget
from recorder_core.budget.shared import SharedBudget
from recorder_core.clock import Deadline
from servers import REDIS_PASSWORD, RedisServer
from sharing import TEN

NEVER = Deadline(SystemClock(), None)
KEYS = f"recorder-core:{{paper:{sha256(b'account-1').hexdigest()[:16]}:stop}}"
WRITTEN = "p%40ss%2Fw%3Ard%231"
NONE: tuple[Any, ...] = (
    "",
    "http://user:{}@host",
    "localhost:6379",
    "amqp://user:{}@host",
    "REDIS://:{}@host",
    " redis://:{}@host",
    "redis://:{}@host:port",
    "redis://:p:s/{}@host",
    "redis://:{}@host?passwort=1",
    "redis://:{}@host?socket_timeout=soon",
    6379,
    b"redis://host",
)
"""What is no address of a Redis."""


def opened(url: Any, *limits: Limit, **rates: float) -> Budget:
    rates = {name.replace("every", "*"): rate for name, rate in rates.items()}
    return open_budget(url, limits or (TEN,), SystemClock(), rates, provider="paper", account="account-1")


def called(budget: Budget, operation: str = "status") -> None:
    admitted = budget.admit(operation, NEVER)
    assert not admitted.late
    admitted.leaves()
    admitted.answered()


@pytest.fixture
def control(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """What the Redis holds. The limit has been known there for long: nobody has to wait at first."""
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        since = {"slot": 1, "number": 1, "seen": 1, "paused": 1, "apart": 0, "limit": "10 1010000 103093"}
        client.hset(f"{KEYS}:state", mapping=since)
        yield client


def sharing(control: redis.Redis) -> set[str]:
    """The names of the processes that share the limit."""
    return set(control.hgetall(f"{KEYS}:sharing"))


@pytest.mark.parametrize("kind", [str, SecretStr])
def test_addresses(redis_url: str, control: redis.Redis, kind: type) -> None:
    """A URL may be a secret of pydantic's; nothing is sent before the first call."""
    control.config_resetstat()
    budget = opened(kind(redis_url))
    assert control.info("stats")["total_connections_received"] == 0
    called(budget)
    assert control.info("stats")["total_connections_received"] == 1
    budget.close()


def test_a_socket_in_the_file_system(tmp_path: Path) -> None:
    """`unix://` with a password."""
    path = tmp_path / "redis.sock"
    server = RedisServer("--unixsocket", str(path))
    try:
        budget = opened(f"unix://:{REDIS_PASSWORD}@{path}")
        called(budget)
        budget.close()
        with redis.Redis.from_url(server.url) as control:
            assert control.keys("recorder-core*:state")
    finally:
        server.kill()


@pytest.mark.parametrize("number", range(len(NONE)))
def test_addresses_that_are_none(number: int) -> None:
    """What can't be understood is refused before anything is sent, and what it says holds nothing of it."""
    url = NONE[number]
    with pytest.raises(ConfigurationError, match="redis://") as caught:
        opened(url.format(WRITTEN) if isinstance(url, str) else url)
    assert caught.value.fault == "caller"
    assert not any(part in str(caught.value) for part in ("p%40", "p@ss", "ss%2F", "#1", "passwort", "soon"))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the Redis library the error says how to get it, and a budget of this process's own needs none."""
    for name in ("recorder_core.budget.shared", "recorder_core.budget.link"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'recorder-core\[redis\]'"):
        opened("redis://host")
    called(opened(None))


def test_lifted_limits_are_not_shared(redis_url: str, control: redis.Redis) -> None:
    """Where a limit is lifted, nobody is asked."""
    control.config_resetstat()
    called(opened(redis_url, every=float("inf")))
    assert control.info("stats")["total_connections_received"] == 0


def test_a_rate_for_nothing_is_refused(redis_url: str) -> None:
    """As in a budget of one process."""
    with pytest.raises(ConfigurationError, match="no limit for stopp"):
        opened(redis_url, stopp=5.0)


def test_the_password_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Not even if a server says it."""
    budget = opened(f"redis://:{WRITTEN}@host")
    assert isinstance(budget, SharedBudget)
    budget._link._failed(redis.ConnectionError("you came with p@ss/w:rd#1, and that is wrong"))
    assert "you came with **********, and" in caplog.text
    assert "p@ss" not in f"{vars(budget._link)} {vars(budget)} {budget._shared[0].__dict__}"


def test_a_deadline(redis_url: str, control: redis.Redis) -> None:
    """Whoever can't have a slot in time is told at once how long it would take."""
    budget = opened(redis_url)
    called(budget), called(budget)
    assert 0.05 < budget.admit("status", Deadline(SystemClock(), 0.05)).late < 0.2
    assert budget.admit("stop", Deadline(SystemClock(), 0)).late > 0


def test_threads(redis_url: str, control: redis.Redis) -> None:
    """Many threads of one process: each gets its slots, and none is started besides."""
    before = threading.active_count()
    budget = opened(redis_url, every=200.0)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: called(budget), range(100)))
        assert threading.active_count() <= before + 16
    assert len(sharing(control)) == 1


def test_leaving(redis_url: str, control: redis.Redis) -> None:
    """Whoever closes its budget doesn't count any more among those that share, and has no connection left."""
    first, second = opened(redis_url), opened(redis_url)
    called(first), called(second)
    before = control.info("clients")["connected_clients"]
    first.close()
    assert len(sharing(control)) == 1
    assert control.info("clients")["connected_clients"] == before - 1
    called(first)
    assert len(sharing(control)) == 2
    opened("redis://nowhere.invalid").close()


def test_a_forked_child_is_another_process(redis_url: str, control: redis.Redis) -> None:
    """It has a name and connections of its own, whoever held a lock; and the parent's go on."""
    budget = opened(redis_url)
    assert isinstance(budget, SharedBudget)
    called(budget)
    (slots,) = budget._shared
    with held_elsewhere([budget._link._guard, slots._guard, budget._queues["stop"]._guard]):
        child = begun_in_child(lambda: [called(budget), called(budget)])
        assert child() == [None, None]
    called(budget)
    assert len(sharing(control)) == 2
    assert budget._link.gone_at is None
    assert budget._link.cut_at < 0


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[RedisServer, RedisServer]]:
    """Two Redis, each with half of the keys."""
    servers = tuple(
        RedisServer("--cluster-enabled", "yes", "--cluster-config-file", str(tmp_path / f"{number}.conf"))
        for number in range(2)
    )
    clients = [redis.Redis.from_url(server.url, decode_responses=True) for server in servers]
    try:
        for epoch, client in enumerate(clients, start=1):
            client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", epoch)
            client.execute_command("CLUSTER", "ADDSLOTS", *range(8192 * (epoch - 1), 8192 * epoch))
        clients[0].execute_command("CLUSTER", "MEET", "127.0.0.1", servers[1].port)
        give_up = time.monotonic() + 30
        while not all(client.cluster("INFO")["cluster_state"] == "ok" for client in clients):
            assert time.monotonic() < give_up
            time.sleep(0.05)
        yield servers
    finally:
        for client, server in zip(clients, servers, strict=True):
            client.close()
            server.kill()


def test_a_cluster(cluster: tuple[RedisServer, RedisServer], caplog: pytest.LogCaptureFixture) -> None:
    """Whichever of its servers the address names, each limit is where the cluster has it."""
    before = threading.active_count()
    limits = [Limit(operations=(name,), calls=10) for name in "abcdef"]
    budgets = [opened(server.url, *limits) for server in cluster]
    for budget in budgets:
        with ThreadPoolExecutor(len(limits)) as pool:
            list(pool.map(lambda name, budget=budget: called(budget, name), "abcdef"))
    assert threading.active_count() == before
    found = []
    for server in cluster:
        with redis.Redis.from_url(server.url, decode_responses=True) as client:
            found.append({name.split(":")[3].strip("}") for name in client.keys("*:sharing")})
            assert all(client.hlen(name) == len(budgets) for name in client.keys("*:sharing"))
    assert found[0] | found[1] == set("abcdef")
    assert found[0]
    assert found[1]
    for budget in budgets:
        budget.close()
    assert caplog.records == []
