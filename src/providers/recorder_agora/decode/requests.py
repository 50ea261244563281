"""Wire back to neutral: the spec for which the requests of a start stand, planned ones or those of somebody's code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from pydantic import SecretStr, ValidationError

from recorder_agora.decode.layout import put_layout
from recorder_agora.decode.storage import put_storage, without_effect
from recorder_agora.tables import AUDIO_PROFILES, DECRYPTION_MODES, FRAME_RATES
from recorder_agora.translate.participants import GROUP_SIZES, group_of
from recorder_agora.translate.room import PROMISED_TOKEN, STREAM_TYPES
from recorder_agora.wire.layout import TranscodingConfig
from recorder_agora.wire.recording import (
    ChannelRecordingConfig,
    IndividualRecordingConfig,
    RecordingConfig,
    RecordingFileConfig,
)
from recorder_agora.wire.requests import (
    AcquireRequest,
    IndividualAcquireRequest,
    IndividualStartClientRequest,
    IndividualStartRequest,
    StartClientRequest,
    StartRequest,
    WebAcquireRequest,
    WebStartClientRequest,
    WebStartRequest,
)
from recorder_agora.wire.values import ALL_STREAMS, Request
from recorder_core.decoding import SpecTree, by_operation, object_in, refused
from recorder_core.models import Cipher, Format, Media, Mode, RecordingSpec, Tracks
from recorder_core.models.base import reveal
from recorder_core.models.loading import describe_errors
from recorder_core.plan import PlannedRequest
from recorder_core.tracebacks import forgetful

__all__ = ["NOT_CARRIED", "decoded"]

NOT_CARRIED: Mapping[str, str] = MappingProxyType(
    {
        "expected_participants": "only a group of sizes is sent, and only in individual mode: the most that it holds",
        "layout.fit": "the presets crop by themselves: left out",
        "layout.background.image.fit": "the canvas image is cropped: cover, also where nothing was given",
        "layout.regions.*.z": "the order of the list is the only stacking order: 0",
        "layout.regions.*.x": "six decimals",
        "layout.regions.*.y": "six decimals",
        "layout.regions.*.width": "six decimals",
        "layout.regions.*.height": "six decimals",
        "audio.sample_rate": "it follows from the profile that bitrate_kbps names: left out",
        "audio.channels": "they follow from the profile that bitrate_kbps names: left out",
        "storage.region": "an S3-compatible store is told none: us-east-1, which its protocol takes for that",
        "storage.endpoint": "a host without a scheme",
        "storage.path_style": "the vendor has no field for it",
        "storage.session_expires_at": "whole seconds",
        "options.agora.uid": "one that was derived from the recording's id can't be told from a given one",
    }
)
"""Where a planned start, read back, differs from the resolved spec of its plan, though nothing was found there.

