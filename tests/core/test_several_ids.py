"""Recordings that the vendor keeps in several parts, by an id each, or names by a second id later."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recorder_core import (
    ConfigurationError,
    EventKind,
    LedgerUnavailable,
    Recorder,
    Recording,
    RecordingState,
    RecordingStatus,
    RemoteRecording,
    Spotlight,
    StartIntent,
)

PARTS = ("t-1", "t-2")


def stopped_with(recorder: Recorder, recording: Recording) -> Recording:
    """The handle that the provider is given to stop."""
    given: list[Recording] = []
    stop = recorder.provider.stop
    recorder.provider.stop = lambda handle, **how: given.append(handle) or stop(handle, **how)
    recorder.stop(recording)
    return given[-1]


def raised(error: Exception) -> Any:
    raise error


@pytest.fixture
def parted(memory: Any) -> Any:
    """A provider whose recordings have two tapes."""

    class PartedProvider(memory):  # type: ignore[misc]
        native_ids = ("tape",)
        several_ids = True
        ids = PARTS
        remote: tuple[RemoteRecording, ...] = ()

        def start(self, plan: Any, intent: StartIntent) -> Recording:
            self._call("start")
            now = datetime.fromtimestamp(self.runtime.clock.time(), UTC)
            return self.begun(plan, intent, started_at=now, native={"tape": list(self.ids)})

        def list_remote(self, since: datetime, until: datetime, room: str | None = None) -> Iterator[RemoteRecording]:
            yield from self.remote

    return PartedProvider


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(params=["none", "sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'ledger.db'}" if request.param == "sqlite" else None


@pytest.fixture
def opened(signing: Any, parted: Any, ledger: str | None, clock: Any) -> Iterator[Callable[..., tuple[Recorder, Any]]]:
    """A recorder on the ledger, as one process has it, and its vendor."""
    with ExitStack() as stack:

        def make(kind: Any = parted, **how: Any) -> tuple[Recorder, Any]:
            provider, vendor = signing(kind=kind, **how)
            return stack.enter_context(Recorder(provider, clock=clock, hooks=[], ledger=ledger)), vendor

        yield make


def test_a_handle_has_all_ids_and_keeps_them_as_json(opened: Any, spec: Any) -> None:
    """The first is the start's; a process that reads the handle has them too."""
    recorder, _ = opened()
    recording = recorder.start(spec())
    again = Recording.model_validate_json(recording.model_dump_json())
    assert recording.ids_under("tape") == again.ids_under("tape") == PARTS
    assert json.loads(recording.model_dump_json())["native"]["tape"] == list(PARTS)
    assert recorder.status(again).state is RecordingState.RECORDING


def test_callbacks_of_each_part_are_the_recordings(opened: Any, spec: Any, ledger: str | None) -> None:
    """Whichever process receives them, where they share a ledger."""
    recorder, vendor = opened()
    recording = recorder.start(spec())
    (first,) = recorder.events.receive(vendor.callback(tape="t-1", id="first"))
    (second,) = recorder.events.receive(vendor.callback(tape="t-2", id="second"))
    assert first.recording_id == second.recording_id == recording.id
    other, its_vendor = opened()
    (heard,) = other.events.receive(its_vendor.callback(tape="t-2", id="third"))
    assert heard.recording_id == (recording.id if ledger else None)
    (strangers,) = recorder.events.receive(vendor.callback(tape="t-3", id="fourth"))
    assert strangers.recording_id is None


def test_the_end_of_a_part_is_not_the_end(opened: Any, spec: Any) -> None:
    """What a callback says of one of them is found out of all by a look."""
    recorder, vendor = opened()
    provider = recorder.provider
    recording = recorder.start(spec())
    with recorder.fleet([recording], workers=0) as fleet:
        events = iter(fleet)
        assert next(events).state is RecordingState.RECORDING
        ended = {"kind": "ended", "state": "completed", "ending": "stopped"}
        (told,) = recorder.events.receive(vendor.callback(tape="t-1", sequence=1, **ended))
        assert (told.is_partial, told.kind, told.state, told.ending) == (True, EventKind.STATUS, None, None)
        looks = provider.calls.count("status")
        assert next(events).dedup_key == told.dedup_key
        provider.states.append(RecordingState.COMPLETED)
        (told,) = recorder.events.receive(vendor.callback(tape="t-2", sequence=1, **ended))
        assert told.is_partial
        kinds = [(event.kind, event.state) for event in events]
    assert kinds[-1] == (EventKind.ENDED, RecordingState.COMPLETED)
    assert provider.calls.count("status") > looks


