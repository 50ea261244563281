"""When calls arrive at the vendor, as far as whoever sends them can know."""

from __future__ import annotations

import math
from typing import Generic, TypeVar

from recorder_core.budget.limit import USUAL_WAY_S, Admitted

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
        latest: when it has arrived in any case.
        arrived_at: by when it has arrived; None: it has not ended yet.
        is_overtaken: whether a later one was answered before it.
    """

    __slots__ = ("arrived_at", "is_overtaken", "latest", "left_at", "operation")

    def __init__(self, operation: int, left_at: float) -> None:
        super().__init__()
        self.operation = operation
        self.begin(left_at)

    def begin(self, left_at: float) -> None:
        """It has got its place; or later, where a connection had to be made first, it is being written."""
        self.left_at = left_at
        self.latest = left_at + LONGEST_WAY_S
        self.arrived_at: float | None = None
        self.is_overtaken = False


Own = TypeVar("Own", bound=Call)


class Ways(Generic[Own]):
    """The ways of one process's calls. Not thread-safe.

    What an operation takes at the least is the way there, the vendor's own work, and the way back. Where a call takes
    longer, that may be for the way there. But when one is answered that left later, it arrives soon, or did long ago.
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
        """As `Call.begin`."""
        call.begin(now)
        self._under_way[call] = None

    def ends(self, call: Own, now: float, *, is_answered: bool) -> list[Own]:
        """A call was answered, or has failed. Those of which more is known now."""
        call.arrived_at = self.arrival(call, now)
        self._under_way.pop(call, None)
        if not is_answered:
            return [call]
        overtaken = [other for other in self._under_way if other.left_at < call.left_at and not other.is_overtaken]
        for other in overtaken:
            other.latest = min(other.latest, now - self.back(call.operation) + USUAL_WAY_S)
            other.is_overtaken = True
        self._under_way = {other: None for other in self._under_way if other.latest > now}  # of others all is known
        took = max(now - call.left_at, 0.0)
        self._count[call.operation] = self._count.get(call.operation, 0) + 1
        self._fastest[call.operation] = min(took, self._fastest.get(call.operation, math.inf) * FORGETTING)
        return [call, *overtaken]

    def arrival(self, call: Own, now: float) -> float:
        """By when a call has arrived, unless it is held up on its way there and nobody can know that yet."""
        if call.arrived_at is not None:
            return call.arrived_at
        return min(max(now - self.back(call.operation), call.left_at + self.there), call.latest)
