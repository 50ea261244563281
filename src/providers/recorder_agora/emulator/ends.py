"""Why an emulated recording ends, or never comes up, and how notifications say so.

From the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026), its pages on callback events and
status codes. Where they are silent, the choices are these:

* a recorder that can't join says that it wasn't initialised, and no number tells that its cipher is wrong;
* `errorMsg` is in words of our own.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, Final

__all__ = ["DOOMED_S", "Doom", "End", "Error"]

DOOMED_S: Final = 30.0
"""From a start whose parameters turn out wrong to its 404."""
NOTICED_S: Final = 3.0
"""From such a start to the event that says what is wrong."""


class End(Enum):
    """What ended it. Each mode has numbers of its own for those that can happen to it."""

    STOPPED = auto()
    IDLE = auto()
    NEVER_JOINED = auto()
    PUT_OUT = auto()
    """By somebody who joined with the recorder's uid, or by an expired token."""
    LIMIT = auto()
    PAGE_LIMIT = auto()
    NO_ENGINE = auto()
    PAGE_TIMEOUT = auto()
    PAGE_ADDRESS = auto()
    PAGE_RECORDER = auto()


class Error(Enum):
    """Event 1: module (0 recorder, 1 uploader, 2 service), level (3 medium, 4 major, 5 fatal), code, words."""

    STORAGE = 1, 5, 32, "the storage configuration is wrong"
    UPLOAD_FAILED = 1, 4, 47, "the upload failed"
    UPLOAD_LATE = 2, 3, 50, "the upload isn't finished in time"
    START_LATE = 2, 5, 52, "the service didn't start in time"
    TOKEN_EXPIRED = 0, 5, 109, "the token has expired"
    TOKEN_INVALID = 0, 5, 110, "the token is invalid"

    def details(self) -> dict[str, Any]:
        """As the notification has it."""
        module, level, code, message = self.value
        return {"module": module, "errorLevel": level, "errorCode": code, "stat": 1, "errorMsg": message}


class Doom(Enum):
    """What is wrong with a start that was answered 200.

    Attributes:
        error: the event 1 that names it; None: no number is documented for it.
        end: how the recorder leaves; None: there never was one.
        noticed_s: seconds from start to what tells it.
    """

    STORAGE = Error.STORAGE, None
    TOKEN_EXPIRED = Error.TOKEN_EXPIRED, End.NEVER_JOINED
    TOKEN_INVALID = Error.TOKEN_INVALID, End.NEVER_JOINED
    UNREADABLE = None, End.NEVER_JOINED
    """The room's media is encrypted otherwise."""
    UID_TAKEN = None, End.PUT_OUT
    SERVER = Error.START_LATE, End.NO_ENGINE, DOOMED_S
    """It never came up."""

    def __init__(self, error: Error | None, end: End | None, noticed_s: float = NOTICED_S) -> None:
        self.error = error
        self.end = end
        self.noticed_s = noticed_s
