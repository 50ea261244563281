"""Telling a true callback of the vendor's from a forged, stale or foreign one.

From "Cloud Recording and Web Page Recording Webhooks" (Tencent Cloud, 2024-11-06): the header Sign is the HMAC-SHA256
of the body, in base64; SdkAppId, another header, isn't signed.
"""

from __future__ import annotations

import base64
import hmac

from recorder_core.errors import WebhookRejected
from recorder_core.models import RecordingEvent, WebhookRequest
from recorder_core.webhooks import json_object, refuse_stale, verify
from recorder_trtc.config import TrtcConfig
from recorder_trtc.translate.events import event_of
from recorder_trtc.wire.callbacks import GROUP, Callback

__all__ = ["HEADER", "events_of", "is_callback", "signature"]

HEADER = "Sign"
ENVELOPE = frozenset({"EventGroupId", "EventType", "CallbackTs", "EventInfo"})
"""The members that tell a callback of this vendor's from other JSON objects."""


def signature(secret: bytes, body: bytes) -> str:
    """The HMAC-SHA256 of a body, in base64."""
    return base64.b64encode(hmac.digest(secret, body, "sha256")).decode()


def events_of(config: TrtcConfig, request: WebhookRequest, now: float) -> list[RecordingEvent]:
    """The event that a callback tells: one, always.

    Args:
        config: of the application whose callback it must be.
        request: as it arrived.
        now: Unix seconds.

    Raises:
        WebhookRejected: it is no callback of a recording, another application's, forged or stale.
    """
    given = request.header(HEADER)
    verify(
        request,
        config.webhook_secret,
        lambda secret: signature(secret, request.body),
        given,
        where=f"the header {HEADER}",
    )
    raw = json_object(request.body)
    missing = sorted(ENVELOPE - raw.keys())
    callback = Callback.model_validate(raw)
    if missing or callback.EventInfo is None:
        raise WebhookRejected(
            f"this is no callback of TRTC: it lacks {', '.join(missing) or 'an object as EventInfo'}",
            fault="caller",
            hint="Give this address to the vendor alone.",
        )
    if callback.EventGroupId != GROUP or not callback.EventInfo.TaskId:
        raise WebhookRejected(
            f"the callback is of event group {callback.EventGroupId}, and recordings have {GROUP} and a TaskId",
            fault="caller",
            hint="The console has an address for each group of events: give this one to On-Cloud Recording alone.",
        )
    application = request.header("SdkAppId")
    if application is not None and application.strip() != str(config.sdk_app_id):
        raise WebhookRejected(
            "the callback is of another application: its header SdkAppId isn't this recorder's",
            fault="caller",
            hint="One recorder takes the callbacks of one application.",
        )
    sent_at = callback.CallbackTs
    refuse_stale(None if sent_at is None else sent_at / 1000, now, config.webhook_max_age)
    return [event_of(callback, raw)]


def is_callback(request: WebhookRequest) -> bool:
    """Whether it looks like a callback of the vendor's. Nothing is verified or raised."""
    try:
        return json_object(request.body).keys() >= ENVELOPE
    except WebhookRejected:
        return False
