"""What a task shows and lets hear: the wire layout, and whoever publishes, made into scenes.

Where the vendor's pages leave two readings, the choices are these:

* a participant publishes while the camera or the microphone is on;
* who isn't subscribed to at all has no window; of whom only the sound is, the window is empty;
* everybody who is subscribed to is heard, with a window or without;
* FillType rules while the camera is off and was on before; where it never was, the window is empty;
* with PlaceHolderMode 1, a window that is kept for somebody shows its picture while they publish nothing.

`recorder_trtc.picture` has those about who is in which window.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from PIL import Image, ImageDraw, ImageFont

from recorder_core.emulation.composer import Scene, Window
from recorder_core.emulation.images import fetch
from recorder_core.emulation.room import Color, Participant, Room
from recorder_core.emulation.taping import Tape
from recorder_trtc.picture import CLOCK_PX, FITS, Place, places
from recorder_trtc.wire.layout import Layout, MarkClock
from recorder_trtc.wire.requests import RecordParameters, Subscription
from recorder_trtc.wire.values import ClockPosition, FillType, MixLayoutMode, RenderMode, StreamType

__all__ = ["MixedPicture", "Selection", "publishes"]

LARGEST_IMAGE = 5 * 1024 * 1024
BLACK: Color = (0, 0, 0)
EVERYTHING = ".*$"
CLOCK_STEPS = 60
"""How often a clock watermark is drawn anew at most, so that a driven day stays cheap."""


def publishes(participant: Participant) -> bool:
    """Whether somebody in a room publishes a stream."""
    return participant.camera or participant.microphone


class Selection:
    """Whose sound and pictures are recorded.

    Args:
        lists: as on the wire; None: everybody's.
        stream_type: which media the task records at all.
    """

    def __init__(self, lists: Subscription | None, stream_type: StreamType) -> None:
        lists = lists or Subscription()
        self._stream_type = stream_type
        self._sees = _chooser(lists.SubscribeVideoUserIds, lists.UnSubscribeVideoUserIds)
        self._hears = _chooser(lists.SubscribeAudioUserIds, lists.UnSubscribeAudioUserIds)

    def sees(self, user: str) -> bool:
        """Whether their pictures are recorded."""
        return self._stream_type is not StreamType.AUDIO and self._sees(user)

    def hears(self, user: str) -> bool:
        """Whether their sound is recorded."""
        return self._stream_type is not StreamType.VIDEO and self._hears(user)

    def records(self, participant: Participant) -> bool:
        """Whether there is something of a participant to record."""
        sees = participant.camera and self.sees(participant.id)
        return sees or (participant.microphone and self.hears(participant.id))

    def takes(self, participant: Participant) -> bool:
        """Whether they publish, and are subscribed to by any medium."""
        return publishes(participant) and (self.sees(participant.id) or self.hears(participant.id))


def _chooser(listed: Collection[str] | None, excepted: Collection[str] | None) -> Callable[[str], bool]:
    if listed:
        return lambda user: any(_matches(name, user) for name in listed)
    return lambda user: not any(_matches(name, user) for name in excepted or ())


def _matches(name: str, user: str) -> bool:
    if name.endswith(EVERYTHING):
        return user.startswith(name.removesuffix(EVERYTHING))
    return name == user


class MixedPicture:
    """The picture and the sound of one mixed task, from its first layout to its last.

    Args:
        record: what the task records.
        canvas: width and height in pixels.
        download: whether to fetch the images that the requests name.
        missing: the addresses of images that can't be downloaded, whatever is there.
    """

    def __init__(
        self, record: RecordParameters, canvas: tuple[int, int], *, download: bool, missing: Collection[str] = ()
    ) -> None:
        self._record = record
        self._canvas = canvas
        self._download = download
        self._never_there = missing
        self._images: dict[str, bytes | None] = {}
        self._missing: dict[str, None] = {}
        self._changes: list[tuple[float, Layout, Selection]] = []

    def change(self, at: float, layout: Layout, lists: Subscription | None) -> None:
        """Show `layout`, and record whom `lists` name, from `at` (Unix s) on."""
        self._fetch(layout.BackgroundImageUrl)
        self._fetch(layout.DefaultSubBackgroundImage)
        for window in layout.MixLayoutList or ():
            self._fetch(window.SubBackgroundImage)
        for mark in layout.WaterMarkList or ():
            self._fetch(mark.WaterMarkImage.WaterMarkUrl if mark.WaterMarkImage else None)
        self._changes.append((at, layout, Selection(lists, self._record.StreamType)))

    @property
    def layout(self) -> Layout:
        """The latest one."""
        return self._changes[-1][1]

    @property
    def selection(self) -> Selection:
        """The latest one."""
        return self._changes[-1][2]

    def take_missing(self) -> list[str]:
        """The images that could not be downloaded, each told once for the change that names it."""
        missing = list(self._missing)
        self._missing.clear()
        return missing

    def tape(self, room: Room, *, begin: float, end: float) -> Tape:
        """The task's picture from `begin` to `end` (Unix s)."""
        instants = {begin, *(at for at, _, _ in self._changes), *room.changes(begin, end), *self._ticks(begin, end)}
        tape = Tape(room, begin)
        filmed: set[str] = set()
        for at in sorted(instant for instant in instants if begin <= instant < end):
            present = room.present(at)
            filmed.update(person.id for person in present if person.camera)
            scene = self._scene(at, present, filmed)
            tape.cut(at, lambda _, scene=scene: scene)  # type: ignore[misc]
        return tape

    def _scene(self, at: float, present: tuple[Participant, ...], filmed: Collection[str]) -> Scene:
        layout, selection = next(
            ((layout, chosen) for since, layout, chosen in reversed(self._changes) if since <= at), self._changes[0][1:]
        )
        taken = {person.id: person for person in present if selection.takes(person)}
        width, height = self._canvas
        audible = tuple(user for user in taken if selection.hears(user))
        if self._record.StreamType is StreamType.AUDIO:
            return Scene(width=width, height=height, audible=audible)
        users = [
            user
            for user, person in taken.items()
            if person.camera or not layout.PureAudioDisableLayout or layout.MixLayoutMode is MixLayoutMode.CUSTOM
        ]
        render = layout.BackgroundImageRenderMode or RenderMode.CROP
        shown = [
            self._window(place, taken.get(place.user or ""), selection, filmed)
            for place in places(layout, self._canvas, users)
        ]
        return Scene(
            width=width,
            height=height,
            color=_color(layout.BackGroundColor),
            image=self._image(layout.BackgroundImageUrl),
            image_fit=FITS[render],
            windows=(*shown, *self._watermarks(layout, at)),
            audible=audible,
        )

    def _window(
        self, place: Place, person: Participant | None, selection: Selection, filmed: Collection[str]
    ) -> Window:
        left, top, right, bottom = place.box
        fit = FITS[place.render]
        empty = Window(left=left, top=top, right=right, bottom=bottom, fit=fit, opacity=place.opacity)
        if person is None:
            return replace(empty, image=self._image(place.image)) if place.bound else empty
        if not selection.sees(person.id):
            return empty
        shown = replace(empty, participant=person.id, bars=BLACK if fit == "contain" else None)
        if person.camera:
            return shown
        if person.id not in filmed:
            return empty
        is_black = self._record.FillType is FillType.BLACK
        return replace(empty, color=BLACK) if is_black else replace(shown, frozen=True)

    # What lies over the windows

    def _watermarks(self, layout: Layout, at: float) -> list[Window]:
        marks = []
        for mark in layout.WaterMarkList or ():
            box, clock = mark.WaterMarkImage, mark.WaterMarkTimestamp
            image = self._image(box.WaterMarkUrl) if box else None
            if box and image:
                right, bottom = box.Left + box.Width, box.Top + box.Height
                marks.append(Window(left=box.Left, top=box.Top, right=right, bottom=bottom, image=image))
            elif clock:
                marks.append(_clock(clock, at, self._canvas))
        return marks

    def _ticks(self, begin: float, end: float) -> list[float]:
        """When a clock watermark changes."""
        marks = [mark for _, layout, _ in self._changes for mark in layout.WaterMarkList or ()]
        if not any(mark.WaterMarkTimestamp for mark in marks):
            return []
        step = 60 * max(1, math.ceil((end - begin) / 60 / CLOCK_STEPS))
        return [float(at) for at in range(int(begin // 60 + 1) * 60, int(end) + 1, step)]

    def _fetch(self, url: str | None) -> None:
        if not url:
            return
        if url in self._never_there:
            self._images[url] = None
        elif self._download and url not in self._images:
            self._images[url] = fetch(url, formats=("JPEG", "PNG"), max_bytes=LARGEST_IMAGE)
        if url in self._images and self._images[url] is None:
            self._missing[url] = None

    def _image(self, url: str | None) -> bytes | None:
        return self._images.get(url) if url else None


def _color(text: str) -> Color:
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue


def _clock(clock: MarkClock, at: float, canvas: tuple[int, int]) -> Window:
    """White digits on a black plate, at one of the seven places."""
    moment = datetime.fromtimestamp(at, UTC) + timedelta(hours=clock.TimeZone)
    font = ImageFont.load_default(CLOCK_PX)
    text = f"{moment:%Y-%m-%d %H:%M}"
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    plate = Image.new("RGB", (right - left + 8, bottom - top + 8), BLACK)
    ImageDraw.Draw(plate).text((4 - left, 4 - top), text, fill=(255, 255, 255), font=font)
    content = io.BytesIO()
    plate.save(content, "PNG")
    name = clock.Pos.name
    x = 0 if "LEFT" in name else canvas[0] - plate.width if "RIGHT" in name else (canvas[0] - plate.width) // 2
    y = 0 if "TOP" in name else canvas[1] - plate.height if "BOTTOM" in name else (canvas[1] - plate.height) // 2
    if clock.Pos is ClockPosition.CENTRE:
        y = (canvas[1] - plate.height) // 2
    return Window(left=x, top=y, right=x + plate.width, bottom=y + plate.height, image=content.getvalue())
