"""For tests of applications and of providers: the vendors' services, emulated on loopback, and what goes wrong.

| module | holds |
| --- | --- |
| `fixtures` | pytest fixtures |
| `proxy` | `FaultProxy`, which stands before a service, and `Unreachable` |
| `faults` | what it can be told to do |
| `service` | what a test needs of a vendor's service |
| `watching` | what a provider sends, and what it must not show |
| `battery` | every fault, met by every call of every operation |
| `conformance` | the contract as tests that a provider inherits |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder_core.plugins import load_emulator, load_provider
from recorder_core.recorder import Recorder
from recorder_core.testing.proxy import FaultProxy, Unreachable
from recorder_core.testing.service import configured
from recorder_core.tracebacks import forgetful
from recorder_core.transport.backoff import no_backoff

if TYPE_CHECKING:
    from recorder_core.emulation.service import EmulatedService

__all__ = ["FaultProxy", "Unreachable", "connect", "emulate", "no_backoff"]


def emulate(name: str, **options: Any) -> EmulatedService:
    """The emulated service of a vendor, to be entered with `with`.

    Args:
        name: the name of an installed emulator, such as a provider's.
        options: switches of that emulator; every one takes `clock`, `bucket`, `media`, `media_limit`, `port`,
            `strict`, `rate_limits`, `callback_url` and others, see `recorder_core.emulation.service.EmulatedService`.

    Raises:
        ProviderNotFound: no emulator of that name is installed, or it can't be loaded.
    """
    return load_emulator(name)(**options)


@forgetful
def connect(service: EmulatedService, **overrides: Any) -> Recorder:
    """A recorder for an emulated service: its credentials and address, and its clock, so that no wait takes time.

    Args:
        service: a running service.
        overrides: keywords of `Recorder` and of the provider's `Config`, which win. No installed hooks run unless
            `hooks` names them.
    """
    fields = load_provider(service.name).Config.model_fields.keys()
    config = {key: overrides.pop(key) for key in fields & overrides.keys()}
    provider = configured(service.name, service, **config)
    return Recorder(provider, **{"clock": service.clock, "hooks": (), **overrides})
