"""At which instants snapshots of a participant are taken."""

from __future__ import annotations

import math
from typing import Final

from recorder_agora.emulator.tracks import Track

__all__ = ["instant", "instants", "number_from"]

ALL_TAKEN: Final = 500
"""How many snapshots of one participant are all taken; of further ones fewer and fewer, so that a driven day stays
cheap: every second of the next 500, every fourth of the next 1000, and so on."""


def instant(track: Track, interval: int, number: int) -> float:
    """When the snapshot of that number is due (Unix s), counted from the first frame on every `interval` seconds."""
    return track.began + number * interval


def number_from(track: Track, interval: int, at: float, *, least: int) -> int:
    """The number of the first snapshot that is taken at `at` (Unix s) or later; `least` at least."""
    # A quotient of seconds may be a bit too large.
    number = max(least, math.ceil(round((at - track.began) / interval, 6)))
    while number % _every(number):
        number += 1
    return number


def instants(track: Track, interval: int) -> list[float]:
    """All snapshots of a track that is finished; what is due at the instant at which its picture goes, is taken."""
    found: list[float] = []
    number = 0
    for since, until in track.stretches:
        number = number_from(track, interval, since, least=number)
        while until is not None and (at := instant(track, interval, number)) <= until:
            found.append(at)
            number = number_from(track, interval, at, least=number + 1)
    return found


def _every(number: int) -> int:
    return 1 if number < ALL_TAKEN else int(2 ** math.floor(math.log2(2 * number / ALL_TAKEN)))
