"""Ten thousand recordings followed by one process, against emulators that enforce the vendors' limits."""

from __future__ import annotations

import gc
import math
import random
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from emulation.telling import Received, Receiver
from recorder_core import (
    S3,
    DeadlineExceeded,
    Layout,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    Region,
    WebhookRequest,
)
from recorder_core.budget import PACE
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.service import EmulatedService
from recorder_core.models.layout import Custom
from recorder_core.testing import connect, emulate

PROVIDERS = ("agora", "zegocloud")
MANY = 10_000
LIMIT = 10
"""Looks in a second that either vendor allows to an account."""
SWEEP_S = MANY / (LIMIT * PACE)
"""Seconds that one look at each takes."""
ROOM = "lesson-00000"
MOST_AT_ONCE = {"agora": {"concurrent": MANY + 1}, "zegocloud": {"max_tasks": MANY + 1}}
IDLE_S = 30.0
LAYOUT: Layout = Custom(
    regions=tuple(
        Region(participant=str(1001 + number), x=number % 4 / 4, y=number // 4 / 4, width=0.25, height=0.25)
        for number in range(8)
    )
)


def lesson() -> RecordingSpec:
    """A spec as an application has it: a layout of its own, a folder, a bucket."""
    return RecordingSpec(
        room=ROOM,
        layout=LAYOUT,
        output={"prefix": "lessons/2026"},
        idle_timeout=int(IDLE_S),
        storage=S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK"),
    )


@dataclass
class Lessons:
    """Many recordings at an emulator, one in each room, and a recorder of the account."""

    service: EmulatedService
    recorder: Recorder
    recordings: list[Recording]

    def ended(self) -> dict[str, float]:
        """When each recording that has ended did so, in Unix seconds of the emulator, by room."""
        return {
            found.room: found.ended_at for found in self.service.recordings if found.ended_at is not None
        }


@contextmanager
def lessons(provider: str, count: int, *, clock: EmulatorClock, **options: Any) -> Iterator[Lessons]:
    """Recordings with somebody in each room.

    One is started over HTTP by the recorder. What it sent is then handed to the emulator for every other room, without a
    socket between: the same bodies, checked in the same way, in a tenth of the time.
    """
    recorder_options = options.pop("recorder", {})
    settings = {"media": False, "rate_limits": False, **MOST_AT_ONCE[provider], **options}
    with emulate(provider, clock=clock, **settings) as service, connect(service, **recorder_options) as recorder:
        asked: list[EmulatedRequest] = []
        handle = service._handle

        def overheard(request: EmulatedRequest) -> EmulatedResponse:
            asked.append(request)
            return handle(request)

        service._handle = overheard  # type: ignore[method-assign]
        service.join(ROOM, "1001")
        first = recorder.start(lesson())
        service._handle = handle  # type: ignore[method-assign]
        recordings = [first]
        for number in range(1, count):
            room = f"lesson-{number:05}"
            service.join(room, "1001")
            recordings.append(started_alike(handle, asked, first, room))
        service.rate_limits = True
        service.journal.clear()
        yield Lessons(service, recorder, recordings)


def started_alike(
    handle: Callable[[EmulatedRequest], EmulatedResponse],
    asked: list[EmulatedRequest],
    first: Recording,
    room: str,
) -> Recording:
    """Start what the first start has started, for another room; its handle."""
    changed = {ROOM: room, first.id: f"{room[-5:]}{first.id[5:]}"}
    for request in asked:
        body, path = request.body, request.path
        for old, new in changed.items():
            body, path = body.replace(old.encode(), new.encode()), path.replace(old, new)
        answer = handle(replace(request, body=body, path=path)).body
        assert isinstance(answer, dict)
        ids = {**answer, **answer.get("Data", {})}
        told = {str(first.native[key]): str(ids[key]) for key in ("resourceId", "sid", "TaskId") if key in ids}
        assert told, answer
        changed |= told
    text = first.model_dump_json()
    for old, new in changed.items():
        text = text.replace(old, new)
    return Recording.model_validate_json(text)


def percentile(values: list[float], share: float) -> float:
    """The value that so great a part of them doesn't exceed."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


def test_the_allowed_rate_is_used_and_never_exceeded(record_property: Callable[[str, Any], None]) -> None:
    """Ten thousand followed in real time, with up to 20 ms of jitter: no 429, and at least 95 % of 10 in a second.

    The emulator counts in every stretch of a second, wherever it begins, which is stricter than in those of the clock.
    """
    jitter = random.Random(4)
    seconds = 15.0
    options = {"sliding_limits": True, "latency": lambda: jitter.random() * 0.02, "recorder": {"clock": None}}
    with lessons("agora", MANY, clock=EmulatorClock(), **options) as found:
        # As a process does that takes over what others have started: none is young, and all record.
        found.service.clock.advance(600)
        recordings = [
            recording.model_copy(update={"started_at": recording.started_at - timedelta(hours=1)})
            for recording in found.recordings
        ]
        gc.collect()
        gc.freeze()  # what the emulator holds would be looked through again and again, for longer than calls take
        with found.recorder.fleet(recordings) as fleet:
            began = time.monotonic()
            with pytest.raises(DeadlineExceeded):
                while True:
                    fleet.take(timeout=seconds - (time.monotonic() - began))
        gc.unfreeze()
        looks = [entry for entry in found.service.journal if entry.operation == "query"]
    assert {entry.status for entry in looks} == {200}
    used = (len(looks) - 1) / (looks[-1].at - looks[0].at) / LIMIT
    record_property("measured", f"10,000 followed at 10 calls a second: {used:.1%} of the limit used, no 429")
    assert used >= 0.95


def test_looks_alone_find_every_end(record_property: Callable[[str, Any], None]) -> None:
    """Ten thousand without callbacks, in driven time: each end is known within two sweeps, with the files seen before.

    A fifth of the rooms empties, one after the other during the first sweep. The vendor forgets a recording when it has
    ended, so that the second look has to tell an end from a move to another server.
    """
    clock = EmulatorClock(frozen=True)
    with lessons("agora", MANY, clock=clock, sliding_limits=True) as found:
        clock.advance(600)
        began = clock.time()
        leaving = random.Random(5).sample(range(MANY), MANY // 5)
        plan = sorted((began + SWEEP_S * number / len(leaving), room) for number, room in enumerate(leaving))
        rooms = iter([*plan, (math.inf, 0)])
        due, room = next(rooms)
        outcomes: dict[str, tuple[float, RecordingEvent]] = {}
        with found.recorder.fleet(found.recordings, workers=0) as fleet:
            while len(outcomes) < len(leaving):
                event = fleet.take()
                while due <= clock.time():
                    found.service.leave(f"lesson-{room:05}", "1001")
                    due, room = next(rooms)
                assert event is not None
                if event.state is not None and event.state.terminal:
                    outcomes[str(event.room)] = (clock.time(), event)
        ended = found.ended()
        answers = Counter(entry.status for entry in found.service.journal)
    assert outcomes.keys() == ended.keys()
    assert set(answers) == {200, 404}
    lags = [at - ended[room] for room, (at, _) in outcomes.items()]
    assert max(lags) <= 2 * SWEEP_S
    assert {event.state for _, event in outcomes.values()} == {RecordingState.GONE}
    seen_before = [room for room, (_, event) in outcomes.items() if event.files]
    assert len(seen_before) > len(leaving) / 3
    record_property(
        "measured",
        f"10,000 followed by looks alone, a sweep of {SWEEP_S:.0f} s: an end is known after {max(lags):.0f} s at the "
        f"latest, p95 {percentile(lags, 0.95):.0f} s, p50 {percentile(lags, 0.5):.0f} s",
    )
