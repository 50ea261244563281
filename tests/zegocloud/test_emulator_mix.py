"""Mixed tasks: pauses, snapshots, pictures at an interval, whiteboards and volumes; over raw HTTP."""

import io
import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recorder_core.emulation.room import Participant

Body = Callable[..., dict[str, Any]]

BOARD = {"HorizontalRatio": 16, "VerticalRatio": 9, "BackgroundColor": 0xC8000000}
RED = (200, 0, 0)
UNKNOWN = {"TaskId": "aVW5AOE4IyvEAAAq"}
ACTIONS: list[tuple[str, dict[str, Any]]] = [
    ("PauseRecord", {}),
    ("ResumeRecord", {}),
    ("TakeSnapshot", {}),
    ("UpdateWhiteboard", {"WhiteboardId": "wb-1"}),
]


def shows(picture: Any, x: int, y: int, expected: tuple[int, int, int]) -> bool:
    """Whether a pixel has a colour, give or take what the codec does to it."""
    return bool(np.abs(picture[y, x].astype(int) - expected).max() <= 12)


def tone(id: str) -> int:
    """The frequency of a participant, to the nearest 10 Hz."""
    return round(Participant.of(id).tone_hz / 10) * 10


def picture(call: Any, key: str) -> Any:
    """A stored JPG, decoded."""
    with Image.open(io.BytesIO(call.service.bucket.read(key))) as opened:
        assert opened.format == "JPEG"
        return np.asarray(opened)


def accepted(call: Any, action: str, task_id: str, **tree: Any) -> None:
    """Call an action that has to be accepted, and whose answer is the envelope alone."""
    answer = call(action, {"TaskId": task_id, **tree})
    assert answer["Code"] == 0, answer
    assert set(answer) == {"Code", "Message", "RequestId"}


@pytest.mark.parametrize(("action", "tree"), ACTIONS)
def test_unknown_and_ended_tasks(call: Any, action: str, tree: dict[str, Any]) -> None:
    """Every action is 300001000 for a task that there isn't, 300001001 for one that has ended."""
    task_id = call.start()
    assert call(action, UNKNOWN | tree)["Code"] == 300001000
    call.stop(task_id)
    assert call(action, {"TaskId": task_id, **tree})["Code"] == 300001001


@pytest.mark.parametrize(("action", "tree"), ACTIONS)
def test_a_task_must_be_named(call: Any, action: str, tree: dict[str, Any]) -> None:
    """Without a TaskId, or with an unknown key, it is 300000004, and the message names the key."""
    answer = call(action, tree)
    assert (answer["Code"], "TaskId" in answer["Message"]) == (300000004, True)
    answer = call(action, UNKNOWN | tree | {"Reason": "lunch"})
    assert (answer["Code"], "Reason" in answer["Message"]) == (300000004, True)


# Pauses


def test_a_pause_leaves_a_gap(serve: Any, film: Any) -> None:
    """Status 5 while nothing is captured; the file is one, and goes on with what there is after the pause."""
    call = serve(media=True)
    service = call.service
    service.join("room-42", "1001")
    task_id = call.start()
    service.clock.advance(6)
    accepted(call, "PauseRecord", task_id)
    assert call.describe(task_id)["Status"] == 5
    service.leave("room-42", "1001")
    service.join("room-42", "1003")
    service.clock.advance(30)
    assert [file["Status"] for file in call.describe(task_id)["RecordFiles"]] == [1]
    service.leave("room-42", "1003")
    service.join("room-42", "1002")
    accepted(call, "ResumeRecord", task_id)
    assert call.describe(task_id)["Status"] == 2
    service.clock.advance(4)
    call.stop(task_id)
    (file,) = call.describe(task_id)["RecordFiles"]
    assert file["Duration"] == 8000
    decoded = film(service.bucket.read(file["FileId"]))
    assert len(decoded.pictures) == 80
    assert shows(decoded.at(3.9), 160, 90, Participant.of("1001").color)
    assert shows(decoded.at(4.0), 160, 90, Participant.of("1002").color)
    assert decoded.tones(1, 3) == {tone("1001")}
    assert decoded.tones(5, 7) == {tone("1002")}


def test_pauses_are_repeated(call: Any) -> None:
    """Every pause is a gap of its own; a task that is stopped while paused ends with its last capture."""
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(4)
    for action in ("PauseRecord", "ResumeRecord", "PauseRecord"):
        accepted(call, action, task_id)
        call.service.clock.advance(3)
    call.stop(task_id)
    data = call.describe(task_id)
    assert data["Status"] == 3
    assert [file["Duration"] for file in data["RecordFiles"]] == [5000]


