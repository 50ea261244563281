"""What became of a recording: by the status alone, by callbacks alone, and by both. Real HTTP both ways."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from agora.notified import posted, written
from emulation.telling import Receiver
from recorder_agora.tables import EVENT_KINDS
from recorder_core import (
    EventKind,
    Participants,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingFailed,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    Selection,
    Spotlight,
    WebhookRequest,
)
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.testing import connect, emulate

STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
PAGE = {"mode": "web", "web_page": {"url": "https://class.example/room"}}
BUCKET = {"buckets": {"another-bucket"}}
TOKEN = {"tokens": {"good"}, "expired_tokens": {"007-expired"}}
CAUSES = ["storage", "token", "uid", "room", "idle_timeout"]


@dataclass
class Lesson:
    """A service, its customer, and the callbacks between them."""

    service: Any
    recorder: Recorder
    events: list[RecordingEvent] = field(default_factory=list)

    def hear(self, received: Any) -> None:
        request = WebhookRequest("POST", received.path, received.headers, received.raw)
        self.events += self.recorder.events.receive(request)

    def start(self, *people: str, confirm: bool = False, **spec: Any) -> Recording:
        """A recording in a room where these people are."""
        for person in people:
            self.service.join("lesson-42", person)
        fields = {"room": "lesson-42", "storage": STORAGE, "output": {"prefix": "lessons/2026"}, **spec}
        return self.recorder.start(RecordingSpec.load(fields), confirm=confirm)

    def pass_time(self, seconds: float) -> None:
        self.service.clock.advance(seconds)


@contextmanager
def lesson(*, listens: bool = True, token: str | None = None, **switches: Any) -> Iterator[Lesson]:
    clock = EmulatorClock(frozen=True)
    with (
        Receiver() as receiver,
        emulate("agora", **{"media": False, **switches}, clock=clock, callback_url=receiver.url) as service,
        connect(service, token_factory=(lambda room, uid: token) if token else None) as recorder,
    ):
        found = Lesson(service, recorder)
        if listens:
            receiver.then = found.hear
        yield found


def outcome(status: RecordingStatus) -> tuple[RecordingState, str | None, str | None]:
    return status.state, status.ending, status.fault


def death(room: Lesson, *people: str, **spec: Any) -> tuple[RecordingFailed, float]:
    """How a start that is confirmed fails, and after how many seconds."""
    began = room.service.clock.time()
    with pytest.raises(RecordingFailed) as caught:
        room.start(*people, confirm=True, **spec)
    return caught.value, room.service.clock.time() - began


# --- what the service sends ---


def test_every_event_of_the_service_arrives() -> None:
    """Signed, numbered, of its kind; one that doesn't exist yet is unknown."""
    with lesson() as room:
        recording = room.start("1001")
        for number in (*EVENT_KINDS, 4711):
            room.events.clear()
            room.service.notify("lesson-42", number)
            (event,) = room.events
            assert event.kind == EVENT_KINDS.get(number, "unknown")
            assert (event.recording_id, event.verified) == (recording.id, True)


@pytest.mark.parametrize("fault", ["duplicate", "double"])
def test_what_comes_twice_is_told_once(fault: str) -> None:
    """The vendor's repeat, and the double of its redundancy."""
    with lesson() as room:
        room.start("1001")
        room.service.fail_next("callback", fault)
        room.service.notify("lesson-42", 40)
        room.pass_time(60)
        assert len(room.service.callbacks.deliveries) > len(room.events)
        assert len({event.dedup_key for event in room.events}) == len(room.events)


def test_the_console_s_check_passes() -> None:
    """Each test is answered with 200, and tells nobody's end."""
    with lesson() as room:
        assert set(room.service.check_callbacks().values()) == {200}
        assert {event.kind for event in room.events} == {EventKind.UNKNOWN}


def test_a_signed_callback_needs_no_confirming() -> None:
    """Its signature covers the body: `confirm` sends nothing, though it names an end and files."""
    with lesson(listens=False) as room:
        recording = room.start("1001")
        body = written(31, {"fileList": [{"fileName": "a.m3u8"}]}, sid=recording.native["sid"])
        body["notifyMs"] = int(room.service.clock.time() * 1000)
        asked = len(room.service.journal)
        (told,) = room.recorder.events.receive(posted(body, secret=room.service.webhook_secret), confirm=True)
        assert (told.recording_id, told.confirmed, told.state) == (recording.id, None, RecordingState.COMPLETED)
        assert len(room.service.journal) == asked


