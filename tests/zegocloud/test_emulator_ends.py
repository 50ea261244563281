"""What an emulated task tells of its end, whichever it is; received by a real HTTP server."""

from typing import Any

import pytest


@pytest.mark.parametrize(("abnormal", "status"), [(False, 3), (True, 4)])
def test_an_idle_end(hear: Any, abnormal: bool, status: int) -> None:
    """Event 2 with reason 3 at the instant of the end, whichever Status that has; until then event 4."""
    heard = hear(time_outs_are_abnormal=abnormal)
    call = heard.call
    task_id = call.start(RecordInputParams={"MaxIdleTime": 100})
    call.service.clock.advance(3600)
    assert heard.events(task_id) == [
        *((12, 4, {}), (42, 4, {}), (72, 4, {})),
        (102, 2, {"quit_reason": 3}),
        (105, 1, {"upload_status": 1, "file_info": []}),
    ]
    assert call.describe(task_id)["Status"] == status


def test_the_end_of_the_longest_duration(hear: Any) -> None:
    """Event 2 with reason 4, and the files; a paused task ends too."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start(RecordInputParams={"MaxRecordTime": 300})
    call.service.clock.advance(100)
    heard.act("PauseRecord", task_id)
    call.service.clock.advance(1000)
    *others, (at, event, detail) = heard.events(task_id)
    assert others == [(100, 201, {}), (300, 2, {"quit_reason": 4})]
    assert (at, event, [file["duration"] for file in detail["file_info"]]) == (303, 1, [98000])


@pytest.mark.parametrize("reason", [1, 2, 5, 6, *range(1001, 1012), 4711])
def test_an_engine_that_fails(hear: Any, reason: int) -> None:
    """Any reason on demand, known or not: Status 4, event 2, and what was recorded until then."""
    heard = hear()
    call = heard.call
    call.service.join("room-42", "1001")
    task_id = call.start()
    call.service.clock.advance(10)
    call.service.end(task_id, reason)
    call.service.clock.advance(10)
    (ended, uploaded) = heard.events(task_id)
    assert ended == (10, 2, {"quit_reason": reason})
    assert (uploaded[:2], uploaded[2]["upload_status"]) == ((13, 1), 1)
    data = call.describe(task_id)
    assert (data["Status"], len(data["RecordFiles"])) == (4, 1)
    assert call("StopRecord", {"TaskId": task_id})["Code"] == 300001001


def test_every_task_of_a_room_fails(hear: Any) -> None:
    """By the room's name; what has ended stays as it was, and where nothing runs there is nothing to end."""
    heard = hear()
    call = heard.call
    stopped, first, second = (call.start() for _ in range(3))
    elsewhere = call.start(RoomId="room-43")
    call.service.clock.advance(5)
    call.stop(stopped)
    call.service.end("room-42", 3)
    assert [call.describe(id)["Status"] for id in (stopped, first, second, elsewhere)] == [3, 3, 3, 2]
    for name, says in (("room-42", "has ended"), (stopped, "has ended"), ("room-1", "was never recorded")):
        with pytest.raises(ValueError, match=says):
            call.service.end(name, 1001)


def test_a_start_that_dies(hear: Any) -> None:
    """It never runs, so that nothing is missing and nothing uploaded: event 2 with reason 1 alone."""
    heard = hear(missing_images=["http://images.example.com/board.png"])
    call = heard.call
    call.service.fail_next("StartRecord", "die")
    task_id = call.start({"MixOutputBackgroundImage": "http://images.example.com/board.png"})
    call.service.migrate("room-42")
    call.service.clock.advance(600)
    assert heard.events(task_id) == [(20, 2, {"quit_reason": 1})]


def test_a_name_that_is_too_long(hear: Any) -> None:
    """Reason 1002 when the file should begin; nothing was recorded."""
    heard = hear()
    call = heard.call
    call.service.join("r" * 300, "1001")
    task_id = call.start(RoomId="r" * 300)
    call.service.clock.advance(60)
    assert heard.events(task_id) == [
        (2, 2, {"quit_reason": 1002}),
        (5, 1, {"upload_status": 1, "file_info": []}),
    ]


# Orders of the end


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ((7, 5, 1), [(10, 7), (11, 5), (13, 1)]),
        ((5, 7, 1), [(11, 5), (11, 7), (13, 1)]),
        ((7, 1, 5), [(10, 7), (13, 1), (13, 5)]),
        ((1,), [(13, 1)]),
    ],
)
def test_the_order_after_a_stop(hear: Any, order: tuple[int, ...], expected: list[tuple[float, int]]) -> None:
    """The documents give none: any, and fewer; none comes before it is true."""
    heard = hear(stop_events=order)
    heard.call.service.join("room-42", "1001")
    task_id = heard.call.start()
    heard.call.service.clock.advance(10)
    heard.call.stop(task_id)
    assert heard.timeline(task_id) == expected


def test_the_order_after_other_ends(hear: Any) -> None:
    """The other reading: a time-out is a normal exit too."""
    heard = hear(quit_events=(2, 7, 5, 1))
    task_id = heard.call.start(RecordInputParams={"MaxIdleTime": 5})
    heard.call.service.clock.advance(60)
    assert heard.timeline(task_id) == [(7, 2), (7, 7), (8, 5), (10, 1)]


def test_only_events_of_an_end_end_a_task(serve: Any) -> None:
    """The mistake is named, with what there is."""
    with pytest.raises(ValueError, match=r"stop_events: 201 is no event of an end; there are 1, 2, 5, 7"):
        serve(stop_events=(7, 201))
