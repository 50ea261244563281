"""Callbacks as the vendor sends them, and recorders that receive them at the right moment."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recorder_core import Recorder, WebhookRequest
from recorder_core.emulation.clock import EmulatorClock

SAMPLES = Path(__file__).parent / "callbacks"
"""A raw body for each event type, named after it, with the first signature of `VECTORS`."""
SENT_AT = 1767225600
"""When the samples were sent, in Unix seconds."""
APP_ID = 1234567890
TASK = "aVW5AOE4IyvEAAAq"
SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
VECTORS = [
    (SECRET, "1767225600", "483920", "b4d0ebfd92ab788a3b8961b59bf0fa80c7da5bc3"),
    ("c3d4e5f60718293a4b5c6d7e8f90a1b2", "1767225600", "99", "bbd169d29c96c97ca511d2435bccb8290c127630"),
    ("secret", "1470820198", "123412", "5bd59fd62953a8059fb7eaba95720f66d19e4517"),
]
"""CallbackSecret, timestamp, nonce and their signature: two worked ones, and the vendor's published sample."""


def sample(name: str | int) -> bytes:
    """The raw body of an event type."""
    return (SAMPLES / f"{name}.json").read_bytes()


def signed(secret: str = SECRET, *, at: float = SENT_AT, nonce: str | None = None, **members: Any) -> dict[str, Any]:
    """A callback with a signature of its own; None leaves a member out."""
    nonce, timestamp = nonce or secrets.token_hex(8), str(int(at))
    joined = "".join(sorted([secret, timestamp, nonce]))
    body = {
        "app_id": APP_ID,
        "task_id": TASK,
        "room_id": "room-42",
        "event_type": 7,
        "message": "",
        "nonce": nonce,
        "timestamp": timestamp,
        "signature": hashlib.sha1(joined.encode()).hexdigest(),
        "sequence": 0,
        "detail": {},
    } | members
    return {name: value for name, value in body.items() if value is not None}


def posted(body: Any, content_type: str = "application/json") -> WebhookRequest:
    """A callback as it arrives; anything but bytes is written as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WebhookRequest("POST", "https://example.com/callbacks", {"content-type": content_type}, data)


@contextmanager
def receiver(at: float = SENT_AT, **config: Any) -> Iterator[Recorder]:
    """A recorder of the samples' project, whose clock stands still at the moment they were sent."""
    settings = {"app_id": APP_ID, "server_secret": "0" * 32, "webhook_secret": SECRET, **config}
    with Recorder("zegocloud", clock=EmulatorClock(frozen=True, start=at), hooks=[], **settings) as recorder:
        yield recorder
