"""Lives in which anything may happen: what `follow` tells fits what the service knows, whatever is lost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from lessons import PAGE, ROOM, Lesson, lesson
from recorder_core import Grid, RecorderError, Recording, RecordingEvent, RecordingState, Spotlight
from recorder_core.following.waiting import PROGRESS

MODES = ("composite", "individual", "web")
ENDS = ("stop", "stop at once", "idle", "problem")
FAULTS = ("duplicate", "double", "late", "lose")
ON_ITS_WAY = {"recording", "uploading"}
BY_END = {"stop": "stopped", "stop at once": "stopped", "idle": "idle", "problem": "fault"}


class Life:
    """One recording, and what happens to it: the same for the same number."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(number)
        self.mode = MODES[number % 3]
        self.listens = self.chance.random() < 0.7
        self.is_chaotic = self.listens and self.chance.random() < 0.6
        choices = ENDS if self.mode != "web" else tuple(end for end in ENDS if end != "idle")
        self.end = self.chance.choice(choices)
        self.ends_at = self.chance.uniform(10, 1200)
        self.token = "good" if self.mode != "web" else None
        self.switches = {
            "upload_s": self.chance.choice([0, 3, 15, 25, 70]),
            "layout_survives": self.chance.random() < 0.5,
            "prefix_in_file_names": self.chance.random() < 0.5,
            **({"tokens": {"good"}} if self.token else {}),
        }

    def spec(self) -> dict[str, Any]:
        if self.mode == "web":
            return {**PAGE, "max_duration": 3600}
        return {"mode": self.mode, "idle_timeout": 60, "expected_participants": 8}

    def plan(self, room: Lesson, recording: Recording) -> None:
        """Let things happen until its end, and the end."""
        newest, moves = recording, iter((1, 2, 3))

        def change_layout() -> None:
            nonlocal newest
            newest = room.recorder.layout(newest, self.chance.choice([Grid(), Spotlight("1001")]))

        def migrate() -> None:
            if next(moves, None):  # the fourth would be its end
                room.service.migrate(ROOM, outage=self.chance.choice([0, 5, 30]))

        common = [migrate, lambda: room.recorder.status(recording)]
        of_a_page = [lambda: room.recorder.pause(recording), lambda: room.recorder.resume(recording)]
        of_a_room = [
            lambda: room.service.join(ROOM, "1002"),
            lambda: room.service.leave(ROOM, "1002"),
            lambda: room.service.set_media(ROOM, "1001", camera=self.chance.random() < 0.5),
        ]
        if self.mode == "composite":
            of_a_room.append(change_layout)
        for _ in range(self.chance.randint(0, 6)):
            happens = self.chance.choice([*common, *(of_a_page if self.mode == "web" else of_a_room)])
            # A move that lasts into the end is another story: a stop waits for it, and may give it up.
            room.timeline.at(self.chance.uniform(5, self.ends_at) - 4, quietly(happens))
        if self.is_chaotic:
            for at in (1.0, self.ends_at / 2, self.ends_at - 0.1):
                fault, times = self.chance.choice(FAULTS), self.chance.randint(1, 3)
                order = lambda fault=fault, times=times: room.service.fail_next("callback", fault, times)  # noqa: E731
                room.timeline.at(at, order)
        room.timeline.at(self.ends_at, quietly(lambda: self.finish(room, recording)))

    def finish(self, room: Lesson, recording: Recording) -> None:
        if self.end.startswith("stop"):
            room.recorder.stop(recording, wait=self.end == "stop")
        elif self.end == "idle":
            for person in ("1001", "1002"):
                with suppress(ValueError):
                    room.service.leave(ROOM, person)
        elif self.mode == "web":
            room.service.end_page(ROOM, "access_url_failed")
        else:
            room.service.expire_token(ROOM)


def quietly(action: Callable[[], object]) -> Callable[[], None]:
    """What can't be done just then is left."""

    def act() -> None:
        with suppress(RecorderError, ValueError):
            action()

    return act


def check_order(events: list[RecordingEvent]) -> None:
    """Each once, no state taken back, none after the end."""
    assert max(Counter(event.dedup_key for event in events).values()) == 1
    states = [event.state for event in events if event.state not in (None, RecordingState.UNREACHABLE)]
    assert [PROGRESS[state] for state in states] == sorted(PROGRESS[state] for state in states)
    ends = [state for state in states if state.terminal]
    assert len(set(ends)) <= 1 or set(ends[:-1]) == {RecordingState.GONE}


@pytest.mark.parametrize("number", range(45))
def test_a_life(number: int) -> None:
    """It ends once, as it ended; its files are the service's. With all callbacks everything is known of it."""
    life = Life(number)
    with lesson("agora", listens=life.listens, token=life.token, **life.switches) as room:
        recording = room.start(*([] if life.mode == "web" else ["1001"]), **life.spec())
        life.plan(room, recording)
        events = list(room.recorder.follow(recording, timeout=5000))
        room.pass_time(300)
        (truth,) = room.service.recordings
        again = room.recorder.status(recording)
    check_order(events)
    last = events[-1]
    assert last.state is not None
    assert last.state.terminal
    assert not truth.running
    assert {file.key for file in last.files} <= set(truth.files)
    assert len({file.name for file in last.files}) == len(last.files)
    assert last.state is RecordingState.GONE or not ON_ITS_WAY & {file.status for file in last.files}
    assert last.ending in (None, BY_END[life.end])
    if last.state is RecordingState.COMPLETED:
        assert (again.state, again.files, again.ending, again.fault, again.reason) == (
            *(last.state, last.files, last.ending, last.fault, last.reason),
        )
    if life.listens and not life.is_chaotic:
        assert (last.state, last.ending) == (RecordingState.COMPLETED, BY_END[life.end])
        assert {file.key for file in last.files} == {key for key in truth.files if key.endswith((".m3u8", ".mp4"))}
        assert {file.status for file in last.files} <= {"uploaded"}
        assert (last.fault == "caller") == (life.end == "problem")
