"""What each event tells in neutral words: its row in the table, a raw sample, and the event that it becomes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agora.notified import SAMPLES, SID, event, sample, written
from planned import Planner
from recorder_agora.tables import EVENT_KINDS, EVENT_STATES
from recorder_agora.translate.events import located
from recorder_agora.wire.callbacks import EventType
from recorder_core import EventKind, FileStatus, Media, RecordingState

EVENT_TYPES = {
    1: "cloud_recording_error",
    2: "cloud_recording_warning",
    3: "cloud_recording_status_update",
    4: "cloud_recording_file_infos",
    11: "session_exit",
    12: "session_failover",
    13: None,
    30: "uploader_started",
    31: "uploaded",
    32: "backuped",
    33: "uploading_progress",
    40: "recorder_started",
    41: "recorder_leave",
    42: "recorder_slice_start",
    43: "recorder_audio_stream_state_changed",
    44: "recorder_video_stream_state_changed",
    45: "recorder_snapshot_file",
    60: "vod_started",
    61: "vod_triggered",
    70: "web_recorder_started",
    71: "web_recorder_stopped",
    72: "web_recorder_capability_limit",
    73: "web_recorder_reload",
    80: "transcoder_started",
    81: "transcoder_completed",
    90: "download_failed",
    100: "rtmp_publish_status",
    1001: "postpone_transcode_final_result",
}
"""The vendor's list of events and their `msgName` ("Cloud Recording API callback service", 2026), copied by hand; that
of 13 is printed nowhere."""

MIX, INDIVIDUAL, WEB = SID, "4f1d9c0b7a6e5d3c2b1a09f8e7d6c5b4", "d0a1b2c3d4e5f60718293a4b5c6d7e8f"
BEGAN = datetime(2026, 7, 15, 10, 15, 0, 42000, tzinfo=UTC)

EXPECTED: dict[str, dict[str, Any]] = {
    "1": {
        "kind": "error",
        "reason": "the storage is configured wrongly (code 32). Check bucket, region and keys, and that the keys may "
        "write.",
        "fault": "destination",
        "ending": "fault",
    },
    "1_token_expired": {
        "kind": "error",
        "reason": "the recorder's room token has expired (code 109). Make tokens that outlive the recording: the "
        "vendor can't renew them.",
        "fault": "caller",
        "ending": "fault",
    },
    "1_unlisted": {
        "kind": "error",
        "reason": "the vendor's page recorder reports error 7777; give the sid to its support; in the vendor's words: "
        '"it\'s broken"',
    },
    "2": {
        "kind": "warning",
        "reason": "a slice didn't arrive in the bucket and went to the vendor's backup (warning 32); check the bucket, "
        "its keys and its rules",
        "fault": "destination",
    },
    "3": {"kind": "status", "state": "recording", "files": [("x.m3u8", "recording", None, None)]},
    "3_abnormal": {
        "kind": "status",
        "state": "failed",
        "ending": "fault",
        "fault": "vendor",
        "reason": "the recorder ended abnormally",
    },
    "4": {"kind": "file_started", "state": "recording", "files": [("school7/x.m3u8", "recording", None, None)]},
    "11": {"kind": "ended", "state": "completed"},
    "11_abnormal": {
        "kind": "ended",
        "state": "failed",
        "ending": "fault",
        "reason": "the recorder exited abnormally (status 1), as it does when something is wrong that is checked only "
        "after the start: storage, token, encryption, layout",
    },
    "11_older": {
        "kind": "ended",
        "state": "failed",
        "ending": "fault",
        "reason": "the recorder exited abnormally (status 1), as it does when something is wrong that is checked only "
        "after the start: storage, token, encryption, layout",
    },
    "12": {
        "kind": "migrated",
        "reason": "another server goes on, in the room as 1830475926; what was said meanwhile, up to 90 s, isn't "
        "recorded",
    },
    "13": {"kind": "status"},
    "30": {"kind": "upload_started", "state": "uploading"},
    "31": {
        "kind": "uploaded",
        "state": "completed",
        "files": [
            ("school7/x__uid_s_11__uid_e_audio.m3u8", "uploaded", "11", "audio"),
            ("school7/x__uid_s_12__uid_e_video.m3u8", "uploaded", "12", "video"),
        ],
    },
    "31_web": {"kind": "uploaded", "state": "completed"},
    "31_older": {
        "kind": "uploaded",
        "state": "completed",
        "files": [("x.m3u8", "uploaded", None, "audio_video")],
    },
    "32": {
        "kind": "backed_up",
        "state": "completed",
        "files": [("x_0.mp4", "backup", None, "audio_video")],
        "fault": "destination",
        "reason": "at least one file is in the vendor's backup only, which sends it on to the bucket by itself; check "
        "the bucket and its keys",
    },
    "33": {"kind": "upload_progress", "progress": 0.8333},
    "40": {"kind": "started", "state": "starting"},
    "41": {
        "kind": "stopped",
        "state": "stopping",
        "ending": "idle",
        "reason": "nobody was in the room for idle_timeout (leave code 12)",
    },
    "41_stopped": {
        "kind": "stopped",
        "state": "stopping",
        "ending": "stopped",
        "reason": "the recorder was told to end (leave code 2)",
    },
    "41_left": {
        "kind": "stopped",
        "state": "stopping",
        "reason": "the recorder left the room (leave code 16); it was stopped, or put out: check that nobody has its "
        "uid and that its token was still good",
    },
    "42": {
        "kind": "segment_started",
        "state": "recording",
        "participant": "11",
        "reason": "recorded again after a gap of 82.5 s",
    },
    "43": {"kind": "audio_changed", "participant": "11", "reason": "sound has gone"},
    "44": {"kind": "video_changed", "participant": "12", "reason": "video has come"},
    "45": {
        "kind": "snapshot",
        "participant": "11",
        "files": [("school7/lesson204/x__uid_s_11__uid_e_video_20260715101540042.jpg", "uploaded", "11", "video")],
    },
    "60": {"kind": "upload_started", "reason": "the files go to ApsaraVideo for VoD as video 7a1b8c"},
    "61": {"kind": "uploaded"},
    "70": {"kind": "started", "state": "starting"},
    "71": {
        "kind": "stopped",
        "state": "stopping",
        "ending": "limit",
        "reason": "it reached max_duration; in the vendor's words: 'max recording hour is 4'",
        "files": [("x.m3u8", "uploading", None, None), ("x_0.mp4", "uploading", None, None)],
    },
    "71_page_load_timeout": {
        "kind": "stopped",
        "state": "failed",
        "ending": "fault",
        "fault": "caller",
        "reason": "the page didn't call navigator.notifyReady() within ready_timeout, twice; check that it loads "
        "without a login, and set ready_timeout longer",
    },
    "72": {
        "kind": "error",
        "fault": "caller",
        "reason": "the page uses WebGL, which the vendor's browser can't show; the recording ends",
    },
    "73": {
        "kind": "page_reloaded",
        "reason": "the page was loaded again: it didn't call navigator.notifyReady() within ready_timeout; the second "
        "time ends it",
    },
    "80": {"kind": "status", "reason": "the conversion of the files has begun"},
    "81": {
        "kind": "transcoded",
        "files": [("x_11_0.mp4", "unknown", "11", None)],
        "fault": "vendor",
        "reason": "some files couldn't be converted; the recorded ones are there",
    },
    "90": {
        "kind": "error",
        "fault": "destination",
        "reason": "2 files couldn't be fetched from the bucket, so they aren't converted; check that the storage's "
        "keys may read",
    },
    "100": {
        "kind": "push_changed",
        "reason": "push: disconnected; check the address, or give another one with update_push",
    },
    "1001": {"kind": "transcoded", "files": [("x_11_0.mp4", "unknown", None, None)]},
    "101_console_test": {
        "kind": "unknown",
        "reason": "a test that the vendor's console sends when notifications are set up",
    },
    "40_console_test": {
        "kind": "unknown",
        "reason": "a test that the vendor's console sends when notifications are set up",
    },
}
"""By sample what the event tells beside the recording; files as key (`x` for the stem), status, participant and
tracks."""
TELLS = ("kind", "state", "ending", "fault", "reason", "participant", "progress")


def stem(key: str) -> str:
    """A file's key with `x` for what the vendor begins each name with."""
    for sid, cname in ((MIX, "lesson-204"), (INDIVIDUAL, "lesson-204"), (WEB, "page-204")):
        key = key.replace(f"{sid}_{cname}", "x")
    return key


