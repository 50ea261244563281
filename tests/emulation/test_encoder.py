"""Encoded files, decoded again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recorder_core.emulation.composer import Scene, Shot, Window
from recorder_core.emulation.encoder import AudioSettings, MediaFile, encode
from recorder_core.emulation.room import Participant

PEOPLE = tuple(Participant.of(str(1001 + index)) for index in range(9))
Decode = Callable[[Path], Any]
AssertShows = Callable[..., None]


def name(extension: str, start_s: float) -> str:
    """Name a file by its second."""
    return f"lesson_{start_s:06.3f}.{extension}"


def windows(rectangles: list[tuple[int, int, int, int]], turned: int = 0) -> tuple[Window, ...]:
    """One window per rectangle."""
    return tuple(
        Window(
            left=left,
            top=top,
            right=right,
            bottom=bottom,
            participant=PEOPLE[(index + turned) % len(rectangles)].id,
        )
        for index, (left, top, right, bottom) in enumerate(rectangles)
    )


THIRDS = [
    (
        427 * (index % 3),
        240 * (index // 3) + index // 3 % 2,
        427 * (index % 3 + 1),
        240 * (index // 3 + 1) - 1,
    )
    for index in range(9)
]
FLOATING = [(0, 0, 1281, 719), *((15 + 317 * index, 541, 15 + 317 * index + 301, 710) for index in range(4))]
ODD = [(1, 1, 36, 38), (37, 1, 70, 38), (71, 3, 102, 36), (103, 5, 150, 44), (3, 45, 150, 90)]


@pytest.mark.parametrize(
    ("size", "rectangles"),
    [((1282, 720), THIRDS), ((1281, 719), FLOATING), ((151, 91), ODD)],
    ids=["grid", "floating", "odd"],
)
def test_decoded_regions_have_their_participants_colours(
    tmp_path: Path,
    decode: Decode,
    assert_shows: AssertShows,
    size: tuple[int, int],
    rectangles: list[tuple[int, int, int, int]],
) -> None:
    """In MP4 and HLS, before and after a change: centre, edges and corners of every region, 2 px inside."""
    scenes = [
        Scene(width=size[0], height=size[1], color=(16, 24, 32), windows=windows(rectangles, turned))
        for turned in (0, 1)
    ]
    shots = [Shot(at, scene, PEOPLE) for at, scene in zip((0.0, 1.0), scenes, strict=True)]
    files = encode(shots, 2.0, fps=10, video=True, audio=None, into=tmp_path, name=name, formats=["mp4", "hls"])
    for file in files:
        if file.format in ("mp4", "ts"):
            decoded = decode(file.path)
            assert decoded.frames.shape == (20, size[1] // 2 * 2, size[0] // 2 * 2, 3)
            assert (file.width, file.height) == (size[0] // 2 * 2, size[1] // 2 * 2)
            assert decoded.key_frames == [0, 10]
            for index in (0, 1, 9, 10, 11, 19):
                assert_shows(decoded.frames[index], scenes[index // 10], PEOPLE)


@pytest.mark.parametrize("format", ["mp4", "hls", "flv", "aac", "mp3", "ogg"])
@pytest.mark.parametrize("audio", [AudioSettings(), AudioSettings(channels=2, bit_rate=192_000)])
def test_only_the_audible_are_heard(tmp_path: Path, decode: Decode, format: str, audio: AudioSettings) -> None:
    """In every format the tones of the recorded sound, and nobody else's, before and after a change."""
    scenes = [
        Scene(width=64, height=36, audible=("1001", "1002", "1003")),
        Scene(width=64, height=36, audible=("1003", "1004")),
    ]
    muted = Participant.of("1004", microphone=False)
    people = (*PEOPLE[:3], muted, *PEOPLE[4:])
    shots = [Shot(0.0, scenes[0], people), Shot(1.5, scenes[1], people)]
    (file,) = [
        file
        for file in encode(shots, 3.0, fps=10, video=False, audio=audio, into=tmp_path, name=name, formats=[format])
        if file.format != "hls"
    ]
    decoded = decode(file.path)
    assert len(decoded.sound) == audio.channels
    assert decoded.rate == audio.sample_rate
    assert np.abs(decoded.sound).max() < 1
    assert decoded.heard(0.3, 1.3) == {round(person.tone_hz) for person in PEOPLE[:3]}
    assert decoded.heard(1.8, 2.8) == {round(PEOPLE[2].tone_hz)}
    assert (file.width, file.height) == (0, 0)


