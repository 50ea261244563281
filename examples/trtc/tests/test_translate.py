"""Starts, neutral to wire: what is sent for a spec, and what is found to be lost."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from recorder_core import InvalidSpec, Plan, Recorder, RecordingSpec, RecordingState
from recorder_core.models.base import reveal
from recorder_core.testing import connect
from recorder_trtc.config import TrtcConfig
from recorder_trtc.emulator.service import TrtcEmulator

MakeSpec = Callable[..., RecordingSpec]
CONFIG = TrtcConfig.placeholder()
SECRETS = {"access_key": CONFIG.secret_id.get_secret_value(), "secret_key": CONFIG.secret_key.get_secret_value()}


def body_of(plan: Plan) -> dict[str, Any]:
    tree: dict[str, Any] = reveal(plan.request("CreateCloudRecording").payload)
    return tree


def at(tree: Any, path: str) -> Any:
    """What stands at a path; None where there is nothing."""
    for step in path.split("."):
        tree = tree[int(step)] if isinstance(tree, list) else (tree or {}).get(step)
    return tree


EXACT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"RecordParams.RecordMode": 2, "RecordParams.MaxIdleTime": 300, "RoomIdType": 0, "ResourceExpiredHour": 720}),
    ({"media": "video"}, {"RecordParams.StreamType": 2, "MixTranscodeParams.AudioParams": None}),
    (
        {"media": "audio"},
        {"RecordParams.StreamType": 1, "MixTranscodeParams.VideoParams": None, "MixLayoutParams": None},
    ),
    ({"output": {"formats": ["hls"]}}, {"RecordParams.OutputFormat": 0}),
    ({"output": {"formats": ["hls", "mp4"]}}, {"RecordParams.OutputFormat": 1}),
    ({"output": {"formats": ["mp4"]}}, {"RecordParams.OutputFormat": 3}),
    ({"media": "audio", "output": {"formats": ["hls", "aac"]}}, {"RecordParams.OutputFormat": 2}),
    ({"output": {"formats": ["mp4"], "max_file_duration": 3600}}, {"RecordParams.MaxMediaFileDuration": 60}),
    (
        {"video": {"width": 1920, "height": 1080, "fps": 60, "bitrate_kbps": 8000}},
        {"MixTranscodeParams.VideoParams": {"Width": 1920, "Height": 1080, "Fps": 60, "BitRate": 8_000_000, "Gop": 10}},
    ),
    (
        {"audio": {"sample_rate": 44100, "channels": 1, "bitrate_kbps": 128}},
        {"MixTranscodeParams.AudioParams": {"SampleRate": 2, "Channel": 1, "BitRate": 128_000}},
    ),
    # Small canvases have a bit rate of ours that is below the vendor's least: no demand.
    ({"video": {"width": 120, "height": 120}}, {"MixTranscodeParams.VideoParams.BitRate": 64_000}),
    (
        {"layout": {"kind": "grid", "fit": "contain"}},
        {"MixLayoutParams.MixLayoutMode": 3, "MixLayoutParams.RenderMode": 2},
    ),
    (
        {"layout": {"kind": "floating", "participant": "7", "fit": "stretch"}},
        {
            "MixLayoutParams.MixLayoutMode": 1,
            "MixLayoutParams.MaxResolutionUserId": "7",
            "MixLayoutParams.RenderMode": 0,
        },
    ),
    (
        {"layout": {"kind": "floating"}},
        {"MixLayoutParams.MixLayoutMode": 1, "MixLayoutParams.MaxResolutionUserId": None},
    ),
    ({"layout": {"kind": "grid", "screen_share": "hidden"}}, {"RecordParams.MediaId": 1}),
    (
        {"layout": {"kind": "grid", "screen_share": "hidden"}, "options": {"trtc": {"streams": "camera"}}},
        {"RecordParams.MediaId": 1},
    ),
    (
        {"layout": {"kind": "spotlight", "participant": "7"}},
        {"MixLayoutParams.MixLayoutMode": 2, "MixLayoutParams.MaxResolutionUserAlign": None},
    ),
    (
        {"layout": {"kind": "spotlight", "participant": "7", "side": "right"}},
        {"MixLayoutParams.MixLayoutMode": 2, "MixLayoutParams.MaxResolutionUserAlign": 1},
    ),
    (
        {"layout": {"kind": "grid", "background": {"color": "#AbCdEf", "image": {"url": "https://x.io/a.PNG?s=1"}}}},
        {
            "MixLayoutParams.BackGroundColor": "#AbCdEf",
            "MixLayoutParams.BackgroundImageUrl": "https://x.io/a.PNG?s=1",
            "MixLayoutParams.BackgroundImageRenderMode": None,
        },
    ),
    (
        {"participants": {"audio": {"include": ["1"]}, "video": {"exclude": ["2"]}}},
        {
            "RecordParams.SubscribeStreamUserIds": {
                "SubscribeAudioUserIds": ["1"],
                "UnSubscribeVideoUserIds": ["2"],
            }
        },
    ),
    (
        {
            "watermarks": [
                {"kind": "image", "url": "https://x.io/a.png", "x": 0.5, "y": 0, "width": 0.25, "height": 0.5}
            ]
        },
        {
            "MixLayoutParams.WaterMarkList.0.WaterMarkImage": {
                "WaterMarkUrl": "https://x.io/a.png",
                "Top": 0,
                "Left": 640,
                "Width": 320,
                "Height": 360,
            }
        },
    ),
    (
        {"storage": {"kind": "tencent_vod", "region": "ap-chongqing"}, "output": {"formats": ["hls", "mp4"]}},
        {"StorageParams": {"CloudVod": {"TencentVod": {"StorageRegion": "ap-chongqing", "MediaType": 3}}}},
    ),
    (
        {"storage": {"kind": "tencent_vod", **SECRETS, "sub_app_id": 7}, "output": {"formats": ["mp4"]}},
        {"StorageParams": {"CloudVod": {"TencentVod": {"SubAppId": 7, "MediaType": 0}}}},
    ),
    (
        {"storage": {"kind": "vendor_managed"}},
        {"StorageParams": {"CloudVod": {"TencentVod": {"MediaType": 1}}}, "RecordParams.OutputFormat": None},
    ),
    ({"options": {"trtc": {"user_id": "robot"}}}, {"UserId": "robot"}),
    (
        {"options": {"trtc": {"streams": "screen", "camera_off": "black"}}},
        {"RecordParams.MediaId": 2, "RecordParams.FillType": 1},
    ),
    ({"options": {"trtc": {"sound_alone_takes_window": False}}}, {"MixLayoutParams.PureAudioDisableLayout": True}),
    ({"options": {"trtc": {"controllable_hours": 6}}}, {"ResourceExpiredHour": 6}),
    (
        {"room": "4294967294", "options": {"trtc": {"room_id_type": "number"}}},
        {"RoomIdType": 1, "RoomId": "4294967294"},
    ),
    (
        {"mode": "individual"},
        {"RecordParams.RecordMode": 1, "RecordParams.AvMerge": 1, "MixTranscodeParams": None, "MixLayoutParams": None},
    ),
    ({"mode": "individual", "output": {"tracks": "separate"}}, {"RecordParams.AvMerge": 0}),
    (
        {"mode": "individual", "output": {"formats": ["mp4"]}},
        {"RecordParams.AvMerge": 1, "RecordParams.OutputFormat": 3},
    ),
]


@pytest.mark.parametrize(("fields", "members"), EXACT)
def test_what_means_the_same(
    planner: Recorder, make_spec: MakeSpec, fields: dict[str, Any], members: dict[str, Any]
) -> None:
    """Without a finding, and with these members of the body; None stands for none."""
    plan = planner.plan(make_spec(**fields))
    assert plan.findings == ()
    assert {path: at(body_of(plan), path) for path in members} == members


def region(**changes: Any) -> dict[str, Any]:
    return {"x": 0, "y": 0, "width": 0.5, "height": 0.5, **changes}


APPROXIMATED: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    (
        {"output": {"prefix": "lessons/2026"}},
        "output.prefix",
        {"StorageParams.CloudStorage.FileNamePrefix": ["lessons", "2026"]},
    ),
    (
        {"output": {"formats": ["mp4"], "max_file_duration": 90}},
        "output.max_file_duration",
        {"RecordParams.MaxMediaFileDuration": 2},
    ),
    (
        {"output": {"formats": ["hls", "mp4"], "max_file_duration": 60}},
        "output.max_file_duration",
        {"RecordParams.MaxMediaFileDuration": 1},
    ),
    ({"layout": {"kind": "grid", "windows": 4}}, "layout.windows", {"MixLayoutParams.MixLayoutMode": 3}),
    ({"layout": {"kind": "grid", "screen_share": "window"}}, "layout.screen_share", {"RecordParams.MediaId": None}),
    (
        {"layout": {"kind": "spotlight", "windows": 3}},
        "layout",
        {
            "MixLayoutParams.MixLayoutMode": 4,
            "MixLayoutParams.MixLayoutList.0": {
                "Left": 0,
                "Top": 0,
                "Width": 960,
                "Height": 720,
                "RenderMode": 1,
                "ImageLayer": 0,
            },
        },
    ),
    (
        {"layout": {"kind": "grid", "placeholders": {"*": {"url": "https://x.io/a.png"}}}},
        "layout.placeholders.*",
        {"MixLayoutParams.PlaceHolderMode": 1, "MixLayoutParams.DefaultSubBackgroundImage": "https://x.io/a.png"},
    ),
    (
        {
            "layout": {
                "kind": "custom",
                "regions": [region(participant="7")],
                "placeholders": {"7": {"url": "https://x.io/a.png"}},
            }
        },
        "layout.placeholders.7",
        {
            "MixLayoutParams.PlaceHolderMode": 1,
            "MixLayoutParams.MixLayoutList.0.SubBackgroundImage": "https://x.io/a.png",
        },
    ),
    (
        {"watermarks": [{"kind": "clock", "font_size": 20}], "options": {"trtc": {"time_zone": -5}}},
        "watermarks.0.font_size",
        {"MixLayoutParams.WaterMarkList.0": {"WaterMarkType": 2, "WaterMarkTimestamp": {"Pos": 1, "TimeZone": -5}}},
    ),
    ({"mode": "individual", "video": {"fps": 30}}, "video.fps", {"MixTranscodeParams": None}),
]


@pytest.mark.parametrize(("fields", "path", "members"), APPROXIMATED)
def test_what_is_nearly_so(
    planner: Recorder, make_spec: MakeSpec, fields: dict[str, Any], path: str, members: dict[str, Any]
) -> None:
    """One finding at this path, which says what is different and what to do; it is sent all the same."""
    plan = planner.plan(make_spec(**fields))
    assert [(finding.path, finding.verdict) for finding in plan.findings] == [(path, "approximated")]
    assert all(finding.detail and finding.instead for finding in plan.findings)
    assert {path: at(body_of(plan), path) for path in members} == members


LOST: list[tuple[dict[str, Any], list[str]]] = [
    ({"room": "комната"}, ["room"]),
    ({"room": "r" * 65}, ["room"]),
    ({"room": "lesson", "options": {"trtc": {"room_id_type": "number"}}}, ["room"]),
    ({"room": "4294967295", "options": {"trtc": {"room_id_type": "number"}}}, ["room"]),
    ({"max_duration": 3600}, ["max_duration"]),
    ({"idle_timeout": 4}, ["idle_timeout"]),
    ({"callback_url": "https://example.com/cb"}, ["callback_url"]),
    ({"start_paused": True}, ["start_paused"]),
    ({"push_urls": ["rtmp://example.com/a"]}, ["push_urls"]),
    ({"whiteboard": {"id": "b", "aspect": "16:9"}}, ["whiteboard.id", "whiteboard.aspect"]),
    *(({"output": {"formats": [name]}}, ["output.formats"]) for name in ("webm", "mkv", "mka", "zip")),
    ({"output": {"formats": ["aac"]}}, ["output.formats"]),
    ({"output": {"formats": ["mp4", "aac"]}, "media": "audio"}, ["output.formats"]),
    ({"output": {"segment_duration": 6}}, ["output.segment_duration"]),
    ({"output": {"snapshots": {"interval": 10}}}, ["output.snapshots.interval"]),
    ({"output": {"max_file_duration": 3600}}, ["output.max_file_duration"]),
    ({"output": {"formats": ["mp4"], "max_file_duration": 86_401}}, ["output.max_file_duration"]),
    ({"output": {"prefix": "lessons 2026"}}, ["output.prefix"]),
    ({"output": {"prefix": "a"}, "storage": {"kind": "vendor_managed"}}, ["output.prefix"]),
    ({"output": {"tracks": "separate"}}, ["output.tracks"]),
    ({"mode": "individual", "output": {"tracks": "separate", "formats": ["mp4"]}}, ["output.tracks"]),
    ({"mode": "individual", "layout": {"kind": "grid", "fit": "cover"}}, ["layout"]),
    ({"mode": "individual", "audio": {"bitrate_kbps": 64}}, ["audio.bitrate_kbps"]),
    ({"video": {"width": 2560, "height": 1440}}, ["video"]),
    ({"video": {"fps": 61}}, ["video.fps"]),
    ({"video": {"bitrate_kbps": 63}}, ["video.bitrate_kbps"]),
    ({"audio": {"sample_rate": 8000, "bitrate_kbps": 31}}, ["audio.sample_rate", "audio.bitrate_kbps"]),
    ({"layout": {"kind": "grid", "windows": 26}}, ["layout.windows"]),
    ({"layout": {"kind": "floating", "participant": "Jörg"}}, ["layout.participant"]),
    ({"layout": {"kind": "custom", "regions": [region()] * 26}}, ["layout.regions"]),
    ({"layout": {"kind": "custom", "regions": [region(content="screen")]}}, ["layout.regions.0.content"]),
    (
        {
            "layout": {"kind": "custom", "regions": [region(content="screen", participant="7")]},
            "options": {"trtc": {"streams": "camera"}},
        },
        ["layout.regions.0.content"],
    ),
    ({"layout": {"kind": "custom", "regions": [region(width=0.0001)]}}, ["layout.regions.0.width"]),
    (
        {"layout": {"kind": "grid", "background": {"image": {"url": "https://x.io/board"}}}},
        ["layout.background.image.url"],
    ),
    ({"layout": {"kind": "grid", "placeholders": {"7": {"url": "https://x.io/a.png"}}}}, ["layout.placeholders.7"]),
    ({"participants": {"audio": {"include": [str(number) for number in range(33)]}}}, ["participants.audio"]),
    ({"participants": {"video": {"exclude": ["a b"]}}}, ["participants.video"]),
    ({"storage": {"kind": "s3", "bucket": "b", "region": "r", "role_arn": "arn:x"}}, ["storage.role_arn"]),
    ({"storage": {"kind": "s3", "bucket": "b", "region": "r", "bucket_policy": True}}, ["storage.bucket_policy"]),
    ({"layout": {"kind": "spotlight", "side": "left", "participant": None, "follows": "speaker"}}, ["layout.follows"]),
    ({"layout": {"kind": "floating", "follows": "speaker"}}, ["layout.follows"]),
    ({"layout": {"kind": "grid", "screen_share": "large"}}, ["layout.screen_share"]),
    ({"layout": {"kind": "spotlight", "side": "top", "screen_share": "window"}}, ["layout.screen_share"]),
    (
        {"layout": {"kind": "grid", "screen_share": "window"}, "options": {"trtc": {"streams": "camera"}}},
        ["layout.screen_share"],
    ),
    (
        {"layout": {"kind": "grid", "screen_share": "hidden"}, "options": {"trtc": {"streams": "both"}}},
        ["layout.screen_share"],
    ),
    (
        {"storage": {"kind": "azure_blob", "container": "c", "account_name": "a", "account_key": "k"}},
        ["storage"],
    ),
    (
        {
            "storage": {"kind": "tencent_vod", "region": "ap-beijing", "access_key": "other", "secret_key": "other"},
            "output": {"formats": ["mp4"]},
        },
        ["storage.access_key"],
    ),
    ({"options": {"trtc": {"time_zone": 1}}}, ["options.trtc.time_zone"]),
    ({"media": "audio", "options": {"trtc": {"camera_off": "black"}}}, ["options.trtc.camera_off"]),
    (
        {
            "layout": {"kind": "custom", "regions": [region()]},
            "options": {"trtc": {"sound_alone_takes_window": False}},
        },
        ["options.trtc.sound_alone_takes_window"],
    ),
    ({"mode": "individual", "options": {"trtc": {"time_zone": 1}}}, ["options.trtc.time_zone"]),
    ({"mode": "web", "web_page": {"url": "https://example.com"}}, ["mode"]),
]


@pytest.mark.parametrize(("fields", "paths"), LOST)
def test_what_would_be_lost(planner: Recorder, make_spec: MakeSpec, fields: dict[str, Any], paths: list[str]) -> None:
    """It is found at these paths, with what to do."""
    plan = planner.plan(make_spec(**fields))
    lost = [finding for finding in plan.findings if finding.lost]
    assert [finding.path for finding in lost] == paths
    assert all(finding.detail and finding.instead for finding in lost)


@pytest.mark.parametrize(("fields", "paths"), LOST)
def test_what_may_be_dropped_leaves_a_true_request(
    planner: Recorder, make_spec: MakeSpec, fields: dict[str, Any], paths: list[str]
) -> None:
    """Where all that is lost may be given up there is a request, within the vendor's ranges; else there is none."""
    plan = planner.plan(make_spec(**fields))
    is_droppable = all(finding.droppable for finding in plan.findings if finding.lost)
    assert bool(plan.requests) is is_droppable
    if plan.requests:
        assert body_of(plan)["RecordParams"]["MaxIdleTime"] >= 5


