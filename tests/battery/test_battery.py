"""Every fault, met by every call of every operation of every registered provider."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from battery.cell import Cell
from battery.rounds import cells_of, hanging_cells_of
from docs import fault_tables
from recorder_core.plugins import installed

PROVIDERS = [found.name for found in installed()]
TESTS = Path(__file__).parents[1]


def cells_elsewhere(provider: str, installed_in: Path, folder: Path) -> list[Cell]:
    """The cells of a provider that only an interpreter of its own has installed."""
    done = subprocess.run(
        (sys.executable, "-m", "battery.rounds", provider),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(installed_in), str(TESTS)))},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [Cell(**cell) for cell in json.loads(done.stdout)]


def problems(cells: list[Cell]) -> list[str]:
    return [
        f"{cell.operation}, {cell.call}, {cell.trouble}{', always' * cell.always}: {cell.outcome}; {problem}"
        for cell in cells
        for problem in cell.problems
    ]


def summary(provider: str, cells: list[Cell]) -> str:
    starts = [cell for cell in cells if cell.operation == "start"]
    return (
        f"fault battery, {provider}: {len(cells)} cells, {sum(len(cell.calls) for cell in cells)} requests; "
        f"{len(starts)} starts, {sum(cell.running for cell in starts)} run, "
        f"{sum(cell.outcome == 'StartOutcomeUnknown' for cell in starts)} are of unknown outcome, "
        f"{sum(cell.running > 1 for cell in starts)} run twice"
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_deadline_ends_what_hangs(provider: str) -> None:
    """By the deadline's own clock, though every time-out comes much later; and all the rest holds as well."""
    cells = hanging_cells_of(provider)
    assert problems(cells) == []
    assert {cell.outcome for cell in cells} <= {"DeadlineExceeded", "StartOutcomeUnknown", "unreachable", "a problem"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_whatever_goes_wrong(provider: str, record_property: Callable[[str, object], None]) -> None:
    """A true result or a whole error of ours, in time, without a secret; no second recording, none that nobody knows
    of. The reference says what comes of each fault; `make tables` renews it."""
    cells = cells_of(provider)
    record_property("measured", summary(provider, cells))
    assert problems(cells) == []
    text = fault_tables.PAGE.read_text(encoding="utf-8")
    assert fault_tables.with_meanings(fault_tables.with_table(text, provider, cells)) == text, "run `make tables`"


def test_whatever_goes_wrong_at_a_third_party_s_provider(
    shelf: object, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """What the core promises it promises for a provider from elsewhere, whose own table knows next to nothing."""
    cells = cells_elsewhere("paper", shelf.path_of("paper"), tmp_path)
    record_property("measured", summary("paper", cells))
    assert problems(cells) == []
