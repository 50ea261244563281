"""Where the files of an emulated task go, and what their addresses are.

What the customer's storage refuses goes to the vendor's backup, which keeps nothing here: only the file's status
and address show it.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from recorder_core.emulation.bucket import Bucket, BucketRefused, S3Bucket
from recorder_core.emulation.delivery import Delivery, Name, Output
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape
from recorder_zegocloud.tables import WITHOUT_FILE_URL
from recorder_zegocloud.wire.requests import StartRecordRequest
from recorder_zegocloud.wire.values import FileStatus, StorageVendor

__all__ = ["Destination"]

OBJECT_ADDRESSES: Mapping[StorageVendor, str] = {
    StorageVendor.AMAZON_S3: "https://{bucket}.s3.{region}.amazonaws.com/{key}",
    StorageVendor.ALIBABA_OSS: "https://{bucket}.{region}.aliyuncs.com/{key}",
    StorageVendor.TENCENT_COS: "https://{bucket}.cos.{region}.myqcloud.com/{key}",
    StorageVendor.TENCENT_VOD: "https://vod2.myqcloud.com/{key}",
    StorageVendor.HUAWEI_OBS: "https://{bucket}.obs.{region}.myhuaweicloud.com/{key}",
    StorageVendor.GOOGLE_CLOUD_STORAGE: "https://storage.googleapis.com/{bucket}/{key}",
    StorageVendor.CHINA_MOBILE_EOS: "https://{bucket}.{region}.cmecloud.cn/{key}",
    StorageVendor.S3_COMPATIBLE: "{endpoint}/{bucket}/{key}",
}
BACKUP_ADDRESS = "https://backup.emulated.invalid/{key}"
"""An address in the vendor's backup storage; nothing is there."""


class MissingBucket(Bucket):
    """A bucket that the customer's cloud doesn't have."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def put(self, key: str, path: Path) -> NoReturn:
        """Never succeeds."""
        raise BucketRefused(f"{path.name} was not stored as {key!r}: {self.reason}")

    def list(self) -> NoReturn:
        """Never succeeds."""
        raise BucketRefused(self.reason)

    def read(self, key: str) -> NoReturn:
        """Never succeeds."""
        raise BucketRefused(f"{key!r} was not found: {self.reason}")


class Destination:
    """The storage of one task.

    Args:
        request: what was asked for.
        service: whose bucket stands for every cloud but Vendor 10.
        buckets: the buckets that the customer's cloud has; None for any.
    """

    def __init__(
        self, request: StartRecordRequest, *, service: EmulatedService, buckets: Collection[str] | None
    ) -> None:
        self._storage = request.StorageParams
        self._service = service
        self._buckets = buckets
        self.prefix = (request.RecordOutputParams.OutputFolder or "").lstrip("/")

    def deliver(self, tape: Tape, until: float, output: Output, *, name: Name) -> Delivery:
        """Encode a tape up to `until` (Unix s) and store the files."""
        return self._judged(
            self._service.deliver(tape, until, output, name=name, prefix=self.prefix, bucket=self._bucket)
        )

    def take_pictures(self, tape: Tape, instants: Iterable[float], *, name: Name) -> Delivery:
        """Store a JPG of the tape's picture at each of the instants (Unix s)."""
        return self._judged(
            self._service.take_pictures(tape, instants, name=name, prefix=self.prefix, bucket=self._bucket)
        )

    def write(self, name: str, text: str) -> str | None:
        """Store a text; its key, or None when the storage refused it. Without media, there is only the key."""
        if isinstance(self._bucket, MissingBucket):
            return None
        key = self.prefix + name
        if self._service.media:
            with tempfile.TemporaryDirectory(prefix="recorder-text-") as folder:
                path = Path(folder) / "text"
                path.write_text(text)
                try:
                    self._bucket.put(key, path)
                except BucketRefused:
                    return None
        return key

    def new_video_id(self) -> str:
        """What a video on demand service calls a new video; empty for the clouds that are none."""
        if self._storage.Vendor is StorageVendor.ALIBABA_VOD:
            return secrets.token_hex(16)
        is_vod = self._storage.Vendor is StorageVendor.TENCENT_VOD
        return str(10**18 + secrets.randbelow(9 * 10**18)) if is_vod else ""

    def address(self, name: str, status: FileStatus) -> str | None:
        """The FileUrl of a file; None where there is none."""
        storage, key = self._storage, self.prefix + name
        if status is FileStatus.LOST or storage.Vendor in WITHOUT_FILE_URL:
            return None
        if status is FileStatus.BACKUP:
            return BACKUP_ADDRESS.format(key=key)
        endpoint = storage.EndPoint or ""
        return OBJECT_ADDRESSES[storage.Vendor].format(
            bucket=storage.Bucket,
            region=storage.Region,
            key=key,
            endpoint=(endpoint if "://" in endpoint else f"https://{endpoint}").rstrip("/"),
        )

    def _judged(self, delivery: Delivery) -> Delivery:
        # A bucket that doesn't exist refuses files even where none are made.
        bucket = self._bucket
        return replace(delivery, refused=bucket.reason) if isinstance(bucket, MissingBucket) else delivery

    @cached_property
    def _bucket(self) -> Bucket:
        storage = self._storage
        if storage.Bucket and self._buckets is not None and storage.Bucket not in self._buckets:
            return MissingBucket(f"there is no bucket {storage.Bucket!r}")
        if storage.Vendor is not StorageVendor.S3_COMPATIBLE or not self._service.media:
            return self._service.bucket
        keys = (storage.AccessKeyId, storage.AccessKeySecret)
        access_key, secret_key = (key.get_secret_value() if key else "" for key in keys)
        try:
            return S3Bucket(
                endpoint=storage.EndPoint,
                region=storage.Region,
                bucket=storage.Bucket or "",
                access_key=access_key,
                secret_key=secret_key,
                path_style=storage.S3ForcePathStyle,
            )
        except BucketRefused as error:
            return MissingBucket(str(error))