def test_an_event_of_all_parts_is_the_whole_recordings(opened: Any, spec: Any) -> None:
    recorder, vendor = opened()
    recorder.start(spec())
    (told,) = recorder.events.receive(vendor.callback(tape=["t-2", "t-1"], kind="ended", state="completed"))
    assert (told.is_partial, told.kind, told.state) == (False, EventKind.ENDED, RecordingState.COMPLETED)


def test_a_confirmed_event_of_a_part_tells_the_state_of_all(opened: Any, spec: Any) -> None:
    """`confirm` asks the vendor, for the event can't tell."""
    recorder, vendor = opened()
    recorder.start(spec())
    ended = {"kind": "ended", "state": "completed"}
    (told,) = recorder.events.receive(vendor.callback(tape="t-1", **ended), confirm=True)
    assert (told.kind, told.state, told.confirmed) == (EventKind.STATUS, RecordingState.RECORDING, True)
    recorder.provider.states[0] = RecordingState.COMPLETED
    (told,) = recorder.events.receive(vendor.callback(tape="t-2", **ended), confirm=True)
    assert (told.kind, told.state, told.confirmed) == (EventKind.ENDED, RecordingState.COMPLETED, True)


def test_an_event_teaches_the_ids_that_come_later(opened: Any, spec: Any, ledger: str | None) -> None:
    """One that names an id of the handle and another; callbacks with the other alone are the recording's from then."""
    recorder, vendor = opened()
    recording = recorder.start(spec())
    recorder.events.receive(vendor.callback(tape=["t-1", "t-3"]))
    (told,) = recorder.events.receive(vendor.callback(tape="t-3"))
    assert told.recording_id == recording.id
    if ledger:
        other, its_vendor = opened()
        (heard,) = other.events.receive(its_vendor.callback(tape="t-3", id="third"))
        assert heard.recording_id == recording.id
        entry = other.ledger.entry_of("t-3")
        assert entry is not None
        assert entry.recording is not None
        assert entry.recording.ids_under("tape") == ("t-1", "t-2", "t-3")


def test_what_proves_nothing_teaches_nothing(opened: Any, spec: Any) -> None:
    """An id that somebody slipped in would be stopped with the recording."""
    recorder, vendor = opened(covers_body=False)
    recording = recorder.start(spec())
    recorder.events.receive(vendor.callback(tape=["t-1", "t-3"]))
    (told,) = recorder.events.receive(vendor.callback(tape="t-3"))
    assert told.recording_id is None
    assert recording.ids_under("tape") == PARTS


def test_a_status_teaches_ids_and_stop_has_them(opened: Any, spec: Any) -> None:
    """Ids that the vendor gives out later, also to whoever has the handle of the start."""
    recorder, _ = opened()
    provider = recorder.provider
    recording = recorder.start(spec())
    given: list[Recording] = []
    provider.states[0] = RecordingStatus(state=RecordingState.RECORDING, native={"tape": ["t-2", "t-3"], "reel": "r-1"})
    recorder.status(recording)
    stop = provider.stop
    provider.stop = lambda handle, **how: given.append(handle) or stop(handle, **how)
    recorder.stop(recording)
    assert given[0].ids_under("tape") == ("t-1", "t-2", "t-3")
    assert given[0].native["reel"] == "r-1"
    assert given[0].revision == 1


def test_an_id_that_comes_during_a_change_is_not_lost(opened: Any, spec: Any) -> None:
    """A callback teaches it while the change of the layout is under way, whose handle doesn't have it."""
    recorder, vendor = opened()
    provider = recorder.provider
    recording = recorder.start(spec())
    provider.during = lambda call: (
        recorder.events.receive(vendor.callback(tape=["t-1", "t-3"])) if call == "layout" else None
    )
    changed = recorder.layout(recording, Spotlight(participant="1001"))
    given = stopped_with(recorder, changed)
    assert given.ids_under("tape") == ("t-1", "t-2", "t-3")
    assert given.layout == changed.layout != recording.layout