def test_pausing_and_resuming_twice(call: Any) -> None:
    """A second pause is 300000004, a resume of what isn't paused 300001004; neither changes anything."""
    task_id = call.start()
    call.service.clock.advance(5)
    assert call("ResumeRecord", {"TaskId": task_id})["Code"] == 300001004
    accepted(call, "PauseRecord", task_id)
    assert call("PauseRecord", {"TaskId": task_id})["Code"] == 300000004
    assert call.describe(task_id)["Status"] == 5
    accepted(call, "ResumeRecord", task_id)
    assert call("ResumeRecord", {"TaskId": task_id})["Code"] == 300001004
    assert call.describe(task_id)["Status"] == 2


@pytest.mark.parametrize(
    ("params", "stays", "expected"), [({"MaxIdleTime": 30}, False, 32), ({"MaxRecordTime": 300}, True, 300)]
)
def test_time_outs_run_while_paused(call: Any, params: dict[str, Any], stays: bool, expected: float) -> None:
    """A pause keeps no task from its MaxIdleTime or its MaxRecordTime."""
    begun = call.service.clock.time()
    if stays:
        call.service.join("room-42", "1001")
    task_id = call.start(RecordInputParams=params)
    call.service.clock.advance(2)
    accepted(call, "PauseRecord", task_id)
    call.service.clock.advance(1000)
    data = call.describe(task_id)
    assert (data["Status"], data["RecordEndTimestamp"]) == (3, round((begun + expected) * 1000))
    assert "RecordFiles" not in data
    assert call("ResumeRecord", {"TaskId": task_id})["Code"] == 300001001


def test_what_is_initialising_is_not_paused(call: Any) -> None:
    """Only a running task is paused ("Cloud Recording Server API", 2026-08-18): before, it is 300000004."""
    task_id = call.start()
    assert call.describe(task_id)["Status"] == 1
    assert call("PauseRecord", {"TaskId": task_id})["Code"] == 300000004
    call.service.clock.advance(2)
    assert call.describe(task_id)["Status"] == 2
    accepted(call, "PauseRecord", task_id)


def test_a_file_begins_after_the_pause(call: Any) -> None:
    """A stream that joins during a pause is recorded from the resume on."""
    begun = call.service.clock.time()
    task_id = call.start()
    call.service.clock.advance(5)
    accepted(call, "PauseRecord", task_id)
    call.service.join("room-42", "1001")
    call.service.clock.advance(10)
    assert "RecordFiles" not in call.describe(task_id)
    accepted(call, "ResumeRecord", task_id)
    call.service.clock.advance(5)
    call.stop(task_id)
    (file,) = call.describe(task_id)["RecordFiles"]
    assert (file["BeginTimestamp"], file["Duration"]) == (round((begun + 15) * 1000), 5000)


def test_paused_tasks_are_listed_as_running(call: Any) -> None:
    """DescribeTasks finds a paused task under Status 2, and shows its own."""
    now = int(call.service.clock.time())
    task_id = call.start()
    call.service.clock.advance(5)
    accepted(call, "PauseRecord", task_id)
    query = {"StartTime": (now - 60) * 1000, "EndTime": (now + 60) * 1000}
    (item,) = call("DescribeTasks", query | {"Status": 2})["Data"]["TaskidList"]
    assert (item["TaskId"], item["Status"]) == (task_id, 5)
    assert call("DescribeTasks", query | {"Status": 3})["Data"]["TaskidList"] == []


# Snapshots


def test_snapshots_show_the_mixed_picture(serve: Any) -> None:
    """Each call stores a JPG of what is mixed at that moment, while the recording goes on and lists none of them."""
    call = serve(media=True)
    service = call.service
    task_id = call.start(RecordOutputParams={"OutputFolder": "record/"})
    service.clock.advance(5)
    service.join("room-42", "1001")
    accepted(call, "TakeSnapshot", task_id)
    accepted(call, "TakeSnapshot", task_id)
    service.clock.advance(3)
    service.join("room-42", "1002")
    accepted(call, "TakeSnapshot", task_id)
    keys = sorted(service.bucket.list())
    assert len(keys) == 3
    assert set(service.recordings[0].files) == set(keys)
    for key in keys:
        assert re.fullmatch(rf"record/{task_id}_room-42_mix-42_V_\d{{17}}\.jpg", key)
        assert picture(call, key).shape == (180, 320, 3)
    for key in keys[:2]:
        assert shows(picture(call, key), 160, 90, Participant.of("1001").color)
    assert shows(picture(call, keys[2]), 80, 90, Participant.of("1001").color)
    assert shows(picture(call, keys[2]), 240, 90, Participant.of("1002").color)
    call.stop(task_id)
    (file,) = call.describe(task_id)["RecordFiles"]
    assert file["OutputFileFormat"] == "mp4"


