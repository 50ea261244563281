"""Callbacks that bring the TaskId of a recording whose start was cut short, and those that don't."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from planned import Planner
from recorder_core import Recording, RecordingEvent, WebhookRequest
from recorder_zegocloud.emulator.service import ZegocloudEmulator
from recorder_zegocloud.translate.start import with_recording, without_recording
from recorder_zegocloud.webhooks import events_of
from zegocloud.cut_short import MODES, SENT, process, recorder_of, spec, starting, tasks

PLANS = Planner("zegocloud")
ID = "0123456789abcdef0123456789abcdef"


def told(hearing: Any) -> list[RecordingEvent]:
    """The events of all callbacks so far, as the provider reads them."""
    provider = recorder_of(hearing.call.service, webhook_max_age=10_000).provider
    return [
        provider.parse_webhook(WebhookRequest("POST", received.path, received.headers, received.raw))[0]
        for received in hearing.receiver.received
    ]


def identified(hearing: Any, durable: str, *others: ZegocloudEmulator) -> list[Recording]:
    """The handles by which callbacks name the start."""
    found = process(hearing.call.service, *others, durable=durable)
    handles = [found.provider.identify(found.intent, event) for event in told(hearing)]
    return [handle for handle in handles if handle is not None]


@pytest.fixture
def lesson(hear: Callable[..., Any]) -> Any:
    """A service whose callbacks are heard, with somebody in the room."""
    hearing = hear()
    hearing.call.service.join("lesson-42", "1001")
    return hearing


@pytest.mark.parametrize("mode", MODES)
def test_the_address_of_a_callback_names_its_recording(lesson: Any, mode: str) -> None:
    """It came to callback_url?recording=<id>: the handle is whole, and stops the task."""
    service = lesson.call.service
    dead = starting(service, asked=spec(mode, callback_url=f"{lesson.receiver.url}told?by=zego"), dies_at=SENT)
    service.clock.advance(30)
    service.notify("lesson-42", 201)
    assert {received.path for received in lesson.receiver.received} == {f"/told?by=zego&recording={dead.intent.id}"}
    assert {event.native["ClientTaskId"] for event in told(lesson)} == {dead.intent.id}
    (recording, *others) = identified(lesson, dead.durable)
    assert others == [recording] * (len(told(lesson)) - 1)
    assert [recording.native["TaskId"]] == tasks(service)
    assert (recording.id, recording.mode, recording.base_url) == (dead.intent.id, mode, service.base_url)
    process(service, durable=dead.durable).provider.stop(recording, wait=False, deadline=10.0)
    assert tasks(service) == []


def test_files_that_bear_the_recordings_id_name_it(lesson: Any) -> None:
    """Callbacks that come to the console's address tell of a mixed stream that is named after the recording."""
    service = lesson.call.service
    dead = starting(service, asked=spec(), dies_at=SENT)
    service.clock.advance(30)
    service.end("lesson-42", 6)
    service.clock.advance(10)
    events = [event.raw["event_type"] for event in told(lesson)]
    assert events == [102, 2, 1]
    assert [recording.native["TaskId"] for recording in identified(lesson, dead.durable)] == [
        service.recordings[0].ids["TaskId"]
    ] * 2


@pytest.mark.parametrize(
    "options", [{"options": {"zegocloud": {"mix_output_stream_id": "lesson"}}}, {"mode": "individual"}]
)
def test_names_that_others_may_have_bring_nothing(lesson: Any, options: dict[str, Any]) -> None:
    """The application's own name of the mixed stream, and the participants'."""
    service = lesson.call.service
    asked = spec(**options) if "options" in options else spec("individual")
    dead = starting(service, asked=asked, dies_at=SENT)
    service.clock.advance(30)
    service.end("lesson-42", 6)
    service.clock.advance(10)
    assert told(lesson)
    assert identified(lesson, dead.durable) == []


