"""Previews: what is read from the planned request is what the vendor records."""

from __future__ import annotations

from typing import Any

import pytest

from planned import Planner
from previewed import boxes, check_recording, picture
from recorder_core import PlacedClock, PlacedImage, UnsupportedOperation, pinned

PEOPLE = tuple(str(1001 + number) for number in range(25))
CANVAS = {"width": 640, "height": 360}
STAGE = [
    {"participant": "1002", "x": 0.05, "y": 0.1, "width": 0.6, "height": 0.8, "z": 1},
    {"x": 0.5, "y": 0.5, "width": 0.45, "height": 0.45},
    {"x": 0.7, "y": 0.02, "width": 0.28, "height": 0.4, "fit": "contain"},
]
LAYOUTS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "grid": ({"kind": "grid"}, (1, 2, 3, 5, 10, 17, 25)),
    "grid that is contained": ({"kind": "grid", "fit": "contain"}, (1, 2, 5)),
    "floating": ({"kind": "floating"}, (1, 2, 5, 6, 17)),
    "spotlight": ({"kind": "spotlight", "participant": "1002"}, (1, 2, 5, 6, 10, 17, 25)),
    "spotlight at the bottom": ({"kind": "spotlight", "side": "bottom"}, (1, 2, 6, 10)),
    "spotlight that is synthesised": ({"kind": "spotlight", "side": "top", "windows": 8}, (1, 2, 8, 9)),
    "custom": ({"kind": "custom", "regions": STAGE, "background": {"color": "#20304a"}}, (1, 2, 3, 4)),
    "pinned": (pinned(5).model_dump(), (2, 5, 6)),
}
BOARD = {"aspect": "4:3", "id": "board-1", "background": "#c0d0e0"}


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("zegocloud")


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_preview_is_what_is_recorded(plan: Planner, name: str) -> None:
    """At every count, centres and both sides of all edges have the same colour in the decoded recording."""
    layout, counts = LAYOUTS[name]
    check_recording(plan, PEOPLE, counts, layout=layout, video=CANVAS, output={"formats": ["mp4"]})


def test_windows_of_a_custom_layout(plan: Planner) -> None:
    """Pixels of the canvas, painted by layer; who has none is missing, an empty one is nobody's."""
    custom = {"kind": "custom", "regions": STAGE, "background": {"color": "#A0304a"}}
    made = picture(plan, ("1001", "1002", "1003", "1004"), layout=custom, video=CANVAS)
    assert (made.width, made.height, made.color) == (640, 360, "#a0304a")
    assert boxes(made) == [
        ("1001", 320, 180, 608, 342),
        ("1003", 448, 7, 627, 151),
        ("1002", 32, 36, 416, 324),
    ]
    assert [(w.fit, w.bars) for w in made.windows] == [("cover", None), ("contain", "#000000"), ("cover", None)]
    assert made.missing == ("1004",)
    sparse = picture(plan, ("1001",), layout=custom, video=CANVAS)
    assert [(w.participant, w.is_seen) for w in sparse.windows] == [("1001", True), (None, False), ("1002", False)]


def test_windows_are_bound_to_streams_and_show_participants(plan: Planner) -> None:
    """Whatever the application calls its streams, the preview tells who it is, there or not."""
    custom = {"kind": "custom", "regions": STAGE[:2]}
    options = {"stream_id": "{room}_{participant}_main"}
    made = picture(plan, ("1001", "1002"), layout=custom, options=options)
    assert [w.participant for w in made.windows] == ["1001", "1002"]
    sparse = picture(plan, (), layout=custom, options=options)
    assert [(w.participant, w.is_seen) for w in sparse.windows] == [(None, False), ("1002", False)]


