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


def agree(page: Callable[[str], Any], layout: TemplateLayout, canvas: tuple[int, int], people: list[str]) -> None:
    """The page's windows are those of `places`, in the same order."""
    arguments = ", ".join((layout.text(), json.dumps(canvas), json.dumps(people)))
    found = [
        (tuple(place["box"]), place["participant"], place["isThere"], place["content"], place["fit"], place["opacity"])
        for place in page(f"places({arguments})")
    ]
    wanted = [
        (place.box, place.participant, place.is_there, place.content, place.fit, place.opacity)
        for place in places(layout, canvas, people)
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
                "windows": dice.choice((None, 1, 3, 40)),
                "regions": regions,
                "video": dice.choice((None, {"include": ["1001", "1003"]}, {"exclude": ["1002"]})),
            }
        )
        agree(page, layout, dice.choice(((1280, 720), (640, 362))), PEOPLE[: dice.randint(0, 8)])


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
