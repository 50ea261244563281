"""Egresses that another program began are taken over: what their request tells of them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from recorder_core import (
    Canvas,
    ConfigurationError,
    Grid,
    Location,
    Media,
    Mode,
    Participants,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingNotFound,
    RecordingState,
    RemoteRecording,
    Selection,
    Spotlight,
    UnsupportedFeature,
    UnsupportedOperation,
)
from recorder_core.testing import connect

from asking import PEOPLE, ROOM, Caller, parted, running, sent, spec_of
from recorder_livekit.emulator.service import LivekitEmulator
from recorder_livekit.translate.adopted import adopted_egress
from recorder_livekit.wire.answers import EgressInfo

S3: dict[str, Any] = {"bucket": "theirs", "region": "eu-west-1", "access_key": "AK", "secret": "SK"}


def adopt(recorder: Recorder, egress_id: str) -> Recording:
    """The handle of an egress as it is listed."""
    now = recorder.provider.now()
    listed = recorder.list_remote(now - timedelta(hours=1), now + timedelta(hours=1))
    (remote,) = (one for one in listed if one.native["egress_id"] == egress_id)
    return recorder.adopt(remote)


def changes(service: LivekitEmulator) -> list[dict[str, Any]]:
    """What the page was told, change by change."""
    return [json.loads(entry.body["layout"]) for entry in service.journal if entry.operation == "UpdateLayout"]


def test_a_stranger_s_recording_tells_of_itself(recorder: Recorder, call: Caller, service: LivekitEmulator) -> None:
    """Room, mode, size, bucket and template, and no secret; a template of the vendor's keeps its layout."""
    info = call(
        "StartRoomCompositeEgress",
        room_name=ROOM,
        layout="grid-dark",
        preset="H264_1080P_30",
        file_outputs=[{"filepath": "theirs/a.mp4", "s3": S3}],
    )
    service.clock.advance(10)
    recording = adopt(recorder, info["egress_id"])
    assert (recording.room, recording.mode, recording.media) == (ROOM, Mode.COMPOSITE, Media.AUDIO_VIDEO)
    assert recording.canvas == Canvas(width=1920, height=1080)
    assert isinstance(recording.layout, Grid)
    assert recording.location == Location(kind="s3", bucket="theirs", region="eu-west-1", prefix="theirs")
    with pytest.raises(UnsupportedOperation):
        recorder.layout(recording, Spotlight("1001"))
    (file,) = recorder.stop(recording).files
    assert file.uri == "s3://theirs/theirs/a.mp4"


def test_a_recording_page_of_ours_is_changed(recorder: Recorder, service: LivekitEmulator) -> None:
    """What no change alters is known, such as the idle time-out; its people are those of the start."""
    chosen = Participants(audio=Selection(include=("1001",)), video=Selection(include=("1001",)))
    started = recorder.start(spec_of(idle_timeout=99, participants=chosen.model_dump(exclude_none=True)))
    service.clock.advance(10)
    with connect(service) as another:
        recording = adopt(another, started.native["egress_id"])
        assert recording.participants == chosen
        assert recording.native["page"] == started.native["page"]
        assert recording.native["template"] == started.native["template"]
        changed = another.layout(recording, Spotlight("1001"))
        assert changed.layout == Spotlight("1001")
    (body,) = changes(service)
    assert body["idle"] == 99
    assert body["video"] == {"include": ["1001"]}


