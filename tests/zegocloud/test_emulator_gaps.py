"""Single-stream tasks whose streams come and go, or fall silent: where files begin, go on and end; over raw HTTP."""

from typing import Any

import numpy as np
import pytest

from recorder_core.emulation.room import Participant

MP3 = {"OutputFileFormat": "mp3"}


def tone(id: str) -> int:
    """The frequency of a participant, to the nearest 10 Hz."""
    return round(Participant.of(id).tone_hz / 10) * 10


def is_color(picture: Any, expected: tuple[int, int, int]) -> bool:
    """Whether the middle of a picture has a colour, give or take what the codec does to it."""
    height, width = picture.shape[:2]
    return bool(np.abs(picture[height // 2, width // 2].astype(int) - expected).max() <= 12)


@pytest.mark.parametrize("stream_type", [2, 3])
def test_a_stream_that_comes_back_begins_a_new_file(serve: Any, film: Any, stream_type: int) -> None:
    """Without FillBlank every publication is a file, which ends with it."""
    call = serve(media=True)
    service = call.service
    begun = service.clock.time()
    task_id = call.start_streams(StreamType=stream_type)
    service.clock.advance(4)
    service.join("room-42", "1001", width=160, height=90)
    service.clock.advance(3)
    service.leave("room-42", "1001")
    service.clock.advance(10)
    service.join("room-42", "1001", width=320, height=180)
    service.clock.advance(2)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("1001", 4, 3), ("1001", 17, 2)]
    files = call.describe(task_id)["RecordFiles"]
    assert len({file["FileId"] for file in files}) == 2
    for file, (height, width) in zip(files, ((90, 160), (180, 320)), strict=True):
        picture = film(service.bucket.read(file["FileId"])).at(1)
        assert picture.shape == (height, width, 3)
        assert is_color(picture, Participant.of("1001").color)


def leaves_for_five_seconds(call: Any) -> None:
    """Somebody publishes from second 2 to 5 and from 10 to 13 of a task."""
    service = call.service
    service.clock.advance(2)
    service.join("room-42", "1001", width=160, height=90)
    service.clock.advance(3)
    service.leave("room-42", "1001")
    service.clock.advance(5)
    service.join("room-42", "1001", width=160, height=90)
    service.clock.advance(3)


def test_gaps_are_filled_with_silence(serve: Any, film: Any) -> None:
    """With FillBlank the same file goes on: silence until the stream comes back, and at the end until the task's."""
    call = serve(media=True)
    begun = call.service.clock.time()
    task_id = call.start_streams(FillBlank=True)
    leaves_for_five_seconds(call)
    call.service.leave("room-42", "1001")
    call.service.clock.advance(4)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("1001", 2, 15)]
    (file,) = call.describe(task_id)["RecordFiles"]
    decoded = film(call.service.bucket.read(file["FileId"]))
    assert decoded.tones(0.5, 2.5) == decoded.tones(8.5, 10.5) == {tone("1001")}
    assert decoded.is_silent(3.2, 7.8)
    assert decoded.is_silent(11.2, 14.8)
    assert is_color(decoded.at(5), Participant.of("1001").color)


def test_a_filled_stream_is_absent(call: Any) -> None:
    """Filling ends with the idle time-out, which counts a filled stream as gone."""
    begun = call.service.clock.time()
    task_id = call.start_streams({"OutputFileFormat": "aac"}, StreamType=1, FillBlank=True, MaxIdleTime=10)
    call.service.join("room-42", "1001")
    call.service.clock.advance(5)
    call.service.leave("room-42", "1001")
    call.service.clock.advance(60)
    assert call.describe(task_id)["RecordEndTimestamp"] == round((begun + 15) * 1000)
    assert call.spans(task_id, begun) == [("1001", 2, 13)]


def test_pictures_are_not_filled(call: Any) -> None:
    """FillBlank does nothing for files of the picture alone: of StreamType 4 only the sound goes on."""
    begun = call.service.clock.time()
    task_id = call.start_streams(StreamType=4, FillBlank=True)
    leaves_for_five_seconds(call)
    call.stop(task_id)
    files = call.describe(task_id)["RecordFiles"]
    found = [(file["MediaTrackType"], *span[1:]) for file, span in zip(files, call.spans(task_id, begun), strict=True)]
    assert found == [(2, 2, 3), (1, 2, 11), (2, 10, 3)]


def test_gaps_are_left_out(serve: Any, film: Any) -> None:
    """With ResumeWithoutInterruption the same file goes on without the gap, in picture and sound."""
    call = serve(media=True)
    begun = call.service.clock.time()
    task_id = call.start_streams(ResumeWithoutInterruption=True)
    leaves_for_five_seconds(call)
    call.service.leave("room-42", "1001")
    call.service.clock.advance(4)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("1001", 2, 6)]
    (file,) = call.describe(task_id)["RecordFiles"]
    decoded = film(call.service.bucket.read(file["FileId"]))
    assert len(decoded.pictures) == 6 * 15
    for second in (0.5, 2, 3.5, 5):
        assert decoded.tones(second, second + 0.4) == {tone("1001")}


