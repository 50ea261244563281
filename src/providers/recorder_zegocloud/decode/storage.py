"""Storage, wire to neutral: the clouds' own names for the vendor's fields."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from types import MappingProxyType

from recorder_core.decoding import SpecTree
from recorder_zegocloud.wire.storage import Storage
from recorder_zegocloud.wire.values import StorageVendor

__all__ = ["put_storage"]

KINDS: Mapping[StorageVendor, str] = MappingProxyType(
    {
        StorageVendor.AMAZON_S3: "s3",
        StorageVendor.ALIBABA_OSS: "alibaba_oss",
        StorageVendor.TENCENT_COS: "tencent_cos",
        StorageVendor.QINIU_KODO: "qiniu_kodo",
        StorageVendor.ALIBABA_VOD: "alibaba_vod",
        StorageVendor.TENCENT_VOD: "tencent_vod",
        StorageVendor.HUAWEI_OBS: "huawei_obs",
        StorageVendor.GOOGLE_CLOUD_STORAGE: "google_cloud_storage",
        StorageVendor.CHINA_MOBILE_EOS: "china_mobile_eos",
        StorageVendor.S3_COMPATIBLE: "s3_compatible",
    }
)
KEYED: Mapping[str, str] = MappingProxyType(
    {"Bucket": "bucket", "AccessKeyId": "access_key", "AccessKeySecret": "secret_key"}
)
NAMES: Mapping[str, str] = MappingProxyType({**KEYED, "Region": "region"})
OTHER_NAMES: Mapping[StorageVendor, Mapping[str, str]] = MappingProxyType(
    {
        StorageVendor.GOOGLE_CLOUD_STORAGE: KEYED,
        StorageVendor.S3_COMPATIBLE: {**NAMES, "EndPoint": "endpoint", "S3ForcePathStyle": "path_style"},
        StorageVendor.ALIBABA_VOD: {
            "AlibabaCloudVodParams.Region": "region",
            "AlibabaCloudVodParams.AccessKeyId": "access_key",
            "AlibabaCloudVodParams.AccessKeySecret": "secret_key",
            "AlibabaCloudVodParams.Title": "title",
            "AlibabaCloudVodParams.StorageLocation": "storage_location",
        },
        StorageVendor.TENCENT_VOD: {
            "TencentCloudVodParams.Region": "region",
            "TencentCloudVodParams.SecretId": "access_key",
            "TencentCloudVodParams.SecretKey": "secret_key",
            "TencentCloudVodParams.SubAppId": "sub_app_id",
        },
    }
)
"""The fields of clouds that have others than `NAMES`."""


def put_storage(spec: SpecTree, storage: Storage, source: str) -> None:
    """`storage` from `StorageParams`."""
    spec.put("storage.kind", KINDS[storage.Vendor], f"{source}.Vendor")
    for wire, neutral in OTHER_NAMES.get(storage.Vendor, NAMES).items():
        spec.put(f"storage.{neutral}", attrgetter(wire)(storage), f"{source}.{wire}")
    # A temporary key is known by its form; the vendor has no field for the token that it lacks.
    spec.put("storage.session_token", None, f"{source}.AccessKeyId")
