"""Following what the ledger holds open of an account, together with other processes."""

from __future__ import annotations

import functools
import logging
import math
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal, Self

from recorder_core.clock import Deadline
from recorder_core.daemons import begin_thread
from recorder_core.errors import DeadlineExceeded, LedgerUnavailable, RecorderError
from recorder_core.following.follower import Follower
from recorder_core.following.leases import Leases
from recorder_core.following.merging import Life
from recorder_core.following.schedule import SILENCE_DELAYS
from recorder_core.following.watch import Watch
from recorder_core.models import RecordingEvent, RecoveryReport, Verdict
from recorder_core.refusals import seconds
from recorder_core.seen import ENDED

if TYPE_CHECKING:
    from recorder_core.ledger import Ledger

__all__ = ["Worker"]

logger = logging.getLogger("recorder_core.following")

VISIT_S = 2.0
"""Seconds between two visits to the ledger: the first look that a vendor advises comes after two."""
HASTE_S = 0.2
"""As many while there is more to claim, or somebody waits for all to have been looked at."""
RECOVER_S = 60.0
"""Seconds between two recoveries, at least."""


class Worker(Follower):
    """Follows the open recordings of a ledger's account, in as many processes as you like: a context manager, and the
    events one by one.

        with recorder.worker() as worker:
            for event in worker:
                ...

    Each recording is followed by one worker at a time, which has leased it from the ledger and renews the lease. The
    recordings are divided evenly among the workers that are there. A worker that ends gives back what it has; what a
    dead one had is taken over when its leases run out, and goes on where that one was. Starts and stops whose process
    has died are recovered.

    The events are those of `Fleet`. **Each end is told once**, whichever process has written down the outcome: it
    counts as told when the next event is asked for. If the process dies before that, or whoever iterates leaves the
    loop with it, another worker tells it again, with the same outcome: so none is ever lost. Ends that were written
    down more than a day before any worker came aren't told.

    A ledger that can't be used is a warning: what is leased is followed for as long as the leases last, and goes on
    when the ledger is back.

    Iterating waits for recordings to come, and ends with `close`. Thread-safe: events may be taken by several threads.

    Args:
        watch: the recorder's.
        ledger: the recorder's.
        recover: recovers the starts and stops whose process has died.
        workers: threads that look, as in `Recorder.fleet`. With 0 whoever iterates does everything.
        lease: seconds.
        batch: recordings that are claimed at once.
        most: recordings that are followed at once.
        until: when iterating ends by itself: `idle`: nothing is left to be followed; `looked`: each recording was
            looked at once, and what couldn't be found for 90 s. None: it doesn't.
    """

    _stays = True

    def __init__(
        self,
        watch: Watch,
        ledger: Ledger,
        recover: Callable[[], RecoveryReport],
        *,
        workers: int,
        lease: float,
        batch: int,
        most: int,
        until: Literal["idle", "looked"] | None,
    ) -> None:
        shares = until != "looked"
        self._leases = Leases(ledger, watch.clock, lease=lease, batch=batch, most=most, shares=shares)
        self._recover = recover
        self._until = until
        self._recover_every = max(lease, RECOVER_S)
        self._logged: dict[str, Verdict] = {}
        self._has_set_out = False
        self._setting_out = threading.Lock()
        self._visit_at = self._recover_at = -math.inf
        self._is_cut_off = False
        self._closing = threading.Event()
        self._in_hand: Counter[str] = Counter()
        self._ended: set[str] = set()
        self._handed_over: set[str] = set()
        super().__init__(watch, workers=workers)
        self._since = self._clock.time()

    def _forked(self) -> None:
        """The parent goes on, and what it has leased is its own."""
        super()._forked()
        self._setting_out = threading.Lock()

    def __enter__(self) -> Self:
        self._set_out()
        return self

    def close(self) -> None:
        """Follow nothing any more, and let others take over. Ends that nobody was told of are told by them."""
        is_first = not self._is_closed
        self._stays = False
        super().close()
        self._closing.set()
        if is_first and not self._is_parents:
            self._hand_over_ends()
            try:
                self._settle(self._ended.copy())
                self._leases.leave()
            except LedgerUnavailable as error:
                logger.warning("the recordings are free only when their leases run out: %s", error.message)

    def __iter__(self) -> Iterator[RecordingEvent]:
        """The events, as they come. One counts as told when the next is asked for."""
        while (event := self._wait(None)) is not None:
            yield event
            self._handled(event)

    def take(self, *, timeout: float | None = None) -> RecordingEvent | None:
        """Wait for the next event, which counts as told with that; None: it is over, as `until` says or `close`.

        Args:
            timeout: seconds; None: as long as it takes.

        Raises:
            DeadlineExceeded: none came in that time.
            ConfigurationError: the timeout isn't more than 0 seconds.
        """
        event = self._wait(None if timeout is None else seconds("timeout", timeout))
        if event is not None:
            self._handled(event)
        return event

    def _wait(self, timeout: float | None) -> RecordingEvent | None:
        self._set_out()
        deadline = Deadline(self._clock, timeout)
        while True:
            if self._workers:
                return self._take(deadline)
            self._work_off()
            try:
                due = min(self._visit_at, self._recover_at) - self._clock.time()
                return self._take(Deadline(self._clock, min(deadline.remaining(), max(due, 0.0))))
            except DeadlineExceeded:
                if deadline.expired:
                    raise

    # What is told of an end

    def _holds(self, recording_id: str) -> bool:
        return self._leases.holds(recording_id)

    def _handed(self, event: RecordingEvent) -> None:
        self._in_hand[event.recording_id or ""] += 1

    def _left(self, recording_id: str, *, has_ended: bool) -> None:
        try:
            if has_ended:
                with self._guard:
                    self._ended.add(recording_id)
                self._settle([recording_id])
            else:
                self._leases.leave_alone(recording_id)
        except LedgerUnavailable as error:
            self._cut_off(error)

    def _handled(self, event: RecordingEvent) -> None:
        recording_id = event.recording_id or ""
        with self._guard:
            self._in_hand[recording_id] -= 1
            if self._in_hand[recording_id] <= 0:
                del self._in_hand[recording_id]
        try:
            self._settle([recording_id])
        except LedgerUnavailable as error:
            self._cut_off(error)

    def _settle(self, recording_ids: Iterable[str]) -> None:
        """Write down of which of these the end is told; one whose outcome the ledger doesn't know is followed anew.

        Raises:
            LedgerUnavailable: it is tried again.
        """
        with self._guard:
            told = {recording_id for recording_id in recording_ids if self._is_told(recording_id)}
            self._ended -= told
        try:
            unwritten = told - self._leases.settle(told) if told else None
            if unwritten:
                for recording_id in unwritten:
                    self._write_again(recording_id)
                self._leases.give_back(unwritten - self._leases.settle(unwritten))
        except LedgerUnavailable:
            with self._guard:
                self._ended |= told
            raise

    def _is_told(self, recording_id: str) -> bool:
        """Whether a recording has ended, and nothing of it waits to be told."""
        is_untold = any(recording_id in waiting for waiting in (self._outbox, self._in_hand, self._handed_over))
        return recording_id in self._ended and not is_untold

    def _hand_over_ends(self) -> None:
        """Take the ends back that nobody has taken: whoever follows the recordings next tells them."""
        with self._guard:
            self._handed_over.update(self._outbox.drop_ended())

    def _write_again(self, recording_id: str) -> None:
        """Write what is known here of a recording, should the ledger have been gone when it became known.

        An end that callbacks alone tell, whose signatures don't cover it, may be forged: the vendor is asked.
        """
        known = self._watch.known
        recording, status = known.handle(recording_id), known.last(recording_id)
        if recording is None or status is None:
            return
        if status.state not in ENDED or known.outcome(recording) is not None:
            known.learn(recording, status)
            return
        try:
            self._watch.look(recording)
        except RecorderError as error:
            logger.warning("whether recording %s has ended is asked again later: %s", recording_id, error.message)

    # What is done besides looking

    def _set_out(self) -> None:
        with self._setting_out:
            if self._has_set_out or self._is_closed:
                return
            self._has_set_out = True
            if self._until is not None:  # whoever waits for an end wants to know at once that there is no ledger
                self._recover_dead()
                self._keep()
            super()._set_out()
            if self._workers:
                for work in (self._visit, self._recover_dead):
                    begin_thread(functools.partial(self._repeat, work), name="recorder-worker", end=self._end)

    def _end(self) -> None:
        super()._end()
        self._closing.set()

    def _repeat(self, work: Callable[[], float]) -> None:
        while not self._is_closed:
            self._clock.wait(self._closing, work())

    def _work_off(self) -> None:
        """Do in the thread that iterates what is due."""
        now = self._clock.time()
        if now >= self._recover_at:
            self._recover_at = now + self._recover_dead()
        if now >= self._visit_at:
            self._visit_at = now + self._visit()

    def _visit(self) -> float:
        """Visit the ledger, which may be gone; the seconds until the next visit."""
        try:
            is_in_haste = self._keep()
        except LedgerUnavailable as error:
            self._cut_off(error)
            return VISIT_S
        except Exception:
            logger.exception("a worker's visit to the ledger failed")
            return VISIT_S
        if self._is_cut_off:
            self._is_cut_off = False
            logger.warning("the ledger can be used again; %d recordings are followed", len(self))
        return HASTE_S if is_in_haste else VISIT_S

    def _cut_off(self, error: LedgerUnavailable) -> None:
        if not self._is_cut_off:
            self._is_cut_off = True
            logger.warning("%d recordings are followed for as long as their leases last: %s", len(self), error.message)

    def _keep(self) -> bool:
        """Renew the leases, give up what is another's, and claim what is nobody's; whether to come back at once."""
        lost = self._leases.renew()
        if lost:
            logger.info("%d recordings aren't followed here any more: their leases are lost", len(lost))
            self._drop(lost)
            with self._guard:
                self._ended -= lost
        self._settle(self._ended.copy())
        if surplus := self._leases.divide():
            self._leases.give_back(self._part_with(surplus))
        entries = self._leases.claim()
        for entry in entries:
            if entry.recording is not None and not self._is_closed:
                seen = None if entry.followed_at is None else entry.status
                self._follow(entry.recording, seen, at_once=self._until == "looked")
        if self._is_closed:  # meanwhile
            self._leases.leave()
        elif not entries and self._is_done():
            self._finish()
        return bool(entries) or self._until == "looked"

    def _is_done(self) -> bool:
        if self._until == "idle":
            return not len(self._leases)
        if self._until == "looked":
            with self._guard:
                return all(self._is_looked_at(life) for life in self._lives.values())
        return False

    def _is_looked_at(self, life: Life) -> bool:
        """Whether a look has told all that it can; of what can't be found, one after the longest move of a vendor's."""
        is_sought = life.is_missing and life.looks < len(SILENCE_DELAYS)
        return life.ends_at is None and life.looked_at >= self._since and not is_sought

    def _finish(self) -> None:
        """Let whoever iterates come to the end of what was told."""
        with self._guard:
            self._stays = False
            for recording_id in tuple(self._lives):
                self._forget(recording_id)
            self._changed()

    def _recover_dead(self) -> float:
        """Recover the starts and stops whose process has died; the seconds until the next time."""
        try:
            report = self._recover()
        except LedgerUnavailable as error:
            self._cut_off(error)
        except RecorderError as error:
            logger.warning("starts whose process has died couldn't be recovered: %s", error)
        except Exception:
            logger.exception("a recovery failed")
        else:
            self._log(report)
        return self._recover_every

    def _log(self, report: RecoveryReport) -> None:
        """Log what became of starts, once as long as nothing else becomes of them."""
        for recovery in report.recoveries:
            if self._logged.get(recovery.intent.id) is recovery.verdict:
                continue
            level = logging.INFO if recovery.verdict.final else logging.WARNING
            ends = f"; it ends by itself: {recovery.ends_by}" if recovery.ends_by else ""
            logger.log(
                level,
                "the start of recording %s in room %r was cut short; it is %s: %s%s",
                *(recovery.intent.id, recovery.intent.room, recovery.verdict, recovery.reason, ends),
            )
            self._logged[recovery.intent.id] = recovery.verdict
        for problem in report.problems:
            logger.warning("a start whose process has died couldn't be recovered: %s", problem)
