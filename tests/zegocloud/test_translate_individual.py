"""Individual recording, neutral to wire: the body, and the verdict on what only this mode has."""

from __future__ import annotations

from typing import Any

import pytest

from planned import Planner, neutral_methods, revealed, translator_methods, verdicts
from recorder_zegocloud.config import ZegocloudOptions
from recorder_zegocloud.translate.individual import IndividualTranslator

APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"
PLANNED_ID = "0" * 32


@pytest.fixture(scope="module")
def planner() -> Planner:
    return Planner("zegocloud")


@pytest.fixture(scope="module")
def plan(planner: Planner) -> Any:
    return lambda **fields: planner(mode="individual", **fields)


def inputs(planned: Any) -> Any:
    return revealed(planned.request("StartRecord").payload)["RecordInputParams"]


def test_every_neutral_field_has_one_method_or_none() -> None:
    """A method for each field that the wire can carry, none for the others, and none without a field."""
    neutral, mine = neutral_methods(ZegocloudOptions), translator_methods(IndividualTranslator)
    assert mine.keys() <= neutral.keys()
    assert neutral.keys() - mine.keys() == {
        *("layout_grid", "layout_floating", "layout_spotlight", "layout_custom", "region", "placeholder"),
        *("set_background", "watermark_image", "watermark_clock", "set_audio"),
        *("set_apart_from", "set_encryption", "set_push_urls", "set_start_paused", "set_web_page"),
        *("storage_azure_blob", "storage_baidu_bos", "storage_kingsoft_ks3", "storage_vendor_managed"),
        "storage_account",
        *("option_mix_output_stream_id", "option_camera_off", "option_camera_off_color", "option_always_mix"),
        *("option_input_timeout_ms", "option_sound_wave"),
    }
    unclaimed = {name: (neutral[name] or set()) - claims for name, claims in mine.items()}
    assert {name: leaves for name, leaves in unclaimed.items() if leaves and not name.startswith("storage_")} == {
        "set_output": {"max_file_duration"}
    }
    assert all(claims <= (neutral[name] or set()) for name, claims in mine.items())


