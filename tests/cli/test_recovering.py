"""`recorder list` and `recorder recover`: what the ledger has, and what became of what was cut short."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recorder_core import Recorder, RecordingSpec, StartOutcomeUnknown
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.plugins import load_provider

LATER_S = 150.0
"""Seconds after which the lease of a start that was cut short has run out, and what it sent last is listed."""
START = {"agora": "start", "zegocloud": "StartRecord"}
OURS = ("--json", "-p", "zegocloud")


@pytest.fixture(scope="module")
def services(emulating: Any) -> Any:
    """Emulators whose clocks are this machine's: nobody drives them."""
    return emulating("--no-media").services


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    """The one that all processes of a test share."""
    return f"sqlite:///{tmp_path / 'recordings.db'}"


@pytest.fixture
def recover(run: Any, services: Any, ledger: str) -> Callable[..., Any]:
    """Runs `recorder recover` at a provider."""
    return lambda provider, *options: run(
        "recover", "-p", provider, *options, env=services[provider].env | {"RECORDER_LEDGER": ledger}
    )


@pytest.fixture
def listed(run: Any, ledger: str) -> Callable[..., Any]:
    """Runs `recorder list`."""
    return lambda *options: run("list", *options, env={"RECORDER_LEDGER": ledger})


@pytest.fixture
def lose(services: Any, spec: Any, ledger: str) -> Callable[..., str]:
    """A start some minutes ago that no answer came to; its room."""

    def start(provider: str, fault: str = "drop") -> str:
        service, name = services[provider], f"lesson-{uuid.uuid4().hex[:12]}"
        service.post("faults", operation=START[provider], fault=fault, times=4)
        found = load_provider(provider)
        clock = EmulatorClock(start=time.time() - LATER_S)
        provided = found(found.Config.from_env(service.env))
        with Recorder(provided, clock=clock, hooks=[], ledger=ledger) as recorder, pytest.raises(StartOutcomeUnknown):
            recorder.start(RecordingSpec.load(spec(room=name)))
        return name

    return start


def running(service: Any, name: str) -> bool:
    """Whether the vendor records a room."""
    return any(found["running"] for found in service.get("recordings") if found["room"] == name)


def test_what_runs_is_told_with_what_to_do_next(
    recover: Any, lose: Any, spec: Any, run: Any, services: Any, listed: Any, ledger: str
) -> None:
    """Its spec finds a recording whose id was lost; from then on it is one like any other."""
    name = lose("zegocloud")
    assert "Not every start is explained: recorder recover --provider zegocloud" in listed().stdout
    done = recover("zegocloud", "--spec", spec(room=name))
    assert (done.returncode, done.stderr) == (0, "Looking at zegocloud, up to 300 s\n")
    first, following = done.stdout.splitlines()
    assert f"{name} running: " in " ".join(first.split())
    beginning = first.split()[0]
    assert following == f"  Next: recorder status {beginning} | recorder stop {beginning}"
    env = services["zegocloud"].env | {"RECORDER_LEDGER": ledger}
    assert run("stop", beginning, env=env).returncode == 0
    assert not running(services["zegocloud"], name)
    assert recover("zegocloud").stdout == "Everything is explained.\n"


def test_it_may_be_stopped_at_once(recover: Any, lose: Any, spec: Any, services: Any, listed: Any) -> None:
    """--stop ends what was found running, and nothing else that runs."""
    others = services["zegocloud"]
    name = lose("zegocloud")
    assert running(others, name)
    done = recover("zegocloud", "--stop", "--spec", spec(room=name))
    assert (done.returncode, running(others, name)) == (0, False), done.stdout
    assert f"{name} ended: " in " ".join(done.stdout.split())
    assert json.loads(listed("--json").stdout) == []


def test_what_nobody_can_stop_says_how_it_ends(recover: Any, lose: Any, spec: Any, services: Any, listed: Any) -> None:
    """The exit code is 1, again and again, as long as it may run."""
    name = lose("agora")
    for _ in range(2):
        done = recover("agora", "--spec", spec(room=name))
        assert done.returncode == 1
        verdict, ends, _ = done.stdout.splitlines()
        assert f"{name} uncontrollable: it runs" in " ".join(verdict.split())
        assert ends.startswith("  It ends by itself: ")
        assert "idle_timeout" in ends
    (entry,) = json.loads(listed("--json").stdout)
    assert (entry["state"], entry["recording"]) == ("uncontrollable", None)
    assert running(services["agora"], name)


