"""The bodies of the vendor's Cloud Recording REST API in composite ("mix") mode, key by key.

Requests forbid unknown keys and check every documented type, range, enum and conditional rule; responses
ignore unknown keys and take every type that was ever seen for a field. Names, ranges and rules come from the
documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026) where nothing else is named. Where pages
contradict one another, the models refuse only what all of them refuse, and say so.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from recorder_agora.wire_values import (
    Array,
    Choice,
    Cname,
    Color,
    FileTypes,
    Fraction,
    ImageUrl,
    ListedUids,
    Prefix,
    SelectedUids,
    Uid,
)

__all__ = [
    "AcquireClientRequest",
    "AcquireRequest",
    "AcquireResponse",
    "AudioUidList",
    "BackgroundConfig",
    "ExtensionParams",
    "FileEntry",
    "LayoutConfig",
    "MixedLayout",
    "QueryResponse",
    "QueryServerResponse",
    "RecordingConfig",
    "RecordingFileConfig",
    "Request",
    "Response",
    "StartClientRequest",
    "StartRequest",
    "StartResponse",
    "StopClientRequest",
    "StopRequest",
    "StopResponse",
    "StopServerResponse",
    "StorageConfig",
    "StreamSubscribe",
    "TranscodingConfig",
    "UpdateClientRequest",
    "UpdateLayoutRequest",
    "UpdateRequest",
    "UpdateResponse",
    "VideoUidList",
]


class Request(BaseModel):
    """A JSON object that goes to the vendor: no unknown key, no number for a text or the reverse."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    def tree(self) -> dict[str, Any]:
        """The JSON tree of what was set; secret leaves stay `SecretStr`."""
        return self.model_dump(exclude_none=True)


# --- acquire ---


class AcquireClientRequest(Request):
    """`clientRequest` of acquire.

    Attributes:
        scene: 0 room recording, 1 web page, 2 postponed transcoding (left the pages in April 2025).
        resourceExpiredHour: 1..720 h, default 72, from the moment a `sid` exists; afterwards no call reaches
            it.
        region: the area that must record: a fence. The storage must lie in the same area.
        regionAffinity: the area that should record; 0 nearest, 1 China, 2 South-East Asia, 3 Europe,
            4 North America. Only in the vendor's client libraries ("Agora REST Client for Python" 0.2.0,
            2024).
        excludeResourceIds: resource ids of recordings whose area is to be avoided.
        startParameter: the later start's `clientRequest`; a bad value passes acquire and fails start.
    """

    scene: Choice[Literal[0, 1, 2]] | None = None
    resourceExpiredHour: int | None = Field(default=None, ge=1, le=720)
    region: Literal["CN", "AP", "EU", "NA"] | None = None
    regionAffinity: Choice[Literal[0, 1, 2, 3, 4]] | None = None
    excludeResourceIds: Array[str] | None = None
    startParameter: StartClientRequest | None = None


class AcquireRequest(Request):
    """Body of `POST /v1/apps/{appid}/cloud_recording/acquire`.

    App id, `cname` and `uid` name one recorder.
    """

    cname: Cname
    uid: Uid
    clientRequest: AcquireClientRequest


# --- start ---


class ExtensionParams(Request):
    """`extensionParams` of a storage: `sse` Amazon S3 only, `tag` Amazon S3 and Alibaba Cloud only.

    The pages mark both as required inside this object, yet the vendor-11 sample has `endpoint` alone:
    optional.
    """

    sse: Literal["kms", "aes256"] | None = None
    tag: str | None = None
    endpoint: str | None = Field(default=None, min_length=1)


