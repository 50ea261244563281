"""Workers that share the open recordings of a ledger: each is followed by one, and each end is told once."""

from __future__ import annotations

import itertools
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from forked import in_child
from recorder_core import (
    AuthenticationError,
    ConfigurationError,
    DeadlineExceeded,
    EventKind,
    LedgerUnavailable,
    RecordedFile,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingState,
    RecordingStatus,
    StartIntent,
    SystemClock,
    Worker,
    hookimpl,
)

LEASE = 60.0


class Told:
    """A hook that keeps the events which it is told."""

    def __init__(self) -> None:
        self.events: list[RecordingEvent] = []
        self.started: list[str] = []

    @hookimpl
    def recorder_event(self, event: RecordingEvent) -> None:
        self.events.append(event)

    @hookimpl
    def recorder_started(self, recording: Recording) -> None:
        self.started.append(recording.id)

    @property
    def ends(self) -> list[str | None]:
        return [event.recording_id for event in self.events if event.kind is EventKind.ENDED]


class Processes:
    """Recorders of one account on one ledger and one clock, each as a process of its own would have it.

    The first one's stage says what the vendor says, whoever asks.
    """

    def __init__(self, staged: Callable[..., Any], url: str, stack: ExitStack) -> None:
        self._staged = staged
        self._url = url
        self._stack = stack
        self.first = self.another()
        self.clock = self.first.clock

    def another(self, *hooks: object) -> Any:
        stage = self._stack.enter_context(
            self._staged(
                ledger=self._url, hooks=list(hooks), **({"clock": self.clock} if hasattr(self, "clock") else {})
            )
        )
        if hasattr(self, "clock"):
            stage.clock = stage._vendor._clock = self.clock
            stage.says = self.first.says
        return stage

    def worker(self, *hooks: object, **options: Any) -> Worker:
        """A worker in a process of its own, that looks in the thread that iterates."""
        stage = self.another(*hooks)
        worker = stage.recorder.worker(**{"workers": 0, "lease": LEASE, **options})
        worker.stage = stage
        return self._stack.enter_context(worker)

    def entry(self, recording: Recording) -> Any:
        return self.first.recorder.ledger.entry(recording.id)


@pytest.fixture
def processes(staged: Callable[..., Any], tmp_path: Path) -> Iterator[Processes]:
    with ExitStack() as stack:
        yield Processes(staged, f"sqlite:///{tmp_path / 'recordings.db'}", stack)


def taken(worker: Worker, seconds: float) -> list[RecordingEvent]:
    """The events that a worker tells in so much time, each handled as soon as it was told."""
    events = []
    until = worker._clock.time() + seconds
    while (left := until - worker._clock.time()) > 0:
        with suppress(DeadlineExceeded):
            event = worker.take(timeout=left)
            if event is None:
                break
            events.append(event)
    return events


def taken_by_threads(worker: Worker) -> None:
    """Look at all that is due, as threads would, and take nothing."""
    while (recording_id := worker._next()) is not None:
        worker._look(recording_id)


def kinds(events: list[RecordingEvent], recording: Recording) -> list[str]:
    return [str(event.kind) for event in events if event.recording_id == recording.id]


# --- what is followed --------------------------------------------------------------------------------------


def test_what_another_process_has_started_is_followed_to_its_end(processes: Processes) -> None:
    """Whatever is open in the ledger, with the whole outcome in the end; hooks are told of it too."""
    recordings = [processes.first.start("recording") for _ in range(3)]
    for number, recording in enumerate(recordings):
        file = RecordedFile(name=f"{number}.mp4", status="uploaded")
        processes.first.say_at(100 + 10 * number, recording, "completed", file)
    told = Told()
    worker = processes.worker(told)
    assert len(worker) == 0
    events = taken(worker, 300)
    for number, recording in enumerate(recordings):
        assert kinds(events, recording) == ["recording", "ended"]
        (end,) = [event for event in events if event.recording_id == recording.id and event.kind is EventKind.ENDED]
        assert (end.state, [file.name for file in end.files]) == (RecordingState.COMPLETED, [f"{number}.mp4"])
        entry = processes.entry(recording)
        assert (entry.open, entry.outcome, entry.owner) == (False, RecordingState.COMPLETED, None)
    assert sorted(told.ends) == sorted(recording.id for recording in recordings)
    assert len(worker) == 0


