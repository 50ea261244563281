"""What the emulated service tells of recorded rooms over whole lives: every event, its instant and its details."""

from __future__ import annotations

from typing import Any

import pytest

from agora.details import GONE, RECEIVING, file, slice_of, stream

STORAGE = {"vendor": 1, "region": 4, "bucket": "b", "accessKey": "AK", "secretKey": "SK"}
BOTH = {"recordingFileConfig": {"avFileType": ["hls", "mp4"]}}
HLS = {"recordingFileConfig": {"avFileType": ["hls"]}}
GROUP = {"subscribeUidGroup": 5, "maxIdleTime": 300}
SNAPSHOTS = {"snapshotConfig": {"captureInterval": 20, "fileType": ["jpg"]}}


# --- Rooms, mixed ---


def test_life_of_a_mix(hear: Any) -> None:
    """Recorder, streams, slice, playlist, progress each minute, who comes and goes, then leave, upload, exit."""
    heard = hear(upload_s=2)
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11")
    service.join(caller.cname, "12", camera=False)
    caller.begin({"maxIdleTime": 60}, **BOTH, storageConfig=STORAGE | {"fileNamePrefix": ["school"]})
    service.clock.advance(100)
    service.join(caller.cname, "13")
    service.clock.advance(10)
    service.set_media(caller.cname, "12", camera=True)
    service.set_media(caller.cname, "11", microphone=False)
    service.leave(caller.cname, "13")
    service.clock.advance(40)
    caller.stop({"async_stop": True})
    service.clock.advance(10)
    stem = f"school/{caller.sid}_{caller.cname}"
    assert heard.events(caller) == [
        (3, 40, {"status": 0}),
        (3, 43, stream(3, "11", RECEIVING)),
        (3, 44, stream(3, "11", RECEIVING)),
        (3, 43, stream(3, "12", RECEIVING)),
        (3, 42, slice_of(3, "0", "audio_and_video")),
        (18, 4, {"fileList": f"{stem}.m3u8"}),
        (78, 33, {"progress": 10000}),
        (100, 43, stream(100, "13", RECEIVING)),
        (100, 44, stream(100, "13", RECEIVING)),
        (110, 44, stream(110, "12", RECEIVING)),
        (110, 43, stream(110, "11", GONE)),
        (110, 43, stream(110, "13", GONE)),
        (110, 44, stream(110, "13", GONE)),
        (138, 33, {"progress": 10000}),
        (150, 41, {"leaveCode": 2}),
        (150, 30, {"status": 0}),
        (
            152,
            31,
            {
                "status": 0,
                "fileList": [file(f"{stem}{end}", "0", "audio_and_video", 3) for end in ("_0.mp4", ".m3u8")],
            },
        ),
        (155, 11, {"exitStatus": 0}),
    ]
    assert {body["payload"]["uid"] for body in heard.bodies()} == {caller.uid}


def test_subscription_decides_what_is_received(hear: Any) -> None:
    """Streams are told of as far as they are subscribed, and again when an update changes that."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11")
    service.join(caller.cname, "12")
    caller.begin({"subscribeVideoUids": ["11"], "subscribeAudioUids": ["11", "12"]})
    service.clock.advance(10)
    caller.update({"streamSubscribe": {"videoUidList": {"subscribeVideoUids": ["12"]}}})
    service.callbacks.wait()
    assert heard.events(caller)[1:4] == [
        (3, 43, stream(3, "11", RECEIVING)),
        (3, 44, stream(3, "11", RECEIVING)),
        (3, 43, stream(3, "12", RECEIVING)),
    ]
    assert heard.events(caller)[5:] == [
        (10, 43, stream(10, "11", GONE)),
        (10, 44, stream(10, "11", GONE)),
        (10, 43, stream(10, "12", GONE)),
        (10, 44, stream(10, "12", RECEIVING)),
    ]


def test_first_slice_waits_for_the_first_stream(hear: Any) -> None:
    """In a room where nobody sends there is no slice; the playlist comes 15 s after the first stream."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    caller.begin({"maxIdleTime": 300})
    service.clock.advance(50)
    service.join(caller.cname, "11", camera=False, microphone=False)
    service.clock.advance(50)
    service.set_media(caller.cname, "11", microphone=True)
    service.clock.advance(20)
    assert heard.timeline(caller) == [(3, 40), (100, 43), (100, 42), (115, 4)]


