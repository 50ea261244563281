"""Several ways of doing the same work, taking turns in one process: what each costs as a multiple of the bare one."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Cost", "Ratios", "Work", "compare", "cost"]


@dataclass(frozen=True, slots=True)
class Ratios:
    """Ratios of the rounds, and what they are ratios of.

    Attributes:
        lowest: of the rounds.
        median: of the rounds.
        highest: of the rounds.
        ours_us: microseconds of one operation, the median.
        bare_us: microseconds of the same without the library, the median.
    """

    lowest: float
    median: float
    highest: float
    ours_us: float
    bare_us: float

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Ratios:
        """From the seconds of one operation on either side, in every round."""
        ratios = sorted(ours / bare for ours, bare in pairs)
        ours_us, bare_us = (statistics.median(side) * 1e6 for side in zip(*pairs, strict=True))
        return cls(ratios[0], statistics.median(ratios), ratios[-1], ours_us, bare_us)


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of one operation, the medians of the rounds: of the processor, and by the clock on the wall."""

    cpu_us: float
    wall_us: float


Work = Callable[[], object]


def compare(sides: Mapping[str, Work], *, rounds: int, batch: int) -> dict[str, tuple[Ratios, Ratios]]:
    """CPU and wall ratios of every side to the one called `bare`; they take turns, and swap who is first."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for work in sides.values():
        _batch(work, max(1, batch // 4))
    names = list(sides)
    for _ in range(rounds):
        for name in names:
            spent[name].append(_batch(sides[name], batch))
        names.append(names.pop(0))
    bare = spent.pop("bare")
    return {
        name: (
            Ratios.of([(ours[0], theirs[0]) for ours, theirs in zip(found, bare, strict=True)]),
            Ratios.of([(ours[1], theirs[1]) for ours, theirs in zip(found, bare, strict=True)]),
        )
        for name, found in spent.items()
    }


def cost(work: Work, *, rounds: int, batch: int) -> Cost:
    """What one operation costs by itself."""
    _batch(work, max(1, batch // 4))
    cpu, wall = (
        statistics.median(side) * 1e6 for side in zip(*(_batch(work, batch) for _ in range(rounds)), strict=True)
    )
    return Cost(cpu, wall)


def _batch(work: Work, times: int) -> tuple[float, float]:
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        work()
    return (time.process_time() - cpu) / times, (time.perf_counter() - wall) / times
