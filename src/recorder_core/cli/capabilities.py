"""`recorder capabilities`: what each provider can do. Nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from recorder_core.capability import capabilities as computed
from recorder_core.cli.console import OUT, Json, print_json, print_line, reporting

if TYPE_CHECKING:
    from recorder_core.capability import CapabilityMatrix

__all__ = ["capabilities"]

STYLES = {"exact": "green", "approximated": "yellow", "no": "red", "unknown": "dim"}

ProviderNames = Annotated[
    list[str] | None,
    typer.Option("--provider", "-p", help="Name of an installed provider; may be repeated. All without it."),
]


def capabilities(provider: ProviderNames = None, as_json: Json = False) -> None:
    """Show what each provider can do, and why not where it can't.

    Nothing is sent, and no credentials are needed. A number in brackets is that of a note below the table.
    """
    with reporting(as_json):
        matrix = computed(provider or None)
        if as_json:
            print_json(matrix.dump())
        else:
            _show(matrix)


def _show(matrix: CapabilityMatrix) -> None:
    for column in matrix.columns:
        if column.problem:
            print_line(OUT, f"{column.name} can't be asked: {column.problem}", "red")
    for section in matrix.sections():
        table = Table(section.group, "mode", *(column.heading for column in matrix.columns), box=box.SIMPLE_HEAD)
        for row in section.rows:
            cells = [Text(row.label), Text(", ".join(row.modes))]
            for cell in row.cells.values():
                notes = "".join(f" [{number}]" for number in section.numbers(cell))
                cells.append(Text.assemble((cell.answer, STYLES[cell.answer]), notes))
            table.add_row(*cells)
        OUT.print(table)
        for number, note in enumerate(section.notes, start=1):
            print_line(OUT, f"  [{number}] {note}")
