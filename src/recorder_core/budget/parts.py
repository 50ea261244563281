"""The part of a limit that one of several processes keeps to when there is nobody whom it could ask for more."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from recorder_core.budget.limit import USUAL_WAY_S, Admitted, Limit
from recorder_core.budget.memory import Slots
from recorder_core.budget.queue import Source
from recorder_core.clock import Clock


class Seat(NamedTuple):
    """A process's place among those that share a limit, as the Redis told it.

    Attributes:
        number: no other process has it.
        cycle: 1 / cycle of the limit is this process's: the seats that lie whole cycles from its own are nobody's. 0:
            it has no part yet.
    """

    number: int
    cycle: int


NOWHERE = Seat(0, 0)


@dataclass(slots=True)
class Part:
    """A part of a limit.

    Attributes:
        since: when it was found that the Redis can't be used (monotonic); None: it says that all keep to their parts.
        begins_at: from when on no call counts any more that was made before.
        slots: those of the part.
    """

    since: float | None
    begins_at: float
    slots: Source


def slots_of(seat: Seat, limit: Limit, clock: Clock, ahead: float) -> Source:
    """The slots of a part: as many whole calls as there are in it, or every so many slots one.

    A process that has no part takes one call in a span: nobody else knows, but to call never would be worse.

    Args:
        seat: whose part it is.
        limit: of which it is a part.
        clock: of this process.
        ahead: seconds by which the Redis's clock is ahead of this one's `monotonic`.
    """
    if seat.cycle > limit.calls:
        return TurnSlots(seat, limit, clock, ahead)
    calls = limit.calls // seat.cycle if seat.cycle else 1
    return Slots(replace(limit, calls=calls), clock)


class TurnSlots:
    """As `Source`: every so many slots one, for more processes than there are calls in a span.

    Nobody tells the others when a call arrived: so the slots are so far from one another that each may be as late as
    is possible at all. They are counted by the Redis's clock, as it was when it could be read.
    """

    def __init__(self, seat: Seat, limit: Limit, clock: Clock, ahead: float) -> None:
        self._clock = clock
        step = (limit.span + USUAL_WAY_S) / limit.calls
        self.between = seat.cycle * step
        self._latest = step / 2
        self._first = seat.number * step - ahead
        self._taken = -math.inf

    def ask(self, urgency: int, left: float) -> Admitted | float:
        """As `Source.ask`."""
        delay = self.least()
        if delay <= 0:
            self._taken = self._clock.monotonic()
            return Admitted()
        return delay if delay < left else Admitted(late=delay)

    def least(self) -> float:
        """As `Source.least`."""
        now = self._clock.monotonic()
        passed = (now - self._first) % self.between
        is_taken = now - self._taken <= 2 * self._latest
        return 0.0 if passed <= self._latest and not is_taken else self.between - passed

    def sleep(self, seconds: float) -> None:
        """As `Source.sleep`."""
        self._clock.sleep(seconds)
