"""Where each participant stands on the canvas."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator

from recorder_core.models.base import (
    NOT_BOOL,
    OPTIONAL_SECTION,
    SNAP,
    Contradiction,
    Count,
    Fraction,
    FrozenDict,
    FrozenMapping,
    HexColor,
    Kind,
    Model,
    ParticipantId,
    Report,
    WebUrl,
    contradictions,
    invalid,
)
from recorder_core.models.media import Fit


class Side(StrEnum):
    """Where the large window of a spotlight stands."""

    LEFT = "left"
    """Along the left side; the small ones stand at the right, from top to bottom."""

    RIGHT = "right"
    """Along the right side; the small ones stand at the left, from top to bottom."""

    TOP = "top"
    """Along the top; the small ones stand below it, from left to right."""

    BOTTOM = "bottom"
    """Along the bottom; the small ones stand above it, from left to right."""


class Content(StrEnum):
    """What a region shows."""

    PARTICIPANT = "participant"
    """The camera of its participant."""

    SCREEN = "screen"
    """The shared screen of its participant."""

    WHITEBOARD = "whiteboard"
    """The room's whiteboard."""


class ScreenShare(StrEnum):
    """What a shared screen does to a preset."""

    WINDOW = "window"
    """It has a window of its own, like a participant's."""

    LARGE = "large"
    """It takes the large window while it is shared; a grid gets one for so long."""

    HIDDEN = "hidden"
    """It isn't shown."""


class Image(Model):
    """A still picture that the vendor fetches."""

    url: WebUrl
    """http or https address of the picture. Shown as it is, a signature in its query too."""

    fit: Fit | None = None
    """How it fills its space. None: as the vendor does."""


class Background(Model):
    """What is seen where no participant is."""

    color: HexColor | None = None
    """Colour of the canvas, `#RRGGBB`. None: black at the start, unchanged when a layout is changed."""

    image: Image | None = None
    """A picture over the whole canvas. None: none at the start, unchanged when a layout is changed."""


class Rectangle(Model):
    """A part of the canvas, in fractions of its sides, from the top left."""

    x: Fraction
    """Left edge as a fraction of the canvas width, 0..1."""

    y: Fraction
    """Top edge as a fraction of the canvas height, 0..1."""

    width: Fraction
    """Width as a fraction of the canvas width, 1e-6..1."""

    height: Fraction
    """Height as a fraction of the canvas height, 1e-6..1."""

    @field_validator("width", "height")
    @classmethod
    def _stays_on_the_canvas(cls, length: float, info: ValidationInfo) -> float:
        if length < SNAP:
            raise invalid(f"{length:g} is less than {SNAP:g}, so nothing would be seen")
        start = info.data.get("x" if info.field_name == "width" else "y")
        if start is not None and round(start + length - 1, 9) > SNAP:
            axis = "x + width" if info.field_name == "width" else "y + height"
            raise invalid(f"leaves the canvas: {axis} is {start + length:.9g}, which is more than 1")
        return length


class Region(Rectangle):
    """A window of a custom layout."""

    participant: ParticipantId | None = None
    """Who is shown. None: the next in the order of joining who has no region of their own."""

    content: Content = Content.PARTICIPANT
    """The participant's camera, their screen, or the whiteboard, which belongs to no participant."""

    fit: Fit = Fit.COVER
    """How the picture fills the region."""

    opacity: Fraction = 1.0
    """How much of what lies behind is hidden: 0 (invisible) .. 1 (opaque)."""

    z: Annotated[int, NOT_BOOL] = 0
    """Place in the stack, any whole number: the larger stands in front; among equals the later in the list."""

    @field_validator("content")
    @classmethod
    def _board_of_nobody(cls, content: Content, info: ValidationInfo) -> Content:
        if content is Content.WHITEBOARD and info.data.get("participant") is not None:
            raise invalid("whiteboard belongs to no participant; leave the participant out")
        return content


class LayoutBase(Kind):
    """What every layout has."""

    background: Annotated[Background, OPTIONAL_SECTION] = Field(default_factory=Background)
    """What is seen where no participant is."""

    placeholders: FrozenDict[ParticipantId, Image] = FrozenMapping()
    """Pictures in place of a camera that is off, by participant; `"*"` is everybody who isn't named."""

    def over(self, previous: LayoutBase | Report | None) -> Self:
        """This layout, with what wasn't given taken from the one it replaces.

        That is the background's colour and image where they are None, and the placeholders where they weren't
        given (an empty mapping is given and removes them).
        """
        if not isinstance(previous, LayoutBase):
            return self
        background = self.background.model_copy(
            update={
                name: value
                for name in ("color", "image")
                if getattr(self.background, name) is None and (value := getattr(previous.background, name)) is not None
            }
        )
        changes: dict[str, Any] = {}
        if background != self.background:
            changes["background"] = background
        if "placeholders" not in self.model_fields_set and previous.placeholders:
            changes["placeholders"] = previous.placeholders
        return self.model_copy(update=changes)


