"""Layouts, neutral to wire: presets, windows in pixels, layers, and what an update can't change."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planned import Planner, revealed, verdicts
from recorder_core import Custom, Floating, Grid, Layout, Plan, Recording, Spotlight
from recorder_core.geometry import MICRO, edges, pixels, regions
from recorder_zegocloud.config import ZegocloudOptions
from recorder_zegocloud.translate.layout import color_number
from recorder_zegocloud.translate.update import needed_later

APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"
PLANNER = Planner("zegocloud")
IMAGE = {"url": "https://e.com/p.jpg"}
FEW = {"layout.regions": APPROXIMATED}


def sent(**fields: Any) -> Any:
    """MixConfig of StartRecord."""
    return revealed(PLANNER(**fields).requests[0].payload)["RecordInputParams"]["MixConfig"]


def region(x: float, y: float, width: float, height: float, **more: Any) -> dict[str, Any]:
    return {"x": x, "y": y, "width": width, "height": height, **more}


def custom(*given: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "custom", "regions": given, **more}


@pytest.mark.parametrize(
    ("layout", "wire", "found"),
    [
        ({"kind": "grid"}, {"MixMode": 2, "FillMode": 1}, {}),
        ({"kind": "grid", "fit": "contain"}, {"MixMode": 2, "FillMode": 2}, {}),
        ({"kind": "floating"}, {"MixMode": 5, "FillMode": 1}, {"layout": APPROXIMATED}),
        (
            {"kind": "floating", "participant": "7", "fit": "contain"},
            {"MixMode": 5, "FillMode": 2, "MixMaxResolutionStreamId": "7"},
            {"layout": APPROXIMATED},
        ),
        ({"kind": "spotlight"}, {"MixMode": 4, "FillMode": 1}, {}),
        ({"kind": "spotlight", "participant": "7"}, {"MixMode": 4, "FillMode": 1, "MixMaxResolutionStreamId": "7"}, {}),
        ({"kind": "spotlight", "side": "bottom", "fit": "contain"}, {"MixMode": 3, "FillMode": 2}, {}),
    ],
)
def test_presets_that_the_vendor_has(layout: dict[str, Any], wire: dict[str, Any], found: dict[str, str]) -> None:
    """They go out as the vendor's own."""
    assert PLANNER.found(layout=layout) == found
    mix = sent(layout=layout)
    assert {key: mix[key] for key in mix if key in ("MixMode", "FillMode", "MixMaxResolutionStreamId")} == wire
    assert "MixInputList" not in mix


@pytest.mark.parametrize("side", ["right", "top"])
def test_presets_that_it_lacks_are_synthesised(side: str) -> None:
    """They go out as its custom layout, in the places of the neutral geometry, as one approximation."""
    layout = {"kind": "spotlight", "side": side, "participant": "7", "windows": 4, "fit": "contain"}
    assert PLANNER.found(layout=layout) == {"layout": APPROXIMATED}
    mix = sent(layout=layout)
    assert mix["MixMode"] == 1
    assert "FillMode" not in mix
    expected = [
        {
            **({"StreamId": "7"} if index == 0 else {}),
            "ViewType": 1,
            "Left": pixels(left, 1280),
            "Top": pixels(top, 720),
            "Right": pixels(right, 1280),
            "Bottom": pixels(bottom, 720),
            "Layer": index + 1,
            "FillMode": 2,
        }
        for index, (left, top, right, bottom) in enumerate(
            edges(window.x, window.y, window.width, window.height) for window in regions(Spotlight("7", side=side), 4)
        )
    ]
    assert mix["MixInputList"] == expected


