"""The tables of what becomes of a start or a stop by where it was cut short, as the docs have them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from killing.lives import World
from killing.points import points_of

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "lose-nothing.md"
TABLE = re.compile(r"(<!-- kills at (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
WITHIN_S, BEYOND_S = 125.0, 400.0
"""Seconds after the death: when its lease has run out, before and after a resource id of Agora's lapses."""


class Column(NamedTuple):
    """What is the same for all points of a column.

    Attributes:
        title: as the docs have it.
        within: whether `recover` comes before a resource id of Agora's lapses.
        knows_spec: whether it has the spec at hand.
        sid_in_201: which reading of the answer to a repeated start the vendor takes.
    """

    title: str
    within: bool
    knows_spec: bool
    sid_in_201: bool = False


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "agora": (
        Column("spec, in 5 min, 201 tells the sid", within=True, knows_spec=True, sid_in_201=True),
        Column("spec, in 5 min, 201 doesn't", within=True, knows_spec=True),
        Column("spec, later", within=False, knows_spec=True),
        Column("no spec, in 5 min", within=True, knows_spec=False),
        Column("no spec, later", within=False, knows_spec=False),
    ),
    "zegocloud": (
        Column("spec", within=True, knows_spec=True),
        Column("no spec", within=True, knows_spec=False),
    ),
}


def kill_everywhere(found: World, vendor: str, column: Column) -> tuple[dict[str, str], Counter[str]]:
    """Die at every point, recover twice, and let the judge look both times.

    Returns:
        What the ledger says of each, by the name of the point, and how many there are of which.
    """
    rooms = {point.name: found.die(vendor, point) for point in points_of(vendor)}
    found.clock.advance(WITHIN_S if column.within else BEYOND_S)
    report = found.recover(vendor, knows_spec=column.knows_spec)
    counts = found.judge(vendor, report)
    assert (report.problems, report.unknown) == ((), ())
    again = found.recover(vendor, knows_spec=column.knows_spec)
    assert found.judge(vendor, again) == counts, "a second recovery has changed something"
    return {name: found.fate(vendor, room) for name, room in rooms.items()}, counts


def kept_column(vendor: str, column: Column) -> dict[str, str]:
    """What the docs say, by the name of the point."""
    tables = {match[2]: match[0] for match in TABLE.finditer(PAGE.read_text(encoding="utf-8"))}
    lines = [line.strip("| ").split(" | ") for line in tables[vendor].splitlines() if line.startswith("| ")]
    number = COLUMNS[vendor].index(column)
    return {name: cells[number].replace(" ", "_") for name, *cells in lines[2:]}


def with_tables(text: str, fates: Mapping[tuple[str, Column], Mapping[str, str]]) -> str:
    """The page with its tables renewed; `fates` are by vendor and column."""

    def table(match: re.Match[str]) -> str:
        vendor = match[2]
        columns = COLUMNS[vendor]
        lines = [
            f"| killed | {' | '.join(column.title for column in columns)} |",
            f"| --- |{' --- |' * len(columns)}",
        ]
        for point in points_of(vendor):
            cells = (fates[vendor, column][point.name].replace("_", " ") for column in columns)
            lines.append(f"| {point.name} | {' | '.join(cells)} |")
        return "\n".join((match[1], *lines, "", match[3]))

    return TABLE.sub(table, text)
