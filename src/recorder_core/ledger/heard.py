"""The events that callbacks told, once each, and for whichever process wants to hear of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from recorder_core.ledger.reaching import reaching
from recorder_core.ledger.reading import Reading
from recorder_core.ledger.rows import event_of, plain, text_of
from recorder_core.ledger.schema import EVENTS, SIGNATURES
from recorder_core.models import RecordingEvent

__all__ = ["Heard"]

EVENTS_AT_ONCE = 1000
KEYS_AT_ONCE = 500
"""Keys in one statement: older databases take no more than 999."""
SIGNATURES_BETWEEN = 1000
"""After so many new signatures of a process the old ones are looked for."""
ORDER_LOCK = 7_236_510_442_017
"""Of PostgreSQL's advisory locks the one that whoever writes an event holds until it can be read."""


class Heard(Reading):
    """Events of callbacks, in the order in which they can be read."""

    _signatures = itertools.count()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newer = select(EVENTS.c.number, EVENTS.c.owner, EVENTS.c.event).where(EVENTS.c.number > bindparam("b_cursor"))
        # Asked every second: to make it anew each time would take longer than to ask.
        self._newer = newer.where(self._mine(EVENTS)).order_by(EVENTS.c.number).limit(bindparam("b_limit"))

    @reaching
    def hear(self, event: RecordingEvent) -> bool:
        """Write a verified event down. False: it is there already, whichever process has heard it."""
        with self._database.connection() as connection:
            return self._is_new(connection, event)

    @reaching
    def hear_all(self, events: Sequence[RecordingEvent]) -> list[bool]:
        """Write verified events down, all of them or none; for each as `hear`."""
        with self._database.transaction() as connection:
            return [self._is_new(connection, event) for event in events]

    @reaching
    def signed(self, signature: str, body: str, max_age: float) -> bool:
        """Write down that a body came with a signature, unless one did before. False: another one did.

        Args:
            signature: of a callback.
            body: the digest of its body.
            max_age: seconds after which the signature isn't taken any more, so that it may be forgotten.
        """
        now = self._clock.time()
        given = {**self._whose(), "signature": plain(signature), "body": body, "heard_at": now}
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(SIGNATURES).values(given)
        known = select(SIGNATURES.c.body).where(self._mine(SIGNATURES), SIGNATURES.c.signature == given["signature"])
        old = delete(SIGNATURES).where(self._mine(SIGNATURES), SIGNATURES.c.heard_at < now - 2 * max_age)
        with self._database.connection() as connection:
            if next(self._signatures) % SIGNATURES_BETWEEN == 0:
                connection.execute(old)
            connection.execute(insert.on_conflict_do_nothing())
            return connection.scalar(known) == body

    @reaching
    def unhear(self, keys: Iterable[str]) -> None:
        """Let repeats of these events count as new: what should have followed has failed.

        Args:
            keys: their `dedup_key`s.
        """
        given = [plain(key) for key in keys]
        with self._database.connection() as connection:
            for begin in range(0, len(given), KEYS_AT_ONCE):
                some = EVENTS.c.dedup_key.in_(given[begin : begin + KEYS_AT_ONCE])
                connection.execute(delete(EVENTS).where(self._mine(EVENTS), some))

    @reaching
    def cursor(self) -> int:
        """The number of the newest event, for `events_since`."""
        with self._database.connection() as connection:
            return connection.scalar(select(func.max(EVENTS.c.number))) or 0

    @reaching
    def events_since(self, cursor: int, *, limit: int = EVENTS_AT_ONCE) -> tuple[int, list[RecordingEvent]]:
        """What other processes have heard since then, in order.

        Args:
            cursor: where the last answer ended, or `cursor()`.
            limit: how many rows are read at most; what is left comes with the next answer.

        Returns:
            Where this answer ends, and the events. This process's own are left out.
        """
        with self._database.connection() as connection:
            rows = connection.execute(self._newer, {"b_cursor": cursor, "b_limit": limit}).all()
        events = [event_of(row) for row in rows if row.owner != self._owner]
        return (rows[-1].number if rows else cursor), events

    def _is_new(self, connection: Connection, event: RecordingEvent) -> bool:
        row = {
            **self._whose(event.provider),
            "dedup_key": plain(event.dedup_key),
            "recording_id": event.recording_id and plain(event.recording_id),
            "heard_at": self._clock.time(),
            "owner": self._owner,
            "event": text_of(event),
        }
        statement = HEAR_IN_SQLITE if self._database.is_sqlite else HEAR_IN_POSTGRESQL
        return connection.execute(statement, {f"b_{name}": value for name, value in row.items()}).rowcount == 1


def _hear_in_postgresql() -> Insert:
    # The sequence gives numbers in the order of the inserts, not of the commits: whoever had read the higher of two
    # would never see the lower one. So they are written one after the other, each with its number taken in its turn.
    turn = select(func.pg_advisory_xact_lock(ORDER_LOCK)).cte("turn")
    values = select(*(bindparam(f"b_{name}", type_=EVENTS.c[name].type) for name in GIVEN)).select_from(turn)
    return postgresql.insert(EVENTS).from_select(GIVEN, values).on_conflict_do_nothing()


GIVEN = [column.name for column in EVENTS.c if not column.primary_key]
HEAR_IN_POSTGRESQL = _hear_in_postgresql().execution_options(preserve_rowcount=True)
HEAR_IN_SQLITE = (
    sqlite.insert(EVENTS)
    .values({name: bindparam(f"b_{name}") for name in GIVEN})
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True)
)
