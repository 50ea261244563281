"""What every emulated vendor service is: an HTTP server on loopback with a state machine behind it."""

import logging
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar, Final, Self

from recorder_core.emulation.bucket import Bucket, FolderBucket
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.control import CONTROL_PREFIX, control
from recorder_core.emulation.delivery import Delivery, Name, Output, deliver, take_pictures
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse, Exchange
from recorder_core.emulation.faults import Faults
from recorder_core.emulation.journal import Entry, Journal, mask, secrets_in
from recorder_core.emulation.limits import RateLimit
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.room import Participant, Room, id_of
from recorder_core.emulation.server import HttpServer
from recorder_core.emulation.taping import Tape

log = logging.getLogger("recorder_core.emulation")

NO_ANSWER: Final = frozenset({"refuse", "reset", "stall"})
BARE_STATUS: Final = frozenset({"500", "502", "503", "504"})


class EmulatedService(ABC):
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
    """

    name: ClassVar[str]
    operations: ClassVar[frozenset[str]] = frozenset()
    """The names that `operation` gives to known requests; faults for others are refused. Empty: unchecked."""
    secret_names: ClassVar[frozenset[str]] = frozenset()
    """Keys of request and answer bodies whose values the journal masks, at any depth and in any case."""
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
    ) -> None:
        if media_limit <= 0:
            raise ValueError(f"media_limit must be more than 0 s, got {media_limit}")
        self.clock = clock or EmulatorClock()
        self.media = media
        self.media_limit = media_limit
        self.strict = strict
        self.rate_limits = rate_limits
        self.faults = Faults()
        self.journal = Journal()
        self._host = host
        self._port = port
        self._rooms: dict[str, Room] = {}
        self._lock = threading.RLock()
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
    def settle(self, now: float) -> None:
        """Advance every recording to `now` (Unix s), so that what is due by then happens at its own instant.

        Called before each request, before `recordings` and before and after every change of clock or rooms.
        """

    @abstractmethod
    def rate_limited(self) -> EmulatedResponse:
        """The vendor's answer to too many calls."""

    @abstractmethod
    def emulated_recordings(self) -> list[EmulatedRecording]:
        """All recordings since the service began, oldest first."""

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
        self._unsubscribe = self.clock.subscribe(self._settle)
        return self

    def close(self) -> None:
        """Stop serving, end every open connection, remove the temporary bucket. May be called twice."""
        if self._server is not None:
            self._server.close()
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

    # What a test does

    @property
    def recordings(self) -> list[EmulatedRecording]:
        """All recordings as they stand now, oldest first."""
        with self._lock:
            self.settle(self.clock.time())
            return self.emulated_recordings()

    @property
    def rooms(self) -> MappingProxyType[str, Room]:
        """The rooms that were ever spoken of, by name."""
        return MappingProxyType(self._rooms)

    def room(self, name: str) -> Room:
        """The room of that name, empty when it is new.

        Raises:
            TypeError: the name is no text.
            ValueError: it is empty.
        """
        with self._lock:
            return self._rooms.setdefault(name, Room(name))

    def present(self, room: str) -> tuple[Participant, ...]:
        """Who is in the room now, in join order."""
        with self._lock:
            return self.room(room).present(self.clock.time())

    def join(self, room: str, participant: str | int | Participant, **attributes: Any) -> Participant:
        """Let somebody join now; `attributes` are fields of `Participant`, such as `camera=False`.

        Here and below a whole number names somebody by its digits: 1001 is "1001".

        Raises:
            TypeError: the room or the participant is nothing that names one, or there is no such field.
            ValueError: a name is empty.
        """
        if not isinstance(participant, Participant):
            participant = Participant.of(participant, **attributes)
        elif attributes:
            participant = replace(participant, **attributes)
        joining = participant
        self._change(lambda now: self.room(room).join(joining, now))
        return participant

    def leave(self, room: str, participant: str | int | Participant) -> None:
        """Let somebody leave now.

        Raises:
            TypeError: as `join`.
            ValueError: they aren't there, or a name is empty.
        """
        self._change(lambda now: self.room(room).leave(id_of(participant), now))

    def set_media(
        self,
        room: str,
        participant: str | int | Participant,
        *,
        camera: bool | None = None,
        microphone: bool | None = None,
    ) -> None:
        """Turn somebody's camera or microphone on or off now; None leaves it as it is.

        Raises:
            TypeError: as `join`.
            ValueError: they aren't there, or a name is empty.
        """
        self._change(
            lambda now: self.room(room).set_media(id_of(participant), now, camera=camera, microphone=microphone)
        )

    def fail_next(self, operation: str, fault: str, times: int = 1) -> None:
        """Let the next `times` requests of `operation` (`*` for any) fail by `fault`, named as in `faults`.

        Raises:
            ValueError: an unknown operation or fault, or `times` below 1.
        """
        if self.operations and operation not in self.operations | {"*"}:
            known = ", ".join(sorted(self.operations))
            raise ValueError(f"unknown operation {operation!r}; there are {known} and *")
        self.faults.fail_next(operation, fault, times)

    # What a vendor's emulator uses

    def allows(self, limit: RateLimit, key: Hashable) -> bool:
        """Count a call against a vendor's limit; always True with `rate_limits=False`."""
        return not self.rate_limits or limit.allow(key, self.clock.paced())

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

    def _settle(self) -> None:
        with self._lock:
            self.settle(self.clock.time())

    def _change(self, change: Callable[[float], None]) -> None:
        with self._lock:
            now = self.clock.time()
            # What was due before the change must not see it.
            self.settle(now)
            change(now)
            self.settle(now)

    def _exchange(self, request: EmulatedRequest) -> Exchange:
        if request.path.startswith(CONTROL_PREFIX):
            return Exchange(control(self, request))
        operation = self.operation(request)
        fault = self.faults.take(operation)
        at = self.clock.time()
        response = self._response(request, fault)
        if fault == "drop":
            response = None
        body = _json(request)
        secrets = secrets_in(body, self.secret_names) | secrets_in(request.query, self.secret_query)
        self.journal.append(
            Entry(
                at=at,
                operation=operation,
                method=request.method,
                path=request.path,
                query=mask(request.query, self.secret_query),
                body=mask(body, self.secret_names, secrets),
                status=response.status if response else None,
                answer=mask(_text(response.body), self.secret_names, secrets) if response else None,
                fault=fault,
            )
        )
        return Exchange(response, fault)

    def _response(self, request: EmulatedRequest, fault: str | None) -> EmulatedResponse | None:
        if fault in NO_ANSWER:
            return None
        if fault in BARE_STATUS:
            return EmulatedResponse(int(fault or 500))
        if fault == "429":
            return self.rate_limited()
        with self._lock:
            try:
                self.settle(self.clock.time())
                response = self.handle(replace(request, fault=fault))
            except Exception:
                log.exception("the emulator of %s failed at %s %s", self.name, request.method, request.path)
                return EmulatedResponse(500, {"message": "the emulator itself failed; its log says how"})
        if fault == "not-json":
            return EmulatedResponse(
                200, "<html><body>Please sign in to the network.</body></html>", {"Content-Type": "text/html"}
            )
        return response


def _json(request: EmulatedRequest) -> Any:
    if not request.body:
        return None
    try:
        return request.json()
    except ValueError:
        return f"{len(request.body)} bytes that are not JSON"


def _text(body: Any) -> Any:
    return body.decode(errors="replace") if isinstance(body, bytes) else body
