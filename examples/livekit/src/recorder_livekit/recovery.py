"""What became of a start whose egress id is lost, and whether a callback brings it.

ListEgress lists the running egresses of a room and those that ended within a day, each with the request that it was
started with; there the files are named after the recording (pkg/service/redisstore.go, livekit/livekit, 2026-08-21).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from recorder_core.models import (
    Mode,
    Recording,
    RecordingEvent,
    RecordingState,
    Recovery,
    RemoteRecording,
    StartIntent,
    Verdict,
)
from recorder_core.models.base import thaw

from recorder_livekit.calls import Calls
from recorder_livekit.tables import KEPT_S
from recorder_livekit.translate.answers import bears_id, listed, moment, status_of
from recorder_livekit.wire.answers import EgressInfo, WebhookEvent
from recorder_livekit.wire.requests import ListEgressRequest, PageToken

if TYPE_CHECKING:
    from recorder_livekit.provider import LivekitProvider

__all__ = ["egresses", "identified", "recovered"]

SHOWS_WITHIN = timedelta(minutes=2)
"""When a start that was sent has been carried out, if it ever is, and is listed: its deadline, a minute by default, and
another one. The server lists an egress when its recorder has answered."""
KEPT = timedelta(seconds=KEPT_S)
MOST_PAGES = 1000
"""Of one list; each page of another token."""


def egresses(
    calls: Calls, account: str, room: str | None, *, recording_id: str | None = None
) -> Iterator[tuple[EgressInfo, RemoteRecording]]:
    """What the vendor lists of a room, or (None) of the whole project.

    Raises:
        RecorderError: by what the vendor answered; a list that isn't whole is none.
    """
    token: str | None = None
    for _ in range(MOST_PAGES):
        wanted: dict[str, Any] = {"room_name": room, "page_token": None if token is None else PageToken(token=token)}
        answer = calls.send("ListEgress", recording_id, ListEgressRequest(**wanted).tree())
        page, token = listed(account, answer)
        yield from page
        if token is None:
            return


def recovered(provider: LivekitProvider, calls: Calls, intent: StartIntent) -> Recovery:
    """What became of a start: its egress is the one whose files are named after it."""
    if intent.draft is None:
        return _told(intent, Verdict.UNCLEAR, "the intent has no draft of its handle")
    # The vendor isn't told the room of a page.
    room = None if intent.draft.mode == Mode.WEB else intent.room
    for info, _ in egresses(calls, provider.account, room, recording_id=intent.id):
        if bears_id(info, intent.id):
            return _found(provider, intent, info)
    sent_at = intent.noted.get("sent_at")
    sent = datetime.fromisoformat(sent_at) if sent_at else intent.created_at
    age = provider.now() - sent
    if age < SHOWS_WITHIN:
        when = (sent + SHOWS_WITHIN).isoformat()
        reason = f"what was just sent may not be listed yet: ask again from {when} on"
        return _told(intent, Verdict.UNCLEAR, reason)
    if age > KEPT:
        reason = "it doesn't run; if it ran at all it ended, and is no longer listed"
        return _told(intent, Verdict.ENDED, reason)
    return _told(intent, Verdict.NEVER_STARTED, "no egress has files of its name, ended ones included")


def _found(provider: LivekitProvider, intent: StartIntent, info: EgressInfo) -> Recovery:
    began = moment(info.started_at) or provider.now()
    intent.note(egress_id=info.egress_id, started_at=began.isoformat())
    recording = provider.revived(intent)
    if recording is None:
        return _told(intent, Verdict.UNCLEAR, "the intent has no draft of its handle")
    status = status_of(recording, info, {})
    runs = status.state.running or status.state is RecordingState.UNREACHABLE
    verdict = Verdict.RUNNING if runs else Verdict.ENDED
    return Recovery(
        intent=intent,
        verdict=verdict,
        recording=recording,
        status=status,
        reason="the vendor lists an egress whose files are named after it",
    )


def identified(provider: LivekitProvider, intent: StartIntent, event: RecordingEvent) -> Recording | None:
    """The handle of what an intent began, if an event is one of it: its files are named after the recording."""
    raw: Mapping[str, Any] = thaw(event.raw)
    info = WebhookEvent.model_validate(raw).egress_info
    if info is None or not info.egress_id or not bears_id(info, intent.id):
        return None
    began = moment(info.started_at)
    told = {} if began is None else {"started_at": began.isoformat()}
    return provider.revived(intent, egress_id=info.egress_id, **told)


def _told(intent: StartIntent, verdict: Verdict, reason: str) -> Recovery:
    return Recovery(intent=intent, verdict=verdict, reason=reason)
