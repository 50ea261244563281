"""The vendor's bodies: what is taken, what is refused, what is shown."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from recorder_zegocloud.wire import answers as wire_answers
from recorder_zegocloud.wire import layout as wire_layout
from recorder_zegocloud.wire import requests as wire
from recorder_zegocloud.wire.values import FillMode, FrameFillMode, MixMode, StorageVendor

Body = Callable[..., dict[str, Any]]

FULL_START: dict[str, Any] = {
    "RoomId": "room-42",
    "RecordInputParams": {
        "RecordMode": 2,
        "StreamType": 3,
        "ClientTaskId": "lesson-2026-0001",
        "FillBlank": True,
        "FillFrame": {"FrameFillMode": 2, "FrameFillColor": 855638016},
        "HasWhiteboard": True,
        "Whiteboard": [{"HorizontalRatio": 16, "VerticalRatio": 9, "WhiteboardId": "wb-1"}],
        "MaxIdleTime": 120,
        "MaxRecordTime": 7200,
        "MixConfig": {
            "MixMode": 1,
            "MixOutputStreamId": "mix-42",
            "MixOutputVideoConfig": {"Width": 1280, "Height": 720, "Fps": 15, "Bitrate": 1130000},
            "MixOutputAudioConfig": {"Bitrate": 48000},
            "MixOutputBackgroundColor": 286331136,
            "MixOutputBackgroundImage": "https://images.example.com/board.jpg",
            "MixOutputWatermarkImage": "https://images.example.com/logo.png",
            "MixOutputWatermarkImageConfig": {"Left": 0, "Top": 0, "Right": 64, "Bottom": 64},
            "MixOutputWatermarkTimestampConfig": {"FontSize": 24},
            "DefaultMixStreamBackgroundImage": "https://images.example.com/off.png",
            "IsAlwaysMix": True,
            "RecordSoundWave": True,
            "SoundWaveType": 1,
            "StreamConfigList": [{"StreamId": "room-42_student", "StreamType": 1}, {"StreamType": 3}],
            "ClearInputStreamTimeout": 2000,
            "MixInputList": [
                {"StreamId": "room-42_teacher", "Top": 0, "Left": 0, "Bottom": 720, "Right": 960, "Layer": 1},
                {
                    "ViewType": 2,
                    "Top": 0,
                    "Left": 960,
                    "Bottom": 180,
                    "Right": 1280,
                    "Layer": 1,
                    "FillMode": 2,
                },
            ],
        },
    },
    "RecordOutputParams": {
        "OutputFileFormat": "hls",
        "OutputFolder": "record/",
        "OutputFileRule": 1,
        "CallbackUrl": "https://hooks.example.com/callbacks",
        "FragmentSeconds": 10,
        "RealtimeUploadFragment": True,
        "ShortFragmentPath": True,
    },
    "StorageParams": {
        "Vendor": 10,
        "Region": "eu-west-1",
        "Bucket": "lessons",
        "AccessKeyId": "AKIAEXAMPLE",
        "AccessKeySecret": "example-secret",
        "EndPoint": "https://s3.example.com",
        "S3ForcePathStyle": True,
    },
}

SINGLE_STREAM_START: dict[str, Any] = {
    "RoomId": "room-42",
    "RecordInputParams": {
        "RecordMode": 1,
        "StreamType": 1,
        "ClientTaskId": "lesson-2026-0002",
        "RecordStreamList": [{"StreamId": "room-42_teacher"}, {"StreamId": "room-42_student"}],
        "FillBlank": True,
        "RecordMuteAudio": 2,
        "RecordMuteAudioSplitThreshold": 5,
        "ResumeWithoutInterruption": True,
        "HasWhiteboard": True,
        "Whiteboard": [
            {
                "HorizontalRatio": 16,
                "VerticalRatio": 9,
                "Width": 1920,
                "Height": 1080,
                "WhiteboardId": "wb-1",
                "BackgroundColor": 286331136,
                "IsPPTAnimation": True,
                "PPTAnimationFps": 20,
            }
        ],
        "MaxIdleTime": 120,
        "MaxRecordTime": 7200,
    },
    "RecordOutputParams": {"OutputFileFormat": "mp3", "OutputFolder": "record/"},
    "StorageParams": {
        "Vendor": 6,
        "TencentCloudVodParams": {
            "SecretId": "AKIDEXAMPLE",
            "SecretKey": "example-secret",
            "Region": "ap-beijing",
            "SubAppId": 1500000000,
        },
    },
}


def revealed(tree: Any) -> Any:
    """A tree with its secrets shown."""
    return json.loads(json.dumps(tree, default=lambda secret: secret.get_secret_value()))


def start(tree: Any) -> wire.StartRecordRequest:
    """The body, read from JSON."""
    return wire.StartRecordRequest.model_validate_json(json.dumps(tree))


@pytest.mark.parametrize("tree", [FULL_START, SINGLE_STREAM_START])
def test_tree_of_a_request_is_what_was_set(tree: dict[str, Any]) -> None:
    """A body read from the wire is written back key by key, without the vendor's defaults."""
    assert revealed(start(tree).tree()) == tree


