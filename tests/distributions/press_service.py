"""Paper Press, the vendor of a provider that lives elsewhere, as the conformance kit needs a service."""

from __future__ import annotations

from types import TracebackType
from typing import NamedTuple, Self

from distributions.press import KEY, SECRET, Press
from recorder_core.testing.conformance import SkewedClock


class Tape(NamedTuple):
    """A recording."""

    room: str
    running: bool


class PressService:
    """The press, as a context manager. It doesn't know who is in a room.

    Args:
        clock: by which its recorders wait; it has none of its own.
    """

    def __init__(self, clock: SkewedClock) -> None:
        self.clock = clock
        self._press = Press()

    def __enter__(self) -> Self:
        self._press.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._press.__exit__(kind, error, trace)

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return self._press.base_url

    @property
    def env(self) -> dict[str, str]:
        """The account."""
        return {
            "PAPER_PRESS": "press-1",
            "PAPER_API_KEY": KEY,
            "PAPER_BASE_URLS": self.base_url,
            "PAPER_WEBHOOK_SECRET": SECRET,
        }

    @property
    def recordings(self) -> list[Tape]:
        """All tapes."""
        return [Tape(tape["name"], tape["state"] != "done") for tape in self._press.tapes.values()]

    def post_to(self, url: str) -> None:
        """Let callbacks go to an address."""
        self._press.tells = url

    def join(self, room: str, participant: str) -> None:
        """Nobody is known to be in a room."""

    def leave(self, room: str, participant: str) -> None:
        """A tape runs on until it is taken out."""
