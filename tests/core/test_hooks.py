"""Hooks: who is asked before a start, who is told afterwards, and that nobody breaks anything."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from recorder_core import (
    AsyncRecorder,
    AuthenticationError,
    ConfigurationError,
    HttpExchange,
    InvalidSpec,
    Recorder,
    RecorderError,
    RecordingSpec,
    RecordingState,
    Spotlight,
    StartOutcomeUnknown,
    UnsupportedFeature,
    UnsupportedOperation,
    Vetoed,
    hookimpl,
)
from recorder_core.hooks import HookSpecs, Interception

Make = Callable[..., RecordingSpec]


def plugin(**functions: Callable[..., Any]) -> SimpleNamespace:
    """A hook plugin of these functions."""
    return SimpleNamespace(**{name: hookimpl(function) for name, function in functions.items()})


def suffixed(text: str) -> SimpleNamespace:
    """Appends a text to the room's name."""
    return plugin(recorder_before_start=lambda spec: spec.model_copy(update={"room": spec.room + text}))


def test_before_start_hooks_run_one_after_the_other(provider, spec: Make) -> None:
    """Each is given what the last one returned, in the order of registration; None leaves the spec as it is."""
    silent = plugin(recorder_before_start=lambda spec: None)
    recorder = Recorder(provider, hooks=[suffixed("-a"), silent, suffixed("-b")])
    assert recorder.plan(spec()).spec.room == "lesson-42-a-b"
    assert recorder.start(spec()).room == "lesson-42-a-b"


def test_before_start_hooks_are_told_what_asks_and_of_whom(provider, clock, spec: Make) -> None:
    """The operation, a recovery that may start again among them, the provider's name and its account."""
    asked: list[tuple[str, ...]] = []
    hook = plugin(
        recorder_before_start=lambda spec, operation, provider, account: asked.append((operation, provider, account))
    )
    provider.failures["start"] = StartOutcomeUnknown("no answer")
    with Recorder(provider, hooks=[hook], clock=clock) as recorder:
        recorder.plan(spec())
        with pytest.raises(StartOutcomeUnknown) as caught:
            recorder.start(spec())
        intent = caught.value.intent
        assert intent is not None
        provider.native_ids = ("lost",)  # so that the provider is asked, and needs the spec
        recorder.recover(intent, spec=spec())
    assert asked == [(operation, "memory", "tenant-1") for operation in ("plan", "start", "recover")]


def test_a_veto_stops_the_start_before_anything_is_sent(provider, spec: Make) -> None:
    """Vetoed goes to the caller as the hook raised it, with where it happened; later hooks aren't asked."""
    asked = []

    def refuse(spec: RecordingSpec) -> None:
        raise Vetoed("no recording after ten", hint="Ask the school.", fault="caller")

    recorder = Recorder(
        provider,
        hooks=[plugin(recorder_before_start=refuse), plugin(recorder_before_start=lambda spec: asked.append(spec))],
    )
    with pytest.raises(Vetoed, match="no recording after ten") as caught:
        recorder.start(spec())
    assert (caught.value.provider, caught.value.operation) == ("memory", "start")
    assert caught.value.intent is None
    with pytest.raises(Vetoed) as caught:
        recorder.plan(spec())
    assert caught.value.operation == "plan"
    assert provider.calls == []
    assert asked == []


def test_other_errors_of_the_library_pass_through(provider, spec: Make) -> None:
    """A hook may refuse with any of our classes."""

    def refuse(spec: RecordingSpec) -> None:
        raise InvalidSpec("room: is not in the timetable")

    with pytest.raises(InvalidSpec, match="timetable"):
        Recorder(provider, hooks=[plugin(recorder_before_start=refuse)]).start(spec())


def test_a_before_start_hook_that_breaks_is_a_veto(provider, spec: Make) -> None:
    """A policy that can't judge isn't skipped; the error names the class of what went wrong and no text of it."""

    def fail(spec: RecordingSpec) -> None:
        raise KeyError("a secret of the hook")

    with pytest.raises(Vetoed, match="hook failed: KeyError") as caught:
        Recorder(provider, hooks=[plugin(recorder_before_start=fail)]).start(spec())
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value.__cause__, KeyError)
    assert provider.calls == []


