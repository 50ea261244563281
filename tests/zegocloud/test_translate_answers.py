"""Answers, wire to neutral: the state of a task by its status and its files, and the tasks of a list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from planned import Planner
from recorder_core import FileStatus, InvalidSpec, Media, Recording, RecordingState, UnexpectedResponse
from recorder_core.models import Ending
from recorder_core.transport import Answer, Envelope
from recorder_zegocloud.translate.answers import described_status, listed_span, listed_tasks

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


def lasting(seconds: float, status: int, **data: Any) -> Answer:
    """A task that ended after so many seconds."""
    return answer(Status=status, RecordBeginTimestamp=BEGUN, RecordEndTimestamp=BEGUN + int(seconds * 1000), **data)


@pytest.mark.parametrize(
    ("seconds", "status", "ending"),
    [
        (60, 3, Ending.STOPPED),
        (60, 4, Ending.FAULT),
        (120, 3, None),
        (119.5, 4, None),
        (3000, 4, None),
        (3599.5, 3, Ending.LIMIT),
        (3600, 4, Ending.LIMIT),
        (60, 2, None),
        (60, 5, None),
    ],
)
def test_what_ended_a_task_is_known_as_far_as_its_length_tells(
    recording: Recording, seconds: float, status: int, ending: Ending | None
) -> None:
    """Before idle_timeout can end it, it was stopped or failed; at max_duration it had reached that; else who knows."""
    timed = recording.model_copy(update={"native": {"MaxIdleTime": 120, "MaxRecordTime": 3600}})
    assert described_status(timed, lasting(seconds, status)).ending is ending
    if seconds < 3599:
        assert described_status(recording, lasting(seconds, status)).ending is None  # of an older release


def test_what_is_known_of_the_end_is_kept(recording: Recording) -> None:
    """Who stopped it knows; an end before that isn't called one that nobody asked for."""
    found = described_status(recording, lasting(500, 4, RecordFiles=[file(3)]), Ending.STOPPED)
    assert (found.state, found.ending, found.reason) == (RecordingState.COMPLETED, Ending.STOPPED, None)
    assert described_status(recording, answer(Status=2), Ending.STOPPED).ending is None


def test_the_longest_duration_without_files_is_no_failure(recording: Recording) -> None:
    """Nobody came for as long as it may last; whichever status the vendor gives that."""
    timed = recording.model_copy(update={"native": {"MaxRecordTime": 300}})
    for status in (3, 4):
        found = described_status(timed, lasting(300, status))
        assert (found.state, found.ending) == (RecordingState.COMPLETED, Ending.LIMIT)
        assert "nobody published" in (found.reason or "")
        assert "max_duration" in (found.reason or "")


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


# --- pictures ---


@pytest.mark.parametrize(("status", "state"), [(3, "completed"), (4, "failed")])
def test_pictures_that_are_not_listed_are_not_nothing(status: int, state: str) -> None:
    """A task that takes pictures never lists one: that says nothing of how many there are."""
    pictures = Planner("zegocloud").recording({"OutputFileFormat": "jpg"})
    found = described_status(pictures, answer(Status=status))
    assert found.state is RecordingState(state)
    assert "doesn't list pictures" in (found.reason or "")
    assert "nothing was recorded" not in (found.reason or "")
    assert described_status(pictures, answer(Status=2)).reason is None


# --- whose files they are ---


@pytest.mark.parametrize(
    ("names", "stream", "participant"),
    [
        ({}, "7", "7"),
        ({"stream_id": "{participant}"}, "lesson-42_7", "lesson-42_7"),
        ({"stream_id": "{room}_{participant}_main"}, "lesson-42_7_main", "7"),
        ({"stream_id": "{room}_{participant}_main"}, "lesson-42_a_b_main", "a_b"),
        ({"stream_id": "{room}_{participant}_main"}, "lesson-43_7_main", None),
        ({"stream_id": "{room}_{participant}_main"}, "lesson-42__main", None),
        ({"stream_id": "{participant}-{participant}"}, "ab-ab", "ab"),
        ({"stream_id": "{participant}-{participant}"}, "ab-ac", None),
        ({"screen_stream_id": "{participant}_screen"}, "7_screen", "7"),
        ({"screen_stream_id": "{participant}_screen"}, "7", "7"),
        ({"stream_id": "s_{participant}"}, "", None),
        ({"stream_id": "nobody"}, "nobody", None),
        ({"HasWhiteboard": True}, "whiteboard", None),
        ({}, "whiteboard", "whiteboard"),
    ],
)
def test_a_stream_is_somebodys(names: dict[str, Any], stream: str, participant: str | None) -> None:
    """The template is read backwards; of two that fit, the one that says more counts. A whiteboard is nobody's."""
    single = Planner("zegocloud").recording(names, mode="individual")
    found = described_status(single, answer(Status=3, RecordFiles=[file(3, StreamId=stream)]))
    assert found.files[0].participant == participant


