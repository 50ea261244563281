"""The face: whose recording it is, how long it takes, what is known, and what an error carries."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.conftest import MemoryProvider
from recorder_core import (
    ConfigurationError,
    Custom,
    DeadlineExceeded,
    Grid,
    InvalidSpec,
    ProviderConfig,
    ProviderNotFound,
    RecordedFile,
    Recorder,
    Recording,
    RecordingFailed,
    RecordingNotFound,
    RecordingSpec,
    RecordingState,
    RecordingStatus,
    ServiceUnavailable,
    Spotlight,
    StartIntent,
    StartOutcomeUnknown,
    TransportError,
    UnsupportedFeature,
    UnsupportedOperation,
    hookimpl,
)
from recorder_core.clock import current_deadline

Make = Callable[..., RecordingSpec]
FILE = RecordedFile(name="lesson.m3u8")


# --- what it is made of ---


def test_a_provider_that_is_given_whole_needs_no_installation(memory, spec: Make) -> None:
    """The typed door takes a Provider instance, and the recorder opens it with its runtime."""
    provider = memory()
    with Recorder(provider, hooks=[], timeout=3) as recorder:
        assert recorder.provider is provider
        assert provider.runtime.timeout == (3.0, 3.0)
        assert repr(recorder) == "Recorder('memory', account='tenant-1')"
    assert provider.closed


def test_a_provider_by_itself_can_only_translate(memory, spec: Make) -> None:
    """Without a recorder there is no clock and no time-out: the error says what to do."""
    with pytest.raises(ConfigurationError, match="not opened") as caught:
        memory().runtime  # noqa: B018 - reading it is the test
    assert "Recorder" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("keywords", "problem"),
    [
        ({"on_unsupported": "ignore"}, "on_unsupported is 'ignore'"),
        ({"deadline": 0}, "deadline is 0"),
        ({"timeout": (5, -1)}, "timeout is -1"),
        ({"tenant": "x"}, "tenant: a Provider that is given whole"),
    ],
)
def test_wrong_keywords_are_the_callers_fault(memory, keywords: dict[str, Any], problem: str) -> None:
    """Each names the keyword, its value and what is allowed."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        Recorder(memory(), hooks=[], **keywords)
    assert caught.value.fault == "caller"


@pytest.mark.parametrize("given", [42, None, ProviderConfig()])
def test_what_is_no_provider_is_refused(given: Any) -> None:
    """Neither a name nor a Provider."""
    with pytest.raises(ConfigurationError, match="takes the name of a provider or a Provider, not"):
        Recorder(given, hooks=[])


def test_a_class_in_place_of_its_instance_is_refused(memory) -> None:
    """A slip that is easily made: the class was given, not a provider made with its Config."""
    with pytest.raises(ConfigurationError, match="takes the name of a provider or a Provider, not"):
        Recorder(memory, hooks=[])


# --- starting ---


def test_a_handle_holds_what_was_resolved(recorder, provider, clock, spec: Make) -> None:
    """The handle has our id, the vendor's, the account, and the neutral fields as they were recorded."""
    recording = recorder.start(spec(output={"prefix": "lessons/2026"}))
    assert recording.provider == "memory"
    assert recording.account == "tenant-1"
    assert recording.room == "lesson-42"
    assert isinstance(recording.layout, Grid)
    assert recording.canvas is not None
    assert (recording.canvas.width, recording.canvas.height) == (1280, 720)
    assert recording.location is not None
    assert recording.location.uri("a.m3u8") == "s3://lessons/a.m3u8"
    assert recording.location.prefix == "lessons/2026"
    assert recording.started_at == datetime.fromtimestamp(clock.now, UTC)
    assert dict(recording.native) == {"tape": f"tape of {recording.id}"}
    assert recording.revision == 0


def test_every_start_has_an_id_of_its_own(recorder, spec: Make) -> None:
    """Without a key no two recordings share an id."""
    assert recorder.start(spec()).id != recorder.start(spec()).id


