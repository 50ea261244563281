"""Callbacks: which are believed, and what each tells in neutral words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from recorder_core import (
    Ending,
    EventKind,
    FileStatus,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingState,
    StartIntent,
    WebhookRejected,
    WebhookRequest,
)
from recorder_trtc.config import TrtcConfig
from recorder_trtc.translate.events import located
from recorder_trtc.webhooks import events_of, is_callback, signature

NOW = 1_795_300_000.0
CONFIG = TrtcConfig.placeholder(webhook_secret="sesame")
INDEX = "1400000000_bGVzc29u.m3u8"
FILM = "1400000000_bGVzc29u.mp4"

MakeSpec = Callable[..., RecordingSpec]


def told(event_type: int, payload: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The body of a callback."""
    info = {
        "RoomId": "lesson",
        "EventTs": int(NOW),
        "EventMsTs": int(NOW * 1000),
        "UserId": "recorder",
        "TaskId": "-task.",
        "Payload": payload or {},
    }
    body = {"EventGroupId": 3, "EventType": event_type, "CallbackTs": int(NOW * 1000) + 250, "EventInfo": info}
    return {**body, **changes}


def request_of(body: Any, *, secret: str = "sesame", **headers: str) -> WebhookRequest:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = {"Sign": signature(secret.encode(), data), "SdkAppId": "1400000000", **headers}
    return WebhookRequest("POST", "/callbacks", {name: value for name, value in signed.items() if value}, data)


def event_of(event_type: int, payload: dict[str, Any] | None = None) -> RecordingEvent:
    (event,) = events_of(CONFIG, request_of(told(event_type, payload)), NOW)
    return event


@pytest.fixture
def recording_of(planner: Recorder, make_spec: MakeSpec) -> Callable[..., Recording]:
    """Makes the handle of a recording of a spec."""

    def made(**fields: Any) -> Recording:
        plan = planner.plan(spec := make_spec(**fields))
        intent = StartIntent.model_validate(
            {"id": "0" * 32, "provider": "trtc", "room": spec.room, "created_at": "2026-11-21T22:00:00Z"}
        )
        draft = planner.provider.draft(plan, intent)
        return draft.model_copy(update={"native": {**draft.native, "TaskId": "-task."}})

    return made


class TestWhatIsBelieved:
    def test_a_true_one(self) -> None:
        """It names the task and the recorder, when it happened, and the room."""
        event = event_of(301, {"Status": 0})
        assert event.native == {"TaskId": "-task.", "UserId": "recorder"}
        assert (event.room, event.provider) == ("lesson", "trtc")
        assert event.occurred_at is not None
        assert event.occurred_at.timestamp() == NOW

    def test_the_signature_of_the_vendors_example(self) -> None:
        """HMAC-SHA256 in base64, over the bytes as they came: the sample of "Signature Verification Example"."""
        body = (
            b'{\n\t"EventGroupId":\t2,\n\t"EventType":\t204,\n\t"CallbackTs":\t1664209748188,\n\t"EventInfo":\t{\n\t\t'
            b'"RoomId":\t8489,\n\t\t"EventTs":\t1664209748,\n\t\t"EventMsTs":\t1664209748180,\n\t\t'
            b'"UserId":\t"user_85034614",\n\t\t"Reason":\t0\n\t}\n}'
        )
        assert signature(b"123654", body) == "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA="

    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            (request_of(told(301), secret="another"), 403),
            (request_of(told(301), Sign=""), 403),
            (request_of(told(301), Sign="Ünï"), 403),
            (request_of(told(301, CallbackTs=int(NOW * 1000) - 301_000)), 403),
            (request_of(told(301, CallbackTs=None)), 403),
            (request_of(told(301, EventGroupId=1)), 400),
            (request_of(told(301, EventInfo=[])), 400),
            (request_of(told(301, EventInfo={"RoomId": "lesson"})), 400),
            (request_of({"EventGroupId": 3}), 400),
            (request_of(b"[]"), 400),
            (request_of(told(301), SdkAppId="1400000001"), 400),
        ],
    )
    def test_others(self, request_: WebhookRequest, status: int) -> None:
        """Forged, stale, of another group or application, or no callback at all: each with its HTTP status."""
        with pytest.raises(WebhookRejected) as caught:
            events_of(CONFIG, request_, NOW)
        assert caught.value.response_status == status

    def test_without_a_secret_nothing_is_verified(self) -> None:
        """As the console has it by default; the core makes such events unverified."""
        (event,) = events_of(TrtcConfig.placeholder(), request_of(told(301), Sign=""), NOW)
        assert event.kind is EventKind.STARTED

    def test_a_repeat_has_the_same_key(self) -> None:
        """CallbackTs is that of the delivery; two files of one instant are two events."""
        again = events_of(CONFIG, request_of(told(305, {"Status": 0}, CallbackTs=int(NOW * 1000) + 10_000)), NOW)
        assert again[0].dedup_key == event_of(305, {"Status": 0}).dedup_key
        names = [{"FileName": name, "UserId": "1"} for name in ("a.m3u8", "b.m3u8")]
        assert len({event_of(307, name).dedup_key for name in names}) == 2

    def test_its_shape(self) -> None:
        """The four members that all callbacks have."""
        assert is_callback(request_of(told(103, EventGroupId=1), Sign=""))
        assert not is_callback(request_of({"EventType": 301}))
        assert not is_callback(request_of(b"\xff"))

    def test_numbers_and_texts(self) -> None:
        """A numeric room is a number, EventTs comes as a text, BeginTimeStamp too."""
        info = {
            "RoomId": 42,
            "EventTs": "1795300000",
            "TaskId": "-task.",
            "UserId": "r",
            "Payload": {"FileName": INDEX, "BeginTimeStamp": "1795299990000"},
        }
        (event,) = events_of(CONFIG, request_of(told(307, EventInfo=info)), NOW)
        assert event.room == "42"
        assert event.occurred_at is not None
        assert event.occurred_at.timestamp() == NOW
        assert event.files[0].started_at is not None
        assert event.files[0].started_at.timestamp() == NOW - 10


