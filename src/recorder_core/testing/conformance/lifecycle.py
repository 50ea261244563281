"""L: what a recording lives through."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recorder_core.errors import ConfigurationError, RecorderError, RecordingNotFound
from recorder_core.models import FileStatus, Recording, RecordingState
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder
from recorder_core.testing.battery.cell import DEADLINE_S
from recorder_core.testing.battery.operations import changes
from recorder_core.testing.battery.stage import PAGE, ROOM
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeParted, MakeProvider, MakeSpec, intent_of
from recorder_core.testing.service import Service, SkewedClock, running
from recorder_core.testing.watching import assert_hidden

__all__ = ["Lifecycle"]

BEGUN = (RecordingState.STARTING, RecordingState.RECORDING)
OVER = (RecordingState.COMPLETED, RecordingState.FAILED, RecordingState.GONE)
RECORDED_S = 30.0
LATER_S = 7200.0


class Lifecycle(Fixtures):
    """L: what a recording lives through."""

    @clause("L1")
    def test_a_handle_says_what_was_started(self, recorder: Recorder, make_spec: MakeSpec, service: Service) -> None:
        """L1: id of the intent, provider, account, room, mode, where its files will lie, and the vendor's ids."""
        spec = make_spec()
        provider = recorder.provider
        key = "lesson" if provider.start_is_unique else None
        recording = recorder.start(spec, key=key)
        assert key is None or recording.id == recorder.recording_id(key)
        assert (recording.provider, recording.account) == (provider.name, provider.account)
        assert (recording.room, recording.mode, recording.media) == (spec.room, spec.mode, spec.media)
        assert recording.location is not None
        assert recording.location.kind == spec.storage.kind
        for key in (*provider.native_ids, *filter(None, [provider.native_key])):
            ids = recording.ids_under(key) if key == provider.native_key else (recording.native.get(key),)
            assert ids, key
            assert all(isinstance(one, str) and one for one in ids), key
        assert running(service, spec.room) == 1

    @clause("L2")
    def test_a_handle_is_all_that_another_process_needs(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        make_provider: MakeProvider,
        service: Service,
        clock: SkewedClock,
    ) -> None:
        """L2: through JSON, with a provider of its own, it is looked at and stopped."""
        spec = make_spec()
        kept = recorder.start(spec).model_dump_json()
        recorder.close()
        with Recorder(make_provider(service), clock=clock, hooks=()) as another:
            recording = Recording.model_validate_json(kept)
            assert recording.model_dump_json() == kept
            assert another.status(recording).state.running
            another.stop(recording)
        assert running(service, spec.room) == 0

    @clause("L3")
    def test_a_handle_has_no_secret(self, recorder: Recorder, make_spec: MakeSpec) -> None:
        """L3: it may lie in any database."""
        recording = recorder.start(make_spec())
        assert_hidden(recorder.provider, recording.model_dump_json(), repr(recording))

    @clause("L4")
    def test_a_young_recording_has_a_state(self, recorder: Recorder, make_spec: MakeSpec) -> None:
        """L4: before the vendor's first event, and in an empty room, status says that it begins, and never that it
        failed, ended, or isn't there."""
        for joined in (True, False):
            recording = recorder.start(make_spec(joined=joined))
            status = recorder.status(recording)
            assert status.state in BEGUN, status.reason

    @clause("L5")
    def test_it_truly_records(self, recorder: Recorder, make_spec: MakeSpec) -> None:
        """L5: where somebody is in the room it is `recording` soon, looked at as the vendor advises."""
        recording = recorder.start(make_spec())
        assert self.until(recorder, recording, RecordingState.RECORDING).state is RecordingState.RECORDING
        assert recorder.wait(recording, timeout=60).state is RecordingState.RECORDING

    @clause("L6")
    def test_a_stop_ends_it(self, recorder: Recorder, make_spec: MakeSpec, service: Service) -> None:
        """L6: nothing runs when stop returns, and its state says so; without waiting for the files too."""
        for wait in (True, False):
            spec = make_spec()
            recording = recorder.start(spec, confirm=True)
            status = recorder.stop(recording, wait=wait)
            assert status.state.terminal or status.state.ending, status
            assert running(service, spec.room) == 0

    @clause("L7")
    def test_a_second_stop_is_no_error(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        make_provider: MakeProvider,
        service: Service,
        clock: SkewedClock,
    ) -> None:
        """L7: whoever stops what has ended is told what is known, in another process too."""
        recording = recorder.start(make_spec(), confirm=True)
        first = recorder.stop(recording)
        second = recorder.stop(recording)
        assert not second.state.running
        assert {file.name for file in second.files} >= {file.name for file in first.files}
        _check_told_by_stop(recording, make_provider, service, clock)

    @clause("L7")
    def test_a_stop_of_what_ended_by_itself_is_told(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        make_provider: MakeProvider,
        service: Service,
        clock: SkewedClock,
    ) -> None:
        """L7: so is whoever stops what the vendor has ended because nobody was left, with the files that it made."""
        spec = make_spec()
        recording = recorder.start(spec, confirm=True)
        clock.advance(RECORDED_S)
        service.leave(spec.room, "1001")
        until = clock.time() + LATER_S
        while running(service, spec.room) and clock.time() < until:
            clock.advance(RECORDED_S)
        if not running(service, spec.room):  # else the vendor lets it run
            _check_told_by_stop(recording, make_provider, service, clock)

    @clause("L8")
    def test_what_has_ended_has_a_state(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        make_provider: MakeProvider,
        service: Service,
        clock: SkewedClock,
    ) -> None:
        """L8: status of what has ended is never "not found", and never that it runs; for whoever asks, however late."""
        recording = recorder.start(make_spec(), confirm=True)
        recorder.stop(recording)
        assert not recorder.status(recording).state.running
        clock.advance(LATER_S)
        with Recorder(make_provider(service), clock=clock, hooks=()) as another:
            assert self.until(another, recording, *OVER).state in OVER

    @clause("L9")
    def test_what_the_vendor_never_knew_has_a_state(self, recorder: Recorder, make_spec: MakeSpec) -> None:
        """L9: a handle with ids that nobody has is `gone` in the end, and never runs; stopping it harms nobody."""
        recording = recorder.start(make_spec())
        stranger = _stranger(recorder.provider, recording)
        status = self.until(recorder, stranger, *OVER)
        assert status.state in (*OVER, RecordingState.UNREACHABLE), status
        with suppress(RecordingNotFound):
            assert not recorder.stop(stranger).state.running
        assert recorder.status(recording).state.running

    @clause("L10")
    def test_files_are_named_and_found(self, recorder: Recorder, make_spec: MakeSpec, clock: SkewedClock) -> None:
        """L10: a stop that waits tells the files, each settled or with its state, and where each lies if its
        destination has addresses."""
        recording = recorder.start(make_spec(), confirm=True)
        has_addresses = recording.location is not None and recording.location.uri("a.mp4") is not None
        clock.advance(RECORDED_S)
        status = recorder.stop(recording)
        assert status.files, f"nothing was recorded in {RECORDED_S:g} s"
        for file in status.files:
            assert file.name or file.key, file
            is_told = file.status.settled or file.status is FileStatus.UNKNOWN
            assert is_told or status.state.ending, file
            assert file.uri or file.url or not has_addresses, file

    @clause("L11")
    def test_two_rooms_are_two_recordings(self, recorder: Recorder, make_spec: MakeSpec, service: Service) -> None:
        """L11: what is done to one does nothing to the other."""
        one, other = make_spec(), make_spec()
        first, second = recorder.start(one, confirm=True), recorder.start(other, confirm=True)
        assert first.native != second.native
        recorder.stop(first)
        assert (running(service, one.room), running(service, other.room)) == (0, 1)
        assert recorder.status(second).state.running
        recorder.stop(second)

    @clause("L12")
    def test_it_ends_when_nobody_is_left(
        self, recorder: Recorder, make_spec: MakeSpec, service: Service, clock: SkewedClock
    ) -> None:
        """L12: what the vendor has ended by itself is told by status as ended; where it goes on, as going on."""
        spec = make_spec()
        recording = recorder.start(spec, confirm=True)
        service.leave(spec.room, "1001")
        clock.advance(LATER_S)
        status = self.until(recorder, recording, *(BEGUN if running(service, spec.room) else OVER))
        assert status.state.running == bool(running(service, spec.room)), status

    @clause("L13")
    def test_a_start_is_as_unique_as_it_says(
        self, provider: Provider, recorder: Recorder, make_spec: MakeSpec, service: Service
    ) -> None:
        """L13: where `start_is_unique`, the start of one intent sent twice is one recording, which goes on unharmed;
        where it isn't, a start with a key and without a ledger is refused before anything is sent."""
        spec = make_spec()
        if not provider.start_is_unique:
            with pytest.raises(ConfigurationError):
                recorder.start(spec, key="lesson")
            assert running(service, spec.room) == 0
            return
        intent = intent_of(provider, spec)
        plan = provider.translate(spec, intent)
        first = provider.start(plan, intent)
        with suppress(RecorderError):
            assert provider.start(plan, intent).native == first.native
        assert running(service, spec.room) == 1
        assert recorder.status(first).state.running

    @clause("L14")
    def test_a_pause_is_told(self, recorder: Recorder, make_spec: MakeSpec, make_parted: MakeParted | None) -> None:
        """L14: after `pause` it is `paused`, after `resume` `recording`, and either may be done twice; a vendor that
        doesn't tell a pause has a reason that says so."""
        kinds = self.begun_of(recorder, make_spec, ROOM, PAGE, operation="pause", make_parted=make_parted)
        for recording in kinds:
            self.until(recorder, recording, RecordingState.RECORDING)
            for _ in range(2):
                recorder.pause(recording)
                status = self.until(recorder, recording, RecordingState.PAUSED)
                assert status.state is RecordingState.PAUSED or (status.state.running and status.reason), status
            for _ in range(2):
                recorder.resume(recording)
                status = self.until(recorder, recording, RecordingState.RECORDING)
                assert status.state is RecordingState.RECORDING, status

    @clause("L15")
    def test_what_is_over_is_not_changed(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        make_provider: MakeProvider,
        spec_fields: Mapping[str, Any],
        service: Service,
        clock: SkewedClock,
    ) -> None:
        """L15: to change what has ended, or what the vendor never knew, is an error, in a process too that didn't see
        the end: what the vendor has refused is never said to be done."""
        with Recorder(make_provider(service), clock=clock, hooks=()) as another:
            for change in changes(spec_fields):
                for recording in self.begun_of(recorder, make_spec, *change.of, operation=change.name):
                    stranger = _stranger(recorder.provider, recording)
                    recorder.stop(recording)
                    for handle, what in ((recording, "has ended"), (stranger, "never was")):
                        with suppress(RecorderError):
                            change.call(another, handle, DEADLINE_S)
                            pytest.fail(f"{change.name} of what {what} is said to be done")


