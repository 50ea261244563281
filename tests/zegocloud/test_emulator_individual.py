"""Single-stream tasks: which files there are, and what is in them; over raw HTTP."""

import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recorder_core.emulation.room import Participant

BOARD = {"HorizontalRatio": 16, "VerticalRatio": 9, "Width": 320, "Height": 180, "BackgroundColor": 0xC8000000}


def tone(id: str) -> int:
    """The frequency of a participant, to the nearest 10 Hz."""
    return round(Participant.of(id).tone_hz / 10) * 10


def is_color(picture: Any, expected: tuple[int, int, int]) -> bool:
    """Whether the middle of a picture has a colour, give or take what the codec does to it."""
    height, width = picture.shape[:2]
    return bool(np.abs(picture[height // 2, width // 2].astype(int) - expected).max() <= 12)


def test_a_file_of_each_stream(serve: Any, film: Any) -> None:
    """Each stream has a file of its own from its publication on, in its own size, colour and tone."""
    call = serve(media=True, stream_ids="{room}_{participant}")
    service = call.service
    begun = service.clock.time()
    service.join("room-42", Participant.of("1001", name="Ada", width=320, height=180))
    service.join("room-42", "viewer", camera=False, microphone=False)
    task_id = call.start_streams({"OutputFolder": "record/"})
    data = call.describe(task_id)
    assert (data["Status"], data.get("RecordFiles")) == (1, None)
    service.clock.advance(5)
    service.join("room-42", "1002", width=180, height=320)
    service.clock.advance(3)
    running = call.describe(task_id)
    assert [file["Status"] for file in running["RecordFiles"]] == [1, 1]
    call.stop(task_id)
    data = call.describe(task_id)
    assert (data["RecordMode"], data["StreamType"], data["Status"]) == (1, 3, 3)
    files = data["RecordFiles"]
    assert [file["FileId"] for file in files] == [file["FileId"] for file in running["RecordFiles"]]
    expected = (("1001", "Ada", (320, 180), 2, 6), ("1002", "1002", (180, 320), 5, 3))
    for file, (id, name, size, begin, length) in zip(files, expected, strict=True):
        stream = f"room-42_{id}"
        assert re.fullmatch(rf"{task_id}_room-42_{id}_{stream}_VA_\d{{17}}\.mp4", file["FileId"])
        assert (file["UserId"], file["UserName"], file["StreamId"]) == (id, name, stream)
        assert (file["ResolutionWidth"], file["ResolutionHeight"]) == size
        assert (file["BeginTimestamp"], file["Duration"]) == (round((begun + begin) * 1000), length * 1000)
        decoded = film(service.bucket.read(f"record/{file['FileId']}"))
        assert decoded.at(0).shape == (size[1], size[0], 3)
        assert is_color(decoded.at(1), Participant.of(id).color)
        assert decoded.tones(0.5, 2.5) == {tone(id)}
    assert len(service.bucket.list()) == len(service.recordings[0].files) == 2


@pytest.mark.parametrize(
    ("stream_type", "file_format", "expected"),
    [
        (1, "mp4", [("A", "mp4", ["audio"])]),
        (1, "aac", [("A", "aac", ["audio"])]),
        (1, "mp3", [("A", "mp3", ["audio"])]),
        (1, "ogg", [("A", "ogg", ["audio"])]),
        (2, "mp4", [("V", "mp4", ["video"])]),
        (3, "flv", [("VA", "flv", ["audio", "video"])]),
        (4, "mp4", [("V", "mp4", ["video"]), ("A", "aac", ["audio"])]),
        (4, "flv", [("V", "flv", ["video"]), ("A", "aac", ["audio"])]),
    ],
)
def test_formats(
    serve: Any, film: Any, stream_type: int, file_format: str, expected: list[tuple[str, str, list[str]]]
) -> None:
    """StreamType and OutputFileFormat decide the files of every stream, their names, and what is in them."""
    call = serve(media=True)
    for id in ("1001", "1002"):
        call.service.join("room-42", id, width=160, height=90)
    task_id = call.start_streams({"OutputFileFormat": file_format}, StreamType=stream_type)
    call.service.clock.advance(4)
    call.stop(task_id)
    files = call.describe(task_id)["RecordFiles"]
    for id in ("1001", "1002"):
        found = []
        for file in (file for file in files if file["StreamId"] == id):
            letters, utc_and_extension = file["FileId"].split("_")[-2:]
            content = call.service.bucket.read(file["FileId"])
            decoded = film(content)
            found.append((letters, utc_and_extension.split(".")[1], decoded.streams))
            assert file["OutputFileFormat"] == found[-1][1]
            assert file["MediaTrackType"] == {"A": 1, "V": 2, "VA": 3}[letters]
            assert file["FileSize"] == len(content)
            if "A" in letters:
                assert decoded.tones(0.5, 1.5) == {tone(id)}
        assert found == expected


def test_hls(serve: Any, film: Any) -> None:
    """Each stream has a playlist and its segments."""
    call = serve(media=True)
    for id in ("1001", "1002"):
        call.service.join("room-42", id, width=160, height=90)
    task_id = call.start_streams({"OutputFileFormat": "hls", "FragmentSeconds": 2})
    call.service.clock.advance(6)
    call.stop(task_id)
    bucket = call.service.bucket
    files = call.describe(task_id)["RecordFiles"]
    assert [file["StreamId"] for file in files] == ["1001", "1002"]
    for file in files:
        lines = bucket.read(file["FileId"]).decode().splitlines()
        segments = [line for line in lines if not line.startswith("#")]
        assert len(segments) == 2
        assert is_color(film(bucket.read(segments[1])).at(0), Participant.of(file["StreamId"]).color)
    assert len(bucket.list()) == 6


def test_videos_on_demand(call: Any) -> None:
    """Every file has a VideoId of its own, which it keeps."""
    for id in ("1001", "1002"):
        call.service.join("room-42", id)
    body = {
        "RoomId": "room-42",
        "RecordInputParams": {"RecordMode": 1},
        "StorageParams": {
            "Vendor": 6,
            "TencentCloudVodParams": {"SecretId": "k", "SecretKey": "s", "Region": "ap-beijing"},
        },
    }
    task_id = call("StartRecord", body)["Data"]["TaskId"]
    call.service.clock.advance(5)
    ids = [file["VideoId"] for file in call.describe(task_id)["RecordFiles"]]
    call.stop(task_id)
    assert [file["VideoId"] for file in call.describe(task_id)["RecordFiles"]] == ids
    assert len(set(ids)) == 2


def test_only_listed_streams(call: Any) -> None:
    """RecordStreamList names those that are recorded, also when they come later; without it all are."""
    service = call.service
    begun = service.clock.time()
    listed, empty = (
        call.start_streams(RecordStreamList=streams) for streams in ([{"StreamId": "1002"}, {"StreamId": "1009"}], [])
    )
    for id in ("1001", "1002", "1003"):
        service.clock.advance(3)
        service.join("room-42", id)
    service.clock.advance(3)
    for task_id in (listed, empty):
        call.stop(task_id)
    assert call.spans(listed, begun) == [("1002", 6, 6)]
    assert [stream for stream, _, _ in call.spans(empty, begun)] == ["1001", "1002", "1003"]


def test_at_most_36_streams(call: Any) -> None:
    """Streams beyond the thirty-sixth have no file."""
    for number in range(40):
        call.service.join("room-42", str(1000 + number))
    task_id = call.start_streams()
    call.service.clock.advance(5)
    assert len(call.describe(task_id)["RecordFiles"]) == 36


def test_nobody_published(call: Any) -> None:
    """The task starts and ends by the idle rule, without RecordFiles."""
    begun = call.service.clock.time()
    task_id = call.start_streams(MaxIdleTime=30)
    call.service.clock.advance(60)
    data = call.describe(task_id)
    assert (data["Status"], data["RecordEndTimestamp"]) == (3, round((begun + 32) * 1000))
    assert "RecordFiles" not in data


@pytest.mark.parametrize(
    ("stream_type", "file_format", "extension"), [(3, "mp4", "mp4"), (3, "flv", "flv"), (1, "mp3", "mp4")]
)
def test_the_whiteboard_has_a_file_of_its_own(
    serve: Any, film: Any, stream_type: int, file_format: str, extension: str
) -> None:
    """One video file for all boards, in the whiteboard's own size, whatever StreamType says; boards are switched."""
    call = serve(media=True)
    begun = call.service.clock.time()
    task_id = call.start_streams(
        {"OutputFileFormat": file_format},
        StreamType=stream_type,
        HasWhiteboard=True,
        Whiteboard=[BOARD | {"WhiteboardId": "wb-1"}],
    )
    call.service.clock.advance(4)
    call.service.join("room-42", "1001", width=160, height=90)
    call.service.clock.advance(2)
    assert call("UpdateWhiteboard", {"TaskId": task_id, "WhiteboardId": "another"})["Code"] == 0
    call.service.clock.advance(4)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("whiteboard", 2, 8), ("1001", 4, 6)]
    file = call.describe(task_id)["RecordFiles"][0]
    assert re.fullmatch(rf"{task_id}_room-42_whiteboard_V_\d{{17}}\.{extension}", file["FileId"])
    assert (file["MediaTrackType"], file["ResolutionWidth"], file["ResolutionHeight"]) == (2, 320, 180)
    decoded = film(call.service.bucket.read(file["FileId"]))
    assert decoded.streams == ["video"]
    first, second = decoded.at(2).astype(int), decoded.at(6).astype(int)
    assert is_color(first, (200, 0, 0))
    assert is_color(second, (200, 0, 0))
    changed = np.argwhere(np.abs(first - second).max(axis=2) > 60)
    assert len(changed) > 50
    assert changed.max() < 180


def test_a_whiteboard_that_is_opened_later(call: Any) -> None:
    """Its file begins with the first board; until then the idle rule counts, from then on it doesn't."""
    begun = call.service.clock.time()
    opened, closed = (call.start_streams(HasWhiteboard=True, Whiteboard=[BOARD], MaxIdleTime=30) for _ in range(2))
    call.service.clock.advance(20)
    assert "RecordFiles" not in call.describe(opened)
    assert call("UpdateWhiteboard", {"TaskId": opened, "WhiteboardId": "wb-1"})["Code"] == 0
    call.service.clock.advance(60)
    assert call.describe(closed)["Status"] == 3
    assert call.describe(opened)["Status"] == 2
    call.stop(opened)
    assert call.spans(opened, begun) == [("whiteboard", 20, 60)]


def test_pictures_of_every_stream(serve: Any) -> None:
    """A jpg task takes one of each stream per interval, in its own size and colour; they are in no RecordFiles."""
    call = serve(media=True)
    service = call.service
    task_id = call.start_streams(
        {"OutputFileFormat": "jpg", "SnapshotInterval": 5, "OutputFolder": "shots/"},
        HasWhiteboard=True,
        Whiteboard=[BOARD | {"WhiteboardId": "wb-1"}],
    )
    service.join("room-42", "1001", width=160, height=90)
    service.clock.advance(7)
    service.join("room-42", "1002", width=90, height=160)
    service.clock.advance(7)
    assert "RecordFiles" not in call.describe(task_id)
    names = [key.split("/")[1] for key in service.bucket.list()]
    assert sorted(name.split("_")[-3] for name in names) == ["1001", "1001", "1001", "1002", "1002"]
    service.leave("room-42", "1002")
    service.clock.advance(4)
    call.stop(task_id)
    assert "RecordFiles" not in call.describe(task_id)
    keys = service.bucket.list()
    assert set(service.recordings[0].files) == set(keys)
    assert len(keys) == 6
    for key in keys:
        id = key.split("_")[-3]
        assert re.fullmatch(rf"shots/{task_id}_room-42_{id}_{id}_V_\d{{17}}\.jpg", key)
        picture = np.asarray(Image.open(io.BytesIO(service.bucket.read(key))))
        assert picture.shape == ((90, 160, 3) if id == "1001" else (160, 90, 3))
        assert is_color(picture, Participant.of(id).color)


def test_pictures_of_a_stream_that_comes_back(call: Any) -> None:
    """A camera that was never on gives none; ResumeWithoutInterruption takes none while the stream is gone."""
    service = call.service
    begun = service.clock.time()
    task_id = call.start_streams({"OutputFileFormat": "jpg", "SnapshotInterval": 5}, ResumeWithoutInterruption=True)
    service.join("room-42", "1001")
    service.join("room-42", "1002", camera=False)
    service.clock.advance(8)
    service.leave("room-42", "1001")
    service.clock.advance(15)
    service.join("room-42", "1001")
    service.clock.advance(7)
    call.stop(task_id)
    (recording,) = service.recordings
    assert {key.split("_")[-3] for key in recording.files} == {"1001"}
    assert [round(call.taken_at(key) - begun, 2) for key in recording.files] == [2, 7, 27]


def test_a_name_that_is_too_long(call: Any) -> None:
    """The task ends abnormally when that stream's file should begin; the files of others are kept."""
    begun = call.service.clock.time()
    task_id = call.start_streams()
    call.service.join("room-42", "1001")
    call.service.clock.advance(5)
    call.service.join("room-42", "u" * 120)
    call.service.clock.advance(5)
    data = call.describe(task_id)
    assert (data["Status"], data["RecordEndTimestamp"]) == (4, round((begun + 5) * 1000))
    assert call.spans(task_id, begun) == [("1001", 2, 3)]


def test_a_start_that_dies(call: Any) -> None:
    """A task whose start fails has neither files nor pictures."""
    call.service.join("room-42", "1001")
    for output in ({}, {"OutputFileFormat": "jpg"}):
        call.service.fail_next("StartRecord", "die")
        task_id = call.start_streams(output)
        call.service.clock.advance(30)
        data = call.describe(task_id)
        assert data["Status"] == 4
        assert "RecordFiles" not in data
    assert [recording.files for recording in call.service.recordings] == [(), ()]


@pytest.mark.parametrize(
    ("action", "tree", "code"),
    [
        ("PauseRecord", {}, 300000004),
        ("ResumeRecord", {}, 300001004),
        ("TakeSnapshot", {}, 300000004),
        ("UpdateLayout", {"MixMode": 2}, 300000004),
        ("UpdateWhiteboard", {"WhiteboardId": "wb-1"}, 300000004),
    ],
)
def test_what_only_a_mixed_task_can_do(call: Any, action: str, tree: dict[str, Any], code: int) -> None:
    """Pause, snapshot and layout are refused; it is never paused; without HasWhiteboard there is no board to switch."""
    task_id = call.start_streams()
    call.service.clock.advance(5)
    answer = call(action, {"TaskId": task_id, **tree})
    assert answer["Code"] == code
    assert set(answer) == {"Code", "Message", "RequestId"}
    assert call.describe(task_id)["Status"] == 2
