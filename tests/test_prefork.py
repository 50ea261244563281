"""A web server that loads the application before it forks: every worker starts recordings and receives callbacks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

PATIENCE_S = 30
PROGRAM = """
    import json, os
    from recorder_core import Recorder, RecordingSpec, S3, WebhookApp

    STORAGE = S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK")
    recorder = Recorder.from_env("zegocloud")
    callbacks = WebhookApp({"school": recorder})
    recorder.start(RecordingSpec(room="before-the-fork", storage=STORAGE))  # its connection is the parent's

    def app(environ, start_response):
        if environ["PATH_INFO"] != "/start":
            return callbacks(environ, start_response)
        recording = recorder.start(RecordingSpec(room=environ["QUERY_STRING"], storage=STORAGE))
        start_response("200 OK", [("Content-Type", "application/json")])
        state = recorder.status(recording).state
        return [json.dumps({"process": os.getpid(), "recording": recording.id, "state": state}).encode()]
"""


@pytest.fixture
def school(emulated: Any, tmp_path: Path) -> Iterator[tuple[Any, str]]:
    """A vendor's service, and the address of gunicorn with two workers of four threads, which were forked."""
    service = emulated("zegocloud", media=False, rate_limits=False)
    (tmp_path / "school.py").write_text(textwrap.dedent(PROGRAM), encoding="utf-8")
    command = "-m gunicorn --preload --workers 2 --threads 4 --bind 127.0.0.1:0 school:app"
    with subprocess.Popen(
        [sys.executable, *command.split()],
        cwd=tmp_path,
        env={**os.environ, **service.env, "ZEGO_WEBHOOK_MAX_AGE": "86400"},  # the vendor's time is driven
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            line = next(line for line in process.stderr if "Listening at" in line)
            yield service, re.search(r"http://[\d.:]+", line)[0]  # type: ignore[index]
        finally:
            process.terminate()
            assert process.wait(PATIENCE_S) == 0
            assert "Traceback" not in process.stderr.read()


def test_every_worker_starts_and_receives(school: tuple[Any, str]) -> None:
    """Workers share neither connections nor ids, and each answers callbacks; the server ends when it is told to."""
    service, url = school
    service.callbacks.url = f"{url}/school"

    def start(number: int) -> Any:
        return requests.get(f"{url}/start?room-{number}", timeout=PATIENCE_S).json()

    told: list[Any] = []
    with ThreadPoolExecutor(8) as pool:
        while len({one["process"] for one in told}) < 2:
            assert len(told) < 400, "one worker does it all"
            told += pool.map(start, range(len(told), len(told) + 16))
    assert {one["state"] for one in told} == {"starting"}
    assert len({one["recording"] for one in told}) == len(told) == len(service.recordings) - 1
    for number in range(len(told)):
        service.join(f"room-{number}", 1001)
    service.clock.advance(30)
    service.callbacks.wait()
    answers = [delivery.status for delivery in service.callbacks.deliveries]
    assert answers == [200] * len(answers)
    assert len(answers) >= len(told)
