"""What became of a recording: by the status alone, by callbacks alone, and by both. Real HTTP both ways."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from emulation.telling import Receiver
from recorder_core import EventKind, Recorder, Recording, RecordingEvent, RecordingFailed, RecordingSpec
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.models import Ending, FileStatus, RecordingState, RecordingStatus
from recorder_core.testing import connect, emulate
from zegocloud.notified import posted

STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
ENDS = [False, True]


@dataclass
class Lesson:
    """A service, its customer, and the callbacks between them; without `listens` they are only collected."""

    service: Any
    recorder: Recorder
    listens: bool
    bodies: list[dict[str, Any]] = field(default_factory=list)
    events: list[RecordingEvent] = field(default_factory=list)

    def hear(self, received: Any) -> None:
        self.bodies.append(received.body)
        if self.listens:
            self.tell(received.body)

    def tell(self, body: dict[str, Any], **receive: Any) -> None:
        self.events += self.recorder.events.receive(posted(body), **receive)

    def start(self, *people: str, **spec: Any) -> Recording:
        """A recording in a room where these people are."""
        for person in people:
            self.service.join("lesson-42", person)
        output = {"formats": ["mp4"], "prefix": "lessons/2026"}
        return self.recorder.start(
            RecordingSpec.load({"room": "lesson-42", "storage": STORAGE, "output": output, **spec})
        )

    def pass_time(self, seconds: float) -> None:
        self.service.clock.advance(seconds)

    def looks(self) -> int:
        """How often the vendor was asked for the status."""
        return [entry.operation for entry in self.service.journal].count("DescribeRecordStatus")


@contextmanager
def lesson(*, listens: bool = True, **switches: Any) -> Iterator[Lesson]:
    clock = EmulatorClock(frozen=True)
    with (
        Receiver() as receiver,
        emulate("zegocloud", media=False, clock=clock, callback_url=receiver.url, **switches) as service,
        connect(service) as recorder,
    ):
        found = Lesson(service, recorder, listens)
        receiver.then = found.hear
        yield found


def outcome(status: RecordingStatus) -> tuple[RecordingState, Ending | None, str | None]:
    return status.state, status.ending, status.fault


# --- what ended it ---


@pytest.mark.parametrize("listens", [False, True])
def test_a_stop_of_ours_is_known_as_one(listens: bool) -> None:
    """`stop`, and every status after it, say that it was stopped, though the vendor's answer doesn't."""
    with lesson(listens=listens) as room:
        recording = room.start("1001")
        room.pass_time(600)
        assert room.recorder.stop(recording, wait=False).ending is Ending.STOPPED
        done = room.recorder.wait_for_files(recording)
        assert outcome(done) == (RecordingState.COMPLETED, Ending.STOPPED, None)
        assert outcome(room.recorder.stop(recording)) == outcome(room.recorder.status(recording)) == outcome(done)


@pytest.mark.parametrize("listens", [False, True])
@pytest.mark.parametrize("abnormal", ENDS)
def test_the_longest_duration_is_known_by_its_length(abnormal: bool, listens: bool) -> None:
    """Whether the vendor calls it ended or ended abnormally, and whether a callback tells or the status alone."""
    with lesson(listens=listens, time_outs_are_abnormal=abnormal) as room:
        recording = room.start("1001", max_duration=300)
        room.pass_time(310)
        found = room.recorder.status(recording)
        assert outcome(found) == (RecordingState.COMPLETED, Ending.LIMIT, None)
        assert [file.status for file in found.files] == [FileStatus.UPLOADED]


@pytest.mark.parametrize("abnormal", ENDS)
def test_the_idle_time_out_is_told_by_a_callback(abnormal: bool) -> None:
    """It is no failure; what was recorded before is there, and the reason says what to check."""
    with lesson(time_outs_are_abnormal=abnormal) as room:
        recording = room.start("1001", idle_timeout=60)
        room.pass_time(100)
        room.service.leave("lesson-42", "1001")
        room.pass_time(61)
        found = room.recorder.status(recording)
        assert (found.state, found.ending) == (RecordingState.UPLOADING, Ending.IDLE)
        room.pass_time(10)
        done = room.recorder.wait_for_files(recording)
        assert outcome(done) == (RecordingState.COMPLETED, Ending.IDLE, None)
        assert [file.status for file in done.files] == [FileStatus.UPLOADED]


@pytest.mark.parametrize("told_first", [True, False])
@pytest.mark.parametrize("abnormal", ENDS)
def test_nothing_recorded_is_an_outcome_where_the_idle_time_out_is_told(abnormal: bool, told_first: bool) -> None:
    """Nobody came. The status alone may look like a failure; what a callback told before or tells after settles it."""
    with lesson(listens=told_first, time_outs_are_abnormal=abnormal) as room:
        recording = room.start(idle_timeout=60)
        room.pass_time(70)
        if not told_first:
            state = room.recorder.status(recording).state
            assert state is (RecordingState.FAILED if abnormal else RecordingState.COMPLETED)
            for body in room.bodies:
                room.tell(body)
        found = room.recorder.wait_for_files(recording)
        assert outcome(found) == (RecordingState.COMPLETED, Ending.IDLE, None)
        assert found.files == ()


def test_without_callbacks_the_idle_time_out_looks_like_a_stop() -> None:
    """Nothing on the wire tells them apart, so nothing is claimed."""
    with lesson(listens=False) as room:
        recording = room.start("1001", idle_timeout=60)
        room.pass_time(100)
        room.service.leave("lesson-42", "1001")
        room.pass_time(70)
        assert outcome(room.recorder.status(recording)) == (RecordingState.COMPLETED, None, None)


def test_what_ended_too_early_for_the_idle_time_out_was_stopped() -> None:
    """By whomever: a recorder that didn't stop it knows it by its length."""
    with lesson(listens=False) as room, connect(room.service) as other:
        recording = room.start("1001", idle_timeout=600)
        room.pass_time(100)
        room.recorder.stop(recording)
        assert other.status(recording).ending is Ending.STOPPED


