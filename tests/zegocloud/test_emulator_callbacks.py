"""What an emulated task tells by callback, from the first second to the last file; received by a real HTTP server."""

import json
import random
import re
from typing import Any

import pytest
import requests

from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.exchange import EmulatedRequest
from recorder_zegocloud.emulator.callbacks import nonces, signature
from recorder_zegocloud.emulator.mix import MixedTask

BOARD = {"HorizontalRatio": 16, "VerticalRatio": 9}
JPG = {"OutputFileFormat": "jpg", "SnapshotInterval": 5}
NO_STREAM = 4


def told(call: Any, action: str, task_id: str, **body: Any) -> None:
    """Carry out an action on a task, and let its callbacks arrive."""
    answer = call(action, {"TaskId": task_id, **body})
    assert answer["Code"] == 0, answer
    call.service.callbacks.wait()


def snake(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """RecordFiles as callbacks write them."""
    words = [{name: re.findall("[A-Z][a-z]*", name) for name in file} for file in files]
    return [
        {"_".join(parts[name]).lower(): value for name, value in file.items()}
        for file, parts in zip(files, words, strict=True)
    ]


# The signature


@pytest.mark.parametrize(
    ("callback_secret", "timestamp", "nonce", "expected"),
    [
        ("0a1b2c3d4e5f60718293a4b5c6d7e8f9", "1767225600", "483920", "b4d0ebfd92ab788a3b8961b59bf0fa80c7da5bc3"),
        ("c3d4e5f60718293a4b5c6d7e8f90a1b2", "1767225600", "99", "bbd169d29c96c97ca511d2435bccb8290c127630"),
        ("secret", "1470820198", "123412", "5bd59fd62953a8059fb7eaba95720f66d19e4517"),
    ],
)
def test_signature(callback_secret: str, timestamp: str, nonce: str, expected: str) -> None:
    """Over two vectors of our own and the vendor's published sample; in the second, numbers would sort otherwise."""
    assert signature(callback_secret, timestamp, nonce) == expected


def test_nonces_do_not_come_again() -> None:
    """Six digits, as in the vendor's sample, and none of them twice."""
    made = nonces()
    found = [next(made) for _ in range(50_000)]
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"\d{6}", nonce) for nonce in found)


def test_the_callback_secret_is_one_of_its_own(serve: Any) -> None:
    """`env` shows it beside the server secret; it is made up unless given."""
    call = serve()
    shown = call.service.env
    assert shown["ZEGO_WEBHOOK_SECRET"] == call.service.webhook_secret
    assert shown["ZEGO_WEBHOOK_SECRET"] not in (shown["ZEGO_SERVER_SECRET"], serve().service.webhook_secret)
    assert serve(webhook_secret="f" * 32).service.env["ZEGO_WEBHOOK_SECRET"] == "f" * 32


# Whole lives


def test_the_life_of_a_mixed_task(hear: Any) -> None:
    """Nobody there, a stream, a pause, a snapshot, the stop: each event at its instant, with its details."""
    heard = hear()
    call = heard.call
    task_id = call.start(RecordInputParams={"MaxIdleTime": 300}, RecordOutputParams={"OutputFolder": "record/"})
    call.service.clock.advance(50)
    call.service.join("room-42", "1001")
    call.service.clock.advance(10)
    told(call, "PauseRecord", task_id)
    call.service.clock.advance(20)
    told(call, "ResumeRecord", task_id)
    call.service.clock.advance(5)
    told(call, "TakeSnapshot", task_id)
    call.service.clock.advance(15)
    told(call, "StopRecord", task_id)
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
    told(call, "PauseRecord", task_id)
    call.service.clock.advance(20)
    told(call, "ResumeRecord", task_id)
    call.service.clock.advance(5)
    call.stop(task_id)
    assert heard.timeline(task_id) == [(3, 1), (8, 1), (9, 201), (29, 202), (33, 1), (34, 7), (35, 5)]


@pytest.mark.parametrize(("abnormal", "status"), [(False, 3), (True, 4)])
def test_an_idle_end(hear: Any, abnormal: bool, status: int) -> None:
    """Event 2 with reason 3 at the instant of the end, whichever Status that has; until then event 4."""
    heard = hear(time_outs_are_abnormal=abnormal)
    call = heard.call
    task_id = call.start(RecordInputParams={"MaxIdleTime": 100})
    call.service.clock.advance(3600)
    assert heard.events(task_id) == [
        *((12, 4, {}), (42, 4, {}), (72, 4, {})),
        (102, 2, {"quit_reason": 3}),
        (105, 1, {"upload_status": 1, "file_info": []}),
    ]
    assert call.describe(task_id)["Status"] == status


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


