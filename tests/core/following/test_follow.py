"""One recording, followed to its end by the thread that iterates."""

from __future__ import annotations

from typing import Any

import pytest

from recorder_core import (
    AuthenticationError,
    ConfigurationError,
    DeadlineExceeded,
    EventKind,
    FileStatus,
    Participants,
    RecordedFile,
    RecordingState,
    RecordingStatus,
    ServiceUnavailable,
    Spotlight,
    TransportError,
    UnexpectedResponse,
    UnverifiedWebhookWarning,
    hookimpl,
)


def kinds(events: list[Any]) -> list[str]:
    return [str(event.kind) for event in events]


def test_without_callbacks_looks_tell_it(stage: Any) -> None:
    """Looks at the advised pace: 2, 5, 5 s until it records, then one a minute, and often again while it ends."""
    recording = stage.start()
    stage.say_at(10, recording, "recording")
    stage.say_at(200, recording, "uploading", RecordedFile(name="a.mp4"))
    stage.say_at(255, recording, "completed", RecordedFile(name="a.mp4", status=FileStatus.UPLOADED), ending="idle")
    events = list(stage.recorder.follow(recording))
    assert stage.seen(events) == [
        (2.0, "status", "starting", "look"),
        (12.0, "recording", "recording", "look"),
        (252.0, "upload_started", "uploading", "look"),
        (259.0, "ended", "completed", "look"),
    ]
    assert stage.looked_at(recording) == [2, 7, 12, 72, 132, 192, 252, 254, 259]
    end = events[-1]
    assert (end.recording_id, end.room, end.provider) == (recording.id, "lesson-42", "memory")
    assert end.native == {"tape": recording.native["tape"]}
    assert [(file.name, file.status) for file in end.files] == [("a.mp4", FileStatus.UPLOADED)]
    assert end.ending == "idle"
    assert len({event.dedup_key for event in events}) == len(events)


def test_callbacks_and_looks_are_one_list(stage: Any) -> None:
    """Each thing once, in order, from whomever it is known first; a lost callback is found by a look."""
    recording = stage.start()
    stage.call_back_at(1, recording, "started", state="starting", sequence=0)
    stage.say_at(3, recording, "recording", RecordedFile(name="a.m3u8"))
    stage.call_back_at(3, recording, "file_started", state="recording", sequence=1, files=[{"name": "a.m3u8"}])
    stage.call_back_at(70, recording, "upload_progress", sequence=2, progress=0.5)
    stage.say_at(100, recording, "paused", RecordedFile(name="a.m3u8"))  # its callback, 3, gets lost
    stage.call_back_at(400, recording, "resumed", state="recording", sequence=4)
    stage.say_at(400, recording, "recording", RecordedFile(name="a.m3u8"))
    stage.call_back_at(500, recording, "stopped", state="stopping", sequence=6, ending="stopped")
    stage.call_back_at(501, recording, "upload_progress", sequence=5, progress=0.9)
    stage.call_back_at(503, recording, "uploaded", state="completed", sequence=7)
    stage.call_back_at(503, recording, "ended", state="completed", sequence=8)
    events = list(stage.recorder.follow(recording))
    assert stage.seen(events) == [
        (1.0, "started", "starting", "callback"),
        (3.0, "file_started", "recording", "callback"),
        (70.0, "upload_progress", None, "callback"),
        (173.5, "paused", "paused", "look"),
        (400.0, "resumed", "recording", "callback"),
        (501.0, "upload_progress", None, "callback"),
        (500.0, "stopped", "stopping", "callback"),
        (503.0, "uploaded", "completed", "callback"),
        (503.0, "ended", "completed", "callback"),
    ]
    assert [(file.name, file.status) for file in events[-1].files] == [("a.m3u8", FileStatus.UPLOADED)]
    assert events[-1].ending == "stopped"


