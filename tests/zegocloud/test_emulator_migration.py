"""Tasks whose server is lost: the same task, other files, and nobody who tells; over raw HTTP."""

from typing import Any

import numpy as np
import pytest

from recorder_core.emulation.room import Participant


def is_color(picture: Any, x: int, y: int, expected: tuple[int, int, int]) -> bool:
    """Whether a pixel has a colour, give or take what the codec does to it."""
    return bool(np.abs(picture[y, x].astype(int) - expected).max() <= 30)


def color(id: str) -> tuple[int, int, int]:
    """A participant's."""
    return Participant.of(id).color


def tone(id: str) -> int:
    """The frequency of a participant, to the nearest 10 Hz."""
    return round(Participant.of(id).tone_hz / 10) * 10


def test_a_mixed_task_goes_on(hear: Any, film: Any) -> None:
    """The same TaskId with Status 2 throughout, no callback, a file of each server, the outage in neither."""
    heard = hear(media=True)
    call = heard.call
    service = call.service
    service.join("room-42", "1001")
    task_id = call.start(RecordOutputParams={"OutputFolder": "record/"})
    service.clock.advance(6)
    service.migrate("room-42", outage=30)
    assert call.describe(task_id)["Status"] == 2
    service.clock.advance(10)
    service.join("room-42", "1002")
    assert call.describe(task_id)["Status"] == 2
    service.clock.advance(20)
    running = call.describe(task_id)
    assert (running["Status"], [file["Status"] for file in running["RecordFiles"]]) == (2, [1, 1])
    service.clock.advance(5)
    call.stop(task_id)
    assert call.spans(task_id, heard.begun) == [("mix-42", 2, 4), ("mix-42", 36, 5)]
    data = call.describe(task_id)
    assert (data["Status"], [file["Status"] for file in data["RecordFiles"]]) == (3, [3, 3])
    assert [file["FileId"] for file in data["RecordFiles"]] == [file["FileId"] for file in running["RecordFiles"]]
    assert heard.timeline(task_id) == [(41, 7), (42, 5), (44, 1)]
    told = heard.events(task_id)[-1][2]["file_info"]
    assert [file["file_id"] for file in told] == [file["FileId"] for file in data["RecordFiles"]]
    first, second = (film(service.bucket.read(f"record/{file['FileId']}")) for file in data["RecordFiles"])
    assert round(first.pictures[-1][0]) == 4
    assert is_color(first.at(2), 160, 90, color("1001"))
    assert first.tones(1, 3) == {tone("1001")}
    assert round(second.pictures[-1][0]) == 5
    assert is_color(second.at(0), 80, 90, color("1001"))
    assert is_color(second.at(4), 240, 90, color("1002"))
    assert second.tones(1, 4) == {tone("1001"), tone("1002")}


def test_the_layout_stays(serve: Any, film: Any) -> None:
    """What UpdateLayout made before the loss, or in the middle of it, the other server shows."""
    call = serve(media=True)
    service = call.service
    service.join("room-42", "1001")
    task_id = call.start({"MixOutputBackgroundColor": 0xC8000000})
    service.clock.advance(4)
    service.migrate("room-42", outage=20)
    service.clock.advance(10)
    window = {"StreamId": "1001", "Left": 160, "Top": 0, "Right": 320, "Bottom": 180, "Layer": 1}
    assert call("UpdateLayout", {"TaskId": task_id, "MixMode": 1, "MixInputList": [window]})["Code"] == 0
    service.clock.advance(14)
    call.stop(task_id)
    first, second = (film(service.bucket.read(file["FileId"])) for file in call.describe(task_id)["RecordFiles"])
    assert is_color(first.at(1), 80, 90, color("1001"))
    assert is_color(second.at(1), 80, 90, (200, 0, 0))
    assert is_color(second.at(1), 240, 90, color("1001"))


