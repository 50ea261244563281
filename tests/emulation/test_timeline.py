"""Shortening what is longer than the media limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder_core.emulation.timeline import Timeline


def test_what_fits_is_left_alone() -> None:
    """A recording within the limit keeps every second."""
    timeline = Timeline.of([0, 4, 9], 20, 60)
    assert timeline.media == timeline.recorded == (0, 4, 9, 20)
    assert [timeline.stretch(at) for at in (0, 3.99, 4, 8.9, 9, 20, 99)] == [0, 0, 1, 1, 2, 2, 2]


def test_a_day_becomes_a_minute() -> None:
    """Long stretches shrink in proportion; a short one between them stays visible."""
    timeline = Timeline.of([0, 40000, 40010], 86400, 60)
    lengths = [timeline.media[1], timeline.media[2] - timeline.media[1], timeline.media_s - timeline.media[2]]
    assert timeline.media_s == pytest.approx(60)
    assert lengths[1] >= 1
    assert lengths[0] / lengths[2] == pytest.approx(40000 / 46390, rel=0.01)
    assert timeline.recorded_at(timeline.media[1]) == pytest.approx(40000)
    assert timeline.recorded_at(60) == pytest.approx(86400)


@given(st.lists(st.floats(0.01, 1e5), min_size=1, max_size=200), st.floats(1, 100))
def test_never_longer_than_the_limit_and_always_in_order(lengths: list[float], limit: float) -> None:
    """Whatever happened in a recording, its media keeps to the limit and to the order of things."""
    starts = [sum(lengths[:index]) for index in range(len(lengths))]
    timeline = Timeline.of(starts, sum(lengths), limit)
    assert timeline.media_s <= max(limit, 0) * (1 + 1e-9) or timeline.media == timeline.recorded
    assert list(timeline.media) == sorted(timeline.media)
    for media, recorded in zip(timeline.media, timeline.recorded, strict=True):
        assert timeline.recorded_at(media) <= recorded * (1 + 1e-6) + 1e-3
