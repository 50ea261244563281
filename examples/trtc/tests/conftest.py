"""The emulated service, recorders for it, the vendor's own client, and a receiver of callbacks."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.trtc.v20190722.trtc_client import TrtcClient

from recorder_core import Recorder, RecordingSpec, WebhookRequest
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.testing import connect
from recorder_trtc.config import TrtcConfig
from recorder_trtc.emulator.service import TrtcEmulator

pytest_plugins = ["recorder_core.testing.fixtures"]

STORAGE = {
    "kind": "s3",
    "bucket": "lessons",
    "region": "eu-west-1",
    "access_key": "AKEXAMPLE",
    "secret_key": "SKEXAMPLE",
}

Serve = Callable[..., TrtcEmulator]
MakeSpec = Callable[..., RecordingSpec]


@pytest.fixture
def make_spec() -> MakeSpec:
    """Makes specs of a room called `lesson`."""

    def made(**fields: Any) -> RecordingSpec:
        return RecordingSpec.load({"room": "lesson", "storage": STORAGE, **fields})

    return made


@pytest.fixture
def running() -> Iterator[ExitStack]:
    """What ends with the test."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def serve(running: ExitStack) -> Serve:
    """Starts services without media, whose clocks stand still."""

    def start(**options: Any) -> TrtcEmulator:
        return running.enter_context(TrtcEmulator(**{"clock": EmulatorClock(frozen=True), "media": False, **options}))

    return start


@pytest.fixture
def service(serve: Serve) -> TrtcEmulator:
    """A service."""
    return serve()


@pytest.fixture
def recorder(running: ExitStack, service: TrtcEmulator) -> Recorder:
    """A recorder for it."""
    return running.enter_context(connect(service))


@pytest.fixture
def planner(running: ExitStack) -> Recorder:
    """A recorder that only plans."""
    from recorder_trtc.provider import TrtcProvider

    return running.enter_context(Recorder(TrtcProvider(TrtcConfig.placeholder()), hooks=()))


def client_of(service: TrtcEmulator, *, region: str = "ap-singapore", **credential: str) -> TrtcClient:
    """The vendor's own client, unchanged but for the address."""
    keys = {"secret_id": service.secret_id, "secret_key": service.secret_key, **credential}
    address = service.base_url.removeprefix("http://")
    profile = ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=address, reqTimeout=10))
    return TrtcClient(Credential(**keys), region, profile)


@pytest.fixture
def client() -> Callable[..., TrtcClient]:
    """Makes the vendor's own client for a service."""
    return client_of


class Receiver:
    """Takes callbacks on loopback."""

    def __init__(self) -> None:
        self.received: list[WebhookRequest] = []
        self.status = 200
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                owner.received.append(WebhookRequest("POST", self.path, dict(self.headers.items()), body))
                self.send_response(owner.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/callbacks"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver."""
    receiver = Receiver()
    yield receiver
    receiver.close()
