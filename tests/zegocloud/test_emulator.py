"""The gateway in front of the emulated service: signature, refusals, limits, journal; over raw HTTP."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from recorder_core.emulation.clock import EmulatorClock
from recorder_zegocloud.emulator.protocol import signature

Body = Callable[..., dict[str, Any]]
TASK = {"TaskId": "aVW5AOE4IyvEAAAq"}


@pytest.mark.parametrize(
    ("app_id", "nonce", "secret", "timestamp", "expected"),
    [
        (
            *("1234567890", "0123456789abcdef", "00112233445566778899aabbccddeeff", "1767225600"),
            "e459994ecbeff12dbe36465ba5a07883",
        ),
        (
            *("42", "deadbeefcafef00d", "7f4df1a2b3c4d5e6f708192a3b4c5d6e", "1785542400"),
            "990e8a6618614316c2c39df9e5762de8",
        ),
        (
            *("12345", "4fd24687296dd9f3", "9193cc662a4c0ec135ec71fb57194b38", "1615186943"),
            "43e5cfcca828314675f91b001390566a",
        ),
    ],
)
def test_signature(app_id: str, nonce: str, secret: str, timestamp: str, expected: str) -> None:
    """Signature v2.0 over two vectors of our own and the vendor's published sample."""
    assert signature(app_id, nonce, secret, timestamp) == expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AppId": "abc"}, 100000001),
        ({"AppId": "-1"}, 100000001),
        ({"AppId": "4294967296"}, 100000001),
        ({"AppId": ""}, 100000001),
        ({"Timestamp": ""}, 100000002),
        ({"Timestamp": "soon"}, 100000003),
        ({"Timestamp": str(int(time.time() * 1000))}, 100000003),
        ({"Timestamp": str(int(time.time()) - 3600)}, 100000004),
        ({"Timestamp": str(int(time.time()) + 3600)}, 100000004),
        ({"Signature": "0" * 32}, 100000005),
        ({"Action": ""}, 100000006),
        ({"Action": "MakeTea"}, 100000007),
        ({"Action": "startrecord"}, 100000007),
        ({"Action": "ListRecord"}, 100000007),
        ({"SignatureNonce": ""}, 100000008),
        ({"Signature": ""}, 100000009),
        ({"AppId": "42"}, 100000010),
        ({"SignatureVersion": ""}, 100000013),
        ({"SignatureVersion": "1.0"}, 100000014),
    ],
)
def test_the_gateway_refuses(call: Any, changes: dict[str, str], code: int) -> None:
    """Each fault of the six query parameters has its own code, in the envelope, with HTTP 200."""
    action = changes.pop("Action", "DescribeRecordStatus")
    answer = call.raw(call.query(action, **changes), TASK)
    assert answer.status_code == 200
    assert set(answer.json()) == {"Code", "Message", "RequestId"}
    assert answer.json()["Code"] == code
    assert answer.json()["RequestId"]


def test_missing_parameters_are_empty_ones(call: Any) -> None:
    """A query parameter that isn't there is refused as an empty one."""
    query = call.query("StopRecord")
    for name, code in (("Timestamp", 100000002), ("SignatureNonce", 100000008), ("Signature", 100000009)):
        rest = {key: value for key, value in query.items() if key != name}
        assert call.raw(rest, TASK).json()["Code"] == code


def test_a_signature_is_judged_by_wall_time(call: Any) -> None:
    """A driven clock expires no signature."""
    call.service.clock.advance(86400)
    assert call("DescribeRecordStatus", TASK)["Code"] == 300001000


def test_a_signature_is_good_for_ten_minutes(call: Any) -> None:
    """A clock nine minutes off is in time; any nonce and any order of the parameters will do."""
    query = call.query("StopRecord", Timestamp=str(int(time.time()) - 540), SignatureNonce="15215528852396")
    assert call.raw(dict(reversed(query.items())), TASK).json()["Code"] == 300001000


def test_the_signature_covers_neither_action_nor_body(call: Any) -> None:
    """As the vendor's signature does, a fresh one authorises any action."""
    query = call.query("StopRecord") | {"Action": "UpdateLayout", "IsTest": "false"}
    assert call.raw(query, TASK).json()["Code"] == 300001000


