"""Storage, wire to neutral: the clouds' own names for the vendor's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from recorder_agora.tables import STORAGE_REGIONS, StorageVendor
from recorder_agora.wire.storage import ExtensionParams, StorageConfig
from recorder_core.decoding import SpecTree, object_in, refused

__all__ = ["put_storage", "without_effect"]

KINDS: Mapping[StorageVendor, str] = MappingProxyType(
    {
        StorageVendor.QINIU: "qiniu_kodo",
        StorageVendor.AMAZON_S3: "s3",
        StorageVendor.ALIBABA_CLOUD: "alibaba_oss",
        StorageVendor.TENCENT_CLOUD: "tencent_cos",
        StorageVendor.KINGSOFT_CLOUD: "kingsoft_ks3",
        StorageVendor.MICROSOFT_AZURE: "azure_blob",
        StorageVendor.GOOGLE_CLOUD: "google_cloud_storage",
        StorageVendor.HUAWEI_CLOUD: "huawei_obs",
        StorageVendor.BAIDU_AI_CLOUD: "baidu_bos",
        StorageVendor.S3_COMPATIBLE: "s3_compatible",
    }
)
NAMES: Mapping[str, str] = MappingProxyType({"bucket": "bucket", "accessKey": "access_key", "secretKey": "secret_key"})
AZURE_NAMES: Mapping[str, str] = MappingProxyType(
    {"bucket": "container", "accessKey": "account_name", "secretKey": "account_key"}
)
UNNAMED_REGION = "us-east-1"
"""The region of an S3-compatible store that isn't told any, as the protocol's clients have it."""
FOR_VENDORS: Mapping[str, tuple[StorageVendor, ...]] = MappingProxyType(
    {"sse": (StorageVendor.AMAZON_S3,), "tag": (StorageVendor.AMAZON_S3, StorageVendor.ALIBABA_CLOUD)}
)
"""The clouds for which a key of `extensionParams` has an effect; it is printed for others too."""


def without_effect(body: Any) -> Any:
    """The body without what has no effect at its cloud."""
    client = object_in(body, "clientRequest")
    storage = object_in(client, "storageConfig")
    params = object_in(storage, "extensionParams")
    if not params:
        return body
    idle = {key for key, vendors in FOR_VENDORS.items() if storage.get("vendor") not in vendors}
    effective = {key: value for key, value in params.items() if key not in idle}
    return {**body, "clientRequest": {**client, "storageConfig": {**storage, "extensionParams": effective}}}


def put_storage(spec: SpecTree, storage: StorageConfig, source: str) -> None:
    """`storage` and `output.prefix` from `storageConfig`."""
    vendor = StorageVendor(storage.vendor)
    spec.put("storage.kind", KINDS[vendor], f"{source}.vendor")
    names = AZURE_NAMES if vendor is StorageVendor.MICROSOFT_AZURE else NAMES
    for wire, neutral in names.items():
        value = getattr(storage, wire)
        spec.put(
            f"storage.{neutral}", value if isinstance(value, str) else value.get_secret_value(), f"{source}.{wire}"
        )
    spec.put("storage.region", _region(vendor, storage.region, source), f"{source}.region")
    spec.put("storage.session_token", storage.stsToken, f"{source}.stsToken")
    spec.put("storage.session_expires_at", _moment(storage.stsExpiration, source), f"{source}.stsExpiration")
    params = storage.extensionParams or ExtensionParams()
    spec.put("storage.server_side_encryption", params.sse, f"{source}.extensionParams.sse")
    spec.put("storage.object_tag", params.tag, f"{source}.extensionParams.tag")
    if vendor is StorageVendor.S3_COMPATIBLE:
        spec.put("storage.endpoint", params.endpoint, f"{source}.extensionParams.endpoint")
    spec.put("output.prefix", "/".join(storage.fileNamePrefix or ()) or None, f"{source}.fileNamePrefix")


def _region(vendor: StorageVendor, number: int, source: str) -> str | None:
    if vendor is StorageVendor.S3_COMPATIBLE:
        return UNNAMED_REGION
    regions = STORAGE_REGIONS[vendor]
    if not regions:
        return None
    name = next((name for name, region in regions.items() if region.number == number), None)
    if name is None:
        raise refused(f"{source}.region: {number} is no region of vendor {int(vendor)} that the vendor's pages list")
    return name


def _moment(seconds: int | None, source: str) -> datetime | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        pass
    raise refused(f"{source}.stsExpiration: is beyond all calendars; it counts seconds since 1970")
