"""Composite recording, neutral to wire: the bodies, and the verdict on every field."""

from __future__ import annotations

from typing import Any

import pytest

from planned import S3_STORAGE, Planner, revealed, verdicts
from recorder_core import UnsupportedFeature

SALT = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("agora")


def start(plan: Planner, **fields: Any) -> Any:
    """The body of start."""
    return revealed(plan(**fields).request("start").payload)


def config(plan: Planner, **fields: Any) -> Any:
    """recordingConfig of start."""
    return start(plan, **fields)["clientRequest"]["recordingConfig"]


def test_room_and_storage_are_a_whole_spec(plan: Planner) -> None:
    """Two fields are enough, exactly carried, with the neutral defaults in place of the vendor's."""
    found = plan()
    assert found.findings == ()
    assert [(request.operation, request.method) for request in found.requests] == [
        ("acquire", "POST"),
        ("start", "POST"),
    ]
    root = "https://api.agora.io/v1/apps/0123456789abcdef0123456789abcdef/cloud_recording"
    assert found.requests[0].url == f"{root}/acquire"
    assert found.requests[1].url == f"{root}/resourceid/{{resourceId}}/mode/mix/start"
    uid = found.requests[0].body["uid"]
    assert revealed(found.requests[0].payload) == {
        "cname": "lesson-42",
        "uid": uid,
        "clientRequest": {"scene": 0, "resourceExpiredHour": 720},
    }
    assert revealed(found.requests[1].payload) == {
        "cname": "lesson-42",
        "uid": uid,
        "clientRequest": {
            "storageConfig": {
                "vendor": 1,
                "region": 4,
                "bucket": "lessons",
                "accessKey": "AK-1",
                "secretKey": "SK-1",
            },
            "recordingConfig": {
                "channelType": 0,
                "streamTypes": 2,
                "maxIdleTime": 300,
                "audioProfile": 0,
                "transcodingConfig": {
                    "width": 1280,
                    "height": 720,
                    "fps": 15,
                    "bitrate": 1130,
                    "mixedVideoLayout": 1,
                    "backgroundColor": "#000000",
                },
            },
            "recordingFileConfig": {"avFileType": ["hls"]},
        },
    }


