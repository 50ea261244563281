"""Two hours of a recording, from the first second to the last file, as whoever follows it reads them.

Five things are wanted of such a life: five people come, it pauses, its server is lost, one callback is delivered again,
and another one after its successor. Only a room at ZEGOCLOUD has all five:

* A room at ZEGOCLOUD: five people, two pauses, a lost server; a picture is told twice, and the end of a pause before
  its beginning. No callback tells of people, nor of the server.
* A room at Agora: no pause, which a room can't have there. Five people, a lost server; of some of the people it is told
  twice, as a repeat and as the double of the vendor's redundancy, or too late.
* A page at Agora: no people, for nobody comes to a page. A pause, of which no callback tells, and a lost server; a file
  is told twice, an upload's progress doubly, and a slice too late.

Each is lived with callbacks and without, when nothing is repeated or late; a room also where another process changes
and stops it. The clock is driven, callbacks come over real HTTP, and what is read is compared line by line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lessons import PAGE, ROOM, Lesson, lesson
from recorder_core import (
    EventKind,
    EventSource,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingState,
    Spotlight,
    UnsupportedOperation,
)
from recorder_core.following.waiting import PROGRESS
from recorder_core.testing import connect

END = 7200
TOLD, LOOK = "told", "look"
"""Sources. What this recorder does and what the vendor tells of it race with one another."""
Row = tuple[float, str, str | None, str, str]
"""The second at which it is read, kind, state, whom or which files it names, source."""


class Reader:
    """Follows a recording, and writes down what is read."""

    def __init__(self, room: Lesson) -> None:
        self.room = room
        self.events: list[RecordingEvent] = []
        self.rows: list[Row] = []
        self.real_s = 0.0
        self._names: dict[str, str] = {}

    def read(self, recording: Recording) -> RecordingEvent:
        """To the end; the last event."""
        began = time.perf_counter()
        for event in self.room.recorder.follow(recording):
            self.events.append(event)
            # Of a stop of ours the vendor's words may come first, which name the files once more.
            files = () if event.kind is EventKind.STOPPED else event.files
            names = event.participant or ", ".join(f"{self._name(file.name)} {file.status}" for file in files)
            source = LOOK if event.source is EventSource.LOOK else TOLD
            state = None if event.state is None else str(event.state)
            self.rows.append((round(self.room.timeline.now, 3), str(event.kind), state, names, source))
        self.real_s = time.perf_counter() - began
        self.check()
        return self.events[-1]

    def _name(self, name: str) -> str:
        """Names of files hold ids and instants; here they are lettered in the order in which they appear."""
        return self._names.setdefault(name, "ABCDEF"[len(self._names)])

    def check(self) -> None:
        """Nothing comes twice, numbers ascend, no state goes back, and the end is the end."""
        keys = [event.dedup_key for event in self.events]
        assert len(set(keys)) == len(keys)
        assert {event.recording_id for event in self.events} == {self.events[0].recording_id}
        numbers = [event.sequence for event in self.events if event.sequence is not None]
        assert numbers == sorted(set(numbers))
        reached = [
            PROGRESS[event.state] for event in self.events if event.state not in (None, RecordingState.UNREACHABLE)
        ]
        assert reached == sorted(reached)
        last = self.events[-1]
        assert last.state is not None
        assert last.state.terminal
        assert {file.name for file in last.files} >= {
            file.name for event in self.events for file in event.files if event.kind is not EventKind.SNAPSHOT
        }


@contextmanager
def two_hours(vendor: str, *, listens: bool, elsewhere: bool) -> Iterator[tuple[Lesson, Recorder, Reader]]:
    """The vendor, who operates the recording, and who reads. `elsewhere`: these are two processes."""
    with lesson(vendor, listens=listens) as room, connect(room.service) as other:
        yield room, other if elsewhere else room.recorder, Reader(room)


def people_come(room: Lesson) -> None:
    """Five, three before the server is lost. What the vendor tells of some comes twice or in the wrong order."""

    def join(person: str, fault: str | None = None) -> Callable[[], None]:
        def act() -> None:
            if fault and room.service.callbacks.active:
                room.service.fail_next("callback", fault)
            room.service.join(ROOM, person)

        return act

    tells = room.service.name == "agora"
    room.timeline.at(20, join("1001"))
    room.timeline.at(60, join("1002", "late" if tells else None))
    room.timeline.at(1200, join("1003"))
    room.timeline.at(3600, join("1004", "double" if tells else None))
    room.timeline.at(5400, join("1005", "duplicate" if tells else None))


def faults(room: Lesson) -> set[str]:
    """The disorder that was delivered."""
    return {delivery.fault for delivery in room.service.callbacks.deliveries if delivery.fault}


def measure(record_property: Callable[[str, object], None], request: pytest.FixtureRequest, reader: Reader) -> None:
    """Print the real seconds of two hours."""
    record_property("measured", f"two hours of a room, {request.node.name}: {reader.real_s:.2f} s")


# --- ZEGOCLOUD ---

ZEGOCLOUD: dict[tuple[bool, bool], list[Row]] = {
    # With callbacks. The vendor tells nothing of people and of servers: the second file tells of the latter.
    (True, False): [
        (2, "recording", "recording", "", LOOK),
        (12, "idle", None, "", TOLD),
        (35, "file_started", None, "A recording", TOLD),
        (600, "layout_changed", None, "", TOLD),
        (1800, "paused", "paused", "", TOLD),
        (2100, "resumed", "recording", "", TOLD),
        (2410, "paused", "paused", "", TOLD),
        (2414, "resumed", "recording", "", TOLD),
        (3075, "file_started", None, "B recording", TOLD),
        (4500, "snapshot", None, "", TOLD),
        (4501, "snapshot", None, "C uploaded", TOLD),
        (7203, "stopped", "uploading", "", TOLD),
        (7203, "uploaded", "completed", "A uploaded, B uploaded", TOLD),
        (7209, "ended", "completed", "A uploaded, B uploaded", LOOK),
    ],
    # Another process changes and stops it: a layout is told by nobody, and the vendor's words are the last ones.
    (True, True): [
        (2, "recording", "recording", "", LOOK),
        (12, "idle", None, "", TOLD),
        (35, "file_started", None, "A recording", TOLD),
        (1800, "paused", "paused", "", TOLD),
        (2100, "resumed", "recording", "", TOLD),
        (2414, "paused", "paused", "", TOLD),
        (2414, "resumed", "recording", "", TOLD),
        (3075, "file_started", None, "B recording", TOLD),
        (4501, "snapshot", None, "C uploaded", TOLD),
        (7200, "stopped", "uploading", "", TOLD),
        (7203, "uploaded", "completed", "A uploaded, B uploaded", TOLD),
    ],
    # Without callbacks.
    (False, False): [
        (2, "recording", "recording", "", LOOK),
        (62, "file_started", "recording", "A recording", LOOK),
        (600, "layout_changed", None, "", TOLD),
        (1800, "paused", "paused", "", TOLD),
        (2100, "resumed", "recording", "", TOLD),
        (2410, "paused", "paused", "", TOLD),
        (2414, "resumed", "recording", "", TOLD),
        (3062, "file_started", "recording", "B recording", LOOK),
        (4500, "snapshot", None, "", TOLD),
        (7203, "stopped", "stopping", "", TOLD),
        (7203, "ended", "completed", "A uploaded, B uploaded", LOOK),
    ],
    # Without either: one look in a minute, which doesn't see a pause of four seconds.
    (False, True): [
        (2, "recording", "recording", "", LOOK),
        (62, "file_started", "recording", "A recording", LOOK),
        (1802, "paused", "paused", "", LOOK),
        (2102, "resumed", "recording", "", LOOK),
        (3062, "file_started", "recording", "B recording", LOOK),
        (7202, "upload_started", "uploading", "", LOOK),
        (7204, "ended", "completed", "A uploaded, B uploaded", LOOK),
    ],
}


@pytest.mark.parametrize(("listens", "elsewhere"), list(ZEGOCLOUD))
def test_two_hours_at_zegocloud(
    listens: bool, elsewhere: bool, record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    """A pause, another one whose callbacks come in the wrong order, a picture that is told twice, and the rest."""
    with two_hours("zegocloud", listens=listens, elsewhere=elsewhere) as (room, operator, reader):
        people_come(room)
        recording = room.start(idle_timeout=3600)
        timeline, service = room.timeline, room.service
        timeline.at(600, lambda: operator.layout(recording, Spotlight("1001")))
        timeline.at(1800, lambda: operator.pause(recording))
        timeline.at(2100, lambda: operator.resume(recording))
        if listens:
            timeline.at(2410, lambda: service.fail_next("callback", "late"))
            timeline.at(4500, lambda: service.fail_next("callback", "duplicate"))
        timeline.at(2410, lambda: operator.pause(recording))
        timeline.at(2414, lambda: operator.resume(recording))
        timeline.at(3000, lambda: service.migrate(ROOM))
        timeline.at(4500, lambda: operator.snapshot(recording))
        timeline.at(END, lambda: operator.stop(recording, wait=not elsewhere))
        last = reader.read(recording)
        measure(record_property, request, reader)
        assert reader.rows == ZEGOCLOUD[listens, elsewhere]
        assert faults(room) == ({"late", "duplicate"} if listens else set())
        assert (last.ending, last.fault, last.reason) == (None if elsewhere else "stopped", None, None)
        assert [entry.operation for entry in service.journal].count("UpdateLayout") == 1
        assert [file.duration_s for file in last.files] == [2676.0, 4140.0]


# --- Agora ---

EVERYBODY = ("1001", "1002", "1003", "1004", "1005")


def seen(second: float, *people: str) -> list[Row]:
    """Somebody is heard and seen."""
    media = ("audio_changed", "video_changed")
    return [(second, medium, None, person, TOLD) for person in people for medium in media]


def progress(first: int, until: int) -> list[Row]:
    """What is uploaded is told once a minute."""
    return [(second, "upload_progress", None, "", TOLD) for second in range(first, until, 60)]


def in_time(*rows: Row | list[Row]) -> list[Row]:
    """The rows by their seconds, and within one second as they are given."""
    flat = [row for part in rows for row in (part if isinstance(part, list) else [part])]
    return sorted(flat, key=lambda row: row[0])


def room_at_agora(*, layout: bool) -> list[Row]:
    """With callbacks. `layout`: who reads is who changes the layout."""
    return in_time(
        (3, "started", "starting", "", TOLD),
        (5, "recording", "recording", "", LOOK),
        seen(20, "1001"),
        (20, "segment_started", "recording", "", TOLD),
        (35, "file_started", "recording", "A recording", TOLD),
        seen(60, "1002"),
        progress(95, 3000),
        [(600, "layout_changed", None, "", TOLD)] if layout else [],
        seen(1200, "1003"),
        (3005, "status", "unreachable", "", LOOK),
        (3040, "migrated", None, "", TOLD),
        seen(3040, "1001", "1002", "1003"),
        (3040, "segment_started", "recording", "", TOLD),
        (3055, "file_started", "recording", "B recording", TOLD),
        progress(3115, END),
        seen(3600, "1004"),
        seen(5400, "1005"),
        (END, "stopped", "stopping", "", TOLD),
        (END, "upload_started", "uploading", "", TOLD),
        (END, "uploaded", "completed", "A uploaded, B uploaded", TOLD),
        (END + 5, "ended", "completed", "A uploaded, B uploaded", TOLD),
    )


AGORA: dict[tuple[bool, bool], list[Row]] = {
    (True, False): room_at_agora(layout=True),
    (True, True): room_at_agora(layout=False),
    # Without callbacks the answer to stop names the files of the last server alone.
    (False, False): [
        (5, "recording", "recording", "", LOOK),
        (125, "file_started", "recording", "A recording", LOOK),
        (600, "layout_changed", None, "", TOLD),
        (3005, "status", "unreachable", "", LOOK),
        (3050, "status", "recording", "", LOOK),
        (3172, "file_started", "recording", "B recording", LOOK),
        (END, "stopped", "stopping", "", TOLD),
        (END, "ended", "completed", "A unknown, B uploaded", LOOK),
    ],
    # Without either: the vendor doesn't know an end any more, and keeps no list.
    (False, True): [
        (5, "recording", "recording", "", LOOK),
        (125, "file_started", "recording", "A recording", LOOK),
        (3005, "status", "unreachable", "", LOOK),
        (3050, "status", "recording", "", LOOK),
        (3172, "file_started", "recording", "B recording", LOOK),
        (7252, "status", "unreachable", "", LOOK),
        (7342, "ended", "gone", "A unknown, B unknown", LOOK),
    ],
}


def layouts(room: Lesson) -> list[tuple[float, object]]:
    """When which layout was sent."""
    began = room.service.recordings[0].started_at
    return [(entry.at - began, entry.body["clientRequest"]["maxResolutionUid"]) for entry in room.asked("updateLayout")]


@pytest.mark.parametrize(("listens", "elsewhere"), list(AGORA))
def test_two_hours_at_agora(
    listens: bool, elsewhere: bool, record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    """A room can't be paused; its layout is sent again to the server that goes on."""
    with two_hours("agora", listens=listens, elsewhere=elsewhere) as (room, operator, reader):
        people_come(room)
        recording = room.start(idle_timeout=3600)
        timeline, service = room.timeline, room.service
        with pytest.raises(UnsupportedOperation):
            operator.pause(recording)
        timeline.at(600, lambda: operator.layout(recording, Spotlight("1001")))
        timeline.at(3000, lambda: service.migrate(ROOM))
        timeline.at(END, lambda: operator.stop(recording, wait=not elsewhere))
        last = reader.read(recording)
        measure(record_property, request, reader)
        assert reader.rows == AGORA[listens, elsewhere]
        assert faults(room) == ({"late", "double", "duplicate"} if listens else set())
        again = [] if elsewhere else [(3040 if listens else 3052, "1001")]
        assert layouts(room) == [(600, "1001"), *again]
        known = listens or not elsewhere
        assert (last.ending, last.fault) == ("stopped" if known else None, None)
        assert [(file.key or "").rpartition("/")[0] for file in last.files] == ["lessons/2026"] * 2
        assert last.files[1].name == f"bak0_{last.files[0].name}"


