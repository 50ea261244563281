"""From the vendor's wire layout and who is in the room to the picture that is recorded."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from recorder_agora.geometry import MOST_USERS, Rectangle, best_fit, floating, vertical
from recorder_agora.wire import AudioUidList, BackgroundConfig, LayoutConfig, MixedLayout, VideoUidList
from recorder_agora.wire_values import ALL_STREAMS
from recorder_core.emulation.composer import Fit, Scene, Window
from recorder_core.emulation.room import Color, Participant

__all__ = ["NOBODY", "Canvas", "Selection", "Subscription", "image_urls", "scene"]

_FITS: Mapping[int, Fit] = {0: "cover", 1: "contain"}


@dataclass(frozen=True, slots=True)
class Canvas:
    """Size of the mixed picture in pixels."""

    width: int = 360
    height: int = 640


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


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose video and whose audio is recorded."""

    seen: Selection
    heard: Selection

    @classmethod
    def of(cls, audio: AudioUidList, video: VideoUidList, streams: int) -> Subscription:
        """What lists and `streamTypes` mean together: a list for one medium alone turns the other one off."""
        heard = Selection.of(audio.subscribeAudioUids, audio.unSubscribeAudioUids)
        seen = Selection.of(video.subscribeVideoUids, video.unSubscribeVideoUids)
        return cls(
            seen=NOBODY if streams == 0 or (seen is None and heard is not None) else seen or Selection(),
            heard=NOBODY if streams == 1 or (heard is None and seen is not None) else heard or Selection(),
        )

    def streams_of(self, participant: Participant) -> bool:
        """Whether a stream of theirs is recorded right now."""
        return (participant.camera and self.seen.takes(participant.id)) or (
            participant.microphone and self.heard.takes(participant.id)
        )

    def takes(self, participant: Participant) -> bool:
        """Whether their streams are recorded as soon as they send any."""
        return self.seen.takes(participant.id) or self.heard.takes(participant.id)


def image_urls(layout: MixedLayout) -> set[str]:
    """Every image that the layout names."""
    named = {layout.backgroundImage, layout.defaultUserBackgroundImage}
    return {url for url in named if url} | {entry.image_url for entry in layout.backgroundConfig or ()}


@dataclass(frozen=True, slots=True)
class _Place:
    """One region: where it lies, who is in it, and how they are shown."""

    rectangle: Rectangle
    participant: Participant
    fit: Fit = "cover"
    opacity: float = 1.0


def scene(
    layout: MixedLayout,
    canvas: Canvas,
    images: Mapping[str, bytes | None],
    present: tuple[Participant, ...],
    *,
    seen: Selection,
    heard: Selection,
    frozen: Collection[str],
    held: Collection[str],
) -> Scene:
    """The picture of whoever is `present`, in join order.

    Args:
        layout: as on the wire.
        canvas: its size.
        images: what was downloaded, by URL; None: the download failed, and the next image takes over.
        present: who is there. Who only sends sound takes a place all the same.
        seen: whose video is subscribed; the others take no place.
        heard: whose audio is subscribed, however many are shown.
        frozen: whose camera went off within the last 3.5 s: their last frame stays.
        held: whose camera went off earlier and whose last frame stays where no image is configured.
    """
    shown = tuple(participant for participant in present if seen.takes(participant.id))
    windows = tuple(
        _window(place, canvas, _image(layout, images, place.participant.id), frozen, held)
        for place in _places(layout, shown)
    )
    return Scene(
        width=canvas.width,
        height=canvas.height,
        color=_color(layout.backgroundColor),
        image=images.get(layout.backgroundImage or ""),
        image_fit="cover",
        windows=windows,
        audible=tuple(participant.id for participant in present if heard.takes(participant.id)),
    )


def _places(layout: MixedLayout, shown: tuple[Participant, ...]) -> Iterator[_Place]:
    match layout.mixedVideoLayout:
        case 3:
            yield from _custom(layout.layoutConfig or (), shown)
        case 2:
            large = next((user for user in shown if user.id == layout.maxResolutionUid), None)
            small = [user for user in shown if user is not large][: MOST_USERS - 1]
            first, others = vertical(len(small))
            if large is not None:
                yield _Place(first, large, "contain")
            yield from map(_Place, others, small)
        case 1:
            yield from map(_Place, best_fit(len(shown)), shown)
        case _:
            yield from map(_Place, floating(len(shown)), shown)


def _custom(regions: tuple[LayoutConfig, ...], shown: tuple[Participant, ...]) -> Iterator[_Place]:
    """Regions in list order, the later on top; an unbound one serves users without a region of their own."""
    # An account name instead of an integer uid is no error, but its region stays blank.
    bound = {region.uid for region in regions if region.uid and region.uid.isdigit()}
    by_uid = {user.id: user for user in shown if user.id in bound}
    waiting = iter([user for user in shown if user.id not in bound])
    for region in regions:
        user = by_uid.get(region.uid) if region.uid else next(waiting, None)
        if user is not None:
            rectangle = Rectangle(
                *(_exact(side) for side in (region.x_axis, region.y_axis, region.width, region.height))
            )
            yield _Place(rectangle, user, _FITS[region.render_mode or 0], 1.0 if region.alpha is None else region.alpha)


def _window(
    place: _Place,
    canvas: Canvas,
    image: tuple[bytes, Fit] | None,
    frozen: Collection[str],
    held: Collection[str],
) -> Window:
    uid = place.participant.id
    x, y, width, height = place.rectangle
    return Window(
        left=_pixel(x * canvas.width),
        top=_pixel(y * canvas.height),
        right=_pixel((x + width) * canvas.width),
        bottom=_pixel((y + height) * canvas.height),
        participant=uid,
        fit=place.fit,
        opacity=place.opacity,
        image=image[0] if image else None,
        image_fit=image[1] if image else "cover",
        frozen=uid in frozen or (image is None and uid in held),
    )


def _image(layout: MixedLayout, images: Mapping[str, bytes | None], uid: str) -> tuple[bytes, Fit] | None:
    """The user's own image, else everybody's; one that couldn't be downloaded has no effect."""
    own = next((entry for entry in layout.backgroundConfig or () if entry.uid == uid), None)
    for url, fit in (*_own_image(own), (layout.defaultUserBackgroundImage, _FITS[0])):
        if url and (content := images.get(url)) is not None:
            return content, fit
    return None


def _own_image(entry: BackgroundConfig | None) -> Iterator[tuple[str, Fit]]:
    if entry is not None:
        yield entry.image_url, _FITS[entry.render_mode or 0]


def _exact(number: float) -> Fraction:
    """The decimal that was written on the wire."""
    return Fraction(repr(number))


def _pixel(edge: Fraction) -> int:
    return math.floor(edge + Fraction(1, 2))


def _color(text: str | None) -> Color:
    digits = (text or "#000000").removeprefix("#")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
