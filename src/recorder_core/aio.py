"""`AsyncRecorder`: the recorder for asyncio, method by method the same, awaitable and cancellable."""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import Context, ContextVar, copy_context
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from recorder_core.callbacks import Callbacks
from recorder_core.clock import Clock, SystemClock
from recorder_core.errors import StartOutcomeUnknown
from recorder_core.following import Fleet
from recorder_core.models import Recording, RecordingEvent, RecordingSpec, RecordingState, StartIntent, WebhookRequest
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder

__all__ = ["AsyncCallbacks", "AsyncFleet", "AsyncRecorder"]

logger = logging.getLogger("recorder_core.aio")

WORKERS = 64
"""Operations of one recorder that run at once; as many connections are kept."""

P = ParamSpec("P")
R = TypeVar("R")


class _Abandoned(BaseException):
    """Nobody waits for the running operation any more. No error: no handler of errors is to catch it."""


class _Scope:
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


_scope: ContextVar[_Scope | None] = ContextVar("recorder_core_scope", default=None)


class _AbandonableClock:
    """A clock whose waits end when the operation that waits is abandoned."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time(self) -> float:
        return self._clock.time()

    def monotonic(self) -> float:
        self._check()
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        scope = _scope.get()
        if scope is None:
            self._clock.sleep(seconds)
            return
        self._clock.wait(scope.left, seconds)
        self._check()

    def wait(self, signal: threading.Event, seconds: float) -> bool:
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
            raise _Abandoned


class _Workers:
    """Threads for blocking operations, one for each. They are daemons: no operation keeps a process from its end."""

    def __init__(self, limit: int) -> None:
        self._free = asyncio.Semaphore(limit)

    async def call(self, scope: _Scope | None, work: Callable[[], R], context: Context | None = None) -> R:
        """The result of blocking work, done in a thread. Cancelling it leaves the scope and returns at once.

        Args:
            scope: None: the work can't be abandoned.
            work: what to do.
            context: the context variables that it sees; a copy of the caller's by default.
        """
        context = context or copy_context()
        context.run(_scope.set, scope)
        async with self._free:
            loop = asyncio.get_running_loop()
            done: asyncio.Future[R] = loop.create_future()

            def settle(result: R | None, error: BaseException | None) -> None:
                if done.done():
                    return
                if error is not None:
                    done.set_exception(error)
                else:
                    done.set_result(result)  # type: ignore[arg-type]

            def run() -> None:
                result, error = None, None
                try:
                    result = context.run(work)
                except BaseException as raised:
                    error = raised
                try:
                    loop.call_soon_threadsafe(settle, result, error)
                except RuntimeError:
                    logger.debug("the event loop was closed before an operation ended")

            threading.Thread(target=run, name="recorder-operation", daemon=True).start()
            try:
                return await done
            except asyncio.CancelledError:
                if scope is not None:
                    scope.leave()
                raise


class AsyncCallbacks:
    """The callbacks of one recorder's account, as `Callbacks`, to be awaited."""

    def __init__(self, callbacks: Callbacks, workers: _Workers) -> None:
        self.blocking = callbacks
        self._workers = workers

    async def receive(
        self, request: WebhookRequest, *, confirm: bool = False, recording: Recording | None = None
    ) -> tuple[RecordingEvent, ...]:
        """As `Callbacks.receive`."""
        receive = functools.partial(self.blocking.receive, request, confirm=confirm, recording=recording)
        return await self._workers.call(_Scope(), receive)

    def forget(self, events: Iterable[RecordingEvent]) -> None:
        """As `Callbacks.forget`; it takes no time, and isn't awaited."""
        self.blocking.forget(events)


class _Events(AsyncIterator[RecordingEvent]):
    """Events that come from a blocking iterator, one by one, each awaited.

    Args:
        events: the iterator.
        workers: where it runs.
    """

    def __init__(self, events: Iterator[RecordingEvent], workers: _Workers) -> None:
        self._events = events
        self._workers = workers
        self._scope = _Scope()
        self._context = copy_context()
        self._ended = False

    async def __anext__(self) -> RecordingEvent:
        if self._ended:
            raise StopAsyncIteration
        step: Callable[[], RecordingEvent | None] = functools.partial(next, self._events, None)
        try:
            event = await self._workers.call(self._scope, step, self._context)
        except BaseException:
            self._ended = True
            raise
        if event is None:
            self._ended = True
            raise StopAsyncIteration
        return event

    async def aclose(self) -> None:
        """End the following. The recordings go on."""
        self._ended = True
        self._scope.leave()


