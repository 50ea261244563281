"""Composing pictures."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from recorder_core.emulation.composer import Fit, Scene, Window, compose, contained
from recorder_core.emulation.room import Participant

RED, GREEN, BLUE = (230, 46, 46), (46, 230, 46), (46, 46, 230)
ADA = Participant.of("ada", color=RED, width=640, height=360)


def png(*columns: tuple[int, int, int], width: int = 90, height: int = 30) -> bytes:
    """An image of vertical stripes."""
    pixels = np.repeat(np.array([columns], dtype=np.uint8), height, axis=0).repeat(width // len(columns), axis=1)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def at(picture: NDArray[np.uint8], x: int, y: int) -> tuple[int, ...]:
    """The colour of a pixel."""
    return tuple(int(value) for value in picture[y, x])


def test_every_region_is_its_participants_up_to_its_last_pixel(
    assert_shows: Callable[..., None],
) -> None:
    """Windows lie exactly where the wire request says, also at odd pixels and where they touch."""
    people = tuple(Participant.of(str(1001 + index)) for index in range(4))
    scene = Scene(
        width=301,
        height=201,
        color=(16, 24, 32),
        windows=(
            Window(left=0, top=0, right=151, bottom=67, participant="1001"),
            Window(left=151, top=0, right=301, bottom=67, participant="1002"),
            Window(left=3, top=69, right=140, bottom=199, participant="1003"),
            Window(left=161, top=101, right=199, bottom=133, participant="1004"),
        ),
    )
    picture = compose(scene, people)
    assert picture.shape == (201, 301, 3)
    assert_shows(picture, scene, people)
    assert at(picture, 150, 66) == people[0].color
    assert at(picture, 151, 66) == people[1].color
    assert at(picture, 2, 69) == at(picture, 140, 69) == at(picture, 3, 68) == at(picture, 3, 199) == (16, 24, 32)


def test_a_name_is_written_where_there_is_room() -> None:
    """The name lies in the upper left quarter, 8 px or more from the edges; a small window has none."""
    large = compose(_one(640, 360), [ADA])
    written = np.argwhere(np.any(large != RED, axis=2))
    assert len(written)
    assert written.min() >= 8
    assert (written.max(axis=0) < (180, 320)).all()
    assert not np.any(compose(_one(40, 30), [ADA]) != RED)


@pytest.mark.parametrize(
    ("fit", "edge", "bars", "expected"),
    [
        ("cover", 1, None, RED),
        ("stretch", 1, None, RED),
        ("contain", 1, None, (0, 0, 9)),
        ("contain", 1, GREEN, GREEN),
        ("contain", 45, GREEN, RED),
    ],
)
def test_fit(fit: Fit, edge: int, bars: tuple[int, int, int] | None, expected: tuple[int, int, int]) -> None:
    """A contained picture leaves bars, which are the canvas or a colour; the other fits fill the window."""
    scene = _one(160, 160, fit=fit, bars=bars)
    picture = compose(scene, [ADA])
    assert at(picture, 80, edge) == at(picture, 80, 159 - edge) == expected
    assert at(picture, 80, 80) == RED


def test_a_contained_picture_fills_a_window_of_its_own_shape() -> None:
    """Rounding leaves no bar of a pixel where the shapes agree."""
    assert contained(640, 360, 427, 240) == (427, 240)
    assert contained(640, 360, 160, 160) == (160, 90)
    assert contained(1, 1000, 10, 10) == (1, 10)


def test_opacity_and_order() -> None:
    """Later windows lie on top, and let through what their opacity leaves."""
    ben = Participant.of("ben", color=BLUE)
    half = Window(left=0, top=0, right=50, bottom=20, participant="ben", opacity=0.5)
    below = Window(left=0, top=0, right=100, bottom=20, participant="ada")
    picture = compose(Scene(width=100, height=20, windows=(below, half)), [ADA, ben])
    assert at(picture, 25, 10) == (138, 46, 138)
    assert at(picture, 75, 10) == RED


def test_what_leaves_the_canvas_is_cut_off() -> None:
    """A window that reaches beyond the canvas shows what is on it, one beside it nothing."""
    windows = (
        Window(left=-50, top=-50, right=30, bottom=30, participant="ada"),
        Window(left=200, top=0, right=300, bottom=50, participant="ada"),
        Window(left=50, top=50, right=50, bottom=60, participant="ada"),
    )
    picture = compose(Scene(width=100, height=100, windows=windows), [ADA])
    assert at(picture, 29, 29) == RED
    assert at(picture, 30, 29) == (0, 0, 0)


def test_what_stands_in_for_a_camera_that_is_off() -> None:
    """Without a camera: the image, else the colour, else nothing; in a frozen window the last frame."""
    off = Participant.of("ada", color=RED, camera=False)
    assert at(compose(_one(90, 30, image=png(GREEN), color=BLUE), [off]), 45, 15) == GREEN
    assert at(compose(_one(90, 30, color=BLUE), [off]), 45, 15) == BLUE
    assert at(compose(_one(90, 30), [off]), 45, 15) == (0, 0, 9)
    assert at(compose(_one(90, 30), []), 45, 15) == (0, 0, 9)
    assert at(compose(_one(90, 30, image=png(GREEN), frozen=True), [off]), 45, 15) == RED


@pytest.mark.parametrize(
    ("fit", "colors"),
    [
        ("stretch", [RED, GREEN, BLUE]),
        ("cover", [GREEN, GREEN, GREEN]),
        ("contain", [RED, GREEN, BLUE]),
    ],
)
def test_background_image(fit: Fit, colors: list[tuple[int, int, int]]) -> None:
    """A canvas image is stretched, cut or shown whole."""
    scene = Scene(width=30, height=30, image=png(RED, GREEN, BLUE), image_fit=fit)
    picture = compose(scene, [])
    assert [at(picture, x, 15) for x in (3, 15, 26)] == colors
    assert (at(picture, 15, 4) == (0, 0, 0)) == (fit == "contain")


def _one(
    width: int,
    height: int,
    *,
    fit: Fit = "cover",
    bars: tuple[int, int, int] | None = None,
    image: bytes | None = None,
    color: tuple[int, int, int] | None = None,
    frozen: bool = False,
) -> Scene:
    window = Window(
        left=0,
        top=0,
        right=width,
        bottom=height,
        participant="ada",
        fit=fit,
        bars=bars,
        image=image,
        color=color,
        frozen=frozen,
    )
    return Scene(width=width, height=height, color=(0, 0, 9), windows=(window,))
