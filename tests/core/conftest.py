"""A provider without a vendor and a clock without time, for what belongs to the core alone."""

from __future__ import annotations

import hmac
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from recorder_core import (
    S3,
    Format,
    Layout,
    Plan,
    PlannedRequest,
    Provider,
    ProviderConfig,
    ProviderOptions,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    StartIntent,
    Translator,
    WebhookRequest,
)
from recorder_core.webhooks import json_object, refuse_stale, verify

SECRET = "callback-secret-of-the-tests"


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

    def set_output(self, *, formats: frozenset[Format], prefix: str | None) -> None:
        self.body["prefix"] = prefix

    def option_tape(self, tape: str) -> None:
        self.body["tape"] = tape


class MemoryProvider(Provider):
    """Notes what it is asked; `states` are told one by one, the last one for ever; `failures` are raised first.

    Its callbacks are JSON with `tape`, `id`, `sent_at` and whatever a `RecordingEvent` has; `covers_body` says whether
    their signature is made over the body, or over `nonce` and `sent_at` alone.
    """

    name = "memory"
    plugin_api = 1
    native_key = "tape"
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
        self.covers_body = True
        self.parsed = 0

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

    def parse_webhook(self, request: WebhookRequest) -> list[RecordingEvent]:
        tree = {} if self.covers_body else json_object(request.body)
        text = request.body if self.covers_body else signed_text(tree)
        secrets, given = self.config.webhook_secret, request.header("Memory-Signature")
        verify(request, secrets, lambda secret: signature(secret, text), given, where="the header Memory-Signature")
        tree = tree or json_object(request.body)
        refuse_stale(tree.pop("sent_at", None), self.runtime.clock.time(), self.config.webhook_max_age)
        self.parsed += 1
        tape, number = tree.pop("tape"), tree.pop("id")
        nonce = None if self.covers_body else tree.pop("nonce")
        return [
            RecordingEvent(
                provider=self.name, native={"tape": tape}, dedup_key=f"{tape}:{number}", nonce=nonce, raw=tree, **tree
            )
        ]

    @classmethod
    def recognises_webhook(cls, request: WebhookRequest) -> bool:
        return b'"tape"' in request.body

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


def signature(secret: bytes, text: bytes) -> str:
    """What the in-memory vendor signs its callbacks with."""
    return hmac.digest(secret, text, "sha256").hex()


def signed_text(tree: dict[str, Any]) -> bytes:
    """What is signed where the body isn't."""
    return f"{tree.get('nonce')} {tree.get('sent_at')}".encode()


class Vendor:
    """Makes the callbacks of the in-memory vendor, as it would send them at a moment of the clock."""

    def __init__(self, provider: MemoryProvider, clock: SteppedClock) -> None:
        self._provider = provider
        self._clock = clock
        self._number = 0

    def callback(self, *, secret: str = SECRET, method: str = "POST", **fields: Any) -> WebhookRequest:
        """A signed callback; a field that is None is left out."""
        self._number += 1
        tree = {"kind": "recording", "tape": "t-1", "id": self._number, "sent_at": self._clock.time(), **fields}
        if not self._provider.covers_body:
            tree = {"nonce": f"n-{self._number}", **tree}
        body = json.dumps({name: value for name, value in tree.items() if value is not None}).encode()
        text = body if self._provider.covers_body else signed_text(tree)
        headers = {"memory-signature": signature(secret.encode(), text), "content-type": "application/json"}
        return WebhookRequest(method, "/callbacks/memory", headers, body)


@pytest.fixture
def signing(memory: type[MemoryProvider], clock: SteppedClock) -> Callable[..., tuple[MemoryProvider, Vendor]]:
    """A provider with a callback secret, whose signature covers the body or doesn't, and its vendor."""

    def make(
        *, covers_body: bool = True, kind: type[MemoryProvider] = memory, **config: Any
    ) -> tuple[MemoryProvider, Vendor]:
        provider = kind(MemoryConfig(**{"webhook_secret": SECRET, **config}))
        provider.covers_body = covers_body
        return provider, Vendor(provider, clock)

    return make


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


@pytest.fixture
def outage(postgres_server: Any, postgres_url: str) -> Iterator[Callable[[bool], None]]:
    """Lets the database at `postgres_url` refuse everybody, and serve again."""
    name = urlsplit(postgres_url).path.removeprefix("/")

    def switch(is_gone: bool) -> None:
        postgres_server.query(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not is_gone}")
        if is_gone:
            postgres_server.query(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    yield switch
    switch(False)
