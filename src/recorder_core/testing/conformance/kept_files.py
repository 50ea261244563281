"""L16, L17: files that the vendor keeps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from recorder_core.errors import RecordingConflict, UnsupportedOperation
from recorder_core.models import FileStatus, RecordedFile, Recording, RecordingSpec, RecordingStatus
from recorder_core.recorder import Recorder
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeProvider, MakeSpec
from recorder_core.testing.service import Service, SkewedClock
from recorder_core.testing.watching import Watch

__all__ = ["KeptFiles"]

KEPT: tuple[Mapping[str, Any], ...] = ({"storage": {"kind": "vendor_managed"}}, {"storage": {"kind": "account"}}, {})
"""What may make the vendor keep the files; the first that it takes."""
RECORDED_S = 30.0
FILE = RecordedFile(name="a.mp4", status=FileStatus.UPLOADED)


class KeptFiles(Fixtures):
    """L16, L17: files that the vendor keeps."""

    @clause("L16")
    def test_a_link_is_a_secret(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        clock: SkewedClock,
        watch: Watch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """L16: `link` gives an address of a file that the vendor keeps, which is in no log, hook, status or handle; it
        doesn't end before now. Where it isn't overridden it is refused, and nothing is sent."""
        recording = recorder.start(_kept(recorder, make_spec), confirm=True)
        if not recorder.provider.offers("link"):
            _refused(watch, lambda: recorder.link(recording, FILE))
            return
        status = _ended(recorder, recording, clock)
        with caplog.at_level(logging.DEBUG):
            link = recorder.link(recording, status.files[0], seconds=60)
        address = link.url.get_secret_value()
        assert address.startswith(("https://", "http://"))
        assert link.expires_at is None or link.expires_at > recorder.provider.now()
        shown = [repr(link), link.model_dump_json(), caplog.text, *map(repr, watch.exchanges)]
        shown += [recorder.status(recording).model_dump_json(), recording.model_dump_json()]
        assert not [text for text in shown if address in text], "the address is shown"

    @clause("L17")
    def test_deleted_files_are_expired(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        make_provider: MakeProvider,
        service: Service,
        clock: SkewedClock,
        watch: Watch,
    ) -> None:
        """L17: after `delete_files` the vendor's files are `expired`, for whoever asks; a second time is no error.
        Before the end it is refused. Where it isn't overridden it is refused, and nothing is sent."""
        recording = recorder.start(_kept(recorder, make_spec), confirm=True)
        if not recorder.provider.offers("delete_files"):
            _refused(watch, lambda: recorder.delete_files(recording))
            return
        with pytest.raises(RecordingConflict):
            recorder.delete_files(recording)
        _ended(recorder, recording, clock)
        recorder.delete_files(recording)
        recorder.delete_files(recording)
        with Recorder(make_provider(service), clock=clock, hooks=()) as another:
            for status in (recorder.status(recording), another.status(recording)):
                assert {file.status for file in status.files} <= {FileStatus.EXPIRED, FileStatus.LOST}, status.files


def _kept(recorder: Recorder, make_spec: MakeSpec) -> RecordingSpec:
    """A spec whose files the vendor keeps, if it keeps any."""
    specs = (make_spec(**fields) for fields in KEPT)
    return next(spec for spec in specs if recorder.plan(spec).fidelity != "unsupported")


def _ended(recorder: Recorder, recording: Recording, clock: SkewedClock) -> RecordingStatus:
    clock.advance(RECORDED_S)
    status = recorder.stop(recording)
    assert status.files, f"nothing was recorded in {RECORDED_S:g} s"
    return status


def _refused(watch: Watch, call: Callable[[], object]) -> None:
    del watch.exchanges[:]
    with pytest.raises(UnsupportedOperation) as caught:
        call()
    assert caught.value.hint
    assert watch.exchanges == []