def test_what_nobody_can_explain_is_dismissed(recover: Any, lose: Any, run: Any, listed: Any, ledger: str) -> None:
    """By hand, with the reason, and without credentials: from then on everything is explained."""
    lose("agora")
    verdict, *_, advice, dismissal = recover("agora").stdout.splitlines()
    beginning = verdict.split()[0]
    assert "unclear: " in verdict
    assert "--spec FILE" in advice
    assert dismissal.endswith(f"recorder dismiss {beginning} --reason WHY")

    def dismiss(*options: str) -> Any:
        return run("dismiss", beginning, *options, env={"RECORDER_LEDGER": ledger})

    assert dismiss().returncode == 2
    done = dismiss("--reason", "the console lists nothing of it", "--json")
    assert done.returncode == 0, done.stderr
    kept = json.loads(done.stdout)
    assert (kept["open"], kept["state"], kept["reason"]) == (False, "unclear", "the console lists nothing of it")
    assert json.loads(listed("--all", "--json").stdout) == [kept]
    assert recover("agora").stdout == "Everything is explained.\n"
    again = dismiss("--reason", "once more")
    assert (again.returncode, "it is open no more" in again.stderr) == (2, True)


def test_without_its_spec_there_are_candidates(recover: Any, lose: Any, run: Any, services: Any, ledger: str) -> None:
    """They are named, and that the spec would tell more. The one that is it can be stopped by its handle."""
    name = lose("zegocloud")
    done = recover("zegocloud")
    assert done.returncode == 1
    verdict, candidate, advice, *_ = done.stdout.splitlines()
    assert f"{name} unclear: " in " ".join(verdict.split())
    (found,) = [found for found in services["zegocloud"].get("recordings") if found["room"] == name]
    assert f"It may be: TaskId {found['ids']['TaskId']}" in candidate
    assert "--spec FILE" in advice
    (recovery,) = json.loads(recover("zegocloud", "--json").stdout)["recoveries"]
    env = services["zegocloud"].env | {"RECORDER_LEDGER": ledger}
    stopped = run("stop", "-", env=env, stdin=json.dumps(recovery["candidates"][0]))
    assert stopped.returncode == 0, stopped.stderr
    assert not running(services["zegocloud"], name)
    assert recover("zegocloud").stdout == "Everything is explained.\n"


def test_what_never_started_is_explained_for_good(recover: Any, lose: Any, listed: Any) -> None:
    """Nothing is left to find out, so the exit code is 0."""
    name = lose("zegocloud", "reset")
    done = recover("zegocloud", *OURS[:1])
    assert done.returncode == 0
    (recovery,) = json.loads(done.stdout)["recoveries"]
    assert (recovery["intent"]["room"], recovery["verdict"]) == (name, "never_started")
    assert listed().stdout == "Nothing is open.\n"
    (entry,) = json.loads(listed("--all", "--json").stdout)
    assert (entry["state"], entry["open"]) == ("never_started", False)


def test_what_the_ledger_does_not_know_is_listed(recover: Any, run: Any, spec: Any, services: Any, room: Any) -> None:
    """And left alone, whatever is asked; it may well be another application's, so the exit code is 0."""
    service, name = services["zegocloud"], room(services["zegocloud"])
    run("start", spec(room=name), *OURS, "--ledger", "none", env=service.env)
    done = recover("zegocloud", "--stop")
    assert done.returncode == 0
    assert f"not in the ledger: {name} since " in done.stdout
    assert "it is left alone" in done.stdout
    assert running(service, name)


def test_what_could_not_be_looked_at_is_a_line(lose: Any, run: Any, services: Any, ledger: str) -> None:
    """It stays in the ledger, and the exit code is 1."""
    name = lose("zegocloud")
    env = services["zegocloud"].env | {"RECORDER_LEDGER": ledger, "ZEGO_SERVER_SECRET": "0" * 32}
    done = run("recover", "-p", "zegocloud", env=env)
    assert done.returncode == 1
    assert f"{name} (" in done.stdout
    assert "Recover again" in done.stdout


def test_a_list_shows_what_it_is_asked_for(
    run: Any, spec: Any, services: Any, room: Any, listed: Any, ledger: str
) -> None:
    """By room, provider and whether it has ended; with what the ledger knows, and without credentials."""
    assert listed("--all").stdout == "There is no recording in the ledger.\n"
    names = {}
    for provider in ("agora", "zegocloud"):
        env = services[provider].env | {"RECORDER_LEDGER": ledger}
        names[provider] = room(services[provider])
        done = run("start", spec(room=names[provider]), "-p", provider, "--json", env=env)
        assert done.returncode == 0, done.stderr
    run("stop", json.loads(done.stdout)["id"], env=env)
    assert [entry["room"] for entry in json.loads(listed("--json").stdout)] == [names["agora"]]
    both = json.loads(listed("--all", "--json").stdout)
    assert [entry["room"] for entry in both] == [names["zegocloud"], names["agora"]]
    assert [entry["state"] for entry in both] == ["completed", "started"]
    assert both[0]["recording"]["native"]["TaskId"]
    assert len(json.loads(listed("--all", "--json", "--limit", "1").stdout)) == 1
    assert [entry["provider"] for entry in json.loads(listed("--all", "--json", "-p", "agora").stdout)] == ["agora"]
    assert json.loads(listed("--all", "--json", "--room", "another").stdout) == []
    table = listed("--all").stdout
    assert [line.split()[:4] for line in table.splitlines() if "zegocloud" in line] == [
        [both[0]["id"][:8], names["zegocloud"], "zegocloud", "completed"]
    ]
