"""What becomes of a start that was cut short: each row of the table, in both readings of what a 201 carries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from agora.cut_short import (
    BEFORE,
    MODES,
    SENT,
    TOO_LATE_S,
    process,
    recorder_of,
    recovering,
    sids,
    spec,
    starting,
)
from crash_points import Process, begun, crashes, unreported
from recorder_agora.emulator.service import AgoraEmulator
from recorder_core import (
    QuotaExceeded,
    RateLimited,
    RecorderError,
    Recording,
    ServiceUnavailable,
    StartOutcomeUnknown,
    UnsupportedFeature,
    Verdict,
)
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.exchange import EmulatedResponse

NEVER, RUNNING, ENDED, LOST, UNCLEAR = (
    *(Verdict.NEVER_STARTED, Verdict.RUNNING, Verdict.ENDED),
    *(Verdict.UNCONTROLLABLE, Verdict.UNCLEAR),
)

Serve = Callable[..., AgoraEmulator]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts emulators whose time stands still between two moves."""
    services: list[AgoraEmulator] = []

    def start(**options: Any) -> AgoraEmulator:
        service = AgoraEmulator(media=False, rate_limits=False, clock=EmulatorClock(frozen=True), **options)
        services.append(service.start())
        service.join("lesson-42", "1001")
        return service

    yield start
    for service in services:
        service.close()


@pytest.mark.parametrize("mode", MODES)
def test_what_was_noted_gives_the_very_handle(serve: Serve, mode: str) -> None:
    """A process that dies before it returns the handle has noted all of it, and no secret."""
    service = serve()
    plan, durable = begun(recorder_of(service), spec(mode))
    done = process(service, durable)
    recording = done.start(plan)
    again = process(service, done.durable)
    assert again.provider.revived(again.intent) == recording
    assert Recording.model_validate_json(recording.model_dump_json()) == recording
    assert recording.native["mode"] == {"composite": "mix"}.get(mode, mode)


TABLE = {
    ("at once", "with the spec", True): [NEVER, NEVER, NEVER, RUNNING, RUNNING, RUNNING, RUNNING, RUNNING],
    ("at once", "with the spec", False): [NEVER, NEVER, NEVER, RUNNING, RUNNING, LOST, LOST, RUNNING],
    ("late", "with the spec", True): [NEVER, NEVER, NEVER, ENDED, ENDED, LOST, LOST, RUNNING],
    ("late", "with the spec", False): [NEVER, NEVER, NEVER, ENDED, ENDED, LOST, LOST, RUNNING],
    ("at once", "without it", True): [NEVER, NEVER, NEVER, UNCLEAR, UNCLEAR, UNCLEAR, UNCLEAR, RUNNING],
    ("late", "without it", False): [NEVER, NEVER, NEVER, UNCLEAR, UNCLEAR, UNCLEAR, UNCLEAR, RUNNING],
}


@pytest.mark.parametrize("mode", ["composite", "web"])
@pytest.mark.parametrize(("when", "what", "sid_in_201"), TABLE)
def test_each_point_at_which_a_start_may_end(serve: Serve, when: str, what: str, sid_in_201: bool, mode: str) -> None:
    """acquire, note, start, note, each before and after: nothing runs that isn't reported, and what ran goes on."""
    verdicts, asked = [], spec(mode)
    services: list[AgoraEmulator] = []

    def start(point: int) -> Process:
        services.append(serve(sid_in_201=sid_in_201))
        return starting(services[-1], asked, point)

    for _, dead in crashes(start):
        service = services[-1]
        ran = sids(service)
        if when == "late":
            service.clock.advance(TOO_LATE_S)
        recovery = process(service, dead.durable).recover(asked if what == "with the spec" else None)
        verdicts.append(recovery.verdict)
        assert unreported(service, "sid", recovery) == set(), recovery
        assert set(ran) <= set(sids(service))
        assert (recovery.verdict in (UNCLEAR, LOST)) == (recovery.ends_by is not None)
    assert verdicts == TABLE[when, what, sid_in_201]


