"""Every trouble, met by every of a vendor's calls within every operation."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from battery.cell import Cell, run
from battery.operations import OPERATIONS, Operation
from battery.stage import Stage
from battery.troubles import NOTHING, TROUBLES, Trouble, coded

WORKERS = 6
"""Stages that are used at the same time: much of what happens is waited for."""


def battery(build: Callable[[], Stage], codes: Iterable[int | str] = ()) -> list[Cell]:
    """All cells of one provider.

    Args:
        build: makes a stage, which isn't entered.
        codes: the vendor's own, which its emulated service is made to answer.
    """
    troubles = (*TROUBLES, *map(coded, codes))
    with ExitStack() as stack, ThreadPoolExecutor(WORKERS) as pool:
        stages: queue.SimpleQueue[Stage] = queue.SimpleQueue()
        for _ in range(WORKERS):
            stages.put(stack.enter_context(build()))

        def trial(given: tuple[Operation, int, str, Trouble]) -> list[Cell]:
            operation, call, name, trouble = given
            stage = stages.get()
            try:
                cells = [run(stage, operation, trouble, call, name)]
                # Where nothing was repeated, all the later calls can't matter.
                goes_on = operation.thorough and (call == 0 or operation.name == "start")
                if cells[0].attempts > 1 and goes_on and not trouble.lasts:
                    cells.append(run(stage, operation, trouble, call, name, always=True))
                return cells
            finally:
                stages.put(stage)

        stage = stages.get()
        possible = [operation for operation in OPERATIONS if operation.subject(stage) is not None]
        healthy = [run(stage, operation, NOTHING) for operation in possible]
        stages.put(stage)
        alone = list(_without_the_same(zip(possible, healthy, strict=True)))
        trials = (
            (operation, call, name, trouble)
            for trouble in troubles
            for operation, cell in alone
            for call, name in enumerate(cell.calls)
            if name not in cell.calls[:call] and not (trouble.lasts and call)
        )
        return [*healthy, *(cell for cells in pool.map(trial, trials) for cell in cells)]


def _without_the_same(operations: Iterable[tuple[Operation, Cell]]) -> Iterator[tuple[Operation, Cell]]:
    """Without changes that are the same call of the vendor's as another one's."""
    calls: set[tuple[str, ...]] = set()
    for operation, cell in operations:
        if operation.thorough or cell.calls not in calls:
            yield operation, cell
        calls.add(cell.calls)
