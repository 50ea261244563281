"""The proxy that makes faults: what passes, what doesn't, and what the client meets, seen from a plain socket."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest

from recorder_core.testing import FaultProxy, Unreachable
from recorder_core.testing.faults import FAULTS, HUGE, answered, changed, redirected, reshaped
from recorder_core.testing.proxy import Answer, Fault
from scripted_host import Asked, ScriptedHost, Told, scripted_host

BODY = b'{"code": 0, "data": {"id": "a", "of": [1, 2]}}'


@pytest.fixture
def service() -> Iterator[ScriptedHost]:
    with scripted_host(lambda asked: Told(body=BODY, headers={"X-Request-Id": "r1"})) as host:
        yield host


@pytest.fixture
def proxy(service: ScriptedHost) -> Iterator[FaultProxy]:
    with FaultProxy(service.url) as running:
        yield running


def asked(proxy: FaultProxy, connection: http.client.HTTPConnection | None = None) -> tuple[int, bytes]:
    """Status and body of an answer."""
    if connection is None:
        with closing(http.client.HTTPConnection(urlsplit(proxy.base_url).netloc, timeout=5)) as own:
            return asked(proxy, own)
    connection.request("POST", "/v1/do?a=b%20c", b"question", {"Authorization": "Basic QTpC", "X-Odd": "é"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def raw(proxy: FaultProxy) -> bytes:
    """The bytes that come back to a client that says that it asks for nothing more."""
    where = urlsplit(proxy.base_url)
    with socket.create_connection((where.hostname, where.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: proxy\r\n\r\n")
        with suppress(OSError):  # it may be reset already, which what is read tells then
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_what_meets_no_fault_arrives_as_it_was_sent(proxy: FaultProxy, service: ScriptedHost) -> None:
    """Method, target, headers and body there; status, headers and body back; one connection serves many requests."""
    with closing(http.client.HTTPConnection(urlsplit(proxy.base_url).netloc, timeout=5)) as connection:
        assert asked(proxy, connection) == asked(proxy, connection) == (200, BODY)
    came: Asked = service.asked[0]
    assert (came.method, came.path, came.body) == ("POST", "/v1/do?a=b%20c", b"question")
    assert (came.headers["authorization"], came.headers["x-odd"]) == ("Basic QTpC", "é")
    (first, second) = proxy.requests
    assert (first.method, first.target, first.body, first.fault, first.status) == (
        *("POST", "/v1/do?a=b%20c", b"question"),
        *(None, 200),
    )
    assert second is not first


def test_faults_are_met_in_the_order_in_which_they_were_ordered(proxy: FaultProxy) -> None:
    """So many requests each, after so many that pass, and what stands for all comes last."""
    proxy.fail_next(answered(503), 2, after=1)
    proxy.fail_next(answered(429))
    proxy.fail_always(answered(500), after=1)
    assert [asked(proxy)[0] for _ in range(7)] == [200, 503, 503, 429, 200, 500, 500]
    assert [request.fault for request in proxy.requests] == [None, "503", "503", "429", None, "500", "500"]
    proxy.clear()
    assert asked(proxy) == (200, BODY)
    assert len(proxy.requests) == 1


def test_credentials_are_not_shown(proxy: FaultProxy) -> None:
    """What came holds them; its repr doesn't."""
    asked(proxy)
    assert "QTpC" not in repr(proxy.requests)
    assert "code" not in repr(Answer(200, "OK", {}, BODY))


@pytest.mark.parametrize("name", FAULTS)
def test_whether_the_service_acts_is_as_it_says(name: str, proxy: FaultProxy, service: ScriptedHost) -> None:
    """A fault's meaning tells the truth about what a client can't know."""
    proxy.fail_next(FAULTS[name])
    try:
        raw(proxy)
    except ConnectionResetError:
        assert "reset" in name
    done = FAULTS[name].meaning.startswith("it is done; ")
    assert done or FAULTS[name].meaning.startswith("nothing is done; ")
    is_asked = name == "refusal as 200"  # it gets the request, without what would make it act
    assert len(service.asked) == int(done or is_asked)
    assert proxy.requests[0].fault == name
    assert (proxy.requests[0].status == 200) == (done or is_asked)


