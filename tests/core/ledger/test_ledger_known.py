"""What one process learns of a recording all others know, and a ledger that is gone costs nobody a recording."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from recorder_core import Grid, LedgerUnavailable, RecordedFile, Spotlight
from recorder_core.known import REMEMBERED
from recorder_core.ledger import Ledger, LedgerKnown
from recorder_core.ledger.prepared import Cursor, Rendered

from .conftest import at, event, intent, recording, status


@pytest.fixture
def known(ledger: Ledger) -> LedgerKnown:
    return LedgerKnown("tape", ledger)


@pytest.fixture
def elsewhere(other: Ledger) -> LedgerKnown:
    """What another process knows."""
    return LedgerKnown("tape", other)


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What kinds of statements were run."""
    executed: list[str] = []
    run = Cursor._run

    def listening(self: Cursor, *given: Any) -> Rendered:
        rendered = run(self, *given)
        executed.append(rendered.text.split()[0])
        return rendered

    monkeypatch.setattr(Cursor, "_run", listening)
    return executed


def test_another_process_knows_what_one_has_learnt(known: LedgerKnown, elsewhere: LedgerKnown) -> None:
    """Handle, status, outcome and whose an event is: by our id or the vendor's."""
    known.begin(recording(layout=Spotlight("1001")))
    known.learn(recording(), status("recording", files=(RecordedFile(name="a.mp4"),)))
    assert elsewhere.named(event(recording_id=None)).recording_id == "r-1"
    assert elsewhere.handle("r-1") == recording(layout=Spotlight("1001"))
    assert elsewhere.knows("t-1")
    assert not elsewhere.knows("t-2")
    assert elsewhere.handle("r-2") is None
    seen = elsewhere.status(recording())
    assert seen == elsewhere.last("r-1") == status("recording", files=(RecordedFile(name="a.mp4"),))
    assert elsewhere.outcome(recording()) is None

    known.learn(recording(), status("completed"))
    outcome = elsewhere.outcome(recording())
    assert outcome is not None
    assert [file.name for file in outcome.files] == ["a.mp4"]


def test_each_thing_is_asked_alone(known: LedgerKnown, opened: Callable[..., Ledger]) -> None:
    """Whichever is asked first by a process that knows nothing yet."""
    known.begin(recording())
    known.learn(recording(), status("paused"))
    for ask in (
        lambda new: new.status(recording()),
        lambda new: new.last("r-1"),
        lambda new: (new.pin(recording()), new.last("r-1"))[1],
        lambda new: (new.handle("r-1"), new.last("r-1"))[1],
        lambda new: (new.newest(recording()), new.last("r-1"))[1],
    ):
        assert ask(LedgerKnown("tape", opened())) == status("paused")
    assert LedgerKnown("tape", opened()).status(recording(2)) is None
    assert LedgerKnown("tape", opened()).last("r-2") is None


def test_the_newest_handle_counts_whoever_made_it(known: LedgerKnown, elsewhere: LedgerKnown) -> None:
    """A layout that another process has changed is the one that is sent again after a migration."""
    known.begin(recording())
    assert elsewhere.handle("r-1") == recording()
    changed = recording(revision=1, layout=Grid())
    known.change(changed)
    assert elsewhere.newest(recording()) == changed
    assert elsewhere.handle("r-1") == changed
    assert elsewhere.newest(recording(revision=2)) == recording(revision=2)


@pytest.mark.parametrize("late", ["starting", "unreachable", "gone"])
def test_a_late_not_found_does_not_undo_an_outcome(known: LedgerKnown, elsewhere: LedgerKnown, late: str) -> None:
    """The vendor has forgotten the recording; another process had learnt how it ended."""
    known.begin(recording())
    known.learn(recording(), status(late))
    elsewhere.learn(recording(), status("completed", files=(RecordedFile(name="a.mp4", status="uploaded"),)))
    learnt = known.learn(recording(), status(late))
    assert learnt.state == "completed"
    assert [file.name for file in learnt.files] == ["a.mp4"]


def test_what_two_processes_see_at_once_is_joined(known: LedgerKnown, elsewhere: LedgerKnown) -> None:
    """Neither writes over the other: whoever is slower adds to what the faster has written."""
    known.begin(recording())
    elsewhere.handle("r-1")
    known.learn(recording(), status("recording", files=(RecordedFile(name="a.mp4", status="uploaded"),)))
    elsewhere.learn(recording(), status("recording", files=(RecordedFile(name="b.mp4", status="uploaded"),)))
    learnt = known.learn(recording(), status("uploading"))
    assert {file.name for file in learnt.files} == {"a.mp4", "b.mp4"}


def test_only_what_has_changed_is_written(known: LedgerKnown, ledger: Ledger, executed: list[str]) -> None:
    """The same look a minute later costs the database nothing, though its id of the request is another."""
    known.begin(recording())
    executed.clear()
    for number in range(5):
        known.learn(recording(), status("recording", request_id=f"q-{number}", raw={"x": number}))
    known.tell(event(kind="audio_changed", participant="7"))
    assert executed == ["UPDATE"]
    known.tell(event(kind="error", reason="the camera is off", fault="caller"))
    known.learn(recording(), status("paused"))
    assert executed == ["UPDATE"] * 3


def test_events_are_written_too(known: LedgerKnown, elsewhere: LedgerKnown) -> None:
    """What a callback told, and what went wrong before a death without a cause, whoever sees it."""
    known.begin(recording())
    known.tell(event(kind="error", reason="the bucket refuses", fault="destination"))
    died = elsewhere.learn(recording(), status("failed"))
    assert (died.reason, died.fault) == ("the bucket refuses", "destination")
    known.tell(event(kind="uploaded", state="completed", files=(RecordedFile(name="a.mp4"),)))
    seen = elsewhere.outcome(recording())
    assert seen is not None
    assert seen.state == "failed"
    elsewhere.tell(event(2, recording_id=None))
    elsewhere.tell(event(2))
    assert elsewhere.last("r-2") is None


