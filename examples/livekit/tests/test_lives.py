"""What becomes of an egress: its states, its ends, its files, and how they are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from recorder_core import (
    AuthenticationError,
    Ending,
    FileStatus,
    Grid,
    Mode,
    Participants,
    Recorder,
    RecordingConflict,
    RecordingState,
    RecordingStatus,
    RoomNotReady,
    Selection,
    Spotlight,
    UnsupportedOperation,
)
from recorder_core.testing import connect

from asking import ROOM, Caller, Emulated, spec_of
from recorder_livekit.emulator.service import LivekitEmulator
from recorder_livekit.provider import LivekitProvider

ONE = {"audio": {"include": ["1001"]}, "video": {"include": ["1001"]}}


def end_of(recorder: Recorder, service: LivekitEmulator, seconds: float, **fields: Any) -> RecordingStatus:
    """Start, let time pass, and look."""
    recording = recorder.start(spec_of(**fields))
    service.clock.advance(seconds)
    return recorder.status(recording)


def test_a_whole_life(recorder: Recorder, service: LivekitEmulator) -> None:
    """It begins, records, is stopped, uploads, and its files lie where the spec said, named after the recording."""
    output = {"formats": ["mp4", "hls"], "prefix": "lessons"}
    recording = recorder.start(spec_of(output=output))
    waiting = recorder.status(recording)
    assert (waiting.state, waiting.reason) == (
        RecordingState.STARTING,
        "it begins once somebody publishes in the room",
    )
    status = recorder.wait(recording)
    assert (status.state, status.reason) == (RecordingState.RECORDING, None)
    assert {file.status for file in status.files} == {FileStatus.RECORDING}
    service.clock.advance(30)
    begun = recorder.stop(recording, wait=False)
    assert (begun.state, begun.ending) == (RecordingState.STOPPING, Ending.STOPPED)
    assert {file.status for file in begun.files} == {FileStatus.UPLOADING}
    done = recorder.stop(recording)
    assert (done.state, done.ending, done.fault) == (RecordingState.COMPLETED, Ending.STOPPED, None)
    assert [file.uri for file in done.files] == [
        f"s3://lessons/lessons/{recording.id}.mp4",
        f"s3://lessons/lessons/{recording.id}.m3u8",
    ]
    assert [(file.format, file.status, file.width) for file in done.files] == [
        ("mp4", FileStatus.UPLOADED, 1280),
        ("hls", FileStatus.UPLOADED, 1280),
    ]
    assert all(file.duration_s == pytest.approx(30, abs=0.1) for file in done.files)
    assert done.files[0].url == f"https://lessons.s3.eu-west-1.amazonaws.com/lessons/{recording.id}.mp4"


def test_a_life_of_a_participant(recorder: Recorder, service: LivekitEmulator) -> None:
    """An individual recording's file is theirs; it ends when they leave."""
    recording = recorder.start(spec_of(mode="individual", participants=ONE), confirm=True)
    assert recording.mode is Mode.INDIVIDUAL
    service.join(ROOM, "1002")
    service.clock.advance(10)
    service.leave(ROOM, "1001")
    service.clock.advance(5)
    status = recorder.status(recording)
    assert (status.state, [file.participant for file in status.files]) == (RecordingState.COMPLETED, ["1001"])


def test_a_participant_who_does_not_come(recorder: Recorder, service: LivekitEmulator) -> None:
    """Whose fault it is, and the vendor's own words."""
    participants = {"audio": {"include": ["nobody"]}, "video": {"include": ["nobody"]}}
    status = end_of(recorder, service, 31, mode="individual", participants=participants)
    assert (status.state, status.fault, status.ending) == (RecordingState.FAILED, "caller", Ending.FAULT)
    assert status.reason == "participant nobody not found"


def test_a_page_is_recorded_without_a_room(recorder: Recorder, service: LivekitEmulator) -> None:
    """The room is a label of ours; nobody's leaving ends it."""
    spec = spec_of(mode="web", web_page={"url": "https://class.example/room"})
    recording = recorder.start(spec, confirm=True)
    service.leave(ROOM, "1001")
    service.clock.advance(4000)
    assert recorder.status(recording).state is RecordingState.RECORDING
    assert recorder.stop(recording).state is RecordingState.COMPLETED


