"""Wire to neutral: what a callback tells of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from recorder_core.models import EventKind, FileStatus, Recording, RecordingEvent, RecordingState
from recorder_core.models.base import MASK, thaw
from recorder_core.webhooks import plain

from recorder_livekit.translate.answers import files_of, status_name, told_by
from recorder_livekit.wire.answers import EgressInfo, WebhookEvent
from recorder_livekit.wire.values import EgressStatus, StreamStatus

__all__ = ["SECRETS", "event_of", "is_of_an_egress", "located"]

SECRETS = frozenset(
    {
        *("access_key", "accessKey", "secret", "session_token", "sessionToken", "credentials"),
        *("account_key", "accountKey", "assume_role_external_id", "assumeRoleExternalId"),
        *("url", "urls", "websocket_url", "websocketUrl"),
    }
)
"""Keys of an `EgressInfo`, in both spellings, whose values are shown to nobody: the vendor takes secrets out itself,
but for the ends of stream keys."""
STREAM_LOST = "the stream to a push address failed: {error}"
EGRESS_EVENTS = frozenset({"egress_started", "egress_updated", "egress_ended"})


def is_of_an_egress(event: WebhookEvent) -> bool:
    """Whether it tells of an egress; the same address gets what happens in rooms."""
    return event.event.startswith("egress_")


def event_of(event: WebhookEvent, info: EgressInfo, raw: Mapping[str, Any]) -> RecordingEvent:
    """A callback about an egress in neutral words. One that has no name here is `unknown`.

    Args:
        event: what was read of it.
        info: its egress.
        raw: all of it.
    """
    return _event(event, info, None).model_copy(update={"raw": _masked(raw)})


def located(event: RecordingEvent, recording: Recording) -> RecordingEvent:
    """The event with what only the handle tells: where its files lie, and whose they are."""
    told = WebhookEvent.model_validate(thaw(event.raw))
    if told.egress_info is None:
        return event
    known = _event(told, told.egress_info, recording)
    update = {name: getattr(known, name) for name in ("files", "ending", "reason", "fault")}
    return event.model_copy(update=update)


def _event(event: WebhookEvent, info: EgressInfo, recording: Recording | None) -> RecordingEvent:
    told = told_by(info, recording)
    kind, reason = _kind(event.event, info), told.reason
    if event.event not in EGRESS_EVENTS:
        reason = f"the vendor's event {plain(event.event, 64)} has no name here"
    if kind is EventKind.PUSH_CHANGED:
        failed = next(stream for stream in info.stream_results if stream.status == StreamStatus.FAILED)
        reason = STREAM_LOST.format(error=plain(failed.error, 128) or "it doesn't say why")
    return RecordingEvent(
        kind=kind,
        provider="livekit",
        room=info.room_name or None,
        native={"egress_id": info.egress_id},
        state=told.state if event.event in EGRESS_EVENTS and told.state is not RecordingState.UNREACHABLE else None,
        occurred_at=_sent_at(event),
        files=files_of(info, recording),
        reason=reason,
        fault=told.fault,
        ending=told.ending,
        dedup_key=event.id,
    )


def _kind(name: str, info: EgressInfo) -> EventKind:
    if name == "egress_started":
        return EventKind.STARTED
    if name == "egress_updated":
        return _kind_of_update(info)
    if name != "egress_ended":
        return EventKind.UNKNOWN
    statuses = {file.status for file in files_of(info, None)}
    if status_name(info) == EgressStatus.FAILED:
        return EventKind.UPLOAD_FAILED if told_by(info, None).fault == "destination" else EventKind.ERROR
    if FileStatus.BACKUP in statuses:
        return EventKind.BACKED_UP
    return EventKind.UPLOADED if FileStatus.UPLOADED in statuses else EventKind.ENDED


def _kind_of_update(info: EgressInfo) -> EventKind:
    status = status_name(info)
    if status == EgressStatus.ACTIVE and any(stream.status == StreamStatus.FAILED for stream in info.stream_results):
        return EventKind.PUSH_CHANGED
    kinds: Mapping[str, EventKind] = {
        EgressStatus.STARTING: EventKind.STATUS,
        EgressStatus.ACTIVE: EventKind.RECORDING,
        EgressStatus.ENDING: EventKind.STOPPED,
    }
    return kinds.get(status, EventKind.STATUS)


def _sent_at(event: WebhookEvent) -> datetime | None:
    try:
        return datetime.fromtimestamp(event.created_at, UTC) if event.created_at else None
    except (OverflowError, OSError, ValueError):
        return None


def _masked(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {key: MASK if key in SECRETS and value else _masked(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_masked(item) for item in tree]
    return tree
