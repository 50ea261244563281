"""What is written into a ledger is there for every process, and nothing is written twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from recorder_core import Grid, LedgerUnavailable, RecordedFile, Recovery, Spotlight, Verdict
from recorder_core.ledger import Ledger, LedgerEntry

from .conftest import HandClock, at, event, intent, recording, status


def found(ledger: Ledger, recording_id: str = "r-1") -> LedgerEntry:
    entry = ledger.entry(recording_id)
    assert entry is not None
    return entry


# --- starts ---


def test_a_start_is_known_to_others_from_its_intent_on(ledger: Ledger, other: Ledger) -> None:
    """The intent, each id as it is noted, and the handle: whenever the process dies, the others know that much."""
    start = intent(key="lesson", apart_from=(recording(9),))
    assert ledger.begin(start, 60) is None
    assert found(other).intent == start
    assert (found(other).open, found(other).recording, found(other).key) == (True, None, "lesson")
    assert found(other).owner is not None
    assert found(other).leased_until == at(60)

    start.kept_by(ledger.note).note(resource="abc", native={"cname": "x"})
    assert found(other).intent.noted == {"resource": "abc", "native": {"cname": "x"}}

    ledger.started(recording(layout=Spotlight("1001")))
    entry = found(other)
    assert entry.recording == recording(layout=Spotlight("1001"))
    assert (entry.open, entry.owner, entry.leased_until) == (True, None, None)
    assert other.entry_of("t-1") == entry
    assert other.entry_of("t-2") is None
    assert other.entry("r-2") is None


def test_an_open_start_is_not_begun_again(ledger: Ledger, other: Ledger) -> None:
    """A second start with the key gets the entry of the first, and writes nothing, until that one is over."""
    ledger.begin(intent(key="lesson"), 60)
    entry = other.begin(intent(key="lesson", created_at=at(5)), 60)
    assert entry == found(ledger)
    assert len(other.entries()) == 1

    ledger.started(recording())
    ledger.learn(recording(), status("completed"))
    assert other.begin(intent(key="lesson", created_at=at(10)), 60) is None
    assert [(entry.attempt, entry.open) for entry in ledger.entries()] == [(2, True), (1, False)]
    assert found(ledger).created_at == at(10)


def test_of_many_that_begin_the_same_one_wins(opened: Callable[..., Ledger]) -> None:
    """However many processes start one key at the same moment, exactly one is told to go on."""
    ledgers = [opened() for _ in range(8)]
    barrier = threading.Barrier(len(ledgers))
    answers: list[LedgerEntry | None] = []

    def start(number: int) -> None:
        barrier.wait()
        answers.append(ledgers[number].begin(intent(created_at=at(number)), 60))

    threads = [threading.Thread(target=start, args=(number,)) for number in range(len(ledgers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(None) == 1
    assert len(answers) == len(ledgers)
    assert len(ledgers[0].entries()) == 1


def test_a_refused_start_is_over(ledger: Ledger, other: Ledger) -> None:
    """What the vendor refused never ran: nothing is left to find out, and it may be started again."""
    start = intent()
    ledger.begin(start, 60)
    ledger.refused(start, "the bucket doesn't exist")
    entry = found(other)
    assert (entry.open, entry.verdict, entry.reason) == (False, Verdict.NEVER_STARTED, "the bucket doesn't exist")
    assert (entry.ended_at, entry.outcome, entry.owner) == (at(0), None, None)
    assert other.begin(intent(created_at=at(1)), 60) is None


def test_a_refusal_does_not_undo_a_handle(ledger: Ledger, other: Ledger) -> None:
    """A callback told the id of a start of which the vendor said no, such as to its second try: it runs."""
    start = intent()
    ledger.begin(start, 60)
    other.started(recording())
    ledger.refused(start, "it runs already")
    assert (found(ledger).open, found(ledger).verdict) == (True, None)


def test_a_handle_takes_no_lease_from_another(ledger: Ledger, other: Ledger, hand_clock: HandClock) -> None:
    """A recovery looks into a slow start, which ends all the same: its handle counts, the recovery goes on."""
    ledger.begin(intent(), 60)
    hand_clock.sleep(60)
    (claimed,) = other.claim_starts(10, 60)
    ledger.started(recording())
    entry = found(ledger)
    assert (entry.recording, entry.owner, entry.leased_until) == (recording(), claimed.owner, claimed.leased_until)


def test_what_is_over_needs_no_stop(ledger: Ledger) -> None:
    """A wish that comes too late isn't written: nobody would send it again."""
    ledger.learn(recording(), status("completed"))
    ledger.wish_stop(recording())
    assert found(ledger).stop_wished_at is None
    assert len(ledger.entries()) == 1


