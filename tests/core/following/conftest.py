"""Events and looks of one recording, as callbacks, statuses and operations make them."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from recorder_core import (
    EventKind,
    EventSource,
    FileStatus,
    RecordedFile,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingState,
    RecordingStatus,
)

START = 1_800_000_000.0


class Story:
    """Makes what happens to one recording; instants are seconds since its start."""

    def __init__(self) -> None:
        self.count = 0

    def at(self, seconds: float) -> float:
        return START + seconds

    def file(self, name: str, status: str = "recording") -> RecordedFile:
        return RecordedFile(name=name, status=FileStatus(status))

    def callback(self, kind: str, seconds: float | None = None, state: str | None = None, **fields: Any) -> Any:
        return self._event(kind, seconds, state, EventSource.CALLBACK, **fields)

    def operation(self, kind: str, seconds: float, state: str | None = None) -> Any:
        return self._event(kind, seconds, state, EventSource.OPERATION)

    def look(self, state: str, *files: RecordedFile, **fields: Any) -> Any:
        return self._event("status", None, state, EventSource.LOOK, files=files, **fields)

    def _event(
        self, kind: str, seconds: float | None, state: str | None, source: EventSource, **fields: Any
    ) -> RecordingEvent:
        self.count += 1
        return RecordingEvent(
            kind=EventKind(kind),
            provider="memory",
            recording_id="r-1",
            source=source,
            state=None if state is None else RecordingState(state),
            occurred_at=None if seconds is None else datetime.fromtimestamp(self.at(seconds), UTC),
            dedup_key=f"key-{self.count}",
            **fields,
        )


@pytest.fixture
def story() -> Story:
    return Story()


class ScriptedClock:
    """A clock that moves only by waiting, and does on its way what was planned, at its own instant."""

    def __init__(self) -> None:
        self.now = START
        self._plan: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()

    def at(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something so many seconds after the start."""
        heapq.heappush(self._plan, (START + seconds, next(self._order), action))

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.wait(threading.Event(), seconds)

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        until = self.now + seconds
        while not signal.is_set() and self._plan and self._plan[0][0] <= until:
            at, _, action = heapq.heappop(self._plan)
            self.now = max(self.now, at)
            action()
        if not signal.is_set():
            self.now = until
        return signal.is_set()


class Stage:
    """A recorder on a scripted clock whose vendor says of each recording what was set last."""

    def __init__(self, recorder: Recorder, provider: Any, vendor: Any, clock: ScriptedClock, spec: Any) -> None:
        self.recorder = recorder
        self.provider = provider
        self.clock = clock
        self.looks: list[tuple[float, str]] = []
        self.says: dict[str, RecordingStatus | BaseException] = {}
        self.restored: list[tuple[float, Recording]] = []
        self.held: list[str | None] = []
        self.restore_error: BaseException | None = None
        self.storage = spec().storage
        self._vendor = vendor
        self._spec = spec
        provider.stage = self

    def start(self, state: str = "starting", **fields: Any) -> Recording:
        recording = self.recorder.start(self._spec(**fields))
        self.say(recording, state)
        return recording

    def say(self, recording: Recording, state: str, *files: RecordedFile, **fields: Any) -> None:
        self.says[recording.id] = RecordingStatus(state=state, files=files, **fields)

    def say_at(self, seconds: float, recording: Recording, state: str, *files: RecordedFile, **fields: Any) -> None:
        self.clock.at(seconds, lambda: self.say(recording, state, *files, **fields))

    def fail_at(self, seconds: float, recording: Recording, error: BaseException) -> None:
        self.clock.at(seconds, lambda: self.says.update({recording.id: error}))

    def call_back(self, recording: Recording, kind: str, **fields: Any) -> None:
        """The vendor sends a callback now."""
        fields = {"occurred_at": datetime.fromtimestamp(self.clock.now, UTC).isoformat(), **fields}
        request = self._vendor.callback(tape=recording.native["tape"], kind=kind, **fields)
        self.recorder.events.receive(request)

    def call_back_at(self, seconds: float, recording: Recording, kind: str, **fields: Any) -> None:
        self.clock.at(seconds, lambda: self.call_back(recording, kind, **fields))

    def _status(self, recording: Recording) -> RecordingStatus:
        self.looks.append((self.clock.now - START, recording.id))
        says = self.says[recording.id]
        if isinstance(says, BaseException):
            raise says
        return says

    def _restore(self, recording: Recording, state: RecordingState | None) -> bool:
        self.held.append(state)
        self.restored.append((self.clock.now - START, recording))
        if self.restore_error is not None:
            raise self.restore_error
        return True

    def looked_at(self, recording: Recording) -> list[float]:
        """Seconds since the start of each look."""
        return [seconds for seconds, recording_id in self.looks if recording_id == recording.id]

    def seen(self, events: list[RecordingEvent]) -> list[tuple[float, str, str | None, str]]:
        """When, what, the state and the source of each event."""
        return [
            (
                round(event.occurred_at.timestamp() - START, 3) if event.occurred_at else -1.0,
                str(event.kind),
                None if event.state is None else str(event.state),
                str(event.source),
            )
            for event in events
        ]


@pytest.fixture
def staged(memory: Any, signing: Any, spec: Any) -> Callable[..., Any]:
    """Sets stages: with a callback secret or without, and with keywords of `Recorder`."""

    class StageProvider(memory):  # type: ignore[misc]
        """Can do everything, and says what the stage says."""

        stage: Stage

        def status(self, recording: Recording) -> RecordingStatus:
            return self.stage._status(recording)

        def restore(self, recording: Recording, state: RecordingState | None = None) -> bool:
            return self.stage._restore(recording, state)

        def pause(self, recording: Recording) -> None:
            self._call("pause")

        def resume(self, recording: Recording) -> None:
            self._call("resume")

        def snapshot(self, recording: Recording) -> None:
            self._call("snapshot")

        def update_participants(self, recording: Recording, participants: Any) -> Recording:
            return recording

        def refresh_storage(self, recording: Recording, storage: Any) -> Recording:
            return recording

        def switch_whiteboard(self, recording: Recording, whiteboard_id: str) -> Recording:
            return recording

        def update_push(self, recording: Recording, push_urls: Any) -> Recording:
            return recording

    @contextmanager
    def make(**options: Any) -> Iterator[Stage]:
        clock = ScriptedClock()
        provider, vendor = signing(
            kind=StageProvider, webhook_secret=options.pop("webhook_secret", "callback-secret-of-the-tests")
        )
        vendor._clock = clock
        with Recorder(provider, **{"clock": clock, "hooks": [], **options}) as recorder:
            yield Stage(recorder, provider, vendor, clock, spec)

    return make


@pytest.fixture
def stage(staged: Any) -> Iterator[Stage]:
    with staged() as found:
        yield found
