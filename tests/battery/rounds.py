"""The battery for each provider that is installed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib import import_module

from battery.cell import Cell
from battery.press_service import PressService
from battery.stage import SkewedClock, Stage
from battery.trials import Build, battery, hanging
from recorder_core.plugins import EMULATORS, installed
from recorder_core.testing import emulate


def cells_of(provider: str) -> list[Cell]:
    """All cells of an installed provider."""
    rules = import_module(f"recorder_{provider}.rules").RULES if _has_emulator(provider) else ()
    with _stages_of(provider, frozen=True) as build:
        return battery(build, sorted({code for rule in rules for code in rule.codes if code}))


def hanging_cells_of(provider: str) -> list[Cell]:
    """What comes of operations at an installed provider that would hang but for their deadline."""
    with _stages_of(provider, frozen=False) as build:
        return hanging(build)


def _has_emulator(provider: str) -> bool:
    return provider in {found.name for found in installed(EMULATORS)}


@contextmanager
def _stages_of(provider: str, *, frozen: bool) -> Iterator[Build]:
    """What makes stages for a provider, whose services end together."""
    with ExitStack() as running:

        def build() -> Stage:
            clock = SkewedClock(frozen=frozen)
            if not _has_emulator(provider):
                assert provider == "paper", f"{provider} has no emulator"
                return Stage(running.enter_context(PressService(clock)), {"formats": ["mp4"]})
            # The vendor's limits count all recorders, and each of the battery's paces itself alone.
            return Stage(running.enter_context(emulate(provider, clock=clock, media=False, rate_limits=False)))

        yield build


if __name__ == "__main__":
    json.dump([asdict(cell) for cell in (*cells_of(sys.argv[1]), *hanging_cells_of(sys.argv[1]))], sys.stdout)
