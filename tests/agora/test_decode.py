"""Wire to neutral: what is planned is valid, and is read back."""

from __future__ import annotations

import copy
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from agora import test_translate_composite, test_translate_individual, test_translate_web
from agora.any_spec import asked, pictured
from agora.fields import BASES, STARTS
from planned import S3_STORAGE, Planner, revealed
from recorder_agora.config import AgoraOptions
from recorder_agora.decode.requests import NOT_CARRIED, decoded
from recorder_agora.emulator.protocol import read
from recorder_agora.wire.requests import (
    AcquireRequest,
    IndividualAcquireRequest,
    IndividualStartRequest,
    StartRequest,
    WebAcquireRequest,
    WebStartRequest,
)
from recorder_core import InvalidSpec, Plan, RecordingSpec

PLAN = Planner("agora")
MODELS = {
    "composite": (AcquireRequest, StartRequest),
    "individual": (IndividualAcquireRequest, IndividualStartRequest),
    "web": (WebAcquireRequest, WebStartRequest),
}


def planned(fields: dict[str, Any]) -> Plan | None:
    """The plan, None where the fields contradict one another."""
    try:
        return PLAN(**fields)
    except InvalidSpec:
        return None


def planning(specs: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Any]:
    """The plans that have requests."""
    return specs.map(planned).filter(lambda plan: plan is not None and bool(plan.requests))


plans, pictures = planning(asked), planning(pictured)


# --- what is planned is read back ---


def leaves(tree: Any, path: str = "") -> dict[str, Any]:
    """The leaves of a JSON tree by their paths."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) and tree else None
    if pairs is None:
        return {path: tree}
    return {
        below: leaf
        for key, value in pairs
        for below, leaf in leaves(value, f"{path}.{key}" if path else str(key)).items()
    }


def told(spec: RecordingSpec) -> dict[str, Any]:
    """Everything that a spec says; its options as their model has them."""
    tree = spec.model_dump(mode="json", exclude_none=True, exclude={"options"}, context={"reveal": True})
    options = AgoraOptions.model_validate(spec.options_for("agora"))
    return leaves(tree) | {f"options.agora.{name}": value for name, value in options if value is not None}


def in_order_of(plan: Plan, decoded: RecordingSpec) -> RecordingSpec:
    """The decoded spec with its regions in the order of the plan's, where they went out in that of their depth."""
    asked, layout = plan.spec.layout, decoded.layout
    reordered = any(found.path.endswith(".z") and found.verdict == "approximated" for found in plan.findings)
    if not reordered:
        return decoded
    depths = [region.z for region in asked.regions]
    painted = sorted(range(len(depths)), key=depths.__getitem__)
    regions = tuple(region for _, region in sorted(zip(painted, layout.regions, strict=True), key=lambda pair: pair[0]))
    return decoded.model_copy(update={"layout": layout.model_copy(update={"regions": regions})})


def near(mine: Any, theirs: Any) -> bool:
    return abs(mine - theirs) < 2e-6


def same_second(mine: str, theirs: str) -> bool:
    return datetime.fromisoformat(mine).replace(microsecond=0) == datetime.fromisoformat(theirs)


DIFFERENCES: dict[str, Any] = {
    "expected_participants": lambda mine, theirs: theirs is None or mine <= theirs in (2, 7, 12, 17, 32, 49),
    "layout.fit": lambda mine, theirs: (mine, theirs) == ("cover", None),
    "layout.background.image.fit": lambda mine, theirs: (mine, theirs) == (None, "cover"),
    "layout.regions.*.z": lambda mine, theirs: theirs == 0,
    **dict.fromkeys((f"layout.regions.*.{side}" for side in ("x", "y", "width", "height")), near),
    "audio.sample_rate": lambda mine, theirs: (mine, theirs) == (48000, None),
    "audio.channels": lambda mine, theirs: theirs is None,
    "storage.region": lambda mine, theirs: (mine, theirs) == ("eu-1", "us-east-1"),
    "storage.endpoint": lambda mine, theirs: mine == f"https://{theirs}",
    "storage.path_style": lambda mine, theirs: theirs is False,
    "storage.session_expires_at": same_second,
    "options.agora.uid": lambda mine, theirs: mine is None,
}
"""How far what is read back may differ from what was asked, where the wire doesn't carry it."""


def explained(path: str, mine: Any, theirs: Any, plan: Plan) -> bool:
    """Whether a difference at a path is one of those that are named."""
    if any(path == found.path or path.startswith(f"{found.path}.") for found in plan.findings):
        return True
    if theirs == [] and any(found.path.startswith(f"{path}.") for found in plan.findings):
        return True  # every item of the list is lost
    if path == "output.segment_duration" and any(found.path == "output.formats" for found in plan.findings):
        return theirs == 15  # MP4 alone brings HLS, which has segments
    return any(fnmatchcase(path, pattern) and DIFFERENCES[pattern](mine, theirs) for pattern in NOT_CARRIED)


def differences(plan: Plan) -> dict[str, tuple[Any, Any]]:
    """What is read back otherwise than it was asked for, for no reason that is named."""
    mine, theirs = told(plan.spec), told(in_order_of(plan, decoded(plan.requests).resolved()))
    return {
        path: (mine.get(path), theirs.get(path))
        for path in mine.keys() | theirs.keys()
        if mine.get(path) != theirs.get(path) and not explained(path, mine.get(path), theirs.get(path), plan)
    }


