"""Callbacks of an emulated service: delivered by real HTTP, repeated as the vendor does, each attempt on record.

To whom: whoever serves the emulator may give any address. An address that a request names is only called on a loopback
host, or on the host of the service's own address, so that a made-up one in a test never leaves the machine.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from recorder_core.clock import is_answering
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.emulation.faults import CALLBACK, Faults
from recorder_core.emulation.posting import Poster, checked_url, is_allowed, shown_url

__all__ = ["CallbackDelivery", "CallbackSender", "Render", "checked_url"]

log = logging.getLogger("recorder_core.emulation")

PATIENCE_S: Final = 5.0
"""For how many real seconds without any answer time is held. A receiver that itself waits for time to pass would wait
for ever."""
LONGEST_NAP_S: Final = 3600.0

Render = Callable[[float, int], tuple[dict[str, str], bytes]]
"""Makes headers and body of one delivery from its instant (Unix s) and how many deliveries of the notification came
before it. Called without the service's lock: what may change must be read before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDelivery:
    """One attempt to deliver a notification."""

    at: float
    """Emulated instant, Unix seconds."""
    event: int
    """The vendor's number of the event."""
    url: str
    """Without what may be secret: user, password and query."""
    attempt: int
    """How many deliveries of this notification came before."""
    body: Any
    """The masked JSON tree."""
    status: int | None
    """What the receiver answered; None when nothing came."""
    accepted: bool
    """Whether the vendor takes that for received."""
    error: str | None = None
    """Why no answer came."""
    fault: str | None = None
    """The ordered fault that this delivery is part of."""


@dataclass(order=True, slots=True)
class _Notification:
    due: float
    order: int
    url: str = field(compare=False)
    render: Render = field(compare=False)
    event: int = field(compare=False)
    allowed: bool = field(compare=False)
    fault: str | None = field(compare=False, default=None)
    again: bool = field(compare=False, default=False)
    delivery: int = field(compare=False, default=0)
    repeats: list[float] = field(compare=False, default_factory=list)


