"""Runs a conformance kit in an interpreter of its own, and tells what came of each test."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).parent


Outcomes = dict[str, dict[str, str]]


def run_kit(
    file: Path,
    folder: Path,
    *,
    python: Path = Path(sys.executable),
    installed: Sequence[Path] = (),
    chosen: Sequence[str] = (),
) -> Outcomes:
    """The outcomes of a file's tests: by class, then by test, empty where it passed and else what was wrong.

    Args:
        file: with the kit's subclasses.
        folder: to run in.
        python: the interpreter; by default this one, which finds the modules of the tests too.
        installed: folders with distributions, beside what this interpreter has.
        chosen: which tests, such as `TestPaper::test_it_truly_records`; all by default.
    """
    paths = (*installed, TESTS) if python == Path(sys.executable) else installed
    report = folder / f"{file.stem}.xml"
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", f"--junit-xml={report}"]
    done = subprocess.run(
        [*command, f"--rootdir={folder}", *([f"{file}::{one}" for one in chosen] or [str(file)])],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert report.exists(), done.stdout + done.stderr
    outcomes: dict[str, dict[str, str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        wrong = [found.get("message") or found.tag for found in case if found.tag in ("failure", "error")]
        outcomes.setdefault(case.attrib["classname"].rpartition(".")[2], {})[case.attrib["name"]] = "".join(wrong)
    return outcomes
