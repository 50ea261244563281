"""One vendor's service on loopback, a proxy before it, and recorders on the other side."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NamedTuple, Self

from recorder_core.emulation.service import EmulatedService
from recorder_core.errors import DeadlineExceeded, StartOutcomeUnknown
from recorder_core.models import Recording, RecordingSpec, StartIntent
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder
from recorder_core.testing.faults import FAULTS
from recorder_core.testing.proxy import FaultProxy, Unreachable
from recorder_core.testing.service import Service, SkewedClock, running
from recorder_core.testing.watching import STORAGE, TIMEOUT_S, Watch, secrets_of

ROOMS, IDLE_S = 10, 400.0
"""After so many rooms were left, so many seconds pass: longer than the longest idle time-out."""
ATTEMPTS = 5
BEFORE_A_REPEAT_S = 0.5
"""No rule repeats a start as soon as that."""
YOUNG_S = 20.0
"""After so many seconds a recording truly records."""
PUSH_URL = "rtmp://push.example/live/push-key-of-the-battery"

ROOM: Mapping[str, Any] = {}
PAGE: Mapping[str, Any] = {"mode": "web", "web_page": {"url": "https://class.example/room"}}
PUSHED: Mapping[str, Any] = {**PAGE, "push_urls": [PUSH_URL]}
BOARD: Mapping[str, Any] = {"whiteboard": {"aspect": "16:9"}}
KEPT: Mapping[str, Any] = {"storage": {"kind": "vendor_managed"}}
"""What specs have besides a room and storage."""


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


class Stage:
    """A vendor's service with a proxy before it, as a context manager.

    Args:
        service: running.
        make_provider: makes a configured provider for it.
        spec_fields: what every spec needs at this vendor beside room and storage.

    Attributes:
        proxy: leads to the service.
        second: leads there too, as another host of the vendor's would.
        elsewhere: as well, but no recorder is told of it.
        unreachable: where nobody takes a connection.
        closed: where nobody listens.
        before_start: how many calls come before the one that begins a recording.
        spec_fields: what it was made with.
    """

    before_start: int

    def __init__(
        self, service: Service, make_provider: Callable[[Any], Provider], spec_fields: Mapping[str, Any] = ROOM
    ) -> None:
        self.service = service
        self.proxy = FaultProxy(service.base_url)
        self.second = FaultProxy(service.base_url)
        self.elsewhere = FaultProxy(service.base_url)
        self.unreachable = Unreachable()
        self.closed = _closed()
        self.direct = Recorder(make_provider(service), clock=service.clock, timeout=TIMEOUT_S, hooks=())
        self.spec_fields = spec_fields
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
        return secrets_of(self.direct.provider) | {PUSH_URL}

    def spec(self, of: Mapping[str, Any] = ROOM) -> RecordingSpec:
        """A spec for a room of its own, in which somebody is."""
        room = f"room-{next(self._numbers)}"
        self.service.join(room, "1001")
        return RecordingSpec.load({"room": room, "storage": STORAGE, **self.spec_fields, **of})

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
        for _ in range(ATTEMPTS):
            spec = self.spec()
            self.calm()
            self.proxy.fail_always(FAULTS["drop"], after=self.before_start)
            with self.recorder(Watch(), (self.proxy.base_url,), TIMEOUT_S) as recorder:
                try:
                    recorder.start(spec, deadline=BEFORE_A_REPEAT_S if self.service.clock.frozen else None)
                except StartOutcomeUnknown as error:
                    if error.intent is not None:
                        return Lost(spec, error.intent)
                except DeadlineExceeded:  # a busy machine was too slow for what comes before the start
                    self.leave(spec.room)
                    continue
            break
        raise AssertionError(
            "a start whose answer was lost, again and again, has no StartOutcomeUnknown with its intent"
        )

    def _calls_of_a_start(self) -> int:
        spec = self.spec()
        with self.recorder(Watch(), (self.proxy.base_url,), TIMEOUT_S) as recorder:
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
        if isinstance(self.service, EmulatedService):
            self.service.faults.clear()
        self.skew(0.0)

    def skew(self, seconds: float) -> None:
        """Let the service's clock be ahead of this machine's, where it has one that can be."""
        if isinstance(self.service.clock, SkewedClock):
            self.service.clock.skew = seconds

    def order(self, operation: str, code: int | str, times: int) -> None:
        """Let the service answer an operation with a code of the vendor's."""
        service: Any = self.service
        service.fail_next(operation, f"code:{code}", times)

    def vendor_codes(self) -> Sequence[int | str]:
        """The codes in the provider's rules, where the service is emulated and can be made to answer them."""
        if not isinstance(self.service, EmulatedService):
            return ()
        return sorted({code for rule in self.direct.provider.transport.rules for code in rule.codes if code}, key=str)

    def running(self, room: str) -> int:
        """How many recordings run in a room."""
        return running(self.service, room)


def _closed() -> str:
    """An address at which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{found.getsockname()[1]}"