def test_a_handle_of_the_same_revision_loses_no_id(opened: Any, spec: Any) -> None:
    """One process changes the layout, another is taught an id: whoever stops with either handle has both."""
    recorder, _ = opened()
    recording = recorder.start(spec())
    other, vendor = opened()
    other.events.receive(vendor.callback(tape=["t-1", "t-3"]), recording=recording)
    changed = recorder.layout(recording, Spotlight(participant="1001"))
    given = stopped_with(other, changed)
    assert given.ids_under("tape") == ("t-1", "t-2", "t-3")
    assert given.layout == changed.layout


def test_two_processes_are_taught_at_once(opened: Any, spec: Any, ledger: str | None) -> None:
    """Each another id, between the other's reading and writing: both are in the ledger, and a layout too."""
    if ledger is None:
        return
    recorder, vendor = opened()
    other, its_vendor = opened()
    recording = recorder.start(spec())
    written = recorder.ledger.teach
    changed: list[Recording] = []

    def teach(handle: Recording) -> Recording:
        recorder.ledger.teach = written
        other.events.receive(its_vendor.callback(tape=["t-1", "t-4"], id="other"))
        changed.append(other.layout(recording, Spotlight(participant="1001")))
        return written(handle)

    recorder.ledger.teach = teach
    recorder.events.receive(vendor.callback(tape=["t-1", "t-3"]))
    third, _ = opened()
    for one in (recorder, other, third):
        given = stopped_with(one, recording)
        assert set(given.ids_under("tape")) == {"t-1", "t-2", "t-3", "t-4"}
        assert given.layout == changed[0].layout != recording.layout


def test_threads_that_are_taught_lose_nothing(opened: Any, spec: Any, hasty: None) -> None:
    """Each callback another id, all at once."""
    recorder, vendor = opened()
    recording = recorder.start(spec())
    callbacks = [vendor.callback(tape=["t-1", f"t-{number}"]) for number in range(3, 15)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(recorder.events.receive, callbacks))
    assert len(stopped_with(recorder, recording).ids_under("tape")) == 14


def test_ids_that_came_without_the_ledger_are_written_later(opened: Any, spec: Any, ledger: str | None) -> None:
    """It couldn't be used when the id came; another process has it after the next thing that is learnt."""
    if ledger is None:
        return
    recorder, _ = opened()
    recording = recorder.start(spec())
    teach = recorder.ledger.teach
    recorder.ledger.teach = lambda handle: raised(LedgerUnavailable("it is gone"))
    recorder.provider.states[0] = RecordingStatus(state=RecordingState.RECORDING, native={"tape": ["t-3"]})
    recorder.status(recording)
    recorder.ledger.teach = teach
    recorder.provider.states[0] = RecordingState.PAUSED
    recorder.status(recording)
    other, _ = opened()
    assert stopped_with(other, recording).ids_under("tape") == ("t-1", "t-2", "t-3")


def test_an_end_of_a_part_that_was_taken_for_all_is_none(opened: Any, spec: Any, ledger: str | None) -> None:
    """An id that comes after the end: stop asks the vendor, in every process, and the recording is open again."""
    recorder, vendor = opened()
    recording = recorder.start(spec())
    recorder.provider.states[0] = RecordingState.COMPLETED
    assert recorder.status(recording).state is RecordingState.COMPLETED
    recorder.provider.states[0] = RecordingState.RECORDING
    recorder.events.receive(vendor.callback(tape=["t-1", "t-9"]))
    other, _ = opened()
    if ledger:
        entry = other.ledger.entry(recording.id)
        assert (entry.open, entry.outcome) == (True, None)
    assert stopped_with(recorder, recording).ids_under("tape") == ("t-1", "t-2", "t-9")
    if ledger:
        assert other.status(recording).state is RecordingState.RECORDING


@pytest.mark.parametrize("junk", ["..", "", "a\nb", ".", 7])
def test_junk_is_no_id(opened: Any, spec: Any, junk: Any) -> None:
    """A handle that is refused from then on would be one that nobody can stop."""
    recorder, vendor = opened()
    recording = recorder.start(spec())
    recorder.events.receive(vendor.callback(tape=["t-1", junk]))
    recorder.provider.states[0] = RecordingStatus(state=RecordingState.RECORDING, native={"tape": [junk]})
    assert recorder.status(recording).state is RecordingState.RECORDING
    assert stopped_with(recorder, recording).ids_under("tape") == PARTS


