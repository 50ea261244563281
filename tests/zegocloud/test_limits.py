"""The vendor's limits of calls: each action has its own, and a recorder keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from recorder_core import Recorder, RecordingSpec, Spotlight
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.journal import Entry
from recorder_core.testing import connect, emulate
from recorder_zegocloud.emulator.service import ZegocloudEmulator
from recorder_zegocloud.provider import ZegocloudProvider

CALLS_PER_SECOND = {
    "StartRecord": 50,
    "StopRecord": 50,
    "UpdateLayout": 10,
    "UpdateWhiteboard": 10,
    "DescribeRecordStatus": 10,
    "DescribeTasks": 10,
    "PauseRecord": 10,
    "ResumeRecord": 10,
    "TakeSnapshot": 10,
}
"""Of "Cloud Recording Server API" (ZEGOCLOUD, 2026), copied by hand."""
TOO_MANY = 300000003
STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK", "secret_key": "SK"}


@contextmanager
def account() -> Iterator[tuple[Any, Recorder]]:
    """The emulated vendor, which counts in every stretch of a second, and a recorder."""
    clock = EmulatorClock(frozen=True)
    with (
        emulate("zegocloud", clock=clock, media=False, sliding_limits=True) as service,
        connect(service) as recorder,
    ):
        yield service, recorder


def lesson(room: str) -> RecordingSpec:
    return RecordingSpec.load({"room": room, "storage": STORAGE})


def most_in_a_second(journal: list[Entry]) -> int:
    """The most calls that any stretch of one second holds."""
    return max(sum(first.at <= other.at < first.at + 1 for other in journal) for first in journal)


def of(service: Any, operation: str) -> list[Entry]:
    """The calls of an action, none of which was refused."""
    found = [entry for entry in service.journal if entry.operation == operation]
    assert TOO_MANY not in {entry.answer["Code"] for entry in found}
    return found


def test_the_limits_are_the_vendors() -> None:
    """Every action has one of its own: a stop or a start waits for no change, and a change for no look."""
    limits = ZegocloudProvider.limits
    assert [len(limit.operations) for limit in limits] == [1] * len(CALLS_PER_SECOND)
    assert {limit.operations[0]: limit.calls / limit.seconds for limit in limits} == CALLS_PER_SECOND
    assert {limit.seconds for limit in limits} == {1.0}
    assert ZegocloudEmulator.operations == CALLS_PER_SECOND.keys()


def test_starts_and_stops_are_kept_below_fifty() -> None:
    """In every stretch of a second; at least 95 % of the limit is used, and nothing is refused."""
    with account() as (service, recorder):
        recordings = [recorder.start(lesson(f"lesson-{number}")) for number in range(120)]
        for recording in recordings:  # the call alone: each `stop` looks at the status too, which takes longer
            recorder.provider._calls.of(recording, "StopRecord")
        for operation in ("StartRecord", "StopRecord"):
            journal = of(service, operation)
            assert len(journal) == len(recordings)
            assert most_in_a_second(journal) == CALLS_PER_SECOND[operation]
            assert (len(journal) - 1) / (journal[-1].at - journal[0].at) >= 0.95 * CALLS_PER_SECOND[operation]


@pytest.mark.parametrize(
    ("act", "operations"),
    [
        (lambda recorder, task: recorder.status(task), ["DescribeRecordStatus"]),
        (lambda recorder, task: recorder.layout(task, Spotlight("1001")), ["UpdateLayout"]),
        (lambda recorder, task: recorder.snapshot(task), ["TakeSnapshot"]),
        (lambda recorder, task: recorder.list_remote(task.started_at - timedelta(hours=1)), ["DescribeTasks"]),
        (lambda recorder, task: (recorder.pause(task), recorder.resume(task)), ["PauseRecord", "ResumeRecord"]),
    ],
)
def test_the_others_are_kept_below_ten(act: Callable[[Recorder, Any], object], operations: list[str]) -> None:
    """In every stretch of a second; at least 95 % of the limit is used, and nothing is refused."""
    with account() as (service, recorder):
        recording = recorder.start(lesson("lesson-42"))
        service.clock.advance(30)
        for _ in range(25):
            act(recorder, recording)
        for operation in operations:
            journal = of(service, operation)
            assert len(journal) >= 25
            assert most_in_a_second(journal) == CALLS_PER_SECOND[operation]
            assert (len(journal) - 1) / (journal[-1].at - journal[0].at) >= 0.95 * CALLS_PER_SECOND[operation]


def test_actions_don_t_wait_for_one_another() -> None:
    """Twenty-five looks and as many layouts take no longer than the looks alone."""
    with account() as (service, recorder):
        recording = recorder.start(lesson("lesson-42"))
        service.clock.advance(30)
        service.journal.clear()
        for _ in range(25):
            recorder.status(recording)
            recording = recorder.layout(recording, Spotlight("1001"))
        journal = list(service.journal)
    assert len(journal) == 50
    assert 49 / (journal[-1].at - journal[0].at) >= 1.9 * CALLS_PER_SECOND["UpdateLayout"]
