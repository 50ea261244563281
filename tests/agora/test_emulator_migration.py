"""Emulated recordings whose server is lost: what answers meanwhile, what is told, and what is in the files."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from PIL import Image

from agora.details import RECEIVING, file, slice_of, stream
from media import duration, frame_at, is_color, sound, tones
from recorder_core.emulation.room import Participant

VIDEO = {"width": 640, "height": 360, "fps": 15, "bitrate": 800}
BOTH = {"recordingFileConfig": {"avFileType": ["hls", "mp4"]}}
GROUP = {"subscribeUidGroup": 5}
URL = "https://class.example"
PAGE = {"url": URL, "audioProfile": 0, "videoWidth": 640, "videoHeight": 360, "maxRecordingHour": 2}
FIRST, SECOND = "rtmps://push.example/live/204", "rtmp://other.example/live"
GONE = (404, 404)


def code(answer: requests.Response) -> tuple[int, Any]:
    """HTTP status and vendor code."""
    return answer.status_code, answer.json().get("code")


def web(*more: Any, **page: Any) -> dict[str, Any]:
    """What a recording of a page is started with."""
    services = [{"serviceName": "web_recorder_service", "serviceParam": PAGE | page}, *more]
    return {"extensionServiceConfig": {"extensionServices": services}}


def content(mode: str) -> dict[str, Any]:
    """What a recording of that mode is started with."""
    return {"mix": {}, "individual": {"recordingConfig": GROUP}, "web": web()}[mode]


def new_uid(heard: Any, caller: Any) -> str:
    """The uid that the last event 12 told."""
    return str([details["newUid"] for _, event, details in heard.events(caller) if event == 12][-1])


# --- What is answered and told ---


@pytest.mark.parametrize("mode", ["mix", "individual", "web"])
def test_calls_during_the_outage(hear: Any, mode: str) -> None:
    """All calls answer 404 and change nothing; then the same ids reach it again. By default that takes 40 s."""
    heard = hear()
    service, caller = heard.service, heard.caller(mode)
    service.join(caller.cname, "11")
    caller.begin(**content(mode))
    service.clock.advance(30)
    service.migrate(caller.cname)
    for _ in range(40):
        assert code(caller.query()) == code(caller.update({})) == code(caller.stop()) == GONE
        assert mode != "mix" or code(caller.layout({})) == GONE
        assert caller.query().json()["reason"] == "failed to find worker"
        service.clock.advance(1)
    assert caller.query().status_code == caller.update({}).status_code == 200
    assert caller.status() == 5
    assert service.recordings[0].running
    assert caller.stop().status_code == 200


def test_events_of_a_mix(hear: Any) -> None:
    """Event 12 names the new uid, which later callbacks carry; who is there is told anew, and the slice is new."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11", camera=False)
    caller.begin()
    service.clock.advance(50)
    service.migrate(caller.cname, outage=30)
    service.clock.advance(25)
    service.join(caller.cname, "12", camera=False)
    service.clock.advance(25)
    caller.stop()
    service.clock.advance(10)
    stem, uid = f"{caller.sid}_{caller.cname}", new_uid(heard, caller)
    files = [
        file(f"{prefix}{stem}.m3u8", "0", "audio_and_video", second) for prefix, second in (("", 3), ("bak0_", 80))
    ]
    assert heard.events(caller)[4:] == [
        (80, 12, {"newUid": int(uid)}),
        (80, 43, stream(80, "11", RECEIVING)),
        (80, 43, stream(80, "12", RECEIVING)),
        (80, 42, slice_of(80, "0", "audio_and_video", last=50)),
        (95, 4, {"fileList": f"bak0_{stem}.m3u8"}),
        (100, 41, {"leaveCode": 2}),
        (100, 30, {"status": 0}),
        (100, 31, {"status": 0, "fileList": files}),
        (105, 11, {"exitStatus": 0}),
    ]
    uids = [body["payload"]["uid"] for body in heard.bodies()]
    assert uids == 5 * [caller.uid] + 8 * [uid]
    assert 0 < int(uid) < 2**32
    assert uid != caller.uid
    assert {body["payload"]["sid"] for body in heard.bodies()} == {caller.sid}