def test_a_start_that_was_taken_for_dead_sends_nothing_more(
    ledger: Ledger, other: Ledger, hand_clock: HandClock
) -> None:
    """Once its lease ran out and a recovery looks into it, or has, a note fails: what it found must stay true."""
    start = intent()
    ledger.begin(start, 60)
    hand_clock.sleep(61)
    ledger.note(start)  # nobody has looked into it yet
    (claimed,) = other.claim_starts(10, 60)
    with pytest.raises(LedgerUnavailable, match="another process looks into"):
        start.kept_by(ledger.note).note(resource="late")
    other.explain(Recovery(intent=claimed.intent, verdict=Verdict.NEVER_STARTED, reason="nothing runs"))
    with pytest.raises(LedgerUnavailable, match="another process looks into"):
        ledger.note(start)
    assert found(ledger).intent.noted == {}


def test_handles_that_nobody_began_are_taken_in(ledger: Ledger, other: Ledger) -> None:
    """A recording that another application started is kept too, as soon as anything is learnt of it."""
    other.learn(recording(), status("recording"))
    other.change(recording(2, revision=1, layout=Grid()))
    other.wish_stop(recording(3))
    other.started(recording(4))
    assert [entry.id for entry in ledger.entries(open=True)] == ["r-4", "r-3", "r-2", "r-1"]
    assert found(ledger, "r-2").recording == recording(2, revision=1, layout=Grid())
    assert found(ledger, "r-3").stop_wished_at == at(0)
    assert found(ledger, "r-1").intent.room == "lesson-42"
    assert all(entry.owner is None for entry in ledger.entries())


def test_an_old_handle_is_not_that_of_a_new_start(ledger: Ledger) -> None:
    """What is learnt of an earlier recording with the key doesn't become the handle of the start that is under way."""
    ledger.begin(intent(created_at=at(100)), 60)
    ledger.learn(recording(), status("completed"))
    assert [(entry.attempt, entry.recording, entry.open) for entry in ledger.entries()] == [
        (2, recording(), False),
        (1, None, True),
    ]


def test_an_older_handle_does_not_replace_a_newer_one(ledger: Ledger) -> None:
    """A handle that was found again is older than what changes have made of it."""
    ledger.begin(intent(), 60)
    ledger.started(recording())
    ledger.change(recording(revision=1, layout=Grid()))
    ledger.started(recording())
    assert found(ledger).recording == recording(revision=1, layout=Grid())
    assert len(ledger.entries()) == 1


# --- what is seen ---


def test_an_outcome_is_told_once(ledger: Ledger, other: Ledger) -> None:
    """Of all who learn how it ended, one is told that it was the first; the outcome stays."""
    ledger.begin(intent(), 60)
    ledger.started(recording())
    assert ledger.learn(recording(), status("recording")) is False
    assert other.learn(recording(), status("completed", ended_at=at(9))) is True
    assert ledger.learn(recording(), status("completed")) is False
    assert ledger.learn(recording(), status("failed")) is False
    entry = found(ledger)
    assert (entry.outcome, entry.open, entry.ended_at) == ("completed", False, at(9))


