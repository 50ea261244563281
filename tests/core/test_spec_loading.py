"""Loading: three formats, the environment, and errors that name the path and hide the secrets."""

import io
import json
import pickle
import sys
import traceback
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from recorder_core.errors import InvalidSpec
from recorder_core.models import (
    S3,
    Grid,
    Layout,
    RecordingSpec,
    Spotlight,
    VendorManaged,
)
from recorder_core.models.loading import describe_errors, load, loads

SECRET = "s3cr3t-SENTINEL"

WHOLE = """
room: lesson-42
mode: composite
media: audio_video
participants:
  audio: {include: [1001, "1002"]}
  video: {exclude: ["9"]}
expected_participants: 6
layout:
  kind: custom
  background: {color: "#101820", image: {url: "https://example.com/board.jpg", fit: cover}}
  placeholders: {"*": {url: "https://example.com/camera-off.jpg", fit: cover}}
  regions:
    - {participant: 1001, x: 0.0, y: 0.0, width: 0.75, height: 1.0, fit: contain, z: 0, opacity: 1.0}
    - {x: 0.75, y: 0.0, width: 0.25, height: 0.5}
video: {width: 1280, height: 720, fps: 15, bitrate_kbps: 1130}
audio: {sample_rate: 48000, channels: 1, bitrate_kbps: 48}
output: {formats: [hls, mp4], prefix: lessons/2026, tracks: merged, snapshots: null}
storage: {kind: s3, bucket: lessons, region: eu-west-1, access_key: AK, secret_key: "${env:S3_SECRET}"}
idle_timeout: 300
max_duration: 7200
callback_url: https://example.com/callbacks
options:
  one: {uid: "527841", token: "t", number: 5, flag: true, list: [1, {deep: 0.5}]}
  two: {stream_id: "{room}_{participant}_main"}
"""


def minimal(**fields):
    """The shortest complete spec, with these fields."""
    return {"room": "lesson-42", "storage": {"kind": "vendor_managed"}, **fields}


def problems(source, **keywords):
    """The problems that loading finds, after checking that nothing is chained."""
    with pytest.raises(InvalidSpec) as caught:
        RecordingSpec.load(source, **keywords)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert all(line in str(caught.value) for line in caught.value.problems)
    return list(caught.value.problems)


