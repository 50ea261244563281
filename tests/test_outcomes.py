"""What becomes of a recording, as callbacks tell it, as looks find it, and as both do, at both vendors.

The tables are literal. Where two sources differ, the wire does: what isn't told isn't claimed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from lessons import PAGE, ROOM, STORAGE, VENDORS, Lesson, lesson
from recorder_core import (
    EventKind,
    Participants,
    Recorder,
    Recording,
    RecordingEvent,
    RecordingSpec,
    Selection,
    Spotlight,
)
from recorder_core.testing import connect

QUERIES = {"agora": "query", "zegocloud": "DescribeRecordStatus"}
SOURCES = ("callbacks", "looks", "both")


class Outcomes(NamedTuple):
    """State, ending, fault and where the files are; `-` is nothing, by what is known.

    `callbacks`: of a process that hears, can't ask, and did nothing itself. In the others whatever is done to the
    recording is done by who follows it, unless the case says otherwise.
    """

    callbacks: str
    looks: str
    both: str


@dataclass(frozen=True)
class Case:
    """One life.

    Attributes:
        act: what happens, given the lesson, the handle and who operates.
        people: who is in the room.
        spec: what is recorded, besides; may need the clock.
        switches: of the emulator.
        elsewhere: another process operates.
    """

    act: Callable[[Lesson, Recording, Recorder], None] = lambda room, recording, operator: None
    people: tuple[str, ...] = ("1001",)
    spec: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    elsewhere: bool = False


def stop(second: float = 200) -> Callable[[Lesson, Recording, Recorder], None]:
    """It is stopped."""
    return lambda room, recording, operator: room.timeline.at(second, lambda: operator.stop(recording))


def at(second: float, act: Callable[[Lesson, Recording], object]) -> Callable[[Lesson, Recording, Recorder], None]:
    """Something happens at the vendor."""
    return lambda room, recording, _operator: room.timeline.at(second, lambda: act(room, recording))


def moves_and_stop(room: Lesson, recording: Recording, operator: Recorder) -> None:
    """Its server is lost once; then it is stopped."""
    room.timeline.at(100, lambda: room.service.migrate(ROOM, 20))
    stop(300)(room, recording, operator)


def lost_for_good(room: Lesson, recording: Recording, operator: Recorder) -> None:
    """Its server is lost more often than it moves."""
    for second in (100, 200, 300, 400):
        room.timeline.at(second, lambda: room.service.migrate(ROOM, 20))


def page(room: Lesson, recording: Recording) -> None:
    """The page's recorder fails."""
    room.service.end_page(recording.native["cname"], "recorder_error")


def page_at_a_loss(room: Lesson, recording: Recording) -> None:
    """The page is more than the vendor's browser can show."""
    room.service.end_page(recording.native["cname"], "capability_limit", limit="WebGL")


EXPIRING = {**PAGE, "storage": {**STORAGE, "session_token": "ST-1", "session_expires_at": 5 * 3600}}
"""A page is recorded with keys that end after five hours."""
LEAVE = at(200, lambda room, _recording: room.service.leave(ROOM, "1001"))
TOKENS = {"tokens": {"good"}, "token": "good"}

