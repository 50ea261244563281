"""Recordings that no start here began are taken over; at a vendor in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.conftest import MemoryConfig, MemoryProvider, SteppedClock, Vendor
from recorder_core import (
    AsyncRecorder,
    ConfigurationError,
    EventKind,
    Grid,
    InvalidSpec,
    LedgerUnavailable,
    Plan,
    Recorder,
    Recording,
    RecordingConflict,
    RecordingEvent,
    RecordingNotFound,
    RecordingSpec,
    RecordingState,
    RemoteRecording,
    StartIntent,
    StartOutcomeUnknown,
    UnsupportedOperation,
    hookimpl,
)

Make = Callable[..., Recorder]


class Studio(MemoryProvider):
    """Tells of any tape that it runs since the clock began, in the room that it is asked for."""

    native_ids = ("tape",)
    tape: str | None = None
    listed: RemoteRecording | None = None

    def start(self, plan: Plan, intent: StartIntent) -> Recording:
        self._call("start")
        tape = self.tape or f"tape of {intent.id}"
        return self.begun(plan, intent, started_at=self.now(), native={"tape": tape})

    def adopt(self, remote: RemoteRecording) -> Recording:
        self._call("adopt")
        return self.adopted(remote, {"tape": remote.native["tape"]}, mode="composite", canvas=None)

    def list_remote(self, since: datetime, until: datetime, room: str | None = None) -> Iterator[RemoteRecording]:
        self._call("list")
        yield self.listed or stranger(started_at=self.now())


def stranger(tape: str = "t-7", **fields: Any) -> RemoteRecording:
    """A recording of somebody else's in the same account."""
    known = {"provider": "memory", "account": "tenant-1", "room": "lesson-7", "native": {"tape": tape}}
    return RemoteRecording(**{**known, "state": RecordingState.RECORDING, **fields})


class Told:
    """What hooks are told of changes."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str]] = []

    @hookimpl
    def recorder_changed(self, recording: Recording, operation: str) -> None:
        self.changes.append((recording.id, operation))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'recordings.db'}"


@pytest.fixture
def make(clock: SteppedClock) -> Iterator[Make]:
    """Recorders, each as good as a process of its own."""
    made: list[Recorder] = []

    def recorder(provider: MemoryProvider | None = None, **options: Any) -> Recorder:
        made.append(Recorder(provider or Studio(), **{"clock": clock, "hooks": [], **options}))
        return made[-1]

    yield recorder
    for one in made:
        one.close()


class Parts(Studio):
    """Keeps a recording as several tapes."""

    several_ids = True


def calls(recorder: Recorder) -> list[str]:
    """What its provider was asked."""
    found: Any = recorder.provider
    return list(found.calls)


def test_it_is_one_recording_however_often_it_is_adopted(make: Make) -> None:
    """The vendor is asked once, hooks are told once, and another process has the same id for it."""
    told = Told()
    recorder = make(hooks=[told])
    first, again = recorder.adopt(stranger()), recorder.adopt(stranger())
    assert first == again
    assert (calls(recorder), told.changes) == (["adopt"], [(first.id, "adopt")])
    assert (first.provider, first.account, first.room) == ("memory", "tenant-1", "lesson-7")
    assert (first.layout, first.location, first.canvas) == (None, None, None)
    assert make().adopt(stranger()).id == first.id
    assert make().adopt(stranger("t-8")).id != first.id
    assert first.id != recorder.recording_id("t-7"), "a key of the same text is another recording"


def test_it_is_one_like_any_other_from_then_on(make: Make) -> None:
    """It is looked at, changed, stopped, and its handle travels."""
    provider = Studio()
    recorder = make(provider)
    recording = Recording.model_validate_json(recorder.adopt(stranger()).model_dump_json())
    assert recorder.status(recording).state is RecordingState.RECORDING
    changed = recorder.layout(recording, Grid())
    assert recorder.adopt(stranger()) == changed, "the newest handle is handed out"
    provider.states[0] = RecordingState.COMPLETED
    assert recorder.stop(recording).state is RecordingState.COMPLETED


def test_it_is_one_entry_of_the_ledger(make: Make, url: str) -> None:
    """Whoever shares the ledger has its handle without asking the vendor, and recovers it as no stranger's."""
    one, other = make(ledger=url), make(ledger=url)
    (unknown,) = one.recover().unknown
    recording = one.adopt(unknown)
    assert other.adopt(unknown) == recording
    assert "adopt" not in calls(other)
    (entry,) = other.ledger.entries()
    assert (entry.id, entry.key, entry.recording, entry.open) == (recording.id, None, recording, True)
    assert other.recover().unknown == ()
    assert [event.kind for event in other.worker(workers=0, until="looked")] != []


