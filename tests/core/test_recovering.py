"""Starts and stops with a ledger, cut short anywhere, and what `recover` makes of them; at a vendor in memory."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.conftest import MemoryProvider, SteppedClock
from recorder_core import (
    AsyncRecorder,
    AuthenticationError,
    ConfigurationError,
    InvalidSpec,
    LedgerUnavailable,
    Plan,
    Recorder,
    Recording,
    RecordingConflict,
    RecordingNotFound,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    Recovery,
    RemoteRecording,
    RoomNotReady,
    ServiceUnavailable,
    StartIntent,
    StartOutcomeUnknown,
    Verdict,
    Vetoed,
    hookimpl,
)

LEASE_S = 120.0
"""The deadline of a start, and a minute."""
Make = Callable[..., Recorder]


class Studio(MemoryProvider):
    """Tells the id of a tape in its answer alone; `found` is what it says of a start whose id is lost."""

    native_ids = ("tape",)

    def __init__(self, config: Any = None) -> None:
        super().__init__(config)
        self.found: Callable[[StartIntent, RecordingSpec | None], Recovery] = never_started
        self.asked: list[tuple[StartIntent, RecordingSpec | None]] = []
        self.remote: list[RemoteRecording] = []

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        self._call("start")
        recording = self.begun(plan, intent, started_at=self.now(), native={"tape": f"tape of {intent.id}"})
        self.during("begun")
        return recording

    def recover(self, intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
        self._call("recover")
        self.asked.append((intent, spec))
        return self.found(intent, spec)

    def list_remote(self, since: datetime, until: datetime, room: str | None = None) -> Iterator[RemoteRecording]:
        self._call(f"list {since.isoformat()}")
        yield from self.remote


def never_started(intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
    return Recovery(intent=intent, verdict=Verdict.NEVER_STARTED, reason="the vendor has nothing of it")


def uncontrollable(intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
    return Recovery(intent=intent, verdict=Verdict.UNCONTROLLABLE, reason="it has no id", ends_by="when all have left")


def unclear(intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
    assert intent.draft is not None
    candidate = intent.draft.model_copy(update={"native": {"tape": "t-7"}})
    return Recovery(intent=intent, verdict=Verdict.UNCLEAR, reason="one of these", candidates=(candidate,))


class Killed(BaseException):
    """The process ends here."""


def killing(at: str) -> Callable[[str], None]:
    """What ends the process at a call of the provider's."""

    def during(call: str) -> None:
        if call.split(maxsplit=1)[0] == at:
            raise Killed

    return during


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'recordings.db'}"


@pytest.fixture
def studio() -> Studio:
    return Studio()


@pytest.fixture
def make(url: str, clock: SteppedClock) -> Iterator[Make]:
    """Recorders on one ledger, each as good as a process of its own."""
    made: list[Recorder] = []

    def recorder(provider: Studio | None = None, **options: Any) -> Recorder:
        made.append(Recorder(provider or Studio(), **{"clock": clock, "hooks": [], "ledger": url, **options}))
        return made[-1]

    yield recorder
    for one in made:
        one.close()


@pytest.fixture
def break_ledger(tmp_path: Path) -> Callable[[], None]:
    """Takes its tables away, as somebody does who cleans up."""

    def drop() -> None:
        with sqlite3.connect(tmp_path / "recordings.db") as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                if not name.startswith("sqlite_"):
                    connection.execute(f"DROP TABLE {name}")
        connection.close()

    return drop


def lose(make: Make, spec: Any, at: str = "start", **options: Any) -> StartIntent:
    """A start whose process dies at a call of the provider's; its intent as it was in the process."""
    studio = Studio()
    studio.during = killing(at)
    with pytest.raises(Killed) as caught:
        make(studio).start(spec, **options)
    intent: StartIntent = caught.value.intent  # type: ignore[attr-defined]
    return intent


# --- start ---


def test_the_intent_is_durable_before_the_first_byte(make: Make, spec: Any, studio: Studio) -> None:
    """While the vendor is asked, the ledger has the start already: its draft, its key, and whose it is until when."""
    recorder, other = make(studio), make()
    seen: list[Any] = []
    studio.during = lambda call: seen.append(other.ledger.entry(recorder.recording_id("k")))
    recording = recorder.start(spec(), key="k", deadline=30)
    entry = seen[0]
    assert (entry.open, entry.room, entry.key, entry.recording, entry.intent.noted) == (
        True,
        "lesson-42",
        "k",
        None,
        {},
    )
    assert entry.intent.draft.location == recording.location
    assert (entry.leased_until - entry.created_at).total_seconds() == 90
    assert seen[1].intent.noted["tape"] == recording.native["tape"]
    kept = other.ledger.entry(recording.id)
    assert (kept.recording, kept.leased_until, kept.open) == (recording, None, True)


def test_hooks_hear_of_a_start_when_its_handle_is_durable(make: Make, spec: Any) -> None:
    """Whoever is told can rely on the ledger."""
    other = make()

    class Observer:
        kept: Any = None

        @hookimpl
        def recorder_started(self, recording: Recording) -> None:
            self.kept = other.ledger.entry(recording.id)

    observer = Observer()
    recording = make(hooks=[observer]).start(spec())
    assert observer.kept.recording == recording


