"""One cell of the battery: a fault, met by one of a vendor's calls within an operation, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recorder_core.models import RecordingStatus, RecoveryReport
from recorder_core.testing.battery.checks import Happening, problems_of
from recorder_core.testing.battery.operations import Operation
from recorder_core.testing.battery.stage import Stage
from recorder_core.testing.battery.troubles import Trouble
from recorder_core.testing.watching import TIMEOUT_S, Watch

DEADLINE_S = 60.0
"""On the recorder's clock."""


@dataclass(frozen=True)
class Cell:
    """What came of an operation.

    Attributes:
        operation: its name.
        call: the vendor's call within it that met the trouble.
        trouble: its name.
        always: whether all later calls met it too.
        outcome: the class of the error, or what was returned.
        calls: the vendor's calls that were tried, each attempt, in order.
        attempts: the most at one of them.
        reached: requests that reached the service.
        running: recordings that run in the room afterwards.
        took: seconds on the recorder's clock.
        problems: what must not be.
    """

    operation: str
    call: str
    trouble: str
    always: bool
    outcome: str
    calls: tuple[str, ...]
    attempts: int
    reached: int
    running: int
    took: float
    problems: tuple[str, ...]


def run(
    stage: Stage,
    operation: Operation,
    trouble: Trouble,
    call: int = 0,
    name: str = "",
    *,
    always: bool = False,
    deadline: float = DEADLINE_S,
) -> Cell:
    """Let one of the vendor's calls within an operation, told by its number and name, meet a trouble.

    With `always` all later ones meet it too.
    """
    subject = operation.subject(stage)
    stage.calm()
    base_urls = trouble.arrange(stage, call, name, always)
    if getattr(subject, "base_url", None):
        there = stage.proxy.base_url if stage.proxy.base_url in base_urls else base_urls[0]
        subject = subject.model_copy(update={"base_url": there})
    watch = Watch()
    with stage.recorder(watch, base_urls, trouble.timeout or TIMEOUT_S) as recorder:
        began = stage.service.clock.monotonic()
        result: Any = None
        error: Exception | None = None
        try:
            result = operation.call(recorder, subject, deadline)
        except Exception as caught:
            error = caught
        took = stage.service.clock.monotonic() - began
    happening = Happening(stage, operation, trouble.lies, trouble.code, subject, watch, result, error, took - deadline)
    cell = Cell(
        operation=operation.name,
        call=name,
        trouble=trouble.name,
        always=always or trouble.lasts,
        outcome=_named(result) if error is None else type(error).__name__,
        calls=tuple(exchange.operation for exchange in watch.exchanges),
        attempts=max((exchange.attempt for exchange in watch.exchanges), default=0),
        reached=sum(request.status is not None for request in (*stage.proxy.requests, *stage.second.requests)),
        running=happening.running,
        took=took,
        problems=tuple(problems_of(happening)),
    )
    stage.calm()
    if not (operation.again and happening.running):
        stage.give_up(subject.room)
    return cell


def _named(result: Any) -> str:
    if isinstance(result, RecordingStatus):
        return str(result.state)
    if isinstance(result, RecoveryReport):
        return ", ".join(str(recovery.verdict) for recovery in result.recoveries) or "a problem"
    return "done"