def test_the_end_of_the_longest_duration(hear: Any) -> None:
    """Event 2 with reason 4, and the files; a paused task ends too."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start(RecordInputParams={"MaxRecordTime": 300})
    call.service.clock.advance(100)
    told(call, "PauseRecord", task_id)
    call.service.clock.advance(1000)
    *others, (at, event, detail) = heard.events(task_id)
    assert others == [(100, 201, {}), (300, 2, {"quit_reason": 4})]
    assert (at, event, [file["duration"] for file in detail["file_info"]]) == (303, 1, [98000])


@pytest.mark.parametrize("reason", [1, 2, 5, 6, *range(1001, 1012), 4711])
def test_an_engine_that_fails(hear: Any, reason: int) -> None:
    """Any reason on demand, known or not: Status 4, event 2, and what was recorded until then."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(10)
    call.service.end(task_id, reason)
    call.service.clock.advance(10)
    (ended, uploaded) = heard.events(task_id)
    assert ended == (10, 2, {"quit_reason": reason})
    assert (uploaded[:2], uploaded[2]["upload_status"]) == ((13, 1), 1)
    data = call.describe(task_id)
    assert (data["Status"], len(data["RecordFiles"])) == (4, 1)
    assert call("StopRecord", {"TaskId": task_id})["Code"] == 300001001


def test_every_task_of_a_room_fails(hear: Any) -> None:
    """By the room's name; what has ended stays as it was, and where nothing runs there is nothing to end."""
    heard = hear()
    call = heard.call
    stopped, first, second = (call.start() for _ in range(3))
    elsewhere = call.start(RoomId="room-43")
    call.service.clock.advance(5)
    call.stop(stopped)
    call.service.end("room-42", 3)
    assert [call.describe(id)["Status"] for id in (stopped, first, second, elsewhere)] == [3, 3, 3, 2]
    for name, says in (("room-42", "has ended"), (stopped, "has ended"), ("room-1", "was never recorded")):
        with pytest.raises(ValueError, match=says):
            call.service.end(name, 1001)


def test_a_start_that_dies(hear: Any) -> None:
    """It never runs, so that nothing is missing and nothing uploaded: event 2 with reason 1 alone."""
    heard = hear(missing_images=["http://images.example.com/board.png"])
    call = heard.call
    call.service.fail_next("StartRecord", "die")
    task_id = call.start({"MixOutputBackgroundImage": "http://images.example.com/board.png"})
    call.service.migrate("room-42")
    call.service.clock.advance(600)
    assert heard.events(task_id) == [(20, 2, {"quit_reason": 1})]


def test_a_name_that_is_too_long(hear: Any) -> None:
    """Reason 1002 when the file should begin; nothing was recorded."""
    heard = hear()
    call = heard.call
    call.service.join("r" * 300, "1001")
    task_id = call.start(RoomId="r" * 300)
    call.service.clock.advance(60)
    assert heard.events(task_id) == [
        (2, 2, {"quit_reason": 1002}),
        (5, 1, {"upload_status": 1, "file_info": []}),
    ]


@pytest.mark.parametrize(("backup", "status"), [(True, 4), (False, 5)])
def test_a_storage_that_refuses(hear: Any, backup: bool, status: int) -> None:
    """upload_status 2, for recordings and pictures: in the vendor's backup with an address there, or lost without."""
    heard = hear(buckets=["other"], backup=backup, media=True)
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(5)
    told(call, "TakeSnapshot", task_id)
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
        told(call, "UpdateLayout", task_id, MixMode=1, MixInputList=windows)
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
    told(call, "UpdateLayout", task_id, MixMode=1, MixInputList=windows[:2])
    call.service.clock.advance(1)
    call.service.join("room-42", "1001")
    call.service.clock.advance(9)
    told(call, "UpdateLayout", task_id, MixMode=1, MixInputList=windows)
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
    told(call, "PauseRecord", task_id)
    call.service.clock.advance(10)
    told(call, "ResumeRecord", task_id)
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


