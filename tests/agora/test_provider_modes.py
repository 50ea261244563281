"""Individual and web page recording, and the changes of a running one, against the emulated service over real HTTP."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from recorder_agora.translate.update import needed_later
from recorder_core import (
    S3,
    Grid,
    Media,
    Participants,
    QiniuKodo,
    Recorder,
    RecordingEnded,
    RecordingFailed,
    RecordingNotFound,
    RecordingSpec,
    RecordingState,
    Selection,
    StartOutcomeUnknown,
    UnexpectedResponse,
    UnsupportedFeature,
    UnsupportedOperation,
    hookimpl,
)
from recorder_core.testing import connect, emulate

STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
FRESH = S3(bucket="lessons", region="eu-west-1", access_key="AK-2", secret_key="SK-2", session_token="ST-2")
PUSH = "rtmp://push.example/live/stream-key-1"
MODES = ("composite", "individual", "web")


def spec(mode: str, **changes: Any) -> RecordingSpec:
    page = {"web_page": {"url": "https://class.example/room"}} if mode == "web" else {}
    return RecordingSpec.load({"room": "lesson-42", "mode": mode, "storage": STORAGE, **page, **changes})


@pytest.fixture
def service() -> Iterator[Any]:
    with emulate("agora", media=False) as running:
        running.join("lesson-42", "1001")
        running.join("lesson-42", "1002")
        yield running


@pytest.fixture
def recorder(service: Any) -> Iterator[Recorder]:
    with connect(service) as connected:
        yield connected


def last(service: Any) -> Any:
    """clientRequest of the last request."""
    return service.journal[-1].body["clientRequest"]


# --- individual ---


def test_everybody_gets_files_of_their_own(service: Any, recorder: Recorder) -> None:
    """A playlist for each participant and medium, and one of both; each is told apart."""
    recording = recorder.start(spec("individual", output={"prefix": "lessons/2026"}), confirm=True)
    assert recording.native["mode"] == "individual"
    assert recording.canvas is None
    service.clock.advance(90)
    running = recorder.status(recording)
    outcome = recorder.stop(recording)
    assert outcome.state is RecordingState.COMPLETED
    for files, status in ((running.files, "recording"), (outcome.files, "uploaded")):
        assert {(file.participant, file.tracks) for file in files} == {
            (uid, tracks) for uid in ("1001", "1002") for tracks in Media
        }
        assert {(file.format, file.status) for file in files} == {("hls", status)}
        assert all(file.key.startswith("lessons/2026/") for file in files)


def test_separate_tracks_are_separate(service: Any, recorder: Recorder) -> None:
    """No playlist of both."""
    recording = recorder.start(spec("individual", output={"tracks": "separate"}), confirm=True)
    service.clock.advance(90)
    assert {file.tracks for file in recorder.stop(recording).files} == {Media.AUDIO, Media.VIDEO}


def test_snapshots_alone_name_no_files(service: Any, recorder: Recorder) -> None:
    """The vendor lists no pictures, neither while it takes them nor at the end: the outcome says how they are named."""
    recording = recorder.start(spec("individual", output={"formats": [], "snapshots": {"interval": 5}}), confirm=True)
    service.clock.advance(60)
    status = recorder.status(recording)
    assert (status.state, status.files) == (RecordingState.RECORDING, ())
    outcome = recorder.stop(recording)
    assert (outcome.state, outcome.files) == (RecordingState.COMPLETED, ())
    sid = recording.native["sid"]
    assert "<sid>_<room>__uid_s_<uid>__uid_e_video_<UTC>.jpg" in outcome.reason
    assert len(service.recordings[0].files) > 10
    assert all(
        key.startswith((f"{sid}_lesson-42__uid_s_1001__uid_e_video_", f"{sid}_lesson-42__uid_s_1002__uid_e_video_"))
        and key.endswith(".jpg")
        for key in service.recordings[0].files
    )


# --- web ---


def test_a_page_is_recorded(service: Any, recorder: Recorder) -> None:
    """Under a label that is no room name; its files belong to nobody."""
    recording = recorder.start(spec("web", room="Seite 42 ✓", output={"formats": ["hls", "mp4"]}), confirm=True)
    assert (recording.room, recording.native["mode"], recording.native["push"]) == ("Seite 42 ✓", "web", False)
    assert (recording.canvas.width, recording.canvas.height) == (1280, 720)
    assert (recording.controllable_until - recording.started_at).days == 30
    service.clock.advance(60)
    assert recorder.status(recording).state is RecordingState.RECORDING
    outcome = recorder.stop(recording)
    assert outcome.state is RecordingState.COMPLETED
    assert {file.format for file in outcome.files} == {"hls", "mp4"}
    assert {(file.participant, file.tracks, file.status) for file in outcome.files} == {
        (None, Media.AUDIO_VIDEO, "uploaded")
    }
    assert recorder.stop(recording) == outcome


def test_a_page_can_wait_and_be_put_on_hold(service: Any, recorder: Recorder) -> None:
    """paused, recording, paused; doing it twice is no error."""
    recording = recorder.start(spec("web", start_paused=True))
    assert recorder.wait(recording).state is RecordingState.PAUSED
    recorder.resume(recording)
    recorder.resume(recording)
    assert last(service) == {"webRecordingConfig": {"onhold": False}}
    service.clock.advance(30)
    assert recorder.status(recording).state is RecordingState.RECORDING
    recorder.pause(recording)
    recorder.pause(recording)
    status = recorder.status(recording)
    assert status.state is RecordingState.PAUSED
    assert "resumed" in status.reason


def test_the_push_is_told_and_its_address_is_not(service: Any) -> None:
    """The status says how the push is; its stream key is in no answer, plan, exchange, journal or handle."""
    seen = []

    class Watch:
        @hookimpl
        def recorder_http(self, exchange: Any) -> None:
            seen.append(exchange)

    with connect(service, hooks=[Watch()]) as recorder:
        recording = recorder.start(spec("web", push_urls=[PUSH]), confirm=True)
        service.clock.advance(30)
        status = recorder.status(recording)
        assert "push: publishing" in status.reason
        changed = recorder.update_push(recording, ["rtmps://push.example/live/stream-key-2"])
        assert changed.revision == 1
        status = recorder.status(recording)
        outcome = recorder.stop(recording)
    shown = repr([seen, status, outcome, changed, list(service.journal), changed.model_dump_json()])
    assert "stream-key" not in shown
    assert "rtmpUrl" in shown


def test_a_push_cannot_be_added_or_doubled(service: Any, recorder: Recorder) -> None:
    """UnsupportedFeature before anything is sent."""
    plain, pushed = recorder.start(spec("web")), recorder.start(spec("web", room="other", push_urls=[PUSH]))
    sent = len(service.journal)
    with pytest.raises(UnsupportedFeature, match="started without push_urls"):
        recorder.update_push(plain, [PUSH])
    with pytest.raises(UnsupportedFeature, match="exactly one") as caught:
        recorder.update_push(pushed, [PUSH, PUSH])
    assert len(service.journal) == sent
    assert [finding.path for finding in caught.value.findings] == ["push_urls"]
    # A change is made whole or not at all, whatever the recorder drops at a start.
    assert "on_unsupported" not in (caught.value.hint or "")


def test_a_page_that_cannot_be_loaded_is_reported_with_its_causes(service: Any, recorder: Recorder) -> None:
    """200, then 404 for good: the page is blamed before anything of a room."""
    service.fail_next("start", "die")
    recording = recorder.start(spec("web"))
    with pytest.raises(RecordingFailed) as caught:
        recorder.wait(recording)
    assert [cause.partition(":")[0] for cause in caught.value.causes] == ["page", "storage", "page"]


def test_a_page_whose_sid_is_lost_says_when_it_ends(service: Any, recorder: Recorder) -> None:
    """It joins no room, so it can't be put out of one."""
    service.fail_next("start", "drop")
    with pytest.raises(StartOutcomeUnknown) as caught:
        recorder.start(spec("web"))
    assert "max_duration" in caught.value.hint
    assert "kicking" not in caught.value.hint


