"""Following all that the ledger holds open, together with other processes."""

from __future__ import annotations

from typing import Literal

from recorder_core.clock import deadline_scope
from recorder_core.errors import ConfigurationError
from recorder_core.following.worker import Worker
from recorder_core.models import RecoveryReport
from recorder_core.observations import MOST_WORKERS
from recorder_core.recovering import RECOVER_S, Found, Recovering, SpecOf
from recorder_core.refusals import seconds, whole_number

__all__ = ["Working"]

SHORTEST_LEASE_S = 6.0
"""A worker visits the ledger every two seconds, and renews a lease three times in its length."""


class Working(Recovering):
    """The operation that follows what nobody else does."""

    def worker(
        self,
        *,
        workers: int = 8,
        lease: float = 60.0,
        batch: int = 100,
        most: int = 10_000,
        until: Literal["idle", "looked"] | None = None,
        spec: SpecOf = None,
    ) -> Worker:
        """Follow the open recordings of this account, in as many processes as you like, each by one of them.

        The recordings are those in the ledger, whichever process has started them. See `Worker`.

        Args:
            workers: threads that look, 0 to 64. With 0 the thread that iterates does everything: it has to come back
                for the next event before its leases run out.
            lease: seconds after which the recordings of a worker that has died are followed by another; 6 or more.
            batch: recordings that are claimed at once: another worker that has just begun gets some too.
            most: recordings that this process follows at once; each takes about 3 kB.
            until: when iterating ends by itself. `idle`: nothing is left to be followed. `looked`: every recording was
                looked at once; what goes on is left to whoever comes next. None: when the worker is closed.
            spec: finds the spec of a start whose process has died, as in `recover`.

        Raises:
            ConfigurationError: there is no ledger, or an argument is out of its range.
        """
        self._refuse_closed("worker")
        if until not in (None, "idle", "looked"):
            raise ConfigurationError(f"until is {until!r}; it may be 'idle', 'looked' or None", fault="caller")
        if seconds("lease", lease) < SHORTEST_LEASE_S:
            raise ConfigurationError(f"lease is {lease!r}; {SHORTEST_LEASE_S:g} s or more", fault="caller")
        return Worker(
            self._watch,
            self.ledger,
            lambda: self._recover_dead(spec),
            workers=whole_number("workers", workers, 0, MOST_WORKERS),
            lease=float(lease),
            batch=whole_number("batch", batch, 1, 10_000),
            most=whole_number("most", most, 1, 1_000_000),
            until=until,
        )

    def _recover_dead(self, spec: SpecOf) -> RecoveryReport:
        """Recover the starts and stops whose process has died; what runs is followed, and needs no look."""
        found = Found()
        with self._named("recover"), deadline_scope(self._limit(RECOVER_S)) as limit, self._holding(found):
            self._recover_starts(found, spec, limit, postponed=False)
        return found.report()