def test_events_of_individual_recordings(hear: Any) -> None:
    """Each stream's slice begins anew, with the end of its last one; who comes meanwhile has none before."""
    heard = hear()
    service, caller = heard.service, heard.caller("individual")
    service.join(caller.cname, "11", camera=False)
    caller.begin(GROUP)
    service.clock.advance(30)
    service.migrate(caller.cname, outage=20)
    service.join(caller.cname, "12", camera=False)
    service.clock.advance(40)
    slices = [(at, details) for at, event, details in heard.events(caller) if event == 42]
    assert slices == [
        (3, slice_of(3, "11", "audio")),
        (50, slice_of(50, "11", "audio", last=30)),
        (50, slice_of(50, "12", "audio")),
    ]
    listed = [details["fileList"] for _, event, details in heard.events(caller) if event == 4]
    stem = f"{caller.sid}_{caller.cname}__uid_s_"
    assert listed == [
        f"{stem}11__uid_e_audio.m3u8",
        f"bak0_{stem}11__uid_e_audio.m3u8",
        f"bak0_{stem}12__uid_e_audio.m3u8",
    ]


def test_places_are_given_anew(hear: Any) -> None:
    """On the next server whoever sends has the places of `subscribeUidGroup`, not whoever had them before."""
    heard = hear()
    service, caller = heard.service, heard.caller("individual")
    for uid in ("11", "12", "13"):
        service.join(caller.cname, uid, camera=False)
    caller.begin({"subscribeUidGroup": 0})
    service.clock.advance(10)
    service.set_media(caller.cname, "11", microphone=False)
    service.clock.advance(10)
    service.migrate(caller.cname)
    service.clock.advance(50)
    slices = [(at, details["streamUid"]) for at, event, details in heard.events(caller) if event == 42]
    assert slices == [(3, "11"), (3, "12"), (60, "12"), (60, "13")]


def test_events_of_a_page(hear: Any) -> None:
    """The page is recorded and pushed anew; its limit counts from the first start on."""
    heard = hear()
    service, caller = heard.service, heard.caller("web", cname="page-204")
    push = {"serviceName": "rtmp_publish_service", "serviceParam": {"outputs": [{"rtmpUrl": FIRST}]}}
    caller.begin(**web(push, maxRecordingHour=1))
    service.clock.advance(30)
    service.migrate("page-204")
    service.clock.advance(3600)
    events = [(at, event, details) for at, event, details in heard.events(caller) if at > 30 and event != 33]
    assert [(at, event) for at, event, _ in events] == [
        *[(70, 12), (70, 42), (70, 100), (72, 100), (75, 4)],
        *[(3603, 100), (3603, 71), (3603, 30), (3603, 31), (3608, 11)],
    ]
    assert [details["status"] for _, event, details in events if event == 100] == [
        *["connecting", "publishing", "disconnected"]
    ]
    stem = f"{caller.sid}_page-204.m3u8"
    assert [file["filename"] for file in events[6][2]["fileList"]] == [stem, f"bak0_{stem}"]


def test_idleness_counts_anew(hear: Any) -> None:
    """Without a recorder in the room nothing is idle; the new one waits for `maxIdleTime` of its own."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    caller.begin({"maxIdleTime": 30})
    service.clock.advance(30)
    service.migrate(caller.cname, outage=60)
    service.clock.advance(100)
    assert heard.timeline(caller) == [(3, 40), (90, 12), (120, 41), (125, 11)]


def test_lost_before_it_was_ready(hear: Any) -> None:
    """The next server starts it."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11", camera=False)
    caller.begin()
    service.clock.advance(1)
    service.migrate(caller.cname, outage=10)
    service.clock.advance(30)
    assert heard.timeline(caller) == [(11, 12), (11, 40), (11, 43), (11, 42), (26, 4)]


