"""Storage, neutral to wire: the vendor's numbers for clouds, and the clouds' own region strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SecretStr

from recorder_core.translation import Translator, nearest
from recorder_zegocloud.tables import KNOWN_REGIONS, REGION_FORMS
from recorder_zegocloud.wire.storage import AlibabaVodParams, Storage, TencentVodParams
from recorder_zegocloud.wire.values import StorageVendor

__all__ = ["StorageTranslator"]


class StorageTranslator(Translator):
    """`StorageParams`. Every kind of storage that the vendor writes to has a method here."""

    advice: ClassVar[Mapping[str, str]] = {
        "storage.session_token": "give permanent keys, such as may only write; the vendor takes no others",
        "storage.session_expires_at": "leave it out with its token",
        "storage.role_arn": "give access_key and secret_key",
        "storage.external_id": "leave it out with its role",
        "storage.bucket_policy": "give access_key and secret_key",
        "storage.kms_key_id": "set it as the bucket's default",
        "storage.credentials_json": "make an HMAC key of the service account, and give access_key and secret_key",
        "storage.server_side_encryption": "set it as the bucket's default",
        "storage.object_tag": "leave it out; the vendor's files can be told apart by output.prefix",
    }

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._storage: dict[str, Any] = {}

    def _storage_params(self) -> Storage:
        """`StorageParams` of StartRecord."""
        return Storage(**self._storage)

    def storage_s3(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.AMAZON_S3, bucket, region, access_key, secret_key)

    def storage_alibaba_oss(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.ALIBABA_OSS, bucket, region, access_key, secret_key)

    def storage_tencent_cos(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.TENCENT_COS, bucket, region, access_key, secret_key)

    def storage_qiniu_kodo(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.QINIU_KODO, bucket, region, access_key, secret_key)

    def storage_huawei_obs(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.HUAWEI_OBS, bucket, region, access_key, secret_key)

    def storage_china_mobile_eos(
        self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr
    ) -> None:
        self._store(StorageVendor.CHINA_MOBILE_EOS, bucket, region, access_key, secret_key)

    def storage_google_cloud_storage(self, *, bucket: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._store(StorageVendor.GOOGLE_CLOUD_STORAGE, bucket, None, access_key, secret_key)

    def storage_s3_compatible(
        self,
        *,
        bucket: str,
        region: str,
        endpoint: str,
        path_style: bool,
        access_key: SecretStr,
        secret_key: SecretStr,
    ) -> None:
        self._store(StorageVendor.S3_COMPATIBLE, bucket, region, access_key, secret_key)
        self._storage |= {"EndPoint": endpoint, "S3ForcePathStyle": path_style}

    def storage_alibaba_vod(
        self,
        *,
        region: str,
        access_key: SecretStr,
        secret_key: SecretStr,
        title: str,
        storage_location: str,
    ) -> None:
        self._storage = {
            "Vendor": StorageVendor.ALIBABA_VOD,
            "AlibabaCloudVodParams": AlibabaVodParams(
                Region=self._region(StorageVendor.ALIBABA_OSS, region),
                AccessKeyId=access_key,
                AccessKeySecret=secret_key,
                Title=title,
                StorageLocation=storage_location,
            ),
        }

    def storage_tencent_vod(
        self,
        *,
        region: str | None,
        access_key: SecretStr | None,
        secret_key: SecretStr | None,
        sub_app_id: int | None,
    ) -> None:
        if access_key is None:
            self.unsupported(
                "access_key",
                "the vendor has no VOD of its own, and opens another account's with its keys",
                "give access_key and secret_key",
            )
        if region is None:
            self.unsupported("region", "the vendor must be told the region", "give it, such as ap-beijing")
        if access_key is None or secret_key is None or region is None:
            return
        self._storage = {
            "Vendor": StorageVendor.TENCENT_VOD,
            "TencentCloudVodParams": TencentVodParams(
                SecretId=access_key,
                SecretKey=secret_key,
                Region=self._region(StorageVendor.TENCENT_COS, region),
                SubAppId=sub_app_id,
            ),
        }

    def _store(
        self,
        vendor: StorageVendor,
        bucket: str,
        region: str | None,
        access_key: SecretStr,
        secret_key: SecretStr,
    ) -> None:
        self._storage = {
            "Vendor": vendor,
            "Bucket": bucket,
            "AccessKeyId": access_key,
            "AccessKeySecret": secret_key,
        }
        if region is not None:
            self._storage["Region"] = REGION_FORMS[vendor].format(region=self._region(vendor, region))

    def _region(self, vendor: StorageVendor, region: str) -> str:
        """The region as it is; one that looks like a slip is named, and sent all the same.

        Of a VOD, whose regions no page lists, `vendor` is the bucket of the same cloud.
        """
        known = KNOWN_REGIONS.get(vendor, ())
        if known and region not in known:
            near = nearest(region, known)
            self.approximated(
                "region",
                f"{region!r} is none of the cloud's regions that are known here; the vendor takes any text",
                f"did you mean {', '.join(near)}?" if near else f"known are {', '.join(known)}",
            )
        return region
