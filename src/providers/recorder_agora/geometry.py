"""Where the vendor's preset layouts put each user, in fractions of the canvas from its top left corner.

From the layout guide of the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026), which prints
the floating layout as numbers and the other two as pictures; what the pictures leave open follows the layout
routine of the vendor's on-premise recording sample. All three show at most 17 users.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

__all__ = ["MOST_USERS", "Rectangle", "best_fit", "floating", "vertical"]

MOST_USERS = 17
"""Most users that a composite picture shows."""


class Rectangle(NamedTuple):
    """Left, top, width and height, each 0..1."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction


_FULL = Rectangle(Fraction(0), Fraction(0), Fraction(1), Fraction(1))


def floating(count: int) -> tuple[Rectangle, ...]:
    """Places of `count` users in join order: the first fills the canvas, the others lie on it.

    The small ones are 23.5 % of the canvas wide and high with gaps of 1.2 %, four to a row, from the bottom
    left upwards. The height follows the guide's text; the on-premise sample derives it from the width.
    """
    side, gap, step = Fraction(235, 1000), Fraction(12, 1000), Fraction(247, 1000)
    small = (divmod(index, 4) for index in range(MOST_USERS - 1))
    places = [
        _FULL,
        *(Rectangle(gap + step * column, 1 - step * (row + 1), side, side) for row, column in small),
    ]
    return tuple(places[:count])


def best_fit(count: int) -> tuple[Rectangle, ...]:
    """Places of `count` users in join order: a grid of 1, 2 x 1, 2 x 2, 3 x 3 or 4 x 4, filled row by row.

    17 users lie in cells of a fifth: four rows of four in the middle and the last one centred below them.
    """
    count = min(count, MOST_USERS)
    if count == MOST_USERS:
        cell = Fraction(1, 5)
        rows = [Rectangle(cell / 2 + cell * column, cell * row, cell, cell) for row in range(4) for column in range(4)]
        return (*rows, Rectangle(2 * cell, 4 * cell, cell, cell))
    columns, lines = next(
        (columns, lines) for columns, lines in ((1, 1), (2, 1), (2, 2), (3, 3), (4, 4)) if columns * lines >= count
    )
    width, height = Fraction(1, columns), Fraction(1, lines)
    return tuple(
        Rectangle(width * (index % columns), height * (index // columns), width, height) for index in range(count)
    )


def vertical(others: int) -> tuple[Rectangle, tuple[Rectangle, ...]]:
    """Place of the large user at the left, and of `others` small ones in join order, from top to bottom.

    With more than eight small ones there are two columns. Their order follows the guide's figure, the outer
    one first; the on-premise sample fills the inner one first.
    """
    others = min(others, MOST_USERS - 1)
    if others > 8:
        width, height = Fraction(1, 10), Fraction(1, 8)
        columns = (Fraction(9, 10), Fraction(8, 10))
        small = tuple(Rectangle(columns[index // 8], height * (index % 8), width, height) for index in range(others))
        return Rectangle(Fraction(0), Fraction(0), columns[1], Fraction(1)), small
    rows = next(rows for rows in (4, 6, 8) if rows >= others)
    width, height = Fraction(1, rows + 1), Fraction(1, rows)
    small = tuple(Rectangle(1 - width, height * index, width, height) for index in range(others))
    return Rectangle(Fraction(0), Fraction(0), 1 - width, Fraction(1)), small
