"""The way back from bodies of other people's code: defaults, and the exact place of what no spec can say."""

from __future__ import annotations

from typing import Any

import pytest

from planned import Planner, revealed
from recorder_core import InvalidSpec, PlannedRequest, RecordingSpec
from recorder_zegocloud.decode.requests import decoded
from zegocloud.way_back import leaves

STORAGE_PARAMS = {
    "Vendor": 1,
    "Region": "eu-west-1",
    "Bucket": "lessons",
    "AccessKeyId": "AK-1",
    "AccessKeySecret": "SK-1",
}
MIXED = "RecordInputParams.MixConfig"
PICTURE = "https://e.com/a.jpg"
MIX = {
    "MixOutputStreamId": "mix-1",
    "MixOutputVideoConfig": {"Width": 640, "Height": 360, "Fps": 15, "Bitrate": 400000},
}


def mixed(output: dict[str, Any] | None = None, inputs: dict[str, Any] | None = None, **mix: Any) -> dict[str, Any]:
    """The body of a mixed task."""
    return {
        "RoomId": "lesson-42",
        "RecordInputParams": {"RecordMode": 2, "MixConfig": {**MIX, **mix}, **(inputs or {})},
        "RecordOutputParams": output or {},
        "StorageParams": STORAGE_PARAMS,
    }


def single(output: dict[str, Any] | None = None, **inputs: Any) -> dict[str, Any]:
    """The body of a single-stream task."""
    return {
        "RoomId": "lesson-42",
        "RecordInputParams": {"RecordMode": 1, **inputs},
        "RecordOutputParams": output or {},
        "StorageParams": STORAGE_PARAMS,
    }


def problems(body: dict[str, Any], **names: str) -> tuple[str, ...]:
    """What is wrong with a body."""
    with pytest.raises(InvalidSpec) as caught:
        decoded(body, **names)
    assert caught.value.__context__ is None
    assert "SK-1" not in str(caught.value)
    return caught.value.problems


