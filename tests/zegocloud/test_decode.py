"""The way back: what decoding a start gives is what was translated, but for what the findings name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import event, given, settings

from planned import Planner, revealed
from recorder_core import InvalidSpec, PlannedRequest, RecordingSpec
from recorder_core.testing import connect, emulate
from recorder_zegocloud.decode.requests import NOT_CARRIED, decoded
from recorder_zegocloud.wire.requests import StartRecordRequest
from zegocloud.any_spec import specs
from zegocloud.way_back import SETTLED, differences, leaves

PLANNER = Planner("zegocloud")


def test_every_documented_difference_is_settled() -> None:
    """The constant that documents them is the one that the property lives by."""
    assert SETTLED.keys() == NOT_CARRIED.keys()


@settings(max_examples=600, derandomize=True)
@given(specs)
def test_what_is_planned_is_valid_and_read_back(spec: RecordingSpec) -> None:
    """The strict bodies take what translation sends; what it drops, the findings name; the rest comes back."""
    plan = PLANNER.recorder.plan(spec)
    event(f"{spec.mode} sent" if plan.requests else "refused")
    if plan.requests:
        StartRecordRequest.model_validate_json(json.dumps(revealed(plan.requests[0].payload)))
        assert differences(plan) == {}
    else:
        assert not all(finding.droppable for finding in plan.findings)


@settings(max_examples=60, derandomize=True)
@given(specs)
def test_the_service_takes_what_is_sent(spec: RecordingSpec) -> None:
    """The emulated service, which refuses unknown keys and wrong values, starts a task for it."""
    if not PLANNER.recorder.plan(spec).requests:
        return
    with emulate("zegocloud", media=False) as service, connect(service, on_unsupported="warn") as recorder:
        recording = recorder.start(spec)
    assert recording.native["TaskId"]


@settings(max_examples=100, derandomize=True)
@given(specs)
def test_decoding_is_final(spec: RecordingSpec) -> None:
    """A decoded spec makes the same body again, where nothing stands in the way."""
    plan = PLANNER.recorder.plan(spec)
    if plan.requests and not plan.findings:
        body = revealed(plan.requests[0].payload)
        again = PLANNER.provider.decode(plan.requests)
        intent = PLANNER.recorder._intent(again, None, body["RecordInputParams"]["ClientTaskId"], ())
        assert revealed(PLANNER.provider.translate(again, intent).requests[0].payload) == body


# --- bodies that others made ---

STORAGE_PARAMS = {
    "Vendor": 1,
    "Region": "eu-west-1",
    "Bucket": "lessons",
    "AccessKeyId": "AK-1",
    "AccessKeySecret": "SK-1",
}
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
        ({}, "RoomId: is missing"),
        (mixed(Stripes=True), "RecordInputParams.MixConfig.Stripes: is unknown"),
        (mixed(MixMode=9), "RecordInputParams.MixConfig.MixMode: "),
        ({**mixed(), "RoomId": "a\nb"}, "RoomId: as room: holds a control character"),
        (
            {**mixed(), "StorageParams": {**STORAGE_PARAMS, "Vendor": 3}},
            "StorageParams: as storage.bucket: has no APPID",
        ),
        (
            {**mixed(), "StorageParams": {**STORAGE_PARAMS, "AccessKeySecret": "***"}},
            "StorageParams: as storage.secret_key",
        ),
        (mixed({"OutputFolder": "record"}), "RecordOutputParams.OutputFolder: has no slash"),
        (mixed({"OutputFolder": "/record/"}), "RecordOutputParams.OutputFolder: as output.prefix: begins with a slash"),
        (
            mixed(MixOutputVideoConfig={"Width": 641, "Height": 360, "Fps": 15, "Bitrate": 400000}),
            "RecordInputParams.MixConfig.MixOutputVideoConfig: as video.width: 641 is odd",
        ),
        (
            mixed(MixOutputVideoConfig={"Width": 640, "Height": 360, "Fps": 15, "Bitrate": 400500}),
            "RecordInputParams.MixConfig.MixOutputVideoConfig.Bitrate: 400500 is no whole number of kbps",
        ),
        (
            mixed(MixOutputAudioConfig={"Bitrate": 1}),
            "RecordInputParams.MixConfig.MixOutputAudioConfig.Bitrate: 1 is no whole number of kbps",
        ),
        (
            mixed(DefaultMixStreamBackgroundImage="https://e.com/a.jpg"),
            "RecordInputParams.MixConfig.DefaultMixStreamBackgroundImage: needs FillBlank",
        ),
        (
            mixed(MixOutputWatermarkImage="https://e.com/a.jpg"),
            "RecordInputParams.MixConfig.MixOutputWatermarkImageConfig: is missing",
        ),
        (
            mixed(
                inputs={"StreamType": 1},
                MixMode=1,
                MixInputList=[{"StreamId": "7", "Top": 0, "Left": 0, "Bottom": 9, "Right": 9, "Layer": 1}],
            ),
            "RecordInputParams.MixConfig.MixInputList: chooses whose sound is recorded",
        ),
        (
            mixed(
                inputs={"HasWhiteboard": True, "Whiteboard": [{"HorizontalRatio": 4, "VerticalRatio": 3}]},
                MixMode=1,
                MixInputList=[
                    {"StreamId": "7", "ViewType": 2, "Top": 0, "Left": 0, "Bottom": 9, "Right": 9, "Layer": 1}
                ],
            ),
            "RecordInputParams.MixConfig.MixInputList.0.StreamId: has the window until the whiteboard opens",
        ),
        (
            mixed(
                MixMode=1,
                MixInputList=[{"Top": 0, "Left": 0, "Bottom": 0, "Right": 640, "Layer": 1}],
            ),
            "RecordInputParams.MixConfig.MixInputList.0: has no width or no height",
        ),
        (
            mixed(
                MixMode=1,
                MixInputList=[
                    {"StreamId": "7", "Top": 0, "Left": 0, "Bottom": 9, "Right": 640, "Layer": 1},
                    {"StreamId": "7", "Top": 0, "Left": 0, "Bottom": 9, "Right": 640, "Layer": 1},
                ],
            ),
            "RecordInputParams.MixConfig.MixInputList: as layout.regions.1.participant: '7' has region 0 already",
        ),
        (
            mixed(StreamConfigList=[{"StreamId": "", "StreamType": 1}]),
            "RecordInputParams.MixConfig.StreamConfigList: leaves a medium of everybody out",
        ),
    ],
)
def test_what_no_spec_can_say_is_refused(body: dict[str, Any], problem: str) -> None:
    """By its path in the body; nothing secret is shown."""
    with pytest.raises(InvalidSpec) as caught:
        decoded(body)
    assert any(found.startswith(problem) for found in caught.value.problems), caught.value.problems
    assert "SK-1" not in str(caught.value)


NAMED = {"stream_id": "{room}_{participant}", "screen_stream_id": "{participant}_screen"}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (single(RecordStreamList=[{"StreamId": "7"}]), "'7' is nobody's stream"),
        (
            single(RecordStreamList=[{"StreamId": "lesson-42_7"}]),
            "lists one stream of somebody and not the other, 7_screen",
        ),
        (
            mixed(
                StreamConfigList=[
                    {"StreamId": "lesson-42_7", "StreamType": 1},
                    {"StreamId": "7_screen", "StreamType": 2},
                ]
            ),
            "records other media of one stream of '7' than of the other",
        ),
        (mixed(MixMode=4, MixMaxResolutionStreamId="7_screen"), "is a shared screen"),
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
                        "BackgroundImage": "https://e.com/a.jpg",
                    },
                ],
            ),
            "stands for a camera only",
        ),
    ],
)
def test_streams_that_no_participant_has_are_refused(body: dict[str, Any], problem: str) -> None:
    """Told how the application names its streams, a body may name some that no spec makes."""
    with pytest.raises(InvalidSpec, match=problem):
        decoded(body, **NAMED)


def test_untold_streams_are_participants_of_their_names() -> None:
    """The provider doesn't know the application's names: streams come back whole, and make the same body."""
    options = {"stream_id": "{room}_{participant}", "screen_stream_id": "{participant}_screen"}
    plan = PLANNER(
        mode="individual",
        participants={"audio": {"include": ["7"]}, "video": {"include": ["7"]}},
        options=options,
    )
    spec = PLANNER.provider.decode(plan.requests)
    assert spec.participants.audio is not None
    assert spec.participants.audio.include == ("lesson-42_7", "7_screen")
    again = PLANNER.recorder.plan(spec).requests[0].payload
    assert revealed(again) == revealed(plan.requests[0].payload)


def test_a_plan_is_read_with_its_secrets() -> None:
    """A payload keeps them; a dump, which masks them, isn't mistaken for one."""
    plan = PLANNER()
    assert PLANNER.provider.decode(plan.requests).storage == plan.spec.storage
    (request,) = plan.requests
    masked = PlannedRequest(request.operation, request.method, request.url, request.body)
    with pytest.raises(InvalidSpec, match="masked secret"):
        PLANNER.provider.decode([masked])


def test_what_is_no_start_is_refused() -> None:
    """The error says what was given instead."""
    stop = PlannedRequest("StopRecord", "POST", "https://cloudrecord-api.zego.im/", {"TaskId": "task-1"})
    with pytest.raises(InvalidSpec, match=r"no StartRecord among .'StopRecord'."):
        PLANNER.provider.decode([stop])