@pytest.mark.parametrize(
    ("fields", "windows"),
    [
        ({"layout": {"kind": "spotlight", "side": "top", "windows": 3}}, 3),
        ({"expected_participants": 5}, 5),
        ({"expected_participants": 40}, 25),
        ({}, 25),
    ],
)
def test_how_many_windows_a_synthesised_preset_has(fields: dict[str, Any], windows: int) -> None:
    """As asked, else as expected, else the vendor's most, so that nobody is lost."""
    assert len(sent(**{"layout": {"kind": "spotlight", "side": "top"}, **fields})["MixInputList"]) == windows


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"layout": {"kind": "grid", "windows": 4}}, {"layout.windows": APPROXIMATED}),
        (
            {"layout": {"kind": "spotlight", "side": "top", "windows": 26}},
            {"layout": APPROXIMATED, "layout.windows": UNSUPPORTED},
        ),
        ({"layout": {"kind": "grid", "fit": "stretch"}}, {"layout.fit": UNSUPPORTED}),
        ({"layout": {"kind": "spotlight", "follows": "speaker"}}, {"layout.follows": UNSUPPORTED}),
        ({"layout": {"kind": "spotlight", "screen_share": "window"}}, {}),
        ({"layout": {"kind": "spotlight", "screen_share": "large"}}, {"layout.screen_share": UNSUPPORTED}),
        ({"layout": {"kind": "grid", "screen_share": "hidden"}}, {"layout.screen_share": UNSUPPORTED}),
        ({"layout": {"kind": "spotlight", "participant": "Anna B"}}, {"layout.participant": UNSUPPORTED}),
        (
            {"layout": custom(region(0, 0, 1, 1, participant="Anna B"))},
            {**FEW, "layout.regions.0.participant": UNSUPPORTED},
        ),
        ({"layout": custom(region(0, 0, 1, 1, fit="stretch"))}, {**FEW, "layout.regions.0.fit": UNSUPPORTED}),
        ({"layout": custom(region(0, 0, 1, 1, opacity=0.5))}, {**FEW, "layout.regions.0.opacity": UNSUPPORTED}),
        (
            {"layout": custom(region(0, 0, 1, 1, participant="7", content="screen"))},
            {**FEW, "layout.regions.0.content": UNSUPPORTED},
        ),
        (
            {
                "layout": custom(region(0, 0, 1, 1, content="whiteboard"), region(0, 0, 1, 0.5, content="whiteboard")),
                "whiteboard": {"aspect": "16:9"},
            },
            {**FEW, "layout.regions.1.content": UNSUPPORTED},
        ),
        (
            {"layout": custom(*[region(index / 30, 0, 1 / 30, 1) for index in range(26)])},
            {"layout.regions": UNSUPPORTED},
        ),
        ({"layout": custom(*[region(index / 30, 0, 1 / 30, 1) for index in range(25)])}, {}),
        (
            {"layout": {"kind": "grid", "background": {"image": {**IMAGE, "fit": "cover"}}}},
            {"layout.background.image.fit": APPROXIMATED},
        ),
        ({"layout": {"kind": "grid", "background": {"image": {**IMAGE, "fit": "stretch"}}}}, {}),
        ({"layout": {"kind": "grid", "placeholders": {"7": IMAGE}}}, {"layout.placeholders.7": UNSUPPORTED}),
        ({"layout": {"kind": "grid", "placeholders": {"*": IMAGE}}}, {"layout.placeholders.*": APPROXIMATED}),
        (
            {"layout": custom(region(0, 0, 1, 1, participant="7"), placeholders={"7": {**IMAGE, "fit": "cover"}})},
            {**FEW, "layout.placeholders.7": APPROXIMATED, "layout.placeholders.7.fit": APPROXIMATED},
        ),
    ],
    ids=str,
)
def test_what_the_vendor_cannot_lay_out(fields: dict[str, Any], found: dict[str, str]) -> None:
    """Each part by its path, and nothing else."""
    assert PLANNER.found(**fields) == found


def test_a_fit_that_is_dropped_loses_no_window() -> None:
    """Where the caller accepts the loss, the window is cropped and the person stays recorded."""
    layout = custom(region(0, 0, 0.5, 1, participant="7", fit="stretch"), region(0.5, 0, 0.5, 1))
    assert PLANNER(layout=layout).lost(warn=True) == ("layout.regions.0.fit",)
    assert [(window.get("StreamId"), window["FillMode"]) for window in sent(layout=layout)["MixInputList"]] == [
        ("7", 1),
        (None, 1),
    ]


