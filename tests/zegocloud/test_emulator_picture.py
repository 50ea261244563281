"""What a wire layout makes of whoever is in the room, instant by instant."""

import functools
import http.server
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recorder_core.emulation.composer import Shot, compose
from recorder_core.emulation.room import Participant, Room
from recorder_zegocloud.emulator.picture import Picture
from recorder_zegocloud.emulator.whiteboard import Whiteboard
from recorder_zegocloud.picture import Layout
from recorder_zegocloud.wire.requests import InputParams, UpdateLayoutRequest

WIDTH, HEIGHT = 320, 180
CANVAS = (16, 32, 48)
RED = (200, 0, 0)
END = 100.0
Params = dict[str, Any]


class Scenes:
    """One task over 100 s in a room, asked for its pictures."""

    def __init__(self, params: Params, mix: Params, stream_ids: str = "{}") -> None:
        self.room = Room("room-42")
        wire = InputParams.model_validate(
            {
                "RecordMode": 2,
                "MixConfig": {
                    "MixOutputStreamId": "mix",
                    "MixOutputVideoConfig": {"Width": WIDTH, "Height": HEIGHT, "Fps": 10, "Bitrate": 140000},
                    "MixOutputBackgroundColor": 0x10203000,
                    **mix,
                },
                **params,
            },
            strict=False,
        )
        self.whiteboard = Whiteboard(wire.board, 0) if wire.board else None
        self.picture = Picture(wire, stream_ids.format, whiteboard=self.whiteboard, download=True)
        self.update(0, **{key: mix[key] for key in LAYOUT_KEYS if key in mix})

    def update(self, at: float, **layout: Any) -> None:
        body = UpdateLayoutRequest.model_validate({"TaskId": "t", **layout}, strict=False)
        self.picture.change(at, Layout.of(body))

    def join(self, at: float, *ids: str, **attributes: Any) -> None:
        for id in ids:
            self.room.join(Participant.of(id, **attributes), at)

    def shot(self, at: float) -> Shot:
        shots = self.picture.tape(self.room, seen_from=0, begin=0, end=END).shots(END)
        return [shot for shot in shots if shot.at <= at][-1]

    def heard(self, at: float) -> set[str]:
        return set(self.shot(at).scene.audible)

    def shown(self, at: float, x: int, y: int) -> tuple[int, ...]:
        shot = self.shot(at)
        return tuple(int(part) for part in compose(shot.scene, shot.people)[y, x])


LAYOUT_KEYS = ("MixMode", "MixInputList", "MixMaxResolutionStreamId")


def color(id: str) -> tuple[int, int, int]:
    """The colour of a participant."""
    return Participant.of(id).color


def window(left: int, top: int, right: int, bottom: int, layer: int = 1, **fields: Any) -> Params:
    """One item of MixInputList."""
    return {"Left": left, "Top": top, "Right": right, "Bottom": bottom, "Layer": layer, **fields}


LEFT, RIGHT = window(0, 0, 160, 180), window(160, 0, 320, 180)
IN_LEFT, IN_RIGHT = (80, 90), (240, 90)


