"""R: what becomes of a start that was cut short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from recorder_core.errors import RecorderError, StartOutcomeUnknown
from recorder_core.models import RecordingSpec, RecoveryReport, StartIntent, Verdict
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeProvider, MakeSpec, drafted
from recorder_core.testing.faults import FAULTS
from recorder_core.testing.proxy import Fault, FaultProxy
from recorder_core.testing.service import Service, SkewedClock, running
from recorder_core.testing.watching import TIMEOUT_S, assert_hidden

__all__ = ["Recovery"]

SETTLED_S = 150.0
"""Seconds after which a recovery may take a start's process for dead, and a request for not on its way any more."""


class Recovery(Fixtures):
    """R: what becomes of a start that was cut short."""

    @clause("R1")
    def test_what_was_noted_is_the_handle(self, recorder: Recorder, make_spec: MakeSpec) -> None:
        """R1: every id is noted as soon as it is known, so that the intent alone gives the handle again."""
        noted: list[StartIntent] = []
        provider = recorder.provider
        plan, intent = drafted(provider, make_spec())
        intent.kept_by(lambda now: noted.append(StartIntent.model_validate_json(now.model_dump_json())))
        recording = provider.start(plan, intent)
        assert noted, "nothing was noted"
        again = provider.revived(noted[-1])
        assert again is not None
        assert again.model_dump() == recording.model_dump()

    @clause("R2")
    def test_an_intent_has_no_secret(self, recorder: Recorder, make_spec: MakeSpec) -> None:
        """R2: what is noted lies in a database."""
        plan, intent = drafted(recorder.provider, make_spec())
        recorder.provider.start(plan, intent)
        assert_hidden(recorder.provider, intent.model_dump_json())

    @clause("R3", "R4")
    @pytest.mark.parametrize("with_spec", [True, False])
    @pytest.mark.parametrize("fault", ["drop", "reset"])
    def test_a_start_without_an_answer_is_explained(
        self,
        make_provider: MakeProvider,
        make_spec: MakeSpec,
        service: Service,
        clock: SkewedClock,
        fault: str,
        with_spec: bool,
    ) -> None:
        """R3: a start whose answer is lost raises `StartOutcomeUnknown` with its intent, whether it runs or not.
        R4: `recover` says of it what is so, or that it can't be told, whoever asks again with the intent as it was
        stored; and no second recording comes of asking."""
        spec = make_spec()
        stored = lost_start(make_provider, service, clock, spec, FAULTS[fault]).model_dump_json()
        clock.advance(SETTLED_S)
        before = running(service, spec.room)
        with Recorder(make_provider(service), clock=clock, hooks=(), timeout=TIMEOUT_S) as recorder:
            for _ in range(2):
                intent = StartIntent.model_validate_json(stored)
                report = recorder.recover(intent, spec=spec if with_spec else None)
                self._check(report, before, running(service, spec.room))
            for recovery in report.recoveries:
                if recovery.recording is not None:
                    recorder.stop(recovery.recording)
                    assert running(service, spec.room) == 0

    @clause("R5")
    def test_a_start_that_was_never_sent_is_no_recording(
        self, make_provider: MakeProvider, make_spec: MakeSpec, service: Service, clock: SkewedClock
    ) -> None:
        """R5: of an intent of which nothing was sent, recovery starts nothing that it doesn't report or end."""
        spec = make_spec()
        with Recorder(make_provider(service), clock=clock, hooks=(), timeout=TIMEOUT_S) as recorder:
            _, intent = drafted(recorder.provider, spec)
            intent = intent.model_copy(update={"created_at": recorder.provider.now()})
            clock.advance(SETTLED_S)
            report = recorder.recover(intent, spec=spec)
            (recovery,) = report.recoveries
            assert running(service, spec.room) == (recovery.verdict is Verdict.RUNNING), recovery
            assert recovery.verdict is not Verdict.UNCONTROLLABLE

    def _check(self, report: RecoveryReport, before: int, after: int) -> None:
        (recovery,) = report.recoveries
        assert after <= max(before, 1)
        if recovery.verdict in (Verdict.NEVER_STARTED, Verdict.ENDED):
            assert after == 0, recovery
        elif recovery.verdict is Verdict.RUNNING:
            assert after == 1, recovery
            assert recovery.recording is not None
        else:
            assert recovery.reason
        if recovery.verdict is Verdict.UNCONTROLLABLE:
            assert recovery.ends_by, "by which rule it ends isn't told"


def lost_start(
    make_provider: MakeProvider, service: Service, clock: SkewedClock, spec: RecordingSpec, fault: Fault
) -> StartIntent:
    """The intent of a start whose answer a fault has taken away, whether it was carried out or not."""
    with proxied(make_provider, service) as (proxy, provider):
        plan, _ = drafted(provider, spec)
        proxy.fail_always(fault, after=len(plan.requests) - 1)  # the last one that is planned begins the recording
        with (
            Recorder(provider, clock=clock, hooks=(), timeout=TIMEOUT_S) as recorder,
            pytest.raises(RecorderError) as caught,
        ):
            recorder.start(spec)
        error = caught.value
        assert error.intent is not None
        if running(service, spec.room):
            assert isinstance(error, StartOutcomeUnknown), error
        return error.intent


@contextmanager
def proxied(make_provider: MakeProvider, service: Service) -> Iterator[tuple[FaultProxy, Provider]]:
    """A proxy before the service, and a provider that knows only that."""
    with FaultProxy(service.base_url) as proxy:
        found = make_provider(service)
        update: Mapping[str, Any] = {"base_urls": (proxy.base_url,)}
        yield proxy, type(found)(found.config.model_copy(update=update))
