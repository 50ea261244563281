"""What becomes of a start whose answer is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recorder_core import Recorder, RecordingSpec, RecordingState, StartIntent, StartOutcomeUnknown, Verdict
from recorder_core.testing import connect
from recorder_trtc.emulator.service import TrtcEmulator

Serve = Callable[..., TrtcEmulator]
MakeSpec = Callable[..., RecordingSpec]


def lost(service: TrtcEmulator, recorder: Recorder, spec: RecordingSpec) -> StartIntent:
    """The intent of a start that was carried out and whose answer is lost."""
    service.join(spec.room, "1001")
    service.fail_next("CreateCloudRecording", "drop")
    with pytest.raises(StartOutcomeUnknown) as caught:
        recorder.start(spec)
    assert caught.value.intent is not None
    return caught.value.intent


def test_it_can_not_be_told(service: TrtcEmulator, recorder: Recorder, make_spec: MakeSpec) -> None:
    """The vendor lists nothing: unclear, with the rule by which it ends; nothing is sent, and it runs on."""
    intent = lost(service, recorder, make_spec(idle_timeout=60))
    before = len(service.journal)
    (recovery,) = recorder.recover(intent).recoveries
    assert recovery.verdict is Verdict.UNCLEAR
    assert "60 s" in (recovery.ends_by or "")
    assert intent.id in recovery.reason
    assert len(service.journal) == before
    assert service.recordings[0].running


def test_a_callback_brings_it_back(serve: Serve, receiver: Any, make_spec: MakeSpec) -> None:
    """Its recorder is named after the recording: the handle is as the start would have given it."""
    service = serve(callback_url=receiver.url)
    with connect(service) as recorder:
        intent = lost(service, recorder, make_spec())
        service.clock.advance(5)
        events = [event for request in receiver.received for event in recorder.provider.parse_webhook(request)]
        found = [recorder.provider.identify(intent, event) for event in events]
        (recording, *others) = [one for one in found if one is not None]
        assert len(others) == len(events) - 1
        assert recorder.status(recording).state is RecordingState.RECORDING
        assert recorder.stop(recording).state is RecordingState.COMPLETED
    assert not service.recordings[0].running


def test_other_callbacks_do_not(serve: Serve, receiver: Any, make_spec: MakeSpec) -> None:
    """Of another room or recorder, or from before; nor where the recorder's name was given, so that it isn't unique."""
    service = serve(callback_url=receiver.url)
    with connect(service) as recorder:
        intent = lost(service, recorder, make_spec())
        named = lost(service, recorder, make_spec(options={"trtc": {"user_id": "robot"}}))
        service.clock.advance(5)
        events = [event for request in receiver.received for event in recorder.provider.parse_webhook(request)]
        identify = recorder.provider.identify
        assert [identify(named, event) for event in events] == [None] * len(events)
        event = next(event for event in events if identify(intent, event))
        assert identify(intent, event.model_copy(update={"room": "hall"})) is None
        assert identify(intent, event.model_copy(update={"native": {"TaskId": "x", "UserId": "0" * 32}})) is None
        assert identify(intent, event.model_copy(update={"native": {"UserId": intent.id}})) is None
        later = intent.model_copy(update={"created_at": intent.created_at.replace(year=2100)})
        assert identify(later, event) is None


@pytest.mark.parametrize("fields", [{}, {"room": "42", "options": {"trtc": {"room_id_type": "number"}}}])
def test_it_can_be_ended(serve: Serve, make_spec: MakeSpec, fields: dict[str, Any]) -> None:
    """With end_lost its recorder is removed from the room. While the start may be under way that proves nothing yet."""
    service = serve()
    with connect(service, end_lost=True, region="ap-shanghai") as recorder:
        intent = lost(service, recorder, make_spec(**fields))
        (young,) = recorder.recover(intent).recoveries
        assert young.verdict is Verdict.UNCLEAR
        assert not service.recordings[0].running
        service.clock.advance(120)
        (recovery,) = recorder.recover(intent).recoveries
        assert recovery.verdict is Verdict.ENDED
    action = "RemoveUser" if fields else "RemoveUserByStrRoomId"
    assert service.journal.operations().count(action) == 2


def test_what_was_never_carried_out(serve: Serve, make_spec: MakeSpec) -> None:
    """With end_lost: its recorder isn't in the room, so that nothing runs."""
    service = serve()
    with connect(service, end_lost=True) as recorder:
        service.fail_next("CreateCloudRecording", "refuse")
        with pytest.raises(StartOutcomeUnknown) as caught:
            recorder.start(make_spec())
        service.clock.advance(150)
        assert caught.value.intent is not None
        (recovery,) = recorder.recover(caught.value.intent).recoveries
    assert recovery.verdict is Verdict.ENDED
    assert "isn't in the room" in recovery.reason
    assert service.recordings == []
