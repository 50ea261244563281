"""`start(confirm=True)` at both vendors: returns when it truly records, or says within 90 s why it doesn't."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pydantic import TypeAdapter

from lessons import PAGE, ROOM, STORAGE, VENDORS, Lesson, lesson
from recorder_core import FileStatus, RecordingFailed, RecordingState, Storage
from recorder_core.models import Ending

BUCKET: dict[str, Any] = {"buckets": {"another-bucket"}}
TOKEN: dict[str, Any] = {"tokens": {"good"}, "expired_tokens": {"007-expired"}, "token": "007-expired"}
ALL_CAUSES = ["storage", "token", "uid", "room", "idle_timeout"]
"""What may have killed a recording at Agora, the likeliest first."""


def death(room: Lesson, **spec: Any) -> tuple[RecordingFailed, float]:
    """How a confirmed start fails where somebody is in the room, and after how many seconds."""
    with pytest.raises(RecordingFailed) as caught:
        room.start("1001", confirm=True, **spec)
    return caught.value, room.timeline.now


def words(causes: tuple[str, ...]) -> list[str]:
    """What each cause is about."""
    return [cause.partition(":")[0] for cause in causes]


# --- Agora ---


@pytest.mark.parametrize(
    ("switches", "cause", "check", "fault"),
    [
        (BUCKET, "the storage is configured wrongly (code 32)", "Check bucket", "destination"),
        (TOKEN, "the recorder's room token has expired (code 109)", "token", "caller"),
    ],
)
def test_a_callback_tells_a_wrong_bucket_from_an_expired_token(
    switches: dict[str, Any], cause: str, check: str, fault: str
) -> None:
    """It is the first cause, with what to check and whose fault it is; the others follow."""
    with lesson("agora", **switches) as room:
        error, seconds = death(room)
    assert seconds <= 90
    assert error.causes[0].startswith(cause)
    assert check in error.causes[0]
    assert error.fault == fault
    assert words(error.causes[1:]) == ALL_CAUSES
    assert cause in str(error)


@pytest.mark.parametrize("switches", [BUCKET, TOKEN])
def test_without_callbacks_the_causes_are_listed_in_order(switches: dict[str, Any]) -> None:
    """The wire tells nothing but that it is gone, so nobody is accused: each cause says what to check."""
    with lesson("agora", listens=False, **switches) as room:
        error, seconds = death(room)
    assert seconds == pytest.approx(90, abs=1e-3)
    assert words(error.causes) == ALL_CAUSES
    assert all("Check" in cause for cause in error.causes)
    assert error.fault is None


@pytest.mark.parametrize("listens", [True, False])
@pytest.mark.parametrize("switches", [BUCKET, TOKEN])
def test_the_error_has_the_handle_and_the_intent(switches: dict[str, Any], listens: bool) -> None:
    """So that whoever catches it can still stop it, or find out later what came of it."""
    with lesson("agora", listens=listens, **switches) as room:
        error, _ = death(room)
        recording, intent = error.recording, error.intent
        assert recording.id == intent.id == error.recording_id
        assert recording.native["sid"] == intent.noted["sid"] == room.service.recordings[0].ids["sid"]
        room.pass_time(60)
        assert room.recorder.stop(recording).state.terminal


@pytest.mark.parametrize("listens", [True, False])
def test_a_uid_that_is_taken(listens: bool) -> None:
    """Somebody in the room has the recorder's uid: it is put out at once, and the causes have the uid."""
    with lesson("agora", listens=listens) as room:
        error, seconds = death(room, options={"agora": {"uid": "1001"}})
    assert seconds <= 90
    told = [cause for cause in error.causes if cause.startswith("uid")]
    assert len(told) == 1
    assert "Check" in told[0]


