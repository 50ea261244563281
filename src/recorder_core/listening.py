"""Who is told of events: waits, followers, and whoever else subscribes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from recorder_core.models import RecordingEvent

__all__ = ["Heard", "Listener", "Listeners"]

Listener = Callable[[RecordingEvent], None]


class Heard:
    """The events that came while somebody waits, and the signal that one did."""

    def __init__(self) -> None:
        self.signal = threading.Event()
        self._events: list[RecordingEvent] = []
        self._guard = threading.Lock()

    def hear(self, event: RecordingEvent) -> None:
        """Take an event."""
        with self._guard:
            self._events.append(event)
            self.signal.set()

    def take(self) -> list[RecordingEvent]:
        """The events since the last look, in the order in which they came."""
        with self._guard:
            events, self._events = self._events, []
            self.signal.clear()
        return events


class Listeners:
    """Those who are told of the events of one recorder. Thread-safe."""

    def __init__(self) -> None:
        self._of_all: list[Listener] = []
        self._of_one: dict[str, list[Listener]] = {}
        self._guard = threading.Lock()

    def subscribe(self, listener: Listener, recording_id: str | None = None) -> Callable[[], None]:
        """Be told of the events of a recording, or of all; the returned function ends that."""
        with self._guard:
            listeners = self._of_all if recording_id is None else self._of_one.setdefault(recording_id, [])
            listeners.append(listener)

        def unsubscribe() -> None:
            with self._guard:
                if listener in listeners:
                    listeners.remove(listener)
                if recording_id is not None and not listeners and self._of_one.get(recording_id) is listeners:
                    del self._of_one[recording_id]

        return unsubscribe

    @contextmanager
    def hearing(self, recording_id: str) -> Iterator[Heard]:
        """The events of a recording, for as long as the block lasts."""
        heard = Heard()
        unsubscribe = self.subscribe(heard.hear, recording_id)
        try:
            yield heard
        finally:
            unsubscribe()

    def tell(self, event: RecordingEvent) -> None:
        """Tell everybody whom the event concerns."""
        with self._guard:
            listeners = (*self._of_all, *self._of_one.get(event.recording_id or "", ()))
        for listener in listeners:
            listener(event)