def test_other_paths_and_methods(call: Any) -> None:
    """The service has one path and one method."""
    base = call.service.base_url
    query = call.query("DescribeRecordStatus")
    assert requests.post(f"{base}/v2", params=query, json=TASK, timeout=5).status_code == 404
    assert requests.get(f"{base}/", params=query, timeout=5).status_code == 405


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"{", "application/json", "not JSON"),
        (b"\xff\xfe", "application/json", "not JSON"),
        (b"[]", "application/json", "valid"),
        (b'"{}"', "application/json", "valid"),
        (b'{"TaskId": "x"}', "text/plain", "content type"),
        (b"", "application/json", "not JSON"),
    ],
)
def test_a_body_is_a_json_object(call: Any, content: bytes, kind: str, says: str) -> None:
    """Anything else is 300000004, and the message says what it is."""
    answer = requests.post(
        f"{call.service.base_url}/",
        params=call.query("StopRecord"),
        data=content,
        headers={"Content-Type": kind},
        timeout=5,
    ).json()
    assert answer["Code"] == 300000004
    assert says in answer["Message"]


def test_a_charset_does_not_hurt(call: Any) -> None:
    """The guides write a charset behind the content type."""
    answer = requests.post(
        f"{call.service.base_url}/",
        params=call.query("StopRecord"),
        data=json.dumps(TASK),
        headers={"Content-Type": "application/json;charset=utf-8"},
        timeout=5,
    ).json()
    assert answer["Code"] == 300001000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"RoomId": None}, "RoomId"),
        ({"RecordInputParams": {"RecordMode": 3}}, "RecordInputParams.RecordMode"),
        ({"RecordInputParams": {"RecordMode": 1}}, "MixConfig is valid only when RecordMode is 2"),
        ({"RecordInputParams": {"ResumeWithoutInterruption": True}}, "ResumeWithoutInterruption is valid only"),
        ({"RecordInputParams": {"MaxRecordTime": 86401}}, "RecordInputParams.MaxRecordTime"),
        ({"RecordOutputParams": {"OutputFileFormat": "jpg", "SnapshotInterval": 4}}, "SnapshotInterval"),
        ({"RecordInputParams": {"MixConfig": {"MixMode": 1}}}, "MixInputList is required"),
        ({"StorageParams": {"Vendor": 10}}, "StorageParams: EndPoint is required"),
        ({"Rooms": "x"}, "Rooms"),
    ],
)
def test_start_names_what_is_wrong(call: Any, body: Body, change: dict[str, Any], says: str) -> None:
    """A parameter error is 300000004 with the path and the rule in Message, and starts nothing."""
    tree = body(**change)
    if tree["RoomId"] is None:
        del tree["RoomId"]
    answer = call("StartRecord", tree)
    assert answer["Code"] == 300000004
    assert says in answer["Message"]
    assert "example-secret" not in answer["Message"]
    assert "Data" not in answer
    assert call.service.recordings == []


def test_unknown_keys_can_be_let_through(serve: Any, body: Body) -> None:
    """With strict=False unknown keys are ignored at any depth, and other errors still refused."""
    call = serve(strict=False)
    tree = body({"Shiny": 1}, Later={"a": 1})
    assert call("StartRecord", tree)["Code"] == 0
    tree["RecordInputParams"]["MaxIdleTime"] = 1
    answer = call("StartRecord", tree)
    assert answer["Code"] == 300000004
    assert "Shiny" not in answer["Message"]


def test_a_longer_duration_by_agreement(serve: Any) -> None:
    """An account may be allowed 48 hours."""
    call = serve(max_record_time=172800)
    assert call.start(RecordInputParams={"MaxRecordTime": 172800})


def test_task_ids_look_like_the_vendors(call: Any) -> None:
    """16 characters, URL-safe base64 of 12 bytes, of which the first four are the Unix time of the start."""
    ids = [call.start() for _ in range(3)]
    assert len(set(ids)) == 3
    for task_id in ids:
        assert len(task_id) == 16
        content = base64.urlsafe_b64decode(task_id)
        assert int.from_bytes(content[:4], "big") == int(call.service.clock.time())