def test_the_placeholder_of_everybody_keeps_the_window() -> None:
    """It needs FillBlank and a frame that is filled with nothing; options that say otherwise are unsupported."""
    fields = {"layout": {"kind": "grid", "placeholders": {"*": IMAGE}}}
    inputs = revealed(PLANNER(**fields).requests[0].payload)["RecordInputParams"]
    assert inputs["MixConfig"]["DefaultMixStreamBackgroundImage"] == IMAGE["url"]
    assert (inputs["FillBlank"], inputs["FillFrame"]) == (True, {"FrameFillMode": 3})
    plan = PLANNER(**fields, options={"fill_blank": False, "camera_off": "last_frame"})
    inputs = revealed(plan.requests[0].payload)["RecordInputParams"]
    assert (inputs["FillBlank"], inputs["FillFrame"]) == (True, {"FrameFillMode": 3})
    unsupported = {finding.path for finding in plan.findings if finding.verdict == "unsupported"}
    assert unsupported == {"options.zegocloud.fill_blank", "options.zegocloud.camera_off"}


def test_the_larger_z_is_the_higher_layer() -> None:
    """Layers count from 1; equal depths are stacked in the order of the list, which itself stays."""
    layout = custom(*[region(0, 0, 1, 1, z=z) for z in (5, -1, 5, 0)])
    assert [window["Layer"] for window in sent(layout=layout)["MixInputList"]] == [3, 1, 4, 2]


@pytest.mark.parametrize(("color", "number"), [("#000000", 0), ("#ff8000", 0xFF800000), ("#0000Ff", 0xFF00)])
def test_a_color_is_an_unsigned_number(color: str, number: int) -> None:
    """Red, green and blue above an empty byte."""
    assert color_number(color) == number


# --- geometry ---


@st.composite
def cuts(draw: st.DrawFn) -> list[float]:
    parts = draw(st.integers(2, 2000))
    inner = draw(st.lists(st.integers(1, parts - 1), min_size=1, max_size=3, unique=True))
    return [0.0, *sorted(cut / parts for cut in inner), 1.0]


sides = st.integers(1, 540).map(lambda half: 2 * half)


@given(cuts(), cuts(), sides, sides)
def test_neighbouring_windows_share_their_edges(
    columns: list[float], rows: list[float], width: int, height: int
) -> None:
    """Whole pixels; where one window ends the next begins, and none leaves the canvas."""
    table = [
        [region(left, top, right - left, bottom - top) for left, right in pairwise(columns)]
        for top, bottom in pairwise(rows)
    ]
    layout = custom(*[cell for row in table for cell in row])
    windows = sent(layout=layout, video={"width": width, "height": height})["MixInputList"]
    across = len(columns) - 1
    for index, window in enumerate(windows):
        assert 0 <= window["Left"] <= window["Right"] <= width
        assert 0 <= window["Top"] <= window["Bottom"] <= height
        last_column, last_row = (index + 1) % across == 0, index + across >= len(windows)
        assert window["Right"] == (width if last_column else windows[index + 1]["Left"])
        assert window["Bottom"] == (height if last_row else windows[index + across]["Top"])


def test_edges_are_rounded_and_not_sizes() -> None:
    """Three thirds of 1280 px: 427, 426 and 427 px wide."""
    thirds = custom(*[region(index / 3, 0, 1 / 3, 1) for index in range(3)])
    windows = sent(layout=thirds)["MixInputList"]
    assert [(window["Left"], window["Right"]) for window in windows] == [(0, 427), (427, 853), (853, 1280)]
    assert pixels(MICRO, 1280) == 1280


# --- updates ---


def noted(plan: Plan) -> dict[str, Any]:
    """What `start` keeps in the handle for later calls."""
    options = PLANNER.provider.options(plan.spec, ZegocloudOptions)
    return needed_later(plan.spec, options, revealed(plan.requests[0].payload))


def recording(native: dict[str, Any] | None = None, **fields: Any) -> Recording:
    """A recording whose handle was made as `start` makes it."""
    plan = PLANNER(**fields)
    return PLANNER.recording({"TaskId": "task-1", **noted(plan), **(native or {})}, **fields)


def change(running: Recording, layout: Layout) -> tuple[dict[str, str], Any]:
    """Verdicts and body of a layout change."""
    plan = PLANNER.layout_change(running, layout)
    return verdicts(plan), revealed(plan.requests[0].payload) if plan.requests else None


RICH = {
    "kind": "grid",
    "background": {"color": "#102030", "image": {"url": "https://e.com/b.jpg"}},
    "placeholders": {"*": {"url": "https://e.com/q.jpg"}},
}


