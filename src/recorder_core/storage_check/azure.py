"""A test object in Azure Blob Storage, by the cloud's own library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder_core.checks import Check
from recorder_core.storage_check.stores import AzureStore
from recorder_core.storage_check.verdicts import Refusal, by_code, no_store, refused, unreachable, written
from recorder_core.transport.failures import described, innermost, stage_of

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError

__all__ = ["try_azure"]

CONNECT_S, READ_S = 5, 8
RETRIES = 1

_KEY = "Check account_name and account_key: the key is one of the two in the account's access keys, in base64."

REFUSALS = (
    Refusal(
        codes=("AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation"),
        step="credentials",
        detail="the signature is wrong: account_key isn't one of this account's, or this machine's clock is off",
        fix=_KEY,
    ),
    Refusal(
        codes=("KeyBasedAuthenticationNotPermitted", "AccountIsDisabled", "InsufficientAccountPermissions"),
        step="credentials",
        detail="the account is shut, or takes no account keys",
        fix="Allow storage account key access in the account's configuration.",
    ),
    Refusal(
        codes=("ContainerNotFound", "ResourceNotFound", "ContainerBeingDeleted", "ContainerDisabled"),
        step="bucket",
        detail="there is no such container",
        fix="Check storage.container.",
        proves=("endpoint", "credentials"),
    ),
    Refusal(
        codes=("InvalidResourceName", "OutOfRangeInput", "InvalidUri"),
        step="bucket",
        detail="no container can have this name",
        fix="Check storage.container.",
    ),
    Refusal(
        codes=("AuthorizationFailure", "AuthorizationPermissionMismatch", "PublicAccessNotPermitted"),
        step="write",
        detail="the account lets nobody write from here",
        fix="Look at the account's networking (firewall, private endpoints): the recording vendor must get in too.",
    ),
    Refusal(
        codes=("BlobImmutableDueToPolicy", "BlobOverwriteNotAllowed", "LeaseIdMissing"),
        step="write",
        detail="a policy of the container forbids it",
        fix="Look at the container's immutability policy.",
        proves=("endpoint", "credentials", "bucket"),
    ),
    Refusal(
        codes=("ServerBusy", "InternalError", "OperationTimedOut"),
        step="endpoint",
        detail="the store can't serve now",
        fix="Try again; look at the cloud's status page.",
        proves=(),
    ),
)
"""Codes of "Common REST API error codes" and "Blob Storage error codes" (Azure Storage REST API)."""


def try_azure(store: AzureStore, key: str, content: bytes) -> tuple[Check, ...]:
    """Write a test object, read it back, and delete it.

    Raises:
        ImportError: azure-storage-blob isn't installed.
    """
    from azure.core.exceptions import AzureError
    from azure.storage.blob import BlobServiceClient, ContentSettings, LinearRetry

    account = {"account_name": store.account_name, "account_key": store.account_key.get_secret_value()}
    notes = []
    try:
        with BlobServiceClient(
            store.account_url,
            credential=account,
            connection_timeout=CONNECT_S,
            read_timeout=READ_S,
            permit_redirects=False,
            retry_policy=LinearRetry(backoff=1, retry_total=RETRIES, random_jitter_range=0),
        ) as service:
            blob = service.get_blob_client(store.container, key)
            answer = blob.upload_blob(
                content, overwrite=True, content_settings=ContentSettings(content_type="text/plain")
            )
            if not answer.get("etag"):
                return _no_store(store)
            if blob.download_blob().readall() != content:
                return _no_store(store)
            try:
                blob.delete_blob()
            except AzureError as error:
                notes.append(f"it couldn't be deleted ({_code(error)}) and is left there as {key}")
    except AzureError as error:
        return _failed(store, error)
    return written(store.account_url, store.container, key, *notes)


def _failed(store: AzureStore, error: AzureError) -> tuple[Check, ...]:
    from azure.core.exceptions import HttpResponseError

    if "AzureSigningError" in type(error).__name__:
        return refused(
            by_code(REFUSALS, "AuthenticationFailed"), store.account_url, "", detail="account_key isn't base64"
        )
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        headers = getattr(error.response, "headers", {})
        if not headers.get("x-ms-error-code"):
            return _no_store(store, f"HTTP {error.status_code}")
        code = _code(error)
        return refused(by_code(REFUSALS, code), store.account_url, code, headers.get("x-ms-request-id", ""))
    cause = error.inner_exception if isinstance(error.inner_exception, BaseException) else error
    where = (
        "Check account_name; an account of Azure in China or of a government lies at another address, which can't be "
        "checked from here."
    )
    return unreachable(stage_of(cause, sent=False), described(innermost(cause)), store.account_url, {"DNS": where})


def _no_store(store: AzureStore, what: str = "") -> tuple[Check, ...]:
    return no_store(store.account_url, "Azure Blob Storage", what, "Check account_name, and the proxy in between.")


def _code(error: AzureError) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or type(error).__name__)
