"""Tasks that nobody here began: the vendor has no list, and callbacks name them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from recorder_core import (
    Grid,
    Mode,
    Participants,
    RecordedFile,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingNotFound,
    RecordingSpec,
    RecordingState,
    RemoteRecording,
    UnsupportedFeature,
    UnsupportedOperation,
)
from recorder_core.testing import connect
from recorder_trtc.emulator.service import TrtcEmulator

Theirs = Callable[..., Recording]


@pytest.fixture
def theirs(service: TrtcEmulator, make_spec: Callable[..., RecordingSpec]) -> Theirs:
    """Records somebody in the room, with a recorder of another program."""

    def begun(**fields: object) -> Recording:
        service.join("lesson", "1001")
        with connect(service) as other:
            recording = other.start(make_spec(**fields))
        service.clock.advance(10)
        return recording

    return begun


def told_of(recording: Recording) -> RecordingEvent:
    """A callback of it, as the provider reads one."""
    native = {name: recording.native[name] for name in ("TaskId", "UserId")}
    return RecordingEvent(kind="started", provider="trtc", room=recording.room, native=native, dedup_key="1")


@pytest.mark.parametrize("mode", [Mode.COMPOSITE, Mode.INDIVIDUAL])
def test_a_callback_names_a_task(recorder: Recorder, theirs: Theirs, mode: Mode) -> None:
    """It is looked at and stopped; its files tell the mode, and nobody tells where they go."""
    recording = recorder.adopt(told_of(theirs(mode=mode)))
    assert (recording.room, recording.mode, recording.location) == ("lesson", mode, None)
    assert recorder.status(recording).state is RecordingState.RECORDING
    status = recorder.stop(recording)
    assert not status.state.running
    assert [file.uri for file in status.files] == [None]


def test_before_its_first_file_the_mode_is_unknown(
    recorder: Recorder, make_spec: Callable[..., RecordingSpec], service: TrtcEmulator
) -> None:
    """No change can be planned then; it is looked at and stopped. An id alone is enough for that."""
    with connect(service) as other:
        started = other.start(make_spec())
    native = {"TaskId": started.native["TaskId"]}
    recording = recorder.adopt(RemoteRecording(provider="trtc", account=started.account, native=native))
    assert (recording.room, recording.mode) == ("", "unknown")
    with pytest.raises(UnsupportedOperation):
        recorder.layout(recording, Grid())
    assert recorder.status(recording).state is RecordingState.STARTING
    assert not recorder.stop(recording).state.running


def test_a_change_would_have_to_send_what_nobody_tells(
    recorder: Recorder, theirs: Theirs, service: TrtcEmulator
) -> None:
    """Layout and people are replaced together: sent without the other, that would be lost."""
    recording = recorder.adopt(told_of(theirs()))
    with pytest.raises(UnsupportedFeature, match="adopted"):
        recorder.layout(recording, Grid())
    with pytest.raises(UnsupportedFeature, match="adopted"):
        recorder.update_participants(recording, Participants())
    assert [entry for entry in service.journal if entry.operation == "ModifyCloudRecording"] == []


def test_what_has_ended_is_not_adopted(recorder: Recorder, theirs: Theirs, service: TrtcEmulator) -> None:
    """The vendor forgets a task with its end."""
    event = told_of(theirs())
    with connect(service) as other:
        other.stop(other.adopt(event))
    with pytest.raises(RecordingNotFound) as caught:
        recorder.adopt(event)
    assert caught.value.provider == "trtc"


def test_no_list_no_link(recorder: Recorder, theirs: Theirs) -> None:
    """Tasks aren't listed; what lies on VOD is fetched and deleted by that product's own API."""
    recording = recorder.adopt(told_of(theirs(storage={"kind": "vendor_managed"})))
    with pytest.raises(UnsupportedOperation):
        recorder.list_remote(recording.started_at - timedelta(hours=1))
    for refused in (lambda: recorder.delete_files(recording), lambda: recorder.link(recording, RecordedFile(name="a"))):
        with pytest.raises(UnsupportedOperation, match="trtc has no"):
            refused()
