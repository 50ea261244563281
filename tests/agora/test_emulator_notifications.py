"""How the emulated service notifies: signatures, repeats, doubles, ticked events, events on demand, health check."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from emulation.telling import Receiver
from recorder_agora.emulator.callbacks import EVENTS, signatures
from recorder_agora.emulator.mix import MixSession
from recorder_core.emulation.exchange import EmulatedRequest

VECTOR = (
    b'{"noticeId":"2000017311:90210:7","productId":3,"eventType":31,"notifyMs":1784112305123,"payload":{"cname":'
    b'"lesson-204","uid":"900001","sid":"4f1d9c0b7a6e5d3c2b1a09f8e7d6c5b4","sequence":6,"sendts":1784112304988,'
    b'"serviceType":2,"details":{"msgName":"uploaded","status":0,"fileList":[{"fileName":'
    b'"4f1d9c0b7a6e5d3c2b1a09f8e7d6c5b4_lesson-204.m3u8","trackType":"audio_and_video","uid":"0","mixedAllUser":true,'
    b'"isPlayable":true,"sliceStartTime":1784110500042}]}}}'
)
PAGE = {"url": "https://class.example", "audioProfile": 0, "videoWidth": 640, "videoHeight": 360, "maxRecordingHour": 2}
DOCUMENTED = {
    *(1, 2, 3, 4, 11, 12, 13, 30, 31, 32, 33, 40, 41, 42, 43, 44, 45, 60, 61),
    *(70, 71, 72, 73, 80, 81, 90, 100, 1001),
}


def told(heard: Any) -> list[tuple[int, int]]:
    """Event and sequence of each delivery."""
    return [(body["eventType"], body["payload"]["sequence"]) for body in heard.bodies()]


# --- Signature and secret ---


@pytest.mark.parametrize(
    ("secret", "body", "sha1", "sha256"),
    [
        (
            "wire-sheet-secret-01",
            VECTOR,
            "b2c83e67c962fff5ae6e946a9023f857165c064a",
            "266ea185210d7247b45d32fb64c47c254375b6744fb1d2c3db6e81f2b4224e13",
        ),
        (
            "secret",
            b'{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f",'
            b'"notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}',
            "033c62f40f687675f17f0f41f91a40c71c0f134c",
            "6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99",
        ),
    ],
)
def test_signatures(secret: str, body: bytes, sha1: str, sha256: str) -> None:
    """Over a vector of our own and the vendor's published sample."""
    assert signatures(secret, body) == {"Agora-Signature": sha1, "Agora-Signature-V2": sha256}


def test_secret(serve: Any) -> None:
    """`env` shows it beside the customer's; it is made up unless given."""
    service = serve()
    assert service.env["AGORA_WEBHOOK_SECRET"] == service.webhook_secret != service.customer_secret
    assert service.webhook_secret != serve().webhook_secret
    assert serve(webhook_secret="given").env["AGORA_WEBHOOK_SECRET"] == "given"


def test_bodies_are_written_closely(hear: Any) -> None:
    """No blanks between members, in UTF-8, with members in the order of the vendor's sample."""
    heard = hear()
    caller = heard.caller("web", cname="Stunde über Bäume")
    service = {"serviceName": "web_recorder_service", "serviceParam": PAGE}
    caller.begin(extensionServiceConfig={"extensionServices": [service]})
    heard.service.clock.advance(3)
    raw, body = heard.receiver.received[0].raw, heard.bodies()[0]
    assert raw == json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    assert [*body] == ["noticeId", "productId", "eventType", "notifyMs", "payload"]
    assert body["payload"]["cname"] == "Stunde über Bäume"


# --- Delivery ---


