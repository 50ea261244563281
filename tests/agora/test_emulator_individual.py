"""The emulated individual recording: what it refuses, what it answers, and what is in its files."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import av
import pytest
import requests
from PIL import Image

from media import duration, frame_at, is_color, sound, tones

STORAGE = {"vendor": 1, "region": 4, "bucket": "b", "accessKey": "AK", "secretKey": "SK"}
GROUP = {"subscribeUidGroup": 5}
SNAPSHOTS = {"snapshotConfig": {"captureInterval": 5, "fileType": ["jpg"]}}
HLS = {"recordingFileConfig": {"avFileType": ["hls"]}}


def code(answer: requests.Response) -> tuple[int, Any]:
    """HTTP status and vendor code."""
    return answer.status_code, answer.json().get("code")


@pytest.fixture
def individual(serve: Any, call: Any) -> Any:
    """Makes a recorder in individual mode, at an emulator with the options given."""

    def make(**options: Any) -> Any:
        return call(serve(**options), mode="individual")

    return make


def name(caller: Any, uid: str, kind: str) -> str:
    """The playlist of a participant's sound, picture or both."""
    return f"{caller.sid}_{caller.cname}__uid_s_{uid}__uid_e_{kind}.m3u8"


def instant(utc: str) -> float:
    """The Unix second of a slice's or picture's name."""
    return datetime.strptime(f"{utc}000+0000", "%Y%m%d%H%M%S%f%z").timestamp()


# --- What is refused ---


@pytest.mark.parametrize(
    "client_request",
    [
        {},
        {"recordingConfig": {"channelType": 0}},
        {"recordingConfig": GROUP | {"subscribeUidGroup": 6}},
        {"recordingConfig": GROUP | {"audioProfile": 1}},
        {"recordingConfig": GROUP | {"transcodingConfig": {"mixedVideoLayout": 1}}},
        {"recordingConfig": GROUP | {"streamMode": "original"}},
        {"recordingConfig": GROUP | {"streamMode": "merged"}},
        {"recordingConfig": GROUP, "recordingFileConfig": {"avFileType": ["hls", "mp4"]}},
        {"recordingConfig": GROUP | {"streamTypes": 0}, **SNAPSHOTS},
        {"recordingConfig": GROUP | {"subscribeAudioUids": ["1"]}, **SNAPSHOTS},
        {"recordingConfig": GROUP, "snapshotConfig": {"captureInterval": 4, "fileType": ["jpg"]}},
        {"recordingConfig": GROUP, "snapshotConfig": {"captureInterval": 3601, "fileType": ["jpg"]}},
        {"recordingConfig": GROUP, "snapshotConfig": {"captureInterval": 5}},
        {"recordingConfig": GROUP, "snapshotConfig": {"fileType": ["png"]}},
        {"recordingConfig": GROUP, "extensionServiceConfig": {"extensionServices": []}},
    ],
)
def test_start_checks(individual: Any, client_request: dict[str, Any]) -> None:
    """Keys of other modes, ranges and conditional rules: code 2, and nothing starts."""
    caller = individual()
    assert code(caller.begin(**client_request)) == (400, 2)
    assert caller.service.recordings == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("appsCollection", {"combinationPolicy": "postpone_transcoding"}),
        ("transcodeOptions", {"transConfig": {"transMode": "audioMix"}}),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_postponed_transcoding(individual: Any, strict: bool, key: str, value: Any) -> None:
    """What left the documentation and would change the files is refused by name, even leniently."""
    answer = individual(strict=strict).begin(GROUP, **{key: value})
    assert code(answer) == (400, 2)
    assert key in answer.json()["reason"]
    assert "left the documentation" in answer.json()["reason"]


def test_combination_by_default(individual: Any) -> None:
    """The withdrawn `appsCollection` is taken with its default, which changes nothing."""
    assert individual().begin(GROUP, appsCollection={"combinationPolicy": "default"}).status_code == 200


def test_lenient_service(individual: Any) -> None:
    """A lenient service takes what some samples have: no uid group, and pictures a second apart."""
    caller = individual(strict=False)
    snapshots = {"snapshotConfig": {"captureInterval": 1, "fileType": ["jpg"]}}
    assert caller.begin({"channelType": 0}, **snapshots).status_code == 200


