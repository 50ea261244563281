"""Wire to neutral: what a callback tells of a recording."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from recorder_core.errors import Fault
from recorder_core.models import (
    Ending,
    EventKind,
    FileStatus,
    Format,
    Mode,
    RecordedFile,
    Recording,
    RecordingEvent,
    RecordingState,
)
from recorder_core.models.base import thaw
from recorder_core.webhooks import plain
from recorder_trtc.translate.answers import file_of, formats_of, moment, names_of, owner_of, tracks_of
from recorder_trtc.wire.callbacks import Callback, Event, EventPayload, EventType, LeaveCode, UploadStatus

__all__ = ["event_of", "located"]

WORDS = 256
"""Characters of the vendor's own words that are shown."""

BACKUP = "the bucket refused a file, which is in the vendor's backup; check the bucket and its keys"
NOT_STARTED = (
    "the vendor's recorder couldn't enter the room: check the room's name, options.trtc.room_id_type and app_key"
)
NO_UPLOAD = "the vendor couldn't begin to upload; check the bucket and its keys"
NO_MP4 = "the MP4 couldn't be made: the vendor reads the HLS files back from the bucket, so its key has to read, too"
NO_VOD = "a file couldn't be stored in Video on Demand"
VOD_FAILED = "the recording to Video on Demand ended in an error"


class Leave(NamedTuple):
    """Why the recorder left its room."""

    ending: Ending
    reason: str | None = None
    fault: Fault | None = None


LEAVES: Mapping[int, Leave] = {
    LeaveCode.STOPPED: Leave(Ending.STOPPED),
    LeaveCode.REMOVED: Leave(Ending.STOPPED, "the application removed the recorder from the room"),
    LeaveCode.DISSOLVED: Leave(Ending.STOPPED, "the application dissolved the room"),
    LeaveCode.REMOVED_BY_SERVER: Leave(
        Ending.FAULT, "the vendor's server removed the recorder from the room", "vendor"
    ),
    LeaveCode.DISSOLVED_BY_SERVER: Leave(Ending.FAULT, "the vendor's server dissolved the room", "vendor"),
    LeaveCode.IDLE: Leave(Ending.IDLE, "nobody published in the room for idle_timeout"),
    LeaveCode.TIMED_OUT: Leave(Ending.FAULT, "the recorder timed out of the room", "vendor"),
    LeaveCode.ENTERED_AGAIN: Leave(
        Ending.FAULT,
        "somebody entered the room under the recorder's user id: another recording with the same key or the same "
        "options.trtc.user_id",
        "caller",
    ),
}


class Told(NamedTuple):
    """What an event tells beside its type."""

    kind: EventKind
    state: RecordingState | None = None
    ending: Ending | None = None
    reason: str | None = None
    fault: Fault | None = None
    files: tuple[RecordedFile, ...] = ()
    participant: str | None = None


def event_of(callback: Callback, raw: Mapping[str, Any]) -> RecordingEvent:
    """A callback in neutral words. An event that has no name here is `unknown`.

    Args:
        callback: what was read of it.
        raw: all of it.
    """
    info = callback.EventInfo or Event()
    told = _told(callback, info, None)
    ids = {"TaskId": info.TaskId, "UserId": info.UserId}
    return RecordingEvent(
        kind=told.kind,
        provider="trtc",
        room=info.RoomId,
        native={name: value for name, value in ids.items() if value},
        state=told.state,
        occurred_at=_happened_at(callback, info),
        participant=told.participant,
        files=told.files,
        reason=told.reason,
        fault=told.fault,
        ending=told.ending,
        raw=_masked(raw),
        dedup_key=_dedup_key(callback, info, raw),
    )


def located(event: RecordingEvent, recording: Recording) -> RecordingEvent:
    """The event with what only the handle tells: where its files lie, and whether more are to come."""
    callback = Callback.model_validate(thaw(event.raw))
    told = _told(callback, callback.EventInfo or Event(), recording)
    return event.model_copy(
        update={
            "kind": told.kind,
            "state": told.state,
            "files": told.files,
            "reason": told.reason,
            "fault": told.fault,
            "ending": told.ending,
        }
    )


def _told(callback: Callback, info: Event, recording: Recording | None) -> Told:
    tell = TOLD.get(callback.EventType or 0)
    if tell is None:
        which = "an event without a number" if callback.EventType is None else f"event {callback.EventType}"
        return Told(EventKind.UNKNOWN, reason=f"{which} has no name here")
    return tell(info.Payload or EventPayload(), recording)


