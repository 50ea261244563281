"""The vendor's limit of calls: which methods share it, who goes first, and that a recorder keeps it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from recorder_agora.emulator.service import AgoraEmulator
from recorder_agora.provider import AgoraProvider
from recorder_core import Participants, Recorder, Recording, RecordingSpec, Spotlight
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.journal import Entry
from recorder_core.testing import connect, emulate

CALLS_PER_SECOND = 10
"""Of the documentation set "Cloud Recording" (Agora, 2026), copied by hand."""
BY_URGENCY = [{"stop"}, {"start", "acquire"}, {"updateLayout", "update"}, {"query", "ncs/ip"}]
"""What ends costs, what begins would be missed, what changes is seen, and what is asked can be asked later."""
STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK", "secret_key": "SK"}


class HeldClock(EmulatorClock):
    """Stands still; while it is held, a sleep ends when it is let go on, and two at one time take no longer than one.

    Attributes:
        is_held: whether it is.
        sleepers: how many wait to be let go on.
    """

    def __init__(self) -> None:
        super().__init__(frozen=True)
        self.is_held = False
        self.sleepers = 0
        self._let_on = threading.Semaphore(0)
        self._guard = threading.Lock()

    def sleep(self, seconds: float) -> None:
        until = self.time() + seconds
        if self.is_held:
            with self._guard:
                self.sleepers += 1
            assert self._let_on.acquire(timeout=10)
        super().sleep(max(until - self.time(), 0.0))

    def let_one_on(self) -> None:
        """End one sleep."""
        with self._guard:
            self.sleepers -= 1
        self._let_on.release()


@contextmanager
def account(clock: EmulatorClock) -> Iterator[tuple[Any, Recorder]]:
    """The emulated vendor, which counts in every stretch of a second, and a recorder."""
    with emulate("agora", clock=clock, media=False, sliding_limits=True) as service, connect(service) as recorder:
        yield service, recorder


def lesson(room: str) -> RecordingSpec:
    return RecordingSpec.load({"room": room, "storage": STORAGE})


def started(recorder: Recorder, clock: EmulatorClock, count: int) -> list[Recording]:
    """Recordings, each in a room of its own, and a rest after that."""
    recordings = [recorder.start(lesson(f"lesson-{number}")) for number in range(count)]
    clock.advance(30)
    return recordings


def most_in_a_second(journal: list[Entry]) -> int:
    """The most calls that any stretch of one second holds."""
    return max(sum(first.at <= other.at < first.at + 1 for other in journal) for first in journal)


def test_the_limit_is_the_vendors() -> None:
    """Ten in a second over all methods, which is the strictest reading of what the vendor says."""
    (limit,) = AgoraProvider.limits
    assert (limit.calls, limit.seconds) == (CALLS_PER_SECOND, 1.0)
    assert set(limit.operations) == AgoraEmulator.operations


def test_the_most_urgent_come_first() -> None:
    """A stop before a start, that before a change, and that before a look."""
    (limit,) = AgoraProvider.limits
    left = list(limit.operations)
    for group in BY_URGENCY:
        assert set(left[: len(group)]) == group
        del left[: len(group)]
    assert left == []


def test_all_methods_share_it() -> None:
    """Whatever is called, no stretch of a second holds more than ten, and hardly less; nothing is refused."""
    clock = EmulatorClock(frozen=True)
    with account(clock) as (service, recorder):
        (recording,) = started(recorder, clock, 1)
        service.journal.clear()
        for _ in range(6):
            recorder.status(recording)
            recording = recorder.layout(recording, Spotlight("1001"))
            recorder.provider.webhook_sources()
            recording = recorder.update_participants(recording, Participants())
            other = recorder.start(lesson("another"))
            recorder.stop(other, wait=False)
        journal = list(service.journal)
    assert {entry.operation for entry in journal} == AgoraEmulator.operations
    assert 429 not in {entry.status for entry in journal}
    assert most_in_a_second(journal) == CALLS_PER_SECOND
    assert (len(journal) - 1) / (journal[-1].at - journal[0].at) >= 0.95 * CALLS_PER_SECOND


def test_whoever_waits_goes_by_urgency() -> None:
    """Looks came first, and are sent last: the stop, both calls of the start, the change, and then they."""
    clock = HeldClock()
    with account(clock) as (service, recorder), ThreadPoolExecutor(5) as threads:
        first, second, third = started(recorder, clock, 3)
        for _ in range(2):  # after a rest two go at once
            recorder.status(third)
        service.journal.clear()
        wishes: list[Callable[[], object]] = [
            lambda: recorder.status(third),
            lambda: recorder.provider.webhook_sources(),
            lambda: recorder.layout(second, Spotlight("1001")),
            lambda: recorder.start(lesson("another")),
            lambda: recorder.stop(first, wait=False),
        ]
        clock.is_held = True
        for number, wish in enumerate(wishes, start=1):
            threads.submit(wish)
            wait_until(lambda number=number: waiters(recorder) == number)

        def sent() -> list[str]:
            return [entry.operation for entry in service.journal]

        def rests() -> bool:
            """Whether every call was answered or waits, and one of those for its instant."""
            calls = len(wishes) + ("acquire" in sent())
            return len(sent()) + waiters(recorder) == calls and (clock.sleepers > 0 or len(sent()) == calls)

        while len(sent()) <= len(wishes):
            wait_until(rests)
            clock.let_one_on()
            wait_until(rests)
    assert sent() == ["stop", "acquire", "start", "updateLayout", "query", "ncs/ip"]


def waiters(recorder: Recorder) -> int:
    """How many calls wait for a slot."""
    budget = recorder.provider.runtime.admit.__self__  # type: ignore[attr-defined]
    return len(budget._queues["query"]._waiting)


def wait_until(condition: Callable[[], bool]) -> None:
    """Until it comes true, at most ten seconds."""
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.001)