def test_a_spec_with_everything_that_the_vendor_carries(plan: Planner) -> None:
    """Every field has its place on the wire."""
    found = plan(
        participants={"audio": {"include": ["1001"]}, "video": {"exclude": ["9"]}},
        expected_participants=6,
        layout={
            "kind": "custom",
            "background": {"color": "#101820", "image": {"url": "https://e.com/b.jpg", "fit": "cover"}},
            "placeholders": {
                "1001": {"url": "https://e.com/p.jpg", "fit": "contain"},
                "*": {"url": "https://e.com/q.jpg"},
            },
            "regions": [
                {"participant": 1001, "x": 0, "y": 0, "width": 2 / 3, "height": 1, "fit": "contain", "opacity": 0.5},
                {"x": 2 / 3, "y": 0, "width": 1 / 3, "height": 0.5},
            ],
        },
        video={"width": 640, "height": 360, "fps": 30, "bitrate_kbps": 800},
        audio={"sample_rate": 48000, "channels": 2, "bitrate_kbps": 192},
        output={"formats": ["hls", "mp4"], "prefix": "lessons/2026", "tracks": "merged", "segment_duration": 15},
        idle_timeout=60,
        storage={
            **S3_STORAGE,
            "session_token": "ST",
            "session_expires_at": "2026-08-01T10:00:00Z",
            "server_side_encryption": "kms",
            "object_tag": "school",
        },
        encryption={"cipher": "aes_256_gcm2", "secret": "room-key", "salt": SALT},
        options={
            "uid": 527841,
            "token": "room-token",
            "channel_profile": "live",
            "region": "EU",
            "video_stream_type": "low",
            "private_params": "{}",
            "resource_expired_hours": 24,
            "send_start_parameter": True,
        },
    )
    assert verdicts(found) == {"layout.placeholders.1001": APPROXIMATED, "layout.placeholders.*": APPROXIMATED}
    acquire, started = (revealed(request.payload) for request in found.requests)
    assert started == {
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
                "stsToken": "ST",
                "stsExpiration": 1785578400,
                "fileNamePrefix": ["lessons", "2026"],
                "extensionParams": {"sse": "kms", "tag": "school"},
            },
            "recordingConfig": {
                "channelType": 1,
                "streamTypes": 2,
                "videoStreamType": 1,
                "maxIdleTime": 60,
                "subscribeAudioUids": ["1001"],
                "unSubscribeVideoUids": ["9"],
                "decryptionMode": 8,
                "secret": "room-key",
                "salt": SALT,
                "audioProfile": 2,
                "privateParams": "{}",
                "transcodingConfig": {
                    "width": 640,
                    "height": 360,
                    "fps": 30,
                    "bitrate": 800,
                    "mixedVideoLayout": 3,
                    "backgroundColor": "#101820",
                    "backgroundImage": "https://e.com/b.jpg",
                    "defaultUserBackgroundImage": "https://e.com/q.jpg",
                    "layoutConfig": [
                        {
                            "uid": "1001",
                            "x_axis": 0.0,
                            "y_axis": 0.0,
                            "width": 0.666667,
                            "height": 1.0,
                            "alpha": 0.5,
                            "render_mode": 1,
                        },
                        {
                            "x_axis": 0.666667,
                            "y_axis": 0.0,
                            "width": 0.333333,
                            "height": 0.5,
                            "alpha": 1.0,
                            "render_mode": 0,
                        },
                    ],
                    "backgroundConfig": [{"uid": "1001", "image_url": "https://e.com/p.jpg", "render_mode": 1}],
                },
            },
            "recordingFileConfig": {"avFileType": ["hls", "mp4"]},
        },
    }
    assert acquire == {
        "cname": "lesson-42",
        "uid": "527841",
        "clientRequest": {
            "scene": 0,
            "resourceExpiredHour": 24,
            "region": "EU",
            "startParameter": started["clientRequest"],
        },
    }