def test_room_and_storage_are_a_whole_spec(plan: Any) -> None:
    """Every stream of the room, with the neutral defaults in place of the vendor's, and nothing of a canvas."""
    assert revealed(plan().requests[0].payload) == {
        "RoomId": "lesson-42",
        "RecordInputParams": {"RecordMode": 1, "StreamType": 3, "ClientTaskId": PLANNED_ID, "MaxIdleTime": 300},
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


def test_a_spec_with_everything_that_the_vendor_carries(plan: Any) -> None:
    """Every field has its place on the wire."""
    planned = plan(
        participants={"audio": {"include": ["7", 8]}, "video": {"include": ["8", "7"]}},
        output={"formats": ["mp4"], "tracks": "separate", "prefix": "lessons"},
        idle_timeout=60,
        max_duration=7200,
        callback_url="https://e.com/cb",
        whiteboard={
            "id": "wb",
            "aspect": "4:3",
            "width": 1024,
            "height": 768,
            "background": "#102030",
            "animation_fps": 10,
        },
        options={"stream_id": "{room}-{participant}", "screen_stream_id": "{participant}_screen", "fill_blank": True},
    )
    assert planned.findings == ()
    body = revealed(planned.requests[0].payload)
    assert body["RecordInputParams"] == {
        "RecordMode": 1,
        "StreamType": 4,
        "ClientTaskId": PLANNED_ID,
        "RecordStreamList": [
            {"StreamId": "lesson-42-7"},
            {"StreamId": "7_screen"},
            {"StreamId": "lesson-42-8"},
            {"StreamId": "8_screen"},
        ],
        "FillBlank": True,
        "HasWhiteboard": True,
        "Whiteboard": [
            {
                "HorizontalRatio": 4,
                "VerticalRatio": 3,
                "Width": 1024,
                "Height": 768,
                "WhiteboardId": "wb",
                "BackgroundColor": 0x10203000,
                "IsPPTAnimation": True,
                "PPTAnimationFps": 10,
            }
        ],
        "MaxIdleTime": 60,
        "MaxRecordTime": 7200,
    }
    assert body["RecordOutputParams"] == {
        "OutputFileFormat": "mp4",
        "OutputFileRule": 1,
        "OutputFolder": "lessons/",
        "CallbackUrl": f"https://e.com/cb?recording={'0' * 32}",
    }


SOUND = {"media": "audio", "output": {"formats": ["mp3"]}}
CLOCK = {"kind": "clock", "font_size": 20}
LOGO = {"kind": "image", "url": "https://e.com/l.png", "x": 0, "y": 0, "width": 0.1, "height": 0.1}
BOTH = {"audio": {"include": ["7"]}, "video": {"include": ["7"]}}
PICTURES = {"formats": [], "snapshots": {"interval": 10}}


def everybody(count: int) -> dict[str, Any]:
    """Participants that name so many people."""
    return {medium: {"include": [*map(str, range(count))]} for medium in BOTH}


EXACT: list[dict[str, Any]] = [
    {"participants": BOTH},
    {"media": "audio", "participants": {"audio": {"include": ["7"]}, "video": {"exclude": ["8"]}}},
    {"participants": BOTH},
    {"participants": everybody(36)},
    {"media": "audio", "layout": {"kind": "grid"}, "video": {"fps": 60}, "watermarks": [CLOCK]},
    {"whiteboard": {"aspect": "16:9", "width": 800, "height": 600}},
    {**SOUND, "options": {"record_muted_audio": True}},
    {**SOUND, "options": {"record_muted_audio": False, "mute_split_threshold": 0}},
    {**SOUND, "options": {"record_muted_audio": False, "mute_split_threshold": -1}},
    {"options": {"resume_without_interruption": True}},
    {"options": {"resume_without_interruption": True, "fill_blank": False}},
    {"options": {"resume_without_interruption": False, "fill_blank": True}},
]
FOUND: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"participants": {"audio": {"include": ["7"]}}}, {"participants": UNSUPPORTED}),
    ({"participants": {**BOTH, "video": {"include": ["7", "8"]}}}, {"participants": UNSUPPORTED}),
    ({"participants": everybody(37)}, {"participants": UNSUPPORTED}),
    (
        {
            "participants": everybody(19),
            "options": {"screen_stream_id": "{participant}_screen"},
        },
        {"participants": UNSUPPORTED},
    ),
    ({"output": PICTURES, "options": {"fill_blank": True}}, {"options.zegocloud.fill_blank": UNSUPPORTED}),
    (
        {"output": PICTURES, "options": {"resume_without_interruption": True}},
        {"options.zegocloud.resume_without_interruption": UNSUPPORTED},
    ),
    ({"participants": {"audio": {"exclude": ["7"]}, "video": {"exclude": ["7"]}}}, {"participants": UNSUPPORTED}),
    ({"participants": {"audio": {"include": ["7"]}, "video": {"exclude": ["8"]}}}, {"participants": UNSUPPORTED}),
    ({"media": "audio", "participants": {"audio": {"exclude": ["7"]}}}, {"participants": UNSUPPORTED}),
    ({"media": "audio", "participants": {"audio": {"include": ["Anna B"]}}}, {"participants": UNSUPPORTED}),
    *(({"layout": {"kind": kind}}, {"layout": UNSUPPORTED}) for kind in ("grid", "floating", "spotlight")),
    (
        {"layout": {"kind": "custom", "regions": [{"x": 0, "y": 0, "width": 1, "height": 1, "opacity": 0.5}]}},
        {"layout": UNSUPPORTED},
    ),
    ({"watermarks": [CLOCK, LOGO]}, {"watermarks.0": UNSUPPORTED, "watermarks.1": UNSUPPORTED}),
    ({"audio": {"bitrate_kbps": 48}}, {"audio.bitrate_kbps": UNSUPPORTED}),
    (
        {"video": {"width": 640, "height": 360, "fps": 60, "bitrate_kbps": 400}},
        {f"video.{part}": APPROXIMATED for part in ("width", "height", "fps", "bitrate_kbps")},
    ),
    ({"media": "video", "options": {"fill_blank": True}}, {"options.zegocloud.fill_blank": UNSUPPORTED}),
    (
        {"options": {"fill_blank": True, "resume_without_interruption": True}},
        {"options.zegocloud.resume_without_interruption": UNSUPPORTED},
    ),
    ({"options": {"record_muted_audio": False}}, {"options.zegocloud.record_muted_audio": UNSUPPORTED}),
    (
        {"media": "audio", "output": {"formats": ["aac"]}, "options": {"record_muted_audio": False}},
        {"options.zegocloud.record_muted_audio": UNSUPPORTED},
    ),
    (
        {**SOUND, "options": {"record_muted_audio": True, "mute_split_threshold": 3}},
        {"options.zegocloud.mute_split_threshold": UNSUPPORTED},
    ),
    ({**SOUND, "options": {"mute_split_threshold": 3}}, {"options.zegocloud.mute_split_threshold": UNSUPPORTED}),
    ({"options": {"mute_split_threshold": 3}}, {"options.zegocloud.mute_split_threshold": UNSUPPORTED}),
    *(
        ({"options": {name: value}}, {f"options.zegocloud.{name}": UNSUPPORTED})
        for name, value in (
            ("mix_output_stream_id", "mix-1"),
            ("camera_off", "color"),
            ("camera_off_color", "#ffffff"),
            ("always_mix", True),
            ("input_timeout_ms", 500),
            ("sound_wave", "user"),
        )
    ),
]


