"""What is printed, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import dataclasses
import json
import logging
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Annotated, Any, TextIO

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.text import Text

from recorder_core.errors import (
    ConfigurationError,
    InvalidSpec,
    ProviderNotFound,
    RecorderError,
    StartOutcomeUnknown,
)
from recorder_core.webhooks import CONTROLS

__all__ = [
    "ERR",
    "OUT",
    "Json",
    "legible",
    "legible_lines",
    "print_json",
    "print_line",
    "report_usage",
    "reporting",
    "terminable",
    "working",
]

UNLIMITED = 100_000
"""Columns where no terminal sets a width: no line is broken in a file or a pipe."""


def _width(stream: TextIO) -> int | None:
    return None if stream.isatty() else UNLIMITED


OUT = Console(highlight=False, width=_width(sys.stdout))
ERR = Console(stderr=True, highlight=False, width=_width(sys.stderr))

FAILED, WRONG_INPUT, INTERRUPTED, TERMINATED = 1, 2, 130, 143

Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on stdout.")]


def print_json(value: Any) -> None:
    """One line of JSON on stdout, flushed."""
    OUT.file.write(_as_line(value) + "\n")
    OUT.file.flush()


def legible(text: str) -> str:
    """One line, with escapes in place of control characters: those of a vendor's text would be obeyed by a terminal."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def legible_lines(text: str) -> str:
    """As `legible`, with the line breaks left."""
    return "\n".join(map(legible, text.split("\n")))


def print_line(console: Console, text: str, style: str = "") -> None:
    """Text as it is: no markup, and lines broken by itself and the terminal alone, so that they can be searched."""
    console.print(legible_lines(text), style=style or None, markup=False, emoji=False, soft_wrap=True)


@contextmanager
def working(what: str, *, at_most: float | None = None, as_json: bool = False) -> Iterator[None]:
    """Show on a terminal that something takes its time.

    Elsewhere a wait says once that it begins, and how many seconds it may take `at_most`.
    """
    if not ERR.is_terminal:
        if at_most is not None:
            message = f"{what}, up to {at_most:g} s"
            ERR.out(_as_line({"info": message}) if as_json else message, highlight=False)
        yield
        return
    with ERR.status(Text(what)):
        yield


@contextmanager
def reporting(as_json: bool) -> Iterator[None]:
    """Turn errors and interruptions into words and an exit code, and warnings into lines on stderr.

    With `as_json` each of them is one line of JSON.

    Raises:
        typer.Exit: 2 where the input or the configuration is wrong, 1 for every other error, 130 where it was
            interrupted, 143 where SIGTERM did that.
    """
    handler = _LogLines(as_json=as_json)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with _results_alone():
            yield
    except RecorderError as error:
        if as_json:
            ERR.out(_as_line(_described(error)), highlight=False)
        else:
            _print_error(error)
        ours = error.http_status is None  # what the vendor refused was sent, so it isn't wrong by our rules
        wrong_input = ours and isinstance(error, InvalidSpec | ConfigurationError | ProviderNotFound)
        raise typer.Exit(WRONG_INPUT if wrong_input else FAILED) from None
    except KeyboardInterrupt as error:
        _report_end(error, "; ".join(("interrupted", *getattr(error, "__notes__", ()))), as_json)
        raise typer.Exit(TERMINATED if isinstance(error, Terminated) else INTERRUPTED) from None
    except (typer.Exit, BrokenPipeError):
        raise
    except Exception as error:
        _report_end(error, f"{type(error).__name__} at {_place(error)}; this is a bug", as_json)
        raise typer.Exit(FAILED) from None
    finally:
        root.removeHandler(handler)


@contextmanager
def _results_alone() -> Iterator[None]:
    """Keep stdout for results: what a plugin prints goes to stderr."""
    results = sys.stdout
    OUT.file = results
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        OUT.file = None  # type: ignore[assignment]  # whatever sys.stdout is then


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a verb as Ctrl-C does."""


@contextmanager
def terminable() -> Iterator[None]:
    """Raise `Terminated` at SIGTERM, so that what is under way can still be told."""

    def end(*_: Any) -> None:
        raise Terminated

    previous = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def report_usage(error: Any, *, as_json: bool) -> None:
    """Say what is wrong with how a command was written, and where its help is; `error` is a Typer usage error."""
    error.message = error.message.removeprefix("Value error, ")
    if as_json:
        command = error.ctx.command_path if error.ctx else "recorder"
        described = {"message": error.format_message(), "hint": f"Try '{command} -h' for help."}
        ERR.out(_as_line({"error": "UsageError", **described}), highlight=False)
    else:
        error.show()


class _LogLines(logging.Handler):
    """Warnings as lines on stderr, above whatever shows progress there."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__(logging.WARNING)
        self._as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        level = record.levelname.lower()
        message = legible_lines(self.format(record))
        ERR.out(_as_line({level: message}) if self._as_json else f"{level}: {message}", highlight=False)


def _as_line(value: Any) -> str:
    return json.dumps(value, default=str)


def _print_error(error: RecorderError) -> None:
    first, _, rest = str(error).partition("\n")
    print_line(ERR, f"error: {first}", "bold red")
    for line in (rest, *getattr(error, "__notes__", ())):
        if line:
            print_line(ERR, line)
    if isinstance(error, StartOutcomeUnknown):
        _print_kept(error)


def _report_end(error: BaseException, message: str, as_json: bool) -> None:
    """Say why a verb ended that wasn't done; at a start with what may be running."""
    kept = {name: _plain(value) for name in ("intent", "recording") if (value := getattr(error, name, None))}
    if kept:
        message += "; the recording runs" if "recording" in kept else "; the recording may run"
    if as_json:
        ERR.out(_as_line({"error": type(error).__name__, "message": message, **kept}), highlight=False)
    else:
        print_line(ERR, f"error: {message}", "bold red")
        _print_kept(error)


def _print_kept(error: BaseException) -> None:
    recording, intent = getattr(error, "recording", None), getattr(error, "intent", None)
    if recording is not None:
        print_line(ERR, f"Keep this, it is the handle: {recording.model_dump_json()}")
    elif intent is not None:
        print_line(ERR, f"Keep this, it identifies what may be running: {intent.model_dump_json()}")


def _place(error: BaseException) -> str:
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return f"{frame.f_globals.get('__name__')}:{line}"


def _described(error: RecorderError) -> dict[str, Any]:
    fields = {
        name: _plain(value)
        for name, value in error.fields().items()
        if value is not None and value != () and not name.startswith("_")
    }
    notes = getattr(error, "__notes__", None)
    return {"error": type(error).__name__, **fields, **({"notes": notes} if notes else {})}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
