"""What is written into a ledger of each recording, before it can be lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Float, Insert, Update, and_, bindparam, case, exists, func, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from recorder_core.clock import Clock
from recorder_core.errors import ConfigurationError, LedgerUnavailable
from recorder_core.ledger.claims import LEASE, free
from recorder_core.ledger.entry import LedgerEntry
from recorder_core.ledger.followed import Followed
from recorder_core.ledger.heard import Heard
from recorder_core.ledger.prepared import Cursor
from recorder_core.ledger.reaching import reaching
from recorder_core.ledger.rows import SIGHT, entry_of, identity, plain, recording_of, sight_of, text_of, values_of
from recorder_core.ledger.schema import RECORDINGS
from recorder_core.ledger.sight import Sight
from recorder_core.models import Recording, RecordingState, RecordingStatus, Recovery, StartIntent, Verdict
from recorder_core.seen import Seen

__all__ = ["Glance", "Ledger"]

LEASE_S = 60.0
"""Seconds for which a stop is its process's, and a start that has to be written down again."""
_row = RECORDINGS.c


@dataclass(frozen=True, slots=True)
class Glance:
    """What a ledger says of a recording that has a handle."""

    recording: Recording
    sight: Sight


class Ledger(Followed, Heard):
    """What is written down of every recording. Thread-safe, and a forked child has connections of its own.

    Every method has written what it was given when it returns, and raises `LedgerUnavailable` when it can't. One start
    is one row: a key that is used again has a row for each `attempt`.

    Takes what `open_ledger` takes.
    """

    def __init__(
        self, url: str | SecretStr, *, provider: str | None, account: str | None, clock: Clock, native_key: str = ""
    ) -> None:
        super().__init__(url, provider=provider, account=account, clock=clock, native_key=native_key)
        mine = self._mine(RECORDINGS)
        of_id = and_(mine, _row.id == bindparam("b_id"))
        of_start = and_(of_id, _row.created_at == bindparam("b_created_at"))
        this = and_(of_id, _row.native_id == bindparam("b_native_id"))
        newest = select(RECORDINGS).where(of_id).order_by(_row.attempt.desc()).limit(1)
        self._open_of_id = newest.where(_row.is_open)
        self._of_start = select(RECORDINGS).where(of_start)
        self._insert_start = self._insert(exists().where(of_id, _row.is_open))
        self._insert_handle = self._insert(exists().where(this))
        held = or_(_row.owner.is_(None), _row.owner == bindparam("b_owner"))
        self._note = update(RECORDINGS).where(of_start, _row.is_open, held)
        self._explain = update(RECORDINGS).where(of_start)
        self._lost = self._explain.where(_row.recording.is_(None))
        nobodys = or_(_row.owner.is_(None), free(LEASE, bindparam("b_now", type_=Float)))
        self._dismiss = self._lost.where(_row.is_open, nobodys)
        self._gone = self._explain.where(_row.outcome.is_(None))
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
        self._change = update(RECORDINGS).where(this)
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

    @reaching
    def begin(self, intent: StartIntent, lease: float) -> LedgerEntry | None:
        """Write down that a recording is about to be started. Durable when it returns.

        Args:
            intent: the start.
            lease: seconds for which nobody else looks into what became of it.

        Returns:
            None: it may be started. An entry: one with the same id is open, and nothing was written. Of two processes
            that begin the same at once one gets None.
        """
        with self._database.cursor() as cursor:
            while not self._inserted(cursor, intent, lease):
                found = cursor.first(self._open_of_id, {"b_id": plain(intent.id)})
                if found is not None:
                    return entry_of(found)
        return None

    @reaching
    def note(self, intent: StartIntent) -> None:
        """Write down what was noted: the target of `StartIntent.kept_by`. Durable when it returns.

        Raises:
            LedgerUnavailable: also where the lease has run out and a recovery has looked into the start, or does so:
                what it has found would not be true any more if more was sent.
        """
        given = {**_of_start(intent), "b_owner": self._owner, "intent": text_of(intent)}
        with self._database.cursor() as cursor:
            if cursor.write(self._note, given):
                return
            if cursor.first(self._of_start, _of_start(intent)) is None:
                self._inserted(cursor, intent, LEASE_S)
                return
        raise LedgerUnavailable(
            f"the start of recording {intent.id} has taken so long that another process looks into what became of it",
            retryable=True,
            hint="Nothing more was sent. Start again.",
        )

    @reaching
    def started(self, recording: Recording) -> None:
        """Write down the handle of a recording that was just started, or found again. Its lease is given up."""
        with self._database.cursor() as cursor:
            self._take_in(cursor, recording, until=math.inf)

    @reaching
    def refused(self, intent: StartIntent, reason: str) -> None:
        """Write down that nothing was started, as the vendor has said; nothing, if a handle is known all the same."""
        with self._database.cursor() as cursor:
            cursor.write(self._lost, {**_of_start(intent), **self._never_started(reason)})

    @reaching
    def start_of(self, intent: StartIntent) -> LedgerEntry | None:
        """What is written of this very start, whichever others with its key came after it; None: nothing is."""
        with self._database.cursor() as cursor:
            row = cursor.first(self._of_start, _of_start(intent))
        return None if row is None else entry_of(row)

    @reaching
    def explain(self, recovery: Recovery) -> bool:
        """Write down what a recovery has found out. A verdict that isn't final leaves the entry open.

        Returns:
            Whether it is written. False: it brings no handle, and somebody else has written one meanwhile.
        """
        recording, status, given = recovery.recording, recovery.status, _of_start(recovery.intent)
        with self._database.cursor() as cursor:
            if cursor.first(self._of_start, given) is None:
                self._inserted(cursor, recovery.intent, 0.0)
            if recording is not None:
                self._take_in(cursor, recording, until=math.inf)
                if status is not None:
                    self._merge(cursor, recording, lambda seen: seen.learn(status), None)
            if recovery.verdict is Verdict.NEVER_STARTED:
                return cursor.write(self._lost, {**given, **self._never_started(recovery.reason)}) == 1
            verdict = {"verdict": recovery.verdict.value, "reason": recovery.reason, "ends_by": recovery.ends_by}
            gone: dict[str, Any] = {}
            if recovery.verdict is Verdict.ENDED and not (status is not None and status.state.ending):
                now = self._clock.time()
                gone = {"outcome": RecordingState.GONE.value, "ended_at": now, "closed_at": now, **CLOSED}
            if recording is None:
                return cursor.write(self._lost, {**given, **verdict, **gone}) == 1
            cursor.write(self._explain, {**given, **verdict})
            if gone:
                cursor.write(self._gone, {**given, **gone})
            return True

    @reaching
    def dismiss(self, recording_id: str, reason: str) -> LedgerEntry:
        """Close a start by hand that no recovery can explain, so that nobody looks into it any more.

        Only where somebody has seen, in the vendor's console say, that nothing of it runs: what runs all the same is
        billed, and only a callback could tell of it. Its verdict stays.

        Args:
            recording_id: our id.
            reason: by what that is known, in plain words; it stands in the ledger instead of the recovery's.

        Returns:
            What the ledger holds then.

        Raises:
            ConfigurationError: no start with this id is open and without a handle, somebody is at it just now, or the
                reason is empty.
        """
        problem = "" if reason.strip() else "why it is dismissed has to be said"
        entry = self.entry(recording_id)
        if entry is None or not entry.open:
            problem = "it isn't in the ledger" if entry is None else "it is open no more"
        elif entry.recording is not None:
            problem = "its handle is known: look at its status, or stop it"
        if entry is not None and not problem:
            now = self._clock.time()
            after = {"verdict": (entry.verdict or Verdict.UNCLEAR).value, "reason": plain(reason), "closed_at": now}
            given = {**_of_start(entry.intent), "b_now": now, **after, "ended_at": now, **CLOSED}
            with self._database.cursor() as cursor:
                if cursor.write(self._dismiss, given):
                    return entry_of(cursor.first(self._of_start, _of_start(entry.intent)))
            problem = f"a process is at it: {entry.owner or 'its lease was taken just now'}"
        raise ConfigurationError(
            f"recording {recording_id} isn't dismissed: {problem}", recording_id=recording_id, fault="caller"
        )

    @reaching
    def change(self, recording: Recording) -> None:
        """Write down the handle that a change has made."""
        handle = {"recording": text_of(recording), "revision": recording.revision}
        with self._database.cursor() as cursor:
            self._update(cursor, self._change, recording, handle)

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
            native_id: the vendor's.
            version: of the sight that is known; None comes back if there is nothing newer.
            revision: of the handle that is known, likewise.
        """
        given = {"b_version": version, "b_revision": revision}
        with self._database.cursor() as cursor:
            if native_id is not None:
                row = cursor.first(self._glance_of_native, {**given, "b_native_id": plain(native_id)})
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

    def _never_started(self, reason: str) -> dict[str, Any]:
        verdict = {"verdict": Verdict.NEVER_STARTED.value, "reason": plain(reason), "ends_by": None}
        now = self._clock.time()
        return {**verdict, "ended_at": now, "closed_at": now, **CLOSED}


def _of_start(intent: StartIntent) -> dict[str, Any]:
    return {"b_id": plain(intent.id), "b_created_at": intent.created_at.timestamp()}


GIVEN = (
    *("provider", "account", "id", "room", "created_at", "intent", "native_id", "recording", "revision"),
    *("is_open", "leased_until", "owner", "version"),
)
"""Columns that a new row is given; all others are null."""
CLOSED = {"is_open": False, "leased_until": None, "owner": None}
FOUND = {"verdict": None, "reason": None, "ends_by": None}
"""What of a row is over when its handle is there."""
