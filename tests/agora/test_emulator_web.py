"""The emulated web page recording: what it refuses, what it answers, and what is in its files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import requests
from av import open as open_media

from media import duration, frame_at, is_color, sound, tones
from recorder_core.emulation.room import Participant

STORAGE = {"vendor": 1, "region": 4, "bucket": "b", "accessKey": "AK", "secretKey": "SK"}
URL = "https://class.example/room/204?key=7"
PAGE: dict[str, Any] = {
    "url": URL,
    "audioProfile": 0,
    "videoWidth": 640,
    "videoHeight": 360,
    "maxRecordingHour": 3,
}
TARGET = {"outputs": [{"rtmpUrl": "rtmps://push.example/live/204"}]}
PUSH = {"serviceName": "rtmp_publish_service", "serviceParam": TARGET}
BOTH = {"recordingFileConfig": {"avFileType": ["hls", "mp4"]}}


def code(answer: requests.Response) -> tuple[int, Any]:
    """HTTP status and vendor code."""
    return answer.status_code, answer.json().get("code")


def services(*more: Any, **page: Any) -> dict[str, Any]:
    """`extensionServiceConfig` for the page, with changes."""
    recorder = {"serviceName": "web_recorder_service", "serviceParam": PAGE | page}
    return {"extensionServiceConfig": {"extensionServices": [recorder, *more]}}


def payloads(server: dict[str, Any]) -> dict[str, Any]:
    """What each service told, by its name."""
    return {state["serviceName"]: state["payload"] for state in server["extensionServiceState"]}


@pytest.fixture
def web(serve: Any, call: Any) -> Any:
    """Makes a recorder in web mode, at an emulator with the options given."""

    def make(cname: str = "page-204", **options: Any) -> Any:
        return call(serve(**options), mode="web", cname=cname)

    return make


def names(caller: Any) -> list[str]:
    """The files that query lists, without what all names begin with."""
    listed = payloads(caller.server())["web_recorder_service"]["fileList"]
    return [file["filename"].removeprefix(f"{caller.sid}_page-204") for file in listed]


def hold(caller: Any, on_hold: bool) -> None:
    """Pause or resume."""
    assert caller.update({"webRecordingConfig": {"onhold": on_hold}}).status_code == 200


# --- What is refused ---


@pytest.mark.parametrize(
    "client_request",
    [
        {},
        services(videoWidth=239),
        services(videoWidth=1920, videoHeight=1081),
        services(videoBitrate=8001),
        services(videoFps=61),
        services(maxRecordingHour=721),
        services(maxVideoDuration=29),
        services(readyTimeout=-1),
        services(readyTimeout=1.5),
        services(onhold=None),
        services(url="class.example"),
        services(VideoBitrate=1500),
        services(PUSH, PUSH),
        services({"serviceName": "rtmp_publish_service", "serviceParam": {"outputs": []}}),
        services({"serviceName": "rtmp_publish_service", "serviceParam": {"outputs": [{"rtmpUrl": "http://a"}]}}),
        services({"serviceName": "aliyun_vod_service", "serviceParam": {}}),
        {"extensionServiceConfig": {"extensionServices": [PUSH]}},
        {**services(), "recordingConfig": {"maxIdleTime": 30}},
        {**services(), "recordingFileConfig": {"avFileType": ["mp4"]}},
    ],
)
def test_start_checks(web: Any, client_request: dict[str, Any]) -> None:
    """Services, ranges and keys of other modes: code 2, and nothing starts."""
    caller = web()
    assert code(caller.begin(**client_request)) == (400, 2)
    assert caller.service.recordings == []


def test_reason_names_the_field(web: Any) -> None:
    """The reason has the field's path in the body."""
    reason = web().begin(**services(videoFps=4)).json()["reason"]
    path = "extensionServiceConfig.extensionServices.0.serviceParam.videoFps"
    assert reason.startswith(f"Start: invalid {path} value!")


def test_null_as_ready_timeout(web: Any) -> None:
    """`readyTimeout` alone may be null, which is 0."""
    assert web().begin(**services(readyTimeout=None)).status_code == 200


def test_lenient_service(web: Any) -> None:
    """A lenient service ignores unknown keys, those of a service too."""
    caller = web(strict=False)
    assert caller.begin(**services(PUSH, VideoBitrate=1500, nonsense=[])).status_code == 200


def test_any_text_is_a_name(web: Any) -> None:
    """The name of a web page recording is a label of up to 1024 bytes, in every call."""
    label = "https://class.example/Stunde über Bäume "
    caller = web(label + "x" * (1024 - len(label.encode())))
    assert caller.begin(**services()).status_code == 200
    hold(caller, on_hold=True)
    assert code(caller.stop()) == (206, 435)