def test_what_a_body_leaves_out_is_the_vendors_default() -> None:
    """MP4, sound and pictures, 30 s idle, a cropping grid on black, 48 kbps: not what a spec leaves out."""
    spec = decoded(mixed())
    assert spec == RecordingSpec.load(
        {
            "room": "lesson-42",
            "mode": "composite",
            "media": "audio_video",
            "idle_timeout": 30,
            "layout": {"kind": "grid", "fit": "cover", "background": {"color": "#000000"}},
            "video": {"width": 640, "height": 360, "fps": 15, "bitrate_kbps": 400},
            "audio": {"bitrate_kbps": 48},
            "output": {"formats": ["mp4"], "tracks": "merged"},
            "storage": {
                "kind": "s3",
                "bucket": "lessons",
                "region": "eu-west-1",
                "access_key": "AK-1",
                "secret_key": "SK-1",
            },
            "options": {"zegocloud": {"mix_output_stream_id": "mix-1"}},
        }
    )
    assert decoded(single()).mode == "individual"
    assert decoded(single()).output.formats == {"mp4"}
    assert decoded(single()).participants.audio is None


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            mixed({"OutputFileFormat": "hls"}),
            {"output.segment_duration": 15, "options.zegocloud.realtime_upload": False},
        ),
        (
            mixed({"OutputFileFormat": "hls", "RealtimeUploadFragment": True}),
            {"options.zegocloud.short_fragment_path": False},
        ),
        (single({"OutputFileFormat": "jpg"}), {"output.snapshots.interval": 10}),
        (mixed(MixMode=5), {"layout.kind": "floating"}),
        (mixed(MixOutputBackgroundColor=-1), {"layout.background.color": "#ffffff"}),
        (mixed(inputs={"FillFrame": {"FrameFillMode": 2}}), {"options.zegocloud.camera_off": "color"}),
        (
            mixed(inputs={"HasWhiteboard": True, "Whiteboard": [{"HorizontalRatio": 4, "VerticalRatio": 3}]}),
            {"whiteboard.aspect": "4:3"},
        ),
        (
            mixed(
                inputs={
                    "HasWhiteboard": True,
                    "Whiteboard": [{"HorizontalRatio": 4, "VerticalRatio": 3, "IsPPTAnimation": True}],
                }
            ),
            {"whiteboard.animation_fps": 15},
        ),
        (mixed(RecordSoundWave=True), {"options.zegocloud.sound_wave": "stream"}),
        (mixed(StreamConfigList=[{"StreamId": "7", "StreamType": 0}]), {}),
        (mixed(StreamConfigList=[{"StreamId": "7", "StreamType": 1}]), {"participants.video.exclude.0": "7"}),
        (
            mixed(StreamConfigList=[{"StreamType": 2}, {"StreamId": "7"}]),
            {"participants.audio.include.0": "7"},
        ),
        (single(RecordStreamList=[]), {}),
        (
            single(RecordMuteAudio=2, StreamType=1, output={"OutputFileFormat": "mp3"}),
            {"options.zegocloud.record_muted_audio": False},
        ),
    ],
    ids=str,
)
def test_a_default_beside_what_is_given(body: dict[str, Any], told: dict[str, Any]) -> None:
    """What belongs to something that was given has the vendor's default too."""
    found = dict(leaves(decoded(body).model_dump(mode="json", context={"reveal": True})))
    assert {path: found.get(path) for path in told} == told
    assert told or not [path for path in found if path.startswith("participants")]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (mixed(Stripes=True), f"{MIXED}.Stripes: is unknown"),
        (mixed(MixMode=9), f"{MIXED}.MixMode: "),
        (mixed({"OutputFolder": "record"}), "RecordOutputParams.OutputFolder: has no slash"),
        (
            mixed(MixOutputVideoConfig={"Width": 640, "Height": 360, "Fps": 15, "Bitrate": 400500}),
            f"{MIXED}.MixOutputVideoConfig.Bitrate: 400500 is no whole number of kbps",
        ),
        (
            mixed(MixOutputAudioConfig={"Bitrate": 1}),
            f"{MIXED}.MixOutputAudioConfig.Bitrate: 1 is no whole number of kbps",
        ),
        (
            mixed(DefaultMixStreamBackgroundImage=PICTURE),
            f"{MIXED}.DefaultMixStreamBackgroundImage: needs FillBlank",
        ),
        (
            mixed(MixOutputWatermarkImage=PICTURE),
            f"{MIXED}.MixOutputWatermarkImageConfig: is missing",
        ),
        (
            mixed(
                inputs={"StreamType": 1},
                MixMode=1,
                MixInputList=[{"StreamId": "7", "Top": 0, "Left": 0, "Bottom": 9, "Right": 9, "Layer": 1}],
            ),
            f"{MIXED}.MixInputList: chooses whose sound is recorded",
        ),
        (
            mixed(
                inputs={"HasWhiteboard": True, "Whiteboard": [{"HorizontalRatio": 4, "VerticalRatio": 3}]},
                MixMode=1,
                MixInputList=[
                    {"StreamId": "7", "ViewType": 2, "Top": 0, "Left": 0, "Bottom": 9, "Right": 9, "Layer": 1}
                ],
            ),
            f"{MIXED}.MixInputList.0.StreamId: has the window until the whiteboard opens",
        ),
        (
            mixed(StreamConfigList=[{"StreamId": "", "StreamType": 1}]),
            f"{MIXED}.StreamConfigList.0.StreamType: leaves a medium of everybody out",
        ),
    ],
)
def test_what_no_spec_can_say_is_refused(body: dict[str, Any], problem: str) -> None:
    """By its path in the body; nothing secret is shown."""
    (found,) = problems(body)
    assert found.startswith(problem)


def test_everything_that_is_wrong_is_told() -> None:
    """What the vendor requires, line by line."""
    missing = ("RoomId: is missing", "RecordInputParams: is missing", "StorageParams: is missing")
    assert problems({}) == missing


def windows(**last: Any) -> dict[str, Any]:
    """A mixed task with four windows, of which the last is changed."""
    places = [{"Left": 160 * n, "Right": 160 * (n + 1), "Top": 0, "Bottom": 360, "Layer": n} for n in range(4)]
    for number, place in enumerate(places):
        place["StreamId"] = str(number)
    places[3] |= last
    return mixed(MixMode=1, MixInputList=places)


def storage(**params: Any) -> dict[str, Any]:
    """A single-stream task with these StorageParams."""
    return {**single(), "StorageParams": {**STORAGE_PARAMS, **params}}


def vod(name: str, **params: Any) -> dict[str, Any]:
    """A single-stream task into one of the clouds' video platforms."""
    return {**single(), "StorageParams": {"Vendor": 5 if name.startswith("Alibaba") else 6, name: params}}


