"""Many processes, or many threads, and one account: the vendor refuses nothing, and hardly anything is wasted.

In real time, over real HTTP, and with a real Redis. The emulators count calls in every second, which is stricter than
in each second of the wall clock. What is used of the limit is measured where the machine lets the processes run: in the
best stretch of many calls. That no call is one too many holds always.
"""

from __future__ import annotations

import mmap
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain
from typing import Any

from forked import begun_in_child
from recorder_core import S3, Recorder, RecorderError, Recording, RecordingSpec, SystemClock
from recorder_core.budget import PACE
from recorder_core.emulation.journal import Entry
from recorder_core.testing import connect, emulate
from servers import RedisServer

LIMIT = 10
"""How often either vendor may be called in a second: Agora altogether, ZEGOCLOUD for each of these operations."""
QUERY, STATUS, TASKS = "query", "DescribeRecordStatus", "DescribeTasks"
REFUSED = 300000003
"""How ZEGOCLOUD says 429."""
USED = 0.95
STRETCH = 40
"""Calls, which take four seconds."""
PATIENCE_S = 18.0
"""For such a stretch to come."""
STORAGE = S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK")


class Account:
    """A lesson that is recorded at a vendor, and those who look at it as often as they may.

    Attributes:
        service: the vendor, who is as strict as can be.
        first: who started the recording.
        recording: its handle.
        is_over: whether they are to stop; those that were forked see it too.
    """

    first: Recorder
    recording: Recording

    def __init__(self, service: Any) -> None:
        self.service = service
        self.is_over = mmap.mmap(-1, 1)

    def recorder(self, **options: Any) -> Recorder:
        return connect(self.service, clock=SystemClock(), **options)

    def look(self, recorder: Recorder, number: int = 0) -> Counter[str]:
        """Look at the lesson again and again; what came of it."""
        # One operation at a time on each recording.
        own = self.recording.model_copy(update={"id": f"{self.recording.id}-{number}"})
        return self._repeat(lambda: recorder.status(own, deadline=30).state.value)

    def list(self, recorder: Recorder) -> Counter[str]:
        """Ask again and again for the tasks that run."""
        until = self.recording.started_at + timedelta(minutes=1)
        since = until - timedelta(minutes=2)
        return self._repeat(lambda: f"{len(list(recorder.provider.list_remote(since, until)))} tasks")

    def _repeat(self, ask: Callable[[], str]) -> Counter[str]:
        came: Counter[str] = Counter()
        while not self.is_over[0]:
            try:
                came[ask()] += 1
            except RecorderError as error:
                came[repr(error)] += 1
        return came

    def calls(self, operation: str) -> list[Entry]:
        """Those that the vendor got; none was refused."""
        journal = list(self.service.journal)
        assert [entry for entry in journal if _is_refused(entry)] == []
        return [entry for entry in journal if entry.operation == operation]

    def wait(self, is_enough: Callable[[], bool]) -> None:
        """Wait, for a while, until it is enough."""
        give_up = time.monotonic() + PATIENCE_S
        while not is_enough() and time.monotonic() < give_up:
            time.sleep(0.05)

    def end(self) -> None:
        self.is_over[0] = 1


@contextmanager
def recorded(provider: str, budget: str | None = None) -> Iterator[Account]:
    """A lesson that is recorded, by somebody with this budget."""
    with emulate(provider, media=False, sliding_limits=True) as service:
        service.join("lesson-42", "1001")
        account = Account(service)
        with account.recorder(budget=budget) as account.first:
            account.recording = account.first.start(RecordingSpec(room="lesson-42", storage=STORAGE))
            yield account


def twice(work: Callable[[int], Counter[str]]) -> Counter[str]:
    """The same in two threads."""
    with ThreadPoolExecutor() as pool:
        return sum(pool.map(work, range(2)), Counter())


def _is_refused(entry: Entry) -> bool:
    return entry.status == 429 or (isinstance(entry.answer, dict) and entry.answer.get("Code") == REFUSED)


def used(calls: Sequence[Entry], stretch: int = STRETCH) -> float:
    """The part of the limit that was used in the best stretch of so many calls, not counting the first five."""
    instants = [entry.at for entry in calls[5:]]
    spans = [later - sooner for sooner, later in zip(instants, instants[stretch:], strict=False)]
    return stretch / min(spans) / LIMIT if spans else 0.0


def used_altogether(calls: Sequence[Entry]) -> float:
    return (len(calls) - 1) / (calls[-1].at - calls[0].at) / LIMIT


