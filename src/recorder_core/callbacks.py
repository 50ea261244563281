"""Receiving what a vendor tells by callback: `recorder.events`."""

from __future__ import annotations

import hashlib
import logging
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from recorder_core.clock import Clock
from recorder_core.errors import RecorderError, UnverifiedWebhookWarning, WebhookRejected
from recorder_core.hooks import Interception
from recorder_core.known import Known
from recorder_core.listening import Listeners
from recorder_core.models import (
    EventKind,
    Recording,
    RecordingEvent,
    RecordingStatus,
    WebhookRequest,
)
from recorder_core.plugins import PROVIDERS, installed, load_provider
from recorder_core.provider import Provider
from recorder_core.webhooks import BODY_LIMIT

__all__ = ["IMPORTANT", "Callbacks"]

logger = logging.getLogger("recorder_core.callbacks")

REMEMBERED = 65_536
"""Events whose repeats are noticed: those of the last hours even at hundreds a minute."""
IMPORTANT = frozenset(
    {EventKind.STOPPED, EventKind.ENDED, EventKind.UPLOADED, EventKind.BACKED_UP, EventKind.UPLOAD_FAILED}
)
"""Kinds on which something depends that can't be taken back; `confirm` asks the vendor for them, and for whatever else
ends a recording or names files."""

Value = TypeVar("Value")


class Callbacks:
    """The callbacks of one recorder's account. Thread-safe.

    Args:
        provider: verifies and reads them.
        clock: by it they are too old.
        hooks: told of every event.
        known: whose ids are whose.
        listeners: waits and followers.
        look: asks the vendor for the status of a recording.
    """

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        hooks: Interception,
        known: Known,
        listeners: Listeners,
        look: Callable[[Recording], RecordingStatus],
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._hooks = hooks
        self._known = known
        self._listeners = listeners
        self._look = look
        self._seen: _Recent[None] = _Recent()
        self._nonces: _Recent[bytes] = _Recent()
        self._warned = False

    def receive(
        self, request: WebhookRequest, *, confirm: bool = False, recording: Recording | None = None
    ) -> tuple[RecordingEvent, ...]:
        """Verify a callback and tell everybody who follows the recording.

        Its signature is verified over the bytes as they arrived, in constant time, against every secret of
        `webhook_secret`, before they are parsed, as far as the vendor's signature allows that. What was received before
        (a repeat, a double of a highly available service) is dropped. Without a secret nothing can be verified: a
        callback is then only a reason to ask the vendor, and `UnverifiedWebhookWarning` is given once.

        Args:
            request: the callback as it arrived.
            confirm: ask the vendor for the status before an end or a file is believed. Where the vendor's signature
                doesn't cover the body, whoever saw one callback can send another in its name while it is young.
            recording: the handle that the callback is about, for `confirm` in a process that neither started nor
                follows the recording.

        Returns:
            The new events, in order; none for a repeat.

        Raises:
            WebhookRejected: it is forged, too old, too large, unreadable, or another vendor's. Answer with status 400
                to 499.
            RecorderError: with `confirm`, the vendor couldn't be asked. Answer with status 503, so that the vendor
                repeats it.
        """
        events = [self._known.named(event) for event in self.verified(request)]
        self._refuse_other_body(request, events)
        if recording is not None:
            self._known.remember(recording)
            events = [self._known.named(event) for event in events]
        received = []
        for event in events:
            if not self._seen.add(event.dedup_key, None):
                continue
            try:
                told = self.confirmed(event) if confirm and _is_important(event) else event
            except BaseException:
                self._seen.discard(event.dedup_key)  # the vendor's repeat must count
                raise
            received.append(told)
            self._known.tell(told)
            self._listeners.tell(told)
            self._hooks.notify("recorder_event", event=told)
        return tuple(received)

    def verified(self, request: WebhookRequest) -> list[RecordingEvent]:
        """The events of a callback that is true; repeats are among them, and nobody is told.

        Raises:
            WebhookRejected: as `receive`.
        """
        try:
            if len(request.body) > BODY_LIMIT:
                raise WebhookRejected(f"the callback has {len(request.body)} bytes; {BODY_LIMIT} are read")
            if request.method.upper() != "POST":
                raise WebhookRejected(
                    f"the callback came by {request.method[:16]!r}; callbacks are POST requests",
                    hint="A browser or a health check opened the address.",
                )
            events = self._provider.parse_webhook(request)
        except WebhookRejected as error:
            raise self._explained(error, request) from None
        except RecorderError:
            raise
        except Exception as error:
            logger.exception("%s failed at a callback of %d bytes", self._provider.name, len(request.body))
            raise WebhookRejected(
                f"the callback can't be read ({type(error).__name__})", provider=self._provider.name
            ) from None
        if self._provider.config.webhook_secret:
            return events
        self._warn()
        return [event.model_copy(update={"verified": False}) for event in events]

    def confirmed(self, event: RecordingEvent) -> RecordingEvent:
        """The event as the vendor's status bears it out.

        Raises:
            RecorderError: the vendor couldn't be asked.
        """
        recording = self._known.handle(event.recording_id) if event.recording_id else None
        if recording is None:
            return event.model_copy(update={"confirmed": False, "verified": False})
        status = self._look(recording)
        if event.state is not None and event.state.terminal and not status.state.terminal:
            return event.model_copy(
                update={
                    "confirmed": False,
                    "verified": False,
                    "state": status.state,
                    "files": status.files,
                    "ending": None,
                    "reason": f"the callback says {event.state}, the vendor's status {status.state}",
                }
            )
        told = {"state": status.state, "files": status.files or event.files, "fault": status.fault or event.fault}
        return event.model_copy(update={"confirmed": True, **told})

    def _refuse_other_body(self, request: WebhookRequest, events: list[RecordingEvent]) -> None:
        digest = hashlib.sha256(request.body).digest()
        for nonce in {event.nonce for event in events if event.nonce}:
            if not self._nonces.add(nonce, digest) and self._nonces.get(nonce) != digest:
                raise WebhookRejected(
                    "the callback's signature came before, with another body: somebody uses it again",
                    provider=self._provider.name,
                    fault="caller",
                    hint="Give the callback address to the vendor alone, over HTTPS.",
                )

    def _explained(self, error: WebhookRejected, request: WebhookRequest) -> WebhookRejected:
        """The error, which says whose callback it is if it is another vendor's."""
        mine = self._provider
        other = None if type(mine).recognises_webhook(request) else _recognised_by(request, mine.name)
        if other is not None:
            error = WebhookRejected(
                f"this is a callback of {other}, and the address is that of {mine.name}",
                hint=f"Give the address of this recorder to {mine.name} alone, and {other} that of its own recorder.",
            )
        error.provider = error.provider or mine.name
        error.operation = error.operation or "events.receive"
        error.fault = error.fault or "caller"
        return error

    def _warn(self) -> None:
        if not self._warned:
            self._warned = True
            name = self._provider.config.env_name("webhook_secret")
            warnings.warn(
                f"{self._provider.name}: callbacks can't be verified without webhook_secret (or {name}); each is only "
                "taken as a reason to ask the vendor",
                UnverifiedWebhookWarning,
                stacklevel=4,
            )