@pytest.mark.parametrize(
    ("name", "came"),
    [
        ("refuse", b""),
        ("drop", b""),
        ("half a body", BODY[:23]),
        ("no head", BODY),
        ("page", b"</html>"),
        ("list", b"[1, 2]"),
        ("mark", b"\xef\xbb\xbf" + BODY),
        ("fields: null", b'{"code": null, "data": null}'),
        ("branches: a text", b'{"code": 0, "data": "text"}'),
        ("leaves: a number", b'{"code": 0, "data": {"id": -1, "of": [-1, -1]}}'),
    ],
)
def test_what_comes(name: str, came: bytes, proxy: FaultProxy) -> None:
    """The bytes of some of them."""
    proxy.fail_next(FAULTS[name])
    data = raw(proxy)
    assert data.endswith(came)
    assert not came or data.startswith(b"HTTP/1.1 200") or name == "no head"


def test_a_reset_is_one(proxy: FaultProxy) -> None:
    """Not the end of a connection in good order."""
    proxy.fail_next(FAULTS["reset"])
    with pytest.raises(ConnectionResetError):
        raw(proxy)


def test_a_bomb_is_small_on_its_way(proxy: FaultProxy) -> None:
    """A few KiB that become many MiB."""
    proxy.fail_next(FAULTS["bomb"])
    status, packed = asked(proxy)
    assert status == 200
    assert len(packed) * 100 < HUGE


def test_faults_can_be_made(proxy: FaultProxy, service: ScriptedHost) -> None:
    """An answer in the service's place, a redirect, another answer, another tree, or anything."""
    proxy.fail_next(answered(429, Retry_After="7"))
    assert b"\r\nRetry-After: 7\r\n" in raw(proxy)
    assert service.asked == []
    proxy.fail_next(redirected(307, "https://elsewhere.test/"))
    assert asked(proxy) == (307, b"")
    proxy.fail_next(changed("shouted", "in capitals", lambda answer: Answer(201, "OK", {}, answer.body.upper())))
    assert asked(proxy) == (201, BODY.upper())
    proxy.fail_next(reshaped("no data", "without data", lambda tree: {"code": tree["code"]}))
    assert json.loads(asked(proxy)[1]) == {"code": 0}
    proxy.fail_next(Fault("own", "whatever", lambda relay: relay.send(relay.forward(target="/other"))))
    asked(proxy)
    assert service.asked[-1].path == "/other"


def test_a_service_that_is_gone_is_a_closed_connection() -> None:
    """The proxy has nothing to say then."""
    with scripted_host(lambda _: Told()) as service:
        url = service.url
    with FaultProxy(url) as proxy:
        assert raw(proxy) == b""


def test_the_end_of_a_proxy_ends_what_it_holds_up(service: ScriptedHost) -> None:
    """A client that waits for a stalled answer isn't left waiting."""
    with FaultProxy(service.url) as proxy:
        proxy.fail_next(FAULTS["drop by stall"])
        where = urlsplit(proxy.base_url)
        connection = socket.create_connection((where.hostname, where.port), timeout=5)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: proxy\r\n\r\n")
        while not proxy.requests:
            time.sleep(0.005)
    with connection:
        assert connection.recv(1) == b""


def test_nobody_reaches_what_is_unreachable() -> None:
    """A connection is neither taken nor refused."""
    with Unreachable() as nowhere, socket.socket() as caller:
        caller.settimeout(0.3)
        where = urlsplit(nowhere.base_url)
        with pytest.raises(TimeoutError):
            caller.connect((where.hostname, where.port))
