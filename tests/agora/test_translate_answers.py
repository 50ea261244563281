"""Answers, wire to neutral: states, files, and what their combination means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from planned import Planner
from recorder_agora.translate_answers import query_status, stop_status
from recorder_core import FileStatus, Media, Recording, RecordingState
from recorder_core.transport import Answer, Envelope

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Planner("agora").recording({}, output={"prefix": "lessons/2026"})


def answer(server: dict[str, Any] | None = None, status: int = 200, code: int | None = None) -> Answer:
    body: dict[str, Any] = {"resourceId": "r", "sid": "s"}
    if server is not None:
        body["serverResponse"] = server
    return Answer(status, body, Envelope(code, None, "q-1"), "https://api.agora.io")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *((number, "starting") for number in (0, 1, 2, 3)),
        *((number, "recording") for number in (4, 5, "5")),
        *((6, "stopping"), (7, "uploading"), (8, "uploading"), (20, "failed")),
        *((99, "unreachable"), (None, "unreachable")),
    ],
)
def test_a_status_is_a_state(recording: Recording, status: Any, state: str) -> None:
    """Every documented status has its state, text as well as number; an unknown one is no end."""
    found = query_status(recording, answer({"status": status}))
    assert found.state is RecordingState(state)
    assert (found.started_at, found.request_id) == (recording.started_at, "q-1")
    assert found.fault == ("vendor" if state == "failed" else None)


@pytest.mark.parametrize("name", ["lessons/2026/x_0.m3u8", "x_0.m3u8"])
def test_a_file_has_its_whole_key(recording: Recording, name: str) -> None:
    """Names come with or without the prefix; keys and addresses always have it."""
    entry = {
        "fileName": name,
        "trackType": "audio_and_video",
        "uid": "0",
        "mixedAllUser": True,
        "isPlayable": True,
        "sliceStartTime": 1785578400123,
    }
    (file,) = query_status(recording, answer({"status": 5, "fileListMode": "json", "fileList": [entry]})).files
    assert (file.name, file.key, file.uri) == (
        "x_0.m3u8",
        "lessons/2026/x_0.m3u8",
        "s3://lessons/lessons/2026/x_0.m3u8",
    )
    assert (file.format, file.tracks, file.participant) == ("hls", Media.AUDIO_VIDEO, None)
    assert file.status is FileStatus.RECORDING
    assert file.started_at == datetime.fromtimestamp(1785578400.123, UTC)


def test_a_list_in_text_mode_is_one_file(recording: Recording) -> None:
    """HLS alone comes as a text; an empty one is no file."""
    (file,) = query_status(recording, answer({"status": 5, "fileListMode": "string", "fileList": "x.m3u8"})).files
    assert (file.key, file.tracks) == ("lessons/2026/x.m3u8", recording.media)
    assert query_status(recording, answer({"status": 4, "fileListMode": "string", "fileList": ""})).files == ()


@pytest.mark.parametrize(
    ("uploading", "state", "file_status", "fault"),
    [
        ("uploaded", "completed", "uploaded", None),
        ("backuped", "completed", "backup", "destination"),
        ("unknown", "uploading", "uploading", None),
        ("unknow", "uploading", "uploading", None),
        (None, "uploading", "uploading", None),
    ],
)
def test_stop_tells_where_the_files_are(
    recording: Recording, uploading: str | None, state: str, file_status: str, fault: str | None
) -> None:
    """The upload's status decides; a backup is the destination's fault and still an end."""
    server = {"fileListMode": "json", "fileList": [{"fileName": "x.mp4"}], "uploadingStatus": uploading}
    found = stop_status(recording, answer(server), NOW)
    assert (found.state, found.files[0].status, found.fault) == (state, file_status, fault)
    assert found.ended_at == NOW
    assert found.files[0].format == "mp4"


def test_nothing_recorded_is_an_end_without_files(recording: Recording) -> None:
    """206 with code 435: the recording is complete, and empty."""
    found = stop_status(recording, answer(status=206, code=435), NOW)
    assert (found.state, found.files) == (RecordingState.COMPLETED, ())
    assert "435" in (found.reason or "")


def test_leaving_already_is_no_end_yet(recording: Recording) -> None:
    """400 with code 49: it stops, and what came of it isn't told."""
    found = stop_status(recording, answer(status=400, code=49), NOW)
    assert found.state is RecordingState.STOPPING
    assert "49" in (found.reason or "")


def test_an_asynchronous_stop_may_say_nothing(recording: Recording) -> None:
    """Its body isn't documented: an empty one is an upload under way."""
    assert stop_status(recording, answer(), NOW).state is RecordingState.UPLOADING