def test_single_streams_go_on(serve: Any, film: Any) -> None:
    """A file of each stream and server; who left in the outage has no second one, who came in it no first one."""
    call = serve(media=True)
    service = call.service
    begun = service.clock.time()
    for id in ("1001", "1002"):
        service.join("room-42", id, width=160, height=90)
    task_id = call.start_streams()
    service.clock.advance(5)
    service.migrate("room-42")
    service.clock.advance(30)
    service.leave("room-42", "1002")
    service.join("room-42", "1003", width=160, height=90)
    service.clock.advance(34)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("1001", 2, 3), ("1002", 2, 3), ("1001", 65, 4), ("1003", 65, 4)]
    for file in call.describe(task_id)["RecordFiles"]:
        decoded = film(service.bucket.read(file["FileId"]))
        assert is_color(decoded.at(1), 80, 45, color(file["StreamId"]))
        assert decoded.tones(0.5, 2.5) == {tone(file["StreamId"])}


@pytest.mark.parametrize("params", [{"FillBlank": True}, {"ResumeWithoutInterruption": True}])
def test_files_are_not_joined(call: Any, params: dict[str, Any]) -> None:
    """What bridges gaps of a stream within a server doesn't bridge two of them."""
    service = call.service
    begun = service.clock.time()
    service.join("room-42", "1001")
    task_id = call.start_streams({"OutputFileFormat": "aac"}, StreamType=1, **params)
    service.clock.advance(5)
    service.migrate("room-42")
    service.clock.advance(65)
    service.leave("room-42", "1001")
    service.clock.advance(10)
    service.join("room-42", "1001")
    service.clock.advance(10)
    call.stop(task_id)
    length = 25 if "FillBlank" in params else 15
    assert call.spans(task_id, begun) == [("1001", 2, 3), ("1001", 65, length)]


def test_a_gap_that_is_filled_ends_with_the_server(call: Any) -> None:
    """Silence is added until the server is lost; the other one begins with the stream that it sees."""
    service = call.service
    begun = service.clock.time()
    service.join("room-42", "1001")
    task_id = call.start_streams({"OutputFileFormat": "aac"}, StreamType=1, FillBlank=True)
    service.clock.advance(5)
    service.leave("room-42", "1001")
    service.clock.advance(5)
    service.migrate("room-42", outage=10)
    service.clock.advance(15)
    service.join("room-42", "1001")
    service.clock.advance(5)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("1001", 2, 8), ("1001", 25, 5)]


def test_a_whiteboard_goes_on(call: Any) -> None:
    """The file of the whiteboard is one of each server too."""
    begun = call.service.clock.time()
    board = {"HorizontalRatio": 16, "VerticalRatio": 9, "WhiteboardId": "wb-1"}
    task_id = call.start_streams(HasWhiteboard=True, Whiteboard=[board])
    call.service.clock.advance(5)
    call.service.migrate("room-42", outage=20)
    call.service.clock.advance(25)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("whiteboard", 2, 3), ("whiteboard", 25, 5)]


@pytest.mark.parametrize("mix", [{"IsAlwaysMix": True}, {"ClearInputStreamTimeout": 3000}, {}])
def test_another_server_begins_as_the_first_did(call: Any, mix: dict[str, Any]) -> None:
    """At once, after its wait, or with the first stream that it sees."""
    service = call.service
    begun = service.clock.time()
    task_id = call.start(mix)
    service.clock.advance(10)
    service.migrate("room-42", outage=20)
    service.clock.advance(30)
    service.join("room-42", "1001")
    service.clock.advance(10)
    call.stop(task_id)
    wait = 3 if "ClearInputStreamTimeout" in mix else 0
    expected = [("mix-42", 2 + wait, 8 - wait), ("mix-42", 30 + wait, 20 - wait)] if mix else [("mix-42", 40, 10)]
    assert call.spans(task_id, begun) == expected


