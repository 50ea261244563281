"""When calls arrive at the vendor, as far as whoever sends them can know."""

from __future__ import annotations

import math
from typing import Generic, TypeVar

from recorder_core.budget.limit import Admitted

LONGEST_WAY_S = 1.0
"""A call that isn't answered after this time has arrived: what takes longer is the vendor's own work."""
FORGETTING = 1.001
"""By how much the fastest call is taken for slower with every other one: networks change."""
ENOUGH = 5
"""The fastest of so many calls took hardly longer than it has to."""


class Call(Admitted):
    """A place in a limit.

    Attributes:
        operation: its urgency in the limit.
        left_at: when it left, or got its place.
        arrived_at: by when it has arrived; None: that isn't known yet.
    """

    __slots__ = ("arrived_at", "left_at", "operation")

    def __init__(self, operation: int, left_at: float) -> None:
        super().__init__()
        self.operation = operation
        self.left_at = left_at
        self.arrived_at: float | None = None


Own = TypeVar("Own", bound=Call)


class Ways(Generic[Own]):
    """The ways of one process's calls. Not thread-safe.

    What an operation takes at the least is the way there, the vendor's own work, and the way back. Where a call takes
    longer, that may be for the way there. But it has arrived when one is answered that left later.
    """

    def __init__(self) -> None:
        self._count: dict[int, int] = {}
        self._fastest: dict[int, float] = {}
        self._under_way: dict[Own, None] = {}

    @property
    def there(self) -> float:
        """Seconds that the way to the vendor takes at the least: half of what the fastest call took."""
        known = (self._fastest[operation] for operation, count in self._count.items() if count >= ENOUGH)
        return min(known, default=0.0) / 2

    def back(self, operation: int) -> float:
        """Seconds that an operation takes at the least, without the way there."""
        there = self.there
        return self._fastest[operation] - there if self._count.get(operation, 0) >= ENOUGH else there

    def begins(self, call: Own, now: float) -> None:
        """A call has got its place; or later, where a connection had to be made first, it is being written."""
        call.left_at = now
        call.arrived_at = None
        self._under_way[call] = None

    def ends(self, call: Own, now: float, *, is_answered: bool) -> dict[Own, float]:
        """A call was answered, or has failed. By when it has arrived, and others of which that wasn't known yet."""
        known = [call] if call.arrived_at is None else []
        if is_answered:
            known += [other for other in self._under_way if other.left_at < call.left_at]
        arrivals = {each: self._bounded(each, now - self.back(call.operation)) for each in known}
        for each, arrived_at in arrivals.items():
            each.arrived_at = arrived_at
            self._under_way.pop(each, None)
        if is_answered:
            took = max(now - call.left_at, 0.0)
            self._count[call.operation] = self._count.get(call.operation, 0) + 1
            self._fastest[call.operation] = min(took, self._fastest.get(call.operation, math.inf) * FORGETTING)
        return arrivals

    def arrival(self, call: Own, now: float) -> float:
        """By when a call has arrived, unless it is held up on its way there and nobody can know that yet."""
        return self._bounded(call, now - self.back(call.operation)) if call.arrived_at is None else call.arrived_at

    def _bounded(self, call: Own, instant: float) -> float:
        """An instant at which a call may have arrived, or the nearest one."""
        earliest = call.left_at + self.there
        return min(max(instant, earliest), earliest + LONGEST_WAY_S)
