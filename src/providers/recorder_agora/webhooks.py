"""Callbacks: verified over their bytes, then read. What they say in neutral words is `translate.events`' to tell.

Headers and signatures from "Receive notifications" (Agora, 2026). The digests that it prints fit an older body than
the one it prints.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from types import MappingProxyType

from recorder_agora.config import AgoraConfig
from recorder_agora.translate.events import event_of, masked
from recorder_agora.wire.callbacks import Callback
from recorder_core.errors import WebhookRejected
from recorder_core.models import RecordingEvent, WebhookRequest
from recorder_core.webhooks import json_object, refuse_stale, verify

__all__ = ["SIGNATURES", "events_of", "is_callback", "signature"]

SIGNATURES: Mapping[str, str] = MappingProxyType({"Agora-Signature-V2": "sha256", "Agora-Signature": "sha1"})
"""The hash of the HMAC by header, the one that counts first."""
KEYS = frozenset({"productId", "eventType", "notifyMs", "payload"})
"""What every callback has."""


def signature(secret: bytes, body: bytes, digest: str = "sha256") -> str:
    """What the vendor signs a body with: an HMAC in lower-case hex."""
    return hmac.digest(secret, body, digest).hex()


def events_of(config: AgoraConfig, request: WebhookRequest, now: float) -> list[RecordingEvent]:
    """The one event of a callback that is true and young.

    Where there are both signatures, the newer one decides alone.

    Args:
        config: has the secrets and the largest age.
        request: the callback as it arrived.
        now: Unix seconds.

    Raises:
        WebhookRejected: it is forged, too old, or no callback of this vendor's.
    """
    header = next((name for name in SIGNATURES if request.header(name) is not None), None)
    digest = SIGNATURES[header or "Agora-Signature-V2"]
    verify(
        request,
        config.webhook_secret,
        lambda secret: signature(secret, request.body, digest),
        request.header(header) if header else None,
        where=f"the header {header or ' or '.join(SIGNATURES)}",
    )
    tree = json_object(request.body)
    if "eventType" not in tree:
        raise WebhookRejected(
            "the callback has no eventType, which every notification of the vendor's has",
            hint="Give this address to the vendor alone.",
        )
    # Most callbacks hold no such address; a letter of it may be written as an escape.
    raw = masked(tree) if b"rtmp" in request.body.lower() or b"\\u" in request.body else tree
    callback = Callback.model_validate(raw)
    refuse_stale(None if callback.notifyMs is None else callback.notifyMs / 1000, now, config.webhook_max_age)
    return [event_of(callback, raw)]


def is_callback(request: WebhookRequest) -> bool:
    """Whether it looks like a callback of this vendor's, by its headers or keys. Nothing is verified or raised."""
    if any(request.header(name) is not None for name in SIGNATURES):
        return True
    try:
        return json_object(request.body).keys() >= KEYS
    except WebhookRejected:
        return False
