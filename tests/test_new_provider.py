"""A package for another vendor, made from the docs alone: built, installed apart, and put to the whole contract."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import sysconfig
import tokenize
import venv
from pathlib import Path

import pytest

import recorder_core
from docs import provider_page
from kits import run_kit
from recorder_core.cli.scaffolding import write_provider
from recorder_core.testing.conformance import ProviderConformance, clauses_of

MOST_LINES = 120
OWN = ("config.py", "translate.py", "provider.py")
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def lines_of_code(text: str) -> int:
    """Lines that aren't empty, comments or docstrings, those of attributes included."""
    docstrings = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    code = {line for token in tokens if token.type not in NO_CODE for line in range(token.start[0], token.end[0] + 1)}
    return len(code - docstrings)


def from_the_page(folder: Path) -> None:
    """Write what the page shows, and nothing else."""
    for name, text in provider_page.titled(provider_page.PAGE.read_text(encoding="utf-8")).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "README.md").touch()
    (folder / "src" / "recorder_acme" / "__init__.py").touch()


def installed_apart(package: Path, folder: Path) -> Path:
    """The interpreter of a new virtual environment that has what this one has, and the package."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    (site,) = folder.glob("lib/python*/site-packages")
    here = {sysconfig.get_path("purelib"), str(Path(recorder_core.__file__).parents[1])}
    (site / "installed.pth").write_text("\n".join([*here, ""]), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet", "--disable-pip-version-check"]
    command = [*pip, "install", "--no-deps", "--no-index", "--no-build-isolation", str(package)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return python


def test_the_page_shows_what_the_command_writes(tmp_path: Path) -> None:
    """`make tables` renews it."""
    written = write_provider("acme", tmp_path / "acme")
    text = provider_page.PAGE.read_text(encoding="utf-8")
    assert provider_page.with_code(text, tmp_path / "acme") == text
    shown = {name for name in written if name.endswith((".py", ".toml")) and not name.endswith("__init__.py")}
    assert shown == provider_page.titled(text).keys()


def test_a_provider_from_the_page_alone_keeps_the_contract(
    tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    """In a new environment with the built wheel and no source tree; in few lines of its own."""
    package = tmp_path / "package"
    from_the_page(package)
    lines = sum(lines_of_code((package / "src" / "recorder_acme" / name).read_text(encoding="utf-8")) for name in OWN)
    record_property("measured", f"a provider from the page alone: {lines} lines of code, the whole kit passed")
    assert lines <= MOST_LINES
    python = installed_apart(package, tmp_path / "environment")
    (tmp_path / "elsewhere").mkdir()
    outcomes = run_kit(package / "tests" / "test_conformance.py", tmp_path / "elsewhere", python=python)
    (found,) = outcomes.values()
    assert {test: wrong for test, wrong in found.items() if wrong} == {}
    assert {name.partition("[")[0] for name in found} == clauses_of(ProviderConformance).keys()


def test_a_stop_that_is_refused_loses_no_files(tmp_path: Path) -> None:
    """A vendor like the page's that refuses to stop what has ended: what its status still tells isn't lost."""
    package = tmp_path / "package"
    from_the_page(package)
    emulator = package / "src" / "recorder_acme" / "emulator.py"
    line = "                made = self._made[number]\n"
    refused = '                if request.method == "DELETE" and made.over:\n                    return REFUSALS[404]\n'
    text = emulator.read_text(encoding="utf-8")
    assert line in text
    emulator.write_text(text.replace(line, line + refused), encoding="utf-8")
    python = installed_apart(package, tmp_path / "environment")
    (tmp_path / "elsewhere").mkdir()
    stops = ("a_stop_ends_it", "a_second_stop_is_no_error", "a_stop_of_what_ended_by_itself_is_told")
    outcomes = run_kit(
        package / "tests" / "test_conformance.py",
        tmp_path / "elsewhere",
        python=python,
        chosen=[f"TestConformance::test_{name}" for name in stops],
    )
    assert outcomes == {"TestConformance": dict.fromkeys((f"test_{name}" for name in stops), "")}
