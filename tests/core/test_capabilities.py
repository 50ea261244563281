"""The capability matrix: everything neutral is asked, everything is computed, and no provider harms another."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel, create_model

from recorder_core import (
    CapabilityCell,
    CapabilityColumn,
    CapabilityMatrix,
    CapabilityRow,
    ConfigurationError,
    Finding,
    Mode,
    ProviderNotFound,
    Recorder,
    RecordingSpec,
    capabilities,
)
from recorder_core.changes import Changes
from recorder_core.models.layout import LayoutBase
from recorder_core.probes import PROBES, Ground, Probe

EVERY = [(probe, mode) for probe in PROBES for mode in probe.modes]
LATER = {"key", "confirm", "deadline"}
"""Keywords of `Recorder.start` that ask nothing of a vendor."""


# --- everything neutral is asked ---


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation names, at any depth."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in models_in(part)]


def enums_in(annotation: Any) -> list[type[Enum]]:
    """The enumerations that an annotation names, at any depth."""
    if inspect.isclass(annotation) and issubclass(annotation, Enum):
        return [annotation]
    return [kind for part in getattr(annotation, "__args__", ()) for kind in enums_in(part)]


def neutral(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str | None]]:
    """Every leaf below a model, every kind of every union, every value of every enumeration (None: any value)."""
    for name, info in model.model_fields.items():
        if name == "kind" or path + name == "options":
            continue
        inside = f"{path.split('.')[0]}.{name}" if name in LayoutBase.model_fields else path + name
        models, enums = models_in(info.annotation), enums_in(info.annotation)
        for inner in models:
            if "kind" in inner.model_fields:
                kind = inner.model_fields["kind"].default
                yield f"{inside}.{kind}", None
                yield from neutral(inner, f"{inside}.{kind}.")
            else:
                yield from neutral(inner, f"{inside}.")
        for kind in enums:
            yield from ((inside, str(value.value)) for value in kind)
        if not models and not enums:
            yield inside, None


def given(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf and every kind that was given below a value, by the same paths, with its value."""
    if isinstance(value, BaseModel):
        kind = getattr(value, "kind", None)
        if kind:
            yield f"{path}.{kind}", ""
        for name in value.model_fields_set - {"kind"}:
            above = path if not kind or name in LayoutBase.model_fields else f"{path}.{kind}"
            yield from given(getattr(value, name), f"{above}.{name}" if above else name)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from given(item, path)
    elif isinstance(value, list | tuple | frozenset):
        for item in value:
            yield from given(item, path)
    else:
        yield path, str(value)


def demanded(probe: Probe, mode: Mode) -> set[tuple[str, str]]:
    """What a probe's spec has and its baseline hasn't, wherever other probes are stored."""
    grounds = (Ground(), Ground({"kind": "vendor_managed"}))
    return {
        pair
        for ground in grounds
        for pair in set(given(probe.spec(mode, ground))) - set(given(probe.baseline(mode, ground)))
    }


def unasked(model: type[BaseModel]) -> set[tuple[str, str | None]]:
    """What is neutral and no probe demands."""
    asked: set[tuple[str, str | None]] = set()
    for probe, mode in EVERY:
        asked |= demanded(probe, mode)
    asked |= {(path, None) for path, _ in asked}
    return set(neutral(model)) - asked


def test_everything_neutral_is_asked() -> None:
    """Each leaf of the spec, each kind of each union and each value of each enumeration has a row that demands it."""
    assert unasked(RecordingSpec) == set()


def test_what_is_added_to_the_models_demands_a_row() -> None:
    """A field, or a value, that the models get one day is missed by the test above."""
    mood = Enum("Mood", {"CALM": "calm", "WILD": "wild"})
    inner = create_model("Stage", smoke=(int | None, None))
    grown = create_model("Grown", __base__=RecordingSpec, mood=(mood, mood.CALM), stage=(inner | None, None))
    assert unasked(grown) == {("mood", "calm"), ("mood", "wild"), ("stage.smoke", None)}


