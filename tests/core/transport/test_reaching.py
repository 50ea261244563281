"""Whether a host can be reached: how far the way led, and what time it is there."""

from __future__ import annotations

import ssl
import time
from email.utils import formatdate
from typing import Any

import pytest
import trustme

from recorder_core.clock import Deadline, SystemClock, deadline_scope


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing about the network."""
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def sign(request: Any) -> Any:
    request.headers["Authorization"] = "Basic c2VjcmV0"
    return request


def test_a_host_that_answers_is_reached_without_credentials(bench: Any, peer: Any) -> None:
    """Any answer will do; the request has no credentials and isn't told to observers."""
    peer.will(peer.answer(status=404))
    reach = bench.transport(peer, auth=sign).reach(peer.url)
    assert (reach.base_url, reach.failed_at, reach.reason, reach.status) == (peer.url, None, "", 404)
    (received,) = peer.received
    assert (received.method, received.target) == ("GET", "/")
    assert "Authorization" not in received.headers
    assert bench.exchanges == []


@pytest.mark.parametrize("ahead", [-900, 0, 45])
@pytest.mark.parametrize("age", [None, 600])
def test_the_clock_is_compared_with_the_hosts(bench: Any, peer: Any, ahead: int, age: int | None) -> None:
    """`Date` tells what time it is there, to a second; one that a cache has kept is as much older as it says."""
    date = formatdate(time.time() - ahead - (age or 0), usegmt=True)
    peer.will(peer.answer(headers={"Date": date, **({"Age": str(age)} if age else {})}))
    told = bench.transport(peer).reach(peer.url).ahead_s
    assert told == pytest.approx(ahead, abs=2)


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, {"Date": formatdate(0), "Age": "old"}])
def test_a_host_without_a_sensible_date_tells_no_time(bench: Any, peer: Any, headers: dict[str, str]) -> None:
    """What can't be read is no time at all."""
    peer.will(peer.answer(headers=headers))
    reach = bench.transport(peer).reach(peer.url)
    assert (reach.status, reach.ahead_s) == (200, None)


def test_a_name_that_is_none(bench: Any) -> None:
    """The look-up failed."""
    reach = bench.transport("http://name.invalid").reach("http://name.invalid")
    assert (reach.failed_at, reach.status) == ("DNS", None)
    assert reach.reason


def test_a_port_where_nobody_listens(bench: Any) -> None:
    """The name was found, and no connection made."""
    url = bench.free_url()
    reach = bench.transport(url).reach(url)
    assert (reach.failed_at, reach.reason) == ("TCP", "Connection refused")


def test_a_strangers_certificate(bench: Any) -> None:
    """The connection stands, and the host isn't trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    peer = bench.peer(context)
    reach = bench.transport(peer).reach(peer.url)
    assert reach.failed_at == "TLS"
    assert reach.reason.startswith("its certificate: ")
    assert peer.received == []


def test_a_port_that_speaks_no_tls(bench: Any, peer: Any) -> None:
    """Something listens there that isn't the host."""
    url = peer.url.replace("http:", "https:")
    assert bench.transport(url).reach(url).failed_at == "TLS"


def test_a_host_that_hangs_up(bench: Any, peer: Any) -> None:
    """Everything stands, and no answer comes."""
    peer.will(peer.hang_up)
    assert bench.transport(peer).reach(peer.url).failed_at == "HTTP"


def test_a_silent_host_has_until_the_deadline(bench: Any, peer: Any) -> None:
    """The current deadline outranks the time-out for answers."""
    peer.will(peer.stall)
    transport = bench.transport(peer, timeout=(30.0, 30.0))
    with deadline_scope(Deadline(SystemClock(), 0.1)):
        reach = transport.reach(peer.url)
    assert (reach.failed_at, reach.reason) == ("HTTP", "timed out")


def test_a_proxy_that_is_not_there(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the way leads through a proxy, it is the proxy that can't be reached, not the host."""
    monkeypatch.setenv("https_proxy", bench.free_url())
    reach = bench.transport("https://vendor.example").reach("https://vendor.example")
    assert reach.failed_at == "proxy"
