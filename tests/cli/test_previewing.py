"""`recorder preview`."""

from __future__ import annotations

import io
import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from recorder_core import Picture, PlacedClock, PlacedImage, PlacedWindow
from recorder_core.cli.preview_drawing import Box, Line, Words, png, svg, text_width
from recorder_core.cli.preview_sheet import Preview, sheet
from recorder_core.emulation.room import Participant

SVG = "{http://www.w3.org/2000/svg}"
ASSETS = Path(__file__).parents[2] / "docs" / "assets"
HALVES = [
    {"participant": "1001", "x": 0, "y": 0, "width": 0.5, "height": 1},
    {"x": 0.5, "y": 0, "width": 0.5, "height": 1},
]


def texts(path: Path) -> list[str]:
    """What is written in an SVG."""
    return [element.text or "" for element in ET.parse(path).getroot().iter(f"{SVG}text")]


def drawn(done: Any) -> dict[str, Any]:
    """The previews that were printed as JSON, by provider."""
    return {made["provider"]: made for made in json.loads(done.stdout)["previews"]}


def test_every_provider_is_drawn_side_by_side(run: Any, spec: Any, tmp_path: Path) -> None:
    """Without --provider all that are installed are in the picture, with who is who; no credentials, no warning."""
    done = run("preview", spec(layout={"kind": "custom", "regions": HALVES}), "-o", "picture.svg")
    assert (done.returncode, done.stderr) == (0, "")
    first, second, why, last = done.stdout.splitlines()
    assert (first, second, last) == ("agora: exact", "zegocloud: approximated", "Look at picture.svg")
    assert why.startswith("  layout.regions: approximated: who has no region")
    written = texts(tmp_path / "picture.svg")
    assert [text for text in written if text in ("agora", "zegocloud")] == ["agora", "zegocloud"]
    assert written.count("1280x720") == written.count("1001") == written.count("#1") == written.count("#2") == 2
    assert "2 in the room, cameras on; # is the place in the order of joining" in written
    assert any(text.startswith("layout.regions: approximated: who has no region") for text in written)


def test_the_providers_can_be_chosen(run: Any, spec: Any) -> None:
    """--provider is repeatable, and keeps its order."""
    done = run("preview", spec(), "-p", "zegocloud", "-p", "agora", "-p", "agora", "--json")
    assert list(drawn(done)) == ["zegocloud", "agora"]
    assert list(drawn(run("preview", spec(), "-p", "agora", "--json"))) == ["agora"]


def test_the_pictures_as_data(run: Any, spec: Any, tmp_path: Path) -> None:
    """--json prints the windows in pixels, and needs no file; with one it is written as well."""
    path = spec(layout={"kind": "custom", "regions": HALVES}, video={"width": 640, "height": 360})
    done = run("preview", path, "--json", "--participants", "3")
    assert done.returncode == 0
    assert json.loads(done.stdout)["participants"] == ["1001", "#2", "#3"]
    for made in drawn(done).values():
        assert list(made) == ["provider", "fidelity", "findings", "picture", "reason"]
        picture = made["picture"]
        assert (picture["width"], picture["height"], picture["missing"]) == (640, 360, ["#3"])
        keys = ("participant", "place", "left", "top", "right", "bottom")
        windows = [tuple(window[key] for key in keys) for window in picture["windows"]]
        assert windows == [("1001", 1, 0, 0, 320, 360), ("#2", 2, 320, 0, 640, 360)]
    assert not list(tmp_path.glob("*.svg"))
    assert run("preview", path, "--json", "-o", "both.svg").returncode == 0
    assert "1001" in texts(tmp_path / "both.svg")