@pytest.fixture
def images(tmp_path: Any) -> Iterator[Callable[[str, tuple[int, int, int]], str]]:
    """Serves pictures of one colour on loopback; gives their addresses."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def serve(name: str, flat: tuple[int, int, int]) -> str:
        content = io.BytesIO()
        Image.new("RGB", (40, 40), flat).save(content, "PNG")
        (tmp_path / name).write_bytes(content.getvalue())
        return f"http://127.0.0.1:{server.server_port}/{name}"

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_grid_grows_with_the_room() -> None:
    """One stream fills the canvas, two stand side by side; who leaves makes room for those behind."""
    scenes = Scenes({}, {})
    scenes.join(0, "1001")
    scenes.join(10, "1002")
    scenes.room.leave("1001", 20)
    assert scenes.shown(5, *IN_RIGHT) == color("1001")
    assert (scenes.shown(15, *IN_LEFT), scenes.shown(15, *IN_RIGHT)) == (color("1001"), color("1002"))
    assert scenes.shown(25, *IN_LEFT) == color("1002")
    assert scenes.heard(15) == {"1001", "1002"}
    assert scenes.heard(25) == {"1002"}


def test_an_empty_room_shows_the_background() -> None:
    """Without a stream there is the canvas colour and silence."""
    scenes = Scenes({}, {"MixOutputBackgroundColor": 0x10203000 - 2**32 + 2**32})
    assert scenes.shown(5, *IN_LEFT) == CANVAS
    assert scenes.heard(5) == set()


def test_signed_colours_are_the_same() -> None:
    """A colour whose red is 128 or more may come as a negative number."""
    scenes = Scenes({}, {"MixOutputBackgroundColor": 0xFF804000 - 2**32})
    assert scenes.shown(5, *IN_LEFT) == (255, 128, 64)


def test_custom_windows_bind_streams() -> None:
    """A named window shows its stream only; the others are filled in join order by those who have none."""
    scenes = Scenes({}, {"MixMode": 1, "MixInputList": [LEFT, RIGHT | {"StreamId": "1001"}]})
    scenes.join(0, "1001", "1002", "1003")
    assert (scenes.shown(5, *IN_LEFT), scenes.shown(5, *IN_RIGHT)) == (color("1002"), color("1001"))


def test_who_has_no_window_is_not_heard() -> None:
    """In MixMode 1 a stream without a window is neither seen nor heard, until a window is free."""
    scenes = Scenes({}, {"MixMode": 1, "MixInputList": [LEFT]})
    scenes.join(0, "1001", "1002")
    scenes.room.leave("1001", 10)
    assert scenes.heard(5) == {"1001"}
    assert scenes.heard(15) == {"1002"}
    assert scenes.shown(15, *IN_LEFT) == color("1002")


def test_larger_layers_lie_on_top() -> None:
    """Layer decides, not the order of the list; of equal ones the later lies on top."""
    over = window(40, 40, 120, 140, layer=2, StreamId="1002")
    under = window(0, 0, 320, 180, layer=1, StreamId="1001")
    for windows in ([over, under], [under, over], [under, over | {"Layer": 1}]):
        scenes = Scenes({}, {"MixMode": 1, "MixInputList": windows})
        scenes.join(0, "1001", "1002")
        assert scenes.shown(5, *IN_LEFT) == color("1002")


def test_fill_modes() -> None:
    """1 crops to fill the window, 2 shows the whole picture between black bars; per window in MixMode 1."""
    scenes = Scenes({}, {"MixMode": 1, "MixInputList": [LEFT | {"FillMode": 1}, RIGHT | {"FillMode": 2}]})
    scenes.join(0, "1001", "1002")
    assert (scenes.shown(5, 80, 177), scenes.shown(5, 240, 177)) == (color("1001"), (0, 0, 0))
    assert scenes.shown(5, *IN_RIGHT) == color("1002")
    presets = Scenes({}, {"MixMode": 2, "FillMode": 2})
    presets.join(0, "1001", "1002")
    assert presets.shown(5, 80, 177) == (0, 0, 0)


def test_a_layout_is_replaced_whole() -> None:
    """From its instant on an update holds alone: what it leaves out is at the vendor's default."""
    scenes = Scenes({}, {"MixMode": 5, "MixMaxResolutionStreamId": "1002"})
    scenes.join(0, "1001", "1002")
    scenes.update(10, MixMode=5)
    scenes.update(20, MixMode=1, MixInputList=[LEFT | {"StreamId": "1001"}])
    scenes.update(30)
    assert (scenes.shown(5, *IN_LEFT), scenes.shown(5, 318, 178)) == (color("1002"), color("1001"))
    assert (scenes.shown(15, *IN_LEFT), scenes.shown(15, 318, 178)) == (color("1001"), color("1002"))
    assert (scenes.shown(25, *IN_LEFT), scenes.shown(25, *IN_RIGHT)) == (color("1001"), CANVAS)
    assert (scenes.shown(35, *IN_LEFT), scenes.shown(35, *IN_RIGHT)) == (color("1001"), color("1002"))


def test_a_named_large_stream_may_be_absent() -> None:
    """Then the large window shows the background; unnamed, it is the first to join."""
    scenes = Scenes({}, {"MixMode": 4, "MixMaxResolutionStreamId": "1009"})
    scenes.join(0, "1001")
    assert (scenes.shown(5, *IN_LEFT), scenes.shown(5, 318, 2)) == (CANVAS, color("1001"))
    scenes.update(10, MixMode=3)
    assert scenes.shown(15, *IN_LEFT) == color("1001")


def test_stream_ids_are_the_applications() -> None:
    """Windows bind to stream ids, however these are made of the participants."""
    scenes = Scenes({}, {"MixMode": 1, "MixInputList": [LEFT | {"StreamId": "s_1001"}]}, stream_ids="s_{}")
    scenes.join(0, "1002", "1001")
    assert scenes.shown(5, *IN_LEFT) == color("1001")


def test_media_of_single_streams() -> None:
    """StreamConfigList decides who is seen and heard; an entry without StreamId is for everybody else."""
    scenes = Scenes({}, {"StreamConfigList": [{"StreamId": "1001", "StreamType": 1}, {"StreamType": 2}]})
    scenes.join(0, "1001", "1002")
    assert scenes.heard(5) == {"1001"}
    assert (scenes.shown(5, *IN_LEFT), scenes.shown(5, *IN_RIGHT)) == (CANVAS, color("1002"))
    listed = Scenes({}, {"StreamConfigList": [{"StreamId": "1001", "StreamType": 0}, {"StreamType": 2}]})
    listed.join(0, "1001", "1002")
    assert listed.heard(5) == {"1001"}