def test_a_callback_of_a_stranger_is_nobodys() -> None:
    """A recording of another project, or of another process, in the same room under the same uid."""
    with lesson(listens=False) as room:
        recording = room.start("1001")
        room.pass_time(10)
        native = recording.native
        body = written(11, {"exitStatus": 1}, cname=native["cname"], uid=native["uid"], sid="f" * 32)
        body["notifyMs"] = int(room.service.clock.time() * 1000)
        (told,) = room.recorder.events.receive(posted(body, secret=room.service.webhook_secret))
        assert told.recording_id is None
        assert room.recorder.status(recording).state is RecordingState.RECORDING


# --- confirming a start ---


def test_a_wrong_bucket_is_told_by_a_callback() -> None:
    """It is the first cause, and the destination's fault; nobody waits for longer than 90 s."""
    with lesson(**BUCKET) as room:
        error, seconds = death(room, "1001")
    assert seconds <= 90
    assert error.causes[0].startswith("the storage is configured wrongly (code 32). Check bucket")
    assert (error.fault, error.recording.native["sid"]) == ("destination", room.events[0].native["sid"])
    assert [cause.partition(":")[0] for cause in error.causes[1:]] == CAUSES


@pytest.mark.parametrize(
    ("token", "cause"),
    [
        ("007-expired", "the recorder's room token has expired (code 109)"),
        ("bad", "the recorder's room token is invalid"),
    ],
)
def test_a_wrong_token_is_told_by_a_callback(token: str, cause: str) -> None:
    """It is the first cause, and the caller's fault."""
    with lesson(token=token, **TOKEN) as room:
        error, seconds = death(room, "1001")
    assert seconds <= 90
    assert error.causes[0].startswith(cause)
    assert error.fault == "caller"


@pytest.mark.parametrize(("token", "switches"), [(None, BUCKET), ("007-expired", TOKEN)])
@pytest.mark.parametrize("kinds", [(), (1, 41)])
def test_what_is_not_told_to_the_end_is_given_up_after_90_seconds(
    token: str | None, switches: dict[str, Any], kinds: tuple[int, ...]
) -> None:
    """Not before, for a 404 may be a move; callbacks bring looks of their own and put nothing off."""
    with lesson(token=token, callback_kinds=kinds, **switches) as room:
        error, seconds = death(room, "1001")
    assert seconds == pytest.approx(90, abs=1e-3)
    assert [cause.partition(":")[0] for cause in error.causes[-5:]] == CAUSES
    assert bool(error.fault) == bool(kinds)
    assert all("Check" in cause for cause in error.causes[-5:])


def test_the_verdict_is_not_early() -> None:
    """A recording that was never up is `starting` until 90 s after its start, and then gone."""
    with lesson(listens=False, **BUCKET) as room:
        recording = room.start("1001")
        for seconds in (5, 30, 54.9):
            room.pass_time(seconds)
            assert room.recorder.status(recording).state is RecordingState.STARTING
        room.pass_time(0.1)
        gone = room.recorder.status(recording)
    assert gone.state is RecordingState.GONE
    assert "for 90 s" in (gone.reason or "")


def test_what_was_up_once_is_not_judged_by_its_start() -> None:
    """A silence that begins after the first look may be a move, which may take its 90 s from there."""
    with lesson(listens=False) as room, connect(room.service) as elsewhere:
        recording = room.start("1001")
        room.pass_time(5)
        assert room.recorder.status(recording).state is RecordingState.RECORDING
        elsewhere.stop(recording)
        for seconds in (1, 40, 45, 3.9):
            room.pass_time(seconds)
            assert not room.recorder.status(recording).state.terminal
        room.pass_time(0.1)
        assert room.recorder.status(recording).state is RecordingState.UNREACHABLE
        room.pass_time(1)
        assert room.recorder.status(recording).state is RecordingState.GONE


