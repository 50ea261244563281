"""`recorder providers`. What it says of each kind of broken plugin: tests/test_third_party_plugins.py."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def test_providers_are_listed_with_their_origin(run: Any) -> None:
    """Each installed provider is listed with distribution, version, plugin API and state."""
    done = run("providers", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = {entry["name"]: entry for entry in json.loads(done.stdout)}
    for name in ("agora", "zegocloud"):
        assert found[name] | {"version": "", "variables": []} == {
            "kind": "provider",
            "name": name,
            "distribution": "recorder-core",
            "version": "",
            "plugin_api": 1,
            "state": "ok",
            "variables": [],
        }
    assert found["zegocloud"]["variables"] == ["ZEGO_APP_ID", "ZEGO_SERVER_SECRET"]


def test_a_broken_provider_harms_no_other(run: Any, tmp_path: Path) -> None:
    """A provider that can't be imported is listed with the reason; the others are listed as ever."""
    folder = tmp_path / "plugins" / "broken-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[recorder_core.providers]\nbroken = broken_provider:Provider\n")
    (folder.parent / "broken_provider.py").write_text("raise RuntimeError('built in a hurry')\n")
    path = os.pathsep.join(filter(None, [str(folder.parent), os.environ.get("PYTHONPATH")]))

    done = run("providers", "--json", env={"PYTHONPATH": path})
    assert done.returncode == 0
    rows = {entry["name"]: entry for entry in json.loads(done.stdout)}
    assert (rows["broken"]["distribution"], rows["broken"]["state"]) == ("broken", "can't be used")
    assert rows["broken"]["problem"].endswith("can't be imported: RuntimeError: built in a hurry")
    assert rows["broken"]["hint"].startswith("Mend or reinstall that distribution")
    assert rows["agora"]["state"] == rows["zegocloud"]["state"] == "ok"

    table = run("providers", env={"PYTHONPATH": path})
    assert table.returncode == 0
    assert "built in a hurry\n  Mend or reinstall that distribution" in table.stdout

    barred = run("providers", env={"PYTHONPATH": path, "RECORDER_PLUGINS": "recorder-core"})
    assert barred.returncode == 0
    assert "RECORDER_PLUGINS doesn't let it be loaded\n  Add broken:broken to RECORDER_PLUGINS" in barred.stdout


def test_hook_plugins_have_a_table_of_their_own(run: Any, tmp_path: Path) -> None:
    """Below the providers; one that can't be used says which hook is wrong."""
    folder = tmp_path / "plugins" / "watching-2.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: watching\nVersion: 2.0\n")
    (folder / "entry_points.txt").write_text("[recorder_core.hooks]\ngood = watching:good\nbad = watching:bad\n")
    (folder.parent / "watching.py").write_text(
        "from types import SimpleNamespace\nfrom recorder_core import hookimpl\n"
        "good = SimpleNamespace(recorder_started=hookimpl(lambda recording: None))\n"
        "bad = SimpleNamespace(recorder_begun=hookimpl(lambda recording: None))\n"
    )
    path = os.pathsep.join(filter(None, [str(folder.parent), os.environ.get("PYTHONPATH")]))
    table = run("providers", env={"PYTHONPATH": path})
    assert table.returncode == 0
    words = [" ".join(line.split()) for line in table.stdout.splitlines()]
    at = words.index("hook plugin distribution version plugin API state")
    assert words[at + 2 : at + 4] == ["bad watching 2.0 can't be used", "good watching 2.0 ok"]
    assert "there is no hook recorder_begun" in table.stdout
