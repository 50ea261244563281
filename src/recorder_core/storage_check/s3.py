"""A test object over the S3 protocol, by boto3."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from recorder_core.checks import Check
from recorder_core.storage_check.stores import S3Store
from recorder_core.storage_check.verdicts import (
    NEW_KEYS,
    Refusal,
    Step,
    by_code,
    is_word,
    no_store,
    not_looked_at,
    refused,
    unreachable,
    written,
)
from recorder_core.transport.failures import Stage, described, innermost, stage_of

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

__all__ = ["try_s3"]

CONNECT_S, READ_S = 5, 8
ATTEMPTS = 2

_ACCEPTED: tuple[Step, ...] = ("endpoint", "credentials")
_KEYS = "Check access_key and secret_key, and that they belong together and to this cloud."
_REGION = "Give the bucket's own region in storage.region (and the endpoint that belongs to it)."
_RIGHTS = (
    "Let the key write there (s3:PutObject on the bucket's objects, or the cloud's own word for it), look for a bucket "
    "policy that denies it, and check that the bucket is yours."
)
_NO_STORE = "Check the endpoint: it must be that of the S3 protocol, not of a console or a web page."

REFUSALS = (
    Refusal(
        codes=("InvalidAccessKeyId", "InvalidAccessKey", "UserDisable", "UserDisabled", "AccountProblem"),
        step="credentials",
        detail="the store doesn't know this access_key, or its account is shut",
        fix=_KEYS,
    ),
    Refusal(
        codes=("SignatureDoesNotMatch", "InvalidSecurity", "AuthFailure"),
        step="credentials",
        detail="the signature is wrong: secret_key isn't the one of this access_key",
        fix=_KEYS,
    ),
    Refusal(
        codes=("ExpiredToken", "SecurityTokenExpired", "TokenRefreshRequired"),
        step="credentials",
        detail="the temporary keys have expired",
        fix=NEW_KEYS,
    ),
    Refusal(
        codes=("InvalidToken", "InvalidSecurityToken", "SecurityTokenNotSupported"),
        step="credentials",
        detail="the store doesn't take this session_token",
        fix=NEW_KEYS,
    ),
    Refusal(
        codes=("RequestTimeTooSkewed", "RequestExpired"),
        step="credentials",
        detail="this machine's clock differs too much from the store's",
        fix="Set this machine's clock (NTP), and check again; the recording vendor signs by its own.",
    ),
    Refusal(
        codes=("NoSuchBucket",),
        step="bucket",
        detail="there is no such bucket",
        fix="Check storage.bucket, and that it lies in this region at this cloud.",
    ),
    Refusal(
        codes=("InvalidBucketName",),
        step="bucket",
        detail="no bucket can have this name",
        fix="Check storage.bucket.",
    ),
    Refusal(
        codes=(
            "PermanentRedirect",
            "TemporaryRedirect",
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "301",
            "302",
            "307",
            "308",
        ),
        step="bucket",
        detail="the bucket lies in another region",
        fix=_REGION,
    ),
    Refusal(
        codes=("AccessDenied", "AccessForbidden", "AllAccessDisabled", "KMS.AccessDeniedException"),
        step="write",
        detail="the keys may not write there",
        fix=_RIGHTS,
        proves=_ACCEPTED,
    ),
    Refusal(
        codes=("NotSignedUp", "UnavailableForLegalReasons", "UserNotSignedUp"),
        step="write",
        detail="the account may not store: not enabled, overdue or locked",
        fix="Look at the account in the cloud's console.",
        proves=_ACCEPTED,
    ),
    Refusal(
        codes=("QuotaExceeded", "XMinioStorageFull", "StorageQuotaExceeded", "NoSpace"),
        step="write",
        detail="the store is full",
        fix="Make room, or raise the quota.",
        proves=(*_ACCEPTED, "bucket"),
    ),
    Refusal(
        codes=("SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "500", "502", "503", "504"),
        step="endpoint",
        detail="the store can't serve now",
        fix="Try again; look at the cloud's status page.",
        proves=(),
    ),
)
"""Codes of "Error responses" (Amazon S3 API Reference), and of the clouds that have their own."""


def try_s3(store: S3Store, key: str, content: bytes) -> tuple[Check, ...]:
    """Write a test object, read it back where that is allowed, and delete it.

    Raises:
        ImportError: boto3 isn't installed.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    failures = (BotoCoreError, ClientError, ResponseParserError, OSError, ValueError)
    encryption = {"aes256": "AES256", "kms": "aws:kms"}.get(store.encryption or "")
    sealed: dict[str, Any] = {"ServerSideEncryption": encryption} if encryption else {}
    if store.kms_key_id is not None:
        sealed["SSEKMSKeyId"] = store.kms_key_id
    at: dict[str, Any] = {"Bucket": store.bucket, "Key": key}
    try:
        client = _client(store)
        answer = client.put_object(**at, Body=content, ContentType="text/plain", **sealed)
    except failures as error:
        return _failed(store, error)
    if not answer.get("ETag"):
        return _no_store(store)
    notes = []
    try:
        same = client.get_object(**at)["Body"].read(len(content) + 1) == content
    except failures as error:
        notes.append(f"it can't be read back ({_word(error)}), which no recording needs")
    else:
        if not same:
            return not_looked_at(
                Check(
                    "storage write",
                    "failed",
                    "the test object that came back isn't the one that was written",
                    _NO_STORE,
                )
            )
    try:
        client.delete_object(**at)
    except failures as error:
        notes.append(f"it couldn't be deleted ({_word(error)}) and is left there as {key}")
    return written(store.host, store.bucket, key, *notes)


