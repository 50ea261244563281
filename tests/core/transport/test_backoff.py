"""How long a repeat waits, what a vendor may ask for, and the switch for tests."""

from __future__ import annotations

import email.utils
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from recorder_core.clock import Deadline, deadline_scope
from recorder_core.errors import RateLimited
from recorder_core.rules import Rule, Then
from recorder_core.testing import no_backoff
from recorder_core.transport.backoff import LONGEST_PAUSE_S, SENSELESS_PAUSE_S, asked_pause, pause

BUSY = Rule(statuses=(429,), then=Then.REPEAT, delays=(1.0, 3.0), error=RateLimited)


class TestAskedPause:
    @pytest.mark.parametrize(
        ("value", "seconds"),
        [("7", 7.0), (" 0 ", 0.0), ("86400", 86_400.0), (str(int(SENSELESS_PAUSE_S)), 2_678_400.0)],
    )
    def test_seconds(self, value: str, seconds: float) -> None:
        """A number is so many seconds."""
        assert asked_pause({"Retry-After": value}) == seconds

    def test_a_date(self) -> None:
        """A date is as long as it takes until then, by the true time; one that is past is no pause."""
        later, before = (email.utils.formatdate(time.time() + by, usegmt=True) for by in (90, -90))
        assert 60 < (asked_pause({"Retry-After": later}) or 0) <= 90
        assert asked_pause({"Retry-After": before}) == 0

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "soon",
            "-3",
            "1.5",
            "1e9",
            "٣",
            "9" * 12,
            "9" * 400,
            "9" * 5000,
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Mon, 99 Foo 2026",
        ],
    )
    def test_what_makes_no_sense(self, value: str) -> None:
        """No number, no date, or more than a month: nothing was asked for."""
        assert asked_pause({"Retry-After": value}) is None

    def test_without_one(self) -> None:
        """No header asks for nothing."""
        assert asked_pause({}) is None


class TestPause:
    def test_callers_spread(self) -> None:
        """Each pause is the rule's or up to a tenth longer, and no two are alike."""
        pauses = [pause(10.0, 0.0) or 0.0 for _ in range(100)]
        assert all(10.0 <= each <= 11.0 for each in pauses)
        assert len(set(pauses)) > 90

    def test_the_longer_one_counts(self) -> None:
        """The vendor's or the rule's; what nobody waits for is told as None."""
        assert pause(1.0, 30.0) == 30.0
        assert (pause(30.0, 1.0) or 0.0) >= 30.0
        assert pause(1.0, LONGEST_PAUSE_S) == LONGEST_PAUSE_S
        assert pause(1.0, LONGEST_PAUSE_S + 1) is None


class TestSwitch:
    def test_no_repeat_waits(self, bench: Any, peer: Any) -> None:
        """The same repeats, without a wait, whatever the vendor asks for."""
        busy = peer.answer({}, status=429, headers={"Retry-After": "60"})
        peer.will(busy, busy)
        with no_backoff():
            assert bench.transport(peer, rules=(BUSY,)).send(bench.call()).status == 200
        assert len(peer.received) == 3
        assert sum(bench.clock.slept) == 0

    def test_the_outcome_is_as_always(self, bench: Any, peer: Any) -> None:
        """Repeats are used up as ever, and what is too long to wait for is an error as ever."""
        peer.will(*[peer.answer({}, status=429)] * 3, peer.answer({}, status=429, headers={"Retry-After": "3600"}))
        transport = bench.transport(peer, rules=(BUSY,))
        with no_backoff():
            for sent in (3, 4):
                with pytest.raises(RateLimited):
                    transport.send(bench.call())
                assert len(peer.received) == sent

    def test_a_deadline_still_counts(self, bench: Any, peer: Any) -> None:
        """Repeats that don't wait fit into a deadline that waiting ones wouldn't."""
        peer.will(*[peer.answer({}, status=429)] * 2)
        with no_backoff(), deadline_scope(Deadline(bench.clock, 0.5)):
            assert bench.transport(peer, rules=(BUSY,)).send(bench.call()).status == 200

    def test_it_holds_for_all_threads_until_the_last_one_is_done(self) -> None:
        """Nested or side by side: waiting begins again when nobody wants it gone any more."""
        with no_backoff():
            with no_backoff(), ThreadPoolExecutor(2) as pool:
                assert list(pool.map(lambda _: pause(5.0, 9.0), range(2))) == [0.0, 0.0]
            assert pause(5.0, 9.0) == 0.0
        assert pause(5.0, 9.0) == 9.0

    def test_an_exception_ends_it(self) -> None:
        """A test that fails leaves nothing behind."""
        with pytest.raises(ZeroDivisionError), no_backoff():
            raise ZeroDivisionError
        assert (pause(5.0, 0.0) or 0.0) >= 5.0


@pytest.mark.usefixtures("no_backoff")
def test_it_is_a_fixture_too(bench: Any, peer: Any) -> None:
    """By the same name."""
    peer.will(peer.answer({}, status=429))
    bench.transport(peer, rules=(BUSY,)).send(bench.call())
    assert sum(bench.clock.slept) == 0
