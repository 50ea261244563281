"""Every snippet of the README and the docs is run.

A page is a test of its own: its blocks are run from top to bottom, in an empty folder, in one Python namespace. Both
vendors' emulators serve for its length, their variables are in the environment, and 1001 and 1002 are in the room
`lesson-42`. Time is simulated: recorders wait by the emulators' clock, which stands still between their waits, and
moves on by ten seconds after every command. What happens to a block follows from its language:

| block | what happens |
| --- | --- |
| `python` | it is executed |
| `python`, `yaml`, `json`, … with `title="name"` | it is written to that file |
| `yaml`, `toml`, `json` | it is a spec, a part of one, a layout or a pyproject.toml, and loads as that |
| `yaml` with `apiVersion` | it is a manifest of Kubernetes; the `recorder` commands in it exist |
| `console` | each `$ command` is run (`recorder`, `pytest`); the lines below it are its output, `…` any text in it |
| `text` after `python` | what the Python printed, as above |
| `http` | it is sent to the last emulator that was started |
| `json` after `http` | a part of the answer |
| `sh` | it is for the reader's machine: its `make` targets and environment variables exist |

A command ends with 0 unless `echo $?` asks for its exit code.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from typer.testing import CliRunner

from recorder_core import InvalidSpec, RecordingSpec
from recorder_core.cli.app import app
from recorder_core.cli.documents import load_layout
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.plugins import EMULATORS, installed, load_provider
from recorder_core.testing import emulate

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^( *)```(\w*)(?: +([^\n]*))?\n(.*?)^\1``` *$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')
MINIMAL = {
    "room": "lesson-42",
    "storage": {"kind": "s3", "bucket": "b", "region": "eu-west-1", "access_key": "a", "secret_key": "s"},
}
OWN_VARIABLES = {"S3_ACCESS_KEY", "S3_SECRET_KEY"}
"""Variables that the docs' specs read by `${env:NAME}`."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    title: str | None
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """The fenced blocks, dedented."""
    text, found = page.read_text(encoding="utf-8"), []
    for match in FENCE.finditer(text):
        indent, language, info, body = match.groups()
        title = TITLE.search(info or "")
        lines = [line.removeprefix(indent) for line in body.splitlines(keepends=True)]
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(language, title[1] if title else None, "".join(lines), line))
    return found


def occurs(expected: str, output: str) -> bool:
    """Whether the expected lines come in the output in their order, blanks and `…` aside."""
    lines = iter(" ".join(line.split()) for line in output.splitlines())
    for wanted in filter(None, (" ".join(line.split()) for line in expected.splitlines())):
        pattern = re.compile(".*".join(map(re.escape, wanted.split("…"))))
        if not any(pattern.fullmatch(line) for line in lines):
            return False
    return True


def includes(answer: Any, part: Any) -> bool:
    """Whether a JSON tree has everything that is in `part`; `…` stands for anything."""
    if part == "…":
        return True
    if isinstance(part, dict):
        return isinstance(answer, dict) and all(
            key in answer and includes(answer[key], item) for key, item in part.items()
        )
    if isinstance(part, list):
        return isinstance(answer, list) and all(any(includes(one, item) for one in answer) for item in part)
    return bool(answer == part)


