"""Errors on their way to another process: whatever class, they arrive whole."""

from __future__ import annotations

import copy
import inspect
import json
import multiprocessing
import pickle
import pkgutil
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing.pool import Pool
from types import ModuleType
from typing import Any

import pytest
import trustme
from pydantic import BaseModel, SecretStr, ValidationError

import recorder_agora
import recorder_core
import recorder_zegocloud
import travelling
from recorder_core import Finding, Recorder, Recording, RecordingSpec, StartIntent, hookimpl
from recorder_core.errors import ConfigurationError, DeadlineExceeded, InvalidSpec, RecorderError, Vetoed
from scripted_host import free_address, scripted_host

HANDLE = {"id": "r-1", "provider": "memory", "room": "lesson", "started_at": "2026-08-01T10:00:00Z"}

FIELDS: dict[str, Any] = {
    "message": "it went wrong",
    "provider": "memory",
    "operation": "start",
    "recording_id": "r-1",
    "http_status": 503,
    "vendor_code": "62",
    "vendor_message": "failed to acquire resources",
    "request_id": "q-7",
    "retryable": True,
    "fault": "vendor",
    "hint": "Check the region.",
    "intent": StartIntent(
        id="r-1",
        provider="memory",
        room="lesson",
        created_at="2026-08-01T10:00:00Z",
        noted={"sid": "s-1"},
        draft=Recording(**HANDLE),
    ),
    "recording": Recording(**HANDLE, native={"tape": "t-1"}),
    "problems": ("room: is missing",),
    "findings": (Finding("layout", "unsupported", "no layouts", "leave it out"),),
    "causes": ("the storage keys are wrong", "nobody came"),
    "retry_after": 2.5,
    "response_status": 403,
    "tape": "C-90",
    "side": 2,
}
"""A value for every parameter of every class, unlike its default."""


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """A package with all that is in it."""
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__") and ".migrations." not in found.name:  # these are run, not imported
            yield import_module(found.name)


def raisable() -> list[type[BaseException]]:
    """Every error and warning that the library and its providers raise or give, and those of a third party."""
    everything = [
        module for package in (recorder_core, recorder_agora, recorder_zegocloud) for module in modules(package)
    ]
    found = {
        kind
        for module in (*everything, travelling)
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, RecorderError | Warning) and kind.__module__ == module.__name__
    }
    return sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__))


def parameters(kind: type[BaseException]) -> dict[str, inspect.Parameter]:
    """What a class takes, with what it hands on to its bases."""
    found: dict[str, inspect.Parameter] = {}
    for base in kind.__mro__:
        own = vars(base).get("__init__")
        if not inspect.isfunction(own):
            continue
        given = dict(list(inspect.signature(inspect.unwrap(own)).parameters.items())[1:])
        found = {**given, **found}
        if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in given.values()):
            break
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {name: one for name, one in found.items() if one.kind in named}


def filled(kind: type[BaseException]) -> BaseException:
    """An error, as it is caught, with every field set to something unlike its default, notes and causes."""
    taken = parameters(kind)
    if not issubclass(kind, RecorderError):
        error: BaseException = kind("it is odd", 7)
    else:
        error = kind(**{name: FIELDS[name] for name in taken})
        for name, one in taken.items():
            assert one.default is inspect.Parameter.empty or one.default != FIELDS[name]
    error.add_note("first note")
    error.add_note("second note")
    middle = DeadlineExceeded("too late", provider="memory")
    middle.__cause__ = ConnectionRefusedError(111, "Connection refused")
    middle.add_note("of the cause")
    try:
        raise error from middle
    except kind as caught:
        return caught


def told(error: BaseException | None) -> Any:
    """All that an error says, of its causes too; two that say the same are the same."""
    if error is None:
        return None
    own = vars(error) if isinstance(error, RecorderError) else {}
    fields = {name: value.model_dump() if isinstance(value, BaseModel) else value for name, value in own.items()}
    cause = told(error.__cause__) if isinstance(error, RecorderError) else None
    return type(error), error.args, str(error), repr(error), fields, getattr(error, "__notes__", []), cause


WAYS: dict[str, Callable[[BaseException], BaseException]] = {
    **{
        f"pickle {version}": lambda error, version=version: pickle.loads(pickle.dumps(error, version))
        for version in range(6)
    },
    "pickled twice": lambda error: pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(error)))),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def test_the_walk_finds_them_all() -> None:
    """Those of the core, those of third parties, and warnings: nobody need list them."""
    names = {kind.__name__ for kind in raisable()}
    assert names >= {"RecorderError", "RecordingEnded", "LedgerUnavailable", "UnverifiedWebhookWarning"}
    assert names >= {"TapeTorn", "NothingMore", "InkIsLow"}
    assert parameters(travelling.TapeTorn).keys() == {"tape", "side"}
    assert len(parameters(recorder_core.RateLimited)) == 14


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", raisable(), ids=lambda kind: kind.__name__)
def test_an_error_arrives_whole(kind: type[BaseException], way: str) -> None:
    """Class, arguments, fields, text, notes and causes."""
    error = filled(kind)
    arrived = WAYS[way](error)
    assert arrived is not error
    assert told(arrived) == told(error)
    if isinstance(error, RecorderError):
        arrived.add_note("third note")
        assert error.__notes__ == ["first note", "second note"]


