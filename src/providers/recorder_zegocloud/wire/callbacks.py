"""The vendor's callbacks, key by key. Whatever isn't of the documented type counts as absent, so that one odd value
takes nothing else away.

From "Recording status callback" (ZEGOCLOUD, 2025-11-26; Chinese edition of 2026-04-07), in the form that projects get
which enabled the service after 2021-11-29.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidatorFunctionWrapHandler, field_validator
from pydantic.alias_generators import to_snake

from recorder_zegocloud.wire.answers import RecordFile

__all__ = ["Callback", "Detail", "EventType", "FileInfo", "ImageType"]

SECONDS = re.compile(r"[1-9][0-9]{9}")
"""Unix seconds since 2001, in the one way in which they can be written. What is signed doesn't tell where the timestamp
ends and the nonce begins, so that `01767225600` would pass for another delivery of `1767225600`."""
LARGEST = 2**63 - 1
"""The vendor's numbers are int64."""


class EventType(IntEnum):
    """`event_type`: what happened."""

    UPLOAD_FINISHED = 1
    ENDED_ABNORMALLY = 2
    IMAGE_NOT_DOWNLOADED = 3
    NO_STREAMS = 4
    EXITED = 5
    STREAM_MISSING = 6
    STOPPED = 7
    PLAYLIST = 102
    PAUSED = 201
    RESUMED = 202


class ImageType(IntEnum):
    """`image_type` of event 3: the field that names the image."""

    BACKGROUND = 1
    WATERMARK = 2
    PLACEHOLDER = 3
    WINDOW = 4


class CallbackPart(BaseModel):
    """What every object in a callback has in common."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _absent_where_odd(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, list):
            # Something that is no object stands for a file of which nothing is known, not for none.
            value = [item if isinstance(item, dict) else {} for item in value]
        try:
            read = None if isinstance(value, bool) else handler(value)
        except ValueError:  # pydantic's own error is one
            return None
        return None if isinstance(read, int) and abs(read) > LARGEST else read


class FileInfo(CallbackPart, RecordFile):
    """One file: as DescribeRecordStatus lists it, in snake_case."""

    model_config = ConfigDict(alias_generator=to_snake)


class Detail(CallbackPart):
    """What the events tell beside their type. Each type has some of it, most have none."""

    upload_status: int | None = None
    file_info: list[FileInfo] | None = None
    quit_reason: int | None = None
    image_type: int | None = None
    image_url: str | None = None
    stream_id: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    media_track_type: int | None = None


class Callback(CallbackPart):
    """The envelope. `timestamp` is Unix seconds as a text, made anew with `nonce` and `signature`."""

    app_id: int | None = None
    task_id: str | None = None
    room_id: str | None = None
    event_type: int | None = None
    message: str | None = None
    nonce: str | None = None
    timestamp: str | None = None
    signature: str | None = None
    sequence: int | None = None
    detail: Detail | None = None

    @property
    def sent_at(self) -> int | None:
        """Unix seconds of this delivery; None: it says none."""
        return int(self.timestamp) if self.timestamp and SECONDS.fullmatch(self.timestamp) else None
