"""Callbacks in the order in which the vendor made them."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from recorder_core.following.ordering import GRACE_S, Order


def numbers(events: list[Any]) -> list[int]:
    return [event.sequence for event in events]


def test_in_order_none_waits(story: Any) -> None:
    """What comes in its order is released at once, from whichever number it begins."""
    order = Order()
    for number in (7, 8, 9):
        released, late = order.take(story.callback("status", sequence=number), 0.0)
        assert (numbers(released), late) == ([number], False)
    assert order.due == math.inf


def test_one_that_came_too_early_waits_for_the_one_before(story: Any) -> None:
    """3 after 1 waits for 2, and is released with it."""
    order = Order()
    order.take(story.callback("status", sequence=1), 0.0)
    assert order.take(story.callback("status", sequence=3), 1.0) == ([], False)
    assert order.take(story.callback("status", sequence=4), 1.5) == ([], False)
    released, late = order.take(story.callback("status", sequence=2), 5.9)
    assert (numbers(released), late) == ([2, 3, 4], False)


def test_a_gap_that_nobody_fills(story: Any) -> None:
    """What has waited 6 s is released with all that only waited for it; what waits for another gap goes on waiting."""
    order = Order()
    order.take(story.callback("status", sequence=1), 0.0)
    order.take(story.callback("status", sequence=5), 2.0)
    order.take(story.callback("status", sequence=4), 1.0)
    order.take(story.callback("status", sequence=9), 3.0)
    assert order.due == 1.0 + GRACE_S
    assert order.release(6.9) == []
    assert numbers(order.release(7.0)) == [4, 5]
    assert order.due == 3.0 + GRACE_S
    assert numbers(order.release(9.0)) == [9]


def test_what_waited_longest_lets_those_before_it_go_first(story: Any) -> None:
    """9 has waited long enough; 7, which came later and belongs before it, doesn't come after it for that."""
    order = Order()
    order.take(story.callback("status", sequence=1), 0.0)
    order.take(story.callback("status", sequence=9), 1.0)
    order.take(story.callback("status", sequence=7), 5.0)
    assert numbers(order.release(7.0)) == [7, 9]


def test_one_that_comes_too_late_is_released_as_that(story: Any) -> None:
    """2 after 3 was released is late; so is a second 3."""
    order = Order()
    order.take(story.callback("status", sequence=1), 0.0)
    order.take(story.callback("status", sequence=3), 0.0)
    order.release(10.0)
    assert order.take(story.callback("status", sequence=2), 11.0)[1]
    assert order.take(story.callback("status", sequence=3), 11.0)[1]
    assert order.take(story.callback("status", sequence=4), 11.0)[1] is False


def test_without_numbers_as_they_come(story: Any) -> None:
    """Events without a number wait for nobody."""
    order = Order()
    order.take(story.callback("status", sequence=1), 0.0)
    event = story.callback("error")
    assert order.take(event, 0.0) == ([event], False)


@pytest.mark.parametrize("seed", range(20))
def test_any_disorder(story: Any, seed: int) -> None:
    """Whatever the disorder, each is released once; those that don't come late are in ascending order."""
    generator = random.Random(seed)
    order, released, late = Order(), [], []
    arriving = sorted(range(60), key=lambda number: number + generator.random() * 8)
    for number in [number for number in arriving if generator.random() > 0.1]:
        now = number * 0.7 + generator.random()
        released += numbers(order.release(now))
        events, is_late = order.take(story.callback("status", sequence=number), now)
        (late if is_late else released).extend(numbers(events))
    released += numbers(order.flush())
    assert released == sorted(released)
    assert len({*released, *late}) == len(released) + len(late)
    assert order.due == math.inf


def test_a_number_out_of_all_reach_makes_nothing_late(story: Any) -> None:
    """It tells no order, as the first as little as later: a forged one would make all that follow it late."""
    order, far = Order(), 2**53
    for number in (far, 7, far + 1, 8):
        released, late = order.take(story.callback("status", sequence=number), 0.0)
        assert (numbers(released), late) == ([number], False)
    order = Order()
    order.take(story.callback("status", sequence=1), 0.0)
    for number in (far, 2, -far, 3):
        released, late = order.take(story.callback("status", sequence=number), 0.0)
        assert (numbers(released), late) == ([number], False)