# --- every event type ---


def test_the_table_the_samples_and_the_vendors_list_agree() -> None:
    """Every event type has a row in the table, a raw sample and an expected event here, and nothing else has."""
    assert set(EVENT_KINDS) == set(EVENT_TYPES) == {int(kind) for kind in EventType}
    names = {path.stem for path in SAMPLES.iterdir()}
    assert names == set(EXPECTED)
    assert {int(name) for name in names if name.isdigit()} == set(EVENT_TYPES)
    assert set(EVENT_STATES) <= set(EVENT_TYPES)


@pytest.mark.parametrize(("number", "name"), [item for item in EVENT_TYPES.items() if item[1]])
def test_events_are_called_as_the_vendor_calls_them(number: int, name: str) -> None:
    """Its `msgName` is the name in the code, and stands in the sample."""
    assert EventType(number).name == name.upper()
    assert json.loads(sample(number))["payload"]["details"]["msgName"] == name


def test_the_tables_speak_the_neutral_language() -> None:
    """Their words are kinds and states that there are."""
    assert all(EventKind(kind).value == kind != "unknown" for kind in EVENT_KINDS.values())
    assert all(RecordingState(state) for state in EVENT_STATES.values())


@pytest.mark.parametrize("name", list(EXPECTED))
def test_what_each_sample_tells(name: str) -> None:
    """All of it, and nothing beside it."""
    found = event(sample(name))
    told: dict[str, Any] = {key: getattr(found, key) for key in TELLS if getattr(found, key) is not None}
    if found.files:
        told["files"] = [(stem(file.key or ""), file.status, file.participant, file.tracks) for file in found.files]
    assert told == EXPECTED[name]


