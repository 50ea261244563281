"""Every field of every request can be reached: from a spec, from an option or from an operation."""

from __future__ import annotations

from typing import Any

import pytest

from planned import Planner, revealed
from recorder_core.testing import connect, emulate
from zegocloud.fields import CALLS, STARTS, Row, boarded, homes
from zegocloud.way_back import differences

PLANNER = Planner("zegocloud")


def _values(body: Any, path: str) -> list[Any]:
    """What stands at a path of a body, in all items of its lists."""
    at = [body]
    for step in path.split("."):
        key = step.removesuffix("[]")
        at = [value[key] for value in at if key in value]
        if step.endswith("[]"):
            at = [item for items in at for item in items]
    return at


def test_every_field_of_every_request_has_a_home() -> None:
    """Nothing that the vendor takes is out of reach, and nothing is listed that it doesn't take."""
    assert [leaf for leaf, reached in homes().items() if not reached] == []


def _row(row: Row) -> str:
    return f"{row.home}-{row.leaves[-1]}"


@pytest.mark.parametrize("row", STARTS, ids=_row)
def test_a_field_of_a_spec_is_in_the_body(row: Row) -> None:
    """It makes its leaves what they are: without it they are others, or absent. It is read back."""
    plan = PLANNER(**row.given)
    assert not [finding for finding in plan.findings if finding.lost]
    body = revealed(plan.request("StartRecord").payload)
    before = None if row.base is None else revealed(PLANNER(**row.base).request("StartRecord").payload)
    for leaf in row.leaves:
        assert _values(body, leaf)
        assert before is None or _values(body, leaf) != _values(before, leaf)
    assert differences(plan) == {}


@pytest.mark.parametrize("row", CALLS, ids=_row)
def test_an_operation_sends_the_body(row: Row) -> None:
    """What reaches the service holds the leaves, and the service takes it."""
    with emulate("zegocloud", media=False) as service, connect(service) as recorder:
        service.join("lesson-42", "7")
        recording = recorder.start(PLANNER.spec(**boarded()))
        service.clock.advance(5)
        assert row.call is not None
        row.call(recorder, recording)
        entry = next(entry for entry in service.journal if entry.operation == row.action)
    assert entry.answer["Code"] == 0
    assert all(_values(entry.body, leaf) for leaf in row.leaves)
