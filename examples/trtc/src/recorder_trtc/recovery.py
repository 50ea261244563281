"""What became of a start whose TaskId is lost, and whether a callback brings it.

The vendor lists no tasks, and finds one by its TaskId alone. What is known is the recorder's user id, which no other
recording has: callbacks tell it together with the TaskId, and whoever bears it can be removed from the room, which ends
the task (LeaveCode 1; "Cloud Recording and Web Page Recording Webhooks", Tencent Cloud, 2024-11-06).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from recorder_core.models import Recording, RecordingEvent, Recovery, StartIntent, Verdict
from recorder_trtc.calls import Calls
from recorder_trtc.tables import CLOCK_TOLERANCE_S
from recorder_trtc.wire.requests import RemoveUserByStrRoomIdRequest, RemoveUserRequest
from recorder_trtc.wire.values import RoomIdType

if TYPE_CHECKING:
    from recorder_trtc.provider import TrtcProvider

__all__ = ["identified", "recovered"]

APART = timedelta(seconds=CLOCK_TOLERANCE_S)
"""By how much the vendor's clock may differ from this machine's: one that differs more gets no call accepted."""
ARRIVES_WITHIN = timedelta(minutes=2)
"""When a start that was sent has been carried out, if it ever is: its deadline, a minute by default, and another."""


def recovered(provider: TrtcProvider, calls: Calls, intent: StartIntent) -> Recovery:
    """What became of a start.

    Raises:
        RecorderError: the vendor couldn't be asked to remove the recorder.
    """
    if intent.draft is None or "UserId" not in intent.draft.native:
        return Recovery(intent=intent, verdict=Verdict.UNCLEAR, reason="the intent has no draft of its handle")
    native = intent.draft.native
    ends_by = f"it ends by itself once the room has been empty for {native.get('MaxIdleTime')} s"
    if not provider.config.end_lost:
        return Recovery(
            intent=intent,
            verdict=Verdict.UNCLEAR,
            reason="the vendor has no list of tasks: only a callback brings the id of one that runs (event 301; its "
            f"recorder is {native['UserId']!r}). end_lost lets recover end it",
            ends_by=ends_by,
        )
    was_there = _remove(calls, intent, native)
    if provider.now() - intent.created_at < ARRIVES_WITHIN:
        when = (intent.created_at + ARRIVES_WITHIN).isoformat()
        return Recovery(
            intent=intent,
            verdict=Verdict.UNCLEAR,
            reason=f"what was just sent may not be carried out yet: recover again from {when} on",
            ends_by=ends_by,
        )
    if was_there:
        reason = "its recorder was in the room, and was removed from it, which ends the recording"
    else:
        reason = "its recorder isn't in the room: it never began, or has ended"
    return Recovery(intent=intent, verdict=Verdict.ENDED, reason=reason)


def _remove(calls: Calls, intent: StartIntent, native: Any) -> bool:
    """Remove the recorder from the room; whether it was there."""
    body: RemoveUserRequest | RemoveUserByStrRoomIdRequest
    users, app_id = [native["UserId"]], calls.config.sdk_app_id
    if native["RoomIdType"] == RoomIdType.NUMBER:
        action = "RemoveUser"
        body = RemoveUserRequest(SdkAppId=app_id, RoomId=int(intent.room), UserIds=users)
    else:
        action = "RemoveUserByStrRoomId"
        body = RemoveUserByStrRoomIdRequest(SdkAppId=app_id, RoomId=intent.room, UserIds=users)
    answer = calls.send(action, intent.id, body.tree(), region=native.get("Region"))
    return answer.envelope.code is None


def identified(provider: TrtcProvider, intent: StartIntent, event: RecordingEvent) -> Recording | None:
    """The handle of what an intent began, if an event is one of it: its recorder bears the intent's id."""
    task_id, at = event.native.get("TaskId"), event.occurred_at
    if not task_id or event.native.get("UserId") != intent.id or event.room != intent.room:
        return None
    if at is None or at < intent.created_at - APART:
        return None
    return provider.revived(intent, TaskId=task_id)
