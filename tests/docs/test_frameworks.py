"""The examples for web frameworks, run as their pages say: their own servers, real callbacks.

The files of a page are written down, its command is started on a free port, and both vendors' callbacks are sent to it:
some signed here by hand, and those of a whole recording by the vendors' emulators.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import queue
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from test_snippets import Block, blocks

from recorder_core import S3, Recording, RecordingSpec
from recorder_core.emulation.service import EmulatedService
from recorder_core.plugins import load_provider
from recorder_core.testing import connect, emulate

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = ("callbacks-in-fastapi", "callbacks-in-django", "callbacks-in-flask")
SECRETS = {"agora": "notification-secret-of-agora", "zegocloud": "callback-secret-of-zegocloud"}
LISTENING = re.compile(r"(?:Listening at:|running on) http://127\.0\.0\.1:(\d+)")
PATIENCE_S = 60.0
AGE_S = "86400"
"""The largest that is accepted: the emulators' time is driven, the servers' isn't."""


# --- callbacks, signed by hand -----------------------------------------------------------------------------


def from_agora(event: int, number: int = 1, secret: str = SECRETS["agora"]) -> tuple[dict[str, str], bytes]:
    """Headers and body of a notification: an HMAC-SHA256 over the body, in a header."""
    payload = {"cname": "by-hand", "uid": "900001", "sid": "5" * 32, "sequence": number, "sendts": 1, "serviceType": 1}
    details = {"msgName": "any", "status": 0}
    notice = {"noticeId": f"n-{number}", "productId": 3, "eventType": event, "notifyMs": round(time.time() * 1000)}
    body = json.dumps({**notice, "payload": {**payload, "details": details}}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "Agora-Signature-V2": signature}, body


def from_zegocloud(
    app_id: int, event: int, number: int = 1, secret: str = SECRETS["zegocloud"]
) -> tuple[dict[str, str], bytes]:
    """Headers and body of a notification: a SHA-1 over secret, time and nonce in the order of texts, in the body."""
    stamp, nonce = str(round(time.time())), f"{number:06}"
    signature = hashlib.sha1("".join(sorted([secret, stamp, nonce])).encode()).hexdigest()
    told = {"app_id": app_id, "task_id": "taskOfTheTests01", "room_id": "by-hand", "event_type": event, "message": ""}
    signed = {"nonce": nonce, "timestamp": stamp, "signature": signature, "sequence": number, "detail": {}}
    return {"Content-Type": "application/json"}, json.dumps({**told, **signed}).encode()


# --- programs ----------------------------------------------------------------------------------------------


@dataclass
class Program:
    """An example that is served."""

    port: int
    process: subprocess.Popen[str]
    printed: queue.Queue[str | None]

    def post(self, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def line(self, pattern: str) -> str:
        """The next line that it prints and that fits; those before it are dropped."""
        seen: list[str] = []
        while (line := self.printed.get(timeout=PATIENCE_S)) is not None:
            seen.append(line)
            if re.search(pattern, line):
                return line
        raise AssertionError(f"it ended without {pattern!r}:\n" + "".join(seen))

    def end(self) -> list[str]:
        """The lines that it prints until it has ended, told to as a server manager does."""
        self.process.send_signal(signal.SIGTERM)
        return list(iter(lambda: self.printed.get(timeout=PATIENCE_S), None))


@contextmanager
def served(command: Sequence[str], folder: Path, env: dict[str, str]) -> Iterator[Program]:
    """Run a server until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        # Unbuffered, each word would be a write of its own, and those of two workers would mix.
        env={**os.environ, "PYTHONUNBUFFERED": "", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            printed.put(line)
        printed.put(None)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        program = Program(0, process, printed)
        found = LISTENING.search(program.line(LISTENING.pattern))
        assert found is not None
        program.port = int(found[1])
        yield program
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            reader.join()
            assert process.stdout is not None
            process.stdout.close()


def parts(page: str) -> tuple[list[Block], list[Block]]:
    """The page's blocks for the ready-made application, and for a handler of one's own."""
    path = HOW_TO / f"{page}.md"
    lines = path.read_text(encoding="utf-8").splitlines()
    own = next(number for number, line in enumerate(lines, start=1) if re.match(r"## In a .* of your own", line))
    found = blocks(path)
    return [block for block in found if block.line < own], [block for block in found if block.line > own]


def written(found: Sequence[Block], folder: Path, change: Callable[[str], str] = str) -> None:
    """Write the files of a page."""
    for block in found:
        if block.title:
            path = folder / block.title
            path.parent.mkdir(exist_ok=True)
            path.write_text(change(block.text), encoding="utf-8")


def command_of(page: str) -> list[str]:
    """The command with which the page's server is started, on any free port."""
    (shell,) = (block for block in parts(page)[0] if block.language == "sh")
    words = shlex.split(shell.text.splitlines()[-1])
    if words[0] == "uvicorn":
        words[words.index("--port") + 1] = "0"
        return words
    return [*words, "--bind", "127.0.0.1:0"]


@contextmanager
def example(
    page: str, folder: Path, *options: str, own_handler: bool = False, change: Callable[[str], str] = str
) -> Iterator[tuple[Program, dict[str, EmulatedService]]]:
    """A page's example, served beside both vendors' emulators."""
    if page == "callbacks-in-django":
        start = [sys.executable, "-m", "django", "startproject", "school", "."]
        subprocess.run(start, cwd=folder, check=True)
    written(parts(page)[own_handler], folder, change)
    command = [word.replace("app:app", "handler:app") if own_handler else word for word in command_of(page)]
    env = {"S3_ACCESS_KEY": "AK", "S3_SECRET_KEY": "SK"}
    with ExitStack() as running:
        services = {}
        for name, secret in SECRETS.items():
            service = emulate(name, media=False, rate_limits=False, webhook_secret=secret)
            services[name] = running.enter_context(service)
            env |= {**service.env, load_provider(name).Config.env_name("webhook_max_age"): AGE_S}
        yield running.enter_context(served([*command, *options], folder, env)), services


@pytest.fixture(
    scope="module",
    params=[(page, own_handler) for page in PAGES for own_handler in (False, True)],
    ids=lambda param: f"{param[0]}-{'own' if param[1] else 'mounted'}",
)
def served_example(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Program, dict[str, EmulatedService], bool]]:
    """Each example, the emulators beside it, and whether it has a handler of its own."""
    page, own_handler = request.param
    with example(page, tmp_path_factory.mktemp("example"), own_handler=own_handler) as (program, services):
        yield program, services, own_handler


