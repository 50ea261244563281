"""What becomes of a start that was cut short: each row of the table, and whatever the vendor's documents leave open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from crash_points import Process, begun, crashes, unreported
from recorder_core import RateLimited, StartOutcomeUnknown, UnsupportedFeature, Verdict
from recorder_core.emulation.clock import EmulatorClock
from recorder_zegocloud.emulator.service import ZegocloudEmulator
from zegocloud.cut_short import CERTAIN_S, MODES, SENT, process, recorder_of, recovering, spec, starting, tasks

NEVER, RUNNING, ENDED, UNCLEAR = Verdict.NEVER_STARTED, Verdict.RUNNING, Verdict.ENDED, Verdict.UNCLEAR

Serve = Callable[..., ZegocloudEmulator]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts emulators whose time stands still between two moves."""
    services: list[ZegocloudEmulator] = []

    def start(**options: Any) -> ZegocloudEmulator:
        chosen = {"clock": EmulatorClock(frozen=True), **options}
        service = ZegocloudEmulator(media=False, rate_limits=False, **chosen)
        services.append(service.start())
        service.join("lesson-42", "1001")
        return service

    yield start
    for service in services:
        service.close()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("key", [None, "lesson 42"])
def test_what_was_noted_gives_the_very_handle(serve: Serve, mode: str, key: str | None) -> None:
    """A process that dies before it returns the handle has noted all of it, and no secret."""
    service = serve()
    plan, durable = begun(recorder_of(service), spec(mode), key)
    done = process(service, durable=durable)
    recording = done.start(plan)
    again = process(service, durable=done.durable)
    assert again.provider.revived(again.intent) == recording


TABLE = {
    ("composite", "at once", "with the spec"): [UNCLEAR, RUNNING, RUNNING, RUNNING],
    ("composite", "later", "with the spec"): [NEVER, RUNNING, RUNNING, RUNNING],
    ("composite", "later", "without it"): [NEVER, RUNNING, RUNNING, RUNNING],
    ("individual", "at once", "with the spec"): [UNCLEAR, UNCLEAR, UNCLEAR, RUNNING],
    ("individual", "later", "with the spec"): [NEVER, RUNNING, RUNNING, RUNNING],
    ("individual", "later", "without it"): [NEVER, UNCLEAR, UNCLEAR, RUNNING],
}
"""By mode: the files of a mixed stream bear the recording's id, those of single streams the participants'."""


@pytest.mark.parametrize(("mode", "when", "what"), TABLE)
def test_each_point_at_which_a_start_may_end(serve: Serve, mode: str, when: str, what: str) -> None:
    """StartRecord, note, each before and after: nothing runs that isn't reported, and what ran goes on."""
    verdicts, asked, services = [], spec(mode), []

    def start(point: int) -> Process:
        services.append(serve())
        return starting(services[-1], asked=asked, dies_at=point)

    for _, dead in crashes(start):
        service = services[-1]
        ran = tasks(service)
        service.clock.advance(10 if when == "at once" else CERTAIN_S)
        recovery = process(service, durable=dead.durable).recover(asked if what == "with the spec" else None)
        verdicts.append(recovery.verdict)
        assert unreported(service, "TaskId", recovery) == set(), recovery
        assert tasks(service) == ran
    assert verdicts == TABLE[mode, when, what]


# What of a list may be the one


def test_a_task_that_the_recorder_knows_is_never_taken_for_it(serve: Serve) -> None:
    """Another recording of the same room, begun at the same time, by the same account, with files of its own."""
    service = serve()
    dead = starting(service, asked=spec("individual"), dies_at=0)
    recorder = recorder_of(service)
    recorder.start(spec("individual"))
    service.clock.advance(CERTAIN_S)
    found = Process(recorder, dead.durable)
    assert found.recover(spec("individual")).verdict is NEVER
    assert found.recover(None).verdict is NEVER
    assert len(service.recordings) == 1


@pytest.mark.parametrize("ended_tasks_count", [True, False])
def test_a_stranger_isnt_taken_for_it(serve: Serve, ended_tasks_count: bool) -> None:
    """Without the spec nobody can tell; with it the ClientTaskId does, and what that begins is stopped at once."""
    service = serve(ended_tasks_count=ended_tasks_count)
    dead = starting(service, asked=spec("individual"), dies_at=0)
    stranger = recorder_of(service).start(spec("individual"))
    service.clock.advance(CERTAIN_S)
    recovery = process(service, durable=dead.durable).recover(None)
    assert (recovery.verdict, len(recovery.candidates)) == (UNCLEAR, 1)
    assert recovery.candidates[0].native["TaskId"] == stranger.native["TaskId"]
    assert recovery.candidates[0].id == dead.intent.id
    assert process(service, durable=dead.durable).recover(spec("individual")).verdict is NEVER
    assert tasks(service) == [stranger.native["TaskId"]]
    assert len(service.recordings) == 2


