"""The page of capabilities, computed from the translators of the providers that this distribution brings.

`python tests/docs/capability_tables.py` writes the tables into the page; a test compares them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from recorder_core.capability import capabilities
from recorder_core.matrix import CapabilityCell, CapabilitySection
from recorder_core.plugins import installed

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "capabilities.md"
TABLES = re.compile(r"(<!-- capabilities -->\n).*?(<!-- end of capabilities -->)", re.DOTALL)


def with_tables(text: str) -> str:
    """The page with its tables renewed."""
    tables = "\n".join(_lines())
    return TABLES.sub(lambda match: f"{match[1]}{tables}\n\n{match[2]}", text)


def _lines() -> Iterator[str]:
    matrix = capabilities([found.name for found in installed() if found.distribution == "recorder-core"])
    head = ["asked", "mode", *(column.heading for column in matrix.columns)]
    for section in matrix.sections():
        yield from ("", f"## {section.group}", "", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}")
        for row in section.rows:
            cells = [_marked(cell, section) for cell in row.cells.values()]
            yield f"| {' | '.join([_escaped(row.label), row.where, *cells])} |"
        yield ""
        for number, note in enumerate(section.notes, start=1):
            yield f"{number}. {_escaped(note)}"


def _marked(cell: CapabilityCell, section: CapabilitySection) -> str:
    numbers = ", ".join(map(str, section.numbers(cell)))
    return f"{cell.answer} <sup>{numbers}</sup>" if numbers else cell.answer


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]])", r"\\\1", html.escape(text, quote=False)).replace("|", "&#124;")


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
