"""The lock of the tests: an exact version of everything that `pyproject.toml` asks for, each in its range."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINES = (ROOT / "requirements-ci.txt").read_text(encoding="utf-8").splitlines()
PINNED = re.compile(r"([A-Za-z0-9._-]+)==([0-9][A-Za-z0-9.+!-]*)")


def locked() -> dict[str, str]:
    """Versions by name."""
    found = (PINNED.fullmatch(line) for line in LINES if not line.startswith("#"))
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def shipped() -> Iterator[Requirement]:
    """What whoever installs the library gets."""
    extras = PROJECT["project"]["optional-dependencies"].values()
    for text in (*PROJECT["project"]["dependencies"], *(text for extra in extras for text in extra)):
        if not text.startswith(PROJECT["project"]["name"]):
            yield Requirement(text)


def of_the_tests() -> Iterator[Requirement]:
    """What else `make test` and `make audit` install."""
    entries: list[Any] = [entry for group in PROJECT["dependency-groups"].values() for entry in group]
    for text in (*PROJECT["build-system"]["requires"], *(entry for entry in entries if isinstance(entry, str))):
        yield Requirement(text)


def test_every_line_is_an_exact_version() -> None:
    """No range, no address of a registry, no path of a machine."""
    assert [line for line in LINES if not line.startswith("#") and not PINNED.fullmatch(line)] == []
    assert len(locked()) == len([line for line in LINES if not line.startswith("#")])


@pytest.mark.parametrize("wanted", [*shipped(), *of_the_tests()], ids=str)
def test_what_is_asked_for_is_locked_in_its_range(wanted: Requirement) -> None:
    """`make lock` was run since it was changed."""
    assert wanted.specifier.contains(locked()[canonicalize_name(wanted.name)])


@pytest.mark.parametrize("wanted", list(shipped()), ids=str)
def test_what_is_shipped_has_a_range_with_two_ends(wanted: Requirement) -> None:
    """From the oldest that works to before the next that may not."""
    assert {part.operator for part in wanted.specifier} == {">=", "<"}


def test_make_installs_what_is_locked() -> None:
    """No line of the Makefile that installs for the tests goes without the lock."""
    rule = (ROOT / "Makefile").read_text(encoding="utf-8").partition("$(VENV)/.dependencies:")[2].partition("\n\n")[0]
    installs = [line for line in rule.splitlines() if "pip install" in line]
    assert len(installs) == 3
    assert [line for line in installs if "--constraint $(LOCK)" not in line] == []