def test_the_kept_intent_says_whose_servers_are_not_to_be_shared(make: Make, spec: Any, studio: Studio) -> None:
    """Sent again by a recovery, it is to be the same start."""
    first = make().start(spec(room="first"))
    studio.during = killing("start")
    with pytest.raises(Killed):
        make(studio, on_unsupported="warn").start(spec(), key="k", apart_from=[first])
    recorder = make()
    assert recorder.ledger.entry(recorder.recording_id("k")).intent.apart_from == (first,)


@pytest.mark.parametrize(
    "failure",
    [StartOutcomeUnknown("no answer"), KeyboardInterrupt(), ValueError("a plugin's bug"), LedgerUnavailable("away")],
)
def test_what_may_have_started_stays_open(
    make: Make, spec: Any, studio: Studio, failure: BaseException, clock: SteppedClock
) -> None:
    """An error that doesn't say that nothing runs leaves the start to `recover`, once its lease has run out."""
    recorder = make(studio)
    studio.failures["start"] = failure
    with pytest.raises(type(failure)) as caught:
        recorder.start(spec())
    intent = caught.value.intent  # type: ignore[union-attr]
    entry = recorder.ledger.entry(intent.id)
    assert (entry.open, entry.verdict) == (True, None)
    assert recorder.recover().recoveries == ()
    clock.sleep(LEASE_S)
    (recovery,) = recorder.recover().recoveries
    assert (recovery.intent.id, recovery.verdict) == (intent.id, Verdict.NEVER_STARTED)
    assert not recorder.ledger.entry(intent.id).open


@pytest.mark.parametrize("failure", [AuthenticationError("wrong key"), ServiceUnavailable("full"), InvalidSpec("bad")])
def test_a_refusal_closes_the_start(make: Make, spec: Any, studio: Studio, failure: Any, clock: SteppedClock) -> None:
    """What the vendor refused never started; the ledger says why, and there is nothing to recover."""
    recorder = make(studio)
    studio.failures["start"] = failure
    with pytest.raises(type(failure)) as caught:
        recorder.start(spec())
    entry = recorder.ledger.entry(caught.value.intent.id)
    assert (entry.open, entry.verdict) == (False, Verdict.NEVER_STARTED)
    assert entry.reason == f"{type(failure).__name__}: {failure.message}"
    clock.sleep(LEASE_S)
    assert recorder.recover().recoveries == ()


def test_a_room_that_was_not_ready_is_recorded_by_the_same_key(make: Make, spec: Any, studio: Studio) -> None:
    """Nothing was started in it, so that the key is free once somebody is there; it is no recording that is missing."""
    recorder = make(studio)
    studio.failures["start"] = RoomNotReady("nobody is there", fault="caller", retryable=True)
    with pytest.raises(RoomNotReady) as caught:
        recorder.start(spec(), key="k")
    assert not isinstance(caught.value, RecordingNotFound)
    refused = recorder.ledger.entry(recorder.recording_id("k"))
    assert (refused.open, refused.verdict) == (False, Verdict.NEVER_STARTED)
    recording = recorder.start(spec(), key="k")
    assert (recording.id, studio.calls) == (recorder.recording_id("k"), ["start", "start"])


def test_nothing_is_sent_that_can_not_be_written_down(
    make: Make, spec: Any, studio: Studio, break_ledger: Callable[[], None]
) -> None:
    """A ledger that can't be used refuses a start; whoever wants it all the same takes a recorder without one."""
    recorder = make(studio)
    assert recorder.ledger.entries() == []
    break_ledger()
    with pytest.raises(LedgerUnavailable):
        recorder.start(spec())
    assert studio.calls == []


