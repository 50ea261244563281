"""A ledger of an older release becomes one of this release when it is opened, once, whoever opens it first."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from forked import begun_in_child
from recorder_core import LedgerUnavailable
from recorder_core.ledger import Ledger, database, migrating
from recorder_core.ledger.schema import METADATA, SCHEMA, VERSION_TABLE

from .conftest import intent

NEXT = '''"""A column more."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{next}", "{this}"


def upgrade() -> None:
    op.add_column("recorder_recordings", sa.Column("teacher", sa.Text))
    op.execute("UPDATE recorder_recordings SET teacher = 'Ada'")
'''


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    yield engine
    engine.dispose()


def test_the_newest_migration_is_the_schema_of_this_release() -> None:
    """Numbers only go up, as that is how an older release knows a newer ledger."""
    scripts = ScriptDirectory(str(migrating.MIGRATIONS))
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert revisions[0] == SCHEMA


def test_all_migrations_make_what_a_new_ledger_has(engine: Engine) -> None:
    """Columns, types, keys and indexes: an old ledger and a new one can't be told apart."""
    with engine.begin() as connection:
        migrating.upgrade(connection)
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, METADATA) == []
        migrated = shape(connection)
        for table in (*METADATA.tables, VERSION_TABLE):
            connection.execute(text(f"DROP TABLE {table}"))
        METADATA.create_all(connection)
        assert shape(connection) == migrated


def shape(connection: Any) -> dict[str, Any]:
    """All that a database says of the tables but for the one that Alembic makes."""
    found = inspect(connection)
    tables = {
        name: (found.get_columns(name), found.get_pk_constraint(name), found.get_indexes(name))
        for name in METADATA.tables
    }
    return {name: re.sub(r"0x[0-9a-f]+", "", repr(told)) for name, told in tables.items()}


def test_an_older_ledger_is_brought_up_to_date_once(
    opened: Callable[..., Ledger], engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whichever of several processes opens it first; what it held stays."""
    opened().begin(intent(), 60)
    newest = f"{int(SCHEMA) + 1:04}"
    newer = tmp_path / "migrations 100%"
    shutil.copytree(migrating.MIGRATIONS, newer)
    (newer / "versions" / f"v{newest}.py").write_text(NEXT.format(next=newest, this=SCHEMA))
    monkeypatch.setattr(migrating, "MIGRATIONS", newer)
    monkeypatch.setattr(database, "SCHEMA", newest)

    opening = [begun_in_child(lambda: len(opened().entries())) for _ in range(4)]
    assert [result() for result in opening] == [1] * 4
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT teacher FROM recorder_recordings")).all() == ["Ada"]
        assert connection.scalars(text("SELECT version_num FROM recorder_schema")).all() == [newest]


def test_a_migration_that_fails_leaves_the_ledger_as_it_was(
    opened: Callable[..., Ledger], engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole or not at all: the older release still works with it."""
    opened().begin(intent(), 60)
    newest = f"{int(SCHEMA) + 1:04}"
    newer = tmp_path / "migrations"
    shutil.copytree(migrating.MIGRATIONS, newer)
    broken = NEXT.format(next=newest, this=SCHEMA) + '    op.execute("UPDATE nothing SET x = 1")\n'
    (newer / "versions" / f"v{newest}.py").write_text(broken)
    with monkeypatch.context() as patched:
        patched.setattr(migrating, "MIGRATIONS", newer)
        patched.setattr(database, "SCHEMA", newest)
        with pytest.raises(LedgerUnavailable, match="nothing"):
            opened().entries()
    with engine.connect() as connection:
        assert "teacher" not in {column["name"] for column in inspect(connection).get_columns("recorder_recordings")}
    assert len(opened().entries()) == 1
