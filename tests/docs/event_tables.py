"""The table of the events' page: every kind with its meaning, and what tells it, from the providers' own tables.

`python tests/docs/event_tables.py` writes it into the page; a test compares it.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from enum import IntEnum
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from recorder_core import EventKind
from recorder_core.changes import DONE
from recorder_core.following.merging import KINDS
from recorder_core.plugins import installed
from recorder_zegocloud.translate.events import event_of
from recorder_zegocloud.wire.callbacks import Callback, EventType
from recorder_zegocloud.wire.values import FileStatus, QuitReason

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "events.md"
TABLE = re.compile(r"(<!-- events -->\n).*?(<!-- end of events -->)", re.DOTALL)
OPERATIONS: Mapping[str, EventKind] = {"stop": EventKind.STOPPED, **{name: kind for name, (kind, _) in DONE.items()}}
"""The kind of event that each operation of a recorder is."""
LOOKS = frozenset(
    {
        *KINDS.values(),
        *(EventKind.RESUMED, EventKind.FILE_STARTED, EventKind.ENDED, EventKind.WARNING, EventKind.ERROR),
    }
)
"""What following finds by itself: the kinds of states, and those that depend on what was known before."""

Detail = dict[str, Any]


def _files(*statuses: FileStatus, format: str = "mp4") -> Detail:
    return {"file_info": [{"file_id": f"a.{format}", "output_file_format": format, "status": it} for it in statuses]}


REFINED: Mapping[str, tuple[tuple[EventType, Detail, str], ...]] = {
    "zegocloud": (
        (EventType.UPLOAD_FINISHED, _files(FileStatus.BACKUP), "a file is in backup"),
        (EventType.UPLOAD_FINISHED, _files(FileStatus.LOST), "a file is lost"),
        (EventType.UPLOAD_FINISHED, _files(FileStatus.UPLOADING), "a file is still on its way"),
        (EventType.UPLOAD_FINISHED, _files(), "there are no files"),
        (EventType.UPLOAD_FINISHED, _files(FileStatus.UPLOADED, format="jpg"), "of pictures alone"),
        (EventType.ENDED_ABNORMALLY, {"quit_reason": QuitReason.IDLE}, "after idle_timeout"),
        (EventType.ENDED_ABNORMALLY, {"quit_reason": QuitReason.MAX_DURATION}, "after max_duration"),
    )
}
"""Events of whose type alone the kind doesn't follow: details that make it another one, and what they say."""


def with_table(text: str) -> str:
    """The page with its table renewed."""
    return TABLE.sub(lambda match: "\n".join([match[1], *_lines(), "", match[2]]), text)


def providers() -> list[str]:
    """Those that this distribution brings."""
    return sorted(found.name for found in installed() if found.distribution == "recorder-core")


def told_by(provider: str) -> dict[EventKind, list[str]]:
    """The vendor's events of each kind: number, name, and what makes an event one of this kind."""
    events: type[IntEnum] = import_module(f"recorder_{provider}.wire.callbacks").EventType
    found: dict[EventKind, list[str]] = {}
    for number, kind in import_module(f"recorder_{provider}.tables").EVENT_KINDS.items():
        found.setdefault(EventKind(kind), []).append(_named(events(number)))
    for event, detail, why in REFINED.get(provider, ()):
        body = {"event_type": int(event), "task_id": "t", "detail": detail}
        found.setdefault(event_of(Callback.model_validate(body), body, None).kind, []).append(f"{_named(event)}: {why}")
    found[EventKind.UNKNOWN] = ["all others"]
    return found


def _named(event: IntEnum) -> str:
    return f"{event.value} {event.name.lower().replace('_', ' ')}"


def _lines() -> Iterator[str]:
    meanings, told = _meanings(), {name: told_by(name) for name in providers()}
    yield f"| kind | what happened | {' | '.join(told)} | without a callback |"
    yield f"|{' --- |' * (len(told) + 3)}"
    for kind in EventKind:
        cells = ["<br>".join(events.get(kind, ())) for events in told.values()]
        own = [f"`{name}`" for name, done in OPERATIONS.items() if done is kind]
        own += ["a look"] if kind in LOOKS else []
        yield f"| `{kind}` | {meanings[kind.name]} | {' | '.join([*cells, ', '.join(own)])} |"


def _meanings() -> dict[str, str]:
    """The docstring of each kind, which only the source has."""
    (definition,) = ast.parse(inspect.getsource(EventKind)).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for member, below in pairwise(definition.body):
        match member, below:
            case (
                ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
    return found


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
