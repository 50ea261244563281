"""What is written into a ledger of each recording, before it can be lost."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import Float, and_, bindparam, or_, select, update

from recorder_core.errors import ConfigurationError, LedgerUnavailable
from recorder_core.ledger.claims import LEASE, free
from recorder_core.ledger.entry import LedgerEntry
from recorder_core.ledger.handles import LEASE_S, Handles
from recorder_core.ledger.reaching import reaching
from recorder_core.ledger.rows import entry_of, plain, text_of
from recorder_core.ledger.schema import RECORDINGS
from recorder_core.models import Recording, RecordingState, Recovery, StartIntent, Verdict

__all__ = ["Ledger"]

_row = RECORDINGS.c


class Ledger(Handles):
    """What is written down of every recording. Thread-safe, and a forked child has connections of its own.

    Every method has written what it was given when it returns, and raises `LedgerUnavailable` when it can't. One start
    is one row: a key that is used again has a row for each `attempt`.

    Takes what `open_ledger` takes.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_id = and_(self._mine(RECORDINGS), _row.id == bindparam("b_id"))
        of_start = and_(of_id, _row.created_at == bindparam("b_created_at"))
        newest = select(RECORDINGS).where(of_id).order_by(_row.attempt.desc()).limit(1)
        self._open_of_id = newest.where(_row.is_open)
        self._of_start = select(RECORDINGS).where(of_start)
        held = or_(_row.owner.is_(None), _row.owner == bindparam("b_owner"))
        self._note = update(RECORDINGS).where(of_start, _row.is_open, held)
        self._explain = update(RECORDINGS).where(of_start)
        self._lost = self._explain.where(_row.recording.is_(None))
        nobodys = or_(_row.owner.is_(None), free(LEASE, bindparam("b_now", type_=Float)))
        self._dismiss = self._lost.where(_row.is_open, nobodys)
        self._gone = self._explain.where(_row.outcome.is_(None))

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

    def _never_started(self, reason: str) -> dict[str, Any]:
        verdict = {"verdict": Verdict.NEVER_STARTED.value, "reason": plain(reason), "ends_by": None}
        now = self._clock.time()
        return {**verdict, "ended_at": now, "closed_at": now, **CLOSED}


def _of_start(intent: StartIntent) -> dict[str, Any]:
    return {"b_id": plain(intent.id), "b_created_at": intent.created_at.timestamp()}


CLOSED = {"is_open": False, "leased_until": None, "owner": None}
