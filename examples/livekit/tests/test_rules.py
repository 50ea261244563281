"""What each answer means: every row explains itself, and every code has one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from recorder_core import Grid, InvalidSpec, RateLimited, Recorder, RecorderError, RecordingEnded, ServiceUnavailable
from recorder_core.rules import RuleTable, Then

from asking import spec_of
from recorder_livekit.emulator.protocol import HTTP_STATUSES
from recorder_livekit.emulator.service import LivekitEmulator
from recorder_livekit.rules import RULES, STARTS

OPERATIONS = (*STARTS, "ListEgress", "UpdateLayout", "StopEgress")
PERHAPS_CARRIED_OUT = frozenset(
    {"internal", "unknown", "unavailable", "deadline_exceeded", "canceled", "aborted", "dataloss"}
)


def test_every_row_explains_itself() -> None:
    """What it means, and what to check next."""
    for rule in RULES:
        assert rule.meaning, rule
        assert rule.hint or rule.then is Then.ACCEPT, rule


@pytest.mark.parametrize("code", sorted(HTTP_STATUSES))
def test_every_code_has_a_row_for_every_call(code: str) -> None:
    """None of Twirp's codes is a surprise; of a start none that may have been carried out is taken for a refusal."""
    table = RuleTable(RULES)
    for operation in OPERATIONS:
        starts = operation in STARTS
        rule = table.decide(operation, HTTP_STATUSES[code], code, "any words", starts=starts)
        assert rule in RULES, (operation, code)
        if starts:
            assert (rule.error.__name__ == "StartOutcomeUnknown") == (code in PERHAPS_CARRIED_OUT), code
            assert rule.then is not Then.REPEAT or code == "resource_exhausted", code


@pytest.mark.parametrize(
    ("operation", "code", "error"),
    [
        ("StartRoomCompositeEgress", "invalid_argument", InvalidSpec),
        ("StartRoomCompositeEgress", "resource_exhausted", RateLimited),
        ("ListEgress", "internal", ServiceUnavailable),
        ("UpdateLayout", "failed_precondition", RecordingEnded),
    ],
)
def test_errors_have_their_class(
    recorder: Recorder, service: LivekitEmulator, operation: str, code: str, error: type[RecorderError]
) -> None:
    """With the vendor's code, and a hint; what may pass is tried again first."""
    recording = recorder.start(spec_of(), confirm=True)
    service.fail_next(operation, f"code:{code}", 9)
    calls: dict[str, Callable[[], object]] = {
        "StartRoomCompositeEgress": lambda: recorder.start(spec_of()),
        "ListEgress": lambda: recorder.provider.status(recording),
        "UpdateLayout": lambda: recorder.layout(recording, Grid()),
    }
    with pytest.raises(error) as caught:
        calls[operation]()
    assert caught.value.vendor_code == code
    assert caught.value.hint