def test_picture_and_sound_in_one_file(tmp_path: Path, decode: Decode, render: Callable[..., Scene]) -> None:
    """An MP4 holds both, lasts as long as the recording, and begins with its index, to play at once."""
    (file,) = encode(
        [Shot(0.0, render(PEOPLE[:2]), PEOPLE)],
        4.0,
        fps=15,
        video=True,
        audio=AudioSettings(sample_rate=44100),
        into=tmp_path,
        name=name,
        formats=["mp4"],
    )
    decoded = decode(file.path)
    assert len(decoded.frames) == 60
    assert decoded.sound.shape[1] / decoded.rate == pytest.approx(4.0, abs=0.1)
    assert decoded.heard(1, 3) == {round(person.tone_hz) for person in PEOPLE[:2]}
    content = file.path.read_bytes()
    assert file.size == len(content)
    assert content.index(b"moov") < content.index(b"mdat")


def segments(files: list[MediaFile]) -> list[MediaFile]:
    """The segments among the files."""
    return [file for file in files if file.format == "ts"]


def test_hls_segments_bear_the_callers_names(tmp_path: Path, decode: Decode, render: Callable[..., Scene]) -> None:
    """Each segment begins with a key frame at its own second, by which the caller names it."""
    files = encode(
        [Shot(0.0, render(PEOPLE[:1]), PEOPLE), Shot(3.0, render(PEOPLE[:2]), PEOPLE)],
        10.0,
        fps=5,
        video=True,
        audio=AudioSettings(),
        into=tmp_path,
        name=name,
        formats=["hls"],
        segment_s=4,
    )
    assert [(file.start_s, file.end_s) for file in segments(files)] == [
        (0, 4),
        (4, 8),
        (8, pytest.approx(10)),
    ]
    playlist = files[-1]
    assert playlist.playlist
    assert playlist.name == "lesson_00.000.m3u8"
    lines = playlist.path.read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [file.name for file in segments(files)]
    assert lines[0] == "#EXTM3U"
    assert lines[-1] == "#EXT-X-ENDLIST"
    assert [len(decode(file.path).frames) for file in segments(files)] == [20, 20, 10]
    for file in segments(files):
        file.path.rename(tmp_path / file.name)
    whole = decode(playlist.path)
    assert len(whole.frames) == 50
    assert set(whole.key_frames) == {0, 15, 20, 40}
    assert whole.heard(4, 9) == {round(person.tone_hz) for person in PEOPLE[:2]}


def test_a_driven_day_is_encoded_as_a_minute(
    tmp_path: Path, decode: Decode, render: Callable[..., Scene], assert_shows: AssertShows
) -> None:
    """Everything that was seen comes, in its order, within the limit; names still tell the true time."""
    scenes = [render(PEOPLE[:count]) for count in (1, 2, 3)]
    files = encode(
        [Shot(at, scene, PEOPLE) for at, scene in zip((0.0, 50_000.0, 50_002.0), scenes, strict=True)],
        86_400.0,
        fps=5,
        video=True,
        audio=None,
        into=tmp_path,
        name=name,
        formats=["mp4", "hls"],
        limit=10,
        segment_s=4,
    )
    decoded = decode(files[0].path)
    assert len(decoded.frames) == 50
    first, second, third = (
        decoded.key_frames[0],
        *(key for key in decoded.key_frames if decoded.key_frames and key not in (0, 20, 40)),
    )
    for index, scene in zip((first, second, third), scenes, strict=True):
        assert_shows(decoded.frames[index], scene, PEOPLE)
    assert (files[0].start_s, files[0].end_s) == (0, 86_400)
    starts = [file.start_s for file in segments(files)]
    assert starts == sorted(set(starts))
    assert starts[-1] > 50_002


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shots": []}, "nothing to encode"),
        ({"duration_s": 0}, "nothing to encode"),
        ({"video": False}, "picture or sound"),
        ({"formats": ["mp4", "aac"]}, "aac holds sound only"),
        ({"formats": ["avi"]}, "unknown format 'avi'"),
    ],
)
def test_what_cannot_be_encoded_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    """An emulator's author is told what is wrong before anything is written."""
    arguments: dict[str, Any] = {
        "shots": [Shot(0.0, Scene(width=64, height=36), ())],
        "duration_s": 1.0,
        "fps": 5,
        "video": True,
        "audio": None,
        "into": tmp_path,
        "name": name,
        "formats": ["mp4"],
    }
    with pytest.raises(ValueError, match=message):
        encode(**(arguments | changes))
    assert not list(tmp_path.iterdir())
