"""The asyncio recorder at both vendors: the results of the blocking one, and nothing runs on for whom nobody waits."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import re
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recorder_core import (
    S3,
    AsyncRecorder,
    Custom,
    Grid,
    Participants,
    RecordedFile,
    Recorder,
    RecorderError,
    Recording,
    RecordingSpec,
    RecordingState,
    Region,
    RemoteRecording,
)
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.plugins import load_provider
from recorder_core.testing import connect

PROVIDERS = pytest.mark.parametrize("name", ["agora", "zegocloud"])
STARTS = {"agora": ["acquire", "start", "query"], "zegocloud": ["StartRecord", "DescribeRecordStatus"]}
"""The requests of a start that is confirmed, in their order."""
DIFFERS = {"native", "request_id", "raw", "dedup_key", "base_url", "checked_at"}
"""What a vendor makes up anew each time."""

Call = Callable[..., Awaitable[Any]]
Emulated = Callable[..., Any]
STORAGE = S3(bucket="lessons", region="eu-west-1", access_key="storage-key", secret_key="storage-secret")
SPEC = RecordingSpec(room="lesson-42", storage=STORAGE)


def asynchronous(service: Any, **keywords: Any) -> AsyncRecorder:
    """An asyncio recorder for an emulated service; without a clock of its own in real time."""
    found = load_provider(service.name)
    return AsyncRecorder(found(found.Config.from_env(service.env)), hooks=(), **keywords)


@pytest.fixture(autouse=True)
def nothing_lost(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """asyncio complains of no task and no error that nobody took."""
    yield
    gc.collect()
    records = [*caplog.get_records("call"), *caplog.get_records("teardown")]
    assert [
        record.getMessage() for record in records if record.name == "asyncio" and record.levelno >= logging.ERROR
    ] == []


def threads() -> list[str]:
    """Those of operations that go on."""
    return [thread.name for thread in threading.enumerate() if thread.name == "recorder-operation"]


async def no_threads() -> None:
    while threads():
        await asyncio.sleep(0.005)


def run(test: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(test, 30))


@pytest.fixture
def service(emulated: Emulated, name: str) -> Any:
    """The vendor, in real time, with somebody in the room."""
    started = emulated(name, media=False)
    started.join("lesson-42", "1001")
    return started


def comparable(value: Any) -> Any:
    """A result without what the vendor makes up anew each time; an error with all that it says."""
    if isinstance(value, RecorderError):
        return type(value).__name__, comparable(str(value)), value.retryable
    if isinstance(value, list | tuple):
        return [comparable(item) for item in value]
    if hasattr(value, "model_dump"):
        return comparable(value.model_dump(mode="json"))
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items() if key not in DIFFERS}
    if isinstance(value, str):
        return re.sub(r"127\.0\.0\.1:\d+|request id \S+|[\w-]{16,}|\d+(\.\d+)? m?s\b", "…", value)
    return comparable(value.dump()) if hasattr(value, "dump") else value


async def lesson(recorder: Any, call: Call, listed: Call, clock: EmulatorClock) -> None:
    """Every method of a recorder, in one lesson, of which `call` and `listed` keep the results."""
    spec = SPEC.model_copy(update={"layout": Grid()})
    await call(recorder.plan, spec)
    await call(recorder.doctor)
    await call(recorder.check_storage, STORAGE)
    await call(recorder.recording_id, "lesson")
    recording = await call(recorder.start, spec, key="lesson", confirm=True)
    await call(recorder.start, SPEC, key="")
    await call(recorder.status, recording)
    await call(recorder.wait, recording, until=RecordingState.RECORDING, timeout=60)
    await call(recorder.wait_for_files, recording, timeout=10)
    whole = Custom(regions=(Region(x=0, y=0, width=1, height=1),))
    recording = await call(recorder.layout, recording, whole)
    await call(recorder.pause, recording)
    await call(recorder.resume, recording)
    await call(recorder.snapshot, recording)
    await call(recorder.update_participants, recording, Participants())
    await call(recorder.refresh_storage, recording, STORAGE)
    await call(recorder.switch_whiteboard, recording, "board-2")
    await call(recorder.update_push, recording, ["rtmps://example.com/live/key"])
    started = datetime.fromtimestamp(clock.time(), UTC) - timedelta(hours=1)
    await call(recorder.list_remote, started)
    remote = RemoteRecording(provider=recording.provider, account=recording.account, native=recording.native)
    await call(recorder.adopt, remote)
    await call(recorder.link, recording, RecordedFile(name="lesson-42.mp4"))
    await call(recorder.delete_files, recording)
    await listed(recorder.follow, recording, timeout=30)
    await call(recorder.stop, recording)
    await listed(recorder.follow, recording)
    await listed(recorder.fleet, [recording], workers=0)
    await call(recorder.start, spec, key="of the worker")
    await listed(recorder.worker, until="looked", workers=0)
    await call(recorder.recover, stop=True)
    await call(recorder.close)
    await call(recorder.status, recording)


class Blocking:
    """Calls a blocking recorder, and keeps what comes of it."""

    def __init__(self) -> None:
        self.called: set[str] = set()
        self.results: list[Any] = []

    async def call(self, method: Any, *args: Any, **keywords: Any) -> Any:
        self.called.add(method.__name__)
        try:
            result = await self.result(method, *args, **keywords)
        except RecorderError as error:
            result = error
        self.results.append((method.__name__, comparable(result)))
        # Where the vendor can't do it, the lesson goes on with the handle that was given.
        return args[0] if isinstance(result, RecorderError) else result

    async def result(self, method: Any, *args: Any, **keywords: Any) -> Any:
        return method(*args, **keywords)

    async def listed(self, method: Any, *args: Any, **keywords: Any) -> None:
        self.called.add(method.__name__)
        events: list[Any] = []
        try:
            await self.take(events, method(*args, **keywords))
        except RecorderError as error:
            events.append(error)
        self.results.append((method.__name__, comparable(events)))

    async def take(self, events: list[Any], iterated: Any) -> None:
        events.extend(iterated)


class Awaiting(Blocking):
    """The same with an asyncio recorder."""

    async def result(self, method: Any, *args: Any, **keywords: Any) -> Any:
        return await method(*args, **keywords)

    async def take(self, events: list[Any], iterated: Any) -> None:
        async for event in iterated:
            events += [event]


@PROVIDERS
def test_every_method_gives_what_the_blocking_one_gives(emulated: Emulated, name: str, tmp_path: Path) -> None:
    """Same lesson, same instants: the same results, errors and events, after the same requests at the same times."""

    def taught(make: Callable[..., Any], kept: Blocking) -> tuple[Any, Any]:
        clock = EmulatorClock(frozen=True, start=start)
        service = emulated(name, media=False, clock=clock)
        service.join("lesson-42", "1001")
        recorder = make(service, clock=clock, ledger=f"sqlite:///{tmp_path / make.__name__}.db")
        run(lesson(recorder, kept.call, kept.listed, clock))
        return kept.results, [(entry.at, entry.operation, entry.status) for entry in service.journal]

    start = float(int(time.time()))
    awaiting = Awaiting()
    theirs, their_requests = taught(connect, Blocking())
    ours, our_requests = taught(asynchronous, awaiting)
    for got, expected in zip(ours, theirs, strict=True):
        assert got == expected
    assert our_requests == their_requests
    public = {found for found, _ in inspect.getmembers(Recorder, callable) if not found.startswith("_")}
    assert awaiting.called == public - {"from_env", "run"}


class Held:
    """Holds the requests of an emulated service, from the n-th on, until it is opened."""

    def __init__(self, service: Any, first: int) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self._left = first
        service.latency = self._hold

    def _hold(self) -> float:
        if self._left == 0:
            self.reached.set()
            self.opened.wait(20)
        else:
            self._left -= 1
        return 0.0


@asynccontextmanager
async def cancelled(task: asyncio.Task[Any]) -> AsyncIterator[list[str]]:
    """Cancel a task twice, do what is inside, and see that it is cancelled; the notes of that."""
    notes: list[str] = []
    task.cancel()
    await asyncio.sleep(0.02)
    task.cancel()
    yield notes
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    notes += getattr(caught.value, "__notes__", [])
    await no_threads()


@PROVIDERS
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_start_cancelled_at_any_request_leaves_nothing_running(service: Any, name: str, number: int) -> None:
    """Whatever the vendor was just asked, what was started is stopped before the cancellation is told."""
    if number >= len(STARTS[name]):
        number = len(STARTS[name]) - 1
    held = Held(service, number)

    async def test() -> None:
        # On the emulator's clock: the waits before looks take no time.
        async with asynchronous(service, clock=service.clock) as recorder:
            starting = asyncio.create_task(recorder.start(SPEC, confirm=True))
            while not held.reached.is_set():
                await asyncio.sleep(0.005)
            async with cancelled(starting) as notes:
                assert starting.done() is False
                held.opened.set()
            assert notes == []

    run(test())
    assert [recording.running for recording in service.recordings] == [False]
    assert {entry.operation for entry in service.journal} >= {*STARTS[name][: number + 1]}


@PROVIDERS
@pytest.mark.parametrize("fault", ["drop", "truncate", "not-json", "reset", "refuse", "503", "429", "stall"])
@pytest.mark.parametrize("confirm", [False, True])
def test_whatever_fails_while_a_start_is_cancelled_nothing_runs_unknown(
    service: Any, name: str, fault: str, confirm: bool
) -> None:
    """Either nothing runs, or the cancellation says what may run: by the intent, where nobody has the vendor's ids."""
    held = Held(service, 0)
    (operation,) = {"start", "StartRecord"} & {*STARTS[name]}
    service.fail_next(operation, fault)

    async def test() -> list[str]:
        recorder = asynchronous(service, clock=service.clock, timeout=0.5)
        starting = asyncio.create_task(recorder.start(SPEC, confirm=confirm))
        while not held.reached.is_set():
            await asyncio.sleep(0.005)
        async with cancelled(starting) as notes:
            held.opened.set()
        return notes

    notes = run(test())
    if any(recording.running for recording in service.recordings):
        assert "may have begun a recording" in notes[0]
        assert '"room":"lesson-42"' in notes[0]
    else:
        assert [note for note in notes if "couldn't be stopped" in note] == []