class TestFormats:
    def test_the_whole_spec_in_every_format(self, tmp_path, monkeypatch):
        """One spec is the same in YAML, JSON and TOML, from a path, an open file and a text."""
        monkeypatch.setenv("S3_SECRET", SECRET)
        spec = RecordingSpec.loads(WHOLE, format="yaml")
        assert spec.storage.secret_key.get_secret_value() == SECRET
        assert spec.participants.audio.include == ("1001", "1002")
        assert spec.options_for("one") == {
            "uid": "527841",
            "token": "t",
            "number": 5,
            "flag": True,
            "list": [1, {"deep": 0.5}],
        }
        texts = {"spec.yaml": WHOLE, "spec.yml": WHOLE, "spec.json": json.dumps(spec.dump(reveal=True))}
        texts["spec.toml"] = toml(spec.dump(reveal=True))
        for name, text in texts.items():
            path = tmp_path / name
            path.write_text(text, encoding="utf-8")
            assert RecordingSpec.load(path) == spec
            assert RecordingSpec.load(str(path)) == spec
            with path.open(encoding="utf-8") as file:
                assert RecordingSpec.load(file) == spec
            with path.open("rb") as file:
                assert RecordingSpec.load(file) == spec

    def test_without_a_suffix_a_brace_means_json(self):
        """Where nothing says the format, JSON begins with a brace, and all else is YAML."""
        spec = RecordingSpec.load(minimal())
        assert RecordingSpec.loads(json.dumps(minimal())) == spec
        assert RecordingSpec.loads("room: lesson-42\nstorage: {kind: vendor_managed}") == spec
        assert RecordingSpec.load(io.StringIO("\ufeff" + json.dumps(minimal()))) == spec

    @pytest.mark.parametrize("room", ["0123", "12:30", "2026-08-01", "no", "on", "0x10", "1_000", "yes", "12e4", "0E0"])
    def test_yaml_reads_words_as_words(self, room):
        """What only YAML 1.1 takes for a number, a date or a truth is a text."""
        assert RecordingSpec.loads(f"room: {room}\nstorage: {{kind: vendor_managed}}", format="yaml").room == room

    def test_an_empty_section_is_absent(self):
        """A section of which every line is commented out is as good as not there."""
        spec = RecordingSpec.loads("room: a\nstorage: {kind: vendor_managed}\nvideo:\naudio:\noutput:\nparticipants:\n")
        assert spec == RecordingSpec(room="a", storage=VendorManaged())

    @pytest.mark.parametrize(
        ("text", "format", "said"),
        [
            ('{"room": "a", "room": "b"}', "json", "the key 'room' is given twice"),
            ("room: a\nroom: b", "yaml", "line 2, column 1: the key 'room' is given twice"),
            ("layout:\n  placeholders: {1: {}, '1': {}}", "yaml", "the key '1' is given twice"),
            ('room = "a"\nroom = "b"', "toml", "is not TOML, or gives a key twice"),
            ('{"room": NaN}', "json", "NaN is not a finite number"),
            ('{"room"', "json", "line 1, column 8: is not JSON"),
            ("room: [a", "yaml", "is not YAML: line 1"),
            ("a: !!python/object:os.system x", "yaml", "is not YAML"),
            ("room: \x00", "yaml", "is not YAML"),
            ("room", "toml", "end of document: is not TOML"),
            ("room\n= 1", "toml", "line 1, column 5: is not TOML"),
            ("- a", "yaml", "is not a mapping of fields to values"),
            ("", "yaml", "is not a mapping of fields to values"),
            ("[" * 100000, "json", "is nested too deeply"),
            ("a: &a [*a]", "yaml", "is nested too deeply"),
            ('{"room": ' + "9" * 5000 + "}", "json", "can't be read"),
            ("{}", "ini", "known are json, yaml, toml"),
        ],
    )
    def test_what_cannot_be_read(self, text, format, said):
        """Broken texts are named by line; nothing of them is shown and nothing is chained."""
        with pytest.raises(InvalidSpec) as caught:
            RecordingSpec.loads(text, format=format)
        assert said in str(caught.value)
        assert caught.value.__cause__ is None

    def test_files_that_cannot_be_read(self, tmp_path):
        """A missing file, a folder, and bytes that aren't UTF-8 are refused by the file's name."""
        assert problems(tmp_path / "absent.yaml") == ["can't be read: No such file or directory"]
        assert "can't be read" in problems(tmp_path)[0]
        (tmp_path / "latin.yaml").write_bytes("room: é".encode("latin-1"))
        assert problems(tmp_path / "latin.yaml") == ["is not UTF-8 text"]
        assert problems("a\0b") == ["can't be read"]

    def test_a_text_is_not_a_path(self):
        """A text given where a path belongs isn't repeated in the error."""
        for text in (f"room: a\nstorage: {SECRET}", f'{{"secret_key": "{SECRET}"}}'):
            with pytest.raises(InvalidSpec) as caught:
                RecordingSpec.load(text)
            assert SECRET not in str(caught.value)
            assert "loads" in str(caught.value)

    def test_yaml_is_an_extra(self, monkeypatch):
        """Without PyYAML the error says what to install; JSON goes on working."""
        monkeypatch.setitem(sys.modules, "yaml", None)
        with pytest.raises(InvalidSpec, match=r"pip install 'recorder-core\[yaml\]'"):
            RecordingSpec.loads("room: a", format="yaml")
        assert RecordingSpec.loads(json.dumps(minimal())).room == "lesson-42"

    def test_a_layout_can_be_loaded_alone(self, tmp_path):
        """What `load` does for a spec it does for any model or union."""
        path = tmp_path / "layout.yaml"
        path.write_text("kind: spotlight\nparticipant: 1001\n")
        assert load(Layout, path) == Spotlight("1001")
        with pytest.raises(InvalidSpec, match=r"(?m)^fit: 'cove' is not one of .*; did you mean cover\?$"):
            loads(Layout, '{"kind": "grid", "fit": "cove"}')
        with pytest.raises(
            InvalidSpec, match=r"(?m)^kind: is missing; it is one of grid, floating, spotlight, custom$"
        ):
            load(Layout, {})


