"""`recorder demo trtc`: the library's own lesson, recorded and looked at."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from recorder_core.cli.app import app


def test_the_demo_records_the_same_picture(tmp_path: Path) -> None:
    """It ends with 0: files that play, layouts that change, and a custom layout as another vendor shows it."""
    result = CliRunner().invoke(app, ["demo", "agora", "trtc", "--output", str(tmp_path / "demo"), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["failures"] == []
    assert report["moments"][-1]["agreement"]["trtc"] > 0.999
    assert {entry["format"] for entry in report["recordings"] if entry["provider"] == "trtc"} == {"hls", "mp4"}
