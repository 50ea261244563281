"""The provider's flow of calls, against the emulated service over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from recorder_core import (
    S3,
    AuthenticationError,
    ConfigurationError,
    Custom,
    Grid,
    QuotaExceeded,
    RateLimited,
    RecordingConflict,
    RecordingEnded,
    RecordingFailed,
    RecordingNotFound,
    RecordingSpec,
    RecordingState,
    Region,
    ServiceUnavailable,
    Spotlight,
    StartOutcomeUnknown,
)
from recorder_core.testing import connect, emulate

STORAGE = {
    "kind": "s3",
    "bucket": "lessons",
    "region": "eu-west-1",
    "access_key": "AK-1",
    "secret_key": "SK-1",
}


def spec(**changes: Any) -> RecordingSpec:
    return RecordingSpec.load({"room": "lesson-42", "storage": STORAGE, **changes})


@pytest.fixture
def service():
    with emulate("agora", media=False) as running:
        running.join("lesson-42", "1001")
        yield running


@pytest.fixture
def recorder(service):
    with connect(service) as connected:
        yield connected


def operations(service) -> list[str]:
    return [entry.operation for entry in service.journal]


def test_start_acquires_and_starts_as_a_pair(service, recorder) -> None:
    """One acquire, then one start with its resource id; the handle keeps what later calls need."""
    recording = recorder.start(spec())
    assert operations(service) == ["acquire", "start"]
    assert set(recording.native) >= {"cname", "uid", "resourceId", "sid", "mode"}
    assert recording.native["mode"] == "mix"
    assert recording.native["resourceId"] in service.journal[1].path


def test_the_recorders_uid_is_derived_in_its_range_and_never_a_named_one(service) -> None:
    """The same recording id gives the same uid, inside the configured range, and none that the spec names."""
    with connect(service, recorder_uid_range=(700, 702)) as recorder:
        named = spec(
            participants={"audio": {"include": ["700", "702"]}, "video": {"include": ["700"]}},
        )
        for key in ("a", "b", "c", "d"):
            service.rooms["lesson-42"]
            recording = recorder.start(named.model_copy(update={"room": f"room-{key}"}), key=key)
            assert recording.native["uid"] == "701"


def test_token_factory_makes_the_token_of_the_recorders_uid() -> None:
    """The factory is called with room and uid, and the vendor accepts what it makes."""
    asked = []

    def factory(room: str, uid: str) -> str:
        asked.append((room, uid))
        return "007-valid"

    with emulate("agora", media=False, tokens={"007-valid"}) as service:
        service.join("lesson-42", "1001")
        with connect(service, token_factory=factory) as recorder:
            recording = recorder.start(spec())
            assert recorder.wait(recording).state is RecordingState.RECORDING
        assert asked == [("lesson-42", recording.native["uid"])]
        assert "007-valid" not in str(list(service.journal))


def test_a_start_that_failed_is_repeated_with_the_same_resource(service, recorder) -> None:
    """HTTP 500 is repeated with the same resource id; no second acquire, one recording."""
    service.fail_next("start", "500", times=2)
    recorder.start(spec())
    assert operations(service) == ["acquire", "start", "start", "start"]
    assert len({entry.path for entry in service.journal if entry.operation == "start"}) == 1
    assert len(service.recordings) == 1


def test_a_lost_answer_is_found_again_where_the_vendor_tells_the_sid() -> None:
    """The start ran and its answer was lost; the repeat answers 201, and with its sid the handle is whole."""
    with emulate("agora", media=False, sid_in_201=True) as service, connect(service) as recorder:
        service.join("lesson-42", "1001")
        service.fail_next("start", "drop")
        recording = recorder.start(spec())
        assert service.journal[-1].status == 201
        assert recording.native["sid"] == service.recordings[0].ids["sid"]
        assert len(service.recordings) == 1


def test_a_lost_answer_without_the_sid_is_said_to_run(service, recorder) -> None:
    """A 201 without a sid: it runs and can't be stopped; the error says so and carries the intent."""
    service.fail_next("start", "drop")
    with pytest.raises(StartOutcomeUnknown, match="it runs") as caught:
        recorder.start(spec())
    assert caught.value.intent.noted["resourceId"]
    assert caught.value.intent.noted["uid"] == service.recordings[0].ids["uid"]
    assert "callback" in caught.value.hint
    assert len(service.recordings) == 1