class TestEnvironment:
    def test_a_variable_is_put_in_once(self, monkeypatch):
        """${env:NAME} is replaced inside a text too, and what it holds isn't read again."""
        monkeypatch.setenv("ROOM", "${env:OTHER}")
        monkeypatch.setenv("OTHER", "never")
        assert RecordingSpec.load(minimal(room="a-${env:ROOM}-b")).room == "a-${env:OTHER}-b"

    def test_digits_become_numbers(self, monkeypatch):
        """A number may come from the environment."""
        monkeypatch.setenv("FPS", "30")
        assert RecordingSpec.load(minimal(video={"fps": "${env:FPS}"})).video.fps == 30

    def test_what_is_missing_is_named(self, monkeypatch):
        """A variable that isn't set is named with its path, and so is a malformed one."""
        monkeypatch.delenv("ABSENT", raising=False)
        found = problems(minimal(room="${env:ABSENT}", options={"one": {"list": ["${env:ABSENT}", "${env:no name}"]}}))
        assert found == [
            "room: the environment variable ABSENT is not set",
            "options.one.list.0: the environment variable ABSENT is not set",
            "options.one.list.1: ${env:…} names no environment variable",
        ]

    def test_values_from_the_environment_are_never_shown(self, monkeypatch):
        """Whatever field a variable stands in, its value is taken for a secret."""
        monkeypatch.setenv("S3_SECRET", SECRET)
        reference = "${env:S3_SECRET}"
        found = problems(
            minimal(
                mode=reference,
                video={"fps": reference},
                layout={"kind": reference},
                output={"formats": [reference]},
                callback_url=reference,
            )
        )
        assert len(found) == 5
        assert SECRET not in "".join(found)

    def test_constructors_read_no_environment(self, monkeypatch):
        """Only loading does."""
        monkeypatch.setenv("ROOM", "other")
        assert RecordingSpec(room="${env:ROOM}", storage=VendorManaged()).room == "${env:ROOM}"


