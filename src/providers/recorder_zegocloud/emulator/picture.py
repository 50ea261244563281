"""What a mixed task shows and lets hear: the wire layout, and whoever publishes, made into scenes.

Where the vendor's pages leave two readings, the choices are these:

* a participant publishes a stream while the camera or the microphone is on;
* in MixMode 1 a stream without a window is recorded neither in picture nor in sound;
* windows move up when a stream leaves, unless FillBlank keeps its window;
* FillFrame rules while the camera is off, FillBlank once the stream is gone; a window's own BackgroundImage
  shows once its stream is gone, or while its camera is off with FrameFillMode 3.

`picture` has those about who is in which window.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from PIL import Image, ImageDraw, ImageFont

from recorder_core.emulation.composer import Scene, Window
from recorder_core.emulation.images import fetch
from recorder_core.emulation.room import Color, Participant, Room
from recorder_core.emulation.taping import Tape
from recorder_zegocloud.emulator.whiteboard import Whiteboard
from recorder_zegocloud.picture import Layout, Place, Selection, color, places
from recorder_zegocloud.wire.callbacks import ImageType
from recorder_zegocloud.wire.requests import InputParams
from recorder_zegocloud.wire.values import FillMode, FrameFillMode, StreamType

__all__ = ["Picture", "publishes"]

LARGEST_IMAGE = 5 * 1024 * 1024
BLACK: Color = (0, 0, 0)
CLOCK_STEPS = 60
"""How often a clock watermark is drawn anew at most, so that a driven day stays cheap."""


def publishes(participant: Participant) -> bool:
    """Whether somebody in a room publishes a stream."""
    return participant.camera or participant.microphone


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream at one instant."""

    id: str
    participant: str
    live: bool
    camera: bool
    filmed: bool
    """Whether its camera was ever on, so that there is a last frame."""


