"""Many recordings followed at once, by the thread that iterates or by workers."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from typing import Any

import pytest

from recorder_core import (
    AuthenticationError,
    ConfigurationError,
    DeadlineExceeded,
    EventKind,
    Recorder,
    RecordingState,
    RecordingStatus,
    SystemClock,
    TransportError,
)


def by_recording(events: list[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for event in events:
        found[event.recording_id].append(str(event.kind))
    return found


# --- by the thread that iterates ---


def test_each_to_its_end(stage: Any) -> None:
    """The iteration ends when the last one has ended; each recording has its own list."""
    recordings = [stage.start() for _ in range(5)]
    for number, recording in enumerate(recordings):
        stage.say_at(10 + number, recording, "recording")
        stage.say_at(100 * (number + 1), recording, "completed")
    with stage.recorder.fleet(recordings, workers=0) as fleet:
        assert len(fleet) == 5
        events = list(fleet)
        assert len(fleet) == 0
    assert by_recording(events) == {recording.id: ["status", "recording", "ended"] for recording in recordings}
    assert [event.recording_id for event in events if event.kind is EventKind.ENDED] == [
        recording.id for recording in recordings
    ]


def test_the_same_every_time(staged: Any) -> None:
    """Without workers everything happens in one thread, in one order."""

    def run() -> list[tuple[Any, ...]]:
        with staged() as stage:
            recordings = [stage.start(room=f"room-{number}") for number in range(20)]
            for number, recording in enumerate(recordings):
                stage.say_at(7 * number + 1, recording, "recording")
                stage.call_back_at(7 * number + 3, recording, "error", sequence=1)
                stage.call_back_at(9 * number + 5, recording, "stopped", state="stopping", sequence=2)
                stage.say_at(300 - 11 * number, recording, "completed")
            with stage.recorder.fleet(recordings, workers=0) as fleet:
                events = list(fleet)
            numbers = {recording.id: number for number, recording in enumerate(recordings)}
        return [(numbers[event.recording_id], *seen) for event, seen in zip(events, stage.seen(events), strict=True)]

    first = run()
    assert {number for number, *_ in first} == set(range(20))
    assert run() == first


def test_what_matters_most_is_looked_at_first(stage: Any) -> None:
    """Those that are young or ending go before those that are missing, and these before all others."""
    steady, missing, ending = (stage.start("recording") for _ in range(3))
    stage.say(missing, "unreachable")
    stage.say(ending, "uploading")
    with stage.recorder.fleet((steady, missing, ending), workers=0) as fleet:
        for _ in range(3):
            fleet.take()
        stage.clock.now += 1000  # all are due now
        stage.looks.clear()
        fleet.add(young := stage.start("starting"))
        stage.clock.now += 10
        stage.say(steady, "completed")
        assert [fleet.take().recording_id, fleet.take().recording_id] == [young.id, steady.id]
    assert [recording_id for _, recording_id in stage.looks] == [ending.id, young.id, missing.id, steady.id]


def test_recordings_that_come_and_go(stage: Any) -> None:
    """`add` and `discard` at any time, also by whoever iterates."""
    first, second, third = (stage.start("recording") for _ in range(3))
    stage.say_at(100, second, "completed")
    with stage.recorder.fleet([first], workers=0) as fleet:
        seen = []
        for event in fleet:
            seen.append((event.recording_id, str(event.kind)))
            if len(seen) == 1:
                fleet.add(second, third)
                fleet.add(second)
                assert len(fleet) == 3
                fleet.discard(first, first)
                assert first not in fleet
                assert second in fleet
            if len(seen) == 3:
                fleet.discard(third)
    assert seen[0] == (first.id, "recording")
    assert sorted(seen[1:3]) == sorted([(second.id, "recording"), (third.id, "recording")])
    assert seen[3:] == [(second.id, "ended")]


def test_an_empty_fleet(stage: Any) -> None:
    """It has no events; recordings may be added later, and it is iterated anew."""
    with stage.recorder.fleet(workers=0) as fleet:
        assert list(fleet) == []
        fleet.add(stage.start("completed"))
        assert [str(event.kind) for event in fleet] == ["ended"]


def test_an_error_that_stays_ends_the_following_of_that_one(stage: Any) -> None:
    """An event of kind `error` says so; nothing is said of the recording's state, and the others go on."""
    refused, fine = stage.start("recording"), stage.start("recording")
    stage.fail_at(30, refused, AuthenticationError("the credentials aren't accepted"))
    stage.say_at(100, fine, "completed")
    with stage.recorder.fleet([refused, fine], workers=0) as fleet:
        events = list(fleet)
    last = [event for event in events if event.recording_id == refused.id][-1]
    assert (last.kind, last.state, last.fault) == (EventKind.ERROR, None, "caller")
    assert "isn't followed any more" in last.reason
    assert "credentials" in last.reason
    assert by_recording(events)[fine.id] == ["recording", "ended"]


