"""Composite recording, neutral to wire: the body, and the verdict on every field."""

from __future__ import annotations

from typing import Any

import pytest

from planned import KEYS, Planner, neutral_methods, revealed, translator_methods, verdicts
from recorder_core import InvalidSpec, Recording, UnsupportedFeature
from recorder_zegocloud.config import ZegocloudOptions
from recorder_zegocloud.translate import CompositeTranslator

APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"
PLANNED_ID = "0" * 32


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("zegocloud")


def start(plan: Planner, **fields: Any) -> Any:
    """The body of StartRecord."""
    return revealed(plan(**fields).request("StartRecord").payload)


def inputs(plan: Planner, **fields: Any) -> Any:
    return start(plan, **fields)["RecordInputParams"]


def mix(plan: Planner, **fields: Any) -> Any:
    return inputs(plan, **fields)["MixConfig"]


def output(plan: Planner, **fields: Any) -> Any:
    return start(plan, **fields)["RecordOutputParams"]


def test_every_neutral_field_has_one_method_or_none() -> None:
    """A method for each field that the wire can carry, none for the others, and none without a field."""
    neutral, mine = neutral_methods(ZegocloudOptions), translator_methods(CompositeTranslator)
    assert mine.keys() <= neutral.keys()
    assert neutral.keys() - mine.keys() == {
        *("set_apart_from", "set_encryption", "set_push_urls", "set_start_paused", "set_web_page"),
        *("storage_azure_blob", "storage_baidu_bos", "storage_kingsoft_ks3", "storage_vendor_managed"),
        *("option_mute_split_threshold", "option_record_muted_audio", "option_resume_without_interruption"),
    }
    unclaimed = {name: (neutral[name] or set()) - claims for name, claims in mine.items()}
    token = {"session_token", "session_expires_at"}
    assert {name: leaves for name, leaves in unclaimed.items() if leaves} == {
        "set_audio": {"channels", "sample_rate"},
        "set_output": {"max_file_duration"},
        "set_whiteboard": {"width", "height"},
        "storage_s3": {*token, "role_arn", "server_side_encryption", "object_tag"},
        "storage_alibaba_oss": {*token, "object_tag"},
        "storage_tencent_cos": token,
        "storage_google_cloud_storage": {"credentials_json"},
    }
    assert not {
        name: claims - (neutral[name] or set()) for name, claims in mine.items() if claims - (neutral[name] or set())
    }


def test_room_and_storage_are_a_whole_spec(plan: Planner) -> None:
    """Two fields are enough, exactly carried, with the neutral defaults in place of the vendor's."""
    found = plan()
    assert found.findings == ()
    (request,) = found.requests
    assert request.url == "https://cloudrecord-api.zego.im/?Action=StartRecord&AppId=1234567890"
    assert revealed(request.payload) == {
        "RoomId": "lesson-42",
        "RecordInputParams": {
            "RecordMode": 2,
            "StreamType": 3,
            "ClientTaskId": PLANNED_ID,
            "MaxIdleTime": 300,
            "MixConfig": {
                "MixMode": 2,
                "FillMode": 1,
                "MixOutputStreamId": PLANNED_ID,
                "MixOutputVideoConfig": {"Width": 1280, "Height": 720, "Fps": 15, "Bitrate": 1130000},
                "MixOutputAudioConfig": {"Bitrate": 48000},
                "MixOutputBackgroundColor": 0,
            },
        },
        "RecordOutputParams": {
            "OutputFileFormat": "hls",
            "OutputFileRule": 1,
            "FragmentSeconds": 15,
            "RealtimeUploadFragment": True,
            "ShortFragmentPath": True,
        },
        "StorageParams": {
            "Vendor": 1,
            "Region": "eu-west-1",
            "Bucket": "lessons",
            "AccessKeyId": "AK-1",
            "AccessKeySecret": "SK-1",
        },
    }


