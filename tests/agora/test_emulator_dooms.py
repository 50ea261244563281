"""Emulated recordings that never come up, or end by what goes wrong: what notifications say, and what calls answer."""

from __future__ import annotations

from typing import Any

import pytest
import requests

STORAGE = {"vendor": 1, "region": 4, "bucket": "lessons", "accessKey": "AK", "secretKey": "SK"}
UNREACHABLE = {"vendor": 11, "region": 0, "extensionParams": {"endpoint": "127.0.0.1:1"}}
PAGE = {"url": "https://class.example", "audioProfile": 0, "videoWidth": 640, "videoHeight": 360, "maxRecordingHour": 2}
WEB: dict[str, Any] = {
    "extensionServiceConfig": {
        "extensionServices": [{"serviceName": "web_recorder_service", "serviceParam": PAGE}],
    }
}
GROUP = {"recordingConfig": {"subscribeUidGroup": 0}}
CONTENT: dict[str, dict[str, Any]] = {"mix": {}, "individual": GROUP, "web": WEB}
ABNORMAL = (30, 11, {"exitStatus": 1})


def code(answer: requests.Response) -> tuple[int, Any]:
    """HTTP status and vendor code."""
    return answer.status_code, answer.json().get("code")


def error(second: float, number: int, module: int, level: int = 5) -> tuple[float, int, dict[str, Any]]:
    """An event 1, but for its words."""
    return second, 1, {"module": module, "errorLevel": level, "errorCode": number, "stat": 1}


def events(heard: Any, caller: Any) -> list[tuple[float, int, dict[str, Any]]]:
    """A recording's events; those of errors have words, which aren't looked at."""
    found = heard.events(caller)
    for _, event, details in found:
        assert event != 1 or details.pop("errorMsg")
    return list(found)


# --- What start doesn't see ---


@pytest.mark.parametrize("mode", ["mix", "individual", "web"])
def test_wrong_bucket(hear: Any, mode: str) -> None:
    """A bucket that isn't there: event 1, module 1, code 32, then the abnormal exit; nothing in between."""
    heard = hear(buckets=["another"])
    heard.service.join("lesson-204", "11")
    caller = heard.caller(mode)
    assert caller.begin(**CONTENT[mode]).status_code == 200
    heard.service.clock.advance(100)
    assert events(heard, caller) == [error(3, 32, 1), ABNORMAL]
    assert code(caller.query()) == code(caller.stop()) == (404, 404)


def test_storage_outside_the_fence(hear: Any) -> None:
    """Storage in another area than the one that acquire fences off is a wrong one, too."""
    heard = hear()
    caller = heard.caller()
    caller.acquire({"region": "EU"})
    caller.start(storageConfig=STORAGE | {"region": 0})
    heard.service.clock.advance(100)
    assert events(heard, caller) == [error(3, 32, 1), ABNORMAL]


@pytest.mark.parametrize(
    ("token", "number"), [({"token": "forged"}, 110), ({}, 110), ({"token": "old"}, 109), ({"token": "good"}, None)]
)
@pytest.mark.parametrize("mode", ["mix", "individual"])
def test_wrong_token(hear: Any, mode: str, token: dict[str, str], number: int | None) -> None:
    """A token that was never valid is code 110, one that has expired code 109; the recorder isn't initialised."""
    heard = hear(tokens=["good", "old"], expired_tokens=["old"])
    caller = heard.caller(mode)
    caller.begin(**CONTENT[mode], **token)
    heard.service.clock.advance(30)
    died = [error(3, number, 0), (3, 41, {"leaveCode": 0}), ABNORMAL] if number else [(3, 40, {"status": 0})]
    assert events(heard, caller) == died


def test_room_that_is_encrypted_otherwise(hear: Any) -> None:
    """No number is documented for a wrong cipher: the recorder isn't initialised, and exits abnormally."""
    heard = hear(encryption=(1, "s3cret", None))
    caller = heard.caller()
    caller.begin({"decryptionMode": 1, "secret": "wrong"})
    heard.service.clock.advance(100)
    assert events(heard, caller) == [(3, 41, {"leaveCode": 0}), ABNORMAL]