@pytest.mark.parametrize("sid_in_201", [True, False])
@pytest.mark.parametrize("wait_s", [0.0, TOO_LATE_S])
@pytest.mark.parametrize("late_s", [0.0, TOO_LATE_S])
@pytest.mark.parametrize("died_at", [BEFORE, SENT])
def test_a_recovery_that_is_cut_short_is_taken_up(
    serve: Serve, died_at: int, late_s: float, wait_s: float, sid_in_201: bool
) -> None:
    """What a recovery sends it has noted: whenever it dies, the next one leaves nothing running that isn't reported."""
    services, asked = [], spec()

    def recover(point: int) -> Process:
        services.append(serve(sid_in_201=sid_in_201))
        dead = starting(services[-1], asked, died_at)
        services[-1].clock.advance(late_s)
        return recovering(services[-1], dead.durable, asked, point)

    for name, dead in crashes(recover):
        service = services[-1]
        service.clock.advance(wait_s)
        recovery = process(service, dead.durable).recover(asked)
        assert unreported(service, "sid", recovery) == set(), (name, recovery)
        assert recovery.verdict is not UNCLEAR
        assert len(service.recordings) <= 2
        if died_at == SENT:
            assert recovery.verdict in (RUNNING, LOST)
        elif sid_in_201 and not wait_s:
            assert recovery.verdict in (RUNNING, ENDED), name  # what a recovery began, the next one still finds


@pytest.mark.parametrize("sid_in_201", [True, False])
@pytest.mark.parametrize("died_at", [BEFORE, SENT])
def test_however_often_a_recovery_dies(serve: Serve, died_at: int, sid_in_201: bool) -> None:
    """Each one dies a point later than the last, minutes apart: the one that lives reports all that runs."""
    service, asked = serve(sid_in_201=sid_in_201), spec()
    durable = starting(service, asked, died_at).durable
    for point in range(100):
        service.clock.advance(TOO_LATE_S / 2)
        found = recovering(service, durable, asked, point)
        durable = found.durable
        if found.recovery is not None:
            break
    assert found.recovery is not None
    assert unreported(service, "sid", found.recovery) == set()
    assert len(sids(service)) <= 1


# Single rows


def test_a_start_whose_resource_id_has_expired_at_the_vendor_is_asked_after_with_another(serve: Serve) -> None:
    """Code 433 where the own clock says that it is good; an other start of its room and uid is refused: it runs."""
    service, asked = serve(sid_in_201=True), spec()
    dead = starting(service, asked, SENT)
    service.fail_next("start", "code:433")
    recovery = process(service, dead.durable).recover(asked)
    assert (recovery.verdict, recovery.recording) == (LOST, None)
    assert [(entry.operation, entry.status) for entry in service.journal][-2:] == [("acquire", 200), ("start", 400)]
    assert "idle_timeout (300 s)" in (recovery.ends_by or "")
    assert all(
        word in (recovery.ends_by or "") for word in ("kicking-rule", "join_channel", "never done by this library")
    )


def test_the_older_code_of_a_conflict_means_the_same(serve: Serve) -> None:
    """1004 of documents of 2019."""
    service, asked = serve(), spec()
    dead = starting(service, asked, SENT)
    service.fail_next("start", "code:1004")
    assert process(service, dead.durable).recover(asked).verdict is LOST


def test_a_conflict_of_a_chosen_uid_may_be_another_recordings(serve: Serve) -> None:
    """Another start with the same options.agora.uid in the same room is refused too: nothing is claimed of this one."""
    service, asked = serve(), spec(options={"agora": {"uid": "527841"}})
    dead = starting(service, asked, BEFORE)
    other = recorder_of(service).start(asked)
    recovery = process(service, dead.durable).recover(asked)
    assert recovery.verdict is UNCLEAR
    assert "options.agora.uid" in recovery.reason
    assert sids(service) == [other.native["sid"]]


def test_a_page_is_asked_after_no_longer_than_it_may_run(serve: Serve) -> None:
    """max_duration of two hours: five minutes for the start and two hours later it has ended, and nothing is sent."""
    service, asked = serve(), spec("web")
    dead = starting(service, asked, SENT)
    service.clock.advance(2 * 3600 + 299)
    recovery = process(service, dead.durable).recover(None)
    assert recovery.verdict is UNCLEAR
    latest = datetime.fromisoformat(dead.intent.noted["acquired_at"]) + timedelta(hours=2, minutes=5)
    assert recovery.ends_by == f"if it runs, max_duration ends it by {latest.isoformat()}"
    service.clock.advance(2)
    sent = len(service.journal)
    assert process(service, dead.durable).recover(asked).verdict is ENDED
    assert len(service.journal) == sent


def test_what_was_started_to_find_out_and_cant_be_stopped_is_reported(serve: Serve) -> None:
    """The vendor takes the other start and no stop: it runs, its handle is told, and the next process has it too."""
    service, asked = serve(), spec()
    dead = starting(service, asked, BEFORE)
    service.clock.advance(TOO_LATE_S)
    service.fail_next("stop", "500", 4)
    found = process(service, dead.durable)
    recovery = found.recover(asked)
    assert recovery.verdict is RUNNING
    assert recovery.recording is not None
    assert [recovery.recording.native["sid"]] == sids(service)
    again = process(service, found.durable)
    assert again.provider.revived(again.intent) == recovery.recording
    assert again.provider.stop(recovery.recording, wait=False, deadline=10.0).state.ending
    assert sids(service) == []


