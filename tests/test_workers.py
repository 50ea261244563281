"""Worker processes on one ledger, of which one is killed: each outcome is written once and told once, and none is lost.

The processes are real, forked and ended by SIGKILL; so are the databases and the HTTP between them and the emulators.
Time is driven for all of them together.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, func, insert, select

from forked import fork
from recorder_core import EventKind, Recorder, Recording, RecordingEvent, RecordingState, hookimpl
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.service import EmulatedService
from recorder_core.ledger import Ledger
from recorder_core.ledger.schema import RECORDINGS
from recorder_core.plugins import load_provider
from recorder_core.testing import connect, emulate
from test_fleet import ROOM, left_alone, lesson, started_alike

LEASE_S = 60.0
STEP_S = 4.0
"""Driven seconds by which time moves on at once."""
SLOWLY_S = 0.2
"""Real seconds for a driven one, for whoever is behind."""
PATIENCE_S = 180.0
"""Real seconds after which a test fails that takes a tenth of that."""
ENDED = frozenset({RecordingState.COMPLETED, RecordingState.GONE})
_row = RECORDINGS.c


class CommonClock:
    """A clock of several processes, which stands still until their parent moves it."""

    def __init__(self, now: float) -> None:
        self._memory = mmap.mmap(-1, 8)
        self.move_to(now)

    def move_to(self, now: float) -> None:
        self._memory[:] = struct.pack("d", now)

    def time(self) -> float:
        return float(struct.unpack("d", self._memory[:])[0])

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.wait(threading.Event(), seconds)

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        until = self.time() + seconds
        while not signal.is_set() and self.time() < until:
            signal.wait(0.004)
        return signal.is_set()


class Tally:
    """A hook that writes into a file which ends it was told: a line for each, whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    @hookimpl
    def recorder_event(self, event: RecordingEvent) -> None:
        if event.kind is EventKind.ENDED:
            os.write(self._file, f"{json.dumps([os.getpid(), event.recording_id, event.state])}\n".encode())


@dataclass
class Account:
    """The recordings of one account at a vendor, and what is needed to follow them."""

    service: EmulatedService
    recordings: list[Recording]

    def recorder(self, **options: Any) -> Recorder:
        provider = load_provider(self.service.name)
        return Recorder(
            provider(provider.Config.from_env(self.service.env, calls_per_second={"*": float("inf")})), **options
        )

    def empty(self, part: slice) -> None:
        """Let everybody leave some of the rooms, which ends their recordings half a minute later."""
        for recording in self.recordings[part]:
            self.service.leave(recording.room, "1001")