@pytest.mark.parametrize("returned", [True, {"room": "x"}, "lesson"])
def test_a_before_start_hook_returns_a_spec_or_none(provider, spec: Make, returned: object) -> None:
    """Anything else is a hook that failed, named by its type, before anything is sent."""
    hooks = [plugin(recorder_before_start=lambda spec: returned)]
    with pytest.raises(Vetoed, match=f"it returned a {type(returned).__name__}"):
        Recorder(provider, hooks=hooks).start(spec())
    assert provider.calls == []


def test_observers_are_told_of_every_operation(provider, clock, spec: Make) -> None:
    """Each observer is called once per operation, with the arguments that the hook surface names."""
    told: list[tuple[Any, ...]] = []
    observer = plugin(
        recorder_started=lambda recording: told.append(("started", recording.room)),
        recorder_status=lambda recording, status: told.append(("status", status.state)),
        recorder_layout_changed=lambda recording: told.append(("layout", recording.layout.kind)),
        recorder_stopped=lambda status: told.append(("stopped", status.state)),
    )
    provider.states.extend([RecordingState.COMPLETED])
    with Recorder(provider, hooks=[observer], clock=clock) as recorder:
        recording = recorder.start(spec())
        recorder.status(recording)
        recording = recorder.layout(recording, Spotlight("1001"))
        recorder.stop(recording)
        recorder.stop(recording)
        recorder.status(recording)
    assert told == [
        ("started", "lesson-42"),
        ("status", "recording"),
        ("layout", "spotlight"),
        ("stopped", "completed"),
        ("stopped", "completed"),
        ("status", "completed"),
    ]
    assert provider.calls == ["start", "status", "layout", "stop wait=True deadline=60"]


def test_an_observer_that_raises_breaks_nothing(provider, spec: Make, caplog) -> None:
    """It is logged with its traceback, the next one is told, and the operation succeeds."""
    told = []

    def fail(recording: object) -> None:
        raise RuntimeError("the database is down")

    hooks = [plugin(recorder_started=fail), plugin(recorder_started=lambda recording: told.append(recording))]
    recording = Recorder(provider, hooks=hooks).start(spec())
    assert told == [recording]
    (record,) = [record for record in caplog.records if record.name == "recorder_core.hooks"]
    assert record.levelno == logging.ERROR
    assert "recorder_started" in record.getMessage()
    assert record.exc_info is not None


def test_an_observer_s_traceback_has_no_local_variables(provider, spec: Make, caplog) -> None:
    """A monitoring tool that sends variables away finds none of the hook's: its lines alone are kept."""

    def fail(recording: object) -> None:
        token = "a token of the hook"
        raise RuntimeError(f"the answer has {len(token)} characters")

    Recorder(provider, hooks=[plugin(recorder_started=fail)]).start(spec())
    (record,) = [record for record in caplog.records if record.name == "recorder_core.hooks"]
    assert record.exc_info is not None
    frames = [frame for frame, _ in traceback.walk_tb(record.exc_info[2]) if frame.f_code is fail.__code__]
    assert [frame.f_locals for frame in frames] == [{}]
    assert "in fail" in caplog.text


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_in_a_hook_has_the_handle(provider, spec: Make, end: type[BaseException]) -> None:
    """A signal may strike in an observer: it is obeyed, and the recording that runs isn't lost with it."""

    def interrupted(recording: object) -> None:
        raise end

    with pytest.raises(end) as caught:
        Recorder(provider, hooks=[plugin(recorder_started=interrupted)]).start(spec())
    assert caught.value.recording.room == "lesson-42"  # type: ignore[attr-defined]


