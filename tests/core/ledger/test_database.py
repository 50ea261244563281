"""A ledger opens by itself, once, however many open it; one that can't be used says why, and works again after that."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, inspect, make_url, text

from forked import begun_in_child, held_elsewhere, in_child
from recorder_core import LedgerUnavailable
from recorder_core.ledger import Ledger, address
from recorder_core.ledger.schema import METADATA, SCHEMA

from .conftest import intent, recording, status

Outage = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recordings.db"


@pytest.fixture
def in_sqlite(path: Path, opened_at: Callable[..., Ledger]) -> Ledger:
    return opened_at(f"sqlite:///{path}")


@contextmanager
def on_connections(prepare: Callable[[Any], object]) -> Iterator[None]:
    """Every new connection is prepared so, and none is left of before."""

    def listener(connection: Any, _record: object) -> None:
        prepare(connection)

    event.listen(Engine, "connect", listener)
    try:
        yield
    finally:
        event.remove(Engine, "connect", listener)


# --- opening ---


def test_many_processes_may_open_a_new_ledger_at_once(url: str, opened: Callable[..., Ledger]) -> None:
    """One makes the tables, all others find them; nobody fails."""
    opening = [begun_in_child(lambda number=number: opened().begin(intent(number), 60)) for number in range(8)]
    assert [result() for result in opening] == [None] * 8
    assert len(opened().entries()) == 8
    with closing_engine(url) as engine:
        tables = set(inspect(engine).get_table_names())
        with engine.connect() as connection:
            assert connection.scalars(text("SELECT version_num FROM recorder_schema")).all() == [SCHEMA]
    assert tables == {*METADATA.tables, "recorder_schema"}


def test_a_ledger_of_a_newer_release_is_refused(url: str, opened: Callable[..., Ledger]) -> None:
    """With both versions; what an older release would write into it might be wrong. No repeat mends that."""
    opened().entries()
    with closing_engine(url) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE recorder_schema SET version_num = '9999'"))
    with pytest.raises(
        LedgerUnavailable, match=f"its schema is 9999, and this release knows none after {SCHEMA}"
    ) as caught:
        opened().begin(intent(), 60)
    assert not caught.value.retryable
    assert "Upgrade recorder-core" in str(caught.value)


def test_opening_a_new_ledger_loads_no_migrations(path: Path) -> None:
    """They are only for older ledgers, and take longer to load than all the rest."""
    program = (
        "import sys; from recorder_core.clock import SystemClock; from recorder_core.ledger import open_ledger;"
        "ledger = open_ledger(sys.argv[1], provider=None, account=None, clock=SystemClock()); ledger.entries();"
        "print('alembic' in sys.modules, 'sqlalchemy' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{path}"], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["False", "True"]


def test_a_file_is_its_owners_alone(in_sqlite: Ledger, path: Path) -> None:
    """The two beside it too: rooms and ids of recordings are nobody else's business."""
    in_sqlite.begin(intent(), 60)
    modes = {found.name: found.stat().st_mode & 0o777 for found in path.parent.iterdir()}
    assert modes == {"recordings.db": 0o600, "recordings.db-shm": 0o600, "recordings.db-wal": 0o600}


def test_a_file_that_is_there_keeps_its_mode(in_sqlite: Ledger, path: Path) -> None:
    """Whoever made it for a group knows why."""
    path.touch(0o660)
    path.chmod(0o660)
    in_sqlite.begin(intent(), 60)
    assert path.stat().st_mode & 0o777 == 0o660


def test_what_is_committed_is_on_the_disk(in_sqlite: Ledger) -> None:
    """Before the request leaves that it announces: a write-ahead log, synchronised at every commit."""
    with in_sqlite._database.connection() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_server_knows_who_asks(postgres_url: str, opened_at: Callable[..., Ledger]) -> None:
    """Connections have a name, a limit for each statement, and the isolation that the statements count on."""
    for url, name in ((postgres_url, "recorder-core"), (f"{postgres_url}&application_name=school", "school")):
        with opened_at(url)._database.connection() as connection:
            shown = [
                connection.exec_driver_sql(f"SHOW {setting}").scalar()
                for setting in ("application_name", "statement_timeout", "lock_timeout", "transaction_isolation")
            ]
        assert shown == [name, "20s", "10s", "read committed"]