def test_snapshots_need_a_running_picture(call: Any) -> None:
    """Before it runs, while it is paused, and without a picture: 300000004, and nothing is stored."""
    call.service.join("room-42", "1001")
    task_id, sound = call.start(), call.start(RecordInputParams={"StreamType": 1})
    for id in (task_id, sound):
        assert call("TakeSnapshot", {"TaskId": id})["Code"] == 300000004
    call.service.clock.advance(5)
    accepted(call, "PauseRecord", task_id)
    for id in (task_id, sound):
        assert call("TakeSnapshot", {"TaskId": id})["Code"] == 300000004
    assert [recording.files for recording in call.service.recordings] == [(), ()]
    accepted(call, "ResumeRecord", task_id)
    accepted(call, "TakeSnapshot", task_id)
    assert len(call.service.recordings[0].files) == 1


def test_a_snapshot_that_storage_refuses(serve: Any) -> None:
    """The call is accepted all the same; nothing is stored."""
    call = serve(media=True, buckets=["other"])
    task_id = call.start()
    call.service.clock.advance(5)
    accepted(call, "TakeSnapshot", task_id)
    assert call.service.bucket.list() == ()
    assert call.service.recordings[0].files == ()


# Pictures at an interval


def test_pictures_at_an_interval(serve: Any) -> None:
    """A jpg task stores one mixed picture per interval from the first stream on, none while paused, no recording."""
    call = serve(media=True)
    service = call.service
    begun = service.clock.time()
    task_id = call.start(RecordOutputParams={"OutputFileFormat": "jpg", "SnapshotInterval": 5})
    service.clock.advance(4)
    service.join("room-42", "1001")
    service.clock.advance(7)
    assert "RecordFiles" not in call.describe(task_id)
    assert [round(call.taken_at(key) - begun, 2) for key in sorted(service.bucket.list())] == [4, 9]
    service.join("room-42", "1002")
    service.clock.advance(4)
    accepted(call, "PauseRecord", task_id)
    service.clock.advance(10)
    accepted(call, "ResumeRecord", task_id)
    service.clock.advance(10)
    call.stop(task_id)
    keys = sorted(service.bucket.list())
    assert [round(call.taken_at(key) - begun, 2) for key in keys] == [4, 9, 14, 29, 34]
    for key in keys[:2]:
        assert re.fullmatch(rf"{task_id}_room-42_mix-42_V_\d{{17}}\.jpg", key)
        assert shows(picture(call, key), 80, 90, Participant.of("1001").color)
    for key in keys[2:]:
        assert shows(picture(call, key), 240, 90, Participant.of("1002").color)
    data = call.describe(task_id)
    assert data["Status"] == 3
    assert "RecordFiles" not in data


def test_the_usual_interval(call: Any) -> None:
    """Ten seconds where nothing is said; a snapshot may be taken in between."""
    call.service.join("room-42", "1001")
    task_id = call.start(RecordOutputParams={"OutputFileFormat": "jpg"})
    call.service.clock.advance(2 + 60)
    accepted(call, "TakeSnapshot", task_id)
    call.stop(task_id)
    assert len(call.service.recordings[0].files) == 7


def test_a_driven_day_of_pictures(call: Any) -> None:
    """Of very many that are due at once 500 at most are taken."""
    call.service.join("room-42", "1001")
    call.start(RecordOutputParams={"OutputFileFormat": "jpg", "SnapshotInterval": 5})
    call.service.clock.advance(86400)
    assert 250 < len(call.service.recordings[0].files) <= 500


# Whiteboards


