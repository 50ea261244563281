"""Answers, wire to neutral: states, files, and what their combination means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from planned import Planner
from recorder_agora.translate.answers import query_status, source_addresses, stop_status
from recorder_core import FileStatus, Media, Recording, RecordingState, UnexpectedResponse
from recorder_core.transport import Answer, Envelope

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Planner("agora").recording({}, output={"prefix": "lessons/2026"})


def answer(server: dict[str, Any] | None = None, status: int = 200, code: int | None = None) -> Answer:
    body: dict[str, Any] = {"resourceId": "r", "sid": "s"}
    if server is not None:
        body["serverResponse"] = server
    return Answer(status, body, Envelope(code, None, "q-1"), "https://api.agora.io")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *((number, "starting") for number in (0, 1, 2, 3)),
        *((number, "recording") for number in (4, 5, "5")),
        *((6, "stopping"), (7, "uploading"), (8, "uploading"), (20, "failed")),
        *((99, "unreachable"), (None, "unreachable")),
    ],
)
def test_a_status_is_a_state(recording: Recording, status: Any, state: str) -> None:
    """Every documented status has its state, text as well as number; an unknown one is no end."""
    found = query_status(recording, answer({"status": status}))
    assert found.state is RecordingState(state)
    assert (found.started_at, found.request_id) == (recording.started_at, "q-1")
    assert (found.fault, found.ending) == (("vendor", "fault") if state == "failed" else (None, None))


@pytest.mark.parametrize("name", ["lessons/2026/x_0.m3u8", "x_0.m3u8"])
def test_a_file_has_its_whole_key(recording: Recording, name: str) -> None:
    """Names come with or without the prefix; keys and addresses always have it."""
    entry = {
        "fileName": name,
        "trackType": "audio_and_video",
        "uid": "0",
        "mixedAllUser": True,
        "isPlayable": True,
        "sliceStartTime": 1785578400123,
    }
    (file,) = query_status(recording, answer({"status": 5, "fileListMode": "json", "fileList": [entry]})).files
    assert (file.name, file.key, file.uri) == (
        "x_0.m3u8",
        "lessons/2026/x_0.m3u8",
        "s3://lessons/lessons/2026/x_0.m3u8",
    )
    assert (file.format, file.tracks, file.participant) == ("hls", Media.AUDIO_VIDEO, None)
    assert file.status is FileStatus.RECORDING
    assert file.started_at == datetime.fromtimestamp(1785578400.123, UTC)


def test_a_list_in_text_mode_is_one_file(recording: Recording) -> None:
    """HLS alone comes as a text; an empty one is no file."""
    (file,) = query_status(recording, answer({"status": 5, "fileListMode": "string", "fileList": "x.m3u8"})).files
    assert (file.key, file.tracks) == ("lessons/2026/x.m3u8", recording.media)
    assert query_status(recording, answer({"status": 4, "fileListMode": "string", "fileList": ""})).files == ()


@pytest.mark.parametrize(
    ("uploading", "state", "file_status", "fault"),
    [
        ("uploaded", "completed", "uploaded", None),
        ("backuped", "completed", "backup", "destination"),
        ("unknown", "uploading", "uploading", None),
        ("unknow", "uploading", "uploading", None),
        (None, "uploading", "uploading", None),
    ],
)
def test_stop_tells_where_the_files_are(
    recording: Recording, uploading: str | None, state: str, file_status: str, fault: str | None
) -> None:
    """The upload's status decides; a backup is the destination's fault and still an end."""
    server = {"fileListMode": "json", "fileList": [{"fileName": "x.mp4"}], "uploadingStatus": uploading}
    found = stop_status(recording, answer(server), NOW)
    assert (found.state, found.files[0].status, found.fault) == (state, file_status, fault)
    assert (found.ended_at, found.ending) == (NOW, "stopped")
    assert found.files[0].format == "mp4"


def test_nothing_recorded_is_an_end_without_files(recording: Recording) -> None:
    """206 with code 435: the recording is complete, and empty; it ran until it was stopped."""
    found = stop_status(recording, answer(status=206, code=435), NOW)
    assert (found.state, found.files, found.ending) == (RecordingState.COMPLETED, (), "stopped")
    assert "435" in (found.reason or "")


def test_leaving_already_is_no_end_yet(recording: Recording) -> None:
    """400 with code 49: it stops, and neither what came of it nor why is told."""
    found = stop_status(recording, answer(status=400, code=49), NOW)
    assert (found.state, found.ending) == (RecordingState.STOPPING, None)
    assert "49" in (found.reason or "")


def test_an_asynchronous_stop_may_say_nothing(recording: Recording) -> None:
    """Its body isn't documented: an empty one is an upload under way."""
    assert stop_status(recording, answer(), NOW).state is RecordingState.UPLOADING


# --- individual recording ---


@pytest.mark.parametrize(
    ("name", "told", "participant", "tracks", "format"),
    [
        ("s_r__uid_s_11__uid_e_audio.m3u8", {"uid": "11", "trackType": "audio"}, "11", Media.AUDIO, "hls"),
        ("s_r__uid_s_11__uid_e_av.mpd", {"uid": 11, "trackType": "audio_and_video"}, "11", Media.AUDIO_VIDEO, "mpd"),
        ("s_r__uid_s_11__uid_e_av.m3u8", {}, "11", Media.AUDIO_VIDEO, "hls"),
        ("s_r__uid_s_11__uid_e_video_20260801100000123.webm", {}, "11", Media.VIDEO, "webm"),
        ("s_r__uid_s_11__uid_e_video_20260801100000123.jpg", {}, "11", Media.VIDEO, "jpg"),
        ("bak0_s_r__uid_s_11__uid_e_audio.m3u8", {"uid": "11"}, "11", Media.AUDIO, "hls"),
        ("s_r_0.mp4", {"uid": "0"}, None, Media.AUDIO_VIDEO, "mp4"),
    ],
)
def test_a_file_is_somebodys(
    recording: Recording, name: str, told: dict[str, Any], participant: str | None, tracks: Media, format: str
) -> None:
    """By what is told of it, else by its name; containers are called as everybody calls them."""
    server = {"status": 5, "fileListMode": "json", "fileList": [{"fileName": name, **told}]}
    (file,) = query_status(recording, answer(server)).files
    assert (file.participant, file.tracks, file.format) == (participant, tracks, format)