def test_tasks_of_another_kind_are_left_out(serve: Serve) -> None:
    """A mixed task is no single-stream one, and one that mixes under another name isn't it either."""
    service = serve()
    single = starting(service, asked=spec("individual"), dies_at=0)
    mixed = starting(service, asked=spec(), dies_at=0)
    recorder_of(service).start(spec())
    service.clock.advance(CERTAIN_S)
    assert process(service, durable=single.durable).recover(None).verdict is NEVER
    assert process(service, durable=mixed.durable).recover(None).verdict is NEVER


def test_a_name_that_others_may_have_proves_nothing(serve: Serve) -> None:
    """The application named the mixed stream itself: every recording of its may bear that name."""
    service, asked = serve(), spec(options={"zegocloud": {"mix_output_stream_id": "lesson"}})
    dead = starting(service, asked=asked, dies_at=SENT)
    other = recorder_of(service).start(asked)
    service.clock.advance(CERTAIN_S)
    recovery = process(service, durable=dead.durable).recover(None)
    assert (recovery.verdict, len(recovery.candidates)) == (UNCLEAR, 2)
    ours = process(service, durable=dead.durable).recover(asked)
    assert ours.verdict is RUNNING
    assert ours.recording is not None
    assert ours.recording.native["TaskId"] not in (None, other.native["TaskId"])
    assert len(service.recordings) == 2


def test_a_room_where_nobody_published_is_told_by_the_client_task_id(serve: Serve) -> None:
    """There is no file to bear a name: the same StartRecord answers with the task that runs."""
    service, asked = serve(), spec(room="empty")
    dead = starting(service, asked=asked, dies_at=SENT)
    service.clock.advance(CERTAIN_S)
    assert process(service, durable=dead.durable).recover(None).verdict is UNCLEAR
    recovery = process(service, durable=dead.durable).recover(asked)
    assert recovery.verdict is RUNNING
    assert recovery.recording is not None
    assert abs(recovery.recording.started_at - dead.intent.created_at) < timedelta(milliseconds=1)
    assert len(service.recordings) == 1


def test_one_that_has_ended_brings_its_files(serve: Serve) -> None:
    """Ended by idle_timeout: found by its file's name, with the status that says what became of it."""
    service = serve()
    dead = starting(service, asked=spec(), dies_at=SENT)
    service.clock.advance(60)
    service.leave("lesson-42", "1001")
    service.clock.advance(400)
    recovery = process(service, durable=dead.durable).recover(None)
    assert (recovery.verdict, recovery.status and len(recovery.status.files)) == (ENDED, 1)


def test_of_several_that_have_ended_it_is_said_that_none_runs(serve: Serve) -> None:
    """Which of them it was nobody tells; they are listed."""
    service, asked = serve(), spec("individual", idle_timeout=30)
    dead = starting(service, asked=asked, dies_at=SENT)
    recorder_of(service).start(asked)
    service.clock.advance(60)
    service.leave("lesson-42", "1001")
    service.clock.advance(100)
    recovery = process(service, durable=dead.durable).recover(None)
    assert (recovery.verdict, len(recovery.candidates), recovery.recording) == (ENDED, 2, None)


@pytest.mark.parametrize("ended_tasks_count", [True, False])
def test_of_one_that_has_ended_the_client_task_id_may_tell(serve: Serve, ended_tasks_count: bool) -> None:
    """Where an ended task still counts, its handle is told; where it doesn't, what was begun is stopped at once."""
    service, asked = serve(ended_tasks_count=ended_tasks_count), spec("individual", idle_timeout=30)
    dead = starting(service, asked=asked, dies_at=SENT)
    service.clock.advance(60)
    service.leave("lesson-42", "1001")
    service.clock.advance(100)
    recovery = process(service, durable=dead.durable).recover(asked)
    assert recovery.verdict is ENDED
    assert (recovery.recording is not None, len(recovery.candidates)) == (
        (True, 0) if ended_tasks_count else (False, 1)
    )
    assert tasks(service) == []