def _check_told_by_stop(
    recording: Recording, make_provider: MakeProvider, service: Service, clock: SkewedClock
) -> None:
    """That a process which didn't see the end is told no less by `stop` than the next one by `status`."""
    with Recorder(make_provider(service), clock=clock, hooks=()) as another:
        stopped = another.stop(recording)
    with Recorder(make_provider(service), clock=clock, hooks=()) as third:
        seen = third.status(recording)
    assert not stopped.state.running, stopped
    assert stopped.state is not RecordingState.GONE or seen.state is RecordingState.GONE, "status knows it"
    if not stopped.state.ending:  # else more may be told later
        assert {file.name for file in stopped.files} >= {file.name for file in seen.files}, "status knows its files"


def _stranger(provider: Provider, recording: Recording) -> Recording:
    """A handle like a recording's, long ago, with ids that nobody has."""
    keys = [provider.native_key] if provider.native_key else provider.native_ids
    native = {**recording.native, **{key: _another(recording.native[key]) for key in keys}}
    long_ago = datetime.fromtimestamp(provider.runtime.clock.time(), UTC) - timedelta(seconds=LATER_S)
    return recording.model_copy(update={"id": "0" * 32, "native": native, "started_at": long_ago})


def _another(native_id: Any) -> Any:
    """An id of the same shape that nobody has, or several."""
    if not isinstance(native_id, str):
        return [_another(one) for one in native_id]
    turned = str.maketrans("0123456789abcdefABCDEF", "9876543210fedcbaFEDCBA")
    return native_id.translate(turned)
