"""What a recorder for asyncio hands out: its callbacks, and whatever is iterated."""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from typing import Self

from recorder_core.callbacks import Callbacks
from recorder_core.following import Fleet, Worker
from recorder_core.models import Recording, RecordingEvent, WebhookRequest
from recorder_core.workers import Workers

__all__ = ["AsyncCallbacks", "AsyncFleet", "AsyncWorker"]


class AsyncCallbacks:
    """The callbacks of one recorder's account, as `Callbacks`, to be awaited."""

    def __init__(self, callbacks: Callbacks, workers: Workers) -> None:
        self.blocking = callbacks
        self._workers = workers

    async def receive(
        self, request: WebhookRequest, *, confirm: bool = False, recording: Recording | None = None
    ) -> tuple[RecordingEvent, ...]:
        """As `Callbacks.receive`. Cancelled, it forgets the events, so that the vendor's repeat counts as new."""
        receive = functools.partial(self.blocking.receive, request, confirm=confirm, recording=recording)
        return await self._workers.call(receive, unclaimed=self.blocking.forget)

    def forget(self, events: Iterable[RecordingEvent]) -> None:
        """As `Callbacks.forget`; it isn't awaited, and takes no time but a ledger's, if there is one."""
        self.blocking.forget(events)


class AsyncFleet:
    """Many recordings, followed to their end, as `Fleet`: an `async with` block, and their events by `async for`.

    Leaving the loop early loses no event: another loop goes on with the next one. The end of the block ends the
    following.
    """

    def __init__(self, fleet: Fleet, workers: Workers) -> None:
        self.blocking = fleet
        self._workers = workers
        self._begun: deque[asyncio.Future[RecordingEvent | None]] = deque()

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

    async def __aiter__(self) -> AsyncGenerator[RecordingEvent, None]:
        """The events, as they come."""
        while (event := await self.take()) is not None:
            yield event

    async def take(self) -> RecordingEvent | None:
        """As `Fleet.take`, for as long as it takes: to wait no longer, cancel it, by `asyncio.timeout` for example.

        A cancelled one loses no event: the next one takes it.
        """
        while True:
            # A cancelled one goes on: an event that it took meanwhile is the next one's.
            taking = self._begun.popleft() if self._begun else self._workers.begin(self.blocking.take)
            try:
                event = await asyncio.shield(taking)
            except asyncio.CancelledError:
                self._begun.append(taking)
                raise
            if event is not None or not len(self):
                return event

    def add(self, *recordings: Recording) -> None:
        """As `Fleet.add`; nothing is waited for.

        It takes some 70 us for each: add thousands by `await asyncio.to_thread(fleet.add, *recordings)`.
        """
        self.blocking.add(*recordings)

    def discard(self, *recordings: Recording) -> None:
        """As `Fleet.discard`; nothing is waited for."""
        self.blocking.discard(*recordings)

    def close(self) -> None:
        """Follow nothing any more. The recordings go on."""
        self.blocking.close()


class AsyncWorker:
    """The open recordings of a ledger, followed together with other processes, as `Worker`: an `async with` block, and
    the events by `async for`.

    Leaving the loop early loses no event but the one that it was left with: an end among these is told again, by
    whichever worker comes next.
    """

    def __init__(self, worker: Worker, workers: Workers) -> None:
        self.blocking = worker
        self._workers = workers
        self._begun: deque[asyncio.Future[RecordingEvent | None]] = deque()
        self._handling: set[asyncio.Future[None]] = set()

    async def __aenter__(self) -> Self:
        await self._workers.begin(self.blocking.__enter__)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def __len__(self) -> int:
        """How many recordings this process follows."""
        return len(self.blocking)

    def __contains__(self, recording: object) -> bool:
        """Whether this process follows a recording."""
        return recording in self.blocking

    async def __aiter__(self) -> AsyncGenerator[RecordingEvent, None]:
        """The events, as they come. An end counts as told when the next event is asked for."""
        while (event := await self._next()) is not None:
            yield event
            self._handled(event)

    async def take(self) -> RecordingEvent | None:
        """As `Worker.take`, for as long as it takes: to wait no longer, cancel it, by `asyncio.timeout` for example.

        A cancelled one loses no event: the next one takes it.
        """
        event = await self._next()
        if event is not None:
            self._handled(event)
        return event

    async def close(self) -> None:
        """As `Worker.close`."""
        if self._handling:
            await asyncio.wait(self._handling)
        await self._workers.begin(self.blocking.close)

    async def _next(self) -> RecordingEvent | None:
        # A cancelled one goes on: an event that it took meanwhile is the next one's.
        wait = functools.partial(self.blocking._wait, None)
        taking = self._begun.popleft() if self._begun else self._workers.begin(wait)
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            self._begun.append(taking)
            raise

    def _handled(self, event: RecordingEvent) -> None:
        # Not awaited: a cancellation just then would lose the event.
        handling = self._workers.begin(functools.partial(self.blocking._handled, event))
        self._handling.add(handling)
        handling.add_done_callback(self._handling.discard)
