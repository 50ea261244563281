"""The vendor's own client library against the emulated vendor."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def drive(service: Any, scenario: str) -> dict[str, Any]:
    """What `agora_rest_client` 0.2.0 understood, having gone through the scenario of `official_client.py`."""
    service.join("lesson-204", "11")
    done = subprocess.run(
        [
            sys.executable,
            Path(__file__).with_name("official_client.py"),
            scenario,
            service.base_url,
            service.app_id,
            service.customer_id,
            service.customer_secret,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {entry.status for entry in service.journal} == {200}
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_composite(service: Any) -> None:
    """A composite recording goes through acquire, start, query, update, updateLayout and stop."""
    seen = drive(service, "mix")
    sid = seen["sid"]
    assert (seen["ready"], seen["updated"], seen["laid_out"], seen["recording"]) == (4, sid, sid, 5)
    assert seen["stopped"]["uploadingStatus"] == "uploaded"
    assert [file["fileName"] for file in seen["stopped"]["fileList"]] == [
        f"school/{sid}_lesson-204_0.mp4",
        f"school/{sid}_lesson-204.m3u8",
    ]
    assert service.journal.operations() == [
        "acquire",
        "start",
        "query",
        "update",
        "updateLayout",
        "query",
        "stop",
    ]


def test_individual(service: Any) -> None:
    """An individual recording with snapshots beside it lists a playlist per uid and medium."""
    seen = drive(service, "individual")
    sid = seen["sid"]
    assert (seen["updated"], seen["recording"]["status"], seen["recording"]["fileListMode"]) == (sid, 5, "json")
    assert seen["stopped"]["uploadingStatus"] == "uploaded"
    assert [file["fileName"] for file in seen["stopped"]["fileList"]] == [
        f"{sid}_lesson-204__uid_s_11__uid_e_{kind}.m3u8" for kind in ("audio", "video")
    ]
    assert sum(key.endswith(".jpg") for key in service.recordings[0].files) == 4
    assert service.journal.operations() == ["acquire", "start", "update", "query", "stop"]


def test_snapshots_alone(service: Any) -> None:
    """The client leaves out `recordingFileConfig` for snapshots alone: pictures and no list."""
    seen = drive(service, "snapshots")
    assert set(seen["recording"]) == {"status", "sliceStartTime"}
    assert seen["stopped"] == {"uploadingStatus": "uploaded"}
    files = service.recordings[0].files
    assert len(files) == 4
    assert all(key.endswith(".jpg") for key in files)


def test_web(service: Any) -> None:
    """A web page recording starts paused, is resumed, pushed elsewhere and stopped."""
    seen = drive(service, "web")
    sid = seen["sid"]
    assert seen["updated"] == [sid, sid]
    paused, recording, stopped = (
        {state["serviceName"]: state["payload"] for state in seen[step]["extensionServiceState"]}
        for step in ("paused", "recording", "stopped")
    )
    assert paused["web_recorder_service"] == {"state": "inProgress", "onhold": True, "fileList": []}
    assert paused["rtmp_publish_service"]["outputs"][0]["status"] == "onhold"
    assert recording["web_recorder_service"]["onhold"] is False
    assert recording["rtmp_publish_service"]["outputs"] == [
        {"rtmpUrl": "rtmps://push.example/live/205", "status": "publishing"}
    ]
    assert stopped["upload_service"] == {"uploadingStatus": "uploaded"}
    assert [file["filename"] for file in stopped["web_recorder_service"]["fileList"]] == [
        f"{sid}_lesson-204_0.mp4",
        f"{sid}_lesson-204.m3u8",
    ]
    assert service.journal.operations() == ["acquire", "start", "query", "update", "update", "query", "stop"]
