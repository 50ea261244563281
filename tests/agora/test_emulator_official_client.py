"""The vendor's own client library against the emulated vendor."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def test_official_python_client(service: Any) -> None:
    """`agora_rest_client` 0.2.0 goes through acquire, start, query, update, updateLayout and stop."""
    service.join("lesson-204", "11")
    done = subprocess.run(
        [
            sys.executable,
            Path(__file__).with_name("official_client.py"),
            service.base_url,
            service.app_id,
            service.customer_id,
            service.customer_secret,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    sid = seen["sid"]
    assert (seen["ready"], seen["updated"], seen["laid_out"], seen["recording"]) == (4, sid, sid, 5)
    assert seen["stopped"]["uploadingStatus"] == "uploaded"
    assert [file["fileName"] for file in seen["stopped"]["fileList"]] == [
        f"school/{sid}_lesson-204_0.mp4",
        f"school/{sid}_lesson-204.m3u8",
    ]
    assert service.journal.operations() == [
        "acquire",
        "start",
        "query",
        "update",
        "updateLayout",
        "query",
        "stop",
    ]
    assert {entry.status for entry in service.journal} == {200}