# --- a destination that refuses ---


@pytest.mark.parametrize("listens", [False, True])
def test_a_wrong_bucket_shows_at_the_end_as_a_backup(listens: bool) -> None:
    """In `stop`, `wait_for_files` and `status`: the destination's fault, and the deadline to fetch the file."""
    with lesson(listens=listens, buckets=("another",)) as room:
        recording = room.start("1001")
        assert room.recorder.wait(recording).state is RecordingState.RECORDING  # nothing tells yet
        room.pass_time(100)
        stopped_at = room.recorder.provider.now()
        for status in (
            room.recorder.stop(recording),
            room.recorder.wait_for_files(recording),
            room.recorder.status(recording),
        ):
            assert outcome(status) == (RecordingState.COMPLETED, Ending.STOPPED, "destination")
            assert "check the bucket" in (status.reason or "")
            (file,) = status.files
            assert (file.status, file.uri) == (FileStatus.BACKUP, None)
            assert file.key == f"lessons/2026/{file.name}"
            assert file.available_until is not None
            assert abs(file.available_until - stopped_at - timedelta(days=3)) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("backup", "state", "status", "kind"),
    [
        (True, RecordingState.COMPLETED, FileStatus.BACKUP, EventKind.BACKED_UP),
        (False, RecordingState.FAILED, FileStatus.LOST, EventKind.UPLOAD_FAILED),
    ],
)
def test_a_wrong_bucket_shows_where_only_callbacks_tell(
    backup: bool, state: RecordingState, status: FileStatus, kind: EventKind
) -> None:
    """It ended by itself and nobody asked: the events have the whole outcome, and the status agrees, asked once."""
    with lesson(buckets=("another",), backup=backup) as room:
        recording = room.start("1001", max_duration=300)
        room.pass_time(310)
        assert room.looks() == 0
        ended, uploaded = room.events
        assert {event.recording_id for event in room.events} == {recording.id}
        assert (ended.kind, ended.state, ended.ending) == (EventKind.STOPPED, RecordingState.UPLOADING, Ending.LIMIT)
        assert (uploaded.kind, uploaded.state, uploaded.fault) == (kind, state, "destination")
        (file,) = uploaded.files
        assert (file.status, file.key) == (status, f"lessons/2026/{file.name}")
        assert (file.available_until is not None) == backup
        for _ in range(2):
            found = room.recorder.status(recording)
            assert outcome(found) == (state, Ending.LIMIT, "destination")
            assert [file.name for file in found.files] == [file.name]
        assert room.looks() == 1


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_start_that_fails_at_another_server_leaves_the_files_of_the_first(number: int) -> None:
    """What was recorded before isn't lost, whether callbacks tell of it or the status."""
    for events in ((2, 1), (1, 2), (2,)):
        with lesson(quit_events=events) as room:
            recording = room.start("1001")
            room.pass_time(60)
            room.recorder.status(recording)
            room.service.end("lesson-42", number)
            room.pass_time(5)
            found = room.recorder.wait_for_files(recording)
            assert (found.state, found.ending) == (RecordingState.COMPLETED, Ending.FAULT)
            assert [file.status for file in found.files] == [FileStatus.UPLOADED]


def test_pictures_that_the_bucket_refused_are_told_by_callbacks_alone() -> None:
    """Each with its deadline; what the status says of pictures doesn't claim that they arrived."""
    with lesson(buckets=("another",)) as room:
        recording = room.start("1001", output={"formats": [], "snapshots": {"interval": 10}})
        room.pass_time(25)
        done = room.recorder.stop(recording)
    pictures = [event for event in room.events if event.kind is EventKind.SNAPSHOT]
    assert len(pictures) == 3
    for event in pictures:
        assert (event.state, event.fault, event.ending) == (None, "destination", None)
        (file,) = event.files
        assert (file.status, file.uri) == (FileStatus.BACKUP, None)
        assert file.available_until is not None
    assert outcome(done) == (RecordingState.COMPLETED, Ending.STOPPED, None)
    assert "look into the bucket" in (done.reason or "")