TOLD: list[tuple[int, dict[str, Any], EventKind, RecordingState | None, Ending | None, str | None]] = [
    (301, {"Status": 0}, EventKind.STARTED, RecordingState.STARTING, None, None),
    (301, {"Status": 1}, EventKind.ERROR, RecordingState.FAILED, Ending.FAULT, "vendor"),
    (302, {"LeaveCode": 0}, EventKind.STOPPED, RecordingState.UPLOADING, Ending.STOPPED, None),
    (302, {"LeaveCode": 1}, EventKind.STOPPED, RecordingState.UPLOADING, Ending.STOPPED, None),
    (302, {"LeaveCode": 2}, EventKind.STOPPED, RecordingState.UPLOADING, Ending.STOPPED, None),
    (302, {"LeaveCode": 3}, EventKind.STOPPED, RecordingState.UPLOADING, Ending.FAULT, "vendor"),
    (302, {"LeaveCode": 4}, EventKind.STOPPED, RecordingState.UPLOADING, Ending.FAULT, "vendor"),
    (302, {"LeaveCode": 99}, EventKind.STOPPED, RecordingState.UPLOADING, Ending.IDLE, None),
    (302, {"LeaveCode": 100}, EventKind.STOPPED, RecordingState.UPLOADING, Ending.FAULT, "vendor"),
    (302, {"LeaveCode": 101}, EventKind.STOPPED, RecordingState.UPLOADING, Ending.FAULT, "caller"),
    (302, {"LeaveCode": 7}, EventKind.STOPPED, RecordingState.UPLOADING, Ending.FAULT, None),
    (303, {"Status": 0}, EventKind.UPLOAD_STARTED, None, None, None),
    (303, {"Status": 1}, EventKind.WARNING, None, None, "destination"),
    (304, {"FileList": INDEX}, EventKind.FILE_STARTED, RecordingState.RECORDING, None, None),
    (305, {"Status": 0}, EventKind.UPLOADED, RecordingState.COMPLETED, None, None),
    (305, {"LeaveCode": 2}, EventKind.UPLOADED, RecordingState.COMPLETED, None, None),
    (305, {"Status": 1}, EventKind.BACKED_UP, RecordingState.COMPLETED, None, "destination"),
    (305, {"Status": 9}, EventKind.STATUS, None, None, None),
    (306, {"Status": 0}, EventKind.MIGRATED, None, None, None),
    (307, {"FileName": INDEX, "UserId": ""}, EventKind.FILE_STARTED, RecordingState.RECORDING, None, None),
    (308, {"Code": "NoSuchBucket", "Message": "none"}, EventKind.WARNING, None, None, "destination"),
    (309, {"Url": "https://u:p@x.io/a.png?sig=SECRET"}, EventKind.IMAGE_UNAVAILABLE, None, None, "caller"),
    (310, {"Status": 0, "FileList": [FILM]}, EventKind.UPLOADED, None, None, None),
    (310, {"Status": 1, "FileList": [FILM]}, EventKind.BACKED_UP, None, None, "destination"),
    (310, {"Status": 2}, EventKind.UPLOAD_FAILED, None, None, "destination"),
    (311, {"Status": 0, "TencentVod": {"FileId": "7"}}, EventKind.UPLOADED, None, None, None),
    (311, {"Status": 1, "TencentVod": {"CacheFile": FILM}}, EventKind.BACKED_UP, None, None, "vendor"),
    (311, {"Status": 2, "Errmsg": "no space"}, EventKind.UPLOAD_FAILED, None, None, "vendor"),
    (312, {"Status": 0}, EventKind.ENDED, RecordingState.COMPLETED, None, None),
    (312, {"Status": 1}, EventKind.ENDED, RecordingState.FAILED, None, "vendor"),
    (399, {}, EventKind.UNKNOWN, None, None, None),
]


