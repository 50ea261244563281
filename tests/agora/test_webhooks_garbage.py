"""Whatever comes, with a true signature or without: an event, or `WebhookRejected`, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agora.notified import SECRET, SENT_AT, config, posted, sample, written
from recorder_agora.tables import EVENT_KINDS
from recorder_agora.webhooks import events_of, is_callback
from recorder_core import EventKind, RecordingEvent, WebhookRejected, WebhookRequest
from recorder_core.webhooks import CONTROLS

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**400), max_value=10**400)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text()
    | st.sampled_from(["\ud800", "\x00", "../../x.m3u8", "/", "0", "31", "test_webhook", "rtmp://a/b"])
)
trees = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
numbers = st.sampled_from(sorted(EVENT_KINDS))
KEYS = {
    1: ("module", "errorLevel", "errorCode", "stat", "errorMsg"),
    2: ("module", "warnCode"),
    3: ("status", "recordingMode", "fileList"),
    4: ("fileList",),
    11: ("exitStatus", "leaveStatus"),
    12: ("newUid",),
    13: (),
    30: ("status",),
    31: ("status", "fileList"),
    32: ("status", "fileList"),
    33: ("progress",),
    40: ("status",),
    41: ("leaveCode",),
    42: ("startUtcMs", "discontinueUtcMs", "mixedAllUser", "streamUid", "trackType"),
    43: ("streamUid", "state", "UtcMs"),
    44: ("streamUid", "state", "UtcMs"),
    45: ("fileName",),
    60: ("aliVodInfo",),
    61: (),
    70: ("recorderStartTime",),
    71: ("code", "message", "details", "fileList"),
    72: ("limitType",),
    73: ("reason",),
    80: (),
    81: ("result", "uids"),
    90: ("vendor", "region", "bucket", "fileName"),
    100: ("rtmpUrl", "status"),
    1001: ("result", "fileList"),
}
"""The documented fields of `details` by event type."""
entries = st.dictionaries(
    st.sampled_from(
        [
            "fileName",
            "filename",
            "trackType",
            "uid",
            "mixedAllUser",
            "isPlayable",
            "sliceStartTime",
            "result",
            "fileList",
        ]
    ),
    leaves,
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(
            ["noticeId", "notificationId", "productId", "eventType", "notifyMs", "eventMs", "payload"], trees
        )
    },
)
payloads = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ["cname", "uid", "sid", "sequence", "sendts", "serviceType", "serviceScene", "channelName", "details"], trees
    ),
)


def received(request: WebhookRequest) -> list[RecordingEvent]:
    """What becomes of it: its events, which can be written and read again, or none."""
    assert is_callback(request) in (True, False)
    try:
        events = events_of(config(SECRET), request, SENT_AT)
    except WebhookRejected:
        return []
    for event in events:
        again = RecordingEvent.model_validate_json(event.model_dump_json())
        assert again.dedup_key == event.dedup_key
        assert isinstance(event.kind, EventKind)
    return events


def dumped(tree: Any) -> bytes:
    """JSON as Python writes it, NaN and half characters included."""
    return json.dumps(tree).encode("utf-8", "surrogatepass")


@given(st.binary())
@example(b"")
@example(b"{" * 100_000)
@example(b'{"eventType":' * 40 + b"1" + b"}" * 40)
@example(b'{"eventType": 31, "notifyMs": 1e999}')
@example(b'{"eventType": 31, "notifyMs": ' + b"9" * 5000 + b"}")
@example(b'{"eventType": 31, "notifyMs": NaN}')
@example(b'\xef\xbb\xbf{"eventType": 31}')
def test_bytes_with_a_true_signature(body: bytes) -> None:
    """Whoever knows the secret can't break anything either."""
    received(posted(body))