def test_recordings_that_are_started_later_are_followed_soon(processes: Processes) -> None:
    """A worker visits the ledger every two seconds: the first look comes when the vendor advises it."""
    worker = processes.worker()
    assert taken(worker, 100) == []
    recording = processes.first.start("starting")
    processes.first.say_at(103, recording, "recording")
    assert kinds(taken(worker, 20), recording) == ["status", "recording"]
    assert recording in worker
    assert worker.stage.looked_at(recording)[0] <= 104


def test_a_recording_of_which_nothing_is_known_yet_is_nobody_s_to_follow(processes: Processes) -> None:
    """A start that goes on has no handle; it is left to the process that starts."""
    now = datetime.fromtimestamp(processes.clock.time(), UTC)
    intent = StartIntent(id="r-1", provider="memory", account="tenant-1", room="lesson-42", created_at=now)
    processes.first.recorder.ledger.begin(intent, 1000)
    worker = processes.worker()
    assert taken(worker, 500) == []
    assert len(worker) == 0


def test_restored_as_another_process_has_changed_it(processes: Processes) -> None:
    """What was changed since the start, by whichever process, is sent again after a move to another server."""
    from recorder_core import Spotlight

    first = processes.first
    recording = first.start("recording")
    worker = processes.worker()
    taken(worker, 10)
    changed = first.recorder.layout(recording, Spotlight("1001"))
    first.call_back(recording, "migrated")
    taken(worker, 10)
    ((_, restored),) = worker.stage.restored
    assert (restored.layout, restored.revision) == (changed.layout, changed.revision)


# --- who follows -------------------------------------------------------------------------------------------


def shares(workers: list[Worker]) -> list[int]:
    """How many each follows, after they had time to divide what there is."""
    for _ in range(12):
        for worker in workers:
            taken(worker, 2.0)
    return sorted(len(worker) for worker in workers)


def test_workers_divide_what_there_is(processes: Processes) -> None:
    """As evenly as it goes, when they come, when they go, and nobody follows what another does."""
    recordings = [processes.first.start("recording") for _ in range(30)]
    one = processes.worker(batch=5)
    assert shares([one]) == [30]
    two = processes.worker(batch=5)
    assert shares([one, two]) == [15, 15]
    three = processes.worker(batch=5)
    found = shares([one, two, three])
    assert sum(found) == 30
    assert found[-1] <= 11
    assert Counter(sum(recording in worker for worker in (one, two, three)) for recording in recordings) == {1: 30}
    two.close()
    assert sum(shares([one, three])) == 30


