"""The vendor of the third provider, on loopback."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

KEY = "press-key-of-the-test"


class Press:
    """Paper Press: tapes by number; `requests` lists what was asked, `out_of_ink` answers 503 so many times."""

    def __init__(self) -> None:
        self.tapes: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.out_of_ink = 0
        press = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                """Answer any request."""
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
                press.requests.append((self.command, self.path, body))
                status, tree = press.handle(self.command, self.path, body, self.headers.get("Authorization"))
                data = json.dumps(tree).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.send_header("X-Request-Id", f"request-{len(press.requests)}")
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - names of the standard library

            def log_message(self, format: str, *args: Any) -> None:
                """Write nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def handle(self, method: str, path: str, body: Any, authorization: str | None) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer."""
        if authorization != f"Bearer {KEY}":
            return 401, {"code": "who", "message": "who are you?"}
        if self.out_of_ink:
            self.out_of_ink -= 1
            return 503, {"code": "ink", "message": "no ink"}
        steps = path.strip("/").split("/")
        if method == "POST":
            number = f"tape {len(self.tapes) + 1}/A"
            self.tapes[number] = {"state": "running", "files": [], **body}
            return 201, {"tape": number}
        tape = self.tapes.get(steps[2].replace("%20", " ").replace("%2F", "/"))
        if tape is None:
            return 404, {"code": "no_tape", "message": "no such tape"}
        if method == "PUT":
            tape.update(body)
        elif method == "DELETE":
            tape.update(state="done", files=[f"{tape['reference']}.mp4"])
        return 200, {"state": tape["state"], "files": tape["files"]}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
