"""Previews against recordings: what a `Picture` says of a point, and frames of a room that fills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from media import COLOR_TOLERANCE, Frame, duration, frame_at
from planned import Planner
from recorder_core import Picture, PlacedWindow, RecordingSpec
from recorder_core.emulation.room import Participant
from recorder_core.testing import connect, emulate

STAY_S = 4.0
Point = tuple[int, int]


def picture(plan: Planner, people: tuple[str, ...], **fields: Any) -> Picture:
    """The preview of a spec with these people in the room."""
    return plan.provider.picture(plan(**fields), people)


def boxes(made: Picture) -> list[tuple[Any, ...]]:
    """Who is where."""
    return [(w.participant, w.left, w.top, w.right, w.bottom) for w in made.windows]


def check_recording(plan: Planner, people: tuple[str, ...], counts: Sequence[int], **fields: Any) -> None:
    """Compare the preview with the recording at each count of people."""
    frames = filling_room(plan.provider.name, plan.spec(**fields), people, counts)
    for count, frame in zip(counts, frames, strict=True):
        compared, wrong = differences(picture(plan, people[:count], **fields), frame)
        assert compared >= min(count, 2)
        assert not wrong, (count, wrong)


def filling_room(provider: str, spec: RecordingSpec, people: Sequence[str], counts: Sequence[int]) -> Iterator[Frame]:
    """One recording, in which people join until each of the counts is reached: a frame of each."""
    with emulate(provider) as service, connect(service) as recorder:
        here = 0
        recording = None
        for count in counts:
            for person in people[here:count]:
                service.join(spec.room, person)
            here = count
            if recording is None:
                recording = recorder.start(spec)
                recorder.wait(recording)
            service.clock.advance(STAY_S)
        (mp4,) = (file for file in recorder.stop(recording).files if file.format == "mp4")
        path = service.bucket.path(mp4.key)
        whole = duration(path)
        for remaining in range(len(counts), 0, -1):
            yield frame_at(path, whole - STAY_S * remaining + STAY_S / 2)


def color_at(picture: Picture, x: int, y: int) -> np.ndarray:
    """The colour of a pixel by the preview, where every participant sends their own colour in 16:9."""
    color = _rgb(picture.color)
    for window in picture.windows:
        inside = window.left <= x < window.right and window.top <= y < window.bottom
        if inside and window.is_seen and window.participant:
            if window.fit != "contain" or _is_within_contained(window, x, y):
                shown = np.array(Participant.of(window.participant).color, dtype=float)
                color = color * (1 - window.opacity) + shown * window.opacity
            elif window.bars:
                color = _rgb(window.bars)
    return color


def _rgb(color: str) -> np.ndarray:
    return np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], dtype=float)


def _is_within_contained(window: PlacedWindow, x: int, y: int) -> bool:
    width, height = window.right - window.left, window.bottom - window.top
    across, down = min(width, height * window.aspect), min(height, width / window.aspect)
    from_middle = (abs(x + 0.5 - window.left - width / 2), abs(y + 0.5 - window.top - height / 2))
    return from_middle[0] <= across / 2 and from_middle[1] <= down / 2


def telling_points(picture: Picture) -> Iterator[Point]:
    """The centre of each window, and the points 3 px inside and outside the middle of each of its edges.

    Left out is whatever has another edge closer than 3 px, where a codec mixes colours.
    """
    for window in picture.windows:
        middle_x, middle_y = (window.left + window.right) // 2, (window.top + window.bottom) // 2
        yield middle_x, middle_y
        for away in (3, -4):
            for point in (
                (window.left + away, middle_y),
                (window.right - 1 - away, middle_y),
                (middle_x, window.top + away),
                (middle_x, window.bottom - 1 - away),
            ):
                if _is_flat(picture, *point):
                    yield point


def _is_flat(picture: Picture, x: int, y: int) -> bool:
    if not (2 <= x < picture.width - 2 and 2 <= y < picture.height - 2):
        return False
    color = color_at(picture, x, y)
    return all((color_at(picture, x + dx, y + dy) == color).all() for dx in (-2, 0, 2) for dy in (-2, 0, 2))


def differences(picture: Picture, frame: Frame) -> tuple[int, list[str]]:
    """How many points were compared, and which of them have another colour in the frame."""
    points = list(telling_points(picture))
    wrong = []
    for x, y in points:
        expected, found = color_at(picture, x, y), frame[y, x].astype(float)
        if np.abs(expected - found).max() > COLOR_TOLERANCE:
            wrong.append(f"({x}, {y}): {found} in the recording, {expected} in the preview")
    return len(points), wrong
