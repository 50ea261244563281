"""How each kind of storage can be spoken to: the cloud's own address for the S3 protocol, as its documents give it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from recorder_core.models.base import Kind
from recorder_core.models.storage import S3, AzureBlob, GoogleCloudStorage, S3Compatible

__all__ = ["CLOUDS", "NOT_SPOKEN", "AzureStore", "Cloud", "S3Store", "Unchecked", "store_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """How a cloud speaks the S3 protocol.

    Attributes:
        endpoint: its address; `{region}` stands for the cloud's own name of the region. None: boto3 knows it.
        path_style: whether the bucket stands in the path, not in the host; None: as its name allows.
        signature: `s3v4`, or `s3` for the older one.
        signs_body: whether the signature covers the body.
        regions: those that have an https address; empty: all.
        source: the cloud's document.
    """

    endpoint: str | None
    path_style: bool | None = False
    signature: Literal["s3v4", "s3"] = "s3v4"
    signs_body: bool = True
    regions: frozenset[str] = frozenset()
    source: str


CLOUDS: Mapping[str, Cloud] = MappingProxyType(
    {
        "s3": Cloud(
            endpoint=None,
            path_style=None,
            source='"Amazon Simple Storage Service endpoints and quotas" (AWS General Reference)',
        ),
        "alibaba_oss": Cloud(
            endpoint="https://s3.oss-{region}.aliyuncs.com",
            signature="s3",  # with the newer one boto3 may send chunks, which the store doesn't take
            source='"Accessing OSS with the AWS SDK" (Alibaba Cloud, 2026-03-20)',
        ),
        "tencent_cos": Cloud(
            endpoint="https://cos.{region}.myqcloud.com",
            source='"Accessing COS with AWS S3 SDK" (Tencent Cloud, 2025-08-12)',
        ),
        "huawei_obs": Cloud(
            endpoint="https://obs.{region}.myhuaweicloud.com",
            signs_body=False,
            source='"如何使用V4签名访问OBS" (Huawei Cloud, 2026-03-26)',
        ),
        "baidu_bos": Cloud(
            endpoint="https://s3.{region}.bcebos.com",
            regions=frozenset({"bj", "gz", "su", "bd"}),
            # Wuhan and Hong Kong are listed without https.
            source='"服务域名" (Baidu AI Cloud, 2025-06-27), "兼容签名认证" (2025-06-05)',
        ),
        "google_cloud_storage": Cloud(
            endpoint="https://storage.googleapis.com",
            path_style=True,
            source='"Simple migration from Amazon S3 to Cloud Storage" (Google Cloud)',
        ),
    }
)
"""The clouds whose documents name an address for the S3 protocol."""

_UNDOCUMENTED = "no document of the cloud's that is known here names an https address for the S3 protocol"
_VIDEO = "a video service takes uploads by a protocol of its own, and each would become a video there"

NOT_SPOKEN: Mapping[str, str] = MappingProxyType(
    {
        "qiniu_kodo": "by the S3 protocol a bucket may have another name there, given by the store "
        '("服务域名", Qiniu Cloud), so that another bucket would be looked at',
        "kingsoft_ks3": f"{_UNDOCUMENTED} for each region, nor the signature that it takes",
        "china_mobile_eos": _UNDOCUMENTED,
        "alibaba_vod": _VIDEO,
        "tencent_vod": _VIDEO,
        "vendor_managed": "the recording vendor keeps the files, in a place of its own",
        "account": "the vendor's account is set up with it, and its keys aren't here",
    }
)
"""Why a kind isn't spoken to."""

TRY_IT = "Make a short test recording, and look at its files."


