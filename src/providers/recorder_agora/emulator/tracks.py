"""What was recorded, and when: one track per playlist and server."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

from recorder_core.emulation.taping import Tape

__all__ = ["EVERYBODY", "SLICE_S", "Medium", "Server", "Track"]

EVERYBODY: Final = "0"
"""The uid of what mixes all users."""
SLICE_S: Final = 15.0
"""Length of a slice, if nothing cuts it short."""

Medium = Literal["audio", "video", "audio_and_video"]


@dataclass(frozen=True, slots=True)
class Server:
    """What a recording runs on until it is lost.

    Attributes:
        number: 0 for the first, and 1 more for each move.
        since: from when on it records, Unix s.
    """

    number: int
    since: float

    @property
    def prefix(self) -> str:
        """What the names of its files begin with."""
        return f"bak{self.number - 1}_" if self.number else ""


@dataclass(slots=True, eq=False)
class Track:
    """One server's recording of one stream, or of all of them mixed.

    Attributes:
        server: who records it.
        uid: whose stream it is.
        medium: `trackType`.
        stretches: from when to when it was recorded, infinity while it goes on.
        listed: its playlist lies in the bucket.
    """

    server: Server
    uid: str
    medium: Medium
    stretches: list[tuple[float, float]] = field(default_factory=list)
    listed: bool = False

    @property
    def began(self) -> float:
        """Its first instant."""
        return self.stretches[0][0]

    @property
    def ended(self) -> float:
        """Its last one; infinity while it is recorded."""
        return self.stretches[-1][1] if self.stretches else math.inf

    @property
    def is_open(self) -> bool:
        """Whether it is recorded right now."""
        return self.ended == math.inf

    def open(self, at: float) -> None:
        """It is recorded from now on."""
        self.stretches.append((at, math.inf))

    def close(self, at: float) -> None:
        """It was recorded up to now."""
        if self.is_open:
            since, _ = self.stretches[-1]
            self.stretches[-1] = (since, at)

    def seconds(self, now: float) -> float:
        """How much of it there is."""
        return sum(min(now, until) - since for since, until in self.stretches)

    def hold(self, tape: Tape) -> None:
        """Let a tape of it pause where it did."""
        for (_, gone), (back, _) in pairwise(self.stretches):
            tape.hold(gone)
            tape.release(back)

    def slices(self, now: float, first_s: float) -> tuple[int, int]:
        """How many are finished, and how many begun; the first of a stretch has `first_s` seconds."""
        finished = begun = 0
        for since, until in self.stretches:
            # To the millisecond, as a sum of seconds is a bit off where the clock isn't.
            seconds = round(min(now, until) - since, 3)
            later = max(0.0, seconds - first_s) / SLICE_S
            whole = (seconds > 0) + math.ceil(later)
            begun += whole
            finished += whole if until <= now else (seconds >= first_s) + math.floor(later)
        return finished, begun