ALIBABA = {
    "Region": "cn-shanghai",
    "AccessKeyId": "AK-1",
    "AccessKeySecret": "SK-1",
    "Title": "t",
    "StorageLocation": "s",
}
TENCENT = {"SecretId": "AK-1", "SecretKey": "SK-1", "Region": "ap-beijing"}
BOARD = {"HorizontalRatio": 4, "VerticalRatio": 3}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({**mixed(), "RoomId": "a\nb"}, "RoomId: holds a control character, such as a line break (as room of a spec)"),
        (mixed(inputs={"MaxIdleTime": 3}), "RecordInputParams.MaxIdleTime: 3 is less than 5"),
        (single(MaxRecordTime="1h"), "RecordInputParams.MaxRecordTime: '1h' is not a whole number"),
        (
            single(HasWhiteboard=True, Whiteboard=[{**BOARD, "WhiteboardId": "a\nb"}]),
            "RecordInputParams.Whiteboard.0.WhiteboardId: holds a control character",
        ),
        (
            single(StreamType=1, HasWhiteboard=True, Whiteboard=[BOARD]),
            "RecordInputParams.HasWhiteboard: needs pictures, but media is audio (as whiteboard of a spec)",
        ),
        (
            single(RecordStreamList=[{"StreamId": "7"}, {"StreamId": "a b"}]),
            "RecordInputParams.RecordStreamList.1.StreamId: ",
        ),
        (mixed({"OutputFolder": "/record/"}), "RecordOutputParams.OutputFolder: begins with a slash"),
        (mixed({"OutputFolder": "/"}), "RecordOutputParams.OutputFolder: is empty (as output.prefix of a spec)"),
        (mixed({"CallbackUrl": "https://:0/"}), "RecordOutputParams.CallbackUrl: is no http or https URL"),
        (
            mixed(MixOutputVideoConfig={"Width": 641, "Height": 360, "Fps": 15, "Bitrate": 400000}),
            f"{MIXED}.MixOutputVideoConfig.Width: 641 is odd; the sides of a canvas are even (as video.width",
        ),
        (mixed(MixOutputBackgroundImage="https://:0/"), f"{MIXED}.MixOutputBackgroundImage: is no http or https URL"),
        (
            mixed(
                inputs={"FillBlank": True, "FillFrame": {"FrameFillMode": 3}},
                DefaultMixStreamBackgroundImage="https://:0/",
            ),
            f"{MIXED}.DefaultMixStreamBackgroundImage: is no http or https URL",
        ),
        (
            mixed(
                MixOutputWatermarkImage="https://:0/",
                MixOutputWatermarkImageConfig={"Left": 0, "Top": 0, "Right": 9, "Bottom": 9},
            ),
            f"{MIXED}.MixOutputWatermarkImage: is no http or https URL",
        ),
        (
            mixed(
                MixOutputWatermarkImage=PICTURE,
                MixOutputWatermarkImageConfig={"Left": 0, "Top": 9, "Right": 9, "Bottom": 9},
            ),
            f"{MIXED}.MixOutputWatermarkImageConfig.Bottom: 9 is Top as well",
        ),
        (windows(Right="640"), f"{MIXED}.MixInputList.3.Right: '640' is not a whole number"),
        (windows(Right=480), f"{MIXED}.MixInputList.3.Right: 480 is Left as well, so that there is no width"),
        (windows(Bottom=0), f"{MIXED}.MixInputList.3.Bottom: 0 is Top as well, so that there is no height"),
        (
            windows(StreamId="1"),
            f"{MIXED}.MixInputList.3.StreamId: '1' has region 1 already (as layout.regions.3.participant of a spec)",
        ),
        (
            windows(BackgroundImage="https://:0/"),
            f"{MIXED}.MixInputList.3.BackgroundImage: is no http or https URL: it names no host "
            "(as layout.placeholders.3.url of a spec)",
        ),
        (storage(Bucket="a/b"), "StorageParams.Bucket: holds a slash or white space"),
        (storage(Region="a\nb"), "StorageParams.Region: holds a control character"),
        (storage(Vendor=3), "StorageParams.Bucket: has no APPID"),
        (storage(AccessKeySecret="***"), "StorageParams.AccessKeySecret: is a masked secret"),
        (
            storage(AccessKeyId="ASIAABCDEFGHIJKLMNOP"),
            "StorageParams.AccessKeyId: is missing; access_key has the form of a temporary key, which works only with "
            "its token (as storage.session_token of a spec)",
        ),
        (storage(Vendor=10, EndPoint="ftp://e.com"), "StorageParams.EndPoint: is no endpoint"),
        (
            vod("AlibabaCloudVodParams", **ALIBABA | {"Region": "a\nb"}),
            "StorageParams.AlibabaCloudVodParams.Region: holds a control character",
        ),
        (
            vod("AlibabaCloudVodParams", **ALIBABA | {"AccessKeySecret": "SK-1 "}),
            "StorageParams.AlibabaCloudVodParams.AccessKeySecret: begins or ends with white space",
        ),
        (
            vod("TencentCloudVodParams", **TENCENT, SubAppId=0),
            "StorageParams.TencentCloudVodParams.SubAppId: 0 is less than 1 (as storage.sub_app_id of a spec)",
        ),
        (
            vod("TencentCloudVodParams", **TENCENT | {"SecretKey": ""}),
            "StorageParams.TencentCloudVodParams.SecretKey: is empty (as storage.secret_key of a spec)",
        ),
    ],
)
def test_a_wrong_value_is_named_by_its_exact_place(body: dict[str, Any], problem: str) -> None:
    """However deep it lies, whether the vendor refuses it or a spec; beside which field of a spec it is."""
    (found,) = problems(body)
    assert found.startswith(problem)