class StorageConfig(Request):
    """Where the files go; the same object in start, in `startParameter` and in update.

    Attributes:
        vendor: number of the cloud, see `tables.StorageVendor`.
        region: number of the region, see `tables.STORAGE_REGIONS`; 0 for Azure, Google Cloud and
            S3-compatible.
        bucket: name of the bucket.
        accessKey: key with the right to write.
        secretKey: its secret.
        stsToken: temporary credential, clouds 1, 2 and 3 only, of at least four hours; renewed through
            update.
        stsExpiration: Unix seconds; with `stsToken`.
        fileNamePrefix: segments of the prefix, each a-z A-Z 0-9, 128 characters together with their slashes.
        extensionParams: encryption and tag of the objects; `endpoint`, which vendor 11 needs.
    """

    vendor: Choice[Literal[0, 1, 2, 3, 4, 5, 6, 7, 8, 11]]
    region: int = Field(ge=0)
    bucket: str = Field(min_length=1)
    accessKey: SecretStr = Field(min_length=1)
    secretKey: SecretStr = Field(min_length=1)
    stsToken: SecretStr | None = Field(default=None, min_length=1)
    stsExpiration: int | None = Field(default=None, ge=0, lt=2**64)
    fileNamePrefix: Prefix | None = None
    extensionParams: ExtensionParams | None = None

    @model_validator(mode="after")
    def _fits_vendor(self) -> Self:
        extension = self.extensionParams or ExtensionParams()
        if self.vendor == 11 and extension.endpoint is None:
            raise ValueError("vendor 11 needs extensionParams.endpoint")
        if extension.sse is not None and self.vendor != 1:
            raise ValueError("extensionParams.sse is for vendor 1 only")
        if extension.tag is not None and self.vendor not in (1, 2):
            raise ValueError("extensionParams.tag is for vendors 1 and 2 only")
        if self.stsToken is not None and self.vendor not in (1, 2, 3):
            raise ValueError("stsToken is for vendors 1, 2 and 3 only")
        if self.stsExpiration is not None and self.stsToken is None:
            raise ValueError("stsExpiration goes with stsToken")
        return self


class LayoutConfig(Request):
    """One region of a custom layout, in fractions of the canvas from its top left corner.

    Attributes:
        uid: who is shown; None or empty: the next in join order. Text that isn't an integer uid stays blank.
        x_axis: left edge, 0..1.
        y_axis: top edge, 0..1, downwards.
        width: 0..1, `x_axis + width <= 1`.
        height: 0..1, `y_axis + height <= 1`.
        alpha: 0 transparent .. 1 opaque, default 1.
        render_mode: 0 crop (default): fill the region; 1 fit: the whole picture, bars of background.
    """

    uid: str | None = None
    x_axis: Fraction
    y_axis: Fraction
    width: Fraction
    height: Fraction
    alpha: Fraction | None = None
    render_mode: Choice[Literal[0, 1]] | None = None

    @model_validator(mode="after")
    def _inside_canvas(self) -> Self:
        for start, side in (("x_axis", "width"), ("y_axis", "height")):
            # Six decimals go over the wire, so a sum that is 1 on paper may miss it by a binary hair.
            if round(getattr(self, start) + getattr(self, side), 9) > 1:
                raise ValueError(f"{start} + {side} is more than 1")
        return self


class BackgroundConfig(Request):
    """The image of one user whose video stopped 3.5 s ago: JPG or BMP, at most 6 MB.

    `image_url` may be HTTPS by the pages of 2026, HTTP or HTTPS by older ones ("Start recording", 2022).
    """

    uid: str
    image_url: ImageUrl
    render_mode: Choice[Literal[0, 1]] | None = None


class MixedLayout(Request):
    """Everything that updateLayout replaces at once; in start it lies inside `transcodingConfig`.

    Attributes:
        mixedVideoLayout: 0 floating (default), 1 best fit, 2 vertical, 3 custom.
        maxResolutionUid: who is large in layout 2.
        backgroundColor: `#RRGGBB`, default `#000000`.
        backgroundImage: URL of the canvas image, shown cropped; JPG or BMP, at most 6 MB.
        defaultUserBackgroundImage: URL of the image of every user whose video stopped.
        layoutConfig: at most 17 regions; required with 3, forbidden with 0, 1 and 2.
        backgroundConfig: images by user; they go before `defaultUserBackgroundImage`.
    """

    mixedVideoLayout: Choice[Literal[0, 1, 2, 3]] | None = None
    maxResolutionUid: str | None = None
    backgroundColor: Color | None = None
    backgroundImage: ImageUrl | None = None
    defaultUserBackgroundImage: ImageUrl | None = None
    layoutConfig: Array[LayoutConfig] | None = Field(default=None, max_length=17)
    backgroundConfig: Array[BackgroundConfig] | None = None

    @model_validator(mode="after")
    def _regions_only_in_custom(self) -> Self:
        if self.mixedVideoLayout == 3 and not self.layoutConfig:
            raise ValueError("mixedVideoLayout 3 needs layoutConfig")
        if self.mixedVideoLayout != 3 and self.layoutConfig is not None:
            raise ValueError("layoutConfig goes with mixedVideoLayout 3 only")
        return self


