"""Where each field of Agora's requests is reached: from a spec, from an option or from an operation.

`TABLE` says it, and how to make each field; `homes` and `modes_of` are what the docs print.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from planned import KEYS, S3_STORAGE
from recorder_agora.wire.requests import (
    AcquireRequest,
    IndividualAcquireRequest,
    IndividualStartRequest,
    StartRequest,
    StopRequest,
    UpdateLayoutRequest,
    UpdateRequest,
    WebAcquireRequest,
    WebStartRequest,
    WebStopRequest,
    WebUpdateRequest,
)
from recorder_core import (
    S3,
    Custom,
    Participants,
    Recorder,
    Recording,
    Region,
    S3Compatible,
    Selection,
    Spotlight,
)

__all__ = [
    "BASES",
    "CALLS",
    "DOCUMENTED",
    "STARTS",
    "TABLE",
    "WITHDRAWN",
    "Fields",
    "Row",
    "homes",
    "modes_of",
    "reached_by",
]

Fields = dict[str, Any]
MIX, INDIVIDUAL, WEB = ("mix",), ("individual",), ("web",)
ROOMS, EVERY = ("mix", "individual"), ("mix", "individual", "web")
BASES: dict[str, Fields] = {
    "mix": {},
    "individual": {"mode": "individual"},
    "web": {"mode": "web", "web_page": {"url": "https://class.example/room"}},
}
"""The smallest spec of each mode, by its name on the wire."""


@dataclass(frozen=True)
class Row:
    """Where a neutral field goes, or what a neutral operation sends.

    Attributes:
        home: path in the spec, `options.agora.…`, or an operation of the recorder; why, where the value is fixed.
        leaves: paths in the body without `clientRequest.`, `[]` for the items of a list, `[name]` for a service.
        given: fields of a spec that make them.
        base: the same spec without what is at `home`; None where the value is fixed.
        modes: the modes in which it is so, by their names on the wire.
        method: the vendor's method.
        call: an operation on a running recording, instead of a spec.
    """

    home: str
    leaves: tuple[str, ...]
    given: Fields = field(default_factory=dict)
    base: Fields | None = field(default_factory=dict)
    modes: tuple[str, ...] = EVERY
    method: str = "start"
    call: Callable[[Recorder, Recording], Any] | None = None


def _acquired(home: str, leaf: str, given: Fields, **more: Any) -> Row:
    return Row(home, (leaf,), given, method="acquire", **more)


def _options(**options: Any) -> Fields:
    return {"options": options}


def _extra(**client: Any) -> Fields:
    return _options(extra_body={"clientRequest": client})


def _config(home: str, leaf: str, given: Fields, base: Fields | None = None, modes: tuple[str, ...] = ROOMS) -> Row:
    return Row(home, (f"recordingConfig.{leaf}",), given, base or {}, modes)


def _stored(home: str, leaf: str, **changed: Any) -> Row:
    return Row(f"storage.{home}", (f"storageConfig.{leaf}",), {"storage": {**S3_STORAGE, **changed}})


def _windows(**more: Any) -> Fields:
    return {"layout": {"kind": "custom", "regions": [{"x": 0, "y": 0, "width": 0.5, "height": 0.5, **more}]}}


def _drawn(home: str, leaf: str, given: Fields, base: Fields | None = None) -> Row:
    return Row(f"layout.{home}", (f"{CANVAS}.{leaf}",), given, base or {}, MIX)


def _page(home: str, leaf: str, given: Fields, base: Fields | None = None) -> Row:
    return Row(home, (f"{SERVICE.format('web_recorder_service')}.serviceParam.{leaf}",), given, base or {}, WEB)


CANVAS = "recordingConfig.transcodingConfig"
SERVICE = "extensionServiceConfig.extensionServices[{}]"
PUSH = SERVICE.format("rtmp_publish_service")
IMAGE = {"url": "https://cdn.example/board.jpg"}
BOARD = {"layout": {"kind": "grid", "background": {"image": IMAGE}}}
GCM, GCM2 = (
    {"encryption": {"cipher": cipher, "secret": "k", **salt}}
    for cipher, salt in (("aes_128_gcm", {}), ("aes_128_gcm2", {"salt": "A" * 43 + "="}))
)
ONE = {"participants": {medium: {"include": ["7"]} for medium in ("audio", "video")}}
BUT_ONE = {"participants": {medium: {"exclude": ["7"]} for medium in ("audio", "video")}}
PUSHED = {"push_urls": ["rtmp://push.example/live/k"]}
MP4 = {"output": {"formats": ["hls", "mp4"]}}
ENDPOINT = {"kind": "s3_compatible", "bucket": "lessons", "region": "eu-1", "endpoint": "s3.example.com", **KEYS}

STARTS = (
    *(
        row
        for method in ("acquire", "start")
        for row in (
            Row("room", ("cname",), {"room": "algebra"}, method=method),
            Row("options.agora.uid", ("uid",), _options(uid="527841"), method=method),
        )
    ),
    _acquired("mode", "scene", {}, base=None),
    _acquired("options.agora.resource_expired_hours", "resourceExpiredHour", _options(resource_expired_hours=24)),
    _acquired("options.agora.region", "region", _options(region="EU")),
    _acquired("options.agora.region_affinity", "regionAffinity", _options(region_affinity=3)),
    _acquired("start(apart_from=…)", "excludeResourceIds", {}, base=None),
    _acquired("options.agora.send_start_parameter", "startParameter", _options(send_start_parameter=True)),
    Row("options.agora.token", ("token",), _options(uid="9", token="t"), _options(uid="9"), ROOMS),
    _stored("kind", "vendor", kind="alibaba_oss", region="cn-hangzhou"),
    _stored("region", "region", region="eu-west-2"),
    _stored("bucket", "bucket", bucket="others"),
    _stored("access_key", "accessKey", access_key="AK-2"),
    _stored("secret_key", "secretKey", secret_key="SK-2"),
    _stored("session_token", "stsToken", session_token="ST"),
    _stored("session_expires_at", "stsExpiration", session_token="ST", session_expires_at="2099-01-01T00:00:00Z"),
    _stored("server_side_encryption", "extensionParams.sse", server_side_encryption="kms"),
    _stored("object_tag", "extensionParams.tag", object_tag="school"),
    Row("storage.endpoint", ("storageConfig.extensionParams.endpoint",), {"storage": ENDPOINT}),
    Row("output.prefix", ("storageConfig.fileNamePrefix",), {"output": {"prefix": "lessons/2026"}}),
    Row("output.formats", ("recordingFileConfig.avFileType",), MP4, modes=("mix", "web")),
    Row(
        "output.formats",
        ("recordingFileConfig.avFileType",),
        {"output": {"snapshots": {"interval": 10}}},
        {"output": {"formats": [], "snapshots": {"interval": 10}}},
        INDIVIDUAL,
    ),
    _config("media", "streamTypes", {"media": "audio"}),
    _config("idle_timeout", "maxIdleTime", {"idle_timeout": 60}),
    _config("encryption.cipher", "decryptionMode", GCM),
    _config("encryption.secret", "secret", GCM),
    _config("encryption.salt", "salt", GCM2),
    _config("participants.audio.include", "subscribeAudioUids", ONE),
    _config("participants.audio.exclude", "unSubscribeAudioUids", BUT_ONE),
    _config("participants.video.include", "subscribeVideoUids", ONE),
    _config("participants.video.exclude", "unSubscribeVideoUids", BUT_ONE),
    _config("options.agora.channel_profile", "channelType", _options(channel_profile="live")),
    _config("options.agora.video_stream_type", "videoStreamType", _options(video_stream_type="low")),
    _config("options.agora.private_params", "privateParams", _options(private_params="{}")),
    _config("expected_participants", "subscribeUidGroup", {"expected_participants": 3}, modes=INDIVIDUAL),
    _config("participants", "subscribeUidGroup", ONE, modes=INDIVIDUAL),
    _config("output.tracks", "streamMode", {"output": {"tracks": "separate"}}, modes=INDIVIDUAL),
    _config(
        "options.agora.stream_mode",
        "streamMode",
        {"media": "audio"} | _options(stream_mode="original"),
        {"media": "audio"},
        INDIVIDUAL,
    ),
    Row(
        "output.snapshots.interval",
        ("snapshotConfig.captureInterval", "snapshotConfig.fileType"),
        {"output": {"snapshots": {"interval": 10}}},
        modes=INDIVIDUAL,
    ),
    _config("audio.bitrate_kbps", "audioProfile", {"audio": {"bitrate_kbps": 128}}, modes=MIX),
    _config("audio.channels", "audioProfile", {"audio": {"channels": 2}}, modes=MIX),
    *(
        _config(f"video.{name}", f"transcodingConfig.{leaf}", {"video": {name: value}}, modes=MIX)
        for name, leaf, value in (
            ("width", "width", 640),
            ("height", "height", 360),
            ("fps", "fps", 24),
            ("bitrate_kbps", "bitrate", 900),
        )
    ),
    _drawn("kind", "mixedVideoLayout", {"layout": {"kind": "floating"}}),
    _drawn("participant", "maxResolutionUid", {"layout": {"kind": "spotlight", "participant": "7"}}),
    _drawn("background.color", "backgroundColor", {"layout": {"kind": "grid", "background": {"color": "#102030"}}}),
    _drawn("background.image", "backgroundImage", BOARD),
    _drawn(
        'placeholders["*"]',
        "defaultUserBackgroundImage",
        {"layout": {"kind": "grid", "placeholders": {"*": IMAGE}}},
    ),
    *(
        _drawn(
            "placeholders[participant]",
            f"backgroundConfig[].{leaf}",
            {"layout": {"kind": "grid", "placeholders": {"7": IMAGE}}},
        )
        for leaf in ("uid", "image_url", "render_mode")
    ),
    *(
        _drawn(f"regions.*.{name}", f"layoutConfig[].{leaf}", _windows(**{name: value}), _windows())
        for name, leaf, value in (
            ("participant", "uid", "7"),
            ("x", "x_axis", 0.25),
            ("y", "y_axis", 0.25),
            ("width", "width", 0.25),
            ("height", "height", 0.25),
            ("opacity", "alpha", 0.5),
            ("fit", "render_mode", "contain"),
        )
    ),
    *(
        _page(f"web_page.{name}", leaf, {"web_page": {"url": "https://class.example/room", name: value}})
        for name, leaf, value in (
            ("url", "url", "https://class.example/other"),
            ("mobile", "mobile", True),
            ("ready_timeout", "readyTimeout", 20),
        )
    ),
    _page("audio.bitrate_kbps", "audioProfile", {"audio": {"bitrate_kbps": 128}}),
    _page("audio.channels", "audioProfile", {"audio": {"channels": 2}}),
    *(
        _page(f"video.{name}", leaf, {"video": {name: value}})
        for name, leaf, value in (
            ("width", "videoWidth", 640),
            ("height", "videoHeight", 360),
            ("fps", "videoFps", 24),
            ("bitrate_kbps", "videoBitrate", 900),
        )
    ),
    _page("max_duration", "maxRecordingHour", {"max_duration": 7200}),
    _page(
        "output.max_file_duration", "maxVideoDuration", {"output": {**MP4["output"], "max_file_duration": 3600}}, MP4
    ),
    _page("start_paused", "onhold", {"start_paused": True}),
    Row("push_urls", (f"{PUSH}.serviceParam.outputs[].rtmpUrl", f"{PUSH}.serviceName"), PUSHED, modes=WEB),
    Row("error_ignore: the only value there is", (f"{PUSH}.errorHandlePolicy",), PUSHED, None, WEB),
    Row(
        "error_abort: the only value there is",
        (f"{SERVICE.format('web_recorder_service')}.errorHandlePolicy", "extensionServiceConfig.errorHandlePolicy"),
        base=None,
        modes=WEB,
    ),
    Row("mode", (f"{SERVICE.format('web_recorder_service')}.serviceName",), base=None, modes=WEB),
    Row(
        "not sent: v1 is the only value there is; options.agora.extra_body",
        ("extensionServiceConfig.apiVersion",),
        _extra(extensionServiceConfig={"apiVersion": "v1"}),
        modes=WEB,
    ),
    Row("without effect, through options.agora.extra_body", ("token",), _extra(token="t"), modes=WEB),
    *(
        _config(
            "without effect, through options.agora.extra_body",
            leaf,
            _extra(recordingConfig={leaf: value}),
            modes=MIX,
        )
        for leaf, value in (("streamMode", "default"), ("subscribeUidGroup", 0))
    ),
)

VIDEO_DATA = (
    *("title", "description", "coverUrl", "cateId", "tags"),
    *("templateGroupId", "userData", "storageLocation", "workflowId"),
)
VOD = {"accessKey": "AK", "secretKey": "SK", "regionId": "r", "apiData": {"videoData": dict.fromkeys(VIDEO_DATA, "x")}}
VOD_SERVICE = {"serviceName": "aliyun_vod_service", "serviceParam": VOD}
TRANSCODING = {
    "appsCollection": {"combinationPolicy": "postpone_transcoding"},
    "transcodeOptions": {
        "transConfig": {"transMode": "postponeTranscoding"},
        "container": {"format": "mp4"},
        "audio": {"sampleRate": "48000", "bitrate": "48000", "channels": "2"},
    },
}
WITHDRAWN = (
    Row(
        "withdrawn, through options.agora.extra_body",
        tuple(
            f"{SERVICE.format('aliyun_vod_service')}.serviceParam.{leaf}"
            for leaf in (
                *("accessKey", "secretKey", "regionId"),
                *(f"apiData.videoData.{key}" for key in VIDEO_DATA),
            )
        ),
        _extra(extensionServiceConfig={"extensionServices": [VOD_SERVICE]}),
        modes=MIX,
    ),
    Row(
        "withdrawn, through options.agora.extra_body",
        (
            *("appsCollection.combinationPolicy", "transcodeOptions.transConfig.transMode"),
            *("transcodeOptions.container.format", "transcodeOptions.audio.sampleRate"),
            *("transcodeOptions.audio.bitrate", "transcodeOptions.audio.channels"),
        ),
        _extra(**TRANSCODING),
        modes=INDIVIDUAL,
    ),
)
"""What left the vendor's pages in April 2025. `scene` 2 of acquire, which went with it, is out of reach."""


