"""The command itself: its help, its version, and what it needs."""

import subprocess
import sys
from importlib.metadata import entry_points, version
from typing import Any

import pytest
from typer.testing import CliRunner

from recorder_core.cli.app import app

VERBS = ("demo", "providers", "plan", "start", "status", "layout", "stop", "emulate")


def test_the_help_lists_every_verb_and_the_exit_codes(run: Any) -> None:
    """Who asks for help learns every verb and what the exit codes mean."""
    done = run("--help")
    assert done.returncode == 0
    for verb in VERBS:
        assert f"\n  {verb} " in done.stdout
    assert "Exit codes" in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_json(verb: str) -> None:
    """Every verb has --json."""
    shown = CliRunner().invoke(app, [verb, "--help"])
    assert shown.exit_code == 0
    assert "--json" in shown.stdout


def test_the_version_is_that_of_the_distribution(run: Any) -> None:
    """`--version` prints the installed version."""
    assert run("--version").stdout == f"recorder-core {version('recorder-core')}\n"


def test_the_command_is_called_recorder() -> None:
    """The distribution installs the command `recorder`."""
    (point,) = entry_points(group="console_scripts", name="recorder")
    assert point.value == "recorder_core.cli:main"


@pytest.mark.parametrize("lacking", ["typer", "rich"])
def test_a_missing_extra_is_one_sentence(lacking: str) -> None:
    """Without its extra the command says what to install, and exits with 2."""
    program = f"import sys; sys.modules[{lacking!r}] = None; from recorder_core.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "The command line needs an extra: pip install 'recorder-core[cli]'\n"


def test_importing_the_command_line_loads_nothing_of_it() -> None:
    """`import recorder_core.cli` loads neither Typer nor Rich nor a provider nor an emulator."""
    program = "import sys, recorder_core.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {
        "typer",
        "rich",
        "pydantic",
        "requests",
        "av",
        "werkzeug",
        "recorder_agora",
        "recorder_zegocloud",
    }