def test_a_png_shows_what_the_svg_does(run: Any, spec: Any, tmp_path: Path) -> None:
    """It has the SVG's size, and the participants' colours at the middle of their windows."""
    path = spec(layout={"kind": "custom", "regions": HALVES})
    for name in ("picture.svg", "picture.PNG"):
        assert run("preview", path, "-o", name).returncode == 0
    root = ET.parse(tmp_path / "picture.svg").getroot()
    with Image.open(tmp_path / "picture.PNG") as picture:
        assert picture.format == "PNG"
        assert picture.size == (int(root.get("width", "")), int(root.get("height", "")))
        for place in (1, 2):
            color = Participant.of(place).color
            windows = [box for box in root.iter(f"{SVG}rect") if box.get("fill") == "#" + bytes(color).hex()]
            assert len(windows) == 2
            for window in windows:
                left, top, width, height = (float(window.get(key, "")) for key in ("x", "y", "width", "height"))
                assert picture.getpixel((left + width / 2, top + height / 2)) == color


def test_names_are_escaped(run: Any, spec: Any, tmp_path: Path) -> None:
    """Whatever rooms are called, the SVG is whole and has no element that they brought."""
    run("preview", spec(room="<script>&</script>"), "-o", "picture.svg")
    root = ET.parse(tmp_path / "picture.svg").getroot()
    assert {element.tag for element in root.iter()} == {f"{SVG}{tag}" for tag in ("svg", "rect", "text")}
    assert "<script>&</script>" in texts(tmp_path / "picture.svg")


def test_labels_stand_where_no_later_window_covers_them() -> None:
    """Another corner is taken where the first one is covered, and one line alone where there is no room for all."""
    whole = {"left": 0, "top": 0, "right": 640, "bottom": 360}
    corner = {"left": 0, "top": 0, "right": 320, "bottom": 300}
    for cover, labels in (
        ({}, [("9", False), ("#1", False)]),
        (corner, [("9", True), ("#1", True)]),
        ({**whole, "bottom": 320}, [("9", False)]),
    ):
        windows = [PlacedWindow(**whole, participant="9")]
        windows += [PlacedWindow(**cover, content="page", color="#ffffff")] if cover else []
        picture = Picture(width=640, height=360, participants=("9",), windows=tuple(windows))
        shapes = sheet([Preview("m", "exact", (), picture)], "", "").shapes
        written = [shape for shape in shapes if isinstance(shape, Words) and shape.text in ("9", "#1")]
        assert [(shape.text, shape.x > 240) for shape in written] == labels


def test_a_finding_of_several_paths_is_written_once(run: Any, spec: Any) -> None:
    """Below the picture and on stdout its paths stand in a row."""
    regions = [HALVES[0], *({**HALVES[1], "opacity": 0.5, "x": x, "width": 0.25} for x in (0.5, 0.75))]
    done = run("preview", spec(layout={"kind": "custom", "regions": regions}), "-p", "zegocloud", "-o", "picture.svg")
    (line,) = [line for line in done.stdout.splitlines() if "opacity" in line]
    assert line.startswith("  layout.regions.1.opacity, layout.regions.2.opacity: unsupported: ")


@pytest.mark.parametrize("name", ["<b>&amp;", "小明", "\ufffe\x07", "a" * 80, "小" * 80])
def test_labels_of_windows(name: str) -> None:
    """Names of any script fit their window, shortened where they are long, and leave the SVG and the PNG whole."""
    window = PlacedWindow(left=0, top=0, right=640, bottom=360, participant=name)
    picture = Picture(width=640, height=360, participants=(name,), windows=(window,))
    drawing = sheet([Preview("mirror", "exact", (), picture)], name, "")
    label, place = (shape for shape in drawing.shapes if isinstance(shape, Words) and shape.size == 16)
    assert (label.text.removesuffix("…"), place.text) == (name[: len(label.text.removesuffix("…"))], "#1")
    assert label.x + text_width(label.text, label.size) <= drawing.width - 24
    assert label.text == name or len(name) == 80
    written = {element.text for element in ET.fromstring(svg(drawing)).iter(f"{SVG}text")}
    assert (label.text if label.text.isprintable() else "\ufffd\ufffd") in written
    with Image.open(io.BytesIO(png(drawing))) as opened:
        assert opened.size == (drawing.width, drawing.height)


