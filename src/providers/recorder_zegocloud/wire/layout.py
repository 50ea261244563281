"""The mixed picture and sound, key by key: canvas, windows, watermarks, which media of which stream.

Names, ranges and rules come from "Cloud Recording Server API" (OpenAPI files, ZEGOCLOUD, 2025-11 to
2026-08-18); `wire` has the bodies that these are parts of, and says how they are checked.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from recorder_zegocloud.wire import values
from recorder_zegocloud.wire.values import Color, Request, StreamId, StreamIdOrNone, Url

__all__ = [
    "LARGEST_CANVAS",
    "LARGEST_SIDE",
    "MOST_WINDOWS",
    "AudioConfig",
    "MixInput",
    "MixParams",
    "StreamConfig",
    "VideoConfig",
    "WatermarkImageConfig",
    "WatermarkTimestampConfig",
    "Windows",
    "check_large_window",
    "check_windows",
]

LARGEST_SIDE = 1920
LARGEST_CANVAS = 1920 * 1080
MOST_WINDOWS = 25

Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
Corner = Annotated[int, Field(ge=0, le=LARGEST_SIDE)]


class MixInput(Request):
    """One window of MixMode 1: corners in whole pixels of the canvas, origin top left, y down.

    Without StreamId (absent or empty) it takes the next stream in join order. Larger Layer lies on top.
    """

    StreamId: StreamIdOrNone | None = None
    ViewType: values.ViewType = values.ViewType.STREAM
    Top: Corner
    Left: Corner
    Bottom: Corner
    Right: Corner
    Layer: int
    FillMode: values.FillMode = values.FillMode.CROP
    BackgroundImage: Url | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_corners(self, None)
        if self._given("BackgroundImage") and not self.StreamId:
            raise ValueError("BackgroundImage is valid only with StreamId")
        return self


Windows = Annotated[list[MixInput], Field(max_length=MOST_WINDOWS)]


class VideoConfig(Request):
    """The canvas: pixels (1920 x 1080 altogether), frames per second (5..30), bits per second."""

    Width: Side
    Height: Side
    Fps: Annotated[int, Field(ge=5, le=30)]
    Bitrate: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.Width * self.Height > LARGEST_CANVAS:
            raise ValueError(f"Width x Height is {self.Width * self.Height}, more than {LARGEST_CANVAS}")
        return self


class AudioConfig(Request):
    """The mixed sound; Bitrate in bits per second."""

    Bitrate: Annotated[int, Field(ge=1)] = 48000


class WatermarkImageConfig(Request):
    """Where the image watermark lies: corners in pixels of the canvas."""

    Left: Corner
    Top: Corner
    Right: Corner
    Bottom: Corner

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_corners(self, None)
        return self


class WatermarkTimestampConfig(Request):
    """The clock watermark at the top right; FontSize in pixels, 12..100."""

    FontSize: Annotated[int, Field(ge=12, le=100)]


class StreamConfig(Request):
    """Which media of one stream are recorded; without StreamId, of every stream that isn't listed."""

    StreamId: StreamIdOrNone | None = None
    StreamType: values.StreamMedia | None = None


def _check_corners(box: MixInput | WatermarkImageConfig, canvas: tuple[int, int] | None) -> None:
    if box.Left > box.Right:
        raise ValueError(f"Left {box.Left} is more than Right {box.Right}")
    if box.Top > box.Bottom:
        raise ValueError(f"Top {box.Top} is more than Bottom {box.Bottom}")
    if canvas and (box.Right > canvas[0] or box.Bottom > canvas[1]):
        raise ValueError(f"the corner ({box.Right}, {box.Bottom}) lies outside the canvas of {canvas[0]} x {canvas[1]}")


