"""The ledger of the command line: which one it is, and the recordings in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from platformdirs import user_data_path
from pydantic import SecretStr

from recorder_core.clock import SystemClock
from recorder_core.errors import ConfigurationError

if TYPE_CHECKING:
    from recorder_core.ledger import Ledger, LedgerEntry
    from recorder_core.models import Recording

__all__ = [
    "LEAVE_OUT_NONE",
    "SHOWN",
    "LedgerOption",
    "entry_in",
    "is_id",
    "ledger_of",
    "opened",
    "recording_in",
    "required",
]

NONE = "none"
LEAVE_OUT_NONE = "Leave out --ledger none, and RECORDER_LEDGER=none."
SHOWN = 8
"""Characters of an id that are shown: as good as ever unique."""

LedgerOption = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        envvar="RECORDER_LEDGER",
        show_default=False,
        help="URL of the ledger, such as sqlite:///recordings.db, or none; by default a file of this user's.",
    ),
]


def ledger_of(given: str | None) -> SecretStr | None:
    """The URL of the ledger: what was given, or a file in the user's data directory. None: there is to be none.

    Raises:
        ConfigurationError: there can't be such a file.
    """
    if given == NONE:
        return None
    if given:
        return SecretStr(given)
    folder = user_data_path("recorder-core", appauthor=False)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"there can't be a ledger in {folder}: {error.strerror}",
            fault="caller",
            hint="Name another one with --ledger or RECORDER_LEDGER, such as sqlite:////tmp/recordings.db; none goes "
            "without: what is lost by a crash then can't be found again.",
        ) from None
    return SecretStr(f"sqlite:///{folder / 'recordings.db'}")


def required(url: SecretStr | None) -> SecretStr:
    """The URL of a ledger without which a verb has nothing to do.

    Raises:
        ConfigurationError: there is to be none.
    """
    if url is None:
        raise ConfigurationError("there is no ledger", fault="caller", hint=LEAVE_OUT_NONE)
    return url


@contextmanager
def opened(url: SecretStr | None, provider: str | None = None) -> Iterator[Ledger]:
    """A ledger with the recordings of all accounts, to be read.

    Raises:
        ConfigurationError: there is none.
        LedgerUnavailable: it can't be used.
    """
    from recorder_core.ledger import open_ledger  # a verb that needs no ledger does without the database's library

    ledger = open_ledger(required(url), provider=provider, account=None, clock=SystemClock())
    try:
        yield ledger
    finally:
        ledger.close()


def is_id(text: str) -> bool:
    """Whether it may be the id of a recording, or the beginning of one."""
    return re.fullmatch("[0-9a-f]{1,32}", text) is not None


def recording_in(url: SecretStr | None, beginning: str) -> Recording:
    """The newest handle of the recording whose id begins so.

    Raises:
        ConfigurationError: there is none, or more than one, or its handle isn't known.
        LedgerUnavailable: the ledger can't be used.
    """
    with opened(url) as ledger:
        return _recording_of(entry_in(ledger, beginning))


def entry_in(ledger: Ledger, beginning: str) -> LedgerEntry:
    """The newest start of the recording whose id begins so.

    Raises:
        ConfigurationError: there is none, or more than one.
        LedgerUnavailable: the ledger can't be used.
    """
    found = ledger.find(beginning)
    if len(found) != 1:
        problem = "begins the ids of several recordings" if found else "is neither a file nor a recording in the ledger"
        raise ConfigurationError(
            f"{beginning} {problem}",
            fault="caller",
            hint="`recorder list --all` has the ids; any unique beginning of one will do.",
        )
    return found[0]


def _recording_of(entry: LedgerEntry) -> Recording:
    if entry.recording is None:
        raise ConfigurationError(
            f"the recording {entry.id} has no handle: {entry.reason or 'its start was cut short, or is under way'}",
            provider=entry.provider,
            recording_id=entry.id,
            fault="caller",
            hint=f"`recorder recover --provider {entry.provider}` finds out what became of it.",
        )
    return entry.recording
