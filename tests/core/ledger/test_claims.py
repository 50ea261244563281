"""Whatever is looked into is looked into by one process, and a dead one's work goes to others."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from recorder_core import ConfigurationError, Recovery, Verdict
from recorder_core.ledger import Ledger, LedgerEntry, claims

from .conftest import HandClock, at, intent, recording, status


def ids(entries: list[LedgerEntry]) -> list[str]:
    return [entry.id for entry in entries]


def test_a_start_is_claimed_when_its_lease_ran_out(ledger: Ledger, other: Ledger, hand_clock: HandClock) -> None:
    """Not while its process may still be at it; after that by one, whose lease runs out like any other."""
    ledger.begin(intent(), 60)
    assert other.claim_starts(10, 60) == []
    hand_clock.sleep(60)
    (entry,) = other.claim_starts(10, 30)
    assert (entry.id, entry.leased_until) == ("r-1", at(90))
    assert entry.owner != ledger.begin(intent(created_at=at(1)), 60)
    assert ledger.claim_starts(10, 60) == []
    hand_clock.sleep(30)
    assert ids(ledger.claim_starts(10, 60)) == ["r-1"]


def test_what_has_a_handle_or_is_over_is_no_lost_start(ledger: Ledger, hand_clock: HandClock) -> None:
    """Only starts of which nothing came are claimed as such."""
    for number in (1, 2, 3):
        ledger.begin(intent(number), 60)
    ledger.started(recording(1))
    ledger.refused(intent(2), "no")
    hand_clock.sleep(100)
    assert ids(ledger.claim_starts(10, 60)) == ["r-3"]


def test_the_oldest_are_claimed_first_and_no_more_than_wanted(
    ledger: Ledger, other: Ledger, hand_clock: HandClock
) -> None:
    """What is left is somebody else's."""
    for number in range(5):
        ledger.begin(intent(number), 60)
    hand_clock.sleep(60)
    assert ids(ledger.claim_starts(2, 60)) == ["r-0", "r-1"]
    assert ids(other.claim_starts(2, 60)) == ["r-2", "r-3"]
    assert ids(ledger.claim_starts(2, 60)) == ["r-4"]
    assert ledger.claim_starts(2, 60) == []


def test_a_postponed_start_waits_unless_somebody_asks_for_all(
    ledger: Ledger, other: Ledger, hand_clock: HandClock
) -> None:
    """Workers come back to it in its time; a recovery by hand, or one of that very start, needn't wait."""
    ledger.begin(intent(), 0)
    ledger.claim_starts(10, 60)
    other.postpone("r-1", 1000)
    assert other.claim_starts(10, 60) == []  # it wasn't the other's to postpone
    ledger.postpone("r-1", 1000)
    ledger.release(["r-1"])
    entry = ledger.entry("r-1")
    assert entry is not None
    assert (entry.owner, entry.leased_until) == (None, at(1000))
    assert other.claim_starts(10, 60, postponed=False) == []
    assert ids(other.claim_starts(10, 60)) == ["r-1"]
    other.postpone("r-1", 1000)
    assert other.claim_start("r-1", 60) is not None
    other.postpone("r-1", 1000)
    hand_clock.sleep(1000)
    assert ids(ledger.claim_starts(10, 60, postponed=False)) == ["r-1"]


def test_a_postponed_start_whose_handle_comes_is_followed_at_once(ledger: Ledger, other: Ledger) -> None:
    """A callback may bring it; and what has a handle, or is over, isn't postponed any more."""
    ledger.begin(intent(), 0)
    ledger.claim_starts(10, 60)
    ledger.postpone("r-1", 1000)
    other.started(recording())
    assert ids(ledger.claim_running(10, 60)) == ["r-1"]
    ledger.postpone("r-1", 1000)
    ledger.release(["r-1"])
    assert ids(other.claim_followed(10, 60)) == ["r-1"]


def test_those_that_were_nobodys_for_longest_are_claimed_first(ledger: Ledger, hand_clock: HandClock) -> None:
    """Whoever has time for a few only sees others the next time."""
    for number in range(5):
        ledger.started(recording(number))
    turns = []
    for _ in range(4):
        claimed = ids(ledger.claim_running(2, 60))
        hand_clock.sleep(1)
        ledger.release(claimed)
        turns.append(claimed)
    assert turns == [["r-0", "r-1"], ["r-2", "r-3"], ["r-4", "r-0"], ["r-1", "r-2"]]


def test_a_start_that_nobody_can_explain_is_dismissed(ledger: Ledger, other: Ledger, hand_clock: HandClock) -> None:
    """By hand, with its reason; nobody looks into it any more, and its key is free."""
    ledger.begin(intent(), 60)
    with pytest.raises(ConfigurationError, match="r-1 isn't dismissed: a process is at it: "):
        other.dismiss("r-1", "nothing runs in the console")
    hand_clock.sleep(60)
    ledger.explain(Recovery(intent=intent(), verdict=Verdict.UNCONTROLLABLE, reason="no id", ends_by="when all leave"))
    with pytest.raises(ConfigurationError, match="why it is dismissed has to be said"):
        other.dismiss("r-1", " ")
    entry = other.dismiss("r-1", "nothing runs in the console")
    assert entry == ledger.entry("r-1")
    assert (entry.open, entry.verdict, entry.reason) == (False, "uncontrollable", "nothing runs in the console")
    assert ledger.claim_starts(10, 60) == []
    with pytest.raises(ConfigurationError, match="it is open no more"):
        ledger.dismiss("r-1", "again")
    assert ledger.begin(intent(created_at=at(100)), 60) is None


