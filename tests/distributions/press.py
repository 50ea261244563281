"""The vendor of the third provider, on loopback."""

from __future__ import annotations

import hmac
import json
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "press-key-of-the-test"
SECRET = "press-secret-of-the-test"


LONGEST_LINK_S = 600


def signed(name: str, until: int) -> str:
    """The signature of an address."""
    return hmac.digest(SECRET.encode(), f"{name} {until}".encode(), "sha256").hex()


class Press:
    """Paper Press: tapes by number, which may be paused; `requests` lists what was asked, `out_of_ink` answers 503 so
    many times, and `hangs_up` so many times once it has done what was asked.

    Tapes without a bucket it keeps itself: it gives signed addresses of their files, good for ten minutes at most, and
    deletes them when asked.

    `is_closed` answers 402 to every call. `moves` so many tapes to another press, just after their layout was changed:
    they go on with their first one. `told` has the status with which each callback was answered. Those of tapes that
    name no address go to `tells`.
    """

    def __init__(self) -> None:
        self.tapes: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.out_of_ink = 0
        self.hangs_up = 0
        self.moves = 0
        self.is_closed = False
        self.told: list[int] = []
        self.tells: str | None = None
        press = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                """Answer any request."""
                if self.path.startswith("/kept/"):
                    self.hand_out(press.kept(self.path))
                    return
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
                press.requests.append((self.command, self.path, body))
                status, tree = press.handle(self.command, self.path, body, self.headers.get("Authorization"))
                if press.hangs_up:
                    press.hangs_up -= 1
                    self.close_connection = True
                    return
                data = json.dumps(tree).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.send_header("X-Request-Id", f"request-{len(press.requests)}")
                self.end_headers()
                self.wfile.write(data)

            def hand_out(self, content: bytes | None) -> None:
                """Answer whoever has an address."""
                self.send_response(403 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

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
        if self.is_closed:
            return 402, {"code": "unpaid", "message": "no paper"}
        steps = path.strip("/").split("/")
        if steps == ["v1", "account"]:
            return 200, {"paper": 7, "callbacks_from": ["192.0.2.7"]}
        if steps[1].startswith("tapes?reference="):
            wanted = steps[1].partition("=")[2]
            return 200, {"tapes": [number for number, tape in self.tapes.items() if tape["reference"] == wanted]}
        if method == "POST" and steps == ["v1", "tapes"]:
            again = [number for number, tape in self.tapes.items() if tape["reference"] == body["reference"]]
            if again:
                return 200, {"tape": again[0]}
            number = f"tape {len(self.tapes) + 1}/A"
            self.tapes[number] = {"state": "running", "files": [], **body}
            return 201, {"tape": number}
        number = unquote(steps[2])
        tape = self.tapes.get(number)
        if tape is None:
            return 404, {"code": "no_tape", "message": "no such tape"}
        if steps[3:] == ["link"]:
            return self._link(tape, body)
        if steps[3:] == ["files"]:
            tape["deleted"] = True
            return 200, _told(tape)
        if method == "PUT" and tape["state"] == "done":
            return 409, {"code": "done", "message": "the tape is full"}
        if method == "PUT" and self.moves and "state" not in body:
            self.moves -= 1
        elif method == "PUT":
            tape.update(body)
        elif method == "DELETE":
            tape.update(state="done", files=[f"{tape['reference']}.mp4"])
            self._tell(number, tape)
        return 200, _told(tape)

    def _link(self, tape: dict[str, Any], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """An address of a file of a tape."""
        name = body["file"]
        if name not in tape["files"] or tape.get("deleted"):
            return 404, {"code": "no_file", "message": "no such file"}
        until = int(time.time() + min(body["seconds"], LONGEST_LINK_S))
        return 200, {
            "url": f"{self.base_url}/kept/{name}?until={until}&signature={signed(name, until)}",
            "until": until,
        }

    def kept(self, path: str) -> bytes | None:
        """The content of a file that the press keeps, for whoever has its address; None: it isn't a good one."""
        address = urlsplit(path)
        name, query = unquote(address.path.removeprefix("/kept/")), parse_qs(address.query)
        until, signature = int(query["until"][0]), query["signature"][0]
        is_there = any(name in tape["files"] and not tape.get("deleted") for tape in self.tapes.values())
        is_good = hmac.compare_digest(signature, signed(name, until)) and time.time() <= until
        return f"what was said in {name}".encode() if is_there and is_good else None

    def _tell(self, number: str, tape: dict[str, Any]) -> None:
        """Send the callback of the end, where there is an address for it."""
        address = tape.get("tell", self.tells)
        if address is None:
            return
        told = {"tape": number, "happened": "done", "number": 1, "at": time.time(), "files": tape["files"]}
        told["reference"] = tape["reference"]
        body = json.dumps(told).encode()
        headers = {"Press-Signature": hmac.digest(SECRET.encode(), body, "sha256").hex()}
        with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=20) as answer:
            self.told.append(answer.status)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _told(tape: dict[str, Any]) -> dict[str, Any]:
    """What is told of a tape."""
    return {name: tape[name] for name in ("state", "files", "name", "deleted") if name in tape}
