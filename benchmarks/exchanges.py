"""The HTTP exchanges of a real recording, byte by byte: taken down once, then answered again and again.

`take_down` stands between a recorder and an emulator and keeps what goes both ways. `Answering` is a process that
answers the n-th request at a port with the n-th answer of a script, begun anew at its end. It reads no more of a
request than its length, so that its own cost is small, and not the client's.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Self
from urllib.parse import urlsplit

__all__ = ["Answering", "Exchange", "Script", "take_down"]

END_OF_HEAD = b"\r\n\r\n"
FRAMING = frozenset({"host", "content-length", "connection"})
"""Headers that the sender's own library writes."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as they went over the wire."""

    request: bytes
    answer: bytes

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.request.split(b" ", 1)[0].decode()

    @property
    def target(self) -> str:
        """Path and query."""
        return self.request.split(b" ", 2)[1].decode()

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers, without those that frame it."""
        lines = self.request.partition(END_OF_HEAD)[0].decode().split("\r\n")[1:]
        pairs = (line.split(": ", 1) for line in lines)
        return {name: value for name, value in pairs if name.lower() not in FRAMING}

    @property
    def body(self) -> bytes:
        """The request's body."""
        return self.request.partition(END_OF_HEAD)[2]

    @property
    def answer_body(self) -> dict[str, object]:
        """The answer's JSON."""
        tree: dict[str, object] = json.loads(self.answer.partition(END_OF_HEAD)[2])
        return tree


def whole(data: bytes | bytearray) -> int | None:
    """Length of the first message in `data`; None while some of it is missing."""
    end = data.find(END_OF_HEAD)
    if end < 0:
        return None
    length = end + len(END_OF_HEAD)
    at = data.lower().find(b"\r\ncontent-length:", 0, end)
    if at >= 0:
        length += int(data[at:end].split(b":", 1)[1].split(b"\r\n", 1)[0])
    return length if len(data) >= length else None


@contextmanager
def take_down(base_url: str) -> Iterator[tuple[str, list[Exchange]]]:
    """The address of a proxy to `base_url`, and the exchanges that have passed it so far."""
    address = urlsplit(base_url)
    kept: list[Exchange] = []

    def pass_on(client: socket.socket) -> None:
        with client, socket.create_connection((str(address.hostname), int(address.port or 80))) as server:
            while request := _message(client):
                server.sendall(request)
                answer = _message(server)
                kept.append(Exchange(request, answer))
                client.sendall(answer)

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=pass_on, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", kept


def _message(sock: socket.socket) -> bytes:
    """The next whole message, empty at the end of the connection."""
    data = bytearray()
    while whole(data) is None:
        part = sock.recv(65536)
        if not part:
            return b""
        data += part
    return bytes(data)


@dataclass(slots=True)
class Counter:
    """What a port has received."""

    requests: int = 0
    octets: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """The answers of a port.

    Attributes:
        answers: in their order, again and again.
        native_id: a text in them that is another one of the same length every time: no two recordings have one id.
    """

    answers: tuple[bytes, ...]
    native_id: str = ""


class Stage:
    """Plays a script, whichever connection asks."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._played = 0
        self.counter = Counter()

    def answer(self, length: int) -> bytes:
        """The answer to a request of so many bytes."""
        self.counter.requests += 1
        self.counter.octets += length
        times, number = divmod(self._played, len(self._script.answers))
        self._played += 1
        answer, told = self._script.answers[number], self._script.native_id
        return answer.replace(told.encode(), b"%0*d" % (len(told), times)) if told else answer


class Speaking(asyncio.Protocol):
    """One connection."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._data = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send segments at once."""
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._data += data
        while (length := whole(self._data)) is not None:
            del self._data[:length]
            self._transport.write(self._stage.answer(length))  # type: ignore[attr-defined]


class Answering:
    """A process that answers by scripts, one port for each; a context manager.

    Args:
        scripts: one for each port.
        certificate: path of a PEM file with key and chain: it speaks HTTPS. None: HTTP.
    """

    def __init__(self, scripts: Sequence[Script], certificate: str | None = None) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._scheme = "https" if certificate else "http"
        self._process = context.Process(target=_answer, args=(scripts, certificate, theirs), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self.urls: list[str] = [f"{self._scheme}://127.0.0.1:{port}" for port in self._pipe.recv()]
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._pipe.close()
        self._process.join(10)

    def received(self) -> list[Counter]:
        """What each port has received since the last call."""
        self._pipe.send("count")
        counters: list[Counter] = self._pipe.recv()
        return counters


def _answer(scripts: Sequence[Script], certificate: str | None, pipe: Connection) -> None:
    asyncio.run(_serve(scripts, certificate, pipe))


async def _serve(scripts: Sequence[Script], certificate: str | None, pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    stages = [Stage(script) for script in scripts]
    ports = []
    for stage in stages:
        server = await loop.create_server(lambda s=stage: Speaking(s), "127.0.0.1", 0, ssl=tls)
        ports.append(server.sockets[0].getsockname()[1])
    pipe.send(ports)
    ended = asyncio.Event()

    def told() -> None:
        try:
            pipe.recv()
        except EOFError:
            ended.set()
            return
        pipe.send([stage.counter for stage in stages])
        for stage in stages:
            stage.counter = Counter()

    loop.add_reader(pipe.fileno(), told)
    await ended.wait()