class AsyncFleet:
    """Many recordings, followed to their end, as `Fleet`: an `async with` block, and their events by `async for`."""

    def __init__(self, fleet: Fleet, workers: _Workers) -> None:
        self.blocking = fleet
        self._workers = workers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.close()

    def __len__(self) -> int:
        """How many recordings are followed."""
        return len(self.blocking)

    def __contains__(self, recording: object) -> bool:
        """Whether a recording is followed."""
        return recording in self.blocking

    def __aiter__(self) -> AsyncIterator[RecordingEvent]:
        """The events, as they come."""
        return _Events(iter(self.blocking), self._workers)

    def add(self, *recordings: Recording) -> None:
        """As `Fleet.add`; nothing is waited for."""
        self.blocking.add(*recordings)

    def discard(self, *recordings: Recording) -> None:
        """As `Fleet.discard`; nothing is waited for."""
        self.blocking.discard(*recordings)

    def close(self) -> None:
        """Follow nothing any more. The recordings go on."""
        self.blocking.close()


def _awaitable(
    method: Callable[Concatenate[Recorder, P], R],
) -> Callable[Concatenate[AsyncRecorder, P], Coroutine[Any, Any, R]]:
    """The method of `Recorder`, to be awaited: same parameters, same result, same errors."""

    @functools.wraps(method)
    async def call(self: AsyncRecorder, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._call(functools.partial(method, self.blocking, *args, **kwargs))

    return call


class AsyncRecorder:
    """Records rooms through one provider and one account, from an asyncio program.

    It has the methods of `Recorder`, with the same parameters, results and errors, to be awaited; each runs in a thread
    of its own, so that the event loop is never held up. A cancelled operation returns at once, and the work behind it
    ends at its next pause. A cancelled `start` is the exception: it waits for the outcome, stops what was started, and
    is cancelled then, so that no recording runs that nobody knows of.

    Use it with one event loop of asyncio; other frameworks' loops aren't supported.

    Args:
        provider: the name of an installed provider, or a `Provider`.
        clock: as in `Recorder`.
        config: the other keywords of `Recorder`, and the provider's own configuration.

    Raises:
        ProviderNotFound: no such provider, or it can't be loaded.
        ConfigurationError: the configuration is wrong. No value is shown.

    Attributes:
        blocking: the `Recorder` behind it.
    """

    def __init__(self, provider: str | Provider, /, *, clock: Clock | None = None, **config: Any) -> None:
        self._open(Recorder(provider, clock=_AbandonableClock(clock or SystemClock()), **config))

    def _open(self, recorder: Recorder) -> None:
        self.blocking = recorder
        self._workers = _Workers(WORKERS)

    @classmethod
    def from_env(cls, name: str, /, *, clock: Clock | None = None, **overrides: Any) -> Self:
        """As `Recorder.from_env`."""
        recorder = cls.__new__(cls)
        recorder._open(Recorder.from_env(name, clock=_AbandonableClock(clock or SystemClock()), **overrides))
        return recorder

    @property
    def provider(self) -> Provider:
        """The provider. What it does blocks."""
        return self.blocking.provider

    @functools.cached_property
    def events(self) -> AsyncCallbacks:
        """The vendor's callbacks: `await recorder.events.receive(request)`."""
        return AsyncCallbacks(self.blocking.events, self._workers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.provider.name!r}, account={self.provider.account!r})"

    plan = _awaitable(Recorder.plan)
    status = _awaitable(Recorder.status)
    wait = _awaitable(Recorder.wait)
    wait_for_files = _awaitable(Recorder.wait_for_files)
    layout = _awaitable(Recorder.layout)
    pause = _awaitable(Recorder.pause)
    resume = _awaitable(Recorder.resume)
    snapshot = _awaitable(Recorder.snapshot)
    update_participants = _awaitable(Recorder.update_participants)
    refresh_storage = _awaitable(Recorder.refresh_storage)
    switch_whiteboard = _awaitable(Recorder.switch_whiteboard)
    update_push = _awaitable(Recorder.update_push)
    stop = _awaitable(Recorder.stop)
    list_remote = _awaitable(Recorder.list_remote)
    check_storage = _awaitable(Recorder.check_storage)
    doctor = _awaitable(Recorder.doctor)
    recording_id = _awaitable(Recorder.recording_id)
    close = _awaitable(Recorder.close)

    async def start(
        self,
        spec: RecordingSpec,
        *,
        key: str | None = None,
        apart_from: Sequence[Recording] = (),
        confirm: bool = False,
        deadline: float | None = None,
    ) -> Recording:
        """As `Recorder.start`; cancelled, it waits for the outcome and stops what was started.

        Where the outcome stays unknown or the stop fails, the `CancelledError` has a note with what may run on, which
        is logged as an error too.
        """
        limit = self.blocking._start_limit(confirm=confirm, deadline=deadline)
        begin = functools.partial(self.blocking._begin, spec, key, apart_from, limit)
        beginning = asyncio.ensure_future(self._workers.call(None, begin))
        cancelled = await _outlast(beginning)
        if cancelled is not None:
            await self._undo(beginning, cancelled)
            raise cancelled
        recording, intent = beginning.result()
        if not confirm:
            return recording
        try:
            return await self._call(functools.partial(self.blocking._confirmed, recording, intent, limit))
        except asyncio.CancelledError as left:
            await self._undo(beginning, left)
            raise

    async def _undo(self, beginning: asyncio.Future[tuple[Recording, StartIntent]], cancelled: BaseException) -> None:
        """Stop what a cancelled start began; where that fails, the cancellation says what may run on."""
        failed = beginning.exception()
        if failed is not None:
            if isinstance(failed, StartOutcomeUnknown):
                _note(cancelled, f"the start was cancelled and may have begun a recording: {failed}")
            return
        recording, _ = beginning.result()
        stopping = asyncio.ensure_future(
            self._workers.call(None, functools.partial(self.blocking.stop, recording, wait=False))
        )
        await _outlast(stopping)
        problem: object = stopping.exception()
        if problem is None and stopping.result().state is RecordingState.UNREACHABLE:
            problem = stopping.result().reason
        if problem is not None:
            _note(
                cancelled,
                f"the start was cancelled and its recording couldn't be stopped ({problem}); "
                f"it may run on: {recording.model_dump_json()}",
            )

    def follow(self, recording: Recording, *, timeout: float | None = None) -> AsyncIterator[RecordingEvent]:
        """As `Recorder.follow`, by `async for`. Whoever leaves the loop early ends the following."""
        return _Events(self.blocking.follow(recording, timeout=timeout), self._workers)

    def fleet(self, recordings: Iterable[Recording] = (), *, workers: int = 8) -> AsyncFleet:
        """As `Recorder.fleet`: an `async with` block, whose events are iterated by `async for`."""
        return AsyncFleet(self.blocking.fleet(recordings, workers=workers), self._workers)

    @asynccontextmanager
    async def run(self, spec: RecordingSpec, **start: Any) -> AsyncIterator[Recording]:
        """As `Recorder.run`: start a recording for the length of an `async with` block and stop it at the end."""
        recording = await self.start(spec, **start)
        try:
            yield recording
        finally:
            stopping = asyncio.ensure_future(self.stop(recording))
            cancelled = await _outlast(stopping)
            stopping.result()
            if cancelled is not None:
                raise cancelled

    async def _call(self, work: Callable[[], R]) -> R:
        return await self._workers.call(_Scope(), work)


async def _outlast(task: asyncio.Future[Any]) -> asyncio.CancelledError | None:
    """Wait for the end of a task, however often the waiting is cancelled; returns the last cancellation."""
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    return cancelled


def _note(cancelled: BaseException, text: str) -> None:
    logger.error("%s", text)
    cancelled.add_note(text)
