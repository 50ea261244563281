"""What is printed is read by somebody, on a terminal or in a log: a vendor's text commands neither."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest
from rich.console import Console

from recorder_core import Check, EventKind, RecordedFile, Recording, RecordingEvent
from recorder_core.cli import doctoring, following, telling
from recorder_core.cli.console import OUT, legible, print_line, reporting

HOSTILE = "one\r\n2027-01-01  lesson-42  ended\x1b]0;title\x07\x1b[2J\u202ereversed\x9b31m[red]"
RECORDING = Recording(id="r-1", provider="memory", room="lesson-42", started_at=datetime(2027, 1, 1, tzinfo=UTC))


def event() -> RecordingEvent:
    return RecordingEvent(
        kind=EventKind.STATUS,
        provider="memory",
        recording_id="r-1",
        reason=HOSTILE,
        files=(RecordedFile(name=HOSTILE),),
        dedup_key="key",
    )


def obeyed(printed: str) -> list[str]:
    """The characters in it that are more than a sign."""
    return [character for character in printed if character != "\n" and not character.isprintable()]


def test_control_characters_are_shown_as_escapes() -> None:
    """Every other character stays, whichever alphabet it is of."""
    assert legible("a\tb\x1b[2J\n\u2028\ud800") == r"a\tb\x1b[2J\n\u2028\ud800"
    assert legible("课堂\u3000👩‍🏫 é [red]") == "课堂\u3000👩‍🏫 é [red]"


def test_a_line_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither markup nor codes; line breaks of ours stay."""
    print_line(OUT, f"first\n{HOSTILE}")
    printed = capsys.readouterr().out
    assert obeyed(printed) == []
    assert r"\x1b[2J" in printed
    assert "[red]" in printed
    assert printed.startswith("first\none\\r\n")


def test_an_event_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A reason or the name of a file can't forge another event."""
    telling.print_event(event(), RECORDING.room, False)
    printed = capsys.readouterr().out
    assert (obeyed(printed), printed.count("\n")) == ([], 1)


def test_the_table_of_events_obeys_nothing() -> None:
    """A reason is a cell of its row, whatever is in it."""
    row = following._Row(RECORDING)
    row.take(event())
    console = Console(width=400, record=True, file=None, quiet=False, color_system=None)
    with console.capture() as shown:
        console.print(following._table([row]))
    assert obeyed(shown.get()) == []
    assert "reversed" in shown.get()


def test_a_check_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """What a host or a store said is in it, and does nothing."""
    doctoring._show(Check("storage write", "failed", HOSTILE, HOSTILE))
    printed = capsys.readouterr().out
    assert (obeyed(printed), printed.count("\n")) == ([], 1)


def test_a_warning_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Logs on stderr too."""
    with reporting(as_json=False):
        logging.getLogger("recorder_core").warning("the vendor says %s", HOSTILE)
    assert obeyed(capsys.readouterr().err) == []
