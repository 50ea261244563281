"""What each event of the vendor's callbacks says in `details`: whatever can't be read is left out, never an error.

Names from "Cloud Recording API callback service" (Agora, 2026).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError

from recorder_agora.wire.answers import FileEntry, Response, file_entries
from recorder_agora.wire.callbacks import Flag, Instant, Object, Whole, Words

__all__ = [
    "CapabilityDetails",
    "Details",
    "DownloadDetails",
    "ErrorDetails",
    "ExitDetails",
    "FailoverDetails",
    "LeaveDetails",
    "PageStoppedDetails",
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


class ToldFile(FileEntry):
    """One file; see `FileEntry`. Which keys there are depends on the event."""

    trackType: Words = None
    uid: Words = None
    mixedAllUser: Flag = None
    isPlayable: Flag = None
    sliceStartTime: Instant = None


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

    startUtcMs: Instant = None
    discontinueUtcMs: Instant = None
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
    UtcMs: Instant = None


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