def test_short_recording(hear: Any) -> None:
    """Less than a slice: its playlist appears with the upload, before the event of that."""
    heard = hear(upload_s=1)
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11")
    caller.begin()
    service.clock.advance(10)
    caller.stop({"async_stop": True})
    service.clock.advance(10)
    assert heard.timeline(caller)[-5:] == [(10, 41), (10, 30), (11, 4), (11, 31), (15, 11)]


def test_synchronous_stop_has_uploaded(hear: Any) -> None:
    """A synchronous stop answers when all is uploaded: by then it has been told, and only the exit is to come."""
    heard = hear(upload_s=15)
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11")
    caller.begin()
    service.clock.advance(30)
    assert caller.stop().json()["serverResponse"]["uploadingStatus"] == "uploaded"
    service.callbacks.wait()
    assert heard.timeline(caller)[-3:] == [(30, 41), (30, 30), (30, 31)]
    service.clock.advance(5)
    assert heard.timeline(caller)[-1] == (35, 11)
    service.clock.advance(3600)
    assert heard.timeline(caller)[-1] == (35, 11)


def test_stop_before_the_recorder_is_there(hear: Any) -> None:
    """Whoever never joined doesn't leave: the exit is all there is."""
    heard = hear()
    caller = heard.caller()
    caller.begin()
    heard.service.clock.advance(1)
    caller.stop()
    heard.service.clock.advance(60)
    assert heard.events(caller) == [(6, 11, {"exitStatus": 0})]