def test_update_layout(individual: Any) -> None:
    """Individual recording has no layout: code 2."""
    caller = individual()
    caller.begin(GROUP)
    assert code(caller.layout({})) == (400, 2)


@pytest.mark.parametrize(
    ("streams", "lists"),
    [
        (1, {"audioUidList": {"subscribeAudioUids": ["1"]}}),
        (0, {"videoUidList": {"subscribeVideoUids": ["1"]}}),
        (2, {"videoUidList": {"subscribeVideoUids": []}}),
    ],
)
def test_update_checks(individual: Any, streams: int, lists: dict[str, Any]) -> None:
    """Lists fit `streamTypes` and aren't empty."""
    caller = individual()
    caller.begin(GROUP | {"streamTypes": streams})
    assert code(caller.update({"streamSubscribe": lists})) == (400, 2)


# --- What is answered ---


@pytest.mark.parametrize(("strict", "pictures", "status"), [(True, True, 400), (False, True, 200), (True, False, 200)])
def test_update_of_snapshots(serve: Any, call: Any, strict: bool, pictures: bool, status: int) -> None:
    """With snapshots a list of whom to hear needs one of whom to see; only start's page says so."""
    caller = call(serve(strict=strict), mode="individual")
    snapshots = {"snapshotConfig": {"fileType": ["jpg"]}} if pictures else {}
    assert caller.begin({"subscribeUidGroup": 5}, recordingFileConfig={"avFileType": ["hls"]}, **snapshots).ok
    lists = {
        "audioUidList": {"subscribeAudioUids": ["#allstream#"]},
        "videoUidList": {"unSubscribeVideoUids": ["7"]},
    }
    assert caller.update({"streamSubscribe": lists}).status_code == status


def test_query(individual: Any) -> None:
    """Once its first slice is there, each playlist is an object with uid, medium and start."""
    caller = individual()
    caller.begin(GROUP, storageConfig=STORAGE | {"fileNamePrefix": ["school"]})
    caller.service.join(caller.cname, "11")
    assert caller.server() == {"status": 0, "fileListMode": "json", "fileList": []}
    caller.service.clock.advance(3 + 14)
    assert (caller.status(), caller.server()["fileList"]) == (4, [])
    caller.service.join(caller.cname, "12", camera=False)
    caller.service.clock.advance(1)
    server = caller.server()
    start = int((caller.service.recordings[0].started_at + 3) * 1000)
    assert server == {
        "status": 5,
        "fileListMode": "json",
        "sliceStartTime": start,
        "fileList": [
            {
                "fileName": f"school/{name(caller, '11', kind)}",
                "trackType": kind,
                "uid": "11",
                "mixedAllUser": False,
                "isPlayable": True,
                "sliceStartTime": start,
            }
            for kind in ("audio", "video")
        ],
    }
    caller.service.clock.advance(14)
    late = caller.server()["fileList"][-1]
    assert (late["uid"], late["trackType"], late["sliceStartTime"]) == ("12", "audio", start + 14000)


def test_stop(individual: Any) -> None:
    """A synchronous stop lists all playlists, short ones too; nothing is left to query."""
    caller = individual()
    caller.service.join(caller.cname, "11")
    caller.begin(GROUP)
    caller.service.clock.advance(5)
    server = caller.stop().json()["serverResponse"]
    assert (server["fileListMode"], server["uploadingStatus"]) == ("json", "uploaded")
    files = [file["fileName"] for file in server["fileList"]]
    assert files == [name(caller, "11", "audio"), name(caller, "11", "video")]
    assert set(files) == set(caller.service.recordings[0].files)
    assert code(caller.query()) == (404, 404)


def test_sound_begins_with_the_microphone(individual: Any) -> None:
    """There is no silence before the microphone was on: until then, only a picture."""
    caller = individual()
    caller.service.join(caller.cname, "11", microphone=False)
    caller.begin(GROUP)
    caller.service.clock.advance(3 + 20)
    assert [file["trackType"] for file in caller.server()["fileList"]] == ["video"]
    caller.service.set_media(caller.cname, "11", microphone=True)
    caller.service.clock.advance(20)
    video, audio = caller.server()["fileList"]
    assert audio["sliceStartTime"] - video["sliceStartTime"] == pytest.approx(20000, abs=2)


