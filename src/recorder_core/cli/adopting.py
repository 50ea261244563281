"""`recorder adopt`: a recording that was started elsewhere becomes one like any other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from recorder_core.cli.console import OUT, Json, legible, print_json, print_line, reporting, terminable, working
from recorder_core.cli.documents import keep_recording, refuse_to_lose
from recorder_core.cli.ledgers import SHOWN, LedgerOption, ledger_of
from recorder_core.cli.planning import ProviderName
from recorder_core.errors import RecorderError, RecordingNotFound
from recorder_core.models import Recording, RecordingState, RemoteRecording
from recorder_core.recorder import Recorder
from recorder_core.recovering import LISTED

__all__ = ["adopt"]


def adopt(
    vendor_id: Annotated[
        str, typer.Argument(metavar="ID", help="The vendor's id, as recover lists it.", show_default=False)
    ],
    provider: ProviderName,
    room: Annotated[
        str | None, typer.Option(help="Its room, where the vendor doesn't tell it.", show_default=False)
    ] = None,
    handle: Annotated[
        Path | None,
        typer.Option(
            help="File for the handle. Without a ledger and without --json it is recording-ID.json.",
            show_default=False,
        ),
    ] = None,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Take over a recording that was started elsewhere, so that it can be followed, looked at and stopped.

    The recording itself isn't touched. Adopting twice gives the same handle.
    """
    with reporting(as_json), terminable():
        url = ledger_of(ledger)
        with Recorder.from_env(provider, ledger=url) as recorder:
            if handle is not None:
                refuse_to_lose(handle, recorder, None)
            with working(f"Asking {provider}"):
                recording = _adopted(recorder, _remote_of(recorder, vendor_id, room))
                state = None if as_json else _state_of(recorder, recording)
        path = handle or (None if as_json or url is not None else Path(f"recording-{recording.id}.json"))
        saved = path is None or keep_recording(recording, path)
        if as_json or not saved:
            print_json(json.loads(recording.model_dump_json()))
        if saved and not as_json:
            known = str(path) if path is not None else recording.id[:SHOWN]
            print_line(OUT, legible(f"{recording.room or 'some room'} at {provider} is adopted: {known}"), "green")
            is_over = state is not None and (state.terminal or state.ending)
            if is_over:
                print_line(OUT, f"It has ended: it is {state}.")
            verbs = ("status",) if is_over else ("status", "follow", "stop")
            print_line(OUT, legible("Next: " + " | ".join(f"recorder {verb} {known}" for verb in verbs)))
        if not saved:
            raise typer.Exit(1)


def _adopted(recorder: Recorder, remote: RemoteRecording) -> Recording:
    """The handle.

    Raises:
        RecordingNotFound: without the id that it would have got, for nobody has one of it.
        RecorderError: as `Recorder.adopt`.
    """
    try:
        return recorder.adopt(remote)
    except RecordingNotFound as error:
        error.recording_id = None
        raise


def _state_of(recorder: Recorder, recording: Recording) -> RecordingState | None:
    """Where in its life it is; None: that can't be told now."""
    try:
        return recorder.status(recording).state
    except RecorderError:
        return None


def _remote_of(recorder: Recorder, vendor_id: str, room: str | None) -> RemoteRecording:
    """The recording as the vendor lists it; where it doesn't, its id."""
    provider = recorder.provider
    if provider.offers("adopt") and provider.offers("list_remote"):
        now = datetime.now(UTC)
        for remote in recorder.list_remote(now - LISTED, now, room=room):
            if vendor_id in remote.ids_under(provider.native_key):
                return remote
    return RemoteRecording(
        provider=provider.name, account=provider.account, room=room, native={provider.native_key: vendor_id}
    )
