"""Where an emulated recording's files go: the storage that its start or its last update named."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recorder_agora.tables import REGION_AREAS, STORAGE_REGIONS, StorageVendor
from recorder_agora.wire.storage import StorageConfig
from recorder_core.emulation.bucket import Bucket, BucketRefused, S3Bucket
from recorder_core.emulation.delivery import DeliveredFile, Delivery, Name, Output
from recorder_core.emulation.service import EmulatedService
from recorder_core.emulation.taping import Tape

__all__ = ["Destination", "is_fenced_out", "prefix_of", "slice_time"]


@dataclass(frozen=True, slots=True)
class Destination:
    """One prefix of one bucket.

    Args:
        service: makes the files.
        bucket: None is the service's own folder.
        prefix: `fileNamePrefix` as it stands before each name, closing slash included.
    """

    service: EmulatedService
    bucket: Bucket | None
    prefix: str

    @classmethod
    def of(cls, storage: StorageConfig, service: EmulatedService, at: float) -> Destination:
        """Where `storage` leads at `at` (Unix s): vendor 11 is spoken to over S3, the rest is the folder.

        Raises:
            BucketRefused: the temporary credential has expired by then, or the endpoint is no address.
        """
        if storage.stsExpiration is not None and storage.stsExpiration <= at:
            raise BucketRefused("stsToken had expired when the files were uploaded; update renews it")
        bucket = None
        if StorageVendor(storage.vendor) is StorageVendor.S3_COMPATIBLE and service.media:
            bucket = S3Bucket(
                endpoint=storage.extensionParams.endpoint if storage.extensionParams else None,
                region=None,
                bucket=storage.bucket,
                access_key=storage.accessKey.get_secret_value(),
                secret_key=storage.secretKey.get_secret_value(),
            )
        return cls(service, bucket, prefix_of(storage))

    def deliver(self, tape: Tape, until: float, output: Output, *, name: Name, limit: float | None = None) -> Delivery:
        """Encode a tape up to `until` (Unix s) and store the files; `limit` as in `EmulatedService.deliver`."""
        return self.service.deliver(tape, until, output, name=name, prefix=self.prefix, bucket=self.bucket, limit=limit)

    def take_pictures(self, tape: Tape, instants: Iterable[float], *, name: Name) -> Delivery:
        """Store a JPG of the tape's picture at each of the instants (Unix s)."""
        return self.service.take_pictures(tape, instants, name=name, prefix=self.prefix, bucket=self.bucket)

    def write_playlist(self, name: str, text: str, *, began: float, ended: float) -> Delivery:
        """Store a playlist as it is given."""
        refused = None
        if self.service.media:
            with tempfile.TemporaryDirectory(prefix="recorder-playlist-") as folder:
                path = Path(folder) / "playlist"
                path.write_text(text)
                try:
                    (self.bucket or self.service.bucket).put(self.prefix + name, path)
                except BucketRefused as error:
                    refused = str(error)
        file = DeliveredFile(
            name=name,
            key=self.prefix + name,
            format="hls",
            playlist=True,
            started_at=began,
            duration_s=ended - began,
            size=len(text.encode()) if self.service.media else 0,
        )
        return Delivery(files=(file,), refused=refused)


def is_fenced_out(storage: StorageConfig, fence: str | None) -> bool:
    """Whether it surely lies in another area than the one that `region` of acquire names, where it has to lie."""
    cloud = StorageVendor(storage.vendor)
    names = {name for name, region in STORAGE_REGIONS[cloud].items() if region.number == storage.region}
    areas = {area for area, regions in REGION_AREAS.get(cloud, {}).items() if names.intersection(regions)}
    return fence is not None and bool(areas) and fence not in areas


def prefix_of(storage: StorageConfig) -> str:
    """`fileNamePrefix` joined, with a closing slash; empty without one."""
    return "".join(f"{segment}/" for segment in storage.fileNamePrefix or ())


def slice_time(at: float) -> str:
    """The start of a slice in its name: `yyyyMMddHHmmssSSS`, UTC."""
    return f"{datetime.fromtimestamp(int(at), UTC):%Y%m%d%H%M%S}{int(at * 1000) % 1000:03}"
