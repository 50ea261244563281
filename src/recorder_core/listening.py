"""Who is told of events: waits, followers, and whoever else subscribes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from recorder_core.forking import Guarded
from recorder_core.models import RecordingEvent

__all__ = ["AGAIN_S", "Heard", "Listener", "Listeners"]

logger = logging.getLogger("recorder_core.listening")

AGAIN_S = 2.0
"""Seconds between two looks at a recording, however often callbacks that nothing proves ask for one."""

Listener = Callable[[RecordingEvent], None]


class Heard:
    """The verified events that came while somebody waits, and the signal that any did."""

    def __init__(self) -> None:
        self.signal = threading.Event()
        self._events: list[RecordingEvent] = []
        self._guard = threading.Lock()

    def hear(self, event: RecordingEvent) -> None:
        """Take an event. Of one that isn't verified only the signal is kept: anybody could send any number."""
        with self._guard:
            if event.verified:
                self._events.append(event)
            self.signal.set()

    def take(self) -> list[RecordingEvent]:
        """The verified events since the last look, in the order in which they came."""
        with self._guard:
            events, self._events = self._events, []
            self.signal.clear()
        return events


class Listeners(Guarded):
    """Those who are told of the events of one recorder. Thread-safe.

    One that raises is logged, and keeps neither the others from being told nor whoever tells from going on.
    """

    def __init__(self) -> None:
        super().__init__()
        self._by_wish: dict[tuple[str | None, bool], dict[object, Listener]] = {}

    def _forked(self) -> None:
        """Whoever listens in the parent does so there."""
        super()._forked()
        self._by_wish = {}

    def subscribe(
        self, listener: Listener, recording_id: str | None = None, *, looks: bool = False
    ) -> Callable[[], None]:
        """Be told what happens to a recording, or to all.

        Args:
            listener: is called in whichever thread it happens; must not block.
            recording_id: None: all.
            looks: be told of every status that this recorder looks up for anybody. Else of what callbacks and
                operations of this recorder do.

        Returns:
            What ends it.
        """
        wish, subscription = (recording_id, looks), object()
        with self._guard:
            self._by_wish.setdefault(wish, {})[subscription] = listener

        def unsubscribe() -> None:
            with self._guard:
                listeners = self._by_wish.get(wish, {})
                listeners.pop(subscription, None)
                if not listeners:
                    self._by_wish.pop(wish, None)

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
        _tell(self._concerned(event.recording_id, looks=False), event)

    def tell_of(self, recording_id: str, make: Callable[[], RecordingEvent], *, looks: bool = False) -> None:
        """Tell those whom something concerns that this recorder did; the event is only made where there is somebody.

        Args:
            recording_id: the recording that it is about.
            make: makes the event.
            looks: whether it is a look.
        """
        listeners = self._concerned(recording_id, looks=looks)
        if listeners:
            _tell(listeners, make())

    def _concerned(self, recording_id: str | None, *, looks: bool) -> tuple[Listener, ...]:
        with self._guard:
            wishes = ((None, looks), (recording_id, looks)) if recording_id else ((None, looks),)
            return tuple(listener for wish in wishes for listener in self._by_wish.get(wish, {}).values())


def _tell(listeners: tuple[Listener, ...], event: RecordingEvent) -> None:
    for listener in listeners:
        try:
            listener(event)
        except Exception:
            logger.exception("a listener failed at the event %s of recording %s", event.kind, event.recording_id)