def test_a_key_fixes_the_id(memory, spec: Make) -> None:
    """The same key, provider and account give the same id in every process; another of them another id."""
    ids = [
        Recorder(memory(memory.Config(tenant=tenant)), hooks=[]).start(spec(), key=key).id
        for tenant, key in (("a", "k"), ("a", "k"), ("b", "k"), ("a", "l"))
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_an_empty_key_is_a_slip(recorder, provider, spec: Make) -> None:
    """An empty key would make every start the same recording."""
    with pytest.raises(InvalidSpec, match="key is empty") as caught:
        recorder.start(spec(), key="")
    assert (caught.value.provider, caught.value.operation) == ("memory", "start")
    assert provider.calls == []


class Forgetful(MemoryProvider):
    """One of a vendor that starts another recording whenever it is asked to."""

    start_is_unique = False


def test_a_key_that_nothing_keeps_unique_is_refused(clock, spec: Make) -> None:
    """Where the vendor would record twice and there is no ledger, nothing is sent, and no hook is asked."""
    provider, asked = Forgetful(), []

    class Policy:
        @hookimpl
        def recorder_before_start(self, spec: RecordingSpec) -> None:
            asked.append(spec)

    recorder = Recorder(provider, clock=clock, hooks=[Policy()])
    with pytest.raises(ConfigurationError, match="a key takes a ledger here: memory doesn't tell") as caught:
        recorder.start(spec(), key="lesson")
    assert (caught.value.fault, caught.value.operation, caught.value.intent) == ("caller", "start", None)
    assert "ledger='sqlite:///" in (caught.value.hint or "")
    assert (provider.calls, asked) == ([], [])


def test_without_a_key_every_start_is_another_one_anyway(clock, spec: Make) -> None:
    """What the vendor doesn't keep unique needs no ledger where nobody asks for that."""
    recorder = Recorder(Forgetful(), clock=clock, hooks=[])
    assert recorder.start(spec()).id != recorder.start(spec()).id


def test_a_ledger_keeps_a_key_unique(clock, spec: Make, tmp_path: Path) -> None:
    """With one the second start of a key is the recording that runs, whatever the vendor would have done."""
    providers = Forgetful(), Forgetful()
    handles = []
    for provider in providers:
        with Recorder(provider, clock=clock, hooks=[], ledger=f"sqlite:///{tmp_path / 'recordings.db'}") as recorder:
            handles.append(recorder.start(spec(), key="lesson"))
    assert handles[0] == handles[1]
    assert [provider.calls for provider in providers] == [["start"], ["status"]]


def test_the_outcome_of_an_earlier_recording_is_not_that_of_a_later_one(recorder, provider, spec: Make) -> None:
    """A key may be used again once its recording has ended; the new one is asked about, and really stopped."""
    provider.states[0] = RecordingState.COMPLETED
    recorder.stop(recorder.start(spec(), key="lesson"))
    again = recorder.start(spec(), key="lesson")
    provider.states[0] = RecordingState.RECORDING
    assert recorder.status(again).state is RecordingState.RECORDING
    recorder.stop(again)
    assert provider.calls == ["start", "stop wait=True deadline=60", "start", "status", "stop wait=True deadline=60"]


def test_a_plan_sends_nothing_and_is_the_same_every_time(recorder, provider, spec: Make) -> None:
    """plan is pure."""
    assert recorder.plan(spec()) == recorder.plan(spec())
    assert provider.calls == []


def test_options_of_a_provider_that_is_not_installed_are_a_misspelling(recorder, provider, spec: Make) -> None:
    """They would be lost in silence: the nearest name is told. Those of an installed one are for another recorder."""
    with pytest.raises(InvalidSpec, match=r"options\.memry: no such provider is installed; did you mean memory\?"):
        recorder.plan(spec(options={"memry": {"tape": "C-90"}}))
    recorder.plan(spec(options={"memory": {"tape": "C-90"}, "agora": {"uid": "7"}}))


def test_wrong_options_are_named_without_their_values(recorder, provider, spec: Make) -> None:
    """Errors of the provider's own options have the path of the spec and no value."""
    with pytest.raises(InvalidSpec) as caught:
        recorder.start(spec(options={"memory": {"tpe": "a secret value"}}))
    assert caught.value.problems == ("options.memory.tpe: is unknown; did you mean tape?",)
    assert (caught.value.provider, caught.value.operation) == ("memory", "start")
    assert "a secret value" not in repr(caught.value)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), TransportError("lost"), ValueError("a plugin's bug")])
