"""Which host is tried first: one that failed comes last for a minute, whichever call found that out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from recorder_core.clock import Deadline, deadline_scope
from recorder_core.errors import (
    ConfigurationError,
    RecorderError,
    ServiceUnavailable,
    StartOutcomeUnknown,
    TransportError,
)
from recorder_core.rules import NO_ANSWER, NOT_SENT, Rule, Then
from recorder_core.transport.hosts import LAST_FOR_S, Hosts

ELSEWHERE = Rule(statuses=(NOT_SENT, NO_ANSWER, 503), then=Then.NEXT_HOST, error=ServiceUnavailable)
LOST_START = Rule(
    operations=("start",), statuses=(NO_ANSWER,), then=Then.REPEAT, delays=(1.0,), error=StartOutcomeUnknown
)
URLS = ("https://a.test", "https://b.test", "https://c.test")


@pytest.fixture
def hosts(bench: Any) -> Hosts:
    return Hosts(URLS, bench.clock)


def first_asked(bench: Any, call: Any) -> str:
    """The host that a call tries first."""
    before = len(bench.exchanges)
    call()
    return bench.exchanges[before].url


class TestOrder:
    def test_the_vendors_order_holds_while_all_is_well(self, hosts: Hosts) -> None:
        """Whatever has answered, nothing changes."""
        hosts.answered(URLS[1])
        assert hosts.in_order() == URLS

    def test_one_that_failed_comes_last(self, hosts: Hosts) -> None:
        """And those that failed keep the vendor's order among themselves."""
        hosts.failed(URLS[1])
        assert hosts.in_order() == (URLS[0], URLS[2], URLS[1])
        hosts.failed(URLS[0])
        assert hosts.in_order() == (URLS[2], URLS[0], URLS[1])
        hosts.failed(URLS[2])
        assert hosts.in_order() == URLS

    def test_an_answer_brings_it_back_at_once(self, hosts: Hosts) -> None:
        """As when it was the last one that was left, and answered."""
        hosts.failed(URLS[0])
        hosts.answered(URLS[0])
        assert hosts.in_order() == URLS

    def test_it_comes_back_for_one_call_first(self, bench: Any, hosts: Hosts) -> None:
        """After its time a single call tries it; the others leave it for last until that one was answered."""
        hosts.failed(URLS[0])
        bench.clock.sleep(LAST_FOR_S - 0.01)
        assert hosts.in_order()[-1] == URLS[0]
        bench.clock.sleep(0.02)
        assert hosts.in_order() == URLS
        assert hosts.in_order()[-1] == URLS[0]
        hosts.answered(URLS[0])
        assert hosts.in_order() == URLS

    def test_a_call_that_never_came_to_it_holds_it_back_no_longer_than_a_failure(
        self, bench: Any, hosts: Hosts
    ) -> None:
        """Whoever was to try it and didn't is followed by another one a minute later."""
        hosts.failed(URLS[0])
        bench.clock.sleep(LAST_FOR_S)
        assert hosts.in_order() == URLS
        bench.clock.sleep(LAST_FOR_S)
        assert hosts.in_order() == URLS

    def test_a_clock_that_is_set_back_keeps_nothing_last_for_long(self, bench: Any, hosts: Hosts) -> None:
        """A failure that lies in the future is over."""
        hosts.failed(URLS[0])
        bench.clock.now -= 86_400
        assert hosts.in_order() == URLS

    def test_many_threads_send_one_to_a_host_that_comes_back(self, bench: Any, hosts: Hosts) -> None:
        """Of 200 calls at that moment one has it first."""
        hosts.failed(URLS[0])
        bench.clock.sleep(LAST_FOR_S)
        with ThreadPoolExecutor(8) as pool:
            orders = list(pool.map(lambda _: hosts.in_order(), range(200)))
        assert sum(order == URLS for order in orders) == 1


