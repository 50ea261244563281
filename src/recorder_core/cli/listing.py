"""`recorder list`: the recordings in the ledger. Nothing is sent, and no credentials are needed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from recorder_core.cli.console import OUT, Json, legible, print_json, print_line, reporting
from recorder_core.cli.ledgers import SHOWN, LedgerOption, ledger_of, opened

if TYPE_CHECKING:
    from recorder_core.ledger import LedgerEntry

__all__ = ["described", "list_recordings"]

Room = Annotated[str | None, typer.Option(help="Only those of this room.", show_default=False)]
Provider = Annotated[
    str | None, typer.Option("--provider", "-p", help="Only those at this provider.", show_default=False)
]


def list_recordings(
    all_of_them: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    room: Room = None,
    provider: Provider = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 100,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """List the recordings in the ledger that haven't ended, as far as it knows, newest first.

    The ledger knows what this machine's commands, and whatever else shares it, have seen: `recorder status ID` asks the
    vendor, `recorder recover` looks at all.
    """
    with reporting(as_json):
        with opened(ledger_of(ledger), provider) as kept:
            entries = kept.entries(open=None if all_of_them else True, room=room, limit=limit)
        if as_json:
            print_json([described(entry) for entry in entries])
            return
        if not entries:
            print_line(OUT, "There is no recording in the ledger." if all_of_them else "Nothing is open.")
            return
        OUT.print(_table(entries))
        for name in sorted({entry.provider for entry in entries if entry.open and entry.recording is None}):
            print_line(OUT, f"Not every start is explained: recorder recover --provider {name}")


def _state(entry: LedgerEntry) -> str:
    """What is known of it, in a word or two."""
    if entry.recording is None:
        return str(entry.verdict or "starting")
    if entry.outcome is None and entry.stop_wished_at is not None:
        return "stopping"
    return str(entry.outcome or (entry.status.state if entry.status else "started"))


def described(entry: LedgerEntry) -> dict[str, Any]:
    """An entry as JSON."""
    kept = json.loads(entry.model_dump_json(exclude={"intent", "owner", "leased_until", "is_open"}))
    return {**kept, "state": _state(entry), "open": entry.open}


def _table(entries: Iterable[LedgerEntry]) -> Table:
    table = Table("id", "room", "at", "state", "since", "reason", box=box.SIMPLE_HEAD)
    for entry in entries:
        table.add_row(
            entry.id[:SHOWN],
            Text(legible(entry.room)),
            Text(legible(entry.provider)),
            _state(entry),
            f"{entry.intent.created_at.astimezone(UTC):%Y-%m-%d %H:%M}",
            Text(legible("; ".join(filter(None, (entry.reason, entry.ends_by)))), overflow="fold"),
        )
    return table
