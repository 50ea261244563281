"""The table of what each answer of the vendor means."""

from __future__ import annotations

import pytest

from recorder_agora.causes import CAUSES
from recorder_agora.rules import ERRORS, RULES
from recorder_core import errors
from recorder_core.rules import NO_ANSWER, NOT_JSON, NOT_SENT, RuleTable, Then

TABLE = RuleTable(RULES)
OPERATIONS = ("acquire", "start", "query", "update", "updateLayout", "stop")
ADDRESSES = "ncs/ip"
"""No operation of a recording: none of the codes is documented for it."""
CODES = (
    *(
        2,
        7,
        8,
        15,
        32,
        47,
        49,
        50,
        51,
        52,
        53,
        62,
        65,
        109,
        110,
        400,
        401,
        404,
        405,
        406,
        432,
        433,
        435,
        500,
        501,
    ),
    *(502, 504, 1001, 1003, 1004, 1005, 1013, 1028),
)


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        *((operation, 200, None) for operation in OPERATIONS),
        ("start", 201, 7),
        ("stop", 206, 435),
        ("stop", 206, None),
        ("stop", 400, 49),
        ("stop", 404, 404),
        ("query", 404, 404),
        (ADDRESSES, 404, None),
    ],
)
def test_accepted(operation: str, status: int, code: int | None) -> None:
    """Answers that are a result, though some look like refusals."""
    assert TABLE.decide(operation, status, code).then is Then.ACCEPT


@pytest.mark.parametrize(
    ("operation", "status", "code", "delays"),
    [
        ("start", 500, 62, (3, 6, 9)),
        ("start", 503, None, (3, 6, 9)),
        ("start", NO_ANSWER, None, (3, 6, 9)),
        ("start", 206, 65, (3, 6)),
        ("query", 504, None, (5, 10, 15, 30)),
        ("query", 504, 62, (5, 10, 15, 30)),
        ("query", 500, 502, (5, 10, 15, 30)),
        ("updateLayout", 404, 404, (5, 10, 15)),
        ("update", 404, 404, (5, 10, 15)),
        ("update", 504, 62, (3, 6, 9)),
        ("update", 206, 65, (3, 6)),
        ("acquire", 500, 501, (1, 3, 6)),
    ],
)
def test_repeated(operation: str, status: int | str, code: int | None, delays: tuple[float, ...]) -> None:
    """What the vendor advises to repeat, after the pauses that it advises."""
    rule = TABLE.decide(operation, status, code)
    assert (rule.then, rule.delays) == (Then.REPEAT, delays)


def test_start_changes_hosts_only_unsent() -> None:
    """A start goes to another host when no byte reached the first, and never otherwise."""
    statuses = (NOT_SENT, NO_ANSWER, 206, 400, 404, 429, 500, 502, 503, 504)
    moved = [s for s in statuses if TABLE.decide("start", s).then is Then.NEXT_HOST]
    assert moved == [NOT_SENT]


@pytest.mark.parametrize("status", [NO_ANSWER, 500, 502, 504])
def test_start_that_may_run(status: int | str) -> None:
    """A start whose outcome the answer doesn't tell ends in an error that says so."""
    assert TABLE.decide("start", status).error is errors.StartOutcomeUnknown


def test_unreadable_answers() -> None:
    """An unreadable 200 to start may have started, a 503 to query is unavailable, a proxy's 403 is neither."""
    assert TABLE.decide("start", 200, is_json=False).error is errors.StartOutcomeUnknown
    assert TABLE.decide("query", 503, is_json=False).error is errors.ServiceUnavailable
    assert TABLE.decide("start", 403, is_json=False).then is Then.RAISE
    assert TABLE.decide("query", 200, is_json=False).error is errors.UnexpectedResponse
    assert NOT_JSON in {status for rule in TABLE for status in rule.statuses}


@pytest.mark.parametrize(
    ("operation", "status", "code", "message", "error"),
    [
        ("acquire", 401, None, "Unauthorized", errors.AuthenticationError),
        ("acquire", 401, None, "Invalid authentication credentials", errors.AuthenticationError),
        ("acquire", 400, None, "appid is invalid", errors.PermissionDenied),
        ("acquire", 400, 400, "invalid_appid", errors.PermissionDenied),
        ("acquire", 400, 62, None, errors.PermissionDenied),
        ("acquire", 400, 405, "no_active_status", errors.PermissionDenied),
        ("acquire", 400, 406, "vendor_over_load", errors.QuotaExceeded),
        ("acquire", 400, 401, "invalid_channel_name", errors.InvalidSpec),
        ("query", 404, None, "no Route matched with those values", errors.ConfigurationError),
        ("query", 429, None, "API rate limit exceeded", errors.RateLimited),
        ("start", 400, 2, None, errors.InvalidSpec),
        ("start", 400, 53, "task conflict", errors.RecordingConflict),
        ("start", 400, 109, None, errors.AuthenticationError),
        ("start", 500, 502, "Failed to allocate worker", errors.ServiceUnavailable),
        ("start", 400, 433, None, errors.ServiceUnavailable),
        ("query", 400, 433, None, errors.RecordingNotFound),
        ("updateLayout", 400, 49, None, errors.RecordingEnded),
        ("update", 400, 49, None, errors.RecordingEnded),
        ("update", 400, 2, "Update: the recording has streamTypes 0", errors.InvalidSpec),
        ("update", 400, 433, None, errors.RecordingNotFound),
        (ADDRESSES, 401, None, "Unauthorized", errors.AuthenticationError),
        ("updateLayout", 400, 1028, None, errors.InvalidSpec),
    ],
)
def test_classes(
    operation: str, status: int, code: int | None, message: str | None, error: type[errors.RecorderError]
) -> None:
    """Each refusal is the class that says who can do something about it."""
    assert TABLE.decide(operation, status, code, message).error is error


