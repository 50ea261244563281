"""The emulated service by a clock that stands still, and a recorder for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from recorder_core import Recorder
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.testing import FaultProxy, connect, emulate
from recorder_core.testing.proxy import Fault

from asking import ROOM, Caller, Emulated, Failing, fail
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


@pytest.fixture
def failing(service: LivekitEmulator) -> Iterator[Failing]:
    """A recorder whose start meets faults, in their order; those that are None let a request pass."""
    with FaultProxy(service.base_url) as proxy, connect(service, base_urls=(proxy.base_url,)) as recorder:

        def made(*faults: Fault | None) -> tuple[Recorder, FaultProxy]:
            fail(proxy, *faults)
            return recorder, proxy

        yield made