By pattern of the path: why, and what stands there. Options of other providers aren't sent either.
"""

CLIENT = "start.clientRequest"
CONFIG = f"{CLIENT}.recordingConfig"
MEDIA = {number: media for media, number in STREAM_TYPES.items()}
CIPHERS = {number: cipher for cipher, number in DECRYPTION_MODES.items()}
IDLE_S, INTERVAL_S, CONTROLLED_HOURS = 30, 10, 72
CANVAS, CANVAS_KBPS, DEFAULT_FPS = (360, 640), 500, 15
LARGE_PAGE_PIXELS, LARGE_PAGE_KBPS, SMALL_PAGE_KBPS = 1280 * 720, 2000, 1500
"""The vendor's defaults; a page's bit rate is from "Start recording" (Agora, 2022)."""
AN_HOUR, A_MINUTE = 3600, 60
POSTPONED = 2
"""`scene` of postponed transcoding, until April 2025."""

Body = TypeVar("Body", bound=Request)


@forgetful
def decoded(requests: Sequence[PlannedRequest]) -> RecordingSpec:
    """The spec of a start.

    It says what the bodies say, with the vendor's documented defaults where they are silent; what a spec needn't say to
    mean the same is left out. So it can be planned again, and `decoded(plan.requests).resolved()` is `plan.resolved`
    but for what has findings and for `NOT_CARRIED`.

    Args:
        requests: one start, and its acquire if it is known; secrets in clear, as `SecretStr` or as text.

    Raises:
        InvalidSpec: they are something else, or say what no spec can say; with the path in the body.
    """
    acquire, start = _pair(requests)
    found = re.search(r"/mode/([^/]+)/start$", start.url)
    mode = MODES.get(found[1]) if found else None
    if mode is None:
        raise refused(f"start.url: names no mode; it ends in {' or '.join(f'/mode/{name}/start' for name in MODES)}")
    body = reveal(start.payload)
    tree, extra = _without_withdrawn(without_effect(body), mode.withdrawn)
    wire: Any = _read(mode.start, tree, "start")
    spec = SpecTree()
    spec.put("mode", mode.neutral.value, "start.url")
    spec.put("room", wire.cname, "start.cname")
    spec.put("options.agora.uid", wire.uid, "start.uid")
    if acquire is not None:
        _put_acquire(spec, mode, reveal(acquire.payload), body)
    mode.put(spec, wire.clientRequest)
    put_storage(spec, wire.clientRequest.storageConfig, f"{CLIENT}.storageConfig")
    spec.put("options.agora.extra_body", extra, CLIENT)
    return spec.validated()


def _pair(requests: Sequence[PlannedRequest]) -> tuple[PlannedRequest | None, PlannedRequest]:
    found = by_operation(requests)
    if found.keys() - {"acquire", "start"} or "start" not in found:
        raise refused(
            f"requests: {', '.join(found) or 'nothing'}; a spec stands for one start, with or without its acquire"
        )
    return found.get("acquire"), found["start"]


def _read(model: type[Body], body: Any, name: str) -> Body:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        problems = describe_errors(error, model, under=name)
    raise refused(*problems)


def _without_withdrawn(body: Any, withdrawn: frozenset[str]) -> tuple[Any, dict[str, Any] | None]:
    """The body without what was withdrawn, and that as an `extra_body`."""
    client = object_in(body, "clientRequest")
    gone = {key: value for key, value in client.items() if key in withdrawn}
    if not gone:
        return body, None
    rest = {key: value for key, value in client.items() if key not in gone}
    return {**body, "clientRequest": rest}, {"clientRequest": gone}


# --- acquire ---


def _put_acquire(spec: SpecTree, mode: _Mode, body: Any, started: Any) -> None:
    client, under = object_in(body, "clientRequest"), "acquire.clientRequest"
    foretold = client.get("startParameter")
    problems = [
        f"acquire.{key}: differs from start.{key}, which the vendor would refuse"
        for key in ("cname", "uid")
        if isinstance(body, Mapping) and body.get(key) != started.get(key)
    ]
    if foretold not in (None, object_in(started, "clientRequest")):
        problems.append(f"{under}.startParameter: differs from {CLIENT}, which the vendor would refuse")
    if client.get("excludeResourceIds"):
        problems.append(f"{under}.excludeResourceIds: no spec names recordings; give them as start(apart_from=[...])")
    if client.get("scene") == POSTPONED:
        problems.append(
            f"{under}.scene: {POSTPONED} (postponed transcoding) was withdrawn; extra_body is start's alone"
        )
    if problems:
        raise refused(*problems)
    kept = {key: value for key, value in client.items() if key != "startParameter"}
    acquire: Any = _read(mode.acquire, {**body, "clientRequest": kept} if client else body, "acquire")
    asked = acquire.clientRequest
    hours = asked.resourceExpiredHour or CONTROLLED_HOURS
    spec.put("options.agora.resource_expired_hours", hours, f"{under}.resourceExpiredHour")
    spec.put("options.agora.region", asked.region, f"{under}.region")
    spec.put("options.agora.region_affinity", asked.regionAffinity, f"{under}.regionAffinity")
    spec.put("options.agora.send_start_parameter", foretold is not None or None, f"{under}.startParameter")


# --- start, by mode ---


def _put_mix(spec: SpecTree, client: StartClientRequest) -> None:
    config = client.recordingConfig or RecordingConfig()
    media = _put_room(spec, client.token, config)
    _put_formats(spec, client.recordingFileConfig)
    if media.has_audio:
        spec.put("audio.bitrate_kbps", AUDIO_PROFILES[config.audioProfile or 0].bitrate_kbps, f"{CONFIG}.audioProfile")
    if media.has_video:
        picture, under = config.transcodingConfig or TranscodingConfig(), f"{CONFIG}.transcodingConfig"
        fps = DEFAULT_FPS if picture.fps not in FRAME_RATES else picture.fps
        spec.put("video.width", picture.width or CANVAS[0], f"{under}.width")
        spec.put("video.height", picture.height or CANVAS[1], f"{under}.height")
        spec.put("video.fps", fps, f"{under}.fps")
        spec.put("video.bitrate_kbps", picture.bitrate or CANVAS_KBPS, f"{under}.bitrate")
        put_layout(spec, picture, under)


def _put_individual(spec: SpecTree, client: IndividualStartClientRequest) -> None:
    config = client.recordingConfig
    media = _put_room(spec, client.token, config)
    _put_group(spec, config, media)
    snapshots = client.snapshotConfig
    if snapshots is not None:
        interval = snapshots.captureInterval or INTERVAL_S
        spec.put("output.snapshots.interval", interval, f"{CLIENT}.snapshotConfig.captureInterval")
        if client.recordingFileConfig is None:
            spec.put("output.formats", [], f"{CLIENT}.recordingFileConfig")
            return
    if config.streamMode == "original":
        spec.put("options.agora.stream_mode", "original", f"{CONFIG}.streamMode")
    elif config.streamMode != "standard" and media is Media.AUDIO_VIDEO:
        spec.put("output.tracks", Tracks.SEPARATE.value, f"{CONFIG}.streamMode")


def _put_group(spec: SpecTree, config: IndividualRecordingConfig, media: Media) -> None:
    """`expected_participants`, where the group isn't the one that follows from the lists."""
    selected = [config.subscribeAudioUids] * media.has_audio + [config.subscribeVideoUids] * media.has_video
    is_open = any(uids in (None, (ALL_STREAMS,)) for uids in selected)
    included = {uid for uids in selected for uid in uids or ()}
    implied = len(GROUP_SIZES) - 1 if is_open else group_of(len(included))
    group, source = config.subscribeUidGroup, f"{CONFIG}.subscribeUidGroup"
    if not is_open and len(included) > GROUP_SIZES[group]:
        raise refused(f"{source}: {group} keeps room for {GROUP_SIZES[group]}, and the lists name {len(included)}")
    if group != implied:
        spec.put("expected_participants", GROUP_SIZES[group], source)