def test_repeats(hear: Any) -> None:
    """What isn't answered 200 comes again at once, then after growing times, and after three repeats no more."""
    heard = hear()
    heard.receiver.answers += [500, 204, 302, 404]
    caller = heard.caller()
    caller.begin({"maxIdleTime": 300})
    heard.service.clock.advance(100)
    bodies = heard.bodies()
    assert [(body["notifyMs"] - 1_800_000_003_000) / 1000 for body in bodies] == [0, 0, 5, 20]
    assert len({body["noticeId"] for body in bodies}) == 1
    payloads = [body["payload"] for body in bodies]
    assert payloads == 4 * payloads[:1]
    assert (payloads[0]["sequence"], payloads[0]["sendts"]) == (0, 1_800_000_003_000)


def test_repeat_that_arrives(hear: Any) -> None:
    """A 200 ends the repeats."""
    heard = hear()
    heard.receiver.answers += [503, 200]
    heard.caller().begin({"maxIdleTime": 300})
    heard.service.clock.advance(100)
    assert told(heard) == [(40, 0), (40, 0)]


@pytest.mark.parametrize(
    ("fault", "expected", "notices"),
    [
        ("duplicate", [(40, 0), (40, 0), (41, 1), (11, 2)], 3),
        ("double", [(40, 0), (40, 0), (41, 1), (11, 2)], 4),
        ("late", [(41, 1), (40, 0), (11, 2)], 3),
        ("lose", [(41, 1), (11, 2)], 2),
    ],
)
def test_faults(hear: Any, fault: str, expected: list[tuple[int, int]], notices: int) -> None:
    """A redelivery has the same `noticeId`, a double one of its own; sequence and order stay the event's."""
    heard = hear()
    heard.service.fail_next("callback", fault)
    heard.caller().begin()
    heard.service.clock.advance(100)
    assert told(heard) == expected
    assert len({body["noticeId"] for body in heard.bodies()}) == notices


def test_ticked_events(hear: Any) -> None:
    """Only those are sent; the others are counted all the same."""
    heard = hear(callback_kinds=[40, 11])
    heard.caller().begin()
    heard.service.clock.advance(100)
    assert told(heard) == [(40, 0), (11, 2)]


def test_unknown_event_is_not_ticked(serve: Any) -> None:
    """The console knows the documented events."""
    assert set(EVENTS) == DOCUMENTED
    with pytest.raises(ValueError, match="agora has no event 14"):
        serve(callback_kinds=[14])


def test_secrets_are_masked(hear: Any) -> None:
    """Push addresses are on no record, neither of requests nor of deliveries; the receiver gets them."""
    heard = hear()
    push = {"serviceName": "rtmp_publish_service", "serviceParam": {"outputs": [{"rtmpUrl": "rtmps://push/k3y"}]}}
    services = [{"serviceName": "web_recorder_service", "serviceParam": PAGE}, push]
    heard.caller("web").begin(extensionServiceConfig={"extensionServices": services})
    heard.service.clock.advance(10)
    assert "k3y" in repr(heard.bodies())
    record = repr(heard.service.callbacks.deliveries) + repr(list(heard.service.journal))
    assert "rtmpUrl" in record
    assert "k3y" not in record
    assert heard.service.webhook_secret not in record


# --- On demand ---


@pytest.mark.parametrize(
    ("event", "details"),
    [
        (60, {"aliVodInfo": {"videoId": "v1"}}),
        (61, {}),
        (90, {"vendor": 1, "region": 4, "bucket": "b", "fileName": "a.ts;b.ts"}),
        (1001, {"result": "partial_success", "fileList": [{"fileName": "a.mp4"}]}),
    ],
)
def test_events_that_never_happen_here(hear: Any, event: int, details: dict[str, Any]) -> None:
    """They are sent by order, in the envelope and sequence of the recording, also after its end."""
    heard = hear()
    caller = heard.caller()
    caller.begin()
    heard.service.clock.advance(100)
    heard.service.notify(caller.sid, event, **details)
    assert heard.events(caller)[-1] == (100, event, details)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (13, "high_availability_register_success"),
        (80, "transcoder_started"),
        (81, "transcoder_completed"),
        (4711, "event_4711"),
    ],
)
def test_events_outside_the_table(hear: Any, event: int, name: str) -> None:
    """So are those that the table of events lacks, and those that nobody knows; a room's name means its last one."""
    heard = hear()
    caller = heard.caller()
    caller.begin()
    heard.service.notify(caller.cname, event, more=[1])
    payload = heard.bodies()[0]["payload"]
    assert (payload["sid"], payload["serviceType"]) == (caller.sid, 0)
    assert payload["details"] == {"msgName": name, "more": [1]}