def test_uid_that_may_be_taken(hear: Any) -> None:
    """After a move the recorder's first uid is anybody's, and its new one puts it out."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    caller.begin({"maxIdleTime": 300})
    service.clock.advance(10)
    service.migrate(caller.cname)
    service.clock.advance(50)
    service.join(caller.cname, caller.uid)
    assert service.recordings[0].running
    service.join(caller.cname, new_uid(heard, caller))
    assert not service.recordings[0].running


def test_token_that_expires_meanwhile(hear: Any) -> None:
    """The next server's recorder can't join any more."""
    heard = hear(tokens=["good"])
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11", camera=False)
    caller.begin(token="good")
    service.clock.advance(30)
    service.migrate(caller.cname)
    service.expire_token(caller.cname)
    service.clock.advance(60)
    assert heard.events(caller)[4][2]["errorCode"] == 109
    assert heard.timeline(caller)[4:] == [(70, 1), (70, 41), (70, 30), (70, 31), (75, 11)]
    assert heard.events(caller)[5][2] == {"leaveCode": 0}


def test_three_moves_and_no_more(hear: Any) -> None:
    """Each move's files have a number of their own; the fourth loss ends it, abnormally, with the files so far."""
    heard = hear(media=True)
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11", camera=False)
    caller.begin({"streamTypes": 0})
    for _ in range(4):
        assert service.recordings[0].running
        service.clock.advance(13)
        service.migrate(caller.cname, outage=20)
        assert code(caller.query()) == GONE
        service.clock.advance(20)
    assert not service.recordings[0].running
    assert code(caller.query()) == code(caller.stop()) == GONE
    stem = f"{caller.sid}_{caller.cname}.m3u8"
    playlists = [key for key in service.recordings[0].files if key.endswith(".m3u8")]
    assert playlists == [stem, f"bak0_{stem}", f"bak1_{stem}", f"bak2_{stem}"]
    told = heard.events(caller)
    assert [at for at, event, _ in told if event == 12] == [33, 66, 99]
    assert [(at, event) for at, event, _ in told if at > 112] == [(132, 1), (132, 11)]
    assert (told[-2][2]["module"], told[-2][2]["errorCode"]) == (2, 52)
    assert told[-1][2] == {"exitStatus": 1}
    with pytest.raises(ValueError, match="nothing is recorded"):
        service.migrate(caller.cname)


def test_lost_between_two_servers(hear: Any) -> None:
    """What is on its way to a server can't lose it."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    caller.begin({"maxIdleTime": 3600})
    service.clock.advance(10)
    for _ in range(5):
        service.migrate(caller.cname, outage=50)
        service.clock.advance(10)
    assert heard.timeline(caller) == [(3, 40), (60, 12)]


def test_what_can_not_move(hear: Any) -> None:
    """A longer outage than the vendor promises is refused; a doomed recording dies as it would have."""
    heard = hear(buckets=["another"])
    caller = heard.caller()
    with pytest.raises(ValueError, match="nothing is recorded in room 'lesson-204'"):
        heard.service.migrate(caller.cname)
    caller.begin()
    with pytest.raises(ValueError, match="0 to 90"):
        heard.service.migrate(caller.cname, outage=91)
    heard.service.migrate(caller.cname, outage=90)
    heard.service.clock.advance(100)
    assert heard.timeline(caller) == [(3, 1), (30, 11)]


def test_recordings_of_one_room_move_together(hear: Any) -> None:
    """All recordings of the room are lost, those of other rooms go on."""
    heard = hear()
    callers = [heard.caller(), heard.caller("individual", uid="900002"), heard.caller(cname="elsewhere")]
    for caller in callers:
        caller.begin({"maxIdleTime": 3600} | (GROUP if caller.mode == "individual" else {}))
    heard.service.clock.advance(10)
    heard.service.migrate("lesson-204")
    assert [caller.query().status_code for caller in callers] == [404, 404, 200]
    heard.service.clock.advance(40)
    assert [caller.query().status_code for caller in callers] == [200, 200, 200]
    assert len({new_uid(heard, caller) for caller in callers[:2]}) == 2


# --- What updates changed ---


@pytest.mark.parametrize("survives", [False, True])
def test_layout_and_lists_of_a_mix(hear: Any, survives: bool) -> None:
    """By default start's layout and lists come back; the picture before the loss has the updated ones."""
    heard = hear(media=True, layout_survives=survives)
    service, caller = heard.service, heard.caller()
    anna, bert = (service.join(caller.cname, uid) for uid in ("11", "12"))
    caller.begin({"transcodingConfig": VIDEO | {"mixedVideoLayout": 1}}, **BOTH)
    service.clock.advance(3 + 3)
    caller.layout({"mixedVideoLayout": 2, "maxResolutionUid": "12"})
    caller.update({"streamSubscribe": {"videoUidList": {"subscribeVideoUids": ["12"]}}})
    service.clock.advance(3)
    service.migrate(caller.cname, outage=20)
    service.clock.advance(23)
    caller.stop()
    stem = f"{caller.sid}_{caller.cname}"
    for end in ("_0.mp4", ".m3u8"):
        before, after = (service.bucket.path(f"{prefix}{stem}{end}") for prefix in ("", "bak0_"))
        first, second = frame_at(before, 1.5), frame_at(before, 4.5)
        assert is_color(first, 160, 180, anna.color)
        assert is_color(first, 480, 180, bert.color)
        assert is_color(second, 160, 180, bert.color)
        picture = frame_at(after, 1.5)
        assert is_color(picture, 160, 180, bert.color if survives else anna.color)