class TranscodingConfig(MixedLayout):
    """Canvas, encoding and first layout of the mixed video.

    Width, height, fps and bitrate are all given or all omitted by "Start recording" (2022); the pages of 2026
    let each be omitted for its default.

    Attributes:
        width: px, at most 1920, default 360; width x height at most 2073600.
        height: px, as width, default 640.
        fps: 1, 7, 10, 15, 24, 30 or 60; anything else records at the default, 15, without an error.
        bitrate: kbps, at most 6500, default 500.
    """

    width: int | None = Field(default=None, ge=1, le=1920)
    height: int | None = Field(default=None, ge=1, le=1920)
    fps: int | None = None
    bitrate: int | None = Field(default=None, ge=1, le=6500)

    @model_validator(mode="after")
    def _within_pixels(self) -> Self:
        if (self.width or 360) * (self.height or 640) > 1920 * 1080:
            raise ValueError("width x height is more than 2073600")
        return self


class _Selection(Request):
    @model_validator(mode="before")
    @classmethod
    def _one_spelling(cls, value: object) -> object:
        for medium in ("Audio", "Video"):
            if isinstance(value, dict) and {f"unSubscribe{medium}Uids", f"unsubscribe{medium}Uids"} <= value.keys():
                raise ValueError(f"unSubscribe{medium}Uids is given in two spellings")
        return value

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        for medium in ("Audio", "Video"):
            lists = (getattr(self, f"{verb}{medium}Uids", None) for verb in ("subscribe", "unSubscribe"))
            if all(uids is not None for uids in lists):
                raise ValueError(f"subscribe{medium}Uids and unSubscribe{medium}Uids exclude each other")
        return self


class AudioUidList(_Selection):
    """Who is heard: at most 32 uids, or `["#allstream#"]`, or whom to leave out; never both lists.

    The pages of 2026 spell the second key both ways; "Start recording" (2022) and all samples have the
    capital S.
    """

    subscribeAudioUids: SelectedUids | None = None
    unSubscribeAudioUids: ListedUids | None = Field(
        default=None, validation_alias=AliasChoices("unSubscribeAudioUids", "unsubscribeAudioUids")
    )


class VideoUidList(_Selection):
    """Who is seen; as `AudioUidList`."""

    subscribeVideoUids: SelectedUids | None = None
    unSubscribeVideoUids: ListedUids | None = Field(
        default=None, validation_alias=AliasChoices("unSubscribeVideoUids", "unsubscribeVideoUids")
    )


class RecordingConfig(AudioUidList, VideoUidList):
    """Subscription, decryption, encoding. A list for one medium and none for the other turns the other off.

    Attributes:
        channelType: 0 communication, 1 live; must be what the room's clients use. Called required, default 0.
        streamTypes: 0 audio, 1 video, 2 both (default).
        streamMode: without effect in composite mode.
        videoStreamType: 0 high stream (default), 1 low stream of those who publish two.
        maxIdleTime: 5..2592000 s, default 30.
        decryptionMode: 0..8, see `tables.DECRYPTION_MODES`.
        secret: the room's key; required when `decryptionMode` isn't 0.
        salt: Base64 of 32 bytes; required when `decryptionMode` is 7 or 8.
        subscribeUidGroup: without effect in composite mode.
        audioProfile: 0, 1 or 2, see `tables.AUDIO_PROFILES`; default 0.
        transcodingConfig: picture; without it 360x640, 15 fps, 500 kbps, floating.
        privateParams: JSON text for the vendor's support.
    """

    channelType: Choice[Literal[0, 1]] | None = None
    streamTypes: Choice[Literal[0, 1, 2]] | None = None
    streamMode: Literal["default", "standard", "original"] | None = None
    videoStreamType: Choice[Literal[0, 1]] | None = None
    maxIdleTime: int | None = Field(default=None, ge=5, le=2592000)
    decryptionMode: Choice[Literal[0, 1, 2, 3, 4, 5, 6, 7, 8]] | None = None
    secret: SecretStr | None = None
    salt: SecretStr | None = None
    subscribeUidGroup: Choice[Literal[0, 1, 2, 3, 4, 5]] | None = None
    audioProfile: Choice[Literal[0, 1, 2]] | None = None
    transcodingConfig: TranscodingConfig | None = None
    privateParams: SecretStr | None = None

    @model_validator(mode="after")
    def _key_for_cipher(self) -> Self:
        if self.decryptionMode and not (self.secret and self.secret.get_secret_value()):
            raise ValueError("decryptionMode needs secret")
        if self.decryptionMode in (7, 8) and self.salt is None:
            raise ValueError("decryptionMode 7 and 8 need salt")
        if self.salt is not None:
            try:
                size = len(base64.b64decode(self.salt.get_secret_value(), validate=True))
            except (binascii.Error, ValueError):
                size = -1
            if size != 32:
                raise ValueError("salt is Base64 of 32 bytes")
        return self

    @model_validator(mode="after")
    def _lists_fit_stream_types(self) -> Self:
        for absent, medium in ((1, "Audio"), (0, "Video")):
            for verb in ("subscribe", "unSubscribe"):
                if self.streamTypes == absent and getattr(self, f"{verb}{medium}Uids") is not None:
                    raise ValueError(f"{verb}{medium}Uids can't be set when streamTypes is {absent}")
        return self


