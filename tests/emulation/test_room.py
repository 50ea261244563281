"""Presence over time."""

from dataclasses import replace

import pytest

from recorder_core.emulation.room import Participant, Room


def ids(people: tuple[Participant, ...]) -> list[str]:
    """The ids, in order."""
    return [person.id for person in people]


@pytest.fixture
def room() -> Room:
    """1 is there from 10 to 30, 2 from 20, 1 again from 40."""
    room = Room("lesson")
    room.join(Participant.of("1"), 10)
    room.join(Participant.of("2"), 20)
    room.leave("1", 30)
    room.join(Participant.of("1"), 40)
    return room


def test_colour_and_tone_follow_from_the_id() -> None:
    """The same id gives the same vivid colour and tone everywhere; neighbours differ clearly."""
    first, again, next_one, worded = map(Participant.of, ("1001", "1001", "1002", "ada"))
    assert first == again
    assert first.tone_hz == 300 + 40 * (1001 % 24)
    assert max(abs(a - b) for a, b in zip(first.color, next_one.color, strict=True)) > 100
    for participant in (first, next_one, worded):
        assert max(participant.color) > 200 > 60 > min(participant.color)
        assert 300 <= participant.tone_hz <= 1220


def test_fields_can_be_chosen() -> None:
    """What a test gives replaces what would be derived."""
    participant = Participant.of("7", name="Ada", color=(1, 2, 3), width=100)
    assert (participant.name, participant.color, participant.width) == ("Ada", (1, 2, 3), 100)


def test_whoever_is_given_whole_has_an_id() -> None:
    """A participant made by hand, or changed, is held to what `of` is held to."""
    with pytest.raises(ValueError, match="at least one character"):
        replace(Participant.of("7"), id="")
    with pytest.raises(TypeError, match="a participant's id is a text, such as '1001'; got 7"):
        replace(Participant.of("7"), id=7)  # type: ignore[arg-type]


def test_presence_is_known_for_every_instant(room: Room) -> None:
    """Who is there is a function of time, in join order; whoever comes back is last."""
    assert [ids(room.present(at)) for at in (9, 10, 20, 30, 40)] == [[], ["1"], ["1", "2"], ["2"], ["2", "1"]]
    assert room.changes(10, 30) == [20, 30]
    assert [(at, ids(people)) for at, people in room.presence(15, 35)] == [
        (15, ["1"]),
        (20, ["1", "2"]),
        (30, ["2"]),
    ]


def test_whoever_has_gone_is_still_known(room: Room) -> None:
    """A last frame can be shown of somebody who left; they publish nothing any more."""
    gone = room.everyone(35)[-1]
    assert (gone.id, gone.camera, gone.microphone) == ("1", False, False)
    assert ids(room.everyone(40)) == ["2", "1"]


def test_joining_twice_updates_without_moving(room: Room) -> None:
    """A participant has one place in a room."""
    room.join(Participant.of("2", camera=False), 50)
    assert ids(room.present(50)) == ["2", "1"]
    assert not room.present(50)[0].camera


def test_camera_and_microphone_are_part_of_the_timeline(room: Room) -> None:
    """Turning one off leaves the other, and the past, as they were."""
    room.set_media("2", 50, camera=False)
    room.set_media("2", 60, microphone=False)
    states = [(room.present(at)[0].camera, room.present(at)[0].microphone) for at in (45, 50, 60)]
    assert states == [(True, True), (False, True), (False, False)]


def test_nobody_leaves_who_is_not_there(room: Room) -> None:
    """A typing error in a test is told, not ignored."""
    with pytest.raises(ValueError, match="'3' is not in room 'lesson'"):
        room.leave("3", 50)
    with pytest.raises(ValueError, match="'1'"):
        room.set_media("1", 35, camera=True)


def test_idle_ends_come_at_their_own_instant() -> None:
    """The room's emptiness is counted from the last leaving, or from when one began to look."""
    room = Room("lesson")
    assert room.empty_for(30, since=100, until=129) is None
    assert room.empty_for(30, since=100, until=500) == 130
    room.join(Participant.of("1"), 120)
    room.leave("1", 150)
    room.join(Participant.of("1"), 170)
    room.leave("1", 200)
    room.join(Participant.of("1"), 1000)
    assert room.empty_for(30, since=100, until=5000) == 230
    assert room.empty_for(30, since=215, until=5000) == 245
    assert room.empty_for(30, since=1000, until=5000) is None


def test_a_join_at_the_very_end_comes_too_late() -> None:
    """Whoever comes at the instant of an idle end doesn't undo it."""
    room = Room("lesson")
    room.join(Participant.of("1"), 130)
    assert room.empty_for(30, since=100, until=130) == 130


def test_only_those_who_count_keep_a_room_alive(room: Room) -> None:
    """A vendor decides who counts: somebody that publishes nothing may not."""
    room.set_media("2", 35, camera=False)
    assert room.empty_for(3, since=0, until=100, counts=lambda person: person.camera) == 3
    assert room.empty_for(3, since=10, until=100, counts=lambda person: person.camera) == 38
    assert room.first_presence(since=35, until=100, counts=lambda person: person.camera) == 40


def test_first_and_last_presence(room: Room) -> None:
    """When somebody first came, and since when nobody is there."""
    assert room.first_presence(since=0, until=100) == 10
    assert room.first_presence(since=15, until=100) == 15
    assert room.first_presence(since=0, until=9) is None
    assert room.empty_since(5) == float("-inf")
    assert room.empty_since(25) is None
    room.leave("1", 50)
    room.leave("2", 60)
    assert room.empty_since(99) == 60