def test_defaults_are_the_vendors(body: Body) -> None:
    """What a body leaves out reads as what the vendor does."""
    request = start(body())
    params = request.RecordInputParams
    assert (params.StreamType, params.MaxRecordTime, params.FillBlank) == (3, 86400, False)
    assert params.MixConfig is not None
    assert (params.MixConfig.MixMode, params.MixConfig.FillMode) == (MixMode.GRID, FillMode.CROP)
    assert request.RecordOutputParams.OutputFileFormat == "mp4"


def test_enumerations_are_plain_in_a_tree() -> None:
    """Members of enumerations are numbers in the tree, as the wire has them."""
    tree = wire.FillFrameParams(FrameFillMode=FrameFillMode.COLOR, FrameFillColor=0xFF000000).tree()
    assert tree == {"FrameFillMode": 2, "FrameFillColor": 4278190080}
    assert {type(value) for value in tree.values()} == {int}


def test_keys_are_secret_everywhere() -> None:
    """Storage keys are in no repr, no string and no validation error."""
    request = start(FULL_START)
    assert isinstance(request.tree()["StorageParams"]["AccessKeySecret"], SecretStr)
    broken = FULL_START | {"StorageParams": FULL_START["StorageParams"] | {"Vendor": 99}}
    with pytest.raises(ValidationError) as refused:
        start(broken)
    for text in (repr(request), str(request), str(refused.value), repr(refused.value)):
        assert "example-secret" not in text
        assert "AKIAEXAMPLE" not in text


KEYS = {"AccessKeyId": "k", "AccessKeySecret": "s"}
VOD = {"Region": "cn-shanghai", **KEYS, "Title": "t", "StorageLocation": "x.oss-cn-shanghai.aliyuncs.com"}
WINDOW = {"Left": 0, "Top": 0, "Right": 320, "Bottom": 180, "Layer": 1}
VIDEO = {"Width": 320, "Height": 180, "Fps": 10, "Bitrate": 140000}
BOARD = {"HasWhiteboard": True, "Whiteboard": [{"HorizontalRatio": 16, "VerticalRatio": 9}]}
SINGLE = {"RecordMode": 1, "MixConfig": None}
MP3 = {"OutputFileFormat": "mp3"}


def inputs(**changes: Any) -> dict[str, Any]:
    """A change of RecordInputParams."""
    return {"RecordInputParams": changes}


def output(**changes: Any) -> dict[str, Any]:
    """A change of RecordOutputParams."""
    return {"RecordOutputParams": changes}


def storage(**changes: Any) -> dict[str, Any]:
    """A change of StorageParams."""
    return {"StorageParams": changes}


