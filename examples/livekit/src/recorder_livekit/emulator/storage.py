"""Where the files of an emulated egress go, and what their addresses are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from recorder_core.emulation.bucket import Bucket, BucketRefused, S3Bucket
from recorder_core.emulation.delivery import Delivery, Name, Output
from recorder_core.emulation.loopback import is_on_loopback
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape

from recorder_livekit.wire.requests import AliOssUpload, AzureBlobUpload, GcpUpload, S3Upload, UploadRequest
from recorder_livekit.wire.values import plain_secret

__all__ = ["Destination"]


class MissingBucket(Bucket):
    """A bucket that the customer's cloud doesn't have."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def put(self, key: str, path: Path) -> NoReturn:
        """Never succeeds."""
        raise BucketRefused(self.reason)

    def list(self) -> NoReturn:
        """Never succeeds."""
        raise BucketRefused(self.reason)

    def read(self, key: str) -> NoReturn:
        """Never succeeds."""
        raise BucketRefused(self.reason)


class Destination:
    """The storage of one output.

    Args:
        output: what was asked for.
        service: whose folder stands for every cloud but stores on loopback that speak the S3 protocol.
        buckets: the buckets that the customer's clouds have; None for any.
    """

    def __init__(self, output: UploadRequest, *, service: EmulatedService, buckets: Collection[str] | None) -> None:
        self._upload = output.upload
        self._service = service
        self._buckets = buckets

    @property
    def kind(self) -> str:
        """What the vendor's errors call it."""
        upload = self._upload
        if isinstance(upload, S3Upload):
            return "S3"
        if isinstance(upload, GcpUpload):
            return "GCP"
        if isinstance(upload, AzureBlobUpload):
            return "Azure"
        return "AliOSS" if isinstance(upload, AliOssUpload) else "Local"

    def deliver(self, tape: Tape, until: float, output: Output, *, name: Name, prefix: str) -> Delivery:
        """Encode a tape up to `until` (Unix s) and store the files."""
        return self._judged(self._service.deliver(tape, until, output, name=name, prefix=prefix, bucket=self._bucket))

    def take_pictures(self, tape: Tape, instants: Iterable[float], *, name: Name, prefix: str) -> Delivery:
        """Store a JPG of the tape's picture at each of the instants (Unix s)."""
        return self._judged(self._service.take_pictures(tape, instants, name=name, prefix=prefix, bucket=self._bucket))

    def address(self, key: str) -> str:
        """Where a file is, as the vendor names it."""
        upload = self._upload
        if isinstance(upload, S3Upload):
            if upload.endpoint:
                return f"{upload.endpoint.rstrip('/')}/{upload.bucket}/{key}"
            return f"https://{upload.bucket}.s3.{upload.region}.amazonaws.com/{key}"
        if isinstance(upload, GcpUpload):
            return f"https://{upload.bucket}.storage.googleapis.com/{key}"
        if isinstance(upload, AzureBlobUpload):
            return f"https://{upload.account_name}.blob.core.windows.net/{upload.container_name}/{key}"
        if isinstance(upload, AliOssUpload):
            host = upload.endpoint.partition("://")[2] or upload.endpoint
            return f"https://{upload.bucket}.{host}/{key}"
        return f"/{key}"

    def _judged(self, delivery: Delivery) -> Delivery:
        # A bucket that doesn't exist refuses files even where none are made.
        bucket = self._bucket
        return replace(delivery, refused=bucket.reason) if isinstance(bucket, MissingBucket) else delivery

    @property
    def _bucket_name(self) -> str:
        upload = self._upload
        if isinstance(upload, AzureBlobUpload):
            return upload.container_name
        return upload.bucket if upload is not None else ""

    @cached_property
    def _bucket(self) -> Bucket:
        upload = self._upload
        if self._buckets is not None and self._bucket_name not in self._buckets:
            return MissingBucket(f"NoSuchBucket: the bucket {self._bucket_name!r} does not exist")
        is_elsewhere = isinstance(upload, S3Upload) and upload.endpoint and is_on_loopback(upload.endpoint)
        if not isinstance(upload, S3Upload) or not is_elsewhere or not self._service.media:
            return self._service.bucket
        try:
            return S3Bucket(
                endpoint=upload.endpoint,
                region=upload.region,
                bucket=upload.bucket,
                access_key=plain_secret(upload.access_key),
                secret_key=plain_secret(upload.secret),
                path_style=bool(upload.force_path_style),
            )
        except BucketRefused as error:
            return MissingBucket(str(error))
