"""Which callbacks are believed: signature, age, replay, and those of somebody else."""

from __future__ import annotations

import json
import warnings

import pytest

from agora.notified import ACCOUNT, SECRET, SENT_AT, bytes_of, config, digest, posted, receiver, sample, written
from recorder_agora import webhooks
from recorder_agora.provider import AgoraProvider
from recorder_agora.webhooks import events_of, is_callback, signature
from recorder_core import ConfigurationError, EventKind, UnverifiedWebhookWarning, WebhookRejected, WebhookRequest
from recorder_core.plugins import load_provider

WORKED = (
    b'{"noticeId":"2000017311:90210:7","productId":3,"eventType":31,"notifyMs":1784112305123,"payload":{"cname":'
    b'"lesson-204","uid":"900001","sid":"4f1d9c0b7a6e5d3c2b1a09f8e7d6c5b4","sequence":6,"sendts":1784112304988,'
    b'"serviceType":2,"details":{"msgName":"uploaded","status":0,"fileList":[{"fileName":'
    b'"4f1d9c0b7a6e5d3c2b1a09f8e7d6c5b4_lesson-204.m3u8","trackType":"audio_and_video","uid":"0","mixedAllUser":true,'
    b'"isPlayable":true,"sliceStartTime":1784110500042}]}}}'
)
"""A callback of 458 bytes, whose digests with the secret `wire-sheet-secret-01` were computed by hand."""
WORKED_SECRET, WORKED_AT = "wire-sheet-secret-01", 1784112305.123
WORKED_SHA1 = "b2c83e67c962fff5ae6e946a9023f857165c064a"
WORKED_SHA256 = "266ea185210d7247b45d32fb64c47c254375b6744fb1d2c3db6e81f2b4224e13"
PUBLISHED_SHA1 = "033c62f40f687675f17f0f41f91a40c71c0f134c"
PUBLISHED_SHA256 = "6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99"
OLDER = (
    b'{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f",'
    b'"notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}'
)
"""The vendor's sample until 2026, which its published digests (of the secret `secret`) belong to."""
NEWER = OLDER.replace(b'"eventMs":1560408533119,', b"")
"""Its sample of 2026, beside which it still prints them."""
ZEGOCLOUD = {
    "app_id": 1234567890,
    "task_id": "aVW5AOE4IyvEAAAq",
    "room_id": "room-42",
    "event_type": 1,
    "nonce": "483920",
    "timestamp": "1767225600",
    "signature": "b4d0ebfd92ab788a3b8961b59bf0fa80c7da5bc3",
    "sequence": 0,
    "detail": {},
}


def refused(request: WebhookRequest, *secrets: str, now: float = SENT_AT) -> WebhookRejected:
    with pytest.raises(WebhookRejected) as caught:
        events_of(config(*(secrets or (SECRET,))), request, now)
    return caught.value


# --- the signature ---


def test_the_worked_vector() -> None:
    """Both digests are those that were computed by hand, and either makes the callback true."""
    assert len(WORKED) == 458
    assert signature(WORKED_SECRET.encode(), WORKED) == WORKED_SHA256
    assert signature(WORKED_SECRET.encode(), WORKED, "sha1") == WORKED_SHA1
    for headers in (
        {"Agora_Signature": WORKED_SHA1},
        {"Agora_Signature_V2": WORKED_SHA256},
        {"agora_signature": WORKED_SHA1, "AGORA_SIGNATURE_V2": WORKED_SHA256},
        {"agora_signature": "0" * 40, "agora_signature_v2": WORKED_SHA256},
    ):
        (event,) = events_of(config(WORKED_SECRET), posted(WORKED, **headers), WORKED_AT)
        assert (event.kind, event.files[0].participant) == (EventKind.UPLOADED, None)


@pytest.mark.parametrize(
    ("body", "sha1", "sha256"),
    [
        (OLDER, PUBLISHED_SHA1, PUBLISHED_SHA256),
        (
            NEWER,
            "5a3bb6a6d9fad2ea9ae3fb707a14c9d7f3136df1",
            "de96da5acf03b0021ac3b4fa2225e7ae6f3533a30d50bb02c08ea4fa748bda24",
        ),
    ],
)
def test_the_published_samples(body: bytes, sha1: str, sha256: str) -> None:
    """The published digests fit the older sample; the newer one has others. Both are verified by what they have."""
    assert (signature(b"secret", body, "sha1"), signature(b"secret", body)) == (sha1, sha256)
    (event,) = events_of(config("secret"), posted(body, Agora_Signature_V2=sha256), 1560408533.2)
    assert event.kind is EventKind.UNKNOWN


