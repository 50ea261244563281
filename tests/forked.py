"""What a forked child does, and locks that another thread holds at the moment of the fork."""

from __future__ import annotations

import json
import os
import select
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

__all__ = ["begun_in_child", "fork", "held_elsewhere", "in_child"]

PATIENCE_S = 20.0
"""After which a child hangs."""


def fork() -> int:
    """As `os.fork`, without the warning of newer interpreters: forking beside threads is what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def begun_in_child(work: Callable[[], Any]) -> Callable[[], Any]:
    """Do something in a forked child; the function waits for what it returns there, which must be JSON."""
    reading, writing = os.pipe()
    child = fork()
    if child == 0:
        try:
            told = {"returned": work()}
        except BaseException:
            told = {"raised": traceback.format_exc()}
        os.write(writing, json.dumps(told).encode())
        os._exit(0)
    os.close(writing)

    def result() -> Any:
        with os.fdopen(reading, "rb") as pipe:
            if not select.select([pipe], [], [], PATIENCE_S)[0]:
                os.kill(child, signal.SIGKILL)
            told = json.loads(pipe.read() or '{"raised": "the child hangs"}')
        os.waitpid(child, 0)
        assert "raised" not in told, told["raised"]
        return told["returned"]

    return result


def in_child(work: Callable[[], Any]) -> Any:
    """What a function returns in a forked child; it must be JSON."""
    return begun_in_child(work)()


@contextmanager
def held_elsewhere(locks: Iterable[AbstractContextManager[Any]]) -> Iterator[None]:
    """Another thread holds these locks for the length of the block."""
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with ExitStack() as stack:
            for lock in locks:
                stack.enter_context(lock)
            is_held.set()
            is_over.wait(PATIENCE_S)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert is_held.wait(PATIENCE_S)
        yield
    finally:
        is_over.set()
        thread.join()
