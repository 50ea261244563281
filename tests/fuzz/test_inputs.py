"""Specs and handles come from files and other processes: what is wrong with one is said, and nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from fuzz.mangling import BODIES, CHANGES, EVERYWHERE, ODD_TEXTS, Change, extended, mangled, replaced
from fuzz.trying import ECONOMICAL, PROVIDERS, assert_passable, behind_proxy, done
from recorder_core import InvalidSpec, Plan, Recorder, RecorderError, Recording, RecordingSpec
from recorder_core.plugins import load_provider
from recorder_core.testing import emulate
from recorder_core.testing.battery.operations import Operation, operations
from recorder_core.testing.battery.stage import Stage
from recorder_core.testing.service import configured

SPEC: dict[str, Any] = {
    "room": "lesson-42",
    "mode": "composite",
    "media": "audio_video",
    "participants": {"audio": {"include": ["1001", "1002"]}, "video": {"exclude": ["9"]}},
    "expected_participants": 6,
    "layout": {
        "kind": "custom",
        "background": {"color": "#101820", "image": {"url": "https://example.com/board.jpg", "fit": "cover"}},
        "placeholders": {"*": {"url": "https://example.com/camera-off.jpg", "fit": "cover"}},
        "regions": [
            {"participant": "1001", "x": 0.0, "y": 0.0, "width": 0.75, "height": 1.0, "fit": "contain", "z": 0},
            {"x": 0.75, "y": 0.0, "width": 0.25, "height": 0.5},
        ],
    },
    "video": {"width": 1280, "height": 720, "fps": 15, "bitrate_kbps": 1130},
    "audio": {"sample_rate": 48000, "channels": 1, "bitrate_kbps": 48},
    "output": {"formats": ["hls", "mp4"], "prefix": "lessons/2026", "tracks": "merged"},
    "storage": {
        "kind": "s3",
        "bucket": "lessons",
        "region": "eu-west-1",
        "access_key": "access-key-of-the-test",
        "secret_key": "secret-key-of-the-test",
    },
    "idle_timeout": 300,
    "max_duration": 7200,
    "callback_url": "https://example.com/callbacks",
    "options": {"agora": {"uid": "527841"}, "zegocloud": {"stream_id": "{room}_{participant}_main"}},
}
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(10 * [f'*{before}'])}]\n" for before, name in pairwise("abcdefgh")
)
"""Some hundred bytes that stand for a hundred million values."""


def loaded(tree: Any) -> RecordingSpec | None:
    """The spec; None: it was refused."""
    try:
        return RecordingSpec.load(tree)
    except InvalidSpec as error:
        assert_passable(error)
        return None


@pytest.fixture(scope="module")
def planners() -> list[Recorder]:
    """A recorder of every provider, without credentials."""
    found = [load_provider(name) for name in PROVIDERS]
    return [Recorder(kind(kind.Config.placeholder()), hooks=[]) for kind in found]


def planned(planners: list[Recorder], spec: RecordingSpec) -> None:
    """Plan it everywhere."""
    for recorder in planners:
        try:
            plan = recorder.plan(spec)
        except RecorderError as error:
            assert_passable(error)
        else:
            assert isinstance(plan, Plan)
            json.dumps(plan.dump()).encode()


@ECONOMICAL
@given(changes=CHANGES)
def test_no_change_of_a_spec_breaks_its_reader_or_its_plan(planners: list[Recorder], changes: list[Change]) -> None:
    """`InvalidSpec`, or a spec of which there is a plan, or a refusal of one."""
    spec = loaded(mangled(SPEC, changes))
    if spec is not None:
        planned(planners, spec)


def test_nothing_that_stands_everywhere_breaks_the_reader_of_specs(planners: list[Recorder]) -> None:
    """One odd value in the place of every leaf, of every leaf of each part, or as a further member."""
    for value in (*EVERYWHERE, *ODD_TEXTS):
        loaded(replaced(SPEC, value))
        loaded(extended(SPEC, f"odd {value}", value))
        for name, part in SPEC.items():
            if (spec := loaded({**SPEC, name: replaced(part, value)})) is not None:
                planned(planners, spec)


@pytest.mark.parametrize("format", ["json", "yaml", "toml"])
@ECONOMICAL
@given(body=BODIES | st.text(max_size=30).map(lambda text: text.encode("utf-8", "replace")))
@example(body=json.dumps(SPEC).encode()[:-9])
@example(body=b'{"a":' * 20_000)
@example(body=b"a: &a [*a]")
@example(body=b"!!python/object/apply:os.system [true]")
@example(body=b"a = " + b"[" * 5_000)
@example(body=b'{"expected_participants": ' + b"9" * 5_000 + b"}")
def test_no_text_breaks_the_reader_of_specs(format: Any, body: bytes) -> None:
    """Whatever the text says it is."""
    try:
        RecordingSpec.loads(body.decode("utf-8", "replace"), format=format)
    except InvalidSpec as error:
        assert_passable(error)


def test_a_small_text_that_stands_for_a_large_one_is_refused() -> None:
    """References in YAML aren't followed without end."""
    with pytest.raises(InvalidSpec, match="too many values"):
        RecordingSpec.loads(BOMB, format="yaml")


@pytest.fixture(scope="module", params=PROVIDERS)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A vendor's service with a proxy before it."""
    with (
        emulate(request.param, media=False, rate_limits=False) as service,
        Stage(service, partial(configured, request.param)) as made,
    ):
        yield made


ON_HANDLES = tuple(operation for operation in operations() if operation.name not in ("start", "recover"))


@pytest.mark.parametrize("operation", ON_HANDLES, ids=lambda operation: operation.name)
@ECONOMICAL
@given(changes=CHANGES)
@example(changes=[])
def test_no_handle_breaks_an_operation(stage: Stage, operation: Operation, changes: list[Change]) -> None:
    """What isn't refused as no handle at all leads to a result, or an error of the library's."""
    sound = operation.subject(stage)
    if sound is None:
        return
    tree = json.loads(sound.model_dump_json())
    for changed in (mangled(tree, changes), {**tree, "native": mangled(tree["native"], changes)}):
        try:
            handle = Recording.model_validate(changed)
        except ValidationError:
            continue
        stage.calm()
        with behind_proxy(stage) as recorder:
            try:
                assert_passable(done(operation, recorder, handle))
            except RecorderError as error:
                assert_passable(error)