def test_shared_screens(plan: Planner) -> None:
    """A window for somebody's screen shows it, beside the one for their camera."""
    regions = [
        {"participant": "1001", "content": "screen", "x": 0, "y": 0, "width": 0.5, "height": 1},
        {"participant": "1001", "x": 0.5, "y": 0, "width": 0.5, "height": 1},
    ]
    made = picture(
        plan,
        ("1001", "#2"),
        layout={"kind": "custom", "regions": regions},
        options={"screen_stream_id": "{participant}_screen"},
    )
    assert [(w.participant, w.content, w.is_seen) for w in made.windows] == [
        ("1001", "screen", True),
        ("1001", "participant", True),
    ]
    assert made.missing == ("#2",)


def test_whose_sound_alone_is_recorded(plan: Planner) -> None:
    """They have a window in which the background shows, and are missing."""
    made = picture(plan, ("1001", "1002"), layout={"kind": "grid"}, participants={"video": {"exclude": ["1001"]}})
    assert [(w.participant, w.is_seen) for w in made.windows] == [("1001", False), ("1002", True)]
    assert made.missing == ("1001",)


@pytest.mark.parametrize(
    ("layout", "windows"),
    [
        ({"kind": "grid"}, [("whiteboard", None), ("participant", "1001")]),
        ({"kind": "spotlight"}, [("whiteboard", None), ("participant", "1001")]),
        (
            {
                "kind": "custom",
                "regions": [
                    {"x": 0, "y": 0, "width": 0.5, "height": 1},
                    {"content": "whiteboard", "x": 0.5, "y": 0, "width": 0.5, "height": 1},
                ],
            },
            [("participant", "1001"), ("whiteboard", None)],
        ),
    ],
)
def test_the_whiteboard(plan: Planner, layout: dict[str, Any], windows: list[tuple[str, str | None]]) -> None:
    """It has the first, the large or its own window, in its own shape and colour."""
    made = picture(plan, ("1001",), layout=layout, whiteboard=BOARD)
    assert [(w.content, w.participant) for w in made.windows] == windows
    (board,) = (w for w in made.windows if w.content == "whiteboard")
    assert (board.color, board.aspect, board.fit, board.is_seen) == ("#c0d0e0", 4 / 3, "contain", True)


def test_a_whiteboard_that_is_not_open(plan: Planner) -> None:
    """Without an id it has its window, and isn't seen."""
    made = picture(plan, ("1001",), layout={"kind": "spotlight"}, whiteboard={"aspect": "16:9"})
    assert [(w.content, w.is_seen) for w in made.windows] == [("whiteboard", False), ("participant", True)]


def test_watermarks_and_background_image(plan: Planner) -> None:
    """An image's rectangle and address, and where the clock is; nothing is fetched."""
    board, logo = "https://example.com/board.jpg", "https://example.com/logo.png"
    made = picture(
        plan,
        (),
        video=CANVAS,
        layout={"kind": "grid", "background": {"image": {"url": board}}},
        watermarks=[
            {"kind": "image", "url": logo, "x": 0.9, "y": 0, "width": 0.1, "height": 0.1},
            {"kind": "clock", "font_size": 20},
        ],
    )
    assert made.image == board
    assert made.watermarks == (
        PlacedImage(left=576, top=0, right=640, bottom=36, url=logo),
        PlacedClock(right=640, top=0, font_size=20),
    )


def test_an_extra_body_may_hide_the_picture(plan: Planner) -> None:
    """What goes out unchecked may be unreadable; then that is said."""
    with pytest.raises(UnsupportedOperation, match="doesn't document"):
        picture(plan, ("1",), options={"extra_body": {"RecordInputParams": {"MixConfig": {"Depth": 3}}}})


def test_what_is_no_composed_recording_has_no_picture(plan: Planner) -> None:
    """Neither has the plan of a layout change, which doesn't tell the canvas."""
    for fields in ({"media": "audio", "output": {"formats": ["mp3"]}}, {"mode": "individual"}):
        with pytest.raises(UnsupportedOperation):
            picture(plan, ("1",), **fields)
    native = {"TaskId": "t", "stream_id": "{participant}", "FillMode": 1}
    change = plan.layout_change(plan.recording(native), pinned(2))
    with pytest.raises(UnsupportedOperation, match="layout change"):
        plan.provider.picture(change, ("1",))
