"""Callbacks that several processes receive, with a ledger between them."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recorder_core import (
    DeadlineExceeded,
    EventKind,
    LedgerUnavailable,
    RecordedFile,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingState,
    RecordingStatus,
    Recovery,
    StartIntent,
    Verdict,
    WebhookApp,
    hookimpl,
)


class Told:
    """A hook that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[RecordingEvent] = []
        self.started: list[str] = []

    @hookimpl
    def recorder_event(self, event: RecordingEvent) -> None:
        self.events.append(event)

    @hookimpl
    def recorder_started(self, recording: Recording) -> None:
        self.started.append(recording.id)


class Process:
    """A recorder as one process has it; the vendor's callbacks may reach any of them."""

    def __init__(self, recorder: Recorder, provider: Any, vendor: Any, told: Told) -> None:
        self.recorder, self.provider, self.vendor, self.told = recorder, provider, vendor, told

    def receive(self, request: Any = None, **fields: Any) -> tuple[RecordingEvent, ...]:
        how = {name: fields.pop(name) for name in ("confirm",) if name in fields}
        return self.recorder.events.receive(request or self.vendor.callback(**fields), **how)


@pytest.fixture
def made(signing: Any, clock: Any, memory: Any) -> Iterator[Callable[..., Process]]:
    """Makes processes of one account on one ledger and one clock."""

    class Identifying(memory):  # type: ignore[misc]
        """Knows by the name of its tape whose start an event is of."""

        def identify(self, intent: StartIntent, event: RecordingEvent) -> Recording | None:
            is_of_it = event.native["tape"] == f"tape of {intent.id}"
            return self.revived(intent, native=dict(event.native)) if is_of_it else None

    with ExitStack() as stack:

        def make(url: str, **how: Any) -> Process:
            provider, vendor = signing(kind=Identifying, **how)
            told = Told()
            recorder = stack.enter_context(Recorder(provider, clock=clock, hooks=[told], ledger=url))
            return Process(recorder, provider, vendor, told)

        yield make


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'recordings.db'}"


@pytest.fixture
def one(made: Any, url: str) -> Process:
    return made(url)


@pytest.fixture
def two(made: Any, url: str) -> Process:
    return made(url)


@pytest.fixture
def recording(one: Process, spec: Any) -> Recording:
    """Started by the first process."""
    return one.recorder.start(spec())


# --- each event once ---------------------------------------------------------------------------------------


def test_a_repeat_reaches_one_process_and_is_dropped_by_all_others(one: Process, two: Process) -> None:
    """A vendor's repeat, or the double of a highly available service, is told once over all processes."""
    request = one.vendor.callback(kind="paused")
    assert len(one.receive(request)) == 1
    assert two.receive(request) == one.receive(request) == ()
    assert (len(one.told.events), two.told.events) == (1, [])


def test_events_that_are_forgotten_count_as_new_in_every_process(one: Process, two: Process) -> None:
    """What should have followed has failed: the vendor's repeat may reach any process."""
    request = one.vendor.callback(kind="paused")
    events = one.receive(request)
    assert two.receive(request) == ()
    one.recorder.events.forget(events)
    assert len(two.receive(request)) == 1
    assert one.receive(request) == ()


def test_what_isn_t_verified_isn_t_written_down(made: Any, url: str) -> None:
    """Anybody could fill the database. Repeats are dropped by each process as they are without a ledger."""
    one, two = made(url, webhook_secret=()), made(url, webhook_secret=())
    request = one.vendor.callback(kind="paused")
    for process in (one, two):
        with pytest.warns(match="can't be verified"):
            assert len(process.receive(request)) == 1
    assert one.receive(request) == ()
    assert one.recorder.ledger.cursor() == 0


def test_a_signature_that_another_process_saw_with_another_body_proves_nothing(made: Any, url: str) -> None:
    """Where the signature doesn't cover the body, whoever saw one callback may send another in its name."""
    one, two = made(url, covers_body=False), made(url, covers_body=False)
    (true,) = one.receive(kind="recording", nonce="n-1", sent_at=two.recorder._clock.time())
    (false,) = two.receive(kind="ended", nonce="n-1", sent_at=two.recorder._clock.time(), id=7)
    assert (true.verified, false.verified) == (True, False)
    assert false.dedup_key != "t-1:7"
    (again,) = two.receive(kind="ended", nonce="n-2", sent_at=two.recorder._clock.time(), id=7)
    assert again.verified


