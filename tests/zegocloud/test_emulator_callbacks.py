"""What an emulated task tells by callback, from the first second to the last file; received by a real HTTP server."""

import re
from typing import Any

import pytest

BOARD = {"HorizontalRatio": 16, "VerticalRatio": 9}
JPG = {"OutputFileFormat": "jpg", "SnapshotInterval": 5}


def snake(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """RecordFiles as callbacks write them."""
    words = [{name: re.findall("[A-Z][a-z]*", name) for name in file} for file in files]
    return [
        {"_".join(parts[name]).lower(): value for name, value in file.items()}
        for file, parts in zip(files, words, strict=True)
    ]


# Whole lives


def test_the_life_of_a_mixed_task(hear: Any) -> None:
    """Nobody there, a stream, a pause, a snapshot, the stop: each event at its instant, with its details."""
    heard = hear()
    call = heard.call
    task_id = call.start(RecordInputParams={"MaxIdleTime": 300}, RecordOutputParams={"OutputFolder": "record/"})
    call.service.clock.advance(50)
    call.service.join("room-42", "1001")
    call.service.clock.advance(10)
    heard.act("PauseRecord", task_id)
    call.service.clock.advance(20)
    heard.act("ResumeRecord", task_id)
    call.service.clock.advance(5)
    heard.act("TakeSnapshot", task_id)
    call.service.clock.advance(15)
    heard.act("StopRecord", task_id)
    call.service.clock.advance(3600)
    events = heard.events(task_id)
    assert [(at, event) for at, event, _ in events] == [
        *((12, 4), (42, 4), (60, 201), (80, 202), (86, 1)),
        *((100, 7), (101, 5), (103, 1)),
    ]
    assert all(detail == {} for _, event, detail in events if event != 1)
    (picture,) = events[4][2]["file_info"]
    assert events[4][2]["upload_status"] == 1
    assert picture == {
        "user_id": "mix-42",
        "user_name": "mix-42",
        "stream_id": "mix-42",
        "file_id": picture["file_id"],
        "video_id": "",
        "file_url": f"https://lessons.s3.eu-west-1.amazonaws.com/record/{picture['file_id']}",
        "output_file_format": "jpg",
        "file_size": 0,
        "duration": 0,
        "resolution_width": 320,
        "resolution_height": 180,
        "media_track_type": 2,
        "begin_timestamp": round((heard.begun + 85) * 1000),
        "status": 3,
    }
    assert re.fullmatch(rf"{task_id}_room-42_mix-42_V_\d{{17}}\.jpg", picture["file_id"])
    assert f"record/{picture['file_id']}" in call.service.recordings[0].files
    assert events[-1][2] == {"upload_status": 1, "file_info": snake(call.describe(task_id)["RecordFiles"])}
    (file,) = events[-1][2]["file_info"]
    assert (file["duration"], file["status"], file["output_file_format"]) == (30_000, 3, "mp4")
    assert {body["room_id"] for body in heard.bodies()} == {"room-42"}


def test_the_life_of_a_single_stream_task(hear: Any) -> None:
    """A stream that is asked for and isn't there is told when the task begins to run; every file is in event 1."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    listed = [{"StreamId": "1001"}, {"StreamId": "1002"}, {"StreamId": "1003"}]
    task_id = call.start_streams(RecordStreamList=listed)
    call.service.clock.advance(10)
    call.service.join("room-42", "1002")
    call.service.clock.advance(10)
    call.service.leave("room-42", "1001")
    call.stop(task_id)
    events = heard.events(task_id)
    assert events[:4] == [(2, 6, {"stream_id": "1002"}), (2, 6, {"stream_id": "1003"}), (20, 7, {}), (21, 5, {})]
    ((at, event, detail),) = events[4:]
    assert (at, event, detail["upload_status"]) == (23, 1, 1)
    assert detail["file_info"] == snake(call.describe(task_id)["RecordFiles"])
    assert [(file["stream_id"], file["duration"]) for file in detail["file_info"]] == [("1001", 18000), ("1002", 10000)]


def test_the_life_of_a_jpg_task(hear: Any) -> None:
    """One event 1 for each picture, when it is uploaded; none for the recording that there isn't at the end."""
    heard = hear(media=True)
    call = heard.call
    call.service.join("room-42", "1001", width=160, height=90)
    task_id = call.start_streams(JPG)
    call.service.clock.advance(9)
    call.service.join("room-42", "1002", width=90, height=160)
    call.service.clock.advance(3.5)
    call.stop(task_id)
    events = heard.events(task_id)
    assert [(at, event) for at, event, _ in events] == [(3, 1), (8, 1), (10, 1), (12.5, 7), (13, 1), (13.5, 5)]
    pictures = [detail["file_info"] for _, event, detail in events if event == 1]
    assert [
        (picture["stream_id"], picture["resolution_width"], picture["begin_timestamp"] - round(heard.begun * 1000))
        for (picture,) in pictures
    ] == [("1001", 160, 2000), ("1001", 160, 7000), ("1002", 90, 9000), ("1001", 160, 12000)]
    for (picture,) in pictures:
        assert len(call.service.bucket.read(picture["file_id"])) == picture["file_size"] > 0
        assert (picture["status"], picture["output_file_format"]) == (3, "jpg")


def test_pictures_at_an_interval_pause(hear: Any) -> None:
    """A paused jpg task takes none, and goes on at its interval."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start(RecordOutputParams=JPG)
    call.service.clock.advance(9)
    heard.act("PauseRecord", task_id)
    call.service.clock.advance(20)
    heard.act("ResumeRecord", task_id)
    call.service.clock.advance(5)
    call.stop(task_id)
    assert heard.timeline(task_id) == [(3, 1), (8, 1), (9, 201), (29, 202), (33, 1), (34, 7), (35, 5)]


def test_the_empty_room_is_told_of_until_a_stream_comes(hear: Any) -> None:
    """Within 30 s, then every 30 s; anew each time that the last stream leaves; a viewer and a board are no streams."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "viewer", camera=False, microphone=False)
    params = {"HasWhiteboard": True, "Whiteboard": [BOARD | {"WhiteboardId": "wb-1"}]}
    task_id = call.start(RecordInputParams=params)
    call.service.clock.advance(20)
    call.service.join("room-42", "1001")
    call.service.join("room-42", "1002", camera=False)
    call.service.clock.advance(80)
    call.service.leave("room-42", "1001")
    call.service.set_media("room-42", "1002", microphone=False)
    call.service.clock.advance(9)
    call.service.set_media("room-42", "1002", microphone=True)
    call.service.clock.advance(1)
    call.service.leave("room-42", "1002")
    call.service.clock.advance(50)
    call.stop(task_id)
    assert heard.timeline(task_id) == [(12, 4), (120, 4), (150, 4), (160, 7), (161, 5), (163, 1)]


@pytest.mark.parametrize(("backup", "status"), [(True, 4), (False, 5)])
def test_a_storage_that_refuses(hear: Any, backup: bool, status: int) -> None:
    """upload_status 2, for recordings and pictures: in the vendor's backup with an address there, or lost without."""
    heard = hear(buckets=["other"], backup=backup, media=True)
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(5)
    heard.act("TakeSnapshot", task_id)
    call.service.clock.advance(5)
    call.stop(task_id)
    events = heard.events(task_id)
    assert [(at, event) for at, event, _ in events] == [(6, 1), (10, 7), (11, 5), (13, 1)]
    for detail in (events[0][2], events[-1][2]):
        (file,) = detail["file_info"]
        assert (detail["upload_status"], file["status"]) == (2, status)
        assert ("file_url" in file) is backup
        assert file["file_size"] > 0
        assert (file["resolution_width"], file["resolution_height"]) == (320, 180)
    assert call.service.bucket.list() == ()


def test_videos_on_demand(hear: Any) -> None:
    """Alibaba's has a video_id and no file_url."""
    params = {"Region": "r", "AccessKeyId": "k", "AccessKeySecret": "s", "Title": "t", "StorageLocation": "x"}
    heard = hear()
    heard.call.service.join("room-42", "1001")
    task_id = heard.call.start(StorageParams={"Vendor": 5, "AlibabaCloudVodParams": params})
    heard.call.service.clock.advance(5)
    heard.call.stop(task_id)
    (file,) = heard.events(task_id)[-1][2]["file_info"]
    assert re.fullmatch(r"[0-9a-f]{32}", file["video_id"])
    assert "file_url" not in file


# What is missing


def test_images_that_cannot_be_had(hear: Any) -> None:
    """Event 3 with the field and the address: the task's own when it runs, a window's when its layout comes."""
    heard = hear(media=True)
    call = heard.call
    urls = [f"{heard.receiver.url}{name}.png" for name in ("board", "mark", "away", "seat")]
    window = {"Left": 0, "Top": 0, "Right": 160, "Bottom": 180, "Layer": 1}
    task_id = call.start(
        {
            "MixOutputBackgroundImage": urls[0],
            "MixOutputWatermarkImage": urls[1],
            "MixOutputWatermarkImageConfig": {"Left": 0, "Top": 0, "Right": 16, "Bottom": 16},
            "DefaultMixStreamBackgroundImage": urls[2],
        }
    )
    call.service.join("room-42", "1001")
    call.service.clock.advance(10)
    windows = [window | {"StreamId": id, "BackgroundImage": urls[3]} for id in ("1001", "1002")]
    for _ in range(2):
        heard.act("UpdateLayout", task_id, MixMode=1, MixInputList=windows)
        call.service.clock.advance(10)
    missing = [
        (2, 3, {"image_type": 1, "image_url": urls[0]}),
        (2, 3, {"image_type": 2, "image_url": urls[1]}),
        (2, 3, {"image_type": 3, "image_url": urls[2]}),
        (10, 6, {"stream_id": "1002"}),
        (10, 3, {"image_type": 4, "image_url": urls[3]}),
        (20, 3, {"image_type": 4, "image_url": urls[3]}),
    ]
    assert heard.events(task_id) == missing


def test_images_fail_on_demand(hear: Any) -> None:
    """Without media none is fetched; those that are said to be missing are."""
    urls = ["https://images.example.com/board.png", "https://images.example.com/away.png"]
    heard = hear(missing_images=urls[1:])
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start({"MixOutputBackgroundImage": urls[0], "DefaultMixStreamBackgroundImage": urls[1]})
    call.service.clock.advance(10)
    assert heard.events(task_id) == [(2, 3, {"image_type": 3, "image_url": urls[1]})]


def test_streams_of_windows_that_are_not_there(hear: Any) -> None:
    """Told once each, in the ids that the application publishes under; a window of the whiteboard names none."""
    heard = hear(stream_ids="{room}_{participant}")
    call = heard.call
    window = {"Left": 0, "Top": 0, "Right": 160, "Bottom": 180, "Layer": 1}
    names = ("room-42_1001", "room-42_1002", "room-42_1003")
    windows = [window | {"StreamId": name} for name in names]
    board = {"HasWhiteboard": True, "Whiteboard": [BOARD]}
    mix = {"MixMode": 1, "MixInputList": [*windows[:2], window | {"ViewType": 2, "StreamId": "board"}]}
    task_id = call.start(mix, RecordInputParams=board)
    heard.act("UpdateLayout", task_id, MixMode=1, MixInputList=windows[:2])
    call.service.clock.advance(1)
    call.service.join("room-42", "1001")
    call.service.clock.advance(9)
    heard.act("UpdateLayout", task_id, MixMode=1, MixInputList=windows)
    assert heard.events(task_id) == [(2, 6, {"stream_id": names[1]}), (10, 6, {"stream_id": names[2]})]


# Playlists


def test_playlists_of_a_real_time_upload(hear: Any, film: Any) -> None:
    """Event 102 when the first segment is complete; its address leads to a playlist whose segments are there."""
    heard = hear(media=True)
    call = heard.call
    call.service.join("room-42", "1001")
    output = {
        "OutputFileFormat": "hls",
        "FragmentSeconds": 4,
        "RealtimeUploadFragment": True,
        "OutputFolder": "record/",
    }
    task_id = call.start(RecordOutputParams=output)
    call.service.clock.advance(4)
    heard.act("PauseRecord", task_id)
    call.service.clock.advance(10)
    heard.act("ResumeRecord", task_id)
    call.service.clock.advance(2.5)
    (at, event, detail) = heard.events(task_id)[-1]
    assert (at, event) == (16, 102)
    key = f"record/{detail['file_id']}"
    assert detail == {
        "stream_id": "mix-42",
        "file_id": detail["file_id"],
        "file_url": f"https://lessons.s3.eu-west-1.amazonaws.com/{key}",
        "media_track_type": 3,
    }
    bucket = call.service.bucket
    (segment,) = (line for line in bucket.read(key).decode().splitlines() if not line.startswith("#"))
    assert set(bucket.list()) == {key, f"record/{segment}"} == set(call.service.recordings[0].files)
    assert film(bucket.read(f"record/{segment}")).streams == ["audio", "video"]
    call.service.clock.advance(7.5)
    call.stop(task_id)
    assert heard.timeline(task_id)[3:] == [(24, 7), (25, 5), (27, 1)]
    (file,) = heard.events(task_id)[-1][2]["file_info"]
    assert file["file_id"] == detail["file_id"]
    segments = [line for line in bucket.read(key).decode().splitlines() if not line.startswith("#")]
    assert (len(segments), segments[0]) == (3, segment)


def test_a_playlist_of_each_stream(hear: Any) -> None:
    """A stream that leaves sooner is told of then; sound beside it is no playlist."""
    heard = hear()
    call = heard.call
    output = {"OutputFileFormat": "hls", "RealtimeUploadFragment": True}
    task_id = call.start_streams(output, StreamType=4)
    call.service.clock.advance(5)
    call.service.join("room-42", "1001")
    call.service.join("room-42", "1002")
    call.service.clock.advance(4)
    call.service.leave("room-42", "1002")
    call.service.clock.advance(30)
    found = [
        (at, event, detail["stream_id"], detail["media_track_type"]) for at, event, detail in heard.events(task_id)
    ]
    assert found == [(9, 102, "1002", 2), (20, 102, "1001", 2)]


@pytest.mark.parametrize(
    ("options", "output"),
    [
        ({}, {}),
        ({}, {"RealtimeUploadFragment": False}),
        ({"buckets": ["other"]}, {"RealtimeUploadFragment": True}),
    ],
)
def test_no_playlist_to_tell_of(hear: Any, options: dict[str, Any], output: dict[str, Any]) -> None:
    """None without real-time upload, nor where the storage refuses it."""
    heard = hear(**options)
    heard.call.service.join("room-42", "1001")
    task_id = heard.call.start(RecordOutputParams={"OutputFileFormat": "hls", **output})
    heard.call.service.clock.advance(60)
    assert heard.events(task_id) == []
