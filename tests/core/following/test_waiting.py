"""Waiting: at the advised pace, to the state that was asked for, or to the reason why it won't come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from recorder_core import (
    ConfigurationError,
    DeadlineExceeded,
    RecordedFile,
    Recording,
    RecordingEnded,
    RecordingEvent,
    RecordingFailed,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    ServiceUnavailable,
)
from recorder_core.clock import current_deadline
from recorder_core.following.waiting import PROGRESS

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


def told(recording: Recording, **fields: Any) -> RecordingEvent:
    """A verified callback about the recording."""
    return RecordingEvent(
        **{"kind": "status", "provider": "memory", "recording_id": recording.id, "dedup_key": "1", **fields}
    )


def calling_back(recorder: Any, clock: Any, event: RecordingEvent, after: float) -> None:
    """Let a callback come while somebody waits, so many seconds from now."""
    at, plain = clock.now + after, clock.wait

    def wait(signal: threading.Event, seconds: float) -> bool:
        if clock.now < at <= clock.now + seconds:
            clock.sleep(at - clock.now)
            recorder._known.tell(event)
            recorder._listeners.tell(event)
            return signal.is_set()
        return bool(plain(signal, seconds))

    clock.wait = wait


def test_a_callback_that_tells_the_death_ends_the_wait_at_once(recorder, provider, clock, recording) -> None:
    """Its reason is the first cause, its fault the error's, and no further advised delay is waited for."""
    provider.states[0] = RecordingStatus(state="starting", reason="404 so far")
    event = told(recording, kind="error", state="failed", reason="the bucket doesn't exist", fault="destination")
    calling_back(recorder, clock, event, after=4)
    began = clock.now
    with pytest.raises(RecordingFailed, match="the bucket doesn't exist") as caught:
        recorder.wait(recording)
    assert clock.now - began == 4
    assert caught.value.causes[0] == "the bucket doesn't exist"
    assert caught.value.causes[1:] == ("the tape tore", "the head was dirty")
    assert caught.value.fault == "destination"


def test_a_cause_that_a_callback_told_is_first_when_the_death_shows_later(recorder, provider, clock, recording) -> None:
    """An error that isn't fatal by itself is no death; it explains the one that follows."""
    provider.states.clear()
    provider.states.extend([RecordingState.STARTING, RecordingState.STARTING, RecordingState.GONE])
    calling_back(
        recorder, clock, told(recording, kind="error", reason="the token has expired", fault="caller"), after=1
    )
    with pytest.raises(RecordingFailed, match="the token has expired") as caught:
        recorder.wait(recording)
    assert caught.value.fault == "caller"
    assert clock.slept == [1.0, 1.0, 5.0]  # the advised looks, at 2 s and at 7 s, keep their times


def test_a_callback_alone_proves_no_recording(recorder, provider, clock, recording) -> None:
    """ "Recording" is believed when the vendor's status says so: the callback only brings about a look of its own."""
    provider.states.clear()
    provider.states.extend([RecordingState.STARTING, RecordingState.RECORDING])
    calling_back(recorder, clock, told(recording, kind="recording", state="recording"), after=0.5)
    assert recorder.wait(recording).state is RecordingState.RECORDING
    assert provider.calls.count("status") == 2
    assert clock.slept == [0.5, 1.5]


def test_an_unverified_callback_is_only_a_reason_to_look(recorder, provider, clock, recording) -> None:
    """Whoever can reach the address can't end a wait."""
    event = told(recording, kind="error", state="failed", reason="forged", verified=False)
    calling_back(recorder, clock, event, after=1)
    assert recorder.wait(recording).state is RecordingState.RECORDING
    assert clock.slept == [1.0]


def test_forged_callbacks_don_t_decide_how_often_the_vendor_is_asked(recorder, provider, clock, recording) -> None:
    """However many come, looks are two seconds apart, and the advised ones keep their times."""
    provider.states.clear()
    provider.states.extend([*[RecordingState.STARTING] * 5, RecordingState.RECORDING])
    forged = told(recording, kind="error", state="failed", verified=False)
    looked: list[float] = []

    def flood(call: str) -> None:
        looked.append(clock.now - began)
        recorder._listeners.tell(forged)

    began, provider.during = clock.now, flood
    assert recorder.wait(recording).state is RecordingState.RECORDING
    assert looked == [2.0, 4.0, 6.0, 7.0, 9.0, 11.0]