def test_whatever_start_raises_carries_the_intent(recorder, provider, spec: Make, error: BaseException) -> None:
    """After the first byte any exception says what was noted, an interrupt too; it is enough to look for it."""
    provider.failures["start"] = error
    with pytest.raises(type(error)) as caught:
        recorder.start(spec(), key="lesson")
    intent = caught.value.intent
    assert isinstance(intent, StartIntent)
    assert intent.noted == {"tape": f"tape of {intent.id}"}
    assert (intent.provider, intent.account, intent.room, intent.key) == ("memory", "tenant-1", "lesson-42", "lesson")
    assert StartIntent.model_validate_json(intent.model_dump_json()) == intent


def test_an_unknown_outcome_names_the_recording(recorder, provider, spec: Make) -> None:
    """StartOutcomeUnknown has our id, its intent and where it happened, also in another process."""
    provider.failures["start"] = StartOutcomeUnknown("no answer")
    with pytest.raises(StartOutcomeUnknown) as caught:
        recorder.start(spec())
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.recording_id == error.intent.id
    assert (error.provider, error.operation) == ("memory", "start")


def test_confirm_waits_until_it_truly_records(recorder, provider, clock, spec: Make) -> None:
    """A confirmed start returns when the vendor says that it records."""
    provider.states.appendleft(RecordingState.STARTING)
    recorder.start(spec(), confirm=True)
    assert provider.calls == ["start", "status", "status"]


def test_a_start_that_is_not_confirmed_keeps_its_intent(recorder, provider, spec: Make) -> None:
    """The recording runs or ran: its error says which, and has the handle that was never returned."""
    provider.states[0] = RecordingStatus(state="failed")
    with pytest.raises(RecordingFailed) as caught:
        recorder.start(spec(), confirm=True)
    assert caught.value.intent is not None
    assert caught.value.recording is not None
    assert caught.value.recording_id == caught.value.recording.id == caught.value.intent.id


def test_one_deadline_covers_the_start_and_its_confirmation(recorder, provider, clock, spec: Make) -> None:
    """What the start took is gone from the wait."""
    provider.states[0] = RecordingState.STARTING
    provider.during = lambda call: clock.sleep(6) if call == "start" else None
    began = clock.now
    with pytest.raises(DeadlineExceeded):
        recorder.start(spec(), confirm=True, deadline=20)
    assert clock.now - began <= 20


# --- whose recording ---


@pytest.mark.parametrize("change", [{"account": "tenant-2"}, {"provider": "agora"}, {"account": None}])
def test_a_handle_of_another_account_is_refused_by_name(recorder, provider, spec: Make, change: dict) -> None:
    """Every operation refuses it before anything is sent and says whose it is."""
    mine = recorder.start(spec())
    foreign = mine.model_copy(update=change)
    provider.calls.clear()
    for operate in (
        recorder.status,
        recorder.stop,
        recorder.wait,
        lambda handle: recorder.layout(handle, Grid()),
    ):
        with pytest.raises(ConfigurationError, match=r"belongs to .* account .*, this recorder to memory") as caught:
            operate(foreign)
        assert caught.value.recording_id == mine.id
        assert caught.value.fault == "caller"
    assert provider.calls == []


def test_a_handle_is_enough_for_another_process(memory, spec: Make) -> None:
    """Through JSON, with a key of a newer release, to a recorder that never saw the start."""
    handle = json.loads(Recorder(memory(), hooks=[]).start(spec()).model_dump_json())
    recording = Recording.model_validate({**handle, "mood": "gay"})
    other = Recorder(memory(), hooks=[])
    assert other.status(recording).state is RecordingState.RECORDING
    changed = other.layout(recording, Spotlight("7"))
    assert json.loads(changed.model_dump_json())["mood"] == "gay"
    assert other.stop(changed).state is RecordingState.RECORDING


