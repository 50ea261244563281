"""`recorder layout`, `pause`, `resume`, `snapshot` and `update`: changes of a running recording."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import Field

from recorder_core.cli.console import OUT, Json, print_json, print_line, reporting, terminable, working
from recorder_core.cli.documents import (
    STDIN,
    Form,
    HandleSource,
    LayoutSource,
    file_of,
    keep_recording,
    load_layout,
    load_recording,
)
from recorder_core.cli.ledgers import LedgerOption, ledger_of
from recorder_core.cli.recording import OnUnsupported
from recorder_core.errors import ConfigurationError, InvalidSpec, UnsupportedOperation
from recorder_core.models import Layout, Participants, Recording, Storage, loading
from recorder_core.models.base import Model, SecretText, Text
from recorder_core.operations import DEADLINE_S
from recorder_core.recorder import Recorder
from recorder_core.refusals import (
    push_addresses,
    refuse_foreign_handle,
    refuse_layout_without_pictures,
    refuse_missing_operation,
    refuse_other_destination,
)

__all__ = ["layout", "pause", "resume", "snapshot", "update"]

ChangesSource = Annotated[
    str, typer.Argument(metavar="CHANGES", help="File in JSON, YAML or TOML, or - for stdin, with keys of the spec.")
]


OPERATIONS = {
    "participants": "update_participants",
    "storage": "refresh_storage",
    "whiteboard": "switch_whiteboard",
    "push_urls": "update_push",
    "layout": "layout",
}
"""The operation of a recorder that changes each field, in the order in which they are changed."""


class WantedChanges(Model):
    """What is to change of a running recording, in keys of the spec."""

    participants: Participants | None = None
    """Whose sound and pictures are recorded from now on."""

    storage: Storage | None = None
    """The same destination with other credentials."""

    whiteboard: Text | None = None
    """Id of the whiteboard that is recorded from now on."""

    push_urls: Annotated[tuple[SecretText, ...], Field(min_length=1)] | None = None
    """rtmp or rtmps addresses that the picture is streamed to from now on."""

    layout: Layout | None = None
    """The layout from now on."""

    def given(self) -> dict[str, Any]:
        """What is to change, in its order."""
        return {name: value for name in OPERATIONS if (value := getattr(self, name)) is not None}

    def refuse_what_is_wrong(self, recorder: Recorder, recording: Recording, *, warn: bool) -> None:
        """Refuse what can be known to be wrong before anything is sent.

        Raises:
            InvalidSpec: an address is none, the storage is another destination, or there are no pictures to lay out.
            UnsupportedFeature: the vendor can't do what the layout demands.
            UnsupportedOperation: the vendor can't change one of the fields of such a recording.
        """
        provider = recorder.provider
        refuse_foreign_handle(provider, recording)
        for name in self.given():
            try:
                refuse_missing_operation(provider, OPERATIONS[name], recording)
            except UnsupportedOperation as error:
                error.add_note(f"{name} asks for it")
                raise
        if self.storage is not None:
            refuse_other_destination(recording, self.storage)
        if self.push_urls is not None:
            push_addresses(self.push_urls)
        if self.layout is not None:
            refuse_layout_without_pictures(recording)
            provider.translate_layout(recording, self.layout.over(recording.layout)).lost(warn=warn)


def layout(
    handle: HandleSource,
    layout: LayoutSource,
    on_unsupported: OnUnsupported = "raise",
    form: Form = None,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Change the layout of a running recording.

    The handle file is rewritten in place; for a handle on stdin the new one is printed. What the layout
    leaves out (background, placeholders) stays as it is.
    """
    with reporting(as_json):
        _refuse_two_on_stdin(handle, layout, "layout")
        url = ledger_of(ledger)
        recording, path = load_recording(handle, url), file_of(handle)
        wanted = load_layout(layout, form)
        with (
            Recorder.from_env(recording.provider, on_unsupported=on_unsupported, ledger=url) as recorder,
            working("Changing the layout", at_most=DEADLINE_S, as_json=as_json),
        ):
            changed = recorder.layout(recording, wanted)
        kept = path is None or keep_recording(changed, path)
        _hand_back(changed, handle, path, f"The layout is {wanted.kind} now", as_json=as_json, kept=kept)