def test_every_operation_is_asked_in_every_mode() -> None:
    """Each change of a running recording, and what else only some vendors have, has a row in each mode."""
    others = {"list_remote", "adopt", "link", "delete_files"}
    operations = {name for name in vars(Changes) if not name.startswith("_")} | others
    asked = {(probe.operation, mode) for probe, mode in EVERY if probe.operation}
    assert asked == {(operation, mode) for operation in operations for mode in Mode}


def test_what_start_takes_beside_the_spec_is_asked() -> None:
    """`apart_from` is no field of the spec, and has a row."""
    keywords = inspect.signature(Recorder.start).parameters.values()
    asked_at_start = {one.name for one in keywords if one.kind is one.KEYWORD_ONLY} - LATER
    assert asked_at_start == {"apart_from"}
    assert any(probe.is_apart for probe in PROBES)


def test_every_probe_is_one_question() -> None:
    """No two rows of a group are called alike, and none asks for what its baseline has already."""
    names = [(probe.group, probe.label) for probe in PROBES]
    assert len(names) == len(set(names))
    for probe, mode in EVERY:
        if probe.operation or probe.is_apart:
            continue
        assert probe.spec(mode).mode is mode
        assert demanded(probe, mode), probe.label


# --- third parties ---

TRANSLATING = '''
from recorder_core import Finding, InvalidSpec, Plan, Provider, ProviderConfig, Translator, UnsupportedFeature
from pydantic import Field


class Config(ProviderConfig):
    key: str = Field(examples=["an example"])


class Shelf(Provider):
    """Keeps what it records by itself, and knows pages but no participants."""

    name = "shelf"
    plugin_api = 1
    Config = Config
    operation_modes = {"pause": frozenset({"web"})}

    @property
    def account(self):
        return self.config.key

    def translate(self, spec, intent):
        translator = Shelving(self.name)
        translator.walk_spec(spec.resolved(), given=spec, options=self.Options(), apart_from=intent.apart_from)
        return Plan(self.name, (), translator.findings, spec.resolved())

    def start(self, plan, intent): ...
    def status(self, recording): ...
    def stop(self, recording, *, wait, deadline): ...
    def pause(self, recording): ...
    def layout(self, recording, layout, plan): ...

    def translate_layout(self, recording, layout):
        translator = Shelving(self.name)
        translator.walk_layout(layout)
        return Plan(self.name, (), translator.findings)


class Shelving(Translator):
    def set_room(self, room): ...

    def set_mode(self, mode):
        if mode == "individual":
            self.unsupported("", "the shelf has one drawer", "record a page")

    def set_media(self, media):
        if media != "audio_video":
            self.unsupported("", "the shelf has one drawer", "record both")

    def set_output(self, *, formats):
        if formats != {"hls"}:
            self.unsupported("formats", "the shelf has one drawer", "choose hls")

    def set_web_page(self, *, url, mobile): ...
    def storage_vendor_managed(self): ...
    def layout_grid(self, *, fit): ...
    def set_video(self, *, fps):
        if fps != 15:
            self.approximated("fps", "the shelf films at 15", "15 is used")

    def layout_custom(self):
        self.approximated("", "the shelf is crooked")

    def region(self, index, *, x, y, width, height, opacity): ...
    def set_audio(self, *, channels, bitrate_kbps):
        if channels == 2:
            raise LookupError("the second speaker\\nis gone")

    def set_idle_timeout(self, seconds):
        if seconds == 600:
            raise InvalidSpec("the shelf has no clock", hint="count yourself")

    def set_callback_url(self, url):
        raise UnsupportedFeature("no", findings=[Finding("callback_url", "unsupported", "nobody calls back")])
'''
NARROW = '''
from recorder_core import Plan, Provider, ProviderConfig, Translator


class Shelf(Provider):
    """Makes MP4 alone, WebM of participants, and these by their names."""

    name = "reel"
    plugin_api = 1
    Config = ProviderConfig

    @property
    def account(self):
        return None

    def translate(self, spec, intent):
        translator = Reeling(self.name)
        translator.names = spec.participants.audio and spec.participants.audio.include
        translator.walk_spec(spec.resolved(), given=spec, options=self.Options(), apart_from=intent.apart_from)
        return Plan(self.name, (), translator.findings, spec.resolved())

    def start(self, plan, intent): ...
    def status(self, recording): ...
    def stop(self, recording, *, wait, deadline): ...
    def pause(self, recording): ...


class Reeling(Translator):
    def set_room(self, room): ...

    def set_mode(self, mode):
        self.mode = mode
        if mode == "web":
            self.unsupported("", "the reel shows rooms", "record a room")
        if mode == "individual" and not self.names:
            self.unsupported("", "the reel has to know whom", "name them")

    def set_media(self, media): ...

    def set_output(self, *, formats, tracks, prefix):
        made = {"composite": "mp4", "individual": "webm"}.get(self.mode)
        if made and formats != {made}:
            self.unsupported("formats", f"the reel makes {made}", f"choose {made}")
        elif formats == {"mp4"}:
            self.approximated("formats", "the reel squeaks")
        if tracks == "separate":
            self.approximated("tracks", "the reel has one", "they come together")

    def set_participants(self, *, audio_include, video_include): ...
    def set_web_page(self, *, url): ...
    def storage_s3(self, *, bucket, region, access_key, secret_key): ...
    def layout_grid(self): ...
    def set_video(self, *, fps):
        if fps != 15:
            self.approximated("fps", "the reel turns at 15", "15 is used")
'''
RAISING = TRANSLATING.replace("shelf", "rotten").replace("translator.findings, spec.resolved()", "1 / 0")
PLUGINS = {
    "shelf": TRANSLATING,
    "reel": NARROW,
    "rotten": RAISING,
    "crumbled": "raise RuntimeError('eaten by worms')\n",
}


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The matrix of an interpreter in which three more providers are installed."""
    folder = tmp_path_factory.mktemp("plugins")
    for name, code in PLUGINS.items():
        (folder / f"{name}_provider.py").write_text(code)
        told = folder / f"{name}-1.0.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (told / "entry_points.txt").write_text(f"[recorder_core.providers]\n{name} = {name}_provider:Shelf\n")
    program = "import json, recorder_core; print(json.dumps(recorder_core.capabilities().dump()))"
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "PYTHONPATH": path, "XDG_CACHE_HOME": str(folder), "HOME": str(folder)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def cell(matrix: dict[str, Any], provider: str, label: str, mode: str) -> tuple[str, list[str]]:
    """The answer, and the details of its findings."""
    (row,) = [row for row in matrix["rows"] if (row["label"], row["modes"]) == (label, [mode])]
    found = row["cells"][provider]
    return found["answer"], [finding["detail"] for finding in found["findings"]]


def test_every_installed_provider_has_a_column(matrix: dict[str, Any]) -> None:
    """A third party's stands beside ours; one that can't be loaded or asked says why, and harms no other."""
    columns = {column["name"]: column for column in matrix["providers"]}
    assert list(columns) == ["agora", "crumbled", "reel", "rotten", "shelf", "zegocloud"]
    assert "RuntimeError: eaten by worms" in columns["crumbled"]["problem"]
    assert columns["rotten"]["problem"] == "ZeroDivisionError: division by zero"
    for name in ("agora", "reel", "shelf", "zegocloud"):
        assert columns[name]["problem"] is None
        assert columns[name]["modes"][0] == "composite"
    for row in matrix["rows"]:
        assert row["cells"]["crumbled"] == row["cells"]["rotten"] == {"answer": "unknown", "findings": []}


def test_a_third_partys_cells_follow_from_its_translator(matrix: dict[str, Any]) -> None:
    """What its methods claim is exact, what they find is told, what they don't claim is no."""
    assert cell(matrix, "shelf", "web page as on a phone", "web") == ("exact", [])
    assert cell(matrix, "shelf", "30 frames per second", "web") == ("approximated", ["the shelf films at 15"])
    assert cell(matrix, "shelf", "15 frames per second", "web") == ("exact", [])
    assert cell(matrix, "shelf", "encryption AES-128-GCM", "web")[0] == "no"
    assert cell(matrix, "shelf", "kept by the vendor", "composite") == ("exact", [])
    answer, (detail,) = cell(matrix, "shelf", "Amazon S3", "composite")
    assert (answer, "s3" in detail) == ("no", True)


