"""Wire to neutral: what a callback tells of a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from recorder_core.errors import Fault
from recorder_core.models import Ending, EventKind, FileStatus, RecordedFile, Recording, RecordingEvent, RecordingState
from recorder_core.models.base import MASK, thaw
from recorder_core.webhooks import plain
from recorder_zegocloud.tables import EVENT_KINDS, EVENT_STATES, IMAGE_PATHS, QUITS
from recorder_zegocloud.translate.answers import end_of, moment, recorded_file
from recorder_zegocloud.translate.streams import streams_of
from recorder_zegocloud.wire.answers import RecordFile
from recorder_zegocloud.wire.callbacks import Callback, Detail, EventType, FileInfo
from recorder_zegocloud.wire.values import FileFormat, TaskStatus
from recorder_zegocloud.wire.values import FileStatus as WireFileStatus

__all__ = ["event_of", "located"]

WORDS = 256
"""Characters of the vendor's own words that are shown; a stream id has up to so many."""
ALL_UPLOADED = 1
"""`upload_status` where every file arrived at its destination."""
EMPTY_ROOM = (
    "nobody publishes in the room, and the recording ends by itself when that lasts for idle_timeout: check the room's "
    "name, and that somebody publishes"
)
NO_SUCH_STREAM = (
    "the stream {stream!r} isn't in the room: check who publishes, and that options.zegocloud.stream_id makes the "
    "application's stream ids"
)
NO_QUIT_REASON = "it ended by itself, and the vendor doesn't say why"
PICTURE_BACKUP = "the bucket refused a picture, and will refuse the recording's other files; check it and its keys"
PICTURE_LOST = (
    "a picture could be stored neither in the bucket nor in the vendor's backup; check the bucket and its keys"
)


class Told(NamedTuple):
    """What an event tells beside its type."""

    kind: EventKind
    state: RecordingState | None = None
    ending: Ending | None = None
    reason: str | None = None
    fault: Fault | None = None
    files: tuple[RecordedFile, ...] = ()
    participant: str | None = None


def event_of(
    callback: Callback, raw: Mapping[str, Any], nonce: str | None, recording_id: str | None = None
) -> RecordingEvent:
    """A callback in neutral words. An event that has no name here is `unknown`.

    Args:
        callback: what was read of it.
        raw: all of it.
        nonce: what makes its delivery unique; None where nothing was signed.
        recording_id: that of the address that it came to, which is the task's ClientTaskId. None: it has none.
    """
    told = _told(callback, None)
    return RecordingEvent(
        kind=told.kind,
        provider="zegocloud",
        room=callback.room_id,
        native={"TaskId": callback.task_id, **({"ClientTaskId": recording_id} if recording_id else {})},
        state=told.state,
        sequence=callback.sequence,
        occurred_at=_sent_at(callback),
        participant=told.participant,
        files=told.files,
        reason=told.reason,
        fault=told.fault,
        ending=told.ending,
        nonce=nonce,
        raw=_masked(raw),
        dedup_key=_dedup_key(callback),
    )


def located(event: RecordingEvent, recording: Recording) -> RecordingEvent:
    """The event with what only the handle tells: where its files lie, and whose they and its stream are."""
    told = _told(Callback.model_validate(thaw(event.raw)), recording)
    return event.model_copy(update={"files": told.files, "participant": told.participant})


def _told(callback: Callback, recording: Recording | None) -> Told:
    event_type = callback.event_type
    told = TOLD_BY_DETAIL.get(event_type or 0)
    if told is not None:
        return told(callback, callback.detail or Detail(), recording)
    state = EVENT_STATES.get(event_type or 0)
    reason = EMPTY_ROOM if event_type == EventType.NO_STREAMS else None
    if event_type not in EVENT_KINDS:
        reason = "an event without a number" if event_type is None else f"event {event_type} has no name here"
        reason += f": {plain(callback.message, WORDS)}" if callback.message else ""
    return Told(_kind(event_type), RecordingState(state) if state else None, reason=reason)


def _kind(event_type: int | None) -> EventKind:
    return EventKind(EVENT_KINDS.get(event_type or 0, EventKind.UNKNOWN))


def _upload(callback: Callback, detail: Detail, recording: Recording | None) -> Told:
    """Event 1. It tells of pictures while the task runs, and of the other files when it has ended."""
    if detail.file_info is None:
        return Told(EventKind.UPLOADED if detail.upload_status == ALL_UPLOADED else EventKind.STATUS)
    infos = [_with_status(info, detail.upload_status) for info in detail.file_info]
    files = tuple(recorded_file(recording, info, _ended_at(info, callback)) for info in infos)
    statuses = {file.status for file in files}
    fault: Fault | None = "destination" if statuses & {FileStatus.BACKUP, FileStatus.LOST} else None
    if infos and all(_is_picture(info) for info in infos):
        refused = PICTURE_LOST if FileStatus.LOST in statuses else PICTURE_BACKUP
        return Told(EventKind.SNAPSHOT, reason=refused if fault else None, fault=fault, files=files)
    state, reason = end_of(TaskStatus.ENDED, statuses, None)
    return Told(_outcome(state, statuses), state, reason=reason, fault=fault, files=files)


