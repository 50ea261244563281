"""The face of the library: one `Recorder` per account, whichever vendor runs it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from recorder_core.checks import Check, StorageCheck
from recorder_core.clock import Deadline, deadline_scope
from recorder_core.errors import InvalidSpec, LedgerUnavailable, RecorderError, RecordingConflict, StartOutcomeUnknown
from recorder_core.files import Files
from recorder_core.models import (
    Recording,
    RecordingSpec,
    RecordingState,
    RemoteRecording,
    StartIntent,
    Storage,
    Verdict,
)
from recorder_core.models.storage import StorageBase
from recorder_core.observations import WAIT_S
from recorder_core.plan import Plan
from recorder_core.recovering import Found
from recorder_core.refusals import expect, recordings_of, refuse_key_without_ledger, refuse_span
from recorder_core.stopping import going_on, lease_of

if TYPE_CHECKING:
    from recorder_core.ledger import LedgerEntry

__all__ = ["Recorder"]

PLANNED_ID = uuid.UUID(int=0).hex
"""The recording id in plans, so that the plan of a spec is the same every time."""
KEY_NAMESPACE = uuid.UUID("6f1c6a52-8d0e-5b43-9a3f-2f6f6b1d7c11")
UNDER_WAY = "is being started just now, by another process or one that has died"

logger = logging.getLogger("recorder_core")


class Recorder(Files):
    """Records rooms through one provider and one account. Thread-safe.

    Args:
        provider: the name of an installed provider, or a `Provider`.
        on_unsupported: `raise` refuses a spec that would lose something; `warn` drops what may be dropped, logs it and
            lists it in `Recording.dropped`.
        ledger: URL of the database in which every start, id, change, event and outcome is written down before it can be
            lost, such as `sqlite:///recordings.db` or `postgresql+psycopg://user:password@host/name`. None: nothing is.
        budget: URL of a Redis, such as `redis://host`, in which all processes that use the account share its limits.
            None: this process has them for itself.
        hooks: the hook plugins of this recorder, in their order; None takes the installed ones, `[]` none.
        deadline: seconds that an operation may take when it is given no deadline of its own.
        timeout: seconds to wait for a connection and for a whole answer; one number serves for both.
        clock: the clock for waits and deadlines; the system's by default.
        config: the provider's own configuration, field by field.

    Raises:
        ProviderNotFound: no such provider, or it can't be loaded.
        ConfigurationError: the configuration is wrong. No value is shown.
    """

    def plan(self, spec: RecordingSpec) -> Plan:
        """What `start` would send, and what that would lose. No network; runs the before-start hooks.

        Raises:
            InvalidSpec: the spec's options for this provider are wrong.
            Vetoed: a hook refused.
        """
        with self._named("plan"):
            expect("plan", RecordingSpec, spec)
            spec = self._as_hooks_leave_it(spec, "plan")
            return self._translate(spec, self._intent(spec, None, PLANNED_ID, ()))

    def start(
        self,
        spec: RecordingSpec,
        *,
        key: str | None = None,
        apart_from: Sequence[Recording] = (),
        confirm: bool = False,
        deadline: float | None = None,
    ) -> Recording:
        """Start a recording.

        Args:
            spec: what to record.
            key: fixes the recording's id: starting the same room again with the same key, while the first one runs,
                never starts a second one. With a ledger that holds in all processes that share it; where the vendor
                doesn't see to it, a key takes a ledger.
            apart_from: recordings whose servers this one must not share, where the vendor can do that.
            confirm: return only when it truly records, as `wait` does.
            deadline: seconds for everything; with `confirm` 120 more than otherwise, if none is given.

        Returns:
            The handle: all that another process needs to control the recording. Keep it.

        Raises:
            UnsupportedFeature: the vendor can't do what the spec demands; nothing was sent.
            InvalidSpec: the spec contradicts itself; nothing was sent.
            Vetoed: a hook refused; nothing was sent.
            ConfigurationError: `key` takes a ledger at this vendor, and there is none; nothing was sent.
            RoomNotReady: the vendor starts nothing where nobody is; nothing was started.
            RecordingConflict: a recording with this identity runs already, or may; `intent` is that of its start.
            LedgerUnavailable: the ledger can't be used; nothing was started.
            StartOutcomeUnknown: it may run. Keep the error's `intent`, for `recover`.
            RecorderError: every other class, by what the vendor answered; `intent` says what was noted so far, and
                with `confirm` `recording` is the handle, if the vendor had accepted the start.
        """
        limit = self._start_limit(confirm=confirm, deadline=deadline)
        recording, intent = self._begin(spec, key, apart_from, limit)
        return self._confirmed(recording, intent, limit) if confirm else recording

    def _start_limit(self, *, confirm: bool, deadline: float | None) -> Deadline:
        return self._limit(self._deadline + WAIT_S if confirm and deadline is None else deadline)

    def _begin(
        self, spec: RecordingSpec, key: str | None, apart_from: Sequence[Recording], limit: Deadline
    ) -> tuple[Recording, StartIntent]:
        """Start a recording; returns when the vendor has accepted it and its handle is durable, if anything is."""
        with self._named("start"):
            expect("start", RecordingSpec, spec)
            apart_from = recordings_of("apart_from", apart_from)
            if key is not None and self._ledger is None:
                refuse_key_without_ledger(self.provider)
            wanted = self._as_hooks_leave_it(spec, "start")
            identity = uuid.uuid4().hex if key is None else self.recording_id(key)
            intent = self._intent(wanted, key, identity, apart_from)
            plan = self._translate(wanted, intent)
            dropped = plan.lost(warn=self._warn)
            draft = self.provider.draft(plan, intent).model_copy(update={"dropped": dropped})
            intent = intent.model_copy(update={"draft": draft})
        plan.report(intent.id)
        recording = None
        try:
            with self._operation("start", intent.id, limit) as held:
                running = self._of_this_key(intent, spec, held)
                recording = running or self._started(plan, intent, dropped)
            if running is None:
                self._hooks.notify("recorder_started", recording=recording)
        except BaseException as error:
            _attach(error, intent, recording)
            raise
        return recording, intent

    def _of_this_key(self, intent: StartIntent, spec: RecordingSpec, limit: Deadline) -> Recording | None:
        """Write down that a start begins. Where one of the same id is open: its recording, if that runs.

        Raises:
            RecordingConflict: the other one is under way, or can't be told or controlled.
        """
        if self._ledger is None:
            return None
        intent.kept_by(self._ledger.note)
        other = self._ledger.begin(intent, lease_of(limit))
        if other is None:
            return None
        recording = self._resumed(other, intent.room, spec, limit)
        if recording is None and self._ledger.begin(intent, lease_of(limit)) is not None:
            raise _conflict(other, UNDER_WAY, retryable=True)
        return recording

    def _resumed(self, entry: LedgerEntry, room: str, spec: RecordingSpec, limit: Deadline) -> Recording | None:
        """The recording of a start that is open, if it runs. None: nothing of it does, and it is open no more.

        Raises:
            RecordingConflict: it is under way, ends just now, can't be told or can't be controlled.
        """
        if entry.room != room:
            raise _conflict(entry, f"is one of room {entry.room!r}")
        recording = entry.recording
        if recording is None:
            claimed = self.ledger.claim_start(entry.id, lease_of(limit))
            if claimed is None:
                raise _conflict(entry, UNDER_WAY, retryable=True)
            found = Found(held=[entry.id])
            with self._holding(found):
                self._take(found, self._explained(claimed.intent.kept_by(self.ledger.note), spec), limit)
            recovery = found.recoveries[entry.id]
            if recovery.verdict in (Verdict.NEVER_STARTED, Verdict.ENDED):
                return None
            recording = recovery.recording
            if recording is None or recovery.verdict is not Verdict.RUNNING:
                raise _conflict(entry, f"is {recovery.verdict}: {recovery.reason}", ends_by=recovery.ends_by)
            return recording
        status = self.status(recording)
        if status.state.running and entry.stop_wished_at is None:
            return recording
        if status.state.terminal:
            return None
        what = "is to be stopped" if status.state.running else f"is {status.state}"
        raise _conflict(entry, what, retryable=True)

    def _started(self, plan: Plan, intent: StartIntent, dropped: tuple[str, ...]) -> Recording:
        """Start a recording, with what is known of it durable at each step."""
        try:
            recording = self.provider.start(plan, intent)
        except LedgerUnavailable as error:
            started = self.provider.revived(intent)
            if started is None:
                raise
            # It runs, and its handle is worth more to the caller than an error.
            logger.error("the ledger doesn't say that recording %s was started: %s", intent.id, error.message)
            recording = started
        except RecorderError as error:
            if self._ledger is not None and not isinstance(error, StartOutcomeUnknown):
                with going_on(f"that recording {intent.id} was refused"):
                    self._ledger.refused(intent, f"{type(error).__name__}: {error.message}")
            raise
        if recording.dropped != dropped:
            recording = recording.model_copy(update={"dropped": dropped})
        self._known.begin(recording)
        return recording

    def _confirmed(self, recording: Recording, intent: StartIntent, limit: Deadline) -> Recording:
        """The handle of a recording that truly records, with what is worth knowing of its beginning."""
        try:
            status = self._wait(recording, RecordingState.RECORDING, limit)
        except BaseException as error:
            _attach(error, intent, recording)
            raise
        if status.reason is None:
            return recording
        logger.info("recording %s in room %r: %s", recording.id, recording.room, status.reason)
        return recording.model_copy(update={"notes": (*recording.notes, status.reason)})

    def list_remote(
        self, since: datetime, until: datetime | None = None, *, room: str | None = None, deadline: float | None = None
    ) -> tuple[RemoteRecording, ...]:
        """The recordings at the vendor that were started in a span of time, whoever started them.

        Args:
            since: start of the span, with time zone.
            until: its end; now by default.
            room: only those of this room.
            deadline: seconds.

        Raises:
            InvalidSpec: the span is none, or longer or older than what the vendor lists; nothing was sent.
            UnsupportedOperation: the vendor can't list them; nothing was sent.
            RecorderError: every other class, by what the vendor answered.
        """
        self._refuse_closed("list_remote")
        until = until or datetime.fromtimestamp(self._clock.time(), UTC)
        with self._named("list_remote"), deadline_scope(self._limit(deadline)):
            refuse_span("list_remote", since, until)
            return tuple(self.provider.list_remote(since, until, room))

    def check_storage(
        self, storage: Storage, *, prefix: str | None = None, deadline: float | None = None
    ) -> StorageCheck:
        """Whether recordings could be stored: a small object is written where their files would go, and deleted.

        What is wrong is told by the result, each with its fix; it isn't raised. A kind of storage that can't be tried
        from here is `not_checked`, with the reason.

        Args:
            storage: as in a spec.
            prefix: the folder, as `output.prefix`.
            deadline: seconds; 30 at most.
        """
        self._refuse_closed("check_storage")
        with self._named("check_storage"), deadline_scope(self._limit(deadline)):
            expect("check_storage", StorageBase, storage)
            return self.provider.check_storage(storage, prefix)

    def doctor(self, spec: RecordingSpec | None = None) -> tuple[Check, ...]:
        """Look at the whole setup: hosts, clock, credentials, service, storage, callbacks. Less than a minute.

        Nothing is started or recorded. What is wrong is told, each with its fix; it isn't raised.

        Args:
            spec: whose storage and `callback_url` are looked at too.
        """
        from recorder_core.doctor import diagnose  # seldom needed, and not for free

        self._refuse_closed("doctor")
        with self._named("doctor"):
            if spec is not None:
                expect("doctor", RecordingSpec, spec)
            return tuple(diagnose(self.provider, spec))

    def recording_id(self, key: str) -> str:
        """The id of the recording that `start` with this key begins, at this provider and account. Nothing is sent.

        Raises:
            InvalidSpec: the key is empty.
        """
        if not key:
            raise InvalidSpec("key is empty", fault="caller", hint="Leave it out, or give a text of your own.")
        return uuid.uuid5(KEY_NAMESPACE, f"{self.provider.name}:{self.provider.account}:{key}").hex

    @contextmanager
    def run(self, spec: RecordingSpec, **start: Any) -> Iterator[Recording]:
        """Start a recording for the length of a `with` block and stop it at the end, whatever happens inside.

        Takes the keywords of `start`. A layout change inside needs no care: the first handle is enough to stop.
        """
        recording = self.start(spec, **start)
        try:
            yield recording
        finally:
            self.stop(recording)

    def _intent(
        self, spec: RecordingSpec, key: str | None, identity: str, apart_from: Sequence[Recording]
    ) -> StartIntent:
        return StartIntent(
            id=identity,
            key=key,
            provider=self.provider.name,
            account=self.provider.account,
            room=spec.room,
            created_at=datetime.fromtimestamp(self._clock.time(), UTC),
            apart_from=tuple(apart_from),
        )


def _conflict(
    entry: LedgerEntry, what: str, *, ends_by: str | None = None, retryable: bool = False
) -> RecordingConflict:
    """Why a start with a key isn't another one's turn yet."""
    return RecordingConflict(
        f"the recording of this key {what}; nothing was started",
        recording_id=entry.id,
        retryable=retryable,
        fault="caller",
        hint=f"It ends by itself: {ends_by}"
        if ends_by
        else "Start again in a moment, call recover() if its process has died, or take another key.",
        intent=entry.intent,
        recording=entry.recording,
    )


def _attach(error: BaseException, intent: StartIntent, recording: Recording | None) -> None:
    if not isinstance(error, RecordingConflict) or error.intent is None:  # that may be another start's
        error.intent, error.recording = intent, recording  # type: ignore[attr-defined]
    if isinstance(error, StartOutcomeUnknown) and not error.recording_id:
        error.recording_id = intent.id