def _update(home: str, leaves: tuple[str, ...], call: Callable[[Recorder, Recording], Any], **more: Any) -> Row:
    return Row(home, leaves, method="update", call=call, **more)


def _recorded(*people: str, excluded: bool = False) -> Participants:
    chosen = Selection(exclude=people) if excluded else Selection(include=people)
    return Participants(audio=chosen, video=chosen)


FRESH = S3(
    bucket="lessons",
    region="eu-west-1",
    access_key="AK-2",
    secret_key="SK-2",
    session_token="ST-2",
    session_expires_at="2099-01-01T00:00:00Z",
    server_side_encryption="kms",
    object_tag="school",
)
IDENTITY = ("cname", "uid")
KEPT = (*("vendor", "region", "bucket", "accessKey", "secretKey"), "fileNamePrefix")
LAYOUT = ("mixedVideoLayout", "backgroundColor", "backgroundImage", "defaultUserBackgroundImage")
PICTURES: Fields = {
    "background": {"color": "#102030", "image": IMAGE},
    "placeholders": {"*": IMAGE, "7": IMAGE},
}
CALLS = (
    _update(
        "refresh_storage",
        (
            *IDENTITY,
            *(
                f"storageConfig.{leaf}"
                for leaf in (*KEPT, "stsToken", "stsExpiration", "extensionParams.sse", "extensionParams.tag")
            ),
        ),
        lambda recorder, it: recorder.refresh_storage(it, FRESH),
    ),
    _update(
        "refresh_storage",
        tuple(f"storageConfig.{leaf}" for leaf in (*KEPT, "extensionParams.endpoint")),
        lambda recorder, it: recorder.refresh_storage(it, S3Compatible.model_validate(ENDPOINT)),
        given={"storage": ENDPOINT},
    ),
    *(
        _update(
            "update_participants",
            tuple(
                f"streamSubscribe.{medium}UidList.{verb}{medium.capitalize()}Uids"
                for medium in ("audio", "video")
                for verb in ("unSubscribe" if excluded else "subscribe",)
            ),
            lambda recorder, it, excluded=excluded: recorder.update_participants(it, _recorded("7", excluded=excluded)),
            modes=ROOMS,
        )
        for excluded in (False, True)
    ),
    _update("pause", ("webRecordingConfig.onhold",), lambda recorder, it: recorder.pause(it), modes=WEB),
    _update("resume", ("webRecordingConfig.onhold",), lambda recorder, it: recorder.resume(it), modes=WEB),
    _update(
        "update_push",
        ("rtmpPublishConfig.outputs[].rtmpUrl",),
        lambda recorder, it: recorder.update_push(it, ["rtmps://push.example/live/k2"]),
        given=PUSHED,
        modes=WEB,
    ),
    Row(
        "layout",
        (
            *IDENTITY,
            *LAYOUT,
            *(
                f"layoutConfig[].{leaf}"
                for leaf in ("uid", "x_axis", "y_axis", "width", "height", "alpha", "render_mode")
            ),
            *(f"backgroundConfig[].{leaf}" for leaf in ("uid", "image_url", "render_mode")),
        ),
        modes=MIX,
        method="updateLayout",
        call=lambda recorder, it: recorder.layout(
            it, Custom(regions=(Region(participant="7", x=0, y=0, width=1, height=1),), **PICTURES)
        ),
    ),
    Row(
        "layout",
        (*LAYOUT, "maxResolutionUid"),
        modes=MIX,
        method="updateLayout",
        call=lambda recorder, it: recorder.layout(it, Spotlight("7", **PICTURES)),
    ),
    Row(
        "stop(wait=…)",
        (*IDENTITY, "async_stop"),
        method="stop",
        call=lambda recorder, it: recorder.stop(it, wait=False),
    ),
)
TABLE = (*STARTS, *WITHDRAWN, *CALLS)

