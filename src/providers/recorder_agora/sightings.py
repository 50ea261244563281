"""When recordings were last known to the vendor: what tells an end from a move to another server."""

from __future__ import annotations

import math
from collections import OrderedDict

from recorder_core.models import Recording, RecordingState

__all__ = ["FORGOTTEN", "RECOVERY_S", "SETTLED_S", "Sightings", "missing_since"]

RECOVERY_S = 90.0
"""How long a recording may answer 404 while the vendor moves it to another server ("Best practices", Agora, 2026)."""
SETTLED_S = 50.0
"""How long a stop must have answered 404 at least, to be taken for an end when its deadline comes first. The vendor's
own advice gives a recording up after 30 s of it ("Best practices", Agora, 2026)."""
UNWATCHED_S = 300.0
"""A silence with a longer gap between two looks isn't one: it may have been up in between."""
REMEMBERED = 10_000
FORGOTTEN = "it had ended, and the vendor has forgotten it (404)"


class Sightings:
    """When each recording was last known to the vendor, as far as this process saw."""

    def __init__(self) -> None:
        self._silences: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def alive(self, recording: Recording) -> None:
        """The vendor has it up just now."""
        self._silences.pop(recording.native["sid"], None)

    def ended(self, recording: Recording) -> None:
        """It is ending or was taken for ended, so that a 404 from now on is its end."""
        self._note(recording, -math.inf, math.inf)

    def silence(self, recording: Recording, now: float) -> float:
        """Seconds for which it hasn't been up at any look, this one included; infinite after a known end."""
        since, looked = self._silences.get(recording.native["sid"], (now, now))
        if now - looked > UNWATCHED_S:
            since = now
        if looked < math.inf:
            self._note(recording, since, now)
        return now - since

    def _note(self, recording: Recording, since: float, looked: float) -> None:
        self._silences[recording.native["sid"]] = (since, looked)
        self._silences.move_to_end(recording.native["sid"])
        while len(self._silences) > REMEMBERED:
            self._silences.popitem(last=False)


def missing_since(silence: float, age: float) -> tuple[RecordingState, str]:
    """What a 404 means, and why.

    Args:
        silence: seconds for which the vendor hasn't known it; infinite after a known end.
        age: seconds since its start.
    """
    if silence == math.inf:
        return RecordingState.GONE, FORGOTTEN
    if silence >= RECOVERY_S:
        return RecordingState.GONE, f"the vendor has not known it for {silence:.0f} s (404)"
    if age < RECOVERY_S:
        reason = "it isn't up yet, moves to another server, or was stopped elsewhere"
        return RecordingState.STARTING, f"the vendor doesn't know it (404): {reason}"
    reason = "it ended, or is moving to another server for up to 90 s"
    return RecordingState.UNREACHABLE, f"the vendor doesn't know it (404): {reason}"
