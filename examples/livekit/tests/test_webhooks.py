"""Callbacks: signed as the vendor signs them, and told in neutral words."""

from __future__ import annotations

import http.server
import json
import threading
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from livekit.api import AccessToken, TokenVerifier, WebhookReceiver
from livekit.protocol.webhook import WebhookEvent
from recorder_core import (
    Ending,
    EventKind,
    FileStatus,
    Recorder,
    RecordingEvent,
    RecordingState,
    WebhookRejected,
    WebhookRequest,
)

from asking import ROOM, callback, spec_of
from recorder_livekit.emulator.service import LivekitEmulator
from recorder_livekit.signing import digest_of, token

FILE = {"filename": "lessons/abc.mp4", "startedAt": "1700000000000000000", "duration": "5000000000"}


def told(recorder: Recorder, service: LivekitEmulator, event: str, **info: Any) -> RecordingEvent:
    """The event of a callback about an egress."""
    request = callback(service, event, {"egressId": "EG_1", "roomName": ROOM, **info})
    (event_told,) = recorder.provider.parse_webhook(request)
    return event_told


@pytest.mark.parametrize(
    ("event", "info", "kind", "state"),
    [
        ("egress_started", {"status": "EGRESS_STARTING"}, EventKind.STARTED, RecordingState.STARTING),
        ("egress_started", {}, EventKind.STARTED, RecordingState.STARTING),
        ("egress_updated", {"status": "EGRESS_ACTIVE"}, EventKind.RECORDING, RecordingState.RECORDING),
        ("egress_updated", {"status": 1}, EventKind.RECORDING, RecordingState.RECORDING),
        (
            "egress_updated",
            {"status": "EGRESS_ACTIVE", "streamResults": [{"status": "FAILED", "error": "gone"}]},
            EventKind.PUSH_CHANGED,
            RecordingState.RECORDING,
        ),
        ("egress_updated", {"status": "EGRESS_ENDING"}, EventKind.STOPPED, RecordingState.STOPPING),
        (
            "egress_ended",
            {"status": "EGRESS_COMPLETE", "fileResults": [{**FILE, "location": "https://x.example/abc.mp4"}]},
            EventKind.UPLOADED,
            RecordingState.COMPLETED,
        ),
        (
            "egress_ended",
            {
                "status": "EGRESS_COMPLETE",
                "backupStorageUsed": True,
                "fileResults": [{**FILE, "location": "https://x.example/abc.mp4"}],
            },
            EventKind.BACKED_UP,
            RecordingState.COMPLETED,
        ),
        (
            "egress_ended",
            {"status": "EGRESS_FAILED", "error": "S3 upload failed: AccessDenied", "fileResults": [FILE]},
            EventKind.UPLOAD_FAILED,
            RecordingState.FAILED,
        ),
        ("egress_ended", {"status": "EGRESS_FAILED", "error": "CPU"}, EventKind.ERROR, RecordingState.FAILED),
        (
            "egress_ended",
            {"status": "EGRESS_ABORTED", "error": "Start signal not received"},
            EventKind.ENDED,
            RecordingState.COMPLETED,
        ),
        ("egress_paused", {"status": "EGRESS_ACTIVE"}, EventKind.UNKNOWN, None),
        ("egress_updated", {"status": "EGRESS_NEW"}, EventKind.STATUS, None),
    ],
)
def test_events_have_neutral_words(
    recorder: Recorder, service: LivekitEmulator, event: str, info: dict[str, Any], kind: EventKind, state: Any
) -> None:
    """What each event of an egress says, numbers in place of names and fields left out included."""
    found = told(recorder, service, event, **info)
    assert (found.kind, found.state, found.native["egress_id"], found.room) == (kind, state, "EG_1", ROOM)
    assert found.dedup_key == "EV_1"
    assert found.reason or kind not in (EventKind.UNKNOWN, EventKind.PUSH_CHANGED, EventKind.ERROR)


def test_an_end_says_what_ended_it(recorder: Recorder, service: LivekitEmulator) -> None:
    """By the details of the vendor."""
    ends = {
        "End reason: StopEgress API": Ending.STOPPED,
        "End reason: Source closed": None,
        "End reason: CPU exhausted": Ending.FAULT,
    }
    for details, ending in ends.items():
        found = told(recorder, service, "egress_ended", status="EGRESS_COMPLETE", details=details)
        assert found.ending == ending
    limit = told(recorder, service, "egress_ended", status="EGRESS_LIMIT_REACHED", error="Session limit reached")
    assert (limit.ending, limit.fault) == (Ending.LIMIT, None)


def test_a_handle_tells_where_the_files_lie(recorder: Recorder, service: LivekitEmulator) -> None:
    """`located` adds bucket and owner to what the callback names."""
    recording = recorder.start(spec_of(), confirm=True)
    file = {**FILE, "location": "https://x.example/abc.mp4", "size": "12"}
    found = told(recorder, service, "egress_ended", status="EGRESS_COMPLETE", fileResults=[file])
    assert [one.uri for one in found.files] == [None]
    (known,) = recorder.provider.located(found, recording).files
    assert (known.uri, known.size_bytes, known.duration_s) == ("s3://lessons/lessons/abc.mp4", 12, 5.0)
    assert known.status is FileStatus.UPLOADED


def test_what_happens_in_rooms_is_no_event(recorder: Recorder, service: LivekitEmulator) -> None:
    """The same address gets it: it is true, and tells of no recording."""
    request = callback(service, "participant_joined", None, participant={"identity": "1001"})
    assert recorder.provider.parse_webhook(request) == []
    assert type(recorder.provider).recognises_webhook(request)