class TestCalls:
    def test_the_next_call_leaves_a_dead_host_alone(self, bench: Any, peer: Any) -> None:
        """One call finds out, all others know; a minute later it is asked first again."""
        dead = bench.free_url()
        transport = bench.transport(dead, peer, rules=(ELSEWHERE,))
        assert first_asked(bench, lambda: transport.send(bench.call())).startswith(dead)
        assert first_asked(bench, lambda: transport.send(bench.call())).startswith(peer.url)
        bench.clock.sleep(LAST_FOR_S)
        assert first_asked(bench, lambda: transport.send(bench.call())).startswith(dead)

    def test_whoever_is_last_is_asked_all_the_same(self, bench: Any, peer: Any) -> None:
        """Where no other host answers, the one that failed is tried, and is first again when it answers."""
        peer.will(peer.answer({}, status=503))
        other = bench.peer()
        transport = bench.transport(peer, other, rules=(ELSEWHERE,))
        assert transport.send(bench.call()).base_url == other.url
        other.will(other.answer({}, status=503))
        assert transport.send(bench.call()).base_url == peer.url
        assert transport.send(bench.call()).base_url == peer.url

    def test_no_answer_counts_as_much_as_no_connection(self, bench: Any, peer: Any) -> None:
        """A host that hangs up has failed."""
        peer.will(peer.hang_up)
        other = bench.peer()
        transport = bench.transport(peer, other, rules=(ELSEWHERE,))
        transport.send(bench.call())
        assert first_asked(bench, lambda: transport.send(bench.call())).startswith(other.url)

    def test_a_refusal_is_an_answer(self, bench: Any, peer: Any) -> None:
        """A host that says no is alive: only what another host may do better counts."""
        peer.will(peer.answer({"code": 9}, status=400))
        transport = bench.transport(peer, bench.peer(), rules=(ELSEWHERE,))
        with pytest.raises(RecorderError):
            transport.send(bench.call())
        assert first_asked(bench, lambda: transport.send(bench.call())).startswith(peer.url)

    def test_a_time_out_that_the_deadline_cut_short_says_nothing(self, bench: Any, peer: Any) -> None:
        """Whoever gives a host no time learns nothing of it."""
        peer.will(peer.stall)
        transport = bench.transport(peer, bench.peer(), rules=(ELSEWHERE,), timeout=(30, 30))
        with deadline_scope(Deadline(bench.clock, 0.1)), pytest.raises(RecorderError):
            transport.send(bench.call())
        assert first_asked(bench, lambda: transport.send(bench.call())).startswith(peer.url)

    def test_what_is_wrong_here_is_not_the_hosts_fault(self, bench: Any, peer: Any) -> None:
        """A request that can't be written says nothing of the host."""
        transport = bench.transport(peer, bench.peer(), rules=(ELSEWHERE,), headers={"X-Broken": "a\nb"})
        for _ in range(2):
            with pytest.raises(ConfigurationError):
                transport.send(bench.call())
        assert all(exchange.url.startswith(peer.url) for exchange in bench.exchanges)

    def test_a_pinned_call_keeps_its_host(self, bench: Any, peer: Any) -> None:
        """A recording lives where it lives, however often that host failed; what it finds out the others know."""
        peer.will(peer.hang_up)
        other = bench.peer()
        transport = bench.transport(peer, other, rules=(ELSEWHERE,))
        with pytest.raises(ServiceUnavailable):
            transport.send(bench.call(), base_url=peer.url)
        assert first_asked(bench, lambda: transport.send(bench.call())).startswith(other.url)
        assert transport.send(bench.call(), base_url=peer.url).base_url == peer.url
        assert first_asked(bench, lambda: transport.send(bench.call())).startswith(peer.url)

    def test_a_start_in_doubt_stays_and_the_next_one_goes_elsewhere(self, bench: Any, peer: Any) -> None:
        """The order is that of the moment when a call begins: no byte of a start goes to a second host."""
        peer.will(*[peer.hang_up] * 2)
        other = bench.peer()
        transport = bench.transport(peer, other, rules=(LOST_START, ELSEWHERE))
        with pytest.raises(StartOutcomeUnknown):
            transport.send(bench.call("start"))
        assert (len(peer.received), len(other.received)) == (2, 0)
        assert transport.send(bench.call("start")).base_url == other.url

    def test_a_lone_host_is_always_asked(self, bench: Any) -> None:
        """There is nobody else."""
        dead = bench.free_url()
        transport = bench.transport(dead)
        for _ in range(2):
            with pytest.raises(TransportError):
                transport.send(bench.call())
        assert len(bench.exchanges) == 2
