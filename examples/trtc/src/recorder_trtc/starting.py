"""CreateCloudRecording: how it is sent, what is noted, and the handle that comes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from recorder_core.errors import StartOutcomeUnknown
from recorder_core.models import Recording, StartIntent
from recorder_core.plan import Plan
from recorder_trtc.calls import Calls

if TYPE_CHECKING:
    from recorder_trtc.provider import TrtcProvider

__all__ = ["controllable_until", "start"]


def controllable_until(plan: Plan, at: datetime) -> datetime:
    """Until when the vendor lets a task that begins then be asked for, changed and stopped."""
    hours = plan.request("CreateCloudRecording").payload["ResourceExpiredHour"]
    return at + timedelta(hours=hours)


def start(provider: TrtcProvider, calls: Calls, intent: StartIntent, plan: Plan) -> Recording:
    """Send it. What makes the handle up is noted.

    Raises:
        StartOutcomeUnknown: it may run, and the vendor didn't tell its TaskId.
        RecorderError: every other class. Nothing was started.
    """
    answer = calls.send("CreateCloudRecording", intent.id, plan.request("CreateCloudRecording").payload)
    told = answer.body.get("Response")
    task_id = told.get("TaskId") if isinstance(told, dict) else None
    if not isinstance(task_id, str) or not task_id:
        raise StartOutcomeUnknown(
            "CreateCloudRecording was accepted without a TaskId, so the recording may run",
            provider=intent.provider,
            operation="CreateCloudRecording",
            recording_id=intent.id,
            http_status=answer.status,
            request_id=answer.envelope.request_id,
            fault="vendor",
            hint="Give the error's intent to recover.",
        )
    now = provider.now()
    return provider.begun(
        plan,
        intent,
        started_at=now,
        controllable_until=controllable_until(plan, now),
        native={"TaskId": task_id},
        request_id=answer.envelope.request_id,
    )
