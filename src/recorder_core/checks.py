"""What a check of the setup found: one line with a verdict, and what mends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

__all__ = ["Check", "CheckVerdict", "StorageCheck"]

CheckVerdict = Literal["passed", "warning", "failed", "not_checked"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what was looked at, such as `credentials`.
        verdict: `passed`; `warning` (it works, and may not for long, or not all of it); `failed`; `not_checked`.
        detail: what was seen, or why it wasn't looked at. No secret.
        fix: what to do about it; empty where there is nothing to do.
    """

    name: str
    verdict: CheckVerdict
    detail: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict.replace('_', ' ')}: {self.detail}{self.fix and f' ({self.fix})'}"

    def dump(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {"name": self.name, "verdict": self.verdict, "detail": self.detail, "fix": self.fix}


@dataclass(frozen=True, slots=True)
class StorageCheck:
    """Whether a recording's files could be stored.

    Attributes:
        kind: the kind of the storage, such as `s3`.
        checks: `storage endpoint`, `storage credentials`, `storage bucket` and `storage write`, in this order; or
            `storage` alone, where none of them could be looked at.
    """

    kind: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> CheckVerdict:
        """The gravest of the verdicts; `not_checked` only where nothing was looked at."""
        found = {check.verdict for check in self.checks}
        ordered: tuple[CheckVerdict, ...] = ("failed", "warning", "passed")
        return next((verdict for verdict in ordered if verdict in found), "not_checked")

    def __str__(self) -> str:
        return "\n".join(map(str, self.checks))


def at_once(tasks: Sequence[Callable[[], T]], seconds: float) -> list[T | None]:
    """Do several things at the same time; None stands for each that wasn't done after so many seconds.

    What is late goes on by itself, in a thread that keeps no process alive, and nobody hears of it. What a task raises
    in time is raised here.
    """
    done: dict[int, T] = {}
    raised: list[BaseException] = []

    def do(number: int, task: Callable[[], T]) -> None:
        try:
            done[number] = task()
        except BaseException as error:  # it would be printed by the thread and reach nobody
            raised.append(error)

    threads = [
        threading.Thread(target=copy_context().run, args=(do, number, task), name="recorder-check", daemon=True)
        for number, task in enumerate(tasks)
    ]
    for thread in threads:
        thread.start()
    ends_at = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(ends_at - time.monotonic(), 0.0))
    if raised:
        raise raised[0]
    return [done.get(number) for number in range(len(tasks))]
