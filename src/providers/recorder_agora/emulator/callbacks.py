"""What the emulated service tells by notification: the events, their bodies and their signatures.

From the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026) and the pages on webhooks of its
Notification Center Service (2026). Where they are silent, the choices are these:

* `sequence` counts every event of a recording, also those that aren't ticked in the console;
* after the repeat at once, the next two come after 5 and 15 s;
* event 13 is named after the words of the page on best practices, an event that no page knows after its number.
"""

from __future__ import annotations

import hmac
import json
import uuid
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from recorder_core.emulation.callbacks import CallbackSender, Render
from recorder_core.emulation.posting import Poster

__all__ = ["EVENTS", "RETRIES", "EventType", "Notifier", "Outbox", "milliseconds", "signatures"]

RETRIES: Final = (0.0, 5.0, 15.0)
"""Seconds before each repeat of what wasn't answered 200 within 10 s."""
CLOUD_RECORDING: Final = 3
"""`productId`."""
TEST: Final = {"channelName": "test_webhook", "uid": 12121212}
"""What the console's health check tells: nothing of a recording."""


class EventType(IntEnum):
    """`eventType` of the envelope."""

    ERROR = 1
    WARNING = 2
    STATUS = 3
    FILE_INFOS = 4
    EXIT = 11
    FAILOVER = 12
    REGISTERED = 13
    UPLOADER_STARTED = 30
    UPLOADED = 31
    BACKED_UP = 32
    PROGRESS = 33
    RECORDER_STARTED = 40
    RECORDER_LEFT = 41
    SLICE_STARTED = 42
    AUDIO_STATE = 43
    VIDEO_STATE = 44
    SNAPSHOT = 45
    VOD_STARTED = 60
    VOD_TRIGGERED = 61
    PAGE_STARTED = 70
    PAGE_STOPPED = 71
    PAGE_LIMIT = 72
    PAGE_RELOADED = 73
    TRANSCODER_STARTED = 80
    TRANSCODER_COMPLETED = 81
    DOWNLOAD_FAILED = 90
    PUSH_STATUS = 100
    POSTPONED_RESULT = 1001


SERVICE, RECORDER, UPLOADER, EXTENSION, WEB, DOWNLOADER = 0, 1, 2, 4, 6, 8

EVENTS: Final[Mapping[int, tuple[str, int]]] = {
    EventType.ERROR: ("cloud_recording_error", SERVICE),
    EventType.WARNING: ("cloud_recording_warning", SERVICE),
    EventType.STATUS: ("cloud_recording_status_update", SERVICE),
    EventType.FILE_INFOS: ("cloud_recording_file_infos", SERVICE),
    EventType.EXIT: ("session_exit", SERVICE),
    EventType.FAILOVER: ("session_failover", SERVICE),
    EventType.REGISTERED: ("high_availability_register_success", SERVICE),
    EventType.UPLOADER_STARTED: ("uploader_started", UPLOADER),
    EventType.UPLOADED: ("uploaded", UPLOADER),
    EventType.BACKED_UP: ("backuped", UPLOADER),
    EventType.PROGRESS: ("uploading_progress", UPLOADER),
    EventType.RECORDER_STARTED: ("recorder_started", RECORDER),
    EventType.RECORDER_LEFT: ("recorder_leave", RECORDER),
    EventType.SLICE_STARTED: ("recorder_slice_start", RECORDER),
    EventType.AUDIO_STATE: ("recorder_audio_stream_state_changed", RECORDER),
    EventType.VIDEO_STATE: ("recorder_video_stream_state_changed", RECORDER),
    EventType.SNAPSHOT: ("recorder_snapshot_file", RECORDER),
    EventType.VOD_STARTED: ("vod_started", EXTENSION),
    EventType.VOD_TRIGGERED: ("vod_triggered", EXTENSION),
    EventType.PAGE_STARTED: ("web_recorder_started", WEB),
    EventType.PAGE_STOPPED: ("web_recorder_stopped", WEB),
    EventType.PAGE_LIMIT: ("web_recorder_capability_limit", WEB),
    EventType.PAGE_RELOADED: ("web_recorder_reload", WEB),
    EventType.TRANSCODER_STARTED: ("transcoder_started", SERVICE),
    EventType.TRANSCODER_COMPLETED: ("transcoder_completed", SERVICE),
    EventType.DOWNLOAD_FAILED: ("download_failed", DOWNLOADER),
    EventType.PUSH_STATUS: ("rtmp_publish_status", WEB),
    EventType.POSTPONED_RESULT: ("postpone_transcode_final_result", SERVICE),
}
"""By event type: `msgName` and `serviceType`."""