@pytest.mark.parametrize("listens", [True, False])
def test_an_empty_room_returns_with_a_note(listens: bool) -> None:
    """It records, and nobody is there: that is no error, and worth knowing."""
    with lesson("agora", listens=listens) as room:
        recording = room.start(confirm=True, idle_timeout=300)
        assert room.timeline.now == (3 if listens else 5)
        assert room.recorder.status(recording).state is RecordingState.RECORDING
    (note,) = recording.notes
    assert "nobody publishes" in note


@pytest.mark.parametrize("media", ["audio", "video", "audio_video"])
def test_a_room_with_people_has_nothing_to_note(media: str) -> None:
    """Callbacks tell of somebody's sound or pictures before the vendor's status has a file."""
    with lesson("agora") as room:
        recording = room.start("1001", confirm=True, media=media)
        assert room.timeline.now == 3
        assert {"segment_started"} < {event.kind for event in room.heard}
        assert not room.recorder.status(recording).files
    assert recording.notes == ()


def test_without_callbacks_nobody_knows_whether_anybody_publishes() -> None:
    """So soon the status is the same in either case, and the note says so rather than that the room is empty."""
    notes = []
    for people in ((), ("1001",)):
        with lesson("agora", listens=False) as room:
            notes += room.start(*people, confirm=True).notes
    assert len(notes) == 2
    assert len(set(notes)) == 1
    assert "which of the two, this status doesn't tell" in notes[0]


@pytest.mark.parametrize("listens", [True, False])
def test_the_note_of_a_page_is_of_its_push(listens: bool) -> None:
    """A page has no people; that its recording has begun to run takes nothing from what is known of its push."""
    page = {**PAGE, "push_urls": ["rtmp://live.example/app/key"]}
    with lesson("agora", listens=listens) as room:
        recording = room.start(confirm=True, **page)
    assert any("push: " in note for note in recording.notes)
    assert not any("nobody" in note for note in recording.notes)


@pytest.mark.parametrize("listens", [True, False])
@pytest.mark.parametrize(("lost", "outage"), [(1, 40), (2, 20), (2, 80)])
def test_a_move_in_the_first_90_seconds_is_not_death(lost: float, outage: float, listens: bool) -> None:
    """The vendor answers 404 meanwhile; the start is confirmed when the next server records."""
    with lesson("agora", listens=listens) as room:
        room.timeline.at(lost, lambda: room.service.migrate(ROOM, outage=outage))
        recording = room.start("1001", confirm=True)
        assert lost + outage <= room.timeline.now <= 90
        assert room.recorder.status(recording).state is RecordingState.RECORDING
        assert 404 in {entry.status for entry in room.asked("query")}


# --- ZEGOCLOUD ---


@pytest.mark.parametrize("listens", [True, False])
@pytest.mark.parametrize("switches", [{}, BUCKET])
def test_confirm_proves_that_it_runs(switches: dict[str, Any], listens: bool) -> None:
    """And nothing of the storage, which the vendor looks at when it has files for it."""
    with lesson("zegocloud", listens=listens, **switches) as room:
        recording = room.start("1001", confirm=True)
        assert room.timeline.now <= 5
        assert room.recorder.status(recording).state is RecordingState.RECORDING
        assert recording.notes == ()


@pytest.mark.parametrize("listens", [True, False])
def test_a_start_that_dies_at_zegocloud(listens: bool) -> None:
    """What a callback told is the first cause; the storage is named last, and said not to be it."""
    with lesson("zegocloud", listens=listens) as room:
        room.service.fail_next("StartRecord", "die")
        error, seconds = death(room, idle_timeout=600)
    assert seconds <= 30
    first = "the vendor's recording service failed to start" if listens else "vendor"
    assert error.causes[0].startswith(first)
    assert error.fault == ("vendor" if listens else None)
    assert words(error.causes)[-1] == "storage"
    assert "check_storage" in error.causes[-1]
    assert error.recording.native["TaskId"] == error.intent.noted["TaskId"]


# --- the wrong bucket before, and at the end ---


