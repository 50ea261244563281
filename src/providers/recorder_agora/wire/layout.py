"""The mixed picture as the vendor's bodies describe it: regions, backgrounds, canvas and encoding.

Rules from the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026) where nothing else is
named.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from recorder_agora.wire.values import Array, Choice, Color, Fraction, ImageUrl, Request

__all__ = ["BackgroundConfig", "LayoutConfig", "MixedLayout", "TranscodingConfig"]


class LayoutConfig(Request):
    """One region of a custom layout, in fractions of the canvas from its top left corner.

    Attributes:
        uid: who is shown; None or empty: the next in join order. Text that isn't an integer uid stays blank.
        x_axis: left edge, 0..1.
        y_axis: top edge, 0..1, downwards.
        width: 0..1, `x_axis + width <= 1`.
        height: 0..1, `y_axis + height <= 1`.
        alpha: 0 transparent .. 1 opaque, default 1.
        render_mode: 0 crop (default): fill the region; 1 fit: the whole picture, bars of background.
    """

    uid: str | None = None
    x_axis: Fraction
    y_axis: Fraction
    width: Fraction
    height: Fraction
    alpha: Fraction | None = None
    render_mode: Choice[Literal[0, 1]] | None = None

    @model_validator(mode="after")
    def _inside_canvas(self) -> Self:
        for start, side in (("x_axis", "width"), ("y_axis", "height")):
            # Six decimals go over the wire, so a sum that is 1 on paper may miss it by a binary hair.
            if round(getattr(self, start) + getattr(self, side), 9) > 1:
                raise ValueError(f"{start} + {side} is more than 1")
        return self


class BackgroundConfig(Request):
    """The image of one user whose video stopped 3.5 s ago: JPG or BMP, at most 6 MB.

    `image_url` may be HTTPS by the pages of 2026, HTTP or HTTPS by older ones ("Start recording", 2022).
    """

    uid: str
    image_url: ImageUrl
    render_mode: Choice[Literal[0, 1]] | None = None


class MixedLayout(Request):
    """Everything that updateLayout replaces at once; in start it lies inside `transcodingConfig`.

    Attributes:
        mixedVideoLayout: 0 floating (default), 1 best fit, 2 vertical, 3 custom.
        maxResolutionUid: who is large in layout 2.
        backgroundColor: `#RRGGBB`, default `#000000`.
        backgroundImage: URL of the canvas image, shown cropped; JPG or BMP, at most 6 MB.
        defaultUserBackgroundImage: URL of the image of every user whose video stopped.
        layoutConfig: at most 17 regions; required with 3, forbidden with 0, 1 and 2.
        backgroundConfig: images by user; they go before `defaultUserBackgroundImage`.
    """

    mixedVideoLayout: Choice[Literal[0, 1, 2, 3]] | None = None
    maxResolutionUid: str | None = None
    backgroundColor: Color | None = None
    backgroundImage: ImageUrl | None = None
    defaultUserBackgroundImage: ImageUrl | None = None
    layoutConfig: Array[LayoutConfig] | None = Field(default=None, max_length=17)
    backgroundConfig: Array[BackgroundConfig] | None = None

    @model_validator(mode="after")
    def _regions_only_in_custom(self) -> Self:
        if self.mixedVideoLayout == 3 and not self.layoutConfig:
            raise ValueError("mixedVideoLayout 3 needs layoutConfig")
        if self.mixedVideoLayout != 3 and self.layoutConfig is not None:
            raise ValueError("layoutConfig goes with mixedVideoLayout 3 only")
        return self


class TranscodingConfig(MixedLayout):
    """Canvas, encoding and first layout of the mixed video.

    Width, height, fps and bitrate are all given or all omitted by "Start recording" (2022); the pages of 2026
    let each be omitted for its default.

    Attributes:
        width: px, at most 1920, default 360; width x height at most 2073600.
        height: px, as width, default 640.
        fps: 1, 7, 10, 15, 24, 30 or 60; anything else records at the default, 15, without an error.
        bitrate: kbps, at most 6500, default 500.
    """

    width: int | None = Field(default=None, ge=1, le=1920)
    height: int | None = Field(default=None, ge=1, le=1920)
    fps: int | None = None
    bitrate: int | None = Field(default=None, ge=1, le=6500)

    @model_validator(mode="after")
    def _within_pixels(self) -> Self:
        if (self.width or 360) * (self.height or 640) > 1920 * 1080:
            raise ValueError("width x height is more than 2073600")
        return self
