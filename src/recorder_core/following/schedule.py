"""Which recording is looked at next, and when: where a look matters most, and as often as the vendor advises.

| rank | recordings | looked at |
| --- | --- | --- |
| `URGENT` | have just been started, are ending | after the vendor's `poll_delays` |
| `URGENT` | something unproven was told, or they have moved | at once |
| `SILENT` | can't be found, or looks fail | after 15, 30 and 45 s |
| `SILENT` | their callbacks have stopped | at once |
| `STEADY` | nothing of the kind, and no callbacks | every `watch_interval` |
| `STEADY` | their callbacks come | every 5 `watch_interval`, for callbacks get lost |

Nothing here knows how many looks are possible. Where more are due than that, the ranks go in their order, and within a
rank who has been due for the longest: a sweep over many recordings takes as long as it takes, and whatever is urgent
still comes at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from recorder_core.agenda import Agenda
from recorder_core.following.merging import Life
from recorder_core.listening import AGAIN_S
from recorder_core.models import RecordingState

__all__ = ["Rank", "Schedule", "Turn", "turn_of"]

YOUNG_S = 120.0
"""A recording that hasn't come up for longer isn't young any more."""
SILENCE_DELAYS = (15.0, 30.0, 45.0)
"""Seconds before each look at what can't be found: a vendor's move to another server takes up to 90 s."""
ENDING_LOOKS = 12
"""Looks at one that is ending before it is looked at like the steady ones: an upload may take hours."""
HEARD_INTERVALS = 5
"""A recording whose callbacks come is looked at once in so many `watch_interval`."""
MISSED_CALLBACKS = 3
"""Callbacks have stopped when so many in their rhythm are missing."""

COMING = (None, RecordingState.STARTING)


class Rank(IntEnum):
    """What is looked at before what."""

    URGENT = 0
    SILENT = 1
    STEADY = 2


class Turn(NamedTuple):
    """When a recording is to be looked at.

    Attributes:
        rank: before whom.
        due: from when on, in Unix seconds.
    """

    rank: Rank
    due: float


def turn_of(
    life: Life, now: float, poll_delays: Sequence[float], watch_interval: float, *, is_behind: bool = False
) -> Turn:
    """When a recording is to be looked at next.

    Args:
        life: what is known of it.
        now: in Unix seconds.
        poll_delays: as in `Provider`.
        watch_interval: as in `Provider`.
        is_behind: there are more looks than time for them, so that one look at what is missing has to do.
    """
    looked_at = life.looked_at or life.started_at
    again = (*SILENCE_DELAYS, watch_interval)
    if life.failures:
        return Turn(Rank.SILENT, looked_at + again[min(life.failures, len(again)) - 1])
    if life.is_doubtful or life.has_moved:
        return Turn(Rank.URGENT, looked_at + AGAIN_S)
    if life.is_missing:
        delay = sum(SILENCE_DELAYS) if is_behind else again[min(life.looks, len(again) - 1)]
        return Turn(Rank.SILENT, looked_at + delay)
    soon = looked_at + poll_delays[min(life.looks, len(poll_delays) - 1)]
    if life.state is not None and life.state.ending and life.looks < ENDING_LOOKS:
        return Turn(Rank.URGENT, soon)
    if life.state in COMING and now < life.started_at + YOUNG_S:
        return Turn(Rank.URGENT, soon)
    if life.state is None:
        return Turn(Rank.STEADY, now)
    if life.heard_at > life.looked_at:
        silent_from = life.heard_at + max(watch_interval, MISSED_CALLBACKS * life.rhythm)
        seldom = looked_at + HEARD_INTERVALS * watch_interval
        return Turn(Rank.SILENT, silent_from) if silent_from < seldom else Turn(Rank.STEADY, seldom)
    return Turn(Rank.STEADY, looked_at + watch_interval)


class Schedule:
    """The turns of many recordings. Not thread-safe. A step takes time like the logarithm of their number."""

    def __init__(self) -> None:
        self._planned: dict[str, Turn] = {}
        self._queues: tuple[Agenda[str], ...] = tuple(Agenda() for _ in Rank)

    def __len__(self) -> int:
        return len(self._planned)

    def plan(self, recording_id: str, turn: Turn) -> None:
        """Give a recording a turn, in place of the one it has."""
        planned = self._planned.get(recording_id)
        if planned == turn:
            return
        if planned is not None and planned.rank is not turn.rank:
            self._queues[planned.rank].plan(recording_id, None)
        self._planned[recording_id] = turn
        self._queues[turn.rank].plan(recording_id, turn.due)

    def hasten(self, recording_id: str, turn: Turn) -> None:
        """Give a recording an earlier turn; a later one than it has is left aside. So is one where it has none."""
        planned = self._planned.get(recording_id)
        if planned is not None and (turn.rank < planned.rank or turn.due < planned.due):
            self.plan(recording_id, turn)

    def drop(self, recording_id: str) -> None:
        """Give it no turn."""
        planned = self._planned.pop(recording_id, None)
        if planned is not None:
            self._queues[planned.rank].plan(recording_id, None)

    def take(self, now: float) -> str | None:
        """The recording whose turn it is, which has none from then on; None: it is nobody's."""
        for queue in self._queues:
            for recording_id in queue.take(now):
                del self._planned[recording_id]
                return recording_id
        return None

    @property
    def due(self) -> float:
        """When the next turn is, in Unix seconds; infinity: there is none."""
        return min(queue.due for queue in self._queues)

    def is_behind(self, now: float, seconds: float) -> bool:
        """Whether steady recordings have waited for so long."""
        return self._queues[Rank.STEADY].due < now - seconds
