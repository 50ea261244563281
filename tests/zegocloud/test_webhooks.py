"""Which callbacks are believed: signature, age, replay, garbage, and those of somebody else."""

from __future__ import annotations

import itertools
import json
import warnings
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from planned import Planner
from recorder_core import (
    ConfigurationError,
    RecordingEvent,
    UnverifiedWebhookWarning,
    WebhookRejected,
    WebhookRequest,
)
from recorder_core.webhooks import CONTROLS
from recorder_zegocloud import webhooks
from recorder_zegocloud.config import ZegocloudConfig
from recorder_zegocloud.provider import ZegocloudProvider
from recorder_zegocloud.tables import EVENT_KINDS
from recorder_zegocloud.translate.events import located
from recorder_zegocloud.webhooks import events_of, signature
from zegocloud.notified import APP_ID, SECRET, SENT_AT, TASK, VECTORS, posted, receiver, sample, signed


def config(*webhook_secret: str, server_secret: str = "0" * 32) -> ZegocloudConfig:
    """That of the samples' project."""
    return ZegocloudConfig.checked({"app_id": APP_ID, "server_secret": server_secret, "webhook_secret": webhook_secret})


CONFIG = config(SECRET)
HANDLE = Planner("zegocloud").recording({"TaskId": TASK}, mode="individual", output={"prefix": "lessons/2026"})


def events(body: Any, config: ZegocloudConfig = CONFIG, now: float = SENT_AT) -> list[RecordingEvent]:
    return events_of(config, posted(body), now)


def refusal(body: Any, config: ZegocloudConfig = CONFIG, now: float = SENT_AT) -> WebhookRejected:
    with pytest.raises(WebhookRejected) as caught:
        events(body, config, now)
    return caught.value


# --- the signature ---


@pytest.mark.parametrize(("secret", "timestamp", "nonce", "expected"), VECTORS)
def test_signature_vectors(secret: str, timestamp: str, nonce: str, expected: str) -> None:
    """Two worked vectors and the vendor's published sample."""
    assert signature(secret.encode(), timestamp, nonce) == expected


def test_the_parts_are_sorted_as_texts() -> None:
    """By number, 99 would stand before 1767225600; that signature is refused."""
    secret, timestamp, nonce, _ = VECTORS[1]
    by_number = "2b5e21e3a652e2dfc0b0faab5c6036c847366cc3"
    assert signature(secret.encode(), timestamp, nonce) != by_number
    (event,) = events(signed(secret, nonce=nonce), config(secret))
    assert event.native == {"TaskId": TASK}
    assert refusal(signed(secret, nonce=nonce, signature=by_number), config(secret)).response_status == 403


def test_parts_that_are_no_ascii_are_sorted_as_bytes() -> None:
    """The secret, the timestamp and a nonce of any text are sorted by their bytes."""
    assert signature("é".encode(), "1767225600", "z") == signature(b"z", "1767225600", "é")


