"""Where the files go, key by key; each cloud has fields of its own.

Names and rules come from "Cloud Recording Server API" (OpenAPI files, ZEGOCLOUD, 2025-11 to 2026-08-18) where
nothing else is named; `wire` has the body that these are parts of, and says how they are checked.
"""

from __future__ import annotations

from typing import Self

from pydantic import SecretStr, model_validator

from recorder_zegocloud import tables
from recorder_zegocloud.wire import values
from recorder_zegocloud.wire.values import NonEmpty, Request

__all__ = ["AlibabaVodParams", "Storage", "TencentVodParams"]

ONLY_WITH = {
    "AlibabaCloudVodParams": values.StorageVendor.ALIBABA_VOD,
    "TencentCloudVodParams": values.StorageVendor.TENCENT_VOD,
    "EndPoint": values.StorageVendor.S3_COMPATIBLE,
    "S3ForcePathStyle": values.StorageVendor.S3_COMPATIBLE,
}
"""Fields of one cloud. Empty ones are taken with any, as the vendor's own samples send them."""


class AlibabaVodParams(Request):
    """Alibaba Cloud VOD; StorageLocation such as `xxxx.oss-cn-xxxx.aliyuncs.com`, Title the video's title."""

    Region: NonEmpty
    AccessKeyId: SecretStr
    AccessKeySecret: SecretStr
    Title: NonEmpty
    StorageLocation: NonEmpty


class TencentVodParams(Request):
    """Tencent Cloud VOD; Region such as `ap-beijing`."""

    SecretId: SecretStr
    SecretKey: SecretStr
    Region: NonEmpty
    SubAppId: int | None = None


class Storage(Request):
    """Where the files go. Each Vendor has fields of its own; no temporary keys (vendor FAQ of 2021-09-10)."""

    Vendor: values.StorageVendor
    Region: str | None = None
    Bucket: str | None = None
    AccessKeyId: SecretStr | None = None
    AccessKeySecret: SecretStr | None = None
    AlibabaCloudVodParams: AlibabaVodParams | None = None
    TencentCloudVodParams: TencentVodParams | None = None
    EndPoint: str | None = None
    S3ForcePathStyle: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in tables.REQUIRED[self.Vendor]:
            value = getattr(self, name)
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                raise ValueError(f"{name} is required when Vendor is {self.Vendor}")
        for name, vendor in ONLY_WITH.items():
            if getattr(self, name) and self.Vendor is not vendor:
                raise ValueError(f"{name} is valid only when Vendor is {vendor}")
        return self
