"""The same neutral layout gives the same picture and the same sound at every vendor, in decoded files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media import duration, frame_at, is_color, sound, tones
from recorder_core import S3, Custom, RecordingSpec, Region, pinned
from recorder_core.emulation.room import Participant
from recorder_core.testing import connect, emulate

PROVIDERS = ("agora", "zegocloud")
WIDTH, HEIGHT = 1280, 720
BACKGROUND = (16, 24, 32)
PEOPLE = ("1001", "1002", "1003", "1004")
MUTED = "1004"

LESSON = Custom(
    background={"color": "#101820"},
    regions=(
        Region(participant="1001", x=0, y=0, width=0.7, height=0.9),
        Region(participant="1002", x=0.7, y=0, width=0.3, height=1 / 3),
        Region(participant="1003", x=0.7, y=1 / 3, width=0.3, height=1 / 3),
        Region(participant="1004", x=0.7, y=2 / 3, width=0.15, height=0.2001),
    ),
)
DISCUSSION = Custom(
    regions=(
        Region(participant="1003", x=0, y=0.1, width=1 / 3, height=0.8),
        Region(participant="1001", x=1 / 3, y=0.1, width=1 / 3, height=0.8),
        Region(participant="1002", x=2 / 3, y=0.1, width=1 / 3, height=0.8),
    ),
)


def spec(**changes: object) -> RecordingSpec:
    return RecordingSpec.load(
        {
            "room": "lesson-42",
            "layout": LESSON.model_dump(),
            "participants": {"audio": {"exclude": [MUTED]}},
            "output": {"formats": ["mp4"]},
            "storage": {
                "kind": "s3",
                "bucket": "lessons",
                "region": "eu-west-1",
                "access_key": "AK",
                "secret_key": "SK",
            },
            **changes,
        }
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The MP4 of each vendor: 12 s of the lesson, then 12 s of the discussion."""
    files = {}
    for name in PROVIDERS:
        with emulate(name) as service, connect(service) as recorder:
            for person in PEOPLE:
                service.join("lesson-42", person)
            recording = recorder.start(spec())
            recorder.wait(recording)
            service.clock.advance(12)
            recording = recorder.layout(recording, DISCUSSION)
            service.clock.advance(12)
            outcome = recorder.stop(recording)
            (mp4,) = (file for file in outcome.files if file.format == "mp4")
            target = tmp_path_factory.mktemp(name) / "lesson.mp4"
            target.write_bytes(service.bucket.read(mp4.key))
            files[name] = target
    return files


def corners(region: Region) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in pixels, halves rounded up."""
    edges = (
        region.x * WIDTH,
        region.y * HEIGHT,
        (region.x + region.width) * WIDTH,
        (region.y + region.height) * HEIGHT,
    )
    return tuple(int(edge + 0.5) for edge in edges)


def moments(path: Path) -> dict[str, tuple[float, Custom]]:
    """A moment well inside each layout; what came before the lesson's 12 s is the wait for the start."""
    whole = duration(path)
    return {"lesson": (whole - 18, LESSON), "discussion": (whole - 6, DISCUSSION)}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("moment", ["lesson", "discussion"])
def test_every_region_has_its_participants_colour(recorded: dict[str, Path], provider: str, moment: str) -> None:
    """The centre of every region and the points 2 px inside each of its edges are its participant's colour."""
    at, layout = moments(recorded[provider])[moment]
    frame = frame_at(recorded[provider], at)
    for region in layout.regions:
        left, top, right, bottom = corners(region)
        middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
        points = {
            "centre": (middle_x, middle_y),
            "left": (left + 2, middle_y),
            "right": (right - 3, middle_y),
            "top": (middle_x, top + 2),
            "bottom": (middle_x, bottom - 3),
        }
        color = Participant.of(region.participant).color
        for name, (x, y) in points.items():
            assert is_color(frame, x, y, color), (region, name, (x, y), frame[y, x], color)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("moment", ["lesson", "discussion"])
