"""Individual recordings of several participants, an egress each: all or nothing, and one recording."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from recorder_core import (
    Ending,
    EventKind,
    FileStatus,
    LedgerUnavailable,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingState,
    Recovery,
    RoomNotReady,
    StartIntent,
    StartOutcomeUnknown,
    Verdict,
)
from recorder_core.testing import connect
from recorder_core.testing.faults import FAULTS

from asking import GONE, PEOPLE, ROOM, Caller, Emulated, Failing, callback, parted, running, sent
from recorder_livekit.emulator.service import LivekitEmulator


@pytest.fixture
def service(emulated: Emulated) -> LivekitEmulator:
    """A service in whose room both are."""
    service = emulated()
    for one in PEOPLE:
        service.join(ROOM, one)
    return service


def failed(recorder: Recorder, error: type[Exception], **fields: Any) -> Any:
    """The error of a start."""
    with pytest.raises(error) as caught:
        recorder.start(parted(**fields))
    return caught.value


def recovered(service: LivekitEmulator, intent: StartIntent, **how: Any) -> Recovery:
    """What another process finds out."""
    with connect(service) as recorder:
        (recovery,) = recorder.recover(intent, **how).recoveries
    return recovery


# One recording


def test_a_whole_life(recorder: Recorder, service: LivekitEmulator) -> None:
    """One handle, one status of all egresses, each file with whose it is; and one stop, which may be sent twice."""
    recording = recorder.start(parted(output={"formats": ["mp4", "hls"]}), confirm=True)
    assert set(recording.ids_under("egress_id")) == {one.ids["egress_id"] for one in service.recordings}
    assert recording.native["identity"] == PEOPLE
    service.clock.advance(20)
    status = recorder.status(recording)
    assert (status.state, status.reason, len(status.raw["items"])) == (RecordingState.RECORDING, None, 2)
    begun = recorder.stop(recording, wait=False)
    assert (begun.state, begun.ending) == (RecordingState.STOPPING, Ending.STOPPED)
    assert {file.status for file in begun.files} == {FileStatus.UPLOADING}
    assert running(service) == 0
    done = recorder.stop(recording)
    assert (done.state, done.ending, done.fault, done.reason) == (RecordingState.COMPLETED, Ending.STOPPED, None, None)
    assert sorted((file.participant, file.name) for file in done.files) == [
        ("1001", f"{recording.id}-1.m3u8"),
        ("1001", f"{recording.id}-1.mp4"),
        ("1002", f"{recording.id}-2.m3u8"),
        ("1002", f"{recording.id}-2.mp4"),
    ]
    assert {file.status for file in done.files} == {FileStatus.UPLOADED}
    with connect(service) as another:
        assert another.stop(Recording.model_validate_json(recording.model_dump_json())).state.terminal
    service.clock.advance(90_000)
    with connect(service) as another:
        assert another.status(recording).state is RecordingState.GONE


def test_one_is_one_egress_as_before(recorder: Recorder) -> None:
    """Its id is a text."""
    one = {"include": ["1001"]}
    recording = recorder.start(parted(participants={"audio": one, "video": one}))
    assert isinstance(recording.native["egress_id"], str)
    assert recording.native["identity"] == "1001"


def test_who_leaves_ends_their_part(recorder: Recorder, service: LivekitEmulator) -> None:
    """The recording goes on with the others; a stop finds the one ended, which is no error."""
    recording = recorder.start(parted(), confirm=True)
    service.clock.advance(5)
    service.leave(ROOM, "1001")
    service.clock.advance(5)
    status = recorder.status(recording)
    assert status.state is RecordingState.RECORDING
    assert status.reason == "1001: its source closed: the room ended, or the page had nobody to record"
    assert [(file.participant, file.status) for file in status.files] == [
        ("1001", FileStatus.UPLOADED),
        ("1002", FileStatus.RECORDING),
    ]
    done = recorder.stop(recording)
    assert (done.state, done.ending, running(service)) == (RecordingState.COMPLETED, Ending.STOPPED, 0)


def test_who_does_not_come_is_told(recorder: Recorder, service: LivekitEmulator) -> None:
    """Waited for half a minute; what of the others is kept makes the recording completed, with a fault."""
    service.leave(ROOM, "1002")
    service.clock.advance(1)
    recording = recorder.start(parted(), confirm=True)
    assert recording.notes == ("1002: it begins once the participant publishes",)
    service.clock.advance(31)
    status = recorder.status(recording)
    assert (status.state, status.fault) == (RecordingState.RECORDING, "caller")
    assert status.reason == "1002: participant 1002 not found"
    done = recorder.stop(recording)
    assert (done.state, done.fault, done.ending) == (RecordingState.COMPLETED, "caller", Ending.STOPPED)
    assert done.reason == status.reason


def test_nobody_s_coming_fails_it(emulated: Emulated) -> None:
    """All parts did, each for its own reason."""
    service = emulated()
    service.join(ROOM, "another")
    with connect(service) as recorder:
        recording = recorder.start(parted())
        assert recorder.status(recording).state is RecordingState.STARTING
        service.clock.advance(31)
        status = recorder.status(recording)
    assert (status.state, status.fault, status.ending) == (RecordingState.FAILED, "caller", Ending.FAULT)
    assert status.reason == "1001: participant 1001 not found; 1002: participant 1002 not found"
    assert status.ended_at is not None


def test_a_part_that_is_forgotten_ends_nothing(recorder: Recorder, service: LivekitEmulator) -> None:
    """A day after its end the vendor lists it no more; the other one goes on."""
    recording = recorder.start(parted(), confirm=True)
    service.leave(ROOM, "1001")
    service.clock.advance(90_000)
    with connect(service) as another:
        status = another.status(recording)
        assert status.state is RecordingState.RECORDING
        assert str(status.reason).startswith("1001: the vendor doesn't know the egress")
        assert another.stop(recording).state is RecordingState.COMPLETED
    assert running(service) == 0


def test_the_room_s_list_may_be_long(emulated: Emulated) -> None:
    """Every page is looked through for those of the handle; the list has a row for each."""
    service = emulated(page_size=1)
    service.join(ROOM, "1001")
    service.join(ROOM, "1002")
    with connect(service) as recorder:
        first, second = recorder.start(parted()), recorder.start(parted(), confirm=True)
        assert recorder.stop(second).state is RecordingState.COMPLETED
        assert recorder.status(first).state is RecordingState.RECORDING
        now = datetime.fromtimestamp(service.clock.time(), UTC)
        assert len(recorder.list_remote(now - timedelta(hours=1), room=ROOM)) == 4


def test_a_stop_reaches_all_that_it_can(failing: Failing, service: LivekitEmulator) -> None:
    """Where one can't be told to stop, the others are; the error says that it may run."""
    recorder, proxy = failing()
    recording = recorder.start(parted(), confirm=True)
    proxy.fail_next(FAULTS["401"])
    with pytest.raises(Exception, match="isn't accepted"):
        recorder.stop(recording)
    assert [one.running for one in service.recordings] == [True, False]
    assert recorder.stop(recording).state is RecordingState.COMPLETED


