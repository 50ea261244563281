"""Starts at the emulated vendor that are cut short, and the processes that do it and find out."""

from __future__ import annotations

import itertools
from typing import Any

from crash_points import CrashError, Process, begun
from recorder_agora.config import AgoraConfig
from recorder_agora.emulator.service import AgoraEmulator
from recorder_agora.provider import AgoraProvider
from recorder_core import Recorder, RecordingSpec, StartOutcomeUnknown

STORAGE = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"}
MODES: dict[str, dict[str, Any]] = {
    "composite": {"expected_participants": 4},
    "individual": {"output": {"snapshots": {"interval": 10}}, "storage": {**STORAGE, "object_tag": "lesson=42"}},
    "web": {
        "web_page": {"url": "https://e.com/lesson"},
        "max_duration": 7200,
        "push_urls": ["rtmp://e.com/live/push-secret"],
    },
}
SECRETS = ("SK-1", "AK-1", "token-secret", "push-secret")
TOO_LATE_S = 301.0
"""After so many seconds a resource id serves no start any more."""
BEFORE, SENT, KNOWN = 4, 5, 7
"""Points of a start: its resource id is noted, and start isn't sent; it was answered; its sid is noted."""


def spec(mode: str = "composite", **changes: Any) -> RecordingSpec:
    return RecordingSpec.load({"room": "lesson-42", "mode": mode, "storage": STORAGE, **MODES[mode], **changes})


def process(service: AgoraEmulator, durable: str, dies_at: int | None = None) -> Process:
    """A process of its own, with a factory that never makes the same token twice."""
    return Process(recorder_of(service), durable, dies_at=dies_at, secrets=SECRETS)


def recorder_of(service: AgoraEmulator, **config: Any) -> Recorder:
    """Without discovery, which costs more than all else; its factory never makes the same token twice."""
    tokens = (f"token-secret-{len(service.journal)}-{number}" for number in itertools.count())
    known = AgoraConfig.from_env(service.env, token_factory=lambda room, uid: next(tokens), **config)
    return Recorder(AgoraProvider(known), clock=service.clock, hooks=())


def starting(
    service: AgoraEmulator, asked: RecordingSpec, dies_at: int | None = None, key: str | None = None
) -> Process:
    """The process that starts it, which may die."""
    plan, durable = begun(recorder_of(service), asked, key)
    found = process(service, durable, dies_at)
    try:
        found.start(plan)
    except (CrashError, StartOutcomeUnknown):
        assert found.durable
    return found


def recovering(
    service: AgoraEmulator, durable: str, asked: RecordingSpec | None, dies_at: int | None = None
) -> Process:
    """The process that recovers it, which may die; its `recovery` is None then."""
    found = process(service, durable, dies_at)
    try:
        found.recover(asked)
    except CrashError:
        assert found.recovery is None
    return found


def sids(service: AgoraEmulator) -> list[str]:
    return [recording.ids["sid"] for recording in service.recordings if recording.running]