def test_a_page_is_taken_without_a_token(service: Any) -> None:
    """No token is asked for, even where rooms need one."""
    with connect(service, token_factory=lambda room, uid: pytest.fail("a page joins no room")) as recorder:
        recorder.start(spec("web"))
    assert "token" not in last(service)


# --- changes of a running recording ---


@pytest.mark.parametrize("mode", ["composite", "individual"])
def test_others_are_recorded_from_now_on(service: Any, recorder: Recorder, mode: str) -> None:
    """Both lists go out, and the handle knows who is recorded."""
    recording = recorder.start(spec(mode), confirm=True)
    changed = recorder.update_participants(recording, Participants(audio=Selection(include=["1001"])))
    assert last(service) == {
        "streamSubscribe": {
            "audioUidList": {"subscribeAudioUids": ["1001"]},
            "videoUidList": {"subscribeVideoUids": ["#allstream#"]},
        }
    }
    assert (changed.participants.audio.include, changed.revision) == (("1001",), 1)
    recorder.update_participants(changed, Participants())
    assert last(service)["streamSubscribe"]["audioUidList"] == {"subscribeAudioUids": ["#allstream#"]}


def test_the_room_that_was_kept_is_not_outgrown(service: Any, recorder: Recorder) -> None:
    """The group of the start is in the handle; more than it holds is refused before anything is sent."""
    both = Participants(audio=Selection(include=["1001"]), video=Selection(include=["1002"]))
    recording = recorder.start(spec("individual", participants=both), confirm=True)
    assert recording.native["subscribeUidGroup"] == 0
    sent = len(service.journal)
    three = Participants(audio=Selection(include=["1001", "1002", "1003"]), video=Selection(include=["1001"]))
    for wanted in (three, Participants()):
        with pytest.raises(UnsupportedFeature) as caught:
            recorder.update_participants(recording, wanted)
        assert [finding.path for finding in caught.value.findings] == ["participants"]
    assert len(service.journal) == sent
    handle = type(recording).model_validate_json(recording.model_dump_json())
    recorder.update_participants(handle, Participants(audio=both.video, video=both.video))


