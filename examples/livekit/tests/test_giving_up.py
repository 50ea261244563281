"""A start in several parts whose rest fails: what had begun is stopped in the time that is left, or told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from recorder_core import Recorder, RecorderError, RoomNotReady, StartOutcomeUnknown, Verdict
from recorder_core.testing import connect
from recorder_core.testing.faults import answered
from recorder_core.testing.proxy import Fault, Relay

from asking import GONE, PEOPLE, ROOM, Failing, parted, running, sent
from recorder_livekit.emulator.service import LivekitEmulator

CANT_BE_STOPPED = answered(
    412, b'{"code": "failed_precondition", "msg": "it cannot be stopped"}', Content_Type="application/json"
)


@pytest.fixture
def service(service: LivekitEmulator) -> LivekitEmulator:
    """A service in whose room both are."""
    for one in PEOPLE[1:]:
        service.join(ROOM, one)
    return service


def sending(recorder: Recorder, monkeypatch: pytest.MonkeyPatch, before: Any) -> None:
    """Let something happen before each call, by its number and operation."""
    transport, calls = recorder.provider.transport, []
    send = transport.send

    def counted(call: Any, **how: Any) -> Any:
        calls.append(call)
        before(len(calls), call.operation)
        return send(call, **how)

    monkeypatch.setattr(transport, "send", counted)


def test_what_may_run_is_not_taken_for_stopped(failing: Failing, service: LivekitEmulator) -> None:
    """It can't be stopped, and the vendor's state of it has no name here: nobody knows that nothing runs."""

    def strange(relay: Relay) -> None:
        (one,) = service.recordings
        item = {"egress_id": one.ids["egress_id"], "room_name": ROOM, "status": "EGRESS_HANDING_OVER"}
        answered(200, json.dumps({"items": [item]}).encode(), Content_Type="application/json").act(relay)

    recorder, _ = failing(None, GONE, CANT_BE_STOPPED, Fault("strange", "", strange))
    with pytest.raises(StartOutcomeUnknown, match="EGRESS_HANDING_OVER has no name here") as caught:
        recorder.start(parted())
    assert running(service) == 1
    service.clock.advance(121)
    with connect(service) as another:
        (recovery,) = another.recover(caught.value.intent, stop=True).recoveries
    assert (recovery.verdict, running(service)) == (Verdict.ENDED, 0)


def test_time_is_kept_for_giving_up(
    recorder: Recorder, service: LivekitEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the second part waits for too long to be sent, the first one is stopped within the same deadline."""
    sending(recorder, monkeypatch, lambda number, _: service.clock.advance(46) if number == 2 else None)
    with pytest.raises(RecorderError) as caught:
        recorder.start(parted(), deadline=60)
    assert not isinstance(caught.value, StartOutcomeUnknown)
    assert (sent(service, "StopEgress"), len(service.recordings), running(service)) == (1, 1, 0)


def test_a_start_in_one_part_has_all_the_time(
    recorder: Recorder, service: LivekitEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There would be nothing to give up."""
    sending(recorder, monkeypatch, lambda number, _: service.clock.advance(59) if number == 1 else None)
    one = {"include": ["1001"]}
    recorder.start(parted(participants={"audio": one, "video": one}), deadline=60)
    assert running(service) == 1


def test_where_no_time_is_left_that_is_said(
    recorder: Recorder, service: LivekitEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was refused, and nothing could be stopped."""
    sending(recorder, monkeypatch, lambda number, _: service.clock.advance(61) if number == 2 else None)
    with pytest.raises(StartOutcomeUnknown, match=r"not all of it was started \(.+couldn't be stopped") as caught:
        recorder.start(parted(), deadline=60)
    assert "refused" not in caught.value.message
    service.clock.advance(121)
    (recovery,) = recorder.recover(caught.value.intent, stop=True).recoveries
    assert (recovery.verdict, running(service)) == (Verdict.ENDED, 0)


@pytest.mark.parametrize("is_stoppable", [True, False])
def test_a_mistake_of_ours_gives_up_too(
    recorder: Recorder, service: LivekitEmulator, monkeypatch: pytest.MonkeyPatch, is_stoppable: bool
) -> None:
    """It is raised as it is, and what had begun is stopped; where that fails, the outcome is unknown."""

    def breaks(number: int, operation: str) -> None:
        if number == 2:
            raise ZeroDivisionError
        if operation == "StopEgress" and not is_stoppable:
            raise RoomNotReady("no")

    sending(recorder, monkeypatch, breaks)
    with pytest.raises(ZeroDivisionError if is_stoppable else StartOutcomeUnknown) as caught:
        recorder.start(parted())
    assert running(service) == (0 if is_stoppable else 1)
    if not is_stoppable:
        assert "ZeroDivisionError" in str(caught.value)
