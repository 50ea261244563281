"""Where the vendor's own layouts put their windows: the numbers of "On-Cloud Recording" (Tencent Cloud, 2024-04-26)."""

from __future__ import annotations

import pytest

from recorder_trtc.geometry import preset
from recorder_trtc.picture import places
from recorder_trtc.wire.layout import Layout, LayoutWindow
from recorder_trtc.wire.values import MixLayoutMode, RenderMode, StreamId

CANVAS = (1000, 1000)


def boxes(mode: MixLayoutMode, windows: int, *, align_right: bool = False) -> list[tuple[int, int, int, int]]:
    return [box.pixels(*CANVAS) for box in preset(mode, windows, align_right=align_right)]


@pytest.mark.parametrize(
    ("windows", "columns", "rows"),
    [(1, 1, 1), (2, 2, 1), (3, 2, 2), (5, 3, 3), (9, 3, 3), (10, 4, 4), (17, 5, 5), (25, 5, 5)],
)
def test_a_grid_grows(windows: int, columns: int, rows: int) -> None:
    """One, two halves, then as many rows as columns; in rows from the top left."""
    made = boxes(MixLayoutMode.GRID, windows)
    width, height = 1000 // columns, 1000 // rows
    assert made[0] == (0, 0, pytest.approx(width, abs=1), pytest.approx(height, abs=1))
    assert len(made) == windows
    last = divmod(windows - 1, columns)
    assert made[-1][:2] == (pytest.approx(last[1] * width, abs=3), pytest.approx(last[0] * height, abs=3))


@pytest.mark.parametrize(("windows", "size", "gap", "per_row"), [(17, 235, 12, 4), (18, 188, 10, 5)])
def test_a_floating_layout(windows: int, size: int, gap: int, per_row: int) -> None:
    """Small windows of a stated size, with stated gaps and margins, from the bottom left, upwards."""
    whole, first, second, *others = boxes(MixLayoutMode.FLOATING, windows)
    assert whole == (0, 0, 1000, 1000)
    assert first == (gap, 1000 - gap - size, gap + size, 1000 - gap)
    assert second == (2 * gap + size, first[1], 2 * (gap + size), first[3])
    above = others[per_row - 2]
    assert above == (first[0], first[1] - gap - size, first[2], first[1] - gap)
    assert max(box[2] for box in boxes(MixLayoutMode.FLOATING, windows)[1:]) == 1000 - gap


@pytest.mark.parametrize(
    ("windows", "large", "small"),
    [
        (5, (800, 1000), (200, 250)),
        (7, (857, 1000), (143, 167)),
        (9, (889, 1000), (111, 125)),
        (17, (800, 1000), (100, 125)),
        (25, (800, 875), (100, 125)),
    ],
)
def test_a_screen_sharing_layout(windows: int, large: tuple[int, int], small: tuple[int, int]) -> None:
    """The large window's and the small ones' sizes; nothing overlaps, nothing leaves the canvas."""
    made = boxes(MixLayoutMode.SCREEN_SHARING, windows)
    assert made[0] == (0, 0, *large)
    assert all(
        (right - left, bottom - top) == (pytest.approx(small[0], abs=1), pytest.approx(small[1], abs=1))
        for left, top, right, bottom in made[1:]
    )
    assert all(0 <= left < right <= 1000 and 0 <= top < bottom <= 1000 for left, top, right, bottom in made)
    pairs = [(one, other) for index, one in enumerate(made) for other in made[:index]]
    assert not [
        1 for one, other in pairs if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]
    right = boxes(MixLayoutMode.SCREEN_SHARING, windows, align_right=True)
    assert [(1000 - box[2], box[1], 1000 - box[0], box[3]) for box in right] == made


def test_a_custom_layout_has_no_windows_of_its_own() -> None:
    """And nobody needs none."""
    with pytest.raises(ValueError, match="no windows of its own"):
        preset(MixLayoutMode.CUSTOM, 3)
    assert preset(MixLayoutMode.GRID, 0) == ()


def test_who_is_large() -> None:
    """Floating: the first, or who is named, whose window stays empty without them. Screen sharing: who is named."""
    floating, sharing = Layout(MixLayoutMode=MixLayoutMode.FLOATING), Layout(MixLayoutMode=MixLayoutMode.SCREEN_SHARING)
    named = floating.model_copy(update={"MaxResolutionUserId": "b"})
    assert [place.user for place in places(floating, CANVAS, ["a", "b"])] == ["a", "b"]
    assert [place.user for place in places(named, CANVAS, ["a", "b"])] == ["b", "a"]
    assert [place.user for place in places(named, CANVAS, ["a", "c"])] == [None, "a", "c"]
    assert [place.user for place in places(sharing, CANVAS, ["a", "b"])] == [None, "a", "b"]
    assert places(floating, CANVAS, []) == []


def test_who_has_which_window() -> None:
    """Named ones are kept; the others are filled in join order; screens by their owner alone; painted by layer."""

    def window(**fields: object) -> LayoutWindow:
        return LayoutWindow.model_validate({"Top": 0, "Left": 0, "Width": 10, "Height": 10, **fields})

    windows = [
        window(ImageLayer=2),
        window(UserId="b", RenderMode=RenderMode.FIT),
        window(UserId="b", MediaId=StreamId.AUXILIARY),
        window(UserId="gone", ImageLayer=-1),
        window(ImageLayer=2),
    ]
    layout = Layout(MixLayoutMode=MixLayoutMode.CUSTOM, MixLayoutList=windows)
    found = places(layout, CANVAS, ["a", "b", "c"], sharing=["b"])
    assert [(place.user, place.bound, place.stream) for place in found] == [
        (None, "gone", StreamId.MAIN),
        ("b", "b", StreamId.MAIN),
        ("b", "b", StreamId.AUXILIARY),
        ("a", None, StreamId.MAIN),
        ("c", None, StreamId.MAIN),
    ]
