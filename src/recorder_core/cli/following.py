"""`recorder follow`: what happens to recordings, until all have ended."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr
from rich import box
from rich.live import Live
from rich.table import Table
from rich.text import Text

from recorder_core.cli.console import OUT, Json, legible, print_line, reporting, terminable
from recorder_core.cli.documents import load_recording
from recorder_core.cli.ledgers import LedgerOption, ledger_of
from recorder_core.cli.telling import ASTRAY, has_gone_wrong, print_causes, print_event
from recorder_core.cli.working import follow_all
from recorder_core.errors import ConfigurationError
from recorder_core.models import RecordingState
from recorder_core.recorder import Recorder

if TYPE_CHECKING:
    from recorder_core.following import Fleet
    from recorder_core.models import Recording, RecordingEvent

__all__ = ["follow"]

REFRESH_S = 0.5
STYLES = {
    RecordingState.RECORDING: "green",
    RecordingState.COMPLETED: "bold green",
    RecordingState.PAUSED: "yellow",
    RecordingState.UNREACHABLE: "yellow",
    RecordingState.FAILED: "bold red",
    RecordingState.GONE: "bold red",
}

Handles = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[HANDLE]...",
        help="Handle files that start wrote, - for one on stdin, or beginnings of ids in the ledger.",
        show_default=False,
    ),
]
Providers = Annotated[
    list[str] | None,
    typer.Option(
        "--provider", "-p", help="With --all: only those at this provider; may be repeated.", show_default=False
    ),
]


def follow(
    handles: Handles = None,
    all_of_them: Annotated[
        bool, typer.Option("--all", help="All open recordings in the ledger, as one of any number of workers.")
    ] = False,
    providers: Providers = None,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="With --all: end when nothing is left.")] = False,
    once: Annotated[bool, typer.Option("--once", help="With --all: look at each recording once, and end.")] = False,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Follow recordings until all have ended: a live table on a terminal, a line for each event elsewhere.

    The vendors are asked at the pace that they advise. Callbacks that other processes receive are heard of by the
    ledger. Exits with 1 where a recording failed, was lost sight of, or left files outside its destination. Ctrl-C
    leaves them; they go on.

    With --all it is a worker: it follows whatever is open in the ledger and not followed by another worker, with a line
    for each event, until it is interrupted, and recovers starts that were cut short.
    """
    with reporting(as_json), terminable():
        _refuse_contradictions(handles or [], all_of_them, providers, until_idle=until_idle, once=once)
        url = ledger_of(ledger)
        if all_of_them:
            follow_all(providers, url, until="looked" if once else "idle" if until_idle else None, as_json=as_json)
            return
        rows = {
            recording.id: _Row(recording) for recording in (load_recording(handle, url) for handle in handles or [])
        }
        with _leaving(rows), _following(rows.values(), url) as events:
            if as_json or not OUT.is_terminal:
                for event in events:
                    row = rows[event.recording_id or ""]
                    row.take(event)
                    print_event(event, row.recording.room, as_json)
            else:
                _show_live(rows, events)
        if not all(row.ended_well for row in rows.values()):
            raise typer.Exit(1)


def _refuse_contradictions(
    handles: list[str], all_of_them: bool, providers: list[str] | None, *, until_idle: bool, once: bool
) -> None:
    problem = None
    if all_of_them and handles:
        problem = "--all follows whatever is in the ledger; leave out the handles"
    elif not all_of_them and not handles:
        problem = "there is nothing to follow; name handles, or --all for whatever is in the ledger"
    elif not all_of_them and (providers or until_idle or once):
        problem = "--provider, --until-idle and --once go with --all"
    elif until_idle and once:
        problem = "--until-idle and --once are two different ends; take one"
    if problem:
        raise ConfigurationError(problem, fault="caller")


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
        self.is_lost = self.is_lost or has_gone_wrong(event)

    @property
    def ended_well(self) -> bool:
        """Whether it has ended, and nothing of it is missing."""
        return self.state is RecordingState.COMPLETED and not self.is_lost and ASTRAY.isdisjoint(self.files.values())


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
def _following(rows: Iterable[_Row], ledger: SecretStr | None) -> Iterator[Iterator[RecordingEvent]]:
    """The events of all recordings, at however many vendors they are."""
    found: queue.SimpleQueue[RecordingEvent | BaseException | None] = queue.SimpleQueue()
    by_provider: dict[str, list[Recording]] = {}
    for row in rows:
        by_provider.setdefault(row.recording.provider, []).append(row.recording)
    with ExitStack() as stack:
        for provider, recordings in by_provider.items():
            recorder = stack.enter_context(Recorder.from_env(provider, ledger=ledger))
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


def _show_live(rows: Mapping[str, _Row], events: Iterator[RecordingEvent]) -> None:
    with Live(get_renderable=lambda: _table(rows.values()), console=OUT, refresh_per_second=1 / REFRESH_S) as live:
        for event in events:
            rows[event.recording_id or ""].take(event)
            live.refresh()
    for row in rows.values():
        if row.causes:
            print_line(OUT, f"{row.recording.room} at {row.recording.provider}; likely causes, likeliest first:")
            print_causes(row.causes)


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