def test_what_was_changed_since_is_not_taken_back_in_silence(
    recorder: Recorder, service: LivekitEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows the layout as it stands: a change of people alone is refused. What a new layout may undo is said."""
    started = recorder.start(spec_of(layout={"kind": "grid"}))
    service.clock.advance(10)
    recorder.layout(started, Spotlight("1001"))
    others = Participants(video=Selection(exclude=("1002",)))
    with connect(service) as another:
        recording = adopt(another, started.native["egress_id"])
        assert recording.layout is None
        assert "people are those of the start" in recording.notes[0]
        with pytest.raises(UnsupportedFeature, match="nobody knows it"):
            another.update_participants(recording, others)
        assert len(changes(service)) == 1
        caplog.clear()
        changed = another.layout(recording, Spotlight("1001"))
        assert [word for word in ("participants", "layout") if f"{word}: approximated" in caplog.text] == [
            "participants",
            "layout",
        ]
        caplog.clear()
        changed = another.update_participants(changed, others)
        another.layout(changed, Grid())
        assert caplog.text == ""
    *_, people, last = changes(service)
    assert people["video"] == last["video"] == {"exclude": ["1002"]}
    assert (people["kind"], last.get("kind", "grid")) == ("spotlight", "grid")


def test_the_sound_of_a_page_of_ours_has_no_layout_to_lose(recorder: Recorder, service: LivekitEmulator) -> None:
    """Whom it plays is chosen as before."""
    started = recorder.start(spec_of(media="audio"))
    service.clock.advance(10)
    with connect(service) as another:
        another.update_participants(
            adopt(another, started.native["egress_id"]), Participants(audio=Selection(include=("1001",)))
        )
    (body,) = changes(service)
    assert body["audio"] == {"include": ["1001"]}


def test_a_page_of_another_s_has_no_layout_that_is_known(recorder: Recorder, call: Caller) -> None:
    """Nobody knows what it shows, and it isn't changed."""
    info = call(
        "StartRoomCompositeEgress",
        room_name=ROOM,
        layout="lecture",
        custom_base_url="https://their.example/page",
        file_outputs=[{"filepath": "a.mp4"}],
    )
    recording = adopt(recorder, info["egress_id"])
    assert (recording.layout, recording.location) == (None, Location(kind="account"))
    with pytest.raises(UnsupportedOperation):
        recorder.layout(recording, Grid())


def test_pages_and_people(recorder: Recorder, call: Caller) -> None:
    """A page has no room that the vendor knows; a participant's files are the participant's."""
    page = call("StartWebEgress", url="https://class.example/room", file_outputs=[{"filepath": "a.mp4", "s3": S3}])
    recording = adopt(recorder, page["egress_id"])
    assert (recording.room, recording.mode) == ("", Mode.WEB)
    one = call(
        "StartParticipantEgress", room_name=ROOM, identity="1001", file_outputs=[{"filepath": "b.mp4", "s3": S3}]
    )
    recording = adopt(recorder, one["egress_id"])
    assert (recording.mode, recording.native["identity"]) == (Mode.INDIVIDUAL, "1001")


@pytest.mark.parametrize(
    ("output", "where"),
    [
        ({"s3": {"bucket": "b", "endpoint": "https://minio.example"}}, ("s3_compatible", "b", "https://minio.example")),
        ({"gcp": {"bucket": "b", "credentials": "{credentials}"}}, ("google_cloud_storage", "b", None)),
        ({"azure": {"containerName": "c", "accountName": "{account_name}"}}, ("azure_blob", "c", None)),
        ({"aliOSS": {"bucket": "b", "region": "oss-cn-hangzhou"}}, ("alibaba_oss", "b", None)),
        ({}, ("account", None, None)),
    ],
)
def test_where_the_files_go(output: dict[str, Any], where: tuple[str, str | None, str | None]) -> None:
    """By the upload of the request; the vendor takes an Azure account's name out, so that there is no address."""
    info = EgressInfo.model_validate(
        {"egressId": "EG_7", "web": {"segmentOutputs": [{"filenamePrefix": "x/", **output}]}}
    )
    location = adopted_egress(info).known["location"]
    assert (location.kind, location.bucket, location.endpoint) == where
    assert location.prefix == "x"
    if location.kind == "azure_blob":
        assert location.uri("x/a.m3u8") is None


def test_what_isnt_known_isnt_adopted(recorder: Recorder, service: LivekitEmulator) -> None:
    """An id of nobody's, and an egress that ended more than a day ago."""
    recording = recorder.start(spec_of())
    recorder.stop(recording)
    service.clock.advance(90_000)
    for egress_id in ("EG_nobodys", recording.native["egress_id"]):
        remote = RemoteRecording(provider="livekit", account=recording.account, native={"egress_id": egress_id})
        with connect(service) as another, pytest.raises(RecordingNotFound) as caught:
            another.adopt(remote)
        assert caught.value.hint


def test_a_callback_s_egress_is_adopted(recorder: Recorder, service: LivekitEmulator, call: Caller) -> None:
    """An egress that began by itself, with its room, is named by `egress_started`."""
    info = call("StartRoomCompositeEgress", room_name=ROOM, file_outputs=[{"filepath": "a.mp4", "s3": S3}])
    service.clock.advance(10)
    event = RecordingEvent(
        kind="started", provider="livekit", native={"egress_id": info["egress_id"]}, dedup_key="EV_1"
    )
    recording = recorder.adopt(event)
    assert recording.room == ROOM
    assert recorder.status(recording).state is RecordingState.RECORDING
    assert not recorder.stop(recording).state.running


def test_several_are_adopted_as_one(recorder: Recorder, service: LivekitEmulator) -> None:
    """As the library's own look at a recording in parts names them: its handle has all, and a stop ends all."""
    service.join(ROOM, "1002")
    started = recorder.start(parted(), confirm=True)
    with recorder.fleet([started], workers=0) as fleet:
        event = next(iter(fleet))
    with connect(service) as another:
        recording = another.adopt(event)
        assert recording.ids_under("egress_id") == started.ids_under("egress_id")
        assert (recording.native["identity"], recording.mode, recording.room) == (PEOPLE, Mode.INDIVIDUAL, ROOM)
        assert another.adopt(event) == recording
        assert another.status(recording).state is RecordingState.RECORDING
        done = another.stop(recording)
    assert ([file.participant for file in done.files], running(service)) == (list(PEOPLE), 0)


def test_several_of_different_kinds_are_not_one(recorder: Recorder, call: Caller, service: LivekitEmulator) -> None:
    """One person's twice, everybody's, another room's, or one that the vendor doesn't know."""
    outputs = [{"filepath": "b.mp4", "s3": S3}]
    first, twice = (
        call("StartParticipantEgress", room_name=ROOM, identity="1001", file_outputs=outputs)["egress_id"] for _ in "ab"
    )
    whole = call("StartRoomCompositeEgress", room_name=ROOM, file_outputs=outputs)["egress_id"]
    service.join("another", "1002")
    away = call("StartParticipantEgress", room_name="another", identity="1002", file_outputs=outputs)["egress_id"]
    wrong = {**dict.fromkeys((twice, whole, away), ConfigurationError), "EG_nobodys": RecordingNotFound}
    for others, error in wrong.items():
        remote = RemoteRecording(
            provider="livekit", account=recorder.provider.account, native={"egress_id": [first, others]}
        )
        with pytest.raises(error) as caught:
            recorder.adopt(remote)
        assert caught.value.hint
    assert sent(service, "ListEgress") == 8
    alone = RemoteRecording(provider="livekit", account=recorder.provider.account, native={"egress_id": [first]})
    assert recorder.adopt(alone).native["egress_id"] == first
