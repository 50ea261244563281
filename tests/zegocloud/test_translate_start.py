"""What a start has in every mode, neutral to wire: the verdict on room, media, files, times and options."""

from __future__ import annotations

from typing import Any

import pytest

from planned import KEYS, Planner, revealed, verdicts
from recorder_core import InvalidSpec, Recording, UnsupportedFeature

APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"
MODES = ("composite", "individual")


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("zegocloud")


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def start(plan: Planner, **fields: Any) -> Any:
    """The body of StartRecord."""
    return revealed(plan(**fields).request("StartRecord").payload)


def output(plan: Planner, **fields: Any) -> Any:
    return start(plan, **fields)["RecordOutputParams"]


BOARD = {"aspect": "16:9"}
PICTURES = {"formats": [], "snapshots": {"interval": 10}}
ALIBABA_VOD = {"kind": "alibaba_vod", "region": "cn-shanghai", **KEYS, "title": "t", "storage_location": "s"}
TENCENT_VOD = {"kind": "tencent_vod", "region": "ap-beijing", **KEYS}

EXACT: list[dict[str, Any]] = [
    {"room": "Übung / 7"},
    {"media": "audio"},
    {"media": "video"},
    {"expected_participants": 40},
    *({"output": {"formats": [name]}} for name in ("hls", "mp4", "flv")),
    *({"media": "audio", "output": {"formats": [name]}} for name in ("aac", "mp3", "ogg", "mp4")),
    {"output": PICTURES},
    {"output": {"prefix": "a-b/ü"}},
    {"output": {"tracks": "separate"}},
    {"output": {"segment_duration": 2}},
    {"output": {"segment_duration": 60}},
    {"idle_timeout": 5},
    {"idle_timeout": 86400},
    {"max_duration": 300},
    {"max_duration": 86400},
    {"callback_url": "https://e.com/cb"},
    {"whiteboard": BOARD},
    {"whiteboard": {**BOARD, "id": "wb-1", "background": "#FFffff", "animation_fps": 30}},
    {"storage": ALIBABA_VOD, "output": {"formats": ["mp4"]}},
    {"storage": TENCENT_VOD, "output": PICTURES},
    {"options": {"stream_id": "{room}_{participant}", "screen_stream_id": "{participant}_screen"}},
    {"options": {"fill_blank": True}},
    {"options": {"realtime_upload": False}},
    {"options": {"short_fragment_path": False}},
]
FOUND: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"audio": {"sample_rate": 48000}}, {"audio.sample_rate": UNSUPPORTED}),
    ({"audio": {"channels": 1}}, {"audio.channels": UNSUPPORTED}),
    ({"output": {"formats": ["hls", "mp4"]}}, {"output.formats": UNSUPPORTED}),
    *(({"output": {"formats": [name]}}, {"output.formats": UNSUPPORTED}) for name in ("webm", "mkv", "mka", "zip")),
    *(({"output": {"formats": [name]}}, {"output.formats": UNSUPPORTED}) for name in ("aac", "mp3", "ogg")),
    ({"output": {"snapshots": {"interval": 10}}}, {"output.snapshots.interval": UNSUPPORTED}),
    ({"output": {**PICTURES, "tracks": "separate"}}, {"output.tracks": UNSUPPORTED}),
    ({"output": {"segment_duration": 1}}, {"output.segment_duration": UNSUPPORTED}),
    ({"output": {"segment_duration": 61}}, {"output.segment_duration": UNSUPPORTED}),
    ({"output": {"formats": ["mp4"], "segment_duration": 10}}, {"output.segment_duration": UNSUPPORTED}),
    ({"output": {"max_file_duration": 3600}}, {"output.max_file_duration": UNSUPPORTED}),
    ({"storage": ALIBABA_VOD}, {"output.formats": UNSUPPORTED}),
    ({"storage": ALIBABA_VOD, "output": PICTURES}, {"output.formats": UNSUPPORTED}),
    (
        {"storage": TENCENT_VOD, "output": {"formats": ["mp4"], "tracks": "separate"}},
        {"output.tracks": UNSUPPORTED},
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
    ({"whiteboard": {**BOARD, "animation_fps": 31}}, {"whiteboard.animation_fps": UNSUPPORTED}),
    (
        {"output": {"formats": ["mp4"]}, "options": {"realtime_upload": True, "short_fragment_path": True}},
        {"options.zegocloud.realtime_upload": UNSUPPORTED, "options.zegocloud.short_fragment_path": UNSUPPORTED},
    ),
    (
        {"options": {"realtime_upload": False, "short_fragment_path": True}},
        {"options.zegocloud.short_fragment_path": UNSUPPORTED},
    ),
    ({"options": {"extra_body": {"RoomId": "x"}}}, {"options.zegocloud.extra_body": APPROXIMATED}),
]


@pytest.mark.parametrize("fields", EXACT, ids=str)
def test_what_is_exact(plan: Planner, mode: str, fields: dict[str, Any]) -> None:
    """In range and representable: no finding."""
    assert plan(mode=mode, **fields).findings == ()


@pytest.mark.parametrize(("fields", "found"), FOUND, ids=str)
def test_what_is_not(plan: Planner, mode: str, fields: dict[str, Any], found: dict[str, str]) -> None:
    """Out of the documented range: unsupported; in range and not representable: approximated. Nothing else is found."""
    planned = plan(mode=mode, **fields)
    assert verdicts(planned) == found
    assert all(finding.detail and finding.instead for finding in planned.findings)


