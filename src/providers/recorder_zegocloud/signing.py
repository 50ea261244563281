"""How a request is signed: Signature 2.0 ("Signing the requests", ZEGOCLOUD, 2025-10-29)."""

from __future__ import annotations

import secrets
import time
from hashlib import md5
from urllib.parse import urlencode

from requests import PreparedRequest

from recorder_zegocloud.config import ZegocloudConfig
from recorder_zegocloud.tables import NONCE_BYTES, SIGNATURE_VERSION

__all__ = ["sign", "signature"]


def sign(config: ZegocloudConfig, request: PreparedRequest) -> PreparedRequest:
    """Add a signature to the query, of its own for every attempt; the vendor judges it by the wall clock."""
    nonce, timestamp = secrets.token_hex(NONCE_BYTES), int(time.time())
    signed = {
        "SignatureNonce": nonce,
        "Timestamp": timestamp,
        "SignatureVersion": SIGNATURE_VERSION,
        "Signature": signature(config.app_id, nonce, config.server_secret.get_secret_value(), timestamp),
    }
    request.url = f"{request.url}&{urlencode(signed)}"
    return request


def signature(app_id: int, nonce: str, server_secret: str, timestamp: int) -> str:
    """MD5 of AppId, SignatureNonce, ServerSecret and Timestamp, lower-case hex.

    The vendor fixes the algorithm; it covers neither action nor body.
    """
    text = f"{app_id}{nonce}{server_secret}{timestamp}"
    return md5(text.encode(), usedforsecurity=False).hexdigest()
