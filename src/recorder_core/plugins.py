"""Discovery: which providers, emulators and hook plugins are installed, and loading one by its name.

Listing reads the metadata of installed distributions and imports nothing. Loading imports the one that was asked for.
The environment variable `RECORDER_PLUGINS` limits which may be loaded.
"""

from __future__ import annotations

import difflib
import inspect
import logging
import os
import re
from dataclasses import dataclass
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import TYPE_CHECKING, Any, cast

from recorder_core.configuration import ProviderConfig, ProviderOptions
from recorder_core.errors import ConfigurationError, ProviderNotFound
from recorder_core.hooks import Interception
from recorder_core.provider import PLUGIN_API, Provider
from recorder_core.webhooks import plain

if TYPE_CHECKING:
    from recorder_core.emulation.service import EmulatedService

__all__ = [
    "ALLOWED",
    "EMULATORS",
    "HOOKS",
    "OLDEST_PLUGIN_API",
    "PROVIDERS",
    "Installed",
    "check_provider",
    "installed",
    "load_emulator",
    "load_hook",
    "load_hooks",
    "load_provider",
    "not_allowed",
]

PROVIDERS = "recorder_core.providers"
EMULATORS = "recorder_core.emulators"
HOOKS = "recorder_core.hooks"

ALLOWED = "RECORDER_PLUGINS"
"""The environment variable that names the distributions whose plugins may be loaded, comma-separated, each whole
(`recorder-core`) or one plugin of it (`recorder-core:name`). Unset: all. Empty: none.

It goes by distributions, for a plugin may call itself anything: what is installed under which name is the operator's to
decide."""

OLDEST_PLUGIN_API = 1
"""The oldest version of the contract that this release still speaks; `PLUGIN_API` is the newest."""

RECORDER_KEYWORDS = frozenset({"on_unsupported", "ledger", "budget", "hooks", "deadline", "timeout", "clock"})
"""Keywords that `Recorder` takes for itself, so that no `Config` may have such a field."""

LONGEST_TEXT = 300
"""Characters of a plugin's own error that are quoted."""

