"""What each event tells in neutral words: its row in the table, a raw sample, and the event that it becomes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from planned import Planner
from recorder_core import EventKind, Recording, RecordingEvent
from recorder_core.models import Ending, FileStatus, Media, RecordingState
from recorder_zegocloud.config import ZegocloudConfig
from recorder_zegocloud.tables import EVENT_KINDS, EVENT_STATES, IMAGE_PATHS, QUITS
from recorder_zegocloud.translate.events import located
from recorder_zegocloud.webhooks import events_of
from recorder_zegocloud.wire.callbacks import EventType
from zegocloud.notified import APP_ID, SAMPLES, SECRET, SENT_AT, TASK, VECTORS, posted, sample, signed

CONFIG = ZegocloudConfig.checked({"app_id": APP_ID, "server_secret": "0" * 32, "webhook_secret": SECRET})
MOMENT = datetime.fromtimestamp(SENT_AT, UTC)
NAME = "aVW5AOE4IyvEAAAq_room-42_mix-42_VA_20260101000003120"
URL = "https://lessons.example.com/record/" + NAME
DAYS = timedelta(days=3)

EVENT_TYPES = {
    1: "upload finished",
    2: "task ended abnormally",
    3: "a background or watermark image could not be downloaded",
    4: "number of streams in the room is zero",
    5: "normal exit of the recorder",
    6: "a stream to be recorded does not exist",
    7: "recording stopped, upload under way",
    102: "real-time HLS upload: playlist address",
    201: "paused",
    202: "resumed",
}
"""The vendor's list ("Recording status callback", 2025-11-26), copied by hand."""
QUIT_REASONS = {1, 2, 3, 4, 5, 6, *range(1001, 1012)}
"""The vendor's list of `quit_reason`, copied by hand."""


def event(body: Any) -> RecordingEvent:
    (found,) = events_of(CONFIG, posted(body), SENT_AT)
    return found


def told(event_type: int, detail: Any = None, **members: Any) -> RecordingEvent:
    return event(signed(event_type=event_type, detail=detail, **members))


def uploaded(*files: dict[str, Any], upload_status: int = 1) -> RecordingEvent:
    return told(1, {"upload_status": upload_status, "file_info": list(files)})


def file(status: int | None = 3, **more: Any) -> dict[str, Any]:
    return {"file_id": "lesson.mp4", "output_file_format": "mp4", "status": status, **more}


# --- every event type ---


def test_the_table_the_samples_and_the_vendors_list_agree() -> None:
    """Every event type has a row in the table, a raw sample and an expected event here, and nothing else has."""
    assert set(EVENT_KINDS) == set(EVENT_TYPES) == {int(kind) for kind in EventType} == set(EXPECTED)
    assert {int(path.stem) for path in SAMPLES.iterdir()} == set(EVENT_TYPES)
    assert set(EVENT_STATES) <= set(EVENT_TYPES)
    assert set(QUITS) == QUIT_REASONS
    assert set(IMAGE_PATHS) == {1, 2, 3, 4}


def test_the_page_of_the_provider_has_the_same_table() -> None:
    """Each event type with its kind, and the vectors of the signature."""
    page = (Path(__file__).parents[2] / "docs/reference/providers/zegocloud.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| `(\w+)` \|", page, re.MULTILINE)
    assert {int(number): kind for number, kind in rows} == dict(EVENT_KINDS)
    for vector in VECTORS:
        assert "| " + " | ".join(f"`{part}`" for part in vector) + " |" in page


def test_the_tables_speak_the_neutral_language() -> None:
    """Their words are kinds, states and ends that there are."""
    assert all(EventKind(kind).value == kind != "unknown" for kind in EVENT_KINDS.values())
    assert {RecordingState(state) for state in EVENT_STATES.values()}
    assert {Ending(quit.ending) for quit in QUITS.values()} == {Ending.IDLE, Ending.LIMIT, Ending.FAULT}