def test_an_update_lays_out_on_the_canvas_of_the_start() -> None:
    """UpdateLayout carries no canvas: the handle's counts. Background and images stay by themselves."""
    running = recording(layout=RICH, video={"width": 640, "height": 360}, options={"stream_id": "s_{participant}"})
    found, body = change(running, Custom(regions=[region(0.5, 0, 0.5, 1, participant="7")]))
    assert found == FEW
    window = {"StreamId": "s_7", "ViewType": 1, "Left": 320, "Top": 0, "Right": 640, "Bottom": 360}
    assert body == {
        "TaskId": "task-1",
        "MixMode": 1,
        "MixInputList": [{**window, "Layer": 1, "FillMode": 1}],
    }


def test_an_update_to_a_preset() -> None:
    """Mode and large stream; the fill isn't carried and stays."""
    assert change(recording(layout=RICH), Spotlight("7")) == (
        {},
        {"TaskId": "task-1", "MixMode": 4, "MixMaxResolutionStreamId": "7"},
    )


@pytest.mark.parametrize(
    ("layout", "found"),
    [
        (Grid(background={"color": "#ffffff"}), {"layout.background.color": UNSUPPORTED}),
        (Grid(background={"image": {"url": "https://e.com/c.jpg"}}), {"layout.background.image": UNSUPPORTED}),
        (Grid(placeholders={"*": IMAGE}), {"layout.placeholders.*": UNSUPPORTED}),
        (Grid(placeholders={}), {"layout.placeholders.*": UNSUPPORTED}),
        (Grid(background={"color": "#102030"}, placeholders=RICH["placeholders"]), {}),
    ],
)
def test_what_an_update_cannot_change(layout: Layout, found: dict[str, str]) -> None:
    """A background or an image of everybody that is another one, or none any more; the same again is no change."""
    assert change(recording(layout=RICH), layout)[0] == found


def test_another_fit_of_the_same_image_is_found() -> None:
    """Images are stretched, in an update as in a start; a fit that was there before isn't found again."""
    running = recording(layout=RICH)
    cover = {
        "background": {"image": {"url": "https://e.com/b.jpg", "fit": "cover"}},
        "placeholders": {"*": {"url": "https://e.com/q.jpg", "fit": "contain"}},
    }
    found = {"layout.background.image.fit": APPROXIMATED, "layout.placeholders.*.fit": APPROXIMATED}
    assert change(running, Grid(**cover))[0] == found
    assert change(recording(layout={"kind": "grid", **cover}), Grid())[0] == {}


def test_black_is_the_background_of_who_gave_none() -> None:
    """Asking for the color that is there is no change, whatever its spelling."""
    assert change(recording(), Grid(background={"color": "#000000"}))[0] == {}
    assert change(recording(layout=RICH), Grid(background={"color": "#102030".upper()}))[0] == {}


@pytest.mark.parametrize(("before", "after"), [(None, "contain"), ("contain", "cover")])
def test_a_preset_that_would_fill_otherwise_is_synthesised(before: str | None, after: str | None) -> None:
    """The fill can't change, so the preset goes out as windows with a fill of their own."""
    running = recording(layout={"kind": "grid", "fit": before}, expected_participants=2)
    found, body = change(running, Grid(fit=after))
    assert found == {"layout": APPROXIMATED}
    assert (body["MixMode"], [window["FillMode"] for window in body["MixInputList"]]) == (
        1,
        [2 if after == "contain" else 1] * 2,
    )


@pytest.mark.parametrize("layout", [Grid(), Spotlight("7"), Spotlight("7", side="bottom"), Floating()], ids=str)
def test_a_fill_that_nobody_asks_for_stays(layout: Layout) -> None:
    """None is no demand, and UpdateLayout has no fill for presets: the vendor's own preset goes out, unfound."""
    running = recording(layout={"kind": "grid", "fit": "contain"})
    found, body = change(running, layout)
    assert found == ({"layout": APPROXIMATED} if isinstance(layout, Floating) else {})
    assert (body["MixMode"] != 1, "MixInputList" in body) == (True, False)


def test_another_fill_does_not_hide_the_whiteboard() -> None:
    """Fixed windows would: with a whiteboard the vendor's own preset goes out, and only the fill is lost."""
    running = recording(whiteboard={"aspect": "16:9"})
    assert change(running, Grid(fit="contain")) == (
        {"layout.fit": UNSUPPORTED},
        {"TaskId": "task-1", "MixMode": 2},
    )


