"""`make bench`: every part of it measures what it says, in a round of a few operations."""

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
    bench.show({"lifecycles": [], "ledgers": [], "callbacks": rows, "imports": []})
    printed = capsys.readouterr().out
    for row in rows:
        (line,) = [line for line in printed.splitlines() if f"{row['provider']:<12}{row['callbacks']:<30}" in line]
        for side in ("ours", "bare"):
            assert row["per_second"][side] == pytest.approx(1e6 / row["cpu"][f"{side}_us"])
            assert f" {row['per_second'][side]:.0f} " in f"{line} "


def test_every_side_makes_the_same_calls(bench: Any, redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Bare, ours without and with ledger and budget, and the vendor's own client, over HTTP and over HTTPS."""
    rows = bench.lifecycles(["agora"], redis_url, rounds=1, batch=1)
    assert {row["side"] for row in rows} == set(bench.SIDES)
    assert {(row["operation"], row["calls"]) for row in rows} == {("status", 1), ("start, status, stop", 4)}
    assert {row["scheme"] for row in rows} == {"http", "https"}
    bench.show({"lifecycles": rows, "ledgers": [], "callbacks": [], "imports": []})
    printed = capsys.readouterr().out
    for side in bench.SIDES.values():
        assert printed.count(f"  {side} ") == 4


def test_every_write_of_the_ledger_is_measured(
    bench: Any, postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At SQLite and at PostgreSQL, each by processor and by the clock on the wall."""
    addresses = {"SQLite": f"sqlite:///{tmp_path / 'recordings.db'}", "PostgreSQL": postgres_url}
    rows = bench.ledgers("zegocloud", addresses, rounds=1, batch=2)
    assert {row["database"] for row in rows} == {"SQLite", "PostgreSQL"}
    assert all(row["cpu_us"] > 0 and row["wall_us"] > 0 for row in rows)
    bench.show({"lifecycles": [], "ledgers": rows, "callbacks": [], "imports": []})
    assert len({row["operation"] for row in rows}) * 2 == len(rows)
    assert capsys.readouterr().out.count("PostgreSQL ") == len(rows) / 2