EXPECTED: dict[int, dict[str, Any]] = {
    1: {
        "kind": "uploaded",
        "state": "completed",
        "sequence": 2,
        "files": [
            {
                "name": f"{NAME}.mp4",
                "url": f"{URL}.mp4",
                "format": "mp4",
                "tracks": "audio_video",
                "status": "uploaded",
                "size_bytes": 265050000,
                "duration_s": 1800.18,
                "width": 1280,
                "height": 720,
                "started_at": "2026-01-01T00:00:03.120000Z",
            }
        ],
    },
    2: {
        "kind": "error",
        "state": "uploading",
        "ending": "fault",
        "fault": "vendor",
        "sequence": 3,
        "reason": "the vendor's recorder couldn't write its file (EIO): start again",
    },
    3: {
        "kind": "image_unavailable",
        "fault": "caller",
        "sequence": 0,
        "reason": "layout.placeholders couldn't be fetched from https://images.example.com/camera-off.jpg: check that "
        "anybody can, and that it is a JPG or PNG of up to 5 MB",
    },
    4: {
        "kind": "idle",
        "sequence": 0,
        "reason": "nobody publishes in the room, and the recording ends by itself when that lasts for idle_timeout: "
        "check the room's name, and that somebody publishes",
    },
    5: {"kind": "stopped", "state": "uploading", "sequence": 4},
    6: {
        "kind": "participant_missing",
        "sequence": 1,
        "reason": "the stream '1002' isn't in the room: check who publishes, and that options.zegocloud.stream_id "
        "makes the application's stream ids",
    },
    7: {"kind": "stopped", "state": "uploading", "sequence": 3},
    102: {
        "kind": "file_started",
        "sequence": 0,
        "files": [
            {
                "name": f"{NAME}.m3u8",
                "url": f"{URL}.m3u8",
                "format": "hls",
                "tracks": "audio_video",
                "status": "recording",
            }
        ],
    },
    201: {"kind": "paused", "state": "paused", "sequence": 1},
    202: {"kind": "resumed", "state": "recording", "sequence": 2},
}


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_a_sample_of_each_event_type_in_neutral_words(event_type: int) -> None:
    """The whole event, nothing beside it; a callback alone doesn't say where files lie, nor whose they are."""
    found = event(sample(event_type))
    expected = {
        "provider": "zegocloud",
        "room": "room-42",
        "native": {"TaskId": TASK},
        "occurred_at": "2026-01-01T00:00:00Z",
        "dedup_key": f"{TASK}:{found.sequence}:{event_type}",
        **EXPECTED[event_type],
    }
    shown = found.model_dump(mode="json", exclude_defaults=True, exclude={"raw", "nonce"})
    assert shown == expected
    assert found.raw["event_type"] == event_type
    assert found.raw["signature"] == "**********"


@pytest.mark.parametrize("event_type", [0, -1, 8, 101, 2**70, 999, None, "x", [], {}, 1.5, True])
def test_an_event_without_a_name_here_is_unknown(event_type: Any) -> None:
    """The vendor announces new ones; they never raise, and say what came."""
    found = event(signed() | {"event_type": event_type, "message": "something new"})
    assert found.kind is EventKind.UNKNOWN
    assert (found.state, found.ending, found.files) == (None, None, ())
    assert (found.reason or "").endswith("something new")
    assert found.model_dump(mode="json")["raw"]["event_type"] == event_type


@pytest.mark.parametrize("detail", [None, [], {}, "x", 3, True])
@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_a_detail_of_any_type_is_read(event_type: int, detail: Any) -> None:
    """Without its detail an event tells what its type tells alone, and no outcome of files."""
    found = event(signed() | {"event_type": event_type, "detail": detail})
    assert found.files == ()
    assert found.ending is None
    assert found.state == EVENT_STATES.get(event_type)
    assert found.kind == ("status" if event_type == 1 else EVENT_KINDS[event_type])


# --- event 1: what became of the files ---


@pytest.mark.parametrize(
    ("statuses", "kind", "state", "fault"),
    [
        ([3, 3], "uploaded", "completed", None),
        ([3, 4], "backed_up", "completed", "destination"),
        ([4, 5], "upload_failed", "failed", "destination"),
        ([], "ended", "completed", None),
        ([3, 2], "status", "uploading", None),
        ([3, 99], "status", "uploading", None),
    ],
)
def test_uploads_are_an_outcome(statuses: list[int], kind: str, state: str, fault: str | None) -> None:
    """A backup is the destination's fault and complete; a lost file is a failure; no file is an outcome too."""
    found = uploaded(*(file(status, file_id=f"{number}.mp4") for number, status in enumerate(statuses)))
    assert (found.kind, found.state, found.fault) == (kind, state, fault)
    assert (found.reason is not None) == (kind in ("backed_up", "upload_failed", "ended"))


def test_files_without_a_status_are_where_all_files_are() -> None:
    """`upload_status` 1 says that all were uploaded; 2 says of none where it is."""
    assert uploaded(file(None)).files[0].status is FileStatus.UPLOADED
    assert uploaded(file(None), upload_status=2).files[0].status is FileStatus.UNKNOWN
    assert told(1, {"upload_status": 1}).kind is EventKind.UPLOADED
    assert told(1, {"upload_status": 1}).state is None


def test_a_backup_ends_three_days_after_the_file_did() -> None:
    """The end of the recording isn't told; that of the file and the callback are no later deadline's beginning."""
    begun = (SENT_AT - 7200) * 1000
    (found,) = uploaded(file(4, begin_timestamp=begun, duration=3_600_000)).files
    assert found.status is FileStatus.BACKUP
    assert found.available_until == MOMENT - timedelta(hours=1) + DAYS
    assert uploaded(file(4)).files[0].available_until == MOMENT + DAYS
    later = uploaded(file(4, begin_timestamp=SENT_AT * 1000, duration=3_600_000))
    assert later.files[0].available_until == MOMENT + DAYS


def test_a_lost_file_has_no_address() -> None:
    """Nothing lies there."""
    (found,) = uploaded(file(5, file_url="https://lessons.example.com/lesson.mp4")).files
    assert (found.status, found.url, found.available_until) == (FileStatus.LOST, None, None)


