"""What the ledger says was seen of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from recorder_core.models import RecordingState
from recorder_core.seen import ENDED, Seen

__all__ = ["Sight", "Written"]


class Written(NamedTuple):
    """What a row says of the end of its recording, and how often it has been written."""

    version: int
    outcome: RecordingState | None
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What a row says was seen of its recording."""

    written: Written
    seen: Seen

    def after(self, seen: Seen, now: float) -> Sight:
        """What it says when this was seen: an outcome stays, unless it was only that nobody could tell."""
        version, outcome, ended_at = self.written
        is_back = seen.status is not None and seen.status.state.running
        if outcome not in ENDED:
            outcome = None if is_back else seen.outcome or outcome
        if outcome is None:
            ended_at = None
        elif ended_at is None:
            ended_at = seen.status.ended_at.timestamp() if seen.status and seen.status.ended_at else now
        return Sight(Written(version + 1, outcome, ended_at), seen)
