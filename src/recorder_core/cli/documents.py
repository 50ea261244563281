"""Specs, layouts and handles, as files or on stdin."""

from __future__ import annotations

import difflib
import logging
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import SecretStr, ValidationError

from recorder_core.cli.ledgers import is_id, recording_in
from recorder_core.errors import ConfigurationError, InvalidSpec
from recorder_core.models import Layout, Recording, RecordingSpec, loading

if TYPE_CHECKING:
    from recorder_core.recorder import Recorder

__all__ = [
    "STDIN",
    "Form",
    "HandleSource",
    "LayoutSource",
    "SpecSource",
    "file_of",
    "keep_recording",
    "load_layout",
    "load_recording",
    "load_spec",
    "refuse_to_lose",
    "save_recording",
]

logger = logging.getLogger("recorder_core.cli")

STDIN = "-"
SHORT_FORMS = "grid, floating[:PARTICIPANT], spotlight[:PARTICIPANT], floating@speaker, spotlight@speaker"
ANY_LAYOUT: Any = Layout

SpecSource = Annotated[str, typer.Argument(metavar="SPEC", help="File in JSON, YAML or TOML, or - for stdin.")]
HandleSource = Annotated[
    str,
    typer.Argument(
        metavar="HANDLE", help="Handle file that start wrote, - for stdin, or the beginning of an id in the ledger."
    ),
]
LayoutSource = Annotated[
    str,
    typer.Argument(
        metavar="LAYOUT",
        help=f"File in JSON, YAML or TOML, - for stdin, or in short: {SHORT_FORMS}.",
    ),
]
Form = Annotated[
    loading.Format | None,
    typer.Option("--format", help="How SPEC or LAYOUT is written; by its suffix otherwise.", show_default=False),
]


def load_spec(source: str, form: loading.Format | None) -> RecordingSpec:
    """The spec in a file or on stdin.

    Raises:
        InvalidSpec: with the path and the rule of everything that is wrong.
    """
    return RecordingSpec.load(sys.stdin if source == STDIN else source, format=form)


def load_layout(source: str, form: loading.Format | None) -> Layout:
    """The layout in a file, on stdin or in short form.

    Raises:
        InvalidSpec: with the path and the rule of everything that is wrong.
    """
    short = re.fullmatch(r"(grid|floating|spotlight)(?::(?P<participant>.+)|@(?P<follows>[a-z]+))?", source)
    if short:
        tree = {"kind": short[1], **{name: value for name, value in short.groupdict().items() if value}}
        short_layout: Layout = loading.validate(ANY_LAYOUT, tree, name=f"the layout {source!r}")
        return short_layout
    if re.fullmatch(r"[A-Za-z]+([:@].*)?", source) and not Path(source).exists():
        raise _no_layout(source)
    layout: Layout = loading.load(ANY_LAYOUT, sys.stdin if source == STDIN else source, format=form)
    return layout


def _no_layout(source: str) -> InvalidSpec:
    """The refusal of what is no file, and was probably meant for a short form."""
    kind, *whom = re.split("([:@].+)", source.rstrip(":@"), maxsplit=1)
    near = difflib.get_close_matches(kind.lower(), ("grid", "floating", "spotlight"), n=1)
    problem = f"{source!r} is neither a file nor one of {SHORT_FORMS}"
    if near:
        problem += f"; did you mean {''.join((*near, *whom))}?"
    return InvalidSpec(problem, problems=[problem], fault="caller")


def load_recording(source: str, ledger: SecretStr | None = None) -> Recording:
    """The handle in a file, on stdin, or in the ledger by its id or a unique beginning of it.

    Raises:
        ConfigurationError: it can't be read, is no handle, or isn't in the ledger.
        LedgerUnavailable: the ledger can't be used.
    """
    if ledger is not None and is_id(source) and not Path(source).exists():
        return recording_in(ledger, source)
    name = "the handle on stdin" if source == STDIN else source
    try:
        text = sys.stdin.read() if source == STDIN else Path(source).read_text(encoding="utf-8")
        return Recording.model_validate_json(text)
    except OSError as error:
        problem = f"can't be read: {error.strerror or type(error).__name__}"
    except UnicodeDecodeError:
        problem = "is not UTF-8 text"
    except ValidationError as error:
        problem = "is no recording's handle: " + "; ".join(loading.describe_errors(error, Recording))
    raise ConfigurationError(
        f"{name} {problem}",
        fault="caller",
        hint="Give the file that `recorder start` wrote, its content on stdin, or an id that `recorder list` shows.",
    )


def save_recording(recording: Recording, path: Path) -> None:
    """Write a handle in one step, so that no reader and no crash ever meets half of one.

    Raises:
        OSError: it couldn't be written; what was there before is as it was.
    """
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(recording.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def file_of(source: str) -> Path | None:
    """The file that a handle was loaded from; None: it came from stdin or the ledger."""
    path = Path(source)
    return path if source != STDIN and path.exists() else None


def keep_recording(recording: Recording, path: Path) -> bool:
    """Write a handle as `save_recording` does; where that fails it is said, and the caller prints the handle."""
    try:
        save_recording(recording, path)
    except OSError as error:
        logger.error("%s can't be written: %s. Keep the handle that is on stdout.", path, error.strerror)
        return False
    return True


def refuse_to_lose(path: Path, recorder: Recorder, key: str | None) -> None:
    """Refuse a place where a new handle can't be written or would replace anything, before anything starts.

    With a `key` the same recording may be started again, and its own handle be written again.

    Raises:
        ConfigurationError: a handle that is lost is a recording that can't be stopped.
    """
    folder = path.resolve().parent
    problem = None
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        problem = f"{path} can't be written: {folder} is no folder that can be written to"
    elif path.exists() and not path.is_file():
        problem = f"{path} is no ordinary file"
    elif path.exists() and path.stat().st_size and not (key is not None and _is_handle_of(path, recorder, key)):
        problem = f"{path} exists, and " + (
            "may be the handle of a recording that runs" if key is None else "isn't the handle of this key's recording"
        )
    if problem:
        raise ConfigurationError(problem, fault="caller", hint="Nothing was started. Name another file with --handle.")


def _is_handle_of(path: Path, recorder: Recorder, key: str) -> bool:
    try:
        kept = load_recording(str(path.resolve()))
    except ConfigurationError:
        return False
    provider = recorder.provider
    return (kept.id, kept.provider, kept.account) == (recorder.recording_id(key), provider.name, provider.account)
