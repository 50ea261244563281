"""What workers share: which recordings are to be followed, by how many, and of which ones all is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Float,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from recorder_core.ledger.claims import FOLLOWING, LEASE, Claims, free
from recorder_core.ledger.entry import LedgerEntry
from recorder_core.ledger.reaching import reaching
from recorder_core.ledger.schema import RECORDINGS, WORKERS

__all__ = ["Attendance", "Followed"]

UNTOLD_S = 86_400.0
"""Seconds after which an end that no worker has told isn't told any more: nobody wants to hear of last year's when the
first worker comes."""
_row = RECORDINGS.c


class Attendance(NamedTuple):
    """Who follows the recordings of an account, and how many these are."""

    workers: int
    """That are there."""
    recordings: int
    """That are followed or to be followed."""
    unfollowed: int
    """Of these."""


class Followed(Claims):
    """Recordings whose events are told by one worker at a time, to the end and beyond a crash.

    Following is a lease of its own, which outlasts the outcome: whoever has written that may die before it was told.
    While the recording is open, its follower has the other lease too, so that nobody recovers it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now, since = bindparam("b_now", type_=Float), bindparam("b_since", type_=Float)
        workers = select(func.count()).select_from(WORKERS).where(self._mine(WORKERS), WORKERS.c.until > now)
        nobodys, mine = free(FOLLOWING, now), self._mine(RECORDINGS)
        running = select(and_(nobodys, free(LEASE, now)).label("is_free")).where(mine, _untold(), _row.is_open)
        ended = select(nobodys.label("is_free")).where(mine, _untold(), _has_ended(since))
        each = union_all(running, ended).subquery()
        unfollowed = func.count(case((each.c.is_free, 1)))
        # Asked every two seconds: to make it anew each time would take longer than to ask.
        self._attendance = select(workers.scalar_subquery(), func.count(), unfollowed).select_from(each)

    @reaching
    def claim_followed(self, limit: int, lease: float) -> list[LedgerEntry]:
        """Recordings that nobody follows and of which the end isn't told; the open ones first, and the oldest of them.

        One place is the ends', unless there is only one: however many start meanwhile, each end is told.

        Args:
            limit: how many at most; never more than 500.
            lease: seconds for which they are this process's.
        """
        now = self._clock.time()
        nobodys = and_(_untold(), free(FOLLOWING, now))
        running, ended = and_(_row.is_open, free(LEASE, now)), _has_ended(now - UNTOLD_S)
        one = self._claim(and_(nobodys, ended), 1, lease, FOLLOWING) if limit > 1 else []
        first = self._claim(and_(nobodys, running), limit - len(one), lease, FOLLOWING, LEASE)
        return [*first, *one, *self._claim(and_(nobodys, ended), limit - len(first) - len(one), lease, FOLLOWING)]

    @reaching
    def keep_following(self, recording_ids: Iterable[str], lease: float) -> set[str]:
        """Renew the leases of `claim_followed`; which of them this process still has, be they run out or over."""
        held: set[str] = set()
        now = self._clock.time()
        too = and_(_row.is_open, or_(_row.owner == self._owner, free(LEASE, now)))
        values = {
            FOLLOWING.until: now + lease,
            "followed_at": now,
            LEASE.until: case((too, now + lease), else_=_row.leased_until),
            LEASE.owner: case((too, self._owner), else_=_row.owner),
        }
        with self._database.connection() as connection:
            for mine in self._held(FOLLOWING, recording_ids):
                renewed = update(RECORDINGS).where(mine).values(values).returning(_row.id)
                held.update(connection.scalars(renewed))
        return held

    @reaching
    def stop_following(self, recording_ids: Iterable[str]) -> None:
        """Give up leases of `claim_followed`, so that others may claim at once. Those of others stay theirs."""
        recording_ids = tuple(recording_ids)
        with self._database.connection() as connection:
            followed = {FOLLOWING.until: None, FOLLOWING.owner: None, "followed_at": self._clock.time()}
            for kind, after in ((FOLLOWING, followed), (LEASE, {LEASE.until: None, LEASE.owner: None})):
                for mine in self._held(kind, recording_ids):
                    connection.execute(update(RECORDINGS).where(mine), after)

    @reaching
    def told(self, recording_ids: Iterable[str]) -> set[str]:
        """Write down that the ends of recordings are told, so that nobody follows them any more.

        Returns:
            Of which it is written: of those that this process follows and whose outcome is.
        """
        told: set[str] = set()
        after = {FOLLOWING.until: None, FOLLOWING.owner: None, "told_at": self._clock.time()}
        with self._database.connection() as connection:
            for mine in self._held(FOLLOWING, recording_ids):
                ended = update(RECORDINGS).where(mine, _row.outcome.is_not(None)).returning(_row.id)
                told.update(connection.scalars(ended, after))
        return told

    @reaching
    def attend(self, seconds: float) -> None:
        """Say that this process is a worker, and will be for so many seconds."""
        now = self._clock.time()
        values = {**self._whose(), "owner": self._owner, "until": now + seconds}
        insert = (sqlite if self._database.is_sqlite else postgresql).insert(WORKERS).values(values)
        with self._database.connection() as connection:
            connection.execute(insert.on_conflict_do_update(WORKERS.primary_key, set_={"until": now + seconds}))
            connection.execute(delete(WORKERS).where(self._mine(WORKERS), WORKERS.c.until < now))

    @reaching
    def attendance(self) -> Attendance:
        """Who is there, and what is to be done."""
        now = self._clock.time()
        with self._database.connection() as connection:
            return Attendance(*connection.execute(self._attendance, {"b_now": now, "b_since": now - UNTOLD_S}).one())

    @reaching
    def leave(self) -> None:
        """Say that this process is a worker no more."""
        with self._database.connection() as connection:
            connection.execute(delete(WORKERS).where(self._mine(WORKERS), WORKERS.c.owner == self._owner))


def _untold() -> ColumnElement[bool]:
    return and_(_row.recording.is_not(None), _row.told_at.is_(None))


def _has_ended(since: float | BindParameter[float]) -> ColumnElement[bool]:
    """With an outcome that wasn't written down long ago; it may have ended long before that."""
    return and_(~_row.is_open, _row.outcome.is_not(None), _row.closed_at >= since)
