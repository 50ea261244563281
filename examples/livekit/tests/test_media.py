"""What is in the files: real media, looked at."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from recorder_core import Custom, Participants, Recorder, Recording, Selection
from recorder_core.emulation.room import Participant
from recorder_core.testing import connect

from asking import PEOPLE, ROOM, Caller, Emulated, parted, spec_of
from recorder_livekit.emulator.service import LivekitEmulator

SMALL = {"width": 320, "height": 180, "fps": 10}
HALVES = {
    "kind": "custom",
    "background": {"color": "#204060"},
    "regions": [
        {"participant": "1001", "x": 0.0, "y": 0.0, "width": 0.5, "height": 0.5},
        {"x": 0.5, "y": 0.5, "width": 0.5, "height": 0.5},
    ],
}


def frame_of(content: bytes, at_s: float) -> NDArray[np.uint8]:
    """The picture at a second of a file."""
    with av.open(io.BytesIO(content), "r") as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= at_s:
                return frame.to_ndarray(format="rgb24").astype(np.uint8)
    raise AssertionError(f"the file ends before {at_s} s")


def color_at(picture: NDArray[np.uint8], x: float, y: float) -> tuple[int, ...]:
    """The colour at a place in fractions."""
    height, width, _ = picture.shape
    return tuple(int(value) for value in picture[int(y * height), int(x * width)])


def is_near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether two colours are the same but for the encoder."""
    return all(abs(one - other) <= 12 for one, other in zip(found, wanted, strict=True))


@pytest.fixture
def filming(emulated: Emulated) -> LivekitEmulator:
    """A service that makes media, with two people in the room."""
    service = emulated(media=True)
    service.join(ROOM, "1001")
    service.join(ROOM, "1002")
    return service


def recorded(service: LivekitEmulator, recorder: Recorder, changes: Any = (), **fields: Any) -> dict[str, bytes]:
    """What is in the bucket after five seconds, and five more after each change."""
    recording = recorder.start(spec_of(video=SMALL, **fields), confirm=True)
    service.clock.advance(5)
    for change in changes:
        recording = change(recording)
        service.clock.advance(5)
    recorder.stop(recording)
    return {key: service.bucket.read(key) for key in service.bucket.list()}


def test_a_custom_layout_is_filmed_where_it_is_said_to_be(filming: LivekitEmulator) -> None:
    """Regions, the background, a change of the layout, and who is left out of it: pixels."""
    ann, ben = Participant.of("1001").color, Participant.of("1002").color
    whole = Custom.model_validate({"regions": [{"participant": "1002", "x": 0, "y": 0, "width": 1, "height": 1}]})
    nobody = Participants(video=Selection(exclude=("1002",)))
    with connect(filming) as recorder:
        files = recorded(
            filming,
            recorder,
            [lambda it: recorder.layout(it, whole), lambda it: recorder.update_participants(it, nobody)],
            layout=HALVES,
        )
    (video,) = files.values()
    before, after, last = (frame_of(video, at) for at in (3.0, 8.0, 13.0))
    assert before.shape == (180, 320, 3)
    assert is_near(color_at(before, 0.3, 0.4), ann)
    assert is_near(color_at(before, 0.8, 0.9), ben)
    assert is_near(color_at(before, 0.8, 0.2), (0x20, 0x40, 0x60))
    assert is_near(color_at(after, 0.8, 0.9), ben)
    assert is_near(color_at(last, 0.8, 0.9), (0x20, 0x40, 0x60))


def test_the_vendor_s_templates_keep_their_layout(filming: LivekitEmulator) -> None:
    """What a recording without a page shows: a grid."""
    with connect(filming, template_url=None) as recorder:
        (video,) = recorded(filming, recorder).values()
    frame = frame_of(video, 3.0)
    assert is_near(color_at(frame, 0.3, 0.9), Participant.of("1001").color)
    assert is_near(color_at(frame, 0.8, 0.9), Participant.of("1002").color)


@pytest.mark.parametrize(("page", "x"), [(True, 0.3), (False, 0.9)])
def test_the_large_window_follows_whoever_speaks(filming: LivekitEmulator, page: bool, x: float) -> None:
    """Who has the first open microphone, so that it can be tried: by the page at the side that was asked for, by the
    vendor's template at the right."""
    ann, ben = Participant.of("1001").color, Participant.of("1002").color

    def mute(recording: Recording) -> Recording:
        filming.set_media(ROOM, "1001", microphone=False)
        return recording

    with connect(filming, **({} if page else {"template_url": None})) as recorder:
        (video,) = recorded(filming, recorder, [mute], layout={"kind": "spotlight", "follows": "speaker"}).values()
    before, after = (color_at(frame_of(video, at), x, 0.9) for at in (3.0, 8.0))
    assert is_near(before, ann)
    assert is_near(after, ben)


