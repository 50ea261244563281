"""What is changed, taken and listed while tasks run, and tasks of other modes, against the emulated service."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from recorder_core import (
    Grid,
    InvalidSpec,
    Participants,
    RateLimited,
    RecordingConflict,
    RecordingEnded,
    RecordingSpec,
    RecordingState,
    ServiceUnavailable,
    TransportError,
    UnexpectedResponse,
    UnsupportedFeature,
    UnsupportedOperation,
    hookimpl,
)
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.testing import connect, emulate

STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
SMALL = {"width": 320, "height": 180}
PICTURES = {"formats": [], "snapshots": {"interval": 10}}


def spec(**changes: Any) -> RecordingSpec:
    return RecordingSpec.load({"room": "lesson-42", "storage": STORAGE, **changes})


@pytest.fixture
def service():
    with emulate("zegocloud", media=False) as running:
        running.join("lesson-42", "1001")
        yield running


@pytest.fixture
def recorder(service):
    with connect(service) as connected:
        yield connected


@pytest.fixture
def recording(service, recorder):
    """A composite that runs."""
    started = recorder.start(spec())
    service.clock.advance(5)
    return started


def operations(service, since: int = 0) -> list[str]:
    return [entry.operation for entry in list(service.journal)[since:]]


# --- pause and resume ---


def test_a_recording_is_paused_and_resumed(recorder, recording) -> None:
    """PauseRecord makes it `paused`, ResumeRecord `recording` again."""
    recorder.pause(recording)
    assert recorder.status(recording).state is RecordingState.PAUSED
    recorder.resume(recording)
    assert recorder.status(recording).state is RecordingState.RECORDING


def test_what_is_so_already_is_no_error(service, recorder, recording) -> None:
    """The vendor refuses to pause what is paused, and to resume what isn't; a look tells that all is well."""
    recorder.resume(recording)
    assert operations(service)[-2:] == ["ResumeRecord", "DescribeRecordStatus"]
    assert service.journal[-2].answer["Code"] == 300001004
    recorder.pause(recording)
    recorder.pause(recording)
    assert operations(service)[-2:] == ["PauseRecord", "DescribeRecordStatus"]
    assert service.journal[-2].answer["Code"] == 300000004
    assert recorder.status(recording).state is RecordingState.PAUSED


def test_what_hasn_t_begun_can_t_be_resumed() -> None:
    """It doesn't record yet, and whoever follows it mustn't be told that it does."""
    clock = EmulatorClock(frozen=True)
    with emulate("zegocloud", media=False, clock=clock) as service, connect(service) as recorder:
        recording = recorder.start(spec())
        with pytest.raises(RecordingConflict, match="isn't paused") as caught:
            recorder.resume(recording)
        assert "status" in (caught.value.hint or "")
        assert recorder.status(recording).state is RecordingState.STARTING


@pytest.mark.parametrize("code", [300000004, 300001004])
def test_a_refusal_that_leaves_it_otherwise_is_a_conflict(service, recorder, recording, code: int) -> None:
    """It doesn't record after all, or isn't paused after all: the refusal counts."""
    service.fail_next("PauseRecord", f"code:{code}")
    with pytest.raises(RecordingConflict) as caught:
        recorder.pause(recording)
    assert (caught.value.vendor_code, bool(caught.value.hint)) == (code, True)


def test_a_look_that_fails_leaves_the_refusal(service, recorder, recording) -> None:
    """Where nobody knows the state, the refusal is what is known."""
    service.fail_next("PauseRecord", "code:300000004")
    service.fail_next("DescribeRecordStatus", "code:300010000", times=9)
    with pytest.raises(RecordingConflict):
        recorder.pause(recording)


def test_a_lost_answer_to_a_pause_is_asked_for_again(service, recorder, recording) -> None:
    """The first attempt paused it, the second is refused for that, and both are one pause."""
    service.fail_next("PauseRecord", "drop")
    recorder.pause(recording)
    assert operations(service).count("PauseRecord") == 2
    assert recorder.status(recording).state is RecordingState.PAUSED


def test_nothing_pauses_what_has_ended(service, recorder, recording) -> None:
    """Code 300001001 is RecordingEnded."""
    recorder.stop(recording)
    with connect(service) as another, pytest.raises(RecordingEnded) as caught:
        another.pause(recording)
    assert caught.value.vendor_code == 300001001