def test_while_callbacks_come_looks_are_few(stage: Any) -> None:
    """One look in five intervals while a callback comes each minute; after they have stopped, one in each again."""
    recording = stage.start("recording")
    for minute in range(1, 21):
        stage.call_back_at(60 * minute, recording, "upload_progress", sequence=minute)
    stage.clock.at(2000, lambda: stage.say(recording, "completed"))
    list(stage.recorder.follow(recording))
    looks = stage.looked_at(recording)
    assert [round(at) for at in looks if at < 1200] == [2, 302, 602, 902]
    assert [round(at) for at in looks if 1200 <= at < 1350] == [1202, 1262, 1322]


def test_the_union_of_files(stage: Any) -> None:
    """The last event has every file ever seen, also those of which the vendor's last answer says nothing."""
    recording = stage.start("recording")
    stage.say(recording, "recording", RecordedFile(name="a.mp4", status=FileStatus.RECORDING))
    stage.say_at(100, recording, "recording", RecordedFile(name="bak0_a.mp4", status=FileStatus.RECORDING))
    stage.say_at(200, recording, "gone")
    end = list(stage.recorder.follow(recording))[-1]
    assert (end.kind, end.state) == (EventKind.ENDED, RecordingState.GONE)
    assert [(file.name, file.status) for file in end.files] == [
        ("a.mp4", FileStatus.UNKNOWN),
        ("bak0_a.mp4", FileStatus.UNKNOWN),
    ]


def test_nothing_recorded_is_no_error(stage: Any) -> None:
    """An end without files is an event as any other; so is a failure."""
    for state in ("completed", "failed"):
        recording = stage.start(state)
        assert stage.seen(list(stage.recorder.follow(recording)))[-1][1:] == ("ended", state, "look")


def test_a_recording_that_had_ended(stage: Any) -> None:
    """What is known already is told at once, and nobody is asked."""
    recording = stage.start("completed")
    stage.recorder.status(recording)
    before = len(stage.looks)
    assert kinds(list(stage.recorder.follow(recording))) == ["ended"]
    assert len(stage.looks) == before


# --- operations of this recorder ---


def test_operations_are_told_once(stage: Any) -> None:
    """What this recorder does to the recording, whether a callback follows or not."""
    recording = stage.start("recording")
    stage.clock.at(10, lambda: stage.recorder.layout(recording, Spotlight("1001")))
    stage.clock.at(20, lambda: stage.recorder.pause(recording))
    stage.say_at(20, recording, "paused")
    stage.call_back_at(20.5, recording, "paused", state="paused", sequence=3)
    stage.say_at(100, recording, "completed")
    events = list(stage.recorder.follow(recording))
    assert stage.seen(events) == [
        (2.0, "recording", "recording", "look"),
        (10.0, "layout_changed", None, "operation"),
        (20.0, "paused", "paused", "operation"),
        (140.5, "ended", "completed", "look"),
    ]


def test_every_operation_is_told(stage: Any) -> None:
    """Each has a kind of its own; those that change no state tell none."""
    recording = stage.start("recording")

    def operate() -> None:
        stage.recorder.pause(recording)
        stage.recorder.resume(recording)
        stage.recorder.snapshot(recording)
        stage.recorder.update_participants(recording, Participants())
        stage.recorder.refresh_storage(recording, stage.storage)
        stage.recorder.switch_whiteboard(recording, "board-2")
        stage.recorder.update_push(recording, ["rtmps://push.example/live/1"])

    stage.clock.at(10, operate)
    stage.say_at(20, recording, "completed")
    events = list(stage.recorder.follow(recording))[1:-1]
    assert {str(event.source) for event in events} == {"operation"}
    assert [(str(event.kind), event.state and str(event.state)) for event in events] == [
        ("paused", "paused"),
        ("resumed", "recording"),
        ("snapshot", None),
        ("participants_changed", None),
        ("storage_renewed", None),
        ("whiteboard_changed", None),
        ("push_changed", None),
    ]