def test_what_was_started_here_keeps_its_handle(
    make: Make, url: str, spec: Callable[..., RecordingSpec], clock: SteppedClock
) -> None:
    """With a ledger in every process, without one in the process that has started it."""
    alone = make()
    started = alone.start(spec())
    assert alone.adopt(stranger(started.native["tape"])) == started
    started = make(ledger=url).start(spec())
    other = make(ledger=url)
    assert other.adopt(stranger(started.native["tape"])) == started
    assert calls(other) == []


def test_what_may_be_the_recording_of_a_lost_start_is_not_adopted(
    make: Make, url: str, spec: Callable[..., RecordingSpec], clock: SteppedClock
) -> None:
    """It would have two handles. What began long before, or in another room, can't be it."""
    provider = Studio()
    provider.failures["start"] = StartOutcomeUnknown("no answer came")
    recorder = make(provider, ledger=url)
    with pytest.raises(StartOutcomeUnknown):
        recorder.start(spec())
    now = datetime.fromtimestamp(clock.time(), UTC)
    with pytest.raises(RecordingConflict) as caught:
        recorder.adopt(stranger(room="lesson-42", started_at=now))
    assert caught.value.retryable
    assert caught.value.intent is not None
    assert caught.value.intent.room == "lesson-42"
    assert [entry.recording for entry in recorder.ledger.entries()] == [None]
    long_ago = datetime.fromtimestamp(clock.time() - 3600, UTC)
    assert recorder.adopt(stranger(room="lesson-42", started_at=long_ago)).room == "lesson-42"
    assert recorder.adopt(stranger("t-8", started_at=now)).room == "lesson-7"


@pytest.mark.parametrize("room", [None, ""])
def test_where_no_room_is_told_it_may_be_that_of_any_lost_start(
    make: Make, url: str, spec: Callable[..., RecordingSpec], clock: SteppedClock, room: str | None
) -> None:
    """A page's recording has none at some vendors. What began long before can't be it; what may be isn't unknown."""
    provider = Studio()
    provider.failures["start"] = StartOutcomeUnknown("no answer came")
    recorder = make(provider, ledger=url)
    with pytest.raises(StartOutcomeUnknown) as lost:
        recorder.start(spec())
    now = datetime.fromtimestamp(clock.time(), UTC)
    with pytest.raises(RecordingConflict, match="in room 'lesson-42'") as caught:
        recorder.adopt(stranger(room=room, started_at=now))
    assert caught.value.intent is not None
    assert lost.value.intent is not None
    assert caught.value.intent.id == lost.value.intent.id
    assert [entry.recording for entry in recorder.ledger.entries()] == [None]
    roomless = Studio()
    roomless.listed = stranger(room=room)
    assert make(roomless, ledger=url).recover().unknown == ()
    long_ago = datetime.fromtimestamp(clock.time() - 3600, UTC)
    assert recorder.adopt(stranger(room=room, started_at=long_ago)).room == ""


