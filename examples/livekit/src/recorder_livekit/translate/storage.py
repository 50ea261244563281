"""Where the files go, neutral to wire: one upload that every output carries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from pydantic import SecretStr
from recorder_core.translation import Translator

from recorder_livekit.wire.requests import AliOssUpload, AzureBlobUpload, GcpUpload, S3Upload

__all__ = ["StorageTranslator"]

OSS_ENDPOINT = "https://oss-{region}.aliyuncs.com"


class StorageTranslator(Translator):
    """The upload of an egress: S3, Google Cloud Storage, Azure Blob Storage or Alibaba Cloud OSS."""

    advice: ClassVar[Mapping[str, str]] = {
        "storage.server_side_encryption": "leave it out, and let the bucket encrypt by default",
        "storage.kms_key_id": "leave it out, and set the key as the bucket's default",
        "storage.bucket_policy": "give role_arn, or keys",
        "storage.access_key": "give credentials_json, or the bucket's S3 interface as s3_compatible with its HMAC keys",
        "storage.secret_key": "give credentials_json, or the bucket's S3 interface as s3_compatible with its HMAC keys",
        "storage.session_token": "give permanent keys",
    }

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self._upload: dict[str, Any] = {}

    def upload(self) -> dict[str, Any]:
        """What an output carries of it."""
        return self._upload

    def storage_s3(
        self,
        *,
        bucket: str,
        region: str,
        role_arn: str | None,
        external_id: str | None,
        access_key: SecretStr | None,
        secret_key: SecretStr | None,
        session_token: SecretStr | None,
        session_expires_at: datetime | None,
        object_tag: str | None,
    ) -> None:
        if session_expires_at is not None:
            self.approximated(
                "session_expires_at",
                "the vendor isn't told it, takes no other keys later, and uploads files when the recording ends",
                "let the keys outlive the recording",
            )
        self._upload["s3"] = S3Upload(
            access_key=access_key,
            secret=secret_key,
            session_token=session_token,
            assume_role_arn=role_arn,
            assume_role_external_id=external_id,
            region=region,
            bucket=bucket,
            tagging=object_tag,
        )

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
        self._upload["s3"] = S3Upload(
            access_key=access_key,
            secret=secret_key,
            region=region,
            endpoint=endpoint if "://" in endpoint else f"https://{endpoint}",
            bucket=bucket,
            force_path_style=path_style or None,
        )

    def storage_google_cloud_storage(self, *, bucket: str, credentials_json: SecretStr | None) -> None:
        if credentials_json is not None:
            self._upload["gcp"] = GcpUpload(credentials=credentials_json, bucket=bucket)

    def storage_azure_blob(self, *, container: str, account_name: str, account_key: SecretStr) -> None:
        self._upload["azure"] = AzureBlobUpload(
            account_name=account_name, account_key=account_key, container_name=container
        )

    def storage_alibaba_oss(self, *, bucket: str, region: str, access_key: SecretStr, secret_key: SecretStr) -> None:
        self._upload["ali_oss"] = AliOssUpload(
            access_key=access_key,
            secret=secret_key,
            region=region,
            endpoint=OSS_ENDPOINT.format(region=region),
            bucket=bucket,
        )

    def storage_account(
        self, *, store: str | None, bucket: str | None, region: str | None, endpoint: str | None
    ) -> None:
        """Nothing is sent: an output without an upload goes where the server's own configuration says."""
