"""Pinned layouts give the same pixels at every vendor, and every layout shows who has a window: on decoded recordings.

One recording shows one layout after the other for a moment each. Each participant has a flat colour of their own, so
that a decoded frame says of every pixel whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from math import ceil, floor, isqrt
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from media import duration
from planned import S3_STORAGE
from recorder_core import Custom, Floating, Grid, Layout, Recorder, Recording, RecordingSpec, Side, Spotlight, pinned
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.room import Participant
from recorder_core.emulation.service import EmulatedService
from recorder_core.testing import connect, emulate

Owners = NDArray[np.uint8]
"""Whose each pixel is: 1 the first participant's, 2 the second's, …; 0 the background's."""

CANVASES = ((1280, 720), (720, 1280), (854, 480))
"""Landscape, portrait, and a width that 3, 4 and 5 columns don't divide."""
MOST = {"agora": 17, "zegocloud": 25}
"""Most windows at each vendor."""
LEAST_IOU = 0.99
STEP_S = 0.3
"""How long each layout is shown."""
FPS = 10

LEVELS = (40, 130, 220)
"""What a channel of somebody's colour can be; far enough apart to be told from one another after encoding."""
COLORS = tuple(islice(product(LEVELS, repeat=3), 1, 1 + max(MOST.values())))
"""All but the darkest, which couldn't be told from the background."""
PEOPLE = tuple(Participant.of(1001 + number, name=" ", color=color) for number, color in enumerate(COLORS))
NAMES = tuple(person.id for person in PEOPLE)


def owners_of(frame: NDArray[np.uint8]) -> Owners:
    """Whose the pixels of a decoded frame are."""
    low, high = (LEVELS[0] + LEVELS[1]) // 2, (LEVELS[1] + LEVELS[2]) // 2
    level = (frame > low).astype(np.uint8) + (frame > high)
    return level[..., 0] * 9 + level[..., 1] * 3 + level[..., 2]


def agreement(one: Owners, other: Owners, count: int) -> list[float]:
    """Intersection over union of the pixels of each of the first participants in two pictures."""
    pairs = np.bincount(one.ravel() * np.int64(27) + other.ravel(), minlength=27 * 27).reshape(27, 27)
    common = pairs.diagonal()
    either = pairs.sum(axis=0) + pairs.sum(axis=1) - common
    return [float(common[owner] / either[owner]) for owner in range(1, count + 1)]


def inside(picture: Owners) -> NDArray[np.bool_]:
    """The pixels around which all belong to one, 2 px far: at an edge 4:2:0 mixes the colours of both sides."""
    padded = np.pad(picture, 2, mode="edge")
    height, width = picture.shape
    around = [padded[y : y + height, x : x + width] == picture for y in range(5) for x in range(5)]
    found: NDArray[np.bool_] = np.logical_and.reduce(around)
    return found


def grid(order: Sequence[int], canvas: tuple[int, int]) -> Owners:
    """Equal cells for these participants in exact fractions, edges rounded to the nearest pixel, halves up."""
    width, height = canvas
    columns = isqrt(len(order) - 1) + 1
    rows = ceil(Fraction(len(order), columns))
    picture = np.zeros((height, width), dtype=np.uint8)
    for index, owner in enumerate(order):
        row, column = divmod(index, columns)
        left, right = (floor(Fraction(edge * width, columns) + Fraction(1, 2)) for edge in (column, column + 1))
        top, bottom = (floor(Fraction(edge * height, rows) + Fraction(1, 2)) for edge in (row, row + 1))
        picture[top:bottom, left:right] = owner
    return picture


def pictures_at(path: Path, moments: Sequence[float]) -> list[Owners]:
    """The pictures that a file shows at these moments, which ascend."""
    found: list[Owners] = []
    with av.open(str(path)) as container:
        shown = None
        for frame in container.decode(video=0):
            assert frame.time is not None
            while shown is not None and len(found) < len(moments) and frame.time > moments[len(found)]:
                found.append(owners_of(shown.to_ndarray(format="rgb24")))
            shown = frame
    assert shown is not None
    return [*found, *[owners_of(shown.to_ndarray(format="rgb24"))] * (len(moments) - len(found))]


@dataclass
class Film:
    """A recording that goes from layout to layout."""

    service: EmulatedService
    recorder: Recorder
    canvas: tuple[int, int]
    recording: Recording | None = None
    shown: int = 0

    def show(self, layout: Layout) -> None:
        """Record this layout for a moment."""
        if self.recording is not None:
            self.recording = self.recorder.layout(self.recording, layout)
        else:
            width, height = self.canvas
            self.recording = self.recorder.start(
                RecordingSpec(
                    room="lesson-42",
                    layout=layout,
                    video={"width": width, "height": height, "fps": FPS},
                    output={"formats": ["mp4"]},
                    storage=S3_STORAGE,
                )
            )
            self.recorder.wait(self.recording)
        self.service.clock.advance(STEP_S)
        self.shown += 1

    def pictures(self) -> list[Owners]:
        """Stop, and see what was in the middle of each moment."""
        assert self.recording is not None
        (mp4,) = (file for file in self.recorder.stop(self.recording).files if file.format == "mp4")
        path = self.service.bucket.path(mp4.key)
        # Counted from the end: before the first layout's moment lies the wait for the start.
        length = duration(path)
        return pictures_at(path, [length - (self.shown - index - 0.5) * STEP_S for index in range(self.shown)])


