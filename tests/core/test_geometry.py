"""Where things lie on the canvas: edges that meet, presets that fill, nothing outside."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise, permutations
from math import floor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recorder_core import Fit, Floating, Grid, InvalidSpec, Region, Side, Spotlight, pinned
from recorder_core.geometry import MICRO, Rectangle, arrange, crossings, edges, pixels, regions

sides = st.integers(1, 960).map(lambda half: 2 * half)


@st.composite
def cuts(draw: st.DrawFn) -> list[float]:
    """0 and 1 and some points between them, as people write them: decimals or simple fractions."""
    parts = draw(st.integers(2, 2000))
    inner = draw(st.lists(st.integers(1, parts - 1), min_size=1, max_size=6, unique=True))
    return [0.0, *sorted(cut / parts for cut in inner), 1.0]


@example([0.0, 0.0765625, 0.4484375, 0.9984375, 1.0], 320)
@example([0.0, 0.1, 0.4734375, 0.9265625, 1.0], 320)
@given(cuts(), sides)
def test_neighbours_share_their_edges(points: list[float], length: int) -> None:
    """Where one region ends the next begins, in millionths and in pixels, however the fractions were computed."""
    spans = [edges(left, 0, right - left, 1) for left, right in pairwise(points)]
    for one, other in pairwise(spans):
        assert one[2] == other[0]
        assert pixels(one[2], length) == pixels(other[0], length)
    assert spans[0][0] == 0
    assert spans[-1][2] == MICRO
    assert pixels(MICRO, length) == length


@given(cuts(), cuts())
def test_rows_and_columns_are_cut_alike(columns: list[float], rows: list[float]) -> None:
    """Top and bottom follow the rule of left and right."""
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            found = edges(left, top, right - left, bottom - top)
            assert found == (
                *(edges(left, 0, right - left, 1)[0], edges(top, 0, bottom - top, 1)[0]),
                *(edges(left, 0, right - left, 1)[2], edges(top, 0, bottom - top, 1)[2]),
            )


@pytest.mark.parametrize(
    ("edge", "length", "expected"),
    [(0, 1280, 0), (MICRO, 1280, 1280), (500_000, 1281, 641), (250_000, 2, 1), (333_333, 1280, 427), (249_999, 2, 0)],
)
def test_halves_are_rounded_up(edge: int, length: int, expected: int) -> None:
    """Pixels are the nearest, a half goes up."""
    assert pixels(edge, length) == expected


@pytest.mark.parametrize(("a", "b"), [(0.333333, 1 / 3), (0.1 + 0.2, 0.3), (0.6666667, 2 / 3)])
def test_an_edge_snaps_to_a_millionth(a: float, b: float) -> None:
    """What a caller rounds to six places is the same edge as what they compute."""
    assert edges(a, 0, 0.1, 1)[0] == edges(b, 0, 0.1, 1)[0]


def test_an_edge_beyond_the_canvas_by_rounding_is_its_edge() -> None:
    """A sum that misses 1 by a binary hair, or by a millionth, ends at the canvas."""
    assert edges(0.7, 0.1, 0.3000005, 0.9000001) == (700_000, 100_000, MICRO, MICRO)


def region(x: float, y: float, width: float, height: float) -> Region:
    return Region(x=x, y=y, width=width, height=height)


def test_regions_that_share_an_edge_do_not_overlap() -> None:
    """Only a common area counts, and both ways round."""
    left, right, inset = region(0, 0, 1 / 3, 1), region(1 / 3, 0, 2 / 3, 1), region(0.3, 0.2, 0.1, 0.1)
    below = region(0, 0.5, 0.2, 0.5)
    assert not crossings([left, right])
    assert not crossings([right, left])
    assert crossings([left, inset]) == [(0, 1)]
    assert crossings([inset, right]) == [(0, 1)]
    assert crossings([left, below]) == [(0, 1)]
    assert not crossings([inset, below])


layouts = st.one_of(st.builds(Grid), st.builds(Floating), st.builds(Spotlight, side=st.sampled_from([*Side])))


tilings = st.one_of(st.builds(Grid), st.builds(Spotlight, side=st.sampled_from([*Side])))
counts = st.integers(1, 40)

Box = tuple[int, int, int, int]


def boxes(made: Sequence[Region], width: int, height: int) -> list[Box]:
    """Left, top, right and bottom of regions in pixels of a canvas, as a vendor that takes pixels gets them."""
    found = [edges(region.x, region.y, region.width, region.height) for region in made]
    return [
        (pixels(left, width), pixels(top, height), pixels(right, width), pixels(bottom, height))
        for left, top, right, bottom in found
    ]


@settings(max_examples=50)
@given(layouts, st.integers(1, 400), sides, sides)
def test_nothing_leaves_the_canvas(layout: Grid | Floating | Spotlight, windows: int, width: int, height: int) -> None:
    """As many windows as asked, each with an area, none outside: in fractions, in millionths and in pixels."""
    cells = arrange(layout, windows)
    assert len(cells) == windows
    for cell in cells:
        assert 0 <= cell.x < cell.x + cell.width <= 1
        assert 0 <= cell.y < cell.y + cell.height <= 1
    for left, top, right, bottom in boxes(regions(layout, windows), width, height):
        assert 0 <= left <= right <= width
        assert 0 <= top <= bottom <= height


@settings(max_examples=50)
@given(tilings, counts, sides, sides)
def test_nothing_overlaps(layout: Grid | Spotlight, windows: int, width: int, height: int) -> None:
    """Only a floating layout lays one window over another: not a millionth, not a pixel is shared elsewhere."""
    made = regions(layout, windows)
    assert not crossings(made)
    for one, other in combinations(boxes(made, width, height), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@given(counts, sides, sides)
def test_floating_windows_cover_the_large_one_only(windows: int, width: int, height: int) -> None:
    """The first is the whole canvas, at the back; those in front of it don't cover one another."""
    large, *small = regions(Floating(), windows)
    assert boxes([large], width, height) == [(0, 0, width, height)]
    assert all(window.z > large.z for window in small)
    assert not crossings(small)


