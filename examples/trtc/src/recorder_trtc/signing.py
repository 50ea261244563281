"""How a request and the recorder's entry into a room are signed.

"Signature v3" of the API (Tencent Cloud, 2024) for requests, "UserSig" (Tencent Cloud, 2024-07) for the recorder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import zlib
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr
from requests import PreparedRequest

from recorder_trtc.config import TrtcConfig
from recorder_trtc.tables import ALGORITHM, SERVICE

__all__ = ["authorization", "sign", "user_sig"]

SIGNED_HEADERS: Final = "content-type;host"
URL_SAFE: Final = str.maketrans("+/=", "*-_")


def sign(config: TrtcConfig, request: PreparedRequest) -> PreparedRequest:
    """Add a signature to the headers, of its own for every attempt; the vendor judges it by the wall clock."""
    timestamp = int(time.time())
    body = request.body if isinstance(request.body, bytes) else b""
    request.headers["X-TC-Timestamp"] = str(timestamp)
    if config.session_token is not None:
        request.headers["X-TC-Token"] = config.session_token.get_secret_value()
    request.headers["Authorization"] = authorization(
        config.secret_id.get_secret_value(),
        config.secret_key.get_secret_value(),
        host=urlsplit(str(request.url)).netloc,
        content_type=request.headers["Content-Type"],
        body=body,
        timestamp=timestamp,
    )
    return request


def authorization(secret_id: str, secret_key: str, *, host: str, content_type: str, body: bytes, timestamp: int) -> str:
    """The header Authorization of a POST to the root: a key of the day signs content type, host and body.

    Args:
        secret_id: of the API key.
        secret_key: of the API key.
        host: as in the header Host.
        content_type: as in its header.
        body: as it is sent.
        timestamp: Unix seconds, as in the header X-TC-Timestamp.
    """
    date = f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"
    scope = f"{date}/{SERVICE}/tc3_request"
    headers = f"content-type:{content_type}\nhost:{host}\n"
    asked = "\n".join(("POST", "/", "", headers, SIGNED_HEADERS, hashlib.sha256(body).hexdigest()))
    text = "\n".join((ALGORITHM, str(timestamp), scope, hashlib.sha256(asked.encode()).hexdigest()))
    key = f"TC3{secret_key}".encode()
    for part in (date, SERVICE, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={SIGNED_HEADERS}, Signature={signature}"


def user_sig(config: TrtcConfig, user_id: str, at: datetime) -> SecretStr:
    """What lets a user enter rooms of the application: who and until when, signed by its SDKSecretKey.

    Args:
        config: of the application.
        user_id: whom it lets in.
        at: from when on it counts.
    """
    begins, lasts = int(at.timestamp()), config.user_sig_lifetime
    signed = {
        "TLS.identifier": user_id,
        "TLS.sdkappid": config.sdk_app_id,
        "TLS.time": begins,
        "TLS.expire": lasts,
    }
    text = "".join(f"{name}:{value}\n" for name, value in signed.items())
    digest = hmac.digest(config.app_key.get_secret_value().encode(), text.encode(), "sha256")
    ticket = {"TLS.ver": "2.0", **signed, "TLS.sig": base64.b64encode(digest).decode()}
    return SecretStr(base64.b64encode(zlib.compress(json.dumps(ticket).encode())).decode().translate(URL_SAFE))
