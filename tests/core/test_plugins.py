"""What may be loaded as a plugin, and what is said of what may not. Installed: tests/test_third_party_plugins.py."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from recorder_core import (
    PLUGIN_API,
    InvalidSpec,
    ProviderConfig,
    ProviderNotFound,
    Recorder,
    RecordingSpec,
    WebhookRejected,
    WebhookRequest,
)
from recorder_core.emulation.service import EmulatedService
from recorder_core.plugins import (
    ALLOWED,
    EMULATORS,
    HOOKS,
    PROVIDERS,
    RECORDER_KEYWORDS,
    check_provider,
    installed,
    load_emulator,
    load_provider,
)
from recorder_core.testing import connect

OURS = ["agora", "zegocloud"]


def test_this_distribution_brings_its_providers_and_emulators() -> None:
    """Both groups list both vendors, with the distribution and its version; no hook is installed by us."""
    for group in (PROVIDERS, EMULATORS):
        found = [plugin for plugin in installed(group) if plugin.distribution == "recorder-core"]
        assert [plugin.name for plugin in found] == OURS
        assert all(plugin.version[0].isdigit() for plugin in found)
    assert not [plugin for plugin in installed(HOOKS) if plugin.distribution == "recorder-core"]


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [
        (None, OURS),
        ("recorder-core", OURS),
        (" Recorder_Core ,", OURS),
        ("recorder.core:agora", ["agora"]),
        ("recorder-core:agora, recorder-core:zegocloud", OURS),
        ("recorder-core:", []),
        ("agora", []),
        (":agora", []),
        ("recorder", []),
        ("", []),
    ],
)
def test_a_limit_goes_by_distributions(monkeypatch, limit: str | None, allowed: list[str]) -> None:
    """RECORDER_PLUGINS names distributions, however they are written, or one plugin of one; empty, it allows none."""
    if limit is None:
        monkeypatch.delenv(ALLOWED, raising=False)
    else:
        monkeypatch.setenv(ALLOWED, limit)
    for group in (PROVIDERS, EMULATORS):
        ours = [plugin for plugin in installed(group, barred=True) if plugin.distribution == "recorder-core"]
        assert [plugin.name for plugin in ours] == OURS
        assert [plugin.name for plugin in ours if plugin.allowed] == allowed
        listed = [plugin.name for plugin in installed(group) if plugin.distribution == "recorder-core"]
        assert listed == allowed
    for name in OURS:
        if name in allowed:
            assert load_provider(name).name == name
        else:
            with pytest.raises(ProviderNotFound, match="RECORDER_PLUGINS doesn't let it be loaded") as caught:
                load_provider(name)
            assert caught.value.hint == f"Add recorder-core:{name} to RECORDER_PLUGINS, if it may run."


def test_options_of_a_provider_that_may_not_be_loaded_are_no_misspelling(monkeypatch, memory) -> None:
    """A spec for several vendors is recorded by those that are allowed."""
    monkeypatch.setenv(ALLOWED, "recorder-core:zegocloud")
    storage = {"kind": "s3", "bucket": "b", "region": "r", "access_key": "AK-agora", "secret_key": "SK-agora"}
    spec = RecordingSpec.load({"room": "r", "storage": storage, "options": {"agora": {"uid": "1"}}})
    Recorder(memory(), hooks=[]).plan(spec)
    with pytest.raises(InvalidSpec, match="did you mean agora"):
        Recorder(memory(), hooks=[]).plan(spec.model_copy(update={"options": {"agoro": {}}}))


def test_a_provider_that_is_given_whole_is_nobody_s_to_limit(monkeypatch, memory) -> None:
    """The application has imported it: there is nothing left to be kept from loading."""
    monkeypatch.setenv(ALLOWED, "")
    with Recorder(memory()) as recorder:
        assert recorder.provider.name == "memory"


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


OWN = f"recorder-core {version('recorder-core')}"


@pytest.mark.parametrize("api", [-1, 0, 2, 40])
def test_the_version_of_the_contract_is_checked_first(memory, api: int) -> None:
    """A plugin for another version isn't blamed for what that version didn't ask for."""
    base = memory.__mro__[1]
    other = type("Other", (base,), {"name": "memory", "plugin_api": api})
    assert problem(other) == f"it was written for plugin API {api}, and {OWN} speaks {PLUGIN_API}"


@pytest.mark.parametrize("api", [None, "1", 1.0, True])
def test_the_version_of_the_contract_is_an_integer(memory, api: object) -> None:
    """What compares equal to one, such as True, isn't one."""
    other = type("Other", (memory,), {"plugin_api": api})
    assert problem(other) == f"it has no integer plugin_api: it is {api!r}"


def test_an_older_contract_that_is_still_spoken_is_loaded(memory, monkeypatch) -> None:
    """A release may speak several versions; what is before the oldest and after the newest of them is refused."""
    monkeypatch.setattr("recorder_core.plugins.PLUGIN_API", 4)
    monkeypatch.setattr("recorder_core.plugins.OLDEST_PLUGIN_API", 3)
    for api in (3, 4):
        check_provider(type("Spoken", (memory,), {"plugin_api": api}), "memory", "it")
    for api in (2, 5):
        refused = problem(type("Other", (memory,), {"plugin_api": api}))
        assert refused == f"it was written for plugin API {api}, and {OWN} speaks 3 to 4"


@pytest.mark.parametrize("keyword", sorted(RECORDER_KEYWORDS))
def test_a_config_leaves_the_recorders_keywords_alone(memory, keyword: str) -> None:
    """A field that Recorder takes for itself could never be given."""
    config = type("Config", (ProviderConfig,), {"__annotations__": {keyword: str}})
    taken = problem(type("Taking", (memory,), {"Config": config}))
    assert taken == f"it has Config fields that Recorder takes for itself: {keyword}"


def test_another_provider_s_recognition_that_fails_is_its_own_affair(memory, emulated, monkeypatch) -> None:
    """A callback at the wrong address is refused as ever, though a plugin beside it breaks its promise not to raise."""

    def broken(request: WebhookRequest) -> bool:
        raise RuntimeError("never raises, it was said")

    other = type("Other", (memory,), {"name": "other", "recognises_webhook": staticmethod(broken)})
    monkeypatch.setattr("recorder_core.recognising._providers", lambda: (other,))
    with (
        connect(emulated("agora", media=False)) as recorder,
        pytest.raises(WebhookRejected),
    ):
        recorder.events.receive(WebhookRequest("POST", "/", {}, b"{}"))
