"""What is done after the answer, to the end of the process and across forks, in interpreters of their own."""

from __future__ import annotations

import subprocess
import sys
import threading
from queue import SimpleQueue

import pytest

from recorder_core.receiving.backlog import Backlog

PATIENCE_S = 20.0


def run(code: str) -> list[str]:
    """The lines that a program prints."""
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_no_thread_runs_before_the_first_job() -> None:
    """What is made before a fork, or never used, costs no thread."""
    before = threading.active_count()
    backlog: Backlog[int] = Backlog(lambda job, *_: None, 1)
    assert threading.active_count() == before
    backlog.close()


def test_jobs_are_done_in_their_order_and_tries_counted() -> None:
    """A job that is tried again lets those behind it pass."""
    done: SimpleQueue[tuple[str, int]] = SimpleQueue()

    def work(job: str, tries: int, is_last: bool) -> float | None:
        done.put((job, tries))
        return 0.0 if job == "again" and tries < 2 else None

    backlog = Backlog(work, 10)
    assert all(backlog.add(job) for job in ("first", "again", "last"))
    seen = [done.get(timeout=PATIENCE_S) for _ in range(5)]
    backlog.close()
    assert done.empty()
    assert [one for one in seen if one[0] == "again"] == [("again", 0), ("again", 1), ("again", 2)]
    assert [one for one in seen if one[0] != "again"] == [("first", 0), ("last", 0)]


@pytest.mark.parametrize("raised", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_job_that_fails_takes_nothing_with_it(raised: type[BaseException], caplog) -> None:
    """The thread lives on, the place is free again, and the log has it."""
    done: SimpleQueue[str] = SimpleQueue()

    def work(job: str, tries: int, is_last: bool) -> None:
        if job == "bad":
            raise raised("a fault")
        done.put(job)

    backlog = Backlog(work, 1)
    assert backlog.add("bad")
    assert any(backlog.add("good") for _ in range(1_000_000))  # the first may still be put away
    assert done.get(timeout=PATIENCE_S) == "good"
    backlog.close()
    assert "a callback couldn't be processed" in caplog.text


def test_a_job_that_never_ends_is_given_up(caplog) -> None:
    """Closing keeps to its time and says what is lost; nothing is taken any more."""
    goes_on = threading.Event()
    backlog: Backlog[str] = Backlog(lambda job, *_: goes_on.wait(PATIENCE_S) and None, 10)
    assert backlog.add("endless")
    assert backlog.add("behind it")
    backlog.close(0.01)
    assert "2 callbacks were answered and not processed within 0.01 s" in caplog.text
    assert not backlog.add("late")
    goes_on.set()


def test_a_job_may_close_its_backlog() -> None:
    """A thread can't wait for itself."""
    closed = threading.Event()

    def work(job: str, tries: int, is_last: bool) -> None:
        backlog.close()
        closed.set()

    backlog: Backlog[str] = Backlog(work, 1)
    assert backlog.add("close")
    assert closed.wait(PATIENCE_S)


def test_settling_waits_for_what_is_due_alone() -> None:
    """What is tried again in an hour isn't waited for, and a job can't wait for itself."""
    goes_on, inside = threading.Event(), SimpleQueue[bool]()

    def work(job: str, tries: int, is_last: bool) -> float | None:
        assert goes_on.wait(PATIENCE_S)
        inside.put(backlog.settle(0))
        return 3600.0 if job == "later" else None

    backlog: Backlog[str] = Backlog(work, 10)
    assert backlog.settle(0) is False
    assert backlog.add("later")
    assert backlog.add("now")
    assert backlog.settle(0.01) is False, "it waits no longer than it may"
    goes_on.set()
    assert backlog.settle(PATIENCE_S) is True
    assert (inside.get_nowait(), inside.get_nowait()) == (False, False)
    assert backlog.settle(0) is False
    backlog.close()


def test_closing_gives_what_waits_one_more_try() -> None:
    """A job that would be tried again in an hour is told that this is its last try, and isn't tried for ever."""
    tries: SimpleQueue[tuple[int, bool]] = SimpleQueue()

    def work(job: str, number: int, is_last: bool) -> float | None:
        tries.put((number, is_last))
        return 3600.0

    backlog: Backlog[str] = Backlog(work, 1)
    assert backlog.add("stubborn")
    assert tries.get(timeout=PATIENCE_S) == (0, False)
    backlog.close()
    assert tries.get(timeout=PATIENCE_S) == (1, True)
    assert tries.empty()


def test_closed_it_can_be_opened_again() -> None:
    """A server may start an application a second time."""
    done: SimpleQueue[str] = SimpleQueue()
    backlog: Backlog[str] = Backlog(lambda job, *_: done.put(job), 1)
    for job in ("a", "b"):
        backlog.open()
        assert backlog.add(job)
        backlog.close()
        assert done.get_nowait() == job


def test_the_end_of_the_process_waits_for_what_was_answered() -> None:
    """A program that ends in the usual way processes what it took, though nobody closed anything."""
    assert run(
        """
import time
from recorder_core.receiving.backlog import Backlog

def work(job, tries, is_last):
    time.sleep(0.2)
    print(job, flush=True)

backlog = Backlog(work, 10)
backlog.add("a"), backlog.add("b")
print("the end", flush=True)
"""
    ) == ["the end", "a", "b"]


def test_a_forked_child_does_its_own_jobs_and_no_other() -> None:
    """Web servers fork after loading the application: the parent's jobs stay the parent's, done once."""
    assert sorted(
        run(
            """
import os, sys, threading, warnings
from recorder_core.receiving.backlog import Backlog

warnings.simplefilter("ignore")  # newer interpreters warn of forks beside threads
goes_on = threading.Event()

def work(job, tries, is_last):
    assert goes_on.wait(20)
    print(os.getpid() == parent, job, flush=True)

parent = os.getpid()
backlog = Backlog(work, 2)
backlog.add("parent's first"), backlog.add("parent's second")
child = os.fork()
if not child:
    assert backlog.accepts, "the child's backlog is empty"
goes_on.set()
if child:
    assert os.waitpid(child, 0)[1] == 0
else:
    assert backlog.add("child's own")
backlog.close()
"""
        )
    ) == ["False child's own", "True parent's first", "True parent's second"]