@pytest.mark.parametrize(
    ("with_push", "change"),
    [
        (True, {"streamSubscribe": {}}),
        (True, {"webRecordingConfig": {"onhold": "true"}}),
        (True, {"rtmpPublishConfig": {"outputs": []}}),
        (True, {"rtmpPublishConfig": {"outputs": 2 * TARGET["outputs"]}}),
        (False, {"rtmpPublishConfig": TARGET}),
    ],
)
def test_update_checks(web: Any, with_push: bool, change: dict[str, Any]) -> None:
    """An update is of web recordings, has one target, and pushes only what was pushed from the start."""
    caller = web()
    caller.begin(**services(*([PUSH] if with_push else [])))
    assert code(caller.update(change)) == (400, 2)


# --- What is answered ---


def test_query(web: Any) -> None:
    """The page needs nobody: it is recorded once it is rendered, and the first slice comes 5 s later."""
    caller = web()
    caller.begin(**services(), **BOTH, storageConfig=STORAGE | {"fileNamePrefix": ["school"]})
    recorder = {"serviceName": "web_recorder_service"}
    init = {"state": "init", "onhold": False, "fileList": []}
    assert caller.server() == {"status": 0, "extensionServiceState": [recorder | {"payload": init}]}
    caller.service.clock.advance(3 + 4)
    in_progress = init | {"state": "inProgress"}
    assert caller.server() == {"status": 4, "extensionServiceState": [recorder | {"payload": in_progress}]}
    caller.service.clock.advance(1)
    start = int((caller.service.recordings[0].started_at + 3) * 1000)
    stem = f"school/{caller.sid}_page-204"
    files = [{"filename": stem + end, "sliceStartTime": start} for end in ("_0.mp4", ".m3u8")]
    running = in_progress | {"fileList": files}
    assert caller.server() == {"status": 5, "extensionServiceState": [recorder | {"payload": running}]}


def test_stop(web: Any) -> None:
    """A stop tells of the upload, and of the recorder's files."""
    caller = web()
    caller.begin(**services(PUSH))
    caller.service.clock.advance(3 + 2)
    server = caller.stop().json()["serverResponse"]
    start = int((caller.service.recordings[0].started_at + 3) * 1000)
    files = [{"filename": f"{caller.sid}_page-204.m3u8", "sliceStartTime": start}]
    assert server == {
        "extensionServiceState": [
            {"serviceName": "upload_service", "payload": {"uploadingStatus": "uploaded"}},
            {"serviceName": "web_recorder_service", "payload": {"state": "exit", "onhold": False, "fileList": files}},
        ]
    }
    assert code(caller.query()) == (404, 404)


def test_asynchronous_stop(web: Any) -> None:
    """It answers before the upload is decided; query then sees the services exit."""
    caller = web()
    caller.begin(**services(PUSH))
    caller.service.clock.advance(20)
    server = caller.stop({"async_stop": True}).json()["serverResponse"]
    assert payloads(server) == {"upload_service": {"uploadingStatus": "unknown"}}
    left = payloads(caller.server())
    assert (left["web_recorder_service"]["state"], left["rtmp_publish_service"]["state"]) == ("exit", "exit")
    assert left["rtmp_publish_service"]["outputs"][0]["status"] == "disconnected"


def test_late_upload(web: Any) -> None:
    """An upload of more than 20 s: 206, unknown, no files."""
    caller = web(upload_s=30)
    caller.begin(**services())
    caller.service.clock.advance(20)
    answer = caller.stop()
    assert answer.status_code == 206
    assert payloads(answer.json()["serverResponse"]) == {"upload_service": {"uploadingStatus": "unknown"}}


def test_pause_and_resume(web: Any) -> None:
    """On hold from the start there is no slice; then they come 5 s after each resumption, status 5 for good."""
    caller = web()
    caller.begin(**services(onhold=True))

    def seen() -> tuple[int, bool, str, int]:
        server = caller.server()
        recorder = payloads(server)["web_recorder_service"]
        return server["status"], recorder["onhold"], recorder["state"], len(recorder["fileList"])

    caller.service.clock.advance(1000)
    assert seen() == (4, True, "inProgress", 0)
    hold(caller, on_hold=False)
    caller.service.clock.advance(4)
    assert seen() == (4, False, "inProgress", 0)
    caller.service.clock.advance(1)
    assert seen() == (5, False, "inProgress", 1)
    hold(caller, on_hold=True)
    caller.service.clock.advance(1000)
    assert seen() == (5, True, "inProgress", 1)
    start = payloads(caller.server())["web_recorder_service"]["fileList"][0]["sliceStartTime"]
    assert start == int((caller.service.recordings[0].started_at + 1000) * 1000)


