"""Tasks that another application's own StartRecord began are taken over, against the emulated service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recorder_core import (
    ConfigurationError,
    Custom,
    Floating,
    Grid,
    Media,
    Mode,
    Recorder,
    RecorderError,
    Recording,
    RecordingNotFound,
    RecordingState,
    Region,
    RemoteRecording,
    ServiceUnavailable,
    Spotlight,
    TransportError,
    UnsupportedFeature,
)
from recorder_core.testing import connect

Adopt = Callable[[str], Recording]


@pytest.fixture
def recorder(call: Any) -> Any:
    call.service.join("room-42", "1001")
    with connect(call.service) as connected:
        yield connected


@pytest.fixture
def adopt(call: Any, recorder: Recorder) -> Adopt:
    """Adopts a task as it is listed, when it has run for a while."""

    def adopted(task_id: str) -> Recording:
        call.service.clock.advance(20)
        now = recorder.provider.now()
        listed = recorder.list_remote(now - timedelta(hours=1), now + timedelta(seconds=1))
        (remote,) = (one for one in listed if one.native["TaskId"] == task_id)
        return recorder.adopt(remote)

    return adopted


def sent(call: Any, action: str) -> list[Any]:
    return [entry.body for entry in call.service.journal if entry.operation == action]


def test_the_handle_says_what_the_vendor_tells(call: Any, adopt: Adopt) -> None:
    """Room, mode, media, beginning and host; neither layout nor destination, which no answer has."""
    mixed = adopt(call.start(RecordInputParams={"StreamType": 1}))
    assert (mixed.room, mixed.mode, mixed.media) == ("room-42", Mode.COMPOSITE, Media.AUDIO)
    assert (mixed.layout, mixed.location, mixed.canvas, mixed.request_id) == (None, None, None, None)
    assert mixed.controllable_until == mixed.started_at + timedelta(days=3)
    assert mixed.base_url == call.service.base_url
    single = adopt(call.start_streams())
    assert (single.mode, single.media) == (Mode.INDIVIDUAL, Media.AUDIO_VIDEO)


def test_its_files_are_told_without_a_place(call: Any, recorder: Recorder, adopt: Adopt) -> None:
    """The vendor names them and where to fetch them; the bucket's key isn't known without the start's prefix.

    Participants are called by their streams.
    """
    recording = adopt(call.start_streams())
    (file,) = recorder.stop(recording).files
    assert (file.participant, file.key, file.uri) == ("1001", None, None)
    assert file.url


def test_it_is_paused_and_resumed(recorder: Recorder, call: Any, adopt: Adopt) -> None:
    """What names the task is enough."""
    recording = adopt(call.start())
    recorder.pause(recording)
    assert recorder.status(recording).state is RecordingState.PAUSED
    recorder.resume(recording)
    assert recorder.status(recording).state is RecordingState.RECORDING


@pytest.mark.parametrize("layout", [Grid(), Floating(participant="1001")])
def test_the_vendor_s_own_layouts_need_no_canvas(
    recorder: Recorder, call: Any, adopt: Adopt, layout: Grid | Floating
) -> None:
    """They are numbers, whatever the size of the picture."""
    changed = recorder.layout(adopt(call.start()), layout)
    assert changed.layout == layout
    (body,) = sent(call, "UpdateLayout")
    assert "MixInputList" not in body


@pytest.mark.parametrize(
    "layout",
    [
        Spotlight("1001", side="right"),
        Grid(fit="contain"),
        Custom(regions=[Region(x=0, y=0, width=1, height=0.0001)]),
        Custom(regions=[Region(x=0, y=0, width=1, height=1)]),
    ],
)
def test_windows_in_pixels_are_refused_where_the_canvas_is_unknown(call: Any, adopt: Adopt, layout: Any) -> None:
    """With `on_unsupported="warn"` too: nothing is sent that may be anywhere in the picture."""
    recording = adopt(call.start())
    with (
        connect(call.service, on_unsupported="warn") as lenient,
        pytest.raises(UnsupportedFeature, match="the size of the canvas isn't known") as caught,
    ):
        lenient.layout(recording, layout)
    assert "layout.regions" in {finding.path for finding in caught.value.findings}
    assert sent(call, "UpdateLayout") == []


def test_whether_it_has_a_whiteboard_is_the_vendor_s_to_say(recorder: Recorder, call: Any, adopt: Adopt) -> None:
    """It isn't told, so that a switch is sent."""
    board = {"HasWhiteboard": True, "Whiteboard": [{"HorizontalRatio": 16, "VerticalRatio": 9}]}
    recorder.switch_whiteboard(adopt(call.start(RecordInputParams=board)), "board-7")
    assert [body["WhiteboardId"] for body in sent(call, "UpdateWhiteboard")] == ["board-7"]


def test_a_task_is_found_at_whatever_host_knows_it(call: Any, recorder: Recorder) -> None:
    """By its id alone, as from the vendor's console or a callback."""
    task_id = call.start()
    bare = RemoteRecording(provider="zegocloud", account=recorder.provider.account, native={"TaskId": task_id})
    recording = recorder.adopt(bare)
    assert (recording.room, recording.base_url) == ("room-42", call.service.base_url)
    with pytest.raises(RecordingNotFound) as caught:
        recorder.adopt(bare.model_copy(update={"native": {"TaskId": "nobodys"}}))
    assert (caught.value.provider, caught.value.vendor_code) == ("zegocloud", 300001000)


@pytest.mark.parametrize("task_id", [["a", "b"], ["a"], [], 5, True, {"a": 1}, "", "..", "a\nb"])
def test_what_is_no_task_id_is_not_asked_for(call: Any, recorder: Recorder, task_id: Any) -> None:
    """The vendor has one text for each task; anything else is refused before anything is sent."""
    asked = len(call.service.journal)
    wrong = RemoteRecording(provider="zegocloud", account=recorder.provider.account, native={"TaskId": task_id})
    with pytest.raises(ConfigurationError, match=r"native\.TaskId is no id"):
        recorder.adopt(wrong)
    assert len(call.service.journal) == asked


def test_one_that_has_ended_tells_its_files(call: Any, recorder: Recorder, adopt: Adopt) -> None:
    """For three days the vendor describes it."""
    task_id = call.start()
    call.service.clock.advance(20)
    call.stop(task_id)
    status = recorder.status(adopt(task_id))
    assert status.state is RecordingState.COMPLETED
    assert status.files


@pytest.mark.parametrize(
    ("fault", "kind"), [("503", ServiceUnavailable), ("drop", TransportError), ("code:300000002", RecorderError)]
)
def test_what_cannot_be_looked_at_is_not_adopted(
    call: Any, tmp_path: Path, fault: str, kind: type[RecorderError]
) -> None:
    """The error is whole, nothing is written down, and a later try succeeds."""
    task_id = call.start()
    with connect(call.service, ledger=f"sqlite:///{tmp_path / 'recordings.db'}") as recorder:
        bare = RemoteRecording(provider="zegocloud", account=recorder.provider.account, native={"TaskId": task_id})
        call.service.fail_next("DescribeRecordStatus", fault, 9)
        with pytest.raises(kind) as caught:
            recorder.adopt(bare)
        assert caught.value.recording_id
        assert caught.value.hint
        assert recorder.ledger.entries() == []
        call.service.faults.clear()
        assert recorder.ledger.entry(recorder.adopt(bare).id) is not None
