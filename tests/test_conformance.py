"""Both providers keep the contract, by the very kit that others have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from distributions.shelf import DISTRIBUTIONS, Shelf
from docs import fault_tables
from kits import run_kit
from recorder_core.testing.battery import Cell
from recorder_core.testing.conformance import ProviderConformance, clauses_of
from recorder_core.testing.conformance.failures import summary


class Tabled(ProviderConformance):
    """The reference says what comes of each fault; `make tables` renews it."""

    @pytest.fixture(autouse=True)
    def _measured(self, record_property: Callable[[str, object], None]) -> None:
        self.record_property = record_property

    def check_cells(self, cells: Sequence[Cell]) -> None:
        self.record_property("measured", summary(self.name, cells))
        text = fault_tables.PAGE.read_text(encoding="utf-8")
        assert fault_tables.with_meanings(fault_tables.with_table(text, self.name, cells)) == text, "run `make tables`"


class TestAgora(Tabled):
    name = "agora"


class TestZegocloud(Tabled):
    name = "zegocloud"


def test_a_third_party_s_provider_has_the_same_kit(shelf: Shelf, tmp_path: Path) -> None:
    """Installed from a wheel, with a service that is no emulator of ours: whatever holds inside holds outside."""
    outcomes = run_kit(DISTRIBUTIONS / "paper_conformance.py", tmp_path, installed=[shelf.path_of("paper")])
    assert {test: wrong for test, wrong in outcomes["TestPaper"].items() if wrong} == {}
    assert {name.partition("[")[0] for name in outcomes["TestPaper"]} == clauses_of(ProviderConformance).keys()


def test_a_vendor_may_keep_every_file_itself(shelf: Shelf, tmp_path: Path) -> None:
    """Its storage has no addresses, so that none is asked of its files."""
    kept = (
        "files_are_named_and_found",
        "a_link_is_a_secret",
        "deleted_files_are_expired",
        "nothing_is_lost_in_silence",
    )
    chosen = [f"TestKept::test_{name}" for name in kept]
    outcomes = run_kit(DISTRIBUTIONS / "paper_kept.py", tmp_path, installed=[shelf.path_of("paper")], chosen=chosen)
    assert {test: wrong for test, wrong in outcomes["TestKept"].items() if wrong} == {}
    assert len(outcomes["TestKept"]) == len(kept)
