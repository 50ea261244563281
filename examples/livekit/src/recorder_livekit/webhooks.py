"""Telling a true callback of LiveKit's from a forged, stale or foreign one.

From "Webhooks and events" (LiveKit docs, 2026) and webhook/url_notifier.go (livekit/protocol, 2026-08-22): the header
Authorization holds a token, made anew for each event and good for five minutes, whose claim `sha256` is the digest of
the body. The body is `application/webhook+json`.
"""

from __future__ import annotations

import hmac

from recorder_core.errors import WebhookRejected
from recorder_core.models import RecordingEvent, WebhookRequest
from recorder_core.webhooks import json_object, refuse_stale, signed_by

from recorder_livekit.config import LivekitConfig
from recorder_livekit.signing import claims_of, digest_of, signature
from recorder_livekit.tables import LEEWAY_S
from recorder_livekit.translate.events import event_of, is_of_an_egress
from recorder_livekit.wire.answers import WebhookEvent

__all__ = ["events_of", "is_callback"]

HEADER = "Authorization"
ENVELOPE = frozenset({"event", "id", "createdAt"})
"""The members that every callback has."""


def events_of(config: LivekitConfig, request: WebhookRequest, now: float) -> list[RecordingEvent]:
    """The event that a callback tells; none where it is about a room and no egress.

    Args:
        config: of the project whose callback it must be.
        request: as it arrived.
        now: Unix seconds.

    Raises:
        WebhookRejected: it is forged, stale or no callback of this vendor's.
    """
    _verify(config, request, now)
    raw = json_object(request.body)
    event = WebhookEvent.model_validate(raw)
    if not event.event or not event.id:
        raise WebhookRejected(
            "this is no callback of LiveKit's: it lacks an event or its id",
            fault="caller",
            hint="Give this address to LiveKit alone.",
        )
    if not config.webhook_secret:
        refuse_stale(event.created_at or None, now, config.webhook_max_age)
    if not is_of_an_egress(event):
        return []
    if event.egress_info is None or not event.egress_info.egress_id:
        raise WebhookRejected("the callback is about an egress, and doesn't name it", fault="caller")
    return [event_of(event, event.egress_info, raw)]


def is_callback(request: WebhookRequest) -> bool:
    """Whether it looks like a callback of the vendor's. Nothing is verified or raised."""
    kind = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    try:
        return kind == "application/webhook+json" or json_object(request.body).keys() >= ENVELOPE
    except WebhookRejected:
        return False


def _verify(config: LivekitConfig, request: WebhookRequest, now: float) -> None:
    """Refuse what none of the secrets signed, or signed long ago, or for another body.

    Raises:
        WebhookRejected: it is so.
    """
    if not config.webhook_secret:
        return
    given = (request.header(HEADER) or "").removeprefix("Bearer ").strip()
    if not given:
        raise WebhookRejected(
            f"the callback has no signature: the header {HEADER} is missing",
            response_status=403,
            fault="caller",
            hint="It isn't the vendor's, or a proxy took the header away.",
        )
    claims = claims_of(given)
    signed, _, signing = given.rpartition(".")
    digest = claims.get("sha256")
    right = digest_of(request.body)
    if not signed_by(config.webhook_secret, lambda secret: signature(secret, signed), signing):
        raise _forged("its token is signed with another secret")
    if not isinstance(digest, str) or not hmac.compare_digest(digest.encode("utf-8", "replace"), right.encode()):
        raise _forged(f"its token doesn't fit its {len(request.body)} bytes")
    expires, since = (claims.get(name) for name in ("exp", "nbf"))
    if not isinstance(expires, int | float) or isinstance(expires, bool) or expires + LEEWAY_S < now:
        raise WebhookRejected(
            "the callback's token is no longer good, or doesn't say until when it is",
            response_status=403,
            fault="caller",
            hint="It is an old one that somebody sends again, or this computer's clock is wrong.",
        )
    if isinstance(since, int | float) and not isinstance(since, bool):
        refuse_stale(since, now, config.webhook_max_age)


def _forged(why: str) -> WebhookRejected:
    return WebhookRejected(
        f"the callback is forged, or signed with another secret: {why}",
        response_status=403,
        fault="caller",
        hint="Compare webhook_secret with the secret of the API key that the webhook is signed with, and give the body "
        "as it arrived: parsing it and writing it again changes it.",
    )