def test_the_camera_of_a_stream(serve: Any, film: Any) -> None:
    """Black until it was on, then its last frame; a file of the picture alone begins with the picture."""
    call = serve(media=True)
    service = call.service
    begun = service.clock.time()
    both, alone = call.start_streams(), call.start_streams(StreamType=2)
    service.join("room-42", "1001", camera=False, width=160, height=90)
    service.clock.advance(4)
    service.set_media("room-42", "1001", camera=True)
    service.clock.advance(2)
    service.set_media("room-42", "1001", camera=False)
    service.clock.advance(2)
    assert call("StopRecord", {"TaskId": both})["Code"] == 0
    call.stop(alone)
    assert call.spans(both, begun) == [("1001", 2, 6)]
    assert call.spans(alone, begun) == [("1001", 4, 4)]
    decoded = film(service.bucket.read(call.describe(both)["RecordFiles"][0]["FileId"]))
    assert is_color(decoded.at(1.5), (0, 0, 0))
    assert is_color(decoded.at(2.5), Participant.of("1001").color)
    assert is_color(decoded.at(5.5), Participant.of("1001").color)
    decoded = film(service.bucket.read(call.describe(alone)["RecordFiles"][0]["FileId"]))
    assert is_color(decoded.at(0), Participant.of("1001").color)


def mutes(call: Any, *silences: float) -> None:
    """Somebody speaks for 3 s from second 2 on, then is muted for so long and speaks for 3 s, again and again."""
    call.service.join("room-42", "1001")
    call.service.clock.advance(5)
    for silence in silences:
        call.service.set_media("room-42", "1001", microphone=False)
        call.service.clock.advance(silence)
        call.service.set_media("room-42", "1001", microphone=True)
        call.service.clock.advance(3)


def test_muted_sound_is_kept(serve: Any, film: Any) -> None:
    """RecordMuteAudio 1, the default, records a muted microphone as silence."""
    call = serve(media=True)
    begun = call.service.clock.time()
    task_id = call.start_streams(MP3, StreamType=1)
    mutes(call, 4)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("1001", 2, 10)]
    decoded = film(call.service.bucket.read(call.describe(task_id)["RecordFiles"][0]["FileId"]))
    assert decoded.tones(0.5, 2.5) == decoded.tones(7.5, 9.5) == {tone("1001")}
    assert decoded.is_silent(3.3, 6.7)


def test_muted_sound_is_dropped(serve: Any, film: Any) -> None:
    """RecordMuteAudio 2 leaves it out of the file."""
    call = serve(media=True)
    begun = call.service.clock.time()
    task_id = call.start_streams(MP3, StreamType=1, RecordMuteAudio=2)
    mutes(call, 4)
    call.service.set_media("room-42", "1001", microphone=False)
    call.service.clock.advance(5)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("1001", 2, 6)]
    decoded = film(call.service.bucket.read(call.describe(task_id)["RecordFiles"][0]["FileId"]))
    samples, rate = decoded.sound()
    assert abs(len(samples) / rate - 6) < 0.2
    assert decoded.tones(0.5, 5.5) == {tone("1001")}


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (0, [(2, 3), (6, 3), (13, 3)]),
        (3, [(2, 6), (13, 3)]),
        (4, [(2, 6), (13, 3)]),
        (5, [(2, 9)]),
        (-1, [(2, 9)]),
        (None, [(2, 9)]),
    ],
)
def test_silence_splits_the_file(
    serve: Any, film: Any, threshold: int | None, expected: list[tuple[float, float]]
) -> None:
    """Dropped silences of 1 and 4 s: 0 splits at any, a threshold at those as long as it, a negative one at none."""
    call = serve(media=True)
    begun = call.service.clock.time()
    split = {} if threshold is None else {"RecordMuteAudioSplitThreshold": threshold}
    task_id = call.start_streams(MP3, StreamType=1, RecordMuteAudio=2, **split)
    mutes(call, 1, 4)
    call.stop(task_id)
    assert [span[1:] for span in call.spans(task_id, begun)] == expected
    files = call.describe(task_id)["RecordFiles"]
    assert len({file["FileId"] for file in files}) == len(files)
    for file, (_, length) in zip(files, expected, strict=True):
        decoded = film(call.service.bucket.read(file["FileId"]))
        samples, rate = decoded.sound()
        assert abs(len(samples) / rate - length) < 0.2
        assert decoded.tones(0.2, length - 0.2) == {tone("1001")}


def test_the_camera_splits_no_sound(call: Any) -> None:
    """Only silence does, whatever else changes."""
    begun = call.service.clock.time()
    task_id = call.start_streams(MP3, StreamType=1, RecordMuteAudio=2, RecordMuteAudioSplitThreshold=0)
    call.service.join("room-42", "1001")
    call.service.clock.advance(5)
    call.service.set_media("room-42", "1001", camera=False)
    call.service.clock.advance(5)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("1001", 2, 8)]


def test_a_muted_stream_has_no_file(call: Any) -> None:
    """Where muted sound is dropped, a stream that was never heard leaves nothing, and the file begins with sound."""
    begun = call.service.clock.time()
    task_id = call.start_streams(MP3, StreamType=1, RecordMuteAudio=2)
    for id in ("1001", "1002"):
        call.service.join("room-42", id, microphone=False)
    call.service.clock.advance(5)
    call.service.set_media("room-42", "1002", microphone=True)
    call.service.clock.advance(5)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("1002", 5, 5)]
