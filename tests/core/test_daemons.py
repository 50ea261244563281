"""Threads that keep no process alive, and run no code when it ends."""

from __future__ import annotations

import subprocess
import sys


def run(program: str) -> list[str]:
    """What a program prints until it ends by itself."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_threads_end_before_anything_is_taken_down() -> None:
    """At the end of the process each is told to end, and has ended before connections that are open are closed."""
    assert run(
        """
import threading, weakref
from recorder_core.daemons import begin_thread

class Worker:
    def __init__(self):
        self.is_over = threading.Event()
        weakref.finalize(self, print, "its connections are closed", flush=True)

    def work(self):
        self.is_over.wait()
        print("the thread ends", flush=True)

worker = Worker()
begin_thread(worker.work, name="worker", end=worker.is_over.set)
print("the program ends", flush=True)
"""
    ) == ["the program ends", "the thread ends", "its connections are closed"]


def test_a_thread_that_hangs_holds_nothing_up() -> None:
    """One that waits for a host isn't waited for, whether it can be told to end or not."""
    assert run(
        """
import os
from recorder_core.daemons import begin_thread

theirs, ours = os.pipe()
begin_thread(lambda: os.read(theirs, 1), name="waiting")
print("the program ends", flush=True)
"""
    ) == ["the program ends"]
