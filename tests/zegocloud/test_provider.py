"""The provider's flow of calls, against the emulated service over real HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recorder_core import (
    S3,
    AuthenticationError,
    ConfigurationError,
    Custom,
    Grid,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RecorderError,
    RecordingConflict,
    RecordingFailed,
    RecordingNotFound,
    RecordingSpec,
    RecordingState,
    Region,
    Spotlight,
    UnexpectedResponse,
    UnsupportedFeature,
)
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.testing import connect, emulate
from recorder_zegocloud.emulator.service import ZegocloudEmulator
from recorder_zegocloud.signing import signature

STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}


def spec(**changes: Any) -> RecordingSpec:
    return RecordingSpec.load({"room": "lesson-42", "storage": STORAGE, **changes})


@pytest.fixture
def service():
    with emulate("zegocloud", media=False) as running:
        running.join("lesson-42", "1001")
        yield running


@pytest.fixture
def recorder(service):
    with connect(service) as connected:
        yield connected


def operations(service) -> list[str]:
    return [entry.operation for entry in service.journal]


@pytest.mark.parametrize(
    ("app_id", "nonce", "secret", "timestamp", "expected"),
    [
        (
            1234567890,
            "0123456789abcdef",
            "00112233445566778899aabbccddeeff",
            1767225600,
            "e459994ecbeff12dbe36465ba5a07883",
        ),
        (42, "deadbeefcafef00d", "7f4df1a2b3c4d5e6f708192a3b4c5d6e", 1785542400, "990e8a6618614316c2c39df9e5762de8"),
        (12345, "4fd24687296dd9f3", "9193cc662a4c0ec135ec71fb57194b38", 1615186943, "43e5cfcca828314675f91b001390566a"),
    ],
)
def test_signature_vectors(app_id: int, nonce: str, secret: str, timestamp: int, expected: str) -> None:
    """The vendor's published sample and two worked vectors."""
    assert signature(app_id, nonce, secret, timestamp) == expected


def test_start_sends_the_recordings_id_as_client_task_id(service, recorder) -> None:
    """ClientTaskId is the recording's id; the handle keeps what later calls need, and the task's host."""
    recording = recorder.start(spec())
    assert operations(service) == ["StartRecord"]
    assert service.journal[0].body["RecordInputParams"]["ClientTaskId"] == recording.id
    assert recording.native["TaskId"] == service.recordings[0].ids["TaskId"]
    assert recording.base_url == service.base_url
    assert recording.controllable_until - recording.started_at == timedelta(days=3)


def test_every_attempt_is_signed_anew(service, recorder) -> None:
    """A repeat carries a fresh nonce; no signature reaches the journal."""
    service.fail_next("StartRecord", "500")
    recorder.start(spec())
    nonces = [entry.query["SignatureNonce"] for entry in service.journal]
    assert len(set(nonces)) == len(nonces) == 2
    assert all(len(nonce) == 16 for nonce in nonces)
    assert {entry.query["Signature"] for entry in service.journal} == {"**********"}


def test_a_lost_answer_is_found_again_by_the_client_task_id(service, recorder) -> None:
    """The start ran and its answer was lost; the repeat returns the task that runs."""
    service.fail_next("StartRecord", "drop")
    recording = recorder.start(spec())
    assert operations(service) == ["StartRecord", "StartRecord"]
    assert len(service.recordings) == 1
    assert recording.native["TaskId"] == service.recordings[0].ids["TaskId"]


def test_the_same_key_returns_the_task_that_runs(service, recorder) -> None:
    """The same key gives the same ClientTaskId, hence the same task."""
    first = recorder.start(spec(), key="lesson-42-morning")
    second = recorder.start(spec(), key="lesson-42-morning")
    assert first.id == second.id
    assert first.native["TaskId"] == second.native["TaskId"]
    assert len(service.recordings) == 1


def test_a_key_counts_for_the_room_that_was_sent(service, recorder) -> None:
    """An `extra_body` may name another room: the task is the one that was asked for, and runs."""
    fields = {"options": {"zegocloud": {"extra_body": {"RoomId": "elsewhere"}}}}
    first = recorder.start(spec(**fields), key="lesson-42")
    assert recorder.start(spec(**fields), key="lesson-42").native["TaskId"] == first.native["TaskId"]
    with pytest.raises(RecordingConflict, match="elsewhere"):
        recorder.start(spec(), key="lesson-42")
    assert len(service.recordings) == 1


class Speechless(ZegocloudEmulator):
    """Accepts a look at a task and says nothing of it."""

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        """The vendor's schema requires nothing of an answer."""
        if self.operation(request) == "DescribeRecordStatus":
            return EmulatedResponse(200, {"Code": 0, "Message": "", "Data": None})
        return super().handle(request)


