"""What a kill test needs: processes that live and are killed, vendors that see them die, and a judge."""

from __future__ import annotations

import functools
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recorder_core import Recorder, Recording, RecordingSpec, Recovery, RecoveryReport, Verdict
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.ledger import LedgerEntry
from recorder_core.plugins import load_emulator, load_provider

_provider, _emulator = functools.cache(load_provider), functools.cache(load_emulator)
"""To find them takes longer than most of what they do here."""
FORKING = Path(__file__).with_name("forking.py")
PATIENCE_S = 60
KILLED = -signal.SIGKILL


class Nursery:
    """Begins processes that are forked from one in which everything is loaded.

    Attributes:
        lasted: seconds of the last life.
    """

    lasted: float

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            (sys.executable, str(FORKING)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        with tempfile.TemporaryDirectory() as folder, world(f"sqlite:///{folder}/recordings.db", self) as found:
            self._ask(found.task("room", *found.vendors))
            found.live("room", *found.vendors)

    def live(self, killers: Sequence[Vendor], task: Mapping[str, Any]) -> int:
        """One life, to its end; its exit code. `killers` are told which process it is."""
        pid: Future[int] = Future()
        with ExitStack() as stack:
            for killer in killers:
                killer.pid = pid
                stack.enter_context(killer.outliving())
            self._ask(task)
            pid.set_result(int(self._told()["pid"]))
            ended = self._told()
        self.lasted = ended["lasted"]
        return int(ended["code"])

    def _ask(self, task: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task) + "\n")

    def _told(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery has ended"
        told: dict[str, float] = json.loads(line)
        return told

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE_S)


@dataclass(frozen=True)
class Doom:
    """At which request a process dies, and what becomes of the request.

    Attributes:
        operation: the vendor's name of it; None: any.
        when: `lost` on its way, `late`: carried out after the death, `answered`: carried out before it.
        nth: 1 for the first such request.
    """

    operation: str | None
    when: str
    nth: int = 1


@dataclass(frozen=True)
class Point:
    """A point in the life of a recording.

    Attributes:
        name: as the docs have it.
        call: of the ledger's methods, at which the process dies.
        doom: the request at which it dies.
    """

    name: str
    call: dict[str, Any] | None = None
    doom: Doom | None = None


class Vendor:
    """An emulated vendor at whose requests processes die."""

    def __init__(self, service: Any) -> None:
        self.service = service
        self.name: str = service.name
        self.pid: Future[int] = Future()
        self.doom: Doom | None = None
        self._seen = 0
        self._handle = service.handle
        service.handle = self.handle

    def doomed(self, doom: Doom | None) -> None:
        """From now on, until it has happened."""
        self.doom, self._seen = doom, 0

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        doom = self.doom
        if doom is None or doom.operation not in (None, self.service.operation(request)):
            return self._answer(request)
        self._seen += 1
        if self._seen != doom.nth:
            return self._answer(request)
        self.doom = None
        if doom.when == "lost":
            self._kill()
            return EmulatedResponse(503)
        if doom.when == "late":
            self._kill()
            return self._answer(request)
        answer = self._answer(request)
        self._kill()
        return answer

    @contextmanager
    def outliving(self) -> Iterator[None]:
        """Whatever a life in this block has sent is carried out or lost at its end, however late that is."""
        server = self.service._server  # nobody else knows which requests are still on their way
        before = set(server._connections)
        yield
        give_up = time.monotonic() + PATIENCE_S
        while server._connections - before:
            assert time.monotonic() < give_up, "a dead process's connection stays open"
            time.sleep(0.001)

    @property
    def running(self) -> list[EmulatedRecording]:
        """What the vendor itself says that runs."""
        return [found for found in self.service.recordings if found.running]

    def _answer(self, request: EmulatedRequest) -> EmulatedResponse:
        answer: EmulatedResponse = self._handle(request)
        return answer

    def _kill(self) -> None:
        os.kill(self.pid.result(PATIENCE_S), signal.SIGKILL)