def test_no_answer_depends_on_what_was_not_asked(matrix: dict[str, Any]) -> None:
    """A provider without S3 is asked with storage that it takes; findings of the baseline aren't the asked thing's."""
    assert cell(matrix, "shelf", "mono", "composite") == ("exact", [])
    assert cell(matrix, "shelf", "custom", "composite") == ("approximated", ["the shelf is crooked"])
    assert cell(matrix, "shelf", "opacity", "composite") == ("exact", [])


def test_a_provider_is_asked_in_containers_that_it_makes(matrix: dict[str, Any]) -> None:
    """What makes MP4 alone isn't refused everything because it isn't HLS; each mode has its own container."""
    (column,) = [column for column in matrix["providers"] if column["name"] == "reel"]
    assert column["modes"] == ["composite", "individual"]
    assert cell(matrix, "reel", "HLS", "composite") == ("no", ["the reel makes mp4"])
    assert cell(matrix, "reel", "MP4", "individual") == ("no", ["the reel makes webm"])
    assert cell(matrix, "reel", "WebM", "individual") == ("exact", [])
    for mode in column["modes"]:
        assert cell(matrix, "reel", "pause", mode) == ("exact", [])
        assert cell(matrix, "reel", "resume", mode) == ("no", ["there is no such operation"])
        assert cell(matrix, "reel", "audio only", mode) == ("exact", [])
        assert cell(matrix, "reel", "a folder in the bucket (lessons/2026)", mode) == ("exact", [])
        assert cell(matrix, "reel", "30 frames per second", mode) == ("approximated", ["the reel turns at 15"])
        assert cell(matrix, "reel", "HLS segments of 6 s", mode)[0] == "no"
    assert cell(matrix, "reel", "pause", "web") == ("no", ["the reel shows rooms"])