# --- the fields of the vendor's requests ---

MODELS: dict[str, dict[str, type[BaseModel]]] = {
    "acquire": {"mix": AcquireRequest, "individual": IndividualAcquireRequest, "web": WebAcquireRequest},
    "start": {"mix": StartRequest, "individual": IndividualStartRequest, "web": WebStartRequest},
    "update": {"mix": UpdateRequest, "individual": UpdateRequest, "web": WebUpdateRequest},
    "updateLayout": {"mix": UpdateLayoutRequest},
    "stop": {"mix": StopRequest, "individual": StopRequest, "web": WebStopRequest},
}
FORETOLD = "startParameter"
"""It holds start's own fields."""


def homes() -> dict[str, list[str]]:
    """Where each vendor field is reached, by `method.path.to[].field`, in the order of the vendor's requests."""
    known, found = modes_of(), {f"{method}.{leaf}": dict[str, list[str]]() for method, _, leaf in DOCUMENTED}
    for row in TABLE:
        for leaf in row.leaves:
            found.setdefault(f"{row.method}.{leaf}", {}).setdefault(row.home, []).extend(row.modes)
    return {
        leaf: [f"{home} ({', '.join(modes)})" if set(modes) < set(known[leaf]) else home for home, modes in at.items()]
        for leaf, at in found.items()
    }


