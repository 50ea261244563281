"""Whatever spec is asked for, in whichever mode: it is refused by its paths, or the strict service takes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings

from agora.any_spec import asked
from recorder_core import InvalidSpec, Recorder, Recording, RecordingSpec, UnsupportedFeature
from recorder_core.testing import connect, emulate


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    """A recorder that drops what may be dropped, at a service that checks strictly."""
    with (
        emulate("agora", media=False, rate_limits=False, concurrent=10**6, concurrent_pages=10**6) as service,
        connect(service, on_unsupported="warn") as made,
    ):
        yield made


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(fields=asked)
def test_the_strict_service_takes_what_is_sent(recorder: Recorder, fields: dict[str, Any]) -> None:
    """acquire, start and stop: no refusal but our own, before anything is sent."""
    recording, refused_by = attempt(recorder, fields)
    assert refused_by is None
    if recording is not None:
        event(f"taken: {recording.mode}")
        recorder.stop(recording, wait=False)


def attempt(recorder: Recorder, fields: dict[str, Any]) -> tuple[Recording | None, int | str | None]:
    """The recording, or None where it is refused here; and the code by which the vendor refused it."""
    options = {"agora": fields["options"]} if "options" in fields else {}
    try:
        return recorder.start(RecordingSpec.load({**fields, "options": options})), None
    except (InvalidSpec, UnsupportedFeature) as refusal:
        return None, refusal.vendor_code
