"""Frames of several recordings at the same moments: how they compare, and one picture of them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

__all__ = ["Frame", "agreement", "frames", "side_by_side"]

Frame = NDArray[np.uint8]
"""A picture: height x width x 3, RGB."""

TOLERANCE: Final = 24
"""How far apart, of 255, two colour channels may be and still agree: what encoding does to flat colours."""

THUMBNAIL: Final = (320, 180)
MARGIN, GAP, LABEL_WIDTH, HEADER_HEIGHT, FOOTER_HEIGHT = 24, 12, 120, 56, 40
PAPER, INK, SOFT_INK = (250, 250, 248), (28, 30, 34), (110, 114, 122)


def frames(path: Path, moments: Sequence[float]) -> list[Frame]:
    """The pictures that a video shows at those seconds, which ascend; after its end its last picture.

    Raises:
        ValueError: there is no picture in the file.
        av.FFmpegError: it can't be decoded.
    """
    found: list[Frame] = []
    last: av.VideoFrame | None = None
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            while len(found) < len(moments) and last is not None and frame.time > moments[len(found)]:
                found.append(_pixels(last))
            last = frame
            if len(found) == len(moments):
                return found
    if last is None:
        raise ValueError(f"{path} holds no picture")
    return found + [_pixels(last)] * (len(moments) - len(found))


def _pixels(frame: av.VideoFrame) -> Frame:
    return np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


def agreement(one: Frame, other: Frame) -> float:
    """The share of pixels, 0..1, whose channels all lie within `TOLERANCE`; 0 for different sizes."""
    if one.shape != other.shape:
        return 0.0
    apart = np.abs(one.astype(np.int16) - other.astype(np.int16)).max(axis=2)
    return float((apart <= TOLERANCE).mean())


def side_by_side(
    rows: Mapping[str, Sequence[Frame]], titles: Sequence[tuple[str, str]], footers: Sequence[str]
) -> Image.Image:
    """One picture: a row for each recording, a column for each moment.

    Args:
        rows: the frames of each recording, by its name.
        titles: over each column, a line and a smaller one.
        footers: under each column; none where there is nothing to compare.
    """
    width, height = THUMBNAIL
    total_width = 2 * MARGIN + LABEL_WIDTH + len(titles) * (width + GAP) - GAP
    footer = FOOTER_HEIGHT if footers else 0
    total_height = 2 * MARGIN + HEADER_HEIGHT + len(rows) * (height + GAP) - GAP + footer
    sheet = Image.new("RGB", (total_width, total_height), PAPER)
    draw = ImageDraw.Draw(sheet)
    large, small = ImageFont.load_default(20), ImageFont.load_default(15)
    lefts = [MARGIN + LABEL_WIDTH + index * (width + GAP) for index in range(len(titles))]
    for left, (title, subtitle) in zip(lefts, titles, strict=True):
        draw.text((left, MARGIN - 4), title, INK, font=large)
        draw.text((left, MARGIN + 24), subtitle, SOFT_INK, font=small)
    top = MARGIN + HEADER_HEIGHT
    for name, pictures in rows.items():
        draw.text((MARGIN, top + height // 2), name, INK, font=small, anchor="lm")
        for left, picture in zip(lefts, pictures, strict=True):
            thumbnail = Image.fromarray(picture)
            thumbnail.thumbnail(THUMBNAIL, Image.Resampling.LANCZOS)
            sheet.paste(thumbnail, (left, top))
        top += height + GAP
    for left, text in zip(lefts, footers, strict=bool(footers)):
        draw.text((left, top), text, SOFT_INK, font=small)
    return sheet