def test_a_first_look_that_is_late_may_meet_a_move() -> None:
    """Whoever looks at a minute for the first time can't know whether it was up."""
    with lesson(listens=False, **BUCKET) as room:
        recording = room.start("1001")
        room.pass_time(60)
        assert room.recorder.status(recording).state is RecordingState.STARTING
        room.pass_time(60)
        assert room.recorder.status(recording).state is RecordingState.UNREACHABLE
        room.pass_time(30)
        assert room.recorder.status(recording).state is RecordingState.GONE


@pytest.mark.parametrize("outage", [20, 60, 80])
def test_a_move_in_the_first_seconds_is_no_death(outage: float) -> None:
    """A start that is confirmed returns when the next server records."""
    with lesson() as room:
        recording = room.start("1001")
        room.pass_time(4)
        room.service.migrate("lesson-42", outage=outage)
        assert room.recorder.wait(recording).state is RecordingState.RECORDING
        assert EventKind.MIGRATED in {event.kind for event in room.events}


def test_an_empty_room_returns_with_a_note() -> None:
    """It is no error: the note says that nothing was uploaded, and why that may stay so."""
    with lesson() as room:
        recording = room.start(confirm=True, idle_timeout=300)
        assert room.recorder.status(recording).state is RecordingState.RECORDING
    assert any("nobody publishes" in note for note in recording.notes)


@pytest.mark.parametrize("listens", [True, False])
def test_a_page_that_never_loads_is_the_callers_fault(listens: bool) -> None:
    """A callback says so at once; without one the causes begin with the page."""
    page = {"url": "https://class.example/room", "ready_timeout": 10}
    with lesson(listens=listens, page_ready_s=60) as room:
        error, seconds = death(room, mode="web", web_page=page)
    assert seconds == pytest.approx(23 if listens else 90, abs=1e-3)
    assert "page" in error.causes[0]
    assert error.fault == ("caller" if listens else None)


# --- what ended it ---


@pytest.mark.parametrize("listens", [False, True])
@pytest.mark.parametrize("wait", [True, False])
def test_a_stop_of_ours_is_known_as_one(listens: bool, wait: bool) -> None:
    """`stop`, and every status after it, say that it was stopped, though the vendor has forgotten it."""
    with lesson(listens=listens) as room:
        recording = room.start("1001")
        room.pass_time(600)
        assert room.recorder.stop(recording, wait=wait).ending == "stopped"
        room.pass_time(60)
        later = room.recorder.status(recording)
        assert later.ending == room.recorder.stop(recording).ending == "stopped"
        assert (later.state is RecordingState.COMPLETED) == (wait or listens)


def test_nothing_recorded_until_the_stop_is_stopped() -> None:
    """Code 435: it ran, and had nothing to record."""
    with lesson(listens=False) as room:
        recording = room.start(idle_timeout=300)
        room.pass_time(60)
        assert outcome(room.recorder.stop(recording)) == (RecordingState.COMPLETED, "stopped", None)


def test_a_stop_that_finds_it_leaving_does_not_know_why() -> None:
    """Code 49 is an idle end as well as a uid that somebody took."""
    with lesson(listens=False) as room:
        recording = room.start("1001", idle_timeout=30)
        room.pass_time(60)
        room.service.leave("lesson-42", "1001")
        room.pass_time(31)
        assert outcome(room.recorder.stop(recording)) == (RecordingState.STOPPING, None, None)


@pytest.mark.parametrize("mode", ["composite", "individual"])
def test_the_idle_time_out_is_told_by_a_callback(mode: str) -> None:
    """It is no failure; the files are there, each with its whole key."""
    with lesson() as room:
        recording = room.start("1001", idle_timeout=60, mode=mode)
        room.pass_time(100)
        room.service.leave("lesson-42", "1001")
        room.pass_time(70)
        found = room.recorder.status(recording)
    assert outcome(found) == (RecordingState.COMPLETED, "idle", None)
    assert {file.status for file in found.files} == {"uploaded"}
    assert all(file.uri == f"s3://lessons/{file.key}" for file in found.files)
    assert all((file.key or "").startswith("lessons/2026/") for file in found.files)


def test_the_longest_duration_of_a_page_is_told_by_a_callback() -> None:
    """The page's recorder has a code for it."""
    with lesson() as room:
        recording = room.start(**PAGE, max_duration=3600)
        room.pass_time(3700)
        found = room.recorder.status(recording)
    assert outcome(found) == (RecordingState.COMPLETED, "limit", None)
    assert found.files