class _Preset(LayoutBase):
    """A layout whose windows the vendor places."""

    screen_share: ScreenShare | None = None
    """What a shared screen does: window, large or hidden. None: what it does at the vendor."""


class Grid(_Preset):
    """Equal windows, in the order of joining."""

    kind: Literal["grid"] = "grid"

    fit: Fit | None = None
    """How a picture fills its window. None: as the vendor does."""

    windows: Count | None = None
    """Most windows, 1 or more. None: as many as are expected, else the vendor's most."""


class _Featuring(_Preset):
    """A layout with one large window, of which the participant can be given by position."""

    participant: ParticipantId | None = None
    """Who is large. None: the first to join, or whom `follows` says."""

    follows: Literal["speaker"] | None = None
    """Whom the large window follows, instead of a participant: `speaker` is whoever speaks. None: nobody."""

    fit: Fit | None = None
    """How a picture fills its window. None: as the vendor does."""

    windows: Count | None = None
    """Most windows, the large one included. None: as many as are expected, else the vendor's most."""

    @field_validator("follows")
    @classmethod
    def _one_of_the_two(cls, follows: str | None, info: ValidationInfo) -> str | None:
        if follows is not None and info.data.get("participant") is not None:
            raise invalid("is given beside participant; give one of the two")
        return follows

    if not TYPE_CHECKING:

        def __init__(self, participant: str | int | None = None, /, **fields: Any) -> None:
            if participant is not None:
                fields["participant"] = participant
            super().__init__(**fields)


class Floating(_Featuring):
    """One participant fills the canvas; the others lie over it in small windows along the bottom."""

    kind: Literal["floating"] = "floating"

    if TYPE_CHECKING:

        def __init__(
            self,
            participant: str | int | None = None,
            *,
            follows: Literal["speaker"] | None = ...,
            fit: Fit | str | None = ...,
            windows: int | None = ...,
            screen_share: ScreenShare | str | None = ...,
            background: Background = ...,
            placeholders: Any = ...,
        ) -> None: ...


class Spotlight(_Featuring):
    """One participant is large at a side; the others stand small beside it."""

    kind: Literal["spotlight"] = "spotlight"

    side: Side = Side.LEFT
    """Where the large window stands."""

    if TYPE_CHECKING:

        def __init__(
            self,
            participant: str | int | None = None,
            *,
            follows: Literal["speaker"] | None = ...,
            side: Side | str = ...,
            fit: Fit | str | None = ...,
            windows: int | None = ...,
            screen_share: ScreenShare | str | None = ...,
            background: Background = ...,
            placeholders: Any = ...,
        ) -> None: ...


class Custom(LayoutBase):
    """Windows exactly where the regions say."""

    kind: Literal["custom"] = "custom"

    regions: Annotated[tuple[Region, ...], Field(min_length=1)]
    """The windows, 1 or more. Those without a participant are filled in list order as people join."""

    @field_validator("regions")
    @classmethod
    def _each_shown_once(cls, regions: tuple[Region, ...]) -> tuple[Region, ...]:
        first: dict[tuple[str, Content], int] = {}
        again = []
        for index, region in enumerate(regions):
            if region.participant is None:
                continue
            seen = first.setdefault((region.participant, region.content), index)
            if seen != index:
                problem = f"{region.participant!r} has region {seen} already"
                again.append(Contradiction((index, "participant"), problem))
        if again:
            raise contradictions(again)
        return regions


Layout = Annotated[Grid | Floating | Spotlight | Custom, Field(discriminator="kind")]
"""Where each participant stands; told apart by `kind`."""


class ImageWatermark(Kind, Rectangle):
    """A picture over the composed picture, stretched to its rectangle."""

    kind: Literal["image"] = "image"

    url: WebUrl
    """http or https address of the picture. Shown as it is, a signature in its query too."""


class ClockWatermark(Kind):
    """The time of day over the composed picture."""

    kind: Literal["clock"] = "clock"

    font_size: Count
    """Height of the digits in pixels, 1 or more."""


Watermark = Annotated[ImageWatermark | ClockWatermark, Field(discriminator="kind")]
"""Something over the composed picture; told apart by `kind`."""