@pytest.mark.parametrize("code", [15, 433, 502])
def test_a_start_that_started_nothing_takes_a_fresh_resource(service, recorder, code: int) -> None:
    """No capacity, an expired resource, the undocumented 15: nothing runs, so acquire and start once more."""
    service.fail_next("start", f"code:{code}")
    recorder.start(spec())
    assert operations(service) == ["acquire", "start", "acquire", "start"]
    assert len(service.recordings) == 1


def test_no_capacity_takes_a_fresh_resource_once(service, recorder) -> None:
    """Code 502 started nothing: acquire and start once more."""
    service.fail_next("start", "code:502")
    recorder.start(spec())
    assert operations(service) == ["acquire", "start", "acquire", "start"]
    service.fail_next("start", "code:502", times=2)
    with pytest.raises(ServiceUnavailable) as caught:
        recorder.start(spec(room="other"))
    assert caught.value.vendor_code == 502
    assert caught.value.retryable


def test_the_same_key_never_starts_a_second_recording(service, recorder) -> None:
    """The same key gives the same uid, which the vendor refuses while the first one runs."""
    recorder.start(spec(), key="lesson-42-morning")
    with pytest.raises(RecordingConflict) as caught:
        recorder.start(spec(), key="lesson-42-morning")
    assert caught.value.vendor_code == 53
    assert len(service.recordings) == 1


def test_one_host_that_is_down_is_left_for_the_next(service) -> None:
    """No byte reached the first host, so the next one is asked."""
    with connect(service, base_urls=("http://127.0.0.1:9", service.base_url)) as recorder:
        recording = recorder.start(spec())
        assert recorder.status(recording).state is RecordingState.STARTING


def test_a_start_that_dies_is_reported_with_its_likely_causes(service, recorder) -> None:
    """200, then 404 for good: `wait` raises once 90 s are over and names what to check, the likeliest first."""
    service.fail_next("start", "die")
    recording = recorder.start(spec())
    began = service.clock.time()
    with pytest.raises(RecordingFailed) as caught:
        recorder.wait(recording)
    assert 90 <= service.clock.time() - began < 105
    causes = [cause.partition(":")[0] for cause in caught.value.causes]
    assert causes == ["storage", "token", "uid", "room", "idle_timeout"]


def test_start_with_confirm_waits_until_it_records(service, recorder) -> None:
    """`confirm=True` returns when the vendor says that it records."""
    recording = recorder.start(spec(), confirm=True)
    assert recorder.status(recording).state is RecordingState.RECORDING


def test_a_start_that_is_not_confirmed_leaves_its_handle(service, recorder) -> None:
    """`confirm=True` failed after the vendor had accepted: the error carries the handle, so that it can be stopped."""
    service.fail_next("start", "die")
    with pytest.raises(RecordingFailed) as caught:
        recorder.start(spec(), confirm=True, deadline=150)
    assert caught.value.recording.native["sid"] == service.recordings[0].ids["sid"]


def test_a_404_is_not_death_while_it_is_young(service, recorder) -> None:
    """In the first 90 s a 404 is `starting`, later `unreachable` until it has lasted 90 s, then `gone`."""
    service.fail_next("start", "die")
    recording = recorder.start(spec())
    service.clock.advance(40)
    assert recorder.status(recording).state is RecordingState.STARTING
    with connect(service) as another:
        service.clock.advance(100)
        assert another.status(recording).state is RecordingState.UNREACHABLE
        service.clock.advance(95)
        status = another.status(recording)
    assert status.state is RecordingState.GONE
    assert "404" in status.reason


def test_a_handle_that_can_no_longer_be_controlled_is_unreachable(service, recorder) -> None:
    """After `resource_expired_hours` the vendor refuses every call: a status says so, and raises nothing."""
    recording = recorder.start(spec(options={"agora": {"resource_expired_hours": 1}}))
    service.clock.advance(2 * 3600)
    status = recorder.status(recording)
    assert status.state is RecordingState.UNREACHABLE
    assert "resource_expired_hours" in status.reason


