"""The contract's page and the kit say the same: each clause is proved by a test, and each test proves a clause."""

from __future__ import annotations

import re
from pathlib import Path

from recorder_core.testing.conformance import ProviderConformance, clauses_of
from recorder_core.testing.conformance.clauses import proofs_of

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "contract.md"


def clauses() -> list[str]:
    """The numbers on the page."""
    return re.findall(r"^\* \*\*([A-Z]\d+)\*\* ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_each_clause_is_proved_and_each_proof_is_of_a_clause() -> None:
    """A clause without a test is a wish, a test without a clause demands what nobody has promised."""
    proved = {number for numbers in clauses_of(ProviderConformance).values() for number in numbers}
    assert set(clauses()) == proved
    assert [name for name, numbers in clauses_of(ProviderConformance).items() if not numbers] == []


def test_clauses_are_numbered_in_their_order() -> None:
    """None twice."""
    numbers = clauses()
    assert len(set(numbers)) == len(numbers)
    for letter in dict.fromkeys(number[0] for number in numbers):
        of_letter = [int(number[1:]) for number in numbers if number[0] == letter]
        assert of_letter == sorted(of_letter)


def test_a_test_says_which_clauses_it_proves() -> None:
    """Its docstring begins with the first, and names all: a failure is read there."""
    for name, test in proofs_of(ProviderConformance).items():
        for number in clauses_of(ProviderConformance)[name]:
            assert f"{number}: " in (test.__doc__ or ""), name
