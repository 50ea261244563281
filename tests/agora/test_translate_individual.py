"""Individual recording, neutral to wire: files for every participant, snapshots beside them or alone."""

from __future__ import annotations

from typing import Any

import pytest

from planned import Planner, revealed

APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"
SNAPSHOTS = {"interval": 10}


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("agora")


def client(plan: Planner, **fields: Any) -> Any:
    """clientRequest of start."""
    return revealed(plan(mode="individual", **fields).request("start").payload)["clientRequest"]


def config(plan: Planner, **fields: Any) -> Any:
    """recordingConfig of start."""
    return client(plan, **fields)["recordingConfig"]


def including(*names: Any) -> dict[str, Any]:
    return {"include": [str(name) for name in names]}


def test_room_and_storage_are_a_whole_spec(plan: Planner) -> None:
    """Everybody, in a playlist of each medium and one of both, with room for as many as the vendor has."""
    assert client(plan) == {
        "storageConfig": {"vendor": 1, "region": 4, "bucket": "lessons", "accessKey": "AK-1", "secretKey": "SK-1"},
        "recordingConfig": {
            "channelType": 0,
            "streamTypes": 2,
            "streamMode": "standard",
            "maxIdleTime": 300,
            "subscribeUidGroup": 5,
        },
        "recordingFileConfig": {"avFileType": ["hls"]},
    }


def test_a_spec_with_everything_that_the_vendor_carries(plan: Planner) -> None:
    """Every field has its place on the wire."""
    found = plan(
        mode="individual",
        participants={"audio": including(11, 12), "video": {"exclude": ["9"]}},
        expected_participants=6,
        output={"prefix": "school7/lesson204", "tracks": "separate", "segment_duration": 15},
        idle_timeout=60,
        encryption={"cipher": "aes_128_gcm", "secret": "room-key"},
        options={
            "uid": 527841,
            "token": "room-token",
            "channel_profile": "live",
            "video_stream_type": "low",
            "private_params": "{}",
        },
    )
    assert found.findings == ()
    assert revealed(found.request("start").payload) == {
        "cname": "lesson-42",
        "uid": "527841",
        "clientRequest": {
            "token": "room-token",
            "storageConfig": {
                "vendor": 1,
                "region": 4,
                "bucket": "lessons",
                "accessKey": "AK-1",
                "secretKey": "SK-1",
                "fileNamePrefix": ["school7", "lesson204"],
            },
            "recordingConfig": {
                "channelType": 1,
                "streamTypes": 2,
                "streamMode": "default",
                "videoStreamType": 1,
                "maxIdleTime": 60,
                "subscribeAudioUids": ["11", "12"],
                "unSubscribeVideoUids": ["9"],
                "decryptionMode": 5,
                "secret": "room-key",
                "privateParams": "{}",
                "subscribeUidGroup": 1,
            },
            "recordingFileConfig": {"avFileType": ["hls"]},
        },
    }