@PROVIDERS
def test_a_stalled_answer_holds_up_nobody_who_has_left(service: Any, name: str) -> None:
    """Cancelling returns at once; when the answer is given up, nothing more is sent."""
    service.fail_next(STARTS[name][-1], "stall", times=9)

    async def test() -> None:
        recorder = asynchronous(service, timeout=1.0)
        recording = await recorder.start(SPEC)
        asking = asyncio.create_task(recorder.status(recording))
        while not threads():
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert threads(), "the answer is still out, and nobody waits for it"
        await no_threads()

    run(test())
    asked = [entry.operation for entry in service.journal if entry.operation == STARTS[name][-1]]
    assert len(asked) == 1


@PROVIDERS
def test_who_waited_and_left_asks_no_more(service: Any, name: str) -> None:
    """Waits, followings and fleets that were cancelled end with their threads; the recording goes on."""

    async def follow(recorder: AsyncRecorder, recording: Recording) -> None:
        async for _ in recorder.follow(recording):
            pass

    async def fleet(recorder: AsyncRecorder, recording: Recording) -> None:
        async with recorder.fleet([recording]) as followed:
            async for _ in followed:
                pass

    async def test() -> None:
        recorder = asynchronous(service)
        recording = await recorder.start(SPEC)
        tasks = [
            asyncio.create_task(waiting)
            for waiting in (
                recorder.wait(recording),
                recorder.wait_for_files(recording, timeout=7200),
                follow(recorder, recording),
                fleet(recorder, recording),
            )
        ]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        assert {type(left) for left in await asyncio.gather(*tasks, return_exceptions=True)} == {asyncio.CancelledError}
        await no_threads()
        while any(thread.name == "recorder-fleet" for thread in threading.enumerate()):
            await asyncio.sleep(0.005)

    run(test())
    assert [recording.running for recording in service.recordings] == [True]
    assert [entry.operation for entry in service.journal] == STARTS[name][:-1]


