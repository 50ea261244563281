"""The ledger's database: opened when it is first used, with the schema of this release, by any number of processes.

Every statement is a transaction of its own, unless it is within `transaction`: one round trip, and nothing stays open.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from recorder_core.errors import LedgerUnavailable
from recorder_core.forking import Guarded, notice_fork
from recorder_core.ledger.prepared import Cursor, Prepared
from recorder_core.ledger.schema import METADATA, SCHEMA, VERSION_TABLE

if TYPE_CHECKING:
    from recorder_core.ledger.address import Address

__all__ = ["Database"]

logger = logging.getLogger("recorder_core.ledger")

CONNECTIONS = 16
"""At most, of one process; nobody keeps one for longer than a statement or two."""
OPENING_LOCK = 7_236_510_442_016
"""Of PostgreSQL's advisory locks the one that whoever makes or changes the tables holds."""
# FULL: what is committed is on the disk before the request that it announces leaves. NORMAL doesn't see to that in WAL.
SQLITE_SETUP = ("PRAGMA synchronous=FULL",)
POSTGRESQL_SETUP = (
    "SET statement_timeout = 20000",
    "SET lock_timeout = 10000",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED",
)

_of_parents: list[object] = []
"""Engines that were made before a fork. To close them, or to let them be collected, would touch the parent's
connections."""


class Database(Guarded):
    """A database in which the ledger's tables are. Thread-safe, and a forked child has connections of its own.

    Attributes:
        errors: what is raised where it can't be used.
    """

    def __init__(self, address: Address) -> None:
        super().__init__()
        self.address = address
        self.is_sqlite = address.path is not None
        self._engine: Engine | None = None
        self._file: tuple[int, int] | None = None
        self._prepared: Prepared = {}
        self.errors: tuple[type[Exception], ...] = (SQLAlchemyError, OSError)

    def _forked(self) -> None:
        super()._forked()
        if self._engine is not None:
            _of_parents.append(self._engine)
            self._engine = None

    def close(self) -> None:
        """Close all connections. The next statement opens one again."""
        with self._guard:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection on which every statement is a transaction of its own."""
        with self._opened().connect() as connection:
            yield connection

    @contextmanager
    def cursor(self) -> Iterator[Cursor]:
        """The same, for statements that are the same every time: what is read from one is a row at most."""
        engine = self._opened()
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            try:
                yield Cursor(cursor, engine.dialect, self._prepared)
            finally:
                cursor.close()
        finally:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection on which all statements together are one transaction, in which nobody else writes in SQLite."""
        with self.connection() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")

    def _opened(self) -> Engine:
        notice_fork()
        engine = self._engine
        if engine is not None and self._is_there():
            return engine
        with self._guard:
            if self._engine is not None and not self._is_there():
                logger.error("the ledger %s is gone, and all that it held; a new one is begun", self.address)
                self._engine.dispose()
                self._engine = None
            if self._engine is None:
                self._engine = self._open()
            return self._engine

    def _is_there(self) -> bool:
        """Whether the file is still the one that was opened: what is written into a deleted one is lost."""
        return self.address.path is None or self._file == _identity(self.address.path)

    def _open(self) -> Engine:
        path = self.address.path
        if path is not None:
            _create(path)
        engine = self._new_engine()
        try:
            with engine.connect() as connection:
                if self.is_sqlite:
                    _write_ahead(connection)
                self._check_schema(connection)
        except BaseException:
            engine.dispose()
            raise
        self._file = None if path is None else _identity(path)
        return engine

    def _new_engine(self) -> Engine:
        engine = create_engine(
            self.address.url,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=20.0,
            pool_pre_ping=not self.is_sqlite,
            connect_args=self.address.options,
        )
        driver: Any = engine.dialect.loaded_dbapi
        self.errors = (SQLAlchemyError, OSError, driver.Error)
        setup = SQLITE_SETUP if self.is_sqlite else POSTGRESQL_SETUP

        def prepare(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            for statement in setup:
                cursor.execute(statement)
            cursor.close()
            connection.commit()

        event.listen(engine, "connect", prepare)
        return engine

    def _check_schema(self, connection: Connection) -> None:
        if self._version(connection) == SCHEMA:
            return
        if self.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({OPENING_LOCK})")
        found = self._version(connection)  # somebody else may have been faster
        if found is None:
            METADATA.create_all(connection, checkfirst=False)
            connection.exec_driver_sql(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            connection.execute(text(f"INSERT INTO {VERSION_TABLE} VALUES (:version)"), {"version": SCHEMA})  # noqa: S608
        elif found < SCHEMA:
            from recorder_core.ledger.migrating import upgrade  # seldom needed, and not for free

            logger.info("the ledger %s is brought from schema %s to %s", self.address, found, SCHEMA)
            upgrade(connection)
        connection.exec_driver_sql("COMMIT")

    def _version(self, connection: Connection) -> str | None:
        """The schema of the tables; None: there are none.

        Raises:
            LedgerUnavailable: a newer release made them.
        """
        inspector = inspect(connection)
        if not inspector.has_table(VERSION_TABLE):
            return None
        found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
        if found is not None and found > SCHEMA:
            raise LedgerUnavailable(
                f"the ledger {self.address} was made by a newer release: its schema is {found}, and this release knows "
                f"none after {SCHEMA}",
                fault="caller",
                hint="Upgrade recorder-core here too: pip install -U recorder-core.",
            )
        return found


def _create(path: Path) -> None:
    """Make the file, if there is none, for its owner alone: rooms and ids of recordings are nobody else's business."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _write_ahead(connection: Connection) -> None:
    """Let one write while others read. The file remembers it, so that only its maker has to."""
    if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
