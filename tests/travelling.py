"""Errors as third parties write them, and work that ends in one. A process that is begun anew can import it."""

from __future__ import annotations

import threading

from recorder_core.errors import RecorderError, RecordingFailed


class TapeTorn(RecordingFailed):
    """With parameters of its own."""

    def __init__(self, tape: str, *, side: int) -> None:
        super().__init__(f"tape {tape} tore", provider="paper", causes=["an old tape"])
        self.tape = tape
        self.side = side


class NothingMore(RecorderError):  # noqa: N818 - it says what happened, as the library's errors do
    """Without a parameter."""

    def __init__(self) -> None:
        super().__init__("no tape is left", retryable=True)


class InkIsLow(UserWarning):
    """A warning of a plugin's."""


class Held(Exception):  # noqa: N818 - it says what happened, as the library's errors do
    """It can't be pickled."""

    def __init__(self) -> None:
        super().__init__("held")
        self.lock = threading.Lock()


def fail(error: BaseException) -> None:
    """Raise what was given, as work in a process does."""
    raise error


def hand_back(error: BaseException) -> BaseException:
    """Give back what was given."""
    return error