def test_a_ledger_that_fails_after_the_vendor_has_started_takes_no_handle_away(
    make: Make, spec: Any, studio: Studio, break_ledger: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    """The handle is returned, and an error is logged: with an error in its place the recording would be lost."""
    recorder = make(studio)
    studio.during = lambda call: break_ledger() if call == "start" else None
    with caplog.at_level(logging.ERROR, "recorder_core"):
        recording = recorder.start(spec())
    assert recording.native["tape"] == f"tape of {recording.id}"
    assert any(recording.id in record.getMessage() for record in caplog.records)
    assert recorder.stop(recording).state is RecordingState.RECORDING


def test_the_kept_handle_says_what_was_given_up(make: Make, spec: Any) -> None:
    """Another process that takes the handle from the ledger knows it too, also after a crash."""
    recorder = make(on_unsupported="warn")
    recording = recorder.start(spec(video={"width": 640, "height": 360}))
    assert recording.dropped
    assert recorder.ledger.entry(recording.id).recording.dropped == recording.dropped
    studio = Studio()
    studio.during = killing("begun")
    with pytest.raises(Killed):
        make(studio, on_unsupported="warn").start(spec(video={"width": 640, "height": 360}), key="k")
    entry = recorder.ledger.entry(recorder.recording_id("k"))
    assert studio.revived(entry.intent).dropped == recording.dropped


def test_no_ledger_is_no_cost(spec: Any, clock: SteppedClock, studio: Studio) -> None:
    """Without one a start keeps nothing, and asking for it says how there can be one."""
    recorder = Recorder(studio, clock=clock, hooks=[])
    recorder.stop(recorder.start(spec()))
    for ask in (lambda: recorder.ledger, recorder.recover):
        with pytest.raises(ConfigurationError, match="has no ledger") as caught:
            ask()
        assert "ledger=" in str(caught.value)


# --- keys ---


def test_a_key_stands_for_one_recording_in_all_processes(make: Make, spec: Any, studio: Studio) -> None:
    """Another process that starts it again gets the recording that runs; nothing is sent but a look, nor told."""
    heard: list[Recording] = []

    class Observer:
        @hookimpl
        def recorder_started(self, recording: Recording) -> None:
            heard.append(recording)

    recording = make(hooks=[Observer()]).start(spec(), key="k")
    assert make(studio, hooks=[Observer()]).start(spec(), key="k") == recording
    assert studio.calls == ["status"]
    assert heard == [recording]


def test_a_key_is_free_again_when_its_recording_has_ended(make: Make, spec: Any, studio: Studio) -> None:
    """Then it is another start with the same id; the ledger keeps both."""
    first = make().start(spec(), key="k")
    recorder = make(studio)
    studio.states.appendleft(RecordingState.COMPLETED)
    second = recorder.start(spec(), key="k")
    assert (second.id, studio.calls) == (first.id, ["status", "start"])
    assert [(entry.attempt, entry.open) for entry in recorder.ledger.entries()] == [(2, True), (1, False)]


@pytest.mark.parametrize(
    ("state", "what"),
    [(RecordingState.UPLOADING, "is uploading"), (RecordingState.UNREACHABLE, "is unreachable")],
)
def test_a_key_whose_recording_ends_or_can_not_be_seen_is_taken(
    make: Make, spec: Any, studio: Studio, state: RecordingState, what: str
) -> None:
    """The error has its handle and its intent, and may pass."""
    recording = make().start(spec(), key="k")
    studio.states.appendleft(state)
    with pytest.raises(RecordingConflict, match=what) as caught:
        make(studio).start(spec(), key="k")
    assert (caught.value.recording, caught.value.intent.id) == (recording, recording.id)
    assert caught.value.retryable
    assert "start" not in studio.calls


def test_a_key_of_another_room_is_taken(make: Make, spec: Any, studio: Studio) -> None:
    """A key that was used twice by mistake is no reason to hand out somebody else's recording."""
    make().start(spec(), key="k")
    with pytest.raises(RecordingConflict, match="lesson-42"):
        make(studio).start(spec(room="another"), key="k")
    assert studio.calls == []


def test_a_key_whose_recording_is_to_be_stopped_is_taken(make: Make, spec: Any) -> None:
    """What somebody has asked to stop is not handed out as running."""
    recorder = make()
    recording = recorder.start(spec(), key="k")
    recorder.ledger.wish_stop(recording)
    with pytest.raises(RecordingConflict, match="is to be stopped"):
        make().start(spec(), key="k")


def test_of_two_that_start_a_key_at_once_one_starts(make: Make, spec: Any, studio: Studio) -> None:
    """The other one is refused while the vendor is asked, and gets the recording afterwards."""
    second, refusals = make(), []

    def start_too(call: str) -> None:
        with pytest.raises(RecordingConflict, match="started just now") as caught:
            second.start(spec(), key="k")
        refusals.append(caught.value)

    studio.during = start_too
    recording = make(studio).start(spec(), key="k")
    assert [error.retryable for error in refusals] == [True, True]
    assert second.provider.calls == []  # type: ignore[attr-defined]
    assert second.start(spec(), key="k") == recording


def test_many_threads_and_processes_start_a_key_once(make: Make, spec: Any) -> None:
    """Whoever comes first starts; the others get the recording, or are told that it is being started."""
    recorders = [make() for _ in range(4)]
    begin, got = threading.Barrier(8), []

    def start(recorder: Recorder) -> None:
        begin.wait(30)
        try:
            got.append(recorder.start(spec(), key="k"))
        except RecordingConflict as error:
            got.append(error)

    threads = [threading.Thread(target=start, args=(recorder,)) for recorder in recorders * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    started = [one for one in got if isinstance(one, Recording)]
    assert len(got) == 8
    assert len({recording.model_dump_json() for recording in started}) == 1
    assert sum(recorder.provider.calls.count("start") for recorder in recorders) == 1  # type: ignore[attr-defined]


def test_a_key_whose_start_was_cut_short_is_recovered_with_the_spec_at_hand(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock
) -> None:
    """Not before its lease has run out. What runs is handed out; what never started is started."""
    lose(make, spec(), key="k")
    recorder = make(studio)
    with pytest.raises(RecordingConflict, match="being started"):
        recorder.start(spec(), key="k")
    clock.sleep(LEASE_S)
    studio.found = lambda intent, _: Recovery(
        intent=intent,
        verdict=Verdict.RUNNING,
        recording=intent.draft and intent.draft.model_copy(update={"native": {"tape": "t-1"}}),
        reason="found",
    )
    recording = recorder.start(spec(), key="k")
    assert recording.native["tape"] == "t-1"
    assert studio.calls == ["recover"]
    assert studio.asked[0][1] == spec()
    assert recorder.ledger.entry(recording.id).recording == recording


def test_a_key_that_never_started_starts(make: Make, spec: Any, studio: Studio, clock: SteppedClock) -> None:
    """The lost start is explained first, so that nothing of it is left open."""
    lose(make, spec(), key="k")
    clock.sleep(LEASE_S)
    recorder = make(studio)
    recorder.start(spec(), key="k")
    assert studio.calls == ["recover", "start"]
    assert [(entry.open, entry.verdict) for entry in recorder.ledger.entries()] == [
        (True, None),
        (False, Verdict.NEVER_STARTED),
    ]


@pytest.mark.parametrize("found", [uncontrollable, unclear])
def test_a_key_that_can_not_be_controlled_is_taken(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock, found: Any
) -> None:
    """What may run is never started a second time; the error says by which rule it ends."""
    lost = lose(make, spec(), key="k")
    clock.sleep(LEASE_S)
    studio.found = found
    with pytest.raises(RecordingConflict, match=found.__name__) as caught:
        make(studio).start(spec(), key="k")
    assert caught.value.intent.created_at == lost.created_at
    assert ("when all have left" in str(caught.value)) is (found is uncontrollable)


# --- stop ---


def test_the_wish_to_stop_is_durable_before_stop_is_sent(make: Make, spec: Any, studio: Studio) -> None:
    """And the outcome when it is known."""
    recorder, other, seen = make(studio), make(), []
    recording = recorder.start(spec())
    studio.during = lambda call: seen.append(other.ledger.entry(recording.id))
    studio.states.appendleft(RecordingState.COMPLETED)
    recorder.stop(recording)
    assert (seen[0].stop_wished_at is not None, seen[0].outcome) == (True, None)
    entry = other.ledger.entry(recording.id)
    assert (entry.outcome, entry.open) == (RecordingState.COMPLETED, False)


def test_a_ledger_that_is_down_keeps_nobody_from_stopping(
    make: Make, spec: Any, studio: Studio, break_ledger: Callable[[], None]
) -> None:
    """The vendor bills until it is stopped; what can't be written down is logged."""
    recorder = make(studio)
    recording = recorder.start(spec())
    break_ledger()
    studio.states.appendleft(RecordingState.COMPLETED)
    assert recorder.stop(recording).state is RecordingState.COMPLETED


def test_a_handle_of_another_time_is_taken_into_the_ledger(make: Make, spec: Any, clock: SteppedClock) -> None:
    """A recording that was started without a ledger, or with another one, is known from its stop on."""
    recording = Recorder(Studio(), clock=clock, hooks=[]).start(spec())
    recorder = make()
    recorder.stop(recording)
    assert recorder.ledger.entry(recording.id).recording == recording


# --- recover ---


def test_a_start_under_way_is_left_alone(make: Make, spec: Any, clock: SteppedClock) -> None:
    """Until its deadline and a minute are past: so late may a request arrive."""
    lose(make, spec())
    recorder = make()
    clock.sleep(LEASE_S - 1)
    assert recorder.recover().recoveries == ()
    clock.sleep(1)
    assert len(recorder.recover().recoveries) == 1


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([RecordingState.RECORDING], Verdict.RUNNING),
        ([RecordingState.COMPLETED], Verdict.ENDED),
        ([RecordingState.UPLOADING], Verdict.ENDED),
        ([RecordingState.UNREACHABLE, RecordingState.RECORDING], Verdict.RUNNING),
        ([RecordingState.UNREACHABLE, RecordingState.GONE], Verdict.ENDED),
        ([RecordingState.UNREACHABLE], Verdict.UNCLEAR),
    ],
)
def test_a_start_whose_id_was_noted_is_looked_at(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock, states: list[RecordingState], verdict: Verdict
) -> None:
    """Its handle is durable before the vendor is asked; where it says nothing it is asked again, at its own pace."""
    intent = lose(make, spec(), "begun")
    clock.sleep(LEASE_S)
    studio.states.clear()
    studio.states.extend(states)
    recorder, kept = make(studio), []
    studio.during = lambda call: kept.append(recorder.ledger.entry(intent.id).recording)
    report = recorder.recover()
    (recovery,) = report.recoveries
    assert (recovery.verdict, recovery.recording.native["tape"]) == (verdict, f"tape of {intent.id}")
    assert kept[0] == recovery.recording
    assert "recover" not in studio.calls
    entry = recorder.ledger.entry(intent.id)
    assert entry.recording == recovery.recording
    assert entry.open is (states[-1] not in (RecordingState.COMPLETED, RecordingState.GONE))
    assert bool(report.problems) is (verdict is Verdict.UNCLEAR)


