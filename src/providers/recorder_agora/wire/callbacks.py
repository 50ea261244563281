"""The vendor's callbacks: whatever can't be read is left out, never an error.

Names from "Cloud Recording API callback service" and "Receive notifications" (Agora, 2026). The vendor may add fields
and events, and says that existing ones keep their format; older spellings are read too.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from recorder_agora.wire.answers import FileEntry, Response, file_entries

__all__ = [
    "CLOUD_RECORDING",
    "Callback",
    "CapabilityDetails",
    "Details",
    "DownloadDetails",
    "ErrorDetails",
    "EventType",
    "ExitDetails",
    "FailoverDetails",
    "LeaveDetails",
    "PageStoppedDetails",
    "Payload",
    "ProgressDetails",
    "PushDetails",
    "ReloadDetails",
    "ResultDetails",
    "SliceDetails",
    "SnapshotDetails",
    "StatusDetails",
    "StreamDetails",
    "ToldFile",
    "TranscodedUser",
    "VodDetails",
    "WarningDetails",
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


def _readable_files(value: object) -> tuple[ToldFile, ...]:
    files = []
    for entry in file_entries(value):
        try:
            files.append(ToldFile.model_validate(entry))
        except ValidationError:
            continue
    return tuple(files)


def _readable_users(value: object) -> tuple[TranscodedUser, ...]:
    entries = value if isinstance(value, list) else []
    return tuple(TranscodedUser.model_validate(entry) for entry in entries if isinstance(entry, dict))


Flag = Annotated[bool | None, WrapValidator(_left_out)]
Whole = Annotated[int | None, Field(ge=-(2**53), le=2**53), WrapValidator(_number_left_out)]
Words = Annotated[str | None, WrapValidator(_left_out)]
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
    sendts: Whole = None
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
    notifyMs: Whole = None
    eventMs: Whole = None
    payload: Annotated[Payload, BeforeValidator(lambda value: value if isinstance(value, dict) else {})] = Payload()


# --- details ---


class ToldFile(FileEntry):
    """One file; see `FileEntry`. Which keys there are depends on the event."""

    trackType: Words = None
    uid: Words = None
    mixedAllUser: Flag = None
    isPlayable: Flag = None
    sliceStartTime: Whole = None


Files = Annotated[tuple[ToldFile, ...], BeforeValidator(_readable_files)]


class Details(Response):
    """What an event says beyond its kind."""


class ErrorDetails(Details):
    """Event 1.

    Attributes:
        module: 0 recorder, 1 uploader, 2 service, 6 page recorder.
        errorLevel: 1 debug, 2 minor, 3 medium, 4 major, 5 fatal, which may end the recording.
        errorCode: see `rules.ERRORS`.
        stat: 0 is normal.
        errorMsg: the vendor's own words.
    """

    module: Whole = None
    errorLevel: Whole = None
    errorCode: Whole = None
    stat: Whole = None
    errorMsg: Words = None


class WarningDetails(Details):
    """Event 2.

    Attributes:
        module: 0 recorder, 1 uploader.
        warnCode: of the uploader 31, a slice is sent to the bucket again, or 32, to the vendor's backup.
    """

    module: Whole = None
    warnCode: Whole = None


class StatusDetails(Details):
    """Events 3, 4, 30, 31, 32 and 40.

    Attributes:
        status: of event 3 see `tables.STATES`; of the others 0 is normal.
        fileList: of events 3 and 4 the playlist's name, of 31 and 32 a list, which a web page recording lacks.
    """

    status: Whole = None
    fileList: Files = ()


class ExitDetails(Details):
    """Event 11.

    Attributes:
        exitStatus: 0 normal, 1 abnormal; `leaveStatus` on older pages.
    """

    exitStatus: Whole = Field(default=None, validation_alias=AliasChoices("exitStatus", "leaveStatus"))


class FailoverDetails(Details):
    """Event 12.

    Attributes:
        newUid: the recorder's uid in the room from now on.
    """

    newUid: Words = None


class ProgressDetails(Details):
    """Event 33.

    Attributes:
        progress: 0..10000, of the files that there are so far.
    """

    progress: Whole = None


class LeaveDetails(Details):
    """Event 41.

    Attributes:
        leaveCode: bits: 2 signal, 4 nobody is in the room, 8 to be ignored, 16 the recorder left by itself. 0: it
            could not be set up.
    """

    leaveCode: Whole = None


class SliceDetails(Details):
    """Event 42.

    Attributes:
        startUtcMs: when the slice begins, Unix ms.
        discontinueUtcMs: the same, or after an interruption the end of the slice before it.
        streamUid: whose; `"0"` in mix.
        trackType: as in lists of files.
    """

    startUtcMs: Whole = None
    discontinueUtcMs: Whole = None
    streamUid: Words = None
    trackType: Words = None


class StreamDetails(Details):
    """Events 43 and 44.

    Attributes:
        streamUid: whose; `"0"` in mix is everybody's.
        state: 0 it is received, 1 it isn't.
        UtcMs: since when, Unix ms.
    """

    streamUid: Words = None
    state: Whole = None
    UtcMs: Whole = None


class SnapshotDetails(Details):
    """Event 45.

    Attributes:
        fileName: the picture, with the prefix.
    """

    fileName: Files = ()


class VodDetails(Details):
    """Event 60.

    Attributes:
        aliVodInfo: `videoId` is the id of the video at ApsaraVideo for VoD.
    """

    aliVodInfo: Object = Field(default_factory=dict)


class PageStoppedDetails(Details):
    """Event 71.

    Attributes:
        code: 0 `ok`, 1 `max_recording_hour`, 2 `capability_limit`, 3 `start_engine_failed`, 4 `page_load_timeout`,
            5 `access_url_failed`, 6 `recorder_error`.
        message: the same as a word.
        details: more in the vendor's own words.
        fileList: names and starts.
    """

    code: Whole = None
    message: Words = None
    details: Words = None
    fileList: Files = ()


class CapabilityDetails(Details):
    """Event 72.

    Attributes:
        limitType: `resolution`, `WebGL` or `bandwidth`.
    """

    limitType: Words = None


class ReloadDetails(Details):
    """Event 73.

    Attributes:
        reason: `audio_silence` or `page_load_timeout`.
    """

    reason: Words = None


class TranscodedUser(Details):
    """One user of event 81.

    Attributes:
        uid: whose files.
        result: `success` or `fail`.
        fileList: names.
    """

    uid: Words = None
    result: Words = None
    fileList: Files = ()


class ResultDetails(Details):
    """Events 81 and 1001.

    Attributes:
        result: `all_success` (81) or `total_success` (1001), `partial_success`, `fail` (81) or `failed` (1001).
        uids: of event 81 the users.
        fileList: of event 1001 names.
    """

    result: Words = None
    uids: Annotated[tuple[TranscodedUser, ...], BeforeValidator(_readable_users)] = ()
    fileList: Files = ()


class DownloadDetails(Details):
    """Event 90.

    Attributes:
        bucket: as in start.
        fileName: names joined by `;`.
    """

    bucket: Words = None
    fileName: Words = None


class PushDetails(Details):
    """Event 100. Its `rtmpUrl` holds a stream key, and isn't read.

    Attributes:
        status: `connecting`, `publishing`, `onhold` or `disconnected`. One page calls it a number.
    """

    status: Words = None
