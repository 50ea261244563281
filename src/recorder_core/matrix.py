"""The capability matrix: a cell for each thing that users ask, each mode and each provider; `capability.py` asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any, Literal

from recorder_core.models import Mode
from recorder_core.plan import Finding

__all__ = [
    "CapabilityAnswer",
    "CapabilityCell",
    "CapabilityColumn",
    "CapabilityMatrix",
    "CapabilityRow",
    "CapabilitySection",
]

CapabilityAnswer = Literal["exact", "approximated", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class CapabilityCell:
    """What one provider makes of one thing that is asked.

    Attributes:
        answer: `exact`; `approximated`: recorded, not quite as asked; `no`; `unknown`: the provider couldn't be asked.
        findings: why it isn't exact, and what will happen or what to do instead.
    """

    answer: CapabilityAnswer
    findings: tuple[Finding, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The findings in words, without their paths, each once."""
        return tuple(dict.fromkeys(f"{f.detail}{f.instead and f' ({f.instead})'}" for f in self.findings))


@dataclass(frozen=True, slots=True)
class CapabilityColumn:
    """One provider.

    Attributes:
        name: its name.
        modes: the modes that it has; a row's cell holds for those of the row's modes that are among them.
        problem: why it couldn't be asked, else None.
    """

    name: str
    modes: tuple[Mode, ...] = ()
    problem: str | None = None

    @property
    def heading(self) -> str:
        """The name, with the modes where it hasn't all of them."""
        if self.problem or len(self.modes) == len(Mode):
            return self.name
        return f"{self.name} ({', '.join(self.modes) or 'no mode'})"

    def has(self, row: CapabilityRow) -> bool:
        """Whether it has any mode of the row."""
        return any(mode in self.modes for mode in row.modes)


@dataclass(frozen=True, slots=True)
class CapabilityRow:
    """One thing that is asked.

    Attributes:
        group: what it belongs to.
        label: how users call it.
        modes: the modes in which it is asked.
        operation: the operation of a running recording, such as `pause`; None: it is asked at the start.
        asks: the fields of a spec that ask for it, as plain JSON, secrets masked.
        cells: what each provider makes of it, by its name.
    """

    group: str
    label: str
    modes: tuple[Mode, ...]
    operation: str | None
    asks: Mapping[str, Any]
    cells: Mapping[str, CapabilityCell]

    @property
    def where(self) -> str:
        """The modes in words: `all`, or their names."""
        return "all" if len(self.modes) == len(Mode) else ", ".join(self.modes)

    def is_about(self, words: Sequence[str]) -> bool:
        """Whether it has each word, in small or capital letters.

        A word occurs in its group, label, modes or operation, or it is a field of a spec, such as `follows` or
        `output.tracks`, or a value, such as `speaker`, of what the row asks.
        """
        text = " ".join((self.group, self.label, *self.modes, self.operation or "")).casefold()
        asked = set(_words_of(self.asks))
        return all(word in text or word in asked for word in map(str.casefold, words))


@dataclass(frozen=True, slots=True)
class CapabilitySection:
    """The rows of one group, and the notes to their cells.

    Attributes:
        group: what the rows have in common.
        rows: its rows.
        notes: what is said of cells that aren't exact, each once.
    """

    group: str
    rows: tuple[CapabilityRow, ...]
    notes: tuple[str, ...]

    def numbers(self, cell: CapabilityCell) -> tuple[int, ...]:
        """The numbers of a cell's notes, from 1, in their order."""
        return tuple(sorted(self.notes.index(note) + 1 for note in cell.notes))


@dataclass(frozen=True, slots=True)
class CapabilityMatrix:
    """What each provider can do.

    Attributes:
        columns: the providers.
        rows: what is asked, in groups; a row for each mode, as `capabilities` makes it.
    """

    columns: tuple[CapabilityColumn, ...]
    rows: tuple[CapabilityRow, ...]

    def about(self, *words: str) -> CapabilityMatrix:
        """The same with those rows alone that have every word, as `CapabilityRow.is_about` says."""
        return replace(self, rows=tuple(row for row in self.rows if row.is_about(words)))

    def folded(self) -> CapabilityMatrix:
        """The same with one row for all modes in which no provider answers otherwise, for people to read.

        A mode that a provider doesn't have is told once, where the mode itself is asked: it parts no rows.
        """
        folded: list[CapabilityRow] = []
        for row in self.rows:
            for index, other in enumerate(folded):
                if (other.group, other.label) == (row.group, row.label) and self._agree(other, row):
                    folded[index] = self._joined(other, row)
                    break
            else:
                folded.append(row)
        return replace(self, rows=tuple(folded))

    def _agree(self, one: CapabilityRow, other: CapabilityRow) -> bool:
        return all(
            one.cells[column.name] == other.cells[column.name]
            for column in self.columns
            if column.has(one) and column.has(other)
        )

    def _joined(self, one: CapabilityRow, other: CapabilityRow) -> CapabilityRow:
        cells = {column.name: (one if column.has(one) else other).cells[column.name] for column in self.columns}
        return replace(one, modes=(*one.modes, *other.modes), cells=cells)

    def sections(self) -> tuple[CapabilitySection, ...]:
        """The folded rows by group, each with numbered notes, for people to read."""
        return tuple(
            CapabilitySection(
                group=group,
                rows=(rows := tuple(grouped)),
                notes=tuple(dict.fromkeys(note for row in rows for cell in row.cells.values() for note in cell.notes)),
            )
            for group, grouped in groupby(self.folded().rows, key=lambda row: row.group)
        )

    def dump(self) -> dict[str, Any]:
        """The matrix as plain JSON values."""
        return {
            "providers": [
                {"name": column.name, "modes": [str(mode) for mode in column.modes], "problem": column.problem}
                for column in self.columns
            ],
            "rows": [
                {
                    "group": row.group,
                    "label": row.label,
                    "modes": [str(mode) for mode in row.modes],
                    "operation": row.operation,
                    "asks": dict(row.asks),
                    "cells": {
                        name: {"answer": cell.answer, "findings": [asdict(finding) for finding in cell.findings]}
                        for name, cell in row.cells.items()
                    },
                }
                for row in self.rows
            ],
        }


def _words_of(asked: Any, path: str = "") -> Iterator[str]:
    """The fields of a spec, each by its name and its path, and what they have for values, in small letters."""
    if isinstance(asked, Mapping):
        for name, value in asked.items():
            inside = f"{path}.{name}" if path else name
            yield from (name.casefold(), inside.casefold())
            yield from _words_of(value, inside)
    elif isinstance(asked, list | tuple):
        for item in asked:
            yield from _words_of(item, path)
    elif isinstance(asked, str):
        yield asked.casefold()
