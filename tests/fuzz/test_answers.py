"""A vendor's answers are anybody's words: whatever comes, an operation gives a result, or an error of the library's."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzz.mangling import BODIES, CHANGES, EVERYWHERE, Change, extended, mangled, replaced
from fuzz.trying import ECONOMICAL, PROVIDERS, assert_passable, behind_proxy, done
from recorder_core import RecorderError
from recorder_core.testing import emulate
from recorder_core.testing.battery.operations import Operation, operations
from recorder_core.testing.battery.stage import Stage
from recorder_core.testing.faults import answered, changed, reshaped
from recorder_core.testing.proxy import Answer, Fault
from recorder_core.testing.service import configured

NAMES = ("Content_Type", "Content_Encoding", "Retry_After", "Date", "X_Request_ID", "Location", "Set_Cookie")
HEADERS = st.dictionaries(
    st.sampled_from(NAMES),
    st.sampled_from(("", "0", "-1", "1e9", "gzip", "deflate, gzip", "x" * 2_000, "Mon, 99 Foo 2026", "file:///")),
    max_size=3,
)
STATUSES = st.sampled_from((200, 201, 202, 204, 206, 299, 400, 401, 403, 404, 405, 409, 429, 500, 502, 503, 504, 599))


@pytest.fixture(scope="module", params=PROVIDERS)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A vendor's service with a proxy before it."""
    with (
        emulate(request.param, media=False, rate_limits=False) as service,
        Stage(service, partial(configured, request.param)) as made,
    ):
        yield made


def tried(stage: Stage, operation: Operation, fault: Fault, after: int, times: int = 1) -> object:
    """What came of an operation of which answers were other ones; None where there is no such operation."""
    subject = operation.subject(stage)
    if subject is None:
        return None
    stage.calm()
    stage.proxy.fail_next(fault, times, after=after)
    with behind_proxy(stage) as recorder:
        try:
            came: object = done(operation, recorder, subject)
        except RecorderError as error:
            came = error
    assert_passable(came)
    if not operation.again:
        stage.give_up(subject.room)
    return came


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
@ECONOMICAL
@given(changes=CHANGES, after=st.integers(0, 1))
def test_no_change_of_an_answer_breaks_an_operation(
    stage: Stage, operation: Operation, changes: list[Change], after: int
) -> None:
    """Wrong types, missing and additional parts, numbers and texts beyond reason, anywhere in a true answer."""
    tried(stage, operation, reshaped("mangled", "", lambda tree: mangled(tree, changes)), after)


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
@ECONOMICAL
@given(status=STATUSES, body=BODIES, headers=HEADERS, after=st.integers(0, 1))
@example(status=200, body=b'{"a":' * 50_000, headers={}, after=0)
def test_no_answer_breaks_an_operation(
    stage: Stage, operation: Operation, status: int, body: bytes, headers: Mapping[str, str], after: int
) -> None:
    """Any status with any body and any headers."""
    tried(stage, operation, answered(status, body, **headers), after)


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
def test_nothing_that_stands_everywhere_breaks_an_operation(stage: Stage, operation: Operation) -> None:
    """One odd value in the place of every leaf of all answers, or as a further member of every object."""
    for value in EVERYWHERE:
        fault = reshaped("mangled", "", lambda tree, value=value: replaced(tree, value))
        tried(stage, operation, fault, 0, times=9)
    for value in EVERYWHERE[:2]:
        fault = reshaped("mangled", "", lambda tree, value=value: extended(tree, f"odd {value}", value))
        tried(stage, operation, fault, 0, times=9)


def test_a_small_answer_that_unpacks_to_a_large_one_costs_little(stage: Stage) -> None:
    """It is given up at its limit: 64 MiB in 64 KiB cost no more memory than any other answer that is too long."""
    bomb = gzip.compress(bytes(64 << 20))

    def packed(answer: Answer) -> Answer:
        return replace(answer, headers={"Content-Encoding": "gzip"}, body=bomb)

    status = next(operation for operation in operations() if operation.name == "status")
    tracemalloc.start()
    try:
        came = tried(stage, status, changed("packed", "", packed), 0, times=9)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 << 20
    assert isinstance(came, RecorderError), came


def test_json_of_any_shape_is_shaped_as_it_was_drawn() -> None:
    """The changes themselves: each kind of them changes a tree."""
    tree: Any = {"a": [1, {"b": "x"}]}
    before = json.dumps(tree)
    for how in ("replace", "drop", "wrap", "add"):
        for at in range(4):
            assert mangled(tree, [Change(at, how, None)]) != tree
    assert json.dumps(tree) == before
    assert mangled({}, [Change(0, "drop", 7)]) == 7