@pytest.mark.parametrize("is_elsewhere", [True, False])
def test_a_start_that_is_answered_meanwhile_is_not_adopted_too(
    make: Make, url: str, spec: Callable[..., RecordingSpec], is_elsewhere: bool
) -> None:
    """One entry and one handle, with a ledger in every process, without one in that which starts it. No change is told.

    The start's answer comes while the vendor is asked for what is to be adopted.
    """
    told, started = Told(), []
    adopting = make(hooks=[told], ledger=url if is_elsewhere else None)
    starting = make(ledger=url) if is_elsewhere else adopting
    beginning: Any = starting.provider
    beginning.tape = "t-7"
    asked: Any = adopting.provider
    asked.during = lambda call: started.append(starting.start(spec())) if call == "adopt" else None
    assert [adopting.adopt(stranger(room="lesson-42"))] == started
    assert told.changes == []
    if is_elsewhere:
        assert [entry.recording for entry in adopting.ledger.entries()] == started


def test_the_newest_handle_is_handed_out_though_the_ledger_lacks_it(
    make: Make, url: str, spec: Callable[..., RecordingSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that couldn't be written down is known here all the same."""
    recorder = make(ledger=url)
    started = recorder.start(spec())

    def out_of_order(*_: Any) -> None:
        raise LedgerUnavailable("no disk")

    with monkeypatch.context() as patch:
        patch.setattr(recorder.ledger, "change", out_of_order)
        changed = recorder.layout(started, Grid())
    assert changed.revision > started.revision
    assert recorder.adopt(stranger(started.native["tape"])) == changed


def test_a_part_of_what_is_known_is_the_whole(make: Make, url: str) -> None:
    """By whichever of its ids it is named, in every process with the ledger."""
    one, other = make(Parts(), ledger=url), make(Parts(), ledger=url)
    whole = one.adopt(stranger(native={"tape": ["t-1", "t-2"]}))
    for named in ("t-2", ["t-2", "t-1"], ["t-3", "t-1"]):
        for recorder in (one, other):
            assert recorder.adopt(stranger(native={"tape": named})) == whole
    assert (calls(one), calls(other)) == (["adopt"], [])


def test_a_callback_may_name_it(
    signing: Callable[..., tuple[MemoryProvider, Vendor]], make: Make, clock: SteppedClock
) -> None:
    """Its event is enough; the next one is of a recording that is known."""
    provider, vendor = signing(kind=Studio)
    recorder = make(provider)
    (event,) = recorder.events.receive(vendor.callback(tape="t-7", room="lesson-7"))
    assert event.recording_id is None
    recording = recorder.adopt(event)
    assert recording.room == "lesson-7"
    (event,) = recorder.events.receive(vendor.callback(tape="t-7"))
    assert event.recording_id == recording.id


def test_a_vendor_that_tells_too_little_is_not_asked(make: Make) -> None:
    """The refusal says so, and where to turn."""
    recorder = make(MemoryProvider())
    with pytest.raises(UnsupportedOperation, match="memory has no adopt") as caught:
        recorder.adopt(stranger())
    assert caught.value.hint
    assert calls(recorder) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"account": "tenant-2"}, "one at memory account 'tenant-2'"),
        ({"provider": "agora"}, "one at agora account 'tenant-1'"),
        ({"native": {}}, "native.tape is no id"),
        ({"native": {"tape": ".."}}, "native.tape is no id"),
        ({"native": {"tape": "a\nb"}}, "native.tape is no id"),
        ({"native": {"tape": ""}}, "native.tape is no id"),
        ({"native": {"tape": 5}}, "native.tape is no id"),
        ({"native": {"tape": True}}, "native.tape is no id"),
        ({"native": {"tape": {"a": 1}}}, "native.tape is no id"),
        ({"native": {"tape": ["t-7"]}}, "native.tape is no id"),
        ({"native": {"tape": ["t-7", "t-8"]}}, "native.tape is no id"),
    ],
)
def test_what_belongs_elsewhere_is_refused(make: Make, wrong: dict[str, Any], words: str) -> None:
    """Before anything is sent."""
    recorder = make()
    with pytest.raises(ConfigurationError, match=words) as caught:
        recorder.adopt(stranger(**wrong))
    assert (caught.value.operation, caught.value.fault) == ("adopt", "caller")
    assert calls(recorder) == []


