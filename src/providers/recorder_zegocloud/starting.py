"""StartRecord: how it is sent, what is noted, and the handle that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from recorder_core.errors import LedgerUnavailable, RecorderError, RecordingConflict, StartOutcomeUnknown
from recorder_core.models import Recording, RecordingState, StartIntent
from recorder_core.models.base import reveal
from recorder_core.plan import Plan
from recorder_core.transport import Answer
from recorder_zegocloud.calls import Calls
from recorder_zegocloud.tables import KEPT_S

if TYPE_CHECKING:
    from recorder_zegocloud.provider import ZegocloudProvider

__all__ = ["Started", "begun", "start", "started"]


class Started(NamedTuple):
    """An accepted StartRecord.

    Attributes:
        task_id: the task, a new one or the one that its ClientTaskId stands for.
        answer: the vendor's.
    """

    task_id: str
    answer: Answer


def started(calls: Calls, intent: StartIntent, body: Mapping[str, Any], base_url: str | None = None) -> Started:
    """Send a StartRecord.

    Args:
        calls: what sends it.
        intent: of the start.
        body: whole.
        base_url: the host; None: the first that can be reached.

    Raises:
        StartOutcomeUnknown: it may run, and the vendor didn't tell its TaskId.
        RecorderError: by what the vendor answered. Nothing was started.
    """
    answer = calls.send("StartRecord", intent.id, body, base_url=base_url)
    data = answer.body.get("Data")
    task_id = data.get("TaskId") if isinstance(data, dict) else None
    if not task_id:
        raise StartOutcomeUnknown(
            "StartRecord was accepted without a TaskId, so the recording may run",
            provider=intent.provider,
            operation="StartRecord",
            recording_id=intent.id,
            http_status=answer.status,
            vendor_code=answer.envelope.code,
            request_id=answer.envelope.request_id,
            fault="vendor",
            hint="Give the error's intent to recover; a start with the same key is answered with the task that runs.",
        )
    return Started(str(task_id), answer)


def begun(provider: ZegocloudProvider, intent: StartIntent, plan: Plan, found: Started, at: datetime) -> Recording:
    """The handle of a task. What makes it up is noted.

    Args:
        provider: that started it.
        intent: of the start.
        plan: what was sent.
        found: what it was answered.
        at: when the task began.
    """
    return provider.begun(
        plan,
        intent,
        started_at=at,
        controllable_until=at + timedelta(seconds=KEPT_S),
        base_url=found.answer.base_url,
        native={"TaskId": found.task_id},
        request_id=found.answer.envelope.request_id,
    )


def start(provider: ZegocloudProvider, calls: Calls, intent: StartIntent, plan: Plan) -> Recording:
    """StartRecord, and with a key a look at the task that it stands for.

    Raises:
        StartOutcomeUnknown: it may run, and the vendor didn't tell its TaskId.
        RecordingConflict: the key stands for a recording that has ended, or for another room.
        RecorderError: every other class. Nothing was started.
    """
    body = plan.request("StartRecord").payload
    try:
        found = started(calls, intent, body)
    except StartOutcomeUnknown:
        # It may have waited for its turn: that it isn't listed proves nothing for a while from now on.
        with suppress(LedgerUnavailable):
            intent.note(sent_at=provider.now().isoformat())
        raise
    recording = begun(provider, intent, plan, found, provider.now())
    if intent.key is None:
        return recording
    began_at = _began_at(provider, recording, reveal(body["RoomId"]))
    return recording if began_at == recording.started_at else begun(provider, intent, plan, found, began_at)


def _began_at(provider: ZegocloudProvider, recording: Recording, room: str) -> datetime:
    """When the task that a repeated key stands for began. `room` is the one that was asked for.

    Raises:
        RecordingConflict: it has ended, or records another room.
    """
    try:
        status = provider.status(recording)
    except RecorderError:
        return recording.started_at  # the handle is worth more than its exact beginning
    if status.state is RecordingState.GONE:
        return recording.started_at  # it was accepted just now, and isn't known everywhere yet
    found = (status.raw.get("Data") or {}).get("RoomId") or room
    if status.state.terminal or status.state is RecordingState.UPLOADING or found != room:
        what = f"records room {found!r}" if found != room else f"is {status.state}"
        raise RecordingConflict(
            f"the key stands for a task that {what}; nothing was started",
            provider=provider.name,
            operation="StartRecord",
            recording_id=recording.id,
            request_id=status.request_id,
            fault="caller",
            hint="Use another key for another recording.",
        )
    return status.started_at or recording.started_at