def _put_page(spec: SpecTree, client: WebStartClientRequest) -> None:
    services = client.extensionServiceConfig
    page, source = services.recorder, f"{CLIENT}.extensionServiceConfig.extensionServices"
    places = {service.serviceName: index for index, service in enumerate(services.extensionServices)}
    under = f"{source}.{places['web_recorder_service']}.serviceParam"
    spec.put("web_page.url", page.url, f"{under}.url")
    spec.put("web_page.mobile", page.mobile, f"{under}.mobile")
    spec.put("web_page.ready_timeout", page.readyTimeout, f"{under}.readyTimeout")
    spec.put("start_paused", page.onhold, f"{under}.onhold")
    spec.put("max_duration", page.maxRecordingHour * AN_HOUR, f"{under}.maxRecordingHour")
    is_large = page.videoWidth * page.videoHeight >= LARGE_PAGE_PIXELS
    kbps = page.videoBitrate or (LARGE_PAGE_KBPS if is_large else SMALL_PAGE_KBPS)
    spec.put("video.width", page.videoWidth, f"{under}.videoWidth")
    spec.put("video.height", page.videoHeight, f"{under}.videoHeight")
    spec.put("video.fps", page.videoFps or DEFAULT_FPS, f"{under}.videoFps")
    spec.put("video.bitrate_kbps", kbps, f"{under}.videoBitrate")
    spec.put("audio.bitrate_kbps", AUDIO_PROFILES[page.audioProfile].bitrate_kbps, f"{under}.audioProfile")
    if Format.MP4 in _put_formats(spec, client.recordingFileConfig) and page.maxVideoDuration is not None:
        spec.put("output.max_file_duration", page.maxVideoDuration * A_MINUTE, f"{under}.maxVideoDuration")
    if services.push is not None:
        urls = [output.rtmpUrl.get_secret_value() for output in services.push.outputs]
        spec.put("push_urls", urls, f"{source}.{places['rtmp_publish_service']}.serviceParam.outputs")


