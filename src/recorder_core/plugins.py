"""Discovery: which providers, emulators and hook plugins are installed, and loading one by its name.

Listing reads the metadata of installed distributions and imports nothing. Loading imports the one that was asked for.
"""

from __future__ import annotations

import difflib
import inspect
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, cast

from recorder_core.configuration import ProviderConfig, ProviderOptions
from recorder_core.errors import ConfigurationError, ProviderNotFound
from recorder_core.provider import PLUGIN_API, Provider

if TYPE_CHECKING:
    from recorder_core.emulation.service import EmulatedService

__all__ = [
    "EMULATORS",
    "HOOKS",
    "PROVIDERS",
    "Installed",
    "check_provider",
    "installed",
    "load_emulator",
    "load_hooks",
    "load_provider",
]

PROVIDERS = "recorder_core.providers"
EMULATORS = "recorder_core.emulators"
HOOKS = "recorder_core.hooks"

RECORDER_KEYWORDS = frozenset({"on_unsupported", "ledger", "budget", "hooks", "deadline", "timeout", "clock"})
"""Keywords that `Recorder` takes for itself, so that no `Config` may have such a field."""


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed plugin, as its distribution's metadata tells; nothing is imported for it.

    Attributes:
        name: the entry point's name.
        target: the object that it names, as `module:attribute`.
        distribution: name of the distribution that brings it.
        version: that distribution's version.
    """

    name: str
    target: str
    distribution: str
    version: str


def installed(group: str = PROVIDERS) -> list[Installed]:
    """What is installed in a group, by name. A name that two distributions claim is listed twice."""
    return sorted((_describe(point) for point in entry_points(group=group)), key=lambda found: found.name)


def _describe(point: EntryPoint) -> Installed:
    distribution = point.dist
    return Installed(
        name=point.name,
        target=point.value,
        distribution=distribution.name if distribution else "an unknown distribution",
        version=distribution.version if distribution else "?",
    )


def load_provider(name: str) -> type[Provider]:
    """The provider class of that name. No other provider is imported.

    Raises:
        ProviderNotFound: none is installed by that name, several are, or the one that is can't be loaded or used.
    """
    found = _load(PROVIDERS, name)
    check_provider(found, name, _origin(PROVIDERS, name))
    return cast("type[Provider]", found)


def check_provider(found: object, name: str | None, origin: str) -> None:
    """Refuse what can't be used as a provider.

    Args:
        found: what is meant to be a provider class.
        name: the name of its entry point; None where it was given whole.
        origin: what it is called in the error.

    Raises:
        ProviderNotFound: it isn't a whole `Provider` class, or was written for another version of the contract.
    """
    problem = None
    if not (inspect.isclass(found) and issubclass(found, Provider)):
        problem = "is no subclass of recorder_core.Provider"
    elif (api := getattr(found, "plugin_api", None)) != PLUGIN_API:
        problem = f"was written for plugin API {api}, this release speaks {PLUGIN_API}"
    elif missing := sorted(found.__abstractmethods__):
        problem = f"lacks {', '.join(missing)}"
    elif not (called := getattr(found, "name", None)) or name not in (called, None):
        problem = f"calls itself {called!r}, which isn't the name of its entry point"
    elif not _is_model(found, "Config", ProviderConfig):
        problem = "has no Config that subclasses ProviderConfig"
    elif not _is_model(found, "Options", ProviderOptions):
        problem = "has no Options that subclasses ProviderOptions"
    elif taken := sorted(RECORDER_KEYWORDS & found.Config.model_fields.keys()):
        problem = f"has Config fields that Recorder takes for itself: {', '.join(taken)}"
    if problem:
        raise ProviderNotFound(
            f"{origin} {problem}", provider=name, hint="Install a version of it that fits this release."
        )


def _is_model(found: type[Provider], attribute: str, base: type) -> bool:
    model = getattr(found, attribute, None)
    return inspect.isclass(model) and issubclass(model, base)


def load_emulator(name: str) -> type[EmulatedService]:
    """The emulator class of that name.

    Raises:
        ProviderNotFound: none is installed by that name, or it can't be loaded.
    """
    return cast("type[EmulatedService]", _load(EMULATORS, name))


def load_hooks() -> list[object]:
    """Every installed hook plugin.

    Raises:
        ConfigurationError: one can't be loaded. It might be a policy, which must not be skipped in silence.
    """
    plugins = []
    for found in installed(HOOKS):
        try:
            plugins.append(_load(HOOKS, found.name))
        except ProviderNotFound as error:
            raise ConfigurationError(
                f"an installed hook plugin can't be used: {error.message}",
                hint="Mend or remove it, or pass `hooks=[...]` to choose the hooks yourself.",
            ) from None
    return plugins


def _load(group: str, name: str) -> Any:
    # Imported where it is used: listing what is installed needs the metadata alone.
    from stevedore.driver import DriverManager
    from stevedore.extension import ignore_conflicts

    what = group.rpartition(".")[2].removesuffix("s")
    found = [plugin for plugin in installed(group) if plugin.name == name]
    if not found:
        names = [plugin.name for plugin in installed(group)]
        near = difflib.get_close_matches(name, names, n=1)
        raise ProviderNotFound(
            f"no {what} named {name!r} is installed; there is {', '.join(names) or 'none'}",
            provider=name,
            hint=f"Did you mean {near[0]!r}?" if near else "Install the distribution that brings it.",
        )
    if len(set(found)) > 1:
        claims = " and ".join(sorted(f"{plugin.distribution} {plugin.version}" for plugin in found))
        raise ProviderNotFound(
            f"the {what} name {name!r} is claimed by {claims}",
            provider=name,
            hint="Uninstall all but one of them.",
        )
    try:
        return DriverManager(group, name, on_load_failure_callback=_reraise, conflict_resolver=ignore_conflicts).driver
    except Exception as error:
        raise ProviderNotFound(
            f"{_origin(group, name)} can't be imported: {type(error).__name__}: {error}",
            provider=name,
            hint="Mend or reinstall that distribution; other providers are not touched by this.",
        ) from error


def _reraise(manager: object, point: EntryPoint, error: BaseException) -> None:
    raise error


def _origin(group: str, name: str) -> str:
    found = next((plugin for plugin in installed(group) if plugin.name == name), None)
    where = f" ({found.target} of {found.distribution} {found.version})" if found else ""
    return f"the {group.rpartition('.')[2].removesuffix('s')} {name!r}{where}"
