"""When recordings were last known to the vendor: what tells an end from a move to another server."""

from __future__ import annotations

import math
from collections import OrderedDict

from recorder_core.models import Recording, RecordingState

__all__ = ["FORGOTTEN", "RECOVERY_S", "SETTLED_S", "Sightings", "is_over"]

RECOVERY_S = 90.0
"""How long a recording may answer 404 while the vendor moves it to another server, and how long after its start one
that was never up is given up ("Best practices", Agora, 2026)."""
SETTLED_S = 50.0
"""How long a stop must have answered 404 at least, to be taken for an end when its deadline comes first. The vendor's
own advice gives a recording up after 30 s of it ("Best practices", Agora, 2026)."""
FIRST_LOOK_S = 15.0
"""A recording that isn't up at a look this soon after its start was never up. At a later one it may be moving."""
UNWATCHED_S = 300.0
"""A silence with a longer gap between two looks isn't one: it may have been up in between."""
ROUNDING_S = 0.001
"""Handles keep the instant of the start to the microsecond."""
REMEMBERED = 32_768
FORGOTTEN = "it had ended, and the vendor has forgotten it (404)"


class Sightings:
    """When each recording was last known to the vendor, as far as this process saw."""

    def __init__(self) -> None:
        self._silences: OrderedDict[str, tuple[float | None, float]] = OrderedDict()

    def see(self, recording: Recording, state: RecordingState, now: float) -> None:
        """The vendor answered that it is in this state."""
        if state in (RecordingState.STOPPING, RecordingState.UPLOADING, RecordingState.FAILED):
            self.ended(recording)
        elif state is RecordingState.STARTING and now - recording.started_at.timestamp() < RECOVERY_S:
            self.silence(recording, now)
        else:
            self.alive(recording, now)

    def alive(self, recording: Recording, now: float) -> None:
        """The vendor has it up just now."""
        if now - recording.started_at.timestamp() <= FIRST_LOOK_S:
            self._note(recording, None, now)
        else:
            self._silences.pop(recording.native["sid"], None)

    def ended(self, recording: Recording) -> None:
        """It is ending or was taken for ended, so that a 404 from now on is its end."""
        self._note(recording, -math.inf, math.inf)

    def missed(self, recording: Recording, now: float) -> tuple[RecordingState, str]:
        """What it means that the vendor doesn't know it just now, and why."""
        silence = self.silence(recording, now)
        if silence == math.inf:
            return RecordingState.GONE, FORGOTTEN
        if is_over(silence):
            self.ended(recording)
            return RecordingState.GONE, f"the vendor has not known it for {silence:.0f} s (404)"
        if now - recording.started_at.timestamp() < RECOVERY_S:
            reason = "it isn't up yet, moves to another server, or was stopped elsewhere"
            return RecordingState.STARTING, f"the vendor doesn't know it (404): {reason}"
        reason = "it ended, or is moving to another server for up to 90 s"
        return RecordingState.UNREACHABLE, f"the vendor doesn't know it (404): {reason}"

    def silence(self, recording: Recording, now: float) -> float:
        """Seconds for which it hasn't been up at any look, this one included; infinite after a known end."""
        started_at = recording.started_at.timestamp()
        first = started_at if now - started_at <= FIRST_LOOK_S else now
        since, looked = self._silences.get(recording.native["sid"], (first, now))
        if since is None or now - looked > UNWATCHED_S:
            since = now
        if looked < math.inf:
            self._note(recording, since, now)
        return now - since

    def _note(self, recording: Recording, since: float | None, looked: float) -> None:
        self._silences.pop(recording.native["sid"], None)
        self._silences[recording.native["sid"]] = (since, looked)
        while len(self._silences) > REMEMBERED:
            self._silences.popitem(last=False)


def is_over(silence: float) -> bool:
    """Whether so many seconds of silence are more than a move to another server takes."""
    return silence > RECOVERY_S - ROUNDING_S