def test_a_stop_is_told(stage: Any) -> None:
    """That it was stopped here, and what the stop brought; callbacks that come later find it told."""
    recording = stage.start("recording")
    done = RecordingStatus(state="completed", files=(RecordedFile(name="a.mp4", status="uploaded"),), ending="stopped")
    stage.provider.stop = lambda handle, *, wait, deadline: done
    stage.clock.at(10, lambda: stage.recorder.stop(recording))
    stage.call_back_at(10.2, recording, "ended", state="completed", sequence=9)
    events = list(stage.recorder.follow(recording))
    assert stage.seen(events)[1:] == [
        (10.0, "stopped", "stopping", "operation"),
        (10.0, "ended", "completed", "look"),
    ]
    assert events[-1].ending == "stopped"
    assert [file.name for file in events[-1].files] == ["a.mp4"]


def test_stopping_what_had_ended(stage: Any) -> None:
    """A stop that comes after an end of its own is no stop."""
    recording = stage.start("recording")
    stage.provider.stop = lambda handle, *, wait, deadline: RecordingStatus(state="completed", ending="idle")
    stage.clock.at(10, lambda: stage.recorder.stop(recording))
    events = list(stage.recorder.follow(recording))
    assert stage.seen(events)[1:] == [(10.0, "ended", "completed", "look")]
    assert events[-1].ending == "idle"


def test_a_status_that_somebody_else_asks_for(stage: Any) -> None:
    """What the application's own look finds is told, and saves a look."""
    recording = stage.start("recording")
    stage.say_at(30, recording, "paused")
    stage.clock.at(31, lambda: stage.recorder.status(recording))
    stage.say_at(150, recording, "completed")
    events = list(stage.recorder.follow(recording))
    assert stage.seen(events)[1] == (31.0, "paused", "paused", "look")
    assert stage.looked_at(recording) == [2, 31, 91, 151]


# --- moves to another server ---


def test_changes_are_sent_again_after_a_move(stage: Any) -> None:
    """Of a recording that was changed since its start the newest handle, once it is there again."""
    recording = stage.start("recording")
    stage.clock.at(10, lambda: stage.recorder.layout(recording, Spotlight("1001")))
    stage.say_at(50, recording, "unreachable")
    stage.say_at(90, recording, "recording")
    stage.call_back_at(90, recording, "migrated", sequence=4)
    stage.say_at(200, recording, "completed")
    events = list(stage.recorder.follow(recording))
    assert [at for at, _ in stage.restored] == [90.0]
    assert isinstance(stage.restored[0][1].layout, Spotlight)
    assert kinds(events) == ["recording", "layout_changed", "status", "migrated", "status", "ended"]


def test_a_move_that_no_callback_tells(stage: Any) -> None:
    """A silence after which it records again is taken for one."""
    recording = stage.start("recording")
    stage.clock.at(10, lambda: stage.recorder.update_participants(recording, Participants()))
    stage.say_at(50, recording, "unreachable")
    stage.say_at(100, recording, "recording")
    stage.say_at(200, recording, "completed")
    list(stage.recorder.follow(recording))
    assert [(at, handle.revision) for at, handle in stage.restored] == [(109.0, 1)]


def test_nothing_to_send_again(stage: Any) -> None:
    """A recording that is as it was started needs nothing."""
    recording = stage.start("recording")
    stage.call_back_at(30, recording, "migrated", sequence=4)
    stage.say_at(100, recording, "completed")
    list(stage.recorder.follow(recording))
    assert stage.restored == []


@pytest.mark.parametrize(
    ("before", "held"),
    [(("pause",), "paused"), (("pause", "resume"), "recording"), (("pause", "resume", "pause"), "paused")],
)
@pytest.mark.parametrize("called_back", [True, False])
def test_a_pause_outlives_a_move(stage: Any, before: tuple[str, ...], held: str, called_back: bool) -> None:
    """What was paused and what was resumed is sent again, though the handle hasn't changed; nothing else is told."""
    recording = stage.start("recording")
    for second, operation in enumerate(before, 10):
        stage.clock.at(second, lambda operation=operation: getattr(stage.recorder, operation)(recording))
    stage.say_at(12, recording, held)
    stage.say_at(100, recording, "unreachable")
    stage.say_at(140, recording, "recording")
    if called_back:
        stage.call_back_at(140, recording, "migrated", sequence=4)
    stage.say_at(400, recording, "completed")
    list(stage.recorder.follow(recording))
    assert (len(stage.restored), stage.held) == (1, [held])


