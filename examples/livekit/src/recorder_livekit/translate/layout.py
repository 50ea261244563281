"""Layouts, neutral to wire: the name of one of the vendor's templates, or what the recording page is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from recorder_core.models import Content, Fit, ScreenShare, Side
from recorder_core.translation import Translator

from recorder_livekit.wire.template import (
    TemplateClock,
    TemplateImage,
    TemplateLayout,
    TemplateRegion,
    TemplateSelection,
    TemplateWatermark,
)

__all__ = ["BY_THE_PAGE", "LayoutTranslator"]

BY_THE_PAGE = "host the recording page of recorder-livekit, and give its address as template_url"
"""What lets a recording have what the vendor's own templates don't."""
WHITE, BLACK = "#ffffff", "#000000"
MOST_TILES = 25
"""On one page of the vendor's grid."""


class LayoutTranslator(Translator):
    """A layout, which both a start and UpdateLayout carry.

    Attributes:
        has_page: whether the recording page of this package shows it, rather than a template of the vendor's.
        is_asked: whether the caller asked for a layout, rather than our filling it in.
    """

    advice: ClassVar[Mapping[str, str]] = {"watermarks": BY_THE_PAGE}

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.has_page = False
        self.is_asked = True
        self._template = "grid"
        self._style = ""
        self._told: dict[str, Any] = {}
        self._regions: list[TemplateRegion] = []
        self._placeholders: dict[str, TemplateImage] = {}
        self._watermarks: list[TemplateWatermark] = []
        self._clocks: list[TemplateClock] = []

    def layout_text(self) -> str:
        """The `layout` of a request."""
        if not self.has_page:
            return self._template + self._style
        return TemplateLayout(
            **self._told,
            regions=tuple(self._regions),
            placeholders=self._placeholders,
            watermarks=tuple(self._watermarks),
            clocks=tuple(self._clocks),
        ).text()

    def layout_grid(self, *, fit: Fit | None, windows: int | None, screen_share: ScreenShare | None) -> None:
        self._preset("grid", screen_share, fit=fit, windows=windows)
        if not self.has_page and self.is_asked:
            share = "" if screen_share else "a shared screen takes the large window of the vendor's grid, and "
            self.approximated("", f"{share}its windows have gaps", BY_THE_PAGE)
        if not self.has_page and windows is not None and windows != MOST_TILES:
            self.approximated("windows", f"the vendor's grid grows up to {MOST_TILES} windows", BY_THE_PAGE)

    def layout_floating(
        self,
        *,
        participant: str | None,
        follows: str | None,
        fit: Fit | None,
        windows: int | None,
        screen_share: ScreenShare | None,
    ) -> None:
        self._preset("floating", screen_share, participant=participant, follows=follows, fit=fit, windows=windows)
        if not self.has_page:
            self.unsupported("", "the vendor's templates have no windows over another one", BY_THE_PAGE)

    def layout_spotlight(
        self,
        *,
        participant: str | None,
        follows: str | None,
        side: Side,
        fit: Fit | None,
        windows: int | None,
        screen_share: ScreenShare | None,
    ) -> None:
        large = {"participant": participant, "follows": follows, "side": side.value}
        self._preset("spotlight", screen_share, fit=fit, windows=windows, **large)
        if self.has_page:
            return
        self._template = "speaker"
        taken = "a shared screen" if follows else "a shared screen, else whoever speaks,"
        self.approximated(
            "",
            f"{taken} takes the large window of the vendor's speaker template, which has the others at its left",
            BY_THE_PAGE if follows or participant is not None else f"set layout.follows to speaker, or {BY_THE_PAGE}",
        )
        if participant is not None:
            self.unsupported("participant", "the vendor's speaker template shows whoever speaks large", BY_THE_PAGE)
        if windows is not None:
            self.approximated("windows", "the vendor's template shows as many as have room", BY_THE_PAGE)

    def layout_custom(self) -> None:
        self._told["kind"] = "custom"
        if not self.has_page:
            self.unsupported("", "the vendor's templates have no places of one's own", BY_THE_PAGE)

    def _preset(self, kind: str, screen_share: ScreenShare | None, *, fit: Fit | None, **fields: Any) -> None:
        self._told |= {"kind": kind, "fit": fit and fit.value, **fields}
        if screen_share is not None:
            self._told["screen_share"] = screen_share.value
        if not self.has_page and screen_share not in (None, ScreenShare.LARGE):
            self.unsupported(
                "screen_share", "a shared screen takes the large window of the vendor's templates", BY_THE_PAGE
            )
        if not self.has_page and fit not in (None, Fit.COVER):
            self.unsupported("fit", "the vendor's templates fill their windows and crop", BY_THE_PAGE)

    def region(
        self,
        index: int,
        *,
        participant: str | None,
        content: Content,
        x: float,
        y: float,
        width: float,
        height: float,
        fit: Fit,
        opacity: float,
        z: int,
    ) -> None:
        if content is Content.WHITEBOARD:
            self.unsupported("content", "the vendor records no whiteboards", "share the board as a screen")
            return
        self._regions.append(
            TemplateRegion(
                x=x,
                y=y,
                width=width,
                height=height,
                participant=participant,
                content="screen" if content is Content.SCREEN else "participant",
                fit=fit.value,
                opacity=opacity,
                z=z,
            )
        )

    def set_background(self, *, color: str | None, image_url: str | None, image_fit: Fit | None) -> None:
        self._told["color"] = color or BLACK
        if image_url is not None:
            self._told["image"] = TemplateImage(url=image_url, fit=image_fit and image_fit.value)
        if self.has_page:
            return
        self._style = "-light" if self._told["color"].lower() == WHITE else ""
        if self._told["color"].lower() not in (WHITE, BLACK):
            self.unsupported("color", "the vendor's templates are black or white", BY_THE_PAGE)
        if image_url is not None:
            self.unsupported("image", "the vendor's templates have no picture behind them", BY_THE_PAGE)

    def placeholder(self, participant: str, *, url: str, fit: Fit | None) -> None:
        self._placeholders[participant] = TemplateImage(url=url, fit=fit and fit.value)
        if not self.has_page:
            self.unsupported(
                "", "the vendor's templates show a picture of their own for a camera that is off", BY_THE_PAGE
            )

    def watermark_image(self, index: int, *, url: str, x: float, y: float, width: float, height: float) -> None:
        self._watermarks.append(TemplateWatermark(url=url, x=x, y=y, width=width, height=height))
        if not self.has_page:
            self.unsupported("", "the vendor's templates have no watermarks", BY_THE_PAGE)

    def watermark_clock(self, index: int, *, font_size: int) -> None:
        self._clocks.append(TemplateClock(font_size=font_size))
        if not self.has_page:
            self.unsupported("", "the vendor's templates have no watermarks", BY_THE_PAGE)

    def set_participants(
        self,
        *,
        audio_include: tuple[str, ...] | None,
        audio_exclude: tuple[str, ...] | None,
        video_include: tuple[str, ...] | None,
        video_exclude: tuple[str, ...] | None,
    ) -> None:
        if not self.has_page:
            self.unsupported("", "the vendor's templates show and play everybody", BY_THE_PAGE)
        self._told |= {
            "audio": _selection(audio_include, audio_exclude),
            "video": _selection(video_include, video_exclude),
        }


def _selection(include: tuple[str, ...] | None, exclude: tuple[str, ...] | None) -> TemplateSelection | None:
    return TemplateSelection(include=include, exclude=exclude) if include or exclude else None