def mixed(**changes: Any) -> dict[str, Any]:
    """A change of MixConfig."""
    return {"mix": changes}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (inputs(RecordMode=3), "1 or 2"),
        (inputs(RecordMode="2"), "1 or 2"),
        (inputs(StreamType=5), "1, 2, 3 or 4"),
        (inputs(MaxIdleTime=4), "greater than or equal to 5"),
        (inputs(MaxIdleTime=86401), "less than or equal to 86400"),
        (inputs(MaxIdleTime=30.5), "valid integer"),
        (inputs(MaxRecordTime=299), "greater than or equal to 300"),
        (inputs(MaxRecordTime=172801), "less than or equal to 172800"),
        (inputs(FillBlank="true"), "valid boolean"),
        (inputs(FillFrame={"FrameFillMode": 4}), "1, 2 or 3"),
        (inputs(FillFrame={"FrameFillColor": 0}), "valid only with FrameFillMode 2"),
        (inputs(FillFrame={"FrameFillMode": 2, "FrameFillColor": 2**32}), "less than or equal"),
        (inputs(HasWhiteboard=True), "Whiteboard is required"),
        (inputs(**BOARD, Whiteboards=[]), "Extra inputs"),
        (inputs(HasWhiteboard=True, Whiteboard=BOARD["Whiteboard"] * 2), "at most 1"),
        (
            inputs(HasWhiteboard=True, Whiteboard=[{**BOARD["Whiteboard"][0], "PPTAnimationFps": 20}]),
            "IsPPTAnimation",
        ),
        (inputs(Whiteboard=BOARD["Whiteboard"]), "Whiteboard is valid only when HasWhiteboard is true"),
        (inputs(**BOARD, StreamType=1), "HasWhiteboard is valid only when StreamType is 2, 3 or 4"),
        *(
            (
                inputs(HasWhiteboard=True, Whiteboard=[{**BOARD["Whiteboard"][0], side: 640}]),
                f"Whiteboard.0.{side} is valid only when RecordMode is 1",
            )
            for side in ("Width", "Height")
        ),
        (inputs(MixConfig=None), "MixConfig is required when RecordMode is 2"),
        (inputs(RecordMode=1), "MixConfig is valid only when RecordMode is 2"),
        (inputs(**SINGLE, FillFrame={"FrameFillMode": 1}), "FillFrame is valid only when RecordMode is 2"),
        *(
            (inputs(**{name: value}), f"{name} is valid only when RecordMode is 1")
            for name, value in (
                ("RecordStreamList", [{"StreamId": "1001"}]),
                ("RecordMuteAudio", 1),
                ("RecordMuteAudioSplitThreshold", 0),
                ("ResumeWithoutInterruption", False),
            )
        ),
        (inputs(**SINGLE, RecordStreamList=[{}]), "Field required"),
        (inputs(**SINGLE, RecordStreamList=[{"StreamId": ""}]), "pattern"),
        (inputs(**SINGLE, StreamType=1, RecordMuteAudio=3) | output(**MP3), "1 or 2"),
        (inputs(**SINGLE, RecordMuteAudio=2) | output(**MP3), "RecordMuteAudio is valid only when StreamType is 1"),
        (
            inputs(**SINGLE, StreamType=1, RecordMuteAudio=1) | output(OutputFileFormat="aac"),
            "RecordMuteAudio is valid only when OutputFileFormat is mp3",
        ),
        (
            inputs(**SINGLE, StreamType=1, RecordMuteAudioSplitThreshold=5) | output(**MP3),
            "RecordMuteAudioSplitThreshold is valid only when RecordMuteAudio is 2",
        ),
        (mixed(MixMode=6), "1, 2, 3, 4 or 5"),
        (mixed(MixMode=1), "MixInputList is required"),
        (mixed(MixMode=1, MixInputList=[]), "MixInputList is required"),
        (mixed(MixMode=1, MixInputList=[WINDOW] * 26), "at most 25"),
        (mixed(MixMode=2, MixInputList=[WINDOW]), "valid only when MixMode is 1"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"Left": 200, "Right": 100}]), "Left 200 is more than"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"Top": 100, "Bottom": 90}]), "Top 100 is more than"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"Right": 321}]), "outside the canvas of 320 x 180"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"Bottom": 181}]), "outside the canvas of 320 x 180"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"Right": 1921}]), "less than or equal to 1920"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"Left": -1}]), "greater than or equal to 0"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"Left": 0.5}]), "valid integer"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"RectInfo": {}}]), "Extra inputs"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"StreamId": "a b"}]), "pattern"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"StreamId": "a" * 257}]), "pattern"),
        (mixed(MixMode=1, MixInputList=[WINDOW | {"ViewType": 2}]), "only when HasWhiteboard is true"),
        (
            inputs(**BOARD, MixConfig={"MixMode": 1, "MixInputList": [WINDOW | {"ViewType": 2}] * 2}),
            "at most one window may have ViewType 2",
        ),
        (
            mixed(MixMode=1, MixInputList=[WINDOW | {"BackgroundImage": "https://x.example.com/a.png"}]),
            "BackgroundImage is valid only with StreamId",
        ),
        (
            mixed(MixMode=1, MixInputList=[WINDOW], FillMode=1),
            "FillMode is valid only when MixMode is 2 to 5",
        ),
        (mixed(MixMaxResolutionStreamId="1001"), "valid only when MixMode is 3, 4 or 5"),
        (mixed(MixOutputStreamId=""), "pattern"),
        (mixed(MixOutputVideoConfig=None), "MixOutputVideoConfig is required"),
        (mixed(MixOutputVideoConfig=VIDEO | {"Width": 1921}), "less than or equal to 1920"),
        (mixed(MixOutputVideoConfig=VIDEO | {"Width": 1920, "Height": 1082}), "more than 2073600"),
        (mixed(MixOutputVideoConfig=VIDEO | {"Fps": 4}), "greater than or equal to 5"),
        (mixed(MixOutputVideoConfig=VIDEO | {"Fps": 31}), "less than or equal to 30"),
        (mixed(MixOutputBackgroundColor=-(2**31) - 1), "greater than or equal"),
        (mixed(MixOutputBackgroundImage="ftp://x.example.com/a.png"), "pattern"),
        (
            mixed(MixOutputWatermarkImageConfig={"Left": 0, "Top": 0, "Right": 9, "Bottom": 9}),
            "only with MixOutputWatermarkImage",
        ),
        (
            mixed(
                MixOutputWatermarkImage="https://x.example.com/a.png",
                MixOutputWatermarkImageConfig={"Left": 0, "Top": 0, "Right": 330, "Bottom": 9},
            ),
            "outside the canvas",
        ),
        (mixed(MixOutputWatermarkTimestampConfig={"FontSize": 11}), "greater than or equal to 12"),
        (mixed(MixOutputWatermarkTimestampConfig={"FontSize": 101}), "less than or equal to 100"),
        (mixed(SoundWaveType=1), "only when RecordSoundWave is true"),
        (mixed(StreamConfigList=[{"StreamId": "a", "StreamType": 4}]), "0, 1, 2 or 3"),
        (
            inputs(StreamType=2, MixConfig={"StreamConfigList": [{"StreamId": "a", "StreamType": 1}]}),
            "only when StreamType is 3 or 4",
        ),
        (output(OutputFileFormat="webm"), "'mp4'"),
        (output(OutputFileRule=2), "less than or equal to 1"),
        (output(FragmentSeconds=10), "only when OutputFileFormat is hls"),
        (output(OutputFileFormat="hls", FragmentSeconds=1), "greater than or equal to 2"),
        (output(OutputFileFormat="hls", FragmentSeconds=61), "less than or equal to 60"),
        (output(OutputFileFormat="hls", ShortFragmentPath=True), "RealtimeUploadFragment is true"),
        (output(SnapshotInterval=10), "only when OutputFileFormat is jpg"),
        (output(OutputFileFormat="mp3"), "valid only when StreamType is 1"),
        (inputs(StreamType=1) | output(OutputFileFormat="jpg"), "needs a StreamType with pictures"),
        (output(CallbackUrl="hooks.example.com"), "pattern"),
        (storage(Vendor=11), "7, 8, 9 or 10"),
        (storage(Vendor=0), "1, 2, 3"),
        (storage(Region=""), "Region is required"),
        (storage(Bucket=None), "Bucket is required"),
        (storage(AccessKeySecret=""), "AccessKeySecret is required"),
        (storage(Vendor=10), "EndPoint is required"),
        (storage(AlibabaCloudVodParams=VOD), "AlibabaCloudVodParams is valid only when Vendor is 5"),
        (
            storage(TencentCloudVodParams={"SecretId": "k", "SecretKey": "s", "Region": "ap-beijing"}),
            "TencentCloudVodParams is valid only when Vendor is 6",
        ),
        (storage(EndPoint="https://s3.example.com"), "EndPoint is valid only when Vendor is 10"),
        (storage(S3ForcePathStyle=True), "S3ForcePathStyle is valid only when Vendor is 10"),
        (storage(Vendor=5), "AlibabaCloudVodParams is required"),
        (storage(Vendor=6), "TencentCloudVodParams is required"),
        (storage(Vendor=5, AlibabaCloudVodParams=VOD) | output(OutputFileFormat="hls"), "can't be stored"),
        (storage(SessionToken="x"), "Extra inputs"),
        ({"Room": "x"}, "Extra inputs"),
        ({"RoomId": ""}, "at least 1 character"),
    ],
)
def test_start_refuses(body: Body, change: dict[str, Any], says: str) -> None:
    """Every documented type, range, enum and conditional rule of StartRecord is checked and named."""
    with pytest.raises(ValidationError) as refused:
        start(body(**change))
    assert any(says in problem["msg"] for problem in refused.value.errors()), refused.value.errors()


