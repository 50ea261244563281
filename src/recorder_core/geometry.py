"""Where things lie on the canvas: exact, pure, in rational numbers that are rounded once.

Edges, not sizes, are rounded, so that neighbours share their edges and nothing leaves the canvas. An edge snaps to a
millionth of the canvas first: what a caller writes as `0.333333` and `1/3` are the same edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, sqrt

from recorder_core.errors import InvalidSpec
from recorder_core.models import Custom, Fit, Floating, Grid, Region, Side, Spotlight

__all__ = ["edges", "pinned", "pixels"]

MICRO = 1_000_000
"""Steps of an edge across the canvas."""

STRIP_LENGTHS = (4, 6, 8)
"""How many small windows share one strip: the least that holds them all, else the last, in several strips.

More than 32 of them share longer strips, so that the large window keeps half of the canvas.
"""
FLOATING_COLUMNS = 5
"""How many floating windows share one row; more where as many rows wouldn't hold them all."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of the canvas in fractions of its width and height, from the top left corner."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction


def edges(x: float, y: float, width: float, height: float) -> tuple[int, int, int, int]:
    """Left, top, right and bottom edge in millionths of the canvas, right and bottom at most `MICRO`."""
    left, top = _snap(x), _snap(y)
    return left, top, min(_snap(x + width), MICRO), min(_snap(y + height), MICRO)


def _snap(edge: float) -> int:
    # First to a thousandth of a step: x + width of one region may miss x of the next by a binary hair.
    return floor(round(edge * MICRO, 3) + 0.5)


def pixels(edge: int, length: int) -> int:
    """An edge in millionths as whole pixels of a side of `length` pixels, halves rounded up."""
    return (2 * edge * length + MICRO) // (2 * MICRO)


def crossings(drawn: Sequence[Region]) -> list[tuple[int, int]]:
    """The pairs of regions that share more than an edge, by their places in the list, the lower one first."""
    found = [edges(region.x, region.y, region.width, region.height) for region in drawn]
    return [
        (low, high)
        for high, (left, top, right, bottom) in enumerate(found)
        for low, (other_left, other_top, other_right, other_bottom) in enumerate(found[:high])
        if left < other_right and other_left < right and top < other_bottom and other_top < bottom
    ]


def regions(layout: Grid | Floating | Spotlight, windows: int) -> tuple[Region, ...]:
    """A preset as the regions of a custom layout, in join order, for vendors that have no such preset.

    Args:
        layout: the preset. Its `participant` gets the large region; without one the first to join does.
        windows: how many regions to make, 1 or more. They are fixed: they don't grow with the room.
    """
    large = getattr(layout, "participant", None)
    return tuple(
        Region(
            participant=large if index == 0 else None,
            x=float(cell.x),
            y=float(cell.y),
            width=float(cell.width),
            height=float(cell.height),
            fit=layout.fit or Fit.COVER,
            z=1 if isinstance(layout, Floating) and index else 0,
        )
        for index, cell in enumerate(arrange(layout, windows))
    )


def pinned(participants: int | Sequence[str | int]) -> Custom:
    """A grid whose pixels are the same at every vendor, as long as nobody leaves a region that names nobody.

    Args:
        participants: how many regions, filled in join order; or who has them, one each, in the order of the grid. The
            grid grows by a column first, then by a row: 1x1, 2x1, 2x2, 3x2, 3x3, …

    Raises:
        InvalidSpec: there are none.
    """
    named = [None] * participants if isinstance(participants, int) else list(participants)
    if not named or isinstance(participants, bool | str):
        raise InvalidSpec(
            f"pinned takes a number of regions from 1, or the participants that have one, not {participants!r}",
            fault="caller",
        )
    return Custom(
        regions=tuple(
            Region(
                participant=None if participant is None else str(participant),
                x=float(cell.x),
                y=float(cell.y),
                width=float(cell.width),
                height=float(cell.height),
            )
            for participant, cell in zip(named, _grid(len(named)), strict=True)
        )
    )


def arrange(layout: Grid | Floating | Spotlight, windows: int) -> tuple[Rectangle, ...]:
    """The rectangles of a preset in join order, the large one (if it has one) first."""
    if isinstance(layout, Grid):
        return _grid(windows)
    if isinstance(layout, Floating):
        return _floating(windows)
    return tuple(_turned(cell, layout.side) for cell in _spotlight(windows))


def _grid(windows: int) -> tuple[Rectangle, ...]:
    """Equal cells; the grid grows by a column first, then by a row: 1x1, 2x1, 2x2, 3x2, 3x3, …"""
    columns = rows = 1
    while columns * rows < windows:
        if columns == rows:
            columns += 1
        else:
            rows += 1
    width, height = Fraction(1, columns), Fraction(1, rows)
    return tuple(
        Rectangle(width * (index % columns), height * (index // columns), width, height) for index in range(windows)
    )


def _floating(windows: int) -> tuple[Rectangle, ...]:
    """One window over the whole canvas, the others over it in rows from the bottom left."""
    columns = max(FLOATING_COLUMNS, ceil(sqrt(windows - 1)))
    size = Fraction(1, columns)
    small = (
        Rectangle(size * (index % columns), 1 - size * (index // columns + 1), size, size)
        for index in range(windows - 1)
    )
    return (Rectangle(Fraction(0), Fraction(0), Fraction(1), Fraction(1)), *small)


def _spotlight(windows: int) -> tuple[Rectangle, ...]:
    """A large window at the left, the others in strips at the right, from top to bottom, the outer strip first."""
    small = windows - 1
    if small == 0:
        return (Rectangle(Fraction(0), Fraction(0), Fraction(1), Fraction(1)),)
    length = next((length for length in STRIP_LENGTHS if small <= length), STRIP_LENGTHS[-1])
    while length * length < 2 * small:
        length += 2
    strips = -(-small // length)
    depth = Fraction(1, length)
    large = Rectangle(Fraction(0), Fraction(0), 1 - depth * strips, Fraction(1))
    return (
        large,
        *(
            Rectangle(1 - depth * (index // length + 1), Fraction(index % length, length), depth, Fraction(1, length))
            for index in range(small)
        ),
    )


def _turned(cell: Rectangle, side: Side) -> Rectangle:
    """A cell of the arrangement whose large window is at the left, with the large window at another side."""
    if side is Side.LEFT:
        return cell
    if side is Side.RIGHT:
        return Rectangle(1 - cell.x - cell.width, cell.y, cell.width, cell.height)
    if side is Side.TOP:
        return Rectangle(cell.y, cell.x, cell.height, cell.width)
    return Rectangle(cell.y, 1 - cell.x - cell.width, cell.height, cell.width)
