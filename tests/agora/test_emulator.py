"""The emulated vendor over raw HTTP: validation, identity and scripted codes."""

from __future__ import annotations

from typing import Any

import pytest
import requests

STORAGE = {"vendor": 1, "region": 4, "bucket": "b", "accessKey": "AK", "secretKey": "SK"}
REGION = {"x_axis": 0.5, "y_axis": 0, "width": 0.5, "height": 1}
VIDEO = {"width": 1280, "height": 720, "fps": 15, "bitrate": 1130}


def code(answer: requests.Response) -> tuple[int, Any]:
    """HTTP status and vendor code."""
    return answer.status_code, answer.json().get("code")


# --- acquire ---


@pytest.mark.parametrize("uid", ["0", "abc", "", "-1", "4294967296", "1.5", 900001, None])
def test_uid_is_the_text_of_a_positive_integer(caller: Any, uid: Any) -> None:
    """Anything but the text of 1..4294967295: code 2 that names the field."""
    answer = caller.acquire(uid=uid)
    assert code(answer) == (400, 2)
    assert "uid" in answer.json()["reason"]


@pytest.mark.parametrize("cname", ["a/b", "ä", "x" * 65, ""])
def test_channel_name(caller: Any, cname: str) -> None:
    """A character outside the 89, or more than 64 bytes: code 401, which has nothing to do with HTTP 401."""
    answer = caller.acquire(cname=cname)
    assert code(answer) == (400, 401)
    assert answer.json()["reason"] == "invalid_channel_name"


def test_longest_and_strangest_channel_name(caller: Any) -> None:
    """64 bytes of the documented punctuation are a channel name."""
    assert caller.acquire(cname="!#$%&()+-:;<=.>?@[]^_{}|~, " + "x" * 37).status_code == 200


@pytest.mark.parametrize(
    "client_request",
    [
        {"resourceExpiredHour": 0},
        {"resourceExpiredHour": 721},
        {"resourceExpiredHour": "24"},
        {"scene": 3},
        {"region": "eu"},
        {"regionAffinity": 5},
        {"excludeResourceIds": "r"},
        {"unknown": 1},
        "text",
    ],
)
def test_acquire_checks_ranges_and_types(caller: Any, client_request: Any) -> None:
    """Out of range, of the wrong type, or unknown: code 2."""
    assert code(caller.acquire(client_request)) == (400, 2)


def test_reason_names_method_and_field(caller: Any) -> None:
    """The reason begins as the vendor's sample does."""
    reason = caller.acquire({"resourceExpiredHour": 0}).json()["reason"]
    assert reason.startswith("Acquire: invalid resourceExpiredHour value!")


def test_concurrent_recordings(serve: Any, call: Any) -> None:
    """Beyond the account's peak of concurrent recordings acquire answers code 406."""
    service = serve(concurrent=1)
    first, second = call(service), call(service, uid="900002")
    first.begin()
    assert code(second.acquire()) == (400, 406)
    first.stop()
    assert second.acquire().status_code == 200


# --- start ---


