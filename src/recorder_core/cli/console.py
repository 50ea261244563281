"""What is printed, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

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

__all__ = ["ERR", "OUT", "Json", "print_json", "print_line", "reporting", "working"]

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

FAILED, WRONG_INPUT = 1, 2

Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on stdout.")]


def print_json(value: Any) -> None:
    """One line of JSON on stdout, flushed."""
    sys.stdout.write(_as_line(value) + "\n")
    sys.stdout.flush()


def print_line(console: Console, text: str, style: str = "") -> None:
    """Text as it is: no markup, and lines broken by the terminal alone, so that they can be searched."""
    console.print(text, style=style or None, markup=False, emoji=False, soft_wrap=True)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on a terminal that something takes its time."""
    if not ERR.is_terminal:
        yield
        return
    with ERR.status(Text(what)):
        yield


@contextmanager
def reporting(as_json: bool) -> Iterator[None]:
    """Turn the library's errors into words and an exit code, and its warnings into lines on stderr.

    With `as_json` each of them is one line of JSON.

    Raises:
        typer.Exit: 2 where the input or the configuration is wrong, 1 for every other error of the library.
    """
    handler = _LogLines(as_json=as_json)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    except RecorderError as error:
        if as_json:
            ERR.out(_as_line(_described(error)), highlight=False)
        else:
            _print_error(error)
        ours = error.http_status is None  # what the vendor refused was sent, so it isn't wrong by our rules
        wrong_input = ours and isinstance(error, InvalidSpec | ConfigurationError | ProviderNotFound)
        raise typer.Exit(WRONG_INPUT if wrong_input else FAILED) from None
    finally:
        root.removeHandler(handler)


class _LogLines(logging.Handler):
    """Warnings as lines on stderr, above whatever shows progress there."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__(logging.WARNING)
        self._as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        level, message = record.levelname.lower(), self.format(record)
        ERR.out(_as_line({level: message}) if self._as_json else f"{level}: {message}", highlight=False)


def _as_line(value: Any) -> str:
    return json.dumps(value, default=str)


def _print_error(error: RecorderError) -> None:
    first, _, rest = str(error).partition("\n")
    print_line(ERR, f"error: {first}", "bold red")
    for line in (rest, *getattr(error, "__notes__", ())):
        if line:
            print_line(ERR, line)
    if isinstance(error, StartOutcomeUnknown) and error.intent is not None:
        print_line(ERR, f"Keep this, it identifies what may be running: {error.intent.model_dump_json()}")


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
