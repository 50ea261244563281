"""Callbacks of an account that several processes receive: each event told once, and lost recordings found by them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from recorder_core.clock import Clock
from recorder_core.errors import LedgerUnavailable
from recorder_core.forking import Guarded
from recorder_core.hooks import Interception
from recorder_core.known import Known
from recorder_core.models import Recording, RecordingEvent, Recovery, Verdict
from recorder_core.provider import Provider

if TYPE_CHECKING:
    from recorder_core.ledger import Ledger

__all__ = ["Hearing"]

logger = logging.getLogger("recorder_core.callbacks")


class Hearing(Guarded):
    """What a ledger has to do with callbacks. Thread-safe.

    Args:
        ledger: of the provider's account.
        provider: whose callbacks they are.
        clock: the ledger's.
        known: whose ids are whose.
        hooks: told of a recording that is found.
    """

    def __init__(self, ledger: Ledger, provider: Provider, clock: Clock, known: Known, hooks: Interception) -> None:
        super().__init__()
        self._ledger = ledger
        self._provider = provider
        self._clock = clock
        self._known = known
        self._hooks = hooks
        self._owed: set[str] = set()

    def doubted(self, event: RecordingEvent, body: bytes | None) -> RecordingEvent:
        """The event; unverified if its signature came to any process before, with another body.

        Args:
            event: as it was verified here.
            body: the digest of its body; None: the signature covers that, or nobody knows it any more.

        Raises:
            LedgerUnavailable: that can't be told.
        """
        if body is None or not event.verified or event.nonce is None:
            return event
        if self._ledger.signed(event.nonce, body.hex(), self._provider.config.webhook_max_age):
            return event
        return event.model_copy(update={"verified": False, "dedup_key": f"{event.dedup_key}:{body.hex()}"})

    def found(self, event: RecordingEvent) -> Recording | None:
        """The handle of a recording whose id was lost at its start, if this event is one of it; kept from now on.

        Nothing that may be forged finds one: whoever finds it may stop it.

        Raises:
            LedgerUnavailable: that can't be told.
        """
        if not event.verified:
            return None
        for entry in self._ledger.unexplained(event.room):
            is_lost = entry.leased_until is None or entry.leased_until.timestamp() < self._clock.time()
            if self._provider.several_ids and not is_lost:  # it names a part, and whoever starts the others has all
                continue
            recording = self._provider.identify(entry.intent, event)
            if recording is None:
                continue
            reason = "a callback brought its id"
            self._known.begin(recording)
            self._ledger.explain(
                Recovery(intent=entry.intent, verdict=Verdict.RUNNING, recording=recording, reason=reason)
            )
            if is_lost:  # else whoever starts it tells that it has started
                logger.warning("recording %s, whose start was cut short, is found: %s", recording.id, reason)
                self._hooks.notify("recorder_started", recording=recording)
            return recording
        return None

    def new(self, events: Sequence[RecordingEvent]) -> list[RecordingEvent]:
        """Those of the events that no process has heard before; all of them are heard now, or none.

        Unverified ones aren't written down, for anybody could send any number.

        Raises:
            LedgerUnavailable: none is heard.
        """
        with self._guard:
            owed = set(self._owed)
        if owed:
            self._ledger.unhear(owed)
            with self._guard:
                self._owed -= owed
        verified = [event for event in events if event.verified]
        if not verified:
            return list(events)
        is_new = dict(zip((event.dedup_key for event in verified), self._ledger.hear_all(verified), strict=True))
        return [event for event in events if is_new.get(event.dedup_key, True)]

    def forget(self, keys: Iterable[str]) -> None:
        """Let repeats of events count as new, for every process."""
        keys = set(keys)
        try:
            self._ledger.unhear(keys)
        except LedgerUnavailable as error:
            with self._guard:
                self._owed |= keys
            logger.warning("repeats of %d events are dropped until the ledger is back: %s", len(keys), error.message)