def test_eight_processes_share_an_account(redis_url: str, record_property: Callable[[str, Any], None]) -> None:
    """At least 95 % of Agora's limit is used, and no call is one too many; each process gets equally much."""
    with recorded("agora", redis_url) as account:

        def work() -> Counter[str]:
            with account.recorder(budget=redis_url) as recorder:
                return twice(lambda number: account.look(recorder, number))

        results = [begun_in_child(work) for _ in range(8)]
        account.wait(lambda: used(account.calls(QUERY)) >= USED)
        account.end()
        counts = [Counter(result()) for result in results]
        calls = account.calls(QUERY)
    assert used(calls) >= USED
    assert set(chain(*counts)) <= {"starting", "recording"}
    assert sum(chain(*(count.values() for count in counts))) == len(calls)
    assert min(map(Counter.total, counts)) >= len(calls) / 8 / 2
    record_property("measured", f"8 processes on Agora's limit: {_told(calls)}")


def _told(calls: Sequence[Entry]) -> str:
    return f"{used(calls):.1%} used in the best {STRETCH} of {len(calls)} calls, {used_altogether(calls):.1%} in all"


def test_threads_of_one_process(record_property: Callable[[str, Any], None]) -> None:
    """Thirty-two threads of one process, which needs no Redis: at least 95 %, and no call is one too many."""
    with recorded("agora") as account:
        with ThreadPoolExecutor(32) as pool:
            results = [pool.submit(account.look, account.first, number) for number in range(32)]
            account.wait(lambda: used(account.calls(QUERY)) >= USED)
            account.end()
            counts = [result.result() for result in results]
        calls = account.calls(QUERY)
    assert used(calls) >= USED
    assert set(chain(*counts)) <= {"starting", "recording"}
    assert sum(map(Counter.total, counts)) == len(calls)
    record_property("measured", f"32 threads on Agora's limit: {_told(calls)}")


def test_a_limit_for_each_operation(redis_url: str, record_property: Callable[[str, Any], None]) -> None:
    """Three processes look at ZEGOCLOUD while three others list its tasks: each has its own limit, used to 95 %."""
    with recorded("zegocloud", redis_url) as account:

        def look() -> Counter[str]:
            with account.recorder(budget=redis_url) as recorder:
                return twice(lambda number: account.look(recorder, number))

        def listed() -> Counter[str]:
            with account.recorder(budget=redis_url) as recorder:
                return twice(lambda _: account.list(recorder))

        results = [begun_in_child(work) for work in (look, listed) * 3]
        account.wait(lambda: min(used(account.calls(operation), 15) for operation in (STATUS, TASKS)) >= USED)
        account.end()
        counts = [Counter(result()) for result in results]
        shares = [used(account.calls(operation), 15) for operation in (STATUS, TASKS)]
    assert min(shares) >= USED
    assert set(chain(*counts)) <= {"starting", "recording", "1 tasks"}
    record_property("measured", f"ZEGOCLOUD's limits, 3 processes each: {shares[0]:.1%} and {shares[1]:.1%} used")


def test_redis_dies_and_comes_back(redis_server: RedisServer, record_property: Callable[[str, Any], None]) -> None:
    """Eight processes go on without it, and with it again: no operation is lost, and no call is one too many."""
    with recorded("agora", redis_server.url) as account:

        def work() -> Counter[str]:
            with account.recorder(budget=redis_server.url) as recorder:
                return account.look(recorder)

        def made(since: int, count: int) -> Callable[[], bool]:
            return lambda: len(account.calls(QUERY)) >= since + count

        results = [begun_in_child(work) for _ in range(8)]
        account.wait(made(0, 15))
        redis_server.kill()
        at_death = len(account.calls(QUERY))
        account.wait(made(at_death, 10))
        without = account.calls(QUERY)[at_death:]
        redis_server.start()
        back = len(account.calls(QUERY))
        account.wait(lambda: used(account.calls(QUERY)[back:], 10) >= USED)
        account.end()
        counts = [Counter(result()) for result in results]
        calls = account.calls(QUERY)
    assert len(without) >= 10
    assert used_altogether(without[1:]) >= 0.5
    assert used(calls[back:], 10) >= PACE * 0.97
    assert set(chain(*counts)) <= {"starting", "recording"}
    assert sum(chain(*(count.values() for count in counts))) == len(calls)
    assert min(map(Counter.total, counts)) >= 4
    record_property(
        "measured", f"8 processes without their Redis: {used_altogether(without[1:]):.0%} of Agora's limit used"
    )
