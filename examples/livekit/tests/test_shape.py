"""What imports what: the public plugin API alone, and an emulator that can disagree with the translation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

SOURCE = Path(str(files("recorder_livekit")))


def imported(folder: Path) -> Iterator[tuple[str, str]]:
    """Each module of a folder, with the names of what it imports."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path.name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((path.name, f"{node.module}.{alias.name}") for alias in node.names)


def test_only_public_modules_are_used() -> None:
    """Of recorder-core nothing that begins with an underscore, and of other providers nothing at all."""
    wrong = [
        (module, name)
        for module, name in imported(SOURCE)
        if (name.startswith("recorder_core") and any(part.startswith("_") for part in name.split(".")))
        or (name.startswith("recorder_") and not name.startswith(("recorder_core", "recorder_livekit")))
    ]
    assert wrong == []


def test_the_emulator_can_disagree() -> None:
    """It imports neither what translates nor what sends."""
    told = {"translate", "provider", "calls", "starting", "recovery", "rules", "webhooks", "signing"}
    wrong = [
        (module, name)
        for module, name in imported(SOURCE / "emulator")
        if name.startswith("recorder_livekit.") and name.split(".")[1] in told
    ]
    assert wrong == []


def test_files_are_short() -> None:
    """So that each has one reason to change."""
    assert not [path.name for path in SOURCE.rglob("*.py") if len(path.read_text("utf-8").splitlines()) > 400]
