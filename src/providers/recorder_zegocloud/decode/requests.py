"""The way back from `translate`: the neutral spec for which a StartRecord stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

from pydantic import ValidationError

from recorder_core.errors import InvalidSpec
from recorder_core.models import Content, Fit, Media, Mode, RecordingSpec, Side, Tracks
from recorder_core.models.base import reveal
from recorder_core.models.loading import describe_errors
from recorder_zegocloud.config import DEFAULT_STREAM_ID
from recorder_zegocloud.decode.storage import decoded_storage
from recorder_zegocloud.translate.streams import StreamNames
from recorder_zegocloud.wire.layout import MixInput, MixParams, StreamConfig
from recorder_zegocloud.wire.requests import InputParams, OutputParams, StartRecordRequest
from recorder_zegocloud.wire.values import (
    FileFormat,
    FillMode,
    FrameFillMode,
    MixMode,
    RecordMode,
    RecordMuteAudio,
    Request,
    SoundWaveType,
    StreamMedia,
    StreamType,
    ViewType,
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

MODES = {RecordMode.MIXED: Mode.COMPOSITE, RecordMode.SINGLE: Mode.INDIVIDUAL}
MEDIA = {
    StreamType.AUDIO: Media.AUDIO,
    StreamType.VIDEO: Media.VIDEO,
    StreamType.AUDIO_VIDEO: Media.AUDIO_VIDEO,
    StreamType.SEPARATE: Media.AUDIO_VIDEO,
}
FITS = {FillMode.CROP: Fit.COVER, FillMode.FIT: Fit.CONTAIN}
PRESETS: Mapping[MixMode, dict[str, Any]] = {
    MixMode.GRID: {"kind": "grid"},
    MixMode.HORIZONTAL: {"kind": "spotlight", "side": Side.BOTTOM},
    MixMode.VERTICAL: {"kind": "spotlight", "side": Side.LEFT},
    MixMode.FLOATING: {"kind": "floating"},
}
CAMERA_OFF = {
    FrameFillMode.LAST_FRAME: "last_frame",
    FrameFillMode.COLOR: "color",
    FrameFillMode.NOTHING: "nothing",
}
SOUND_WAVES = {SoundWaveType.STREAM: "stream", SoundWaveType.USER: "user"}
INPUT, OUTPUT = "RecordInputParams", "RecordOutputParams"
MIX = f"{INPUT}.MixConfig"
HOMES = {
    "room": "RoomId",
    "idle_timeout": f"{INPUT}.MaxIdleTime",
    "max_duration": f"{INPUT}.MaxRecordTime",
    "whiteboard": f"{INPUT}.Whiteboard.0",
    "video": f"{MIX}.MixOutputVideoConfig",
    "layout.regions": f"{MIX}.MixInputList",
    "layout": MIX,
    "watermarks": f"{MIX}.MixOutputWatermarkImage",
    "output.prefix": f"{OUTPUT}.OutputFolder",
    "callback_url": f"{OUTPUT}.CallbackUrl",
    "storage": "StorageParams",
}
"""Where in the body the fields of a spec come from that a body may hold in a form that no spec has."""


def decoded(
    body: Mapping[str, Any], *, stream_id: str = DEFAULT_STREAM_ID, screen_stream_id: str | None = None
) -> RecordingSpec:
    """The spec of a StartRecord. What the body leaves out is what the vendor documents as its default.

    Args:
        body: the body, with its secrets in clear or as `SecretStr`.
        stream_id: how the application names the streams of cameras; by default a stream is called as its participant.
        screen_stream_id: how it names those of shared screens. None: it shares none.

    Raises:
        InvalidSpec: it is no StartRecord, or holds what no spec can say; the problem begins with the path in the body.
    """
    try:
        request = StartRecordRequest.model_validate_json(json.dumps(reveal(body)))
    except ValidationError as error:
        problems = describe_errors(error, StartRecordRequest)
    else:
        names = StreamNames(request.RoomId, stream_id, screen_stream_id)
        fields = _Start(request, names).fields()
        try:
            return RecordingSpec.model_validate(fields)
        except ValidationError as error:
            problems = [_in_the_body(problem) for problem in describe_errors(error, RecordingSpec)]
    raise InvalidSpec("\n".join(problems), problems=problems, provider="zegocloud", fault="caller")


def _in_the_body(problem: str) -> str:
    """A problem of a spec, after the path in the body of what it comes from."""
    home = next((home for field, home in HOMES.items() if problem.startswith((f"{field}.", f"{field}:"))), INPUT)
    return f"{home}: as {problem}"


def _unspeakable(path: str, problem: str) -> NoReturn:
    told = f"{path}: {problem}"
    raise InvalidSpec(told, problems=[told], provider="zegocloud", fault="caller")


class _Start:
    """The parts of one StartRecord, as fields of a spec."""

    def __init__(self, request: StartRecordRequest, names: StreamNames) -> None:
        self.request = request
        self.names = names
        self.inputs: InputParams = request.RecordInputParams
        self.outputs: OutputParams = request.RecordOutputParams
        self.media = MEDIA[self.inputs.StreamType]

    def fields(self) -> dict[str, Any]:
        """What `RecordingSpec` is made of."""
        inputs, mix = self.inputs, self.inputs.MixConfig
        return {
            "room": self.request.RoomId,
            "mode": MODES[inputs.RecordMode],
            "media": self.media,
            "idle_timeout": inputs.MaxIdleTime,
            "max_duration": _given(inputs, "MaxRecordTime"),
            "whiteboard": self._whiteboard(),
            "output": self._output(),
            "callback_url": self.outputs.CallbackUrl,
            "storage": decoded_storage(self.request.StorageParams),
            **(self._composite(mix) if mix else {"participants": self._recorded()}),
            "options": {"zegocloud": self._options(mix)},
        }

    def _output(self) -> dict[str, Any]:
        outputs, folder = self.outputs, self.outputs.OutputFolder
        if folder and not folder.endswith("/"):
            _unspeakable(f"{OUTPUT}.OutputFolder", "has no slash at its end, and what that means isn't documented")
        takes_pictures = outputs.OutputFileFormat is FileFormat.JPG
        is_hls = outputs.OutputFileFormat is FileFormat.HLS
        return {
            "formats": [] if takes_pictures else [outputs.OutputFileFormat.value],
            "prefix": folder.removesuffix("/") if folder else None,
            "tracks": Tracks.SEPARATE if self.inputs.StreamType is StreamType.SEPARATE else Tracks.MERGED,
            "snapshots": {"interval": outputs.SnapshotInterval} if takes_pictures else None,
            "segment_duration": outputs.FragmentSeconds if is_hls else None,
        }

    def _whiteboard(self) -> dict[str, Any] | None:
        board = self.inputs.board
        if board is None:
            return None
        return {
            "id": board.WhiteboardId or None,
            "aspect": f"{board.HorizontalRatio}:{board.VerticalRatio}",
            "width": _given(board, "Width"),
            "height": _given(board, "Height"),
            "background": _given_color(board, "BackgroundColor"),
            "animation_fps": board.PPTAnimationFps if board.IsPPTAnimation else None,
        }

    def _recorded(self) -> dict[str, Any]:
        """Whom a single-stream task records."""
        path = f"{INPUT}.RecordStreamList"
        streams = [stream.StreamId for stream in self.inputs.RecordStreamList or ()]
        people = self._people(path, streams)
        chosen = {"include": people} if people else None
        return {
            "audio": chosen if self.media.has_audio else None,
            "video": chosen if self.media.has_video else None,
        }

    def _people(self, path: str, streams: Iterable[str]) -> tuple[str, ...]:
        """Whose streams these are; a spec names people, with all their streams."""
        listed = dict.fromkeys(streams)
        people = dict.fromkeys(self._owner(path, stream)[0] for stream in listed)
        missing = [stream for stream in self.names.of(*people) if stream not in listed]
        if missing:
            _unspeakable(path, f"lists one stream of somebody and not the other, {missing[0]}")
        return tuple(people)

    def _owner(self, path: str, stream: str) -> tuple[str, Content]:
        owner = self.names.owner(stream)
        if owner is None:
            _unspeakable(path, f"{stream!r} is nobody's stream: streams are called {self.names.template}")
        return owner

    def _composite(self, mix: MixParams) -> dict[str, Any]:
        """What only a mixed task has."""
        fields: dict[str, Any] = {"participants": self._mixed(mix.StreamConfigList or ())}
        if self.media.has_audio:
            rate = mix.MixOutputAudioConfig.Bitrate if mix.MixOutputAudioConfig else 48_000
            fields["audio"] = {"bitrate_kbps": _kbps(f"{MIX}.MixOutputAudioConfig.Bitrate", rate)}
        if not self.media.has_video and mix.MixMode is MixMode.CUSTOM:
            _unspeakable(f"{MIX}.MixInputList", "chooses whose sound is recorded, and a spec has no layout for that")
        video = mix.MixOutputVideoConfig
        if self.media.has_video and video:
            fields["video"] = {
                "width": video.Width,
                "height": video.Height,
                "fps": video.Fps,
                "bitrate_kbps": _kbps(f"{MIX}.MixOutputVideoConfig.Bitrate", video.Bitrate),
            }
            canvas = (video.Width, video.Height)
            fields |= {"layout": self._layout(mix, canvas), "watermarks": _watermarks(mix, canvas)}
        return fields

    def _mixed(self, entries: Sequence[StreamConfig]) -> dict[str, Any]:
        """Whose sound and whose pictures a mixed task records."""
        path = f"{MIX}.StreamConfigList"
        kinds = {entry.StreamId or "": _media(entry.StreamType) for entry in entries}
        others = kinds.pop("", _media(None))
        people = self._people(path, kinds)
        recorded: dict[str, tuple[bool, bool]] = {}
        for name in people:
            of_each = {kinds[stream] for stream in self.names.of(name)}
            if len(of_each) > 1:
                _unspeakable(path, f"records other media of one stream of {name!r} than of the other")
            recorded[name] = of_each.pop()

        def selection(medium: int) -> dict[str, Any] | None:
            names = [name for name in people if recorded[name][medium] is not others[medium]]
            if others[medium]:
                return {"exclude": names} if names else None
            if not names:
                _unspeakable(path, "leaves a medium of everybody out; say so with StreamType")
            return {"include": names}

        return {"audio": selection(0), "video": selection(1)}

    def _layout(self, mix: MixParams, canvas: tuple[int, int]) -> dict[str, Any]:
        layout: dict[str, Any] = {"background": {"color": _color(mix.MixOutputBackgroundColor)}}
        if mix.MixOutputBackgroundImage:
            layout["background"]["image"] = {"url": mix.MixOutputBackgroundImage}
        placeholders = (
            {"*": {"url": mix.DefaultMixStreamBackgroundImage}} if mix.DefaultMixStreamBackgroundImage else {}
        )
        if placeholders and not self._shows_default_image():
            _unspeakable(f"{MIX}.DefaultMixStreamBackgroundImage", "needs FillBlank true and FrameFillMode 3")
        if mix.MixMode is MixMode.CUSTOM:
            layout |= {"kind": "custom", "regions": []}
            for index, window in enumerate(mix.MixInputList or ()):
                path = f"{MIX}.MixInputList.{index}"
                region = self._region(path, window, canvas)
                layout["regions"].append(region)
                if window.BackgroundImage:
                    if region["content"] is not Content.PARTICIPANT:
                        _unspeakable(f"{path}.BackgroundImage", "stands for a camera only")
                    placeholders[region["participant"]] = {"url": window.BackgroundImage}
        else:
            layout |= {**PRESETS[mix.MixMode], "fit": FITS[mix.FillMode]}
            if mix.MixMaxResolutionStreamId:
                path = f"{MIX}.MixMaxResolutionStreamId"
                layout["participant"], content = self._owner(path, mix.MixMaxResolutionStreamId)
                if content is not Content.PARTICIPANT:
                    _unspeakable(path, "is a shared screen; only a camera can be large in a preset")
        return {**layout, "placeholders": placeholders}

    def _region(self, path: str, window: MixInput, canvas: tuple[int, int]) -> dict[str, Any]:
        participant, content = None, Content.PARTICIPANT
        if window.ViewType is ViewType.WHITEBOARD:
            if window.StreamId:
                _unspeakable(f"{path}.StreamId", "has the window until the whiteboard opens; a spec says only one")
            content = Content.WHITEBOARD
        elif window.StreamId:
            participant, content = self._owner(f"{path}.StreamId", window.StreamId)
        return {
            **_rectangle(path, (window.Left, window.Top, window.Right, window.Bottom), canvas),
            "participant": participant,
            "content": content,
            "fit": FITS[window.FillMode],
            "z": window.Layer,
        }

    def _shows_default_image(self) -> bool:
        frame = self.inputs.FillFrame
        return self.inputs.FillBlank and frame is not None and frame.FrameFillMode is FrameFillMode.NOTHING

    def _options(self, mix: MixParams | None) -> dict[str, Any]:
        """The options of the provider's own; None where the body doesn't say, as in a spec."""
        inputs, outputs, names = self.inputs, self.outputs, self.names
        muted = _given(inputs, "RecordMuteAudio")
        # What the vendor does without these two isn't documented: absent is read as any other switch that is absent.
        is_hls, uploads = outputs.OutputFileFormat is FileFormat.HLS, bool(outputs.RealtimeUploadFragment)
        options = {
            "stream_id": None if names.template == DEFAULT_STREAM_ID else names.template,
            "screen_stream_id": names.screen_template,
            "fill_blank": _given(inputs, "FillBlank"),
            "record_muted_audio": None if muted is None else muted is RecordMuteAudio.KEEP,
            "mute_split_threshold": inputs.RecordMuteAudioSplitThreshold,
            "resume_without_interruption": _given(inputs, "ResumeWithoutInterruption"),
            "realtime_upload": False if is_hls and not uploads else None,
            "short_fragment_path": False if is_hls and uploads and not outputs.ShortFragmentPath else None,
            **(self._mix_options(mix) if mix else {}),
        }
        return {name: value for name, value in options.items() if value is not None}

    def _mix_options(self, mix: MixParams) -> dict[str, Any]:
        frame, stream = self.inputs.FillFrame, mix.MixOutputStreamId
        options = {
            "mix_output_stream_id": None if stream == self.inputs.ClientTaskId else stream,
            "camera_off": CAMERA_OFF[frame.FrameFillMode] if frame else None,
            "camera_off_color": _given_color(frame, "FrameFillColor") if frame else None,
            "always_mix": _given(mix, "IsAlwaysMix"),
            "input_timeout_ms": mix.ClearInputStreamTimeout,
            "sound_wave": SOUND_WAVES[mix.SoundWaveType] if mix.RecordSoundWave else None,
        }
        if self.media.has_video and mix.DefaultMixStreamBackgroundImage:
            options |= {"fill_blank": None, "camera_off": None}
        return options


def _watermarks(mix: MixParams, canvas: tuple[int, int]) -> list[dict[str, Any]]:
    marks: list[dict[str, Any]] = []
    if mix.MixOutputWatermarkImage:
        path, box = f"{MIX}.MixOutputWatermarkImageConfig", mix.MixOutputWatermarkImageConfig
        if box is None:
            _unspeakable(path, "is missing; where the image lies without it isn't documented")
        corners = (box.Left, box.Top, box.Right, box.Bottom)
        marks.append({"kind": "image", "url": mix.MixOutputWatermarkImage, **_rectangle(path, corners, canvas)})
    if mix.MixOutputWatermarkTimestampConfig:
        marks.append({"kind": "clock", "font_size": mix.MixOutputWatermarkTimestampConfig.FontSize})
    return marks


def _rectangle(path: str, corners: tuple[int, int, int, int], canvas: tuple[int, int]) -> dict[str, float]:
    (left, top, right, bottom), (across, down) = corners, canvas
    if left == right or top == bottom:
        _unspeakable(path, "has no width or no height")
    return {"x": left / across, "y": top / down, "width": (right - left) / across, "height": (bottom - top) / down}


def _media(kind: StreamMedia | None) -> tuple[bool, bool]:
    """Whether sound and pictures of a stream are recorded, in a task that records both."""
    return kind is not StreamMedia.VIDEO, kind is not StreamMedia.AUDIO


def _color(number: int) -> str:
    """`0xRRGGBB00`, signed or not, as `#rrggbb`."""
    return f"#{(number >> 8) & 0xFFFFFF:06x}"


def _kbps(path: str, bits_per_second: int) -> int:
    if bits_per_second % 1000:
        _unspeakable(path, f"{bits_per_second} is no whole number of kbps")
    return bits_per_second // 1000


def _given(part: Request, name: str) -> Any:
    """A value that stands in the body, None for one that doesn't."""
    return getattr(part, name) if name in part.model_fields_set else None


def _given_color(part: Request, name: str) -> str | None:
    number = _given(part, name)
    return None if number is None else _color(number)
