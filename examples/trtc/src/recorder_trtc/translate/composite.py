"""Composite recording, neutral to wire: everybody on one canvas and in one sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from recorder_core.models import RecordingSpec, Tracks
from recorder_core.models.media import resized
from recorder_trtc.translate.layout import LayoutTranslator
from recorder_trtc.translate.start import Start, StartTranslator
from recorder_trtc.wire.layout import (
    LARGEST_CANVAS,
    LARGEST_SIDE,
    MOST_WATERMARKS,
    Audio,
    Mark,
    MarkClock,
    MarkImage,
    Transcoding,
    Video,
)
from recorder_trtc.wire.values import (
    Channel,
    ClockPosition,
    MixLayoutMode,
    RecordMode,
    SampleRate,
    StreamChoice,
    WaterMarkType,
)

__all__ = ["CompositeTranslator"]

DEFAULT_CANVAS = (1280, 720)
"""Sent instead of a canvas that is too large, where the caller accepts that."""
FPS = range(1, 61)
VIDEO_KBPS = range(64, 8193)
AUDIO_KBPS = range(32, 129)
KEY_FRAME_S = 10
"""The vendor's default; where one value of the picture is given, all are."""
SAMPLE_RATES = {48_000: SampleRate.HZ_48000, 44_100: SampleRate.HZ_44100, 16_000: SampleRate.HZ_16000}


class CompositeTranslator(StartTranslator, LayoutTranslator):
    """CreateCloudRecording of a mixed task."""

    record_mode = RecordMode.MIXED

    advice: ClassVar[Mapping[str, str]] = {**StartTranslator.advice, **LayoutTranslator.advice}

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.layout = start.spec.layout
        self.canvas = _canvas(start.spec)
        self.expected_participants = start.spec.expected_participants
        self.records_screens = start.options.streams != "camera"
        self._marks: list[Mark] = []
        self._transcoding: dict[str, Any] = {}

    def _hide_screens(self) -> None:
        if self.options.streams is None:
            self._record["MediaId"] = StreamChoice.MAIN
        else:
            self.unsupported(
                "screen_share", f"options.trtc.streams is {self.options.streams}", 'set it to "camera", or leave it out'
            )

    def _mixed(self) -> dict[str, Any]:
        mixed: dict[str, Any] = {}
        if self._transcoding:
            mixed["MixTranscodeParams"] = Transcoding(**self._transcoding)
        if self._marks:
            self._mix["WaterMarkList"] = self._marks
        if self._mix:
            mixed["MixLayoutParams"] = self.mix()
        return mixed

    def _arrange_tracks(self, tracks: Tracks) -> None:
        if tracks is Tracks.SEPARATE:
            self.unsupported(
                "tracks", "the mixed sound and picture share their files", "merge them, or record individually"
            )

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
        self._transcoding["VideoParams"] = Video(
            Width=width,
            Height=height,
            Fps=_within(fps, FPS),
            BitRate=self._kbps(bitrate_kbps, VIDEO_KBPS) * 1000,
            Gop=KEY_FRAME_S,
        )

    def set_audio(self, *, sample_rate: int | None, channels: int | None, bitrate_kbps: int) -> None:
        if sample_rate is not None and sample_rate not in SAMPLE_RATES:
            known = ", ".join(map(str, SAMPLE_RATES))
            self.unsupported("sample_rate", f"{sample_rate}; the vendor takes {known} Hz", "choose one of them")
        self._transcoding["AudioParams"] = Audio(
            SampleRate=SAMPLE_RATES.get(sample_rate or 0, SampleRate.HZ_48000),
            Channel=Channel(channels or Channel.STEREO),
            BitRate=self._kbps(bitrate_kbps, AUDIO_KBPS) * 1000,
        )

    def _kbps(self, kbps: int, allowed: range) -> int:
        """A bit rate as it is sent; only one that was asked for is found to be out of range."""
        if kbps not in allowed and self.demanded("bitrate_kbps"):
            self.unsupported(
                "bitrate_kbps", f"{kbps}; the vendor takes {allowed[0]} to {allowed[-1]}", "choose one in that range"
            )
        return _within(kbps, allowed)

    def watermark_image(self, index: int, *, url: str, x: float, y: float, width: float, height: float) -> None:
        box = self._box(x, y, width, height)
        if self._is_image("url", url) and self._has_room(index) and box["Width"] and box["Height"]:
            self._marks.append(
                Mark(WaterMarkType=WaterMarkType.IMAGE, WaterMarkImage=MarkImage(WaterMarkUrl=url, **box))
            )

    def watermark_clock(self, index: int, *, font_size: int) -> None:
        zone = self.options.time_zone
        shown = "UTC+8 (options.trtc.time_zone is another)" if zone is None else f"UTC{zone:+d}"
        self.approximated(
            "font_size", f"the vendor chooses the size of the digits, and shows the time of {shown}", "leave it out"
        )
        if self._has_room(index):
            zoned = {} if zone is None else {"TimeZone": zone}
            clock = MarkClock(Pos=ClockPosition.TOP_RIGHT, **zoned)
            self._marks.append(Mark(WaterMarkType=WaterMarkType.CLOCK, WaterMarkTimestamp=clock))

    def _has_room(self, index: int) -> bool:
        has_room = index < MOST_WATERMARKS
        if not has_room:
            self.unsupported("", f"the vendor draws {MOST_WATERMARKS} watermarks", "leave it out")
        return has_room

    def option_sound_alone_takes_window(self, takes: bool) -> None:
        if not self.spec.media.has_video:
            self.unsupported("", "no pictures are recorded", "leave it out")
        elif self._mix.get("MixLayoutMode") is MixLayoutMode.CUSTOM:
            self.unsupported("", "it belongs to the vendor's own layouts", "leave it out, or use a preset")
        else:
            self._mix["PureAudioDisableLayout"] = not takes

    def option_time_zone(self, hours: int) -> None:
        if not any(mark.WaterMarkType is WaterMarkType.CLOCK for mark in self._marks):
            self.unsupported("", "it belongs to a clock watermark", "leave it out")


def _canvas(spec: RecordingSpec) -> tuple[int, int]:
    """The canvas that the layout lies on: known before the walk comes to `video`."""
    width, height = spec.video.width or 0, spec.video.height or 0
    fits = max(width, height) <= LARGEST_SIDE and width * height <= LARGEST_CANVAS
    return (width, height) if fits else DEFAULT_CANVAS


def _within(value: int, allowed: range) -> int:
    return min(max(value, allowed[0]), allowed[-1])