@pytest.mark.parametrize(
    "change",
    [
        mixed(MixOutputBackgroundColor=-16777216),
        mixed(MixOutputBackgroundColor=4294967040),
        mixed(MixMode=1, MixInputList=[WINDOW] * 25),
        inputs(StreamType=1, MixConfig={"MixOutputVideoConfig": None}) | output(OutputFileFormat="ogg"),
        storage(Vendor=8, Region=None),
        storage(Vendor=5, AlibabaCloudVodParams=VOD, Region="", Bucket="", AccessKeyId="", AccessKeySecret=""),
        storage(EndPoint="", S3ForcePathStyle=False),
        inputs(StreamType=4),
        inputs(HasWhiteboard=False, Whiteboard=[]),
        inputs(**SINGLE, RecordStreamList=[]),
        inputs(**SINGLE, StreamType=4, **BOARD) | output(OutputFileFormat="jpg", SnapshotInterval=3600),
        inputs(**SINGLE, StreamType=1, RecordMuteAudio=2, RecordMuteAudioSplitThreshold=-1) | output(**MP3),
        {"RecordOutputParams": None},
    ],
)
def test_start_takes(body: Body, change: dict[str, Any]) -> None:
    """Signed and unsigned colours, 25 windows, sound without a canvas, each cloud's and mode's fields are taken."""
    start(body(**change))