@dataclass(frozen=True, slots=True)
class S3Store:
    """A bucket that speaks the S3 protocol; its repr shows no secret.

    Attributes:
        cloud: how it speaks it.
        endpoint: its address. None: boto3 knows it.
        region: the cloud's own name of the region.
        bucket: its name.
        access_key: id of the key.
        secret_key: the key's secret.
        session_token: token of temporary keys.
        encryption: what the files ask the store to encrypt them with: `aes256` or `kms`.
        kms_key_id: with which key of the cloud's key management; None: the bucket's.
    """

    cloud: Cloud
    endpoint: str | None
    region: str
    bucket: str
    access_key: SecretStr
    secret_key: SecretStr
    session_token: SecretStr | None = None
    encryption: str | None = None
    kms_key_id: str | None = None

    @property
    def host(self) -> str:
        """What is spoken to, in words."""
        return self.endpoint or f"Amazon S3 in {self.region}"

    @property
    def is_here(self) -> bool:
        """Whether it is this machine."""
        return self.endpoint is not None and _is_loopback(urlsplit(self.endpoint).hostname)


@dataclass(frozen=True, slots=True)
class AzureStore:
    """A container of Azure Blob Storage; its repr shows no secret."""

    account_url: str
    account_name: str
    account_key: SecretStr
    container: str

    @property
    def host(self) -> str:
        """What is spoken to, in words."""
        return self.account_url


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Why a storage can't be looked at, and what to do instead."""

    reason: str
    fix: str = TRY_IT


def store_of(storage: Kind) -> S3Store | AzureStore | Unchecked:
    """What to speak to, or why nothing can be."""
    if isinstance(storage, AzureBlob):
        if not re.fullmatch(r"[a-z0-9]{3,24}", storage.account_name):
            return Unchecked(
                "no storage account has such a name: 3 to 24 of a-z and 0-9", "Check storage.account_name."
            )
        url = f"https://{storage.account_name}.blob.core.windows.net"
        return AzureStore(url, storage.account_name, storage.account_key, storage.container)
    if storage.kind in NOT_SPOKEN:
        return Unchecked(NOT_SPOKEN[storage.kind])
    if isinstance(storage, S3) and storage.role_arn is not None:
        return Unchecked("only the recording vendor can take on the role; there are no keys to try")
    if isinstance(storage, S3) and storage.bucket_policy:
        return Unchecked("the bucket's policy admits the recording vendor alone; there are no keys to try")
    if isinstance(storage, GoogleCloudStorage) and storage.credentials_json is not None:
        return Unchecked("a service account's key file doesn't open the S3 protocol; HMAC keys do")
    cloud = _own_cloud(storage) if isinstance(storage, S3Compatible) else CLOUDS.get(storage.kind)
    if cloud is None or isinstance(cloud, Unchecked):
        return cloud or Unchecked(f"nothing is known here of how to speak to {storage.kind}")
    fields: dict[str, Any] = dict(storage)
    region = fields.get("region", "auto")
    if not re.fullmatch(r"[A-Za-z0-9-]+", region) or (cloud.regions and region not in cloud.regions):
        return Unchecked(f"{_UNDOCUMENTED} in region {region!r}", f"Check the name of the region. {TRY_IT}")
    return S3Store(
        cloud,
        cloud.endpoint and cloud.endpoint.replace("{region}", region),
        region,
        bucket=fields["bucket"],
        access_key=fields["access_key"],
        secret_key=fields["secret_key"],
        session_token=fields.get("session_token"),
        encryption=fields.get("server_side_encryption"),
        kms_key_id=fields.get("kms_key_id"),
    )


def _own_cloud(storage: S3Compatible) -> Cloud | Unchecked:
    """The address that the storage itself names."""
    given = storage.endpoint
    parts = urlsplit(given if "://" in given else f"//{given}")
    is_here = _is_loopback(parts.hostname)
    scheme = parts.scheme or ("http" if is_here else "https")
    if scheme != "https" and not is_here:
        return Unchecked(
            "its endpoint is http, over which anybody in between could read and change what is sent",
            "Give an https endpoint.",
        )
    endpoint = f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    return Cloud(endpoint=endpoint, path_style=storage.path_style, source="the storage's own endpoint")


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