def test_old_signatures_are_forgotten(made: Any, url: str, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """They aren't taken any more; a table of them doesn't grow for ever."""
    from sqlalchemy import func, select

    from recorder_core.ledger import heard
    from recorder_core.ledger.schema import SIGNATURES

    monkeypatch.setattr(heard, "SIGNATURES_BETWEEN", 1)
    one = made(url, covers_body=False)
    one.receive(kind="recording")
    clock.now += 601
    one.receive(kind="recording")
    with one.recorder.ledger._database.connection() as connection:
        assert connection.scalar(select(func.count()).select_from(SIGNATURES)) == 1


# --- whose it is -------------------------------------------------------------------------------------------


def test_the_id_of_a_recording_that_another_process_has_started(two: Process, recording: Recording) -> None:
    """The ledger knows it, and `confirm` asks the vendor with its handle."""
    (event,) = two.receive(tape=recording.native["tape"], kind="paused", state="paused")
    assert event.recording_id == recording.id
    assert two.recorder.ledger.entry(recording.id).status.state is RecordingState.PAUSED


def test_confirmed_without_a_handle_of_one_s_own(made: Any, url: str, spec: Any) -> None:
    """The vendor's status is asked for with the handle that the ledger has."""
    one, two = made(url, covers_body=False), made(url, covers_body=False)
    recording = one.recorder.start(spec())
    two.provider.states.clear()
    two.provider.states.append(RecordingStatus(state=RecordingState.COMPLETED))
    (event,) = two.receive(tape=recording.native["tape"], kind="ended", state="completed", confirm=True)
    assert (event.recording_id, event.confirmed) == (recording.id, True)
    assert one.recorder.ledger.entry(recording.id).outcome is RecordingState.COMPLETED


def lost(process: Process, spec: Any, *, lease: float = 60.0) -> StartIntent:
    """A start of which no id is known: its process has died, or waits for the answer."""
    recorder = process.recorder
    intent = StartIntent(
        id="r-1",
        provider="memory",
        account="tenant-1",
        room="lesson-42",
        created_at=datetime.fromtimestamp(recorder._clock.time(), UTC),
    )
    draft = recorder.provider.draft(recorder.plan(spec()), intent)
    intent = intent.model_copy(update={"draft": draft})
    recorder.ledger.begin(intent, lease)
    return intent


@pytest.mark.parametrize("verdict", [None, Verdict.UNCLEAR, Verdict.UNCONTROLLABLE])
def test_a_lost_id_is_found(one: Process, two: Process, spec: Any, clock: Any, verdict: Verdict | None) -> None:
    """A callback brings it: the handle is in the ledger, what was uncontrollable runs, and can be stopped."""
    intent = lost(one, spec)
    clock.now += 61
    if verdict is not None:
        one.recorder.ledger.explain(Recovery(intent=intent, verdict=verdict, reason="nobody knows", ends_by="a day"))
    (event,) = two.receive(kind="recording", state="recording", tape="tape of r-1", room="lesson-42")
    assert (event.recording_id, event.native["tape"]) == ("r-1", "tape of r-1")
    entry = one.recorder.ledger.entry("r-1")
    assert (entry.verdict, entry.recording.native["tape"], entry.ends_by) == (Verdict.RUNNING, "tape of r-1", None)
    assert entry.status.state is RecordingState.RECORDING
    assert two.told.started == ["r-1"]
    assert one.recorder.stop(entry.recording).state is RecordingState.RECORDING


def test_a_start_that_goes_on_is_named_by_its_callback(one: Process, two: Process, spec: Any) -> None:
    """The callback may come before the answer: its event has our id, and whoever starts tells that it started."""
    lost(one, spec)
    (event,) = two.receive(kind="recording", tape="tape of r-1", room="lesson-42")
    assert event.recording_id == "r-1"
    assert two.told.started == []


@pytest.mark.parametrize("fields", [{"tape": "tape of r-9"}, {"room": "lesson-43"}])
def test_an_event_of_something_else_finds_nothing(
    one: Process, two: Process, spec: Any, fields: dict[str, Any]
) -> None:
    """Another start's, or another room's: a wrong guess would stop somebody else's recording."""
    lost(one, spec)
    (event,) = two.receive(**{"kind": "recording", "tape": "tape of r-1", "room": "lesson-42", **fields})
    assert event.recording_id is None
    assert one.recorder.ledger.entry("r-1").recording is None


def test_what_may_be_forged_finds_nothing(made: Any, url: str, spec: Any) -> None:
    """Without a secret anybody could make a recording's handle that of another one."""
    one = made(url, webhook_secret=())
    lost(one, spec)
    with pytest.warns(match="can't be verified"):
        (event,) = one.receive(kind="recording", tape="tape of r-1", room="lesson-42")
    assert event.recording_id is None
    assert one.recorder.ledger.entry("r-1").recording is None


# --- who hears of it ---------------------------------------------------------------------------------------


def test_who_follows_hears_what_another_process_has_received(two: Process, one: Process, recording: Recording) -> None:
    """Within a second and in order, told once, and with what only callbacks know."""
    file = RecordedFile(name="a.mp4", status="uploaded")
    events = two.recorder.follow(recording)
    seen = [next(events)]
    tape = recording.native["tape"]
    began = two.recorder._clock.time()
    one.receive(tape=tape, kind="participant_missing", participant="1001", sequence=1)
    seen.append(next(events))
    assert two.recorder._clock.time() - began <= 1.0
    one.receive(tape=tape, kind="uploaded", state="completed", files=[file.model_dump(mode="json")], sequence=2)
    one.receive(tape=tape, kind="ended", state="completed", ending="stopped", sequence=3)
    seen += events
    assert [event.kind for event in seen] == [
        EventKind.RECORDING,
        EventKind.PARTICIPANT_MISSING,
        EventKind.UPLOADED,
        EventKind.ENDED,
    ]
    assert [file.name for file in seen[-1].files] == ["a.mp4"]
    assert two.told.events == [seen[0]]
    assert [event.kind for event in one.told.events] == [event.kind for event in seen[1:]]


def test_who_waits_hears_it_too(two: Process, one: Process, recording: Recording) -> None:
    """A callback to another process brings a look about, before the vendor's advised time for one."""
    two.provider.poll_delays = (100.0,)  # type: ignore[misc]
    clock, slept = two.recorder._clock, len(two.recorder._clock.slept)
    said = iter([RecordingState.RECORDING])

    def during(_: str) -> None:
        two.provider.states[0] = RecordingStatus(state=RecordingState.COMPLETED)

    wait, clock_wait = two.recorder.wait_for_files, clock.wait

    def step(signal: Any, seconds: float) -> bool:
        if next(said, None) is not None:
            one.receive(tape=recording.native["tape"], kind="ended", state="completed", ending="stopped")
        return bool(clock_wait(signal, seconds))

    clock.wait = step
    two.provider.during = during
    assert wait(recording).state is RecordingState.COMPLETED
    assert sum(clock.slept[slept:]) <= 2.0


def test_one_question_a_second_for_all(two: Process, one: Process, spec: Any) -> None:
    """However many recordings a process follows, and nobody asks where nobody waits."""
    asked: list[float] = []
    ledger, clock = two.recorder.ledger, two.recorder._clock
    events_since = ledger.events_since

    def counting(cursor: int) -> Any:
        asked.append(clock.time())
        return events_since(cursor)

    ledger.events_since = counting  # type: ignore[method-assign]
    recordings = [one.recorder.start(spec()) for _ in range(20)]
    clock.now += 1000
    with two.recorder.fleet(recordings, workers=0) as fleet, two.recorder.fleet(recordings, workers=0) as other:
        for _ in recordings:
            fleet.take()
            other.take()
        assert asked == []
        began = clock.now
        with pytest.raises(DeadlineExceeded, match="no event came"):
            fleet.take(timeout=50)
    assert 45 <= len(asked) <= 51
    assert all(later - sooner >= 1 for sooner, later in itertools.pairwise(asked))
    assert asked[0] >= began
    clock.now += 1000
    assert asked[-1] <= began + 51


def test_what_was_told_before_is_no_news(two: Process, one: Process, recording: Recording) -> None:
    """Whoever begins to follow isn't told of last week's callbacks; the status says what became of them."""
    one.receive(tape=recording.native["tape"], kind="participant_missing", sequence=1)
    events = two.recorder.follow(recording)
    assert next(events).kind is EventKind.RECORDING
    one.receive(tape=recording.native["tape"], kind="audio_changed", sequence=2)
    assert next(events).kind is EventKind.AUDIO_CHANGED


def test_nobody_is_bothered_with_other_recordings(two: Process, one: Process, spec: Any, recording: Recording) -> None:
    """Thousands of events of recordings that a process doesn't follow cost it no question each."""
    others = [one.recorder.start(spec()) for _ in range(5)]
    glances: list[Any] = []
    ledger = two.recorder.ledger
    glance = ledger.glance
    ledger.glance = lambda **which: glances.append(which) or glance(**which)  # type: ignore[method-assign]
    heard: list[RecordingEvent] = []
    two.recorder._listeners.subscribe(heard.append)
    relay = two.recorder._relay
    leave = relay.attend()
    for each in others:
        one.receive(tape=each.native["tape"], kind="audio_changed")
    two.recorder._clock.sleep(1)
    relay.pull()
    leave()
    assert (glances, heard) == ([], [])


# --- a ledger that is gone ---------------------------------------------------------------------------------


def test_a_callback_is_refused_while_the_ledger_is_gone(
    made: Any, postgres_url: str, outage: Callable[[bool], None]
) -> None:
    """Nobody is told, so that the vendor's repeat is, once, by whichever process it reaches then."""
    one, two = made(postgres_url), made(postgres_url)
    request = one.vendor.callback(kind="paused")
    outage(True)
    with pytest.raises(LedgerUnavailable) as caught:
        one.receive(request)
    assert caught.value.retryable
    assert one.told.events == []
    outage(False)
    assert len(two.receive(request)) == 1
    assert one.receive(request) == ()
    assert (one.told.events, len(two.told.events)) == ([], 1)


def test_forgotten_while_the_ledger_is_gone(
    made: Any, postgres_url: str, outage: Callable[[bool], None], caplog: pytest.LogCaptureFixture
) -> None:
    """The repeat counts when the ledger is back: what it wasn't told is made up for before the next callback."""
    one = made(postgres_url)
    request = one.vendor.callback(kind="paused")
    events = one.receive(request)
    outage(True)
    with caplog.at_level(logging.WARNING, "recorder_core.callbacks"):
        one.recorder.events.forget(events)
    assert "1 events are dropped until the ledger is back" in caplog.text
    outage(False)
    assert len(one.receive(request)) == 1


def test_several_events_of_one_callback_are_heard_all_or_none(one: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that can't be written takes the others back with it."""
    ledger = one.recorder.ledger
    events = one.recorder.events.verify(one.vendor.callback(kind="paused"))
    second = events[0].model_copy(update={"dedup_key": "second"})
    is_new, calls = ledger._is_new, iter([False, True])

    def failing(connection: Any, event: RecordingEvent) -> bool:
        if next(calls):
            raise OSError("the disk is full")
        return is_new(connection, event)

    monkeypatch.setattr(ledger, "_is_new", failing)
    with pytest.raises(LedgerUnavailable):
        one.recorder.events.process([*events, second])
    monkeypatch.setattr(ledger, "_is_new", is_new)
    assert len(one.recorder.events.process([*events, second])) == 2


def test_an_application_keeps_what_it_has_answered_until_the_ledger_is_back(
    made: Any, postgres_url: str, outage: Callable[[bool], None], caplog: pytest.LogCaptureFixture
) -> None:
    """However long that takes; only its end gives up, and says what is lost."""
    one = made(postgres_url)
    told: list[RecordingEvent] = []
    application = WebhookApp({"memory": one.recorder}, on_event=told.append, retries=(0.0, 0.05))
    outage(True)
    with caplog.at_level(logging.WARNING, "recorder_core.receiving"):
        assert application._receive("/memory", one.vendor.callback(kind="paused")).status == 200
        assert application._receive("/memory", one.vendor.callback(kind="resumed")).status == 200
        while caplog.text.count("waits for the ledger") < 8:
            application.settle(0.1)
    assert told == []
    outage(False)
    application.close()
    assert {event.kind for event in told} == {EventKind.PAUSED, EventKind.RESUMED}


def test_an_application_that_ends_without_a_ledger_says_what_is_lost(
    made: Any, postgres_url: str, outage: Callable[[bool], None], caplog: pytest.LogCaptureFixture
) -> None:
    """It has answered the callback already."""
    one = made(postgres_url)
    application = WebhookApp({"memory": one.recorder})
    outage(True)
    with caplog.at_level(logging.ERROR, "recorder_core.receiving"):
        application._receive("/memory", one.vendor.callback(kind="paused"))
        application.close()
    assert "t-1:1 is told to nobody" in caplog.text
