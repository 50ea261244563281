"""Every attempt waits for its place in the account's budget."""

from __future__ import annotations

from typing import Any

import pytest

from recorder_core import DeadlineExceeded, RateLimited
from recorder_core.budget import PACE, Budget, Limit
from recorder_core.clock import Deadline, deadline_scope
from recorder_core.errors import ServiceUnavailable, StartOutcomeUnknown
from recorder_core.transport import NO_ANSWER, Rule, Then

SLOT = pytest.approx(1 / PACE, rel=0.03)
BUSY = Rule(statuses=(503,), then=Then.REPEAT, delays=(0.1,) * 5, error=ServiceUnavailable, retryable=True)
LOST = Rule(statuses=(NO_ANSWER,), then=Then.REPEAT, delays=(0.1,) * 5, error=StartOutcomeUnknown)


def paced(bench: Any) -> Budget:
    """One call in a second, and one was just sent."""
    budget = Budget((Limit(operations=("query",), calls=1),), bench.clock, {})
    budget.admit("query", Deadline(bench.clock, None)).answered()
    return budget


def test_each_call_waits_for_its_slot(bench: Any) -> None:
    """Calls leave one slot apart, by the recorder's clock."""
    peer = bench.peer()
    transport = bench.transport(peer, admit=paced(bench).admit)
    for _ in range(3):
        began = bench.clock.now
        transport.send(bench.call())
        assert bench.clock.now - began == SLOT


def test_repeats_wait_too(bench: Any) -> None:
    """A repeat is a call as any other: it waits for the longer of its rule's pause and its slot."""
    peer = bench.peer()
    peer.will(peer.answer(status=503), peer.answer(status=503))
    transport = bench.transport(peer, rules=(BUSY,), admit=paced(bench).admit)
    began = bench.clock.now
    transport.send(bench.call())
    assert len(peer.received) == 3
    assert (bench.clock.now - began) / 3 == SLOT


def test_a_call_without_a_place_is_not_sent(bench: Any) -> None:
    """Where no place comes before the deadline: RateLimited at once, with the time until there is one, and a hint."""
    peer = bench.peer()
    transport = bench.transport(peer, admit=paced(bench).admit)
    began = bench.clock.now
    with pytest.raises(RateLimited, match="nothing was sent") as caught, deadline_scope(Deadline(bench.clock, 0.5)):
        transport.send(bench.call())
    assert peer.received == []
    assert bench.clock.now == began
    error = caught.value
    assert error.retry_after == SLOT
    assert error.retryable
    assert "calls_per_second" in str(error)


def test_a_repeat_without_a_place_tells_the_last_attempt(bench: Any) -> None:
    """Where the place for a repeat comes too late, the error is that of the deadline, caused by the last attempt's."""
    peer = bench.peer()
    peer.will(peer.answer(status=503))
    transport = bench.transport(peer, rules=(BUSY,), admit=paced(bench).admit)
    with pytest.raises(DeadlineExceeded) as caught, deadline_scope(Deadline(bench.clock, 1.5)):
        transport.send(bench.call())
    assert isinstance(caught.value.__cause__, ServiceUnavailable)
    assert len(peer.received) == 1


def test_a_lost_start_stays_unknown(bench: Any) -> None:
    """That the repeat found no place takes nothing from what the first attempt left unknown."""
    peer = bench.peer()
    peer.will(peer.hang_up)
    transport = bench.transport(peer, rules=(LOST,), admit=paced(bench).admit)
    with pytest.raises(StartOutcomeUnknown), deadline_scope(Deadline(bench.clock, 1.5)):
        transport.send(bench.call())
    assert len(peer.received) == 1


def test_a_deadline_that_has_passed_is_no_lack_of_places(bench: Any) -> None:
    """Where no time is left at all, that is what is said."""
    peer = bench.peer()
    transport = bench.transport(peer, admit=paced(bench).admit)
    with pytest.raises(DeadlineExceeded, match="no time was left"), deadline_scope(Deadline(bench.clock, 0)):
        transport.send(bench.call())
    assert peer.received == []
