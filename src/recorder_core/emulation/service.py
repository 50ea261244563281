"""What every emulated vendor service is: an HTTP server on loopback with a state machine behind it."""

import tempfile
from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from recorder_core.emulation.bucket import Bucket, FolderBucket
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.delivery import Delivery, Name, Output, deliver, take_pictures
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse, Exchange
from recorder_core.emulation.gateway import exchange
from recorder_core.emulation.journal import Journal
from recorder_core.emulation.limits import RateLimit
from recorder_core.emulation.server import HttpServer
from recorder_core.emulation.stage import Stage
from recorder_core.emulation.taping import Tape


class EmulatedService(Stage):
    """A vendor's service on `http://127.0.0.1:<port>`, as a context manager.

    A subclass names its operations, handles requests, advances its recordings and says which keys are secret.
    `handle`, `settle` and everything that a test calls run under one lock, so the subclass needs none of its
    own.

    Args:
        clock: emulated time; by default real until driven.
        bucket: the folder that recorded files are put into; by default a temporary one that `close` removes.
        media: False makes no files; state machine and file names go on as usual.
        media_limit: seconds; a longer recording is encoded in that much media, its stretches shortened.
        port: 0 takes a free one.
        strict: where the vendor's documents leave two readings, take the stricter.
        rate_limits: False lifts the vendor's call limits.
        sliding_limits: they count in every second, not in each second of the wall clock.
        latency: gives the real seconds before a request is counted and handled, for each anew; None: none.
        callback_url: where notifications go, http or https; None: nowhere, until `callbacks.url` is set.
        webhook_secret: by which they are signed; None: made up, and shown in `env`.
        callback_kinds: the vendor's numbers of the events that are sent, as ticked in its console; None: all.

    Raises:
        ValueError: `media_limit` isn't more than 0, or as `Stage`.
    """

    secret_query: ClassVar[frozenset[str]] = frozenset()
    """Query parameters whose values the journal masks."""

    def __init__(
        self,
        *,
        clock: EmulatorClock | None = None,
        bucket: Path | str | None = None,
        media: bool = True,
        media_limit: float = 60.0,
        port: int = 0,
        host: str = "127.0.0.1",
        strict: bool = True,
        rate_limits: bool = True,
        sliding_limits: bool = False,
        latency: Callable[[], float] | None = None,
        callback_url: str | None = None,
        webhook_secret: str | None = None,
        callback_kinds: Collection[int] | None = None,
    ) -> None:
        super().__init__(
            clock=clock, callback_url=callback_url, webhook_secret=webhook_secret, callback_kinds=callback_kinds
        )
        if media_limit <= 0:
            raise ValueError(f"media_limit must be more than 0 s, got {media_limit}")
        self.media = media
        self.media_limit = media_limit
        self.strict = strict
        self.rate_limits = rate_limits
        self.sliding_limits = sliding_limits
        self.latency = latency
        self.journal = Journal()
        self._host = host
        self._port = port
        self._server: HttpServer | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._own_folder: tempfile.TemporaryDirectory[str] | None = None
        self._bucket = None if bucket is None else FolderBucket(bucket)

    # What a vendor's emulator fulfils

    @property
    @abstractmethod
    def env(self) -> dict[str, str]:
        """The environment variables that point `Recorder.from_env` at this service."""

    @abstractmethod
    def operation(self, request: EmulatedRequest) -> str:
        """The request's name in the journal, for faults and limits; must take any request at all."""

    @abstractmethod
    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        """Carry the request out: authentication, limits, validation, state."""

    @abstractmethod
    def rate_limited(self) -> EmulatedResponse:
        """The vendor's answer to too many calls."""

    # The life of the service

    def start(self) -> Self:
        """Begin to serve.

        Raises:
            RuntimeError: it was started before.
            OSError: the port is taken.
        """
        if self._server is not None:
            raise RuntimeError("an emulated service is started once")
        self._server = HttpServer(self._exchange, host=self._host, port=self._port)
        if self._bucket is None:
            self._own_folder = tempfile.TemporaryDirectory(prefix="recorder-bucket-", ignore_cleanup_errors=True)
            self._bucket = FolderBucket(self._own_folder.name)
        self._unsubscribe = self.clock.subscribe(self._moved, next_due=self._next_stop, rest=self.callbacks.wait)
        if self._callback_url is not None:
            self.callbacks.url = self._callback_url
        return self

    def close(self) -> None:
        """Stop serving, end every open connection, drop undelivered notifications, remove the temporary bucket.

        May be called twice.
        """
        if self._server is not None:
            self._server.close()
        self.callbacks.close()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._own_folder is not None:
            self._own_folder.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:<port>`, without a trailing slash.

        Raises:
            RuntimeError: the service hasn't been started.
        """
        if self._server is None:
            raise RuntimeError("the service has no address before it is started")
        return f"http://{self._host}:{self._server.port}"

    @property
    def bucket(self) -> FolderBucket:
        """The folder that recorded files are put into, unless their storage is a bucket elsewhere.

        Raises:
            RuntimeError: the service hasn't been started, and the folder is to be a temporary one.
        """
        if self._bucket is None:
            raise RuntimeError("the service has no bucket before it is started")
        return self._bucket

    # What a vendor's emulator uses

    def allows(self, limit: RateLimit, key: Hashable) -> bool:
        """Count a call against a vendor's limit; always True with `rate_limits=False`."""
        return not self.rate_limits or limit.allow(key, self.clock.paced(), sliding=self.sliding_limits)

    def deliver(
        self,
        tape: Tape,
        until: float,
        output: Output,
        *,
        name: Name,
        prefix: str = "",
        bucket: Bucket | None = None,
        limit: float | None = None,
    ) -> Delivery:
        """Encode a tape from its start to `until` (Unix s) and put it into `bucket` (default: the folder).

        `prefix` is set before each name as it is, a closing slash included. `limit` is the most seconds of
        media, for a recording of many files; None: the service's `media_limit`. `delivery.deliver` has the
        rest.
        """
        return deliver(
            tape,
            until,
            output,
            name=name,
            prefix=prefix,
            bucket=bucket or self.bucket,
            media=self.media,
            limit=self.media_limit if limit is None else limit,
        )

    def take_pictures(
        self, tape: Tape, instants: Iterable[float], *, name: Name, prefix: str = "", bucket: Bucket | None = None
    ) -> Delivery:
        """Put a JPG of the tape's picture at each of the instants (Unix s) into `bucket` (default: the folder)."""
        return take_pictures(tape, instants, name=name, prefix=prefix, bucket=bucket or self.bucket, media=self.media)

    # The machinery

    def _exchange(self, request: EmulatedRequest) -> Exchange:
        return exchange(self, request, self._handle)

    def _handle(self, request: EmulatedRequest) -> EmulatedResponse:
        with self._lock:
            self.settle(self.clock.time())
            response = self.handle(request)
        self.callbacks.wake()
        return response
