"""Which recordings of a ledger this process follows, and for how long nobody else does."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from recorder_core.clock import Clock
from recorder_core.forking import Guarded

if TYPE_CHECKING:
    from recorder_core.ledger import Ledger, LedgerEntry

__all__ = ["Leases"]

RENEWALS = 3
"""How often a lease is renewed in its time, so that it outlasts a ledger that is gone for a moment."""
MARGIN = 0.1
"""The part of a lease in which it isn't relied upon any more: the clocks of two machines differ."""
LEFT_ALONE = 5
"""Leases for which nobody looks at a recording that can't be looked at."""
TOLERANCE = 1.1
"""Up to how many times its share a worker keeps: what is handed over is looked at anew."""


class Leases(Guarded):
    """The recordings of a ledger that this process has leased. Thread-safe.

    Every method but `holds` may raise `LedgerUnavailable`; all is as it was then, but for what is given back.

    Args:
        ledger: of one account.
        clock: the ledger's.
        lease: seconds.
        batch: recordings that are claimed, or given back, at once.
        most: recordings that are held at once.
        shares: whether other workers get as many.
    """

    def __init__(self, ledger: Ledger, clock: Clock, *, lease: float, batch: int, most: int, shares: bool) -> None:
        super().__init__()
        self._ledger = ledger
        self._clock = clock
        self._lease = lease
        self._batch = batch
        self._most = most
        self._shares = shares
        self._wanted = 0
        self._until: dict[str, float] = {}
        self._renew_at = -math.inf

    def _forked(self) -> None:
        """What the parent has leased is the parent's."""
        super()._forked()
        self._until = {}

    def __len__(self) -> int:
        """How many recordings are held."""
        return len(self._until)

    def holds(self, recording_id: str) -> bool:
        """Whether nobody else follows the recording at this moment, as far as this process's clock tells."""
        return self._clock.monotonic() < self._until.get(recording_id, -math.inf) - MARGIN * self._lease

    def renew(self) -> set[str]:
        """Renew the leases in time. Those that are lost: somebody else has taken them, or is to stop them."""
        now = self._clock.monotonic()
        if now < self._renew_at:
            return set()
        asked = set(self._until)
        self._ledger.attend(self._lease)
        held = self._ledger.keep_following(asked, self._lease)
        self._renew_at = now + self._lease / RENEWALS
        with self._guard:
            still = asked & self._until.keys()  # others were given up in the meantime
            self._until.update((recording_id, now + self._lease) for recording_id in still & held)
            lost = still - held
            for recording_id in lost:
                del self._until[recording_id]
        return lost

    def divide(self) -> int:
        """See what is there to be followed, and by how many; how many recordings to give back."""
        there = self._ledger.attendance()
        share = min(self._most, math.ceil(there.recordings / max(there.workers, 1)) if self._shares else self._most)
        self._wanted = min(self._batch, share - len(self), there.unfollowed)
        return min(len(self) - share, self._batch) if len(self) > share * TOLERANCE else 0

    def claim(self) -> list[LedgerEntry]:
        """Some more recordings that nobody follows, as many as there were for this process."""
        if self._wanted <= 0:
            return []
        now = self._clock.monotonic()
        entries = self._ledger.claim_followed(self._wanted, self._lease)
        with self._guard:
            self._until.update((entry.id, now + self._lease) for entry in entries)
        return entries

    def give_back(self, recording_ids: Collection[str]) -> None:
        """Let others follow recordings: at once, or when the leases run out, should the ledger be gone.

        They are given up here first: what was found in between would be told by two.
        """
        self._give_up(recording_ids)
        self._ledger.stop_following(recording_ids)

    def settle(self, recording_ids: Collection[str]) -> set[str]:
        """All is told of recordings that have ended; of which that is written down, because their outcome is."""
        told = self._ledger.told(recording_ids)
        self._give_up(told)
        return told

    def leave_alone(self, recording_id: str) -> None:
        """Let nobody follow a recording for a while: it can't be looked at."""
        self._give_up([recording_id])
        self._ledger.keep_following({recording_id}, LEFT_ALONE * self._lease)

    def leave(self) -> None:
        """Give back all, and be there no more."""
        self.give_back(tuple(self._until))
        self._ledger.leave()

    def _give_up(self, recording_ids: Iterable[str]) -> None:
        with self._guard:
            for recording_id in recording_ids:
                self._until.pop(recording_id, None)
