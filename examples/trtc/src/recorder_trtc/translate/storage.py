"""Storage, neutral to wire: a bucket at Tencent COS or Amazon S3, or Video on Demand of the recording account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SecretStr

from recorder_core.translation import Translator
from recorder_trtc.config import TrtcConfig
from recorder_trtc.wire.requests import BucketStorage, Storage, Vod, VodStorage
from recorder_trtc.wire.values import StorageVendor, VodFormat

__all__ = ["FOLDER", "VODS", "StorageTranslator"]

VODS = frozenset({"tencent_vod", "vendor_managed"})
"""Kinds of storage that are Video on Demand."""
FOLDER = re.compile(r"[A-Za-z0-9_-]+")
"""What a step of a prefix may be."""


class StorageTranslator(Translator):
    """`StorageParams`. Every kind of storage that the vendor writes to has a method here.

    Args:
        name: name of the provider.
        config: the account, whose own Video on Demand is the only one that there is.
    """

    advice: ClassVar[Mapping[str, str]] = {
        "storage.session_token": "give permanent keys, such as may only write; the vendor takes no others",
        "storage.session_expires_at": "leave it out with its token",
        "storage.role_arn": "give access_key and secret_key",
        "storage.external_id": "leave it out with its role",
        "storage.bucket_policy": "give access_key and secret_key",
        "storage.kms_key_id": "set it as the bucket's default",
        "storage.server_side_encryption": "set it as the bucket's default",
        "storage.object_tag": "leave it out; every recording's files are in a folder of their own",
    }

    def __init__(self, name: str, config: TrtcConfig) -> None:
        super().__init__(name)
        self.config = config
        self._bucket: dict[str, Any] | None = None
        self._vod: dict[str, Any] = {}

    def _storage_params(self, folders: list[str], vod_format: VodFormat | None) -> Storage:
        """`StorageParams` of CreateCloudRecording."""
        if self._bucket is not None:
            return Storage(CloudStorage=BucketStorage(**self._bucket, FileNamePrefix=folders or None))
        vod = Vod(**self._vod) if vod_format is None else Vod(**self._vod, MediaType=vod_format)
        return Storage(CloudVod=VodStorage(TencentVod=vod))

    def storage_tencent_cos(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.TENCENT_COS, bucket, region, access_key, secret_key)

    def storage_s3(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.AMAZON_S3, bucket, region, access_key, secret_key)

    def _store(
        self, vendor: StorageVendor, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr
    ) -> None:
        self._bucket = {
            "Vendor": vendor,
            "Bucket": bucket,
            "Region": region,
            "AccessKey": access_key,
            "SecretKey": secret_key,
        }

    def storage_tencent_vod(
        self,
        *,
        region: str | None,
        access_key: SecretStr | None,
        secret_key: SecretStr | None,
        sub_app_id: int | None,
    ) -> None:
        if access_key is not None and (access_key, secret_key) != (self.config.secret_id, self.config.secret_key):
            self.unsupported(
                "access_key",
                "the vendor stores into Video on Demand of the account that records, and takes no keys of another one",
                "leave both keys out, or choose a bucket",
            )
        given = {"StorageRegion": region, "SubAppId": sub_app_id}
        self._vod = {name: value for name, value in given.items() if value is not None}

    def storage_vendor_managed(self) -> None:
        """Video on Demand of the account, without end."""