@pytest.mark.parametrize(("group", "kept"), [(3, 3), ("three", None), (None, None)])
def test_whatever_extra_body_says_the_handle_is_whole(recorder: Recorder, group: Any, kept: int | None) -> None:
    """The recording runs by then: nothing may keep its handle from the caller, and nothing secret gets into it."""
    extra = {"clientRequest": {"recordingConfig": {"subscribeUidGroup": group}}}
    plan = recorder.plan(spec("individual", options={"agora": {"extra_body": extra}}))
    needed = needed_later(plan.spec, plan.request("start").payload["clientRequest"])
    assert needed == {"maxIdleTime": 300} | ({} if kept is None else {"subscribeUidGroup": kept})
    assert json.dumps(needed)


@pytest.mark.parametrize("mode", MODES)
def test_credentials_are_renewed_in_every_mode(service: Any, recorder: Recorder, mode: str) -> None:
    """The whole storage goes out, with the folder of the start; no credential is shown."""
    recording = recorder.start(spec(mode, output={"prefix": "lessons/2026"}), confirm=True)
    changed = recorder.refresh_storage(recording, FRESH)
    storage = last(service)["storageConfig"]
    assert (storage["bucket"], storage["fileNamePrefix"]) == ("lessons", ["lessons", "2026"])
    assert service.journal[-1].status == 200
    assert changed.revision == 1
    assert "SK-2" not in json.dumps(changed.model_dump(mode="json")) + repr(list(service.journal))


@pytest.mark.parametrize("mode", MODES)
def test_renewed_storage_encrypts_as_before(service: Any, recorder: Recorder, mode: str) -> None:
    """The handle knows what of the storage isn't a credential, in another process too."""
    started = recorder.start(spec(mode, storage={**STORAGE, "server_side_encryption": "kms", "object_tag": "lesson"}))
    recorder.refresh_storage(type(started).model_validate_json(started.model_dump_json()), FRESH)
    assert last(service)["storageConfig"]["extensionParams"] == {"sse": "kms", "tag": "lesson"}