def test_merged_files(individual: Any) -> None:
    """Mode "standard" adds a playlist of both for whoever has sound and picture."""
    caller = individual()
    caller.service.join(caller.cname, "11")
    caller.service.join(caller.cname, "12", camera=False)
    caller.begin(GROUP | {"streamMode": "standard"})
    caller.service.clock.advance(20)
    seen = [(file["uid"], file["trackType"], file["fileName"]) for file in caller.server()["fileList"]]
    assert seen == [
        ("11", "audio", name(caller, "11", "audio")),
        ("11", "video", name(caller, "11", "video")),
        ("12", "audio", name(caller, "12", "audio")),
        ("11", "audio_and_video", name(caller, "11", "av")),
    ]


@pytest.mark.parametrize(("streams", "kinds"), [(0, ["audio"]), (1, ["video"]), (2, ["audio", "video"])])
def test_stream_types(individual: Any, streams: int, kinds: list[str]) -> None:
    """Sound, pictures or both."""
    caller = individual()
    caller.service.join(caller.cname, "11")
    caller.begin(GROUP | {"streamTypes": streams})
    caller.service.clock.advance(20)
    assert [file["trackType"] for file in caller.server()["fileList"]] == kinds


def test_snapshots_alone(individual: Any) -> None:
    """Without `recordingFileConfig` there are pictures only: no list in query and stop, status 5 with the first."""
    caller = individual()
    caller.begin(GROUP, **SNAPSHOTS)
    caller.service.join(caller.cname, "11", camera=False)
    caller.service.clock.advance(10)
    assert caller.server() == {"status": 4}
    caller.service.set_media(caller.cname, "11", camera=True)
    caller.service.clock.advance(11)
    server = caller.server()
    start = int((caller.service.recordings[0].started_at + 10) * 1000)
    assert server == {"status": 5, "sliceStartTime": start}
    assert caller.stop().json()["serverResponse"] == {"uploadingStatus": "uploaded"}
    assert len(caller.service.recordings[0].files) == 3


def test_status_of_snapshots_beside_a_recording(individual: Any) -> None:
    """Sound alone is uploaded with its first slice, a picture at once."""
    caller = individual()
    caller.service.join(caller.cname, "11", camera=False)
    caller.begin(GROUP, **SNAPSHOTS, **HLS)
    caller.service.clock.advance(3 + 5)
    assert caller.status() == 4
    caller.service.set_media(caller.cname, "11", camera=True)
    caller.service.clock.advance(1)
    assert caller.status() == 5


def test_snapshots_of_nobody(individual: Any) -> None:
    """No camera, no picture: 206 and code 435, sound or not."""
    caller = individual()
    caller.service.join(caller.cname, "11", camera=False)
    caller.begin(GROUP, **SNAPSHOTS)
    caller.service.clock.advance(20)
    assert code(caller.stop()) == (206, 435)


def test_snapshots_of_a_day(individual: Any) -> None:
    """The first 500 are all taken; of very many fewer and fewer, so that a day has no tens of thousands."""
    caller = individual()
    caller.service.join(caller.cname, "11")
    caller.begin(GROUP, **SNAPSHOTS)
    caller.service.clock.advance(3 + 86400)
    caller.stop()
    began = caller.service.recordings[0].started_at + 3
    stem = f"{caller.sid}_{caller.cname}__uid_s_11__uid_e_video_"
    files = caller.service.recordings[0].files
    taken = [instant(key.removeprefix(stem).removesuffix(".jpg")) - began for key in files]
    assert taken[:500] == pytest.approx([5 * number for number in range(500)], abs=0.002)
    assert taken[500:502] == pytest.approx([2500, 2510], abs=0.002)
    assert 500 < len(taken) < 2000
    assert taken[-1] == pytest.approx(86400, abs=300)


