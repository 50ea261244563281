"""What became of a start whose egress id is lost, and whether a callback brings it.

ListEgress lists the running egresses of a room and those that ended within a day, each with the request that it was
started with; there the files are named after the recording (pkg/service/redisstore.go, livekit/livekit, 2026-08-21),
and where it has several egresses, the request names whose each is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from recorder_livekit.listing import egresses
from recorder_livekit.looking import seen
from recorder_livekit.tables import KEPT_S
from recorder_livekit.translate.answers import bears_id, moment
from recorder_livekit.translate.parts import people_of
from recorder_livekit.wire.answers import EgressInfo, WebhookEvent

if TYPE_CHECKING:
    from recorder_livekit.provider import LivekitProvider

__all__ = ["PARTS", "identified", "recovered"]

PARTS = "parts"
"""Under which the ids of egresses that have begun are noted, by whose they are, until all of a start have."""

SHOWS_WITHIN = timedelta(minutes=2)
"""When a start that was sent has been carried out, if it ever is, and is listed: its deadline, a minute by default, and
another one. The server lists an egress when its recorder has answered."""
KEPT = timedelta(seconds=KEPT_S)
APART = timedelta(seconds=5)
"""By how much the vendor's clock may be behind, so that what came before a start is told from what came after."""


def recovered(provider: LivekitProvider, calls: Calls, intent: StartIntent) -> Recovery:
    """What became of a start: its egresses are those whose files are named after it."""
    draft = intent.draft
    if draft is None:
        return _told(intent, Verdict.UNCLEAR, "the intent has no draft of its handle")
    # The vendor isn't told the room of a page.
    room = None if draft.mode == Mode.WEB else intent.room
    planned = people_of(draft) or ("",)
    bearing: dict[str, list[tuple[EgressInfo, RemoteRecording]]] = {}
    for info, remote in egresses(calls, provider.account, room, recording_id=intent.id):
        if bears_id(info, intent.id) and not _is_of_another(provider, intent, info, remote):
            bearing.setdefault(info.identity if len(planned) > 1 else planned[0], []).append((info, remote))
    listed = {one: max(found, key=_likeliness)[0] for one, found in bearing.items()}
    known = {**{one: info.egress_id for one, info in listed.items()}, **intent.noted.get(PARTS, {})}
    ids = {one: known[one] for one in planned if one in known}
    sent_at = intent.noted.get("sent_at")
    sent = datetime.fromisoformat(sent_at) if sent_at else intent.created_at
    age = provider.now() - sent
    is_early = age < SHOWS_WITHIN
    if listed and (len(ids) == len(planned) or not is_early):
        return _found(provider, intent, ids, listed, planned)
    if is_early:
        handle = _handle(provider, intent, ids, listed) if ids else None
        reason = f"what was just sent may not be listed yet: ask again from {(sent + SHOWS_WITHIN).isoformat()} on"
        return _told(intent, Verdict.UNCLEAR, reason, candidates=() if handle is None else (handle,))
    if ids or age > KEPT:
        reason = "it doesn't run; if it ran at all it ended, and is no longer listed"
        return _told(intent, Verdict.ENDED, reason)
    return _told(intent, Verdict.NEVER_STARTED, "no egress has files of its name, ended ones included")


def _is_of_another(provider: LivekitProvider, intent: StartIntent, info: EgressInfo, remote: RemoteRecording) -> bool:
    """Whether an egress is of an earlier start with the same key, whose files have the same names.

    What runs though it began before, by the vendor's clock, counts unless it is known: nobody else sees to it.
    """
    noted = intent.noted.get(PARTS, {}).get(info.identity)
    if noted is not None or intent.key is None:
        return noted not in (None, info.egress_id)
    runs, is_old = _runs(remote), _is_too_old(intent, info)
    if runs == is_old:
        return provider.runtime.is_known(info.egress_id)
    return is_old


def _is_too_old(intent: StartIntent, info: EgressInfo) -> bool:
    """Whether an egress began, or ended, before the start was begun."""
    began = moment(info.started_at or info.ended_at or info.updated_at)
    return began is not None and began < intent.created_at - APART


def _runs(remote: RemoteRecording) -> bool:
    return remote.state is None or remote.state.running


def _likeliness(found: tuple[EgressInfo, RemoteRecording]) -> tuple[bool, float]:
    """Of two that may be it, the one that runs is it, or the later one."""
    remote = found[1]
    return _runs(remote), remote.started_at.timestamp() if remote.started_at else 0.0


def _found(
    provider: LivekitProvider,
    intent: StartIntent,
    ids: Mapping[str, str],
    listed: Mapping[str, EgressInfo],
    planned: tuple[str, ...],
) -> Recovery:
    """What became of a start of which all egresses are known, or no others began."""
    recording = _handle(provider, intent, ids, listed)
    if recording is None:
        return _told(intent, Verdict.UNCLEAR, "the intent has no draft of its handle")
    whose = {"native": {"identity": thaw(recording.native["identity"])}} if len(planned) > 1 else {}
    egress_id = thaw(recording.native[provider.native_key])
    intent.note(egress_id=egress_id, started_at=recording.started_at.isoformat(), **whose)
    status = seen(provider, recording, {info.egress_id: info for info in listed.values()}, {}).status
    runs = status.state.running or status.state is RecordingState.UNREACHABLE
    reason = "the vendor lists an egress whose files are named after it"
    if absent := [one for one in planned if one not in ids]:
        reason += f"; none began of {', '.join(absent)}"
    return Recovery(
        intent=intent,
        verdict=Verdict.RUNNING if runs else Verdict.ENDED,
        recording=recording,
        status=status,
        reason=reason,
    )


def _handle(
    provider: LivekitProvider, intent: StartIntent, ids: Mapping[str, str], listed: Mapping[str, EgressInfo]
) -> Recording | None:
    """The handle of egresses whose ids are known, by whose they are; None: the intent has no draft of it."""
    began = min((at for info in listed.values() if (at := moment(info.started_at))), default=provider.now())
    told: dict[str, Any] = {"egress_id": _one_or_all(ids.values()), "started_at": began.isoformat()}
    if "" not in ids:
        told["native"] = {"identity": _one_or_all(ids)}
    return provider.revived(intent, **told)


def _one_or_all(values: Iterable[str]) -> str | list[str]:
    first, *others = values
    return [first, *others] if others else first


def identified(provider: LivekitProvider, intent: StartIntent, event: RecordingEvent) -> Recording | None:
    """The handle of what an intent began, if an event is one of it: its files are named after the recording.

    Of several egresses an event names one. The handle has all of them, so that it takes the ids of the others, as
    they were noted.
    """
    raw: Mapping[str, Any] = thaw(event.raw)
    info = WebhookEvent.model_validate(raw).egress_info
    if info is None or not info.egress_id or not bears_id(info, intent.id) or intent.draft is None:
        return None
    if intent.key is not None and _is_too_old(intent, info):
        return None
    began = moment(info.started_at)
    told: dict[str, Any] = {} if began is None else {"started_at": began.isoformat()}
    planned = people_of(intent.draft)
    if len(planned) < 2:
        return provider.revived(intent, egress_id=info.egress_id, **told)
    known = {info.identity: info.egress_id, **intent.noted.get(PARTS, {})}
    if any(one not in known for one in planned) or info.egress_id not in known.values():
        return None
    return provider.revived(intent, egress_id=[known[one] for one in planned], **told)


def _told(intent: StartIntent, verdict: Verdict, reason: str, *, candidates: tuple[Recording, ...] = ()) -> Recovery:
    return Recovery(intent=intent, verdict=verdict, reason=reason, candidates=candidates)
