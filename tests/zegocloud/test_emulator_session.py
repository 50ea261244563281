"""The life of an emulated task, driven by its clock; over raw HTTP."""

import re
from collections.abc import Callable
from typing import Any

import pytest

Body = Callable[..., dict[str, Any]]


def statuses(files: list[dict[str, Any]] | None) -> list[int]:
    """The status of each file."""
    return [file["Status"] for file in files or []]


def test_a_task_from_start_to_upload(call: Any) -> None:
    """Status goes 1, 2, 3; the file 1, 2, 3; times are Unix milliseconds."""
    service = call.service
    begun = service.clock.time()
    service.join("room-42", "1001")
    task_id = call.start()
    data = call.describe(task_id)
    assert data == {
        "RoomId": "room-42",
        "RecordMode": 2,
        "StreamType": 3,
        "RecordBeginTimestamp": round(begun * 1000),
        "Status": 1,
    }
    service.clock.advance(2)
    assert call.describe(task_id)["Status"] == 2
    service.clock.advance(10)
    data = call.describe(task_id)
    assert statuses(data["RecordFiles"]) == [1]
    assert "RecordEndTimestamp" not in data
    assert call("StopRecord", {"TaskId": task_id})["Code"] == 0
    data = call.describe(task_id)
    assert (data["Status"], statuses(data["RecordFiles"])) == (3, [2])
    assert data["RecordEndTimestamp"] == round((begun + 12) * 1000)
    service.clock.advance(2.9)
    assert statuses(call.describe(task_id)["RecordFiles"]) == [2]
    service.clock.advance(0.1)
    (file,) = call.describe(task_id)["RecordFiles"]
    assert (file["Status"], file["Duration"], file["MediaTrackType"]) == (3, 10000, 3)
    assert file["BeginTimestamp"] == round((begun + 2) * 1000)
    assert {file["UserId"], file["UserName"], file["StreamId"]} == {"mix-42"}


def test_names_follow_rule_1(call: Any) -> None:
    """TaskId_RoomId_MixOutputStreamId_Type_UTC.ext with the file's start; the address has the folder."""
    call.service.join("room-42", "1001")
    task_id = call.start(RecordOutputParams={"OutputFolder": "record/"})
    call.service.clock.advance(5)
    (file,) = call.describe(task_id)["RecordFiles"]
    assert re.fullmatch(rf"{task_id}_room-42_mix-42_VA_\d{{17}}\.mp4", file["FileId"])
    assert file["FileUrl"] == f"https://lessons.s3.eu-west-1.amazonaws.com/record/{file['FileId']}"
    assert file["FileId"][-7:-4] == str(file["BeginTimestamp"])[-3:]


def test_stop_twice_and_unknown(call: Any) -> None:
    """A second stop is 300001001, an unknown task 300001000; so are layouts."""
    task_id = call.start()
    assert call("StopRecord", {"TaskId": task_id})["Code"] == 0
    assert call("StopRecord", {"TaskId": task_id})["Code"] == 300001001
    assert call("UpdateLayout", {"TaskId": task_id, "MixMode": 2})["Code"] == 300001001
    for action in ("StopRecord", "UpdateLayout", "DescribeRecordStatus"):
        assert call(action, {"TaskId": "aVW5AOE4IyvEAAAq"})["Code"] == 300001000


def test_a_client_task_id_is_one_task(call: Any, body: Body) -> None:
    """The same ClientTaskId gets the same TaskId, even once the task has ended; another one gets another."""
    tree = body(RecordInputParams={"ClientTaskId": "lesson-1"})
    first = call("StartRecord", tree)["Data"]["TaskId"]
    assert call("StartRecord", tree)["Data"]["TaskId"] == first
    call.stop(first)
    assert call("StartRecord", tree)["Data"]["TaskId"] == first
    assert call.start(RecordInputParams={"ClientTaskId": "lesson-2"}) != first
    assert len(call.service.recordings) == 2


def test_an_ended_task_may_not_count(serve: Any, body: Body) -> None:
    """The other reading: an ended task's ClientTaskId starts a new task."""
    call = serve(ended_tasks_count=False)
    tree = body(RecordInputParams={"ClientTaskId": "lesson-1"})
    first = call("StartRecord", tree)["Data"]["TaskId"]
    assert call("StartRecord", tree)["Data"]["TaskId"] == first
    call.stop(first)
    assert call("StartRecord", tree)["Data"]["TaskId"] != first


def test_without_client_task_id_each_start_is_a_task(call: Any, body: Body) -> None:
    """Several tasks in one room run side by side."""
    assert call.start() != call.start()
    assert call("StartRecord", body(RecordInputParams={"ClientTaskId": ""}))["Code"] == 0
    assert len([recording for recording in call.service.recordings if recording.running]) == 3


