"""Wire back to neutral: the spec for which a StartRecord stands, a planned one or that of somebody's code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from recorder_core.decoding import SpecTree, refused
from recorder_core.models import Media, RecordingSpec, Tracks
from recorder_core.models.base import reveal
from recorder_core.models.loading import describe_errors
from recorder_core.tracebacks import forgetful
from recorder_zegocloud.config import DEFAULT_STREAM_ID
from recorder_zegocloud.decode.layout import put_layout, put_watermarks
from recorder_zegocloud.decode.storage import put_storage
from recorder_zegocloud.decode.streams import put_mixed_streams, put_recorded_streams
from recorder_zegocloud.picture import hex_color
from recorder_zegocloud.translate.composite import CAMERA_OFF, SOUND_WAVES
from recorder_zegocloud.translate.modes import TRANSLATORS
from recorder_zegocloud.translate.start import STREAM_TYPES, without_recording
from recorder_zegocloud.translate.streams import StreamNames
from recorder_zegocloud.wire.layout import AudioConfig, MixParams
from recorder_zegocloud.wire.requests import InputParams, OutputParams, StartRecordRequest
from recorder_zegocloud.wire.values import (
    FileFormat,
    FrameFillMode,
    MixMode,
    RecordMuteAudio,
    Request,
    StreamType,
)

__all__ = ["NOT_CARRIED", "decoded"]

NOT_CARRIED: Mapping[str, str] = MappingProxyType(
    {
        "expected_participants": "it only sizes synthesised layouts",
        "participants.*.*": "in the order in which the streams are listed",
        "layout.fit": "None is sent as cover",
        "layout.background.color": "in small letters",
        "layout.background.image.fit": "None is sent as stretch: nothing else can be",
        "layout.placeholders.*.fit": "None is sent as stretch: nothing else can be",
        "layout.regions.*.z": "only who is in front of whom is sent",
        "watermarks": "the image comes before the clock",
        "whiteboard.background": "in small letters",
        "options.zegocloud.stream_id": "only the names that it makes are sent",
        "options.zegocloud.screen_stream_id": "only the names that it makes are sent",
        "options.zegocloud.fill_blank": 'a placeholder for "*" says it already',
        "options.zegocloud.camera_off": 'a placeholder for "*" says it already',
        "options.zegocloud.camera_off_color": "in small letters",
        "options.zegocloud.realtime_upload": "None is sent as true",
        "options.zegocloud.short_fragment_path": "None is sent as true",
    }
)
"""Where a decoded spec may say otherwise what the translated one said, though nothing is lost, and how.

