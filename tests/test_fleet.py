"""Ten thousand recordings followed by one process, against emulators that enforce the vendors' limits.

Where hardly one in ten thousand is looked at, or ends, handles of those to which nothing happens may share recordings
at the vendor. What follows them knows nothing of that, and thousands needn't be started.
"""

from __future__ import annotations

import gc
import math
import random
import secrets
import time
import tracemalloc
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from requests.structures import CaseInsensitiveDict

from emulation.telling import Received, Receiver
from recorder_agora.config import AgoraConfig
from recorder_agora.provider import AgoraProvider
from recorder_core import (
    S3,
    DeadlineExceeded,
    Layout,
    RateLimited,
    RecordedFile,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    Region,
    WebhookRequest,
)
from recorder_core.budget import PACE
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.journal import Entry
from recorder_core.emulation.service import EmulatedService
from recorder_core.models.base import FrozenMapping
from recorder_core.models.layout import Custom
from recorder_core.testing import connect, emulate
from recorder_core.transport.pool import Reply

PROVIDERS = ("agora", "zegocloud")
MANY = 10_000
LIMIT = 10
"""Looks in a second that either vendor allows to an account."""
SWEEP_S = MANY / (LIMIT * PACE)
"""Seconds that one look at each takes."""
LOOK = {"agora": "query", "zegocloud": "DescribeRecordStatus"}
"""The operation that is a look."""
REFUSED = 300000003
"""How ZEGOCLOUD says 429."""
SHARED = 50
"""Recordings that several handles share, where handles do."""
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
    """A spec as an application has it."""
    return RecordingSpec(
        room=ROOM,
        output={"prefix": "lessons/2026"},
        idle_timeout=int(IDLE_S),
        storage=S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK"),
    )


@dataclass
class Lessons:
    """Many recordings at an emulator, one in each room, and a recorder of the account.

    Attributes:
        service: the emulator.
        recorder: follows them.
        recordings: all handles.
        apart: those that share their recording with no other.
    """

    service: EmulatedService
    recorder: Recorder
    recordings: list[Recording]
    apart: list[Recording]

    def looks(self) -> list[Entry]:
        """The vendor's journal of looks, and nothing is in it that was refused for coming too fast."""
        journal = list(self.service.journal)
        assert [entry for entry in journal if is_refused(entry)] == []
        return [entry for entry in journal if entry.operation == LOOK[self.service.name]]

    def ended(self) -> dict[str, float]:
        """When each recording that has ended did so, in Unix seconds of the emulator, by room."""
        return {found.room: found.ended_at for found in self.service.recordings if found.ended_at is not None}

    def emptying(self, *, count: int, seconds: float) -> list[tuple[float, str]]:
        """When which rooms empty, one after the other: the instants in Unix seconds of the emulator."""
        began = self.service.clock.time()
        chosen = random.Random(5).sample(self.apart, count)
        return [(began + seconds * number / count, recording.room) for number, recording in enumerate(chosen)]

    def followed(self, emptying: list[tuple[float, str]]) -> dict[str, tuple[float, RecordingEvent]]:
        """Follow all until those have ended whose rooms empty: when each end was known, and its event, by room."""
        clock, coming = self.service.clock, deque([*emptying, (math.inf, "")])
        outcomes: dict[str, tuple[float, RecordingEvent]] = {}
        with self.recorder.fleet(self.recordings, workers=0) as fleet:
            while len(outcomes) < len(emptying):
                event = fleet.take()
                assert event is not None
                if event.state is not None and event.state.terminal:
                    outcomes.setdefault(event.room or "", (clock.time(), event))
                while coming[0][0] <= clock.time():
                    self.service.leave(coming.popleft()[1], "1001")
        return outcomes


def is_refused(entry: Entry) -> bool:
    """Whether a call was one too many, in whichever words."""
    return entry.status == 429 or (isinstance(entry.answer, Mapping) and entry.answer.get("Code") == REFUSED)


def used(looks: list[Entry]) -> float:
    """The part of the allowed rate that was used."""
    return (len(looks) - 1) / (looks[-1].at - looks[0].at) / LIMIT


@contextmanager
def lessons(provider: str, *, clock: EmulatorClock, started: int = MANY, **options: Any) -> Iterator[Lessons]:
    """Ten thousand handles of recordings with somebody in each room.

    Of fewer that are started the first few have many handles each, and the others one.

    One is started over HTTP by the recorder. What it sent is then handed to the emulator for every other room, without
    a socket between: the same bodies, checked in the same way, in a tenth of the time.
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
        with left_alone():
            for number in range(1, started):
                room = f"lesson-{number:05}"
                service.join(room, "1001")
                recordings.append(started_alike(handle, asked, first, room))
            more = [
                recordings[number % SHARED].model_copy(update={"id": uuid.uuid4().hex})
                for number in range(MANY - started)
            ]
        service.rate_limits = True
        service.journal.clear()
        yield Lessons(service, recorder, [*recordings, *more], recordings[SHARED if more else 0 :])


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    """Undo `left_alone`."""
    yield
    gc.unfreeze()


@contextmanager
def left_alone() -> Iterator[None]:
    """What is made here is no garbage: to look through all of it again and again would take longer than calls do."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def started_alike(
    handle: Callable[[EmulatedRequest], EmulatedResponse],
    asked: list[EmulatedRequest],
    first: Recording,
    room: str,
) -> Recording:
    """Start what the first start has started, for another room; its handle."""
    # No id that a recorder makes has such letters, so that none of these is the first one's.
    changed = {ROOM: room, first.id: f"lesson{room[-5:]}{first.id[11:]}"}
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


