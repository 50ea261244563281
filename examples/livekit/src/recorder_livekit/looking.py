"""A look at a recording: by the id of its egress, or by its room where it has several."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from recorder_core.models import Ending, Recording, RecordingState, RecordingStatus

from recorder_livekit.calls import Calls
from recorder_livekit.listing import pages
from recorder_livekit.translate.answers import egress_in, status_of
from recorder_livekit.translate.parts import Part, missing_from, people_of, whole_of
from recorder_livekit.wire.answers import EgressInfo
from recorder_livekit.wire.requests import ListEgressRequest

if TYPE_CHECKING:
    from recorder_livekit.provider import LivekitProvider

__all__ = ["Look", "look", "looked_at", "seen"]

NOT_LISTED_YET_S = 30.0
"""Seconds after its start for which an egress that isn't known may still become known."""


class Look(NamedTuple):
    """What one look has shown.

    Attributes:
        parts: one for each egress of the handle.
        status: of all together.
    """

    parts: tuple[Part, ...]
    status: RecordingStatus


def looked_at(provider: LivekitProvider, calls: Calls, recording: Recording) -> RecordingStatus:
    """The state now."""
    return look(provider, calls, recording).status


def look(provider: LivekitProvider, calls: Calls, recording: Recording, *, stopped: Collection[str] = ()) -> Look:
    """Ask for all egresses of a recording.

    Args:
        provider: whose clock tells how old it is.
        calls: how the vendor is asked.
        recording: the handle.
        stopped: ids of those that were told to stop.

    Raises:
        RecorderError: by what the vendor answered.
    """
    ids = recording.ids_under(provider.native_key)
    if len(ids) == 1:
        answer = calls.send("ListEgress", recording.id, ListEgressRequest(egress_id=ids[0]).tree())
        info = None if answer.envelope.code else egress_in("ListEgress", answer, recording.id)
        return seen(provider, recording, {} if info is None else {ids[0]: info}, answer.body, stopped=stopped)
    found: dict[str, EgressInfo] = {}
    items: list[Any] = []
    for answer, page in pages(calls, provider.account, recording.room or None, recording_id=recording.id):
        for item, (info, _) in zip(answer.body["items"], page, strict=True):
            if info.egress_id in ids:
                found[info.egress_id] = info
                items.append(item)
    return seen(provider, recording, found, {"items": items}, stopped=stopped)


def seen(
    provider: LivekitProvider,
    recording: Recording,
    found: Mapping[str, EgressInfo],
    raw: Mapping[str, Any],
    *,
    stopped: Collection[str] = (),
) -> Look:
    """What the vendor tells of the egresses of a recording.

    Args:
        provider: whose clock tells how old it is.
        recording: the handle.
        found: what is known of each, by its id.
        raw: the answer that it stood in.
        stopped: ids of those that were told to stop.
    """
    ids = recording.ids_under(provider.native_key)
    people = dict(zip(ids, people_of(recording), strict=False))
    parts = []
    for one in ids:
        info, ending = found.get(one), Ending.STOPPED if one in stopped else None
        status = _unlisted(provider, recording, raw) if info is None else status_of(recording, info, raw, ending)
        parts.append(Part(one, (info and info.identity) or people.get(one), status))
    return Look(tuple(parts), whole_of(parts, missing_from(recording), raw))


def _unlisted(provider: LivekitProvider, recording: Recording, raw: Mapping[str, Any]) -> RecordingStatus:
    age = (provider.now() - recording.started_at).total_seconds()
    state, reason = RecordingState.STARTING, "the vendor doesn't list it yet"
    if age >= NOT_LISTED_YET_S:
        state = RecordingState.GONE
        reason = "the vendor doesn't know the egress: it lists one for a day after its end"
    return RecordingStatus(state=state, started_at=recording.started_at, reason=reason, raw=raw)