# --- what is known ---


@pytest.mark.parametrize("state", [RecordingState.COMPLETED, RecordingState.FAILED])
def test_stopping_what_has_ended_returns_what_is_known(recorder, provider, spec: Make, state: RecordingState) -> None:
    """The vendor isn't asked again, by stop as by status: nothing follows an end."""
    recording = recorder.start(spec())
    provider.states[0] = RecordingStatus(state=state, files=(FILE,))
    known = recorder.status(recording)
    assert recorder.stop(recording) == recorder.stop(recording) == recorder.status(recording) == known
    assert provider.calls == ["start", "status"]


def test_a_stop_that_is_not_settled_can_be_asked_again(recorder, provider, spec: Make) -> None:
    """Files that are still uploaded, and a recording that is gone, are asked about anew."""
    recording = recorder.start(spec())
    for state in (RecordingState.UPLOADING, RecordingState.GONE, RecordingState.COMPLETED):
        provider.states[0] = state
        assert recorder.stop(recording).state is state
    assert len(provider.calls) == 4


def test_files_that_were_seen_are_not_forgotten(recorder, provider, spec: Make) -> None:
    """A vendor that has forgotten a recording is answered for with what was seen of it."""
    recording = recorder.start(spec())
    provider.states[0] = RecordingStatus(state="uploading", files=(FILE,))
    recorder.status(recording)
    provider.states[0] = RecordingState.GONE
    assert recorder.status(recording).files == (FILE,)
    assert recorder.stop(recording).files == (FILE,)


# --- layouts ---


def test_a_layout_change_keeps_what_it_leaves_out(recorder, spec: Make) -> None:
    """Background and placeholders stay; the handle counts its revisions and keeps the rest."""
    first = recorder.start(spec(layout=Grid(background={"color": "#102030"})))
    second = recorder.layout(first, Spotlight("7", side="right"))
    assert second.layout == Spotlight("7", side="right", background={"color": "#102030"})
    assert (first.revision, second.revision) == (0, 1)
    assert second.id == first.id
    third = recorder.layout(second, Grid(background={"color": "#ffffff"}))
    assert third.layout.background.color == "#ffffff"
    assert third.revision == 2


def test_a_layout_that_the_vendor_lacks_is_refused_before_anything_is_sent(recorder, provider, spec: Make) -> None:
    """UnsupportedFeature names it and says that it was a layout change, of which recording."""
    recording = recorder.start(spec())
    with pytest.raises(UnsupportedFeature) as caught:
        recorder.layout(recording, Custom(regions=[{"x": 0, "y": 0, "width": 1, "height": 1}]))
    assert [finding.path for finding in caught.value.findings] == ["layout"]
    assert (caught.value.operation, caught.value.recording_id) == ("layout", recording.id)
    assert provider.calls == ["start"]


def test_what_a_layout_change_drops_is_added_to_the_handle(provider, clock, spec: Make) -> None:
    """`dropped` holds every path once, in the order in which it was given up."""
    recorder = Recorder(provider, hooks=[], clock=clock, on_unsupported="warn")
    recording = recorder.start(spec(callback_url="https://example.com", layout=Grid(windows=4)))
    assert recording.dropped == ("layout.windows", "callback_url")
    again = recorder.layout(recording, Grid(windows=4, fit="contain"))
    assert again.dropped == ("layout.windows", "callback_url", "layout.fit")


def test_sound_has_no_layout(recorder, provider, spec: Make) -> None:
    """A layout change of a recording without pictures is the caller's slip, and nothing is sent."""
    recording = recorder.start(spec(media="audio"))
    with pytest.raises(InvalidSpec, match="no pictures") as caught:
        recorder.layout(recording, Grid())
    assert (caught.value.operation, caught.value.recording_id) == ("layout", recording.id)
    assert provider.calls == ["start"]


