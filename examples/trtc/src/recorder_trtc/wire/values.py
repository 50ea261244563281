"""What bodies are made of: enumerations, limited texts, and the base of every object in a request.

An enumeration has a name in the code and the vendor's own number on the wire. Source: "Data Types" of the TRTC API
2019-07-22 (Tencent Cloud, 2026-01), as its published SDK 3.1 documents them, where nothing else is named.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from recorder_trtc.tables import MOST_IDS

__all__ = [
    "IMAGE_URL",
    "AvMerge",
    "Channel",
    "ClockPosition",
    "Color",
    "FillType",
    "Ids",
    "ImageUrl",
    "MixLayoutMode",
    "NonEmpty",
    "OutputFormat",
    "RecordMode",
    "RenderMode",
    "Request",
    "RoomIdType",
    "SampleRate",
    "StorageVendor",
    "StreamChoice",
    "StreamId",
    "StreamType",
    "TaskStatus",
    "VodFormat",
    "WaterMarkType",
]

IMAGE_URL = r"^(?i:https?)://[A-Za-z0-9\-._~:/?#\[\]@!&()*+,%=]+$"
"""The characters that the address of a picture may have. It must also name the kind of picture by a suffix."""

Color = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
NonEmpty = Annotated[str, Field(min_length=1)]
ImageUrl = Annotated[str, Field(pattern=IMAGE_URL)]
Ids = Annotated[list[NonEmpty], Field(max_length=MOST_IDS)]


class Request(BaseModel):
    """What every object in a request has in common."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    def tree(self) -> dict[str, Any]:
        """The JSON tree of what was set, secret leaves still `SecretStr`."""
        return self.model_dump(exclude_unset=True, exclude_none=True)


def _whole(value: object) -> object:
    if isinstance(value, bool | float):
        raise ValueError("a whole number is needed")
    return value


class Plain:
    """Makes an enumeration's members plain numbers in a dumped body."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        """As pydantic makes it, with the member's value as what is dumped."""
        # 1 == True == 1.0, but JSON's true and 1.0 are no integers.
        schema = core_schema.no_info_before_validator_function(_whole, handler(source))
        plain = core_schema.plain_serializer_function_ser_schema(lambda member: member.value)
        return cast("CoreSchema", {**schema, "serialization": plain})


class RecordMode(Plain, IntEnum):
    """What a task records: every stream in files of its own, or all of them on one canvas."""

    SINGLE = 1
    MIXED = 2


class StreamType(Plain, IntEnum):
    """Which media a task records."""

    AUDIO_VIDEO = 0
    AUDIO = 1
    VIDEO = 2


class OutputFormat(Plain, IntEnum):
    """What a task's files are, in a bucket."""

    HLS = 0
    HLS_MP4 = 1
    HLS_AAC = 2
    MP4 = 3
    AAC = 4


class VodFormat(Plain, IntEnum):
    """What a task's files are, in Video on Demand (`MediaType`)."""

    MP4 = 0
    HLS = 1
    AAC = 2
    HLS_MP4 = 3
    HLS_AAC = 4


class AvMerge(Plain, IntEnum):
    """Whether sound and pictures of a stream share their files; RecordMode 1."""

    SEPARATE = 0
    MERGED = 1


class StreamChoice(Plain, IntEnum):
    """Which of everybody's streams are recorded (`MediaId` of RecordParams)."""

    BOTH = 0
    MAIN = 1
    AUXILIARY = 2


class FillType(Plain, IntEnum):
    """What is recorded while a published picture stops."""

    LAST_FRAME = 0
    BLACK = 1


class RoomIdType(Plain, IntEnum):
    """Which kind of id the room has."""

    STRING = 0
    NUMBER = 1


class MixLayoutMode(Plain, IntEnum):
    """How the windows are placed."""

    FLOATING = 1
    SCREEN_SHARING = 2
    GRID = 3
    CUSTOM = 4


class RenderMode(Plain, IntEnum):
    """How a picture of another shape fills its window; SMART crops up to 20 % of it, and stretches the rest."""

    STRETCH = 0
    CROP = 1
    FIT = 2
    SMART = 3


class StreamId(Plain, IntEnum):
    """Which stream of somebody a window shows (`MediaId` of a layout): the camera's or the shared screen's."""

    MAIN = 0
    AUXILIARY = 1


class WaterMarkType(Plain, IntEnum):
    """What a watermark is."""

    IMAGE = 0
    TEXT = 1
    CLOCK = 2


class ClockPosition(Plain, IntEnum):
    """Where a clock watermark stands."""

    TOP_LEFT = 0
    TOP_RIGHT = 1
    BOTTOM_LEFT = 2
    BOTTOM_RIGHT = 3
    TOP = 4
    BOTTOM = 5
    CENTRE = 6


class SampleRate(Plain, IntEnum):
    """Samples per second."""

    HZ_48000 = 1
    HZ_44100 = 2
    HZ_16000 = 3


class Channel(Plain, IntEnum):
    """Channels of the sound."""

    MONO = 1
    STEREO = 2


class StorageVendor(Plain, IntEnum):
    """Whose cloud a bucket belongs to."""

    TENCENT_COS = 0
    AMAZON_S3 = 1


class TaskStatus(StrEnum):
    """Where a task stands."""

    IDLE = "Idle"
    """It runs, and there is nothing to record."""
    IN_PROGRESS = "InProgress"
    EXITED = "Exited"
    """It is ending."""
