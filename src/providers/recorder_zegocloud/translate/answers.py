"""Wire to neutral: what the answers of DescribeRecordStatus and DescribeTasks mean."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from recorder_core.errors import InvalidSpec, RecordingNotFound, UnexpectedResponse
from recorder_core.models import (
    Canvas,
    Ending,
    FileStatus,
    Media,
    Mode,
    RecordedFile,
    Recording,
    RecordingState,
    RecordingStatus,
    RemoteRecording,
)
from recorder_core.transport import Answer, Envelope
from recorder_zegocloud.tables import FILE_STATES, KEPT_S, QUITS, TASK_STATES, Code
from recorder_zegocloud.translate.streams import streams_of
from recorder_zegocloud.wire.answers import (
    DescribeRecordStatusResponse,
    DescribeTasksResponse,
    ListedTask,
    RecordFile,
    TaskList,
    TaskState,
)
from recorder_zegocloud.wire.values import FileFormat, MediaTrackType, QuitReason, RecordMode, StreamType, TaskStatus

__all__ = [
    "Adopted",
    "adopted_task",
    "described_status",
    "end_of",
    "listed_span",
    "listed_tasks",
    "moment",
    "read_envelope",
    "recorded_file",
]

TRACKS: Mapping[int, Media] = {
    MediaTrackType.AUDIO: Media.AUDIO,
    MediaTrackType.VIDEO: Media.VIDEO,
    MediaTrackType.AUDIO_VIDEO: Media.AUDIO_VIDEO,
}
MODES: Mapping[int, Mode] = {RecordMode.MIXED: Mode.COMPOSITE, RecordMode.SINGLE: Mode.INDIVIDUAL}
MEDIA: Mapping[int, Media] = {
    StreamType.AUDIO: Media.AUDIO,
    StreamType.VIDEO: Media.VIDEO,
    StreamType.AUDIO_VIDEO: Media.AUDIO_VIDEO,
    StreamType.SEPARATE: Media.AUDIO_VIDEO,
}
UNTOLD_MODE = "unknown"
"""The mode of an adopted task of which the vendor tells none."""
NOTHING = "nothing was recorded: nobody published"
PICTURES = "the vendor doesn't list pictures: look into the bucket (only callbacks name them, refused ones too)"
ABNORMAL = (
    "it ended by itself and left no file: the room was empty for idle_timeout, or the vendor's recorder failed "
    "(only a callback tells which)"
)
ENDED_UNSEEN = "the vendor says that it has ended, and nothing of its files (code 300001001)"
CUT_SHORT = "it ended by itself: idle_timeout, max_duration or a failure at the vendor (only a callback tells which)"
BROKE_OFF = "it ended by itself, too early for idle_timeout: something failed (only a callback tells what)"
EARLY_S = 1.0
"""How much earlier than asked for a time-out may end a task by the vendor's clocks, in seconds."""
WHITEBOARD = "whiteboard"
"""What stands for a stream in the name of a whiteboard's file."""
BACKUP = "the bucket refused a file, which is in the vendor's backup for 3 days; check the bucket and its keys"
LOST = "a file could be stored neither in the bucket nor in the vendor's backup; check the bucket and its keys"


class Adopted(NamedTuple):
    """What DescribeRecordStatus tells of a task that was started elsewhere.

    Attributes:
        known: fields of the handle; what isn't told is None.
        native: what later calls look for; None: it isn't told, so that the vendor has to say what it can do.
    """

    known: Mapping[str, Any]
    native: Mapping[str, Any]


def adopted_task(answer: Answer) -> Adopted:
    """What a handle can say of a task that was started elsewhere: neither its layout nor its destination is told.

    Raises:
        RecordingNotFound: there is no such task.
        UnexpectedResponse: the answer isn't of the documented form, or tells nothing of the task.
    """
    if answer.envelope.code == Code.NO_SUCH_TASK:
        raise RecordingNotFound(
            "the vendor doesn't know the task: it describes one for 3 days from its start",
            operation="DescribeRecordStatus",
            http_status=answer.status,
            vendor_code=answer.envelope.code,
            request_id=answer.envelope.request_id,
            hint="Check the TaskId, and that it is a task of this AppID.",
        )
    with _of_documented_form("DescribeRecordStatus", answer, None):
        task = DescribeRecordStatusResponse.model_validate(answer.body).Data
        if task is None or not task.RoomId:
            raise ValueError("it tells nothing of the task")
    started_at = moment(task.RecordBeginTimestamp)
    mode, files = MODES.get(task.RecordMode or 0), task.RecordFiles or ()
    canvases = [Canvas(width=file.ResolutionWidth, height=file.ResolutionHeight) for file in files if _has_size(file)]
    known = {
        "room": task.RoomId,
        "mode": mode or UNTOLD_MODE,
        "media": MEDIA.get(task.StreamType or 0),
        "canvas": canvases[0] if canvases and mode is Mode.COMPOSITE else None,
        "started_at": started_at,
        "controllable_until": started_at and started_at + timedelta(seconds=KEPT_S),
        "base_url": answer.base_url,
    }
    formats = [file.OutputFileFormat for file in files if file.OutputFileFormat]
    native = {
        "OutputFileFormat": formats[0] if formats else None,
        "HasWhiteboard": True if any(file.StreamId == WHITEBOARD for file in files) else None,
        "FillMode": None,
    }
    return Adopted(known, native)


