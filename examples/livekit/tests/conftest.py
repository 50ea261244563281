"""The emulated service by a clock that stands still, and a recorder for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from recorder_core import Recorder
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.testing import connect, emulate

from asking import ROOM, Caller, Emulated
from recorder_livekit.emulator.service import LivekitEmulator


@pytest.fixture
def emulated() -> Iterator[Emulated]:
    """Emulated services without media, which end with the test."""
    running = []

    def made(**options: Any) -> LivekitEmulator:
        service = emulate("livekit", **{"clock": EmulatorClock(frozen=True), "media": False, **options}).start()
        running.append(service)
        assert isinstance(service, LivekitEmulator)
        return service

    yield made
    for service in running:
        service.close()


@pytest.fixture
def service(emulated: Emulated) -> LivekitEmulator:
    """A service in whose room somebody is."""
    service = emulated()
    service.join(ROOM, "1001")
    return service


@pytest.fixture
def recorder(service: LivekitEmulator) -> Iterator[Recorder]:
    """A recorder for it."""
    with connect(service) as recorder:
        yield recorder


@pytest.fixture
def call(service: LivekitEmulator) -> Caller:
    """Who speaks to the service."""
    return Caller(service)
