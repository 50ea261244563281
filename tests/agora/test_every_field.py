"""Every field of every request can be reached: from a spec, from an option or from an operation."""

from __future__ import annotations

from typing import Any

import pytest

from agora.fields import BASES, CALLS, DOCUMENTED, STARTS, WITHDRAWN, Fields, Row, homes, modes_of, reached_by
from planned import S3_STORAGE, Planner, revealed
from recorder_core import Plan, RecordingSpec
from recorder_core.testing import connect, emulate

PLANNER = Planner("agora")


def test_every_field_of_every_request_has_a_home() -> None:
    """Nothing that the vendor takes is out of reach in any mode, and nothing is listed that it doesn't take."""
    reached = {field for row in (*STARTS, *CALLS) for field in reached_by(row)}
    assert set(DOCUMENTED) - reached == set()
    assert reached - set(DOCUMENTED) == set()
    assert not {field for row in WITHDRAWN for field in reached_by(row)} & set(DOCUMENTED)
    assert not [leaf for leaf, found in homes().items() if not found]
    assert homes().keys() == modes_of().keys()


# --- who makes them ---


def _values(body: Any, path: str) -> list[Any]:
    """What stands at a path of a body, in all items of its lists."""
    at = [{**body, **body["clientRequest"]}]
    for step in path.split("."):
        key, _, index = step.partition("[")
        at = [value[key] for value in at if key in value]
        if index:
            service = index.removesuffix("]")
            at = [item for items in at for item in items if service in ("", item.get("serviceName"))]
    return at


def _planned(fields: Fields) -> Plan:
    """The plan of a start that stays away from another recording."""
    spec = PLANNER.spec(**fields)
    other = PLANNER.recording({"resourceId": "r-0"})
    return PLANNER.provider.translate(spec, PLANNER.recorder._intent(spec, None, "r-1", (other,)))


def _name(row: Row) -> str:
    return f"{row.method}-{row.home}-{row.leaves[-1]}"


@pytest.mark.parametrize("row", [*STARTS, *WITHDRAWN], ids=_name)
def test_a_field_of_a_spec_is_in_the_body(row: Row) -> None:
    """It makes its leaves what they are, in each of its modes: without it they are others, or absent."""
    for mode in row.modes:
        plan = _planned({**BASES[mode], **row.given})
        assert "unsupported" not in {finding.verdict for finding in plan.findings}
        body = revealed(plan.request(row.method).payload)
        base = None if row.base is None else _planned({**BASES[mode], **row.base})
        before = None if base is None else revealed(base.request(row.method).payload)
        for leaf in row.leaves:
            assert _values(body, leaf)
            assert before is None or _values(body, leaf) != _values(before, leaf)


@pytest.mark.parametrize("row", CALLS, ids=_name)
def test_an_operation_sends_its_fields(row: Row) -> None:
    """The service gets them and takes them, in each of the operation's modes."""
    assert row.call is not None
    for mode in row.modes:
        with emulate("agora", media=False) as service, connect(service) as recorder:
            service.join("lesson-42", "7")
            fields = {"storage": S3_STORAGE, "output": {"prefix": "lessons"}, **BASES[mode], **row.given}
            recording = recorder.start(RecordingSpec.load({"room": "lesson-42", **fields}), confirm=True)
            row.call(recorder, recording)
            entry = [entry for entry in service.journal if entry.operation == row.method][-1]
        assert entry.status == 200
        for leaf in row.leaves:
            assert _values(entry.body, leaf), leaf
