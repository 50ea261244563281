"""Forked processes: what was made before a fork works in the child too, and nothing of the parent's is touched by it.

In a child there is no thread but the one that forked. A lock that another thread held at that moment is never released
there, and what other threads had begun is the parent's to end. So everything that has a lock is `Guarded`: its lock is
a new one in the child, and it says in `_forked` what else begins anew.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from recorder_core.errors import ConfigurationError

__all__ = ["Guarded", "in_children", "notice_fork"]

_all: weakref.WeakSet[Guarded] = weakref.WeakSet()
_functions: list[Callable[[], object]] = []
_process = os.getpid()
_noticing = threading.Lock()


class Guarded:
    """Whatever several threads use. Its lock, `_guard`, is free in a forked child, whoever held it in the parent."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        _all.add(self)

    def _forked(self) -> None:
        """Begin anew in a forked child, in which no other thread runs yet."""
        self._guard = threading.Lock()

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError(
            f"a {type(self).__name__} belongs to its process: it is neither pickled nor copied",
            fault="caller",
            hint="Make one in each process, or before a fork. What another process needs of a recording is its handle.",
        )


def in_children(function: Callable[[], object]) -> None:
    """Call a function in every forked child, before anything else of it runs."""
    _functions.append(function)


def notice_fork() -> None:
    """Begin anew if this is a child that Python wasn't told of: some web servers fork by themselves."""
    if os.getpid() != _process:
        with _noticing:
            if os.getpid() != _process:
                _begin_anew()


def _begin_anew() -> None:
    global _process
    for guarded in tuple(_all):
        with suppress(AttributeError):  # another thread was making it at the moment of the fork; nobody has it here
            guarded._forked()
    for function in _functions:
        function()
    _process = os.getpid()


def _after_fork() -> None:
    global _noticing
    _noticing = threading.Lock()
    _begin_anew()


if hasattr(os, "register_at_fork"):  # not on Windows, which doesn't fork
    os.register_at_fork(after_in_child=_after_fork)
