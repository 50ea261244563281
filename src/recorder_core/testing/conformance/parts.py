"""R8: recordings that the vendor keeps in several parts, by an id each."""

from __future__ import annotations

import pytest

from recorder_core.errors import RecorderError, StartOutcomeUnknown
from recorder_core.models import RecordingSpec, Verdict
from recorder_core.recorder import Recorder
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeParted, MakeProvider, MakeSpec
from recorder_core.testing.conformance.recovery import SETTLED_S, proxied
from recorder_core.testing.faults import FAULTS
from recorder_core.testing.service import Service, SkewedClock, running
from recorder_core.testing.watching import TIMEOUT_S

__all__ = ["Parts"]

NOT_TOLD = (Verdict.UNCLEAR, Verdict.UNCONTROLLABLE)


class Parts(Fixtures):
    """R8: recordings that the vendor keeps in several parts. Where it keeps none so, a handle has one id."""

    @clause("R8")
    def test_a_handle_has_the_ids_of_all_parts(
        self, recorder: Recorder, make_spec: MakeSpec, make_parted: MakeParted | None, service: Service
    ) -> None:
        """R8: one for each part that runs, and `stop` ends all of them, once and again; without `several_ids` there is
        one at most."""
        key = recorder.provider.native_key
        if make_parted is None:
            assert len(recorder.start(make_spec()).ids_under(key)) <= 1 or recorder.provider.several_ids
            return
        spec = make_parted()
        recording = recorder.start(spec)
        ids = recording.ids_under(key)
        assert len(ids) > 1, "`parts_fields` give a recording of one part"
        assert len(ids) == running(service, spec.room)
        assert recorder.status(recording).state.running
        for _ in range(2):
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
