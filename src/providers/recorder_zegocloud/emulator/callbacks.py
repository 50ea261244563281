"""What an emulated task tells by callback: the events, their bodies and their signature.

Spoken as "Recording status callback" (ZEGOCLOUD, 2025-11-26; Chinese edition 2026-04-07) describes it. Where it is
silent, the choices are these: `message` is empty, as in its sample; each delivery of a notification has a nonce, a
timestamp and so a signature of its own; events without documented details have an empty object for them.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recorder_core.emulation.callbacks import CallbackSender
from recorder_zegocloud.wire.answers import RecordFile
from recorder_zegocloud.wire.values import FileStatus

__all__ = ["Notifier", "Outbox", "nonces", "signature", "upload"]

NONCES = 900_000
"""How many numbers of six digits there are, as the nonce of the vendor's sample is one."""
STRIDE = 618_047
"""Shares no factor with NONCES, so that stepping by it meets every one of them once."""


def signature(callback_secret: str, timestamp: str, nonce: str) -> str:
    """The SHA-1 of the three, sorted as strings and joined without separators, in lower-case hex."""
    text = "".join(sorted((callback_secret, timestamp, nonce)))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def nonces() -> Iterator[str]:
    """Numbers of six digits in no visible order, none of which comes twice among 900,000."""
    for number in itertools.count(secrets.randbelow(NONCES)):
        yield str(100_000 + number * STRIDE % NONCES)


def upload(files: Sequence[RecordFile]) -> dict[str, Any]:
    """The `detail` of event 1: the files, and whether the customer's storage took all of them."""
    stored = all(file.Status == FileStatus.UPLOADED for file in files)
    return {"upload_status": 1 if stored else 2, "file_info": [_file_info(file) for file in files]}


def _file_info(file: RecordFile) -> dict[str, Any]:
    """The file as callbacks write it: `FileId` is `file_id`."""
    written = file.model_dump(exclude_none=True)
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): value for name, value in written.items()}


class Notifier:
    """Signs the notifications of one app, and hands them over for delivery.

    Args:
        app_id: the project's number.
        callback_secret: the project's CallbackSecret.
        callbacks: who delivers.
    """

    def __init__(self, app_id: int, callback_secret: str, callbacks: CallbackSender) -> None:
        self._app_id = app_id
        self._callback_secret = callback_secret
        self._callbacks = callbacks
        self._nonces = nonces()

    def send(self, at: float, url: str | None, event: Mapping[str, Any]) -> None:
        """Send an event of `at` (Unix s) to the task's own address, or else to the app's."""

        def render(now: float, _deliveries: int) -> tuple[dict[str, str], bytes]:
            timestamp, nonce = str(int(now)), next(self._nonces)
            signed = {
                "nonce": nonce,
                "timestamp": timestamp,
                "signature": signature(self._callback_secret, timestamp, nonce),
            }
            body = {"app_id": self._app_id, **event, **signed}
            return {"Content-Type": "application/json"}, json.dumps(body, ensure_ascii=False).encode()

        self._callbacks.emit(at, url, render, event=event["event_type"])


class Outbox:
    """The notifications of one task, sent in the order of their instants and numbered as they are sent.

    Args:
        ids: the members that name the task: `task_id` and `room_id`.
        url: where the task's own go to; None: where the app's go.
        notifier: who signs and sends them.
    """

    def __init__(self, ids: Mapping[str, str], *, url: str | None, notifier: Notifier) -> None:
        self._ids = dict(ids)
        self._url = url
        self._notifier = notifier
        self._sequence = itertools.count()
        self._order = itertools.count()
        self._planned: list[tuple[float, int, int, Mapping[str, Any]]] = []

    @property
    def next_at(self) -> float | None:
        """When the next one is to be sent (Unix s); None: none is planned."""
        return self._planned[0][0] if self._planned else None

    def add(self, at: float, event_type: int, detail: Mapping[str, Any] | None = None) -> None:
        """Plan one for the instant `at` (Unix s)."""
        heapq.heappush(self._planned, (at, next(self._order), event_type, dict(detail or {})))

    def send(self, now: float) -> None:
        """Send what is due by `now` (Unix s)."""
        while self._planned and self._planned[0][0] <= now:
            at, _, event_type, detail = heapq.heappop(self._planned)
            numbered = {"sequence": next(self._sequence), "detail": detail}
            self._notifier.send(at, self._url, {**self._ids, "event_type": int(event_type), "message": "", **numbered})
