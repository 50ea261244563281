"""Rows of a ledger that somebody else has written: what can't be read is said, and nothing else happens."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.mangling import CHANGES, EVERYWHERE, Change, mangled, replaced
from fuzz.trying import ECONOMICAL, assert_passable
from recorder_core import LedgerUnavailable, Recorder, RecorderError, RecordingSpec
from recorder_core.emulation.service import EmulatedService
from recorder_core.testing import connect, emulate
from recorder_core.testing.watching import STORAGE

JSON = {"recorder_recordings": ("intent", "recording", "status", "trouble"), "recorder_events": ("event",)}
"""The columns that hold JSON."""
PLAIN = (
    "room",
    "created_at",
    "native_id",
    "revision",
    "state",
    "outcome",
    "verdict",
    "ended_at",
    "leased_until",
    "owner",
)
"""Others of `recorder_recordings`."""


class Tampered:
    """A ledger with a recording that runs and one whose start was cut short, and a way to change what is in it."""

    def __init__(self, service: EmulatedService, path: Path) -> None:
        self._service = service
        self._path = path
        with connect(service) as known:  # finding it by its name takes longer than what is tried
            self._provider = partial(type(known.provider), known.provider.config)
        with self.opened() as recorder:
            for room in ("lesson-1", "lesson-2"):
                service.join(room, "1001")
            self.recording = recorder.start(RecordingSpec(room="lesson-1", storage=STORAGE))
            service.clock.advance(20)
            recorder.status(self.recording)
            service.fail_next("start" if service.name == "agora" else "StartRecord", "drop", 20)
            with pytest.raises(RecorderError):
                recorder.start(RecordingSpec(room="lesson-2", storage=STORAGE), deadline=5)
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._sound = path.read_bytes()

    def opened(self) -> Recorder:
        """A recorder of another process."""
        return Recorder(self._provider(), ledger=f"sqlite:///{self._path}", clock=self._service.clock, hooks=())

    def read(self, table: str, column: str) -> list[tuple[int, str]]:
        """The numbers and values of rows that have one."""
        with closing(sqlite3.connect(self._path)) as database:
            return list(database.execute(f"SELECT number, {column} FROM {table} WHERE {column} IS NOT NULL"))

    def write(self, table: str, column: str, number: int, value: object) -> None:
        """Change one value of a ledger that is sound otherwise."""
        for suffix in ("-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        self._path.write_bytes(self._sound)
        with closing(sqlite3.connect(self._path)) as database, database:
            database.execute(f"UPDATE {table} SET {column} = ? WHERE number = ?", (value, number))

    def try_all(self) -> None:
        """Read it in every way."""
        with self.opened() as recorder:
            ledger = recorder.ledger
            ways: tuple[Callable[[], object], ...] = (
                lambda: tuple(ledger.entries()),
                lambda: ledger.entry(self.recording.id),
                lambda: ledger.entry_of(ledger.native_id(self.recording)),
                lambda: tuple(ledger.unexplained()),
                lambda: tuple(ledger.events_since(0)[1]),
                lambda: tuple(ledger.claim_starts(10, 1)),
                lambda: tuple(ledger.claim_running(10, 1)),
                lambda: recorder.status(self.recording),
                lambda: recorder.recover(),
            )
            for way in ways:
                try:
                    came: Any = way()
                except RecorderError as error:
                    came = error
                str(came)
                repr(came)
                if isinstance(came, RecorderError):
                    assert_passable(came)


@pytest.fixture(scope="module", params=("agora", "zegocloud"))
def tampered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tampered]:
    with emulate(request.param, media=False, rate_limits=False) as service:
        yield Tampered(service, tmp_path_factory.mktemp("ledger") / "recordings.db")


def test_the_ledger_is_read_before_anything_is_changed(tampered: Tampered) -> None:
    """All of it, and it has what is changed below."""
    tampered.try_all()
    for table, columns in JSON.items():
        for column in columns:
            assert tampered.read(table, column) or column in ("trouble", "event")


def test_a_row_that_cannot_be_read_is_named(tampered: Tampered) -> None:
    """It isn't passed over: what it holds may run. Nothing of it is shown."""
    tampered.write("recorder_recordings", "intent", 1, '{"id": "no-intent-at-all"}')
    with tampered.opened() as recorder, pytest.raises(LedgerUnavailable, match="row of the ledger") as caught:
        recorder.ledger.entries()
    assert "no-intent-at-all" not in repr(caught.value)
    assert caught.value.__context__ is None
    assert not caught.value.retryable


@ECONOMICAL
@given(changes=CHANGES, which=st.integers(0, 50))
def test_no_change_of_a_row_breaks_its_reader(tampered: Tampered, changes: list[Change], which: int) -> None:
    """Wrong types, missing and additional parts, numbers and texts beyond reason, in any column of JSON."""
    cells = [
        (table, column, number, value)
        for table, columns in JSON.items()
        for column in columns
        for number, value in tampered.read(table, column)
    ]
    table, column, number, value = cells[which % len(cells)]
    try:
        tree = json.loads(value)
    except ValueError:  # what an example before has left there
        tree = {}
    tampered.write(table, column, number, json.dumps(mangled(tree, changes)))
    tampered.try_all()


def test_nothing_that_stands_in_a_column_breaks_its_reader(tampered: Tampered) -> None:
    """Odd values in the place of a whole one, and of all the leaves of a handle."""
    (number, text), *_ = tampered.read("recorder_recordings", "recording")
    odd: list[tuple[str, object]] = [(column, -1) for column in (*JSON["recorder_recordings"], *PLAIN)]
    odd += [(column, "[]") for column in (*JSON["recorder_recordings"], "created_at", "outcome")]
    for column, value in odd:
        tampered.write("recorder_recordings", column, number, value)
        tampered.try_all()
    for value in EVERYWHERE:
        tampered.write("recorder_recordings", "recording", number, json.dumps(replaced(json.loads(text), value)))
        tampered.try_all()
