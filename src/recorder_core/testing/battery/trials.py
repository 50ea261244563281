"""Every trouble, met by every of a vendor's calls within every operation."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TypeVar

from recorder_core.testing.battery.cell import Cell, run
from recorder_core.testing.battery.operations import Operation, operations
from recorder_core.testing.battery.stage import Stage
from recorder_core.testing.battery.troubles import HANGING, NOTHING, TROUBLES, Trouble, coded, undocumented

WORKERS = 6
"""Stages that are used at the same time: much of what happens is waited for."""
TIGHT_S = 0.3
"""A deadline that comes long before any time-out."""

Build = Callable[[], Stage]
"""Makes a stage, which isn't entered."""
Result = TypeVar("Result")


def battery(build: Build, codes: Iterable[int | str] | None = None) -> list[Cell]:
    """All cells of one provider.

    Args:
        build: makes a stage.
        codes: the vendor's own, which its service is made to answer; None: those in the provider's rules, where it is
            emulated, and one that is in none.
    """
    with _stages(build) as submit:
        known = submit(Stage.vendor_codes).result() if codes is None else ()
        refusals = [*map(coded, known if codes is None else codes), *([undocumented(known)] if known else [])]
        healthy = submit(lambda stage: [(one, run(stage, one, NOTHING)) for one in _possible(stage)]).result()
        trials = [
            submit(partial(_trial, operation, call, name, trouble))
            for trouble in (*TROUBLES, *refusals)
            for operation, cell in _without_the_same(healthy)
            for call, name in enumerate(cell.calls)
            if name not in cell.calls[:call] and not (trouble.lasts and call)
        ]
        return [*(cell for _, cell in healthy), *(cell for trial in trials for cell in trial.result())]


def hanging(build: Build) -> list[Cell]:
    """What comes of operations whose deadline is all that ends them. The clocks of the stages have to go on."""
    with _stages(build) as submit:
        trials = [
            submit(partial(_hang, operation, trouble))
            for operation in submit(_possible).result()
            for trouble in HANGING
            if operation.thorough or not operation.changes
        ]
        return [trial.result() for trial in trials]


def _hang(operation: Operation, trouble: Trouble, stage: Stage) -> Cell:
    return run(stage, operation, trouble, always=True, deadline=TIGHT_S)


def _trial(operation: Operation, call: int, name: str, trouble: Trouble, stage: Stage) -> list[Cell]:
    """What comes of a trouble that is met once, and, where that made a difference, of one that goes on."""
    once = run(stage, operation, trouble, call, name)
    goes_on = operation.thorough and not trouble.lasts and (call == 0 or operation.name == "start")
    # Where nothing was repeated, all the later calls can't matter.
    return [once, run(stage, operation, trouble, call, name, always=True)] if goes_on and once.attempts > 1 else [once]


def _possible(stage: Stage) -> list[Operation]:
    return [operation for operation in operations(stage.spec_fields) if operation.subject(stage) is not None]


def _without_the_same(operations: Iterable[tuple[Operation, Cell]]) -> Iterator[tuple[Operation, Cell]]:
    """Without changes that are the same call of the vendor's as another one's."""
    calls: set[tuple[str, ...]] = set()
    for operation, cell in operations:
        if operation.thorough or cell.calls not in calls:
            yield operation, cell
        calls.add(cell.calls)


@contextmanager
def _stages(build: Build) -> Iterator[Callable[[Callable[[Stage], Result]], Future[Result]]]:
    """What gives work to whichever stage is free."""
    with ExitStack() as stack, ThreadPoolExecutor(WORKERS) as pool:
        free: queue.SimpleQueue[Stage] = queue.SimpleQueue()
        for _ in range(WORKERS):
            free.put(stack.enter_context(build()))

        def work(on: Callable[[Stage], Result]) -> Result:
            stage = free.get()
            try:
                return on(stage)
            finally:
                free.put(stage)

        yield lambda on: pool.submit(work, on)
