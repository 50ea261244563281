"""The way back: what decoding a start gives is what was translated, but for what the findings name."""

from __future__ import annotations

import json

import pytest
from hypothesis import event, given, settings

from planned import Planner, revealed
from recorder_core import InvalidSpec, PlannedRequest, RecordingSpec
from recorder_core.testing import connect, emulate
from recorder_zegocloud.decode.requests import NOT_CARRIED
from recorder_zegocloud.wire.requests import StartRecordRequest
from zegocloud.any_spec import specs
from zegocloud.way_back import SETTLED, differences

PLANNER = Planner("zegocloud")


def test_every_documented_difference_is_settled() -> None:
    """The constant that documents them is the one that the property lives by."""
    assert SETTLED.keys() == NOT_CARRIED.keys()


@settings(max_examples=600, derandomize=True)
@given(specs)
def test_what_is_planned_is_valid_and_read_back(spec: RecordingSpec) -> None:
    """The strict bodies take what translation sends; what it drops, the findings name; the rest comes back."""
    plan = PLANNER.recorder.plan(spec)
    event(f"{spec.mode} sent" if plan.requests else "refused")
    if plan.requests:
        StartRecordRequest.model_validate_json(json.dumps(revealed(plan.requests[0].payload)))
        assert differences(plan) == {}
    else:
        assert not all(finding.droppable for finding in plan.findings)


@settings(max_examples=60, derandomize=True)
@given(specs)
def test_the_service_takes_what_is_sent(spec: RecordingSpec) -> None:
    """The emulated service, which refuses unknown keys and wrong values, starts a task for it."""
    if not PLANNER.recorder.plan(spec).requests:
        return
    with emulate("zegocloud", media=False) as service, connect(service, on_unsupported="warn") as recorder:
        recording = recorder.start(spec)
    assert recording.native["TaskId"]


@settings(max_examples=100, derandomize=True)
@given(specs)
def test_decoding_is_final(spec: RecordingSpec) -> None:
    """A decoded spec makes the same body again, where nothing stands in the way."""
    plan = PLANNER.recorder.plan(spec)
    if plan.requests and not plan.findings:
        body = revealed(plan.requests[0].payload)
        again = PLANNER.provider.decode(plan.requests)
        intent = PLANNER.recorder._intent(again, None, body["RecordInputParams"]["ClientTaskId"], ())
        assert revealed(PLANNER.provider.translate(again, intent).requests[0].payload) == body


def test_untold_streams_are_participants_of_their_names() -> None:
    """The provider doesn't know the application's names: streams come back whole, and make the same body."""
    options = {"stream_id": "{room}_{participant}", "screen_stream_id": "{participant}_screen"}
    plan = PLANNER(
        mode="individual",
        participants={"audio": {"include": ["7"]}, "video": {"include": ["7"]}},
        options=options,
    )
    spec = PLANNER.provider.decode(plan.requests)
    assert spec.participants.audio is not None
    assert spec.participants.audio.include == ("lesson-42_7", "7_screen")
    again = PLANNER.recorder.plan(spec).requests[0].payload
    assert revealed(again) == revealed(plan.requests[0].payload)


def test_a_plan_is_read_with_its_secrets() -> None:
    """A payload keeps them; a dump, which masks them, isn't mistaken for one."""
    plan = PLANNER()
    assert PLANNER.provider.decode(plan.requests).storage == plan.spec.storage
    (request,) = plan.requests
    masked = PlannedRequest(request.operation, request.method, request.url, request.body)
    with pytest.raises(InvalidSpec, match="masked secret"):
        PLANNER.provider.decode([masked])


def test_what_is_no_start_is_refused() -> None:
    """The error says what was given instead."""
    stop = PlannedRequest("StopRecord", "POST", "https://cloudrecord-api.zego.im/", {"TaskId": "task-1"})
    with pytest.raises(InvalidSpec, match=r"no StartRecord among .'StopRecord'."):
        PLANNER.provider.decode([stop])
