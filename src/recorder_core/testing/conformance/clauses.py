"""Which clauses of the contract a test proves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import TypeVar

__all__ = ["clause", "clauses_of", "proofs_of"]

CLAUSE = re.compile(r"[A-Z]\d+")
Test = TypeVar("Test", bound=Callable[..., object])


def clause(*numbers: str) -> Callable[[Test], Test]:
    """Mark a test as the proof of clauses, such as `L1`.

    Raises:
        ValueError: none is given, or one is no number of a clause.
    """
    wrong = [number for number in numbers if not CLAUSE.fullmatch(number)]
    if wrong or not numbers:
        raise ValueError(f"{wrong or 'nothing'} is no number of a clause, such as L1")

    def mark(test: Test) -> Test:
        test.__clauses__ = numbers  # type: ignore[attr-defined]
        return test

    return mark


def clauses_of(kit: type) -> dict[str, tuple[str, ...]]:
    """The tests of a kit, by name, each with the clauses that it proves."""
    return {name: getattr(test, "__clauses__", ()) for name, test in proofs_of(kit).items()}


def proofs_of(kit: type) -> dict[str, Callable[..., object]]:
    """The tests of a kit, inherited ones too, by name."""
    return {name: test for name, test in inspect.getmembers(kit, inspect.isfunction) if name.startswith("test_")}