def _outcome(state: RecordingState, statuses: set[FileStatus]) -> EventKind:
    """What became of a recording's files."""
    if not statuses:
        return EventKind.ENDED
    if state is RecordingState.UPLOADING:
        return EventKind.STATUS
    if FileStatus.LOST in statuses:
        return EventKind.UPLOAD_FAILED
    return EventKind.BACKED_UP if FileStatus.BACKUP in statuses else EventKind.UPLOADED


def _abnormal_end(callback: Callback, detail: Detail, _recording: Recording | None) -> Told:
    """Event 2. Of an end that was asked for, or that may leave files, event 1 or the status tells the outcome."""
    kind, state = _kind(callback.event_type), RecordingState(EVENT_STATES[EventType.ENDED_ABNORMALLY])
    known = QUITS.get(detail.quit_reason or 0)
    if known is not None:
        ending = Ending(known.ending)
        kind = kind if ending is Ending.FAULT else EventKind.STOPPED
        return Told(kind, state, ending, known.reason, known.fault)
    if detail.quit_reason is None:
        return Told(kind, state, None, NO_QUIT_REASON)
    why = f"{NO_QUIT_REASON}: quit_reason {detail.quit_reason} isn't documented"
    return Told(kind, state, Ending.FAULT, why)


def _missing_image(callback: Callback, detail: Detail, _recording: Recording | None) -> Told:
    """Event 3."""
    path = IMAGE_PATHS.get(detail.image_type or 0, "a picture")
    address = f" from {plain(_without_query(detail.image_url), WORDS)}" if detail.image_url else ""
    why = f"{path} couldn't be fetched{address}: check that anybody can, and that it is a JPG or PNG of up to 5 MB"
    return Told(_kind(callback.event_type), reason=why, fault="caller")


def _missing_stream(callback: Callback, detail: Detail, recording: Recording | None) -> Told:
    """Event 6."""
    stream = detail.stream_id
    owner = streams_of(recording).owner(stream) if stream and recording else None
    return Told(
        _kind(callback.event_type),
        reason=NO_SUCH_STREAM.format(stream=plain(stream, WORDS)) if stream else None,
        participant=owner[0] if owner else None,
    )


def _playlist(callback: Callback, detail: Detail, recording: Recording | None) -> Told:
    """Event 102, while the playlist grows."""
    file = RecordFile(
        FileId=detail.file_id,
        FileUrl=detail.file_url,
        StreamId=detail.stream_id,
        OutputFileFormat=FileFormat.HLS,
        MediaTrackType=detail.media_track_type,
        Status=WireFileStatus.RECORDING,
    )
    found = recorded_file(recording, file, None)
    files = (found,) if detail.file_id else ()
    return Told(_kind(callback.event_type), files=files, participant=found.participant)


TOLD_BY_DETAIL: Mapping[int, Callable[[Callback, Detail, Recording | None], Told]] = {
    EventType.UPLOAD_FINISHED: _upload,
    EventType.ENDED_ABNORMALLY: _abnormal_end,
    EventType.IMAGE_NOT_DOWNLOADED: _missing_image,
    EventType.STREAM_MISSING: _missing_stream,
    EventType.PLAYLIST: _playlist,
}
"""The events that tell more than their type."""


def _with_status(info: FileInfo, upload_status: int | None) -> FileInfo:
    """The file; one that says nothing of where it is was uploaded where all files were."""
    if info.Status is None and upload_status == ALL_UPLOADED:
        return info.model_copy(update={"Status": WireFileStatus.UPLOADED})
    return info


def _is_picture(info: FileInfo) -> bool:
    return (info.OutputFileFormat or (info.FileId or "").rpartition(".")[2]).lower() == FileFormat.JPG


def _ended_at(info: FileInfo, callback: Callback) -> datetime | None:
    """When a file ended, as far as a callback tells: after that it is told of, so never later than the callback."""
    sent_at, began_at = _sent_at(callback), moment(info.BeginTimestamp)
    try:
        ended_at = began_at + timedelta(milliseconds=info.Duration or 0) if began_at else None
    except OverflowError:
        ended_at = None
    return min((at for at in (sent_at, ended_at) if at is not None), default=None)


def _sent_at(callback: Callback) -> datetime | None:
    return None if callback.sent_at is None else moment(callback.sent_at * 1000)


def _dedup_key(callback: Callback) -> str:
    """Equal for two deliveries of one event: a task numbers its events from 0. Without a number each is its own."""
    number = f"{callback.timestamp} {callback.nonce}" if callback.sequence is None else callback.sequence
    return f"{callback.task_id}:{number}:{callback.event_type}"


def _masked(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A callback without what could be used again: its signature, and the keys in the address of a picture."""
    detail, masked = raw.get("detail"), dict(raw)
    if "signature" in raw:
        masked["signature"] = MASK
    if isinstance(detail, dict) and isinstance(detail.get("image_url"), str):
        masked["detail"] = {**detail, "image_url": _without_query(detail["image_url"])}
    return masked


def _without_query(url: str) -> str:
    """An address without user, password and query, which may be keys."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