def test_observers_are_told_of_what_fails_once(provider, clock, spec: Make) -> None:
    """An error, a refusal of ours and a veto, each with the operation, wherever it came from and once."""
    told: list[tuple[str, str, str | None]] = []

    def failed(operation: str, error: RecorderError) -> None:
        told.append((operation, type(error).__name__, error.recording_id))

    def closed(spec: RecordingSpec) -> None:
        if spec.room == "closed":
            raise Vetoed("it is closed")

    hooks = [plugin(recorder_failed=failed, recorder_before_start=closed)]
    with Recorder(provider, hooks=hooks, clock=clock) as recorder:
        with pytest.raises(Vetoed):
            recorder.start(spec(room="closed"))
        with pytest.raises(Vetoed):
            recorder.plan(spec(room="closed"))
        with pytest.raises(UnsupportedFeature):
            recorder.start(spec(start_paused=True))
        recording = recorder.start(spec())
        with pytest.raises(UnsupportedOperation):
            recorder.pause(recording)
        for operation in ("status", "stop"):
            provider.failures[operation] = AuthenticationError("who are you?", operation="a call of the vendor's")
            with pytest.raises(AuthenticationError):
                getattr(recorder, operation)(recording)
        provider.failures["start"] = StartOutcomeUnknown("no answer")
        with pytest.raises(StartOutcomeUnknown) as caught:
            recorder.start(spec())
        lost = caught.value.intent
        assert lost is not None
        provider.failures["status"] = AuthenticationError("who are you?")
        assert recorder.recover(lost).problems
    assert told == [
        ("start", "Vetoed", None),
        ("plan", "Vetoed", None),
        ("start", "UnsupportedFeature", None),
        ("pause", "UnsupportedOperation", recording.id),
        ("status", "AuthenticationError", recording.id),
        ("stop", "AuthenticationError", recording.id),
        ("start", "StartOutcomeUnknown", lost.id),
        ("status", "AuthenticationError", lost.id),
    ]


def test_observers_are_told_what_a_recovery_finds(provider, clock, spec: Make) -> None:
    """The recording that was found, what became of its start, and the stop that was asked for with it."""
    told: list[tuple[str, str]] = []
    observer = plugin(
        recorder_started=lambda recording: told.append(("started", recording.id)),
        recorder_recovered=lambda recovery: told.append((str(recovery.verdict), recovery.intent.id)),
        recorder_stopped=lambda recording: told.append(("stopped", recording.id)),
    )
    provider.failures["start"] = StartOutcomeUnknown("no answer")
    provider.states.extend([RecordingState.COMPLETED])
    with Recorder(provider, hooks=[observer], clock=clock) as recorder:
        with pytest.raises(StartOutcomeUnknown) as caught:
            recorder.start(spec())
        lost = caught.value.intent
        assert lost is not None
        recorder.recover(lost, stop=True)
    assert told == [(what, lost.id) for what in ("started", "running", "stopped", "ended")]


def test_an_observer_may_use_the_recorder(provider, clock, spec: Make) -> None:
    """It is called when the operation is over: what it asks for doesn't wait for that."""
    seen: list[str] = []
    observer = plugin(recorder_started=lambda recording: seen.append(recorder.status(recording).state))
    with Recorder(provider, hooks=[observer], clock=clock) as recorder:
        recorder.start(spec())
    assert seen == ["recording"]


def test_hooks_of_an_asyncio_recorder_run_in_a_thread(provider, spec: Make) -> None:
    """Not in the event loop, which they'd hold up, and with the caller's context variables."""
    told: list[tuple[str, str, bool]] = []

    def noted(name: str) -> Callable[..., None]:
        return lambda: told.append((name, caller.get(), threading.current_thread() is threading.main_thread()))

    async def record() -> None:
        caller.set("teacher-7")
        async with AsyncRecorder(provider, hooks=[observer]) as recorder:
            recording = await recorder.start(spec())
            await recorder.stop(recording)

    caller: ContextVar[str] = ContextVar("caller")
    names = ("recorder_before_start", "recorder_started", "recorder_stopped")
    observer = plugin(**{name: noted(name) for name in names})
    provider.states.extend([RecordingState.COMPLETED])
    asyncio.run(record())
    assert told == [(name, "teacher-7", False) for name in names]


