"""What a provider hands to its transport, and what it gets back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from recorder_core.budget import Admit
from recorder_core.clock import Clock
from recorder_core.hooks import HttpExchange

__all__ = ["Answer", "Call", "Envelope", "Runtime", "quote_path"]

PLAIN = re.compile(r"[0-9A-Za-z_.~-]+")
"""What needs no quoting."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every answer of a vendor carries: its code, its message, its id of the request; or None.

    Whatever else stands in their place, for answers are no better than who sent them, is taken for None.
    """

    code: int | str | None = None
    message: str | None = None
    request_id: str | None = None

    def __post_init__(self) -> None:
        if type(self.code) is bool or not isinstance(self.code, int | str | None):
            object.__setattr__(self, "code", None)
        for name in ("message", "request_id"):
            if not isinstance(getattr(self, name), str | None):
                object.__setattr__(self, name, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to a vendor.

    Attributes:
        operation: the name that rules, errors and observers know it by.
        method: the HTTP method.
        path: begins with `/`; its segments quoted (`quote_path`).
        query: parameters that aren't secret; `auth` adds those that are.
        body: the JSON object; its secret leaves are `SecretStr` or `pydantic.Secret`. None sends none.
        recording_id: our id of the recording concerned.
        requires: keys that an accepted answer must hold, none of them empty; dots lead into objects, as in
            `Data.TaskId`. Of keys with a bar between them one is enough, as in `sid|resourceId`.
        answers: the form of an accepted answer, as the vendor documents it. One of another form is taken for one that
            lacks what it must hold; `Answer.read` is the model.
        starts: whether it begins a recording. What no rule of the vendor's explains, and leaves open whether it was
            carried out, is then `StartOutcomeUnknown`.
        headers: further headers of this call, such as the name of its action; none of them secret.
    """

    operation: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    recording_id: str | None = None
    requires: tuple[str, ...] = ()
    answers: type[BaseModel] | None = None
    starts: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """An accepted answer.

    Attributes:
        status: the HTTP status.
        body: the JSON object; should it echo a secret of the call, asterisks stand there.
        envelope: as the provider read it.
        base_url: the host that answered.
        read: the body as `Call.answers` has it; None: the call names no form.
    """

    status: int
    body: dict[str, Any]
    envelope: Envelope
    base_url: str
    read: Any = None


@cache
def _user_agent() -> str:
    try:
        return f"recorder-core/{version('recorder-core')}"
    except PackageNotFoundError:
        return "recorder-core"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What a recorder hands to its provider.

    Attributes:
        clock: for waits between repeats.
        timeout: seconds for a connection, and for a whole answer from the moment the request was written.
        admit: waits before every attempt until the account's budget has a place for it. None: calls aren't paced.
        observe: told of every attempt; must not raise. None saves the making of exchanges.
        is_known: whether a vendor's id of a recording (that of `Provider.native_key`) is one that this recorder or its
            ledger knows.
        user_agent: the `User-Agent` header.
    """

    clock: Clock
    timeout: tuple[float, float]
    admit: Admit | None = None
    observe: Callable[[HttpExchange], None] | None = None
    is_known: Callable[[str], bool] = lambda _: False
    user_agent: str = field(default_factory=_user_agent)


def quote_path(*segments: str) -> str:
    """The path of these segments, each percent-encoded, so that none can lead elsewhere.

    Raises:
        ValueError: a segment is empty, `.` or `..`.
    """
    for segment in segments:
        if segment in ("", ".", ".."):
            raise ValueError(f"{segment!r} can't be a segment of a path")
    return "".join(f"/{segment if PLAIN.fullmatch(segment) else quote(segment, safe='')}" for segment in segments)