@pytest.mark.parametrize(("number", "payload", "kind", "state", "ending", "fault"), TOLD)
def test_what_an_event_means(
    number: int,
    payload: dict[str, Any],
    kind: EventKind,
    state: RecordingState | None,
    ending: Ending | None,
    fault: str | None,
) -> None:
    """Kind, state, ending and fault of every event; whatever is somebody's fault has a reason."""
    event = event_of(number, payload)
    assert (event.kind, event.state, event.ending, event.fault) == (kind, state, ending, fault)
    assert bool(event.reason) or not (fault or kind is EventKind.UNKNOWN)
    assert "SECRET" not in event.model_dump_json()


def test_garbage_in_a_payload_is_no_error() -> None:
    """Members of other types are taken for missing, whatever the event."""
    garbage: list[Any] = [None, 7, "text", [], {"a": 1}, True, 1e300]
    names = ("Status", "LeaveCode", "FileList", "FileName", "FileMessage", "TencentVod", "Url", "BeginTimeStamp")
    for number in range(301, 313):
        for thing in garbage:
            assert event_of(number, dict.fromkeys(names, thing)).dedup_key
            (event,) = events_of(CONFIG, request_of(told(number, EventInfo={"TaskId": "t", "Payload": thing})), NOW)
            assert event.native == {"TaskId": "t"}


class TestWhatTheHandleAdds:
    def test_where_a_file_lies(self, recording_of: Callable[..., Recording]) -> None:
        """Prefix, the folder of the task, and the name."""
        recording = recording_of(output={"prefix": "lessons/2026"})
        (file,) = located(event_of(304, {"FileList": INDEX}), recording).files
        assert file.key == f"lessons/2026/-task./{INDEX}"
        assert file.uri == f"s3://lessons/lessons/2026/-task./{INDEX}"
        assert file.format == "hls"

    def test_hls_is_not_the_end_where_an_mp4_is_to_come(self, recording_of: Callable[..., Recording]) -> None:
        """Then the MP4 is; of an individual recording there are several, and none says that it is the last."""
        both = recording_of(output={"formats": ["hls", "mp4"]})
        first = located(event_of(305, {"Status": 0}), both)
        assert (first.kind, first.state) == (EventKind.UPLOAD_PROGRESS, RecordingState.UPLOADING)
        assert located(event_of(305, {"Status": 1}), both).state is None
        assert located(event_of(310, {"Status": 0}), both).state is RecordingState.COMPLETED
        apart = recording_of(mode="individual", output={"formats": ["hls", "mp4"]})
        assert located(event_of(310, {"Status": 0}), apart).state is None

    def test_an_mp4_that_could_not_be_made(self, recording_of: Callable[..., Recording]) -> None:
        """Without HLS nothing is left: failed. Beside HLS that is there: completed, and told."""
        alone = located(event_of(310, {"Status": 2}), recording_of(output={"formats": ["mp4"]}))
        assert alone.state is RecordingState.FAILED
        beside = located(event_of(310, {"Status": 2}), recording_of(output={"formats": ["hls", "mp4"]}))
        assert (beside.state, beside.fault) == (RecordingState.COMPLETED, "destination")

    def test_an_mp4(self, recording_of: Callable[..., Recording]) -> None:
        """Name, place, length, begin and status; files that FileMessage leaves out are named too."""
        message = {
            "FileName": FILM,
            "UserId": "1001",
            "TrackType": "audio",
            "StartTimeStamp": 1000,
            "EndTimeStamp": 3500,
        }
        payload = {"Status": 1, "FileList": [FILM, "other.mp4"], "FileMessage": [message]}
        first, other = located(event_of(310, payload), recording_of(output={"formats": ["mp4"]})).files
        assert (first.name, first.participant, first.tracks, first.duration_s) == (FILM, "1001", "audio", 2.5)
        assert {first.status, other.status} == {FileStatus.BACKUP}
        assert other.key == "-task./other.mp4"

    def test_a_file_in_video_on_demand(self, recording_of: Callable[..., Recording]) -> None:
        """It has an address, and no place in any bucket."""
        recording = recording_of(storage={"kind": "vendor_managed"})
        vod = {"FileId": "7", "CacheFile": FILM, "VideoUrl": "https://vod.example.com/7.mp4"}
        (file,) = located(event_of(311, {"Status": 0, "TencentVod": vod}), recording).files
        assert (file.name, file.key, file.uri, file.url) == (FILM, None, None, "https://vod.example.com/7.mp4")
        assert file.status is FileStatus.UPLOADED
