"""What the vendor tells by callback.

From "Cloud Recording and Web Page Recording Webhooks" (Tencent Cloud, 2024-11-06); event 308 and the `Status` of event
305 from "On-Cloud Recording" (2024-04-26), where 305 has `LeaveCode` in the former. Times come as numbers and as texts.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

__all__ = [
    "GROUP",
    "Callback",
    "Event",
    "EventPayload",
    "EventType",
    "LeaveCode",
    "ToldFile",
    "ToldVod",
    "UploadStatus",
]

GROUP = 3
"""`EventGroupId` of On-Cloud Recording; rooms, media, relays and web pages have others."""


class EventType(IntEnum):
    """What happened."""

    RECORDER_START = 301
    RECORDER_STOP = 302
    UPLOAD_START = 303
    FILE_INFO = 304
    UPLOAD_STOP = 305
    FAILOVER = 306
    FILE_SLICE = 307
    UPLOAD_ERROR = 308
    DOWNLOAD_IMAGE_ERROR = 309
    MP4_STOP = 310
    VOD_COMMIT = 311
    VOD_STOP = 312


class LeaveCode(IntEnum):
    """Why the recorder left the room."""

    STOPPED = 0
    REMOVED = 1
    DISSOLVED = 2
    REMOVED_BY_SERVER = 3
    DISSOLVED_BY_SERVER = 4
    IDLE = 99
    TIMED_OUT = 100
    ENTERED_AGAIN = 101


class UploadStatus(IntEnum):
    """What became of files: all are there, some are in the vendor's backup, or (305) what was has arrived, or (310,
    311) they failed."""

    UPLOADED = 0
    BACKED_UP = 1
    RESTORED_OR_FAILED = 2


def _number(value: Any) -> int | None:
    """A whole number, also one that is written as text; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    """A text, also one that is written as number; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else None


def _objects(value: Any) -> Any:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else None


def _texts(value: Any) -> Any:
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, str)]


Number = Annotated[int | None, BeforeValidator(_number)]
Text = Annotated[str | None, BeforeValidator(_text)]


class Told(BaseModel):
    """What every object of a callback has in common: whatever isn't of the documented type is None."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class ToldFile(Told):
    """A file of event 310; times in Unix milliseconds."""

    FileName: Text = None
    UserId: Text = None
    TrackType: Text = None
    MediaId: Text = None
    StartTimeStamp: Number = None
    EndTimeStamp: Number = None


class ToldVod(Told):
    """A file of event 311."""

    UserId: Text = None
    TrackType: Text = None
    MediaId: Text = None
    FileId: Text = None
    VideoUrl: Text = None
    CacheFile: Text = None
    StartTimeStamp: Number = None
    EndTimeStamp: Number = None


class EventPayload(Told):
    """What an event tells beside its type; which members it has depends on that."""

    Status: Number = None
    LeaveCode: Number = None
    FileName: Text = None
    UserId: Text = None
    TrackType: Text = None
    BeginTimeStamp: Number = None
    FileList: Annotated[list[str] | None, BeforeValidator(_texts)] = None
    FileMessage: Annotated[list[ToldFile] | None, BeforeValidator(_objects)] = None
    TencentVod: Annotated[ToldVod | None, BeforeValidator(_object)] = None
    Url: Text = None
    Code: Text = None
    Message: Text = None
    Errmsg: Text = None


class Event(Told):
    """Whose event it is, and when it happened: `EventMsTs` in Unix milliseconds, `EventTs` in seconds."""

    RoomId: Text = None
    UserId: Text = None
    TaskId: Text = None
    EventTs: Number = None
    EventMsTs: Number = None
    Payload: Annotated[EventPayload | None, BeforeValidator(_object)] = None


class Callback(Told):
    """A callback; `CallbackTs` is when it was sent, in Unix milliseconds."""

    EventGroupId: Number = None
    EventType: Number = None
    CallbackTs: Number = None
    EventInfo: Annotated[Event | None, BeforeValidator(_object)] = None
