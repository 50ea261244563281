"""`AsyncRecorder`: the recorder for asyncio, method by method the same, awaitable and cancellable."""

from __future__ import annotations

import asyncio
import functools
import logging
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Self, TypeVar, cast

from recorder_core.awaiting import AsyncCallbacks, AsyncFleet, AsyncWorker
from recorder_core.clock import Clock, SystemClock
from recorder_core.errors import StartOutcomeUnknown
from recorder_core.models import Recording, RecordingEvent, RecordingSpec, RecordingState, StartIntent
from recorder_core.operations import provider_from_env
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder
from recorder_core.recovering import SpecOf
from recorder_core.tracebacks import forget_locals, forgetful
from recorder_core.workers import AbandonableClock, Scope, Workers

if TYPE_CHECKING:
    from recorder_core.ledger import Ledger

__all__ = ["AsyncRecorder"]

logger = logging.getLogger("recorder_core.aio")

OPERATIONS = 256
"""Operations of one recorder that run at once."""
WAITS = 1024
"""Waits and followings of one recorder that go on at once. They have threads of their own, so that however many wait,
a recording can be stopped."""

P = ParamSpec("P")
R = TypeVar("R")


def _awaitable(
    method: Callable[Concatenate[Recorder, P], R], *, waits: bool = False
) -> Callable[Concatenate[AsyncRecorder, P], Coroutine[Any, Any, R]]:
    """The method of `Recorder`, to be awaited: same parameters, same result, same errors."""

    @functools.wraps(method)
    async def call(self: AsyncRecorder, /, *args: P.args, **kwargs: P.kwargs) -> R:
        workers, outer = self._waits if waits else self._operations, sys.exception()
        try:
            return await workers.call(functools.partial(method, self.blocking, *args, **kwargs))
        except BaseException as error:
            forget_locals(error, outer)
            del args, kwargs, outer
            raise

    call.__module__, call.__qualname__ = __name__, f"AsyncRecorder.{method.__name__}"
    return call


