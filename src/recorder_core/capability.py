"""The capability matrix: what each provider makes of everything that users ask, computed and never typed.

Every probe is translated by every provider; what its plan finds beyond the findings of the same spec without the asked
thing is the answer. Operations of a running recording are those that the provider offers for the mode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import groupby, product
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from recorder_core.errors import (
    ConfigurationError,
    InvalidSpec,
    RecorderError,
    UnsupportedFeature,
    UnsupportedOperation,
)
from recorder_core.models import Layout, Mode, Recording, RecordingSpec, StartIntent
from recorder_core.plan import Finding, Plan
from recorder_core.plugins import PROVIDERS, installed, load_provider
from recorder_core.probes import CONTAINERS, KINDS, PROBES, TWO, Ground, Probe
from recorder_core.provider import Provider

__all__ = [
    "CapabilityAnswer",
    "CapabilityCell",
    "CapabilityColumn",
    "CapabilityMatrix",
    "CapabilityRow",
    "capabilities",
]

CapabilityAnswer = Literal["exact", "approximated", "no", "unknown"]

EPOCH = datetime.fromtimestamp(0, UTC)
ANY_LAYOUT: TypeAdapter[Any] = TypeAdapter(Layout)
NOTHING = Probe("", "")
EVERYBODY: Mapping[str, Any] = {}
NAMED: Mapping[str, Any] = {"audio": TWO, "video": TWO}


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


def capabilities(providers: Sequence[str] | None = None) -> CapabilityMatrix:
    """What each provider can do. No network, no credentials; hooks are not asked.

    A provider that can't be loaded or asked has a column that says why, and harms no other.

    Args:
        providers: names of installed providers; None takes all that are installed.

    Raises:
        ConfigurationError: the names are one text.
        ProviderNotFound: no provider of such a name is installed; the error has the nearest name.
    """
    if isinstance(providers, str):
        raise ConfigurationError(
            f"capabilities takes a list of names, not the text {providers!r}",
            fault="caller",
            hint=f"capabilities([{providers!r}])",
        )
    known = [found.name for found in installed(PROVIDERS)]
    for name in providers or ():
        if name not in known:
            load_provider(name)
    asked = [_Asked(name) for name in dict.fromkeys(known if providers is None else providers)]
    rows = tuple(
        CapabilityRow(
            group=probe.group,
            label=probe.label,
            modes=(mode,),
            operation=probe.operation,
            asks={name: value for name, value in probe.spec(mode).dump().items() if name in probe.asks},
            cells={one.name: one.answer(probe, mode) for one in asked},
        )
        for probe in PROBES
        for mode in probe.modes
    )
    return CapabilityMatrix(tuple(one.column for one in asked), rows)


class _Asked:
    """A provider that is asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._plans: dict[RecordingSpec, Plan] = {}
        self._grounds: dict[Mode, Ground] = {}

    @cached_property
    def column(self) -> CapabilityColumn:
        """The modes that it has, or what is wrong with it."""
        try:
            modes = tuple(mode for mode in Mode if not _lost(self._plan(self._bare(mode)).findings))
        except Exception as error:
            return CapabilityColumn(self.name, problem=_told(error))
        return CapabilityColumn(self.name, modes)

    @cached_property
    def _provider(self) -> Provider:
        """One without credentials, which can plan and no more."""
        found = load_provider(self.name)
        return found(found.Config.placeholder())

    @cached_property
    def _storage(self) -> Mapping[str, Any]:
        """The first kind of storage that it takes, so that no other answer depends on it."""
        grounds = (Ground(storage, formats) for storage in KINDS.values() for formats in CONTAINERS[:2])
        for ground in grounds:
            findings = self._plan(NOTHING.baseline(Mode.COMPOSITE, ground)).findings
            if not any(finding.path.startswith("storage") for finding in _lost(findings)):
                return ground.storage
        return KINDS["Amazon S3"]

    def _ground(self, mode: Mode) -> Ground:
        """The first one of which it can record everything in a mode, so that no other answer depends on it.

        Where there is none, the first one of which it loses least.
        """
        if mode not in self._grounds:
            people = (EVERYBODY, NAMED) if mode is Mode.INDIVIDUAL else (EVERYBODY,)
            first, *others = (Ground(self._storage, *choice) for choice in product(CONTAINERS, people))
            best, losses = first, self._losses(mode, first)
            for ground in others if losses else ():
                with suppress(Exception):  # what it can't be asked isn't what it records
                    if (fewer := self._losses(mode, ground)) < losses:
                        best, losses = ground, fewer
            self._grounds[mode] = best
        return self._grounds[mode]

    def _losses(self, mode: Mode, ground: Ground) -> int:
        return len(_lost(self._plan(NOTHING.baseline(mode, ground)).findings))

    def _bare(self, mode: Mode) -> RecordingSpec:
        return NOTHING.baseline(mode, self._ground(mode))

    def answer(self, probe: Probe, mode: Mode) -> CapabilityCell:
        """The cell of a probe in a mode."""
        if self.column.problem:
            return CapabilityCell("unknown")
        try:
            findings = self._findings(probe, mode)
        except UnsupportedFeature as error:
            findings = tuple(error.findings)
        except (InvalidSpec, UnsupportedOperation) as error:
            findings = (Finding(probe.operation or "", "unsupported", error.message, error.hint or ""),)
        except Exception as error:
            return CapabilityCell("unknown", (Finding(probe.operation or "", "unsupported", _told(error)),))
        if lost := _lost(findings):
            return CapabilityCell("no", lost)
        return CapabilityCell("approximated" if findings else "exact", findings)

    def _findings(self, probe: Probe, mode: Mode) -> tuple[Finding, ...]:
        """What is lost of the asked thing; where what has to be there for it is lost already, that."""
        ground = beside = self._ground(mode)
        if probe.is_about_mode:
            ground, beside = replace(ground, participants=EVERYBODY), self._ground(Mode.COMPOSITE)
        baseline = probe.baseline(mode, beside)
        before = self._plan(baseline).findings
        lost = _lost(before)
        if lost and not probe.is_about_mode:
            return lost
        if probe.operation:
            return self._findings_of_operation(probe, probe.operation, mode)
        if probe.is_apart:
            after = self._provider.translate(baseline, self._intent(baseline, self._handle(baseline))).findings
        else:
            after = self._plan(probe.spec(mode, ground)).findings
        kept = [] if lost else [finding for finding in before if not _is_replaced(finding, probe)]
        return tuple(finding for finding in after if finding not in kept)

    def _findings_of_operation(self, probe: Probe, operation: str, mode: Mode) -> tuple[Finding, ...]:
        provider = self._provider
        if not provider.offers(operation, mode):
            detail = "there is no such operation"
            if provider.offers(operation):
                detail = f"only {' and '.join(sorted(provider.operation_modes[operation]))} recordings have it"
            return (Finding(operation, "unsupported", detail),)
        if "layout" not in probe.asks:
            return ()
        handle = self._handle(self._bare(mode))
        layout = ANY_LAYOUT.validate_python(probe.asks["layout"]).over(handle.layout)
        return provider.translate_layout(handle, layout).findings

    def _plan(self, spec: RecordingSpec) -> Plan:
        if spec not in self._plans:
            self._plans[spec] = self._provider.translate(spec, self._intent(spec))
        return self._plans[spec]

    def _intent(self, spec: RecordingSpec, *apart_from: Recording) -> StartIntent:
        provider = self._provider
        return StartIntent(
            id=UUID(int=0).hex,
            provider=provider.name,
            account=provider.account,
            room=spec.room,
            created_at=EPOCH,
            apart_from=apart_from,
        )

    def _handle(self, spec: RecordingSpec) -> Recording:
        """The handle of a recording that never was."""
        provider = self._provider
        native = {**dict.fromkeys(provider.native_ids, "1"), **provider.native_examples}
        return provider.begun(self._plan(spec), self._intent(spec), started_at=EPOCH, native=native)


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


def _lost(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.lost)


def _is_replaced(finding: Finding, probe: Probe) -> bool:
    """Whether the asked fields replace what is found, so that the same finding afterwards is the asked thing's."""
    section, _, name = finding.path.partition(".")
    if section == "output" and name.partition(".")[0] == "formats":
        return "formats" in probe.asks.get("output", {}) and "formats" not in probe.given.get("output", {})
    return section in probe.asks.keys() - probe.given.keys()


def _told(error: Exception) -> str:
    if isinstance(error, RecorderError):
        return error.message
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
