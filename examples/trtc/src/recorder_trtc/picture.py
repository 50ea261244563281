"""Who is where in the mixed picture of a wire layout: read by previews and by the emulator alike.

Where the vendor's pages leave two readings, the choices are these:

* people are taken in join order, whoever publishes anything among them;
* a window whose user isn't there stays empty; so does the large one of a floating layout, if it names somebody;
* windows of equal ImageLayer lie in the order of their list;
* an auxiliary stream has a window of a custom layout alone, by its owner's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from recorder_core.plan import Plan
from recorder_core.preview import Picture, PlacedClock, PlacedImage, PlacedWindow, no_picture
from recorder_trtc.geometry import preset
from recorder_trtc.wire.layout import Layout, Transcoding
from recorder_trtc.wire.values import MixLayoutMode, RenderMode, StreamId

__all__ = ["FITS", "OPAQUE", "Place", "picture_of", "places"]

FITS: Mapping[RenderMode, Literal["cover", "contain", "stretch"]] = {
    RenderMode.STRETCH: "stretch",
    RenderMode.CROP: "cover",
    RenderMode.FIT: "contain",
    RenderMode.SMART: "cover",
}
OPAQUE = 255
CLOCK_PX = 24
"""Height of a clock's digits; the vendor doesn't tell it."""


@dataclass(frozen=True, slots=True)
class Place:
    """One window: where it lies, who is in it, and how it is shown."""

    box: tuple[int, int, int, int]
    """Left, top, right and bottom in pixels of the canvas."""
    render: RenderMode
    user: str | None = None
    """Who is shown. None: nobody."""
    stream: StreamId = StreamId.MAIN
    bound: str | None = None
    """Whom the window is kept for, there or not."""
    alpha: int = 0
    """0 (opaque) to 255."""
    image: str | None = None
    """What shows in place of who isn't there: an address."""

    @property
    def opacity(self) -> float:
        """0 (invisible) to 1."""
        return 1 - self.alpha / OPAQUE


def places(
    layout: Layout, canvas: tuple[int, int], users: Sequence[str], *, sharing: Sequence[str] = ()
) -> list[Place]:
    """The windows of a layout in the order in which they are painted.

    Args:
        layout: as on the wire, now.
        canvas: width and height in pixels.
        users: who publishes, in join order.
        sharing: whose screens are shared.
    """
    default_image = layout.DefaultSubBackgroundImage if layout.PlaceHolderMode else None
    if layout.MixLayoutMode is MixLayoutMode.CUSTOM:
        return _custom(layout, users, sharing, default_image)
    content: list[str | None] = list(users)
    bound = None
    if layout.MixLayoutMode is not MixLayoutMode.GRID:
        bound = layout.MaxResolutionUserId
        large = bound if bound in users else None
        if layout.MixLayoutMode is MixLayoutMode.FLOATING and bound is None:
            large = users[0] if users else None
        others = [user for user in users if user != large]
        content = [large, *others] if users or bound else []
    boxes = preset(layout.MixLayoutMode, len(content), align_right=bool(layout.MaxResolutionUserAlign))
    return [
        Place(
            box=box.pixels(*canvas),
            render=layout.RenderMode,
            user=user,
            bound=bound if index == 0 else None,
            image=default_image,
        )
        for index, (box, user) in enumerate(zip(boxes, content, strict=False))
    ]


def _custom(layout: Layout, users: Sequence[str], sharing: Sequence[str], default_image: str | None) -> list[Place]:
    windows = layout.MixLayoutList or []
    bound = {window.UserId for window in windows if window.UserId and window.MediaId is StreamId.MAIN}
    waiting = iter([user for user in users if user not in bound])
    placed = []
    for window in windows:
        there = sharing if window.MediaId is StreamId.AUXILIARY else users
        user = (window.UserId if window.UserId in there else None) if window.UserId else next(waiting, None)
        place = Place(
            box=(window.Left, window.Top, window.Left + window.Width, window.Top + window.Height),
            render=window.RenderMode,
            user=user,
            stream=window.MediaId,
            bound=window.UserId or None,
            alpha=window.Alpha,
            image=(window.SubBackgroundImage or default_image) if layout.PlaceHolderMode else None,
        )
        placed.append((window.ImageLayer, place))
    return [place for _, place in sorted(placed, key=lambda layered: layered[0])]


def picture_of(plan: Plan, body: Mapping[str, Any], participants: Sequence[str]) -> Picture:
    """The mixed picture of a plan.

    Args:
        plan: of a composite recording.
        body: of its CreateCloudRecording, as plain JSON.
        participants: who is in the room, cameras on, in join order. Whose screen has a window shares it.

    Raises:
        UnsupportedOperation: the body doesn't tell it.
    """
    layout: Layout | None = None
    try:
        layout = Layout.model_validate(body.get("MixLayoutParams") or {}, strict=False)
        video = Transcoding.model_validate(body["MixTranscodeParams"], strict=False).VideoParams
    except (ValidationError, KeyError):
        video = None
    if layout is None or video is None:
        raise no_picture(plan, "the request doesn't tell it")
    canvas = (video.Width, video.Height)
    return Picture(
        width=canvas[0],
        height=canvas[1],
        participants=tuple(participants),
        color=layout.BackGroundColor.lower(),
        image=layout.BackgroundImageUrl,
        windows=tuple(_window(place) for place in places(layout, canvas, participants, sharing=participants)),
        watermarks=tuple(_watermarks(layout, canvas)),
    )


def _window(place: Place) -> PlacedWindow:
    left, top, right, bottom = place.box
    fit = FITS[place.render]
    return PlacedWindow(
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        participant=place.user or place.bound,
        content="screen" if place.stream is StreamId.AUXILIARY else "participant",
        is_seen=place.user is not None,
        fit=fit,
        bars="#000000" if fit == "contain" else None,
        opacity=place.opacity,
    )


def _watermarks(layout: Layout, canvas: tuple[int, int]) -> list[PlacedImage | PlacedClock]:
    marks: list[PlacedImage | PlacedClock] = []
    for mark in layout.WaterMarkList or ():
        image = mark.WaterMarkImage
        if image is not None:
            right, bottom = image.Left + image.Width, image.Top + image.Height
            marks.append(
                PlacedImage(left=image.Left, top=image.Top, right=right, bottom=bottom, url=image.WaterMarkUrl)
            )
        elif mark.WaterMarkTimestamp is not None:
            marks.append(PlacedClock(right=canvas[0], top=0, font_size=CLOCK_PX))
    return marks