EXACT: list[dict[str, Any]] = [
    {"room": "a" * 63},
    {"room": "A b!#$%&()+-:;<=.>?@[]^_{}|~,"},
    {"media": "audio"},
    {"media": "video"},
    {"expected_participants": 40},
    {"participants": {"audio": {"include": [str(uid) for uid in range(1, 33)]}}},
    {"video": {"width": 1080, "height": 1920}},
    *({"video": {"fps": fps}} for fps in (1, 7, 10, 15, 24, 30, 60)),
    {"video": {"bitrate_kbps": 6500}},
    {"audio": {"channels": 1}},
    {"audio": {"channels": 2}},
    {"audio": {"bitrate_kbps": 128}},
    {"audio": {"channels": 2, "bitrate_kbps": 192}},
    {"output": {"formats": ["mp4", "hls"]}},
    {"output": {"prefix": "/".join(["a" * 31] * 4)}},
    {"idle_timeout": 5},
    {"idle_timeout": 2592000},
    {"options": {"uid": "4294967295"}},
]
FOUND: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"room": "lesson/42"}, {"room": UNSUPPORTED}),
    ({"room": "Übung"}, {"room": UNSUPPORTED}),
    ({"room": "a" * 64}, {"room": UNSUPPORTED}),
    ({"participants": {"audio": {"include": ["anna"]}}}, {"participants.audio.include": UNSUPPORTED}),
    ({"participants": {"video": {"exclude": ["0"]}}}, {"participants.video.exclude": UNSUPPORTED}),
    (
        {"participants": {"audio": {"include": [str(uid) for uid in range(1, 34)]}}},
        {"participants.audio.include": UNSUPPORTED},
    ),
    ({"video": {"width": 2560, "height": 720}}, {"video": UNSUPPORTED}),
    ({"video": {"width": 1920, "height": 1082}}, {"video": UNSUPPORTED}),
    ({"video": {"fps": 20}}, {"video.fps": APPROXIMATED}),
    ({"video": {"fps": 61}}, {"video.fps": UNSUPPORTED}),
    ({"video": {"bitrate_kbps": 6501}}, {"video.bitrate_kbps": UNSUPPORTED}),
    ({"audio": {"bitrate_kbps": 64}}, {"audio.bitrate_kbps": APPROXIMATED}),
    ({"audio": {"channels": 2, "bitrate_kbps": 48}}, {"audio.bitrate_kbps": APPROXIMATED}),
    ({"audio": {"sample_rate": 44100}}, {"audio.sample_rate": UNSUPPORTED}),
    ({"output": {"formats": ["mp4"]}}, {"output.formats": APPROXIMATED}),
    *(
        ({"output": {"formats": [name]}}, {"output.formats": UNSUPPORTED})
        for name in ("flv", "webm", "aac", "mkv", "mka", "zip")
    ),
    (
        {"output": {"formats": [], "snapshots": {"interval": 10}}},
        {"output.formats": UNSUPPORTED, "output.snapshots.interval": UNSUPPORTED},
    ),
    ({"output": {"prefix": "lessons/a-b"}}, {"output.prefix": UNSUPPORTED}),
    ({"output": {"prefix": "/".join(["a" * 31] * 4) + "/b"}}, {"output.prefix": UNSUPPORTED}),
    ({"output": {"tracks": "separate"}}, {"output.tracks": UNSUPPORTED}),
    ({"output": {"segment_duration": 10}}, {"output.segment_duration": UNSUPPORTED}),
    ({"output": {"max_file_duration": 3600}}, {"output.max_file_duration": UNSUPPORTED}),
    ({"idle_timeout": 4}, {"idle_timeout": UNSUPPORTED}),
    ({"idle_timeout": 2592001}, {"idle_timeout": UNSUPPORTED}),
    ({"max_duration": 3600}, {"max_duration": UNSUPPORTED}),
    ({"start_paused": True}, {"start_paused": UNSUPPORTED}),
    ({"push_urls": ["rtmp://e.com/live"]}, {"push_urls": UNSUPPORTED}),
    ({"whiteboard": {"aspect": "16:9"}}, {"whiteboard.aspect": UNSUPPORTED}),
    ({"watermarks": [{"kind": "clock", "font_size": 20}]}, {"watermarks.0": UNSUPPORTED}),
    ({"callback_url": "https://e.com/cb"}, {"callback_url": UNSUPPORTED}),
    ({"options": {"stream_mode": "original"}}, {"options.agora.stream_mode": UNSUPPORTED}),
    ({"options": {"region_affinity": 2}}, {"options.agora.region_affinity": APPROXIMATED}),
    ({"options": {"extra_body": {"clientRequest": {}}}}, {"options.agora.extra_body": APPROXIMATED}),
    (
        {"options": {"uid": "7"}, "participants": {"audio": {"include": ["7"]}}},
        {"participants": UNSUPPORTED},
    ),
]


@pytest.mark.parametrize("fields", EXACT, ids=str)
def test_what_is_exact(plan: Planner, fields: dict[str, Any]) -> None:
    """In range and representable: no finding."""
    assert plan(**fields).fidelity == "exact"


@pytest.mark.parametrize(("fields", "found"), FOUND, ids=str)
def test_what_is_not(plan: Planner, fields: dict[str, Any], found: dict[str, str]) -> None:
    """Out of the documented range: unsupported; in range and not representable: approximated. Nothing else is found."""
    assert plan.found(**fields) == found


@pytest.mark.parametrize(
    "cipher", ["aes_128_xts", "aes_128_ecb", "aes_256_xts", "sm4_128_ecb", "aes_128_gcm", "aes_256_gcm"]
)
def test_ciphers_have_numbers(plan: Planner, cipher: str) -> None:
    """Each cipher is one of the vendor's decryption modes, with the room's key and no salt."""
    modes = ["aes_128_xts", "aes_128_ecb", "aes_256_xts", "sm4_128_ecb", "aes_128_gcm", "aes_256_gcm"]
    found = config(plan, encryption={"cipher": cipher, "secret": "k"})
    assert (found["decryptionMode"], found["secret"]) == (modes.index(cipher) + 1, "k")
    assert "salt" not in found