def test_a_token_that_expires_ends_it_by_a_fault_of_the_caller() -> None:
    """The recorder is put out of the room; what was recorded until then is there."""
    with lesson(token="good", **TOKEN) as room:
        recording = room.start("1001")
        room.pass_time(600)
        room.service.expire_token("lesson-42")
        room.pass_time(10)
        found = room.recorder.status(recording)
    assert outcome(found) == (RecordingState.COMPLETED, "fault", "caller")
    assert {file.status for file in found.files} == {"uploaded"}


def test_a_bucket_that_refuses_is_the_destinations_fault() -> None:
    """The vendor keeps the files, and sends them on by itself."""
    nowhere = {**STORAGE, "kind": "s3_compatible", "endpoint": "http://127.0.0.1:9"}
    with lesson(media=True) as room:
        recording = room.start("1001", storage=nowhere, media="audio")
        room.pass_time(5)
        found = room.recorder.stop(recording)
        room.pass_time(60)
        later = room.recorder.status(recording)
    assert outcome(found) == outcome(later) == (RecordingState.COMPLETED, "stopped", "destination")
    assert {file.status for file in (*found.files, *later.files)} == {"backup"}
    told = [event for event in room.events if event.kind is EventKind.BACKED_UP]
    assert [event.fault for event in told] == ["destination"]


# --- after a move ---


def sent(room: Lesson) -> list[tuple[str, Any]]:
    """The changes that the vendor was asked for, oldest first."""
    return [
        (entry.operation, entry.body["clientRequest"])
        for entry in room.service.journal
        if entry.operation in ("update", "updateLayout")
    ]


def test_a_composite_recording_is_restored_whole() -> None:
    """The layout with its background, and whose sound and pictures are recorded, as the newest handle has them."""
    with lesson() as room:
        recording = room.start("1001", "1002", layout={"kind": "grid", "background": {"color": "#102030"}})
        room.pass_time(30)
        recording = room.recorder.layout(recording, Spotlight("1001"))
        people = Participants(audio=Selection(include=("1001",)), video=Selection(exclude=("1002",)))
        recording = room.recorder.update_participants(recording, people)
        before = sent(room)
        assert room.recorder.provider.restore(recording)
        assert sent(room)[2:] == before
        assert before[0][1]["backgroundColor"] == "#102030"


def test_an_individual_recording_is_restored() -> None:
    """It has no layout."""
    with lesson() as room:
        recording = room.start("1001", mode="individual", expected_participants=4)
        room.pass_time(30)
        people = Participants(audio=Selection(include=("1001",)))
        recording = room.recorder.update_participants(recording, people)
        assert room.recorder.provider.restore(recording)
        assert [operation for operation, _ in sent(room)] == ["update", "update"]
        assert sent(room)[0] == sent(room)[1]


@pytest.mark.parametrize("media", ["audio", "audio_video"])
def test_what_was_never_changed_is_restored_too(media: str) -> None:
    """The core asks only where something was changed; a recording of sound alone has no layout to send."""
    with lesson() as room:
        recording = room.start("1001", media=media)
        room.pass_time(30)
        assert room.recorder.provider.restore(recording)
        operations = [operation for operation, _ in sent(room)]
        assert operations == (["update"] if media == "audio" else ["updateLayout", "update"])


def test_of_a_page_nothing_is_lost() -> None:
    """Nothing is sent where it was never paused."""
    with lesson() as room:
        recording = room.start(**PAGE)
        room.pass_time(30)
        assert not room.recorder.provider.restore(recording)
        assert sent(room) == []


def test_a_handle_of_a_newer_release_is_restored_as_far_as_it_is_understood() -> None:
    """A layout that has no name here can't be sent; the participants can."""
    with lesson() as room:
        recording = room.start("1001")
        room.pass_time(30)
        newer = Recording.model_validate(
            {**recording.model_dump(mode="json"), "layout": {"kind": "spiral", "turns": 3}}
        )
        assert room.recorder.provider.restore(newer)
        assert [operation for operation, _ in sent(room)] == ["update"]