@pytest.mark.parametrize("tape", [[], [""], ["t-7", ".."], ["t-7", "a\nb"], ["t-7", 5], [["t-7"]]])
def test_each_of_several_ids_is_one(make: Make, tape: Any) -> None:
    """Where a recording may have several, none of them is something else. Nothing is sent."""
    recorder = make(Parts())
    with pytest.raises(ConfigurationError, match=r"native\.tape is no id"):
        recorder.adopt(stranger(native={"tape": tape}))
    assert calls(recorder) == []


def test_what_is_no_recording_is_refused(make: Make, spec: Callable[..., RecordingSpec]) -> None:
    """A spec, an id; and a recorder that is closed adopts nothing."""
    recorder = make()
    for wrong in (spec(), "t-7", None):
        with pytest.raises(InvalidSpec, match="adopt takes a RemoteRecording"):
            recorder.adopt(wrong)  # type: ignore[arg-type]
    recorder.close()
    with pytest.raises(ConfigurationError, match="closed"):
        recorder.adopt(stranger())
    assert calls(recorder) == []


def test_what_the_vendor_does_not_know_is_not_adopted(make: Make, url: str) -> None:
    """The vendor's refusal is the caller's, and nothing is written down."""
    provider = Studio()
    provider.failures["adopt"] = RecordingNotFound("there is no such tape")
    recorder = make(provider, ledger=url)
    with pytest.raises(RecordingNotFound):
        recorder.adopt(stranger())
    assert recorder.ledger.entries() == []


def test_without_its_ledger_nothing_is_adopted(make: Make, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be adopted beside an entry that is there, or be lost with this process."""
    recorder = make(ledger=url)

    def out_of_order(*_: Any) -> None:
        raise LedgerUnavailable("no disk")

    for method in ("started", "entry_of"):
        monkeypatch.setattr(recorder.ledger, method, out_of_order)
        with pytest.raises(LedgerUnavailable):
            recorder.adopt(stranger())
    monkeypatch.undo()
    assert recorder.ledger.entries() == []


def test_it_can_be_awaited(clock: SteppedClock) -> None:
    """`AsyncRecorder` has it, with the same parameters."""

    async def adopted() -> Recording:
        async with AsyncRecorder(Studio(), clock=clock, hooks=[]) as recorder:
            return await recorder.adopt(stranger(), deadline=5)

    assert asyncio.run(adopted()).room == "lesson-7"


def test_a_foreign_event_is_refused(make: Make) -> None:
    """One of another vendor's names nothing here."""
    event = RecordingEvent(kind=EventKind.RECORDING, provider="agora", native={"tape": "t-7"}, dedup_key="1")
    with pytest.raises(ConfigurationError, match="one at agora"):
        make().adopt(event)


def test_the_handle_of_a_provider_s_own_config(make: Make) -> None:
    """Another account has another id for the same text."""
    other = make(Studio(MemoryConfig(tenant="tenant-2")))
    assert other.adopt(stranger(account="tenant-2")).id != make().adopt(stranger()).id


def test_a_handle_of_fields_that_it_has_not_is_no_handle() -> None:
    """What a provider misspells isn't kept beside the field that it meant; the nearest is named."""
    provider = Studio()
    with pytest.raises(TypeError, match=r"no field 'startet_at'; did you mean 'started_at'\?"):
        provider.adopted(stranger(), {"tape": "t-7"}, startet_at=None)
    with pytest.raises(TypeError, match=r"no field 'qqq'$"):
        provider.adopted(stranger(), {"tape": "t-7"}, qqq=1)