NAMED = {"stream_id": "{room}_{participant}", "screen_stream_id": "{participant}_screen"}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            single(RecordStreamList=[{"StreamId": "lesson-42_7"}, {"StreamId": "7_screen"}, {"StreamId": "7"}]),
            "RecordInputParams.RecordStreamList.2.StreamId: '7' is nobody's stream: streams are called "
            "{room}_{participant}",
        ),
        (
            single(RecordStreamList=[{"StreamId": "lesson-42_7"}]),
            "RecordInputParams.RecordStreamList: lists one stream of somebody and not the other, 7_screen",
        ),
        (
            mixed(
                StreamConfigList=[
                    {"StreamId": "lesson-42_7", "StreamType": 1},
                    {"StreamId": "7_screen", "StreamType": 2},
                ]
            ),
            f"{MIXED}.StreamConfigList.1.StreamType: records other media of one stream of '7' than of the other",
        ),
        (mixed(StreamConfigList=[{"StreamId": "x"}]), f"{MIXED}.StreamConfigList.0.StreamId: 'x' is nobody's stream"),
        (
            mixed(MixMode=4, MixMaxResolutionStreamId="7_screen"),
            f"{MIXED}.MixMaxResolutionStreamId: is a shared screen",
        ),
        (mixed(MixMode=4, MixMaxResolutionStreamId="x"), f"{MIXED}.MixMaxResolutionStreamId: 'x' is nobody's stream"),
        (windows(), f"{MIXED}.MixInputList.0.StreamId: '0' is nobody's stream"),
        (
            mixed(
                MixMode=1,
                MixInputList=[
                    {
                        "StreamId": "7_screen",
                        "Top": 0,
                        "Left": 0,
                        "Bottom": 9,
                        "Right": 640,
                        "Layer": 1,
                        "BackgroundImage": PICTURE,
                    },
                ],
            ),
            f"{MIXED}.MixInputList.0.BackgroundImage: stands for a camera only",
        ),
    ],
)
def test_streams_that_no_participant_has_are_refused(body: dict[str, Any], problem: str) -> None:
    """Told how the application names its streams, a body may name some that no spec makes."""
    (found,) = problems(body, **NAMED)
    assert found.startswith(problem)


def test_named_streams_are_read_through_the_public_door() -> None:
    """An application that names its streams says how, and gets its participants back; nonsense is refused."""
    planner = Planner("zegocloud")
    named = {"stream_id": "{room}_{participant}_main", "screen_stream_id": "{participant}_share"}
    plan = planner(layout={"kind": "spotlight", "participant": "7"}, options=named)
    start = plan.request("StartRecord")
    requests = [PlannedRequest(start.operation, start.method, start.url, revealed(start.payload))]
    assert planner.provider.decode(requests, **named).layout.participant == "7"
    assert planner.provider.decode(requests).layout.participant == "lesson-42_7_main"
    with pytest.raises(InvalidSpec, match=r"options.zegocloud.stream_id: .*participant"):
        planner.provider.decode(requests, stream_id="main")
    with pytest.raises(InvalidSpec, match=r"options.fill_blank: is not needed"):
        planner.provider.decode(requests, fill_blank=True)