def test_files_that_a_callback_names_are_those_of_the_status() -> None:
    """Place, owner, size and length are the same, whoever tells."""
    with lesson() as room, connect(room.service) as other:
        recording = room.start("1001", "1002", mode="individual", max_duration=300)
        room.pass_time(310)
        told = room.events[-1].files
        assert {event.recording_id for event in room.events} == {recording.id}
        assert {file.participant for file in told} == {"1001", "1002"}
        assert told == other.status(recording).files


# --- confirmation ---


def test_a_start_is_confirmed_by_the_status() -> None:
    """`confirm` returns when the vendor says that it runs; of the room nothing is told by then."""
    with lesson() as room:
        recording = room.recorder.start(RecordingSpec.load({"room": "lesson-42", "storage": STORAGE}), confirm=True)
        assert recording.notes == ()
        assert room.recorder.status(recording).state is RecordingState.RECORDING


def test_an_empty_room_is_noted_where_a_callback_tells() -> None:
    """The vendor was slow to answer, and had told that nobody publishes."""
    with lesson() as room:
        room.service.fail_next("DescribeRecordStatus", "500", 8)
        recording = room.recorder.start(
            RecordingSpec.load({"room": "lesson-42", "storage": STORAGE, "idle_timeout": 600}), confirm=True
        )
        (note,) = recording.notes
        assert note.startswith("nobody publishes in the room")


@pytest.mark.parametrize("listens", [False, True])
def test_a_start_that_dies_lists_what_can_have_killed_it(listens: bool) -> None:
    """What a callback told comes first. It is too early for an empty room; storage is said not to be it."""
    with lesson(listens=listens) as room:
        room.service.fail_next("StartRecord", "die")
        with pytest.raises(RecordingFailed) as caught:
            room.recorder.start(
                RecordingSpec.load({"room": "lesson-42", "storage": STORAGE, "idle_timeout": 600}), confirm=True
            )
    causes = list(caught.value.causes)
    if listens:
        assert causes.pop(0) == "the vendor's recording service failed to start: start again"
        assert caught.value.fault == "vendor"
    assert [cause.partition(":")[0] for cause in causes] == ["vendor", "room", "room", "storage"]
    assert "check_storage" in causes[-1]


def test_an_empty_room_that_ends_as_a_failure_lists_the_room_first() -> None:
    """Where the vendor calls the idle time-out abnormal and no callback tells, the room is the likeliest cause."""
    with lesson(listens=False, time_outs_are_abnormal=True) as room:
        recording = room.start(idle_timeout=5)
        room.pass_time(10)
        with pytest.raises(RecordingFailed) as caught:
            room.recorder.wait(recording)
    named = [cause.partition(":")[0] for cause in caught.value.causes]
    assert named == ["room", "participants", "vendor", "room", "room", "storage"]
    assert "idle_timeout" in caught.value.causes[0]
    assert "options.zegocloud.stream_id" in caught.value.causes[1]


def test_a_forged_end_is_told_only_without_confirmation() -> None:
    """Whoever saw a callback can write another body around its signature: it doesn't cover the body.

    It keeps no recording from being looked at, and stopped.
    """
    lost = {"file_id": "lesson.mp4", "output_file_format": "mp4", "status": 5}
    for confirm in (True, False):
        with lesson(listens=False) as room:
            recording = room.start("1001", "1002")
            room.pass_time(60)
            room.recorder.pause(recording)
            room.service.callbacks.wait()
            (seen,) = room.bodies  # on its way to the recorder, which it never reached
            detail = {"upload_status": 2, "file_info": [lost]}
            room.tell({**seen, "event_type": 1, "sequence": 7, "detail": detail}, confirm=confirm)
            (told,) = room.events
            state = room.recorder.status(recording).state
            if confirm:
                assert (told.confirmed, told.verified) == (False, False)
                assert lost["file_id"] not in {file.name for file in told.files}
                assert told.state is state is RecordingState.PAUSED
            else:
                assert (told.verified, told.state) == (True, RecordingState.FAILED)
                assert state is RecordingState.PAUSED
            assert outcome(room.recorder.stop(recording)) == (RecordingState.COMPLETED, Ending.STOPPED, None)


def test_a_true_end_is_confirmed() -> None:
    """With what the status says of the files."""
    with lesson(listens=False) as room:
        recording = room.start("1001", max_duration=300)
        room.pass_time(310)
        for body in room.bodies:
            room.tell(body, confirm=True)
        ended, uploaded = room.events
        assert (ended.confirmed, uploaded.confirmed) == (True, True)
        assert uploaded.files == room.recorder.status(recording).files
