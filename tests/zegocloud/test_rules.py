"""What each of the vendor's answers means and what follows."""

import pytest

from recorder_core.errors import (
    AuthenticationError,
    QuotaExceeded,
    RateLimited,
    RecorderError,
    RecordingEnded,
    RecordingNotFound,
    ServiceUnavailable,
    StartOutcomeUnknown,
    TransportError,
)
from recorder_core.rules import NO_ANSWER, NOT_JSON, NOT_SENT, Rule, RuleTable, Then
from recorder_zegocloud.rules import RULES
from recorder_zegocloud.tables import Code

TABLE = RuleTable(RULES)
ACTIONS = ("StartRecord", "StopRecord", "UpdateLayout", "DescribeRecordStatus", "DescribeTasks")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("code", list(Code))
def test_every_documented_code_has_a_row(action: str, code: Code) -> None:
    """Each code is accepted, or has a class, a meaning and a hint, whatever the HTTP status."""
    at_200, at_500 = (TABLE.decide(action, status, int(code)) for status in (200, 500))
    assert at_200 is at_500
    assert at_200 in RULES
    assert at_200.meaning
    if at_200.then is not Then.ACCEPT:
        assert at_200.error is not RecorderError
        assert at_200.hint.endswith(".")
        assert not at_200.meaning.endswith(".")


@pytest.mark.parametrize(
    ("action", "code", "then", "error"),
    [
        ("StartRecord", 0, Then.ACCEPT, None),
        ("StartRecord", 100000004, Then.RAISE, AuthenticationError),
        ("StartRecord", 100000005, Then.RAISE, AuthenticationError),
        ("StartRecord", 100000012, Then.REPEAT, StartOutcomeUnknown),
        ("StartRecord", 300010000, Then.REPEAT, StartOutcomeUnknown),
        ("StopRecord", 300010000, Then.REPEAT, ServiceUnavailable),
        ("StartRecord", 300000003, Then.REPEAT, RateLimited),
        ("StartRecord", 300000006, Then.RAISE, QuotaExceeded),
        ("StopRecord", 300001001, Then.ACCEPT, None),
        ("StopRecord", 300001000, Then.ACCEPT, None),
        ("DescribeRecordStatus", 300001000, Then.ACCEPT, None),
        ("DescribeRecordStatus", 300001001, Then.ACCEPT, None),
        ("UpdateLayout", 300001001, Then.RAISE, RecordingEnded),
        ("UpdateLayout", 300001000, Then.RAISE, RecordingNotFound),
    ],
)
def test_what_follows_a_code(action: str, code: int, then: Then, error: type[RecorderError] | None) -> None:
    """Codes that tell a state are accepted where it is read; failures are repeated where that is safe."""
    rule = TABLE.decide(action, 200, code)
    assert rule.then is then
    assert error is None or rule.error is error


@pytest.mark.parametrize(
    ("action", "status", "then", "error"),
    [
        ("StartRecord", NOT_SENT, Then.NEXT_HOST, TransportError),
        ("StopRecord", NOT_SENT, Then.REPEAT, TransportError),
        ("DescribeRecordStatus", NOT_SENT, Then.REPEAT, TransportError),
        ("StartRecord", NO_ANSWER, Then.REPEAT, StartOutcomeUnknown),
        ("StopRecord", NO_ANSWER, Then.REPEAT, TransportError),
        ("StartRecord", 502, Then.REPEAT, StartOutcomeUnknown),
        ("UpdateLayout", 502, Then.REPEAT, ServiceUnavailable),
    ],
)
def test_what_follows_the_networks_faults(
    action: str, status: int | str, then: Then, error: type[RecorderError]
) -> None:
    """Only a start of which no byte left goes to another host; a task keeps its host."""
    rule = TABLE.decide(action, status)
    assert (rule.then, rule.error) == (then, error)


def test_a_page_instead_of_an_answer() -> None:
    """An HTML page after a start leaves it unknown whether the recording runs."""
    start, status = (TABLE.decide(action, 200, is_json=False) for action in ("StartRecord", "StopRecord"))
    assert (start.error, NOT_JSON in status.statuses) == (StartOutcomeUnknown, True)


def test_nothing_moves_a_running_task_to_another_host() -> None:
    """NEXT_HOST is for starts only."""
    movers: list[Rule] = [rule for rule in TABLE if rule.then is Then.NEXT_HOST]
    assert movers
    assert all(rule.operations == ("StartRecord",) for rule in movers)