def test_a_look_that_tells_nothing_leaves_the_handle() -> None:
    """A task that was started by a key is known by its TaskId, whatever DescribeRecordStatus says of it."""
    with Speechless(media=False) as service, connect(service) as recorder:
        recording = recorder.start(spec(), key="lesson-42")
        assert recording.native["TaskId"] == service.recordings[0].ids["TaskId"]
        assert recorder.status(recording).state is RecordingState.UNREACHABLE


def test_a_task_keeps_its_host(service, recorder) -> None:
    """Later calls go to the host that started the task, and a forged handle's host is never asked."""
    recording = recorder.start(spec())
    with connect(service, base_urls=("http://127.0.0.1:9", service.base_url)) as another:
        assert another.status(recording).state is RecordingState.STARTING
    forged = recording.model_copy(update={"base_url": "http://127.0.0.1:9"})
    with pytest.raises(ConfigurationError):
        recorder.status(forged)


def test_a_start_that_dies_is_reported_with_its_likely_causes(service, recorder) -> None:
    """Accepted, then ended abnormally without a file: `wait` raises and names what to check.

    It was too early for the idle time-out, so that the vendor's recorder is likelier than an empty room.
    """
    service.fail_next("StartRecord", "die")
    recording = recorder.start(spec())
    with pytest.raises(RecordingFailed) as caught:
        recorder.wait(recording)
    assert caught.value.causes[0].startswith("vendor")


def test_wait_returns_when_it_records(service, recorder) -> None:
    """Status 2 is `recording`."""
    recording = recorder.start(spec())
    assert recorder.wait(recording).state is RecordingState.RECORDING


def test_a_layout_change_uses_the_canvas_of_the_handle(service, recorder) -> None:
    """UpdateLayout carries no canvas, so corners are computed from the one that the handle remembers."""
    recording = recorder.start(spec(video={"width": 640, "height": 360}, layout={"kind": "grid"}))
    changed = recorder.layout(
        recording,
        Custom(
            regions=(
                Region(participant="1001", x=0, y=0, width=1 / 3, height=1),
                Region(participant="1002", x=1 / 3, y=0, width=1 / 3, height=1),
                Region(x=2 / 3, y=0, width=1 / 3, height=0.5),
            )
        ),
    )
    windows = service.journal[-1].body["MixInputList"]
    assert [(w["Left"], w["Right"]) for w in windows] == [(0, 213), (213, 427), (427, 640)]
    assert [w.get("StreamId") for w in windows] == ["1001", "1002", None]
    assert changed.revision == 1
    assert changed.layout.kind == "custom"


def test_a_background_cannot_change_while_recording(service, recorder) -> None:
    """What UpdateLayout has no field for is refused before anything is sent; the same background isn't."""
    recording = recorder.start(spec(layout={"kind": "grid", "background": {"color": "#102030"}}))
    sent = len(service.journal)
    with pytest.raises(UnsupportedFeature) as caught:
        recorder.layout(recording, Grid(background={"color": "#ffffff"}))
    assert [finding.path for finding in caught.value.findings] == ["layout.background.color"]
    assert len(service.journal) == sent
    assert recorder.layout(recording, Spotlight("1001")).layout.background.color == "#102030"
    assert service.journal[-1].body["MixMode"] == 4
    assert service.journal[-1].body["MixMaxResolutionStreamId"] == "1001"


def test_a_background_that_was_dropped_is_not_believed(service) -> None:
    """Under `warn` the change goes out without the background, and the handle keeps the one that is shown."""
    with connect(service, on_unsupported="warn") as recorder:
        recording = recorder.start(spec(layout={"kind": "grid", "background": {"color": "#102030"}}))
        changed = recorder.layout(recording, Spotlight("1001", background={"color": "#ffffff"}))
    assert changed.layout.background.color == "#102030"
    assert changed.dropped == ("layout.background.color",)


def test_a_placeholder_that_was_dropped_is_not_believed(service) -> None:
    """The handle keeps the image that shows, so that asking again is found again, and asking for that one isn't."""
    old, new = ({"*": {"url": f"https://e.com/{name}.jpg"}} for name in ("old", "new"))
    with connect(service, on_unsupported="warn") as recorder:
        recording = recorder.start(spec(layout={"kind": "grid", "placeholders": old}))
        for asked in (new, {}):
            recording = recorder.layout(recording, Grid(placeholders=asked))
            assert recording.layout == Grid(background={"color": "#000000"}, placeholders=old)
            assert recording.dropped == ("layout.placeholders.*",)
    with connect(service) as recorder:
        with pytest.raises(UnsupportedFeature):
            recorder.layout(recording, Grid(placeholders=new))
        assert recorder.layout(recording, Grid(placeholders=old)).layout.placeholders["*"].url.endswith("old.jpg")


