"""What a process knows of each recording outlives what the vendor remembers, and takes little memory."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recorder_core import (
    Custom,
    Ending,
    EventKind,
    FileStatus,
    Grid,
    Mode,
    Participants,
    RecordedFile,
    Recording,
    RecordingEvent,
    RecordingState,
    RecordingStatus,
    Region,
    Selection,
    Spotlight,
)
from recorder_core.known import REMEMBERED, Known

START = datetime(2027, 1, 1, tzinfo=UTC)
LAYOUTS = (None, Grid(), Spotlight("1001"), Custom(regions=(Region(x=0, y=0, width=0.5, height=1, participant="7"),)))


def recording(number: int = 1, **fields: Any) -> Recording:
    given = {"id": f"r-{number}", "provider": "memory", "room": "lesson-42", "started_at": START}
    return Recording(**{**given, "native": {"tape": f"t-{number}"}, **fields})


def event(kind: str = "status", number: int = 1, **fields: Any) -> RecordingEvent:
    given = {"recording_id": f"r-{number}", "native": {"tape": f"t-{number}"}, "provider": "memory"}
    return RecordingEvent(**{"kind": EventKind(kind), "dedup_key": "key", **given, **fields})


def file(name: str, status: str = "recording") -> RecordedFile:
    return RecordedFile(name=name, status=FileStatus(status))


def files(status: RecordingStatus | None) -> list[tuple[str, str]]:
    assert status is not None
    return [(found.name, str(found.status)) for found in status.files]


@pytest.fixture
def known() -> Known:
    return Known("tape")


# --- handles ---


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_handle_comes_back_as_it_was(known: Known, layout: Any) -> None:
    """Whatever is in it, kinds of layouts and keys of newer releases included: a later change needs all of it."""
    handle = recording(
        layout=layout,
        mode=Mode.INDIVIDUAL,
        participants=Participants(audio=Selection(include=["1001"])),
        dropped=("layout.background",),
        a_newer_key={"x": [1]},
    )
    known.remember(handle)
    assert known.handle("r-1") == handle
    assert known.handle("r-2") is None


def test_the_newest_handle_counts(known: Known) -> None:
    """The one with more changes, in whichever order they are seen; one that this process has just changed, anyway."""
    known.remember(recording(revision=2, layout=Grid()))
    known.remember(recording(revision=1))
    assert known.handle("r-1").revision == 2
    known.change(recording(revision=1, layout=Spotlight("1")))
    assert isinstance(known.handle("r-1").layout, Spotlight)
    known.remember(recording(revision=2, layout=Grid()))
    assert isinstance(known.handle("r-1").layout, Spotlight)


def test_a_second_start_with_the_same_key(known: Known) -> None:
    """Of the earlier recording nothing is known any more, and what its handle brings isn't the later one's."""
    early, late = recording(), recording(started_at=START + timedelta(hours=1))
    known.learn(early, RecordingStatus(state="completed", files=(file("a"),)))
    known.begin(late)
    assert known.status(late) is None
    assert known.outcome(early) is None
    assert known.learn(early, RecordingStatus(state="gone")).files == ()
    assert known.last(late.id) is None


def test_ids_are_found(known: Known) -> None:
    """An event with the vendor's id gets ours; that of a stranger stays without."""
    known.remember(recording(7))
    assert known.named(event(recording_id=None, native={"tape": "t-7"})).recording_id == "r-7"
    for native in ({"tape": "t-8"}, {"tape": 7}, {"tape": None}, {}):
        assert known.named(event(recording_id=None, native=native)).recording_id is None


# --- what is remembered, and for how long ---


def test_the_latest_are_remembered(known: Known) -> None:
    """So many recordings that nobody follows; the one that wasn't seen for longest goes."""
    for number in range(REMEMBERED):
        known.remember(recording(number))
    known.remember(recording(0))
    known.remember(recording(REMEMBERED))
    assert known.handle("r-1") is None
    assert known.named(event(recording_id=None, native={"tape": "t-1"})).recording_id is None
    assert known.handle("r-0") is not None


