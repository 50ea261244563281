"""From the wire layout to pixels: presets, regions, images and who takes a place."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recorder_agora.emulator.picture import Subscription, image_urls, scene
from recorder_agora.picture import NOBODY, Canvas, Selection
from recorder_agora.wire.layout import BackgroundConfig, LayoutConfig, MixedLayout
from recorder_agora.wire.recording import AudioUidList, VideoUidList
from recorder_core.emulation.composer import Scene, compose
from recorder_core.emulation.room import Participant

CANVAS = Canvas(400, 200)
EVERYBODY = Selection()
ANNA, BERT, CARL = (Participant.of(uid, width=200, height=100) for uid in ("11", "12", "13"))
DARK = Participant.of("12", camera=False)


def made(layout: MixedLayout, *people: Participant, **changed: Any) -> Scene:
    """The scene of a layout, everybody subscribed and every camera on."""
    options: dict[str, Any] = {"seen": EVERYBODY, "heard": EVERYBODY, "frozen": (), "held": ()}
    images = changed.pop("images", {})
    return scene(layout, CANVAS, images, people, **(options | changed))


def region(x: float, y: float, width: float, height: float, **more: Any) -> LayoutConfig:
    """A region by its corner and size."""
    return LayoutConfig(x_axis=x, y_axis=y, width=width, height=height, **more)


def custom(*regions: LayoutConfig, **more: Any) -> MixedLayout:
    """Layout 3."""
    return MixedLayout(mixedVideoLayout=3, layoutConfig=regions, **more)


def boxes(made: Scene) -> list[tuple[str | None, int, int, int, int]]:
    """Who is shown where."""
    return [(w.participant, w.left, w.top, w.right, w.bottom) for w in made.windows]


def picture_of(color: tuple[int, int, int]) -> bytes:
    """A BMP of one colour."""
    written = io.BytesIO()
    Image.new("RGB", (40, 20), color).save(written, "BMP")
    return written.getvalue()


def test_floating_is_the_default() -> None:
    """Without `mixedVideoLayout`: the first user fills the canvas, the second floats at the bottom left."""
    assert boxes(made(MixedLayout(), ANNA, BERT)) == [("11", 0, 0, 400, 200), ("12", 5, 151, 99, 198)]


def test_best_fit() -> None:
    """Layout 1: a grid in join order."""
    assert boxes(made(MixedLayout(mixedVideoLayout=1), ANNA, BERT, CARL)) == [
        ("11", 0, 0, 200, 100),
        ("12", 200, 0, 400, 100),
        ("13", 0, 100, 200, 200),
    ]


def test_vertical() -> None:
    """Layout 2: `maxResolutionUid` large and shown whole, the others cropped in a column."""
    vertical = made(MixedLayout(mixedVideoLayout=2, maxResolutionUid="12"), ANNA, BERT, CARL)
    assert boxes(vertical) == [("12", 0, 0, 320, 200), ("11", 320, 0, 400, 50), ("13", 320, 50, 400, 100)]
    assert [window.fit for window in vertical.windows] == ["contain", "cover", "cover"]


@pytest.mark.parametrize("large", [None, "99"])
def test_vertical_without_its_large_user(large: str | None) -> None:
    """Layout 2 without the large user: background there, everybody small, the seventeenth not shown."""
    people = [Participant.of(str(uid)) for uid in range(1, 18)]
    shown = made(MixedLayout(mixedVideoLayout=2, maxResolutionUid=large), *people)
    assert [window.participant for window in shown.windows] == [str(uid) for uid in range(1, 17)]
    assert all(window.left >= 320 for window in shown.windows)


@pytest.mark.parametrize("preset", [0, 1])
def test_seventeen_are_shown_and_all_are_heard(preset: int) -> None:
    """The first 17 users are shown, the sound is everybody's."""
    people = [Participant.of(str(uid)) for uid in range(1, 21)]
    shown = made(MixedLayout(mixedVideoLayout=preset), *people)  # type: ignore[arg-type]
    assert len(shown.windows) == 17
    assert len(shown.audible) == 20


def test_bound_and_unbound_regions() -> None:
    """A bound region waits for its user; one without uid, or an empty one, takes the next in join order."""
    layout = custom(region(0, 0, 0.5, 1), region(0.5, 0, 0.5, 0.5, uid="11"), region(0.5, 0.5, 0.5, 0.5, uid=""))
    assert boxes(made(layout, ANNA, BERT, CARL)) == [
        ("12", 0, 0, 200, 200),
        ("11", 200, 0, 400, 100),
        ("13", 200, 100, 400, 200),
    ]
    assert boxes(made(layout, BERT)) == [("12", 0, 0, 200, 200)]


def test_account_names_stay_blank() -> None:
    """A region bound to something that is no integer uid shows nobody, and takes nobody's place."""
    layout = custom(region(0, 0, 0.5, 1, uid="anna"), region(0.5, 0, 0.5, 1))
    assert boxes(made(layout, Participant.of("anna"), ANNA)) == [("anna", 200, 0, 400, 200)]


