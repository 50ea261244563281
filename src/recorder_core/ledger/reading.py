"""What is read from a ledger."""

from __future__ import annotations

import os
import socket
import uuid
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, func, select, true

from recorder_core.clock import Clock
from recorder_core.forking import Guarded
from recorder_core.ledger.address import Address
from recorder_core.ledger.database import Database
from recorder_core.ledger.entry import LedgerEntry
from recorder_core.ledger.reaching import reaching
from recorder_core.ledger.rows import entry_of, plain
from recorder_core.ledger.schema import FURTHER_IDS, RECORDINGS

__all__ = ["Reading"]

_row = RECORDINGS.c
LIMIT = 100
"""Entries that are read at once by default."""


class Reading(Guarded):
    """What is read from a ledger. Thread-safe.

    Takes what `open_ledger` takes.
    """

    def __init__(
        self, url: str | SecretStr, *, provider: str | None, account: str | None, clock: Clock, native_key: str = ""
    ) -> None:
        super().__init__()
        self.address = Address(url)
        self._database = Database(self.address)
        self._provider, self._account, self._native_key, self._clock = provider, account, native_key, clock
        self._owner = _new_owner()
        mine = self._mine(RECORDINGS)
        newest = select(RECORDINGS).where(mine).order_by(_row.number.desc())
        self._newest_of_id = newest.where(_row.id == bindparam("b_id")).limit(1)
        self._newest_of_native = newest.where(_row.native_id == bindparam("b_native")).limit(1)
        further, of_same = FURTHER_IDS.c, ("provider", "account", "native_id")
        same = and_(*(further[name] == _row[name] for name in of_same), further.further_id == bindparam("b_further"))
        self._newest_of_further = newest.join(FURTHER_IDS, same).limit(1)

    def _forked(self) -> None:
        super()._forked()
        self._owner = _new_owner()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.address)!r})"

    def close(self) -> None:
        """Close connections. What is asked next opens one again."""
        self._database.close()

    @reaching
    def entry(self, recording_id: str) -> LedgerEntry | None:
        """The newest start of a recording, by our id of it; None: there is none.

        Raises:
            LedgerUnavailable: the database can't be used; so everywhere here.
        """
        return self._one(self._newest_of_id, b_id=plain(recording_id))

    @reaching
    def entry_of(self, native_id: str) -> LedgerEntry | None:
        """The start of a recording, by any of the vendor's ids of it (`Provider.native_key`); None: there is none."""
        found = self._one(self._newest_of_native, b_native=plain(native_id))
        return found or self._one(self._newest_of_further, b_further=plain(native_id))

    @reaching
    def entries(
        self, *, open: bool | None = None, room: str | None = None, since: datetime | None = None, limit: int = LIMIT
    ) -> list[LedgerEntry]:
        """Starts, the newest first.

        Args:
            open: only those of which something is left to find out, or nothing is; None: both.
            room: only those of a room.
            since: only those begun then or later, with time zone.
            limit: how many at most.
        """
        wanted = select(RECORDINGS).where(self._mine(RECORDINGS)).order_by(_row.number.desc()).limit(limit)
        if open is not None:
            wanted = wanted.where(_row.is_open if open else ~_row.is_open)
        if room is not None:
            wanted = wanted.where(_row.room == plain(room))
        if since is not None:
            wanted = wanted.where(_row.created_at >= since.timestamp())
        return self._all(wanted)

    @reaching
    def unexplained(self, room: str | None = None) -> list[LedgerEntry]:
        """Starts of which nobody knows the vendor's ids, and that may run: whose a callback may be. Oldest first.

        Args:
            room: only those of a room.
        """
        lost = select(RECORDINGS).where(self._mine(RECORDINGS), _row.is_open, _row.recording.is_(None))
        return self._all((lost if room is None else lost.where(_row.room == plain(room))).order_by(_row.number))

    @reaching
    def find(self, beginning: str, limit: int = 2) -> list[LedgerEntry]:
        """The newest start of each recording whose id begins so.

        Args:
            beginning: of our id.
            limit: how many at most; with two it is known whether there is only one.
        """
        alike = and_(self._mine(RECORDINGS), _row.id.startswith(plain(beginning), autoescape=True))
        newest = select(func.max(_row.number)).where(alike).group_by(_row.provider, _row.account, _row.id).limit(limit)
        return self._all(select(RECORDINGS).where(_row.number.in_(newest)).order_by(_row.number.desc()))

    def _mine(self, table: Table) -> ColumnElement[bool]:
        """Which rows are of this provider and account."""
        wanted = {"provider": self._provider, "account": self._account}
        return and_(true(), *(table.c[name] == plain(value) for name, value in wanted.items() if value is not None))

    def _whose(self, provider: str = "") -> dict[str, str]:
        """The columns that say whose a new row is; the provider is that of what is written, where any may be."""
        return {"provider": plain(self._provider or provider), "account": plain(self._account or "")}

    def _one(self, wanted: Select[Any], **given: Any) -> LedgerEntry | None:
        with self._database.connection() as connection:
            row = connection.execute(wanted, given).first()
        return None if row is None else entry_of(row)

    def _all(self, wanted: Select[Any]) -> list[LedgerEntry]:
        with self._database.connection() as connection:
            rows = connection.execute(wanted).all()
        return [entry_of(row) for row in rows]


def _new_owner() -> str:
    """Who this process is to others: nobody else ever has the same name."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
