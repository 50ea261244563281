"""Layouts, neutral to wire: what StartRecord carries and what UpdateLayout replaces whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel

from recorder_core.geometry import edges, pixels, regions
from recorder_core.models import (
    Background,
    Content,
    Custom,
    Fit,
    Floating,
    Grid,
    Image,
    Layout,
    ScreenShare,
    Side,
    Spotlight,
)
from recorder_zegocloud.translate.streams import StreamTranslator
from recorder_zegocloud.wire.layout import MOST_WINDOWS, MixInput
from recorder_zegocloud.wire.values import FillMode, MixMode, ViewType

__all__ = ["FILL_MODES", "HIDDEN_BOARD", "LayoutTranslator", "Running", "color_number"]

FILL_MODES = {Fit.COVER: FillMode.CROP, Fit.CONTAIN: FillMode.FIT}
SPOTLIGHTS = {Side.LEFT: MixMode.VERTICAL, Side.BOTTOM: MixMode.HORIZONTAL}

HIDDEN_BOARD = (
    "the whiteboard has no window, so it isn't shown",
    "use a custom layout that has a region with content: whiteboard",
)


def color_number(color: str) -> int:
    """`#RRGGBB` as the vendor's number 0xRRGGBB00, unsigned."""
    return int(color.removeprefix("#"), 16) << 8


@dataclass(frozen=True, slots=True)
class Running:
    """What an UpdateLayout can't change of the task that it goes to.

    Attributes:
        layout: its layout now, with the background and the placeholders; None where that isn't known.
        fill_mode: how its presets fill their windows, the vendor's number; None where that isn't known.
    """

    layout: Layout | None
    fill_mode: int | None

    @property
    def placeholders(self) -> Mapping[str, Image]:
        """Its placeholders."""
        return self.layout.placeholders if self.layout else {}