def test_the_latest_wish_counts_after_a_move(stage: Any) -> None:
    """Who resumes it before the change could be sent again wants it to record."""
    recording = stage.start("recording")
    stage.clock.at(10, lambda: stage.recorder.pause(recording))
    stage.say_at(11, recording, "unreachable")
    stage.clock.at(75, lambda: stage.recorder.resume(recording))
    stage.say_at(74, recording, "recording")
    stage.say_at(400, recording, "completed")
    list(stage.recorder.follow(recording))
    assert stage.held == ["recording"]


def test_a_move_of_what_was_never_paused(stage: Any) -> None:
    """That it is paused afterwards may be somebody's wish: it isn't resumed."""
    recording = stage.start("recording")
    stage.clock.at(10, lambda: stage.recorder.layout(recording, Spotlight("1001")))
    stage.say_at(50, recording, "unreachable")
    stage.say_at(100, recording, "paused")
    stage.say_at(400, recording, "completed")
    list(stage.recorder.follow(recording))
    assert stage.held == [None]


def test_a_restore_that_fails_is_a_warning(stage: Any) -> None:
    """It says what failed; the following goes on."""
    recording = stage.start("recording")
    stage.restore_error = TransportError("no answer", fault="vendor")
    stage.clock.at(10, lambda: stage.recorder.layout(recording, Spotlight("1001")))
    stage.call_back_at(30, recording, "migrated", sequence=4)
    stage.say_at(100, recording, "completed")
    events = list(stage.recorder.follow(recording))
    assert kinds(events)[2:] == ["migrated", "warning", "ended"]
    warning = events[3]
    assert "no answer" in warning.reason
    assert (warning.state, warning.fault) == (None, "vendor")


# --- errors, time-outs, ends of the following ---


def test_looks_that_may_succeed_later_are_repeated(stage: Any) -> None:
    """At a pace that grows; what the vendor itself can't answer is `unreachable`."""
    recording = stage.start("recording")
    stage.fail_at(30, recording, TransportError("no answer", retryable=True))
    stage.fail_at(120, recording, ServiceUnavailable("busy", retryable=True, http_status=503))
    stage.say_at(170, recording, "completed")
    events = list(stage.recorder.follow(recording))
    assert stage.looked_at(recording) == [2, 62, 77, 107, 152, 167, 197]
    assert stage.seen(events) == [
        (2.0, "recording", "recording", "look"),
        (152.0, "status", "unreachable", "look"),
        (197.0, "ended", "completed", "look"),
    ]


@pytest.mark.parametrize("error", [AuthenticationError, ConfigurationError])
def test_an_error_that_stays_is_raised(stage: Any, error: type[Exception]) -> None:
    """No repeat would mend it. The recording goes on, unwatched."""
    recording = stage.start("recording")
    stage.fail_at(30, recording, error("refused"))
    events = stage.recorder.follow(recording)
    assert next(events).kind is EventKind.RECORDING
    with pytest.raises(error, match="refused"):
        next(events)
    assert stage.looked_at(recording) == [2, 62]


def test_an_odd_answer_gets_two_more_chances(stage: Any) -> None:
    """Something between here and the vendor may have answered for it, once."""
    recording = stage.start("recording")
    stage.fail_at(30, recording, UnexpectedResponse("not JSON"))
    with pytest.raises(UnexpectedResponse):
        list(stage.recorder.follow(recording))
    assert stage.looked_at(recording) == [2, 62, 77, 107]


def test_the_timeout(stage: Any) -> None:
    """DeadlineExceeded after so many seconds, however many events came."""
    recording = stage.start("recording")
    for second in range(1, 200, 7):
        stage.call_back_at(second, recording, "upload_progress", sequence=second)
    events = stage.recorder.follow(recording, timeout=100)
    with pytest.raises(DeadlineExceeded, match="hasn't ended within 100 s") as caught:
        list(events)
    assert stage.clock.now == 1_800_000_100.0
    assert caught.value.recording_id == recording.id
    assert caught.value.retryable