PARTS = [case[0] for case in (*EXACT, *APPROXIMATED, *LOST)]
CHOICE = Random(305)  # of some pairs, the same each time


@pytest.mark.parametrize(("one", "other"), [CHOICE.sample(PARTS, 2) for _ in range(80)])
def test_what_is_asked_together_is_taken(
    service: TrtcEmulator, make_spec: MakeSpec, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Whatever two demands make of each other, a request of ours is one that the service takes."""
    try:
        spec = make_spec(**{**one, **other})
    except InvalidSpec:
        return
    with connect(service, on_unsupported="warn") as recorder:
        if recorder.plan(spec).requests:
            assert recorder.status(recorder.start(spec)).state is RecordingState.STARTING


def test_windows_are_stacked_as_asked(planner: Recorder, make_spec: MakeSpec) -> None:
    """A larger z lies in front, among equals the later; opacity is the vendor's transparency; edges are shared."""
    regions = [region(z=5, width=1 / 3), region(z=-1, opacity=0.25, x=1 / 3, width=1 / 3), region(x=2 / 3, width=1 / 3)]
    plan = planner.plan(make_spec(layout={"kind": "custom", "regions": regions}))
    assert plan.findings == ()
    windows = body_of(plan)["MixLayoutParams"]["MixLayoutList"]
    assert [window["ImageLayer"] for window in windows] == [2, 0, 1]
    assert [window.get("Alpha") for window in windows] == [None, 191, None]
    edges = [(window["Left"], window["Left"] + window["Width"]) for window in windows]
    assert edges == [(0, 427), (427, 853), (853, 1280)]


def test_options_that_are_none(planner: Recorder, make_spec: MakeSpec) -> None:
    """An unknown option and one out of range are named, and their values aren't shown."""
    with pytest.raises(InvalidSpec) as caught:
        planner.plan(make_spec(options={"trtc": {"user_id": "not a name", "nonsense": "hidden"}}))
    assert {problem.partition(":")[0] for problem in caught.value.problems} == {
        "options.trtc.user_id",
        "options.trtc.nonsense",
    }
    assert "hidden" not in str(caught.value)