def test_what_the_container_costs_is_told_of_the_container_alone(matrix: dict[str, Any]) -> None:
    """What was found of the container before is no finding of another field of the output, whose own finding is."""
    assert cell(matrix, "reel", "MP4", "composite") == ("approximated", ["the reel squeaks"])
    assert cell(matrix, "reel", "separate tracks", "composite") == ("approximated", ["the reel has one"])


def test_a_provider_that_has_to_know_whom_is_asked_with_two(matrix: dict[str, Any]) -> None:
    """Everybody apart is refused; two apart are recorded, and everything else is asked of these."""
    everybody = cell(matrix, "reel", "a file per participant (individual)", "individual")
    assert everybody == ("no", ["the reel has to know whom"])
    two = cell(matrix, "reel", "a file for each of two who are named (individual)", "individual")
    assert two == ("exact", [])


def test_what_cannot_be_had_at_all_is_no_everywhere(matrix: dict[str, Any]) -> None:
    """Without the mode, or without what the asked thing needs, the answer is no, with the reason of that."""
    (column,) = [column for column in matrix["providers"] if column["name"] == "shelf"]
    assert column["modes"] == ["composite", "web"]
    drawer = ("no", ["the shelf has one drawer"])
    assert cell(matrix, "shelf", "a file per participant (individual)", "individual") == drawer
    assert cell(matrix, "shelf", "30 frames per second", "individual") == drawer
    assert cell(matrix, "shelf", "pause", "individual") == drawer
    answer, (detail,) = cell(matrix, "shelf", "temporary S3 credentials", "composite")
    assert (answer, "s3" in detail) == ("no", True)


