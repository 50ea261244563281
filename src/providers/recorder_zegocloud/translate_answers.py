"""Wire to neutral: what the answer of DescribeRecordStatus means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from recorder_core.errors import UnexpectedResponse
from recorder_core.models import FileStatus, Media, RecordedFile, Recording, RecordingState, RecordingStatus
from recorder_core.transport import Answer
from recorder_zegocloud.tables import FILE_STATES, KEPT_S, TASK_STATES, Code
from recorder_zegocloud.wire import DescribeRecordStatusResponse, RecordFile, TaskState
from recorder_zegocloud.wire_values import MediaTrackType, TaskStatus

__all__ = ["described_status", "recorded_files"]

TRACKS: Mapping[int, Media] = {
    MediaTrackType.AUDIO: Media.AUDIO,
    MediaTrackType.VIDEO: Media.VIDEO,
    MediaTrackType.AUDIO_VIDEO: Media.AUDIO_VIDEO,
}
NOT_SETTLED = (FileStatus.RECORDING, FileStatus.UPLOADING, FileStatus.UNKNOWN)
NOTHING = "nothing was recorded: nobody published"
ABNORMAL = (
    "it ended by itself and left no file: the room was empty for idle_timeout, or the vendor's recorder failed "
    "(only a callback tells which)"
)
ENDED_UNSEEN = "the vendor says that it has ended, and nothing of its files (code 300001001)"
CUT_SHORT = "it ended by itself: idle_timeout, max_duration or a failure at the vendor (only a callback tells which)"
BACKUP = "the bucket refused a file, which is in the vendor's backup for 3 days; check the bucket and its keys"
LOST = "a file could be stored neither in the bucket nor in the vendor's backup"


def described_status(recording: Recording, answer: Answer) -> RecordingStatus:
    """The state that DescribeRecordStatus tells. A task that is no longer known is `gone`."""
    request_id = answer.envelope.request_id
    if answer.envelope.code == Code.NO_SUCH_TASK:
        return RecordingStatus(
            state=RecordingState.GONE,
            started_at=recording.started_at,
            reason="the vendor doesn't know the task: it describes one for 3 days from its start (code 300001000)",
            request_id=request_id,
            raw=answer.body,
        )
    try:
        task = DescribeRecordStatusResponse.model_validate(answer.body).Data or TaskState()
        ended_at = _moment(task.RecordEndTimestamp)
        files = recorded_files(recording, task.RecordFiles or (), ended_at)
        started_at = _moment(task.RecordBeginTimestamp) or recording.started_at
    except (ValueError, OverflowError, OSError) as error:  # pydantic's own error is a ValueError
        raise UnexpectedResponse(
            "the answer isn't of the documented form",
            operation="DescribeRecordStatus",
            recording_id=recording.id,
            http_status=answer.status,
            vendor_code=answer.envelope.code,
            request_id=request_id,
            hint="Give the request id to the vendor's support.",
            fault="vendor",
        ) from error
    ended = task.Status in (TaskStatus.ENDED, TaskStatus.ENDED_ABNORMALLY) or answer.envelope.code == Code.TASK_ENDED
    statuses = {file.status for file in files}
    state, reason = RecordingState(TASK_STATES.get(task.Status or 0, "unreachable")), None
    if ended:
        state, reason = _end(task.Status, statuses)
    return RecordingStatus(
        state=state,
        files=files,
        started_at=started_at,
        ended_at=ended_at if ended else None,
        reason=reason,
        fault="destination" if ended and statuses & {FileStatus.BACKUP, FileStatus.LOST} else None,
        request_id=request_id,
        raw=answer.body,
    )


def _end(status: int | None, files: set[FileStatus]) -> tuple[RecordingState, str | None]:
    """The state of a task that has ended, by its files."""
    abnormal = status == TaskStatus.ENDED_ABNORMALLY
    if files & set(NOT_SETTLED):
        return RecordingState.UPLOADING, LOST if FileStatus.LOST in files else None
    if FileStatus.LOST in files:
        return RecordingState.FAILED, LOST
    if files:
        return RecordingState.COMPLETED, BACKUP if FileStatus.BACKUP in files else CUT_SHORT if abnormal else None
    if abnormal:
        return RecordingState.FAILED, ABNORMAL
    if status is None:
        return RecordingState.GONE, ENDED_UNSEEN
    return RecordingState.COMPLETED, NOTHING


def recorded_files(
    recording: Recording, files: Sequence[RecordFile], ended_at: datetime | None
) -> tuple[RecordedFile, ...]:
    """The files of a task. A backup is kept for three days from the end."""
    location = recording.location
    prefix = f"{location.prefix.strip('/')}/" if location and location.prefix else ""
    found = []
    for file in files:
        name = file.FileId or ""
        status = FileStatus(FILE_STATES.get(file.Status or 0, "unknown"))
        in_backup, is_lost = status is FileStatus.BACKUP, status is FileStatus.LOST
        found.append(
            RecordedFile(
                name=name,
                key=prefix + name,
                uri=None if in_backup or is_lost or location is None else location.uri(prefix + name),
                url=None if is_lost else file.FileUrl or None,
                format=file.OutputFileFormat,
                tracks=TRACKS.get(file.MediaTrackType or 0),
                status=status,
                available_until=ended_at + timedelta(seconds=KEPT_S) if in_backup and ended_at else None,
                size_bytes=file.FileSize or None,
                duration_s=file.Duration / 1000 if file.Duration else None,
                width=file.ResolutionWidth or None,
                height=file.ResolutionHeight or None,
                started_at=_moment(file.BeginTimestamp),
            )
        )
    return tuple(found)


def _moment(milliseconds: int | None) -> datetime | None:
    """Unix milliseconds as a moment; absent, 0 and what lies beyond all calendars mean that there is none."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
    except (OverflowError, OSError, ValueError):
        return None
