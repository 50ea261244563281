"""The WSGI application (PEP 3333)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from recorder_core.models import WebhookRequest
from recorder_core.receiving.application import Answer, Application
from recorder_core.receiving.backlog import DRAIN_S

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["WebhookApp"]

PIECE = 65_536


class WebhookApp(Application):
    """A WSGI application that receives the callbacks of recorders, mounted anywhere. Thread-safe.

    `POST <mount>/<name>`, with or without a slash at the end, is a callback of the recorder of that name. It is
    verified, answered, and processed after the answer, on one background thread: followers, hooks and `on_event` are
    told in the order in which callbacks came.

    | status | when |
    | --- | --- |
    | 200 | it is true and will be processed, or is a repeat |
    | 400 | it can't be read, or is another vendor's |
    | 403 | it isn't signed, or is forged or stale, or its signature came with several other bodies |
    | 404 | there is no recorder of that name |
    | 405 | the method is neither POST nor that of a health check |
    | 408, 411, 413 | its body comes too slowly, has no known length, is too large |
    | 500 | it couldn't be read for a reason that is logged, such as a closed recorder: the vendor sends it again |
    | 503 | too much is waiting, or the application closes: the vendor sends it again |

    Bodies are JSON and say no more than the status does. `GET` and `HEAD` are for health checks: they are answered 200
    while callbacks are taken, 503 while they aren't.

    Each process of a web server has its own thread and knows its own repeats: where several receive, `on_event` may get
    an event once in each, with the same `dedup_key`.

    Args:
        recorders: by the last part of their address: `{"school": recorder}`.
        on_event: called with each new event, one at a time. What it raises is logged.
        confirm: as in `Callbacks.receive`: ask the vendor before an end or a file is believed that the signature
            doesn't prove. Where the vendor can't be asked, it is tried again, and then told with `confirmed=False`.
        find_recording: gives the handle of an event's recording, or None: for `confirm` and `event.recording_id` in a
            process that neither started nor follows the recording. Called on the background thread.
        body_limit: bytes of a body, 1 to 1048576.
        body_timeout: seconds in which a body must come. A web server whose reads block may take longer, by as much as
            its own time-out.
        queue_size: callbacks that wait, those tried again among them.
        retries: seconds before each further try to confirm; real ones, also where the recorder's clock is driven.

    Raises:
        ConfigurationError: a name, a recorder, a function or a limit can't be used.
    """

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        answer = self._answer(environ)
        status = HTTPStatus(answer.status)
        start_response(f"{status.value} {status.phrase}", answer.headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body]

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        answer = self._before_reading(method, path, environ.get("CONTENT_LENGTH") or None)
        if answer is not None:
            return answer
        body = self._body(environ)
        if isinstance(body, Answer):
            return body
        query = environ.get("QUERY_STRING", "")
        url = quote(environ.get("SCRIPT_NAME", "") + path, encoding="latin-1", errors="replace")
        url += f"?{query}" if query else ""
        return self._receive(path, WebhookRequest(method, url, _headers(environ), body))

    def _body(self, environ: WSGIEnvironment) -> bytes | Answer:
        """The body, or the answer to one that doesn't come as it should. No more is read than may come."""
        length = environ.get("CONTENT_LENGTH")
        if not length and not environ.get("wsgi.input_terminated"):
            # Reading on would wait for ever: this server doesn't say where such a body ends.
            return Answer(411) if environ.get("HTTP_TRANSFER_ENCODING") else b""
        wanted = int(length) if length else self._body_limit + 1
        stream = environ["wsgi.input"]
        read = getattr(stream, "read1", stream.read)  # returns what has come
        body = bytearray()
        latest = time.monotonic() + self._body_timeout
        try:
            while len(body) < wanted and (piece := read(min(wanted - len(body), PIECE))):
                body += piece
                if time.monotonic() > latest:
                    return Answer(408)
        except OSError:
            return Answer(400)
        if len(body) > self._body_limit:
            return Answer(413)
        return Answer(400) if length and len(body) < wanted else bytes(body)

    def close(self, timeout: float = DRAIN_S) -> None:
        """Take no more callbacks and process those that wait. At the end of the process this is done by itself.

        Args:
            timeout: seconds after which those that aren't processed are given up, and logged.
        """
        self._backlog.close(timeout)

    def __enter__(self) -> Self:
        self._backlog.open()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    named = {key[5:]: value for key, value in environ.items() if key.startswith("HTTP_")}
    named |= {key: environ[key] for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(key)}
    return {key.replace("_", "-").lower(): value for key, value in named.items()}