@pytest.mark.parametrize("survives", [False, True])
def test_lists_of_individual_recordings(hear: Any, survives: bool) -> None:
    """By default who was left out by an update is recorded again."""
    heard = hear(layout_survives=survives)
    service, caller = heard.service, heard.caller("individual")
    for uid in ("11", "12"):
        service.join(caller.cname, uid, camera=False)
    caller.begin(GROUP)
    service.clock.advance(20)
    caller.update({"streamSubscribe": {"audioUidList": {"subscribeAudioUids": ["11"]}}})
    service.clock.advance(20)
    service.migrate(caller.cname)
    service.clock.advance(60)
    streams = [details["streamUid"] for at, event, details in heard.events(caller) if event == 42 and at == 80]
    assert streams == (["11"] if survives else ["11", "12"])


@pytest.mark.parametrize("survives", [False, True])
def test_hold_and_push_of_a_page(hear: Any, survives: bool) -> None:
    """By default a page on hold is recorded again, and pushed to its first target."""
    heard = hear(layout_survives=survives)
    service, caller = heard.service, heard.caller("web")
    push = {"serviceName": "rtmp_publish_service", "serviceParam": {"outputs": [{"rtmpUrl": FIRST}]}}
    caller.begin(**web(push))
    service.clock.advance(20)
    caller.update({"webRecordingConfig": {"onhold": True}, "rtmpPublishConfig": {"outputs": [{"rtmpUrl": SECOND}]}})
    service.clock.advance(20)
    service.migrate(caller.cname)
    service.clock.advance(60)
    told = [(event, details) for at, event, details in heard.events(caller) if at == 80]
    if survives:
        assert told[1:] == [(100, {"rtmpUrl": SECOND, "status": "onhold"})]
    else:
        assert [event for event, _ in told] == [12, 42, 100]
        assert told[-1][1] == {"rtmpUrl": FIRST, "status": "connecting"}
    assert caller.server()["extensionServiceState"][0]["payload"]["onhold"] is survives


def test_a_server_that_recorded_nothing_leaves_no_file(hear: Any) -> None:
    """A page that is put on hold as soon as the next server goes on: no list names a file that was never made."""
    heard = hear()
    service, caller = heard.service, heard.caller("web")
    caller.begin(**web())
    service.clock.advance(60)
    service.migrate(caller.cname, outage=40)
    service.clock.advance(40)
    assert caller.update({"webRecordingConfig": {"onhold": True}}).status_code == 200
    service.clock.advance(60)
    name = f"{caller.sid}_{caller.cname}.m3u8"
    services = caller.stop().json()["serverResponse"]["extensionServiceState"]
    service.callbacks.wait()
    lists = [entry["payload"]["fileList"] for entry in services if "fileList" in entry["payload"]]
    lists += [details["fileList"] for _, event, details in heard.events(caller) if event == 71]
    assert [[entry["filename"] for entry in files] for files in lists] == [[name], [name]]