def check_windows(
    mode: values.MixMode,
    windows: list[MixInput] | None,
    *,
    canvas: tuple[int, int] | None,
    has_whiteboard: bool,
) -> None:
    """Check what a layout owes to the task that it belongs to.

    An UpdateLayout body names neither canvas nor whiteboard, so that whoever remembers them has to ask here.

    Args:
        mode: the layout's MixMode.
        windows: its MixInputList.
        canvas: width and height of the task's picture in pixels; None if the task has none.
        has_whiteboard: the task's HasWhiteboard.

    Raises:
        ValueError: no windows in MixMode 1, windows in another mode, a window outside the canvas, a
            whiteboard window in a task without whiteboard, or more than one of them.
    """
    if mode is values.MixMode.CUSTOM and not windows:
        raise ValueError("MixInputList is required when MixMode is 1")
    if mode is not values.MixMode.CUSTOM and windows:
        raise ValueError("MixInputList is valid only when MixMode is 1")
    boards = 0
    for index, window in enumerate(windows or ()):
        try:
            _check_corners(window, canvas)
        except ValueError as error:
            raise ValueError(f"MixInputList.{index}: {error}") from None
        boards += window.ViewType is values.ViewType.WHITEBOARD
    if boards > 1:
        raise ValueError(f"at most one window may have ViewType 2, {boards} have")
    if boards and not has_whiteboard:
        raise ValueError("ViewType 2 is valid only when HasWhiteboard is true")


def check_large_window(mode: values.MixMode, stream_id: str | None) -> None:
    """Check that a layout whose large window is somebody's has a large window.

    Args:
        mode: the layout's MixMode.
        stream_id: its MixMaxResolutionStreamId.

    Raises:
        ValueError: it is given in MixMode 1 or 2.
    """
    if stream_id and mode in (values.MixMode.CUSTOM, values.MixMode.GRID):
        raise ValueError("MixMaxResolutionStreamId is valid only when MixMode is 3, 4 or 5")


class MixParams(Request):
    """The mixed picture and sound of a RecordMode 2 task."""

    MixMode: values.MixMode = values.MixMode.GRID
    MixInputList: Windows | None = None
    FillMode: values.FillMode = values.FillMode.CROP
    MixOutputStreamId: StreamId
    MixOutputVideoConfig: VideoConfig | None = None
    MixOutputAudioConfig: AudioConfig | None = None
    MixOutputBackgroundColor: Color = 0
    MixOutputBackgroundImage: Url | None = None
    MixMaxResolutionStreamId: StreamIdOrNone | None = None
    MixOutputWatermarkImage: Url | None = None
    MixOutputWatermarkImageConfig: WatermarkImageConfig | None = None
    DefaultMixStreamBackgroundImage: Url | None = None
    IsAlwaysMix: bool = False
    MixOutputWatermarkTimestampConfig: WatermarkTimestampConfig | None = None
    RecordSoundWave: bool = False
    SoundWaveType: values.SoundWaveType = values.SoundWaveType.STREAM
    StreamConfigList: list[StreamConfig] | None = None
    ClearInputStreamTimeout: Annotated[int, Field(ge=0)] | None = None

    @property
    def canvas(self) -> tuple[int, int] | None:
        """Width and height of the picture in pixels, None where there is none."""
        video = self.MixOutputVideoConfig
        return (video.Width, video.Height) if video else None

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_large_window(self.MixMode, self.MixMaxResolutionStreamId)
        if self._given("FillMode") and self.MixMode is values.MixMode.CUSTOM:
            raise ValueError("FillMode is valid only when MixMode is 2 to 5; MixInputList has its own")
        if self.MixOutputWatermarkImageConfig:
            if not self.MixOutputWatermarkImage:
                raise ValueError("MixOutputWatermarkImageConfig is valid only with MixOutputWatermarkImage")
            _check_corners(self.MixOutputWatermarkImageConfig, self.canvas)
        if self._given("SoundWaveType") and not self.RecordSoundWave:
            raise ValueError("SoundWaveType is valid only when RecordSoundWave is true")
        return self
