"""The whiteboard of an emulated task: which board is shown when, and what it looks like.

A board is one flat colour with its id on it, so that a switch can be seen. It has no pages, no strokes and no
animation.
"""

from __future__ import annotations

import io
from fractions import Fraction
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from recorder_core.emulation.room import Color
from recorder_zegocloud.picture import color
from recorder_zegocloud.wire.requests import WhiteboardParams

__all__ = ["Whiteboard"]

LONGER_SIDE = 640
"""Pixels, at least, of a drawn board."""
INSET = 24
"""Pixels between the id and the upper left corner of the board."""


class Whiteboard:
    """The boards that one task shows, one after the other.

    Args:
        params: what the start said of them.
        at: Unix s of the start.
    """

    def __init__(self, params: WhiteboardParams, at: float) -> None:
        self._params = params
        self._boards: list[tuple[float, str]] = []
        if params.WhiteboardId:
            self.switch(at, params.WhiteboardId)

    @property
    def since(self) -> float | None:
        """Unix s of the first board; None: there was none yet."""
        return self._boards[0][0] if self._boards else None

    @property
    def switches(self) -> list[float]:
        """Unix s at which another board began to be shown."""
        return [at for at, _ in self._boards]

    def switch(self, at: float, board: str) -> None:
        """Show the board of that id from `at` (Unix s) on."""
        self._boards.append((at, board))

    def image(self, at: float) -> bytes | None:
        """The picture of the board that is shown at `at` (Unix s), as PNG; None: there is none yet."""
        board = next((board for since, board in reversed(self._boards) if since <= at), None)
        if board is None:
            return None
        params = self._params
        return _drawn(board, Fraction(params.HorizontalRatio, params.VerticalRatio), color(params.BackgroundColor))


@lru_cache(maxsize=32)
def _drawn(board: str, aspect: Fraction, paper: Color) -> bytes:
    ratio = aspect.limit_denominator(64)
    width, height = max(1, min(ratio.numerator, 4096)), ratio.denominator
    scale = -(-LONGER_SIDE // max(width, height))
    drawn = Image.new("RGB", (width * scale, height * scale), paper)
    ink = (20, 20, 20) if sum(paper) > 3 * 128 else (235, 235, 235)
    font = ImageFont.load_default(max(12, height * scale // 8))
    ImageDraw.Draw(drawn).text((INSET, INSET), board, fill=ink, font=font)
    content = io.BytesIO()
    drawn.save(content, "PNG")
    return content.getvalue()
