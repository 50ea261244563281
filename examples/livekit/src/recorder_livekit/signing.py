"""Tokens: how calls are signed, and how a signed callback is told from a forged one. JSON Web Tokens with HMAC-SHA256.

As "Authentication" (LiveKit docs, 2026) and the vendor's own libraries have them: the API key is the issuer, `video`
has the grants, and a callback's token has the digest of its body as `sha256`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from recorder_core.errors import WebhookRejected
from recorder_core.webhooks import json_object
from requests import PreparedRequest

from recorder_livekit.config import LivekitConfig
from recorder_livekit.tables import GRANT, TOKEN_S

__all__ = ["claims_of", "digest_of", "sign", "signature", "token"]

LONGEST_TOKEN = 16_384
"""Characters. The vendor's have some hundred."""


def sign(config: LivekitConfig, request: PreparedRequest) -> PreparedRequest:
    """Add a token of its own to every attempt; the vendor judges it by the wall clock.

    It says until when it is good and not since when, so that a clock that is fast harms nothing.
    """
    claims = {"iss": config.api_key, "exp": int(time.time()) + TOKEN_S, "video": dict(GRANT)}
    signed = token(claims, config.api_secret.get_secret_value())
    request.headers["Authorization"] = f"Bearer {signed}"
    return request


def token(claims: Mapping[str, Any], secret: str) -> str:
    """The token of these claims."""
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    signed = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{signed}.{signature(secret.encode(), signed)}"


def signature(secret: bytes, signed: str) -> str:
    """The signature of a token's first two parts."""
    return _encoded(hmac.digest(secret, signed.encode("utf-8", "replace"), "sha256"))


def digest_of(body: bytes) -> str:
    """The claim `sha256` of a body."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def claims_of(given: str) -> dict[str, Any]:
    """The claims of a token, nothing of which is verified.

    Raises:
        WebhookRejected: it is no token, or signed by another algorithm.
    """
    parts = given.split(".")
    if len(given) > LONGEST_TOKEN or len(parts) != 3:
        raise _no_token("it has not three parts")
    header, claims = (_object(part) for part in parts[:2])
    if header.get("alg") != "HS256":
        raise _no_token("it isn't signed with HS256")
    return claims


def _object(part: str) -> dict[str, Any]:
    try:
        decoded = base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        decoded = None
    if decoded is None:
        raise _no_token("a part isn't Base64")
    return json_object(decoded)


def _no_token(why: str) -> WebhookRejected:
    return WebhookRejected(
        f"the header Authorization holds no token of LiveKit's: {why}",
        response_status=403,
        fault="caller",
        hint="It isn't the vendor's, or a proxy changed the header.",
    )


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
