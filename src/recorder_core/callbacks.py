"""Receiving what a vendor tells by callback: `recorder.events`."""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Callable, Iterable
from itertools import chain
from typing import TYPE_CHECKING

from recorder_core.clock import Clock, answering
from recorder_core.confirming import Confirming, denied_key, unproven
from recorder_core.errors import (
    ConfigurationError,
    RecorderError,
    UnverifiedWebhookWarning,
    WebhookRejected,
)
from recorder_core.forking import Guarded
from recorder_core.hearing import Hearing
from recorder_core.hooks import Interception
from recorder_core.known import Known
from recorder_core.listening import Listeners
from recorder_core.models import EventKind, Recording, RecordingEvent, RecordingStatus, WebhookRequest
from recorder_core.models.recording import ids_of
from recorder_core.provider import Provider
from recorder_core.recent import Recent
from recorder_core.recognising import recognised_by
from recorder_core.refusals import expect, refuse_foreign_handle
from recorder_core.webhooks import BODY_LIMIT

if TYPE_CHECKING:
    from recorder_core.ledger import Ledger

__all__ = ["Callbacks"]

logger = logging.getLogger("recorder_core.callbacks")

PATIENCE_S = 3.0
"""Seconds that `receive` waits for another operation on the recording; vendors wait about ten for an answer."""
REMEMBERED = 65_536
"""Events whose repeats are noticed: those of the last hours even at hundreds a minute."""
BODIES = 4
"""Bodies that are taken with one signature. Where a vendor signs a second and a short random number, two true callbacks
share one now and then; more are somebody's who uses it again, and each would be a reason to ask the vendor."""

OF_THE_WHOLE = (EventKind.STOPPED, EventKind.UPLOADED, EventKind.ENDED)
"""What isn't true of a recording when it is of one of its parts."""


