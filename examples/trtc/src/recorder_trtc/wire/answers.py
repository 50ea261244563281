"""What the vendor answers; unknown keys are ignored. Every answer is the object `Response` with a `RequestId`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["DescribedTask", "StorageFile", "StoredFiles"]


class Told(BaseModel):
    """What every object that the vendor sends has in common."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class StorageFile(Told):
    """One index file of a task. `UserId` is empty for the mixed one; `BeginTimeStamp` in Unix milliseconds."""

    UserId: str | None = None
    FileName: str | None = None
    TrackType: str | None = None
    BeginTimeStamp: int | None = None


StoredFiles = list[StorageFile]


class DescribedTask(Told):
    """DescribeCloudRecording."""

    TaskId: str | None = None
    Status: str | None = None
    StorageFileList: StoredFiles | None = None
