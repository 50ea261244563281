"""The pictures of several providers side by side, as one drawing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from recorder_core.cli.preview_drawing import CELL, Box, Drawing, Line, Shape, Words, text_width
from recorder_core.emulation.room import Participant
from recorder_core.plan import Fidelity, Finding
from recorder_core.preview import Picture, PlacedClock, PlacedImage, PlacedWindow

__all__ = ["Preview", "sheet", "told"]

PAPER, INK, SOFT_INK, LIGHT_INK, GREY = "#fafaf8", "#1c1e22", "#6e727a", "#f4f4f2", "#8a8e96"
STYLES = {"exact": "#1a7f37", "approximated": "#9a6700", "unsupported": "#cf222e"}
COLUMN, GAP, MARGIN = 480, 32, 24
HEADER = 56
NOTE_SIZE, NOTE_STEP, NOTE_GAP = 13, 17, 5
LARGEST_LABEL, SMALLEST_LABEL = 16, 9
HATCH_STEP = 16
MOST_NAMES, MOST_FINDINGS = 12, 6

SEEN = ("mode", "media", "participants", "expected_participants", "layout", "video", "whiteboard", "watermarks")
"""The fields of a spec that change the picture."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What one provider makes of a spec.

    Attributes:
        provider: its name.
        fidelity: of the whole plan.
        findings: of the whole plan.
        picture: how it will look; None where that isn't known.
        reason: why there is no picture, or what has to be done to get this one; given where there is none.
    """

    provider: str
    fidelity: Fidelity
    findings: tuple[Finding, ...]
    picture: Picture | None
    reason: str | None = None


def sheet(previews: Sequence[Preview], title: str, subtitle: str) -> Drawing:
    """All previews in a row, each with its findings on what is seen, and whoever is lost."""
    shapes: list[Shape] = [
        Words(x=MARGIN, baseline=MARGIN + 18, text=_shortened(title, 20, COLUMN), size=20, color=INK),
        Words(x=MARGIN, baseline=MARGIN + 40, text=subtitle, size=NOTE_SIZE, color=SOFT_INK),
    ]
    tallest = max(_height(preview.picture) for preview in previews)
    bottom = 0.0
    for index, preview in enumerate(previews):
        left, top = MARGIN + index * (COLUMN + GAP), MARGIN + HEADER
        shapes += _heading(preview, left, top + 20)
        top += 32
        if preview.picture:
            shapes += _canvas(preview.picture, left, top)
            notes = list(_paragraphs(told(preview), left, top + tallest, COLUMN))
            end = notes[-1].baseline if notes else top + tallest
        else:
            notes = list(_paragraphs(told(preview), left + GAP / 2, top + GAP / 2, COLUMN - GAP))
            end = max(top + tallest, notes[-1].baseline + GAP / 2)
            shapes.append(Box(left=left, top=top, right=left + COLUMN, bottom=end, stroke=GREY))
        shapes += notes
        bottom = max(bottom, end)
    width = 2 * MARGIN + len(previews) * (COLUMN + GAP) - GAP
    height = round(bottom) + MARGIN
    return Drawing(width, height, (Box(left=0, top=0, right=width, bottom=height, fill=PAPER), *shapes))


def _height(picture: Picture | None) -> float:
    """On the sheet, in pixels."""
    return picture.height * _scale(picture) if picture else COLUMN * 9 / 16


def _scale(picture: Picture) -> float:
    return COLUMN / max(picture.width, picture.height)


def _heading(preview: Preview, left: float, baseline: float) -> Iterator[Shape]:
    """The provider, the size of the canvas in pixels, and the verdict."""
    picture, verdict = preview.picture, preview.fidelity
    name = _shortened(preview.provider, 18, COLUMN / 2)
    yield Words(x=left, baseline=baseline, text=name, size=18, color=INK)
    if picture:
        x, size = left + text_width(name, 18) + 8, f"{picture.width}x{picture.height}"
        yield Words(x=x, baseline=baseline, text=size, size=NOTE_SIZE, color=SOFT_INK)
    yield Words(x=left + COLUMN, baseline=baseline, text=verdict, size=14, color=STYLES[verdict], anchor="end")


def _paragraphs(notes: Iterable[str], left: float, top: float, width: float) -> Iterator[Words]:
    """Notes below one another, each broken into lines."""
    baseline = top
    for note in notes:
        baseline += NOTE_GAP
        for line in textwrap.wrap(note, int(width / NOTE_SIZE / CELL)):
            baseline += NOTE_STEP
            yield Words(x=left, baseline=baseline, text=line, size=NOTE_SIZE, color=INK)


# --- the picture ---


def _canvas(picture: Picture, left: float, top: float) -> Iterator[Shape]:
    scale = _scale(picture)
    width, height = picture.width * scale, picture.height * scale
    canvas = Box(left=left, top=top, right=left + width, bottom=top + height, fill=picture.color)
    boxes = [_box(window, left, top, scale) for window in picture.windows]
    marks = [_box(mark, left, top, scale) for mark in picture.watermarks if isinstance(mark, PlacedImage)]
    yield canvas
    if picture.image:
        yield from _hatched(canvas)
        yield from _image_label(_address(picture.image), canvas, [*boxes, *marks])
    for number, window in enumerate(picture.windows):
        yield from _window(window, picture, boxes[number], [*boxes[number + 1 :], *marks])
    for mark in picture.watermarks:
        if isinstance(mark, PlacedClock):
            yield from _clock(mark, left, top, scale)
    for box in marks:
        yield replace(box, fill=LIGHT_INK, stroke=INK)
        yield from _hatched(box)
    yield Box(left=left, top=top, right=left + width, bottom=top + height, stroke=GREY)


def _image_label(address: str, canvas: Box, covers: Sequence[Box]) -> Iterator[Shape]:
    """What the hatched image is, where a corner of the canvas is free; the notes below have its address anyhow."""
    text = _shortened(f"image: {address.rpartition('/')[2]}", NOTE_SIZE, canvas.right - canvas.left - 16)
    width, height = text_width(text, NOTE_SIZE) + 16, NOTE_SIZE * 2
    plate = _free_corner(canvas, width, height, covers)
    if plate is not None:
        yield _plate(plate.left + 8, plate.bottom - 12, text, NOTE_SIZE)
        yield Words(x=plate.left + 8, baseline=plate.bottom - 12, text=text, size=NOTE_SIZE, color=INK)


def _free_corner(box: Box, width: float, height: float, covers: Sequence[Box]) -> Box | None:
    """The first corner of a box, from the upper left one on, in which nothing covers a rectangle of that size."""
    for top in (box.top, max(box.top, box.bottom - height)):
        for left in (box.left, max(box.left, box.right - width)):
            corner = Box(left=left, top=top, right=left + width, bottom=top + height)
            if not any(_overlap(corner, cover) for cover in covers):
                return corner
    return None


def _overlap(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def _box(placed: PlacedWindow | PlacedImage, left: float, top: float, scale: float) -> Box:
    """Where something on the canvas is on the sheet."""
    return Box(
        left=left + placed.left * scale,
        top=top + placed.top * scale,
        right=left + placed.right * scale,
        bottom=top + placed.bottom * scale,
    )


def _window(window: PlacedWindow, picture: Picture, box: Box, covers: Sequence[Box]) -> Iterator[Shape]:
    """A window, its outline and its label; `covers` is what is painted over it later."""
    place = picture.place(window.participant)
    fill, below = window.color, picture.color
    if fill is None and place is not None:
        fill = "#" + bytes(Participant.of(place).color).hex()
    shown = box
    if window.is_seen and fill is not None:
        if window.fit == "contain":
            shown = _contained(box, window.aspect)
            if window.bars:
                yield replace(box, fill=window.bars)
                below = window.bars
        yield replace(shown, fill=fill, opacity=window.opacity)
    ink = _ink_on(fill if fill and window.is_seen and window.opacity > 0.5 else below)
    yield replace(box, stroke=ink if shown == box else _ink_on(below))
    yield from _label(_lines(window, place), shown, ink, covers)


def _contained(box: Box, aspect: float) -> Box:
    """The picture of that shape, whole, in the middle of a window."""
    width, height = box.right - box.left, box.bottom - box.top
    across, down = min(width, height * aspect) / 2, min(height, width / aspect) / 2
    x, y = box.left + width / 2, box.top + height / 2
    return Box(left=x - across, top=y - down, right=x + across, bottom=y + down)


def _lines(window: PlacedWindow, place: int | None) -> list[str]:
    """What a window is called: who has it, their place in the order of joining, and what is odd about it."""
    if window.content in ("whiteboard", "page"):
        name = "web page" if window.content == "page" else "whiteboard"
        return [name] if window.is_seen else [name, "not open"]
    if window.participant is None:
        return ["nobody"]
    lines = [window.participant]
    if window.content == "screen":
        lines.append("screen")
    if place is None:
        return [*lines, "not there"]
    if window.participant != f"#{place}":
        lines.append(f"#{place}")
    return lines if window.is_seen else [*lines, "not seen"]


def _label(lines: list[str], box: Box, ink: str, covers: Sequence[Box]) -> Iterator[Shape]:
    """The lines that fit, or one of them, in the first corner that isn't covered; else in the upper left one."""
    width, height = box.right - box.left, box.bottom - box.top
    size = max(SMALLEST_LABEL, min(LARGEST_LABEL, height / 5, width / 7))
    step = size * 1.2
    if width < 3 * size:
        return
    lines = [_shortened(line, size, width - size) for line in lines[: max(0, int((height - size * 0.4) // step))]]
    corner = box
    for part in (lines, lines[:1], lines[-1:]):
        wide = max((text_width(line, size) for line in part), default=0) + size
        if free := _free_corner(box, wide, step * len(part) + size * 0.4, covers):
            lines, corner = part, free
            break
    for number, line in enumerate(lines, start=1):
        baseline = corner.top + size * 0.2 + step * number
        yield Words(x=corner.left + size / 2, baseline=baseline, text=line, size=size, color=ink)


def _hatched(box: Box) -> Iterator[Shape]:
    """Lines that rise across a box: an image that isn't fetched."""
    width, height = box.right - box.left - 1, box.bottom - box.top - 1
    offset = float(HATCH_STEP)
    while offset < width + height:
        start = (box.left + max(0.0, offset - height), box.top + min(offset, height))
        end = (box.left + min(offset, width), box.top + max(0.0, offset - width))
        yield Line(start=start, end=end, color=GREY)
        offset += HATCH_STEP


def _clock(mark: PlacedClock, left: float, top: float, scale: float) -> Iterator[Shape]:
    size = mark.font_size * scale
    text, right, baseline = "YYYY-MM-DD hh:mm", left + mark.right * scale, top + mark.top * scale + size
    yield Box(
        left=right - text_width(text, size),
        top=top + mark.top * scale,
        right=right,
        bottom=baseline + size / 4,
        fill=INK,
    )
    yield Words(x=right, baseline=baseline, text=text, size=size, color=LIGHT_INK, anchor="end")


def _plate(x: float, baseline: float, text: str, size: float) -> Box:
    """Paper under a text."""
    return Box(
        left=x - 4, top=baseline - size, right=x + text_width(text, size) + 4, bottom=baseline + size / 2, fill=PAPER
    )


def _ink_on(color: str) -> str:
    """A colour that is read on another: by its brightness as in BT.601."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 128 else LIGHT_INK


# --- what is written ---


def told(preview: Preview) -> Iterator[str]:
    """What there is to say: why there is no picture, who and what isn't drawn in it, what is lost."""
    picture = preview.picture
    if preview.reason:
        yield preview.reason
    if picture:
        if picture.missing:
            more = len(picture.missing) - MOST_NAMES
            yield f"not in the picture: {', '.join(picture.missing[:MOST_NAMES])}" + (f" and {more} more" * (more > 0))
        if picture.image:
            yield f"image behind the windows: {_address(picture.image)}"
        for mark in picture.watermarks:
            if not isinstance(mark, PlacedClock):
                yield f"watermark: {_address(mark.url)}"
    findings = _joined(
        finding for finding in preview.findings if finding.lost or finding.path.partition(".")[0] in SEEN
    )
    for finding in findings[:MOST_FINDINGS]:
        yield str(finding)
    if len(findings) > MOST_FINDINGS:
        yield f"and {len(findings) - MOST_FINDINGS} more: recorder plan lists them"


def _joined(findings: Iterable[Finding]) -> list[Finding]:
    """One for all that say the same of several paths."""
    paths: dict[Finding, list[str]] = {}
    for finding in findings:
        paths.setdefault(replace(finding, path=""), []).append(finding.path)
    return [replace(finding, path=", ".join(places)) for finding, places in paths.items()]


def _address(url: str) -> str:
    """An address without its query, where signatures are."""
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))


def _shortened(text: str, size: float, width: float) -> str:
    """The text, or as much of its beginning as fits."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text}…"
