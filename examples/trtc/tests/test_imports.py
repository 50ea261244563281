"""What the package is made with: the library's public modules, and an emulator that can disagree with the provider."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import recorder_trtc

ROOT = Path(recorder_trtc.__file__).parent
ALLOWED = {"recorder_core", "recorder_trtc", "pydantic", "pydantic_core", "requests", *sys.stdlib_module_names}
SPEAKERS = ("translate", "provider", "calls", "starting", "recovery", "account", "webhooks", "signing", "config")
"""What the emulator must not have in common with the provider: else both would be wrong together."""


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_only_what_is_public() -> None:
    """No module whose name begins with an underscore, no other provider, no client of the vendor's."""
    for path in ROOT.rglob("*.py"):
        for module in imports(path):
            is_drawing = path.is_relative_to(ROOT / "emulator") and module == "PIL"
            assert module.partition(".")[0] in ALLOWED or is_drawing, (path, module)
            private = [step for step in module.split(".") if step.startswith("_") and step != "__future__"]
            assert not private, (path, module)


def test_the_emulator_stands_apart() -> None:
    """It knows wire, tables and picture, and neither the translation nor the neutral models."""
    shared = [*(ROOT / "emulator").glob("*.py"), *(ROOT / "wire").glob("*.py"), ROOT / "picture.py", ROOT / "tables.py"]
    for path in shared:
        for module in imports(path):
            assert not module.startswith(tuple(f"recorder_trtc.{name}" for name in SPEAKERS)), (path, module)
            assert not module.startswith(("recorder_core.models", "recorder_core.recorder")), (path, module)


def test_the_provider_needs_no_emulator() -> None:
    """So that it works where the extra isn't installed."""
    for path in ROOT.rglob("*.py"):
        if not path.is_relative_to(ROOT / "emulator"):
            for module in imports(path):
                assert not module.startswith(("recorder_trtc.emulator", "recorder_core.emulation", "PIL")), (
                    path,
                    module,
                )