def test_a_room_that_ends_ends_the_recording(recorder: Recorder, service: LivekitEmulator) -> None:
    """After the room's departure_timeout; who ended it can't be told."""
    recording = recorder.start(spec_of(), confirm=True)
    service.leave(ROOM, "1001")
    service.clock.advance(19)
    assert recorder.status(recording).state is RecordingState.RECORDING
    service.clock.advance(4)
    status = recorder.status(recording)
    assert (status.state, status.ending) == (RecordingState.COMPLETED, None)
    assert status.reason == "its source closed: the room ended, or the page had nobody to record"


def test_the_page_ends_what_is_idle_and_what_is_long(emulated: Emulated) -> None:
    """Nobody to record for idle_timeout in a room that stays; and max_duration, which is told as such."""
    service = emulated()
    service.join(ROOM, "1001")
    with connect(service) as recorder:
        idle = recorder.start(spec_of(idle_timeout=60), confirm=True)
        service.set_media(ROOM, "1001", camera=False, microphone=False)
        service.clock.advance(65)
        assert recorder.status(idle).state is RecordingState.COMPLETED
        service.set_media(ROOM, "1001", camera=True)
        long = recorder.start(spec_of(max_duration=120), confirm=True)
        service.clock.advance(125)
        status = recorder.status(long)
        assert (status.state, status.ending) == (RecordingState.COMPLETED, Ending.LIMIT)
        assert status.reason == "it reached max_duration"


def test_the_server_ends_what_is_too_long(emulated: Emulated) -> None:
    """LIMIT_REACHED, of LiveKit Cloud after three hours of a file; what never began is aborted."""
    service = emulated(cloud_limits=True, empty_timeout=20_000.0)
    service.join(ROOM, "1001")
    with connect(service) as recorder:
        recording = recorder.start(spec_of(), confirm=True)
        unheard = recorder.start(spec_of(room="empty"))
        service.clock.advance(10_803)
        status = recorder.status(recording)
        assert (status.state, status.ending) == (RecordingState.COMPLETED, Ending.LIMIT)
        assert status.reason == "it reached the longest duration that the server allows"
        nothing = recorder.status(unheard)
        assert (nothing.state, nothing.ending, nothing.fault) == (RecordingState.COMPLETED, Ending.LIMIT, None)
        assert nothing.reason is not None
        assert nothing.reason.startswith("nothing was recorded: nobody published")


def test_what_is_stopped_before_it_began_recorded_nothing(emulated: Emulated) -> None:
    """Aborted: no failure, and no file is claimed to be anywhere."""
    with connect(emulated()) as recorder:
        recording = recorder.start(spec_of())
        status = recorder.stop(recording)
    assert (status.state, status.ending) == (RecordingState.COMPLETED, Ending.STOPPED)
    assert status.reason == "nothing was recorded: it ended before anybody published in the room"
    assert not [file for file in status.files if file.status is FileStatus.UPLOADED]


def test_a_storage_that_refuses_fails_the_recording(emulated: Emulated) -> None:
    """The destination's fault, in the vendor's words; the files are lost."""
    service = emulated(buckets=("others",))
    service.join(ROOM, "1001")
    with connect(service) as recorder:
        recording = recorder.start(spec_of(), confirm=True)
        service.clock.advance(5)
        status = recorder.stop(recording)
    assert (status.state, status.fault) == (RecordingState.FAILED, "destination")
    assert status.reason is not None
    assert status.reason.startswith("S3 upload failed: NoSuchBucket")
    assert [(file.status, file.uri) for file in status.files] == [(FileStatus.LOST, None)]


def test_a_server_with_a_backup_keeps_what_was_refused(emulated: Emulated) -> None:
    """It is in the backup, and said to be."""
    service = emulated(buckets=("others",), backup=True)
    service.join(ROOM, "1001")
    with connect(service) as recorder:
        recording = recorder.start(spec_of(), confirm=True)
        service.clock.advance(5)
        status = recorder.stop(recording)
    assert (status.state, status.fault) == (RecordingState.COMPLETED, "destination")
    assert [file.status for file in status.files] == [FileStatus.BACKUP]