def test_credentials_survive(hear: Any) -> None:
    """Renewed temporary credentials hold on the next server."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11")
    storage = {"vendor": 1, "region": 4, "bucket": "b", "accessKey": "AK", "secretKey": "SK", "stsToken": "sts"}
    now = int(service.clock.time())
    caller.begin(storageConfig=storage | {"stsExpiration": now + 100})
    service.clock.advance(50)
    caller.update({"storageConfig": storage | {"stsExpiration": now + 1000}})
    service.migrate(caller.cname)
    service.clock.advance(200)
    assert caller.stop().json()["serverResponse"]["uploadingStatus"] == "uploaded"


# --- What is in the files ---


def test_both_parts_of_a_mix_play(hear: Any) -> None:
    """Playlist and MP4 of both servers play, each as long as it recorded: the gap is lost."""
    heard = hear(media=True)
    service, caller = heard.service, heard.caller()
    anna = service.join(caller.cname, "11")
    caller.begin({"transcodingConfig": VIDEO | {"mixedVideoLayout": 1}}, **BOTH)
    service.clock.advance(3 + 6)
    service.migrate(caller.cname, outage=30)
    service.clock.advance(20)
    service.leave(caller.cname, "11")
    bert = service.join(caller.cname, "12")
    service.clock.advance(10 + 4)
    server = caller.stop().json()["serverResponse"]
    assert [file["fileName"] for file in server["fileList"]] == [
        f"{prefix}{caller.sid}_{caller.cname}{end}" for prefix in ("", "bak0_") for end in ("_0.mp4", ".m3u8")
    ]
    assert set(service.bucket.list()) == set(service.recordings[0].files)
    for listed in server["fileList"]:
        person, seconds = (bert, 4) if listed["fileName"].startswith("bak0_") else (anna, 6)
        path = service.bucket.path(listed["fileName"])
        assert duration(path) == pytest.approx(seconds, abs=0.2)
        assert is_color(frame_at(path, 2), 320, 180, person.color)
        samples, rate = sound(path, 1, 3)
        assert tones(samples, rate, [anna.tone_hz, bert.tone_hz]) == {
            anna.tone_hz: person is anna,
            bert.tone_hz: person is bert,
        }


def test_file_list_as_text(hear: Any) -> None:
    """A list that holds one name has that of the playlist that appeared last."""
    heard = hear()
    service, caller = heard.service, heard.caller()
    service.join(caller.cname, "11")
    caller.begin()
    service.clock.advance(30)
    service.migrate(caller.cname, outage=20)
    service.clock.advance(20)
    name = f"{caller.sid}_{caller.cname}.m3u8"
    assert caller.server()["fileList"] == name
    service.clock.advance(15)
    assert caller.server()["fileList"] == f"bak0_{name}"
    assert caller.stop().json()["serverResponse"]["fileList"] == f"bak0_{name}"


def test_both_parts_of_individual_recordings_play(hear: Any) -> None:
    """Tracks, merged playlists and pictures of both servers can be read."""
    heard = hear(media=True)
    service, caller = heard.service, heard.caller("individual")
    anna = service.join(caller.cname, "11")
    snapshots = {"snapshotConfig": {"captureInterval": 5, "fileType": ["jpg"]}}
    hls = {"recordingFileConfig": {"avFileType": ["hls"]}}
    caller.begin(GROUP | {"streamMode": "standard"}, **snapshots, **hls)
    service.clock.advance(3 + 6)
    service.migrate(caller.cname, outage=20)
    service.clock.advance(20 + 4)
    caller.stop()
    stem = f"{caller.sid}_{caller.cname}__uid_s_11__uid_e_"
    for prefix, seconds in (("", 6), ("bak0_", 4)):
        video, audio, both = (service.bucket.path(f"{prefix}{stem}{kind}.m3u8") for kind in ("video", "audio", "av"))
        assert duration(video) == pytest.approx(seconds, abs=0.2)
        assert duration(audio) == pytest.approx(seconds, abs=0.2)
        assert is_color(frame_at(both, 2), 320, 180, anna.color)
        samples, rate = sound(both, 1, 3)
        assert tones(samples, rate, [anna.tone_hz]) == {anna.tone_hz: True}
    told = [details["fileName"] for _, event, details in heard.events(caller) if event == 45]
    pictures = [key for key in service.bucket.list() if key.endswith(".jpg")]
    assert sorted(told) == pictures
    assert [name.startswith("bak0_") for name in told] == [False, False, True]
    for name in pictures:
        with Image.open(service.bucket.path(name)) as picture:
            assert picture.size == (640, 360)


def test_both_parts_of_a_page_play(hear: Any) -> None:
    """Playlist and MP4 of both servers show the page."""
    heard = hear(media=True)
    service, caller = heard.service, heard.caller("web", cname="page-204")
    caller.begin(**web(), **BOTH)
    service.clock.advance(3 + 6)
    service.migrate("page-204", outage=90)
    service.clock.advance(90 + 4)
    caller.stop()
    assert len(service.bucket.list()) == 6
    for prefix, seconds in (("", 6), ("bak0_", 4)):
        for end in ("_0.mp4", ".m3u8"):
            path = service.bucket.path(f"{prefix}{caller.sid}_page-204{end}")
            assert duration(path) == pytest.approx(seconds, abs=0.2)
            assert is_color(frame_at(path, 2), 320, 300, Participant.of(URL).color)