def test_logs_of_the_database_library_tell_no_rows(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """An application that logs all statements doesn't log rooms and participants with them."""
    with caplog.at_level(logging.INFO, "sqlalchemy.engine"):
        ledger.begin(intent(room="lesson of Ada"), 60)
        assert len(ledger.entries(room="lesson of Ada")) == 1
    assert "FROM recorder_recordings" in caplog.text
    assert "Ada" not in caplog.text


# --- what goes wrong ---


def test_a_ledger_works_again_when_its_database_does(ledger: Ledger, outage: Outage) -> None:
    """Every statement fails while it is away, none after that; the connections of before are no obstacle."""
    ledger.begin(intent(), 60)
    with outage():
        with pytest.raises(LedgerUnavailable, match="can't be used") as caught:
            ledger.begin(intent(2), 60)
        assert caught.value.retryable
        assert caught.value.__context__ is None
    assert ledger.begin(intent(2), 60) is None
    assert len(ledger.entries()) == 2


def test_every_error_of_the_database_is_the_ledgers(ledger: Ledger, outage: Outage) -> None:
    """Whatever is asked or written."""
    calls: list[Callable[[], object]] = [
        lambda: ledger.begin(intent(), 60),
        lambda: ledger.note(intent()),
        lambda: ledger.started(recording()),
        lambda: ledger.refused(intent(), "no"),
        lambda: ledger.change(recording()),
        lambda: ledger.learn(recording(), status("recording")),
        lambda: ledger.wish_stop(recording()),
        lambda: ledger.entry("r-1"),
        lambda: ledger.entry_of("t-1"),
        lambda: ledger.entries(),
        lambda: ledger.find("r"),
        lambda: ledger.unexplained(),
        lambda: ledger.claim_starts(1, 60),
        lambda: ledger.claim_running(1, 60),
        lambda: ledger.claim_start("r-1", 60),
        lambda: ledger.renew(["r-1"], 60),
        lambda: ledger.release(["r-1"]),
        lambda: ledger.cursor(),
        lambda: ledger.events_since(0),
        lambda: ledger.unhear(["key"]),
    ]
    ledger.entries()
    with outage():
        for call in calls:
            with pytest.raises(LedgerUnavailable):
                call()


@pytest.mark.parametrize("ask", [lambda ledger: ledger.entries(), lambda ledger: ledger.begin(intent(2), 60)])
def test_connections_that_a_server_has_cut_are_replaced(
    postgres_url: str, opened_at: Callable[..., Ledger], ask: Callable[[Ledger], object]
) -> None:
    """A restart of the server between two statements is not noticed."""
    ledger = opened_at(postgres_url)
    ledger.begin(intent(), 60)
    with closing_engine(postgres_url) as engine, engine.connect() as connection:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'recorder-core'"
        assert connection.scalars(text(cut)).all() == [True]
    ask(ledger)


def test_a_file_that_was_deleted_is_begun_anew(in_sqlite: Ledger, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is written into a deleted file is lost; the loss is logged, and a start that is under way is kept."""
    start = intent()
    in_sqlite.begin(start, 60)
    for found in tuple(path.parent.iterdir()):
        found.unlink()
    with caplog.at_level(logging.ERROR):
        start.kept_by(in_sqlite.note).note(resource="abc")
    assert "is gone, and all that it held" in caplog.text
    in_sqlite.started(recording())
    (entry,) = in_sqlite.entries()
    assert (entry.intent.noted, entry.recording) == ({"resource": "abc"}, recording())


def test_a_file_that_somebody_else_writes_into_is_waited_for(
    in_sqlite: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seconds, and then it is said what to look for."""
    monkeypatch.setattr(address, "BUSY_S", 0.01)
    in_sqlite.entries()
    in_sqlite.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shell.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerUnavailable, match="locked") as caught:
            in_sqlite.begin(intent(), 60)
        assert "is a backup or a shell open on it?" in str(caught.value)
        assert in_sqlite.entries() == []
    assert in_sqlite.begin(intent(), 60) is None


def test_a_full_disk_costs_nothing_that_was_written(in_sqlite: Ledger, path: Path) -> None:
    """What has no room is refused and nothing of it is written; with room it goes on."""
    in_sqlite.begin(intent(0), 60)
    in_sqlite.close()

    def limit(connection: Any) -> None:
        connection.execute("PRAGMA max_page_count=20")

    written: list[int] = []

    def fill() -> None:
        while True:
            in_sqlite.begin(intent(len(written) + 1, room="x" * 4000), 60)
            written.append(1)

    with on_connections(limit), pytest.raises(LedgerUnavailable, match="full") as caught:
        fill()
    assert caught.value.retryable
    assert "Make room" in str(caught.value)
    in_sqlite.close()
    assert len(in_sqlite.entries()) == len(written) + 1
    assert in_sqlite.begin(intent(len(written) + 1), 60) is None


def test_a_ledger_that_may_only_be_read_is_read(in_sqlite: Ledger) -> None:
    """What it holds is told; nothing is begun that couldn't be written down."""
    in_sqlite.begin(intent(), 60)
    in_sqlite.close()
    with on_connections(lambda connection: connection.execute("PRAGMA query_only=1")):
        assert len(in_sqlite.entries()) == 1
        with pytest.raises(LedgerUnavailable, match="readonly") as caught:
            in_sqlite.begin(intent(2), 60)
    assert "can't be written by this user" in str(caught.value)


def test_a_user_that_may_only_read_reads(postgres_url: str, opened_at: Callable[..., Ledger]) -> None:
    """As a report's user may; what it can't write no repeat mends."""
    opened_at(postgres_url).begin(intent(), 60)
    url = make_url(postgres_url)
    reader = f"reader_{url.database}"
    with closing_engine(postgres_url) as engine, engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {reader} LOGIN PASSWORD 'of-the-reader'"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}"))
    ledger = opened_at(url.set(username=reader, password="of-the-reader").render_as_string(hide_password=False))
    assert len(ledger.entries()) == 1
    with pytest.raises(LedgerUnavailable, match="permission denied") as caught:
        ledger.begin(intent(2), 60)
    assert not caught.value.retryable
    assert "Give this user of the database the rights" in str(caught.value)
    ledger.close()
    with closing_engine(postgres_url) as engine, engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {reader}"))
        connection.execute(text(f"DROP ROLE {reader}"))