def test_a_spec_with_everything_that_the_vendor_carries(plan: Planner) -> None:
    """Every field has its place on the wire."""
    found = plan(
        room="lesson 42/ü",
        participants={"audio": {"exclude": ["9"]}},
        expected_participants=6,
        layout={
            "kind": "custom",
            "background": {"color": "#ff8020", "image": {"url": "https://e.com/b.jpg", "fit": "stretch"}},
            "placeholders": {"1001": {"url": "https://e.com/p.jpg", "fit": "stretch"}},
            "regions": [
                {"participant": 1001, "x": 0, "y": 0, "width": 2 / 3, "height": 1, "fit": "contain", "z": 5},
                {"x": 2 / 3, "y": 0, "width": 1 / 3, "height": 0.5},
                {"participant": "1001", "content": "screen", "x": 2 / 3, "y": 0.5, "width": 1 / 6, "height": 0.5},
                {"content": "whiteboard", "x": 5 / 6, "y": 0.5, "width": 1 / 6, "height": 0.5, "z": -1},
            ],
        },
        video={"width": 640, "height": 360, "fps": 30, "bitrate_kbps": 800},
        audio={"bitrate_kbps": 64},
        output={"formats": ["hls"], "prefix": "lessons/2026", "tracks": "merged", "segment_duration": 10},
        idle_timeout=60,
        max_duration=7200,
        callback_url="https://e.com/cb",
        whiteboard={"id": "wb", "aspect": "16:9", "background": "#ffffff", "animation_fps": 10},
        watermarks=[
            {"kind": "image", "url": "https://e.com/l.png", "x": 0, "y": 0, "width": 0.1, "height": 0.1},
            {"kind": "clock", "font_size": 20},
        ],
        options={
            "stream_id": "s_{participant}_main",
            "screen_stream_id": "s_{participant}_screen",
            "mix_output_stream_id": "mix-1",
            "fill_blank": True,
            "camera_off": "color",
            "camera_off_color": "#010203",
            "always_mix": True,
            "input_timeout_ms": 500,
            "sound_wave": "user",
            "realtime_upload": True,
            "short_fragment_path": False,
        },
    )
    assert verdicts(found) == {"layout.regions": APPROXIMATED, "layout.placeholders.1001": APPROXIMATED}
    assert revealed(found.requests[0].payload) == {
        "RoomId": "lesson 42/ü",
        "RecordInputParams": {
            "RecordMode": 2,
            "StreamType": 3,
            "ClientTaskId": PLANNED_ID,
            "FillBlank": True,
            "FillFrame": {"FrameFillMode": 2, "FrameFillColor": 0x01020300},
            "HasWhiteboard": True,
            "Whiteboard": [
                {
                    "HorizontalRatio": 16,
                    "VerticalRatio": 9,
                    "WhiteboardId": "wb",
                    "BackgroundColor": 0xFFFFFF00,
                    "IsPPTAnimation": True,
                    "PPTAnimationFps": 10,
                }
            ],
            "MaxIdleTime": 60,
            "MaxRecordTime": 7200,
            "MixConfig": {
                "MixMode": 1,
                "MixInputList": [
                    {
                        "StreamId": "s_1001_main",
                        "ViewType": 1,
                        "Left": 0,
                        "Top": 0,
                        "Right": 427,
                        "Bottom": 360,
                        "Layer": 4,
                        "FillMode": 2,
                        "BackgroundImage": "https://e.com/p.jpg",
                    },
                    {
                        "ViewType": 1,
                        "Left": 427,
                        "Top": 0,
                        "Right": 640,
                        "Bottom": 180,
                        "Layer": 2,
                        "FillMode": 1,
                    },
                    {
                        "StreamId": "s_1001_screen",
                        "ViewType": 1,
                        "Left": 427,
                        "Top": 180,
                        "Right": 533,
                        "Bottom": 360,
                        "Layer": 3,
                        "FillMode": 1,
                    },
                    {
                        "ViewType": 2,
                        "Left": 533,
                        "Top": 180,
                        "Right": 640,
                        "Bottom": 360,
                        "Layer": 1,
                        "FillMode": 1,
                    },
                ],
                "MixOutputStreamId": "mix-1",
                "MixOutputVideoConfig": {"Width": 640, "Height": 360, "Fps": 30, "Bitrate": 800000},
                "MixOutputAudioConfig": {"Bitrate": 64000},
                "MixOutputBackgroundColor": 0xFF802000,
                "MixOutputBackgroundImage": "https://e.com/b.jpg",
                "MixOutputWatermarkImage": "https://e.com/l.png",
                "MixOutputWatermarkImageConfig": {"Left": 0, "Top": 0, "Right": 64, "Bottom": 36},
                "MixOutputWatermarkTimestampConfig": {"FontSize": 20},
                "IsAlwaysMix": True,
                "RecordSoundWave": True,
                "SoundWaveType": 1,
                "StreamConfigList": [
                    {"StreamId": "s_9_main", "StreamType": 2},
                    {"StreamId": "s_9_screen", "StreamType": 2},
                    {"StreamId": "", "StreamType": 3},
                ],
                "ClearInputStreamTimeout": 500,
            },
        },
        "RecordOutputParams": {
            "OutputFileFormat": "hls",
            "OutputFolder": "lessons/2026/",
            "OutputFileRule": 1,
            "CallbackUrl": "https://e.com/cb",
            "FragmentSeconds": 10,
            "RealtimeUploadFragment": True,
            "ShortFragmentPath": False,
        },
        "StorageParams": {
            "Vendor": 1,
            "Region": "eu-west-1",
            "Bucket": "lessons",
            "AccessKeyId": "AK-1",
            "AccessKeySecret": "SK-1",
        },
    }


