"""What a preview is made of: who is in the room, what a picture tells of itself, and when there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from recorder_core import (
    Custom,
    Floating,
    Grid,
    Picture,
    PlacedClock,
    PlacedImage,
    PlacedWindow,
    Plan,
    PlannedRequest,
    Recorder,
    RecordingSpec,
    Region,
    Spotlight,
    UnsupportedOperation,
)
from recorder_core.preview import MOST_PEOPLE, composing, page_of, people

Spec = Callable[..., RecordingSpec]


def region(participant: str | None = None, **more: Any) -> Region:
    return Region(participant=participant, x=0, y=0, width=1, height=1, **more)


def plan_of(spec: RecordingSpec | None, *requests: PlannedRequest) -> Plan:
    return Plan("memory", requests, (), spec and spec.resolved())


def test_everybody_whom_a_spec_names_is_named_once(spec: Spec) -> None:
    """The layout's people come first, then who is selected, who has a placeholder, who is excluded."""
    image = {"url": "https://example.com/off.jpg"}
    made = spec(
        layout=Custom(
            regions=(region("3"), region(), region("1"), region("3", content="screen")),
            placeholders={"*": image, "5": image},
        ),
        participants={"video": {"include": ["4", "1"]}, "audio": {"exclude": ["9"]}},
    )
    assert made.named_participants == ("3", "1", "4", "5", "9")
    assert spec(layout=Spotlight("7")).named_participants == ("7",)
    assert spec().named_participants == ()


@pytest.mark.parametrize(
    ("fields", "count", "expected"),
    [
        ({}, None, ("#1", "#2", "#3", "#4", "#5")),
        ({}, 2, ("#1", "#2")),
        ({}, 0, ()),
        ({"expected_participants": 3}, None, ("#1", "#2", "#3")),
        ({"layout": Floating("8")}, 3, ("8", "#2", "#3")),
        ({"layout": Custom(regions=(region("8"), region()))}, None, ("8", "#2")),
        ({"layout": Custom(regions=(region("8"), region("6"))), "expected_participants": 1}, None, ("8", "6")),
        ({"layout": Custom(regions=(region("8"), region("6")))}, 1, ("8",)),
        ({"layout": Spotlight("#2")}, 3, ("#2", "##2", "#3")),
    ],
)
def test_who_is_in_the_room(spec: Spec, fields: dict[str, Any], count: int | None, expected: tuple[str, ...]) -> None:
    """Whom the spec names, then strangers by their place; as many as are asked for, expected or have a region."""
    assert people(spec(**fields), count) == expected


def test_a_room_has_a_limit(spec: Spec) -> None:
    """Who expects a million gets a picture all the same."""
    assert len(people(spec(expected_participants=1_000_000))) == MOST_PEOPLE


def test_who_is_missing_and_in_which_place_somebody_joined() -> None:
    """Missing is who is in the room and in no window that shows them; whoever isn't there has no place."""
    box = {"left": 0, "top": 0, "right": 10, "bottom": 10}
    picture = Picture(
        width=10,
        height=10,
        participants=("1", "2", "3"),
        windows=(
            PlacedWindow(**box, participant="2"),
            PlacedWindow(**box, participant="3", is_seen=False),
            PlacedWindow(**box, participant="4", is_seen=False),
            PlacedWindow(**box, is_seen=False),
        ),
    )
    assert picture.missing == ("1", "3")
    assert [picture.place(window.participant) for window in picture.windows] == [2, 3, None, None]


def test_a_picture_is_plain_json() -> None:
    """Everything in it is dumped, with each window's place."""
    picture = Picture(
        width=320,
        height=180,
        participants=("1",),
        windows=(PlacedWindow(left=0, top=0, right=160, bottom=180, participant="1", opacity=0.5),),
        watermarks=(
            PlacedImage(left=0, top=0, right=10, bottom=10, url="https://example.com/logo.png"),
            PlacedClock(right=320, top=0, font_size=20),
        ),
    )
    dumped = json.loads(json.dumps(picture.dump()))
    (window,) = dumped["windows"]
    assert window == {
        "left": 0,
        "top": 0,
        "right": 160,
        "bottom": 180,
        "participant": "1",
        "place": 1,
        "content": "participant",
        "is_seen": True,
        "fit": "cover",
        "aspect": 16 / 9,
        "bars": None,
        "color": None,
        "opacity": 0.5,
    }
    assert dumped["watermarks"][0]["url"] == "https://example.com/logo.png"
    assert dumped["watermarks"][1] == {"right": 320, "top": 0, "font_size": 20}
    assert (dumped["participants"], dumped["missing"]) == (["1"], [])


def test_the_part_of_a_request_that_describes_the_picture(spec: Spec) -> None:
    """It is found by its keys, as plain JSON, secrets masked."""
    made = spec()
    body = {"config": {"secret": made.storage.secret_key, "layout": {"windows": (1, 2)}}}
    plan = plan_of(made, PlannedRequest("acquire", "POST", "x"), PlannedRequest("start", "POST", "x", body))
    assert composing(plan, "start", "config", "layout") == {"windows": [1, 2]}
    assert "storage-secret" not in str(composing(plan, "start", "config"))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (None, "layout change"),
        ({"mode": "individual"}, "individual recording makes files of every participant"),
        ({"mode": "web", "web_page": {"url": "https://example.com"}}, "web page recording shows the page"),
        ({"media": "audio"}, "only sound is recorded"),
        ({}, "nothing would be sent"),
    ],
)
def test_what_composes_no_picture(spec: Spec, fields: dict[str, Any] | None, why: str) -> None:
    """It is said plainly why there is none, in an error that names the provider."""
    with pytest.raises(UnsupportedOperation, match=why) as raised:
        composing(plan_of(None if fields is None else spec(**fields)), "start")
    assert (raised.value.provider, raised.value.operation) == ("memory", "picture")


@pytest.mark.parametrize("body", [{}, {"config": "masked"}, {"config": {"layout": None}}])
def test_a_request_without_the_part(spec: Spec, body: dict[str, Any]) -> None:
    """A body that something else has replaced is an error with the keys that were looked for."""
    plan = plan_of(spec(), PlannedRequest("start", "POST", "x", body))
    with pytest.raises(UnsupportedOperation, match=r"start would be sent without config\.layout"):
        composing(plan, "start", "config", "layout")


def test_a_provider_that_cannot_tell(recorder: Recorder, spec: Spec) -> None:
    """Pictures are optional for a provider: without them the error says so."""
    plan = recorder.plan(spec(layout=Grid()))
    with pytest.raises(UnsupportedOperation, match="memory can't tell where it will show whom"):
        recorder.provider.picture(plan, ("1",))


def test_the_picture_of_a_page(spec: Spec) -> None:
    """A page fills the canvas of its recording."""
    made = spec(mode="web", web_page={"url": "https://example.com"}, video={"width": 640, "height": 480})
    picture = page_of(made.resolved())
    (window,) = picture.windows
    assert (picture.width, picture.height) == (window.right, window.bottom) == (640, 480)
    assert window.content == "page"