# Orders of the end


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ((7, 5, 1), [(10, 7), (11, 5), (13, 1)]),
        ((5, 7, 1), [(11, 5), (11, 7), (13, 1)]),
        ((7, 1, 5), [(10, 7), (13, 1), (13, 5)]),
        ((1,), [(13, 1)]),
    ],
)
def test_the_order_after_a_stop(hear: Any, order: tuple[int, ...], expected: list[tuple[float, int]]) -> None:
    """The documents give none: any, and fewer; none comes before it is true."""
    heard = hear(stop_events=order)
    heard.call.service.join("room-42", "1001")
    task_id = heard.call.start()
    heard.call.service.clock.advance(10)
    heard.call.stop(task_id)
    assert heard.timeline(task_id) == expected


def test_the_order_after_other_ends(hear: Any) -> None:
    """The other reading: a time-out is a normal exit too."""
    heard = hear(quit_events=(2, 7, 5, 1))
    task_id = heard.call.start(RecordInputParams={"MaxIdleTime": 5})
    heard.call.service.clock.advance(60)
    assert heard.timeline(task_id) == [(7, 2), (7, 7), (8, 5), (10, 1)]


def test_only_events_of_an_end_end_a_task(serve: Any) -> None:
    """The mistake is named, with what there is."""
    with pytest.raises(ValueError, match=r"stop_events: 201 is no event of an end; there are 1, 2, 5, 7"):
        serve(stop_events=(7, 201))


# Delivery


def test_two_repeats_five_seconds_apart(hear: Any) -> None:
    """Whatever isn't 2xx is repeated, twice at most, signed anew with a nonce of its own; the number stays."""
    heard = hear()
    heard.receiver.answers = [500, 302, 404, 503, 204]
    call = heard.call
    task_id = call.start()
    call.service.clock.advance(5)
    call.service.notify(task_id, 201)
    call.service.clock.advance(12.5)
    call.service.notify(task_id, 202)
    call.service.clock.advance(100)
    bodies = heard.bodies()
    found = [
        (received.at - heard.begun, body["event_type"], body["sequence"])
        for received, body in zip(heard.receiver.received, bodies, strict=True)
        if body["event_type"] != NO_STREAM
    ]
    assert [(round(at, 3), *rest) for at, *rest in found] == [(5, 201, 0), (10, 201, 0), (15, 201, 0), (17.5, 202, 2)]
    assert len({body["nonce"] for body in bodies}) == len(bodies)


def test_a_task_may_have_an_address_of_its_own(hear: Any, serve: Any) -> None:
    """CallbackUrl goes before the service's own address, and does without it."""
    first, second = hear(), hear()
    own = {"CallbackUrl": f"{second.receiver.url}tasks/1"}
    task_id = first.call.start(RecordOutputParams=own)
    other = first.call.start()
    first.call.service.clock.advance(15)
    assert first.timeline(other) == [(12, NO_STREAM)]
    assert first.timeline(task_id) == []
    ((path, body),) = [(received.path, received.body) for received in second.receiver.received]
    assert (path, body["task_id"]) == ("/tasks/1", task_id)
    silent = serve()
    task_id = silent.start(RecordOutputParams=own)
    silent.service.clock.advance(15)
    assert second.receiver.received[1].body["task_id"] == task_id


def test_anything_on_demand(hear: Any) -> None:
    """Known and unknown types, with any details, of a task that runs or has ended, or of each task of a room."""
    heard = hear()
    call = heard.call
    task_id = call.start()
    call.service.notify(task_id, 2, {"quit_reason": 9999, "more": [1]})
    call.stop(task_id)
    call.service.clock.advance(60)
    call.service.notify(task_id, 4711)
    assert [(event, detail) for _, event, detail in heard.events(task_id) if event in (2, 4711)] == [
        (2, {"quit_reason": 9999, "more": [1]}),
        (4711, {}),
    ]
    assert call.describe(task_id)["Status"] == 3
    other = call.start()
    call.service.notify("room-42", 300, {})
    assert heard.timeline(task_id)[-1] == heard.timeline(other)[-1] == (65, 300)
    with pytest.raises(ValueError, match="'room-1' was never recorded; give a TaskId"):
        call.service.notify("room-1", 5)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("duplicate", [(5, 0), (5, 1), (10, 0)]),
        ("double", [(5, 0), (5, 0), (5, 1)]),
        ("late", [(5, 1), (5, 0)]),
        ("lose", [(5, 1)]),
    ],
)
def test_callbacks_go_astray(hear: Any, fault: str, expected: list[tuple[float, int]]) -> None:
    """Whatever happens on the way, a notification keeps its number, and each delivery is signed by itself."""
    heard = hear()
    call = heard.call
    task_id = call.start()
    call.service.clock.advance(5)
    call.service.fail_next("callback", fault)
    call.service.notify(task_id, 201)
    call.service.notify(task_id, 202)
    call.service.clock.advance(6)
    found = zip(heard.receiver.received, heard.bodies(), strict=True)
    assert [(round(received.at - heard.begun, 3), body["sequence"]) for received, body in found] == expected
    nonces = [body["nonce"] for body in heard.bodies()]
    assert len(set(nonces)) == len(nonces)


