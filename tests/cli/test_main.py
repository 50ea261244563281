"""The command itself: its help, its version, and what it needs."""

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from recorder_core.cli.app import app

VERBS = (
    *("demo", "providers", "capabilities", "plan", "preview", "start", "status"),
    *("layout", "pause", "resume", "snapshot", "update", "stop", "emulate"),
)


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


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("plan", "spec.json"), "'--provider'"),
        (("plan", "spec.json", "-p", "agora", "--format", "xml"), "'xml' is not one of"),
        (("plann",), "'plann'"),
    ],
)
def test_a_command_written_wrong_is_exit_code_2_and_json_when_asked(
    run: Any, arguments: tuple[str, ...], problem: str
) -> None:
    """What is wrong with the command itself is named; with --json it is one line of JSON."""
    for_people = run(*arguments)
    assert (for_people.returncode, for_people.stdout) == (2, "")
    assert problem in for_people.stderr
    assert "Value error" not in for_people.stderr

    for_programs = run(*arguments, "--json")
    assert (for_programs.returncode, for_programs.stdout) == (2, "")
    error = json.loads(for_programs.stderr)
    assert error["error"] == "UsageError"
    assert problem in error["message"]
    assert "Value error" not in error["message"]
    assert " -h'" in error["hint"]


def test_a_bug_is_one_line_without_values(run: Any, spec: Any, tmp_path: Path) -> None:
    """An unexpected exception is its class and its place, exit code 1; its message, maybe a secret, isn't shown."""
    (tmp_path / "broken.py").write_text(
        "from recorder_core.cli import main\n"
        "from recorder_core.recorder import Recorder\n"
        "def plan(self, spec):\n"
        "    raise LookupError('secret of a bug')\n"
        "Recorder.plan = plan\n"
        "main()\n"
    )
    for arguments in ((), ("--json",)):
        command = (sys.executable, "broken.py", "plan", spec(), "-p", "agora", *arguments)
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=os.environ.copy())
        assert (done.returncode, done.stdout) == (1, "")
        *_, line = done.stderr.splitlines()
        message = json.loads(line)["message"] if arguments else line.removeprefix("error: ")
        assert message == "LookupError at __main__:4; this is a bug"
        assert "secret of a bug" not in done.stderr
