"""The files of a recording, and where they lie."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import quote

from pydantic import AfterValidator

from recorder_core.models.addresses import lasting
from recorder_core.models.base import Kind, Moment, Report
from recorder_core.models.media import Media
from recorder_core.models.storage import AzureBlob

__all__ = ["FileStatus", "Location", "RecordedFile"]


class FileStatus(StrEnum):
    """Where a file is."""

    RECORDING = "recording"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    BACKUP = "backup"
    LOST = "lost"
    EXPIRED = "expired"
    """The vendor had it, and has it no more: its time is over, or it was deleted there."""
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, _value: object) -> FileStatus:
        return cls.UNKNOWN

    @property
    def settled(self) -> bool:
        """Whether it is known where the file is, for good: uploaded, in the vendor's backup, lost, or expired."""
        return self in (FileStatus.UPLOADED, FileStatus.BACKUP, FileStatus.LOST, FileStatus.EXPIRED)


_SCHEMES = {
    "s3": "s3",
    "s3_compatible": "s3",
    "alibaba_oss": "oss",
    "tencent_cos": "cos",
    "huawei_obs": "obs",
    "baidu_bos": "bos",
    "kingsoft_ks3": "ks3",
    "google_cloud_storage": "gs",
}


class Location(Report):
    """Where a recording's files lie; no credentials."""

    kind: str
    """The kind of the store, such as `s3`; `account` where the spec only says that the account was set up with one."""

    bucket: str | None = None
    """Name of the bucket or container. None: the kind has none."""

    region: str | None = None
    """The cloud's own name of the region. None: the kind has none."""

    endpoint: str | None = None
    """Host, host:port or URL of the store. None: the cloud's own."""

    prefix: str | None = None
    """Folder in the bucket. None: its root."""

    @classmethod
    def from_storage(cls, storage: Kind, prefix: str | None) -> Self:
        """Where the files of a spec with this storage and `output.prefix` go."""
        if isinstance(storage, AzureBlob):
            endpoint = f"https://{storage.account_name}.blob.core.windows.net"
            return cls(kind=storage.kind, bucket=storage.container, endpoint=endpoint, prefix=prefix)
        return cls(
            kind=getattr(storage, "store", None) or storage.kind,
            bucket=getattr(storage, "bucket", None),
            region=getattr(storage, "region", None),
            endpoint=getattr(storage, "endpoint", None),
            prefix=prefix,
        )

    def uri(self, key: str) -> str | None:
        """An object's address, such as `s3://bucket/key`; None where the kind of storage has no such form.

        Args:
            key: the object's whole key, prefix included.
        """
        if self.bucket is None:
            return None
        if self.kind == "azure_blob" and self.endpoint:
            host = self.endpoint if "://" in self.endpoint else f"https://{self.endpoint}"
            return f"{host.rstrip('/')}/{self.bucket}/{quote(key)}"
        scheme = _SCHEMES.get(self.kind)
        return scheme and f"{scheme}://{self.bucket}/{key}"


class RecordedFile(Report):
    """One file of a recording."""

    name: str
    """The file's name, without folders."""

    key: str | None = None
    """The object's whole key in the bucket, prefix included."""

    uri: str | None = None
    """The object's address, such as `s3://bucket/key`."""

    url: Annotated[str | None, AfterValidator(lasting)] = None
    """A lasting http address of the file, as the vendor names it; whether it opens without keys is up to the store.

    None: the vendor tells none, or only one that is signed. Such a one opens the file to whoever sees it, and ends
    soon: it is never kept.
    """

    format: str | None = None
    """Its container: hls, mp4, flv, aac, mp3, ogg, webm, jpg, or what the vendor calls it."""

    tracks: Media | None = None
    """What is in it."""

    participant: str | None = None
    """Whose it is. None: everybody's."""

    status: FileStatus = FileStatus.UNKNOWN
    """Where it is."""

    available_until: Moment | None = None
    """Until when the vendor keeps it, in its backup or where the vendor is its destination. None: no end is known."""

    size_bytes: int | None = None
    """Size in bytes."""

    duration_s: float | None = None
    """Length in seconds."""

    width: int | None = None
    """Width of the picture in pixels."""

    height: int | None = None
    """Height of the picture in pixels."""

    started_at: Moment | None = None
    """When its first frame was recorded."""
