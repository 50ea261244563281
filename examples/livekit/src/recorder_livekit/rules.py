"""What each answer of the service means and what follows: data, no logic.

Errors are Twirp's: a code and a message in JSON, with the HTTP status that the code stands for ("Errors", Twirp v7
specification). Which code the service gives for what: pkg/service/egress.go and errors.go (livekit/livekit,
2026-08-21), pkg/errors (livekit/egress, 2026-08-21).
"""

from __future__ import annotations

from recorder_core.errors import (
    AuthenticationError,
    ConfigurationError,
    InvalidSpec,
    PermissionDenied,
    RateLimited,
    RecordingConflict,
    RecordingEnded,
    RecordingNotFound,
    RoomNotReady,
    ServiceUnavailable,
    StartOutcomeUnknown,
    TransportError,
    UnexpectedResponse,
)
from recorder_core.rules import NO_ANSWER, NOT_JSON, NOT_SENT, Rule, Then

__all__ = ["RULES", "STARTS"]

STARTS = ("StartRoomCompositeEgress", "StartParticipantEgress", "StartWebEgress")
_STOP = ("StopEgress",)
_LIST = ("ListEgress",)
_LAYOUT = ("UpdateLayout",)
_REPEATABLE = (*_STOP, *_LIST, *_LAYOUT)
"""Calls that come to the same however often they are sent."""
_AGAIN = (0.5, 1.0, 2.0)
_JOINING = (1.0, 2.0, 4.0)
_MAY_RUN = "It may run: keep the error's intent, and recover it. Another start could be a second recording."
_SUPPORT = "Look into the server's log, or give the time and the room to the vendor's support."

