"""`recorder emulate`: the vendors' services as a process of its own."""

import json
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
import requests

from emulation.telling import Receiver


def test_each_service_is_announced_in_one_line(services: Any) -> None:
    """Each line has provider, base_url and env: the variables that point a recorder at the service."""
    assert set(services) == {"agora", "zegocloud"}
    for service in services.values():
        prefix = "AGORA_" if service.provider == "agora" else "ZEGO_"
        assert service.env[f"{prefix}BASE_URLS"] == service.base_url
        assert all(key.startswith(prefix) for key in service.env)


@pytest.mark.parametrize("name", ["agora", "zegocloud"])
def test_the_control_api_serves_any_program(services: Any, name: str) -> None:
    """Recordings, journal, participants, clock and faults can be asked and changed over plain HTTP."""
    service = services[name]
    assert isinstance(service.get("recordings"), list)
    assert isinstance(service.get("journal"), list)
    joined = service.post("participants", room="controlled", participant="7", action="join")
    assert joined["present"] == ["7"]
    before = service.post("clock", advance=0)["time"]
    assert service.post("clock", advance=60)["time"] >= before + 60
    service.post("faults", operation="*", fault="503", times=1)
    assert requests.get(service.base_url, timeout=10).status_code == 503
    wrong = requests.post(f"{service.base_url}/_emulator/participants", json={"room": "r"}, timeout=10)
    assert wrong.status_code == 400
    assert wrong.json()["error"]


def test_files_are_kept_in_the_bucket(run: Any, spec: Any, emulating: Any, room: Any, tmp_path: Path) -> None:
    """With --bucket the recorded files lie in a folder for each emulator, and stay after its end."""
    emulation = emulating("zegocloud", "--bucket", str(tmp_path / "bucket"), services=1)
    service = emulation.services["zegocloud"]
    started = run("start", spec(room=room(service)), "-p", "zegocloud", "--json", env=service.env)
    service.post("clock", advance=20)
    run("stop", "-", "--no-wait", env=service.env, stdin=started.stdout)
    service.post("clock", advance=20)
    ((recording,), _) = service.get("recordings"), emulation.end()
    assert recording["files"]
    for key in recording["files"]:
        assert (tmp_path / "bucket" / "zegocloud" / key).stat().st_size > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_interrupted(emulating: Any, number: signal.Signals) -> None:
    """SIGINT and SIGTERM end it with exit code 0 and no traceback; nothing listens afterwards."""
    emulation = emulating("zegocloud", services=1)
    service = emulation.services["zegocloud"]
    assert service.get("recordings") == []
    code, errors = emulation.end(number)
    assert code == 0, errors
    assert "Traceback" not in errors
    host, port = service.base_url.removeprefix("http://").split(":")
    with socket.socket() as client:
        assert client.connect_ex((host, int(port))) != 0


def test_a_taken_port_is_said(run: Any) -> None:
    """A port that somebody else has is exit code 2 with the port, not a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("emulate", "agora", "--port", str(port), "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert str(port) in json.loads(done.stderr)["message"]


def test_a_folder_that_cannot_be_written_to_is_said_before_anything_is_served(run: Any, tmp_path: Path) -> None:
    """--bucket is tried for every emulator first; exit code 2 with the folder and the reason."""
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "zegocloud").write_text("in the way")
    done = run("emulate", "agora", "zegocloud", "--bucket", "bucket", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["message"] == "bucket/zegocloud can't be written to: File exists"


def test_callbacks_go_to_the_address(run: Any, spec: Any, emulating: Any, room: Any) -> None:
    """--callback-url is where every service sends what happens; each says so when it is asked."""
    with Receiver() as receiver:
        emulation = emulating("--no-media", "--callback-url", receiver.url)
        for name, service in emulation.services.items():
            started = run("start", spec(room=room(service)), "-p", name, "--json", env=service.env)
            service.post("clock", advance=20)
            run("stop", "-", env=service.env, stdin=started.stdout)
            service.post("clock", advance=20)
            told = service.get("callbacks")
            assert {(attempt["url"], attempt["status"], attempt["accepted"]) for attempt in told} == {
                (receiver.url, 200, True)
            }
        assert len(receiver.received) == sum(len(service.get("callbacks")) for service in emulation.services.values())
        assert emulation.end()[0] == 0


@pytest.mark.parametrize("url", ["here", "ftp://127.0.0.1/"])
def test_a_callback_url_that_is_none_is_said(run: Any, url: str) -> None:
    """It is exit code 2 with the option, before anything is served."""
    done = run("emulate", "--callback-url", url, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["message"].startswith("--callback-url: a callback URL is http://host/path or https")


def test_an_unknown_emulator_is_said(run: Any) -> None:
    """A misspelt name is exit code 2 with the name that was probably meant; nothing is served."""
    done = run("emulate", "zegoclod")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'zegocloud'" in done.stderr
