"""The ASGI application (ASGI 3.0, on asyncio)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, Self, cast
from urllib.parse import quote

from recorder_core.models import RecordingEvent, WebhookRequest
from recorder_core.receiving.application import Answer, Application
from recorder_core.receiving.backlog import DRAIN_S

__all__ = ["AsyncWebhookApp"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LOOK_S = 1.0
"""How often it is looked whether the event loop still runs that was to call `on_event`."""
LARGE = 16_384
"""Bytes of a body that is read in a thread, for the event loop's sake: vendors' callbacks have some thousand."""


class AsyncWebhookApp(Application):
    """An ASGI application that receives the callbacks of recorders, mounted anywhere.

    It answers and processes as `WebhookApp` does, and takes the same arguments. `recorders` are `AsyncRecorder`s or
    `Recorder`s; `on_event` may be a coroutine function, which is then called in the event loop of the web server, still
    one event at a time.

    What waits is processed when the server shuts down. A framework that mounts the application doesn't tell it of
    that: enter it with `async with` in the framework's own lifespan.

    Raises:
        ConfigurationError: a name, a recorder, a function or a limit can't be used.
    """

    _calls_coroutines = True
    _loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        self._loop = asyncio.get_running_loop()
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            answer = await self._answer(scope, receive)
            if answer is not None:
                await _send(answer, scope["method"], send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._backlog.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        """What to answer; None: nobody waits for it."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"]
        if scope.get("root_path") and path.startswith(f"{scope['root_path']}/"):
            path = path.removeprefix(scope["root_path"])
        answer = self._before_reading(scope["method"], path, headers.get("content-length"))
        if answer is not None:
            return answer
        try:
            async with asyncio.timeout(self._body_timeout):
                body = await self._body(receive)
        except TimeoutError:
            return Answer(408)
        if not isinstance(body, bytes):
            return body
        query = scope.get("query_string", b"").decode("latin-1")
        url = quote(scope["path"], errors="replace") + (f"?{query}" if query else "")
        request = WebhookRequest(scope["method"], url, headers, body)
        if len(body) > LARGE:
            return await asyncio.to_thread(self._receive, path, request)
        return self._receive(path, request)

    async def _body(self, receive: Receive) -> bytes | Answer | None:
        """The body; the answer to one that is too large, of which no more is read; None: the client left."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            if len(body) > self._body_limit:
                return Answer(413)
            if not message.get("more_body", False):
                return bytes(body)

    def _call(self, on_event: Callable[[RecordingEvent], object], event: RecordingEvent) -> None:
        called = on_event(event)
        if not inspect.iscoroutine(called):
            return
        loop = self._loop
        if loop is None or not loop.is_running():
            called.close()
            raise RuntimeError("the event loop ended before on_event could be called; enter the app with `async with`")
        running = asyncio.run_coroutine_threadsafe(cast("Coroutine[Any, Any, object]", called), loop)
        while not concurrent.futures.wait([running], LOOK_S).done:
            if not loop.is_running():
                raise RuntimeError("the event loop ended before on_event did")
        running.result()

    async def close(self, timeout: float = DRAIN_S) -> None:
        """As `WebhookApp.close`."""
        await asyncio.to_thread(self._backlog.close, timeout)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._backlog.open()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()


async def _send(answer: Answer, method: str, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