def _has_size(file: RecordFile) -> bool:
    return bool(file.ResolutionWidth and file.ResolutionHeight and file.StreamId != WHITEBOARD)


def described_status(recording: Recording, answer: Answer, ending: Ending | None = None) -> RecordingStatus:
    """The state that DescribeRecordStatus tells. A task that is no longer known is `gone`.

    Args:
        recording: the handle.
        answer: the vendor's.
        ending: what ended it, where that is known already.
    """
    request_id = answer.envelope.request_id
    if answer.envelope.code == Code.NO_SUCH_TASK:
        return RecordingStatus(
            state=RecordingState.GONE,
            started_at=recording.started_at,
            reason="the vendor doesn't know the task: it describes one for 3 days from its start (code 300001000)",
            request_id=request_id,
            raw=answer.body,
        )
    with _of_documented_form("DescribeRecordStatus", answer, recording.id):
        task = DescribeRecordStatusResponse.model_validate(answer.body).Data or TaskState()
        ended_at = moment(task.RecordEndTimestamp)
        files = tuple(recorded_file(recording, file, ended_at) for file in task.RecordFiles or ())
        started_at = moment(task.RecordBeginTimestamp) or recording.started_at
    ended = task.Status in (TaskStatus.ENDED, TaskStatus.ENDED_ABNORMALLY) or answer.envelope.code == Code.TASK_ENDED
    statuses = {file.status for file in files}
    state, reason = RecordingState(TASK_STATES.get(task.Status or 0, "unreachable")), None
    if ended:
        ending = ending or _ending(recording, task.Status, started_at, ended_at)
        state, reason = end_of(task.Status, statuses, ending)
        if not files and task.Status is not None and recording.native.get("OutputFileFormat") == FileFormat.JPG:
            why = BROKE_OFF if ending is Ending.FAULT else CUT_SHORT
            reason = PICTURES if state is RecordingState.COMPLETED else f"{why}; {PICTURES}"
    return RecordingStatus(
        state=state,
        files=files,
        started_at=started_at,
        ended_at=ended_at if ended else None,
        reason=reason,
        ending=ending if ended else None,
        fault="destination" if ended and statuses & {FileStatus.BACKUP, FileStatus.LOST} else None,
        request_id=request_id,
        raw=answer.body,
    )


def _ending(recording: Recording, status: int | None, started_at: datetime, ended_at: datetime | None) -> Ending | None:
    """What ended a task, as far as its length tells; idle_timeout looks like a stop or a failure of the same length.

    The clocks of both time-outs are taken to run on while a task is paused; the vendor doesn't say.
    """
    if ended_at is None or status not in (TaskStatus.ENDED, TaskStatus.ENDED_ABNORMALLY):
        return None
    lasted = (ended_at - started_at).total_seconds() + EARLY_S
    if lasted >= recording.native.get("MaxRecordTime", math.inf):
        return Ending.LIMIT
    if lasted >= recording.native.get("MaxIdleTime", 0):
        return None
    return Ending.STOPPED if status == TaskStatus.ENDED else Ending.FAULT


def end_of(status: int | None, files: set[FileStatus], ending: Ending | None) -> tuple[RecordingState, str | None]:
    """The state of a task that has ended, by its files, and why it is in that state."""
    abnormal = status == TaskStatus.ENDED_ABNORMALLY
    if not all(file.settled for file in files):
        return RecordingState.UPLOADING, LOST if FileStatus.LOST in files else None
    if FileStatus.LOST in files:
        return RecordingState.FAILED, LOST
    if FileStatus.BACKUP in files:
        return RecordingState.COMPLETED, BACKUP
    if ending is Ending.LIMIT:
        reason = QUITS[QuitReason.MAX_DURATION].reason
        return RecordingState.COMPLETED, reason if files else f"{NOTHING}; {reason}"
    if files:
        unexplained = abnormal and ending is not Ending.STOPPED
        why = BROKE_OFF if ending is Ending.FAULT else CUT_SHORT
        return RecordingState.COMPLETED, why if unexplained else None
    if abnormal:
        return RecordingState.FAILED, BROKE_OFF if ending is Ending.FAULT else ABNORMAL
    if status is None:
        return RecordingState.GONE, ENDED_UNSEEN
    return RecordingState.COMPLETED, NOTHING