@pytest.mark.parametrize(
    ("operation", "code"),
    # Code 404 is about a session, which acquire and start don't have yet.
    [(o, c) for o in OPERATIONS for c in CODES if c != 404 or o not in ("acquire", "start")],
)
def test_every_code_is_explained(operation: str, code: int) -> None:
    """Every documented code meets a row of its own in every operation: accepted, or with meaning and hint."""
    rule = TABLE.decide(operation, 400, code)
    assert rule.codes
    assert rule.meaning
    assert rule.then is Then.ACCEPT or rule.hint


def test_a_refused_update_says_what_it_may_not_fit() -> None:
    """Code 2 to update is about how the recording was started, not about a field of the spec."""
    rule = TABLE.decide("update", 400, 2)
    assert "push_urls" in rule.hint
    assert rule is not TABLE.decide("start", 400, 2)


def test_every_mode_has_its_causes() -> None:
    """What kills a young recording of a room, and of a page; no cause of the one is blamed for the other."""
    named = {mode: {cause.partition(":")[0] for cause in causes} for mode, causes in CAUSES.items()}
    assert named["mix"] == named["individual"] == {"storage", "token", "uid", "room", "idle_timeout"}
    assert named["web"] == {"storage", "page"}
    assert all("Check" in cause for causes in CAUSES.values() for cause in causes)


def test_errors_of_callbacks_are_those_of_the_table() -> None:
    """A number that a callback tells means what it means in an answer; each failure says whose fault it is."""
    assert ERRORS.keys() >= {32, 47, 50, 51, 52, 109, 110}
    assert all(code in rule.codes and rule in RULES and rule.hint for code, rule in ERRORS.items())
    assert [code for code, rule in ERRORS.items() if not rule.fault] == [50]


def test_no_row_is_shadowed() -> None:
    """Each row decides at least one outcome, so none stands in the table for nothing."""
    statuses = (NOT_SENT, NO_ANSWER, 200, 201, 206, 400, 401, 404, 429, 500, 503, 504)
    messages = (
        None,
        "appid is invalid",
        "invalid appid",
        "invalid_appid",
        "no Route matched with those values",
        "failed to find worker",
    )
    decided = {
        id(TABLE.decide(operation, status, code, message, is_json=is_json))
        for operation in (*OPERATIONS, ADDRESSES)
        for status in statuses
        for code in (None, *CODES, 99)
        for message in messages
        for is_json in (True, False)
    }
    assert [rule.meaning for rule in RULES if id(rule) not in decided] == []


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 226, 408, 500, 501, 502, 503, 504, 520, 599, NO_ANSWER])
@pytest.mark.parametrize("is_json", [True, False])
def test_every_answer_after_which_a_start_may_run_says_so(status: int | str, is_json: bool) -> None:
    """Accepted, or unknown; or the resource id had no capacity (502, 15), after which a fresh one is tried."""
    for code in (None, *CODES, 999) if is_json else (None,):
        rule = TABLE.decide("start", status, code, is_json=is_json)
        accepted = rule.then is Then.ACCEPT and (status in (200, 201) or code == 7)
        assert accepted or rule.error is errors.StartOutcomeUnknown or code in (15, 502), (status, code)


def test_a_refusal_of_a_start_is_unknown_only_where_it_tells_of_an_earlier_one() -> None:
    """A 4xx says that nothing was started; but for codes of a resource id that a start was carried out with."""
    unknown = {
        code for code in (None, *CODES, 999) if TABLE.decide("start", 400, code).error is errors.StartOutcomeUnknown
    }
    assert unknown == {65, 500, 501, 504, 1005}
    assert TABLE.decide("start", 400, 7).then is Then.ACCEPT
    for status in (401, 403, 404, 409, 413, 429):
        assert TABLE.decide("start", status).error is not errors.StartOutcomeUnknown


def test_what_is_unknown_of_a_start_is_repeated_where_that_helps() -> None:
    """With the same resource id, after the vendor's pauses; a resource id that was used already serves no repeat."""
    for rule in RULES:
        if rule.error is errors.StartOutcomeUnknown:
            assert rule.operations == ("start",)
            assert rule.then is (Then.RAISE if rule.codes == (1005,) else Then.REPEAT)
            assert rule.delays in ((), (3.0, 6.0), (3.0, 6.0, 9.0))