@settings(max_examples=200)
@given(plan=plans)
def test_what_is_planned_is_read_back(plan: Plan) -> None:
    """decode(encode(spec)) is the resolved spec, but for what has findings and what the wire doesn't carry."""
    event(plan.spec.mode)
    assert differences(plan) == {}


@settings(max_examples=500)
@given(plan=pictures)
def test_layouts_are_read_back(plan: Plan) -> None:
    """The same of composite recordings alone, each with a layout: every kind, its windows, fits and images."""
    event(str(plan.spec.layout.kind))
    assert differences(plan) == {}


def test_every_kind_of_layout_is_drawn() -> None:
    """The property above looks at each kind, with windows, images and selections, planned."""
    seen: dict[str, int] = {}

    @settings(max_examples=300, database=None, derandomize=True)
    @given(plan=pictures)
    def look(plan: Plan) -> None:
        layout = plan.spec.layout
        chosen = {"windows": getattr(layout, "windows", None), "image": layout.background.image}
        chosen |= {"placeholders": layout.placeholders, "selected": plan.spec.participants.video}
        for name in (layout.kind, *(name for name, value in chosen.items() if value)):
            seen[name] = seen.get(name, 0) + 1

    look()
    assert {"grid", "floating", "spotlight", "custom", "windows", "image", "placeholders", "selected"} <= seen.keys()
    assert min(seen.values()) >= 10, seen


JUDGED = [
    {**BASES[mode], **fields}
    for mode, cases in (
        ("mix", test_translate_composite),
        ("individual", test_translate_individual),
        ("web", test_translate_web),
    )
    for fields in (*cases.EXACT, *(fields for fields, _ in cases.FOUND))
]
"""The specs whose verdicts the tests of translation know."""


@pytest.mark.parametrize("fields", [*JUDGED, *({**BASES[row.modes[0]], **row.given} for row in STARTS)], ids=str)
def test_every_case_of_translation_is_read_back(fields: dict[str, Any]) -> None:
    """Field by field, as above: those that are carried, and those that are lost."""
    plan = PLAN(**fields)
    if plan.requests and "extra_body" not in fields.get("options", {}):
        assert differences(plan) == {}


@settings(max_examples=200)
@given(plan=plans)
def test_what_is_planned_is_what_the_strict_service_takes(plan: Plan) -> None:
    """The bodies, as JSON, are valid by the models that the emulated service reads them with."""
    for request, model in zip(plan.requests, MODELS[plan.spec.mode], strict=True):
        body = revealed(request.payload)
        read(model, copy.deepcopy(body), request.operation, strict=True)


@settings(max_examples=200)
@given(plan=plans)
def test_what_is_read_back_can_be_planned_again(plan: Plan) -> None:
    """The spec of somebody's bodies makes those bodies again."""
    again = PLAN.recorder.plan(decoded(plan.requests))
    assert "unsupported" not in {found.verdict for found in again.findings}
    assert [revealed(request.payload) for request in again.requests] == [
        revealed(request.payload) for request in plan.requests
    ]


REAL = [
    ({"mode": "individual", "expected_participants": 5}, "expected_participants"),
    ({"layout": {"kind": "grid", "fit": "cover"}}, "layout.fit"),
    ({"layout": {"kind": "grid", "background": {"image": {"url": "https://e.com/b"}}}}, "layout.background.image.fit"),
    *(
        (
            {
                "layout": {
                    "kind": "custom",
                    "regions": [{"x": 1 / 7, "y": 2 / 7, "width": 1 / 7, "height": 3 / 7, "z": 4}],
                }
            },
            path,
        )
        for path in (f"layout.regions.*.{leaf}" for leaf in ("x", "y", "width", "height", "z"))
    ),
    ({"audio": {"sample_rate": 48000}}, "audio.sample_rate"),
    ({"audio": {"channels": 2}}, "audio.channels"),
    *(
        (
            {
                "storage": {
                    "kind": "s3_compatible",
                    "bucket": "b",
                    "region": "eu-1",
                    "endpoint": "https://s3.e.com",
                    "path_style": True,
                    "access_key": "AK",
                    "secret_key": "SK",
                }
            },
            f"storage.{leaf}",
        )
        for leaf in ("region", "endpoint", "path_style")
    ),
    (
        {"storage": {**S3_STORAGE, "session_token": "ST", "session_expires_at": "2026-08-01T10:00:00.5Z"}},
        "storage.session_expires_at",
    ),
    ({}, "options.agora.uid"),
]


@pytest.mark.parametrize(("fields", "path"), REAL, ids=lambda value: value if isinstance(value, str) else "")
def test_each_named_difference_is_one(fields: dict[str, Any], path: str) -> None:
    """What the wire is said not to carry really comes back otherwise, though nothing is found."""
    plan = PLAN(**fields)
    assert plan.findings == ()
    mine, theirs = told(plan.spec), told(decoded(plan.requests).resolved())
    assert any(fnmatchcase(leaf, path) for leaf in mine.keys() | theirs.keys() if mine.get(leaf) != theirs.get(leaf))


def test_every_named_difference_was_seen() -> None:
    """None is named for nothing, and each has its bounds."""
    assert {pattern for _, pattern in REAL} == set(NOT_CARRIED) == set(DIFFERENCES)


def test_a_promised_token_is_none() -> None:
    """With token_factory a plan holds a promise in place of the token; it is nobody's token."""
    plan = Planner("agora", token_factory=lambda room, uid: "t")()
    assert "token" not in decoded(plan.requests).options_for("agora")