def test_a_fill_of_a_newer_release_is_another_one() -> None:
    """A number that isn't known here breaks no change."""
    assert change(recording({"FillMode": 9}), Grid())[1] == {"TaskId": "task-1", "MixMode": 2}
    assert change(recording({"FillMode": 9}), Grid(fit="cover", windows=2))[0] == {"layout": APPROXIMATED}


def test_a_preset_that_fills_alike_is_the_vendors_own() -> None:
    """A task that began with a custom layout crops in presets, as the vendor's default does."""
    assert change(recording(layout={"kind": "grid", "fit": "contain"}), Floating(fit="contain"))[1]["MixMode"] == 5
    running = recording(layout=custom(region(0, 0, 1, 1, fit="contain")))
    assert change(running, Grid())[1] == {"TaskId": "task-1", "MixMode": 2}


def test_placeholders_by_name_are_sent_again_where_there_is_a_window() -> None:
    """An inherited one that has no window any more is no demand: it is approximated, and the change goes on."""
    running = recording(layout=custom(region(0, 0, 1, 1, participant="7"), placeholders={"7": IMAGE}))
    found, body = change(running, Custom(regions=[region(0, 0, 0.5, 1, participant="7")]))
    assert body["MixInputList"][0]["BackgroundImage"] == IMAGE["url"]
    found, body = change(running, Grid())
    assert found == {"layout.placeholders.7": APPROXIMATED}
    assert body == {"TaskId": "task-1", "MixMode": 2}
    assert change(running, Grid(placeholders={"8": IMAGE}))[0] == {"layout.placeholders.8": UNSUPPORTED}


def test_another_placeholder_than_before_is_a_demand() -> None:
    """Only what is inherited may be left out silently: another image for the same person would be lost."""
    running = recording(layout=custom(region(0, 0, 1, 1, participant="7"), placeholders={"7": IMAGE}))
    other = {"url": "https://e.com/other.jpg"}
    assert change(running, Grid(placeholders={"7": other}))[0] == {"layout.placeholders.7": UNSUPPORTED}


@pytest.mark.parametrize("is_running", [False, True])
def test_a_synthesised_preset_has_the_placeholder_of_its_large_window(is_running: bool) -> None:
    """It goes out as a custom layout whose first window names the participant, so the wire can carry the image."""
    layout = Spotlight("7", side="right", windows=2, placeholders={"7": IMAGE, "8": IMAGE})
    if is_running:
        found, body = change(recording(), layout)
        windows = body["MixInputList"]
    else:
        fields = {"layout": layout.model_dump(mode="json")}
        found, windows = PLANNER.found(**fields), sent(**fields)["MixInputList"]
    assert found == {
        "layout": APPROXIMATED,
        "layout.placeholders.7": APPROXIMATED,
        "layout.placeholders.8": UNSUPPORTED,
    }
    assert [window.get("BackgroundImage") for window in windows] == [IMAGE["url"], None]


def test_a_whiteboard_window_needs_a_whiteboard() -> None:
    """A task that was started without one never gets one."""
    board = Custom(regions=[region(0, 0, 1, 1, content="whiteboard")])
    assert change(recording(), board) == ({**FEW, "layout.regions.0.content": UNSUPPORTED}, None)
    assert change(recording(whiteboard={"aspect": "16:9"}), board)[1]["MixInputList"][0]["ViewType"] == 2


def test_a_layout_that_a_newer_release_wrote_is_taken_as_unknown() -> None:
    """A handle whose layout has a form that isn't known here can still be changed."""
    kept = Recording.model_validate({**recording().model_dump(mode="json"), "layout": {"kind": "mosaic", "tiles": 9}})
    assert change(kept, Grid())[1] == {"TaskId": "task-1", "MixMode": 2}
    assert change(kept, Grid(background={"color": "#ffffff"}))[0] == {"layout.background.color": UNSUPPORTED}


def test_names_that_extra_body_changed_are_in_the_handle() -> None:
    """The handle holds what was sent, in clear, so that it can be written down."""
    plan = PLANNER(
        options={"extra_body": {"RecordInputParams": {"MixConfig": {"MixOutputStreamId": "mine", "FillMode": 2}}}}
    )
    native = noted(plan)
    assert (native["MixOutputStreamId"], native["FillMode"]) == ("mine", 2)
