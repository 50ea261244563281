"""Interception: what a plugin may watch or change, all on one screen.

A hook plugin is any object or module with functions of these names, marked with `hookimpl`; it is registered on
one `Recorder(hooks=[...])` or installed as an entry point in the group `recorder_core.hooks`.
"""

from __future__ import annotations

import difflib
import inspect
import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy
from pydantic import ValidationError

from recorder_core.errors import ConfigurationError, RecorderError, Vetoed
from recorder_core.models import RecordingSpec
from recorder_core.tracebacks import forget_locals

if TYPE_CHECKING:
    from recorder_core.models import Recording, RecordingEvent, RecordingStatus, Recovery

__all__ = ["HttpExchange", "hookimpl"]

PROJECT = "recorder_core"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
logger = logging.getLogger("recorder_core.hooks")


@dataclass(frozen=True, slots=True)
class HttpExchange:
    """One attempt of one HTTP request, with every secret masked.

    Attributes:
        provider: name of the provider.
        operation: the vendor call, such as `start`.
        recording_id: our id of the recording, where one was concerned.
        method: HTTP method.
        url: the whole URL, secret query parameters masked.
        attempt: 1 for the first try of the call.
        status: HTTP status, None where no answer came.
        vendor_code: the vendor's own code in the answer.
        request_id: the vendor's id of the request.
        duration_s: from the first byte sent to the last byte read, in seconds.
        request_body: the JSON sent, masked.
        response_body: the JSON received, or the start of a text that wasn't JSON; masked.
        error: what went wrong on the network, None where an answer came.
    """

    provider: str
    operation: str
    recording_id: str | None
    method: str
    url: str
    attempt: int
    status: int | None
    vendor_code: int | str | None
    request_id: str | None
    duration_s: float
    request_body: Mapping[str, Any] | None
    response_body: Mapping[str, Any] | str | None
    error: str | None


class HookSpecs:
    """The whole hook surface."""

    @hookspec
    def recorder_before_start(
        self, spec: RecordingSpec, operation: str, provider: str, account: str
    ) -> RecordingSpec | None:
        """Change the spec by returning another one, or raise `Vetoed`. Nothing has been sent.

        Hooks run one after the other in the order of their registration; each is given what the last one returned
        (None leaves it as it is). `operation` is `start`, `plan`, or `recover`, which may send a start again;
        `provider` and `account` say who would record.
        """

    @hookspec
    def recorder_started(self, recording: Recording) -> None:
        """A recording was started, or one whose start was cut short was found."""

    @hookspec
    def recorder_status(self, recording: Recording, status: RecordingStatus) -> None:
        """A status was read."""

    @hookspec
    def recorder_layout_changed(self, recording: Recording) -> None:
        """A layout was changed; `recording.layout` is the new one."""

    @hookspec
    def recorder_changed(self, recording: Recording, operation: str) -> None:
        """A recording was changed by `pause`, `resume`, `snapshot`, `update_participants`, `refresh_storage`,
        `switch_whiteboard` or `update_push`, its files deleted by `delete_files`, or it was taken over by `adopt`."""

    @hookspec
    def recorder_stopped(self, recording: Recording, status: RecordingStatus) -> None:
        """A recording was stopped, or was found to have ended when it was to be stopped."""

    @hookspec
    def recorder_recovered(self, recovery: Recovery) -> None:
        """It was found out what became of a start that was cut short, or that it can't be found out yet."""

    @hookspec
    def recorder_failed(self, operation: str, error: RecorderError) -> None:
        """An operation, such as `start` or `stop`, ended with an error, a refusal of ours or a veto among them."""

    @hookspec
    def recorder_event(self, event: RecordingEvent) -> None:
        """Something happened to a recording: the vendor told it, or `follow` found it. Repeats aren't told."""

    @hookspec
    def recorder_http(self, exchange: HttpExchange) -> None:
        """One attempt of one HTTP request was made, successful or not."""


HOOKS = tuple(name for name in vars(HookSpecs) if name.startswith("recorder_"))