def _recorder_started(payload: EventPayload, _recording: Recording | None) -> Told:
    """Event 301."""
    if payload.Status:
        return Told(EventKind.ERROR, RecordingState.FAILED, Ending.FAULT, NOT_STARTED, "vendor")
    return Told(EventKind.STARTED, RecordingState.STARTING)


def _recorder_stopped(payload: EventPayload, _recording: Recording | None) -> Told:
    """Event 302. What became of the files is told later, by 305, 310 or 312."""
    code = payload.LeaveCode
    leave = LEAVES.get(-1 if code is None else code)
    if leave is None:
        why = f"the recorder left the room, and why isn't documented: LeaveCode {code}"
        return Told(EventKind.STOPPED, RecordingState.UPLOADING, Ending.FAULT, why)
    return Told(EventKind.STOPPED, RecordingState.UPLOADING, leave.ending, leave.reason, leave.fault)


def _upload_started(payload: EventPayload, _recording: Recording | None) -> Told:
    """Event 303. The upload begins with the recording, and goes on beside it."""
    if payload.Status:
        return Told(EventKind.WARNING, reason=NO_UPLOAD, fault="destination")
    return Told(EventKind.UPLOAD_STARTED)


def _index_uploaded(payload: EventPayload, recording: Recording | None) -> Told:
    """Event 304."""
    files = tuple(
        file_of(recording, name, FileStatus.RECORDING)
        for index in payload.FileList or ()
        for name in names_of(recording, index)
    )
    return Told(EventKind.FILE_STARTED, RecordingState.RECORDING, files=files)


def _index_begun(payload: EventPayload, recording: Recording | None) -> Told:
    """Event 307: the first segment is there."""
    owner = owner_of(payload.UserId)
    files = tuple(
        file_of(
            recording,
            name,
            FileStatus.RECORDING,
            tracks=tracks_of(payload.TrackType),
            participant=owner,
            started_at=moment(payload.BeginTimeStamp),
        )
        for name in (names_of(recording, payload.FileName) if payload.FileName else ())
    )
    return Told(EventKind.FILE_STARTED, RecordingState.RECORDING, files=files, participant=owner)


def _upload_ended(payload: EventPayload, recording: Recording | None) -> Told:
    """Event 305: of the HLS files. Other formats are made of them afterwards."""
    # One page calls the member Status, the other LeaveCode.
    status = payload.Status if payload.Status is not None else payload.LeaveCode
    # Without the handle it is taken for what the vendor makes by default, HLS alone.
    is_last = recording is None or formats_of(recording) == {Format.HLS}
    if status == UploadStatus.BACKED_UP:
        state = RecordingState.COMPLETED if is_last else None
        kind = EventKind.BACKED_UP if is_last else EventKind.WARNING
        return Told(kind, state, reason=BACKUP, fault="destination")
    if status in (UploadStatus.UPLOADED, UploadStatus.RESTORED_OR_FAILED):
        if is_last:
            return Told(EventKind.UPLOADED, RecordingState.COMPLETED)
        return Told(EventKind.UPLOAD_PROGRESS, RecordingState.UPLOADING)
    return Told(EventKind.STATUS, reason=f"the HLS files: Status {status} isn't documented")


def _moved(_payload: EventPayload, _recording: Recording | None) -> Told:
    """Event 306."""
    return Told(EventKind.MIGRATED)


def _upload_failed(payload: EventPayload, _recording: Recording | None) -> Told:
    """Event 308, with the store's own words; the vendor tries again."""
    words = ": ".join(plain(part, WORDS) for part in (payload.Code, payload.Message) if part)
    return Told(EventKind.WARNING, reason=f"the bucket refused a file: {words or 'no reason'}", fault="destination")


def _image_missing(payload: EventPayload, _recording: Recording | None) -> Told:
    """Event 309."""
    address = f" from {plain(_without_query(payload.Url), WORDS)}" if payload.Url else ""
    why = f"a picture couldn't be fetched{address}: check that anybody can, and that it is a JPG or PNG of up to 5 MB"
    return Told(EventKind.IMAGE_UNAVAILABLE, reason=why, fault="caller")


