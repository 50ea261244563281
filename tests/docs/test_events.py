"""The page of events is what the providers' tables say today."""

from __future__ import annotations

import inspect
import re
from importlib import import_module

import event_tables
import pytest

from recorder_core import EventKind


def rows() -> dict[str, list[str]]:
    """The cells of each kind's row."""
    text = event_tables.PAGE.read_text(encoding="utf-8")
    lines = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    assert len(lines) == len(dict(lines))
    return {kind: cells.split(" | ") for kind, cells in lines}


def test_the_page_of_events_is_computed() -> None:
    """No cell is typed by hand, and none is stale; `make tables` renews them."""
    text = event_tables.PAGE.read_text(encoding="utf-8")
    assert event_tables.with_table(text) == text, "run `make tables`"


def test_every_kind_is_there_with_its_meaning_and_something_that_tells_it() -> None:
    """None is unexplained, and none can never come."""
    assert list(rows()) == [kind.value for kind in EventKind]
    for kind, (meaning, *told) in rows().items():
        assert meaning.strip(), kind
        assert any(cell.strip() for cell in told), kind


@pytest.mark.parametrize("provider", event_tables.providers())
def test_every_event_of_a_vendor_is_there_once(provider: str) -> None:
    """Each number of the provider's table is in one row of its column; those that details decide are in others too."""
    column = 1 + event_tables.providers().index(provider)
    kinds = import_module(f"recorder_{provider}.tables").EVENT_KINDS
    told = [event for cells in rows().values() for event in cells[column].split("<br>") if event.strip()[:1].isdigit()]
    assert sorted(int(event.split()[0]) for event in told if ":" not in event) == sorted(kinds)
    assert {int(event.split()[0]) for event in told} == set(kinds)


@pytest.mark.parametrize("provider", event_tables.providers())
def test_no_kind_that_details_decide_is_left_out(provider: str) -> None:
    """Every kind that the code which reads events names by itself is in the provider's column."""
    source = inspect.getsource(import_module(f"recorder_{provider}.translate.events"))
    named = {EventKind[name] for name in re.findall(r"\bEventKind\.([A-Z_]+)\b", source)}
    assert named <= event_tables.told_by(provider).keys()
