"""`recorder recover`: what became of starts and stops that were cut short."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from recorder_core.cli.console import OUT, Json, legible, print_json, print_line, reporting, terminable, working
from recorder_core.cli.documents import Form, load_spec
from recorder_core.cli.ledgers import SHOWN, LedgerOption, entry_in, ledger_of, opened, required
from recorder_core.cli.listing import described
from recorder_core.cli.planning import ProviderName
from recorder_core.models import Verdict
from recorder_core.recorder import Recorder
from recorder_core.recovering import RECOVER_S, SpecOf

if TYPE_CHECKING:
    from recorder_core.models import Recording, RecordingSpec, Recovery, RecoveryReport, RemoteRecording

__all__ = ["dismiss", "recover"]

STYLES = {
    Verdict.NEVER_STARTED: "dim",
    Verdict.RUNNING: "green",
    Verdict.ENDED: "dim",
    Verdict.UNCONTROLLABLE: "bold red",
    Verdict.UNCLEAR: "yellow",
}
UNEXPLAINED = (Verdict.UNCONTROLLABLE, Verdict.UNCLEAR)


def recover(
    provider: ProviderName,
    stop: Annotated[
        bool, typer.Option("--stop/--adopt", help="Stop what was found running, or keep it as any other recording.")
    ] = False,
    spec: Annotated[
        list[str] | None,
        typer.Option(
            "--spec", help="Spec of a start, for which its room is known; may be repeated.", show_default=False
        ),
    ] = None,
    deadline: Annotated[float, typer.Option(min=0.1, help="Seconds for everything.")] = RECOVER_S,
    form: Form = None,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Find out what became of starts and stops that a crash has cut short, and look at what runs.

    Ends with 1 where something is uncontrollable or unclear, or couldn't be looked at: it stays in the ledger, and the
    next recover looks into it again. A start is touched when its process must have died, a minute after its deadline.
    Recordings that the ledger doesn't know are listed and left alone.
    """
    with reporting(as_json), terminable():
        specs = [load_spec(source, form) for source in spec or ()]
        with (
            Recorder.from_env(provider, ledger=required(ledger_of(ledger))) as recorder,
            working(f"Looking at {provider}", at_most=deadline, as_json=as_json),
        ):
            report = recorder.recover(spec=_by_room(specs), stop=stop, deadline=deadline)
            key, adopts = recorder.provider.native_key, recorder.provider.offers("adopt")
        if as_json:
            print_json(json.loads(report.model_dump_json()))
        else:
            _show(report, key, f"recorder adopt ID --provider {provider}" if adopts else None)
        if report.problems or any(recovery.verdict in UNEXPLAINED for recovery in report.recoveries):
            raise typer.Exit(1)


def dismiss(
    recording: Annotated[str, typer.Argument(metavar="ID", help="Beginning of its id.", show_default=False)],
    reason: Annotated[
        str, typer.Option("--reason", help="By what you know that nothing of it runs.", show_default=False)
    ],
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Close a start that no recovery can explain: nobody looks into it any more. Nothing is sent.

    Look into the vendor's console first: what runs all the same is billed, and only a callback would tell of it.
    """
    with reporting(as_json), opened(ledger_of(ledger)) as there:
        entry = there.dismiss(entry_in(there, recording).id, reason)
        if as_json:
            print_json(described(entry))
        else:
            print_line(OUT, legible(f"{entry.id[:SHOWN]}  {entry.room}  dismissed: {entry.reason}"))


def _by_room(specs: Sequence[RecordingSpec]) -> SpecOf:
    """What finds the spec of a start: that of its room."""
    if len(specs) == 1:
        return specs[0]  # the hooks may name its room
    rooms = {spec.room: spec for spec in specs}
    return lambda intent: rooms.get(intent.room)


def _show(report: RecoveryReport, key: str, adoption: str | None) -> None:
    for recovery in report.recoveries:
        _show_recovery(recovery, key)
    for stranger in report.unknown:
        _show_stranger(stranger, key)
    if report.unknown:
        print_line(OUT, "What isn't in the ledger is another application's, or was lost; it is left alone.")
        if adoption is not None:
            print_line(OUT, f"  Take one over: {adoption}")
    for problem in report.problems:
        print_line(OUT, legible(problem), "yellow")
    if report.problems:
        print_line(OUT, "Recover again: what couldn't be found out stays in the ledger.")
    if not (report.recoveries or report.unknown or report.problems):
        print_line(OUT, "Everything is explained.", "green")


def _show_recovery(recovery: Recovery, key: str) -> None:
    intent, recording = recovery.intent, recovery.recording
    short = intent.id[:SHOWN]
    print_line(
        OUT,
        legible(f"{short}  {intent.room}  {recovery.verdict.replace('_', ' ')}: {recovery.reason}"),
        STYLES[recovery.verdict],
    )
    if recovery.ends_by:
        print_line(OUT, legible(f"  It ends by itself: {recovery.ends_by}"))
    for candidate in recovery.candidates:
        since = f"{candidate.started_at:%Y-%m-%d %H:%M} UTC"
        print_line(OUT, legible(f"  It may be: {key} {_ids(candidate, key)} since {since}"))
    if recovery.verdict is Verdict.RUNNING:
        print_line(OUT, f"  Next: recorder status {short} | recorder stop {short}")
    elif recording is not None and recovery.status is not None and recovery.status.state.ending:
        print_line(OUT, f"  Its files come: recorder status {short}")
    elif recovery.verdict is Verdict.UNCLEAR and recording is None:
        print_line(OUT, "  Its spec may tell more: recover with --spec FILE. So may a callback.")
    if recovery.verdict in UNEXPLAINED and recording is None:
        print_line(OUT, f"  When the vendor's console shows nothing of it: recorder dismiss {short} --reason WHY")
    if recovery.candidates:
        print_line(
            OUT, "  Look at their rooms before you stop one: --json has their handles, which recorder stop - takes."
        )


def _show_stranger(stranger: RemoteRecording, key: str) -> None:
    since = f" since {stranger.started_at:%Y-%m-%d %H:%M} UTC" if stranger.started_at else ""
    what = f"not in the ledger: {stranger.room or 'some room'}{since}: {key} {_ids(stranger, key)}"
    print_line(OUT, legible(what), "yellow")


def _ids(found: Recording | RemoteRecording, key: str) -> str:
    return ", ".join(found.ids_under(key)) or "not told"
