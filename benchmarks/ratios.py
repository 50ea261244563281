"""Two ways of doing the same work, taking turns in one process: what the one costs as a multiple of the other."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Ratios", "Work", "compare"]


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


Work = Callable[[], object]


def compare(ours: Work, bare: Work, *, rounds: int, batch: int) -> tuple[Ratios, Ratios]:
    """CPU and wall ratios; the sides take turns, and swap who is first."""
    cpu, wall = [], []
    for work in (ours, bare):
        _batch(work, max(1, batch // 4))
    for number in range(rounds):
        sides = (ours, bare) if number % 2 else (bare, ours)
        spent = [_batch(work, batch) for work in sides]
        (our_cpu, our_wall), (bare_cpu, bare_wall) = spent if number % 2 else reversed(spent)
        cpu.append((our_cpu, bare_cpu))
        wall.append((our_wall, bare_wall))
    return Ratios.of(cpu), Ratios.of(wall)


def _batch(work: Work, times: int) -> tuple[float, float]:
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(times):
        work()
    return (time.process_time() - cpu) / times, (time.perf_counter() - wall) / times
