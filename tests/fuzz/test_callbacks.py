"""Callbacks are anybody's words: whatever arrives, there are events, or `WebhookRejected`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulation.telling import Receiver
from fuzz.mangling import BODIES, CHANGES, EVERYWHERE, ODD_TEXTS, Change, extended, mangled, replaced
from fuzz.trying import ECONOMICAL, PROVIDERS, assert_passable
from recorder_core import Recorder, RecordingEvent, RecordingSpec, WebhookRejected, WebhookRequest
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.testing import connect, emulate

STORAGE = {
    "kind": "s3",
    "bucket": "lessons",
    "region": "eu-west-1",
    "access_key": "access-key-of-the-test",
    "secret_key": "secret-key-of-the-test",
}


@dataclass(frozen=True)
class Hearing:
    """A vendor's true callbacks of one recording, who verifies them, and who has no secret to verify them with."""

    told: list[WebhookRequest]
    verifying: Recorder
    believing: Recorder


@pytest.fixture(scope="module", params=PROVIDERS)
def hearing(request: pytest.FixtureRequest) -> Iterator[Hearing]:
    clock = EmulatorClock(frozen=True)
    with (
        Receiver() as receiver,
        emulate(request.param, media=False, clock=clock, callback_url=receiver.url) as service,
        connect(service, webhook_max_age=86_400) as verifying,
        connect(service, webhook_max_age=86_400, webhook_secret=()) as believing,
    ):
        service.join("lesson-42", "1001")
        recording = verifying.start(RecordingSpec(room="lesson-42", storage=STORAGE))
        clock.advance(60)
        service.leave("lesson-42", "1001")
        clock.advance(30)
        verifying.stop(recording)
        clock.advance(60)
        told = [WebhookRequest("POST", one.path, one.headers, one.raw) for one in receiver.received]
        assert len(told) >= 3
        yield Hearing(told, verifying, believing)


def heard(recorder: Recorder, request: WebhookRequest) -> tuple[RecordingEvent, ...] | None:
    """The events; None: it was refused."""
    try:
        events = recorder.events.receive(request)
    except WebhookRejected as error:
        assert_passable(error)
        return None
    assert_passable(events)
    return events


def with_body(request: WebhookRequest, body: bytes) -> WebhookRequest:
    return WebhookRequest(request.method, request.url, request.headers, body)


def with_tree(request: WebhookRequest, tree: Any) -> WebhookRequest:
    return with_body(request, json.dumps(tree).encode())


pytestmark = pytest.mark.filterwarnings("ignore::recorder_core.UnverifiedWebhookWarning")


def test_the_callbacks_are_true(hearing: Hearing) -> None:
    """They are taken before anything is changed, by who verifies them too."""
    assert all(heard(hearing.believing, request) is not None for request in hearing.told)
    assert any(heard(hearing.verifying, request) for request in hearing.told)


@ECONOMICAL
@given(changes=CHANGES, which=st.integers(0, 50))
def test_no_change_of_a_callback_breaks_its_receiver(hearing: Hearing, changes: list[Change], which: int) -> None:
    """Wrong types, missing and additional parts, numbers and texts beyond reason, anywhere in a true callback."""
    request = hearing.told[which % len(hearing.told)]
    changed = with_tree(request, mangled(json.loads(request.body), changes))
    for recorder in (hearing.believing, hearing.verifying):
        heard(recorder, changed)


@ECONOMICAL
@given(body=BODIES)
def test_no_body_breaks_the_receiver(hearing: Hearing, body: bytes) -> None:
    """Anything but an object is refused, signed or not."""
    for recorder in (hearing.believing, hearing.verifying):
        assert heard(recorder, with_body(hearing.told[0], body)) in (None, ())


def test_nothing_that_stands_everywhere_breaks_the_receiver(hearing: Hearing) -> None:
    """One odd value in the place of every leaf, or as a further member of every object, of each callback."""
    for request in hearing.told:
        tree = json.loads(request.body)
        for value in EVERYWHERE:
            heard(hearing.believing, with_tree(request, replaced(tree, value)))
            heard(hearing.believing, with_tree(request, extended(tree, f"odd {value}", value)))


def test_no_header_breaks_the_receiver(hearing: Hearing) -> None:
    """Signatures of any text are refused, or don't count where the body has them."""
    request = hearing.told[0]
    for text in ODD_TEXTS:
        headers = dict.fromkeys(request.headers, text)
        heard(hearing.verifying, WebhookRequest("POST", request.url, headers, request.body))
