"""The conformance kit catches what it is for: providers with one fault each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kits import TESTS, run_kit
from mutations.mutants import MUTANTS, chosen

FEWEST = 20


def test_every_fault_turns_the_kit_red(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Each is caught by a test that proves the clause which the fault breaks."""
    assert len(MUTANTS) >= FEWEST
    outcomes = run_kit(TESTS / "mutations" / "mutants.py", tmp_path, chosen=chosen())
    assert [test for test, wrong in outcomes["TestSound"].items() if wrong] == []
    missed = []
    for name, mutant in MUTANTS.items():
        red = [test for test, wrong in outcomes[f"Test{name}"].items() if wrong]
        record_property("measured", f"mutant {name}: {mutant.fault}: {', '.join(red) or 'not caught'}")
        missed += [] if red else [f"{name}: {mutant.fault}"]
    assert missed == []