@pytest.mark.parametrize("found", [never_started, uncontrollable, unclear])
def test_a_start_whose_id_is_lost_is_asked_for(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock, found: Any
) -> None:
    """The provider finds out; the ledger keeps what it says, and a second `recover` finds the same."""
    intent = lose(make, spec())
    clock.sleep(LEASE_S)
    studio.found = found
    recorder = make(studio)
    (recovery,) = recorder.recover(spec=lambda _: spec()).recoveries
    assert recovery == found(recovery.intent, None)
    assert studio.asked[0][1] == spec()
    entry = recorder.ledger.entry(intent.id)
    assert (entry.verdict, entry.reason, entry.ends_by) == (recovery.verdict, recovery.reason, recovery.ends_by)
    assert entry.open is (found is not never_started)
    assert make(studio).recover().recoveries == (() if found is never_started else (recovery,))
    assert recorder.ledger.entry(intent.id) == entry


def test_what_was_found_running_is_a_recording_like_any_other(make: Make, spec: Any, clock: SteppedClock) -> None:
    """The hooks hear of its start, which nobody had told them, once."""
    lose(make, spec(), "begun")
    clock.sleep(LEASE_S)
    heard: list[Recording] = []

    class Observer:
        @hookimpl
        def recorder_started(self, recording: Recording) -> None:
            heard.append(recording)

    recorder = make(hooks=[Observer()])
    (recovery,) = recorder.recover().recoveries
    recorder.recover()
    assert heard == [recovery.recording]
    assert recorder.stop(heard[0]).state is RecordingState.RECORDING