def test_idle_end(individual: Any) -> None:
    """The room is empty for `maxIdleTime`: it ends at that instant, with its files."""
    caller = individual()
    caller.service.join(caller.cname, "11")
    caller.begin(GROUP | {"maxIdleTime": 60})
    caller.service.clock.advance(10)
    caller.service.leave(caller.cname, "11")
    caller.service.clock.advance(1000)
    recording = caller.service.recordings[0]
    assert recording.ended_at == pytest.approx(recording.started_at + 70)
    assert len(recording.files) == 2


@pytest.mark.parametrize(("group", "most"), [(0, 2), (1, 7), (2, 12), (3, 17), (4, 32), (5, 49)])
def test_uid_group(individual: Any, group: int, most: int) -> None:
    """Beyond the group's count nobody is recorded."""
    caller = individual()
    for uid in range(1, 52):
        caller.service.join(caller.cname, str(uid))
    caller.begin({"subscribeUidGroup": group, "streamTypes": 0})
    caller.service.clock.advance(20)
    assert [file["uid"] for file in caller.server()["fileList"]] == [str(uid) for uid in range(1, most + 1)]


def test_place_is_kept_and_freed(individual: Any) -> None:
    """A place goes to who publishes, not to who only listens, is kept while muted, and freed by leaving."""
    caller = individual()
    service = caller.service
    service.join(caller.cname, "11", camera=False, microphone=False)
    service.join(caller.cname, "12")
    service.join(caller.cname, "13")
    service.join(caller.cname, "14")
    caller.begin({"subscribeUidGroup": 0, "streamTypes": 0})
    service.clock.advance(20)
    service.set_media(caller.cname, "12", camera=False, microphone=False)
    service.clock.advance(20)
    service.leave(caller.cname, "13")
    service.clock.advance(20)
    assert [file["uid"] for file in caller.server()["fileList"]] == ["12", "13", "14"]


def test_lists_can_change(individual: Any) -> None:
    """update replaces the lists; who is left out keeps the files so far."""
    caller = individual()
    for uid in ("11", "12", "13"):
        caller.service.join(caller.cname, uid)
    caller.begin(GROUP | {"subscribeVideoUids": ["11"], "subscribeAudioUids": ["11"]})
    caller.service.clock.advance(20)
    lists = {"videoUidList": {"unSubscribeVideoUids": ["13"]}, "audioUidList": {"subscribeAudioUids": ["#allstream#"]}}
    assert caller.update({"streamSubscribe": lists}).status_code == 200
    caller.service.clock.advance(20)
    seen = [(file["uid"], file["trackType"]) for file in caller.server()["fileList"]]
    assert seen == [("11", "audio"), ("11", "video"), ("12", "audio"), ("12", "video"), ("13", "audio")]


# --- What is in the files ---