class Callbacks(Guarded):
    """The callbacks of one recorder's account. Thread-safe.

    Args:
        provider: verifies and reads them.
        clock: by it they are too old.
        hooks: told of every event.
        known: whose ids are whose.
        listeners: waits and followers.
        look: asks the vendor for the status of a recording, unless another operation on it goes on for more than so
            many seconds.
        refuse_closed: raises where the recorder is closed; given the operation.
        ledger: in which other processes look for what this one has received. None: there is none.
    """

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        hooks: Interception,
        known: Known,
        listeners: Listeners,
        look: Callable[[Recording, float], RecordingStatus],
        refuse_closed: Callable[[str], None],
        ledger: Ledger | None = None,
    ) -> None:
        super().__init__()
        self._provider = provider
        self._refuse_closed = refuse_closed
        self._clock = clock
        self._hooks = hooks
        self._known = known
        self._listeners = listeners
        self._seen: Recent[None] = Recent(REMEMBERED)
        self._bodies: Recent[list[bytes]] = Recent(REMEMBERED)
        self._confirming = Confirming(provider, clock, known, look)
        self._hearing = None if ledger is None else Hearing(ledger, provider, clock, known, hooks)
        self._warned = False

    @answering()
    def receive(
        self, request: WebhookRequest, *, confirm: bool = False, recording: Recording | None = None
    ) -> tuple[RecordingEvent, ...]:
        """Verify a callback and tell everybody who follows the recording.

        Its signature is verified over the bytes as they arrived, in constant time, against every secret of
        `webhook_secret`, before they are parsed, as far as the vendor's signature allows that. What was received before
        (a repeat, a double of a highly available service) is dropped; with a ledger also what another process has
        received. Without a secret nothing can be verified: a callback is then only a reason to ask the vendor, and
        `UnverifiedWebhookWarning` is given once. So is one whose signature doesn't cover the body and came before with
        another: two true ones may share a random number.

        Args:
            request: the callback as it arrived.
            confirm: ask the vendor for the status before an end or a file is believed that the signature doesn't prove.
                Where it doesn't cover the body, whoever saw one callback can send another in its name while it is
                young. An event that was asked for has `confirmed` set; False: the status says otherwise, or can't be
                asked for without the handle.
            recording: the handle that the callback is about, for `confirm` in a process that neither started nor
                follows the recording.

        Returns:
            The new events, in order; none for a repeat. Where they can't be dealt with, `forget` them before you answer
            with status 500: else the vendor's repeat is dropped.

        Raises:
            WebhookRejected: it is forged, too old, too large, unreadable, or another vendor's. Answer with its
                `response_status`.
            ConfigurationError: the request isn't as it arrived, such as a text in place of the body's bytes; or the
                handle is another account's; or the recorder is closed, so that nobody would be told.
            InvalidSpec: `request` is no `WebhookRequest`, or `recording` no handle.
            RecorderError: with `confirm`, the vendor couldn't be asked, or was asked less than 2 s ago for a callback
                without a proof. Answer with status 503, so that the vendor repeats it.
            LedgerUnavailable: there is a ledger, and it can't be used. Nobody was told; answer with status 503.
        """
        if recording is not None:
            refuse_foreign_handle(self._provider, recording)
        events = self.verify(request)
        if recording is not None:
            self._known.remember(recording)
        return self.process(events, confirm=confirm, patience=PATIENCE_S)

    def process(
        self,
        events: Iterable[RecordingEvent],
        *,
        confirm: bool = False,
        find_recording: Callable[[RecordingEvent], Recording | None] | None = None,
        patience: float = 0.0,
        may_lag: bool = False,
    ) -> tuple[RecordingEvent, ...]:
        """Tell everybody of the events of a callback that was verified: the second half of `receive`.

        Events that came by another way are told here too, such as by a queue of the vendor's own cloud: the provider's
        package makes them of a message, and whoever may read that queue knows them to be true.

        Whatever is raised, nobody was told, and the same events can be processed again. A recorder that was closed in
        the meantime tells them all the same.

        Args:
            events: as `verify` gave them, or as another trusted way brought them.
            confirm: as in `receive`.
            find_recording: the handle of an event's recording, None where there is none; asked where this process
                neither started nor follows the recording.
            patience: with `confirm`, seconds to wait for another operation on the recording, such as a stop that waits
                for its files.
            may_lag: with `confirm`, whether a status that denies a signed event is taken for one that lags behind it:
                the same events will be processed again.

        Returns:
            As `receive`.

        Raises:
            ConfigurationError: an event is another provider's; nobody was told of any.
            InvalidSpec: what is given are no events.
            RecorderError: with `confirm`, the vendor couldn't be asked, or its status may lag behind.
            LedgerUnavailable: there is a ledger, and it can't be used.
        """
        events = self._own(events)
        claimed: list[str] = []
        told: list[RecordingEvent] = []
        try:
            for event in events:
                if event.dedup_key in self._seen or (event.nonce and denied_key(event) in self._seen):
                    continue
                if self._hearing is not None:
                    event = self._hearing.doubted(event, self._body_of(event))
                named = self._named(event, find_recording)
                judged = self._confirming.judged(named, patience, may_lag=may_lag) if confirm else named
                if self._seen.add(judged.dedup_key, None):
                    claimed.append(judged.dedup_key)
                    told.append(judged)
            if self._hearing is not None:
                told = self._hearing.new(told)
                # Those of another process: it may forget them, which nobody would tell here.
                self._discard(set(claimed) - {event.dedup_key for event in told})
        except BaseException:
            self._discard(claimed)
            raise
        for event in told:
            self._known.tell(event)
            self._listeners.tell(event)
            self._hooks.notify("recorder_event", event=event)
        return tuple(told)

    def forget(self, events: Iterable[RecordingEvent]) -> None:
        """Let repeats of these events count as new: what should follow failed, and the vendor is asked to repeat them.

        Hooks and followers are told again then. A ledger that can't be used is asked again before the next callback.
        """
        keys = [event.dedup_key for event in events]
        self._discard(keys)
        if self._hearing is not None:
            self._hearing.forget(keys)

    def _discard(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._seen.discard(key)

    def verify(self, request: WebhookRequest) -> list[RecordingEvent]:
        """The events of a callback that is true: the first half of `receive`. Repeats are among them; nobody is told.

        No request is sent, so that a callback can be answered before its events are processed.

        Raises:
            WebhookRejected: as `receive`.
            ConfigurationError: as `receive`.
            InvalidSpec: as `receive`.
        """
        self._refuse_closed("events.receive")
        expect("events.receive", WebhookRequest, request)
        _refuse_changed(request)
        try:
            if len(request.body) > BODY_LIMIT:
                raise WebhookRejected(
                    f"the callback has {len(request.body)} bytes; {BODY_LIMIT} are read", response_status=413
                )
            if request.method.upper() != "POST":
                raise WebhookRejected(
                    f"the callback came by {request.method[:16]!r}; callbacks are POST requests",
                    response_status=405,
                    hint="A browser or a health check opened the address.",
                )
            events = self._doubted(request, self._provider.parse_webhook(request))
            if not self._provider.config.webhook_secret:
                events = [unproven(event) for event in events]
        except WebhookRejected as error:
            rejected = self._explained(error, request)
        except RecorderError:
            raise
        except Exception as error:
            logger.exception("%s failed at a callback of %d bytes", self._provider.name, len(request.body))
            rejected = WebhookRejected(
                f"the callback can't be read ({type(error).__name__})", provider=self._provider.name
            )
        else:
            self.warn_unverified()
            return events
        # Without the frames in which it was refused: what came is in their variables, a signature or an address too.
        raise rejected.with_traceback(None)

    def _own(self, events: Iterable[RecordingEvent]) -> list[RecordingEvent]:
        """The events, all of this provider.

        Raises:
            ConfigurationError: one is another's.
            InvalidSpec: one is no event.
        """
        own, mine = list(events), self._provider.name
        for event in own:
            expect("events.process", RecordingEvent, event)
            if event.provider != mine:
                raise ConfigurationError(
                    f"the event is one of {event.provider}, and these callbacks are those of {mine}",
                    operation="events.process",
                    fault="caller",
                )
        return own

    def _named(
        self, event: RecordingEvent, find_recording: Callable[[RecordingEvent], Recording | None] | None
    ) -> RecordingEvent:
        """The event with our id of its recording and what its handle tells, which is known from now on."""
        named = self._known.named(event)
        recording = self._known.handle(named.recording_id) if named.recording_id else None
        if recording is None and find_recording is not None and (recording := find_recording(named)) is not None:
            self._known.remember(recording)
            named = self._known.named(named)
        if recording is None and self._hearing is not None:
            recording = self._hearing.found(named)
            named = self._known.named(named)
        if recording is None or recording.id != named.recording_id:
            return named
        return self._of_part(self._provider.located(named, recording), self._taught(named, recording))

    def _taught(self, event: RecordingEvent, recording: Recording) -> Recording:
        """The recording's handle, with the ids that a proven event names beside one of its own."""
        key = self._provider.native_key
        if not self._provider.several_ids or not event.verified or event.nonce is not None:
            return recording
        native = {key: event.native.get(key)}
        is_news = recording.taught(native, key) is not recording
        return self._known.teach(recording, native) if is_news else recording

    def _of_part(self, event: RecordingEvent, recording: Recording) -> RecordingEvent:
        """The event; without a state if it doesn't name all that the recording consists of."""
        key = self._provider.native_key
        ids = recording.ids_under(key)
        if len(ids) < 2 or set(ids) <= set(ids_of(event.native.get(key))):
            return event
        kind = EventKind.STATUS if event.kind in OF_THE_WHOLE else event.kind
        # The vendor counts the events of each part.
        nothing = dict.fromkeys(("state", "ending", "sequence"))
        return event.model_copy(update={"is_partial": True, "kind": kind, **nothing})

    def _doubted(self, request: WebhookRequest, events: list[RecordingEvent]) -> list[RecordingEvent]:
        """The events of a callback. Those whose signature came before with another body are unverified.

        Which of the two is true can't be told, so that neither stands in the way of the other: what is unverified has a
        key of its own.

        Raises:
            WebhookRejected: it came with too many.
        """
        signatures = {event.nonce for event in events if event.nonce}
        if not signatures:
            return events
        digest = hashlib.sha256(request.body).digest()
        others = {signature: self._others(signature, digest) for signature in signatures}
        if max(others.values()) >= BODIES:
            raise WebhookRejected(
                "the callback's signature came before, with other bodies: somebody uses it again",
                response_status=403,
                hint="Give the callback address to the vendor alone, over HTTPS.",
            )
        return [
            event.model_copy(update={"verified": False, "dedup_key": f"{event.dedup_key}:{digest.hex()}"})
            if others.get(event.nonce or "")
            else event
            for event in events
        ]

    def _others(self, signature: str, digest: bytes) -> int:
        """How many other bodies came with a signature before this one first did."""
        with self._guard:
            bodies = self._bodies.get(signature)
            if bodies is None:
                bodies = []
                self._bodies.add(signature, bodies)
            if digest not in bodies:
                if len(bodies) >= BODIES:
                    return BODIES
                bodies.append(digest)
            return bodies.index(digest)

    def _body_of(self, event: RecordingEvent) -> bytes | None:
        """The digest of the body that came with the event's signature first; None: the signature covers it."""
        bodies = self._bodies.get(event.nonce) if event.nonce else None
        return bodies[0] if bodies else None

    def _explained(self, error: WebhookRejected, request: WebhookRequest) -> WebhookRejected:
        """The error, which says whose callback it is if it is another vendor's."""
        mine = self._provider
        other = None if type(mine).recognises_webhook(request) else recognised_by(request, mine.name)
        if other is not None:
            error = WebhookRejected(
                f"this is a callback of {other}, and the address is that of {mine.name}",
                response_status=error.response_status,
                hint=f"Give the address of this recorder to {mine.name} alone, and {other} that of its own recorder.",
            )
        error.provider = error.provider or mine.name
        error.operation = error.operation or "events.receive"
        error.fault = error.fault or "caller"
        return error

    def warn_unverified(self, *, stacklevel: int = 4) -> None:
        """Give `UnverifiedWebhookWarning`, once, if there is no secret to verify callbacks with."""
        if not self._warned and not self._provider.config.webhook_secret:
            self._warned = True
            name = self._provider.config.env_name("webhook_secret")
            warnings.warn(
                f"{self._provider.name}: callbacks can't be verified without webhook_secret (or {name}); each is only "
                "taken as a reason to ask the vendor",
                UnverifiedWebhookWarning,
                stacklevel=stacklevel,
            )


def _refuse_changed(request: WebhookRequest) -> None:
    """Refuse what a framework has read and changed already: signatures are made over bytes.

    Raises:
        ConfigurationError: the body is no bytes, the headers aren't by name, or method, URL or headers are no texts.
    """
    if not isinstance(request.body, bytes):
        problem = f"WebhookRequest.body is a {type(request.body).__name__}; give the bytes as they arrived"
    elif not hasattr(request.headers, "items"):
        problem = f"WebhookRequest.headers is a {type(request.headers).__name__}; give the headers by their names"
    elif not all(isinstance(text, str) for text in (request.method, request.url, *chain(*request.headers.items()))):
        problem = "WebhookRequest.method, url and the names and values of WebhookRequest.headers are texts"
    else:
        return
    raise ConfigurationError(problem, operation="events.receive", fault="caller")
