"""What many vendors do alike: statuses that mean what HTTP says, a code and a message in the body, a bearer token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import SecretStr
from requests import PreparedRequest

from recorder_core.errors import (
    AuthenticationError,
    PermissionDenied,
    RateLimited,
    RecordingNotFound,
    ServiceUnavailable,
    TransportError,
)
from recorder_core.rules import NO_ANSWER, NOT_SENT, Rule, Then
from recorder_core.transport.calls import Envelope

__all__ = ["HTTP_RULES", "bearer", "json_envelope", "no_such_recording", "repeatable"]

LATER = (1.0, 2.0)
"""Seconds before each repeat."""

HTTP_RULES: tuple[Rule, ...] = (
    Rule(
        statuses=(NOT_SENT,),
        then=Then.NEXT_HOST,
        delays=(1.0,),
        error=TransportError,
        meaning="no host of the vendor's can be reached; nothing was sent",
        hint="Check the network, the proxy settings (HTTPS_PROXY, NO_PROXY) and base_urls.",
        retryable=True,
    ),
    Rule(statuses=("2xx",), codes=(None,), then=Then.ACCEPT),
    Rule(
        statuses=(401,),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the vendor doesn't accept the credentials",
        hint="Check the keys, and that they are this account's.",
        fault="caller",
    ),
    Rule(
        statuses=(403,),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="the vendor doesn't allow that to this account",
        hint="Check in the vendor's console what the account and its key may do.",
        fault="caller",
    ),
    Rule(
        statuses=(429,),
        then=Then.REPEAT,
        delays=LATER,
        error=RateLimited,
        meaning="the account calls the vendor more often than it may",
        hint="Set calls_per_second to what the vendor allows, and share a budget between processes.",
        fault="caller",
        retryable=True,
    ),
)
"""Rules for a vendor whose HTTP statuses say what came of a call; one's own go before them. What leaves open whether a
start was carried out needs no rule. A 404 isn't among them: any gateway says it, and a recording
would be taken for gone that runs. `no_such_recording` takes the vendor's own word for it."""


def no_such_recording(*codes: int | str) -> Rule:
    """The rule for the codes by which a vendor says that it has no such recording."""
    return Rule(
        codes=codes,
        then=Then.RAISE,
        error=RecordingNotFound,
        meaning="the vendor has no such recording",
        hint="Check that the account is the one that started it.",
    )


def repeatable(*operations: str) -> Rule:
    """The rule by which calls are sent again whose answer was lost: looks, stops, and what else does no harm twice."""
    return Rule(
        operations=operations,
        statuses=(NO_ANSWER, 502, 503, 504),
        then=Then.REPEAT,
        delays=LATER,
        error=ServiceUnavailable,
        meaning="the vendor's service gives no answer, again and again",
        hint="Try again later; the vendor's status page may know more.",
        fault="vendor",
        retryable=True,
    )


def json_envelope(status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> Envelope:
    """Reads `code` and `message` of the body, and the header `X-Request-Id`: a `read_envelope`.

    For a vendor whose answers have a `code` when something is wrong, and only then. One that tells an error inside of a
    200 in another way needs its own: an answer without a code is taken for a success.
    """
    return Envelope(code=body.get("code"), message=body.get("message"), request_id=headers.get("X-Request-Id"))


def bearer(token: SecretStr) -> Callable[[PreparedRequest], PreparedRequest]:
    """Signs requests with a token that doesn't change: an `auth`."""

    def sign(request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        return request

    return sign
