"""The HTTP server of an emulated service, down to the faults that only a socket can show."""

import logging
import select
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any, Final, cast
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request

from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse, Exchange

log = logging.getLogger("recorder_core.emulation")

DRIP_PIECES: Final = 64
DRIP_PAUSE_S: Final = 0.05


class HttpServer:
    """Serves `exchange` on a thread per connection, from the moment it is made until `close`."""

    def __init__(self, exchange: Callable[[EmulatedRequest], Exchange], *, host: str, port: int) -> None:
        self.exchange = exchange
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Where a port is taken, werkzeug's own binding ends the whole process; this one raises OSError.
        with socket.create_server((host, port), family=family) as listener:
            self._server = make_server(
                host,
                port,
                cast("Any", self),
                threaded=True,
                request_handler=Handler,
                fd=listener.fileno(),
            )
        self.port: int = self._server.port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="emulator", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening and end every open connection."""
        if self.closing.is_set():
            return
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        with self._lock:
            for connection in self._connections:
                _shut(connection)

    def opened(self, connection: socket.socket) -> None:
        """Remember an open connection, or end it at once when the server is closing."""
        with self._lock:
            self._connections.add(connection)
            if self.closing.is_set():
                _shut(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            self._connections.discard(connection)


class Handler(WSGIRequestHandler):
    """HTTP/1.1 with kept connections, no delayed segments and no access log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _http_server(self) -> HttpServer:
        return cast("HttpServer", self.server.app)

    def setup(self) -> None:
        """Register the connection, so that closing the server ends it."""
        super().setup()
        self._http_server.opened(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self._http_server.closed(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """Answer one request.

        The base class would run a WSGI application and close the connection after each answer, because it
        can't know whether the application read the request's body. Here it's always read, so connections are
        kept.
        """
        try:
            exchange = self._http_server.exchange(_request(self.make_environ()))
            if exchange.response is not None:
                self._send(exchange.response, exchange.fault)
            else:
                self._end(exchange.fault)
        except (ConnectionError, TimeoutError, HTTPException):
            # The client left in the middle of its request or of our answer.
            self.close_connection = True
        except Exception:
            self.close_connection = True
            log.exception("the emulator's HTTP server failed")

    def _send(self, response: EmulatedResponse, fault: str | None) -> None:
        payload = response.payload()
        headers = {"Content-Type": response.content_type(), **response.headers}
        self.send_response(response.status)
        for name, value in headers.items():
            self.send_header(name, value)
        # A truncated answer of nothing still lacks a byte.
        length = max(1, len(payload)) if fault == "truncate" else len(payload)
        self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault == "truncate":
            self.wfile.write(payload[: length // 2])
            self.close_connection = True
        elif fault == "slow":
            self._drip(payload)
        else:
            self.wfile.write(payload)

    def _end(self, fault: str | None) -> None:
        self.close_connection = True
        if fault == "stall":
            self._wait_for_end()
        elif fault == "reset":
            self._reset()

    def _drip(self, payload: bytes) -> None:
        size = max(1, -(-len(payload) // DRIP_PIECES))
        for start in range(0, len(payload), size):
            if self._http_server.closing.wait(DRIP_PAUSE_S):
                raise ConnectionAbortedError("the service closes")
            self.wfile.write(payload[start : start + size])

    def _wait_for_end(self) -> None:
        while not self._http_server.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.1)
            if readable:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
                # More bytes from the client: it is still there.
                self._http_server.closing.wait(0.1)

    def _reset(self) -> None:
        # Lingering for no time at all turns the close into a reset. The streams made from the socket keep its
        # descriptor open, and a shutdown would say goodbye first: so the descriptor itself is closed.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._http_server.closed(self.connection)
        socket.close(self.connection.detach())

    def version_string(self) -> str:
        """The `Server` header."""
        return "emulator"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: the journal has every request."""


def _request(environ: dict[str, Any]) -> EmulatedRequest:
    request = Request(environ)
    target: str = environ["RAW_URI"].partition("?")[0]
    return EmulatedRequest(
        method=request.method,
        path=target if target.startswith("/") else urlsplit(target).path,
        query=request.args.to_dict(),
        headers=CaseInsensitiveDict(request.headers.items()),
        body=request.get_data(cache=False),
    )


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The client was faster.
        return
