"""A program that makes everything that there is, closes nothing, and ends in the way that it is told.

It is loaded once, with an empty ledger at the address that is its argument: every end is that of a child forked from
it. A line of JSON on stdin names the way, the environment and the file that the child writes to; the answer is the
child's exit code on a line.
"""

from __future__ import annotations

import asyncio
import gc
import hmac
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from hasty import HastyClock
from recorder_core import S3, AsyncRecorder, Recorder, RecordingSpec, WebhookApp
from recorder_core.ledger import open_ledger
from recorder_core.plugins import PROVIDERS, installed, load_provider
from recorder_core.receiving import AsyncWebhookApp

STORAGE = S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK")
kept: list[Any] = []


def spec(room: str) -> RecordingSpec:
    return RecordingSpec(room=f"{room}-{os.getpid()}", storage=STORAGE)


def shared() -> dict[str, str]:
    """What recorders share with other processes."""
    return {"ledger": os.environ["LEDGER"], "budget": os.environ["BUDGET"]}


def told(app: WebhookApp, now: float) -> list[str]:
    """The status with which a callback is answered; what follows is done by a thread."""
    payload = {"cname": "lesson", "uid": "1", "sid": "5" * 32, "sequence": 1, "details": {"msgName": "any"}}
    notice = {"noticeId": "n", "productId": 3, "eventType": 40, "notifyMs": round(now * 1000)}
    body = json.dumps({**notice, "payload": payload}).encode()
    statuses: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/agora",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AGORA_SIGNATURE_V2": hmac.digest(os.environ["AGORA_WEBHOOK_SECRET"].encode(), body, "sha256").hex(),
        "wsgi.input": io.BytesIO(body),
    }
    app(environ, lambda status, headers: statuses.append(status))  # type: ignore[arg-type, return-value]
    return statuses


def everything() -> None:
    """A recorder in the midst of its work, with all that has threads or connections."""
    clock = HastyClock()
    recorder = Recorder.from_env("agora", hooks=[], clock=clock, **shared())
    recording = recorder.start(spec("lesson"))
    fleet, app, following = recorder.fleet([recording]), WebhookApp({"agora": recorder}), recorder.follow(recording)
    worker = recorder.worker(workers=2)
    worker.__enter__()
    assert told(app, clock.time()) == ["200 OK"]
    next(following)
    fleet.take()
    kept.extend((recorder, fleet, app, following, worker))


async def asynchronously() -> None:
    """Leave an event loop while tasks of it wait, follow, and start."""
    asyncio.get_running_loop().slow_callback_duration = 60  # what is slow on a busy machine is nobody's mistake
    recorder = AsyncRecorder.from_env("zegocloud", hooks=[], clock=HastyClock(), **shared())
    recording = await recorder.start(spec("lesson"))
    fleet = recorder.fleet([recording])
    work = [recorder.wait_for_files(recording), fleet.take(), recorder.start(spec("another"))]
    kept.extend((recorder, fleet, AsyncWebhookApp({"zegocloud": recorder}), *map(asyncio.create_task, work)))
    await asyncio.sleep(0.05)


def fail() -> None:
    raise LookupError("on purpose")


def collect() -> None:
    kept.clear()
    gc.collect()


def close() -> None:
    for thing in reversed(kept):
        thing.close()


def killed_by(number: signal.Signals) -> Callable[[], None]:
    def end() -> None:
        os.kill(os.getpid(), number)
        time.sleep(60)

    return end


WAYS: Mapping[str, Callable[[], object]] = {
    "closed": close,
    "left": lambda: None,
    "collected": collect,
    "exception": fail,
    "exit": lambda: sys.exit(3),
    "SIGTERM": killed_by(signal.SIGTERM),
    "SIGINT": killed_by(signal.SIGINT),
    "asyncio": lambda: asyncio.run(asynchronously()),
}


def begun(task: Mapping[str, Any]) -> bool:
    """Whether this is the child that is to end in this way; in the parent it has ended."""
    child = os.fork()
    if child:
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()
        return False
    os.environ.update(task["env"])
    output = os.open(task["output"], os.O_WRONLY | os.O_CREAT)
    for number in (1, 2):
        os.dup2(output, number)
    os.close(output)
    return True


for found in installed(PROVIDERS):
    load_provider(found.name)
empty = open_ledger(sys.argv[1], provider=None, account=None, clock=HastyClock())
empty.entries()
empty.close()
sys.stdout.write("ready\n")
sys.stdout.flush()
for line in sys.stdin:
    if begun(todo := json.loads(line)):
        break
else:
    sys.exit()
everything()
WAYS[todo["way"]]()
