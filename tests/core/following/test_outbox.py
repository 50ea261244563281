"""Events that nobody has taken yet take a bounded amount of memory."""

from __future__ import annotations

from typing import Any

from recorder_core import EventKind
from recorder_core.following.outbox import MOST, Outbox


def taken(outbox: Outbox) -> list[Any]:
    found = []
    while (event := outbox.take()) is not None:
        found.append(event)
    return found


def test_each_in_its_order(story: Any) -> None:
    """Those of one recording in their order; recordings take turns, so that one with many holds up no other."""
    outbox = Outbox()
    one = [story.callback("status") for _ in range(3)]
    other = [story.callback("status") for _ in range(2)]
    for event in one:
        outbox.put("one", event)
    for event in other:
        outbox.put("other", event)
    assert taken(outbox) == [one[0], other[0], one[1], other[1], one[2]]


def test_the_oldest_make_room(story: Any) -> None:
    """Past the limit the oldest go, those that tell no state first; a warning says how many, and the end is there."""
    outbox = Outbox()
    outbox.put("one", story.callback("recording", state="recording"))
    for _ in range(1000):
        outbox.put("one", story.callback("upload_progress"))
    outbox.put("one", story.callback("ended", state="completed"))
    events = taken(outbox)
    assert len(events) == MOST + 1
    assert events[0].kind is EventKind.WARNING
    assert events[0].reason.startswith(f"{1002 - MOST} events ")
    assert events[0].state is None
    assert [event.kind for event in (events[1], events[-1])] == [EventKind.RECORDING, EventKind.ENDED]


def test_states_go_last(story: Any) -> None:
    """Where nothing but states is kept, the oldest of them goes."""
    outbox = Outbox()
    for number in range(MOST + 5):
        outbox.put("one", story.callback("paused", state="paused", sequence=number))
    assert [event.sequence for event in taken(outbox)[1:]] == list(range(5, MOST + 5))


def test_what_nobody_wants(story: Any) -> None:
    """The events of a recording can be given up."""
    outbox = Outbox()
    for name in ("one", "other"):
        outbox.put(name, story.callback("status", reason=name))
    outbox.drop("one")
    assert [event.reason for event in taken(outbox)] == ["other"]
