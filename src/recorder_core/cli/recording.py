"""`recorder start`, `status` and `stop`: the life of one recording."""

from __future__ import annotations

import itertools
import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from recorder_core.cli.console import (
    OUT,
    Json,
    legible,
    legible_lines,
    print_json,
    print_line,
    reporting,
    terminable,
    working,
)
from recorder_core.cli.documents import (
    Form,
    HandleSource,
    SpecSource,
    keep_recording,
    load_recording,
    load_spec,
    refuse_to_lose,
)
from recorder_core.cli.ledgers import LEAVE_OUT_NONE, LedgerOption, ledger_of
from recorder_core.cli.planning import ProviderName
from recorder_core.errors import RecorderError, StartOutcomeUnknown
from recorder_core.models import Media
from recorder_core.observations import WAIT_S
from recorder_core.operations import DEADLINE_S
from recorder_core.recorder import Recorder
from recorder_core.refusals import refuse_key_without_ledger

if TYPE_CHECKING:
    from recorder_core.models import Recording, RecordingStatus

__all__ = ["OnUnsupported", "start", "status", "stop"]

logger = logging.getLogger("recorder_core.cli")

OnUnsupported = Annotated[
    Literal["raise", "warn"],
    typer.Option(help="Whether what the vendor can't do is refused, or dropped where it may be."),
]