def _is_important(event: RecordingEvent) -> bool:
    return event.kind in IMPORTANT or bool(event.files) or event.ending is not None


def _recognised_by(request: WebhookRequest, except_for: str) -> str | None:
    """The other installed provider whose callback it looks like."""
    for found in installed(PROVIDERS):
        if found.name == except_for:
            continue
        try:
            if load_provider(found.name).recognises_webhook(request):
                return found.name
        except Exception:
            logger.debug("%s can't tell whether a callback is its own", found.name, exc_info=True)
    return None


class _Recent(Generic[Value]):
    """The latest keys, each with a value. Thread-safe."""

    def __init__(self) -> None:
        self._values: OrderedDict[bytes, Value] = OrderedDict()
        self._guard = threading.Lock()

    def add(self, key: str, value: Value) -> bool:
        """Keep a new key; False: it isn't new, and keeps its value."""
        short = _short(key)
        with self._guard:
            if short in self._values:
                return False
            self._values[short] = value
            while len(self._values) > REMEMBERED:
                self._values.popitem(last=False)
        return True

    def get(self, key: str) -> Value | None:
        """The value of a key."""
        with self._guard:
            return self._values.get(_short(key))

    def discard(self, key: str) -> None:
        """Forget a key."""
        with self._guard:
            self._values.pop(_short(key), None)


def _short(key: str) -> bytes:
    # Keys hold whole ids; a digest of 16 bytes keeps the memory of a busy day small.
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).digest()
