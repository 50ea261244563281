"""Web page recording, neutral to wire: the page, its files and its push."""

from __future__ import annotations

from typing import Any

import pytest

from planned import Planner, revealed

APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"
PAGE = {"url": "https://class.example/room/204"}
MP4 = {"formats": ["hls", "mp4"]}
HOUR = 3600


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("agora")


def planned(plan: Planner, **fields: Any) -> Any:
    return plan(**{"mode": "web", "web_page": PAGE, **fields})


def services(plan: Planner, **fields: Any) -> Any:
    """extensionServices of start."""
    body = revealed(planned(plan, **fields).request("start").payload)
    return body["clientRequest"]["extensionServiceConfig"]["extensionServices"]


def page(plan: Planner, **fields: Any) -> Any:
    """serviceParam of the page's recorder."""
    return services(plan, **fields)[0]["serviceParam"]


def test_room_page_and_storage_are_a_whole_spec(plan: Planner) -> None:
    """The neutral size and rates, HLS, and an end after 24 hours, which the plan's spec tells too."""
    found = planned(plan)
    assert found.findings == ()
    assert revealed(found.request("acquire").payload)["clientRequest"] == {"scene": 1, "resourceExpiredHour": 720}
    assert revealed(found.request("start").payload)["clientRequest"] == {
        "storageConfig": {"vendor": 1, "region": 4, "bucket": "lessons", "accessKey": "AK-1", "secretKey": "SK-1"},
        "recordingFileConfig": {"avFileType": ["hls"]},
        "extensionServiceConfig": {
            "errorHandlePolicy": "error_abort",
            "extensionServices": [
                {
                    "serviceName": "web_recorder_service",
                    "errorHandlePolicy": "error_abort",
                    "serviceParam": {
                        "url": "https://class.example/room/204",
                        "audioProfile": 0,
                        "videoWidth": 1280,
                        "videoHeight": 720,
                        "maxRecordingHour": 24,
                        "videoBitrate": 1130,
                        "videoFps": 15,
                    },
                }
            ],
        },
    }
    assert found.spec.max_duration == 24 * HOUR


def test_a_spec_with_everything_that_the_vendor_carries(plan: Planner) -> None:
    """Every field has its place on the wire; the push is a service of its own, and no secret is shown."""
    fields: dict[str, Any] = {
        "room": "Stunde 42: Übung",
        "web_page": {**PAGE, "mobile": True, "ready_timeout": 20},
        "video": {"width": 720, "height": 1280, "fps": 30, "bitrate_kbps": 2500},
        "audio": {"sample_rate": 48000, "channels": 2, "bitrate_kbps": 192},
        "output": {**MP4, "prefix": "pages", "tracks": "merged", "segment_duration": 15, "max_file_duration": 2 * HOUR},
        "max_duration": 3 * HOUR,
        "start_paused": True,
        "push_urls": ["rtmps://push.example/live/s3cr3t"],
    }
    found = planned(plan, **fields)
    assert found.findings == ()
    assert "s3cr3t" not in repr(found) + str(found.dump())
    assert revealed(found.request("start").payload)["cname"] == "Stunde 42: Übung"
    recorder, push = services(plan, **fields)
    assert recorder["serviceParam"] == {
        "url": "https://class.example/room/204",
        "audioProfile": 2,
        "videoWidth": 720,
        "videoHeight": 1280,
        "maxRecordingHour": 3,
        "videoBitrate": 2500,
        "videoFps": 30,
        "mobile": True,
        "maxVideoDuration": 120,
        "onhold": True,
        "readyTimeout": 20,
    }
    assert push == {
        "serviceName": "rtmp_publish_service",
        "errorHandlePolicy": "error_ignore",
        "serviceParam": {"outputs": [{"rtmpUrl": "rtmps://push.example/live/s3cr3t"}]},
    }


