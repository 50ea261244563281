"""Waiting until a recording truly records, or until it has ended, at the pace that its vendor advises."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable

from recorder_core.clock import Deadline
from recorder_core.errors import DeadlineExceeded, RecorderError, RecordingEnded, RecordingFailed
from recorder_core.listening import AGAIN_S, Heard
from recorder_core.models import EventKind, Mode, Recording, RecordingEvent, RecordingState, RecordingStatus
from recorder_core.provider import Provider

__all__ = ["PROGRESS", "wait_until"]

PROGRESS = {
    RecordingState.STARTING: 0,
    RecordingState.UNREACHABLE: 0,
    RecordingState.RECORDING: 1,
    RecordingState.PAUSED: 1,
    RecordingState.STOPPING: 2,
    RecordingState.UPLOADING: 3,
    RecordingState.COMPLETED: 4,
    RecordingState.GONE: 4,
    RecordingState.FAILED: 4,
}
"""How far along each state is; a wait is over when the recording has come as far as the state waited for."""


ENDS = frozenset({EventKind.STOPPED, EventKind.ENDED})
"""Kinds of events whose reason tells why a recording died, where no error was told."""
RECORDED = frozenset(
    {EventKind.AUDIO_CHANGED, EventKind.VIDEO_CHANGED, EventKind.SEGMENT_STARTED, EventKind.FILE_STARTED}
)
"""Kinds of events that tell that somebody is recorded."""


def wait_until(
    provider: Provider,
    recording: Recording,
    until: RecordingState,
    deadline: Deadline,
    look: Callable[[Recording], RecordingStatus],
    heard: Heard,
    pause: Callable[[threading.Event, float], bool],
) -> RecordingStatus:
    """Look at the recording at the advised pace, and whenever a callback comes, until it has come as far as `until`.

    A look that a callback brings about comes beside the advised ones: these keep their times. One that nothing proves
    brings about none within 2 s of another look: whoever forges them doesn't decide how often the vendor is asked.

    Looks that fail in a way that may pass (`retryable`) are repeated. What callbacks tell of its death is believed at
    once; that it records is believed only when the vendor's status says so.

    Raises:
        RecordingFailed: it died; the error lists the likely causes, what a callback told first.
        RecordingEnded: it ended in the ordinary way before it came to `until`.
        DeadlineExceeded: it didn't come that far in time.
    """
    clock = provider.runtime.clock
    last = None
    looked_at = -math.inf
    told: list[RecordingEvent] = []
    delays = itertools.chain(provider.poll_delays[:-1], itertools.repeat(provider.poll_delays[-1]))
    delay = next(delays)
    while True:
        if delay >= deadline.remaining():
            if last is not None:
                break
            delay = deadline.remaining() / 2  # a wait shorter than the first advised delay looks once all the same
        began = clock.monotonic()
        came_sooner = pause(heard.signal, delay)
        told += (came := heard.take())
        too_soon = looked_at + AGAIN_S - clock.monotonic()
        if came_sooner and not came and too_soon > 0:
            clock.sleep(min(too_soon, max(delay - (clock.monotonic() - began), 0.0)))
            told += heard.take()
        left = delay - (clock.monotonic() - began)
        delay = left if came_sooner and left > 0 else next(delays)
        looked_at = clock.monotonic()
        try:
            status = look(recording)
        except RecorderError as error:
            if not error.retryable:
                raise
            last = error.message
            continue
        if settled(provider, recording, _worse(status, told), until, told):
            return _noted(recording, status, [*told, *heard.take()])
        last = f"it was {status.state}" + (f": {status.reason}" if status.reason else "")
    raise DeadlineExceeded(
        f"the recording wasn't {until} within {deadline.seconds:g} s; {last or 'there was no time to look'}",
        provider=provider.name,
        operation="wait",
        recording_id=recording.id,
        retryable=True,
        hint="It may still get there: wait again, ask for its status, or stop it.",
    )


def _worse(status: RecordingStatus, told: list[RecordingEvent]) -> RecordingStatus:
    """The status, or the death that a callback told and the vendor's status doesn't show yet."""
    deaths = [event for event in told if event.state is RecordingState.FAILED]
    if not deaths or status.state.terminal:
        return status
    death = deaths[-1]
    return status.model_copy(
        update={"state": death.state, "reason": death.reason, "fault": death.fault, "ending": death.ending}
    )


def _noted(recording: Recording, status: RecordingStatus, told: list[RecordingEvent]) -> RecordingStatus:
    """The status, with what callbacks told of its room: that nobody is recorded in it, or that somebody is.

    A status may tell too little to know, and its reason then speaks of an empty room. A page has no room.
    """
    if status.state is not RecordingState.RECORDING or recording.mode == Mode.WEB:
        return status
    words = [event for event in told if event.kind in RECORDED or (event.kind is EventKind.IDLE and event.reason)]
    if not words:
        return status
    is_empty = words[-1].kind is EventKind.IDLE
    return status.model_copy(update={"reason": (status.reason or words[-1].reason) if is_empty else None})


def settled(
    provider: Provider,
    recording: Recording,
    status: RecordingStatus,
    until: RecordingState,
    told: list[RecordingEvent],
) -> bool:
    """Whether the wait is over.

    Raises:
        RecordingFailed: it died.
        RecordingEnded: it ended before it came to `until`.
    """
    ended = PROGRESS[status.state] == PROGRESS[RecordingState.COMPLETED]
    waits_for_end = PROGRESS[until] == PROGRESS[RecordingState.COMPLETED]
    if status.state is RecordingState.FAILED or (status.state is RecordingState.GONE and not waits_for_end):
        errors = [event for event in told if event.kind is EventKind.ERROR and event.reason] or [
            event for event in told if event.kind in ENDS and event.reason
        ]
        known = tuple(dict.fromkeys(event.reason for event in errors if event.reason))
        causes = tuple(dict.fromkeys((*known, *provider.causes(recording, status))))
        reason = known[0] if known else status.reason
        raise RecordingFailed(
            ("the recording failed" if status.state is RecordingState.FAILED else "the recording is gone")
            + (f": {reason}" if reason else ""),
            causes=causes,
            provider=provider.name,
            operation="wait",
            recording_id=recording.id,
            request_id=status.request_id,
            fault=next((event.fault for event in errors if event.fault), status.fault),
            hint="Nothing records now. Check the causes in their order, then start anew.",
        )
    if ended and not waits_for_end and not status.files:
        raise RecordingEnded(
            f"the recording ended before it was {until}" + (f": {status.reason}" if status.reason else ""),
            provider=provider.name,
            operation="wait",
            recording_id=recording.id,
            request_id=status.request_id,
            hint="Nobody was recorded: check who is in the room, and the idle time-out.",
        )
    return PROGRESS[status.state] >= PROGRESS[until]