def test_a_paused_recording_can_be_stopped(recorder, recording) -> None:
    """Its files are those of before the pause."""
    recorder.pause(recording)
    outcome = recorder.stop(recording)
    assert outcome.state is RecordingState.COMPLETED
    assert len(outcome.files) == 1


# --- snapshots ---


def test_a_snapshot_arrives_in_the_bucket() -> None:
    """A JPG of the canvas under the recording's prefix, while the recording goes on; no list of files has it."""
    with emulate("zegocloud") as service, connect(service) as recorder:
        service.join("lesson-42", "1001")
        recording = recorder.start(spec(video=SMALL, output={"formats": ["mp4"], "prefix": "lessons"}))
        service.clock.advance(5)
        recorder.snapshot(recording)
        (key,) = service.bucket.list()
        assert key.startswith("lessons/")
        with Image.open(io.BytesIO(service.bucket.read(key))) as picture:
            assert (picture.format, picture.size) == ("JPEG", (320, 180))
        assert recorder.status(recording).state is RecordingState.RECORDING
        outcome = recorder.stop(recording)
    assert [file.format for file in outcome.files] == ["mp4"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("drop", TransportError),
        ("not-json", UnexpectedResponse),
        ("502", ServiceUnavailable),
        ("code:300010000", ServiceUnavailable),
        ("code:100000015", ServiceUnavailable),
    ],
)
def test_a_snapshot_that_may_have_been_taken_is_not_repeated(
    service, recorder, recording, fault: str, error: type[Exception]
) -> None:
    """Every call takes a picture, so the caller decides; the hint says where to look."""
    service.fail_next("TakeSnapshot", fault)
    with pytest.raises(error) as caught:
        recorder.snapshot(recording)
    assert operations(service).count("TakeSnapshot") == 1
    assert "may have been taken" in caught.value.message
    assert "second picture" in caught.value.hint


def test_a_snapshot_that_was_refused_for_haste_is_repeated(service, recorder, recording) -> None:
    """Nothing was done."""
    service.fail_next("TakeSnapshot", "429")
    recorder.snapshot(recording)
    assert operations(service).count("TakeSnapshot") == 2
    service.fail_next("TakeSnapshot", "429", times=9)
    with pytest.raises(RateLimited):
        recorder.snapshot(recording)


@pytest.mark.parametrize(
    ("fields", "path"), [({"output": PICTURES}, "output.snapshots"), ({"media": "audio"}, "media")]
)
def test_what_has_no_snapshot_is_refused_before_anything_is_sent(
    service, recorder, fields: dict[str, Any], path: str
) -> None:
    """A task that takes pictures itself, and one of sound."""
    recording = recorder.start(spec(**fields))
    sent = len(service.journal)
    with pytest.raises(UnsupportedFeature) as caught:
        recorder.snapshot(recording)
    assert [finding.path for finding in caught.value.findings] == [path]
    assert len(service.journal) == sent


def test_a_paused_recording_takes_no_snapshot(recorder, recording) -> None:
    """The vendor's refusal is a conflict with the state, and says so."""
    recorder.pause(recording)
    with pytest.raises(RecordingConflict, match="as it stands"):
        recorder.snapshot(recording)


# --- whiteboard ---


@pytest.mark.parametrize("mode", ["composite", "individual"])
def test_a_whiteboard_is_switched(service, recorder, mode: str) -> None:
    """In both modes; the service takes it, and the handle counts the change."""
    recording = recorder.start(spec(mode=mode, whiteboard={"aspect": "16:9"}))
    changed = recorder.switch_whiteboard(recording, "wb-7")
    assert service.journal[-1].body == {"TaskId": recording.native["TaskId"], "WhiteboardId": "wb-7"}
    assert service.journal[-1].answer["Code"] == 0
    assert changed.revision == recording.revision + 1


def test_a_whiteboard_cannot_be_added(service, recorder, recording) -> None:
    """A recording that was started without one is refused before anything is sent."""
    sent = len(service.journal)
    with pytest.raises(UnsupportedFeature) as caught:
        recorder.switch_whiteboard(recording, "wb-7")
    assert [finding.path for finding in caught.value.findings] == ["whiteboard"]
    assert len(service.journal) == sent