def test_a_proven_callback_among_forged_ones_is_heard(recorder, provider, clock, recording) -> None:
    """What is true ends the wait, if two seconds later."""
    provider.states[0] = RecordingState.STARTING
    heard = [told(recording, verified=False), told(recording, kind="error", state="failed", reason="the true one")]
    provider.during = lambda call: recorder._listeners.tell(heard.pop(0)) if heard else None
    with pytest.raises(RecordingFailed, match="the true one"):
        recorder.wait(recording)


def test_wait_for_files_is_over_when_a_callback_told_the_end(recorder, provider, clock, recording) -> None:
    """The vendor that forgot the recording already isn't asked about an end that it told."""
    provider.states[0] = RecordingState.UPLOADING
    event = told(recording, kind="uploaded", state="completed", ending="stopped", files=(FILE,))
    calling_back(recorder, clock, event, after=3)
    outcome = recorder.wait_for_files(recording)
    assert (outcome.state, outcome.ending, outcome.files) == ("completed", "stopped", (FILE,))
    assert clock.slept == [2.0, 1.0]


def test_a_confirmed_start_notes_what_is_worth_knowing(recorder, provider, spec: Make) -> None:
    """An empty room is no error; the handle says it."""
    provider.states[0] = RecordingStatus(state="recording", reason="nobody publishes")
    assert recorder.start(spec(), confirm=True).notes == ("nobody publishes",)


@pytest.mark.parametrize("kind", ["audio_changed", "video_changed", "segment_started", "file_started"])
def test_whoever_is_recorded_takes_the_note_away(recorder, provider, clock, recording, kind: str) -> None:
    """What callbacks tell of somebody while it is waited for is newer, and more, than what the status makes of it."""
    provider.states[0] = RecordingStatus(state="recording", reason="nobody publishes")
    calling_back(recorder, clock, told(recording, kind=kind), after=1)
    assert recorder.wait(recording).reason is None


def test_whoever_is_told_of_during_the_look_is_known_as_well(recorder, provider, recording) -> None:
    """A callback that the look has overtaken counts."""
    provider.states[0] = RecordingStatus(state="recording", reason="nobody publishes")
    provider.during = lambda call: recorder._listeners.tell(told(recording, kind="audio_changed"))
    assert recorder.wait(recording).reason is None


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        (("idle",), "nobody has come"),
        (("idle", "audio_changed"), None),
        (("audio_changed", "idle"), "nobody has come"),
    ],
)
def test_the_last_word_about_the_room_counts(recorder, provider, clock, recording, kinds, reason: str | None) -> None:
    """Somebody may come after the vendor has told that nobody does, and leave."""
    provider.states.clear()
    provider.states.extend([*[RecordingState.STARTING] * len(kinds), RecordingState.RECORDING])
    events = [told(recording, kind=kind, reason={"idle": "nobody has come"}.get(kind)) for kind in kinds]
    provider.during = lambda call: recorder._listeners.tell(events.pop(0)) if events else None
    assert recorder.wait(recording).reason == reason


def test_of_a_page_nothing_is_taken_away(recorder, provider, clock, recording) -> None:
    """It has no room that could be empty, so that its reason tells of something else."""
    page = recording.model_copy(update={"mode": "web"})
    provider.states[0] = RecordingStatus(state="recording", reason="push: disconnected")
    calling_back(recorder, clock, told(page, kind="segment_started"), after=1)
    assert recorder.wait(page).reason == "push: disconnected"


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_timeout_is_more_than_zero(recorder, recording, timeout: float) -> None:
    """A wait of no time is a slip."""
    with pytest.raises(ConfigurationError, match="timeout"):
        recorder.wait(recording, timeout=timeout)