@pytest.mark.parametrize(("status", "fault"), [(3, None), (4, "destination"), (5, "destination")])
def test_a_picture_is_no_end(status: int, fault: str | None) -> None:
    """A `jpg` task tells of every picture, and so does a snapshot of one that goes on."""
    found = uploaded(file(status, file_id="now.jpg", output_file_format="jpg"))
    assert (found.kind, found.state, found.fault) == (EventKind.SNAPSHOT, None, fault)
    assert [picture.name for picture in found.files] == ["now.jpg"]
    assert (found.reason is not None) == (fault is not None)
    assert uploaded(file(file_id="now.JPG", output_file_format=None)).kind is EventKind.SNAPSHOT


def test_a_file_of_which_nothing_is_known_is_a_file() -> None:
    """It isn't taken for "nothing was recorded"."""
    found = told(1, {"upload_status": 2, "file_info": [None]})
    assert found.state is RecordingState.UPLOADING
    assert len(found.files) == 1


# --- event 2: why it ended ---


@pytest.mark.parametrize("number", sorted(QUIT_REASONS))
def test_every_quit_reason_says_what_ended_it(number: int) -> None:
    """Two ends were asked for; every other is somebody's fault, with the vendor's advice."""
    found = told(2, {"quit_reason": number})
    ending = {3: Ending.IDLE, 4: Ending.LIMIT}.get(number, Ending.FAULT)
    assert found.ending is ending
    assert found.kind is (EventKind.ERROR if ending is Ending.FAULT else EventKind.STOPPED)
    assert found.fault == (None if ending is not Ending.FAULT else "caller" if number in (2, 1002, 1010) else "vendor")
    assert found.state is RecordingState.UPLOADING  # a server that takes a task over may fail to start, too
    assert found.reason
    assert ("start again" in found.reason) == (found.fault == "vendor")


def test_an_undocumented_quit_reason_is_a_fault_of_nobody() -> None:
    """Only the two documented ends are asked for; its number is shown."""
    found = told(2, {"quit_reason": 1012})
    assert (found.kind, found.ending, found.fault) == (EventKind.ERROR, Ending.FAULT, None)
    assert "1012" in (found.reason or "")


# --- event 3 and 6, and words of the vendor's ---


@pytest.mark.parametrize(
    ("image_type", "field"),
    [
        (1, "layout.background.image"),
        (2, "watermarks"),
        (3, "layout.placeholders['*']"),
        (4, "layout.placeholders"),
        (9, "a picture"),
    ],
)
def test_a_missing_picture_is_named_by_its_field(image_type: int, field: str) -> None:
    """The address is shown without user, password and query, which may be keys."""
    found = told(3, {"image_type": image_type, "image_url": "https://me:pass@example.com:8443/a.jpg?key=secret"})
    assert (found.reason or "").startswith(f"{field} couldn't be fetched from https://example.com:8443/a.jpg:")
    assert not {"pass", "secret"} & set(re.findall(r"\w+", found.model_dump_json()))
    assert "no address" not in (told(3, {"image_type": 1}).reason or "")
    assert told(3, {"image_type": 1, "image_url": "https://[x"}).reason


def test_words_of_the_vendors_are_cut() -> None:
    """A reason stays a sentence, whatever came."""
    long = "x" * 10_000
    for found in (told(6, {"stream_id": long}), told(3, {"image_url": long}), told(999, message=long)):
        assert len(found.reason or "") < 600


# --- what only the handle tells ---


@pytest.fixture(scope="module")
def recording() -> Recording:
    native = {"TaskId": TASK, "stream_id": "{room}_{participant}"}
    return Planner("zegocloud").recording(native, mode="individual", output={"prefix": "lessons/2026"})


def test_with_the_handle_files_have_a_place_and_an_owner(recording: Recording) -> None:
    """The key has its prefix, the address its bucket, and the stream its participant; a backup lies elsewhere."""
    stored, kept = located(
        uploaded(file(3, stream_id="lesson-42_1001"), file(4, file_id="kept.mp4", stream_id="board")), recording
    ).files
    assert (stored.key, stored.uri) == ("lessons/2026/lesson.mp4", "s3://lessons/lessons/2026/lesson.mp4")
    assert (stored.participant, kept.participant) == ("1001", None)
    assert kept.uri is None
    assert kept.available_until == MOMENT + DAYS
    assert stored.tracks is None
    assert located(told(1, {"file_info": [file(3, media_track_type=1)]}), recording).files[0].tracks is Media.AUDIO


def test_with_the_handle_a_missing_stream_and_a_playlist_have_an_owner(recording: Recording) -> None:
    """By the application's own stream ids."""
    assert located(told(6, {"stream_id": "lesson-42_1002"}), recording).participant == "1002"
    assert located(told(6, {"stream_id": "1002"}), recording).participant is None
    playlist = located(told(102, {"stream_id": "lesson-42_1003", "file_id": "a.m3u8"}), recording)
    assert (playlist.participant, playlist.files[0].uri) == ("1003", "s3://lessons/lessons/2026/a.m3u8")


def test_an_event_without_files_stays_as_it_is(recording: Recording) -> None:
    """The handle takes nothing away."""
    paused = event(sample(201))
    assert located(paused, recording) == paused
