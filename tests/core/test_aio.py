"""The asyncio recorder: the same as the blocking one, method by method, and cancellable without losing a recording."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest

from recorder_core import (
    AsyncRecorder,
    DeadlineExceeded,
    Grid,
    Recorder,
    RecorderError,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    ServiceUnavailable,
    StartOutcomeUnknown,
    SystemClock,
    WebhookRejected,
    WebhookRequest,
)

Make = Callable[..., RecordingSpec]
NOT_AWAITED = {"from_env", "run", "follow", "fleet"}
"""Makers, and what is iterated or entered instead."""


def methods() -> dict[str, Any]:
    """The public methods of the blocking recorder."""
    return {name: value for name, value in inspect.getmembers(Recorder, callable) if not name.startswith("_")}


@pytest.fixture
def recorder(provider: Any) -> AsyncRecorder:
    """One on the system's clock: its waits are real, so only cancelling ends them in time."""
    return AsyncRecorder(provider, clock=SystemClock(), hooks=[])


class Gate:
    """Holds a call of the provider until the test lets it go."""

    def __init__(self, provider: Any, held: str) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self._held = held
        provider.during = self._hold

    def _hold(self, call: str) -> None:
        if call.startswith(self._held):
            self.reached.set()
            self.opened.wait(20)


async def reached(signal: threading.Event) -> None:
    while not signal.is_set():
        await asyncio.sleep(0.005)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 20))


@pytest.mark.parametrize("name", sorted(methods()))
def test_every_method_has_a_twin(name: str) -> None:
    """What the blocking recorder has, this one has too, with the same parameters; all but makers are awaited."""
    twin = getattr(AsyncRecorder, name)
    ours, theirs = inspect.signature(twin), inspect.signature(methods()[name])
    assert twin.__doc__
    if name not in NOT_AWAITED:
        assert inspect.iscoroutinefunction(twin)
        assert ours.return_annotation == theirs.return_annotation
    assert list(ours.parameters.values()) == list(theirs.parameters.values()) or name == "from_env"


def test_results_are_those_of_the_blocking_recorder(provider: Any, spec: Make, clock: Any) -> None:
    """The same calls give the same results and reach the provider in the same order."""

    async def live() -> list[Any]:
        async with AsyncRecorder(provider, clock=clock, hooks=[]) as recorder:
            plan = await recorder.plan(spec())
            recording = await recorder.start(spec(), key="lesson", confirm=True)
            changed = await recorder.layout(recording, Grid())
            return [
                plan.dump(),
                recording.id == await recorder.recording_id("lesson"),
                await recorder.status(recording),
                changed.revision,
                (await recorder.stop(recording)).state,
            ]

    ours = asyncio.run(live())
    calls, provider.calls = provider.calls, []
    blocking = Recorder(provider, clock=clock, hooks=[])
    plan = blocking.plan(spec())
    recording = blocking.start(spec(), key="lesson", confirm=True)
    changed = blocking.layout(recording, Grid())
    theirs = [
        plan.dump(),
        recording.id == blocking.recording_id("lesson"),
        blocking.status(recording),
        changed.revision,
        blocking.stop(recording).state,
    ]
    assert ours == theirs
    assert calls == provider.calls


