"""A page that was paused or resumed stays so after a move to another server, whoever tells of the move."""

from __future__ import annotations

from typing import Any

import pytest

from lessons import PAGE, ROOM, lesson
from recorder_core import RecordingEvent

PUSH = "rtmps://live.example/app/stream-key-of-the-test"


def updates(room: Any) -> list[Any]:
    """What the vendor was asked to change, oldest first."""
    return [entry.body["clientRequest"] for entry in room.asked("update")]


def followed(room: Any, recording: Any, *turns: str) -> list[RecordingEvent]:
    """The recording is turned from 30 s on, its server lost at 200 s for 80 s, and it is stopped at 900 s."""
    for number, turn in enumerate(turns):
        room.timeline.at(30 + 10 * number, lambda turn=turn: getattr(room.recorder, turn)(recording))
    room.timeline.at(200, lambda: room.service.migrate(ROOM, outage=80))
    room.timeline.at(900, lambda: room.recorder.stop(recording))
    return list(room.recorder.follow(recording, timeout=2000))


@pytest.mark.parametrize("listens", [True, False])
@pytest.mark.parametrize(
    ("start_paused", "turns", "onhold"),
    [(False, ("pause",), True), (True, ("resume",), False), (False, ("pause", "resume", "pause"), True)],
)
def test_a_pause_and_its_end_outlive_a_move(
    listens: bool, start_paused: bool, turns: tuple[str, ...], onhold: bool
) -> None:
    """The next server begins as the start asked for. What was asked for since is sent again, once."""
    with lesson("agora", listens=listens) as room:
        recording = room.start(**PAGE, start_paused=start_paused)
        events = followed(room, recording, *turns)
        assert updates(room)[len(turns) :] == [{"webRecordingConfig": {"onhold": onhold}}]
        (session,) = room.service.recordings
        assert not session.running
        # What was recorded in the first seconds, where it began so; of the 600 s after the move nothing, or all.
        last = [event.state for event in events if event.state in ("paused", "recording")][-1]
        assert last == ("paused" if onhold else "recording")


@pytest.mark.parametrize("listens", [True, False])
def test_a_page_that_was_never_paused_is_left_alone(listens: bool) -> None:
    """Nothing is sent after the move."""
    with lesson("agora", listens=listens) as room:
        recording = room.start(**PAGE)
        followed(room, recording)
        assert updates(room) == []


def test_an_address_that_is_kept_nowhere_is_told() -> None:
    """A push may go on to the address of the start: a warning says so, and what to do."""
    with lesson("agora") as room:
        recording = room.start(**PAGE, push_urls=[PUSH])
        room.timeline.at(30, lambda: room.recorder.update_push(recording, [f"{PUSH}-2"]))
        warnings = [event for event in followed(room, recording) if event.kind == "warning"]
    assert len(warnings) == 1
    assert "an address is kept in no handle" in (warnings[0].reason or "")
    assert PUSH not in warnings[0].model_dump_json()