def test_operations_are_those_that_are_offered(matrix: dict[str, Any]) -> None:
    """An operation is had where it is overridden and the mode knows it; a layout change is planned as well."""
    assert cell(matrix, "shelf", "pause", "web") == ("exact", [])
    assert cell(matrix, "shelf", "pause", "composite") == ("no", ["only web recordings have it"])
    assert cell(matrix, "shelf", "resume", "web") == ("no", ["there is no such operation"])
    assert cell(matrix, "shelf", "change of layout", "composite") == ("exact", [])
    assert cell(matrix, "shelf", "change of the background colour", "composite")[0] == "no"


def test_a_probe_that_breaks_a_translator_breaks_one_cell(matrix: dict[str, Any]) -> None:
    """A translator's bug is told where it was met; the other cells stand."""
    answer = cell(matrix, "shelf", "stereo", "composite")
    assert answer == ("unknown", ["LookupError: the second speaker is gone"])
    assert cell(matrix, "shelf", "mono", "composite")[0] == "exact"


def test_a_translator_that_refuses_says_no(matrix: dict[str, Any]) -> None:
    """Errors of ours are answers: what a provider raises instead of finding it is told all the same."""
    (row,) = [
        row for row in matrix["rows"] if (row["label"], row["modes"]) == ("idle time-out of ten minutes", ["web"])
    ]
    (found,) = row["cells"]["shelf"]["findings"]
    assert (row["cells"]["shelf"]["answer"], found["detail"]) == ("no", "the shelf has no clock")
    assert found["instead"] == "count yourself"
    assert cell(matrix, "shelf", "callback per recording", "web") == ("no", ["nobody calls back"])


def test_the_matrix_is_plain_json_without_secrets(matrix: dict[str, Any]) -> None:
    """Each row says what it asks in fields of the spec, secrets masked; each finding has its four parts."""
    assert list(matrix) == ["providers", "rows"]
    for row in matrix["rows"]:
        assert list(row) == ["group", "label", "modes", "operation", "asks", "cells"]
        for found in row["cells"].values():
            assert list(found) == ["answer", "findings"]
            for finding in found["findings"]:
                assert list(finding) == ["path", "verdict", "detail", "instead"]
    (tokened,) = {json.dumps(row["asks"]) for row in matrix["rows"] if row["label"] == "temporary S3 credentials"}
    assert json.loads(tokened)["storage"] == {
        "kind": "s3",
        "bucket": "lessons",
        "region": "eu-west-1",
        **dict.fromkeys(("access_key", "secret_key", "session_token"), "**********"),
    }
    assert not [secret for secret in ("secret-of-the-room", "account-key", "live/key") if secret in json.dumps(matrix)]


# --- which providers ---


def test_the_providers_that_are_named_are_asked() -> None:
    """In the order in which they are named, each once."""
    found = capabilities(["zegocloud", "agora", "zegocloud"])
    assert [column.name for column in found.columns] == ["zegocloud", "agora"]
    assert all(list(row.cells) == ["zegocloud", "agora"] for row in found.rows)


def test_a_misspelt_provider_names_the_nearest() -> None:
    """Nothing is computed for a name that nobody installed."""
    with pytest.raises(ProviderNotFound, match="'agoro'") as caught:
        capabilities(["zegocloud", "agoro"])
    assert caught.value.hint == "Did you mean 'agora'?"


# --- for people to read ---

CROOKED = Finding("layout", "approximated", "it is crooked", "straighten it")
LOST = Finding("mode", "unsupported", "there are no pages")
EXACT, ROUGH, NO = CapabilityCell("exact"), CapabilityCell("approximated", (CROOKED,)), CapabilityCell("no", (LOST,))


def row(label: str, mode: Mode, **cells: CapabilityCell) -> CapabilityRow:
    return CapabilityRow("Group", label, (mode,), None, {}, cells)


def small(*rows: CapabilityRow) -> CapabilityMatrix:
    """Of two providers, of which one has no web mode."""
    return CapabilityMatrix((CapabilityColumn("a", tuple(Mode)), CapabilityColumn("b", tuple(Mode)[:2])), rows)


