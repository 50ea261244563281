"""Changes of a running task, neutral to wire; those of the layout are in `test_translate_layout`."""

from __future__ import annotations

from typing import Any

import pytest

from planned import Planner
from recorder_core import Recording
from recorder_zegocloud.translate.update import change_whiteboard, take_snapshot

PICTURES = {"output": {"formats": [], "snapshots": {"interval": 10}}}


def recording(native: dict[str, Any], **fields: Any) -> Recording:
    return Planner("zegocloud").recording({"TaskId": "task-1", **native}, **fields)


def test_a_whiteboard_is_switched_by_its_id() -> None:
    """In every mode, as long as the task has one."""
    for mode in ("composite", "individual"):
        change = change_whiteboard(recording({"HasWhiteboard": True}, mode=mode), "wb-7")
        assert change == ({"TaskId": "task-1", "WhiteboardId": "wb-7"}, ())


@pytest.mark.parametrize("native", [{}, {"HasWhiteboard": False}])
def test_a_whiteboard_cannot_be_added(native: dict[str, Any]) -> None:
    """A task that was started without one never gets one."""
    body, findings = change_whiteboard(recording(native), "wb-7")
    assert body is None
    assert [(finding.path, finding.verdict) for finding in findings] == [("whiteboard", "unsupported")]
    assert findings[0].instead


def test_a_snapshot_of_a_recording() -> None:
    """The task's id is all that it takes."""
    for native in ({}, {"OutputFileFormat": "hls"}):
        assert take_snapshot(recording(native)) == ({"TaskId": "task-1"}, ())


@pytest.mark.parametrize(
    ("native", "fields", "path"),
    [
        ({"OutputFileFormat": "jpg"}, PICTURES, "output.snapshots"),
        ({"OutputFileFormat": "mp3"}, {"media": "audio"}, "media"),
    ],
)
def test_what_has_no_picture_to_take(native: dict[str, Any], fields: dict[str, Any], path: str) -> None:
    """A task that takes pictures itself, and one of sound."""
    body, findings = take_snapshot(recording(native, **fields))
    assert body is None
    assert [(finding.path, finding.verdict) for finding in findings] == [(path, "unsupported")]
    assert findings[0].instead