EXACT: list[dict[str, Any]] = [
    {"room": "a" * 1024},
    {"room": "lesson/42 ✓"},
    {"web_page": {**PAGE, "ready_timeout": 0}},
    {"video": {"width": 240, "height": 240}},
    {"video": {"width": 1920, "height": 1080}},
    *({"video": {"fps": fps}} for fps in (5, 20, 60)),
    *({"video": {"bitrate_kbps": kbps}} for kbps in (50, 8000)),
    {"output": MP4},
    {"output": {**MP4, "max_file_duration": 30 * 60}},
    {"output": {**MP4, "max_file_duration": 240 * 60}},
    {"max_duration": HOUR},
    {"max_duration": 720 * HOUR},
    {"max_duration": HOUR, "options": {"resource_expired_hours": 1}},
    {"options": {"resource_expired_hours": 1}},
]
FOUND: list[tuple[dict[str, Any], dict[str, str]]] = [
    *(({"media": media}, {"media": UNSUPPORTED}) for media in ("audio", "video")),
    ({"video": {"width": 238, "height": 720}}, {"video": UNSUPPORTED}),
    ({"video": {"width": 1922, "height": 720}}, {"video": UNSUPPORTED}),
    ({"video": {"width": 1920, "height": 1082}}, {"video": UNSUPPORTED}),
    *(({"video": {"fps": fps}}, {"video.fps": UNSUPPORTED}) for fps in (4, 61)),
    *(({"video": {"bitrate_kbps": kbps}}, {"video.bitrate_kbps": UNSUPPORTED}) for kbps in (49, 8001)),
    ({"audio": {"bitrate_kbps": 64}}, {"audio.bitrate_kbps": APPROXIMATED}),
    ({"audio": {"sample_rate": 44100}}, {"audio.sample_rate": UNSUPPORTED}),
    ({"output": {"formats": ["mp4"]}}, {"output.formats": APPROXIMATED}),
    ({"output": {"formats": ["webm"]}}, {"output.formats": UNSUPPORTED}),
    ({"output": {"prefix": "a_b"}}, {"output.prefix": UNSUPPORTED}),
    ({"output": {"tracks": "separate"}}, {"output.tracks": UNSUPPORTED}),
    ({"output": {"segment_duration": 6}}, {"output.segment_duration": UNSUPPORTED}),
    ({"output": {"snapshots": {"interval": 5}}}, {"output.snapshots.interval": UNSUPPORTED}),
    ({"output": {"max_file_duration": HOUR}}, {"output.max_file_duration": UNSUPPORTED}),
    ({"output": {**MP4, "max_file_duration": 29 * 60}}, {"output.max_file_duration": UNSUPPORTED}),
    ({"output": {**MP4, "max_file_duration": 29 * 60 + 1}}, {"output.max_file_duration": APPROXIMATED}),
    ({"output": {**MP4, "max_file_duration": 240 * 60 + 1}}, {"output.max_file_duration": UNSUPPORTED}),
    ({"max_duration": HOUR + 1}, {"max_duration": APPROXIMATED}),
    ({"max_duration": 720 * HOUR + 1}, {"max_duration": UNSUPPORTED}),
    ({"max_duration": 2 * HOUR, "options": {"resource_expired_hours": 1}}, {"max_duration": UNSUPPORTED}),
    ({"idle_timeout": 300}, {"idle_timeout": UNSUPPORTED}),
    ({"expected_participants": 3}, {"expected_participants": UNSUPPORTED}),
    ({"layout": {"kind": "grid"}}, {"layout": UNSUPPORTED}),
    (
        {"encryption": {"cipher": "aes_128_gcm", "secret": "k"}},
        {"encryption.cipher": UNSUPPORTED, "encryption.secret": UNSUPPORTED},
    ),
    ({"push_urls": ["rtmp://a.com/1", "rtmp://b.com/1"]}, {"push_urls": UNSUPPORTED}),
    ({"whiteboard": {"aspect": "16:9"}}, {"whiteboard.aspect": UNSUPPORTED}),
    ({"watermarks": [{"kind": "clock", "font_size": 20}]}, {"watermarks.0": UNSUPPORTED}),
    ({"callback_url": "https://e.com/cb"}, {"callback_url": UNSUPPORTED}),
    ({"options": {"uid": 7, "token": "t"}}, {"options.agora.token": UNSUPPORTED}),
    *(
        ({"options": {name: value}}, {f"options.agora.{name}": UNSUPPORTED})
        for name, value in (
            ("channel_profile", "live"),
            ("video_stream_type", "low"),
            ("private_params", "{}"),
            ("stream_mode", "original"),
        )
    ),
]


@pytest.mark.parametrize("fields", EXACT, ids=lambda fields: str(fields)[:60])
def test_what_is_exact(plan: Planner, fields: dict[str, Any]) -> None:
    """In range and representable: no finding."""
    assert planned(plan, **fields).findings == ()


@pytest.mark.parametrize(("fields", "found"), FOUND, ids=str)
def test_what_is_not(plan: Planner, fields: dict[str, Any], found: dict[str, str]) -> None:
    """What is lost or not quite so is found by its path, and nothing else is."""
    assert plan.found(**{"mode": "web", "web_page": PAGE, **fields}) == found


@pytest.mark.parametrize(("seconds", "hours"), [(1, 1), (HOUR, 1), (HOUR + 1, 2), (720 * HOUR, 720), (721 * HOUR, 720)])
def test_the_length_is_sent_in_whole_hours_rounded_up(plan: Planner, seconds: int, hours: int) -> None:
    """Nothing that was asked for is cut off; what is too long is sent at its bound where it is dropped."""
    assert page(plan, max_duration=seconds)["maxRecordingHour"] == hours


def test_nothing_outlasts_its_control(plan: Planner) -> None:
    """Without a wish the page is recorded no longer than it can be stopped; a longer wish is dropped to that."""
    options = {"resource_expired_hours": 12}
    assert page(plan, options=options)["maxRecordingHour"] == 12
    assert planned(plan, options=options).spec.max_duration == 12 * HOUR
    assert page(plan, options=options, max_duration=20 * HOUR)["maxRecordingHour"] == 12


@pytest.mark.parametrize(("seconds", "minutes"), [(1800, 30), (1801, 31), (14400, 240), (60, 30), (20000, 240)])
def test_files_are_cut_by_whole_minutes_rounded_up(plan: Planner, seconds: int, minutes: int) -> None:
    """30 to 240 of them; what is out of range is sent at its bound where it is dropped."""
    assert page(plan, output={**MP4, "max_file_duration": seconds})["maxVideoDuration"] == minutes


def test_what_is_dropped_is_sent_at_its_bound(plan: Planner) -> None:
    """Where the caller accepts the loss; a size that can't be is replaced by the neutral one."""
    found = page(plan, video={"width": 200, "height": 100, "fps": 1, "bitrate_kbps": 9000})
    assert (found["videoWidth"], found["videoHeight"], found["videoFps"], found["videoBitrate"]) == (1280, 720, 5, 8000)


def test_no_token_is_made_for_a_page() -> None:
    """It joins no room."""
    made = Planner("agora", token_factory=lambda room, uid: "t")
    assert "token" not in made(mode="web", web_page=PAGE).request("start").body["clientRequest"]


@pytest.mark.parametrize("channels", [None, 1])
def test_the_default_sound_is_exact(plan: Planner, channels: int | None) -> None:
    """48 kbps, mono, is a profile of the vendor's."""
    assert page(plan, audio={"channels": channels} if channels else {})["audioProfile"] == 0
