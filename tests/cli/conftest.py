"""The command line in processes of its own, against emulators in a process of their own."""

import json
import os
import select
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

COMMAND = (sys.executable, "-m", "recorder_core.cli")
FORKING = (sys.executable, str(Path(__file__).with_name("forking.py")))
PROVIDERS = ("agora", "zegocloud")
SECRETS = ("storage-key-of-the-test", "storage-secret-of-the-test")

Run = Callable[..., subprocess.CompletedProcess[str]]

SPEC: dict[str, Any] = {
    "room": "lesson-42",
    "output": {"formats": ["hls"]},
    "storage": {
        "kind": "s3",
        "bucket": "lessons",
        "region": "eu-west-1",
        "access_key": SECRETS[0],
        "secret_key": SECRETS[1],
    },
}


def clean_environment() -> dict[str, str]:
    """This process's environment without any credentials of a vendor, and without a ledger."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("AGORA_", "ZEGO_", "RECORDER_"))}


@dataclass(frozen=True)
class Service:
    """An emulator that `recorder emulate` serves."""

    provider: str
    base_url: str
    env: dict[str, str]

    def get(self, name: str) -> Any:
        """What the control API tells."""
        answer = requests.get(f"{self.base_url}/_emulator/{name}", timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, name: str, **body: Any) -> Any:
        """Change something through the control API."""
        answer = requests.post(f"{self.base_url}/_emulator/{name}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass(frozen=True)
class Emulation:
    """A running `recorder emulate`."""

    process: subprocess.Popen[str]
    services: dict[str, Service]

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Interrupt it; its exit code and what it wrote to stderr."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


def _line(process: subprocess.Popen[str]) -> str:
    """The next line of its stdout."""
    assert process.stdout is not None
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if select.select([process.stdout], [], [], 0.2)[0]:
            return process.stdout.readline()
        assert process.poll() is None, process.communicate()[1]
    raise AssertionError("it printed nothing")


@pytest.fixture(scope="session")
def emulating() -> Iterator[Callable[..., Emulation]]:
    """Starts `recorder emulate` with arguments; whatever still runs at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, services: int = len(PROVIDERS)) -> Emulation:
        process = subprocess.Popen(
            (*COMMAND, "emulate", *arguments),
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        started.append(process)
        found = [Service(**json.loads(_line(process))) for _ in range(services)]
        return Emulation(process, {service.provider: service for service in found})

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="session")
def services(emulating: Callable[..., Emulation]) -> dict[str, Service]:
    """Every installed emulator, served by one `recorder emulate`, without media."""
    return emulating("--no-media").services


@pytest.fixture(scope="session")
def forking() -> Iterator[Callable[..., int]]:
    """Runs `recorder` as a process of its own that is forked from one in which it is loaded."""
    process = subprocess.Popen(
        FORKING, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )

    def recorder(arguments: Sequence[str], *, env: dict[str, str], folder: Path, streams: Sequence[Path]) -> int:
        task = {"arguments": arguments, "env": env, "folder": str(folder), "streams": [str(path) for path in streams]}
        assert process.stdin is not None
        process.stdin.write(json.dumps(task) + "\n")
        return int(_line(process))

    yield recorder
    process.communicate(timeout=20)


@pytest.fixture
def data_directory(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variable that names this user's data directory, in which the ledger is: a new one for each test."""
    return {"XDG_DATA_HOME": str(tmp_path_factory.mktemp("data"))}


@pytest.fixture
def run(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    forking: Callable[..., int],
    data_directory: dict[str, str],
) -> Run:
    """Runs `recorder` in a folder of its own; no secret may be in anything that it prints or writes, the ledger too."""
    streams = [tmp_path_factory.mktemp("streams") / name for name in ("stdin", "stdout", "stderr")]

    def recorder(
        *arguments: str, env: dict[str, str] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        whole = clean_environment() | data_directory | (env or {})
        if "PYTHONPATH" in (env or {}):  # plugins are found as Python starts
            done = subprocess.run(
                (*COMMAND, *arguments), env=whole, cwd=tmp_path, input=stdin, capture_output=True, text=True, timeout=60
            )
        else:
            for path, content in zip(streams, (stdin, "", ""), strict=True):
                path.write_text(content)
            code = forking(arguments, env=whole, folder=tmp_path, streams=streams)
            _, output, errors = (path.read_text() for path in streams)
            done = subprocess.CompletedProcess(arguments, code, output, errors)
        secrets = (*SECRETS, *(value for key, value in (env or {}).items() if "SECRET" in key))
        written = [path.read_text() for path in tmp_path.glob("*.json") if path.name != "spec.json"]
        ledgers = [path.read_text("latin-1") for path in Path(data_directory["XDG_DATA_HOME"]).rglob("*.db*")]
        for text in (done.stdout, done.stderr, *written, *ledgers):
            assert not [secret for secret in secrets if secret in text], text
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return recorder


@pytest.fixture
def begin(tmp_path: Path, data_directory: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Begins `recorder` in a folder of its own, to be interrupted; what still runs at the end is ended."""
    begun: list[subprocess.Popen[str]] = []

    def recorder(*arguments: str, env: dict[str, str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            (*COMMAND, *arguments),
            env=clean_environment() | data_directory | env,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield recorder
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=20)


@pytest.fixture
def spec(tmp_path: Path) -> Callable[..., str]:
    """Writes a spec file: the plain one with fields replaced."""

    def write(**fields: Any) -> str:
        path = tmp_path / "spec.json"
        path.write_text(json.dumps(SPEC | fields))
        return str(path)

    return write


@pytest.fixture
def room() -> Callable[[Service], str]:
    """A room of its own with two participants in it."""

    def furnish(service: Service) -> str:
        name = f"lesson-{uuid.uuid4().hex[:12]}"
        for participant in ("1001", "1002"):
            service.post("participants", room=name, participant=participant, action="join")
        return name

    return furnish
