"""What is written into a ledger of a recording that has a handle: its ids, its changes, and what was seen of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Insert, Update, and_, bindparam, case, exists, func, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from recorder_core.ledger.followed import Followed
from recorder_core.ledger.heard import Heard
from recorder_core.ledger.prepared import Cursor
from recorder_core.ledger.reaching import reaching
from recorder_core.ledger.rows import SIGHT, identity, plain, recording_of, sight_of, text_of, values_of
from recorder_core.ledger.schema import FURTHER_IDS, RECORDINGS
from recorder_core.ledger.sight import Sight
from recorder_core.models import Recording, RecordingStatus, StartIntent
from recorder_core.seen import Seen

__all__ = ["Glance", "Handles"]

LEASE_S = 60.0
"""Seconds for which a stop is its process's, and a start that has to be written down again."""
_row = RECORDINGS.c


@dataclass(frozen=True, slots=True)
class Glance:
    """What a ledger says of a recording that has a handle."""

    recording: Recording
    sight: Sight


class Handles(Followed, Heard):
    """Recordings whose handles are known. One start is one row, which the vendor's id of it tells from all others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = self._mine(RECORDINGS)
        of_id = and_(mine, _row.id == bindparam("b_id"))
        this = and_(of_id, _row.native_id == bindparam("b_native_id"))
        self._insert_start = self._insert(exists().where(of_id, _row.is_open))
        self._insert_handle = self._insert(exists().where(this))
        older = and_(_row.native_id == bindparam("b_native_id"), _row.revision <= bindparam("b_revision"))
        # One that was postponed waits for nothing any more when its handle is there.
        is_others = and_(_row.owner.is_not(None), _row.owner != bindparam("b_owner"))
        self._started = (
            update(RECORDINGS)
            .where(of_id, _row.is_open, or_(_row.native_id.is_(None), older), _row.created_at <= bindparam("b_until"))
            .values(
                leased_until=case((is_others, _row.leased_until), else_=null()),
                owner=case((is_others, _row.owner), else_=null()),
            )
        )
        self._handle = select(_row.recording, _row.outcome).where(this)
        self._change = update(RECORDINGS).where(this, _row.recording == bindparam("b_before"))
        self._reopen = self._change.values(**dict.fromkeys(OF_AN_END, null()), is_open=True, version=_row.version + 1)
        self._wish = (
            update(RECORDINGS)
            .where(this, _row.outcome.is_(None))
            .values(stop_wished_at=func.coalesce(_row.stop_wished_at, bindparam("b_now")))
        )
        self._see = update(RECORDINGS).where(this, _row.version == bindparam("b_version"))
        self._sight = select(*SIGHT).where(this)
        newer = or_(_row.version > bindparam("b_version"), _row.revision > bindparam("b_revision"))
        glance = select(_row.recording, *SIGHT).where(mine, _row.recording.is_not(None), newer)
        self._glance_of_id = glance.where(of_id).order_by(_row.attempt.desc()).limit(1)
        self._glance_of_native = glance.where(_row.native_id == bindparam("b_native_id")).limit(1)
        insert = sqlite.insert(FURTHER_IDS) if self._database.is_sqlite else postgresql.insert(FURTHER_IDS)
        columns: dict[str, Any] = {column.name: bindparam(f"b_{column.name}") for column in FURTHER_IDS.c}
        whose = [FURTHER_IDS.c[name] for name in ("provider", "account", "further_id")]
        self._insert_further = insert.values(columns).on_conflict_do_update(
            index_elements=whose, set_={"native_id": insert.excluded.native_id}
        )
        is_further = and_(self._mine(FURTHER_IDS), FURTHER_IDS.c.further_id == bindparam("b_further_id"))
        self._first_of_further = select(FURTHER_IDS.c.native_id).where(is_further).limit(1)

    @reaching
    def change(self, recording: Recording) -> Recording:
        """Write down the handle that a change has made; returns it with the ids that others have written meanwhile."""
        key = self._native_key
        return self._changed(recording, lambda before: recording.taught({key: before.native.get(key)}, key))

    @reaching
    def teach(self, recording: Recording) -> Recording:
        """Write down the ids of a handle that came after the start, into the newest; returns that.

        An end that was written down was one of a part: it is taken back, and the recording is open again.
        """
        return self._changed(recording, lambda before: before.taught(recording.native, self._native_key))

    @reaching
    def wish_stop(self, recording: Recording, lease: float = LEASE_S) -> None:
        """Write down that a recording is to be stopped, before that is sent.

        Args:
            recording: the handle.
            lease: seconds for which nobody else sends it again.
        """
        now = self._clock.time()
        given = {"b_now": now, "stop_leased_until": now + lease, "stop_owner": self._owner}
        with self._database.cursor() as cursor:
            self._update(cursor, self._wish, recording, given)

    @reaching
    def learn(self, recording: Recording, status: RecordingStatus) -> bool:
        """Write down what a look has shown, with what was seen before: state, files, what ended it, and its outcome.

        Returns:
            Whether this was the first to tell the outcome, of all threads and processes.
        """
        with self._database.cursor() as cursor:
            return self._merge(cursor, recording, lambda seen: seen.learn(status), None)[1]

    @reaching
    def see(
        self, recording: Recording, change: Callable[[Seen], Seen], sight: Sight | None = None
    ) -> tuple[Sight, bool]:
        """Change what was seen of a recording, whoever changes it at the same time. `learn` by another name.

        Args:
            recording: the handle. An unknown one is taken in.
            change: makes of what was seen what is seen now; called again where somebody else was faster.
            sight: what the row is known to say. None: it is read.

        Returns:
            What the row says then, and whether this was the first to tell the outcome.
        """
        with self._database.cursor() as cursor:
            return self._merge(cursor, recording, change, sight)

    @reaching
    def glance(
        self,
        *,
        recording_id: str | None = None,
        native_id: str | None = None,
        version: int = -1,
        revision: int = -1,
    ) -> Glance | None:
        """Handle and sight of the newest start with one of these ids, if it has a handle.

        Args:
            recording_id: ours.
            native_id: the vendor's, any of those that it has.
            version: of the sight that is known; None comes back if there is nothing newer.
            revision: of the handle that is known, likewise.
        """
        given = {"b_version": version, "b_revision": revision}
        with self._database.cursor() as cursor:
            if native_id is not None:
                row = cursor.first(self._glance_of_native, {**given, "b_native_id": plain(native_id)})
                if row is None and (first := self._first_id(cursor, native_id)) is not None:
                    row = cursor.first(self._glance_of_native, {**given, "b_native_id": first})
            else:
                row = cursor.first(self._glance_of_id, {**given, "b_id": plain(recording_id or "")})
        return None if row is None else Glance(recording_of(row), sight_of(row))

    def native_id(self, recording: Recording) -> str:
        """By what the ledger tells a recording from others."""
        return identity(recording, self._native_key)

    def _insert(self, unless: Any) -> Insert:
        """The statement that makes a row, as the next attempt, unless there is one."""
        attempts = select(func.coalesce(func.max(_row.attempt), 0) + 1).where(
            self._mine(RECORDINGS), _row.id == bindparam("b_id")
        )
        given = {name: bindparam(f"b_{name}", type_=_row[name].type) for name in GIVEN}
        columns = {**given, "attempt": attempts.scalar_subquery()}
        insert = sqlite.insert(RECORDINGS) if self._database.is_sqlite else postgresql.insert(RECORDINGS)
        statement = insert.from_select(list(columns), select(*columns.values()).where(~unless))
        return statement.on_conflict_do_nothing()

    def _inserted(
        self, cursor: Cursor, intent: StartIntent, lease: float | None, recording: Recording | None = None
    ) -> bool:
        """Make a row; whether there was none."""
        given = {
            "provider": plain(self._provider or intent.provider),
            "account": plain(self._account or intent.account or ""),
            "id": plain(intent.id),
            "room": plain(intent.room),
            "created_at": intent.created_at.timestamp(),
            "intent": text_of(intent),
            "native_id": None if recording is None else self.native_id(recording),
            "recording": None if recording is None else text_of(recording),
            "revision": 0 if recording is None else recording.revision,
            "is_open": True,
            "leased_until": None if lease is None else self._clock.time() + lease,
            "owner": None if lease is None else self._owner,
            "version": 0,
        }
        statement = self._insert_start if recording is None else self._insert_handle
        return cursor.write(statement, {f"b_{name}": value for name, value in given.items()}) == 1

    def _take_in(self, cursor: Cursor, recording: Recording, until: float) -> bool:
        """Give its handle to the start that lacks it, or make a row for one that nobody knows; whether there was none.

        Args:
            cursor: the ledger's.
            recording: the handle.
            until: when the start was begun at the latest: an old handle isn't that of a new start with its key.
        """
        self._write_further_ids(cursor, recording)
        given = {
            "b_id": plain(recording.id),
            "b_native_id": self.native_id(recording),
            "b_revision": recording.revision,
            "b_until": until,
            "b_owner": self._owner,
            "native_id": self.native_id(recording),
            "recording": text_of(recording),
            "revision": recording.revision,
        }
        if cursor.write(self._started, {**given, **FOUND}):
            return True
        intent = StartIntent(
            id=recording.id,
            provider=recording.provider,
            account=recording.account,
            room=recording.room,
            created_at=recording.started_at,
        )
        return self._inserted(cursor, intent, None, recording)

    def _changed(self, recording: Recording, change: Callable[[Recording], Recording]) -> Recording:
        """Make of the handle that is written another one, whoever does so at the same time; returns that.

        Args:
            recording: a handle of it. An unknown one is taken in.
            change: makes it of the one that is written.
        """
        this = {"b_id": plain(recording.id), "b_native_id": self.native_id(recording)}
        with self._database.cursor() as cursor:
            while True:
                row = cursor.first(self._handle, this)
                if row is None:
                    self._take_in(cursor, recording, recording.started_at.timestamp())
                    continue
                before = recording_of(row)
                after = change(before)
                further = set(after.ids_under(self._native_key)) - set(before.ids_under(self._native_key))
                if further and after.revision <= before.revision:
                    after = after.model_copy(update={"revision": before.revision + 1})
                self._write_further_ids(cursor, after)
                given = {"recording": text_of(after), "revision": after.revision}
                statement = self._reopen if further and row.outcome is not None else self._change
                if cursor.write(statement, {**this, "b_before": row.recording, **given}):
                    return after

    def _write_further_ids(self, cursor: Cursor, recording: Recording) -> None:
        """Write down by which other ids the vendor has it, before its handle: nobody knows them without that."""
        first, *further = recording.ids_under(self._native_key) or ("",)
        for one in further:
            given = {**self._whose(recording.provider), "further_id": plain(one), "native_id": plain(first)}
            cursor.write(self._insert_further, {f"b_{name}": value for name, value in given.items()})

    def _first_id(self, cursor: Cursor, native_id: str) -> str | None:
        """The id by which a recording is written down, of a further one; None: it is none."""
        row = cursor.first(self._first_of_further, {"b_further_id": plain(native_id)})
        return None if row is None else row.native_id

    def _update(self, cursor: Cursor, statement: Update, recording: Recording, given: Mapping[str, Any]) -> None:
        """Update the row of a recording, which is taken in where there is none."""
        of_this = {**given, "b_id": plain(recording.id), "b_native_id": self.native_id(recording)}
        if not cursor.write(statement, of_this) and self._take_in(cursor, recording, recording.started_at.timestamp()):
            cursor.write(statement, of_this)

    def _merge(
        self, cursor: Cursor, recording: Recording, change: Callable[[Seen], Seen], sight: Sight | None
    ) -> tuple[Sight, bool]:
        this = {"b_id": plain(recording.id), "b_native_id": self.native_id(recording)}
        while True:
            if sight is None:
                row = cursor.first(self._sight, this)
                if row is None:
                    self._take_in(cursor, recording, recording.started_at.timestamp())
                    continue
                sight = sight_of(row)
            seen = change(sight.seen)
            if seen.told == sight.seen.told:
                return Sight(sight.written, seen), False
            after = sight.after(seen, self._clock.time())
            is_first = sight.written.outcome is None and after.written.outcome is not None
            closed = {"closed_at": self._clock.time()} if is_first else {}
            given = {**this, "b_version": sight.written.version, **values_of(after), **closed}
            if cursor.write(self._see, given):
                return after, is_first
            sight = None  # somebody else was faster, or it was written under another sight


GIVEN = (
    *("provider", "account", "id", "room", "created_at", "intent", "native_id", "recording", "revision"),
    *("is_open", "leased_until", "owner", "version"),
)
"""Columns that a new row is given; all others are null."""
OF_AN_END = ("state", "status", "outcome", "ended_at", "closed_at", "told_at")
"""What of a row is of an end that was none."""
FOUND = {"verdict": None, "reason": None, "ends_by": None}
"""What of a row is over when its handle is there."""
