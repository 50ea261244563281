"""The page of faults: what comes of each, measured by the battery.

`python tests/docs/fault_tables.py` writes the tables into the page; the test of the built-in providers compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from recorder_core.plugins import installed

if TYPE_CHECKING:
    from recorder_core.testing.battery import Cell

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"
Place = tuple[str, str]
"""An operation, and the vendor's call within it that meets the trouble."""


def with_table(text: str, provider: str, cells: Iterable[Cell]) -> str:
    """The page with the table of one provider renewed."""
    return _renewed(text, f"faults at {provider}", _table(cells))


def with_meanings(text: str) -> str:
    """The page with the list of what goes wrong renewed."""
    from recorder_core.testing.battery.troubles import TROUBLES

    rows = (f"| {_code(trouble.name)} | {trouble.meaning} |" for trouble in TROUBLES)
    return _renewed(text, "meanings", ("| name | what happens |", "| --- | --- |", *rows))


def _renewed(text: str, what: str, lines: Iterable[str]) -> str:
    table = re.compile(rf"(<!-- {what} -->\n).*?(<!-- end of {what} -->)", re.DOTALL)
    return table.sub(lambda match: "\n".join([match[1], *lines, "", match[2]]), text)


def _table(cells: Iterable[Cell]) -> Iterator[str]:
    """A row for all troubles of which the same comes, a column for all places at which the same comes of everything."""
    met: dict[Place, dict[str, list[Cell]]] = {}
    for cell in cells:
        if cell.call and not cell.trouble.startswith("code "):
            met.setdefault((cell.operation, cell.call), {}).setdefault(cell.trouble, []).append(cell)
    told = {place: {name: _told(found) for name, found in rows.items()} for place, rows in met.items()}
    columns = _alike({place: tuple(rows.items()) for place, rows in told.items()})
    names = dict.fromkeys(name for rows in told.values() for name in rows)
    rows = _alike({name: tuple(told[places[0]].get(name, "") for places in columns) for name in names})
    heads = ("<br>".join(f"`{operation}`: {call}" for operation, call in places) for places in columns)
    yield f"| what goes wrong | {' | '.join(heads)} |"
    yield f"|{' --- |' * (len(columns) + 1)}"
    for like in rows:
        results = (told[places[0]].get(like[0], "") for places in columns)
        yield f"| {', '.join(map(_code, like))} | {' | '.join(results)} |"


def _told(cells: Sequence[Cell]) -> str:
    """What came of it when it happened once, and when it went on, where that makes a difference."""
    return "<br>".join(_outcome(cell, "it goes on: " if number else "") for number, cell in enumerate(cells))


def _outcome(cell: Cell, when: str) -> str:
    error = cell.outcome[0].isupper()
    words = [f"{when}{_code(cell.outcome) if error else cell.outcome}"]
    words += [f"{cell.attempts} tries"] if cell.attempts > 1 else []
    words += ["runs" if cell.running else "doesn't run"] if cell.operation == "start" and error else []
    return ", ".join(words)


Name = TypeVar("Name")


def _alike(content: Mapping[Name, object]) -> list[list[Name]]:
    """The names of which the content is the same, together, where the first of them stands."""
    groups: dict[object, list[Name]] = {}
    for name, held in content.items():
        groups.setdefault(held, []).append(name)
    return list(groups.values())


def _code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    from recorder_core.testing.battery import battery
    from recorder_core.testing.conformance.failures import stages
    from recorder_core.testing.conformance.fixtures import emulated
    from recorder_core.testing.service import configured

    page = with_meanings(PAGE.read_text(encoding="utf-8"))
    for found in installed():
        with stages(emulated(found.name), partial(configured, found.name), {}, frozen=True) as build:
            page = with_table(page, found.name, battery(build))
    PAGE.write_text(page, encoding="utf-8")
