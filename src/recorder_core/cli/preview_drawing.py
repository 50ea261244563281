"""Flat drawings: a list of shapes, written as SVG or as PNG."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len

__all__ = ["WRITERS", "Box", "Drawing", "Line", "Shape", "Words", "png", "svg", "text_width"]

NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CELL: float = 0.58
"""Width of a character in heights of the type; most sans-serif types are narrower. East Asian ones take two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle; edges in pixels, colours `#RRGGBB`. `opacity` is the fill's."""

    left: float
    top: float
    right: float
    bottom: float
    fill: str | None = None
    stroke: str | None = None
    opacity: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line from one point to another, in pixels."""

    start: tuple[float, float]
    end: tuple[float, float]
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One line of text: where its baseline begins or ends, and the height of the type, in pixels."""

    x: float
    baseline: float
    text: str
    size: float
    color: str
    anchor: Literal["start", "end"] = "start"


Shape = Box | Line | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes that are painted in order; width and height in pixels."""

    width: int
    height: int
    shapes: tuple[Shape, ...]


def text_width(text: str, size: float) -> float:
    """About how wide a text is in pixels, whatever the type."""
    return cell_len(text) * size * CELL


def svg(drawing: Drawing) -> bytes:
    """The drawing as SVG: text that can be searched, no script, nothing from elsewhere."""
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(drawing.width),
            "height": str(drawing.height),
            "viewBox": f"0 0 {drawing.width} {drawing.height}",
            "font-family": "sans-serif",
        },
    )
    for shape in drawing.shapes:
        _add(root, shape)
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f"{text}\n".encode()


def _add(root: ET.Element, shape: Shape) -> None:
    if isinstance(shape, Box):
        style = {"fill": shape.fill or "none"}
        if shape.opacity < 1:
            style["fill-opacity"] = _number(shape.opacity)
        if shape.stroke:
            style["stroke"] = shape.stroke
        place = {
            "x": _number(shape.left),
            "y": _number(shape.top),
            "width": _number(shape.right - shape.left),
            "height": _number(shape.bottom - shape.top),
        }
        ET.SubElement(root, "rect", place | style)
    elif isinstance(shape, Line):
        (x1, y1), (x2, y2) = shape.start, shape.end
        ends = {"x1": _number(x1), "y1": _number(y1), "x2": _number(x2), "y2": _number(y2)}
        ET.SubElement(root, "line", ends | {"stroke": shape.color})
    else:
        place = {"x": _number(shape.x), "y": _number(shape.baseline), "font-size": _number(shape.size)}
        if shape.anchor == "end":
            place["text-anchor"] = "end"
        ET.SubElement(root, "text", place | {"fill": shape.color}).text = NOT_IN_XML.sub("\ufffd", shape.text)


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def png(drawing: Drawing) -> bytes:
    """The drawing as PNG, in Pillow's own type: other scripts than Latin are for SVG."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (drawing.width, drawing.height))
    draw = ImageDraw.Draw(picture, "RGBA")  # blends what is drawn with what is there
    for shape in drawing.shapes:
        if isinstance(shape, Box):
            left, top, right, bottom = (round(edge) for edge in (shape.left, shape.top, shape.right, shape.bottom))
            if right <= left or bottom <= top:
                continue
            fill = shape.fill and f"{shape.fill}{round(shape.opacity * 255):02x}"
            draw.rectangle((left, top, right - 1, bottom - 1), fill=fill, outline=shape.stroke)
        elif isinstance(shape, Line):
            draw.line((*shape.start, *shape.end), fill=shape.color)
        else:
            font = ImageFont.load_default(shape.size)
            anchor = "ls" if shape.anchor == "start" else "rs"
            draw.text((shape.x, shape.baseline), shape.text, fill=shape.color, font=font, anchor=anchor)
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


WRITERS: Mapping[str, Callable[[Drawing], bytes]] = {".svg": svg, ".png": png}
"""By the suffix of the file."""
