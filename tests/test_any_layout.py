"""Whatever layout is asked for, it is planned or refused with its path, and what is planned is taken by the vendor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from planned import S3_STORAGE
from recorder_core import Layout, Recorder, Recording, RecordingSpec, UnsupportedFeature
from recorder_core.testing import connect, emulate

LAYOUT: TypeAdapter[Layout] = TypeAdapter(Layout)

fits = st.sampled_from(["cover", "contain", "stretch"])
people = st.sampled_from(["1001", "1002", "7", "anna", "Anna B"])
images = st.fixed_dictionaries({"url": st.just("https://e.com/p.jpg")}, optional={"fit": fits})
shared = {
    "background": st.fixed_dictionaries(
        {}, optional={"color": st.sampled_from(["#000000", "#fFaA00"]), "image": images}
    ),
    "placeholders": st.dictionaries(st.one_of(st.just("*"), people), images, max_size=2),
}
windows = st.sampled_from([1, 2, 17, 18, 25, 26, 40])
presets = st.fixed_dictionaries(
    {"kind": st.sampled_from(["grid", "floating", "spotlight"])},
    optional={
        **shared,
        "fit": fits,
        "windows": windows,
        "participant": people,
        "side": st.sampled_from("lrtb"),
        "follows": st.none() | st.just("speaker"),
        "screen_share": st.sampled_from([None, "window", "large", "hidden"]),
    },
)
twelfths = st.integers(0, 11)
regions = st.builds(
    lambda x, y, width, height, more: {
        "x": x / 12,
        "y": y / 12,
        "width": min(width, 12 - x) / 12,
        "height": min(height, 12 - y) / 12,
        **more,
    },
    twelfths,
    twelfths,
    st.integers(1, 12),
    st.integers(1, 12),
    st.fixed_dictionaries(
        {},
        optional={
            "participant": people,
            "content": st.sampled_from(["participant", "screen", "whiteboard"]),
            "fit": fits,
            "opacity": st.sampled_from([0, 0.5, 1]),
            "z": st.integers(-1, 2),
        },
    ),
)
few_or_many = st.one_of(st.lists(regions, min_size=1, max_size=4), st.lists(regions, min_size=17, max_size=26))
customs = st.fixed_dictionaries(
    {
        "kind": st.just("custom"),
        "regions": few_or_many,
    },
    optional=shared,
)
SIDES = {"l": "left", "r": "right", "t": "top", "b": "bottom"}


def layout(fields: dict[str, Any]) -> Layout | None:
    """The layout, None where the fields contradict one another."""
    taken = {"grid": {"participant", "side", "follows"}, "floating": {"side"}}.get(fields["kind"], set())
    kept = {name: value for name, value in fields.items() if name not in taken}
    if "side" in kept:
        kept["side"] = SIDES[kept["side"]]
    try:
        return LAYOUT.validate_python(kept)
    except ValidationError:
        return None


layouts = st.one_of(presets, customs).map(layout).filter(lambda made: made is not None)


@pytest.fixture(scope="module", params=["agora", "zegocloud"])
def recorder(request: pytest.FixtureRequest) -> Iterator[Recorder]:
    """A recorder that drops what may be dropped, at a service that checks strictly."""
    with (
        emulate(request.param, media=False, rate_limits=False) as service,
        connect(service, on_unsupported="warn") as made,
    ):
        yield made


@settings(max_examples=40, deadline=None)
@given(first=layouts, second=layouts, board=st.booleans(), number=st.uuids())
def test_a_layout_is_taken_or_refused_by_its_path(
    recorder: Recorder, first: Layout, second: Layout, board: bool, number: Any
) -> None:
    """At the start and at a change: no error but UnsupportedFeature, and the vendor refuses nothing that was sent."""
    whiteboard = {"aspect": "16:9"} if board else None
    try:
        spec = RecordingSpec(room=f"r-{number}", storage=S3_STORAGE, layout=first, whiteboard=whiteboard)
    except ValidationError:
        return
    recording, refused = attempt(recorder.start, spec)
    assert refused <= {"layout", "whiteboard"}
    if recording is not None:
        _, refused = attempt(recorder.layout, recording, second)
        assert refused <= {"layout"}
        recorder.stop(recording, wait=False)


def attempt(operate: Callable[..., Any], *arguments: Any) -> tuple[Recording | None, set[str]]:
    """What an operation gives, or None and the fields that it refuses."""
    try:
        return operate(*arguments), set()
    except UnsupportedFeature as error:
        return None, {finding.path.partition(".")[0] for finding in error.findings}
