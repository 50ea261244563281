"""The recording page places people as `picture.py` says: its own script, run."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
import quickjs  # type: ignore[import-untyped]

from recorder_livekit.picture import image_of, places
from recorder_livekit.wire.template import TemplateLayout, read_layout

SOURCE = (files("recorder_livekit") / "template" / "index.html").read_text(encoding="utf-8")
PEOPLE = [str(number) for number in range(1001, 1031)]


@pytest.fixture(scope="module")
def page() -> Callable[[str], Any]:
    """What evaluates an expression with the page's pure functions."""
    (script,) = re.findall(r'<script id="placing">(.*?)</script>', SOURCE, re.DOTALL)
    context = quickjs.Context()
    context.eval(script)
    return lambda expression: json.loads(context.eval(f"JSON.stringify({expression})"))


def agree(
    page: Callable[[str], Any],
    layout: TemplateLayout,
    canvas: tuple[int, int],
    people: list[str],
    *,
    sharing: list[str] | None = None,
    speaker: str | None = None,
) -> None:
    """The page's windows are those of `places`, in the same order."""
    arguments = ", ".join(
        (layout.text(), json.dumps(canvas), json.dumps(people), json.dumps(sharing or []), json.dumps(speaker))
    )
    found = [
        (tuple(place["box"]), place["participant"], place["isThere"], place["content"], place["fit"], place["opacity"])
        for place in page(f"places({arguments})")
    ]
    wanted = [
        (place.box, place.participant, place.is_there, place.content, place.fit, place.opacity)
        for place in places(layout, canvas, people, sharing=sharing or [], speaker=speaker)
    ]
    assert found == wanted, layout.text()


@pytest.mark.parametrize("kind", ["grid", "floating", "spotlight"])
def test_presets_lie_where_they_are_said_to(page: Callable[[str], Any], kind: Any) -> None:
    """Each preset, with nobody to thirty people, on each side, on a canvas of an odd shape too: equal pixels."""
    for side in ("left", "right", "top", "bottom") if kind == "spotlight" else (None,):
        for canvas in ((1280, 720), (722, 1286)):
            for count in range(31):
                agree(page, TemplateLayout(kind=kind, side=side), canvas, PEOPLE[:count])


def test_random_layouts_lie_where_they_are_said_to(page: Callable[[str], Any]) -> None:
    """Custom regions of any place, order and people, and presets with somebody large, some left out, or a most."""
    dice = random.Random(42)
    for _ in range(150):
        regions = []
        for person in dice.sample([None, None, *PEOPLE[:6]], dice.randint(1, 6)):
            x, y = round(dice.random(), dice.choice((2, 6))), round(dice.random(), dice.choice((2, 6)))
            regions.append(
                {
                    "participant": person,
                    "x": x,
                    "y": y,
                    "width": dice.choice((1 - x, (1 - x) / 3)),
                    "height": dice.choice((1 - y, (1 - y) / 3)),
                    "z": dice.randint(-1, 2),
                    "opacity": dice.choice((1.0, 0.5)),
                    "fit": dice.choice(("cover", "contain", "stretch")),
                }
            )
        layout = TemplateLayout.model_validate(
            {
                "kind": dice.choice(("grid", "floating", "spotlight", "custom")),
                "participant": dice.choice((None, "1002", "nobody")),
                "follows": dice.choice((None, "speaker")),
                "screen_share": dice.choice((None, "window", "large", "hidden")),
                "windows": dice.choice((None, 1, 3, 40)),
                "regions": regions,
                "video": dice.choice((None, {"include": ["1001", "1003"]}, {"exclude": ["1002"]})),
            }
        )
        canvas, people = dice.choice(((1280, 720), (640, 362))), PEOPLE[: dice.randint(0, 8)]
        # Shared screens of a custom layout have their own test.
        sharing = [] if layout.kind == "custom" else dice.choice(([], ["1002"], ["1003", "1001"]))
        agree(page, layout, canvas, people, sharing=sharing, speaker=dice.choice((None, "1002", "1003", "nobody")))


