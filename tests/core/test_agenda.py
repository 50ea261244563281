"""What is due, and when."""

import random

from recorder_core.agenda import Agenda


def test_what_is_due_comes_in_order_and_once() -> None:
    """By instant, then in the order of planning; what isn't due stays."""
    agenda: Agenda[str] = Agenda()
    for item, due in (("c", 3.0), ("a", 1.0), ("later", 9.0), ("b", 1.0)):
        agenda.plan(item, due)
    assert agenda.due == 1.0
    assert list(agenda.take(0.5)) == []
    assert list(agenda.take(3.0)) == ["a", "b", "c"]
    assert list(agenda.take(3.0)) == []
    assert (len(agenda), agenda.due) == (1, 9.0)


def test_a_new_plan_replaces_the_old_one() -> None:
    """Sooner, later, the same instant again or not at all: only the last plan counts."""
    agenda: Agenda[str] = Agenda()
    for item in ("sooner", "later", "same", "never"):
        agenda.plan(item, 5.0)
    agenda.plan("sooner", 4.0)
    agenda.plan("later", 6.0)
    agenda.plan("same", 5.0)
    agenda.plan("never", None)
    agenda.plan("unknown", None)
    assert [(agenda.due, item) for item in agenda.take(5.5)] == [(5.0, "sooner"), (6.0, "same")]
    assert list(agenda.take(100)) == ["later"]
    assert agenda.due == float("inf")


def test_what_is_planned_while_taking_is_taken_too() -> None:
    """Something that is due again by then comes again, in its order."""
    agenda: Agenda[str] = Agenda()
    agenda.plan("every 10 s", 10.0)
    agenda.plan("once", 25.0)
    seen = []
    for item in agenda.take(40.0):
        seen.append(item)
        if item == "every 10 s":
            agenda.plan(item, 10.0 * (1 + seen.count(item)))
    assert seen == ["every 10 s", "every 10 s", "once", "every 10 s", "every 10 s"]
    assert agenda.due == 50.0


def test_planning_anew_leaves_nothing_behind() -> None:
    """However often items are planned, memory is in proportion to how many there are, and their order is right."""
    agenda: Agenda[int] = Agenda()
    chance = random.Random(4)
    planned = {}
    for _ in range(20_000):
        item = chance.randrange(50)
        planned[item] = chance.random()
        agenda.plan(item, planned[item])
    assert len(agenda._heap) <= 2 * len(planned) + 16
    assert list(agenda.take(1.0)) == sorted(planned, key=planned.__getitem__)