CASES: dict[str, dict[str, tuple[Case, Outcomes]]] = {
    "zegocloud": {
        # The vendor's word for a stop doesn't say that it was one: that knows who has stopped it.
        "stopped": (
            Case(stop()),
            Outcomes("completed - - uploaded", "completed stopped - uploaded", "completed stopped - uploaded"),
        ),
        "stopped elsewhere, late": (
            Case(stop(), elsewhere=True),
            Outcomes("completed - - uploaded", "completed - - uploaded", "completed - - uploaded"),
        ),
        # Too early for idle_timeout, as a look finds; one is made where no callback tells what ended it.
        "stopped elsewhere, early": (
            Case(stop(90), elsewhere=True),
            Outcomes("completed - - uploaded", "completed stopped - uploaded", "completed stopped - uploaded"),
        ),
        "idle": (
            Case(LEAVE),
            Outcomes("completed idle - uploaded", "completed - - uploaded", "completed idle - uploaded"),
        ),
        "limit": (
            Case(spec={"max_duration": 300}),
            Outcomes("completed limit - uploaded", "completed limit - uploaded", "completed limit - uploaded"),
        ),
        "vendor's fault": (
            Case(at(200, lambda room, _recording: room.service.end(ROOM, 1008))),
            Outcomes("completed fault vendor uploaded", "completed - - uploaded", "completed fault vendor uploaded"),
        ),
        "vendor's fault, early": (
            Case(at(50, lambda room, _recording: room.service.end(ROOM, 1008))),
            Outcomes(
                "completed fault vendor uploaded", "completed fault - uploaded", "completed fault vendor uploaded"
            ),
        ),
        "vendor's fault at the start": (
            Case(at(1, lambda room, _recording: room.service.end(ROOM, 5)), people=()),
            Outcomes("failed fault vendor -", "failed fault - -", "failed fault vendor -"),
        ),
        "caller's fault": (
            Case(at(200, lambda room, _recording: room.service.end(ROOM, 1010))),
            Outcomes("completed fault caller uploaded", "completed - - uploaded", "completed fault caller uploaded"),
        ),
        "nothing recorded, idle": (
            Case(people=()),
            Outcomes("completed idle - -", "completed - - -", "completed idle - -"),
        ),
        "nothing recorded, stopped": (
            Case(stop(90), people=()),
            Outcomes("completed - - -", "completed stopped - -", "completed stopped - -"),
        ),
        "bucket refuses": (
            Case(stop(), switches={"buckets": ("another",)}),
            Outcomes(
                "completed - destination backup",
                "completed stopped destination backup",
                "completed stopped destination backup",
            ),
        ),
        "bucket and backup refuse": (
            Case(stop(), switches={"buckets": ("another",), "backup": False}),
            Outcomes("failed - destination lost", "failed stopped destination lost", "failed stopped destination lost"),
        ),
        "two files": (
            Case(stop(), people=("1001", "1002"), spec={"mode": "individual"}),
            Outcomes(
                "completed - - uploaded uploaded",
                "completed stopped - uploaded uploaded",
                "completed stopped - uploaded uploaded",
            ),
        ),
        "moved": (
            Case(moves_and_stop),
            Outcomes(
                "completed - - uploaded uploaded",
                "completed stopped - uploaded uploaded",
                "completed stopped - uploaded uploaded",
            ),
        ),
    },
    "agora": {
        "stopped": (
            Case(stop()),
            Outcomes("completed stopped - uploaded", "completed stopped - uploaded", "completed stopped - uploaded"),
        ),
        # After an end a query finds nothing any more: whoever only asks learns that it is gone.
        "stopped elsewhere": (
            Case(stop(), elsewhere=True),
            Outcomes("completed stopped - uploaded", "gone - - unknown", "completed stopped - uploaded"),
        ),
        "idle": (
            Case(LEAVE),
            Outcomes("completed idle - uploaded", "gone - - unknown", "completed idle - uploaded"),
        ),
        "limit": (
            Case(people=(), spec={**PAGE, "max_duration": 3600}),
            Outcomes("completed limit - uploaded", "gone - - unknown", "completed limit - uploaded"),
        ),
        "vendor's fault": (
            Case(lost_for_good),
            Outcomes(
                "failed fault vendor unknown unknown unknown unknown",
                "gone - - unknown unknown unknown",
                "failed fault vendor unknown unknown unknown unknown",
            ),
        ),
        "vendor's fault, of a page": (
            Case(at(200, page), people=(), spec=PAGE),
            Outcomes("completed fault vendor uploaded", "gone - - unknown", "completed fault vendor uploaded"),
        ),
        "caller's fault": (
            Case(at(200, lambda room, _recording: room.service.expire_token(ROOM)), switches=TOKENS),
            Outcomes("completed fault caller uploaded", "gone - - unknown", "completed fault caller uploaded"),
        ),
        "caller's fault, of a page": (
            Case(at(200, page_at_a_loss), people=(), spec=PAGE),
            Outcomes("completed fault caller uploaded", "gone - - unknown", "completed fault caller uploaded"),
        ),
        "nothing recorded, idle": (
            Case(people=()),
            Outcomes("completed idle - -", "gone - - -", "completed idle - -"),
        ),
        "nothing recorded, stopped": (
            Case(stop(90), people=()),
            Outcomes("completed stopped - -", "completed stopped - -", "completed stopped - -"),
        ),
        # The vendor sends on by itself what it keeps, so that there is no deadline.
        "bucket refuses": (
            Case(stop(5.1 * 3600), people=(), spec=EXPIRING),
            Outcomes(*["completed stopped destination backup"] * 3),
        ),
        "bucket and backup refuse": (
            Case(stop(5.1 * 3600), people=(), spec=EXPIRING, switches={"backup": False}),
            Outcomes(
                "failed stopped destination unknown", "gone stopped - unknown", "failed stopped destination unknown"
            ),
        ),
        "two files": (
            Case(stop(), people=("1001", "1002"), spec={"mode": "individual", "media": "audio"}),
            Outcomes(*["completed stopped - uploaded uploaded"] * 3),
        ),
        # The answer to stop names the files of the last server alone.
        "moved": (
            Case(moves_and_stop),
            Outcomes(
                "completed stopped - uploaded uploaded",
                "completed stopped - unknown uploaded",
                "completed stopped - uploaded uploaded",
            ),
        ),
    },
}
ALL = [(vendor, name, source) for vendor, cases in CASES.items() for name in cases for source in SOURCES]