@PROVIDERS
def test_who_left_the_queue_for_the_budget_costs_no_call(service: Any, name: str) -> None:
    """A hundred looks that wait for their turn at the vendor's limit and are cancelled are never sent."""

    async def test() -> None:
        recorder = asynchronous(service)
        recording = await recorder.start(SPEC)
        looks = [asyncio.create_task(recorder.status(recording)) for _ in range(100)]
        await asyncio.sleep(0.01)
        for look in looks:
            look.cancel()
        await asyncio.wait(looks)
        await recorder.stop(recording, wait=False)
        await no_threads()

    run(test())
    operations = [entry.operation for entry in service.journal]
    assert operations.count(STARTS[name][-1]) < 20
    assert [recording.running for recording in service.recordings] == [False]


@PROVIDERS
def test_a_program_that_ends_stops_what_it_was_recording(service: Any, name: str) -> None:
    """Tasks that `asyncio.run` cancels at its end leave no recording: neither in their start nor in `run`."""
    held = Held(service, len(STARTS[name]) - 1 + len(STARTS[name]) - 2)
    service.join("lesson-43", "1001")

    async def record(recorder: AsyncRecorder, room: str) -> None:
        async with recorder.run(SPEC.model_copy(update={"room": room})):
            recording.set()
            await asyncio.sleep(3600)

    async def test() -> None:
        recorder = asynchronous(service)
        tasks.append(asyncio.create_task(record(recorder, "lesson-42")))
        await recording.wait()
        tasks.append(asyncio.create_task(record(recorder, "lesson-43")))
        while not held.reached.is_set():
            await asyncio.sleep(0.005)
        asyncio.get_running_loop().call_later(0.05, held.opened.set)

    tasks: list[Any] = []
    recording = asyncio.Event()
    run(test())
    assert [found.running for found in service.recordings] == [False, False]


@PROVIDERS
def test_a_following_ends_at_its_timeout(emulated: Emulated, name: str) -> None:
    """Its seconds are those of the whole following, however many events come, as with the blocking recorder."""

    def ended_at(make: Callable[..., Any], take: Blocking) -> tuple[float, list[Any]]:
        clock = EmulatorClock(frozen=True, start=start)
        service = emulated(name, media=False, clock=clock)
        service.join("lesson-42", "1001")
        recorder = make(service, clock=clock)

        async def test() -> None:
            recording = await take.call(recorder.start, SPEC, key="lesson")
            await take.listed(recorder.follow, recording, timeout=40)

        run(test())
        return clock.time() - start, take.results

    start = float(int(time.time()))
    ended, results = ended_at(connect, Blocking())
    ours_ended, ours = ended_at(asynchronous, Awaiting())
    assert ours_ended == ended
    for got, expected in zip(ours, results, strict=True):
        assert got == expected
    (*_, (_, (*events, error))) = results
    assert events
    assert (ended, error[0]) == (40.0, "DeadlineExceeded")
