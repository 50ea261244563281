"""The rule table: which rule an outcome gets."""

from __future__ import annotations

from typing import Any

import pytest

from recorder_core.errors import (
    RateLimited,
    ServiceUnavailable,
    StartOutcomeUnknown,
    TransportError,
    UnexpectedResponse,
)
from recorder_core.rules import NO_ANSWER, NOT_JSON, NOT_SENT, Rule, RuleTable, Then


def refuse(**fields: Any) -> Rule:
    """A rule that raises."""
    return Rule(then=Then.RAISE, **fields)


def test_first_match_wins() -> None:
    """Rules are read from the top; an earlier one hides a later one."""
    first, second = refuse(codes=(2,), meaning="first"), refuse(statuses=(400,), meaning="second")
    table = RuleTable([first, second])
    assert table.decide("start", 400, 2) is first
    assert table.decide("start", 400, 3) is second
    assert list(table) == [first, second]
    assert len(table) == 2


def test_operation_status_and_code_must_all_match() -> None:
    """A rule holds only where each of its columns does."""
    rule = refuse(operations=("stop",), statuses=(206,), codes=(65,))
    table = RuleTable([rule])
    assert table.decide("stop", 206, 65) is rule
    for operation, status, code in (("start", 206, 65), ("stop", 200, 65), ("stop", 206, 435)):
        assert table.decide(operation, status, code) is not rule


def test_status_classes() -> None:
    """`5xx` stands for 500 to 599."""
    rule = refuse(statuses=("5xx",))
    table = RuleTable([rule])
    assert table.decide("start", 500) is table.decide("start", 599) is rule
    assert table.decide("start", 499) is not rule


def test_a_missing_code_is_told_from_any_code() -> None:
    """None among the codes matches an answer without one, and no other; text and numbers differ."""
    rule = refuse(codes=(None,))
    table = RuleTable([rule, refuse(codes=("7",))])
    assert table.decide("start", 404, None) is rule
    assert table.decide("start", 404, 7).codes == ()
    assert table.decide("start", 404, "7").codes == ("7",)


def test_a_family_of_codes() -> None:
    """A code that ends in `.*` stands for all that begin so, and neither for what comes before nor for numbers."""
    family = refuse(codes=("Denied.*", "Late"))
    table = RuleTable([refuse(codes=("Denied.Twice",)), family])
    assert table.decide("start", 200, "Denied.Once") is table.decide("start", 200, "Late") is family
    assert table.decide("start", 200, "Denied.Twice").codes == ("Denied.Twice",)
    for code in ("Denied", "DeniedOnce", "Not.Denied.Once", "Late.Again", 7, None):
        assert table.decide("start", 200, code) is not family


def test_message_tells_outcomes_apart() -> None:
    """A message is looked for anywhere in the vendor's words, in any case; else the next rule is tried."""
    disabled = refuse(statuses=(400,), message="Invalid AppID")
    other = refuse(statuses=(400,))
    table = RuleTable([disabled, other])
    assert table.decide("start", 400, None, "the invalid appid was refused") is disabled
    assert table.decide("start", 400, None, "something else") is other
    assert table.decide("start", 400, None, None) is other


def test_network_outcomes_must_be_named() -> None:
    """A rule for every status says nothing about attempts that have none."""
    everything = refuse(error=ServiceUnavailable)
    table = RuleTable([everything])
    assert table.decide("start", 418) is everything
    assert table.decide("start", NOT_SENT).error is TransportError
    assert table.decide("start", NO_ANSWER).error is TransportError
    named = refuse(statuses=(NO_ANSWER,), error=RateLimited)
    assert RuleTable([everything, named]).decide("start", NO_ANSWER) is named


def test_what_is_not_json_is_never_accepted() -> None:
    """An accepting rule is passed over; the number still counts, and so does `NOT_JSON`."""
    accept = Rule(statuses=(200,), then=Then.ACCEPT)
    gateway = refuse(statuses=(502,), error=ServiceUnavailable)
    table = RuleTable([accept, gateway])
    assert table.decide("start", 200, is_json=True) is accept
    assert table.decide("start", 200, is_json=False).error is UnexpectedResponse
    assert table.decide("start", 502, is_json=False) is gateway
    named = refuse(statuses=(NOT_JSON,), error=ServiceUnavailable)
    table = RuleTable([accept, named])
    assert table.decide("start", 200, is_json=False) is named
    assert table.decide("start", 200, is_json=True) is accept


def test_an_answer_without_a_rule_is_unexpected() -> None:
    """What the table doesn't list is the vendor's fault and raised as such."""
    rule = RuleTable([]).decide("start", 500, 15)
    assert (rule.then, rule.error, rule.fault) == (Then.RAISE, UnexpectedResponse, "vendor")


@pytest.mark.parametrize(
    ("status", "is_json"),
    [(NO_ANSWER, True), (200, False), (202, True), (204, False), (303, False), (304, True), (408, False), (499, False)]
    + [(status, is_json) for status in (500, 502, 503, 504) for is_json in (True, False)],
)
def test_what_leaves_a_start_in_doubt(status: int | str, is_json: bool) -> None:
    """Of a call that begins a recording nobody takes for refused what may have been carried out; rules go first."""
    doubt = RuleTable([]).decide("begin", status, is_json=is_json, starts=True)
    assert (doubt.then, doubt.error) == (Then.RAISE, StartOutcomeUnknown)
    assert doubt.hint
    assert RuleTable([]).decide("begin", status, is_json=is_json).error is not StartOutcomeUnknown
    own = refuse(statuses=(status,), error=ServiceUnavailable)
    assert RuleTable([own]).decide("begin", status, is_json=is_json, starts=True) is own


@pytest.mark.parametrize(
    ("status", "is_json"), [(NOT_SENT, True), (400, True), (403, False), (404, False), (429, True)]
)
def test_what_leaves_a_start_in_no_doubt(status: int | str, is_json: bool) -> None:
    """What was never sent, or was refused, doesn't run."""
    assert RuleTable([]).decide("begin", status, is_json=is_json, starts=True).error is not StartOutcomeUnknown


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"then": Then.RAISE, "statuses": ("6xx",)}, "6xx"),
        ({"then": Then.RAISE, "statuses": ("unsent",)}, "unsent"),
        ({"then": Then.RAISE, "delays": (1.0,)}, "'raise' has no use for delays"),
        ({"then": Then.ACCEPT, "delays": (1.0,)}, "'accept' has no use for delays"),
        ({"then": Then.REPEAT}, "needs a delay"),
    ],
)
def test_a_rule_that_can_not_work_is_refused(fields: dict[str, Any], says: str) -> None:
    """A rule that contradicts itself is refused when it is written."""
    with pytest.raises(ValueError, match=says):
        Rule(**fields)
