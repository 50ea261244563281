"""What the library costs, as ratios against the same work without it; `make bench` runs it.

Four questions:

* How much does a recording cost (start, status, stop), and a status alone, against the same calls on a bare
  `requests.Session`: without and with a ledger and a shared budget, over HTTP and over HTTPS? And how much does the
  vendor's own client cost? `lifecycles.py` says what each side does.
* What does each write of the ledger cost, in SQLite and, where the server is found, in PostgreSQL?
* How much does a callback cost (`events.receive`: verified, parsed, told in neutral words, deduplicated) against a bare
  `hmac` or `hashlib` and `json.loads` over the same bytes?
* How long does importing the library take, against `import requests, pydantic`, which it stands on?

The sides take turns in batches, in one process, and every round gives one ratio; the tables show the lowest, the
median and the highest. CPU is the client process's own (user and system): answering processes, and the servers of
databases, aren't in it. Waiting isn't either: that a write is on the disk before it returns shows in the wall time.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledgers import databases, ledgers
from lifecycles import lifecycles
from webhooks import VENDORS, received

from recorder_core.plugins import EMULATORS, installed

TESTS = Path(__file__).parents[1] / "tests"
STATEMENTS = {
    "ours": "import recorder_core",
    "ours, with Recorder": "from recorder_core import Recorder",
    "bare": "import requests, pydantic",
    "interpreter": "pass",
}
SIDES = {
    "ours": "this library",
    "kept": "with ledger and shared budget",
    "vendor": "the vendor's own client",
}


@contextmanager
def redis() -> Iterator[str | None]:
    """The URL of a Redis, which the test group's packages bring; None: there is none."""
    sys.path.append(str(TESTS))
    try:
        from servers import RedisServer

        server = RedisServer()
    except (ImportError, AssertionError):
        yield None
        return
    yield server.url
    server.stop()


# --- the import --------------------------------------------------------------------------------------------


def imports(*, rounds: int) -> list[dict[str, Any]]:
    """CPU and wall milliseconds of importing in a fresh interpreter, and ratios net of the interpreter itself."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in STATEMENTS}
    for name in STATEMENTS:
        _imported(STATEMENTS[name])
    for _ in range(rounds):
        for name, statement in STATEMENTS.items():
            spent[name].append(_imported(statement))
    rows = []
    for name, statement in STATEMENTS.items():
        cpu, wall = (statistics.median(side) * 1000 for side in zip(*spent[name], strict=True))
        row: dict[str, Any] = {"statement": statement, "cpu_ms": cpu, "wall_ms": wall}
        if name.startswith("ours"):
            ratios = sorted(
                (ours[0] - idle[0]) / (theirs[0] - idle[0])
                for ours, theirs, idle in zip(spent[name], spent["bare"], spent["interpreter"], strict=True)
            )
            row["cpu_ratio"] = {
                "lowest": ratios[0],
                "median": statistics.median(ratios),
                "highest": ratios[-1],
            }
        rows.append(row)
    return rows


def _imported(statement: str) -> tuple[float, float]:
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", statement])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{statement!r} failed")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - began


# --- the tables --------------------------------------------------------------------------------------------


def spread(found: dict[str, float]) -> str:
    """The ratios of the rounds."""
    return f"{found['lowest']:.2f} / {found['median']:.2f} / {found['highest']:.2f}"


def show(report: dict[str, Any]) -> None:
    """The report as tables."""
    print("Cost of a recording, and of a status, as multiples of a bare requests.Session (lowest / median / highest)\n")
    heads = ("provider", "", "calls", "side", "CPU ratio", "CPU us", "wall ratio", "wall us")
    print("{:<11}{:<27}{:>6}  {:<31}{:^20}{:>15}  {:^20}{:>16}".format(*heads))
    for row in report["lifecycles"]:
        cells = f"{row['provider']:<11}{row['operation'] + ', ' + row['scheme']:<27}{row['calls']:>6}  "
        cells += f"{SIDES[row['side']]:<31}"
        for kind in ("cpu", "wall"):
            found = row[kind]
            cells += f"{spread(found):^20}{found['ours_us']:>8.0f} : {found['bare_us']:<6.0f}"
        print(cells)
    print("\nWhat the ledger writes, and how long that takes (medians)\n")
    print(f"{'database':<14}{'operation':<44}{'CPU us':>8}{'wall us':>10}")
    for row in report["ledgers"]:
        print(f"{row['database']:<14}{row['operation']:<44}{row['cpu_us']:>8.0f}{row['wall_us']:>10.0f}")
    print("\nReceiving one callback: verified, parsed, deduplicated (this library : hmac or hashlib, and json.loads)\n")
    print(f"{'provider':<12}{'callbacks':<30}{'bytes':>6}  {'CPU ratio':^22}{'CPU us':>15}{'a second':>17}")
    for row in report["callbacks"]:
        found = row["cpu"]
        cells = f"{row['provider']:<12}{row['callbacks']:<30}{row['bytes']:>6}  {spread(found):^22}"
        cells += f"{found['ours_us']:>6.0f} : {found['bare_us']:<6.0f}"
        print(f"{cells}{row['per_second']['ours']:>8.0f} : {row['per_second']['bare']:<6.0f}")
    print("\nImporting in a fresh interpreter (medians; ratio to the bare import, both net of the interpreter)\n")
    print(f"{'statement':<40}{'CPU ms':>8}{'wall ms':>9}  {'CPU ratio':^22}")
    for row in report["imports"]:
        ratio = row.get("cpu_ratio")
        print(
            f"{row['statement']:<40}{row['cpu_ms']:>8.0f}{row['wall_ms']:>9.0f}  {spread(ratio) if ratio else '':^22}"
        )
    print()


def main() -> None:
    """Measure, print the tables and the JSON."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there instead of printing it")
    parser.add_argument("--rounds", type=int, default=15, help="how many ratios are taken (15)")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the operations of a round")
    wanted = parser.parse_args()
    rounds = wanted.rounds

    def times(batch: int) -> int:
        return max(1, round(batch * wanted.scale))

    logging.getLogger("recorder_core").setLevel(logging.ERROR)
    names = [found.name for found in installed(EMULATORS)]
    with redis() as url, databases() as addresses:
        report = {
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
            "rounds": rounds,
            "lifecycles": lifecycles(names, url, rounds=rounds, batch=times(50)),
            "ledgers": ledgers(names[0], addresses, rounds=rounds, batch=times(50)),
            "callbacks": [row for name in VENDORS for row in received(name, rounds=rounds, batch=times(1000))],
            "imports": imports(rounds=rounds),
        }
    show(report)
    text = json.dumps(report, indent=2)
    if wanted.json:
        wanted.json.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
