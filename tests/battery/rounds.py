"""The battery for each provider that is installed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict
from importlib import import_module
from typing import Any

from battery.cell import Cell
from battery.press_service import PressService
from battery.stage import SkewedClock, Stage
from battery.trials import battery
from recorder_core.plugins import EMULATORS, installed
from recorder_core.testing import emulate

Service = Callable[[], AbstractContextManager[Any]]


def cells_of(provider: str) -> list[Cell]:
    """All cells of an installed provider, against its emulator."""
    if provider in {found.name for found in installed(EMULATORS)}:
        rules = import_module(f"recorder_{provider}.rules").RULES
        codes = sorted({code for rule in rules for code in rule.codes if code})
        # The vendor's limits count all recorders, and each of the battery's paces itself alone.
        return _cells(lambda: emulate(provider, clock=SkewedClock(), media=False, rate_limits=False), codes)
    assert provider == "paper", f"{provider} has no emulator"
    return _cells(PressService, output={"formats": ["mp4"]})


def _cells(service: Service, codes: list[int] | None = None, **stage: Any) -> list[Cell]:
    with ExitStack() as running:
        return battery(lambda: Stage(running.enter_context(service()), **stage), codes or ())


if __name__ == "__main__":
    json.dump([asdict(cell) for cell in cells_of(sys.argv[1])], sys.stdout)
