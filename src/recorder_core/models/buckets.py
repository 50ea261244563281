"""Buckets at clouds, and how a vendor opens them. Regions have the cloud's own names; every credential is a secret."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

from recorder_core.models.base import (
    Kind,
    Moment,
    SecretKey,
    SecretText,
    Text,
    invalid,
)


class ServerSideEncryption(StrEnum):
    """How the store encrypts the files it keeps."""

    AES256 = "aes256"
    """With keys of the store's own."""

    KMS = "kms"
    """With a key of the cloud's key management service."""


def _bucket(value: str) -> str:
    if re.search(r"[/\s]", value):
        raise invalid("holds a slash or white space; it is a bare name, and a folder belongs into output.prefix")
    return value


def _endpoint(value: str) -> str:
    has_scheme = "://" in value
    try:
        parts = urlsplit(value if has_scheme else f"//{value}")
        sound = bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", value)
    except ValueError:
        sound = False
    if not sound or (has_scheme and parts.scheme not in ("http", "https")) or (not has_scheme and parts.path):
        raise invalid("is no endpoint; it is a host, host:port or an http or https URL")
    if parts.username is not None or parts.password is not None:
        raise invalid("holds credentials; they belong into access_key and secret_key")
    return value


BucketName = Annotated[Text, AfterValidator(_bucket)]
"""Name of the bucket, without scheme, host or folder."""

Endpoint = Annotated[Text, AfterValidator(_endpoint)]
"""A host, host:port, or http or https URL."""


