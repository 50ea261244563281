"""A recorded lesson at an emulated vendor: a room, callbacks over real HTTP, and what happens at which second."""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from emulation.telling import Receiver
from recorder_core import Recorder, Recording, RecordingEvent, RecordingSpec, WebhookRequest
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.testing import connect, emulate

VENDORS = ("agora", "zegocloud")
ROOM = "lesson-42"
STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
URL = "https://class.example/room"
PAGE = {"mode": "web", "web_page": {"url": URL}}


class Timeline:
    """What happens at which second, as time passes for whatever reason."""

    def __init__(self, clock: EmulatorClock) -> None:
        self._clock = clock
        self._began = clock.time()
        self._order = itertools.count()
        self._planned: list[tuple[float, int, Callable[[], object]]] = []
        self.end = clock.subscribe(self._happen, next_due=lambda: self._planned[0][0] if self._planned else None)

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return self._clock.time() - self._began

    def at(self, second: float, *actions: Callable[[], object]) -> None:
        """Plan something for a second after the beginning."""
        for action in actions:
            heapq.heappush(self._planned, (self._began + second, next(self._order), action))

    def _happen(self) -> None:
        while self._planned and self._planned[0][0] <= self._clock.time():
            heapq.heappop(self._planned)[2]()


@dataclass
class Lesson:
    """An emulated vendor, its customer, and the callbacks between them.

    Attributes:
        service: the vendor.
        recorder: the customer's, who receives the callbacks.
        timeline: what is to happen.
        heard: the events that callbacks told.
        problems: why callbacks were refused; there is to be none.
    """

    service: Any
    recorder: Recorder
    timeline: Timeline
    heard: list[RecordingEvent] = field(default_factory=list)
    problems: list[Exception] = field(default_factory=list)

    def hear(self, received: Any) -> None:
        """A callback arrives."""
        request = WebhookRequest("POST", received.path, received.headers, received.raw)
        try:
            self.heard += self.recorder.events.receive(request)
        except Exception as error:
            self.problems.append(error)

    def spec(self, **fields: Any) -> RecordingSpec:
        """What is recorded; `fields` are those of a spec."""
        return RecordingSpec.load({"room": ROOM, "storage": STORAGE, "output": {"prefix": "lessons/2026"}, **fields})

    def start(self, *people: str, confirm: bool = False, **spec: Any) -> Recording:
        """A recording in a room where these people are."""
        for person in people:
            self.service.join(ROOM, person)
        return self.recorder.start(self.spec(**spec), confirm=confirm)

    def pass_time(self, seconds: float) -> None:
        """Drive the clock."""
        self.service.clock.advance(seconds)

    def asked(self, operation: str) -> list[Any]:
        """The requests of an operation that the vendor got, oldest first."""
        return [entry for entry in self.service.journal if entry.operation == operation]


@contextmanager
def lesson(vendor: str, *, listens: bool = True, token: str | None = None, **switches: Any) -> Iterator[Lesson]:
    """A vendor whose clock stands still until it is driven, and begins at a whole second.

    Args:
        vendor: its name.
        listens: whether callbacks are received.
        token: which the customer's factory makes, where the vendor has tokens.
        switches: those of the emulator.
    """
    clock = EmulatorClock(frozen=True, start=float(round(time.time())))
    made = {"token_factory": lambda room, uid: token} if token else {}
    with (
        Receiver() as receiver,
        emulate(
            vendor, **{"media": False, **switches}, clock=clock, callback_url=receiver.url if listens else None
        ) as service,
        # Locks are waited for in real time, which would shift the instants.
        connect(service, calls_per_second={"*": math.inf}, **made) as recorder,
    ):
        found = Lesson(service, recorder, Timeline(clock))
        receiver.then = found.hear
        try:
            yield found
        finally:
            found.timeline.end()
        assert found.problems == []
