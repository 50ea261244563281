"""What the WSGI and the ASGI application have in common: who is asked for, what is answered, what follows."""

from __future__ import annotations

import inspect
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Protocol

from recorder_core.callbacks import Callbacks
from recorder_core.confirming import unconfirmed
from recorder_core.errors import ConfigurationError, LedgerUnavailable, RecorderError, WebhookRejected
from recorder_core.models import Recording, RecordingEvent, WebhookRequest
from recorder_core.receiving.backlog import DRAIN_S, Backlog
from recorder_core.refusals import called, seconds
from recorder_core.webhooks import BODY_LIMIT, plain

__all__ = ["Answer", "Application", "FindRecording", "HasEvents"]

logger = logging.getLogger("recorder_core.receiving")

PATIENCE_S = 0.5
"""Seconds for which one recording's running operation, such as a stop, may hold up the events behind its own."""
LAGGING_TRIES = 2
"""How often a vendor's status that denies a callback is asked for again: it may lag behind."""
LEDGER_S = 60.0
"""Seconds between two tries to write into a ledger that is gone, where `retries` names none."""
SHOWN = 200
"""Characters of an event's key that are logged: without a secret it is anybody's text."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
"""What needs no quoting in a URL."""
METHODS = "GET, HEAD, POST"
SENTENCES = {
    400: "This is no callback that can be read.",
    403: "This callback isn't accepted.",
    404: "There is nothing here.",
    405: "Callbacks are POST requests.",
    408: "The body came too slowly.",
    411: "The length of the body must be told.",
    413: "The body is too large.",
    500: "The callback couldn't be read for a reason of ours.",
    503: "Too much is waiting. Send it again later.",
}
"""All that anybody is told: why a signature isn't accepted is in the log."""

FindRecording = Callable[[RecordingEvent], Recording | None]


class _Awaited(Protocol):
    """Callbacks of an asynchronous recorder."""

    @property
    def blocking(self) -> Callbacks: ...


