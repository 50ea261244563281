"""The page on growing a provider shows code that is tested, and names tests that there are."""

from __future__ import annotations

import re

import grown_page

from recorder_core.testing.conformance import ProviderConformance, clauses_of

TEXT = grown_page.PAGE.read_text(encoding="utf-8")


def test_the_page_shows_the_code_as_it_stands() -> None:
    """`make tables` renews it; no block is of the page alone."""
    assert grown_page.with_code(TEXT) == TEXT
    assert len(grown_page.BLOCK.findall(TEXT)) == TEXT.count("```python")


def test_the_tests_that_a_step_turns_on_are_of_the_kit() -> None:
    """By the names by which they fail."""
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert named <= clauses_of(ProviderConformance).keys()
    steps = TEXT.split("\n## ")[1:]
    assert [step.partition("\n")[0] for step in steps if "Turned on: `test_" not in step] == []
