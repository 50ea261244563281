"""The emulated vendor, and a bare HTTP client that sends it whatever a test writes."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from emulation.telling import Receiver
from recorder_agora.emulator.service import AgoraEmulator
from recorder_core.emulation.clock import EmulatorClock

STORAGE: dict[str, Any] = {
    "vendor": 1,
    "region": 4,
    "bucket": "lessons",
    "accessKey": "AK-of-the-test",
    "secretKey": "SK-of-the-test",
}


@dataclass
class Caller:
    """Calls of one recorder, `uid` in room `cname`, over plain HTTP."""

    service: AgoraEmulator
    mode: str = "mix"
    cname: str = "lesson-204"
    uid: str = "900001"
    resource_id: str = "never-acquired"
    sid: str = "0" * 32
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.auth = (self.service.customer_id, self.service.customer_secret)

    def url(self, path: str) -> str:
        return f"{self.service.base_url}/v1/apps/{self.service.app_id}/cloud_recording{path}"

    def post(self, path: str, client_request: Any, **changed: Any) -> requests.Response:
        body = {"cname": self.cname, "uid": self.uid, "clientRequest": client_request, **changed}
        return self.session.post(self.url(path), json=body)

    def acquire(self, client_request: Any = None, **changed: Any) -> requests.Response:
        if client_request is None:
            client_request = {"scene": 1} if self.mode == "web" else {}
        answer = self.post("/acquire", client_request, **changed)
        self.resource_id = answer.json().get("resourceId", self.resource_id)
        return answer

    def start(self, recording: Any = None, /, **client_request: Any) -> requests.Response:
        """Start with `recording` as `recordingConfig`; the rest of `clientRequest` by name."""
        asked = {"storageConfig": STORAGE, **client_request}
        if recording is not None:
            asked["recordingConfig"] = recording
        answer = self.post(f"/resourceid/{self.resource_id}/mode/{self.mode}/start", asked)
        self.sid = answer.json().get("sid", self.sid)
        return answer

    def begin(self, recording: Any = None, /, **client_request: Any) -> requests.Response:
        """Acquire and start."""
        assert self.acquire().status_code == 200
        return self.start(recording, **client_request)

    def query(self) -> requests.Response:
        return self.session.get(self.url(self._session_path("query")))

    def server(self) -> dict[str, Any]:
        """`serverResponse` of query."""
        server: dict[str, Any] = self.query().json()["serverResponse"]
        return server

    def status(self) -> int:
        status: int = self.server()["status"]
        return status

    def update(self, client_request: Any, **changed: Any) -> requests.Response:
        return self.post(self._session_path("update"), client_request, **changed)

    def layout(self, client_request: Any, **changed: Any) -> requests.Response:
        return self.post(self._session_path("updateLayout"), client_request, **changed)

    def stop(self, client_request: Any = None, **changed: Any) -> requests.Response:
        return self.post(self._session_path("stop"), client_request or {}, **changed)

    def _session_path(self, operation: str) -> str:
        return f"/resourceid/{self.resource_id}/sid/{self.sid}/mode/{self.mode}/{operation}"


Serve = Callable[..., AgoraEmulator]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts emulators whose time stands still between two moves and which make no media unless told to."""
    services: list[AgoraEmulator] = []

    def start(**options: Any) -> AgoraEmulator:
        chosen = {"clock": EmulatorClock(frozen=True), "media": False, "rate_limits": False, **options}
        service = AgoraEmulator(bucket=tmp_path / "bucket", **chosen)
        services.append(service.start())
        return service

    yield start
    for service in services:
        service.close()


@pytest.fixture
def service(serve: Serve) -> AgoraEmulator:
    """An emulator with all defaults but time and media."""
    return serve()


@pytest.fixture
def caller(service: AgoraEmulator) -> Caller:
    """A recorder that has called nothing yet."""
    return Caller(service)


@pytest.fixture
def call() -> type[Caller]:
    """The class, for services and identities of one's own."""
    return Caller