def test_name_of_an_event(hear: Any) -> None:
    """A test may name it otherwise."""
    heard = hear()
    heard.caller().begin()
    heard.service.notify("lesson-204", 40, msgName="recorder_ready", status=0)
    assert heard.bodies()[0]["payload"]["details"] == {"msgName": "recorder_ready", "status": 0}


def test_wrong_orders(hear: Any) -> None:
    """A recording that there isn't, and an event that isn't ticked, are refused in words."""
    heard = hear(callback_kinds=[40])
    heard.caller().begin()
    with pytest.raises(ValueError, match="no recording was started with the sid or cname 'nowhere'"):
        heard.service.notify("nowhere", 40)
    with pytest.raises(ValueError, match="event 41 isn't ticked"):
        heard.service.notify("lesson-204", 41)


# --- Health check ---


@pytest.mark.parametrize("kinds", [None, [40, 31]])
def test_health_check(hear: Any, kinds: list[int] | None) -> None:
    """A signed test for each ticked event, with nothing of a recording; any status but 200 is seen."""
    heard = hear(callback_kinds=kinds)
    heard.receiver.answers += [200, 401]
    checked = heard.service.check_callbacks()
    assert set(checked) == (DOCUMENTED if kinds is None else {40, 31})
    assert [*checked.values()][:2] == [200, 401]
    assert {body["eventType"] for body in heard.bodies()} == set(checked)
    assert all(body["payload"] == {"channelName": "test_webhook", "uid": 12121212} for body in heard.bodies())


def test_health_check_of_nobody(serve: Any) -> None:
    """Where nobody listens there is no answer; without an address there is nothing to check."""
    with Receiver() as gone:
        url = gone.url
    assert serve(callback_url=url, callback_kinds=[40]).check_callbacks() == {40: None}
    with pytest.raises(ValueError, match="give callback_url"):
        serve().check_callbacks()


# --- Many recordings ---


def test_only_what_is_due_is_looked_at(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither time nor a room's change makes the service look at recordings that it doesn't concern."""
    looked: list[str] = []
    settle = MixSession.settle

    def counting(session: MixSession, now: float) -> None:
        looked.append(session.identity.cname)
        settle(session, now)

    monkeypatch.setattr(MixSession, "settle", counting)
    service = serve(concurrent=1000)
    storage = {"vendor": 1, "region": 4, "bucket": "b", "accessKey": "AK", "secretKey": "SK"}
    pair = base64.b64encode(f"{service.customer_id}:{service.customer_secret}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}

    def post(path: str, cname: str, **asked: Any) -> str:
        body = json.dumps({"cname": cname, "uid": "9", "clientRequest": asked}).encode()
        route = f"/v1/apps/{service.app_id}/cloud_recording{path}"
        answer = service.handle(EmulatedRequest(method="POST", path=route, headers=headers, body=body))
        return str(answer.body["resourceId"])

    for number in range(300):
        recording = {"maxIdleTime": 100 + number}
        resource = post("/acquire", f"room-{number}")
        post(
            f"/resourceid/{resource}/mode/mix/start", f"room-{number}", storageConfig=storage, recordingConfig=recording
        )
    service.clock.advance(3)
    looked.clear()
    service.clock.advance(90)
    service.join("room-7", "11")
    assert set(looked) == {"room-7"}
    looked.clear()
    service.clock.advance(12)
    assert set(looked) == {f"room-{number}" for number in range(3)}
