"""The gateway of the emulated service: tokens, bodies, and how it says no, as Twirp does."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse

from recorder_livekit.emulator.binary import BINARY, BinaryError, from_binary, to_binary
from recorder_livekit.tables import LEEWAY_S, PATH
from recorder_livekit.wire.values import BodyModel

__all__ = ["HTTP_STATUSES", "RefusedError", "answer", "authorise", "operation_of", "read", "refusal", "webhook_token"]

HTTP_STATUSES: Mapping[str, int] = {
    "canceled": 408,
    "unknown": 500,
    "invalid_argument": 400,
    "malformed": 400,
    "deadline_exceeded": 408,
    "not_found": 404,
    "bad_route": 404,
    "already_exists": 409,
    "permission_denied": 403,
    "unauthenticated": 401,
    "resource_exhausted": 429,
    "failed_precondition": 412,
    "aborted": 409,
    "out_of_range": 400,
    "unimplemented": 501,
    "internal": 500,
    "unavailable": 503,
    "dataloss": 500,
}
"""The HTTP status of each of Twirp's codes ("Errors", Twirp v7 specification)."""
WEBHOOK_TOKEN_S = 300

Body = TypeVar("Body", bound=BodyModel)


class RefusedError(Exception):
    """The call is answered with this code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def operation_of(request: EmulatedRequest) -> str:
    """The method's name; `none` where it is no call of the service's."""
    path, _, name = request.path.rpartition("/")
    return name if path == PATH and name else "none"


def refusal(code: str, message: str) -> EmulatedResponse:
    """A Twirp error."""
    return EmulatedResponse(HTTP_STATUSES.get(code, 500), {"code": code, "msg": message})


def authorise(request: EmulatedRequest, *, api_key: str, api_secret: str, wall: float) -> None:
    """Let a request pass whose token is the key's own, still good, and may record.

    Args:
        request: the request.
        api_key: the one key that there is.
        api_secret: its secret.
        wall: Unix s by which a token is judged.

    Raises:
        RefusedError: it isn't.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise RefusedError("unauthenticated", "permissions denied")
    signed, _, signature = token.rpartition(".")
    try:
        header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
    except (ValueError, binascii.Error):
        raise RefusedError("unauthenticated", "invalid authorization token") from None
    right = _encoded(hmac.digest(api_secret.encode(), signed.encode(), "sha256"))
    checks = (
        (header.get("alg") == "HS256", "the algorithm is not accepted"),
        (claims.get("iss") == api_key, f"invalid API key: {str(claims.get('iss'))[:64]}"),
        (hmac.compare_digest(right.encode(), signature.encode()), "go-jose/go-jose: error in cryptographic primitive"),
        (isinstance(claims.get("exp"), int) and claims["exp"] + LEEWAY_S > wall, "token is expired (exp)"),
        (claims.get("nbf", 0) - LEEWAY_S <= wall, "token not valid yet (nbf)"),
        ((claims.get("video") or {}).get("roomRecord") is True, "permissions denied"),
    )
    for passes, problem in checks:
        if not passes:
            raise RefusedError("unauthenticated", problem)


def read(model: type[Body], request: EmulatedRequest, *, strict: bool) -> Body:
    """The body, checked.

    Args:
        model: what it has to be.
        request: the request.
        strict: whether keys that this emulator doesn't know are refused; the service leaves them aside.

    Raises:
        RefusedError: it isn't.
    """
    tree = _tree_of(request)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
    if not strict and isinstance(tree, dict):
        for problem in problems:
            if problem["type"] == "extra_forbidden":
                _remove(tree, problem["loc"])
        try:
            return model.model_validate(tree)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
    first = problems[0]
    where = ".".join(map(str, first["loc"]))
    raise RefusedError("invalid_argument", ": ".join(filter(None, (where, first["msg"].removeprefix("Value error, ")))))


def _tree_of(request: EmulatedRequest) -> Any:
    kind = content_type(request)
    if kind == BINARY:
        try:
            return from_binary(operation_of(request), request.body)
        except BinaryError as error:
            raise RefusedError("malformed", str(error)) from None
    if kind != "application/json":
        raise RefusedError("bad_route", f"unexpected Content-Type: {kind!r}")
    try:
        return request.json()
    except ValueError:
        raise RefusedError("malformed", "the json request could not be decoded") from None


def answer(request: EmulatedRequest, tree: Mapping[str, Any]) -> EmulatedResponse:
    """An accepted answer, in the form in which it was asked for."""
    if content_type(request) == BINARY:
        return EmulatedResponse(200, to_binary(operation_of(request), tree), {"Content-Type": BINARY})
    return EmulatedResponse(200, tree)


def content_type(request: EmulatedRequest) -> str:
    """What a body is said to be."""
    return request.headers.get("Content-Type", "").split(";")[0].strip().lower()


def webhook_token(body: bytes, *, api_key: str, secret: str, now: float) -> str:
    """What signs a callback: a token with the digest of its body, good for five minutes."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    claims = {"iss": api_key, "nbf": int(now), "exp": int(now) + WEBHOOK_TOKEN_S, "sha256": digest}
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{signed}.{_encoded(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part.encode() + b"=" * (-len(part) % 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _remove(tree: Any, path: tuple[int | str, ...]) -> None:
    for step in path[:-1]:
        tree = tree[step]
    del tree[path[-1]]
