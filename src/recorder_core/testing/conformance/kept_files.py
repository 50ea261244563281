"""L16, L17: files that the vendor keeps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from recorder_core.errors import RecorderError, RecordingConflict, UnsupportedOperation
from recorder_core.models import FileStatus, RecordedFile, Recording, RecordingSpec, RecordingStatus
from recorder_core.recorder import Recorder
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeParted, MakeProvider, MakeSpec
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
        make_parted: MakeParted | None,
        clock: SkewedClock,
        watch: Watch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """L16: `link` gives an address of each file that the vendor keeps, which is in no log, hook, status or handle;
        it doesn't end before now. Where it isn't overridden it is refused, and nothing is sent."""
        for spec in _kept(recorder, make_spec, make_parted):
            recording = recorder.start(spec, confirm=True)
            if not recorder.provider.offers("link", recording.mode):
                _refused(watch, partial(recorder.link, recording, FILE))
                continue
            status = _ended(recorder, recording, clock)
            with caplog.at_level(logging.DEBUG):
                links = [recorder.link(recording, file, seconds=60) for file in status.files]
            addresses = {link.url.get_secret_value() for link in links}
            assert len(addresses) == len(status.files), "two files have one address"
            assert all(address.startswith(("https://", "http://")) for address in addresses)
            now = recorder.provider.now()
            assert all(link.expires_at is None or link.expires_at > now for link in links)
            shown = [*map(repr, links), *(link.model_dump_json() for link in links), caplog.text]
            shown += [*map(repr, watch.exchanges), recorder.status(recording).model_dump_json()]
            shown += [recording.model_dump_json()]
            assert not [text for text in shown for address in addresses if address in text], "the address is shown"

    @clause("L17")
    def test_deleted_files_are_expired(
        self,
        recorder: Recorder,
        make_spec: MakeSpec,
        make_parted: MakeParted | None,
        make_provider: MakeProvider,
        service: Service,
        clock: SkewedClock,
        watch: Watch,
    ) -> None:
        """L17: after `delete_files` all of the vendor's files are `expired`, for whoever asks, and have no link; a
        second time is no error. Before the end it is refused. Where it isn't overridden it is refused, and nothing is
        sent."""
        for spec in _kept(recorder, make_spec, make_parted):
            recording = recorder.start(spec, confirm=True)
            if not recorder.provider.offers("delete_files", recording.mode):
                _refused(watch, partial(recorder.delete_files, recording))
                continue
            with pytest.raises(RecordingConflict):
                recorder.delete_files(recording)
            files = _ended(recorder, recording, clock).files
            recorder.delete_files(recording)
            recorder.delete_files(recording)
            with Recorder(make_provider(service), clock=clock, hooks=()) as another:
                for status in (recorder.status(recording), another.status(recording)):
                    assert {file.status for file in status.files} <= {FileStatus.EXPIRED, FileStatus.LOST}, status.files
                for file in files if another.provider.offers("link", recording.mode) else ():
                    with pytest.raises(RecorderError):
                        another.link(recording, file)


def _kept(recorder: Recorder, make_spec: MakeSpec, make_parted: MakeParted | None) -> Iterator[RecordingSpec]:
    """Specs whose files the vendor keeps, if it keeps any: a plain one, and one of several parts if it has such."""
    specs = (make_spec(**fields) for fields in KEPT)
    plain = next(spec for spec in specs if _is_taken(recorder, spec))
    yield plain
    if make_parted is not None:
        parted = make_parted()
        kept = parted.model_copy(update={"storage": plain.storage})
        yield kept if _is_taken(recorder, kept) else parted


def _is_taken(recorder: Recorder, spec: RecordingSpec) -> bool:
    return recorder.plan(spec).fidelity != "unsupported"


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