@dataclass
class Workers:
    """Worker processes, the ledger between them, and the time that they share."""

    accounts: list[Account]
    ledger: str
    folder: Path
    driven: EmulatorClock
    clock: CommonClock
    pids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._engine = create_engine(self.ledger, isolation_level="AUTOCOMMIT", hide_parameters=True)
        self._tally = self.folder / "told"
        self._tally.touch()

    def begin(self) -> int:
        """Fork a worker; its process id."""
        pid = fork()
        if pid == 0:
            try:
                self._work()
            finally:
                os._exit(1)
        self.pids.append(pid)
        return pid

    def _work(self) -> None:
        """Follow every account's recordings until nothing is left, in threads as a service would."""
        hooks = [Tally(self._tally)]
        options = {"ledger": self.ledger, "clock": self.clock, "hooks": hooks, "deadline": 100_000.0}

        def follow(account: Account) -> None:
            batch = len(account.recordings) // 10
            with (
                account.recorder(**options) as recorder,
                recorder.worker(workers=3, lease=LEASE_S, batch=batch) as worker,
            ):
                for _ in worker:
                    pass

        for account in self.accounts:
            threading.Thread(target=follow, args=(account,), daemon=True).start()
        signal.pause()

    def drive(self, until: Callable[[], bool]) -> None:
        """Move time on until something is so, slowly while a worker is so far behind that its leases would run out."""
        began = moved = time.monotonic()
        while not until():
            assert time.monotonic() < began + PATIENCE_S, self.untold()
            time.sleep(0.02)
            if self._shortest_lease() > LEASE_S / 2 or time.monotonic() > moved + SLOWLY_S:
                moved = time.monotonic()
                self.driven.advance(STEP_S)
                self.clock.move_to(self.driven.time())

    def _shortest_lease(self) -> float:
        """Seconds that are left of the lease of a living worker that runs out first."""
        mine = [_row.follower.contains(f":{pid}:") for pid in self.pids]
        leases = select(func.min(_row.followed_until)).where(mine[0] if len(mine) == 1 else mine[0] | mine[1])
        with self._engine.connect() as connection:
            until = connection.scalar(leases)
        return float("inf") if until is None else until - self.driven.time()

    def told(self) -> list[tuple[int, str, str]]:
        """Which process told which end, and the state in it."""
        return [tuple(json.loads(line)) for line in self._tally.read_text().splitlines()]

    def untold(self) -> set[str]:
        """Recordings of which the ledger doesn't say that their end was told."""
        with self._engine.connect() as connection:
            return set(connection.scalars(select(_row.id).where(_row.told_at.is_(None))))

    def in_hand(self, pid: int) -> set[str]:
        """What a process has told, as far as its hooks go, and not written down yet."""
        return {told for by, told, _ in self.told() if by == pid} & self.untold()

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.pids.remove(pid)

    def kill_between_two_ends(self, pid: int) -> None:
        """Kill a process at a moment in which it has no end in hand, whatever else it may be in the middle of."""
        while True:
            os.kill(pid, signal.SIGSTOP)
            os.waitpid(pid, os.WUNTRACED)
            if not self.in_hand(pid):
                break
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.001)
        self.kill(pid)

    def outcomes(self) -> dict[str, str | None]:
        """What the ledger says became of each."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(_row.id, _row.outcome)).all()
        assert len(rows) == len({row.id for row in rows})
        return {row.id: row.outcome for row in rows}

    def end(self) -> None:
        for pid in tuple(self.pids):
            self.kill(pid)
        self._engine.dispose()


@contextmanager
def started(provider: str, count: int, clock: EmulatorClock, ledger: str) -> Iterator[Account]:
    """Recordings that run, one in each room, and are in the ledger: what a web application leaves to its workers.

    One is started over HTTP; what it sent is handed to the emulator for every other room, and what the ledger says of
    it is written there for every other one.
    """
    most = {"agora": {"concurrent": count + 1}, "zegocloud": {"max_tasks": count + 1}}[provider]
    with emulate(provider, clock=clock, media=False, rate_limits=False, **most) as service:
        asked: list[Any] = []
        handle = service._handle
        service._handle = lambda request: asked.append(request) or handle(request)  # type: ignore[method-assign]
        service.join(ROOM, "1001")
        with connect(service, ledger=ledger) as recorder, left_alone():
            recordings = [recorder.start(lesson())]
            service._handle = handle  # type: ignore[method-assign]
            for number in range(1, count):
                room = f"lesson-{number:05}"
                service.join(room, "1001")
                recordings.append(started_alike(handle, asked, recordings[0], room))
            write_alike(recorder.ledger, recordings)
        service.journal.clear()
        yield Account(service, recordings)


def write_alike(ledger: Ledger, recordings: list[Recording]) -> None:
    """Write down that all of these have been started as the first one was."""
    first, *others = recordings
    with ledger._database.transaction() as connection:
        row = connection.execute(select(RECORDINGS).where(_row.id == first.id)).one()._asdict()
        del row["number"]
        fields = [{"id": other.id, "room": other.room, "native_id": ledger.native_id(other)} for other in others]
        texts = [
            {
                "recording": other.model_dump_json(),
                "intent": row["intent"].replace(first.id, other.id).replace(first.room, other.room),
            }
            for other in others
        ]
        connection.execute(insert(RECORDINGS), [row | each | text for each, text in zip(fields, texts, strict=True)])


@contextmanager
def workers(ledger: str, folder: Path, **counts: int) -> Iterator[Workers]:
    """Two workers on recordings of both vendors: half of them have ended unseen, the others go on for a while."""
    clock = EmulatorClock(frozen=True)
    with (
        started("agora", counts["agora"], clock, ledger) as agora,
        started("zegocloud", counts["zegocloud"], clock, ledger) as zegocloud,
    ):
        accounts = [agora, zegocloud]
        clock.advance(600)
        for account in accounts:
            account.empty(slice(0, None, 2))
        clock.advance(60)
        found = Workers(accounts, ledger, folder, clock, CommonClock(clock.time()))
        try:
            yield found
        finally:
            found.end()


def check(found: Workers, dead: int, in_hand: set[str]) -> None:
    """Each outcome is written down, and told once; what the dead one had in hand is told again, and nothing else is."""
    everything = {recording.id for account in found.accounts for recording in account.recordings}
    told = found.told()
    assert {recording_id for _, recording_id, _ in told} == everything
    outcomes = found.outcomes()
    assert {recording_id for recording_id, outcome in outcomes.items() if outcome in ENDED} == everything
    assert {recording_id for recording_id, times in Counter(id for _, id, _ in told).items() if times > 1} <= in_hand
    assert max(Counter((by, recording_id) for by, recording_id, _ in told).values()) == 1
    assert all(outcomes[recording_id] == state for _, recording_id, state in told)
    by_process = Counter(by for by, _, _ in told)
    assert len(by_process) == 2
    assert by_process[dead] >= len(everything) // 10


def follow_to_the_end(found: Workers, kill: Callable[[int], None]) -> tuple[int, set[str]]:
    """Let two workers follow all, kill half-way the one that has told more; which it was, and what it had in hand."""
    total = sum(len(account.recordings) for account in found.accounts)
    pids = found.begin(), found.begin()
    found.drive(lambda: len(found.told()) >= total // 3)
    for account in found.accounts:
        account.empty(slice(1, None, 2))
    found.drive(lambda: len(found.told()) >= total // 2)
    dead = max(pids, key=[by for by, _, _ in found.told()].count)
    kill(dead)
    in_hand = found.in_hand(dead)
    found.drive(lambda: not found.untold())
    return dead, in_hand


def test_a_thousand_recordings(postgres_url: str, tmp_path: Path, record_property: Callable[[str, Any], None]) -> None:
    """Two processes on PostgreSQL, both vendors, one process killed half-way: 1,000 outcomes, each told once."""
    began = time.monotonic()
    with workers(postgres_url, tmp_path, agora=250, zegocloud=750) as found:
        prepared = time.monotonic()
        dead, in_hand = follow_to_the_end(found, found.kill_between_two_ends)
        assert in_hand == set()
        check(found, dead, in_hand)
        looks = sum(len(account.service.journal) for account in found.accounts)
        by_dead = sum(by == dead for by, _, _ in found.told())
    record_property(
        "measured",
        f"1,000 recordings followed by two processes, one killed half-way: 1,000 outcomes written and told once, "
        f"{by_dead} of them by the killed one; {looks} looks, {time.monotonic() - prepared:.0f} s and "
        f"{prepared - began:.0f} s to prepare",
    )


def test_killed_with_ends_in_hand(tmp_path: Path) -> None:
    """Two on SQLite, one killed at any moment: an end that it was about to be done with is told again, no other is."""
    with workers(f"sqlite:///{tmp_path / 'recordings.db'}", tmp_path, agora=15, zegocloud=45) as found:
        check(found, *follow_to_the_end(found, found.kill))