def test_a_claimed_end_keeps_nobody_from_stopping(known: LedgerKnown, elsewhere: LedgerKnown) -> None:
    """Forged, it would; in another process likewise."""
    known.begin(recording())
    known.tell(event(kind="ended", state="completed", nonce="n-1"))
    assert elsewhere.outcome(recording()) is None
    seen = elsewhere.last("r-1")
    assert seen is not None
    assert seen.state == "completed"


def test_several_starts_with_one_key_are_told_apart(known: LedgerKnown, ledger: Ledger) -> None:
    """Each is an attempt of its own; what is learnt of an earlier one doesn't touch the newer."""
    old, new = recording(), recording(native={"tape": "t-2"}, started_at=at(50))
    ledger.begin(intent(key="lesson"), 60)
    known.begin(old)
    known.learn(old, status("failed"))
    ledger.begin(intent(key="lesson", created_at=at(40)), 60)
    known.begin(new)
    assert known.learn(new, status("recording")).state == "recording"
    assert known.learn(old, status("failed", reason="it died")).reason == "it died"
    assert known.outcome(new) is None
    assert [(entry.attempt, entry.status) for entry in ledger.entries()] == [
        (2, status("recording")),
        (1, status("failed", reason="it died")),
    ]


def test_what_memory_has_no_room_for_is_read_again(known: LedgerKnown) -> None:
    """However many come after it."""
    known.begin(recording())
    known.learn(recording(), status("completed"))
    for number in range(2, REMEMBERED + 3):
        known.remember(recording(number))
    assert known.outcome(recording()) == status("completed")


# --- a ledger that can't be used ---


Outage = Callable[[], AbstractContextManager[None]]


def test_a_handle_that_could_not_be_written_is_written_later(
    known: LedgerKnown, ledger: Ledger, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    """The vendor had accepted the start: it counts here, it is logged, and it is written with what is learnt next."""
    ledger.begin(intent(), 60)
    with outage(), caplog.at_level(logging.ERROR):
        known.begin(recording())
        assert known.handle("r-1") == recording()
    assert "the handle of recording r-1 isn't in the ledger" in caplog.text
    known.learn(recording(), status("recording"))
    (entry,) = ledger.entries()
    assert (entry.recording, entry.status) == (recording(), status("recording"))


def test_what_is_learnt_meanwhile_is_written_later(
    known: LedgerKnown, ledger: Ledger, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    """Files and trouble that were seen while the ledger was gone are in it with the next thing that is learnt."""
    known.begin(recording())
    with outage(), caplog.at_level(logging.ERROR):
        known.tell(event(kind="error", reason="the camera is off", fault="caller"))
        seen = known.learn(recording(), status("recording", files=(RecordedFile(name="a.mp4", status="uploaded"),)))
        assert [file.name for file in seen.files] == ["a.mp4"]
        changed = recording(revision=1, layout=Grid())
        known.change(changed)
        assert known.newest(recording()) == known.handle("r-1") == changed
        assert known.last("r-1") == seen
    assert "what becomes of recording r-1 isn't in the ledger" in caplog.text
    assert "the newest handle of recording r-1 isn't in the ledger" in caplog.text
    known.learn(recording(), status("failed"))
    entry = ledger.entry("r-1")
    assert entry is not None
    assert entry.recording == changed
    assert entry.status is not None
    assert [file.name for file in entry.status.files] == ["a.mp4"]
    assert entry.status.reason == "the camera is off"


def test_an_outcome_that_others_wrote_counts_over_what_was_missed(
    known: LedgerKnown, elsewhere: LedgerKnown, outage: Outage
) -> None:
    """What this process saw meanwhile is joined with it, and is no outcome if it was only claimed."""
    known.begin(recording())
    with outage():
        known.learn(recording(), status("recording", files=(RecordedFile(name="a.mp4", status="uploaded"),)))
    elsewhere.learn(recording(), status("completed"))
    outcome = known.outcome(recording())
    assert outcome is not None
    assert outcome.state == "completed"
    assert [file.name for file in outcome.files] == ["a.mp4"]


def test_a_claim_that_could_not_be_written_proves_nothing_later(
    known: LedgerKnown, ledger: Ledger, outage: Outage
) -> None:
    """A callback that may be forged doesn't become true because the ledger was gone when it came."""
    known.begin(recording())
    with outage():
        known.tell(event(kind="ended", state="completed", nonce="n-1"))
    known.learn(recording(), status("unreachable"))
    entry = ledger.entry("r-1")
    assert entry is not None
    assert entry.outcome is None


def test_whether_a_recording_is_known_is_never_guessed(known: LedgerKnown, outage: Outage) -> None:
    """A recording of another process could be taken for a lost one, and stopped."""
    known.begin(recording())
    with outage():
        assert known.knows("t-1")
        with pytest.raises(LedgerUnavailable):
            known.knows("t-2")
    assert not known.knows("t-2")


def test_reading_goes_on_with_what_is_known_here(
    known: LedgerKnown, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is asked; that others may know more is logged."""
    known.begin(recording())
    known.learn(recording(), status("recording"))
    with outage(), caplog.at_level(logging.WARNING):
        assert known.outcome(recording()) is None
        assert known.status(recording()) == status("recording")
        assert known.named(event(recording_id=None)).recording_id == "r-1"
        assert known.named(event(2, recording_id=None)).recording_id is None
        known.pin(recording())
    assert "what other processes know isn't known here for now" in caplog.text