def test_the_last_parts_end_is_told_as_the_end(opened: Any, spec: Any) -> None:
    """With `confirm`, whatever the vendor calls a part's end: its files, or its failure."""
    recorder, vendor = opened()
    recorder.start(spec())
    recorder.provider.states[0] = RecordingState.COMPLETED
    for kind in ("uploaded", "error", "upload_failed"):
        (told,) = recorder.events.receive(vendor.callback(tape="t-1", kind=kind), confirm=True)
        assert (told.kind, told.state, told.is_partial) == (EventKind.ENDED, RecordingState.COMPLETED, False)


def test_an_id_that_repeats_is_the_newest_recordings(opened: Any, spec: Any, ledger: str | None) -> None:
    """In the process that started both, and in every other."""
    recorder, vendor = opened()
    recorder.start(spec())
    recorder.provider.ids = ("x-1", "t-2")
    newest = recorder.start(spec())
    (told,) = recorder.events.receive(vendor.callback(tape="t-2"))
    assert told.recording_id == newest.id
    if ledger:
        other, its_vendor = opened()
        (told,) = other.events.receive(its_vendor.callback(tape="t-2", id="other"))
        assert told.recording_id == newest.id


def test_ids_are_never_changed() -> None:
    """What the handle has stays, and in its order; what brings nothing new leaves it as it is."""
    recording = Recording(
        id="0" * 32, provider="memory", room="r", started_at=datetime.now(UTC), native={"tape": "t-1", "reel": "r-1"}
    )
    assert recording.taught({"tape": "t-1", "reel": "r-2"}, "tape") is recording
    assert recording.taught({"tape": ["t-2", "t-1"]}, "tape").ids_under("tape") == ("t-1", "t-2")
    assert recording.taught({"tape": ["t-2"]}, "") is recording


def test_parts_at_the_vendor_are_no_strangers(opened: Any, spec: Any, ledger: str | None) -> None:
    """The list has a row for each of them."""
    if ledger is None:
        return
    recorder, _ = opened()
    recorder.start(spec())
    ids = ("t-2", "t-1", "t-9")
    recorder.provider.remote = tuple(RemoteRecording(provider="memory", native={"tape": one}) for one in ids)
    other, _ = opened()
    other.provider.remote = recorder.provider.remote
    for one in (recorder, other):
        assert [remote.native["tape"] for remote in one.recover().unknown] == ["t-9"]


def test_a_callback_of_a_part_makes_no_handle_while_the_others_begin(
    opened: Any, spec: Any, ledger: str | None
) -> None:
    """Whoever starts them has all: the handle of one would leave the others to nobody."""
    if ledger is None:
        return
    recorder, _ = opened()
    other, its_vendor = opened()
    asked: list[StartIntent] = []
    other.provider.identify = lambda intent, event: asked.append(intent)

    def during(call: str) -> None:
        if call == "start":
            (told,) = other.events.receive(its_vendor.callback(tape="t-1", room="lesson-42"))
            assert told.recording_id is None

    recorder.provider.during = during
    recording = recorder.start(spec())
    assert asked == []
    (told,) = other.events.receive(its_vendor.callback(tape="t-2", room="lesson-42"))
    assert told.recording_id == recording.id


def test_a_list_is_no_id_where_the_vendor_has_one(recorder: Recorder, spec: Any) -> None:
    recording = recorder.start(spec())
    type(recorder.provider).native_ids = ("tape",)
    try:
        wrong = recording.model_copy(update={"native": {"tape": ("t-1", "t-2")}})
        with pytest.raises(ConfigurationError, match=r"native\.tape is no id") as caught:
            recorder.status(wrong)
        assert "several_ids = True" in str(caught.value.hint)
    finally:
        del type(recorder.provider).native_ids


@pytest.mark.parametrize("ids", [(), ("",), ("t-1", ".."), ("t-1", 7), ("t-1", "a\nb")])
def test_each_of_several_ids_has_to_be_one(opened: Any, spec: Any, ids: tuple[Any, ...]) -> None:
    recorder, _ = opened()
    recording = recorder.start(spec())
    with pytest.raises(ConfigurationError, match=r"native\.tape is"):
        recorder.status(recording.model_copy(update={"native": {"tape": ids}}))
