"""What a provider is given: its configuration, the recorder's runtime, and what handles and refusals are made with."""

from __future__ import annotations

import difflib
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError

from recorder_core.configuration import ProviderConfig, ProviderOptions
from recorder_core.errors import ConfigurationError, InvalidSpec, UnsupportedOperation
from recorder_core.models import (
    Canvas,
    Location,
    Recording,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    Recovery,
    RemoteRecording,
    StartIntent,
    Verdict,
)
from recorder_core.models.base import freeze
from recorder_core.models.loading import describe_errors
from recorder_core.models.recording import ids_of
from recorder_core.plan import Change, Plan
from recorder_core.tracebacks import forgetful
from recorder_core.transport import Runtime, Transport

__all__ = ["Toolbox"]

OptionsModel = TypeVar("OptionsModel", bound=ProviderOptions)

TOLD = ("started_at", "controllable_until", "base_url", "request_id")
"""What of a handle the vendor's answer to the start tells, beside its ids."""
ADOPTED_NAMESPACE = uuid.UUID("b1a0c2f4-3f0e-5c57-9d5e-7c1c0f7d3a52")


class Toolbox(ABC):
    """What every provider has and none needs to write.

    Args:
        config: credentials and addresses.
    """

    name: ClassVar[str]
    native_ids: ClassVar[tuple[str, ...]] = ()
    """The keys of `Recording.native` without which no operation is possible: a handle that lacks one is refused.
    Each is a text, but for `native_key` where there are `several_ids`."""
    native_key: ClassVar[str] = ""
    """The key of `Recording.native` by which the vendor tells one recording from all others; events have it too."""
    several_ids: ClassVar[bool] = False
    """Whether a handle may have several ids under `native_key`: of parts that the vendor keeps apart, or one that comes
    after the start. It is a text then, or a list of texts, of which the first is the start's for good."""

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config
        self._runtime: Runtime | None = None
        self._transport: Transport | None = None

    def open(self, runtime: Runtime) -> None:
        """Take the recorder's runtime. No request is sent."""
        self._runtime = runtime
        self._transport = self.connect(runtime)

    def connect(self, runtime: Runtime) -> Transport | None:
        """The connections to the vendor; None for a provider that brings its own."""
        return None

    def close(self) -> None:
        """Close connections. Recordings go on."""
        if self._transport is not None:
            self._transport.close()

    @property
    def runtime(self) -> Runtime:
        """Clock, time-outs and the observer of HTTP exchanges, as the recorder that opened this provider set them."""
        if self._runtime is None:
            raise self._not_opened()
        return self._runtime

    @property
    def transport(self) -> Transport:
        """What `connect` made."""
        if self._transport is None:
            raise self._not_opened()
        return self._transport

    def now(self) -> datetime:
        """This moment on the recorder's clock."""
        return datetime.fromtimestamp(self.runtime.clock.time(), UTC)

    def _not_opened(self) -> ConfigurationError:
        return ConfigurationError(
            "the provider was not opened",
            provider=self.name,
            hint="Give it to a Recorder, which opens it; without one a provider can only translate.",
        )

    @property
    @abstractmethod
    def account(self) -> str:
        """What tells this account from the vendor's others, such as the app id. No secret."""

    @abstractmethod
    def status(self, recording: Recording) -> RecordingStatus:
        """The state now, as `Provider` has it."""

    def draft(self, plan: Plan, intent: StartIntent) -> Recording:
        """The handle that a start by a plan will give, but for what the vendor tells. Pure.

        It is durable before the first byte leaves. A provider that knows more of the handle by then, such as names of
        its own in `native`, extends it: that need not be noted.
        """
        spec = plan.spec
        video = spec.video
        return Recording(
            id=intent.id,
            provider=self.name,
            account=self.account,
            room=spec.room,
            mode=spec.mode,
            media=spec.media,
            canvas=Canvas(width=video.width, height=video.height) if video.width and video.height else None,
            layout=spec.layout,
            participants=spec.participants,
            location=Location.from_storage(spec.storage, spec.output.prefix),
            started_at=intent.created_at,
        )

    def begun(
        self,
        plan: Plan,
        intent: StartIntent,
        *,
        started_at: datetime,
        native: Mapping[str, Any],
        controllable_until: datetime | None = None,
        base_url: str | None = None,
        request_id: str | None = None,
    ) -> Recording:
        """The handle of a recording that has just been started by a plan. What `revived` needs of it is noted.

        Called as soon as the vendor's answer is there: before that is durable, nothing may go wrong.

        Args:
            plan: what was sent; its resolved spec gives the neutral fields.
            intent: gives the id, and the draft.
            started_at: when the vendor accepted it.
            native: the vendor's own ids, and what a later call needs, beside what the draft has. No secret.
            controllable_until: until when the vendor answers for it.
            base_url: the host that keeps it, where only that host may be asked.
            request_id: the vendor's id of the request.
        """
        draft, native = intent.draft or self.draft(plan, intent), dict(native)  # it may be what was noted
        told = {
            "started_at": started_at.isoformat(),
            "controllable_until": controllable_until and controllable_until.isoformat(),
            "base_url": base_url,
            "request_id": request_id,
        }
        ids = {key: native[key] for key in _ids_of(self) if key in native}
        besides = {"native": {key: value for key, value in native.items() if key not in ids}}
        intent.note(**ids, **{key: value for key, value in {**told, **besides}.items() if value})
        return draft.model_copy(
            update={
                "started_at": started_at,
                "controllable_until": controllable_until,
                "base_url": base_url,
                "native": freeze({**draft.native, **native}),
                "request_id": request_id,
            }
        )

    def revived(self, intent: StartIntent, **ids: Any) -> Recording | None:
        """The handle that `start` would have given, of a recording whose ids are known though it was cut short. Pure.

        It is made of the intent's draft and of what was noted: by the names of `native_ids` and `native_key`, by
        `started_at` and `controllable_until` (moments in ISO 8601), `base_url` and `request_id`, and as `native`, which
        holds what else belongs there.

        Args:
            intent: the start, as far as it is known.
            ids: what is known besides what was noted, by the same names.

        Returns:
            None: one of these ids isn't known, or where there are none, no start; or the intent has no draft.
        """
        noted, keys = {**intent.noted, **ids}, _ids_of(self)
        if intent.draft is None or not (keys or "started_at" in noted):
            return None
        named = {key: noted[key] for key in keys if key in noted}
        native = {**intent.draft.native, **(noted.get("native") or {}), **named}
        if any(key not in native for key in keys):
            return None
        told = {key: noted[key] for key in TOLD if noted.get(key)}
        return Recording.model_validate({**intent.draft.model_dump(mode="json"), **told, "native": native})

    def adopted(self, remote: RemoteRecording, native: Mapping[str, Any], **known: Any) -> Recording:
        """The handle of a recording that nobody's start here began. Pure.

        Our id is made of the vendor's, so that it is the same whoever adopts it. What isn't known stays open: the
        handle says no more than the vendor does.

        Args:
            remote: the recording, as the vendor or its callback tells it.
            native: the vendor's own ids, and what a later call needs. No secret.
            known: fields of the handle that the vendor tells, such as `room`, `mode` or `started_at`; None counts as
                untold.

        Raises:
            TypeError: a handle has no such field.
        """
        if strangers := sorted(known.keys() - Recording.model_fields.keys()):
            near = difflib.get_close_matches(strangers[0], Recording.model_fields, n=1)
            raise TypeError(
                f"a handle has no field {strangers[0]!r}" + (f"; did you mean {near[0]!r}?" if near else "")
            )
        (vendor_id, *_) = ids_of(native.get(self.native_key)) or ("",)
        told = {
            "room": remote.room or "",
            "started_at": remote.started_at or self.now(),
            "base_url": remote.base_url,
            **{name: value for name, value in known.items() if value is not None},
        }
        return Recording(
            id=uuid.uuid5(ADOPTED_NAMESPACE, f"{self.name}:{self.account}:{vendor_id}").hex,
            provider=self.name,
            account=self.account,
            native=freeze(native),
            **told,
        )

    def kept_elsewhere(self, operation: str, recording: Recording) -> UnsupportedOperation:
        """The refusal of an operation on files that the vendor doesn't keep, with who can do it instead."""
        where = recording.location
        is_own = where is None or where.bucket is not None or where.kind == "account"
        return UnsupportedOperation(
            f"{self.name} has no {operation} for files" + (f" in {where.kind}" if where else ""),
            provider=self.name,
            operation=operation,
            recording_id=recording.id,
            fault="caller",
            hint="Nothing was sent. "
            + (
                "A storage of your own signs and deletes by its own client: a file's `key` is its name there."
                if is_own
                else "Look for them in the vendor's console."
            ),
        )

    def found(self, recording: Recording, intent: StartIntent, reason: str) -> Recovery:
        """What became of a start whose recording the vendor has named just now, by a look at it.

        Args:
            recording: its handle, as `revived` makes it.
            intent: the start.
            reason: by what it was found, in plain words.
        """
        status = self.status(recording)
        if status.state is RecordingState.GONE:  # the vendor contradicts itself
            return Recovery(intent=intent, verdict=Verdict.UNCLEAR, reason=f"{reason}, and doesn't know it")
        return Recovery.seen(intent, recording, status, reason)

    def options(self, spec: RecordingSpec, model: type[OptionsModel]) -> OptionsModel:
        """The spec's options for this provider, validated by its model.

        Raises:
            InvalidSpec: an option is unknown or wrong.
        """
        return self.options_of(spec.options_for(self.name), model)

    @forgetful
    def options_of(self, given: Mapping[str, Any], model: type[OptionsModel]) -> OptionsModel:
        """Options of this provider, validated by its model.

        Raises:
            InvalidSpec: an option is unknown or wrong.
        """
        try:
            return model.model_validate(given)
        except ValidationError as error:
            problems = describe_errors(error, model, under=f"options.{self.name}")
        raise InvalidSpec("\n".join(problems), problems=problems, provider=self.name, fault="caller")

    def accepted(self, recording: Recording, change: Change) -> dict[str, Any]:
        """The body of a change that loses nothing; what is approximated is logged.

        Raises:
            UnsupportedFeature: something would be lost.
        """
        plan = Plan(self.name, (), change.findings)
        plan.lost()
        plan.report(recording.id)
        return change.body or {}

    def _unsupported(self, operation: str, recording: Recording | None = None) -> UnsupportedOperation:
        return UnsupportedOperation(
            f"{self.name} has no {operation}" + (f" for {recording.mode} recordings" if recording else ""),
            provider=self.name,
            operation=operation,
            recording_id=recording.id if recording else None,
            hint="Nothing was sent." + (" The recording goes on as it is." if recording else ""),
        )


def _ids_of(provider: Toolbox) -> tuple[str, ...]:
    """The keys of `Recording.native` by which the vendor knows a recording."""
    return tuple(dict.fromkeys(filter(None, (*provider.native_ids, provider.native_key))))
