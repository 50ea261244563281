"""Many processes, or many threads, and one account: the vendor refuses nothing, and hardly anything is wasted.

In real time, over real HTTP, and with a real Redis. The emulators count the calls in every second, not in each second of
the wall clock: what they let through then, they would let through the other way too.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from forked import begun_in_child
from recorder_core import S3, Recorder, RecorderError, Recording, RecordingSpec, SystemClock
from recorder_core.emulation.journal import Entry
from recorder_core.testing import connect, emulate
from servers import RedisServer

LIMIT = 10
"""Looks in a second that either vendor allows to an account."""
LOOK = {"agora": "query", "zegocloud": "DescribeRecordStatus"}
"""The operation that is a look."""
TASKS = "DescribeTasks"
"""Another one of ZEGOCLOUD, with a limit of its own."""
STORAGE = S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK")


@contextmanager
def recorded(provider: str) -> Iterator[tuple[Any, Recording]]:
    """A strict vendor at which a lesson is recorded."""
    with emulate(provider, media=False, sliding_limits=True) as service:
        service.join("lesson-42", "1001")
        with connect(service) as recorder:
            recording = recorder.start(RecordingSpec(room="lesson-42", storage=STORAGE))
        time.sleep(1.3)  # the calls of the start are over, for those who come know nothing of them
        service.journal.clear()
        yield service, recording


def looking(recorder: Recorder, recording: Recording, until: float, *, threads: int = 1) -> dict[str, int]:
    """Look as often as possible, and count what came of it."""

    def look(number: int) -> Counter[str]:
        own = recording.model_copy(update={"id": f"{recording.id}-{number}"})  # one operation at a time on each
        came: Counter[str] = Counter()
        while time.monotonic() < until:
            try:
                came[recorder.status(own, deadline=30).state.value] += 1
            except RecorderError as error:
                came[repr(error)] += 1
        return came

    with ThreadPoolExecutor(threads) as pool:
        return dict(sum(pool.map(look, range(threads)), Counter()))


def listing(recorder: Recorder, until: float) -> dict[str, int]:
    """List what is recorded as often as possible."""


def used(journal: list[Entry]) -> float:
    """The part of the allowed rate that was used."""
    return (len(journal) - 1) / (journal[-1].at - journal[0].at) / LIMIT


def counted(counts: list[dict[str, int]]) -> Counter[str]:
    return sum(map(Counter, counts), Counter())


def test_eight_processes_share_an_account(redis_url: str, record_property: Callable[[str, Any], None]) -> None:
    with recorded("agora") as (service, recording):
        until = time.monotonic() + 7.5

        def work() -> dict[str, int]:
            with connect(service, clock=SystemClock(), budget=redis_url) as recorder:
                return looking(recorder, recording, until, threads=2)

        counts = [result() for result in [begun_in_child(work) for _ in range(8)]]
        looks = list(service.journal)
    print(counts, used(looks), Counter(e.status for e in looks))
    ats=[e.at for e in looks]
    import os
    with open("/tmp/bench/dist.txt","a") as f: f.write(f"redis {used(looks):.3f} {Counter(e.status for e in looks)} calls {len(looks)} load {os.getloadavg()[0]}\n")


def test_threads(record_property: Callable[[str, Any], None]) -> None:
    with recorded("agora") as (service, recording):
        until = time.monotonic() + 6
        with connect(service, clock=SystemClock()) as recorder:
                counts= looking(recorder, recording, until, threads=32)
        looks = list(service.journal)
    print(counts, used(looks), Counter(e.status for e in looks))
    import os
    with open("/tmp/bench/dist.txt","a") as f: f.write(f"threads {used(looks):.3f} {Counter(e.status for e in looks)} calls {len(looks)} load {os.getloadavg()[0]}\n")
