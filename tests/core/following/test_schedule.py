"""Looks are spent where they matter most, and at the pace that the vendor advises."""

from __future__ import annotations

import random
from typing import Any

import pytest

from recorder_core import RecordingState
from recorder_core.following.merging import Life
from recorder_core.following.schedule import ENDING_LOOKS, Rank, Schedule, Turn, turn_of

START = 1_800_000_000.0
POLL = (5.0, 5.0, 10.0, 15.0)
WATCH = 120.0


def turn(life: Life, **options: Any) -> tuple[Rank, float]:
    """The rank, and the seconds since the start of the recording."""
    found = turn_of(life, max(life.looked_at, START), POLL, WATCH, **options)
    return found.rank, found.due - START


def living(state: str | None, looks: int = 0, looked: float = 0.0, **known: Any) -> Life:
    life = Life(START)
    life.state = None if state is None else RecordingState(state)
    life.looks = looks
    life.looked_at = START + looked if looked else 0.0
    for name, value in known.items():
        setattr(life, name, value)
    return life


def test_a_young_one_is_looked_at_as_the_vendor_advises() -> None:
    """After 5, 5, 10 and then every 15 s until it records, counted from the start."""
    assert turn(living(None)) == (Rank.URGENT, 5)
    assert turn(living("starting", 1, 5)) == (Rank.URGENT, 10)
    assert turn(living("starting", 2, 10)) == (Rank.URGENT, 20)
    assert turn(living("starting", 7, 80)) == (Rank.URGENT, 95)


def test_one_that_never_comes_up_isn_t_young_for_ever() -> None:
    """After two minutes it is looked at like all others."""
    assert turn(living("starting", 9, 119)) == (Rank.URGENT, 134)
    assert turn(living("starting", 10, 134)) == (Rank.STEADY, 254)


def test_one_that_was_started_long_ago_is_looked_at_at_once() -> None:
    """Of what a new process takes over nothing is known: its first look is due, and not more urgent than others'."""
    life = Life(START - 7200)
    assert turn_of(life, START, POLL, WATCH) == Turn(Rank.STEADY, START)


@pytest.mark.parametrize("state", ["recording", "paused"])
def test_one_that_records_is_watched(state: str) -> None:
    """Once in the interval that the vendor advises."""
    assert turn(living(state, 3, 600)) == (Rank.STEADY, 720)


@pytest.mark.parametrize("state", ["stopping", "uploading"])
def test_one_that_is_ending_is_looked_at_soon(state: str) -> None:
    """At the pace of a young one, a dozen times; an upload that takes hours is watched then."""
    assert turn(living(state, 0, 600)) == (Rank.URGENT, 605)
    assert turn(living(state, 3, 600)) == (Rank.URGENT, 615)
    assert turn(living(state, ENDING_LOOKS, 600)) == (Rank.STEADY, 720)


def test_one_that_is_missing() -> None:
    """After 15, 30 and 45 s: a move to another server takes 90 s at most. Then it is watched as before."""
    looks = [turn(living("unreachable", looks, 600, is_missing=True)) for looks in range(4)]
    assert looks == [(Rank.SILENT, 615), (Rank.SILENT, 630), (Rank.SILENT, 645), (Rank.SILENT, 720)]


def test_one_look_for_each_that_is_missing_where_time_is_short() -> None:
    """Where others wait for their turn, one look after 90 s decides."""
    assert turn(living("unreachable", 0, 600, is_missing=True), is_behind=True) == (Rank.SILENT, 690)


def test_looks_that_fail_are_repeated_more_and_more_seldom() -> None:
    """Whatever else is known of it: a vendor that fails isn't asked every two seconds."""
    looks = [turn(living("stopping", 0, 600, failures=failures, is_doubtful=True)) for failures in range(1, 6)]
    assert [due for _, due in looks] == [615, 630, 645, 720, 720]


@pytest.mark.parametrize("why", ["is_doubtful", "has_moved"])
def test_a_reason_to_look(why: str) -> None:
    """Something unproven, or a move: at once, but no more than once in two seconds."""
    assert turn(living("recording", 3, 600, **{why: True})) == (Rank.URGENT, 602)


def test_one_whose_callbacks_come_is_seldom_looked_at() -> None:
    """Once in five intervals, for callbacks get lost; as soon as they stop, at once."""
    heard = living("recording", 3, 600, heard_at=START + 650, rhythm=60.0)
    assert turn(heard) == (Rank.SILENT, 830)
    heard.heard_at = START + 1100
    assert turn(heard) == (Rank.STEADY, 1200)
    seldom = living("recording", 3, 600, heard_at=START + 650, rhythm=10.0)
    assert turn(seldom) == (Rank.SILENT, 770)
    assert turn(living("recording", 4, 770, heard_at=START + 650, rhythm=10.0)) == (Rank.STEADY, 890)


# --- many ---


def order(schedule: Schedule, now: float) -> list[str]:
    found = []
    while (name := schedule.take(now)) is not None:
        found.append(name)
    return found


def test_ranks_first_then_who_has_waited_longest() -> None:
    """What isn't due yet isn't taken, whatever its rank."""
    schedule = Schedule()
    schedule.plan("steady, late", Turn(Rank.STEADY, 10))
    schedule.plan("steady, later", Turn(Rank.STEADY, 5))
    schedule.plan("silent", Turn(Rank.SILENT, 50))
    schedule.plan("urgent", Turn(Rank.URGENT, 90))
    schedule.plan("not yet", Turn(Rank.URGENT, 101))
    assert order(schedule, 100) == ["urgent", "silent", "steady, later", "steady, late"]
    assert schedule.due == 101
    assert len(schedule) == 1


def test_a_turn_takes_the_place_of_another() -> None:
    """A recording has one turn. `hasten` moves it forward only, and gives none to whoever has none."""
    schedule = Schedule()
    schedule.plan("a", Turn(Rank.STEADY, 50))
    schedule.plan("a", Turn(Rank.STEADY, 70))
    assert schedule.take(60) is None
    schedule.hasten("a", Turn(Rank.STEADY, 90))
    assert schedule.due == 70
    schedule.hasten("a", Turn(Rank.URGENT, 80))
    schedule.hasten("b", Turn(Rank.URGENT, 1))
    assert order(schedule, 85) == ["a"]
    assert schedule.take(1000) is None


def test_who_is_dropped_has_no_turn() -> None:
    """Nor does its old one count."""
    schedule = Schedule()
    schedule.plan("a", Turn(Rank.STEADY, 50))
    schedule.drop("a")
    schedule.drop("never there")
    assert schedule.take(100) is None
    assert schedule.due == float("inf")


def test_behind() -> None:
    """Steady ones that have waited for long say that there are more looks than time."""
    schedule = Schedule()
    schedule.plan("a", Turn(Rank.URGENT, 0))
    assert not schedule.is_behind(1000, 120)
    schedule.plan("b", Turn(Rank.STEADY, 900))
    assert not schedule.is_behind(1000, 120)
    assert schedule.is_behind(1021, 120)


def test_many_turns_that_are_given_up_take_no_memory() -> None:
    """However often turns are changed, the queues stay in proportion to the recordings."""
    schedule, generator = Schedule(), random.Random(3)
    for step in range(20_000):
        name = f"r-{generator.randrange(50)}"
        schedule.plan(name, Turn(generator.choice(list(Rank)), step + generator.random()))
    assert len(schedule) == 50
    assert sum(len(queue._heap) for queue in schedule._queues) < 400
    assert sorted(order(schedule, 1e9)) == sorted({f"r-{number}" for number in range(50)})