def _client(store: S3Store) -> S3Client:
    """A client that goes by this storage alone: neither the environment nor the files of the AWS tools say where to,
    only how (proxy and CA bundle)."""
    import boto3.session
    import botocore.session
    from botocore.config import Config

    core = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
            "ignore_configured_endpoint_urls": (None, None, True, None),
        }
    )
    style = store.cloud.path_style
    s3: Any = {"addressing_style": "auto" if style is None else "path" if style else "virtual"}
    if not store.cloud.signs_body:
        s3["payload_signing_enabled"] = False
    token = store.session_token
    client = boto3.session.Session(botocore_session=core).client(
        "s3",
        endpoint_url=store.endpoint,
        region_name=store.region,
        aws_access_key_id=store.access_key.get_secret_value(),
        aws_secret_access_key=store.secret_key.get_secret_value(),
        aws_session_token=None if token is None else token.get_secret_value(),
        config=Config(
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            signature_version=store.cloud.signature,
            proxies={} if store.is_here else None,
            use_dualstack_endpoint=False,
            use_fips_endpoint=False,
            # Stores other than Amazon's don't all know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3=s3,
        ),
    )
    client.meta.events.register("before-parameter-build.s3", _stay)
    return client


def _stay(context: dict[str, Any], **_: object) -> None:
    """Keep boto3 from going on in the region that a store points to: a recording vendor would not."""
    context.setdefault("s3_redirect", {})["redirected"] = True


def _failed(store: S3Store, error: Exception) -> tuple[Check, ...]:
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ParamValidationError):
        return refused(by_code(REFUSALS, "InvalidBucketName"), store.host, "")
    if isinstance(error, ClientError):
        return _refused(store, error.response)
    if isinstance(error, ResponseParserError):
        return _no_store(store)
    if isinstance(error, BotoCoreError):
        inner = error.kwargs.get("error")
        cause = inner if isinstance(inner, BaseException) else error
    else:
        cause = error
    fixes: dict[Stage, str] = {}
    if store.cloud.path_style is False and store.endpoint:
        fixes["DNS"] = (
            "Check the name of the region or the endpoint, and DNS: the bucket is a part of the host's name, unless "
            "storage.path_style says that it stands in the path."
        )
    return unreachable(stage_of(cause, sent=_was_sent(error)), described(innermost(cause)), store.host, fixes)


def _refused(store: S3Store, response: Mapping[str, Any]) -> tuple[Check, ...]:
    error, meta = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, status = str(error.get("Code", "")), str(meta.get("HTTPStatusCode", ""))
    request_id = str(meta.get("RequestId", ""))
    headers = meta.get("HTTPHeaders", {})
    elsewhere = str(error.get("Region") or headers.get("x-amz-bucket-region") or error.get("Endpoint", ""))
    # Some stores refuse another region's bucket as "AccessDenied", with the right address beside it.
    row = by_code(REFUSALS, "PermanentRedirect" if code == "AccessDenied" and error.get("Endpoint") else code)
    if not row.codes and code in ("", status):
        return _no_store(store, f"HTTP {status}")
    if "PermanentRedirect" in row.codes and is_word(elsewhere):
        return refused(row, store.host, code, request_id, f"{row.detail}: {elsewhere}, not {store.region}")
    return refused(row, store.host, code, request_id)


def _no_store(store: S3Store, what: str = "") -> tuple[Check, ...]:
    return no_store(store.host, "a store that speaks the S3 protocol", what, _NO_STORE)


def _was_sent(error: Exception) -> bool:
    """Whether the request had reached the store, as boto3's kinds of errors tell it."""
    from botocore.exceptions import ConnectionClosedError, ReadTimeoutError, ResponseStreamingError

    return isinstance(error, ConnectionClosedError | ReadTimeoutError | ResponseStreamingError)


def _word(error: Exception) -> str:
    """The store's code, or the kind of the failure; never its text, in which a key may stand."""
    response = getattr(error, "response", None)
    code = str(response["Error"].get("Code")) if isinstance(response, dict) else ""
    return code if is_word(code) else type(error).__name__
