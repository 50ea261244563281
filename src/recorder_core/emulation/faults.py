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


class Faults:
    """The ordered faults, first in first out per operation. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ordered: deque[tuple[str, str]] = deque()

    def fail_next(self, operation: str, fault: str, times: int = 1) -> None:
        """Order `fault` for the next `times` requests of `operation` (`*` matches any).

        Raises:
            ValueError: an unknown fault, or `times` below 1.
        """
        code = fault.removeprefix("code:")
        if fault not in CONNECTION_FAULTS | ANSWER_FAULTS and fault != "die" and (code == fault or not code):
            known = ", ".join(CONNECTION_FAULTS | ANSWER_FAULTS | VENDOR_FAULTS)
            raise ValueError(f"unknown fault {fault!r}; there are {known}")
        if times < 1:
            raise ValueError(f"times must be 1 or more, got {times}")
        with self._lock:
            self._ordered.extend([(operation, fault)] * times)

    def take(self, operation: str) -> str | None:
        """Use up the oldest fault that is ordered for `operation`; None when there is none."""
        with self._lock:
            for ordered in self._ordered:
                if ordered[0] in (operation, "*"):
                    self._ordered.remove(ordered)
                    return ordered[1]
        return None

    def clear(self) -> None:
        """Forget everything that is still ordered."""
        with self._lock:
            self._ordered.clear()