BOARD = {"aspect": "16:9"}
CLOCK = {"kind": "clock", "font_size": 20}
LOGO = {"kind": "image", "url": "https://e.com/l.png", "x": 0, "y": 0, "width": 0.1, "height": 0.1}
ALIBABA_VOD = {"kind": "alibaba_vod", "region": "cn-shanghai", **KEYS, "title": "t", "storage_location": "s"}
TENCENT_VOD = {"kind": "tencent_vod", "region": "ap-beijing", **KEYS}

EXACT: list[dict[str, Any]] = [
    {"room": "Übung / 7"},
    {"media": "audio"},
    {"media": "video"},
    {"expected_participants": 40},
    {"participants": {"audio": {"include": ["7"]}}},
    {"participants": {"video": {"exclude": ["7"]}}},
    {"video": {"width": 1080, "height": 1920}},
    *({"video": {"fps": fps}} for fps in (5, 12, 30)),
    {"audio": {"bitrate_kbps": 500}},
    *({"output": {"formats": [name]}} for name in ("hls", "mp4", "flv")),
    *({"media": "audio", "output": {"formats": [name]}} for name in ("aac", "mp3", "ogg", "mp4")),
    {"output": {"formats": [], "snapshots": {"interval": 10}}},
    {"output": {"prefix": "a-b/ü"}},
    {"output": {"tracks": "separate"}},
    {"output": {"segment_duration": 2}},
    {"output": {"segment_duration": 60}},
    {"idle_timeout": 5},
    {"idle_timeout": 86400},
    {"max_duration": 300},
    {"max_duration": 86400},
    {"callback_url": "https://e.com/cb"},
    {"whiteboard": {**BOARD, "animation_fps": 30}},
    {"watermarks": [CLOCK, LOGO]},
    {"storage": ALIBABA_VOD, "output": {"formats": ["mp4"]}},
    {"storage": TENCENT_VOD, "output": {"formats": [], "snapshots": {"interval": 10}}},
    {"options": {"camera_off": "color", "camera_off_color": "#ffffff"}},
    {"options": {"realtime_upload": False}},
]
FOUND: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"mode": "individual"}, {"mode": UNSUPPORTED}),
    ({"mode": "web", "web_page": {"url": "https://e.com"}}, {"mode": UNSUPPORTED}),
    (
        {"participants": {"audio": {"include": ["7"]}, "video": {"include": ["7"]}}},
        {"participants": UNSUPPORTED},
    ),
    (
        {"participants": {"audio": {"exclude": ["7"]}, "video": {"exclude": ["7"]}}},
        {"participants": UNSUPPORTED},
    ),
    ({"media": "audio", "participants": {"audio": {"exclude": ["7"]}}}, {"participants": UNSUPPORTED}),
    ({"participants": {"audio": {"exclude": ["Anna B"]}}}, {"participants": UNSUPPORTED}),
    ({"video": {"width": 2560, "height": 720}}, {"video": UNSUPPORTED}),
    ({"video": {"width": 1920, "height": 1082}}, {"video": UNSUPPORTED}),
    *(({"video": {"fps": fps}}, {"video.fps": UNSUPPORTED}) for fps in (4, 31)),
    ({"audio": {"sample_rate": 48000}}, {"audio.sample_rate": UNSUPPORTED}),
    ({"audio": {"channels": 1}}, {"audio.channels": UNSUPPORTED}),
    ({"output": {"formats": ["hls", "mp4"]}}, {"output.formats": UNSUPPORTED}),
    ({"output": {"formats": ["webm"]}}, {"output.formats": UNSUPPORTED}),
    ({"output": {"formats": ["aac"]}}, {"output.formats": UNSUPPORTED}),
    ({"output": {"snapshots": {"interval": 10}}}, {"output.snapshots.interval": UNSUPPORTED}),
    ({"output": {"segment_duration": 1}}, {"output.segment_duration": UNSUPPORTED}),
    ({"output": {"segment_duration": 61}}, {"output.segment_duration": UNSUPPORTED}),
    ({"output": {"formats": ["mp4"], "segment_duration": 10}}, {"output.segment_duration": UNSUPPORTED}),
    ({"output": {"max_file_duration": 3600}}, {"output.max_file_duration": UNSUPPORTED}),
    ({"storage": ALIBABA_VOD}, {"output.formats": UNSUPPORTED}),
    (
        {"storage": ALIBABA_VOD, "output": {"formats": [], "snapshots": {"interval": 10}}},
        {"output.formats": UNSUPPORTED},
    ),
    ({"idle_timeout": 4}, {"idle_timeout": UNSUPPORTED}),
    ({"idle_timeout": 86401}, {"idle_timeout": UNSUPPORTED}),
    ({"max_duration": 299}, {"max_duration": UNSUPPORTED}),
    ({"max_duration": 86401}, {"max_duration": UNSUPPORTED}),
    (
        {"encryption": {"cipher": "aes_128_xts", "secret": "k"}},
        {"encryption.cipher": UNSUPPORTED, "encryption.secret": UNSUPPORTED},
    ),
    ({"start_paused": True}, {"start_paused": UNSUPPORTED}),
    ({"push_urls": ["rtmp://e.com/live"]}, {"push_urls": UNSUPPORTED}),
    (
        {"whiteboard": {**BOARD, "width": 800, "height": 600}},
        {"whiteboard.width": UNSUPPORTED, "whiteboard.height": UNSUPPORTED},
    ),
    ({"whiteboard": {**BOARD, "animation_fps": 31}}, {"whiteboard.animation_fps": UNSUPPORTED}),
    ({"watermarks": [CLOCK, CLOCK]}, {"watermarks.1": UNSUPPORTED}),
    ({"watermarks": [LOGO, CLOCK, LOGO]}, {"watermarks.2": UNSUPPORTED}),
    *(({"watermarks": [{**CLOCK, "font_size": size}]}, {"watermarks.0.font_size": UNSUPPORTED}) for size in (11, 101)),
    ({"options": {"camera_off_color": "#ffffff"}}, {"options.zegocloud.camera_off_color": UNSUPPORTED}),
    ({"options": {"record_muted_audio": True}}, {"options.zegocloud.record_muted_audio": UNSUPPORTED}),
    ({"options": {"mute_split_threshold": 3}}, {"options.zegocloud.mute_split_threshold": UNSUPPORTED}),
    (
        {"options": {"resume_without_interruption": True}},
        {"options.zegocloud.resume_without_interruption": UNSUPPORTED},
    ),
    (
        {"output": {"formats": ["mp4"]}, "options": {"realtime_upload": True}},
        {"options.zegocloud.realtime_upload": UNSUPPORTED},
    ),
    (
        {"options": {"realtime_upload": False, "short_fragment_path": True}},
        {"options.zegocloud.short_fragment_path": UNSUPPORTED},
    ),
    ({"options": {"extra_body": {"RoomId": "x"}}}, {"options.zegocloud.extra_body": APPROXIMATED}),
]