def hand_over(found: Lessons) -> None:
    """Let every call of the recorder reach the emulator without a socket between.

    Where no second of real time counts, sockets would only add a minute of waiting for the same answers.
    """

    def send(_: str, request: Any, *, leaving: Callable[[], None], **__: Any) -> Reply:
        leaving()
        parts = urlsplit(request.url)
        asked = EmulatedRequest(
            method=request.method,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers=request.headers,
            body=request.body or b"",
        )
        response = found.service._exchange(asked).response
        assert response is not None
        return Reply(response.status, CaseInsensitiveDict(response.headers), response.payload())

    found.recorder.provider.transport._vendor.pool.send = send  # type: ignore[method-assign,assignment]


def percentile(values: list[float], share: float) -> float:
    """The value that so great a part of them doesn't exceed."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


@pytest.mark.parametrize(("provider", "seconds"), [("agora", 10.0), ("zegocloud", 8.0)])
def test_the_allowed_rate_is_used_and_never_exceeded(
    provider: str, seconds: float, record_property: Callable[[str, Any], None]
) -> None:
    """Ten thousand followed in real time, with up to 20 ms of jitter: no 429, and at least 95 % of 10 in a second.

    The emulator counts in every stretch of a second, wherever it begins, which is stricter than in those of the clock.
    """
    jitter = random.Random(4)
    options = {"sliding_limits": True, "latency": lambda: jitter.random() * 0.02, "recorder": {"clock": None}}
    with lessons(provider, clock=EmulatorClock(), started=MANY // 20, **options) as found:
        # As a process does that takes over what others have started: none is young, and all record.
        found.service.clock.advance(600)
        recordings = [
            recording.model_copy(update={"started_at": recording.started_at - timedelta(hours=1)})
            for recording in found.recordings
        ]
        events = []
        with found.recorder.fleet(recordings) as fleet:
            until = time.monotonic() + seconds
            while (left := until - time.monotonic()) > 0:
                with suppress(DeadlineExceeded):
                    events.append(fleet.take(timeout=left))
            followed = len(fleet)
        looks = found.looks()
    assert [event for event in events if event and event.state is not RecordingState.RECORDING] == []
    assert followed == MANY
    assert {entry.status for entry in looks} == {200}
    record_property(
        "measured", f"10,000 followed at 10 calls a second at {provider}: {used(looks):.1%} of the limit used, no 429"
    )
    assert used(looks) >= 0.95


@dataclass(frozen=True)
class Blind:
    """Following without callbacks at a vendor.

    Attributes:
        started: recordings.
        ends: how many of them end, in so great a part of a sweep.
        within: that part.
        state: in which an end is found.
        statuses: of the answers.
        with_files: of how many ends the files are known, at least, as a part of them.
    """

    started: int
    ends: int
    within: float
    state: RecordingState
    statuses: set[int]
    with_files: float


BLIND = {
    # It forgets a recording when it has ended, so that a second look has to tell an end from a move to another server.
    "agora": Blind(MANY, MANY // 5, 0.4, RecordingState.GONE, {200, 404}, 0.1),
    # It knows a task for three days.
    "zegocloud": Blind(SHARED + 500, 500, 0.4, RecordingState.COMPLETED, {200}, 1.0),
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_looks_alone_find_every_end(provider: str, record_property: Callable[[str, Any], None]) -> None:
    """Ten thousand without callbacks, in driven time: each end is known within two sweeps, with the files seen before.

    Rooms empty one after the other while the first looks are made.
    """
    blind, clock = BLIND[provider], EmulatorClock(frozen=True)
    with lessons(provider, clock=clock, started=blind.started, sliding_limits=True) as found:
        hand_over(found)
        clock.advance(600)
        outcomes = found.followed(found.emptying(count=blind.ends, seconds=blind.within * SWEEP_S))
        ended, looks = found.ended(), found.looks()
    assert outcomes.keys() == ended.keys()
    assert len(outcomes) == blind.ends
    assert {entry.status for entry in looks} == blind.statuses
    lags = [at - ended[room] for room, (at, _) in outcomes.items()]
    assert max(lags) <= 2 * SWEEP_S
    assert {event.state for _, event in outcomes.values()} == {blind.state}
    known = [room for room, (_, event) in outcomes.items() if event.files]
    assert len(known) >= blind.with_files * len(outcomes)
    record_property(
        "measured",
        f"10,000 followed by looks alone at {provider}, a sweep of {SWEEP_S:.0f} s: an end is known after "
        f"{max(lags):.0f} s at the latest, p95 {percentile(lags, 0.95):.0f} s, p50 {percentile(lags, 0.5):.0f} s",
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_callbacks_tell_every_end(provider: str, record_property: Callable[[str, Any], None]) -> None:
    """Ten thousand with callbacks, in driven time, while looks use all that is allowed: an end is known within 10 s."""
    clock = EmulatorClock(frozen=True)
    with Receiver() as receiver, lessons(provider, clock=clock) as found:
        hand_over(found)

        def arrive(received: Received) -> None:
            found.recorder.events.receive(WebhookRequest("POST", received.path, received.headers, received.raw))

        receiver.then = arrive
        clock.advance(600)
        found.service.callbacks.url = receiver.url
        outcomes = found.followed(found.emptying(count=300, seconds=60))
        ended, looks = found.ended(), found.looks()
    assert outcomes.keys() == ended.keys()
    assert used(looks) >= 0.95
    lags = [at - ended[room] for room, (at, _) in outcomes.items()]
    assert max(lags) <= 10
    assert {event.state for _, event in outcomes.values()} == {RecordingState.COMPLETED}
    assert all(event.files for _, event in outcomes.values())
    record_property(
        "measured",
        f"10,000 followed with callbacks at {provider}: an end is known after {max(lags):.1f} s at the latest, "
        f"p95 {percentile(lags, 0.95):.1f} s",
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_call_too_many_is_seen(provider: str) -> None:
    """Without the budget the emulators refuse, and the check of the journal finds it."""
    with emulate(provider, media=False) as service:
        with connect(service, calls_per_second={"*": math.inf}) as recorder:
            recording = recorder.start(lesson())
            with suppress(RateLimited, DeadlineExceeded):
                for _ in range(3 * LIMIT):
                    recorder.status(recording, deadline=1.0)
        with pytest.raises(AssertionError):
            Lessons(service, recorder, [recording], [recording]).looks()


class Canned(AgoraProvider):
    """Says of every recording that it runs and has two files."""

    def status(self, recording: Recording) -> RecordingStatus:
        name = f"{recording.native['sid']}_{recording.room}"
        files = tuple(
            RecordedFile(
                name=f"{name}{suffix}",
                key=f"lessons/2026/{name}{suffix}",
                uri=f"s3://lessons/lessons/2026/{name}{suffix}",
                format=kind,
                tracks="audio_video",
                status="recording",
                started_at=recording.started_at,
            )
            for suffix, kind in ((".m3u8", "hls"), ("_0.mp4", "mp4"))
        )
        raw = {"serverResponse": {"status": 5, "fileListMode": "json", "fileList": [file.name for file in files]}}
        return RecordingStatus(
            state="recording", files=files, started_at=recording.started_at, request_id=uuid.uuid4().hex, raw=raw
        )


def handles(count: int) -> list[Recording]:
    """Handles of recordings with a layout of eight windows, as `start` returned them an hour ago."""
    with emulate("agora", media=False) as service, connect(service, on_unsupported="warn") as recorder:
        first = recorder.start(lesson().model_copy(update={"layout": LAYOUT}))
    started_at, found = first.started_at - timedelta(hours=1), []
    for number in range(count):
        room = f"lesson-{number:05}"
        ids = {"sid": uuid.uuid4().hex, "resourceId": secrets.token_urlsafe(96), "cname": room}
        fresh = {"id": uuid.uuid4().hex, "room": room, "started_at": started_at}
        found.append(first.model_copy(update={**fresh, "native": FrozenMapping({**first.native, **ids})}))
    return found


def test_the_memory_of_each(record_property: Callable[[str, Any], None]) -> None:
    """A followed recording takes less than 4 kB: handle, schedule, what was seen and told of it."""
    config = AgoraConfig(app_id="5f7d2e9b4c1a48d6a03be8f19c62d7a4", customer_id="c", customer_secret="s")
    count = MANY // 4
    with Recorder(Canned(config), hooks=[]) as recorder, recorder.fleet(workers=0) as fleet:
        with left_alone():
            first, *others = handles(count + 1)
        fleet.add(first)
        assert fleet.take() is not None
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        fleet.add(*others)
        for _ in others:
            fleet.take()
        gc.collect()
        each = (tracemalloc.get_traced_memory()[0] - before) / count
        tracemalloc.stop()
        assert len(fleet) == count + 1
    record_property("measured", f"memory of a followed recording, each with a layout and two files: {each:.0f} bytes")
    assert each < 4096
