"""Whether a recording's files could be stored: a small object is written where they will go, and taken away again.

No vendor looks at the storage before it has files for it. This does, over the bucket's own protocol and with the keys
of the spec.

| module | holds |
| --- | --- |
| `stores` | how each kind of storage can be spoken to, or why it can't |
| `s3` | the test object over the S3 protocol |
| `azure` | the test object in Azure Blob Storage |
| `verdicts` | what a refusal means for each step |
| `quiet` | keeping the clouds' libraries from logging what is secret |
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module

from pydantic import SecretStr

from recorder_core.checks import Check, StorageCheck, at_once
from recorder_core.clock import current_deadline
from recorder_core.models.base import Kind
from recorder_core.storage_check.azure import try_azure
from recorder_core.storage_check.quiet import quiet
from recorder_core.storage_check.s3 import try_s3
from recorder_core.storage_check.stores import AzureStore, S3Store, Unchecked, store_of
from recorder_core.storage_check.verdicts import NEW_KEYS, cut_off, not_looked_at
from recorder_core.transport.masking import Secrets

__all__ = ["check_storage"]

LONGEST_S = 30.0
"""Seconds, whatever the deadline: a store that takes longer for a few bytes is no place for a recording."""
CONTENT = b"Written by recorder-core to check that recordings can be stored here. It may be deleted.\n"


def check_storage(storage: Kind, prefix: str | None = None, *, shortest_session: float = 0.0) -> StorageCheck:
    """Write a small object where a recording's files would go, read it back where that is allowed, and delete it.

    Nothing is raised for what is wrong with the storage, which the checks tell, each with its fix. It takes at most
    30 s, and no more than the current deadline leaves.

    Args:
        storage: the storage of a spec.
        prefix: `output.prefix` of the spec: the folder under which is written. None: the bucket's root.
        shortest_session: seconds for which temporary keys must still be good.
    """
    # A store may put anything into its answer, what it was sent too.
    hidden = Secrets([value.get_secret_value() for _, value in storage if isinstance(value, SecretStr)])
    checks = _checks(storage, prefix, shortest_session)
    return StorageCheck(storage.kind, tuple(replace(check, detail=hidden.scrub_text(check.detail)) for check in checks))


def _checks(storage: Kind, prefix: str | None, shortest_session: float) -> tuple[Check, ...]:
    store = store_of(storage)
    if isinstance(store, Unchecked):
        return (Check("storage", "not_checked", store.reason, store.fix),)
    session = _session(storage, shortest_session)
    if session is not None and session.verdict == "failed":
        return not_looked_at(session, "nothing was sent")
    folder = f"{prefix.strip('/')}/" if prefix else ""
    key = f"{folder}recorder-core-check-{secrets.token_hex(8)}.txt"
    seconds = min(current_deadline().remaining(), LONGEST_S)
    (checks,) = at_once([lambda: _tried(store, key)], seconds)
    if checks is None:
        return cut_off(store.host, seconds)
    # What is known of the end of temporary keys is worth saying only of keys that are good.
    return tuple(
        session if session and check.name == session.name and check.verdict == "passed" else check for check in checks
    )


def _tried(store: S3Store | AzureStore, key: str) -> tuple[Check, ...]:
    library = "boto3" if isinstance(store, S3Store) else "azure.storage.blob"
    try:
        import_module(library)
    except ImportError:
        reason = f"{library} isn't installed"
        return (Check("storage", "not_checked", reason, "pip install 'recorder-core[storage]', and check again."),)
    with quiet():
        return try_s3(store, key, CONTENT) if isinstance(store, S3Store) else try_azure(store, key, CONTENT)


def _session(storage: Kind, shortest: float) -> Check | None:
    """What is to be said of temporary keys by their end alone; None: nothing."""
    if getattr(storage, "session_token", None) is None:
        return None
    ends_at: datetime | None = getattr(storage, "session_expires_at", None)
    wanted = f"the recording vendor wants {shortest / 3600:g} h or more"
    if ends_at is None:
        detail = "accepted; nothing says when these temporary keys end"
        fix = "Give storage.session_expires_at" + (f"; {wanted}." if shortest else ".")
        return Check("storage credentials", "warning", detail, fix)
    left = (ends_at - datetime.now(UTC)).total_seconds()
    if left <= 0:
        return Check("storage credentials", "failed", f"the temporary keys ended at {ends_at.isoformat()}", NEW_KEYS)
    if left < shortest:
        detail = f"the temporary keys end at {ends_at.isoformat()}, in {left / 3600:.1f} h; {wanted}"
        return Check("storage credentials", "failed", detail, NEW_KEYS)
    return None
