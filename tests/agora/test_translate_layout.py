"""Layouts, neutral to wire: presets, regions, stacking, and what an update sends again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planned import Planner, revealed, verdicts
from recorder_core import Custom, Floating, Grid, Recording, Spotlight
from recorder_core.geometry import regions

APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"
PLANNER = Planner("agora")
NATIVE = {"cname": "lesson-42", "uid": "900001", "resourceId": "res/1", "sid": "sid-1", "mode": "mix"}
IMAGE = {"url": "https://e.com/p.jpg"}


def sent(**fields: Any) -> Any:
    """transcodingConfig of start."""
    client = revealed(PLANNER(**fields).request("start").payload)["clientRequest"]
    return client["recordingConfig"]["transcodingConfig"]


def region(x: float, y: float, width: float, height: float, **more: Any) -> dict[str, Any]:
    return {"x": x, "y": y, "width": width, "height": height, **more}


def custom(*given: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "custom", "regions": given, **more}


@pytest.mark.parametrize(
    ("layout", "wire"),
    [
        ({"kind": "grid"}, {"mixedVideoLayout": 1}),
        ({"kind": "grid", "fit": "cover"}, {"mixedVideoLayout": 1}),
        ({"kind": "floating"}, {"mixedVideoLayout": 0}),
        ({"kind": "spotlight", "participant": 1001}, {"mixedVideoLayout": 2, "maxResolutionUid": "1001"}),
    ],
)
def test_presets_that_the_vendor_has(layout: dict[str, Any], wire: dict[str, Any]) -> None:
    """They go out as the vendor's own, exactly."""
    assert PLANNER(layout=layout).findings == ()
    found = sent(layout=layout)
    assert {key: found[key] for key in found if key in ("mixedVideoLayout", "maxResolutionUid")} == wire
    assert "layoutConfig" not in found


@pytest.mark.parametrize(
    ("layout", "neutral"),
    [
        ({"kind": "grid", "fit": "contain", "windows": 4}, Grid(fit="contain")),
        ({"kind": "floating", "participant": "7", "windows": 4}, Floating("7")),
        ({"kind": "floating", "fit": "contain", "windows": 4}, Floating(fit="contain")),
        ({"kind": "spotlight", "windows": 4}, Spotlight()),
        ({"kind": "spotlight", "participant": "7", "side": "bottom", "windows": 4}, Spotlight("7", side="bottom")),
        ({"kind": "spotlight", "participant": "7", "fit": "contain", "windows": 4}, Spotlight("7", fit="contain")),
    ],
)
def test_presets_that_it_lacks_are_synthesised(layout: dict[str, Any], neutral: Any) -> None:
    """They go out as its custom layout, in the places of the neutral geometry, as one approximation."""
    assert PLANNER.found(layout=layout) == {"layout": APPROXIMATED}
    found = sent(layout=layout)
    assert found["mixedVideoLayout"] == 3
    assert [
        (
            window.get("uid"),
            window["x_axis"],
            window["y_axis"],
            window["width"],
            window["height"],
            window["render_mode"],
        )
        for window in found["layoutConfig"]
    ] == [
        (window.participant, window.x, window.y, window.width, window.height, 1 if neutral.fit == "contain" else 0)
        for window in regions(neutral, 4)
    ]


@pytest.mark.parametrize(
    ("fields", "windows"),
    [
        ({"layout": {"kind": "spotlight", "windows": 3}}, 3),
        ({"expected_participants": 5}, 5),
        ({"expected_participants": 40}, 17),
        ({}, 17),
    ],
)
def test_how_many_windows_a_synthesised_preset_has(fields: dict[str, Any], windows: int) -> None:
    """As asked, else as expected, else the vendor's most, so that nobody is lost."""
    found = sent(**{"layout": {"kind": "spotlight"}, **fields})
    assert len(found["layoutConfig"]) == windows


ELSEWHERE = ("large", "hidden")