def test_another_fill_needs_a_custom_layout_while_recording(service, recorder) -> None:
    """FillMode of the presets can't be updated, so a preset with another fit is sent as windows of its own."""
    recording = recorder.start(spec())
    recorder.layout(recording, Grid(fit="contain", windows=4))
    body = service.journal[-1].body
    assert body["MixMode"] == 1
    assert [window["FillMode"] for window in body["MixInputList"]] == [2, 2, 2, 2]


def test_streams_are_named_by_the_template(service) -> None:
    """`options.zegocloud.stream_id` names the streams at start and at every later change."""
    with emulate("zegocloud", media=False, stream_ids="{room}_{participant}_main") as named:
        named.join("lesson-42", "1001")
        with connect(named) as recorder:
            recording = recorder.start(spec(options={"zegocloud": {"stream_id": "{room}_{participant}_main"}}))
            recorder.layout(recording, Spotlight("1001"))
            assert named.journal[-1].body["MixMaxResolutionStreamId"] == "lesson-42_1001_main"


def test_stop_waits_for_the_files_and_a_second_stop_knows_them(service, recorder) -> None:
    """StopRecord only begins the uploads; the outcome has the settled files, the second stop asks nothing."""
    recording = recorder.start(spec(output={"formats": ["mp4"], "prefix": "lessons/2026"}))
    service.clock.advance(40)
    outcome = recorder.stop(recording)
    assert outcome.state is RecordingState.COMPLETED
    (file,) = outcome.files
    assert (file.format, file.status) == ("mp4", "uploaded")
    assert file.key == f"lessons/2026/{file.name}"
    assert file.uri == f"s3://lessons/{file.key}"
    sent = len(service.journal)
    assert recorder.stop(recording) == outcome
    assert len(service.journal) == sent


def test_stop_without_waiting_says_what_is_known(service, recorder) -> None:
    """`wait=False` stops and looks once."""
    recording = recorder.start(spec())
    service.clock.advance(40)
    outcome = recorder.stop(recording, wait=False)
    assert outcome.state is RecordingState.UPLOADING
    assert recorder.wait(recording, until="completed").state is RecordingState.COMPLETED


def test_stopping_what_has_ended_by_itself_is_no_error(service, recorder) -> None:
    """Code 300001001 on stop: it had ended, and its files are known."""
    recording = recorder.start(spec(idle_timeout=30))
    service.clock.advance(20)
    service.leave("lesson-42", "1001")
    service.clock.advance(60)
    outcome = recorder.stop(recording)
    assert outcome.state is RecordingState.COMPLETED
    assert len(outcome.files) == 1


def test_nothing_recorded_is_an_outcome(service, recorder) -> None:
    """No publisher: completed without files, and it says why."""
    recording = recorder.start(spec(room="empty"))
    service.clock.advance(20)
    outcome = recorder.stop(recording)
    assert (outcome.state, outcome.files) == (RecordingState.COMPLETED, ())
    assert "nothing was recorded" in outcome.reason


def test_a_refusing_bucket_shows_as_a_backup_with_its_end() -> None:
    """File status 4: the destination's fault, and the backup ends after three days."""
    with emulate("zegocloud", media=False, buckets={"another"}) as service, connect(service) as recorder:
        service.join("lesson-42", "1001")
        recording = recorder.start(spec())
        service.clock.advance(30)
        outcome = recorder.stop(recording)
        assert (outcome.state, outcome.fault) == (RecordingState.COMPLETED, "destination")
        (file,) = outcome.files
        assert file.status == "backup"
        assert file.uri is None
        assert file.available_until - outcome.ended_at == timedelta(days=3)


def test_a_lost_file_is_a_failure_of_the_destination() -> None:
    """File status 5: neither bucket nor backup has it."""
    with emulate("zegocloud", media=False, buckets={"another"}, backup=False) as service:
        service.join("lesson-42", "1001")
        with connect(service) as recorder:
            recording = recorder.start(spec())
            service.clock.advance(30)
            outcome = recorder.stop(recording)
    assert (outcome.state, outcome.fault) == (RecordingState.FAILED, "destination")
    assert outcome.files[0].status == "lost"


def test_after_three_days_a_task_is_gone(service, recorder) -> None:
    """Code 300001000: `gone` for status and stop alike, never an error."""
    recording = recorder.start(spec())
    service.clock.advance(4 * 86_400)
    assert recorder.status(recording).state is RecordingState.GONE
    assert recorder.stop(recording).state is RecordingState.GONE


