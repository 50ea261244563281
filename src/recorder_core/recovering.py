"""What became of starts and stops whose outcome nobody has written down: after a crash, or without an answer."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from recorder_core.clock import Deadline, deadline_scope
from recorder_core.errors import ConfigurationError, InvalidSpec, RecorderError, Vetoed
from recorder_core.models import (
    Recording,
    RecordingSpec,
    RecordingState,
    Recovery,
    RecoveryReport,
    RemoteRecording,
    StartIntent,
    Verdict,
)
from recorder_core.models.recording import ids_of
from recorder_core.operations import DEADLINE_S
from recorder_core.plan import Plan
from recorder_core.refusals import expect, refuse_span, refuse_unknown_options
from recorder_core.stopping import LATE_S, Stopping, going_on, lease_of

if TYPE_CHECKING:
    from recorder_core.ledger import LedgerEntry

__all__ = ["RECOVER_S", "Found", "Recovering", "SpecOf", "may_be"]

RECOVER_S = 300.0
"""Seconds that a recovery may take when it is given no deadline."""
AT_ONCE = 20
"""Entries that are claimed together."""
SOONEST_AGAIN_S, LATEST_AGAIN_S = 60.0, 3600.0
"""Seconds until a worker looks again into what is unexplained: as many as it is old. A look may be a start."""
LISTED = timedelta(days=2)
"""How far back the vendor's own list is looked through by default: few recordings run for longer."""

SpecOf: TypeAlias = RecordingSpec | Callable[[StartIntent], RecordingSpec | None] | None
"""What was asked for: one spec, or what finds the spec of a start."""

NOTED = "the vendor's ids had been noted"
KNOWN = "this recorder has found it before"


@dataclass
class Found:
    """What one recovery has found out so far; by the ids of the recordings, where it is by anything."""

    recoveries: dict[str, Recovery] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """What is claimed until the end, so that nothing is looked into twice."""
    unreachable: dict[str, Recording] = field(default_factory=dict)
    """Of which the vendor said nothing; another look may tell."""

    @contextmanager
    def problem_of(self, room: str, recording_id: str) -> Iterator[None]:
        """What can't be found out of one is told, and keeps nobody from looking into the others."""
        try:
            yield
        except RecorderError as error:
            self.problems.append(f"{room} ({recording_id}): {error.message}")
        except Exception as error:
            # Its text may hold anything, secrets too.
            bug = f"{type(error).__name__}, a bug: in a plugin, in what finds the spec, or in the library"
            self.problems.append(f"{room} ({recording_id}): {bug}")

    def report(self, unknown: tuple[RemoteRecording, ...] = ()) -> RecoveryReport:
        """What is told in the end."""
        return RecoveryReport(
            recoveries=tuple(self.recoveries.values()), unknown=unknown, problems=tuple(self.problems)
        )


