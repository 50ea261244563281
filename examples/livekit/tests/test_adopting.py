"""Egresses that another program began are taken over: what their request tells of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from recorder_core import (
    Canvas,
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
    UnsupportedOperation,
)
from recorder_core.testing import connect

from asking import ROOM, Caller, spec_of
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


def test_a_recording_page_of_ours_is_changed_as_before(
    recorder: Recorder, call: Caller, service: LivekitEmulator
) -> None:
    """What the page was told at the start is known: idle time-out, people, placeholders; a change keeps it."""
    chosen = Participants(audio=Selection(include=("1001",)), video=Selection(include=("1001",)))
    placeholders = {"*": {"url": "https://example.com/off.png"}}
    started = recorder.start(
        spec_of(
            idle_timeout=99,
            participants=chosen.model_dump(exclude_none=True),
            layout={"kind": "grid", "placeholders": placeholders},
        )
    )
    service.clock.advance(10)
    with connect(service) as another:
        recording = adopt(another, started.native["egress_id"])
        assert recording.participants == chosen
        assert recording.native["page"] == started.native["page"]
        assert recording.native["template"] == started.native["template"]
        changed = another.layout(recording, Spotlight("1001"))
        assert changed.layout.placeholders.keys() == {"*"}  # type: ignore[union-attr]
    (body,) = (entry.body for entry in service.journal if entry.operation == "UpdateLayout")
    assert '"idle":99' in body["layout"]
    assert '"include":["1001"]' in body["layout"]


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
