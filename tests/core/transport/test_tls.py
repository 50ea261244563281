"""Certificates are verified, always."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from forked import begun_in_child
from recorder_core.errors import ConfigurationError, RecorderError, TransportError
from recorder_core.rules import NOT_SENT, Rule, Then

ELSEWHERE = Rule(statuses=(NOT_SENT,), then=Then.NEXT_HOST, error=TransportError)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A CA that nobody knows."""
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    """The path of a CA bundle with that CA."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing about the network."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for the name."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(made)
    return made


def failure(transport: Any, call: Any) -> RecorderError:
    """The error that the call ends in."""
    with pytest.raises(RecorderError) as caught:
        transport.send(call)
    return caught.value


def test_a_strangers_certificate_is_refused(bench: Any, authority: trustme.CA) -> None:
    """A certificate that no known CA has signed ends the call: no byte is sent, no other host tried."""
    peer, other = bench.peer(context(authority)), bench.peer()
    error = failure(bench.transport(peer, other, rules=(ELSEWHERE,)), bench.call())
    assert type(error) is TransportError
    assert not error.retryable
    assert "REQUESTS_CA_BUNDLE" in str(error.hint)
    assert peer.received == other.received == []


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_ca_of_the_environment_is_trusted(
    bench: Any, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """The CA bundle that the environment names verifies the host, call after call on one connection."""
    monkeypatch.setenv(variable, bundle)
    peer = bench.peer(context(authority))
    transport = bench.transport(peer)
    assert [transport.send(bench.call()).status for _ in range(3)] == [200] * 3
    assert peer.connections == 1


def test_a_certificate_for_another_name_is_refused(
    bench: Any, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trusted CA isn't enough: the certificate must be the host's."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    peer = bench.peer(context(authority, "elsewhere.test"))
    assert type(failure(bench.transport(peer), bench.call())) is TransportError
    assert peer.received == []


def test_a_bundle_that_is_not_there_is_named(
    bench: Any, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CA bundle that can't be read is a matter of configuration and never means "don't verify"."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    peer = bench.peer(context(authority))
    error = failure(bench.transport(peer), bench.call())
    assert isinstance(error, ConfigurationError)
    assert "REQUESTS_CA_BUNDLE" in str(error.hint)
    assert peer.received == []


def test_a_reset_within_tls_is_no_answer(
    bench: Any, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the handshake a broken connection leaves the outcome open, as it does without TLS."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    peer = bench.peer(context(authority))
    peer.will(peer.hang_up, peer.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"))
    transport = bench.transport(peer, rules=(ELSEWHERE,), timeout=(5, 0.2))
    for _ in range(2):
        assert "no whole answer" in failure(transport, bench.call()).message


def test_a_tunnel_through_a_proxy(
    bench: Any, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through `HTTPS_PROXY` the host's own certificate is verified; the proxy sees nothing but its name."""
    proxy, peer = bench.peer(), bench.peer(context(authority, "vendor.test"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    proxy.will(proxy.tunnel)
    transport = bench.transport(f"https://vendor.test:{peer.port}", masked_query=frozenset({"Sign"}))
    assert [transport.send(bench.call(query={"Sign": "s3cr3t"})).status for _ in range(2)] == [200, 200]
    assert [request.target for request in peer.received] == ["/do?Sign=s3cr3t"] * 2
    assert [request.target for request in proxy.received] == [f"vendor.test:{peer.port}"]
    transport.close()


def test_forked_processes_have_keys_of_their_own(
    bench: Any, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parent and children never share a TLS connection, and a child that ends closes none of the parent's."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    peer = bench.peer(context(authority))
    transport = bench.transport(peer)

    def calls() -> list[int]:
        return [transport.send(bench.call()).status for _ in range(3)]

    assert calls() == [200] * 3
    children = [begun_in_child(calls) for _ in range(2)]
    assert calls() == [200] * 3
    assert [child() for child in children] == [[200] * 3] * 2
    assert calls() == [200] * 3
    assert peer.connections == 3
