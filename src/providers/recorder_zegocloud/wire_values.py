"""The vendor's enumerations: a name in the code, the vendor's own number or word on the wire.

Source: "Cloud Recording Server API" (OpenAPI files, ZEGOCLOUD, 2025-11 to 2026-08-18) where nothing else is
named.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any, cast

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

__all__ = [
    "FileFormat",
    "FileStatus",
    "FillMode",
    "FrameFillMode",
    "MediaTrackType",
    "MixMode",
    "QuitReason",
    "RecordMode",
    "SoundWaveType",
    "StorageVendor",
    "StreamMedia",
    "StreamType",
    "TaskStatus",
    "ViewType",
]


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
