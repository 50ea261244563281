"""Where recorded files end up: a folder, or a bucket at any S3-compatible endpoint."""

import ipaddress
import mimetypes
import shutil
from abc import ABC, abstractmethod
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class BucketRefused(Exception):  # noqa: N818 - it says what happened, as the core's errors do
    """The bucket did not take the file, or doesn't hold it; the message says why and holds no secret."""


class Bucket(ABC):
    """Objects by key; a key is a relative path with `/` between its parts."""

    @abstractmethod
    def put(self, key: str, path: Path) -> None:
        """Store the file at `path` under `key`, replacing what was there.

        Raises:
            BucketRefused: it wasn't stored.
        """

    @abstractmethod
    def list(self) -> tuple[str, ...]:
        """Every key, sorted.

        Raises:
            BucketRefused: the bucket can't be listed.
        """

    @abstractmethod
    def read(self, key: str) -> bytes:
        """The object's content.

        Raises:
            BucketRefused: there is no such object, or it can't be read.
        """


class FolderBucket(Bucket):
    """A bucket in the folder `root`, which is made when it's needed."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    def path(self, key: str) -> Path:
        """Where the object `key` lies.

        Raises:
            BucketRefused: the key leads out of the folder.
        """
        parts = PurePosixPath(key)
        if not parts.parts or parts.is_absolute() or ".." in parts.parts:
            raise BucketRefused(f"{key!r} is no relative path inside the bucket")
        return self.root.joinpath(*parts.parts)

    def put(self, key: str, path: Path) -> None:
        """Copy the file into the folder."""
        target = self.path(key)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        except OSError as error:
            raise BucketRefused(f"{key!r} was not written: {error.strerror}") from error

    def list(self) -> tuple[str, ...]:
        """Every key, sorted."""
        return tuple(
            sorted(found.relative_to(self.root).as_posix() for found in self.root.rglob("*") if found.is_file())
        )

    def read(self, key: str) -> bytes:
        """The file's content."""
        try:
            return self.path(key).read_bytes()
        except OSError as error:
            raise BucketRefused(f"{key!r} can't be read: {error.strerror}") from error


class S3Bucket(Bucket):
    """A bucket at an S3-compatible endpoint, through boto3 (imported with the first bucket).

    `endpoint` is a URL or a bare host; a bare loopback host is spoken to over http, any other over https.
    """

    def __init__(
        self,
        *,
        endpoint: str | None,
        region: str | None,
        bucket: str,
        access_key: str,
        secret_key: str,
        path_style: bool = True,
    ) -> None:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        self.name = bucket
        self.endpoint = endpoint and _with_scheme(endpoint)
        try:
            self._client: S3Client = boto3.session.Session().client(
                "s3",
                endpoint_url=self.endpoint,
                region_name=region or "us-east-1",
                aws_access_key_id=access_key,
                aws_secret_access_key=secret_key,
                config=Config(
                    connect_timeout=2,
                    read_timeout=10,
                    retries={"total_max_attempts": 2, "mode": "standard"},
                    s3={"addressing_style": "path" if path_style else "virtual"},
                    # Stores other than Amazon's don't all know the newer checksums.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )
        except (BotoCoreError, ValueError) as error:
            raise BucketRefused(f"the endpoint {self.endpoint!r} or the region {region!r} is no S3 address") from error

    def put(self, key: str, path: Path) -> None:
        """Send the file in one request."""
        from botocore.exceptions import BotoCoreError, ClientError

        kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
        try:
            with path.open("rb") as content:
                self._client.put_object(Bucket=self.name, Key=key, Body=content, ContentType=kind)
        except (BotoCoreError, ClientError) as error:
            raise BucketRefused(f"bucket {self.name!r} did not take {key!r}: {_reason(error)}") from error

    def list(self) -> tuple[str, ...]:
        """Every key, sorted."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
            return tuple(sorted(found["Key"] for page in pages for found in page.get("Contents", ())))
        except (BotoCoreError, ClientError) as error:
            raise BucketRefused(f"bucket {self.name!r} can't be listed: {_reason(error)}") from error

    def read(self, key: str) -> bytes:
        """Fetch the whole object."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._client.get_object(Bucket=self.name, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise BucketRefused(f"{key!r} can't be read from bucket {self.name!r}: {_reason(error)}") from error


def _with_scheme(endpoint: str) -> str:
    if "://" in endpoint:
        return endpoint
    host = endpoint.split("/")[0].rsplit(":", 1)[0].strip("[]")
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    return f"{'http' if loopback else 'https'}://{endpoint}"


def _reason(error: Exception) -> str:
    """The store's error code, or the kind of failure; never the text, in which a key id may stand."""
    response = getattr(error, "response", None)
    return str(response["Error"]["Code"]) if response else type(error).__name__
