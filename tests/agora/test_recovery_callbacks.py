"""Callbacks that bring the sid of a recording whose start was cut short, and those that don't."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from agora.cut_short import BEFORE, SENT, TOO_LATE_S, process, recorder_of, recovering, sids, spec, starting
from recorder_core import RecordingEvent, WebhookRequest

CHOSEN = {"agora": {"uid": "527841"}}


def told(hearing: Any) -> list[RecordingEvent]:
    """The events of all callbacks so far, as the provider reads them."""
    provider = recorder_of(hearing.service, webhook_max_age=10_000).provider
    return [
        provider.parse_webhook(WebhookRequest("POST", "/", received.headers, received.raw))[0]
        for received in hearing.receiver.received
    ]


def named(hearing: Any, durable: str) -> list[tuple[int, str]]:
    """The callbacks that identify the start, as event type and the sid of the handle."""
    found = process(hearing.service, durable)
    events = told(hearing)
    handles = [found.provider.identify(found.intent, event) for event in events]
    return [
        (event.raw["eventType"], str(recording.native["sid"]))
        for event, recording in zip(events, handles, strict=True)
        if recording is not None
    ]


@pytest.fixture
def lesson(hear: Callable[..., Any]) -> Any:
    """A service whose callbacks are heard, with somebody in the room."""
    hearing = hear(sid_in_201=False)
    hearing.service.join("lesson-42", "1001")
    return hearing


@pytest.mark.parametrize("mode", ["composite", "individual", "web"])
def test_any_callback_of_the_recorders_own_uid_brings_the_sid(lesson: Any, mode: str) -> None:
    """Room and uid are the noted ones, and nobody else ever had that uid: the handle is whole, and stops it."""
    service = lesson.service
    dead = starting(service, spec(mode), SENT)
    service.clock.advance(100)
    (sid,) = sids(service)
    assert [name for _, name in named(lesson, dead.durable)] == [sid] * len(lesson.receiver.received)
    found = process(service, dead.durable)
    recording = found.provider.identify(found.intent, told(lesson)[0])
    assert recording is not None
    assert recording.native["resourceId"] == service.recordings[0].ids["resourceId"]
    assert recording.mode == mode
    found.provider.stop(recording, wait=False, deadline=10.0)
    assert sids(service) == []


def test_callbacks_of_others_bring_nothing(lesson: Any) -> None:
    """Another uid in the room, the same uid in another room, and a start that was never sent."""
    service = lesson.service
    service.join("lesson-43", "1001")
    others = recorder_of(service)
    others.start(spec(room="lesson-43", options=CHOSEN))
    others.start(spec())
    dead = starting(service, spec(options=CHOSEN), BEFORE)
    nothing = starting(service, spec(), 1)
    service.clock.advance(30)
    assert len(told(lesson)) > 4
    assert named(lesson, dead.durable) == named(lesson, nothing.durable) == []


def test_what_an_earlier_recording_of_a_chosen_uid_still_tells_brings_nothing(lesson: Any) -> None:
    """Its upload is told of after the next start in the same room with the same uid: only a beginning is that one's."""
    service = lesson.service
    earlier = recorder_of(service).start(spec(options=CHOSEN))
    service.clock.advance(60)
    recorder_of(service).stop(earlier, wait=False)
    dead = starting(service, spec(options=CHOSEN), SENT)
    service.clock.advance(60)
    (sid,) = sids(service)
    ours = named(lesson, dead.durable)
    assert ours
    assert {name for _, name in ours} == {sid}
    assert {event for event, _ in ours} == {40}
    later = {(event.raw["eventType"], event.native["sid"]) for event in told(lesson) if event.occurred_at is not None}
    assert (31, earlier.native["sid"]) in later


def test_a_uid_that_a_key_makes_is_no_one_recordings_own(lesson: Any) -> None:
    """Every start with a key has the same uid, so that only its beginning is known to be it."""
    service = lesson.service
    dead = starting(service, spec(), SENT, key="lesson 42")
    service.clock.advance(60)
    assert {event for event, _ in named(lesson, dead.durable)} == {40}


def test_after_a_move_the_uid_tells_nothing(lesson: Any) -> None:
    """Another server records under a random uid, by which nobody is told."""
    service = lesson.service
    dead = starting(service, spec(), SENT)
    service.clock.advance(30)
    service.migrate("lesson-42", outage=40)
    service.clock.advance(60)
    found = process(service, dead.durable)
    moved = [event for event in told(lesson) if event.native["uid"] != dead.intent.noted["uid"]]
    assert moved
    assert [found.provider.identify(found.intent, event) for event in moved] == [None] * len(moved)


def test_while_another_start_is_under_way_no_callback_is_taken_for_this_one(lesson: Any) -> None:
    """A recovery has died while it tried another start of that room and uid: the callback may be of that one."""
    service = lesson.service
    dead = starting(service, spec(), SENT)
    service.clock.advance(TOO_LATE_S)
    again = recovering(service, dead.durable, spec(), 4)
    assert again.intent.noted["probe"]
    assert named(lesson, again.durable) == []
    settled = recovering(service, again.durable, spec())
    assert named(lesson, settled.durable)


def test_a_callback_from_before_the_start_is_none_of_it(lesson: Any) -> None:
    """By the moment at which it happened; one that tells no moment isn't taken."""
    service = lesson.service
    dead = starting(service, spec(), SENT)
    service.clock.advance(30)
    found = process(service, dead.durable)
    event = told(lesson)[0]
    assert event.occurred_at is not None
    assert found.provider.identify(found.intent, event) is not None
    for moment in (event.occurred_at - timedelta(hours=1), None):
        assert found.provider.identify(found.intent, event.model_copy(update={"occurred_at": moment})) is None
