"""Who is where in the picture that the recording page composes: read by previews and by the emulator alike.

The page itself computes the same in its own language (`template/index.html`). It places whoever is in the room and
whose pictures are recorded, in the order of joining; a camera that is off leaves its window, in which the placeholder
shows. A preset shows cameras alone, unless it is told what a shared screen does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recorder_core.geometry import arrange, edges, pixels
from recorder_core.models import Floating, Grid, Spotlight
from recorder_core.plan import Plan
from recorder_core.preview import Picture, PlacedClock, PlacedImage, PlacedWindow, composing, no_picture

from recorder_livekit.wire.template import FitName, TemplateImage, TemplateLayout, read_layout

__all__ = ["Place", "box", "image_of", "picture_of", "places"]

Box = tuple[int, int, int, int]
Shown = Literal["participant", "screen"]
"""What of somebody's a window shows: the camera or the shared screen."""


@dataclass(frozen=True, slots=True)
class Place:
    """One window: where it lies, who is in it, and how it is shown.

    Attributes:
        box: left, top, right and bottom in pixels of the canvas, right and bottom exclusive.
        participant: who has it; None: nobody.
        is_there: whether they are in the room, and their pictures are recorded.
        content: their camera or their shared screen.
        fit: how the picture fills it.
        opacity: 0 (invisible) .. 1 (opaque).
    """

    box: Box
    participant: str | None
    is_there: bool
    content: Shown = "participant"
    fit: FitName = "cover"
    opacity: float = 1.0


def box(x: float, y: float, width: float, height: float, canvas: tuple[int, int]) -> Box:
    """A part of the canvas in pixels."""
    left, top, right, bottom = edges(x, y, width, height)
    across, down = canvas
    return pixels(left, across), pixels(top, down), pixels(right, across), pixels(bottom, down)


def places(
    layout: TemplateLayout,
    canvas: tuple[int, int],
    people: Sequence[str],
    *,
    sharing: Sequence[str] = (),
    speaker: str | None = None,
) -> list[Place]:
    """The windows of a layout in the order in which they are painted.

    Args:
        layout: what the page is told.
        canvas: width and height in pixels.
        people: who is in the room, in the order of joining.
        sharing: who of them shares a screen, which only presets are asked for here.
        speaker: who spoke last; None: nobody has yet.
    """
    seen = [person for person in people if layout.sees(person)]
    if layout.kind == "custom":
        return _custom(layout, canvas, seen)
    shares = [person for person in seen if person in sharing]
    content: list[tuple[str, Shown]] = []
    for person in seen:
        content.append((person, "participant"))
        if layout.screen_share == "window" and person in shares:
            content.append((person, "screen"))
    has_large_screen = layout.screen_share == "large" and bool(shares)
    if has_large_screen:
        content.insert(0, (shares[0], "screen"))
    elif layout.kind != "grid" and (seen or layout.participant):
        large = layout.participant or (speaker if layout.follows and speaker in seen else None) or seen[0]
        content = [(large, "participant"), *(shown for shown in content if shown != (large, "participant"))]
    content = content[: layout.windows] if layout.windows else content
    if not content:
        return []
    return [
        Place(
            box=box(float(cell.x), float(cell.y), float(cell.width), float(cell.height), canvas),
            participant=person,
            is_there=person in seen,
            content=shown,
            fit=layout.fit or ("contain" if shown == "screen" else "cover"),
        )
        for cell, (person, shown) in zip(arrange(_preset(layout, has_large_screen), len(content)), content, strict=True)
    ]


def _preset(layout: TemplateLayout, has_large_screen: bool) -> Grid | Floating | Spotlight:
    if layout.kind == "grid" and not has_large_screen:
        return Grid()
    return Floating() if layout.kind == "floating" else Spotlight(side=layout.side or "left")


def _custom(layout: TemplateLayout, canvas: tuple[int, int], seen: Sequence[str]) -> list[Place]:
    bound = {region.participant for region in layout.regions if region.content == "participant"}
    waiting = iter([person for person in seen if person not in bound])
    placed = []
    for region in layout.regions:
        is_open = region.participant is None and region.content == "participant"
        person = next(waiting, None) if is_open else region.participant
        place = Place(
            box=box(region.x, region.y, region.width, region.height, canvas),
            participant=person,
            is_there=person in seen,
            content=region.content,
            fit=region.fit,
            opacity=region.opacity,
        )
        placed.append((region.z, place))
    return [place for _, place in sorted(placed, key=lambda layered: layered[0])]


def image_of(layout: TemplateLayout, participant: str | None) -> TemplateImage | None:
    """What shows in place of somebody's camera that is off."""
    found = layout.placeholders.get(participant or "") if participant else None
    return found or (layout.placeholders.get("*") if participant else None)


def picture_of(plan: Plan, participants: Sequence[str]) -> Picture:
    """The picture of a plan, where the recording page composes it.

    Args:
        plan: of a composite recording.
        participants: who is in the room, cameras on, in the order of joining. Nobody speaks, so that a large window
            that follows whoever does has the first.

    Raises:
        UnsupportedOperation: nothing is composed, or a template of the vendor's composes it.
    """
    body = composing(plan, "StartRoomCompositeEgress")
    layout, advanced = read_layout(body.get("layout")), body.get("advanced") or {}
    canvas = (advanced.get("width"), advanced.get("height"))
    if layout is None or not isinstance(canvas[0], int) or not isinstance(canvas[1], int):
        raise no_picture(plan, "the vendor's own templates place people by who speaks; with template_url it is known")
    width, height = canvas[0], canvas[1]
    shown = places(layout, (width, height), participants)
    marks = [box(mark.x, mark.y, mark.width, mark.height, (width, height)) for mark in layout.watermarks]
    return Picture(
        width=width,
        height=height,
        participants=tuple(participants),
        color=layout.color,
        image=layout.image.url if layout.image else None,
        windows=tuple(_window(place) for place in shown),
        watermarks=tuple(
            PlacedImage(left=left, top=top, right=right, bottom=bottom, url=mark.url)
            for mark, (left, top, right, bottom) in zip(layout.watermarks, marks, strict=True)
        )
        + tuple(PlacedClock(right=width, top=0, font_size=clock.font_size) for clock in layout.clocks),
    )


def _window(place: Place) -> PlacedWindow:
    left, top, right, bottom = place.box
    return PlacedWindow(
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        participant=place.participant,
        content=place.content,
        is_seen=place.is_there,
        fit=place.fit,
        opacity=place.opacity,
    )
