"""A vendor of no name that tells what happens to its recordings, and somebody who listens."""

import json
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from recorder_core.emulation.callbacks import Render
from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse
from recorder_core.emulation.recording import EmulatedRecording
from recorder_core.emulation.room import Room
from recorder_core.emulation.service import EmulatedService

STARTED, LEFT, UPLOADED, MOVED, ASKED = 1, 2, 3, 4, 5
READY_S, IDLE_S, UPLOAD_S = 3.0, 30.0, 2.0


@dataclass(eq=False)
class Lesson:
    """A recording: ready after 3 s, over when nobody was there for 30 s, uploaded 2 s later."""

    service: "TellingService"
    number: int
    room: Room
    started_at: float
    url: str | None = None
    happened: dict[int, float] = field(default_factory=dict)
    sequence: int = 0
    settled: int = 0

    @property
    def over(self) -> bool:
        return UPLOADED in self.happened

    def settle(self, now: float) -> None:
        self.settled += 1
        for event, at in self._coming():
            if at <= now:
                self.tell(at, event)

    def next_due(self, now: float) -> float | None:
        return min((at for _, at in self._coming() if at > now), default=None)

    def _coming(self) -> list[tuple[int, float]]:
        """What hasn't happened yet, and when it will if nobody comes or goes."""
        coming = [(STARTED, self.started_at + READY_S)]
        end = self.happened.get(LEFT) or self.room.empty_for(IDLE_S, since=self.started_at, until=math.inf)
        if end is not None:
            coming += [(LEFT, end), (UPLOADED, end + UPLOAD_S)]
        return [(event, at) for event, at in coming if event not in self.happened]

    def tell(self, at: float, event: int) -> None:
        """What happens once is remembered."""
        if event in (STARTED, LEFT, UPLOADED):
            self.happened[event] = at
        told = {"recording": self.number, "event": event, "sequence": self.sequence, "secretKey": "s3cr3t"}
        self.sequence += 1
        self.service.callbacks.emit(at, self.url, rendering(told, ""), event=event, double=rendering(told, "double"))


def rendering(told: dict[str, Any], copy: str) -> Render:
    """Makes the deliveries of one notification, each with its instant and number."""

    def render(now: float, delivery: int) -> tuple[dict[str, str], bytes]:
        body = {**told, "notice": f"{told['recording']}/{told['sequence']}{copy}", "sent": now, "delivery": delivery}
        return {"Content-Type": "application/json", "X-Signed": "yes"}, json.dumps(body).encode()

    return render


class TellingService(EmulatedService):
    """Lessons, each from `POST /start` on; `POST /ask` tells of itself at once."""

    name = "telling"
    operations = frozenset({"start", "ask", "status"})
    secret_names = frozenset({"secretKey"})
    callback_events = frozenset({STARTED, LEFT, UPLOADED, MOVED, ASKED})
    callback_retries = (0.0, 5.0)

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"media": False, **options})
        self.lessons: list[Lesson] = []

    @property
    def env(self) -> dict[str, str]:
        return {"TELLING_BASE_URLS": self.base_url}

    def operation(self, request: EmulatedRequest) -> str:
        return request.segments[0]

    def handle(self, request: EmulatedRequest) -> EmulatedResponse:
        if request.segments[0] == "start":
            asked = request.json()
            lesson = Lesson(self, len(self.lessons), self.room(asked["room"]), self.clock.time(), url=asked.get("url"))
            if lesson.url:
                self.callbacks.begin()
            self.lessons.append(lesson)
            self.watch(lesson, lesson.room.name)
        if request.segments[0] == "ask":
            self.lessons[-1].tell(self.clock.time(), ASKED)
        return EmulatedResponse(200, {"lessons": len(self.lessons)})

    def rate_limited(self) -> EmulatedResponse:
        return EmulatedResponse(429)

    def emulated_recordings(self) -> list[EmulatedRecording]:
        return [
            EmulatedRecording(
                ids={"number": str(lesson.number)},
                room=lesson.room.name,
                running=LEFT not in lesson.happened,
                started_at=lesson.started_at,
                ended_at=lesson.happened.get(LEFT),
            )
            for lesson in self.lessons
        ]

    def lose_server(self, room: str, now: float, outage: float) -> None:
        for lesson in self.lessons:
            if lesson.room.name == room:
                lesson.tell(now + outage, MOVED)


@dataclass
class Received:
    """One request of a receiver."""

    path: str
    headers: dict[str, str]
    body: Any
    at: float | None
    raw: bytes


class Receiver:
    """A real HTTP server that keeps what it is told. `answers` are its next statuses, then 200."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        self.clock: Any = None
        self.then: Callable[[Received], None] = lambda _received: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                at = outer.clock.time() if outer.clock else None
                received = Received(self.path, dict(self.headers.items()), json.loads(raw), at, raw)
                outer.received.append(received)
                status = outer.answers.pop(0) if outer.answers else 200
                outer.then(received)
                self.send_response(status)
                if status // 100 == 3:
                    self.send_header("Location", f"{outer.url}elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    @property
    def events(self) -> list[tuple[Any, ...]]:
        """Notice, event, instant of receipt, and the delivery's number, of each request."""
        return [(got.body["notice"], got.body["event"], got.at, got.body["delivery"]) for got in self.received]
