"""A key that is used again: the egresses of its earlier starts have the same names, and are listed for a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from recorder_core import Recorder, RoomNotReady, StartIntent, StartOutcomeUnknown, Verdict
from recorder_core.testing import FaultProxy, connect
from recorder_core.testing.faults import FAULTS
from recorder_core.testing.proxy import Fault

from asking import GONE, PEOPLE, ROOM, Caller, callback, fail, parted, running, spec_of
from recorder_livekit.emulator.service import LivekitEmulator

DROP, RESET = FAULTS["drop"], FAULTS["reset"]
THIRD = "1003"
ALL = {"include": [*PEOPLE, THIRD]}


@pytest.fixture
def service(service: LivekitEmulator) -> LivekitEmulator:
    """A service in whose room all three are."""
    for one in (*PEOPLE[1:], THIRD):
        service.join(ROOM, one)
    return service


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    """Where every process of a test writes down what it begins."""
    return f"sqlite:///{tmp_path}/recordings.db"


@contextmanager
def attempting(service: LivekitEmulator, ledger: str) -> Iterator[tuple[Recorder, FaultProxy]]:
    """A process that starts."""
    with (
        FaultProxy(service.base_url) as proxy,
        connect(service, ledger=ledger, base_urls=(proxy.base_url,)) as recorder,
    ):
        yield recorder, proxy


def attempt(
    recorder: Recorder, proxy: FaultProxy, error: type[Exception], *faults: Fault | None, **fields: Any
) -> StartIntent:
    """A start of the key that fails."""
    fail(proxy, *faults)
    with pytest.raises(error) as caught:
        recorder.start(parted(**fields), key="lesson")
    intent: StartIntent = caught.value.intent  # type: ignore[attr-defined]
    return intent


def ids(service: LivekitEmulator) -> list[str]:
    """All egresses that there are, the oldest first."""
    return [one.ids["egress_id"] for one in service.recordings]


@pytest.mark.parametrize(
    ("fields", "faults"),
    [({"mode": "composite", "participants": {}}, (DROP,)), ({}, (None, DROP)), ({}, (DROP,))],
    ids=["one egress", "the last of two", "the first of two"],
)
def test_what_ended_before_is_not_taken_for_what_runs(
    service: LivekitEmulator, ledger: str, fields: Mapping[str, Any], faults: tuple[Fault | None, ...]
) -> None:
    """The earlier recording is known; the later one is found, and stopped."""
    with attempting(service, ledger) as (recorder, proxy):
        first = recorder.start(parted(**fields), key="lesson")
        service.clock.advance(5)
        recorder.stop(first)
        service.clock.advance(60)
        attempt(recorder, proxy, StartOutcomeUnknown, *faults, **fields)
    later = ids(service)[len(first.ids_under("egress_id")) :]
    service.clock.advance(200)
    with connect(service, ledger=ledger) as recorder:
        report = recorder.recover(stop=True)
        (recovery,) = report.recoveries
        assert recovery.recording is not None
        assert list(recovery.recording.ids_under("egress_id")) == later
        assert (recovery.verdict, report.unknown, running(service)) == (Verdict.ENDED, (), 0)


def test_what_was_noted_is_not_taken_for_what_was_given_up(service: LivekitEmulator, ledger: str) -> None:
    """A part of the first start was stopped, for the rest was refused; nobody knows its id. The second one's runs."""
    with attempting(service, ledger) as (recorder, proxy):
        attempt(recorder, proxy, RoomNotReady, None, GONE)
        service.clock.advance(3)
        intent = attempt(recorder, proxy, StartOutcomeUnknown, None, DROP)
    given_up, *later = ids(service)
    assert intent.noted["parts"] == {"1001": later[0]}
    service.clock.advance(200)
    with connect(service, ledger=ledger) as recorder:
        again = recorder.start(parted(), key="lesson")
        assert list(again.ids_under("egress_id")) == later
        assert given_up not in later
        recorder.stop(again)
    assert running(service) == 0


@pytest.mark.parametrize(("fault", "seconds", "is_there"), [(DROP, 3, True), (RESET, 30, False)])
def test_what_was_given_up_is_no_part_of_the_next(
    service: LivekitEmulator, ledger: str, fault: Fault, seconds: float, is_there: bool
) -> None:
    """Two of three were stopped. Of the second start one was noted; the other runs, or began never."""
    everybody = {"participants": {"audio": ALL, "video": ALL}}
    with attempting(service, ledger) as (recorder, proxy):
        attempt(recorder, proxy, RoomNotReady, None, None, GONE, **everybody)
        service.clock.advance(seconds)
        attempt(recorder, proxy, StartOutcomeUnknown, None, fault, **everybody)
    later = ids(service)[2:]
    assert len(later) == 1 + is_there
    service.clock.advance(200)
    with connect(service, ledger=ledger) as recorder:
        (recovery,) = recorder.recover().recoveries
        assert recovery.verdict is Verdict.RUNNING
        assert recovery.recording is not None
        assert list(recovery.recording.ids_under("egress_id")) == later
        assert recovery.reason.endswith("none began of 1003" if is_there else "none began of 1002, 1003")
        recorder.stop(recovery.recording)
    assert running(service) == 0


