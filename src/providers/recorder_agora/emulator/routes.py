"""The paths of the service, and what each mode's bodies are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from recorder_agora.wire.requests import (
    IndividualStartRequest,
    StartRequest,
    StopRequest,
    UpdateRequest,
    WebStartRequest,
    WebStopRequest,
    WebUpdateRequest,
)

__all__ = ["ADDRESSES", "MODES", "Mode", "Route"]

ADDRESSES: Final = "ncs/ip"
"""The operation that tells from which addresses the vendor's notifications come."""

_ADDRESS_PATHS = frozenset({"/v1/ncs/ip", "/v2/ncs/ip"})
_PATH = re.compile(
    r"/v1/apps/(?P<app>[^/]+)/cloud_recording/"
    r"(?:(?P<acquire>acquire)"
    r"|resourceid/(?P<resource>[^/]+)/(?:mode/(?P<start_mode>[^/]+)/(?P<start>start)"
    r"|sid/(?P<sid>[^/]+)/mode/(?P<mode>[^/]+)/(?P<later>query|update|updateLayout|stop)))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What a path says; texts that it doesn't have are empty."""

    operation: str
    app: str = ""
    resource: str = ""
    sid: str = ""
    mode: str = ""

    @classmethod
    def of(cls, path: str) -> Route | None:
        """The route of a path, or None for any other path."""
        if path in _ADDRESS_PATHS:
            return cls(operation=ADDRESSES)
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        return cls(
            operation=found["acquire"] or found["start"] or found["later"],
            app=found["app"],
            resource=found["resource"] or "",
            sid=found["sid"] or "",
            mode=found["start_mode"] or found["mode"] or "",
        )

    @property
    def method(self) -> str:
        """The HTTP method that belongs to it."""
        return "GET" if self.operation in ("query", ADDRESSES) else "POST"


@dataclass(frozen=True, slots=True)
class Mode:
    """The bodies of one mode."""

    start: type[StartRequest | IndividualStartRequest | WebStartRequest]
    update: type[UpdateRequest | WebUpdateRequest] = UpdateRequest
    stop: type[StopRequest | WebStopRequest] = StopRequest


MODES: Final[Mapping[str, Mode]] = {
    "mix": Mode(StartRequest),
    "individual": Mode(IndividualStartRequest),
    "web": Mode(WebStartRequest, WebUpdateRequest, WebStopRequest),
}
"""By the mode's name in paths."""
