"""Composite recording, neutral to wire: everybody on one canvas and in one sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from recorder_core.models import ClockWatermark, Fit, RecordingSpec
from recorder_core.models.media import resized
from recorder_zegocloud.translate.layout import HIDDEN_BOARD, LayoutTranslator, color_number
from recorder_zegocloud.translate.start import Start, StartTranslator
from recorder_zegocloud.wire.layout import (
    LARGEST_CANVAS,
    LARGEST_SIDE,
    AudioConfig,
    MixParams,
    StreamConfig,
    VideoConfig,
    WatermarkImageConfig,
    WatermarkTimestampConfig,
)
from recorder_zegocloud.wire.requests import FillFrameParams
from recorder_zegocloud.wire.values import FrameFillMode, MixMode, RecordMode, SoundWaveType, StreamMedia, ViewType

__all__ = ["CAMERA_OFF", "SOUND_WAVES", "CompositeTranslator"]

DEFAULT_CANVAS = (1280, 720)
"""Sent instead of a canvas that is too large, where the caller accepts that."""
FPS = range(5, 31)
FONT_SIZES = range(12, 101)
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
SOUND_WAVES = {"stream": SoundWaveType.STREAM, "user": SoundWaveType.USER}
_NO_PICTURES = ("no pictures are recorded", "leave it out")
_OF_INDIVIDUAL = "leave it out: it belongs to individual recording"


class CompositeTranslator(StartTranslator, LayoutTranslator):
    """StartRecord of a mixed task."""

    record_mode = RecordMode.MIXED

    advice: ClassVar[Mapping[str, str]] = {
        **StartTranslator.advice,
        **LayoutTranslator.advice,
        "whiteboard.width": _OF_INDIVIDUAL,
        "whiteboard.height": _OF_INDIVIDUAL,
        "options.zegocloud.record_muted_audio": _OF_INDIVIDUAL,
        "options.zegocloud.mute_split_threshold": _OF_INDIVIDUAL,
        "options.zegocloud.resume_without_interruption": f"{_OF_INDIVIDUAL}; a composite is one file anyway",
    }

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.layout = start.spec.layout
        self.canvas = _canvas(start.spec)
        self.expected_participants = start.spec.expected_participants
        self.has_whiteboard = start.spec.whiteboard is not None
        self._mix["MixOutputStreamId"] = start.options.mix_output_stream_id or start.intent.id
        self._fill_frame: dict[str, Any] = {}

    def _inputs(self) -> dict[str, Any]:
        inputs = super()._inputs()
        if self._fill_frame:
            inputs["FillFrame"] = FillFrameParams(**self._fill_frame)
        mix = self.mix()
        if mix.get("MixMode") not in (None, MixMode.CUSTOM):
            mix["FillMode"] = self.fill_mode
        return {**inputs, "MixConfig": MixParams(**mix)}

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
        streams = [(stream, STREAM_MEDIA[recorded(name)]) for name in people for stream in self.streams.of(name)]
        if not all(self._is_stream("", stream) for stream, _ in streams):
            return
        self._mix["StreamConfigList"] = [
            *(StreamConfig(StreamId=stream, StreamType=kind) for stream, kind in streams),
            StreamConfig(StreamId="", StreamType=STREAM_MEDIA[recorded(None)]),
        ]

    def set_video(self, *, width: int, height: int, fps: int, bitrate_kbps: int) -> None:
        if self.canvas != (width, height):
            self.unsupported(
                "",
                f"{width}x{height}; a side has at most {LARGEST_SIDE} px, both {LARGEST_CANVAS} together",
                "shrink it",
            )
            width, height = self.canvas
            video = resized(self.spec.video, width, height, keeps_bitrate=self.demanded("bitrate_kbps"))
            bitrate_kbps = video.bitrate_kbps or bitrate_kbps
            self.spec = self.spec.model_copy(update={"video": video})
        if fps not in FPS:
            self.unsupported("fps", f"{fps}; the vendor takes {FPS[0]} to {FPS[-1]}", "choose one in that range")
        self._mix["MixOutputVideoConfig"] = VideoConfig(
            Width=width, Height=height, Fps=min(max(fps, FPS[0]), FPS[-1]), Bitrate=bitrate_kbps * 1000
        )

    def set_audio(self, *, bitrate_kbps: int) -> None:
        self._mix["MixOutputAudioConfig"] = AudioConfig(Bitrate=bitrate_kbps * 1000)

    def set_whiteboard(self, *, id: str | None, aspect: str, background: str | None, animation_fps: int | None) -> None:
        if self._windows and not any(window["ViewType"] is ViewType.WHITEBOARD for window in self._windows):
            self.unsupported("", *HIDDEN_BOARD)
        self._record_board(id, aspect, background, animation_fps)

    def watermark_image(self, index: int, *, url: str, x: float, y: float, width: float, height: float) -> None:
        if "MixOutputWatermarkImage" in self._mix:
            self.unsupported("", f"watermark {index} is a second image; the vendor draws one", "leave it out")
            return
        box = WatermarkImageConfig(**self._corners(x, y, width, height))
        if box.Left < box.Right and box.Top < box.Bottom:
            self._mix["MixOutputWatermarkImage"] = url
            self._mix["MixOutputWatermarkImageConfig"] = box

    def watermark_clock(self, index: int, *, font_size: int) -> None:
        is_second = any(isinstance(mark, ClockWatermark) for mark in self.spec.watermarks[:index])
        if is_second:
            self.unsupported("", f"watermark {index} is a second clock; the vendor draws one", "leave it out")
        if font_size not in FONT_SIZES:
            self.unsupported(
                "font_size",
                f"{font_size}; the vendor takes {FONT_SIZES[0]} to {FONT_SIZES[-1]} px",
                "change it",
            )
        elif not is_second:
            self._mix["MixOutputWatermarkTimestampConfig"] = WatermarkTimestampConfig(FontSize=font_size)

    def _placeholder_of_everybody(self, url: str, fit: Fit | None) -> None:
        super()._placeholder_of_everybody(url, fit)
        self._input["FillBlank"] = True
        self._fill_frame["FrameFillMode"] = FrameFillMode.NOTHING

    def option_mix_output_stream_id(self, stream: str) -> None:
        self._mix["MixOutputStreamId"] = stream

    def option_fill_blank(self, fill: bool) -> None:
        if not fill and "DefaultMixStreamBackgroundImage" in self._mix:
            self.unsupported("", 'placeholders for "*" need it', "leave it out")
            return
        self._input["FillBlank"] = fill

    def option_camera_off(self, shows: str) -> None:
        if not self.spec.media.has_video:
            self.unsupported("", *_NO_PICTURES)
            return
        if CAMERA_OFF[shows] is not FrameFillMode.NOTHING and "DefaultMixStreamBackgroundImage" in self._mix:
            self.unsupported("", 'placeholders for "*" need "nothing"', "leave it out")
            return
        self._fill_frame["FrameFillMode"] = CAMERA_OFF[shows]

    def option_camera_off_color(self, color: str) -> None:
        if not self.spec.media.has_video:
            self.unsupported("", *_NO_PICTURES)
        elif self._fill_frame.get("FrameFillMode") is FrameFillMode.COLOR:
            self._fill_frame["FrameFillColor"] = color_number(color)
        else:
            self.unsupported("", "it belongs to camera_off: color", "set camera_off, or leave it out")

    def option_always_mix(self, always: bool) -> None:
        self._mix["IsAlwaysMix"] = always

    def option_input_timeout_ms(self, milliseconds: int) -> None:
        self._mix["ClearInputStreamTimeout"] = milliseconds

    def option_sound_wave(self, by: str) -> None:
        if not self.records_sound:
            self.unsupported("", "only sound has volumes, and none is recorded", "leave it out")
            return
        self._mix |= {"RecordSoundWave": True, "SoundWaveType": SOUND_WAVES[by]}


def _canvas(spec: RecordingSpec) -> tuple[int, int]:
    """The canvas that the layout lies on: known before the walk comes to `video`."""
    width, height = spec.video.width or 0, spec.video.height or 0
    fits = max(width, height) <= LARGEST_SIDE and width * height <= LARGEST_CANVAS
    return (width, height) if fits else DEFAULT_CANVAS


def _selected(participant: str | None, include: tuple[str, ...] | None, exclude: tuple[str, ...] | None) -> bool:
    """Whether a participant, or (None) somebody who isn't named, is in a selection."""
    if include is not None:
        return participant in include
    return participant not in (exclude or ())
