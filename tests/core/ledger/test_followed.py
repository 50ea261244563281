"""What workers share: each recording is told of by one, to its end and beyond the death of whoever has written that."""

from __future__ import annotations

import pytest

from recorder_core.ledger import Ledger, LedgerEntry

from .conftest import HandClock, at, event, intent, recording, status


def ids(entries: list[LedgerEntry]) -> list[str]:
    return [entry.id for entry in entries]


def test_one_follows_what_is_open(ledger: Ledger, other: Ledger) -> None:
    """Whoever recovers leaves it alone then; a start without a handle is nobody's to follow."""
    for number in (1, 2):
        ledger.started(recording(number))
    ledger.begin(intent(3), 60)
    assert ids(ledger.claim_followed(1, 60)) == ["r-1"]
    assert ids(other.claim_followed(10, 60)) == ["r-2"]
    assert ledger.claim_running(10, 60) == other.claim_followed(10, 60) == []
    entry = ledger.entry("r-1")
    assert entry is not None
    assert (entry.leased_until, entry.followed_at) == (at(60), None)


def test_a_lease_is_kept_until_somebody_else_takes_it(ledger: Ledger, other: Ledger, hand_clock: HandClock) -> None:
    """It may run out, as where the database was gone, and still be the same process's if nobody wanted it."""
    for number in (1, 2):
        ledger.started(recording(number))
    ledger.claim_followed(10, 60)
    hand_clock.sleep(100)
    assert ids(other.claim_followed(1, 60)) == ["r-1"]
    assert ledger.keep_following(["r-1", "r-2", "r-9"], 60) == {"r-2"}
    assert other.claim_followed(10, 60) == ledger.claim_running(10, 60) == []
    entry = ledger.entry("r-2")
    assert entry is not None
    assert (entry.leased_until, entry.followed_at) == (at(160), at(100))


def test_what_is_given_back_is_anybody_s(ledger: Ledger, other: Ledger) -> None:
    """At once, and of nobody but whoever had it."""
    ledger.started(recording())
    ledger.claim_followed(10, 60)
    other.stop_following(["r-1"])
    assert other.claim_followed(10, 60) == []
    ledger.stop_following(["r-1"])
    (entry,) = other.claim_followed(10, 60)
    assert (entry.id, entry.followed_at) == ("r-1", at(0))


def test_an_end_is_followed_until_it_is_told(ledger: Ledger, other: Ledger, hand_clock: HandClock) -> None:
    """Whoever wrote the outcome may die before it was told: another tells it then, and nobody after that."""
    ledger.started(recording())
    ledger.claim_followed(10, 60)
    ledger.learn(recording(), status("completed"))
    assert other.claim_followed(10, 60) == []
    assert ledger.keep_following(["r-1"], 60) == {"r-1"}
    hand_clock.sleep(60)
    (entry,) = other.claim_followed(10, 60)
    assert (entry.id, entry.open) == ("r-1", False)
    assert ledger.told(["r-1"]) == set()
    assert other.told(["r-1"]) == {"r-1"}
    hand_clock.sleep(100)
    assert ledger.claim_followed(10, 60) == other.claim_followed(10, 60) == []
    told = ledger.entry("r-1")
    assert told is not None
    assert told.told_at == at(60)


def test_what_has_no_outcome_isn_t_told(ledger: Ledger) -> None:
    """The ledger would show it as running for ever; it stays followed."""
    ledger.started(recording())
    ledger.claim_followed(10, 60)
    assert ledger.told(["r-1"]) == set()
    assert ledger.keep_following(["r-1"], 60) == {"r-1"}