def test_the_vendor_s_receiver_takes_what_the_emulator_sends(service: LivekitEmulator) -> None:
    """Token and body of a callback pass the vendor's own check, and the body is its published type."""
    request = callback(service, "egress_ended", {"egressId": "EG_1", "status": "EGRESS_COMPLETE"})
    receiver = WebhookReceiver(TokenVerifier(service.api_key, service.api_secret))
    event = receiver.receive(request.body.decode(), request.headers["Authorization"])
    assert (event.event, event.egress_info.egress_id) == ("egress_ended", "EG_1")


def test_the_vendor_s_tokens_are_taken(recorder: Recorder, service: LivekitEmulator) -> None:
    """A callback that the vendor's own library signs, `Bearer` before it or not."""
    body = json.dumps({"event": "room_started", "id": "EV_9", "createdAt": "1"}).encode()
    signed = AccessToken(service.api_key, service.api_secret).with_sha256(digest_of(body)).to_jwt()
    for header in (signed, f"Bearer {signed}"):
        request = WebhookRequest("POST", "/", {"authorization": header}, body)
        assert recorder.provider.parse_webhook(request) == []


def test_our_tokens_are_the_vendor_s(service: LivekitEmulator) -> None:
    """What signs our calls passes the vendor's own check, with the grant that it needs."""
    claims = {"iss": service.api_key, "exp": int(service.clock.wall()) + 60, "video": {"roomRecord": True}}
    grants = TokenVerifier(service.api_key, service.api_secret).verify(token(claims, service.api_secret))
    assert grants.video is not None
    assert grants.video.room_record is True


def forged(service: LivekitEmulator) -> list[tuple[str, WebhookRequest]]:
    """Callbacks that aren't true, each with what is said of it."""
    good = callback(service, "egress_ended", {"egressId": "EG_1", "status": "EGRESS_COMPLETE"})
    signed, now = good.headers["Authorization"], int(service.clock.time())
    digest = {"iss": service.api_key, "sha256": digest_of(good.body)}
    secret = service.api_secret

    def with_token(given: str | None, body: bytes = good.body) -> WebhookRequest:
        return WebhookRequest("POST", "/", {} if given is None else {"Authorization": given}, body)

    unsigned = token(digest | {"exp": now + 300}, secret).replace(signed[:10], "eyJhbGciOi", 1)
    return [
        ("is missing", with_token(None)),
        ("three parts", with_token("nonsense")),
        ("doesn't fit its", with_token(signed, good.body + b" ")),
        ("another secret", with_token(token(digest | {"exp": now + 300}, "another"))),
        ("doesn't fit its", with_token(token({"iss": service.api_key, "exp": now + 300}, secret))),
        ("no longer good", with_token(token(digest | {"exp": now - 61}, secret))),
        ("no longer good", with_token(token(digest, secret))),
        ("ago", with_token(token(digest | {"exp": now + 300, "nbf": now - 301}, secret))),
        ("Base64", with_token(f"é{unsigned}")),
    ]


def test_what_is_forged_or_stale_is_rejected(recorder: Recorder, service: LivekitEmulator) -> None:
    """By its token: missing, malformed, of another secret or body, too old; each says which."""
    for what, request in forged(service):
        with pytest.raises(WebhookRejected, match=what) as caught:
            recorder.provider.parse_webhook(request)
        assert caught.value.response_status == 403
        assert service.api_secret not in str(caught.value)


def test_a_token_without_a_signature_is_none(recorder: Recorder, service: LivekitEmulator) -> None:
    """`alg: none` proves nothing."""
    body = b"{}"
    claims = {"sha256": digest_of(body), "exp": int(service.clock.time()) + 60}
    _, payload, _ = token(claims, "any").split(".")
    request = WebhookRequest("POST", "/", {"Authorization": f"eyJhbGciOiJub25lIn0.{payload}."}, body)
    with pytest.raises(WebhookRejected, match="HS256"):
        recorder.provider.parse_webhook(request)


def test_events_show_no_secret(recorder: Recorder, service: LivekitEmulator) -> None:
    """The vendor takes secrets out; what it left in would be masked."""
    request = {"fileOutputs": [{"s3": {"secret": "SK-left-in", "accessKey": "AK-left-in"}}]}
    streams = [{"url": "rtmp://live.example/app/{ab...yz}", "status": "ACTIVE"}]
    found = told(
        recorder, service, "egress_updated", status="EGRESS_ACTIVE", roomComposite=request, streamResults=streams
    )
    text = found.model_dump_json()
    assert not [secret for secret in ("SK-left-in", "AK-left-in", "ab...yz") if secret in text]


def test_a_whole_recording_is_told(recorder: Recorder, service: LivekitEmulator) -> None:
    """From the emulator, by real HTTP, to whoever listens; each body is the vendor's published type."""
    received: list[WebhookRequest] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(WebhookRequest("POST", self.path, dict(self.headers.items()), body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Write nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/callbacks"
        recording = recorder.start(spec_of(callback_url=url), confirm=True)
        service.clock.advance(5)
        recorder.stop(recording)
        service.clock.advance(5)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    events = [event for request in received for event in recorder.provider.parse_webhook(request)]
    assert [event.kind for event in events] == [
        EventKind.STARTED,
        EventKind.RECORDING,
        EventKind.STOPPED,
        EventKind.UPLOADED,
    ]
    assert len({event.dedup_key for event in events}) == 4
    for request in received:
        assert Parse(request.body, WebhookEvent()).egress_info.egress_id == recording.native["egress_id"]
