"""The vendor's answers: unknown keys are ignored, and every type that was ever seen for a field is taken.

Names from the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026) and the older pages that
are named.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

__all__ = [
    "AcquireResponse",
    "FileEntry",
    "PushTarget",
    "QueryResponse",
    "QueryServerResponse",
    "Response",
    "ServicePayload",
    "ServiceState",
    "StartResponse",
    "StopResponse",
    "StopServerResponse",
    "UpdateResponse",
    "file_entries",
]


def file_entries(value: object) -> list[Any]:
    """The entries of a list of files that have a name; a text is one of them."""
    if isinstance(value, str):
        return [{"fileName": value}] if value else []
    if not isinstance(value, list | tuple):
        return []
    entries = [{"fileName": entry} if isinstance(entry, str) else entry for entry in value]
    # An entry without a name is none: one that can't be read must not hide the others.
    return [entry for entry in entries if isinstance(entry, dict) and (entry.get("fileName") or entry.get("filename"))]


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


LATEST_MS = 10**15
"""Unix ms beyond all calendars. A JSON number may be larger than every float."""
NULL_IS_EMPTY = BeforeValidator(lambda value: {} if value is None else value)
"""An object that is null says nothing."""
NULL_IS_NOTHING = BeforeValidator(lambda value: () if value is None else value)
"""A list that is null is empty."""
Whole = Annotated[int | None, BeforeValidator(_blank_is_none)]
Uploading = Annotated[str | None, BeforeValidator(lambda value: "unknown" if value == "unknow" else value)]
"""`uploaded`, `backuped` or `unknown`, which was spelt `unknow` until 2024."""


class Response(BaseModel):
    """A JSON object that comes from the vendor; numbers in text and booleans in text are taken."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class AcquireResponse(Response):
    """Answer to acquire. `resourceId` can be started once, within five minutes."""

    resourceId: str
    cname: str | None = None
    uid: str | None = None


class StartResponse(Response):
    """Answer to start. Whether a 201 (code 7, already started) carries `sid` isn't documented."""

    sid: str | None = None
    resourceId: str | None = None
    cname: str | None = None
    uid: str | None = None


class UpdateResponse(StartResponse):
    """Answer to update and to updateLayout."""


# --- files ---


class FileEntry(Response):
    """One file of a list. Booleans were text on one page of 2020; web lists have name and start alone.

    Attributes:
        fileName: name of an M3U8 or MP4 file; with or without the prefix, depending on the page. Spelt
            `filename` in web lists, and from 2019 to 2022 in all.
        trackType: `audio`, `video` or `audio_and_video`.
        uid: the recorded user; `"0"` in mix.
        mixedAllUser: one file for everybody.
        isPlayable: playable online.
        sliceStartTime: start of the file, Unix ms by all samples, Unix s by some prose.
    """

    fileName: str = Field(validation_alias=AliasChoices("fileName", "filename"))
    trackType: str | None = None
    uid: str | None = None
    mixedAllUser: bool | None = None
    isPlayable: bool | None = None
    sliceStartTime: Whole = None

    @property
    def started_at(self) -> float | None:
        """Start of the file in Unix seconds: a number of 1e11 or more is read as milliseconds."""
        start = self.sliceStartTime
        return start if start is None or start < 1e11 else min(start, LATEST_MS) / 1000


FileEntries = Annotated[tuple[FileEntry, ...], BeforeValidator(file_entries)]
"""`fileList`: the text of string mode becomes one entry, an empty or missing list none."""


# --- extension services, which web page recording is made of ---


class PushTarget(Response):
    """Where the picture is streamed to.

    Attributes:
        rtmpUrl: the address, with a stream key in it.
        status: `connecting`, `publishing`, `onhold` or `disconnected`.
    """

    rtmpUrl: SecretStr | None = None
    status: str | None = None


class ServicePayload(Response):
    """What one service tells of itself; which keys there are depends on the service and on the method.

    Attributes:
        state: `init`, `inProgress` or `exit`.
        onhold: whether the recording is paused.
        fileList: M3U8 and MP4 files of `web_recorder_service`.
        outputs: targets of `rtmp_publish_service`.
        uploadingStatus: of `upload_service`, in the answer to stop.
        status: of `rtmp_publish_service`, in answers to stop of 2023.
    """

    state: str | None = None
    onhold: bool | None = None
    fileList: FileEntries = ()
    outputs: Annotated[tuple[PushTarget, ...], NULL_IS_NOTHING] = ()
    uploadingStatus: Uploading = None
    status: str | None = None


class ServiceState(Response):
    """One service of `extensionServiceState`. `payload` was spelt `playload` on a page until 10 June 2026.

    Attributes:
        serviceName: `web_recorder_service`, `rtmp_publish_service` or, in the answer to stop,
            `upload_service`.
        payload: what it tells.
    """

    serviceName: str | None = None
    payload: Annotated[ServicePayload, NULL_IS_EMPTY] = Field(
        default=ServicePayload(), validation_alias=AliasChoices("payload", "playload")
    )


ServiceStates = Annotated[tuple[ServiceState, ...], NULL_IS_NOTHING]


# --- query and stop ---


class QueryServerResponse(Response):
    """What query says; snapshots alone have neither `fileListMode` nor `fileList`.

    Attributes:
        status: 0..8 or 20, see `tables.STATES`. Text until 2020.
        fileListMode: `string` or `json`.
        fileList: text in mix with HLS alone, else an array.
        sliceStartTime: start of the recording, Unix ms.
        extensionServiceState: in web mode.
    """

    status: Whole = None
    fileListMode: str | None = None
    fileList: FileEntries = ()
    sliceStartTime: Whole = None
    extensionServiceState: ServiceStates = ()


class QueryResponse(StartResponse):
    """Answer to query."""

    serverResponse: Annotated[QueryServerResponse, NULL_IS_EMPTY] = QueryServerResponse()


class StopServerResponse(Response):
    """What stop says; in web mode everything lies in `extensionServiceState`.

    Attributes:
        fileListMode: as query.
        fileList: as query.
        uploadingStatus: `uploaded`, `backuped` or `unknown`.
        extensionServiceState: in web mode.
    """

    fileListMode: str | None = None
    fileList: FileEntries = ()
    uploadingStatus: Uploading = None
    extensionServiceState: ServiceStates = ()


class StopResponse(StartResponse):
    """Answer to stop; the body of an asynchronous one isn't described, so that everything may be missing."""

    serverResponse: Annotated[StopServerResponse, NULL_IS_EMPTY] = StopServerResponse()
