"""Layouts, neutral to wire: what a start carries and what a change replaces whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from recorder_core.geometry import edges, pixels, regions
from recorder_core.models import Content, Custom, Fit, Floating, Grid, Image, Layout, ScreenShare, Side, Spotlight
from recorder_trtc.tables import MOST_WINDOWS
from recorder_trtc.translate.participants import ParticipantsTranslator
from recorder_trtc.wire import layout as wire
from recorder_trtc.wire.values import IMAGE_URL, MixLayoutMode, RenderMode, StreamId

__all__ = ["RENDER_MODES", "LayoutTranslator"]

RENDER_MODES = {Fit.COVER: RenderMode.CROP, Fit.CONTAIN: RenderMode.FIT, Fit.STRETCH: RenderMode.STRETCH}
SUFFIXES = (".jpg", ".jpeg", ".png")
TRANSPARENT = 255


class LayoutTranslator(ParticipantsTranslator):
    """`MixLayoutParams`, and with it the participants: a change sends both.

    Attributes:
        layout: the whole layout; None if there is none.
        canvas: width and height of the picture in pixels.
        expected_participants: how many windows a synthesised preset gets when it doesn't say so itself.
        records_screens: whether shared screens are recorded.
        inherited: placeholders of the layout that is replaced; those that go with it are no demand.

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
        self.records_screens = True
        self.inherited: Mapping[str, Image] = {}
        self._windows: list[dict[str, Any]] = []
        self._images: dict[str, str] = {}
        self._mix: dict[str, Any] = {}

    def mix(self) -> wire.Layout:
        """The vendor's layout."""
        windows = [
            wire.LayoutWindow(**window, SubBackgroundImage=self._images.get(window.get("UserId", "")))
            for window in self._windows
        ]
        return wire.Layout(**self._mix, MixLayoutList=windows or None)

    # The four kinds

    def layout_grid(self, *, fit: Fit | None, windows: int | None, screen_share: ScreenShare | None) -> None:
        self._share(screen_share)
        self._preset(MixLayoutMode.GRID, fit, windows)

    def layout_floating(
        self, *, participant: str | None, fit: Fit | None, windows: int | None, screen_share: ScreenShare | None
    ) -> None:
        self._share(screen_share)
        self._preset(MixLayoutMode.FLOATING, fit, windows, participant)

    def layout_spotlight(
        self,
        *,
        participant: str | None,
        side: Side,
        fit: Fit | None,
        windows: int | None,
        screen_share: ScreenShare | None,
    ) -> None:
        self._share(screen_share, is_theirs=side in (Side.LEFT, Side.RIGHT) and participant is not None)
        if side not in (Side.LEFT, Side.RIGHT):
            self._synthesise(f"the vendor has no spotlight at the {side}")
        elif participant is None:
            self._synthesise("the vendor leaves the large window of a spotlight empty where nobody is named for it")
        else:
            self._preset(MixLayoutMode.SCREEN_SHARING, fit, windows, participant)
            if side is Side.RIGHT:
                self._mix["MaxResolutionUserAlign"] = 1

    def layout_custom(self) -> None:
        self._mix["MixLayoutMode"] = MixLayoutMode.CUSTOM
        if not isinstance(self.layout, Custom):
            return
        count = len(self.layout.regions)
        if count > MOST_WINDOWS:
            self.unsupported("regions", f"{count} regions; the vendor takes {MOST_WINDOWS}", "use fewer regions")
        order = sorted(range(count), key=lambda index: (self._depth(index), index))
        self._layers = {index: rank for rank, index in enumerate(order)}

    def _depth(self, index: int) -> int:
        """Stacking number of a region of the layout."""
        return self.layout.regions[index].z if isinstance(self.layout, Custom) else 0

    def _share(self, wanted: ScreenShare | None, *, is_theirs: bool = True) -> None:
        """What a shared screen does: it is its owner's auxiliary stream, and recorded or not for the whole task."""
        if wanted is ScreenShare.LARGE:
            self.unsupported(
                "screen_share",
                "a shared screen has a window like everybody's",
                "use a custom layout, with a large region for the owner's screen",
            )
        elif wanted is ScreenShare.WINDOW and not self.records_screens:
            self.unsupported("screen_share", "the recording has cameras alone", 'set options.trtc.streams to "both"')
        elif wanted is ScreenShare.WINDOW and not is_theirs:
            self.unsupported(
                "screen_share",
                "the layout is sent as windows that show cameras",
                "use a custom layout, with a region for the owner's screen",
            )
        elif wanted is ScreenShare.WINDOW:
            self.approximated(
                "screen_share",
                "no page says where the vendor's own layouts show an auxiliary stream",
                "it has a window as far as is known; a custom layout has a region for it",
            )
        elif wanted is ScreenShare.HIDDEN and self.records_screens:
            self._hide_screens()

    def _hide_screens(self) -> None:
        """Of a change: which streams are recorded stays as it is."""
        self.unsupported("screen_share", "a change can't hide what is recorded", "say it at the start")

    def _preset(
        self, mode: MixLayoutMode, fit: Fit | None, windows: int | None, participant: str | None = None
    ) -> None:
        """Use a layout of the vendor's own."""
        self._mix |= {"MixLayoutMode": mode, "RenderMode": RENDER_MODES[fit or Fit.COVER]}
        if participant is not None and self._is_user("participant", participant):
            self._mix["MaxResolutionUserId"] = participant
        if windows is not None and windows > MOST_WINDOWS:
            self.unsupported("windows", f"the vendor shows at most {MOST_WINDOWS} windows", "use fewer windows")
        elif windows is not None:
            self.approximated(
                "windows",
                f"the vendor's own layout grows with the room, up to {MOST_WINDOWS} windows",
                "leave it out, or use a custom layout",
            )

    def _synthesise(self, why: str) -> None:
        """Send a preset that the vendor lacks as a custom layout with a fixed number of windows."""
        layout = self.layout
        if not isinstance(layout, Grid | Floating | Spotlight):
            return
        windows = layout.windows or min(self.expected_participants or MOST_WINDOWS, MOST_WINDOWS)
        if windows > MOST_WINDOWS:
            self.unsupported("windows", f"the vendor shows at most {MOST_WINDOWS} windows", "use fewer windows")
            windows = MOST_WINDOWS
        self.approximated(
            "",
            f"{why}; it is sent as a custom layout of {windows} fixed windows, and who has none of them is heard alone",
            f"set layout.windows, up to {MOST_WINDOWS}, if more people may come",
        )
        self._mix["MixLayoutMode"] = MixLayoutMode.CUSTOM
        self._layers = dict.fromkeys(range(windows), 0) | {index: index for index in range(windows)}
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
        window: dict[str, Any] = {
            **self._box(x, y, width, height),
            "RenderMode": RENDER_MODES[fit],
            "ImageLayer": self._layers[index],
        }
        if content is Content.WHITEBOARD:
            self.unsupported("content", "the vendor records no whiteboards", "leave the region out")
        elif content is Content.SCREEN:
            self._show_screen(participant)
            window["MediaId"] = StreamId.AUXILIARY
        if participant is not None and self._is_user("participant", participant):
            window["UserId"] = participant
        if opacity != 1:
            # A step of 1/255 is as fine as the pictures themselves.
            window["Alpha"] = round((1 - opacity) * TRANSPARENT)
        self._windows.append(window)

    def _show_screen(self, participant: str | None) -> None:
        if participant is None:
            self.unsupported("content", "a shared screen has a window only by its owner's name", "name the participant")
        elif not self.records_screens:
            self.unsupported(
                "content", "options.trtc.streams records cameras alone", 'set it to "both", or leave the region out'
            )

    def _box(self, x: float, y: float, width: float, height: float) -> dict[str, int]:
        """A place on the canvas in pixels; one that no pixel is left of is unsupported."""
        left, top, right, bottom = edges(x, y, width, height)
        across, down = self.canvas
        near = {"Left": pixels(left, across), "Top": pixels(top, down)}
        box = near | {"Width": pixels(right, across) - near["Left"], "Height": pixels(bottom, down) - near["Top"]}
        for side, length in (("Width", across), ("Height", down)):
            if not box[side]:
                self.unsupported(side.lower(), f"it is less than one pixel of the canvas's {length}", "make it larger")
        return box

    # What lies under the windows, and in them

    def set_background(self, *, color: str | None, image_url: str | None, image_fit: Fit | None) -> None:
        if color is not None:
            self._mix["BackGroundColor"] = color
        if image_url is not None and self._is_image("image.url", image_url):
            self._mix["BackgroundImageUrl"] = image_url
            if image_fit is not None:
                self._mix["BackgroundImageRenderMode"] = RENDER_MODES[image_fit]

    def placeholder(self, participant: str, *, url: str, fit: Fit | None) -> None:
        before = self.inherited.get(participant)
        is_inherited = before is not None and (before.url, before.fit) == (url, fit)
        if participant != "*" and not self._has_window(participant):
            found = self.approximated if is_inherited else self.unsupported
            found("", "only a window of a custom layout that names the participant has one", "add such a region")
            return
        if not self._is_image("url", url):
            return
        self._mix["PlaceHolderMode"] = 1
        if participant == "*":
            self._mix["DefaultSubBackgroundImage"] = url
        else:
            self._images[participant] = url
        if is_inherited:
            return
        self.approximated(
            "",
            "the vendor shows it while neither sound nor pictures come, not while only the camera is off",
            "leave it out, and choose by options.trtc.camera_off what is seen then",
        )
        if fit is not None:
            self.approximated("fit", "the vendor chooses how a placeholder fills its window", "leave it out")

    def _has_window(self, participant: str) -> bool:
        """Whether a window is bound to somebody's camera."""
        if isinstance(self.layout, Custom):
            return any(
                region.participant == participant and region.content is Content.PARTICIPANT
                for region in self.layout.regions
            )
        return any(window.get("UserId") == participant for window in self._windows)

    def _is_image(self, part: str, url: str) -> bool:
        """Whether the vendor takes the address of a picture; else that is found."""
        is_image = re.match(IMAGE_URL, url) is not None and urlsplit(url).path.lower().endswith(SUFFIXES)
        if not is_image:
            self.unsupported(
                part,
                "the vendor takes addresses that end in .jpg, .jpeg or .png, without quotes, spaces and such",
                "store the picture under such a name",
            )
        return is_image