class TestErrors:
    def test_every_problem_at_once_by_its_path(self):
        """Each problem has a line, with the path of the input and no tag of a union in it."""
        assert problems(
            {
                "room": 42,
                "modes": "web",
                "mode": "mixed",
                "participants": {"audio": {"include": []}},
                "layout": {
                    "kind": "custom",
                    "regions": [
                        {"x": 0, "y": 0, "width": 0.5, "height": 1},
                        {"x": 0, "y": 0, "width": 1.2, "height": True, "participants": "1"},
                    ],
                },
                "video": {"width": 1279, "fps": 0},
                "output": {"formats": ["hls", "mp5"], "snapshots": {"interval": 2}},
                "storage": {"kind": "s3", "bucket": "b", "regoin": "eu-west-1", "access_key": "AK"},
                "push_urls": ["https://example.com"],
                "watermarks": [{"kind": "clock"}],
            }
        ) == [
            "room: 42 is not text; put it in quotes",
            "mode: 'mixed' is not one of composite, individual, web",
            "participants.audio.include: is empty and would name nobody; everybody is the absence of a list",
            "layout.regions.1.width: 1.2 is more than 1",
            "layout.regions.1.height: true is not a number",
            "layout.regions.1.participants: is unknown; did you mean participant?",
            "video.width: 1279 is odd; the sides of a canvas are even",
            "video.fps: 0 is less than 1",
            "output.formats.1: 'mp5' is not one of hls, mp4, flv, aac, mp3, ogg, webm, mkv, mka, zip; "
            "did you mean mp4?",
            "output.snapshots.interval: 2 is less than 5",
            "storage.region: is missing",
            "storage.secret_key: is missing",
            "storage.regoin: is unknown; did you mean region?",
            "push_urls.0: is no rtmp or rtmps URL: it begins otherwise",
            "watermarks.0.font_size: is missing",
            "modes: is unknown; did you mean mode?",
        ]

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"storage": {"kind": "s4"}}, "storage.kind: 's4' is not one of s3, s3_compatible"),
            ({"storage": {"kind": "tencent_coz"}}, "did you mean tencent_cos?"),
            ({"storage": {}}, "storage.kind: is missing; it is one of s3, "),
            ({"layout": "grid"}, "layout: is not a mapping whose kind is one of grid, floating, spotlight, custom"),
            ({"storage": "s3"}, "storage: is not a mapping whose kind is one of s3, s3_compatible"),
            ({"storage": None}, "storage: is not a mapping whose kind is one of s3, s3_compatible"),
            (
                {"layout": {"kind": "spotlite"}},
                "layout.kind: 'spotlite' is not one of grid, floating, spotlight, custom; did",
            ),
            (
                {"layout": {"kind": "spotlight", "participant": 1.5}},
                "layout.participant: 1.5 is not text; put it in quotes",
            ),
            (
                {"layout": {"kind": "grid", "placeholders": {"": {"url": "x"}}}},
                'layout.placeholders."": is empty',
            ),
            (
                {"layout": {"kind": "grid", "placeholders": {"7": {"url": "x"}}}},
                "layout.placeholders.7.url: is no http",
            ),
            (
                {"layout": {"kind": "grid", "background": {"color": "red"}}},
                "layout.background.color: 'red' is not of the",
            ),
            ({"layout": {"kind": "custom", "regions": []}}, "layout.regions: is empty"),
            ({"layout": {"kind": "custom", "regions": {}}}, "layout.regions: is not a list"),
            ({"output": {"formats": "mp4"}}, "output.formats: is not a list"),
            ({"output": {"tracks": True}}, "output.tracks: true is not one of merged, separate"),
            ({"start_paused": "maybe"}, "start_paused: 'maybe' is not true or false"),
            ({"video": {"fps": "many"}}, "video.fps: 'many' is not a whole number"),
            ({"video": {"fps": 1.5}}, "video.fps: 1.5 is not a whole number"),
            ({"video": [1]}, "video: is not a mapping"),
            ({"room": "r" * 2000}, "room: has 2000 bytes in UTF-8, which is more than 1024"),
            ({"room": ""}, "room: is empty"),
            ({"options": {"one": 5}}, "options.one: is not a mapping"),
            ({"options": {"one": {"at": {"deep": "***"}}}}, "options.one.at.deep: is a masked secret"),
            ({"options": {"one": {"number": float("inf")}}}, "options.one.number: is not a finite number"),
            ({"options": {"one": {"what": object()}}}, "options.one.what: is no text, number"),
            ({"encryption": {"cipher": "aes", "secret": ""}}, "encryption.secret: is empty"),
        ],
    )
    def test_what_is_wrong_is_said_in_words(self, fields, said):
        """Each kind of mistake has its sentence."""
        assert any(said in line for line in problems(minimal(**fields)))

    def test_times_have_a_zone(self):
        """A time without a zone is refused with an example."""
        storage = {
            "kind": "s3",
            "bucket": "b",
            "region": "r",
            "access_key": "a",
            "secret_key": "s",
            "session_token": "t",
        }
        found = problems(minimal(storage={**storage, "session_expires_at": "2026-08-01T10:00:00"}))
        assert found == ["storage.session_expires_at: has no time zone; write it as 2026-08-01T10:00:00Z"]
        found = problems(minimal(storage={**storage, "session_expires_at": "soon"}))
        assert found == ["storage.session_expires_at: is not a time such as 2026-08-01T10:00:00Z"]

    def test_not_a_mapping(self):
        """A list is no spec."""
        assert problems([1]) == ["is not a mapping of fields to values"]

    def test_the_models_of_providers_are_described_too(self):
        """Any model's errors are described, at a path of one's choice, without the values of secrets."""

        class Options(BaseModel, hide_input_in_errors=True):
            token: SecretStr
            region: Literal["eu", "ap"] = "eu"
            number: int | str = 0
            delays: tuple[float, ...] = ()

        def described(**fields):
            with pytest.raises(ValidationError) as caught:
                Options.model_validate(fields)
            return describe_errors(caught.value, Options, under="options.one")

        assert described(token=[SECRET], region="eux", number=None, delays=["x"]) == [
            "options.one.token: is not text",
            "options.one.region: 'eux' is not one of eu, ap; did you mean eu?",
            "options.one.number: is not a whole number",
            "options.one.number: is not text",
            "options.one.delays.0: 'x' is not a number",
        ]
        assert described() == ["options.one.token: is missing"]


