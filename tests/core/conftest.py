"""A provider without a vendor and a clock without time, for what belongs to the core alone."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from recorder_core import (
    S3,
    Layout,
    Plan,
    PlannedRequest,
    Provider,
    ProviderConfig,
    ProviderOptions,
    Recorder,
    Recording,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    StartIntent,
    Translator,
)


class SteppedClock:
    """A clock that stands still between two sleeps; `slept` lists them."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        if not signal.is_set():
            self.sleep(seconds)
        return signal.is_set()


class MemoryConfig(ProviderConfig):
    env_prefix = "MEMORY_"
    tenant: str = "tenant-1"


class MemoryOptions(ProviderOptions):
    tape: str | None = None


class MemoryTranslator(Translator):
    """Claims little, so that much is unsupported."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.body: dict[str, Any] = {}

    def set_room(self, room: str) -> None:
        self.body["room"] = room

    def set_mode(self, mode: str) -> None:
        self.body["mode"] = mode

    def set_media(self, media: str) -> None:
        self.body["media"] = media

    def layout_grid(self) -> None:
        self.body["layout"] = "grid"

    def layout_spotlight(self, *, participant: str | None, side: str) -> None:
        self.body["layout"] = f"spotlight {participant} {side}"

    def set_background(self, *, color: str | None) -> None:
        self.body["color"] = color

    def set_idle_timeout(self, seconds: int) -> None:
        if seconds > 3600:
            self.approximated("", "an hour at most", "3600 is kept")

    def storage_s3(self, *, bucket: str, region: str, access_key: Any, secret_key: Any) -> None:
        self.body["storage"] = {"bucket": bucket, "key": access_key, "secret": secret_key}

    def set_output(self, *, prefix: str | None) -> None:
        self.body["prefix"] = prefix

    def option_tape(self, tape: str) -> None:
        self.body["tape"] = tape


class MemoryProvider(Provider):
    """Notes what it is asked; `states` are told one by one, the last one for ever; `failures` are raised first."""

    name = "memory"
    plugin_api = 1
    Config = MemoryConfig
    Options = MemoryOptions
    poll_delays = (2.0, 5.0)

    def __init__(self, config: MemoryConfig | None = None) -> None:
        super().__init__(config or MemoryConfig())
        self.calls: list[str] = []
        self.states: deque[RecordingStatus | RecordingState | BaseException] = deque([RecordingState.RECORDING])
        self.failures: dict[str, BaseException] = {}
        self.during: Callable[[str], object] = lambda call: None
        self.closed = False

    @property
    def account(self) -> str:
        return self.config.tenant

    def close(self) -> None:
        self.closed = True

    def translate(self, spec: RecordingSpec, intent: StartIntent) -> Plan:
        translator = MemoryTranslator(self.name)
        resolved = spec.resolved()
        options = self.options(spec, MemoryOptions)
        translator.walk_spec(resolved, given=spec, options=options, apart_from=intent.apart_from)
        request = PlannedRequest("start", "POST", "memory://start", translator.body)
        return Plan(self.name, (request,), translator.findings, resolved)

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        intent.note(tape=f"tape of {intent.id}")
        self._call("start")
        return self.begun(
            plan, intent, started_at=datetime.fromtimestamp(self.runtime.clock.time(), UTC), native=intent.noted
        )

    def status(self, recording: Recording) -> RecordingStatus:
        self._call("status")
        return self._told()

    def stop(self, recording: Recording, *, wait: bool, deadline: float) -> RecordingStatus:
        self._call(f"stop wait={wait} deadline={deadline:g}")
        return self._told()

    def translate_layout(self, recording: Recording, layout: Layout) -> Plan:
        translator = MemoryTranslator(self.name)
        translator.walk_layout(layout)
        return Plan(
            self.name, (PlannedRequest("layout", "POST", "memory://layout", translator.body),), translator.findings
        )

    def layout(self, recording: Recording, layout: Layout, plan: Plan) -> Recording:
        self._call("layout")
        return recording

    def causes(self, recording: Recording, status: RecordingStatus) -> tuple[str, ...]:
        return ("the tape tore", "the head was dirty")

    def _call(self, call: str) -> None:
        self.calls.append(call)
        self.during(call)
        failure = self.failures.pop(call.split(maxsplit=1)[0], None)
        if failure is not None:
            raise failure

    def _told(self) -> RecordingStatus:
        told = self.states[0] if len(self.states) == 1 else self.states.popleft()
        if isinstance(told, BaseException):
            raise told
        return told if isinstance(told, RecordingStatus) else RecordingStatus(state=told)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def memory() -> type[MemoryProvider]:
    """The class, for providers of one's own."""
    return MemoryProvider


@pytest.fixture
def provider() -> MemoryProvider:
    return MemoryProvider()


@pytest.fixture
def recorder(provider: MemoryProvider, clock: SteppedClock) -> Recorder:
    return Recorder(provider, clock=clock, hooks=[])


@pytest.fixture
def spec() -> Callable[..., RecordingSpec]:
    """A complete spec with fields changed."""

    def make(**changes: Any) -> RecordingSpec:
        storage = S3(bucket="lessons", region="eu-west-1", access_key="storage-key", secret_key="storage-secret")
        return RecordingSpec(**{"room": "lesson-42", "storage": storage, **changes})

    return make
