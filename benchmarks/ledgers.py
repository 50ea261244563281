"""What the ledger costs: the processor's time and the whole time of every write, as a recorder makes them.

Each write is on the disk when it returns, so that the whole time is mostly the disk's. A database in another process
does a part of the work there; that isn't in the processor's time here.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lifecycles import recorded
from ratios import cost

from recorder_core.clock import SystemClock
from recorder_core.ledger import Ledger, open_ledger
from recorder_core.models import (
    EventKind,
    EventSource,
    Recording,
    RecordingEvent,
    RecordingState,
    RecordingStatus,
    StartIntent,
)
from recorder_core.models.base import FrozenMapping
from recorder_core.plugins import load_provider

__all__ = ["databases", "ledgers"]

NUMBERS = itertools.count(1)


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """The addresses of an empty SQLite file and, where the server is found, of an empty PostgreSQL database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=".")))
        found = {"SQLite": f"sqlite:///{folder.resolve() / 'recordings.db'}"}
        try:
            from servers import PostgresServer

            server = PostgresServer(cares=True)
        except (ImportError, AssertionError):
            yield found
            return
        stack.callback(server.stop)
        server.query("CREATE DATABASE bench")
        yield {**found, "PostgreSQL": server.url("bench")}


class Desk:
    """Writes about one recording after the other, each a new one."""

    def __init__(self, ledger: Ledger, handle: Recording) -> None:
        self._ledger = ledger
        self._handle = handle
        self._key = load_provider(handle.provider).native_key

    def begin(self) -> tuple[StartIntent, Recording]:
        """What `start` writes before the first byte is sent; the handle that it will have."""
        number = next(NUMBERS)
        native = FrozenMapping({**self._handle.native, self._key: f"{number:032}"})
        recording = self._handle.model_copy(update={"id": f"{number:032x}", "native": native})
        intent = StartIntent(
            id=recording.id,
            provider=recording.provider,
            account=recording.account or "",
            room=recording.room,
            created_at=recording.started_at,
            draft=recording,
        )
        self._ledger.begin(intent, 60.0)
        return intent, recording

    def start(self) -> tuple[StartIntent, Recording]:
        """All that `start` writes: the intent, an id as soon as it is known, the handle."""
        intent, recording = self.begin()
        intent.noted["resource_id"] = "7" * 300
        self._ledger.note(intent)
        self._ledger.started(recording)
        return intent, recording

    def look(self, recording: Recording, state: RecordingState) -> None:
        """What a look writes that finds something new."""
        self._ledger.learn(recording, RecordingStatus(state=state, started_at=recording.started_at))

    def hear(self, recording: Recording) -> None:
        """What a callback writes."""
        self._ledger.hear(
            RecordingEvent(
                kind=EventKind.RECORDING,
                provider=recording.provider,
                recording_id=recording.id,
                room=recording.room,
                source=EventSource.CALLBACK,
                occurred_at=datetime.now(UTC),
                dedup_key=f"{next(NUMBERS)}",
                native=recording.native,
            )
        )


def written(desk: Desk, ledger: Ledger) -> dict[str, Callable[[], object]]:
    """The writes, each of a recording that is as far as that."""
    _, running = desk.start()
    states = itertools.cycle([RecordingState.RECORDING, RecordingState.PAUSED])
    revisions = itertools.count(1)

    def live() -> None:
        _, recording = desk.start()
        desk.look(recording, RecordingState.RECORDING)
        ledger.wish_stop(recording)
        desk.look(recording, RecordingState.COMPLETED)

    return {
        "begin: an intent": desk.begin,
        "start: intent, id, handle": desk.start,
        "a look that finds something new": lambda: desk.look(running, next(states)),
        "a change": lambda: ledger.change(running.model_copy(update={"revision": next(revisions)})),
        "the wish to stop": lambda: ledger.wish_stop(running),
        "a callback": lambda: desk.hear(running),
        "a recording: start, look, stop, outcome": live,
        "reading one": lambda: ledger.entry(running.id),
    }


def ledgers(name: str, addresses: Mapping[str, str], *, rounds: int, batch: int) -> list[dict[str, Any]]:
    """The rows: every write of a provider's recordings at every database."""
    rows = []
    handle = recorded(name).recording
    for database, url in addresses.items():
        ledger = open_ledger(
            url,
            provider=handle.provider,
            account=handle.account,
            clock=SystemClock(),
            native_key=load_provider(name).native_key,
        )
        for operation, work in written(Desk(ledger, handle), ledger).items():
            found = cost(work, rounds=rounds, batch=batch)
            rows.append({"database": database, "operation": operation, **asdict(found)})
        ledger.close()
    return rows
