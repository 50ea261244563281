"""R8: recordings that the vendor keeps in several parts, by an id each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from recorder_core.errors import RecorderError, StartOutcomeUnknown
from recorder_core.models import Mode, RecordingSpec, RecordingState, Verdict
from recorder_core.models.recording import ids_of
from recorder_core.probes import TWO
from recorder_core.recorder import Recorder
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeParted, MakeProvider, MakeSpec, included
from recorder_core.testing.conformance.lifecycle import BEGUN, LATER_S, OVER, RECORDED_S
from recorder_core.testing.conformance.recovery import SETTLED_S, proxied
from recorder_core.testing.faults import FAULTS
from recorder_core.testing.service import Service, SkewedClock, running
from recorder_core.testing.watching import TIMEOUT_S

__all__ = ["Parts"]

NOT_TOLD = (Verdict.UNCLEAR, Verdict.UNCONTROLLABLE)
APART: Mapping[str, Any] = {"mode": "individual", "participants": {"audio": TWO, "video": TWO}}
"""Two who are named, recorded apart."""
FORGOTTEN = "it has several parts: say `several_ids = True`, and override `parts_fields`"


class Parts(Fixtures):
    """R8: recordings that the vendor keeps in several parts. Where it keeps none so, a handle has one id."""

    @clause("R8")
    def test_a_handle_has_the_ids_of_all_parts(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        make_parted: MakeParted | None,
        make_provider: MakeProvider,
        service: Service,
        clock: SkewedClock,
    ) -> None:
        """R8: one for each part that runs; `stop` ends all of them, once and again, and tells the files of all, as
        `status` does to whoever asks; of people who are recorded apart, whose each is. Without `several_ids` a handle
        has one id at most, however many are recorded apart."""
        key = recorder.provider.native_key
        if make_parted is None:
            if not recorder.provider.several_ids:
                for recording in self.begun_of(recorder, make_spec, {}, APART):
                    assert len(ids_of(recording.native.get(key))) <= 1, FORGOTTEN
                    assert running(service, recording.room) == 1, FORGOTTEN
            return
        spec = make_parted()
        recording = recorder.start(spec, confirm=True)
        ids = recording.ids_under(key)
        assert len(ids) > 1, "`parts_fields` give a recording of one part"
        assert len(ids) == running(service, spec.room)
        assert recorder.status(recording).state.running
        clock.advance(RECORDED_S)
        status = recorder.stop(recording)
        assert running(service, spec.room) == 0
        assert not recorder.stop(recording).state.running
        with Recorder(make_provider(service), clock=clock, hooks=()) as another:
            told = [(status, "stop"), (another.status(recording), "status")]
        for found, by in told:
            assert not found.state.running
            if found.state.terminal and found.state is not RecordingState.GONE:
                assert len(found.files) >= len(ids), f"{by} lacks the files of a part"
                if spec.mode is Mode.INDIVIDUAL:
                    assert {file.participant for file in found.files} >= included(spec), f"{by} loses whose they are"

    @clause("R8")
    def test_what_goes_on_of_several_parts_is_told(
        self, recorder: Recorder, make_parted: MakeParted | None, service: Service, clock: SkewedClock
    ) -> None:
        """R8: whoever of several leaves, the state says that it runs for as long as a part does, and `stop` ends it."""
        if make_parted is None:
            return
        for number in range(len(included(make_parted()))):
            spec = make_parted()
            recording = recorder.start(spec, confirm=True)
            service.leave(spec.room, sorted(included(spec))[number])
            clock.advance(LATER_S)
            status = self.until(recorder, recording, *(BEGUN if running(service, spec.room) else OVER))
            assert status.state.running == bool(running(service, spec.room)), status
            assert not recorder.stop(recording).state.running
            assert running(service, spec.room) == 0

    @clause("R8")
    @pytest.mark.parametrize("always", [False, True], ids=["once", "always"])
    @pytest.mark.parametrize("fault", ["401", "500", "reset", "drop"])
    def test_a_start_of_several_parts_is_all_or_nothing(
        self,
        make_provider: MakeProvider,
        make_parted: MakeParted | None,
        service: Service,
        clock: SkewedClock,
        fault: str,
        always: bool,
    ) -> None:
        """R8: whichever request after the first one is refused or lost, and whatever may be sent then, nothing runs
        that isn't told: the error says that it may, and `recover` finds and stops it."""
        if make_parted is None:
            return
        planned = _requests(make_provider, service, clock, make_parted())
        for before in range(1, planned):
            spec = make_parted()
            with proxied(make_provider, service) as (proxy, provider):
                order = proxy.fail_always if always else proxy.fail_next
                order(FAULTS[fault], after=before)
                with Recorder(provider, clock=clock, hooks=(), timeout=TIMEOUT_S) as recorder:
                    try:
                        recording = recorder.start(spec)
                    except RecorderError as error:
                        _check_failed(error, make_provider, service, clock, spec)
                    else:  # it was sent again
                        assert len(recording.ids_under(provider.native_key)) == running(service, spec.room)


def _check_failed(
    error: RecorderError, make_provider: MakeProvider, service: Service, clock: SkewedClock, spec: RecordingSpec
) -> None:
    """That nothing runs which the error, or a recovery, doesn't tell."""
    if not isinstance(error, StartOutcomeUnknown):
        assert running(service, spec.room) == 0, f"what had begun runs on after {error!r}"
        return
    assert error.intent is not None
    clock.advance(SETTLED_S)
    with Recorder(make_provider(service), clock=clock, hooks=(), timeout=TIMEOUT_S) as recorder:
        report = recorder.recover(error.intent, spec=spec, stop=True)
    (recovery,) = report.recoveries
    assert running(service, spec.room) == 0 or recovery.verdict in NOT_TOLD, recovery


def _requests(make_provider: MakeProvider, service: Service, clock: SkewedClock, spec: RecordingSpec) -> int:
    with Recorder(make_provider(service), clock=clock, hooks=()) as recorder:
        return len(recorder.plan(spec).requests)
