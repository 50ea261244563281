"""The vendor's answers, key by key: they ignore unknown keys, and every one of their fields may be absent.

From "Cloud Recording Server API" (OpenAPI files, ZEGOCLOUD, 2025-11 to 2026-08-18), whose response schemas
require nothing.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = [
    "DescribeRecordStatusResponse",
    "DescribeTasksResponse",
    "ListedTask",
    "RecordFile",
    "Response",
    "StartRecordResponse",
    "StartedTask",
    "TaskList",
    "TaskState",
]


class ResponsePart(BaseModel):
    """What every object in a response has in common."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)


class Response(ResponsePart):
    """The envelope of every answer. Code 0 means accepted, whatever the HTTP status; Message is free text."""

    Code: int | None = None
    Message: str | None = None
    RequestId: str | None = None


class StartedTask(ResponsePart):
    """The new task; 16 characters."""

    TaskId: str | None = None


class StartRecordResponse(Response):
    """The answer to StartRecord."""

    Data: StartedTask | None = None


class RecordFile(ResponsePart):
    """One file. Duration in ms, FileSize in bytes, BeginTimestamp in Unix ms.

    FileUrl isn't returned for Vendor 4 and 5, VideoId only for 5 and 6. Numbers and formats are kept as they
    came: the vendor's response schema already lacks formats that can be asked for.
    """

    UserId: str | None = None
    UserName: str | None = None
    StreamId: str | None = None
    FileId: str | None = None
    VideoId: str | None = None
    FileUrl: str | None = None
    OutputFileFormat: str | None = None
    FileSize: int | None = None
    Duration: int | None = None
    ResolutionWidth: int | None = None
    ResolutionHeight: int | None = None
    MediaTrackType: int | None = None
    BeginTimestamp: int | None = None
    Status: int | None = None


class TaskState(ResponsePart):
    """State and files of one task; times in Unix ms. RecordFiles is absent when nobody published."""

    RoomId: str | None = None
    RecordMode: int | None = None
    StreamType: int | None = None
    RecordBeginTimestamp: int | None = None
    RecordEndTimestamp: int | None = None
    Status: int | None = None
    RecordFiles: list[RecordFile] | None = None


class DescribeRecordStatusResponse(Response):
    """The answer to DescribeRecordStatus."""

    Data: TaskState | None = None


class ListedTask(ResponsePart):
    """One task in a list."""

    RecordBeginTimestamp: int | None = None
    TaskId: str | None = None
    RoomId: str | None = None
    Status: int | None = None


class TaskList(ResponsePart):
    """One page of tasks. `TaskidList` is spelt so by the vendor; TotalCount counts all matches."""

    PageOffset: int | None = None
    PageSize: int | None = None
    TotalCount: int | None = None
    TaskidList: list[ListedTask] | None = None


class DescribeTasksResponse(Response):
    """The answer to DescribeTasks."""

    Data: TaskList | None = None
