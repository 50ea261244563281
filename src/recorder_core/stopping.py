"""How a recording is stopped: the wish is written down before the vendor is asked, the outcome after its answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from recorder_core.clock import Deadline
from recorder_core.errors import LedgerUnavailable
from recorder_core.models import Ending, EventKind, EventSource, Recording, RecordingState, RecordingStatus
from recorder_core.observations import Observations
from recorder_core.operations import DEADLINE_S
from recorder_core.refusals import refuse_foreign_handle

__all__ = ["LATE_S", "Stopping", "going_on", "lease_of"]

logger = logging.getLogger("recorder_core")

NOT_STOPPED = (RecordingState.GONE, RecordingState.UNREACHABLE)
"""States after a stop that say that it had ended before, or that nothing is known of it."""
LATE_S = 60.0
"""Seconds after its deadline in which a request may still be carried out: it left at the last moment and waits in a
kernel, in a proxy or at the vendor's own gateway, whose backend may take half a minute. Asked before that, the vendor
would say that nothing runs, and be wrong. It makes up for the clocks of several machines, too."""
LONGEST_S = 3600.0
"""Seconds after which whoever starts or recovers is taken for dead, whatever its deadline."""


def lease_of(limit: Deadline) -> float:
    """Seconds for which nobody else may look into what is done under a deadline."""
    return min(limit.remaining(), LONGEST_S) + LATE_S


class Stopping(Observations):
    """The operation that ends a recording."""

    def stop(self, recording: Recording, *, wait: bool = True, deadline: float | None = DEADLINE_S) -> RecordingStatus:
        """Stop a recording.

        Stopping what has ended is no error: what is known of it is returned. A ledger that can't be used keeps nobody
        from stopping.

        Args:
            recording: the handle; `ledger.entry(id).recording` is that of a recording whose id alone is at hand.
            wait: return when the files are settled, or at the deadline with what is known by then.
            deadline: seconds.

        Raises:
            RecorderError: the vendor couldn't be asked to stop. The recording may still run.
        """
        refuse_foreign_handle(self.provider, recording)
        with self._operation("stop", recording.id, self._limit(deadline)) as limit:
            recording = self._whole(recording)
            status = self._known.outcome(recording)
            if status is None:
                if self._ledger is not None:
                    with going_on(f"that recording {recording.id} is to be stopped"):
                        self._ledger.wish_stop(recording, lease_of(limit))
                status = self._stop(recording, wait=wait, limit=limit)
            self._tell(recording, status)
        self._hooks.notify("recorder_stopped", recording=recording, status=status)
        return status

    def _stop(self, recording: Recording, *, wait: bool, limit: Deadline) -> RecordingStatus:
        stopped = self.provider.stop(recording, wait=wait, deadline=limit.remaining())
        status = self._learn(recording, stopped)
        if status.state not in NOT_STOPPED and status.ending in (None, Ending.STOPPED):
            done = {"state": RecordingState.STOPPING, "ending": Ending.STOPPED}
            self._listeners.tell_of(
                recording.id, lambda: self._event(recording, EventKind.STOPPED, EventSource.OPERATION, **done)
            )
        return status


@contextmanager
def going_on(what: str) -> Iterator[None]:
    """Log that something couldn't be written into the ledger, where nothing would be won by an error."""
    try:
        yield
    except LedgerUnavailable as error:
        logger.error("the ledger doesn't say %s: %s", what, error.message)