def start(
    spec: SpecSource,
    provider: ProviderName,
    key: Annotated[
        str | None,
        typer.Option(help="Fixes the recording's id: the same key never starts a second one.", show_default=False),
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Return when it truly records, or say why it doesn't.")
    ] = False,
    handle: Annotated[
        Path | None,
        typer.Option(
            help="File for the handle. Without it and without --json it is recording-ID.json.",
            show_default=False,
        ),
    ] = None,
    on_unsupported: OnUnsupported = "raise",
    form: Form = None,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Start a recording, and hand out its handle.

    status, layout and stop take the handle, or the id: the ledger has it too, and knows of a start that was cut short.
    """
    with reporting(as_json), terminable():
        given = load_spec(spec, form)
        url = ledger_of(ledger)
        with Recorder.from_env(provider, on_unsupported=on_unsupported, ledger=url) as recorder:
            if key is not None and url is None:
                refuse_key_without_ledger(recorder.provider, f"{LEAVE_OUT_NONE} Or leave out --key.")
            if handle is not None:
                refuse_to_lose(handle, recorder, key)
            with working(f"Starting {given.room} at {provider}"), _teaching(provider, has_ledger=url is not None):
                recording = recorder.start(given, key=key)
            with _not_losing(recording):
                # Before anything else can go wrong: a recording whose handle is lost can't be stopped.
                path = handle or (None if as_json else Path(f"recording-{recording.id}.json"))
                saved = path is not None and keep_recording(recording, path)
                if as_json or not saved:
                    print_json(json.loads(recording.model_dump_json()))
                if path is not None and saved and not as_json:
                    _show_recording(recording, path, _next_steps(recorder, recording, given.start_paused))
                if confirm:
                    with working(f"Waiting until {given.room} is recorded", at_most=WAIT_S, as_json=as_json):
                        reached = recorder.wait(recording)
                    if not as_json:
                        print_line(OUT, f"It is {reached.state} now.", "green")
                        if reached.reason:
                            print_line(OUT, reached.reason)
        if path is not None and not saved:
            raise typer.Exit(1)


@contextmanager
def _teaching(provider: str, *, has_ledger: bool) -> Iterator[None]:
    """What ends a start whose outcome isn't known says how it can be found out."""
    try:
        yield
    except BaseException as error:
        may_run = isinstance(error, StartOutcomeUnknown) or not isinstance(error, RecorderError)
        if has_ledger and may_run and getattr(error, "intent", None) is not None:
            error.add_note(f"in two minutes `recorder recover --provider {provider}` finds out what became of it")
        raise


@contextmanager
def _not_losing(recording: Recording) -> Iterator[None]:
    """What ends a start that the vendor has accepted carries the handle, as it does within `Recorder.start`."""
    try:
        yield
    except BaseException as error:
        error.recording = recording  # type: ignore[attr-defined]
        raise


def status(
    handle: HandleSource,
    watch: Annotated[
        bool, typer.Option("--watch", help="Ask again at the vendor's advised pace, until the recording has ended.")
    ] = False,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Show the state of a recording and its files so far."""
    with reporting(as_json):
        url = ledger_of(ledger)
        recording = load_recording(handle, url)
        with Recorder.from_env(recording.provider, ledger=url) as recorder:
            with working("Asking"):
                found = recorder.status(recording)
            _show_status(recording, found, as_json)
            if watch:
                _watch(recorder, recording, found, as_json)


def _watch(recorder: Recorder, recording: Recording, found: RecordingStatus, as_json: bool) -> None:
    """Show the status whenever it has changed, until nothing follows any more. What may pass is asked again."""
    delays = recorder.provider.poll_delays
    for delay in itertools.chain(delays, itertools.repeat(delays[-1])):
        if found.state.terminal:
            return
        with working(f"Watching {recording.room}; Ctrl-C leaves it, and the recording goes on"):
            time.sleep(delay)
            try:
                before, found = found, recorder.status(recording)
            except RecorderError as error:
                if not error.retryable:
                    raise
                logger.warning("%s; it is asked again, and the recording is not affected", error.message)
                continue
        if (found.state, found.reason, found.files) != (before.state, before.reason, before.files):
            _show_status(recording, found, as_json)


def stop(
    handle: HandleSource,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Don't wait until the files are settled.")] = False,
    deadline: Annotated[
        float, typer.Option(min=0.1, help="Seconds that stopping and waiting for the files may take.")
    ] = DEADLINE_S,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Stop a recording and list its files. Stopping one that has ended is no error."""
    with reporting(as_json):
        url = ledger_of(ledger)
        recording = load_recording(handle, url)
        with (
            Recorder.from_env(recording.provider, ledger=url) as recorder,
            working("Stopping", at_most=deadline, as_json=as_json),
        ):
            outcome = recorder.stop(recording, wait=not no_wait, deadline=deadline)
        _show_status(recording, outcome, as_json)


def _next_steps(recorder: Recorder, recording: Recording, is_on_hold: bool) -> list[str]:
    """What can be done with it now, of what the vendor offers for such a recording."""
    offers, mode = recorder.provider.offers, recording.mode
    steps = ["status {handle}"]
    if is_on_hold:
        steps.append("resume {handle}")
    elif offers("layout", mode) and recording.media != Media.AUDIO:
        steps.append("layout {handle} grid")
    elif offers("pause", mode):
        steps.append("pause {handle}")
    return [*steps, "stop {handle}"]


def _show_recording(recording: Recording, path: Path, steps: Sequence[str]) -> None:
    native = recording.model_dump(mode="json")["native"]
    kept = "\n".join(f"{name}: {value}" for name, value in native.items() if value is not None)
    location = recording.location
    files = location and (location.uri(f"{location.prefix}/" if location.prefix else "") or location.kind)
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("recording", recording.id),
        ("room", f"{recording.room} at {recording.provider}"),
        ("native", kept),
        ("files go to", files),
        ("dropped", ", ".join(recording.dropped)),
        ("handle", str(path)),
    ):
        if value:
            table.add_row(Text(name, style="bold"), Text(legible_lines(value), overflow="fold"))
    OUT.print(table)
    print_line(OUT, "Next: " + " | ".join(f"recorder {step.format(handle=path)}" for step in steps))


def _show_status(recording: Recording, found: RecordingStatus, as_json: bool) -> None:
    if as_json:
        print_json(json.loads(found.model_dump_json()))
        return
    why = f": {found.reason}" if found.reason else ""
    print_line(OUT, legible(f"{recording.room} at {recording.provider} is {found.state}{why}"), "bold")
    if not found.files:
        return
    is_of_participants = any(file.participant for file in found.files)
    whose = ("participant", "tracks") if is_of_participants else ()
    table = Table(*whose, "format", "status", "length", "size", box=box.SIMPLE_HEAD)
    for file in found.files:
        table.add_row(
            *((Text(legible(file.participant or "")), file.tracks or "") if is_of_participants else ()),
            Text(legible(file.format or "")),
            file.status + (f" until {file.available_until:%Y-%m-%d %H:%M} UTC" if file.available_until else ""),
            "" if file.duration_s is None else f"{file.duration_s:.1f} s",
            "" if file.size_bytes is None else f"{file.size_bytes:,} B",
        )
    OUT.print(table)
    for file in found.files:
        print_line(OUT, legible(file.uri or file.url or file.key or file.name))
