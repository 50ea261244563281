"""A proxy that stands between a recorder and a service, and lets happen to requests and answers what a test orders."""

from __future__ import annotations

import http.client
import select
import socket
import socketserver
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

__all__ = ["Answer", "Fault", "FaultProxy", "Relay", "Request", "Unreachable"]

SERVICE_S = 30.0
"""Seconds that the service has for its answer."""
DRIP_S = 0.02
"""Seconds between two bytes of what drips."""
LOOK_S = 0.05
"""Seconds between two looks at whether the client is still there."""
OF_THE_CONNECTION = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
"""Headers of the service's answer that the proxy writes itself."""


@dataclass(slots=True, repr=False)
class Request:
    """A request that came to the proxy; its `repr` shows nothing of it, for it holds credentials.

    Attributes:
        method: of HTTP.
        target: path and query.
        headers: their names in lower case.
        body: as it came.
        fault: the name of the fault that it met; None: it met none.
        status: of the service's answer; None: the service didn't get it.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    fault: str | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """The service's answer; its `repr` shows nothing of it."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    def head(self, *more: str, length: object = None, version: str = "HTTP/1.1") -> bytes:
        """Status line and headers with the blank line after them.

        Args:
            more: further headers, each a line.
            length: another `Content-Length` than the true one; empty: none.
            version: of HTTP.
        """
        length = len(self.body) if length is None else length
        lines = [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [*more, *([f"Content-Length: {length}"] if length != "" else [])]
        return "\r\n".join([f"{version} {self.status} {self.reason}", *lines, "\r\n"]).encode("latin-1")


@dataclass(frozen=True, slots=True)
class Fault:
    """What can happen to a request.

    Attributes:
        name: by which it is told.
        meaning: what the client meets, in a few words.
        act: does it.
    """

    name: str
    meaning: str
    act: Callable[[Relay], None] = field(repr=False)


class Relay:
    """One request on its way through the proxy, and what a fault can do with it.

    Attributes:
        request: as it came.
        keeps: whether the connection takes another request afterwards.
    """

    def __init__(
        self, proxy: FaultProxy, client: socket.socket, service: http.client.HTTPConnection, request: Request
    ) -> None:
        self.request = request
        self.keeps = False
        self._proxy = proxy
        self._client = client
        self._service = service

    def forward(self, *, target: str | None = None, without: str = "") -> Answer:
        """Let the service carry the request out, and take its answer.

        Args:
            target: another path and query than those of the request.
            without: a header that is left out, its name in lower case.
        """
        request, service = self.request, self._service
        service.putrequest(request.method, target or request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            if name != without:
                service.putheader(name, value)
        service.endheaders(request.body)
        response = service.getresponse()
        headers = {name: value for name, value in response.getheaders() if name.lower() not in OF_THE_CONNECTION}
        answer = Answer(response.status, response.reason, headers, response.read())
        request.status = answer.status
        return answer

    def send(self, answer: Answer) -> None:
        """Send a whole answer, and keep the connection."""
        self.write(answer.head() + answer.body)
        self.keeps = True

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._client.sendall(data)

    def drip(self, data: Iterable[int]) -> None:
        """Send a byte now and then, until the client gives up."""
        for byte in data:
            self.write(bytes((byte,)))
            if self._is_over(DRIP_S):
                return

    def stall(self) -> None:
        """Say nothing until the client gives up."""
        while not self._is_over(LOOK_S):
            continue

    def reset(self) -> None:
        """Close the connection by a reset."""
        # Lingering for no time at all turns the close into a reset.
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._client.close()

    def _is_over(self, seconds: float) -> bool:
        """Let time pass; whether the client has given up, or the proxy closes."""
        readable, _, _ = select.select([self._client], [], [], seconds)
        return self._proxy.closing or (bool(readable) and not self._client.recv(1, socket.MSG_PEEK))


PASS = Fault("none", "nothing goes wrong", lambda relay: relay.send(relay.forward()))


class FaultProxy:
    """A proxy on `http://127.0.0.1:<port>` in front of a service, as a context manager. Thread-safe.

    Give its `base_url` to the recorder in place of the service's. Requests pass unharmed until a fault is ordered.

    Args:
        service: base URL of the service, `http://host:port`.

    Attributes:
        closing: whether it is about to end.
    """

    def __init__(self, service: str) -> None:
        self.service = urlsplit(service).netloc
        self.closing = False
        self._guard = threading.Lock()
        self._ordered: deque[Fault] = deque()
        self._standing = PASS
        self._requests: list[Request] = []
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="fault-proxy", daemon=True
        )

    @property
    def base_url(self) -> str:
        """Where it listens, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> tuple[Request, ...]:
        """What came, in order."""
        with self._guard:
            return tuple(self._requests)

    def fail_next(self, fault: Fault, times: int = 1, *, after: int = 0) -> None:
        """Let the next requests meet a fault.

        Args:
            fault: one of `recorder_core.testing.faults`, or your own.
            times: how many meet it.
            after: how many pass unharmed before.
        """
        with self._guard:
            self._ordered.extend([PASS] * after + [fault] * times)

    def fail_always(self, fault: Fault, *, after: int = 0) -> None:
        """Let all requests meet a fault, until `clear`.

        Args:
            fault: one of `recorder_core.testing.faults`, or your own.
            after: how many pass unharmed before.
        """
        with self._guard:
            self._ordered.extend([PASS] * after)
            self._standing = fault

    def clear(self) -> None:
        """Forget what came and what is ordered."""
        with self._guard:
            self._ordered.clear()
            self._standing = PASS
            self._requests.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing = True
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def meet(self, request: Request) -> Fault:
        """Keep a request that has come, and say what it meets."""
        with self._guard:
            fault = self._ordered.popleft() if self._ordered else self._standing
            request.fault = None if fault is PASS else fault.name
            self._requests.append(request)
            return fault


class Unreachable:
    """An address on loopback that takes no connection: who tries one gets no answer. A context manager."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self._waiting: list[socket.socket] = []

    @property
    def base_url(self) -> str:
        """Where nobody takes a connection, without a trailing slash."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        # Whoever comes once the queue of those who wait to be taken is full isn't even told so.
        while True:
            caller = socket.socket()
            self._waiting.append(caller)
            caller.settimeout(LOOK_S)
            try:
                caller.connect(self._listener.getsockname())
            except TimeoutError:
                return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (*self._waiting, self._listener):
            one.close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left, or a service that is gone, is no error of the proxy's."""


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        """Take request after request, for as long as the connection stands."""
        service = http.client.HTTPConnection(self.server.proxy.service, timeout=SERVICE_S)
        with closing(service):
            while self._handle_one(service):
                continue

    def _handle_one(self, service: http.client.HTTPConnection) -> bool:
        line = self.rfile.readline().decode("latin-1").split()
        if len(line) != 3:
            return False
        headers = {}
        while header := self.rfile.readline().decode("latin-1").strip():
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", 0)))
        relay = Relay(self.server.proxy, self.connection, service, Request(line[0], line[1], headers, body))
        self.server.proxy.meet(relay.request).act(relay)
        return relay.keeps