def test_callbacks_of_others_bring_nothing(lesson: Any) -> None:
    """Another recording of the same room, at the address with its own id; and one of long before."""
    service = lesson.call.service
    asked = spec(callback_url=lesson.receiver.url)
    dead = starting(service, asked=asked, dies_at=0)
    recorder_of(service).start(asked)
    service.clock.advance(30)
    service.notify("lesson-42", 201)
    assert told(lesson)
    assert identified(lesson, dead.durable) == []
    found = process(service, durable=dead.durable)
    event = told(lesson)[0].model_copy(update={"native": {"TaskId": "t", "ClientTaskId": dead.intent.id}})
    assert found.provider.identify(found.intent, event) is not None
    found.intent.note(probe={"tasks": {"t": service.base_url}})
    assert found.provider.identify(found.intent, event) is None
    found.intent.note(probe=None)
    for moment in (dead.intent.created_at - timedelta(hours=1), None):
        assert found.provider.identify(found.intent, event.model_copy(update={"occurred_at": moment})) is None


def test_a_task_whose_host_nobody_knows_is_asked_for_at_each(lesson: Any, serve: Callable[..., Any]) -> None:
    """A callback tells no host: the first that knows the task answers, whatever is asked of it."""
    service = lesson.call.service
    elsewhere = serve(clock=service.clock).service
    dead = starting(service, asked=spec(callback_url=lesson.receiver.url), dies_at=SENT)
    service.clock.advance(30)
    service.notify("lesson-42", 201)
    found = process(elsewhere, service, durable=dead.durable)
    recording = found.provider.identify(found.intent, told(lesson)[0])
    assert recording is not None
    assert recording.base_url is None
    assert found.provider.status(recording).state.running
    found.provider.pause(recording)
    assert found.provider.stop(recording, wait=False, deadline=10.0).state.ending
    asked = [(host, entry.operation) for host in (elsewhere, service) for entry in host.journal]
    assert (elsewhere, "StopRecord") in asked
    assert (service, "StopRecord") in asked
    unknown = recording.model_copy(update={"native": {**recording.native, "TaskId": "nobody's"}})
    assert found.provider.status(unknown).state == "gone"


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://e.com/cb", f"https://e.com/cb?recording={ID}"),
        ("https://e.com/cb?by=zego", f"https://e.com/cb?by=zego&recording={ID}"),
        ("https://e.com/cb?by=zego#part", f"https://e.com/cb?by=zego&recording={ID}#part"),
        ("https://e.com/cb?recording=mine", f"https://e.com/cb?recording=mine&recording={ID}"),
    ],
)
def test_the_id_joins_the_address_and_leaves_it(url: str, sent: str) -> None:
    """It comes last in the query, and `decode` gives the address that was asked for."""
    assert with_recording(url, ID) == sent
    assert without_recording(sent, ID) == url
    assert without_recording(url, ID) == url
    plan = PLANS(callback_url=url)
    assert PLANS.provider.decode(plan.requests).callback_url == url


@pytest.mark.parametrize(
    ("path", "known"),
    [
        (f"/?recording={ID}", ID),
        (f"https://e.com/cb?recording=mine&recording={ID}", ID),
        ("/", None),
        ("/?recording=", None),
        ("/?recording=a%20b", None),
        (f"/?recording={'a' * 65}", None),
        ("http://[/?recording=x", None),
        ("/?" + "a=b&" * 100 + f"recording={ID}", None),
    ],
)
def test_what_stands_in_an_address_is_read_with_care(lesson: Any, path: str, known: str | None) -> None:
    """Only what can be an id of ours; whatever else stands there is no reason to refuse a true callback."""
    service = lesson.call.service
    starting(service, asked=spec(), dies_at=SENT)
    service.clock.advance(30)
    service.notify("lesson-42", 201)
    received = lesson.receiver.received[0]
    config = recorder_of(service, webhook_max_age=10_000).provider.config
    request = WebhookRequest("POST", path, received.headers, received.raw)
    (event,) = events_of(config, request, service.clock.time())  # type: ignore[arg-type]
    assert event.native.get("ClientTaskId") == known