def test_a_page_that_cannot_be_loaded_fails_the_recording(emulated: Emulated) -> None:
    """The caller's fault, and what to check."""
    service = emulated()
    page = service.env["LIVEKIT_TEMPLATE_URL"]
    broken = emulated(missing_pages=(page,))
    with connect(broken, template_url=page) as recorder:
        recording = recorder.start(spec_of())
        broken.clock.advance(3)
        status = recorder.status(recording)
        causes = recorder.provider.causes(recording, status)
    assert (status.state, status.fault, status.reason) == (
        RecordingState.FAILED,
        "caller",
        "page load error: Not Found",
    )
    assert any("template_url" in cause for cause in causes)


def test_a_room_must_be_there(emulated: Emulated) -> None:
    """Of a server on which nobody has created it, before anybody has joined."""
    service = emulated(rooms_exist=False)
    with connect(service) as recorder:
        with pytest.raises(RoomNotReady) as caught:
            recorder.start(spec_of())
        assert caught.value.retryable
        service.join(ROOM, "1001")
        assert recorder.start(spec_of()).room == ROOM


def test_a_layout_waits_for_the_recorder_to_join(recorder: Recorder, service: LivekitEmulator) -> None:
    """The vendor hands it over to the recorder in the room: until that is there it is tried again."""
    recording = recorder.start(spec_of())
    changed = recorder.layout(recording, Spotlight("1001"))
    assert changed.revision == 1
    assert [entry.status for entry in service.journal if entry.operation == "UpdateLayout"] == [404, 200]
    service.fail_next("UpdateLayout", "code:not_found", 9)
    with pytest.raises(Exception, match="no such egress"):
        recorder.layout(recording, Grid())


def test_changes_are_whole(recorder: Recorder, service: LivekitEmulator, call: Caller) -> None:
    """A layout keeps who is recorded, and a choice of people keeps the layout, the watermarks and the time-outs."""
    mark = {"kind": "image", "url": "https://a.example/m.png", "x": 0.0, "y": 0.0, "width": 0.5, "height": 0.5}
    recording = recorder.start(spec_of(watermarks=[mark], idle_timeout=90, max_duration=600), confirm=True)
    recording = recorder.update_participants(recording, Participants(video=Selection(exclude=("9",))))
    recording = recorder.layout(recording, Spotlight("1001"))
    layouts = [entry.body["layout"] for entry in service.journal if entry.operation == "UpdateLayout"]
    last = layouts[-1]
    for part in ('"exclude":["9"]', '"kind":"spotlight"', "m.png", '"idle":90', '"longest":600'):
        assert part in last, part


def test_the_vendor_s_templates_take_no_change(emulated: Emulated) -> None:
    """Nothing is sent that nobody would take up."""
    service = emulated()
    service.join(ROOM, "1001")
    with connect(service, template_url=None) as recorder:
        recording = recorder.start(spec_of(), confirm=True)
        service.journal.clear()
        changes: tuple[Callable[[], object], ...] = (
            lambda: recorder.layout(recording, Grid()),
            lambda: recorder.update_participants(recording, Participants()),
        )
        for change in changes:
            with pytest.raises(UnsupportedOperation) as caught:
                change()
            assert "template_url" in str(caught.value.hint)
        assert len(service.journal) == 0
        assert recorder.stop(recording).state is RecordingState.COMPLETED


def test_what_is_known_no_more_is_gone(recorder: Recorder, service: LivekitEmulator) -> None:
    """A day after its end; a young one that isn't listed yet is starting."""
    recording = recorder.start(spec_of(), confirm=True)
    recorder.stop(recording)
    service.clock.advance(86_500)
    with connect(service) as another:
        assert another.status(recording).state is RecordingState.GONE
        young = recorder.start(spec_of())
        unknown = young.model_copy(update={"native": {**young.native, "egress_id": "EG_unknown"}})
        assert another.status(unknown).state is RecordingState.STARTING


