"""Files that the vendor keeps: their links, and their end; at a vendor in memory."""

from __future__ import annotations

import asyncio
import logging
import math
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from core.conftest import MemoryProvider, SteppedClock, Vendor
from recorder_core import (
    AsyncRecorder,
    ConfigurationError,
    Ending,
    FileStatus,
    InvalidSpec,
    Link,
    Location,
    RecordedFile,
    Recorder,
    Recording,
    RecordingConflict,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    ServiceUnavailable,
    UnsupportedOperation,
    hookimpl,
)

ADDRESS = "https://keep.example/a.mp4?signature=opens-for-whoever-has-it"
MakeSpec = Callable[..., RecordingSpec]


class Archive(MemoryProvider):
    """Keeps every file, and remembers for how long it was asked."""

    def link(self, recording: Recording, file: RecordedFile, *, seconds: float) -> Link:
        self._call(f"link {file.name} {seconds:g}")
        return Link(url=SecretStr(ADDRESS), expires_at=datetime.fromtimestamp(self.runtime.clock.time() + 600, UTC))

    def delete_files(self, recording: Recording) -> None:
        self._call("delete_files")


class Told:
    """What hooks are told of changes."""

    def __init__(self) -> None:
        self.changes: list[str] = []

    @hookimpl
    def recorder_changed(self, operation: str) -> None:
        self.changes.append(operation)


def file(name: str = "a.mp4", **fields: Any) -> RecordedFile:
    return RecordedFile(name=name, **{"status": FileStatus.UPLOADED, **fields})


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def recorder(archive: Archive, clock: SteppedClock, told: Told) -> Recorder:
    return Recorder(archive, clock=clock, hooks=[told])


def ended(recorder: Recorder, archive: Archive, spec: MakeSpec, *files: RecordedFile) -> Recording:
    """A recording that has ended with these files."""
    recording = recorder.start(spec())
    archive.states.clear()
    archive.states.append(RecordingStatus(state=RecordingState.COMPLETED, files=files))
    recorder.stop(recording)
    archive.calls.clear()
    return recording


def test_a_link_is_asked_for_so_many_seconds(recorder: Recorder, archive: Archive, spec: MakeSpec) -> None:
    """Fifteen minutes by default; how long it lasts is the vendor's to say."""
    recording = ended(recorder, archive, spec, file())
    link = recorder.link(recording, file())
    recorder.link(recording, file("b.mp4"), seconds=60, deadline=5)
    assert archive.calls == ["link a.mp4 900", "link b.mp4 60"]
    assert link.url.get_secret_value() == ADDRESS
    assert link.expires_at is not None


