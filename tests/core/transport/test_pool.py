"""The network at its worst, and what is kept from it: connections, proxies, certificates."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3
from requests.auth import HTTPBasicAuth

from forked import begun_in_child
from recorder_core.clock import Deadline, deadline_scope
from recorder_core.errors import (
    ConfigurationError,
    DeadlineExceeded,
    RateLimited,
    RecorderError,
    ServiceUnavailable,
    TransportError,
    UnexpectedResponse,
)
from recorder_core.rules import NO_ANSWER, NOT_SENT, Rule, Then
from recorder_core.testing import Unreachable
from recorder_core.transport.pool import LARGEST_ANSWER

UNSENT = Rule(statuses=(NOT_SENT,), then=Then.RAISE, error=ServiceUnavailable)
UNANSWERED = Rule(statuses=(NO_ANSWER,), then=Then.RAISE, error=RateLimited)
"""Told apart by classes that nothing else raises here."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

pytestmark = pytest.mark.usefixtures("no_proxies")


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing about the network."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def failure(transport: Any, call: Any) -> RecorderError:
    """The error that the call ends in."""
    with pytest.raises(RecorderError) as caught:
        transport.send(call)
    return caught.value


class TestNotSent:
    def test_a_name_that_does_not_resolve(self, bench: Any) -> None:
        """A failed name look-up sent nothing."""
        transport = bench.transport("http://no-such-host.invalid", rules=(UNSENT, UNANSWERED))
        assert isinstance(failure(transport, bench.call()), ServiceUnavailable)

    def test_a_refused_connection(self, bench: Any) -> None:
        """A closed port got nothing, and the reason is told."""
        error = failure(bench.transport(bench.free_url(), rules=(UNSENT, UNANSWERED)), bench.call())
        assert isinstance(error, ServiceUnavailable)
        assert "refused" in error.message

    def test_a_tls_handshake_that_breaks_off(self, bench: Any) -> None:
        """A host without a certificate got no byte of the request."""
        peer = bench.peer(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        transport = bench.transport(peer, rules=(UNSENT, UNANSWERED))
        assert isinstance(failure(transport, bench.call()), ServiceUnavailable)
        assert peer.received == []

    def test_a_proxy_that_refuses(self, bench: Any, peer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """A proxy that opens no tunnel let nothing through, though it was spoken to."""
        peer.will(peer.answer(b"no", status=407, close=True))
        monkeypatch.setenv("HTTPS_PROXY", peer.url)
        error = failure(bench.transport("https://vendor.test", rules=(UNSENT, UNANSWERED)), bench.call())
        assert isinstance(error, ServiceUnavailable)
        assert "407" in error.message
        assert peer.received[0].method == "CONNECT"

    def test_without_a_rule_it_is_a_transport_error(self, bench: Any) -> None:
        """The core has an answer where a table has none."""
        error = failure(bench.transport(bench.free_url()), bench.call())
        assert isinstance(error, TransportError)
        assert error.retryable
        assert error.http_status is None

    @pytest.mark.parametrize("proxy", ["http://", "socks9://127.0.0.1:1"])
    def test_a_proxy_that_is_none(self, bench: Any, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
        """A proxy variable that can't be used is a matter of configuration, whatever the table says."""
        monkeypatch.setenv("HTTP_PROXY", proxy)
        error = failure(bench.transport("http://vendor.test", rules=(UNSENT,)), bench.call())
        assert isinstance(error, ConfigurationError)


class TestNoAnswer:
    @pytest.mark.parametrize(
        "data",
        [
            b"",
            HEAD + b'Content-Length: 100\r\n\r\n{"code": 0}',
            HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
            HEAD + b'Transfer-Encoding: chunked\r\n\r\nb\r\n{"code": 0}\r\n',
            b"SSH-2.0-OpenSSH_9.6\r\n",
            HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n{}",
        ],
    )
    def test_an_answer_that_breaks_off(self, bench: Any, peer: Any, data: bytes) -> None:
        """A closed connection, a truncated body, broken chunks, no HTTP at all: sent, and not answered."""
        peer.will(peer.raw(data))
        transport = bench.transport(peer, rules=(UNSENT, UNANSWERED))
        assert isinstance(failure(transport, bench.call()), RateLimited)

    def test_a_reset(self, bench: Any, peer: Any) -> None:
        """A reset after the request leaves its outcome open."""
        peer.will(peer.reset)
        transport = bench.transport(peer, rules=(UNSENT, UNANSWERED))
        assert isinstance(failure(transport, bench.call()), RateLimited)

    def test_silence(self, bench: Any, peer: Any) -> None:
        """A host that says nothing is left after the read time-out."""
        peer.will(peer.stall)
        transport = bench.transport(peer, rules=(UNSENT, UNANSWERED), timeout=(5, 0.1))
        error = failure(transport, bench.call())
        assert isinstance(error, RateLimited)
        assert "timed out" in error.message

    @pytest.mark.parametrize(
        "head",
        [
            HEAD + b"Content-Length: 1000000\r\n\r\n",
            HEAD + b"Content-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n",
            HEAD + b"Connection: close\r\n\r\n",
            HEAD + b"X-Long: ",
            b"HTTP/1.1 200 ",
        ],
    )
    def test_a_drip(self, bench: Any, peer: Any, head: bytes) -> None:
        """The time-out is for the whole answer, head and body: one byte now and then doesn't stretch it."""
        peer.will(peer.drip(head))
        transport = bench.transport(peer, rules=(UNSENT, UNANSWERED), timeout=(5, 0.2))
        assert isinstance(failure(transport, bench.call()), RateLimited)

    def test_a_drip_ends_at_the_deadline(self, bench: Any, peer: Any) -> None:
        """The deadline counts even where every byte comes in time."""
        peer.will(peer.drip(HEAD + b"Content-Length: 1000000\r\n\r\n"))
        with deadline_scope(Deadline(bench.clock, 0.2)):
            error = failure(bench.transport(peer, rules=(UNANSWERED,)), bench.call())
        assert isinstance(error, DeadlineExceeded)
        assert isinstance(error.__cause__, RateLimited)


class TestInTime:
    def test_the_addresses_of_a_host_share_the_time(self, bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Addresses that take no connection are given what is left until the deadline, together."""
        waited: list[float] = []
        look_up, connect = socket.getaddrinfo, urllib3.util.connection.create_connection

        def three_addresses(host: str, port: int, *given: Any) -> list[Any]:
            found = look_up("127.0.0.1" if host == "vendor.test" else host, port, *given)
            spellings = ("127.0.0.1", "127.0.1", "127.1") if host == "vendor.test" else (host,)
            return [(*entry[:4], (spelling, port)) for entry in found[:1] for spelling in spellings]

        def connected(address: Any, timeout: float, **given: Any) -> Any:
            waited.append(timeout)
            return connect(address, timeout, **given)

        monkeypatch.setattr(socket, "getaddrinfo", three_addresses)
        monkeypatch.setattr(urllib3.util.connection, "create_connection", connected)
        with Unreachable() as nowhere, deadline_scope(Deadline(bench.clock, 0.5)):
            there = nowhere.base_url.replace("127.0.0.1", "vendor.test")
            error = failure(bench.transport(there, rules=(UNSENT, UNANSWERED), timeout=(0.3, 5)), bench.call())
        assert isinstance(error, DeadlineExceeded)
        assert isinstance(error.__cause__, ServiceUnavailable)
        assert len(waited) == 3
        assert waited[0] == 0.3
        assert sum(waited) <= 0.51

    def test_each_address_is_tried(self, bench: Any, peer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that refuses costs no call where another one answers."""
        look_up = socket.getaddrinfo

        def two_addresses(host: str, port: int, *given: Any) -> list[Any]:
            addresses = ("127.0.0.9", "127.0.0.1") if host == "vendor.test" else (host,)
            return [entry for address in addresses for entry in look_up(address, port, *given)]

        monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
        assert bench.transport(peer.url.replace("127.0.0.1", "vendor.test")).send(bench.call()).status == 200
        assert peer.received[0].headers["Host"].startswith("vendor.test:")

    def test_nothing_is_sent_when_the_connection_took_all_the_time(
        self, bench: Any, peer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A start for whose answer no time is left isn't sent."""
        connect = urllib3.util.connection.create_connection

        def slowly(*given: Any, **named: Any) -> Any:
            made = connect(*given, **named)
            time.sleep(0.1)
            return made

        monkeypatch.setattr(urllib3.util.connection, "create_connection", slowly)
        with deadline_scope(Deadline(bench.clock, 0.05)):
            error = failure(bench.transport(peer, rules=(UNSENT, UNANSWERED)), bench.call())
        assert isinstance(error, DeadlineExceeded)
        assert isinstance(error.__cause__, ServiceUnavailable)
        assert peer.received == []


class TestWhoseAnswerItIs:
    @pytest.mark.parametrize("status", [100, 102, 103, 199])
    def test_answers_that_only_inform_are_read_over(self, bench: Any, peer: Any, status: int) -> None:
        """A 1xx is no answer, and the one that follows isn't left for the next call, however late it comes."""

        def inform(connection: socket.socket) -> bool:
            for _ in range(3):
                connection.sendall(b"HTTP/1.1 %d Wait\r\nX: y\r\n\r\n" % status)
                time.sleep(0.01)
            return bool(peer.answer({"code": 0, "is": "the first"})(connection))

        peer.will(inform, peer.answer({"code": 0, "is": "the second"}))
        transport = bench.transport(peer)
        assert [transport.send(bench.call()).body["is"] for _ in range(2)] == ["the first", "the second"]
        assert peer.connections == 1

    def test_what_comes_after_an_answer_answers_nothing(self, bench: Any, peer: Any) -> None:
        """A second answer to one request is thrown away with its connection."""
        twice = HEAD + b'Content-Length: 22\r\n\r\n{"code": 0, "is": "1"}'
        peer.will(peer.raw(twice + twice, close=False), peer.answer({"code": 0, "is": "2"}))
        transport = bench.transport(peer)
        assert [transport.send(bench.call()).body.get("is") for _ in range(2)] == ["1", "2"]


class TestBodies:
    def test_gzip_is_unpacked(self, bench: Any, peer: Any) -> None:
        """A compressed answer is read like any other."""
        data = gzip.compress(b'{"code": 0, "text": "' + b"x" * 50_000 + b'"}')
        peer.will(peer.answer(data, headers={"Content-Encoding": "gzip"}))
        assert len(bench.transport(peer).send(bench.call()).body["text"]) == 50_000
        assert "gzip" in peer.received[0].headers["Accept-Encoding"]

    def test_chunks_are_joined(self, bench: Any, peer: Any) -> None:
        """A chunked answer is read like any other, and its connection is kept."""
        peer.will(
            peer.raw(
                HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"cod\r\n6\r\ne": 0}\r\n0\r\n\r\n',
                close=False,
            )
        )
        transport = bench.transport(peer)
        assert transport.send(bench.call()).body == {"code": 0}
        assert transport.send(bench.call()).body == {"code": 0}
        assert peer.connections == 1

    def test_an_answer_until_the_end_of_the_connection(self, bench: Any, peer: Any) -> None:
        """Without a length the answer ends with the connection."""
        peer.will(peer.raw(HEAD + b'Connection: close\r\n\r\n{"code": 0}'))
        transport = bench.transport(peer)
        assert transport.send(bench.call()).body == {"code": 0}
        assert transport.send(bench.call()).body == {"code": 0}
        assert peer.connections == 2

    @pytest.mark.parametrize("kind", ["told", "untold", "bomb"])
    def test_a_huge_answer_is_left(self, bench: Any, peer: Any, kind: str) -> None:
        """More than 8 MiB, packed or not, is refused, and the next call goes well."""
        text = b'{"code": 0, "text": "' + b"x" * LARGEST_ANSWER + b'"}'
        packed = gzip.compress(text)
        heads = {
            "told": b"Content-Length: %d\r\n\r\n" % len(text) + text,
            "untold": b"Connection: close\r\n\r\n" + text,
            "bomb": b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed,
        }
        peer.will(peer.raw(HEAD + heads[kind], close=False))
        transport = bench.transport(peer)
        error = failure(transport, bench.call())
        assert isinstance(error, UnexpectedResponse)
        assert error.http_status == 200
        assert str(LARGEST_ANSWER) in error.message
        assert transport.send(bench.call()).body == {"code": 0}

    def test_an_answer_that_does_not_unpack(self, bench: Any, peer: Any) -> None:
        """Broken compression is no answer of the vendor's."""
        peer.will(peer.answer(b"this isn't gzip", headers={"Content-Encoding": "gzip"}))
        assert isinstance(failure(bench.transport(peer), bench.call()), UnexpectedResponse)

    def test_bytes_that_are_no_utf8(self, bench: Any, peer: Any) -> None:
        """A wrongly encoded letter costs no answer."""
        peer.will(peer.answer(b'\xef\xbb\xbf{"code": 0, "message": "caf\xe9"}'))
        assert bench.transport(peer).send(bench.call()).envelope.message == "caf\N{REPLACEMENT CHARACTER}"


class TestConnections:
    def test_connections_are_kept(self, bench: Any, peer: Any) -> None:
        """Call after call goes over one connection, errors included."""
        peer.will(peer.answer(), peer.answer({}, status=400), peer.answer(b"<html>"), peer.answer())
        transport = bench.transport(peer)
        for _ in range(5):
            try:
                transport.send(bench.call())
            except UnexpectedResponse:
                continue
        assert len(peer.received) == 5
        assert peer.connections == 1

    def test_64_threads_share_the_pool(self, bench: Any, peer: Any) -> None:
        """64 calls at once get a connection each, and the same connections serve the next 64."""
        everyone_is_here = threading.Barrier(64)

        def echo(connection: Any) -> bool:
            everyone_is_here.wait()
            return bool(peer.answer()(connection))

        transport = bench.transport(peer, timeout=(30, 30))
        for _ in range(2):
            peer.will(*[echo] * 64)
            with ThreadPoolExecutor(64) as threads:
                calls = [bench.call(body={"n": n}) for n in range(64)]
                assert [answer.status for answer in threads.map(transport.send, calls)] == [200] * 64
        assert peer.connections == 64
        assert sorted(request.json["n"] for request in peer.received) == sorted([*range(64)] * 2)

    def test_a_kept_connection_that_the_peer_closes_under_a_call(self, bench: Any, peer: Any) -> None:
        """A POST that meets a closing connection isn't repeated by itself: the table decides."""
        peer.will(peer.answer(), peer.hang_up, peer.answer(), peer.hang_up)
        strict = bench.transport(peer, rules=(UNANSWERED,))
        strict.send(bench.call())
        assert isinstance(failure(strict, bench.call()), RateLimited)
        again = Rule(statuses=(NO_ANSWER,), then=Then.REPEAT, delays=(1,))
        lenient = bench.transport(peer, rules=(again,))
        lenient.send(bench.call())
        assert lenient.send(bench.call()).status == 200
        assert len(peer.received) == 5

    def test_a_connection_closed_in_the_meantime_is_replaced(self, bench: Any, peer: Any) -> None:
        """A connection that is known to be closed costs no call."""
        peer.will(peer.raw(HEAD + b'Content-Length: 11\r\n\r\n{"code": 0}', close=True))
        transport = bench.transport(peer)
        transport.send(bench.call())
        peer.wait_until_idle()
        assert transport.send(bench.call()).status == 200

    def test_close_and_go_on(self, bench: Any, peer: Any) -> None:
        """Closing drops the connections; a later call opens a new one."""
        transport = bench.transport(peer)
        transport.send(bench.call())
        transport.close()
        transport.close()
        transport.send(bench.call())
        assert peer.connections == 2

    def test_a_forked_process_has_connections_of_its_own(self, bench: Any, peer: Any) -> None:
        """Parent and child never write to one connection; the parent's goes on, whatever becomes of the child's."""
        transport = bench.transport(peer)
        transport.send(bench.call())
        child = begun_in_child(lambda: transport.send(bench.call()).status)
        assert transport.send(bench.call()).status == child() == 200
        transport.send(bench.call())
        assert len(peer.received) == 4
        assert peer.connections == 2

    def test_a_fork_that_python_was_not_told_of(self, peer: Any) -> None:
        """A web server that forks by itself, past Python's own function, gets connections of its own too."""
        program = """
            import ctypes, os, sys
            from recorder_core.clock import SystemClock
            from recorder_core.transport import Call, Envelope, Rule, RuleTable, Runtime, Then, Transport

            transport = Transport(
                "vendor", base_urls=[sys.argv[1]], rules=RuleTable([Rule(statuses=(200,), then=Then.ACCEPT)]),
                read_envelope=lambda *_: Envelope(), auth=lambda request: request,
                runtime=Runtime(clock=SystemClock(), timeout=(5, 5)),
            )
            call = Call(operation="query", method="POST", path="/", body={})
            transport.send(call)
            child = ctypes.PyDLL(None).fork()
            transport.send(call)
            if child == 0:
                os._exit(0)
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), peer.url],
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert len(peer.received) == 3
        assert peer.connections == 2

    def test_cookies_are_not_kept(self, bench: Any, peer: Any) -> None:
        """What one answer sets, no later request sends."""
        peer.will(peer.answer(headers={"Set-Cookie": "session=1; Path=/"}))
        transport = bench.transport(peer)
        transport.send(bench.call())
        transport.send(bench.call())
        assert "Cookie" not in peer.received[1].headers


class TestEnvironment:
    def test_a_netrc_entry_replaces_nothing(
        self, bench: Any, peer: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
    ) -> None:
        """The credentials are ours, even where `.netrc` has others for the host."""
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login stranger password theirs\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        bench.transport(peer, auth=HTTPBasicAuth("us", "ours")).send(bench.call())
        bench.transport(peer).send(bench.call())
        assert peer.received[0].headers["Authorization"] == "Basic dXM6b3Vycw=="
        assert "Authorization" not in peer.received[1].headers

    def test_a_proxy_of_the_environment_is_used(self, bench: Any, peer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """`HTTP_PROXY` gets the request with its whole address, secret parameters unmasked."""
        monkeypatch.setenv("HTTP_PROXY", peer.url)
        transport = bench.transport("http://vendor.test", masked_query=frozenset({"Sign"}))
        transport.send(bench.call(query={"Sign": "s3cr3t-sign"}))
        assert peer.received[0].target == "http://vendor.test/do?Sign=s3cr3t-sign"

    def test_no_proxy_is_honoured(self, bench: Any, peer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """`NO_PROXY` lets the host be reached directly."""
        monkeypatch.setenv("HTTP_PROXY", bench.free_url())
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert bench.transport(peer).send(bench.call()).status == 200

    def test_the_environment_is_read_once_per_host(
        self, bench: Any, peer: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A variable that changes later changes nothing for a host that is known."""
        transport = bench.transport(peer)
        transport.send(bench.call())
        monkeypatch.setenv("HTTP_PROXY", bench.free_url())
        assert transport.send(bench.call()).status == 200

    @pytest.mark.parametrize("key", ["s3cr3t-key\n", "s3cr3t-\N{SNOWMAN}"])
    def test_credentials_that_http_can_not_carry(self, bench: Any, peer: Any, key: str) -> None:
        """A line break or a strange letter in a header is a matter of configuration; nothing is sent."""

        def sign(request: Any) -> Any:
            request.headers["X-Key"] = key
            return request

        error = failure(bench.transport(peer, auth=sign), bench.call())
        assert isinstance(error, ConfigurationError)
        assert "s3cr3t" not in str(error)
        assert peer.received == []
