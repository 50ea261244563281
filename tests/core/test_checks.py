"""What a check says of itself, and doing several at once."""

from __future__ import annotations

import threading

import pytest

from recorder_core.checks import Check, StorageCheck, at_once


def test_a_check_reads_as_one_line() -> None:
    """With its fix, where there is one; its dump has the same."""
    check = Check("clock", "not_checked", "nobody knows", "Ask.")
    assert str(check) == "clock: not checked: nobody knows (Ask.)"
    assert str(Check("clock", "passed", "right")) == "clock: passed: right"
    assert check.dump() == {"name": "clock", "verdict": "not_checked", "detail": "nobody knows", "fix": "Ask."}


@pytest.mark.parametrize(
    ("verdicts", "gravest"),
    [
        (["passed", "failed", "not_checked"], "failed"),
        (["passed", "warning", "not_checked"], "warning"),
        (["not_checked", "passed"], "passed"),
        (["not_checked", "not_checked"], "not_checked"),
    ],
)
def test_a_storage_is_as_good_as_its_gravest_step(verdicts: list[str], gravest: str) -> None:
    """What wasn't looked at counts only where nothing was."""
    checks = tuple(Check("storage", verdict, "") for verdict in verdicts)  # type: ignore[arg-type]
    assert StorageCheck("s3", checks).verdict == gravest


def test_what_is_done_at_once_comes_in_order() -> None:
    """Each waits for the others here: one after the other they would never end."""
    meeting = threading.Barrier(3)

    def task(number: int) -> int:
        meeting.wait(10)
        return number

    assert at_once([lambda: task(1), lambda: task(2), lambda: task(3)], 10) == [1, 2, 3]
    assert at_once([], 10) == []


def test_what_is_late_is_left_alone() -> None:
    """None stands for it; its thread keeps no process alive."""
    over = threading.Event()
    assert at_once([lambda: over.wait(20), lambda: True], 0.05) == [None, True]
    (late,) = [thread for thread in threading.enumerate() if thread.name == "recorder-check"]
    assert late.daemon
    over.set()
    late.join()


def test_what_is_raised_is_raised_here() -> None:
    """A bug isn't swallowed by a thread."""

    def task() -> None:
        raise KeyError("bug")

    with pytest.raises(KeyError, match="bug"):
        at_once([task], 10)
