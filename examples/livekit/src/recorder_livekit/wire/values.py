"""Names and numbers of the wire: `livekit_egress.proto` and `livekit_models.proto` (livekit/protocol, 2026-08-22).

JSON is protobuf's own: enums by their names, 64-bit numbers as texts, and both `snake_case` and `camelCase` are read.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AliasGenerator, BaseModel, BeforeValidator, ConfigDict, SecretStr
from pydantic.alias_generators import to_camel

__all__ = [
    "AnswerModel",
    "BodyModel",
    "EgressStatus",
    "EncodingPreset",
    "FileType",
    "Number",
    "StreamProtocol",
    "StreamStatus",
    "Word",
]


BEYOND_64_BITS = 2**63


class EgressStatus(StrEnum):
    """`EgressStatus`."""

    STARTING = "EGRESS_STARTING"
    ACTIVE = "EGRESS_ACTIVE"
    ENDING = "EGRESS_ENDING"
    COMPLETE = "EGRESS_COMPLETE"
    FAILED = "EGRESS_FAILED"
    ABORTED = "EGRESS_ABORTED"
    LIMIT_REACHED = "EGRESS_LIMIT_REACHED"


class FileType(StrEnum):
    """`EncodedFileType`."""

    MP4 = "MP4"
    OGG = "OGG"
    MP3 = "MP3"


class EncodingPreset(StrEnum):
    """`EncodingOptionsPreset`, as far as it says how to encode."""

    H264_720P_30 = "H264_720P_30"
    H264_720P_60 = "H264_720P_60"
    H264_1080P_30 = "H264_1080P_30"
    H264_1080P_60 = "H264_1080P_60"
    PORTRAIT_H264_720P_30 = "PORTRAIT_H264_720P_30"
    PORTRAIT_H264_720P_60 = "PORTRAIT_H264_720P_60"
    PORTRAIT_H264_1080P_30 = "PORTRAIT_H264_1080P_30"
    PORTRAIT_H264_1080P_60 = "PORTRAIT_H264_1080P_60"


class StreamProtocol(StrEnum):
    """`StreamProtocol`, as far as a spec can ask for it."""

    RTMP = "RTMP"


class StreamStatus(StrEnum):
    """`StreamInfo.Status`."""

    ACTIVE = "ACTIVE"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


def _number(value: Any) -> Any:
    """A 64-bit number, which protobuf's JSON writes as a text. What is none, or larger, is taken for absent."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return 0
    try:
        number = int(value)
    except ValueError:
        return 0
    return number if abs(number) < BEYOND_64_BITS else 0


def _word(value: Any) -> Any:
    """A text or the number of an enum that has no name yet; what is neither is taken for absent."""
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


Number = Annotated[int, BeforeValidator(_number)]
"""A whole number; 0 where there is none, as protobuf has it."""

Word = Annotated[str, BeforeValidator(_word)]
"""A text or an enum's name; empty where there is none, as protobuf has it."""


class BodyModel(BaseModel):
    """A body that is sent: what the vendor doesn't know is refused. Both spellings of a name are read."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        alias_generator=AliasGenerator(validation_alias=to_camel),
    )

    def tree(self) -> dict[str, Any]:
        """The JSON tree, its secret leaves kept as secrets, without what isn't set."""
        return {name: value for name, value in _tree(self).items() if value not in ({}, [])}


class AnswerModel(BaseModel):
    """A body that comes: what isn't known here is left aside, and both spellings of a name are read."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True, alias_generator=to_camel
    )


def _tree(value: Any) -> Any:
    if isinstance(value, BodyModel):
        found = {
            info.serialization_alias or name: _tree(getattr(value, name))
            for name, info in type(value).model_fields.items()
        }
        return {name: item for name, item in found.items() if item is not None}
    if isinstance(value, tuple | list):
        return [_tree(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value


def plain_secret(value: SecretStr | None) -> str:
    """The secret's text; empty where there is none."""
    return "" if value is None else value.get_secret_value()