def test_nothing_is_told_of_what_is_handed_over(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that comes back while others get a recording belongs to them: its end is told by them alone."""
    recordings = [processes.first.start("recording") for _ in range(4)]
    one = processes.worker()
    taken(one, 30)
    ledger, status = one.stage.recorder.ledger, one.stage.recorder.status
    hand_over = ledger.stop_following

    def looked_at_meanwhile(recording_ids: Any) -> None:
        for recording in recordings:
            processes.first.say(recording, "completed")
            status(recording)
        hand_over(recording_ids)

    monkeypatch.setattr(ledger, "stop_following", looked_at_meanwhile)
    two = processes.worker()
    taken(two, 1)
    events = [*taken(one, 10), *taken(two, 100), *taken(one, 100)]
    assert Counter(event.recording_id for event in events if event.kind is EventKind.ENDED) == {
        recording.id: 1 for recording in recordings
    }


def test_a_worker_takes_a_batch_at_a_time(processes: Processes) -> None:
    """So that another one that begins at the same moment gets some too."""
    for _ in range(20):
        processes.first.start("recording")
    one, two = processes.worker(batch=4), processes.worker(batch=4)
    sizes = []
    for _ in range(3):
        for worker in (one, two):
            worker._visit()
        sizes.append((len(one), len(two)))
    assert sizes == [(4, 4), (8, 8), (10, 10)]


def test_no_more_is_followed_than_was_allowed(processes: Processes) -> None:
    """What is too much for one process waits for another, or until something has ended."""
    recordings = [processes.first.start("recording") for _ in range(5)]
    worker = processes.worker(most=3)
    assert shares([worker]) == [3]
    processes.first.say(recordings[0], "completed")
    taken(worker, 200)
    assert recordings[0] not in worker
    assert len(worker) == 3


def test_a_dead_worker_s_recordings_are_taken_over(processes: Processes) -> None:
    """When its leases run out, not before; what it has told isn't told again, its end is."""
    recording = processes.first.start("recording")
    processes.first.say(recording, "recording", RecordedFile(name="a.mp4", status="recording"))
    dead, heir = processes.worker(), processes.worker()
    assert kinds(taken(dead, 30), recording) == ["recording"]
    assert taken(heir, LEASE - 15) == []
    assert recording not in heir
    assert taken(heir, 10) == []
    assert recording in heir
    processes.first.say(recording, "completed")
    assert kinds(taken(heir, 200), recording) == ["ended"]


def test_a_worker_that_ends_gives_back_what_it_has(processes: Processes) -> None:
    """The next one follows it at once."""
    recording = processes.first.start("recording")
    one, two = processes.worker(), processes.worker()
    taken(one, 5)
    assert recording in one
    one.close()
    taken(two, 5)
    assert recording in two
    assert (list(one), len(one)) == ([], 0)


def test_ends_that_nobody_took_when_a_worker_is_closed_are_told_by_the_next(processes: Processes) -> None:
    """By that one alone; what was taken before is told, and other news are still there for whoever takes them."""
    ended = [processes.first.start("completed") for _ in range(3)]
    running = processes.first.start("recording")
    one = processes.worker()
    first = one.take()
    taken_by_threads(one)
    one.close()
    left = list(one)
    assert [(event.recording_id, event.kind) for event in left] == [(running.id, EventKind.RECORDING)]
    assert first is not None
    ends = [event.recording_id for event in taken(processes.worker(), 100) if event.kind is EventKind.ENDED]
    assert sorted([*ends, first.recording_id]) == sorted(recording.id for recording in ended)


def test_leases_are_renewed(processes: Processes) -> None:
    """As long as a worker is there nobody else follows what it follows."""
    recording = processes.first.start("recording")
    one, two = processes.worker(), processes.worker()
    for _ in range(40):
        taken(one, 10)
        assert taken(two, 1) == []
    assert recording in one


def test_a_worker_that_slept_tells_nothing_of_what_is_another_s(processes: Processes) -> None:
    """A process that was stopped for minutes has lost its leases: it neither looks nor tells before it knows better."""
    recording = processes.first.start("recording")
    told = Told()
    sleeper, heir = processes.worker(told), processes.worker()
    taken(sleeper, 10)
    taken(heir, 100)
    processes.first.say(recording, "completed")
    looks = len(sleeper.stage.looks)
    sleeper._visit_at = sleeper._recover_at = float("inf")  # it awakes in the middle of its work
    assert taken(sleeper, 1) == []
    assert len(sleeper.stage.looks) == looks
    assert kinds(taken(heir, 200), recording) == ["ended"]
    sleeper._visit_at = 0.0
    assert taken(sleeper, 200) == []
    assert (told.ends, len(sleeper)) == ([], 0)


def test_a_forked_child_follows_nothing_of_its_parent_s(processes: Processes) -> None:
    """It refuses, and gives nothing of the parent's back when it ends."""
    recording = processes.first.start("recording")
    worker = processes.worker()
    taken(worker, 5)

    def child() -> list[Any]:
        with pytest.raises(ConfigurationError, match="the worker is its parent's"):
            worker.take(timeout=1)
        worker.close()
        return [len(worker)]

    assert in_child(child) == [0]
    assert processes.entry(recording).owner is not None
    assert recording in worker


# --- each end once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_followed", [True, False])
def test_an_outcome_that_another_process_has_written_is_told(processes: Processes, is_followed: bool) -> None:
    """A web process stops it: the worker tells its end, whether or not it was followed before."""
    first = processes.first
    recording = first.start("recording")
    worker = processes.worker()
    if is_followed:
        taken(worker, 10)
    first.provider.states.clear()
    first.provider.states.append(
        RecordingStatus(state=RecordingState.COMPLETED, files=(RecordedFile(name="a.mp4", status="uploaded"),))
    )
    first.recorder.stop(recording)
    first.say(recording, "gone")  # the vendor forgets what has ended
    (end,) = [event for event in taken(worker, 300) if event.kind is EventKind.ENDED]
    assert (end.state, [file.name for file in end.files]) == (RecordingState.COMPLETED, ["a.mp4"])
    assert taken(worker, 300) == []
    assert taken(processes.worker(), 300) == []


def test_an_end_counts_as_told_when_the_next_event_is_asked_for(processes: Processes) -> None:
    """Whoever dies with an end in hand has told nothing, as far as is known: the next worker tells it again."""
    recordings = [processes.first.start("completed") for _ in range(2)]
    dead = processes.worker()
    events = iter(dead)
    handled, in_hand = next(events), next(events)
    assert {handled.recording_id, in_hand.recording_id} == {recording.id for recording in recordings}
    processes.clock.now += 2 * LEASE
    (again,) = taken(processes.worker(), 100)
    assert (again.recording_id, again.kind, again.state) == (in_hand.recording_id, EventKind.ENDED, in_hand.state)


def test_whoever_leaves_the_loop_with_an_end_has_it_told_again(processes: Processes) -> None:
    """A handler that fails is another worker's chance, at once where the worker was closed."""
    recording = processes.first.start("completed")
    with suppress(ZeroDivisionError), processes.worker() as worker:
        for _ in worker:
            raise ZeroDivisionError
    assert kinds(taken(processes.worker(), 100), recording) == ["ended"]
    assert taken(processes.worker(), 100) == []


@pytest.mark.parametrize("is_explained_before", [False, True])
def test_an_end_that_nothing_proves_closes_nothing(processes: Processes, is_explained_before: bool) -> None:
    """A callback whose signature doesn't cover it may be forged: the vendor is asked, and what runs can be stopped."""
    first = processes.first
    recording = first.start("recording")
    worker = processes.worker()
    taken(worker, 10)
    worker.stage.provider.covers_body = False
    if is_explained_before:
        worker.stage.call_back(recording, "stopped", state="uploading", ending="idle")
    worker.stage.call_back(recording, "ended", state="completed", ending="idle")
    told = kinds(taken(worker, 100), recording)
    assert is_explained_before or "ended" not in told
    assert processes.entry(recording).open
    assert recording in worker
    first.recorder.stop(recording)
    assert first.provider.calls[-1].startswith("stop")


def test_an_end_that_nothing_proves_and_the_vendor_has_forgotten_is_told_once(processes: Processes) -> None:
    """It runs no more, so that its row is closed: as gone, for only the callback knows how it ended."""
    recording = processes.first.start("recording")
    worker = processes.worker()
    taken(worker, 10)
    worker.stage.provider.covers_body = False
    processes.first.say(recording, "gone")
    worker.stage.call_back(recording, "ended", state="completed", ending="idle")
    (end,) = [event for event in taken(worker, 300) if event.kind is EventKind.ENDED]
    assert end.state is RecordingState.COMPLETED
    entry = processes.entry(recording)
    assert (entry.open, entry.outcome, entry.status.state) == (False, RecordingState.GONE, RecordingState.COMPLETED)


def test_old_ends_aren_t_told(processes: Processes) -> None:
    """Whoever begins to use workers isn't told of last year's recordings."""
    first = processes.first
    recordings = [first.start("recording") for _ in range(2)]
    first.recorder.ledger.learn(recordings[0], RecordingStatus(state=RecordingState.COMPLETED))
    processes.clock.now += 86_401
    first.recorder.ledger.learn(recordings[1], RecordingStatus(state=RecordingState.COMPLETED))
    events = taken(processes.worker(), 100)
    assert [event.recording_id for event in events] == [recordings[1].id]


def test_a_recording_that_is_back_is_followed_again(processes: Processes) -> None:
    """What counted as gone, and was told so, is followed on when a look of anybody's finds it."""
    first = processes.first
    recording = first.start("gone")
    worker = processes.worker()
    assert kinds(taken(worker, 100), recording) == ["ended"]
    first.say(recording, "recording")
    first.recorder._known._remove(recording.id)
    first.recorder.ledger.learn(recording, RecordingStatus(state=RecordingState.RECORDING))
    taken(worker, 10)
    assert recording in worker


# --- what goes wrong ---------------------------------------------------------------------------------------


def test_a_recording_that_can_t_be_looked_at_is_left_alone_for_a_while(processes: Processes) -> None:
    """An event of kind `error` says so; after five leases somebody tries again."""
    recording = processes.first.start("recording")
    processes.first.says[recording.id] = AuthenticationError("the credentials aren't accepted")
    one, two = processes.worker(), processes.worker()
    assert kinds(taken(one, 20), recording) == ["error"]
    assert taken(one, 4 * LEASE) == taken(two, 0.5 * LEASE) == []
    processes.first.say(recording, "completed")
    assert kinds([*taken(one, LEASE), *taken(two, LEASE)], recording) == ["ended"]


def test_starts_whose_process_has_died_are_recovered(processes: Processes) -> None:
    """A lost start of which the id was noted is found, and followed like any other."""
    recorder = processes.first.recorder
    plan = recorder.plan(processes.first._spec())
    now = datetime.fromtimestamp(processes.clock.time(), UTC)
    intent = StartIntent(id="r-1", provider="memory", account="tenant-1", room="lesson-42", created_at=now)
    intent = intent.model_copy(update={"draft": recorder.provider.draft(plan, intent)})
    recorder.ledger.begin(intent, 100)
    intent.kept_by(recorder.ledger.note).note(native={"tape": "t-1"})
    processes.first.says["r-1"] = RecordingStatus(state=RecordingState.RECORDING)
    told = Told()
    worker = processes.worker(told)
    assert taken(worker, 90) == []
    events = taken(worker, 150)
    assert [(event.recording_id, event.kind) for event in events] == [("r-1", EventKind.RECORDING)]
    assert told.started == ["r-1"]


def test_what_recovery_can_t_explain_is_a_warning(processes: Processes, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing runs in silence that nobody can stop."""
    now = datetime.fromtimestamp(processes.clock.time(), UTC)
    intent = StartIntent(id="r-1", provider="memory", account="tenant-1", room="lesson-42", created_at=now)
    processes.first.recorder.ledger.begin(intent, 10)
    with caplog.at_level(logging.INFO, "recorder_core.following"):
        taken(processes.worker(), 250)
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == 1  # not every minute
    assert "the start of recording r-1 in room 'lesson-42' was cut short; it is unclear" in warned[0]


def test_what_recovery_can_t_explain_is_looked_into_ever_less_often(processes: Processes) -> None:
    """A look may be a start at the vendor: the pause grows with the start's age, up to an hour, for all workers."""
    now = datetime.fromtimestamp(processes.clock.time(), UTC)
    intent = StartIntent(id="r-1", provider="memory", account="tenant-1", room="lesson-42", created_at=now)
    processes.first.recorder.ledger.begin(intent, 100)
    begun, looks = processes.clock.time(), []
    workers = [processes.worker(), processes.worker()]
    for worker in workers:
        recover = worker.stage.recorder.provider.recover

        def looked(*args: Any, recover: Any = recover) -> Any:
            looks.append(processes.clock.time() - begun)
            return recover(*args)

        worker.stage.recorder.provider.recover = looked
    while processes.clock.time() < begun + 20_000:
        for worker in workers:
            for _ in range(3):  # whoever iterates looks when it is due, at most every minute
                taken(worker, 1)
                processes.clock.now += 20
    pauses = [later - earlier for earlier, later in itertools.pairwise(looks)]
    assert looks[0] < 250
    assert all(pause >= 0.9 * min(at, 3600) for at, pause in zip(looks, pauses, strict=False))
    assert max(pauses) < 3600 + 200
    assert 8 < len(looks) < 16


def test_a_stop_that_was_wished_and_never_sent_is_sent(processes: Processes) -> None:
    """The process that was to stop it has died; the worker that follows it, or any other, stops it."""
    first = processes.first
    recording = first.start("recording")
    worker = processes.worker()
    taken(worker, 10)
    first.recorder.ledger.wish_stop(recording)
    worker.stage.provider.states.clear()
    worker.stage.provider.states.append(RecordingState.COMPLETED)
    assert kinds(taken(worker, 150), recording)[-1] == "ended"
    assert [call for call in worker.stage.provider.calls if call.startswith("stop")]


def test_a_ledger_that_is_gone_for_a_while(
    staged: Callable[..., Any],
    postgres_url: str,
    outage: Callable[[bool], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is leased is followed for as long as the leases last, with one warning, and then on when the ledger is back.

    An end that came meanwhile is told then, and written down.
    """
    with ExitStack() as stack:
        processes = Processes(staged, postgres_url, stack)
        short, long = (processes.first.start("recording") for _ in range(2))
        told = Told()
        worker = processes.worker(told)
        taken(worker, 10)
        processes.first.say_at(20, short, "completed")
        processes.first.say_at(100, long, "completed")
        outage(True)
        with caplog.at_level(logging.WARNING):
            taken(worker, 120)
        looks = [seconds for seconds, _ in worker.stage.looks]
        assert max(looks) <= 10 + LEASE
        warned = [record.getMessage() for record in caplog.records if record.name == "recorder_core.following"]
        assert [text for text in warned if "2 recordings are followed for as long as their leases last" in text]
        assert len([text for text in warned if "for as long as" in text]) == 1
        outage(False)
        taken(worker, 100)
        assert [text for text in caplog.messages if "the ledger can be used again" in text]
        assert sorted(told.ends) == sorted([short.id, long.id])
        assert {processes.entry(recording).outcome for recording in (short, long)} == {RecordingState.COMPLETED}


def test_whoever_waits_for_an_end_is_told_that_there_is_no_ledger(processes: Processes, tmp_path: Path) -> None:
    """A worker that runs until something is reached isn't there to wait for a database."""
    stage = processes.another()
    stage.recorder.ledger.close()
    (tmp_path / "recordings.db").write_bytes(b"not a database" * 1000)
    stage.recorder.ledger._database._engine = None
    with pytest.raises(LedgerUnavailable), stage.recorder.worker(workers=0, until="idle") as worker:
        worker.take()


# --- until -------------------------------------------------------------------------------------------------


def test_until_nothing_is_left(processes: Processes) -> None:
    """`idle`: iterating ends when all have ended and all is told, at once where there is nothing."""
    assert list(processes.worker(until="idle")) == []
    recordings = [processes.first.start("recording") for _ in range(3)]
    for number, recording in enumerate(recordings):
        processes.first.say_at(50 * (number + 1), recording, "completed")
    events = list(processes.worker(until="idle"))
    assert [event.kind for event in events].count(EventKind.ENDED) == 3


def test_until_each_was_looked_at(processes: Processes) -> None:
    """`looked`: each once, at once; what is new is told, and the rest is left to whoever comes next."""
    first = processes.first
    steady, ended = first.start("recording"), first.start("recording")
    with processes.worker(until="looked") as worker:
        assert sorted(str(event.kind) for event in worker) == ["recording", "recording"]
    first.say(ended, "completed")
    began = processes.clock.now
    with processes.worker(until="looked") as worker:
        events = list(worker)
    assert [(event.recording_id, event.kind) for event in events] == [(ended.id, EventKind.ENDED)]
    assert len(worker.stage.looks) == 2
    assert processes.clock.now - began < 10
    assert processes.entry(steady).owner is None


# --- what is refused ---------------------------------------------------------------------------------------


def test_what_can_t_be_found_is_sought_until_it_is_sure(processes: Processes) -> None:
    """`looked`: some vendors say only after a while that it is over, to the process that has seen it missing."""
    recording = processes.first.start("unreachable")
    processes.first.say_at(80, recording, "gone")
    events = list(processes.worker(until="looked"))
    assert kinds(events, recording)[-1] == "ended"
    missing = processes.first.start("unreachable")
    assert "ended" not in kinds(list(processes.worker(until="looked")), missing)


@pytest.mark.parametrize(
    "options",
    [
        {"until": "tomorrow"},
        {"lease": 5},
        {"lease": "long"},
        {"batch": 0},
        {"most": 0},
        {"workers": 65},
        {"batch": 1.5},
    ],
)
def test_arguments_out_of_their_range(processes: Processes, options: dict[str, Any]) -> None:
    """Each is named."""
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        processes.first.recorder.worker(**options)


def test_without_a_ledger_there_is_nothing_to_share(stage: Any) -> None:
    """The error says how to have one."""
    with pytest.raises(ConfigurationError, match="no ledger") as caught:
        stage.recorder.worker()
    assert "ledger=" in caught.value.hint


# --- with threads ------------------------------------------------------------------------------------------


def test_threads_look_and_keep_the_leases(memory: Any, spec: Any, tmp_path: Path) -> None:
    """Two workers of four threads each, in real time: each of forty ends once, and no thread stays."""
    looks: Counter[str] = Counter()

    class HurriedProvider(memory):  # type: ignore[misc]
        poll_delays = (0.005, 0.02)
        watch_interval = 0.02

        def status(self, recording: Any) -> RecordingStatus:
            looks[recording.id] += 1
            states = ["recording", "recording", "uploading", "completed"]
            return RecordingStatus(state=states[min(looks[recording.id], len(states)) - 1])

    url = f"sqlite:///{tmp_path / 'recordings.db'}"
    before = set(threading.enumerate())
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(Recorder(HurriedProvider(), clock=SystemClock(), hooks=[], ledger=url))
            for _ in range(2)
        )
        recordings = [one.start(spec()) for _ in range(40)]
        workers = [stack.enter_context(each.worker(workers=4, batch=10, until="idle")) for each in (one, two)]
        told: list[list[RecordingEvent]] = [[], []]
        takers = [
            threading.Thread(target=lambda events, worker: events.extend(worker), args=pair)
            for pair in zip(told, workers, strict=True)
        ]
        for taker in takers:
            taker.start()
        for taker in takers:
            taker.join(60)
    ends = Counter(event.recording_id for events in told for event in events if event.kind is EventKind.ENDED)
    assert ends == {recording.id: 1 for recording in recordings}
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