def test_an_operation_that_the_vendor_lacks_says_so(memory, spec: Make) -> None:
    """What a provider doesn't override is UnsupportedOperation, with its name."""

    class Plain(memory):
        translate_layout = memory.__mro__[1].translate_layout
        layout = memory.__mro__[1].layout

    recorder = Recorder(Plain(), hooks=[])
    recording = recorder.start(spec())
    with pytest.raises(UnsupportedOperation) as caught:
        recorder.layout(recording, Grid())
    assert (caught.value.provider, caught.value.operation) == ("memory", "layout")
    assert caught.value.recording_id == recording.id


# --- time ---


def test_every_operation_has_its_deadline(provider, clock, spec: Make) -> None:
    """The keyword's, else the recorder's own; the provider and its transport see it."""
    left = []
    provider.during = lambda call: left.append(current_deadline().remaining())
    recorder = Recorder(provider, hooks=[], clock=clock, deadline=33)
    recording = recorder.start(spec())
    recorder.start(spec(), deadline=4)
    recorder.status(recording)
    recorder.status(recording, deadline=5)
    recorder.layout(recording, Grid(), deadline=6)
    recorder.stop(recording, deadline=7)
    assert left == [33, 4, 33, 5, 6, 7]
    assert provider.calls[-1] == "stop wait=True deadline=7"
    assert current_deadline().remaining() == float("inf")


@pytest.mark.parametrize("deadline", [0, -3])
def test_a_deadline_is_more_than_zero(recorder, provider, spec: Make, deadline: float) -> None:
    """No time at all is a slip, refused before anything is sent."""
    with pytest.raises(ConfigurationError, match="deadline"):
        recorder.start(spec(), deadline=deadline)
    assert provider.calls == []


def test_errors_say_where_they_come_from(recorder, provider, spec: Make) -> None:
    """What a provider's error leaves open is filled in; what it says stays."""
    recording = recorder.start(spec())
    provider.failures["status"] = ServiceUnavailable("busy")
    with pytest.raises(ServiceUnavailable) as caught:
        recorder.status(recording)
    error = caught.value
    assert (error.provider, error.operation, error.recording_id) == ("memory", "status", recording.id)
    provider.failures["stop"] = RecordingNotFound("gone", provider="memory", operation="DescribeTape")
    with pytest.raises(RecordingNotFound) as caught:
        recorder.stop(recording)
    assert caught.value.operation == "DescribeTape"


# --- one at a time ---


class Busy:
    """An operation that is under way until it is let go."""

    def __init__(self, provider: Any, recorder: Recorder, recording: Recording, during: str) -> None:
        self.entered, self.let_go = threading.Event(), threading.Event()
        provider.during = lambda call: call.startswith(during) and (self.entered.set(), self.let_go.wait(20))
        self.thread = threading.Thread(target=recorder.stop, args=(recording,))

    def __enter__(self) -> Busy:
        self.thread.start()
        assert self.entered.wait(20)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.let_go.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


def test_operations_on_one_recording_come_one_after_the_other(recorder, provider, spec: Make) -> None:
    """A query that overlaps a stop loses a vendor's file list: it waits for the stop to end."""
    recording = recorder.start(spec())
    done = []
    second = threading.Thread(target=lambda: done.append(recorder.status(recording)))
    with Busy(provider, recorder, recording, "stop"):
        second.start()
        second.join(0.05)
        assert provider.calls == ["start", "stop wait=True deadline=60"]
    second.join(20)
    assert provider.calls == ["start", "stop wait=True deadline=60", "status"]
    assert len(done) == 1


def test_operations_on_other_recordings_go_on(recorder, provider, spec: Make) -> None:
    """The turn is a recording's, not the recorder's."""
    one, other = recorder.start(spec()), recorder.start(spec())
    with Busy(provider, recorder, one, "stop"):
        assert recorder.status(other).state is RecordingState.RECORDING


def test_waiting_for_the_turn_counts(memory, spec: Make) -> None:
    """An operation whose deadline passes while another holds the recording gives up; it sent nothing."""
    provider = memory()
    recorder = Recorder(provider, hooks=[])
    recording = recorder.start(spec())
    with (
        Busy(provider, recorder, recording, "stop"),
        pytest.raises(DeadlineExceeded, match="nothing was sent") as caught,
    ):
        recorder.status(recording, deadline=0.01)
    assert caught.value.retryable
    assert (caught.value.operation, caught.value.recording_id) == ("status", recording.id)
    assert "status" not in provider.calls


