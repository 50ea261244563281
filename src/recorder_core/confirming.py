"""What the vendor's own status says of events that their signature doesn't prove."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from recorder_core.clock import Clock
from recorder_core.errors import ServiceUnavailable
from recorder_core.forking import Guarded
from recorder_core.known import Known
from recorder_core.listening import AGAIN_S
from recorder_core.models import EventKind, Recording, RecordingEvent, RecordingState, RecordingStatus
from recorder_core.provider import Provider
from recorder_core.recent import Recent

__all__ = ["Confirming", "denied_key", "unconfirmed", "unproven"]

REMEMBERED = 16_384
"""Recordings of which it is known when the vendor was asked about them."""
IMPORTANT = frozenset(
    {EventKind.STOPPED, EventKind.ENDED, EventKind.UPLOADED, EventKind.BACKED_UP, EventKind.UPLOAD_FAILED}
)
"""Kinds on which something depends that can't be taken back; `confirm` asks the vendor for them, and for whatever else
ends a recording or names files."""


class Confirming(Guarded):
    """Asks the vendor about events of one recorder's account. Thread-safe.

    Args:
        provider: whose events they are.
        clock: by it the vendor isn't asked too often.
        known: the handles.
        look: as in `Callbacks`.
    """

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        known: Known,
        look: Callable[[Recording, float], RecordingStatus],
    ) -> None:
        super().__init__()
        self._provider = provider
        self._clock = clock
        self._known = known
        self._look = look
        self._asked: Recent[float] = Recent(REMEMBERED)

    def judged(self, event: RecordingEvent, patience: float, *, may_lag: bool) -> RecordingEvent:
        """The event as the vendor's status bears it out; one that needn't be confirmed as it is.

        Args:
            event: with our id of the recording.
            patience: seconds to wait for another operation on the recording.
            may_lag: as in `Callbacks.process`.

        Raises:
            RecorderError: the vendor couldn't be asked, or was a moment ago, or its status may lag behind.
        """
        if not _needs_confirming(event):
            return event
        recording = self._known.handle(event.recording_id) if event.recording_id else None
        if recording is None:
            return unconfirmed(event)
        if not event.verified:
            self._refuse_haste(recording)
        status = self._look(recording, patience)
        if status.state is RecordingState.UNREACHABLE:
            raise ServiceUnavailable(
                f"whether the callback is true couldn't be asked: {status.reason}",
                provider=self._provider.name,
                operation="events.receive",
                recording_id=recording.id,
                request_id=status.request_id,
                retryable=True,
                fault="vendor",
                hint="Nobody was told of it. Answer with status 503, so that the vendor repeats it.",
            )
        if _contradicts(event, status):
            if may_lag and event.verified and status.state is not RecordingState.GONE:
                raise ServiceUnavailable(
                    f"the callback says {event.state or event.kind}, and the vendor's status {status.state} as yet",
                    provider=self._provider.name,
                    operation="events.receive",
                    recording_id=recording.id,
                    request_id=status.request_id,
                    retryable=True,
                    hint="Nobody was told of it. Ask again in a moment: a status may lag behind a callback.",
                )
            return event.model_copy(
                update={
                    "confirmed": False,
                    "verified": False,
                    "dedup_key": denied_key(event),
                    "state": status.state,
                    "files": status.files,
                    "ending": None,
                    "reason": f"the callback says {event.state or event.kind}, the vendor's status {status.state}",
                }
            )
        files = status.files if status.state.terminal else status.files or event.files
        told: dict[str, Any] = {"state": status.state, "files": files, "fault": status.fault or event.fault}
        if event.is_partial and status.state.terminal:
            told |= {"kind": EventKind.ENDED, "is_partial": False}
        return event.model_copy(update={"confirmed": True, **told})

    def _refuse_haste(self, recording: Recording) -> None:
        """Whoever sends callbacks without a proof doesn't decide how often the vendor is asked.

        Raises:
            ServiceUnavailable: it was asked a moment ago.
        """
        now = self._clock.monotonic()
        with self._guard:
            asked = self._asked.get(recording.id)
            is_due = asked is None or now - asked >= AGAIN_S
            if is_due:
                self._asked.discard(recording.id)
                self._asked.add(recording.id, now)
        if not is_due:
            raise ServiceUnavailable(
                f"the vendor was asked less than {AGAIN_S:g} s ago for another callback that nothing proves",
                provider=self._provider.name,
                operation="events.receive",
                recording_id=recording.id,
                retryable=True,
                fault="caller",
                hint="Nobody was told of it. Answer with status 503, so that the vendor repeats it; with "
                "webhook_secret only true callbacks would come so far.",
            )


def _needs_confirming(event: RecordingEvent) -> bool:
    """Whether something depends on it that its signature, if it has one, doesn't prove, or that it can't tell."""
    if event.is_partial and (event.kind in IMPORTANT or event.kind in (EventKind.STATUS, EventKind.ERROR)):
        return True
    proven = event.verified and event.nonce is None
    if proven or event.kind is EventKind.SNAPSHOT:  # no vendor's status lists pictures
        return False
    return event.kind in IMPORTANT or bool(event.files) or event.ending is not None


def unconfirmed(event: RecordingEvent) -> RecordingEvent:
    """The event as it is told where it was to be confirmed and the vendor couldn't be asked to the last."""
    return unproven(event, confirmed=False) if _needs_confirming(event) else event


def unproven(event: RecordingEvent, **fields: bool) -> RecordingEvent:
    """The event as one that may be forged. Its key is that of its content, so that it isn't taken for a true one.

    When it was sent is no part of that: a repeat is another delivery of the same.
    """
    kept = event.model_dump_json(exclude={"raw", "occurred_at", "nonce", "dedup_key", "verified", "confirmed"})
    key = f"{event.dedup_key}:{hashlib.sha256(kept.encode()).hexdigest()}"
    return event.model_copy(update={"verified": False, "dedup_key": key, **fields})


def denied_key(event: RecordingEvent) -> str:
    """The key of an event that the vendor's status denies: that of its delivery, so that a true one is told later."""
    return f"{event.dedup_key}:{event.nonce or uuid.uuid4().hex}"


def _contradicts(event: RecordingEvent, status: RecordingStatus) -> bool:
    """Whether the vendor's status says that the event can't be true, or no longer knows the recording."""
    if status.state is RecordingState.GONE:
        return True
    if event.state is not None and event.state.terminal and not status.state.terminal:
        return True
    says_over = event.ending is not None or (event.state is not None and not event.state.running)
    return says_over and status.state.running