def test_a_doubtful_storage_is_logged_again(recorder: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    """What is approximated at a change is logged, as at a start."""
    qiniu = {"bucket": "lessons", "region": "z0", "access_key": "AK", "secret_key": "SK"}
    recording = recorder.start(spec("composite", storage={"kind": "qiniu_kodo", **qiniu}))
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="recorder_core"):
        recorder.refresh_storage(recording, QiniuKodo(**qiniu))
    assert "storage.kind: approximated" in caplog.text


def change(recorder: Recorder, operation: str, recording: Any) -> Any:
    """Carry out one of the changes."""
    arguments: dict[str, tuple[Any, ...]] = {
        "layout": (Grid(),),
        "update_participants": (Participants(),),
        "refresh_storage": (FRESH,),
        "switch_whiteboard": ("board",),
        "update_push": ([PUSH],),
    }
    return getattr(recorder, operation)(recording, *arguments.get(operation, ()))


OFFERED = {
    "composite": {"layout", "update_participants", "refresh_storage"},
    "individual": {"update_participants", "refresh_storage"},
    "web": {"pause", "resume", "refresh_storage", "update_push"},
}
OPERATIONS = {*set().union(*OFFERED.values()), "snapshot", "switch_whiteboard"}


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_has_its_operations(service: Any, recorder: Recorder, mode: str) -> None:
    """What a mode lacks is refused before anything is sent; what it has is taken."""
    recording = recorder.start(spec(mode, **({"push_urls": [PUSH]} if mode == "web" else {})), confirm=True)
    for operation in sorted(OPERATIONS):
        assert recorder.provider.offers(operation, mode) is (operation in OFFERED[mode])
        sent = len(service.journal)
        if operation in OFFERED[mode]:
            change(recorder, operation, recording)
            assert service.journal[-1].status == 200
        else:
            with pytest.raises(UnsupportedOperation):
                change(recorder, operation, recording)
            assert len(service.journal) == sent


@pytest.mark.parametrize("mode", MODES)
def test_what_has_ended_is_not_changed(service: Any, recorder: Recorder, mode: str) -> None:
    """Known here, nothing is sent; known to the vendor alone, its answer is told."""
    recording = recorder.start(spec(mode), confirm=True)
    recorder.stop(recording)
    with pytest.raises(RecordingEnded):
        recorder.refresh_storage(recording, FRESH)
    service.clock.advance(200)
    with connect(service) as another, pytest.raises(RecordingNotFound):
        another.refresh_storage(recording, FRESH)


def test_a_change_that_failed_is_repeated(service: Any, recorder: Recorder) -> None:
    """An update replaces what is there, so that it can be sent again."""
    recording = recorder.start(spec("web"), confirm=True)
    service.fail_next("update", "500", times=2)
    recorder.pause(recording)
    assert [entry.status for entry in service.journal if entry.operation == "update"] == [500, 500, 200]


# --- where callbacks come from ---


def test_the_sources_of_callbacks_are_told(recorder: Recorder) -> None:
    """The addresses, as they are today."""
    assert recorder.provider.webhook_sources() == ("127.0.0.1", "127.0.0.2")


def test_a_host_without_the_newer_method_is_asked_by_the_older(service: Any, recorder: Recorder) -> None:
    """404 for the one, then the other."""
    service.fail_next("ncs/ip", "code:404")
    assert recorder.provider.webhook_sources()
    assert [entry.path for entry in service.journal] == ["/v2/ncs/ip", "/v1/ncs/ip"]


def test_no_address_is_no_answer(service: Any, recorder: Recorder) -> None:
    """An empty list would let every callback be refused."""
    service.fail_next("ncs/ip", "code:404", times=2)
    with pytest.raises(UnexpectedResponse, match="names no address") as caught:
        recorder.provider.webhook_sources()
    assert caught.value.hint