def test_what_windows_without_a_face_are_called() -> None:
    """Nobody's, somebody's who isn't there, one that isn't seen, a screen, a whiteboard and a page are told apart."""
    box = {"left": 0, "top": 0, "right": 640, "bottom": 360}
    windows = {
        ("nobody",): PlacedWindow(**box, is_seen=False),
        ("9", "not there"): PlacedWindow(**box, participant="9", is_seen=False),
        ("8", "#1", "not seen"): PlacedWindow(**box, participant="8", is_seen=False),
        ("8", "screen", "#1"): PlacedWindow(**box, participant="8", content="screen"),
        ("#2",): PlacedWindow(**box, participant="#2"),
        ("whiteboard",): PlacedWindow(**box, content="whiteboard", color="#ffffff"),
        ("whiteboard", "not open"): PlacedWindow(**box, content="whiteboard", is_seen=False),
        ("web page",): PlacedWindow(**box, content="page", color="#ffffff"),
    }
    for expected, window in windows.items():
        picture = Picture(width=640, height=360, participants=("8", "#2"), windows=(window,))
        empty = sheet([Preview("m", "exact", (), Picture(width=640, height=360))], "", "").shapes
        shapes = sheet([Preview("m", "exact", (), picture)], "", "").shapes
        labels = [shape.text for shape in shapes if isinstance(shape, Words) and shape not in empty]
        assert tuple(label for label in labels if not label.startswith("not in the picture")) == expected


def test_watermarks_are_drawn_over_the_windows() -> None:
    """An image is hatched in its rectangle, and its address told; a clock ends in its corner."""
    marks = (
        PlacedImage(left=320, top=0, right=480, bottom=180, url="https://example.com/logo.png?k=1"),
        PlacedClock(right=640, top=0, font_size=40),
    )
    drawing = sheet([Preview("m", "exact", (), Picture(width=640, height=360, watermarks=marks))], "", "")
    words = {shape.text: shape for shape in drawing.shapes if isinstance(shape, Words)}
    assert "watermark: https://example.com/logo.png" in words
    clock = words["YYYY-MM-DD hh:mm"]
    assert (clock.size, clock.anchor) == (30, "end")
    canvas = next(shape for shape in drawing.shapes if isinstance(shape, Box) and shape.fill == "#000000")
    assert clock.x == canvas.right
    lines = [shape for shape in drawing.shapes if isinstance(shape, Line)]
    assert lines
    for line in lines:
        for x, y in (line.start, line.end):
            assert canvas.left + 240 <= x <= canvas.left + 360
            assert canvas.top <= y <= canvas.top + 135


def test_who_is_lost_is_listed(run: Any, spec: Any, tmp_path: Path) -> None:
    """Below the picture, and on stdout, is who has no window."""
    done = run("preview", spec(expected_participants=19), "-o", "picture.svg", "-p", "agora")
    assert done.stdout.splitlines() == ["agora: exact", "  not in the picture: #18, #19", "Look at picture.svg"]
    assert "not in the picture: #18, #19" in texts(tmp_path / "picture.svg")


