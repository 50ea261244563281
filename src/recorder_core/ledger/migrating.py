"""Bringing an older ledger to the schema of this release. A room of its own, for Alembic takes a while to load."""

from __future__ import annotations

from pathlib import Path

from alembic.command import upgrade as run
from alembic.config import Config
from sqlalchemy import Connection

__all__ = ["upgrade"]

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(connection: Connection) -> None:
    """Run the migrations that the tables lack, within the connection's transaction."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    run(config, "head")