def test_snapshots_that_are_not_listed_are_said_to_be_there() -> None:
    """The answer to stop names no picture."""
    pictures = Planner("agora").recording({"snapshots": True})
    found = stop_status(pictures, answer({"uploadingStatus": "uploaded"}), NOW)
    assert (found.state, found.files) == (RecordingState.COMPLETED, ())
    assert ".jpg" in (found.reason or "")


# --- web page recording ---


def page(**payload: Any) -> dict[str, Any]:
    """What query says of a page, its recorder's payload given."""
    return {"status": 5, "extensionServiceState": [{"serviceName": "web_recorder_service", "payload": payload}]}


@pytest.mark.parametrize(
    ("server", "state"),
    [
        (page(state="inProgress", onhold=False), "recording"),
        (page(state="inProgress", onhold=True), "paused"),
        (page(state="inProgress", onhold="true"), "paused"),
        (page(state="exit", onhold=True), "stopping"),
        ({**page(state="init", onhold=True), "status": 3}, "starting"),
        ({**page(state="exit"), "status": 7}, "uploading"),
        ({"status": 4, "extensionServiceState": None}, "recording"),
        (
            {"status": 5, "extensionServiceState": [{"serviceName": "web_recorder_service", "payload": None}]},
            "recording",
        ),
    ],
)
def test_a_page_is_recorded_or_on_hold(recording: Recording, server: dict[str, Any], state: str) -> None:
    """The status is refined by what the page's recorder says."""
    assert query_status(recording, answer(server)).state is RecordingState(state)


def test_files_of_a_page_belong_to_nobody(recording: Recording) -> None:
    """Names and starts alone; they hold what is recorded."""
    listed = [{"filename": "x_0.mp4", "sliceStartTime": 1785578400123}, {"filename": "x.m3u8"}]
    found = query_status(recording, answer(page(state="inProgress", fileList=listed))).files
    assert [(file.key, file.format, file.participant, file.tracks) for file in found] == [
        ("lessons/2026/x_0.mp4", "mp4", None, Media.AUDIO_VIDEO),
        ("lessons/2026/x.m3u8", "hls", None, Media.AUDIO_VIDEO),
    ]


def test_the_state_of_a_push_is_a_reason(recording: Recording) -> None:
    """It may be cut off while the recording goes on."""
    server = page(state="inProgress", onhold=True)
    server["extensionServiceState"].append(
        {"serviceName": "rtmp_publish_service", "payload": {"outputs": [{"status": "disconnected"}]}}
    )
    assert (query_status(recording, answer(server)).reason or "").endswith("; push: disconnected")


@pytest.mark.parametrize("payload", ["payload", "playload"])
@pytest.mark.parametrize(
    ("uploading", "state", "status"),
    [
        ("uploaded", "completed", "uploaded"),
        ("backuped", "completed", "backup"),
        ("unknown", "uploading", "uploading"),
        (None, "uploading", "uploading"),
    ],
)
def test_a_stopped_page_tells_by_its_services(
    recording: Recording, payload: str, uploading: str | None, state: str, status: str
) -> None:
    """One service knows the upload, another one the files; until June 2026 a page spelt payload otherwise."""
    server = {
        "extensionServiceState": [
            {"serviceName": "upload_service", payload: {"uploadingStatus": uploading}},
            {"serviceName": "web_recorder_service", payload: {"state": "exit", "fileList": [{"filename": "x.m3u8"}]}},
        ]
    }
    found = stop_status(recording, answer(server), NOW)
    assert (found.state, found.files[0].status) == (RecordingState(state), status)


# --- where callbacks come from ---


def test_addresses_are_read_from_the_hosts() -> None:
    """Those that have one."""
    hosts = [{"primaryIP": "1.2.3.4"}, {"primaryIP": ""}, {}, None, {"primaryIP": "1.2.3.5"}]
    told = Answer(200, {"data": {"service": {"hosts": hosts}}}, Envelope(), "https://api.agora.io")
    assert source_addresses(told) == ("1.2.3.4", "1.2.3.5")


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"service": []}}, {"data": {"service": {"hosts": []}}}])
def test_no_address_is_no_answer(body: dict[str, Any]) -> None:
    """Whatever is missing on the way."""
    with pytest.raises(UnexpectedResponse, match="names no address"):
        source_addresses(Answer(200, body, Envelope(), "https://api.agora.io"))


@pytest.mark.parametrize(
    ("status", "expected"), [(3, "recording"), (5, "recording"), (6, "uploading"), (8, "uploading"), (20, "unknown")]
)
def test_files_of_a_query_have_the_status_of_their_recording(recording: Recording, status: int, expected: str) -> None:
    """A file grows while it is recorded and is uploaded afterwards; of an abnormal end nothing is known."""
    (file,) = query_status(recording, answer({"status": status, "fileList": "x.m3u8"})).files
    assert file.status is FileStatus(expected)
