"""What a provider is configured with: its account once, its own options for each recording."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from recorder_core.errors import ConfigurationError
from recorder_core.models.loading import describe_errors
from recorder_core.tracebacks import forgetful

__all__ = ["ProviderConfig", "ProviderOptions"]

LONGEST_AGE_S = 86_400
"""The most that `webhook_max_age` may be."""


class ProviderConfig(BaseModel):
    """The base of every provider's `Config`: credentials and addresses.

    A required field gives an example (`Field(examples=[...])`): it stands in where a plan is made without credentials.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    env_prefix: ClassVar[str] = ""
    """Environment variables are this prefix and the field's name in capitals."""

    base_urls: tuple[str, ...] = ()
    """Hosts to use in place of the vendor's, in failover order, each with its scheme."""

    calls_per_second: dict[str, float] = Field(default_factory=dict)
    """How often the account may call the vendor, by operation (the vendor's name for it), `*` for all, where
    that isn't what the vendor documents. With `Recorder(..., budget=...)` that is for all processes that share the
    budget, and the strictest of them counts; without, for this one, which needs its part where others use the account
    too, forked ones among them. More than 0; infinity lifts a limit."""

    webhook_secret: tuple[SecretStr, ...] = ()
    """What the vendor signs its callbacks with: one, or several while one is replaced by another. None: nothing tells a
    true callback from a forged one, so that each is only taken as a reason to ask the vendor."""
    webhook_max_age: float = Field(default=300.0, gt=0, le=LONGEST_AGE_S)
    """Seconds by which a callback may be older or younger than this moment, 86400 at most."""

    @field_validator("calls_per_second", mode="before")
    @classmethod
    def _by_operation(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        rates = [part.partition("=") for part in value.split(",") if part.strip()]
        return {operation.strip(): rate.strip() for operation, _, rate in rates}

    @field_validator("calls_per_second")
    @classmethod
    def _more_than_nothing(cls, value: dict[str, float]) -> dict[str, float]:
        for operation, rate in value.items():
            if not rate > 0:
                raise ValueError(f"the rate of {operation} is {rate:g}; it must be more than 0")
        return value

    @field_validator("webhook_secret", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str | SecretStr) else value

    @field_validator("webhook_secret")
    @classmethod
    def _none_is_empty(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(secret.get_secret_value() for secret in value):
            raise ValueError("a secret is empty")
        return value

    @classmethod
    @forgetful
    def from_env(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Self:
        """Read the fields that are set in the environment; `overrides` win. Lists are comma-separated.

        Raises:
            ConfigurationError: a field is missing or wrong; the message names its variable.
        """
        return cls.checked({**cls.set_in_env(environ), **overrides})

    @classmethod
    def set_in_env(cls, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The values of the fields that are set in the environment, as they stand there. Some are secret."""
        environ = os.environ if environ is None else environ
        found: dict[str, Any] = {}
        for name, info in cls.model_fields.items():
            text = environ.get(cls.env_name(name))
            if text:
                is_list = "tuple" in str(info.annotation)
                found[name] = tuple(part.strip() for part in text.split(",") if part.strip()) if is_list else text
        return found

    @classmethod
    @forgetful
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
    @forgetful
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