def test_a_look_that_fails_in_an_unheard_of_way(stage: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A bug of a provider, or of a hook's, doesn't end the others; it is logged, and tried three times."""
    broken, fine = stage.start("recording"), stage.start("recording")
    stage.fail_at(30, broken, ZeroDivisionError("by zero"))
    stage.say_at(500, fine, "completed")
    with caplog.at_level(logging.ERROR), stage.recorder.fleet([broken, fine], workers=0) as fleet:
        events = list(fleet)
    assert by_recording(events) == {broken.id: ["recording", "error"], fine.id: ["recording", "ended"]}
    assert len(stage.looked_at(broken)) == 4
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError] * 3


def test_two_who_follow_the_same(stage: Any) -> None:
    """Each is told everything, and one look serves both."""
    recording = stage.start("recording")
    stage.say_at(30, recording, "paused")
    stage.say_at(100, recording, "completed")
    with stage.recorder.fleet([recording], workers=0) as one, stage.recorder.fleet([recording], workers=0) as other:
        assert [str(event.kind) for event in one] == ["recording", "paused", "ended"]
        assert [str(event.kind) for event in other] == ["recording", "paused", "ended"]
    assert stage.looked_at(recording) == [2, 62, 122]


def test_events_that_nobody_took_are_bounded(stage: Any) -> None:
    """A thousand callbacks that nobody takes leave the latest 32, and a warning in place of the others."""
    recording = stage.start("recording")
    with stage.recorder.fleet([recording], workers=0) as fleet:
        for number in range(1000):
            stage.call_back(recording, "upload_progress", sequence=number, progress=number / 1000)
        first, second = fleet.take(), fleet.take()
    assert (first.kind, second.progress) == (EventKind.WARNING, 0.968)


def test_the_timeout_of_one_event(stage: Any) -> None:
    """DeadlineExceeded where none came in that time; nothing is lost."""
    recording = stage.start("recording")
    with stage.recorder.fleet([recording], workers=0) as fleet:
        with pytest.raises(DeadlineExceeded, match="no event came within 1 s"):
            fleet.take(timeout=1)
        assert fleet.take(timeout=2).kind is EventKind.RECORDING


def test_a_closed_fleet(stage: Any) -> None:
    """It follows nothing, has no events and takes no recordings; nothing is kept for it."""
    recording = stage.start("recording")
    with stage.recorder.fleet([recording], workers=0) as fleet:
        pass
    assert list(fleet) == []
    assert len(fleet) == 0
    with pytest.raises(ConfigurationError, match="closed"):
        fleet.add(recording)
    assert stage.recorder._listeners._by_wish == {}
    assert stage.recorder._known._pins == {}


@pytest.mark.parametrize("workers", [-1, 65, 1.5, True, "8"])
def test_workers_that_are_none(stage: Any, workers: Any) -> None:
    """A number of threads from 0 to 64."""
    with pytest.raises(ConfigurationError, match="workers"):
        stage.recorder.fleet(workers=workers)


def test_a_foreign_handle_is_refused_with_all_others(stage: Any) -> None:
    """None of those given is followed then, and nothing of the fleet is left."""
    foreign = stage.start().model_copy(update={"account": "somebody else's"})
    with pytest.raises(ConfigurationError, match="belongs to"):
        stage.recorder.fleet([stage.start(), foreign])
    assert stage.recorder._listeners._by_wish == {}
    assert stage.recorder._known._pins == {}


# --- by workers ---


@pytest.fixture
def hurried(memory: Any, spec: Any) -> Any:
    """A recorder in real time whose vendor advises to look every 20 ms; and starts recordings."""

    class HurriedProvider(memory):  # type: ignore[misc]
        poll_delays = (0.005, 0.02)
        watch_interval = 0.02

        def __init__(self) -> None:
            super().__init__()
            self.looks: dict[str, int] = defaultdict(int)
            self.threads: set[str] = set()
            self.gate = threading.Event()
            self.gate.set()

        def status(self, recording: Any) -> RecordingStatus:
            assert self.gate.wait(10)
            self.threads.add(threading.current_thread().name)
            self.looks[recording.id] += 1
            states = ["starting", "recording", "recording", "uploading", "completed"]
            return RecordingStatus(state=states[min(self.looks[recording.id], len(states)) - 1])

    recorder = Recorder(HurriedProvider(), clock=SystemClock(), hooks=[])
    return recorder, lambda count: [recorder.start(spec()) for _ in range(count)]


def test_workers_look_while_others_iterate(hurried: Any) -> None:
    """A hundred recordings, eight workers, three threads that take events: each event once, to the end."""
    recorder, start = hurried
    recordings, events = start(100), []
    with recorder.fleet(recordings) as fleet:
        threads = [threading.Thread(target=lambda: events.extend(fleet)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert recorder.provider.threads == {"recorder-fleet"}
    assert {tuple(sorted(kinds)) for kinds in by_recording(events).values()} == {
        ("ended", "recording", "status", "upload_started")
    }
    assert len(by_recording(events)) == 100


def test_each_recording_in_its_order(hurried: Any) -> None:
    """One thread that iterates gets the events of a recording in their order, whichever worker found them."""
    recorder, start = hurried
    with recorder.fleet(start(50), workers=4) as fleet:
        found = by_recording(list(fleet))
    assert set(map(tuple, found.values())) == {("status", "recording", "upload_started", "ended")}


def test_the_workers_end_with_the_fleet(hurried: Any) -> None:
    """Whoever waits for events is let go, and no thread stays, though one was in the middle of a look."""
    recorder, start = hurried
    fleet = recorder.fleet(start(3))
    recorder.provider.gate.clear()
    waiting = threading.Thread(target=lambda: list(fleet))
    waiting.start()
    fleet.close()
    waiting.join(10)
    assert not waiting.is_alive()
    recorder.provider.gate.set()
    for thread in fleet._threads:
        thread.join(10)
        assert not thread.is_alive()


def test_workers_with_nothing_to_do(hurried: Any) -> None:
    """They wait for recordings, and follow those that are added later."""
    recorder, start = hurried
    with recorder.fleet() as fleet:
        assert list(fleet) == []
        fleet.add(*start(2))
        assert len(by_recording(list(fleet))) == 2
        fleet.add(*start(1))
        assert len(by_recording(list(fleet))) == 1


def test_a_failure_in_a_worker(hurried: Any) -> None:
    """It is repeated there, too."""
    recorder, start = hurried
    recorder.provider.failures["status"] = TransportError("no answer", retryable=True)
    with recorder.fleet(start(1), workers=1) as fleet:
        assert list(fleet)[-1].state is RecordingState.COMPLETED
