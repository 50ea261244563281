"""What a recorder refuses at its door, before anything is sent."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from recorder_core.errors import ConfigurationError, InvalidSpec
from recorder_core.models import Recording, RecordingSpec
from recorder_core.models.layout import LayoutBase
from recorder_core.plugins import PROVIDERS, installed
from recorder_core.provider import Provider

__all__ = ["called", "expect", "refuse_foreign_handle", "refuse_unknown_options", "seconds"]

MADE_BY: Mapping[type, str] = {
    RecordingSpec: "RecordingSpec.load(...) makes one of a file or a mapping",
    Recording: "Recording.model_validate_json(text) makes one of a stored handle",
    LayoutBase: "Grid(), Floating(), Spotlight() and Custom() are some",
}


def expect(operation: str, kind: type, value: object) -> None:
    """Refuse what isn't a spec, a handle or a layout.

    Raises:
        InvalidSpec: the value is of another type; the error says how one of the right type is made.
    """
    if not isinstance(value, kind):
        name = "layout" if kind is LayoutBase else kind.__name__
        raise InvalidSpec(f"{operation} takes a {name}, not {called(value)}", fault="caller", hint=f"{MADE_BY[kind]}.")


def seconds(name: str, value: Any) -> float:
    """The value as a number of seconds.

    Raises:
        ConfigurationError: it is none, or not more than 0.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        raise ConfigurationError(f"{name} is {value!r}; it must be a number of seconds, more than 0", fault="caller")
    return float(value)


def refuse_unknown_options(provider: Provider, spec: RecordingSpec) -> None:
    """Refuse options of a provider that isn't installed: a misspelling, which would be lost in silence.

    Raises:
        InvalidSpec: with the nearest name.
    """
    strangers = spec.options.keys() - {provider.name}
    if not strangers:
        return
    known = {found.name for found in installed(PROVIDERS)} | {provider.name}
    for name in sorted(strangers - known):
        near = difflib.get_close_matches(name, known, n=1)
        problem = f"options.{name}: no such provider is installed" + (f"; did you mean {near[0]}?" if near else "")
        raise InvalidSpec(problem, problems=[problem], fault="caller", hint=f"There is {', '.join(sorted(known))}.")


def refuse_foreign_handle(provider: Provider, recording: Recording) -> None:
    """Refuse a handle of another account, and one that lacks the vendor's ids.

    Raises:
        InvalidSpec: it is no handle at all.
        ConfigurationError: it belongs elsewhere or isn't whole.
    """
    expect(provider.name, Recording, recording)
    mine = (provider.name, provider.account)
    problem = hint = None
    if (recording.provider, recording.account) != mine:
        problem = (
            f"belongs to {recording.provider} account {recording.account!r}, "
            f"this recorder to {mine[0]} account {mine[1]!r}"
        )
        hint = "Use the recorder of the account that started it."
    elif missing := [name for name in provider.native_ids if not recording.native.get(name)]:
        problem = f"is no whole handle: native.{', native.'.join(missing)} is missing"
        hint = "Keep the handle as start returned it; these ids can't be made again."
    if problem:
        raise ConfigurationError(
            f"recording {recording.id} {problem}",
            provider=provider.name,
            recording_id=recording.id,
            fault="caller",
            hint=hint,
        )


def called(value: object) -> str:
    """What a value of a wrong type is, with its article."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
