"""How a request leaves, and how the head of an answer is read."""

from __future__ import annotations

import http.client
import io
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder_core.transport.connection import headers_of

PIECES = [
    b"X-Id",
    b"content-type",
    b":",
    b" ",
    b"\t",
    b"a",
    b"\xe4",
    b"\x00",
    b"\x0b",
    b"\x85",
    b"\r",
    b"\n",
    b"\r\n",
    b"=",
]


def both(head: bytes) -> tuple[Any, Any]:
    """What Python's own reader makes of a head, and what ours does; an error stands for itself."""
    told = []
    for read in (http.client.parse_headers, headers_of):
        stream = io.BufferedReader(io.BytesIO(head))  # type: ignore[arg-type]
        try:
            message = read(stream)
        except http.client.HTTPException:
            told.append("refused")
        else:
            told.append((message.items(), [type(defect) for defect in message.defects], stream.read()))
    return told[0], told[1]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
def test_a_head_is_read_as_python_reads_it(head: bytes) -> None:
    """Folded lines, empty names, missing colons, odd characters: names, values and defects are the same."""
    theirs, ours = both(head + b"\r\n\r\nbody")
    assert ours == theirs


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: application/json\r\nX-Request-Id:  7 \r\n\r\n",
        b"A: 1\r\nA: 2\r\n\r\n",
        b"Long: " + b"x" * 70_000 + b"\r\n\r\n",
        b"A: 1\r\n" * 101 + b"\r\n",
        b"A: 1\r\n" * 99 + b"\r\n",
        b"A: 1",
        b"",
    ],
)
def test_the_bounds_of_a_head(head: bytes) -> None:
    """Neither a line nor their number is without end, and what breaks off is what came."""
    theirs, ours = both(head)
    assert ours == theirs


def test_a_request_leaves_in_one_piece(bench: Any) -> None:
    """Head and body are one segment, so that the host isn't woken for half a request."""
    pieces: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            pieces.append(connection.recv(65_536))
            body = b'{"code": 0}'
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        transport = bench.transport(f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert transport.send(bench.call(body={"room": "lesson-42"})).status == 200
        thread.join()
    assert pieces[0].startswith(b"POST /do HTTP/1.1\r\n")
    assert pieces[0].endswith(b'\r\n\r\n{"room":"lesson-42"}')