# --- with ---


def test_leaving_the_recorder_stops_nothing(provider, spec: Make) -> None:
    """`with Recorder(…)` closes connections; recordings go on."""
    with Recorder(provider, hooks=[]) as recorder:
        recorder.start(spec())
    assert provider.calls == ["start"]
    assert provider.closed


@pytest.mark.parametrize("error", [None, RuntimeError("the lesson failed"), KeyboardInterrupt()])
def test_run_stops_at_the_end(recorder, provider, spec: Make, error: BaseException | None) -> None:
    """However the block ends, the recording is stopped, and the block's error goes on."""

    def lesson() -> None:
        with recorder.run(spec(), deadline=9) as recording:
            recorder.layout(recording, Spotlight("7"))
            if error:
                raise error

    if error is None:
        lesson()
    else:
        with pytest.raises(type(error)) as caught:
            lesson()
        assert caught.value is error
    assert provider.calls == ["start", "layout", "stop wait=True deadline=60"]


# --- from the environment ---


@pytest.mark.parametrize(
    ("name", "env", "account"),
    [
        (
            "agora",
            {"AGORA_APP_ID": "app-1", "AGORA_CUSTOMER_ID": "id-1", "AGORA_CUSTOMER_SECRET": "hush-1"},
            "app-1",
        ),
        ("zegocloud", {"ZEGO_APP_ID": "7", "ZEGO_SERVER_SECRET": "h" * 32}, "7"),
    ],
)
def test_from_env_reads_the_providers_variables(name: str, env: dict, account: str, monkeypatch) -> None:
    """Credentials and, comma-separated, the hosts; overrides win; only from_env looks at the environment."""
    prefix = next(iter(env)).partition("_")[0]
    for variable, value in env.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv(f"{prefix}_BASE_URLS", "http://127.0.0.1:1, http://127.0.0.1:2")
    with Recorder.from_env(name, hooks=[], deadline=5) as recorder:
        assert recorder.provider.account == account
        assert recorder.provider.config.base_urls == ("http://127.0.0.1:1", "http://127.0.0.1:2")
    with Recorder.from_env(name, base_urls=["http://127.0.0.1:3"]) as recorder:
        assert recorder.provider.config.base_urls == ("http://127.0.0.1:3",)
    with pytest.raises(ConfigurationError):
        Recorder(name)


@pytest.mark.parametrize("name", ["agora", "zegocloud"])
def test_from_env_names_what_is_missing(name: str, monkeypatch) -> None:
    """The error lists the fields and their variables, and no value of those that are set."""
    for variable in ("AGORA_APP_ID", "AGORA_CUSTOMER_ID", "ZEGO_APP_ID"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AGORA_CUSTOMER_SECRET", "sentinel-value")
    monkeypatch.setenv("ZEGO_SERVER_SECRET", "sentinel-value")
    with pytest.raises(ConfigurationError, match="app_id: is missing") as caught:
        Recorder.from_env(name)
    assert ("AGORA" if name == "agora" else "ZEGO") + "_APP_ID" in (caught.value.hint or "")
    assert "sentinel-value" not in str(caught.value)


def test_from_env_of_a_provider_that_is_not_installed(monkeypatch) -> None:
    """The name is looked up before the environment."""
    with pytest.raises(ProviderNotFound, match="'agoro'"):
        Recorder.from_env("agoro")


def test_an_empty_variable_is_no_value(memory) -> None:
    """A variable that is set to nothing is as good as absent."""
    assert memory.Config.from_env({"MEMORY_TENANT": ""}).tenant == "tenant-1"
    assert memory.Config.from_env({"MEMORY_TENANT": "b"}).tenant == "b"
    assert memory.Config.from_env({"MEMORY_TENANT": "b"}, tenant="c").tenant == "c"
    assert memory.Config.from_env({"MEMORY_BASE_URLS": "http://a, ,http://b,"}).base_urls == ("http://a", "http://b")
