"""Layouts, neutral to wire: what start carries and what updateLayout replaces whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from recorder_agora.translate.participants import UidTranslator
from recorder_agora.wire.layout import BackgroundConfig, LayoutConfig, MixedLayout
from recorder_core.geometry import MICRO, crossings, edges, regions
from recorder_core.models import Content, Custom, Fit, Floating, Grid, Layout, Region, ScreenShare, Side, Spotlight

__all__ = ["RENDER_MODES", "LayoutTranslator"]

MOST_REGIONS = 17
SHARES = "name its uid: in participants.video to hide it, as the layout's participant to make it large"
RENDER_MODES: dict[Fit, Literal[0, 1]] = {Fit.COVER: 0, Fit.CONTAIN: 1}


class LayoutTranslator(UidTranslator):
    """A layout, as start carries it and as updateLayout replaces it whole.

    Args:
        name: name of the provider.
        layout: the whole layout.
        expected_participants: how many windows a synthesised preset gets when it doesn't say so itself.
    """

    advice: ClassVar[Mapping[str, str]] = {
        "layout.follows": "name the participant, and change the layout when another one speaks"
    }

    def __init__(self, name: str, layout: Layout | None = None, expected_participants: int | None = None) -> None:
        super().__init__(name)
        self.layout = layout
        self.expected_participants = expected_participants
        self._mixed: dict[str, Any] = {}
        self._regions: list[LayoutConfig] = []
        self._depths: list[int] = []
        self._is_stacked = False
        self._images: list[BackgroundConfig] = []

    def mixed_layout(self) -> MixedLayout:
        """`clientRequest` of updateLayout."""
        return MixedLayout(**self._mixed, **self._drawn())

    def _drawn(self) -> dict[str, Any]:
        regions = self._regions
        if self._is_stacked:
            regions = [
                region for _, region in sorted(zip(self._depths, regions, strict=True), key=lambda pair: pair[0])
            ]
        lists = {"layoutConfig": tuple(regions), "backgroundConfig": tuple(self._images)}
        return {key: items for key, items in lists.items() if items}

    def layout_grid(self, *, fit: Fit | None, windows: int | None, screen_share: ScreenShare | None) -> None:
        self._share(screen_share)
        if fit in (None, Fit.COVER):
            self._preset(1, windows)
        else:
            self._synthesise("the vendor's own grid always crops")

    def layout_floating(
        self, *, participant: str | None, fit: Fit | None, windows: int | None, screen_share: ScreenShare | None
    ) -> None:
        self._share(screen_share)
        if participant is None and fit in (None, Fit.COVER):
            self._preset(0, windows)
        else:
            self._synthesise("the vendor's own floating layout always crops and takes no participant")

    def layout_spotlight(
        self,
        *,
        participant: str | None,
        side: Side,
        fit: Fit | None,
        windows: int | None,
        screen_share: ScreenShare | None,
    ) -> None:
        self._share(screen_share)
        if participant is not None and side is Side.LEFT and fit is None:
            if self._is_uid("participant", participant):
                self._preset(2, windows)
                self._mixed["maxResolutionUid"] = participant
        else:
            self._synthesise("the vendor's own spotlight is at the left, for a named participant, with fixed fits")

    def layout_custom(self) -> None:
        self._mixed["mixedVideoLayout"] = 3
        if not isinstance(self.layout, Custom):
            return
        if len(self.layout.regions) > MOST_REGIONS:
            self.unsupported(
                "regions",
                f"{len(self.layout.regions)} regions; the vendor takes {MOST_REGIONS}",
                "use fewer regions",
            )
        self._stack(self.layout.regions)

    def _share(self, wanted: ScreenShare | None) -> None:
        """What a shared screen does, of which the wire knows nothing: it is published under a uid of its own."""
        if wanted not in (None, ScreenShare.WINDOW):
            self.unsupported(
                "screen_share", "a shared screen has a uid of its own, and a window like everybody", SHARES
            )

    def _preset(self, number: int, windows: int | None) -> None:
        self._mixed["mixedVideoLayout"] = number
        if windows is not None and windows > MOST_REGIONS:
            self.unsupported("windows", f"the vendor shows at most {MOST_REGIONS} windows", "use fewer windows")
        elif windows is not None:
            self.approximated(
                "windows",
                f"the vendor's own preset grows with the room, up to {MOST_REGIONS} windows",
                "leave it out, or use a custom layout",
            )

    def _synthesise(self, why: str) -> None:
        """Send a preset that the vendor lacks as a custom layout with a fixed number of windows."""
        layout = self.layout
        if not isinstance(layout, Grid | Floating | Spotlight):
            return
        windows = layout.windows or min(self.expected_participants or MOST_REGIONS, MOST_REGIONS)
        if windows > MOST_REGIONS:
            self.unsupported("windows", f"the vendor shows at most {MOST_REGIONS} windows", "use fewer windows")
            windows = MOST_REGIONS
        is_stacked = isinstance(layout, Floating) and windows > 1
        doubt = "; the small ones lie over the large one as far as is known, for no page says which is on top"
        self.approximated(
            "",
            why,
            f"sent as a custom layout of {windows} fixed windows; set layout.windows to choose how many"
            + (doubt if is_stacked else ""),
        )
        self._mixed["mixedVideoLayout"] = 3
        for index, region in enumerate(regions(layout, windows)):
            self.region(index, **region.model_dump())

    def _stack(self, drawn: Sequence[Region]) -> None:
        """The wire has no stacking order: which of two overlapping regions is on top follows from the list."""
        crossed = crossings(drawn)
        if not crossed:
            return
        against = sorted({high for low, high in crossed if drawn[low].z > drawn[high].z})
        if against and not all(region.participant for region in drawn):
            for index in against:
                self.unsupported(
                    f"regions.{index}.z",
                    "the list is the stacking order and the join order at once, and asks for another one",
                    "name the participant of every region, or list the regions from the back to the front",
                )
            return
        for index in sorted({high for _, high in crossed} - set(against)):
            self.approximated(
                f"regions.{index}",
                "it overlaps a region before it, and the vendor doesn't document which is on top",
                "the later one is drawn on top as far as is known; avoid the overlap to be sure",
            )
        self._is_stacked = bool(against)
        for index in against:
            self.approximated(
                f"regions.{index}.z", "the vendor has no stacking order", "sent in the order of z instead"
            )

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
        if content is not Content.PARTICIPANT:
            self.unsupported("content", f"the vendor shows participants, no {content}", "publish it under its own uid")
        if participant is not None and not self._is_uid("participant", participant):
            return
        left, top, right, bottom = edges(x, y, width, height)
        self._depths.append(z)
        self._regions.append(
            LayoutConfig(
                uid=participant,
                x_axis=left / MICRO,
                y_axis=top / MICRO,
                width=(right - left) / MICRO,
                height=(bottom - top) / MICRO,
                alpha=opacity,
                render_mode=self._render_mode(fit),
            )
        )

    def set_background(self, *, color: str | None, image_url: str | None, image_fit: Fit | None) -> None:
        self._mixed["backgroundColor"] = color
        self._mixed["backgroundImage"] = image_url
        if image_fit not in (None, Fit.COVER):
            self.approximated("image.fit", f"the vendor can't {image_fit} the canvas image", "it is cropped to cover")

    def placeholder(self, participant: str, *, url: str, fit: Fit | None) -> None:
        if participant != "*" and not self._is_uid("", participant):
            return
        self.approximated(
            "",
            "the vendor shows it 3.5 s after a camera goes off, not when somebody leaves; JPG or BMP up to 6 MB",
            "the background shows where somebody left",
        )
        if participant == "*":
            self._mixed["defaultUserBackgroundImage"] = url
            if fit not in (None, Fit.COVER):
                self.approximated("fit", f"the vendor can't {fit} the image of everybody", "name the participants")
        else:
            self._images.append(BackgroundConfig(uid=participant, image_url=url, render_mode=self._render_mode(fit)))

    def _render_mode(self, fit: Fit | None) -> Literal[0, 1]:
        if fit is Fit.STRETCH:
            self.unsupported("fit", "the vendor can't stretch", "use cover or contain")
        return RENDER_MODES.get(fit or Fit.COVER, RENDER_MODES[Fit.COVER])