def modes_of() -> dict[str, list[str]]:
    """The modes that know each vendor field, by the same paths, by their names on the wire."""
    found: dict[str, list[str]] = {}
    for method, mode, leaf in (*DOCUMENTED, *chain.from_iterable(map(reached_by, WITHDRAWN))):
        found.setdefault(f"{method}.{leaf}", []).append(mode)
    return found


def _leaves(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """The paths of every value below a model; one of several services stands in brackets."""
    for name, info in model.model_fields.items():
        below = [] if name == FORETOLD else _models(info.annotation)
        if not below:
            yield path + name
        for inner in below:
            index = f"[{get_args(inner.model_fields['serviceName'].annotation)[0]}]" if len(below) > 1 else "[]"
            here = "" if name == "clientRequest" else f"{path}{name}{index if _is_list(info.annotation) else ''}."
            yield from _leaves(inner, here)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is tuple or any(_is_list(part) for part in get_args(annotation))


def reached_by(row: Row) -> Iterator[tuple[str, str, str]]:
    """Method, mode and path of the fields that a row makes."""
    for mode in row.modes:
        for leaf in row.leaves:
            yield row.method, mode, leaf


DOCUMENTED = [
    (method, mode, leaf)
    for method, models in MODELS.items()
    for mode, model in models.items()
    for leaf in _leaves(model)
]
"""Method, mode and path of every field that the vendor documents today."""
