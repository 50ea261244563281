"""Things in the order in which they are due."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["Agenda"]

Item = TypeVar("Item")


class Agenda(Generic[Item]):
    """Items, each with an instant; of two with the same one the one that was planned first. Not thread-safe.

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
    def due(self) -> float:
        """When the next item is due; infinity: none is planned."""
        while self._heap and not self._counts(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else math.inf

    def take(self, now: float) -> Iterator[Item]:
        """Remove and give the items that are due by `now`, in order, those included that are planned meanwhile."""
        while self.due <= now and self._heap:
            _, _, item = heapq.heappop(self._heap)
            del self._planned[item]
            yield item

    def __len__(self) -> int:
        return len(self._planned)

    def _counts(self, entry: tuple[float, int, Item]) -> bool:
        _, number, item = entry
        return self._planned.get(item) == number