def test_a_link_is_shown_nowhere(
    recorder: Recorder, archive: Archive, spec: MakeSpec, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in its repr, its JSON, a log or an error's frames; it travels to another process all the same."""
    recording = ended(recorder, archive, spec, file())
    with caplog.at_level(logging.DEBUG):
        link = recorder.link(recording, file())
    for view in (repr(link), str(link), link.model_dump_json(), repr(link.model_dump()), caplog.text):
        assert "opens-for-whoever" not in view
    assert pickle.loads(pickle.dumps(link)) == link


@pytest.mark.parametrize("status", [FileStatus.LOST, FileStatus.EXPIRED])
def test_nobody_is_asked_for_what_nobody_has(
    recorder: Recorder, archive: Archive, spec: MakeSpec, status: FileStatus
) -> None:
    """A file that is lost or expired has no link."""
    recording = ended(recorder, archive, spec, file(status=status))
    with pytest.raises(InvalidSpec, match=f"a.mp4 is {status}; nobody has it") as caught:
        recorder.link(recording, file(status=status))
    assert caught.value.problems == (f"file: a.mp4 is {status}; nobody has it",)
    assert archive.calls == []


def test_what_is_no_file_and_no_time_is_refused(recorder: Recorder, archive: Archive, spec: MakeSpec) -> None:
    """Before anything is sent."""
    recording = ended(recorder, archive, spec, file())
    with pytest.raises(InvalidSpec, match="link takes a RecordedFile, not a str"):
        recorder.link(recording, "a.mp4")  # type: ignore[arg-type]
    for wrong in (0, -1, "60", True, math.inf, -math.inf, math.nan, 10**400):
        with pytest.raises(ConfigurationError, match="seconds is"):
            recorder.link(recording, file(), seconds=wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="belongs to memory account 'other'"):
        recorder.link(recording.model_copy(update={"account": "other"}), file())
    assert archive.calls == []


@pytest.mark.parametrize("ask", [lambda to, it: to.link(it, file()), lambda to, it: to.delete_files(it)])
def test_a_bucket_s_owner_does_it_alone(
    clock: SteppedClock, spec: MakeSpec, ask: Callable[[Recorder, Recording], object]
) -> None:
    """A vendor that keeps no files refuses both, says whose client does it, and is asked nothing."""
    provider = MemoryProvider()
    recorder = Recorder(provider, clock=clock, hooks=[])
    recording = recorder.start(spec())
    provider.calls.clear()
    with pytest.raises(UnsupportedOperation, match="for files in s3") as caught:
        ask(recorder, recording)
    assert caught.value.fault == "caller"
    assert "A storage of your own" in (caught.value.hint or "")
    assert provider.calls == []
    elsewhere = recording.model_copy(update={"location": Location(kind="vendor_managed")})
    with pytest.raises(UnsupportedOperation, match="for files in vendor_managed") as caught:
        ask(recorder, elsewhere)
    assert "the vendor's console" in (caught.value.hint or "")


def test_deleted_files_are_expired_for_good(recorder: Recorder, archive: Archive, spec: MakeSpec, told: Told) -> None:
    """Those that somebody had; what was lost stays lost. The vendor's forgetfulness brings none back."""
    recording = ended(recorder, archive, spec, file(), file("b.mp4", status="backup"), file("c.mp4", status="lost"))
    recorder.delete_files(recording)
    assert [one.status for one in recorder.status(recording).files] == ["expired", "expired", "lost"]
    assert recorder.status(recording).state is RecordingState.COMPLETED
    recorder.delete_files(recording)
    assert (archive.calls, told.changes) == (["delete_files"] * 2, ["delete_files"] * 2)


def test_what_has_not_ended_is_not_deleted(recorder: Recorder, archive: Archive, spec: MakeSpec, told: Told) -> None:
    """A file that is still written could come back; while the vendor says nothing, nothing is known."""
    recording = recorder.start(spec())
    unavailable = ServiceUnavailable("closed", retryable=True)
    for state in (RecordingState.RECORDING, RecordingState.UPLOADING, unavailable):
        archive.states[0] = state
        with pytest.raises(RecordingConflict, match="nothing was deleted") as caught:
            recorder.delete_files(recording)
        assert caught.value.retryable
        assert caught.value.hint
    assert "delete_files" not in archive.calls
    assert told.changes == []


def test_what_the_vendor_does_not_know_just_now_is_not_deleted(
    recorder: Recorder, archive: Archive, spec: MakeSpec, told: Told
) -> None:
    """It may know it again a moment later: then it is deleted when it has ended."""
    recording = recorder.start(spec())
    archive.states[0] = RecordingState.GONE
    with pytest.raises(RecordingConflict, match="doesn't know the recording just now") as caught:
        recorder.delete_files(recording)
    assert caught.value.retryable
    assert "again in a moment" in (caught.value.hint or "")
    archive.states[0] = RecordingState.RECORDING
    with pytest.raises(RecordingConflict, match="the recording is recording"):
        recorder.delete_files(recording)
    assert ("delete_files" in archive.calls, told.changes) == (False, [])
    archive.states[0] = RecordingStatus(state=RecordingState.COMPLETED, files=(file(),))
    recorder.delete_files(recording)
    assert archive.calls[-1] == "delete_files"


@pytest.mark.parametrize(
    ("stopped", "left"),
    [
        (RecordingStatus(state=RecordingState.COMPLETED, files=(file(),), ending=Ending.STOPPED), "completed"),
        (RecordingStatus(state=RecordingState.UPLOADING, files=(file(),), ending=Ending.STOPPED), "gone"),
    ],
)
def test_what_a_vendor_forgets_is_deleted_where_its_end_was_seen(
    recorder: Recorder, archive: Archive, spec: MakeSpec, stopped: RecordingStatus, left: str
) -> None:
    """Some know nothing of a recording a minute after its end, and keep its files."""
    recording = recorder.start(spec())
    archive.states[0] = stopped
    recorder.stop(recording)
    archive.states[0] = RecordingState.GONE
    recorder.delete_files(recording)
    recorder.delete_files(recording)
    status = recorder.status(recording)
    assert (status.state, [one.status for one in status.files]) == (left, ["expired"])
    assert archive.calls.count("delete_files") == 2


@pytest.mark.parametrize(
    "state",
    [RecordingState.UPLOADING, RecordingState.GONE, ServiceUnavailable("closed", retryable=True)],
)
def test_an_end_that_may_be_forged_deletes_nothing(
    signing: Callable[..., tuple[Archive, Vendor]], clock: SteppedClock, spec: MakeSpec, state: Any
) -> None:
    """A callback whose signature doesn't cover it says that it is over, and the vendor doesn't say so."""
    archive, vendor = signing(kind=Archive, covers_body=False)
    recorder = Recorder(archive, clock=clock, hooks=[])
    recording = recorder.start(spec())
    claim = vendor.callback(tape=recording.native["tape"], kind="ended", state="completed", ending="stopped")
    (event,) = recorder.events.receive(claim)
    assert event.recording_id == recording.id
    archive.states[0] = state
    with pytest.raises(RecordingConflict, match="nothing was deleted") as caught:
        recorder.delete_files(recording)
    assert caught.value.hint
    assert "delete_files" not in archive.calls
    archive.states[0] = RecordingStatus(state=RecordingState.COMPLETED, files=(file(),))
    recorder.delete_files(recording)
    assert archive.calls[-1] == "delete_files"


def test_a_failed_deletion_leaves_the_files(recorder: Recorder, archive: Archive, spec: MakeSpec, told: Told) -> None:
    """Where the vendor refuses, they are where they were."""
    recording = ended(recorder, archive, spec, file())
    archive.failures["delete_files"] = ServiceUnavailable("closed", retryable=True)
    with pytest.raises(ServiceUnavailable) as caught:
        recorder.delete_files(recording)
    assert (caught.value.operation, caught.value.recording_id) == ("delete_files", recording.id)
    assert [one.status for one in recorder.status(recording).files] == ["uploaded"]
    assert told.changes == []


def test_every_process_with_the_ledger_knows_of_it(
    archive: Archive, clock: SteppedClock, spec: MakeSpec, tmp_path: Any
) -> None:
    """The outcome in the ledger has the files as expired."""
    url = f"sqlite:///{tmp_path / 'recordings.db'}"
    with (
        Recorder(archive, clock=clock, hooks=[], ledger=url) as one,
        Recorder(Archive(), clock=clock, hooks=[], ledger=url) as other,
    ):
        recording = ended(one, archive, spec, file())
        assert [it.status for it in other.status(recording).files] == ["uploaded"]
        one.delete_files(recording)
        assert [it.status for it in other.status(recording).files] == ["expired"]
        entry = one.ledger.entry(recording.id)
        assert entry is not None
        assert (entry.outcome, entry.open) == (RecordingState.COMPLETED, False)


def test_both_can_be_awaited(archive: Archive, clock: SteppedClock, spec: MakeSpec) -> None:
    """`AsyncRecorder` has them, with the same parameters."""
    archive.states[0] = RecordingStatus(state=RecordingState.COMPLETED, files=(file(),))

    async def done() -> Link:
        async with AsyncRecorder(archive, clock=clock, hooks=[]) as recorder:
            recording = await recorder.start(spec())
            await recorder.stop(recording)
            link = await recorder.link(recording, file(), seconds=60)
            await recorder.delete_files(recording)
            return link

    assert asyncio.run(done()).url.get_secret_value() == ADDRESS
    assert archive.calls[-2:] == ["link a.mp4 60", "delete_files"]
