"""`AsyncWorker`: the open recordings of a ledger, followed from an event loop together with other processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from recorder_core import AsyncRecorder, AsyncWorker, EventKind, RecordingStatus, Worker

Connect = Callable[[], Any]


@pytest.fixture
def connected(memory: Any, tmp_path: Path) -> Connect:
    """Recorders of one account on one ledger, whose vendor advises to look every 20 ms; all end at the third look."""
    looks: Counter[str] = Counter()

    class HurriedProvider(memory):  # type: ignore[misc]
        poll_delays = (0.005, 0.02)
        watch_interval = 0.02

        def status(self, recording: Any) -> RecordingStatus:
            looks[recording.id] += 1
            return RecordingStatus(state="completed" if looks[recording.id] > 2 else "recording")

    @asynccontextmanager
    async def connect() -> AsyncIterator[AsyncRecorder]:
        url = f"sqlite:///{tmp_path / 'recordings.db'}"
        async with AsyncRecorder(HurriedProvider(), hooks=[], ledger=url) as recorder:
            yield recorder

    return connect


def ends(events: list[Any]) -> list[str]:
    return sorted(event.recording_id for event in events if event.kind is EventKind.ENDED)


def test_it_follows_all_to_their_end(connected: Connect, spec: Any) -> None:
    """By `async for`, and no end twice, whoever follows."""

    async def follow() -> None:
        async with connected() as recorder, connected() as other:
            recordings = [await recorder.start(spec()) for _ in range(5)]
            async with other.worker(until="idle") as worker:
                events = [event async for event in worker]
                assert len(worker) == 0
            assert ends(events) == sorted(recording.id for recording in recordings)
            async with recorder.worker(until="idle") as worker:
                assert [event async for event in worker] == []

    asyncio.run(follow())


def test_a_cancelled_take_loses_no_event(connected: Connect, spec: Any) -> None:
    """The next one takes it; without a time-out of its own, `asyncio.timeout` is the way to wait no longer."""

    async def follow() -> None:
        async with connected() as recorder, recorder.worker() as worker:
            events: list[Any] = []
            recording = await recorder.start(spec())
            while not ends(events):
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.01):
                        events.append(await worker.take())
            assert [event.kind for event in events] == [EventKind.RECORDING, EventKind.ENDED]
            assert recording not in worker

    asyncio.run(follow())


def test_an_end_that_the_loop_was_left_with_is_told_again(connected: Connect, spec: Any) -> None:
    """It counts as told when the next event is asked for."""

    async def follow() -> None:
        async with connected() as recorder:
            recording = await recorder.start(spec())
            async with recorder.worker() as worker:
                async for event in worker:
                    if event.kind is EventKind.ENDED:
                        break
            async with recorder.worker(until="idle") as worker:
                assert ends([event async for event in worker]) == [recording.id]
            async with recorder.worker(until="idle") as worker:
                assert [event async for event in worker] == []

    asyncio.run(follow())


def test_closing_ends_whoever_waits(connected: Connect) -> None:
    """A service that ends isn't held up by a loop over events that don't come."""

    async def follow() -> None:
        async with connected() as recorder:
            worker = recorder.worker()
            async with asyncio.TaskGroup() as group, worker:
                waiting = group.create_task(worker.take())
                await asyncio.sleep(0.05)
                await worker.close()
                assert await waiting is None

    asyncio.run(follow())


def test_it_has_all_that_the_blocking_one_has() -> None:
    """Under the same names."""
    for name in ("take", "close", "__len__", "__contains__"):
        assert hasattr(Worker, name)
        assert hasattr(AsyncWorker, name)
    assert {name for name in vars(AsyncWorker) if not name.startswith("_")} <= {"take", "close", "blocking"}
