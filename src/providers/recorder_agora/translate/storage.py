"""Storage, neutral to wire: the vendor's numbers for clouds and regions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from pydantic import SecretStr

from recorder_agora.tables import REGION_AREAS, STORAGE_REGIONS, WITHDRAWN_VENDORS, StorageVendor
from recorder_agora.wire.storage import ExtensionParams, StorageConfig
from recorder_core.translation import Translator, nearest

__all__ = ["StorageTranslator"]


class StorageTranslator(Translator):
    """`storageConfig`. Every kind of storage that the vendor writes to has a method here."""

    advice: ClassVar[Mapping[str, str]] = {
        "storage.role_arn": "give access_key and secret_key; temporary ones with their session_token",
        "storage.external_id": "leave it out with its role",
        "storage.bucket_policy": "give access_key and secret_key",
        "storage.kms_key_id": "leave it out, and set it as the default of the bucket's encryption with KMS",
        "storage.credentials_json": "make an HMAC key of the service account, and give access_key and secret_key",
    }

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._storage: dict[str, Any] = {}
        self._cloud: StorageVendor | None = None
        self._cloud_region: str | None = None

    def _storage_config(self, prefix: tuple[str, ...] | None) -> StorageConfig:
        """`storageConfig` of start."""
        return StorageConfig(**self._storage, fileNamePrefix=prefix)

    def storage_s3(
        self,
        *,
        bucket: str,
        region: str,
        access_key: SecretStr,
        secret_key: SecretStr,
        session_token: SecretStr | None,
        session_expires_at: datetime | None,
        server_side_encryption: str | None,
        object_tag: str | None,
    ) -> None:
        self._store(StorageVendor.AMAZON_S3, bucket, region, access_key, secret_key)
        self._session(session_token, session_expires_at)
        self._extend(sse=server_side_encryption, tag=object_tag)

    def storage_alibaba_oss(
        self,
        *,
        bucket: str,
        region: str,
        access_key: SecretStr,
        secret_key: SecretStr,
        session_token: SecretStr | None,
        session_expires_at: datetime | None,
        object_tag: str | None,
    ) -> None:
        self._store(StorageVendor.ALIBABA_CLOUD, bucket, region, access_key, secret_key)
        self._session(session_token, session_expires_at)
        self._extend(tag=object_tag)

    def storage_tencent_cos(
        self,
        *,
        bucket: str,
        region: str,
        access_key: SecretStr,
        secret_key: SecretStr,
        session_token: SecretStr | None,
        session_expires_at: datetime | None,
    ) -> None:
        self._store(StorageVendor.TENCENT_CLOUD, bucket, region, access_key, secret_key)
        self._session(session_token, session_expires_at)

    def storage_qiniu_kodo(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.QINIU, bucket, region, access_key, secret_key)

    def storage_kingsoft_ks3(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.KINGSOFT_CLOUD, bucket, region, access_key, secret_key)

    def storage_huawei_obs(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.HUAWEI_CLOUD, bucket, region, access_key, secret_key)

    def storage_baidu_bos(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.BAIDU_AI_CLOUD, bucket, region, access_key, secret_key)

    def storage_google_cloud_storage(self, *, bucket: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.GOOGLE_CLOUD, bucket, None, access_key, secret_key)

    def storage_azure_blob(self, *, container: str, account_name: str, account_key: SecretStr) -> None:
        self._store(StorageVendor.MICROSOFT_AZURE, container, None, SecretStr(account_name), account_key)

    def storage_s3_compatible(
        self,
        *,
        bucket: str,
        region: str | None,
        endpoint: str,
        path_style: bool | None,
        access_key: SecretStr,
        secret_key: SecretStr,
    ) -> None:
        self._store(StorageVendor.S3_COMPATIBLE, bucket, None, access_key, secret_key)
        scheme, _, rest = endpoint.rpartition("://")
        host = re.split(r"[/?#]", rest, maxsplit=1)[0]
        if rest.removeprefix(host) not in ("", "/"):
            self.unsupported("endpoint", "the vendor takes a host, no path and no query", "leave out what follows it")
        if scheme.lower() == "http":
            self.approximated("endpoint", "the vendor takes a host and no scheme", "it may insist on https")
        self._extend(endpoint=host)

    def _store(
        self,
        vendor: StorageVendor,
        bucket: str,
        region: str | None,
        access_key: SecretStr,
        secret_key: SecretStr,
    ) -> None:
        number = 0 if region is None else self._region(vendor, region)
        if vendor in WITHDRAWN_VENDORS:
            self.approximated("kind", WITHDRAWN_VENDORS[vendor], "test it before you rely on it")
        self._cloud = vendor
        self._storage = {
            "vendor": int(vendor),
            "region": number,
            "bucket": bucket,
            "accessKey": access_key,
            "secretKey": secret_key,
        }

    def _region(self, vendor: StorageVendor, region: str) -> int:
        known = STORAGE_REGIONS[vendor]
        found = known.get(region)
        if found is None:
            near = nearest(region, known)
            self.unsupported(
                "region",
                f"{region!r} is none of this cloud's regions that the vendor can store to",
                f"the nearest are {', '.join(near)}" if near else f"there are {', '.join(known)}",
            )
            return 0
        if found.doubt:
            self.approximated("region", found.doubt, "test it before you rely on it")
        self._cloud_region = region
        return found.number

    def _check_area(self, fence: str) -> None:
        """Find where the storage lies outside the area that acquire's `region` fences off, or where that can't be told.

        Called for the option, after the storage.
        """
        if self._cloud is None or (STORAGE_REGIONS[self._cloud] and self._cloud_region is None):
            return  # the storage itself was refused
        areas = REGION_AREAS.get(self._cloud, {})
        area = next((area for area, regions in areas.items() if self._cloud_region in regions), None)
        if area is None:
            self.approximated(
                "",
                f"the vendor wants the storage inside the fence {fence}, and it isn't known that "
                f"{self._cloud_region or 'yours'} lies there",
                "the vendor may refuse it after the start; leave the fence out, or store in a region that lies in it",
            )
        elif area != fence:
            there = f"store in {', '.join(areas[fence])}" if fence in areas else "choose another cloud"
            # A fence is never dropped: the recording would be made elsewhere.
            self.unsupported(
                "region",
                f"the vendor wants the storage inside the fence options.agora.region {fence}, and "
                f"{self._cloud_region} lies in {area}",
                f"{there}; or make the fence {area}, or leave it out",
                of="storage",
            )

    def _session(self, token: SecretStr | None, expires_at: datetime | None) -> None:
        expiry = None if expires_at is None else int(expires_at.timestamp())
        if expiry is not None and expiry < 0:
            self.unsupported("session_expires_at", "the vendor counts it in seconds since 1970", "correct the year")
        self._storage |= {"stsToken": token, "stsExpiration": expiry}

    def _extend(self, **params: Any) -> None:
        if any(value is not None for value in params.values()):
            self._storage["extensionParams"] = ExtensionParams(**params)
