"""Where users ask their files to go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder_core.probes.probe import KEYS, S3, Probe

__all__ = ["KINDS", "REGIONS", "STORAGES"]

TOKEN = {"session_token": "session-token"}
EXPIRES = {"session_expires_at": "2030-01-01T00:00:00Z"}
ROLE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "role_arn": "arn:aws:iam::123456789012:role/recorder"}
POLICY = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "bucket_policy": True}
KMS = {"server_side_encryption": "kms"}


def _bucket(kind: str, region: str, **fields: str) -> dict[str, Any]:
    return {"kind": kind, "bucket": "lessons", "region": region, **KEYS, **fields}


S3_COMPATIBLE = _bucket("s3_compatible", "eu-west-1", endpoint="storage.example.com")
OSS = _bucket("alibaba_oss", "cn-hangzhou")
COS = _bucket("tencent_cos", "ap-beijing", bucket="lessons-1250000000")
GOOGLE = {"kind": "google_cloud_storage", "bucket": "lessons"}
AZURE = {"kind": "azure_blob", "container": "lessons", "account_name": "lessons", "account_key": "account-key"}
ALIBABA_VOD = {
    "kind": "alibaba_vod",
    "region": "cn-shanghai",
    "title": "lesson",
    "storage_location": "lessons.oss-cn-shanghai.aliyuncs.com",
    **KEYS,
}
TENCENT_VOD = {"kind": "tencent_vod", "region": "ap-beijing", **KEYS}
ACCOUNT = {"kind": "account"}
TOLD = {"store": "s3_compatible", "bucket": "lessons", "region": "eu-west-1", "endpoint": "minio:9000"}

KINDS: Mapping[str, Mapping[str, Any]] = {
    "Amazon S3": S3,
    "S3-compatible storage": S3_COMPATIBLE,
    "Alibaba Cloud OSS": OSS,
    "Tencent Cloud COS": COS,
    "Qiniu Kodo": _bucket("qiniu_kodo", "z0"),
    "Huawei Cloud OBS": _bucket("huawei_obs", "cn-north-4"),
    "Baidu AI Cloud BOS": _bucket("baidu_bos", "bd"),
    "Kingsoft Cloud KS3": _bucket("kingsoft_ks3", "BEIJING"),
    "China Mobile Cloud EOS": _bucket("china_mobile_eos", "eos-shanghai-1"),
    "Google Cloud Storage": GOOGLE | KEYS,
    "Azure Blob Storage": AZURE,
    "Alibaba Cloud VOD (MP4)": ALIBABA_VOD,
    "Tencent Cloud VOD (MP4)": TENCENT_VOD,
    "kept by the vendor": {"kind": "vendor_managed"},
    "the storage that the vendor's account was set up with": ACCOUNT,
}
"""Every kind of storage; the first one that a provider takes is where its other probes are stored."""


def _storage(label: str, storage: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> Probe:
    return Probe("Storage", label, {"storage": storage}, {"storage": given} if given else {})


def _vod(label: str, storage: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> Probe:
    """A VOD, which takes finished files such as MP4 and no HLS."""
    mp4 = {"output": {"formats": ["mp4"]}}
    if given is None:
        return Probe("Storage", label, {"storage": storage, **mp4})
    return Probe("Storage", label, {"storage": storage}, {"storage": given, **mp4})


STORAGES = (
    *((_vod if "_vod" in storage["kind"] else _storage)(label, storage) for label, storage in KINDS.items()),
    _storage("temporary S3 credentials", S3 | TOKEN, S3),
    _storage("temporary S3 credentials whose end is told", S3 | TOKEN | EXPIRES, S3 | TOKEN),
    _storage("S3 by a role instead of keys", ROLE),
    _storage("S3 by a role with an external id", ROLE | {"external_id": "lessons-42"}, ROLE),
    _storage("S3 by the bucket's own policy, without keys and role", POLICY),
    _storage("S3 server-side encryption with AES-256", S3 | {"server_side_encryption": "aes256"}, S3),
    _storage("S3 server-side encryption with KMS", S3 | KMS, S3),
    _storage("S3 server-side encryption with a KMS key of one's own", S3 | KMS | {"kms_key_id": "lessons"}, S3 | KMS),
    _storage("S3 object tag", S3 | {"object_tag": "lesson"}, S3),
    _storage("S3-compatible storage, bucket in the path", S3_COMPATIBLE | {"path_style": True}, S3_COMPATIBLE),
    _storage("temporary OSS credentials", OSS | TOKEN, OSS),
    _storage("temporary OSS credentials whose end is told", OSS | TOKEN | EXPIRES, OSS | TOKEN),
    _storage("OSS object tag", OSS | {"object_tag": "lesson"}, OSS),
    _storage("temporary COS credentials", COS | TOKEN, COS),
    _storage("temporary COS credentials whose end is told", COS | TOKEN | EXPIRES, COS | TOKEN),
    _storage("Google Cloud Storage by a service account's key file", GOOGLE | {"credentials_json": "{}"}),
    _vod("Tencent Cloud VOD of the account that records, without keys", {"kind": "tencent_vod"}),
    _storage("the account's storage, its bucket told for the files' addresses", ACCOUNT | TOLD, ACCOUNT),
    _vod("a sub-application of Tencent Cloud VOD", TENCENT_VOD | {"sub_app_id": 1}, TENCENT_VOD),
)


def _regions(kind: str, cloud: str, **regions: str) -> tuple[Probe, ...]:
    """A probe for one region of each area that a cloud is in."""
    storage = next(storage for storage in KINDS.values() if storage["kind"] == kind)
    return tuple(
        Probe(
            "Storage regions",
            f"{area.replace('_', ' ')} {cloud} region ({region})",
            {"storage": {**storage, "region": region}},
        )
        for area, region in regions.items()
    )


REGIONS = (
    *_regions("s3", "S3", EU="eu-central-1", US="us-east-1", US_government="us-gov-west-1", Canadian="ca-central-1"),
    *_regions("s3", "S3", Asian="ap-southeast-1", Indian="ap-south-1", Chinese="cn-north-1"),
    *_regions("s3", "S3", Australian="ap-southeast-2", Middle_Eastern="me-south-1", African="af-south-1"),
    *_regions("s3", "S3", South_American="sa-east-1"),
    *_regions("alibaba_oss", "OSS", Chinese="cn-shanghai", Asian="ap-southeast-1", EU="eu-central-1"),
    *_regions("alibaba_oss", "OSS", US="us-east-1", Middle_Eastern="me-east-1"),
    *_regions("tencent_cos", "COS", Chinese="ap-shanghai", Asian="ap-singapore", EU="eu-frankfurt"),
    *_regions("tencent_cos", "COS", US="na-ashburn", South_American="sa-saopaulo"),
    *_regions("qiniu_kodo", "Kodo", US="na0", Asian="as0"),
    *_regions("huawei_obs", "OBS", Asian="ap-southeast-3", African="af-south-1", South_American="sa-brazil-1"),
    *_regions("huawei_obs", "OBS", Middle_Eastern="me-east-1"),
    *_regions("baidu_bos", "BOS", Hong_Kong="hkg"),
    *_regions("kingsoft_ks3", "KS3", Singapore="SINGAPORE"),
    *_regions("china_mobile_eos", "EOS", other="eos-beijing-1"),
)
