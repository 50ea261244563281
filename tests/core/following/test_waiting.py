"""Waiting: at the advised pace, to the state that was asked for, or to the reason why it won't come."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recorder_core import (
    ConfigurationError,
    DeadlineExceeded,
    RecordedFile,
    RecordingEnded,
    RecordingFailed,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    ServiceUnavailable,
)
from recorder_core.clock import current_deadline
from recorder_core.following import PROGRESS

Make = Callable[..., RecordingSpec]
FILE = RecordedFile(name="lesson.m3u8")


@pytest.fixture
def recording(recorder, spec: Make):
    return recorder.start(spec())


def test_every_state_has_its_place(provider) -> None:
    """The order of states is complete, and the terminal ones, and only they, are at its end."""
    assert set(PROGRESS) == set(RecordingState)
    assert {state for state, place in PROGRESS.items() if place == max(PROGRESS.values())} == {
        state for state in RecordingState if state.terminal
    }


def test_wait_looks_at_the_advised_pace(recorder, provider, clock, recording) -> None:
    """The vendor's delays come one by one, the last one for ever, and none after the state has come."""
    states = (RecordingState.STARTING, RecordingState.UNREACHABLE, RecordingState.STARTING)
    provider.states.extendleft(states)
    status = recorder.wait(recording)
    assert status.state is RecordingState.RECORDING
    assert clock.slept == [2.0, 5.0, 5.0, 5.0]
    assert provider.calls == ["start", *["status"] * 4]


@pytest.mark.parametrize("state", ["recording", "paused", "stopping", "uploading"])
def test_what_has_come_further_is_there_too(recorder, provider, recording, state: str) -> None:
    """A recording that stops already has recorded."""
    provider.states[0] = RecordingState(state)
    assert recorder.wait(recording).state == state


def test_a_short_recording_that_ended_with_files_has_recorded(recorder, provider, recording) -> None:
    """An end with files isn't an error of the wait for the beginning."""
    provider.states[0] = RecordingStatus(state="completed", files=(FILE,))
    assert recorder.wait(recording).files == (FILE,)


def test_a_recording_that_dies_young_says_why(recorder, provider, recording) -> None:
    """RecordingFailed carries the likely causes in their order, the fault and the request id."""
    provider.states[0] = RecordingStatus(
        state="failed", reason="the recorder crashed", fault="destination", request_id="q-1"
    )
    with pytest.raises(RecordingFailed, match="failed: the recorder crashed") as caught:
        recorder.wait(recording)
    error = caught.value
    assert error.causes == ("the tape tore", "the head was dirty")
    assert (error.fault, error.request_id, error.operation) == ("destination", "q-1", "wait")
    assert (error.provider, error.recording_id) == ("memory", recording.id)


def test_a_recording_that_the_vendor_forgot_before_it_recorded_has_failed(recorder, provider, recording) -> None:
    """`gone` is a failure for whoever waits for the beginning, and an end for whoever waits for that."""
    provider.states[0] = RecordingState.GONE
    with pytest.raises(RecordingFailed):
        recorder.wait(recording)
    assert recorder.wait(recording, until=RecordingState.COMPLETED).state is RecordingState.GONE


def test_a_recording_that_ended_without_files_has_ended(recorder, provider, recording) -> None:
    """RecordingEnded tells an ordinary end of a recording to which nobody came from a failure."""
    provider.states[0] = RecordingStatus(state="completed", reason="nobody came")
    with pytest.raises(RecordingEnded, match="nobody came"):
        recorder.wait(recording)
    assert recorder.wait(recording, until=RecordingState.COMPLETED).reason == "nobody came"


def test_wait_for_the_end_goes_on_while_files_are_uploaded(recorder, provider, recording) -> None:
    """`completed` waits for the files to settle; a failure there is an error as well."""
    provider.states.clear()
    provider.states.extend([RecordingState.RECORDING, RecordingState.UPLOADING, RecordingState.COMPLETED])
    assert recorder.wait(recording, until="completed").state is RecordingState.COMPLETED
    other = recording.model_copy(update={"id": "another"})
    provider.states[0] = RecordingState.FAILED
    with pytest.raises(RecordingFailed):
        recorder.wait(other, until=RecordingState.COMPLETED)


def test_wait_gives_up_in_time(recorder, provider, clock, recording) -> None:
    """No sleep outlasts the time-out; the error says what was seen last and may be tried again."""
    provider.states[0] = RecordingStatus(state="starting", reason="404 so far")
    began = clock.now
    with pytest.raises(DeadlineExceeded, match=r"within 12 s; it was starting: 404 so far") as caught:
        recorder.wait(recording, timeout=12)
    assert clock.now - began <= 12
    assert caught.value.retryable
    assert (caught.value.recording_id, caught.value.operation) == (recording.id, "wait")


def test_a_wait_shorter_than_the_first_delay_looks_once(recorder, provider, clock, recording) -> None:
    """However short the time-out, the vendor is asked before the wait gives up."""
    provider.states[0] = RecordingStatus(state="starting", reason="404 so far")
    with pytest.raises(DeadlineExceeded, match="it was starting: 404 so far"):
        recorder.wait(recording, timeout=1)


def test_a_look_that_may_succeed_later_is_repeated(recorder, provider, clock, recording) -> None:
    """A passing failure of one look doesn't end the wait, and is told when it was the last thing seen."""
    provider.states.appendleft(ServiceUnavailable("busy", retryable=True))
    assert recorder.wait(recording).state is RecordingState.RECORDING
    provider.states.clear()
    provider.states.append(ServiceUnavailable("still busy", retryable=True))
    with pytest.raises(DeadlineExceeded, match="still busy"):
        recorder.wait(recording, timeout=30)


def test_a_look_that_can_never_succeed_ends_the_wait(recorder, provider, clock, recording) -> None:
    """An error that no repeat mends goes to the caller at once."""
    provider.states.appendleft(ServiceUnavailable("closed for good"))
    with pytest.raises(ServiceUnavailable, match="closed for good"):
        recorder.wait(recording)
    assert clock.slept == [2.0]


def test_a_look_ends_with_the_wait(recorder, provider, clock, recording) -> None:
    """The time-out of a wait is the deadline of every look within it."""
    left = []
    provider.during = lambda call: left.append(current_deadline().remaining())
    recorder.wait(recording, timeout=9)
    assert left == [7.0]


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_timeout_is_more_than_zero(recorder, recording, timeout: float) -> None:
    """A wait of no time is a slip."""
    with pytest.raises(ConfigurationError, match="timeout"):
        recorder.wait(recording, timeout=timeout)
