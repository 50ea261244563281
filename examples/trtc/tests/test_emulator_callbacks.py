"""What the emulated service tells by callback, received by a real HTTP server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from recorder_core import Recorder, RecordingSpec
from recorder_core.testing import connect
from recorder_trtc.emulator.service import TrtcEmulator

Serve = Callable[..., TrtcEmulator]
MakeSpec = Callable[..., RecordingSpec]


def told(service: TrtcEmulator, receiver: Any) -> list[tuple[int, dict[str, Any]]]:
    """The types and payloads of what was received, each verified as the vendor's page tells receivers to do it."""
    service.callbacks.wait()
    events = []
    for request in receiver.received:
        digest = hmac.new(service.webhook_secret.encode(), request.body, hashlib.sha256).digest()
        assert request.header("Sign") == base64.b64encode(digest).decode()
        assert request.header("SdkAppId") == str(service.sdk_app_id)
        body = json.loads(request.body)
        info = body["EventInfo"]
        assert body["EventGroupId"] == 3
        assert body["CallbackTs"] >= info["EventMsTs"]
        assert info["EventMsTs"] // 1000 == info["EventTs"]
        assert {"RoomId", "UserId", "TaskId"} < info.keys()
        events.append((body["EventType"], info["Payload"]))
    return events


def play(service: TrtcEmulator, recorder: Recorder, spec: RecordingSpec, seconds: float = 30) -> None:
    """Record somebody, and let all callbacks arrive."""
    service.join(spec.room, "1001")
    recording = recorder.start(spec)
    service.clock.advance(seconds)
    recorder.stop(recording)
    service.clock.advance(10)


def test_a_whole_recording(serve: Serve, receiver: Any, make_spec: MakeSpec) -> None:
    """Entered, uploading, index begun and uploaded, left, HLS there, MP4 there: in this order, with their payloads."""
    service = serve(callback_url=receiver.url)
    with connect(service) as recorder:
        play(service, recorder, make_spec(output={"formats": ["hls", "mp4"]}))
    events = told(service, receiver)
    assert [kind for kind, _ in events] == [301, 303, 307, 304, 302, 305, 310]
    payloads = dict(events)
    assert payloads[301] == payloads[303] == payloads[305] == {"Status": 0}
    assert payloads[302] == {"LeaveCode": 0}
    assert payloads[307]["FileName"] == payloads[304]["FileList"] == "1400000000_bGVzc29u.m3u8"
    assert payloads[310]["FileList"] == ["1400000000_bGVzc29u.mp4"]
    (message,) = payloads[310]["FileMessage"]
    assert (message["UserId"], message["TrackType"], message["MediaId"]) == ("", "audio_video", "mix")
    assert message["EndTimeStamp"] - message["StartTimeStamp"] == 28_000


def test_video_on_demand(serve: Serve, receiver: Any, make_spec: MakeSpec) -> None:
    """No upload to a bucket is told of; each file comes with its id and address, then the end."""
    service = serve(callback_url=receiver.url)
    with connect(service) as recorder:
        play(service, recorder, make_spec(storage={"kind": "vendor_managed"}, output={"formats": ["mp4"]}))
    events = told(service, receiver)
    assert [kind for kind, _ in events] == [301, 302, 311, 312]
    vod = events[2][1]["TencentVod"]
    assert (vod["CacheFile"], vod["MediaId"]) == ("1400000000_bGVzc29u.mp4", "mix")
    assert vod["FileId"].isdigit()
    assert vod["VideoUrl"].startswith("https://")


def test_a_bucket_that_refuses(serve: Serve, receiver: Any, make_spec: MakeSpec) -> None:
    """The store's error is told, then that a file is in the backup; one page calls the member LeaveCode."""
    service = serve(callback_url=receiver.url, buckets=["other"], upload_member="LeaveCode")
    with connect(service) as recorder:
        play(service, recorder, make_spec())
    events = told(service, receiver)[-2:]
    assert events[0] == (308, {"Code": "NoSuchBucket", "Message": "it doesn't exist"})
    assert events[1] == (305, {"LeaveCode": 1})


def test_a_move_to_another_server(serve: Serve, receiver: Any, make_spec: MakeSpec) -> None:
    """It is told when the other one goes on; the new files have a name of their own."""
    service = serve(callback_url=receiver.url)
    service.join("lesson", "1001")
    with connect(service) as recorder:
        recording = recorder.start(make_spec())
        service.clock.advance(20)
        service.migrate("lesson", 5)
        service.clock.advance(20)
        files = recorder.stop(recording).files
    assert [file.name for file in files] == ["1400000000_bGVzc29u.m3u8", "ha1_1400000000_bGVzc29u.m3u8"]
    assert (306, {"Status": 0}) in told(service, receiver)


def test_pictures_that_cannot_be_fetched(serve: Serve, receiver: Any, make_spec: MakeSpec) -> None:
    """Each is told once, when the recorder has entered; a change tells its own."""
    service = serve(callback_url=receiver.url, missing_images=["https://example.com/a.png"])
    image = {"background": {"image": {"url": "https://example.com/a.png"}}}
    with connect(service) as recorder:
        recorder.start(make_spec(layout={"kind": "grid", **image}))
        service.clock.advance(5)
    assert [event for event in told(service, receiver) if event[0] == 309] == [
        (309, {"Url": "https://example.com/a.png"})
    ]


def test_repeats(serve: Serve, receiver: Any, make_spec: MakeSpec) -> None:
    """What isn't answered with 200 comes again at once, then every ten seconds, six times at most, for a minute."""
    service = serve(callback_url=receiver.url, callback_kinds=[301])
    receiver.status = 500
    with connect(service) as recorder:
        recorder.start(make_spec())
        service.clock.advance(60)
    deliveries = service.callbacks.deliveries
    first = deliveries[0].at
    assert [delivery.at - first for delivery in deliveries] == [0, 0, 10, 20, 30, 40, 50]
    bodies = [json.loads(request.body) for request in receiver.received]
    assert len({json.dumps(body["EventInfo"]) for body in bodies}) == 1
    assert [body["CallbackTs"] - bodies[0]["CallbackTs"] for body in bodies] == [
        0,
        0,
        10_000,
        20_000,
        30_000,
        40_000,
        50_000,
    ]


def test_who_may_not_enter_is_told_of(serve: Serve, receiver: Any, make_spec: MakeSpec) -> None:
    """Event 301 with Status 1, and nothing more."""
    service = serve(callback_url=receiver.url)
    with connect(service, app_key="another") as recorder:
        recorder.start(make_spec())
        service.clock.advance(10)
    assert told(service, receiver) == [(301, {"Status": 1})]