def test_uid_that_is_taken(hear: Any) -> None:
    """The recorder's uid is somebody's in the room: it is put out."""
    heard = hear()
    caller = heard.caller()
    heard.service.join(caller.cname, caller.uid)
    caller.begin()
    heard.service.clock.advance(100)
    assert events(heard, caller) == [(3, 41, {"leaveCode": 16}), ABNORMAL]


@pytest.mark.parametrize("mode", ["mix", "individual", "web"])
def test_service_that_never_starts(hear: Any, mode: str) -> None:
    """The fault `die`: event 1, module 2, code 52 when it is given up; of a page also that its engine failed."""
    heard = hear()
    heard.service.fail_next("start", "die")
    caller = heard.caller(mode)
    caller.begin(**CONTENT[mode])
    heard.service.clock.advance(100)
    stopped = {"code": 3, "message": "start_engine_failed", "details": "", "fileList": []}
    assert events(heard, caller) == [error(30, 52, 2), *([(30, 71, stopped)] if mode == "web" else []), ABNORMAL]


# --- What happens to a running one ---


@pytest.mark.parametrize("mode", ["mix", "individual"])
def test_token_expires(hear: Any, mode: str) -> None:
    """It can't be renewed: error 109, the recorder leaves, the files come, and a start with it dies."""
    heard = hear(tokens=["good"])
    service, caller = heard.service, heard.caller(mode)
    service.join(caller.cname, "11", camera=False)
    caller.begin(**CONTENT[mode], token="good")
    service.clock.advance(40)
    service.expire_token(caller.cname)
    assert code(caller.stop()) == (400, 49)
    service.clock.advance(10)
    told = events(heard, caller)
    assert told[-6:-3] == [error(40, 109, 0), (40, 41, {"leaveCode": 16}), (40, 30, {"status": 0})]
    assert [(at, event) for at, event, _ in told[-3:]] == [(40, 31), (40, 3), (45, 11)]
    assert told[-1][2] == {"exitStatus": 0}
    assert service.recordings[0].files
    again = heard.caller(mode)
    again.begin(**CONTENT[mode], token="good")
    service.clock.advance(30)
    assert events(heard, again)[0] == error(53, 109, 0)


@pytest.mark.parametrize("started_with", [None, {}])
def test_token_that_nobody_has(hear: Any, started_with: dict[str, Any] | None) -> None:
    """Without a running recording that has one there is nothing to expire."""
    heard = hear()
    if started_with is not None:
        heard.caller().begin(**started_with)
    with pytest.raises(ValueError, match="no recording that was started with a token runs in room 'lesson-204'"):
        heard.service.expire_token("lesson-204")


@pytest.mark.parametrize("mode", ["mix", "individual"])
def test_eviction(hear: Any, mode: str) -> None:
    """Somebody joins with the recorder's uid: leave code 16, the files come, stop is code 49."""
    heard = hear()
    service, caller = heard.service, heard.caller(mode)
    service.join(caller.cname, "11", camera=False)
    caller.begin(**CONTENT[mode])
    service.clock.advance(40)
    service.join(caller.cname, caller.uid)
    assert code(caller.stop()) == (400, 49)
    service.clock.advance(10)
    told = [(at, event) for at, event, _ in heard.events(caller)]
    assert told[-5:] == [(40, 41), (40, 30), (40, 31), (40, 3), (45, 11)]
    assert heard.events(caller)[-5][2] == {"leaveCode": 16}


# --- Calls that don't suit ---