def test_open_ones_come_first_and_old_ends_never(ledger: Ledger, hand_clock: HandClock) -> None:
    """An end of yesterday may still be told, one of last year isn't; what runs is more urgent than both."""
    for number in (1, 2, 3):
        ledger.started(recording(number))
    ledger.learn(recording(1), status("completed"))
    hand_clock.sleep(86_401)
    ledger.learn(recording(2), status("failed"))
    assert ids(ledger.claim_followed(1, 60)) == ["r-3"]
    assert ids(ledger.claim_followed(10, 60)) == ["r-2"]
    assert ledger.claim_followed(10, 60) == []


def test_ends_are_told_however_many_start(ledger: Ledger) -> None:
    """Of what is claimed one place is theirs."""
    ledger.started(recording(1))
    ledger.learn(recording(1), status("completed"))
    for number in (2, 3, 4):
        ledger.started(recording(number))
    assert ids(ledger.claim_followed(2, 60)) == ["r-2", "r-1"]


def test_an_end_that_is_found_out_late_is_told(ledger: Ledger, hand_clock: HandClock) -> None:
    """For a day from when it was written down: the vendor may say then that it was over days ago."""
    ledger.started(recording())
    hand_clock.sleep(3 * 86_400)
    ledger.learn(recording(), status("completed", ended_at=at(10)))
    hand_clock.sleep(86_400)
    assert ids(ledger.claim_followed(10, 60)) == ["r-1"]


def test_what_is_back_can_be_told_anew(ledger: Ledger) -> None:
    """A recording that counted as gone, and runs, has another end."""
    ledger.started(recording())
    ledger.claim_followed(10, 60)
    ledger.learn(recording(), status("gone"))
    ledger.told(["r-1"])
    ledger.learn(recording(), status("recording"))
    assert ids(ledger.claim_followed(10, 60)) == ["r-1"]


def test_who_is_there_and_what_is_to_be_done(ledger: Ledger, other: Ledger, hand_clock: HandClock) -> None:
    """Workers say that they are there, and are taken for dead when they don't; ends that aren't told count as work."""
    assert ledger.attendance() == (0, 0, 0)
    for number in (1, 2, 3):
        ledger.started(recording(number))
    ledger.begin(intent(4), 60)
    ledger.learn(recording(2), status("completed"))
    ledger.attend(60)
    ledger.attend(60)
    other.attend(30)
    assert ledger.attendance() == other.attendance() == (2, 3, 3)
    ledger.claim_followed(2, 30)
    assert ledger.attendance() == (2, 3, 1)
    hand_clock.sleep(30)
    assert ledger.attendance() == (1, 3, 3)
    ledger.leave()
    assert other.attendance() == (0, 3, 3)


def test_another_account_s_are_not_counted(ledger: Ledger, opened) -> None:
    """Workers of one account know nothing of another one's."""
    stranger = opened(account="tenant-2")
    stranger.started(recording(account="tenant-2"))
    stranger.attend(60)
    assert ledger.attendance() == (0, 0, 0)
    assert ledger.claim_followed(10, 60) == []


def test_several_events_are_heard_together(ledger: Ledger, other: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is new or not; if one can't be written, none is."""
    assert ledger.hear_all([event(1), event(2)]) == [True, True]
    assert other.hear_all([event(2), event(3)]) == [False, True]
    is_new = other._is_new

    def failing(connection, given):
        if given.dedup_key == "key-5":
            raise ZeroDivisionError
        return is_new(connection, given)

    monkeypatch.setattr(other, "_is_new", failing)
    with pytest.raises(ZeroDivisionError):
        other.hear_all([event(4), event(5)])
    assert ledger.hear_all([event(4)]) == [True]


def test_a_signature_belongs_to_the_body_that_came_with_it_first(
    ledger: Ledger, other: Ledger, hand_clock: HandClock
) -> None:
    """In whichever process, for as long as the signature is taken."""
    assert ledger.signed("s-1", "a", 300)
    assert other.signed("s-1", "a", 300)
    assert not other.signed("s-1", "b", 300)
    assert other.signed("s-2", "b", 300)
    hand_clock.sleep(300)
    assert not ledger.signed("s-1", "b", 300)
