"""The bodies of the vendor's Cloud Recording REST API, method by method and key by key.

Composite ("mix"), individual and web page recording have models of their own where their bodies differ: each
forbids what its mode doesn't take. Composite has the plain names. Requests forbid unknown keys and check
every documented type, range, enum and conditional rule. Names, ranges and rules come from the documentation
set "Cloud Recording" (Agora, 17 June to 1 July 2026) where nothing else is named. Where pages contradict one
another, the models refuse only what all of them refuse, and say so. What left the pages in April 2025
(`appsCollection`, `transcodeOptions`, `aliyun_vod_service`, `scene` 2) has no model.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from recorder_agora.wire.layout import MixedLayout
from recorder_agora.wire.recording import (
    AudioUidList,
    IndividualRecordingConfig,
    IndividualRecordingFileConfig,
    RecordingConfig,
    RecordingFileConfig,
    SnapshotConfig,
    VideoUidList,
)
from recorder_agora.wire.storage import StorageConfig
from recorder_agora.wire.values import Array, Choice, Cname, Label, Request, Uid
from recorder_agora.wire.web import ExtensionServiceConfig, RtmpPublishParam

__all__ = [
    "AcquireClientRequest",
    "AcquireRequest",
    "IndividualAcquireClientRequest",
    "IndividualAcquireRequest",
    "IndividualStartClientRequest",
    "IndividualStartRequest",
    "StartClientRequest",
    "StartRequest",
    "StopClientRequest",
    "StopRequest",
    "StreamSubscribe",
    "UpdateClientRequest",
    "UpdateLayoutRequest",
    "UpdateRequest",
    "WebAcquireClientRequest",
    "WebAcquireRequest",
    "WebRecordingConfig",
    "WebStartClientRequest",
    "WebStartRequest",
    "WebStopRequest",
    "WebUpdateClientRequest",
    "WebUpdateRequest",
]


# --- acquire ---


class _AcquireClientRequest(Request):
    scene: Choice[Literal[0, 1]] | None = None
    resourceExpiredHour: int | None = Field(default=None, ge=1, le=720)
    region: Literal["CN", "AP", "EU", "NA"] | None = None
    regionAffinity: Choice[Literal[0, 1, 2, 3, 4]] | None = None
    excludeResourceIds: Array[str] | None = None


class AcquireClientRequest(_AcquireClientRequest):
    """`clientRequest` of acquire for composite recording. The mode itself is named by start only.

    Attributes:
        scene: 0, a recording in a room; the default.
        resourceExpiredHour: 1..720 h, default 72, from the moment a `sid` exists; afterwards no call reaches
            it.
        region: the area that must record: a fence. The storage must lie in the same area.
        regionAffinity: the area that should record; 0 nearest, 1 China, 2 South-East Asia, 3 Europe,
            4 North America. Only in the vendor's client libraries ("Agora REST Client for Python" 0.2.0,
            2024).
        excludeResourceIds: resource ids of recordings whose area is to be avoided.
        startParameter: the later start's `clientRequest`; a bad value passes acquire and fails start.
    """

    scene: Choice[Literal[0]] | None = None
    startParameter: StartClientRequest | None = None


class IndividualAcquireClientRequest(_AcquireClientRequest):
    """`clientRequest` of acquire for individual recording; as `AcquireClientRequest`."""

    scene: Choice[Literal[0]] | None = None
    startParameter: IndividualStartClientRequest | None = None


class WebAcquireClientRequest(_AcquireClientRequest):
    """`clientRequest` of acquire for web page recording; as `AcquireClientRequest`, but `scene` is 1."""

    scene: Choice[Literal[1]]
    startParameter: WebStartClientRequest | None = None


class AcquireRequest(Request):
    """Body of `POST /v1/apps/{appid}/cloud_recording/acquire`.

    App id, `cname` and `uid` name one recorder.
    """

    cname: Cname
    uid: Uid
    clientRequest: AcquireClientRequest


class IndividualAcquireRequest(Request):
    """Body of acquire for individual recording."""

    cname: Cname
    uid: Uid
    clientRequest: IndividualAcquireClientRequest


class WebAcquireRequest(Request):
    """Body of acquire for web page recording; `cname` only labels it."""

    cname: Label
    uid: Uid
    clientRequest: WebAcquireClientRequest


# --- start ---


class StartClientRequest(Request):
    """`clientRequest` of start in mix mode.

    `token` is the room token of the recorder's uid; it can't be renewed, so it must outlive the recording.
    """

    token: SecretStr | None = None
    storageConfig: StorageConfig
    recordingConfig: RecordingConfig | None = None
    recordingFileConfig: RecordingFileConfig | None = None


class IndividualStartClientRequest(Request):
    """`clientRequest` of start in individual mode.

    With `snapshotConfig` and without `recordingFileConfig` it takes pictures only, with both it records too.
    `token` is as in `StartClientRequest`.
    """

    token: SecretStr | None = None
    storageConfig: StorageConfig
    recordingConfig: IndividualRecordingConfig
    recordingFileConfig: IndividualRecordingFileConfig | None = None
    snapshotConfig: SnapshotConfig | None = None

    @model_validator(mode="after")
    def _snapshots_have_video(self) -> Self:
        recording = self.recordingConfig
        if self.snapshotConfig is not None:
            if recording.streamTypes == 0:
                raise ValueError("snapshotConfig needs streamTypes 1 or 2")
            if recording.subscribeAudioUids is not None and recording.subscribeVideoUids is None:
                raise ValueError("snapshotConfig needs subscribeVideoUids beside subscribeAudioUids")
        return self


class WebStartClientRequest(Request):
    """`clientRequest` of start in web mode; `token` is without effect."""

    token: SecretStr | None = None
    storageConfig: StorageConfig
    recordingFileConfig: RecordingFileConfig | None = None
    extensionServiceConfig: ExtensionServiceConfig


class StartRequest(Request):
    """Body of `POST .../resourceid/{resourceid}/mode/mix/start`; `cname` and `uid` as in acquire."""

    cname: Cname
    uid: Uid
    clientRequest: StartClientRequest


class IndividualStartRequest(Request):
    """Body of `POST .../resourceid/{resourceid}/mode/individual/start`."""

    cname: Cname
    uid: Uid
    clientRequest: IndividualStartClientRequest


class WebStartRequest(Request):
    """Body of `POST .../resourceid/{resourceid}/mode/web/start`."""

    cname: Label
    uid: Uid
    clientRequest: WebStartClientRequest


# --- update, updateLayout, stop ---


class StreamSubscribe(Request):
    """Lists that replace the former ones."""

    audioUidList: AudioUidList | None = None
    videoUidList: VideoUidList | None = None


class UpdateClientRequest(Request):
    """`clientRequest` of update in a room; `storageConfig` renews `stsToken` (since 2 August 2024)."""

    streamSubscribe: StreamSubscribe | None = None
    storageConfig: StorageConfig | None = None


class UpdateRequest(Request):
    """Body of `POST .../sid/{sid}/mode/{mode}/update`, mode `mix` or `individual`."""

    cname: Cname
    uid: Uid
    clientRequest: UpdateClientRequest


class WebRecordingConfig(Request):
    """`onhold` true pauses the recording: no slices; false (default) resumes it."""

    onhold: bool | None = None


class WebUpdateClientRequest(Request):
    """`clientRequest` of update in web mode.

    Attributes:
        webRecordingConfig: pauses and resumes.
        rtmpPublishConfig: another target of a push that was started.
        storageConfig: renews `stsToken` (since 2 August 2024).
    """

    webRecordingConfig: WebRecordingConfig | None = None
    rtmpPublishConfig: RtmpPublishParam | None = None
    storageConfig: StorageConfig | None = None


class WebUpdateRequest(Request):
    """Body of `POST .../sid/{sid}/mode/web/update`."""

    cname: Label
    uid: Uid
    clientRequest: WebUpdateClientRequest


class UpdateLayoutRequest(Request):
    """Body of `POST .../sid/{sid}/mode/mix/updateLayout`: what is omitted returns to its default."""

    cname: Cname
    uid: Uid
    clientRequest: MixedLayout


class StopClientRequest(Request):
    """`async_stop` false (default): the answer waits about 20 s for the files; true: it comes at once."""

    async_stop: bool | None = None


class StopRequest(Request):
    """Body of `POST .../sid/{sid}/mode/{mode}/stop`, mode `mix` or `individual`."""

    cname: Cname
    uid: Uid
    clientRequest: StopClientRequest


class WebStopRequest(Request):
    """Body of `POST .../sid/{sid}/mode/web/stop`."""

    cname: Label
    uid: Uid
    clientRequest: StopClientRequest
