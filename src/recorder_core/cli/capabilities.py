"""`recorder capabilities`: what each provider can do. Nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from recorder_core.capability import capabilities as computed
from recorder_core.cli.console import OUT, Json, print_json, print_line, reporting
from recorder_core.errors import ConfigurationError

if TYPE_CHECKING:
    from recorder_core.matrix import CapabilityMatrix

__all__ = ["capabilities"]

STYLES = {"exact": "green", "approximated": "yellow", "no": "red", "unknown": "dim"}

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="WORDS",
        help="Show the rows alone in which each of these words occurs, such as: spotlight right.",
        show_default=False,
    ),
]
ProviderNames = Annotated[
    list[str] | None,
    typer.Option("--provider", "-p", help="Name of an installed provider; may be repeated. All without it."),
]


def capabilities(words: Words = None, provider: ProviderNames = None, as_json: Json = False) -> None:
    """Show what each provider can do, and why not where it can't.

    Words are looked for in what is asked, its group and its modes: mp4, pause, "storage regions", eu s3. A field of a
    spec, or its value, is such a word too: follows, output.tracks.
    Nothing is sent, and no credentials are needed. A number in brackets is that of a note below the table.
    """
    with reporting(as_json):
        matrix = computed(provider or None)
        if words:
            matrix = _about(matrix, words)
        if as_json:
            print_json(matrix.dump())
        else:
            _show(matrix)


def _about(matrix: CapabilityMatrix, words: list[str]) -> CapabilityMatrix:
    """The rows with these words.

    Raises:
        ConfigurationError: there is none; the error says which word is in no row at all, and which groups there are.
    """
    found = matrix.about(*words)
    if found.rows:
        return found
    strangers = [word for word in words if not matrix.about(word).rows]
    groups = ", ".join(dict.fromkeys(row.group for row in matrix.rows))
    raise ConfigurationError(
        f"no row has the word {strangers[0]!r}" if strangers else f"no row has all of {', '.join(map(repr, words))}",
        fault="caller",
        hint=f"Take other words, fewer, or those of a group: {groups}.",
    )


def _show(matrix: CapabilityMatrix) -> None:
    for column in matrix.columns:
        if column.problem:
            print_line(OUT, f"{column.name} can't be asked: {column.problem}", "red")
    for section in matrix.sections():
        table = Table(section.group, "mode", *(column.heading for column in matrix.columns), box=box.SIMPLE_HEAD)
        for row in section.rows:
            cells = [Text(row.label), Text(row.where)]
            for cell in row.cells.values():
                notes = "".join(f" [{number}]" for number in section.numbers(cell))
                cells.append(Text.assemble((cell.answer, STYLES[cell.answer]), notes))
            table.add_row(*cells)
        OUT.print(table)
        for number, note in enumerate(section.notes, start=1):
            print_line(OUT, f"  [{number}] {note}")