@pytest.fixture(scope="module")
def workers() -> Iterator[ProcessPoolExecutor]:
    """A process that is begun anew, as those of Windows and macOS are."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with multiprocessing.get_context("spawn").Pool(1) as made:
        yield made


def without_cause(error: BaseException) -> Any:
    """What an error says, apart from its cause: pools put the traceback of the other process there."""
    *rest, _ = told(error)
    return rest


def test_errors_are_raised_through_an_executor(workers: ProcessPoolExecutor) -> None:
    """By `result()`, as in the other process; what is returned keeps its causes."""
    sent = [filled(kind) for kind in raisable()]
    raised = [workers.submit(travelling.fail, error) for error in sent]
    returned = [workers.submit(travelling.hand_back, error) for error in sent]
    for error, failed, done in zip(sent, raised, returned, strict=True):
        assert without_cause(failed.exception(timeout=60)) == without_cause(error)
        assert told(done.result(timeout=60)) == told(error)


def test_errors_are_raised_through_a_pool(pool: Pool) -> None:
    """That of multiprocessing."""
    for kind in raisable():
        with pytest.raises(kind) as caught:
            pool.apply(travelling.fail, (filled(kind),))
        assert without_cause(caught.value) == without_cause(filled(kind))


def network_failures() -> Iterator[RecorderError]:
    """As real connections end: refused, by a certificate of nobody's, in the middle, and at the deadline."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    config = {"app_id": "app", "customer_id": "customer", "customer_secret": "customer-secret-of-the-test"}
    spec = RecordingSpec(room="r", storage={"kind": "s3", "bucket": "b", "region": "eu-west-1", **KEYS})
    with scripted_host(lambda _: None) as silent, scripted_host(lambda _: None, tls) as secure:
        for host in (f"http://{free_address()}", secure.url, silent.url):
            with Recorder("agora", hooks=[], base_urls=[host], **config) as recorder:
                with pytest.raises(RecorderError) as caught:
                    recorder.start(spec, deadline=0.3)
                yield caught.value


KEYS = {"access_key": "access-key-of-the-test", "secret_key": "secret-key-of-the-test"}


def test_network_failures_arrive_whole(workers: ProcessPoolExecutor) -> None:
    """With the intent, the causes, and no byte of a credential."""
    failures = list(network_failures())
    assert len(failures) == 3
    assert any(isinstance(error.__cause__, RecorderError) for error in failures)
    for error in failures:
        assert error.intent is not None
        for arrived in (pickle.loads(pickle.dumps(error)), workers.submit(travelling.hand_back, error).result(60)):
            assert told(arrived) == told(error)
        assert b"of-the-test" not in pickle.dumps(error)


def test_what_somebody_hung_onto_an_error_travels() -> None:
    """Attributes that are no fields of its class."""
    error = travelling.TapeTorn("C-90", side=2)
    error.seen_by = "a monitoring tool"  # type: ignore[attr-defined]
    arrived = pickle.loads(pickle.dumps(error))
    assert vars(arrived) == vars(error)
    assert str(arrived).startswith("paper: tape C-90 tore")


def test_a_cause_that_cannot_travel_is_named() -> None:
    """The error arrives without it."""
    for cause in (travelling.Held(), InvalidSpec("x")):
        error = Vetoed("no", hint="Ask.")
        error.add_note("first note")
        error.__cause__ = cause
        arrived = pickle.loads(pickle.dumps(error))
        if isinstance(cause, RecorderError):
            assert told(arrived) == told(error)
        else:
            assert arrived.__cause__ is None
            assert arrived.__notes__ == ["first note", "Its cause, travelling.Held, stayed behind."]
            assert error.__notes__ == ["first note"]
        assert arrived.hint == "Ask."


class Strict(BaseModel):
    """A model of an application's."""

    number: int


def test_what_pydantic_keeps_of_the_input_does_not_travel() -> None:
    """Its error holds the whole input: as a cause it stays behind, and as what was being handled too."""
    try:
        Strict.model_validate({"number": "input-of-the-test"})
    except ValidationError as refusal:
        chained = [RecorderError("beside"), RecorderError("because")]
        chained[0].__context__ = chained[1].__cause__ = refusal
    for error in chained:
        assert b"input-of-the-test" not in pickle.dumps(error)
        arrived = pickle.loads(pickle.dumps(error))
        assert arrived.__cause__ is arrived.__context__ is None
    assert "ValidationError, stayed behind" in str(arrived.__notes__)


def test_a_hook_that_fails_on_an_input_does_not_show_it() -> None:
    """Vetoed says which fields were wrong; pydantic's error, which keeps their values, isn't chained."""

    class Policy:
        @hookimpl
        def recorder_before_start(self, spec: RecordingSpec) -> RecordingSpec:
            return RecordingSpec.model_validate({**spec.dump(reveal=True), "roam": "lesson"})

    spec = RecordingSpec(room="r", storage={"kind": "s3", "bucket": "b", "region": "eu-west-1", **KEYS})
    config = {"app_id": "a", "customer_id": "b", "customer_secret": SecretStr("customer-secret-of-the-test")}
    with Recorder("agora", hooks=[Policy()], **config) as recorder, pytest.raises(Vetoed) as caught:
        recorder.plan(spec)
    assert "roam" in caught.value.message
    part: BaseException | None = caught.value
    while part is not None:
        assert not isinstance(part, ValidationError)
        part = part.__cause__ or part.__context__


def test_a_configuration_that_is_refused_can_be_handed_on() -> None:
    """What stands in its traceback stays, and has no value of the caller's."""
    with pytest.raises(ConfigurationError) as caught:
        Recorder("agora", hooks=[], app_id="a", customer_id="b", customer_secret=["customer-secret-of-the-test"])
    assert "customer-secret" not in json.dumps(str(told(caught.value)))
    trace = caught.tb
    while trace is not None:
        if trace.tb_frame.f_globals["__name__"].startswith("recorder_"):
            assert trace.tb_frame.f_locals.keys() <= {"door"}
        trace = trace.tb_next