def test_nothing_but_background_lies_outside_the_regions(recorded: dict[str, Path], provider: str, moment: str) -> None:
    """Every pixel that is more than 3 px away from all regions has the background's colour."""
    at, layout = moments(recorded[provider])[moment]
    frame = frame_at(recorded[provider], at)
    outside = np.ones((HEIGHT, WIDTH), dtype=bool)
    for region in layout.regions:
        left, top, right, bottom = corners(region)
        outside[max(top - 3, 0) : bottom + 3, max(left - 3, 0) : right + 3] = False
    assert outside.sum() > 5000
    wrong = np.abs(frame[outside].astype(int) - np.array(BACKGROUND)).max(axis=1) > 30
    assert not wrong.any()


@pytest.mark.parametrize("moment", ["lesson", "discussion"])
def test_the_vendors_agree_pixel_by_pixel(recorded: dict[str, Path], moment: str) -> None:
    """Frames of the same layout at the two vendors agree in at least 99.5 % of their pixels."""
    frames = []
    for provider in PROVIDERS:
        at, _ = moments(recorded[provider])[moment]
        frames.append(frame_at(recorded[provider], at).astype(int))
    agree = np.abs(frames[0] - frames[1]).max(axis=2) <= 30
    assert agree.mean() >= 0.995, agree.mean()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_layout_change_is_seen(recorded: dict[str, Path], provider: str) -> None:
    """The frames before and after the change differ over much of the picture."""
    found = moments(recorded[provider])
    before, after = (frame_at(recorded[provider], found[name][0]).astype(int) for name in ("lesson", "discussion"))
    assert (np.abs(before - after).max(axis=2) > 60).mean() > 0.3


@pytest.mark.parametrize("provider", PROVIDERS)
def test_recorded_participants_are_heard_and_an_excluded_one_is_not(recorded: dict[str, Path], provider: str) -> None:
    """The decoded sound has the tone of everybody who is recorded and not of the one who is excluded."""
    at, _ = moments(recorded[provider])["lesson"]
    samples, rate = sound(recorded[provider], at - 3, at + 3)
    wanted = {person: Participant.of(person).tone_hz for person in PEOPLE}
    heard = tones(samples, rate, wanted.values())
    assert {person: heard[tone] for person, tone in wanted.items()} == {person: person != MUTED for person in PEOPLE}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_sound_follows_the_layout_change(recorded: dict[str, Path], provider: str) -> None:
    """After the change the three who have a region are heard, and the excluded one still isn't."""
    at, _ = moments(recorded[provider])["discussion"]
    samples, rate = sound(recorded[provider], at - 3, at + 3)
    wanted = {person: Participant.of(person).tone_hz for person in PEOPLE}
    heard = tones(samples, rate, wanted.values())
    assert {person: heard[tone] for person, tone in wanted.items()} == {person: person != MUTED for person in PEOPLE}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_room_and_storage_alone_record_without_a_finding(provider: str) -> None:
    """`room` and `storage` are a complete spec, exact at every vendor, and a file comes of it."""
    whole = RecordingSpec(
        room="lesson-42", storage=S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK")
    )
    with emulate(provider) as service, connect(service) as recorder:
        service.join("lesson-42", "1001")
        plan = recorder.plan(whole)
        assert plan.fidelity == "exact"
        assert plan.findings == ()
        recording = recorder.start(whole)
        recorder.wait(recording)
        service.clock.advance(20)
        outcome = recorder.stop(recording)
        assert outcome.state == "completed"
        (playlist,) = outcome.files
        assert service.bucket.read(playlist.key).startswith(b"#EXTM3U")


@pytest.mark.parametrize("count", [3, 7])
def test_a_pinned_grid_is_the_same_everywhere(count: int) -> None:
    """`pinned` gives the same pixels at every vendor, also where cells don't divide the canvas evenly."""
    people = [str(1000 + number) for number in range(1, count + 1)]
    frames = []
    for name in PROVIDERS:
        with emulate(name) as service, connect(service) as recorder:
            for person in people:
                service.join("lesson-42", person)
            recording = recorder.start(spec(layout=pinned(people).model_dump(), participants=None))
            recorder.wait(recording)
            service.clock.advance(6)
            (mp4,) = (file for file in recorder.stop(recording).files if file.format == "mp4")
            path = service.bucket.path(mp4.key)
            frames.append(frame_at(path, duration(path) / 2).astype(int))
    agree = np.abs(frames[0] - frames[1]).max(axis=2) <= 30
    assert agree.mean() >= 0.995, agree.mean()