EXACT: list[dict[str, Any]] = [
    {"media": "audio"},
    {"media": "video"},
    {"media": "audio", "output": {"tracks": "merged"}},
    {"output": {"tracks": "separate"}},
    {"output": {"snapshots": SNAPSHOTS}},
    {"output": {"formats": [], "snapshots": SNAPSHOTS}},
    {"output": {"formats": [], "snapshots": {"interval": 3600}}},
    {"expected_participants": 49},
    {"participants": {"audio": including(*range(1, 33)), "video": including(*range(1, 33))}},
    {"media": "audio", "options": {"stream_mode": "original"}},
    {"media": "video", "participants": {"video": {"exclude": ["7"]}}, "output": {"snapshots": SNAPSHOTS}},
    {
        "participants": {"audio": {"exclude": ["7"]}, "video": {"exclude": ["7"]}},
        "output": {"snapshots": SNAPSHOTS},
    },
]
FOUND: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"room": "lesson/42"}, {"room": UNSUPPORTED}),
    ({"output": {"tracks": "merged"}}, {"output.tracks": APPROXIMATED}),
    *(({"output": {"formats": [name]}}, {"output.formats": UNSUPPORTED}) for name in ("mp4", "flv", "aac")),
    ({"output": {"formats": ["hls", "mp4"]}}, {"output.formats": UNSUPPORTED}),
    (
        {"output": {"formats": [], "snapshots": SNAPSHOTS, "tracks": "separate", "segment_duration": 15}},
        {"output.tracks": UNSUPPORTED, "output.segment_duration": UNSUPPORTED},
    ),
    ({"output": {"prefix": "lessons/a-b"}}, {"output.prefix": UNSUPPORTED}),
    ({"output": {"segment_duration": 10}}, {"output.segment_duration": UNSUPPORTED}),
    ({"output": {"max_file_duration": 3600}}, {"output.max_file_duration": UNSUPPORTED}),
    (
        {"video": {"width": 640, "height": 360, "fps": 15, "bitrate_kbps": 500}},
        dict.fromkeys(("video.width", "video.height", "video.fps", "video.bitrate_kbps"), APPROXIMATED),
    ),
    (
        {"audio": {"bitrate_kbps": 48, "channels": 1}},
        {"audio.bitrate_kbps": UNSUPPORTED, "audio.channels": UNSUPPORTED},
    ),
    ({"layout": {"kind": "grid"}}, {"layout": UNSUPPORTED}),
    ({"expected_participants": 50}, {"expected_participants": UNSUPPORTED}),
    (
        {"participants": {"audio": including(*range(1, 18)), "video": including(*range(18, 34))}},
        {"participants": UNSUPPORTED},
    ),
    ({"participants": {"audio": including("anna")}}, {"participants.audio.include": UNSUPPORTED}),
    (
        {"participants": {"audio": including(7), "video": {"exclude": ["7"]}}, "output": {"snapshots": SNAPSHOTS}},
        {"participants.video.exclude": UNSUPPORTED},
    ),
    (
        {"participants": {"video": {"exclude": ["7"]}}, "output": {"formats": [], "snapshots": SNAPSHOTS}},
        {"participants.video.exclude": UNSUPPORTED},
    ),
    ({"idle_timeout": 4}, {"idle_timeout": UNSUPPORTED}),
    ({"max_duration": 3600}, {"max_duration": UNSUPPORTED}),
    ({"start_paused": True}, {"start_paused": UNSUPPORTED}),
    ({"push_urls": ["rtmp://e.com/live"]}, {"push_urls": UNSUPPORTED}),
    ({"whiteboard": {"aspect": "16:9"}}, {"whiteboard.aspect": UNSUPPORTED}),
    ({"watermarks": [{"kind": "clock", "font_size": 20}]}, {"watermarks.0": UNSUPPORTED}),
    ({"callback_url": "https://e.com/cb"}, {"callback_url": UNSUPPORTED}),
    ({"options": {"stream_mode": "original"}}, {"options.agora.stream_mode": UNSUPPORTED}),
    ({"media": "video", "options": {"stream_mode": "original"}}, {"options.agora.stream_mode": UNSUPPORTED}),
]


@pytest.mark.parametrize("fields", EXACT, ids=str)
def test_what_is_exact(plan: Planner, fields: dict[str, Any]) -> None:
    """In range and representable: no finding."""
    assert plan.found(mode="individual", **fields) == {}


@pytest.mark.parametrize(("fields", "found"), FOUND, ids=str)
def test_what_is_not(plan: Planner, fields: dict[str, Any], found: dict[str, str]) -> None:
    """What is lost or not quite so is found by its path, and nothing else is."""
    assert plan.found(mode="individual", **fields) == found


@pytest.mark.parametrize(
    ("fields", "stream_mode"),
    [
        ({}, "standard"),
        ({"output": {"tracks": "merged"}}, "standard"),
        ({"output": {"tracks": "separate"}}, "default"),
        ({"output": {"snapshots": SNAPSHOTS}}, "standard"),
        ({"media": "audio"}, "default"),
        ({"media": "video"}, "default"),
        ({"media": "audio", "options": {"stream_mode": "original"}}, "original"),
        ({"output": {"formats": [], "snapshots": SNAPSHOTS}}, None),
    ],
)
def test_tracks_choose_the_stream_mode(plan: Planner, fields: dict[str, Any], stream_mode: str | None) -> None:
    """A playlist of both media only where both are recorded and nobody asks for separate ones."""
    assert config(plan, **fields).get("streamMode") == stream_mode


