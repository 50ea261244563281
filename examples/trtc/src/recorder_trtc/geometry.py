"""Where the vendor's own layouts (MixLayoutMode 1 to 3) put their windows.

"On-Cloud Recording" (Tencent Cloud, 2024-04-26) states sizes and growth. Which of two columns of a screen sharing
layout is filled first it only shows in a picture; here it is the inner one. Floating rows grow upwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from recorder_trtc.tables import MOST_WINDOWS
from recorder_trtc.wire.values import MixLayoutMode

__all__ = ["Box", "preset"]

FEW = 17
"""Most windows of a floating or screen sharing layout before it changes its shape."""
ROWS = 8
"""Most windows in a column of a screen sharing layout."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in parts of the canvas, 0 to 1 from its upper left corner."""

    left: Fraction
    top: Fraction
    width: Fraction
    height: Fraction

    def pixels(self, across: int, down: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels of a canvas; edges round half up, so neighbours share them."""
        half = Fraction(1, 2)
        return (
            int(self.left * across + half),
            int(self.top * down + half),
            int((self.left + self.width) * across + half),
            int((self.top + self.height) * down + half),
        )

    def mirrored(self) -> Box:
        """The same at the other side."""
        return Box(1 - self.left - self.width, self.top, self.width, self.height)


WHOLE = Box(Fraction(0), Fraction(0), Fraction(1), Fraction(1))


def preset(mode: MixLayoutMode, windows: int, *, align_right: bool = False) -> tuple[Box, ...]:
    """The windows that a layout gives to so many pictures, in order; but for the grid the large one first.

    Args:
        mode: GRID, FLOATING or SCREEN_SHARING.
        windows: how many are needed, the large one among them; at most 25 are given.
        align_right: SCREEN_SHARING: whether the large one is at the right.

    Raises:
        ValueError: CUSTOM, which has no windows of its own.
    """
    if mode is MixLayoutMode.CUSTOM:
        raise ValueError("MixLayoutMode 4 has no windows of its own")
    windows = min(windows, MOST_WINDOWS)
    if windows < 1:
        return ()
    if mode is MixLayoutMode.GRID:
        return _grid(windows)
    if mode is MixLayoutMode.FLOATING:
        return (WHOLE, *_floating(windows - 1, windows > FEW))
    boxes = _screen_sharing(windows)
    return tuple(box.mirrored() for box in boxes) if align_right else boxes


def _grid(windows: int) -> tuple[Box, ...]:
    """Halves for two; else as many equal rows as columns."""
    columns = next(side for side in range(1, 6) if side * side >= windows)
    rows = 1 if windows == 2 else columns
    width, height = Fraction(1, columns), Fraction(1, rows)
    return tuple(Box(width * (index % columns), height * (index // columns), width, height) for index in range(windows))


def _floating(small: int, is_many: bool) -> list[Box]:
    """Rows of four, or of five, from the bottom left."""
    per_row = 5 if is_many else 4
    size, gap = (Fraction(188, 1000), Fraction(1, 100)) if is_many else (Fraction(235, 1000), Fraction(12, 1000))
    return [
        Box(
            gap + (size + gap) * (index % per_row),
            1 - (size + gap) * (index // per_row + 1),
            size,
            size,
        )
        for index in range(small)
    ]


def _screen_sharing(windows: int) -> tuple[Box, ...]:
    """The large one at the left, small ones beside it from top to bottom, further ones below it from left to right."""
    small = windows - 1
    if windows <= ROWS + 1:
        rows = next(rows for rows in (4, 6, ROWS) if small <= rows)
        width, columns = Fraction(1, rows + 1), 1
    else:
        rows, width, columns = ROWS, Fraction(1, 10), 2
    height = Fraction(1, rows)
    across = 1 - width * columns
    down = 1 - height if windows > FEW else Fraction(1)
    beside = [
        Box(across + width * (index // rows), height * (index % rows), width, height)
        for index in range(min(small, rows * columns))
    ]
    below = [Box(width * index, down, width, height) for index in range(small - len(beside))]
    return (Box(Fraction(0), Fraction(0), across, down), *beside, *below)