def test_those_that_are_followed_stay(known: Known) -> None:
    """However many others come, until everybody who follows them has left."""
    known.pin(recording(0))
    known.pin(recording(0))
    known.unpin("r-0")
    for number in range(1, REMEMBERED + 10):
        known.remember(recording(number))
    assert known.handle("r-0") is not None
    known.unpin("r-0")
    assert known.handle("r-0") is not None
    for number in range(REMEMBERED + 10, 2 * REMEMBERED + 10):
        known.remember(recording(number))
    assert known.handle("r-0") is None
    assert (known._pins, known._pinned) == ({}, {})


# --- statuses ---


def test_every_file_that_was_ever_seen(known: Known) -> None:
    """The union over all looks and callbacks; where one that isn't listed any more went isn't known after the end."""
    known.learn(recording(), RecordingStatus(state="recording", files=(file("a.mp4"),)))
    known.tell(event("file_started", files=(file("b.mp4"),)))
    learnt = known.learn(recording(), RecordingStatus(state="recording", files=(file("bak0_a.mp4"),)))
    assert files(learnt) == [("a.mp4", "recording"), ("b.mp4", "recording"), ("bak0_a.mp4", "recording")]
    end = known.learn(recording(), RecordingStatus(state="completed", files=(file("bak0_a.mp4", "uploaded"),)))
    assert files(end) == [("a.mp4", "unknown"), ("b.mp4", "unknown"), ("bak0_a.mp4", "uploaded")]


def test_uploaded_without_names(known: Known) -> None:
    """An event that says that all files are there says it of those that are known."""
    known.learn(recording(), RecordingStatus(state="uploading", files=(file("a"), file("b"))))
    known.tell(event("uploaded", state="completed"))
    assert files(known.outcome(recording())) == [("a", "uploaded"), ("b", "uploaded")]


def test_the_cause_of_the_end_is_kept(known: Known) -> None:
    """What a callback told of it, when the vendor's status tells none; with the moment at which it ended."""
    ended_at = START + timedelta(minutes=5)
    known.learn(recording(), RecordingStatus(state="recording"))
    known.tell(event("stopped", state="stopping", ending="idle", reason="nobody was there", occurred_at=ended_at))
    assert known.last("r-1").ended_at == ended_at
    end = known.learn(recording(), RecordingStatus(state="gone", reason="the vendor doesn't know it"))
    assert (end.ending, end.reason, end.ended_at) == (Ending.IDLE, "nobody was there", ended_at)


@pytest.mark.parametrize("ending", ["idle", "limit", "fault"])
def test_an_upload_takes_nothing_from_the_cause(known: Known, ending: str) -> None:
    """That all files arrived says nothing about why it ended, and whose fault that was."""
    known.learn(recording(), RecordingStatus(state="recording"))
    known.tell(event("stopped", state="stopping", ending=ending, reason="the page is too large", fault="caller"))
    known.tell(event("uploaded", state="completed"))
    known.tell(event("ended", state="completed", ending="stopped", reason="it exited"))
    end = known.outcome(recording())
    assert (end.ending, end.reason, end.fault) == (ending, "the page is too large", "caller")


def test_what_went_wrong_after_the_cause(known: Known) -> None:
    """Files that the bucket refused are told beside it, once, and stay when the exit follows."""
    known.learn(recording(), RecordingStatus(state="recording"))
    known.tell(event("stopped", state="stopping", ending="idle", reason="nobody was there"))
    for _ in range(2):
        known.tell(event("backed_up", state="completed", reason="it is in the backup", fault="destination"))
        known.tell(event("ended", state="completed"))
    end = known.outcome(recording())
    assert (end.ending, end.reason, end.fault) == ("idle", "nobody was there; it is in the backup", "destination")