def test_files_of_each_participant(individual: Any) -> None:
    """Everybody's playlists hold their own sound and their own picture in its published size, and no one else's."""
    caller = individual(media=True)
    service = caller.service
    anna = service.join(caller.cname, "11")
    bert = service.join(caller.cname, "12", width=320, height=240)
    caller.begin(GROUP, storageConfig=STORAGE | {"fileNamePrefix": ["school", "room7"]})
    service.clock.advance(3 + 6)
    service.leave(caller.cname, "12")
    service.clock.advance(4)
    assert caller.stop().json()["serverResponse"]["uploadingStatus"] == "uploaded"

    keys = service.bucket.list()
    assert set(keys) == set(service.recordings[0].files)
    stem = re.escape(f"school/room7/{caller.sid}_{caller.cname}__uid_s_")
    shape = re.compile(stem + r"1[12]__uid_e_(audio|video)(\.m3u8|_\d{17}\.ts)")
    assert len(keys) == 8
    assert all(shape.fullmatch(key) for key in keys)
    for person, seconds in ((anna, 10), (bert, 6)):
        paths = {
            kind: service.bucket.path(f"school/room7/{name(caller, person.id, kind)}") for kind in ("audio", "video")
        }
        frame = frame_at(paths["video"], seconds - 1)
        assert frame.shape == (person.height, person.width, 3)
        assert is_color(frame, person.width // 2, person.height // 2, person.color)
        assert duration(paths["video"]) == pytest.approx(seconds, abs=0.2)
        assert duration(paths["audio"]) == pytest.approx(seconds, abs=0.2)
        samples, rate = sound(paths["audio"], 1, seconds - 1)
        assert tones(samples, rate, [anna.tone_hz, bert.tone_hz]) == {
            other.tone_hz: other is person for other in (anna, bert)
        }
        for kind, container in ((kind, av.open(str(path))) for kind, path in paths.items()):
            with container:
                assert [stream.type for stream in container.streams] == [kind]


def test_merged_file_plays(individual: Any) -> None:
    """The merged playlist holds sound and picture, and no slices besides those of the two."""
    caller = individual(media=True)
    anna = caller.service.join(caller.cname, "11")
    caller.begin(GROUP | {"streamMode": "standard"})
    caller.service.clock.advance(3 + 4)
    caller.stop()
    path = caller.service.bucket.path(name(caller, "11", "av"))
    assert is_color(frame_at(path, 2), 320, 180, anna.color)
    samples, rate = sound(path, 1, 3)
    assert tones(samples, rate, [anna.tone_hz]) == {anna.tone_hz: True}
    assert sum(key.endswith(".ts") for key in caller.service.bucket.list()) == 2


@pytest.mark.parametrize(("mode", "audio_s"), [("default", 10), ("original", 6)])
def test_microphone_off(individual: Any, mode: str, audio_s: int) -> None:
    """Sound goes on in silence while the microphone is off; as it was sent, it stops."""
    caller = individual(media=True)
    anna = caller.service.join(caller.cname, "11")
    caller.begin(GROUP | {"streamTypes": 0, "streamMode": mode})
    caller.service.clock.advance(3 + 3)
    caller.service.set_media(caller.cname, "11", microphone=False)
    caller.service.clock.advance(4)
    caller.service.set_media(caller.cname, "11", microphone=True)
    caller.service.clock.advance(3)
    caller.stop()
    path = caller.service.bucket.path(name(caller, "11", "audio"))
    assert duration(path) == pytest.approx(audio_s, abs=0.2)
    samples, rate = sound(path, 1, 2)
    assert tones(samples, rate, [anna.tone_hz]) == {anna.tone_hz: True}


def test_camera_off(individual: Any) -> None:
    """While the camera is off no picture is recorded: the file goes on with the next one."""
    caller = individual(media=True)
    caller.service.join(caller.cname, "11")
    caller.begin(GROUP | {"streamTypes": 1})
    caller.service.clock.advance(3 + 3)
    caller.service.set_media(caller.cname, "11", camera=False)
    caller.service.clock.advance(50)
    caller.service.set_media(caller.cname, "11", camera=True)
    caller.service.clock.advance(3)
    caller.stop()
    assert duration(caller.service.bucket.path(name(caller, "11", "video"))) == pytest.approx(6, abs=0.2)


def test_pictures_of_each_participant(individual: Any) -> None:
    """A JPG per interval and participant, named by its instant; beside a recording the slices come too."""
    caller = individual(media=True)
    service = caller.service
    anna = service.join(caller.cname, "11")
    caller.begin(GROUP, **SNAPSHOTS, **HLS)
    service.clock.advance(3 + 6)
    bert = service.join(caller.cname, "12", width=320, height=240)
    service.clock.advance(6)
    service.set_media(caller.cname, "11", camera=False)
    service.clock.advance(8)
    service.set_media(caller.cname, "11", camera=True)
    service.clock.advance(2)
    caller.stop()
    began = service.recordings[0].started_at + 3
    for person, offsets in ((anna, (0, 5, 10, 20)), (bert, (6, 11, 16, 21))):
        stem = f"{caller.sid}_{caller.cname}__uid_s_{person.id}__uid_e_video_"
        keys = [key for key in service.bucket.list() if key.startswith(stem) and key.endswith(".jpg")]
        taken = [instant(key.removeprefix(stem).removesuffix(".jpg")) - began for key in keys]
        assert taken == pytest.approx(offsets, abs=0.002)
        for key in keys:
            with Image.open(service.bucket.path(key)) as picture:
                assert picture.size == (person.width, person.height)
                center = picture.getpixel((person.width // 2, person.height // 2))
            assert max(abs(a - b) for a, b in zip(center, person.color, strict=True)) <= 5
    assert any(key.endswith(".ts") for key in service.bucket.list())
