"""Callbacks as the vendor sends them, and recorders that receive them at the right moment."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recorder_agora.config import AgoraConfig
from recorder_agora.webhooks import events_of
from recorder_core import Recorder, RecordingEvent, WebhookRequest
from recorder_core.emulation.clock import EmulatorClock

SAMPLES = Path(__file__).parent / "callbacks"
"""A raw body for each event type, named after it, and some in other forms."""
SECRET = "wire-secret-01"
SENT_AT = 1784110500.0
"""When `written` bodies are sent, in Unix seconds."""
SID = "8c2e4a6f0b1d3c5e7f9a8b6d4c2e0f11"
ACCOUNT = {"app_id": "app-id-of-the-test", "customer_id": "customer-id", "customer_secret": "customer-secret"}


def config(*webhook_secret: str, **more: Any) -> AgoraConfig:
    """Some project's; its callbacks are signed with these secrets, if any."""
    return AgoraConfig.checked({**ACCOUNT, "webhook_secret": webhook_secret, **more})


def sample(name: str | int) -> bytes:
    """The raw body of an event type."""
    return (SAMPLES / f"{name}.json").read_bytes()


def written(event_type: Any = 40, details: Any = None, /, **members: Any) -> dict[str, Any]:
    """A notification of the recording `SID`; members of payload by their names, those of the envelope in `envelope`."""
    envelope = members.pop("envelope", {})
    payload = {
        "cname": "lesson-204",
        "uid": "900002",
        "sid": SID,
        "sequence": 0,
        "sendts": int(SENT_AT * 1000),
        "serviceType": 0,
        "details": {} if details is None else details,
    }
    return {
        "noticeId": "2000017311:90210:1",
        "productId": 3,
        "eventType": event_type,
        "notifyMs": int(SENT_AT * 1000),
        "payload": payload | members,
    } | envelope


def bytes_of(body: Any) -> bytes:
    """A body as it goes over the wire."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def digest(body: bytes, secret: str = SECRET, name: str = "sha256") -> str:
    """The signature of a body."""
    return hmac.new(secret.encode(), body, getattr(hashlib, name)).hexdigest()


def posted(body: Any, *, secret: str = SECRET, **headers: str) -> WebhookRequest:
    """A callback as it arrives, with both signatures; `headers` in their place, with `_` for `-`."""
    data = bytes_of(body)
    signatures = {"agora-signature": digest(data, secret, "sha1"), "agora-signature-v2": digest(data, secret)}
    chosen = {name.replace("_", "-"): value for name, value in headers.items()} or signatures
    return WebhookRequest("POST", "/callbacks/agora", {"content-type": "application/json", **chosen}, data)


def event(body: Any, *, now: float | None = None) -> RecordingEvent:
    """What a signed body becomes, received when it was sent."""
    request = posted(body)
    if now is None:
        now = json.loads(request.body)["notifyMs"] / 1000
    (found,) = events_of(config(SECRET), request, now)
    return found


@contextmanager
def receiver(*webhook_secret: str, now: float = SENT_AT) -> Iterator[Recorder]:
    """A recorder whose clock stands still."""
    clock = EmulatorClock(frozen=True, start=now)
    with Recorder("agora", clock=clock, hooks=[], webhook_secret=webhook_secret, **ACCOUNT) as recorder:
        yield recorder
