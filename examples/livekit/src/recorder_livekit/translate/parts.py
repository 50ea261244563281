"""Wire to neutral: one recording of what the vendor records in several egresses, one for each participant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from recorder_core.models import FileStatus, Participants, Recording, RecordingState, RecordingStatus
from recorder_core.models.recording import ids_of

__all__ = ["Part", "missing_from", "people_of", "whole_of"]

ARRIVED = (FileStatus.UPLOADED, FileStatus.BACKUP)
ALIVE = (
    RecordingState.RECORDING,
    RecordingState.STARTING,
    RecordingState.UNREACHABLE,
    RecordingState.STOPPING,
)
"""States of a part that the whole has as well; the first counts."""
NOT_ENDED = datetime.max.replace(tzinfo=UTC)


class Part(NamedTuple):
    """One egress of a recording.

    Attributes:
        egress_id: the vendor's id of it.
        identity: whose it is; None: it isn't one participant's.
        status: what is known of it.
    """

    egress_id: str
    identity: str | None
    status: RecordingStatus


def people_of(recording: Recording) -> tuple[str, ...]:
    """Whose egresses a handle has, in the order of their ids; empty where it is nobody's."""
    return ids_of(recording.native.get("identity"))


def missing_from(recording: Recording) -> tuple[str, ...]:
    """Who was to be recorded too, and whose egress never began."""
    people, asked = people_of(recording), recording.participants
    chosen = asked.audio if isinstance(asked, Participants) else None
    return tuple(one for one in (chosen and chosen.include) or () if people and one not in people)


def whole_of(parts: Sequence[Part], missing: Sequence[str], raw: Mapping[str, Any]) -> RecordingStatus:
    """The status of all parts together: it runs while one does, and is completed where something was kept.

    Args:
        parts: one or more.
        missing: who was to be recorded too.
        raw: what the vendor answered.
    """
    statuses = [part.status for part in parts]
    if len(parts) == 1 and not missing:
        return statuses[0]
    state = _state_of(statuses)
    last = max(statuses, key=lambda status: status.ended_at or NOT_ENDED)
    is_over = all(status.state.terminal or status.state.ending for status in statuses)
    return RecordingStatus(
        state=state,
        files=tuple(file for status in statuses for file in status.files),
        started_at=min((status.started_at for status in statuses if status.started_at), default=None),
        ended_at=last.ended_at if state.terminal else None,
        reason=_reason_of(parts, missing),
        ending=last.ending if is_over else None,
        fault=next((status.fault for status in statuses if status.fault), None),
        raw=raw,
    )


def _state_of(statuses: Sequence[RecordingStatus]) -> RecordingState:
    states = {status.state for status in statuses}
    for state in ALIVE:
        if state in states:
            return state
    is_kept = any(
        status.state is RecordingState.COMPLETED and any(file.status in ARRIVED for file in status.files)
        for status in statuses
    )
    ends = (RecordingState.FAILED, RecordingState.COMPLETED, RecordingState.GONE)
    return RecordingState.COMPLETED if is_kept else next(state for state in ends if state in states)


def _reason_of(parts: Sequence[Part], missing: Sequence[str]) -> str | None:
    """What each part says, and whose; once what all say."""
    told = {part.status.reason for part in parts}
    if len(told) == 1 and not missing:
        return parts[0].status.reason
    each = [f"{part.identity}: {part.status.reason}" for part in parts if part.status.reason]
    each += [f"{identity}: isn't recorded, for no egress of theirs began" for identity in missing]
    return "; ".join(each) or None