def test_a_composite_is_everybodys(recording: Recording) -> None:
    """Its stream is the mixed one."""
    found = described_status(recording, answer(Status=3, RecordFiles=[file(3, StreamId="r-1")]))
    assert found.files[0].participant is None


# --- lists of tasks ---

NOW = datetime(2026, 8, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "span"),
    [
        (timedelta(hours=1), timedelta(0), (timedelta(hours=1), timedelta(0))),
        (timedelta(days=3), timedelta(0), (timedelta(days=3), timedelta(0))),
        (timedelta(days=2), timedelta(days=-9), (timedelta(days=2), timedelta(days=-1))),
        (timedelta(0), timedelta(microseconds=-1), (timedelta(0), timedelta(milliseconds=-1))),
    ],
)
def test_a_span_ends_at_most_three_days_after_it_begins(
    since: timedelta, until: timedelta, span: tuple[timedelta, timedelta]
) -> None:
    """What would lie behind that is yet to come; an instant is widened to a millisecond."""
    wanted = listed_span(NOW - since, NOW - until, NOW)
    begin, end = (round((NOW - distance).timestamp() * 1000) for distance in span)
    assert wanted == {"StartTime": begin, "EndTime": end}


def test_a_span_that_begins_too_early_is_refused() -> None:
    """The vendor lists three days back; the error says from when on."""
    with pytest.raises(InvalidSpec, match="three days") as caught:
        listed_span(NOW - timedelta(days=3, seconds=1), NOW, NOW)
    assert "2026-08-07T12:01:00+00:00" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("status", "state"),
    [(1, "starting"), (2, "recording"), (5, "paused"), (3, "completed"), (4, "failed"), (9, None), (None, None)],
)
def test_a_listed_task_in_neutral_words(status: int | None, state: str | None) -> None:
    """Room, state, beginning, the vendor's id and the host that lists it."""
    tasks = [{"TaskId": "t-1", "RoomId": "lesson-42", "RecordBeginTimestamp": BEGUN, "Status": status}]
    (found,), total = listed_tasks("42", answer(PageOffset=1, PageSize=50, TotalCount=7, TaskidList=tasks))
    assert total == 7
    assert (found.provider, found.account, found.room) == ("zegocloud", "42", "lesson-42")
    assert found.state == (state and RecordingState(state))
    assert found.started_at == datetime.fromtimestamp(BEGUN / 1000, UTC)
    assert found.native == {"TaskId": "t-1"}
    assert found.base_url == answer().base_url


@pytest.mark.parametrize("data", [{"TotalCount": 0}, {"TotalCount": 0, "TaskidList": None}, {"TaskidList": []}])
def test_a_list_may_be_empty(data: dict[str, Any]) -> None:
    """It says so by its total or by a list that has nothing in it."""
    assert listed_tasks("42", answer(**data))[0] == ()


@pytest.mark.parametrize("data", [{}, {"TaskidList": "none"}, {"TotalCount": 1}, {"TaskidList": [{"Status": 2}]}])
def test_a_list_that_leaves_tasks_out_is_none(data: dict[str, Any]) -> None:
    """What isn't in a list is taken for what doesn't run: one that doesn't say what it holds is an error."""
    with pytest.raises(UnexpectedResponse) as caught:
        listed_tasks("42", answer(**data))
    assert (caught.value.operation, caught.value.request_id) == ("DescribeTasks", "q-1")
