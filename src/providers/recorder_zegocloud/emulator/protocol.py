"""The gateway of the emulated service: signatures, bodies, envelopes, and how it says no."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_zegocloud.tables import CLOCK_TOLERANCE_S, SIGNATURE_VERSION, Code
from recorder_zegocloud.wire.answers import Response
from recorder_zegocloud.wire.values import Request

__all__ = ["RefusedError", "answer", "authorised", "bad_parameter", "read", "refusal", "signature"]

LARGEST_APP_ID = 2**32 - 1
LONGEST_TIMESTAMP = 11
"""Digits; a Unix time in milliseconds has 13."""

Body = TypeVar("Body", bound=Request)


class RefusedError(Exception):
    """The call is answered with this code."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def signature(app_id: str, nonce: str, server_secret: str, timestamp: str) -> str:
    """Signature v2.0: the MD5 of the four, joined without separators, in lower-case hex."""
    text = f"{app_id}{nonce}{server_secret}{timestamp}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def authorised(
    query: Mapping[str, str], *, app_id: int, server_secret: str, actions: Collection[str], wall: float
) -> str:
    """The action, if it is one and may be done.

    Args:
        query: the request's parameters.
        app_id: the one project that there is.
        server_secret: its secret.
        actions: those that are spoken.
        wall: Unix s by which a signature is judged.

    Raises:
        RefusedError: a parameter is missing or wrong.
    """
    given, timestamp, action = (query.get(name, "") for name in ("AppId", "Timestamp", "Action"))
    nonce, signed, version = (query.get(name, "") for name in ("SignatureNonce", "Signature", "SignatureVersion"))
    checks = (
        (not _is_decimal(given) or int(given) > LARGEST_APP_ID, Code.APP_ID_MALFORMED),
        (not timestamp, Code.TIMESTAMP_EMPTY),
        (not _is_decimal(timestamp) or len(timestamp) > LONGEST_TIMESTAMP, Code.TIMESTAMP_MALFORMED),
        (not action, Code.ACTION_EMPTY),
        (action not in actions, Code.ACTION_NOT_SUPPORTED),
        (not nonce, Code.NONCE_EMPTY),
        (not signed, Code.SIGNATURE_EMPTY),
        (not version, Code.VERSION_EMPTY),
        (version != SIGNATURE_VERSION, Code.VERSION_NOT_SUPPORTED),
        (given != str(app_id), Code.SECRET_NOT_FOUND),
    )
    for fails, code in checks:
        if fails:
            raise RefusedError(code)
    if abs(wall - int(timestamp)) > CLOCK_TOLERANCE_S:
        raise RefusedError(Code.SIGNATURE_EXPIRED)
    right = signature(given, nonce, server_secret, timestamp)
    if not hmac.compare_digest(right.encode(), signed.encode()):
        raise RefusedError(Code.SIGNATURE_WRONG)
    return action


def read(model: type[Body], request: EmulatedRequest, *, strict: bool) -> Body:
    """The body, checked.

    Args:
        model: what it has to be.
        request: the request.
        strict: whether unknown keys and other content types than JSON's are refused instead of ignored.

    Raises:
        RefusedError: it isn't what the vendor's documents ask for; the message names each key.
    """
    kind = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if strict and kind != "application/json":
        raise RefusedError(Code.BAD_PARAMETER, f"the content type is {kind or 'missing'}, not application/json")
    try:
        tree = request.json()
    except ValueError:
        raise RefusedError(Code.BAD_PARAMETER, "the body is not JSON") from None
    try:
        return model.model_validate_json(request.body)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
    if not strict:
        for problem in problems:
            if problem["type"] == "extra_forbidden":
                _remove(tree, problem["loc"])
        try:
            return model.model_validate_json(json.dumps(tree))
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
    raise bad_parameter(
        "; ".join(
            ": ".join(filter(None, (".".join(map(str, problem["loc"])), problem["msg"].removeprefix("Value error, "))))
            for problem in problems
        )
    )


def bad_parameter(detail: str) -> RefusedError:
    """Code 300000004, whose message says what is wrong."""
    return RefusedError(Code.BAD_PARAMETER, f"invalid parameter: {detail}")


def answer(response: Response) -> EmulatedResponse:
    """The vendor's envelope around it; HTTP 200, whatever the code."""
    envelope = {
        "Code": Code.ACCEPTED,
        "Message": "succeed",
        "RequestId": str(10**18 + secrets.randbelow(9 * 10**18)),
    }
    return EmulatedResponse(200, envelope | response.model_dump(exclude_none=True))


def refusal(code: int, message: str = "") -> EmulatedResponse:
    """An answer that is no more than a code, with `message`, or else what the code means."""
    usual = Code(code).name.lower().replace("_", " ") if code in set(Code) else f"code {code}"
    return answer(Response(Code=code, Message=message or usual))


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _remove(tree: Any, path: tuple[int | str, ...]) -> None:
    """Take the leaf at `path` out of a JSON tree."""
    for step in path[:-1]:
        tree = tree[step]
    del tree[path[-1]]