def test_backgrounds_overlap_and_opacity_are_drawn(run: Any, spec: Any, tmp_path: Path) -> None:
    """The canvas has its colour, an image is hatched and told without its query, a window shines through."""
    background = {"color": "#102030", "image": {"url": "https://example.com/a/board.jpg?signature=s"}}
    regions = [HALVES[0], {"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5, "opacity": 0.25}]
    layout = {"kind": "custom", "background": background, "regions": regions}
    assert run("preview", spec(layout=layout), "-o", "picture.svg", "-p", "agora").returncode == 0
    root = ET.parse(tmp_path / "picture.svg").getroot()
    fills = [box.get("fill") for box in root.iter(f"{SVG}rect")]
    assert "#102030" in fills
    assert len(list(root.iter(f"{SVG}line"))) > 10
    assert [box.get("fill-opacity") for box in root.iter(f"{SVG}rect") if box.get("fill-opacity")] == ["0.25"]
    written = texts(tmp_path / "picture.svg")
    assert "image: board.jpg" in written
    assert "image behind the windows: https://example.com/a/board.jpg" in written
    assert not [text for text in written if "signature" in text]
    first, second = (fills.index("#" + bytes(Participant.of(place).color).hex()) for place in (1, 2))
    assert first < second


def test_what_cannot_be_recorded_has_its_findings_in_the_pictures_place(run: Any, spec: Any, tmp_path: Path) -> None:
    """A refusing provider says why, beside one that records it; where all refuse the exit code is 1."""
    path = spec(output={"formats": ["flv"]})
    done = run("preview", path, "-o", "picture.svg")
    assert done.returncode == 0
    assert "This can't be recorded as it is asked; nothing would be sent." in done.stdout
    written = texts(tmp_path / "picture.svg")
    assert any(text.startswith("output.formats: unsupported") for text in written)
    assert "#5" in written
    alone = run("preview", path, "-p", "agora", "--json")
    assert (alone.returncode, drawn(alone)["agora"]["picture"]) == (1, None)


def test_what_would_be_dropped_is_drawn_and_said(run: Any, spec: Any) -> None:
    """Where `warn` would record it, the picture is that one."""
    done = run("preview", spec(layout={"kind": "custom", "regions": [{**HALVES[0], "opacity": 0.5}]}), "--json")
    assert done.returncode == 0
    made = drawn(done)["zegocloud"]
    assert made["fidelity"] == "unsupported"
    assert made["reason"] == "Drawn as --on-unsupported warn would record it."
    assert len(made["picture"]["windows"]) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"media": "audio"}, "No picture: only sound is recorded."),
        (
            {"mode": "individual"},
            "No picture: individual recording makes files of every participant, and no composed picture.",
        ),
    ],
)
def test_what_has_no_composed_picture_says_so(
    run: Any, spec: Any, tmp_path: Path, fields: dict[str, Any], reason: str
) -> None:
    """In place of the picture it is told what is recorded instead."""
    done = run("preview", spec(**fields), "-p", "agora", "-o", "picture.svg")
    assert (done.returncode, done.stdout.splitlines()[1]) == (0, f"  {reason}")
    assert reason in " ".join(texts(tmp_path / "picture.svg"))


