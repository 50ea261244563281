"""pytest fixtures. A project names them once: `pytest_plugins = ["recorder_core.testing.fixtures"]`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from recorder_core import testing
from recorder_core.recorder import Recorder
from recorder_core.testing import connect, emulate

if TYPE_CHECKING:
    from recorder_core.emulation.service import EmulatedService

__all__ = ["connected", "emulated", "no_backoff"]


@pytest.fixture
def emulated() -> Iterator[Callable[..., EmulatedService]]:
    """Start emulated services, as `emulated("name")` with the switches of `emulate`; they end with the test."""
    with ExitStack() as running:
        yield lambda name, **options: running.enter_context(emulate(name, **options))


@pytest.fixture
def connected() -> Iterator[Callable[..., Recorder]]:
    """Recorders for emulated services, as `connected(service)` with the overrides of `connect`; closed at the end."""

    def recorder(service: EmulatedService, **overrides: Any) -> Recorder:
        return running.enter_context(connect(service, **overrides))

    with ExitStack() as running:
        yield recorder


@pytest.fixture
def no_backoff() -> Iterator[None]:
    """For the length of the test no repeat waits, whichever recorder makes it."""
    with testing.no_backoff():
        yield
