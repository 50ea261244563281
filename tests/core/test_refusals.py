"""What is refused at the doors: whatever is given, the error is one of the library's own and says what is allowed."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from core.conftest import MemoryProvider
from recorder_core import (
    AsyncRecorder,
    AsyncWebhookApp,
    ConfigurationError,
    Grid,
    InvalidSpec,
    Link,
    RecordedFile,
    Recorder,
    RecorderError,
    Recording,
    RecordingSpec,
    RecordingState,
    RemoteRecording,
    WebhookApp,
    WebhookRequest,
)

Make = Callable[..., RecordingSpec]
UNSURE = sorted({*RecordingState} - {RecordingState.RECORDING, RecordingState.COMPLETED})


class Open(MemoryProvider):
    """Has what only some vendors have."""

    def adopt(self, remote: RemoteRecording) -> Recording:
        self._call("adopt")
        return self.adopted(remote, remote.native)

    def link(self, recording: Recording, file: RecordedFile, *, seconds: float) -> Link:
        self._call("link")
        return Link(url=SecretStr("https://keep.example/a.mp4"))

    def delete_files(self, recording: Recording) -> None:
        self._call("delete_files")


@pytest.fixture
def given(signing, clock, spec: Make) -> Any:
    """A recorder with a recording, its vendor, and a fleet that follows it."""
    provider, vendor = signing(kind=Open)
    recorder = Recorder(provider, clock=clock, hooks=[])
    recording = recorder.start(spec())
    with recorder.fleet([recording], workers=0) as fleet:
        yield SimpleNamespace(
            recorder=recorder,
            provider=provider,
            vendor=vendor,
            recording=recording,
            storage=spec().storage,
            spec=spec(),
            fleet=fleet,
            remote=RemoteRecording(provider="memory", account="tenant-1", native={"tape": "t-7"}),
        )


def request(**changed: Any) -> WebhookRequest:
    return WebhookRequest(**{"method": "POST", "url": "/", "headers": {}, "body": b"{}", **changed})


def wait_in_asyncio(given: Any, until: str) -> None:
    asyncio.run(AsyncRecorder(given.provider, hooks=[]).wait(given.recording, until=until))


@pytest.mark.parametrize(
    ("ask", "problem"),
    [
        (lambda it: it.recorder.wait(it.recording, until="nonsense"), "'recording' or 'completed'"),
        (lambda it: it.recorder.wait(it.recording, until=["recording"]), "'recording' or 'completed'"),
        (lambda it: wait_in_asyncio(it, "nonsense"), "'recording' or 'completed'"),
        (lambda it: it.recorder.wait(it.recording, timeout="x"), "timeout is 'x'"),
        (lambda it: it.recorder.events.receive("x"), "takes a WebhookRequest, not a str"),
        (lambda it: it.recorder.events.verify(None), "takes a WebhookRequest, not a NoneType"),
        (lambda it: it.recorder.events.receive(request(), recording="x"), "takes a Recording, not a str"),
        (lambda it: it.recorder.events.receive(request(headers=None)), "headers is a NoneType"),
        (lambda it: it.recorder.events.receive(request(headers=[("a", "b")])), "headers is a list"),
        (lambda it: it.recorder.events.receive(request(url=None)), "url"),
        (lambda it: it.fleet.take(timeout="x"), "timeout is 'x'"),
        (lambda it: it.fleet.take(timeout=0), "timeout is 0"),
        (lambda it: it.fleet.take(timeout=-1), "timeout is -1"),
        (lambda it: it.fleet.take(timeout=float("nan")), "timeout is nan"),
        (lambda it: it.recorder.follow(it.recording, timeout=0), "timeout is 0"),
        (lambda it: it.recorder.fleet(None), "recordings"),
        (lambda it: it.recorder.fleet(it.recording), "list of Recordings, not a Recording"),
        (lambda it: it.recorder.fleet("x"), "takes a Recording, not a str"),
        (lambda it: it.recorder.start(it.spec, apart_from=7), "apart_from takes a list of Recordings, not a int"),
        (lambda it: it.recorder.start(it.spec, apart_from=["x"]), "apart_from takes a Recording, not a str"),
    ],
)
def test_every_error_is_one_of_ours(given: Any, ask: Callable[[Any], object], problem: str) -> None:
    """Whatever is given to a recorder, the error is a RecorderError that names it and what is allowed."""
    with pytest.raises(RecorderError, match=problem) as caught:
        ask(given)
    assert isinstance(caught.value, ConfigurationError | InvalidSpec)
    assert caught.value.fault == "caller"


@pytest.mark.parametrize("application", [WebhookApp, AsyncWebhookApp])
@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"recorders": {"a": "x"}}, r"recorders\['a'\] is a str; it must be a Recorder or an AsyncRecorder"),
        ({"recorders": {"a": Recorder}}, "is the class Recorder"),
        ({"recorders": ["a"]}, "by the names of their addresses, not a list"),
        ({"body_limit": "x"}, "body_limit is 'x'"),
        ({"body_limit": True}, "body_limit is True"),
        ({"body_timeout": "x"}, "body_timeout is 'x'"),
        ({"queue_size": "5"}, "queue_size is '5'"),
        ({"queue_size": 1.5}, "queue_size is 1.5"),
        ({"retries": 5}, "retries is 5"),
        ({"retries": "5"}, "retries is '5'"),
        ({"retries": [5, None]}, r"retries is \[5, None\]"),
        ({"on_event": "x"}, "on_event is a str"),
        ({"find_recording": {}}, "find_recording is a dict"),
    ],
)
def test_so_it_is_at_the_applications(given: Any, application: Any, wrong: dict[str, Any], problem: str) -> None:
    """A name, a recorder, a function or a limit that can't be used is refused when the application is made."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        application(**{"recorders": {"memory": given.recorder}, **wrong})
    assert caught.value.fault == "caller"