def _mp4_ended(payload: EventPayload, recording: Recording | None) -> Told:
    """Event 310: MP4 files. An individual recording has several of these events."""
    is_last = recording is not None and recording.mode == Mode.COMPOSITE
    done = RecordingState.COMPLETED if is_last else None
    if payload.Status == UploadStatus.RESTORED_OR_FAILED:
        is_all = recording is not None and Format.HLS not in formats_of(recording)
        state = RecordingState.FAILED if is_last and is_all else done
        return Told(EventKind.UPLOAD_FAILED, state, reason=NO_MP4, fault="destination")
    status = FileStatus.BACKUP if payload.Status == UploadStatus.BACKED_UP else FileStatus.UPLOADED
    messages = {message.FileName: message for message in payload.FileMessage or () if message.FileName}
    files = []
    for name in dict.fromkeys((*messages, *(payload.FileList or ()))):
        message = messages.get(name)
        began = moment(message.StartTimeStamp) if message else None
        ended = moment(message.EndTimeStamp) if message else None
        files.append(
            file_of(
                recording,
                name,
                status,
                tracks=tracks_of(message.TrackType) if message else None,
                participant=owner_of(message.UserId) if message else None,
                started_at=began,
                duration_s=(ended - began).total_seconds() if began and ended and ended >= began else None,
            )
        )
    if status is FileStatus.BACKUP:
        return Told(EventKind.BACKED_UP, done, reason=BACKUP, fault="destination", files=tuple(files))
    return Told(EventKind.UPLOADED, done, files=tuple(files))


def _vod_committed(payload: EventPayload, recording: Recording | None) -> Told:
    """Event 311: one file in Video on Demand, or not."""
    vod = payload.TencentVod
    name = (vod.CacheFile or vod.FileId) if vod else None
    status = {
        UploadStatus.UPLOADED: FileStatus.UPLOADED,
        UploadStatus.BACKED_UP: FileStatus.BACKUP,
        UploadStatus.RESTORED_OR_FAILED: FileStatus.LOST,
    }.get(UploadStatus(payload.Status) if payload.Status in set(UploadStatus) else UploadStatus.UPLOADED)
    files: tuple[RecordedFile, ...] = ()
    if vod is not None and name and status is not None:
        began, ended = moment(vod.StartTimeStamp), moment(vod.EndTimeStamp)
        found = file_of(
            recording,
            name,
            status,
            url=vod.VideoUrl,
            tracks=tracks_of(vod.TrackType),
            participant=owner_of(vod.UserId),
            started_at=began,
            duration_s=(ended - began).total_seconds() if began and ended and ended >= began else None,
        )
        files = (found,)
    if status is FileStatus.UPLOADED:
        return Told(EventKind.UPLOADED, files=files)
    words = f"{NO_VOD}: {plain(payload.Errmsg, WORDS)}" if payload.Errmsg else NO_VOD
    kind = EventKind.BACKED_UP if status is FileStatus.BACKUP else EventKind.UPLOAD_FAILED
    return Told(kind, reason=words, fault="vendor", files=files)


def _vod_ended(payload: EventPayload, _recording: Recording | None) -> Told:
    """Event 312."""
    if payload.Status:
        return Told(EventKind.ENDED, RecordingState.FAILED, reason=VOD_FAILED, fault="vendor")
    return Told(EventKind.ENDED, RecordingState.COMPLETED)


TOLD: Mapping[int, Callable[[EventPayload, Recording | None], Told]] = {
    EventType.RECORDER_START: _recorder_started,
    EventType.RECORDER_STOP: _recorder_stopped,
    EventType.UPLOAD_START: _upload_started,
    EventType.FILE_INFO: _index_uploaded,
    EventType.UPLOAD_STOP: _upload_ended,
    EventType.FAILOVER: _moved,
    EventType.FILE_SLICE: _index_begun,
    EventType.UPLOAD_ERROR: _upload_failed,
    EventType.DOWNLOAD_IMAGE_ERROR: _image_missing,
    EventType.MP4_STOP: _mp4_ended,
    EventType.VOD_COMMIT: _vod_committed,
    EventType.VOD_STOP: _vod_ended,
}
"""By the vendor's number."""


def _happened_at(callback: Callback, info: Event) -> datetime | None:
    return moment(info.EventMsTs) or moment((info.EventTs or 0) * 1000) or moment(callback.CallbackTs)


def _dedup_key(callback: Callback, info: Event, raw: Mapping[str, Any]) -> str:
    """Equal for two deliveries of one event: all but the moment at which it was sent."""
    told = raw.get("EventInfo")
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
    return f"{info.TaskId}:{callback.EventType}:{digest}"


def _masked(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A callback without what could be used again: the keys in the address of a picture."""
    info = raw.get("EventInfo")
    payload = info.get("Payload") if isinstance(info, dict) else None
    if not (isinstance(info, dict) and isinstance(payload, dict) and isinstance(payload.get("Url"), str)):
        return dict(raw)
    return {**raw, "EventInfo": {**info, "Payload": {**payload, "Url": _without_query(payload["Url"])}}}


def _without_query(url: str) -> str:
    """An address without user, password and query, which may be keys."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
