"""Telling a true callback of the vendor's from a forged, stale or foreign one.

From "Recording status callback" (ZEGOCLOUD, 2025-11-26; Chinese edition of 2026-04-07). The signature stands in the
JSON body, so that this has to be parsed first, and doesn't cover it: it proves that somebody knows the CallbackSecret,
or saw a callback that was signed with it. Against the latter stand the age of the callback, the memory of what was
signed before, and `receive(confirm=True)`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from recorder_core.errors import WebhookRejected
from recorder_core.models import RecordingEvent, WebhookRequest
from recorder_core.webhooks import json_object, refuse_stale, signed_by
from recorder_zegocloud.config import ZegocloudConfig
from recorder_zegocloud.translate.events import event_of
from recorder_zegocloud.translate.start import CALLBACK_KEY
from recorder_zegocloud.wire.callbacks import Callback

__all__ = ["events_of", "is_callback", "signature"]

ENVELOPE = ("app_id", "task_id", "event_type", "timestamp")
"""The members that tell a callback of this vendor's from other JSON objects."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
FORM = re.compile(rb"\s*[A-Za-z_]+=")
"""How the body of a form begins."""
CLIENT_TASK_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What an id of ours may be; the vendor states neither alphabet nor length."""
MOST_PARAMETERS = 64
"""Of an address whose query is read."""


def events_of(config: ZegocloudConfig, request: WebhookRequest, now: float) -> list[RecordingEvent]:
    """The event that a callback tells: one, always.

    Args:
        config: of the project whose callback it must be.
        request: as it arrived.
        now: Unix seconds.

    Raises:
        WebhookRejected: it is no callback, another project's, forged or stale.
    """
    raw = _object(request)
    missing = [name for name in ENVELOPE if name not in raw]
    # What may be long and costly to read is read when the rest is true.
    callback = Callback.model_validate({**raw, "detail": None})
    if missing or not callback.task_id:
        raise WebhookRejected(
            f"this is no recording callback of ZEGOCLOUD: it lacks {', '.join(missing) or 'a task_id'}",
            fault="caller",
            hint="Projects that enabled Cloud Recording before 2021-11-29 get callbacks of an older form: ask the "
            "vendor for the current one.",
        )
    if callback.app_id != config.app_id:
        raise WebhookRejected(
            f"the callback is of another project: its app_id is {callback.app_id}, and this recorder's {config.app_id}",
            fault="caller",
            hint="Each project has a callback address of its own in the vendor's console; one recorder takes the "
            "callbacks of one project.",
        )
    nonce = _verified(config, callback)
    refuse_stale(callback.sent_at, now, config.webhook_max_age)
    return [event_of(Callback.model_validate(raw), raw, nonce, _recording_of(request.url))]


def is_callback(request: WebhookRequest) -> bool:
    """Whether it looks like a callback of the vendor's. Nothing is verified or raised."""
    try:
        return json_object(request.body).keys() >= set(ENVELOPE)
    except WebhookRejected:
        return False


def signature(secret: bytes, timestamp: str, nonce: str) -> str:
    """SHA-1 of the secret, the timestamp and the nonce, sorted as bytes and joined, in lower-case hex.

    The vendor fixes the algorithm; it covers nothing of the body but these two.
    """
    parts = sorted((secret, timestamp.encode(), nonce.encode()))
    return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()


def _object(request: WebhookRequest) -> Mapping[str, Any]:
    """The body's object. The vendor doesn't state a content type, so that none is asked for."""
    content_type = (request.header("Content-Type") or "").lower()
    is_json = request.body.lstrip().startswith(b"{")
    if FORM.match(request.body) or (content_type.startswith(FORMS) and not is_json):
        raise WebhookRejected(
            "the callback is a form; ZEGOCLOUD's are JSON",
            fault="caller",
            hint="The vendor sends forms only where a project asked for them: have it set back to JSON. If it didn't, "
            "check what stands between, and give the body as it arrived.",
        )
    return json_object(request.body)


def _recording_of(url: str) -> str | None:
    """The id of the recording that `callback_url` was given with; it is no more certain than the body is."""
    try:
        ids = parse_qs(urlsplit(url).query, max_num_fields=MOST_PARAMETERS).get(CALLBACK_KEY, [])
    except ValueError:
        return None
    return ids[-1] if ids and CLIENT_TASK_ID.fullmatch(ids[-1]) else None


def _verified(config: ZegocloudConfig, callback: Callback) -> str | None:
    """What makes the delivery unique; None where there is no secret, so that nothing is proved.

    The signature does: it is the same however the digits are divided between timestamp and nonce. Its digest stands for
    it, for the signature itself could be sent again while it is young.

    Raises:
        WebhookRejected: it isn't signed with one of the secrets.
    """
    if not config.webhook_secret:
        return None
    timestamp, nonce, given = callback.timestamp, callback.nonce, callback.signature
    if not (timestamp and nonce and given):
        absent = [name for name in ("timestamp", "nonce", "signature") if not getattr(callback, name)]
        raise WebhookRejected(
            f"the callback has no signature: its body lacks {', '.join(absent)}",
            response_status=403,
            fault="caller",
            hint="It isn't the vendor's.",
        )
    if not signed_by(config.webhook_secret, lambda secret: signature(secret, timestamp, nonce), given):
        raise WebhookRejected(
            "the callback is forged, or signed with another secret: its signature doesn't fit its timestamp and nonce",
            response_status=403,
            fault="caller",
            hint="Compare webhook_secret with the CallbackSecret on the project's page in the vendor's console; it is "
            "neither the ServerSecret nor the AppSign.",
        )
    return hashlib.sha256(given.encode()).hexdigest()
