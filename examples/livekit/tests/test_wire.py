"""Every body is one of the vendor's published protobuf types, and every answer of the emulator is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from livekit.protocol import egress
from recorder_core import Custom, Grid, Mode, Participants, Recorder, Selection
from recorder_core.models.base import reveal
from recorder_core.probes import PROBES

from asking import PAGE, ROOM, Caller, plan_of, spec_of
from recorder_livekit.emulator.service import LivekitEmulator

REQUESTS: dict[str, Any] = {
    "StartRoomCompositeEgress": egress.RoomCompositeEgressRequest,
    "StartParticipantEgress": egress.ParticipantEgressRequest,
    "StartWebEgress": egress.WebEgressRequest,
    "UpdateLayout": egress.UpdateLayoutRequest,
    "UpdateStream": egress.UpdateStreamRequest,
    "ListEgress": egress.ListEgressRequest,
    "StopEgress": egress.StopEgressRequest,
}
ONE = {"audio": {"include": ["1001"]}, "video": {"include": ["1001"]}}


def made(**fields: Any) -> list[Any]:
    """The requests of a spec with and without the recording page."""
    return [request for page in (PAGE, None) for request in plan_of(page=page, **fields).requests]


def check(request: Any) -> Any:
    """The vendor's own reading of a planned request."""
    return ParseDict(reveal(request.payload), REQUESTS[request.operation]())


def test_every_request_that_any_spec_makes_is_the_vendor_s() -> None:
    """Whatever users ask, in each mode: the body parses as the published type, with no unknown name or wrong value."""
    seen = 0
    for probe in PROBES:
        if probe.operation or probe.is_apart:
            continue
        for mode in probe.modes:
            fields = probe.spec(mode).dump(reveal=True)
            if mode is Mode.INDIVIDUAL:
                fields.setdefault("participants", ONE)
            for request in made(**fields):
                check(request)
                seen += 1
    assert seen > 200


def test_every_field_of_a_start_means_what_it_says() -> None:
    """One request, read by the vendor's type: room, sizes, rates, outputs, upload, callbacks, streams."""
    (request, _) = made(
        video={"width": 640, "height": 360, "fps": 24, "bitrate_kbps": 700},
        audio={"sample_rate": 48000, "bitrate_kbps": 96},
        output={
            "formats": ["mp4", "hls"],
            "prefix": "lessons/2026",
            "segment_duration": 6,
            "snapshots": {"interval": 10},
        },
        push_urls=["rtmps://live.example/app/key"],
        callback_url="https://app.example/callbacks",
    )
    read = check(request)
    assert (read.room_name, read.custom_base_url) == (ROOM, PAGE)
    options = read.advanced
    assert (options.width, options.height, options.framerate, options.video_bitrate) == (640, 360, 24, 700)
    assert (options.audio_bitrate, options.audio_frequency) == (96, 48000)
    (file,), (segments,), (images,) = read.file_outputs, read.segment_outputs, read.image_outputs
    id = "0" * 32
    assert (file.filepath, file.file_type) == (f"lessons/2026/{id}.mp4", egress.EncodedFileType.MP4)
    assert (segments.playlist_name, segments.filename_prefix) == (f"lessons/2026/{id}.m3u8", f"lessons/2026/{id}")
    assert segments.segment_duration == 6
    assert (images.capture_interval, images.filename_prefix) == (10, f"lessons/2026/{id}")
    for output in (file, segments, images):
        upload = output.s3
        assert (upload.bucket, upload.region, upload.access_key) == ("lessons", "eu-west-1", "AK-of-the-tests")
        assert output.disable_manifest
    (stream,), (webhook,) = read.stream_outputs, read.webhooks
    assert (list(stream.urls), stream.protocol) == (["rtmps://live.example/app/key"], egress.StreamProtocol.RTMP)
    assert (webhook.url, webhook.signing_key) == ("https://app.example/callbacks", "APIexample")


def test_every_change_is_the_vendor_s(recorder: Recorder, service: LivekitEmulator) -> None:
    """What is sent while it records, and to end it, as the journal of the service has it."""
    recording = recorder.start(spec_of(), confirm=True)
    recording = recorder.layout(recording, Grid(windows=4))
    recording = recorder.update_participants(recording, Participants(audio=Selection(exclude=("9",))))
    recorder.stop(recording)
    sent = [(entry.operation, entry.body) for entry in service.journal]
    assert {operation for operation, _ in sent} >= {"UpdateLayout", "ListEgress", "StopEgress"}
    for operation, body in sent:
        ParseDict(body, REQUESTS[operation]())


@pytest.mark.parametrize("mode", list(Mode))
def test_every_answer_of_the_emulator_is_the_vendor_s(mode: Mode, recorder: Recorder, service: LivekitEmulator) -> None:
    """`EgressInfo` and its list in every state, of every kind of egress, parse as the published types."""
    fields: dict[str, Any] = {"mode": mode.value, "output": {"formats": ["mp4", "hls"], "snapshots": {"interval": 5}}}
    if mode is Mode.INDIVIDUAL:
        fields["participants"] = ONE
    if mode is Mode.WEB:
        fields["web_page"] = {"url": "https://class.example/room"}
    recording = recorder.start(spec_of(**fields), confirm=True)
    service.clock.advance(30)
    recorder.stop(recording)
    states = set()
    for entry in service.journal:
        answer = json.loads(json.dumps(entry.answer))
        if entry.operation == "ListEgress":
            read = ParseDict(answer, egress.ListEgressResponse())
            states |= {info.status for info in read.items}
        else:
            states.add(ParseDict(answer, egress.EgressInfo()).status)
    status = egress.EgressStatus
    assert states >= {status.EGRESS_STARTING, status.EGRESS_ACTIVE, status.EGRESS_ENDING, status.EGRESS_COMPLETE}


def test_an_answer_shows_no_secret(call: Caller) -> None:
    """The emulator shows a request again as the vendor does, with its secrets taken out."""
    upload = {"access_key": "AK-shown", "secret": "SK-shown", "session_token": "T-shown", "bucket": "b"}
    told = call(
        "StartRoomCompositeEgress",
        room_name=ROOM,
        file_outputs=[{"filepath": "a.mp4", "s3": upload}],
        stream_outputs=[{"protocol": "RTMP", "urls": ["rtmp://live.example/app/stream-key"]}],
    )
    listed = call("ListEgress", egress_id=told["egress_id"])
    ParseDict(listed, egress.ListEgressResponse())
    text = json.dumps([told, listed])
    assert not [secret for secret in ("AK-shown", "SK-shown", "T-shown", "stream-key") if secret in text]
    assert "{access_key}" in text
    assert told["stream_results"][0]["status"] == "ACTIVE"


def test_layouts_fit_into_a_participant_s_metadata(recorder: Recorder, service: LivekitEmulator) -> None:
    """A layout longer than the server takes is refused before anything is sent."""
    recording = recorder.start(spec_of(), confirm=True)
    region = {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0}
    regions = [{**region, "participant": f"somebody-with-a-long-name-{number:06}"} for number in range(6000)]
    service.journal.clear()
    with pytest.raises(Exception, match="more than the server takes"):
        recorder.layout(recording, Custom.model_validate({"regions": regions}))
    assert len(service.journal) == 0