@pytest.mark.parametrize("cause_first", [True, False])
def test_the_cause_of_an_end_and_its_files_in_any_order(known: Known, cause_first: bool) -> None:
    """Both reasons are told, and what went wrong with the files is the fault: it can be mended."""
    known.learn(recording(), RecordingStatus(state="recording"))
    cause = event("error", state="uploading", ending="fault", reason="the disk was full", fault="vendor")
    refused = event("backed_up", state="completed", reason="it is in the backup", fault="destination")
    for told in (cause, refused) if cause_first else (refused, cause):
        known.tell(told)
    end = known.outcome(recording())
    assert (end.ending, end.reason, end.fault) == ("fault", "the disk was full; it is in the backup", "destination")


@pytest.mark.parametrize("guess", ["fault", None])
def test_a_cause_that_is_told_later_replaces_a_guess(known: Known, guess: str | None) -> None:
    """A look after the end only sees that it was too early; the callback that follows knows why."""
    known.learn(recording(), RecordingStatus(state="failed", ending=guess, reason="something failed"))
    known.tell(event("error", state="uploading", ending="fault", reason="the engine failed", fault="vendor"))
    end = known.outcome(recording())
    assert (end.state, end.ending, end.reason, end.fault) == ("failed", "fault", "the engine failed", "vendor")


def test_our_own_stop_needs_no_reason(known: Known) -> None:
    """What was said of the files on their way isn't true any more when they are there."""
    known.learn(recording(), RecordingStatus(state="uploading", ending="stopped", reason="its files aren't known yet"))
    assert known.learn(recording(), RecordingStatus(state="completed")).reason is None


def test_an_end_that_is_known_is_not_told_worse(known: Known) -> None:
    """A callback that comes late has less to say than the answer to our own stop."""
    known.learn(recording(), RecordingStatus(state="completed", ending="stopped", reason="nothing was recorded"))
    known.tell(event("stopped", state="stopping", ending="stopped", reason="it was stopped"))
    assert known.outcome(recording()).reason == "nothing was recorded"


@pytest.mark.parametrize("late", ["recording", "uploading", "unknown"])
@pytest.mark.parametrize("there", ["uploaded", "backup", "lost", "expired"])
def test_files_that_are_settled_stay_so(known: Known, there: str, late: str) -> None:
    """A list that comes late says of a file that it is on its way, though it has arrived."""
    known.learn(recording(), RecordingStatus(state="completed", files=(file("a", there),)))
    known.tell(event("stopped", state="stopping", files=(file("a", late), file("b", late))))
    assert files(known.outcome(recording())) == [("a", there), ("b", "unknown")]


@pytest.mark.parametrize("there", ["uploaded", "backup"])
def test_a_file_expires_after_the_end(known: Known, there: str) -> None:
    """What the vendor kept and keeps no more: a callback may tell so days after the outcome, which it is a part of."""
    known.learn(recording(), RecordingStatus(state="completed", files=(file("a", there), file("b", "uploaded"))))
    known.tell(event("status", files=(file("a", "expired"),)))
    outcome = known.outcome(recording())
    assert outcome.state is RecordingState.COMPLETED
    assert dict(files(outcome)) == {"a": "expired", "b": "uploaded"}


@pytest.mark.parametrize("late", ["recording", "uploading", "uploaded", "backup", "lost", "unknown"])
def test_what_has_expired_does_not_come_back(known: Known, late: str) -> None:
    """Whatever a list or a callback says that was overtaken, one that names no file included."""
    known.learn(recording(), RecordingStatus(state="completed", files=(file("a", "expired"), file("b", "backup"))))
    known.learn(recording(), RecordingStatus(state="completed", files=(file("a", late),)))
    known.tell(event("status", files=(file("a", late),)))
    assert dict(files(known.outcome(recording()))) == {"a": "expired", "b": "backup"}
    known.tell(event("uploaded", state="completed"))
    assert dict(files(known.outcome(recording()))) == {"a": "expired", "b": "uploaded"}


