"""Web servers on loopback that serve the applications, and the vendor that calls them."""

from __future__ import annotations

import http.client
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from werkzeug.serving import WSGIRequestHandler, make_server

from recorder_core import (
    AsyncWebhookApp,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingSpec,
    WebhookApp,
    WebhookRequest,
)

PATIENCE_S = 20.0


class SilentHandler(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def served_by_wsgi(app: Any) -> Iterator[int]:
    """The port of a threaded WSGI server."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=SilentHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def served_by_asgi(app: Any) -> Iterator[int]:
    """The port of an ASGI server, which tells the application of its start and end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@dataclass
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Served:
    """An application that is served under `/hooks`, its recorder `memory`, and what `on_event` was called with."""

    port: int
    app: Any
    recorder: Recorder
    provider: Any
    vendor: Any
    recording: Recording
    told: queue.Queue[RecordingEvent]
    sockets: ExitStack = field(default_factory=ExitStack)

    def event(self) -> RecordingEvent:
        """The next event that `on_event` was called with."""
        return self.told.get(timeout=PATIENCE_S)

    def callback(self, **fields: Any) -> WebhookRequest:
        """A true callback about the recording."""
        return self.vendor.callback(**{"tape": self.recording.native["tape"], **fields})

    def post(self, request: WebhookRequest | None = None, path: str = "/hooks/memory", **fields: Any) -> Answered:
        """Send a callback as the vendor does."""
        request = request or self.callback(**fields)
        return self.request("POST", path, request.body, dict(request.headers))

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **how: Any
    ) -> Answered:
        """One HTTP request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers or {}, **how)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answered(answer.status, named, answer.read())
        finally:
            connection.close()

    def connect(self, port: int | None = None) -> socket.socket:
        """A connection for requests that no library would send; closed at the end of the test."""
        address = ("127.0.0.1", port or self.port)
        return self.sockets.enter_context(socket.create_connection(address, timeout=PATIENCE_S))


def mounted_wsgi(app: WebhookApp) -> Any:
    """Under `/hooks`, as a WSGI framework mounts."""

    def root(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"].startswith("/hooks"):
            environ["SCRIPT_NAME"] += "/hooks"
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/hooks")
        return app(environ, start_response)

    return root


def mounted_asgi(app: AsyncWebhookApp) -> Any:
    """Under `/hooks`, as an ASGI framework mounts: the path stays whole."""

    async def root(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan" and scope["path"].startswith("/hooks"):
            scope = {**scope, "root_path": scope.get("root_path", "") + "/hooks"}
        await app(scope, receive, send)

    return root


@pytest.fixture
def serve(signing, clock, spec: Callable[..., RecordingSpec]) -> Iterator[Callable[..., Served]]:
    """Serve an application of the kind `wsgi` or `asgi`, with its keywords."""
    with ExitStack() as stack:

        def make(kind: str, *, covers_body: bool = True, mount: bool = True, **options: Any) -> Served:
            provider, vendor = signing(covers_body=covers_body)
            recorder = Recorder(provider, clock=clock, hooks=[])
            recording = recorder.start(spec())
            told: queue.Queue[RecordingEvent] = queue.Queue()
            options = {"on_event": told.put, **options}
            app: Any
            if kind == "wsgi":
                app = stack.enter_context(WebhookApp({"memory": recorder}, **options))
                port = stack.enter_context(served_by_wsgi(mounted_wsgi(app) if mount else app))
            else:
                app = AsyncWebhookApp({"memory": recorder}, **options)
                port = stack.enter_context(served_by_asgi(mounted_asgi(app) if mount else app))
            served = Served(port, app, recorder, provider, vendor, recording, told)
            stack.enter_context(served.sockets)
            return served

        yield make


@pytest.fixture(params=["wsgi", "asgi"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both interfaces."""
    return str(request.param)
