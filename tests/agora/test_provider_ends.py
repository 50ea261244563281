"""Recordings that are over, against the emulated service over real HTTP: what is said of them, now and later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from recorder_core import Recorder, Recording, RecordingSpec, RecordingState
from recorder_core.testing import connect, emulate

STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
PAGE = {"mode": "web", "web_page": {"url": "https://class.example/room"}}
SHORT: dict[str, dict[str, Any]] = {
    "individual": {"mode": "individual", "idle_timeout": 5},
    "web": {**PAGE, "max_duration": 3600},
}
"""Recordings that end by themselves."""


def spec(**fields: Any) -> RecordingSpec:
    return RecordingSpec.load({"room": "lesson-42", "storage": STORAGE, **fields})


@pytest.fixture
def service() -> Iterator[Any]:
    with emulate("agora", media=False) as running:
        running.join("lesson-42", "1001")
        yield running


@pytest.fixture
def recorder(service: Any) -> Iterator[Recorder]:
    with connect(service) as connected:
        yield connected


def let_end(service: Any, recorder: Recorder, mode: str) -> Recording:
    """A recording that was seen with files and ended by itself, while nobody looked."""
    recording = recorder.start(spec(**SHORT[mode]))
    service.clock.advance(100)
    assert recorder.status(recording).files
    service.leave("lesson-42", "1001")
    service.clock.advance(2 * 3600)
    return recording


@pytest.mark.parametrize("mode", list(SHORT))
def test_nothing_follows_gone_after_a_look(service: Any, recorder: Recorder, mode: str) -> None:
    """Who was told that a recording is gone is told so again, however much later, by status and by stop."""
    recording = let_end(service, recorder, mode)
    assert recorder.status(recording).state is RecordingState.UNREACHABLE
    service.clock.advance(100)
    assert recorder.status(recording).state is RecordingState.GONE
    service.clock.advance(3600)
    assert recorder.status(recording).state is RecordingState.GONE
    assert recorder.stop(recording, deadline=5).state is RecordingState.GONE


@pytest.mark.parametrize("mode", list(SHORT))
def test_nothing_follows_gone_after_a_stop(service: Any, recorder: Recorder, mode: str) -> None:
    """A stop that took the silence for an end has settled it."""
    recording = let_end(service, recorder, mode)
    assert recorder.stop(recording).state is RecordingState.GONE
    later = recorder.status(recording)
    assert later.state is RecordingState.GONE
    assert later.reason
    assert "stopped" not in later.reason


@pytest.mark.parametrize("mode", list(SHORT))
def test_files_of_what_is_gone_are_not_on_their_way(service: Any, recorder: Recorder, mode: str) -> None:
    """Whether a file that was last seen while it was recorded has arrived isn't known."""
    recording = let_end(service, recorder, mode)
    files = recorder.stop(recording).files
    assert files
    assert {file.status for file in files} == {"unknown"}


def test_an_end_by_itself_is_not_called_a_stop(service: Any, recorder: Recorder) -> None:
    """Who saw it leave is told that it ended, not that somebody stopped it."""
    recording = recorder.start(spec(mode="individual", idle_timeout=5))
    service.clock.advance(30)
    service.leave("lesson-42", "1001")
    service.clock.advance(7)
    assert recorder.status(recording).state is RecordingState.UPLOADING
    service.clock.advance(10)
    gone = recorder.status(recording)
    assert gone.state is RecordingState.GONE
    assert gone.reason == "it had ended, and the vendor has forgotten it (404)"


def test_a_page_that_stayed_on_hold_says_so(service: Any, recorder: Recorder) -> None:
    """Nothing was recorded of a page for other reasons than of a room, where nobody published."""
    recording = recorder.start(spec(**PAGE, start_paused=True))
    service.clock.advance(30)
    outcome = recorder.stop(recording)
    assert (outcome.state, outcome.files) == (RecordingState.COMPLETED, ())
    assert outcome.reason
    assert "on hold" in outcome.reason
