"""Where the vendor's preset layouts (MixMode 2 to 5) put their windows; approximate.

"Set mixed-stream layout" (ZEGOCLOUD, 2026-03-16) describes order and growth in words and shows places only in
pictures: for 1, 2, 4, 6 and 9 windows of the grid, for 5, 9, 17 and 25 of the others. What is stated is kept:

* grid: equal cells in join order; columns are added before rows;
* horizontal: the large window below; small equal ones along the top edge, left to right, up to two rows of
  eight, further ones down the right edge;
* vertical: the large window at the left; small equal ones along the right edge, top to bottom, up to two
  columns of eight, further ones along the bottom edge;
* floating: the large window is the canvas; small equal ones lie over its bottom, right to left.

What the pictures only suggest is chosen here: the grid grows 1x1, 2x1, 2x2, 3x2, 3x3, 4x3, 4x4, 5x4, 5x5
columns by rows; there is room for 4, 8, 16 or 24 small windows; these have the canvas's own shape, their
sides being a fourth of its sides for 4, an eighth for more, and a ninth where they stand along two edges;
there are no margins; a second row or column lies inside the first, a floating one above it. Where positions
matter, use MixMode 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from recorder_zegocloud.wire.values import MixMode

__all__ = ["CAPACITIES", "GRIDS", "MOST_WINDOWS", "Box", "preset"]

GRIDS = ((1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (4, 3), (4, 4), (5, 4), (5, 5))
"""Columns and rows, as the grid grows."""

CAPACITIES = (4, 8, 16, 24)
"""How many small windows there is room for, as modes 3 to 5 grow."""

MOST_WINDOWS = 25

_ROW = 8


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in parts of the canvas, 0 to 1 from its upper left corner."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction

    @classmethod
    def cell(cls, column: int, row: int, columns: int, rows: int) -> Box:
        """One cell of a canvas that is divided into `columns` and `rows`, both counted from 0."""
        return cls(
            Fraction(column, columns),
            Fraction(row, rows),
            Fraction(column + 1, columns),
            Fraction(row + 1, rows),
        )

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels of a canvas; edges round half up, so neighbours share them."""
        half = Fraction(1, 2)
        return (
            int(self.left * width + half),
            int(self.top * height + half),
            int(self.right * width + half),
            int(self.bottom * height + half),
        )


def preset(mode: MixMode, streams: int) -> tuple[Box, ...]:
    """The windows that a preset gives to so many streams, in order; in modes 3 to 5 the large one first.

    Args:
        mode: GRID, HORIZONTAL, VERTICAL or FLOATING.
        streams: how many windows are needed, the large one among them; at most 25 are given.

    Raises:
        ValueError: CUSTOM, which has no windows of its own.
    """
    if mode is MixMode.CUSTOM:
        raise ValueError("MixMode 1 has no preset windows")
    streams = min(streams, MOST_WINDOWS)
    if mode is MixMode.GRID:
        columns, rows = next((c, r) for c, r in GRIDS if c * r >= streams)
        return tuple(Box.cell(index % columns, index // columns, columns, rows) for index in range(streams))
    if not streams:
        return ()
    small = streams - 1
    capacity = next(capacity for capacity in CAPACITIES if capacity >= small)
    if mode is MixMode.FLOATING:
        return (Box.cell(0, 0, 1, 1), *_floating(small, 4 if capacity == 4 else _ROW))
    along_top = _along_top(small, capacity)
    return along_top if mode is MixMode.HORIZONTAL else tuple(_to_the_right(box) for box in along_top)


def _floating(small: int, row: int) -> list[Box]:
    return [Box.cell(row - 1 - index % row, row - 1 - index // row, row, row) for index in range(small)]


def _along_top(small: int, capacity: int) -> tuple[Box, ...]:
    """The large window, then small ones in rows at the top, from the 17th on in a column at the right."""
    parts = {4: 4, 8: _ROW, 16: _ROW, 24: _ROW + 1}[capacity]
    rows = 2 if capacity > _ROW else 1
    in_rows = [Box.cell(index % _ROW, index // _ROW, parts, parts) for index in range(min(small, 2 * _ROW))]
    in_column = [Box.cell(_ROW, index, parts, parts) for index in range(small - len(in_rows))]
    right = Fraction(_ROW, parts) if capacity > 2 * _ROW else Fraction(1)
    return Box(Fraction(0), Fraction(rows, parts), right, Fraction(1)), *in_rows, *in_column


def _to_the_right(box: Box) -> Box:
    """A quarter turn clockwise makes the horizontal layout the vertical one."""
    return Box(1 - box.bottom, box.left, 1 - box.top, box.right)
