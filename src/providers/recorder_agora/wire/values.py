"""What the vendor's bodies are made of: the strict JSON object, and checked names, uids, fractions, lists.

Rules from the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026) where nothing else is
named.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, Strict

__all__ = [
    "ALL_STREAMS",
    "CNAME_BYTES",
    "CNAME_CHARACTERS",
    "Array",
    "Choice",
    "Cname",
    "Color",
    "FileTypes",
    "Fraction",
    "ImageUrl",
    "Label",
    "ListedUids",
    "PageUrl",
    "Prefix",
    "PushUrl",
    "Request",
    "SelectedUids",
    "Uid",
    "integer_uid",
]

ALL_STREAMS = "#allstream#"
"""The only element of a subscription list that means everybody."""

CNAME_CHARACTERS = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !#$%&()+-:;<=.>?@[]^_{}|~,"
)
"""The 89 characters that a channel name is made of."""

CNAME_BYTES = 64
"""Longest channel name in bytes.

Both "less than 64" and "within 64" are printed: 63 is the safe length to send.
"""


LABEL_BYTES = 1024
"""Longest name of a web page recording in bytes; 128 on the pages of 2023."""


class Request(BaseModel):
    """A JSON object that goes to the vendor: no unknown key, no number for a text or the reverse."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    def tree(self) -> dict[str, Any]:
        """The JSON tree of what was set; secret leaves stay `SecretStr`."""
        return self.model_dump(exclude_none=True)


def _channel_name(value: str) -> str:
    if not 1 <= len(value.encode()) <= CNAME_BYTES:
        raise ValueError(f"a channel name has 1 to {CNAME_BYTES} bytes, this one has {len(value.encode())}")
    if strange := sorted(set(value) - CNAME_CHARACTERS):
        raise ValueError(f"a channel name can't contain {' '.join(map(repr, strange))}")
    return value


def _label(value: str) -> str:
    if not 1 <= len(value.encode()) <= LABEL_BYTES:
        raise ValueError(f"a web page recording's name has 1 to {LABEL_BYTES} bytes, not {len(value.encode())}")
    return value


def integer_uid(value: str) -> str:
    """Return `value` if it is the text of an integer from 1 to 4294967295, else raise ValueError."""
    if not (re.fullmatch("[1-9][0-9]{0,9}", value) and int(value) <= 0xFFFFFFFF):
        raise ValueError("a uid is the text of an integer from 1 to 4294967295")
    return value


def _selected_uids(value: tuple[str, ...]) -> tuple[str, ...]:
    return value if value == (ALL_STREAMS,) else _listed_uids(value)


def _listed_uids(value: tuple[str, ...]) -> tuple[str, ...]:
    for uid in value:
        if not (uid.isascii() and uid.isdigit() and len(uid) <= 10 and int(uid) <= 0xFFFFFFFF):
            raise ValueError("uid inside the List can't be convert to uint32_t")
    return value


def _prefix(value: tuple[str, ...]) -> tuple[str, ...]:
    for segment in value:
        if not (segment.isascii() and segment.isalnum()):
            raise ValueError(f"a segment of the prefix is made of a-z A-Z 0-9, not {segment!r}")
    if sum(len(segment) + 1 for segment in value) > 128:
        raise ValueError("the prefix has at most 128 characters, slashes included")
    return value


def _file_types(value: tuple[str, ...]) -> tuple[str, ...]:
    if sorted(value) not in (["hls"], ["hls", "mp4"]):
        raise ValueError('avFileType is ["hls"] or ["hls", "mp4"]')
    return value


def _push_url(value: SecretStr) -> SecretStr:
    if not re.match(r"rtmps?://[^/]", value.get_secret_value(), re.IGNORECASE):
        raise ValueError("rtmpUrl begins with rtmp:// or rtmps:// and a host")
    return value


def _no_boolean(value: object) -> object:
    if isinstance(value, bool | float):
        raise ValueError("this number is an integer")
    return value


_Item = TypeVar("_Item")
Array = Annotated[tuple[_Item, ...], Strict(False)]
"""A JSON array: a list is taken for it, unlike a text for a number."""

Choice = Annotated[_Item, BeforeValidator(_no_boolean)]
"""One of some integers: Python would take true for 1 and 2.0 for 2."""

Cname = Annotated[str, AfterValidator(_channel_name)]
Label = Annotated[str, AfterValidator(_label)]
"""`cname` of a web page recording, which joins no room: any text."""
Uid = Annotated[str, AfterValidator(integer_uid)]
SelectedUids = Annotated[Array[str], Field(max_length=32), AfterValidator(_selected_uids)]
ListedUids = Annotated[Array[str], Field(max_length=32), AfterValidator(_listed_uids)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Color = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
ImageUrl = Annotated[str, Field(pattern=r"^(?i:https?)://")]
PageUrl = Annotated[str, Field(pattern=r"^(?i:https?)://[^/]")]
PushUrl = Annotated[SecretStr, AfterValidator(_push_url)]
"""Where a picture is streamed to, over RTMP or RTMPS; the stream key in it is a secret."""
Prefix = Annotated[Array[str], AfterValidator(_prefix)]
FileTypes = Annotated[Array[Literal["hls", "mp4"]], AfterValidator(_file_types)]
