"""Both provider packages are laid out alike, so that whoever knows the one finds the way in the other."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROVIDERS = ("agora", "zegocloud")


def module(provider: str, name: str) -> Any:
    return import_module(f"recorder_{provider}.{name}")


def own_tables(found: ModuleType) -> set[str]:
    """The names of the tables that are made in a module, rather than imported from another."""
    source = Path(found.__file__ or "").read_text(encoding="utf-8")
    tables = {name for name, value in vars(found).items() if isinstance(value, Mapping | frozenset)}
    return {name for name in tables if f"\n{name}: " in source or f"\n{name} = " in source}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_events_mean_stands_in_the_tables(provider: str) -> None:
    """The code that reads events holds one table: which function reads which event."""
    assert own_tables(module(provider, "translate.events")) == {"TOLD_BY_DETAIL"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_causes_of_an_early_death_stand_alone(provider: str) -> None:
    """What may have killed a recording is no answer of the vendor's: it isn't among the rules."""
    causes = module(provider, "causes")
    assert own_tables(causes) == set(causes.__all__) == {"CAUSES"}
    assert not hasattr(module(provider, "rules"), "CAUSES")


def test_events_tell_the_same_things() -> None:
    """In the same order; Agora's tell besides how much was uploaded."""
    agora, zegocloud = (module(provider, "translate.events").Told._fields for provider in PROVIDERS)
    assert agora == (*zegocloud, "progress")


def test_ends_by_number_are_alike() -> None:
    """What ended a page at Agora and a task at ZEGOCLOUD: ending, fault and reason."""
    page_ends, quits = (module("agora", "tables").PAGE_ENDS, module("zegocloud", "tables").QUITS)
    fields = {type(end)._fields for end in (*page_ends.values(), *quits.values())}
    assert fields == {("ending", "fault", "reason")}


def test_files_are_called_alike() -> None:
    """Each file of the one is one of the other; but for what only one vendor needs for its flow of calls."""
    files = {
        provider: {path.stem for path in Path(module(provider, "provider").__file__).parent.glob("*.py")}
        for provider in PROVIDERS
    }
    assert files["agora"] - files["zegocloud"] == {"sightings"}
    assert files["zegocloud"] - files["agora"] == {"signing"}


def test_starts_and_recoveries_are_alike() -> None:
    """A start is a function, what became of one is an `Inquiry`, and whether an event is one of it is `identified`."""
    for provider in PROVIDERS:
        assert {"begun", "start", "started"} <= set(module(provider, "starting").__all__)
        assert module(provider, "recovery").__all__ == ["Inquiry", "identified"]