def test_largest_canvas_is_taken(body: Body) -> None:
    """1920 x 1080 and 1080 x 1920 are the limit, whichever side is the longer."""
    for width, height in ((1920, 1080), (1080, 1920)):
        start(body({"MixOutputVideoConfig": VIDEO | {"Width": width, "Height": height}}))


def test_windows_are_checked_against_the_task() -> None:
    """An UpdateLayout body knows neither canvas nor whiteboard: the task has to remember them."""
    window = wire_layout.MixInput(Left=0, Top=0, Right=640, Bottom=360, Layer=1)
    wire_layout.check_windows(MixMode.CUSTOM, [window], canvas=(640, 360), has_whiteboard=False)
    with pytest.raises(ValueError, match=r"MixInputList\.0: the corner \(640, 360\) lies outside"):
        wire_layout.check_windows(MixMode.CUSTOM, [window], canvas=(638, 360), has_whiteboard=False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Status": 1}, "2 (running) or 3 (ended)"),
        ({"EndTime": 1767225000000}, "later than StartTime"),
        ({"EndTime": 1767225000000 + 3 * 86400 * 1000 + 1}, "three days apart"),
        ({"PageSize": 51}, "less than or equal to 50"),
        ({"PageOffset": -1}, "greater than or equal to 0"),
    ],
)
def test_describe_tasks_refuses(change: dict[str, Any], says: str) -> None:
    """The list's filter, window and page size are checked."""
    tree = {"Status": 2, "StartTime": 1767225000000, "EndTime": 1767228600000} | change
    with pytest.raises(ValidationError) as refused:
        wire.DescribeTasksRequest.model_validate_json(json.dumps(tree))
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "model",
    [
        wire.StopRecordRequest,
        wire.DescribeRecordStatusRequest,
        wire.PauseRecordRequest,
        wire.ResumeRecordRequest,
        wire.TakeSnapshotRequest,
        wire.UpdateWhiteboardRequest,
        wire.UpdateLayoutRequest,
    ],
)
def test_actions_on_a_task_name_it(model: type[wire.TaskRequest]) -> None:
    """Every action on one task needs its id, which isn't empty, and takes no unknown key."""
    tree = {"WhiteboardId": "wb-7"} if model is wire.UpdateWhiteboardRequest else {}
    assert model.model_validate(tree | {"TaskId": "aVW5AOE4IyvEAAAq"}).TaskId == "aVW5AOE4IyvEAAAq"
    for broken in ({}, {"TaskId": ""}, {"TaskId": "aVW5AOE4IyvEAAAq", "RoomId": "room-42"}):
        with pytest.raises(ValidationError):
            model.model_validate(tree | broken)