@dataclass
class World:
    """Two vendors, one ledger, and the processes that use them.

    Attributes:
        ledger: its URL.
        clock: everybody's.
        vendors: by name.
        recorders: the survivors', who recover.
    """

    ledger: str
    clock: EmulatorClock
    vendors: dict[str, Vendor]
    recorders: dict[str, Recorder]
    nursery: Nursery
    rooms: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def spec(self, room: str) -> RecordingSpec:
        """What is recorded in a room."""
        return RecordingSpec.load(tree_of(room))

    def task(self, room: str, *vendors: str, act: str = "start", **how: Any) -> dict[str, Any]:
        """A life in a room, in words."""
        env = {name: value for vendor in vendors for name, value in self.vendors[vendor].service.env.items()}
        spec, now = tree_of(room), self.clock.time()
        return {"vendors": vendors, "env": env, "ledger": self.ledger, "spec": spec, "now": now, "act": act, **how}

    def live(self, room: str, *vendors: str, **how: Any) -> int:
        """A life in a room, to its end; its exit code."""
        return self.nursery.live([self.vendors[vendor] for vendor in vendors], self.task(room, *vendors, **how))

    def new_room(self) -> str:
        """A room that nobody has recorded yet."""
        return f"room-{next(self.rooms)}"

    def die(self, vendor: str, point: Point) -> str:
        """A life that ends at a point, in a room of its own; the room."""
        room = self.new_room()
        assert self.dies(vendor, point, room), f"{vendor}: {point.name}: the process lives on"
        return room

    def dies(self, vendor: str, point: Point, room: str, **how: Any) -> bool:
        """Whether a life ends at a point, which it may not come to."""
        self.vendors[vendor].doomed(point.doom)
        code = self.live(room, vendor, **how, **({"call": point.call} if point.call else {}))
        assert code in (0, KILLED), f"{vendor}: {point.name}: the process ended with {code}"
        return code == KILLED

    @contextmanager
    def with_ledger(self, url: str) -> Iterator[World]:
        """The same vendors, with survivors that have another ledger."""
        with ExitStack() as stack:
            recorders = {name: stack.enter_context(_survivor(self.vendors[name], url)) for name in self.vendors}
            yield replace(self, ledger=url, recorders=recorders)

    def recover(self, vendor: str, *, knows_spec: bool, stop: bool = False) -> RecoveryReport:
        """What a survivor finds out."""
        spec = (lambda intent: self.spec(intent.room)) if knows_spec else None
        return self.recorders[vendor].recover(spec=spec, stop=stop)

    def entries(self, vendor: str) -> dict[str, LedgerEntry]:
        """What the ledger has, by room."""
        return {entry.room: entry for entry in self.recorders[vendor].ledger.entries(limit=100_000)}

    def fate(self, vendor: str, room: str) -> str:
        """What the ledger says of what was recorded in a room."""
        entry = self.entries(vendor).get(room)
        return "nothing" if entry is None else fate_of(entry)

    def judge(self, vendor: str, report: RecoveryReport, room: str | None = None) -> Counter[str]:
        """Whether the ledger reports all that runs at the vendor, and nothing as running that doesn't.

        Args:
            vendor: its name.
            report: of the last recovery.
            room: the one that the ledger is of. None: it is of all.

        Returns:
            How many recordings there are of which fate: `fate_of`.
        """
        running = [found for found in self.vendors[vendor].running if room in (None, found.room)]
        entries = self.entries(vendor)
        recoveries = {recovery.intent.room: recovery for recovery in report.recoveries}
        for found in running:
            entry = entries.get(found.room)
            assert entry is not None, f"{found} runs, and the ledger has nothing of its room"
            assert is_reported(entry, recoveries.get(found.room), found.ids), f"{found} runs, and {entry} hides it"
        rooms = Counter(found.room for found in running)
        assert set(rooms.values()) <= {1}, f"two recordings run in one room: {rooms}"
        for entry in entries.values():
            runs = fate_of(entry) in (Verdict.RUNNING, Verdict.UNCONTROLLABLE)
            assert not runs or entry.room in rooms, f"{entry} doesn't run"
        return Counter(fate_of(entry) for entry in entries.values())


def fate_of(entry: LedgerEntry) -> str:
    """What the ledger says of a recording, in one word."""
    if entry.recording is None:
        return str(entry.verdict or "under way")
    return str(Verdict.RUNNING if entry.open else Verdict.ENDED)


def is_reported(entry: LedgerEntry, recovery: Recovery | None, ids: dict[str, str]) -> bool:
    """Whether the ledger tells that what runs under these ids may run."""
    if not entry.open:
        return False
    if entry.recording is not None:
        return _is_same(entry.recording, ids)
    if entry.verdict is Verdict.UNCONTROLLABLE:
        return True
    candidates = recovery.candidates if recovery else ()
    named = any(_is_same(candidate, ids) for candidate in candidates)
    return entry.verdict is Verdict.UNCLEAR and (named or bool(entry.ends_by))


def _is_same(recording: Recording, ids: dict[str, str]) -> bool:
    key = _provider(recording.provider).native_key
    return bool(recording.native[key] == ids[key])


def tree_of(room: str) -> dict[str, Any]:
    """A plain spec; nobody comes, and it doesn't end by itself."""
    storage = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
    return {"room": room, "storage": storage, "idle_timeout": 3600}


def _survivor(vendor: Vendor, ledger: str) -> Recorder:
    found, service = _provider(vendor.name), vendor.service
    config = found.Config.from_env(service.env, calls_per_second={"*": math.inf})
    return Recorder(found(config), clock=service.clock, hooks=(), ledger=ledger)


@contextmanager
def world(ledger: str, nursery: Nursery, **switches: dict[str, Any]) -> Iterator[World]:
    """Vendors that count no calls, on one clock that is driven.

    Args:
        ledger: the URL of an empty one.
        nursery: for the processes.
        switches: of the emulators, by their names.
    """
    clock = EmulatorClock()
    with ExitStack() as stack:
        vendors, recorders = {}, {}
        for name in ("agora", "zegocloud"):
            options = {"media": False, "rate_limits": False, **switches.get(name, {})}
            service = stack.enter_context(_emulator(name)(clock=clock, **options))
            vendors[name] = Vendor(service)
            recorders[name] = stack.enter_context(_survivor(vendors[name], ledger))
        yield World(ledger, clock, vendors, recorders, nursery)
