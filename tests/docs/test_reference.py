"""The reference is complete: what the code has, its pages name."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import click
import pytest
import rule_tables
import spec_tables
import typer.main
from pydantic import BaseModel

import recorder_core
from recorder_core import RecordingSpec, errors
from recorder_core.cli.app import app
from recorder_core.emulation.service import EmulatedService
from recorder_core.hooks import HookSpecs
from recorder_core.models.layout import Custom, Floating, Grid, Region, Spotlight
from recorder_core.plugins import installed, load_emulator, load_provider

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = DOCS / "reference"
PROVIDERS = [found.name for found in installed()]
HEADINGS = [
    "Credentials",
    "What is exact, approximated and unsupported",
    "Options",
    "Storage",
    "Layouts",
    "Errors and hints",
    "A start that was cut short",
    "Callbacks",
    "Emulator",
    "Limitations",
]


def named(page: Path) -> set[str]:
    """Everything that the page sets as code, and its parts."""
    code = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    return {*code, *(word for text in code for word in re.split(r"[^\w.-]+", text))}


def section(text: str, heading: str) -> str:
    """What follows a heading of the second rank."""
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def row(name: str) -> set[str]:
    """The words that the page of Python sets as code in the row of a name."""
    lines = (REFERENCE / "python.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and f"`{name}`" in line.split(" | ")[0]]
    assert len(rows) == 1, rows
    return {word for code in re.findall(r"`([^`]+)`", rows[0]) for word in re.split(r"\W+", code)}


def parameters(function: Any) -> set[str]:
    """Its keyword parameters."""
    signature = inspect.signature(function).parameters.values()
    return {parameter.name for parameter in signature if parameter.kind is parameter.KEYWORD_ONLY}


def test_every_public_name_is_in_the_reference() -> None:
    """Nothing is public and unexplained."""
    pages = set().union(*(named(page) for page in REFERENCE.glob("*.md")))
    assert set(recorder_core.__all__) <= pages, sorted(set(recorder_core.__all__) - pages)


def test_every_operation_of_a_recorder_is_in_the_page_of_python() -> None:
    """What a recorder can be asked is there, by its name."""
    page = named(REFERENCE / "python.md")
    operations = {name for name in dir(recorder_core.Recorder) if not name.startswith("_")}
    assert not {name for name in operations if not {name, f"Recorder.{name}"} & page}


def test_every_operation_has_its_way_of_being_limited() -> None:
    """The table says truly which operations take a deadline, which a timeout, and which neither."""
    text = (REFERENCE / "python.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`start`.+?|`wait`.+?|`plan`.+?) \| (`deadline`|`timeout`|neither)", text, re.MULTILINE)
    takes = {kind.strip("`"): set(re.findall(r"`(\w+)`", names)) for names, kind in rows}
    takes["deadline"] |= set(re.findall(r"`(\w+)\(recording", section(text, "Changes")))
    operations = inspect.getmembers(recorder_core.Recorder, inspect.isfunction)
    for name, function in operations:
        if not name.startswith("_"):
            limits = {"deadline", "timeout"} & set(inspect.signature(function).parameters)
            assert {kind for kind, names in takes.items() if name in names} == (limits or {"neither"}), name


@pytest.mark.parametrize("name", ["Callbacks", "Fleet", "AsyncFleet", "WebhookApp", "AsyncWebhookApp"])
def test_every_method_is_in_the_row_of_its_class(name: str) -> None:
    """Who looks a class up finds all that it does beside its name."""
    methods = {method for method in dir(getattr(recorder_core, name)) if not method.startswith("_")}
    assert methods <= row(name), sorted(methods - row(name))


@pytest.mark.parametrize("name", ["Recording", "RecordingStatus", "RecordedFile", "RecordingEvent"])
def test_every_field_is_in_the_row_of_its_model(name: str) -> None:
    """What a handle, a status, a file or an event tells is beside its name."""
    fields = set(getattr(recorder_core, name).model_fields)
    assert fields <= row(name), sorted(fields - row(name))


def test_every_error_and_its_fields_are_in_the_page_of_errors() -> None:
    """Who catches an error finds it."""
    names = {*errors.__all__, *errors.RecorderError("").fields()}
    assert names <= named(REFERENCE / "errors.md"), sorted(names - named(REFERENCE / "errors.md"))


def test_every_field_of_the_spec_is_in_its_page() -> None:
    """The page of the spec names every leaf by its path, and every field of layouts and storage."""
    page = named(REFERENCE / "spec.md")

    def leaves(model: type[BaseModel], path: str) -> set[str]:
        found: set[str] = set()
        for name, info in model.model_fields.items():
            inner = [part for part in _models(info.annotation) if "kind" not in part.model_fields]
            deeper = len(inner) == 1 and path.count(".") < 2 and inner[0].__name__ != "Selection"
            found |= leaves(inner[0], f"{path}{name}.") if deeper else {f"{path}{name}"}
        return found

    wanted = leaves(RecordingSpec, "")
    for model in (Grid, Floating, Spotlight, Custom, Region):
        wanted |= set(model.model_fields) - {"kind"}
    for model in _models(RecordingSpec.model_fields["storage"].annotation):
        wanted |= {*model.model_fields, model.model_fields["kind"].default} - {"kind"}
    assert wanted <= page, sorted(wanted - page)


def test_the_spec_s_page_is_that_of_the_models() -> None:
    """Every model and enum has its table, and each says what the code does; `make tables` renews them."""
    text = spec_tables.PAGE.read_text(encoding="utf-8")
    assert spec_tables.missing(text) == set()
    assert spec_tables.with_tables(text) == text, "run `make tables`"


def test_every_field_and_word_of_the_spec_is_explained() -> None:
    """No cell of its tables is empty where a meaning belongs, and every link leads to a heading of the page."""
    text = spec_tables.PAGE.read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 150
    assert [row[0] for row in rows if not row[-1].removesuffix(" |").strip()] == []
    headings = {spec_tables.anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


def _models(annotation: Any) -> list[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]


def test_every_command_and_option_is_in_the_page_of_the_command_line() -> None:
    """What `--help` knows, the page knows."""
    text = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    group = typer.main.get_command(app)
    commands: dict[str, click.Command] = group.commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        section = re.search(rf"^## `recorder {name}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert section, name
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option not in ("--json", "--help"):
                    assert f"`{option}`" in section[0], f"{name} {option}"


def test_every_hook_is_in_its_page() -> None:
    """A hook, with its arguments, is in the page on hooks."""
    page = named(DOCS / "how-to" / "write-a-hook.md")
    for name, function in vars(HookSpecs).items():
        if name.startswith("recorder_"):
            arguments = [argument for argument in inspect.signature(function).parameters if argument != "self"]
            assert f"{name}({', '.join(arguments)})" in page


@pytest.mark.parametrize("provider", PROVIDERS)
def test_provider_pages_have_the_same_headings(provider: str) -> None:
    """Who knows one page knows the other."""
    text = (REFERENCE / "providers" / f"{provider}.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("provider", PROVIDERS)
def test_provider_pages_name_what_can_be_set(provider: str) -> None:
    """Configuration with its variables, options, kinds of storage, switches and operations of the emulator."""
    page = named(REFERENCE / "providers" / f"{provider}.md")
    found, emulator = load_provider(provider), load_emulator(provider)
    wanted = {*found.Config.model_fields, *found.Options.model_fields, *emulator.operations}
    wanted |= {found.Config.env_name(name) for name, info in found.Config.model_fields.items() if info.is_required()}
    wanted |= {
        model.model_fields["kind"].default for model in _models(RecordingSpec.model_fields["storage"].annotation)
    }
    wanted |= parameters(emulator.__init__) - parameters(EmulatedService.__init__)
    assert wanted <= page, sorted(wanted - page)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_tables_of_errors_are_those_of_the_rules(provider: str) -> None:
    """What a page says of an answer is what the code does; `make tables` renews it."""
    page = rule_tables.pages()[provider]
    text = page.read_text(encoding="utf-8")
    assert rule_tables.with_table(text, provider) == text, "run `make tables`"
