"""The same individual recording has the same people in the same tracks at every vendor, in decoded files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from media import duration, frame_at, is_color, sound, tones
from recorder_core import Media, RecordedFile, RecordingSpec
from recorder_core.emulation.room import Participant
from recorder_core.testing import connect, emulate

PROVIDERS = ("agora", "zegocloud")
WANTED = ("1001", "1002")
BYSTANDER = "1003"
SECONDS = 12
CHOSEN = {"include": list(WANTED)}
STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK", "secret_key": "SK"}


def recorded(provider: str, folder: Path, **fields: Any) -> tuple[RecordedFile, ...]:
    """The files of two of three people in a room, stored under the folder by their keys."""
    spec = RecordingSpec.load(
        {"room": "lesson-42", "mode": "individual", "expected_participants": 3, "storage": STORAGE, **fields}
    )
    with emulate(provider, bucket=folder) as service, connect(service) as recorder:
        for person in (*WANTED, BYSTANDER):
            service.join("lesson-42", person)
        recording = recorder.start(spec)
        recorder.wait(recording)
        service.clock.advance(SECONDS)
        return recorder.stop(recording).files


def shows(path: Path, participant: str) -> bool:
    """Whether the picture, at its published size, is that of the participant."""
    person, frame = Participant.of(participant), frame_at(path, 3)
    return frame.shape[:2] == (person.height, person.width) and is_color(frame, 320, 300, person.color)


def sounds(path: Path) -> set[str]:
    """Whose tones are heard."""
    known = {Participant.of(person).tone_hz: person for person in (*WANTED, BYSTANDER)}
    samples, rate = sound(path, 2, 6)
    return {known[tone] for tone, is_heard in tones(samples, rate, known).items() if is_heard}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("tracks", ["merged", "separate"])
def test_each_participant_has_files_of_their_own(provider: str, tracks: str, tmp_path: Path) -> None:
    """Whoever was asked for has a picture and a sound, in one file or in two; nobody else has any."""
    files = recorded(provider, tmp_path, participants={"audio": CHOSEN, "video": CHOSEN}, output={"tracks": tracks})
    assert {file.participant for file in files} == set(WANTED)
    for person in WANTED:
        own = {file.tracks: tmp_path / str(file.key) for file in files if file.participant == person}
        parts = {Media.AUDIO_VIDEO} if tracks == "merged" else {Media.AUDIO, Media.VIDEO}
        assert parts <= own.keys()
        for part in parts:
            assert duration(own[part]) > SECONDS - 2  # the length of bare AAC is an estimate
            assert not part.has_video or shows(own[part], person)
            assert not part.has_audio or sounds(own[part]) == {person}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_sound_alone(provider: str, tmp_path: Path) -> None:
    """A sound recording of some has their sound, each in a file of their own, and no picture."""
    files = recorded(provider, tmp_path, media="audio", participants={"audio": CHOSEN})
    assert {(file.participant, file.tracks) for file in files} == {(person, Media.AUDIO) for person in WANTED}
    assert all(sounds(tmp_path / str(file.key)) == {file.participant} for file in files)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_pictures_at_an_interval(provider: str, tmp_path: Path) -> None:
    """Snapshots alone: a picture of everybody in each interval, and no recording."""
    files = recorded(
        provider, tmp_path, media="video", output={"formats": [], "snapshots": {"interval": 5}}, idle_timeout=60
    )
    assert not [file for file in files if file.format != "jpg"]
    taken = sorted(tmp_path.rglob("*.jpg"))
    people = (*WANTED, BYSTANDER)
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".jpg"}
    for person in people:
        own = [path for path in taken if f"_{person}_" in path.name]
        assert len(own) >= SECONDS // 5
        with Image.open(own[0]) as picture:
            color = picture.convert("RGB").getpixel((320, 300))
        assert all(abs(a - b) < 10 for a, b in zip(color, Participant.of(person).color, strict=True))
    assert len(taken) == sum(len([path for path in taken if f"_{person}_" in path.name]) for person in people)
