"""The WSGI application as the standard has it, over servers that know less than others."""

from __future__ import annotations

import io
import threading
import wsgiref.simple_server
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from recorder_core import WebhookApp


class SilentHandler(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def plain_server(app: Any) -> Iterator[int]:
    """The port of the standard library's own server, which doesn't know where a chunked body ends."""
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, app, handler_class=SilentHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asked(app: WebhookApp, body: bytes = b"", **environ: Any) -> tuple[str, bytes]:
    """Status line and body of the answer to a request."""
    begun: list[str] = []
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/memory", "wsgi.input": io.BytesIO(body), **environ}
    setup_testing_defaults(environ)
    answer = b"".join(app(environ, lambda status, headers: begun.append(status)))  # type: ignore[arg-type]
    return begun[0], answer


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "PUT"])
def test_it_keeps_to_the_standard(serve, method: str) -> None:
    """The validator of PEP 3333 finds nothing, whatever is asked."""
    served = serve("wsgi")
    with plain_server(validator(served.app)) as port:
        served.port = port
        request = served.callback()
        body = request.body if method == "POST" else None
        answer = served.request(method, "/memory", body, dict(request.headers))
    assert answer.status == (405 if method == "PUT" else 200)


def test_a_body_without_an_end_is_refused(serve) -> None:
    """Where the server doesn't say where a chunked body ends, reading it would wait for ever."""
    served = serve("wsgi")
    with plain_server(served.app) as port:
        connection = served.connect(port)
        connection.sendall(b"POST /memory HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert b" 411 Length Required" in connection.recv(65_536)


def test_no_more_is_read_than_was_announced(serve) -> None:
    """What follows a body on the connection is the next request's."""
    served = serve("wsgi")
    request = served.callback()
    stream = io.BytesIO(request.body + b"POST /next")
    headers = {"HTTP_MEMORY_SIGNATURE": request.headers["memory-signature"]}
    status, _ = asked(served.app, CONTENT_LENGTH=str(len(request.body)), **headers, **{"wsgi.input": stream})
    assert status == "200 OK"
    assert stream.read() == b"POST /next"


def test_a_body_that_is_shorter_than_announced_is_refused(serve) -> None:
    """The sender left in the middle."""
    assert asked(serve("wsgi").app, b"{}", CONTENT_LENGTH="3")[0] == "400 Bad Request"


def test_a_request_without_a_body_is_no_callback(serve) -> None:
    """Without a length and without chunks there is no body, and nothing is read."""
    assert asked(serve("wsgi", covers_body=False).app, b"{}", CONTENT_LENGTH="")[0] == "400 Bad Request"


def test_a_connection_that_breaks_is_no_fault_of_ours(serve) -> None:
    """Servers raise what they like when a client leaves; an OSError is one of its kinds."""

    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

    assert asked(serve("wsgi").app, CONTENT_LENGTH="3", **{"wsgi.input": Broken()})[0] == "400 Bad Request"
