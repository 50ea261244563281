"""The recording page runs: its own script, with a browser and a client library as small as it needs them."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import quickjs  # type: ignore[import-untyped]

from recorder_livekit.wire.template import TemplateLayout

SOURCE = (files("recorder_livekit") / "template" / "index.html").read_text(encoding="utf-8")
BROWSER = (Path(__file__).parent / "browser.js").read_text(encoding="utf-8")


class Page:
    """The page in a recorder's browser.

    Args:
        layout: what it is told in its address.
        address: what else stands there; None leaves a parameter out.
    """

    def __init__(self, layout: TemplateLayout | str, **address: str | None) -> None:
        text = layout if isinstance(layout, str) else layout.text()
        given = {"layout": text, "url": "wss://example.livekit.cloud", "token": "T", **address}
        self._context = quickjs.Context()
        self._context.eval(BROWSER)
        told = json.dumps({name: value for name, value in given.items() if value is not None})
        self._context.eval(f"const location = {{search: {json.dumps(told)}}};")
        for script in re.findall(r"<script(?: id=\"placing\")?>(.*?)</script>", SOURCE, re.DOTALL):
            self._context.eval(script)
        self._settle()

    def __call__(self, expression: str) -> Any:
        """The value of an expression in the page, once all that was promised has happened."""
        found = json.loads(self._context.eval(f"JSON.stringify(({expression}) ?? null)"))
        self._settle()
        return found

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        until = self("now") + int(seconds * 1000)
        while self(f"next({until})"):
            self._settle()

    @property
    def log(self) -> list[str]:
        """What it told the recorder."""
        lines: list[str] = self("log")
        return lines

    def _settle(self) -> None:
        while self._context.execute_pending_job():
            continue


def test_it_joins_and_shows_people_in_the_order_of_joining() -> None:
    """With the address and token that it was given, hidden among nobody: a grid, the first to join first."""
    page = Page(TemplateLayout(kind="grid"))
    assert page("[rooms[0].url, rooms[0].token]") == ["wss://example.livekit.cloud", "T"]
    page('join("1002", 20)')
    page('join("1001", 10)')
    page('join("EG_other", 5, [], 2)')
    assert page("seen()") == [["1001/camera", 0, 0, 320, 360], ["1002/camera", 320, 0, 320, 360]]
    assert sorted(page("heard()")) == ["1001/microphone", "1002/microphone"]


def test_it_begins_when_there_is_something_to_see() -> None:
    """Not in an empty room; then once, as soon as a frame was decoded."""
    page = Page(TemplateLayout())
    page.wait(10)
    assert page.log == []
    page('join("1001", 1)')
    page.wait(1)
    assert page.log == ["START_RECORDING"]
    page.wait(5)
    assert page.log == ["START_RECORDING"]


def test_it_begins_when_there_is_something_to_hear() -> None:
    """Sound alone begins a little later, so that pictures may come first."""
    page = Page(TemplateLayout())
    page('join("1001", 1, ["microphone"])')
    page.wait(0.4)
    assert page.log == []
    page.wait(0.5)
    assert page.log == ["START_RECORDING"]


def test_it_takes_another_layout_up() -> None:
    """UpdateLayout comes as the metadata of the recorder itself."""
    page = Page(TemplateLayout())
    page('join("1001", 1)')
    page('join("1002", 2)')
    other = TemplateLayout(kind="floating", participant="1002")
    page(f"tell({json.dumps(other.text())})")
    assert page("seen()") == [["1002/camera", 0, 0, 640, 360], ["1001/camera", 0, 288, 128, 72]]


def test_its_large_window_follows_whoever_speaks() -> None:
    """The loudest of those who are seen and heard, and whoever spoke last stays; a layout that doesn't ask for it has
    the first to join."""
    told = {"kind": "floating", "follows": "speaker", "audio": {"exclude": ["1003"]}, "video": {"exclude": ["1004"]}}
    page = Page(TemplateLayout.model_validate(told))
    for joined_at, person in enumerate(("1001", "1002", "1003", "1004")):
        page(f'join("{person}", {joined_at})')

    def large() -> str:
        return str(page("seen()")[0][0])

    assert large() == "1001/camera"
    page('speak("the recorder", "1004", "1003", "1002", "1001")')
    assert large() == "1002/camera"
    page("speak()")
    assert large() == "1002/camera"
    page(f"tell({json.dumps(TemplateLayout(kind='floating').text())})")
    assert large() == "1001/camera"
    page('speak("1001")')
    page(f"tell({json.dumps(TemplateLayout(kind='floating', follows='speaker').text())})")
    assert large() == "1001/camera"


def test_a_shared_screen_takes_the_large_window() -> None:
    """For as long as it is shared; a grid is one again then."""
    page = Page(TemplateLayout(kind="grid", screen_share="large"))
    page('join("1001", 1)')
    page('join("1002", 2, ["camera", "screen_share"])')
    assert [shown[0] for shown in page("seen()")] == ["1002/screen_share", "1001/camera", "1002/camera"]
    assert page("seen()")[0][3:] == [480, 360]
    page('rooms[0].remoteParticipants.get("1002").trackPublications.delete("screen_share")')
    page('rooms[0].emit("TrackUnpublished")')
    assert page("seen()") == [["1001/camera", 0, 0, 320, 360], ["1002/camera", 320, 0, 320, 360]]


def test_it_subscribes_to_those_who_are_recorded() -> None:
    """Whose sound and whose pictures; a change of it too."""
    page = Page(TemplateLayout.model_validate({"audio": {"exclude": ["1001"]}, "video": {"include": ["1001"]}}))
    page('join("1001", 1)')
    page('join("1002", 2)')
    assert page("seen()") == [["1001/camera", 0, 0, 640, 360]]
    assert page("heard()") == ["1002/microphone"]
    page(f"tell({json.dumps(TemplateLayout.model_validate({'video': {'exclude': ['1001']}}).text())})")
    assert page("seen()") == [["1002/camera", 0, 0, 640, 360]]
    assert sorted(page("heard()")) == ["1001/microphone", "1002/microphone"]


def test_it_shows_pictures_for_cameras_that_are_off() -> None:
    """A placeholder in the window of whoever is there; watermarks over everything; screens in their regions."""
    picture = {"url": "https://a.example/off.png"}
    half = {"x": 0, "y": 0, "width": 0.5, "height": 1}
    layout = TemplateLayout.model_validate(
        {
            "kind": "custom",
            "regions": [{**half, "participant": "1001"}, {**half, "x": 0.5, "content": "screen"}],
            "placeholders": {"*": picture},
            "watermarks": [{"url": "https://a.example/mark.png", "x": 0.5, "y": 0.5, "width": 0.5, "height": 0.5}],
        }
    )
    page = Page(layout)
    page('join("1001", 1, ["camera", "screen_share"])')
    mark = ["https://a.example/mark.png", 320, 180, 320, 180]
    assert page("seen()") == [["1001/camera", 0, 0, 320, 360], ["1001/screen_share", 320, 0, 320, 360], mark]
    page('mute("1001", "camera")')
    assert page("seen()")[0] == [picture["url"], 0, 0, 320, 360]
    page('mute("1001", "camera", false)')
    assert page("seen()")[0][0] == "1001/camera"


def test_it_shows_the_time_of_day() -> None:
    """To the minute, over everything."""
    page = Page(TemplateLayout.model_validate({"clocks": [{"font_size": 20}]}))
    page('join("1001", 1)')
    shown = "elements.canvas.children.map((child) => [child.className, child.innerText, child.style.fontSize])"
    assert page(shown)[-1] == ["clock", "1970-01-01 00:00", "20px"]
    page.wait(61)
    assert page(shown)[-1] == ["clock", "1970-01-01 00:01", "20px"]


@pytest.mark.parametrize(("told", "seconds"), [({"longest": 60}, 60), ({"idle": 30}, 40)])
def test_it_ends_what_is_long_or_idle(told: dict[str, int], seconds: int) -> None:
    """`max_duration` counts from the beginning, `idle_timeout` from when nobody publishes any more."""
    page = Page(TemplateLayout.model_validate(told))
    page('join("1001", 1)')
    page.wait(10)
    page('mute("1001", "camera")')
    page('mute("1001", "microphone")')
    page.wait(seconds - 11)
    assert page.log == ["START_RECORDING"]
    page.wait(3)
    assert page.log == ["START_RECORDING", "END_RECORDING"]


def test_it_ends_with_the_room() -> None:
    """Once, whatever comes after."""
    page = Page(TemplateLayout(idle=1))
    page('join("1001", 1)')
    page.wait(2)
    page('rooms[0].emit("Disconnected")')
    page.wait(30)
    assert page.log == ["START_RECORDING", "END_RECORDING"]


def test_it_says_what_is_wrong_where_the_recorder_looks() -> None:
    """In an element of the class `error`."""
    for page, problem in (
        (Page(TemplateLayout(), url=None), "url and token are missing"),
        (Page("grid"), "the layout is not one of recorder-livekit"),
    ):
        assert page("document.body.children[0].className") == "error"
        assert problem in page("document.body.children[0].innerText")


def test_its_client_library_may_lie_elsewhere() -> None:
    """By a parameter of its address."""
    assert Page(TemplateLayout())("scripts")[0].startswith("https://cdn.jsdelivr.net/npm/livekit-client@2/")
    assert Page(TemplateLayout(), client="/client.js")("scripts") == ["/client.js"]