@contextmanager
def film(provider: str, canvas: tuple[int, int]) -> Iterator[Film]:
    """A film of an empty room."""
    clock = EmulatorClock(frozen=True)
    with (
        emulate(provider, clock=clock, rate_limits=False, media_limit=600) as service,
        connect(service) as recorder,
    ):
        yield Film(service, recorder, canvas)


def pinned_pictures(provider: str, canvas: tuple[int, int]) -> list[tuple[Owners, Owners]]:
    """Every count in join order, then with names from the last to the first."""
    with film(provider, canvas) as shown:
        for person in PEOPLE:
            shown.service.join("lesson-42", person)
        for count in range(1, MOST[provider] + 1):
            shown.show(pinned(count))
            shown.show(pinned(NAMES[:count][::-1]))
        made = shown.pictures()
    return list(zip(made[::2], made[1::2], strict=True))


@pytest.mark.parametrize("canvas", CANVASES, ids=lambda canvas: "x".join(map(str, canvas)))
def test_pinned_regions_are_the_same_pixels_everywhere(
    canvas: tuple[int, int], record_property: Callable[[str, object], None]
) -> None:
    """1 to 17 participants: each region is the same at both vendors; up to each one's most: where the fractions say."""
    made = {provider: pinned_pictures(provider, canvas) for provider in MOST}
    found = [
        (value, count)
        for count, (one, other) in enumerate(zip(*made.values(), strict=False), start=1)
        for pair in zip(one, other, strict=True)
        for value in agreement(*pair, count)
    ]
    assert len(found) == 2 * sum(range(1, min(MOST.values()) + 1))
    worst, count = min(found)
    record_property(
        "measured",
        f"pinned, {canvas[0]}x{canvas[1]}: worst intersection over union of {len(found)} regions at the two vendors "
        f"{worst:.6f}, with {count} participants",
    )
    assert worst >= LEAST_IOU, count
    for provider, pictures in made.items():
        for count, (joined, named) in enumerate(pictures, start=1):
            order = range(1, count + 1)
            for picture, wanted in ((joined, grid(order, canvas)), (named, grid(order[::-1], canvas))):
                judged = inside(wanted)
                assert (picture[judged] == wanted[judged]).all(), (provider, count)


def test_the_measure_notices_a_shift() -> None:
    """A region that lies 2 px beside where it should is below the bound, and a region that is missing is 0."""
    picture = grid(range(1, 18), CANVASES[0])
    assert min(agreement(picture, np.roll(picture, 2, axis=1), 17)) < LEAST_IOU
    assert min(agreement(picture, np.where(picture == 17, 0, picture), 17)) == 0
    assert agreement(picture, picture, 17) == [1] * 17


def columns(count: int) -> Custom:
    """Windows of one width side by side, in join order."""
    return Custom(regions=tuple({"x": i / count, "y": 0.1, "width": 1 / count, "height": 0.8} for i in range(count)))


LAYOUTS: dict[str, Callable[[int], Layout]] = {
    "grid": lambda _: Grid(),
    "grid, whole pictures": lambda _: Grid(fit="contain"),
    "floating": lambda _: Floating(),
    "floating, named": lambda count: Floating(NAMES[count - 1]),
    **{f"spotlight {side}": lambda _, side=side: Spotlight(side=side) for side in Side},
    **{f"spotlight {side}, named": lambda count, side=side: Spotlight(NAMES[count - 1], side=side) for side in Side},
    "columns": columns,
    "columns for half of them": lambda count: columns((count + 1) // 2),
    "pinned": pinned,
}
"""Every kind of layout, for so many people, of whom the last to join is named where somebody is."""

SMALLEST = 0.002
"""Of the canvas: less than this isn't a window that was meant to be seen."""
INSIDE = {Side.LEFT: (0.01, 0.5), Side.RIGHT: (0.99, 0.5), Side.TOP: (0.5, 0.01), Side.BOTTOM: (0.5, 0.99)}
"""A point of a large window at each side, in fractions of the canvas."""


@pytest.mark.parametrize("provider", MOST)
def test_every_layout_shows_everybody_who_has_a_window(provider: str) -> None:
    """From one participant to the vendor's most: each is seen, and who is large is, at the side that was asked for."""
    width, height = canvas = (640, 360)
    with film(provider, canvas) as shown:
        for count, person in enumerate(PEOPLE[: MOST[provider]], start=1):
            shown.service.join("lesson-42", person)
            for made in LAYOUTS.values():
                shown.show(made(count))
        pictures = iter(shown.pictures())
    for count in range(1, MOST[provider] + 1):
        for name in LAYOUTS:
            picture = next(pictures)
            areas = np.bincount(picture[inside(picture)], minlength=27)
            seen = np.flatnonzero(areas > SMALLEST * width * height)
            wanted = range(1, 1 + ((count + 1) // 2 if "half" in name else count))
            assert [int(owner) for owner in seen if owner] == list(wanted), (name, count)
            kind, _, rest = name.partition(" ")
            if kind == "spotlight":
                x, y = INSIDE[Side(rest.partition(",")[0])]
                large = picture[int(y * height), int(x * width)]
                assert large == (count if "named" in rest else 1), (name, count)
