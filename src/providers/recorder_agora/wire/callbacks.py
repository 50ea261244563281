"""The envelope of the vendor's callbacks: whatever can't be read is left out, never an error.

Names from "Cloud Recording API callback service" and "Receive notifications" (Agora, 2026). The vendor may add fields
and events, and says that existing ones keep their format; older spellings are read too.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from recorder_agora.wire.answers import Response

__all__ = [
    "CLOUD_RECORDING",
    "Callback",
    "EventType",
    "Flag",
    "Instant",
    "Object",
    "Payload",
    "Whole",
    "Words",
]

CLOUD_RECORDING = 3
"""`productId` of cloud recording; 1 is real-time communication, 4 media pull, 5 media push."""


class EventType(IntEnum):
    """`eventType`; the names are those of `details.msgName`, in capitals."""

    CLOUD_RECORDING_ERROR = 1
    CLOUD_RECORDING_WARNING = 2
    CLOUD_RECORDING_STATUS_UPDATE = 3
    CLOUD_RECORDING_FILE_INFOS = 4
    SESSION_EXIT = 11
    SESSION_FAILOVER = 12
    HIGH_AVAILABILITY_REGISTER_SUCCESS = 13
    """Named only in "Best practices" (Agora, 2026), so in words; its `msgName` and details are documented nowhere."""
    UPLOADER_STARTED = 30
    UPLOADED = 31
    BACKUPED = 32
    UPLOADING_PROGRESS = 33
    RECORDER_STARTED = 40
    RECORDER_LEAVE = 41
    RECORDER_SLICE_START = 42
    RECORDER_AUDIO_STREAM_STATE_CHANGED = 43
    RECORDER_VIDEO_STREAM_STATE_CHANGED = 44
    RECORDER_SNAPSHOT_FILE = 45
    VOD_STARTED = 60
    VOD_TRIGGERED = 61
    WEB_RECORDER_STARTED = 70
    WEB_RECORDER_STOPPED = 71
    WEB_RECORDER_CAPABILITY_LIMIT = 72
    WEB_RECORDER_RELOAD = 73
    TRANSCODER_STARTED = 80
    TRANSCODER_COMPLETED = 81
    DOWNLOAD_FAILED = 90
    RTMP_PUBLISH_STATUS = 100
    POSTPONE_TRANSCODE_FINAL_RESULT = 1001


# --- what is left out rather than refused ---


def _left_out(value: object, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


def _number_left_out(value: object, read: ValidatorFunctionWrapHandler) -> Any:
    return None if isinstance(value, bool) else _left_out(value, read)


def _cut_off(value: object) -> object:
    """A fraction of a millisecond is nothing."""
    return int(value) if isinstance(value, float) and math.isfinite(value) else value


def _shortest(value: object) -> object:
    """A uid that was written as a float is the same uid."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Flag = Annotated[bool | None, WrapValidator(_left_out)]
Whole = Annotated[int | None, Field(ge=-(2**53), le=2**53), WrapValidator(_number_left_out)]
Instant = Annotated[Whole, BeforeValidator(_cut_off)]
"""Unix ms."""
Words = Annotated[str | None, BeforeValidator(_shortest), WrapValidator(_left_out)]
Object = Annotated[dict[str, Any], BeforeValidator(lambda value: value if isinstance(value, dict) else {})]


# --- envelope ---


class Payload(Response):
    """`payload`: what every event of a recording has.

    Attributes:
        cname: the room, or the label of a web page recording.
        uid: the recorder's uid; a random one after a move to another server.
        sid: the recording.
        sequence: number of the event within the recording, from 0. Text before version 1.3.
        sendts: when it happened, Unix ms.
        serviceType: 0 service, 1 recorder, 2 uploader, 4 extension services, 6 page recorder, 8 downloader.
        serviceScene: the kind of recording, on the Chinese pages alone.
        channelName: in the test notifications of the console, `test_webhook`.
        details: what the event itself has.
    """

    cname: Words = None
    uid: Words = None
    sid: Words = None
    sequence: Whole = None
    sendts: Instant = None
    serviceType: Whole = None
    serviceScene: Words = None
    channelName: Words = None
    details: Object = Field(default_factory=dict)


class Callback(Response):
    """The envelope.

    Attributes:
        noticeId: id of the notification, the same in every repeat; `notificationId` on some pages.
        productId: see `CLOUD_RECORDING`.
        eventType: see `EventType`.
        notifyMs: when this delivery was tried, Unix ms; another one in every repeat.
        eventMs: when it happened, Unix ms; on older pages alone.
        payload: the event.
    """

    noticeId: Words = Field(default=None, validation_alias=AliasChoices("noticeId", "notificationId"))
    productId: Whole = None
    eventType: Whole = None
    notifyMs: Instant = None
    eventMs: Instant = None
    payload: Annotated[Payload, BeforeValidator(lambda value: value if isinstance(value, dict) else {})] = Payload()