class TestSecrets:
    FIELDS = minimal(
        storage={
            "kind": "s3",
            "bucket": "lessons",
            "region": "eu-west-1",
            "access_key": SECRET,
            "secret_key": SECRET,
            "session_token": SECRET,
        },
        encryption={"cipher": "aes_128_xts", "secret": SECRET},
        push_urls=[f"rtmp://example.com/live/{SECRET}"],
        options={"one": {"token": SECRET, "deep": [{"key": SECRET}]}},
    )

    def test_no_secret_is_shown(self):
        """Neither repr nor str nor a dump shows a secret; a dump shows a mask."""
        spec = RecordingSpec.load(self.FIELDS)
        shown = [
            repr(spec),
            str(spec),
            str(spec.dump()),
            spec.model_dump_json(),
            repr(spec.model_dump()),
            repr(vars(spec)),
        ]
        shown += [
            repr(spec.resolved()),
            str(spec.resolved().dump()),
            repr(spec.storage),
            str(spec.model_dump(mode="json")),
        ]
        shown += [repr(getattr(spec, name)) for name in RecordingSpec.model_fields]
        assert not [text for text in shown if SECRET in text]
        assert spec.dump()["options"] == {"one": {"token": "**********", "deep": [{"key": "**********"}]}}
        assert spec.dump()["push_urls"] == ["**********"]

    def test_a_masked_dump_does_not_come_back(self):
        """Every mask is named; a revealed dump is the spec again."""
        spec = RecordingSpec.load(self.FIELDS)
        assert RecordingSpec.load(spec.dump(reveal=True)) == spec
        found = problems(spec.dump())
        assert [line.split(":")[0] for line in found] == [
            "storage.access_key",
            "storage.secret_key",
            "storage.session_token",
            "encryption.secret",
            "push_urls.0",
            "options.one.token",
            "options.one.deep.0.key",
        ]

    @pytest.mark.parametrize(
        "change",
        [
            {"room": None},
            {"unknown": SECRET},
            {"storage": {"kind": "s3", "bucket": "b", "access_key": SECRET, "secret_key": SECRET}},
            {
                "storage": {
                    "kind": "s3",
                    "bucket": "b",
                    "region": "r",
                    "access_key": [SECRET],
                    "secret_key": {SECRET: 1},
                }
            },
            {
                "storage": {
                    "kind": "s3",
                    "bucket": "b",
                    "region": "r",
                    "access_key": SECRET,
                    "secret_key": f"{SECRET}\n",
                }
            },
            {
                "storage": {
                    "kind": "azure_blob",
                    "container": "b",
                    "account_name": "a",
                    "account_key": f" {SECRET}",
                }
            },
            {"storage": {"kind": "google_cloud_storage", "bucket": "b", "credentials_json": SECRET}},
            {"storage": SECRET},
            {"encryption": {"cipher": "aes_256_gcm2", "secret": SECRET, "salt": SECRET}},
            {"encryption": SECRET},
            {"push_urls": [SECRET]},
            {"push_urls": SECRET},
            {"options": SECRET},
            {"options": {"one": SECRET}},
            {"options": {"one": {"token": {SECRET}}}},
            {"callback_url": f"ftp://{SECRET}"},
            {"layout": {"kind": "grid", "background": {"image": {"url": f"ftp://{SECRET}"}}}},
        ],
    )
    def test_no_error_shows_a_secret(self, change):
        """No secret is in the error of `load`, its repr, fields, pickle, traceback, nor in pydantic's own."""
        fields = {**self.FIELDS, **change}
        with pytest.raises(InvalidSpec) as caught:
            RecordingSpec.load(fields)
        error = caught.value
        shown = [str(error), repr(error), str(vars(error)), "".join(traceback.format_exception(error))]
        assert SECRET not in "".join(shown)
        assert SECRET.encode() not in pickle.dumps(error)
        assert error.__context__ is None
        with pytest.raises(ValidationError) as raised:
            RecordingSpec.model_validate(fields)
        assert SECRET not in str(raised.value)

    def test_no_syntax_error_shows_a_secret(self):
        """A text that can't be read isn't quoted, whatever its format."""
        for format, text in (
            ("json", f'{{"secret_key": "{SECRET}", "x": {SECRET}}}'),
            ("yaml", f"secret_key: {SECRET}\nx: [{SECRET}"),
            ("yaml", f"secret_key: {SECRET}: {SECRET}"),
            ("toml", f'secret_key = "{SECRET}"\nx = {SECRET}'),
        ):
            with pytest.raises(InvalidSpec) as caught:
                RecordingSpec.loads(text, format=format)
            assert SECRET not in "".join(traceback.format_exception(caught.value))

    def test_options_keep_their_types(self):
        """An option comes back as it was given: a number as a number, true as true."""
        given = {"a": 1, "b": True, "c": None, "d": 0.5, "e": "x", "f": [1, {"g": False}], "h": {}}
        spec = RecordingSpec.load(minimal(options={"one": given}))
        assert spec.options_for("one") == given
        assert [type(value) for value in spec.options_for("one").values()] == [type(value) for value in given.values()]
        assert spec.options_for("other") == {}
        assert RecordingSpec(room="a", storage=VendorManaged(), options={"one": {"token": SecretStr("t")}}).options_for(
            "one"
        ) == {"token": "t"}


