"""How time reaches emulated tasks: at the same instants however it is driven, and only those that it concerns."""

import json
import random
from typing import Any

import pytest

from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.exchange import EmulatedRequest
from recorder_zegocloud.emulator.mix import MixedTask

JPG = {"OutputFileFormat": "jpg", "SnapshotInterval": 5}


def live(heard: Any, seed: int, steps: int) -> list[tuple[float, int, str]]:
    """What is told of a life made up from a seed, in which every stretch of time passes in so many steps."""
    chance, call, room = random.Random(seed), heard.call, "room-42"
    service = call.service
    people = ["1001", "1002", "1003"]
    output = chance.choice([{}, JPG, {"OutputFileFormat": "hls", "RealtimeUploadFragment": True}])
    if chance.random() < 0.5:
        task_id = call.start(RecordInputParams={"MaxIdleTime": 90, "MaxRecordTime": 600}, RecordOutputParams=output)
    else:
        listed = [{"StreamId": id} for id in people]
        task_id = call.start_streams(output, MaxIdleTime=90, MaxRecordTime=600, RecordStreamList=listed)
    for _ in range(25):
        id = chance.choice(people)
        if id in {person.id for person in service.present(room)}:
            service.leave(room, id)
        else:
            service.join(room, id)
        action = chance.choice(["PauseRecord", "ResumeRecord", "TakeSnapshot", "migrate", "none"])
        if action == "migrate" and service.recordings[0].running:
            service.migrate(room)
        elif action in service.operations:
            call(action, {"TaskId": task_id})
        # Whole steps, so that both ways come to the same instants.
        seconds = chance.choice([4, 12, 40, 64])
        for _ in range(steps):
            service.clock.advance(seconds / steps)
    call("StopRecord", {"TaskId": task_id})
    service.clock.advance(10)
    return [(at, event, json.dumps(detail).replace(task_id, "task")) for at, event, detail in heard.events(task_id)]


@pytest.mark.parametrize("seed", range(6))
def test_the_pace_of_time_changes_nothing(hear: Any, seed: int) -> None:
    """Driven in small steps or in large ones, a life is told alike, in the same order, at the same instants."""
    start = 1_800_000_000.0
    lives = [live(hear(clock=EmulatorClock(frozen=True, start=start)), seed, steps) for steps in (1, 8)]
    assert lives[0] == lives[1]
    assert len(lives[0]) > 3


def test_only_those_of_the_room_are_looked_at(serve: Any, body: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2,000 tasks a change of a room concerns its own alone, and time those to which something happens."""
    service = (call := serve(rate_limits=False, max_tasks=2000)).service
    for number in range(2000):
        service.join(f"room-{number}", "1001")
        content = json.dumps(body(RoomId=f"room-{number}")).encode()
        headers = {"Content-Type": "application/json"}
        query = call.query("StartRecord")
        service.handle(EmulatedRequest(method="POST", path="/", query=query, headers=headers, body=content))
    service.clock.advance(5)
    settled: list[str] = []
    settle = MixedTask.settle

    def counted(task: MixedTask, now: float) -> None:
        settled.append(task.request.RoomId)
        settle(task, now)

    monkeypatch.setattr(MixedTask, "settle", counted)
    service.join("room-17", "1003")
    service.leave("room-471", "1001")
    service.clock.advance(125)
    assert set(settled) == {"room-17", "room-471"}
    assert len(settled) < 10
    assert [recording.room for recording in service.recordings if not recording.running] == ["room-471"]