def test_what_can_be_looked_at_is_not_dismissed(ledger: Ledger) -> None:
    """Nor what isn't there."""
    ledger.started(recording())
    with pytest.raises(ConfigurationError, match="its handle is known: look at its status, or stop it"):
        ledger.dismiss("r-1", "I don't like it")
    with pytest.raises(ConfigurationError, match="r-2 isn't dismissed: it isn't in the ledger"):
        ledger.dismiss("r-2", "I don't know it")


def test_a_stop_without_an_outcome_is_claimed(ledger: Ledger, other: Ledger, hand_clock: HandClock) -> None:
    """Whoever wished it has died before the vendor took it; whoever follows the recording goes on with that."""
    ledger.started(recording())
    ledger.wish_stop(recording())
    (followed,) = other.claim_running(10, 1000)
    assert ledger.claim_starts(10, 60) == []
    hand_clock.sleep(60)
    (entry,) = ledger.claim_starts(10, 60)
    assert (entry.id, entry.stop_wished_at) == ("r-1", at(0))
    assert (entry.owner, entry.leased_until) == (followed.owner, followed.leased_until)
    assert other.claim_starts(10, 60) == []
    ledger.release(["r-1"])
    assert ids(other.claim_starts(10, 60)) == ["r-1"]
    assert other.renew(["r-1"], 60) == {"r-1"}


@pytest.mark.parametrize("state", ["stopping", "uploading", "completed", "gone"])
def test_a_stop_that_the_vendor_took_is_not_sent_again(ledger: Ledger, hand_clock: HandClock, state: str) -> None:
    """What ends needs no stop; it is followed to its outcome."""
    ledger.started(recording())
    ledger.wish_stop(recording())
    ledger.learn(recording(), status(state))
    hand_clock.sleep(100)
    assert ledger.claim_starts(10, 60) == []


def test_running_recordings_are_claimed_by_one(ledger: Ledger, other: Ledger) -> None:
    """One process follows each; what is over, or has no handle, is nobody's to follow."""
    for number in (1, 2, 3):
        ledger.begin(intent(number), 60)
        ledger.started(recording(number))
    ledger.learn(recording(2), status("completed"))
    ledger.begin(intent(4), 60)
    assert ids(ledger.claim_running(10, 60)) == ["r-1", "r-3"]
    assert other.claim_running(10, 60) == []
    ledger.release(["r-3"])
    assert ids(other.claim_running(10, 60)) == ["r-3"]


def test_leases_are_kept_as_long_as_they_are_renewed(ledger: Ledger, other: Ledger, hand_clock: HandClock) -> None:
    """Renewing tells which are still held: not one that another has claimed, and not one that is over."""
    for number in (1, 2, 3):
        ledger.started(recording(number))
    assert ids(ledger.claim_running(10, 60)) == ["r-1", "r-2", "r-3"]
    hand_clock.sleep(50)
    assert ledger.renew(["r-1", "r-2"], 60) == {"r-1", "r-2"}
    hand_clock.sleep(30)
    assert ids(other.claim_running(10, 60)) == ["r-3"]
    other.learn(recording(2), status("completed"))
    assert ledger.renew(["r-1", "r-2", "r-3", "r-9"], 60) == {"r-1"}
    assert ledger.renew([], 60) == set()
    assert other.renew(["r-1"], 60) == set()


def test_only_ones_own_leases_are_given_up(ledger: Ledger, other: Ledger) -> None:
    """Nobody takes a recording from whoever follows it."""
    ledger.started(recording())
    ledger.claim_running(10, 60)
    other.release(["r-1"])
    assert other.claim_running(10, 60) == []
    assert ledger.renew(["r-1"], 60) == {"r-1"}


def test_one_start_is_claimed_by_its_id(ledger: Ledger, other: Ledger, hand_clock: HandClock) -> None:
    """By its own process at any time, by others when its lease ran out, by nobody when it is over."""
    ledger.begin(intent(), 60)
    ledger.begin(intent(2), 60)
    assert other.claim_start("r-1", 60) is None
    entry = ledger.claim_start("r-1", 90)
    assert entry is not None
    assert (entry.id, entry.leased_until) == ("r-1", at(90))
    hand_clock.sleep(90)
    assert other.claim_start("r-1", 60) is not None
    other.refused(intent(), "no")
    assert other.claim_start("r-1", 60) is None


def test_many_are_held_at_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are asked for, a statement has no more ids than every database takes."""
    monkeypatch.setattr(claims, "AT_ONCE", 3)
    for number in range(8):
        ledger.started(recording(number))
    assert [len(ledger.claim_running(10, 60)) for _ in range(4)] == [3, 3, 2, 0]
    every = [f"r-{number}" for number in range(8)]
    assert ledger.renew(every, 60) == set(every)
    ledger.release(every)
    assert len(ledger.claim_running(10, 60)) == 3


def test_many_that_claim_at_once_share_the_work(opened: Callable[..., Ledger]) -> None:
    """Eight processes claim 100 recordings a few at a time: each is claimed exactly once."""
    ledgers = [opened() for _ in range(8)]
    for number in range(100):
        ledgers[0].started(recording(number))
    barrier = threading.Barrier(len(ledgers))
    claimed: list[str] = []

    def work(ledger: Ledger) -> None:
        barrier.wait()
        while found := ledger.claim_running(7, 60):
            claimed.extend(ids(found))

    threads = [threading.Thread(target=work, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # SKIP LOCKED may leave what another held for a moment; it is found by the next claim.
    claimed.extend(ids(ledgers[0].claim_running(100, 60)))
    assert sorted(claimed) == sorted(f"r-{number}" for number in range(100))