@pytest.mark.parametrize(
    ("layout", "found"),
    [
        ({"kind": "grid", "windows": 4}, {"layout.windows": APPROXIMATED}),
        ({"kind": "grid", "fit": "contain", "windows": 18}, {"layout": APPROXIMATED, "layout.windows": UNSUPPORTED}),
        ({"kind": "grid", "fit": "stretch"}, {"layout": APPROXIMATED, "layout.fit": UNSUPPORTED}),
        ({"kind": "spotlight", "participant": "anna"}, {"layout.participant": UNSUPPORTED}),
        ({"kind": "spotlight", "follows": "speaker"}, {"layout": APPROXIMATED, "layout.follows": UNSUPPORTED}),
        ({"kind": "floating", "follows": "speaker"}, {"layout.follows": UNSUPPORTED}),
        *(({"kind": kind, "screen_share": "window"}, {}) for kind in ("grid", "floating")),
        *(({"kind": "grid", "screen_share": share}, {"layout.screen_share": UNSUPPORTED}) for share in ELSEWHERE),
        ({"kind": "floating", "participant": "anna"}, {"layout": APPROXIMATED, "layout.participant": UNSUPPORTED}),
        (custom(region(0, 0, 1, 1, participant="anna")), {"layout.regions.0.participant": UNSUPPORTED}),
        (custom(region(0, 0, 1, 1, fit="stretch")), {"layout.regions.0.fit": UNSUPPORTED}),
        (custom(region(0, 0, 1, 1, participant="7", content="screen")), {"layout.regions.0.content": UNSUPPORTED}),
        (custom(*[region(index / 20, 0, 0.05, 1) for index in range(18)]), {"layout.regions": UNSUPPORTED}),
        (
            {"kind": "grid", "background": {"image": {**IMAGE, "fit": "contain"}}},
            {"layout.background.image.fit": APPROXIMATED},
        ),
        ({"kind": "grid", "placeholders": {"anna": IMAGE}}, {"layout.placeholders.anna": UNSUPPORTED}),
        (
            {"kind": "grid", "placeholders": {"*": {**IMAGE, "fit": "contain"}}},
            {"layout.placeholders.*": APPROXIMATED, "layout.placeholders.*.fit": APPROXIMATED},
        ),
        (
            {"kind": "grid", "placeholders": {"7": {**IMAGE, "fit": "stretch"}}},
            {"layout.placeholders.7": APPROXIMATED, "layout.placeholders.7.fit": UNSUPPORTED},
        ),
    ],
    ids=str,
)
def test_what_the_vendor_cannot_lay_out(layout: dict[str, Any], found: dict[str, str]) -> None:
    """Each part by its path, and nothing else."""
    assert PLANNER.found(layout=layout) == found


def test_seventeen_regions_are_taken() -> None:
    """The vendor's most is no finding."""
    layout = custom(*[region(index / 20, 0, 0.05, 1) for index in range(17)])
    assert PLANNER(layout=layout).findings == ()
    assert len(sent(layout=layout)["layoutConfig"]) == 17


def test_a_fit_that_is_dropped_loses_no_region() -> None:
    """Where the caller accepts the loss, the region and the image are cropped, and stay."""
    layout = custom(
        region(0, 0, 0.5, 1, participant="7", fit="stretch"),
        region(0.5, 0, 0.5, 1),
        placeholders={"7": {**IMAGE, "fit": "stretch"}},
    )
    plan = PLANNER(layout=layout)
    assert plan.lost(warn=True) == ("layout.placeholders.7.fit", "layout.regions.0.fit")
    found = sent(layout=layout)
    assert [(window.get("uid"), window["render_mode"]) for window in found["layoutConfig"]] == [("7", 0), (None, 0)]
    assert [image["render_mode"] for image in found["backgroundConfig"]] == [0]


# --- stacking ---


BACK = region(0, 0, 1, 1, participant="1")
FRONT = region(0.7, 0.7, 0.3, 0.3, participant="2", z=1)


def test_regions_that_do_not_overlap_keep_their_order() -> None:
    """List order is join order, and z says nothing where nothing overlaps."""
    layout = custom(region(0, 0, 0.5, 1, participant="1", z=9), region(0.5, 0, 0.5, 1, participant="2"))
    assert PLANNER(layout=layout).findings == ()
    assert [window["uid"] for window in sent(layout=layout)["layoutConfig"]] == ["1", "2"]


def test_an_overlap_in_list_order_is_approximated() -> None:
    """The vendor doesn't say which of two is on top."""
    assert PLANNER.found(layout=custom(BACK, FRONT)) == {"layout.regions.1": APPROXIMATED}
    assert [window["uid"] for window in sent(layout=custom(BACK, FRONT))["layoutConfig"]] == ["1", "2"]


def test_an_overlap_against_the_list_is_reordered_where_all_are_named() -> None:
    """The order doesn't matter to who is named, so the back goes out first; equal depths keep their order."""
    beside = region(0, 0, 0.2, 0.2, participant="3", z=1)
    layout = custom(FRONT, beside, BACK)
    assert PLANNER.found(layout=layout) == {"layout.regions.2.z": APPROXIMATED}
    assert [window["uid"] for window in sent(layout=layout)["layoutConfig"]] == ["1", "2", "3"]


def test_an_overlap_against_the_list_cannot_be_had_without_names() -> None:
    """Reordering would give an unnamed window to somebody else."""
    unnamed = {key: value for key, value in BACK.items() if key != "participant"}
    assert PLANNER.found(layout=custom(FRONT, unnamed)) == {"layout.regions.1.z": UNSUPPORTED}