def test_files_are_what_they_are_called(filming: LivekitEmulator) -> None:
    """HLS with its segments beside it, pictures at their interval, each under the folder and the recording's id."""
    output = {"formats": ["hls"], "prefix": "a/b", "segment_duration": 2, "snapshots": {"interval": 5}}
    with connect(filming) as recorder:
        files = recorded(filming, recorder, output=output)
        (recording,) = filming.recordings
    names = sorted(key.removeprefix("a/b/")[32:] for key in files)
    assert {name for name in names if name.endswith(".jpeg")} == {"_00000.jpeg"}
    assert [name for name in names if name.endswith(".ts")] == ["_00000.ts", "_00001.ts", "_00002.ts"]
    playlist = next(content for key, content in files.items() if key.endswith(".m3u8")).decode()
    assert playlist.count("_0000") == 3
    assert set(recording.files) == set(files)
    picture = next(content for key, content in files.items() if key.endswith(".jpeg"))
    with Image.open(io.BytesIO(picture)) as image:
        assert image.size == (320, 180)


@pytest.mark.parametrize(("form", "codec"), [("mp3", "mp3float"), ("ogg", "opus"), ("mp4", "aac")])
def test_sound_alone_has_no_picture(filming: LivekitEmulator, form: str, codec: str) -> None:
    """Each of the vendor's files for sound, of two channels."""
    with connect(filming) as recorder:
        recording = recorder.start(spec_of(media="audio", output={"formats": [form]}), confirm=True)
        filming.clock.advance(3)
        recorder.stop(recording)
    content = filming.bucket.read(f"{recording.id}.{form}")
    with av.open(io.BytesIO(content)) as container:
        assert not container.streams.video
        (sound,) = container.streams.audio
        assert (sound.codec_context.name, sound.channels) == (codec, 2)


def test_a_clock_is_filmed(filming: LivekitEmulator) -> None:
    """At the top right, over everything."""
    with connect(filming) as recorder:
        files = recorded(filming, recorder, watermarks=[{"kind": "clock", "font_size": 24}])
    (video,) = files.values()
    corner = frame_of(video, 3.0)[:30, -200:].reshape(-1, 3)
    assert any(is_near(tuple(map(int, color)), (0, 0, 0)) for color in corner)
    assert any(is_near(tuple(map(int, color)), (255, 255, 255)) for color in corner)


def test_presets_and_chosen_files_are_the_vendor_s(filming: LivekitEmulator) -> None:
    """A start of somebody's own client: the picture is the preset's, and sound alone is an Ogg file unless it says."""
    call = Caller(filming)
    upload = {"s3": {"bucket": "b", "region": "r", "access_key": "AK", "secret": "SK"}}
    tall = {"preset": "PORTRAIT_H264_720P_30", "file_outputs": [{"filepath": "tall", **upload}]}
    heard = {"audio_only": True, "file_outputs": [{"filepath": "heard", **upload}]}
    started = [call("StartRoomCompositeEgress", room_name=ROOM, **body) for body in (tall, heard)]
    filming.clock.advance(3)
    for info in started:
        call("StopEgress", egress_id=info["egress_id"])
    filming.clock.advance(3)
    assert set(filming.bucket.list()) == {"tall.mp4", "heard.ogg"}
    with av.open(io.BytesIO(filming.bucket.read("tall.mp4"))) as container:
        (video,) = container.streams.video
        assert (video.width, video.height) == (720, 1280)
        assert video.average_rate is not None
        assert round(float(video.average_rate)) == 30


def test_each_of_several_participants_has_a_film_of_their_own(filming: LivekitEmulator) -> None:
    """Numbered in the order of their names."""
    with connect(filming) as recorder:
        recording = recorder.start(parted(video=SMALL), confirm=True)
        filming.clock.advance(5)
        files = {file.participant: file for file in recorder.stop(recording).files}
    for number, person in enumerate(PEOPLE, 1):
        file = files[person]
        assert file.key == f"{recording.id}-{number}.mp4"
        picture = frame_of(filming.bucket.read(file.key), 2.0)
        assert is_near(color_at(picture, 0.9, 0.9), Participant.of(person).color)
