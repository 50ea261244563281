"""Models to rows and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from recorder_core.errors import LedgerUnavailable
from recorder_core.ledger.entry import LedgerEntry
from recorder_core.ledger.schema import RECORDINGS
from recorder_core.ledger.sight import Sight, Written
from recorder_core.models import Recording, RecordingEvent, RecordingState, RecordingStatus, StartIntent, Verdict
from recorder_core.seen import ENDED, Seen

__all__ = [
    "SIGHT",
    "entry_of",
    "event_of",
    "identity",
    "plain",
    "recording_of",
    "sight_of",
    "text_of",
    "values_of",
]

Read = TypeVar("Read")

SIGHT = tuple(RECORDINGS.c[name] for name in ("version", "status", "trouble", "outcome", "ended_at"))


def _moment(seconds: float | None) -> datetime | None:
    """A moment of the recorder's clock."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def plain(text: str) -> str:
    """A text that every database takes: without half characters, and without the one that ends C's texts."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def text_of(model: BaseModel, *, leave_out: set[str] | None = None) -> str:
    """A model as JSON.

    Without its defaults, but for one that has a layout, which wouldn't say of which kind it is.
    """
    how: dict[str, Any] = {
        "exclude": leave_out,
        "exclude_defaults": isinstance(model, RecordingStatus | RecordingEvent),
    }
    try:
        return model.model_dump_json(**how)
    except PydanticSerializationError:  # half a character, such as a callback may bring
        return plain(json.dumps(model.model_dump(mode="json", **how), ensure_ascii=False))


def identity(recording: Recording, native_key: str) -> str:
    """What tells a recording from others with the same id: the vendor's own, or the moment of its start."""
    ids = recording.ids_under(native_key)
    return plain(ids[0]) if ids else f"started {recording.started_at.timestamp()}"


def _readable(read: Callable[[Any], Read]) -> Callable[[Any], Read]:
    """A reader of rows that raises `LedgerUnavailable` for what nobody here has written; nothing of it is shown."""

    @wraps(read)
    def reader(row: Any) -> Read:
        try:
            return read(row)
        except (ValueError, TypeError, OverflowError, OSError, RecursionError) as error:
            problem = type(error).__name__
        raise LedgerUnavailable(
            f"a row of the ledger can't be read: {problem}",
            hint="Somebody else has written into it, or its disk has a fault. Put a backup in its place, and recover.",
        )

    return reader


@_readable
def sight_of(row: Any) -> Sight:
    """What was seen, of a row that has at least the columns of `SIGHT`."""
    outcome = None if row.outcome is None else RecordingState(row.outcome)
    status = None if row.status is None else RecordingStatus.model_validate_json(row.status)
    trouble = None if row.trouble is None else tuple(json.loads(row.trouble))
    # An end that is only claimed is no outcome.
    is_claimed = status is not None and status.state in ENDED and outcome not in ENDED
    is_missed = is_claimed and outcome is RecordingState.GONE
    return Sight(Written(row.version, outcome, row.ended_at), Seen(status, trouble, is_claimed, is_missed))


def values_of(sight: Sight) -> dict[str, Any]:
    """The columns that a sight is written into."""
    status, trouble = sight.seen.status, sight.seen.trouble
    version, outcome, ended_at = sight.written
    leave_out = None if status is None or status.state.terminal else {"raw"}
    values: dict[str, Any] = {
        "version": version,
        "state": None if status is None else status.state.value,
        "status": None if status is None else text_of(status, leave_out=leave_out),
        "trouble": None if trouble is None else json.dumps(trouble),
        "outcome": None if outcome is None else outcome.value,
        "is_open": outcome is None,
        "ended_at": ended_at,
    }
    return {**values, "told_at": None} if outcome is None else {**values, "leased_until": None, "owner": None}


@_readable
def recording_of(row: Any) -> Recording:
    """The handle, of a row that has one."""
    return Recording.model_validate_json(row.recording)


@_readable
def event_of(row: Any) -> RecordingEvent:
    """What was heard."""
    return RecordingEvent.model_validate_json(row.event)


@_readable
def entry_of(row: Any) -> LedgerEntry:
    """A whole row."""
    intent = StartIntent.model_validate_json(row.intent)
    return LedgerEntry(
        id=row.id,
        provider=row.provider,
        account=row.account or None,
        key=intent.key,
        attempt=row.attempt,
        room=row.room,
        created_at=datetime.fromtimestamp(row.created_at, UTC),
        intent=intent,
        recording=None if row.recording is None else recording_of(row),
        status=sight_of(row).seen.shown,
        outcome=None if row.outcome is None else RecordingState(row.outcome),
        verdict=None if row.verdict is None else Verdict(row.verdict),
        reason=row.reason,
        ends_by=row.ends_by,
        stop_wished_at=_moment(row.stop_wished_at),
        ended_at=_moment(row.ended_at),
        leased_until=_moment(row.leased_until),
        owner=row.owner,
        followed_at=_moment(row.followed_at),
        told_at=_moment(row.told_at),
        is_open=bool(row.is_open),
    )
