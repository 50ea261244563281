"""Wire to neutral: what the answers of the vendor mean.

A task can be asked for while it runs, and for as long as it is ending; afterwards the vendor doesn't know it ("On-Cloud
Recording", Tencent Cloud, 2024-04-26). Whether its files arrived is told by callbacks alone. So what is known of the
files is their names, and those by the vendor's rule for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from recorder_core.errors import RecordingNotFound, UnexpectedResponse
from recorder_core.models import (
    Ending,
    FileStatus,
    Format,
    Media,
    Mode,
    RecordedFile,
    Recording,
    RecordingState,
    RecordingStatus,
)
from recorder_core.transport import Answer, Envelope
from recorder_trtc.translate.start import OUTPUT_FORMATS, VOD_FORMATS
from recorder_trtc.wire.answers import DescribedTask, StorageFile
from recorder_trtc.wire.values import OutputFormat, TaskStatus, VodFormat

__all__ = [
    "adopted_task",
    "described_status",
    "file_of",
    "formats_of",
    "is_gone",
    "moment",
    "names_of",
    "owner_of",
    "read_envelope",
    "stopped_status",
    "tracks_of",
]

TRACKS = {"audio": Media.AUDIO, "video": Media.VIDEO, "audio_video": Media.AUDIO_VIDEO}
INDEX: Final = re.compile(r"(_(?:audio_video|audio|video))?\.m3u8$")
"""How the name of an index file ends; other formats' names have their own suffix in its place."""
YOUNG_S = 15.0
"""Seconds after the start from which on an idle task has nothing to record ("On-Cloud Recording", Best Practices)."""

EMPTY_ROOM = (
    "nobody publishes in the room, and the recording ends by itself when that lasts for idle_timeout: check the room's "
    "name, options.trtc.room_id_type, and that somebody publishes"
)
GONE = "the vendor doesn't know the task: it has ended (only callbacks tell how, and what became of its files)"
OUT_OF_REACH = (
    "the vendor doesn't answer for the task any more: options.trtc.controllable_hours have passed. If people are still "
    "in the room it runs on, until the room has been empty for idle_timeout"
)
UNTOLD = "it has ended; only callbacks tell whether its files arrived, and their names are by the vendor's rule"
NO_FILES = "it has ended, and nothing was listed: nobody published, or Video on Demand, which only callbacks tell of"
UNTOLD_MODE: Final = "unknown"
"""The mode of a task that was started elsewhere, before it has a file."""
STATES = {
    TaskStatus.IDLE: RecordingState.RECORDING,
    TaskStatus.IN_PROGRESS: RecordingState.RECORDING,
    TaskStatus.EXITED: RecordingState.STOPPING,
}


def is_gone(answer: Answer) -> bool:
    """Whether an accepted answer says that there is no such task any more."""
    return answer.envelope.code is not None


def described_status(recording: Recording, answer: Answer, now: datetime) -> RecordingStatus:
    """The state that DescribeCloudRecording tells. A task that is no longer known is `gone`.

    Args:
        recording: the handle.
        answer: the vendor's.
        now: this moment, by which a young task that is idle may still begin.

    Raises:
        UnexpectedResponse: the answer isn't of the documented form.
    """
    known = {"started_at": recording.started_at, "request_id": answer.envelope.request_id, "raw": answer.body}
    if is_gone(answer):
        until = recording.controllable_until
        why = OUT_OF_REACH if until is not None and now >= until else GONE
        return RecordingStatus(state=RecordingState.GONE, reason=why, **known)
    task = _task(recording, answer)
    status = TaskStatus(task.Status or "")
    is_idle = status is TaskStatus.IDLE
    is_young = is_idle and (now - recording.started_at).total_seconds() < YOUNG_S
    state = RecordingState.STARTING if is_young else STATES[status]
    reason = EMPTY_ROOM if is_idle and not is_young else None
    where = FileStatus.UPLOADING if status is TaskStatus.EXITED else FileStatus.RECORDING
    return RecordingStatus(
        state=state, reason=reason, files=_files(recording, task.StorageFileList or (), where), **known
    )


def adopted_task(recording: Recording, answer: Answer) -> dict[str, Any]:
    """What a task that was started elsewhere tells of itself, by fields of the handle: its mode, once it has a file.

    Args:
        recording: the handle as far as it is known.
        answer: to DescribeCloudRecording.

    Raises:
        RecordingNotFound: the vendor doesn't know the task, or not any more.
        UnexpectedResponse: the answer isn't of the documented form.
    """
    if is_gone(answer):
        raise RecordingNotFound(
            "the vendor doesn't know the task: there is none of this id, or it has ended",
            operation="DescribeCloudRecording",
            recording_id=recording.id,
            http_status=answer.status,
            vendor_code=answer.envelope.code,
            request_id=answer.envelope.request_id,
            hint="Check the TaskId, the application and the region.",
        )
    files = _task(recording, answer).StorageFileList or ()
    mode: str = UNTOLD_MODE
    if files:
        mode = Mode.INDIVIDUAL if any(file.UserId for file in files) else Mode.COMPOSITE
    return {"mode": mode}


