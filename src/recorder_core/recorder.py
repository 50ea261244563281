"""The face of the library: one `Recorder` per account, whichever vendor runs it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from recorder_core.callbacks import Callbacks
from recorder_core.changes import Changes
from recorder_core.checks import Check, StorageCheck
from recorder_core.clock import Deadline, SystemClock, deadline_scope
from recorder_core.doctor import diagnose
from recorder_core.errors import (
    ConfigurationError,
    DeadlineExceeded,
    InvalidSpec,
    ServiceUnavailable,
    StartOutcomeUnknown,
)
from recorder_core.following.fleet import Fleet, Watch, follow
from recorder_core.following.waiting import wait_until
from recorder_core.models import (
    Ending,
    EventKind,
    EventSource,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    RemoteRecording,
    StartIntent,
    Storage,
)
from recorder_core.models.storage import StorageBase
from recorder_core.operations import DEADLINE_S
from recorder_core.plan import Plan
from recorder_core.refusals import expect, refuse_foreign_handle, refuse_unknown_options, seconds

__all__ = ["Recorder"]

WAIT_S = 120.0
CONFIRM_S = 6.0
"""Seconds in which a callback is confirmed; vendors wait about ten for the answer to it."""
MOST_WORKERS = 64
"""As many connections are kept."""
NOT_STOPPED = (RecordingState.GONE, RecordingState.UNREACHABLE)
"""States after a stop that say that it had ended before, or that nothing is known of it."""
PLANNED_ID = uuid.UUID(int=0).hex
"""The recording id in plans, so that the plan of a spec is the same every time."""
KEY_NAMESPACE = uuid.UUID("6f1c6a52-8d0e-5b43-9a3f-2f6f6b1d7c11")


logger = logging.getLogger("recorder_core")


class Recorder(Changes):
    """Records rooms through one provider and one account. Thread-safe.

    Args:
        provider: the name of an installed provider, or a `Provider`.
        on_unsupported: `raise` refuses a spec that would lose something; `warn` drops what may be dropped, logs it and
            lists it in `Recording.dropped`.
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
            spec = self._hooks.before_start(spec)
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
                never starts a second one.
            apart_from: recordings whose servers this one must not share, where the vendor can do that.
            confirm: return only when it truly records, as `wait` does.
            deadline: seconds for everything; with `confirm` 120 more than otherwise, if none is given.

        Returns:
            The handle: all that another process needs to control the recording. Keep it.

        Raises:
            UnsupportedFeature: the vendor can't do what the spec demands; nothing was sent.
            InvalidSpec: the spec contradicts itself; nothing was sent.
            Vetoed: a hook refused; nothing was sent.
            RecordingConflict: a recording with this identity runs already.
            StartOutcomeUnknown: it may run. Keep the error's `intent`.
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
        """Start a recording; returns when the vendor has accepted it."""
        with self._named("start"):
            expect("start", RecordingSpec, spec)
            for other in apart_from:
                expect("apart_from", Recording, other)
            spec = self._hooks.before_start(spec)
            identity = uuid.uuid4().hex if key is None else self.recording_id(key)
            intent = self._intent(spec, key, identity, apart_from)
            plan = self._translate(spec, intent)
            dropped = plan.lost(warn=self._warn)
        plan.report(intent.id)
        try:
            with self._operation("start", intent.id, limit):
                recording = self.provider.start(plan, intent)
                self._known.forget(recording)
        except BaseException as error:
            _attach(error, intent, None)
            raise
        if dropped:
            recording = recording.model_copy(update={"dropped": dropped})
        self._hooks.notify("recorder_started", recording=recording)
        return recording, intent

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

    def status(self, recording: Recording, *, deadline: float | None = None) -> RecordingStatus:
        """The state now, and the files known so far.

        Raises:
            ConfigurationError: the recording belongs to another provider or account.
            RecorderError: the vendor couldn't be asked. "Not found" is a state, never an error.
        """
        refuse_foreign_handle(self.provider, recording)
        with self._operation("status", recording.id, self._limit(deadline)):
            status = self._known.outcome(recording) or self._known.learn(recording, self._look(recording))
            self._tell(recording, status)
        self._hooks.notify("recorder_status", recording=recording, status=status)
        return status

    def _look(self, recording: Recording) -> RecordingStatus:
        """The provider's status; a vendor that can't be asked says nothing about the recording."""
        try:
            return self.provider.status(recording)
        except (ServiceUnavailable, DeadlineExceeded) as error:
            if not error.retryable or (isinstance(error, DeadlineExceeded) and (error.http_status or 0) < 500):
                raise
            return RecordingStatus(
                state=RecordingState.UNREACHABLE,
                started_at=recording.started_at,
                reason=f"{error.message}; the recording itself is not affected",
                request_id=error.request_id,
            )

    def wait(
        self,
        recording: Recording,
        *,
        until: RecordingState = RecordingState.RECORDING,
        timeout: float | None = None,
    ) -> RecordingStatus:
        """Wait until the recording has come as far as `until`, looking at the pace that the vendor advises.

        Args:
            recording: the handle.
            until: `recording`: it truly records; `completed`: it has ended and its files are settled.
            timeout: seconds; 120 by default.

        Raises:
            RecordingFailed: it died; `causes` lists what may have killed it, the likeliest first.
            RecordingEnded: it ended before it recorded anything.
            DeadlineExceeded: it didn't come that far in time.
        """
        refuse_foreign_handle(self.provider, recording)
        limit = Deadline(self._clock, WAIT_S if timeout is None else seconds("timeout", timeout))
        return self._wait(recording, RecordingState(until), limit)

    def wait_for_files(self, recording: Recording, *, timeout: float | None = None) -> RecordingStatus:
        """Wait until the recording has ended and its files are settled; what became of it.

        "Nothing was recorded" is an outcome without files, not an error. A file is `uploaded`, in the vendor's `backup`
        (fetch it before `available_until`), `lost`, or `unknown` where the vendor doesn't tell.

        Args:
            recording: the handle; stop the recording first, or wait for its own end.
            timeout: seconds; 120 by default.

        Raises:
            RecordingFailed: it died; `causes` lists what may have killed it.
            DeadlineExceeded: it hasn't ended, or its files aren't settled yet.
        """
        return self.wait(recording, until=RecordingState.COMPLETED, timeout=timeout)

    def _wait(self, recording: Recording, until: RecordingState, limit: Deadline) -> RecordingStatus:
        self._known.remember(recording)
        with deadline_scope(limit), self._listeners.hearing(recording.id) as heard:
            return wait_until(self.provider, recording, until, limit, self.status, heard)

    def stop(self, recording: Recording, *, wait: bool = True, deadline: float | None = DEADLINE_S) -> RecordingStatus:
        """Stop a recording.

        Stopping what has ended is no error: what is known of it is returned.

        Args:
            recording: the handle.
            wait: return when the files are settled, or at the deadline with what is known by then.
            deadline: seconds.

        Raises:
            RecorderError: the vendor couldn't be asked to stop. The recording may still run.
        """
        refuse_foreign_handle(self.provider, recording)
        with self._operation("stop", recording.id, self._limit(deadline)) as limit:
            status = self._known.outcome(recording) or self._stop(recording, wait=wait, limit=limit)
            self._tell(recording, status)
        self._hooks.notify("recorder_stopped", recording=recording, status=status)
        return status

    def _stop(self, recording: Recording, *, wait: bool, limit: Deadline) -> RecordingStatus:
        stopped = self.provider.stop(recording, wait=wait, deadline=limit.remaining())
        status = self._known.learn(recording, stopped)
        if status.state not in NOT_STOPPED and status.ending in (None, Ending.STOPPED):
            done = {"state": RecordingState.STOPPING, "ending": Ending.STOPPED}
            self._listeners.tell(self._event(recording, EventKind.STOPPED, EventSource.OPERATION, **done))
        return status

    def _tell(self, recording: Recording, status: RecordingStatus) -> None:
        """Tell whoever follows the recording what a look has shown."""
        told = {name: getattr(status, name) for name in ("state", "files", "reason", "fault", "ending", "raw")}
        self._listeners.tell_look(
            recording.id, lambda: self._event(recording, EventKind.STATUS, EventSource.LOOK, **told)
        )

    def follow(self, recording: Recording, *, timeout: float | None = None) -> Iterator[RecordingEvent]:
        """What happens to the recording, event by event, to its end.

        Callbacks that `recorder.events` receives, what this recorder does to the recording, and what looks at the
        status find are one list: in order, each told once. Looks come at the pace that the vendor advises, and less
        often while callbacks come. They are made by the calling thread, whenever it asks for the next event. The last
        event carries the whole outcome: state, all files, reason, fault and ending; that it failed is no error.

        After a move to another server of the vendor, what was changed since the start is sent again, a pause or its end
        too; a failure of that is an event of kind `warning`.

        Args:
            recording: the handle. It is followed from the first step of the iteration on.
            timeout: seconds; None: to the end, however long it takes.

        Raises:
            ConfigurationError: the recording belongs to another provider or account.
            DeadlineExceeded: it hasn't ended within the timeout.
            RecorderError: the vendor can't be asked, and no repeat would mend that, such as `AuthenticationError`.
        """
        self._refuse_closed("follow")
        refuse_foreign_handle(self.provider, recording)
        limit = Deadline(self._clock, None if timeout is None else seconds("timeout", timeout))
        return follow(self._watch, recording, limit)

    def fleet(self, recordings: Iterable[Recording] = (), *, workers: int = 8) -> Fleet:
        """Follow many recordings at once, with few threads: a context manager whose events are iterated.

        Args:
            recordings: the handles; `fleet.add` takes more.
            workers: threads that look, 0 to 64. With 0 the thread that iterates looks itself: the order of things is
                then the same every time, which a test with a clock of its own wants.

        Raises:
            ConfigurationError: one belongs to another provider or account, or there are too many workers.
        """
        self._refuse_closed("fleet")
        if not isinstance(workers, int) or isinstance(workers, bool) or not 0 <= workers <= MOST_WORKERS:
            raise ConfigurationError(
                f"workers is {workers!r}; it must be a whole number from 0 to {MOST_WORKERS}", fault="caller"
            )
        fleet = Fleet(self._watch, workers=workers)
        try:
            fleet.add(*recordings)
        except BaseException:
            fleet.close()
            raise
        return fleet

    @cached_property
    def _watch(self) -> Watch:
        return Watch(
            provider=self.provider,
            clock=self._clock,
            known=self._known,
            listeners=self._listeners,
            check=lambda recording: refuse_foreign_handle(self.provider, recording),
            look=self.status,
            restore=self._restore,
            event=self._event,
            notify=lambda event: self._hooks.notify("recorder_event", event=event),
        )

    def _restore(self, recording: Recording, state: RecordingState | None) -> bool:
        with self._operation("restore", recording.id, self._limit(None)):
            return self.provider.restore(recording, state)

    @cached_property
    def events(self) -> Callbacks:
        """The vendor's callbacks: `recorder.events.receive(request)` verifies one and tells everybody who waits."""
        return Callbacks(self.provider, self._clock, self._hooks, self._known, self._listeners, self._look_between)

    def _look_between(self, recording: Recording, patience: float) -> RecordingStatus:
        """The status, unless another operation on the recording goes on for more than so many real seconds."""
        with self._turns.of(recording.id, Deadline(SystemClock(), patience)):
            return self.status(recording, deadline=CONFIRM_S)

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
            for moment in (since, until):
                expect("list_remote", datetime, moment)
            if since.tzinfo is None or until.tzinfo is None or since >= until:
                raise InvalidSpec("since and until need a time zone, and since is the earlier one", fault="caller")
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

    def _translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        refuse_unknown_options(self.provider, spec)
        return self.provider.translate(spec, intent)

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


def _attach(error: BaseException, intent: StartIntent, recording: Recording | None) -> None:
    error.intent, error.recording = intent, recording  # type: ignore[attr-defined]
    if isinstance(error, StartOutcomeUnknown) and not error.recording_id:
        error.recording_id = intent.id
