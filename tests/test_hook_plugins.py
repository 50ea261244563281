"""The hook plugins of the examples: built into wheels, installed side by side, and used by recorders that name none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from distributions.shelf import Shelf

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = ("audit-log", "opentelemetry", "policy")

RECORD = """
from recorder_core import Recorder, RecordingSpec, Vetoed
from recorder_core.testing import emulate

def spec(region):
    storage = {"kind": "s3", "bucket": "lessons", "region": region, "access_key": "AK-hooks", "secret_key": "SK-hooks"}
    return RecordingSpec.load({"room": "lesson-42", "storage": storage})

with emulate("agora", media=False) as service:
    os.environ.update(service.env)
    with Recorder.from_env("agora", clock=service.clock) as recorder:
        recorder.stop(recorder.start(spec("eu-west-1")), wait=False)
        try:
            recorder.start(spec("us-east-2"))
        except Vetoed as error:
            show(vetoed=error.message, sent=[entry.operation for entry in service.journal], logged=logged)
"""


@pytest.fixture
def path(shelf: Shelf) -> str:
    """Where all three are installed, for PYTHONPATH."""
    return os.pathsep.join(str(shelf.place(EXAMPLES / name)) for name in NAMES)


def test_each_is_a_wheel_of_its_own_and_can_be_used(shelf: Shelf, tmp_path: Path, path: str) -> None:
    """An entry point each, which `recorder providers` finds, and whose hooks are right."""
    shown = shelf.run("recorder('providers', '--json')", (), tmp_path, {"PYTHONPATH": path})
    hooks = [(row["name"], row["distribution"], row["state"]) for row in shown["printed"] if row["kind"] == "hook"]
    assert hooks == [(name, f"recorder-{name}", "ok") for name in NAMES]


def test_they_work_side_by_side(shelf: Shelf, tmp_path: Path, path: str) -> None:
    """What the policy refuses is written down, and nothing of it is sent; no other breaks over it."""
    log = tmp_path / "audit.jsonl"
    env = {"PYTHONPATH": path, "RECORDER_AUDIT_LOG": str(log), "RECORDER_POLICY_REGIONS": "EU"}
    shown = shelf.run(RECORD, (), tmp_path, env)
    assert shown["vetoed"] == "the policy refuses this recording: regions: us-east-2 is none of EU"
    assert shown["sent"] == ["acquire", "start", "stop"]
    assert shown["logged"] == []
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["action"], line["operation"], line.get("error")) for line in lines] == [
        ("asked", "start", None),
        ("done", "start", None),
        ("done", "stop", None),
        ("asked", "start", None),
        ("failed", "start", "Vetoed"),
    ]
    assert "SK-hooks" not in log.read_text()
