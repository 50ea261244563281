"""The way back from `translate_storage`: the neutral storage for which `StorageParams` stand."""

from __future__ import annotations

from typing import Any

from recorder_zegocloud.wire.storage import Storage
from recorder_zegocloud.wire.values import StorageVendor

__all__ = ["decoded_storage"]

BUCKETS = {
    StorageVendor.AMAZON_S3: "s3",
    StorageVendor.ALIBABA_OSS: "alibaba_oss",
    StorageVendor.TENCENT_COS: "tencent_cos",
    StorageVendor.QINIU_KODO: "qiniu_kodo",
    StorageVendor.HUAWEI_OBS: "huawei_obs",
    StorageVendor.GOOGLE_CLOUD_STORAGE: "google_cloud_storage",
    StorageVendor.CHINA_MOBILE_EOS: "china_mobile_eos",
    StorageVendor.S3_COMPATIBLE: "s3_compatible",
}


def decoded_storage(storage: Storage) -> dict[str, Any]:
    """The fields of the neutral storage."""
    alibaba, tencent = storage.AlibabaCloudVodParams, storage.TencentCloudVodParams
    if storage.Vendor is StorageVendor.ALIBABA_VOD and alibaba:
        return {
            "kind": "alibaba_vod",
            "region": alibaba.Region,
            "access_key": alibaba.AccessKeyId,
            "secret_key": alibaba.AccessKeySecret,
            "title": alibaba.Title,
            "storage_location": alibaba.StorageLocation,
        }
    if storage.Vendor is StorageVendor.TENCENT_VOD and tencent:
        return {
            "kind": "tencent_vod",
            "region": tencent.Region,
            "access_key": tencent.SecretId,
            "secret_key": tencent.SecretKey,
            "sub_app_id": tencent.SubAppId,
        }
    bucket: dict[str, Any] = {
        "kind": BUCKETS[storage.Vendor],
        "bucket": storage.Bucket,
        "access_key": storage.AccessKeyId,
        "secret_key": storage.AccessKeySecret,
    }
    if storage.Vendor is StorageVendor.GOOGLE_CLOUD_STORAGE:
        return bucket
    if storage.Vendor is StorageVendor.S3_COMPATIBLE:
        bucket |= {"endpoint": storage.EndPoint, "path_style": storage.S3ForcePathStyle}
    return {**bucket, "region": storage.Region}