def test_modes_with_the_same_answers_share_a_row() -> None:
    """What parts modes is another answer or another reason, never a mode that a provider doesn't have."""
    composite, individual, web = Mode
    folded = small(
        row("same", composite, a=EXACT, b=ROUGH),
        row("same", individual, a=EXACT, b=ROUGH),
        row("same", web, a=EXACT, b=NO),
        row("other", composite, a=EXACT, b=EXACT),
        row("other", individual, a=ROUGH, b=EXACT),
        row("other", web, a=EXACT, b=NO),
        row("pages", web, a=EXACT, b=NO),
    ).folded()
    assert [(one.label, one.modes, one.cells) for one in folded.rows] == [
        ("same", (composite, individual, web), {"a": EXACT, "b": ROUGH}),
        ("other", (composite, web), {"a": EXACT, "b": EXACT}),
        ("other", (individual,), {"a": ROUGH, "b": EXACT}),
        ("pages", (web,), {"a": EXACT, "b": NO}),
    ]


def test_one_name_is_given_in_a_list() -> None:
    """A text isn't taken for a list of letters; the error says how it is meant."""
    with pytest.raises(ConfigurationError, match="a list of names") as caught:
        capabilities("agora")
    assert caught.value.hint == "capabilities(['agora'])"


def test_rows_are_found_by_words() -> None:
    """Every word has to occur in the group, the label, the modes or the operation; capital letters don't matter."""
    matrix = small(row("Spotlight right", Mode.COMPOSITE, a=EXACT, b=NO), row("MP4", Mode.WEB, a=EXACT, b=NO))
    found = {
        words: [one.label for one in matrix.about(*words).rows] for words in (("RIGHT", "spot"), ("web",), ("x9",))
    }
    assert found == {("RIGHT", "spot"): ["Spotlight right"], ("web",): ["MP4"], ("x9",): []}
    assert [one.label for one in matrix.about().rows] == ["Spotlight right", "MP4"]


def test_rows_are_found_by_the_words_of_a_spec() -> None:
    """A field, its path or a value that a row asks for is a word of it, where it is whole: `eu` is no `eu-west-1`."""
    layout = {"kind": "spotlight", "follows": "speaker", "regions": [{"fit": "cover"}]}
    speaking = replace(row("on whoever speaks", Mode.COMPOSITE, a=EXACT), asks={"layout": layout, "max_duration": 60})
    matrix = small(speaking, row("MP4", Mode.WEB, a=EXACT))
    for words in (
        ("follows",),
        ("SPEAKER", "speaks"),
        ("layout.follows",),
        ("regions", "Cover"),
        ("layout.regions.fit",),
    ):
        assert [one.label for one in matrix.about(*words).rows] == ["on whoever speaks"], words
    for words in (("follow",), ("ayout.follows",), ("60",), ("follows", "mp4")):
        assert not matrix.about(*words).rows, words


def test_a_heading_names_the_modes_where_they_are_not_all() -> None:
    """A cell of a row of several modes holds for those alone that the provider has."""
    assert [column.heading for column in small().columns] == ["a", "b (composite, individual)"]
    assert CapabilityColumn("c", problem="it crumbled").heading == "c"
    assert CapabilityColumn("d").heading == "d (no mode)"


def test_notes_are_numbered_once_in_a_section() -> None:
    """Cells with the same finding share a note; an exact cell has none."""
    (section,) = small(
        row("same", Mode.COMPOSITE, a=EXACT, b=ROUGH),
        row("other", Mode.COMPOSITE, a=ROUGH, b=NO),
    ).sections()
    assert section.notes == ("it is crooked (straighten it)", "there are no pages")
    assert [[section.numbers(found) for found in one.cells.values()] for one in section.rows] == [
        [(), (1,)],
        [(1,), (2,)],
    ]


# --- the vendors ---