def test_stopping_what_was_found_running_stops_nothing_else(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock
) -> None:
    """Neither a recording whose handle was kept, nor a stranger."""
    mine = make().start(spec(room="mine"))
    lost = lose(make, spec(), "begun")
    clock.sleep(LEASE_S)
    studio.remote = [RemoteRecording(provider="memory", room="theirs", native={"tape": "t-9"})]
    studio.states.extend([RecordingState.COMPLETED, RecordingState.RECORDING])
    recorder = make(studio)
    report = recorder.recover(stop=True)
    (recovery,) = report.recoveries
    assert (recovery.intent.id, recovery.verdict) == (lost.id, Verdict.ENDED)
    assert recovery.status.state is RecordingState.COMPLETED
    assert sum(call.startswith("stop") for call in studio.calls) == 1
    assert recorder.ledger.entry(mine.id).open
    assert not recorder.ledger.entry(lost.id).open
    assert [stranger.room for stranger in report.unknown] == ["theirs"]


def test_a_stop_that_was_cut_short_is_sent_again(make: Make, spec: Any, studio: Studio, clock: SteppedClock) -> None:
    """It was wished; starts that were cut short come first, for vendors forget them."""
    first = Studio()
    recorder = make(first)
    recording = recorder.start(spec())
    first.during = killing("stop")
    with pytest.raises(Killed):
        recorder.stop(recording)
    lost = lose(make, spec(room="lost"))
    clock.sleep(LEASE_S)
    studio.states.appendleft(RecordingState.COMPLETED)
    found = {recovery.intent.id: recovery for recovery in make(studio).recover().recoveries}
    assert found[recording.id].verdict is Verdict.ENDED
    assert found[lost.id].verdict is Verdict.NEVER_STARTED
    assert [call.split()[0] for call in studio.calls][:2] == ["recover", "stop"]
    assert recorder.ledger.entry(recording.id).outcome is RecordingState.COMPLETED


def test_recordings_that_nobody_follows_are_looked_at(make: Make, spec: Any, studio: Studio) -> None:
    """So the ledger shows none as running that isn't there any more; they are no news of the report."""
    ended = make().start(spec(room="ended"))
    running = make().start(spec(room="running"))
    studio.states.appendleft(RecordingState.COMPLETED)
    recorder = make(studio)
    assert recorder.recover() == recorder.recover()
    assert recorder.ledger.entry(ended.id).outcome is RecordingState.COMPLETED
    assert recorder.ledger.entry(running.id).open


def test_one_that_fails_keeps_nobody_from_looking_into_the_others(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock
) -> None:
    """Each failure is a line that says which it was, and stays open; a bug's text, which may hold anything, is none."""
    lost = [lose(make, spec(room=room)) for room in ("refused", "broken", "fine")]
    clock.sleep(LEASE_S)

    def found(intent: StartIntent, _: object) -> Recovery:
        if intent.room == "refused":
            raise AuthenticationError("wrong key")
        if intent.room == "broken":
            raise ValueError("secret")
        return never_started(intent, None)

    studio.found = found
    report = make(studio).recover()
    assert [recovery.intent.room for recovery in report.recoveries] == ["fine"]
    assert report.problems == (
        f"refused ({lost[0].id}): wrong key",
        f"broken ({lost[1].id}): ValueError, a bug: in a plugin, in what finds the spec, or in the library",
    )
    studio.found = never_started
    assert len(make(studio).recover().recoveries) == 2