@pytest.mark.parametrize("fields", EXACT, ids=str)
def test_what_is_exact(plan: Any, fields: dict[str, Any]) -> None:
    """In range and representable, or of a medium that isn't recorded: no finding."""
    assert plan(**fields).findings == ()


@pytest.mark.parametrize(("fields", "found"), FOUND, ids=str)
def test_what_is_not(plan: Any, fields: dict[str, Any], found: dict[str, str]) -> None:
    """What a stream's own file can't have is unsupported, its published picture approximated. Each says what to do."""
    planned = plan(**fields)
    assert verdicts(planned) == found
    assert all(finding.detail and finding.instead for finding in planned.findings)


def test_what_composites_have_is_named_as_theirs(plan: Any) -> None:
    """Who asks for a layout or a mark is told which mode has them."""
    planned = plan(layout={"kind": "grid"}, watermarks=[CLOCK], options={"sound_wave": "user"})
    assert all("composite" in finding.instead for finding in planned.findings)
    assert len(planned.findings) == 3


@pytest.mark.parametrize(
    ("media", "participants", "streams"),
    [
        ("audio_video", BOTH, ["7"]),
        ("audio", {"audio": {"include": ["8", "7"]}}, ["8", "7"]),
        ("video", {"video": {"include": ["7"]}, "audio": {"exclude": ["9"]}}, ["7"]),
        ("audio_video", {}, None),
        ("audio", {"video": {"include": ["7"]}}, None),
    ],
)
def test_participants_are_a_list_of_streams(
    plan: Any, media: str, participants: dict[str, Any], streams: list[str] | None
) -> None:
    """Those who are included, by their streams; everybody is the absence of the list."""
    listed = inputs(plan(media=media, participants=participants)).get("RecordStreamList")
    assert listed == (None if streams is None else [{"StreamId": stream} for stream in streams])


def test_a_size_that_is_not_kept_is_no_canvas(planner: Planner) -> None:
    """The plan's spec, hence the handle, knows no size: each file has the published one."""
    recording = planner.recording({}, mode="individual", video={"width": 640, "height": 360})
    assert recording.canvas is None


def test_muted_sound_is_dropped_and_splits_a_file(plan: Any) -> None:
    """1 keeps it, 2 drops it; the threshold goes out as it is."""
    dropped = inputs(plan(**SOUND, options={"record_muted_audio": False, "mute_split_threshold": 9}))
    assert (dropped["RecordMuteAudio"], dropped["RecordMuteAudioSplitThreshold"]) == (2, 9)
    assert inputs(plan(**SOUND, options={"record_muted_audio": True}))["RecordMuteAudio"] == 1


def test_what_is_dropped_leaves_the_rest(plan: Any) -> None:
    """Where the caller accepts losses, the two fillings of a gap leave the first."""
    planned = plan(options={"fill_blank": True, "resume_without_interruption": True}, layout={"kind": "grid"})
    assert planned.lost(warn=True) == ("layout", "options.zegocloud.resume_without_interruption")
    sent = inputs(planned)
    assert sent["FillBlank"] is True
    assert "ResumeWithoutInterruption" not in sent
    assert "MixConfig" not in sent
