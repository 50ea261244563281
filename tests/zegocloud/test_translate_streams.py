"""How an application names its streams, and whose a stream is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recorder_core import Content
from recorder_zegocloud.translate.streams import StreamNames


def test_a_template_is_filled_in_one_go() -> None:
    """Neither a room nor a participant is taken for a part of the template."""
    names = StreamNames("{participant}", "{room}_{participant}", "{participant}_{participant}")
    assert names.of("{room}") == ("{participant}_{room}", "{room}_{room}")
    assert names.owner("{participant}_{room}") == ("{room}", Content.PARTICIPANT)
    assert names.owner("{room}_{room}") == ("{room}", Content.SCREEN)
    assert names.owner("{participant}_") is None


@given(st.text(min_size=1), st.sampled_from(["{participant}", "{room}_{participant}", "a{participant}b{participant}"]))
def test_a_stream_is_read_back(participant: str, template: str) -> None:
    """Whoever a template names is who it was filled with."""
    names = StreamNames("lesson", template)
    assert names.owner(names.camera(participant)) == (participant, Content.PARTICIPANT)
