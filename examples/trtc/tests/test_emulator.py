"""The emulated service, spoken to by the vendor's own client."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.trtc.v20190722 import models
from tencentcloud.trtc.v20190722.trtc_client import TrtcClient

from recorder_trtc.config import TrtcConfig
from recorder_trtc.emulator.service import TrtcEmulator
from recorder_trtc.signing import user_sig

Client = Callable[..., TrtcClient]


def start_body(service: TrtcEmulator, **changes: Any) -> dict[str, Any]:
    """The usual body of CreateCloudRecording; a change of None takes a member out."""
    user = str(changes.get("UserId", "recorder"))
    config = TrtcConfig.placeholder(sdk_app_id=service.sdk_app_id, app_key=service.app_key)
    body = {
        "SdkAppId": service.sdk_app_id,
        "RoomId": "lesson",
        "RoomIdType": 0,
        "UserId": user,
        "UserSig": user_sig(config, user, datetime.fromtimestamp(time.time(), UTC)).get_secret_value(),
        "RecordParams": {"RecordMode": 2, "MaxIdleTime": 60},
        "StorageParams": {
            "CloudStorage": {
                "Vendor": 0,
                "Region": "ap-singapore",
                "Bucket": "lessons-1250000000",
                "AccessKey": "AKEXAMPLE",
                "SecretKey": "SKEXAMPLE",
                "FileNamePrefix": ["lessons"],
            }
        },
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def call(client: TrtcClient, action: str, body: dict[str, Any]) -> Any:
    """The answer to an action, as the SDK's model."""
    request = getattr(models, f"{action}Request")()
    request._deserialize(body)
    return getattr(client, action)(request)


def refused(client: TrtcClient, action: str, body: dict[str, Any]) -> str:
    """The code of a refusal."""
    with pytest.raises(TencentCloudSDKException) as caught:
        call(client, action, body)
    assert caught.value.requestId
    return str(caught.value.code)


def begun(service: TrtcEmulator, client: TrtcClient, **changes: Any) -> dict[str, Any]:
    """What names a task that has just been started."""
    answer = call(client, "CreateCloudRecording", start_body(service, **changes))
    return {"SdkAppId": service.sdk_app_id, "TaskId": answer.TaskId}


def described(client: TrtcClient, task: dict[str, Any]) -> tuple[str, list[str]]:
    """Status and file names of a task."""
    answer = call(client, "DescribeCloudRecording", task)
    return answer.Status, [file.FileName for file in answer.StorageFileList or []]


def test_the_life_of_a_task(service: TrtcEmulator, client: Client) -> None:
    """Idle until somebody publishes, in progress, exiting while files are uploaded, then not known any more."""
    task = begun(service, mine := client(service))
    assert described(mine, task) == ("Idle", [])
    service.clock.advance(5)
    service.join("lesson", "1001")
    assert described(mine, task) == ("InProgress", ["1400000000_bGVzc29u.m3u8"])
    service.clock.advance(5)
    service.leave("lesson", "1001")
    assert described(mine, task)[0] == "Idle"
    assert call(mine, "DeleteCloudRecording", task).TaskId == task["TaskId"]
    assert described(mine, task)[0] == "Exited"
    assert refused(mine, "DeleteCloudRecording", task) == "ResourceNotFound"
    service.clock.advance(3)
    assert refused(mine, "DescribeCloudRecording", task) == "ResourceNotFound"
    (recording,) = service.recordings
    assert recording.files == (f"lessons/{task['TaskId']}/1400000000_bGVzc29u.m3u8",)
    assert not recording.running


def test_an_empty_room_ends_it(service: TrtcEmulator, client: Client) -> None:
    """After MaxIdleTime without anybody who publishes, counted from when the recorder is in the room."""
    begun(service, client(service))
    service.clock.advance(61)
    assert service.recordings[0].running
    service.clock.advance(1)
    assert not service.recordings[0].running


def test_a_second_recorder_of_that_name_ends_the_first(service: TrtcEmulator, client: Client) -> None:
    """In one room; another name, or the same in another room, harms nobody."""
    mine = client(service)
    first = begun(service, mine)
    other = begun(service, mine, UserId="another")
    elsewhere = begun(service, mine, RoomId="hall")
    second = begun(service, mine)
    running = {recording.ids["TaskId"] for recording in service.recordings if recording.running}
    assert running == {task["TaskId"] for task in (other, elsewhere, second)}
    assert described(mine, first)[0] == "Exited"


