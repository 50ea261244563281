"""Where each field of ZEGOCLOUD's requests is reached: from a spec, from an option or from an operation.

`TABLE` says it, and how to make each field; `homes` is what the docs print.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from planned import KEYS
from recorder_core import Custom, Recorder, Recording, Region, Spotlight
from recorder_zegocloud.wire import requests as wire
from recorder_zegocloud.wire.values import Request

INPUT, OUTPUT, STORAGE = "RecordInputParams", "RecordOutputParams", "StorageParams"
MIX = f"{INPUT}.MixConfig"
WINDOW, BOARD = f"{MIX}.MixInputList[]", f"{INPUT}.Whiteboard[]"

Fields = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """Where a neutral field goes, or what a neutral operation sends.

    Attributes:
        home: path in the spec, `options.zegocloud.…`, or an operation of the recorder; why, where the value is fixed.
        leaves: paths in the body of the action, `[]` for the items of a list.
        given: fields of a spec that make them.
        base: the same spec without what is at `home`; None where the value is fixed.
        action: the vendor's action.
        call: an operation on a running recording, instead of a spec.
    """

    home: str
    leaves: tuple[str, ...]
    given: Fields = field(default_factory=dict)
    base: Fields | None = field(default_factory=dict)
    action: str = "StartRecord"
    call: Callable[[Recorder, Recording], Any] | None = None


def _region(**more: Any) -> Fields:
    return {"x": 0, "y": 0, "width": 0.5, "height": 0.5, **more}


def _custom(**more: Any) -> Fields:
    return {"layout": {"kind": "custom", "regions": [_region(**more), _region(x=0.5)]}}


def boarded(**more: Any) -> Fields:
    """A composite that shows a whiteboard beside somebody, with a region of each."""
    content = {"layout": {"kind": "custom", "regions": [_region(**more), _region(x=0.5, content="whiteboard")]}}
    return {**content, "whiteboard": {"aspect": "16:9"}}


def _board(**more: Any) -> Fields:
    return {"mode": "individual", "whiteboard": {"aspect": "16:9", **more}}


def _options(**options: Any) -> Fields:
    return {"options": options}


def _stored(kind: str, **more: Any) -> Fields:
    usual = {"kind": kind, "bucket": "lessons", "region": "r-1", **KEYS}
    return {"storage": {**usual, **({"endpoint": "minio:9000"} if kind == "s3_compatible" else {}), **more}}


def _vod(kind: str, **more: Any) -> Fields:
    own = {"title": "t", "storage_location": "s"} if kind == "alibaba_vod" else {}
    return {"storage": {"kind": kind, "region": "r-1", **KEYS, **own, **more}, "output": {"formats": ["mp4"]}}


def _marked(**more: Any) -> Fields:
    mark = {"kind": "image", "url": "https://e.com/a.png", "x": 0.1, "y": 0.1, "width": 0.2, "height": 0.2, **more}
    return {"watermarks": [mark]}


SOUND = {"mode": "individual", "media": "audio", "output": {"formats": ["mp3"]}}
LOGO = _marked()
IMAGE = {"url": "https://e.com/a.jpg"}
ALIBABA, TENCENT = f"{STORAGE}.AlibabaCloudVodParams", f"{STORAGE}.TencentCloudVodParams"

STARTS = (
    Row("room", ("RoomId",), {"room": "algebra"}),
    Row("mode", (f"{INPUT}.RecordMode",), {"mode": "individual"}),
    Row("media", (f"{INPUT}.StreamType",), {"media": "video"}),
    Row("output.tracks", (f"{INPUT}.StreamType",), {"output": {"tracks": "separate"}}),
    Row("start(key=…): the recording's id", (f"{INPUT}.ClientTaskId", f"{MIX}.MixOutputStreamId"), base=None),
    Row(
        "participants",
        (f"{INPUT}.RecordStreamList[].StreamId",),
        {"mode": "individual", "participants": {"audio": {"include": ["7"]}, "video": {"include": ["7"]}}},
        {"mode": "individual"},
    ),
    Row(
        "participants",
        (f"{MIX}.StreamConfigList[].StreamId", f"{MIX}.StreamConfigList[].StreamType"),
        {"participants": {"audio": {"exclude": ["7"]}}},
    ),
    Row("layout.kind", (f"{MIX}.MixMode",), {"layout": {"kind": "spotlight"}}),
    Row("layout.fit", (f"{MIX}.FillMode",), {"layout": {"kind": "grid", "fit": "contain"}}),
    Row(
        "layout.participant",
        (f"{MIX}.MixMaxResolutionStreamId",),
        {"layout": {"kind": "spotlight", "participant": "7"}},
        {"layout": {"kind": "spotlight"}},
    ),
    Row(
        "layout.background.color",
        (f"{MIX}.MixOutputBackgroundColor",),
        {"layout": {"kind": "grid", "background": {"color": "#102030"}}},
    ),
    Row(
        "layout.background.image",
        (f"{MIX}.MixOutputBackgroundImage",),
        {"layout": {"kind": "grid", "background": {"image": IMAGE}}},
    ),
    Row(
        'layout.placeholders["*"]',
        (f"{MIX}.DefaultMixStreamBackgroundImage", f"{INPUT}.FillBlank", f"{INPUT}.FillFrame.FrameFillMode"),
        {"layout": {"kind": "grid", "placeholders": {"*": IMAGE}}},
    ),
    Row(
        "layout.placeholders[participant]",
        (f"{WINDOW}.BackgroundImage",),
        {"layout": {**_custom(participant="7")["layout"], "placeholders": {"7": IMAGE}}},
        _custom(participant="7"),
    ),
    Row("layout.regions.*.participant", (f"{WINDOW}.StreamId",), _custom(participant="7"), _custom()),
    Row("layout.regions.*.content", (f"{WINDOW}.ViewType",), boarded(), _custom()),
    Row(
        "layout.regions.*.content",
        (f"{WINDOW}.StreamId",),
        {**_custom(participant="7", content="screen"), **_options(screen_stream_id="{participant}_s")},
        {**_custom(participant="7"), **_options(screen_stream_id="{participant}_s")},
    ),
    Row("layout.regions.*.x", (f"{WINDOW}.Left", f"{WINDOW}.Right"), _custom(x=0.25), _custom()),
    Row("layout.regions.*.y", (f"{WINDOW}.Top", f"{WINDOW}.Bottom"), _custom(y=0.25), _custom()),
    Row("layout.regions.*.width", (f"{WINDOW}.Right",), _custom(width=0.25), _custom()),
    Row("layout.regions.*.height", (f"{WINDOW}.Bottom",), _custom(height=0.25), _custom()),
    Row("layout.regions.*.z", (f"{WINDOW}.Layer",), _custom(z=5), _custom()),
    Row("layout.regions.*.fit", (f"{WINDOW}.FillMode",), _custom(fit="contain"), _custom()),
    Row("video.width", (f"{MIX}.MixOutputVideoConfig.Width",), {"video": {"width": 640}}),
    Row("video.height", (f"{MIX}.MixOutputVideoConfig.Height",), {"video": {"height": 640}}),
    Row("video.fps", (f"{MIX}.MixOutputVideoConfig.Fps",), {"video": {"fps": 24}}),
    Row("video.bitrate_kbps", (f"{MIX}.MixOutputVideoConfig.Bitrate",), {"video": {"bitrate_kbps": 900}}),
    Row("audio.bitrate_kbps", (f"{MIX}.MixOutputAudioConfig.Bitrate",), {"audio": {"bitrate_kbps": 96}}),
    Row("watermarks.*.url", (f"{MIX}.MixOutputWatermarkImage",), LOGO),
    *(
        Row(
            f"watermarks.*.{part}",
            tuple(f"{MIX}.MixOutputWatermarkImageConfig.{corner}" for corner in corners),
            _marked(**{part: 0.5}),
            LOGO,
        )
        for part, corners in (
            ("x", ("Left", "Right")),
            ("y", ("Top", "Bottom")),
            ("width", ("Right",)),
            ("height", ("Bottom",)),
        )
    ),
    Row(
        "watermarks.*.font_size",
        (f"{MIX}.MixOutputWatermarkTimestampConfig.FontSize",),
        {"watermarks": [{"kind": "clock", "font_size": 20}]},
    ),
    Row("output.formats", (f"{OUTPUT}.OutputFileFormat",), {"output": {"formats": ["mp4"]}}),
    Row("output.prefix", (f"{OUTPUT}.OutputFolder",), {"output": {"prefix": "lessons/2026"}}),
    Row("always 1: the only rule there is", (f"{OUTPUT}.OutputFileRule",), base=None),
    Row(
        "output.snapshots.interval",
        (f"{OUTPUT}.SnapshotInterval", f"{OUTPUT}.OutputFileFormat"),
        {"output": {"formats": [], "snapshots": {"interval": 20}}},
    ),
    Row("output.segment_duration", (f"{OUTPUT}.FragmentSeconds",), {"output": {"segment_duration": 6}}),
    Row("idle_timeout", (f"{INPUT}.MaxIdleTime",), {"idle_timeout": 60}),
    Row("max_duration", (f"{INPUT}.MaxRecordTime",), {"max_duration": 7200}),
    Row("callback_url", (f"{OUTPUT}.CallbackUrl",), {"callback_url": "https://e.com/cb"}),
    Row("whiteboard", (f"{INPUT}.HasWhiteboard",), _board(), {"mode": "individual"}),
    Row("whiteboard.id", (f"{BOARD}.WhiteboardId",), _board(id="wb-1"), _board()),
    Row(
        "whiteboard.aspect",
        (f"{BOARD}.HorizontalRatio", f"{BOARD}.VerticalRatio"),
        _board(aspect="4:3"),
        _board(),
    ),
    Row("whiteboard.width", (f"{BOARD}.Width",), _board(width=800), _board()),
    Row("whiteboard.height", (f"{BOARD}.Height",), _board(height=600), _board()),
    Row("whiteboard.background", (f"{BOARD}.BackgroundColor",), _board(background="#102030"), _board()),
    Row(
        "whiteboard.animation_fps",
        (f"{BOARD}.IsPPTAnimation", f"{BOARD}.PPTAnimationFps"),
        _board(animation_fps=10),
        _board(),
    ),
    Row("storage.kind", (f"{STORAGE}.Vendor",), _stored("huawei_obs", region="cn-north-4")),
    Row("storage.region", (f"{STORAGE}.Region",), _stored("s3", region="eu-west-2")),
    Row("storage.bucket", (f"{STORAGE}.Bucket",), _stored("s3", region="eu-west-1", bucket="others")),
    Row("storage.access_key", (f"{STORAGE}.AccessKeyId",), _stored("s3", region="eu-west-1", access_key="AK-2")),
    Row("storage.secret_key", (f"{STORAGE}.AccessKeySecret",), _stored("s3", region="eu-west-1", secret_key="SK-2")),
    Row("storage.endpoint", (f"{STORAGE}.EndPoint",), _stored("s3_compatible")),
    Row(
        "storage.path_style",
        (f"{STORAGE}.S3ForcePathStyle",),
        _stored("s3_compatible", path_style=True),
        _stored("s3_compatible"),
    ),
    *(
        Row(f"storage.{part}", (f"{ALIBABA}.{key}",), _vod("alibaba_vod", **{part: "other"}), _vod("alibaba_vod"))
        for part, key in (
            ("region", "Region"),
            ("access_key", "AccessKeyId"),
            ("secret_key", "AccessKeySecret"),
            ("title", "Title"),
            ("storage_location", "StorageLocation"),
        )
    ),
    *(
        Row(f"storage.{part}", (f"{TENCENT}.{key}",), _vod("tencent_vod", **{part: value}), _vod("tencent_vod"))
        for part, key, value in (
            ("region", "Region", "other"),
            ("access_key", "SecretId", "other"),
            ("secret_key", "SecretKey", "other"),
            ("sub_app_id", "SubAppId", 9),
        )
    ),
    Row(
        "options.zegocloud.stream_id",
        (f"{WINDOW}.StreamId",),
        _custom(participant="7") | _options(stream_id="s-{participant}"),
        _custom(participant="7"),
    ),
    Row(
        "options.zegocloud.mix_output_stream_id", (f"{MIX}.MixOutputStreamId",), _options(mix_output_stream_id="mix-1")
    ),
    Row("options.zegocloud.fill_blank", (f"{INPUT}.FillBlank",), _options(fill_blank=True)),
    Row("options.zegocloud.camera_off", (f"{INPUT}.FillFrame.FrameFillMode",), _options(camera_off="nothing")),
    Row(
        "options.zegocloud.camera_off_color",
        (f"{INPUT}.FillFrame.FrameFillColor",),
        _options(camera_off="color", camera_off_color="#102030"),
        _options(camera_off="color"),
    ),
    Row(
        "options.zegocloud.record_muted_audio",
        (f"{INPUT}.RecordMuteAudio",),
        SOUND | _options(record_muted_audio=False),
        SOUND,
    ),
    Row(
        "options.zegocloud.mute_split_threshold",
        (f"{INPUT}.RecordMuteAudioSplitThreshold",),
        SOUND | _options(record_muted_audio=False, mute_split_threshold=5),
        SOUND | _options(record_muted_audio=False),
    ),
    Row(
        "options.zegocloud.resume_without_interruption",
        (f"{INPUT}.ResumeWithoutInterruption",),
        {"mode": "individual"} | _options(resume_without_interruption=True),
        {"mode": "individual"},
    ),
    Row("options.zegocloud.always_mix", (f"{MIX}.IsAlwaysMix",), _options(always_mix=True)),
    Row("options.zegocloud.input_timeout_ms", (f"{MIX}.ClearInputStreamTimeout",), _options(input_timeout_ms=500)),
    Row(
        "options.zegocloud.sound_wave",
        (f"{MIX}.RecordSoundWave", f"{MIX}.SoundWaveType"),
        _options(sound_wave="user"),
    ),
    Row("options.zegocloud.realtime_upload", (f"{OUTPUT}.RealtimeUploadFragment",), _options(realtime_upload=False)),
    Row("options.zegocloud.short_fragment_path", (f"{OUTPUT}.ShortFragmentPath",), _options(short_fragment_path=False)),
)


def _updated(layout: Any) -> Callable[[Recorder, Recording], Any]:
    return lambda recorder, recording: recorder.layout(recording, layout)


def _listed(recorder: Recorder, recording: Recording) -> Any:
    return recorder.list_remote(recording.started_at - timedelta(hours=1), room=recording.room)


def _resumed(recorder: Recorder, recording: Recording) -> Any:
    recorder.pause(recording)
    return recorder.resume(recording)


FULL_WINDOW = Custom(
    regions=(
        Region(participant="7", x=0, y=0, width=0.5, height=1, fit="contain", z=2),
        Region(content="whiteboard", x=0.5, y=0, width=0.5, height=1),
    ),
    placeholders={"7": IMAGE},
)
CALLS = (
    Row("stop", ("TaskId",), action="StopRecord", call=lambda recorder, recording: recorder.stop(recording)),
    Row("status", ("TaskId",), action="DescribeRecordStatus", call=lambda recorder, it: recorder.status(it)),
    Row("pause", ("TaskId",), action="PauseRecord", call=lambda recorder, it: recorder.pause(it)),
    Row("resume", ("TaskId",), action="ResumeRecord", call=_resumed),
    Row("snapshot", ("TaskId",), action="TakeSnapshot", call=lambda recorder, it: recorder.snapshot(it)),
    Row(
        "switch_whiteboard",
        ("TaskId", "WhiteboardId"),
        action="UpdateWhiteboard",
        call=lambda recorder, it: recorder.switch_whiteboard(it, "wb-7"),
    ),
    Row(
        "layout",
        (
            *("TaskId", "MixMode"),
            *(
                f"MixInputList[].{key}"
                for key in (
                    *("StreamId", "ViewType", "Top", "Left", "Bottom", "Right"),
                    *("Layer", "FillMode", "BackgroundImage"),
                )
            ),
        ),
        action="UpdateLayout",
        call=_updated(FULL_WINDOW),
    ),
    Row(
        "layout",
        ("TaskId", "MixMode", "MixMaxResolutionStreamId"),
        action="UpdateLayout",
        call=_updated(Spotlight("7")),
    ),
    Row(
        "list_remote",
        ("Status", "StartTime", "EndTime", "RoomId", "PageOffset", "PageSize"),
        action="DescribeTasks",
        call=_listed,
    ),
)
TABLE = (*STARTS, *CALLS)


def homes() -> dict[str, list[str]]:
    """Where each vendor field is reached, by `Action.Path.To[].Field`, in the order of the vendor's requests."""
    found: dict[str, list[str]] = {leaf: [] for action, model in ACTIONS.items() for leaf in _leaves(model, action)}
    for row in TABLE:
        for leaf in row.leaves:
            found[f"{row.action}.{leaf}"].append(row.home)
    return {leaf: list(dict.fromkeys(reached)) for leaf, reached in found.items()}


ACTIONS: dict[str, type[Request]] = {
    name.removesuffix("Request"): model
    for name in wire.__all__
    if name.endswith("Request") and name != "TaskRequest"
    for model in [getattr(wire, name)]
}


def _leaves(model: type[BaseModel], path: str) -> Iterator[str]:
    """The paths of every value below a model."""
    for name, info in model.model_fields.items():
        inner, is_list = _below(info.annotation)
        here = f"{path}.{name}{'[]' if is_list else ''}"
        if inner is None:
            yield here
        else:
            yield from _leaves(inner, here)


def _below(annotation: Any, is_list: bool = False) -> tuple[type[BaseModel] | None, bool]:
    """The model that a field holds, and whether it holds a list of them."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return annotation, is_list
    is_list = is_list or getattr(annotation, "__origin__", None) is list
    for part in getattr(annotation, "__args__", ()):
        found, listed = _below(part, is_list)
        if found is not None:
            return found, listed
    return None, False
