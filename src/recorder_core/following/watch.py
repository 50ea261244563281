"""What followers need of a recorder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recorder_core.clock import Clock
from recorder_core.following.relay import Relay
from recorder_core.known import Known
from recorder_core.listening import Listeners
from recorder_core.models import Recording, RecordingEvent, RecordingState, RecordingStatus
from recorder_core.provider import Provider

__all__ = ["Watch"]


@dataclass(frozen=True, slots=True)
class Watch:
    """What followers need of a recorder.

    Attributes:
        provider: whose recordings they are.
        clock: the recorder's.
        known: what this process knows of them.
        listeners: by whom callbacks, operations and looks are told.
        relay: what callbacks told other processes.
        check: refuses a handle that isn't this recorder's.
        look: asks for the status, and tells it.
        restore: sends again what a move to another server may have lost; the state is as in `Provider.restore`.
        event: makes an event of a recording: `event(recording, kind, source, **fields)`.
        notify: tells the hooks of an event.
    """

    provider: Provider
    clock: Clock
    known: Known
    listeners: Listeners
    relay: Relay
    check: Callable[[Recording], None]
    look: Callable[[Recording], RecordingStatus]
    restore: Callable[[Recording, RecordingState | None], bool]
    event: Callable[..., RecordingEvent]
    notify: Callable[[RecordingEvent], None]
