"""What the emulated service tells of recorded pages over whole lives: every event, its instant and its details."""

from __future__ import annotations

from typing import Any

import pytest

from agora.details import ms, slice_of

BOTH = {"recordingFileConfig": {"avFileType": ["hls", "mp4"]}}
PAGE = {"url": "https://class.example", "audioProfile": 0, "videoWidth": 640, "videoHeight": 360, "maxRecordingHour": 2}
FIRST, SECOND = "rtmps://push.example/live/204", "rtmp://other.example/live"


def web(*more: Any, **page: Any) -> dict[str, Any]:
    """What a recording of a page is started with."""
    services = [{"serviceName": "web_recorder_service", "serviceParam": PAGE | page}, *more]
    return {"extensionServiceConfig": {"extensionServices": services}}


def push(url: str) -> dict[str, Any]:
    """The service that pushes to a target."""
    return {"serviceName": "rtmp_publish_service", "serviceParam": {"outputs": [{"rtmpUrl": url}]}}


def test_life_of_a_page(hear: Any) -> None:
    """Page, push and slices; on hold the push waits and nothing is recorded; then the end, with all files."""
    heard = hear(upload_s=1)
    service, caller = heard.service, heard.caller("web", cname="page-204")
    caller.begin(**web(push(FIRST)), **BOTH)
    service.clock.advance(40)
    caller.update({"webRecordingConfig": {"onhold": True}})
    service.clock.advance(20)
    caller.update({"webRecordingConfig": {"onhold": False}})
    service.clock.advance(20)
    caller.update({"rtmpPublishConfig": {"outputs": [{"rtmpUrl": SECOND}]}})
    service.clock.advance(20)
    caller.stop({"async_stop": True})
    service.clock.advance(10)
    stem = f"{caller.sid}_{caller.cname}"
    files = [{"filename": f"{stem}{end}", "sliceStartTime": ms(3)} for end in ("_0.mp4", ".m3u8")]
    assert heard.events(caller) == [
        (3, 70, {"recorderStartTime": ms(3)}),
        (3, 42, slice_of(3, "0", "audio_and_video")),
        (3, 100, {"rtmpUrl": FIRST, "status": "connecting"}),
        (5, 100, {"rtmpUrl": FIRST, "status": "publishing"}),
        (8, 4, {"fileList": f"{stem}.m3u8"}),
        (40, 100, {"rtmpUrl": FIRST, "status": "onhold"}),
        (60, 42, slice_of(60, "0", "audio_and_video", last=40)),
        (60, 100, {"rtmpUrl": FIRST, "status": "publishing"}),
        (68, 33, {"progress": 10_000 * 5 // 6}),
        (80, 100, {"rtmpUrl": FIRST, "status": "disconnected"}),
        (80, 100, {"rtmpUrl": SECOND, "status": "connecting"}),
        (82, 100, {"rtmpUrl": SECOND, "status": "publishing"}),
        (100, 100, {"rtmpUrl": SECOND, "status": "disconnected"}),
        (100, 71, {"code": 0, "message": "ok", "details": "", "fileList": files}),
        (100, 30, {"status": 0}),
        (101, 31, {"status": 0}),
        (105, 11, {"exitStatus": 0}),
    ]


def test_page_that_starts_on_hold(hear: Any) -> None:
    """The recorder starts, the push waits, and the first slice begins with the release."""
    heard = hear()
    service, caller = heard.service, heard.caller("web")
    caller.begin(**web(push(FIRST), onhold=True))
    service.clock.advance(30)
    caller.update({"webRecordingConfig": {"onhold": False}})
    service.clock.advance(6)
    statuses = [details.get("status") for _, event, details in heard.events(caller) if event == 100]
    assert heard.timeline(caller) == [(3, 70), (3, 100), (30, 42), (30, 100), (35, 4)]
    assert statuses == ["onhold", "publishing"]


def test_limit_of_a_page(hear: Any) -> None:
    """After `maxRecordingHour`: code 1, with the files."""
    heard = hear()
    service, caller = heard.service, heard.caller("web", cname="page-204")
    caller.begin(**web())
    service.clock.advance(8000)
    events = heard.events(caller)
    assert [(at, event) for at, event, _ in events][:3] == [(3, 70), (3, 42), (8, 4)]
    assert [(at, event) for at, event, _ in events][3:-4] == [(8 + 60 * minute, 33) for minute in range(1, 120)]
    code, message = (events[-4][2][name] for name in ("code", "message"))
    assert (code, message) == (1, "max_recording_hour")
    assert [file["filename"] for file in events[-4][2]["fileList"]] == [f"{caller.sid}_page-204.m3u8"]
    assert [(at, event) for at, event, _ in events][-4:] == [(7203, 71), (7203, 30), (7203, 31), (7208, 11)]


def test_page_that_never_gets_ready(hear: Any) -> None:
    """It is opened once more after `readyTimeout`, and the second time it ends: code 4, no file, no upload."""
    heard = hear(page_ready_s=7)
    caller = heard.caller("web")
    caller.begin(**web(readyTimeout=6))
    heard.service.clock.advance(60)
    assert heard.events(caller) == [
        (9, 73, {"reason": "page_load_timeout"}),
        (15, 71, {"code": 4, "message": "page_load_timeout", "details": "", "fileList": []}),
        (20, 11, {"exitStatus": 0}),
    ]


@pytest.mark.parametrize(
    ("problem", "code", "limit"),
    [
        ("capability_limit", 2, "WebGL"),
        ("start_engine_failed", 3, None),
        ("page_load_timeout", 4, None),
        ("access_url_failed", 5, None),
        ("recorder_error", 6, None),
    ],
)
def test_page_with_a_problem(hear: Any, problem: str, code: int, limit: str | None) -> None:
    """What is wrong with a page ends its recording, by order of a test; a limit is named before."""
    heard = hear()
    service, caller = heard.service, heard.caller("web", cname="page-204")
    caller.begin(**web())
    service.clock.advance(20)
    service.end_page("page-204", problem, **({"limit": limit} if limit else {}))
    service.clock.advance(20)
    files = [{"filename": f"{caller.sid}_page-204.m3u8", "sliceStartTime": ms(3)}]
    named = [(20, 72, {"limitType": limit})] if limit else []
    assert heard.events(caller)[3:] == [
        *named,
        (20, 71, {"code": code, "message": problem, "details": "", "fileList": files}),
        (20, 30, {"status": 0}),
        (20, 31, {"status": 0}),
        (25, 11, {"exitStatus": 0}),
    ]


def test_page_that_is_reloaded(hear: Any) -> None:
    """A page without sound is opened anew, and the recording goes on."""
    heard = hear()
    service, caller = heard.service, heard.caller("web", cname="page-204")
    caller.begin(**web())
    service.clock.advance(20)
    service.reload_page("page-204")
    service.clock.advance(20)
    assert heard.events(caller)[3:] == [(20, 73, {"reason": "audio_silence"})]
    assert caller.status() == 5


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (lambda service: service.end_page("page-204", "boredom"), "got 'boredom'"),
        (lambda service: service.end_page("page-204", "capability_limit", limit="memory"), "got 'memory'"),
        (lambda service: service.end_page("lesson-204", "recorder_error"), "no page is recorded"),
        (lambda service: service.reload_page("page-204", "fashion"), "got 'fashion'"),
        (lambda service: service.reload_page("nowhere"), "no page is recorded"),
    ],
)
def test_wrong_orders_to_pages(hear: Any, order: Any, why: str) -> None:
    """A problem, a reason or a page that there isn't is refused in words."""
    heard = hear()
    heard.caller("web", cname="page-204").begin(**web())
    heard.caller(cname="lesson-204").begin()
    with pytest.raises(ValueError, match=why):
        order(heard.service)
