"""Telling a true callback of the press's from others: it signs the body with HMAC-SHA256, in hex."""

from __future__ import annotations

import hmac

from recorder_core import RecordingEvent, WebhookRejected, WebhookRequest
from recorder_core.webhooks import json_object, refuse_stale, verify
from recorder_paper.config import PaperConfig
from recorder_paper.events import event_of

HEADER = "Press-Signature"
KEYS = {"tape", "happened", "number", "at"}


def events_of(config: PaperConfig, request: WebhookRequest, now: float) -> list[RecordingEvent]:
    """The one event of a callback that is true and young."""
    verify(
        request,
        config.webhook_secret,
        lambda secret: hmac.digest(secret, request.body, "sha256").hex(),
        request.header(HEADER),
        where=f"the header {HEADER}",
    )
    told = json_object(request.body)
    if not isinstance(told.get("tape"), str):
        raise WebhookRejected("the callback names no tape", hint="Give this address to the press alone.")
    sent_at = told.get("at")
    refuse_stale(sent_at if isinstance(sent_at, int | float) else None, now, config.webhook_max_age)
    return [event_of(told)]


def is_callback(request: WebhookRequest) -> bool:
    """Whether it has the press's header or keys."""
    try:
        return request.header(HEADER) is not None or json_object(request.body).keys() >= KEYS
    except WebhookRejected:
        return False
