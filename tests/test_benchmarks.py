"""`make bench`: the part about callbacks, which prints what one core receives in a second."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark's module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("bench")


def test_callbacks_are_measured_at_every_vendor(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Ratio, microseconds and callbacks a second, the library's and the bare ones, which agree with one another."""
    rows = [row for name in bench.VENDORS for row in bench.received(name, rounds=1, batch=20)]
    assert {row["provider"] for row in rows} == {"agora", "zegocloud"}
    bench.show({"exchanges": [], "callbacks": rows, "imports": []})
    printed = capsys.readouterr().out
    for row in rows:
        (line,) = [line for line in printed.splitlines() if f"{row['provider']:<12}{row['callbacks']:<30}" in line]
        for side in ("ours", "bare"):
            assert row["per_second"][side] == pytest.approx(1e6 / row["cpu"][f"{side}_us"])
            assert f" {row['per_second'][side]:.0f} " in f"{line} "
