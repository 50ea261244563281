"""Random lives of a recording, by the driven clock: what follows it tells the truth, whatever becomes of callbacks."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from lessons import ROOM, Lesson, lesson
from recorder_core import EventKind, Recorder, RecorderError, Recording, RecordingEvent
from recorder_core.following.waiting import PROGRESS
from recorder_core.models import Ending, FileStatus, RecordingState
from recorder_core.testing import connect
from recorder_zegocloud.wire.values import QuitReason

STOP_EVENTS = ((7, 5, 1), (1, 5, 7), (5, 1, 7), (7, 1), (1,), (7, 5))
QUIT_EVENTS = ((2, 1), (1, 2), (5, 2, 1), (7, 2, 1), (2,), (1,))
REASONS = (QuitReason.SERVICE_FAILED, QuitReason.LOGIN_FAILED, QuitReason.NETWORK_LOST, QuitReason.DISK_FULL)
TRUE_ENDS = {None: Ending.STOPPED, QuitReason.IDLE: Ending.IDLE, QuitReason.MAX_DURATION: Ending.LIMIT}
LONGEST_S = 2000.0


@dataclass
class Life:
    """One recording, whatever happens to it at random instants.

    Attributes:
        chance: decides.
        room: the vendor and the customer who follows.
        other: another process of the customer's, which hears nothing.
        recording: the handle.
        done: what the customer did without being refused.
    """

    chance: random.Random
    room: Lesson
    other: Recorder
    recording: Recording
    done: set[str] = field(default_factory=set)

    def plan(self, *, disturbed: bool) -> None:
        """What happens; `disturbed`: callbacks get lost, come twice or late, and the vendor fails now and then."""
        service, mine = self.room.service, self.recording
        people: list[tuple[str, Callable[[], object]]] = [
            (f"{person} comes", lambda person=person: service.join(ROOM, person)) for person in ("1001", "1002")
        ]
        acts: list[tuple[str, Callable[[], object]]] = [
            *people,
            ("1001 goes", lambda: service.leave(ROOM, "1001")),
            ("pause", lambda: self.room.recorder.pause(mine)),
            ("resume", lambda: self.room.recorder.resume(mine)),
            ("pause elsewhere", lambda: self.other.pause(mine)),
            ("resume elsewhere", lambda: self.other.resume(mine)),
            ("snapshot", lambda: self.room.recorder.snapshot(mine)),
            ("move", lambda: service.migrate(ROOM, outage=self.chance.uniform(5, 100))),
        ]
        if disturbed:
            acts += [(fault, lambda fault=fault: service.fail_next("callback", fault)) for fault in ("lose", "late")]
            acts += [("double", lambda: service.fail_next("callback", self.chance.choice(("duplicate", "double"))))]
            acts += [("500", lambda: service.fail_next("DescribeRecordStatus", "500", 3))]
        ends: list[tuple[str, Callable[[], object]]] = [
            ("stop", lambda: self.room.recorder.stop(mine)),
            ("stop elsewhere", lambda: self.other.stop(mine, wait=False)),
            ("fault", lambda: service.end(ROOM, self.chance.choice(REASONS))),
            ("none", lambda: None),
        ]
        for name, act in (*people, *self.chance.choices(acts, k=self.chance.randrange(14)), self.chance.choice(ends)):
            self.room.timeline.at(self.chance.uniform(0, 290), lambda name=name, act=act: self._try(name, act))

    def _try(self, name: str, act: Callable[[], object]) -> None:
        with suppress(RecorderError, ValueError):  # what comes too late, or can't be done, is refused
            act()
            self.done.add(name)

    @property
    def true_end(self) -> Ending:
        """What ended it, as the vendor itself knows."""
        (task,) = self.room.service._tasks.values()
        return TRUE_ENDS.get(task.reason, Ending.FAULT)

    def true_files(self) -> dict[str, FileStatus]:
        """What the vendor lists in the end."""
        *_, last = self.other.follow(self.recording, timeout=LONGEST_S)
        return {file.name: file.status for file in last.files}


@contextmanager
def life(seed: int) -> Iterator[Life]:
    chance = random.Random(seed)
    switches: dict[str, Any] = {
        "stop_events": chance.choice(STOP_EVENTS),
        "quit_events": chance.choice(QUIT_EVENTS),
        "time_outs_are_abnormal": chance.random() < 0.5,
        "buckets": ("another",) if chance.random() < 0.3 else None,
        "backup": chance.random() < 0.6,
        "rate_limits": False,
    }
    spec = {
        "mode": chance.choice(("composite", "individual")),
        "output": {"formats": [chance.choice(("mp4", "hls"))]},
        "idle_timeout": chance.choice((30, 60, 120)),
        "max_duration": chance.choice((300, 600)),
    }
    with (
        lesson("zegocloud", listens=chance.random() < 0.75, **switches) as room,
        connect(room.service, calls_per_second={"*": math.inf}) as other,
    ):
        if chance.random() < 0.05:
            room.service.fail_next("StartRecord", "die")
        found = Life(chance, room, other, room.start(**spec))
        found.plan(disturbed=chance.random() < 0.7)
        yield found


def states(events: list[RecordingEvent]) -> list[RecordingState]:
    return [event.state for event in events if event.state not in (None, RecordingState.UNREACHABLE)]


@pytest.mark.parametrize("seed", range(40))
def test_a_random_life_is_told_truly(seed: int) -> None:
    """Each thing once, no state goes back, nothing follows an end, and the last event is the vendor's truth."""
    with life(seed) as lived:
        events = list(lived.room.recorder.follow(lived.recording, timeout=LONGEST_S))
        lived.room.pass_time(400)
        last = events[-1]
        assert len({event.dedup_key for event in events}) == len(events)
        assert [event.kind for event in events].count(EventKind.ENDED) <= 1
        reached = [PROGRESS[state] for state in states(events)]
        assert reached == sorted(reached)
        assert {state for state in states(events) if state.terminal} == {last.state}

        files = lived.true_files()
        assert {file.name: file.status for file in last.files} == files
        assert (last.fault == "destination") == bool({FileStatus.BACKUP, FileStatus.LOST} & set(files.values()))
        is_lost = FileStatus.LOST in files.values()
        assert last.state == (RecordingState.FAILED if is_lost else RecordingState.COMPLETED) or not files
        assert last.ending in (lived.true_end, None)
        assert last.ending is Ending.STOPPED or "stop" not in lived.done or lived.true_end is not Ending.STOPPED

        known = lived.room.recorder.status(lived.recording)
        assert (known.state, known.ending, known.fault) == (last.state, last.ending, last.fault)
        assert {file.name: file.status for file in known.files} == files