def test_a_recovery_that_cant_ask_says_nothing(serve: Serve) -> None:
    """A refusal of the account is raised, and the next recovery finds it out."""
    service, asked = serve(sid_in_201=True), spec()
    dead = starting(service, asked, SENT)
    service.fail_next("start", "429", 4)
    found = process(service, dead.durable)
    with pytest.raises(RateLimited):
        found.recover(asked)
    assert process(service, found.durable).recover(asked).verdict is RUNNING


def test_a_probe_without_capacity_leaves_nothing_behind(serve: Serve) -> None:
    """The other start is refused: it wasn't carried out, so that the next recovery begins anew."""
    service, asked = serve(), spec()
    dead = starting(service, asked, SENT)
    service.clock.advance(TOO_LATE_S)
    service.fail_next("start", "code:502")
    found = process(service, dead.durable)
    with pytest.raises(ServiceUnavailable):
        found.recover(asked)
    assert found.intent.noted["probe"] is None
    assert process(service, found.durable).recover(asked).verdict is LOST


def test_the_same_start_is_sent_with_its_uid_though_the_range_has_changed(serve: Serve) -> None:
    """The uid was chosen when it was begun; another configuration chooses another one for what begins now."""
    service, asked = serve(sid_in_201=True), spec()
    dead = starting(service, asked, SENT)
    found = Process(recorder_of(service, recorder_uid_range=(700, 709)), dead.durable)
    assert found.recover(asked).verdict is RUNNING


def test_a_token_that_was_announced_cant_be_announced_again(serve: Serve) -> None:
    """acquire was told the start's parameters, and another token was made since: another start tells the same."""
    service, asked = serve(sid_in_201=True), spec(options={"agora": {"send_start_parameter": True}})
    assert process(service, starting(service, asked, SENT).durable).recover(asked).verdict is RUNNING
    service.clock.advance(TOO_LATE_S)
    dead = starting(service, spec(room="other", options={"agora": {"send_start_parameter": True}}), BEFORE)
    asked = spec(room="other", options={"agora": {"send_start_parameter": True}})
    assert process(service, dead.durable).recover(asked).verdict is ENDED
    assert len(sids(service)) == 1


def test_a_spec_that_the_vendor_cant_do_is_refused(serve: Serve) -> None:
    """It can't have been that of the start; nothing is sent."""
    service = serve()
    dead = starting(service, spec(), SENT)
    sent = len(service.journal)
    with pytest.raises(UnsupportedFeature):
        process(service, dead.durable).recover(spec(output={"formats": ["aac"]}))
    assert len(service.journal) == sent


# What a start itself makes of two tries


@pytest.mark.parametrize("code", [15, 433, 502])
def test_a_conflict_of_the_second_try_says_that_the_first_one_runs(serve: Serve, code: int) -> None:
    """The first start was refused for its resource id and carried out all the same: nobody may take it for refused."""
    service, asked = serve(sid_in_201=True), spec()
    plan, durable = begun(recorder_of(service), asked)
    found = process(service, durable)
    vendor, tries = service.handle, []

    def lie(request: Any) -> Any:
        response = vendor(request)
        if service.operation(request) == "start" and not tries:
            tries.append(request)
            return EmulatedResponse(400 if code == 433 else 500, {"code": code})
        return response

    service.handle = lie  # type: ignore[method-assign]
    with pytest.raises(StartOutcomeUnknown) as caught:
        found.start(plan)
    assert caught.value.vendor_code == 53
    assert found.intent.noted["resourceId"] == service.recordings[0].ids["resourceId"]
    recovery = process(service, found.durable).recover(asked)
    assert recovery.verdict is RUNNING
    assert unreported(service, "sid", recovery) == set()


@pytest.mark.parametrize(("code", "error"), [(15, StartOutcomeUnknown), (502, QuotaExceeded)])
def test_a_code_without_a_document_is_believed_by_nobody(serve: Serve, code: int, error: type[RecorderError]) -> None:
    """After 502 nothing runs, whatever the second try comes to; of 15 no document says that."""
    service = serve()
    plan, durable = begun(recorder_of(service), spec())
    found = process(service, durable)
    vendor = service.handle

    def full(request: Any) -> Any:
        response = vendor(request)
        if service.operation(request) == "start":
            service.fail_next("acquire", "code:406")
            return EmulatedResponse(500, {"code": code})
        return response

    service.handle = full  # type: ignore[method-assign]
    with pytest.raises(error):
        found.start(plan)
