"""How a recording will look, as plain values: who is where in the composed picture of a plan.

A provider computes a `Picture` from the request that it would send, so that what is seen is what the vendor is told.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from recorder_core.errors import UnsupportedOperation
from recorder_core.models import Content, Custom, Mode, RecordingSpec
from recorder_core.plan import Plan

__all__ = ["Picture", "PlacedClock", "PlacedImage", "PlacedWindow"]

CAMERA_ASPECT = 16 / 9
"""Width by height of the cameras in a preview."""

SOME_PEOPLE = 5
"""How many people a preview shows in a layout that grows, where the spec doesn't say."""

MOST_PEOPLE = 1000
"""Most people in a preview."""

WITHOUT_PICTURE = {
    Mode.INDIVIDUAL: "individual recording makes files of every participant, and no composed picture",
    Mode.WEB: "web page recording shows the page, and no composed picture",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedWindow:
    """A window and who has it.

    Attributes:
        left: left edge in pixels of the canvas, from its top left corner.
        top: top edge.
        right: right edge, exclusive.
        bottom: bottom edge, exclusive.
        participant: who has it, whether they are there or not; None: nobody, or nobody yet.
        content: the participant's camera or screen, the whiteboard, or a web page.
        is_seen: whether there is a picture in it; else whatever lies below it shows.
        fit: how a picture of another shape fills it.
        aspect: width by height of the picture.
        bars: `#RRGGBB` beside a picture that is contained; None lets what lies below it show.
        color: `#RRGGBB` of what it shows in place of a participant.
        opacity: 0 (invisible) .. 1 (opaque).
    """

    left: int
    top: int
    right: int
    bottom: int
    participant: str | None = None
    content: Literal["participant", "screen", "whiteboard", "page"] = "participant"
    is_seen: bool = True
    fit: Literal["cover", "contain", "stretch"] = "cover"
    aspect: float = CAMERA_ASPECT
    bars: str | None = None
    color: str | None = None
    opacity: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedImage:
    """An image over the picture; edges in pixels of the canvas, right and bottom exclusive, and its address."""

    left: int
    top: int
    right: int
    bottom: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedClock:
    """The time of day over the picture: its top right corner and the height of its digits in pixels."""

    right: int
    top: int
    font_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a composed recording shows while the cameras of some people are on.

    Attributes:
        width: of the canvas in pixels.
        height: of the canvas in pixels.
        participants: who is in the room, in the order of joining.
        color: `#RRGGBB` of the canvas.
        image: address of the image over the whole canvas, under the windows; None: there is none.
        windows: painted in this order.
        watermarks: painted over the windows.
    """

    width: int
    height: int
    participants: tuple[str, ...] = ()
    color: str = "#000000"
    image: str | None = None
    windows: tuple[PlacedWindow, ...] = ()
    watermarks: tuple[PlacedImage | PlacedClock, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Those in the room whom no window shows."""
        shown = {window.participant for window in self.windows if window.is_seen}
        return tuple(participant for participant in self.participants if participant not in shown)

    def place(self, participant: str | None) -> int | None:
        """Somebody's place in the order of joining, from 1 on; None: they aren't in the room."""
        return self.participants.index(participant) + 1 if participant in self.participants else None

    def dump(self) -> dict[str, Any]:
        """The picture as plain JSON values, with each window's `place` and who is `missing`."""
        tree = asdict(self)
        for window in tree["windows"]:
            window["place"] = self.place(window["participant"])
        return tree | {"missing": self.missing}


def composing(plan: Plan, operation: str, *path: str) -> dict[str, Any]:
    """The part of a planned request that describes the composed picture, as plain JSON, secrets masked.

    Args:
        plan: of a start.
        operation: the planned request's.
        path: the keys that lead to that part of its body.

    Raises:
        UnsupportedOperation: nothing is composed, or there is no such part.
    """
    spec = plan.resolved
    if spec is None:
        raise no_picture(plan, "the plan of a layout change doesn't tell the size of the canvas")
    if spec.mode in WITHOUT_PICTURE:
        raise no_picture(plan, WITHOUT_PICTURE[spec.mode])
    if not spec.media.has_video:
        raise no_picture(plan, "only sound is recorded")
    part: Any = next((request.body for request in plan.requests if request.operation == operation), None)
    if part is None:
        raise no_picture(plan, "nothing would be sent")
    for key in path:
        part = part.get(key) if isinstance(part, dict) else None
    if not isinstance(part, dict):
        raise no_picture(plan, f"{operation} would be sent without {'.'.join(path)}")
    return part


def page_of(spec: RecordingSpec) -> Picture:
    """The picture of a web page recording, whose page isn't loaded: a page of the size of the canvas."""
    video = spec.resolved().video
    width, height = video.width or 0, video.height or 0
    page = PlacedWindow(left=0, top=0, right=width, bottom=height, content="page", fit="stretch", color="#ffffff")
    return Picture(width=width, height=height, color="#ffffff", windows=(page,))


def no_picture(plan: Plan, why: str) -> UnsupportedOperation:
    """The error of a plan whose picture isn't known."""
    return UnsupportedOperation(why, provider=plan.provider, operation="picture", hint="See the plan's findings.")


def people(spec: RecordingSpec, count: int | None = None) -> tuple[str, ...]:
    """Who is in the room in a preview, in the order of joining: whom the spec names, then strangers by their place.

    Args:
        spec: what is recorded.
        count: how many, at most `MOST_PEOPLE`. None: everybody whom the spec names, and no fewer than are expected,
            else than a custom layout has regions for, else than `SOME_PEOPLE`.
    """
    known = spec.named_participants
    if count is None:
        count = max(len(known), spec.expected_participants or _room_for(spec))
    room = list(known[: min(count, MOST_PEOPLE)])
    while len(room) < min(count, MOST_PEOPLE):
        stranger = f"#{len(room) + 1}"
        while stranger in known:
            stranger = f"#{stranger}"
        room.append(stranger)
    return tuple(room)


def _room_for(spec: RecordingSpec) -> int:
    if isinstance(spec.layout, Custom):
        return sum(region.content is Content.PARTICIPANT for region in spec.layout.regions)
    return SOME_PEOPLE