DETAILS = {
    1: ("cloud_recording_error", 0),
    2: ("cloud_recording_warning", 0),
    3: ("cloud_recording_status_update", 0),
    4: ("cloud_recording_file_infos", 0),
    11: ("session_exit", 0),
    12: ("session_failover", 0),
    30: ("uploader_started", 2),
    31: ("uploaded", 2),
    32: ("backuped", 2),
    33: ("uploading_progress", 2),
    40: ("recorder_started", 1),
    41: ("recorder_leave", 1),
    42: ("recorder_slice_start", 1),
    43: ("recorder_audio_stream_state_changed", 1),
    44: ("recorder_video_stream_state_changed", 1),
    45: ("recorder_snapshot_file", 1),
    60: ("vod_started", 4),
    61: ("vod_triggered", 4),
    70: ("web_recorder_started", 6),
    71: ("web_recorder_stopped", 6),
    72: ("web_recorder_capability_limit", 6),
    73: ("web_recorder_reload", 6),
    90: ("download_failed", 8),
    100: ("rtmp_publish_status", 6),
    1001: ("postpone_transcode_final_result", 0),
}
"""`msgName` and `serviceType` as the page on callback events has them; 13, 80 and 81 aren't in its table."""


@dataclass
class Hearing:
    """A service whose notifications a real HTTP server receives."""

    service: AgoraEmulator
    receiver: Receiver
    begun: float

    def caller(self, mode: str = "mix", **identity: Any) -> Caller:
        """A recorder that has called nothing yet."""
        return Caller(self.service, mode=mode, **identity)

    def bodies(self) -> list[dict[str, Any]]:
        """What was received, each verified as the vendor's page tells receivers to do it."""
        key = self.service.webhook_secret.encode()
        for received in self.receiver.received:
            assert received.headers["Content-Type"] == "application/json"
            assert received.headers["Agora-Signature"] == hmac.new(key, received.raw, "sha1").hexdigest()
            assert received.headers["Agora-Signature-V2"] == hmac.new(key, received.raw, "sha256").hexdigest()
            assert set(received.body) == {"noticeId", "productId", "eventType", "notifyMs", "payload"}
            assert received.body["productId"] == 3
            assert received.body["notifyMs"] == int((received.at or 0) * 1000)
        return [received.body for received in self.receiver.received]

    def events(self, caller: Caller) -> list[tuple[float, int, dict[str, Any]]]:
        """A recording's events as second since the beginning, type and the rest of `details`.

        They came in their order, once, each when it happened, and with the members of every payload.
        """
        told = zip(self.bodies(), self.receiver.received, strict=True)
        mine = [(body, received.at) for body, received in told if body["payload"]["sid"] == caller.sid]
        assert [body["payload"]["sequence"] for body, _ in mine] == list(range(len(mine)))
        assert len({body["noticeId"] for body, _ in mine}) == len(mine)
        events = []
        for body, at in mine:
            payload, event = body["payload"], body["eventType"]
            assert set(payload) == {"cname", "uid", "sid", "sequence", "sendts", "serviceType", "details"}
            assert (payload["cname"], payload["sendts"]) == (caller.cname, int((at or 0) * 1000))
            details = dict(payload["details"])
            assert (details.pop("msgName"), payload["serviceType"]) == DETAILS[event]
            events.append((round((at or 0) - self.begun, 3), event, details))
        return events

    def timeline(self, caller: Caller) -> list[tuple[float, int]]:
        """As `events`, without details."""
        return [(at, event) for at, event, _ in self.events(caller)]


@pytest.fixture
def hear(serve: Serve) -> Iterator[Callable[..., Hearing]]:
    """Starts emulators, each with a receiver of its notifications; the first instant is a whole second."""
    receivers: list[Receiver] = []

    def start(**options: Any) -> Hearing:
        receiver = Receiver()
        receivers.append(receiver)
        clock = EmulatorClock(frozen=True, start=1_800_000_000.0)
        service = serve(**{"clock": clock, "callback_url": receiver.url, **options})
        receiver.clock = service.clock
        return Hearing(service, receiver, service.clock.time())

    yield start
    for receiver in receivers:
        receiver.close()
