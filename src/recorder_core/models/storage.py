"""Where the files go: into a bucket at a cloud, to a video service, or where the vendor or its account keeps them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

from recorder_core.models.base import Count, SecretKey, Text, invalid
from recorder_core.models.buckets import (
    S3,
    AlibabaOss,
    AzureBlob,
    BaiduBos,
    BucketName,
    ChinaMobileEos,
    Endpoint,
    GoogleCloudStorage,
    HuaweiObs,
    KingsoftKs3,
    QiniuKodo,
    S3Compatible,
    ServerSideEncryption,
    StorageBase,
    TencentCos,
)

__all__ = [
    "S3",
    "AccountStorage",
    "AccountStore",
    "AlibabaOss",
    "AlibabaVod",
    "AzureBlob",
    "BaiduBos",
    "BucketName",
    "ChinaMobileEos",
    "Endpoint",
    "GoogleCloudStorage",
    "HuaweiObs",
    "KingsoftKs3",
    "QiniuKodo",
    "S3Compatible",
    "ServerSideEncryption",
    "Storage",
    "StorageBase",
    "TencentCos",
    "TencentVod",
    "VendorManaged",
]


class AlibabaVod(StorageBase):
    """Alibaba Cloud ApsaraVideo VOD."""

    kind: Literal["alibaba_vod"] = "alibaba_vod"

    region: Text
    """The cloud's own name of the region, such as `cn-shanghai`."""

    access_key: SecretKey
    """Id of the key; a secret."""

    secret_key: SecretKey
    """The key's secret."""

    title: Text
    """Title of the video."""

    storage_location: Text
    """Address of the storage, such as `xxxx.oss-cn-xxxx.aliyuncs.com`."""


class TencentVod(StorageBase):
    """Tencent Cloud VOD, opened with a pair of keys; or without keys that of the very account which records."""

    kind: Literal["tencent_vod"] = "tencent_vod"

    region: Text | None = None
    """The cloud's own name of the region, such as `ap-beijing`. None: the one that VOD is set to store in."""

    access_key: SecretKey | None = None
    """Id of the key (SecretId); a secret. None: it is VOD of the account that records, which takes no keys."""

    secret_key: SecretKey | None = Field(default=None, validate_default=True)
    """The key's secret. Given beside `access_key`, and never without it."""

    sub_app_id: Count | None = None
    """Number of a sub-application. None: the account's main application."""

    @field_validator("secret_key")
    @classmethod
    def _a_pair_or_none(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("access_key") is not None:
            raise PydanticKnownError("missing")
        if value is not None and info.data.get("access_key", ...) is None:
            raise invalid("is given without access_key; give both keys, or neither")
        return value


AccountStore = Literal[
    "s3",
    "s3_compatible",
    "google_cloud_storage",
    "azure_blob",
    "alibaba_oss",
    "tencent_cos",
    "huawei_obs",
    "tencent_vod",
]
"""Kinds of stores that a vendor's account may be set up with."""


class VendorManaged(StorageBase):
    """The vendor keeps the file."""

    kind: Literal["vendor_managed"] = "vendor_managed"


class AccountStorage(StorageBase):
    """Where the vendor's account, or a service of your own, was set up to put files.

    Nothing of it is sent: what is said here of the store makes the files' addresses. It is a demand all the same: a
    vendor that takes the storage from each start can't record to it.
    """

    kind: Literal["account"] = "account"

    store: AccountStore | None = None
    """Which kind of store it is: s3, s3_compatible, google_cloud_storage, azure_blob, alibaba_oss, tencent_cos,
    huawei_obs or tencent_vod. None: files have no address in their store's words."""

    bucket: BucketName | None = None
    """Name of the bucket or container. None: files have no address in their store's words."""

    region: Text | None = None
    """The cloud's own name of the region."""

    endpoint: Endpoint | None = None
    """A host, host:port, or http or https URL; of `azure_blob` `<account>.blob.core.windows.net`."""


Storage = Annotated[
    S3
    | S3Compatible
    | AlibabaOss
    | TencentCos
    | QiniuKodo
    | HuaweiObs
    | BaiduBos
    | KingsoftKs3
    | ChinaMobileEos
    | GoogleCloudStorage
    | AzureBlob
    | AlibabaVod
    | TencentVod
    | VendorManaged
    | AccountStorage,
    Field(discriminator="kind"),
]
"""Where the files go; told apart by `kind`."""