@pytest.mark.parametrize("until", [*UNSURE, *map(str, UNSURE)])
def test_nothing_else_is_waited_for(given: Any, until: Any) -> None:
    """That it records and that it has ended are sure to come; of the other states none is: it may be passed unseen."""
    asked = list(given.provider.calls)
    with pytest.raises(ConfigurationError, match=f"until is .*{until}.*'recording' or 'completed'"):
        given.recorder.wait(given.recording, until=until)
    assert given.provider.calls == asked


# --- closed ------------------------------------------------------------------------------------------------

WORK_ON = {
    "plan": lambda it: it.recorder.plan(it.spec),
    "recording_id": lambda it: it.recorder.recording_id("lesson-42"),
    "close": lambda it: it.recorder.close(),
}
REFUSED: dict[str, Callable[[Any], object]] = {
    "start": lambda it: it.recorder.start(it.spec),
    "run": lambda it: it.recorder.run(it.spec).__enter__(),
    "status": lambda it: it.recorder.status(it.recording),
    "wait": lambda it: it.recorder.wait(it.recording),
    "wait_for_files": lambda it: it.recorder.wait_for_files(it.recording),
    "follow": lambda it: it.recorder.follow(it.recording),
    "fleet": lambda it: it.recorder.fleet([it.recording]),
    "stop": lambda it: it.recorder.stop(it.recording),
    "recover": lambda it: it.recorder.recover(),
    "worker": lambda it: it.recorder.worker(),
    "layout": lambda it: it.recorder.layout(it.recording, Grid()),
    "list_remote": lambda it: it.recorder.list_remote(datetime(2026, 1, 1, tzinfo=UTC)),
    "adopt": lambda it: it.recorder.adopt(it.remote),
    "link": lambda it: it.recorder.link(it.recording, RecordedFile(name="a.mp4")),
    "delete_files": lambda it: it.recorder.delete_files(it.recording),
    "check_storage": lambda it: it.recorder.check_storage(it.storage),
    "doctor": lambda it: it.recorder.doctor(),
    "events.receive": lambda it: it.recorder.events.receive(it.vendor.callback()),
    "events.verify": lambda it: it.recorder.events.verify(it.vendor.callback()),
}
CHANGES = {"pause", "resume", "snapshot", "update_participants", "refresh_storage", "switch_whiteboard", "update_push"}
"""Those of `test_changes.py`, which has a provider that offers them."""


@pytest.mark.parametrize("operation", REFUSED)
def test_a_closed_recorder_refuses(given: Any, clock, operation: str) -> None:
    """Nothing is sent and nobody waits; a callback isn't taken, for nobody would be told."""
    given.recorder.close()
    asked, began = list(given.provider.calls), clock.monotonic()
    with pytest.raises(ConfigurationError, match="the recorder is closed"):
        REFUSED[operation](given)
    assert (given.provider.calls, clock.monotonic()) == (asked, began)


@pytest.mark.parametrize("operation", WORK_ON)
def test_a_closed_recorder_still_does_what_sends_nothing(given: Any, operation: str) -> None:
    """A plan and an id are computed."""
    before = WORK_ON[operation](given)
    given.recorder.close()
    after = WORK_ON[operation](given)
    assert getattr(after, "requests", after) == getattr(before, "requests", before)


def test_every_operation_is_known_to_be_refused_or_not() -> None:
    """None is forgotten here."""
    operations = {name for name, _ in inspect.getmembers(Recorder, inspect.isfunction) if not name.startswith("_")}
    assert operations == {*WORK_ON, *REFUSED, *CHANGES} - {"events.receive", "events.verify"}


def test_what_was_verified_before_the_end_is_told_after_it(given: Any) -> None:
    """The vendor had its answer already and sends the callback no more."""
    events = given.recorder.events.verify(given.vendor.callback())
    given.recorder.close()
    assert len(given.recorder.events.process(events)) == 1
