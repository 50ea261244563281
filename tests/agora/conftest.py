"""The emulated vendor, and a bare HTTP client that sends it whatever a test writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

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
