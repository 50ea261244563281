"""The conformance kit: what a provider promises by the contract, as tests that it inherits.

A provider's tests subclass `ProviderConformance`, name the provider, and run with pytest:

    class TestConformance(ProviderConformance):
        name = "paper"

With an emulator installed under the same name that is all. Else two fixtures say what to talk to and how. Each test
cites the clauses of the contract that it proves; the page of the contract (`docs/reference/contract.md`) has them all.
"""

from __future__ import annotations

import pkgutil

import pytest

# Before they are imported: a failure shows what was compared.
pytest.register_assert_rewrite(*(f"{__name__}.{room.name}" for room in pkgutil.iter_modules(__path__)))

# ruff: noqa: E402
from recorder_core.testing.conformance.clauses import clause, clauses_of
from recorder_core.testing.conformance.kit import ProviderConformance
from recorder_core.testing.service import Service, SkewedClock

__all__ = ["ProviderConformance", "Service", "SkewedClock", "clause", "clauses_of"]