@pytest.mark.parametrize("member", ["timestamp", "nonce", "signature"])
def test_a_flipped_byte_in_what_is_signed_is_refused(member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte of timestamp, nonce and signature counts, and what the body tells isn't read before they fit."""
    monkeypatch.setattr(webhooks, "event_of", lambda *_: pytest.fail("it was read"))
    body = sample(1)
    value = json.loads(body)[member].encode()
    begin = body.index(b'"' + value + b'"') + 1
    for at in range(begin, begin + len(value)):
        flipped = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert refusal(flipped).response_status == 403


def test_several_secrets_are_valid_while_one_is_replaced() -> None:
    """What either of them signed is true, and what neither did is forged."""
    both = config("the-new-one", "the-old-one")
    assert events(signed("the-new-one"), both)
    assert events(signed("the-old-one"), both)
    forged = refusal(signed("another"), both)
    assert "forged" in forged.message
    assert "CallbackSecret" in (forged.hint or "")


@pytest.mark.parametrize("member", ["timestamp", "nonce", "signature"])
@pytest.mark.parametrize("value", ["", [], {}, True])
def test_what_is_signed_has_to_be_there(member: str, value: Any) -> None:
    """A text that is missing, empty or of another type is no signature; the refusal names it."""
    missing = refusal(signed() | {member: value})
    assert missing.response_status == 403
    assert member in missing.message


def test_a_callback_with_numbers_for_texts_is_true_all_the_same() -> None:
    """The nonce and the timestamp are digits, which JSON may carry without quotes."""
    assert events(signed(timestamp=SENT_AT, nonce="123456") | {"nonce": 123456})


def test_the_server_secret_is_no_callback_secret() -> None:
    """They are two secrets of one page, and mixed up before any callback comes."""
    with pytest.raises(ConfigurationError, match="CallbackSecret"):
        config("7" * 32, server_secret="7" * 32)


# --- what the signature doesn't cover ---


def test_another_body_with_a_signature_that_came_is_not_believed() -> None:
    """A flipped byte elsewhere passes the signature; the memory of what was signed makes it a mere reason to look."""
    true = sample(7)
    forged = true.replace(b'"event_type":7', b'"event_type":5')
    assert events(true)[0].raw["event_type"] == 7
    assert events(forged)[0].raw["event_type"] == 5  # the signature fits both
    with receiver() as recorder:
        assert recorder.events.receive(posted(true))[0].verified
        assert not recorder.events.receive(posted(forged))[0].verified
        for at in range(len(true)):
            flipped = true[:at] + bytes([true[at] ^ 1]) + true[at + 1 :]
            with suppress(WebhookRejected):
                assert not any(event.verified for event in recorder.events.receive(posted(flipped)))
        assert recorder.events.receive(posted(true)) == ()  # a repeat of the true one is dropped


@pytest.mark.parametrize("member", ["timestamp", "nonce", "signature"])
def test_a_flipped_byte_of_what_is_signed_is_refused(member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the event is read then."""
    body = signed()
    monkeypatch.setattr(webhooks, "event_of", lambda *_: pytest.fail("the event was read"))
    text = body[member]
    for at in range(len(text)):
        with pytest.raises(WebhookRejected) as caught:
            events(body | {member: text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]})
        assert caught.value.response_status == 403


def test_two_true_callbacks_may_share_a_number() -> None:
    """Six digits and a second are soon the same at hundreds of callbacks a second: neither task's end is lost."""
    with receiver() as recorder:
        first = recorder.events.receive(posted(signed(nonce="100480", task_id="task-1")))
        second = recorder.events.receive(posted(signed(nonce="100480", task_id="task-2")))
    assert [event.verified for event in (*first, *second)] == [True, False]
    assert [event.native["TaskId"] for event in (*first, *second)] == ["task-1", "task-2"]


def test_a_signature_is_the_same_however_its_digits_are_divided() -> None:
    """Digits that change places between timestamp and nonce make no second delivery of one signature."""
    secret = VECTORS[1][0]
    body = signed(secret, nonce="00100")
    moved = body | {"timestamp": "0" + body["timestamp"], "nonce": "0010"}
    assert signature(secret.encode(), moved["timestamp"], moved["nonce"]) == body["signature"]
    assert events(body, config(secret))
    assert refusal(moved, config(secret)).response_status == 403
    first = signed(secret, nonce=f"20{SENT_AT + 9}")
    second = first | {"timestamp": f"{SENT_AT + 9}", "nonce": f"{SENT_AT}20", "event_type": 5}
    assert signature(secret.encode(), second["timestamp"], second["nonce"]) == first["signature"]
    with receiver(webhook_secret=secret) as recorder:
        assert recorder.events.receive(posted(first))[0].verified
        assert not recorder.events.receive(posted(second))[0].verified


def test_the_signature_itself_is_kept_nowhere() -> None:
    """It could be sent again while it is young."""
    body = signed(nonce="551122")
    (event,) = events(body)
    assert event.nonce
    assert body["signature"] not in event.model_dump_json()


# --- age and repeats ---


@pytest.mark.parametrize("late", [-301, 301, 86_400, -3_000_000])
def test_the_old_and_the_young_are_refused(late: float) -> None:
    """Five minutes either way, by default."""
    stale = refusal(signed(), now=SENT_AT + late)
    assert stale.response_status == 403
    assert "webhook_max_age" in (stale.hint or "")


@pytest.mark.parametrize("late", [-300, 0, 300])
def test_the_rest_is_taken(late: float) -> None:
    """The limits belong to it."""
    assert events(signed(), now=SENT_AT + late)


def test_the_age_can_be_set() -> None:
    """A vendor's queue, or a queue of one's own, may hold callbacks for longer."""
    with receiver(at=SENT_AT + 3000, webhook_max_age=3600) as recorder:
        assert recorder.events.receive(posted(signed()))


@pytest.mark.parametrize(
    "timestamp", ["01767225600", "1767225600.0", " 1767225600", "1.7672256e9", "١٧٦٧٢٢٥٦٠٠", "now"]
)
def test_a_time_is_written_in_one_way(timestamp: str) -> None:
    """Unix seconds as ten digits; anything else says no time, even where it is signed."""
    body = signed(nonce="77")
    fitting = signature(SECRET.encode(), timestamp, "77")
    assert "says no time" in refusal(body | {"timestamp": timestamp, "signature": fitting}).message


def test_repeats_are_dropped() -> None:
    """The same event delivered again, with a signature of its own or the first one."""
    with receiver() as recorder:
        first = signed(sequence=4)
        assert len(recorder.events.receive(posted(first))) == 1
        assert recorder.events.receive(posted(first)) == ()
        assert recorder.events.receive(posted(signed(sequence=4))) == ()
        assert len(recorder.events.receive(posted(signed(sequence=5)))) == 1


def test_events_without_a_number_are_repeats_only_of_themselves() -> None:
    """A room is told to be empty every 30 s: each time is an event."""
    with receiver() as recorder:
        told = [
            recorder.events.receive(posted(signed(event_type=4, sequence=None, at=SENT_AT + seconds)))
            for seconds in (0, 30, 60)
        ]
    assert [len(found) for found in told] == [1, 1, 1]


# --- whose they are ---


def test_another_projects_callback_is_refused_by_name() -> None:
    """One recorder takes one project's callbacks; the refusal says both numbers, and where to look."""
    other = refusal(signed(app_id=42))
    assert "42" in other.message
    assert str(APP_ID) in other.message
    assert "console" in (other.hint or "")


def test_a_form_is_refused_by_name() -> None:
    """The vendor sends forms only where a project asked for them."""
    for content_type, body in (
        ("application/x-www-form-urlencoded", b"app_id=1234567890&task_id=a&event_type=5"),
        ("", b"app_id=1234567890&task_id=a&event_type=5"),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
    ):
        with pytest.raises(WebhookRejected, match="is a form"):
            events_of(CONFIG, posted(body, content_type), SENT_AT)


def test_json_is_read_whatever_its_content_type() -> None:
    """The vendor states none."""
    for content_type in ("application/x-www-form-urlencoded", "text/plain", ""):
        assert events_of(CONFIG, posted(signed(), content_type), SENT_AT)


def test_an_older_form_is_refused_with_advice() -> None:
    """Projects from before 2021-11-29 get other members."""
    old = refusal({"appid": APP_ID, "task_id": TASK, "event": "stop"})
    assert "app_id, event_type, timestamp" in old.message
    assert "2021-11-29" in (old.hint or "")
    assert "task_id" in refusal(signed(task_id=["a"])).message


def test_the_callback_of_another_vendor_is_refused_by_both_names() -> None:
    """Its address belongs to another recorder."""
    body = {"noticeId": "n-1", "productId": 3, "eventType": 31, "notifyMs": 1, "payload": {"sid": "s", "cname": "c"}}
    with receiver() as recorder, pytest.raises(WebhookRejected, match=r"of agora, .* of zegocloud"):
        recorder.events.receive(posted(body))


@pytest.mark.parametrize(
    ("body", "is_ours"),
    [
        (sample(1), True),
        (sample(4), True),
        (b"{}", False),
        (b"\xff", False),
        (b"[" * 100_000, False),
        (b'{"noticeId": "n", "productId": 3, "eventType": 4, "payload": {}}', False),
        (b"app_id=1&task_id=2&event_type=3&timestamp=4", False),
    ],
)
def test_a_callback_is_recognised_by_its_members(body: bytes, is_ours: bool) -> None:
    """By its shape alone, and never with an error."""
    assert ZegocloudProvider.recognises_webhook(posted(body)) is is_ours


def test_without_a_secret_nothing_is_verified() -> None:
    """It is said once, and each event says it."""
    with receiver(webhook_secret=()) as recorder:
        with pytest.warns(UnverifiedWebhookWarning, match="ZEGO_WEBHOOK_SECRET"):
            (first,) = recorder.events.receive(posted(signed("anybody's")))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            (second,) = recorder.events.receive(
                posted(signed("anybody's", sequence=1, nonce="1") | {"signature": None})
            )
    assert not first.verified
    assert not second.verified
    assert first.nonce is None


# --- garbage ---

JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.integers(min_value=-(10**400), max_value=10**400)
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FILE = some.dictionaries(
    some.sampled_from(
        [*json.loads(sample(1))["detail"]["file_info"][0], "custom_begin_timestamp", "something new"],
    ),
    JSON,
)
DETAIL = some.dictionaries(
    some.sampled_from(
        [
            "upload_status",
            "quit_reason",
            "image_type",
            "image_url",
            "stream_id",
            "file_id",
            "file_url",
            "media_track_type",
        ]
    ),
    JSON,
) | some.fixed_dictionaries({"file_info": some.lists(FILE | JSON, max_size=3)}, optional={"upload_status": JSON})
EVENT_TYPES = some.sampled_from([1, 2, 3, 4, 5, 6, 7, 102, 201, 202]) | JSON


def refused_or_read(request: WebhookRequest) -> None:
    """Whatever arrives is an event that can be written and read again, or WebhookRejected."""
    try:
        found = events_of(CONFIG, request, SENT_AT)
    except WebhookRejected:
        return
    for event in found:
        assert RecordingEvent.model_validate_json(event.model_dump_json()) == event


def readable(body: dict[str, Any]) -> RecordingEvent:
    """The one event of a callback, which can be written and read again, as can what the handle makes of it."""
    (event,) = events(body)
    for told in (event, located(event, HANDLE)):
        assert RecordingEvent.model_validate_json(told.model_dump_json()) == told
    return event


@given(some.binary(max_size=200))
def test_bytes_are_refused(body: bytes) -> None:
    """No bytes raise anything else."""
    assert isinstance(refusal(body), WebhookRejected)
    assert ZegocloudProvider.recognises_webhook(posted(body)) is False


@given(JSON)
def test_any_json_is_refused(tree: Any) -> None:
    """No JSON of another shape raises anything else."""
    refused_or_read(posted(tree))


@given(some.dictionaries(some.sampled_from(list(signed())), JSON))
def test_any_member_may_be_of_any_type(members: dict[str, Any]) -> None:
    """Envelopes with whatever value in any member."""
    refused_or_read(posted(signed() | members))


@given(
    EVENT_TYPES,
    DETAIL | JSON,
    some.fixed_dictionaries({}, optional={"sequence": JSON, "room_id": JSON, "message": JSON}),
)
def test_any_detail_is_read(event_type: Any, detail: Any, members: dict[str, Any]) -> None:
    """A signed callback is always an event, whatever its detail is; what isn't of the documented type is absent."""
    body = signed() | {"event_type": event_type, "detail": detail} | members
    readable(body)


ODD = [None, True, -1, 0, 10**400, 1e300, 1.5, "", "x", "12", [], [None], [[]], {}, {"a": 1}]


@pytest.mark.parametrize("member", sorted(set(signed()) - {"app_id", "task_id", "timestamp", "nonce", "signature"}))
@pytest.mark.parametrize("event_type", sorted(EVENT_KINDS))
def test_every_member_of_an_event_may_be_odd(event_type: int, member: str) -> None:
    """What isn't of the documented type is absent; the event is read all the same."""
    for odd in ODD:
        readable(signed() | {"event_type": event_type, member: odd})


@pytest.mark.parametrize("member", [*json.loads(sample(1))["detail"]["file_info"][0], "custom_begin_timestamp"])
def test_every_member_of_a_file_may_be_odd(member: str) -> None:
    """So too the numbers of a file, which are lengths, sizes and moments."""
    file = json.loads(sample(1))["detail"]["file_info"][0]
    for status, odd in itertools.product((3, 4, 5), ODD):
        info = {**file, "status": status, member: odd}
        (found,) = readable(signed(event_type=1, detail={"upload_status": 2, "file_info": [info]})).files
        assert found.name == info["file_id"] or member == "file_id"


@pytest.mark.parametrize(
    "body",
    [
        b"{" * 5000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        json.dumps(signed(detail={"file_info": [[[[[[[[[]]]]]]]]]})).encode().replace(b"[]", b"[" * 4000 + b"]" * 4000),
        b'{"app_id": ' + b"9" * 100_000 + b"}",
        b'{"app_id": 1e999}',
        b'{"app_id": NaN}',
        b'{"app_id": "\\ud800"}',
        b" " * 1_048_577,
    ],
    ids=["open", "deep", "deep detail", "huge number", "infinite", "nan", "half a character", "large"],
)
def test_what_costs_more_than_it_is_worth_is_refused(body: bytes) -> None:
    """Depth, size and numbers are bounded."""
    assert isinstance(refusal(body), WebhookRejected)


@pytest.mark.parametrize("method", ["GET", "PUT", ""])
def test_only_posts_are_callbacks(method: str) -> None:
    """A browser that opened the address is told so."""
    with receiver() as recorder, pytest.raises(WebhookRejected) as caught:
        recorder.events.receive(WebhookRequest(method, "/", {}, sample(7)))
    assert caught.value.response_status == 405


HOSTILE = "x\r\n2027 ERROR forged\x1b[2J\u202e" + "y" * 100_000


@pytest.mark.parametrize("number", [*sorted(EVENT_KINDS), 999])
def test_no_text_of_a_callback_gets_far(number: int) -> None:
    """Reasons are written to logs and terminals: the vendor's words in them are cut, and end no line."""
    body = json.loads(sample(number)) if number in EVENT_KINDS else signed(event_type=number)
    details = ({}, *({key: HOSTILE} for key in ("image_url", "stream_id", "file_id", "file_url", "quit_reason")))
    for detail in details:
        hostile = signed(event_type=number, message=HOSTILE, detail=(body.get("detail") or {}) | detail)
        with receiver() as recorder:
            (event,) = recorder.events.receive(posted(hostile))
        assert len(event.reason or "") < 600
        assert CONTROLS.search(event.reason or "") is None


def test_what_is_long_is_read_when_the_rest_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forged callback doesn't cost the reading of its files."""
    read: list[Any] = []
    validate = webhooks.Callback.model_validate

    def note(value: dict[str, Any]) -> Any:
        read.append(value["detail"])
        return validate(value)

    monkeypatch.setattr(webhooks.Callback, "model_validate", note)
    detail = {"file_info": [{"file_id": "a"}]}
    with receiver() as recorder:
        with pytest.raises(WebhookRejected, match="forged"):
            recorder.events.receive(posted(signed(detail=detail, signature="f" * 40)))
        assert read == [None]
        assert recorder.events.receive(posted(signed(detail=detail)))
    assert read[-1] == detail
