"""`recorder follow`: what happens to recordings, until all have ended."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.live import Live
from rich.table import Table
from rich.text import Text

from recorder_core.cli.console import OUT, Json, legible, print_json, print_line, reporting, terminable
from recorder_core.cli.documents import load_recording
from recorder_core.models import EventKind, FileStatus, RecordingState
from recorder_core.recorder import Recorder

if TYPE_CHECKING:
    from recorder_core.following import Fleet
    from recorder_core.models import Recording, RecordingEvent

__all__ = ["follow"]

REFRESH_S = 0.5
ASTRAY = frozenset({FileStatus.BACKUP, FileStatus.LOST})
"""Where a file has ended up that isn't at its destination."""
STYLES = {
    RecordingState.RECORDING: "green",
    RecordingState.COMPLETED: "bold green",
    RecordingState.PAUSED: "yellow",
    RecordingState.UNREACHABLE: "yellow",
    RecordingState.FAILED: "bold red",
    RecordingState.GONE: "bold red",
}

Handles = Annotated[
    list[str], typer.Argument(metavar="HANDLE...", help="Handle files that start wrote, or - for one on stdin.")
]


def follow(handles: Handles, as_json: Json = False) -> None:
    """Follow recordings until all have ended: a live table on a terminal, a line for each event elsewhere.

    The vendors are asked at the pace that they advise; callbacks reach the process that receives them, not this one.
    Exits with 1 where a recording failed, was lost sight of, or left files outside its destination. Ctrl-C leaves them;
    they go on.
    """
    with reporting(as_json), terminable():
        rows = {recording.id: _Row(recording) for recording in map(load_recording, handles)}
        with _leaving(rows), _following(rows.values()) as events:
            if as_json or not OUT.is_terminal:
                for event in events:
                    row = rows[event.recording_id or ""]
                    row.take(event)
                    _print(row, event, as_json)
            else:
                _show_live(rows, events)
        if not all(row.ended_well for row in rows.values()):
            raise typer.Exit(1)


@dataclass
class _Row:
    """What is known of one recording."""

    recording: Recording
    state: RecordingState | None = None
    since: datetime | None = None
    last: str = ""
    reason: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    causes: tuple[str, ...] = ()
    is_lost: bool = False

    def take(self, event: RecordingEvent) -> None:
        """Learn from an event."""
        if event.state is not None and event.state is not self.state:
            self.state, self.since = event.state, event.occurred_at
        self.last = event.kind
        self.causes = event.causes or self.causes
        self.reason = event.reason or self.reason
        self.files.update((file.name, file.status) for file in event.files)
        ended = event.state is not None and event.state.terminal
        self.is_lost = self.is_lost or (event.fault is not None and ended) or _is_given_up(event)

    @property
    def ended_well(self) -> bool:
        """Whether it has ended, and nothing of it is missing."""
        return self.state is RecordingState.COMPLETED and not self.is_lost and ASTRAY.isdisjoint(self.files.values())


def _is_given_up(event: RecordingEvent) -> bool:
    """Whether the vendor refuses to be asked, so that the recording isn't followed any more."""
    return event.kind is EventKind.ERROR and event.state is None and event.source == "look"


@contextmanager
def _leaving(rows: Mapping[str, _Row]) -> Iterator[None]:
    """An interruption says which recordings go on."""
    try:
        yield
    except KeyboardInterrupt as left:
        going_on = [
            f"{row.recording.room} at {row.recording.provider}"
            for row in rows.values()
            if not (row.state and row.state.terminal)
        ]
        if going_on:
            left.add_note(f"not stopped: {', '.join(going_on)}")
        raise


@contextmanager
def _following(rows: Iterable[_Row]) -> Iterator[Iterator[RecordingEvent]]:
    """The events of all recordings, at however many vendors they are."""
    found: queue.SimpleQueue[RecordingEvent | BaseException | None] = queue.SimpleQueue()
    by_provider: dict[str, list[Recording]] = {}
    for row in rows:
        by_provider.setdefault(row.recording.provider, []).append(row.recording)
    with ExitStack() as stack:
        for provider, recordings in by_provider.items():
            recorder = stack.enter_context(Recorder.from_env(provider))
            fleet = stack.enter_context(recorder.fleet(recordings))
            threading.Thread(target=_forward, args=(fleet, found), name="recorder-follow", daemon=True).start()
        yield _taken(found, len(by_provider))


def _forward(fleet: Fleet, found: queue.SimpleQueue[RecordingEvent | BaseException | None]) -> None:
    try:
        for event in fleet:
            found.put(event)
        found.put(None)
    except BaseException as error:
        found.put(error)


def _taken(found: queue.SimpleQueue[RecordingEvent | BaseException | None], sources: int) -> Iterator[RecordingEvent]:
    while sources:
        event = found.get()
        if isinstance(event, BaseException):
            raise event
        if event is None:
            sources -= 1
        else:
            yield event


def _print(row: _Row, event: RecordingEvent, as_json: bool) -> None:
    if as_json:
        print_json(json.loads(event.model_dump_json()))
        return
    at = (event.occurred_at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    parts = [at, row.recording.provider, row.recording.room, event.kind.replace("_", " ")]
    if event.state is not None:
        parts.append(f"[{event.state}]")
    parts += [f"{file.name} {file.status}" for file in event.files]
    if event.reason:
        parts.append(event.reason)
    print_line(OUT, "  ".join(map(legible, parts)))
    _print_causes(event.causes)


def _print_causes(causes: Iterable[str]) -> None:
    for number, cause in enumerate(causes, start=1):
        print_line(OUT, f"  {number}. {legible(cause)}")


def _show_live(rows: Mapping[str, _Row], events: Iterator[RecordingEvent]) -> None:
    with Live(get_renderable=lambda: _table(rows.values()), console=OUT, refresh_per_second=1 / REFRESH_S) as live:
        for event in events:
            rows[event.recording_id or ""].take(event)
            live.refresh()
    for row in rows.values():
        if row.causes:
            print_line(OUT, f"{row.recording.room} at {row.recording.provider}; likely causes, likeliest first:")
            _print_causes(row.causes)


def _table(rows: Iterable[_Row]) -> Table:
    table = Table("room", "at", "state", "for", "last", "files", "reason", box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(
            Text(legible(row.recording.room)),
            Text(legible(row.recording.provider)),
            Text(row.state or "…", STYLES.get(row.state, "") if row.state else "dim"),
            _length(row.since),
            Text(row.last.replace("_", " ")),
            _counted(row.files),
            Text(legible(row.reason or ""), overflow="fold"),
        )
    return table


def _length(since: datetime | None) -> str:
    if since is None:
        return ""
    minutes, seconds = divmod(max(0, int((datetime.now(UTC) - since).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _counted(files: Mapping[str, str]) -> str:
    statuses = sorted(set(files.values()))
    return ", ".join(f"{sum(status == found for found in files.values())} {status}" for status in statuses)
