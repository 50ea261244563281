"""The asyncio recorder: the same as the blocking one, method by method, and cancellable without losing a recording."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextvars import ContextVar
from typing import Any

import pytest

from recorder_core import (
    AsyncCallbacks,
    AsyncFleet,
    AsyncRecorder,
    DeadlineExceeded,
    Fleet,
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
    aio,
)
from recorder_core.callbacks import Callbacks
from recorder_core.workers import Scope, Workers

Make = Callable[..., RecordingSpec]
NOT_AWAITED = {"from_env", "run", "follow", "fleet", "worker"}
"""Makers, and what is iterated or entered instead."""


def public(of: type) -> dict[str, Any]:
    """The public methods of a class."""
    return {name: value for name, value in inspect.getmembers(of, callable) if not name.startswith("_")}


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


@pytest.mark.parametrize("name", sorted(public(Recorder)))
def test_every_method_has_a_twin(name: str) -> None:
    """What the blocking recorder has, this one has too, with the same parameters; all but makers are awaited."""
    twin = getattr(AsyncRecorder, name)
    ours, theirs = inspect.signature(twin), inspect.signature(public(Recorder)[name])
    assert twin.__doc__
    assert twin.__qualname__.startswith("AsyncRecorder.")
    if name not in NOT_AWAITED:
        assert inspect.iscoroutinefunction(twin)
        assert ours.return_annotation == theirs.return_annotation
    assert list(ours.parameters.values()) == list(theirs.parameters.values())


def test_keywords_of_the_recorder_are_those_of_the_blocking_one() -> None:
    """The clock is named, for it is wrapped; everything else is passed on."""
    assert set(inspect.signature(AsyncRecorder).parameters) <= set(inspect.signature(Recorder).parameters)


def test_fleets_and_callbacks_have_twins() -> None:
    """The fleet has all that the blocking one has, the callbacks what isn't for applications that receive them."""
    assert public(AsyncFleet).keys() == public(Fleet).keys()
    assert public(Callbacks).keys() - public(AsyncCallbacks).keys() == {"process", "verify", "warn_unverified"}
    for name, twin in {
        **public(AsyncFleet),
        "receive": AsyncCallbacks.receive,
        "forget": AsyncCallbacks.forget,
    }.items():
        theirs = getattr(Fleet, name, None) or getattr(Callbacks, name)
        # How long to wait for an event is said by asyncio.timeout.
        left = {"timeout"} if name == "take" else set()
        assert inspect.signature(twin).parameters.keys() == inspect.signature(theirs).parameters.keys() - left
        assert twin.__doc__


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
        await no_threads()

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
        await no_threads()

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
        await events.aclose()
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


def test_a_loop_that_is_left_without_care_ends_the_following_too(
    provider: Any, recorder: AsyncRecorder, spec: Make
) -> None:
    """Whoever breaks off and forgets the iterator leaves nobody who listens."""

    async def test() -> None:
        async for _ in recorder.follow(await recorder.start(spec())):
            break
        gc.collect()
        while recorder.blocking._listeners._by_wish:
            await asyncio.sleep(0.005)

    provider.poll_delays = (0.01, 60.0)
    run(test())
    assert provider.calls.count("status") == 1


def test_a_fleet_that_nobody_waits_for_loses_no_event(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """What was found while nobody iterated is told by the next loop, also after the end of what was followed."""

    gate = Gate(provider, "status")

    async def test() -> None:
        first, second = await recorder.start(spec()), await recorder.start(spec(room="lesson-43"))
        async with recorder.fleet([first]) as fleet:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(aiter(fleet)), 0.05)
            gate.opened.set()
            while first in fleet:
                await asyncio.sleep(0.005)
            assert [event.recording_id async for event in fleet] == [first.id]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await fleet.take()
            fleet.add(second)
            assert [event.recording_id async for event in fleet] == [second.id]
        await no_threads()

    provider.poll_delays = (0.01,)
    provider.states[0] = RecordingStatus(state="completed")
    run(test())


def test_a_start_that_nobody_waited_for_at_the_end_of_the_program_is_undone(
    provider: Any, recorder: AsyncRecorder, spec: Make
) -> None:
    """`asyncio.run` cancels every task at its end, also those inside of operations; the recording is stopped."""
    gate = Gate(provider, "start")

    async def test() -> None:
        background.append(asyncio.create_task(recorder.start(spec())))
        await reached(gate.reached)
        asyncio.get_running_loop().call_later(0.05, gate.opened.set)

    background: list[Any] = []
    run(test())
    assert background[0].cancelled()
    assert [call.split()[0] for call in provider.calls] == ["start", "stop"]


@pytest.mark.parametrize("failure", [None, ServiceUnavailable("down")])
def test_a_start_that_outlives_its_event_loop_is_undone(
    provider: Any, recorder: AsyncRecorder, spec: Make, caplog: pytest.LogCaptureFixture, failure: Any
) -> None:
    """Where nobody is left to whom the handle could be given, the recording is stopped, or named in the log."""
    gate = Gate(provider, "start")
    if failure:
        provider.failures["stop"] = failure

    async def begin() -> None:
        starting.append(asyncio.ensure_future(recorder.start(spec())))
        await reached(gate.reached)

    starting: list[Any] = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(begin())
    starting[0]._log_destroy_pending = False
    loop.close()
    with caplog.at_level(logging.ERROR):
        gate.opened.set()
        asyncio.run(asyncio.wait_for(no_threads(), 20))
    assert [call.split()[0] for call in provider.calls] == ["start", "stop"]
    assert "the event loop was closed" in caplog.text
    assert ('"room":"lesson-42"' in caplog.text) == bool(failure)


