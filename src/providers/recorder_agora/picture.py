"""Who is where in the mixed picture of a wire layout: read by previews and by the emulator alike."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from pydantic import ValidationError

from recorder_agora.geometry import MOST_USERS, Rectangle, best_fit, floating, vertical
from recorder_agora.wire.layout import LayoutConfig, MixedLayout, TranscodingConfig
from recorder_agora.wire.recording import AudioUidList, VideoUidList
from recorder_agora.wire.values import ALL_STREAMS
from recorder_core.plan import Plan
from recorder_core.preview import Picture, PlacedWindow, no_picture

__all__ = ["FITS", "NOBODY", "Canvas", "Place", "Selection", "picture_of", "places", "selections"]

FITS: Mapping[int, Literal["cover", "contain"]] = {0: "cover", 1: "contain"}
"""What the values of `render_mode` mean."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """Size of the mixed picture in pixels."""

    width: int = 360
    height: int = 640

    @classmethod
    def of(cls, video: TranscodingConfig) -> Canvas:
        """The size in a request; what it leaves out is at the vendor's default."""
        return cls(video.width or cls().width, video.height or cls().height)


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose streams of one medium are subscribed: everybody's, `only` some, or all `without` some."""

    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()

    @classmethod
    def of(cls, subscribed: Collection[str] | None, unsubscribed: Collection[str] | None) -> Selection | None:
        """What the two lists of one medium mean; None when neither was given."""
        if unsubscribed is not None:
            return cls(without=frozenset(unsubscribed))
        if subscribed is None:
            return None
        return cls() if tuple(subscribed) == (ALL_STREAMS,) else cls(only=frozenset(subscribed))

    def takes(self, uid: str) -> bool:
        """Whether the streams of `uid` are subscribed."""
        return uid not in self.without and (self.only is None or uid in self.only)


NOBODY = Selection(only=frozenset())
"""No stream of this medium."""


def selections(audio: AudioUidList, video: VideoUidList, streams: int) -> tuple[Selection, Selection]:
    """Who is seen and who is heard by lists and `streamTypes`: a list for one medium alone turns the other off."""
    heard = Selection.of(audio.subscribeAudioUids, audio.unSubscribeAudioUids)
    seen = Selection.of(video.subscribeVideoUids, video.unSubscribeVideoUids)
    return (
        NOBODY if streams == 0 or (seen is None and heard is not None) else seen or Selection(),
        NOBODY if streams == 1 or (heard is None and seen is not None) else heard or Selection(),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """One region: where it lies, who is in it, and how they are shown."""

    box: tuple[int, int, int, int]
    """Left, top, right and bottom in pixels of the canvas."""
    uid: str | None
    """Who is in it; None: nobody."""
    bound: str | None = None
    """Whom it is kept for, in the room or not; None: for the next in join order."""
    fit: Literal["cover", "contain"] = "cover"
    opacity: float = 1.0


def places(layout: MixedLayout, canvas: Canvas, shown: Sequence[str]) -> Iterator[Place]:
    """The regions of a layout in the order in which they are painted.

    Args:
        layout: as on the wire.
        canvas: its size.
        shown: the uids of those whose video is subscribed, in join order.
    """
    match layout.mixedVideoLayout:
        case 3:
            yield from _custom(layout.layoutConfig or (), canvas, shown)
        case 2:
            named = layout.maxResolutionUid
            large = named if named in shown else None
            small = [uid for uid in shown if uid != large][: MOST_USERS - 1]
            first, others = vertical(len(small))
            yield Place(_box(first, canvas), large, bound=named, fit="contain")
            for rectangle, uid in zip(others, small, strict=True):
                yield Place(_box(rectangle, canvas), uid)
        case 1:
            for rectangle, uid in zip(best_fit(len(shown)), shown, strict=False):
                yield Place(_box(rectangle, canvas), uid)
        case _:
            for rectangle, uid in zip(floating(len(shown)), shown, strict=False):
                yield Place(_box(rectangle, canvas), uid)


def _custom(regions: tuple[LayoutConfig, ...], canvas: Canvas, shown: Sequence[str]) -> Iterator[Place]:
    """Regions in list order, the later on top; an unbound one serves users without a region of their own."""
    # An account name instead of an integer uid is no error, but its region stays blank.
    bound = {region.uid for region in regions if region.uid and region.uid.isdigit()}
    there = bound.intersection(shown)
    waiting = iter([uid for uid in shown if uid not in bound])
    for region in regions:
        uid = (region.uid if region.uid in there else None) if region.uid else next(waiting, None)
        rectangle = Rectangle(*map(_exact, (region.x_axis, region.y_axis, region.width, region.height)))
        yield Place(
            _box(rectangle, canvas),
            uid,
            bound=region.uid or None,
            fit=FITS[region.render_mode or 0],
            opacity=1.0 if region.alpha is None else region.alpha,
        )


def picture_of(plan: Plan, config: Mapping[str, Any], participants: Sequence[str]) -> Picture:
    """The mixed picture of a plan.

    Args:
        plan: of a composite recording.
        config: `recordingConfig` of its start, as plain JSON.
        participants: who is in the room, cameras on, in join order.

    Raises:
        UnsupportedOperation: `extra_body` makes it unreadable.
    """
    try:
        layout = TranscodingConfig.model_validate(config.get("transcodingConfig", {}))
        seen, _ = selections(
            AudioUidList.model_validate(_given(config, AudioUidList)),
            VideoUidList.model_validate(_given(config, VideoUidList)),
            config.get("streamTypes", 2),
        )
    except ValidationError:
        raise no_picture(plan, "options.agora.extra_body makes it a request that the vendor doesn't document") from None
    canvas = Canvas.of(layout)
    shown = [participant for participant in participants if seen.takes(participant)]
    return Picture(
        width=canvas.width,
        height=canvas.height,
        participants=tuple(participants),
        color=layout.backgroundColor or "#000000",
        image=layout.backgroundImage,
        windows=tuple(
            PlacedWindow(
                left=place.box[0],
                top=place.box[1],
                right=place.box[2],
                bottom=place.box[3],
                participant=place.uid or place.bound,
                is_seen=place.uid is not None,
                fit=place.fit,
                opacity=place.opacity,
            )
            for place in places(layout, canvas, shown)
        ),
    )


def _given(config: Mapping[str, Any], lists: type[AudioUidList | VideoUidList]) -> dict[str, Any]:
    """The lists of one medium alone: the keys beside them hold secrets, which a plan masks."""
    return {key: config[key] for key in lists.model_fields if key in config}


def _box(rectangle: Rectangle, canvas: Canvas) -> tuple[int, int, int, int]:
    x, y, width, height = rectangle
    return (
        _pixel(x * canvas.width),
        _pixel(y * canvas.height),
        _pixel((x + width) * canvas.width),
        _pixel((y + height) * canvas.height),
    )


def _exact(number: float) -> Fraction:
    """The decimal that was written on the wire."""
    return Fraction(repr(number))


def _pixel(edge: Fraction) -> int:
    return math.floor(edge + Fraction(1, 2))