class HasEvents(Protocol):
    """A `Recorder` or an `AsyncRecorder`."""

    @property
    def events(self) -> Callbacks | _Awaited:
        """Its callbacks."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with."""

    status: int

    @property
    def body(self) -> bytes:
        """JSON: some vendors take nothing else for success."""
        sentence = SENTENCES.get(self.status)
        return json.dumps({"error": sentence} if sentence else {}).encode()

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names in lower case, and values."""
        headers = [("content-type", "application/json"), ("content-length", str(len(self.body)))]
        if self.status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("allow", METHODS))
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append(("retry-after", "5"))
        return headers


@dataclass(frozen=True, slots=True)
class Received:
    """The events of a callback that was answered."""

    name: str
    events: tuple[RecordingEvent, ...]


class Application:
    """Callbacks of several recorders at one mount point, whichever interface the web server speaks.

    Takes what `WebhookApp` takes.
    """

    _calls_coroutines: ClassVar[bool] = False
    """Whether `on_event` may be a coroutine function."""

    def __init__(
        self,
        recorders: Mapping[str, HasEvents],
        *,
        on_event: Callable[[RecordingEvent], object] | None = None,
        confirm: bool = False,
        find_recording: FindRecording | None = None,
        body_limit: int = BODY_LIMIT,
        body_timeout: float = 10.0,
        queue_size: int = 1000,
        retries: Sequence[float] = (5.0, 15.0, 60.0, 180.0),
    ) -> None:
        if not isinstance(recorders, Mapping):
            raise ConfigurationError(
                f"{type(self).__name__} takes recorders by the names of their addresses, not {called(recorders)}",
                fault="caller",
                hint='{"school": recorder} is right.',
            )
        if not recorders:
            raise ConfigurationError("there is no recorder to receive callbacks for", fault="caller")
        for name in recorders:
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise ConfigurationError(
                    f"{name!r} can't be the last part of a callback address",
                    fault="caller",
                    hint="Letters, digits, '.', '_', '~' and '-' may be in it, and the first is a letter or a digit.",
                )
        for name, function in {"on_event": on_event, "find_recording": find_recording}.items():
            if function is not None and not callable(function):
                raise ConfigurationError(f"{name} is {called(function)}; it must be a function", fault="caller")
        if inspect.iscoroutinefunction(on_event) and not self._calls_coroutines:
            raise ConfigurationError(
                f"on_event of a {type(self).__name__} is a plain function",
                fault="caller",
                hint="An AsyncWebhookApp calls coroutine functions too.",
            )
        if not _is_number(body_limit, int) or not 1 <= body_limit <= BODY_LIMIT:
            raise ConfigurationError(f"body_limit is {body_limit!r}; 1 to {BODY_LIMIT} bytes", fault="caller")
        if not _is_number(queue_size, int) or not queue_size >= 1:
            raise ConfigurationError(f"queue_size is {queue_size!r}; 1 or more callbacks", fault="caller")
        if not isinstance(retries, Sequence) or not all(_is_number(pause, float) and pause >= 0 for pause in retries):
            raise ConfigurationError(f"retries is {retries!r}; a list of seconds, each 0 or more", fault="caller")
        self._callbacks = {name: _callbacks_of(name, recorder) for name, recorder in recorders.items()}
        self._on_event = on_event
        self._confirm = confirm
        self._find_recording = find_recording
        self._retries = tuple(retries)
        self._body_limit = body_limit
        self._body_timeout = seconds("body_timeout", body_timeout)
        self._backlog: Backlog[Received] = Backlog(self._process, queue_size)
        for callbacks in self._callbacks.values():
            callbacks.warn_unverified()

    def settle(self, timeout: float = DRAIN_S) -> bool:
        """Wait until what was answered has been processed; whether there was anything to wait for.

        For tests that drive an emulator's clock, which goes on when all is done that an instant brings:
        `service.clock.subscribe(rest=webhooks.settle)`. What is to be tried again isn't waited for: the pauses of
        `retries` are real seconds, whichever clock the recorder has, and the driven one goes on meanwhile.

        Args:
            timeout: seconds to wait at most; False when they have passed.
        """
        return self._backlog.settle(timeout)

    def _before_reading(self, method: str, path: str, content_length: str | None) -> Answer | None:
        """The answer where the body needn't be read; None: read it.

        Args:
            method: the HTTP method.
            path: below the mount point.
            content_length: the header; None: there is none.
        """
        if _name(path) not in self._callbacks:
            return Answer(404)
        if method not in ("GET", "HEAD", "POST"):
            return Answer(405)
        if not self._backlog.accepts:
            return Answer(503)
        if method != "POST":
            return Answer(200)
        if content_length is not None:
            digits = content_length.lstrip("0") or "0"
            if not (content_length.isascii() and content_length.isdigit()):
                return Answer(400)
            if len(digits) > len(str(self._body_limit)) or int(digits) > self._body_limit:
                return Answer(413)
        return None

    def _receive(self, path: str, request: WebhookRequest) -> Answer:
        """Verify a callback; what it tells is told after the answer."""
        name = _name(path)
        try:
            events = self._callbacks[name].verify(request)
        except WebhookRejected as error:
            logger.warning("%s: a callback was refused: %s", name, error)
            return Answer(error.response_status)
        except RecorderError as error:
            logger.error("%s: a callback couldn't be read: %s", name, error)
            return Answer(500)
        if events and not self._backlog.add(Received(name, tuple(events))):
            return Answer(503)
        return Answer(200)

    def _process(self, received: Received, tries: int, is_last: bool) -> float | None:
        """Tell everybody of the events; returns the seconds after which to try again."""
        callbacks = self._callbacks[received.name]
        try:
            events = callbacks.process(
                received.events,
                confirm=self._confirm,
                find_recording=self._find_recording,
                patience=PATIENCE_S,
                may_lag=tries < min(LAGGING_TRIES, len(self._retries)) and not is_last,
            )
        except LedgerUnavailable as error:
            return self._kept(received, tries, error, is_last=is_last)
        except Exception as error:
            keys = _keys(received)
            may_help = not isinstance(error, RecorderError) or error.retryable
            if may_help and tries < len(self._retries) and not is_last:
                pause = self._retries[tries]
                logger.info("%s: %s couldn't be confirmed, again in %g s: %s", received.name, keys, pause, error)
                return pause
            logger.exception("%s: %s couldn't be confirmed, and is told as it came", received.name, keys)
            try:
                events = callbacks.process(unconfirmed(event) if self._confirm else event for event in received.events)
            except LedgerUnavailable as unavailable:
                return self._kept(received, tries, unavailable, is_last=is_last)
        for event in events:
            self._tell(event)
        return None

    def _kept(self, received: Received, tries: int, error: LedgerUnavailable, *, is_last: bool) -> float | None:
        """Keep events until the ledger is back, however long that takes: nobody has them any more but this process."""
        if is_last:
            logger.error("%s: %s is told to nobody: %s", received.name, _keys(received), error)
            return None
        pauses = self._retries or (LEDGER_S,)
        pause = pauses[min(tries, len(pauses) - 1)]
        logger.warning("%s: %s waits for the ledger, again in %g s: %s", received.name, _keys(received), pause, error)
        return pause

    def _tell(self, event: RecordingEvent) -> None:
        if self._on_event is None:
            return
        try:
            self._call(self._on_event, event)
        except Exception:
            key = plain(event.dedup_key, SHOWN)
            logger.exception("on_event failed at the event %s of recording %s", key, event.recording_id)

    def _call(self, on_event: Callable[[RecordingEvent], object], event: RecordingEvent) -> None:
        on_event(event)


def _keys(received: Received) -> str:
    return ", ".join(plain(event.dedup_key, SHOWN) for event in received.events)


def _name(path: str) -> str:
    return path.removeprefix("/").removesuffix("/")


def _callbacks_of(name: str, recorder: HasEvents) -> Callbacks:
    events = getattr(recorder, "events", None)
    callbacks = getattr(events, "blocking", events)
    if not isinstance(callbacks, Callbacks):
        raise ConfigurationError(
            f"recorders[{name!r}] is {called(recorder)}; it must be a Recorder or an AsyncRecorder", fault="caller"
        )
    return callbacks


def _is_number(value: object, kind: type[int | float]) -> bool:
    return isinstance(value, int | kind) and not isinstance(value, bool)