Places are whole pixels: `0.333` of 1280 comes back as `426 / 1280`.
"""

INPUT, OUTPUT = "RecordInputParams", "RecordOutputParams"
MIX = f"{INPUT}.MixConfig"
MODES = {translator.record_mode: mode for mode, translator in TRANSLATORS.items()}
MEDIA = {number: media for media, number in STREAM_TYPES.items()} | {StreamType.SEPARATE: Media.AUDIO_VIDEO}
SHOWN = {number: shows for shows, number in CAMERA_OFF.items()}
WAVES_BY = {number: by for by, number in SOUND_WAVES.items()}
OPTIONS = "options.zegocloud"


@forgetful
def decoded(
    body: Mapping[str, Any], *, stream_id: str = DEFAULT_STREAM_ID, screen_stream_id: str | None = None
) -> RecordingSpec:
    """The spec of a StartRecord. What the body leaves out is what the vendor documents as its default.

    Args:
        body: the body, with its secrets in clear or as `SecretStr`.
        stream_id: how the application names the streams of cameras; by default a stream is called as its participant.
        screen_stream_id: how it names those of shared screens. None: it shares none.

    Raises:
        InvalidSpec: it is no StartRecord, or holds what no spec can say; with the path in the body.
    """
    request = _read(body)
    inputs, mix = request.RecordInputParams, request.RecordInputParams.MixConfig
    names, media = StreamNames(request.RoomId, stream_id, screen_stream_id), MEDIA[inputs.StreamType]
    spec = SpecTree()
    spec.put("room", request.RoomId, "RoomId")
    spec.put(f"{OPTIONS}.stream_id", None if stream_id == DEFAULT_STREAM_ID else stream_id, "stream_id")
    spec.put(f"{OPTIONS}.screen_stream_id", screen_stream_id, "screen_stream_id")
    _put_task(spec, inputs, media)
    _put_whiteboard(spec, inputs)
    _put_files(spec, request.RecordOutputParams, inputs.ClientTaskId)
    put_storage(spec, request.StorageParams, "StorageParams")
    if mix is None:
        put_recorded_streams(spec, inputs.RecordStreamList or (), media, names, f"{INPUT}.RecordStreamList")
        _put_gaps(spec, inputs, has_image=False)
    else:
        put_mixed_streams(spec, mix.StreamConfigList or (), names, f"{MIX}.StreamConfigList")
        _put_mix(spec, mix, media, inputs.ClientTaskId)
        _put_gaps(spec, inputs, has_image=media.has_video and mix.DefaultMixStreamBackgroundImage is not None)
        if mix.canvas is not None and media.has_video:
            put_layout(spec, mix, mix.canvas, names, MIX)
            put_watermarks(spec, mix, mix.canvas, MIX)
    return spec.validated()


def _read(body: Mapping[str, Any]) -> StartRecordRequest:
    try:
        return StartRecordRequest.model_validate_json(json.dumps(reveal(body)))
    except ValidationError as error:
        problems = describe_errors(error, StartRecordRequest)
    raise refused(*problems)


# --- what both modes have ---


def _put_task(spec: SpecTree, inputs: InputParams, media: Media) -> None:
    spec.put("mode", MODES[inputs.RecordMode].value, f"{INPUT}.RecordMode")
    spec.put("media", media.value, f"{INPUT}.StreamType")
    tracks = Tracks.SEPARATE if inputs.StreamType is StreamType.SEPARATE else Tracks.MERGED
    spec.put("output.tracks", tracks.value, f"{INPUT}.StreamType")
    spec.put("idle_timeout", inputs.MaxIdleTime, f"{INPUT}.MaxIdleTime")
    spec.put("max_duration", _given(inputs, "MaxRecordTime"), f"{INPUT}.MaxRecordTime")
    muted = _given(inputs, "RecordMuteAudio")
    keeps_muted = None if muted is None else muted is RecordMuteAudio.KEEP
    spec.put(f"{OPTIONS}.record_muted_audio", keeps_muted, f"{INPUT}.RecordMuteAudio")
    threshold = inputs.RecordMuteAudioSplitThreshold
    spec.put(f"{OPTIONS}.mute_split_threshold", threshold, f"{INPUT}.RecordMuteAudioSplitThreshold")
    goes_on = _given(inputs, "ResumeWithoutInterruption")
    spec.put(f"{OPTIONS}.resume_without_interruption", goes_on, f"{INPUT}.ResumeWithoutInterruption")


def _put_whiteboard(spec: SpecTree, inputs: InputParams) -> None:
    board, source = inputs.board, f"{INPUT}.Whiteboard.0"
    if board is None:
        return
    spec.put("whiteboard", {}, f"{INPUT}.HasWhiteboard")
    spec.put("whiteboard.id", board.WhiteboardId or None, f"{source}.WhiteboardId")
    spec.put("whiteboard.aspect", f"{board.HorizontalRatio}:{board.VerticalRatio}", source)
    spec.put("whiteboard.width", _given(board, "Width"), f"{source}.Width")
    spec.put("whiteboard.height", _given(board, "Height"), f"{source}.Height")
    spec.put("whiteboard.background", _given_color(board, "BackgroundColor"), f"{source}.BackgroundColor")
    fps = board.PPTAnimationFps if board.IsPPTAnimation else None
    spec.put("whiteboard.animation_fps", fps, f"{source}.PPTAnimationFps")


def _put_files(spec: SpecTree, outputs: OutputParams, task_id: str | None) -> None:
    """`output`, `callback_url` and the options for HLS."""
    folder, file_format = outputs.OutputFolder, outputs.OutputFileFormat
    if folder and not folder.endswith("/"):
        raise refused(f"{OUTPUT}.OutputFolder: has no slash at its end, and what that means isn't documented")
    spec.put("output.prefix", folder.removesuffix("/") if folder else None, f"{OUTPUT}.OutputFolder")
    url = outputs.CallbackUrl
    spec.put("callback_url", without_recording(url, task_id) if url and task_id else url, f"{OUTPUT}.CallbackUrl")
    if file_format is FileFormat.JPG:
        spec.put("output.formats", [], f"{OUTPUT}.OutputFileFormat")
        spec.put("output.snapshots.interval", outputs.SnapshotInterval, f"{OUTPUT}.SnapshotInterval")
        return
    spec.put("output.formats", [file_format.value], f"{OUTPUT}.OutputFileFormat")
    if file_format is FileFormat.HLS:
        spec.put("output.segment_duration", outputs.FragmentSeconds, f"{OUTPUT}.FragmentSeconds")
        # What the vendor does without these two isn't documented: absent is read as any other switch that is absent.
        if not outputs.RealtimeUploadFragment:
            spec.put(f"{OPTIONS}.realtime_upload", False, f"{OUTPUT}.RealtimeUploadFragment")
        elif not outputs.ShortFragmentPath:
            spec.put(f"{OPTIONS}.short_fragment_path", False, f"{OUTPUT}.ShortFragmentPath")


def _put_gaps(spec: SpecTree, inputs: InputParams, *, has_image: bool) -> None:
    """What stands in for a stopped stream and for a camera that is off, as options unless an image says it already."""
    frame, source = inputs.FillFrame, f"{INPUT}.FillFrame"
    if frame is not None:
        color = _given_color(frame, "FrameFillColor")
        spec.put(f"{OPTIONS}.camera_off_color", color, f"{source}.FrameFillColor")
    if has_image:
        if not inputs.FillBlank or frame is None or frame.FrameFillMode is not FrameFillMode.NOTHING:
            raise refused(f"{MIX}.DefaultMixStreamBackgroundImage: needs FillBlank true and FrameFillMode 3")
        return
    spec.put(f"{OPTIONS}.fill_blank", _given(inputs, "FillBlank"), f"{INPUT}.FillBlank")
    if frame is not None:
        spec.put(f"{OPTIONS}.camera_off", SHOWN[frame.FrameFillMode], f"{source}.FrameFillMode")


# --- what only a mixed task has ---


def _put_mix(spec: SpecTree, mix: MixParams, media: Media, task_id: str | None) -> None:
    """`audio`, `video` and the options of `MixConfig`."""
    if media.has_audio:
        audio, source = mix.MixOutputAudioConfig or AudioConfig(), f"{MIX}.MixOutputAudioConfig.Bitrate"
        spec.put("audio.bitrate_kbps", _kbps(audio.Bitrate, source), source)
    video, source = mix.MixOutputVideoConfig, f"{MIX}.MixOutputVideoConfig"
    if media.has_video and video is not None:
        spec.put("video.width", video.Width, f"{source}.Width")
        spec.put("video.height", video.Height, f"{source}.Height")
        spec.put("video.fps", video.Fps, f"{source}.Fps")
        spec.put("video.bitrate_kbps", _kbps(video.Bitrate, f"{source}.Bitrate"), f"{source}.Bitrate")
    if not media.has_video and mix.MixMode is MixMode.CUSTOM:
        raise refused(f"{MIX}.MixInputList: chooses whose sound is recorded, and a spec has no layout for that")
    stream = None if mix.MixOutputStreamId == task_id else mix.MixOutputStreamId
    spec.put(f"{OPTIONS}.mix_output_stream_id", stream, f"{MIX}.MixOutputStreamId")
    spec.put(f"{OPTIONS}.always_mix", _given(mix, "IsAlwaysMix"), f"{MIX}.IsAlwaysMix")
    spec.put(f"{OPTIONS}.input_timeout_ms", mix.ClearInputStreamTimeout, f"{MIX}.ClearInputStreamTimeout")
    waves = WAVES_BY[mix.SoundWaveType] if mix.RecordSoundWave else None
    spec.put(f"{OPTIONS}.sound_wave", waves, f"{MIX}.SoundWaveType")


def _kbps(bits_per_second: int, source: str) -> int:
    if bits_per_second % 1000:
        raise refused(f"{source}: {bits_per_second} is no whole number of kbps")
    return bits_per_second // 1000


def _given(part: Request, name: str) -> Any:
    """A value that stands in the body, None for one that doesn't."""
    return getattr(part, name) if name in part.model_fields_set else None


def _given_color(part: Request, name: str) -> str | None:
    number = _given(part, name)
    return None if number is None else hex_color(number)
