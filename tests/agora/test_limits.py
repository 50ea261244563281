"""The vendor's limit of calls: which methods share it, who goes first, and that a recorder keeps it."""

from __future__ import annotations

from collections.abc import Iterator
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