# --- what the vendor has not ---


def test_the_vendor_changes_neither_participants_nor_credentials_nor_push(service, recorder, recording) -> None:
    """Refused before anything is sent."""
    sent = len(service.journal)
    for change in (
        lambda: recorder.update_participants(recording, Participants()),
        lambda: recorder.refresh_storage(recording, spec().storage),
        lambda: recorder.update_push(recording, ["rtmp://e.com/live"]),
    ):
        with pytest.raises(UnsupportedOperation):
            change()
    assert len(service.journal) == sent


def test_what_belongs_to_composites_says_so(service, recorder) -> None:
    """An individual recording has neither layout nor pause nor snapshot; the hint names the mode that has them."""
    recording = recorder.start(spec(mode="individual"))
    sent = len(service.journal)
    for change in (
        lambda: recorder.layout(recording, Grid()),
        lambda: recorder.pause(recording),
        lambda: recorder.resume(recording),
        lambda: recorder.snapshot(recording),
    ):
        with pytest.raises(UnsupportedOperation) as caught:
            change()
        assert "composite" in caught.value.hint
    assert len(service.journal) == sent


# --- individual recordings and pictures ---


def test_an_individual_recording_has_a_file_for_every_participant(service) -> None:
    """Named by the template, read backwards; those who aren't listed have none."""
    with emulate("zegocloud", media=False, stream_ids="{room}_{participant}") as named:
        for participant in ("1001", "1002", "1003"):
            named.join("lesson-42", participant)
        with connect(named) as recorder:
            both = {"include": ["1001", "1002"]}
            recording = recorder.start(
                spec(
                    mode="individual",
                    participants={"audio": both, "video": both},
                    output={"formats": ["mp4"], "tracks": "separate"},
                    options={"zegocloud": {"stream_id": "{room}_{participant}"}},
                )
            )
            named.clock.advance(30)
            outcome = recorder.stop(recording)
    assert outcome.state is RecordingState.COMPLETED
    assert sorted((file.participant, file.format, file.tracks) for file in outcome.files) == [
        ("1001", "aac", "audio"),
        ("1001", "mp4", "video"),
        ("1002", "aac", "audio"),
        ("1002", "mp4", "video"),
    ]


def test_a_whiteboard_of_an_individual_recording_is_everybodys(service, recorder) -> None:
    """Its file belongs to no participant."""
    board = {"aspect": "16:9", "id": "wb-1", "width": 640, "height": 360}
    recording = recorder.start(spec(mode="individual", whiteboard=board, output={"formats": ["mp4"]}))
    service.clock.advance(30)
    outcome = recorder.stop(recording)
    assert sorted((file.participant or "", file.tracks) for file in outcome.files) == [
        ("", "video"),
        ("1001", "audio_video"),
    ]


@pytest.mark.parametrize("mode", ["composite", "individual"])
def test_pictures_are_taken_at_an_interval(mode: str) -> None:
    """They lie in the bucket; the outcome doesn't take the vendor's silence for nothing."""
    with emulate("zegocloud") as service, connect(service) as recorder:
        service.join("lesson-42", "1001")
        recording = recorder.start(spec(mode=mode, video=SMALL if mode == "composite" else {}, output=PICTURES))
        service.clock.advance(35)
        outcome = recorder.stop(recording)
        taken = service.bucket.list()
    assert len(taken) >= 3
    assert all(key.endswith(".jpg") for key in taken)
    assert (outcome.state, outcome.files) == (RecordingState.COMPLETED, ())
    assert "doesn't list pictures" in outcome.reason


# --- lists ---


class AfterTheFirst:
    """A hook that does something once, after the first answer to DescribeTasks."""

    def __init__(self, act) -> None:
        self._act = act

    @hookimpl
    def recorder_http(self, exchange) -> None:
        if exchange.operation == "DescribeTasks" and self._act:
            act, self._act = self._act, None
            act()


@pytest.fixture
def busy():
    """A service that takes any number of calls a second."""
    with emulate("zegocloud", media=False, rate_limits=False) as running:
        running.join("lesson-42", "1001")
        yield running


