"""The life of an emulated recording by a driven clock: states, ends, and what the calls answer afterwards."""

from __future__ import annotations

from typing import Any

import pytest
import requests

STORAGE = {"vendor": 1, "region": 4, "bucket": "b", "accessKey": "AK", "secretKey": "SK"}
BOTH = {"recordingFileConfig": {"avFileType": ["hls", "mp4"]}}


def code(answer: requests.Response) -> tuple[int, Any]:
    """HTTP status and vendor code."""
    return answer.status_code, answer.json().get("code")


def gone(caller: Any) -> bool:
    """Whether query finds nothing."""
    return code(caller.query()) == (404, 404)


def test_states_of_a_start(caller: Any) -> None:
    """Status 0 to 3 while starting, 4 when ready, 5 when the first slice, 15 s long, was uploaded."""
    caller.service.join(caller.cname, "11")
    caller.begin({"maxIdleTime": 300})
    seen = [caller.status()]
    for _ in range(19):
        caller.service.clock.advance(1)
        seen.append(caller.status())
    assert seen == [0, 1, 2] + [4] * 15 + [5] * 2


def test_ready_while_nobody_publishes(caller: Any) -> None:
    """Status stays 4 and the file list empty in an empty room; 5 comes 15 s after the first stream."""
    caller.begin({"maxIdleTime": 3600})
    caller.service.clock.advance(1000)
    assert caller.query().json()["serverResponse"] == {"status": 4, "fileListMode": "string", "fileList": ""}
    caller.service.join(caller.cname, "11")
    caller.service.clock.advance(14)
    assert caller.status() == 4
    caller.service.clock.advance(1)
    assert caller.status() == 5


def test_file_list_as_text(caller: Any) -> None:
    """HLS alone: the mode is `string`, the list the playlist's name with its prefix."""
    caller.service.join(caller.cname, "11")
    caller.begin(storageConfig=STORAGE | {"fileNamePrefix": ["school", "room7"]})
    caller.service.clock.advance(60)
    server = caller.query().json()["serverResponse"]
    assert (server["fileListMode"], server["fileList"]) == (
        "string",
        f"school/room7/{caller.sid}_{caller.cname}.m3u8",
    )


@pytest.mark.parametrize("with_prefix", [True, False])
def test_file_list_as_array(serve: Any, call: Any, with_prefix: bool) -> None:
    """HLS and MP4: the mode is `json`, each file an object; a switch strips the prefix as the samples do."""
    caller = call(serve(prefix_in_file_names=with_prefix))
    caller.service.join(caller.cname, "11")
    caller.begin(storageConfig=STORAGE | {"fileNamePrefix": ["school"]}, **BOTH)
    caller.service.clock.advance(60)
    server = caller.query().json()["serverResponse"]
    assert server["fileListMode"] == "json"
    prefix = "school/" if with_prefix else ""
    assert [file.pop("fileName") for file in server["fileList"]] == [
        f"{prefix}{caller.sid}_{caller.cname}_0.mp4",
        f"{prefix}{caller.sid}_{caller.cname}.m3u8",
    ]
    assert server["fileList"] == 2 * [
        {
            "trackType": "audio_and_video",
            "uid": "0",
            "mixedAllUser": True,
            "isPlayable": True,
            "sliceStartTime": server["sliceStartTime"],
        }
    ]


@pytest.mark.parametrize(("streams", "tracks"), [(0, "audio"), (1, "video"), (2, "audio_and_video")])
def test_track_type(caller: Any, streams: int, tracks: str) -> None:
    """`trackType` follows `streamTypes`."""
    caller.service.join(caller.cname, "11")
    caller.begin({"streamTypes": streams}, **BOTH)
    caller.service.clock.advance(60)
    files = caller.query().json()["serverResponse"]["fileList"]
    assert {file["trackType"] for file in files} == {tracks}


def test_stop(caller: Any) -> None:
    """A synchronous stop brings the files; query then finds nothing; stop again is code 49, later 404."""
    caller.service.join(caller.cname, "11")
    caller.begin(**BOTH)
    caller.service.clock.advance(20)
    answer = caller.stop()
    server = answer.json()["serverResponse"]
    assert (answer.status_code, server["uploadingStatus"], len(server["fileList"])) == (200, "uploaded", 2)
    assert gone(caller)
    assert caller.query().json()["reason"] == "failed to find worker"
    again = caller.stop()
    assert code(again) == (400, 49)
    assert again.json()["reason"] == "invalid operation"
    caller.service.clock.advance(5)
    assert code(caller.stop()) == (404, 404)
    assert code(caller.layout({})) == (404, 404)
    assert code(caller.update({})) == (404, 404)


