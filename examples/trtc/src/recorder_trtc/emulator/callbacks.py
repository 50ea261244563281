"""What an emulated task tells by callback: the events, their bodies and their signature.

Spoken as "Cloud Recording and Web Page Recording Webhooks" (Tencent Cloud, 2024-11-06) describes it. Where it is
silent, the choices are these: a delivery that is repeated has a `CallbackTs`, and so a signature, of its own; a numeric
room id is told as a number.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import itertools
import json
from collections.abc import Mapping
from typing import Any

from recorder_core.emulation.callbacks import CallbackSender
from recorder_trtc.wire.callbacks import GROUP

__all__ = ["Notifier", "Outbox"]


class Notifier:
    """Signs the notifications of one application, and hands them over for delivery.

    Args:
        sdk_app_id: the application's number.
        secret: the key of its callbacks.
        callbacks: who delivers.
    """

    def __init__(self, sdk_app_id: int, secret: str, callbacks: CallbackSender) -> None:
        self._sdk_app_id = sdk_app_id
        self._secret = secret.encode()
        self._callbacks = callbacks

    def send(self, at: float, event_type: int, info: Mapping[str, Any]) -> None:
        """Send an event of `at` (Unix s)."""

        def render(now: float, _deliveries: int) -> tuple[dict[str, str], bytes]:
            told = {
                "EventGroupId": GROUP,
                "EventType": int(event_type),
                "CallbackTs": int(now * 1000),
                "EventInfo": {**info, "EventTs": int(at), "EventMsTs": int(at * 1000)},
            }
            body = json.dumps(told, ensure_ascii=False, indent="\t").encode()
            signature = base64.b64encode(hmac.new(self._secret, body, hashlib.sha256).digest()).decode()
            headers = {"Content-Type": "application/json", "Sign": signature, "SdkAppId": str(self._sdk_app_id)}
            return headers, body

        self._callbacks.emit(at, None, render, event=int(event_type))


class Outbox:
    """The notifications of one task, sent in the order of their instants.

    Args:
        ids: the members that name the task: `RoomId`, `UserId`, `TaskId`.
        notifier: who signs and sends them.
    """

    def __init__(self, ids: Mapping[str, Any], notifier: Notifier) -> None:
        self._ids = dict(ids)
        self._notifier = notifier
        self._order = itertools.count()
        self._planned: list[tuple[float, int, int, Mapping[str, Any]]] = []

    @property
    def next_at(self) -> float | None:
        """When the next one is to be sent (Unix s); None: none is planned."""
        return self._planned[0][0] if self._planned else None

    def add(self, at: float, event_type: int, payload: Mapping[str, Any]) -> None:
        """Plan one for the instant `at` (Unix s)."""
        heapq.heappush(self._planned, (at, next(self._order), event_type, dict(payload)))

    def send(self, now: float) -> None:
        """Send what is due by `now` (Unix s)."""
        while self._planned and self._planned[0][0] <= now:
            at, _, event_type, payload = heapq.heappop(self._planned)
            self._notifier.send(at, event_type, {**self._ids, "Payload": payload})