def test_older_than_the_vendors_memory_it_has_ended(serve: Serve) -> None:
    """Three days: no list goes back further, and no task lasts longer. Nothing is asked."""
    service = serve()
    dead = starting(service, asked=spec(), dies_at=SENT)
    service.clock.advance(3 * 86_400)
    sent = len(service.journal)
    recovery = process(service, durable=dead.durable).recover(spec())
    assert (recovery.verdict, recovery.recording, recovery.status) == (ENDED, None, None)
    assert len(service.journal) == sent


def test_a_task_that_is_listed_late_isnt_missed(serve: Serve) -> None:
    """For two minutes its absence proves nothing; a task that isn't listed even then, as no document says, is one."""
    service = serve(listed_after=100.0)
    dead = starting(service, asked=spec(), dies_at=SENT)
    service.clock.advance(50)
    early = process(service, durable=dead.durable).recover(spec())
    assert (early.verdict, early.candidates) == (UNCLEAR, ())
    assert "ask again from" in early.reason
    service.clock.advance(CERTAIN_S - 50)
    assert process(service, durable=dead.durable).recover(spec()).verdict is RUNNING


def test_a_start_that_waited_for_its_turn_counts_from_when_it_failed(serve: Serve) -> None:
    """What waits for a place in the account's limits is sent long after its intent was made."""
    service = serve(listed_after=100.0)
    recorder = recorder_of(service)
    service.fail_next("StartRecord", "drop", 20)
    with pytest.raises(StartOutcomeUnknown) as lost:
        recorder.start(spec())
    assert lost.value.intent is not None
    earlier = lost.value.intent.created_at - timedelta(seconds=CERTAIN_S)
    intent = lost.value.intent.model_copy(update={"created_at": earlier})
    assert recorder.provider.recover(intent, None).verdict is UNCLEAR
    service.clock.advance(CERTAIN_S)
    assert recorder.provider.recover(intent, None).verdict is RUNNING


def test_a_task_that_isnt_known_everywhere_yet_is_handed_out_all_the_same(serve: Serve) -> None:
    """With a key the new task is looked at once; that it isn't found then is no reason to lose its handle."""
    service = serve()
    service.fail_next("DescribeRecordStatus", "code:300001000")
    recording = recorder_of(service).start(spec(), key="lesson 42")
    assert [recording.native["TaskId"]] == tasks(service)


# Hosts


def test_a_task_is_found_at_the_host_that_keeps_it(serve: Serve) -> None:
    """The first host couldn't be reached when it was started; the handle names the one that keeps it."""
    first = serve()
    second = serve(clock=first.clock)
    second_alone, asked = recorder_of(second), spec("individual")
    plan, durable = begun(second_alone, asked)
    dead = Process(second_alone, durable, dies_at=SENT)
    with pytest.raises(BaseException, match="was answered"):
        dead.start(plan)
    first.clock.advance(CERTAIN_S)
    recovery = process(first, second, durable=dead.durable).recover(asked)
    assert recovery.verdict is RUNNING
    assert recovery.recording is not None
    assert recovery.recording.base_url == second.base_url
    assert tasks(first) == []


def test_every_host_with_a_candidate_is_asked(serve: Serve) -> None:
    """A stranger at each of two hosts: what asking begins there is stopped there."""
    first = serve()
    second = serve(clock=first.clock)
    asked = spec("individual")
    dead = starting(first, second, asked=asked, dies_at=0)
    strangers = [recorder_of(host).start(asked).native["TaskId"] for host in (first, second)]
    first.clock.advance(CERTAIN_S)
    assert process(first, second, durable=dead.durable).recover(asked).verdict is NEVER
    assert tasks(first, second) == strangers
    assert [len(first.recordings), len(second.recordings)] == [2, 2]


# A recovery that is cut short itself