@settings(max_examples=50)
@given(layouts, counts, sides, sides)
def test_tiles_meet(layout: Grid | Floating | Spotlight, windows: int, width: int, height: int) -> None:
    """What is one line in exact fractions is one line in pixels, whichever windows it bounds, on any canvas."""
    cells = arrange(layout, windows)
    found = boxes(regions(layout, windows), width, height)
    for (cell, box), (other, near) in permutations(zip(cells, found, strict=True), 2):
        assert (cell.x + cell.width == other.x) <= (box[2] == near[0])
        assert (cell.y + cell.height == other.y) <= (box[3] == near[1])
        assert (cell.x == other.x) <= (box[0] == near[0])
        assert (cell.y == other.y) <= (box[1] == near[1])
        assert (cell.x + cell.width == other.x + other.width) <= (box[2] == near[2])
        assert (cell.y + cell.height == other.y + other.height) <= (box[3] == near[3])


@given(tilings, counts)
def test_tiles_fill_the_canvas(layout: Grid | Spotlight, windows: int) -> None:
    """Nothing is left but the places at the end that await the next to join."""
    cells = arrange(layout, windows)
    smallest = min(cell.width * cell.height for cell in cells)
    left = 1 - sum(cell.width * cell.height for cell in cells)
    assert left >= 0
    assert left % smallest == 0
    longest = max(max(1 / cell.width, 1 / cell.height) for cell in cells)
    assert left / smallest < longest


@settings(max_examples=50)
@given(layouts, st.integers(1, 33), sides, sides)
def test_an_edge_is_rounded_once(layout: Grid | Floating | Spotlight, windows: int, width: int, height: int) -> None:
    """The way through floats and millionths gives the pixels that the exact fraction gives, halves rounded up."""
    cells = arrange(layout, windows)
    for cell, box in zip(cells, boxes(regions(layout, windows), width, height), strict=True):
        exact = (cell.x * width, cell.y * height, (cell.x + cell.width) * width, (cell.y + cell.height) * height)
        assert box == tuple(floor(edge + Fraction(1, 2)) for edge in exact)


@given(st.integers(1, 10**7), st.data())
def test_an_edge_is_off_by_half_a_millionth_at_most(parts: int, data: st.DataObject) -> None:
    """Snapping moves an edge no further than it has to, but for the thousandth of a step that floats may miss."""
    edge = Fraction(data.draw(st.integers(0, parts)), parts)
    snapped = edges(float(edge), 0, 0, 1)[0]
    assert abs(snapped - edge * MICRO) <= Fraction(1, 2) + Fraction(1, 1000)