# All or nothing


def test_what_had_begun_of_a_refused_start_is_stopped(failing: Failing, service: LivekitEmulator) -> None:
    """The refusal is raised as it is; nothing runs, and no id is left that would make a handle."""
    recorder, _ = failing(None, GONE)
    error = failed(recorder, RoomNotReady)
    assert (len(service.recordings), running(service)) == (1, 0)
    assert recorder.provider.revived(error.intent) is None
    recovery = recovered(service, error.intent)
    assert (recovery.verdict, recovery.recording) == (Verdict.UNCLEAR, None)
    service.clock.advance(121)
    recovery = recovered(service, error.intent)
    assert recovery.verdict is Verdict.ENDED
    assert recovery.reason.endswith("none began of 1002")


def test_a_refusal_whose_undoing_fails_is_of_unknown_outcome(failing: Failing, service: LivekitEmulator) -> None:
    """It says both, and the intent finds what runs."""
    recorder, proxy = failing(None, GONE)
    proxy.fail_always(FAULTS["401"])
    error = failed(recorder, StartOutcomeUnknown)
    assert "no such room" in error.message
    assert "couldn't be stopped (the token isn't accepted" in error.message
    assert running(service) == 1
    service.clock.advance(121)
    assert recovered(service, error.intent, stop=True).verdict is Verdict.ENDED
    assert running(service) == 0