FACTS = {
    ("web page", "web"): ("exact", "no"),
    ("MP4 beside HLS", "composite"): ("exact", "no"),
    ("MP4", "composite"): ("approximated", "exact"),
    ("MP4", "individual"): ("no", "exact"),
    ("audio only", "composite"): ("exact", "exact"),
    ("audio only", "web"): ("no", "no"),
    ("spotlight left", "composite"): ("exact", "exact"),
    ("spotlight right", "composite"): ("approximated", "approximated"),
    ("floating", "composite"): ("exact", "approximated"),
    ("floating with a named participant", "composite"): ("approximated", "approximated"),
    ("25 windows", "composite"): ("no", "exact"),
    ("opacity", "composite"): ("exact", "no"),
    ("a window stretched", "composite"): ("no", "no"),
    ("EU S3 region (eu-central-1)", "composite"): ("exact", "exact"),
    ("S3-compatible storage", "composite"): ("exact", "exact"),
    ("temporary S3 credentials", "composite"): ("exact", "no"),
    ("Azure Blob Storage", "composite"): ("exact", "no"),
    ("China Mobile Cloud EOS", "composite"): ("no", "exact"),
    ("Alibaba Cloud VOD (MP4)", "composite"): ("no", "exact"),
    ("Tencent Cloud VOD (MP4)", "composite"): ("no", "exact"),
    ("a sub-application of Tencent Cloud VOD", "composite"): ("no", "exact"),
    ("kept by the vendor", "composite"): ("no", "no"),
    ("whiteboard", "composite"): ("no", "exact"),
    ("a window for the whiteboard", "composite"): ("no", "exact"),
    ("watermark", "composite"): ("no", "exact"),
    ("watermark with the time of day", "composite"): ("no", "exact"),
    ("encryption AES-256-GCM2", "composite"): ("exact", "no"),
    ("encryption AES-256-GCM2", "web"): ("no", "no"),
    ("callback per recording", "composite"): ("no", "exact"),
    ("maximum duration", "composite"): ("no", "exact"),
    ("maximum duration", "web"): ("exact", "no"),
    ("separate tracks", "composite"): ("no", "exact"),
    ("separate tracks", "individual"): ("exact", "exact"),
    ("sound and pictures in one file", "individual"): ("approximated", "exact"),
    ("snapshots beside the recording", "composite"): ("no", "no"),
    ("snapshots beside the recording", "individual"): ("exact", "no"),
    ("push to RTMP", "web"): ("exact", "no"),
    ("a start that waits to be resumed", "web"): ("exact", "no"),
    ("pause", "composite"): ("no", "exact"),
    ("pause", "web"): ("exact", "no"),
    ("snapshot on demand", "composite"): ("no", "exact"),
    ("change who is recorded", "composite"): ("exact", "no"),
    ("change who is recorded", "individual"): ("exact", "no"),
    ("renewal of temporary credentials", "composite"): ("exact", "no"),
    ("change to another whiteboard", "composite"): ("no", "exact"),
    ("push to another address", "web"): ("exact", "no"),
    ("change of layout", "composite"): ("exact", "exact"),
    ("change of layout", "individual"): ("no", "no"),
    ("change of the background colour", "composite"): ("exact", "no"),
    ("list of the account's recordings", "composite"): ("no", "exact"),
    ("away from another recording's servers (redundant recording)", "composite"): ("exact", "no"),
}
"""What the vendors' documents say of agora and zegocloud, transcribed by hand."""


@pytest.mark.parametrize("asked", FACTS, ids=" in ".join)
def test_the_matrix_says_what_the_vendors_documents_say(matrix: dict[str, Any], asked: tuple[str, str]) -> None:
    """The computed cells are those that a reader of both vendors' documents would write."""
    found = [cell(matrix, provider, *asked)[0] for provider in ("agora", "zegocloud")]
    assert tuple(found) == FACTS[asked]


def test_every_cell_that_is_not_exact_says_why(matrix: dict[str, Any]) -> None:
    """An approximation tells what happens instead; a no tells why."""
    for row in matrix["rows"]:
        for provider in ("agora", "zegocloud"):
            found = row["cells"][provider]
            assert bool(found["findings"]) == (found["answer"] != "exact"), (provider, row["label"])
            assert all(finding["detail"] for finding in found["findings"])
            assert found["answer"] != "unknown", (provider, row["label"], found)