def stopped_status(recording: Recording, last: RecordingStatus, *, ending: Ending | None) -> RecordingStatus:
    """The outcome of a recording that has ended and that the vendor doesn't know any more.

    Args:
        recording: the handle.
        last: what was seen last, while it was ending.
        ending: what ended it; None: nobody knows.
    """
    files = tuple(file.model_copy(update={"status": FileStatus.UNKNOWN}) for file in last.files)
    return RecordingStatus(
        state=RecordingState.COMPLETED,
        files=files,
        started_at=recording.started_at,
        reason=UNTOLD if files else NO_FILES,
        ending=ending,
        request_id=last.request_id,
        raw=last.raw,
    )


def _task(recording: Recording, answer: Answer) -> DescribedTask:
    try:
        task = DescribedTask.model_validate(answer.body.get("Response"))
        if task.Status in set(TaskStatus):
            return task
    except ValidationError:
        task = None
    raise UnexpectedResponse(
        "the answer isn't of the documented form",
        operation="DescribeCloudRecording",
        recording_id=recording.id,
        http_status=answer.status,
        request_id=answer.envelope.request_id,
        hint="Give the request id to the vendor's support.",
        fault="vendor",
    )


def formats_of(recording: Recording) -> frozenset[Format]:
    """What the task makes."""
    native = recording.native
    chosen: Mapping[frozenset[Format], OutputFormat | VodFormat] = OUTPUT_FORMATS
    number = native.get("OutputFormat", OutputFormat.HLS)
    if "MediaType" in native:
        chosen, number = VOD_FORMATS, native["MediaType"]
    return next((formats for formats, one in chosen.items() if one == number), frozenset({Format.HLS}))


def names_of(recording: Recording | None, index: str) -> tuple[str, ...]:
    """The names of what an index file stands for: each format's is the same, with a suffix of its own."""
    if recording is None:
        return (index,)
    return tuple(
        index if format is Format.HLS else INDEX.sub(f".{format}", index) for format in sorted(formats_of(recording))
    )


def _files(recording: Recording, listed: Iterable[StorageFile], status: FileStatus) -> tuple[RecordedFile, ...]:
    """The files of a task's index files."""
    return tuple(
        file_of(
            recording,
            name,
            status,
            tracks=tracks_of(index.TrackType),
            participant=owner_of(index.UserId),
            started_at=moment(index.BeginTimeStamp),
        )
        for index in listed
        for name in (names_of(recording, index.FileName) if index.FileName else ())
    )


def file_of(recording: Recording | None, told: str, status: FileStatus, **known: Any) -> RecordedFile:
    """One file, told by whom it may: without the handle nobody knows where it lies.

    Args:
        recording: the handle.
        told: its name, as the vendor tells it.
        status: where it is.
        known: further fields.
    """
    name = told.rpartition("/")[2]
    location = recording.location if recording else None
    key = None
    if location is not None and location.bucket is not None and recording is not None:
        steps = (location.prefix, str(recording.native.get("TaskId", "")), name)
        key = "/".join(step for step in steps if step)
    kind = name.rpartition(".")[2].lower()
    return RecordedFile(
        name=name,
        key=key,
        uri=location.uri(key) if location is not None and key is not None else None,
        format="hls" if kind == "m3u8" else kind or None,
        status=status,
        **known,
    )


def tracks_of(track_type: str | None) -> Media | None:
    """What is in a file."""
    return TRACKS.get(track_type or "")


def owner_of(user_id: str | None) -> str | None:
    """Whose file it is; the mixed one has an empty id."""
    return user_id or None


def moment(milliseconds: int | None) -> datetime | None:
    """Unix milliseconds as a moment; absent, 0 and what lies beyond all calendars mean that there is none."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None
    except (OverflowError, OSError, ValueError):
        return None


def read_envelope(status: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> Envelope:
    """`Response.Error` decides, whatever the HTTP status; an error without a code is one all the same."""
    told = body.get("Response")
    told = told if isinstance(told, Mapping) else {}
    error, code, message = told.get("Error"), None, None
    if error is not None:
        error = error if isinstance(error, Mapping) else {}
        code, message = error.get("Code"), error.get("Message")
        code = code if isinstance(code, str) and code else "unknown"
    return Envelope(code=code, message=message, request_id=told.get("RequestId"))