def test_the_whiteboard_is_switched(serve: Any, film: Any) -> None:
    """UpdateWhiteboard shows another board from then on; only what is written on it differs."""
    call = serve(media=True)
    task_id = call.start(RecordInputParams={"HasWhiteboard": True, "Whiteboard": [BOARD | {"WhiteboardId": "wb-1"}]})
    call.service.clock.advance(6)
    accepted(call, "UpdateWhiteboard", task_id, WhiteboardId="another")
    call.service.clock.advance(4)
    call.stop(task_id)
    (file,) = call.describe(task_id)["RecordFiles"]
    decoded = film(call.service.bucket.read(file["FileId"]))
    frames = [decoded.at(second).astype(int) for second in (1, 3.9, 4.1, 7)]
    for frame in frames:
        assert shows(frame, 160, 90, RED)
        assert shows(frame, 310, 170, RED)
    differing = [int((np.abs(first - second).max(axis=2) > 60).sum()) for first, second in itertools.pairwise(frames)]
    assert differing[0] == differing[2] == 0
    assert differing[1] > 50


def test_the_first_board_may_come_later(call: Any) -> None:
    """Until then the room counts as empty; the board begins the file as a stream does."""
    begun = call.service.clock.time()
    params = {"HasWhiteboard": True, "Whiteboard": [BOARD], "MaxIdleTime": 30}
    opened, closed = (call.start(RecordInputParams=params) for _ in range(2))
    call.service.clock.advance(20)
    accepted(call, "UpdateWhiteboard", opened, WhiteboardId="wb-1")
    call.service.clock.advance(60)
    assert call.describe(closed)["Status"] == 3
    assert call.describe(opened)["Status"] == 2
    call.stop(opened)
    (file,) = call.describe(opened)["RecordFiles"]
    assert (file["BeginTimestamp"], file["Duration"]) == (round((begun + 20) * 1000), 60000)


def test_a_task_without_whiteboard_switches_none(call: Any) -> None:
    """Without HasWhiteboard at the start UpdateWhiteboard is 300000004."""
    task_id = call.start()
    answer = call("UpdateWhiteboard", {"TaskId": task_id, "WhiteboardId": "wb-1"})
    assert (answer["Code"], "HasWhiteboard" in answer["Message"]) == (300000004, True)


# Volumes


@pytest.mark.parametrize(
    ("kind", "key", "ids"), [(0, "stream_id", ["s-1001", "s-1002"]), (1, "user_id", ["1001", "1002"])]
)
def test_sound_waves(serve: Any, kind: int, key: str, ids: list[str]) -> None:
    """A `.sw` file beside the recording has the volume of each stream or user for every recorded second."""
    call = serve(media=True, stream_ids="s-{participant}")
    service = call.service
    service.join("room-42", "1001")
    task_id = call.start(
        {"RecordSoundWave": True, "SoundWaveType": kind}, RecordOutputParams={"OutputFolder": "record/"}
    )
    service.clock.advance(4)
    service.join("room-42", "1002")
    service.set_media("room-42", "1001", microphone=False)
    service.clock.advance(2)
    accepted(call, "PauseRecord", task_id)
    service.clock.advance(9)
    service.leave("room-42", "1001")
    accepted(call, "ResumeRecord", task_id)
    service.clock.advance(1)
    call.stop(task_id)
    (file,) = call.describe(task_id)["RecordFiles"]
    assert file["OutputFileFormat"] == "mp4"
    written = f"record/{file['FileId'].removesuffix('.mp4')}.sw"
    assert set(service.bucket.list()) == set(service.recordings[0].files) == {f"record/{file['FileId']}", written}
    entries = json.loads(service.bucket.read(written))
    first, second = ids
    assert entries == [
        {"time": 0, "sound_wave": [{key: first, "volume": 50}]},
        {"time": 1, "sound_wave": [{key: first, "volume": 50}]},
        {"time": 2, "sound_wave": [{key: first, "volume": 0}, {key: second, "volume": 50}]},
        {"time": 3, "sound_wave": [{key: first, "volume": 0}, {key: second, "volume": 50}]},
        {"time": 4, "sound_wave": [{key: second, "volume": 50}]},
    ]


def test_sound_waves_lie_beside_the_sound(call: Any) -> None:
    """With StreamType 4 the `.sw` file is named as the sound's; a task without sound has none."""
    call.service.join("room-42", "1001")
    separate, silent = (
        call.start({"RecordSoundWave": True}, RecordInputParams={"StreamType": stream_type}) for stream_type in (4, 2)
    )
    call.service.clock.advance(5)
    for task_id in (separate, silent):
        assert call("StopRecord", {"TaskId": task_id})["Code"] == 0
    of_both = [sorted(key.split("_")[-2] + key[-3:] for key in item.files) for item in call.service.recordings]
    assert of_both == [["A.sw", "Aaac", "Vmp4"], ["Vmp4"]]