async def awaited(recording: object) -> None:
    """Would never be awaited."""


def yielding(recording: object) -> Any:
    """Would never be iterated."""
    yield recording


@pytest.mark.parametrize(
    ("functions", "problem"),
    [
        ({"recorder_begun": lambda recording: None}, "there is no hook recorder_begun"),
        ({"recorder_start": lambda recording: None}, "there is no hook recorder_start; did you mean recorder_started?"),
        ({"recorder_https": lambda exchange: None}, "there is no hook recorder_https; did you mean recorder_http?"),
        ({"recorder_started": lambda recordings: None}, "recordings"),
        ({"recorder_started": awaited}, "awaited is no plain function"),
        ({"recorder_started": yielding}, "yielding is no plain function"),
        ({}, "it has no hook"),
    ],
)
def test_a_wrong_hook_is_refused_by_name(provider, functions: dict[str, Any], problem: str) -> None:
    """A misspelt hook or argument would never be called: it is an error that lists the hooks there are."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        Recorder(provider, hooks=[plugin(**functions)])
    assert "recorder_before_start, recorder_started" in (caught.value.hint or "")


def test_functions_without_the_mark_are_refused(provider) -> None:
    """A plugin that forgot `hookimpl` would be deaf; it is told."""
    with pytest.raises(ConfigurationError, match=r"recorder_core\.hookimpl"):
        Recorder(provider, hooks=[SimpleNamespace(recorder_started=lambda recording: None)])


def test_a_hook_without_its_mark_beside_marked_ones_is_refused(provider) -> None:
    """A policy that forgot one `hookimpl` would be deaf on that ear alone, which nobody would notice."""
    deaf = plugin(recorder_started=lambda recording: None)
    deaf.recorder_before_start = lambda spec: None
    with pytest.raises(ConfigurationError, match="recorder_before_start isn't marked"):
        Recorder(provider, hooks=[deaf])


def test_a_hook_may_have_another_name_and_may_be_one_of_a_newer_release(provider, spec: Make) -> None:
    """pluggy's `specname` and `optionalhook` are obeyed: the second is never called where there is no such hook."""
    told = []

    class Notes:
        @hookimpl(specname="recorder_started")
        def note(self, recording: object) -> None:
            """Called."""
            told.append(recording)

        @hookimpl(optionalhook=True)
        def recorder_transcribed(self, text: str) -> None:
            """Not called."""

    recording = Recorder(provider, hooks=[Notes()]).start(spec())
    assert told == [recording]
    with pytest.raises(ConfigurationError, match="there is no hook recorder_stop; did you mean recorder_stopped"):
        Recorder(provider, hooks=[SimpleNamespace(note=hookimpl(specname="recorder_stop")(lambda recording: None))])


def test_a_plugin_s_own_words_are_in_no_error(provider) -> None:
    """Its repr may hold anything, such as the token with which it reports: it is called by its class."""

    class Reporting:
        recorder_started = hookimpl(lambda self, recording: None)

        def __repr__(self) -> str:
            return "Reporting(token='a token of the hook')"

    plugins = [Reporting()]
    vars(plugins[0])["recorder_stopped"] = lambda recording: None
    for hooks in (plugins, [twice := plugin(recorder_started=lambda recording: None), twice]):
        with pytest.raises(ConfigurationError) as caught:
            Recorder(provider, hooks=hooks)
        assert "token" not in str(caught.value)
        assert "lambda" not in str(caught.value)


class Audit:
    @hookimpl
    def recorder_started(self, recording: object) -> None:
        """Nothing to do."""


def test_a_class_is_refused_in_place_of_its_instance(provider) -> None:
    """The hooks of a class lack their self, so that every one of them would fail."""
    with pytest.raises(ConfigurationError, match="it is a class; give an instance"):
        Recorder(provider, hooks=[Audit])
    Recorder(provider, hooks=[Audit()])