def test_errors_come_as_they_are(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """Class, fields and cause survive the way through the thread."""
    cause = OSError("no route")
    failure = ServiceUnavailable("down", vendor_code=65, request_id="q-1", retryable=False)
    failure.__cause__ = cause
    provider.failures["start"] = failure

    async def test() -> None:
        with pytest.raises(ServiceUnavailable) as caught:
            await recorder.start(spec())
        assert (caught.value.vendor_code, caught.value.request_id, caught.value.__cause__) == (65, "q-1", cause)
        assert caught.value.intent is not None

    run(test())


def test_operations_run_side_by_side(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """An operation that takes long holds up neither the event loop nor another operation."""
    gate = Gate(provider, "stop")

    async def test() -> None:
        first = await recorder.start(spec())
        second = await recorder.start(spec(room="lesson-43"))
        stopping = asyncio.create_task(recorder.stop(first))
        await reached(gate.reached)
        assert (await recorder.status(second)).state is RecordingState.RECORDING
        assert not stopping.done()
        gate.opened.set()
        await stopping

    run(test())


def test_context_variables_are_carried_over(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """What the caller's context says, such as a trace, is known where the operation runs."""
    trace: ContextVar[str] = ContextVar("trace")
    seen: list[str] = []
    provider.during = lambda call: seen.append(trace.get("none"))

    async def test() -> None:
        trace.set("lesson")
        await recorder.start(spec())

    run(test())
    assert seen == ["lesson"]


def test_a_cancelled_wait_ends_at_once_with_its_thread(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """Nobody polls for an awaiter that has left."""
    provider.poll_delays = (0.01, 3600.0)
    provider.states.appendleft(RecordingState.STARTING)

    async def test() -> None:
        recording = await recorder.start(spec())
        waiting = asyncio.create_task(recorder.wait(recording, timeout=7200))
        while "status" not in provider.calls:
            await asyncio.sleep(0.005)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        while any(thread.name == "recorder-operation" for thread in threading.enumerate()):
            await asyncio.sleep(0.005)

    run(test())
    assert provider.calls.count("status") == 1


@pytest.mark.parametrize("confirm", [False, True])
def test_a_cancelled_start_stops_what_it_started(
    provider: Any, recorder: AsyncRecorder, spec: Make, confirm: bool
) -> None:
    """It waits for the outcome, stops the recording, and is cancelled then; a second cancel changes nothing."""
    gate = Gate(provider, "start")

    async def test() -> None:
        starting = asyncio.create_task(recorder.start(spec(), confirm=confirm))
        await reached(gate.reached)
        starting.cancel()
        await asyncio.sleep(0.02)
        starting.cancel()
        await asyncio.sleep(0.02)
        assert not starting.done()
        gate.opened.set()
        with pytest.raises(asyncio.CancelledError):
            await starting

    run(test())
    assert [call.split()[0] for call in provider.calls] == ["start", "stop"]


def test_a_cancelled_confirmation_stops_the_recording(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """Cancelled between acceptance and confirmation, nothing runs on."""
    provider.poll_delays = (0.01, 60.0)
    provider.states[0] = RecordingState.STARTING

    async def test() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await recorder.start(spec(), confirm=True)

    run(test())
    assert [call.split()[0] for call in provider.calls] == ["start", "status", "stop"]


def test_a_task_group_that_fails_leaves_no_recording(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """The start beside the task that failed is undone before the group ends."""
    gate = Gate(provider, "start")

    async def fail() -> None:
        await reached(gate.reached)
        gate.opened.set()
        raise LookupError("the lesson was called off")

    async def lesson() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(recorder.start(spec(), confirm=True))
            group.create_task(fail())

    async def test() -> None:
        with pytest.raises(ExceptionGroup) as caught:
            await lesson()
        assert caught.group_contains(LookupError)

    provider.states[0] = RecordingState.STARTING
    provider.poll_delays = (3600.0,)
    run(test())
    assert [call.split()[0] for call in provider.calls] == ["start", "stop"]


@pytest.mark.parametrize(
    "outcome", [ServiceUnavailable("down"), RecordingStatus(state="unreachable", reason="nobody answers")]
)
def test_a_recording_that_cannot_be_undone_is_named(
    provider: Any, recorder: AsyncRecorder, spec: Make, caplog: pytest.LogCaptureFixture, outcome: Any
) -> None:
    """Where the stop fails, the cancellation and the log carry the whole handle."""
    gate = Gate(provider, "start")
    provider.states[0] = outcome

    async def test() -> None:
        starting = asyncio.create_task(recorder.start(spec()))
        await reached(gate.reached)
        starting.cancel()
        gate.opened.set()
        with pytest.raises(asyncio.CancelledError) as caught:
            await starting
        (note,) = caught.value.__notes__
        assert json.loads(note[note.index("{") :])["room"] == "lesson-42"

    with caplog.at_level(logging.ERROR):
        run(test())
    assert "may run on" in caplog.text


def test_a_start_of_unknown_outcome_that_was_cancelled_is_named(
    provider: Any, recorder: AsyncRecorder, spec: Make
) -> None:
    """Where nobody knows whether it runs, the cancellation says so."""
    gate = Gate(provider, "start")
    provider.failures["start"] = StartOutcomeUnknown("no answer came")

    async def test() -> None:
        starting = asyncio.create_task(recorder.start(spec()))
        await reached(gate.reached)
        starting.cancel()
        gate.opened.set()
        with pytest.raises(asyncio.CancelledError) as caught:
            await starting
        assert "may have begun a recording" in caught.value.__notes__[0]

    run(test())


def test_run_stops_at_the_end_of_the_block_however_it_ends(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """Also when the block is cancelled, and cancelled again while it stops."""
    gate = Gate(provider, "stop")

    async def record() -> None:
        async with recorder.run(spec()):
            await asyncio.sleep(3600)

    async def test() -> None:
        recording = asyncio.create_task(record())
        while "start" not in provider.calls:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        recording.cancel()
        await reached(gate.reached)
        recording.cancel()
        await asyncio.sleep(0.02)
        gate.opened.set()
        with pytest.raises(asyncio.CancelledError):
            await recording

    run(test())
    assert [call.split()[0] for call in provider.calls] == ["start", "stop"]


def test_a_closed_recorder_refuses(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """As the blocking one."""

    async def test() -> None:
        async with recorder:
            recording = await recorder.start(spec())
        with pytest.raises(RecorderError, match="closed"):
            await recorder.status(recording)

    run(test())
    assert provider.closed


def test_the_deadline_of_an_operation_holds(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """An operation that waits for its turn on the recording gives up at its deadline."""
    gate = Gate(provider, "stop")

    async def test() -> None:
        recording = await recorder.start(spec())
        stopping = asyncio.create_task(recorder.stop(recording))
        await reached(gate.reached)
        with pytest.raises(DeadlineExceeded):
            await recorder.status(recording, deadline=0.05)
        gate.opened.set()
        await stopping

    run(test())


def test_a_recording_is_followed_to_its_end(provider: Any, spec: Make, clock: Any) -> None:
    """The events are those of the blocking recorder, one by one."""
    states = [RecordingState.STARTING, RecordingState.RECORDING, RecordingState.UPLOADING, RecordingState.COMPLETED]

    async def test() -> list[Any]:
        recorder = AsyncRecorder(provider, clock=clock, hooks=[])
        provider.states = deque(states)
        recording = await recorder.start(spec())
        return [(event.kind, event.state) async for event in recorder.follow(recording)]

    ours = asyncio.run(test())
    blocking = Recorder(provider, clock=clock, hooks=[])
    provider.states = deque(states)
    theirs = [(event.kind, event.state) for event in blocking.follow(blocking.start(spec()))]
    assert ours == theirs
    assert ours[-1][1] is RecordingState.COMPLETED


def test_a_cancelled_follow_ends_at_once_with_its_thread(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """Nobody looks for a follower that has left, and the recording goes on."""

    async def follow() -> None:
        async for _ in recorder.follow(await recorder.start(spec())):
            followed.set()

    async def test() -> None:
        following = asyncio.create_task(follow())
        await followed.wait()
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        while any(thread.name == "recorder-operation" for thread in threading.enumerate()):
            await asyncio.sleep(0.005)

    provider.poll_delays = (0.01, 60.0)
    followed = asyncio.Event()
    run(test())
    assert [call.split()[0] for call in provider.calls] == ["start", "status"]


def test_whoever_leaves_the_loop_ends_the_following(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """What a broken-off loop has left behind gives no more events, and looks no more."""

    async def test() -> None:
        events = recorder.follow(await recorder.start(spec()))
        async for _ in events:
            break
        await events.aclose()  # type: ignore[attr-defined]
        assert [event async for event in events] == []

    provider.poll_delays = (0.01, 60.0)
    run(test())
    assert provider.calls.count("status") == 1


def test_a_fleet_is_followed(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """Many recordings in one loop; those that are added meanwhile too."""

    async def test() -> None:
        first, second = await recorder.start(spec()), await recorder.start(spec(room="lesson-43"))
        ended = set()
        async with recorder.fleet([first]) as fleet:
            fleet.add(second)
            assert second in fleet
            async for event in fleet:
                if event.state is RecordingState.COMPLETED:
                    ended.add(event.recording_id)
        assert ended == {first.id, second.id}

    provider.poll_delays = (0.2, 0.2)
    provider.states[0] = RecordingStatus(state="completed")
    run(test())


def test_a_callback_is_received(provider: Any, recorder: AsyncRecorder) -> None:
    """The errors of the blocking door come through."""

    async def test() -> None:
        with pytest.raises(WebhookRejected, match="POST"):
            await recorder.events.receive(WebhookRequest("GET", "/callbacks", {}, b""))

    run(test())
