"""What the recording page of this package is told: the text that LiveKit hands over as `layout`.

The page, `template/index.html`, gets it as a parameter of its address, and later as the metadata of the recorder that
joins the room, `{"layout": …}`: that is how the service carries UpdateLayout out (livekit/livekit,
pkg/service/egress.go, 2026-08-21). It is whole each time.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field, ValidationError

from recorder_livekit.wire.values import BodyModel

__all__ = [
    "TemplateClock",
    "TemplateImage",
    "TemplateLayout",
    "TemplateRegion",
    "TemplateSelection",
    "TemplateWatermark",
    "read_layout",
]

FitName = Literal["cover", "contain", "stretch"]


class TemplateImage(BodyModel):
    """A picture that the page fetches."""

    url: str
    fit: FitName | None = None
    """None: cover."""


class TemplateRegion(BodyModel):
    """A window in fractions of the canvas."""

    x: float
    y: float
    width: float
    height: float
    participant: str | None = None
    """None: the next in the order of joining who has no region."""
    content: Literal["participant", "screen"] = "participant"
    fit: FitName = "cover"
    opacity: float = 1.0
    z: int = 0


class TemplateSelection(BodyModel):
    """Whose sound or pictures: these, or all but these."""

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None

    def has(self, participant: str) -> bool:
        """Whether somebody is among them."""
        if self.include is not None:
            return participant in self.include
        return participant not in (self.exclude or ())


class TemplateWatermark(BodyModel):
    """A picture over the composed one, stretched to its rectangle in fractions of the canvas."""

    url: str
    x: float
    y: float
    width: float
    height: float


class TemplateClock(BodyModel):
    """The time of day, in UTC, at the top right."""

    font_size: int = Field(ge=1)
    """Height of the digits in pixels."""


class TemplateLayout(BodyModel):
    """All that the page is told."""

    version: Literal[1] = 1
    kind: Literal["grid", "floating", "spotlight", "custom"] = "grid"
    participant: str | None = None
    """Who is large; None: the first to join, or whoever speaks."""
    follows: Literal["speaker"] | None = None
    """Whom the large window follows: whoever spoke last of those seen and heard; until then the first to join."""
    side: Literal["left", "right", "top", "bottom"] | None = None
    """Where the large window of a spotlight stands; None: left."""
    fit: FitName | None = None
    """How a preset's pictures fill their windows; None: cover."""
    windows: int | None = Field(default=None, ge=1)
    """A preset's most windows; None: as many as there are people."""
    screen_share: Literal["window", "large", "hidden"] | None = None
    """What a shared screen does to a preset; None: it isn't shown."""
    regions: tuple[TemplateRegion, ...] = ()
    color: str = "#000000"
    image: TemplateImage | None = None
    placeholders: dict[str, TemplateImage] = Field(default_factory=dict)
    watermarks: tuple[TemplateWatermark, ...] = ()
    clocks: tuple[TemplateClock, ...] = ()
    audio: TemplateSelection | None = None
    video: TemplateSelection | None = None
    idle: int | None = Field(default=None, ge=1)
    """Seconds with nobody to record after which the page ends the recording."""
    longest: int | None = Field(default=None, ge=1)
    """Seconds after which the page ends the recording."""

    def text(self) -> str:
        """As it is handed over."""
        return json.dumps(self.model_dump(exclude_defaults=True) | {"version": self.version}, separators=(",", ":"))

    def sees(self, participant: str) -> bool:
        """Whether somebody's pictures are recorded."""
        return self.video is None or self.video.has(participant)

    def hears(self, participant: str) -> bool:
        """Whether somebody's sound is recorded."""
        return self.audio is None or self.audio.has(participant)


def read_layout(text: str | None) -> TemplateLayout | None:
    """The layout that a text is; None: it is none of this page's, such as the name of a template of the vendor's."""
    try:
        return TemplateLayout.model_validate_json(text or "")
    except ValidationError:
        return None