def test_the_secret_stays_out_of_sight(hear: Any) -> None:
    """Neither the secret nor storage keys are in any callback, or in what is shown of the deliveries."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(5)
    call.stop(task_id)
    shown = requests.get(f"{call.service.base_url}/_emulator/callbacks", timeout=5).text
    assert shown.count(task_id) >= 3
    for text in (shown, repr(heard.bodies())):
        for secret in (call.service.webhook_secret, call.service.server_secret, "example-secret", "AKIAEXAMPLE"):
            assert secret not in text


# Many


def test_only_those_of_the_room_are_looked_at(serve: Any, body: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2,000 tasks a change of a room concerns its own alone, and time those to which something happens."""
    service = (call := serve(rate_limits=False, max_tasks=2000)).service
    for number in range(2000):
        service.join(f"room-{number}", "1001")
        content = json.dumps(body(RoomId=f"room-{number}")).encode()
        headers = {"Content-Type": "application/json"}
        query = call.query("StartRecord")
        service.handle(EmulatedRequest(method="POST", path="/", query=query, headers=headers, body=content))
    service.clock.advance(5)
    settled: list[str] = []
    settle = MixedTask.settle

    def counted(task: MixedTask, now: float) -> None:
        settled.append(task.request.RoomId)
        settle(task, now)

    monkeypatch.setattr(MixedTask, "settle", counted)
    service.join("room-17", "1003")
    service.leave("room-471", "1001")
    service.clock.advance(125)
    assert set(settled) == {"room-17", "room-471"}
    assert len(settled) < 10
    assert [recording.room for recording in service.recordings if not recording.running] == ["room-471"]


def live(heard: Any, seed: int, steps: int) -> list[tuple[float, int, str]]:
    """What is told of a life made up from a seed, in which every stretch of time passes in so many steps."""
    chance, call, room = random.Random(seed), heard.call, "room-42"
    service = call.service
    people = ["1001", "1002", "1003"]
    output = chance.choice([{}, JPG, {"OutputFileFormat": "hls", "RealtimeUploadFragment": True}])
    if chance.random() < 0.5:
        task_id = call.start(RecordInputParams={"MaxIdleTime": 90, "MaxRecordTime": 600}, RecordOutputParams=output)
    else:
        listed = [{"StreamId": id} for id in people]
        task_id = call.start_streams(output, MaxIdleTime=90, MaxRecordTime=600, RecordStreamList=listed)
    for _ in range(25):
        id = chance.choice(people)
        if id in {person.id for person in service.present(room)}:
            service.leave(room, id)
        else:
            service.join(room, id)
        action = chance.choice(["PauseRecord", "ResumeRecord", "TakeSnapshot", "migrate", "none"])
        if action == "migrate" and service.recordings[0].running:
            service.migrate(room)
        elif action in service.operations:
            call(action, {"TaskId": task_id})
        # Whole steps, so that both ways come to the same instants.
        seconds = chance.choice([4, 12, 40, 64])
        for _ in range(steps):
            service.clock.advance(seconds / steps)
    call("StopRecord", {"TaskId": task_id})
    service.clock.advance(10)
    return [(at, event, json.dumps(detail).replace(task_id, "task")) for at, event, detail in heard.events(task_id)]


@pytest.mark.parametrize("seed", range(6))
def test_the_pace_of_time_changes_nothing(hear: Any, seed: int) -> None:
    """Driven in small steps or in large ones, a life is told alike, in the same order, at the same instants."""
    start = 1_800_000_000.0
    lives = [live(hear(clock=EmulatorClock(frozen=True, start=start)), seed, steps) for steps in (1, 8)]
    assert lives[0] == lives[1]
    assert len(lives[0]) > 3
