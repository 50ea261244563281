"""What a recorder refuses at its door, before anything is sent."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import SecretStr, TypeAdapter, ValidationError

from recorder_core.errors import (
    ConfigurationError,
    InvalidSpec,
    RecorderError,
    StartOutcomeUnknown,
    UnexpectedResponse,
    UnsupportedOperation,
)
from recorder_core.models import (
    Location,
    Media,
    Participants,
    RecordedFile,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RemoteRecording,
    StartIntent,
    WebhookRequest,
)
from recorder_core.models.base import Text
from recorder_core.models.layout import LayoutBase
from recorder_core.models.loading import describe_errors
from recorder_core.models.recording import is_id
from recorder_core.models.storage import StorageBase
from recorder_core.plugins import PROVIDERS, installed
from recorder_core.provider import Provider

__all__ = [
    "called",
    "expect",
    "misshapen",
    "push_addresses",
    "recordings_of",
    "refuse_foreign_handle",
    "refuse_key_without_ledger",
    "refuse_layout_without_pictures",
    "refuse_missing_operation",
    "refuse_other_destination",
    "refuse_span",
    "refuse_unknown_options",
    "seconds",
    "whiteboard_id_of",
    "whole_number",
]

GIVE_A_LEDGER = "Give the recorder a ledger, such as `ledger='sqlite:///recordings.db'`, or leave the key out."

MADE_BY: Mapping[type, str] = {
    RecordingSpec: "RecordingSpec.load(...) makes one of a file or a mapping",
    StartIntent: "an error of `start` carries one; StartIntent.model_validate_json(text) makes one of a stored one",
    Recording: "Recording.model_validate_json(text) makes one of a stored handle",
    LayoutBase: "Grid(), Floating(), Spotlight() and Custom() are some",
    Participants: 'Participants(audio=Selection(include=["1001"])) is one, Participants() is everybody',
    RemoteRecording: "`list_remote` and `recover` list some, and an event of a callback will do",
    RecordedFile: "the `files` of a status are some",
    StorageBase: "S3(...) is one; `recorder_core.models.storage` has them all",
    datetime: "datetime.now(UTC) is one",
    RecordingEvent: "`events.verify` gives some, and `parse_webhook` of a provider",
    WebhookRequest: "WebhookRequest(method, url, headers, body) makes one of what your web framework got",
}
NAMES: Mapping[type, str] = {LayoutBase: "layout", StorageBase: "storage"}


def expect(operation: str, kind: type, value: object) -> None:
    """Refuse a value that isn't of the kind which an operation takes.

    Raises:
        InvalidSpec: the value is of another type; the error says how one of the right type is made.
    """
    if not isinstance(value, kind):
        name = NAMES.get(kind, kind.__name__)
        raise InvalidSpec(f"{operation} takes a {name}, not {called(value)}", fault="caller", hint=f"{MADE_BY[kind]}.")


def recordings_of(name: str, value: object) -> tuple[Recording, ...]:
    """The value as handles.

    Raises:
        InvalidSpec: it isn't some, or one of them is none.
    """
    if isinstance(value, Recording) or not isinstance(value, Iterable):
        raise InvalidSpec(f"{name} takes a list of Recordings, not {called(value)}", fault="caller")
    recordings = tuple(value)
    for recording in recordings:
        expect(name, Recording, recording)
    return recordings


def seconds(name: str, value: Any, *, finite: bool = False) -> float:
    """The value as a number of seconds.

    Args:
        name: what it is called.
        value: as it was given.
        finite: whether infinity is refused, which means no end where it isn't.

    Raises:
        ConfigurationError: it is none, or not more than 0.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        length = float(value) if is_number else math.nan
    except OverflowError:
        length = math.nan
    if not length > 0 or (finite and math.isinf(length)):
        number = "a finite number" if finite else "a number"
        raise ConfigurationError(f"{name} is {value!r}; it must be {number} of seconds, more than 0", fault="caller")
    return length


def whole_number(name: str, value: Any, least: int, most: int) -> int:
    """The value as a whole number.

    Raises:
        ConfigurationError: it is none, or out of the range.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a whole number from {least} to {most}", fault="caller"
        )
    return value


def refuse_unknown_options(provider: Provider, spec: RecordingSpec) -> None:
    """Refuse options of a provider that isn't installed: a misspelling, which would be lost in silence.

    Raises:
        InvalidSpec: with the nearest name.
    """
    strangers = spec.options.keys() - {provider.name}
    if not strangers:
        return
    known = {found.name for found in installed(PROVIDERS, barred=True)} | {provider.name}
    for name in sorted(strangers - known):
        near = difflib.get_close_matches(name, known, n=1)
        problem = f"options.{name}: no such provider is installed" + (f"; did you mean {near[0]}?" if near else "")
        raise InvalidSpec(problem, problems=[problem], fault="caller", hint=f"There is {', '.join(sorted(known))}.")


def refuse_key_without_ledger(provider: Provider, way: str = GIVE_A_LEDGER) -> None:
    """Refuse a start with a key that nothing keeps unique: neither the vendor nor a ledger.

    Args:
        provider: the vendor.
        way: what the caller can do.

    Raises:
        ConfigurationError: the vendor would record a second time, or end what runs.
    """
    if not provider.start_is_unique:
        raise ConfigurationError(
            f"a start with a key takes a ledger here: {provider.name} doesn't tell a repeated start from another one",
            fault="caller",
            hint=f"{way} Nothing was sent.",
        )


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
    elif strange := [name for name in provider.native_ids if not _is_whole(provider, name, recording.native[name])]:
        problem = f"is no handle of a recording: native.{', native.'.join(strange)} is no id"
        hint = "Keep the handle as start returned it."
        if provider.native_key in strange and isinstance(recording.native[provider.native_key], tuple):
            hint = f"One of {provider.name} has one id: a provider that makes several has `several_ids = True`."
    if problem:
        raise ConfigurationError(
            f"recording {recording.id} {problem}",
            provider=provider.name,
            recording_id=recording.id,
            fault="caller",
            hint=hint,
        )


def _is_whole(provider: Provider, name: str, value: object) -> bool:
    """Whether a handle has the vendor's id by this name, or all of those that it may have several of."""
    if provider.several_ids and name == provider.native_key and isinstance(value, tuple):
        return all(map(is_id, value))
    return is_id(value)


