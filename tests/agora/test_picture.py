"""Previews: what is read from the planned request is what the vendor records."""

from __future__ import annotations

from typing import Any

import pytest

from planned import Planner
from previewed import boxes, check_recording, picture
from recorder_core import UnsupportedOperation, pinned

PEOPLE = tuple(str(1001 + number) for number in range(17))
CANVAS = {"width": 640, "height": 360}
STAGE = [
    {"participant": "1002", "x": 0.05, "y": 0.1, "width": 0.6, "height": 0.8},
    {"x": 0.5, "y": 0.5, "width": 0.45, "height": 0.45, "opacity": 0.5},
    {"x": 0.7, "y": 0.02, "width": 0.28, "height": 0.4, "fit": "contain"},
]
LAYOUTS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "grid": ({"kind": "grid"}, (1, 2, 3, 5, 10, 17)),
    "floating": ({"kind": "floating"}, (1, 2, 5, 6, 17)),
    "spotlight": ({"kind": "spotlight", "participant": "1002"}, (1, 2, 5, 6, 8, 10, 17)),
    "spotlight that is synthesised": ({"kind": "spotlight", "side": "top", "windows": 8}, (1, 2, 8, 9)),
    "custom": ({"kind": "custom", "regions": STAGE, "background": {"color": "#20304a"}}, (1, 2, 3, 4)),
    "pinned": (pinned(5).model_dump(), (2, 5, 6)),
}


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("agora")


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_preview_is_what_is_recorded(plan: Planner, name: str) -> None:
    """At every count, centres and both sides of all edges have the same colour in the decoded recording."""
    layout, counts = LAYOUTS[name]
    check_recording(plan, PEOPLE, counts, layout=layout, video=CANVAS, output={"formats": ["hls", "mp4"]})


def test_windows_of_a_custom_layout(plan: Planner) -> None:
    """Pixels of the canvas, fit and opacity of each region; who has none is missing, an empty one is nobody's."""
    custom = {"kind": "custom", "regions": STAGE, "background": {"color": "#20304a"}}
    made = picture(plan, ("1001", "1002", "1003", "1004"), layout=custom, video=CANVAS)
    assert (made.width, made.height, made.color) == (640, 360, "#20304a")
    assert boxes(made) == [
        ("1002", 32, 36, 416, 324),
        ("1001", 320, 180, 608, 342),
        ("1003", 448, 7, 627, 151),
    ]
    assert [(w.fit, w.opacity, w.bars) for w in made.windows] == [
        ("cover", 1, None),
        ("cover", 0.5, None),
        ("contain", 1, None),
    ]
    assert made.missing == ("1004",)
    sparse = picture(plan, ("1001",), layout=custom, video=CANVAS)
    assert [(w.participant, w.is_seen) for w in sparse.windows] == [("1002", False), ("1001", True), (None, False)]


def test_who_is_excluded_is_missing(plan: Planner) -> None:
    """Whose video isn't subscribed takes no window; the others move up."""
    made = picture(
        plan, ("1001", "1002", "1003"), layout={"kind": "grid"}, participants={"video": {"exclude": ["1001"]}}
    )
    assert [window.participant for window in made.windows] == ["1002", "1003"]
    assert made.missing == ("1001",)


def test_a_large_window_waits_for_its_participant(plan: Planner) -> None:
    """The spotlight's window is theirs while they aren't there."""
    made = picture(plan, ("1001",), layout={"kind": "spotlight", "participant": "1002"})
    assert [(w.participant, w.is_seen) for w in made.windows] == [("1002", False), ("1001", True)]


def test_strangers_have_windows(plan: Planner) -> None:
    """People whom a preview makes up, and whose names are no uids, take their places as everybody does."""
    made = picture(plan, ("#1", "#2"), layout={"kind": "grid"})
    assert [(w.participant, w.is_seen) for w in made.windows] == [("#1", True), ("#2", True)]


def test_the_background_image(plan: Planner) -> None:
    """Its address is told, and nothing is fetched."""
    image = {"url": "https://example.com/board.jpg"}
    assert picture(plan, (), layout={"kind": "grid", "background": {"image": image}}).image == image["url"]


def test_secrets_of_the_request_are_in_no_way(plan: Planner) -> None:
    """The body's other parts are masked in a plan, and aren't needed."""
    encryption = {"cipher": "aes_128_gcm2", "secret": "key-of-the-room", "salt": "A" * 43 + "="}
    assert len(picture(plan, ("1",), encryption=encryption, options={"token": "t", "uid": "5"}).windows) == 1


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ({"clientRequest": {"recordingConfig": {"transcodingConfig": {"depth": 3}}}}, "doesn't document"),
        ({"clientRequest": {"recordingConfig": 7}}, r"without clientRequest\.recordingConfig"),
    ],
)
def test_an_extra_body_may_hide_the_picture(plan: Planner, extra: dict[str, Any], why: str) -> None:
    """What goes out unchecked may be unreadable; then that is said."""
    with pytest.raises(UnsupportedOperation, match=why):
        picture(plan, ("1",), options={"extra_body": extra})


def test_what_is_no_composed_recording_has_no_picture(plan: Planner) -> None:
    """Neither has the plan of a layout change, which doesn't tell the canvas."""
    for fields in ({"media": "audio"}, {"mode": "individual"}):
        with pytest.raises(UnsupportedOperation):
            picture(plan, ("1",), **fields)
    native = {"cname": "lesson-42", "uid": "1", "resourceId": "r", "sid": "s", "mode": "mix"}
    change = plan.layout_change(plan.recording(native), pinned(2))
    with pytest.raises(UnsupportedOperation, match="layout change"):
        plan.provider.picture(change, ("1",))