@pytest.mark.parametrize(
    ("dies_at", "hosts", "ended_tasks_count", "with_spec", "late_s"),
    [
        (0, 1, True, True, CERTAIN_S),
        (0, 1, False, False, 2 * 3600.0),
        (0, 2, True, True, CERTAIN_S),
        (SENT, 1, True, True, 2 * 3600.0),
        (SENT, 1, False, False, CERTAIN_S),
        (SENT, 2, False, True, CERTAIN_S),
    ],
)
def test_a_recovery_that_is_cut_short_is_taken_up(
    serve: Serve, dies_at: int, hosts: int, ended_tasks_count: bool, with_spec: bool, late_s: float
) -> None:
    """With strangers in the lists it has to ask: whenever it dies, the next one leaves nothing running unreported, also
    where nobody has the spec any more."""
    asked = spec("individual")
    houses: list[tuple[list[ZegocloudEmulator], set[str]]] = []

    def recover(point: int) -> Process:
        clock = EmulatorClock(frozen=True)
        house = [serve(ended_tasks_count=ended_tasks_count, clock=clock) for _ in range(hosts)]
        dead = starting(*house, asked=asked, dies_at=dies_at)
        houses.append((house, {str(recorder_of(host).start(asked).native["TaskId"]) for host in house}))
        clock.advance(late_s)
        return recovering(*house, durable=dead.durable, asked=asked, dies_at=point)

    for name, dead in crashes(recover):
        house, strangers = houses[-1]
        house[0].clock.advance(CERTAIN_S)
        found = process(*house, durable=dead.durable).recover(asked if with_spec else None)
        handles = [*found.candidates, *([found.recording] if found.recording else [])]
        assert set(tasks(*house)) - strangers <= {str(one.native["TaskId"]) for one in handles}, (name, found)
        assert strangers <= set(tasks(*house))
        if with_spec:
            assert found.verdict is (RUNNING if dies_at == SENT else NEVER), (name, found)


@pytest.mark.parametrize("ended_tasks_count", [True, False])
def test_however_often_a_recovery_dies(serve: Serve, ended_tasks_count: bool) -> None:
    """Each one dies a point later than the last: the one that lives leaves the stranger alone, and nothing else."""
    service, asked = serve(ended_tasks_count=ended_tasks_count), spec("individual")
    durable = starting(service, asked=asked, dies_at=0).durable
    stranger = recorder_of(service).start(asked)
    for point in range(100):
        service.clock.advance(CERTAIN_S)
        found = recovering(service, durable=durable, asked=asked, dies_at=point)
        durable = found.durable
        if found.recovery is not None:
            break
    assert found.recovery is not None
    assert found.recovery.verdict is NEVER
    assert tasks(service) == [stranger.native["TaskId"]]


def test_what_was_started_to_find_out_and_cant_be_stopped_is_reported(serve: Serve) -> None:
    """The vendor begins a task and takes no stop: it runs, its handle is told, and the next process has it too."""
    service, asked = serve(), spec("individual")
    dead = starting(service, asked=asked, dies_at=0)
    stranger = recorder_of(service).start(asked)
    service.clock.advance(CERTAIN_S)
    service.fail_next("StopRecord", "500", 4)
    found = process(service, durable=dead.durable)
    recovery = found.recover(asked)
    assert recovery.verdict is RUNNING
    assert recovery.recording is not None
    assert recovery.recording.native["TaskId"] in set(tasks(service)) - {stranger.native["TaskId"]}
    again = process(service, durable=found.durable)
    assert again.provider.revived(again.intent) == recovery.recording
    again.provider.stop(recovery.recording, wait=False, deadline=10.0)
    assert tasks(service) == [stranger.native["TaskId"]]


@pytest.mark.parametrize("operation", ["DescribeTasks", "DescribeRecordStatus", "StartRecord"])
def test_a_recovery_that_cant_ask_says_nothing(serve: Serve, operation: str) -> None:
    """It is raised, and the next recovery finds it out; a start that was refused isn't taken for one that may run."""
    service, asked = serve(), spec("individual")
    dead = starting(service, asked=asked, dies_at=SENT)
    service.clock.advance(CERTAIN_S)
    service.fail_next(operation, "429", 4)
    found = process(service, durable=dead.durable)
    with pytest.raises(RateLimited):
        found.recover(asked)
    assert not (found.intent.noted.get("probe") or {}).get("asking")
    assert process(service, durable=found.durable).recover(asked).verdict is RUNNING


def test_a_spec_that_the_vendor_cant_do_is_refused(serve: Serve) -> None:
    """It can't have been that of the start; no start is sent."""
    service = serve()
    dead = starting(service, asked=spec("individual"), dies_at=SENT)
    service.clock.advance(CERTAIN_S)
    with pytest.raises(UnsupportedFeature):
        process(service, durable=dead.durable).recover(spec("individual", output={"formats": ["webm"]}))
    assert [entry.operation for entry in service.journal].count("StartRecord") == 1


def test_an_intent_without_a_draft_tells_too_little(serve: Serve) -> None:
    """There is nothing to make a handle of."""
    service = serve()
    dead = starting(service, asked=spec(), dies_at=SENT)
    bare = dead.intent.model_copy(update={"draft": None}).model_dump_json()
    assert process(service, durable=bare).recover(spec()).verdict is UNCLEAR
