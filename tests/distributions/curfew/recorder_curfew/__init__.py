"""Refuses rooms after hours, names the others, and writes a diary into the file that CURFEW_DIARY names."""

from __future__ import annotations

import os
from pathlib import Path

from recorder_core import HttpExchange, Recording, RecordingSpec, RecordingStatus, Vetoed, hookimpl


@hookimpl
def recorder_before_start(spec: RecordingSpec) -> RecordingSpec | None:
    """No recording of a room that is closed; the others are put on record under the school's name."""
    if spec.room.startswith("closed-"):
        raise Vetoed(f"{spec.room} is closed", fault="caller", hint="Come back tomorrow.")
    return spec.model_copy(update={"room": f"school-{spec.room}"})


@hookimpl
def recorder_http(exchange: HttpExchange) -> None:
    """Write what was sent."""
    _write(f"{exchange.operation} {exchange.status} {exchange.request_body}")


@hookimpl
def recorder_stopped(recording: Recording, status: RecordingStatus) -> None:
    """Write what ended."""
    _write(f"{recording.room} {status.state}")


def _write(line: str) -> None:
    with Path(os.environ["CURFEW_DIARY"]).open("a") as diary:
        diary.write(f"{line}\n")
