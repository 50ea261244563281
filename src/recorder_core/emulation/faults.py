"""Faults that a test has ordered, kept until an operation takes them."""

import threading
from collections import deque
from typing import Final

CONNECTION_FAULTS: Final = {
    "refuse": "the connection is closed before anything is done",
    "reset": "the connection is reset before anything is done",
    "stall": "no answer, until the client gives up or the service closes",
    "drop": "the request is carried out, then the connection is closed without an answer",
    "truncate": "the request is carried out, half of the answer's body arrives",
    "slow": "the request is carried out, the answer's body drips",
}
ANSWER_FAULTS: Final = {
    "not-json": "the request is carried out, the answer is an HTML page with status 200",
    "500": "nothing is done, bare status 500",
    "502": "nothing is done, bare status 502",
    "503": "nothing is done, bare status 503",
    "504": "nothing is done, bare status 504",
    "429": "nothing is done, the vendor's own answer to too many calls",
}
VENDOR_FAULTS: Final = {
    "die": "the recording that this start creates dies within 30 s",
    "code:<n>": "nothing is done, the vendor's answer with that code",
}
CALLBACK: Final = "callback"
"""The operation under which faults of notifications are ordered."""
CALLBACK_FAULTS: Final = {
    "duplicate": "the notification is delivered once more, as a repeat that wasn't needed",
    "double": "the notification comes twice, as from a service that runs twice for high availability",
    "late": "the notification is delivered after the next one; where none follows, never",
    "lose": "the notification is never delivered",
}


class Faults:
    """The ordered faults, first in first out per operation. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ordered: deque[tuple[str, str]] = deque()

    def fail_next(self, operation: str, fault: str, times: int = 1) -> None:
        """Order `fault` for the next `times` requests of `operation` (`*` matches any), or notifications (`callback`).

        Raises:
            ValueError: an unknown fault, one that only notifications have or only requests, or `times` below 1.
        """
        _check(operation, fault)
        if times < 1:
            raise ValueError(f"times must be 1 or more, got {times}")
        with self._lock:
            self._ordered.extend([(operation, fault)] * times)

    def take(self, operation: str) -> str | None:
        """Use up the oldest fault that is ordered for `operation`; None when there is none."""
        with self._lock:
            for ordered in self._ordered:
                if ordered[0] == operation or (ordered[0] == "*" and operation != CALLBACK):
                    self._ordered.remove(ordered)
                    return ordered[1]
        return None

    def clear(self) -> None:
        """Forget everything that is still ordered."""
        with self._lock:
            self._ordered.clear()


def _check(operation: str, fault: str) -> None:
    if operation == CALLBACK:
        known, elsewhere = [*CALLBACK_FAULTS], "requests have other ones"
        right = fault in CALLBACK_FAULTS
    else:
        known, elsewhere = [*CONNECTION_FAULTS, *ANSWER_FAULTS, *VENDOR_FAULTS], f"{CALLBACK!r} has other ones"
        code = fault.removeprefix("code:")
        right = fault in CONNECTION_FAULTS | ANSWER_FAULTS or fault == "die" or (code != fault and bool(code))
    if not right:
        raise ValueError(f"unknown fault {fault!r} of {operation!r}; there are {', '.join(known)}; {elsewhere}")
