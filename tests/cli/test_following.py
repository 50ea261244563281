"""`recorder follow` and `status --watch`: what happens to recordings, shown until they have ended."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COMMAND = (sys.executable, "-m", "recorder_core.cli")
PROVIDERS = pytest.mark.parametrize("provider", ["agora", "zegocloud"])

Start = Callable[..., str]


@pytest.fixture
def start(run: Any, spec: Any, services: Any, room: Callable[[Any], str]) -> Start:
    """Starts a recording that records, and returns the name of its handle's file; with `stopped` it has ended."""

    def begin(provider: str, *, stopped: bool = False) -> str:
        service = services[provider]
        handle = f"{provider}.json"
        started = run("start", spec(room=room(service)), "-p", provider, "--handle", handle, env=service.env)
        assert started.returncode == 0, started.stderr
        service.post("clock", advance=30)
        if stopped:
            assert run("stop", handle, env=service.env).returncode == 0
        return handle

    return begin


def environment(services: Any) -> dict[str, str]:
    """The variables of all services."""
    return {name: value for service in services.values() for name, value in service.env.items()}


def lines_until(process: subprocess.Popen[str], pattern: str) -> str:
    """What a process prints until a line fits."""
    printed = ""
    until = time.monotonic() + 30
    assert process.stdout is not None
    while not re.search(pattern, printed):
        assert time.monotonic() < until, printed
        if select.select([process.stdout], [], [], 0.2)[0]:
            printed += os.read(process.stdout.fileno(), 65536).decode()
    return printed


def test_recordings_of_several_vendors_are_followed_together(
    begin: Any, services: Any, start: Start, tmp_path: Path
) -> None:
    """A line of JSON for each event; the outcome in the last one; an interruption names those that haven't ended."""
    handles = [start("agora"), start("zegocloud", stopped=True)]
    process = begin("follow", *handles, "--json", env=environment(services))
    printed = lines_until(process, r'(?s)(?=.*"state": "recording").*"state": "completed"')
    process.send_signal(signal.SIGINT)
    more, errors = process.communicate(timeout=60)
    events = [json.loads(line) for line in (printed + more).splitlines()]
    (*_, last) = [event for event in events if event["provider"] == "zegocloud"]
    assert (last["state"], [file["status"] for file in last["files"]]) == ("completed", ["uploaded"])
    left = {name: json.loads((tmp_path / f"{name}.json").read_text())["room"] for name in ("agora", "zegocloud")}
    told = json.loads(errors.splitlines()[-1])
    assert process.returncode == 130
    assert told["message"].endswith(f"not stopped: {left['agora']} at agora")


@PROVIDERS
def test_an_interruption_leaves_the_recording(begin: Any, services: Any, start: Start, provider: str) -> None:
    """Ctrl-C ends the command, says what goes on, and stops nothing."""
    process = begin("follow", start(provider), env=services[provider].env)
    printed = lines_until(process, r"\[recording\]")
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  \w+  lesson-\w+  recording  \[recording\]", printed)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    room = printed.split()[2]
    assert (process.returncode, f"not stopped: {room} at {provider}" in errors) == (130, True), errors
    (found,) = [entry for entry in services[provider].get("recordings") if entry["room"] == room]
    assert found["running"]


def test_a_terminal_shows_a_table(services: Any, start: Start, tmp_path: Path) -> None:
    """Room, vendor, state and files of a recording in one row, which is there when it has ended."""
    handle = start("zegocloud", stopped=True)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        (*COMMAND, "follow", handle),
        env={**os.environ, **services["zegocloud"].env, "TERM": "xterm", "COLUMNS": "160", "LINES": "40"},
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 65536)
        except OSError:
            break
    os.close(ours)
    assert process.wait(timeout=20) == 0
    room = json.loads((tmp_path / handle).read_text())["room"]
    (row, *_) = [line for line in shown.decode().splitlines()[::-1] if room in line]
    assert "zegocloud" in row
    assert "completed" in row
    assert "1 uploaded" in row


def test_status_watches_until_the_end(begin: Any, run: Any, services: Any, start: Start) -> None:
    """`--watch` shows each change, and ends when nothing follows. What may pass is a warning: it looks again."""
    service = services["zegocloud"]
    handle = start("zegocloud")
    process = begin("status", handle, "--watch", "--json", env=service.env)
    printed = lines_until(process, r'"state": "recording"')
    service.post("faults", operation="DescribeRecordStatus", fault="reset", times=5)
    assert "it is asked again" in json.loads(process.stderr.readline())["warning"]
    assert run("stop", handle, env=service.env).returncode == 0
    more, errors = process.communicate(timeout=60)
    states = [json.loads(line)["state"] for line in (printed + more).splitlines()]
    assert (process.returncode, errors) == (0, "")
    assert (states[0], states[-1]) == ("recording", "completed")


def test_a_recording_that_is_lost_sight_of_is_an_exit_code(run: Any, services: Any, start: Start) -> None:
    """Exit code 1 where nobody knows what became of it, with the reason in words."""
    service = services["zegocloud"]
    handle = start("zegocloud")
    service.post("clock", advance=5 * 86_400)
    followed = run("follow", handle, env=service.env)
    assert followed.returncode == 1, followed.stderr
    assert re.search(r"ended  \[gone\]  .*3 days", followed.stdout)


def test_a_handle_of_nowhere_is_refused(run: Any, tmp_path: Path) -> None:
    """Wrong input is exit code 2, before anybody is asked."""
    refused = run("follow", "missing.json")
    assert refused.returncode == 2
    assert "missing.json" in refused.stderr
