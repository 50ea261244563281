"""Which translator a start takes, by its mode."""

from __future__ import annotations

import pytest

from planned import Planner, revealed
from recorder_core import Mode, UnsupportedFeature
from recorder_zegocloud.translate.modes import TRANSLATORS


@pytest.mark.parametrize(("mode", "number"), [("composite", 2), ("individual", 1)])
def test_a_mode_is_a_record_mode(mode: str, number: int) -> None:
    """Everybody on one canvas is 2, a file for every stream 1."""
    planned = Planner("zegocloud")(mode=mode)
    assert revealed(planned.requests[0].payload)["RecordInputParams"]["RecordMode"] == number
    assert TRANSLATORS[Mode(mode)].record_mode == number


def test_web_pages_are_not_recorded() -> None:
    """One finding says so, and nothing could be sent."""
    planned = Planner("zegocloud")(mode="web", web_page={"url": "https://e.com"}, encryption=None)
    (finding,) = planned.findings
    assert (finding.path, finding.verdict) == ("mode", "unsupported")
    assert "web pages" in finding.detail
    assert planned.requests == ()
    with pytest.raises(UnsupportedFeature):
        planned.lost(warn=True)