def test_idle_end_with_files(hear: Any) -> None:
    """Nobody for `maxIdleTime`: leave code 4; the upload, and the exit, are as after a stop."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11")
    caller.begin({"maxIdleTime": 30})
    service.clock.advance(40)
    service.leave(caller.cname, "11")
    service.clock.advance(100)
    assert heard.events(caller)[-6:] == [
        (40, 43, stream(40, "11", GONE)),
        (40, 44, stream(40, "11", GONE)),
        (70, 41, {"leaveCode": 4}),
        (70, 30, {"status": 0}),
        (
            70,
            31,
            {"status": 0, "fileList": [file(f"{caller.sid}_{caller.cname}.m3u8", "0", "audio_and_video", 3)]},
        ),
        (75, 11, {"exitStatus": 0}),
    ]


@pytest.mark.parametrize("mode", ["mix", "individual"])
def test_idle_end_of_an_empty_room(hear: Any, mode: str) -> None:
    """Nothing was recorded, so nothing is uploaded."""
    heard = hear()
    caller = heard.caller(mode)
    caller.begin({"maxIdleTime": 30} | ({"subscribeUidGroup": 0} if mode == "individual" else {}))
    heard.service.clock.advance(100)
    assert heard.events(caller) == [
        (3, 40, {"status": 0}),
        (33, 41, {"leaveCode": 4}),
        (38, 11, {"exitStatus": 0}),
    ]


# --- Rooms, individually ---


def test_life_of_individual_recordings(hear: Any) -> None:
    """Each stream has slices and a playlist of its own; a camera that comes back begins a slice after a gap."""
    heard = hear()
    service, caller = heard.service, heard.caller("individual")
    service.join(caller.cname, "11")
    caller.begin(GROUP)
    service.clock.advance(30)
    service.join(caller.cname, "12", camera=False)
    service.clock.advance(10)
    service.set_media(caller.cname, "11", camera=False)
    service.clock.advance(20)
    service.set_media(caller.cname, "11", camera=True)
    service.clock.advance(5)
    service.leave(caller.cname, "12")
    service.clock.advance(15)
    caller.stop()
    service.clock.advance(10)

    def name(uid: str, kind: str) -> str:
        return f"{caller.sid}_{caller.cname}__uid_s_{uid}__uid_e_{kind}.m3u8"

    assert heard.events(caller) == [
        (3, 40, {"status": 0}),
        (3, 43, stream(3, "11", RECEIVING)),
        (3, 44, stream(3, "11", RECEIVING)),
        (3, 42, slice_of(3, "11", "audio")),
        (3, 42, slice_of(3, "11", "video")),
        (18, 4, {"fileList": name("11", "audio")}),
        (18, 4, {"fileList": name("11", "video")}),
        (30, 43, stream(30, "12", RECEIVING)),
        (30, 42, slice_of(30, "12", "audio")),
        (40, 44, stream(40, "11", GONE)),
        (45, 4, {"fileList": name("12", "audio")}),
        (60, 44, stream(60, "11", RECEIVING)),
        (60, 42, slice_of(60, "11", "video", last=40)),
        (65, 43, stream(65, "12", GONE)),
        (78, 33, {"progress": 10_000 * 12 // 13}),
        (80, 41, {"leaveCode": 2}),
        (80, 30, {"status": 0}),
        (
            80,
            31,
            {
                "status": 0,
                "fileList": [
                    file(name("11", "audio"), "11", "audio", 3),
                    file(name("11", "video"), "11", "video", 3),
                    file(name("12", "audio"), "12", "audio", 30),
                ],
            },
        ),
        (85, 11, {"exitStatus": 0}),
    ]


def test_interruption_finishes_a_slice(hear: Any) -> None:
    """Who goes before the first slice is full has a playlist at once."""
    heard = hear()
    service, caller = heard.service, heard.caller("individual")
    service.join(caller.cname, "11", camera=False)
    caller.begin(GROUP)
    service.clock.advance(8)
    service.leave(caller.cname, "11")
    assert heard.timeline(caller) == [(3, 40), (3, 43), (3, 42), (8, 43), (8, 4)]


def test_merged_playlist(hear: Any) -> None:
    """`streamMode` "standard": the playlist of both appears with the later of the two."""
    heard = hear()
    service, caller = heard.service, heard.caller("individual")
    service.join(caller.cname, "11", camera=False)
    caller.begin(GROUP | {"streamMode": "standard"})
    service.clock.advance(20)
    service.set_media(caller.cname, "11", camera=True)
    service.clock.advance(20)
    listed = [
        (at, details["fileList"].rpartition("__uid_e_")[2]) for at, event, details in heard.events(caller) if event == 4
    ]
    assert listed == [(18, "audio.m3u8"), (35, "video.m3u8"), (35, "av.m3u8")]


def test_life_of_snapshots(hear: Any) -> None:
    """Pictures alone: no slices and no playlists, but an event for each picture, named as the file in the bucket."""
    heard = hear(media=True)
    service, caller = heard.service, heard.caller("individual")
    service.join(caller.cname, "11")
    caller.begin(GROUP, **SNAPSHOTS, storageConfig=STORAGE | {"fileNamePrefix": ["school"]})
    service.clock.advance(43)
    service.leave(caller.cname, "11")
    service.clock.advance(27)
    caller.stop()
    service.clock.advance(10)
    events = heard.events(caller)
    assert [(at, event) for at, event, _ in events] == [
        *[(3, 40), (3, 44), (3, 45), (23, 45), (43, 45), (43, 44), (63, 33), (70, 41), (70, 30), (70, 31), (75, 11)]
    ]
    assert events[-2][2] == {"status": 0, "fileList": []}
    pictures = tuple(details["fileName"] for _, event, details in events if event == 45)
    assert pictures[0].startswith(f"school/{caller.sid}_{caller.cname}__uid_s_11__uid_e_video_20270115080003000")
    assert pictures == service.bucket.list() == service.recordings[0].files


def test_snapshots_beside_a_recording(hear: Any) -> None:
    """Pictures and slices are told of side by side; while the camera is off there is no picture."""
    heard = hear()
    service, caller = heard.service, heard.caller("individual")
    service.join(caller.cname, "11")
    caller.begin(GROUP | {"streamTypes": 1}, **SNAPSHOTS, **HLS)
    service.clock.advance(30)
    service.set_media(caller.cname, "11", camera=False)
    service.clock.advance(20)
    service.set_media(caller.cname, "11", camera=True)
    service.clock.advance(20)
    assert heard.timeline(caller) == [
        *[(3, 40), (3, 44), (3, 42), (3, 45), (18, 4), (23, 45)],
        *[(30, 44), (50, 44), (50, 42), (63, 33), (63, 45)],
    ]