@pytest.mark.parametrize(("media", "number"), [("audio", 1), ("video", 2), ("audio_video", 3)])
def test_media_are_a_stream_type(plan: Planner, mode: str, media: str, number: int) -> None:
    """Sound, pictures or both; separate tracks are a type of their own."""
    assert start(plan, mode=mode, media=media)["RecordInputParams"]["StreamType"] == number
    assert start(plan, mode=mode, output={"tracks": "separate"})["RecordInputParams"]["StreamType"] == 4


def test_snapshots_stand_alone(plan: Planner, mode: str) -> None:
    """`formats: []` with an interval makes pictures and no recording."""
    found = output(plan, mode=mode, output={"formats": [], "snapshots": {"interval": 7}})
    assert found == {"OutputFileFormat": "jpg", "OutputFileRule": 1, "SnapshotInterval": 7}


def test_segments_belong_to_hls(plan: Planner, mode: str) -> None:
    """No field of HLS goes out with another format; a later upload takes no short paths."""
    assert output(plan, mode=mode, output={"formats": ["mp4"]}) == {"OutputFileFormat": "mp4", "OutputFileRule": 1}
    assert output(plan, mode=mode, options={"realtime_upload": False}) == {
        "OutputFileFormat": "hls",
        "OutputFileRule": 1,
        "FragmentSeconds": 15,
        "RealtimeUploadFragment": False,
    }


def test_the_longest_recording_is_configured(mode: str) -> None:
    """An agreement with the vendor widens the range."""
    agreed = Planner("zegocloud", longest_recording=172800)
    assert agreed.found(mode=mode, max_duration=172800) == {}
    assert agreed.found(mode=mode, max_duration=172801) == {"max_duration": UNSUPPORTED}


def test_a_project_under_test_says_so(mode: str) -> None:
    """`IsTest` goes into the query where it is configured."""
    assert Planner("zegocloud", is_test=True)(mode=mode).requests[0].url.endswith("&IsTest=true")


def test_an_idle_time_that_is_dropped_is_sent_at_its_bound(plan: Planner, mode: str) -> None:
    """The vendor's own is 30 s."""
    for seconds, sent in ((1, 5), (100_000, 86400)):
        assert plan(mode=mode, idle_timeout=seconds).lost(warn=True) == ("idle_timeout",)
        assert start(plan, mode=mode, idle_timeout=seconds)["RecordInputParams"]["MaxIdleTime"] == sent


def test_a_longest_time_that_is_dropped_is_sent_at_its_bound(plan: Planner, mode: str) -> None:
    """The vendor's own is a day, which would be paid for."""
    for seconds, sent in ((1, 300), (100_000, 86400)):
        assert plan(mode=mode, max_duration=seconds).lost(warn=True) == ("max_duration",)
        assert start(plan, mode=mode, max_duration=seconds)["RecordInputParams"]["MaxRecordTime"] == sent


def test_what_no_caller_may_drop_makes_no_request(plan: Planner, mode: str) -> None:
    """Findings that are never droppable leave nothing to send."""
    found = plan(mode=mode, output={"formats": ["hls", "mp4"]}, start_paused=True)
    assert found.requests == ()
    with pytest.raises(UnsupportedFeature) as caught:
        found.lost(warn=True)
    assert [finding.path for finding in caught.value.findings] == ["output.formats"]


@pytest.mark.parametrize("template", ["main", "{participant}_{uid}", "{participant", "{participant}}"])
def test_a_template_names_the_participant(plan: Planner, template: str) -> None:
    """{participant} must stand in it, {room} may, nothing else."""
    with pytest.raises(InvalidSpec, match=r"options\.zegocloud\.stream_id"):
        plan(options={"stream_id": template})


def test_apart_from_is_unsupported(plan: Planner, mode: str) -> None:
    """The vendor doesn't tell where it records."""
    other, spec = Recording.model_validate({**plan.recording({}).model_dump(), "id": "r-2"}), plan.spec(mode=mode)
    found = plan.provider.translate(spec, plan.recorder._intent(spec, None, "r-1", (other,)))
    assert verdicts(found) == {"apart_from": UNSUPPORTED}


def test_extra_body_is_laid_over_the_body_last(plan: Planner, mode: str) -> None:
    """Objects merge, everything else is replaced; a plan never shows the values."""
    found = plan(mode=mode, options={"extra_body": {"RecordInputParams": {"MaxIdleTime": 7, "Hush": "quiet-please"}}})
    sent = revealed(found.requests[0].payload)["RecordInputParams"]
    assert (sent["MaxIdleTime"], sent["Hush"], sent["StreamType"]) == (7, "quiet-please", 3)
    assert "quiet-please" not in repr(found)
    assert "quiet-please" not in str(found.dump())


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        ({"RecordInputParams": None}, "RecordInputParams"),
        ({"RecordOutputParams": "hush-hush"}, "RecordOutputParams"),
        ({"StorageParams": ["hush-hush"]}, "StorageParams"),
        ({"RecordInputParams": {"MixConfig": 5}}, r"RecordInputParams\.MixConfig"),
        ({"RecordInputParams": {"ClientTaskId": ""}}, r"RecordInputParams\.ClientTaskId"),
        ({"RecordInputParams": {"ClientTaskId": "hush-hush"}}, r"RecordInputParams\.ClientTaskId"),
    ],
)
def test_extra_body_leaves_what_a_start_stands_on(plan: Planner, mode: str, extra: dict[str, Any], path: str) -> None:
    """The objects, and the id by which a start that is repeated finds its task; refused without showing a value."""
    with pytest.raises(InvalidSpec, match=rf"options\.zegocloud\.extra_body: {path} ") as caught:
        plan(mode=mode, options={"extra_body": extra})
    assert "hush-hush" not in f"{caught.value!r} {caught.value}"
