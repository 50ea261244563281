"""Recordings in time: who is asked when, and what a lost server does."""

from typing import Any

import pytest
import requests

from emulation.telling import MOVED, STARTED, Lesson, Receiver, TellingService
from recorder_core.emulation.clock import EmulatorClock

MANY = 2_000


@pytest.fixture
def crowded(clock: EmulatorClock) -> Any:
    """A service with very many recordings in very many rooms."""
    with TellingService(clock=clock) as service:
        for number in range(MANY):
            name = f"lesson-{number}"
            service.join(name, "1001")
            lesson = Lesson(service, number, service.room(name), clock.time())
            service.lessons.append(lesson)
            service.watch(lesson, name)
        clock.advance(10)
        for lesson in service.lessons:
            lesson.settled = 0
        yield service


def asked(service: TellingService) -> list[int]:
    """Which recordings were asked what happened since the last look."""
    found = [lesson.number for lesson in service.lessons if lesson.settled]
    for lesson in service.lessons:
        lesson.settled = 0
    return found


def test_nobody_is_asked_when_nothing_is_due(crowded: TellingService) -> None:
    """A request, a look and a move of the clock reach no recording to which nothing happens."""
    requests.post(f"{crowded.base_url}/status", timeout=10).raise_for_status()
    assert len(crowded.recordings) == MANY
    crowded.clock.advance(3600)
    assert asked(crowded) == []


def test_people_concern_the_recordings_of_their_room(crowded: TellingService) -> None:
    """Whoever comes or goes has that room's recordings asked, and what follows from it those whose time has come."""
    crowded.join("lesson-7", "1002")
    assert asked(crowded) == [7]
    for person in ("1001", "1002"):
        crowded.leave("lesson-7", person)
    crowded.set_media("lesson-8", "1001", camera=False)
    assert asked(crowded) == [7, 8]
    crowded.clock.advance(30)
    assert asked(crowded) == [7]
    assert [recording.ids["number"] for recording in crowded.recordings if not recording.running] == ["7"]
    crowded.clock.advance(2)
    assert (asked(crowded), crowded.lessons[7].over) == ([7], True)
    crowded.join("lesson-7", "1001")
    assert asked(crowded) == [], "what is over is forgotten"


def test_one_that_is_due_at_once_for_ever_is_an_error(clock: EmulatorClock) -> None:
    """A recording that is settled and says that it's due now would be asked for ever."""

    class Stuck:
        over = False

        def settle(self, now: float) -> None:
            return

        def next_due(self, now: float) -> float:
            return now

        def __repr__(self) -> str:
            return "Stuck"

    with TellingService(clock=clock) as service, pytest.raises(RuntimeError, match=r"Stuck was settled at .* due at"):
        service.watch(Stuck(), None)


def test_a_recording_without_a_room(clock: EmulatorClock) -> None:
    """It is asked when its time has come, and forgotten when it is over."""

    class Web:
        happened: tuple[float, ...] = ()

        @property
        def over(self) -> bool:
            return len(self.happened) == 2

        def settle(self, now: float) -> None:
            self.happened = (*self.happened, now)

        def next_due(self, now: float) -> float | None:
            return now + 60

    with TellingService(clock=clock) as service:
        start, web = clock.time(), Web()
        service.watch(web, None)
        clock.advance(3600)
        assert web.happened == (start, start + 3600), "nothing is to be told, so it is asked once"


def test_a_lost_server(telling: TellingService, receiver: Receiver, clock: EmulatorClock) -> None:
    """The room's recordings move after the vendor's outage, or one that is given; other rooms' don't."""
    for room in ("lesson", "other"):
        telling.join(room, "1001")
        requests.post(f"{telling.base_url}/start", json={"room": room}, timeout=10).raise_for_status()
    clock.advance(10)
    lost = clock.time()
    telling.migrate("lesson")
    clock.advance(60)
    telling.migrate("lesson", outage=5)
    clock.advance(60)
    moves = [event for event in receiver.events if event[1] != STARTED]
    assert moves == [("0/1", MOVED, lost + 30, 0), ("0/2", MOVED, lost + 65, 0)]


@pytest.mark.parametrize(
    ("room", "outage", "sentence"),
    [
        ("empty", None, "nothing is recorded in room 'empty'"),
        ("", None, "a room's name has at least one character"),
        *(("lesson", wrong, "outage is a number of seconds, 0 to 3600; got ") for wrong in (-1, 3601, "5", True)),
        ("lesson", float("nan"), "outage is a number of seconds, 0 to 3600; got nan"),
    ],
)
def test_what_cannot_move(telling: TellingService, room: str, outage: Any, sentence: str) -> None:
    """A room in which nothing is recorded, and an outage of no length, are refused."""
    requests.post(f"{telling.base_url}/start", json={"room": "lesson"}, timeout=10).raise_for_status()
    with pytest.raises(ValueError, match=sentence):
        telling.migrate(room, outage)


def test_a_vendor_may_have_no_migrations(service: Any) -> None:
    """An emulator that says nothing about servers refuses, by name."""
    requests.post(f"{service.base_url}/start", json={"room": "lesson"}, timeout=10).raise_for_status()
    with pytest.raises(ValueError, match="recordings of plain don't move to another server"):
        service.migrate("lesson")
