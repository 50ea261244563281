"""C: many threads, other processes, and what is handed from one to the other."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from recorder_core.errors import RecorderError
from recorder_core.models import Recording, RecordingStatus
from recorder_core.recorder import Recorder
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeProvider, MakeSpec
from recorder_core.testing.conformance.recovery import proxied
from recorder_core.testing.faults import FAULTS
from recorder_core.testing.service import Service, SkewedClock, running
from recorder_core.testing.watching import TIMEOUT_S

__all__ = ["Sharing"]

THREADS = 8


class Sharing(Fixtures):
    """C: many threads, other processes, and what is handed from one to the other."""

    @clause("C1")
    def test_one_provider_serves_many_threads(self, recorder: Recorder, make_spec: MakeSpec, service: Service) -> None:
        """C1: threads that start, look and stop at once each get what is theirs, and nothing runs on."""
        specs = [make_spec() for _ in range(THREADS)]

        def record(index: int) -> tuple[Recording, RecordingStatus]:
            recording = recorder.start(specs[index])
            assert recorder.status(recording).state.running
            return recording, recorder.stop(recording)

        with ThreadPoolExecutor(THREADS) as threads:
            done = list(threads.map(record, range(THREADS)))
        assert [recording.room for recording, _ in done] == [spec.room for spec in specs]
        assert not [status for _, status in done if status.state.running]
        assert not [one for one in service.recordings if one.running]

    @clause("C2")
    def test_what_is_handed_out_travels(self, recorder: Recorder, make_spec: MakeSpec) -> None:
        """C2: handles, states and plans survive pickling and copying, and are frozen."""
        recording = recorder.start(make_spec(), confirm=True)
        status = recorder.stop(recording)
        for handed in (recording, status):
            assert pickle.loads(pickle.dumps(handed)) == handed == copy.deepcopy(handed)
            with pytest.raises((TypeError, ValueError)):
                setattr(handed, next(iter(type(handed).model_fields)), "another")

    @clause("C3")
    @pytest.mark.parametrize("fault", ["refuse", "drop", "page", "503"])
    def test_errors_travel(
        self, make_provider: MakeProvider, make_spec: MakeSpec, service: Service, clock: SkewedClock, fault: str
    ) -> None:
        """C3: an error keeps its class and all that it says when it is pickled, and says what to check next."""
        with (
            proxied(make_provider, service) as (proxy, provider),
            Recorder(provider, clock=clock, hooks=(), timeout=TIMEOUT_S) as recorder,
        ):
            proxy.fail_always(FAULTS[fault])
            with pytest.raises(RecorderError) as caught:
                recorder.start(make_spec())
        error = caught.value
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert again.fields() == error.fields()
        assert error.hint
        assert error.provider == provider.name

    @clause("C4")
    def test_closing_ends_no_recording(self, recorder: Recorder, make_spec: MakeSpec, service: Service) -> None:
        """C4: `close` may be called twice, and what runs goes on."""
        spec = make_spec()
        recorder.start(spec)
        recorder.close()
        recorder.provider.close()
        assert running(service, spec.room) == 1