@pytest.mark.parametrize("timeout", [0, -1, True, "soon"])
def test_a_timeout_that_is_none(stage: Any, timeout: Any) -> None:
    """Refused at the call, before anything is iterated."""
    with pytest.raises(ConfigurationError, match="timeout"):
        stage.recorder.follow(stage.start(), timeout=timeout)


def test_a_foreign_handle(stage: Any) -> None:
    """A handle of another account is refused at the call."""
    recording = stage.start().model_copy(update={"account": "somebody else's"})
    with pytest.raises(ConfigurationError, match="belongs to"):
        stage.recorder.follow(recording)


def test_leaving_early_ends_it(stage: Any) -> None:
    """Whoever leaves the loop is told no more, and nothing is kept for them."""
    recording = stage.start("recording")
    for _ in stage.recorder.follow(recording):
        break
    stage.call_back(recording, "paused", state="paused", sequence=1)
    assert stage.recorder._listeners._by_wish == {}
    assert stage.recorder._known._pins == {}


def test_unverified_callbacks_are_reasons_to_look(staged: Any) -> None:
    """Without a secret a callback is no event: the vendor is asked at once, and no more than once in two seconds."""
    with staged(webhook_secret=()) as stage:
        recording = stage.start("recording")
        for second in (30.0, 30.5, 31.0):
            stage.clock.at(second, lambda: stage.call_back(recording, "ended", state="completed"))
        stage.say_at(31.5, recording, "paused")
        stage.say_at(50, recording, "completed")
        with pytest.warns(UnverifiedWebhookWarning):
            events = list(stage.recorder.follow(recording))
        assert stage.seen(events) == [
            (2.0, "recording", "recording", "look"),
            (32.0, "paused", "paused", "look"),
            (92.0, "ended", "completed", "look"),
        ]
        assert stage.looked_at(recording) == [2, 30, 32, 92]


def test_hooks_are_told_what_looks_find(staged: Any) -> None:
    """`recorder_event` is called once for each event that the vendor told or a look found."""
    told: list[Any] = []

    class Observer:
        @hookimpl
        def recorder_event(self, event: Any) -> None:
            told.append(event)

    with staged(hooks=[Observer()]) as stage:
        recording = stage.start("recording")
        stage.call_back_at(10, recording, "error", sequence=1)
        stage.call_back_at(20, recording, "error", sequence=3)  # is held until the end is found
        stage.clock.at(21, lambda: stage.say(recording, "completed"))
        stage.clock.at(22, lambda: stage.recorder.status(recording))
        events = list(stage.recorder.follow(recording))
    assert kinds(events) == ["recording", "error", "error", "ended"]
    assert sorted(event.dedup_key for event in told) == sorted(event.dedup_key for event in events)


@pytest.mark.parametrize(("told", "causes"), [(None, ("the tape tore", "the head was dirty")), ("destination", ())])
def test_what_may_have_killed_one_that_died_young_is_told(
    recorder: Any, provider: Any, spec: Any, told: str | None, causes: tuple[str, ...]
) -> None:
    """Where nobody told why, the last event lists the likely causes; where somebody did, it tells that alone."""
    provider.states.clear()
    provider.states.extend([RecordingState.STARTING, RecordingStatus(state="failed", fault=told)])
    *_, last = recorder.follow(recorder.start(spec()))
    assert (last.state, last.causes) == (RecordingState.FAILED, causes)


def test_one_that_had_come_up_didnt_die_young(recorder: Any, provider: Any, spec: Any) -> None:
    """What kills at the beginning explains no later death."""
    provider.states.clear()
    provider.states.extend([RecordingState.RECORDING, RecordingState.FAILED])
    *_, last = recorder.follow(recorder.start(spec()))
    assert (last.state, last.causes) == (RecordingState.FAILED, ())
