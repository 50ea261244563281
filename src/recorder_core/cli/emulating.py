"""`recorder emulate`: the vendors' services on localhost, for programs in any language."""

from __future__ import annotations

import logging
import signal
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recorder_core.cli.console import ERR, Json, print_json, print_line, reporting
from recorder_core.configuration import LONGEST_AGE_S
from recorder_core.errors import ConfigurationError, ProviderNotFound
from recorder_core.plugins import EMULATORS, installed, load_emulator, load_provider

if TYPE_CHECKING:
    from recorder_core.emulation.service import EmulatedService

__all__ = ["chosen_emulators", "emulate", "made"]

ENDS = (signal.SIGINT, signal.SIGTERM)
logger = logging.getLogger("recorder_core.cli")


def emulate(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Which emulators; all installed ones by default.", show_default=False),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the first; the others count up. 0 takes free ones.")
    ] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    bucket: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the recorded files, with a folder in it for each emulator. "
            "Without it they go to a temporary one that is removed at the end.",
            file_okay=False,
            show_default=False,
        ),
    ] = None,
    callback_url: Annotated[
        str | None,
        typer.Option(
            help="Where they send their callbacks, http or https, {provider} being replaced by the name of each; "
            "nowhere by default.",
            show_default=False,
        ),
    ] = None,
    no_media: Annotated[bool, typer.Option("--no-media", help="Make no files, only answers.")] = False,
    as_json: Json = False,
) -> None:
    """Serve emulators until interrupted.

    Prints one line of JSON for each, with --json and without: `provider`, `base_url`, and in `env` the
    variables that point a recorder at it. Beside the vendor's own paths each serves a small control API under
    /_emulator/.
    """
    ended = threading.Event()
    with reporting(as_json), ExitStack() as stack:
        for number in ENDS:
            previous = signal.signal(number, lambda *_: ended.set())
            stack.callback(signal.signal, number, previous)
        chosen = chosen_emulators(names)
        if callback_url is not None:
            _require_url(callback_url.replace("{provider}", "provider"))
        if bucket is not None:
            for name in chosen:
                _require_writable(bucket / name)
        for index, name in enumerate(chosen):
            service = made(
                name,
                host=host,
                port=port and port + index,
                bucket=bucket and bucket / name,
                media=not no_media,
                callback_url=callback_url and callback_url.replace("{provider}", name),
            )
            _enter(stack, service, host, port and port + index)
            print_json({"provider": name, "base_url": service.base_url, "env": service.env | _patience(name)})
            if not as_json and not no_media:
                print_line(ERR, f"{name}: files in {service.bucket.root}")
        if not as_json:
            print_line(ERR, "Serving; Ctrl-C ends it.")
        ended.wait()


def chosen_emulators(names: list[str] | None) -> list[str]:
    """The given names, each once, or all that are installed and can be loaded.

    Raises:
        ProviderNotFound: none is installed.
    """
    if names:
        return list(dict.fromkeys(names))
    there = list(dict.fromkeys(found.name for found in installed(EMULATORS)))
    if not there:
        raise ProviderNotFound(
            "no emulator is installed",
            hint="Install a provider that brings one: pip install 'recorder-core[emulator]'.",
        )
    chosen, problems = [], []
    for name in there:
        try:
            load_emulator(name)
        except (ModuleNotFoundError, ProviderNotFound) as error:
            problems.append(str(error))
        else:
            chosen.append(name)
    if not chosen:
        return there  # so that whoever makes the first one is told why it can't be made
    for problem in problems:
        logger.warning("%s", problem)
    return chosen


def made(name: str, **options: Any) -> EmulatedService:
    """The emulator of that name, not yet serving.

    Raises:
        ProviderNotFound: there is none, or the extra that it needs isn't installed.
    """
    try:
        return load_emulator(name)(**options)
    except (ModuleNotFoundError, ProviderNotFound) as error:
        lacking = error if isinstance(error, ModuleNotFoundError) else error.__cause__
        if not isinstance(lacking, ModuleNotFoundError):
            raise
        raise ProviderNotFound(
            f"the emulator {name!r} needs {(lacking.name or '').partition('.')[0]}, which isn't installed",
            hint="pip install 'recorder-core[emulator]'",
        ) from None


def _patience(name: str) -> dict[str, str]:
    """The variable that lets a receiver on the real clock take callbacks whose service's clock was driven ahead."""
    try:
        return {load_provider(name).Config.env_name("webhook_max_age"): str(LONGEST_AGE_S)}
    except ProviderNotFound:
        return {}


def _require_url(url: str) -> None:
    from recorder_core.emulation.posting import checked_url

    try:
        checked_url(url)
    except ValueError as error:
        raise ConfigurationError(f"--callback-url: {error}", fault="caller") from None


def _require_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        problem = f"{folder} can't be written to: {error.strerror}"
    raise ConfigurationError(problem, fault="caller", hint="Choose another folder with --bucket.")


def _enter(stack: ExitStack, service: EmulatedService, host: str, port: int) -> None:
    try:
        stack.enter_context(service)
    except OSError as error:
        raise ConfigurationError(
            f"can't listen on {host}, port {port}: {error.strerror or error}",
            hint="Choose another --port, or leave it out for free ones.",
        ) from None
