"""The ASGI application: its server's beginning and end, and functions that are awaited."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from queue import SimpleQueue
from typing import Any

import pytest

from recorder_core import AsyncRecorder, AsyncWebhookApp, RecordingEvent, WebhookRequest
from recorder_core.receiving.asgi import LARGE

App = Callable[..., Awaitable[None]]


async def asked(app: App, request: Any = None, *, path: str = "/memory", **scope: Any) -> list[dict[str, Any]]:
    """What the application sends for a request, without a server."""
    sent: list[dict[str, Any]] = []
    headers = [(name.encode(), value.encode()) for name, value in (request.headers if request else {}).items()]
    messages = [{"type": "http.request", "body": request.body if request else b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST" if request else "GET", "path": path, "headers": headers, **scope}
    await app(scope, receive, send)
    return sent


def test_on_event_may_be_a_coroutine_function(serve) -> None:
    """It runs in the event loop of the server, one event at a time."""
    told: SimpleQueue[Any] = SimpleQueue()
    at_once = []

    async def on_event(event: RecordingEvent) -> None:
        at_once.append(event)
        await asyncio.sleep(0)
        told.put((threading.current_thread().name, event.reason, len(at_once)))
        at_once.clear()

    served = serve("asgi", on_event=on_event)
    for number in range(3):
        served.post(reason=str(number))
    threads, reasons, together = zip(*(told.get(timeout=20) for _ in range(3)), strict=True)
    assert reasons == ("0", "1", "2")
    assert together == (1, 1, 1)
    assert "recorder-callbacks" not in threads


def test_a_plain_on_event_doesn_t_hold_up_the_event_loop(serve) -> None:
    """It runs on the background thread, and may block."""
    told: SimpleQueue[str] = SimpleQueue()
    served = serve("asgi", on_event=lambda event: told.put(threading.current_thread().name))
    served.post()
    assert told.get(timeout=20) == "recorder-callbacks"


def test_a_coroutine_that_fails_is_logged(serve, caplog) -> None:
    """As a plain function that fails."""

    async def on_event(event: RecordingEvent) -> None:
        raise TimeoutError("the database is slow")

    served = serve("asgi", on_event=on_event)
    with caplog.at_level(logging.ERROR, "recorder_core.receiving"):
        served.post(id="n-3")
        served.app._backlog.close()
    assert "on_event failed at the event" in caplog.text
    assert "the database is slow" in caplog.text


def test_an_asynchronous_recorder_is_taken(signing, clock, spec) -> None:
    """It verifies without holding up the loop by a thread, and its own followers are told."""

    async def receive() -> RecordingEvent:
        provider, vendor = signing()
        told: asyncio.Queue[RecordingEvent] = asyncio.Queue()
        async with AsyncRecorder(provider, clock=clock, hooks=[]) as recorder:
            recording = await recorder.start(spec())
            async with AsyncWebhookApp({"memory": recorder}, on_event=told.put) as app:
                sent = await asked(app, vendor.callback(tape=recording.native["tape"]))
                assert sent[0]["status"] == 200
                event = await asyncio.wait_for(told.get(), 20)
                assert event.recording_id == recording.id
        return event

    assert asyncio.run(receive()).kind == "recording"


def test_leaving_it_finishes_what_waits(serve) -> None:
    """A framework that mounts it enters it in its own lifespan; it can be entered again, as test clients do."""
    served = serve("asgi")

    async def live() -> list[str]:
        goes_on, told = asyncio.Event(), []

        async def on_event(event: RecordingEvent) -> None:
            await goes_on.wait()
            told.append(event.reason)

        app = AsyncWebhookApp({"memory": served.recorder}, on_event=on_event)
        for reason in ("a", "b"):
            goes_on.clear()
            async with app:
                assert (await asked(app, served.callback(reason=reason)))[0]["status"] == 200
                goes_on.set()
            assert told[-1] == reason
        assert (await asked(app, served.callback()))[0]["status"] == 503
        return told

    assert asyncio.run(live()) == ["a", "b"]


def test_an_event_whose_loop_has_ended_is_logged(serve, caplog) -> None:
    """Without a lifespan the server may be gone before the coroutine is called: the log has the event."""
    served = serve("asgi")
    blocked, goes_on = threading.Event(), threading.Event()

    class Hook:
        def tell(self, event: RecordingEvent) -> None:
            blocked.set()
            assert goes_on.wait(20)

    async def on_event(event: RecordingEvent) -> None:
        raise AssertionError("nobody can await this")

    served.recorder._listeners.subscribe(Hook().tell)
    app = AsyncWebhookApp({"memory": served.recorder}, on_event=on_event)
    asyncio.run(asked(app, served.callback(id="n-4")))
    assert blocked.wait(20)
    with caplog.at_level(logging.ERROR, "recorder_core.receiving"):
        goes_on.set()
        app._backlog.close()
    assert "the event loop ended before on_event could be called" in caplog.text
    assert "n-4" in caplog.text


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ({"path": "/hooks/memory", "root_path": "/hooks"}, 200),
        ({"path": "/memory", "root_path": "/hooks"}, 200),
        ({"path": "/memory/memory", "root_path": "/memory"}, 200),
        ({"path": "/hooksmemory", "root_path": "/hooks"}, 404),
        ({"path": "/hooks/memory", "root_path": ""}, 404),
    ],
)
def test_the_mount_point_is_no_part_of_the_name(serve, scope: dict[str, str], status: int) -> None:
    """Servers and frameworks give the whole path beside the mount point; older ones only what lies below it."""
    sent = asyncio.run(asked(serve("asgi").app, **scope))
    assert sent[0]["status"] == status


def test_a_mount_point_that_is_no_text_breaks_nothing(serve) -> None:
    """Bytes that are no UTF-8 reach the application as halves of characters with some servers."""
    served = serve("asgi")
    scope = {"root_path": "/\udcff", "path": "/\udcff/memory"}
    assert asyncio.run(asked(served.app, served.callback(), **scope))[0]["status"] == 200


def test_a_client_that_leaves_is_answered_nothing(serve) -> None:
    """Half a callback is none, and nobody hears the answer."""
    served = serve("asgi")
    sent = []

    async def leave() -> None:
        messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await served.app({"type": "http", "method": "POST", "path": "/memory", "headers": []}, receive, send)

    asyncio.run(leave())
    assert sent == []


def test_a_web_socket_is_closed(serve) -> None:
    """Callbacks don't come that way, and nothing fails."""
    assert asyncio.run(asked(serve("asgi").app, type="websocket")) == [{"type": "websocket.close"}]


def test_a_large_body_doesn_t_hold_up_the_event_loop(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long to read is read in a thread; a small one isn't worth it."""
    served = serve("asgi")
    threads: list[str] = []
    verify = served.recorder.events.verify

    def note(request: WebhookRequest) -> Any:
        threads.append("loop" if is_in_a_loop() else "thread")
        return verify(request)

    def is_in_a_loop() -> bool:
        with contextlib.suppress(RuntimeError):
            return bool(asyncio.get_running_loop())
        return False

    monkeypatch.setattr(served.recorder.events, "verify", note)
    assert served.post(reason="x" * LARGE).status == 200
    assert served.post().status == 200
    assert threads == ["thread", "loop"]
