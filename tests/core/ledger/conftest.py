"""Ledgers in SQLite and in PostgreSQL, as several processes would open them, and what is written into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from recorder_core import Recording, RecordingEvent, RecordingState, RecordingStatus, StartIntent
from recorder_core.ledger import Ledger, open_ledger

NOW = 1_800_000_000.0


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def hand_clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger, in each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'recordings.db'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def opened_at(hand_clock: HandClock) -> Iterator[Callable[..., Ledger]]:
    """Opens the ledger at an address, each time as another process would."""
    ledgers: list[Ledger] = []

    def make(address: str, **fields: Any) -> Ledger:
        given = {"provider": "memory", "account": "tenant-1", "native_key": "tape", "clock": hand_clock}
        ledgers.append(open_ledger(address, **{**given, **fields}))
        return ledgers[-1]

    yield make
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def opened(url: str, opened_at: Callable[..., Ledger]) -> Callable[..., Ledger]:
    """Opens the ledger, each time as another process would."""
    return partial(opened_at, url)


@pytest.fixture
def ledger(opened: Callable[..., Ledger]) -> Ledger:
    return opened()


@pytest.fixture
def other(opened: Callable[..., Ledger]) -> Ledger:
    """The same ledger, as another process has it."""
    return opened()


@pytest.fixture
def outage(request: pytest.FixtureRequest, url: str) -> Callable[[], AbstractContextManager[None]]:
    """Makes the ledger's database unusable for as long as the context lasts."""

    @contextmanager
    def without_file(path: Path) -> Iterator[None]:
        aside = path.with_name("aside")
        path.rename(aside)
        path.mkdir()
        yield
        path.rmdir()
        aside.rename(path)

    @contextmanager
    def without_server(name: str) -> Iterator[None]:
        query = request.getfixturevalue("postgres_server").query
        query(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        query(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        yield
        query(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    parsed = make_url(url)
    assert parsed.database is not None
    if parsed.drivername == "sqlite":
        path = Path(parsed.database)
        return lambda: without_file(path)
    name = parsed.database
    return lambda: without_server(name)


def at(seconds: float) -> datetime:
    """So many seconds after the tests' beginning."""
    return datetime.fromtimestamp(NOW + seconds, UTC)


def intent(number: int = 1, **fields: Any) -> StartIntent:
    given = {"id": f"r-{number}", "provider": "memory", "account": "tenant-1", "room": "lesson-42", "created_at": at(0)}
    return StartIntent(**{**given, "draft": recording(number, native={}), **fields})


def recording(number: int = 1, **fields: Any) -> Recording:
    given = {"id": f"r-{number}", "provider": "memory", "account": "tenant-1", "room": "lesson-42", "started_at": at(1)}
    return Recording(**{**given, "native": {"tape": f"t-{number}"}, **fields})


def status(state: str, **fields: Any) -> RecordingStatus:
    return RecordingStatus(state=RecordingState(state), **fields)


def event(number: int = 1, **fields: Any) -> RecordingEvent:
    given = {"kind": "recording", "provider": "memory", "native": {"tape": f"t-{number}"}, "dedup_key": f"key-{number}"}
    return RecordingEvent(**{**given, "recording_id": f"r-{number}", "occurred_at": at(number), **fields})