class Picture:
    """The picture and the sound of one mixed task, from its first layout to its last.

    Args:
        params: the task's input parameters; RecordMode 2.
        stream_id: the id of the stream that a participant publishes.
        whiteboard: the task's; None: it has none.
        download: whether to fetch the images that the request names.
        missing: the addresses of images that can't be downloaded, whatever is there.
    """

    def __init__(
        self,
        params: InputParams,
        stream_id: Callable[[str], str],
        *,
        whiteboard: Whiteboard | None,
        download: bool,
        missing: Collection[str] = (),
    ) -> None:
        if params.MixConfig is None:
            raise ValueError("a mixed task has a MixConfig")
        self._params = params
        self._mix = params.MixConfig
        self._stream_id = stream_id
        self._whiteboard = whiteboard
        self._download = download
        self._never_there = missing
        self._images: dict[str, bytes | None] = {}
        self._missing: dict[tuple[ImageType, str], None] = {}
        self._layouts: list[tuple[float, Layout]] = []
        self._selection = Selection.of(self._mix)
        self._frame_fill = params.FillFrame.FrameFillMode if params.FillFrame else FrameFillMode.LAST_FRAME
        self._frame_color = color(params.FillFrame.FrameFillColor if params.FillFrame else 0)
        self._fetch(ImageType.BACKGROUND, self._mix.MixOutputBackgroundImage)
        self._fetch(ImageType.WATERMARK, self._mix.MixOutputWatermarkImage)
        self._fetch(ImageType.PLACEHOLDER, self._mix.DefaultMixStreamBackgroundImage)

    @property
    def layout(self) -> Layout:
        """The latest one."""
        return self._layouts[-1][1]

    def change(self, at: float, layout: Layout) -> None:
        """Show `layout` from `at` (Unix s) on."""
        for window in layout.windows:
            self._fetch(ImageType.WINDOW, window.BackgroundImage)
        self._layouts.append((at, layout))

    def take_missing(self) -> list[tuple[ImageType, str]]:
        """The images that could not be downloaded, each told once for the layout that names it."""
        missing = list(self._missing)
        self._missing.clear()
        return missing

    def tape(self, room: Room, *, seen_from: float, begin: float, end: float) -> Tape:
        """The task's picture from `begin` to `end`; streams are followed since `seen_from` (all Unix s)."""
        instants = {
            begin,
            *(at for at, _ in self._layouts),
            *(self._whiteboard.switches if self._whiteboard else ()),
            *room.changes(begin, end),
            *self._ticks(begin, end),
        }
        tape = Tape(room, begin)
        order: dict[str, Participant] = {}
        filmed: set[str] = set()
        history = list(room.presence(seen_from, end))
        for at in sorted(instant for instant in instants if begin <= instant < end):
            while history and history[0][0] <= at:
                order = self._followed(order, filter(publishes, history.pop(0)[1]), filmed)
            scene = self._scene(at, self._streams(order, room.present(at), filmed))
            tape.cut(at, lambda _, scene=scene: scene)  # type: ignore[misc]
        return tape

    # Who has a window

    def _followed(
        self, order: Mapping[str, Participant], present: Iterable[Participant], filmed: set[str]
    ) -> dict[str, Participant]:
        """The streams that may have a window, in their order."""
        now = {participant.id: participant for participant in present}
        filmed.update(id for id, participant in now.items() if participant.camera)
        return {**order, **now} if self._params.FillBlank else now

    def _streams(
        self, order: Mapping[str, Participant], present: Sequence[Participant], filmed: set[str]
    ) -> list[Stream]:
        live = {participant.id: participant for participant in present if publishes(participant)}
        return [
            Stream(
                id=self._stream_id(id),
                participant=id,
                live=id in live,
                camera=id in live and live[id].camera,
                filmed=id in filmed,
            )
            for id in order
        ]

    # What a window shows

    def _scene(self, at: float, streams: list[Stream]) -> Scene:
        layout = next((layout for since, layout in reversed(self._layouts) if since <= at), self._layouts[0][1])
        by_id = {stream.id: stream for stream in streams}
        board = self._whiteboard.image(at) if self._whiteboard else None
        windows = places(self._params, layout, list(by_id), board=board is not None)
        width, height = self._mix.canvas or (2, 2)
        placed = {place.stream for place in windows}
        audible = tuple(
            stream.participant for stream in streams if stream.id in placed and stream.live and self._heard(stream)
        )
        if self._params.StreamType is StreamType.AUDIO:
            return Scene(width=width, height=height, audible=audible)
        return Scene(
            width=width,
            height=height,
            color=color(self._mix.MixOutputBackgroundColor),
            image=self._image(self._mix.MixOutputBackgroundImage),
            windows=(
                *(self._window(place, by_id[place.stream] if place.stream else None, board) for place in windows),
                *self._watermarks(at),
            ),
            audible=audible,
        )

    def _window(self, place: Place, stream: Stream | None, board: bytes | None) -> Window:
        left, top, right, bottom = place.box
        crop = place.fill is FillMode.CROP
        empty = Window(
            left=left,
            top=top,
            right=right,
            bottom=bottom,
            fit="cover" if crop else "contain",
            bars=None if crop else BLACK,
        )
        if place.whiteboard:
            return replace(empty, image=board, image_fit="contain", bars=None)
        if stream is None:
            return replace(empty, image=self._missing_image(place) if place.bound else None)
        if not self._selection.sees(stream.id):
            return empty
        shown = replace(empty, participant=stream.participant)
        if stream.camera:
            return shown
        if not stream.live or self._frame_fill is FrameFillMode.NOTHING:
            image = self._missing_image(place)
            kept = stream.filmed and not stream.live and image is None
            return replace(shown, frozen=True) if kept else replace(empty, image=image)
        if self._frame_fill is FrameFillMode.COLOR:
            return replace(empty, color=self._frame_color)
        return replace(shown, frozen=True) if stream.filmed else empty

    def _missing_image(self, place: Place) -> bytes | None:
        """The image of a window whose stream is missing: its own, else the one for all windows."""
        for_all = self._params.FillBlank and self._frame_fill is FrameFillMode.NOTHING
        return self._image(place.image or (self._mix.DefaultMixStreamBackgroundImage if for_all else None))

    def _heard(self, stream: Stream) -> bool:
        return self._params.StreamType is not StreamType.VIDEO and self._selection.hears(stream.id)

    # What lies over and under the windows

    def _watermarks(self, at: float) -> list[Window]:
        marks = []
        image, box = self._image(self._mix.MixOutputWatermarkImage), self._mix.MixOutputWatermarkImageConfig
        if image and box:
            marks.append(Window(left=box.Left, top=box.Top, right=box.Right, bottom=box.Bottom, image=image))
        clock = self._mix.MixOutputWatermarkTimestampConfig
        if clock and self._mix.canvas:
            text = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
            content, width, height = _text_image(text, clock.FontSize)
            right = self._mix.canvas[0]
            marks.append(Window(left=max(0, right - width), top=0, right=right, bottom=height, image=content))
        return marks

    def _ticks(self, begin: float, end: float) -> list[float]:
        """When the clock watermark changes."""
        if not self._mix.MixOutputWatermarkTimestampConfig:
            return []
        step = 60 * max(1, math.ceil((end - begin) / 60 / CLOCK_STEPS))
        first = int(begin // 60 + 1) * 60
        return [float(at) for at in range(first, int(end) + 1, step)]

    def _fetch(self, image_type: ImageType, url: str | None) -> None:
        if not url:
            return
        if url in self._never_there:
            self._images[url] = None
        elif self._download and url not in self._images:
            self._images[url] = fetch(url, formats=("JPEG", "PNG"), max_bytes=LARGEST_IMAGE)
        if url in self._images and self._images[url] is None:
            self._missing[image_type, url] = None

    def _image(self, url: str | None) -> bytes | None:
        return self._images.get(url) if url else None


def _text_image(text: str, size: int) -> tuple[bytes, int, int]:
    """White text on a black plate, and the plate's size in pixels."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    plate = Image.new("RGB", (right - left + 8, bottom - top + 8), BLACK)
    ImageDraw.Draw(plate).text((4 - left, 4 - top), text, fill=(255, 255, 255), font=font)
    return _png(plate), plate.width, plate.height


def _png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()