@pytest.mark.parametrize("fields", EXACT, ids=str)
def test_what_is_exact(plan: Planner, fields: dict[str, Any]) -> None:
    """In range and representable: no finding."""
    assert plan(**fields).findings == ()


@pytest.mark.parametrize(("fields", "found"), FOUND, ids=str)
def test_what_is_not(plan: Planner, fields: dict[str, Any], found: dict[str, str]) -> None:
    """Out of the documented range: unsupported; in range and not representable: approximated. Nothing else is found."""
    assert plan.found(**fields) == found


@pytest.mark.parametrize(
    ("media", "participants", "streams"),
    [
        (
            "audio_video",
            {"audio": {"include": ["7"]}},
            [{"StreamId": "7", "StreamType": 3}, {"StreamId": "", "StreamType": 2}],
        ),
        (
            "audio_video",
            {"audio": {"exclude": ["7", "8"]}, "video": {"exclude": ["9"]}},
            [
                {"StreamId": "7", "StreamType": 2},
                {"StreamId": "8", "StreamType": 2},
                {"StreamId": "9", "StreamType": 1},
                {"StreamId": "", "StreamType": 3},
            ],
        ),
        ("audio", {"video": {"exclude": ["7"]}}, None),
        ("audio_video", {}, None),
    ],
)
def test_participants_are_streams(
    plan: Planner, media: str, participants: dict[str, Any], streams: list[dict[str, Any]] | None
) -> None:
    """Whoever is named has a row of their own, everybody else the last one, with the media recorded of them."""
    assert mix(plan, media=media, participants=participants).get("StreamConfigList") == streams


