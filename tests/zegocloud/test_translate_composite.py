"""Composite recording, neutral to wire: the body, and the verdict on what only this mode has."""

from __future__ import annotations

from typing import Any

import pytest

from planned import Planner, neutral_methods, revealed, translator_methods, verdicts
from recorder_zegocloud.config import ZegocloudOptions
from recorder_zegocloud.translate.composite import CompositeTranslator

APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"
PLANNED_ID = "0" * 32


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("zegocloud")


def inputs(plan: Planner, **fields: Any) -> Any:
    return revealed(plan(**fields).request("StartRecord").payload)["RecordInputParams"]


def mix(plan: Planner, **fields: Any) -> Any:
    return inputs(plan, **fields)["MixConfig"]


def test_every_neutral_field_has_one_method_or_none() -> None:
    """A method for each field that the wire can carry, none for the others, and none without a field."""
    neutral, mine = neutral_methods(ZegocloudOptions), translator_methods(CompositeTranslator)
    assert mine.keys() <= neutral.keys()
    assert neutral.keys() - mine.keys() == {
        *("set_apart_from", "set_encryption", "set_push_urls", "set_start_paused", "set_web_page"),
        *("storage_azure_blob", "storage_baidu_bos", "storage_kingsoft_ks3", "storage_vendor_managed"),
        "storage_account",
        *("option_mute_split_threshold", "option_record_muted_audio", "option_resume_without_interruption"),
    }
    unclaimed = {name: (neutral[name] or set()) - claims for name, claims in mine.items()}
    token = {"session_token", "session_expires_at"}
    assert {name: leaves for name, leaves in unclaimed.items() if leaves} == {
        "set_audio": {"channels", "sample_rate"},
        "set_output": {"max_file_duration"},
        "set_whiteboard": {"width", "height"},
        "layout_floating": {"follows"},
        "layout_spotlight": {"follows"},
        "storage_s3": {
            *token,
            *("role_arn", "external_id", "bucket_policy", "server_side_encryption", "kms_key_id", "object_tag"),
        },
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
            "CallbackUrl": f"https://e.com/cb?recording={PLANNED_ID}",
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
PICTURES = {"formats": [], "snapshots": {"interval": 10}}
CLOCK = {"kind": "clock", "font_size": 20}
LOGO = {"kind": "image", "url": "https://e.com/l.png", "x": 0, "y": 0, "width": 0.1, "height": 0.1}

EXACT: list[dict[str, Any]] = [
    {"expected_participants": 40},
    {"participants": {"audio": {"include": ["7"]}}},
    {"participants": {"video": {"exclude": ["7"]}}},
    {"video": {"width": 1080, "height": 1920}},
    *({"video": {"fps": fps}} for fps in (5, 12, 30)),
    {"audio": {"bitrate_kbps": 500}},
    {"whiteboard": {**BOARD, "animation_fps": 30}},
    {"watermarks": [CLOCK, LOGO]},
    {"media": "audio", "watermarks": [CLOCK], "layout": {"kind": "grid", "fit": "stretch"}, "video": {"fps": 60}},
    {"media": "video", "audio": {"sample_rate": 8000}},
    {"options": {"camera_off": "color", "camera_off_color": "#ffffff"}},
    {"options": {"fill_blank": False, "camera_off": "last_frame"}},
]
FOUND: list[tuple[dict[str, Any], dict[str, str]]] = [
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
    (
        {"whiteboard": {**BOARD, "width": 800, "height": 600}},
        {"whiteboard.width": UNSUPPORTED, "whiteboard.height": UNSUPPORTED},
    ),
    ({"watermarks": [CLOCK, CLOCK]}, {"watermarks.1": UNSUPPORTED}),
    ({"watermarks": [LOGO, CLOCK, LOGO]}, {"watermarks.2": UNSUPPORTED}),
    *(({"watermarks": [{**CLOCK, "font_size": size}]}, {"watermarks.0.font_size": UNSUPPORTED}) for size in (11, 101)),
    ({"watermarks": [{**LOGO, "width": 0.0001}]}, {"watermarks.0.width": UNSUPPORTED}),
    (
        {"watermarks": [{**LOGO, "x": 0.9999, "y": 0.9999, "width": 0.0001, "height": 0.0001}]},
        {"watermarks.0.width": UNSUPPORTED, "watermarks.0.height": UNSUPPORTED},
    ),
    ({"media": "video", "options": {"sound_wave": "user"}}, {"options.zegocloud.sound_wave": UNSUPPORTED}),
    ({"output": PICTURES, "options": {"sound_wave": "user"}}, {"options.zegocloud.sound_wave": UNSUPPORTED}),
    (
        {"media": "audio", "options": {"camera_off": "color", "camera_off_color": "#ffffff"}},
        {"options.zegocloud.camera_off": UNSUPPORTED, "options.zegocloud.camera_off_color": UNSUPPORTED},
    ),
    ({"options": {"camera_off_color": "#ffffff"}}, {"options.zegocloud.camera_off_color": UNSUPPORTED}),
    (
        {"options": {"camera_off": "nothing", "camera_off_color": "#ffffff"}},
        {"options.zegocloud.camera_off_color": UNSUPPORTED},
    ),
    *(
        ({"options": {name: value}}, {f"options.zegocloud.{name}": UNSUPPORTED})
        for name, value in (
            ("record_muted_audio", True),
            ("mute_split_threshold", 3),
            ("resume_without_interruption", True),
        )
    ),
]


@pytest.mark.parametrize("fields", EXACT, ids=str)
def test_what_is_exact(plan: Planner, fields: dict[str, Any]) -> None:
    """In range and representable: no finding."""
    assert plan(**fields).findings == ()


@pytest.mark.parametrize(("fields", "found"), FOUND, ids=str)
def test_what_is_not(plan: Planner, fields: dict[str, Any], found: dict[str, str]) -> None:
    """Out of the documented range: unsupported; in range and not representable: approximated. Nothing else is found."""
    planned = plan(**fields)
    assert verdicts(planned) == found
    assert all(finding.detail and finding.instead for finding in planned.findings)


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


def test_sound_alone_has_no_canvas(plan: Planner) -> None:
    """Neither picture nor layout goes out with it."""
    for media in ("audio", "video", "audio_video"):
        found = mix(plan, media=media)
        assert ("MixOutputVideoConfig" in found) == ("MixMode" in found) == (media != "audio")
        assert ("MixOutputAudioConfig" in found) == (media != "video")


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


def test_a_mark_that_no_pixel_is_left_of_makes_room_for_the_next(plan: Planner) -> None:
    """It isn't sent, so the next image is the one that the vendor draws."""
    planned = plan(watermarks=[{**LOGO, "height": 0.0001}, LOGO])
    assert planned.dropped == ("watermarks.0.height",)
    mix = revealed(planned.requests[0].payload)["RecordInputParams"]["MixConfig"]
    assert mix["MixOutputWatermarkImageConfig"] == {"Left": 0, "Top": 0, "Right": 128, "Bottom": 72}


def test_a_frame_rate_that_is_dropped_is_sent_at_its_bound(plan: Planner) -> None:
    """The vendor demands one."""
    assert plan(video={"fps": 60}).lost(warn=True) == ("video.fps",)
    assert mix(plan, video={"fps": 60})["MixOutputVideoConfig"]["Fps"] == 30


def test_a_template_is_filled_in(plan: Planner) -> None:
    """Room and participant come from the spec; one that gives no stream id is refused by the participant's path."""
    fields = {"participants": {"audio": {"exclude": ["7"]}}, "options": {"stream_id": "{room}_{participant}_main"}}
    assert mix(plan, **fields)["StreamConfigList"][0]["StreamId"] == "lesson-42_7_main"
    assert plan.found(**fields, room="lesson 42") == {"participants": UNSUPPORTED}


def test_every_fault_of_a_list_is_named_at_once(plan: Planner) -> None:
    """A second clock is one even where the first is too large; webm is impossible even beside another format."""
    clocks = [{"kind": "clock", "font_size": 200}, {"kind": "clock", "font_size": 20}]
    found = plan.found(watermarks=clocks)
    assert {"watermarks.0.font_size", "watermarks.1"} <= found.keys()
    (formats,) = (f for f in plan(output={"formats": ["webm", "flv"]}).findings if f.path == "output.formats")
    assert "2 formats" in formats.detail
    assert "no webm" in formats.detail


@pytest.mark.parametrize(("asked", "sent"), [({}, 1_130_000), ({"bitrate_kbps": 4000}, 4_000_000)])
def test_a_dropped_canvas_has_the_bit_rate_that_suits_the_one_that_is_sent(
    plan: Planner, asked: dict[str, Any], sent: int
) -> None:
    """Unless one was asked for: the rate of 3840x2160 would be wasted on 1280x720."""
    made = plan(video={"width": 3840, "height": 2160, **asked})
    assert made.dropped == ("video",)
    body = revealed(made.request("StartRecord").payload)
    assert body["RecordInputParams"]["MixConfig"]["MixOutputVideoConfig"]["Bitrate"] == sent
    assert made.spec.video.bitrate_kbps == sent // 1000
