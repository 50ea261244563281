"""What a callback told one process, every process may hear, once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import text

from recorder_core import RecordedFile
from recorder_core.ledger import Ledger

from .conftest import event


def test_an_event_is_new_to_one_process(ledger: Ledger, other: Ledger, opened: Callable[..., Ledger]) -> None:
    """A repeat isn't, whoever receives it, unless it was unheard; another account's isn't the same one."""
    assert ledger.hear(event())
    assert not ledger.hear(event())
    assert not other.hear(event())
    assert opened(account="tenant-2").hear(event())
    other.unhear(["key-1", "key-9"])
    assert other.hear(event())
    assert not ledger.hear(event())


def test_of_many_that_hear_an_event_one_is_first(opened: Callable[..., Ledger]) -> None:
    """At the same moment too: of a callback and its double at another machine one counts."""
    ledgers = [opened() for _ in range(8)]
    barrier = threading.Barrier(len(ledgers))
    answers: list[bool] = []

    def hear(ledger: Ledger) -> None:
        barrier.wait()
        answers.append(ledger.hear(event()))

    threads = [threading.Thread(target=hear, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]


def test_others_hear_what_one_heard(ledger: Ledger, other: Ledger, opened: Callable[..., Ledger]) -> None:
    """Whole and in order, each once; one's own events are known already, and another account's are none of one's."""
    told = [event(number, files=(RecordedFile(name="a.mp4"),), raw={"x": [number]}) for number in range(5)]
    assert other.cursor() == 0
    ledger.hear(told[0])
    cursor = other.cursor()
    for one in told[1:4]:
        ledger.hear(one)
    opened(account="tenant-2").hear(event(7))
    other.hear(told[4])

    cursor, heard = other.events_since(cursor, limit=2)
    assert heard == told[1:3]
    cursor, heard = other.events_since(cursor)
    assert heard == told[3:4]
    assert other.events_since(cursor) == (cursor, [])
    assert [one.dedup_key for one in ledger.events_since(0)[1]] == ["key-4"]
    assert len(opened(provider=None, account=None).events_since(0)[1]) == 6


def test_an_unheard_event_is_heard_again_by_those_who_have_read_on(ledger: Ledger, other: Ledger) -> None:
    """Its repeat has a number of its own, not the one that others have passed."""
    ledger.hear(event())
    cursor, _ = other.events_since(0)
    ledger.unhear(["key-1"])
    ledger.hear(event())
    assert [one.dedup_key for one in other.events_since(cursor)[1]] == ["key-1"]


def test_an_event_is_not_seen_before_an_earlier_one(postgres_url: str, opened_at: Callable[..., Ledger]) -> None:
    """A server gives numbers before it commits: whoever wrote the later event waits for who began the earlier one."""
    slow, quick, reader = (opened_at(postgres_url) for _ in range(3))
    writer = threading.Thread(target=lambda: quick.hear(event(2)))
    with slow._database.transaction() as connection:
        assert slow._is_new(connection, event(1))
        writer.start()
        with reader._database.connection() as watching:
            waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            while writer.is_alive() and not watching.scalar(waits):
                writer.join(0.005)
        cursor, heard = reader.events_since(0)
    writer.join()
    heard += reader.events_since(cursor)[1]
    assert [one.dedup_key for one in heard] == ["key-1", "key-2"]


def test_nobody_misses_an_event_however_many_write(opened: Callable[..., Ledger]) -> None:
    """Numbers become visible in their order: whoever reads on from the highest has seen all below it."""
    writers, reader = [opened() for _ in range(8)], opened()
    left = threading.Semaphore(0)
    heard: list[str] = []

    def write(number: int) -> None:
        for turn in range(30):
            writers[number].hear(event(turn, dedup_key=f"{number}:{turn}"))
        left.release()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(writers))]
    for thread in threads:
        thread.start()
    cursor, done = 0, 0
    while done < len(writers):
        done += left.acquire(timeout=0.001)
        cursor, events = reader.events_since(cursor)
        heard += [one.dedup_key for one in events]
    for thread in threads:
        thread.join()
    heard += [one.dedup_key for one in reader.events_since(cursor)[1]]
    assert len(heard) == 240
    assert set(heard) == {f"{number}:{turn}" for number in range(8) for turn in range(30)}