class RecordingFileConfig(Request):
    """`avFileType` is `["hls"]` (default) or `["hls", "mp4"]`; `["mp4"]` alone is code 2."""

    avFileType: FileTypes | None = None


class StartClientRequest(Request):
    """`clientRequest` of start in mix mode.

    `token` is the room token of the recorder's uid; it can't be renewed, so it must outlive the recording.
    """

    token: SecretStr | None = None
    storageConfig: StorageConfig
    recordingConfig: RecordingConfig | None = None
    recordingFileConfig: RecordingFileConfig | None = None


class StartRequest(Request):
    """Body of `POST .../resourceid/{resourceid}/mode/mix/start`; `cname` and `uid` as in acquire."""

    cname: Cname
    uid: Uid
    clientRequest: StartClientRequest


# --- update, updateLayout, stop ---


class StreamSubscribe(Request):
    """Lists that replace the former ones."""

    audioUidList: AudioUidList | None = None
    videoUidList: VideoUidList | None = None


class UpdateClientRequest(Request):
    """`clientRequest` of update in mix mode; `storageConfig` renews `stsToken` (since 2 August 2024)."""

    streamSubscribe: StreamSubscribe | None = None
    storageConfig: StorageConfig | None = None


class UpdateRequest(Request):
    """Body of `POST .../sid/{sid}/mode/mix/update`."""

    cname: Cname
    uid: Uid
    clientRequest: UpdateClientRequest


class UpdateLayoutRequest(Request):
    """Body of `POST .../sid/{sid}/mode/mix/updateLayout`: what is omitted returns to its default."""

    cname: Cname
    uid: Uid
    clientRequest: MixedLayout


class StopClientRequest(Request):
    """`async_stop` false (default): the answer waits about 20 s for the files; true: it comes at once."""

    async_stop: bool | None = None


class StopRequest(Request):
    """Body of `POST .../sid/{sid}/mode/mix/stop`."""

    cname: Cname
    uid: Uid
    clientRequest: StopClientRequest


# --- answers ---


def _entries(value: object) -> object:
    if isinstance(value, str):
        return [{"fileName": value}] if value else []
    if not isinstance(value, list | tuple):
        return []
    # An entry without a name is none: one that can't be read must not hide the others.
    return [entry for entry in value if isinstance(entry, dict) and (entry.get("fileName") or entry.get("filename"))]


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


NULL_IS_EMPTY = BeforeValidator(lambda value: {} if value is None else value)
"""An object that is null says nothing."""
Whole = Annotated[int | None, BeforeValidator(_blank_is_none)]


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


class FileEntry(Response):
    """One file of a list. Spelt `filename` from 2019 to 2022; booleans were text on one page of 2020.

    Attributes:
        fileName: name of an M3U8 or MP4 file; with or without the prefix, depending on the page.
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
        return start if start is None or start < 1e11 else start / 1000


FileEntries = Annotated[tuple[FileEntry, ...], BeforeValidator(_entries)]
"""`fileList`: the text of string mode becomes one entry, an empty or missing list none."""


class QueryServerResponse(Response):
    """What query says. `status` was text until 2020; `fileList` is text with HLS alone, an array with MP4."""

    status: Whole = None
    fileListMode: str | None = None
    fileList: FileEntries = ()
    sliceStartTime: Whole = None


class QueryResponse(StartResponse):
    """Answer to query."""

    serverResponse: Annotated[QueryServerResponse, NULL_IS_EMPTY] = QueryServerResponse()


class StopServerResponse(Response):
    """What stop says. `uploadingStatus` is `uploaded`, `backuped` or `unknown` (`unknow` until 2024)."""

    fileListMode: str | None = None
    fileList: FileEntries = ()
    uploadingStatus: Annotated[str | None, BeforeValidator(lambda value: "unknown" if value == "unknow" else value)] = (
        None
    )


class StopResponse(StartResponse):
    """Answer to stop; the body of an asynchronous one isn't described, so that everything may be missing."""

    serverResponse: Annotated[StopServerResponse, NULL_IS_EMPTY] = StopServerResponse()