def test_a_page_is_drawn_at_its_size(run: Any, spec: Any, tmp_path: Path) -> None:
    """Web mode shows a page over the whole canvas where it can be recorded, and the finding where it can't."""
    page = {"mode": "web", "web_page": {"url": "https://example.com"}, "video": {"width": 1000, "height": 500}}
    done = run("preview", spec(**page), "-o", "picture.svg")
    assert done.returncode == 0
    written = texts(tmp_path / "picture.svg")
    assert "web page" in written
    assert "1000x500" in written
    assert any(text.startswith("mode: unsupported") for text in written)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("-o", "picture.gif"), "picture.gif is no .svg or .png file"),
        (("-o", "picture"), "picture is no .svg or .png file"),
        ((), "there is no file to draw into"),
        (("-o", "nowhere/picture.svg"), "nowhere/picture.svg can't be written: No such file or directory"),
        (("-p", "agoro", "-o", "picture.svg"), "'agora'"),
        (("--participants", "-1", "-o", "picture.svg"), "--participants"),
    ],
)
def test_what_is_asked_wrongly_is_exit_code_2(run: Any, spec: Any, arguments: tuple[str, ...], problem: str) -> None:
    """A file of another kind, none, one that can't be written: it is said what to give, and nothing is left behind."""
    done = run("preview", spec(), *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr


def test_a_spec_is_read_from_stdin(run: Any, tmp_path: Path) -> None:
    """`-` is stdin, in the form that --format names."""
    text = (
        'room = "r"\n[storage]\nkind = "s3"\nbucket = "b"\nregion = "eu-west-1"\naccess_key = "k"\nsecret_key = "s"\n'
    )
    done = run("preview", "-", "--format", "toml", "-o", "picture.svg", stdin=text)
    assert done.returncode == 0, done.stderr
    assert "r" in texts(tmp_path / "picture.svg")


THIRD = """
from recorder_core import (
    Picture, PlacedWindow, Plan, PlannedRequest, Provider, ProviderConfig, RecordingState, RecordingStatus, Translator
)

class Mirror(Provider):
    name = "mirror"
    plugin_api = 1
    Config = ProviderConfig
    account = "m"

    def translate(self, spec, intent):
        return Plan(self.name, (PlannedRequest("begin", "POST", "mirror://", {"side": 100}),), (), spec.resolved())

    def start(self, plan, intent): ...
    def status(self, recording): ...
    def stop(self, recording, *, wait, deadline): ...

class Seen(Mirror):
    def picture(self, plan, participants):
        side = plan.request("begin").body["side"]
        window = PlacedWindow(left=0, top=0, right=side, bottom=side, participant=participants[-1])
        return Picture(width=side, height=side, participants=tuple(participants), windows=(window,))
"""


@pytest.fixture
def third(tmp_path: Path) -> Any:
    """Installs a provider `mirror` of that class for a run; gives the environment."""

    def install(target: str) -> dict[str, str]:
        folder = tmp_path / "plugins" / "mirror-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: mirror\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[recorder_core.providers]\nmirror = {target}\n")
        (folder.parent / "recorder_mirror.py").write_text(THIRD)
        return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder.parent), os.environ.get("PYTHONPATH")]))}

    return install


def test_a_third_provider_is_drawn_as_the_others_are(run: Any, spec: Any, third: Any) -> None:
    """Whoever overrides `picture` is in the row, with the picture that they compute."""
    made = drawn(run("preview", spec(), "--json", env=third("recorder_mirror:Seen")))
    assert list(made) == ["agora", "mirror", "zegocloud"]
    picture = made["mirror"]["picture"]
    assert [(window["participant"], window["place"]) for window in picture["windows"]] == [("#5", 5)]
    assert picture["missing"] == ["#1", "#2", "#3", "#4"]


def test_a_third_provider_that_cannot_tell(run: Any, spec: Any, third: Any) -> None:
    """Whoever doesn't is in the row all the same, and it is said."""
    made = drawn(run("preview", spec(), "--json", env=third("recorder_mirror:Mirror")))
    assert made["mirror"]["picture"] is None
    assert made["mirror"]["reason"] == "No picture: mirror can't tell where it will show whom."
    assert made["agora"]["picture"]


def test_a_provider_that_cannot_be_loaded_spoils_no_picture(run: Any, spec: Any, third: Any) -> None:
    """The others are drawn, and a warning tells which one is missing and why."""
    done = run("preview", spec(), "--json", env=third("recorder_mirror:Absent"))
    assert done.returncode == 0
    assert list(drawn(done)) == ["agora", "zegocloud"]
    assert "mirror" in json.loads(done.stderr)["warning"]


@pytest.mark.parametrize("name", ["preview-spotlight", "preview-custom"])
def test_the_pictures_of_the_docs_are_todays(run: Any, tmp_path: Path, name: str) -> None:
    """The stored SVG is what `recorder preview` makes of the spec beside it."""
    command = ("preview", str(ASSETS / f"{name}.yaml"), "-p", "agora", "-p", "zegocloud", "-o", f"{name}.svg")
    done = run(*command, env={"S3_SECRET_KEY": "storage-secret-of-the-docs"})
    assert done.returncode == 0, done.stderr
    stored = ASSETS / f"{name}.svg"
    assert (tmp_path / f"{name}.svg").read_text() == stored.read_text(), f"run `recorder {' '.join(command)}`"
