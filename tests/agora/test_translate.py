"""Composite recording, neutral to wire: the bodies, and the verdict on every field."""

from __future__ import annotations

from typing import Any

import pytest

from planned import KEYS, S3_STORAGE, Planner, neutral_methods, revealed, translator_methods, verdicts
from recorder_agora.config import AgoraOptions
from recorder_agora.translate import CompositeTranslator, derived_uid, named
from recorder_core import InvalidSpec, Recording, UnsupportedFeature

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


def test_every_neutral_field_has_one_method_or_none() -> None:
    """A method for each field that the wire can carry, none for the others, and none without a field."""
    neutral, mine = neutral_methods(AgoraOptions), translator_methods(CompositeTranslator)
    assert mine.keys() <= neutral.keys()
    assert neutral.keys() - mine.keys() == {
        *("set_callback_url", "set_max_duration", "set_push_urls", "set_start_paused", "set_web_page"),
        *("set_whiteboard", "watermark_clock", "watermark_image", "option_stream_mode"),
        *("storage_alibaba_vod", "storage_china_mobile_eos", "storage_tencent_vod", "storage_vendor_managed"),
    }
    unclaimed = {name: (neutral[name] or set()) - claims for name, claims in mine.items()}
    assert {name: leaves for name, leaves in unclaimed.items() if leaves} == {
        "set_output": {"snapshots_interval", "max_file_duration"},
        "storage_s3": {"role_arn"},
        "storage_google_cloud_storage": {"credentials_json"},
    }
    assert not {
        name: claims - (neutral[name] or set()) for name, claims in mine.items() if claims - (neutral[name] or set())
    }


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
    ({"mode": "individual"}, {"mode": UNSUPPORTED}),
    ({"mode": "web", "web_page": {"url": "https://e.com"}}, {"mode": UNSUPPORTED}),
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
    *(({"output": {"formats": [name]}}, {"output.formats": UNSUPPORTED}) for name in ("flv", "webm", "aac")),
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
        {"options.agora.uid": UNSUPPORTED},
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


# --- the recorder's uid ---


def test_the_uid_follows_from_the_recordings_id() -> None:
    """Always the same for an id, inside the range, digits only."""
    uids = {derived_uid(f"r-{number}", (4_000_000_000, 4_294_967_295), frozenset()) for number in range(50)}
    assert len(uids) > 45
    assert all(4_000_000_000 <= int(uid) <= 4_294_967_295 for uid in uids)
    assert derived_uid("r-1", (5, 9), frozenset()) == derived_uid("r-1", (5, 9), frozenset())


def test_the_uid_is_never_one_that_the_spec_names(plan: Planner) -> None:
    """A recorder with a participant's uid would put that participant out."""
    taken = frozenset({"5", "6", "8"})
    assert {derived_uid(f"r-{number}", (5, 8), taken) for number in range(30)} == {"7"}
    spec = plan.spec(
        participants={"audio": {"include": ["1"]}, "video": {"exclude": ["2"]}},
        layout={
            "kind": "custom",
            "placeholders": {"3": {"url": "https://e.com/p.jpg"}},
            "regions": [{"participant": "4", "x": 0, "y": 0, "width": 1, "height": 1}],
        },
    )
    assert {"1", "2", "3", "4"} <= named(spec)
    assert "5" in named(plan.spec(layout={"kind": "spotlight", "participant": "5"}))


def test_the_range_of_the_uid_is_configured() -> None:
    """`recorder_uid_range` keeps it where the room has no users."""
    narrow = Planner("agora", recorder_uid_range=(77, 77))
    assert narrow().request("acquire").body["uid"] == "77"


@pytest.mark.parametrize("uid", ["0", "abc", "4294967296", "-1", ""])
def test_a_uid_is_an_integer(plan: Planner, uid: str) -> None:
    """Anything else is InvalidSpec with the option's path, and without a value."""
    with pytest.raises(InvalidSpec, match=r"options\.agora\.uid"):
        plan(options={"uid": uid})


def test_a_token_needs_its_uid(plan: Planner) -> None:
    """A token is made for one uid."""
    with pytest.raises(InvalidSpec, match="token needs uid") as caught:
        plan(options={"token": "a-secret-token"})
    assert "a-secret-token" not in str(caught.value)


def test_a_token_factory_is_asked_at_the_start_only() -> None:
    """A plan is pure: no token is made for it, and it shows that one will be."""
    asked = []
    made = Planner("agora", token_factory=lambda room, uid: asked.append((room, uid)) or "t")
    assert "token" in made().request("start").body["clientRequest"]
    assert asked == []


# --- what goes out beside the spec ---


def test_apart_from_names_the_resources_of_other_recordings(plan: Planner) -> None:
    """Their resource ids go to acquire; recordings of other vendors have none."""
    mine = plan.recording({"resourceId": "res-1"})
    other = Recording.model_validate({**mine.model_dump(), "provider": "elsewhere", "native": {}})
    intent = plan.recorder._intent(plan.spec(), None, "r-2", (mine, other))
    found = plan.provider.translate(plan.spec(), intent)
    assert found.findings == ()
    assert found.request("acquire").body["clientRequest"]["excludeResourceIds"] == ["res-1"]


def test_extra_body_is_laid_over_the_body_last(plan: Planner) -> None:
    """Objects merge, everything else is replaced; a plan never shows the values."""
    found = plan(
        options={"extra_body": {"clientRequest": {"recordingConfig": {"maxIdleTime": 7, "hush": "quiet-please"}}}}
    )
    sent = revealed(found.request("start").payload)["clientRequest"]["recordingConfig"]
    assert (sent["maxIdleTime"], sent["hush"], sent["streamTypes"]) == (7, "quiet-please", 2)
    assert "quiet-please" not in repr(found)
    assert "quiet-please" not in str(found.dump())


def test_options_of_another_provider_are_not_ours(plan: Planner) -> None:
    """One spec can hold the options of both vendors."""
    spec = plan.spec(options={"uid": "7"}).dump(reveal=True)
    spec["options"]["zegocloud"] = {"stream_id": "{participant}_main"}
    assert plan.recorder.plan(type(plan.spec()).load(spec)).findings == ()


@pytest.mark.parametrize(
    "storage",
    [
        {"kind": "alibaba_vod", "region": "r", **KEYS, "title": "t", "storage_location": "s"},
        {"kind": "vendor_managed"},
    ],
)
def test_a_storage_that_the_vendor_lacks_is_never_dropped(plan: Planner, storage: dict[str, Any]) -> None:
    """A recording without its storage would lie elsewhere."""
    assert plan.found(storage=storage) == {"storage": UNSUPPORTED}
    with pytest.raises(UnsupportedFeature):
        plan(storage=storage).lost(warn=True)