def test_omitted_hold_resumes(web: Any) -> None:
    """`onhold` is false by default, in update too."""
    caller = web()
    caller.begin(**services(onhold=True))
    caller.update({"webRecordingConfig": {}})
    assert payloads(caller.server())["web_recorder_service"]["onhold"] is False


def test_longest_recording(web: Any) -> None:
    """After `maxRecordingHour` it ends by itself, on hold or not."""
    caller = web()
    caller.begin(**services(maxRecordingHour=2))
    hold(caller, on_hold=True)
    caller.service.clock.advance(3 + 7199)
    assert caller.service.recordings[0].running
    caller.service.clock.advance(3600)
    recording = caller.service.recordings[0]
    assert recording.ended_at == pytest.approx(recording.started_at + 7203)
    assert code(caller.query()) == (404, 404)


def test_empty_room_is_not_idle(web: Any) -> None:
    """Nobody has to be anywhere, and whoever is in a room of that name plays no part."""
    caller = web()
    caller.service.join("page-204", caller.uid)
    caller.begin(**services())
    caller.service.clock.advance(3600)
    assert caller.status() == 5


def test_mp4_files(web: Any) -> None:
    """Each MP4 holds `maxVideoDuration` minutes of recording; what is on hold doesn't count."""
    caller = web()
    caller.begin(**services(maxVideoDuration=30), **BOTH)
    caller.service.clock.advance(3 + 600)
    hold(caller, on_hold=True)
    caller.service.clock.advance(3600)
    hold(caller, on_hold=False)
    caller.service.clock.advance(1200 - 1)
    assert names(caller) == ["_0.mp4", ".m3u8"]
    caller.service.clock.advance(2)
    assert names(caller) == ["_0.mp4", "_1.mp4", ".m3u8"]
    caller.service.clock.advance(1800)
    listed = payloads(caller.server())["web_recorder_service"]["fileList"]
    began = caller.service.recordings[0].started_at + 3
    starts = [file["sliceStartTime"] / 1000 - began for file in listed]
    assert starts == pytest.approx([0, 5400, 7200, 0], abs=0.002)
    caller.stop()
    assert len(caller.service.recordings[0].files) == 4


def test_special_characters_in_file_names(web: Any) -> None:
    """In file names the special characters of the label are hyphens."""
    caller = web("a!b@c#d$e%f^g&h*i(j)k+l_m.n=o[p]q{r}s~t|u,v;w:x?y<z>1 2-3")
    caller.begin(**services())
    caller.service.clock.advance(20)
    (file,) = payloads(caller.server())["web_recorder_service"]["fileList"]
    assert file["filename"] == (f"{caller.sid}_a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u-v-w-x-y-z-1 2-3.m3u8")


@pytest.mark.parametrize(("timeout", "ready_s"), [(None, 3), (0, 3), (8, 10), (7, 10)])
def test_page_that_gets_ready(web: Any, timeout: int | None, ready_s: int) -> None:
    """With `readyTimeout` recording begins when the page says so; without, it isn't waited for."""
    caller = web(page_ready_s=7)
    caller.begin(**services(readyTimeout=timeout))
    caller.service.clock.advance(ready_s - 0.001)
    assert payloads(caller.server())["web_recorder_service"]["state"] == "init"
    caller.service.clock.advance(0.001)
    assert payloads(caller.server())["web_recorder_service"]["state"] == "inProgress"


def test_page_that_never_gets_ready(web: Any) -> None:
    """A page that misses `readyTimeout` is opened once more, and the second time the recording ends."""
    caller = web(page_ready_s=7)
    caller.begin(**services(readyTimeout=6))
    caller.service.clock.advance(3 + 12 - 0.001)
    assert payloads(caller.server())["web_recorder_service"]["state"] == "init"
    caller.service.clock.advance(1)
    assert code(caller.stop()) == (400, 49)
    caller.service.clock.advance(10)
    assert code(caller.query()) == (404, 404)
    assert caller.service.recordings[0].files == ()