RULES: tuple[Rule, ...] = (
    Rule(statuses=(200,), codes=(None,), then=Then.ACCEPT, meaning="accepted"),
    # What the provider turns into a state.
    Rule(
        operations=_LIST,
        codes=("not_found",),
        then=Then.ACCEPT,
        meaning="the vendor knows no such egress",
    ),
    Rule(
        operations=_STOP,
        codes=("not_found", "failed_precondition"),
        then=Then.ACCEPT,
        meaning="the egress has ended, or the vendor no longer knows it",
    ),
    # Who asks.
    Rule(
        codes=("unauthenticated",),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the token isn't accepted",
        hint="Check api_key and api_secret, that they belong to the project of url, and this machine's clock.",
        fault="caller",
    ),
    Rule(
        codes=("permission_denied",),
        message="disabled for this account",
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="the project may not use this feature",
        hint="Have it enabled for the project, such as uploads by an assumed role.",
        fault="caller",
    ),
    Rule(
        codes=("permission_denied",),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="the key may not record, or the server that records is exhausted",
        hint="Check that the project has egress; the vendor's message says more.",
        fault="caller",
    ),
    Rule(
        codes=("resource_exhausted",),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=RateLimited,
        meaning="more calls than the project may make, or more recordings at once than its plan has",
        hint="LiveKit Cloud takes 1000 calls per minute of a project, and as many egresses at once as its plan has.",
        fault="caller",
        retryable=True,
    ),
    # What is asked for.
    Rule(
        operations=STARTS,
        codes=("not_found",),
        then=Then.RAISE,
        error=RoomNotReady,
        meaning="there is no such room",
        hint="A room is there once somebody has joined it or the application has created it; check its name, and that "
        "url is the project in which it is.",
        fault="caller",
        retryable=True,
    ),
    Rule(
        operations=_LAYOUT,
        codes=("not_found",),
        message="participant",
        then=Then.REPEAT,
        delays=_JOINING,
        error=RecordingConflict,
        meaning="the recorder hasn't joined the room yet, or has left it",
        hint="Wait until it records; then the layout can be changed.",
        fault="caller",
        retryable=True,
    ),
    Rule(
        codes=("not_found",),
        then=Then.RAISE,
        error=RecordingNotFound,
        meaning="there is no such egress",
        hint="One that has ended is known for a day.",
        fault="caller",
    ),
    Rule(
        codes=("failed_precondition",),
        then=Then.RAISE,
        error=RecordingEnded,
        meaning="the egress has ended",
        hint="Ask for its status.",
        fault="caller",
    ),
    Rule(
        codes=("already_exists",),
        then=Then.RAISE,
        error=RecordingConflict,
        meaning="the egress exists already",
        hint=_SUPPORT,
        fault="vendor",
    ),
    Rule(
        codes=("invalid_argument", "malformed", "out_of_range"),
        then=Then.RAISE,
        error=InvalidSpec,
        meaning="the request has a missing or wrong field",
        hint="The vendor's message names it. An older server may not know a newer field.",
        fault="caller",
    ),
    Rule(
        codes=("bad_route", "unimplemented"),
        then=Then.RAISE,
        error=ConfigurationError,
        meaning="the server has no such call",
        hint="Check url, which is the server's own address without a path, and the server's version.",
        fault="caller",
    ),
    # Of a start nobody knows whether these were carried out: it waits for the recorder that took it.
    Rule(
        operations=STARTS,
        codes=("unavailable",),
        then=Then.RAISE,
        error=StartOutcomeUnknown,
        meaning="no recorder of the vendor's has answered, so that the recording may run",
        hint=f"All may be busy, or none connected to the server. {_MAY_RUN}",
        fault="vendor",
    ),
    Rule(
        operations=STARTS,
        codes=("internal", "unknown", "deadline_exceeded", "canceled", "aborted", "dataloss"),
        then=Then.RAISE,
        error=StartOutcomeUnknown,
        meaning="the vendor's servers failed, so that the recording may run",
        hint=_MAY_RUN,
        fault="vendor",
    ),
    Rule(
        operations=STARTS,
        statuses=(NO_ANSWER,),
        then=Then.RAISE,
        error=StartOutcomeUnknown,
        meaning="the start was sent and no whole answer came, so that the recording may run",
        hint=_MAY_RUN,
    ),
    Rule(
        codes=("unavailable", "internal", "unknown", "deadline_exceeded", "canceled", "aborted", "dataloss"),
        operations=_REPEATABLE,
        then=Then.NEXT_HOST,
        delays=_AGAIN,
        error=ServiceUnavailable,
        meaning="the vendor's servers failed",
        hint=_SUPPORT,
        fault="vendor",
        retryable=True,
    ),
    Rule(
        operations=_REPEATABLE,
        statuses=("5xx", 408),
        then=Then.NEXT_HOST,
        delays=_AGAIN,
        error=ServiceUnavailable,
        meaning="the vendor's servers, or something before them, failed",
        hint=_SUPPORT,
        fault="vendor",
        retryable=True,
    ),
    Rule(
        operations=_REPEATABLE,
        statuses=(NO_ANSWER,),
        then=Then.NEXT_HOST,
        delays=_AGAIN,
        error=TransportError,
        meaning="no whole answer came",
        hint="Ask for the status: it may have been carried out.",
        retryable=True,
    ),
    Rule(
        statuses=(NOT_SENT,),
        then=Then.NEXT_HOST,
        error=TransportError,
        meaning="the host can't be reached; nothing was sent",
        hint="Check url, the network and the proxy settings (HTTPS_PROXY, NO_PROXY).",
        retryable=True,
    ),
    Rule(
        statuses=(429,),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=RateLimited,
        meaning="more calls than the project may make",
        hint="LiveKit Cloud takes 1000 calls per minute of a project.",
        fault="caller",
        retryable=True,
    ),
    Rule(
        statuses=(401,),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the token isn't accepted",
        hint="Check api_key and api_secret, that they belong to the project of url, and this machine's clock.",
        fault="caller",
    ),
    Rule(
        statuses=(403,),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="something before the server refuses the call",
        hint="Check url, and the proxy or firewall in between.",
        fault="caller",
    ),
    Rule(
        operations=_REPEATABLE,
        statuses=(NOT_JSON,),
        then=Then.RAISE,
        error=UnexpectedResponse,
        meaning="the answer isn't a JSON object",
        hint="Something between here and the vendor may have answered for it: check proxies and url.",
    ),
    Rule(
        statuses=(404,),
        then=Then.RAISE,
        error=ConfigurationError,
        meaning="there is no LiveKit server at this address",
        hint="Check url: it is the address of a LiveKit project or server.",
        fault="caller",
    ),
)
