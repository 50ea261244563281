"""The demo's lesson: one script, played to any emulator in simulated time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import av
from pydantic import SecretStr

from recorder_core.cli.emulating import made
from recorder_core.errors import RecordingFailed
from recorder_core.models import (
    S3,
    Background,
    Custom,
    Format,
    Grid,
    Output,
    RecordedFile,
    RecordingSpec,
    Region,
    Spotlight,
)
from recorder_core.plugins import load_provider
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder

__all__ = ["CUSTOM", "JOINS", "LAYOUTS", "LESSON_S", "MOMENTS", "Moment", "Taped", "record"]

LESSON_S: Final = 20.0
"""Length of the lesson in seconds."""

JOINS: Final = ((0.0, "1001"), (4.0, "1002"), (8.0, "1003"))
"""Who joins, and at which second."""

CUSTOM: Final = Custom(
    regions=(
        Region(participant="1003", x=0.0, y=0.0, width=0.75, height=0.75),
        Region(participant="1001", x=0.75, y=0.0, width=0.25, height=0.5),
        Region(participant="1002", x=0.75, y=0.5, width=0.25, height=0.5),
    )
)
LAYOUTS: Final = ((10.0, Spotlight("1002")), (15.0, CUSTOM))
"""Which layout holds from which second on; a grid before."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of the lesson, in seconds, and what is to be seen then."""

    at: float
    shows: str
    pinned: bool = False
    """Whether every vendor has to show the same pixels: presets leave the exact places to the vendor."""


MOMENTS: Final = (
    Moment(2.0, "grid of 1"),
    Moment(6.0, "grid of 2"),
    Moment(9.0, "grid of 3"),
    Moment(13.0, "spotlight on 1002"),
    Moment(18.0, "custom layout", pinned=True),
)


@dataclass(frozen=True, slots=True)
class Taped:
    """A file of the demo: what the vendor says of it, and what is found in it.

    Attributes:
        file: as the stopped recording lists it.
        path: where the demo keeps it.
        lead_s: at which second of the media the lesson begins: it waits until the vendor truly records.
        duration_s: length of the media, in seconds.
        size_bytes: with the segments that it names, where it is a playlist.
        width: pixels.
        height: pixels.
    """

    file: RecordedFile
    path: Path
    lead_s: float
    duration_s: float
    size_bytes: int
    width: int
    height: int


def record(name: str, into: Path) -> list[Taped]:
    """Play the lesson to the emulator of that name until there is an MP4 and an HLS recording of it.

    Raises:
        RecordingFailed: what should have been recorded isn't there, or can't be played.
    """
    provider = load_provider(name)
    return [taped for formats in _formats(provider) for taped in _play(provider, formats, into)]


def _spec(formats: frozenset[Format]) -> RecordingSpec:
    return RecordingSpec(
        room="lesson-42",
        layout=Grid(background=Background(color="#101820")),
        output=Output(formats=formats),
        storage=S3(bucket="lessons", region="eu-west-1", access_key="demo-key", secret_key=SecretStr("demo")),
    )


def _formats(provider: type[Provider]) -> tuple[frozenset[Format], ...]:
    """Both formats in one recording, or, where the plan says that this can't be, a recording for each."""
    both = frozenset({Format.HLS, Format.MP4})
    with Recorder(provider(provider.Config.placeholder()), hooks=[]) as recorder:
        found = recorder.plan(_spec(both)).findings
    if any(finding.lost and finding.path == "output.formats" for finding in found):
        return frozenset({Format.MP4}), frozenset({Format.HLS})
    return (both,)


def _play(provider: type[Provider], formats: frozenset[Format], into: Path) -> Iterator[Taped]:
    from recorder_core.emulation.clock import EmulatorClock

    spec = _spec(formats)
    with made(provider.name, clock=EmulatorClock(frozen=True)) as service:
        clock = service.clock
        config = provider.Config.from_env(service.env)
        with Recorder(provider(config), hooks=[], clock=clock) as recorder:
            (_, first), *later = JOINS
            service.join(spec.room, first)
            recording = recorder.start(spec)
            recorder.wait(recording)
            began = clock.time()
            script: list[tuple[float, str | Spotlight | Custom]] = [*later, *LAYOUTS]
            for at, step in sorted(script, key=lambda event: event[0]):
                clock.advance(max(0.0, began + at - clock.time()))
                if isinstance(step, str):
                    service.join(spec.room, step)
                else:
                    recording = recorder.layout(recording, step)
            clock.advance(max(0.0, began + LESSON_S - clock.time()))
            outcome = recorder.stop(recording)
        keys = service.bucket.list()
        for key in keys:
            path = into / PurePosixPath(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(service.bucket.read(key))
    wanted = {file.format: file for file in outcome.files if (file.key or file.name) in keys}
    for format in sorted(formats):
        if format not in wanted:
            raise RecordingFailed(
                f"the lesson was recorded, but no {format} file came of it; the state is {outcome.state}",
                causes=(outcome.reason,) if outcome.reason else (),
                provider=provider.name,
                recording_id=recording.id,
            )
        file = wanted[format]
        first_frame = file.started_at or outcome.started_at or recording.started_at
        lead = max(0.0, round(began - first_frame.timestamp(), 3))
        yield _inspected(provider.name, file, into / PurePosixPath(file.key or file.name), lead)


def _inspected(provider: str, file: RecordedFile, path: Path, lead_s: float) -> Taped:
    """What is in a file; it is opened to be sure that it plays."""
    with suppress(av.FFmpegError), av.open(str(path)) as container:
        picture = container.streams.video[0]
        duration = (container.duration or 0) / av.time_base
        if duration >= lead_s + MOMENTS[-1].at:
            size = sum(part.stat().st_size for part in (path, *_segments(path)))
            return Taped(file, path, lead_s, duration, size, picture.width, picture.height)
    raise RecordingFailed(f"{path} can't be played, or ends before the lesson does", provider=provider)


def _segments(path: Path) -> list[Path]:
    if path.suffix != ".m3u8":
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [path.with_name(line) for line in lines if line and not line.startswith("#")]
