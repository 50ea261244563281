"""What a recording sees over time."""

from collections.abc import Callable

import pytest

from recorder_core.emulation.composer import Scene
from recorder_core.emulation.room import Participant, Room
from recorder_core.emulation.taping import Tape

Render = Callable[[tuple[Participant, ...]], Scene]


def shown(scene: Scene) -> list[str | None]:
    """Who is shown, in order."""
    return [window.participant for window in scene.windows]


def test_shots_follow_the_room_and_the_layout(render: Render) -> None:
    """A new shot begins when somebody comes or goes, and when the layout changes, at that very instant."""
    room = Room("lesson")
    room.join(Participant.of("1"), 90)
    tape = Tape(room, 100)
    tape.cut(100, render)
    room.join(Participant.of("2"), 104)
    tape.cut(106.5, lambda people: render(people[::-1]))
    room.leave("1", 110)
    shots = tape.shots(until=112)
    assert [(shot.at, shown(shot.scene)) for shot in shots] == [
        (0, ["1"]),
        (4, ["1", "2"]),
        (6.5, ["2", "1"]),
        (10, ["2"]),
    ]
    assert [person.id for person in shots[-1].people] == ["2", "1"]


def test_what_lies_outside_or_changes_nothing_makes_no_shot(render: Render) -> None:
    """Changes after the end, and changes that nobody could see or hear, are left out."""
    room = Room("lesson")
    room.join(Participant.of("1"), 100)
    tape = Tape(room, 100)
    tape.cut(103, render)
    tape.cut(105, render)
    room.set_media("1", 106, camera=True)
    room.join(Participant.of("2"), 110)
    assert [shot.at for shot in tape.shots(until=110)] == [0]
    assert tape.shots(until=100) == []


def test_a_tape_without_a_layout_is_refused() -> None:
    """Forgetting the first cut is an error of the emulator's author."""
    with pytest.raises(ValueError, match="cut"):
        Tape(Room("lesson"), 0).shots(1)


def test_a_hold_is_cut_out(render: Render) -> None:
    """What happens between hold and release isn't seen, and what follows joins what was before."""
    room = Room("lesson")
    room.join(Participant.of("1"), 90)
    tape = Tape(room, 100)
    tape.cut(100, render)
    tape.hold(104)
    tape.hold(105)
    room.join(Participant.of("2"), 106)
    room.leave("1", 108)
    tape.release(110)
    room.leave("2", 113)
    assert [(shot.at, shown(shot.scene)) for shot in tape.shots(until=115)] == [(0, ["1"]), (4, ["2"]), (7, [])]
    assert tape.elapsed(107) == 4
    assert tape.elapsed(115) == 9
    assert [tape.instant(recorded) for recorded in (3, 4, 9)] == [103, 110, 115]


def test_a_tape_that_starts_on_hold_begins_with_its_release(render: Render) -> None:
    """Nothing is recorded before the first release, or ever where there is none."""
    room = Room("lesson")
    room.join(Participant.of("1"), 90)
    tape = Tape(room, 100)
    tape.cut(100, render)
    tape.hold(100)
    assert tape.shots(until=200) == []
    assert tape.elapsed(200) == 0
    tape.release(150)
    assert [shot.at for shot in tape.shots(until=200)] == [0]
    assert tape.instant(0) == 150