def test_a_block_that_was_cancelled_names_what_may_run_on(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """Where `run` can't stop its recording, the cancellation has the handle and is still a cancellation."""
    provider.failures["stop"] = ServiceUnavailable("down")

    async def test() -> None:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.1), recorder.run(spec()):
                await asyncio.sleep(3600)
        cancelled = caught.value.__cause__
        assert isinstance(cancelled, asyncio.CancelledError)
        assert '"room":"lesson-42"' in cancelled.__notes__[0]

    run(test())


def test_the_error_of_a_block_stops_its_recording(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """As the blocking recorder: the files are waited for, and the error goes on."""

    async def test() -> None:
        with pytest.raises(LookupError):
            async with recorder.run(spec(), confirm=True):
                raise LookupError("the lesson was called off")

    provider.poll_delays = (0.01,)
    run(test())
    assert [call.split()[:2] for call in provider.calls] == [["start"], ["status"], ["stop", "wait=True"]]


def test_a_cancelled_callback_counts_as_new_again(signing: Any) -> None:
    """Who was cancelled has dealt with none of its events, so the vendor's repeat isn't dropped."""
    provider, vendor = signing()
    recorder = AsyncRecorder(provider, clock=SystemClock(), hooks=[])

    async def test() -> None:
        parse, parsing, opened = provider.parse_webhook, threading.Event(), threading.Event()

        def slowly(request: WebhookRequest) -> Any:
            parsing.set()
            opened.wait(20)
            return parse(request)

        provider.parse_webhook = slowly
        callback = vendor.callback(sent_at=SystemClock().time())
        receiving = asyncio.create_task(recorder.events.receive(callback))
        await reached(parsing)
        receiving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiving
        opened.set()
        await no_threads()
        (event,) = await recorder.events.receive(callback)
        assert await recorder.events.receive(callback) == ()
        recorder.events.forget([event])
        assert await recorder.events.receive(callback) == (event,)

    run(test())


def test_however_many_wait_a_recording_can_be_stopped(
    provider: Any, monkeypatch: pytest.MonkeyPatch, spec: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Waits are bounded, have threads of their own, and a warning says what is better for so many."""
    monkeypatch.setattr(aio, "WAITS", 2)
    recorder = AsyncRecorder(provider, clock=SystemClock(), hooks=[])
    provider.poll_delays = (3600.0,)

    async def test() -> None:
        recording = await recorder.start(spec())
        waiting = [asyncio.create_task(recorder.wait(recording, timeout=7200)) for _ in range(4)]
        await asyncio.sleep(0.02)
        assert len(threads()) == 2
        assert all(thread.daemon for thread in threading.enumerate() if thread.name in threads())
        assert (await recorder.stop(recording)).state is RecordingState.COMPLETED
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        await no_threads()

    provider.states[0] = RecordingState.COMPLETED
    with caplog.at_level(logging.WARNING):
        run(test())
    assert [call.split()[0] for call in provider.calls] == ["start", "stop"]
    assert [record.levelname for record in caplog.records if "recorder.fleet()" in record.message] == ["WARNING"]


def test_what_is_cancelled_before_its_turn_is_never_done() -> None:
    """Work that waits for a thread comes in its order, and not at all if nobody waits for it any more."""

    async def test() -> None:
        workers, opened, done = Workers(1), threading.Event(), []
        first = asyncio.create_task(workers.call(lambda: opened.wait(20)))
        second = asyncio.create_task(workers.call(lambda: done.append("second")))
        third = asyncio.create_task(workers.call(lambda: done.append("third")))
        await asyncio.sleep(0.02)
        second.cancel()
        await asyncio.wait([second])
        opened.set()
        await asyncio.gather(first, third)
        assert done == ["third"]
        assert second.cancelled()

    run(test())


def test_what_is_abandoned_as_the_loop_ends_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Its error comes too late for whoever was cancelled to take it."""

    async def test() -> None:
        opened, scope = threading.Event(), Scope()
        scope.leave()
        done = Workers(1).begin(lambda: opened.wait(20), scope=scope)
        while not done.done():
            await asyncio.sleep(0.001)

    run(test())
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_an_error_that_no_future_takes_ends_the_operation(provider: Any, recorder: AsyncRecorder, spec: Make) -> None:
    """A `StopIteration` out of a provider isn't waited for for ever."""
    provider.failures["start"] = StopIteration("the tape is empty")

    async def test() -> None:
        with pytest.raises(RuntimeError) as caught:
            await recorder.start(spec())
        assert isinstance(caught.value.__cause__, StopIteration)

    run(test())


def test_a_recorder_may_be_used_in_one_event_loop_after_the_other(
    provider: Any, monkeypatch: pytest.MonkeyPatch, spec: Make
) -> None:
    """Nothing of it belongs to a loop, also where operations had to wait for one another."""
    monkeypatch.setattr(aio, "OPERATIONS", 1)
    recorder = AsyncRecorder(provider, clock=SystemClock(), hooks=[])

    async def test() -> None:
        recording = await recorder.start(spec())
        found = await asyncio.gather(*(recorder.status(recording) for _ in range(3)))
        assert {status.state for status in found} == {RecordingState.RECORDING}

    run(test())
    run(test())
