"""The vendor's preset layouts."""

from fractions import Fraction
from itertools import combinations, pairwise

import pytest

from recorder_zegocloud.geometry import MOST_WINDOWS, Box, preset
from recorder_zegocloud.wire.values import MixMode

PRESETS = (MixMode.GRID, MixMode.HORIZONTAL, MixMode.VERTICAL, MixMode.FLOATING)
SIDE_BY_SIDE = (MixMode.GRID, MixMode.HORIZONTAL, MixMode.VERTICAL)
ONE = Fraction(1)


def overlap(first: Box, second: Box) -> bool:
    """Whether two windows share a part of the canvas."""
    across = min(first.right, second.right) > max(first.left, second.left)
    return across and min(first.bottom, second.bottom) > max(first.top, second.top)


@pytest.mark.parametrize("mode", PRESETS)
@pytest.mark.parametrize("streams", range(28))
def test_each_stream_gets_a_window_on_the_canvas(mode: MixMode, streams: int) -> None:
    """So many streams get so many windows, 25 at most, and none of them leaves the canvas."""
    boxes = preset(mode, streams)
    assert len(boxes) == min(streams, MOST_WINDOWS)
    assert all(0 <= box.left < box.right <= 1 and 0 <= box.top < box.bottom <= 1 for box in boxes)


@pytest.mark.parametrize("mode", PRESETS)
def test_small_windows_are_equal_and_never_overlap(mode: MixMode) -> None:
    """Only the floating layout's large window lies under others; all but the large one are of one size."""
    for streams in range(2, MOST_WINDOWS + 1):
        boxes = preset(mode, streams)
        apart = boxes if mode in SIDE_BY_SIDE else boxes[1:]
        assert not any(overlap(first, second) for first, second in combinations(apart, 2))
        small = boxes if mode is MixMode.GRID else boxes[1:]
        assert len({(box.right - box.left, box.bottom - box.top) for box in small}) == 1


@pytest.mark.parametrize(
    ("streams", "columns", "rows"),
    [(1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 2, 2), (5, 3, 2), (7, 3, 3), (10, 4, 3), (13, 4, 4), (25, 5, 5)],
)
def test_the_grid_adds_columns_before_rows(streams: int, columns: int, rows: int) -> None:
    """The grid's cells are equal, in reading order, and grow by a column first."""
    boxes = preset(MixMode.GRID, streams)
    assert boxes[0] == Box(Fraction(0), Fraction(0), Fraction(1, columns), Fraction(1, rows))
    assert [(box.top, box.left) for box in boxes] == sorted((box.top, box.left) for box in boxes)


@pytest.mark.parametrize("streams", [5, 9, 17])
def test_horizontal_fills_the_canvas(streams: int) -> None:
    """At each full step, rows at the top and the large window below leave nothing over."""
    large, *small = preset(MixMode.HORIZONTAL, streams)
    assert (large.left, large.right, large.bottom) == (0, 1, 1)
    assert small[0].left == small[0].top == 0
    area = sum((box.right - box.left) * (box.bottom - box.top) for box in (large, *small))
    assert area == 1


def test_horizontal_overflows_down_the_right_edge() -> None:
    """After two rows of eight, further windows go down the right edge."""
    _, *small = preset(MixMode.HORIZONTAL, 25)
    assert len({box.top for box in small[:16]}) == 2
    assert {box.right for box in small[16:]} == {ONE}
    assert all(first.bottom == second.top for first, second in pairwise(small[16:]))


def test_vertical_goes_down_the_right_edge() -> None:
    """The large window is at the left; small ones go down the right edge, then along the bottom."""
    large, *small = preset(MixMode.VERTICAL, 5)
    assert (large.left, large.top, large.bottom) == (0, 0, 1)
    assert [(box.right, box.top) for box in small] == [(1, Fraction(index, 4)) for index in range(4)]
    assert {box.bottom for box in preset(MixMode.VERTICAL, 25)[17:]} == {ONE}


def test_floating_begins_in_the_bottom_right_corner() -> None:
    """The large window is the canvas; small ones lie at the bottom, from right to left."""
    large, *small = preset(MixMode.FLOATING, 4)
    assert large == Box(Fraction(0), Fraction(0), ONE, ONE)
    assert [(box.right, box.bottom) for box in small] == [(1, 1), (Fraction(3, 4), 1), (Fraction(1, 2), 1)]


@pytest.mark.parametrize("mode", PRESETS)
def test_neighbours_share_their_pixels_edges(mode: MixMode) -> None:
    """Edges that are equal as fractions are equal in pixels, on a canvas that nothing divides."""
    for streams in (4, 9, 25):
        boxes = preset(mode, streams)
        pixels = [box.pixels(854, 478) for box in boxes]
        edges = {box.left: left for box, (left, _, _, _) in zip(boxes, pixels, strict=True)}
        assert all(edges.get(box.right, right) == right for box, (_, _, right, _) in zip(boxes, pixels, strict=True))


def test_edges_round_half_up() -> None:
    """Half a pixel goes up."""
    assert Box(Fraction(1, 2), Fraction(1, 4), ONE, ONE).pixels(5, 2) == (3, 1, 5, 2)


def test_custom_has_no_preset() -> None:
    """MixMode 1 takes its windows from the request."""
    with pytest.raises(ValueError, match="no preset"):
        preset(MixMode.CUSTOM, 4)