def test_the_deadline_ends_it(make: Make, spec: Any, studio: Studio, clock: SteppedClock) -> None:
    """What wasn't looked into is said, and is anybody's at once."""
    for room in "abc":
        lose(make, spec(room=room))
    clock.sleep(LEASE_S)
    studio.during = lambda call: clock.sleep(20)
    report = make(studio).recover(deadline=30)
    assert len(report.recoveries) == 2
    assert "the deadline came" in report.problems[0]
    assert len(make().recover().recoveries) == 1


def test_a_crash_inside_loses_nothing(make: Make, spec: Any, studio: Studio, clock: SteppedClock) -> None:
    """What it held is somebody else's when its lease has run out, with all that was noted meanwhile."""
    intent = lose(make, spec())
    clock.sleep(LEASE_S)

    def found(intent: StartIntent, _: object) -> Recovery:
        intent.note(probe="another start")
        raise Killed

    studio.found = found
    recorder = make(studio)
    recorder.ledger.release = lambda ids: None  # type: ignore[method-assign]  # a process that is killed gives nothing up
    with pytest.raises(Killed):
        recorder.recover(deadline=60)
    later = Studio()
    assert make(later).recover().recoveries == ()
    clock.sleep(LEASE_S)
    (recovery,) = make(later).recover().recoveries
    assert recovery.intent.id == intent.id
    assert later.asked[0][0].noted == {"probe": "another start"}