class LayoutTranslator(StreamTranslator):
    """A layout: mode, windows and the large stream, which both start and update carry.

    Attributes:
        layout: the whole layout; None if there is none.
        canvas: width and height of the picture in pixels.
        expected_participants: how many windows a synthesised preset gets when it doesn't say so itself.
        has_whiteboard: whether the task records one.
        running: of an update: what it can't change.

    Args:
        name: name of the provider.
    """

    advice: ClassVar[Mapping[str, str]] = {
        "layout.follows": "name the participant, and change the layout when another one speaks"
    }

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.layout: Layout | None = None
        self.canvas = (0, 0)
        self.expected_participants: int | None = None
        self.has_whiteboard = False
        self.running: Running | None = None
        self.fill_mode = FillMode.CROP
        self._windows: list[dict[str, Any]] = []
        self._images: dict[str, str] = {}
        self._mix: dict[str, Any] = {}

    def mix(self) -> dict[str, Any]:
        """MixMode, MixInputList and MixMaxResolutionStreamId."""
        windows = [
            MixInput(**window, BackgroundImage=self._images.get(window.get("StreamId", ""))) for window in self._windows
        ]
        return {**self._mix, **({"MixInputList": windows} if windows else {})}

    def layout_grid(self, *, fit: Fit | None, windows: int | None, screen_share: ScreenShare | None) -> None:
        self._share(screen_share)
        self._preset(MixMode.GRID, fit, windows)

    def layout_floating(
        self, *, participant: str | None, fit: Fit | None, windows: int | None, screen_share: ScreenShare | None
    ) -> None:
        self._share(screen_share)
        if self._preset(MixMode.FLOATING, fit, windows, participant):
            self.approximated(
                "",
                "the vendor fills the small windows from the bottom right",
                "a custom layout puts them elsewhere",
            )

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
        if side in SPOTLIGHTS:
            self._preset(SPOTLIGHTS[side], fit, windows, participant)
        else:
            self._synthesise(f"the vendor has no spotlight at the {side}")

    def layout_custom(self) -> None:
        self._mix["MixMode"] = MixMode.CUSTOM
        if not isinstance(self.layout, Custom):
            return
        count = len(self.layout.regions)
        if count > MOST_WINDOWS:
            self.unsupported("regions", f"{count} regions; the vendor takes {MOST_WINDOWS}", "use fewer regions")
        elif count < MOST_WINDOWS:
            self.approximated(
                "regions",
                "who has no region isn't recorded, sound included",
                f"add regions, up to {MOST_WINDOWS}, if more people may come",
            )
        boards = [index for index, region in enumerate(self.layout.regions) if region.content is Content.WHITEBOARD]
        for index in boards if not self.has_whiteboard else boards[1:]:
            self.unsupported(
                f"regions.{index}.content",
                "a task shows one whiteboard, and only if it was started with one",
                "leave the region out",
            )
        order = sorted(range(count), key=lambda index: (self._depth(index), index))
        self._layers = {index: rank for rank, index in enumerate(order, start=1)}

    def _depth(self, index: int) -> int:
        """Stacking number of a region of the layout."""
        return self.layout.regions[index].z if isinstance(self.layout, Custom) else 0

    def _share(self, wanted: ScreenShare | None) -> None:
        """What a shared screen does, of which the wire knows nothing: it is a stream of its own."""
        if wanted not in (None, ScreenShare.WINDOW):
            self.unsupported(
                "screen_share",
                "a shared screen is a stream of its own, and has a window like everybody's",
                "use a custom layout, whose regions show cameras or screens",
            )

    def _preset(self, mode: MixMode, fit: Fit | None, windows: int | None, participant: str | None = None) -> bool:
        """Use a preset of the vendor's, unless a running recording can't fill its windows so."""
        self.fill_mode = self._fill_mode(fit)
        if self.running and fit is not None and self.running.fill_mode != self.fill_mode:
            why = "an update can't change how the vendor's own preset fills its windows"
            if not self.has_whiteboard:
                self._synthesise(why)
                return False
            # Fixed windows would hide the whiteboard.
            self.unsupported("fit", why, "leave it out, or use a custom layout")
        self._mix["MixMode"] = mode
        if self.has_whiteboard and mode is not MixMode.GRID:
            self.approximated("participant", "the whiteboard has the large window", "use a custom layout")
        if participant is not None and self._is_stream("participant", self.streams.camera(participant)):
            self._mix["MixMaxResolutionStreamId"] = self.streams.camera(participant)
        if windows is not None and windows > MOST_WINDOWS:
            self.unsupported("windows", f"the vendor shows at most {MOST_WINDOWS} windows", "use fewer windows")
        elif windows is not None:
            self.approximated(
                "windows",
                f"the vendor's own preset grows with the room, up to {MOST_WINDOWS} windows",
                "leave it out, or use a custom layout",
            )
        return True

    def _synthesise(self, why: str) -> None:
        """Send a preset that the vendor lacks as a custom layout with a fixed number of windows."""
        layout = self.layout
        if not isinstance(layout, Grid | Floating | Spotlight):
            return
        if self.running and self.has_whiteboard:
            self.unsupported("", *HIDDEN_BOARD)
        windows = layout.windows or min(self.expected_participants or MOST_WINDOWS, MOST_WINDOWS)
        if windows > MOST_WINDOWS:
            self.unsupported("windows", f"the vendor shows at most {MOST_WINDOWS} windows", "use fewer windows")
            windows = MOST_WINDOWS
        self.approximated(
            "",
            f"{why}; it is sent as a custom layout of {windows} fixed windows, and who has none of them isn't "
            "recorded, sound included",
            f"set layout.windows, up to {MOST_WINDOWS}, if more people may come",
        )
        self._mix["MixMode"] = MixMode.CUSTOM
        self._layers = {index: index + 1 for index in range(windows)}
        for index, region in enumerate(regions(layout, windows)):
            self.region(index, **region.model_dump())

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
        if opacity != 1:
            self.unsupported("opacity", "the vendor's windows are opaque", "leave it out")
        window: dict[str, Any] = {
            "ViewType": ViewType.WHITEBOARD if content is Content.WHITEBOARD else ViewType.STREAM,
            **self._corners(x, y, width, height),
            "Layer": self._layers[index],
            "FillMode": self._fill_mode(fit),
        }
        stream = self._stream(participant, content)
        if stream is not None:
            window["StreamId"] = stream
        self._windows.append(window)

    def _corners(self, x: float, y: float, width: float, height: float) -> dict[str, int]:
        """A place on the canvas in pixels; one that no pixel is left of is unsupported."""
        left, top, right, bottom = edges(x, y, width, height)
        across, down = self.canvas
        box = {
            "Left": pixels(left, across),
            "Top": pixels(top, down),
            "Right": pixels(right, across),
            "Bottom": pixels(bottom, down),
        }
        for near, far, side, length in (("Left", "Right", "width", across), ("Top", "Bottom", "height", down)):
            if box[near] == box[far]:
                self.unsupported(side, f"it is less than one pixel of the canvas's {length}", "make it larger")
        return box

    def _fill_mode(self, fit: Fit | None) -> FillMode:
        if fit is Fit.STRETCH:
            self.unsupported("fit", "the vendor can't stretch", "use cover or contain")
        return FILL_MODES.get(fit or Fit.COVER, FillMode.CROP)

    def _stream(self, participant: str | None, content: Content) -> str | None:
        if content is Content.SCREEN:
            if participant is None or self.streams.screen_template is None:
                self.unsupported(
                    "content",
                    "a shared screen is a stream of its own, whose name isn't known",
                    "name the participant, and the stream in options.zegocloud.screen_stream_id",
                )
                return None
            stream = self.streams.screen(participant)
        else:
            stream = None if participant is None else self.streams.camera(participant)
        return stream if stream is None or self._is_stream("participant", stream) else None

    def set_background(self, *, color: str | None, image_url: str | None, image_fit: Fit | None) -> None:
        if self.running is not None:
            before = self.running.layout.background if self.running.layout else Background()
            if color is not None and color.lower() != (before.color or "#000000").lower():
                self.unsupported("color", "an update can't change it", "leave it out")
            if image_url != (before.image and before.image.url):
                self.unsupported("image", "an update can't change it", "leave it out")
            elif before.image and image_fit is not before.image.fit:
                self._stretches("image.fit", image_fit)
            return
        if color is not None:
            self._mix["MixOutputBackgroundColor"] = color_number(color)
        if image_url is not None:
            self._mix["MixOutputBackgroundImage"] = image_url
            self._stretches("image.fit", image_fit)

    def placeholder(self, participant: str, *, url: str, fit: Fit | None) -> None:
        if participant == "*":
            self._placeholder_of_everybody(url, fit)
            return
        if not self._has_window(participant):
            # A layout change inherits the placeholders of the layout before it: those are no demand.
            before = self.running.placeholders.get(participant) if self.running else None
            is_inherited = before is not None and (before.url, before.fit) == (url, fit)
            found = self.approximated if is_inherited else self.unsupported
            found("", "only a window of a custom layout that names the participant has one", "add such a region")
            return
        self._images[self.streams.camera(participant)] = url
        self.approximated(
            "",
            "the vendor shows it once the stream has gone, not while only the camera is off",
            'options.zegocloud.camera_off: nothing, or a placeholder for "*", shows it then too',
        )
        self._stretches("fit", fit)

    def _has_window(self, participant: str) -> bool:
        """Whether a window is bound to somebody's camera: one of a custom layout, or of a preset sent as one."""
        if isinstance(self.layout, Custom):
            return any(
                region.participant == participant and region.content is Content.PARTICIPANT
                for region in self.layout.regions
            )
        camera = self.streams.camera(participant)
        return any(window.get("StreamId") == camera for window in self._windows)

    def walk_layout(self, layout: BaseModel, *, before: BaseModel | None = None) -> None:
        """See what the layout takes away, and call its methods."""
        kept = self.running.placeholders if self.running else {}
        if "*" in kept and self.layout and "*" not in self.layout.placeholders:
            self.unsupported(
                "layout.placeholders.*",
                "an update can't take it away",
                'keep "*" among the placeholders, or leave them out altogether',
            )
        super().walk_layout(layout, before=before)

    def _placeholder_of_everybody(self, url: str, fit: Fit | None) -> None:
        if self.running is not None:
            before = self.running.placeholders.get("*")
            if before is None or before.url != url:
                self.unsupported("", "an update can't change it", "leave it out")
            elif fit is not before.fit:
                self._stretches("fit", fit)
            return
        self._mix["DefaultMixStreamBackgroundImage"] = url
        self.approximated(
            "",
            "the vendor needs FillBlank for it, so a window stays when its stream stops; JPG or PNG up to 5 MB",
            "name a placeholder by participant in a custom layout",
        )
        self._stretches("fit", fit)

    def _stretches(self, part: str, fit: Fit | None) -> None:
        if fit not in (None, Fit.STRETCH):
            self.approximated(part, f"the vendor can't {fit} an image", "it is stretched")