class Interception:
    """The hooks of one `Recorder`.

    Args:
        plugins: objects or modules whose functions are marked with `hookimpl`, in the order in which they run.

    Raises:
        ConfigurationError: a plugin has no hook at all, one that doesn't exist, isn't marked or is no plain function,
            or one that takes arguments that don't exist; or it is a class, or asks for another order than that of the
            registration.
    """

    def __init__(self, plugins: Iterable[object]) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(HookSpecs)
        for plugin in plugins:
            try:
                self._register(plugin)
            except (pluggy.PluginValidationError, ValueError) as error:
                raise ConfigurationError(
                    f"the hook plugin {_called(plugin)} can't be registered: {error}",
                    fault="caller",
                    hint=f"The hooks are {', '.join(HOOKS)}; a hook may take fewer arguments, never others.",
                ) from None

    def _register(self, plugin: object) -> None:
        if inspect.isclass(plugin):
            raise ValueError("it is a class; give an instance of it")
        if self._manager.is_registered(plugin):
            raise ValueError("it is already registered")
        self._refuse_deaf(plugin)
        self._manager.register(plugin)
        self._manager.check_pending()
        implementations = [
            impl
            for caller in self._manager.get_hookcallers(plugin) or ()
            for impl in caller.get_hookimpls()
            if impl.plugin is plugin
        ]
        if not implementations:
            raise ValueError("it has no hook; mark its functions with recorder_core.hookimpl")
        for impl in implementations:
            if impl.wrapper or impl.hookwrapper or impl.tryfirst or impl.trylast:
                raise ValueError("hooks run in the order of their registration, without wrappers")
            if inspect.iscoroutinefunction(impl.function) or inspect.isgeneratorfunction(impl.function):
                raise ValueError(f"{impl.function.__name__} is no plain function; nobody would await or iterate it")

    def _refuse_deaf(self, plugin: object) -> None:
        """Refuse a plugin some function of which would never be called.

        Raises:
            ValueError: a hook is misspelt, with the nearest name; or isn't marked.
        """
        for name in dir(plugin):
            options = self._manager.parse_hookimpl_opts(plugin, name)
            if options is None:
                if name in HOOKS and inspect.isroutine(getattr(plugin, name)):
                    raise ValueError(f"{name} isn't marked; mark it with recorder_core.hookimpl")
                continue
            hook = options.get("specname") or name
            if hook not in HOOKS and not options.get("optionalhook"):
                near = difflib.get_close_matches(hook, HOOKS, n=1)
                raise ValueError(f"there is no hook {hook}" + (f"; did you mean {near[0]}?" if near else ""))

    def _implementations(self, name: str) -> list[pluggy.HookImpl]:
        """Who implements a hook, in the order of registration (pluggy keeps them last first)."""
        caller: pluggy.HookCaller = getattr(self._manager.hook, name)
        return caller.get_hookimpls()

    def before_start(self, spec: RecordingSpec, *, operation: str, provider: str, account: str) -> RecordingSpec:
        """The spec as the hooks leave it.

        Args:
            spec: what is asked for.
            operation: what asks: `plan`, `start` or `recover`.
            provider: name of the provider.
            account: its account.

        Raises:
            Vetoed: a hook refused, or failed in a way of its own.
        """
        for impl in self._implementations("recorder_before_start"):
            veto: Vetoed | None = None
            try:
                changed = _call(impl, spec=spec, operation=operation, provider=provider, account=account)
            except RecorderError:
                raise
            except ValidationError as error:
                # It keeps what was validated, such as the spec with its credentials.
                wrong = ", ".join(dict.fromkeys(".".join(map(str, found["loc"])) for found in error.errors()))
                veto = _failed(impl, f"ValidationError: {wrong}")
            except Exception as error:
                raise _failed(impl, type(error).__name__) from error
            if veto is not None:
                raise veto
            if not isinstance(changed, RecordingSpec | None):
                raise _failed(impl, f"it returned a {type(changed).__name__}, neither a RecordingSpec nor None")
            spec = changed or spec
        return spec

    def notify(self, name: str, **arguments: Any) -> None:
        """Tell every observer; one that raises is logged, without its local variables, and breaks nothing.

        What ends a program, such as KeyboardInterrupt or SystemExit, passes: a signal may have raised it.
        """
        outer = sys.exception()
        for impl in self._implementations(name):
            try:
                _call(impl, **arguments)
            except Exception as error:
                forget_locals(error, outer)
                logger.exception("the hook %s.%s raised; the recording goes on", _called(impl.plugin), name)

    def observes(self, name: str) -> bool:
        """Whether anybody listens to the hook."""
        return bool(self._implementations(name))


def _call(impl: pluggy.HookImpl, **arguments: Any) -> Any:
    function: Callable[..., Any] = impl.function
    return function(*(arguments[name] for name in impl.argnames))


def _called(plugin: object) -> str:
    """What a plugin is called; its own repr may hold anything."""
    if isinstance(plugin, ModuleType):
        return plugin.__name__
    kind = plugin if inspect.isclass(plugin) else type(plugin)
    return f"{kind.__module__}.{kind.__qualname__}"


def _failed(impl: pluggy.HookImpl, why: str) -> Vetoed:
    return Vetoed(
        f"a recorder_before_start hook failed: {why}",
        hint=f"{_called(impl.plugin)} can't judge the spec. That stops the recording, so that no policy is skipped.",
    )