@pytest.mark.parametrize("is_known", [True, False])
def test_what_never_began_again_is_told_so(service: LivekitEmulator, ledger: str, is_known: bool) -> None:
    """That an earlier one ended says nothing of it: one that is known, even a moment ago, and one that was given up."""
    with attempting(service, ledger) as (recorder, proxy):
        if is_known:
            recorder.stop(recorder.start(parted(), key="lesson"))
            service.clock.advance(1)
        else:
            attempt(recorder, proxy, RoomNotReady, None, GONE)
            service.clock.advance(30)
        attempt(recorder, proxy, StartOutcomeUnknown, RESET)
    service.clock.advance(200)
    with connect(service, ledger=ledger) as recorder:
        (recovery,) = recorder.recover().recoveries
    assert (recovery.verdict, recovery.recording) == (Verdict.NEVER_STARTED, None)


def test_what_runs_is_found_though_the_clocks_differ(service: LivekitEmulator) -> None:
    """By the vendor's clock it began long before: nobody else sees to it. One that ended then is another start's."""
    with connect(service) as recorder:
        recording = recorder.start(spec_of())
        service.clock.advance(5)
        intent = StartIntent(
            id=recording.id,
            key="lesson",
            provider="livekit",
            account=recording.account,
            room=ROOM,
            created_at=datetime.fromtimestamp(service.clock.time() + 60, UTC),
            draft=recording.model_copy(update={"native": {}}),
        )
    with connect(service) as another:
        (recovery,) = another.recover(intent.model_copy(update={"noted": {}})).recoveries
        assert recovery.verdict is Verdict.RUNNING
        assert recovery.recording is not None
        another.stop(recovery.recording)
    service.clock.advance(200)
    with connect(service) as another:
        (recovery,) = another.recover(intent.model_copy(update={"noted": {}})).recoveries
        assert recovery.verdict is Verdict.NEVER_STARTED


@pytest.mark.parametrize("verdict", [Verdict.RUNNING, Verdict.ENDED])
def test_without_a_key_asking_twice_finds_the_same(service: LivekitEmulator, verdict: Verdict) -> None:
    """The id is of this start alone, and what this process has found is no other's."""
    with FaultProxy(service.base_url) as proxy, connect(service, base_urls=(proxy.base_url,)) as recorder:
        fail(proxy, DROP)
        with pytest.raises(StartOutcomeUnknown) as caught:
            recorder.start(spec_of())
        assert caught.value.intent is not None
        kept = caught.value.intent.model_dump_json()
        service.clock.advance(10)
        if verdict is Verdict.ENDED:
            for one in (*PEOPLE, THIRD):
                service.leave(ROOM, one)
        service.clock.advance(200)
        found = [recorder.recover(StartIntent.model_validate_json(kept)).recoveries[0] for _ in range(2)]
    assert [one.verdict for one in found] == [verdict] * 2


def test_a_late_callback_brings_no_earlier_id(service: LivekitEmulator, ledger: str, call: Caller) -> None:
    """One of the part that was given up: its person's new id was noted, or it began before the start."""
    with attempting(service, ledger) as (recorder, proxy):
        attempt(recorder, proxy, RoomNotReady, None, GONE)
        (old,) = ids(service)
        (info,) = call("ListEgress", egress_id=old)["items"]
        service.clock.advance(30)
        intent = attempt(recorder, proxy, StartOutcomeUnknown, None, DROP)
        _, first, second = ids(service)
        (event,) = recorder.provider.parse_webhook(callback(service, "egress_ended", info))

        def identified(created_at: datetime, **parts: str) -> Any:
            changed = {"created_at": created_at, "noted": {"parts": parts}}
            return recorder.provider.identify(intent.model_copy(update=changed), event)

        long_ago = datetime.fromtimestamp(0, UTC)
        whole = {"1001": first, "1002": second}
        assert identified(long_ago, **whole) is None
        assert identified(intent.created_at, **{"1002": second}) is None
        told = identified(long_ago, **{"1002": second})
        assert told.ids_under("egress_id") == (old, second)
