"""What each of the vendor's codes means."""

from __future__ import annotations

import pytest
from tencentcloud.trtc.v20190722 import errorcodes

from recorder_core import (
    AuthenticationError,
    ConfigurationError,
    InvalidSpec,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RecorderError,
    RecordingConflict,
    RecordingNotFound,
    ServiceUnavailable,
    StartOutcomeUnknown,
)
from recorder_core.transport import RuleTable, Then
from recorder_trtc.rules import RULES

TABLE = RuleTable(RULES)
START, LOOK, STOP, CHANGE = (f"{verb}CloudRecording" for verb in ("Create", "Describe", "Delete", "Modify"))
PUBLISHED = sorted({value for name, value in vars(errorcodes).items() if name.isupper()})


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AuthFailure", AuthenticationError),
        ("AuthFailure.SignatureExpire", AuthenticationError),
        ("AuthFailure.SomethingNew", AuthenticationError),
        ("AuthFailure.UnRealNameAuthenticated", PermissionDenied),
        ("AuthFailure.UnauthorizedOperation", PermissionDenied),
        ("UnauthorizedOperation.SdkAppId", PermissionDenied),
        ("FailedOperation.CRUnsupportMethod", PermissionDenied),
        ("RequestLimitExceeded.UinLimitExceeded", RateLimited),
        ("FailedOperation.RestrictedConcurrency", QuotaExceeded),
        ("LimitExceeded.ConcurrencyLimit", QuotaExceeded),
        ("InvalidParameter.SdkAppId", ConfigurationError),
        ("UnsupportedRegion", ConfigurationError),
        ("InvalidParameter.OutOfRange", InvalidSpec),
        ("InvalidParameterValue.RoomId", InvalidSpec),
        ("MissingParameter.UserSig", InvalidSpec),
        ("FailedOperation.TaskExist", RecordingConflict),
        ("InternalError.CRInternalError", StartOutcomeUnknown),
        ("FailedOperation", StartOutcomeUnknown),
        ("FailedOperation.SomethingNew", StartOutcomeUnknown),
        ("SomethingElse", StartOutcomeUnknown),
    ],
)
def test_a_start_that_is_refused(code: str, error: type[RecorderError]) -> None:
    """By code, whatever the HTTP status; what leaves it open whether it runs is of unknown outcome."""
    rule = TABLE.decide(START, 200, code, starts=True)
    assert rule.error is error
    assert rule.meaning
    assert rule.hint


def test_every_published_code_is_explained() -> None:
    """Each code of the vendor's SDK has a row for each action, with meaning; what is raised has a hint."""
    assert len(PUBLISHED) > 100
    for code in PUBLISHED:
        for operation in (START, LOOK, STOP, CHANGE):
            rule = TABLE.decide(operation, 200, code)
            assert rule in RULES, code
            assert rule.meaning
            assert rule.hint or rule.then is Then.ACCEPT


def test_what_is_gone() -> None:
    """A look and a stop take it for an answer; a change raises that there is none."""
    for code in ("ResourceNotFound", "FailedOperation.TaskNotExist"):
        assert TABLE.decide(LOOK, 200, code).then is TABLE.decide(STOP, 200, code).then is Then.ACCEPT
        assert TABLE.decide(CHANGE, 200, code).error is RecordingNotFound


def test_other_failures() -> None:
    """They are the vendor's, and may pass."""
    for code in ("InternalError", "FailedOperation.QueryTaskInfoFailed"):
        rule = TABLE.decide(LOOK, 200, code)
        assert (rule.error, rule.fault, rule.retryable) == (ServiceUnavailable, "vendor", True)