def test_published_digests_do_not_fit_the_newer_sample() -> None:
    """Whoever trusts the vendor's page takes a true callback for forged."""
    for headers in ({"Agora_Signature": PUBLISHED_SHA1}, {"Agora_Signature_V2": PUBLISHED_SHA256}):
        assert "forged" in refused(posted(NEWER, **headers), "secret", now=1560408533.2).message


@pytest.mark.parametrize("separators", [(",", ": "), (", ", ": "), (", ", ":")])
def test_a_body_that_was_written_anew_is_refused(separators: tuple[str, str]) -> None:
    """Blanks after `:` or `,` make other bytes, as a framework does that parses and dumps."""
    again = json.dumps(json.loads(WORKED), separators=separators).encode()
    error = refused(posted(again, Agora_Signature_V2=WORKED_SHA256), WORKED_SECRET, now=WORKED_AT)
    assert "as it arrived" in (error.hint or "")
    assert error.response_status == 403


def test_the_digest_of_a_body_that_was_written_anew() -> None:
    """With blanks after `:` it is another one, computed by hand."""
    again = json.dumps(json.loads(WORKED), separators=(",", ": ")).encode()
    assert signature(WORKED_SECRET.encode(), again).startswith("98ee71be")


def test_a_newer_signature_decides_alone() -> None:
    """One that doesn't fit is refused even where the older one does, and an empty one too."""
    for wrong in ("0" * 64, "", WORKED_SHA1):
        request = posted(WORKED, Agora_Signature_V2=wrong, Agora_Signature=WORKED_SHA1)
        assert "Agora-Signature-V2" in refused(request, WORKED_SECRET, now=WORKED_AT).message


def test_one_flipped_byte_is_refused_before_anything_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any byte of the body or of the signature: the parser isn't called."""
    parsed: list[bytes] = []
    monkeypatch.setattr(webhooks, "json_object", lambda body: parsed.append(body) or json.loads(body))
    request = posted(WORKED, secret=WORKED_SECRET)
    for at in range(len(WORKED)):
        flipped = WORKED[:at] + bytes([WORKED[at] ^ 1]) + WORKED[at + 1 :]
        refused(WebhookRequest("POST", "/", request.headers, flipped), WORKED_SECRET, now=WORKED_AT)
    for at in range(64):
        changed = WORKED_SHA256[:at] + chr(ord(WORKED_SHA256[at]) ^ 1) + WORKED_SHA256[at + 1 :]
        refused(posted(WORKED, Agora_Signature_V2=changed), WORKED_SECRET, now=WORKED_AT)
    assert parsed == []
    assert events_of(config(WORKED_SECRET), request, WORKED_AT)
    assert parsed == [WORKED]


@pytest.mark.parametrize("given", ["é" * 32, "\udcff", "0" * 100_000, " ", WORKED_SHA256.upper()])
def test_a_signature_of_anything_else_is_refused(given: str) -> None:
    """Whatever a header can hold is compared, and nothing else is raised."""
    refused(posted(WORKED, Agora_Signature_V2=given), WORKED_SECRET, now=WORKED_AT)


@pytest.mark.parametrize("secret", ["the-new-one", "the-old-one"])
def test_several_secrets_are_valid_while_one_is_replaced(secret: str) -> None:
    """What either of them signed is true, and what neither did is forged."""
    assert events_of(config("the-new-one", "the-old-one"), posted(written(), secret=secret), SENT_AT)
    assert "forged" in refused(posted(written(), secret="another"), "the-new-one", "the-old-one").message


def test_without_a_signature_it_is_refused() -> None:
    """The refusal names both headers."""
    error = refused(posted(written(), Content_Type="application/json"))
    assert "Agora-Signature-V2 or Agora-Signature" in error.message
    assert error.response_status == 403


@pytest.mark.parametrize("mixed_up", list(ACCOUNT.values()))
def test_other_credentials_are_no_secret_of_callbacks(mixed_up: str) -> None:
    """They are mixed up before any callback comes, and no value is shown."""
    with pytest.raises(ConfigurationError, match="webhook_secret is another credential") as caught:
        config("right", mixed_up)
    assert "right" not in str(caught.value)
    assert ACCOUNT["customer_secret"] not in str(caught.value)


# --- age and repeats ---


@pytest.mark.parametrize("age", [300.0, -300.0, 0.0])
def test_a_young_callback_is_taken(age: float) -> None:
    """By the delivery's own time, within five minutes either way."""
    assert events_of(config(SECRET), posted(written()), SENT_AT + age)