@pytest.mark.parametrize(
    ("media", "participants", "lists"),
    [
        (
            "audio_video",
            {"audio": {"include": ["7"]}},
            {"subscribeAudioUids": ["7"], "subscribeVideoUids": ["#allstream#"]},
        ),
        (
            "audio_video",
            {"video": {"exclude": ["7"]}},
            {"subscribeAudioUids": ["#allstream#"], "unSubscribeVideoUids": ["7"]},
        ),
        ("audio", {"audio": {"exclude": ["7"]}}, {"unSubscribeAudioUids": ["7"]}),
        ("video", {"video": {"include": ["7"]}}, {"subscribeVideoUids": ["7"]}),
        ("audio", {"video": {"include": ["7"]}}, {}),
        ("audio_video", {}, {}),
    ],
)
def test_a_list_for_one_medium_never_turns_off_the_other(
    plan: Planner, media: str, participants: dict[str, Any], lists: dict[str, Any]
) -> None:
    """A recorded medium without a selection gets everybody; a medium that isn't recorded gets no list."""
    found = config(plan, media=media, participants=participants)
    assert {key: value for key, value in found.items() if "ubscribe" in key} == lists


def test_sound_alone_has_no_picture(plan: Planner) -> None:
    """media audio: streamTypes 0 and no canvas, whatever the layout says."""
    found = config(plan, media="audio", layout={"kind": "grid"}, video={"width": 640})
    assert found["streamTypes"] == 0
    assert "transcodingConfig" not in found


@pytest.mark.parametrize(
    ("audio", "profile"),
    [({}, 0), ({"bitrate_kbps": 60}, 0), ({"bitrate_kbps": 120}, 1), ({"channels": 2}, 2), ({"bitrate_kbps": 320}, 2)],
)
def test_the_nearest_audio_profile_is_sent(plan: Planner, audio: dict[str, Any], profile: int) -> None:
    """Bit rate and channels choose one of three."""
    assert config(plan, audio=audio)["audioProfile"] == profile


@pytest.mark.parametrize(("fps", "sent"), [(2, 1), (5, 7), (12, 10), (20, 24), (27, 30), (45, 60)])
def test_the_nearest_frame_rate_is_sent(plan: Planner, fps: int, sent: int) -> None:
    """The vendor takes others in silence and records 15."""
    assert config(plan, video={"fps": fps})["transcodingConfig"]["fps"] == sent


def test_mp4_brings_hls(plan: Planner) -> None:
    """MP4 alone is refused by the vendor, so HLS goes with it."""
    assert start(plan, output={"formats": ["mp4"]})["clientRequest"]["recordingFileConfig"] == {
        "avFileType": ["hls", "mp4"]
    }


def test_a_canvas_that_is_dropped_is_replaced(plan: Planner) -> None:
    """Where the caller accepts the loss, the neutral canvas is sent, and the plan's spec says so."""
    found = plan(video={"width": 3840, "height": 2160})
    assert found.lost(warn=True) == ("video",)
    sent = revealed(found.request("start").payload)["clientRequest"]["recordingConfig"]["transcodingConfig"]
    assert (sent["width"], sent["height"]) == (found.spec.video.width, found.spec.video.height) == (1280, 720)


def test_what_is_dropped_is_sent_at_its_bound(plan: Planner) -> None:
    """The vendor takes width, height, fps and bitrate together, and its own idle time is 30 s."""
    fields = {"video": {"fps": 90, "bitrate_kbps": 9000}, "idle_timeout": 3_000_000}
    assert plan(**fields).lost(warn=True) == ("video.bitrate_kbps", "video.fps", "idle_timeout")
    found = config(plan, **fields)
    assert found["maxIdleTime"] == 2592000
    canvas = found["transcodingConfig"]
    assert (canvas["width"], canvas["height"], canvas["fps"], canvas["bitrate"]) == (1280, 720, 60, 6500)


def test_what_no_caller_may_drop_makes_no_request(plan: Planner) -> None:
    """Findings that are never droppable leave nothing to send."""
    found = plan(room="lesson/42", callback_url="https://e.com/cb")
    assert found.requests == ()
    with pytest.raises(UnsupportedFeature) as caught:
        found.lost(warn=True)
    assert [finding.path for finding in caught.value.findings] == ["room"]
