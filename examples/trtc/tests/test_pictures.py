"""What is recorded, in decoded files: colours where the plan says, and what a preview shows of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from recorder_core import Custom, Recorder, RecordingSpec, Spotlight
from recorder_core.emulation.room import Participant
from recorder_core.testing import connect
from recorder_trtc.emulator.service import TrtcEmulator

Serve = Callable[..., TrtcEmulator]
MakeSpec = Callable[..., RecordingSpec]
Picture = NDArray[np.uint8]

CANVAS = {"width": 320, "height": 180, "fps": 5}
BACKGROUND = (16, 24, 32)
PEOPLE = ("1001", "1002", "1003")
CUSTOM = Custom.model_validate(
    {
        "background": {"color": "#101820"},
        "regions": [
            {"participant": "1003", "x": 0, "y": 0, "width": 0.75, "height": 0.75},
            {"participant": "1001", "x": 0.5, "y": 0.25, "width": 0.5, "height": 0.5, "z": 1},
            {"participant": "1002", "x": 0, "y": 0.75, "width": 0.25, "height": 0.25, "opacity": 0.5},
        ],
    }
)


class Film:
    """A decoded file."""

    def __init__(self, content: bytes) -> None:
        self.pictures: list[tuple[float, Picture]] = []
        with av.open(io.BytesIO(content)) as container:
            self.streams = sorted(stream.type for stream in container.streams)
            if "video" in self.streams:
                self.pictures = [
                    (float(frame.time or 0.0), frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)
                ]

    def at(self, second: float) -> Picture:
        return [picture for shown, picture in self.pictures if shown <= second][-1]


def is_color(picture: Picture, x: int, y: int, color: tuple[int, ...]) -> bool:
    return bool(np.abs(picture[y, x].astype(int) - color).max() <= 12)


def film(service: TrtcEmulator, suffix: str = ".mp4") -> Film:
    (key,) = (key for key in service.bucket.list() if key.endswith(suffix))
    return Film(service.bucket.read(key))


def test_every_layout_shows_whom_its_preview_shows(serve: Serve, make_spec: MakeSpec, planner: Recorder) -> None:
    """The centre of each window that the preview shows last has its participant's colour, in each of three layouts."""
    service = serve(media=True)
    layouts: list[Any] = [{"kind": "grid"}, Spotlight("1002").model_dump(), CUSTOM.model_dump()]
    for person in PEOPLE:
        service.join("lesson", person)
    with connect(service) as recorder:
        recording = recorder.start(make_spec(layout=layouts[0], video=CANVAS, output={"formats": ["mp4"]}))
        service.clock.advance(4)
        for layout in layouts[1:]:
            recording = recorder.layout(
                recording, RecordingSpec.load(make_spec(layout=layout).dump(reveal=True)).layout
            )
            service.clock.advance(2)
        recorder.stop(recording)
    shown = film(service)
    for second, layout in zip((1, 3, 5), layouts, strict=True):
        plan = planner.plan(make_spec(layout=layout, video=CANVAS))
        preview = planner.provider.picture(plan, PEOPLE)
        assert preview.missing == ()
        frame = shown.at(second)
        assert frame.shape == (180, 320, 3)
        for index, window in enumerate(preview.windows):
            x, y = (window.left + window.right) // 2, (window.top + window.bottom) // 2
            covered = any(
                other.left <= x < other.right and other.top <= y < other.bottom
                for other in preview.windows[index + 1 :]
            )
            color = Participant.of(window.participant or "").color
            under = tuple(int(char, 16) for char in (preview.color[1:3], preview.color[3:5], preview.color[5:7]))
            seen = tuple(
                round(window.opacity * one + (1 - window.opacity) * other)
                for one, other in zip(color, under, strict=True)
            )
            assert covered or is_color(frame, x, y, seen), (second, window, frame[y, x], seen)


def test_a_custom_layout_leaves_the_rest_to_the_background(serve: Serve, make_spec: MakeSpec) -> None:
    """Colour where no window is; a window in front hides what lies behind; one that nobody is in shows nothing."""
    service = serve(media=True)
    for person in ("1001", "1003"):
        service.join("lesson", person)
    with connect(service) as recorder:
        recording = recorder.start(make_spec(layout=CUSTOM.model_dump(), video=CANVAS, output={"formats": ["mp4"]}))
        service.clock.advance(4)
        recorder.stop(recording)
    frame = film(service).at(1)
    assert is_color(frame, 300, 160, BACKGROUND)
    assert is_color(frame, 40, 157, BACKGROUND)
    assert is_color(frame, 200, 60, Participant.of("1001").color)
    assert is_color(frame, 100, 20, Participant.of("1003").color)


@pytest.mark.parametrize(("option", "expected"), [(None, "last"), ("black", "black")])
def test_a_camera_that_goes_off(serve: Serve, make_spec: MakeSpec, option: str | None, expected: str) -> None:
    """Its last frame stays, or black; the sound goes on."""
    service = serve(media=True)
    service.join("lesson", "1001")
    options = {"trtc": {"camera_off": option}} if option else {}
    with connect(service) as recorder:
        recording = recorder.start(make_spec(video=CANVAS, output={"formats": ["mp4"]}, options=options))
        service.clock.advance(4)
        service.set_media("lesson", "1001", camera=False)
        service.clock.advance(4)
        recorder.stop(recording)
    shown = film(service)
    color = Participant.of("1001").color
    assert is_color(shown.at(1), 160, 150, color)
    assert is_color(shown.at(5), 160, 150, color if expected == "last" else (0, 0, 0))


def test_sound_alone(serve: Serve, make_spec: MakeSpec) -> None:
    """An AAC holds no picture, and lies where the handle says."""
    service = serve(media=True)
    service.join("lesson", "1001")
    with connect(service) as recorder:
        recording = recorder.start(make_spec(media="audio", output={"formats": ["aac"]}))
        service.clock.advance(4)
        (file,) = recorder.stop(recording).files
    assert Film(service.bucket.read(file.key or "")).streams == ["audio"]


def test_individual_files(serve: Serve, make_spec: MakeSpec) -> None:
    """Each participant has theirs: their colour, and a name that holds their id."""
    service = serve(media=True)
    for person in PEOPLE[:2]:
        service.join("lesson", person, width=160, height=90)
    with connect(service) as recorder:
        recording = recorder.start(make_spec(mode="individual", output={"formats": ["mp4"]}))
        service.clock.advance(4)
        files = recorder.stop(recording).files
    assert [file.participant for file in files] == ["1001", "1002"]
    for file in files:
        frame = Film(service.bucket.read(file.key or "")).at(1)
        assert frame.shape == (90, 160, 3)
        assert is_color(frame, 80, 70, Participant.of(file.participant or "").color)


def test_a_preview_names_what_lies_over_it(planner: Recorder, make_spec: MakeSpec) -> None:
    """Watermarks and background images, by their addresses; a region for nobody has a window for nobody yet."""
    image = {"kind": "image", "url": "https://x.io/a.png", "x": 0.5, "y": 0.5, "width": 0.5, "height": 0.5}
    spec = make_spec(
        layout={"kind": "grid", "background": {"image": {"url": "https://x.io/b.png"}}},
        watermarks=[image, {"kind": "clock", "font_size": 20}],
    )
    preview = planner.provider.picture(planner.plan(spec), ["1001"])
    assert preview.image == "https://x.io/b.png"
    box, clock = preview.dump()["watermarks"]
    assert (box["left"], box["top"], box["right"], box["bottom"]) == (640, 360, 1280, 720)
    assert (clock["right"], clock["top"]) == (1280, 0)