@pytest.mark.parametrize(("media", "number"), [("audio", 1), ("video", 2), ("audio_video", 3)])
def test_media_are_a_stream_type(plan: Planner, media: str, number: int) -> None:
    """Sound alone has no canvas and no layout; separate tracks are a type of their own."""
    found = inputs(plan, media=media)
    assert found["StreamType"] == number
    assert ("MixOutputVideoConfig" in found["MixConfig"]) == ("MixMode" in found["MixConfig"]) == (media != "audio")
    assert inputs(plan, output={"tracks": "separate"})["StreamType"] == 4


def test_snapshots_stand_alone(plan: Planner) -> None:
    """`formats: []` with an interval makes pictures and no recording."""
    found = output(plan, output={"formats": [], "snapshots": {"interval": 7}})
    assert found == {"OutputFileFormat": "jpg", "OutputFileRule": 1, "SnapshotInterval": 7}


def test_segments_belong_to_hls(plan: Planner) -> None:
    """No field of HLS goes out with another format; a later upload takes no short paths."""
    assert output(plan, output={"formats": ["mp4"]}) == {"OutputFileFormat": "mp4", "OutputFileRule": 1}
    assert output(plan, options={"realtime_upload": False}) == {
        "OutputFileFormat": "hls",
        "OutputFileRule": 1,
        "FragmentSeconds": 15,
        "RealtimeUploadFragment": False,
    }


def test_the_longest_recording_is_configured() -> None:
    """An agreement with the vendor widens the range."""
    agreed = Planner("zegocloud", longest_recording=172800)
    assert agreed.found(max_duration=172800) == {}
    assert agreed.found(max_duration=172801) == {"max_duration": UNSUPPORTED}