logger = logging.getLogger("recorder_core.plugins")
_warned: set[object] = set()


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed plugin, as its distribution's metadata tells; nothing is imported for it.

    Attributes:
        name: the entry point's name.
        target: the object that it names, as `module:attribute`.
        distribution: name of the distribution that brings it.
        version: that distribution's version.
        allowed: whether `RECORDER_PLUGINS` lets it be loaded.
    """

    name: str
    target: str
    distribution: str
    version: str
    allowed: bool = True

    def __str__(self) -> str:
        return f"{self.target} of {self.distribution} {self.version}"

    @property
    def permission(self) -> str:
        """What an operator does who lets it be loaded."""
        return f"Add {_canonical(self.distribution)}:{self.name} to {ALLOWED}, if it may run."


def installed(group: str = PROVIDERS, *, barred: bool = False) -> list[Installed]:
    """What is installed in a group and may be loaded, by name. A name that two distributions claim is listed twice.

    Args:
        group: the group of entry points.
        barred: list those as well that `RECORDER_PLUGINS` doesn't let be loaded.
    """
    return [found for found, _ in _points(group) if found.allowed or barred]


def _points(group: str) -> list[tuple[Installed, EntryPoint]]:
    found = [(_describe(point), point) for point in entry_points(group=group)]
    unique = {(plugin.name, plugin.distribution, plugin.target): (plugin, point) for plugin, point in found}
    return [unique[key] for key in sorted(unique)]


def _describe(point: EntryPoint) -> Installed:
    distribution = point.dist
    name = distribution.name if distribution else "an unknown distribution"
    return Installed(
        name=point.name,
        target=point.value,
        distribution=name,
        version=distribution.version if distribution else "?",
        allowed=_allows(name, point.name),
    )


def _allows(distribution: str, name: str) -> bool:
    limit = _limit()
    return limit is None or bool({_canonical(distribution), f"{_canonical(distribution)}:{name}"} & limit)


def _limit() -> set[str] | None:
    """What may be loaded, as `distribution` or `distribution:name`; None: everything."""
    text = os.environ.get(ALLOWED)
    if text is None:
        return None
    parts = [part.strip().partition(":") for part in text.split(",")]
    return {_canonical(distribution) + colon + name.strip() for distribution, colon, name in parts if distribution}


def _canonical(distribution: str) -> str:
    """The name by which package indexes know a distribution, however it is written."""
    return re.sub(r"[-_.]+", "-", distribution.strip()).lower()


def load_provider(name: str) -> type[Provider]:
    """The provider class of that name. No other provider is imported.

    Raises:
        ProviderNotFound: none is installed by that name, several are, the one that is may not be loaded, or it can't be
            loaded or used.
    """
    found, plugin = _load(PROVIDERS, name)
    check_provider(found, name, _origin(PROVIDERS, plugin))
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
    problem, hint = None, "Install a version of it in which that is mended, or tell its author."
    if not (inspect.isclass(found) and issubclass(found, Provider)):
        problem = "is no subclass of recorder_core.Provider"
        hint = "Its entry point must name the provider's class; tell its author."
    elif type(api := getattr(found, "plugin_api", None)) is not int:
        problem = f"has no integer plugin_api: it is {api!r}"
    elif api > PLUGIN_API:
        problem = f"was written for plugin API {api}, and recorder-core {_own_version()} speaks {_spoken()}"
        hint = "Upgrade recorder-core, or install an older version of that provider."
    elif api < OLDEST_PLUGIN_API:
        problem = f"was written for plugin API {api}, and recorder-core {_own_version()} speaks {_spoken()}"
        hint = "Upgrade that provider; until there is such a version of it, keep an older recorder-core."
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
        raise ProviderNotFound(f"{origin} {problem}", provider=name, hint=hint)


def _spoken() -> str:
    span = range(OLDEST_PLUGIN_API, PLUGIN_API + 1)
    return str(PLUGIN_API) if len(span) == 1 else f"{span[0]} to {span[-1]}"


def _own_version() -> str:
    try:
        return version("recorder-core")
    except PackageNotFoundError:  # a source tree on the path
        return "of this source tree"


def _is_model(found: type[Provider], attribute: str, base: type) -> bool:
    model = getattr(found, attribute, None)
    return inspect.isclass(model) and issubclass(model, base)


def load_emulator(name: str) -> type[EmulatedService]:
    """The emulator class of that name.

    Raises:
        ProviderNotFound: none is installed by that name, several are, the one that is may not be loaded, or it can't be
            loaded or used.
    """
    found, plugin = _load(EMULATORS, name)
    from recorder_core.emulation.service import EmulatedService  # needs an extra, which who has an emulator has

    problem = None
    if not (inspect.isclass(found) and issubclass(found, EmulatedService)):
        problem = "is no subclass of recorder_core.emulation.service.EmulatedService"
    elif (called := getattr(found, "name", None)) != name:
        problem = f"calls itself {called!r}, which isn't the name of its entry point"
    if problem:
        raise ProviderNotFound(
            f"{_origin(EMULATORS, plugin)} {problem}",
            provider=name,
            hint="Install a version of it in which that is mended, or tell its author.",
        )
    return cast("type[EmulatedService]", found)


def load_hooks() -> list[object]:
    """Every installed hook plugin that may be loaded, by name; one that may not is told in the log, once.

    Raises:
        ConfigurationError: one can't be loaded or used. It might be a policy, which must not be skipped in silence.
    """
    plugins = []
    _tell_of_strangers()
    for found in installed(HOOKS, barred=True):
        if found.allowed:
            plugins.append(load_hook(found))
        else:
            _warn_once(found, f"{_origin(HOOKS, found)} is installed and not used: {ALLOWED} doesn't name it")
    return plugins


def load_hook(found: Installed) -> object:
    """One installed hook plugin.

    Raises:
        ConfigurationError: it can't be loaded or used.
    """
    try:
        plugin = _import(HOOKS, found)
        Interception([plugin])
    except (ProviderNotFound, ConfigurationError) as error:
        about = _origin(HOOKS, found)
        problem = error.message if error.message.startswith(about) else f"{about}: {error.message}"
        what_now = f"Mend or uninstall it, leave it out of {ALLOWED}, or choose the hooks yourself by `hooks=[...]`."
        hint = what_now if isinstance(error, ProviderNotFound) else f"{error.hint} {what_now}"
    else:
        return plugin
    raise ConfigurationError(f"an installed hook plugin can't be used: {problem}", hint=hint)


def _load(group: str, name: str) -> tuple[Any, Installed]:
    """What the entry point of that name stands for, and where it comes from."""
    what = _what(group)
    everything = [plugin for plugin in installed(group, barred=True) if plugin.name == name]
    found = [plugin for plugin in everything if plugin.allowed]
    _tell_of_strangers()
    if not everything:
        names = list(dict.fromkeys(plugin.name for plugin in installed(group)))
        near = difflib.get_close_matches(name, names, n=1)
        raise ProviderNotFound(
            f"no {what} named {name!r} is installed; there is {', '.join(names) or 'none'}",
            provider=name,
            hint=f"Did you mean {near[0]!r}?" if near else "Install the distribution that brings it.",
        )
    if not found:
        raise not_allowed(group, everything[0])
    if len(found) > 1:
        claims = " and ".join(sorted(f"{plugin.distribution} {plugin.version}" for plugin in found))
        names = sorted(_canonical(plugin.distribution) for plugin in found)
        raise ProviderNotFound(
            f"the {what} name {name!r} is claimed by {claims}",
            provider=name,
            hint=f"Uninstall all but one of them, or name in {ALLOWED} what may be loaded, and of "
            f"{', '.join(names)} only one.",
        )
    return _import(group, found[0]), found[0]


def not_allowed(group: str, plugin: Installed) -> ProviderNotFound:
    """The error of an installed plugin that `RECORDER_PLUGINS` doesn't let be loaded."""
    problem = f"{_origin(group, plugin)} is installed, and {ALLOWED} doesn't let it be loaded"
    return ProviderNotFound(problem, provider=plugin.name, hint=plugin.permission)


