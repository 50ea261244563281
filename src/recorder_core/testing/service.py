"""What a test needs of a vendor's service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from recorder_core.emulation.clock import EmulatorClock
from recorder_core.plugins import load_provider
from recorder_core.provider import Provider
from recorder_core.tracebacks import forgetful

__all__ = ["Service", "SkewedClock", "configured", "running"]


class SkewedClock(EmulatorClock):
    """A service's clock, by which another machine's may be off.

    Attributes:
        skew: seconds by which it is ahead of the other.
    """

    def __init__(self, *, frozen: bool = True) -> None:
        super().__init__(frozen=frozen)
        self.skew = 0.0

    def wall(self) -> float:
        """The wall time there."""
        return super().wall() + self.skew


class Service(Protocol):
    """A vendor's service that can be asked what it has done. Every emulated service is one."""

    @property
    def clock(self) -> EmulatorClock:
        """By which recorders wait, and the service too where it is emulated."""
        ...

    @property
    def base_url(self) -> str:
        """Where it answers."""
        ...

    @property
    def recordings(self) -> Sequence[Any]:
        """All recordings that it knows of, each with its `room` and whether it is `running`."""
        ...

    def join(self, room: str, participant: str) -> object:
        """Let somebody be in a room."""
        ...

    def leave(self, room: str, participant: str) -> object:
        """Let somebody leave it."""
        ...


@forgetful
def configured(name: str, service: Any, **config: Any) -> Provider:
    """The installed provider of that name, for a service whose `env` points to it.

    Args:
        name: the provider's.
        service: running.
        config: fields of the provider's `Config`, which win.
    """
    found = load_provider(name)
    return found(found.Config.from_env(service.env, **config))


def running(service: Service, room: str) -> int:
    """How many recordings of a room run."""
    return sum(recording.running and recording.room == room for recording in service.recordings)
