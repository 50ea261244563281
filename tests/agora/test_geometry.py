"""The vendor's preset layouts, number by number as its guide prints or draws them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from recorder_agora.geometry import Rectangle, best_fit, floating, vertical

COUNTS = range(1, 18)


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """Whether two places share any area."""
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def test_floating_numbers() -> None:
    """The first fills the canvas; small ones begin at 0.012, 0.259, 0.506, 0.753, from the bottom up."""
    first, *small = floating(17)
    assert first == (0, 0, 1, 1)
    assert [float(place.x) for place in small[:4]] == [0.012, 0.259, 0.506, 0.753]
    assert [float(place.y) for place in small[::4]] == [0.753, 0.506, 0.259, 0.012]
    assert {(place.width, place.height) for place in small} == {(Fraction("0.235"), Fraction("0.235"))}


@pytest.mark.parametrize(
    ("count", "columns", "rows"),
    [(1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 2, 2), (5, 3, 3), (9, 3, 3), (10, 4, 4), (16, 4, 4)],
)
def test_best_fit_grids(count: int, columns: int, rows: int) -> None:
    """The grid grows with the number of users and is filled row by row."""
    places = best_fit(count)
    assert len(places) == count
    for index, place in enumerate(places):
        expected = (
            Fraction(index % columns, columns),
            Fraction(index // columns, rows),
            Fraction(1, columns),
            Fraction(1, rows),
        )
        assert place == expected


def test_best_fit_of_seventeen() -> None:
    """Seventeen: fifths, four rows of four between bands of a tenth, the last one centred at the bottom."""
    places = best_fit(17)
    assert places[0] == (Fraction("0.1"), 0, Fraction("0.2"), Fraction("0.2"))
    assert places[15] == (Fraction("0.7"), Fraction("0.6"), Fraction("0.2"), Fraction("0.2"))
    assert places[16] == (Fraction("0.4"), Fraction("0.8"), Fraction("0.2"), Fraction("0.2"))


@pytest.mark.parametrize(
    ("others", "large", "width", "rows"),
    [
        (0, Fraction(4, 5), Fraction(1, 5), 4),
        (4, Fraction(4, 5), Fraction(1, 5), 4),
        (5, Fraction(6, 7), Fraction(1, 7), 6),
        (8, Fraction(8, 9), Fraction(1, 9), 8),
    ],
)
def test_vertical_with_one_column(others: int, large: Fraction, width: Fraction, rows: int) -> None:
    """The small ones lie in one column at the right, from top to bottom; the large one has the rest."""
    first, small = vertical(others)
    assert first == (0, 0, large, 1)
    assert small == tuple((large, Fraction(index, rows), width, Fraction(1, rows)) for index in range(others))


def test_vertical_with_two_columns() -> None:
    """With nine to sixteen small ones the outer column is filled first, as in the guide's figure."""
    first, small = vertical(10)
    assert first == (0, 0, Fraction(8, 10), 1)
    assert [place.x for place in small] == [Fraction(9, 10)] * 8 + [Fraction(8, 10)] * 2
    assert small[8] == (Fraction(8, 10), 0, Fraction(1, 10), Fraction(1, 8))


@pytest.mark.parametrize("count", COUNTS)
def test_places_stay_on_the_canvas_and_apart(count: int) -> None:
    """No preset leaves the canvas, and but for the floating one's first, no two places overlap."""
    first, small = vertical(count - 1)
    for places in (floating(count), best_fit(count), (first, *small)):
        assert all(p.x >= 0 and p.y >= 0 and p.x + p.width <= 1 and p.y + p.height <= 1 for p in places)
    for apart in (floating(count)[1:], best_fit(count), (first, *small)):
        assert not any(overlap(one, other) for one in apart for other in apart if one is not other)


def test_no_more_than_seventeen() -> None:
    """Whoever comes later than the seventeenth has no place."""
    assert [len(floating(30)), len(best_fit(30)), len(vertical(30)[1])] == [17, 17, 16]