class Recovering(Stopping):
    """The operation that finds out what became of starts and stops."""

    def recover(
        self,
        intent: StartIntent | None = None,
        *,
        spec: SpecOf = None,
        stop: bool = False,
        since: datetime | None = None,
        deadline: float | None = None,
    ) -> RecoveryReport:
        """Find out what became of starts that were cut short, so that nothing runs that nobody knows of.

        With an intent, that of a start's error: this one start, whether there is a ledger or not. Without one, what the
        ledger holds open of this account: starts whose process has died, which is taken for certain a minute after
        their deadline; stops that were wished and have no outcome, which are sent again; and recordings that nobody
        follows, which are looked at. Several processes may recover at once: each start is looked into by one of them.
        What can't be found out stays open, and the next `recover` looks into it again.

        What was found running is a recording like any other from then on.

        Args:
            intent: one start. None: all that the ledger holds open.
            spec: what was asked for, or what finds the spec of an intent (None where it can't). Where an id is lost,
                some vendors tell it to whoever sends the same start again, and the ledger holds no specs: they have
                secrets. One spec without an intent counts for the starts of its room.
            stop: stop the recordings whose start was cut short. No others are.
            since: from when on the vendor's list is looked through for recordings that the ledger doesn't know, with
                time zone; two days ago by default. Only without an intent.
            deadline: seconds for everything; 300 by default.

        Raises:
            ConfigurationError: there is neither an intent nor a ledger, or the intent is another account's.
            InvalidSpec: an argument is of the wrong kind.
            LedgerUnavailable: the ledger can't be used; what isn't found out yet stays open.
        """
        self._refuse_closed("recover")
        found = Found()
        with self._named("recover"), deadline_scope(self._limit(RECOVER_S if deadline is None else deadline)) as limit:
            if spec is not None and not callable(spec):
                expect("recover", RecordingSpec, spec)
            if intent is not None:
                expect("recover", StartIntent, intent)
                self._refuse_foreign_intent(intent)
                with self._holding(found):
                    self._recover_one(found, intent, spec if callable(spec) else lambda _: spec, limit, stop=stop)
                    self._look_again(found, limit, stop=stop)
                return found.report()
            now = datetime.fromtimestamp(self._clock.time(), UTC)
            since = now - LISTED if since is None else since
            refuse_span("recover", since, now)
            with self._holding(found):
                self._recover_starts(found, spec, limit, stop=stop)
                for entry in self._claimed(found, self.ledger.claim_running, limit):
                    self._look_at(found, entry)
                self._look_again(found, limit, stop=stop)
                return found.report(() if limit.expired else self._strangers(found, since, now))

    def _recover_starts(
        self, found: Found, spec: SpecOf, limit: Deadline, *, stop: bool = False, postponed: bool = True
    ) -> None:
        """Find out what became of all starts that were cut short, and send the stops again that were.

        The starts first: vendors forget them soon, and a stop may take its time.
        """
        stops = []
        claim = functools.partial(self.ledger.claim_starts, postponed=postponed)
        for entry in self._claimed(found, claim, limit):
            if entry.recording is None:
                self._recover_entry(found, entry, spec, limit, stop=stop)
            else:
                stops.append(entry)
        for entry in stops:
            self._recover_entry(found, entry, spec, limit, stop=stop)

    @contextmanager
    def _holding(self, found: Found) -> Iterator[None]:
        """Give up what was claimed, in the end. Workers come back to what is unexplained, ever less often."""
        try:
            yield
        finally:
            if found.held:
                with going_on("that others may look into them again"):
                    for recovery in found.recoveries.values():
                        if recovery.recording is None and not recovery.verdict.final:
                            age = self._clock.time() - recovery.intent.created_at.timestamp()
                            self.ledger.postpone(recovery.intent.id, min(max(age, SOONEST_AGAIN_S), LATEST_AGAIN_S))
                    self.ledger.release(found.held)

    def _claimed(
        self, found: Found, claim: Callable[[int, float], list[LedgerEntry]], limit: Deadline
    ) -> Iterator[LedgerEntry]:
        """What nobody else looks into meanwhile, one after the other, until the deadline."""
        while not limit.expired:
            entries = claim(AT_ONCE, lease_of(limit))
            if not entries:
                return
            found.held += [entry.id for entry in entries]
            for entry in entries:
                if not limit.expired:
                    yield entry
        found.problems.append("the deadline came before everything was looked into; recover again, or give it longer")

    def _recover_one(self, found: Found, intent: StartIntent, spec: SpecOf, limit: Deadline, *, stop: bool) -> None:
        """Find out what became of the start that an intent stands for; a ledger knows it from then on."""
        if self._ledger is None:
            with found.problem_of(intent.room, intent.id), self._operation("recover", intent.id, limit):
                self._take(found, self._explained(intent, spec), limit, stop=stop)
            return
        known = self._ledger.start_of(intent)
        if known is not None and not known.open:
            found.recoveries[intent.id] = _recalled(known)
            return
        other = self._ledger.begin(intent, lease_of(limit)) if known is None else None
        if other is not None:
            found.problems.append(
                f"{intent.room} ({intent.id}): its key was used again at {other.created_at.isoformat()}, and that "
                "start is open, which the vendor may not tell from this one; recover this one when the other has ended"
            )
            return
        entry = self._ledger.claim_start(intent.id, lease_of(limit), begun_at=intent.created_at)
        if entry is None:
            found.problems.append(f"{intent.room} ({intent.id}): somebody else is at it just now; recover it later")
            return
        found.held.append(intent.id)
        # What the error tells may be more than what could be written down.
        noted = {**entry.intent.noted, **intent.noted}
        intent = entry.intent.model_copy(update={"noted": noted})
        self._recover_entry(found, entry.model_copy(update={"intent": intent}), spec, limit, stop=stop)

    def _recover_entry(self, found: Found, entry: LedgerEntry, spec: SpecOf, limit: Deadline, *, stop: bool) -> None:
        """Find out what became of a start, or send a stop again that had been wished."""
        with found.problem_of(entry.room, entry.id), self._operation("recover", entry.id, limit):
            intent, recording = entry.intent.kept_by(self.ledger.note), entry.recording
            if recording is None:
                self._take(found, self._explained(intent, spec), limit, stop=stop)
            elif entry.stop_wished_at is not None:
                self._stop_found(found, intent, recording, "it was to be stopped, and was now", limit)
            else:
                self._take(found, Recovery.seen(intent, recording, self.status(recording), NOTED), limit, stop=stop)

    def _explained(self, intent: StartIntent, spec: SpecOf) -> Recovery:
        """What became of a start whose handle is lost. If it is found, it is durable when this returns."""
        recording = self.provider.revived(intent)
        if recording is not None:
            self._begun(recording)
            return Recovery.seen(intent, recording, self.status(recording), NOTED)
        known = None if self._ledger else self._known.handle(intent.id)
        if known is not None and known.started_at >= intent.created_at - timedelta(seconds=LATE_S):
            # The provider passes over what this recorder knows already, for it may be another start's.
            return Recovery.seen(intent, known, self.status(known), KNOWN)
        recovery = self.provider.recover(intent, self._spec_of(intent, spec))
        if recovery.recording is not None:
            self._begun(recovery.recording)
            if recovery.status is not None:
                self._learn(recovery.recording, recovery.status)
        return recovery

    def _begun(self, recording: Recording) -> None:
        """Know a recording whose start nobody was told of."""
        self._known.begin(recording)
        self._hooks.notify("recorder_started", recording=recording)

    def _take(self, found: Found, recovery: Recovery, limit: Deadline, *, stop: bool = False) -> None:
        """Write down what was found out, and do what follows."""
        recovery.intent.kept_by(None)  # it is handed out, and nothing more is to be written through it
        if self._ledger is not None and not self._ledger.explain(recovery):
            recovery = self._found_meanwhile(recovery)
        found.recoveries[recovery.intent.id] = recovery
        self._hooks.notify("recorder_recovered", recovery=recovery)
        recording = recovery.recording
        if recording is None:
            return
        if recovery.verdict is Verdict.UNCLEAR:
            found.unreachable[recording.id] = recording
        elif recovery.verdict is Verdict.RUNNING and stop:
            self._stop_found(found, recovery.intent, recording, f"{recovery.reason}, and it was stopped", limit)

    def _found_meanwhile(self, recovery: Recovery) -> Recovery:
        """What became of a start whose handle somebody else has written down while it was looked into."""
        entry = self.ledger.start_of(recovery.intent)
        if entry is None or entry.recording is None or not entry.open:
            return recovery if entry is None else _recalled(entry)
        reason = "its handle was found meanwhile"
        return Recovery.seen(recovery.intent, entry.recording, self.status(entry.recording), reason)

    def _stop_found(
        self, found: Found, intent: StartIntent, recording: Recording, reason: str, limit: Deadline
    ) -> None:
        status = self.stop(recording, deadline=min(DEADLINE_S, limit.remaining()))
        self._take(found, Recovery.seen(intent, recording, status, reason), limit)

    def _look_at(self, found: Found, entry: LedgerEntry) -> None:
        """Look at a recording that nobody follows, so that the ledger shows none as running that isn't there."""
        recording = entry.recording
        with found.problem_of(entry.room, entry.id):
            if recording is not None and self.status(recording).state is RecordingState.UNREACHABLE:
                found.unreachable[recording.id] = recording

    def _look_again(self, found: Found, limit: Deadline, *, stop: bool) -> None:
        """Look at those of which the vendor said nothing, at its own pace, for as long as it takes to be sure."""
        for delay in self.provider.poll_delays:
            if not found.unreachable or limit.remaining() <= delay:
                break
            self._clock.sleep(delay)
            for recording in tuple(found.unreachable.values()):
                with found.problem_of(recording.room, recording.id):
                    status = self.status(recording)
                    if status.state is RecordingState.UNREACHABLE:
                        continue
                    del found.unreachable[recording.id]
                    if (before := found.recoveries.get(recording.id)) is not None:
                        self._take(
                            found, Recovery.seen(before.intent, recording, status, before.reason), limit, stop=stop
                        )
        for recording in found.unreachable.values():
            found.problems.append(f"{recording.room} ({recording.id}): the vendor says nothing of it just now")

    def _strangers(self, found: Found, since: datetime, now: datetime) -> tuple[RemoteRecording, ...]:
        """What runs at the vendor, and is neither in the ledger nor about to be, nor the candidate of a start."""
        if not self.provider.offers("list_remote"):
            return ()
        key = self.provider.native_key
        recoveries = found.recoveries.values()
        candidates = {own for one in recoveries for remote in one.candidates for own in ids_of(remote.native.get(key))}
        beginning = [entry for entry in self.ledger.unexplained() if entry.id not in found.held]
        strangers: list[RemoteRecording] = []
        with found.problem_of("what else runs", f"at {self.provider.name}"):
            for remote in self.provider.list_remote(since, now):
                native = next(iter(ids_of(remote.native.get(key))), "")
                is_over = remote.state is not None and not remote.state.running
                if is_over or native in candidates:
                    continue
                entry = self.ledger.entry_of(native)
                if entry is not None and not entry.open and remote.state is not None:
                    self._look_past(found, entry)
                if entry is not None or self._known.knows(native):
                    continue
                if not any(may_be(remote, entry) for entry in beginning):
                    strangers.append(remote)
        return tuple(strangers)

    def _look_past(self, found: Found, entry: LedgerEntry) -> None:
        """Look at what the vendor lists as running, though the ledger has its end: what was gone may be back."""
        recording = entry.recording
        with found.problem_of(entry.room, entry.id):
            if recording is None or not (status := self._look(recording)).state.running:
                return
            self._learn(recording, status)
            again = self.ledger.entry_of(self.ledger.native_id(recording))
            if again is not None and not again.open:
                found.problems.append(
                    f"{entry.room} ({entry.id}): the vendor holds it to be running, and it was seen to end "
                    f"({entry.outcome}); look into it in the vendor's console"
                )

    def _spec_of(self, intent: StartIntent, spec: SpecOf) -> RecordingSpec | None:
        """What was asked for, as `start` would send it. None: nobody knows, or a hook refuses it.

        Raises:
            InvalidSpec: what was found isn't this start's.
            UnsupportedFeature: `start` would have refused it.
        """
        wanted = spec(intent) if callable(spec) else spec
        if wanted is None:
            return None
        expect("recover", RecordingSpec, wanted)
        try:
            wanted = self._as_hooks_leave_it(wanted, "recover")
        except Vetoed:
            return None
        if wanted.room != intent.room:
            if callable(spec):
                problem = f"the spec is of room {wanted.room!r}, and the start was one of room {intent.room!r}"
                raise InvalidSpec(problem, problems=[problem], fault="caller")
            return None
        self._translate(wanted, intent).lost(warn=self._warn)
        return wanted

    def _translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        refuse_unknown_options(self.provider, spec)
        return self.provider.translate(spec, intent)

    def _refuse_foreign_intent(self, intent: StartIntent) -> None:
        mine = (self.provider.name, self.provider.account)
        if (intent.provider, intent.account) != mine:
            raise ConfigurationError(
                f"the start of recording {intent.id} was one at {intent.provider} account {intent.account!r}, "
                f"this recorder is of {mine[0]} account {mine[1]!r}",
                recording_id=intent.id,
                fault="caller",
                hint="Use the recorder of the account that began it.",
            )


def _recalled(entry: LedgerEntry) -> Recovery:
    """What became of a start, as it had been found out before."""
    verdict = entry.verdict or (Verdict.NEVER_STARTED if entry.recording is None else Verdict.ENDED)
    return Recovery(
        intent=entry.intent,
        verdict=verdict,
        recording=entry.recording,
        reason=entry.reason or "the ledger has it so",
        ends_by=entry.ends_by,
    )


def may_be(remote: RemoteRecording | Recording, entry: LedgerEntry) -> bool:
    """Whether a recording that the vendor tells of may be that of a start whose id isn't known.

    A room that the vendor doesn't tell may be any; so may a moment.
    """
    began = remote.started_at
    if remote.room and remote.room != entry.room:
        return False
    return began is None or began >= entry.intent.created_at - timedelta(seconds=LATE_S)
