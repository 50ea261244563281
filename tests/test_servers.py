"""The servers of the tests: real, fresh for each test, and gone with whoever started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from servers import PostgresServer, RedisServer


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""))


@pytest.mark.parametrize("number", [1, 2])
def test_every_test_has_a_database_of_its_own(postgres_url: str, number: int) -> None:
    """What one test writes, no other sees."""
    with connect(postgres_url) as connection:
        connection.execute("CREATE TABLE lessons (number integer)")
        connection.execute("INSERT INTO lessons VALUES (%s)", (number,))
        assert connection.execute("SELECT number FROM lessons").fetchall() == [(number,)]


@pytest.mark.parametrize("number", [1, 2])
def test_every_test_has_an_empty_redis(redis_url: str, number: int) -> None:
    """What one test writes, no other sees."""
    with redis.Redis.from_url(redis_url) as client:
        assert client.incr("lessons") == 1


def test_the_passwords_are_asked_for(postgres_url: str, redis_url: str) -> None:
    """An address without its password opens nothing, so that a lost one is noticed."""
    with pytest.raises(psycopg.OperationalError):
        connect(postgres_url.replace("postgres-password", "other"))
    with (
        redis.Redis.from_url(redis_url.replace("redis-password", "other")) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_redis_is_killed_and_comes_back_on_the_same_port(redis_server: RedisServer) -> None:
    """After a crash nobody answers; a new start takes the old address."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("lesson", 1)
        redis_server.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        redis_server.start()
        assert client.get("lesson") is None


def test_killed_tests_leave_nothing_behind() -> None:
    """A test process that is killed takes its servers and their folders with it."""
    program = (
        "import time, servers; postgres, cache = servers.PostgresServer(), servers.RedisServer();"
        "print(postgres._server.pid, cache.pid, postgres.folder, flush=True); time.sleep(600)"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", program], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    )
    assert tests.stdout is not None
    *pids, folder = tests.stdout.readline().split()
    os.kill(tests.pid, signal.SIGKILL)
    tests.communicate()
    give_up = time.monotonic() + 30
    while any(_is_alive(int(pid)) for pid in pids) or Path(folder).exists():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_packages_servers_run_where_there_are_none_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test group brings both servers."""
    monkeypatch.setenv("PATH", "/nonexistent")
    postgres, cache = PostgresServer(), RedisServer()
    try:
        postgres.query()
        cache.flush()
    finally:
        postgres.stop()
        cache.stop()