@pytest.mark.parametrize("state", ["failed", "gone"])
def test_what_went_wrong_before_a_death(known: Known, state: str) -> None:
    """Of a death without a cause of its own, the last thing that went wrong is taken for it."""
    known.learn(recording(), RecordingStatus(state="recording"))
    known.tell(event("error", fault="destination", reason="the bucket refused"))
    assert known.learn(recording(), RecordingStatus(state="recording")).fault is None
    end = known.learn(recording(), RecordingStatus(state=state, reason="the vendor doesn't know it"))
    assert (end.fault, end.reason) == ("destination", "the bucket refused; the vendor doesn't know it")


def test_what_went_wrong_and_did_no_harm(known: Known) -> None:
    """An end that is none of a failure isn't blamed on it, and one that has a cause keeps it."""
    for number in (1, 2):
        known.remember(recording(number))
        known.tell(event("error", number, fault="destination", reason="a slice was sent again"))
    assert known.learn(recording(), RecordingStatus(state="completed")).fault is None
    end = known.learn(recording(2), RecordingStatus(state="failed", fault="caller", reason="no token"))
    assert (end.fault, end.reason) == ("caller", "no token")


def test_what_went_wrong_and_turned_out_well(known: Known) -> None:
    """A recording that was gone for a while and has its files after all isn't blamed on what went wrong meanwhile."""
    known.learn(recording(), RecordingStatus(state="uploading", ending="stopped"))
    known.tell(event("error", fault="vendor", reason="the upload isn't finished yet"))
    assert known.learn(recording(), RecordingStatus(state="gone")).fault == "vendor"
    assert known.last("r-1").fault == "vendor"
    known.tell(event("uploaded", state="completed", files=(file("a", "uploaded"),)))
    end = known.outcome(recording())
    assert (end.fault, end.ending) == (None, "stopped")


def test_terminal_states_stay(known: Known) -> None:
    """Callbacks that come after the end change nothing, but for the better: `gone` may turn out to be an outcome."""
    known.learn(recording(), RecordingStatus(state="completed"))
    for state in ("recording", "uploading", "failed", "gone"):
        known.tell(event(state=state))
        assert known.last("r-1").state is RecordingState.COMPLETED
    known.learn(recording(2), RecordingStatus(state="gone"))
    known.tell(event("uploaded", 2, state="completed", files=(file("a", "uploaded"),)))
    assert files(known.outcome(recording(2))) == [("a", "uploaded")]


@pytest.mark.parametrize("state", ["recording", "uploading", "unreachable", "gone"])
def test_a_look_that_the_end_has_overtaken(known: Known, state: str) -> None:
    """It began before a callback told the end, and was answered after: the end stays, and gets the cause of it."""
    known.remember(recording())
    known.tell(event("uploaded", state="completed", files=(file("a", "uploaded"),)))
    learned = known.learn(recording(), RecordingStatus(state=state, ending="stopped", reason="the look's"))
    assert (learned.state, learned.ending, learned.reason) == (RecordingState.COMPLETED, "stopped", None)
    assert files(known.outcome(recording())) == [("a", "uploaded")]


@pytest.mark.parametrize(("ending", "state"), [("fault", "failed"), ("idle", "completed"), ("stopped", "completed")])
def test_an_end_without_files(known: Known, ending: str, state: str) -> None:
    """It is a failure where a fault ended it, and else an outcome, though the last word is the same."""
    known.remember(recording())
    known.tell(event("error", state="uploading", ending=ending))
    known.tell(event("ended", state="completed"))
    assert known.last("r-1").state == state


def test_pictures_are_no_files(known: Known) -> None:
    """A vendor that says that all was uploaded, and names nothing, has uploaded pictures: a later fault spoils none."""
    known.remember(recording())
    known.tell(event("stopped", state="stopping", ending="fault"))
    known.tell(event("uploaded", state="completed"))
    known.tell(event("ended", state="completed"))
    assert known.last("r-1").state is RecordingState.COMPLETED


