"""`recorder follow --all`: a worker on the ledger, for as long as it runs or as far as it was told to go."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recorder_core import FileStatus
from recorder_core.cli.telling import ASTRAY

from .test_following import environment, lines_until

Start = Callable[..., str]


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'recordings.db'}"


@pytest.fixture
def start(run: Any, spec: Any, services: Any, room: Callable[[Any], str], ledger: str) -> Start:
    """Starts a recording that records and is in the ledger; its room."""

    def begin(provider: str) -> str:
        service = services[provider]
        name = room(service)
        started = run("start", spec(room=name), "-p", provider, "--json", "--ledger", ledger, env=service.env)
        assert started.returncode == 0, started.stderr
        service.post("clock", advance=30)
        return name

    return begin


@pytest.fixture
def worker(run: Any, services: Any, ledger: str) -> Callable[..., Any]:
    """Runs `follow --all` with arguments; its exit code and the events."""

    def follow(*arguments: str, env: dict[str, str] | None = None) -> tuple[int, list[dict[str, Any]], str]:
        env = environment(services) if env is None else env
        done = run("follow", "--all", "--json", "--ledger", ledger, *arguments, env=env)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return follow


def kinds(events: list[dict[str, Any]], room: str) -> list[str]:
    return [event["kind"] for event in events if event["room"] == room]


def stop(run: Any, services: Any, ledger: str, provider: str, room: str) -> None:
    env = services[provider].env
    (found,) = [
        entry for entry in json.loads(run("list", "--json", "--ledger", ledger).stdout) if entry["room"] == room
    ]
    assert run("stop", found["id"], "--ledger", ledger, env=env).returncode == 0


def test_once_looks_at_each_and_ends(run: Any, services: Any, ledger: str, start: Start, worker: Any) -> None:
    """What cron runs: all vendors' recordings, what is new of each since the last time, and each end once."""
    going_on, ending = start("agora"), start("zegocloud")
    code, events, errors = worker("--once")
    assert (code, kinds(events, going_on), kinds(events, ending)) == (0, ["recording"], ["recording"]), errors
    assert worker("--once")[1] == []
    stop(run, services, ledger, "zegocloud", ending)
    _, events, _ = worker("--once")
    (end,) = events
    assert (end["room"], end["kind"], end["state"]) == (ending, "ended", "completed")
    assert [file["status"] for file in end["files"]] == ["uploaded"]
    assert worker("--once")[1] == []


def test_until_idle_ends_when_all_have_ended(run: Any, services: Any, ledger: str, start: Start, worker: Any) -> None:
    """With a line for each, and exit code 1 where one was lost sight of."""
    assert worker("--until-idle")[:2] == (0, [])
    one, other = start("zegocloud"), start("zegocloud")
    stop(run, services, ledger, "zegocloud", one)
    services["zegocloud"].post("clock", advance=5 * 86_400)
    done = run("follow", "--all", "--until-idle", "--ledger", ledger, env=environment(services))
    assert done.returncode == 1, done.stderr
    assert f"zegocloud  {one}  ended  [completed]" in done.stdout
    assert f"zegocloud  {other}  ended  [gone]" in done.stdout


def test_a_worker_that_is_ended_gives_back_what_it_has(
    begin: Any, run: Any, services: Any, ledger: str, start: Start, worker: Any
) -> None:
    """SIGTERM ends it as it ends every verb; the next one goes on at once, and tells nothing twice."""
    room = start("agora")
    process = begin("follow", "--all", "--json", "--ledger", ledger, env=services["agora"].env)
    lines_until(process, rf'"room": "{room}".*"state": "recording"|"state": "recording".*"room": "{room}"')
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143, errors
    assert worker("--once", env=services["agora"].env)[1] == []
    (entry,) = json.loads(run("list", "--json", "--ledger", ledger).stdout)
    assert entry["state"] == "recording"


def test_only_the_providers_that_were_named(services: Any, start: Start, worker: Any) -> None:
    """Those of the others are left to other workers."""
    agora, zegocloud = start("agora"), start("zegocloud")
    _, events, _ = worker("--once", "-p", "zegocloud")
    assert (kinds(events, agora), kinds(events, zegocloud)) == ([], ["recording"])


def test_a_provider_without_credentials_is_left_out(services: Any, start: Start, worker: Any) -> None:
    """With a warning if it has recordings; where there is no other one, that is an error."""
    start("agora")
    room = start("zegocloud")
    code, events, errors = worker("--once", env=services["zegocloud"].env)
    assert (code, kinds(events, room)) == (0, ["recording"])
    assert "the recordings at agora aren't followed" in json.loads(errors.splitlines()[0])["warning"]
    code, _, errors = worker("--once", env={})
    assert code == 2
    assert "no provider has its credentials" in json.loads(errors.splitlines()[-1])["message"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--all", "recording.json"), "leave out the handles"),
        ((), "nothing to follow"),
        (("recording.json", "--once"), "go with --all"),
        (("recording.json", "-p", "agora"), "go with --all"),
        (("--all", "--once", "--until-idle"), "take one"),
        (("--all", "--ledger", "none"), "there is no ledger"),
    ],
)
def test_what_contradicts_itself_is_refused(run: Any, arguments: tuple[str, ...], problem: str) -> None:
    """Wrong input is exit code 2, before anybody is asked."""
    refused = run("follow", *arguments)
    assert refused.returncode == 2
    assert problem in refused.stderr


def test_a_file_is_astray_wherever_else_it_has_ended() -> None:
    """What ends with exit code 1: each word for a file that is settled, and isn't where it was to go."""
    assert {status for status in FileStatus if status.settled} - ASTRAY == {FileStatus.UPLOADED}
    assert all(status.settled for status in ASTRAY)
