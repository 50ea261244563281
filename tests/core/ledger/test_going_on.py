"""Where a ledger that can't be used ends an operation, and where the recording is worth more than the ledger.

Before anything was sent nothing is: what can't be written down isn't begun. After the vendor has acted the caller gets
what it needs to stop the recording, and the loss is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from recorder_core import (
    LedgerUnavailable,
    Plan,
    Provider,
    Recorder,
    Recording,
    RecordingSpec,
    RecordingState,
    Spotlight,
    StartIntent,
)

Outage = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def provider(memory: type[Any]) -> Any:
    """A vendor whose start is two calls: an id is known after each."""

    class TwoCalls(memory):  # type: ignore[misc,valid-type]
        native_ids = ("tape",)

        def start(self, plan: Plan, intent: StartIntent) -> Recording:
            self._call("acquire")
            intent.note(reel="r-1")
            self._call("start")
            started_at = datetime.fromtimestamp(self.runtime.clock.time(), UTC)
            intent.note(tape="t-1")
            return self.begun(plan, intent, started_at=started_at, native={"tape": "t-1"})

    return TwoCalls()


@pytest.fixture
def recorder(provider: Provider, url: str, clock: Any) -> Iterator[Recorder]:
    with Recorder(provider, ledger=url, clock=clock, hooks=[]) as recorder:
        yield recorder


def test_what_can_not_be_written_down_is_not_started(
    recorder: Recorder, provider: Any, outage: Outage, spec: Callable[..., RecordingSpec]
) -> None:
    """No byte is sent; the same start goes through when the ledger is back."""
    recorder.ledger.entries()
    with outage(), pytest.raises(LedgerUnavailable) as caught:
        recorder.start(spec(), key="lesson")
    assert provider.calls == []
    assert caught.value.retryable
    assert caught.value.intent is not None
    recorder.start(spec(), key="lesson")


def test_an_id_that_can_not_be_written_down_ends_a_start(
    recorder: Recorder, provider: Any, outage: Outage, spec: Callable[..., RecordingSpec]
) -> None:
    """Before the call that would begin the recording; what is known of it is looked into later."""
    with ExitStack() as stack:
        provider.during = lambda call: stack.enter_context(outage()) if call == "acquire" else None
        with pytest.raises(LedgerUnavailable):
            recorder.start(spec())
        assert provider.calls == ["acquire"]
    (entry,) = recorder.ledger.entries(open=True)
    assert entry.recording is None


def test_a_recording_that_has_begun_is_handed_out(
    recorder: Recorder,
    provider: Any,
    outage: Outage,
    spec: Callable[..., RecordingSpec],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The vendor has accepted it: without its handle nobody could stop it. It is written down as soon as that works."""
    with ExitStack() as stack, caplog.at_level(logging.ERROR):
        provider.during = lambda call: stack.enter_context(outage()) if call == "start" else None
        recording = recorder.start(spec())
        assert recorder.status(recording).state is RecordingState.RECORDING
    assert "the handle of recording" in caplog.text
    recorder.status(recording)
    (entry,) = recorder.ledger.entries()
    assert entry.recording == recording
    assert entry.status is not None


def test_a_recording_that_runs_is_looked_at_changed_and_stopped(
    recorder: Recorder,
    provider: Any,
    outage: Outage,
    spec: Callable[..., RecordingSpec],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Every operation gives its result; what became of it is written down with what is learnt next."""
    recording = recorder.start(spec())
    with outage(), caplog.at_level(logging.ERROR):
        assert recorder.status(recording).state is RecordingState.RECORDING
        changed = recorder.layout(recording, Spotlight("1001"))
        assert changed.revision == 1
        provider.states.append(RecordingState.UPLOADING)
        provider.states.popleft()
        assert recorder.stop(changed).state is RecordingState.UPLOADING
    assert [call.split()[0] for call in provider.calls] == ["acquire", "start", "status", "layout", "stop"]
    assert "the ledger doesn't say that recording" in caplog.text
    provider.states[0] = RecordingState.COMPLETED
    recorder.status(changed)
    (entry,) = recorder.ledger.entries()
    assert (entry.outcome, entry.open) == ("completed", False)
    assert entry.recording == changed
