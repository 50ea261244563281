"""Many threads on one service, through one recorder."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from recorder_core import S3, RecordingSpec

THREADS = 16
ROUNDS = 6


@pytest.mark.parametrize("vendor", ["agora", "zegocloud"])
def test_threads_record_side_by_side(emulated: Any, connected: Any, vendor: str) -> None:
    """No thread's waits use up another's deadline, and calls beyond the vendor's limit are repeated until they pass."""
    service = emulated(vendor, media=False)
    recorder = connected(service)
    storage = S3(bucket="lessons", region="eu-west-1", access_key="AK", secret_key="SK")

    def record(room: str) -> tuple[str, str]:
        service.join(room, 1001)
        recording = recorder.start(RecordingSpec(room=room, storage=storage))
        return str(recorder.wait(recording).state), str(recorder.stop(recording).state)

    with ThreadPoolExecutor(THREADS) as pool:
        states = list(pool.map(record, [f"lesson-{number}" for number in range(THREADS * ROUNDS)]))
    assert states == [("recording", "completed")] * (THREADS * ROUNDS)
    assert len(service.recordings) == THREADS * ROUNDS
