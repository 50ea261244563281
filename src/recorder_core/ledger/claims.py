"""Who may look into what: a lease is one process's alone, and that of a dead process runs out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, ColumnElement, and_, func, or_, select, update

from recorder_core.ledger.entry import LedgerEntry
from recorder_core.ledger.reaching import reaching
from recorder_core.ledger.reading import Reading
from recorder_core.ledger.rows import entry_of, plain
from recorder_core.ledger.schema import RECORDINGS
from recorder_core.models import RecordingState

__all__ = ["FOLLOWING", "LEASE", "Claims", "free"]

AT_ONCE = 500
"""Ids in one statement: older databases take no more than 999."""
ENDING = tuple(state.value for state in RecordingState if state.ending)
_row = RECORDINGS.c


class _Lease(NamedTuple):
    """The columns of a lease."""

    until: str
    owner: str


LEASE = _Lease("leased_until", "owner")
"""On starting, following or recovering."""
STOP_LEASE = _Lease("stop_leased_until", "stop_owner")
"""On stopping, which anybody may do, whoever follows it."""
FOLLOWING = _Lease("followed_until", "follower")
"""On telling what becomes of it, of workers."""


class Claims(Reading):
    """Leases. Each is for so many seconds on the recorder's clock, from now on."""

    @reaching
    def claim_starts(self, limit: int, lease: float, *, postponed: bool = True) -> list[LedgerEntry]:
        """Starts whose outcome nobody has written down, and stops that were wished and that the vendor hasn't taken.

        Those whose process still has its lease are left out. Those that nobody has looked into come first, then those
        that were looked into longest ago; they are this process's then, and whoever else claims at the same moment gets
        others. Whoever follows a recording that is to be stopped goes on with it.

        Args:
            limit: how many at most; never more than 500.
            lease: seconds for which they are this process's.
            postponed: whether those that were postponed are claimed before their time.
        """
        claimable = free(LEASE, self._clock.time())
        if postponed:
            claimable = or_(claimable, _row.owner.is_(None))
        lost = self._claim_open(and_(_row.recording.is_(None), claimable), limit, lease)
        wished = and_(
            _row.stop_wished_at.is_not(None),
            or_(_row.state.is_(None), _row.state.not_in(ENDING)),
            free(STOP_LEASE, self._clock.time()),
        )
        return [*lost, *self._claim_open(wished, limit - len(lost), lease, STOP_LEASE)]

    @reaching
    def claim_running(self, limit: int, lease: float) -> list[LedgerEntry]:
        """Recordings that have a handle and no outcome, and that nobody follows; otherwise as `claim_starts`."""
        return self._claim_open(and_(_row.recording.is_not(None), free(LEASE, self._clock.time())), limit, lease)

    @reaching
    def claim_start(self, recording_id: str, lease: float, *, begun_at: datetime | None = None) -> LedgerEntry | None:
        """The open start of one recording. None: another process has it, or nothing is open.

        Args:
            recording_id: our id.
            lease: seconds for which it is this process's.
            begun_at: when it was begun, where none but that very start is meant.
        """
        claimable = or_(free(LEASE, self._clock.time()), _row.owner == self._owner, _row.owner.is_(None))
        if begun_at is not None:
            claimable = and_(claimable, _row.created_at == begun_at.timestamp())
        found = self._claim_open(and_(_row.id == plain(recording_id), claimable), 1, lease)
        return found[0] if found else None

    @reaching
    def renew(self, recording_ids: Iterable[str], lease: float) -> set[str]:
        """Keep leases on recordings; of which this process still has one. What isn't among them is over, or another's.

        Args:
            recording_ids: of recordings that were claimed.
            lease: seconds from now.
        """
        held: set[str] = set()
        with self._database.connection() as connection:
            for mine in self._held(LEASE, recording_ids):
                open_ones = and_(mine, _row.is_open)
                connection.execute(update(RECORDINGS).where(open_ones), {LEASE.until: self._clock.time() + lease})
                held.update(connection.scalars(select(_row.id).where(open_ones)))
        return held

    @reaching
    def release(self, recording_ids: Iterable[str]) -> None:
        """Give leases up, so that others may claim at once. Those of others stay theirs."""
        recording_ids, now = tuple(recording_ids), self._clock.time()
        with self._database.connection() as connection:
            for kind in (LEASE, STOP_LEASE):
                for mine in self._held(kind, recording_ids):
                    connection.execute(update(RECORDINGS).where(mine), {kind.until: now, kind.owner: None})

    @reaching
    def postpone(self, recording_id: str, seconds: float) -> None:
        """Give up the lease on a start that was looked into in vain: workers come back to it after so many seconds."""
        after = {LEASE.until: self._clock.time() + seconds, LEASE.owner: None}
        with self._database.connection() as connection:
            for mine in self._held(LEASE, [recording_id]):
                connection.execute(update(RECORDINGS).where(mine, _row.is_open, _row.recording.is_(None)), after)

    def _held(self, kind: _Lease, recording_ids: Iterable[str]) -> Iterator[ColumnElement[bool]]:
        """Which rows are this process's among these, some at a time."""
        given = [plain(recording_id) for recording_id in recording_ids]
        for begin in range(0, len(given), AT_ONCE):
            some = _row.id.in_(given[begin : begin + AT_ONCE])
            yield and_(self._mine(RECORDINGS), some, _row[kind.owner] == self._owner)

    def _claim_open(
        self, wanted: ColumnElement[bool], limit: int, lease: float, kind: _Lease = LEASE
    ) -> list[LedgerEntry]:
        return self._claim(and_(_row.is_open, wanted), limit, lease, kind)

    def _claim(self, wanted: ColumnElement[bool], limit: int, lease: float, *kinds: _Lease) -> list[LedgerEntry]:
        """Take leases of some kinds on rows that are wanted: those first that were nobody's for longest."""
        # Whoever has little time would otherwise look at the same ones every time.
        waiting = func.coalesce(_row[kinds[0].until], 0)
        these = select(_row.number).where(self._mine(RECORDINGS), wanted).order_by(waiting, _row.number)
        these = these.limit(min(limit, AT_ONCE))
        with self._database.connection() as connection:
            # Without SQLite's one lock for writing, for mostly there is nothing.
            if connection.execute(these).first() is None:
                return []
        until = self._clock.time() + lease
        with self._database.transaction() as connection:
            numbers = connection.scalars(these.with_for_update(skip_locked=True)).all()
            claimed = _row.number.in_(numbers)
            for kind in kinds:
                connection.execute(update(RECORDINGS).where(claimed), {kind.until: until, kind.owner: self._owner})
            rows = connection.execute(select(RECORDINGS).where(claimed)).all()
        turn = {number: index for index, number in enumerate(numbers)}
        return [entry_of(row) for row in sorted(rows, key=lambda row: turn[row.number])]


def free(kind: _Lease, now: float | BindParameter[float]) -> ColumnElement[bool]:
    """Of which rows nobody has a lease of a kind."""
    return or_(_row[kind.until].is_(None), _row[kind.until] <= now)
