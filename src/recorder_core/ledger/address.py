"""The address of a ledger: which databases there are, and what of an address may be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from recorder_core.errors import ConfigurationError
from recorder_core.models.base import MASK

__all__ = ["Address"]

EXAMPLES = "sqlite:///recordings.db, or postgresql+psycopg://user:password@host/name"
SQLITE = ("sqlite", "sqlite+pysqlite")
POSTGRESQL = ("postgresql", "postgresql+psycopg")
BUSY_S = 10.0
"""Seconds to wait for another process that writes into the file."""


class Address:
    """Where a ledger lies. A password in it is shown nowhere.

    Attributes:
        url: for SQLAlchemy.
        path: the file; None: the database is a server's.
    """

    def __init__(self, url: str | SecretStr) -> None:
        text = url.get_secret_value() if isinstance(url, SecretStr) else url
        parsed = _parsed(text)
        if parsed is None:
            raise _refused("the ledger's address is none")
        if parsed.drivername in SQLITE:
            self.path: Path | None = _file(parsed)
            self.url = URL.create("sqlite", database=str(self.path))
        elif parsed.drivername in POSTGRESQL:
            _require_driver()
            self.path = None
            self.url = parsed.set(drivername="postgresql+psycopg")
        else:
            raise _refused(f"no ledger is kept in {parsed.drivername!r}")

    def __str__(self) -> str:
        """What may be shown: neither user nor password, and no options, which may hold them too."""
        if self.path is not None:
            return f"sqlite:///{self.path}"
        host = self.url.host or self.url.query.get("host") or ""
        return f"postgresql://{host if isinstance(host, str) else ','.join(host)}/{self.url.database or ''}"

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    def masked(self, text: str) -> str:
        """A database's words, without what is secret in the address."""
        secrets = {self.url.password, *(str(value) for name, value in self.url.query.items() if "pass" in name)}
        for secret in secrets:
            if secret:
                text = text.replace(str(secret), MASK)
        return text

    @property
    def options(self) -> dict[str, Any]:
        """What the driver is told besides, unless the address says otherwise."""
        if self.path is not None:
            return {"timeout": BUSY_S}
        wanted: dict[str, Any] = {
            "connect_timeout": 10,
            "tcp_user_timeout": 15_000,
            "fallback_application_name": "recorder-core",
        }
        return {name: value for name, value in wanted.items() if name not in self.url.query}


def _parsed(text: object) -> URL | None:
    try:
        return make_url(text) if isinstance(text, str) else None
    except (ArgumentError, ValueError):  # such as a port that is none; its text has the address in it
        return None


def _file(url: URL) -> Path:
    name = url.database
    if not name or name == ":memory:":
        raise _refused("a ledger in memory would be lost with the process")
    if url.query or name.startswith("file:") or url.host:
        raise _refused("of an SQLite address only the path of the file is read")
    # Now: a process may go to another folder later, and must not begin another ledger there.
    return Path(name).absolute()


def _require_driver() -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise ConfigurationError(
            "a ledger in PostgreSQL needs an extra", fault="caller", hint="pip install 'recorder-core[postgres]'"
        ) from None


def _refused(message: str) -> ConfigurationError:
    return ConfigurationError(message, fault="caller", hint=f"Give one such as {EXAMPLES}.")