def milliseconds(at: float) -> int:
    """A Unix second as the wire has it."""
    return int(at * 1000)


def signatures(secret: str, body: bytes) -> dict[str, str]:
    """The two headers that are made from the body's very bytes: HMAC-SHA1 and HMAC-SHA256 in lower-case hex."""
    key = secret.encode()
    return {
        "Agora-Signature": hmac.new(key, body, "sha1").hexdigest(),
        "Agora-Signature-V2": hmac.new(key, body, "sha256").hexdigest(),
    }


class Notifier:
    """Signs the notifications of one project, and hands them over for delivery.

    Args:
        secret: the console's, which signs.
        callbacks: who delivers.
    """

    def __init__(self, secret: str, callbacks: CallbackSender) -> None:
        self._secret = secret
        self._callbacks = callbacks

    @property
    def active(self) -> bool:
        """Whether anybody may receive something."""
        return self._callbacks.active

    def send(self, at: float, event: int, payload: Mapping[str, Any]) -> None:
        """Send an event of `at` (Unix s), and its double under another `noticeId` where one is ordered."""
        if self.active:
            double = self._notification(event, payload)
            self._callbacks.emit(at, None, self._notification(event, payload), event=event, double=double)

    def check(self, event: int, at: float, url: str) -> int | None:
        """Send a test notification at once; the HTTP status of the answer, None without one within 10 s."""
        headers, body = self._notification(event, TEST)(at, 0)
        with Poster() as poster:
            status, _ = poster.post(url, headers, body)
        return status

    def _notification(self, event: int, payload: Mapping[str, Any]) -> Render:
        notice = str(uuid.uuid4())

        def render(now: float, _deliveries: int) -> tuple[dict[str, str], bytes]:
            envelope = {
                "noticeId": notice,
                "productId": CLOUD_RECORDING,
                "eventType": int(event),
                "notifyMs": milliseconds(now),
                "payload": payload,
            }
            body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
            return {"Content-Type": "application/json", **signatures(self._secret, body)}, body

        return render


class Outbox:
    """The notifications of one recording, numbered from 0 as they are sent.

    Args:
        notifier: who signs and sends them.
        cname: as in the requests.
        uid: the recorder's; another one after each move to another server.
        sid: the recording's.
    """

    def __init__(self, notifier: Notifier, *, cname: str, uid: str, sid: str) -> None:
        self._notifier = notifier
        self._cname = cname
        self.uid = uid
        self._sid = sid
        self._sequence = 0

    @property
    def active(self) -> bool:
        """Whether anybody may receive something."""
        return self._notifier.active

    def send(self, at: float, event: int, **details: Any) -> None:
        """Send an event of `at` (Unix s); `details` may bring a `msgName` of its own."""
        name, service = EVENTS.get(event, (f"event_{event}", SERVICE))
        payload = {
            "cname": self._cname,
            "uid": self.uid,
            "sid": self._sid,
            "sequence": self._sequence,
            "sendts": milliseconds(at),
            "serviceType": service,
            "details": {"msgName": name, **details},
        }
        self._sequence += 1
        self._notifier.send(at, event, payload)