def test_video_only_tasks_are_silent() -> None:
    """StreamType 2 records no sound, StreamType 1 no picture."""
    silent, dark = Scenes({"StreamType": 2}, {}), Scenes({"StreamType": 1}, {})
    for scenes in (silent, dark):
        scenes.join(0, "1001")
    assert silent.heard(5) == set()
    assert dark.heard(5) == {"1001"}
    assert dark.shot(5).scene.windows == ()


@pytest.mark.parametrize(
    ("fill_frame", "expected"),
    [
        (None, color("1001")),
        ({"FrameFillMode": 1}, color("1001")),
        ({"FrameFillMode": 2, "FrameFillColor": 0xC8000000}, RED),
        ({"FrameFillMode": 3}, CANVAS),
    ],
)
def test_camera_off(fill_frame: Params | None, expected: tuple[int, int, int]) -> None:
    """While the sound goes on, the window shows the last frame, a colour or the background."""
    scenes = Scenes({"FillFrame": fill_frame}, {})
    scenes.join(0, "1001")
    scenes.room.set_media("1001", 10, camera=False)
    assert scenes.shown(5, *IN_LEFT) == color("1001")
    assert scenes.shown(15, *IN_LEFT) == expected
    assert scenes.heard(15) == {"1001"}


def test_no_last_frame_without_a_first_one() -> None:
    """Who never had the camera on takes a window that shows the background."""
    scenes = Scenes({}, {})
    scenes.join(0, "1001", camera=False)
    scenes.join(0, "1002")
    assert (scenes.shown(5, *IN_LEFT), scenes.shown(5, *IN_RIGHT)) == (CANVAS, color("1002"))
    scenes.room.set_media("1001", 10, camera=True)
    scenes.room.set_media("1001", 20, camera=False)
    assert scenes.shown(25, *IN_LEFT) == color("1001")


def test_nothing_published_is_no_stream() -> None:
    """With camera and microphone off somebody only watches, and takes no window."""
    scenes = Scenes({}, {})
    scenes.join(0, "1001", camera=False, microphone=False)
    scenes.join(0, "1002")
    assert scenes.shown(5, *IN_LEFT) == color("1002")


def test_fill_blank_keeps_windows() -> None:
    """A stream that left keeps its window with the last frame, and gets it back when it returns."""
    scenes = Scenes({"FillBlank": True}, {})
    scenes.join(0, "1001", "1002")
    scenes.room.leave("1001", 10)
    scenes.join(20, "1001")
    for at in (5, 15, 25):
        assert (scenes.shown(at, *IN_LEFT), scenes.shown(at, *IN_RIGHT)) == (color("1001"), color("1002"))
    assert scenes.heard(15) == {"1002"}


def test_images(images: Callable[[str, tuple[int, int, int]], str]) -> None:
    """Canvas, missing streams, one window and the watermark have images of their own; a window's wins."""
    board, off, own, logo = (
        images(f"{name}.png", flat)
        for name, flat in (("board", (1, 2, 3)), ("off", RED), ("own", (0, 200, 0)), ("logo", (0, 0, 200)))
    )
    scenes = Scenes(
        {"FillBlank": True, "FillFrame": {"FrameFillMode": 3}},
        {
            "MixMode": 1,
            "MixInputList": [
                window(0, 0, 100, 180, StreamId="1001"),
                window(100, 0, 200, 180, StreamId="1002", BackgroundImage=own),
            ],
            "MixOutputBackgroundImage": board,
            "DefaultMixStreamBackgroundImage": off,
            "MixOutputWatermarkImage": logo,
            "MixOutputWatermarkImageConfig": {"Left": 300, "Top": 0, "Right": 320, "Bottom": 20},
        },
    )
    scenes.join(10, "1001", "1002")
    scenes.room.set_media("1001", 20, camera=False)
    scenes.room.leave("1002", 20)
    assert (scenes.shown(5, 50, 90), scenes.shown(5, 150, 90)) == (RED, (0, 200, 0))
    assert (scenes.shown(15, 50, 90), scenes.shown(15, 150, 90)) == (color("1001"), color("1002"))
    assert (scenes.shown(25, 50, 90), scenes.shown(25, 150, 90)) == (RED, (0, 200, 0))
    assert (scenes.shown(5, 250, 90), scenes.shown(5, 310, 10)) == ((1, 2, 3), (0, 0, 200))