@pytest.mark.parametrize(
    ("interval", "formats", "keys"),
    [
        (None, ["hls"], {"recordingFileConfig"}),
        (15, ["hls"], {"recordingFileConfig", "snapshotConfig"}),
        (15, [], {"snapshotConfig"}),
    ],
)
def test_snapshots_come_beside_the_files_or_alone(
    plan: Planner, interval: int | None, formats: list[str], keys: set[str]
) -> None:
    """With no formats the vendor takes pictures and records nothing: that is how it tells the two apart."""
    snapshots = {"snapshots": {"interval": interval}} if interval else {}
    found = client(plan, output={"formats": formats, **snapshots})
    assert found.keys() & {"recordingFileConfig", "snapshotConfig"} == keys
    if interval:
        assert found["snapshotConfig"] == {"captureInterval": 15, "fileType": ["jpg"]}


SIZES = [(1, 0), (2, 0), (3, 1), (7, 1), (8, 2), (12, 2), (13, 3), (17, 3), (18, 4), (32, 4), (33, 5), (49, 5)]


@pytest.mark.parametrize(("people", "group"), SIZES)
def test_the_group_follows_from_who_is_expected(plan: Planner, people: int, group: int) -> None:
    """The borders of 2026: up to 2, 7, 12, 17, 32 and 49."""
    assert config(plan, expected_participants=people)["subscribeUidGroup"] == group


@pytest.mark.parametrize(
    ("fields", "group"),
    [
        ({}, 5),
        ({"participants": {"audio": including(1, 2)}}, 5),
        ({"participants": {"audio": including(1, 2), "video": including(2, 3)}}, 1),
        ({"participants": {"audio": including(1, 2), "video": including(1, 2)}}, 0),
        ({"participants": {"audio": including(1, 2), "video": {"exclude": ["2"]}}}, 5),
        ({"media": "audio", "participants": {"audio": including(1, 2)}}, 0),
        ({"media": "audio", "participants": {"video": including(1, 2)}}, 5),
        # Somebody expects more than are named at first, or names more than are expected at once.
        ({"expected_participants": 10, "participants": {"audio": including(1), "video": including(1)}}, 2),
        ({"expected_participants": 2, "participants": {"audio": including(1, 2, 3), "video": including(1)}}, 1),
    ],
)
def test_else_the_group_follows_from_who_is_named(plan: Planner, fields: dict[str, Any], group: int) -> None:
    """The union of both lists, where both name everybody who may come; else the largest."""
    assert config(plan, **fields)["subscribeUidGroup"] == group


def test_more_than_the_vendor_expects_are_sent_as_its_most(plan: Planner) -> None:
    """Where the caller accepts the loss."""
    found = plan(mode="individual", expected_participants=50)
    assert found.lost(warn=True) == ("expected_participants",)
    assert revealed(found.request("start").payload)["clientRequest"]["recordingConfig"]["subscribeUidGroup"] == 5


@pytest.mark.parametrize(
    ("media", "participants", "lists"),
    [
        ("audio_video", {}, {}),
        (
            "audio_video",
            {"audio": including(7)},
            {"subscribeAudioUids": ["7"], "subscribeVideoUids": ["#allstream#"]},
        ),
        ("audio", {"audio": {"exclude": ["7"]}}, {"unSubscribeAudioUids": ["7"]}),
        ("video", {"audio": including(8), "video": including(7)}, {"subscribeVideoUids": ["7"]}),
    ],
)
def test_both_lists_or_none(plan: Planner, media: str, participants: dict[str, Any], lists: dict[str, Any]) -> None:
    """A list for one medium alone would turn the other off; a medium that isn't recorded gets none."""
    found = config(plan, media=media, participants=participants)
    assert {key: value for key, value in found.items() if key.endswith("Uids")} == lists


def test_what_is_found_says_what_to_do(plan: Planner) -> None:
    """Advice fits the mode: a layout isn't replaced by another one here."""
    found = {
        f.path: f.instead for f in plan(mode="individual", layout={"kind": "grid"}, audio={"channels": 2}).findings
    }
    assert "composite" in found["layout"]
    assert "composite" in found["audio.channels"]