def pause(handle: HandleSource, ledger: LedgerOption = None, as_json: Json = False) -> None:
    """Record nothing until it is resumed. Pausing what is paused is no error."""
    _operate(handle, ledger, as_json, "Pausing", "Nothing is recorded until it is resumed.", Recorder.pause)


def resume(handle: HandleSource, ledger: LedgerOption = None, as_json: Json = False) -> None:
    """Record again, after a pause or a paused start. Resuming what records is no error."""
    _operate(handle, ledger, as_json, "Resuming", "It is recorded again.", Recorder.resume)


def snapshot(handle: HandleSource, ledger: LedgerOption = None, as_json: Json = False) -> None:
    """Take one still picture of what is recorded now. It arrives where the files go."""
    done = "A picture was taken; it arrives where the files go."
    _operate(handle, ledger, as_json, "Taking a picture", done, Recorder.snapshot)


def update(
    handle: HandleSource,
    changes: ChangesSource,
    on_unsupported: OnUnsupported = "raise",
    form: Form = None,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Change a running recording: who is recorded, credentials, whiteboard, push addresses, layout.

    CHANGES has the spec's own keys participants, storage (the same destination with other credentials), whiteboard
    (its id alone), push_urls and layout. They are changed one after the other, in this order, and the handle file is
    rewritten after each. ${env:NAME} is replaced as in a spec.
    """
    with reporting(as_json), terminable():
        _refuse_two_on_stdin(handle, changes, "changes")
        url = ledger_of(ledger)
        recording, path = load_recording(handle, url), file_of(handle)
        wanted = loading.load(WantedChanges, sys.stdin if changes == STDIN else changes, format=form)
        fields = wanted.given()
        if not fields:
            raise InvalidSpec(
                f"{changes} has nothing to change", fault="caller", hint=f"It takes {', '.join(OPERATIONS)}."
            )
        done: list[str] = []
        kept = True
        with Recorder.from_env(recording.provider, on_unsupported=on_unsupported, ledger=url) as recorder:
            wanted.refuse_what_is_wrong(recorder, recording, warn=on_unsupported == "warn")
            for name, value in fields.items():
                try:
                    with working(f"Changing {name}", at_most=DEADLINE_S, as_json=as_json):
                        recording = getattr(recorder, OPERATIONS[name])(recording, value)
                    done.append(name)
                    kept = False
                    kept = path is None or keep_recording(recording, path)
                except BaseException as error:
                    if done:
                        error.add_note(f"changed before that: {', '.join(done)}")
                        if handle == STDIN or not kept:
                            _print_handle(recording)
                    raise
        _hand_back(recording, handle, path, f"Changed: {', '.join(done)}", as_json=as_json, kept=kept)


def _operate(
    handle: str,
    ledger: str | None,
    as_json: bool,
    doing: str,
    done: str,
    operate: Callable[[Recorder, Recording], None],
) -> None:
    """An operation that leaves the handle as it is."""
    with reporting(as_json):
        url = ledger_of(ledger)
        recording = load_recording(handle, url)
        with (
            Recorder.from_env(recording.provider, ledger=url) as recorder,
            working(doing, at_most=DEADLINE_S, as_json=as_json),
        ):
            operate(recorder, recording)
        if as_json:
            _print_handle(recording)
        else:
            print_line(OUT, done, "green")


def _refuse_two_on_stdin(handle: str, other: str, what: str) -> None:
    if handle == other == STDIN:
        raise ConfigurationError(f"the handle and the {what} can't both be on stdin", fault="caller")


def _hand_back(changed: Recording, handle: str, path: Path | None, done: str, *, as_json: bool, kept: bool) -> None:
    """Say what was done; print the new handle where it was asked for or is in no file."""
    if as_json or handle == STDIN or not kept:
        _print_handle(changed)
    else:
        print_line(OUT, f"{done}; {path or 'the ledger'} has the new handle.", "green")
    if not kept:
        raise typer.Exit(1)


def _print_handle(recording: Recording) -> None:
    print_json(json.loads(recording.model_dump_json()))