def test_a_layout_change_sends_the_background_again(service, recorder) -> None:
    """updateLayout replaces everything, so what the caller left out comes from the handle."""
    recording = recorder.start(
        spec(
            layout={
                "kind": "grid",
                "background": {"color": "#102030"},
                "placeholders": {"*": {"url": "https://cdn.example/off.jpg"}},
            }
        )
    )
    changed = recorder.layout(recording, Spotlight("1001"))
    body = service.journal[-1].body["clientRequest"]
    assert body["mixedVideoLayout"] == 2
    assert body["maxResolutionUid"] == "1001"
    assert body["backgroundColor"] == "#102030"
    assert body["defaultUserBackgroundImage"] == "https://cdn.example/off.jpg"
    assert changed.revision == 1
    assert changed.layout.kind == "spotlight"
    assert changed.layout.background.color == "#102030"


def test_stop_brings_the_files_and_a_second_stop_the_same(service, recorder) -> None:
    """The synchronous answer has the files; stopping again asks nothing and returns what is known."""
    recording = recorder.start(spec(output={"prefix": "lessons/2026", "formats": ["hls", "mp4"]}))
    service.clock.advance(40)
    outcome = recorder.stop(recording)
    assert outcome.state is RecordingState.COMPLETED
    assert {file.format for file in outcome.files} == {"hls", "mp4"}
    assert all(file.status == "uploaded" and file.key.startswith("lessons/2026/") for file in outcome.files)
    assert all(file.uri == f"s3://lessons/{file.key}" for file in outcome.files)
    sent = len(service.journal)
    assert recorder.stop(recording) == outcome
    assert recorder.status(recording) == outcome
    assert len(service.journal) == sent


def test_nothing_recorded_is_an_outcome(service, recorder) -> None:
    """206 with code 435: completed, without files, and it says why."""
    recording = recorder.start(spec(room="empty"))
    service.clock.advance(20)
    outcome = recorder.stop(recording)
    assert (outcome.state, outcome.files) == (RecordingState.COMPLETED, ())
    assert "nothing was recorded" in outcome.reason


def test_a_slow_upload_is_uploading(service) -> None:
    """206 with an undecided upload: the recording is stopped, its files are on their way."""
    with emulate("agora", media=False, upload_s=60) as slow, connect(slow) as recorder:
        slow.join("lesson-42", "1001")
        recording = recorder.start(spec())
        slow.clock.advance(30)
        assert recorder.stop(recording).state is RecordingState.UPLOADING


def test_stop_without_waiting_is_asynchronous(service, recorder) -> None:
    """`wait=False` sends async_stop; afterwards a 404 is the end, however young the recording."""
    recording = recorder.start(spec())
    service.clock.advance(30)
    outcome = recorder.stop(recording, wait=False)
    assert service.journal[-1].body["clientRequest"] == {"async_stop": True}
    assert outcome.state in (RecordingState.UPLOADING, RecordingState.COMPLETED)
    service.clock.advance(30)
    assert recorder.status(recording).state in (RecordingState.COMPLETED, RecordingState.GONE)


def test_stopping_what_has_ended_by_itself_is_no_error(service, recorder) -> None:
    """After the idle time-out stop answers 400 code 49 or 404; both mean that it had ended."""
    recording = recorder.start(spec(idle_timeout=30))
    service.clock.advance(20)
    service.leave("lesson-42", "1001")
    service.clock.advance(33)
    leaving = recorder.stop(recording)
    assert leaving.state in (RecordingState.STOPPING, RecordingState.GONE, RecordingState.COMPLETED)
    service.clock.advance(300)
    with connect(service) as another:
        gone = another.stop(recording)
    assert gone.state is RecordingState.GONE
    assert "had ended" in gone.reason


def test_a_stop_whose_deadline_is_too_short_to_be_sure_says_so(service, recorder) -> None:
    """A 404 that can't be asked again may be a move to another server: `unreachable`, not an end."""
    recording = recorder.start(spec())
    service.clock.advance(200)
    recorder.status(recording)
    service.fail_next("stop", "code:404", times=10)
    status = recorder.stop(recording, deadline=4)
    assert status.state is RecordingState.UNREACHABLE
    assert "stop it again" in status.reason


def test_changing_the_layout_of_an_ended_recording_says_that_it_ended(service, recorder) -> None:
    """updateLayout after the end: RecordingNotFound, or its subclass, with a hint."""
    recording = recorder.start(spec())
    service.clock.advance(30)
    recorder.stop(recording)
    with pytest.raises(RecordingNotFound) as caught:
        recorder.layout(recording, Grid())
    assert caught.value.hint
    assert isinstance(caught.value, RecordingEnded | RecordingNotFound)