@pytest.mark.parametrize("name", [name for name in EXPECTED if "console" not in name])
def test_every_event_names_its_recording(name: str) -> None:
    """The vendor's ids, the room, the number and the moment; our own id is the core's to find."""
    body = json.loads(sample(name))
    payload, found = body["payload"], event(sample(name))
    assert found.native == {"sid": payload["sid"], "cname": payload["cname"], "uid": payload["uid"]}
    assert (found.provider, found.room, found.recording_id) == ("agora", payload["cname"], None)
    assert found.sequence == int(payload["sequence"])
    occurred_at = datetime.fromtimestamp(payload.get("sendts", body.get("eventMs")) / 1000, UTC)
    assert found.occurred_at == occurred_at
    assert found.nonce is None  # the signature covers the body
    assert found.verified


def test_a_file_is_described_as_far_as_it_is_told() -> None:
    """Name and key as told, its form, its start; where it lies only the handle knows."""
    audio = event(sample(31)).files[0]
    name = f"{INDIVIDUAL}_lesson-204__uid_s_11__uid_e_audio.m3u8"
    assert (audio.name, audio.key, audio.uri, audio.format) == (name, f"school7/{name}", None, "hls")
    assert audio.started_at == BEGAN


@pytest.mark.parametrize("prefixed", [True, False])
def test_the_handle_tells_where_files_lie(prefixed: bool) -> None:
    """With it keys are whole, whether the vendor named them so or not, and tracks that nobody told the recording's."""
    recording = Planner("agora").recording({"sid": SID}, output={"prefix": "lessons/2026"})
    name = "lessons/2026/x.m3u8" if prefixed else "x.m3u8"
    bare = event(written(4, {"fileList": name}))
    (file,) = located(bare, recording).files
    assert (file.key, file.uri) == ("lessons/2026/x.m3u8", "s3://lessons/lessons/2026/x.m3u8")
    assert (file.name, file.tracks, file.status) == ("x.m3u8", Media.AUDIO_VIDEO, FileStatus.RECORDING)
    assert located(event(written(40)), recording) == event(written(40))


def test_the_reference_has_the_same_table() -> None:
    """Each event type stands there with the vendor's name and our kind, in this order."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "providers" / "agora.md"
    section = page.read_text(encoding="utf-8").partition("## Callbacks")[2].partition("### ")[0]
    rows = re.findall(r"^\| (\d+)(?: `(\w+)`)? \|[^|]+\| `(\w+)` \|", section, re.MULTILINE)
    assert [(int(number), name or None) for number, name, _ in rows] == list(EVENT_TYPES.items())
    assert {int(number): kind for number, _, kind in rows} == EVENT_KINDS
