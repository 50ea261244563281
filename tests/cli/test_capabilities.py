"""`recorder capabilities`."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from recorder_core import CapabilityMatrix, capabilities


@pytest.fixture(scope="module")
def matrix() -> CapabilityMatrix:
    """What the library computes for the vendors that are installed."""
    return capabilities(["agora", "zegocloud"])


def test_the_matrix_needs_no_credentials(run: Any, matrix: CapabilityMatrix) -> None:
    """`--json` prints the matrix that the library computes; nothing is said on stderr."""
    done = run("capabilities", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == matrix.dump()


def test_the_providers_that_are_named_are_shown(run: Any) -> None:
    """--provider may be repeated; the columns stand in that order."""
    done = run("capabilities", "--provider", "zegocloud", "-p", "agora", "--json")
    assert done.returncode == 0
    assert [column["name"] for column in json.loads(done.stdout)["providers"]] == ["zegocloud", "agora"]
    one = run("capabilities", "-p", "agora")
    assert one.returncode == 0
    assert "agora" in one.stdout
    assert "zegocloud" not in one.stdout


def test_people_see_groups_and_notes(run: Any, matrix: CapabilityMatrix) -> None:
    """A table for each group; each number in brackets is that of a note below it, in words of the finding."""
    done = run("capabilities", "-p", "agora", "-p", "zegocloud")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for section in matrix.sections():
        start = lines.index(" ".join([section.group, "mode", *(column.heading for column in matrix.columns)]))
        table = lines[start : start + len(section.rows) + 4 + len(section.notes)]
        for row in section.rows:
            cells = [
                " ".join([cell.answer, *(f"[{number}]" for number in section.numbers(cell))])
                for cell in row.cells.values()
            ]
            assert " ".join([row.label, row.where, *cells]) in table
        for number, note in enumerate(section.notes, start=1):
            assert f"[{number}] {' '.join(note.split())}" in table


@pytest.mark.parametrize("words", [("mp4",), ("Spotlight", "RIGHT"), ("eu", "s3"), ("file", "participant")])
def test_rows_are_found_by_their_words(run: Any, matrix: CapabilityMatrix, words: tuple[str, ...]) -> None:
    """Words after the command keep the rows that have them all, for people and for programs."""
    expected = matrix.about(*words)
    assert 0 < len(expected.rows) < 20
    assert json.loads(run("capabilities", *words, "--json").stdout) == expected.dump()
    shown = run("capabilities", *words)
    assert shown.returncode == 0
    for row in expected.rows:
        assert row.label in shown.stdout
    assert "Picture and sound" not in shown.stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [(("mp4", "betamax"), "no row has the word 'betamax'"), (("mp4", "pause"), "no row has all of 'mp4', 'pause'")],
)
def test_words_of_no_row_are_exit_code_2(run: Any, words: tuple[str, ...], problem: str) -> None:
    """It is said which word is at fault, and which groups there are to look in."""
    done = run("capabilities", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr
    assert "Storage regions" in done.stderr


def test_a_misspelt_provider_names_the_nearest(run: Any) -> None:
    """It is exit code 2, as of every verb, and nothing is shown of the others."""
    done = run("capabilities", "-p", "agora", "-p", "zegocluod")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'zegocloud'" in done.stderr
    as_json = run("capabilities", "-p", "zegocluod", "--json")
    assert (as_json.returncode, as_json.stdout) == (2, "")
    assert json.loads(as_json.stderr)["hint"] == "Did you mean 'zegocloud'?"


def test_a_broken_provider_harms_no_other(run: Any, tmp_path: Path) -> None:
    """Its column says unknown, the reason stands above the tables, and the exit code is 0."""
    folder = tmp_path / "plugins" / "broken-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[recorder_core.providers]\nbroken = broken_provider:Provider\n")
    (folder.parent / "broken_provider.py").write_text("raise RuntimeError('built in a hurry')\n")
    path = os.pathsep.join(filter(None, [str(folder.parent), os.environ.get("PYTHONPATH")]))

    done = run("capabilities", env={"PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    reason, *_ = done.stdout.splitlines()
    assert reason.startswith("broken can't be asked: ")
    assert "built in a hurry" in reason
    (mono,) = [line.split() for line in done.stdout.splitlines() if line.strip().startswith("HLS ")][:1]
    assert mono[-3:] == ["exact", "unknown", "exact"]