def test_stop_of_a_silent_room(caller: Any) -> None:
    """Nobody published: 206, code 435, no files."""
    caller.begin()
    caller.service.clock.advance(10)
    answer = caller.stop()
    assert code(answer) == (206, 435)
    assert answer.json()["reason"] == "no recorded data"


def test_asynchronous_stop(caller: Any) -> None:
    """`async_stop` answers at once without files; query sees the session leave and then exit."""
    caller.service.join(caller.cname, "11")
    caller.begin()
    caller.service.clock.advance(20)
    answer = caller.stop({"async_stop": True})
    assert answer.status_code == 200
    assert "fileList" not in answer.json()["serverResponse"]
    seen = [caller.status()]
    for _ in range(4):
        caller.service.clock.advance(1)
        seen.append(caller.status())
    assert seen == [6, 7, 8, 8, 8]
    caller.service.clock.advance(1)
    assert gone(caller)


def test_stop_that_waits_too_long(serve: Any, call: Any) -> None:
    """An upload of more than 20 s: 206, `unknown`, no list; the files land when they land."""
    caller = call(serve(upload_s=30))
    caller.service.join(caller.cname, "11")
    caller.begin()
    caller.service.clock.advance(20)
    answer = caller.stop()
    assert (answer.status_code, answer.json()["serverResponse"]) == (206, {"uploadingStatus": "unknown"})
    assert caller.service.recordings[0].files == ()
    caller.service.clock.advance(30)
    assert caller.service.recordings[0].files == (f"{caller.sid}_{caller.cname}.m3u8",)


def test_upload_within_the_wait(serve: Any, call: Any) -> None:
    """A synchronous stop waits for an upload of up to 20 s."""
    caller = call(serve(upload_s=20))
    caller.service.join(caller.cname, "11")
    caller.begin()
    caller.service.clock.advance(20)
    assert caller.stop().json()["serverResponse"]["uploadingStatus"] == "uploaded"


@pytest.mark.parametrize("given", [None, 7])
def test_idle_end(caller: Any, given: int | None) -> None:
    """The room is empty for `maxIdleTime` (default 30 s) after the recorder came: it ends at that instant."""
    caller.begin(None if given is None else {"maxIdleTime": given})
    idle = given or 30
    caller.service.clock.advance(3 + idle - 0.001)
    assert caller.service.recordings[0].running
    caller.service.clock.advance(3600)
    recording = caller.service.recordings[0]
    assert recording.ended_at == pytest.approx(recording.started_at + 3 + idle)
    assert gone(caller)
    assert code(caller.stop()) == (404, 404)


def test_idle_time_begins_anew(caller: Any) -> None:
    """Whoever comes back in time keeps it alive; the idle time counts from the last leaving on."""
    service = caller.service
    service.join(caller.cname, "11")
    caller.begin()
    service.clock.advance(10)
    service.leave(caller.cname, "11")
    service.clock.advance(20)
    service.join(caller.cname, "12")
    service.clock.advance(100)
    assert service.recordings[0].running
    service.leave(caller.cname, "12")
    service.clock.advance(100)
    recording = service.recordings[0]
    assert recording.ended_at == pytest.approx(recording.started_at + 160)


def test_idle_end_is_leaving_at_first(caller: Any) -> None:
    """For some seconds after an idle end query sees it leave and stop is code 49."""
    caller.begin()
    caller.service.clock.advance(34)
    assert caller.status() == 7
    assert code(caller.stop()) == (400, 49)


def test_silent_users_are_not_idle_in_communication(caller: Any) -> None:
    """Profile communication: anybody present keeps it alive, even without camera and microphone."""
    caller.service.join(caller.cname, "11", camera=False, microphone=False)
    caller.begin({"channelType": 0})
    caller.service.clock.advance(3600)
    assert caller.status() == 4


def test_audience_is_idle_in_live(caller: Any) -> None:
    """Profile live: only hosts count, and the idle time begins when the last one went."""
    caller.service.join(caller.cname, "11", camera=False, microphone=False)
    caller.service.join(caller.cname, "12")
    caller.begin({"channelType": 1})
    caller.service.clock.advance(100)
    caller.service.leave(caller.cname, "12")
    caller.service.clock.advance(29.9)
    assert caller.status() == 5
    caller.service.clock.advance(100)
    recording = caller.service.recordings[0]
    assert recording.ended_at == pytest.approx(recording.started_at + 130)