# --- what modes share ---


def _put_room(spec: SpecTree, token: SecretStr | None, config: ChannelRecordingConfig) -> Media:
    """What composite and individual recording share. Returns what is recorded."""
    spec.put("options.agora.token", None if token == PROMISED_TOKEN else token, f"{CLIENT}.token")
    media = _put_participants(spec, config)
    spec.put("idle_timeout", config.maxIdleTime or IDLE_S, f"{CONFIG}.maxIdleTime")
    profile = "live" if config.channelType == 1 else None
    spec.put("options.agora.channel_profile", profile, f"{CONFIG}.channelType")
    streams = None if config.videoStreamType is None else ("high", "low")[config.videoStreamType]
    spec.put("options.agora.video_stream_type", streams, f"{CONFIG}.videoStreamType")
    spec.put("options.agora.private_params", config.privateParams, f"{CONFIG}.privateParams")
    if config.decryptionMode:
        cipher = CIPHERS[config.decryptionMode]
        spec.put("encryption.cipher", cipher, f"{CONFIG}.decryptionMode")
        spec.put("encryption.secret", config.secret, f"{CONFIG}.secret")
        if Cipher(cipher).salted:
            spec.put("encryption.salt", config.salt, f"{CONFIG}.salt")
    return media


def _put_participants(spec: SpecTree, config: ChannelRecordingConfig) -> Media:
    """`media` and `participants`: a list for one medium and none for the other turns the other one off."""
    media = MEDIA[2 if config.streamTypes is None else config.streamTypes]
    lists = {
        "audio": (config.subscribeAudioUids, config.unSubscribeAudioUids),
        "video": (config.subscribeVideoUids, config.unSubscribeVideoUids),
    }
    listed = [medium for medium, pair in lists.items() if pair != (None, None)]
    if len(listed) == 1:
        media = Media(listed[0])
    spec.put("media", media.value, f"{CONFIG}.streamTypes")
    for medium in listed:
        included, excluded = lists[medium]
        name = medium.capitalize()
        if included != (ALL_STREAMS,):
            spec.put(f"participants.{medium}.include", included, f"{CONFIG}.subscribe{name}Uids")
        spec.put(f"participants.{medium}.exclude", excluded, f"{CONFIG}.unSubscribe{name}Uids")
    return media


def _put_formats(spec: SpecTree, files: RecordingFileConfig | None) -> frozenset[str]:
    formats = frozenset((files and files.avFileType) or (Format.HLS.value,))
    spec.put("output.formats", sorted(formats), f"{CLIENT}.recordingFileConfig.avFileType")
    return formats


class _Mode(NamedTuple):
    """How the bodies of one mode are read."""

    neutral: Mode
    acquire: type[Request]
    start: type[Request]
    put: Callable[[SpecTree, Any], None]
    withdrawn: frozenset[str] = frozenset()
    """Keys of start's `clientRequest` that left the pages: what they ask for becomes an `extra_body`."""


MODES: Mapping[str, _Mode] = MappingProxyType(
    {
        "mix": _Mode(
            Mode.COMPOSITE, AcquireRequest, StartRequest, _put_mix, withdrawn=frozenset({"extensionServiceConfig"})
        ),
        "individual": _Mode(
            Mode.INDIVIDUAL,
            IndividualAcquireRequest,
            IndividualStartRequest,
            _put_individual,
            withdrawn=frozenset({"appsCollection", "transcodeOptions"}),
        ),
        "web": _Mode(Mode.WEB, WebAcquireRequest, WebStartRequest, _put_page),
    }
)