def _needed_without(alternatives: tuple[str, ...], value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    """A key, which is needed unless one of the alternatives is given."""
    if not info.data.keys() >= set(alternatives):
        return value
    given = next((name for name in alternatives if info.data[name]), None)
    if value is None and given is None:
        raise PydanticKnownError("missing")
    if value is not None and given is not None:
        raise invalid(f"is given beside {given}; give one of the two")
    return value


class StorageBase(Kind):
    """What every storage has: a kind."""


class _Keyed(StorageBase):
    """A bucket in a region, opened with a pair of keys."""

    bucket: BucketName
    """Name of the bucket, without scheme, host or folder."""

    region: Text
    """The cloud's own name of the region."""

    access_key: SecretKey
    """Id of the key; a secret. A key that can only write is enough."""

    secret_key: SecretKey
    """The key's secret."""


class _TemporaryKeys(_Keyed):
    """Keys that may be temporary."""

    session_token: SecretKey | None = Field(default=None, validate_default=True)
    """Token that belongs to temporary keys; a secret. None: the keys are permanent."""

    session_expires_at: Moment | None = None
    """When the temporary keys end, with time zone. Only beside `session_token`."""

    @field_validator("session_expires_at")
    @classmethod
    def _expiry_of_a_token(cls, value: Any, info: ValidationInfo) -> Any:
        return _of_a_token(value, info)


def _of_a_token(value: Any, info: ValidationInfo) -> Any:
    if value is not None and info.data.get("session_token", ...) is None:
        raise invalid("is given without session_token, whose end it is")
    return value


def _needed_by(temporary: str, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    """The token, which access keys of the form `temporary` don't work without."""
    key = info.data.get("access_key")
    if value is None and key is not None and re.fullmatch(temporary, key.get_secret_value()):
        raise invalid("is missing; access_key has the form of a temporary key, which works only with its token")
    return value


_PERMANENT_AWS_KEY = r"AKIA[A-Z0-9]{16}"
_TEMPORARY_AWS_KEY = r"ASIA[A-Z0-9]{16}"
"""Ids of access keys ("IAM identifiers", AWS Identity and Access Management User Guide)."""


class S3(StorageBase):
    """Amazon S3."""

    kind: Literal["s3"] = "s3"

    bucket: BucketName
    """Name of the bucket, without scheme, host or folder."""

    region: Text
    """The cloud's own name of the region, such as `eu-west-1`."""

    role_arn: Text | None = None
    """ARN of a role that the vendor assumes, instead of keys."""

    external_id: Text | None = None
    """External id by which the role knows who assumes it. Only beside `role_arn`. No secret, just as the role isn't: to
    AWS it is one that whoever may read the role may see ("Access to AWS accounts owned by third parties", AWS IAM)."""

    bucket_policy: bool = False
    """Whether the bucket's own policy admits the vendor, so that there are neither keys nor a role."""

    access_key: SecretKey | None = Field(default=None, validate_default=True)
    """Id of the key; a secret. Required without `role_arn` and `bucket_policy`. A key that can only write is enough."""

    secret_key: SecretKey | None = Field(default=None, validate_default=True)
    """The key's secret. Required without `role_arn` and `bucket_policy`."""

    session_token: SecretKey | None = Field(default=None, validate_default=True)
    """Token that belongs to temporary keys; a secret. None: the keys are permanent."""

    session_expires_at: Moment | None = None
    """When the temporary keys end, with time zone. Only beside `session_token`."""

    server_side_encryption: ServerSideEncryption | None = None
    """How the store encrypts the files: aes256 or kms. None: as the bucket does."""

    kms_key_id: Text | None = None
    """Id or ARN of the key to encrypt with; no secret. Only beside `server_side_encryption: kms`. None: the bucket's,
    else the one that AWS manages."""

    object_tag: Text | None = None
    """Tag that the files get."""

    @field_validator("external_id")
    @classmethod
    def _id_for_a_role(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("role_arn", ...) is None:
            raise invalid("is given without role_arn; the role asks for it")
        return value

    @field_validator("bucket_policy")
    @classmethod
    def _policy_or_role(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("role_arn") is not None:
            raise invalid("is given beside role_arn; give one of the two")
        return value

    @field_validator("access_key", "secret_key")
    @classmethod
    def _keys_or_role(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        return _needed_without(("role_arn", "bucket_policy"), value, info)

    @field_validator("secret_key")
    @classmethod
    def _not_swapped(cls, value: SecretStr | None) -> SecretStr | None:
        forms = f"{_PERMANENT_AWS_KEY}|{_TEMPORARY_AWS_KEY}"
        if value is not None and re.fullmatch(forms, value.get_secret_value()):
            raise invalid("has the form of an access key's id; it is the 40 characters that were shown once with it")
        return value

    @field_validator("session_token")
    @classmethod
    def _token_of_keys(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        given = next((name for name in ("role_arn", "bucket_policy") if info.data.get(name)), None)
        if value is not None and given is not None:
            raise invalid(f"is given beside {given}; it belongs to keys")
        return _needed_by(_TEMPORARY_AWS_KEY, value, info)

    @field_validator("session_expires_at")
    @classmethod
    def _expiry_of_a_token(cls, value: Any, info: ValidationInfo) -> Any:
        return _of_a_token(value, info)

    @field_validator("kms_key_id")
    @classmethod
    def _key_of_kms(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("server_side_encryption", ServerSideEncryption.KMS) != "kms":
            raise invalid("is given without server_side_encryption: kms, which it is for")
        return value


class S3Compatible(_Keyed):
    """Any store that speaks the S3 protocol."""

    kind: Literal["s3_compatible"] = "s3_compatible"

    endpoint: Endpoint
    """A host, host:port, or http or https URL."""

    path_style: bool = False
    """Whether the bucket stands in the path, not in the host; no demand where a vendor has no such field."""


def _without_service(region: str) -> str:
    return region.removeprefix("oss-") or region


class AlibabaOss(_TemporaryKeys):
    """Alibaba Cloud OSS. Region such as `cn-hangzhou`."""

    kind: Literal["alibaba_oss"] = "alibaba_oss"

    region: Annotated[Text, AfterValidator(_without_service)]
    """The cloud's own name of the region, such as `cn-hangzhou`; `oss-cn-hangzhou` is taken as the same."""

    object_tag: Text | None = None
    """Tag that the files get."""

    @field_validator("session_token")
    @classmethod
    def _token_of_temporary_keys(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        return _needed_by(r"STS\..+", value, info)


def _with_app_id(bucket: str) -> str:
    if not re.fullmatch(r".+-[0-9]+", bucket):
        raise invalid("has no APPID; the whole name of the bucket is name-APPID, such as lessons-1250000000")
    return bucket


class TencentCos(_TemporaryKeys):
    """Tencent Cloud COS. Region such as `ap-beijing`."""

    kind: Literal["tencent_cos"] = "tencent_cos"

    bucket: Annotated[BucketName, AfterValidator(_with_app_id)]
    """The whole name of the bucket: `name-APPID`, such as `lessons-1250000000`."""


class QiniuKodo(_Keyed):
    """Qiniu Kodo. Region such as `z0`."""

    kind: Literal["qiniu_kodo"] = "qiniu_kodo"


class HuaweiObs(_Keyed):
    """Huawei Cloud OBS. Region such as `cn-north-4`."""

    kind: Literal["huawei_obs"] = "huawei_obs"


class BaiduBos(_Keyed):
    """Baidu AI Cloud BOS. Region such as `bj`."""

    kind: Literal["baidu_bos"] = "baidu_bos"


class KingsoftKs3(_Keyed):
    """Kingsoft Cloud KS3. Region such as `BEIJING`."""

    kind: Literal["kingsoft_ks3"] = "kingsoft_ks3"


class ChinaMobileEos(_Keyed):
    """China Mobile Cloud EOS. Region such as `eos-shanghai-1`."""

    kind: Literal["china_mobile_eos"] = "china_mobile_eos"


def _json_object(value: SecretStr) -> SecretStr:
    try:
        sound = isinstance(json.loads(value.get_secret_value()), dict)
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        raise invalid("is no JSON object; it is the content of a service account's key file")
    return value


class GoogleCloudStorage(StorageBase):
    """Google Cloud Storage, opened with a pair of HMAC keys or a service account's key file."""

    kind: Literal["google_cloud_storage"] = "google_cloud_storage"

    bucket: BucketName
    """Name of the bucket, without scheme, host or folder."""

    credentials_json: Annotated[SecretText, AfterValidator(_json_object)] | None = None
    """Content of a service account's key file (JSON), instead of HMAC keys."""

    access_key: SecretKey | None = Field(default=None, validate_default=True)
    """Id of the HMAC key; a secret. Required unless `credentials_json` is given."""

    secret_key: SecretKey | None = Field(default=None, validate_default=True)
    """The HMAC key's secret. Required unless `credentials_json` is given."""

    @field_validator("access_key", "secret_key")
    @classmethod
    def _keys_or_file(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        return _needed_without(("credentials_json",), value, info)


def _account_name(value: str) -> str:
    if re.search(r"[=+]|\.blob\.", value):
        raise invalid("is no account name, such as lessons; neither the account's address nor its key belongs here")
    return value


class AzureBlob(StorageBase):
    """Azure Blob Storage."""

    kind: Literal["azure_blob"] = "azure_blob"

    container: BucketName
    """Name of the container, without scheme, host or folder."""

    account_name: Annotated[BucketName, AfterValidator(_account_name)]
    """Name of the storage account, such as `lessons`: neither its address nor its key."""

    account_key: SecretKey
    """Key of the storage account."""
