"""From the vendor's wire layout and who is in the room to the picture that is recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from recorder_agora.picture import FITS, Canvas, Place, Selection, places, selections
from recorder_agora.wire.layout import BackgroundConfig, MixedLayout
from recorder_agora.wire.recording import AudioUidList, VideoUidList
from recorder_core.emulation.composer import Fit, Scene, Window
from recorder_core.emulation.room import Color, Participant

__all__ = ["Subscription", "image_urls", "scene"]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose video and whose audio is recorded."""

    seen: Selection
    heard: Selection

    @classmethod
    def of(cls, audio: AudioUidList, video: VideoUidList, streams: int) -> Subscription:
        """What lists and `streamTypes` mean together: a list for one medium alone turns the other one off."""
        return cls(*selections(audio, video, streams))

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
    shown = [participant.id for participant in present if seen.takes(participant.id)]
    windows = tuple(
        _window(place, place.uid, _image(layout, images, place.uid), frozen, held)
        for place in places(layout, canvas, shown)
        if place.uid is not None
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


def _window(
    place: Place, uid: str, image: tuple[bytes, Fit] | None, frozen: Collection[str], held: Collection[str]
) -> Window:
    left, top, right, bottom = place.box
    return Window(
        left=left,
        top=top,
        right=right,
        bottom=bottom,
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
    for url, fit in (*_own_image(own), (layout.defaultUserBackgroundImage, FITS[0])):
        if url and (content := images.get(url)) is not None:
            return content, fit
    return None


def _own_image(entry: BackgroundConfig | None) -> Iterator[tuple[str, Fit]]:
    if entry is not None:
        yield entry.image_url, FITS[entry.render_mode or 0]


def _color(text: str | None) -> Color:
    digits = (text or "#000000").removeprefix("#")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