@pytest.mark.parametrize("fault", ["drop", "reset"])
def test_a_lost_answer_is_of_unknown_outcome(failing: Failing, service: LivekitEmulator, fault: str) -> None:
    """Nothing is stopped that may be whole: a recovery finds all of it, or what there is."""
    recorder, _ = failing(None, FAULTS[fault])
    error = failed(recorder, StartOutcomeUnknown)
    begun = [one.ids["egress_id"] for one in service.recordings]
    assert error.intent.noted["parts"] == {"1001": begun[0]}
    is_whole = fault == "drop"
    early = recovered(service, error.intent)
    assert early.verdict is (Verdict.RUNNING if is_whole else Verdict.UNCLEAR)
    if not is_whole:
        assert "ask again from" in early.reason
        (candidate,) = early.candidates
        assert candidate.ids_under("egress_id") == (begun[0],)
    service.clock.advance(121)
    recovery = recovered(service, error.intent)
    assert recovery.verdict is Verdict.RUNNING
    assert recovery.recording is not None
    assert recovery.status is not None
    assert recovery.recording.ids_under("egress_id") == tuple(begun)
    assert recovery.recording.native["identity"] == (PEOPLE if is_whole else "1001")
    missing = "1002: isn't recorded, for no egress of theirs began"
    assert (recovery.status.reason == missing) is not is_whole
    assert recovery.reason.endswith("none began of 1002") is not is_whole
    with connect(service) as another:
        again = another.provider.revived(recovery.intent)
        assert again is not None
        assert again.native == recovery.recording.native
        assert (another.status(again).reason == missing) is not is_whole
        assert another.stop(again).state is RecordingState.COMPLETED
    assert running(service) == 0


def test_what_is_never_listed_has_ended(failing: Failing, service: LivekitEmulator) -> None:
    """Its id was noted, so that it began; a day after its end nothing is known but that."""
    recorder, _ = failing(None, FAULTS["reset"])
    error = failed(recorder, StartOutcomeUnknown)
    service.leave(ROOM, "1001")
    service.clock.advance(90_000)
    assert recovered(service, error.intent).verdict is Verdict.ENDED


def test_a_start_that_never_left_is_refused(failing: Failing, service: LivekitEmulator) -> None:
    """The first one was refused: there is nothing to stop."""
    recorder, _ = failing(GONE)
    failed(recorder, RoomNotReady)
    assert (service.recordings, sent(service, "StopEgress")) == ([], 0)


def test_a_ledger_that_fails_meanwhile_leaves_nothing(recorder: Recorder, service: LivekitEmulator) -> None:
    """An id that isn't durable is no id: what had begun is stopped."""
    provider = recorder.provider
    spec = parted()
    intent = StartIntent(
        id="1" * 32,
        provider="livekit",
        account=provider.account,
        room=ROOM,
        created_at=datetime.fromtimestamp(service.clock.time(), UTC),
    )
    plan = provider.translate(spec, intent)
    intent = intent.model_copy(update={"draft": provider.draft(plan, intent)})

    def keep(_: StartIntent) -> None:
        raise LedgerUnavailable("the disk is full")

    with pytest.raises(LedgerUnavailable):
        provider.start(plan, intent.kept_by(keep))
    assert (len(service.recordings), running(service)) == (1, 0)
    assert provider.revived(intent) is None