def recorded_file(recording: Recording | None, file: RecordFile, ended_at: datetime | None) -> RecordedFile:
    """One file of a task, told by whom it may: without the handle nobody knows where it lies and whose it is.

    Args:
        recording: the handle.
        file: as the vendor tells it.
        ended_at: when the recording ended: a backup is kept for three days from then.
    """
    location = recording.location if recording else None
    prefix = f"{location.prefix.strip('/')}/" if location and location.prefix else ""
    name = file.FileId or ""
    status = FileStatus(FILE_STATES.get(file.Status or 0, "unknown"))
    in_backup, is_lost = status is FileStatus.BACKUP, status is FileStatus.LOST
    return RecordedFile(
        name=name,
        key=prefix + name if location else None,
        uri=None if in_backup or is_lost or location is None else location.uri(prefix + name),
        url=None if is_lost else file.FileUrl or None,
        format=file.OutputFileFormat,
        tracks=TRACKS.get(file.MediaTrackType or 0),
        participant=_owner(recording, file.StreamId) if recording else None,
        status=status,
        available_until=ended_at + timedelta(seconds=KEPT_S) if in_backup and ended_at else None,
        size_bytes=file.FileSize or None,
        duration_s=file.Duration / 1000 if file.Duration else None,
        width=file.ResolutionWidth or None,
        height=file.ResolutionHeight or None,
        started_at=moment(file.BeginTimestamp),
    )


def _owner(recording: Recording, stream: str | None) -> str | None:
    """Whose stream it is: None for a composite's, a whiteboard's, and one that no template makes."""
    stream = stream or ""
    if recording.mode != Mode.INDIVIDUAL or (stream == WHITEBOARD and recording.native.get("HasWhiteboard")):
        return None
    owner = streams_of(recording).owner(stream)
    return owner[0] if owner else None


def listed_span(since: datetime, until: datetime, now: datetime) -> dict[str, int]:
    """StartTime and EndTime of DescribeTasks. What lies more than three days after `since` hasn't begun yet.

    Raises:
        InvalidSpec: the span begins more than three days ago.
    """
    longest = timedelta(seconds=KEPT_S)
    oldest = now - longest
    if since < oldest:
        problem = f"since: {since.isoformat()} is more than three days ago, and the vendor lists three days back"
        raise InvalidSpec(
            problem,
            problems=[problem],
            fault="caller",
            hint=f"Begin at {(oldest + timedelta(minutes=1)).isoformat(timespec='seconds')} or later.",
        )
    begin = max(math.floor(since.timestamp() * 1000), math.ceil(oldest.timestamp() * 1000))
    end = math.ceil(until.timestamp() * 1000)
    return {"StartTime": begin, "EndTime": min(max(end, begin + 1), begin + KEPT_S * 1000)}


def listed_tasks(account: str, answer: Answer) -> tuple[tuple[RemoteRecording, ...], int | None]:
    """One page of a list of tasks, and how many there are on all pages, if it says so.

    Raises:
        UnexpectedResponse: it lists nothing and doesn't say that there is nothing, or something without its id: what
            isn't in a list is taken for what doesn't run.
    """
    with _of_documented_form("DescribeTasks", answer, None):
        page = DescribeTasksResponse.model_validate(answer.body).Data or TaskList()
        tasks = page.TaskidList or ()
        if (page.TaskidList is None and page.TotalCount != 0) or not all(task.TaskId for task in tasks):
            raise ValueError("tasks are left out")
    return tuple(_listed(account, task, answer.base_url) for task in tasks), page.TotalCount


def _listed(account: str, task: ListedTask, base_url: str) -> RemoteRecording:
    state = TASK_STATES.get(task.Status or 0)
    return RemoteRecording(
        provider="zegocloud",
        account=account,
        room=task.RoomId,
        state=None if state is None else RecordingState(state),
        started_at=moment(task.RecordBeginTimestamp),
        base_url=base_url,
        native={"TaskId": task.TaskId},
    )


@contextmanager
def _of_documented_form(operation: str, answer: Answer, recording_id: str | None) -> Iterator[None]:
    """An answer of another form, or with numbers beyond all calendars, is UnexpectedResponse."""
    try:
        yield
    except (ValueError, OverflowError) as error:  # pydantic's own error is a ValueError
        raise UnexpectedResponse(
            "the answer isn't of the documented form",
            operation=operation,
            recording_id=recording_id,
            http_status=answer.status,
            vendor_code=answer.envelope.code,
            request_id=answer.envelope.request_id,
            hint="Give the request id to the vendor's support.",
            fault="vendor",
        ) from error


def moment(milliseconds: int | None) -> datetime | None:
    """Unix milliseconds as a moment; absent, 0 and what lies beyond all calendars mean that there is none."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
    except (OverflowError, OSError, ValueError):
        return None


def read_envelope(status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> Envelope:
    """`Code` decides, whatever the HTTP status."""
    code, message, request_id = body.get("Code"), body.get("Message"), body.get("RequestId")
    return Envelope(
        code=code if isinstance(code, int | str) and not isinstance(code, bool) else None,
        message=message if isinstance(message, str) else None,
        request_id=None if request_id is None else str(request_id),
    )
