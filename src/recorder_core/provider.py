"""The contract between the library and whoever speaks to a vendor.

A provider is a class with a `name`, a `Config` model, an `Options` model and an integer `plugin_api`, installed as an
entry point in the group `recorder_core.providers`. `translate`, `start`, `status` and `stop` are abstract; what else
a vendor offers is advertised by overriding it.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from recorder_core.errors import ConfigurationError, InvalidSpec, UnsupportedOperation
from recorder_core.models import (
    Canvas,
    Layout,
    Location,
    Recording,
    RecordingSpec,
    RecordingStatus,
    StartIntent,
)
from recorder_core.models.loading import describe_errors
from recorder_core.plan import Plan
from recorder_core.transport import Runtime, Transport

__all__ = ["PLUGIN_API", "Provider", "ProviderConfig", "ProviderOptions"]

PLUGIN_API = 1
"""The version of this contract that this release speaks."""


class ProviderConfig(BaseModel):
    """The base of every provider's `Config`: credentials and addresses.

    A required field gives an example (`Field(examples=[...])`): it stands in where a plan is made without credentials.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    env_prefix: ClassVar[str] = ""
    """Environment variables are this prefix and the field's name in capitals."""

    base_urls: tuple[str, ...] = ()
    """Hosts to use in place of the vendor's, in failover order, each with its scheme."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Self:
        """Read the fields that are set in the environment; `overrides` win. Lists are comma-separated.

        Raises:
            ConfigurationError: a field is missing or wrong; the message names its variable.
        """
        environ = os.environ if environ is None else environ
        found: dict[str, Any] = {}
        for name, info in cls.model_fields.items():
            text = environ.get(cls.env_name(name))
            if text:
                is_list = "tuple" in str(info.annotation)
                found[name] = tuple(part.strip() for part in text.split(",") if part.strip()) if is_list else text
        return cls.checked({**found, **overrides})

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """Validate, with an error of ours that shows no value.

        Raises:
            ConfigurationError: a field is missing, unknown or wrong.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = describe_errors(error, cls)
        missing = [cls.env_name(name) for name, info in cls.model_fields.items() if info.is_required()]
        raise ConfigurationError(
            "the configuration is wrong: " + "; ".join(problems),
            fault="caller",
            hint=f"Give it as keywords, or set {', '.join(missing)} and use Recorder.from_env." if missing else None,
        )

    @classmethod
    def placeholder(cls, **given: Any) -> Self:
        """A configuration whose missing required fields hold their examples: enough to plan, not to connect."""
        examples = {
            name: (info.examples or [None])[0]
            for name, info in cls.model_fields.items()
            if info.is_required() and name not in given
        }
        return cls.checked({**examples, **given})

    @classmethod
    def env_name(cls, field: str) -> str:
        """The environment variable of a field."""
        return f"{cls.env_prefix}{field}".upper()


class ProviderOptions(BaseModel):
    """The base of every provider's `Options`: what only this vendor has. None everywhere means no demand."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


OptionsModel = TypeVar("OptionsModel", bound=ProviderOptions)


class Provider(ABC):
    """One vendor.

    Args:
        config: credentials and addresses.
    """

    name: ClassVar[str]
    """The name by which applications ask for it: that of its entry point."""
    plugin_api: ClassVar[int]
    """The version of this contract that the provider was written for."""
    Config: ClassVar[type[ProviderConfig]]
    Options: ClassVar[type[ProviderOptions]] = ProviderOptions
    native_ids: ClassVar[tuple[str, ...]] = ()
    """The keys of `Recording.native` without which no operation is possible: a handle that lacks one is refused."""
    poll_delays: ClassVar[tuple[float, ...]] = (5.0, 5.0, 10.0, 15.0)
    """Seconds before each look at a young recording, as the vendor advises; the last one repeats."""

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
    def translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        """The requests and findings of a spec. Pure: no network, no clock, no state.

        Raises:
            InvalidSpec: the provider's options are wrong.
        """

    @abstractmethod
    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        """Send a plan without unsupported findings. Each vendor id goes to `intent.note` as soon as it is known."""

    @abstractmethod
    def status(self, recording: Recording) -> RecordingStatus:
        """The state now. A vendor's "not found" is a state, never an error."""

    @abstractmethod
    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        """Stop, and with `wait` return when the files are settled or `deadline` seconds have passed.

        A recording that has ended already is no error: what is known of it is returned.
        """

    def translate_layout(self, recording: Recording, layout: Layout) -> Plan:
        """The request and findings of a layout change. Pure. `layout` is whole: what didn't change is in it.

        Raises:
            UnsupportedOperation: the vendor can't change a layout.
        """
        raise self._unsupported("layout", recording)

    def layout(self, recording: Recording, layout: Layout, plan: Plan) -> Recording:
        """Send a layout change; returns the handle with whatever the next change needs.

        Raises:
            UnsupportedOperation: the vendor can't change a layout.
        """
        raise self._unsupported("layout", recording)

    def causes(self, recording: Recording, status: RecordingStatus) -> tuple[str, ...]:
        """What may have killed a recording that died young, the likeliest first, each with what to check."""
        return (status.reason,) if status.reason else ()

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
        """The handle of a recording that has just been started by a plan.

        Args:
            plan: what was sent; its resolved spec gives the neutral fields.
            intent: gives the id.
            started_at: when the vendor accepted it.
            native: the vendor's own ids, and what a later call needs. No secret.
            controllable_until: until when the vendor answers for it.
            base_url: the host that keeps it, where only that host may be asked.
            request_id: the vendor's id of the request.
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
            started_at=started_at,
            controllable_until=controllable_until,
            base_url=base_url,
            native=native,
            request_id=request_id,
        )

    def options(self, spec: RecordingSpec, model: type[OptionsModel]) -> OptionsModel:
        """The spec's options for this provider, validated by its model.

        Raises:
            InvalidSpec: an option is unknown or wrong.
        """
        try:
            return model.model_validate(spec.options_for(self.name))
        except ValidationError as error:
            problems = describe_errors(error, model, under=f"options.{self.name}")
        raise InvalidSpec("\n".join(problems), problems=problems, provider=self.name, fault="caller")

    def _unsupported(self, operation: str, recording: Recording) -> UnsupportedOperation:
        return UnsupportedOperation(
            f"{self.name} has no such operation",
            provider=self.name,
            operation=operation,
            recording_id=recording.id,
            hint="Nothing was sent. The recording goes on as it is.",
        )
