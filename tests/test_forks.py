"""A recorder that was made before a fork works in the children, and nothing of the parent's is touched by them."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import pickle
import random
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import LifoQueue
from typing import Any

import pytest

from forked import begun_in_child, held_elsewhere, in_child
from hasty import HastyClock, flying
from recorder_core import (
    S3,
    AsyncRecorder,
    ConfigurationError,
    Recorder,
    Recording,
    RecordingSpec,
    Spotlight,
    WebhookApp,
    hookimpl,
)
from recorder_core.clock import current_deadline
from recorder_core.emulation.service import EmulatedService
from recorder_core.forking import Guarded
from recorder_core.testing import connect, emulate


def spec(room: str = "lesson-42") -> RecordingSpec:
    """A lesson in a room."""
    return RecordingSpec(room=room, storage=S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK"))


def found(kind: type) -> list[Any]:
    """All objects of a type."""
    return [thing for thing in gc.get_objects() if isinstance(thing, kind)]


@dataclass
class Lesson:
    """A service whose time flies, a recorder of it, and a recording that runs there."""

    service: EmulatedService
    recorder: Recorder
    recording: Recording


@pytest.fixture(params=["agora", "zegocloud"])
def lesson(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lesson]:
    """One at each vendor; that of the second has a ledger."""
    ledger = f"sqlite:///{tmp_path / 'recordings.db'}" if request.param == "zegocloud" else None
    with emulate(request.param, media=False, rate_limits=False) as service, flying(service):
        service.join("lesson-42", 1001)
        with connect(service, clock=HastyClock(), ledger=ledger) as recorder:
            yield Lesson(service, recorder, recorder.start(spec(), confirm=True))


def test_a_child_finds_every_lock_free(lesson: Lesson) -> None:
    """Whatever another thread held at the moment of the fork, every operation is possible in the child at once."""
    recorder, recording = lesson.recorder, lesson.recording
    app = WebhookApp({"school": recorder})
    recorder.events  # noqa: B018 - it is made when it is first asked for
    locks = [guarded._guard for guarded in found(Guarded)]
    locks += [queue.mutex for queue in found(LifoQueue)]  # that of the kept connections

    def work() -> list[str]:
        recorder.layout(recording, Spotlight("1001"))
        states = [recorder.status(recording).state, recorder.wait(recording).state]
        with recorder.fleet([recording], workers=0) as fleet:
            states.append(recorder.stop(recording).state)
            states.append(list(fleet)[-1].state)
        with recorder.run(spec("another-room")) as another:
            states.append(recorder.status(another).state.running)
        assert app._backlog.accepts
        recorder.close()
        return states

    with held_elsewhere(locks):
        child = begun_in_child(work)
        states = child()
    assert states == ["recording", "recording", "completed", "completed", True]
    assert not any(recording.running for recording in lesson.service.recordings)


def test_an_operation_of_the_parents_holds_nobody_up_in_the_child(lesson: Lesson) -> None:
    """A recording on which the parent works can be looked at in the child, where nobody works on it."""
    recorder, recording = lesson.recorder, lesson.recording
    operation = recorder._operation("stop", recording.id, recorder._limit(None))
    with held_elsewhere([operation]):
        assert in_child(lambda: recorder.status(recording, deadline=5).state) == "recording"


def test_what_the_forking_thread_was_in_does_not_bind_the_child(lesson: Lesson) -> None:
    """A worker that is forked in the midst of an operation, by a hook, has the child's whole time for its own."""
    told: list[Any] = []

    class Forking:
        @hookimpl
        def recorder_http(self, exchange: Any) -> None:
            if not told:
                told.append(begun_in_child(lambda: current_deadline().remaining()))

    with connect(lesson.service, clock=HastyClock(), hooks=[Forking()], deadline=30) as recorder:
        recorder.start(spec("forking"))
    assert told[0]() == float("inf")


def test_children_begin_with_chances_of_their_own(lesson: Lesson) -> None:
    """No id, number of a signature, or random wait is made twice; vendors refuse a signature that comes again."""

    def work() -> list[Any]:
        started = lesson.recorder.start(spec(f"room-{random.random()}"))
        return [started.id, uuid.uuid4().hex, random.random()]

    children = [begun_in_child(work) for _ in range(3)]
    for made in zip(*(child() for child in children), strict=True):
        assert len(set(made)) == 3
    assert len(lesson.service.recordings) == 4
    nonces = [entry.query["SignatureNonce"] for entry in lesson.service.journal if "SignatureNonce" in entry.query]
    assert len(set(nonces)) == len(nonces)
    assert nonces or lesson.service.name == "agora"


