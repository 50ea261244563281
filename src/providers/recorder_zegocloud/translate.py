"""Composite recording, neutral to wire. Layouts and storage have files of their own; `answers` is the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from recorder_core.geometry import edges, pixels
from recorder_core.models import Fit, Format, Media, Mode, RecordingSpec, StartIntent, Tracks
from recorder_core.plan import merged
from recorder_zegocloud.config import ZegocloudConfig, ZegocloudOptions
from recorder_zegocloud.tables import FORMATS
from recorder_zegocloud.translate_layout import HIDDEN_BOARD, LayoutTranslator, StreamNames, color_number
from recorder_zegocloud.translate_storage import StorageTranslator
from recorder_zegocloud.wire import (
    LARGEST_CANVAS,
    LARGEST_SIDE,
    AudioConfig,
    FillFrameParams,
    InputParams,
    MixParams,
    OutputParams,
    StartRecordRequest,
    StreamConfig,
    VideoConfig,
    WatermarkImageConfig,
    WatermarkTimestampConfig,
    WhiteboardParams,
)
from recorder_zegocloud.wire_values import (
    FileFormat,
    FrameFillMode,
    MixMode,
    RecordMode,
    SoundWaveType,
    StorageVendor,
    StreamMedia,
    StreamType,
    ViewType,
)

__all__ = ["CompositeTranslator", "stream_names"]

DEFAULT_CANVAS = (1280, 720)
"""Sent instead of a canvas that is too large, where the caller accepts that."""
FPS = range(5, 31)
FONT_SIZES = range(12, 101)
SEGMENT_S = range(2, 61)
IDLE_S = range(5, 86_401)
SHORTEST_RECORDING_S = 300
SOUND_FORMATS = frozenset({Format.AAC, Format.MP3, Format.OGG})
VODS = {"alibaba_vod": StorageVendor.ALIBABA_VOD, "tencent_vod": StorageVendor.TENCENT_VOD}
STREAM_TYPES = {
    Media.AUDIO: StreamType.AUDIO,
    Media.VIDEO: StreamType.VIDEO,
    Media.AUDIO_VIDEO: StreamType.AUDIO_VIDEO,
}
STREAM_MEDIA = {
    (True, True): StreamMedia.AUDIO_VIDEO,
    (True, False): StreamMedia.AUDIO,
    (False, True): StreamMedia.VIDEO,
}
"""Which media of a stream are recorded, by (sound, pictures)."""
CAMERA_OFF = {
    "last_frame": FrameFillMode.LAST_FRAME,
    "color": FrameFillMode.COLOR,
    "nothing": FrameFillMode.NOTHING,
}


def stream_names(spec: RecordingSpec, options: ZegocloudOptions) -> StreamNames:
    """How the application of this spec names its streams."""
    return StreamNames(spec.room, options.stream_id, options.screen_stream_id)


class CompositeTranslator(LayoutTranslator, StorageTranslator):
    """StartRecord of a mixed task.

    Args:
        name: name of the provider.
        config: the project.
        spec: the resolved spec.
        options: what only this vendor has.
        intent: whose id makes ClientTaskId and the mixed stream's name.
    """

    advice: ClassVar[Mapping[str, str]] = {
        "audio.sample_rate": "the vendor chooses it",
        "audio.channels": "the vendor chooses them",
        "output.max_file_duration": "the vendor makes one file of a task",
        "encryption": "turn the room's own encryption off, or record with another vendor",
        "storage.session_token": "the vendor takes permanent keys only",
        "storage.role_arn": "give access_key and secret_key",
        "whiteboard.width": "it belongs to individual recording",
        "whiteboard.height": "it belongs to individual recording",
        "apart_from": "the vendor doesn't tell where it records",
    }

    def __init__(
        self,
        name: str,
        config: ZegocloudConfig,
        spec: RecordingSpec,
        options: ZegocloudOptions,
        intent: StartIntent,
    ) -> None:
        super().__init__(
            name,
            spec.layout,
            canvas=self._canvas(spec),
            streams=stream_names(spec, options),
            expected_participants=spec.expected_participants,
            has_whiteboard=spec.whiteboard is not None,
        )
        self.config = config
        self.spec = spec
        self._input: dict[str, Any] = {"RecordMode": RecordMode.MIXED, "ClientTaskId": intent.id}
        self._mix["MixOutputStreamId"] = options.mix_output_stream_id or intent.id
        self._fill_frame: dict[str, Any] = {}
        self._output: dict[str, Any] = {"OutputFileRule": 1}
        self._extra: Mapping[str, Any] = {}

    def body(self) -> dict[str, Any]:
        """The body of StartRecord."""
        inputs = dict(self._input)
        if self._fill_frame:
            inputs["FillFrame"] = FillFrameParams(**self._fill_frame)
        mix = self.mix()
        if mix.get("MixMode") not in (None, MixMode.CUSTOM):
            mix["FillMode"] = self.fill_mode
        request = StartRecordRequest(
            RoomId=self.spec.room,
            RecordInputParams=InputParams(**inputs, MixConfig=MixParams(**mix)),
            RecordOutputParams=OutputParams(**self._output),
            StorageParams=self._storage_params(),
        )
        return merged(request.tree(), self._extra)

    @staticmethod
    def _canvas(spec: RecordingSpec) -> tuple[int, int]:
        """The canvas that the layout lies on: known before the walk comes to `video`."""
        width, height = spec.video.width or 0, spec.video.height or 0
        fits = max(width, height) <= LARGEST_SIDE and width * height <= LARGEST_CANVAS
        return (width, height) if fits else DEFAULT_CANVAS

    def set_room(self, room: str) -> None:
        """Any text is a RoomId."""

    def set_mode(self, mode: Mode) -> None:
        """The provider has chosen this class by it."""

    def set_media(self, media: Media) -> None:
        self._input["StreamType"] = STREAM_TYPES[media]

    def set_participants(
        self,
        *,
        audio_include: tuple[str, ...] | None,
        audio_exclude: tuple[str, ...] | None,
        video_include: tuple[str, ...] | None,
        video_exclude: tuple[str, ...] | None,
    ) -> None:
        media = self.spec.media

        def recorded(participant: str | None) -> tuple[bool, bool]:
            sound = media.has_audio and _selected(participant, audio_include, audio_exclude)
            pictures = media.has_video and _selected(participant, video_include, video_exclude)
            return sound, pictures

        lists = (audio_include, audio_exclude, video_include, video_exclude)
        people = dict.fromkeys(name for names in lists for name in names or ())
        nobody = [name for name in (*people, None) if not any(recorded(name))]
        if nobody:
            who = "everybody else" if nobody[0] is None else repr(nobody[0])
            self.unsupported(
                "",
                f"{who} would get neither sound nor pictures, and the vendor records at least one of everybody",
                "record sound or pictures of everybody, or start an individual recording",
            )
            return
        streams = [
            (stream, STREAM_MEDIA[recorded(name)])
            for name in people
            for stream in dict.fromkeys((self.streams.camera(name), self.streams.screen(name)))
            if stream is not None
        ]
        if not all(self._is_stream("", stream) for stream, _ in streams):
            return
        self._mix["StreamConfigList"] = [
            *(StreamConfig(StreamId=stream, StreamType=kind) for stream, kind in streams),
            StreamConfig(StreamId="", StreamType=STREAM_MEDIA[recorded(None)]),
        ]

    def set_expected_participants(self, expected: int) -> None:
        """Sizes synthesised layouts; the vendor has no knob for it."""

    def set_video(self, *, width: int, height: int, fps: int, bitrate_kbps: int) -> None:
        if self.canvas != (width, height):
            self.unsupported(
                "",
                f"{width}x{height}; a side has at most {LARGEST_SIDE} px, both {LARGEST_CANVAS} together",
                "shrink it",
            )
            width, height = self.canvas
            video = self.spec.video.model_copy(update={"width": width, "height": height})
            self.spec = self.spec.model_copy(update={"video": video})
        if fps not in FPS:
            self.unsupported("fps", f"{fps}; the vendor takes {FPS[0]} to {FPS[-1]}", "choose one in that range")
        self._mix["MixOutputVideoConfig"] = VideoConfig(
            Width=width, Height=height, Fps=min(max(fps, FPS[0]), FPS[-1]), Bitrate=bitrate_kbps * 1000
        )

    def set_audio(self, *, bitrate_kbps: int) -> None:
        self._mix["MixOutputAudioConfig"] = AudioConfig(Bitrate=bitrate_kbps * 1000)

    def set_output(
        self,
        *,
        formats: frozenset[Format],
        prefix: str | None,
        tracks: Tracks | None,
        snapshots_interval: int | None,
        segment_duration: int | None,
    ) -> None:
        chosen = self._format(formats, snapshots_interval)
        if chosen is not None:
            self._output["OutputFileFormat"] = chosen
        if prefix is not None:
            self._output["OutputFolder"] = f"{prefix.rstrip('/')}/"
        if tracks is Tracks.SEPARATE:
            if self.spec.storage.kind in VODS:
                self.unsupported("tracks", "sound apart is aac, which no VOD takes", "choose a bucket")
            self._input["StreamType"] = StreamType.SEPARATE
        if chosen is FileFormat.HLS:
            self._output |= {"RealtimeUploadFragment": True, "ShortFragmentPath": True}
            if segment_duration in SEGMENT_S:
                self._output["FragmentSeconds"] = segment_duration
            elif segment_duration is not None:
                self.unsupported(
                    "segment_duration",
                    f"{segment_duration}; the vendor takes {SEGMENT_S[0]} to {SEGMENT_S[-1]} s",
                    "choose one in that range",
                )
        elif self.demanded("segment_duration"):
            self.unsupported("segment_duration", "only HLS has segments", "leave it out")

    def _format(self, formats: frozenset[Format], interval: int | None) -> FileFormat | None:
        storable = FORMATS[VODS[self.spec.storage.kind]] if self.spec.storage.kind in VODS else tuple(FileFormat)
        if not formats and interval is not None:
            if FileFormat.JPG not in storable:
                self.unsupported("formats", f"no pictures: this VOD takes {', '.join(storable)}", "choose a bucket")
                return None
            self._output["SnapshotInterval"] = interval
            return FileFormat.JPG
        if interval is not None:
            self.unsupported(
                "snapshots.interval",
                "a task records or takes pictures, not both",
                "start another with formats: []",
            )
        if len(formats) != 1:
            self.unsupported("formats", f"{len(formats)} formats; a task makes exactly one", "start one task for each")
            return None
        wanted = next(iter(formats))
        if wanted is Format.WEBM:
            self.unsupported("formats", "the vendor makes no webm", "use hls or mp4")
            return None
        if wanted in SOUND_FORMATS and self.spec.media.has_video:
            self.unsupported("formats", f"{wanted} holds sound only", "set media to audio, or use hls or mp4")
            return None
        if wanted.value not in storable:
            self.unsupported("formats", f"this VOD takes {', '.join(storable)}", "choose one of them, or a bucket")
            return None
        return FileFormat(wanted.value)

    def set_idle_timeout(self, seconds: int) -> None:
        if seconds not in IDLE_S:
            self.unsupported("", f"{seconds}; the vendor takes 5 to 86400 s", "choose one in that range")
        # Sent at its bound where it is dropped: the vendor's own default is 30 s.
        self._input["MaxIdleTime"] = min(max(seconds, IDLE_S[0]), IDLE_S[-1])

    def set_max_duration(self, seconds: int) -> None:
        longest = self.config.longest_recording
        if SHORTEST_RECORDING_S <= seconds <= longest:
            self._input["MaxRecordTime"] = seconds
        else:
            self.unsupported(
                "",
                f"{seconds}; the vendor takes {SHORTEST_RECORDING_S} to {longest} s",
                "choose one in that range",
            )

    def set_whiteboard(self, *, id: str | None, aspect: str, background: str | None, animation_fps: int | None) -> None:
        if self._windows and not any(window["ViewType"] is ViewType.WHITEBOARD for window in self._windows):
            self.unsupported("", *HIDDEN_BOARD)
        across, down = aspect.split(":")
        board: dict[str, Any] = {"HorizontalRatio": int(across), "VerticalRatio": int(down)}
        if id is not None:
            board["WhiteboardId"] = id
        if background is not None:
            board["BackgroundColor"] = color_number(background)
        if animation_fps is not None:
            if animation_fps > 30:
                self.unsupported("animation_fps", f"{animation_fps}; the vendor takes 1 to 30", "lower it")
            else:
                board |= {"IsPPTAnimation": True, "PPTAnimationFps": animation_fps}
        self._input |= {"HasWhiteboard": True, "Whiteboard": [WhiteboardParams(**board)]}

    def watermark_image(self, index: int, *, url: str, x: float, y: float, width: float, height: float) -> None:
        if "MixOutputWatermarkImage" in self._mix:
            self.unsupported("", f"watermark {index} is a second image; the vendor draws one", "leave it out")
            return
        left, top, right, bottom = edges(x, y, width, height)
        across, down = self.canvas
        self._mix["MixOutputWatermarkImage"] = url
        self._mix["MixOutputWatermarkImageConfig"] = WatermarkImageConfig(
            Left=pixels(left, across),
            Top=pixels(top, down),
            Right=pixels(right, across),
            Bottom=pixels(bottom, down),
        )

    def watermark_clock(self, index: int, *, font_size: int) -> None:
        if "MixOutputWatermarkTimestampConfig" in self._mix:
            self.unsupported("", f"watermark {index} is a second clock; the vendor draws one", "leave it out")
        elif font_size not in FONT_SIZES:
            self.unsupported(
                "font_size",
                f"{font_size}; the vendor takes {FONT_SIZES[0]} to {FONT_SIZES[-1]} px",
                "change it",
            )
        else:
            self._mix["MixOutputWatermarkTimestampConfig"] = WatermarkTimestampConfig(FontSize=font_size)

    def set_callback_url(self, url: str) -> None:
        self._output["CallbackUrl"] = url

    def _placeholder_of_everybody(self, url: str, fit: Fit | None) -> None:
        super()._placeholder_of_everybody(url, fit)
        self._input["FillBlank"] = True
        self._fill_frame["FrameFillMode"] = FrameFillMode.NOTHING

    def option_stream_id(self, template: str) -> None:
        """`stream_names` reads it."""

    def option_screen_stream_id(self, template: str) -> None:
        """`stream_names` reads it."""

    def option_mix_output_stream_id(self, stream: str) -> None:
        self._mix["MixOutputStreamId"] = stream

    def option_fill_blank(self, fill: bool) -> None:
        if not fill and "DefaultMixStreamBackgroundImage" in self._mix:
            self.unsupported("", 'placeholders for "*" need it', "leave it out")
            return
        self._input["FillBlank"] = fill

    def option_camera_off(self, shows: str) -> None:
        if CAMERA_OFF[shows] is not FrameFillMode.NOTHING and "DefaultMixStreamBackgroundImage" in self._mix:
            self.unsupported("", 'placeholders for "*" need "nothing"', "leave it out")
            return
        self._fill_frame["FrameFillMode"] = CAMERA_OFF[shows]

    def option_camera_off_color(self, color: str) -> None:
        if self._fill_frame.get("FrameFillMode") is FrameFillMode.COLOR:
            self._fill_frame["FrameFillColor"] = color_number(color)
        else:
            self.unsupported("", "it belongs to camera_off: color", "set camera_off, or leave it out")

    def option_always_mix(self, always: bool) -> None:
        self._mix["IsAlwaysMix"] = always

    def option_input_timeout_ms(self, milliseconds: int) -> None:
        self._mix["ClearInputStreamTimeout"] = milliseconds

    def option_sound_wave(self, by: str) -> None:
        kinds = {"stream": SoundWaveType.STREAM, "user": SoundWaveType.USER}
        self._mix |= {"RecordSoundWave": True, "SoundWaveType": kinds[by]}

    def option_realtime_upload(self, upload: bool) -> None:
        if self._is_hls():
            self._output["RealtimeUploadFragment"] = upload
            if not upload:
                self._output.pop("ShortFragmentPath", None)

    def option_short_fragment_path(self, short: bool) -> None:
        if self._is_hls():
            if self._output["RealtimeUploadFragment"]:
                self._output["ShortFragmentPath"] = short
            else:
                self.unsupported("", "it belongs to realtime_upload", "leave it out")

    def _is_hls(self) -> bool:
        is_hls = self._output.get("OutputFileFormat") is FileFormat.HLS
        if not is_hls:
            self.unsupported("", "it belongs to HLS", "leave it out")
        return is_hls

    def option_extra_body(self, extra: Mapping[str, Any]) -> None:
        self.approximated("", "it goes out as it is, unchecked", "use the neutral fields where there are some")
        self._extra = extra


def _selected(participant: str | None, include: tuple[str, ...] | None, exclude: tuple[str, ...] | None) -> bool:
    """Whether a participant, or (None) somebody who isn't named, is in a selection."""
    if include is not None:
        return participant in include
    return participant not in (exclude or ())
