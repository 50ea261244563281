"""Storage, neutral to wire: the vendor's numbers for clouds and regions."""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from typing import Any

from pydantic import SecretStr

from recorder_agora.tables import STORAGE_REGIONS, WITHDRAWN_VENDORS, StorageVendor
from recorder_agora.wire import ExtensionParams, StorageConfig
from recorder_core.translation import Translator

__all__ = ["StorageTranslator"]


class StorageTranslator(Translator):
    """`storageConfig`. Every kind of storage that the vendor writes to has a method here."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._storage: dict[str, Any] = {}

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
        host, _, path = rest.partition("/")
        if path:
            self.unsupported("endpoint", "the vendor takes a host, no path", "leave the path out")
        if scheme == "http":
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
            self.approximated("kind", f"{WITHDRAWN_VENDORS[vendor]}", "test it before you rely on it")
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
            near = get_close_matches(region, known, n=3, cutoff=0.5)
            self.unsupported(
                "region",
                f"{region!r} is none of the regions that the vendor can store to",
                f"the nearest are {', '.join(near)}" if near else f"there are {', '.join(known)}",
            )
            return 0
        if found.doubt:
            self.approximated("region", found.doubt, "test it before you rely on it")
        return found.number

    def _session(self, token: SecretStr | None, expires_at: datetime | None) -> None:
        self._storage |= {"stsToken": token, "stsExpiration": expires_at and int(expires_at.timestamp())}

    def _extend(self, **params: Any) -> None:
        if any(value is not None for value in params.values()):
            self._storage["extensionParams"] = ExtensionParams(**params)