def test_gone_is_no_outcome(known: Known) -> None:
    """The vendor is asked again: it may know it after all."""
    known.learn(recording(), RecordingStatus(state="gone"))
    assert known.outcome(recording()) is None
    for state in ("completed", "failed"):
        known.learn(recording(2), RecordingStatus(state=state))
        assert known.outcome(recording(2)) is not None


@pytest.mark.parametrize(
    "told",
    [
        event(state="completed", verified=False),
        event(recording_id=None, state="completed"),
        event("upload_progress", progress=0.5),
        event("snapshot", files=(file("1.jpg"),)),
        event(number=9, state="completed"),
    ],
    ids=["unverified", "nobody's", "says nothing", "a picture", "unknown"],
)
def test_events_that_say_nothing(known: Known, told: RecordingEvent) -> None:
    """What isn't proven, isn't of a known recording, or tells neither state, files nor end."""
    known.remember(recording())
    known.tell(told)
    assert known.last("r-1") is None


def test_a_status_comes_back_as_it_was(known: Known) -> None:
    """But for the vendor's answer, which is kept of the end alone."""
    status = RecordingStatus(
        state="recording",
        files=(RecordedFile(name="a", key="x/a", uri="s3://b/x/a", size_bytes=7, started_at=START),),
        started_at=START,
        reason="ready",
        request_id="q-1",
        raw={"status": 5},
    )
    known.learn(recording(), status)
    assert known.status(recording()) == status.model_copy(update={"raw": {}})
    end = status.model_copy(update={"state": RecordingState.COMPLETED})
    known.learn(recording(), end)
    assert known.status(recording()) == end


def test_many_threads(known: Known) -> None:
    """Nothing is lost where callbacks and looks come at once."""

    def tell(number: int) -> None:
        for step in range(30):
            known.learn(recording(), RecordingStatus(state="recording", files=(file(f"{number}-{step}"),)))

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(known.last("r-1").files) == 120


# --- what a signature doesn't cover ---


def claimed(**fields: Any) -> RecordingEvent:
    """The end of a recording, told by a callback whose signature doesn't cover its body."""
    return event("ended", state=RecordingState.COMPLETED, ending=Ending.FAULT, nonce="n", fault="caller", **fields)


def test_an_end_that_nothing_proves_is_no_outcome(known: Known) -> None:
    """Forged, it would keep a recording from being stopped and asked about, which runs on."""
    known.remember(recording())
    known.tell(claimed())
    assert known.outcome(recording()) is None
    running = known.learn(recording(), RecordingStatus(state=RecordingState.RECORDING))
    assert (running.state, running.ending, running.fault) == (RecordingState.RECORDING, None, None)
    gone = known.learn(recording(), RecordingStatus(state=RecordingState.GONE))
    assert (gone.state, gone.fault) == (RecordingState.GONE, None)


@pytest.mark.parametrize("state", [RecordingState.UPLOADING, RecordingState.UNREACHABLE, RecordingState.GONE])
def test_a_status_that_lags_behind_denies_no_end(known: Known, state: RecordingState) -> None:
    """It says nothing against the end: what was told of it stays, and the vendor is asked again."""
    known.remember(recording())
    known.tell(claimed())
    found = known.learn(recording(), RecordingStatus(state=state))
    assert (found.state, found.ending) == (RecordingState.COMPLETED, Ending.FAULT)
    assert known.outcome(recording()) is None
    known.learn(recording(), RecordingStatus(state=RecordingState.COMPLETED))
    assert known.outcome(recording()) is not None


@pytest.mark.parametrize("proof", [{"nonce": None}, {"confirmed": True}], ids=["signed", "confirmed"])
def test_an_end_that_is_proven_is_an_outcome(known: Known, proof: dict[str, Any]) -> None:
    """By a signature that covers it or by the vendor's status, whatever was claimed before or is after."""
    known.remember(recording())
    known.tell(claimed())
    known.tell(claimed().model_copy(update=proof))
    known.tell(claimed())
    assert known.outcome(recording()) is not None