def test_who_may_not_enter_records_nothing(service: TrtcEmulator, client: Client) -> None:
    """A UserSig of another key is taken, and the task is gone as soon as the recorder tries to enter."""
    mine = client(service)
    task = begun(service, mine, UserSig="eJwrSS0u0S1KTc4vSinWUcrMS8usSE0pyklVsgIAZ3QIJQ__")
    assert described(mine, task) == ("Idle", [])
    service.clock.advance(2)
    assert refused(mine, "DescribeCloudRecording", task) == "ResourceNotFound"


def test_a_task_can_be_asked_for_as_long_as_was_said(service: TrtcEmulator, client: Client) -> None:
    """After ResourceExpiredHour hours it isn't known, and runs on."""
    service.join("lesson", "1001")
    task = begun(service, mine := client(service), ResourceExpiredHour=6)
    service.clock.advance(6 * 3600)
    assert described(mine, task)[0] == "InProgress"
    service.clock.advance(1)
    assert refused(mine, "DescribeCloudRecording", task) == "ResourceNotFound"
    assert service.recordings[0].running


def test_a_recorder_can_be_removed_from_its_room(service: TrtcEmulator, client: Client) -> None:
    """By the action of the room's kind; in a region that offers it, and only who is there."""
    mine = client(service)
    begun(service, mine)
    begun(service, mine, RoomId="42", RoomIdType=1)
    named = {"SdkAppId": service.sdk_app_id, "RoomId": "lesson", "UserIds": ["recorder"]}
    assert refused(mine, "RemoveUserByStrRoomId", {**named, "RoomId": "hall"}) == "FailedOperation.RoomNotExist"
    service.join("lesson", "1001")
    assert refused(mine, "RemoveUserByStrRoomId", {**named, "UserIds": ["nobody"]}) == "FailedOperation.UserNotExist"
    assert refused(client(service, region="ap-shanghai"), "RemoveUserByStrRoomId", named) == "UnsupportedRegion"
    call(mine, "RemoveUserByStrRoomId", named)
    call(mine, "RemoveUser", {**named, "RoomId": 42})
    assert not any(recording.running for recording in service.recordings)


def test_an_mp4_is_there_after_the_hls(serve: Callable[..., TrtcEmulator], client: Client) -> None:
    """The task is exiting until it is; with the other reading of the documents it is forgotten at once."""
    for forgets, expected in ((False, "Exited"), (True, "ResourceNotFound")):
        service = serve(forgets_at_once=forgets)
        service.join("lesson", "1001")
        task = begun(service, mine := client(service), RecordParams={"RecordMode": 2, "OutputFormat": 1})
        service.clock.advance(10)
        call(mine, "DeleteCloudRecording", task)
        service.clock.advance(6)
        told = refused(mine, "DescribeCloudRecording", task) if forgets else described(mine, task)[0]
        assert told == expected
        names = [key.rpartition("/")[2] for key in service.recordings[0].files]
        assert names == ["1400000000_bGVzc29u.m3u8", "1400000000_bGVzc29u.mp4"]


def test_single_streams_have_files_of_their_own(service: TrtcEmulator, client: Client) -> None:
    """Sound and pictures apart, or together with AvMerge 1; who isn't subscribed to has none."""
    service.join("lesson", "1001")
    service.join("lesson", "1002")
    mine = client(service)
    lists = {"UnSubscribeAudioUserIds": ["1002"], "UnSubscribeVideoUserIds": ["1002"]}
    apart = begun(service, mine, RecordParams={"RecordMode": 1, "SubscribeStreamUserIds": lists})
    merged = begun(service, mine, UserId="b", RecordParams={"RecordMode": 1, "AvMerge": 1})
    service.clock.advance(5)
    stem = "1400000000_bGVzc29u__UserId_s_{}__UserId_e_main_{}.m3u8"
    assert described(mine, apart)[1] == [stem.format("MTAwMQ..", kind) for kind in ("audio", "video")]
    assert described(mine, merged)[1] == [stem.format(user, "audio_video") for user in ("MTAwMQ..", "MTAwMg..")]


def test_a_prefix_stands_for_all_that_begin_so(service: TrtcEmulator, client: Client) -> None:
    """`1.*$` in a list of users."""
    for user in ("1001", "1002", "2001"):
        service.join("lesson", user)
    lists = {"SubscribeAudioUserIds": ["1.*$"], "SubscribeVideoUserIds": ["1.*$"]}
    task = begun(
        service, mine := client(service), RecordParams={"RecordMode": 1, "AvMerge": 1, "SubscribeStreamUserIds": lists}
    )
    service.clock.advance(5)
    assert len(described(mine, task)[1]) == 2


