"""However a process ends, nothing is left open, nothing keeps it alive, and nothing is said that isn't its own."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hasty import flying
from recorder_core.testing import emulate

ENDS = {
    "closed": 0,
    "left": 0,
    "collected": 0,
    "exception": 1,
    "exit": 3,
    "SIGTERM": -signal.SIGTERM,
    "SIGINT": -signal.SIGINT,
    "asyncio": 0,
}
"""The ways in which the program ends, and what the system is told."""


@pytest.fixture(scope="module")
def end(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., tuple[int, str]]]:
    """Ends a process that has everything open: exit code, and whatever it wrote. Every warning is an error there."""
    folder = tmp_path_factory.mktemp("ends")
    empty = folder / "empty.db"
    with ExitStack() as stack:
        env: dict[str, str] = {}
        for name in ("agora", "zegocloud"):
            service = stack.enter_context(emulate(name, media=False, rate_limits=False))
            stack.enter_context(flying(service))
            env |= service.env
        command = [sys.executable, "-X", "dev", "-W", "error", str(Path(__file__).with_name("ending.py"))]
        program = stack.enter_context(
            subprocess.Popen(
                [*command, f"sqlite:///{empty}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        stack.callback(program.terminate)
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"

        def ended(way: str, **more: str) -> tuple[int, str]:
            assert program.stdin is not None
            assert program.stdout is not None
            output, ledger = folder / f"{way}.txt", folder / f"{way}.db"
            shutil.copy(empty, ledger)
            task = {"way": way, "env": {**env, "LEDGER": f"sqlite:///{ledger}", **more}, "output": str(output)}
            program.stdin.write(json.dumps(task) + "\n")
            program.stdin.flush()
            return int(program.stdout.readline()), output.read_text(encoding="utf-8")

        yield ended


@pytest.mark.parametrize("way", ENDS)
def test_ends(end: Callable[..., tuple[int, str]], way: str, redis_url: str) -> None:
    """Recorders, fleets, workers, applications, ledgers and budgets, in the midst of their work, say nothing."""
    code, said = end(way, BUDGET=redis_url)
    own = {"exception": "LookupError: on purpose", "SIGINT": "KeyboardInterrupt"}.get(way)
    *trace, last = said.splitlines() or [""]
    assert code == ENDS[way], said
    assert last == (own or "")
    assert not trace or trace[0] == "Traceback (most recent call last):"
    assert not [line for line in trace[1:] if not line.startswith(" ")], said
