"""One vendor's service on loopback, a proxy before it, and recorders on the other side."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

import pytest
from pydantic import SecretStr

from recorder_core import (
    HttpExchange,
    Recorder,
    Recording,
    RecordingSpec,
    StartIntent,
    StartOutcomeUnknown,
    hookimpl,
)
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.faults import Faults
from recorder_core.testing import connect
from recorder_core.testing.faults import FAULTS
from recorder_core.testing.proxy import FaultProxy, Unreachable
from scripted_host import free_address

HEALTHY_S = 20.0
"""Seconds for answers that nothing delays, on a machine however busy."""
ROOMS, IDLE_S = 10, 400.0
"""After so many rooms were left, so many seconds pass: longer than the longest idle time-out."""
BEFORE_A_REPEAT_S = 0.5
"""No rule repeats a start as soon as that."""
YOUNG_S = 20.0
"""After so many seconds a recording truly records."""
STORAGE = {"kind": "s3", "bucket": "b", "region": "eu-west-1", "access_key": "AK-battery", "secret_key": "SK-battery"}
PUSH_URL = "rtmp://push.example/live/push-key-of-the-battery"

ROOM: Mapping[str, Any] = {}
PAGE: Mapping[str, Any] = {"mode": "web", "web_page": {"url": "https://class.example/room"}}
PUSHED: Mapping[str, Any] = {**PAGE, "push_urls": [PUSH_URL]}
BOARD: Mapping[str, Any] = {"whiteboard": {"aspect": "16:9"}}
"""What specs have besides a room and storage."""


class SkewedClock(EmulatorClock):
    """A service's clock, by which another machine's may be off.

    Args:
        frozen: whether only waits pass on it, so that no deadline does because the machine is busy.

    Attributes:
        skew: seconds by which it is ahead of the other.
    """

    def __init__(self, *, frozen: bool = True) -> None:
        super().__init__(frozen=frozen)
        self.skew = 0.0

    def wall(self) -> float:
        """The wall time there."""
        return super().wall() + self.skew


class Service(Protocol):
    """What the battery needs of a vendor's service."""

    name: str
    clock: SkewedClock

    @property
    def base_url(self) -> str:
        """Where it answers."""
        ...

    @property
    def env(self) -> Mapping[str, str]:
        """What a recorder needs to reach it."""
        ...

    @property
    def recordings(self) -> list[Any]:
        """All recordings, each with `room` and `running`."""
        ...

    @property
    def faults(self) -> Faults:
        """What was ordered of it."""
        ...

    def fail_next(self, operation: str, fault: str, times: int = 1) -> None:
        """Order something of it."""
        ...

    def join(self, room: str, participant: str) -> object:
        """Let somebody be in a room."""
        ...

    def leave(self, room: str, participant: str) -> object:
        """Let somebody leave it."""
        ...


class Lost(NamedTuple):
    """A start whose outcome is unknown.

    Attributes:
        spec: what was asked for.
        intent: the error's.
    """

    spec: RecordingSpec
    intent: StartIntent

    @property
    def room(self) -> str:
        """Where it may record."""
        return self.spec.room


class Watch:
    """Keeps all exchanges."""

    def __init__(self) -> None:
        self.exchanges: list[HttpExchange] = []

    @property
    def names(self) -> tuple[str, ...]:
        """Of the vendor's calls, each once."""
        return tuple(dict.fromkeys(exchange.operation for exchange in self.exchanges))

    def __dir__(self) -> list[str]:
        return ["recorder_http"]  # every name is looked at for a hook, which takes longer than most calls

    @hookimpl
    def recorder_http(self, exchange: HttpExchange) -> None:
        """One attempt."""
        self.exchanges.append(exchange)