class TestRefusals:
    def test_who_calls(self, service: TrtcEmulator, client: Client) -> None:
        """A wrong key, a wrong secret, another region."""
        body = {"SdkAppId": service.sdk_app_id, "TaskId": "x"}
        assert refused(client(service, secret_id="AKIDother"), "DescribeCloudRecording", body) == (
            "AuthFailure.SecretIdNotFound"
        )
        assert refused(client(service, secret_key="other"), "DescribeCloudRecording", body) == (
            "AuthFailure.SignatureFailure"
        )
        assert refused(client(service, region="eu-frankfurt"), "DescribeCloudRecording", body) == "UnsupportedRegion"

    def test_when(self, service: TrtcEmulator, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        """A signature more than five minutes old."""
        now = time.time()
        body = {"SdkAppId": service.sdk_app_id, "TaskId": "x"}
        monkeypatch.setattr(service.clock, "wall", lambda: now + 301)
        assert refused(client(service), "DescribeCloudRecording", body) == "AuthFailure.SignatureExpire"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"SdkAppId": 1}, "InvalidParameter.SdkAppId"),
            ({"UserSig": None}, "MissingParameter.UserSig"),
            ({"RecordParams": {"RecordMode": 2, "MaxIdleTime": 4}}, "InvalidParameter.OutOfRange"),
            ({"ResourceExpiredHour": 721}, "InvalidParameter.OutOfRange"),
            ({"RoomIdType": 1}, "InvalidParameter"),
            ({"StorageParams": {}}, "InvalidParameter"),
            ({"MixLayoutParams": {"MixLayoutMode": 4}}, "InvalidParameter"),
            ({"RecordParams": {"RecordMode": 1}, "MixLayoutParams": {"MixLayoutMode": 3}}, "InvalidParameter"),
            ({"UserId": "no spaces"}, "InvalidParameter"),
            (
                {
                    "MixLayoutParams": {
                        "MixLayoutMode": 4,
                        "MixLayoutList": [{"Top": 0, "Left": 300, "Width": 61, "Height": 1}],
                    }
                },
                "InvalidParameter",
            ),
        ],
    )
    def test_what_is_asked(self, service: TrtcEmulator, client: Client, changes: dict[str, Any], code: str) -> None:
        """A body that the documents don't allow is refused, and nothing runs."""
        assert refused(client(service), "CreateCloudRecording", start_body(service, **changes)) == code
        assert service.recordings == []

    def test_unknown_members(self, serve: Callable[..., TrtcEmulator], client: Client) -> None:
        """They are refused, or ignored by a service that isn't strict."""
        for strict in (True, False):
            service = serve(strict=strict)
            body = start_body(service, Nonsense=1)
            ask = client(service).call_json
            if strict:
                with pytest.raises(TencentCloudSDKException, match="UnknownParameter"):
                    ask("CreateCloudRecording", body)
            else:
                assert ask("CreateCloudRecording", body)["Response"]["TaskId"]

    def test_how_much(self, serve: Callable[..., TrtcEmulator], client: Client) -> None:
        """More tasks than the account may have, more calls in a second than the vendor takes."""
        service = serve(max_tasks=1, sliding_limits=True)
        mine = client(service)
        task = begun(service, mine)
        body = start_body(service, UserId="another")
        assert refused(mine, "CreateCloudRecording", body) == "FailedOperation.RestrictedConcurrency"
        codes = set()
        for _ in range(25):
            try:
                described(mine, task)
            except TencentCloudSDKException as error:
                codes.add(error.code)
        assert codes == {"RequestLimitExceeded"}

    def test_a_change_that_leaves_the_canvas(self, service: TrtcEmulator, client: Client) -> None:
        """The canvas is that of the start; single streams have none."""
        mine = client(service)
        mixed, single = begun(service, mine), begun(service, mine, UserId="b", RecordParams={"RecordMode": 1})
        layout = {"MixLayoutMode": 4, "MixLayoutList": [{"Top": 0, "Left": 0, "Width": 361, "Height": 640}]}
        wide = {**mixed, "MixLayoutParams": layout}
        assert refused(mine, "ModifyCloudRecording", wide) == "InvalidParameter.OutOfRange"
        other = {**single, "MixLayoutParams": {"MixLayoutMode": 3}}
        assert refused(mine, "ModifyCloudRecording", other) == "InvalidParameter.OutOfRange"
        call(mine, "ModifyCloudRecording", {**single, "SubscribeStreamUserIds": {"SubscribeAudioUserIds": ["1"]}})

    def test_a_scripted_code(self, service: TrtcEmulator, client: Client) -> None:
        """Any code can be ordered."""
        service.fail_next("DescribeCloudRecording", "code:InternalError.CRInternalError")
        body = {"SdkAppId": service.sdk_app_id, "TaskId": "x"}
        assert refused(client(service), "DescribeCloudRecording", body) == "InternalError.CRInternalError"