def test_neighbours_share_edges() -> None:
    """Six decimals of a third leave neither a gap nor an overlap between neighbours."""
    layout = custom(*(region(x, 0, 0.333333, 1) for x in (0, 0.333333, 0.666666)))
    assert [box[1:4:2] for box in boxes(made(layout, ANNA, BERT, CARL))] == [(0, 133), (133, 267), (267, 400)]


def test_overlap_and_opacity() -> None:
    """Later regions lie on top; `alpha` lets what is below shine through."""
    layout = custom(region(0, 0, 1, 1), region(0.5, 0, 0.5, 1, alpha=0.5))
    picture = compose(made(layout, ANNA, BERT), (ANNA, BERT)).astype(int)
    assert tuple(picture[190, 50]) == ANNA.color
    mixed = (np.array(ANNA.color) + np.array(BERT.color)) / 2
    assert np.abs(picture[190, 350] - mixed).max() <= 1


def test_render_mode() -> None:
    """`render_mode` 1 shows the whole picture between bars of background, 0 fills the region."""
    layout = custom(region(0, 0, 0.25, 1, render_mode=1), region(0.25, 0, 0.25, 1), backgroundColor="#102030")
    picture = compose(made(layout, ANNA, BERT), (ANNA, BERT))
    assert tuple(picture[2, 50]) == (0x10, 0x20, 0x30)
    assert tuple(picture[100, 50]) == ANNA.color
    assert tuple(picture[2, 150]) == tuple(picture[197, 198]) == BERT.color


def test_who_is_not_subscribed() -> None:
    """Whose video isn't subscribed takes no place; whose audio isn't, isn't heard."""
    shown = made(
        MixedLayout(mixedVideoLayout=1),
        ANNA,
        BERT,
        CARL,
        seen=Selection(without=frozenset({"11"})),
        heard=Selection(only=frozenset({"11"})),
    )
    assert [window.participant for window in shown.windows] == ["12", "13"]
    assert shown.audible == ("11",)


def test_sound_only_user_takes_a_place() -> None:
    """A user without camera keeps a cell, and the background shows in it."""
    shown = made(MixedLayout(mixedVideoLayout=1, backgroundColor="#102030"), ANNA, DARK)
    picture = compose(shown, (ANNA, DARK))
    assert tuple(picture[100, 100]) == ANNA.color
    assert tuple(picture[100, 300]) == (0x10, 0x20, 0x30)


def test_last_frame() -> None:
    """A camera that just went off leaves its last frame; later only while no image is configured."""
    layout = MixedLayout(mixedVideoLayout=1, defaultUserBackgroundImage="http://h/i")
    image = {"http://h/i": picture_of((1, 2, 3))}
    for options, color in (
        ({"frozen": {"12"}, "images": image}, DARK.color),
        ({"held": {"12"}, "images": image}, (1, 2, 3)),
        ({"held": {"12"}}, DARK.color),
        ({}, (0, 0, 0)),
    ):
        picture = compose(made(layout, ANNA, DARK, **options), (ANNA, DARK))
        assert tuple(picture[100, 300]) == color


def test_priority_of_images() -> None:
    """The user's own image, then everybody's, then the canvas's; a failed download falls back."""
    layout = MixedLayout(
        mixedVideoLayout=1,
        backgroundImage="http://h/canvas",
        defaultUserBackgroundImage="http://h/all",
        backgroundConfig=(BackgroundConfig(uid="12", image_url="http://h/own"),),
    )
    names = ("own", "all", "canvas")
    colors = {name: (10 + index, 20, 30) for index, name in enumerate(names)}
    downloaded: dict[str, bytes | None] = {f"http://h/{name}": picture_of(colors[name]) for name in names}
    assert image_urls(layout) == downloaded.keys()
    for name in names:
        picture = compose(made(layout, ANNA, DARK, images=downloaded), (ANNA, DARK))
        assert tuple(picture[100, 300]) == colors[name]
        downloaded[f"http://h/{name}"] = None


def test_canvas_image_is_cropped() -> None:
    """`backgroundImage` covers the whole canvas."""
    layout = MixedLayout(backgroundImage="http://h/i")
    picture = compose(made(layout, images={"http://h/i": picture_of((9, 8, 7))}), ())
    assert (picture == (9, 8, 7)).all()


@pytest.mark.parametrize(
    ("audio", "video", "streams", "heard", "seen"),
    [
        ({}, {}, 2, EVERYBODY, EVERYBODY),
        ({}, {}, 0, EVERYBODY, NOBODY),
        ({}, {}, 1, NOBODY, EVERYBODY),
        ({"subscribeAudioUids": ("1",)}, {}, 2, Selection(only=frozenset({"1"})), NOBODY),
        ({}, {"unSubscribeVideoUids": ("1",)}, 2, NOBODY, Selection(without=frozenset({"1"}))),
        (
            {"subscribeAudioUids": ("#allstream#",)},
            {"subscribeVideoUids": ("1",)},
            2,
            EVERYBODY,
            Selection(frozenset({"1"})),
        ),
    ],
)
def test_lists(audio: Any, video: Any, streams: int, heard: Selection, seen: Selection) -> None:
    """No list subscribes everybody; a list for one medium alone turns the other one off."""
    subscription = Subscription.of(AudioUidList(**audio), VideoUidList(**video), streams)
    assert (subscription.heard, subscription.seen) == (heard, seen)