def test_images_that_cannot_be_had() -> None:
    """A failed download is no error: the setting has no effect."""
    scenes = Scenes({}, {"MixOutputBackgroundImage": "http://127.0.0.1:1/none.png"})
    assert scenes.shown(5, *IN_LEFT) == CANVAS


def test_the_default_image_needs_both_settings(images: Callable[[str, tuple[int, int, int]], str]) -> None:
    """Without FillBlank, or with another FrameFillMode than 3, the image for missing streams isn't shown."""
    for params in ({"FillBlank": True}, {"FillFrame": {"FrameFillMode": 3}}):
        scenes = Scenes(
            params,
            {
                "MixMode": 1,
                "MixInputList": [LEFT | {"StreamId": "1001"}],
                "DefaultMixStreamBackgroundImage": images("off.png", RED),
            },
        )
        assert scenes.shown(5, *IN_LEFT) == CANVAS


BOARD = {"HorizontalRatio": 16, "VerticalRatio": 9, "BackgroundColor": 0xC8000000}
OPEN_BOARD = {"HasWhiteboard": True, "Whiteboard": [BOARD | {"WhiteboardId": "wb-1"}]}
NO_BOARD = {"HasWhiteboard": True, "Whiteboard": [BOARD]}


def test_the_whiteboard_takes_the_first_or_large_window() -> None:
    """Window 1 of the grid, the large one of the others, the one of ViewType 2 in MixMode 1."""
    scenes = Scenes(OPEN_BOARD, {})
    scenes.join(0, "1001")
    assert (scenes.shown(5, *IN_LEFT), scenes.shown(5, *IN_RIGHT)) == (RED, color("1001"))
    scenes.update(10, MixMode=5, MixMaxResolutionStreamId="1001")
    assert (scenes.shown(15, *IN_LEFT), scenes.shown(15, 318, 178)) == (RED, color("1001"))
    scenes.update(20, MixMode=1, MixInputList=[LEFT, RIGHT | {"ViewType": 2, "StreamId": "1001"}])
    assert (scenes.shown(25, *IN_LEFT), scenes.shown(25, *IN_RIGHT)) == (color("1001"), RED)


def test_a_whiteboard_that_is_not_open() -> None:
    """Its window is empty, or shows a stream that is named for it; the grid has no window for it."""
    scenes = Scenes(NO_BOARD, {"MixMode": 5})
    scenes.join(0, "1001")
    assert (scenes.shown(5, *IN_LEFT), scenes.shown(5, 318, 178)) == (CANVAS, color("1001"))
    scenes.update(10, MixMode=1, MixInputList=[LEFT | {"ViewType": 2}, RIGHT])
    assert (scenes.shown(15, *IN_LEFT), scenes.shown(15, *IN_RIGHT)) == (CANVAS, color("1001"))
    scenes.update(20, MixMode=1, MixInputList=[LEFT | {"ViewType": 2, "StreamId": "1001"}, RIGHT])
    assert scenes.shown(25, *IN_LEFT) == color("1001")
    scenes.update(30, MixMode=2)
    assert scenes.shown(35, *IN_LEFT) == color("1001")


def test_a_board_is_opened_and_switched() -> None:
    """The first board takes its window once it is named; another has the same paper and another name on it."""
    scenes = Scenes(NO_BOARD, {})
    scenes.join(0, "1001")
    assert scenes.whiteboard is not None
    scenes.whiteboard.switch(10, "wb-1")
    scenes.whiteboard.switch(20, "another")
    assert [scenes.shown(at, *IN_LEFT) for at in (5, 15, 25)] == [color("1001"), RED, RED]
    first, second, still = (compose(shot.scene, shot.people) for shot in map(scenes.shot, (15, 25, 30)))
    assert (first == second).mean() > 0.9
    assert not np.array_equal(first[:, : WIDTH // 2], second[:, : WIDTH // 2])
    assert np.array_equal(second, still)


def test_the_clock_watermark_is_at_the_top_right() -> None:
    """It changes with the minute and touches nothing else."""
    scenes = Scenes({}, {"MixOutputWatermarkTimestampConfig": {"FontSize": 16}})
    before, after = (compose(scenes.shot(at).scene, ()) for at in (30, 70))
    changed = np.argwhere((before != after).any(axis=2))
    assert len(changed) > 0
    assert changed[:, 0].max() < 40
    assert tuple(before[HEIGHT // 2, WIDTH // 2]) == CANVAS


def test_at_most_25_streams() -> None:
    """Streams beyond the twenty-fifth are neither seen nor heard."""
    scenes = Scenes({}, {})
    scenes.join(0, *(str(1000 + number) for number in range(30)))
    assert len(scenes.shot(5).scene.windows) == 25
    assert scenes.heard(5) == {str(1000 + number) for number in range(25)}