class CallbackSender:
    """The notifications of one service, on their way. Thread-safe.

    A thread of its own delivers them one after the other, in the order of their instants, without the service's lock,
    so that a receiver may call the service. It starts with the first address and ends with the service.

    Args:
        clock: by which they are due.
        faults: what happens to which, as a test ordered.
        kinds: the numbers of the events that are sent; None: all.
        retries: seconds before each repeat of what wasn't accepted.
        accepts: whether an answer's status means received.
        lock: the service's.
        settle: lets everything happen that is due by now, and tells when the next thing is due by itself; called
            with the lock held.
        masked: a body as it may be shown.
    """

    def __init__(
        self,
        clock: EmulatorClock,
        *,
        faults: Faults,
        kinds: Collection[int] | None,
        retries: Sequence[float],
        accepts: Callable[[int], bool],
        lock: threading.RLock,
        settle: Callable[[], float | None],
        masked: Callable[[bytes], Any],
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._kinds = kinds
        self._retries = tuple(retries)
        self._accepts = accepts
        self._service_lock = lock
        self._settle = settle
        self._masked = masked
        self._url: str | None = None
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._queue: list[_Notification] = []
        self._held: list[_Notification] = []
        self._deliveries: list[CallbackDelivery] = []
        self._under_way: _Notification | None = None
        self._woken = False
        self._began = 0.0
        self._waiting = 0
        self._given_up_by: set[int] = set()
        self._closed = False

    # Where to, and what came of it

    @property
    def url(self) -> str | None:
        """Where notifications go that name no address of their own; None: nowhere.

        Raises:
            ValueError: at setting, when it is no http or https URL with a host.
        """
        return self._url

    @url.setter
    def url(self, url: str | None) -> None:
        self._url = None if url is None else checked_url(url)
        if url is not None:
            self.begin()

    @property
    def deliveries(self) -> tuple[CallbackDelivery, ...]:
        """Every attempt so far, in the order in which they were answered or given up."""
        with self._changed:
            return tuple(self._deliveries)

    @property
    def active(self) -> bool:
        """Whether anybody may receive something, so that everything has to happen at its own instant."""
        return self._thread is not None and not self._closed

    def begin(self) -> None:
        """Let time bring notifications from now on, also where nobody asks the service anything.

        An emulator calls it when a request names an address of its own; the service's address does it by itself.
        """
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)
                self._thread.start()

    # What a vendor's emulator does

    def emit(self, at: float, url: str | None, render: Render, *, event: int, double: Render | None = None) -> None:
        """Send a notification at the instant `at` (Unix s), which may have passed or be to come.

        Nothing is sent where there is no address, or the event isn't ticked; a sequence number is the emulator's to
        count.

        Args:
            at: when it happened.
            url: the address that a request named for it; None: the service's.
            render: makes each delivery.
            event: the vendor's number of the event.
            double: makes each delivery of its double, where the vendor sends each notification twice for high
                availability; None: as `render`.
        """
        target = url or self._url
        if target is None or (self._kinds is not None and event not in self._kinds):
            return
        self.begin()
        fault = self._faults.take(CALLBACK)
        with self._changed:
            if fault == "lose" or self._closed:
                return
            renders = (render, double or render) if fault == "double" else (render,)
            made = [
                _Notification(
                    due=at,
                    order=next(self._numbers),
                    url=target,
                    render=each,
                    event=event,
                    allowed=url is None or is_allowed(url, self._url),
                    fault=fault,
                    again=fault == "duplicate",
                    repeats=list(self._retries),
                )
                for each in renders
            ]
            if fault == "late":
                self._held += made
                return
            for late in self._held:
                late.due, late.order = max(at, late.due), next(self._numbers)
            for notification in (*made, *self._held):
                heapq.heappush(self._queue, notification)
            self._held.clear()
            self._wake()

    # What the service and its clock do

    def next_due(self) -> float | None:
        """The first instant after now (Unix s) at which a notification is due."""
        now = self._clock.time()
        with self._changed:
            if self._queue and self._queue[0].due > now:
                return self._queue[0].due
            # Some are overdue, because nobody answers; a move mustn't stop for them again and again.
            return min((waiting.due for waiting in self._queue if waiting.due > now), default=None)

    def wake(self) -> None:
        """Look again what is due: time has moved, or something else is due next."""
        if self.active:
            with self._changed:
                self._wake()

    def wait(self) -> bool:
        """Wait until everything that is due now has been answered, repeats that are due at once included.

        The very thread that is to answer may call this, as when a receiver waits for time to pass. So nobody waits who
        answers a callback as far as that can be known, nor anybody but the main thread while another one waits, and
        nobody longer than 5 s (real) for one answer.

        Returns:
            Whether there was something to wait for.
        """
        if is_answering():
            return False
        with self._changed:
            is_main = threading.current_thread() is threading.main_thread()
            if (self._waiting and not is_main) or not self._is_awaited():
                return False
            self._waiting += 1
            try:
                self._wait_for_answers()
            finally:
                self._waiting -= 1
            return True

    def close(self) -> None:
        """Drop what wasn't delivered, and end the thread. May be called twice."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._held.clear()
            self._wake()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            # A receiver that never answers can't be interrupted; the thread ends with its time-out.
            thread.join(1.0)

    def _wait_for_answers(self) -> None:
        since = time.monotonic()
        while self._is_awaited():
            patience = max(since, self._began) + PATIENCE_S - time.monotonic()
            if patience <= 0:
                self._given_up_by.add(threading.get_ident())
                log.warning("a receiver of callbacks took more than %g s to answer; time goes on", PATIENCE_S)
                return
            self._changed.wait(patience)

    def _is_awaited(self) -> bool:
        return self._is_busy() and threading.get_ident() not in self._given_up_by

    def _is_busy(self) -> bool:
        return self.active and (self._under_way is not None or self._has_due())

    def _has_due(self) -> bool:
        return bool(self._queue) and self._queue[0].due <= self._clock.time()

    def _wake(self) -> None:
        self._woken = True
        self._changed.notify_all()

    # The thread

    def _run(self) -> None:
        with Poster() as poster:
            for notification in self._coming():
                delivery = self._deliver(poster, notification)
                with self._changed:
                    self._under_way = None
                    self._given_up_by.clear()
                    self._deliveries.append(delivery)
                    self._repeat(notification, delivery)
                    if not self._is_busy():
                        self._changed.notify_all()

    def _coming(self) -> Iterator[_Notification]:
        """Each notification when it is due, until the service closes."""
        while True:
            with self._service_lock:
                # Under the lock all that has happened by now is in the queue, so that the earliest is the first.
                next_due = self._settled()
                with self._changed:
                    if self._closed:
                        return
                    self._woken = False
                    if self._has_due():
                        self._under_way = heapq.heappop(self._queue)
                        self._began = time.monotonic()
            if self._under_way is not None:
                yield self._under_way
                continue
            with self._changed:
                if not self._woken:
                    self._changed.wait(self._seconds_until(next_due))

    def _settled(self) -> float | None:
        try:
            return self._settle()
        except Exception:
            log.exception("the emulator failed as time passed")
            return None

    def _seconds_until(self, next_due: float | None) -> float | None:
        """Real seconds; None: time stands still until somebody moves it, or nothing is to come."""
        dues = [due for due in (next_due, self._queue[0].due if self._queue else None) if due is not None]
        return None if self._clock.frozen or not dues else min(max(0.0, min(dues) - self._clock.time()), LONGEST_NAP_S)

    def _deliver(self, poster: Poster, notification: _Notification) -> CallbackDelivery:
        now = self._clock.time()
        body, status, error = b"", None, None
        try:
            headers, body = notification.render(now, notification.delivery)
            if notification.allowed:
                status, error = poster.post(notification.url, headers, body)
            else:
                error = "the address isn't on this machine, nor on the host of the service's own address"
        except Exception:
            log.exception("the emulator failed at a callback of event %s", notification.event)
            error = "the emulator itself failed; its log says how"
        return CallbackDelivery(
            at=now,
            event=notification.event,
            url=shown_url(notification.url),
            attempt=notification.delivery,
            body=self._masked(body),
            status=status,
            accepted=status is not None and self._accepts(status),
            error=error,
            fault=notification.fault,
        )

    def _repeat(self, notification: _Notification, delivery: CallbackDelivery) -> None:
        """Plan the next delivery of the same notification, if there is one."""
        if self._closed:
            return
        if delivery.accepted:
            if not notification.again:
                return
            notification.again = False
            pause = self._retries[0] if self._retries else 0.0
        elif notification.repeats:
            pause = notification.repeats.pop(0)
        else:
            return
        notification.due = delivery.at + pause
        notification.order = next(self._numbers)
        notification.delivery += 1
        heapq.heappush(self._queue, notification)
