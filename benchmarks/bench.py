"""What the library costs, as ratios against the same work without it; `make bench` runs it.

Three questions:

* How much does `Recorder.status` cost, and how much a whole start, status, layout, stop, against the same HTTP
  exchanges made with a bare `requests.Session`? Both sides speak to the same process of canned answers over kept
  connections on loopback. The bytes are those of a real recording at the provider's emulator. The bare side is given
  every advantage that hand-written code can have: its bodies are bytes made beforehand, its ids and signatures are
  those of the recording, it checks nothing and reads no more than `response.json()`. Our side makes and validates the
  spec, translates it, signs, judges the answers and makes the typed ones. (Its warnings about approximations aren't
  printed.)
* How much does a callback cost (`events.receive`: verified, parsed, told in neutral words, deduplicated) against a bare
  `hmac` or `hashlib` and `json.loads` over the same bytes?
* How long does importing the library take, against `import requests, pydantic`, which it stands on?

The sides take turns in batches, in one process, and every round gives one ratio; the table shows the lowest, the
median and the highest. CPU is the client process's own (user and system), so the answering process isn't in it.
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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests
from exchanges import Answering, Exchange, take_down
from pydantic import SecretStr
from ratios import Work, compare
from webhooks import VENDORS, received

from recorder_core import S3, Custom, Output, Recorder, Recording, RecordingSpec, Region, Spotlight
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.plugins import EMULATORS, installed, load_provider
from recorder_core.testing import emulate

ROOM = "lesson-42"
REGIONS = (
    Region(participant="1001", x=0.0, y=0.0, width=0.75, height=1.0),
    Region(participant="1002", x=0.75, y=0.0, width=0.25, height=0.5),
    Region(participant="1003", x=0.75, y=0.5, width=0.25, height=0.5),
)
STATEMENTS = {
    "ours": "import recorder_core",
    "ours, with Recorder": "from recorder_core import Recorder",
    "bare": "import requests, pydantic",
    "interpreter": "pass",
}


def lesson() -> RecordingSpec:
    """The spec of the recording, made anew for every start as an application would."""
    return RecordingSpec(
        room=ROOM,
        layout=Custom(regions=REGIONS),
        output=Output(prefix="lessons/2026"),
        storage=S3(
            bucket="lessons",
            region="eu-west-1",
            access_key=SecretStr("AKIAIOSFODNN7EXAMPLE"),
            secret_key=SecretStr("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ),
    )


# --- the exchanges -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TakenDown:
    """A recording at a provider's emulator.

    Attributes:
        lifecycle: the exchanges of start, status, layout and stop.
        status: the one of status.
        recording: the handle.
        env: the environment of the provider's configuration.
    """

    lifecycle: tuple[Exchange, ...]
    status: Exchange
    recording: Recording
    env: dict[str, str]


def recorded(name: str) -> TakenDown:
    """Record at the emulator of a provider, and take down what goes over the wire."""
    provider = load_provider(name)
    with emulate(name, clock=EmulatorClock(frozen=True), media=False) as service:
        for participant in ("1001", "1002", "1003"):
            service.join(ROOM, participant)
        with take_down(service.base_url) as (proxy, kept):
            config = provider.Config.from_env(service.env, base_urls=(proxy,))
            with Recorder(provider(config), clock=service.clock) as recorder:
                recording = recorder.start(lesson())
                service.clock.advance(30.0)
                recorder.status(recording)
                status = kept[-1]
                changed = recorder.layout(recording, Spotlight("1002"))
                service.clock.advance(30.0)
                running = len(kept)
                recorder.stop(changed)
        # Where a vendor uploads after the stop it is looked at until that is done; here the first look finds it done.
        ending = kept[running:] if len(kept) - running < 3 else [kept[running], kept[-1]]
        return TakenDown((*kept[:running], *ending), status, recording, service.env)


def live(recorder: Recorder) -> None:
    """A whole recording through the library."""
    recording = recorder.start(lesson())
    recorder.status(recording)
    recording = recorder.layout(recording, Spotlight("1002"))
    recorder.stop(recording)


def bare(session: requests.Session, base_url: str, exchanges: Sequence[Exchange]) -> Work:
    """The same exchanges by hand: everything but the sending was done beforehand."""
    calls = [(one.method, base_url + one.target, one.headers, one.body or None) for one in exchanges]

    def work() -> None:
        for method, url, headers, body in calls:
            session.request(method, url, headers=headers, data=body, timeout=(5, 30)).json()

    return work


def measured(name: str, *, rounds: int, scale: float) -> Iterator[dict[str, Any]]:
    """The rows of one provider."""
    provider = load_provider(name)
    taken = recorded(name)
    whole, one = [exchange.answer for exchange in taken.lifecycle], [taken.status.answer]
    with Answering([whole, whole, one, one]) as answering, ExitStack() as stack:
        ours_at, bare_at, our_status_at, bare_status_at = answering.urls

        def recorder(base_url: str) -> Recorder:
            unpaced = {"*": 20_000.0}  # the budget is asked for every call, and never makes it wait
            config = provider.Config.from_env(taken.env, base_urls=(base_url,), calls_per_second=unpaced)
            return stack.enter_context(Recorder(provider(config)))

        lifecycles, statuses = recorder(ours_at), recorder(our_status_at)
        handle = taken.recording
        if handle.base_url:
            handle = handle.model_copy(update={"base_url": our_status_at})
        session = stack.enter_context(requests.Session())
        session.headers.clear()
        for what, ours, theirs, batch in (
            (
                "Recorder.status",
                lambda: statuses.status(handle),
                bare(session, bare_status_at, [taken.status]),
                250,
            ),
            (
                "start, status, layout, stop",
                lambda: live(lifecycles),
                bare(session, bare_at, taken.lifecycle),
                60,
            ),
        ):
            answering.received()
            cpu, wall = compare(ours, theirs, rounds=rounds, batch=max(1, round(batch * scale)))
            sent = [counter for counter in answering.received() if counter.requests]
            times = sent[0].requests // (len(taken.lifecycle) if batch == 60 else 1)
            yield {
                "provider": name,
                "operation": what,
                "requests": sent[0].requests // times,
                "bytes_sent": {"ours": sent[0].octets // times, "bare": sent[1].octets // times},
                "same_requests": sent[0].requests == sent[1].requests,
                "cpu": asdict(cpu),
                "wall": asdict(wall),
            }


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


# --- the table ---------------------------------------------------------------------------------------------


def show(report: dict[str, Any]) -> None:
    """The report as tables."""
    print("Cost of one operation, this library : bare requests.Session (lowest / median / highest of the rounds)\n")
    heads = ("provider", "operation", "calls", "CPU ratio", "CPU us", "wall ratio", "wall us")
    print("{:<12}{:<30}{:>6}  {:^22}{:>15}  {:^22}{:>15}".format(*heads))
    for row in report["exchanges"]:
        cells = f"{row['provider']:<12}{row['operation']:<30}{row['requests']:>6}"
        for kind in ("cpu", "wall"):
            found = row[kind]
            spread = f"{found['lowest']:.2f} / {found['median']:.2f} / {found['highest']:.2f}"
            cells += f"  {spread:^22}{found['ours_us']:>6.0f} : {found['bare_us']:<6.0f}"
        print(cells)
    print("\nReceiving one callback: verified, parsed, deduplicated (this library : hmac or hashlib, and json.loads)\n")
    print(f"{'provider':<12}{'callbacks':<30}{'bytes':>6}  {'CPU ratio':^22}{'CPU us':>15}{'a second':>17}")
    for row in report["callbacks"]:
        found = row["cpu"]
        spread = f"{found['lowest']:.2f} / {found['median']:.2f} / {found['highest']:.2f}"
        cells = f"{row['provider']:<12}{row['callbacks']:<30}{row['bytes']:>6}  {spread:^22}"
        cells += f"{found['ours_us']:>6.0f} : {found['bare_us']:<6.0f}"
        print(f"{cells}{row['per_second']['ours']:>8.0f} : {row['per_second']['bare']:<6.0f}")
    print("\nImporting in a fresh interpreter (medians; ratio to the bare import, both net of the interpreter)\n")
    print(f"{'statement':<40}{'CPU ms':>8}{'wall ms':>9}  {'CPU ratio':^22}")
    for row in report["imports"]:
        ratio = row.get("cpu_ratio")
        spread = f"{ratio['lowest']:.2f} / {ratio['median']:.2f} / {ratio['highest']:.2f}" if ratio else ""
        print(f"{row['statement']:<40}{row['cpu_ms']:>8.0f}{row['wall_ms']:>9.0f}  {spread:^22}")
    print()


def main() -> None:
    """Measure, print the tables and the JSON."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there instead of printing it")
    parser.add_argument("--rounds", type=int, default=15, help="how many ratios are taken (15)")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the operations of a round")
    wanted = parser.parse_args()
    logging.getLogger("recorder_core").setLevel(logging.ERROR)
    report = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "rounds": wanted.rounds,
        "exchanges": [
            row
            for found in installed(EMULATORS)
            for row in measured(found.name, rounds=wanted.rounds, scale=wanted.scale)
        ],
        "callbacks": [
            row for name in VENDORS for row in received(name, rounds=wanted.rounds, batch=round(1000 * wanted.scale))
        ],
        "imports": imports(rounds=wanted.rounds),
    }
    show(report)
    text = json.dumps(report, indent=2)
    if wanted.json:
        wanted.json.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
