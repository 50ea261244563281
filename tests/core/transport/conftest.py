"""A peer on loopback that does what a test tells it, down to the bytes, and a clock that sleeps at once."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from requests import PreparedRequest

from recorder_core.budget import Admit
from recorder_core.hooks import HttpExchange
from recorder_core.transport import Call, Envelope, Rule, RuleTable, Runtime, Then, Transport

Action = Callable[[socket.socket], bool]


@dataclass(frozen=True)
class Received:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Peer:
    """Takes requests on loopback and answers each with the next scripted action, then with `{"code": 0}`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.closing = threading.Event()
        self._tls = tls
        self._script: deque[Action] = deque()
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def will(self, *actions: Action) -> None:
        self._script.extend(actions)

    @staticmethod
    def answer(
        body: object = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        close: bool = False,
    ) -> Action:
        """Send a whole answer; `body` is JSON unless it is bytes."""
        data = body if isinstance(body, bytes) else json.dumps({"code": 0} if body is None else body).encode()
        lines = {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return Peer.raw(f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode() + data, close=close)

    @staticmethod
    def raw(data: bytes, *, close: bool = True) -> Action:
        """Send bytes as they are, then close the connection or keep it."""

        def act(connection: socket.socket) -> bool:
            connection.sendall(data)
            return not close

        return act

    @staticmethod
    def hang_up(_: socket.socket) -> bool:
        """Close the connection without an answer."""
        return False

    @staticmethod
    def reset(connection: socket.socket) -> bool:
        """Close the connection with a reset."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return False

    def stall(self, _: socket.socket) -> bool:
        """Say nothing until the test is over."""
        self.closing.wait()
        return False

    def drip(self, head: bytes) -> Action:
        """Send `head`, then a byte every 20 ms until the test is over or the client is gone."""

        def act(connection: socket.socket) -> bool:
            connection.sendall(head)
            while not self.closing.wait(0.02):
                connection.sendall(b" ")
            return False

        return act

    def tunnel(self, connection: socket.socket) -> bool:
        """Act as a proxy that was asked to CONNECT to a port of this machine, whatever the host's name."""
        port = int(self.received[-1].target.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as there:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_relay, args=(there, connection), daemon=True)
            back.start()
            _relay(connection, there)
            back.join()
        return False

    def wait_until_idle(self) -> None:
        """Return when the peer has closed every connection that it had taken."""
        while self._open:
            time.sleep(0.005)

    def close(self) -> None:
        self.closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.add(connection)
            with connection, connection.makefile("rb") as stream:
                while self._serve_one(connection, stream):
                    continue
        except OSError:
            connection.close()
        finally:
            self._open.discard(connection)

    def _serve_one(self, connection: socket.socket, stream: Any) -> bool:
        first = stream.readline().decode("latin-1").split()
        if len(first) != 3:  # the end, or no HTTP at all
            return False
        headers = {}
        while line := stream.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name] = value.strip()
        body = stream.read(int(headers.get("Content-Length", 0)))
        with self._guard:
            self.received.append(Received(first[0], first[1], headers, body))
            act = self._script.popleft() if self._script else self.answer()
        return act(connection)


def _relay(source: socket.socket, sink: socket.socket) -> None:
    """Pass bytes on until the source ends."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


class SleeplessClock:
    """A clock that moves only by sleeping, which takes no time."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        if not signal.is_set():
            self.sleep(seconds)
        return signal.is_set()


def read_envelope(_: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> Envelope:
    """Code and message of the body, request id of the head."""
    return Envelope(body.get("code"), body.get("message"), headers.get("x-request-id"))


def unsigned(request: PreparedRequest) -> PreparedRequest:
    """For a vendor without credentials."""
    return request


ACCEPTED = Rule(statuses=(200,), codes=(0,), then=Then.ACCEPT)


class Bench:
    """Builds what a test needs and takes it down afterwards."""

    def __init__(self) -> None:
        self.clock = SleeplessClock()
        self.exchanges: list[HttpExchange] = []
        self._close: list[Callable[[], None]] = []

    def peer(self, tls: ssl.SSLContext | None = None) -> Peer:
        peer = Peer(tls)
        self._close.append(peer.close)
        return peer

    def transport(
        self,
        *hosts: Peer | str,
        rules: tuple[Rule, ...] = (),
        timeout: tuple[float, float] = (5.0, 5.0),
        admit: Admit | None = None,
        **options: Any,
    ) -> Transport:
        options = {"auth": unsigned, "read_envelope": read_envelope, **options}
        transport = Transport(
            "vendor",
            base_urls=[host if isinstance(host, str) else host.url for host in hosts],
            rules=RuleTable((*rules, ACCEPTED)),
            runtime=Runtime(clock=self.clock, timeout=timeout, admit=admit, observe=self.exchanges.append),
            **options,
        )
        self._close.append(transport.close)
        return transport

    @staticmethod
    def call(operation: str = "query", **fields: Any) -> Call:
        return Call(**{"operation": operation, "method": "POST", "path": "/do", "body": {"a": 1}, **fields})

    def free_url(self) -> str:
        """The address of a port where nobody listens."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def close(self) -> None:
        for close in reversed(self._close):
            close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    """The bench of one test."""
    bench = Bench()
    yield bench
    bench.close()


@pytest.fixture
def peer(bench: Bench) -> Peer:
    """A peer without TLS."""
    return bench.peer()