# --- tests -------------------------------------------------------------------------------------------------


def test_an_example_receives_what_is_true(served_example: Any) -> None:
    """Callbacks of both vendors, signed by hand, are answered 200 with JSON and told once; forged ones aren't."""
    program, services, _ = served_example
    app_id = int(services["zegocloud"].env["ZEGO_APP_ID"])
    status, body = program.post("/callbacks/agora", *from_agora(40))
    assert (status, json.loads(body)) == (200, {})
    assert program.line("^agora ").split() == ["agora", "by-hand", "started", "starting"]
    assert program.post("/callbacks/zegocloud", *from_zegocloud(app_id, 201))[0] == 200
    assert program.line("^zegocloud ").split() == ["zegocloud", "by-hand", "paused", "paused"]
    assert program.post("/callbacks/zegocloud", *from_zegocloud(app_id, 201))[0] == 200  # a repeat
    assert program.post("/callbacks/agora", *from_agora(40, 2, secret="guessed"))[0] == 403
    assert program.post("/callbacks/zegocloud", *from_zegocloud(app_id, 202, 2, secret="guessed"))[0] == 403
    assert program.post("/callbacks/zegocloud", *from_agora(40, 3))[0] == 400
    assert program.post("/callbacks/other", *from_agora(40, 4))[0] == 404
    assert program.post("/callbacks/zegocloud", *from_zegocloud(app_id, 202, 3))[0] == 200
    assert program.line("^(agora|zegocloud) ").split() == ["zegocloud", "by-hand", "resumed", "recording"]


@pytest.mark.parametrize("vendor", list(SECRETS))
def test_an_example_hears_a_recording_from_its_vendor(served_example: Any, vendor: str) -> None:
    """The emulator sends what its vendor would, from the beginning to the files; the mounted one confirms the end."""
    program, services, own_handler = served_example
    service = services[vendor]
    service.callbacks.url = f"http://127.0.0.1:{program.port}/callbacks/{vendor}"
    service.join("lesson-42", "1001")
    with connect(service) as recorder:
        if own_handler:
            storage = S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK")
            recording = recorder.start(RecordingSpec(room="lesson-42", storage=storage))
        else:
            status, body = program.post(f"/lessons/lesson-42?vendor={vendor}", {})
            assert status == 200, body
            recording = Recording.model_validate_json(body)
        service.clock.advance(600)
        recorder.stop(recording)
        service.clock.advance(60)
    assert program.line(rf"^{vendor} lesson-42 uploaded").split()[-1] == "completed"
    accepted = [delivery.accepted for delivery in service.callbacks.deliveries]
    assert accepted
    assert all(accepted)


@pytest.mark.parametrize("page", PAGES)
def test_what_was_answered_is_processed_when_the_server_ends(page: str, tmp_path: Path) -> None:
    """A server that is told to stop finishes first, however slow the application is."""
    pause = 'await __import__("asyncio").sleep(0.05)' if "fastapi" in page else '__import__("time").sleep(0.05)'

    def slower(code: str) -> str:
        return code.replace("    print(", f"    {pause}\n    print(")

    with example(page, tmp_path, change=slower) as (program, _):
        for number in range(10):
            assert program.post("/callbacks/agora", *from_agora(40, number))[0] == 200
        told = [line for line in program.end() if line.startswith("agora ")]
    assert len(told) == 10


def test_workers_that_were_forked_process_their_own(tmp_path: Path) -> None:
    """A server that loads the application before it forks serves with every worker, and each event is told once."""
    with example("callbacks-in-flask", tmp_path, "--preload", "--workers", "2") as (program, _):
        for number in range(20):
            assert program.post("/callbacks/agora", *from_agora(40, number))[0] == 200
        told = [line for line in program.end() if "agora by-hand started" in line]
    assert len(told) == 20