def test_a_wrong_secret_is_told(service: LivekitEmulator) -> None:
    """Before anything is started, with what to check; and a right one is proved without starting anything."""
    wrong = connect(service, api_secret="wrong-secret-of-the-tests")
    with wrong as recorder, pytest.raises(AuthenticationError) as caught:
        recorder.start(spec_of())
    assert "api_secret" in str(caught.value)
    assert "wrong-secret-of-the-tests" not in str(caught.value)
    with connect(service) as recorder:
        assert recorder.provider.check_account(service.base_url).startswith("api_key and api_secret are accepted")
    assert service.recordings == []


def test_all_pages_of_a_list_are_read(emulated: Emulated) -> None:
    """Of a room, and of the whole project."""
    service = emulated(page_size=2)
    with connect(service) as recorder:
        started = {recorder.start(spec_of()).native["egress_id"] for _ in range(5)}
        recorder.start(spec_of(room="another"))
        now = datetime.fromtimestamp(service.clock.time(), UTC)
        found = list(recorder.list_remote(now - timedelta(hours=1), now + timedelta(hours=1), room=ROOM))
        assert {remote.native["egress_id"] for remote in found} == started
        assert len(list(recorder.list_remote(now - timedelta(hours=1), now + timedelta(hours=1)))) == 6
        assert list(recorder.list_remote(now - timedelta(hours=2), now - timedelta(hours=1))) == []


def test_streams_can_be_changed_at_the_service(call: Caller, service: LivekitEmulator) -> None:
    """UpdateStream, which the provider can't use: it takes away by whole addresses, which no handle keeps."""
    told = call(
        "StartRoomCompositeEgress",
        room_name=ROOM,
        file_outputs=[{"filepath": "a.mp4"}],
        stream_outputs=[{"protocol": "RTMP", "urls": ["rtmp://live.example/app/one"]}],
    )
    service.clock.advance(3)
    id = told["egress_id"]
    changed = call(
        "UpdateStream",
        egress_id=id,
        add_output_urls=["rtmp://live.example/app/two"],
        remove_output_urls=["rtmp://live.example/app/one"],
    )
    assert [stream["status"] for stream in changed["stream_results"]] == ["FINISHED", "ACTIVE"]
    assert call.refused("UpdateStream", egress_id=id, remove_output_urls=["rtmp://a.example/b/c"])[1] == "not_found"
    assert not LivekitProvider.offers("update_push")


def test_the_service_refuses_as_the_vendor_does(call: Caller, emulated: Emulated) -> None:
    """Twirp's codes with their statuses: no output, unknown fields, unknown ids, what has ended, too many."""
    assert call.refused("StartRoomCompositeEgress", room_name=ROOM)[:2] == (400, "invalid_argument")
    assert call.refused("StartRoomCompositeEgress", room_name=ROOM, nonsense=1)[:2] == (400, "invalid_argument")
    assert call.refused("StopEgress", egress_id="EG_none") == (404, "not_found", "egress does not exist")
    assert call.refused("StartTrackEgress", room_name=ROOM, track_id="TR_1")[:2] == (404, "bad_route")
    id = call("StartRoomCompositeEgress", room_name=ROOM, file_outputs=[{"filepath": "a.mp4"}])["egress_id"]
    call("StopEgress", egress_id=id)
    status, code, message = call.refused("StopEgress", egress_id=id)
    assert (status, code) == (412, "failed_precondition")
    assert message.endswith("cannot be stopped")
    assert call.raw("ListEgress", {}, {"video": {}}).status_code == 401
    assert call.raw("ListEgress", {}, {"exp": 1}).status_code == 401
    full = emulated(max_egresses=0)
    assert Caller(full).refused("StartWebEgress", url="https://a.example", file_outputs=[{}])[:2] == (
        503,
        "unavailable",
    )


def test_conflicts_have_a_class(recorder: Recorder, service: LivekitEmulator) -> None:
    """A recorder that stays away from its room is a conflict that another try may mend."""
    recording = recorder.start(spec_of(), confirm=True)
    recorder.stop(recording)
    with connect(service) as another, pytest.raises(RecordingConflict) as caught:
        another.layout(recording, Grid())
    assert caught.value.retryable
