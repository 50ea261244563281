"""How an event is printed, and whether it is a bad one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from recorder_core.cli.console import OUT, legible, print_json, print_line
from recorder_core.models import EventKind, FileStatus

if TYPE_CHECKING:
    from recorder_core.models import RecordingEvent

__all__ = ["ASTRAY", "has_gone_wrong", "print_causes", "print_event"]

ASTRAY = frozenset({FileStatus.BACKUP, FileStatus.LOST, FileStatus.EXPIRED})
"""Where a file has ended up that isn't at its destination."""


def has_gone_wrong(event: RecordingEvent) -> bool:
    """Whether it ends a recording with a fault, or the vendor refuses to be asked, so that nobody follows it now."""
    if event.state is None:
        return event.kind is EventKind.ERROR and event.source == "look"
    return event.state.terminal and event.fault is not None


def print_event(event: RecordingEvent, room: str, as_json: bool) -> None:
    """A line for an event, with what may have killed a recording below it; with `as_json` a line of JSON."""
    if as_json:
        print_json(json.loads(event.model_dump_json()))
        return
    at = (event.occurred_at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    parts = [at, event.provider, room, event.kind.replace("_", " ")]
    if event.state is not None:
        parts.append(f"[{event.state}]")
    parts += [f"{file.name} {file.status}" for file in event.files]
    if event.reason:
        parts.append(event.reason)
    print_line(OUT, "  ".join(map(legible, parts)))
    print_causes(event.causes)


def print_causes(causes: Iterable[str]) -> None:
    """What may have killed a recording, the likeliest first."""
    for number, cause in enumerate(causes, start=1):
        print_line(OUT, f"  {number}. {legible(cause)}")