def test_a_process_that_died_between_two_parts_is_recovered(
    service: LivekitEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its ledger: what it had noted is no whole handle, and the list has the rest."""
    ledger = f"sqlite:///{tmp_path}/recordings.db"
    with connect(service, ledger=ledger) as recorder:
        calls: list[str] = []

        def die(*args: Any, **keywords: Any) -> Any:
            calls.append("send")
            if len(calls) == 2:
                raise KeyboardInterrupt
            return send(*args, **keywords)

        send = recorder.provider.transport.send
        monkeypatch.setattr(recorder.provider.transport, "send", die)
        with pytest.raises(KeyboardInterrupt):
            recorder.start(parted(), key="lesson")
    service.clock.advance(200)
    with connect(service, ledger=ledger) as recorder:
        report = recorder.recover(stop=True)
        assert [recovery.verdict for recovery in report.recoveries] == [Verdict.ENDED]
        assert report.unknown == ()
        again = recorder.start(parted(), key="lesson")
        assert len(again.ids_under("egress_id")) == 2
        assert recorder.start(parted(), key="lesson").native == again.native
    assert running(service) == 2


# Callbacks


def told(recorder: Recorder, service: LivekitEmulator, call: Caller, kind: str, egress_id: str) -> RecordingEvent:
    """What a callback of now about an egress tells."""
    (info,) = call("ListEgress", egress_id=egress_id)["items"]
    (event,) = recorder.events.receive(callback(service, kind, info, id=f"EV_{kind}_{egress_id}"))
    return event


def test_a_callback_of_a_part_is_the_recording_s(recorder: Recorder, service: LivekitEmulator, call: Caller) -> None:
    """Whichever it is: its files have whose they are, and its end isn't the recording's."""
    recording = recorder.start(parted(), confirm=True)
    first, second = recording.ids_under("egress_id")
    service.clock.advance(5)
    service.leave(ROOM, "1002")
    service.clock.advance(5)
    ended = told(recorder, service, call, "egress_ended", second)
    assert (ended.recording_id, ended.is_partial) == (recording.id, True)
    assert (ended.kind, ended.state, ended.ending) == (EventKind.STATUS, None, None)
    assert [(file.participant, file.uri) for file in ended.files] == [("1002", f"s3://lessons/{recording.id}-2.mp4")]
    assert recorder.status(recording).state is RecordingState.RECORDING
    goes_on = told(recorder, service, call, "egress_updated", first)
    assert (goes_on.recording_id, goes_on.is_partial) == (recording.id, True)


def test_a_recording_is_followed_to_the_end_of_all(recorder: Recorder, service: LivekitEmulator, call: Caller) -> None:
    """The last word comes when the last part has ended."""
    recording = recorder.start(parted(), confirm=True)
    first, second = recording.ids_under("egress_id")
    with recorder.fleet([recording], workers=0) as fleet:
        events = iter(fleet)
        assert next(events).state is RecordingState.RECORDING
        service.leave(ROOM, "1001")
        service.clock.advance(5)
        told(recorder, service, call, "egress_ended", first)
        assert next(events).state is not RecordingState.COMPLETED
        service.leave(ROOM, "1002")
        service.clock.advance(5)
        told(recorder, service, call, "egress_ended", second)
        last = list(events)[-1]
    assert (last.kind, last.state) == (EventKind.ENDED, RecordingState.COMPLETED)
    assert {file.participant for file in last.files} == set(PEOPLE)


def test_a_callback_brings_no_half_a_handle(failing: Failing, service: LivekitEmulator, call: Caller) -> None:
    """Of a lost start it names one egress: it makes the handle only where the others were noted."""
    recorder, _ = failing(None, FAULTS["drop"])
    error = failed(recorder, StartOutcomeUnknown)
    provider = recorder.provider
    first, second = (one.ids["egress_id"] for one in service.recordings)

    def identified(egress_id: str, **noted: Any) -> Recording | None:
        (info,) = call("ListEgress", egress_id=egress_id)["items"]
        (event,) = provider.parse_webhook(callback(service, "egress_started", info))
        intent: StartIntent = error.intent.model_copy(update={"noted": noted})
        found: Recording | None = provider.identify(intent, event)
        return found

    assert error.intent.noted["parts"] == {"1001": first}
    assert identified(second) is None
    assert identified(first, parts={"1001": first}) is None
    whole = identified(second, parts={"1001": first})
    assert whole is not None
    assert whole.ids_under("egress_id") == (first, second)
