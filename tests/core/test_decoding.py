"""The way back from bodies to a spec."""

from __future__ import annotations

from typing import Any

import pytest

from recorder_core import InvalidSpec, PlannedRequest
from recorder_core.decoding import SpecTree, by_operation, object_in, refuse_other_options

START = PlannedRequest("start", "POST", "https://e.com/start")


def put(tree: SpecTree, fields: dict[str, Any]) -> SpecTree:
    """Each field comes from a place of the same name in capitals."""
    for path, value in fields.items():
        tree.put(path, value, path.upper())
    return tree


WHOLE = {"room": "lesson-42", "storage.kind": "vendor_managed"}


def test_fields_become_a_spec() -> None:
    """Paths lead into sections and into the items of lists; None leaves a field out."""
    fields = {
        **WHOLE,
        "video.fps": 30,
        "layout.kind": "custom",
        "layout.regions": [],
        "layout.regions.0.x": 0,
        "layout.regions.0.y": 0,
        "layout.regions.0.width": 1,
        "layout.regions.0.height": 1,
        "idle_timeout": None,
    }
    spec = put(SpecTree(), fields).validated()
    assert (spec.video.fps, spec.idle_timeout, len(spec.layout.regions)) == (30, None, 1)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"idle_timeout": 0}, "IDLE_TIMEOUT: 0 is less than 1 (as idle_timeout of a spec)"),
        ({"video": {"fps": 0}}, "VIDEO.fps: 0 is less than 1 (as video.fps of a spec)"),
        ({"storage.kind": "s3", "storage.bucket": None}, "STORAGE.BUCKET: is missing (as storage.bucket of a spec)"),
    ],
)
def test_a_problem_is_named_by_its_place_in_the_body(fields: dict[str, Any], problem: str) -> None:
    """Who sends a body finds the key in it, what is missing included, and the spec's field beside it."""
    with pytest.raises(InvalidSpec) as caught:
        put(SpecTree(), WHOLE | fields).validated()
    assert problem in caught.value.problems
    assert caught.value.hint


def test_requests_are_told_apart_by_what_they_are() -> None:
    """One start has one of each."""
    acquire = PlannedRequest("acquire", "POST", "https://e.com/acquire")
    assert by_operation([acquire, START]) == {"acquire": acquire, "start": START}


@pytest.mark.parametrize("given", [[{"room": "r"}], {"room": "r"}, START, "start", None])
def test_what_is_no_request_is_refused_with_the_way_to_make_one(given: Any) -> None:
    """A body alone doesn't say which call it belongs to."""
    with pytest.raises(InvalidSpec, match=r"PlannedRequest\(operation, method, url, payload\)"):
        by_operation(given)


def test_two_of_a_kind_are_refused() -> None:
    """They would be two recordings."""
    with pytest.raises(InvalidSpec, match="start, start"):
        by_operation([START, START])


@pytest.mark.parametrize("tree", [{}, {"a": None}, {"a": [1]}, None, 3])
def test_an_object_that_isnt_there_is_empty(tree: Any) -> None:
    """So that a reader needs no case for it."""
    assert object_in(tree, "a") == {}
    assert object_in({"a": {"b": 1}}, "a") == {"b": 1}


def test_options_that_the_bodies_tell_are_refused() -> None:
    """Two sources for one thing could contradict each other."""
    refuse_other_options({"stream_id": "{participant}"}, ("stream_id", "screen_stream_id"))
    with pytest.raises(InvalidSpec, match=r"options.fill_blank: .* no body tells stream_id alone"):
        refuse_other_options({"fill_blank": True}, ("stream_id",))
    with pytest.raises(InvalidSpec, match=r"options.uid: .* the bodies tell them all"):
        refuse_other_options({"uid": "1"})