@pytest.mark.parametrize(
    ("action", "limit"),
    [
        ("StartRecord", 50),
        ("StopRecord", 50),
        *((action, 10) for action in ("UpdateLayout", "UpdateWhiteboard", "DescribeRecordStatus", "DescribeTasks")),
        *((action, 10) for action in ("PauseRecord", "ResumeRecord", "TakeSnapshot")),
    ],
)
def test_call_rates(call: Any, action: str, limit: int) -> None:
    """50 calls per second for start and stop, 10 for the others; one more is 300000003."""
    wall = time.time()
    call.service.clock.paced = lambda: wall
    codes = [call(action, {})["Code"] for _ in range(limit + 1)]
    assert codes == [300000004] * limit + [300000003]
    call.service.clock.paced = lambda: wall + 1
    assert call(action, {})["Code"] == 300000004


def test_call_rates_can_be_lifted(serve: Any) -> None:
    """rate_limits=False answers any number of calls."""
    call = serve(rate_limits=False)
    assert {call("DescribeRecordStatus", TASK)["Code"] for _ in range(15)} == {300001000}


def test_concurrent_tasks(serve: Any, body: Body) -> None:
    """One task more than the quota is 300000006, until another has ended."""
    call = serve(max_tasks=2)
    first = call.start()
    call.start()
    assert call("StartRecord", body())["Code"] == 300000006
    call.stop(first)
    assert call("StartRecord", body())["Code"] == 0


def test_the_journal_is_masked(call: Any) -> None:
    """Keys of every cloud, the signature and the server secret are nowhere in the journal; the rest is."""
    call.start(
        StorageParams={
            "Vendor": 6,
            "TencentCloudVodParams": {"SecretId": "vod-id", "SecretKey": "vod-key", "Region": "ap-beijing"},
        }
    )
    (entry,) = call.service.journal
    written = repr(entry)
    for secret in ("AKIAEXAMPLE", "example-secret", "vod-id", "vod-key", call.service.server_secret):
        assert secret not in written
    assert entry.operation == "StartRecord"
    assert set(entry.query["Signature"]) == {"*"}
    assert entry.body["StorageParams"]["TencentCloudVodParams"]["Region"] == "ap-beijing"


def test_the_environment_points_at_the_service(serve: Any) -> None:
    """`env` has the names that a recorder reads."""
    call = serve(app_id=77, server_secret="f" * 32, webhook_secret="e" * 32)
    assert call.service.env == {
        "ZEGO_APP_ID": "77",
        "ZEGO_SERVER_SECRET": "f" * 32,
        "ZEGO_WEBHOOK_SECRET": "e" * 32,
        "ZEGO_BASE_URLS": call.service.base_url,
    }
    assert call("StopRecord", TASK)["Code"] == 300001000


def test_vendor_codes_on_demand(call: Any, body: Body) -> None:
    """A scripted code is answered without acting."""
    call.service.fail_next("StartRecord", "code:300010000")
    assert call("StartRecord", body())["Code"] == 300010000
    assert call.service.recordings == []
    call.service.fail_next("*", "429")
    assert call("StartRecord", body())["Code"] == 300000003
    assert call("StartRecord", body())["Code"] == 0


def test_a_start_whose_answer_is_lost(call: Any, body: Body) -> None:
    """The task runs though the connection was closed; its ClientTaskId brings back the TaskId."""
    tree = body(RecordInputParams={"ClientTaskId": "lesson-1"})
    call.service.fail_next("StartRecord", "drop")
    with pytest.raises(requests.ConnectionError):
        call("StartRecord", tree)
    (recording,) = call.service.recordings
    assert call("StartRecord", tree)["Data"]["TaskId"] == recording.ids["TaskId"]


def test_the_control_api(call: Any) -> None:
    """Programs in any language see the recordings, let people join and drive the clock."""
    task_id = call.start()
    control = f"{call.service.base_url}/_emulator"
    requests.post(
        f"{control}/participants",
        json={"room": "room-42", "participant": "1001", "action": "join"},
        timeout=5,
    ).raise_for_status()
    requests.post(f"{control}/clock", json={"advance": 10}, timeout=5).raise_for_status()
    (recording,) = requests.get(f"{control}/recordings", timeout=5).json()
    assert recording["ids"]["TaskId"] == task_id
    assert recording["running"] is True
    assert len(call.describe(task_id)["RecordFiles"]) == 1


def test_time_is_real_until_it_is_driven(serve: Any) -> None:
    """Without a clock of the test's own a task begins now."""
    call = serve(clock=EmulatorClock())
    begun = call.describe(call.start())["RecordBeginTimestamp"] / 1000
    assert abs(begun - time.time()) < 60
