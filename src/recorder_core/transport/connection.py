"""One connection: a request on its way out and the answer on its way in, within their time.

urllib3's connections and Python's answers do the work; what is made certain here is told in `pool`.
"""

from __future__ import annotations

import http.client
import io
import math
import re
import socket
import time
from contextvars import ContextVar
from types import FunctionType
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.util.connection import allowed_gai_family

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer
    from urllib3 import PoolManager

__all__ = ["Passage", "headers_of", "passing", "with_our_connections"]

MOMENT_S = 0.001
LONGEST_LINE = 65_536
MOST_HEADERS = 100
END_OF_HEAD = (b"\r\n", b"\n", b"")
HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)\r\n")


class Passage:
    """One request on its way through requests and urllib3, which pass none of this on."""

    __slots__ = ("_ends_at", "answer_within", "awaits_body", "has_body", "head", "leaving", "sent", "target")

    def __init__(
        self, answer_within: float, within: float, leaving: Callable[[], None] | None, *, has_body: bool
    ) -> None:
        self._ends_at = time.monotonic() + within
        self.answer_within = answer_within
        self.leaving = leaving
        self.has_body = has_body
        self.awaits_body = False
        self.head = b""
        self.target: str | None = None
        self.sent = False

    def left(self, seconds: float) -> float:
        """So many seconds, but no more than are left for the whole request; a moment, where none are."""
        return max(min(seconds, self._ends_at - time.monotonic()), MOMENT_S)


passing: ContextVar[Passage] = ContextVar("recorder_core_passage")
"""The request that this thread has on its way."""


class _TimedReader(io.RawIOBase):
    """A socket's bytes until an answer's time is up."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._socket = sock
        self._bytes = sock.makefile("rb", buffering=0)
        self._ends_at = time.monotonic() + seconds

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._socket.settimeout(left)
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        self._bytes.close()
        super().close()


def headers_of(stream: io.BufferedReader) -> http.client.HTTPMessage:
    """As `http.client.parse_headers`, whose parser for e-mails takes a tenth of a call; it is left what is unusual."""
    lines: list[bytes] = []
    while not lines or lines[-1] not in END_OF_HEAD:
        lines.append(stream.readline(LONGEST_LINE + 1))
        if len(lines[-1]) > LONGEST_LINE or len(lines) > MOST_HEADERS:
            raise http.client.HTTPException("the answer's head is too long")
    message = http.client.HTTPMessage()
    for line in lines[:-1]:
        header = HEADER.fullmatch(line)
        if header is None:
            return http.client.parse_headers(io.BytesIO(b"".join(lines)))
        message.set_raw(header[1].decode(), header[2].decode("latin-1"))
    return message


class _TimedResponse(http.client.HTTPResponse):
    # Python's own, but for the reading of the headers.
    begin = FunctionType(http.client.HTTPResponse.begin.__code__, {**vars(http.client), "parse_headers": headers_of})

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        passage = passing.get()
        reader = _TimedReader(sock, passage.left(passage.answer_within))
        super().__init__(reader, *args, **kwargs)  # type: ignore[arg-type]  # it calls makefile and nothing else

    def _read_status(self) -> tuple[str, int, str]:
        # The base class takes every 1xx but 100 for the answer, and the true one would answer the next request.
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # typeshed leaves it out
            if not 100 < status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)


class _Connection(HTTPConnection):
    """Mixed into urllib3's connection classes."""

    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        """As the base class does it, which gives each address of the host the whole time."""
        if hasattr(self, "_socks_options"):  # the proxy finds the addresses
            return super()._new_conn()
        passage, name, seconds = passing.get(), self._dns_host, float(self.timeout or 0.0)
        try:
            found = socket.getaddrinfo(name.strip("[]"), self.port, allowed_gai_family(), socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror("the name can't be one")
            raise urllib3.exceptions.NameResolutionError(self.host, self, reason) from error
        failure: urllib3.exceptions.HTTPError | None = None
        try:
            for address in dict.fromkeys(str(address[0]) for *_, address in found):
                self._dns_host, self.timeout = address, passage.left(seconds)
                try:
                    sock = super()._new_conn()
                    sock.settimeout(passage.left(seconds))  # for the handshake
                    return sock
                except urllib3.exceptions.HTTPError as error:
                    failure = error
        finally:
            self._dns_host, self.timeout = name, seconds
        raise failure or urllib3.exceptions.NewConnectionError(self, "the name has no address")

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        passage = passing.get()
        if passage.left(math.inf) <= MOMENT_S:
            raise TimeoutError("no time was left when the connection stood")
        passage.sent = True
        if passage.leaving is not None:
            passage.leaving()
        passage.awaits_body = passage.has_body
        super().putrequest(method, passage.target or url, *args, **kwargs)

    def send(self, data: Any) -> None:
        """Head and body leave in one piece; the base classes send each by itself, which wakes the host twice."""
        passage = passing.get()
        if passage.awaits_body:
            passage.head, passage.awaits_body = data, False
        else:
            head, passage.head = passage.head, b""
            super().send(head + data)


def with_our_connections(manager: PoolManager) -> None:
    """Make the manager's pools, whatever their kind (plain, TLS, SOCKS), use `_Connection`."""
    pools: dict[str, Any] = dict(manager.pool_classes_by_scheme)
    for scheme, pool in pools.items():
        connection = type(pool.ConnectionCls.__name__, (_Connection, pool.ConnectionCls), {})
        pools[scheme] = type(pool.__name__, (pool,), {"ConnectionCls": connection})
    manager.pool_classes_by_scheme = pools
