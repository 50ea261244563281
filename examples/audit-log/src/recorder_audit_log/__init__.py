"""An audit log: who recorded which room, when, and what became of it, as lines of JSON.

A line is on the disk before a start is let through; where it can't be written, the start is vetoed. No secret is in a
line: of a spec it has the room, the mode and the destination, of an error its class and the library's own words.
"""

from __future__ import annotations

import getpass
import json
import logging
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recorder_core import (
    RecorderError,
    Recording,
    RecordingEvent,
    RecordingSpec,
    RecordingStatus,
    Recovery,
    Vetoed,
    hookimpl,
)

__all__ = ["AuditLog", "acting_as", "hooks"]

VARIABLE = "RECORDER_AUDIT_LOG"
"""The environment variable that names the file."""
OWNER_ALONE = 0o600
UNKNOWN_USER = "unknown"

logger = logging.getLogger("recorder_audit_log")

_actor: ContextVar[str | None] = ContextVar("recorder_audit_log_actor", default=None)
_asked: ContextVar[tuple[str, str] | None] = ContextVar("recorder_audit_log_asked", default=None)
"""Id and room of what was asked last, where it isn't known yet what became of it."""


@contextmanager
def acting_as(actor: str) -> Iterator[None]:
    """Say on whose behalf the `with` block records, under asyncio too. Without it: the user whose process this is.

    Args:
        actor: an id of your own, such as that of a signed-in teacher.
    """
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


class AuditLog:
    """A hook plugin.

    Args:
        path: the file, to which lines are only ever appended; its folder has to exist. None: the logger
            `recorder_audit_log` takes them, at level INFO.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._path = None if path is None else Path(path)

    @hookimpl
    def recorder_before_start(self, spec: RecordingSpec, operation: str, provider: str, account: str) -> None:
        """Write down what is asked for, before it may happen. A plan changes nothing, and isn't written down.

        Raises:
            Vetoed: it couldn't be written down.
        """
        if operation == "plan":
            return
        request = uuid.uuid4().hex
        _asked.set((request, spec.room))
        destination = {
            name: value
            for name in ("kind", "bucket", "container", "region", "endpoint")
            if isinstance(value := getattr(spec.storage, name, None), str)
        }
        wanted: dict[str, Any] = {
            "room": spec.room,
            "mode": str(spec.mode),
            "media": str(spec.media),
            "destination": destination,
        }
        try:
            self._write("asked", operation, durable=True, request=request, provider=provider, account=account, **wanted)
        except OSError as error:
            problem = f"the audit log can't be written: {error.strerror or type(error).__name__}"
        else:
            return
        what_now = f"Set {VARIABLE} to a file." if self._path is None else f"Look at {self._path}."
        raise Vetoed(problem, hint=f"There is no recording without its line. {what_now}")

    @hookimpl
    def recorder_started(self, recording: Recording) -> None:
        """Write down the recording that runs."""
        self._write("done", "start", request=_request_of(recording.room), **_named(recording))

    @hookimpl
    def recorder_layout_changed(self, recording: Recording) -> None:
        """Write down the change."""
        self._write("done", "layout", **_named(recording))

    @hookimpl
    def recorder_changed(self, recording: Recording, operation: str) -> None:
        """Write down the change."""
        self._write("done", operation, **_named(recording))

    @hookimpl
    def recorder_stopped(self, recording: Recording, status: RecordingStatus) -> None:
        """Write down the stop, and what is known of the outcome."""
        files = [file.uri or file.name for file in status.files]
        self._write("done", "stop", state=status.state, ending=status.ending, files=files, **_named(recording))

    @hookimpl
    def recorder_recovered(self, recovery: Recovery) -> None:
        """Write down what became of a start that was cut short."""
        intent = recovery.intent
        known: dict[str, Any] = {
            "provider": intent.provider,
            "account": intent.account,
            "recording": intent.id,
            "room": intent.room,
        }
        self._write("done", "recover", verdict=recovery.verdict, reason=recovery.reason, **known)

    @hookimpl
    def recorder_failed(self, operation: str, error: RecorderError) -> None:
        """Write down what was refused or failed; looks and plans change nothing, and aren't written down."""
        if operation in ("plan", "status"):
            return
        told: dict[str, Any] = {"error": type(error).__name__, "message": error.message, "fault": error.fault}
        known: dict[str, Any] = {
            "provider": error.provider,
            "recording": error.recording_id,
            "vendor_request": error.request_id,
        }
        asked = _asked.get() if operation == "start" else None
        request, room = asked or (None, None)
        _asked.set(None)
        self._write("failed", operation, request=request, room=room, **told, **known)

    @hookimpl
    def recorder_event(self, event: RecordingEvent) -> None:
        """Write down the end of a recording, whoever told it."""
        if event.state is None or not event.state.terminal:
            return
        known: dict[str, Any] = {"provider": event.provider, "recording": event.recording_id, "room": event.room}
        told: dict[str, Any] = {
            "state": event.state,
            "ending": event.ending,
            "reason": event.reason,
            "verified": event.verified,
        }
        self._write("ended", None, files=[file.uri or file.name for file in event.files], **told, **known)

    def _write(self, action: str, operation: str | None, *, durable: bool = False, **fields: Any) -> None:
        """Append a line.

        Raises:
            OSError: it isn't written.
        """
        who = {"actor": _actor.get() or _user(), "host": socket.gethostname(), "process": os.getpid()}
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        told = {"at": when, "action": action, "operation": operation, **who, **fields}
        line = json.dumps({name: value for name, value in told.items() if value not in (None, [], {})})
        if self._path is not None:
            _append(self._path, line, durable=durable)
        elif logger.isEnabledFor(logging.INFO) and logger.hasHandlers():
            logger.info("%s", line)
        else:
            raise OSError(0, f"nobody takes what the logger {logger.name!r} is told at level INFO")


class InstalledAuditLog(AuditLog):
    """The audit log of an installed plugin: into the file that `RECORDER_AUDIT_LOG` names, else into the logger."""

    def __init__(self) -> None:
        super().__init__(os.environ.get(VARIABLE) or None)


def _append(path: Path, line: str, *, durable: bool) -> None:
    """Open, append and close: a file that is rotated away is begun anew, and processes don't mix their lines."""
    whole = f"{line}\n".encode()
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, OWNER_ALONE)
    try:
        if os.write(file, whole) != len(whole):
            raise OSError(0, "the disk took only a part of the line")
        if durable:
            os.fsync(file)
    finally:
        os.close(file)


def _named(recording: Recording) -> dict[str, Any]:
    ids = {name: value for name, value in recording.native.items() if isinstance(value, str)}
    known = {"provider": recording.provider, "account": recording.account}
    return {**known, "recording": recording.id, "room": recording.room, "vendor": ids}


def _request_of(room: str) -> str | None:
    """The id of what was asked for a room, if that was asked last."""
    asked = _asked.get()
    _asked.set(None)
    return asked[0] if asked and asked[1] == room else None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return UNKNOWN_USER


hooks = InstalledAuditLog()
"""What is installed."""