# --- geometry ---


@st.composite
def cuts(draw: st.DrawFn) -> list[float]:
    parts = draw(st.integers(2, 2000))
    inner = draw(st.lists(st.integers(1, parts - 1), min_size=1, max_size=3, unique=True))
    return [0.0, *sorted(cut / parts for cut in inner), 1.0]


@given(cuts(), cuts())
def test_neighbouring_regions_share_their_edges(columns: list[float], rows: list[float]) -> None:
    """Six decimals on the wire; where one region ends the next begins, and none leaves the canvas."""
    table = [
        [region(left, top, right - left, bottom - top) for left, right in pairwise(columns)]
        for top, bottom in pairwise(rows)
    ]
    windows = sent(layout=custom(*[cell for row in table for cell in row]))["layoutConfig"]
    width = len(columns) - 1
    for index, window in enumerate(windows):
        for start, side in (("x_axis", "width"), ("y_axis", "height")):
            assert window[start] == round(window[start], 6)
            assert window[side] == round(window[side], 6)
            assert 0 <= window[start] < window[start] + window[side] <= 1
        if (index + 1) % width:
            assert round(window["x_axis"] + window["width"], 6) == windows[index + 1]["x_axis"]
        else:
            assert window["x_axis"] + window["width"] == 1
        if index + width < len(windows):
            assert round(window["y_axis"] + window["height"], 6) == windows[index + width]["y_axis"]
        else:
            assert window["y_axis"] + window["height"] == 1


# --- updates ---


@pytest.fixture
def recording() -> Recording:
    layout = {
        "kind": "grid",
        "background": {"color": "#102030", "image": {"url": "https://e.com/b.jpg"}},
        "placeholders": {"*": {"url": "https://e.com/q.jpg"}, "7": IMAGE},
    }
    return PLANNER.recording(NATIVE, layout=layout)


def test_an_update_sends_again_what_it_leaves_out(recording: Recording) -> None:
    """The vendor replaces the whole layout: what is omitted would return to its default."""
    plan = PLANNER.layout_change(recording, Spotlight("7"))
    assert verdicts(plan) == {"layout.placeholders.*": APPROXIMATED, "layout.placeholders.7": APPROXIMATED}
    (request,) = plan.requests
    assert request.url.endswith("/resourceid/res%2F1/sid/sid-1/mode/mix/updateLayout")
    assert revealed(request.payload) == {
        "cname": "lesson-42",
        "uid": "900001",
        "clientRequest": {
            "mixedVideoLayout": 2,
            "maxResolutionUid": "7",
            "backgroundColor": "#102030",
            "backgroundImage": "https://e.com/b.jpg",
            "defaultUserBackgroundImage": "https://e.com/q.jpg",
            "backgroundConfig": [{"uid": "7", "image_url": "https://e.com/p.jpg", "render_mode": 0}],
        },
    }


def test_an_update_changes_what_it_gives(recording: Recording) -> None:
    """A new background takes the old one's place; an empty mapping takes the images away."""
    layout = Custom(regions=[region(0, 0, 1, 1, participant="7")], background={"color": "#ffffff"}, placeholders={})
    (request,) = PLANNER.layout_change(recording, layout).requests
    client = revealed(request.payload)["clientRequest"]
    assert client["backgroundColor"] == "#ffffff"
    assert client["backgroundImage"] == "https://e.com/b.jpg"
    assert not {"defaultUserBackgroundImage", "backgroundConfig"} & client.keys()


def test_an_update_makes_as_many_windows_as_the_start() -> None:
    """A preset that is synthesised has the windows that the spec expected, after a change too."""
    recording = PLANNER.recording({**NATIVE, "expected_participants": 5}, expected_participants=5)
    (request,) = PLANNER.layout_change(recording, Spotlight(side="right")).requests
    assert len(request.body["clientRequest"]["layoutConfig"]) == 5


def test_an_update_to_what_the_vendor_lacks_sends_nothing(recording: Recording) -> None:
    """A region's participant is never dropped, so that there is no request to send."""
    plan = PLANNER.layout_change(recording, Custom(regions=[region(0, 0, 1, 1, participant="anna")]))
    assert plan.requests == ()
    assert plan.resolved is None


def test_a_synthesised_floating_layout_tells_the_doubt_about_its_stacking() -> None:
    """Its windows overlap, and no page of the vendor's says which is on top; a spotlight's don't."""
    plan = Planner("agora")
    (floating,) = plan(layout={"kind": "floating", "participant": "7"}).findings
    (spotlight,) = plan(layout={"kind": "spotlight", "participant": "7", "side": "right"}).findings
    assert "on top" in floating.instead
    assert "on top" not in spotlight.instead
