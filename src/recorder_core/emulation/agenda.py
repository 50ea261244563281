"""What will happen by itself, and when: so that nobody has to ask everything at every look."""

import heapq
import itertools
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")


class Timed(Protocol):
    """A recording to whom things happen as time goes by. Equality must be identity.

    Instants are Unix seconds of the emulated clock. `settle` is called with the very number that `next_due` gave,
    or a later one: compare instants with instants (`at <= now`), for a difference of two may be a bit off.
    """

    @property
    def over(self) -> bool:
        """Whether nothing will ever happen to it again, by itself or because of its room."""
        ...

    def settle(self, now: float) -> None:
        """Let everything happen that is due by `now` and hasn't happened yet, each thing at its own instant."""
        ...

    def next_due(self, now: float) -> float | None:
        """The first instant after `now` at which something happens if nobody does anything; None: nothing will."""
        ...


class Agenda(Generic[Item]):
    """Items in the order in which they are due. Not thread-safe: the service serialises access.

    Planning costs O(log n), finding that nothing is due O(1), whatever the number of items.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Item]] = []
        self._planned: dict[Item, int] = {}
        self._numbers = itertools.count()

    def plan(self, item: Item, due: float | None) -> None:
        """Let the item be due at that instant instead of when it was before; None: no more."""
        if due is None:
            self._planned.pop(item, None)
        else:
            number = self._planned[item] = next(self._numbers)
            heapq.heappush(self._heap, (due, number, item))
        # What was planned anew stays behind in the heap; it must not outgrow what counts.
        if len(self._heap) > 2 * len(self._planned) + 16:
            self._heap = [entry for entry in self._heap if self._counts(entry)]
            heapq.heapify(self._heap)

    @property
    def next_due(self) -> float | None:
        """When the next item is due; None: none is planned."""
        while self._heap and not self._counts(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: float) -> Iterator[Item]:
        """Remove and give the items that are due by `now`, in order, those included that are planned meanwhile."""
        while (due := self.next_due) is not None and due <= now:
            _, _, item = heapq.heappop(self._heap)
            del self._planned[item]
            yield item

    def __len__(self) -> int:
        return len(self._planned)

    def _counts(self, entry: tuple[float, int, Item]) -> bool:
        _, number, item = entry
        return self._planned.get(item) == number