@pytest.mark.parametrize(
    ("code", "error"),
    [(406, QuotaExceeded), (405, Exception), (109, AuthenticationError), (110, AuthenticationError)],
)
def test_refusals_carry_code_meaning_and_hint(service, recorder, code: int, error: type[Exception]) -> None:
    """A vendor's refusal is the right class, with its code, a request id and what to check."""
    service.fail_next("start", f"code:{code}")
    with pytest.raises(error) as caught:
        recorder.start(spec())
    assert caught.value.vendor_code == code
    assert caught.value.hint
    assert caught.value.request_id
    assert caught.value.intent is not None


def test_wrong_credentials_are_told_apart(service) -> None:
    """401 names the two credentials to look at and shows neither."""
    with connect(service, customer_secret="not-the-secret-at-all") as recorder:
        with pytest.raises(AuthenticationError) as caught:
            recorder.start(spec())
        assert "customer_secret" in caught.value.hint
        assert "not-the-secret-at-all" not in repr(caught.value) + str(caught.value)


def test_too_many_calls_wait_their_turn_and_then_say_so(service, recorder) -> None:
    """429 is repeated after a pause; a vendor that keeps refusing ends in RateLimited."""
    recording = recorder.start(spec())
    service.fail_next("query", "429", times=2)
    assert recorder.status(recording).state
    service.fail_next("query", "429", times=10)
    with pytest.raises(RateLimited):
        recorder.status(recording)


def test_credentials_that_are_mixed_up_are_refused_before_anything_is_sent(service) -> None:
    """An App ID given as customer id, or an id as the secret, is noticed offline; no value is shown."""
    with pytest.raises(ConfigurationError, match="Customer ID"):
        connect(service, customer_id=service.app_id)
    assert not list(service.journal)


def test_a_participant_who_takes_the_recorders_uid_ends_it(service, recorder) -> None:
    """The recorder is put out by a client with its uid; the status says that it is gone."""
    recording = recorder.start(spec(), confirm=True)
    service.join("lesson-42", recording.native["uid"])
    service.clock.advance(200)
    recorder.status(recording)
    service.clock.advance(95)
    assert recorder.status(recording).state is RecordingState.GONE


def test_apart_from_keeps_away_from_another_recording(service, recorder) -> None:
    """The second recorder's acquire excludes the first one's resource."""
    first = recorder.start(spec())
    recorder.start(spec(), apart_from=[first])
    acquire = [entry for entry in service.journal if entry.operation == "acquire"][-1]
    assert acquire.body["clientRequest"]["excludeResourceIds"] == [first.native["resourceId"]]


def test_everything_that_composite_can_carry_is_accepted_by_the_strict_service(service, recorder) -> None:
    """A spec that uses every knob is taken by the service that refuses unknown keys and wrong values."""
    whole = RecordingSpec(
        room="lesson-42",
        participants={"audio": {"include": ["1001", "1002"]}, "video": {"exclude": ["9"]}},
        layout=Custom(
            background={"color": "#101820", "image": {"url": "https://cdn.example/board.jpg"}},
            placeholders={"1001": {"url": "https://cdn.example/1001.jpg", "fit": "contain"}},
            regions=(
                Region(participant="1001", x=0, y=0, width=0.75, height=1, fit="contain", opacity=0.9),
                Region(x=0.75, y=0, width=0.25, height=0.5),
            ),
        ),
        video={"width": 1280, "height": 720, "fps": 24, "bitrate_kbps": 2000},
        audio={"channels": 2, "bitrate_kbps": 192},
        output={"formats": ["hls", "mp4"], "prefix": "lessons/2026"},
        idle_timeout=120,
        storage=S3(
            bucket="lessons",
            region="eu-west-1",
            access_key="AK",
            secret_key="SK",
            server_side_encryption="aes256",
            object_tag="kind=lesson",
        ),
        encryption={"cipher": "aes_128_gcm2", "secret": "room-secret", "salt": "A" * 43 + "="},
        options={
            "agora": {
                "uid": "527841",
                "token": "t0ken",
                "channel_profile": "live",
                "region": "EU",
                "video_stream_type": "low",
                "private_params": '{"correctEXTINF":true}',
                "resource_expired_hours": 24,
                "send_start_parameter": True,
            }
        },
    )
    recording = recorder.start(whole)
    assert recording.native["uid"] == "527841"
    assert {finding.verdict for finding in recorder.plan(whole).findings} <= {"approximated"}
