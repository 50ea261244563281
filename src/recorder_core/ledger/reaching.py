"""A database that can't be used: every error of it becomes `LedgerUnavailable`, which holds nothing of what it was."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy.exc import DBAPIError

from recorder_core.errors import LedgerUnavailable
from recorder_core.ledger.address import Address
from recorder_core.ledger.database import Database

__all__ = ["reaching"]

Given = ParamSpec("Given")
Result = TypeVar("Result")

WRITABLE = "The folder must exist, and this user must be able to write into it."
HINTS = (
    ("locked", "Another program has written into the file for more than 10 s; is a backup or a shell open on it?"),
    ("disk is full", "Make room on the disk of the ledger."),
    ("readonly", "The file, or its folder, can't be written by this user; SQLite makes two files beside it."),
    ("unable to open", WRITABLE),
    ("No such file", WRITABLE),
    ("Permission denied", WRITABLE),
    ("permission denied", "Give this user of the database the rights to read and write its tables."),
    ("not a database", "The file is something else's; give the ledger a file of its own."),
    ("malformed", "The file is damaged; put a backup in its place, and recover."),
    ("authentication failed", "Check user and password in the ledger's address."),
    ("does not exist", "Make the database, or check its name in the ledger's address."),
)
FOREVER = ("not a database", "malformed", "authentication failed", "does not exist")
"""What no repeat mends."""


class Addressed(Protocol):
    """Whatever has a database."""

    address: Address
    _database: Database


Owner = TypeVar("Owner", bound=Addressed)


def reaching(method: Callable[Concatenate[Owner, Given], Result]) -> Callable[Concatenate[Owner, Given], Result]:
    """A method whose errors of the database become `LedgerUnavailable`."""

    @wraps(method)
    def reached(self: Owner, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            if not isinstance(error, self._database.errors):
                raise
            unavailable = _unavailable(self.address, error)
        # Here, so that the database's own error isn't its context: in its frames are rows, and the address's password.
        raise unavailable

    return reached


def _unavailable(address: Address, error: Exception) -> LedgerUnavailable:
    said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    words = address.masked(str(said).strip().partition("\n")[0]) or type(said).__name__
    hint = next((hint for part, hint in HINTS if part in words), "Is the database reachable, and its disk in order?")
    is_ours = any(kind.__name__ == "ProgrammingError" for kind in type(said).__mro__)
    lasts = is_ours or any(part in words for part in FOREVER)
    return LedgerUnavailable(f"the ledger {address} can't be used: {words}", retryable=not lasts, hint=hint)
