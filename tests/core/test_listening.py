"""Who is told of events."""

from __future__ import annotations

from typing import Any

from recorder_core import EventKind, RecordingEvent
from recorder_core.listening import Heard, Listeners


def event(recording_id: str | None = "r-1", reason: str = "") -> RecordingEvent:
    return RecordingEvent(
        kind=EventKind.STATUS, provider="memory", recording_id=recording_id, reason=reason, dedup_key="key"
    )


def test_of_one_and_of_all() -> None:
    """Each is told what it wants to know; an event of nobody's recording only those who want all."""
    listeners, of_all, of_one = Listeners(), [], []
    listeners.subscribe(of_all.append)
    listeners.subscribe(of_one.append, "r-1")
    events = [event(), event("r-2"), event(None)]
    for told in events:
        listeners.tell(told)
    assert (of_all, of_one) == (events, events[:1])


def test_looks_are_for_those_who_want_them() -> None:
    """Whoever waits for callbacks isn't told of looks, and their events are only made where somebody wants them."""
    listeners, heard, looks, made = Listeners(), [], [], []

    def make() -> RecordingEvent:
        made.append(event())
        return made[-1]

    listeners.subscribe(heard.append)
    listeners.tell_of("r-1", make, looks=True)
    assert made == []
    listeners.subscribe(looks.append, "r-1", looks=True)
    listeners.tell_of("r-2", make, looks=True)
    listeners.tell_of("r-1", make, looks=True)
    assert (heard, looks) == ([], made)


def test_who_leaves_is_told_no_more() -> None:
    """As often as it is said, and without a trace; another subscription of the same listener stays."""
    listeners, told = Listeners(), []
    leave, leave_again = listeners.subscribe(told.append, "r-1"), listeners.subscribe(told.append, "r-1")
    leave()
    leave()
    listeners.tell(event())
    assert len(told) == 1
    leave_again()
    listeners.tell(event())
    assert len(told) == 1
    assert listeners._by_wish == {}


def test_whoever_hears_may_leave() -> None:
    """A listener that ends its own subscription, or another's, while it is told."""
    listeners, told = Listeners(), []

    def once(_: Any) -> None:
        told.append(1)
        leave()

    leave = listeners.subscribe(once)
    listeners.tell(event())
    listeners.tell(event())
    assert told == [1]


def test_one_that_fails_keeps_nobody_from_being_told(caplog) -> None:
    """It is logged, without what the event says; those behind it are told, of looks too."""
    listeners, told = Listeners(), []

    def fail(_: Any) -> None:
        raise ZeroDivisionError("a bug")

    for listener in (fail, told.append):
        listeners.subscribe(listener)
        listeners.subscribe(listener, "r-1", looks=True)
    listeners.tell(event(reason="the vendor's words"))
    listeners.tell_of("r-1", event, looks=True)
    assert len(told) == 2
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError] * 2
    assert "a listener failed at the event status of recording r-1" in caplog.text
    assert "the vendor's words" not in caplog.text


def test_hearing_for_a_while() -> None:
    """Events are kept in their order until they are taken; the signal says that there are some."""
    listeners = Listeners()
    with listeners.hearing("r-1") as heard:
        assert not heard.signal.is_set()
        for reason in ("one", "two"):
            listeners.tell(event(reason=reason))
        assert heard.signal.is_set()
        assert [found.reason for found in heard.take()] == ["one", "two"]
        assert (heard.take(), heard.signal.is_set()) == ([], False)
    listeners.tell(event())
    assert heard.take() == []
    assert isinstance(heard, Heard)


def test_what_isn_t_verified_is_heard_and_not_kept() -> None:
    """Whoever waits is woken by it; a flood of forged callbacks takes no memory while the vendor is asked."""
    listeners = Listeners()
    with listeners.hearing("r-1") as heard:
        for _ in range(3):
            listeners.tell(event().model_copy(update={"verified": False}))
        assert heard.signal.is_set()
        assert heard.take() == []
