"""The distributions of the tests: built into wheels, each installed apart, run in interpreters of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from distributions.press import KEY, SECRET, Press

Run = Callable[..., Any]
DISTRIBUTIONS = Path(__file__).parent
NAMES = ("paper", "torn", "copycat", "vintage", "oddity", "misfits", "curfew", "mishook", "chatter")

PRELUDE = """
import hmac, json, logging, os, sys, time
from recorder_core import WebhookRequest

logged = []

class Kept(logging.Handler):
    def emit(self, record):
        logged.append(record.getMessage())

logging.getLogger("recorder_core").addHandler(Kept(logging.WARNING))

def show(**values):
    print(json.dumps(values))

def recorder(*arguments):
    "Runs a command, which has to print JSON alone, and shows that."
    import io
    from contextlib import redirect_stdout
    from unittest.mock import patch
    from recorder_core.cli import main

    printed = io.StringIO()
    with patch("sys.argv", ["recorder", *arguments]), redirect_stdout(printed):
        try:
            main()
        except SystemExit as end:
            code = end.code
    show(code=code, printed=json.loads(printed.getvalue()), logged=logged)

def failure(call, *given, **named):
    try:
        call(*given, **named)
    except Exception as error:
        show(kind=type(error).__name__, text=str(error), cause=type(error.__cause__).__name__)
    else:
        show(kind=None)

def callback(recording, happened, number, **more):
    "What Paper Press would send."
    told = {"tape": recording.native["tape"], "happened": happened, "number": number, "at": time.time(), **more}
    body = json.dumps(told).encode()
    signature = hmac.digest(os.environ["PAPER_WEBHOOK_SECRET"].encode(), body, "sha256").hex()
    return WebhookRequest("POST", "/callbacks/paper", {"press-signature": signature}, body)
"""
"""What the code of a test has."""

RECORD = """
from recorder_core import Grid, Recorder, RecordingSpec, RecordingState

spec = RecordingSpec.load({
    "room": "lesson-42",
    "output": {"formats": ["mp4"]},
    "storage": {"kind": "s3", "bucket": "b", "region": "r", "access_key": "AK-paper", "secret_key": "SK-paper"},
    "options": {"paper": {"ink": "blue"}},
})
with Recorder.from_env("paper") as recorder:
    recording = recorder.start(spec, confirm=True)
    changed = recorder.layout(recording, Grid(background={"color": "#ffffff"}))
    outcome = recorder.stop(changed)
    show(recording=recording.model_dump(mode="json"), revision=changed.revision, state=outcome.state,
         files=[file.uri for file in outcome.files], request_id=outcome.request_id)
"""
"""A recording at the third vendor, from its start to its files."""


@dataclass
class Shelf:
    """Where the wheels lie and where each was installed."""

    folder: Path
    installed: dict[str, Path] = field(default_factory=dict)

    def build(self) -> None:
        """Build every wheel, without network."""
        sources = [str(DISTRIBUTIONS / name) for name in NAMES]
        self._pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(self.folder), *sources)

    def path_of(self, name: str) -> Path:
        """The folder into which a distribution's wheel was installed, and nothing else."""
        if name not in self.installed:
            (wheel,) = self.folder.glob(f"recorder_{name}-*.whl")
            target = self.folder / "installed" / name
            self._pip("install", "--no-deps", "--no-index", "--target", str(target), str(wheel))
            self.installed[name] = target
        return self.installed[name]

    def place(self, source: Path) -> Path:
        """The folder into which another distribution was built and installed, and nothing else."""
        if source.name not in self.installed:
            made = self.folder / "built" / source.name
            self._pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(made), str(source))
            (wheel,) = made.glob("*.whl")
            self._pip("install", "--no-deps", "--no-index", "--target", str(made / "installed"), str(wheel))
            self.installed[source.name] = made / "installed"
        return self.installed[source.name]

    def _pip(self, *arguments: str) -> None:
        command = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, code: str, installed: tuple[str, ...], folder: Path, env: dict[str, str]) -> Any:
        """What code showed that runs in an interpreter of its own, which has these distributions installed."""
        own = {
            "PYTHONPATH": os.pathsep.join(str(self.path_of(name)) for name in installed),
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        done = subprocess.run(
            (sys.executable, "-c", PRELUDE + code),
            cwd=folder,
            env={**os.environ, **own, **env},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = Shelf(tmp_path_factory.mktemp("wheels"))
    made.build()
    return made


@pytest.fixture
def press() -> Iterator[Press]:
    with Press() as running:
        yield running


@pytest.fixture
def run(shelf: Shelf, tmp_path: Path, press: Press) -> Run:
    """Runs code in an interpreter that has these distributions installed; gives what it showed."""

    def run(code: str, *installed: str, **env: str) -> Any:
        account = {
            "PAPER_PRESS": "press-1",
            "PAPER_API_KEY": KEY,
            "PAPER_BASE_URLS": press.base_url,
            "PAPER_WEBHOOK_SECRET": SECRET,
        }
        return shelf.run(code, installed, tmp_path, {**account, **env})

    return run