@pytest.mark.parametrize(("abnormal", "status"), [(False, 3), (True, 4)])
def test_idle_end(serve: Any, abnormal: bool, status: int) -> None:
    """Idle time counts only while the room has no stream, and the end comes at its exact instant."""
    call = serve(time_outs_are_abnormal=abnormal)
    service = call.service
    begun = service.clock.time()
    task_id = call.start(RecordInputParams={"MaxIdleTime": 30})
    service.clock.advance(20)
    service.join("room-42", "1001")
    service.clock.advance(3600)
    service.leave("room-42", "1001")
    service.clock.advance(20)
    service.join("room-42", "1001")
    service.clock.advance(20)
    service.leave("room-42", "1001")
    service.clock.advance(100_000)
    data = call.describe(task_id)
    assert data["Status"] == status
    assert data["RecordEndTimestamp"] == round((begun + 20 + 3600 + 20 + 20 + 30) * 1000)
    assert statuses(data["RecordFiles"]) == [3]
    assert call("StopRecord", {"TaskId": task_id})["Code"] == 300001001


def test_nobody_published(call: Any) -> None:
    """A task in an empty room ends by the idle rule, 30 s by default, and has no RecordFiles."""
    tree_without_idle_time = {"MaxIdleTime": 30}
    begun = call.service.clock.time()
    call.service.join("room-42", "viewer", camera=False, microphone=False)
    task_id = call.start(RecordInputParams=tree_without_idle_time)
    call.service.clock.advance(60)
    data = call.describe(task_id)
    assert data["Status"] == 3
    assert data["RecordEndTimestamp"] == round((begun + 2 + 30) * 1000)
    assert "RecordFiles" not in data


def test_longest_duration(call: Any) -> None:
    """MaxRecordTime counts from the start, whoever is there; a driven day takes no time."""
    begun = call.service.clock.time()
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(86399)
    assert call.describe(task_id)["Status"] == 2
    call.service.clock.advance(86400)
    data = call.describe(task_id)
    assert data["RecordEndTimestamp"] == round((begun + 86400) * 1000)
    (file,) = data["RecordFiles"]
    assert file["Duration"] == (86400 - 2) * 1000


def test_a_task_is_known_for_three_days(call: Any) -> None:
    """Describe answers until three days after the start, then 300001000."""
    task_id = call.start()
    call.stop(task_id)
    call.service.clock.advance(3 * 86400 - 6)
    assert call.describe(task_id)["Status"] == 3
    call.service.clock.advance(2)
    assert call("DescribeRecordStatus", {"TaskId": task_id})["Code"] == 300001000


def test_a_start_that_dies(call: Any) -> None:
    """The start is accepted, the task never runs, and within 30 s it has ended abnormally without files."""
    call.service.join("room-42", "1001")
    call.service.fail_next("StartRecord", "die")
    task_id = call.start()
    call.service.clock.advance(10)
    assert call.describe(task_id)["Status"] == 1
    call.service.clock.advance(20)
    data = call.describe(task_id)
    assert data["Status"] == 4
    assert "RecordFiles" not in data
    assert call("StopRecord", {"TaskId": task_id})["Code"] == 300001001


def test_the_file_begins_with_the_first_stream(call: Any) -> None:
    """Media starts with the first stream, with IsAlwaysMix at once, with a time-out of input after that."""
    service = call.service
    begun = service.clock.time()
    usual, at_once, in_time = (
        call.start(mix) for mix in ({}, {"IsAlwaysMix": True}, {"ClearInputStreamTimeout": 4000})
    )
    service.clock.advance(3)
    assert "RecordFiles" not in call.describe(usual)
    service.clock.advance(17)
    service.join("room-42", "1001")
    service.clock.advance(10)
    for task_id, expected in ((usual, 20), (at_once, 2), (in_time, 6)):
        (file,) = call.describe(task_id)["RecordFiles"]
        assert file["BeginTimestamp"] == round((begun + expected) * 1000)


def test_a_storage_that_refuses(serve: Any) -> None:
    """The call never fails for it: file status 4 after the upload, in backup; 5 where that fails too."""
    for backup, status in ((True, 4), (False, 5)):
        call = serve(buckets=["other"], backup=backup, media=True)
        call.service.join("room-42", "1001")
        task_id = call.start()
        call.service.clock.advance(5)
        call.stop(task_id)
        (file,) = call.describe(task_id)["RecordFiles"]
        assert file["Status"] == status
        assert ("FileUrl" in file) is backup
        assert call.service.bucket.list() == ()
        assert call.service.recordings[0].files == ()