def test_a_project_under_test_says_so() -> None:
    """`IsTest` goes into the query where it is configured."""
    assert Planner("zegocloud", is_test=True)().requests[0].url.endswith("&IsTest=true")


def test_a_canvas_that_is_dropped_is_replaced(plan: Planner) -> None:
    """The neutral canvas is sent, windows and marks lie on it, and the plan's spec, hence the handle, says so."""
    found = plan(
        video={"width": 3840, "height": 2160},
        layout={"kind": "custom", "regions": [{"x": 0.5, "y": 0.5, "width": 0.5, "height": 0.5}]},
        watermarks=[LOGO],
    )
    assert found.lost(warn=True) == ("video",)
    sent = revealed(found.requests[0].payload)["RecordInputParams"]["MixConfig"]
    canvas = sent["MixOutputVideoConfig"]
    assert (canvas["Width"], canvas["Height"]) == (found.spec.video.width, found.spec.video.height) == (1280, 720)
    assert (sent["MixInputList"][0]["Right"], sent["MixInputList"][0]["Bottom"]) == (1280, 720)
    assert sent["MixOutputWatermarkImageConfig"]["Right"] == 128


def test_what_is_dropped_is_sent_at_its_bound(plan: Planner) -> None:
    """The vendor demands a frame rate, and its own idle time is 30 s."""
    fields = {"video": {"fps": 60}, "idle_timeout": 100_000}
    assert plan(**fields).lost(warn=True) == ("video.fps", "idle_timeout")
    found = inputs(plan, **fields)
    assert (found["MaxIdleTime"], found["MixConfig"]["MixOutputVideoConfig"]["Fps"]) == (86400, 30)


def test_what_no_caller_may_drop_makes_no_request(plan: Planner) -> None:
    """Findings that are never droppable leave nothing to send."""
    found = plan(output={"formats": ["hls", "mp4"]}, start_paused=True)
    assert found.requests == ()
    with pytest.raises(UnsupportedFeature) as caught:
        found.lost(warn=True)
    assert [finding.path for finding in caught.value.findings] == ["output.formats"]


@pytest.mark.parametrize("template", ["main", "{participant}_{uid}", "{participant", "{participant}}"])
def test_a_template_names_the_participant(plan: Planner, template: str) -> None:
    """{participant} must stand in it, {room} may, nothing else."""
    with pytest.raises(InvalidSpec, match=r"options\.zegocloud\.stream_id"):
        plan(options={"stream_id": template})


def test_a_template_is_filled_in(plan: Planner) -> None:
    """Room and participant come from the spec; one that gives no stream id is refused by the participant's path."""
    fields = {"participants": {"audio": {"exclude": ["7"]}}, "options": {"stream_id": "{room}_{participant}_main"}}
    assert mix(plan, **fields)["StreamConfigList"][0]["StreamId"] == "lesson-42_7_main"
    assert plan.found(**fields, room="lesson 42") == {"participants": UNSUPPORTED}


def test_apart_from_is_unsupported(plan: Planner) -> None:
    """The vendor doesn't tell where it records."""
    other = Recording.model_validate({**plan.recording({}).model_dump(), "id": "r-2"})
    found = plan.provider.translate(plan.spec(), plan.recorder._intent(plan.spec(), None, "r-1", (other,)))
    assert verdicts(found) == {"apart_from": UNSUPPORTED}


def test_extra_body_is_laid_over_the_body_last(plan: Planner) -> None:
    """Objects merge, everything else is replaced; a plan never shows the values."""
    found = plan(options={"extra_body": {"RecordInputParams": {"MaxIdleTime": 7, "Hush": "quiet-please"}}})
    sent = revealed(found.requests[0].payload)["RecordInputParams"]
    assert (sent["MaxIdleTime"], sent["Hush"], sent["StreamType"]) == (7, "quiet-please", 3)
    assert "quiet-please" not in repr(found)
    assert "quiet-please" not in str(found.dump())