def lived(room: Lesson, case: Case, source: str, other: Recorder) -> tuple[Recording, list[RecordingEvent]]:
    """The life of a case, followed to its end."""
    spec = {"idle_timeout": 100, **case.spec} if case.spec.get("mode") != "web" else dict(case.spec)
    if "storage" in spec:
        end = datetime.fromtimestamp(room.service.clock.time(), UTC) + timedelta(
            seconds=spec["storage"]["session_expires_at"]
        )
        spec["storage"] = {**spec["storage"], "session_expires_at": end.isoformat()}
    recording = room.start(*case.people, **spec)
    hears_only = source == "callbacks"
    if hears_only:
        room.service.fail_next(QUERIES[room.service.name], "500", 100_000)
    case.act(room, recording, other if hears_only or case.elsewhere else room.recorder)
    return recording, list(room.recorder.follow(recording, timeout=6 * 3600))


def written(found: Any) -> str:
    """An outcome as the tables have it."""
    files = [str(file.status) for file in found.files] or ["-"]
    return " ".join([str(found.state), str(found.ending or "-"), str(found.fault or "-"), *files])


@pytest.mark.parametrize(("vendor", "name", "source"), ALL)
def test_what_became_of_it(vendor: str, name: str, source: str) -> None:
    """The last event has the outcome, and the status has the same afterwards."""
    case, expected = CASES[vendor][name]
    with (
        lesson(vendor, listens=source != "looks", **case.switches) as room,
        connect(room.service, calls_per_second={"*": math.inf}) as other,
    ):
        recording, events = lived(room, case, source, other)
        last = events[-1]
        assert written(last) == getattr(expected, source)
        found = room.recorder.status(recording)
        assert (written(found), found.files) == (written(last), last.files)
        assert len({file.name for file in last.files}) == len(last.files)
        deadlines = {file.available_until is not None for file in last.files if file.status == "backup"}
        assert deadlines <= {vendor == "zegocloud"}
        assert all((file.key or "").startswith("lessons/2026/") for file in last.files)


def test_every_ending_is_in_the_tables() -> None:
    """Each ending, each fault and each place of a file, at both vendors, as far as its wire has them."""
    for vendor, cases in CASES.items():
        words = {word for _, outcomes in cases.values() for outcome in outcomes for word in outcome.split()}
        expected = {"stopped", "idle", "limit", "fault", "vendor", "caller", "destination", "uploaded", "backup", "-"}
        assert words >= expected | ({"lost"} if vendor == "zegocloud" else {"unknown"})


# --- operations ---