@pytest.mark.parametrize(
    "recording",
    [
        {"channelType": 2},
        {"streamTypes": 3},
        {"streamTypes": True},
        {"maxIdleTime": 4},
        {"maxIdleTime": 2592001},
        {"maxIdleTime": 30.0},
        {"audioProfile": 3},
        {"videoStreamType": 2},
        {"decryptionMode": 9},
        {"decryptionMode": 1},
        {"decryptionMode": 7, "secret": "s"},
        {"decryptionMode": 7, "secret": "s", "salt": "c2hvcnQ="},
        {"subscribeAudioUids": ["1"], "unSubscribeAudioUids": ["2"]},
        {"unsubscribeAudioUids": ["1"], "unSubscribeAudioUids": ["2"]},
        {"subscribeVideoUids": [str(uid) for uid in range(1, 34)]},
        {"subscribeVideoUids": ["#allstream#", "1"]},
        {"subscribeAudioUids": ["1"], "streamTypes": 1},
        {"unSubscribeVideoUids": ["1"], "streamTypes": 0},
        {"transcodingConfig": VIDEO | {"width": 1921}},
        {"transcodingConfig": VIDEO | {"width": 1920, "height": 1081}},
        {"transcodingConfig": VIDEO | {"bitrate": 6501}},
        {"transcodingConfig": VIDEO | {"mixedVideoLayout": 4}},
        {"transcodingConfig": VIDEO | {"mixedVideoLayout": 3}},
        {"transcodingConfig": VIDEO | {"mixedVideoLayout": 1, "layoutConfig": [REGION]}},
        {"transcodingConfig": VIDEO | {"layoutConfig": [REGION]}},
        {"transcodingConfig": VIDEO | {"mixedVideoLayout": 3, "layoutConfig": [REGION] * 18}},
        {"transcodingConfig": VIDEO | {"mixedVideoLayout": 3, "layoutConfig": [REGION | {"x_axis": 0.500001}]}},
        {"transcodingConfig": VIDEO | {"mixedVideoLayout": 3, "layoutConfig": [REGION | {"height": 1.1}]}},
        {"transcodingConfig": VIDEO | {"mixedVideoLayout": 3, "layoutConfig": [REGION | {"alpha": -0.1}]}},
        {"transcodingConfig": VIDEO | {"mixedVideoLayout": 3, "layoutConfig": [REGION | {"render_mode": 2}]}},
        {"transcodingConfig": VIDEO | {"backgroundColor": "#12345"}},
        {"transcodingConfig": VIDEO | {"backgroundImage": "ftp://host/picture.jpg"}},
        {"transcodingConfig": VIDEO | {"backgroundConfig": [{"uid": "1"}]}},
        {"transcodingConfig": VIDEO | {"backgroudColor": "#123456"}},
        {"transcodingConfig": {"width": 1280, "height": 720}},
    ],
)
def test_start_checks_the_recording(caller: Any, recording: dict[str, Any]) -> None:
    """Every type, range, choice and conditional rule of `recordingConfig`: code 2, and nothing starts."""
    assert code(caller.begin(recording)) == (400, 2)
    assert caller.service.recordings == []


@pytest.mark.parametrize(
    "storage",
    [
        {key: value for key, value in STORAGE.items() if key != "bucket"},
        STORAGE | {"vendor": 9},
        STORAGE | {"region": 26},
        STORAGE | {"region": "4"},
        STORAGE | {"accessKey": ""},
        STORAGE | {"vendor": 11, "region": 0},
        STORAGE | {"fileNamePrefix": ["a/b"]},
        STORAGE | {"fileNamePrefix": ["a" * 64, "b" * 63]},
        STORAGE | {"vendor": 5, "region": 0, "stsToken": "t"},
        STORAGE | {"stsExpiration": 1900000000},
        STORAGE | {"vendor": 2, "extensionParams": {"sse": "kms"}},
        STORAGE | {"vendor": 3, "extensionParams": {"tag": "t"}},
        STORAGE | {"extensionParams": {"sse": "none"}},
    ],
)
def test_start_checks_the_storage(caller: Any, storage: dict[str, Any]) -> None:
    """Every rule of `storageConfig` that can be told without the bucket: code 2."""
    assert code(caller.begin(storageConfig=storage)) == (400, 2)


@pytest.mark.parametrize("types", [["mp4"], [], ["hls", "hls"], ["flv"], "hls"])
def test_file_types(caller: Any, types: Any) -> None:
    """MP4 comes beside HLS only: `["mp4"]` alone is code 2, like anything but HLS or both."""
    assert code(caller.begin(recordingFileConfig={"avFileType": types})) == (400, 2)


@pytest.mark.parametrize(
    "storage",
    [
        STORAGE | {"vendor": 0, "region": 4},
        STORAGE | {"vendor": 4, "region": 9},
        STORAGE | {"vendor": 1, "region": 23},
        STORAGE | {"vendor": 8, "region": 0},
        STORAGE | {"vendor": 5, "region": 0},
        STORAGE | {"vendor": 6, "region": 0},
        STORAGE | {"stsToken": "t", "stsExpiration": 1900000000, "extensionParams": {"sse": "kms", "tag": "t"}},
    ],
)
def test_storage_of_older_and_newer_pages(caller: Any, storage: dict[str, Any]) -> None:
    """Clouds and regions that only the older pages name are taken, as are clouds without regions."""
    assert caller.begin(storageConfig=storage).status_code == 200