def test_a_name_that_is_too_long(call: Any) -> None:
    """The task ends abnormally when the file should begin."""
    room = "r" * 300
    call.service.join(room, "1001")
    task_id = call.start(RoomId=room)
    call.service.clock.advance(5)
    data = call.describe(task_id)
    assert data["Status"] == 4
    assert "RecordFiles" not in data


@pytest.mark.parametrize(
    ("storage", "video_id", "file_url"),
    [
        (
            {"Vendor": 2, "Region": "oss-cn-hangzhou"},
            "",
            r"https://lessons\.oss-cn-hangzhou\.aliyuncs\.com/.*",
        ),
        ({"Vendor": 4, "Region": "z0"}, "", None),
        (
            {
                "Vendor": 5,
                "AlibabaCloudVodParams": {
                    "Region": "cn-shanghai",
                    "AccessKeyId": "k",
                    "AccessKeySecret": "s",
                    "Title": "lesson",
                    "StorageLocation": "x.oss-cn-shanghai.aliyuncs.com",
                },
            },
            r"[0-9a-f]{32}",
            None,
        ),
        (
            {
                "Vendor": 6,
                "TencentCloudVodParams": {"SecretId": "k", "SecretKey": "s", "Region": "ap-beijing"},
            },
            r"\d{19}",
            r"https://.*",
        ),
        ({"Vendor": 10, "EndPoint": "s3.example.com"}, "", r"https://s3\.example\.com/lessons/.*\.mp4"),
    ],
)
def test_what_clouds_return(call: Any, storage: dict[str, Any], video_id: str, file_url: str | None) -> None:
    """VideoId comes from the VODs only, FileUrl from neither Qiniu nor Alibaba's VOD."""
    call.service.join("room-42", "1001")
    task_id = call.start(StorageParams=storage)
    call.service.clock.advance(5)
    call.stop(task_id)
    (file,) = call.describe(task_id)["RecordFiles"]
    assert re.fullmatch(video_id, file["VideoId"])
    assert re.fullmatch(file_url, file["FileUrl"]) if file_url else "FileUrl" not in file


def test_tasks_are_listed(call: Any) -> None:
    """Status 2 lists what runs, 3 what has ended; by start time, room and page, with the total count."""
    service = call.service
    begun = int(service.clock.time())
    ended = call.start()
    call.stop(ended)
    running = [call.start(RoomId=f"room-{number % 2}") for number in range(5)]
    span = {"StartTime": (begun - 60) * 1000, "EndTime": (begun + 600) * 1000}

    def listed(**query: Any) -> dict[str, Any]:
        answer = call("DescribeTasks", {"Status": 2, **span, **query})
        assert answer["Code"] == 0
        data: dict[str, Any] = answer["Data"]
        return data

    def ids(data: dict[str, Any]) -> list[str]:
        return [task["TaskId"] for task in data["TaskidList"]]

    assert ids(listed(Status=3)) == [ended]
    assert ids(listed()) == running[::-1]
    assert set(ids(listed(RoomId="room-1"))) == {running[1], running[3]}
    page = listed(PageOffset=2, PageSize=2)
    assert ids(page) == running[::-1][2:4]
    assert (page["PageOffset"], page["PageSize"], page["TotalCount"]) == (2, 2, 5)
    assert ids(listed(PageOffset=0, PageSize=2)) == running[::-1][:2]
    assert ids(listed(PageOffset=9)) == []
    item = listed()["TaskidList"][0]
    assert set(item) == {"RecordBeginTimestamp", "TaskId", "RoomId", "Status"}
    assert ids(listed(EndTime=item["RecordBeginTimestamp"])) == running[::-1]
    assert ids(listed(EndTime=item["RecordBeginTimestamp"] - 1)) == []


def test_lists_reach_back_three_days(call: Any) -> None:
    """An older StartTime is refused."""
    now = int(call.service.clock.time())
    span = {"Status": 3, "StartTime": (now - 3 * 86400 - 60) * 1000, "EndTime": now * 1000 - 60_000}
    answer = call("DescribeTasks", span)
    assert answer["Code"] == 300000004
    assert "StartTime" in answer["Message"]


def test_a_layout_must_fit_the_task(call: Any) -> None:
    """UpdateLayout is checked against the canvas and the whiteboard of the start."""
    task_id = call.start()
    window = {"Left": 0, "Top": 0, "Right": 320, "Bottom": 180, "Layer": 1}
    assert call("UpdateLayout", {"TaskId": task_id, "MixMode": 1, "MixInputList": [window]})["Code"] == 0
    for change, says in (({"Right": 321}, "outside the canvas"), ({"ViewType": 2}, "HasWhiteboard")):
        tree = {"TaskId": task_id, "MixMode": 1, "MixInputList": [window | change]}
        answer = call("UpdateLayout", tree)
        assert answer["Code"] == 300000004
        assert says in answer["Message"]
