"""What bodies are made of: limited texts and numbers, enumerations, and the base of every object in a request.

An enumeration has a name in the code and the vendor's own number or word on the wire. Source: "Cloud Recording
Server API" (OpenAPI files, ZEGOCLOUD, 2025-11 to 2026-08-18) where nothing else is named.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

__all__ = [
    "STREAM_ID",
    "Color",
    "FileFormat",
    "FileStatus",
    "FillMode",
    "FrameFillMode",
    "MediaTrackType",
    "MixMode",
    "NonEmpty",
    "QuitReason",
    "RecordMode",
    "RecordMuteAudio",
    "Request",
    "SoundWaveType",
    "StorageVendor",
    "StreamId",
    "StreamIdOrNone",
    "StreamMedia",
    "StreamType",
    "TaskStatus",
    "Url",
    "ViewType",
]

STREAM_ID = r"^[A-Za-z0-9_-]{1,256}$"
"""A stream id: at most 256 letters, digits, `-` and `_` (vendor FAQ of 2023-08-30)."""

Color = Annotated[int, Field(ge=-(2**31), le=2**32 - 1)]
"""`0xRRGGBB00` as a number. The schema calls it int32, but colours with a red of 128 or more don't fit, so
unsigned and signed are both taken."""

Url = Annotated[str, Field(pattern=r"^(?i:https?)://\S+$")]
StreamId = Annotated[str, Field(pattern=STREAM_ID)]
StreamIdOrNone = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,256}$")]
NonEmpty = Annotated[str, Field(min_length=1)]


class Request(BaseModel):
    """What every object in a request has in common."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    def tree(self) -> dict[str, Any]:
        """The JSON tree of what was set, secret leaves still `SecretStr`."""
        return self.model_dump(exclude_unset=True, exclude_none=True)

    def _given(self, *names: str) -> str:
        """The first of these fields that was set, or the empty string."""
        return next((name for name in names if getattr(self, name) is not None and name in self.model_fields_set), "")


def _whole(value: object) -> object:
    if isinstance(value, bool | float):
        raise ValueError("a whole number is needed")
    return value


class Plain:
    """Makes an enumeration's members plain numbers or strings in a dumped body."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        """As pydantic makes it, with the member's value as what is dumped."""
        schema = handler(source)
        if issubclass(source, int):
            # 1 == True == 1.0, but JSON's true and 1.0 are no integers.
            schema = core_schema.no_info_before_validator_function(_whole, schema)
        plain = core_schema.plain_serializer_function_ser_schema(lambda member: member.value)
        return cast("CoreSchema", {**schema, "serialization": plain})


class RecordMode(Plain, IntEnum):
    """What a task records: every stream in a file of its own, or all of them on one canvas."""

    SINGLE = 1
    MIXED = 2


class StreamType(Plain, IntEnum):
    """Which media a task records; SEPARATE writes a picture file and a sound file."""

    AUDIO = 1
    VIDEO = 2
    AUDIO_VIDEO = 3
    SEPARATE = 4


class StreamMedia(Plain, IntEnum):
    """Which media of one stream are recorded; DEFAULT is the task's own setting."""

    DEFAULT = 0
    AUDIO = 1
    VIDEO = 2
    AUDIO_VIDEO = 3


class MixMode(Plain, IntEnum):
    """How the windows are placed."""

    CUSTOM = 1
    GRID = 2
    HORIZONTAL = 3
    VERTICAL = 4
    FLOATING = 5


class FillMode(Plain, IntEnum):
    """How a picture gets into its window: cropped to fill it, or whole with black bars."""

    CROP = 1
    FIT = 2


class FrameFillMode(Plain, IntEnum):
    """What a window shows while the camera is off and the sound goes on."""

    LAST_FRAME = 1
    COLOR = 2
    NOTHING = 3


class ViewType(Plain, IntEnum):
    """What a window shows."""

    STREAM = 1
    WHITEBOARD = 2


class RecordMuteAudio(Plain, IntEnum):
    """What becomes of the sound of a muted microphone in a single-stream mp3 task."""

    KEEP = 1
    DROP = 2


class SoundWaveType(Plain, IntEnum):
    """Whether volumes are written per stream or per user."""

    STREAM = 0
    USER = 1


class FileFormat(Plain, StrEnum):
    """What a task writes. JPG takes pictures at an interval, no recording; the last three are sound only."""

    MP4 = "mp4"
    FLV = "flv"
    HLS = "hls"
    JPG = "jpg"
    AAC = "aac"
    MP3 = "mp3"
    OGG = "ogg"


class StorageVendor(Plain, IntEnum):
    """The clouds that the vendor uploads to."""

    AMAZON_S3 = 1
    ALIBABA_OSS = 2
    TENCENT_COS = 3
    QINIU_KODO = 4
    ALIBABA_VOD = 5
    TENCENT_VOD = 6
    HUAWEI_OBS = 7
    GOOGLE_CLOUD_STORAGE = 8
    CHINA_MOBILE_EOS = 9
    S3_COMPATIBLE = 10


class TaskStatus(Plain, IntEnum):
    """Where a task stands."""

    INITIALISING = 1
    RUNNING = 2
    ENDED = 3
    ENDED_ABNORMALLY = 4
    PAUSED = 5


class FileStatus(Plain, IntEnum):
    """Where a file stands. BACKUP: the customer's storage refused it, the vendor keeps it for three days."""

    RECORDING = 1
    UPLOADING = 2
    UPLOADED = 3
    BACKUP = 4
    LOST = 5


class MediaTrackType(Plain, IntEnum):
    """What a file contains."""

    AUDIO = 1
    VIDEO = 2
    AUDIO_VIDEO = 3


class QuitReason(Plain, IntEnum):
    """Why a task ended by itself ("Recording status callback", 2025-11-26; event 2)."""

    SERVICE_FAILED = 1
    LOGIN_FAILED = 2
    IDLE = 3
    MAX_DURATION = 4
    ENGINE_FAILED = 5
    NETWORK_LOST = 6
    UNKNOWN = 1001
    FILE_NAME_TOO_LONG = 1002
    FILE_NOT_OPENED = 1003
    DISK_FULL = 1004
    ENGINE_NOT_INITIALISED = 1005
    HEADER_NOT_WRITTEN = 1006
    WRITE_BAD_DESCRIPTOR = 1007
    WRITE_FAILED = 1008
    CHANNEL_FAILED = 1009
    FORMAT_NOT_SUPPORTED = 1010
    ILLEGAL_STATE = 1011
