"""What the press's callbacks tell, in neutral words. Nothing here raises, whatever came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from recorder_core import Ending, EventKind, FileStatus, RecordedFile, Recording, RecordingEvent, RecordingState

EVENT_KINDS = {"running": "recording", "moved": "migrated", "jam": "warning", "done": "ended"}
EVENT_STATES = {"running": RecordingState.RECORDING, "done": RecordingState.COMPLETED}
REASONS = {"jam": "the paper was stuck for a moment"}


def event_of(told: Mapping[str, Any]) -> RecordingEvent:
    """The event of a callback; one that the press added later is `unknown`."""
    happened, number, files = str(told.get("happened")), told.get("number"), told.get("files")
    return RecordingEvent(
        kind=EventKind(EVENT_KINDS.get(happened, "unknown")),
        provider="paper",
        native={key: told[key] for key in ("tape", "reference") if key in told},
        state=EVENT_STATES.get(happened),
        sequence=number if isinstance(number, int) else None,
        occurred_at=_moment(told.get("at")),
        files=tuple(
            RecordedFile(name=str(name), status=FileStatus.UPLOADED)
            for name in (files if isinstance(files, list) else ())
        ),
        reason=REASONS.get(happened),
        ending=Ending.STOPPED if happened == "done" else None,
        raw=told,
        dedup_key=f"{told['tape']}:{number}",
    )


def located(event: RecordingEvent, recording: Recording) -> RecordingEvent:
    """The event with the addresses of its files."""
    where = recording.location
    if where is None:
        return event
    files = tuple(file.model_copy(update={"uri": where.uri(file.name)}) for file in event.files)
    return event.model_copy(update={"files": files})


def _moment(at: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else None
    except (OverflowError, OSError, ValueError):
        return None
