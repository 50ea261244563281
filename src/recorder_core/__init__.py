"""One neutral way to record live rooms, whichever vendor runs them.

Everything public is importable from here and is loaded when it is first used: importing this package loads no
provider, no command line, no database and no emulator.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recorder_core.clock import Clock as Clock
    from recorder_core.clock import SystemClock as SystemClock
    from recorder_core.errors import *  # noqa: F403
    from recorder_core.hooks import HttpExchange as HttpExchange
    from recorder_core.hooks import hookimpl as hookimpl
    from recorder_core.models import *  # noqa: F403
    from recorder_core.provider import PLUGIN_API as PLUGIN_API
    from recorder_core.provider import Provider as Provider
    from recorder_core.provider import ProviderConfig as ProviderConfig
    from recorder_core.provider import ProviderOptions as ProviderOptions
    from recorder_core.recorder import Recorder as Recorder
    from recorder_core.translation import Finding as Finding
    from recorder_core.translation import Plan as Plan
    from recorder_core.translation import PlannedRequest as PlannedRequest
    from recorder_core.translation import Translator as Translator

_ROOMS = ("recorder", "models", "errors", "provider", "translation", "hooks", "clock")
"""Where a public name may live; each room's `__all__` says which are its own."""


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        for room in _ROOMS:
            module = import_module(f"{__name__}.{room}")
            if name in module.__all__:
                value = getattr(module, name)
                globals()[name] = value
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    names = {name for room in _ROOMS for name in import_module(f"{__name__}.{room}").__all__}
    return sorted(names | set(globals()))