def test_changing_the_layout_of_an_ended_recording_says_that_it_ended(service, recorder) -> None:
    """UpdateLayout after the end is RecordingEnded, with a hint."""
    recording = recorder.start(spec())
    service.clock.advance(30)
    recorder.stop(recording)
    with pytest.raises(RecordingNotFound) as caught:
        recorder.layout(recording, Grid())
    assert "completed" in caught.value.message
    with connect(service) as another, pytest.raises(RecordingNotFound) as caught:
        another.layout(recording, Grid())
    assert caught.value.vendor_code == 300001001
    assert caught.value.hint


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (100000004, AuthenticationError),
        (100000005, AuthenticationError),
        (100000010, AuthenticationError),
        (300000002, PermissionDenied),
        (300000004, RecorderError),
        (300000006, QuotaExceeded),
    ],
)
def test_refusals_carry_code_meaning_and_hint(service, recorder, code: int, error: type[Exception]) -> None:
    """A vendor's refusal is the right class, with its code, a request id and what to check."""
    service.fail_next("StartRecord", f"code:{code}", times=5)
    with pytest.raises(error) as caught:
        recorder.start(spec())
    assert caught.value.vendor_code == code
    assert caught.value.hint
    assert caught.value.request_id
    assert caught.value.intent is not None


def test_too_many_calls_wait_their_turn_and_then_say_so(service, recorder) -> None:
    """Code 300000003 is repeated after a pause; a vendor that keeps refusing ends in RateLimited."""
    recording = recorder.start(spec())
    service.fail_next("DescribeRecordStatus", "429", times=2)
    assert recorder.status(recording).state is RecordingState.RECORDING
    service.fail_next("DescribeRecordStatus", "429", times=10)
    with pytest.raises(RateLimited):
        recorder.status(recording)


def test_an_answer_that_is_no_envelope_is_an_error_of_ours(service, recorder) -> None:
    """HTML with status 200 is UnexpectedResponse for a look; the status is kept."""
    recording = recorder.start(spec())
    service.fail_next("DescribeRecordStatus", "not-json", times=10)
    with pytest.raises(UnexpectedResponse) as caught:
        recorder.status(recording)
    assert caught.value.http_status == 200


def test_a_server_secret_of_the_wrong_length_is_refused_offline(service) -> None:
    """An AppSign in its place is noticed by its length; its value isn't shown."""
    app_sign = "ab" * 32
    with pytest.raises(ConfigurationError, match="64 characters") as caught:
        connect(service, server_secret=app_sign)
    assert app_sign not in repr(caught.value) + str(caught.value)
    assert not list(service.journal)


def test_everything_that_composite_can_carry_is_accepted_by_the_strict_service(service, recorder) -> None:
    """A spec that uses every knob is taken by the service that refuses unknown keys and wrong values."""
    whole = RecordingSpec(
        room="lesson-42",
        participants={"audio": {"include": ["1001", "1002"]}, "video": {"exclude": ["1002"]}},
        layout=Custom(
            background={"color": "#101820", "image": {"url": "https://cdn.example/board.jpg"}},
            placeholders={"*": {"url": "https://cdn.example/off.jpg"}, "1001": {"url": "https://cdn.example/1001.jpg"}},
            regions=(
                Region(participant="1001", x=0, y=0, width=0.75, height=1, fit="contain", z=2),
                Region(participant="1001", content="screen", x=0.5, y=0, width=0.25, height=0.5, z=3),
                Region(content="whiteboard", x=0.75, y=0.5, width=0.25, height=0.5),
                Region(x=0.75, y=0, width=0.25, height=0.5),
            ),
        ),
        video={"width": 1280, "height": 720, "fps": 24, "bitrate_kbps": 2000},
        audio={"bitrate_kbps": 96},
        output={"formats": ["hls"], "prefix": "lessons/2026", "segment_duration": 6},
        idle_timeout=120,
        max_duration=7200,
        storage=S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK"),
        whiteboard={"id": "wb-7", "aspect": "16:9", "background": "#ffffff", "animation_fps": 10},
        watermarks=(
            {"kind": "image", "url": "https://cdn.example/logo.png", "x": 0.8, "y": 0.05, "width": 0.15, "height": 0.1},
            {"kind": "clock", "font_size": 20},
        ),
        callback_url="https://example.com/callbacks",
        options={
            "zegocloud": {
                "screen_stream_id": "{participant}_screen",
                "mix_output_stream_id": "mix-42",
                "always_mix": True,
                "input_timeout_ms": 500,
                "sound_wave": "user",
                "short_fragment_path": False,
            }
        },
    )
    recording = recorder.start(whole)
    assert recording.native["MixOutputStreamId"] == "mix-42"
    assert {finding.verdict for finding in recorder.plan(whole).findings} <= {"approximated"}