def listed(recorder, recording, **more: Any):
    return recorder.list_remote(recording.started_at - timedelta(hours=1), **more)


def test_running_and_ended_tasks_are_listed(service, recorder, recording) -> None:
    """Both, whoever started them, with room, state, beginning and TaskId; a room narrows them down."""
    other = recorder.start(spec(room="other"))
    recorder.stop(other)
    found = {remote.native["TaskId"]: remote for remote in listed(recorder, recording)}
    assert {task_id: (remote.room, remote.state) for task_id, remote in found.items()} == {
        recording.native["TaskId"]: ("lesson-42", RecordingState.RECORDING),
        other.native["TaskId"]: ("other", RecordingState.COMPLETED),
    }
    remote = found[recording.native["TaskId"]]
    assert (remote.provider, remote.account) == ("zegocloud", recording.account)
    assert abs(remote.started_at - recording.started_at) < timedelta(seconds=1)
    assert [remote.room for remote in listed(recorder, recording, room="other")] == ["other"]


def test_a_span_that_holds_nothing_is_an_empty_list(recorder, recording) -> None:
    """Neither is one that hasn't come yet an error."""
    begun = recording.started_at
    assert recorder.list_remote(begun - timedelta(hours=2), begun - timedelta(hours=1)) == ()
    assert recorder.list_remote(begun + timedelta(hours=1), begun + timedelta(days=9)) == ()


def test_a_span_that_begins_too_early_is_refused(service, recorder, recording) -> None:
    """Nothing is sent; three days and no more is what the vendor lists."""
    sent, now = len(service.journal), datetime.fromtimestamp(service.clock.time(), UTC)
    with pytest.raises(InvalidSpec, match="three days"):
        recorder.list_remote(now - timedelta(days=3, minutes=1))
    assert len(service.journal) == sent
    assert len(recorder.list_remote(now - timedelta(days=2, hours=23))) == 1


def test_all_pages_are_read(busy) -> None:
    """Fifty tasks a page."""
    with connect(busy) as recorder:
        started = [recorder.start(spec(room=f"room-{number}")) for number in range(55)]
        found = listed(recorder, started[0])
    assert {remote.native["TaskId"] for remote in found} == {it.native["TaskId"] for it in started}
    assert len(found) == 55
    pages = [entry.body for entry in busy.journal if entry.operation == "DescribeTasks"]
    assert [(body["Status"], body["PageOffset"]) for body in pages] == [(2, 1), (2, 2), (3, 1)]


def test_a_task_that_ends_between_the_lists_is_listed_once(busy) -> None:
    """It is in both lists; the later one counts."""
    with connect(busy) as another:
        recording = another.start(spec())
        hook = AfterTheFirst(lambda: another.stop(recording))
        with connect(busy, hooks=[hook]) as recorder:
            (found,) = listed(recorder, recording)
    assert (found.native["TaskId"], found.state) == (recording.native["TaskId"], RecordingState.COMPLETED)


def test_a_list_that_shrinks_between_its_pages_loses_nobody(busy) -> None:
    """The last task of page 2 has slipped to page 1, which was read: the list is read anew."""
    with connect(busy) as another:
        started = [another.start(spec(room=f"room-{number}")) for number in range(55)]
        hook = AfterTheFirst(lambda: another.stop(started[-1]))
        with connect(busy, hooks=[hook]) as recorder:
            found = listed(recorder, started[0])
    assert {remote.native["TaskId"] for remote in found} == {it.native["TaskId"] for it in started}
    assert len(found) == 55


def test_every_host_is_asked(service, recording) -> None:
    """Whether one host knows another's tasks isn't documented."""
    with emulate("zegocloud", media=False) as elsewhere, connect(elsewhere) as there:
        other = there.start(spec(room="elsewhere"))
        with connect(service, base_urls=(service.base_url, elsewhere.base_url)) as recorder:
            found = listed(recorder, recording)
    assert {remote.native["TaskId"] for remote in found} == {recording.native["TaskId"], other.native["TaskId"]}


def test_a_list_is_asked_for_again_where_that_is_safe(service, recorder, recording) -> None:
    """It changes nothing."""
    service.fail_next("DescribeTasks", "502")
    service.fail_next("DescribeTasks", "drop")
    assert len(listed(recorder, recording)) == 1