class Stage:
    """A vendor's service with a proxy before it, as a context manager.

    Args:
        service: running.
        output: what every spec says of its files, where the vendor makes others than ours by default.

    Attributes:
        proxy: leads to the service.
        second: leads there too, as another host of the vendor's would.
        elsewhere: as well, but no recorder is told of it.
        unreachable: where nobody takes a connection.
        closed: where nobody listens.
        before_start: how many calls come before the one that begins a recording.
    """

    before_start: int

    def __init__(self, service: Service, output: Mapping[str, Any] | None = None) -> None:
        self.service = service
        self.proxy = FaultProxy(service.base_url)
        self.second = FaultProxy(service.base_url)
        self.elsewhere = FaultProxy(service.base_url)
        self.unreachable = Unreachable()
        self.closed = f"http://{free_address()}"
        self.direct = connect(service, timeout=HEALTHY_S)  # type: ignore[arg-type]  # has all that is asked of it
        self._output = {"output": output} if output else {}
        self._numbers = itertools.count(1)
        self._left = itertools.count(1)
        self._kept: dict[str, Recording | None] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for part in (self.direct, self.proxy, self.second, self.elsewhere, self.unreachable):
            self._stack.enter_context(part)
        self.before_start = self._calls_of_a_start() - 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def secrets(self) -> frozenset[str]:
        """What must not be shown anywhere."""
        hidden = (value for _, value in self.direct.provider.config if isinstance(value, SecretStr))
        return frozenset({STORAGE["secret_key"], PUSH_URL, *(value.get_secret_value() for value in hidden)})

    def spec(self, of: Mapping[str, Any] = ROOM) -> RecordingSpec:
        """A spec for a room of its own, in which somebody is."""
        room = f"room-{next(self._numbers)}"
        self.service.join(room, "1001")
        return RecordingSpec.load({"room": room, "storage": STORAGE, **self._output, **of})

    def leave(self, room: str) -> None:
        """Let a room be empty, so that what is recorded there ends some time."""
        self.service.leave(room, "1001")
        if next(self._left) % ROOMS == 0:
            self.service.clock.advance(IDLE_S)

    def started(self, of: Mapping[str, Any] = ROOM) -> Recording | None:
        """A recording that runs, started without the proxy; None: the vendor makes no such ones."""
        spec = self.spec(of)
        return None if self.direct.plan(spec).fidelity == "unsupported" else self.direct.start(spec)

    def kept(self, name: str, of: Mapping[str, Any] = ROOM) -> Recording | None:
        """As `started`, but the same one every time that it is asked for by a name."""
        if name not in self._kept:
            self._kept[name] = self.started(of)
            self.service.clock.advance(YOUNG_S)
        return self._kept[name]

    def give_up(self, room: str) -> None:
        """Leave a room, and keep what is recorded there no more."""
        self._kept = {name: one for name, one in self._kept.items() if one is None or one.room != room}
        self.leave(room)

    def lost(self) -> Lost:
        """A start that was carried out and of which the caller was told nothing."""
        spec = self.spec()
        self.calm()
        self.proxy.fail_always(FAULTS["drop"], after=self.before_start)
        recorder = self.recorder(Watch(), (self.proxy.base_url,), HEALTHY_S)
        with recorder, pytest.raises(StartOutcomeUnknown) as caught:
            recorder.start(spec, deadline=BEFORE_A_REPEAT_S if self.service.clock.frozen else None)
        assert caught.value.intent is not None
        return Lost(spec, caught.value.intent)

    def _calls_of_a_start(self) -> int:
        spec = self.spec()
        with self.recorder(Watch(), (self.proxy.base_url,), HEALTHY_S) as recorder:
            recorder.start(spec)
        self.leave(spec.room)
        return len(self.proxy.requests)

    def recorder(self, watch: Watch, base_urls: tuple[str, ...], timeout: float) -> Recorder:
        """A recorder that knows the service by other addresses."""
        config = self.direct.provider.config.model_copy(update={"base_urls": base_urls})
        provider = type(self.direct.provider)(config)  # finding it by its name takes longer than a cell
        return Recorder(provider, clock=self.service.clock, timeout=timeout, hooks=(watch,))

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        for proxy in (self.proxy, self.second, self.elsewhere):
            proxy.clear()
        self.service.faults.clear()
        self.service.clock.skew = 0.0

    def running(self, room: str) -> int:
        """How many recordings run in a room."""
        return sum(recording.running and recording.room == room for recording in self.service.recordings)
