"""What is written down: a recorder at an emulated vendor, over HTTP, with a real file and the real logging."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from recorder_core import (
    S3,
    AsyncRecorder,
    Recorder,
    RecordingSpec,
    Spotlight,
    StartOutcomeUnknown,
    UnsupportedFeature,
    Vetoed,
    hookimpl,
)
from recorder_core.emulation.service import EmulatedService
from recorder_core.testing import connect, emulate

import recorder_audit_log
from recorder_audit_log import AuditLog, acting_as, hooks

SECRETS = ("storage-key-of-the-test", "storage-secret-of-the-test")


def spec(room: str = "lesson-42", **changes: Any) -> RecordingSpec:
    storage = S3(bucket="lessons", region="eu-west-1", access_key=SECRETS[0], secret_key=SECRETS[1])
    return RecordingSpec(room=room, storage=storage, **changes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def service() -> Iterator[EmulatedService]:
    with emulate("zegocloud", media=False) as running:
        running.join("lesson-42", "1001")
        yield running


@pytest.fixture
def recorder(service: EmulatedService, path: Path) -> Iterator[Recorder]:
    with connect(service, hooks=[AuditLog(path)]) as made:
        yield made


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def steps(path: Path) -> list[tuple[str, str | None]]:
    return [(line["action"], line.get("operation")) for line in lines(path)]


def test_a_recording_is_written_down_from_the_question_to_its_end(recorder: Recorder, path: Path) -> None:
    """Who, what, when, which recording and room, and the outcome: one line of JSON each, in order."""
    with acting_as("teacher-7"):
        recording = recorder.start(spec(), confirm=True)
        recording = recorder.layout(recording, Spotlight("1001"))
        recorder.pause(recording)
        recorder.stop(recording)
    for _ in recorder.follow(recording):
        pass
    done = [("done", name) for name in ("start", "layout", "pause", "stop")]
    assert steps(path) == [("asked", "start"), *done, ("ended", None)]
    asked, started, *_, stopped, ended = lines(path)
    assert asked == {
        "at": asked["at"],
        "action": "asked",
        "operation": "start",
        "actor": "teacher-7",
        "host": asked["host"],
        "process": os.getpid(),
        "request": asked["request"],
        "provider": "zegocloud",
        "account": recording.account,
        "room": "lesson-42",
        "mode": "composite",
        "media": "audio_video",
        "destination": {"kind": "s3", "bucket": "lessons", "region": "eu-west-1"},
    }
    assert asked["at"].endswith("+00:00")
    assert started["request"] == asked["request"]
    assert (started["recording"], started["vendor"]["TaskId"]) == (recording.id, recording.native["TaskId"])
    assert (stopped["state"], stopped["ending"]) == ("completed", "stopped")
    assert (ended["recording"], ended["state"], ended["verified"]) == (recording.id, "completed", True)
    assert {line["actor"] for line in lines(path)[:-1]} == {"teacher-7"}
    assert ended["actor"] != "teacher-7"  # nobody asked for it there: the user whose process it is


def test_no_secret_is_written_down(recorder: Recorder, service: EmulatedService, path: Path) -> None:
    """Neither the account's nor the storage's, and the file is for its owner's eyes."""
    recorder.stop(recorder.start(spec()), wait=False)
    written = path.read_text()
    secrets = [*SECRETS, *(value for name, value in service.env.items() if "SECRET" in name)]
    assert [secret for secret in secrets if secret in written] == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_refused_is_written_down(service: EmulatedService, path: Path) -> None:
    """By a policy behind it, by the library and by the vendor: each with the question that it answers."""

    class Policy:
        @hookimpl
        def recorder_before_start(self, spec: RecordingSpec) -> None:
            if spec.room == "closed":
                raise Vetoed("it is closed", fault="caller")

    with connect(service, hooks=[AuditLog(path), Policy()]) as recorder:
        with pytest.raises(Vetoed):
            recorder.start(spec("closed"))
        with pytest.raises(UnsupportedFeature):
            recorder.start(spec(output={"formats": ["webm"]}))
        recording = recorder.start(spec())
        with pytest.raises(Exception, match="board"):
            recorder.switch_whiteboard(recording, "board-1")
    told = [(line["action"], line["operation"], line.get("room"), line.get("error")) for line in lines(path)]
    assert told[:6] == [
        ("asked", "start", "closed", None),
        ("failed", "start", "closed", "Vetoed"),
        ("asked", "start", "lesson-42", None),
        ("failed", "start", "lesson-42", "UnsupportedFeature"),
        ("asked", "start", "lesson-42", None),
        ("done", "start", "lesson-42", None),
    ]
    assert told[6][:2] == ("failed", "switch_whiteboard")
    asked, failed, *_ = lines(path)
    assert failed["request"] == asked["request"]
    assert (failed["message"], failed["fault"]) == ("it is closed", "caller")


def test_plans_and_looks_are_not_written_down(recorder: Recorder, path: Path) -> None:
    """They change nothing; a log full of them would hide what does."""
    recorder.plan(spec())
    assert not path.exists()
    recorder.status(recorder.start(spec()))
    assert steps(path) == [("asked", "start"), ("done", "start")]


