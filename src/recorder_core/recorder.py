"""The face of the library: one `Recorder` per account, whichever vendor runs it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal, Self

from recorder_core.clock import Clock, Deadline, SystemClock, deadline_scope
from recorder_core.errors import (
    ConfigurationError,
    DeadlineExceeded,
    InvalidSpec,
    RecorderError,
    RecordingEnded,
    ServiceUnavailable,
    StartOutcomeUnknown,
)
from recorder_core.following import wait_until
from recorder_core.hooks import HttpExchange, Interception
from recorder_core.models import (
    Layout,
    Media,
    Recording,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    StartIntent,
)
from recorder_core.models.layout import LayoutBase
from recorder_core.plan import Plan
from recorder_core.plugins import check_provider, load_hooks, load_provider
from recorder_core.provider import Provider
from recorder_core.refusals import called, expect, refuse_foreign_handle, refuse_unknown_options, seconds
from recorder_core.transport import Runtime
from recorder_core.turns import Outcomes, Turns

__all__ = ["Recorder"]

logger = logging.getLogger("recorder_core")

DEADLINE_S = 60.0
WAIT_S = 120.0
TIMEOUT_S = (5.0, 30.0)
PLANNED_ID = uuid.UUID(int=0).hex
"""The recording id in plans, so that the plan of a spec is the same every time."""
KEY_NAMESPACE = uuid.UUID("6f1c6a52-8d0e-5b43-9a3f-2f6f6b1d7c11")


class Recorder:
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

    def __init__(
        self,
        provider: str | Provider,
        /,
        *,
        on_unsupported: Literal["raise", "warn"] = "raise",
        hooks: Sequence[object] | None = None,
        deadline: float = DEADLINE_S,
        timeout: float | tuple[float, float] = TIMEOUT_S,
        clock: Clock | None = None,
        **config: Any,
    ) -> None:
        if on_unsupported not in ("raise", "warn"):
            raise ConfigurationError(
                f"on_unsupported is {on_unsupported!r}; it may be 'raise' or 'warn'", fault="caller"
            )
        if not isinstance(provider, str | Provider):
            raise ConfigurationError(
                f"Recorder takes the name of a provider or a Provider, not {called(provider)}", fault="caller"
            )
        if isinstance(provider, str):
            found = load_provider(provider)
            provider = found(found.Config.checked(config))
        elif config:
            raise ConfigurationError(
                f"{', '.join(sorted(config))}: a Provider that is given whole has its configuration already",
                fault="caller",
            )
        else:
            check_provider(type(provider), None, f"the provider {provider!r}")
        self.provider: Provider = provider
        self._warn = on_unsupported == "warn"
        self._deadline = seconds("deadline", deadline)
        self._clock = clock or SystemClock()
        self._hooks = Interception(load_hooks() if hooks is None else hooks)
        self._closed = False
        self._turns = Turns()
        self._outcomes = Outcomes()
        connect, read = timeout if isinstance(timeout, tuple) and len(timeout) == 2 else (timeout, timeout)
        provider.open(
            Runtime(
                clock=self._clock,
                timeout=(seconds("timeout", connect), seconds("timeout", read)),
                observe=self._observe if self._hooks.observes("recorder_http") else None,
            )
        )

    @classmethod
    def from_env(cls, name: str, /, **overrides: Any) -> Self:
        """A recorder whose provider's configuration is read from the environment; `overrides` win.

        Raises:
            ProviderNotFound: no such provider.
            ConfigurationError: a variable is missing or wrong; the message names it.
        """
        found = load_provider(name)
        config = {key: overrides.pop(key) for key in found.Config.model_fields.keys() & overrides.keys()}
        return cls(found(found.Config.from_env(**config)), **overrides)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections. No recording is stopped. A closed recorder refuses every operation."""
        self._closed = True
        self.provider.close()

    def __repr__(self) -> str:
        return f"Recorder({self.provider.name!r}, account={self.provider.account!r})"

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
        limit = self._limit(self._deadline + WAIT_S if confirm and deadline is None else deadline)
        with self._named("start"):
            expect("start", RecordingSpec, spec)
            spec = self._hooks.before_start(spec)
            identity = uuid.uuid4().hex if key is None else self.recording_id(key)
            intent = self._intent(spec, key, identity, apart_from)
            plan = self._translate(spec, intent)
            dropped = plan.lost(warn=self._warn)
        self._report(plan, intent)
        recording: Recording | None = None
        try:
            with self._operation("start", intent.id, limit):
                recording = self.provider.start(plan, intent)
                self._outcomes.forget(recording)
            if dropped:
                recording = recording.model_copy(update={"dropped": dropped})
            self._hooks.notify("recorder_started", recording=recording)
            if confirm:
                self._wait(recording, RecordingState.RECORDING, limit)
        except BaseException as error:
            _attach(error, intent, recording)
            raise
        return recording

    def status(self, recording: Recording, *, deadline: float | None = None) -> RecordingStatus:
        """The state now, and the files known so far.

        Raises:
            ConfigurationError: the recording belongs to another provider or account.
            RecorderError: the vendor couldn't be asked. "Not found" is a state, never an error.
        """
        refuse_foreign_handle(self.provider, recording)
        with self._operation("status", recording.id, self._limit(deadline)):
            status = self._outcomes.of(recording) or self._outcomes.learn(recording, self._look(recording))
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

    def _wait(self, recording: Recording, until: RecordingState, limit: Deadline) -> RecordingStatus:
        with deadline_scope(limit):
            return wait_until(self.provider, recording, until, limit, self.status)

    def layout(self, recording: Recording, layout: Layout, *, deadline: float | None = None) -> Recording:
        """Change the layout of a running recording.

        What the layout leaves out (background, placeholders) stays as it is.

        Returns:
            The handle with the new layout; keep it in place of the old one.

        Raises:
            InvalidSpec: the recording has no pictures; nothing was sent.
            UnsupportedFeature: the vendor can't do what the layout demands; nothing was sent.
            UnsupportedOperation: the vendor can't change layouts; nothing was sent.
            RecordingEnded: too late.
            RecorderError: every other class, by what the vendor answered.
        """
        refuse_foreign_handle(self.provider, recording)
        with self._named("layout", recording.id):
            expect("layout", LayoutBase, layout)
            self._refuse_ended(recording)
            if recording.media == Media.AUDIO:
                problem = "layout: the recording has no pictures: its media is audio"
                raise InvalidSpec(problem, problems=[problem], fault="caller")
            whole = layout.over(recording.layout) if recording.layout else layout
            plan = self.provider.translate_layout(recording, whole)
            dropped = plan.lost(warn=self._warn)
            before = recording.layout
            if isinstance(before, LayoutBase) and any(path.startswith("layout.background") for path in dropped):
                whole = whole.model_copy(update={"background": before.background})
        self._report(plan, recording)
        with self._operation("layout", recording.id, self._limit(deadline)):
            changed = self.provider.layout(recording, whole, plan)
        changed = changed.model_copy(
            update={
                "layout": whole,
                "revision": recording.revision + 1,
                "dropped": tuple(dict.fromkeys((*recording.dropped, *dropped))),
            }
        )
        self._hooks.notify("recorder_layout_changed", recording=changed)
        return changed

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
            status = self._outcomes.of(recording) or self._outcomes.learn(
                recording, self.provider.stop(recording, wait=wait, deadline=limit.remaining())
            )
        self._hooks.notify("recorder_stopped", recording=recording, status=status)
        return status

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

    def _report(self, plan: Plan, what: StartIntent | Recording) -> None:
        for finding in plan.findings:
            logger.warning("%s, recording %s: %s", self.provider.name, what.id, finding)

    def _refuse_ended(self, recording: Recording) -> None:
        outcome = self._outcomes.of(recording)
        if outcome is not None:
            raise RecordingEnded(
                f"the recording is {outcome.state}; nothing was sent",
                request_id=outcome.request_id,
                fault="caller",
                hint="A layout can change only while it records.",
            )

    def _limit(self, deadline: float | None) -> Deadline:
        return Deadline(self._clock, self._deadline if deadline is None else seconds("deadline", deadline))

    @contextmanager
    def _named(self, operation: str, recording_id: str | None = None) -> Iterator[None]:
        """Errors say where they come from."""
        try:
            yield
        except RecorderError as error:
            error.provider = error.provider or self.provider.name
            error.operation = error.operation or operation
            error.recording_id = error.recording_id or recording_id
            raise

    @contextmanager
    def _operation(self, operation: str, recording_id: str, limit: Deadline) -> Iterator[Deadline]:
        """One operation at a time on one recording, under one deadline, for which the wait for the turn counts too."""
        if self._closed:
            raise ConfigurationError("the recorder is closed", provider=self.provider.name, operation=operation)
        with (
            self._named(operation, recording_id),
            deadline_scope(limit) as held,
            self._turns.of(recording_id, held),
        ):
            yield held

    def _observe(self, exchange: HttpExchange) -> None:
        self._hooks.notify("recorder_http", exchange=exchange)


def _attach(error: BaseException, intent: StartIntent, recording: Recording | None) -> None:
    error.intent, error.recording = intent, recording  # type: ignore[attr-defined]
    if isinstance(error, StartOutcomeUnknown) and not error.recording_id:
        error.recording_id = intent.id