def test_of_many_that_learn_the_outcome_one_is_first(opened: Callable[..., Ledger]) -> None:
    """At the same moment too, and no file that one of them saw is lost."""
    ledgers = [opened() for _ in range(8)]
    ledgers[0].started(recording())
    barrier = threading.Barrier(len(ledgers))
    answers: list[bool] = []

    def learn(number: int) -> None:
        seen = status("completed", files=(RecordedFile(name=f"{number}.mp4", status="uploaded"),))
        barrier.wait()
        answers.append(ledgers[number].learn(recording(), seen))

    threads = [threading.Thread(target=learn, args=(number,)) for number in range(len(ledgers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]
    seen = found(ledgers[0]).status
    assert seen is not None
    assert {file.name for file in seen.files} == {f"{number}.mp4" for number in range(8)}


def test_what_several_saw_is_joined(ledger: Ledger, other: Ledger) -> None:
    """Files and causes that one process saw stay, when another writes a status that says less."""
    ledger.learn(recording(), status("recording", files=(RecordedFile(name="a.mp4", status="uploaded"),)))
    other.learn(recording(), status("uploading", reason="it was idle", ending="idle"))
    ledger.learn(recording(), status("unreachable"))
    seen = found(other).status
    assert seen is not None
    assert [file.name for file in seen.files] == ["a.mp4"]
    assert (seen.state, seen.ending, seen.reason) == ("unreachable", "idle", "it was idle")


def test_what_is_gone_may_come_back(ledger: Ledger) -> None:
    """That the vendor doesn't know it any more is no proof: what runs after that is open again, and billed."""
    ledger.started(recording())
    assert ledger.learn(recording(), status("gone"))
    assert not found(ledger).open
    assert not ledger.learn(recording(), status("recording"))
    assert (found(ledger).open, found(ledger).outcome, found(ledger).ended_at) == (True, None, None)
    assert ledger.learn(recording(), status("gone"))
    assert not ledger.learn(recording(), status("completed"))
    assert found(ledger).outcome == "completed"


def test_a_claimed_end_is_no_outcome(ledger: Ledger, other: Ledger) -> None:
    """A callback whose signature doesn't cover it may be forged: the recording stays open until a look proves it."""
    claim = event(kind="ended", state="completed", nonce="n-1")
    ledger.started(recording())
    ledger.see(recording(), lambda seen: seen.tell(claim, at(1)))
    assert (found(other).outcome, found(other).open) == (None, True)
    other.learn(recording(), status("recording"))
    assert found(ledger).status == status("recording")
    ledger.see(recording(), lambda seen: seen.tell(claim, at(1)))
    assert other.learn(recording(), status("completed"))


# --- recoveries ---


@pytest.mark.parametrize("verdict", [Verdict.UNCONTROLLABLE, Verdict.UNCLEAR])
def test_what_may_run_stays_open(ledger: Ledger, other: Ledger, verdict: Verdict) -> None:
    """A recording that can't be stopped, or of which nothing is known, is shown until it is over or found."""
    start = intent()
    ledger.begin(start, 60)
    ledger.explain(Recovery(intent=start, verdict=verdict, reason="its id is lost", ends_by="300 s alone"))
    entry = found(other)
    assert (entry.verdict, entry.reason, entry.ends_by) == (verdict, "its id is lost", "300 s alone")
    assert entry.open
    assert [entry.id for entry in other.unexplained()] == ["r-1"]
    assert [entry.id for entry in other.unexplained("lesson-42")] == ["r-1"]
    assert other.unexplained("lesson-43") == []

    other.started(recording())  # a callback brought the id
    entry = found(ledger)
    assert (entry.recording, entry.verdict, entry.ends_by) == (recording(), None, None)
    assert other.unexplained() == []


def test_what_a_recovery_found_is_kept(ledger: Ledger, other: Ledger) -> None:
    """Its handle, its state and the verdict, in one; and an ended one is over, with its outcome where that is known."""
    first, second, third = intent(1), intent(2), intent(3)
    for start in (first, second, third):
        ledger.begin(start, 60)
    running = status("recording")
    for recovery in (
        Recovery(intent=first, verdict=Verdict.RUNNING, recording=recording(1), status=running, reason="it was noted"),
        Recovery(
            intent=second, verdict=Verdict.ENDED, recording=recording(2), status=status("completed"), reason="it was"
        ),
        Recovery(intent=third, verdict=Verdict.ENDED, reason="three days have passed"),
    ):
        ledger.explain(recovery)
    entries = {entry.id: entry for entry in other.entries()}
    assert [(entry.verdict, entry.outcome, entry.open) for _, entry in sorted(entries.items())] == [
        (Verdict.RUNNING, None, True),
        (Verdict.ENDED, "completed", False),
        (Verdict.ENDED, "gone", False),
    ]
    assert entries["r-1"].status == running
    assert entries["r-1"].recording == recording(1)


@pytest.mark.parametrize("verdict", [Verdict.NEVER_STARTED, Verdict.ENDED, Verdict.UNCLEAR])
def test_a_handle_that_came_meanwhile_stays(ledger: Ledger, other: Ledger, verdict: Verdict) -> None:
    """A callback has brought it while a recovery asked the vendor, who knew nothing yet."""
    ledger.begin(intent(), 0)
    other.started(recording())
    assert not ledger.explain(Recovery(intent=intent(), verdict=verdict, reason="nothing is there"))
    entry = found(ledger)
    assert (entry.open, entry.recording, entry.verdict, entry.outcome) == (True, recording(), None, None)
    ledger.learn(recording(), status("completed"))
    assert not other.explain(Recovery(intent=intent(), verdict=verdict, reason="nothing is there"))
    assert found(ledger).outcome == "completed"


def test_an_end_whose_files_are_on_their_way_is_followed(ledger: Ledger) -> None:
    """It has ended, and yet its outcome is to come."""
    start = intent()
    ledger.begin(start, 60)
    recovery = Recovery(
        intent=start, verdict=Verdict.ENDED, recording=recording(), status=status("uploading"), reason="it was stopped"
    )
    ledger.explain(recovery)
    assert found(ledger).open
    assert [entry.id for entry in ledger.claim_running(10, 60)] == ["r-1"]


def test_a_start_that_no_ledger_knew_is_taken_in_with_what_became_of_it(ledger: Ledger) -> None:
    """An error's intent can be recovered with a ledger that was not there when it was started."""
    ledger.explain(Recovery(intent=intent(), verdict=Verdict.UNCLEAR, reason="nothing is known"))
    assert (found(ledger).verdict, found(ledger).open) == (Verdict.UNCLEAR, True)


# --- reading ---


def test_entries_are_listed_newest_first(ledger: Ledger, opened: Callable[..., Ledger]) -> None:
    """Those of a room, since a moment, open or not, so many; of one account or of all."""
    for number in range(4):
        ledger.begin(intent(number, room=f"room-{number % 2}", created_at=at(number)), 60)
    ledger.started(recording(3))
    ledger.learn(recording(3), status("completed"))
    elsewhere = opened(account="tenant-2")
    elsewhere.begin(intent(9, account="tenant-2", created_at=at(9)), 60)

    def ids(entries: list[LedgerEntry]) -> list[str]:
        return [entry.id for entry in entries]

    assert ids(ledger.entries()) == ["r-3", "r-2", "r-1", "r-0"]
    assert ids(ledger.entries(limit=2)) == ["r-3", "r-2"]
    assert ids(ledger.entries(open=True)) == ["r-2", "r-1", "r-0"]
    assert ids(ledger.entries(open=False)) == ["r-3"]
    assert ids(ledger.entries(room="room-1")) == ["r-3", "r-1"]
    assert ids(ledger.entries(since=at(2))) == ["r-3", "r-2"]
    assert ids(opened(provider=None, account=None).entries()) == ["r-9", "r-3", "r-2", "r-1", "r-0"]
    assert ids(opened(provider="memory", account=None).entries(room="lesson-42")) == ["r-9"]
    assert ids(elsewhere.entries()) == ["r-9"]
    assert elsewhere.entry("r-1") is None


def test_a_recording_is_found_by_the_beginning_of_its_id(ledger: Ledger) -> None:
    """One that begins so, or enough of them to know that it isn't one; its newest start each."""
    for number, name in enumerate(("ab1", "ab2", "c%", "cd")):
        ledger.begin(intent(id=name, created_at=at(number)), 60)
    ledger.refused(intent(id="cd", created_at=at(3)), "no")
    ledger.begin(intent(id="cd", created_at=at(8)), 60)
    assert [(entry.id, entry.attempt) for entry in ledger.find("cd")] == [("cd", 2)]
    assert [entry.id for entry in ledger.find("ab")] == ["ab2", "ab1"]
    assert [entry.id for entry in ledger.find("c%")] == ["c%"]
    assert ledger.find("x") == []


def test_texts_that_databases_refuse_are_written_all_the_same(ledger: Ledger, other: Ledger) -> None:
    """Half a character, or the one that ends C's texts: a callback brings whatever its sender likes."""
    odd = "a\ud800b\0c"
    assert ledger.hear(event(dedup_key=odd, reason=odd, raw={"x": odd}))
    assert not other.hear(event(dedup_key=odd))
    ledger.begin(intent(room=odd), 60)
    ledger.started(recording(room=odd, native={"tape": odd}))
    ledger.learn(recording(room=odd, native={"tape": odd}), status("failed", reason=odd))
    assert found(other).status is not None
    assert other.entry_of(odd) is not None
    assert len(other.entries(room=odd)) == 1