def test_eviction(caller: Any) -> None:
    """Somebody who joins with the recorder's uid puts it out: it is leaving, then gone."""
    caller.service.join(caller.cname, "11")
    caller.begin()
    caller.service.clock.advance(20)
    caller.service.join(caller.cname, caller.uid)
    assert not caller.service.recordings[0].running
    assert code(caller.stop()) == (400, 49)
    assert caller.service.recordings[0].files == (f"{caller.sid}_{caller.cname}.m3u8",)


@pytest.mark.parametrize(
    ("options", "started_with"),
    [
        ({"buckets": ["another"]}, {}),
        ({"tokens": ["good"]}, {}),
        ({"tokens": ["good"]}, {"token": "bad"}),
    ],
)
def test_what_is_checked_after_the_answer(
    serve: Any, call: Any, options: dict[str, Any], started_with: dict[str, Any]
) -> None:
    """A wrong bucket or token passes start and is a 404 half a minute later, without ever being ready."""
    caller = call(serve(**options))
    caller.service.join(caller.cname, "11")
    assert caller.begin(**started_with).status_code == 200
    for _ in range(29):
        caller.service.clock.advance(1)
        assert caller.status() < 4
    caller.service.clock.advance(1)
    assert gone(caller)
    assert code(caller.stop()) == (404, 404)


def test_right_token_and_bucket(serve: Any, call: Any) -> None:
    """With the right token and bucket the same service records."""
    caller = call(serve(tokens=["good"], buckets=["lessons"]))
    caller.begin(token="good")
    caller.service.clock.advance(10)
    assert caller.status() == 4


def test_uid_of_somebody_present(caller: Any) -> None:
    """A recorder whose uid is taken in the room never gets ready."""
    caller.service.join(caller.cname, caller.uid)
    caller.begin()
    caller.service.clock.advance(30)
    assert gone(caller)


@pytest.mark.parametrize(
    ("region", "number", "lives"),
    [("EU", 4, True), ("EU", 0, False), ("NA", 0, True), ("CN", 4, False), ("EU", 12, True), (None, 0, True)],
)
def test_storage_outside_the_fence(caller: Any, region: str | None, number: int, lives: bool) -> None:
    """It has to lie in the area that acquire fences off; where its area isn't sure (Sao Paulo), it is taken."""
    caller.service.join(caller.cname, "7")
    assert caller.acquire({} if region is None else {"region": region}).status_code == 200
    assert caller.start(storageConfig={**STORAGE, "region": number}).status_code == 200
    caller.service.clock.advance(40)
    assert caller.query().status_code == (200 if lives else 404)


def test_scripted_death(caller: Any) -> None:
    """The fault `die`: start answers 200, and within 30 s the recording is gone."""
    caller.acquire()
    caller.service.fail_next("start", "die")
    assert caller.start().status_code == 200
    caller.service.clock.advance(30)
    assert gone(caller)


def test_control_expires_before_the_recording(caller: Any) -> None:
    """After `resourceExpiredHour` every call is code 433, and the recording goes on."""
    caller.service.join(caller.cname, "11")
    caller.acquire({"resourceExpiredHour": 1})
    caller.start()
    caller.service.clock.advance(3599)
    assert caller.status() == 5
    caller.service.clock.advance(1)
    answers = (caller.query(), caller.stop(), caller.layout({}), caller.update({}))
    assert {code(answer) for answer in answers} == {(400, 433)}
    assert caller.service.recordings[0].running


def test_new_recording_after_the_end(caller: Any) -> None:
    """A room and uid that don't record any more can be started again with a fresh resource."""
    caller.begin()
    caller.stop()
    assert caller.begin().status_code == 200
    assert [recording.running for recording in caller.service.recordings] == [False, True]


def test_ids_seen_from_outside(caller: Any) -> None:
    """A recording shows the vendor's ids, its room and whether it runs."""
    caller.begin()
    (recording,) = caller.service.recordings
    assert recording.ids == {
        "cname": caller.cname,
        "uid": caller.uid,
        "resourceId": caller.resource_id,
        "sid": caller.sid,
        "mode": "mix",
    }
    assert (recording.room, recording.running) == (caller.cname, True)
