"""What may be loaded as a plugin, and what is said of what may not. Installed ones: tests/test_third_party.py."""

from __future__ import annotations

import pytest

from recorder_core import PLUGIN_API, ProviderConfig, ProviderNotFound
from recorder_core.emulation.service import EmulatedService
from recorder_core.plugins import (
    EMULATORS,
    HOOKS,
    PROVIDERS,
    RECORDER_KEYWORDS,
    check_provider,
    installed,
    load_emulator,
    load_hooks,
    load_provider,
)

OURS = ["agora", "zegocloud"]


def test_this_distribution_brings_its_providers_and_emulators() -> None:
    """Both groups list both vendors, with the distribution and its version; no hook is installed by us."""
    for group in (PROVIDERS, EMULATORS):
        found = [plugin for plugin in installed(group) if plugin.distribution == "recorder-core"]
        assert [plugin.name for plugin in found] == OURS
        assert all(plugin.version[0].isdigit() for plugin in found)
    assert installed(HOOKS) == []
    assert load_hooks() == []


@pytest.mark.parametrize("name", OURS)
def test_a_plugin_is_loaded_by_its_name(name: str) -> None:
    """The class is named as its entry point, and the emulator stands beside it."""
    assert load_provider(name).name == name
    assert issubclass(load_emulator(name), EmulatedService)
    assert load_emulator(name).name == name


@pytest.mark.parametrize("load", [load_provider, load_emulator])
@pytest.mark.parametrize("name", ["agoro", "", "nothing like it"])
def test_an_unknown_name_is_told_with_what_there_is(load, name: str) -> None:
    """The error lists the installed names and the nearest one."""
    with pytest.raises(ProviderNotFound, match="is installed; there is agora, zegocloud") as caught:
        load(name)
    hint = "Did you mean 'agora'?" if name == "agoro" else "Install the distribution that brings it."
    assert caught.value.hint == hint


def problem(found: object, name: str | None = "memory") -> str:
    with pytest.raises(ProviderNotFound) as caught:
        check_provider(found, name, "it")
    return caught.value.message


def test_a_whole_provider_passes(memory) -> None:
    """Under its entry point's name, and given whole."""
    check_provider(memory, "memory", "it")
    check_provider(memory, None, "it")


def test_a_provider_has_its_parts(memory) -> None:
    """Each part of the contract that is missing or wrong is named."""
    no_name = type("NoName", (memory,), {"name": ""})
    assert problem(no_name) == "it calls itself '', which isn't the name of its entry point"
    assert problem(memory, "other") == "it calls itself 'memory', which isn't the name of its entry point"
    assert problem(type("NoConfig", (memory,), {"Config": None})).endswith("no Config that subclasses ProviderConfig")
    assert problem(type("Odd", (memory,), {"Options": dict})).endswith("no Options that subclasses ProviderOptions")
    assert problem(memory()) == problem("memory") == problem(dict) == "it is no subclass of recorder_core.Provider"


def test_an_abstract_provider_lacks_what_is_listed(memory) -> None:
    """Every abstract method that isn't there, at once."""
    base = memory.__mro__[1]
    half = type("Half", (base,), {"name": "memory", "plugin_api": PLUGIN_API, "start": memory.start})
    assert problem(half) == "it lacks account, status, stop, translate"


@pytest.mark.parametrize("api", [0, 2, None, "1"])
def test_the_version_of_the_contract_is_checked_first(memory, api: object) -> None:
    """A plugin for another version isn't blamed for what that version didn't ask for."""
    base = memory.__mro__[1]
    other = type("Other", (base,), {"name": "memory", "plugin_api": api})
    assert problem(other) == f"it was written for plugin API {api}, this release speaks {PLUGIN_API}"


@pytest.mark.parametrize("keyword", sorted(RECORDER_KEYWORDS))
def test_a_config_leaves_the_recorders_keywords_alone(memory, keyword: str) -> None:
    """A field that Recorder takes for itself could never be given."""
    config = type("Config", (ProviderConfig,), {"__annotations__": {keyword: str}})
    taken = problem(type("Taking", (memory,), {"Config": config}))
    assert taken == f"it has Config fields that Recorder takes for itself: {keyword}"
