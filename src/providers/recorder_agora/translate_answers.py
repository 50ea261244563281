"""Wire to neutral: what the answers of query and stop mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from recorder_agora.tables import STATES
from recorder_agora.wire import FileEntry, QueryResponse, Response, StopResponse
from recorder_core.errors import UnexpectedResponse
from recorder_core.models import FileStatus, Media, RecordedFile, Recording, RecordingState, RecordingStatus
from recorder_core.transport import Answer

__all__ = ["query_status", "recorded_files", "stop_status"]

TRACKS = {"audio": Media.AUDIO, "video": Media.VIDEO, "audio_and_video": Media.AUDIO_VIDEO}
FORMATS = {"m3u8": "hls"}
UPLOADS = {"uploaded": FileStatus.UPLOADED, "backuped": FileStatus.BACKUP}
"""Status of the files by `uploadingStatus`; anything else isn't decided yet."""
BACKUP = (
    "at least one file is in the vendor's backup only, which sends it on to the bucket by itself; "
    "check the bucket and its keys"
)
NOTHING = "nothing was recorded: nobody who was to be recorded published (code 435)"


Body = TypeVar("Body", bound=Response)


def _read(model: type[Body], operation: str, answer: Answer) -> Body:
    try:
        return model.model_validate(answer.body)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False))
    raise UnexpectedResponse(
        f"the answer was accepted but can't be read at {where}",
        operation=operation,
        http_status=answer.status,
        vendor_code=answer.envelope.code,
        request_id=answer.envelope.request_id,
        hint="The call itself was carried out. Give the request id to the vendor's support.",
        fault="vendor",
    )


def query_status(recording: Recording, answer: Answer) -> RecordingStatus:
    """The state that query tells."""
    server = _read(QueryResponse, "query", answer).serverResponse
    state = RecordingState(STATES.get(server.status if server.status is not None else -1, "unreachable"))
    uploading = state in (RecordingState.STOPPING, RecordingState.UPLOADING)
    return RecordingStatus(
        state=state,
        files=recorded_files(recording, server.fileList, FileStatus.UPLOADING if uploading else FileStatus.RECORDING),
        started_at=recording.started_at,
        reason=reason(server.status),
        fault="vendor" if state is RecordingState.FAILED else None,
        request_id=answer.envelope.request_id,
        raw=answer.body,
    )


def reason(status: int | None) -> str | None:
    """What a status says beyond its state."""
    if status == 4:
        return "ready; nothing was uploaded yet, which stays so while nobody publishes"
    if status == 20:
        return "the recorder ended abnormally"
    if status not in STATES:
        return f"the vendor answered the unknown status {status}"
    return None


def stop_status(recording: Recording, answer: Answer, now: datetime) -> RecordingStatus:
    """The state that an accepted answer to stop tells, 404 excepted.

    200 brings the files; 206 is unfinished, or code 435: nothing recorded; 400 code 49: it is leaving already.
    """
    code = answer.envelope.code
    known: dict[str, Any] = {
        "started_at": recording.started_at,
        "request_id": answer.envelope.request_id,
        "raw": answer.body,
    }
    if code == 435:
        return RecordingStatus(state=RecordingState.COMPLETED, ended_at=now, reason=NOTHING, **known)
    if code == 49:
        return RecordingStatus(
            state=RecordingState.STOPPING,
            reason="it was leaving already (code 49): stopped, idle or put out",
            **known,
        )
    server = _read(StopResponse, "stop", answer).serverResponse
    status = UPLOADS.get(server.uploadingStatus or "")
    return RecordingStatus(
        state=RecordingState.UPLOADING if status is None else RecordingState.COMPLETED,
        files=recorded_files(recording, server.fileList, status or FileStatus.UPLOADING),
        ended_at=now,
        reason=BACKUP if status is FileStatus.BACKUP else None,
        fault="destination" if status is FileStatus.BACKUP else None,
        **known,
    )


def recorded_files(recording: Recording, entries: Sequence[FileEntry], status: FileStatus) -> tuple[RecordedFile, ...]:
    """The files of a list. Names come with or without the prefix, by page; keys always have it."""
    location = recording.location
    prefix = f"{location.prefix.strip('/')}/" if location and location.prefix else ""
    files = []
    for entry in entries:
        key = entry.fileName if entry.fileName.startswith(prefix) else prefix + entry.fileName
        suffix = key.rpartition(".")[2].lower()
        files.append(
            RecordedFile(
                name=key.rpartition("/")[2],
                key=key,
                uri=location.uri(key) if location else None,
                format=FORMATS.get(suffix, suffix),
                tracks=TRACKS.get(entry.trackType or "", recording.media),
                participant=None if entry.uid in (None, "0") else entry.uid,
                status=status,
                started_at=_moment(entry.started_at),
            )
        )
    return tuple(files)


def _moment(seconds: float | None) -> datetime | None:
    """Unix seconds as a moment; what lies beyond all calendars is no moment."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