@pytest.mark.parametrize("tree", [{}, {"WhiteboardId": ""}, {"WhiteboardId": 7}])
def test_a_switch_names_the_board(tree: dict[str, Any]) -> None:
    """UpdateWhiteboard without the id of a board is refused."""
    with pytest.raises(ValidationError):
        wire.UpdateWhiteboardRequest.model_validate(tree | {"TaskId": "aVW5AOE4IyvEAAAq"})


def test_responses_ignore_what_they_do_not_know() -> None:
    """Unknown keys, values beyond the printed enums and numeric ids are read; absent parts are None."""
    answer = wire_answers.DescribeRecordStatusResponse.model_validate(
        {
            "Code": 0,
            "RequestId": 3141592653589793242,
            "Later": 1,
            "Data": {"Status": 7, "RecordFiles": [{"OutputFileFormat": "ogg", "Status": 9, "New": True}]},
        }
    )
    assert answer.RequestId == "3141592653589793242"
    assert answer.Data is not None
    assert answer.Data.RecordFiles is not None
    assert (answer.Data.Status, answer.Data.RecordFiles[0].Status) == (7, 9)
    assert wire_answers.StartRecordResponse.model_validate({}).Data is None


def test_storage_vendors_have_the_documented_numbers() -> None:
    """Clouds are numbered 1 to 10 as the vendor prints them."""
    assert [vendor.name for vendor in StorageVendor] == [
        *("AMAZON_S3", "ALIBABA_OSS", "TENCENT_COS", "QINIU_KODO", "ALIBABA_VOD", "TENCENT_VOD"),
        *("HUAWEI_OBS", "GOOGLE_CLOUD_STORAGE", "CHINA_MOBILE_EOS", "S3_COMPATIBLE"),
    ]
    assert [int(vendor) for vendor in StorageVendor] == list(range(1, 11))
