"""Whoever contributes finds every room: CONTRIBUTING.md is what the tree and the contracts are."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src" / "recorder_core"
PROVIDERS = sorted(path for path in (ROOT / "src" / "providers").iterdir() if (path / "provider.py").exists())
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
INSIDE = ("budget", "following", "ledger", "receiving", "storage_check", "emulation")
"""The rooms whose files have a row of their own."""


def parts_of(folder: Path) -> set[str]:
    """The modules and packages in a folder, as the page writes them."""
    files = {path.name for path in folder.glob("*.py") if not path.name.startswith("__")}
    return files | {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}


def table(head: str) -> dict[str, set[str]]:
    """The rows of a table: what each sets as code, by its first cell."""
    rows = TEXT.partition(f"| {head}")[2].partition("\n\n")[0].splitlines()[2:]
    return {row.split(" | ")[0].strip("| `"): set(re.findall(r"`([^`]+)`", row)) for row in rows}


def floors() -> dict[str, int]:
    """The floor of each room."""
    found: dict[str, int] = {}
    for floor, rooms in table("floor |").items():
        for room in rooms & parts_of(CORE):
            assert room not in found, f"{room} is on two floors"
            found[room] = int(floor)
    return found


def test_every_room_of_the_core_stands_on_a_floor() -> None:
    """None is forgotten, and none that is named is gone."""
    assert floors().keys() == parts_of(CORE)
    named = set().union(*table("floor |").values())
    assert {name for name in named if name.endswith((".py", "/"))} == parts_of(CORE)


def test_the_floors_are_those_of_the_contract() -> None:
    """A room that stands above another here does so in `pyproject.toml`, which is what is checked."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (found for found in settings["tool"]["importlinter"]["contracts"] if found["type"] == "layers")
    assert contract["exhaustive"]
    assert "exhaustive_ignores" not in contract
    ranks = {room.removesuffix(".py").removesuffix("/"): floor for room, floor in floors().items()}
    layers = [{ranks[room] for room in layer.split(" | ")} for layer in contract["layers"]]
    for above, below in pairwise(layers):
        assert min(above) >= max(below)


@pytest.mark.parametrize("room", INSIDE)
def test_every_file_of_the_larger_rooms_is_there(room: str) -> None:
    """A folder's row has its files, and nothing else."""
    assert table("folder |")[f"{room}/"] - {f"{room}/"} == parts_of(CORE / room)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda path: path.name)
def test_every_file_of_a_provider_is_there(provider: Path) -> None:
    """The files and folders that a provider package may have are in its table."""
    named = set().union(*table("file or folder |").values())
    assert parts_of(provider) <= named