@pytest.mark.parametrize("kind", ["floating", "spotlight"])
def test_who_spoke_last_is_large(kind: Any) -> None:
    """Among those who are seen; until then, and once they have left, the first to join. Only where it is asked for."""
    for follows, speaker, large in (
        *(("speaker", None, "1001"), ("speaker", "1002", "1002"), ("speaker", "1003", "1001")),
        *(("speaker", "nobody", "1001"), (None, "1002", "1001")),
    ):
        layout = TemplateLayout.model_validate({"kind": kind, "follows": follows, "video": {"exclude": ["1003"]}})
        shown = [place.participant for place in places(layout, (640, 360), PEOPLE[:4], speaker=speaker)]
        assert shown == [large, *(person for person in ("1001", "1002", "1004") if person != large)]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({}, ["1001", "1002", "1003"]),
        ({"screen_share": "hidden"}, ["1001", "1002", "1003"]),
        ({"screen_share": "window"}, ["1001", "1002", "1002/screen", "1003"]),
        ({"screen_share": "large"}, ["1002/screen", "1001", "1002", "1003"]),
        ({"kind": "floating", "screen_share": "large"}, ["1002/screen", "1001", "1002", "1003"]),
        (
            {"kind": "spotlight", "participant": "1002", "screen_share": "window"},
            ["1002", "1001", "1002/screen", "1003"],
        ),
        ({"screen_share": "large", "video": {"exclude": ["1002"]}}, ["1001", "1003"]),
    ],
)
def test_a_shared_screen_does_what_it_is_told_to(told: dict[str, Any], shown: list[str]) -> None:
    """Whole in its window, unless another fit is asked for; of nobody whose pictures are left out."""
    found = places(TemplateLayout.model_validate(told), (1280, 720), PEOPLE[:3], sharing=["1002"])
    assert [f"{place.participant}{'/screen' * (place.content == 'screen')}" for place in found] == shown
    assert {place.fit for place in found if place.content == "screen"} <= {"contain"}
    if told.get("screen_share") == "large" and "video" not in told:
        assert found[0].box[2] - found[0].box[0] > 640


def test_placeholders_are_chosen_alike(page: Callable[[str], Any]) -> None:
    """One's own before everybody's; nobody's window has none."""
    layout = TemplateLayout.model_validate(
        {"placeholders": {"1001": {"url": "https://a.example/1.png"}, "*": {"url": "https://a.example/all.png"}}}
    )
    for person in ("1001", "1002", None):
        found = page(f"placeholderOf({layout.text()}, {json.dumps(person)})")
        image = image_of(layout, person)
        assert (found and found["url"]) == (image and image.url)


def test_shared_screens_have_their_regions(page: Callable[[str], Any]) -> None:
    """A region for somebody's screen, and one for the next who shares."""
    cell = {"x": 0, "y": 0, "width": 0.5, "height": 1, "content": "screen"}
    layout = {"kind": "custom", "regions": [{**cell, "participant": "1002"}, cell]}
    found = page(f'places({json.dumps(layout)}, [640, 360], ["1001", "1002", "1003"], ["1002", "1003"])')
    assert [place["participant"] for place in found] == ["1002", "1003"]


def test_what_is_no_layout_of_the_page_is_told_apart() -> None:
    """The names of the vendor's templates, other JSON, and fields that a newer page may know."""
    for text in (None, "", "grid", "speaker-light", "{}x", '{"kind": "circle"}', '{"kind": "grid", "new": 1}'):
        assert read_layout(text) is None, text
    assert read_layout(TemplateLayout(kind="floating", windows=3).text()) == TemplateLayout(kind="floating", windows=3)


def test_the_page_speaks_to_the_recorder_as_it_must() -> None:
    """What the vendor's recorder waits for in the console, and where it looks for an error ("Custom recording
    templates", LiveKit docs, 2026; pkg/pipeline/source/web.go, livekit/egress, 2026-08-21)."""
    assert 'console.log("START_RECORDING")' in SOURCE
    assert 'console.log("END_RECORDING")' in SOURCE
    assert 'told.className = "error"' in SOURCE
    assert all(f'address.get("{name}")' in SOURCE for name in ("layout", "url", "token"))