@given(st.binary(), st.dictionaries(st.sampled_from(["Agora-Signature", "agora-signature-v2", "x"]), st.text()))
def test_bytes_with_any_headers(body: bytes, headers: dict[str, str]) -> None:
    """A signature is a text that was made by anybody."""
    assert received(WebhookRequest("POST", "/", headers, body)) == []


@given(trees)
def test_json_of_any_shape(tree: Any) -> None:
    """Objects, lists and bare values."""
    received(posted(dumped(tree)))


@given(envelopes, st.booleans())
def test_any_envelope(envelope: dict[str, Any], is_young: bool) -> None:
    """Wrong types at every field of it, in a young callback and in one of any time."""
    young = {"notifyMs": int(SENT_AT * 1000)} if is_young else {}
    received(posted(dumped(envelope | young)))


@given(numbers, payloads)
def test_any_payload(number: int, payload: dict[str, Any]) -> None:
    """Wrong types at every field of it: one event, of its kind where it names its recording, else unknown."""
    try:
        body = json.dumps(written(number) | {"payload": payload}, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return  # half a character, or no number
    (event,) = received(posted(body))
    assert event.kind in (EVENT_KINDS[number], EventKind.UNKNOWN)
    assert (event.kind is EventKind.UNKNOWN) == (not event.native.get("sid") or "console" in (event.reason or ""))


@given(st.data())
def test_wrong_types_in_details_leave_the_event(data: st.DataObject) -> None:
    """Whatever a documented field holds, the event is there, of its kind, with its raw body."""
    number = data.draw(numbers)
    values = trees | st.lists(entries | leaves) | st.integers(-10, 200)
    details = {key: data.draw(values) for key in KEYS[number] if data.draw(st.booleans())}
    try:
        body = json.dumps(written(number, details), ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return  # half a character, or no number
    (event,) = received(posted(body))
    assert event.kind == EVENT_KINDS[number]
    assert event.raw["eventType"] == number


def test_every_event_s_fields_are_tried() -> None:
    """Each event type has its documented fields here."""
    assert KEYS.keys() == EVENT_KINDS.keys()


@pytest.mark.parametrize("number", sorted(EVENT_KINDS))
@pytest.mark.parametrize("wrong", [None, True, [], {}, [[]], [{}], "", "x", -1, 1.5, 10**400, {"a": {"b": []}}])
def test_each_field_of_each_sample_may_be_wrong(number: int, wrong: Any) -> None:
    """One after the other, at every depth."""
    plain = json.loads(sample(number)) | {"notifyMs": int(SENT_AT * 1000)}
    for details in _with_one_wrong(plain["payload"]["details"], wrong):
        (event,) = received(posted(plain | {"payload": plain["payload"] | {"details": details}}))
        assert event.kind == EVENT_KINDS[number]


def _with_one_wrong(tree: Any, wrong: Any) -> list[Any]:
    """The tree, as often as it has nodes, each time with another one of them wrong."""
    found = [wrong]
    if isinstance(tree, dict):
        found += [{**tree, key: inner} for key, value in tree.items() for inner in _with_one_wrong(value, wrong)]
    if isinstance(tree, list):
        for index, value in enumerate(tree):
            found += [[*tree[:index], inner, *tree[index + 1 :]] for inner in _with_one_wrong(value, wrong)]
    return found


HOSTILE = "x\r\n2027 ERROR forged\x1b[2J\u202e" + "y" * 100_000


@pytest.mark.parametrize("number", sorted(EVENT_KINDS))
def test_no_text_of_a_callback_gets_far(number: int) -> None:
    """Reasons are written to logs and terminals: the vendor's words in them are cut, and end no line."""
    plain = json.loads(sample(number)) | {"notifyMs": int(SENT_AT * 1000)}
    for details in _with_one_wrong(plain["payload"]["details"], HOSTILE):
        (event,) = received(posted(plain | {"payload": plain["payload"] | {"details": details}}))
        assert len(event.reason or "") < 600
        assert CONTROLS.search(event.reason or "") is None
