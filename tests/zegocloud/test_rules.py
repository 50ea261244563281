"""What each of the vendor's answers means and what follows."""

import pytest

from recorder_core.errors import (
    AuthenticationError,
    InvalidSpec,
    QuotaExceeded,
    RateLimited,
    RecorderError,
    RecordingConflict,
    RecordingEnded,
    RecordingNotFound,
    ServiceUnavailable,
    StartOutcomeUnknown,
    TransportError,
    UnexpectedResponse,
)
from recorder_core.rules import NO_ANSWER, NOT_JSON, NOT_SENT, Rule, RuleTable, Then
from recorder_zegocloud.rules import RULES
from recorder_zegocloud.tables import Code

TABLE = RuleTable(RULES)
ACTIONS = (
    *("StartRecord", "StopRecord", "UpdateLayout", "UpdateWhiteboard", "DescribeRecordStatus", "DescribeTasks"),
    *("PauseRecord", "ResumeRecord", "TakeSnapshot"),
)


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
        ("UpdateLayout", 300000004, Then.RAISE, InvalidSpec),
        ("UpdateWhiteboard", 300010000, Then.REPEAT, ServiceUnavailable),
        ("PauseRecord", 300010000, Then.REPEAT, ServiceUnavailable),
        ("PauseRecord", 300000004, Then.RAISE, RecordingConflict),
        ("ResumeRecord", 300001004, Then.RAISE, RecordingConflict),
        ("TakeSnapshot", 300000003, Then.REPEAT, RateLimited),
        *(("TakeSnapshot", code, Then.RAISE, ServiceUnavailable) for code in (300010000, 100000012, 100000015, 1)),
        ("TakeSnapshot", 300000004, Then.RAISE, RecordingConflict),
        ("DescribeTasks", 300010000, Then.REPEAT, ServiceUnavailable),
        ("DescribeTasks", 300000004, Then.RAISE, InvalidSpec),
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
        ("TakeSnapshot", NOT_SENT, Then.REPEAT, TransportError),
        ("TakeSnapshot", NO_ANSWER, Then.RAISE, TransportError),
        ("TakeSnapshot", 502, Then.RAISE, ServiceUnavailable),
        ("TakeSnapshot", 200, Then.RAISE, UnexpectedResponse),
        ("PauseRecord", NO_ANSWER, Then.REPEAT, TransportError),
        ("UpdateWhiteboard", NO_ANSWER, Then.REPEAT, TransportError),
        ("DescribeTasks", NOT_SENT, Then.REPEAT, TransportError),
    ],
)
def test_what_follows_the_networks_faults(
    action: str, status: int | str, then: Then, error: type[RecorderError]
) -> None:
    """Only a start of which no byte left goes to another host; a task keeps its host."""
    rule = TABLE.decide(action, status)
    assert (rule.then, rule.error) == (then, error)


def test_a_page_instead_of_an_answer() -> None:
    """After a start it leaves unknown whether the recording runs; after a snapshot, whether there is a picture."""
    actions = ("StartRecord", "StopRecord", "TakeSnapshot")
    start, status, snapshot = (TABLE.decide(action, 200, is_json=False) for action in actions)
    assert (start.error, NOT_JSON in status.statuses) == (StartOutcomeUnknown, True)
    assert (snapshot.error, snapshot.then) == (UnexpectedResponse, Then.RAISE)


def test_nothing_moves_a_running_task_to_another_host() -> None:
    """NEXT_HOST is for starts only."""
    movers: list[Rule] = [rule for rule in TABLE if rule.then is Then.NEXT_HOST]
    assert movers
    assert all(rule.operations == ("StartRecord",) for rule in movers)


def test_a_snapshot_is_repeated_only_where_none_was_taken() -> None:
    """Whatever comes: it was not sent, or the vendor says that it did nothing."""
    repeated = {
        (status, code)
        for status in (NOT_SENT, NO_ANSWER, 200, 408, 429, 500, 502, 503, 504)
        for code in (None, *map(int, Code))
        if TABLE.decide("TakeSnapshot", status, code).then is Then.REPEAT
    }
    nothing_done = {int(code) for code in (Code.RATE_EXCEEDED, Code.OLD_RATE_EXCEEDED, Code.APP_NOT_CONFIGURED)}
    assert {code for status, code in repeated if status not in (NOT_SENT, NO_ANSWER)} == {None, *nothing_done}
    assert {status for status, code in repeated if code is None} == {NOT_SENT, 429}


MAY_RUN = {Code.SYSTEM_ERROR, Code.GATEWAY_ERROR, Code.BODY_NOT_READ, Code.OLD_FAILED}
"""The documented codes that don't say whether the call was carried out."""


def test_every_answer_after_which_a_start_may_run_says_so() -> None:
    """Each documented code is a refusal or one of four; any other answer that isn't a refusal may have started it."""
    unknown = {code for code in Code if TABLE.decide("StartRecord", 200, int(code)).error is StartOutcomeUnknown}
    assert unknown == MAY_RUN
    undocumented = (None, "0", 300000000, 300001002, 100000099)
    for status in (200, 202, 204, 206, 408, 500, 502, 503, 520):
        for code in undocumented:
            assert TABLE.decide("StartRecord", status, code).error is StartOutcomeUnknown, (status, code)
        assert TABLE.decide("StartRecord", status, is_json=False).error is StartOutcomeUnknown
    assert TABLE.decide("StartRecord", NO_ANSWER).error is StartOutcomeUnknown
    for status in (400, 401, 403, 404, 405, 413, 429):
        assert TABLE.decide("StartRecord", status).error is not StartOutcomeUnknown


def test_what_is_unknown_of_a_start_is_repeated() -> None:
    """The ClientTaskId makes that safe."""
    rows = [rule for rule in TABLE if rule.error is StartOutcomeUnknown]
    assert rows
    assert all((rule.operations, rule.then) == (("StartRecord",), Then.REPEAT) for rule in rows)