@pytest.mark.parametrize("listens", [True, False])
@pytest.mark.parametrize("asks", ["stop", "wait_for_files", "status", "follow"])
def test_a_wrong_bucket_shows_at_the_end(asks: str, listens: bool) -> None:
    """As a file in the vendor's backup, by the destination's fault, with the deadline to fetch it; whoever asks."""
    with lesson("zegocloud", listens=listens, **BUCKET) as room:
        recording = room.start("1001", confirm=True)
        room.pass_time(100)
        stopped_at = room.recorder.provider.now()
        if asks == "stop":
            found: Any = room.recorder.stop(recording)
        else:
            room.recorder.stop(recording, wait=False)
            if asks == "follow":
                found = list(room.recorder.follow(recording))[-1]
            elif asks == "wait_for_files":
                found = room.recorder.wait_for_files(recording)
            else:
                room.pass_time(10)
                found = room.recorder.status(recording)
        assert (found.state, found.ending, found.fault) == (RecordingState.COMPLETED, Ending.STOPPED, "destination")
        assert "check the bucket and its keys" in found.reason
        (file,) = found.files
        assert (file.status, file.uri) == (FileStatus.BACKUP, None)
        assert abs(file.available_until - stopped_at - timedelta(days=3)) <= timedelta(seconds=3)


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """A bucket `lessons` at an S3 endpoint on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        keys = {"aws_access_key_id": "AK", "aws_secret_access_key": "SK"}
        client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", **keys)
        client.create_bucket(Bucket="lessons")
        yield f"{host}:{port}"
    finally:
        server.stop()


def at(store: str, bucket: str) -> dict[str, Any]:
    """A bucket there, as a spec has it."""
    return {**STORAGE, "kind": "s3_compatible", "endpoint": store, "region": "us-east-1", "bucket": bucket}


@pytest.mark.parametrize("vendor", VENDORS)
def test_check_storage_catches_it_before(vendor: str, store: str) -> None:
    """It speaks to the bucket itself; what it passes receives the files, and what it fails doesn't."""
    with lesson(vendor, media=True) as room:
        for bucket, verdict, status in (
            ("lessons", "passed", FileStatus.UPLOADED),
            ("lesson", "failed", FileStatus.BACKUP),
        ):
            storage = TypeAdapter(Storage).validate_python(at(store, bucket))
            found = room.recorder.check_storage(storage, prefix="lessons/2026")
            assert found.verdict == verdict
            wrong = [check for check in found.checks if check.verdict == "failed"]
            assert [check.name for check in wrong] == ["storage bucket"] * (verdict == "failed")
            assert all("storage.bucket" in (check.fix or "") for check in wrong)
            people = ("1001",) if not room.service.present(ROOM) else ()
            recording = room.start(*people, storage=at(store, bucket), media="audio")
            room.pass_time(6)
            outcome = room.recorder.stop(recording)
            assert {file.status for file in outcome.files} == {status}
            assert outcome.fault == ("destination" if verdict == "failed" else None)


@pytest.mark.parametrize("vendor", VENDORS)
def test_doctor_catches_it_before(vendor: str, store: str, tmp_path: Path) -> None:
    """`recorder doctor --spec`: the line of the bucket fails with the fix, and the exit code is 1."""
    with lesson(vendor, listens=False) as room:
        for bucket, code in (("lessons", 0), ("lesson", 1)):
            spec = tmp_path / f"{bucket}.json"
            spec.write_text(json.dumps({"room": ROOM, "storage": at(store, bucket)}))
            done = subprocess.run(
                [sys.executable, "-m", "recorder_core.cli", "doctor", "-p", vendor, "--spec", str(spec), "--json"],
                env={**os.environ, **room.service.env},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (done.returncode, done.stderr) == (code, ""), done.stdout
            checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
            assert checks["storage bucket"]["verdict"] == ("failed" if code else "passed")
            assert checks["credentials"]["verdict"] == "passed"
            assert STORAGE["secret_key"] not in done.stdout