def test_each_start_is_looked_into_once_however_many_recover(make: Make, spec: Any, clock: SteppedClock) -> None:
    """Several processes recover at the same moment."""
    lost = {lose(make, spec(room=f"room {number}")).id for number in range(30)}
    clock.sleep(LEASE_S)
    studios, begin = [Studio() for _ in range(4)], threading.Barrier(4)
    recorders = [make(studio) for studio in studios]

    def recover(recorder: Recorder) -> None:
        begin.wait(30)
        recorder.recover()

    threads = [threading.Thread(target=recover, args=(recorder,)) for recorder in recorders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    asked = [intent.id for studio in studios for intent, _ in studio.asked]
    assert len(asked) == 30
    assert set(asked) == lost


# --- the spec ---


def test_one_spec_counts_for_its_room(make: Make, spec: Any, studio: Studio, clock: SteppedClock) -> None:
    """It has been through the hooks, as that of the start had; others go without."""
    for room in ("lesson-42", "another"):
        lose(make, spec(room=room))
    clock.sleep(LEASE_S)

    class Prefixing:
        @hookimpl
        def recorder_before_start(self, spec: RecordingSpec) -> RecordingSpec:
            return spec.model_copy(update={"output": spec.output.model_copy(update={"prefix": "term"})})

    make(studio, hooks=[Prefixing()]).recover(spec=spec())
    known = {intent.room: wanted for intent, wanted in studio.asked}
    assert known["lesson-42"].output.prefix == "term"
    assert known["another"] is None


def test_what_a_hook_refuses_is_not_sent_again(make: Make, spec: Any, studio: Studio, clock: SteppedClock) -> None:
    """The start is explained without its spec then."""
    lose(make, spec())
    clock.sleep(LEASE_S)

    class Refusing:
        @hookimpl
        def recorder_before_start(self, spec: RecordingSpec) -> RecordingSpec:
            raise Vetoed("not today")

    assert make(studio, hooks=[Refusing()]).recover(spec=spec()).problems == ()
    assert studio.asked[0][1] is None


@pytest.mark.parametrize(
    ("other", "what"), [({"room": "another"}, "another"), ({"video": {"width": 640, "height": 360}}, "can't do")]
)
def test_a_spec_that_can_not_be_the_starts_is_refused(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock, other: dict[str, Any], what: str
) -> None:
    """Sent again it would be another recording."""
    lose(make, spec())
    clock.sleep(LEASE_S)
    report = make(studio).recover(spec=lambda _: spec(**other))
    assert what in report.problems[0]
    assert studio.asked == []


# --- one intent ---


@pytest.mark.parametrize("with_ledger", [True, False])
def test_an_errors_intent_is_recovered(make: Make, spec: Any, studio: Studio, with_ledger: bool) -> None:
    """At once, by the recorder whose start it was; with a ledger or without one."""
    recorder = make(studio, **({} if with_ledger else {"ledger": None}))
    studio.failures["start"] = StartOutcomeUnknown("no answer")
    with pytest.raises(StartOutcomeUnknown) as caught:
        recorder.start(spec())
    intent = StartIntent.model_validate_json(caught.value.intent.model_dump_json())
    (recovery,) = recorder.recover(intent, spec=spec()).recoveries
    assert (recovery.verdict, recovery.intent.id) == (Verdict.NEVER_STARTED, intent.id)
    assert studio.asked[0][1] == spec()
    assert not any(call.startswith("list") for call in studio.calls)
    if with_ledger:
        assert not recorder.ledger.entry(intent.id).open
        assert recorder.recover(intent).recoveries[0].verdict is Verdict.NEVER_STARTED
        assert len(studio.asked) == 1


def test_an_intent_whose_ids_were_noted_gives_its_handle(make: Make, spec: Any, studio: Studio) -> None:
    """Without a ledger, too: the intent is all that is needed."""
    intent = _lost_without_ledger(spec())
    recorder = make(studio, ledger=None)
    (recovery,) = recorder.recover(intent, stop=False).recoveries
    assert recovery.verdict is Verdict.RUNNING
    assert recorder.stop(recovery.recording).state is RecordingState.RECORDING


def test_an_intent_that_the_ledger_does_not_know_is_written_down(make: Make, spec: Any, studio: Studio) -> None:
    """What it finds then is no stranger any more."""
    studio.found = uncontrollable
    recorder = make(studio)
    intent = _lost_without_ledger(spec(), at="start")
    recorder.recover(intent)
    entry = recorder.ledger.entry(intent.id)
    assert (entry.verdict, entry.open) == (Verdict.UNCONTROLLABLE, True)


def test_an_intent_that_is_somebody_elses_just_now_is_left(make: Make, spec: Any, studio: Studio) -> None:
    """Its process may still be at it: its lease hasn't run out."""
    intent = lose(make, spec())
    report = make(studio).recover(intent)
    assert report.recoveries == ()
    assert "somebody else" in report.problems[0]
    assert studio.calls == []


def test_what_the_error_knows_counts_beside_what_was_written(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock
) -> None:
    """An id that couldn't be written down is in the error all the same."""
    intent = lose(make, spec())
    clock.sleep(LEASE_S)
    knowing = intent.model_copy(update={"noted": {"tape": "t-1"}})
    (recovery,) = make(studio).recover(knowing).recoveries
    assert recovery.recording.native["tape"] == "t-1"


def test_an_intent_is_never_taken_for_a_later_start_of_its_key(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock
) -> None:
    """Closed, it is what it was found to be; what runs under its key now is another recording, and stays."""
    old = lose(make, spec(), key="lesson")
    clock.sleep(LEASE_S)
    make().recover()
    new = make().start(spec(), key="lesson")
    (recovery,) = make(studio).recover(old, stop=True).recoveries
    assert (recovery.verdict, recovery.intent.created_at) == (Verdict.NEVER_STARTED, old.created_at)
    assert studio.calls == []
    assert make().ledger.entry(new.id).open


def test_an_intent_that_the_ledger_never_knew_touches_no_other_start_of_its_key(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock
) -> None:
    """Its ids aren't those of the start that is open, whose process may have died just as well."""
    new = lose(make, spec(), key="lesson")
    old = new.model_copy(update={"created_at": new.created_at - timedelta(hours=1), "noted": {"tape": "old"}})
    clock.sleep(LEASE_S)
    studio.states.appendleft(RecordingState.GONE)
    report = make(studio).recover(old, stop=True)
    assert report.recoveries == ()
    assert "its key was used again" in report.problems[0]
    assert studio.calls == []
    entry = make().ledger.entry(new.id)
    assert (entry.open, entry.recording, entry.intent.created_at) == (True, None, new.created_at)


def test_a_start_that_is_found_while_it_is_looked_into_is_no_start_that_never_was(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock
) -> None:
    """A callback brings its id to another process just before the vendor says that there is nothing."""
    lost = lose(make, spec())
    clock.sleep(LEASE_S)
    handle = lost.draft.model_copy(update={"native": {"tape": "t-1"}})

    def found(intent: StartIntent, spec: RecordingSpec | None) -> Recovery:
        make().ledger.started(handle)
        return never_started(intent, spec)

    studio.found = found
    (recovery,) = make(studio).recover().recoveries
    assert (recovery.verdict, recovery.recording) == (Verdict.RUNNING, handle)
    assert make().ledger.entry(lost.id).open


def test_another_accounts_intent_is_refused(make: Make, spec: Any, studio: Studio) -> None:
    """Asked for at another account it would never be found, and taken for never started."""
    intent = _lost_without_ledger(spec()).model_copy(update={"account": "tenant-2"})
    with pytest.raises(ConfigurationError, match="tenant-2"):
        make(studio).recover(intent)


# --- strangers ---


def test_recordings_that_the_ledger_does_not_know_are_listed(
    make: Make, spec: Any, studio: Studio, clock: SteppedClock
) -> None:
    """Of two days, unless it is told otherwise: neither known ones, nor ended ones, nor what is about to be known."""
    mine = make().start(spec(room="mine"))
    lose(make, spec(room="beginning"))
    now = datetime.fromtimestamp(clock.time(), UTC)

    def remote(tape: str, room: str, state: RecordingState | None, began: datetime | None) -> RemoteRecording:
        return RemoteRecording(provider="memory", room=room, state=state, started_at=began, native={"tape": tape})

    running = RecordingState.RECORDING
    studio.remote = [
        remote(mine.native["tape"], "mine", running, now),
        remote("ended", "theirs", RecordingState.COMPLETED, now),
        remote("new", "beginning", running, now),
        remote("old", "beginning", running, now - timedelta(hours=1)),
        remote("running", "theirs", running, now),
        remote("unsaid", "theirs", None, None),
    ]
    report = make(studio).recover()
    assert [stranger.native["tape"] for stranger in report.unknown] == ["old", "running", "unsaid"]
    assert studio.calls[-1] == f"list {(now - timedelta(days=2)).isoformat()}"
    make(studio).recover(since=now - timedelta(hours=1))
    assert studio.calls[-1] == f"list {(now - timedelta(hours=1)).isoformat()}"


@pytest.mark.parametrize("outcome", [RecordingState.GONE, RecordingState.COMPLETED])
def test_what_the_vendor_lists_as_running_is_looked_at_though_it_has_ended(
    make: Make, spec: Any, studio: Studio, outcome: RecordingState
) -> None:
    """What was gone and is back is open again; what runs after a proven end is a problem. A list that lags is none."""
    mine = make().start(spec())
    make().ledger.learn(mine, RecordingStatus(state=outcome))
    studio.remote = [
        RemoteRecording(provider="memory", room="lesson-42", state=RecordingState.RECORDING, native=mine.native)
    ]
    lagging = Studio()
    lagging.remote, lagging.states = studio.remote, deque([RecordingState.COMPLETED])
    assert make(lagging).recover().problems == ()
    report = make(studio).recover()
    is_back = outcome is RecordingState.GONE
    assert make().ledger.entry(mine.id).open is is_back
    assert ["holds it to be running" in problem for problem in report.problems] == [True] * (not is_back)
    assert report.unknown == ()


def test_a_candidate_is_no_stranger(make: Make, spec: Any, studio: Studio, clock: SteppedClock) -> None:
    """It is told once, with the start that it may be."""
    lose(make, spec())
    clock.sleep(LEASE_S)
    studio.found = unclear
    studio.remote = [RemoteRecording(provider="memory", room="lesson-42", native={"tape": "t-7"})]
    assert make(studio).recover().unknown == ()


def test_a_list_that_fails_is_a_problem(make: Make, studio: Studio) -> None:
    """Everything else was found out."""
    studio.failures["list"] = ServiceUnavailable("away")
    report = make(studio).recover()
    assert report.problems == ("what else runs (at memory): away",)


# --- the door ---


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"intent": "lesson"}, InvalidSpec),
        ({"spec": "lesson.yaml"}, InvalidSpec),
        ({"since": "yesterday"}, InvalidSpec),
        ({"since": datetime(2026, 1, 1)}, InvalidSpec),
        ({"deadline": 0}, ConfigurationError),
    ],
)
def test_wrong_arguments_are_refused(make: Make, wrong: dict[str, Any], error: type[Exception]) -> None:
    """With what there should be in their place; nothing is asked."""
    studio = Studio()
    with pytest.raises(error):
        make(studio).recover(**wrong)
    assert studio.calls == []


