"""Blocking work for an event loop: threads that do it, and operations that are given up when nobody waits for them."""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar

from recorder_core.clock import Clock
from recorder_core.daemons import begin_thread
from recorder_core.forking import Guarded, in_children

__all__ = ["AbandonableClock", "Scope", "Workers"]

logger = logging.getLogger("recorder_core.aio")

R = TypeVar("R")


class Abandoned(BaseException):
    """Nobody waits for the running operation any more. No error: no handler of errors is to catch it."""


class Scope:
    """One operation that can be abandoned."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self._signals: list[threading.Event] = []
        self._guard = threading.Lock()

    def leave(self) -> None:
        """End the operation at its next look at the clock, and whatever it waits for now at once."""
        with self._guard:
            self.left.set()
            for signal in self._signals:
                signal.set()

    @contextmanager
    def waking(self, signal: threading.Event) -> Iterator[None]:
        """Let `leave` end a wait for the signal."""
        with self._guard:
            self._signals.append(signal)
            if self.left.is_set():
                signal.set()
        try:
            yield
        finally:
            with self._guard:
                self._signals.remove(signal)


_scope: ContextVar[Scope | None] = ContextVar("recorder_core_scope", default=None)
in_children(lambda: _scope.set(None))


class AbandonableClock:
    """A clock whose waits end when the operation that waits is abandoned."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time(self) -> float:
        """As the clock."""
        return self._clock.time()

    def monotonic(self) -> float:
        """As the clock; every deadline is looked at by it, so nothing is sent for whom nobody waits."""
        self._check()
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """As the clock, until the operation is abandoned."""
        scope = _scope.get()
        if scope is None:
            self._clock.sleep(seconds)
            return
        self._clock.wait(scope.left, seconds)
        self._check()

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """As the clock, until the operation is abandoned."""
        scope = _scope.get()
        if scope is None:
            return self._clock.wait(signal, seconds)
        with scope.waking(signal):
            is_set = self._clock.wait(signal, seconds)
        self._check()
        return is_set

    def _check(self) -> None:
        scope = _scope.get()
        if scope is not None and scope.left.is_set():
            raise Abandoned


class Workers(Guarded):
    """Threads for blocking work. Whatever comes when all are busy waits for its turn. Thread-safe.

    No operation keeps a process from its end. A thread ends when there is nothing left to do.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._busy = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self._scopes: weakref.WeakSet[Scope] = weakref.WeakSet()
        self._has_warned = False

    def _forked(self) -> None:
        """The parent's threads do the parent's work."""
        super()._forked()
        self._busy = 0
        self._waiting.clear()

    def begin(
        self,
        work: Callable[[], R],
        *,
        scope: Scope | None = None,
        context: Context | None = None,
        unclaimed: Callable[[R], object] | None = None,
    ) -> asyncio.Future[R]:
        """Do blocking work in a thread; its result.

        That is no task, so that an event loop that cancels its tasks at its end doesn't lose it.

        Args:
            work: what to do.
            scope: by which it can be abandoned. None: it can't be.
            context: the context variables that it sees; a copy of the caller's by default.
            unclaimed: takes the result if the event loop has been closed.
        """
        context = copy_context() if context is None else context
        context.run(_scope.set, scope)
        if scope is not None:
            with self._guard:
                self._scopes.add(scope)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[R] = loop.create_future()

        def run() -> None:
            try:
                if scope is not None and scope.left.is_set():
                    raise Abandoned
                result = context.run(work)
            except BaseException as error:
                with suppress(RuntimeError):  # the event loop was closed
                    loop.call_soon_threadsafe(_fail, done, error, scope)
                return
            try:
                loop.call_soon_threadsafe(_fulfil, done, result)
            except RuntimeError:
                if unclaimed is not None:
                    unclaimed(result)

        self._add(run)
        return done

    async def call(
        self,
        work: Callable[[], R],
        *,
        scope: Scope | None = None,
        context: Context | None = None,
        unclaimed: Callable[[R], object] | None = None,
    ) -> R:
        """Do blocking work in a thread and wait for its result. Cancelling it abandons the work and returns at once.

        Args:
            work: as in `begin`.
            scope: as in `begin`; a new one by default.
            context: as in `begin`.
            unclaimed: takes the result that came in spite of the cancellation.
        """
        scope = scope or Scope()
        done = self.begin(work, scope=scope, context=context, unclaimed=unclaimed)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            scope.leave()
            done.add_done_callback(functools.partial(_leave_unclaimed, unclaimed))
            raise

    def _add(self, run: Callable[[], None]) -> None:
        with self._guard:
            if self._busy < self._limit:
                begin_thread(functools.partial(self._work, run), name="recorder-operation", end=self._end)
                self._busy += 1
                return
            self._waiting.append(run)
        self._warn()

    def _end(self) -> None:
        """The process ends: nothing more is begun, and what can be abandoned is."""
        with self._guard:
            self._waiting.clear()
            scopes = tuple(self._scopes)
        for scope in scopes:
            scope.leave()

    def _work(self, run: Callable[[], None] | None) -> None:
        while run is not None:
            run()
            with self._guard:
                run = self._waiting.popleft() if self._waiting else None
                self._busy -= run is None

    def _warn(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            logger.warning(
                "%d operations of one AsyncRecorder go on, and others wait for their turn; to follow many recordings, "
                "use recorder.fleet()",
                self._limit,
            )


def _leave_unclaimed(unclaimed: Callable[[R], object] | None, done: asyncio.Future[R]) -> None:
    """Nobody waits for the outcome any more; asking for the error tells asyncio that it isn't lost."""
    if done.exception() is None and unclaimed is not None:
        unclaimed(done.result())


def _fulfil(done: asyncio.Future[R], result: R) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[Any], error: BaseException, scope: Scope | None) -> None:
    if done.done():
        return
    if isinstance(error, StopIteration):  # no future takes one
        error, cause = RuntimeError(f"{type(error).__name__} was raised"), error
        error.__cause__ = cause
    done.set_exception(error)
    if scope is not None and scope.left.is_set():
        done.exception()  # nobody waits for it; a loop that ends now has no time to find that out
