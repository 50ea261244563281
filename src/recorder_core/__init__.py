"""One neutral way to record live rooms, whichever vendor runs them.

Everything public is importable from here and is loaded when it is first used: importing this package loads no
provider, no command line, no database and no emulator.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recorder_core.aio import AsyncRecorder as AsyncRecorder
    from recorder_core.awaiting import AsyncCallbacks as AsyncCallbacks
    from recorder_core.awaiting import AsyncFleet as AsyncFleet
    from recorder_core.awaiting import AsyncWorker as AsyncWorker
    from recorder_core.budget import Limit as Limit
    from recorder_core.capability import capabilities as capabilities
    from recorder_core.checks import Check as Check
    from recorder_core.checks import CheckVerdict as CheckVerdict
    from recorder_core.checks import StorageCheck as StorageCheck
    from recorder_core.clock import Clock as Clock
    from recorder_core.clock import SystemClock as SystemClock
    from recorder_core.configuration import ProviderConfig as ProviderConfig
    from recorder_core.configuration import ProviderOptions as ProviderOptions
    from recorder_core.errors import *  # noqa: F403
    from recorder_core.following import Fleet as Fleet
    from recorder_core.following import Worker as Worker
    from recorder_core.geometry import pinned as pinned
    from recorder_core.hooks import HttpExchange as HttpExchange
    from recorder_core.hooks import hookimpl as hookimpl
    from recorder_core.ledger import LedgerEntry as LedgerEntry
    from recorder_core.matrix import CapabilityAnswer as CapabilityAnswer
    from recorder_core.matrix import CapabilityCell as CapabilityCell
    from recorder_core.matrix import CapabilityColumn as CapabilityColumn
    from recorder_core.matrix import CapabilityMatrix as CapabilityMatrix
    from recorder_core.matrix import CapabilityRow as CapabilityRow
    from recorder_core.matrix import CapabilitySection as CapabilitySection
    from recorder_core.models import *  # noqa: F403
    from recorder_core.plan import Finding as Finding
    from recorder_core.plan import Plan as Plan
    from recorder_core.plan import PlannedRequest as PlannedRequest
    from recorder_core.preview import Picture as Picture
    from recorder_core.preview import PlacedClock as PlacedClock
    from recorder_core.preview import PlacedImage as PlacedImage
    from recorder_core.preview import PlacedWindow as PlacedWindow
    from recorder_core.provider import PLUGIN_API as PLUGIN_API
    from recorder_core.provider import Provider as Provider
    from recorder_core.receiving import AsyncWebhookApp as AsyncWebhookApp
    from recorder_core.receiving import WebhookApp as WebhookApp
    from recorder_core.recorder import Recorder as Recorder
    from recorder_core.translation import Translator as Translator

_ROOMS = (
    *("clock", "errors", "models", "hooks", "plan", "geometry", "translation", "configuration", "checks", "budget"),
    *("provider", "recorder", "callbacks", "following", "awaiting", "aio", "receiving", "preview", "capability"),
    "matrix",
    "ledger",
)
"""Where a public name may live, each room's `__all__` says which are its own; what few ask for is looked into last."""


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return _public_names()
    if not name.startswith("_"):
        for room in _ROOMS:
            module = import_module(f"{__name__}.{room}")
            if name in module.__all__:
                value = getattr(module, name)
                globals()[name] = value
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_public_names(), *globals()})


def _public_names() -> list[str]:
    return sorted({name for room in _ROOMS for name in import_module(f"{__name__}.{room}").__all__})
