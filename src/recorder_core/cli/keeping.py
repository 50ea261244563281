"""`recorder link` and `delete-files`: files that the vendor keeps."""

from __future__ import annotations

from typing import Annotated

import typer

from recorder_core.cli.console import ERR, OUT, Json, legible, print_json, print_line, reporting, working
from recorder_core.cli.documents import HandleSource, load_recording
from recorder_core.cli.ledgers import LedgerOption, ledger_of
from recorder_core.errors import ConfigurationError
from recorder_core.files import LINK_S, NOWHERE
from recorder_core.models import RecordedFile, Recording, RecordingStatus
from recorder_core.recorder import Recorder

__all__ = ["delete_files", "link"]


def link(
    handle: HandleSource,
    name: Annotated[
        list[str] | None,
        typer.Option("--file", help="Name of a file; may be repeated. All by default.", show_default=False),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=1, help="For how long the addresses are to open the files; the vendor may give less.")
    ] = LINK_S,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Print an address of each file that the vendor keeps. It opens the file to whoever has it: don't log it.

    Files in a storage of your own have none: the storage's own client signs addresses. Ends with 1 where there is no
    file, but for --json.
    """
    with reporting(as_json):
        url = ledger_of(ledger)
        recording = load_recording(handle, url)
        with Recorder.from_env(recording.provider, ledger=url) as recorder, working("Asking"):
            if not recorder.provider.offers("link", recording.mode):
                raise recorder.provider.kept_elsewhere("link", recording)
            status = recorder.status(recording)
            files = _chosen(recording, status, name)
            links = [(file, recorder.link(recording, file, seconds=seconds)) for file in files]
        if as_json:
            print_json(
                [
                    {
                        "name": file.name,
                        "participant": file.participant,
                        "url": found.url.get_secret_value(),
                        "expires_at": found.expires_at and found.expires_at.isoformat(),
                    }
                    for file, found in links
                ]
            )
            return
        if not links:
            print_line(ERR, legible(_nothing(status)), "yellow")
            raise typer.Exit(1)
        for _, found in links:
            print_line(OUT, legible(found.url.get_secret_value()))


def delete_files(handle: HandleSource, ledger: LedgerOption = None, as_json: Json = False) -> None:
    """Delete, for good, the files that the vendor keeps of a recording that has ended. Nobody is asked again.

    Files in a storage of your own are left alone: its own client deletes them.
    """
    with reporting(as_json):
        url = ledger_of(ledger)
        recording = load_recording(handle, url)
        with Recorder.from_env(recording.provider, ledger=url) as recorder, working("Deleting"):
            recorder.delete_files(recording)
            left = recorder.status(recording)
        if as_json:
            print_json([{"name": file.name, "status": str(file.status)} for file in left.files])
            return
        print_line(OUT, legible(f"The files of {recording.room} at {recording.provider} are deleted."))


def _nothing(status: RecordingStatus) -> str:
    """Why there is no file to link."""
    if status.files:
        return "Nobody has its files: " + ", ".join(f"{file.name} is {file.status}" for file in status.files) + "."
    return f"It is {status.state}, and has no files{'' if status.state.terminal else ' yet'}."


def _chosen(recording: Recording, status: RecordingStatus, names: list[str] | None) -> list[RecordedFile]:
    """The files that are asked for; without names all that somebody may have.

    Raises:
        ConfigurationError: there is no file of such a name.
    """
    if names is None:
        return [file for file in status.files if file.status not in NOWHERE]
    known = {file.name: file for file in status.files}
    missing = [name for name in names if name not in known]
    if missing:
        raise ConfigurationError(
            f"the recording has no file {', '.join(missing)}",
            provider=recording.provider,
            recording_id=recording.id,
            fault="caller",
            hint=f"It has {', '.join(known) or 'none yet'}.",
        )
    return [known[name] for name in names]