def test_nothing_starts_that_cannot_be_written_down(service: EmulatedService, tmp_path: Path) -> None:
    """A folder that isn't there, a disk that is full: the start is vetoed, and nothing is sent."""
    for path in (tmp_path / "nowhere" / "audit.jsonl", Path("/dev/full")):
        with connect(service, hooks=[AuditLog(path)]) as recorder:
            with pytest.raises(Vetoed, match="the audit log can't be written") as caught:
                recorder.start(spec())
            assert caught.value.hint == f"There is no recording without its line. Look at {path}."
    assert list(service.journal) == []


def test_what_cannot_be_written_down_later_breaks_no_recording(
    service: EmulatedService, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A stop is no worse for it; the library's own log says what is missing."""
    with connect(service, hooks=[AuditLog(path)]) as recorder:
        recording = recorder.start(spec())
        path.unlink()
        path.mkdir()
        assert recorder.stop(recording).state == "completed"
    assert "AuditLog.recorder_stopped raised; the recording goes on" in caplog.text


def test_lines_are_only_ever_appended(recorder: Recorder, path: Path) -> None:
    """What stood there stays; threads don't mix their lines; a file that was rotated away is begun anew."""
    path.write_text('{"action": "earlier"}\n')
    threads = [threading.Thread(target=recorder.start, args=(spec(f"room-{number}"),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = lines(path)
    assert (len(written), written[0]) == (13, {"action": "earlier"})
    asked = {line["request"]: line["room"] for line in written if line["action"] == "asked"}
    assert asked == {line["request"]: line["room"] for line in written if line["action"] == "done"}
    path.rename(path.with_suffix(".1"))
    recorder.start(spec("room-7"))
    assert steps(path) == [("asked", "start"), ("done", "start")]


def test_a_recovery_is_written_down(recorder: Recorder, service: EmulatedService, path: Path) -> None:
    """What became of a start without an answer, with the id of the recording that it began."""
    service.fail_next("StartRecord", "drop", times=4)
    with pytest.raises(StartOutcomeUnknown) as caught:
        recorder.start(spec())
    service.clock.advance(121)
    recorder.recover(caught.value.intent, spec=spec())
    assert steps(path) == [
        ("asked", "start"),
        ("failed", "start"),
        ("asked", "recover"),
        ("done", "start"),
        ("done", "recover"),
    ]
    assert lines(path)[-1]["verdict"] == "running"
    assert lines(path)[-1]["recording"] == lines(path)[1]["recording"]


def test_whoever_acts_is_known_under_asyncio_too(service: EmulatedService, path: Path) -> None:
    """Two tasks at once, each on behalf of somebody else."""

    async def record(recorder: AsyncRecorder, who: str) -> None:
        with acting_as(who):
            await recorder.start(spec(f"room of {who}"))

    async def both() -> None:
        provider = connect(service).provider
        async with AsyncRecorder(provider, hooks=[AuditLog(path)], clock=service.clock) as recorder:
            await asyncio.gather(record(recorder, "teacher-7"), record(recorder, "teacher-8"))

    asyncio.run(both())
    assert {(line["actor"], line["room"]) for line in lines(path)} == {
        ("teacher-7", "room of teacher-7"),
        ("teacher-8", "room of teacher-8"),
    }
    assert len(lines(path)) == 4


def test_the_logger_takes_the_lines_where_no_file_is_named(
    service: EmulatedService, caplog: pytest.LogCaptureFixture
) -> None:
    """At level INFO, each a record of its own; where nobody listens at that level, the start is vetoed."""
    with connect(service, hooks=[AuditLog()]) as recorder:
        with pytest.raises(Vetoed, match="nobody takes what the logger 'recorder_audit_log' is told") as caught:
            recorder.start(spec())
        assert (caught.value.hint or "").endswith("Set RECORDER_AUDIT_LOG to a file.")
        with caplog.at_level(logging.INFO, "recorder_audit_log"):
            recorder.start(spec())
    told = [json.loads(record.getMessage()) for record in caplog.records if record.name == "recorder_audit_log"]
    assert [(line["action"], line["operation"]) for line in told] == [("asked", "start"), ("done", "start")]


def test_the_installed_one_takes_the_file_from_the_environment(path: Path) -> None:
    """`RECORDER_AUDIT_LOG` names it; without, the logger takes the lines."""
    assert isinstance(hooks, AuditLog)
    code = "from recorder_audit_log import hooks; print(hooks._path)"
    folder = str(Path(recorder_audit_log.__file__).parents[1])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path]), "RECORDER_AUDIT_LOG": str(path)}
    done = subprocess.run((sys.executable, "-c", code), env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(path)
    env.pop("RECORDER_AUDIT_LOG")
    done = subprocess.run((sys.executable, "-c", code), env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None"


def test_the_readme_shows_lines_as_they_are(recorder: Recorder, path: Path) -> None:
    """What it shows has the names that are written, in their order."""
    with acting_as("teacher-7"):
        recorder.start(spec())
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    examples = [json.loads(line) for line in shown[1].splitlines()]
    assert [list(line) for line in examples] == [list(line) for line in lines(path)]