def _import(group: str, plugin: Installed) -> Any:
    # Imported where it is used: listing what is installed needs the metadata alone.
    from stevedore.driver import DriverManager

    class Chosen(DriverManager[Any]):
        """Loads the one that was chosen, and no other of its name."""

        def list_entry_points(self) -> list[EntryPoint]:
            return [point for found, point in _points(group) if found == plugin]

    try:
        return Chosen(group, plugin.name, on_load_failure_callback=_reraise).driver
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a plugin ends nobody else's program
        text = plain(str(error), LONGEST_TEXT)
        raise ProviderNotFound(
            f"{_origin(group, plugin)} can't be imported: {type(error).__name__}{': ' if text else ''}{text}",
            provider=plugin.name,
            hint="Mend or reinstall that distribution; other providers are not touched by this.",
        ) from error


def _reraise(manager: object, point: EntryPoint, error: BaseException) -> None:
    raise error


def _what(group: str) -> str:
    return {PROVIDERS: "provider", EMULATORS: "emulator"}.get(group, "hook plugin")


def _origin(group: str, plugin: Installed) -> str:
    return f"the {_what(group)} {plugin.name!r} ({plugin})"


def _tell_of_strangers() -> None:
    """Warn, once, of what `RECORDER_PLUGINS` names and isn't installed: it may be misspelt."""
    limit = _limit()
    if limit is None or os.environ[ALLOWED] in _warned:
        return
    there: set[str] = set()
    for group in (PROVIDERS, EMULATORS, HOOKS):
        for plugin in installed(group, barred=True):
            distribution = _canonical(plugin.distribution)
            there |= {distribution, f"{distribution}:{plugin.name}"}
    for stranger in sorted(limit - there):
        near = difflib.get_close_matches(stranger, sorted(there), n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        logger.warning("%s names %s, and no such plugin is installed%s", ALLOWED, stranger, guess)
    _warned.add(os.environ[ALLOWED])


def _warn_once(about: object, message: str) -> None:
    if about not in _warned:
        _warned.add(about)
        logger.warning("%s", message)
