"""Callbacks in the order in which the vendor made them, as far as that can be waited for."""

from __future__ import annotations

import math

from recorder_core.models import RecordingEvent

__all__ = ["GRACE_S", "Order"]

GRACE_S = 6.0
"""How long a callback that came too early waits for those before it: vendors repeat a lost one after 5 s. Most gaps are
never filled, for a vendor numbers events too that it isn't to send."""
FAR = 10_000
"""Numbers so far apart tell no order: no recording has as many events, and a forged number isn't to make all that
follow it late."""


class Order:
    """The callbacks of one recording. Not thread-safe.

    One is released when the one before it was, when it is the first at all or has no number that tells an order, or
    when it has waited long enough. Instants are Unix seconds.
    """

    __slots__ = ("_held", "_last")

    def __init__(self) -> None:
        self._last: int | None = None
        self._held: dict[int, tuple[RecordingEvent, float]] = {}

    def take(self, event: RecordingEvent, now: float) -> tuple[list[RecordingEvent], bool]:
        """What is released by a callback that came, and whether it came late: those after it were released before."""
        number = event.sequence
        if number is None or (self._last is not None and abs(number - self._last) > FAR):
            return [event], False
        if self._last is not None and number <= self._last:
            return [event], True
        if self._last is not None and number > self._last + 1:
            self._held[number] = (event, now)
            return [], False
        self._last = number
        return [event, *self._successors()], False

    def release(self, now: float) -> list[RecordingEvent]:
        """Those that have waited long enough, and what waited for them."""
        released = []
        while self._held and now >= self.due:
            # What waits for the longest may itself have one before it that came later.
            self._last = min(self._held)
            released += [self._held.pop(self._last)[0], *self._successors()]
        return released

    def flush(self) -> list[RecordingEvent]:
        """All that are held."""
        return self.release(math.inf)

    @property
    def due(self) -> float:
        """When one will have waited long enough; infinity where none waits."""
        return min((since for _, since in self._held.values()), default=math.inf) + GRACE_S

    def _successors(self) -> list[RecordingEvent]:
        found = []
        while self._last is not None and self._last + 1 in self._held:
            self._last += 1
            found.append(self._held.pop(self._last)[0])
        return found