def test_a_dump_is_what_was_given():
    """A dump has the given fields and the kinds, and no defaults."""
    spec = RecordingSpec(room="a", layout=Grid(), storage=VendorManaged())
    assert spec.dump() == {"room": "a", "layout": {"kind": "grid"}, "storage": {"kind": "vendor_managed"}}
    again = RecordingSpec.load(spec.dump())
    assert "placeholders" not in again.layout.model_fields_set


def test_a_missing_bucket_does_not_print_the_key():
    """Constructors raise pydantic's own error, with the inputs hidden."""
    with pytest.raises(ValidationError) as caught:
        S3(region="eu-west-1", access_key=SECRET, secret_key=SECRET)
    assert SECRET not in str(caught.value)
    assert "bucket" in str(caught.value)


def toml(value: dict, path: str = "") -> str:
    """The mapping as TOML with inline tables: JSON but for the sign between key and value."""

    def inline(item):
        if isinstance(item, dict):
            return "{" + ", ".join(f"{json.dumps(key)} = {inline(part)}" for key, part in item.items()) + "}"
        if isinstance(item, list):
            return "[" + ", ".join(inline(part) for part in item) + "]"
        return json.dumps(item, ensure_ascii=False).replace("\x7f", "\\u007f")

    return "\n".join(f"{json.dumps(key)} = {inline(item)}" for key, item in value.items())


def test_examples_of_paths_are_accepted(tmp_path: Path):
    """A path may be a pathlib.Path or a str."""
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(minimal()))
    assert RecordingSpec.load(path) == RecordingSpec.load(str(path))
