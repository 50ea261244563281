"""How callbacks of the emulated service are signed and delivered, and which a test can order; by real HTTP."""

import re
from typing import Any

import pytest
import requests

from recorder_zegocloud.emulator.callbacks import nonces, signature

NO_STREAM = 4


# The signature


@pytest.mark.parametrize(
    ("callback_secret", "timestamp", "nonce", "expected"),
    [
        ("0a1b2c3d4e5f60718293a4b5c6d7e8f9", "1767225600", "483920", "b4d0ebfd92ab788a3b8961b59bf0fa80c7da5bc3"),
        ("c3d4e5f60718293a4b5c6d7e8f90a1b2", "1767225600", "99", "bbd169d29c96c97ca511d2435bccb8290c127630"),
        ("secret", "1470820198", "123412", "5bd59fd62953a8059fb7eaba95720f66d19e4517"),
    ],
)
def test_signature(callback_secret: str, timestamp: str, nonce: str, expected: str) -> None:
    """Over two vectors of our own and the vendor's published sample; in the second, numbers would sort otherwise."""
    assert signature(callback_secret, timestamp, nonce) == expected


def test_nonces_do_not_come_again() -> None:
    """Six digits, as in the vendor's sample, and none of them twice."""
    made = nonces()
    found = [next(made) for _ in range(50_000)]
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"\d{6}", nonce) for nonce in found)


def test_the_callback_secret_is_one_of_its_own(serve: Any) -> None:
    """`env` shows it beside the server secret; it is made up unless given."""
    call = serve()
    shown = call.service.env
    assert shown["ZEGO_WEBHOOK_SECRET"] == call.service.webhook_secret
    assert shown["ZEGO_WEBHOOK_SECRET"] not in (shown["ZEGO_SERVER_SECRET"], serve().service.webhook_secret)
    assert serve(webhook_secret="f" * 32).service.env["ZEGO_WEBHOOK_SECRET"] == "f" * 32


# Delivery


def test_two_repeats_five_seconds_apart(hear: Any) -> None:
    """Whatever isn't 2xx is repeated, twice at most, signed anew with a nonce of its own; the number stays."""
    heard = hear()
    heard.receiver.answers = [500, 302, 404, 503, 204]
    call = heard.call
    task_id = call.start()
    call.service.clock.advance(5)
    call.service.notify(task_id, 201)
    call.service.clock.advance(12.5)
    call.service.notify(task_id, 202)
    call.service.clock.advance(100)
    bodies = heard.bodies()
    found = [
        (received.at - heard.begun, body["event_type"], body["sequence"])
        for received, body in zip(heard.receiver.received, bodies, strict=True)
        if body["event_type"] != NO_STREAM
    ]
    assert [(round(at, 3), *rest) for at, *rest in found] == [(5, 201, 0), (10, 201, 0), (15, 201, 0), (17.5, 202, 2)]
    assert len({body["nonce"] for body in bodies}) == len(bodies)


def test_a_task_may_have_an_address_of_its_own(hear: Any, serve: Any) -> None:
    """CallbackUrl goes before the service's own address, and does without it."""
    first, second = hear(), hear()
    own = {"CallbackUrl": f"{second.receiver.url}tasks/1"}
    task_id = first.call.start(RecordOutputParams=own)
    other = first.call.start()
    first.call.service.clock.advance(15)
    assert first.timeline(other) == [(12, NO_STREAM)]
    assert first.timeline(task_id) == []
    ((path, body),) = [(received.path, received.body) for received in second.receiver.received]
    assert (path, body["task_id"]) == ("/tasks/1", task_id)
    silent = serve()
    task_id = silent.start(RecordOutputParams=own)
    silent.service.clock.advance(15)
    assert second.receiver.received[1].body["task_id"] == task_id


def test_anything_on_demand(hear: Any) -> None:
    """Known and unknown types, with any details, of a task that runs or has ended, or of each task of a room."""
    heard = hear()
    call = heard.call
    task_id = call.start()
    call.service.notify(task_id, 2, {"quit_reason": 9999, "more": [1]})
    call.stop(task_id)
    call.service.clock.advance(60)
    call.service.notify(task_id, 4711)
    assert [(event, detail) for _, event, detail in heard.events(task_id) if event in (2, 4711)] == [
        (2, {"quit_reason": 9999, "more": [1]}),
        (4711, {}),
    ]
    assert call.describe(task_id)["Status"] == 3
    other = call.start()
    call.service.notify("room-42", 300, {})
    assert heard.timeline(task_id)[-1] == heard.timeline(other)[-1] == (65, 300)
    with pytest.raises(ValueError, match="'room-1' was never recorded; give a TaskId"):
        call.service.notify("room-1", 5)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("duplicate", [(5, 0), (5, 1), (10, 0)]),
        ("double", [(5, 0), (5, 0), (5, 1)]),
        ("late", [(5, 1), (5, 0)]),
        ("lose", [(5, 1)]),
    ],
)
def test_callbacks_go_astray(hear: Any, fault: str, expected: list[tuple[float, int]]) -> None:
    """Whatever happens on the way, a notification keeps its number, and each delivery is signed by itself."""
    heard = hear()
    call = heard.call
    task_id = call.start()
    call.service.clock.advance(5)
    call.service.fail_next("callback", fault)
    call.service.notify(task_id, 201)
    call.service.notify(task_id, 202)
    call.service.clock.advance(6)
    found = zip(heard.receiver.received, heard.bodies(), strict=True)
    assert [(round(received.at - heard.begun, 3), body["sequence"]) for received, body in found] == expected
    nonces = [body["nonce"] for body in heard.bodies()]
    assert len(set(nonces)) == len(nonces)


def test_the_secret_stays_out_of_sight(hear: Any) -> None:
    """Neither the secret nor storage keys are in any callback, or in what is shown of the deliveries."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(5)
    call.stop(task_id)
    shown = requests.get(f"{call.service.base_url}/_emulator/callbacks", timeout=5).text
    assert shown.count(task_id) >= 3
    for text in (shown, repr(heard.bodies())):
        for secret in (call.service.webhook_secret, call.service.server_secret, "example-secret", "AKIAEXAMPLE"):
            assert secret not in text
