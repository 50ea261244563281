"""Starts at the emulated vendor that are cut short, and the processes that do it and find out."""

from __future__ import annotations

from typing import Any

from crash_points import CrashError, Process, begun
from recorder_core import Recorder, RecordingSpec, StartOutcomeUnknown
from recorder_zegocloud.config import ZegocloudConfig
from recorder_zegocloud.emulator.service import ZegocloudEmulator
from recorder_zegocloud.provider import ZegocloudProvider

STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
MODES: dict[str, dict[str, Any]] = {
    "composite": {"expected_participants": 4},
    "individual": {"options": {"zegocloud": {"stream_id": "{room}_{participant}"}}},
}
SECRETS = ("SK-1", "AK-1")
SENT, KNOWN = 1, 3
"""Points of a start: StartRecord was answered; its TaskId is noted."""
CERTAIN_S = 121.0
"""After so many seconds a start that was sent is listed, if it was carried out."""


def spec(mode: str = "composite", **changes: Any) -> RecordingSpec:
    return RecordingSpec.load({"room": "lesson-42", "mode": mode, "storage": STORAGE, **MODES[mode], **changes})


def recorder_of(*services: ZegocloudEmulator, **config: Any) -> Recorder:
    """Without discovery, which costs more than all else. Each service is a host of the one vendor."""
    hosts = [service.base_url for service in services]
    known = ZegocloudConfig.from_env(services[0].env, base_urls=hosts, **config)
    return Recorder(ZegocloudProvider(known), clock=services[0].clock, hooks=())


def process(*services: ZegocloudEmulator, durable: str, dies_at: int | None = None) -> Process:
    """A process of its own."""
    return Process(recorder_of(*services), durable, dies_at=dies_at, secrets=SECRETS)


def starting(
    *services: ZegocloudEmulator, asked: RecordingSpec, dies_at: int | None = None, key: str | None = None
) -> Process:
    """The process that starts it, which may die."""
    plan, durable = begun(recorder_of(*services), asked, key)
    found = process(*services, durable=durable, dies_at=dies_at)
    try:
        found.start(plan)
    except (CrashError, StartOutcomeUnknown):
        assert found.durable
    return found


def recovering(
    *services: ZegocloudEmulator, durable: str, asked: RecordingSpec | None, dies_at: int | None = None
) -> Process:
    """The process that recovers it, which may die; its `recovery` is None then."""
    found = process(*services, durable=durable, dies_at=dies_at)
    try:
        found.recover(asked)
    except CrashError:
        assert found.recovery is None
    return found


def tasks(*services: ZegocloudEmulator) -> list[str]:
    """The TaskIds of what runs."""
    return [recording.ids["TaskId"] for service in services for recording in service.recordings if recording.running]