@pytest.mark.parametrize(
    ("content", "hint"), [(b"a diary" * 1000, "something else's"), (None, "The folder must exist")]
)
def test_a_file_that_is_no_ledger_is_left_alone(
    in_sqlite: Ledger, path: Path, content: bytes | None, hint: str
) -> None:
    """Another program's file, or a folder in its place: it is said what is wrong, and nothing is written."""
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(LedgerUnavailable, match=hint):
        in_sqlite.begin(intent(), 60)
    assert content is None or path.read_bytes() == content


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, opened_at: Callable[..., Ledger]) -> None:
    """A slip in the path makes no folders."""
    with pytest.raises(LedgerUnavailable, match="The folder must exist"):
        opened_at(f"sqlite:///{tmp_path}/none/recordings.db").entries()
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_there_is_named(postgres_url: str, opened_at: Callable[..., Ledger]) -> None:
    """It isn't made: whose it is, and with which rights, is its owner's to say."""
    with pytest.raises(LedgerUnavailable, match="does not exist") as caught:
        opened_at(postgres_url.replace("/test_", "/no_")).entries()
    assert not caught.value.retryable


# --- threads and forks ---


def test_sixteen_threads_write_into_one_ledger(ledger: Ledger) -> None:
    """Each its own recordings, all of them one: nothing is lost and nothing fails."""
    ledger.started(recording(1000))
    problems: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for number in range(thread * 3, thread * 3 + 3):
                ledger.begin(intent(number), 60)
                ledger.started(recording(number))
                ledger.learn(recording(number), status("completed"))
                ledger.learn(recording(1000), status("recording", reason=f"thread {thread}"))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(ledger.entries(open=False)) == 48
    assert [entry.id for entry in ledger.entries(open=True)] == ["r-1000"]


def test_a_child_has_connections_and_a_name_of_its_own(ledger: Ledger) -> None:
    """It works, it doesn't take its parent's leases for its own, and the parent's connections go on."""
    ledger.begin(intent(1), 60)
    inherited = driver_connection(ledger)

    def child() -> list[Any]:
        began = ledger.begin(intent(2), 60)
        claimed = ledger.claim_start("r-1", 60)
        return [began, claimed, [entry.owner for entry in ledger.entries()], driver_connection(ledger)]

    with ledger._database.connection() as connection:  # another thread has one at the moment of the fork
        began, claimed, owners, own = in_child(child)
        connection.execute(text("UPDATE recorder_recordings SET reason = 'written' WHERE id = 'r-1'"))
    assert (began, claimed, len(set(owners))) == (None, None, 2)
    assert own != inherited == driver_connection(ledger)
    entry = ledger.entry("r-1")
    assert entry is not None
    assert entry.reason == "written"
    assert ledger.claim_start("r-1", 60) is not None
    assert len(ledger.entries()) == 2


def test_a_child_waits_for_no_lock_of_its_parents(ledger: Ledger) -> None:
    """Another thread may hold those of the ledger, and of the pool of connections, at the moment of the fork."""
    ledger.begin(intent(1), 60)
    database: Any = ledger._database
    with held_elsewhere([database._guard, database._engine.pool._pool.mutex]):
        assert in_child(lambda: len(ledger.entries())) == 1


def driver_connection(ledger: Ledger) -> int:
    """Which connection is used next; the first one, if nobody uses another."""
    with ledger._database.connection() as connection:
        return id(connection.connection.dbapi_connection)


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