class AsyncRecorder:
    """Records rooms through one provider and one account, from an asyncio program.

    It has the methods of `Recorder`, with the same parameters, results and errors, to be awaited; each runs in a thread
    of its own, so that the event loop is never held up. All are awaited, also those that send nothing: `plan` runs
    hooks, which may take their time.

    A cancelled operation returns at once, and the work behind it ends at its next pause: what it was about to send may
    have been sent or not. A cancelled `start` is the exception: it waits for the outcome, stops what was started, and
    is cancelled then, so that no recording runs that nobody knows of.

    Only asyncio's event loops are supported; under trio it needs one of asyncio's (`trio-asyncio`).

    Args:
        provider: the name of an installed provider, or a `Provider`.
        clock: as in `Recorder`.
        config: the other keywords of `Recorder`, and the provider's own configuration.

    Raises:
        ProviderNotFound: no such provider, or it can't be loaded.
        ConfigurationError: the configuration is wrong. No value is shown.

    Attributes:
        blocking: the `Recorder` behind it. What it does can't be cancelled.
    """

    @forgetful
    def __init__(self, provider: str | Provider, /, *, clock: Clock | None = None, **config: Any) -> None:
        self.blocking = Recorder(provider, clock=AbandonableClock(clock or SystemClock()), **config)
        self._operations = Workers(OPERATIONS)
        self._waits = Workers(WAITS)

    @classmethod
    @forgetful
    def from_env(cls, name: str, /, **overrides: Any) -> Self:
        """As `Recorder.from_env`."""
        return cls(provider_from_env(name, overrides), **overrides)

    @property
    def provider(self) -> Provider:
        """The provider. What it does blocks."""
        return self.blocking.provider

    @property
    def ledger(self) -> Ledger:
        """The ledger, as `Recorder.ledger`. What it does blocks."""
        return self.blocking.ledger

    @functools.cached_property
    def events(self) -> AsyncCallbacks:
        """The vendor's callbacks: `await recorder.events.receive(request)`."""
        return AsyncCallbacks(self.blocking.events, self._operations)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.provider.name!r}, account={self.provider.account!r})"

    plan = _awaitable(Recorder.plan)
    status = _awaitable(Recorder.status)
    wait = _awaitable(Recorder.wait, waits=True)
    wait_for_files = _awaitable(Recorder.wait_for_files, waits=True)
    layout = _awaitable(Recorder.layout)
    pause = _awaitable(Recorder.pause)
    resume = _awaitable(Recorder.resume)
    snapshot = _awaitable(Recorder.snapshot)
    update_participants = _awaitable(Recorder.update_participants)
    refresh_storage = _awaitable(Recorder.refresh_storage)
    switch_whiteboard = _awaitable(Recorder.switch_whiteboard)
    update_push = _awaitable(Recorder.update_push)
    stop = _awaitable(Recorder.stop)
    recover = _awaitable(Recorder.recover, waits=True)
    list_remote = _awaitable(Recorder.list_remote)
    adopt = _awaitable(Recorder.adopt)
    link = _awaitable(Recorder.link)
    delete_files = _awaitable(Recorder.delete_files)
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
        context = copy_context()
        limit = context.run(self.blocking._start_limit, confirm=confirm, deadline=deadline)
        begin = functools.partial(self.blocking._begin, spec, key, apart_from, limit)
        beginning = self._operations.begin(begin, context=context, unclaimed=self._stop_unclaimed)
        cancelled = await _outlast(beginning)
        if cancelled is not None:
            await self._undo(beginning, cancelled)
            raise cancelled
        recording, intent = beginning.result()
        if not confirm:
            return recording
        try:
            confirmed = functools.partial(self.blocking._confirmed, recording, intent, limit)
            return await self._waits.call(confirmed, context=context)
        except asyncio.CancelledError as left:
            await self._stop_left(recording, left)
            raise

    async def _undo(self, beginning: asyncio.Future[tuple[Recording, StartIntent]], cancelled: BaseException) -> None:
        """Stop what a cancelled start began."""
        failed = beginning.exception()
        if failed is None:
            recording, _ = beginning.result()
            await self._stop_left(recording, cancelled)
        elif isinstance(failed, StartOutcomeUnknown):
            kept = failed.intent.model_dump_json() if failed.intent else None
            _note(cancelled, f"the start was cancelled and may have begun a recording ({failed.message}): {kept}")

    async def _stop_left(self, recording: Recording, cancelled: BaseException) -> None:
        """Stop a recording whose owner was cancelled; where that fails, the cancellation says what may run on."""
        stopping = self._operations.begin(functools.partial(self.blocking.stop, recording, wait=False))
        await _outlast(stopping)
        problem: object = stopping.exception()
        if problem is None and stopping.result().state is RecordingState.UNREACHABLE:
            problem = stopping.result().reason
        if problem is not None:
            _note(
                cancelled,
                f"a recording was left by a cancellation and couldn't be stopped ({problem}); it may run on: "
                f"{recording.model_dump_json()}",
            )

    def _stop_unclaimed(self, begun: tuple[Recording, StartIntent]) -> None:
        """Stop what was started after its event loop was closed; in the thread that has started it."""
        recording, _ = begun
        logger.error("the event loop was closed while recording %s started; it is stopped", recording.id)
        try:
            self.blocking.stop(recording, wait=False)
        except Exception as error:
            logger.error("it couldn't be stopped (%s) and may run on: %s", error, recording.model_dump_json())

    def follow(self, recording: Recording, *, timeout: float | None = None) -> AsyncGenerator[RecordingEvent, None]:
        """As `Recorder.follow`, by `async for`. Whoever leaves the loop early ends the following."""
        context = copy_context()
        events = context.run(self.blocking.follow, recording, timeout=timeout)
        return _followed(cast("Generator[RecordingEvent, None, None]", events), self._waits, context)

    def fleet(self, recordings: Iterable[Recording] = (), *, workers: int = 8) -> AsyncFleet:
        """As `Recorder.fleet`: an `async with` block, whose events are iterated by `async for`."""
        return AsyncFleet(self.blocking.fleet(recordings, workers=workers), self._waits)

    def worker(
        self,
        *,
        workers: int = 8,
        lease: float = 60.0,
        batch: int = 100,
        most: int = 10_000,
        until: Literal["idle", "looked"] | None = None,
        spec: SpecOf = None,
    ) -> AsyncWorker:
        """As `Recorder.worker`: an `async with` block, whose events are iterated by `async for`."""
        worker = self.blocking.worker(workers=workers, lease=lease, batch=batch, most=most, until=until, spec=spec)
        return AsyncWorker(worker, self._waits)

    @asynccontextmanager
    async def run(self, spec: RecordingSpec, **start: Any) -> AsyncIterator[Recording]:
        """As `Recorder.run`: start a recording for the length of an `async with` block and stop it at the end.

        Cancelled, in the block or while it stops, it is stopped all the same; its files aren't waited for then.
        """
        recording = await self.start(spec, **start)
        try:
            try:
                yield recording
            except asyncio.CancelledError:
                raise
            except BaseException:
                await self.stop(recording)
                raise
            await self.stop(recording)
        except asyncio.CancelledError as left:
            await self._stop_left(recording, left)
            raise


async def _followed(
    events: Generator[RecordingEvent, None, None], workers: Workers, context: Context
) -> AsyncGenerator[RecordingEvent, None]:
    """Events that come from a blocking generator, one by one."""
    scope = Scope()
    step: Callable[[], RecordingEvent | None] = functools.partial(next, events, None)
    try:
        while (event := await workers.call(step, scope=scope, context=context)) is not None:
            yield event
    finally:
        with suppress(ValueError):  # a step that still runs was abandoned, and ends the generator
            events.close()


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
