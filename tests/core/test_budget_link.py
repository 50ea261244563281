"""The way to the Redis of a shared budget: addresses, secrets, threads, forks, clusters."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import SecretStr

from forked import begun_in_child, held_elsewhere
from recorder_core import ConfigurationError, SystemClock
from recorder_core.budget import Admitted, Budget, Limit, open_budget
from recorder_core.budget.shared import SharedBudget
from recorder_core.clock import Deadline
from servers import REDIS_PASSWORD, RedisServer
from sharing import TEN

NEVER = Deadline(SystemClock(), None)
PASSWORD = "p@ss/w:rd#1"
WRITTEN = "p%40ss%2Fw%3Ard%231"


def opened(url: Any, *limits: Limit, **rates: float) -> Budget:
    rates = {name.replace("every", "*"): rate for name, rate in rates.items()}
    return open_budget(url, limits or (TEN,), SystemClock(), rates, provider="paper", account="account-1")


def called(budget: Budget, operation: str = "status") -> None:
    admitted = budget.admit(operation, NEVER)
    assert not admitted.late
    admitted.leaves()
    admitted.answered()


@pytest.fixture
def known(redis_url: str) -> str:
    """The address of a Redis that has known the limit for a while, so that nobody has to wait at first."""
    ...


@pytest.mark.parametrize("kind", [str, SecretStr])
def test_addresses(redis_url: str, kind: type) -> None:
    """A URL may be a secret of pydantic's; nothing is sent before the first call."""
    with redis.Redis.from_url(redis_url) as control:
        control.config_resetstat()
        budget = opened(kind(redis_url))
        assert control.info("stats")["total_connections_received"] == 0
        called(budget)
        budget.close()
        assert control.info("stats")["total_connections_received"] == 1


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


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://user:{}@host",
        "localhost:6379",
        "postgresql://user:{}@host",
        "REDIS://:{}@host",
        " redis://:{}@host",
        "redis://:{}@host:port",
        "redis://:p:s/{}@host",
        "redis://:{}@host?passwort=1",
        "redis://:{}@host?socket_timeout=soon",
        6379,
        b"redis://host",
    ],
)
def test_addresses_that_are_none(url: Any) -> None:
    """What can't be understood is refused before anything is sent, and what it says holds nothing of it."""
    url = url.format(WRITTEN) if isinstance(url, str) else url
    with pytest.raises(ConfigurationError, match="redis://") as caught:
        opened(url)
    assert caught.value.fault == "caller"
    for part in (PASSWORD, WRITTEN, "ss%2F", "port", "passwort", "soon"):
        assert part not in f"{caught.value} {caught.value!r}".replace("unsupported", "")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
