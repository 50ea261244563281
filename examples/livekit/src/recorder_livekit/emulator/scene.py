"""What an egress films and hears: a wire request, and whoever publishes, made into scenes.

Where the vendor's sources leave two readings, or a browser would be needed, the choices are these:

* the page at `custom_base_url` is taken for the recording page of this package, whatever is there;
* whoever is first in the order of joining with the microphone on is the one who speaks;
* the vendor's own templates are drawn without gaps: grid as equal windows, speaker with the one who speaks large at the
  right, single-speaker with that one alone; where nobody speaks, the first to join;
* a web page is white;
* a participant's picture keeps its shape, with black beside it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import UTC, datetime

from PIL import Image, ImageDraw, ImageFont
from recorder_core.emulation.composer import Scene, Window
from recorder_core.emulation.images import fetch
from recorder_core.emulation.room import Color, Participant
from recorder_core.geometry import arrange
from recorder_core.models import Grid, Side, Spotlight

from recorder_livekit.picture import Box, box, image_of, places
from recorder_livekit.wire.requests import EncodedRequest, ParticipantEgressRequest, RoomCompositeEgressRequest
from recorder_livekit.wire.template import TemplateLayout, read_layout

__all__ = ["Film", "canvas_of", "minutes", "publishes"]

CLOCK_STEPS = 60
"""How often a clock is drawn anew at most, so that a driven day stays cheap."""
WHITE: Color = (255, 255, 255)
BLACK: Color = (0, 0, 0)


def publishes(participant: Participant) -> bool:
    """Whether somebody in a room publishes anything."""
    return participant.camera or participant.microphone


def speaker_of(present: Sequence[Participant]) -> str | None:
    """Who speaks; None: nobody."""
    return next((person.id for person in present if person.microphone), None)


def canvas_of(request: EncodedRequest) -> tuple[int, int]:
    """Width and height of the picture in pixels."""
    encoding = request.encoding
    return encoding.width or 0, encoding.height or 0


def color_of(text: str) -> Color:
    """Red, green and blue of `#rrggbb`."""
    number = int(text.removeprefix("#"), 16)
    return number >> 16, (number >> 8) & 0xFF, number & 0xFF


def minutes(begin: float, end: float) -> list[float]:
    """When a clock changes between two instants (Unix s)."""
    step = 60 * max(1, math.ceil((end - begin) / 60 / CLOCK_STEPS))
    return [float(at) for at in range(int(begin // 60 + 1) * 60, math.ceil(end), step)]


def _clock(size: int, right: int, at: float) -> Window:
    """White digits on a black plate, at the top right."""
    text, font = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}", ImageFont.load_default(size)
    x, y, width, height = (int(edge) for edge in font.getbbox(text))
    plate = Image.new("RGB", (width - x + 8, height - y + 8), BLACK)
    ImageDraw.Draw(plate).text((4 - x, 4 - y), text, fill=WHITE, font=font)
    content = io.BytesIO()
    plate.save(content, "PNG")
    return Window(left=max(0, right - plate.width), top=0, right=right, bottom=plate.height, image=content.getvalue())


class Film:
    """Makes the scenes of one egress.

    Args:
        request: what was asked for.
        download: whether to fetch the images that a layout names.
    """

    def __init__(self, request: EncodedRequest, *, download: bool) -> None:
        self._request = request
        self._download = download
        self._images: dict[str, bytes | None] = {}

    @property
    def has_page(self) -> bool:
        """Whether a page at an address of the customer's composes the picture."""
        return isinstance(self._request, RoomCompositeEgressRequest) and bool(self._request.custom_base_url)

    def scene(self, layout: str, present: Sequence[Participant], at: float) -> Scene:
        """What is seen and heard.

        Args:
            layout: the text that the page has been told.
            present: who is in the room, in the order of joining.
            at: Unix s, for clocks.
        """
        request, (width, height) = self._request, canvas_of(self._request)
        page = read_layout(layout) if self.has_page else None
        if isinstance(request, ParticipantEgressRequest):
            present = [person for person in present if person.id == request.identity]
        audible = tuple(
            person.id for person in present if request.has_audio and (page is None or page.hears(person.id))
        )
        if not request.has_video:
            return Scene(width=width, height=height, audible=audible)
        if isinstance(request, ParticipantEgressRequest):
            windows = [self._whole(person, width, height) for person in present]
            return Scene(width=width, height=height, windows=tuple(windows), audible=audible)
        if not isinstance(request, RoomCompositeEgressRequest):
            return Scene(width=width, height=height, color=WHITE)
        if page is not None:
            return self._of_page(page, (width, height), present, audible, at)
        return self._of_template(layout, (width, height), present, audible)

    def _whole(self, person: Participant, width: int, height: int) -> Window:
        return Window(left=0, top=0, right=width, bottom=height, participant=person.id, fit="contain")

    def _of_page(
        self,
        page: TemplateLayout,
        canvas: tuple[int, int],
        present: Sequence[Participant],
        audible: tuple[str, ...],
        at: float,
    ) -> Scene:
        speaker = speaker_of([person for person in present if page.sees(person.id) and page.hears(person.id)])
        windows = []
        for place in places(page, canvas, [person.id for person in present], speaker=speaker):
            left, top, right, bottom = place.box
            image = image_of(page, place.participant) if place.is_there and place.content == "participant" else None
            is_camera = place.is_there and place.content == "participant"
            camera = any(person.id == place.participant and person.camera for person in present)
            windows.append(
                Window(
                    left=left,
                    top=top,
                    right=right,
                    bottom=bottom,
                    participant=place.participant if is_camera and camera else None,
                    fit=place.fit,
                    opacity=place.opacity,
                    image=self._image(image.url) if image and not camera else None,
                    image_fit=(image and image.fit) or "cover",
                )
            )
        marks = (self._mark(box(mark.x, mark.y, mark.width, mark.height, canvas), mark.url) for mark in page.watermarks)
        return Scene(
            width=canvas[0],
            height=canvas[1],
            color=color_of(page.color),
            image=self._image(page.image.url) if page.image else None,
            image_fit=(page.image and page.image.fit) or "cover",
            windows=(*windows, *marks, *(_clock(clock.font_size, canvas[0], at) for clock in page.clocks)),
            audible=audible,
        )

    def _mark(self, edges: Box, url: str) -> Window:
        left, top, right, bottom = edges
        return Window(left=left, top=top, right=right, bottom=bottom, image=self._image(url))

    def _of_template(
        self, layout: str, canvas: tuple[int, int], present: Sequence[Participant], audible: tuple[str, ...]
    ) -> Scene:
        people = list(present)
        if "speaker" in layout:
            speaker = speaker_of(present)
            people.sort(key=lambda person: person.id != speaker)
        if layout.startswith("single-speaker"):
            people = people[:1]
        preset = Spotlight(side=Side.RIGHT) if layout.startswith("speaker") else Grid()
        windows = []
        for cell, person in zip(arrange(preset, len(people)) if people else (), people, strict=True):
            left, top, right, bottom = box(float(cell.x), float(cell.y), float(cell.width), float(cell.height), canvas)
            windows.append(Window(left=left, top=top, right=right, bottom=bottom, participant=person.id))
        return Scene(
            width=canvas[0],
            height=canvas[1],
            color=WHITE if layout.endswith("-light") else BLACK,
            windows=tuple(windows),
            audible=audible,
        )

    def _image(self, url: str) -> bytes | None:
        if not self._download:
            return None
        if url not in self._images:
            self._images[url] = fetch(url)
        return self._images[url]
