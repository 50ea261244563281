"""By when calls have arrived at the vendor, as far as whoever sends them can know."""

from __future__ import annotations

import math
from typing import Generic, TypeVar

from recorder_core.budget.limit import USUAL_WAY_S, Admitted

LONGEST_WAY_S = 1.0
"""A call that isn't answered after this time has arrived: what takes longer is the vendor's own work."""
FORGETTING = 1.001
"""By how much the fastest call is taken for slower with every other one: networks change."""
LATE_S = 0.1
"""After what time a call that has its place hasn't left at once."""
ENOUGH = 5
"""The fastest of so many calls took hardly longer than it has to."""


class Call(Admitted):
    """A place in a limit.

    Attributes:
        operation: its urgency in the limit.
        left_at: when it left, or got its place.
        arrived_by: when it has arrived, or will have, at the latest.
        is_overtaken: whether one that left later was answered before.
    """

    __slots__ = ("arrived_by", "is_overtaken", "left_at", "operation")

    def __init__(self, operation: int) -> None:
        super().__init__()
        self.operation = operation
        self.left_at = self.arrived_by = -math.inf
        self.is_overtaken = False


Own = TypeVar("Own", bound=Call)


class Ways(Generic[Own]):
    """The ways of one process's calls. Not thread-safe.

    What an operation takes at the least is the way there, the vendor's own work, and the way back. Where a call takes
    longer, that may be for the way there. But when one is answered that left later, it arrives soon, or did long ago.

    Attributes:
        there: seconds that the way to the vendor takes at the least: half of what the fastest call took; 0 as long as
            that isn't known.
    """

    def __init__(self) -> None:
        self.there = 0.0
        self._count: dict[int, int] = {}
        self._fastest: dict[int, float] = {}
        self._known: dict[int, float] = {}
        self._under_way: set[Own] = set()

    def longest(self, operation: int) -> float:
        """Seconds after which a call that isn't answered has arrived.

        Where the vendor works for longer in any case, an answer that doesn't come says nothing of the way.
        """
        return LONGEST_WAY_S if self._known.get(operation, 0.0) < LONGEST_WAY_S else USUAL_WAY_S

    def begins(self, call: Own, now: float) -> None:
        """A call has got its place."""
        call.left_at = now
        call.arrived_by = now + self.longest(call.operation)
        self._under_way.add(call)

    def leaves(self, call: Own, now: float) -> bool:
        """A call is being written; whether that makes it arrive later, for example as a connection had to be made."""
        is_late = now > call.left_at + LATE_S or call.is_overtaken
        call.left_at = now
        if is_late:
            call.arrived_by = now + self.longest(call.operation)
            call.is_overtaken = False
            self._under_way.add(call)
        return is_late

    def ends(self, call: Own, now: float, *, is_answered: bool) -> dict[Own, float]:
        """A call was answered, or has failed. Those of which more is known now, with what was thought before."""
        arrived_by = now - (self._known.get(call.operation, 2 * self.there) - self.there)
        before = {call: call.arrived_by}
        call.arrived_by = min(max(arrived_by, call.left_at + self.there), call.arrived_by)
        self._under_way.discard(call)
        if not is_answered:
            return before
        for other in tuple(self._under_way):
            if other.left_at < call.left_at and not other.is_overtaken:
                before[other] = other.arrived_by
                other.arrived_by = min(arrived_by + USUAL_WAY_S, other.arrived_by)
                other.is_overtaken = True
            elif other.arrived_by < now:  # nobody will ever tell more of it
                self._under_way.discard(other)
        self._took(call.operation, max(now - call.left_at, 0.0))
        return before

    def _took(self, operation: int, seconds: float) -> None:
        count = self._count[operation] = self._count.get(operation, 0) + 1
        fastest = self._fastest[operation] = min(seconds, self._fastest.get(operation, math.inf) * FORGETTING)
        if count >= ENOUGH:
            self._known[operation] = fastest
            self.there = min(self._known.values()) / 2