@given(counts, sides, sides)
def test_pinned_is_the_grid(count: int, width: int, height: int) -> None:
    """Its regions are the grid's own, pixel by pixel, however many there are."""
    assert boxes(pinned(count).regions, width, height) == boxes(regions(Grid(), count), width, height)


@pytest.mark.parametrize(
    ("windows", "columns", "rows"), [(1, 1, 1), (2, 2, 1), (3, 2, 2), (5, 3, 2), (7, 3, 3), (17, 5, 4), (25, 5, 5)]
)
def test_a_grid_grows_by_columns_first(windows: int, columns: int, rows: int) -> None:
    """Equal cells in rows from the top left, in join order."""
    cells = arrange(Grid(), windows)
    assert {(cell.width, cell.height) for cell in cells} == {(Fraction(1, columns), Fraction(1, rows))}
    assert [(cell.y, cell.x) for cell in cells] == sorted((cell.y, cell.x) for cell in cells)


def test_the_small_windows_of_a_spotlight_stand_beside_the_large_one() -> None:
    """From top to bottom at the right of a large window at the left."""
    large, *small = arrange(Spotlight(), 3)
    assert large == Rectangle(Fraction(0), Fraction(0), Fraction(3, 4), Fraction(1))
    assert [(cell.x, cell.y) for cell in small] == [(Fraction(3, 4), 0), (Fraction(3, 4), Fraction(1, 4))]


@pytest.mark.parametrize(
    ("side", "edge"),
    [
        (Side.LEFT, lambda cell: cell.x == 0 and cell.height == 1),
        (Side.RIGHT, lambda cell: cell.x + cell.width == 1 and cell.height == 1),
        (Side.TOP, lambda cell: cell.y == 0 and cell.width == 1),
        (Side.BOTTOM, lambda cell: cell.y + cell.height == 1 and cell.width == 1),
    ],
)
def test_a_spotlight_turns_to_its_side(side: Side, edge) -> None:
    """The large window lies along the side that was asked for, alone it fills the canvas."""
    assert edge(arrange(Spotlight(side=side), 5)[0])
    assert arrange(Spotlight(side=side), 1) == (Rectangle(Fraction(0), Fraction(0), Fraction(1), Fraction(1)),)


def test_floating_windows_stand_in_front_of_the_large_one() -> None:
    """The first fills the canvas at the back; the others lie along the bottom, rows going up."""
    made = regions(Floating(), 7)
    assert (made[0].x, made[0].y, made[0].width, made[0].height, made[0].z) == (0, 0, 1, 1, 0)
    assert [window.z for window in made[1:]] == [1] * 6
    assert [(window.x, window.y) for window in made[1:3]] == [(0.0, 0.8), (0.2, 0.8)]
    assert (made[6].x, made[6].y) == (0.0, 0.6)


@pytest.mark.parametrize("count", range(1, 26))
def test_pinned_names_its_regions_in_the_order_of_the_grid(count: int) -> None:
    """With names or without, the regions are the same."""
    people = [str(1000 + number) for number in range(count)]
    made = pinned(people).regions
    assert [region.participant for region in made] == people
    assert pinned(count).regions == tuple(region.model_copy(update={"participant": None}) for region in made)


@pytest.mark.parametrize("nobody", [0, -1, [], True, "1001"])
def test_pinned_needs_somebody(nobody) -> None:
    """A number from 1, or a list of participants; a text would be taken apart letter by letter."""
    with pytest.raises(InvalidSpec, match="pinned takes"):
        pinned(nobody)


def test_a_preset_names_its_large_window_only() -> None:
    """The participant of a preset gets the large region; the others take the rest in join order."""
    for layout in (Spotlight("1001", fit=Fit.CONTAIN), Floating("1001", fit=Fit.CONTAIN)):
        made = regions(layout, 3)
        assert [window.participant for window in made] == ["1001", None, None]
        assert {window.fit for window in made} == {Fit.CONTAIN}
    assert [window.participant for window in regions(Grid(), 2)] == [None, None]
    assert {window.fit for window in regions(Grid(), 2)} == {Fit.COVER}