def test_uid_in_a_list(caller: Any) -> None:
    """A list element that is no integer is refused in the vendor's own words."""
    answer = caller.begin({"subscribeAudioUids": ["teacher"]})
    assert answer.json()["reason"] == "uid inside the List can't be convert to uint32_t"


def test_small_s_spelling(caller: Any) -> None:
    """Both spellings of the lists to leave out are taken."""
    assert caller.begin({"unsubscribeVideoUids": ["7"]}).status_code == 200


def test_unknown_keys_of_a_lenient_service(serve: Any, call: Any) -> None:
    """A lenient service ignores keys that it doesn't know or that lie at the wrong depth."""
    caller = call(serve(strict=False))
    assert caller.acquire({"futureField": 1}).status_code == 200
    answer = caller.start({"maxIdleTime": 60, "nonsense": {}}, transcodingConfig={"width": 1280})
    assert answer.status_code == 200


def test_lenient_service_still_checks_ranges(serve: Any, call: Any) -> None:
    """Leniency is about unknown keys: a value out of range is code 2 as ever."""
    assert code(call(serve(strict=False)).begin({"maxIdleTime": 1, "nonsense": 1})) == (400, 2)


def test_unknown_mode(caller: Any) -> None:
    """`composite` is no mode: code 2, at start as in later calls."""
    caller.acquire()
    caller.mode = "composite"
    assert code(caller.start()) == code(caller.query()) == (400, 2)


def test_unknown_resource(caller: Any) -> None:
    """A resource id that was never given out can't be decoded: code 1001."""
    assert code(caller.start()) == (400, 1001)


def test_resource_of_somebody_else(caller: Any) -> None:
    """Another uid or room than in acquire: code 432."""
    caller.acquire()
    caller.uid = "900002"
    assert code(caller.start()) == (400, 432)


def test_resource_expires_after_five_minutes(caller: Any) -> None:
    """A resource id may be started for 300 s; later it is code 433."""
    caller.acquire()
    caller.service.clock.advance(300)
    assert caller.start().status_code == 200
    caller.uid = "900002"
    caller.acquire()
    caller.service.clock.advance(300.5)
    assert code(caller.start()) == (400, 433)


@pytest.mark.parametrize("with_sid", [False, True])
def test_repeated_start(serve: Any, call: Any, with_sid: bool) -> None:
    """The same resource id again: 201, code 7, no second recording; the switch decides about the sid."""
    caller = call(serve(sid_in_201=with_sid))
    sid = caller.begin().json()["sid"]
    answer = caller.start()
    assert code(answer) == (201, 7)
    assert answer.json()["reason"] == "already started"
    assert answer.json().get("sid") == (sid if with_sid else None)
    assert len(caller.service.recordings) == 1


def test_resource_serves_one_start(caller: Any) -> None:
    """After its recording has ended, a resource id starts nothing: code 1005."""
    caller.begin()
    caller.stop()
    assert code(caller.start()) == (400, 1005)


def test_same_recorder_twice(service: Any, call: Any) -> None:
    """A fresh resource for a room and uid that record already: code 53, task conflict."""
    call(service).begin()
    second = call(service)
    answer = second.begin()
    assert code(answer) == (400, 53)
    assert answer.json()["reason"] == "task conflict"


def test_second_recorder_beside_the_first(service: Any, call: Any) -> None:
    """Another uid in the same room is a second recording."""
    assert call(service).begin().status_code == call(service, uid="900002").begin().status_code == 200