@pytest.mark.parametrize(("age", "said"), [(301.0, "301 s ago"), (-301.0, "301 s in the future"), (9e9, "ago")])
def test_a_stale_or_future_callback_is_refused(age: float, said: str) -> None:
    """A true signature doesn't make it young; the refusal names the setting."""
    error = refused(posted(written()), now=SENT_AT + age)
    assert said in error.message
    assert "webhook_max_age" in (error.hint or "")


def test_the_largest_age_can_be_set() -> None:
    """By `webhook_max_age`."""
    assert events_of(config(SECRET, webhook_max_age=3600), posted(written()), SENT_AT + 3599)
    with pytest.raises(WebhookRejected):
        events_of(config(SECRET, webhook_max_age=60), posted(written()), SENT_AT + 61)


@pytest.mark.parametrize("sent", [None, "x", [], {}, True, 10**400, 1e300, -1])
def test_a_callback_without_a_time_is_refused(sent: object) -> None:
    """It could be of any age."""
    refused(posted(written(envelope={"notifyMs": sent})))


def test_the_clock_of_the_recorder_decides() -> None:
    """A recorder whose clock is driven takes what its own time allows."""
    with receiver(SECRET, now=SENT_AT) as recorder:
        assert recorder.events.receive(posted(written()))
        recorder.provider.runtime.clock.sleep(400)
        with pytest.raises(WebhookRejected, match="400 s ago"):
            recorder.events.receive(posted(written()))


def test_a_replay_is_dropped() -> None:
    """The same bytes again, a repeat of the vendor's and the double of a highly available service: one event."""
    later = {"envelope": {"notifyMs": int((SENT_AT + 5) * 1000)}}
    double = {"envelope": {"noticeId": "another"}}
    with receiver(SECRET) as recorder:
        (event,) = recorder.events.receive(posted(written()))
        assert event.kind is EventKind.STARTED
        for body in (written(), written(**later), written(**double)):
            assert recorder.events.receive(posted(body)) == ()
        assert len(recorder.events.receive(posted(written(41)))) == 1


# --- without a secret, and elsewhere ---


def test_without_a_secret_it_is_a_reason_to_ask() -> None:
    """It is read, said to be unverified, and the warning names the variable."""
    with receiver() as recorder:
        with pytest.warns(UnverifiedWebhookWarning, match="AGORA_WEBHOOK_SECRET"):
            (event,) = recorder.events.receive(posted(written(), Content_Type="x"))
        assert not event.verified


@pytest.mark.parametrize("secrets", [(SECRET,), ()])
def test_another_vendors_callback_is_named(secrets: tuple[str, ...]) -> None:
    """Both names stand in the refusal, with and without a secret."""
    with receiver(*secrets, now=1767225600) as recorder, warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(WebhookRejected, match="callback of zegocloud, and the address is that of agora") as caught:
            recorder.events.receive(posted(ZEGOCLOUD, Content_Type="application/json"))
        assert caught.value.provider == "agora"


@pytest.mark.parametrize("body", [{}, {"payload": {}}, {"event": 31}])
def test_json_that_is_no_notification_is_refused(body: dict[str, object]) -> None:
    """Every notification has an eventType."""
    assert "eventType" in refused(posted(body)).message


@pytest.mark.parametrize(
    ("request_", "is_one"),
    [
        (posted(written()), True),
        (posted(written(), Content_Type="application/json"), True),
        (posted(sample("31_older"), Content_Type="application/json"), True),
        (posted(b"no JSON", AGORA_SIGNATURE="0"), True),
        (posted(ZEGOCLOUD, Content_Type="application/json"), False),
        (posted(b"no JSON", Content_Type="application/json"), False),
        (posted(b"[1]", Content_Type="application/json"), False),
        (posted(b"\xff" * 2_000_000, Content_Type="application/json"), False),
    ],
)
def test_a_callback_is_recognised_by_its_shape(request_: WebhookRequest, is_one: bool) -> None:
    """By its headers, or by the keys of its body; nothing is verified or raised."""
    assert is_callback(request_) is AgoraProvider.recognises_webhook(request_) is is_one


def test_no_other_provider_takes_it_for_its_own() -> None:
    """Of two installed providers one recognises it."""
    request = posted(bytes_of(written()), Content_Type="application/json")
    assert not load_provider("zegocloud").recognises_webhook(request)


def test_no_text_shows_a_secret_or_a_signature() -> None:
    """Neither the request's repr nor the refusal."""
    request = posted(written(), secret="another")
    error = refused(request)
    for shown in (repr(request), str(error), repr(error)):
        assert SECRET not in shown
        assert digest(request.body, "another") not in shown