PEOPLE = Participants(audio=Selection(include=("1001",)))
Operate = Callable[[Recorder, Recording, RecordingSpec], object]
OPERATIONS: dict[str, Operate] = {
    "pause": lambda recorder, recording, _spec: recorder.pause(recording),
    "resume": lambda recorder, recording, _spec: recorder.resume(recording),
    "snapshot": lambda recorder, recording, _spec: recorder.snapshot(recording),
    "layout": lambda recorder, recording, _spec: recorder.layout(recording, Spotlight("1001")),
    "update_participants": lambda recorder, recording, _spec: recorder.update_participants(recording, PEOPLE),
    "switch_whiteboard": lambda recorder, recording, _spec: recorder.switch_whiteboard(recording, "board-2"),
    "refresh_storage": lambda recorder, recording, spec: recorder.refresh_storage(recording, spec.storage),
    "update_push": lambda recorder, recording, _spec: recorder.update_push(recording, ["rtmps://push.example/live/2"]),
}
PUSH = {**PAGE, "push_urls": ["rtmps://push.example/live/1"]}
SHOWN: dict[str, tuple[str, dict[str, Any], dict[str, tuple[str, str | None]]]] = {
    "zegocloud, composite": (
        "zegocloud",
        {"output": {"formats": ["mp4"]}},
        {
            "pause": ("paused", "paused"),
            "resume": ("resumed", "recording"),
            "snapshot": ("snapshot", None),
            "layout": ("layout_changed", None),
        },
    ),
    "zegocloud, individual": (
        "zegocloud",
        {"mode": "individual", "whiteboard": {"id": "board-1", "aspect": "16:9"}},
        {"switch_whiteboard": ("whiteboard_changed", None)},
    ),
    "agora, composite": (
        "agora",
        {},
        {
            "layout": ("layout_changed", None),
            "update_participants": ("participants_changed", None),
            "refresh_storage": ("storage_renewed", None),
        },
    ),
    "agora, individual": (
        "agora",
        {"mode": "individual"},
        {"update_participants": ("participants_changed", None)},
    ),
    "agora, web": (
        "agora",
        PUSH,
        {"pause": ("paused", "paused"), "resume": ("resumed", "recording"), "update_push": ("push_changed", None)},
    ),
}


@pytest.mark.parametrize("listens", [True, False])
@pytest.mark.parametrize("shown", SHOWN)
def test_operations_show_up_once(shown: str, listens: bool) -> None:
    """As an event of its own kind, with the state where it changes one, whether a callback tells it too or not."""
    vendor, given, expected = SHOWN[shown]
    with lesson(vendor, listens=listens) as room:
        spec = room.spec(**given)
        recording = room.start("1001", **given)
        states: list[str] = []

        def operate(name: str) -> Callable[[], None]:
            def act() -> None:
                OPERATIONS[name](room.recorder, recording, spec)
                states.append(str(room.recorder.status(recording).state))

            return act

        for number, name in enumerate(expected):
            room.timeline.at(300 + 60 * number, operate(name))
        room.timeline.at(900, lambda: room.recorder.stop(recording))
        events = list(room.recorder.follow(recording))
        kinds = {kind for kind, _ in expected.values()}
        told = [event for event in events if str(event.kind) in kinds]
        ours = [event for event in told if not event.files and not (event.kind == "push_changed" and event.reason)]
        assert [(str(event.kind), event.state and str(event.state)) for event in ours] == list(expected.values())
        pictures = [event for event in told if event.files]
        assert [event.kind for event in pictures] == [EventKind.SNAPSHOT] * (listens and "snapshot" in expected)
        changed = {"pause": "paused"}
        assert states == [changed.get(name, "recording") for name in expected]


@pytest.mark.parametrize("listens", [True, False])
@pytest.mark.parametrize("vendor", VENDORS)
def test_operations_of_another_process(vendor: str, listens: bool) -> None:
    """A pause that somebody else makes is told by a callback, or else found by a look; each once.

    Agora tells nothing of either by callback, but that a segment began, after which it records again.
    """
    given = {"output": {"formats": ["mp4"]}} if vendor == "zegocloud" else PAGE
    with lesson(vendor, listens=listens) as room, connect(room.service) as other:
        recording = room.start("1001", **given)
        room.timeline.at(600, lambda: other.pause(recording))
        room.timeline.at(1800, lambda: other.resume(recording))
        room.timeline.at(2400, lambda: other.stop(recording))
        events = list(room.recorder.follow(recording))
    paused = next(index for index, event in enumerate(events) if event.kind is EventKind.PAUSED)
    turns = [event for event in events[paused:] if event.state in ("paused", "recording")]
    told = listens and vendor == "zegocloud"
    back = "segment_started" if listens and vendor == "agora" else "resumed"
    assert [(str(event.kind), str(event.state), str(event.source)) for event in turns] == [
        ("paused", "paused", "callback" if told else "look"),
        (back, "recording", "callback" if listens else "look"),
    ]