def test_second_start(hear: Any) -> None:
    """A start that comes twice, or beside the same recorder, tells how that one stands."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11")
    caller.begin()
    service.clock.advance(1)
    assert code(caller.start()) == (201, 7)
    service.clock.advance(20)
    assert code(caller.start()) == (201, 7)
    other = heard.caller()
    assert code(other.begin()) == (400, 53)
    service.callbacks.wait()
    playlist = f"{caller.sid}_{caller.cname}.m3u8"
    told = [(at, details) for at, event, details in heard.events(caller) if event == 3]
    running = {"status": 5, "recordingMode": 1, "fileList": playlist}
    assert told == [(1, {"status": 1, "recordingMode": 1, "fileList": ""}), (21, running), (21, running)]


@pytest.mark.parametrize(("mode", "number"), [("individual", {"recordingMode": 0}), ("web", {})])
def test_second_stop(hear: Any, mode: str, number: dict[str, int]) -> None:
    """A stop while it is leaving is code 49, and told; no number is documented for the mode of pages."""
    heard = hear()
    caller = heard.caller(mode)
    caller.begin(**CONTENT[mode])
    heard.service.clock.advance(4)
    caller.stop({"async_stop": True})
    assert code(caller.stop()) == (400, 49)
    heard.service.callbacks.wait()
    (details,) = [details for _, event, details in heard.events(caller) if event == 3]
    assert {**details, "fileList": ""} == {"status": 6, **number, "fileList": ""}


# --- Where the files go ---


@pytest.mark.parametrize("mode", ["mix", "individual", "web"])
def test_bucket_that_refuses(hear: Any, mode: str) -> None:
    """Slices are sent again, then to the vendor's backup: both warnings, and event 32 in place of 31."""
    heard = hear(media=True)
    heard.service.join("lesson-204", "11", camera=False)
    caller = heard.caller(mode)
    caller.begin(**CONTENT[mode], storageConfig=STORAGE | UNREACHABLE)
    heard.service.clock.advance(3 + 2)
    caller.stop()
    heard.service.clock.advance(10)
    told = heard.events(caller)[-5:]
    assert [(at, event) for at, event, _ in told] == [(5, 4), (5, 2), (5, 2), (5, 32), (10, 11)]
    assert [details for _, event, details in told if event == 2] == [
        {"module": 1, "warnCode": 31},
        {"module": 1, "warnCode": 32},
    ]
    assert told[-2][2]["status"] == 0
    assert len(told[-2][2].get("fileList", ())) == (0 if mode == "web" else 1)
    assert told[-1][2] == {"exitStatus": 0}


def test_backup_that_fails_too(hear: Any) -> None:
    """Without a backup the files are lost: event 1, module 1, code 47, neither 31 nor 32, an abnormal exit."""
    heard = hear(backup=False)
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11")
    expired = {"stsToken": "sts", "stsExpiration": int(service.clock.time()) + 5}
    caller.begin(storageConfig=STORAGE | expired)
    service.clock.advance(20)
    assert caller.stop().json()["serverResponse"]["uploadingStatus"] == "unknown"
    service.clock.advance(10)
    assert events(heard, caller)[-4:] == [
        (20, 30, {"status": 0}),
        (20, 2, {"module": 1, "warnCode": 31}),
        error(20, 47, 1, level=4),
        (25, 11, {"exitStatus": 1}),
    ]
    assert service.recordings[0].files == ()


@pytest.mark.parametrize("wait", [True, False])
def test_upload_that_takes_long(hear: Any, wait: bool) -> None:
    """Progress goes on each minute until the upload is done; a synchronous stop that gave up is error 50."""
    heard = hear(upload_s=150)
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11")
    caller.begin()
    service.clock.advance(50)
    assert caller.stop({"async_stop": not wait}).status_code == (206 if wait else 200)
    service.clock.advance(400)
    told = events(heard, caller)
    last = f"{caller.sid}_{caller.cname}.m3u8"
    late = [error(70, 50, 2, level=3)] if wait else []
    assert told[5:-2] == [
        (50, 41, {"leaveCode": 2}),
        (50, 30, {"status": 0}),
        *late,
        (78, 33, {"progress": 7500}),
        (138, 33, {"progress": 7500}),
        (198, 33, {"progress": 7500}),
    ]
    assert [(at, event) for at, event, _ in told[-2:]] == [(200, 31), (200, 11)]
    assert [entry["fileName"] for entry in told[-2][2]["fileList"]] == [last]
