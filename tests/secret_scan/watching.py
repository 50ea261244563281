"""Where secrets are learnt of, and what is looked at while tests run: each place is wrapped, and none is changed."""

from __future__ import annotations

import logging
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from pydantic import SecretStr

from recorder_core.emulation.journal import Journal
from recorder_core.emulation.service import EmulatedService
from recorder_core.errors import RecorderError
from recorder_core.hooks import HttpExchange, Interception
from recorder_core.plan import Plan
from secret_scan.allowed import PROCESSES
from secret_scan.errors import Errors
from secret_scan.known import KnownSecrets, is_test
from secret_scan.search import Evidence

LOGGERS = ("recorder_", "requests", "urllib3", "sqlalchemy", "alembic", "redis", "psycopg")
"""Loggers whose records are looked at from DEBUG on, whatever their level: the library's, and of what it calls."""
TALKATIVE = ("sqlalchemy",)
"""Those that write every row at DEBUG; they are looked at from INFO on, where they write every parameter."""
MOST_OF_A_KIND = 100
"""Plans, exchanges and events of a test that are looked at: a property makes thousands that are alike."""


class Watch:
    """Wraps what tests and library go through.

    Args:
        known: learns of the secrets.
        evidence: gets what is seen.
        errors: looks through errors.
    """

    def __init__(self, known: KnownSecrets, evidence: Evidence, errors: Errors) -> None:
        self._known, self._evidence, self._errors = known, evidence, errors
        self._restore: list[Callable[[], None]] = []
        self._alive: weakref.WeakSet[BaseException] = weakref.WeakSet()
        self._unseen: dict[int, str] = {}
        self._counts: dict[str, int] = {}
        self.test = "collection"
        self.written: dict[str, int] = {}
        """Hash of the content of each file that a test wrote itself."""
        self.folders: set[Path] = set()
        """Temporary folders that were made."""

    def begin(self) -> None:
        """Wrap everything."""
        self._learn()
        self._see_errors()
        self._see_logs()
        self._see_output()
        self._see_files()
        self._see_objects()

    def end(self) -> None:
        """Unwrap it."""
        for restore in reversed(self._restore):
            restore()

    def look_at_errors(self) -> None:
        """Look through the errors that are still held by somebody."""
        for error in list(self._alive):
            self._look(error)
        self._alive.clear()

    def forget_test(self) -> None:
        """The test is over."""
        self._counts.clear()
        self._errors.forget_test()
        self.written.clear()
        self.folders.clear()

    def _look(self, error: BaseException) -> None:
        """Look at an error of the library's once: when its test ends, or when nobody holds it any more."""
        test = self._unseen.pop(id(error), None)
        if test is not None:
            self._errors.look(error, test, set(_running()))

    def _wrap(self, owner: type, name: str, make: Callable[[Any], Any]) -> None:
        own = vars(owner).get(name)
        original = getattr(owner, name, None)
        setattr(owner, name, make(original) if original is None else wraps(original)(make(original)))
        self._restore.append(lambda: delattr(owner, name) if own is None else setattr(owner, name, own))

    def _learn(self) -> None:
        add, use = self._known.add, self._known.use

        def secret(original: Any) -> Any:
            def init(self: Any, secret_value: Any) -> None:
                original(self, secret_value)
                add(secret_value)

            return init

        def service(original: Any) -> Any:
            def start(self: EmulatedService) -> EmulatedService:
                started: EmulatedService = original(self)
                for name, value in started.env.items():
                    if "SECRET" in name or "KEY" in name:
                        add(value, f"{name} of an emulator")
                return started

            return start

        def revealed(original: Any) -> Any:
            def get_secret_value(self: Any) -> Any:
                value = original(self)
                use(value)
                return value

            return get_secret_value

        self._wrap(SecretStr, "__init__", secret)
        self._wrap(SecretStr, "get_secret_value", revealed)
        self._wrap(EmulatedService, "start", service)

    def _see_errors(self) -> None:
        alive, unseen, look = self._alive, self._unseen, self._errors.look

        def made(original: Any) -> Any:
            def init(error: BaseException, *given: Any, **named: Any) -> None:
                original(error, *given, **named)
                alive.add(error)
                unseen[id(error)] = self.test

            return init

        def expected(original: Any) -> Any:
            def leave(context: Any, kind: Any, error: BaseException | None, trace: Any) -> Any:
                if error is not None:
                    look(error, self.test)
                return original(context, kind, error, trace)

            return leave

        self._wrap(RecorderError, "__init__", made)
        self._wrap(RecorderError, "__del__", lambda _: lambda error: self._look(error))
        self._wrap(pytest.RaisesExc, "__exit__", expected)
        self._wrap(pytest.RaisesGroup, "__exit__", expected)

    def _see_logs(self) -> None:
        def enabled(original: Any) -> Any:
            def is_enabled_for(logger: logging.Logger, level: int) -> bool:
                if logger.name.startswith(LOGGERS) and (level > logging.DEBUG or not logger.name.startswith(TALKATIVE)):
                    return True
                return bool(original(logger, level))

            return is_enabled_for

        def handled(original: Any) -> Any:
            def handle(logger: logging.Logger, record: logging.LogRecord) -> None:
                if not logger.name.startswith(LOGGERS):
                    original(logger, record)
                    return
                where = f"log record of {record.name} ({record.filename}:{record.lineno})"
                self._evidence.add(where, f"{record.getMessage()}\n{record.args!r}")
                if record.exc_info and record.exc_info[1] is not None:
                    self._errors.look(record.exc_info[1], where)
                if record.levelno >= logger.getEffectiveLevel() and logger.manager.disable < record.levelno:
                    original(logger, record)

            return handle

        self._wrap(logging.Logger, "isEnabledFor", enabled)
        self._wrap(logging.Logger, "handle", handled)

    def _see_output(self) -> None:
        add = self._evidence.add

        def read(original: Any) -> Any:
            def readouterr(fixture: Any) -> Any:
                result = original(fixture)
                for name, text in zip(("stdout", "stderr"), result, strict=True):
                    add(f"captured {name}", _text(text))
                return result

            return readouterr

        def communicated(original: Any) -> Any:
            def communicate(process: subprocess.Popen[Any], *given: Any, **named: Any) -> Any:
                result = original(process, *given, **named)
                _add_output(add, process.args, result)
                return result

            return communicate

        def completed(original: Any) -> Any:
            def init(process: Any, args: Any, returncode: int, stdout: Any = None, stderr: Any = None) -> None:
                original(process, args, returncode, stdout, stderr)
                _add_output(add, args, (stdout, stderr))

            return init

        self._wrap(pytest.CaptureFixture, "readouterr", read)
        self._wrap(subprocess.Popen, "communicate", communicated)
        self._wrap(subprocess.CompletedProcess, "__init__", completed)

    def _see_files(self) -> None:
        def write(original: Any) -> Any:
            def write_file(path: Path, data: Any, *given: Any, **named: Any) -> Any:
                result = original(path, data, *given, **named)
                if is_test(sys._getframe(1).f_code.co_filename):
                    self.written[str(path)] = hash(path.read_bytes())
                return result

            return write_file

        def make(original: Any) -> Any:
            def mktemp(factory: pytest.TempPathFactory, *given: Any, **named: Any) -> Path:
                folder: Path = original(factory, *given, **named)
                self.folders.add(folder)
                return folder

            return mktemp

        for name in ("write_text", "write_bytes"):
            self._wrap(Path, name, write)
        self._wrap(pytest.TempPathFactory, "mktemp", make)

    def _see_objects(self) -> None:
        def appended(original: Any) -> Any:
            def append(journal: Journal, entry: Any) -> None:
                original(journal, entry)
                self._add_some("journal of an emulator", entry)

            return append

        def made(what: str) -> Callable[[Any], Any]:
            def wrapping(original: Any) -> Any:
                def init(thing: Any, *given: Any, **named: Any) -> None:
                    original(thing, *given, **named)
                    self._add_some(what, thing)

                return init

            return wrapping

        def notified(original: Any) -> Any:
            def notify(hooks: Interception, name: str, **arguments: Any) -> None:
                self._add_some(f"arguments of the hook {name}", arguments)
                original(hooks, name, **arguments)

            return notify

        self._wrap(Journal, "append", appended)
        self._wrap(Plan, "__init__", made("plan"))
        self._wrap(HttpExchange, "__init__", made("exchange that hooks are shown"))
        self._wrap(Interception, "notify", notified)

    def _add_some(self, what: str, thing: object) -> None:
        count = self._counts.get(what, 0)
        self._counts[what] = count + 1
        if count < MOST_OF_A_KIND:
            self._evidence.add(what, repr(thing))


def _running() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _add_output(add: Callable[[str, str], None], command: object, output: tuple[Any, Any]) -> None:
    if not any(name in str(command) for name in PROCESSES):
        for name, text in zip(("stdout", "stderr"), output, strict=True):
            add(f"{name} of a process", _text(text))


def _text(captured: str | bytes | None) -> str:
    return captured.decode("utf-8", "replace") if isinstance(captured, bytes) else captured or ""
