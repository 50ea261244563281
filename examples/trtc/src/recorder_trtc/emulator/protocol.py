"""The gateway of the emulated service: signatures, bodies, envelopes, and how it says no.

Spoken as "Signature v3" (Tencent Cloud, 2024), "Common Params" and "Error Codes" (2024-10-22) describe it. Which code a
wrong body gets is stated for few cases; the choices are `MissingParameter.<its name>`, `UnknownParameter`,
`InvalidParameter.OutOfRange`, and `InvalidParameter` for the rest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import uuid
import zlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_trtc.tables import ALGORITHM, CLOCK_TOLERANCE_S, SERVICE, VERSION
from recorder_trtc.wire.values import Request

__all__ = ["RefusedError", "answer", "authorise", "may_enter", "read", "refusal"]

AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=([^/]*)/(\d{{4}}-\d\d-\d\d)/([^/]+)/tc3_request, ?SignedHeaders=([a-z0-9;-]+), ?"
    r"Signature=([0-9a-f]{64})"
)
MUST_BE_SIGNED = {"content-type", "host"}
RANGES = ("greater_than", "less_than", "too_long", "too_short", "greater_than_equal", "less_than_equal")

Body = TypeVar("Body", bound=Request)


class RefusedError(Exception):
    """The call is answered with this code."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message or code


def authorise(
    request: EmulatedRequest, *, secret_id: str, secret_key: str, regions: Collection[str], wall: float
) -> None:
    """Check who calls, and how.

    Args:
        request: as it arrived.
        secret_id: of the one API key that there is.
        secret_key: its secret.
        regions: those in which the service is.
        wall: Unix s by which a signature is judged.

    Raises:
        RefusedError: a header is missing or wrong.
    """
    headers = request.headers
    if headers.get("X-TC-Version") != VERSION:
        raise RefusedError("NoSuchVersion")
    if headers.get("X-TC-Region", "") not in regions:
        raise RefusedError("UnsupportedRegion")
    timestamp = headers.get("X-TC-Timestamp", "")
    matched = AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
    if not (timestamp.isascii() and timestamp.isdigit()) or matched is None:
        raise RefusedError("AuthFailure.InvalidAuthorization")
    given_id, date, service, signed, signature = matched.groups()
    if given_id != secret_id:
        raise RefusedError("AuthFailure.SecretIdNotFound")
    if abs(wall - int(timestamp)) > CLOCK_TOLERANCE_S or date != f"{datetime.fromtimestamp(int(timestamp), UTC):%F}":
        raise RefusedError("AuthFailure.SignatureExpire")
    names = signed.split(";")
    canonical = "".join(f"{name}:{headers.get(name, '').strip().lower()}\n" for name in names)
    parts = (request.method, "/", "", canonical, signed, hashlib.sha256(request.body).hexdigest())
    hashed = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    key = _signing_key(secret_key, date, service)
    right = hmac.new(key, f"{ALGORITHM}\n{timestamp}\n{date}/{service}/tc3_request\n{hashed}".encode(), hashlib.sha256)
    is_right = hmac.compare_digest(right.hexdigest(), signature)
    if service != SERVICE or not set(names) >= MUST_BE_SIGNED or not is_right:
        raise RefusedError("AuthFailure.SignatureFailure")


def _signing_key(secret_key: str, date: str, service: str) -> bytes:
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def may_enter(user_sig: str, *, user_id: str, sdk_app_id: int, app_key: str, wall: float) -> bool:
    """Whether a UserSig lets somebody enter a room now (Unix s).

    Args:
        user_sig: as it came.
        user_id: who wants to enter.
        sdk_app_id: whose rooms they are.
        app_key: the application's SDKSecretKey.
        wall: by which its expiry is judged.
    """
    try:
        packed = base64.b64decode(user_sig.replace("*", "+").replace("-", "/").replace("_", "="), validate=True)
        ticket = json.loads(zlib.decompress(packed))
        begins, lasts = int(ticket["TLS.time"]), int(ticket["TLS.expire"])
        text = (
            f"TLS.identifier:{ticket['TLS.identifier']}\nTLS.sdkappid:{ticket['TLS.sdkappid']}\n"
            f"TLS.time:{begins}\nTLS.expire:{lasts}\n"
        )
        signature = base64.b64decode(ticket["TLS.sig"])
    except (binascii.Error, zlib.error, ValueError, KeyError, TypeError):
        return False
    right = hmac.new(app_key.encode(), text.encode(), hashlib.sha256).digest()
    is_theirs = (ticket["TLS.identifier"], ticket["TLS.sdkappid"], ticket.get("TLS.ver")) == (
        user_id,
        sdk_app_id,
        "2.0",
    )
    return is_theirs and hmac.compare_digest(right, signature) and wall < begins + lasts


def read(model: type[Body], request: EmulatedRequest, *, strict: bool) -> Body:
    """The body, checked.

    Args:
        model: what it has to be.
        request: the request.
        strict: whether unknown keys are refused instead of ignored.

    Raises:
        RefusedError: it isn't what the vendor's documents ask for; the message names each key.
    """
    try:
        tree = request.json()
    except ValueError:
        raise RefusedError("InvalidParameter", "the body is not JSON") from None
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
    first = problems[0]
    raise RefusedError(
        _code_of(first["type"], first["loc"]),
        "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'the body'}: {problem['msg']}" for problem in problems),
    )


def _code_of(kind: str, path: tuple[int | str, ...]) -> str:
    if kind == "missing":
        return f"MissingParameter.{path[-1]}"
    if kind == "extra_forbidden":
        return "UnknownParameter"
    return "InvalidParameter.OutOfRange" if kind in RANGES else "InvalidParameter"


def answer(told: Mapping[str, Any]) -> EmulatedResponse:
    """The vendor's envelope around it."""
    return EmulatedResponse(200, {"Response": {**told, "RequestId": str(uuid.uuid4())}})


def refusal(code: str, message: str = "") -> EmulatedResponse:
    """An answer that is no more than an error; HTTP 200 all the same."""
    return answer({"Error": {"Code": code, "Message": message or code}})


def _remove(tree: Any, path: tuple[int | str, ...]) -> None:
    """Take the leaf at `path` out of a JSON tree."""
    for step in path[:-1]:
        tree = tree[step]
    del tree[path[-1]]
