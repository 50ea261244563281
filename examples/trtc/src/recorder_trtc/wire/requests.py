"""The bodies of the vendor's On-Cloud Recording API, action by action, key by key.

Requests forbid unknown keys and check every documented type, range and conditional rule. Defaults are the vendor's, so
that a body read from the wire shows what the vendor would do; `tree()` gives back only what was set. Names, ranges and
rules come from "CreateCloudRecording" (Tencent Cloud, 2026-01-22) and the published SDK 3.1.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from recorder_trtc import tables
from recorder_trtc.wire import values
from recorder_trtc.wire.layout import Layout, Transcoding, check_canvas
from recorder_trtc.wire.values import Ids, NonEmpty, Request

__all__ = [
    "BucketStorage",
    "CreateCloudRecordingRequest",
    "DeleteCloudRecordingRequest",
    "DescribeCloudRecordingRequest",
    "ModifyCloudRecordingRequest",
    "RecordParameters",
    "RemoveUserByStrRoomIdRequest",
    "RemoveUserRequest",
    "Storage",
    "Subscription",
    "TaskRequest",
    "Vod",
    "VodStorage",
]

DEFAULT_CANVAS = (360, 640)
LARGEST_ROOM_NUMBER = 4_294_967_294

AppId = Annotated[int, Field(ge=1, lt=2**32)]
UserId = Annotated[str, Field(pattern=f"^{tables.USER_ID}$")]
Folder = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]


class Subscription(Request):
    """Whose sound and pictures are recorded: those listed, or all but those. An id may end in `.*$`: all that begin so.

    Of each medium at most one list has an effect.
    """

    SubscribeAudioUserIds: Ids | None = None
    UnSubscribeAudioUserIds: Ids | None = None
    SubscribeVideoUserIds: Ids | None = None
    UnSubscribeVideoUserIds: Ids | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        for medium in ("Audio", "Video"):
            listed, excepted = f"Subscribe{medium}UserIds", f"UnSubscribe{medium}UserIds"
            if getattr(self, listed) and getattr(self, excepted):
                raise ValueError(f"{listed} and {excepted} exclude one another")
        return self


class RecordParameters(Request):
    """What is recorded, and as what. `MaxIdleTime` in seconds, `MaxMediaFileDuration` in minutes."""

    RecordMode: values.RecordMode
    MaxIdleTime: Annotated[int, Field(ge=5, le=86_400)] = 30
    StreamType: values.StreamType = values.StreamType.AUDIO_VIDEO
    SubscribeStreamUserIds: Subscription | None = None
    OutputFormat: values.OutputFormat = values.OutputFormat.HLS
    AvMerge: values.AvMerge = values.AvMerge.SEPARATE
    MaxMediaFileDuration: Annotated[int, Field(ge=1, le=1440)] = 1440
    MediaId: values.StreamChoice = values.StreamChoice.BOTH
    FillType: values.FillType = values.FillType.LAST_FRAME


class BucketStorage(Request):
    """A bucket. `FileNamePrefix` names folders, below which there is one of the task's id."""

    Vendor: values.StorageVendor
    Region: NonEmpty
    Bucket: NonEmpty
    AccessKey: SecretStr
    SecretKey: SecretStr
    FileNamePrefix: list[Folder] | None = None


class Vod(Request):
    """Video on Demand of the account itself. `ExpireTime` in seconds, 0: for ever."""

    StorageRegion: NonEmpty | None = None
    SubAppId: Annotated[int, Field(ge=1)] | None = None
    ExpireTime: Annotated[int, Field(ge=0)] = 0
    MediaType: values.VodFormat = values.VodFormat.MP4


class VodStorage(Request):
    """Video on Demand."""

    TencentVod: Vod


class Storage(Request):
    """Where the files go: a bucket or Video on Demand."""

    CloudStorage: BucketStorage | None = None
    CloudVod: VodStorage | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.CloudStorage is None) is (self.CloudVod is None):
            raise ValueError("one of CloudStorage and CloudVod is needed, and both exclude one another")
        return self


class CreateCloudRecordingRequest(Request):
    """Start a task. The recorder enters the room as `UserId`, which `UserSig` lets in."""

    SdkAppId: AppId
    RoomId: NonEmpty
    RoomIdType: values.RoomIdType = values.RoomIdType.NUMBER
    UserId: UserId
    UserSig: SecretStr
    PrivateMapKey: SecretStr | None = None
    RecordParams: RecordParameters
    StorageParams: Storage
    MixTranscodeParams: Transcoding | None = None
    MixLayoutParams: Layout | None = None
    ResourceExpiredHour: Annotated[int, Field(ge=tables.SHORTEST_CONTROL_H, le=tables.LONGEST_CONTROL_H)] = 72

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height of the composed picture in pixels."""
        video = self.MixTranscodeParams.VideoParams if self.MixTranscodeParams else None
        return (video.Width, video.Height) if video else DEFAULT_CANVAS

    @model_validator(mode="after")
    def _check(self) -> Self:
        is_number = self.RoomIdType is values.RoomIdType.NUMBER
        if is_number and not (self.RoomId.isdecimal() and 1 <= int(self.RoomId) <= LARGEST_ROOM_NUMBER):
            raise ValueError(f"RoomId is no number from 1 to {LARGEST_ROOM_NUMBER}, and RoomIdType is 1")
        if self.RecordParams.RecordMode is values.RecordMode.SINGLE:
            for name in ("MixTranscodeParams", "MixLayoutParams"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name} is valid only with RecordMode 2")
        elif self.MixLayoutParams is not None:
            check_canvas(self.MixLayoutParams.MixLayoutList, self.canvas)
        return self


class TaskRequest(Request):
    """What names a task."""

    SdkAppId: AppId
    TaskId: NonEmpty


class DescribeCloudRecordingRequest(TaskRequest):
    """Ask for a task."""


class DeleteCloudRecordingRequest(TaskRequest):
    """Stop a task."""


class ModifyCloudRecordingRequest(TaskRequest):
    """Change a task. What is left out is at the vendor's default from then on, so all is sent that counts."""

    MixLayoutParams: Layout | None = None
    SubscribeStreamUserIds: Subscription | None = None


class RemoveUserRequest(Request):
    """Remove users from a room with a number ("RemoveUser", Tencent Cloud, 2025-11-13)."""

    SdkAppId: AppId
    RoomId: Annotated[int, Field(ge=1, le=LARGEST_ROOM_NUMBER)]
    UserIds: Annotated[list[NonEmpty], Field(min_length=1, max_length=10)]


class RemoveUserByStrRoomIdRequest(Request):
    """Remove users from a room with a name ("RemoveUserByStrRoomId", Tencent Cloud, 2025-11-13)."""

    SdkAppId: AppId
    RoomId: NonEmpty
    UserIds: Annotated[list[NonEmpty], Field(min_length=1, max_length=10)]
