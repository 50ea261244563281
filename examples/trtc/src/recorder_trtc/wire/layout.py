"""The picture of a mixed task: its encoding, its windows, and what lies over and under them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from recorder_trtc.tables import MOST_WINDOWS
from recorder_trtc.wire import values
from recorder_trtc.wire.values import Color, ImageUrl, NonEmpty, Request

__all__ = [
    "LARGEST_CANVAS",
    "LARGEST_SIDE",
    "Audio",
    "Layout",
    "LayoutWindow",
    "Mark",
    "MarkClock",
    "MarkImage",
    "Transcoding",
    "Video",
    "check_canvas",
]

LARGEST_SIDE = 1920
LARGEST_CANVAS = 1920 * 1080
MOST_WATERMARKS = 25

Edge = Annotated[int, Field(ge=0, le=LARGEST_SIDE)]
MarkEdge = Annotated[int, Field(ge=0, le=2560)]


class Video(Request):
    """The composed picture: pixels, frames per second, bits per second, seconds between key frames. All are needed."""

    Width: Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
    Height: Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
    Fps: Annotated[int, Field(ge=1, le=60)]
    BitRate: Annotated[int, Field(ge=64_000, le=8_192_000)]
    Gop: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.Width * self.Height > LARGEST_CANVAS:
            raise ValueError(f"Width times Height is more than {LARGEST_CANVAS}")
        return self


class Audio(Request):
    """The composed sound; `BitRate` in bits per second. All are needed."""

    SampleRate: values.SampleRate
    Channel: values.Channel
    BitRate: Annotated[int, Field(ge=32_000, le=128_000)]


class Transcoding(Request):
    """How picture and sound are encoded. Without one of the two the vendor's defaults count: 360x640, 64 kbit/s."""

    VideoParams: Video | None = None
    AudioParams: Audio | None = None


class LayoutWindow(Request):
    """A window in pixels of the canvas, as declared in "MixLayout".

    Without a user it shows the next to join. `Alpha` is 0 (opaque) to 255 (transparent); a larger `ImageLayer` lies in
    front.
    """

    Top: Edge
    Left: Edge
    Width: Edge
    Height: Edge
    UserId: str | None = None
    Alpha: Annotated[int, Field(ge=0, le=255)] = 0
    RenderMode: values.RenderMode = values.RenderMode.CROP
    MediaId: values.StreamId = values.StreamId.MAIN
    ImageLayer: int = 0
    SubBackgroundImage: ImageUrl | None = None


class MarkImage(Request):
    """A picture over the picture, in pixels of the canvas."""

    WaterMarkUrl: ImageUrl
    Top: MarkEdge
    Left: MarkEdge
    Width: MarkEdge
    Height: MarkEdge


class MarkClock(Request):
    """The time over the picture; `TimeZone` in hours from UTC, 8 by default."""

    Pos: values.ClockPosition
    TimeZone: Annotated[int, Field(ge=-12, le=14)] = 8


class Mark(Request):
    """Something over the picture; of its kind there is one member. Text is left out: nothing here makes any."""

    WaterMarkType: values.WaterMarkType = values.WaterMarkType.IMAGE
    WaterMarkImage: MarkImage | None = None
    WaterMarkTimestamp: MarkClock | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        needed = {
            values.WaterMarkType.IMAGE: "WaterMarkImage",
            values.WaterMarkType.CLOCK: "WaterMarkTimestamp",
        }.get(self.WaterMarkType)
        if needed is None or getattr(self, needed) is None:
            raise ValueError(f"WaterMarkType {self.WaterMarkType:d} needs {needed or 'WaterMarkChar'}")
        return self


class Layout(Request):
    """The layout of a mixed task; a change replaces it whole."""

    MixLayoutMode: values.MixLayoutMode = values.MixLayoutMode.GRID
    MixLayoutList: Annotated[list[LayoutWindow], Field(max_length=MOST_WINDOWS)] | None = None
    BackGroundColor: Color = "#000000"
    BackgroundImageUrl: ImageUrl | None = None
    BackgroundImageRenderMode: values.RenderMode | None = None
    MaxResolutionUserId: NonEmpty | None = None
    MediaId: values.StreamId = values.StreamId.MAIN
    MaxResolutionUserAlign: Annotated[int, Field(ge=0, le=1)] = 0
    RenderMode: values.RenderMode = values.RenderMode.CROP
    PlaceHolderMode: Annotated[int, Field(ge=0, le=1)] = 0
    DefaultSubBackgroundImage: ImageUrl | None = None
    WaterMarkList: Annotated[list[Mark], Field(max_length=MOST_WATERMARKS)] | None = None
    PureAudioDisableLayout: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.MixLayoutMode is values.MixLayoutMode.CUSTOM and not self.MixLayoutList:
            raise ValueError("MixLayoutMode 4 needs MixLayoutList")
        return self


def check_canvas(windows: Sequence[LayoutWindow] | None, canvas: tuple[int, int]) -> None:
    """Refuse windows that leave the canvas.

    Raises:
        ValueError: one does.
    """
    width, height = canvas
    for index, window in enumerate(windows or ()):
        if window.Left + window.Width > width or window.Top + window.Height > height:
            raise ValueError(f"MixLayoutList.{index} leaves the canvas of {width}x{height}")