PAGES: dict[bool, list[Row]] = {
    True: in_time(
        (3, "started", "starting", "", TOLD),
        (3, "segment_started", "recording", "", TOLD),
        (8, "file_started", "recording", "A recording", TOLD),
        progress(68, 2100),
        (1800, "paused", "paused", "", TOLD),
        (2100, "resumed", "recording", "", TOLD),
        (2108, "segment_started", "recording", "", TOLD),
        progress(2108, 3000),
        (3000, "status", "unreachable", "", LOOK),
        (3040, "migrated", None, "", TOLD),
        (3040, "segment_started", "recording", "", TOLD),
        (3045, "file_started", "recording", "B recording", TOLD),
        progress(3105, END),
        (END, "stopped", "stopping", "", TOLD),
        (END, "upload_started", "uploading", "", TOLD),
        (END, "uploaded", "completed", "A uploaded, B uploaded", TOLD),
        (END + 5, "ended", "completed", "A uploaded, B uploaded", TOLD),
    ),
    False: [
        (5, "recording", "recording", "", LOOK),
        (125, "file_started", "recording", "A recording", LOOK),
        (1800, "paused", "paused", "", TOLD),
        (2100, "resumed", "recording", "", TOLD),
        (3005, "status", "unreachable", "", LOOK),
        (3050, "status", "recording", "B recording", LOOK),
        (END, "stopped", "stopping", "", TOLD),
        (END, "ended", "completed", "A uploaded, B uploaded", LOOK),
    ],
}


@pytest.mark.parametrize("listens", PAGES)
def test_two_hours_of_a_page(
    listens: bool, record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    """A page can be paused, of which no callback tells; nobody comes, and it has no layout to send again."""
    with two_hours("agora", listens=listens, elsewhere=False) as (room, operator, reader):
        recording = room.start(**PAGE)
        timeline, service = room.timeline, room.service
        timeline.at(1800, lambda: operator.pause(recording))
        if listens:
            timeline.at(2100, lambda: service.fail_next("callback", "late"))
        timeline.at(2100, lambda: operator.resume(recording))
        timeline.at(3000, lambda: service.migrate(recording.native["cname"]))
        if listens:
            timeline.at(3044, lambda: service.fail_next("callback", "duplicate"))
            timeline.at(4004, lambda: service.fail_next("callback", "double"))
        timeline.at(END, lambda: operator.stop(recording))
        last = reader.read(recording)
        measure(record_property, request, reader)
        assert reader.rows == PAGES[listens]
        assert faults(room) == ({"late", "double", "duplicate"} if listens else set())
        assert (last.ending, last.fault) == ("stopped", None)