def misshapen(error: ValidationError, *, may_run: bool) -> RecorderError:
    """The error that takes the place of pydantic's, which keeps what was validated, secrets too.

    Args:
        error: as an operation of a provider left it.
        may_run: whether a start may have been carried out.
    """
    found = (f"{'.'.join(map(str, part['loc'])) or 'the whole'} ({part['type']})" for part in error.errors())
    kind = StartOutcomeUnknown if may_run else UnexpectedResponse
    return kind(
        f"something hasn't the shape that it must have for {error.title}: {', '.join(dict.fromkeys(found))}",
        hint="Keep handles as they were returned. If this one is, the vendor gave an answer that it doesn't document, "
        "or the provider has a fault: report it.",
    )


def refuse_missing_operation(provider: Provider, operation: str, recording: Recording) -> None:
    """Refuse an operation that the vendor doesn't offer for such a recording.

    Raises:
        UnsupportedOperation: which says for which recordings there is one.
    """
    if provider.offers(operation, recording.mode):
        return
    modes = sorted(provider.operation_modes.get(operation, ())) if provider.offers(operation) else []
    raise UnsupportedOperation(
        f"{provider.name} has no {operation} for {recording.mode} recordings"
        if modes
        else f"{provider.name} has no {operation}",
        provider=provider.name,
        operation=operation,
        recording_id=recording.id,
        fault="caller",
        hint=f"Nothing was sent. There is one for {' and '.join(modes)} recordings."
        if modes
        else "Nothing was sent. `recorder capabilities` tells which vendor has it.",
    )


def refuse_layout_without_pictures(recording: Recording) -> None:
    """Refuse a layout of a recording that is sound alone.

    Raises:
        InvalidSpec: it has no pictures.
    """
    if recording.media == Media.AUDIO:
        problem = "layout: the recording has no pictures: its media is audio"
        raise InvalidSpec(problem, problems=[problem], fault="caller")


def refuse_other_destination(recording: Recording, storage: StorageBase) -> None:
    """Refuse a storage that isn't where the recording's files go.

    Raises:
        InvalidSpec: with what differs.
    """
    location = recording.location
    if location is None:
        return
    wanted = Location.from_storage(storage, location.prefix)
    names = ("kind",) if wanted.kind != location.kind else ("bucket", "region", "endpoint")
    problems = [
        f"storage.{name}: is {getattr(wanted, name)!r}, but the recording goes to {getattr(location, name)!r}"
        for name in names
        if getattr(wanted, name) != getattr(location, name)
    ]
    if problems:
        raise InvalidSpec(
            "\n".join(problems),
            problems=problems,
            fault="caller",
            hint="Only the credentials can be renewed; the files go where the start said.",
        )


def refuse_span(operation: str, since: datetime, until: datetime) -> None:
    """Refuse what is no span of time.

    Raises:
        InvalidSpec: a moment is none, lacks its time zone, or comes before the other.
    """
    for moment in (since, until):
        expect(operation, datetime, moment)
    if since.tzinfo is None or until.tzinfo is None or since >= until:
        raise InvalidSpec("since and until need a time zone, and since is the earlier one", fault="caller")


def push_addresses(urls: Sequence[str | SecretStr]) -> tuple[SecretStr, ...]:
    """The addresses to stream to, checked as those of a spec.

    Raises:
        InvalidSpec: one is no rtmp or rtmps URL, or there is none. None is shown.
    """
    problem = "is one address, not a list of them" if isinstance(urls, str | SecretStr) else "" if urls else "is empty"
    if problem:
        raise InvalidSpec(f"push_urls {problem}", problems=[f"push_urls: {problem}"], fault="caller")
    addresses: tuple[SecretStr, ...] = _checked("push_urls", RecordingSpec.model_fields["push_urls"].annotation, urls)
    return addresses


def whiteboard_id_of(whiteboard_id: str) -> str:
    """The id of a whiteboard, checked as that of a spec.

    Raises:
        InvalidSpec: it is no text, or an empty one.
    """
    return str(_checked("whiteboard_id", Text, whiteboard_id))


def _checked(name: str, annotation: Any, value: Any) -> Any:
    """A value as a field of a spec would be.

    Raises:
        InvalidSpec: it breaks a rule.
    """
    try:
        return TypeAdapter(annotation).validate_python(value)
    except ValidationError as error:
        problems = describe_errors(error, annotation, under=name)
    raise InvalidSpec("\n".join(problems), problems=problems, fault="caller")


def called(value: object) -> str:
    """What a value of a wrong type is, with its article."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
