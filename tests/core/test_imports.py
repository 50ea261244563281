"""What an import loads, in a fresh interpreter, and what the package offers."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import pytest

import recorder_core
from recorder_core.plugins import PROVIDERS, installed

HEAVY = ("typer", "rich", "sqlalchemy", "werkzeug", "av", "numpy", "PIL", "boto3", "azure", "yaml", "redis", "psycopg")
OURS = ("recorder_agora", "recorder_zegocloud")


def loaded_by(code: str) -> set[str]:
    """Names of the modules that an interpreter has loaded after this code, packages and their parts."""
    done = subprocess.run(
        (sys.executable, "-c", f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_package_alone_loads_next_to_nothing() -> None:
    """`import recorder_core` loads none of its rooms: no provider, command line, emulator, database or HTTP."""
    loaded = loaded_by("import recorder_core")
    assert {name for name in loaded if name.startswith("recorder_")} == {"recorder_core"}
    assert not loaded & {*HEAVY, "requests", "urllib3", "pydantic", "pluggy", "stevedore", "tenacity"}


def test_the_models_need_no_http() -> None:
    """Whoever makes specs loads pydantic and the models, and no transport."""
    loaded = loaded_by("from recorder_core import RecordingSpec, S3, Spotlight, RecorderError")
    assert "recorder_core.models" in loaded
    assert not loaded & {*HEAVY, *OURS, "requests", "urllib3", "pluggy", "stevedore", "recorder_core.transport"}


def test_the_face_loads_no_provider() -> None:
    """Recorder brings HTTP and discovery, and still no provider, command line, emulator or database."""
    loaded = loaded_by("from recorder_core import Recorder")
    assert "requests" in loaded
    assert not loaded & {*HEAVY, *OURS}
    assert not {name for name in loaded if name.startswith(("recorder_core.cli", "recorder_core.emulation"))}


@pytest.mark.parametrize("name", [found.name for found in installed(PROVIDERS)])
def test_loading_a_provider_loads_that_one_only(name: str) -> None:
    """No other provider is imported, and of its own package neither its emulator nor what that needs."""
    loaded = loaded_by(f"from recorder_core.plugins import load_provider; load_provider({name!r})")
    packages = {found.split(".")[0] for found in loaded}
    assert f"recorder_{name}" in packages
    assert packages & set(OURS) == {f"recorder_{name}"}
    assert not packages & set(HEAVY)
    assert f"recorder_{name}.emulator" not in loaded
    assert not {part for part in loaded if part.startswith("recorder_core.emulation")}


def test_listing_the_providers_imports_none() -> None:
    """What is installed is read from the metadata of distributions."""
    loaded = loaded_by("from recorder_core.plugins import installed; assert installed()")
    assert not loaded & set(OURS)


def test_every_public_name_is_there() -> None:
    """`__all__`, `dir` and attributes agree; each name is importable and belongs to one room."""
    names = recorder_core.__all__
    assert len(names) == len(set(names))
    assert set(names) <= set(dir(recorder_core))
    for name in names:
        assert getattr(recorder_core, name) is not None, name


def test_no_public_name_is_a_modules() -> None:
    """A module that is imported takes its name in the package, and would hide what is public by the same name."""
    rooms = {found.name for found in pkgutil.iter_modules(recorder_core.__path__)}
    assert not rooms & set(recorder_core.__all__)


def test_the_fixed_names_are_public() -> None:
    """The names that the design fixes are importable from the package itself."""
    fixed = {
        *("Recorder", "RecordingSpec", "Recording", "RecordingStatus", "RecordedFile", "RecordingEvent"),
        *("S3", "Spotlight", "Grid", "Floating", "Custom", "Region", "Provider", "ProviderConfig", "ProviderOptions"),
        *("PLUGIN_API", "Plan", "Finding", "PlannedRequest", "Translator", "StartIntent", "hookimpl", "HttpExchange"),
        *("RecorderError", "UnsupportedFeature", "Vetoed", "RecordingConflict", "StartOutcomeUnknown"),
        *("ProviderNotFound", "RecordingState", "FileStatus", "Clock", "SystemClock"),
    }
    assert fixed <= set(recorder_core.__all__)


def test_what_is_not_public_is_not_there() -> None:
    """A misspelt name is an AttributeError of the package, and an ImportError for `from`."""
    with pytest.raises(AttributeError, match=r"recorder_core.*Recordr"):
        recorder_core.Recordr  # noqa: B018 - reading it is the test
    with pytest.raises(ImportError):
        from recorder_core import Recordr  # noqa: F401
    loaded_by("from recorder_core import *\nassert Recorder and S3 and RecorderError")