def test_push(web: Any) -> None:
    """A push connects, publishes, waits with the recording, and connects anew to another target."""
    caller = web()
    caller.begin(**services(PUSH))

    def push() -> tuple[str, str, str]:
        payload = payloads(caller.server())["rtmp_publish_service"]
        (output,) = payload["outputs"]
        return payload["state"], output["status"], output["rtmpUrl"]

    first, second = "rtmps://push.example/live/204", "rtmp://other.example/live"
    assert push() == ("init", "connecting", first)
    caller.service.clock.advance(3)
    assert push() == ("inProgress", "connecting", first)
    caller.service.clock.advance(2)
    assert push() == ("inProgress", "publishing", first)
    hold(caller, on_hold=True)
    assert push() == ("inProgress", "onhold", first)
    hold(caller, on_hold=False)
    assert push() == ("inProgress", "publishing", first)
    assert caller.update({"rtmpPublishConfig": {"outputs": [{"rtmpUrl": second}]}}).status_code == 200
    assert push() == ("inProgress", "connecting", second)
    caller.service.clock.advance(2)
    assert push() == ("inProgress", "publishing", second)


def test_push_address_is_masked(web: Any) -> None:
    """The journal holds no push address, neither of start and update nor of the answers."""
    caller = web()
    caller.begin(**services(PUSH))
    caller.update({"rtmpPublishConfig": {"outputs": [{"rtmpUrl": "rtmp://other.example/live"}]}})
    caller.query()
    written = repr(list(caller.service.journal))
    assert "push.example" not in written
    assert "other.example" not in written


def test_bucket_that_does_not_exist(web: Any) -> None:
    """A wrong bucket passes start, and half a minute later nothing is there; the page was never ready."""
    caller = web(buckets=["another"], tokens=["good"])
    assert caller.begin(**services()).status_code == 200
    caller.service.clock.advance(29)
    assert caller.status() < 4
    caller.service.clock.advance(1)
    assert code(caller.query()) == (404, 404)


# --- What is in the files ---


def test_page_in_the_file(web: Any) -> None:
    """The files show the page at its size, with its address on it, and hold its sound; the pause is left out."""
    caller = web(media=True)
    caller.begin(**services(PUSH, audioProfile=2, videoFps=10, onhold=True), **BOTH)
    caller.service.clock.advance(60)
    hold(caller, on_hold=False)
    caller.service.clock.advance(6)
    hold(caller, on_hold=True)
    caller.service.clock.advance(300)
    hold(caller, on_hold=False)
    caller.service.clock.advance(4)
    caller.stop()
    page = Participant.of(URL)
    stem = f"{caller.sid}_page-204"
    assert set(caller.service.bucket.list()) == set(caller.service.recordings[0].files)
    for name in (f"{stem}_0.mp4", f"{stem}.m3u8"):
        path = caller.service.bucket.path(name)
        assert duration(path) == pytest.approx(10, abs=0.2)
        frame = frame_at(path, 8)
        assert frame.shape == (360, 640, 3)
        assert is_color(frame, 320, 300, page.color)
        address = frame[20:50].astype(int) - np.array(page.color)
        assert (np.abs(address).max(axis=2) > 60).sum() > 200
        samples, rate = sound(path, 7, 9)
        assert tones(samples, rate, [page.tone_hz]) == {page.tone_hz: True}
    with open_media(str(caller.service.bucket.path(f"{stem}_0.mp4"))) as container:
        assert container.streams.video[0].average_rate == 10
        assert container.streams.audio[0].channels == 2


@pytest.mark.parametrize("mobile", [False, True])
def test_mobile_page(web: Any, mobile: bool) -> None:
    """A page that is rendered as on a phone says so under its address."""
    caller = web(media=True)
    caller.begin(**services(mobile=mobile))
    caller.service.clock.advance(3 + 2)
    caller.stop()
    frame = frame_at(caller.service.bucket.path(f"{caller.sid}_page-204.m3u8"), 1)
    page = Participant.of(URL)
    second_line = frame[50:75].astype(int) - np.array(page.color)
    assert bool((np.abs(second_line).max(axis=2) > 60).sum() > 50) is mobile


def test_split_mp4_files_play(web: Any) -> None:
    """Every MP4 of a long recording plays, all of them together no longer than one may be."""
    caller = web(media=True, media_limit=12)
    caller.begin(**services(maxVideoDuration=30), **BOTH)
    caller.service.clock.advance(3 + 2.5 * 1800)
    caller.stop()
    paths = [caller.service.bucket.path(f"{caller.sid}_page-204_{index}.mp4") for index in range(3)]
    assert [duration(path) for path in paths] == pytest.approx([4, 4, 4], abs=0.2)
    assert all(is_color(frame_at(path, 1), 320, 300, Participant.of(URL).color) for path in paths)
    assert duration(caller.service.bucket.path(f"{caller.sid}_page-204.m3u8")) == pytest.approx(12, abs=0.2)