@dataclass
class Page:
    """A page that is being run."""

    clock: EmulatorClock
    control_url: str
    namespace: dict[str, Any] = field(default_factory=lambda: {"__name__": "__snippet__"})
    printed: str = ""
    answer: Any = None
    exit_code: int = 0
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def run(self, block: Block, before: str) -> None:
        """Run a block that follows one of the language `before`."""
        if block.title and block.language != "console":
            path = Path(block.title)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        if block.language == "python":
            if not block.title:
                self._python(block)
        elif block.language == "text":
            assert before == "python", "a text block follows the Python that prints it"
            assert occurs(block.text, self.printed), f"printed was:\n{self.printed}"
        elif block.language == "json" and before == "http":
            assert includes(self.answer, json.loads(block.text)), f"the answer was:\n{self.answer}"
        elif block.language in ("yaml", "toml", "json"):
            _load(block)
        elif block.language == "console":
            self._console(block.text)
        elif block.language == "http":
            self._http(block.text)
        elif block.language == "sh":
            _check_shell(block.text)
        elif block.language == "sql":  # what it does is seen in tests/core/ledger/test_documented.py
            assert sqlite3.complete_statement(block.text)
        else:
            pytest.fail(f"nothing is known to do with a block of language {block.language!r}")

    def _python(self, block: Block) -> None:
        # Empty lines before it make the traceback's line numbers those of the page.
        code = compile("\n" * block.line + block.text, "<page>", "exec")
        with redirect_stdout(io.StringIO()) as printed:
            exec(code, self.namespace)
        self.printed = printed.getvalue()

    def _console(self, text: str) -> None:
        commands = re.split(r"^\$ ", text, flags=re.MULTILINE)
        assert not commands[0].strip(), "a console block begins with a command"
        for index, command in enumerate(commands[1:], start=1):
            line, _, expected = command.partition("\n")
            if line.strip() == "echo $?":
                output = str(self.exit_code)
            else:
                output = self._command(shlex.split(line))
                asked = index + 1 < len(commands) and commands[index + 1].startswith("echo $?")
                assert asked or self.exit_code == 0, f"$ {line}\nended with {self.exit_code}:\n{output}"
            assert occurs(expected, output), f"$ {line}\nsaid:\n{output}"

    def _command(self, words: list[str]) -> str:
        match words:
            case ["recorder", "emulate", *_]:
                return self._emulate(words[1:])
            case ["recorder", *arguments]:
                result = CliRunner().invoke(app, arguments)
                self.clock.advance(10)
                self.exit_code = result.exit_code
                return result.output
            case ["pytest", *arguments]:
                # A run of its own: neither this one's options nor its workers' variables.
                env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
                command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
                run = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
                self.exit_code = run.returncode
                return run.stdout + run.stderr
        raise AssertionError(f"nothing is known to do with the command {words[0]!r}")

    def _emulate(self, arguments: list[str]) -> str:
        command = [sys.executable, "-m", "recorder_core.cli", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.processes.append(process)
        assert process.stdout is not None
        output = ""
        for _ in [word for word in arguments[1:] if not word.startswith("-")] or installed(EMULATORS):
            line = process.stdout.readline()
            output += line
            told = json.loads(line)
            os.environ.update(told["env"])
            self.control_url = told["base_url"]
        return output

    def _http(self, text: str) -> None:
        head, _, body = text.strip().partition("\n\n")
        (method, path, *_), *headers = (line.split() for line in head.splitlines())
        connection = http.client.HTTPConnection(self.control_url.removeprefix("http://"), timeout=30)
        named = {words[0].removesuffix(":"): " ".join(words[1:]) for words in headers}
        connection.request(method, path, body=body or None, headers=named)
        response = connection.getresponse()
        self.answer = json.loads(response.read())
        connection.close()
        assert response.status == 200, self.answer

    def close(self) -> None:
        """End what was started."""
        for process in self.processes:
            process.terminate()
            process.communicate(timeout=30)


def _load(block: Block) -> None:
    """A spec, a part of one, a layout or a pyproject.toml."""
    read = {"yaml": yaml.safe_load, "toml": tomllib.loads, "json": json.loads}
    tree = read[block.language](block.text)
    assert isinstance(tree, dict)
    if "project" in tree:
        return
    if "apiVersion" in tree:
        _check_commands(tree)
        return
    if "kind" in tree:
        Path("layout.part").write_text(block.text, encoding="utf-8")
        load_layout("layout.part", block.language)  # type: ignore[arg-type]
        return
    try:
        RecordingSpec.loads(block.text, format=block.language)  # type: ignore[arg-type]
    except InvalidSpec:
        if "room" in tree:
            raise
        RecordingSpec.load({**MINIMAL, **tree})


def _check_commands(tree: Any) -> None:
    """Every `recorder` that a manifest runs has such a verb and such options."""
    if isinstance(tree, list) and tree[:1] == ["recorder"]:
        result = CliRunner().invoke(app, [*tree[1:], "--help"])
        assert result.exit_code == 0, result.output
    elif isinstance(tree, dict | list):
        for item in tree.values() if isinstance(tree, dict) else tree:
            _check_commands(item)


def _check_shell(text: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    configs = [load_provider(found.name).Config for found in installed()]
    variables = {config.env_name(name) for config in configs for name in config.model_fields}
    for target in re.findall(r"^make (\w+)", text, re.MULTILINE):
        assert target in targets
    for variable in re.findall(r"^export (\w+)=", text, re.MULTILINE):
        assert variable in variables | OWN_VARIABLES


@pytest.fixture
def page(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """An empty folder, an empty ledger, both emulators, simulated time."""
    clock = EmulatorClock(frozen=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    monkeypatch.setattr("recorder_core.operations.SystemClock", lambda: clock)
    monkeypatch.setattr("recorder_core.aio.SystemClock", lambda: clock)
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, dict.fromkeys(OWN_VARIABLES, "storage-key-of-the-docs")))
        for found in installed(EMULATORS):
            service = stack.enter_context(emulate(found.name, clock=clock, rate_limits=False))
            os.environ.update(service.env)
            for participant in ("1001", "1002"):
                service.join("lesson-42", participant)
        running = Page(clock, service.base_url)
        stack.callback(running.close)
        yield running


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_snippets_of_a_page(path: Path, page: Page) -> None:
    """What a reader copies works as the page says."""
    before = ""
    for block in blocks(path):
        try:
            page.run(block, before)
        except BaseException as error:
            error.add_note(f"in the {block.language} block at {path.relative_to(ROOT)}:{block.line}")
            raise
        before = block.language


def test_no_fence_is_missed() -> None:
    """The blocks that are run are all there are."""
    for path in PAGES:
        fences = re.findall(r"^ *```", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks(path)), path
