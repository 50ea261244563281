"""Every attempt waits for its place in the account's budget."""

from __future__ import annotations

from typing import Any

import pytest

from recorder_core import DeadlineExceeded, RateLimited
from recorder_core.budget import PACE, Budget, Limit
from recorder_core.clock import Deadline, deadline_scope
from recorder_core.errors import ServiceUnavailable, StartOutcomeUnknown
from recorder_core.transport import NO_ANSWER, Rule, Then

SLOT = 1 / PACE
BUSY = Rule(statuses=(503,), then=Then.REPEAT, delays=(0.1,) * 5, error=ServiceUnavailable, retryable=True)
LOST = Rule(statuses=(NO_ANSWER,), then=Then.REPEAT, delays=(0.1,) * 5, error=StartOutcomeUnknown)


def paced(bench: Any) -> Budget:
    """One call in a second; the two that may go after a rest are spent."""
    budget = Budget((Limit(operations=("query",), calls=1),), bench.clock, {})
    for _ in range(2):
        assert budget.admit("query", Deadline(bench.clock, None)) == 0
    return budget


def test_each_call_waits_for_its_slot(bench: Any) -> None:
    """Calls leave one slot apart, by the recorder's clock."""
    peer = bench.peer()
    transport = bench.transport(peer, admit=paced(bench).admit)
    began = bench.clock.now
    for number in range(1, 4):
        transport.send(bench.call())
        assert bench.clock.now - began == pytest.approx(number * SLOT, abs=1e-5)


def test_repeats_wait_too(bench: Any) -> None:
    """A repeat is a call as any other: it waits for the longer of its rule's pause and its slot."""
    peer = bench.peer()
    peer.will(peer.answer(status=503), peer.answer(status=503))
    transport = bench.transport(peer, rules=(BUSY,), admit=paced(bench).admit)
    began = bench.clock.now
    transport.send(bench.call())
    assert len(peer.received) == 3
    assert bench.clock.now - began == pytest.approx(3 * SLOT, abs=1e-5)


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
    assert error.retry_after == pytest.approx(SLOT, abs=1e-5)
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