def test_the_parent_goes_on_following_and_the_child_follows_anew(lesson: Lesson) -> None:
    """A fleet is its process's: a child that asks the parent's is told so, and one of its own tells it everything."""
    recording = lesson.recording
    with connect(lesson.service, clock=HastyClock()) as recorder, recorder.fleet([recording]) as fleet:
        following = recorder.follow(recording)
        first = next(following)

        def work() -> list[str]:
            assert (len(fleet), recording in fleet) == (0, False)
            for asked in (lambda: next(iter(fleet)), lambda: fleet.add(recording), lambda: next(following)):
                with pytest.raises(ConfigurationError, match="its parent's"):
                    asked()
            fleet.close()
            with recorder.fleet([recording], workers=2) as own:
                recorder.stop(recording)
                return [event.state for event in own if event.state]

        assert in_child(work)[-1] == "completed"
        events = list(fleet)
        assert events[-1].state.terminal
        assert len({event.dedup_key for event in events}) == len(events)
        assert [first, *following][-1].state is events[-1].state


def test_hooks_are_told_once(lesson: Lesson) -> None:
    """What a child looks up, its own hooks are told; the fleet of the parent, which is there in the child too, not."""
    told: list[str] = []

    class Telling:
        @hookimpl
        def recorder_event(self, event: Any) -> None:
            told.append(event.kind)

    recorder = connect(lesson.service, clock=HastyClock(), hooks=[Telling()])

    def work() -> list[str]:
        told.clear()
        recorder.status(lesson.recording)
        return told

    with recorder, recorder.fleet([lesson.recording]):
        assert in_child(work) == []


def test_an_async_recorder_has_threads_of_its_own_in_a_child(lesson: Lesson) -> None:
    """However busy the parent's threads were, the child's event loop gets its work done."""
    recorder = AsyncRecorder(lesson.recorder.provider, clock=HastyClock())
    recorder._operations._busy = recorder._operations._limit  # as with so many operations under way

    async def states() -> list[str]:
        status = await recorder.status(lesson.recording)
        return [status.state, (await recorder.stop(lesson.recording)).state]

    assert in_child(lambda: asyncio.run(states())) == ["recording", "completed"]


def state_of(recorder: Recorder, recording: Recording) -> str:
    """What a process of a pool does."""
    return str(recorder.status(recording).state)


def test_recorders_are_inherited(lesson: Lesson) -> None:
    """A forked process of `multiprocessing` works with its parent's recorder."""
    states = multiprocessing.get_context("fork").Queue()
    child = multiprocessing.get_context("fork").Process(
        target=lambda: states.put(state_of(lesson.recorder, lesson.recording))
    )
    child.start()
    assert states.get(timeout=20) == "recording"
    child.join()
    assert child.exitcode == 0


def test_what_belongs_to_its_process_is_not_pickled(lesson: Lesson) -> None:
    """Neither by `pickle` nor by a pool of processes; the error says what to do instead, and shows no secret."""
    app = WebhookApp({"school": lesson.recorder})
    asynchronous = AsyncRecorder(lesson.recorder.provider)
    for thing in (lesson.recorder, lesson.recorder.start, lesson.recorder.events, lesson.recorder.fleet(), app):
        with pytest.raises(ConfigurationError, match="belongs to its process") as caught:
            pickle.dumps(thing)
        assert "handle" in str(caught.value.hint)
    with pytest.raises(ConfigurationError, match="a Recorder belongs to its process"):
        pickle.dumps(asynchronous)
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawning) as pool, pytest.raises(ConfigurationError, match="a Recorder"):
        pool.submit(state_of, lesson.recorder, lesson.recording).result()


def test_no_lock_is_forgotten() -> None:
    """Whatever has a lock gets a free one in a child: by `Guarded`, or in a `_forked` of its own."""
    core = Path(__file__).parents[1] / "src"
    made = re.compile(r"threading\.(?:R?Lock|Condition|Semaphore|BoundedSemaphore|Barrier)\(")
    files = [path for path in core.rglob("*.py") if not {"emulation", "emulator", "testing"} & set(path.parts)]
    assert {path.name for path in files if made.search(path.read_text(encoding="utf-8"))} == {
        "forking.py",  # which makes them
        "locks.py",  # forgets all in a child
        "listening.py",  # of one wait, which goes on in the parent
        "workers.py",  # of one operation, which goes on in the parent
        *("follower.py", "worker.py", "relay.py", "backlog.py"),  # make new ones in a child
    }
