"""Composing the participants' pictures on one canvas."""

import functools
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from recorder_core.emulation.room import Color, Participant

Fit = Literal["cover", "contain", "stretch"]
"""Fill and cut the excess; show the whole picture between bars; distort."""

Pixels = NDArray[np.uint8]
"""Height x width x 3, RGB."""

NAME_INSET: Final = 12
"""Pixels between a picture's edge and the name on it, so that the codec's ringing stays off the edge."""
LUMA: Final = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in brightness, as in BT.601."""
NAME_SIZES: Final = (32, 24, 18, 14, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A rectangle of the canvas and what it shows; pixels, right and bottom exclusive.

    It shows its participant while they are there with the camera on, else its image, else its colour, else
    nothing.
    """

    left: int
    top: int
    right: int
    bottom: int
    participant: str | None = None
    fit: Fit = "cover"
    opacity: float = 1.0
    """0 (transparent) to 1."""
    bars: Color | None = None
    """Beside a picture that is contained; None lets the canvas show."""
    image: bytes | None = None
    image_fit: Fit = "stretch"
    color: Color | None = None
    frozen: bool = False
    """The last frame stays when the camera goes off or the participant leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is seen and heard at one time: a background, windows painted in order, and who is heard."""

    width: int
    height: int
    color: Color = (0, 0, 0)
    image: bytes | None = None
    image_fit: Fit = "stretch"
    windows: tuple[Window, ...] = ()
    audible: tuple[str, ...] = ()
    """Participant ids; whoever has the microphone off isn't heard for all that."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A scene from `at` (seconds from the recording's start) on, and everybody whom it may show."""

    at: float
    scene: Scene
    people: tuple[Participant, ...]


def compose(scene: Scene, people: Iterable[Participant]) -> Pixels:
    """The picture of `scene`, height x width x 3 in RGB."""
    known = {participant.id: participant for participant in people}
    canvas: Pixels = np.full((scene.height, scene.width, 3), scene.color, dtype=np.uint8)
    if scene.image is not None:
        image = _fitted_image(scene.image, scene.width, scene.height, scene.image_fit)
        _paint(canvas, image, (0, 0, scene.width, scene.height), 1.0)
    for window in scene.windows:
        if window.right > window.left and window.bottom > window.top:
            _paint_window(canvas, window, known.get(window.participant or ""))
    return canvas


def _paint_window(canvas: Pixels, window: Window, participant: Participant | None) -> None:
    width, height = window.right - window.left, window.bottom - window.top
    shown: Pixels | None = None
    if participant is not None and (participant.camera or window.frozen):
        size = (width, height)
        if window.fit == "contain":
            size = contained(participant.width, participant.height, width, height)
        shown = _picture(participant, *size)
    elif window.image is not None:
        shown = _fitted_image(window.image, width, height, window.image_fit)
    elif window.color is not None:
        shown = _flat(width, height, window.color)
    if shown is None:
        return
    if window.bars is not None:
        framed = _flat(width, height, window.bars)
        _paint(framed, shown, (0, 0, width, height), 1.0)
        shown = framed
    _paint(canvas, shown, (window.left, window.top, window.right, window.bottom), window.opacity)


def contained(width: int, height: int, into_width: int, into_height: int) -> tuple[int, int]:
    """The size in pixels of a picture of `width` x `height` that is shown whole in a rectangle."""
    scale = min(into_width / width, into_height / height)
    return (
        max(1, min(into_width, round(width * scale))),
        max(1, min(into_height, round(height * scale))),
    )


def _flat(width: int, height: int, color: Color) -> Pixels:
    return np.full((height, width, 3), color, dtype=np.uint8)


def _picture(participant: Participant, width: int, height: int) -> Pixels:
    """The participant's colour, and their name in the upper left quarter where there is room for it."""
    for size in NAME_SIZES:
        if size > max(height / 10, NAME_SIZES[-1]):
            continue
        font = ImageFont.load_default(size)
        _, _, name_width, name_height = font.getbbox(participant.name)
        if 2 * NAME_INSET + name_width < width / 2 and 2 * NAME_INSET + name_height < height / 2:
            picture = Image.new("RGB", (width, height), participant.color)
            light = np.dot(participant.color, LUMA) > 128
            ink = (20, 20, 20) if light else (235, 235, 235)
            ImageDraw.Draw(picture).text((NAME_INSET, NAME_INSET), participant.name, fill=ink, font=font)
            return np.asarray(picture)
    return _flat(width, height, participant.color)


def _paint(canvas: Pixels, picture: Pixels, into: tuple[int, int, int, int], opacity: float) -> None:
    """Lay `picture` in the middle of a rectangle; what lies beside the canvas is cut off."""
    left = into[0] + (into[2] - into[0] - picture.shape[1]) // 2
    top = into[1] + (into[3] - into[1] - picture.shape[0]) // 2
    bottom, right = (
        min(top + picture.shape[0], canvas.shape[0]),
        min(left + picture.shape[1], canvas.shape[1]),
    )
    if bottom <= max(top, 0) or right <= max(left, 0):
        return
    target = canvas[max(top, 0) : bottom, max(left, 0) : right]
    source = picture[max(-top, 0) : bottom - top, max(-left, 0) : right - left]
    if opacity >= 1:
        target[...] = source
    else:
        target[...] = np.rint(target * (1 - opacity) + source * np.float64(opacity)).astype(np.uint8)


@functools.lru_cache(maxsize=32)
def _fitted_image(content: bytes, width: int, height: int, fit: Fit) -> Pixels:
    with Image.open(io.BytesIO(content)) as opened:
        picture = opened.convert("RGB")
    if fit == "contain":
        fitted = picture.resize(contained(picture.width, picture.height, width, height))
    elif fit == "stretch":
        fitted = picture.resize((width, height))
    else:
        scale = max(width / picture.width, height / picture.height)
        cut_width, cut_height = width / scale, height / scale
        left, top = (picture.width - cut_width) / 2, (picture.height - cut_height) / 2
        fitted = picture.resize((width, height), box=(left, top, left + cut_width, top + cut_height))
    return np.asarray(fitted)