def test_start_parameter_is_checked_by_start(caller: Any) -> None:
    """A bad `startParameter` passes acquire; a start with other parameters is code 432."""
    assert caller.acquire({"startParameter": {"nonsense": 1}}).status_code == 200
    assert code(caller.start()) == (400, 432)
    assert caller.acquire({"startParameter": {"storageConfig": STORAGE}}).status_code == 200
    assert caller.start(storageConfig=STORAGE).status_code == 200


# --- Later calls ---


def test_sid_of_another_recording(caller: Any) -> None:
    """A sid that doesn't belong to the resource id: code 1003."""
    caller.begin()
    caller.sid = "f" * 32
    assert code(caller.query()) == (400, 1003)


def test_later_call_with_another_uid(caller: Any) -> None:
    """cname and uid of later calls are those of start, else code 432."""
    caller.begin()
    assert code(caller.stop(uid="900002")) == (400, 432)


@pytest.mark.parametrize(
    "layout",
    [
        {"mixedVideoLayout": 3},
        {"layoutConfig": [REGION]},
        {"mixedVideoLayout": 3, "layoutConfig": [REGION | {"y_axis": 0.1}]},
        {"width": 640},
    ],
)
def test_update_layout_checks_like_start(caller: Any, layout: dict[str, Any]) -> None:
    """The rules of a layout hold for updateLayout too, and the canvas isn't part of it."""
    caller.begin()
    assert code(caller.layout(layout)) == (400, 2)


@pytest.mark.parametrize(
    ("recording", "lists"),
    [
        ({"streamTypes": 1}, {"audioUidList": {"subscribeAudioUids": ["1"]}}),
        ({"streamTypes": 0}, {"videoUidList": {"subscribeVideoUids": ["1"]}}),
        ({}, {"audioUidList": {"subscribeAudioUids": []}}),
        ({}, {"audioUidList": {"subscribeAudioUids": ["1"], "unSubscribeAudioUids": ["2"]}}),
        ({}, {"videoUidList": {"unsunscribeVideoUids": ["1"]}}),
    ],
)
def test_update_checks_lists(caller: Any, recording: dict[str, Any], lists: dict[str, Any]) -> None:
    """An update's lists have 1 to 32 uids, exclude one another and fit `streamTypes`."""
    caller.begin(recording)
    assert code(caller.update({"streamSubscribe": lists})) == (400, 2)


@pytest.mark.parametrize("operation", ["acquire", "start", "query", "update", "layout", "stop"])
def test_scripted_code(caller: Any, operation: str) -> None:
    """The fault `code:<n>` answers with the vendor's code, status and reason, without acting."""
    caller.begin()
    caller.service.fail_next("*", "code:65")
    arguments: list[Any] = [{}] if operation in ("update", "layout") else []
    answer = getattr(caller, operation)(*arguments)
    assert code(answer) == (206, 65)
    assert answer.json()["reason"] == "request not completed"
    assert [recording.running for recording in caller.service.recordings] == [True]


@pytest.mark.parametrize(("operation", "status"), [("acquire", 400), ("start", 500), ("query", 504)])
def test_code_62_by_method(caller: Any, operation: str, status: int) -> None:
    """Code 62 has a status of its own at acquire, start and the later calls."""
    caller.service.fail_next(operation, "code:62")
    assert code(getattr(caller, operation)()) == (status, 62)


def test_journal_masks_secrets(caller: Any) -> None:
    """Storage keys, tokens and room secrets are nowhere in the journal."""
    secret = {"decryptionMode": 7, "secret": "ROOM-SECRET", "salt": "A" * 43 + "="}
    assert caller.begin(secret, token="ROOM-TOKEN").status_code == 200
    written = repr(list(caller.service.journal))
    for value in ("AK-of-the-test", "SK-of-the-test", "ROOM-SECRET", "ROOM-TOKEN", "A" * 43):
        assert value not in written


def test_environment_points_at_the_service(service: Any) -> None:
    """`env` holds the variables that a recorder reads."""
    assert set(service.env) == {
        "AGORA_APP_ID",
        "AGORA_CUSTOMER_ID",
        "AGORA_CUSTOMER_SECRET",
        "AGORA_WEBHOOK_SECRET",
        "AGORA_BASE_URLS",
    }