def test_stopped_while_nobody_records(hear: Any) -> None:
    """The files of the lost server are uploaded; the one that was to come has none."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(10)
    call.service.migrate("room-42")
    call.service.clock.advance(30)
    call.stop(task_id)
    assert call.spans(task_id, heard.begun) == [("mix-42", 2, 8)]
    assert heard.timeline(task_id) == [(40, 7), (41, 5), (43, 1)]


def test_lost_twice(call: Any) -> None:
    """Each loss begins another file; one in the middle of an outage only makes it longer."""
    service = call.service
    begun = service.clock.time()
    service.join("room-42", "1001")
    task_id = call.start()
    service.clock.advance(10)
    service.migrate("room-42", outage=20)
    service.clock.advance(15)
    service.migrate("room-42", outage=20)
    service.clock.advance(25)
    service.migrate("room-42", outage=0)
    service.clock.advance(10)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("mix-42", 2, 8), ("mix-42", 45, 5), ("mix-42", 50, 10)]


def test_lost_before_it_runs(call: Any) -> None:
    """There is one file, of the other server."""
    begun = call.service.clock.time()
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(1)
    call.service.migrate("room-42", outage=10)
    call.service.clock.advance(19)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("mix-42", 11, 9)]


def test_a_paused_task_stays_paused(call: Any) -> None:
    """The other server waits to be resumed."""
    service = call.service
    begun = service.clock.time()
    service.join("room-42", "1001")
    task_id = call.start()
    service.clock.advance(10)
    assert call("PauseRecord", {"TaskId": task_id})["Code"] == 0
    service.clock.advance(5)
    service.migrate("room-42", outage=20)
    service.clock.advance(30)
    assert call.describe(task_id)["Status"] == 5
    assert call("ResumeRecord", {"TaskId": task_id})["Code"] == 0
    service.clock.advance(5)
    call.stop(task_id)
    assert call.spans(task_id, begun) == [("mix-42", 2, 8), ("mix-42", 45, 5)]


def test_the_idle_time_out_goes_on(hear: Any) -> None:
    """It ends the task in the middle of an outage, in which nobody tells of the empty room; the other server does."""
    heard = hear()
    call = heard.call
    idle = call.start(RecordInputParams={"MaxIdleTime": 60})
    patient = call.start(RecordInputParams={"MaxIdleTime": 600})
    call.service.clock.advance(20)
    call.service.migrate("room-42")
    call.service.clock.advance(100)
    assert heard.timeline(idle) == [(12, 4), (62, 2), (65, 1)]
    assert heard.timeline(patient) == [(12, 4), (90, 4), (120, 4)]


def test_pictures_are_not_taken_in_the_outage(hear: Any) -> None:
    """The interval begins anew with the other server; a snapshot is accepted and never comes."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start(RecordOutputParams={"OutputFileFormat": "jpg", "SnapshotInterval": 5})
    call.service.clock.advance(9)
    call.service.migrate("room-42", outage=10)
    call.service.clock.advance(5)
    assert call("TakeSnapshot", {"TaskId": task_id})["Code"] == 0
    call.service.clock.advance(11)
    call.stop(task_id)
    assert heard.timeline(task_id) == [(3, 1), (8, 1), (20, 1), (25, 1), (25, 7), (26, 5)]


def test_playlists_of_both_servers(hear: Any) -> None:
    """Each has a playlist of its own, which is told of."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    output = {"OutputFileFormat": "hls", "FragmentSeconds": 5, "RealtimeUploadFragment": True}
    task_id = call.start(RecordOutputParams=output)
    call.service.clock.advance(20)
    call.service.migrate("room-42", outage=30)
    call.service.clock.advance(60)
    events = heard.events(task_id)
    assert [(at, event) for at, event, _ in events] == [(7, 102), (55, 102)]
    told = [detail["file_id"] for _, _, detail in events]
    assert told == [file["FileId"] for file in call.describe(task_id)["RecordFiles"]]


def test_only_the_tasks_of_that_room_move(call: Any) -> None:
    """All that run there; those of other rooms and those that have ended stay where they are."""
    service = call.service
    for room in ("room-42", "room-43"):
        service.join(room, "1001")
    ended, first, second, elsewhere = (call.start(RoomId=room) for room in ("room-42",) * 3 + ("room-43",))
    service.clock.advance(5)
    call.stop(ended)
    service.migrate("room-42")
    service.clock.advance(120)
    counts = [len(call.describe(id)["RecordFiles"]) for id in (ended, first, second, elsewhere)]
    assert counts == [1, 2, 2, 1]