def test_a_plugin_is_registered_once(provider) -> None:
    """The same object twice is a slip that would double every effect."""
    audit = Audit()
    with pytest.raises(ConfigurationError, match="already registered"):
        Recorder(provider, hooks=[audit, audit])


@pytest.mark.parametrize("options", [{"wrapper": True}, {"tryfirst": True}, {"trylast": True}])
def test_the_order_is_that_of_the_registration(provider, options: dict[str, bool]) -> None:
    """What asks for another order, or to wrap the others, isn't obeyed in silence: it is refused."""

    def started(recording: object) -> Any:
        return (yield)

    with pytest.raises(ConfigurationError, match="in the order of their registration"):
        Recorder(provider, hooks=[SimpleNamespace(recorder_started=hookimpl(**options)(started))])


def test_a_module_can_be_a_plugin(provider, spec: Make) -> None:
    """Functions of a module are hooks as the methods of an object are."""
    module = ModuleType("school_policy")
    vars(module)["recorder_before_start"] = hookimpl(lambda spec: spec.model_copy(update={"room": "quiet"}))
    assert Recorder(provider, hooks=[module]).plan(spec()).spec.room == "quiet"


def test_hooks_belong_to_one_recorder(memory, spec: Make) -> None:
    """Hooks registered on one recorder are unknown to another: there is no process-wide state."""
    loud = Recorder(memory(), hooks=[suffixed("-loud")])
    quiet = Recorder(memory(), hooks=[])
    assert loud.plan(spec()).spec.room == "lesson-42-loud"
    assert quiet.plan(spec()).spec.room == "lesson-42"


def test_a_hook_takes_fewer_arguments_if_it_likes(provider, spec: Make) -> None:
    """A hook names the arguments it needs and no others."""
    told = []
    recorder = Recorder(provider, hooks=[plugin(recorder_status=lambda: told.append("looked"))])
    recorder.status(recorder.start(spec()))
    assert told == ["looked"]


def test_the_surface_is_the_designs() -> None:
    """Every hook has a docstring; the names are those of the design."""
    hooks = {name: hook for name, hook in vars(HookSpecs).items() if not name.startswith("_")}
    assert set(hooks) == {
        "recorder_before_start",
        "recorder_started",
        "recorder_status",
        "recorder_layout_changed",
        "recorder_changed",
        "recorder_stopped",
        "recorder_recovered",
        "recorder_failed",
        "recorder_event",
        "recorder_http",
    }
    assert all(hook.__doc__ for hook in hooks.values())


def test_exchanges_are_made_only_where_somebody_looks() -> None:
    """`observes` tells whether anybody listens to a hook."""
    assert not Interception([]).observes("recorder_http")
    assert Interception([plugin(recorder_http=lambda exchange: None)]).observes("recorder_http")


@pytest.mark.parametrize("name", ["agora", "zegocloud"])
def test_recorder_http_sees_every_attempt_masked(name: str, emulated, connected, spec: Make) -> None:
    """Every request and answer passes by, with its status and no secret; an observer that raises breaks nothing."""
    exchanges: list[HttpExchange] = []

    def fail(exchange: HttpExchange) -> None:
        raise RuntimeError

    hooks = [plugin(recorder_http=fail), plugin(recorder_http=lambda exchange: exchanges.append(exchange))]
    service = emulated(name, media=False)
    recorder = connected(service, hooks=hooks)
    recording = recorder.start(spec())
    recorder.stop(recording, wait=False)
    assert {exchange.provider for exchange in exchanges} == {name}
    assert {exchange.recording_id for exchange in exchanges} == {recording.id}
    assert {exchange.status for exchange in exchanges} <= {200, 206, 404}
    assert [exchange.operation for exchange in exchanges] == [entry.operation for entry in service.journal]
    seen = repr(exchanges) + json.dumps([dict(exchange.request_body or {}) for exchange in exchanges])
    for secret in ("storage-key", "storage-secret", *secrets_of(service.env)):
        assert secret not in seen
    assert "**********" in seen


def secrets_of(env: dict[str, str]) -> list[str]:
    return [value for name, value in env.items() if "SECRET" in name]
