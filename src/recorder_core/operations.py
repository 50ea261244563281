"""What every operation of a recorder has in common: whose turn it is, how long it may take, who is told of it."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self
from weakref import WeakSet

from pydantic import SecretStr, ValidationError

from recorder_core.budget import open_budget
from recorder_core.clock import Clock, Deadline, SystemClock, deadline_scope
from recorder_core.errors import ConfigurationError, RecorderError, RecordingEnded
from recorder_core.forking import Guarded
from recorder_core.hooks import HttpExchange, Interception
from recorder_core.known import Known
from recorder_core.listening import Listeners
from recorder_core.locks import Locks
from recorder_core.models import EventKind, EventSource, Recording, RecordingEvent, RecordingSpec, RecordingStatus
from recorder_core.models.base import FrozenMapping
from recorder_core.plugins import check_provider, load_hooks, load_provider
from recorder_core.provider import Provider
from recorder_core.refusals import called, misshapen, seconds
from recorder_core.tracebacks import forget_locals, forgetful
from recorder_core.transport import Runtime

if TYPE_CHECKING:
    from recorder_core.ledger import Ledger

__all__ = ["DEADLINE_S", "Operations", "provider_from_env"]

DEADLINE_S = 60.0
TIMEOUT_S = (5.0, 30.0)


class Operations(Guarded):
    """One provider that is open, and what every operation at it has in common. Thread-safe.

    Takes what `Recorder` takes.
    """

    @forgetful
    def __init__(
        self,
        provider: str | Provider,
        /,
        *,
        on_unsupported: Literal["raise", "warn"] = "raise",
        ledger: str | SecretStr | None = None,
        budget: str | SecretStr | None = None,
        hooks: Sequence[object] | None = None,
        deadline: float = DEADLINE_S,
        timeout: float | tuple[float, float] = TIMEOUT_S,
        clock: Clock | None = None,
        **config: Any,
    ) -> None:
        super().__init__()
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
        self._told: WeakSet[RecorderError] = WeakSet()
        self._closed = False
        self._locks = Locks()
        self._ledger = None if ledger is None else _ledger(ledger, provider, self._clock)
        self._known = _known(provider.native_key, self._ledger)
        self._listeners = Listeners()
        self._budget = open_budget(
            budget,
            provider.limits,
            self._clock,
            provider.config.calls_per_second,
            provider=provider.name,
            account=provider.account,
        )
        connect, read = timeout if isinstance(timeout, tuple) and len(timeout) == 2 else (timeout, timeout)
        provider.open(
            Runtime(
                clock=self._clock,
                timeout=(seconds("timeout", connect), seconds("timeout", read)),
                admit=self._budget.admit,
                observe=self._observe if self._hooks.observes("recorder_http") else None,
                is_known=self._known.knows,
            )
        )

    @classmethod
    @forgetful
    def from_env(cls, name: str, /, **overrides: Any) -> Self:
        """A recorder whose provider's configuration is read from the environment; `overrides` win.

        Raises:
            ProviderNotFound: no such provider.
            ConfigurationError: a variable is missing or wrong; the message names it.
        """
        return cls(provider_from_env(name, overrides), **overrides)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections. No recording is stopped.

        A closed recorder refuses whatever asks the vendor, and callbacks, of which nobody would be told. `plan` and
        `recording_id` send nothing, and go on working.
        """
        self._closed = True
        self.provider.close()
        self._budget.close()
        if self._ledger is not None:
            self._ledger.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.provider.name!r}, account={self.provider.account!r})"

    def _refuse_ended(self, recording: Recording) -> None:
        outcome = self._known.outcome(recording)
        if outcome is not None:
            raise RecordingEnded(
                f"the recording is {outcome.state}; nothing was sent",
                request_id=outcome.request_id,
                fault="caller",
                hint="It can be changed only while it runs.",
            )

    def _refuse_closed(self, operation: str) -> None:
        if self._closed:
            raise ConfigurationError("the recorder is closed", provider=self.provider.name, operation=operation)

    def _limit(self, deadline: float | None) -> Deadline:
        return Deadline(self._clock, self._deadline if deadline is None else seconds("deadline", deadline))

    @property
    def ledger(self) -> Ledger:
        """What was written down of all recordings of this account.

        Raises:
            ConfigurationError: this recorder was given none.
        """
        if self._ledger is None:
            raise ConfigurationError(
                "this recorder has no ledger",
                provider=self.provider.name,
                fault="caller",
                hint='Give it one, such as Recorder(..., ledger="sqlite:///recordings.db").',
            )
        return self._ledger

    @contextmanager
    def _named(self, operation: str, recording_id: str | None = None) -> Iterator[None]:
        """Errors say where they come from, and leave behind what stands in the frames of provider and transport."""
        outer, refusal = sys.exception(), None
        try:
            try:
                yield
            except ValidationError as error:
                refusal = misshapen(error, may_run=operation == "start" and recording_id is not None)
            if refusal is not None:
                raise refusal
        except BaseException as error:
            if error is refusal:
                error.__context__ = outer  # not pydantic's, which keeps what was validated
            if isinstance(error, RecorderError):
                error.provider = error.provider or self.provider.name
                error.operation = error.operation or operation
                error.recording_id = error.recording_id or recording_id
            forget_locals(error, outer)
            if isinstance(error, RecorderError):
                self._tell_failed(operation, error)
            raise

    @contextmanager
    def _operation(self, operation: str, recording_id: str, limit: Deadline) -> Iterator[Deadline]:
        """One operation at a time on one recording, under one deadline, for which the wait for the turn counts too."""
        self._refuse_closed(operation)
        with (
            self._named(operation, recording_id),
            deadline_scope(limit) as held,
            self._locks.of(recording_id, held),
        ):
            yield held

    def _whole(self, recording: Recording) -> Recording:
        """The handle with all ids of the vendor's that came since it was given out."""
        return self._known.newest(recording) if self.provider.several_ids else recording

    def _learn(self, recording: Recording, status: RecordingStatus) -> RecordingStatus:
        """Know what was seen of a recording, and the ids that came with it; returns it with what was seen before."""
        if status.native:
            key, several = self.provider.native_key, self.provider.several_ids
            native = {name: value for name, value in status.native.items() if several or name != key}
            recording = self._known.teach(recording, native)
        return self._known.learn(recording, status)

    def _event(self, recording: Recording, kind: EventKind, source: EventSource, **fields: Any) -> RecordingEvent:
        """An event of this moment that no callback told."""
        key = self.provider.native_key
        return RecordingEvent(
            kind=kind,
            provider=self.provider.name,
            recording_id=recording.id,
            room=recording.room,
            native=FrozenMapping({key: recording.native[key]} if key in recording.native else {}),
            source=source,
            occurred_at=datetime.fromtimestamp(self._clock.time(), UTC),
            dedup_key=f"{source}:{uuid.uuid4().hex}",
            **fields,
        )

    def _as_hooks_leave_it(self, spec: RecordingSpec, operation: str) -> RecordingSpec:
        """What is to be recorded, as the before-start hooks leave it.

        Raises:
            Vetoed: a hook refused.
        """
        return self._hooks.before_start(
            spec, operation=operation, provider=self.provider.name, account=self.provider.account
        )

    def _tell_failed(self, operation: str, error: RecorderError) -> None:
        """Tell that an operation failed, once: the error may pass through another one on its way to the caller."""
        with self._guard:
            if error in self._told:
                return
            self._told.add(error)
        self._hooks.notify("recorder_failed", operation=operation, error=error)

    def _observe(self, exchange: HttpExchange) -> None:
        self._hooks.notify("recorder_http", exchange=exchange)


def _ledger(url: str | SecretStr, provider: Provider, clock: Clock) -> Ledger:
    from recorder_core.ledger import open_ledger  # only who asks for a ledger needs a database's library

    return open_ledger(
        url, provider=provider.name, account=provider.account, native_key=provider.native_key, clock=clock
    )


def _known(native_key: str, ledger: Ledger | None) -> Known:
    if ledger is None:
        return Known(native_key)
    from recorder_core.ledger import LedgerKnown

    return LedgerKnown(native_key, ledger)


@forgetful
def provider_from_env(name: str, overrides: dict[str, Any]) -> Provider:
    """A provider whose configuration is read from the environment; what is its own is taken out of the overrides.

    Raises:
        ProviderNotFound: no such provider.
        ConfigurationError: a variable is missing or wrong; the message names it.
    """
    found = load_provider(name)
    config = {key: overrides.pop(key) for key in found.Config.model_fields.keys() & overrides.keys()}
    return found(found.Config.from_env(**config))