def test_a_closed_recorder_recovers_nothing(make: Make) -> None:
    """As every operation that asks the vendor."""
    recorder = make()
    recorder.close()
    with pytest.raises(ConfigurationError, match="closed"):
        recorder.recover()


def test_asyncio_recovers_too(url: str, make: Make, spec: Any, studio: Studio, clock: SteppedClock) -> None:
    """`AsyncRecorder.recover` is the same, awaited, and its ledger is that of the recorder behind it."""
    intent = lose(make, spec())
    clock.sleep(LEASE_S)

    async def recover() -> tuple[Recovery, ...]:
        async with AsyncRecorder(studio, clock=clock, hooks=[], ledger=url) as recorder:
            recoveries = (await recorder.recover()).recoveries
            assert recorder.ledger.entry(intent.id).verdict is Verdict.NEVER_STARTED
            return recoveries

    assert [recovery.intent.id for recovery in asyncio.run(recover())] == [intent.id]


def test_a_cancelled_start_is_stopped_and_written_down(url: str, make: Make, spec: Any, clock: SteppedClock) -> None:
    """Of a start whose task is cancelled nothing runs, and the ledger says so."""
    studio, begun, release = Studio(), threading.Event(), threading.Event()
    studio.states.appendleft(RecordingState.COMPLETED)

    def during(call: str) -> None:
        if call == "start":
            begun.set()
            assert release.wait(30)

    studio.during = during

    async def cancel() -> None:
        async with AsyncRecorder(studio, clock=clock, hooks=[], ledger=url) as recorder:
            task = asyncio.create_task(recorder.start(spec(), key="k"))
            await asyncio.to_thread(begun.wait, 30)
            task.cancel()
            await asyncio.sleep(0)
            release.set()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancel())
    recorder = make()
    entry = recorder.ledger.entry(recorder.recording_id("k"))
    assert (entry.outcome, entry.open) == (RecordingState.COMPLETED, False)
    assert entry.stop_wished_at is not None


def _lost_without_ledger(spec: RecordingSpec, at: str = "begun") -> StartIntent:
    """The intent of a start whose answer nobody waited for."""
    studio = Studio()
    studio.during = killing(at)
    with pytest.raises(Killed) as caught:
        Recorder(studio, clock=SteppedClock(), hooks=[]).start(spec)
    intent: StartIntent = caught.value.intent  # type: ignore[attr-defined]
    return intent
