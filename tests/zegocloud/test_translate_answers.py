"""Answers, wire to neutral: the state of a task by its status and its files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from planned import Planner
from recorder_core import FileStatus, Media, Recording, RecordingState
from recorder_core.transport import Answer, Envelope
from recorder_zegocloud.translate_answers import described_status

BEGUN, ENDED = 1785578400000, 1785582000000


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Planner("zegocloud").recording({}, output={"prefix": "lessons/2026"})


def answer(code: int = 0, **data: Any) -> Answer:
    body = {"Code": code, "Message": "success", "RequestId": "q-1", "Data": data}
    return Answer(200, body, Envelope(code, "success", "q-1"), "https://cloudrecord-api.zego.im")


def file(status: int | None, **more: Any) -> dict[str, Any]:
    return {"FileId": "lesson.mp4", "OutputFileFormat": "mp4", "Status": status, **more}


@pytest.mark.parametrize(
    ("status", "files", "state", "fault"),
    [
        (1, [], "starting", None),
        (2, [], "recording", None),
        (2, [file(1)], "recording", None),
        (5, [], "paused", None),
        (3, [], "completed", None),
        (3, [file(1)], "uploading", None),
        (3, [file(2), file(3)], "uploading", None),
        (3, [file(None)], "uploading", None),
        (3, [file(3)], "completed", None),
        (3, [file(3), file(4)], "completed", "destination"),
        (4, [file(3)], "completed", None),
        (4, [file(4)], "completed", "destination"),
        (4, [], "failed", None),
        (3, [file(5), file(3)], "failed", "destination"),
        (4, [file(2)], "uploading", None),
        (99, [], "unreachable", None),
        (None, [], "unreachable", None),
    ],
)
def test_status_and_files_are_a_state(
    recording: Recording, status: int | None, files: list[Any], state: str, fault: str | None
) -> None:
    """A task has ended when its files are settled; a lost one is a failure, a backup the destination's fault."""
    found = described_status(recording, answer(Status=status, RecordFiles=files, RecordEndTimestamp=ENDED))
    assert found.state is RecordingState(state)
    assert found.fault == fault
    assert found.request_id == "q-1"


def test_an_empty_end_says_why(recording: Recording) -> None:
    """Nobody came, or nobody knows: the reason tells."""
    assert "nobody published" in (described_status(recording, answer(Status=3)).reason or "")
    assert "by itself" in (described_status(recording, answer(Status=4, RecordFiles=[])).reason or "")


def test_an_unknown_task_is_gone(recording: Recording) -> None:
    """Not an error: nothing more is known of it."""
    found = described_status(recording, answer(300001000))
    assert found.state is RecordingState.GONE
    assert "300001000" in (found.reason or "")


def test_an_ended_task_without_a_status_is_gone(recording: Recording) -> None:
    """300001001 alone says nothing of the files, so it isn't taken for "nobody published"."""
    assert described_status(recording, answer(300001001)).state is RecordingState.GONE


def test_a_file_in_neutral_words(recording: Recording) -> None:
    """Key with prefix, address, size in bytes, length in seconds, moments; zero means unknown."""
    entry = file(
        3,
        FileUrl="https://lessons.s3.amazonaws.com/x.mp4",
        FileSize=1000,
        Duration=61500,
        ResolutionWidth=1280,
        ResolutionHeight=720,
        MediaTrackType=3,
        BeginTimestamp=BEGUN,
    )
    status = described_status(recording, answer(Status=3, RecordBeginTimestamp=BEGUN, RecordFiles=[entry]))
    (found,) = status.files
    assert (found.name, found.key) == ("lesson.mp4", "lessons/2026/lesson.mp4")
    assert found.uri == "s3://lessons/lessons/2026/lesson.mp4"
    assert found.url == "https://lessons.s3.amazonaws.com/x.mp4"
    assert (found.size_bytes, found.duration_s, found.width, found.height) == (1000, 61.5, 1280, 720)
    assert (found.format, found.tracks, found.participant) == ("mp4", Media.AUDIO_VIDEO, None)
    assert found.started_at == status.started_at == datetime.fromtimestamp(BEGUN / 1000, UTC)
    blank = described_status(recording, answer(Status=2, RecordFiles=[file(1, FileSize=0, Duration=0, FileUrl="")]))
    assert (blank.files[0].size_bytes, blank.files[0].duration_s, blank.files[0].url) == (None, None, None)


def test_a_backup_has_no_address_and_an_end(recording: Recording) -> None:
    """It isn't in the bucket; the vendor keeps it for three days from the end."""
    found = described_status(recording, answer(Status=3, RecordEndTimestamp=ENDED, RecordFiles=[file(4)]))
    assert found.ended_at == datetime.fromtimestamp(ENDED / 1000, UTC)
    assert found.files[0].status is FileStatus.BACKUP
    assert found.files[0].uri is None
    assert found.files[0].available_until == found.ended_at + timedelta(days=3)


def test_fields_that_are_missing_are_unknown(recording: Recording) -> None:
    """Every field of an answer may be absent, and unknown ones may come."""
    found = described_status(recording, answer(Status=2, Mood="gay"))
    assert (found.state, found.files, found.ended_at) == (RecordingState.RECORDING, (), None)
    assert found.started_at == recording.started_at
    assert described_status(recording, answer(Status=2, RecordFiles=None)).files == ()
