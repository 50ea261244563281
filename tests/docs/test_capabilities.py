"""The page of capabilities is what the translators say today."""

from __future__ import annotations

import re

import capability_tables

from recorder_core import capabilities
from recorder_core.plugins import installed


def test_the_page_of_capabilities_is_computed() -> None:
    """No cell is typed by hand, and none is stale; `make tables` renews them."""
    text = capability_tables.PAGE.read_text(encoding="utf-8")
    assert capability_tables.with_tables(text) == text, "run `make tables`"


def test_every_note_is_referred_to_and_every_reference_leads_to_a_note() -> None:
    """In each section the numbers of the cells are those of its notes; each of our providers has a column."""
    text = capability_tables.PAGE.read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert len(sections) > 5
    ours = capabilities([found.name for found in installed() if found.distribution == "recorder-core"]).columns
    head = f"| asked | mode | {' | '.join(column.heading for column in ours)} |"
    for section in sections:
        assert head in section
        referred = {number for cell in re.findall(r"<sup>([\d, ]+)</sup>", section) for number in cell.split(", ")}
        assert referred == set(re.findall(r"^(\d+)\. ", section, re.MULTILINE)), section.splitlines()[0]
